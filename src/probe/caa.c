/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caa - the CAA set that holds for a mail host: asked for at its name and then at each name above, until there is one
 * (RFC 8659 3). It begins with the host's addresses and is over long before its certificate is known.
 */
#include <string.h>

#include "probe/job_parts.h"
#include "wire/caa.h"
#include "wire/dns.h"

static void on_caa(struct question *q, const struct dns_reply *reply);

static void ask(struct host_work *h, const char *domain)
{
    struct caa_facts *caa = h->facts->caa;
    caa->domain = domain;
    job_ask(h->job, domain, DNS_CAA, &caa->lookup, on_caa, h);
}

static void on_caa(struct question *q, const struct dns_reply *reply)
{
    struct host_work *h = q->subject;
    struct caa_facts *caa = h->facts->caa;
    const char *above = dns_name_parent(caa->domain);
    bool denied = reply->lookup.status == DNS_NODATA || reply->lookup.status == DNS_NXDOMAIN;
    if (denied && above && strcmp(above, ".") != 0) {
        ask(h, above);
        return;
    }
    caa->records = job_alloc(q->job, reply->record_count, sizeof *caa->records);
    for (size_t i = 0; caa->records && i < reply->record_count; i++)
        caa->records[caa->record_count++] = caa_read(reply->records[i].data);
}

static size_t count_labels(const char *name)
{
    size_t labels = 1;
    for (; *name; name++)
        labels += *name == '.';
    return labels;
}

void caa_start(struct host_work *h)
{
    if (!h->job->options->caa || !h->facts->within_limit || h->facts->name_kind != HOST_NAME_GOOD)
        return;
    h->facts->caa = job_alloc(h->job, 1, sizeof *h->facts->caa);
    if (!h->facts->caa)
        return;
    h->facts->caa->domain = h->facts->name;
    if (count_labels(h->facts->name) <= LIMIT_CAA_LABELS)
        ask(h, h->facts->name);
}
