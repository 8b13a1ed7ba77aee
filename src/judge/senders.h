/* SPDX-License-Identifier: Apache-2.0 */
/*
 * senders - what becomes of mail from each usual sort of sender, over all hosts and addresses; inside judge/ only.
 *
 * A sort of sender is a row of a table: what it asks of TLS and of the server's identity, and what it does without.
 * sender_way looks at one address, judge_senders walks over all as senders do. Fills out->senders.
 * Memory: the context's arena. Fails: as the arena does.
 * Spec: RFC 5321 5.1 (order of hosts), RFC 7505 (null MX), RFC 7672 2.2, RFC 8461 4 and 2 (both together).
 */
#ifndef JUDGE_SENDERS_H
#define JUDGE_SENDERS_H

#include "judge/rules.h"

struct sender_profile {
    const char *name, *label;
    enum { TLS_NEVER, TLS_IF_OFFERED, TLS_ALWAYS } tls;
    bool refuses_old_tls;   /* below TLS 1.2: as a handshake that fails */
    bool defers_first;      /* a handshake that fails: clear text only at a later try */
    bool null_mx_beside_others_counts;
    bool waits_at_521;      /* a greeting that says that there is no mail service: as any other refusal */
    bool dane, mta_sts;     /* where both govern a host, DANE does */
    bool cached;            /* it keeps the policy of MTA-STS that the caller named */
    bool public_cas;        /* the name in a certificate of a public CA, always */
};

struct sender_way sender_way(struct context *c, const struct sender_profile *p, const struct subject *address);
void judge_senders(struct context *c, struct judgement *out);

#endif
