/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPF: a sender, the HELO, an address, then texts that the DNS holds: each question is answered from the next of them.
 * Oracle: an evaluation and a walk end within their limits; the same answers give the same result; names asked for are
 * names; counts agree with the limits that ended it.
 */
#include <string.h>

#include "fuzz.h"
#include "wire/spf_walk.h"

enum { RECORDS_MAX = 16 };

static void check_name(const char *name)
{
    size_t label = 0, octets = 0;
    must(*name && *name != '.');
    for (; *name; name++) {
        if (*name == '.') {
            must(label > 0);
            label = 0;
            octets++;
            continue;
        }
        must(*name > ' ' && *name <= '~' && !(*name >= 'A' && *name <= 'Z'));
        if (*name == '\\')
            name += 3;
        must(++label <= SPF_LABEL_MAX);
        octets++;
    }
    must(label > 0 && octets <= SPF_DOMAIN_MAX);
}

/* Of MX and PTR names only what dns_read_name may give. */
static const char *name_from(struct fuzz *f)
{
    static const char *const names[] = {".", "example.org", "mx.example.org", "a\\032b.example", "x", "other.example"};
    return names[fuzz_number(f, sizeof names / sizeof *names - 1)];
}

static void answer(struct fuzz *f, enum spf_type type, struct spf_answer *a, struct arena *arena)
{
    static const enum dns_status statuses[] = {DNS_FOUND,    DNS_FOUND,  DNS_FOUND,   DNS_FOUND, DNS_NODATA,
                                               DNS_NXDOMAIN, DNS_FAILED, DNS_TIMEOUT, DNS_BOGUS, DNS_TROUBLE};
    *a = (struct spf_answer){.lookup.status = statuses[fuzz_number(f, sizeof statuses / sizeof *statuses - 1)]};
    if (fuzz_is_over(f))
        a->lookup.status = DNS_NXDOMAIN;
    if (a->lookup.status != DNS_FOUND)
        return;
    a->count = 1 + fuzz_number(f, RECORDS_MAX - 1);
    struct str *texts = ARENA_ARRAY(arena, struct str, RECORDS_MAX);
    struct ip *ips = ARENA_ARRAY(arena, struct ip, RECORDS_MAX);
    const char **names = ARENA_ARRAY(arena, const char *, RECORDS_MAX);
    must(texts && ips && names);
    for (size_t i = 0; i < a->count; i++) {
        if (type == SPF_ASK_TXT) {
            texts[i] = fuzz_text(f);
        } else if (type == SPF_ASK_A || type == SPF_ASK_AAAA) {
            ips[i].family = type == SPF_ASK_A ? IP_V4 : IP_V6;
            memcpy(ips[i].bytes, (uint8_t[4]){192, 0, 2, (uint8_t)fuzz_number(f, 3)}, 4);
        } else {
            names[i] = name_from(f);
        }
    }
    a->texts = texts;
    a->ips = ips;
    a->names = names;
}

static struct spf_check_facts check(struct fuzz f, struct arena *arena)
{
    static struct spf_check c;
    struct spf_check_facts facts;
    struct spf_params params = {.sender = fuzz_text(&f), .helo = fuzz_text(&f)};
    struct spf_answer a;
    unsigned asked = 0;
    params.ip.family = fuzz_flip(&f) ? IP_V6 : IP_V4;
    memcpy(params.ip.bytes, (uint8_t[4]){192, 0, 2, (uint8_t)fuzz_number(&f, 3)}, 4);
    spf_check_begin(&c, &params, &facts, arena);
    for (struct spf_question q; (q = spf_check_want(&c)).name;) {
        must(++asked <= SPF_QUESTIONS_MAX);
        check_name(q.name);
        answer(&f, q.type, &a, arena);
        spf_check_answer(&c, &a);
    }
    must(facts.questions == asked);
    return facts;
}

static void check_ahead(struct spf_question q, const struct spf_answer *a, struct arena *arena)
{
    struct spf_question next[10];
    size_t count = q.type == SPF_ASK_TXT ? spf_walk_look_ahead(str_of(q.name), a, arena, next, 10) : 0;
    must(count <= 10);
    for (size_t i = 0; i < count; i++)
        check_name(next[i].name);
}

static struct spf_walk_facts walk(struct fuzz f, struct arena *arena)
{
    static struct spf_walk w;
    struct spf_walk_facts facts;
    struct spf_answer a;
    unsigned asked = 0;
    spf_walk_begin(&w, STR("example.org"), &facts, arena);
    for (struct spf_question q; (q = spf_walk_want(&w)).name;) {
        must(++asked <= SPF_WALK_QUESTIONS_MAX);
        check_name(q.name);
        answer(&f, q.type, &a, arena);
        check_ahead(q, &a, arena);
        spf_walk_answer(&w, &a);
    }
    must(facts.questions == asked && facts.ip4_permitted <= 1ULL << 32);
    return facts;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct fuzz f = {bytes, n};
    struct arena arena;
    arena_init(&arena, 64 << 20);
    struct spf_check_facts one = check(f, &arena), same = check(f, &arena);
    must(!arena.exhausted);
    must(one.result != SPF_UNCHECKED && one.result == same.result && one.lookups == same.lookups && one.voids == same.voids);
    must(one.questions == same.questions && str_eq(one.explanation, same.explanation));
    must(one.lookups <= SPF_LOOKUPS_MAX || (one.lookups == SPF_LOOKUPS_MAX + 1 && one.result == SPF_PERMERROR));
    must(one.voids <= SPF_VOIDS_MAX || (one.voids == SPF_VOIDS_MAX + 1 && one.result == SPF_PERMERROR));
    must(one.explanation.n == 0 || one.result == SPF_FAIL);
    must(one.result == SPF_PASS || one.result == SPF_FAIL || one.result == SPF_SOFTFAIL || one.reason || one.result == SPF_NEUTRAL);
    struct spf_walk_facts all = walk(f, &arena), again = walk(f, &arena);
    must(!arena.exhausted);
    must(all.lookups == again.lookups && all.voids == again.voids && all.ip4_permitted == again.ip4_permitted && all.incomplete == again.incomplete);
    must(all.voids <= all.lookups);
    arena_done(&arena);
    return 0;
}
