/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view - what the reports say about facts that is not written in one field of them. Text and JSON both ask
 * here, so that they cannot disagree.
 *
 * Memory: values and pointers into the facts. Fails: never.
 */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

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

/* "denied", "accepted", "deferred", "unknown", "untested", and the reply that says so (NULL: none). */
const char *view_relay(const struct smtp_relay *r, const struct smtp_reply **reply);

/* The word after "220 ", and the product behind the greeting where it is known by name; empty, NULL: unknown. */
struct str view_greeting_name(const struct smtp_reply *greeting);
const char *view_software(const struct smtp_reply *greeting);

/* Some PTR name has the address (RFC 8601 3, iprev); unknown when DNS did not tell. */
enum tri view_fcrdns(const struct address_facts *a);
/* Of the host's addresses: the weaker of both answers; false when none was asked for. */
bool view_host_dnssec(const struct host_facts *h, enum dnssec_state *state);

/* The port as the person named it; `port` of the target, or of a domain 0. */
bool view_is_server(const struct facts *f);

#endif
