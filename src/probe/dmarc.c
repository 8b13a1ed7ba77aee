/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dmarc - the walk up the tree, one question after the other as each answer may end it, and what the destinations of
 * reports need: their agreement, and whether they take mail.
 */
#include "wire/dmarc.h"

#include <string.h>

#include "net/names.h"
#include "probe/job_parts.h"

static void ask_next(struct job *job);

static bool is_same_organisation(const char *host, const char *organisation)
{
    size_t n = strlen(host), m = strlen(organisation);
    return n >= m && strcmp(host + n - m, organisation) == 0 && (n == m || host[n - m - 1] == '.');
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
    d->external = !organisation || !is_same_organisation(d->host, organisation);
    if (d->external && name)
        job_ask(job, name, DNS_TXT, &d->agreement, on_agreement, d);
}

static void add_destinations(struct job *job, const struct str *uris, size_t count)
{
    struct dmarc_facts *f = &job->facts->dmarc;
    for (size_t i = 0; i < count; i++) {
        struct dmarc_destination *d = &f->destinations[f->destination_count++];
        d->uri = uris[i];
        d->host = mailto_host(job, uris[i]);
        bool known = false;
        for (size_t k = 0; d->host && k + 1 < f->destination_count; k++)
            known = known || (f->destinations[k].host && strcmp(f->destinations[k].host, d->host) == 0);
        if (known) /* asked already: one destination stands for both */
            f->destination_count--;
        else if (d->host) {
            ask_agreement(job, d);
            ask_mail_host(job, d->host, &d->mail);
        }
    }
}

static void conclude(struct job *job)
{
    struct dmarc_facts *f = &job->facts->dmarc;
    for (size_t i = 0; i < f->step_count; i++)
        f->steps[i].is_public_suffix = name_is_public_suffix(f->steps[i].domain);
    if (!f->policy)
        return;
    const struct dmarc_record *r = &f->policy->record;
    f->destinations = job_alloc(job, r->rua_count + r->ruf_count, sizeof *f->destinations);
    if (!f->destinations)
        return;
    add_destinations(job, r->rua, r->rua_count);
    add_destinations(job, r->ruf, r->ruf_count);
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
