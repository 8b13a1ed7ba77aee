/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorities - the name servers of the domain's zone, each asked by itself for the records that mail depends on. Where
 * two of them differ they are asked once more, later: a zone that is just being transferred is no disagreement.
 * Only addresses that anybody could reach are asked.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/authority.h"
#include "probe/job_parts.h"
#include "wire/dns.h"

struct asked { /* one question to one server */
    struct job *job;
    struct authority_answer *answer;
    enum authority_about about;
    struct authority_query query;
};

struct authority_work {
    struct authority *servers[AUTHORITY_SERVERS_MAX]; /* NULL: not asked */
    struct authority *parent;                         /* of the zone above; NULL: not needed */
    size_t open_names;                                /* whose addresses are looked up */
    size_t open_answers;
    bool names_known, hosts_known, asking, sampled;
    struct timer again;
};

static void ask_all(struct job *job);

/* ---- one answer ---- */

static bool is_about_mail(enum authority_about about, struct str txt)
{
    static const char *const begins[] = {[ABOUT_SPF] = "v=spf1", [ABOUT_DMARC] = "v=DMARC1", [ABOUT_MTA_STS] = "v=STSv1", [ABOUT_TLS_RPT] = "v=TLSRPTv1"};
    return about >= ABOUT_SPF && about <= ABOUT_TLS_RPT && str_starts_nocase(txt, begins[about]);
}

/* The serial is the third field behind two names; the names end by themselves. */
static uint32_t serial_of(struct str soa)
{
    const uint8_t *p = (const uint8_t *)soa.p + soa.n - 20;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void write_record(struct buf *out, const struct dns_record *r, enum authority_about about)
{
    char ip[IP_TEXT_BYTES];
    switch (about) {
    case ABOUT_MX:
        buf_printf(out, "%u %s", r->preference, r->name);
        break;
    case ABOUT_ADDRESS:
        ip_write(r->ip, ip);
        buf_add_cstr(out, ip);
        break;
    case ABOUT_SERIAL:
        if (r->data.n >= 20)
            buf_printf(out, "%" PRIu32, serial_of(r->data));
        break;
    case ABOUT_TLSA:
        for (size_t i = 0; i < r->data.n; i++)
            buf_printf(out, "%02x", (unsigned char)r->data.p[i]);
        break;
    case ABOUT_SPF:
    case ABOUT_DMARC:
    case ABOUT_MTA_STS:
    case ABOUT_TLS_RPT:
        buf_add(out, r->data.p, r->data.n);
        break;
    }
}

static int compare_lines(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int rc = n ? memcmp(x->p, y->p, n) : 0;
    return rc ? rc : (x->n > y->n) - (x->n < y->n);
}

/* In one order, so that two servers with the same records have the same text. */
static struct str write_set(struct job *job, const struct dns_reply *reply, enum authority_about about)
{
    struct str *lines = job_alloc(job, reply->record_count, sizeof *lines);
    struct buf text;
    size_t count = 0;
    buf_init(&text, LIMIT_AUTHORITY_SET_BYTES);
    for (size_t i = 0; lines && i < reply->record_count; i++) {
        const struct dns_record *r = &reply->records[i];
        bool is_text = about >= ABOUT_SPF && about <= ABOUT_TLS_RPT;
        if (is_text && !is_about_mail(about, r->data))
            continue;
        buf_clear(&text);
        write_record(&text, r, about);
        lines[count++] = arena_copy(&job->arena, (struct str){text.bytes, text.used});
    }
    if (count)
        qsort(lines, count, sizeof *lines, compare_lines);
    buf_clear(&text);
    for (size_t i = 0; i < count; i++) {
        buf_add(&text, lines[i].p, lines[i].n);
        buf_add_char(&text, '\n');
    }
    struct str set = arena_copy(&job->arena, (struct str){text.bytes, text.used});
    buf_done(&text);
    return set;
}

static void close_servers(struct job *job)
{
    for (size_t i = 0; i < AUTHORITY_SERVERS_MAX; i++) {
        authority_close(job->authorities->servers[i]);
        job->authorities->servers[i] = NULL;
    }
    authority_close(job->authorities->parent);
    job->authorities->parent = NULL;
}

static bool differs(const struct authority_facts *f, size_t question)
{
    const struct authority_answer *first = NULL;
    for (size_t s = 0; s < f->server_count; s++) {
        const struct authority_answer *a = f->servers[s].answers ? &f->servers[s].answers[question] : NULL;
        if (!a || a->status != AUTHORITY_ANSWERS)
            continue;
        if (first && !str_eq(first->set, a->set))
            return true;
        first = a;
    }
    return false;
}

static void ask(struct job *job, size_t server, const struct authority_question *question, struct authority_answer *answer);

static void sample_again(void *arg)
{
    struct job *job = arg;
    struct authority_facts *f = &job->facts->authorities;
    for (size_t s = 0; s < f->server_count; s++) {
        f->servers[s].again = job->authorities->servers[s] ? job_alloc(job, f->question_count, sizeof *f->servers[s].again) : NULL;
        for (size_t q = 0; f->servers[s].again && q < f->question_count; q++)
            if (differs(f, q))
                ask(job, s, &f->questions[q], &f->servers[s].again[q]);
    }
    job->pending--;
    job_step(job);
}

static void all_answered(struct job *job)
{
    const struct authority_facts *f = &job->facts->authorities;
    bool any = false;
    for (size_t q = 0; q < f->question_count; q++)
        any = any || differs(f, q);
    if (!any || job->authorities->sampled)
        return;
    job->authorities->sampled = true;
    job->pending++;
    timer_start(job->prober->net.loop, &job->authorities->again, LIMIT_AUTHORITY_AGAIN_MS, sample_again, job);
}

static void on_reply(void *arg, const struct authority_reply *reply)
{
    struct asked *asked = arg;
    struct job *job = asked->job;
    struct authority_answer *a = asked->answer;
    a->status = reply->status;
    a->over_tcp = reply->over_tcp;
    a->rcode = reply->reply.lookup.rcode;
    if (reply->status == AUTHORITY_ANSWERS) {
        a->found = reply->reply.lookup.status;
        a->set = write_set(job, &reply->reply, asked->about);
    }
    job->pending--;
    if (--job->authorities->open_answers == 0)
        all_answered(job);
    job_step(job);
}

static void ask(struct job *job, size_t server, const struct authority_question *question, struct authority_answer *answer)
{
    struct asked *asked = job_alloc(job, 1, sizeof *asked);
    if (!asked)
        return;
    *asked = (struct asked){.job = job, .answer = answer, .about = question->about};
    job->pending++;
    job->authorities->open_answers++;
    job->facts->questions++;
    authority_ask(job->authorities->servers[server], &asked->query, question->name, (enum dns_type)question->type, &job->arena, on_reply, asked);
}

/* ---- what is asked ---- */

static void add_question(struct job *job, enum authority_about about, const char *name, enum dns_type type)
{
    struct authority_facts *f = &job->facts->authorities;
    if (name && f->questions && f->question_count < AUTHORITY_QUESTIONS_MAX)
        f->questions[f->question_count++] = (struct authority_question){about, name, type};
}

/* Hosts in other zones may answer each asker in their own way; those are not compared. */
static void choose_questions(struct job *job)
{
    struct authority_facts *f = &job->facts->authorities;
    const char *domain = job->facts->target.name;
    f->questions = job_alloc(job, AUTHORITY_QUESTIONS_MAX, sizeof *f->questions);
    add_question(job, ABOUT_MX, domain, DNS_MX);
    add_question(job, ABOUT_SERIAL, f->zone, DNS_SOA);
    add_question(job, ABOUT_SPF, domain, DNS_TXT);
    add_question(job, ABOUT_DMARC, arena_printf(&job->arena, "_dmarc.%s", domain), DNS_TXT);
    add_question(job, ABOUT_MTA_STS, arena_printf(&job->arena, "_mta-sts.%s", domain), DNS_TXT);
    add_question(job, ABOUT_TLS_RPT, arena_printf(&job->arena, "_smtp._tls.%s", domain), DNS_TXT);
    for (size_t h = 0; h < job->facts->host_count && h < AUTHORITY_HOSTS_MAX; h++) {
        const char *host = job->facts->hosts[h].name;
        if (!dns_name_is_within(host, f->zone) || strchr(host, '\\'))
            continue;
        add_question(job, ABOUT_ADDRESS, host, DNS_A);
        add_question(job, ABOUT_ADDRESS, host, DNS_AAAA);
        add_question(job, ABOUT_TLSA, arena_printf(&job->arena, "_25._tcp.%s", host), DNS_TLSA);
    }
}

static void ask_all(struct job *job)
{
    struct authority_work *w = job->authorities;
    struct authority_facts *f = &job->facts->authorities;
    if (!w->names_known || !w->hosts_known || w->asking)
        return;
    w->asking = true;
    choose_questions(job);
    for (size_t s = 0; s < f->server_count; s++) {
        struct authority_server *server = &f->servers[s];
        server->answers = job_alloc(job, f->question_count, sizeof *server->answers);
        w->servers[s] = server->answers && !server->special ? authority_open(job->prober->authorities, server->ip) : NULL;
        for (size_t q = 0; w->servers[s] && q < f->question_count; q++)
            ask(job, s, &f->questions[q], &server->answers[q]);
    }
}

void authorities_hosts_known(struct job *job)
{
    if (!job->authorities)
        return;
    job->authorities->hosts_known = true;
    ask_all(job);
}

/* ---- who they are ---- */

static const char *special_purpose(const struct job *job, struct ip ip)
{
    return is_treated_as_public(job->options, ip) ? NULL : ip_special_purpose(ip);
}

static void add_server(struct job *job, const char *name, struct ip ip)
{
    struct authority_facts *f = &job->facts->authorities;
    const struct probe_options *o = job->options;
    if (f->server_count == AUTHORITY_SERVERS_MAX || (ip.family == IP_V4 && !o->use_v4) || (ip.family == IP_V6 && !o->use_v6))
        return;
    for (size_t i = 0; i < f->server_count; i++)
        if (ip_eq(f->servers[i].ip, ip))
            return;
    f->servers[f->server_count++] = (struct authority_server){.name = name, .ip = ip, .special = special_purpose(job, ip)};
}

static int compare_servers(const void *a, const void *b)
{
    const struct authority_server *x = a, *y = b;
    int rc = strcmp(x->name, y->name);
    return rc ? rc : ip_compare(x->ip, y->ip);
}

static void on_address(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct authority_facts *f = &job->facts->authorities;
    struct authority_name *name = q->subject;
    for (size_t i = 0; i < reply->record_count; i++) {
        name->address_count++;
        add_server(job, name->name, reply->records[i].ip);
    }
    if (--job->authorities->open_names > 0)
        return;
    if (f->server_count)
        qsort(f->servers, f->server_count, sizeof *f->servers, compare_servers);
    job->authorities->names_known = true;
    ask_all(job);
}

static void take_names(struct job *job, const char *const *names, size_t count)
{
    struct authority_facts *f = &job->facts->authorities;
    f->names = job_alloc(job, AUTHORITY_NAMES_MAX, sizeof *f->names);
    f->servers = job_alloc(job, AUTHORITY_SERVERS_MAX, sizeof *f->servers);
    if (!f->names || !f->servers)
        return;
    for (size_t i = 0; i < count && f->name_count < AUTHORITY_NAMES_MAX; i++)
        if (!strchr(names[i], '\\') && strcmp(names[i], ".") != 0)
            f->names[f->name_count++].name = names[i];
    job->authorities->open_names = 2 * f->name_count;
    for (size_t i = 0; i < f->name_count; i++) {
        job_ask(job, f->names[i].name, DNS_A, &f->names[i].a, on_address, &f->names[i]);
        job_ask(job, f->names[i].name, DNS_AAAA, &f->names[i].aaaa, on_address, &f->names[i]);
    }
}

/* ---- where the resolver cannot tell: the zone above refers to them ---- */

static void on_referral(void *arg, const struct authority_reply *reply)
{
    struct job *job = arg;
    if (reply->referral_count) {
        job->facts->authorities.zone = job->facts->target.name;
        job->facts->authorities.by_referral = true;
        take_names(job, reply->referral, reply->referral_count);
    }
    job->pending--;
    job_step(job);
}

static void on_parent_address(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct authority_work *w = job->authorities;
    struct authority_query *query = job_alloc(job, 1, sizeof *query);
    if (w->parent || reply->record_count == 0 || special_purpose(job, reply->records[0].ip) || !query)
        return;
    w->parent = authority_open(job->prober->authorities, reply->records[0].ip);
    if (!w->parent)
        return;
    job->pending++;
    job->facts->questions++;
    authority_ask(w->parent, query, job->facts->target.name, DNS_NS, &job->arena, on_referral, job);
}

static void ask_parent(struct job *job, const char *name);

static void on_parent_ns(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct dns_lookup *into = job_alloc(job, 1, sizeof *into);
    if (reply->lookup.status == DNS_NODATA)
        ask_parent(job, q->name);
    else if (reply->lookup.status == DNS_FOUND && into)
        job_ask(job, reply->records[0].name, job->options->use_v4 ? DNS_A : DNS_AAAA, into, on_parent_address, NULL);
}

static void ask_parent(struct job *job, const char *name)
{
    const char *up = strchr(name, '.');
    struct dns_lookup *into = job_alloc(job, 1, sizeof *into);
    if (into)
        job_ask(job, up ? up + 1 : ".", DNS_NS, into, on_parent_ns, NULL);
}

/* ---- who they are, by the resolver ---- */

static void ask_zone(struct job *job, const char *name);

/* A domain is often the top of its zone; else the zone is above it, but not above what can be registered. */
static void on_ns(struct question *q, const struct dns_reply *reply)
{
    struct job *job = q->job;
    struct authority_facts *f = &job->facts->authorities;
    const char *up = strchr(q->name, '.');
    const char *top = job->facts->organisational_domain;
    bool is_own = strcmp(q->name, job->facts->target.name) == 0;
    if (reply->lookup.status == DNS_FOUND && !reply->lookup.alias_of) {
        const char **names = job_alloc(job, reply->record_count, sizeof *names);
        f->zone = q->name;
        for (size_t i = 0; names && i < reply->record_count; i++)
            names[i] = reply->records[i].name;
        if (names)
            take_names(job, names, reply->record_count);
    } else if ((reply->lookup.status == DNS_NODATA || reply->lookup.alias_of) && up && top && strcmp(q->name, top) != 0) {
        ask_zone(job, up + 1);
    } else if (is_own && (reply->lookup.status == DNS_FAILED || reply->lookup.status == DNS_TIMEOUT)) {
        ask_parent(job, q->name);
    }
}

static void ask_zone(struct job *job, const char *name)
{
    job_ask(job, name, DNS_NS, &job->facts->authorities.ns, on_ns, NULL);
}

void authorities_start(struct job *job)
{
    if (!job->options->authorities || !job->prober->authorities)
        return;
    job->authorities = job_alloc(job, 1, sizeof *job->authorities);
    if (!job->authorities)
        return;
    job->facts->authorities.wanted = true;
    ask_zone(job, job->facts->target.name);
}

void authorities_cancel(struct job *job)
{
    if (!job->authorities)
        return;
    timer_cancel(&job->authorities->again);
    close_servers(job);
}
