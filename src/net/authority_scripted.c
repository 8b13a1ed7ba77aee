/* SPDX-License-Identifier: Apache-2.0 */
/* authority_scripted - see authority_scripted.h. */
#include "net/authority_scripted.h"

#include <stdlib.h>

enum { ANSWER_BYTES_MAX = 65535 };

struct scripted_asker {
    struct authority_asker base;
    authority_script *script;
    void *arg;
    int64_t delay_ms;
};

static void on_silence(void *arg)
{
    authority_not_heard(arg, AUTHORITY_SILENT);
}

static void on_due(void *arg)
{
    struct authority_query *q = arg;
    struct scripted_asker *a = (struct scripted_asker *)q->server->asker;
    struct buf answer;
    buf_init(&answer, ANSWER_BYTES_MAX);
    bool over_tcp = false;
    for (int tcp = 0; tcp < 2 && answer.used == 0; tcp++) {
        over_tcp = tcp == 1;
        a->script(a->arg, q->server->ip, over_tcp, q->name, q->type, &answer);
    }
    if (answer.used)
        authority_heard(q, answer.bytes, answer.used, over_tcp);
    else
        timer_start(a->base.loop, &q->later, (AUTHORITY_UDP_TRIES + 1) * AUTHORITY_TRY_MS, on_silence, q);
    buf_done(&answer);
}

static void ask(struct authority *server, struct authority_query *q)
{
    const struct scripted_asker *a = (const struct scripted_asker *)server->asker;
    timer_start(a->base.loop, &q->later, a->delay_ms, on_due, q);
}

static struct authority *open_server(struct authority_asker *a, struct ip ip)
{
    (void)a, (void)ip;
    return calloc(1, sizeof(struct authority));
}

static void close_server(struct authority *server)
{
    free(server);
}

static void free_asker(struct authority_asker *a)
{
    free(a);
}

struct authority_asker *scripted_authority_asker_new(struct loop *l, authority_script *script, void *arg)
{
    static const struct authority_ops ops = {open_server, ask, close_server, free_asker};
    struct scripted_asker *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    *a = (struct scripted_asker){.base = {&ops, l}, .script = script, .arg = arg};
    return &a->base;
}

void scripted_authority_delay(struct authority_asker *a, int64_t delay_ms)
{
    ((struct scripted_asker *)a)->delay_ms = delay_ms;
}
