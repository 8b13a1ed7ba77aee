/* SPDX-License-Identifier: Apache-2.0 */
/* authority - what both kinds of asker share: reading an answer, and giving it to who asked. */
#include "net/authority.h"

#include "base/panic.h"
#include "net/resolver_answer.h"
#include "wire/dns.h"

struct authority *authority_open(struct authority_asker *a, struct ip ip)
{
    struct authority *server = a->ops->open(a, ip);
    if (server) {
        server->asker = a;
        server->ip = ip;
    }
    return server;
}

void authority_ask(struct authority *server, struct authority_query *q, const char *name, enum dns_type type, struct arena *arena, authority_fn *fn, void *arg)
{
    *q = (struct authority_query){.server = server, .name = name, .type = type, .arena = arena, .fn = fn, .arg = arg, .next = server->open};
    server->open = q;
    server->asker->ops->ask(server, q);
}

void authority_close(struct authority *server)
{
    if (!server)
        return;
    for (struct authority_query *q = server->open; q; q = q->next)
        timer_cancel(&q->later);
    server->asker->ops->close(server);
}

static void give(void *arg)
{
    struct authority_query *q = arg;
    struct authority_query **at = &q->server->open;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    q->fn(q->arg, &q->reply);
}

void authority_not_heard(struct authority_query *q, enum authority_status status)
{
    q->reply = (struct authority_reply){.status = status};
    timer_start(q->server->asker->loop, &q->later, 0, give, q);
}

static void read_referral(struct authority_query *q, const struct dns_message *m)
{
    const char **names = ARENA_ARRAY(q->arena, const char *, AUTHORITY_NAMES_MAX);
    char text[DNS_NAME_TEXT_BYTES];
    struct dns_cursor c = {0};
    struct dns_rr rr;
    q->reply.referral = names;
    while (names && q->reply.referral_count < AUTHORITY_NAMES_MAX && dns_message_next(m, &c, &rr))
        if (rr.section == DNS_SECTION_AUTHORITY && rr.type == DNS_NS && dns_read_target(m, &rr, text)) {
            names[q->reply.referral_count] = arena_strdup(q->arena, text);
            q->reply.referral_count += names[q->reply.referral_count] != NULL;
        }
}

void authority_heard(struct authority_query *q, const void *message, size_t n, bool over_tcp)
{
    struct dns_message m;
    authority_not_heard(q, AUTHORITY_TROUBLE);
    q->reply.over_tcp = over_tcp;
    if (dns_message_parse(&m, message, n)) { /* whoever sends no DNS does not serve the zone */
        q->reply.status = AUTHORITY_REFUSES;
        return;
    }
    resolver_answer_read(&q->reply.reply, message, n, q->arena);
    switch (q->reply.reply.lookup.status) {
    case DNS_FOUND:
    case DNS_NODATA:
    case DNS_NXDOMAIN:
        q->reply.status = m.is_authoritative ? AUTHORITY_ANSWERS : AUTHORITY_LAME;
        break;
    case DNS_FAILED:
        q->reply.status = AUTHORITY_REFUSES;
        break;
    case DNS_NOT_ASKED:
    case DNS_BOGUS:
    case DNS_TIMEOUT:
    case DNS_TROUBLE:
        break;
    }
    if (q->reply.status == AUTHORITY_LAME)
        read_referral(q, &m);
}
