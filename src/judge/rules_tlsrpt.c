/* SPDX-License-Identifier: Apache-2.0 */
/* rules_tlsrpt - tlsrpt: the record that asks for reports of TLS, and whether they can arrive. */
#include "judge/rules.h"

struct outcome rule_tlsrpt_published(struct context *c, const struct subject *s)
{
    const struct tls_rpt_facts *rpt = &c->facts->tls_rpt;
    (void)s;
    if (!rpt->wanted)
        return not_applicable();
    if (!is_answered(&rpt->record.txt))
        return unknown(c, reason_of_lookup(&rpt->record.txt), "The TXT records of _smtp._tls.%s could not be looked up: %s.", c->facts->target.name,
                       dns_problem(c, &rpt->record.txt));
    if (rpt->record.count)
        return pass();
    return fail(c, rpt->record.txt.status == DNS_FOUND ? "_smtp._tls.%s has TXT records, but none that begins with `v=TLSRPTv1;`." : "_smtp._tls.%s has no TXT record.",
                c->facts->target.name);
}

struct outcome rule_tlsrpt_record(struct context *c, const struct subject *s)
{
    const struct policy_record *record = &c->facts->tls_rpt.record;
    (void)s;
    if (record->count > 1)
        return fail(c, "There are %zu records that begin with `v=TLSRPTv1`; senders then send no reports.", record->count);
    return record->flaw ? fail(c, "The record is `%s`: %s.", shown(c, record->text), record->flaw) : pass();
}

static const char *problem_of(const struct tls_rpt_destination *d, const struct dns_lookup **open)
{
    return d->kind == TLS_RPT_MAILTO ? mail_problem(&d->mail, open) : address_problem(&d->mail.a, &d->mail.aaaa, open);
}

/* Of a domain whose MX set is assumed it is not judged where its mail goes now. */
static bool is_known_good(const struct context *c, const struct tls_rpt_destination *d)
{
    return !d->host || (c->facts->mx.assumed && d->kind == TLS_RPT_MAILTO && str_is(str_of(d->host), c->facts->target.name));
}

struct outcome rule_tlsrpt_destination(struct context *c, const struct subject *s)
{
    const struct tls_rpt_facts *rpt = &c->facts->tls_rpt;
    const struct tls_rpt_destination *first_open = NULL;
    const struct dns_lookup *open, *unanswered = NULL;
    const char *problems = NULL;
    (void)s;
    for (size_t i = 0; i < rpt->destination_count; i++) {
        const struct tls_rpt_destination *d = &rpt->destinations[i];
        if (is_known_good(c, d))
            continue;
        const char *problem = problem_of(d, &open);
        const char *sentence = problem ? arena_printf(c->arena, "%s %s", shown(c, str_of(d->host)), problem) : NULL;
        if (sentence)
            problems = listed(c, problems, sentence);
        else if (open && !first_open) {
            first_open = d;
            unanswered = open;
        }
    }
    if (problems)
        return fail(c, "Reports are lost: %s.", problems);
    if (first_open)
        return unknown(c, reason_of_lookup(unanswered), "Where reports to %s go could not be looked up: %s.", shown(c, str_of(first_open->host)), dns_problem(c, unanswered));
    return pass();
}
