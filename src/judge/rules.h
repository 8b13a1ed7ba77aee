/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules - what the rules of judge/ share, inside the room only.
 *
 * A rule is one function per row of findings.def: it is given one object and says pass, fail, unknown or not
 * applicable. judge.c runs it when the row's gates are passed; a rule asks for other rows with verdict_of,
 * in any order: every verdict is found once and kept.
 * Memory: details live in the context's arena.
 */
#ifndef JUDGE_RULES_H
#define JUDGE_RULES_H

#include "judge/judge.h"

enum row {
    ROW_NONE = 0,
#define CHECK(name, ...) ROW_##name,
#include "judge/findings.def"
#undef CHECK
    ROW_END,
};

/* Which endpoints a row is about; the column `ports` of findings.def. */
enum port_role {
    NO_PORT = 0,
    PORT_MX = 1 << 0,          /* port 25 of a domain's host; of a server any port that is none of these: */
    PORT_SUBMISSION = 1 << 1,  /* 587, STARTTLS */
    PORT_SUBMISSIONS = 1 << 2, /* 465, or TLS from the first octet on any port */
    ANY_PORT = PORT_MX | PORT_SUBMISSION | PORT_SUBMISSIONS,
};

/* What a rule says. */
struct outcome {
    enum verdict_value value;
    enum reason reason;
    enum row via; /* the row that decided; ROW_NONE: this rule itself */
    bool derived; /* an unknown that stems from the unknown of `via` */
    const char *detail;
};

struct context {
    const struct facts *facts;
    const struct judge_options *options;
    struct wall now;
    struct arena *arena;
    struct known *known; /* verdicts found so far; judge.c */
};

typedef struct outcome rule_fn(struct context *c, const struct subject *s);
#define CHECK(name, ...) rule_fn rule_##name;
#include "judge/findings.def"
#undef CHECK

extern const struct check checks[ROW_END];

struct outcome pass(void);
struct outcome not_applicable(void);
struct outcome not_applicable_via(enum row row);
struct outcome fail(struct context *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct outcome unknown(struct context *c, enum reason reason, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What a row says while its parent does not pass: not applicable below fail and na, unknown below unknown and
 * below a failed row about our own side. */
struct outcome as_parent(enum row parent, const struct outcome *verdict);

/* What another report saw of an endpoint of this target, not too long ago; NULL: nothing. */
const struct sighting *sighting_of(const struct context *c, struct ip ip, uint16_t port, bool elsewhere);
const char *shown_time(struct context *c, struct wall at);

/* The verdict of a row about the object of its scope that `s` lies in. */
const struct outcome *verdict_of(struct context *c, enum row row, const struct subject *s);
bool passes(struct context *c, enum row row, const struct subject *s);
bool fails(struct context *c, enum row row, const struct subject *s);

/* The verdicts of one row about every object inside `s`. */
struct tally {
    size_t pass, fail, unknown;
    enum reason reason; /* the most frequent one of the unknown */
};
struct tally tally(struct context *c, enum row row, const struct subject *s);
/* An aggregate without known children: unknown via the row, with the most frequent reason. */
struct outcome unknown_as_children(enum row row, const struct tally *t);

/* The objects inside `s` one after the other, of the domain those of its mail hosts: start with a zeroed walk; false at the end. `scope` is that of the
 * objects wanted. */
struct walk {
    size_t host, address, endpoint;
};
bool next_object(const struct context *c, const struct subject *within, enum scope scope, struct walk *w, struct subject *out);

enum port_role port_role(const struct context *c, const struct endpoint_facts *e);
/* The endpoint that takes mail for the domain: port 25; of a server the one asked for. NULL: not among --ports. */
const struct endpoint_facts *mail_endpoint(const struct context *c, const struct address_facts *a);
bool is_server(const struct context *c);
/* The host is run by somebody else than the domain, by its name. */
bool is_providers(const struct context *c, const struct host_facts *h);

/* The handshake that got the newest version, of equal ones the shown session's; where none was finished, the one that
 * was observed. NULL: neither. */
const struct tls_facts *best_handshake(const struct endpoint_facts *e);
/* The best there is was observed. Then a row behind tls.handshake that fails is made unknown, and one that passes stays. */
bool is_unproven(const struct endpoint_facts *e);
/* For what an observed handshake leaves unsaid: inside TLS there may be more that is wrong. */
struct outcome pass_if_proven(struct context *c, const struct subject *endpoint);

/* Text from strangers, escaped and cut to what fits in a sentence. */
const char *shown(struct context *c, struct str s);
/* "554 5.7.1 go away": code and last line of a reply. */
const char *shown_reply(struct context *c, const struct smtp_reply *r);
const char *shown_ip(struct context *c, struct ip ip);
/* "which is broken", say; by another policy than the default: ", which is bad by the TLS policy ncsc2025". */
const char *by_policy(struct context *c, enum tls_class class, const char *by_default);
/* Grows a list in words: "a", "a, b". */
const char *listed(struct context *c, const char *list, const char *item);

/* Names are resolved by our own recursion, so questions to name servers leave our network (over IPv4 at least). */
bool resolves_by_itself(const struct facts *f);
bool is_answered(const struct dns_lookup *l);                           /* found, or denied */
bool is_denied(const struct dns_lookup *l);                             /* no data, or no such name */
const char *dns_problem(struct context *c, const struct dns_lookup *l); /* "no answer in time", "SERVFAIL: ..." */
enum reason reason_of_lookup(const struct dns_lookup *l);               /* of one that was not answered */
/* Why nothing arrives at a host, or by mail at a domain, as the end of a sentence. NULL: something can, unless *open is
 * the look-up whose missing answer leaves that open. */
const char *address_problem(const struct dns_lookup *a, const struct dns_lookup *aaaa, const struct dns_lookup **open);
const char *mail_problem(const struct mail_domain *m, const struct dns_lookup **open);
/* The policy that receivers apply to mail that only claims to be from the domain; a policy must have been found. */
enum dmarc_policy dmarc_effective_policy(const struct context *c);
/* Pass: receivers are asked to refuse forged mail. */
struct outcome dmarc_rejects(struct context *c);
/* SPF lets nobody send for the domain and DMARC asks to refuse what tries: it sends no mail, and says so. */
bool sends_no_mail(struct context *c, const struct subject *s);
/* Pass: every address of the hosts inside `s` is known, or provably there is none. Else what to say instead. */
struct outcome addresses_known(struct context *c, const struct subject *s);

#endif
