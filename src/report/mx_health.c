/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mx_health - one small object with the answers that programs ask first: which hosts, do they resolve, do they speak SMTP
 * and TLS, what is wrong.
 *
 * Whether a server works is taken from the verdicts: what could not be seen is inconclusive, never a failure.
 */
#include <string.h>

#include "base/text.h"
#include "report/json_parts.h"
#include "report/view.h"

enum { TEXT_BYTES_MAX = 16 * 1024 * 1024 };

/* From inconclusive on each is worse than the one before. */
enum probe_status { PROBE_NONE = 0, PROBE_INCONCLUSIVE, PROBE_OK, PROBE_STARTTLS_MISSING, PROBE_TLS_FAILED, PROBE_SMTP_FAILED, PROBE_UNREACHABLE };

static const char *probe_word(unsigned status)
{
    static const char *const words[] = {
        [PROBE_NONE] = NULL,
        [PROBE_INCONCLUSIVE] = "inconclusive",
        [PROBE_OK] = "ok",
        [PROBE_STARTTLS_MISSING] = "starttls_missing",
        [PROBE_TLS_FAILED] = "tls_failed",
        [PROBE_SMTP_FAILED] = "smtp_failed",
        [PROBE_UNREACHABLE] = "unreachable",
    };
    return words[status];
}
static const struct vocabulary probe_words = {.of = probe_word, .last = PROBE_UNREACHABLE};

/* What decides, in the order of the dialogue, and what a failure means. */
static const struct {
    const char *id;
    enum probe_status failed;
} deciding[] = {
    {"net.port25-open", PROBE_UNREACHABLE},
    {"smtp.greeting", PROBE_SMTP_FAILED},
    {"smtp.ehlo", PROBE_SMTP_FAILED},
    {"tls.starttls-stripped", PROBE_STARTTLS_MISSING},
    {"tls.starttls-offered", PROBE_STARTTLS_MISSING},
    {"tls.starttls-accepted", PROBE_TLS_FAILED},
    {"tls.handshake", PROBE_TLS_FAILED},
};
enum { DECIDING_COUNT = sizeof deciding / sizeof *deciding, EHLO_ROW = 2, HANDSHAKE_ROW = DECIDING_COUNT - 1 };

struct health {
    const struct report *report;
    struct {
        const struct verdict *first;
        size_t count;
    } rows[DECIDING_COUNT]; /* the verdicts of one check stand together */
    struct buf text;
    bool failed;
};

static void find_rows(struct health *h)
{
    const struct judgement *j = h->report->judgement;
    const struct check *last = NULL;
    size_t row = DECIDING_COUNT;
    for (size_t i = 0; i < j->count; i++) {
        if (j->verdicts[i].check != last) {
            last = j->verdicts[i].check;
            for (row = 0; row < DECIDING_COUNT && (!last->id || strcmp(last->id, deciding[row].id) != 0); row++)
                ;
            if (row < DECIDING_COUNT)
                h->rows[row].first = &j->verdicts[i];
        }
        if (row < DECIDING_COUNT)
            h->rows[row].count++;
    }
}

/* Of the endpoint, or of the address it is a port of; a row that was not judged is unknown. */
static enum verdict_value value_of(const struct health *h, size_t row, const struct address_facts *a, const struct endpoint_facts *e)
{
    for (size_t i = 0; i < h->rows[row].count; i++) {
        const struct subject *s = &h->rows[row].first[i].subject;
        if (s->endpoint ? s->endpoint == e : s->address == a)
            return h->rows[row].first[i].value;
    }
    return VERDICT_UNKNOWN;
}

static enum probe_status status_of(const struct health *h, const struct address_facts *a, const struct endpoint_facts *e)
{
    bool mail = e->port == SMTP_PORT || view_is_server(h->report->facts); /* net.port25-open is about that port */
    if (e->not_probed != PROBED || !e->shown)
        return PROBE_NONE;
    for (size_t row = 0; row < DECIDING_COUNT; row++)
        if (value_of(h, row, a, e) == VERDICT_FAIL && (row > 0 || mail))
            return deciding[row].failed;
    if (value_of(h, EHLO_ROW, a, e) != VERDICT_PASS)
        return PROBE_INCONCLUSIVE;
    return e->tls_mode == TLS_MODE_NONE || value_of(h, HANDSHAKE_ROW, a, e) == VERDICT_PASS ? PROBE_OK : PROBE_INCONCLUSIVE;
}

static struct str written(struct health *h)
{
    h->failed = h->failed || h->text.failed;
    return (struct str){h->text.used ? h->text.bytes : "", h->text.used};
}

static struct str clean(struct health *h, struct str s)
{
    buf_clear(&h->text);
    text_write_safe(&h->text, s);
    return written(h);
}

/* The best EHLO: inside TLS more is offered. */
static void write_capabilities(struct members *m, struct health *h, const struct session_facts *s)
{
    const struct smtp_ehlo *e = view_is_list(&s->ehlo_tls) ? &s->ehlo_tls : &s->ehlo;
    member_array(m, "capabilities", "What the server offers, inside TLS where it came to that.");
    for (size_t i = 0; i < e->capability_count; i++) {
        buf_clear(&h->text);
        text_write_safe(&h->text, e->capabilities[i].keyword);
        if (e->capabilities[i].parameters.n)
            buf_add_char(&h->text, ' ');
        text_write_safe(&h->text, e->capabilities[i].parameters);
        item_str(m, written(h));
    }
    member_close(m);
}

static void write_probe(struct members *m, struct health *h, const struct host_facts *host)
{
    static const char *const kinds[] = {"mx", "submission", "smtps", "other", NULL};
    static const struct endpoint_facts none;
    const struct endpoint_facts *worst = m->described ? host->addresses[0].endpoints : NULL;
    enum probe_status status = m->described ? PROBE_OK : PROBE_NONE;
    for (size_t a = 0; a < host->address_count && !m->described; a++)
        for (size_t e = 0; e < host->addresses[a].endpoint_count; e++) {
            enum probe_status of = status_of(h, &host->addresses[a], &host->addresses[a].endpoints[e]);
            if (of > status) {
                status = of;
                worst = &host->addresses[a].endpoints[e];
            }
        }
    if (!member_object_or_null(m, "smtp_probe", worst != NULL, "Of several endpoints the worst that is known; null: no connection was tried."))
        return;
    const struct endpoint_facts *e = worst ? worst : &none;
    const struct session_facts *s = view_session(e);
    bool greeted = s->greeting.line_count > 0;
    member_number(m, "port", e->port, "The TCP port.");
    member_word(m, "probe_kind",
                kinds[e->port == SMTP_PORT          ? 0
                      : e->port == SUBMISSION_PORT  ? 1
                      : e->port == SUBMISSIONS_PORT ? 2
                                                    : 3],
                &(struct vocabulary){.list = kinds}, "What the port is for.");
    member_word(m, "status", probe_word(status), &probe_words, "How far it came; inconclusive: nothing is shown to be wrong, and not all could be seen.");
    member_bool(m, "tcp_connected", s->connect == CONNECT_OPEN, "The connection was open.");
    member_str_or_null(m, "greeting", greeted, greeted ? clean(h, s->greeting.lines[0]) : (struct str){"", 0},
                       "The server's first line, unsafe characters shown escaped; null: none was heard.");
    member_tri(m, "supports_starttls", view_starttls_offered(s), "Listed in the answer to EHLO; null: no such answer, or implicit TLS.");
    member_tri(m, "tls_negotiated",
               status == PROBE_INCONCLUSIVE || s->tls.result == TLS_OBSERVED ? TRI_UNKNOWN
               : s->tls.result == TLS_DONE  ? TRI_YES
                                            : TRI_NO,
               "The TLS handshake was finished; null: inconclusive, or TLS was observed only.");
    write_capabilities(m, h, s);
    member_number(m, "duration_ms", s->duration_ms, "From the first packet to the end.");
    member_close(m);
}

static const char *lookup_problem(const struct dns_lookup *l)
{
    static const char *const words[] = {
        [DNS_NOT_ASKED] = NULL,
        [DNS_FOUND] = NULL,
        [DNS_NODATA] = NULL,
        [DNS_NXDOMAIN] = "no such name",
        [DNS_BOGUS] = "DNSSEC validation fails",
        [DNS_FAILED] = "no answer from the DNS",
        [DNS_TIMEOUT] = "no answer from the DNS",
        [DNS_TROUBLE] = "the DNS could not be asked",
    };
    return words[l->status];
}

/* The first: of the DNS, then of a connection. */
static const char *error_of(const struct host_facts *host)
{
    const char *a = lookup_problem(&host->a), *aaaa = lookup_problem(&host->aaaa);
    if (a || aaaa)
        return a ? a : aaaa;
    if (host->address_count == 0)
        return "no address";
    for (size_t i = 0; i < host->address_count; i++)
        for (size_t e = 0; e < host->addresses[i].endpoint_count; e++) {
            const struct session_facts *s = view_session(&host->addresses[i].endpoints[e]);
            if (s->connect > CONNECT_OPEN && s->connect_error)
                return s->connect_error;
        }
    return NULL;
}

static void write_record(struct members *m, struct health *h, uint16_t priority, const char *name, const struct host_facts *host)
{
    static const struct host_facts none;
    char ip[IP_TEXT_BYTES];
    const struct host_facts *shown = host ? host : &none;
    item_object(m);
    member_number(m, "priority", priority, "Lower is tried first.");
    member_text(m, "host", name, "The mail host; `.` is the null MX.");
    member_array(m, "ips", "Its addresses, IPv4 first.");
    for (size_t i = 0; i < shown->address_count; i++) {
        ip_write(shown->addresses[i].ip, ip);
        item_str(m, str_of(ip));
    }
    member_close(m);
    member_bool(m, "reachable", shown->address_count > 0, "The host has an address.");
    member_text_or_null(m, "error", host ? error_of(host) : NULL, "The first trouble of the DNS or of a connection; null: none.");
    write_probe(m, h, shown);
    member_close(m);
}

static void write_records(struct members *m, struct health *h)
{
    const struct facts *f = h->report->facts;
    member_array(m, "mx_records", "As in the DNS; without an MX record the domain itself.");
    for (size_t i = 0; i < f->mx.record_count && !m->described; i++) {
        const struct host_facts *host = NULL;
        for (size_t k = 0; k < f->host_count && !host; k++)
            host = strcmp(f->hosts[k].name, f->mx.records[i].host) == 0 ? &f->hosts[k] : NULL;
        write_record(m, h, f->mx.records[i].preference, f->mx.records[i].host, host);
    }
    for (size_t i = 0; i < f->host_count && (f->mx.record_count == 0 || m->described); i++)
        write_record(m, h, f->hosts[i].preference, f->hosts[i].name, &f->hosts[i]);
    member_close(m);
}

static void write_issue(struct members *m, struct health *h, const struct verdict *v)
{
    bool failed = v->value == VERDICT_FAIL, null_mx = v->check->id && strcmp(v->check->id, "mx.null-proper") == 0;
    struct buf subject;
    if ((!failed && (v->value != VERDICT_UNKNOWN || v->derived)) || (failed && v->check->severity == SEVERITY_NOTICE && !null_mx))
        return;
    buf_init(&subject, TEXT_BYTES_MAX);
    buf_clear(&h->text);
    view_write_subject(&subject, h->report->facts, &v->subject);
    if (!failed)
        buf_add_cstr(&h->text, "Could not check ");
    text_write_safe(&h->text, (struct str){subject.used ? subject.bytes : "", subject.used});
    buf_printf(&h->text, ": %s", view_title(v));
    if (failed)
        buf_add_char(&h->text, '.');
    else if (reason_explained(v->reason))
        buf_printf(&h->text, " Not known: %s.", reason_explained(v->reason));
    item_str(m, written(h));
    h->failed = h->failed || subject.failed;
    buf_done(&subject);
}

static void write_issues(struct members *m, struct health *h)
{
    const struct judgement *j = h->report->judgement;
    member_array(m, "issues", "A sentence for each failing error and warning, then for each test that could not be done.");
    if (m->described) {
        item_str(m, (struct str){"", 0});
    } else {
        for (size_t i = 0; i < j->count; i++)
            if (j->verdicts[i].value == VERDICT_FAIL)
                write_issue(m, h, &j->verdicts[i]);
        for (size_t i = 0; i < j->count; i++)
            if (j->verdicts[i].value == VERDICT_UNKNOWN)
                write_issue(m, h, &j->verdicts[i]);
        if (h->report->facts->mx.status == MX_NULL)
            item_str(m, STR("The domain takes no mail: it has a null MX record."));
    }
    member_close(m);
}

void json_write_mx_health(struct buf *out, const struct report *r, unsigned indent, struct described *described)
{
    static const struct schema_head head = {"urn:mxassay:mx-health:1.0", "mxassay mx-health",
                                            "The mail hosts of a domain: whether they resolve, speak SMTP and TLS. null means not tested, never no."};
    const struct summary *s = &r->judgement->summary;
    struct health h = {.report = r};
    struct members m;
    buf_init(&h.text, TEXT_BYTES_MAX);
    find_rows(&h);
    members_begin(&m, out, indent, described, &head);
    member_text(&m, "domain", r->facts->target.name, "The domain, as it was looked up.");
    write_records(&m, &h);
    member_bool(&m, "has_valid_mx", s->has_valid_mx, "Some mail host has an address.");
    member_bool(&m, "all_reachable", s->all_reachable, "There is a mail host, and every one has an address.");
    member_bool(&m, "smtp_probe_enabled", r->facts->smtp_wanted, "Mail servers were to be connected to.");
    member_bool(&m, "any_smtp_ok", s->any_smtp_ok, "Some endpoint finished EHLO and the TLS handshake.");
    member_tri(&m, "all_tls_ok", s->all_tls_ok, "Every endpoint has working TLS; null: none was probed, or good ones are mixed with untold ones.");
    write_issues(&m, &h);
    member_number(&m, "count", r->facts->mx.record_count, "Records in the MX answer.");
    members_end(&m);
    out->failed = out->failed || h.failed;
    buf_done(&h.text);
}

void report_write_mx_health(struct buf *out, const struct report *r)
{
    json_write_mx_health(out, r, 0, NULL);
}
