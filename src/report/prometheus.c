/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus - see prometheus.h. The families stand in the order of the table. */
#include "report/prometheus.h"

#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "base/text.h"
#include "report/view.h"

enum { FAMILY_BYTES_MAX = 64 * 1024 * 1024, LABELS_MAX = 6, PORT_BYTES = 8 };

enum family {
    SUCCESS = 0,
    DURATION,
    DNS_TIME,
    CERT_EXPIRY,
    INFO,
    CHECKED_AT,
    STATUS,
    FINDINGS,
    FINDING,
    PASSES,
    HAS_VALID_MX,
    ALL_REACHABLE,
    ANY_SMTP_OK,
    ALL_TLS_OK,
    HOSTS,
    PREFERENCE,
    ENDPOINT_COMPLETED,
    ENDPOINT_OUTCOME,
    CONNECT_TIME,
    GREETING_TIME,
    ENDPOINT_DURATION,
    TLS_INFO,
    ENDPOINT_CERT_EXPIRY,
    SENDER_OUTCOME,
    NOT_TESTED,
};

/* The first four mean what they mean in the blackbox exporter. */
static const struct {
    const char *name, *help;
} families[PROMETHEUS_FAMILIES] = {
    [SUCCESS] = {"probe_success", "Whether nothing of severity error failed and everything decisive could be tested"},
    [DURATION] = {"probe_duration_seconds", "How long the check took"},
    [DNS_TIME] = {"probe_dns_lookup_time_seconds", "How long the question for MX records took"},
    [CERT_EXPIRY] = {"probe_ssl_earliest_cert_expiry", "When the first certificate of those that were sent expires, as Unix time"},
    [INFO] = {"mxassay_report_info", "What wrote the report"},
    [CHECKED_AT] = {"mxassay_checked_timestamp_seconds", "When the check began, as Unix time"},
    [STATUS] = {"mxassay_status", "The status of the report is this one"},
    [FINDINGS] = {"mxassay_findings", "Findings that failed, by severity, and those that are unknown"},
    [FINDING] = {"mxassay_finding", "Objects at which this check failed or is unknown"},
    [PASSES] = {"mxassay_passed_checks", "Verdicts that are good"},
    [HAS_VALID_MX] = {"mxassay_has_valid_mx", "Some mail host has an address"},
    [ALL_REACHABLE] = {"mxassay_all_reachable", "There is a mail host, and every one has an address"},
    [ANY_SMTP_OK] = {"mxassay_any_smtp_ok", "Some endpoint finished EHLO and the TLS handshake"},
    [ALL_TLS_OK] = {"mxassay_all_tls_ok", "Every endpoint has working TLS; absent when that is not known"},
    [HOSTS] = {"mxassay_hosts", "Mail hosts"},
    [PREFERENCE] = {"mxassay_host_preference", "Preference of a mail host; lower is tried first"},
    [ENDPOINT_COMPLETED] = {"mxassay_endpoint_completed", "Whether the dialogue with the server came to its end"},
    [ENDPOINT_OUTCOME] = {"mxassay_endpoint_outcome_info", "How far the connection came"},
    [CONNECT_TIME] = {"mxassay_endpoint_connect_seconds", "Until the connection was open"},
    [GREETING_TIME] = {"mxassay_endpoint_greeting_seconds", "From the open connection to the end of the greeting"},
    [ENDPOINT_DURATION] = {"mxassay_endpoint_duration_seconds", "From the first packet to the end"},
    [TLS_INFO] = {"mxassay_endpoint_tls_info", "What TLS was negotiated"},
    [ENDPOINT_CERT_EXPIRY] = {"mxassay_endpoint_cert_expiry_timestamp_seconds", "When the server's own certificate expires, as Unix time"},
    [SENDER_OUTCOME] = {"mxassay_sender_outcome", "What becomes of mail from this sort of sender is this"},
    [NOT_TESTED] = {"mxassay_not_tested", "Parts that this report could not see"},
};

struct label {
    const char *name;
    struct str value;
};

struct sample {
    struct prometheus *families;
    struct label labels[LABELS_MAX]; /* those of the target and of the object come first */
    size_t count;
};

static void add_value(struct buf *out, struct str value)
{
    struct buf safe;
    buf_init(&safe, FAMILY_BYTES_MAX);
    text_write_safe(&safe, value);
    for (size_t i = 0; i < safe.used; i++) {
        if (safe.bytes[i] == '"' || safe.bytes[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, safe.bytes[i]);
    }
    out->failed = out->failed || safe.failed;
    buf_done(&safe);
}

static struct buf *begin(const struct sample *s, enum family family, const struct label *more)
{
    struct buf *out = &s->families->samples[family];
    char before = '{';
    buf_add_cstr(out, families[family].name);
    for (size_t i = 0; i < s->count + LABELS_MAX; i++) {
        const struct label *l = i < s->count ? &s->labels[i] : &more[i - s->count];
        if (!l->name)
            break;
        buf_add_char(out, before);
        buf_printf(out, "%s=\"", l->name);
        add_value(out, l->value);
        buf_add_char(out, '"');
        before = ',';
    }
    buf_add_cstr(out, before == ',' ? "} " : " ");
    return out;
}

#define WITH(...) ((const struct label[LABELS_MAX + 1]){__VA_ARGS__})
#define WITHOUT ((const struct label[LABELS_MAX + 1]){{0}})

static void add_number(const struct sample *s, enum family family, const struct label *more, int64_t value)
{
    buf_printf(begin(s, family, more), "%lld\n", (long long)value);
}

static void add_ms(const struct sample *s, enum family family, uint32_t ms)
{
    buf_printf(begin(s, family, WITHOUT), "%u.%03u\n", ms / 1000, ms % 1000);
}

static void add_tri(const struct sample *s, enum family family, enum tri t)
{
    if (t != TRI_UNKNOWN)
        add_number(s, family, WITHOUT, t == TRI_YES);
}

static void add_summary(const struct sample *s, const struct report *r)
{
    const struct summary *sum = &r->judgement->summary;
    add_number(s, SUCCESS, WITHOUT, sum->status == STATUS_OK || sum->status == STATUS_WARNING);
    add_ms(s, DURATION, r->facts->duration_ms);
    if (r->facts->mx.lookup.status != DNS_NOT_ASKED)
        add_ms(s, DNS_TIME, r->facts->mx.lookup.took_ms);
    add_number(s, INFO, WITH({"version", str_of(MXASSAY_VERSION)}, {"ruleset", str_of(REPORT_RULESET)}), 1);
    add_number(s, CHECKED_AT, WITHOUT, r->facts->checked_at.s);
    for (enum summary_status status = STATUS_OK; status <= STATUS_INCONCLUSIVE; status++)
        add_number(s, STATUS, WITH({"status", str_of(status_text(status))}), sum->status == status);
    add_number(s, FINDINGS, WITH({"severity", STR("error")}), (int64_t)sum->errors);
    add_number(s, FINDINGS, WITH({"severity", STR("warning")}), (int64_t)sum->warnings);
    add_number(s, FINDINGS, WITH({"severity", STR("notice")}), (int64_t)sum->notices);
    add_number(s, FINDINGS, WITH({"severity", STR("unknown")}), (int64_t)sum->unknowns);
    add_number(s, PASSES, WITHOUT, (int64_t)sum->passes);
    add_number(s, HAS_VALID_MX, WITHOUT, sum->has_valid_mx);
    add_number(s, ALL_REACHABLE, WITHOUT, sum->all_reachable);
    add_number(s, ANY_SMTP_OK, WITHOUT, sum->any_smtp_ok);
    add_tri(s, ALL_TLS_OK, sum->all_tls_ok);
    add_number(s, HOSTS, WITHOUT, (int64_t)r->facts->host_count);
}

/* By check and verdict, not by object: so that their number has a bound. */
static void add_findings(const struct sample *s, const struct judgement *j)
{
    for (size_t i = 0; i < j->count;) {
        const struct check *c = j->verdicts[i].check;
        size_t failed = 0, unknown = 0;
        for (; i < j->count && j->verdicts[i].check == c; i++) {
            failed += j->verdicts[i].value == VERDICT_FAIL;
            unknown += j->verdicts[i].value == VERDICT_UNKNOWN && !j->verdicts[i].derived;
        }
        if (failed)
            add_number(s, FINDING, WITH({"id", str_of(c->id)}, {"severity", str_of(severity_text(c->severity))}, {"verdict", STR("fail")}), (int64_t)failed);
        if (unknown)
            add_number(s, FINDING, WITH({"id", str_of(c->id)}, {"severity", str_of(severity_text(c->severity))}, {"verdict", STR("unknown")}),
                       (int64_t)unknown);
    }
}

static void add_senders(const struct sample *s, const struct judgement *j)
{
    for (size_t i = 0; i < j->sender_count; i++)
        add_number(s, SENDER_OUTCOME, WITH({"profile", str_of(j->senders[i].profile)}, {"outcome", str_of(delivery_text(j->senders[i].best))}), 1);
}

static void add_endpoint(const struct sample *of_all, const struct host_facts *h, const struct address_facts *a, const struct endpoint_facts *e)
{
    const struct session_facts *session = view_session(e);
    char ip[IP_TEXT_BYTES], port[PORT_BYTES];
    struct sample s = *of_all;
    ip_write(a->ip, ip);
    snprintf(port, sizeof port, "%u", e->port);
    must(s.count + 3 <= LABELS_MAX);
    s.labels[s.count++] = (struct label){"host", str_of(h->name)};
    s.labels[s.count++] = (struct label){"ip", str_of(ip)};
    s.labels[s.count++] = (struct label){"port", str_of(port)};
    const char *outcome = endpoint_outcome(e);
    add_number(&s, ENDPOINT_OUTCOME, WITH({"outcome", str_of(outcome)}), 1);
    if (e->shown) {
        add_number(&s, ENDPOINT_COMPLETED, WITHOUT, strcmp(outcome, "completed") == 0);
        add_ms(&s, ENDPOINT_DURATION, session->duration_ms);
    }
    if (session->connect == CONNECT_OPEN)
        add_ms(&s, CONNECT_TIME, session->connect_ms);
    if (session->greeting.complete)
        add_ms(&s, GREETING_TIME, view_greeting_delay_ms(session));
    if (session->tls.result == TLS_DONE)
        add_number(&s, TLS_INFO,
                   WITH({"version", str_of(session->tls.version)}, {"cipher", str_of(session->tls.cipher)}, {"group", str_of(session->tls.group)}), 1);
    if (session->tls.certificate_count)
        add_number(&s, ENDPOINT_CERT_EXPIRY, WITHOUT, session->tls.certificates[0].not_after.s);
}

static void add_hosts(const struct sample *s, const struct facts *f)
{
    bool any = false;
    int64_t earliest = 0;
    for (size_t h = 0; h < f->host_count; h++) {
        if (!view_is_server(f))
            add_number(s, PREFERENCE, WITH({"host", str_of(f->hosts[h].name)}), f->hosts[h].preference);
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++) {
                const struct endpoint_facts *endpoint = &f->hosts[h].addresses[a].endpoints[e];
                const struct tls_facts *t = &view_session(endpoint)->tls;
                add_endpoint(s, &f->hosts[h], &f->hosts[h].addresses[a], endpoint);
                for (size_t i = 0; i < t->certificate_count; i++, any = true)
                    earliest = !any || t->certificates[i].not_after.s < earliest ? t->certificates[i].not_after.s : earliest;
            }
    }
    if (any)
        add_number(s, CERT_EXPIRY, WITHOUT, earliest);
}

void prometheus_init(struct prometheus *p)
{
    for (size_t i = 0; i < PROMETHEUS_FAMILIES; i++)
        buf_init(&p->samples[i], FAMILY_BYTES_MAX);
    buf_init(&p->targets, FAMILY_BYTES_MAX);
}

void prometheus_done(struct prometheus *p)
{
    for (size_t i = 0; i < PROMETHEUS_FAMILIES; i++)
        buf_done(&p->samples[i]);
    buf_done(&p->targets);
}

static void add_report(struct sample *s, const struct report *r)
{
    size_t not_tested = 0;
    struct buf words;
    add_summary(s, r);
    add_findings(s, r->judgement);
    add_hosts(s, r->facts);
    add_senders(s, r->judgement);
    buf_init(&words, FAMILY_BYTES_MAX);
    for (size_t i = 0; i < VIEW_NOT_TESTED; i++)
        not_tested += view_write_not_tested(&words, r->facts, i);
    buf_done(&words);
    add_number(s, NOT_TESTED, WITHOUT, (int64_t)not_tested);
}

/* A sample stands once, whatever is asked for twice. */
static bool is_named(const struct prometheus *p, struct str target)
{
    for (struct str rest = {p->targets.bytes, p->targets.used}; rest.n;)
        if (str_eq(str_cut(&rest, '\n'), target))
            return true;
    return false;
}

void prometheus_add(struct prometheus *p, const struct report *r, bool name_target)
{
    struct sample s = {.families = p};
    struct buf words;
    buf_init(&words, FAMILY_BYTES_MAX);
    view_write_subject(&words, r->facts, &(const struct subject){.scope = SCOPE_DOMAIN});
    if (view_is_server(r->facts) && r->facts->target.port)
        buf_printf(&words, ":%u", r->facts->target.port);
    const struct str target = {words.bytes, words.used};
    if (name_target)
        s.labels[s.count++] = (struct label){"target", target};
    if (!name_target || !is_named(p, target)) {
        add_report(&s, r);
        buf_printf(&p->targets, "%.*s\n", (int)target.n, target.p);
    }
    buf_done(&words);
}

void prometheus_write(struct buf *out, const struct prometheus *p)
{
    for (size_t i = 0; i < PROMETHEUS_FAMILIES; i++) {
        const struct buf *samples = &p->samples[i];
        out->failed = out->failed || samples->failed;
        if (samples->used)
            buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", families[i].name, families[i].help, families[i].name);
        buf_add(out, samples->bytes, samples->used);
    }
}

void report_write_prometheus(struct buf *out, const struct report *r)
{
    struct prometheus p;
    prometheus_init(&p);
    prometheus_add(&p, r, false);
    prometheus_write(out, &p);
    prometheus_done(&p);
}
