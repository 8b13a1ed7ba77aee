/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_http - see mcp_http.h. */
#include "serve/mcp_http.h"

#include <string.h>

#include "serve/routes.h"

#define ENCODED_BEGIN "=?base64?"
#define ENCODED_END "?="
enum { BITS_OF_LETTER = 6, BITS_OF_OCTET = 8 };

static void add_event(struct buf *out, struct str message)
{
    buf_add_cstr(out, "event: message\ndata: ");
    buf_add_str(out, message);
    buf_add_cstr(out, "\n\n");
}

static struct str decode(struct request *q, struct str encoded)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *bytes = arena_alloc(q->arena, encoded.n + 1);
    unsigned bits = 0, count = 0;
    size_t n = 0;
    while (encoded.n && encoded.p[encoded.n - 1] == '=')
        encoded.n--;
    for (size_t i = 0; bytes && i < encoded.n; i++) {
        const char *letter = encoded.p[i] ? strchr(letters, encoded.p[i]) : NULL;
        if (!letter)
            return STR("");
        bits = (bits << BITS_OF_LETTER) | (unsigned)(letter - letters);
        count += BITS_OF_LETTER;
        if (count >= BITS_OF_OCTET) {
            count -= BITS_OF_OCTET;
            bytes[n++] = (char)(bits >> count);
            bits &= (1u << count) - 1;
        }
    }
    return (struct str){bytes, n};
}

/* A name that is no plain ASCII comes as =?base64?...?=. */
static bool says(struct request *q, const char *header, const char *value)
{
    const size_t begin = strlen(ENCODED_BEGIN), end = strlen(ENCODED_END);
    struct str text = str_of(header);
    if (text.n >= begin + end && strncmp(text.p, ENCODED_BEGIN, begin) == 0 && strcmp(text.p + text.n - end, ENCODED_END) == 0)
        text = decode(q, (struct str){text.p + begin, text.n - begin - end});
    return str_is(text, value);
}

static bool mismatch(struct request *q, struct answer *a, const char *name, const char *header, const char *body)
{
    if (!header)
        mcp_fail(q, a, 400, MCP_HEADER_MISMATCH, "Header mismatch: %s is missing", name);
    else
        mcp_fail(q, a, 400, MCP_HEADER_MISMATCH, "Header mismatch: %s is '%.100s', the body says '%.100s'", name, header, body);
    return false;
}

/* In 2026-07-28 headers repeat what the body says, for those who look at nothing else. */
static bool headers_agree(struct request *q, json_t *message, struct answer *a)
{
    json_t *params = json_object_get(message, "params");
    const char *method = json_string_value(json_object_get(message, "method"));
    const char *version = json_string_value(json_object_get(json_object_get(params, "_meta"), MCP_META "protocolVersion"));
    const bool is_named = strcmp(method, "tools/call") == 0 || strcmp(method, "prompts/get") == 0, is_read = strcmp(method, "resources/read") == 0;
    const char *name = json_string_value(json_object_get(params, is_read ? "uri" : "name"));
    if (!q->call->modern)
        return true;
    if (!q->mcp_version || (version && strcmp(q->mcp_version, version) != 0))
        return mismatch(q, a, "MCP-Protocol-Version", q->mcp_version, version);
    if (!q->mcp_method || strcmp(q->mcp_method, method) != 0)
        return mismatch(q, a, "Mcp-Method", q->mcp_method, method);
    if ((is_named || is_read) && name && (!q->mcp_name || !says(q, q->mcp_name, name)))
        return mismatch(q, a, "Mcp-Name", q->mcp_name, name);
    return true;
}

/* Several messages are a stream that has come to its end. */
static void as_events(struct answer *a)
{
    struct str lines = {a->body.bytes, a->body.used};
    struct buf events;
    buf_init(&events, ANSWER_BYTES_MAX);
    while (lines.n)
        add_event(&events, str_cut(&lines, '\n'));
    buf_done(&a->body);
    a->body = events;
    a->type = "text/event-stream";
}

void mcp_post(struct request *q, struct answer *a)
{
    mcp_handle(q, headers_agree, a);
    if (a->several)
        as_events(a);
    if (!q->run || !str_contains_nocase(str_of(q->accept), "text/event-stream"))
        return;
    a->status = 200;
    a->events = q->run;
    q->run = NULL; /* it does not wait: it is told on the way */
    answer_header(a, "X-Accel-Buffering", "no");
}

bool mcp_stream_next(struct request *q, struct run *r, struct buf *out)
{
    struct mcp_call *call = q->call;
    struct answer a = {0};
    struct buf text;
    if (call->answered || (!run_is_over(r) && call->told == r->steps))
        return false;
    buf_init(&text, MCP_MESSAGE_BYTES);
    call->answered = run_is_over(r);
    if (call->answered) {
        q->then(q, r, &a);
        add_event(out, (struct str){a.body.bytes, a.body.used});
    } else if (mcp_progress(q, r, &text)) {
        add_event(out, (struct str){text.bytes, text.used});
    } else { /* a comment finds out whether anybody is there */
        call->told = r->steps;
        buf_add_cstr(out, ":\n\n");
    }
    buf_done(&a.body);
    buf_done(&text);
    return true;
}
