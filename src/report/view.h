/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view - what the reports say about facts that is not written in one field of them. Text and JSON both ask
 * here, so that they cannot disagree.
 *
 * Memory: values and pointers into the facts. Fails: never.
 */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include "base/buf.h"
#include "judge/dane.h"
#include "judge/judge.h"

/* The session that is shown, or an empty one where none was begun. */
const struct session_facts *view_session(const struct endpoint_facts *e);

bool view_is_heard(const struct smtp_reply *r);
/* A complete positive answer to EHLO: what it does not list is not offered. */
bool view_is_list(const struct smtp_ehlo *e);
/* Listed outside TLS; unknown without such an answer. */
enum tri view_starttls_offered(const struct session_facts *s);
/* 220, or a refusal that speaks of STARTTLS (454, 5xx); unknown for all else. */
enum tri view_starttls_accepted(const struct session_facts *s);

/* "denied", "accepted", "deferred", "unknown", "untested", and the reply that says so (NULL: none). Unknown too where
 * the sender was refused already: that speaks of us, not of relaying. */
const char *view_relay(const struct smtp_relay *r, const struct smtp_reply **reply);

/* The word after "220 ", and the product behind the greeting where it is known by name; empty, NULL: unknown. */
struct str view_greeting_name(const struct smtp_reply *greeting);
const char *view_software(const struct smtp_reply *greeting);

/* Some PTR name has the address (RFC 8601 3, iprev); unknown when DNS did not tell. */
enum tri view_fcrdns(const struct address_facts *a);
/* Found, or denied. */
bool view_is_answered(const struct dns_lookup *l);
const char *view_dns_status(enum dns_status status);            /* "nxdomain"; NULL: not asked */
const char *view_dnssec(const struct dns_lookup *l);            /* "secure", ...; NULL: no answer to speak of */
const char *view_dnssec_of_host(const struct host_facts *h);    /* the weaker one of A and AAAA */
/* What the TLSA records of this port say of a chain; unknown too where none was sent. */
enum view_dane { VIEW_DANE_UNKNOWN = 0, VIEW_DANE_NONE, VIEW_DANE_UNUSABLE, VIEW_DANE_TEMPFAIL, VIEW_DANE_MATCH, VIEW_DANE_MISMATCH };
enum view_dane view_dane(const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e, const struct tls_facts *t);
/* How the records of a port of this host are used. */
enum dane_service view_dane_service(const struct host_facts *h, uint16_t port);
const char *view_egress(enum egress_state state);               /* "open", ... */
const char *view_step(enum smtp_step step);                     /* "EHLO in TLS"; NULL past the last */
uint32_t view_greeting_delay_ms(const struct session_facts *s); /* from the open connection to the end of the greeting */

/* What is wrong, or for an unknown what was asked: an unknown accuses nobody. */
const char *view_title(const struct verdict *v);
/* What was seen; of an unknown at least its reason. NULL: nothing more than the title. */
const char *view_detail(const struct verdict *v);
/* The command that shows it mended; false when there is none, or the names in it are not safe to paste. */
bool view_write_verify(struct buf *out, const struct facts *f, const struct verdict *v);

/* "mx1.example.org [192.0.2.1]:25", as far as the subject goes; of the domain its name. Not escaped. */
void view_write_subject(struct buf *out, const struct facts *f, const struct subject *s);
/* Findings that stand together in the list: of the same check, verdict and reason. */
struct finding_group {
    struct verdict *const *first;
    size_t count;
};
struct finding_group view_group(const struct judgement *j, size_t first);
/* The same was seen at all of them, as it is for the one domain. */
bool view_is_same_everywhere(const struct finding_group *g);
/* The parts of a list of findings: what limits this report stands before what could not be tested for it. */
enum finding_part { PART_WRONG = 0, PART_OUR_SIDE, PART_UNKNOWN, PART_NOTICES, PART_COUNT };
enum finding_part view_part(const struct verdict *v);

/* What becomes of mail, in words; and the reason, where it is news. */
const char *view_delivery(const struct sender *s);
const char *view_delivery_reason(const struct sender *s);

/* What the domain publishes, each in a word or two; NULL: not asked for. */
const char *view_mta_sts(const struct facts *f);
const char *view_tls_rpt(const struct facts *f);
const char *view_dkim(const struct facts *f);
const char *view_dmarc(const struct facts *f);
const char *view_bimi(const struct facts *f); /* NULL: there is no record */
/* "-all"; "none" without a record, "broken", "not known". */
const char *view_spf(const struct facts *f);
/* What this report could not see: the first VIEW_LEFT_OUT of them by choice or limit, then what our own network keeps in.
 * False when the item does not apply. Not escaped. */
enum { VIEW_LEFT_OUT = 6, VIEW_NOT_TESTED = 10 };
bool view_write_not_tested(struct buf *out, const struct facts *f, size_t item);

/* A name that may be pasted into a shell, a zone or a configuration as it is. */
bool view_is_safe_argument(const char *word);

bool view_is_server(const struct facts *f);

#endif
