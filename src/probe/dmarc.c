/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dmarc - the walk up the tree, one question after the other as each answer may end it, and what the destinations of
 * reports need: their agreement, and whether they take mail.
 */
#include "wire/dmarc.h"

#include "net/names.h"
#include "wire/dns.h"
#include "probe/job_parts.h"

/* RFC 6068 2: the domain behind the last `@` of a mailto, up to its headers. NULL: it has none. */
static const char *mailto_domain(struct job *job, struct str uri)
{
    struct domain_name name;
    const char *problem;
    struct str address = uri;
    if (!str_is_nocase(str_cut(&address, ':'), "mailto"))
        return NULL;
    address = str_cut(&address, '?');
    return name_parse_domain(address, &job->arena, &name, &problem) < 0 ? NULL : name.ascii;
}

static void on_agreement(struct question *q, const struct dns_reply *reply)
{
    struct dmarc_destination *d = q->subject;
    for (size_t i = 0; i < reply->record_count; i++)
        d->agreement_count += dmarc_is_record(reply->records[i].data);
}

/* RFC 9990 4: a foreign destination says at a name of its own that it takes reports about this domain. */
static void ask_agreement(struct job *job, struct dmarc_destination *d)
{
    const struct dmarc_facts *f = &job->facts->dmarc;
    const char *organisation = f->organisational_domain ? f->organisational_domain : job->facts->organisational_domain;
    const char *name = arena_printf(&job->arena, "%s._report._dmarc.%s", f->policy->domain, d->host);
    d->external = !organisation || !dns_name_is_within(d->host, organisation);
    if (d->external && name)
        job_ask(job, name, DNS_TXT, &d->agreement, on_agreement, d);
}

static void ask_destinations(struct job *job, const struct str *uris, size_t count)
{
    struct dmarc_facts *f = &job->facts->dmarc;
    for (size_t i = 0; i < count; i++) {
        struct dmarc_destination *d = &f->destinations[f->destination_count++];
        d->uri = uris[i];
        d->host = mailto_domain(job, uris[i]);
        if (!d->host)
            continue;
        ask_agreement(job, d);
        job_ask_mail_domain(job, d->host, &d->mail);
    }
}

static void conclude(struct job *job)
{
    struct dmarc_facts *f = &job->facts->dmarc;
    for (size_t i = 0; i < f->step_count; i++)
        f->steps[i].is_public_suffix = !name_organisational_domain(f->steps[i].domain, &job->arena);
    if (!f->policy)
        return;
    const struct dmarc_record *r = &f->policy->record;
    f->destinations = job_alloc(job, r->rua_count + r->ruf_count, sizeof *f->destinations);
    if (!f->destinations)
        return;
    ask_destinations(job, r->rua, r->rua_count);
    ask_destinations(job, r->ruf, r->ruf_count);
}

static void on_step(struct question *q, const struct dns_reply *reply);

static void ask_next(struct job *job)
{
    struct dmarc_facts *f = &job->facts->dmarc;
    const char *domain = dmarc_walk_next(f);
    const char *name = domain ? arena_printf(&job->arena, "_dmarc.%s", domain) : NULL;
    if (name)
        job_ask(job, name, DNS_TXT, &f->steps[f->step_count].txt, on_step, NULL);
    else if (!domain)
        conclude(job);
}

static void on_step(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct str *txt = job_alloc(job, reply->record_count, sizeof *txt);
    size_t count = txt ? reply->record_count : 0;
    for (size_t i = 0; i < count; i++)
        txt[i] = reply->records[i].data;
    dmarc_walk_answer(&job->facts->dmarc, &reply->lookup, txt, count, &job->arena);
    ask_next(job);
}

static void on_apex(struct question *q, const struct dns_reply *reply)
{
    for (size_t i = 0; i < reply->record_count; i++)
        if (dmarc_is_record(reply->records[i].data))
            q->job->facts->dmarc.misplaced = reply->records[i].data;
}

void dmarc_start(struct job *job)
{
    if (!job->options->dmarc || dmarc_walk_begin(&job->facts->dmarc, job->facts->target.name, &job->arena) < 0)
        return;
    ask_next(job);
    job_ask(job, job->facts->target.name, DNS_TXT, &job->facts->apex_txt, on_apex, NULL);
}
