/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_reply - see smtp_reply.h. Octets are gathered into a line, lines into a reply. */
#include "wire/smtp_reply.h"

#include <string.h>

void smtp_reply_begin(struct smtp_reply_reader *r, struct smtp_reply *reply, struct arena *arena)
{
    *r = (struct smtp_reply_reader){.reply = reply, .arena = arena};
    *reply = (struct smtp_reply){0};
}

static void keep_line(struct smtp_reply_reader *r, struct str text)
{
    struct smtp_reply *reply = r->reply;
    if (reply->line_count == r->lines_room) {
        size_t room = r->lines_room ? r->lines_room * 2 : 4;
        struct str *lines = ARENA_ARRAY(r->arena, struct str, room);
        if (!lines)
            return;
        if (reply->line_count)
            memcpy(lines, reply->lines, reply->line_count * sizeof *lines);
        reply->lines = lines;
        r->lines_room = room;
    }
    reply->lines[reply->line_count++] = text;
}

/* The three digits at the start of a line, or -1: RFC 5321 4.2.1 Reply-code. */
static int line_code(struct str line)
{
    if (line.n < 3 || !ascii_is_digit(line.p[0]) || !ascii_is_digit(line.p[1]) || !ascii_is_digit(line.p[2]))
        return -1;
    if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
        return -1;
    return (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + (line.p[2] - '0');
}

static enum smtp_reply_status end_line(struct smtp_reply_reader *r, uint32_t t_ms)
{
    struct smtp_reply *reply = r->reply;
    struct str line = arena_copy(r->arena, (struct str){r->line, r->kept});
    size_t octets = r->seen + (r->cr ? 2 : 1);
    if (!r->cr)
        reply->flaws |= REPLY_BARE_LF;
    if (octets > 512)
        reply->flaws |= REPLY_LINE_TOO_LONG;
    if (line.n && memchr(line.p, '\0', line.n))
        reply->flaws |= REPLY_NUL;
    r->kept = r->seen = 0;
    r->cr = false;
    r->last_line = line;
    reply->last_ms = t_ms;

    int code = line_code(line);
    if (code < 0) {
        reply->flaws |= REPLY_NOT_SMTP;
        keep_line(r, line);
        if (line.n && reply->line_count == 1)
            return REPLY_NO_REPLY;
    } else {
        if (reply->code && reply->code != code)
            reply->flaws |= REPLY_CODE_CHANGED;
        reply->code = (int16_t)code;
        size_t skip = line.n > 3 ? 4 : 3;
        keep_line(r, (struct str){line.p + skip, line.n - skip});
        if (line.n == 3 || line.p[3] == ' ') {
            reply->complete = true;
            return REPLY_DONE;
        }
    }
    if (reply->line_count >= SMTP_LINES_MAX) {
        reply->flaws |= REPLY_OVER_LIMIT;
        return REPLY_LIMIT;
    }
    return REPLY_MORE;
}

enum smtp_reply_status smtp_reply_feed_line(struct smtp_reply_reader *r, const void *bytes, size_t n, uint32_t t_ms, size_t *used)
{
    const char *p = bytes;
    r->last_line = (struct str){NULL, 0};
    if (n && r->reply->line_count == 0 && r->seen == 0 && !r->cr)
        r->reply->first_ms = t_ms;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n') {
            *used = i + 1;
            return end_line(r, t_ms);
        }
        if (r->cr && r->kept < SMTP_LINE_KEPT_BYTES) /* a CR that ended no line is text */
            r->line[r->kept++] = '\r';
        r->seen += r->cr;
        r->cr = p[i] == '\r';
        if (r->cr)
            continue;
        if (r->kept < SMTP_LINE_KEPT_BYTES)
            r->line[r->kept++] = p[i];
        if (++r->seen > SMTP_LINE_READ_BYTES) {
            r->reply->flaws |= REPLY_LINE_TOO_LONG | REPLY_OVER_LIMIT;
            *used = i + 1;
            return REPLY_LIMIT;
        }
    }
    *used = n;
    return REPLY_MORE;
}

bool smtp_reply_end(struct smtp_reply_reader *r, uint32_t t_ms)
{
    struct str begun = {r->line, r->kept};
    bool reply_possible = true;
    for (size_t i = 0; i < begun.n && i < 3; i++)
        reply_possible = reply_possible && ascii_is_digit(begun.p[i]);
    if (reply_possible || r->reply->line_count > 0)
        return false;
    r->reply->flaws |= REPLY_NOT_SMTP;
    r->reply->last_ms = t_ms;
    r->last_line = arena_copy(r->arena, begun);
    keep_line(r, r->last_line);
    return true;
}
