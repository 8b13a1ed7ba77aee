/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_lab - a resolver before real name servers, for tests: with_nsd.py starts them and describes them; DNS_LAB names its folder.
 * Order of calls: find_lab; setup and teardown as cmocka's, `*state` is a resolver.
 * Memory: what is answered lives in the arena until teardown. Fails: the test that asked.
 */
#ifndef TESTS_UNIT_NET_DNS_LAB_H
#define TESTS_UNIT_NET_DNS_LAB_H

#include "net/resolver.h"

enum { LIMIT_MS = 20000 };

extern char root_hints[], silent_hints[], root_key[], resolv_conf[];
extern struct loop *loop;
extern struct arena arena;

struct asking {
    struct query query;
    struct dns_reply reply;
    int answers;
};

bool find_lab(void);
int setup(void **state);
int teardown(void **state);

struct resolver_params params_of(enum resolver_mode mode);
struct resolver *open_resolver(const struct resolver_params *params);
void keep(void *arg, const struct dns_reply *reply); /* for resolver_ask; arg: struct asking */
void start(struct resolver *r, struct asking *a, const char *name, enum dns_type type, int64_t limit_ms);
void wait_for(struct asking *a);
struct dns_reply ask(struct resolver *r, const char *name, enum dns_type type);
struct dns_reply expect(struct resolver *r, const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec);

#endif
