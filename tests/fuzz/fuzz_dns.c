/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages. The input is one message.
 * Oracle: every record lies within the message; every name that is read is text of the form that the header promises,
 * within its length; the records that answer the question are as many as were counted; a reply read by the resolver
 * has exactly one meaning and records of the type asked for, and is kept no longer than they are, or a denial, true.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/resolver_answer.h"
#include "wire/dns.h"

static void check_name(const char *text)
{
    size_t n = strlen(text);
    must(n > 0 && n < DNS_NAME_TEXT_BYTES);
    must(n == 1 || (text[0] != '.' && text[n - 1] != '.' && !strstr(text, "..")));
    for (const char *p = text; *p; p++)
        must((*p >= 'a' && *p <= 'z') || ascii_is_digit(*p) || strchr("-_.\\", *p));
    must(dns_name_is_within(text, ".") && dns_name_is_within(text, text));
    const char *parent = dns_name_parent(text);
    must(parent ? dns_name_is_within(text, parent) : strcmp(text, ".") == 0);
}

static void check_record(const struct dns_message *m, const struct dns_rr *rr)
{
    char text[DNS_NAME_TEXT_BYTES];
    uint16_t preference, port;
    struct ip ip;
    must(rr->section < DNS_SECTION_END && rr->data_at <= m->n && rr->data_n <= m->n - rr->data_at && rr->ttl_s <= INT32_MAX);
    if (dns_read_name(m, rr->owner_at, text))
        check_name(text);
    if (dns_read_target(m, rr, text))
        check_name(text);
    if (dns_read_mx(m, rr, &preference, text))
        check_name(text);
    if (dns_read_srv(m, rr, &preference, &port, text))
        check_name(text);
    must(!dns_read_address(m, rr, &ip) || ip.family == (rr->type == DNS_A ? IP_V4 : IP_V6));
    char *joined = fuzz_exact((struct str){(const char *)m->bytes + rr->data_at, rr->data_n});
    size_t joined_n = 0;
    must(!dns_read_txt(m, rr, joined, &joined_n) || joined_n <= rr->data_n);
    free(joined);
}

static void check_message(const struct dns_message *m)
{
    struct dns_rr rr;
    struct dns_answer a;
    size_t count = 0;
    for (struct dns_cursor c = {0}; dns_message_next(m, &c, &rr); count++)
        check_record(m, &rr);
    must(count <= (size_t)m->counts[0] + m->counts[1] + m->counts[2]);
    must(m->is_truncated || count == (size_t)m->counts[0] + m->counts[1] + m->counts[2]);
    if (dns_answer_follow(m, &a) < 0)
        return;
    check_name(a.name);
    must(a.alias_count <= DNS_ALIASES_MAX);
    count = 0;
    for (struct dns_cursor c = {0}; dns_answer_next(m, &a, &c, &rr); count++)
        must(rr.section == DNS_SECTION_ANSWER && rr.type == m->question_type && rr.klass == DNS_CLASS_IN);
    must(count == a.record_count);
}

static void check_reply(const struct dns_reply *r)
{
    must((r->lookup.status == DNS_FOUND) == (r->record_count > 0));
    must(r->lookup.status != DNS_NOT_ASKED && r->lookup.status != DNS_TIMEOUT && r->lookup.status != DNS_BOGUS);
    must(r->record_count <= RESOLVER_RECORDS_MAX);
    must((r->lookup.status == DNS_FAILED || r->lookup.status == DNS_TROUBLE) == (r->lookup.reason != NULL));
    must(r->keep_s <= INT32_MAX && (r->lookup.status == DNS_FOUND ? r->keep_s == r->lookup.ttl_s : !r->keep_s || !r->lookup.reason));
    for (size_t i = 0; i < r->record_count; i++)
        if (r->records[i].name)
            check_name(r->records[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct dns_message m;
    struct dns_reply reply = {.record_count = 0};
    struct arena arena;
    if (dns_message_parse(&m, bytes, n) == 0)
        check_message(&m);
    arena_init(&arena, 4 << 20);
    resolver_answer_read(&reply, bytes, n, &arena);
    must(!arena.exhausted);
    check_reply(&reply);
    arena_done(&arena);
    return 0;
}
