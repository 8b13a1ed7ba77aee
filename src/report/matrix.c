/* SPDX-License-Identifier: Apache-2.0 */
/* matrix - see matrix.h. */
#include "report/matrix.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/view.h"

static void fill(struct matrix_row *row, enum matrix_column c, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fill(struct matrix_row *row, enum matrix_column c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(row->cells[c], MATRIX_CELL_BYTES, format, args);
    va_end(args);
}

static const char *no_address(const struct host_facts *h)
{
    const struct dns_lookup *l = h->a.status != DNS_NOT_ASKED ? &h->a : &h->aaaa;
    if (h->aaaa.status > DNS_NXDOMAIN)
        l = &h->aaaa;
    switch (l->status) {
    case DNS_NOT_ASKED:
        return h->name_kind == HOST_NAME_IP_LITERAL ? "is an address" : h->name_kind == HOST_NAME_BAD_SYNTAX ? "no host name" : "not looked up";
    case DNS_FOUND:
    case DNS_NODATA:
        return "no address";
    case DNS_NXDOMAIN:
        return "no such name";
    case DNS_BOGUS:
        return "DNSSEC bogus";
    case DNS_FAILED:
    case DNS_TIMEOUT:
    case DNS_TROUBLE:
        break;
    }
    return "no DNS answer";
}

static const char *not_connected(const struct endpoint_facts *e)
{
    static const char *const why[] = {
        [PROBED] = "",
        [NOT_PROBED_LIMIT] = "over limit",
        [NOT_PROBED_PRIVATE_ADDRESS] = "private",
        [NOT_PROBED_OPTION] = "",
        [NOT_PROBED_OPT_OUT] = "left alone",
        [NOT_PROBED_TROUBLE] = "",
    };
    static const char *const how[] = {
        [CONNECT_NOT_TRIED] = "", [CONNECT_OPEN] = "", [CONNECT_REFUSED] = "refused", [CONNECT_TIMEOUT] = "no answer", [CONNECT_UNREACHABLE] = "unreachable",
        [CONNECT_TROUBLE] = "",
    };
    return e->not_probed != PROBED ? why[e->not_probed] : how[view_session(e)->connect];
}

static const char *how_it_ended(enum session_end end)
{
    static const char *const words[] = {
        [END_NONE] = "",          [END_QUIT] = "",          [END_CLOSED] = "closed",     [END_RESET] = "reset",
        [END_TIMEOUT] = "silent", [END_LIMIT] = "too much", [END_TLS_FAILED] = "failed", [END_OBSERVED] = "", [END_NOT_SMTP] = "no SMTP",
        [END_TROUBLE] = "",
    };
    return words[end];
}

/* Greeting and EHLO, each by itself and both in one. */
static void fill_smtp(struct matrix_row *row, const struct session_facts *s)
{
    const struct smtp_reply *ehlo = s->ehlo.helo && s->ehlo.helo_reply.complete ? &s->ehlo.helo_reply : &s->ehlo.reply;
    const char *ended = s->tls.result == TLS_NOT_TRIED || s->tls.result == TLS_DONE || s->tls.result == TLS_OBSERVED ? how_it_ended(s->end) : "";
    if (s->greeting.flaws & REPLY_NOT_SMTP) {
        fill(row, COLUMN_GREETING, "no SMTP");
        fill(row, COLUMN_SMTP, "no SMTP");
        return;
    }
    if (s->greeting.complete)
        fill(row, COLUMN_GREETING, "%d", s->greeting.code);
    else
        fill(row, COLUMN_GREETING, "%s", ended);
    if (s->greeting.complete && s->greeting.code != 220) {
        fill(row, COLUMN_SMTP, "%d", s->greeting.code);
    } else if (ehlo->complete && ehlo->code == 250) {
        fill(row, COLUMN_EHLO, s->ehlo.helo ? "HELO only" : "ok");
        fill(row, COLUMN_SMTP, s->ehlo.helo ? "HELO only" : "ok");
    } else if (ehlo->complete) {
        fill(row, COLUMN_EHLO, "%d", ehlo->code);
        fill(row, COLUMN_SMTP, "EHLO %d", ehlo->code);
    } else {
        if (s->greeting.complete)
            fill(row, COLUMN_EHLO, "%s", ended);
        fill(row, COLUMN_SMTP, "%s", ended);
    }
}

static void fill_starttls(struct matrix_row *row, const struct session_facts *s)
{
    if (s->tls.implicit)
        fill(row, COLUMN_STARTTLS, "implicit");
    else if (view_starttls_accepted(s) == TRI_YES)
        fill(row, COLUMN_STARTTLS, "ok");
    else if (s->starttls.complete)
        fill(row, COLUMN_STARTTLS, "%d", s->starttls.code);
    else if (view_starttls_offered(s) == TRI_NO)
        fill(row, COLUMN_STARTTLS, "none");
    else if (view_starttls_offered(s) == TRI_YES)
        fill(row, COLUMN_STARTTLS, "%s", s->end_step == STEP_STARTTLS ? how_it_ended(s->end) : "offered");
}

static void fill_tls(struct matrix_row *row, const struct tls_facts *t)
{
    static const char *const failed[] = {
        [TLS_NOT_TRIED] = "",    [TLS_DONE] = "",       [TLS_OBSERVED] = "seen", [TLS_ALERT] = "alert",    [TLS_GARBAGE] = "no TLS", [TLS_REFUSED_BY_US] = "failed",
        [TLS_CLOSED] = "closed", [TLS_RESET] = "reset", [TLS_TIMEOUT] = "silent", [TLS_TROUBLE] = "",
    };
    if (t->result == TLS_ALERT && t->alert >= 0)
        fill(row, COLUMN_TLS, "alert %d", t->alert);
    else if (t->result != TLS_DONE)
        fill(row, COLUMN_TLS, "%s", failed[t->result]);
    else if (t->version)
        fill(row, COLUMN_TLS, "%s", strncmp(t->version, "TLSv", 4) == 0 ? t->version + 4 : t->version);
}

static void fill_certificate(struct matrix_row *row, const struct tls_facts *t, struct wall now)
{
    enum { DAY_S = 24 * 3600, HOUR_S = 3600 };
    const struct cert_facts *c = t->certificates;
    if (t->certificate_count == 0) {
        fill(row, COLUMN_CERTIFICATE, "%s", t->result == TLS_DONE ? "none" : "");
        return;
    }
    int64_t left_s = c->not_after.s - now.s;
    if (left_s < 0)
        fill(row, COLUMN_CERTIFICATE, "expired");
    else if (c->not_before.s > now.s)
        fill(row, COLUMN_CERTIFICATE, "not yet");
    else if (t->trust == TRUST_SELF_SIGNED)
        fill(row, COLUMN_CERTIFICATE, "self-signed");
    else if (t->trust != TRUST_YES && t->trust != TRUST_UNKNOWN)
        fill(row, COLUMN_CERTIFICATE, "untrusted");
    else if (t->name_matches == TRI_NO)
        fill(row, COLUMN_CERTIFICATE, "other name");
    else if (left_s < DAY_S)
        fill(row, COLUMN_CERTIFICATE, "%lld h", (long long)(left_s / HOUR_S));
    else
        fill(row, COLUMN_CERTIFICATE, "%lld d", (long long)(left_s / DAY_S));
}

static void fill_dane(struct matrix_row *row, const struct facts *f)
{
    static const char *const words[] = {[VIEW_DANE_UNKNOWN] = "",           [VIEW_DANE_NONE] = "",    [VIEW_DANE_UNUSABLE] = "unusable",
                                        [VIEW_DANE_TEMPFAIL] = "DNS fails", [VIEW_DANE_MATCH] = "ok", [VIEW_DANE_MISMATCH] = "mismatch"};
    fill(row, COLUMN_DANE, "%s", words[view_dane(f, row->host, row->endpoint, &view_session(row->endpoint)->tls)]);
}

static void fill_reverse(struct matrix_row *row, const struct address_facts *a)
{
    enum tri confirmed = view_fcrdns(a);
    if (confirmed == TRI_YES)
        fill(row, COLUMN_REVERSE, "ok");
    else if (confirmed == TRI_NO)
        fill(row, COLUMN_REVERSE, a->ptr_name_count ? "differs" : "none");
}

static void fill_endpoint(struct matrix_row *row, const struct facts *f)
{
    const struct session_facts *s = view_session(row->endpoint);
    const struct smtp_reply *reply;
    const char *relay = view_relay(&s->relay, &reply);
    fill(row, COLUMN_PORT, "%u", row->endpoint->port);
    if (s->connect == CONNECT_OPEN)
        fill(row, COLUMN_REACHED, s->connect_ms ? "%u ms" : "< 1 ms", s->connect_ms);
    else
        fill(row, COLUMN_REACHED, "%s", not_connected(row->endpoint));
    if (s->connect != CONNECT_OPEN)
        return;
    fill_smtp(row, s);
    fill_starttls(row, s);
    fill_tls(row, &s->tls);
    fill_certificate(row, &s->tls, f->checked_at);
    fill_dane(row, f);
    if (s->relay.test == RELAY_ASKED && strcmp(relay, "unknown") != 0)
        fill(row, COLUMN_RELAY, "%s", relay);
}

static void fill_host(struct matrix *m, const struct facts *f, const struct host_facts *h)
{
    struct matrix_row *row = &m->rows[m->count];
    if (!view_is_server(f))
        fill(row, COLUMN_PREFERENCE, h->is_submission ? "SRV" : "%u", h->preference);
    if (h->address_count == 0) {
        row->host = h;
        fill(row, COLUMN_ADDRESS, "%s", no_address(h));
        m->count++;
        return;
    }
    for (size_t a = 0; a < h->address_count; a++) {
        const struct address_facts *address = &h->addresses[a];
        ip_write(address->ip, m->rows[m->count].cells[COLUMN_ADDRESS]);
        fill_reverse(&m->rows[m->count], address);
        for (size_t e = 0; e < address->endpoint_count || e == 0; e++) {
            row = &m->rows[m->count++];
            row->host = h;
            row->address = address;
            row->endpoint = address->endpoint_count ? &address->endpoints[e] : NULL;
            if (row->endpoint)
                fill_endpoint(row, f);
        }
    }
}

/* The hosts past --max-hosts are named below the table. */
bool matrix_shows(const struct facts *f, const struct host_facts *h)
{
    return h->within_limit || view_is_server(f) || !f->smtp_wanted;
}

static int fill_matrix(struct matrix *m, const struct facts *f)
{
    size_t room = 0, hosts = f->host_count + f->submission_host_count;
    for (size_t h = 0; h < hosts; h++) {
        room += f->hosts[h].address_count == 0;
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            room += f->hosts[h].addresses[a].endpoint_count ? f->hosts[h].addresses[a].endpoint_count : 1;
    }
    m->rows = calloc(room ? room : 1, sizeof *m->rows);
    m->first_rows = calloc(hosts + 1, sizeof *m->first_rows);
    if (!m->rows || !m->first_rows)
        return -1;
    for (size_t h = 0; h < hosts; h++) {
        m->first_rows[h] = m->count;
        if (matrix_shows(f, &f->hosts[h]))
            fill_host(m, f, &f->hosts[h]);
    }
    m->first_rows[hosts] = m->count;
    return 0;
}

static enum matrix_column column_of(const struct verdict *v)
{
    static const struct {
        const char *prefix; /* the longest one stands first */
        enum matrix_column column;
    } areas[] = {
        {"tls.starttls-", COLUMN_STARTTLS},
        {"smtp.submission-", COLUMN_TLS},
        {"smtp.greeting", COLUMN_GREETING},
        {"smtp.probe-accepted", COLUMN_GREETING},
        {"smtp.s", COLUMN_GREETING},
        {"smtp.", COLUMN_EHLO},
        {"tls.", COLUMN_TLS},
        {"cert.", COLUMN_CERTIFICATE},
        {"dane.", COLUMN_DANE},
        {"relay.", COLUMN_RELAY},
        {"rdns.", COLUMN_REVERSE},
        {"net.", COLUMN_REACHED},
    };
    if (v->subject.scope == SCOPE_HOST)
        return COLUMN_ADDRESS;
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strncmp(v->check->id, areas[i].prefix, strlen(areas[i].prefix)) == 0)
            return areas[i].column;
    return COLUMN_ADDRESS;
}

/* What is only worth a notice has no mark, failed or unknown. */
static enum matrix_mark mark_of(const struct verdict *v)
{
    if (v->check->severity == SEVERITY_NOTICE)
        return MARK_NONE;
    return v->value != VERDICT_FAIL ? MARK_UNSURE : v->check->severity == SEVERITY_ERROR ? MARK_ERROR : MARK_WARNING;
}

static void mark_cell(struct matrix *m, struct matrix_row *row, enum matrix_column c, enum matrix_mark mark, const struct check *check)
{
    if (mark > row->marks[c]) {
        row->marks[c] = mark;
        row->checks[c] = check;
    }
    m->marks[c] |= 1U << mark;
}

static void mark_rows(struct matrix *m, const struct facts *f, const struct verdict *v)
{
    const struct subject *s = &v->subject;
    enum matrix_mark mark = mark_of(v);
    if (!s->host || mark == MARK_NONE)
        return;
    size_t h = (size_t)(s->host - f->hosts);
    enum matrix_column c = column_of(v);
    for (size_t i = m->first_rows[h]; i < m->first_rows[h + 1]; i++) {
        struct matrix_row *row = &m->rows[i];
        if ((s->address && row->address != s->address) || (s->endpoint && row->endpoint != s->endpoint))
            continue;
        mark_cell(m, row, c, mark, v->check);
        if (c == COLUMN_GREETING || c == COLUMN_EHLO)
            mark_cell(m, row, COLUMN_SMTP, mark, v->check);
        if (!s->endpoint)
            return; /* of a wider object its first line */
    }
}

int matrix_init(struct matrix *m, const struct report *r)
{
    *m = (struct matrix){0};
    if (fill_matrix(m, r->facts) < 0) {
        matrix_done(m);
        return -1;
    }
    for (size_t i = 0; i < r->judgement->finding_count; i++)
        mark_rows(m, r->facts, r->judgement->findings[i]);
    return 0;
}

void matrix_done(struct matrix *m)
{
    free(m->rows);
    free(m->first_rows);
}
