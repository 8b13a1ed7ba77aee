/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity - the name we give in EHLO: the confirmed reverse name of our own address, else the address
 * as a literal (RFC 5321 4.1.4, 4.1.3). It is learned once in a process.
 */
#include <stdio.h>
#include <string.h>

#include "net/route.h"
#include "probe/job_parts.h"

struct identity {
    struct ip own;
    struct dns_lookup ptr, forward;
};

/* Connections wait for it: both questions together have LIMIT_IDENTITY_MS. */
static void ask(struct job *job, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then, struct identity *id)
{
    job_ask_within(job, LIMIT_IDENTITY_MS - (int64_t)mono_ms_between(job->started, loop_now(job->prober->net.loop)), name, type, into, then, id);
}

static void conclude(struct job *job)
{
    job->prober->own_name_known = true;
    job->identity_known = true;
    job_step(job);
}

static void on_forward(struct question *q, const struct dns_reply *reply)
{
    struct identity *id = q->subject;
    struct prober *p = q->job->prober;
    for (size_t i = 0; i < reply->record_count; i++)
        if (ip_eq(reply->records[i].ip, id->own))
            snprintf(p->own_name, sizeof p->own_name, "%s", q->name);
    conclude(q->job);
}

static void on_ptr(struct question *q, const struct dns_reply *reply)
{
    struct identity *id = q->subject;
    const char *name = reply->record_count ? reply->records[0].name : NULL;
    bool is_host_name = name && strchr(name, '.') && !strchr(name, '\\') && strlen(name) < 254;
    if (is_host_name)
        ask(q->job, name, id->own.family == IP_V6 ? DNS_AAAA : DNS_A, &id->forward, on_forward, id);
    else
        conclude(q->job);
}

void identity_start(struct job *job)
{
    struct prober *p = job->prober;
    if (p->own_name_known || job->options->ehlo) {
        job->identity_known = true;
        return;
    }
    struct identity *id = job_alloc(job, 1, sizeof *id);
    struct ip root_server;
    /* 198.41.0.4 is a.root-servers.net: an address that is routed wherever anything is. */
    bool public_address = id && ip_parse(STR("198.41.0.4"), &root_server) && route_own_address(root_server, &id->own) == 0 && !ip_special_purpose(id->own);
    char *reverse = public_address ? job_alloc(job, 1, REVERSE_NAME_BYTES) : NULL;
    if (!reverse) {
        conclude(job);
        return;
    }
    ip_write_reverse_name(id->own, reverse);
    ask(job, reverse, DNS_PTR, &id->ptr, on_ptr, id);
}

static const char *literal(struct ip toward, char *text, size_t text_bytes)
{
    struct ip own;
    char address[IP_TEXT_BYTES] = "127.0.0.1";
    if (text[0] == '\0') {
        bool known = route_own_address(toward, &own) == 0;
        if (known)
            ip_write(own, address);
        snprintf(text, text_bytes, known && own.family == IP_V6 ? "[IPv6:%s]" : "[%s]", address);
    }
    return text;
}

const char *identity_ehlo(struct job *job, struct ip toward)
{
    struct prober *p = job->prober;
    if (job->options->ehlo)
        return job->options->ehlo;
    if (p->own_name[0])
        return p->own_name;
    if (toward.family == IP_V6)
        return literal(toward, p->own_literal_v6, sizeof p->own_literal_v6);
    return literal(toward, p->own_literal_v4, sizeof p->own_literal_v4);
}
