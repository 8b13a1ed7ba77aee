/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts - the addresses of each MX host, and the names that belong to each address.
 */
#include <stdlib.h>
#include <string.h>

#include "probe/job_parts.h"

struct forward_work { /* one name whose addresses are compared with the address under test */
    struct ip ip;
    bool *has_address;
};

static void on_forward(struct question *q, const struct dns_reply *reply)
{
    struct forward_work *f = q->subject;
    for (size_t i = 0; i < reply->record_count; i++)
        if (ip_eq(reply->records[i].ip, f->ip))
            *f->has_address = true;
}

static void ask_forward(struct job *job, const char *name, struct ip ip, struct dns_lookup *into, bool *has_address)
{
    struct forward_work *f = job_alloc(job, 1, sizeof *f);
    if (!f)
        return;
    *f = (struct forward_work){ip, has_address};
    job_ask(job, name, ip.family == IP_V6 ? DNS_AAAA : DNS_A, into, on_forward, f);
}

/* Letters, digits, hyphens (and the underscore that some use), two labels or more: RFC 1123 2.1. */
static bool is_host_name(struct str name)
{
    size_t label = 0, labels = 0;
    for (size_t i = 0; i <= name.n; i++) {
        if (i == name.n || name.p[i] == '.') {
            if (label == 0 || label > 63)
                return false;
            labels++;
            label = 0;
            continue;
        }
        char c = name.p[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '_')
            return false;
        label++;
    }
    return labels >= 2 && name.n <= 253;
}

static void on_ptr(struct question *q, const struct dns_reply *reply)
{
    struct address_facts *a = q->subject;
    size_t count = reply->record_count < PTR_NAMES_MAX ? reply->record_count : PTR_NAMES_MAX;
    a->ptr_names = job_alloc(q->job, count, sizeof *a->ptr_names);
    if (!a->ptr_names)
        return;
    a->ptr_name_count = count;
    for (size_t i = 0; i < count; i++) {
        struct ptr_name *p = &a->ptr_names[i];
        p->raw = str_of(reply->records[i].name);
        if (!is_host_name(p->raw))
            continue;
        p->name = reply->records[i].name;
        ask_forward(q->job, p->name, a->ip, &p->forward, &p->has_address);
    }
}

static void ask_ptr(struct job *job, struct address_facts *a)
{
    char *reverse = job->options->ptr && !a->special ? job_alloc(job, 1, REVERSE_NAME_BYTES) : NULL;
    if (!reverse)
        return;
    ip_write_reverse_name(a->ip, reverse);
    job_ask(job, reverse, DNS_PTR, &a->ptr, on_ptr, a);
}

static bool host_has_name_and_address(const struct job *job, const char *name, struct ip ip)
{
    for (size_t h = 0; h < job->facts->host_count; h++) {
        const struct host_facts *host = &job->facts->hosts[h];
        if (strcmp(host->name, name) != 0)
            continue;
        for (size_t i = 0; i < host->address_count; i++)
            if (ip_eq(host->addresses[i].ip, ip))
                return true;
    }
    return false;
}

/* Greeting and EHLO usually give a name whose address is known already; only another one is looked up. */
static void ask_name_said(struct endpoint_work *e, struct str name)
{
    struct address_facts *a = e->address->facts;
    char *lower = is_host_name(name) ? arena_cstr(&e->job->arena, name) : NULL;
    if (!lower)
        return;
    for (char *c = lower; *c; c++)
        *c = ascii_lower(*c);
    if (host_has_name_and_address(e->job, lower, a->ip))
        a->greeting_name_has_address = true;
    else
        ask_forward(e->job, lower, a->ip, &a->greeting_name_lookup, &a->greeting_name_has_address);
}

void greeting_name_ask(struct endpoint_work *e, const struct session_facts *s)
{
    if (!e->job->options->ptr || e->address->facts->special || !s->greeting.line_count)
        return;
    struct str line = s->greeting.lines[0];
    struct str greeted = str_word(&line);
    ask_name_said(e, greeted);
    if (!str_eq_nocase(greeted, s->ehlo.hostname))
        ask_name_said(e, s->ehlo.hostname);
}

bool is_treated_as_public(const struct probe_options *o, struct ip ip)
{
    for (size_t i = 0; i < o->public_network_count; i++)
        if (ip_network_has(o->public_networks[i], ip))
            return true;
    return false;
}

bool is_opted_out(const struct job *job, const char *host, struct ip ip)
{
    const struct opt_out *o = job->prober->opt_out;
    return opt_out_has_name(o, job->facts->target.name) || opt_out_has_name(o, host) || opt_out_has_ip(o, ip);
}

static void add_address(struct host_work *h, struct address_facts *a, struct ip ip)
{
    struct job *job = h->job;
    const char *special = ip_special_purpose(ip);
    /* `probe` connects to whatever its command line names; who takes orders from strangers does not. */
    bool named = job->facts->target.kind == TARGET_SERVER && !job->options->public_only;
    bool allowed = named || is_treated_as_public(job->options, ip);
    *a = (struct address_facts){.ip = ip, .special = allowed ? NULL : special, .treated_as_public = special && allowed};
    if (h->facts->is_submission)
        return;
    ask_ptr(job, a);
    dnsbl_add_address(job, a);
}

static int compare_records_by_ip(const void *a, const void *b)
{
    return ip_compare(((const struct dns_record *)a)->ip, ((const struct dns_record *)b)->ip);
}

static size_t at_most_of_family(size_t records)
{
    return records < LIMIT_ADDRESSES_PER_FAMILY ? records : LIMIT_ADDRESSES_PER_FAMILY;
}

/* Copies up to the limit per family, sorted, each once. Returns how many were left out. */
static size_t take_addresses(struct host_work *h, const struct dns_record *records, size_t record_count)
{
    struct host_facts *host = h->facts;
    struct dns_record *sorted = job_alloc(h->job, record_count, sizeof *sorted);
    size_t taken = 0, left_out = 0;
    if (!sorted || record_count == 0)
        return 0;
    memcpy(sorted, records, record_count * sizeof *sorted);
    qsort(sorted, record_count, sizeof *sorted, compare_records_by_ip);
    for (size_t i = 0; i < record_count; i++) {
        if (i > 0 && ip_eq(sorted[i].ip, sorted[i - 1].ip))
            continue;
        if (taken == LIMIT_ADDRESSES_PER_FAMILY) {
            left_out++;
            continue;
        }
        add_address(h, &host->addresses[host->address_count++], sorted[i].ip);
        taken++;
    }
    return left_out;
}

static void prepare_addresses(struct host_work *h)
{
    struct host_facts *host = h->facts;
    struct address_work *work = job_alloc(h->job, host->address_count, sizeof *work);
    for (size_t i = 0; work && i < host->address_count; i++) {
        work[i] = (struct address_work){.job = h->job, .host = h, .facts = &host->addresses[i]};
        endpoints_prepare(&work[i]);
    }
    h->addresses = work;
}

/* The limit of addresses is used up in the order in which hosts were chosen, whoever's answer comes first: a host
 * waits for those before it unless there is room for all that these could have. */
static void prepare_what_fits(struct job *job)
{
    size_t room = LIMIT_ADDRESSES_PROBED;
    bool all_known = true;
    for (size_t i = 0; i < job->facts->host_count; i++) {
        struct host_work *h = job->chosen[i];
        size_t count = h->open_questions ? (size_t)2 * LIMIT_ADDRESSES_PER_FAMILY : h->facts->address_count;
        all_known = all_known && h->open_questions == 0;
        if (h->open_questions == 0 && !h->addresses && (all_known || count <= room || !h->facts->within_limit))
            prepare_addresses(h);
        room -= count < room ? count : room;
    }
}

static void conclude_host(struct host_work *h)
{
    struct host_facts *host = h->facts;
    host->addresses = job_alloc(h->job, at_most_of_family(h->a_count) + at_most_of_family(h->aaaa_count), sizeof *host->addresses);
    tlsa_start(h);
    if (host->addresses) {
        host->addresses_left_out = take_addresses(h, h->a, h->a_count) + take_addresses(h, h->aaaa, h->aaaa_count);
        if (host->is_submission)
            prepare_addresses(h);
        else
            prepare_what_fits(h->job);
    }
    if (h->job->arena.exhausted) { /* then it is not known which addresses the host has */
        lookup_out_of_memory(&host->a);
        lookup_out_of_memory(&host->aaaa);
        return;
    }
    /* RFC 8020: when the registrable name does not exist, nothing below it does. */
    bool gone = host->a.status == DNS_NXDOMAIN && host->aaaa.status == DNS_NXDOMAIN;
    if (gone && host->organisational_domain && !host->is_submission)
        job_ask(h->job, host->organisational_domain, DNS_SOA, &host->registrable, NULL, NULL);
}

static void on_address(struct question *q, const struct dns_reply *reply)
{
    struct host_work *h = q->subject;
    if (q->type == DNS_A) {
        h->a = reply->records;
        h->a_count = reply->record_count;
    } else {
        h->aaaa = reply->records;
        h->aaaa_count = reply->record_count;
    }
    if (--h->open_questions)
        return;
    conclude_host(h);
    for (size_t i = 0; !h->facts->is_submission && i < h->job->facts->host_count; i++)
        if (h->job->hosts[i].open_questions)
            return;
    if (!h->facts->is_submission)
        spf_hosts_known(h->job);
}

static enum host_name_kind name_kind(const char *name)
{
    struct ip ip;
    if (ip_parse(str_of(name), &ip))
        return HOST_NAME_IP_LITERAL;
    if (!strchr(name, '.'))
        return HOST_NAME_SINGLE_LABEL;
    return is_host_name(str_of(name)) ? HOST_NAME_GOOD : HOST_NAME_BAD_SYNTAX;
}

/* Under the limits one host of every preference comes first, then the rest in order. */
static void choose_hosts(struct job *job, struct host_facts *hosts, size_t count)
{
    size_t chosen = 0, max = job->options->max_hosts;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) {
            bool first_of_preference = i == 0 || hosts[i].preference != hosts[i - 1].preference;
            if (first_of_preference != (pass == 0))
                continue;
            hosts[i].within_limit = chosen < max;
            job->chosen[chosen++] = &job->hosts[i];
        }
    job->facts->hosts_left_out = count > max ? count - max : 0;
}

static struct host_work *set_hosts(struct job *job, struct host_facts *facts, size_t count)
{
    struct host_work *work = facts ? job_alloc(job, count + submission_room(job), sizeof *work) : NULL;
    job->chosen = work ? job_alloc(job, count, sizeof *job->chosen) : NULL;
    if (!job->chosen)
        return NULL;
    for (size_t i = 0; i < count; i++)
        work[i] = (struct host_work){.job = job, .facts = &facts[i]};
    job->hosts = work;
    choose_hosts(job, facts, count);
    job->facts->hosts = facts;
    job->facts->host_count = count;
    return work;
}

static void ask_addresses(struct host_work *h)
{
    h->open_questions = 2;
    job_ask(h->job, h->facts->name, DNS_A, &h->facts->a, on_address, h);
    job_ask(h->job, h->facts->name, DNS_AAAA, &h->facts->aaaa, on_address, h);
    caa_start(h);
}

void hosts_start(struct job *job, struct host_facts *facts, size_t count)
{
    struct host_work *work = set_hosts(job, facts, count < LIMIT_HOSTS_LOOKED_UP ? count : LIMIT_HOSTS_LOOKED_UP);
    for (size_t i = 0; work && i < job->facts->host_count; i++) {
        struct host_facts *host = &facts[i];
        host->name_kind = name_kind(host->name);
        host->organisational_domain = host->name_kind == HOST_NAME_GOOD ? name_organisational_domain(host->name, &job->arena) : NULL;
        if (strchr(host->name, '\\')) /* octets that no host name has: nobody would ask for it */
            continue;
        if (host->organisational_domain && job->facts->organisational_domain && strcmp(host->organisational_domain, job->facts->organisational_domain) == 0 &&
            strcmp(host->name, job->facts->target.name) != 0)
            dnsbl_add_name(job, host->name);
        ask_addresses(&work[i]);
    }
    if (count > LIMIT_HOSTS_LOOKED_UP)
        job->facts->hosts_left_out += count - LIMIT_HOSTS_LOOKED_UP;
}

struct host_work *hosts_add_submission(struct job *job, const char *name)
{
    struct facts *f = job->facts;
    if (!job->hosts)
        set_hosts(job, job_alloc(job, submission_room(job), sizeof *f->hosts), 0);
    if (!job->hosts || f->submission_host_count == submission_room(job))
        return NULL;
    size_t at = f->host_count + f->submission_host_count++;
    f->hosts[at] = (struct host_facts){.name = name, .is_submission = true, .within_limit = true, .name_kind = name_kind(name)};
    f->hosts[at].organisational_domain = f->hosts[at].name_kind == HOST_NAME_GOOD ? name_organisational_domain(name, &job->arena) : NULL;
    job->hosts[at] = (struct host_work){.job = job, .facts = &f->hosts[at]};
    return &job->hosts[at];
}

void hosts_start_submission(struct job *job)
{
    const struct facts *f = job->facts;
    for (size_t h = f->host_count; h < f->host_count + f->submission_host_count; h++)
        ask_addresses(&job->hosts[h]);
}

void hosts_end(struct job *job)
{
    for (size_t i = 0; i < job->facts->host_count; i++)
        job->hosts[i].open_questions = 0;
    for (size_t i = 0; i < job->facts->host_count; i++)
        if (!job->hosts[i].facts->addresses)
            conclude_host(&job->hosts[i]);
    prepare_what_fits(job);
}

void host_set_address(struct job *job, struct ip ip)
{
    struct host_facts *host = job_alloc(job, 1, sizeof *host);
    if (!host)
        return;
    host->name = job->facts->target.name;
    host->name_kind = HOST_NAME_IP_LITERAL;
    struct host_work *work = set_hosts(job, host, 1);
    host->addresses = job_alloc(job, 1, sizeof *host->addresses);
    if (!work || !host->addresses)
        return;
    host->address_count = 1;
    add_address(work, &host->addresses[0], ip);
    prepare_addresses(work);
}
