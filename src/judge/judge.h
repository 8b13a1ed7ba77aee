/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge - facts in, verdicts out. Pure: no I/O, no clock, no network; the same facts, options and
 * `now` give the same verdicts.
 *
 * One call, judge(). Memory: everything returned lives in the given arena and points into the
 *   facts. Limits: none of its own. Fails: -1 when the arena is exhausted.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "base/arena.h"
#include "facts/facts.h"
#include "judge/tls_policy.h"

enum severity { SEVERITY_NOTICE = 0, SEVERITY_WARNING, SEVERITY_ERROR };
enum scope { SCOPE_DOMAIN = 0, SCOPE_HOST, SCOPE_ADDRESS, SCOPE_ENDPOINT };
enum verdict_value { VERDICT_NA = 0, VERDICT_PASS, VERDICT_FAIL, VERDICT_UNKNOWN };
enum reason {
    REASON_NONE = 0,
    REASON_BLOCKED_EGRESS,
    REASON_TIMEOUT,
    REASON_THROTTLED,
    REASON_REFUSED_US,
    REASON_GREYLISTED,
    REASON_DNS_FAILURE,
    REASON_RESOLVER_UNTRUSTED,
    REASON_NOT_PROBED,
    REASON_LIMIT,
    REASON_NOT_PROVEN,
    REASON_INTERNAL,
};
enum owner { OWNER_YOURS = 0, OWNER_PROVIDER, OWNER_PROBE };

/* One row of findings.def: a check, as `mxassay explain` shows it. */
struct check {
    const char *id; /* "tls.starttls-offered" */
    enum severity severity;
    enum scope scope;
    bool decisive;        /* unknown makes the status inconclusive */
    bool own_record;      /* what is wrong stands in the domain's own records, whoever runs the host they name */
    bool about_probe;     /* it is about our own side: never the target's fault, never in the status */
    const char *question; /* what is asked of the object */
    const char *title;    /* what is wrong when it fails, one line */
    const char *why;      /* what it means for mail: who is affected and how */
    const char *criterion; /* fails when */
    const char *remedy;   /* what to do */
    const char *verify;   /* a command that shows it mended, with %h host, %a address, %p port, %d domain; NULL */
    const char *const *spec; /* "RFC 3207 2", ...; ends in NULL */
};

/* What a verdict is about; fields below the scope are NULL. */
struct subject {
    enum scope scope;
    const struct host_facts *host;
    const struct address_facts *address;
    const struct endpoint_facts *endpoint;
};

struct verdict {
    const struct check *check;
    struct subject subject;
    enum verdict_value value;
    enum reason reason;      /* UNKNOWN only */
    const struct check *via; /* the row that decided this one (gate or child); NULL: its own rule */
    bool derived;            /* an unknown that stems from the unknown of `via`: no finding of its own */
    enum owner owner;
    const char *detail;      /* what was seen, one or two sentences, our words; remote text in it is escaped; NULL on PASS and NA */
};

enum summary_status { STATUS_OK = 0, STATUS_WARNING, STATUS_ERROR, STATUS_INCONCLUSIVE };

struct summary {
    enum summary_status status;
    const char *headline; /* the verdict in words, one sentence without the domain's name */
    size_t errors, warnings, notices, unknowns, passes; /* findings by severity; unknown roots; passed rows */
    bool has_valid_mx, all_reachable, any_smtp_ok;      /* checks.md 3.14 */
    enum tri all_tls_ok;
};

/* What becomes of mail; from unknown on each is better than the one before. */
enum delivery { DELIVERY_UNKNOWN = 0, DELIVERY_BOUNCE, DELIVERY_DEFER, DELIVERY_PLAINTEXT, DELIVERY_ENCRYPTED, DELIVERY_AUTHENTICATED };

/* One sort of sender at one address; at a host whose addresses are not to be had: the host. */
struct sender_way {
    struct subject subject;
    enum delivery delivery;
    bool delayed;    /* delivered only at a later try */
    bool observed;   /* TLS was observed there, and no handshake finished */
    const char *why; /* what keeps it from being better, our words, part of a sentence; NULL: nothing does */
};

/* One sort of sender and the domain: checks as above say what is wrong, this says what mail meets. */
struct sender {
    const char *profile; /* "postfix-dane" */
    const char *label;   /* the same for people: "Postfix dane" */
    enum delivery best, worst; /* over the addresses that decide; `best` is the outcome */
    bool delayed;
    size_t addresses_best, addresses; /* of those that decide: as good as `best`; all */
    const char *const *delayed_by;    /* hosts of better preference that are passed over first */
    size_t delayed_by_count;
    const char *why;         /* of `best`, as in sender_way; NULL: nothing is amiss */
    const char *others;      /* "mx2.example.org (STARTTLS is not offered)": hosts and addresses where it is not so good; NULL: none */
    const char *explanation; /* all this in whole sentences */
    const struct sender_way *ways; /* all of them, by preference */
    size_t way_count;
};

/* What one repair adds to a score: every object of the check passes. */
struct score_gain {
    const struct check *check;
    unsigned gain; /* 0: something else holds the score down */
};

/* One side's number. */
struct score {
    const char *reason; /* why there is no score; NULL: there is */
    unsigned points;    /* 0 to 100 */
    unsigned coverage_percent; /* known verdicts of this side among all that are known or unknown */
    struct score_gain *gains;  /* one for each check that fails and weighs, the largest first */
    size_t gain_count;
};

struct mx_expectation {
    uint16_t preference;
    const char *host;
};

/* A CA, and by which names CAA records mean it. */
struct caa_issuer {
    const char *organisation; /* O of its certificates */
    const char *identifiers;  /* parted by blanks */
};

/* What another report of the same target saw of an endpoint: one made from another place, or one made from here before. It counts for
 * SIGHTING_ELSEWHERE_S or SIGHTING_EARLIER_S. */
enum { SIGHTING_ELSEWHERE_S = 3600, SIGHTING_EARLIER_S = 24 * 3600 };

struct sighting {
    const char *target; /* as target_facts.name */
    const char *from;   /* what the client called itself in EHLO */
    struct wall at;
    bool elsewhere;
    struct ip ip;
    uint16_t port;
    bool connected;
    bool starttls_offered; /* in a complete EHLO reply */
};

struct judge_options {
    const struct mx_expectation *expect_mx; /* NULL: no list given */
    size_t expect_mx_count;
    const struct sighting *sightings;
    size_t sighting_count;
    const struct caa_issuer *caa_issuers; /* before those of caa_issuers.def */
    size_t caa_issuer_count;
    const struct tls_policy *tls_policy; /* how good parts of TLS are; NULL: the default */
    const char *const *only; /* areas or ids, ends in NULL; NULL: all */
    const char *const *skip; /* likewise; NULL: none */
};

struct judgement {
    const struct tls_policy *tls_policy; /* of the options */
    struct verdict *verdicts; /* by row of the table, then object */
    size_t count;
    struct verdict **findings; /* FAIL and root UNKNOWN, worst first */
    size_t finding_count;
    struct summary summary;
    struct score scores[OWNER_PROVIDER + 1]; /* by owner */
    struct sender *senders; /* none for a server that takes no mail from others */
    size_t sender_count;
};

int judge(const struct facts *facts, const struct judge_options *options, struct wall now, struct arena *arena, struct judgement *out);

/* The table. Order is the order of findings.def. */
size_t check_count(void);
const struct check *check_at(size_t index);
const struct check *check_find(const char *id);
/* True when `word` is an area ("tls") or an id of the table. */
bool check_is_area_or_id(const char *word);
bool check_is_wanted(const struct judge_options *options, const struct check *check);
/* False when no row of the option lists is about this area, so nothing need be asked for it. */
bool check_area_wanted(const struct judge_options *options, const char *area);

const char *severity_text(enum severity s);       /* "error" */
const char *scope_text(enum scope s);             /* "endpoint" */
const char *reason_text(enum reason r);           /* "blocked_egress" */
const char *reason_explained(enum reason r);      /* "the other side stayed silent past our limit" */
const char *status_text(enum summary_status s);   /* "inconclusive" */
const char *delivery_text(enum delivery d);       /* "deliver_encrypted" */
const char *endpoint_outcome(const struct endpoint_facts *e); /* "completed", "refused", ... of the report's schema */

#endif
