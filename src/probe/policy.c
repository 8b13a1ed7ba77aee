/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy - MTA-STS and TLS-RPT of a domain: both records are asked for with its MX records, so nobody waits longer for
 * them; the policy host's addresses only where there is a record, and the policy only where senders would fetch it.
 */

#include "probe/job_parts.h"
#include "wire/mtasts.h"
#include "wire/tlsrpt.h"

/* ---- MTA-STS ---- */

static void parse_policy(struct job *job, struct str text)
{
    struct mta_sts_policy *policy = job_alloc(job, 1, sizeof *policy);
    if (policy)
        mta_sts_parse_policy(text, &job->arena, policy);
    job->facts->mta_sts.policy = policy;
}

static void fetch_policy(struct job *job)
{
    struct mta_sts_facts *sts = &job->facts->mta_sts;
    const struct web_file file = {
        .host = sts->host,
        .path = "/.well-known/mta-sts.txt", /* RFC 8461 3.3 */
        .port = HTTPS_PORT,
        .max_bytes = MTA_STS_BODY_MAX,
        .a = &sts->a,
        .aaaa = &sts->aaaa,
        .fetch = &sts->fetch,
    };
    web_fetch(job->policy, job, &file, parse_policy);
}

void count_records(struct policy_record *record, const struct dns_reply *reply, bool (*is_record)(struct str txt))
{
    for (size_t i = 0; i < reply->record_count; i++)
        if (is_record(reply->records[i].data) && record->count++ == 0)
            record->text = reply->records[i].data;
}

static void on_mta_sts_record(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct mta_sts_facts *sts = &job->facts->mta_sts;
    count_records(&sts->record, reply, mta_sts_is_record);
    if (sts->record.count == 0)
        return;
    mta_sts_parse_record(sts->record.text, &job->arena, &sts->id, &sts->record.flaw);
    if (sts->record.count > 1 || sts->record.flaw || sts->assumed || !sts->host)
        return;
    fetch_policy(job);
}

static void start_mta_sts(struct job *job)
{
    const struct probe_options *o = job->options;
    struct mta_sts_facts *sts = &job->facts->mta_sts;
    const char *name = arena_printf(&job->arena, "_mta-sts.%s", job->facts->target.name);
    sts->wanted = true;
    sts->host = arena_printf(&job->arena, "mta-sts.%s", job->facts->target.name);
    if (o->assume_policy_file) {
        sts->assumed = arena_strdup(&job->arena, o->assume_policy_file);
        parse_policy(job, o->assume_policy);
    }
    if (o->cached_policy_file) {
        sts->cached_from = arena_strdup(&job->arena, o->cached_policy_file);
        sts->cached_id = o->cached_policy_id ? arena_strdup(&job->arena, o->cached_policy_id) : NULL;
        sts->cached = ARENA_NEW(&job->arena, struct mta_sts_policy);
        if (sts->cached)
            mta_sts_parse_policy(o->cached_policy, &job->arena, sts->cached);
    }
    if (name)
        job_ask(job, name, DNS_TXT, &sts->record.txt, on_mta_sts_record, NULL);
}

static bool is_under_public_suffix(struct job *job, struct str pattern)
{
    if (!str_starts_nocase(pattern, "*."))
        return false;
    char *below = arena_cstr(&job->arena, (struct str){pattern.p + 2, pattern.n - 2});
    for (char *c = below; c && *c; c++)
        *c = ascii_lower(*c);
    return below && !name_organisational_domain(below, &job->arena);
}

/* Which hosts a policy is for; `cached` is the one that senders may still keep. */
static void match_hosts(struct job *job, struct mta_sts_policy *policy, bool cached)
{
    for (size_t p = 0; p < policy->mx_count; p++) {
        struct mta_sts_pattern *pattern = &policy->mx[p];
        pattern->too_wide = is_under_public_suffix(job, pattern->text);
        for (size_t h = 0; h < job->facts->host_count; h++) {
            struct host_facts *host = &job->facts->hosts[h];
            bool matches = mta_sts_pattern_matches(pattern->text, str_of(host->name));
            pattern->hosts += matches;
            bool *in = cached ? &host->in_cached_policy : &host->in_mta_sts_policy;
            *in = *in || matches;
        }
    }
}

/* ---- TLS-RPT ---- */

static void on_tls_rpt_record(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct tls_rpt_facts *rpt = &job->facts->tls_rpt;
    count_records(&rpt->record, reply, tls_rpt_is_record);
    if (rpt->record.count == 0)
        return;
    tls_rpt_parse_record(rpt->record.text, &job->arena, rpt);
    for (size_t i = 0; rpt->record.count == 1 && !rpt->record.flaw && i < rpt->destination_count; i++) {
        struct tls_rpt_destination *d = &rpt->destinations[i];
        if (d->host && d->kind == TLS_RPT_MAILTO) {
            job_ask_mail_domain(job, d->host, &d->mail);
        } else if (d->host) {
            job_ask(job, d->host, DNS_A, &d->mail.a, NULL, NULL);
            job_ask(job, d->host, DNS_AAAA, &d->mail.aaaa, NULL, NULL);
        }
    }
}

static void start_tls_rpt(struct job *job)
{
    const char *name = arena_printf(&job->arena, "_smtp._tls.%s", job->facts->target.name);
    job->facts->tls_rpt.wanted = true;
    if (name)
        job_ask(job, name, DNS_TXT, &job->facts->tls_rpt.record.txt, on_tls_rpt_record, NULL);
}

/* ---- both ---- */

void policy_start(struct job *job)
{
    const struct probe_options *o = job->options;
    job->policy = o->mta_sts ? job_alloc(job, 1, sizeof *job->policy) : NULL;
    if (job->policy)
        start_mta_sts(job);
    if (o->tls_rpt)
        start_tls_rpt(job);
}

void policy_conclude(struct job *job)
{
    if (job->facts->mta_sts.policy)
        match_hosts(job, job->facts->mta_sts.policy, false);
    if (job->facts->mta_sts.cached)
        match_hosts(job, job->facts->mta_sts.cached, true);
}

void policy_cancel(struct job *job)
{
    if (job->policy)
        web_cancel(job->policy);
}

const char *policy_waits_for(const struct job *job)
{
    return job->policy && web_is_open(job->policy) ? job->facts->mta_sts.host : NULL;
}
