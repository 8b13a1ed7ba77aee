/* SPDX-License-Identifier: Apache-2.0 */
/*
 * egress - does our own network let port 25 out, and port 443? Asked of control hosts, per address family, only when
 * every target of that family has been tried once and none answered. Control hosts of port 443 stand for that port,
 * all others for port 25. One connection that opened is proof of port 443 for all jobs of the process.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/job_parts.h"

struct control_work {
    struct job *job;
    const struct control_host *host;
    struct egress_facts *egress;
    enum ip_family family;
    struct dns_lookup lookup;
    struct transport *transport;
    struct timer timer;
    bool over;
};

static struct egress_facts *egress_of(struct job *job, enum ip_family family)
{
    return family == IP_V6 ? &job->facts->vantage.egress_v6 : &job->facts->vantage.egress_v4;
}

static struct egress_facts *https_of(struct job *job, enum ip_family family)
{
    return family == IP_V6 ? &job->facts->vantage.https_v6 : &job->facts->vantage.https_v4;
}

static bool is_for_https(const struct control_host *host)
{
    return host->port == HTTPS_PORT;
}

void egress_begin(struct job *job)
{
    static const enum ip_family families[2] = {IP_V4, IP_V6};
    const struct probe_options *o = job->options;
    for (size_t i = 0; i < 2 * o->control_count; i++) {
        const struct control_host *host = &o->controls[i / 2];
        struct egress_facts *egress = is_for_https(host) ? https_of(job, families[i % 2]) : egress_of(job, families[i % 2]);
        egress->controls_set++;
    }
}

static void hang_up(struct control_work *c)
{
    timer_cancel(&c->timer);
    if (c->transport)
        transport_close(c->transport);
    c->transport = NULL;
}

static void conclude_control(struct control_work *c, bool open)
{
    if (c->over)
        return;
    c->over = true;
    c->egress->controls_open += open;
    c->job->pending--;
    job_step(c->job);
}

static void on_control_timeout(void *arg)
{
    hang_up(arg);
    conclude_control(arg, false);
}

/* Having no route, no address or no leave is having no way out. Having no descriptor says nothing about the network. */
static bool lacks_means(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS || error == EAGAIN;
}

/* The answer is there as soon as the connection is; the greeting is waited for, while the job lasts, to
 * leave with a QUIT. */
static void on_control(void *arg, enum transport_event event, const struct transport_data *data)
{
    struct control_work *c = arg;
    if (event == TRANSPORT_OPEN && is_for_https(c->host)) {
        hang_up(c);
        conclude_control(c, true);
    } else if (event == TRANSPORT_OPEN) {
        timer_start(c->job->prober->net.loop, &c->timer, LIMIT_LINGER_MS, on_control_timeout, c);
        conclude_control(c, true);
    } else if (event == TRANSPORT_DATA) {
        transport_send(c->transport, "QUIT\r\n", 6);
        transport_linger(c->transport, LIMIT_LINGER_MS);
        c->transport = NULL;
        hang_up(c);
    } else {
        if (event == TRANSPORT_TROUBLE && lacks_means(data->error) && !c->over)
            c->egress->controls_tried--;
        hang_up(c);
        conclude_control(c, false);
    }
}

static void dial(struct control_work *c, struct ip ip)
{
    struct session_net *net = &c->job->prober->net;
    c->job->pending++;
    c->transport = dialer_dial(net->dialer, ip, c->host->port, on_control, c);
    c->egress->controls_tried += c->transport != NULL;
    timer_start(net->loop, &c->timer, c->transport ? c->job->options->connect_timeout_ms : 0, on_control_timeout, c);
}

static void on_control_address(struct question *q, const struct dns_reply *reply)
{
    struct control_work *c = q->subject;
    if (reply->record_count && !is_opted_out(c->job, c->host->name, reply->records[0].ip))
        dial(c, reply->records[0].ip);
}

static void start_controls(struct job *job, enum ip_family family, bool https)
{
    const struct probe_options *o = job->options;
    struct egress_facts *egress = https ? https_of(job, family) : egress_of(job, family);
    if (!job->controls)
        job->controls = job_alloc(job, 2 * o->control_count, sizeof *job->controls);
    for (size_t i = 0; job->controls && i < o->control_count; i++) {
        struct control_work *c = &job->controls[job->control_count];
        struct ip ip = {0};
        if (is_for_https(&o->controls[i]) != https)
            continue;
        bool is_address = ip_parse(str_of(o->controls[i].name), &ip);
        if ((is_address && ip.family != family) || is_opted_out(job, o->controls[i].name, ip)) {
            egress->controls_set--;
            continue;
        }
        job->control_count++;
        *c = (struct control_work){.job = job, .host = &o->controls[i], .egress = egress, .family = family};
        if (is_address)
            dial(c, ip);
        else
            job_ask(job, c->host->name, family == IP_V6 ? DNS_AAAA : DNS_A, &c->lookup, on_control_address, c);
    }
}

/* What was found out lately, by any job: NULL: nothing. */
static const struct egress_facts *known_egress(const struct job *job, enum ip_family family)
{
    const struct known_egress *known = &job->prober->smtp_egress[family == IP_V6];
    int64_t lifetime_ms = known->facts.state == EGRESS_OPEN ? LIMIT_EGRESS_OPEN_MS : LIMIT_EGRESS_BLOCKED_MS;
    bool is_fresh = known->at.us && mono_ms_between(known->at, loop_now(job->prober->net.loop)) < lifetime_ms;
    return is_fresh ? &known->facts : NULL;
}

static void note_egress(struct job *job, enum ip_family family, const struct egress_facts *facts)
{
    job->prober->smtp_egress[family == IP_V6] = (struct known_egress){loop_now(job->prober->net.loop), *facts};
}

void egress_note(struct job *job, enum ip_family family, uint16_t port, enum connect_result result)
{
    if (port == SMTP_PORT && result == CONNECT_OPEN)
        note_egress(job, family, &(struct egress_facts){.state = EGRESS_OPEN});
}

void egress_start(struct job *job)
{
    static const enum ip_family families[2] = {IP_V4, IP_V6};
    for (size_t i = 0; i < 2; i++) {
        bool needed = false;
        bool over = endpoints_port25_first_tries_over(job, families[i], &needed);
        egress_of(job, families[i])->needed = needed;
        if (job->egress_started[i] || !over || !needed || endpoints_port25_opened(job, families[i]))
            continue;
        job->egress_started[i] = true;
        if (!known_egress(job, families[i]))
            start_controls(job, families[i], false);
    }
}

void egress_prove_https(struct job *job, enum ip_family family)
{
    if (https_of(job, family)->needed) /* asked already */
        return;
    https_of(job, family)->needed = true;
    if (!job->prober->https_open[family == IP_V6])
        start_controls(job, family, true);
}

static void conclude_https(struct job *job, enum ip_family family)
{
    struct egress_facts *https = https_of(job, family);
    bool *open = &job->prober->https_open[family == IP_V6];
    *open = *open || https->controls_open;
    if (https->needed)
        https->state = *open ? EGRESS_OPEN : https->controls_tried >= 2 ? EGRESS_BLOCKED : EGRESS_UNKNOWN;
}

void egress_conclude(struct job *job)
{
    static const enum ip_family families[2] = {IP_V4, IP_V6};
    for (size_t i = 0; i < 2; i++) {
        struct egress_facts *egress = egress_of(job, families[i]);
        conclude_https(job, families[i]);
        if (!egress->needed)
            continue;
        const struct egress_facts *known = egress->controls_tried ? NULL : known_egress(job, families[i]);
        if (egress->controls_open || endpoints_port25_opened(job, families[i]) || (known && known->state == EGRESS_OPEN)) {
            egress->state = EGRESS_OPEN;
        } else if (known) {
            *egress = *known;
        } else {
            egress->state = egress->controls_tried >= 2 ? EGRESS_BLOCKED : EGRESS_UNKNOWN;
            if (egress->controls_tried)
                note_egress(job, families[i], egress);
        }
    }
}

void egress_cancel(struct job *job)
{
    for (size_t i = 0; i < job->control_count; i++) {
        hang_up(&job->controls[i]);
        job->controls[i].over = true;
    }
}
