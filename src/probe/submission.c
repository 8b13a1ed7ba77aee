/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submission - hosts that SRV records name for handing in mail: asked for with --ports 465 and 587, and connected to at the
 * ports named there. What is a mail host, too, and connected to at that port anyway, is not connected to twice.
 */
#include <stdlib.h>
#include <string.h>

#include "probe/job_parts.h"

struct submission_work {
    unsigned open_questions;
    bool hosts_added;
};

static int compare_targets(const void *a, const void *b)
{
    const struct submission_target *x = a, *y = b;
    return x->priority != y->priority ? x->priority - y->priority : x->port != y->port ? x->port - y->port : strcmp(x->host, y->host);
}

static bool is_port_wanted(const struct job *job, uint16_t port)
{
    for (size_t i = 0; i < job->options->port_count; i++)
        if (job->options->ports[i] == port)
            return true;
    return false;
}

static bool is_covered(const struct job *job, const struct submission_target *t)
{
    for (size_t h = 0; h < job->facts->host_count; h++)
        if (strcmp(job->facts->hosts[h].name, t->host) == 0)
            return is_port_wanted(job, t->port);
    return false;
}

static struct host_work *host_named(struct job *job, const char *name)
{
    struct facts *f = job->facts;
    for (size_t h = f->host_count; h < f->host_count + f->submission_host_count; h++)
        if (strcmp(f->hosts[h].name, name) == 0)
            return &job->hosts[h];
    return hosts_add_submission(job, name);
}

/* Port 25 is for mail from other servers, whatever a record says. */
static void add_target(struct job *job, const struct submission_target *t, enum tls_mode mode)
{
    if (strcmp(t->host, ".") == 0 || strchr(t->host, '\\') || t->port == 0 || t->port == SMTP_PORT || is_covered(job, t))
        return;
    struct host_work *h = host_named(job, t->host);
    for (size_t i = 0; h && i < h->submission_port_count; i++)
        if (h->submission_ports[i].port == t->port)
            return;
    if (!h || h->submission_port_count == SUBMISSION_PORTS_MAX)
        job->facts->submission.targets_left_out++;
    else
        h->submission_ports[h->submission_port_count++] = (struct submission_port){t->port, t->port == SUBMISSIONS_PORT ? TLS_MODE_IMPLICIT : mode};
}

size_t submission_room(const struct job *job)
{
    const struct submission_facts *f = &job->facts->submission;
    return f->submissions.wanted || f->submission.wanted ? SUBMISSION_HOSTS_MAX : 0;
}

void submission_hosts_known(struct job *job)
{
    const struct submission_facts *f = &job->facts->submission;
    if (!job->submission || job->submission->open_questions || job->submission->hosts_added || job->facts->mx.status == MX_UNKNOWN)
        return;
    job->submission->hosts_added = true;
    for (size_t i = 0; i < f->submissions.target_count; i++)
        add_target(job, &f->submissions.targets[i], TLS_MODE_IMPLICIT);
    for (size_t i = 0; i < f->submission.target_count; i++)
        add_target(job, &f->submission.targets[i], TLS_MODE_STARTTLS);
    hosts_start_submission(job);
}

static void on_srv(struct question *q, const struct dns_reply *reply)
{
    struct submission_service *s = q->subject;
    s->targets = job_alloc(q->job, reply->record_count, sizeof *s->targets);
    for (size_t i = 0; s->targets && i < reply->record_count; i++)
        s->targets[s->target_count++] = (struct submission_target){reply->records[i].preference, reply->records[i].port, reply->records[i].name};
    if (s->targets && s->target_count)
        qsort(s->targets, s->target_count, sizeof *s->targets, compare_targets);
    q->job->submission->open_questions--;
    submission_hosts_known(q->job);
}

static void ask(struct job *job, const char *service, uint16_t port, struct submission_service *into)
{
    const char *name = is_port_wanted(job, port) ? arena_printf(&job->arena, "%s._tcp.%s", service, job->facts->target.name) : NULL;
    if (!name)
        return;
    into->wanted = true;
    job->submission->open_questions++;
    job_ask(job, name, DNS_SRV, &into->lookup, on_srv, into);
}

void submission_start(struct job *job)
{
    job->submission = job->options->smtp ? job_alloc(job, 1, sizeof *job->submission) : NULL;
    if (!job->submission)
        return;
    ask(job, "_submissions", SUBMISSIONS_PORT, &job->facts->submission.submissions);
    ask(job, "_submission", SUBMISSION_PORT, &job->facts->submission.submission);
}
