/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - a prober without a kernel, a clock or a network, for tests: scripted DNS, scripted mail servers, virtual time.
 *
 * Order of calls: world_set_up and world_tear_down as cmocka's set-up and tear-down; `*state` is the world.
 */
#ifndef TESTS_PROBE_WORLD_H
#define TESTS_PROBE_WORLD_H

#include "net/fetch_scripted.h"
#include "net/resolver_scripted.h"
#include "net/transport_scripted.h"
#include "probe/job.h"

enum server_then { STAY, CLOSE, RESET };

struct server_log {
    unsigned round_trips; /* how often the server heard something: what came together counts once */
    size_t connections, open, open_peak;
    char heard[2048];     /* all lines, "|" after each */
    struct loop *loop;    /* NULL: times are not kept */
    struct mono opened[16];
};

/* A server that answers each line it hears with the first row whose beginning fits. */
struct server {
    const char *greeting; /* NULL: silent */
    const char *later_greeting; /* from the second connection on, and then it closes; NULL: the same; needs the log */
    int64_t delay_ms;     /* of the greeting */
    enum server_then then;
    struct {
        const char *heard, *answer; /* NULL: no answer */
        enum server_then then;
    } rows[12];
    struct server_log *log; /* NULL: nobody asks */
};

#define WITH_STARTTLS "250-mx1.good.test\r\n250 STARTTLS\r\n" /* an EHLO reply */
/* EHLO without extensions; the relay is denied. */
extern const struct server healthy;
/* The same with another answer to the lines that begin with `heard`. */
struct server server_with(struct server s, const char *heard, const char *answer, enum server_then then);

/* A server that answers the ClientHello with some octets and, if told so, ends. */
struct tls_server {
    const uint8_t *answer;
    size_t answer_n;
    enum server_then then;
    bool implicit;
};

struct world {
    struct prober prober;
    struct ip_network public_network[2];
    struct job *job;
    const struct facts *facts;
    struct loop *loop;
};

int world_set_up(void **state);
int world_tear_down(void **state);

struct ip ip_of(const char *text);
void serve(struct world *w, const char *ip, uint16_t port, const struct server *s); /* s stays the caller's */
void serve_tls(struct world *w, const char *ip, const struct tls_server *s); /* on port 25; s stays the caller's */
void refuse(struct world *w, const char *ip);
void dns(struct world *w, const char *name, enum dns_type type, const char *data);
void one_mx(struct world *w, const char *ip); /* good.test has one host with one address */
size_t dials(struct world *w, const char *ip, uint16_t port);

const struct facts *check(struct world *w, const char *domain); /* runs a whole job */
const struct facts *probe(struct world *w, const char *name, uint16_t port);
const struct session_facts *session(const struct facts *f, size_t host, size_t address, size_t n); /* of the first port */

#endif
