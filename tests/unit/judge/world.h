/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - facts of a healthy mail path, for tests of rules: a test breaks one thing and says what must be found.
 *
 * example.org, signed, has mx1 (preference 10) and mx2 (20), each with an IPv4 and an IPv6 address in networks of
 * their own; every connection to port 25 goes well from the greeting to QUIT: TLS 1.3, a good certificate, no relaying.
 * Nothing is wrong in it: expect_findings(w, "").
 * Order of calls: world_setup, changes, expectations, world_teardown; the first two and last as cmocka wants them.
 * Memory: an arena of the world; facts hold pointers into it. Fails: a failed expectation fails the test.
 */
#ifndef TESTS_JUDGE_WORLD_H
#define TESTS_JUDGE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge/judge.h"

enum { MX1_V4 = 0, MX1_V6, MX2_V4, MX2_V6, WORLD_ADDRESSES, DAY_S = 86400 };

struct world {
    struct arena arena;
    struct facts facts;
    struct wall now; /* 2026-11-25T12:00:00Z */
    struct judge_options options;
    struct host_facts *mx1, *mx2;
    struct address_facts *addresses[WORLD_ADDRESSES];
    struct endpoint_facts *endpoints[WORLD_ADDRESSES]; /* port 25 of each address */
    struct session_facts *sessions[WORLD_ADDRESSES];   /* the base connection of each endpoint */
    struct judgement out;                              /* of the last expectation */
};

int world_setup(void **state); /* *state: a struct world */
int world_teardown(void **state);
#define WORLD_TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

/* Changes. */

void keep_hosts(struct world *w, size_t count);                 /* only the first hosts stay, in the records as well */
void keep_addresses(struct host_facts *h, enum ip_family only); /* those of one family stay */
/* The target is mx1 itself, asked for by name, with one endpoint per address: `port`, in `mode`. */
void make_server(struct world *w, uint16_t port, enum tls_mode mode);
/* A further port on each address, healthy as port 25 is, with AUTH inside TLS; index as in `addresses`. */
struct endpoint_facts *add_port(struct world *w, size_t address, uint16_t port);

void set_reply(struct world *w, struct smtp_reply *r, int code, const char *lines); /* lines are parted by '\n' */
void set_ehlo(struct world *w, struct smtp_ehlo *e, const char *lines);             /* 250; name, then capabilities */
void add_capability(struct world *w, struct smtp_ehlo *e, const char *line);
void drop_capability(struct world *w, struct smtp_ehlo *e, const char *keyword);
/* The same capability out of both EHLO replies of a session. */
void drop_capability_everywhere(struct world *w, struct session_facts *s, const char *keyword);

/* Postmaster was asked for on the base connection of this address, index as in `sessions`; MAIL was taken, RCPT is not answered yet. */
struct smtp_try *with_postmaster(struct world *w, size_t address);

/* The connection ended while `step` was under way: that step and those after it have no answer. */
void cut_at(struct session_facts *s, enum smtp_step step, enum session_end end);
/* The server does not list STARTTLS; relaying is refused in clear. */
void without_starttls(struct world *w, struct session_facts *s);
/* No connection, in two tries. */
void not_connected(struct endpoint_facts *e, enum connect_result result);
/* One more connection, a copy of the first; `shown` stays. */
struct session_facts *add_session(struct endpoint_facts *e, enum connection_purpose purpose);
/* The handshake of this connection fails; the connection ends there. */
void fail_handshake(struct session_facts *s, enum tls_result result, int alert);

/* Expectations. Each judges the facts as they are now. */

/* `words`: exactly these ids are found: "mx.redundancy smtp.greeting:throttled". Plain: FAIL; with a reason: an unknown
 * that stems from no other. An id stands once for however many objects. */
void expect_findings(struct world *w, const char *words);
/* The verdict about one object: "" the domain, "mx1", "mx1/v4", "mx1/v4:25". */
const struct verdict *verdict_about(struct world *w, const char *id, const char *object);
void expect_verdict(struct world *w, const char *id, const char *object, enum verdict_value value);
void expect_unknown(struct world *w, const char *id, const char *object, enum reason reason);
/* Not applicable or derived, decided by the row `via`. */
void expect_via(struct world *w, const char *id, const char *object, enum verdict_value value, const char *via);
/* The verdict's detail holds `part`. */
void expect_detail(struct world *w, const char *id, const char *object, const char *part);

#endif
