/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web - one file of a web host: the host's addresses are asked for and judged by us, then the file is fetched from the first
 * of them that answers. Where nobody does, it is found out whether our own network lets port 443 out.
 */
#include "probe/job_parts.h"

/* Nobody answered there: is it them, or our own network? */
static void prove_way_out(const struct web_work *w)
{
    bool v4 = false, v6 = false;
    for (size_t i = 0; i < w->request.ip_count; i++) {
        v4 = v4 || w->ips[i].family == IP_V4;
        v6 = v6 || w->ips[i].family == IP_V6;
    }
    if (v4)
        egress_prove_https(w->job, IP_V4);
    if (v6)
        egress_prove_https(w->job, IP_V6);
}

static void on_fetched(void *arg)
{
    struct web_work *w = arg;
    const struct fetch_facts *f = w->facts;
    bool is_usual_port = w->request.port == HTTPS_PORT;
    if (f->connected && is_usual_port)
        w->job->prober->https_open[f->ip.family == IP_V6] = true;
    else if (is_usual_port && (f->result == FETCH_REFUSED || f->result == FETCH_UNREACHABLE || f->result == FETCH_TIMEOUT))
        prove_way_out(w);
    if (f->result == FETCH_DONE && f->status == 200)
        w->then(w->job, f->body);
    w->job->pending--;
    job_step(w->job);
}

struct left_out {        /* why addresses of the host are not connected to */
    const char *special; /* of the last such one; NULL: none */
    bool opted_out;
};

/* One after the other of those that may be connected to. */
static void take_addresses(struct web_work *w, const struct dns_record *records, size_t count, size_t max, struct left_out *left_out)
{
    for (size_t i = 0; i < count && w->request.ip_count < max; i++) {
        const char *why = is_treated_as_public(w->job->options, records[i].ip) ? NULL : ip_special_purpose(records[i].ip);
        if (why)
            left_out->special = why;
        else if (is_opted_out(w->job, w->request.host, records[i].ip))
            left_out->opted_out = true;
        else
            w->ips[w->request.ip_count++] = records[i].ip;
    }
}

/* IPv4 first, and half of the room each: a family that our network lacks costs no more than its own share of time. */
static struct left_out choose_addresses(struct web_work *w)
{
    const struct probe_options *o = w->job->options;
    struct left_out left_out = {0};
    if (o->use_v4)
        take_addresses(w, w->a, w->a_count, o->use_v6 && w->aaaa_count ? LIMIT_FETCH_ADDRESSES / 2 : LIMIT_FETCH_ADDRESSES, &left_out);
    if (o->use_v6)
        take_addresses(w, w->aaaa, w->aaaa_count, LIMIT_FETCH_ADDRESSES, &left_out);
    return left_out;
}

static enum fetch_result why_not(const struct web_work *w, const struct left_out *left_out)
{
    if (left_out->opted_out)
        return FETCH_OPTED_OUT;
    if (left_out->special)
        return FETCH_NOT_ALLOWED;
    return w->a_count + w->aaaa_count == 0 ? FETCH_NO_ADDRESS : FETCH_NOT_TRIED;
}

static void start_fetch(struct web_work *w)
{
    const struct left_out left_out = choose_addresses(w);
    if (w->request.ip_count == 0) {
        w->facts->result = why_not(w, &left_out);
        w->facts->error = w->facts->result == FETCH_NOT_ALLOWED ? left_out.special : NULL;
        return;
    }
    w->request.ips = w->ips;
    w->request.connect_limit_ms = w->job->options->connect_timeout_ms;
    w->request.limit_ms = LIMIT_FETCH_MS;
    w->job->pending++;
    fetch_start(w->job->prober->fetcher, &w->fetch, &w->request, w->facts, &w->job->arena, on_fetched, w);
}

static void on_address(struct question *q, const struct dns_reply *reply)
{
    struct web_work *w = q->subject;
    if (q->type == DNS_A) {
        w->a = reply->records;
        w->a_count = reply->record_count;
    } else {
        w->aaaa = reply->records;
        w->aaaa_count = reply->record_count;
    }
    if (--w->open_questions == 0)
        start_fetch(w);
}

void web_fetch(struct web_work *w, struct job *job, const struct web_file *file, web_fn *then)
{
    *w = (struct web_work){.job = job, .open_questions = 2, .facts = file->fetch, .then = then};
    w->request = (struct fetch_request){.host = file->host, .path = file->path, .port = file->port, .body_max_bytes = file->max_bytes};
    job_ask(job, file->host, DNS_A, file->a, on_address, w);
    job_ask(job, file->host, DNS_AAAA, file->aaaa, on_address, w);
}

bool web_is_open(const struct web_work *w)
{
    return w->fetch.fetcher;
}

void web_cancel(struct web_work *w)
{
    fetch_cancel(&w->fetch);
}
