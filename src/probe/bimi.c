/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bimi - the record of the domain, or of the organisation where the domain has none, and the two files that it names. All of
 * that goes on beside the connections to mail servers.
 */
#include "wire/bimi.h"

#include <string.h>

#include "net/evidence.h"
#include "probe/job_parts.h"
#include "wire/svg.h"
#include "wire/url.h"

struct bimi_work {
    struct web_work logo, evidence;
};

static void on_logo(struct job *job, struct str body)
{
    struct svg_facts *logo = job_alloc(job, 1, sizeof *logo);
    if (logo)
        *logo = svg_examine(body);
    job->facts->bimi.logo = logo;
}

/* A mark certificate is made out to the domain of the sender, to its organisation, or to where the record stands. */
static void on_evidence(struct job *job, struct str body)
{
    struct bimi_facts *f = &job->facts->bimi;
    const char *own = job->facts->target.name, *organisation = job->facts->organisational_domain;
    const char *const names[] = {
        own, f->domain, arena_printf(&job->arena, "default._bimi.%s", own), arena_printf(&job->arena, "default._bimi.%s", f->domain), organisation, NULL};
    struct bimi_evidence *evidence = job_alloc(job, 1, sizeof *evidence);
    if (evidence && !job->arena.exhausted && evidence_read(body, names, evidence, &job->arena) == 0)
        f->evidence = evidence;
}

static void fetch_file(struct job *job, struct web_work *w, struct bimi_file *file, size_t max_bytes, web_fn *then)
{
    struct https_url url;
    struct domain_name name;
    const char *problem;
    if (!url_parse_https(file->url, &url))
        return;
    bool has_slash = url.path.n && url.path.p[0] == '/';
    file->port = url.port;
    file->path = arena_printf(&job->arena, "%s%.*s", has_slash ? "" : "/", (int)url.path.n, url.path.p);
    bool is_address = url.host.p[0] == '[' || ip_parse(url.host, &(struct ip){0});
    if (is_address || !file->path || name_parse_domain(url.host, &job->arena, &name, &problem) < 0)
        return;
    file->host = name.ascii;
    const struct web_file wanted = {file->host, file->path, file->port, max_bytes, &file->a, &file->aaaa, &file->fetch};
    web_fetch(w, job, &wanted, then);
}

static void on_record(struct question *q, const struct dns_reply *reply);

static void ask(struct job *job, const char *domain)
{
    struct bimi_facts *f = &job->facts->bimi;
    const char *name = arena_printf(&job->arena, "default._bimi.%s", domain);
    f->domain = domain;
    if (name)
        job_ask(job, name, DNS_TXT, &f->record.txt, on_record, NULL);
}

static void on_record(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct bimi_facts *f = &job->facts->bimi;
    const char *organisation = job->facts->organisational_domain;
    bool answered = reply->lookup.status == DNS_FOUND || reply->lookup.status == DNS_NODATA || reply->lookup.status == DNS_NXDOMAIN;
    count_records(&f->record, reply, bimi_is_record);
    if (f->record.count == 0 && answered && organisation && strcmp(f->domain, organisation) != 0)
        ask(job, organisation);
    if (f->record.count == 0)
        return;
    bimi_parse(f->record.text, f);
    if (f->record.count > 1 || f->record.flaw)
        return;
    fetch_file(job, &job->bimi->logo, &f->logo_file, BIMI_LOGO_MAX, on_logo);
    fetch_file(job, &job->bimi->evidence, &f->evidence_file, BIMI_EVIDENCE_MAX, on_evidence);
}

void bimi_start(struct job *job)
{
    job->bimi = job->options->bimi ? job_alloc(job, 1, sizeof *job->bimi) : NULL;
    job->facts->bimi.wanted = job->bimi;
    if (job->bimi)
        ask(job, job->facts->target.name);
}

void bimi_cancel(struct job *job)
{
    if (!job->bimi)
        return;
    web_cancel(&job->bimi->logo);
    web_cancel(&job->bimi->evidence);
}

const char *bimi_waits_for(const struct job *job)
{
    if (job->bimi && web_is_open(&job->bimi->logo))
        return job->facts->bimi.logo_file.host;
    return job->bimi && web_is_open(&job->bimi->evidence) ? job->facts->bimi.evidence_file.host : NULL;
}
