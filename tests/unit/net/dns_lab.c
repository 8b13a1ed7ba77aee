/* SPDX-License-Identifier: Apache-2.0 */
/* dns_lab - see dns_lab.h. */
#include "dns_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PATH_BYTES = 512 };

char root_hints[PATH_BYTES], silent_hints[PATH_BYTES], root_key[PATH_BYTES], resolv_conf[PATH_BYTES];
struct loop *loop;
struct arena arena;

struct resolver_params params_of(enum resolver_mode mode)
{
    static const char *anchors[2];
    anchors[0] = root_key;
    return (struct resolver_params){.mode = mode, .root_hints_file = root_hints, .trust_anchor_files = anchors,
                                    .resolv_conf_file = resolv_conf, .use_v4 = true, .use_v6 = true};
}

struct resolver *open_resolver(const struct resolver_params *params)
{
    char error[256];
    struct resolver *r = resolver_new_unbound(loop, params, error, sizeof error);
    if (!r)
        fail_msg("%s", error);
    return r;
}

void keep(void *arg, const struct dns_reply *reply)
{
    struct asking *a = arg;
    a->reply = *reply;
    a->answers++;
    loop_stop(loop);
}

void start(struct resolver *r, struct asking *a, const char *name, enum dns_type type, int64_t limit_ms)
{
    *a = (struct asking){.answers = 0};
    resolver_ask(r, &a->query, name, type, &arena, limit_ms, keep, a);
    assert_int_equal(a->answers, 0); /* never inside the call */
}

void wait_for(struct asking *a)
{
    while (!a->answers)
        assert_int_equal(loop_run(loop), 0);
    assert_int_equal(a->answers, 1);
}

struct dns_reply ask(struct resolver *r, const char *name, enum dns_type type)
{
    struct asking a;
    start(r, &a, name, type, LIMIT_MS);
    wait_for(&a);
    return a.reply;
}

struct dns_reply expect(struct resolver *r, const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec)
{
    struct dns_reply reply = ask(r, name, type);
    if (reply.lookup.status != status || reply.lookup.dnssec != dnssec)
        fail_msg("%s %d: status %d not %d, dnssec %d not %d, rcode %d (%s)", name, type, reply.lookup.status, status, reply.lookup.dnssec, dnssec,
                 reply.lookup.rcode, reply.lookup.reason ? reply.lookup.reason : "");
    return reply;
}

int setup(void **state)
{
    loop = loop_new_real();
    arena_init(&arena, 4 << 20);
    struct resolver_params params = params_of(RESOLVER_RECURSIVE);
    *state = open_resolver(&params);
    return 0;
}

int teardown(void **state)
{
    resolver_free(*state);
    loop_free(loop);
    arena_done(&arena);
    return 0;
}

bool find_lab(void)
{
    const char *lab = getenv("DNS_LAB");
    if (!lab) {
        fputs("DNS_LAB is not set: run this through with_nsd.py\n", stderr);
        return false;
    }
    snprintf(root_hints, sizeof root_hints, "%s/root.hints", lab);
    snprintf(silent_hints, sizeof silent_hints, "%s/silent.hints", lab);
    snprintf(root_key, sizeof root_key, "%s/root.key", lab);
    snprintf(resolv_conf, sizeof resolv_conf, "%s/resolv.conf", lab);
    return true;
}
