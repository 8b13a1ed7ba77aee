/* SPDX-License-Identifier: Apache-2.0 */
/* request_log - see request_log.h. */
#include "serve/request_log.h"

#include "base/text.h"
#include "serve/exchange.h"
#include "serve/routes.h"

enum { LINE_BYTES = 4096, PATH_BYTES = 300 };

void request_log(const struct exchange *e)
{
    const struct request *q = &e->request;
    const struct serve *s = e->http->serve;
    char time[CLOCK_TEXT_BYTES], client[IP_TEXT_BYTES] = "-";
    struct buf line;
    if (!s->params.log)
        return;
    wall_write(loop_wall(s->params.loop), time);
    if (q->client.ip.family != IP_NONE)
        ip_write(q->client.ip, client);
    buf_init(&line, LINE_BYTES);
    buf_printf(&line, "%s %s %s %s ", time, client, q->key ? q->key->name : "-", method_text(q->method));
    text_write_ascii(&line, (struct str){q->path.p, q->path.n < PATH_BYTES ? q->path.n : PATH_BYTES});
    buf_printf(&line, " %u %zu %u ms", e->answer.status, e->answer_bytes, mono_ms_between(e->began, loop_now(s->params.loop)));
    buf_add_char(&line, '\0');
    if (!line.failed)
        s->params.log(s->params.arg, line.bytes);
    buf_done(&line);
}
