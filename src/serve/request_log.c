/* SPDX-License-Identifier: Apache-2.0 */
/* request_log - see request_log.h. */
#include "serve/request_log.h"

#include "base/text.h"
#include "serve/exchange.h"
#include "serve/routes.h"

enum { LINE_BYTES = 4096, PATH_BYTES = 300 };

static void write_line(const struct serve *s, const struct refused_request *r, const char *key, const char *method)
{
    char time[CLOCK_TEXT_BYTES], client[IP_TEXT_BYTES] = "-";
    struct str path = str_of(r->path ? r->path : "-");
    struct buf line;
    if (!s->params.log)
        return;
    wall_write(loop_wall(s->params.loop), time);
    if (r->client.family != IP_NONE)
        ip_write(r->client, client);
    buf_init(&line, LINE_BYTES);
    buf_printf(&line, "%s %s %s %s ", time, client, key, method);
    text_write_ascii(&line, (struct str){path.p, path.n < PATH_BYTES ? path.n : PATH_BYTES});
    buf_printf(&line, " %u %zu %u ms", r->status, r->bytes, r->began.us ? mono_ms_between(r->began, loop_now(s->params.loop)) : 0);
    buf_add_char(&line, '\0');
    if (!line.failed)
        s->params.log(s->params.arg, line.bytes);
    buf_done(&line);
}

void request_log(const struct exchange *e)
{
    const struct request *q = &e->request;
    const struct refused_request r = {q->client.ip, q->path.p, e->answer.status, e->answer_bytes, e->began};
    write_line(e->http->serve, &r, q->key ? q->key->name : "-", method_text(q->method));
}

void request_log_refused(const struct serve *s, const struct refused_request *r)
{
    write_line(s, r, "-", "-");
}
