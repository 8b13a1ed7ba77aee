/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_matrix - a line for each port of each address of each mail host, a column for each stage of a mail's way.
 *
 * Cells say what happened; a mark beside one says that a finding below is about it. Marks come from the findings,
 * so that table and findings cannot disagree. What does not fit is left out from the right, and said so.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/text_parts.h"
#include "report/view.h"

enum column { PREFERENCE = 0, SERVER, ADDRESS, PORT, REACHED, SMTP, STARTTLS, TLS, CERTIFICATE, DANE, RELAY, REVERSE, COLUMN_COUNT, NO_COLUMN };
enum mark { MARK_NONE = 0, MARK_UNSURE, MARK_WARNING, MARK_ERROR };
enum { CELL_BYTES = IP_TEXT_BYTES, GAP = 2, MARK_WIDTH = 2 };

static const char *const heads[COLUMN_COUNT] = {"pref", "server", "address", "port", "connect", "SMTP", "STARTTLS", "TLS", "cert", "DANE", "relay", "PTR"};

struct row {
    const struct host_facts *host;
    const struct address_facts *address;   /* NULL: the host has none */
    const struct endpoint_facts *endpoint; /* NULL: no port was looked at */
    char cells[COLUMN_COUNT][CELL_BYTES];  /* empty: not tested. SERVER: the name is taken from the host */
    enum mark marks[COLUMN_COUNT];
};

struct matrix {
    struct row *rows;
    size_t count;
    size_t *first_rows;           /* of each host; one more at the end */
    size_t widths[COLUMN_COUNT];  /* 0: left out */
    bool is_stacked;              /* a host's name stands on a line of its own */
    unsigned marks[COLUMN_COUNT]; /* a bit for each enum mark that stands in it */
    bool has_dropped;
};

static void fill(struct row *row, enum column c, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fill(struct row *row, enum column c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(row->cells[c], CELL_BYTES, format, args);
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
        [PROBED] = "", [NOT_PROBED_LIMIT] = "over limit", [NOT_PROBED_PRIVATE_ADDRESS] = "private", [NOT_PROBED_OPTION] = "", [NOT_PROBED_TROUBLE] = "",
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
        [END_TIMEOUT] = "silent", [END_LIMIT] = "too much", [END_TLS_FAILED] = "failed", [END_NOT_SMTP] = "no SMTP",
        [END_TROUBLE] = "",
    };
    return words[end];
}

static void fill_smtp(struct row *row, const struct session_facts *s)
{
    const struct smtp_reply *ehlo = s->ehlo.helo && s->ehlo.helo_reply.complete ? &s->ehlo.helo_reply : &s->ehlo.reply;
    if (s->greeting.flaws & REPLY_NOT_SMTP)
        fill(row, SMTP, "no SMTP");
    else if (s->greeting.complete && s->greeting.code != 220)
        fill(row, SMTP, "%d", s->greeting.code);
    else if (ehlo->complete && ehlo->code == 250)
        fill(row, SMTP, s->ehlo.helo ? "HELO only" : "ok");
    else if (ehlo->complete)
        fill(row, SMTP, "EHLO %d", ehlo->code);
    else if (s->tls.result == TLS_NOT_TRIED || s->tls.result == TLS_DONE)
        fill(row, SMTP, "%s", how_it_ended(s->end));
}

static void fill_starttls(struct row *row, const struct session_facts *s)
{
    if (s->tls.implicit)
        fill(row, STARTTLS, "implicit");
    else if (view_starttls_accepted(s) == TRI_YES)
        fill(row, STARTTLS, "ok");
    else if (s->starttls.complete)
        fill(row, STARTTLS, "%d", s->starttls.code);
    else if (view_starttls_offered(s) == TRI_NO)
        fill(row, STARTTLS, "none");
    else if (view_starttls_offered(s) == TRI_YES)
        fill(row, STARTTLS, "%s", s->end_step == STEP_STARTTLS ? how_it_ended(s->end) : "offered");
}

static void fill_tls(struct row *row, const struct tls_facts *t)
{
    static const char *const failed[] = {
        [TLS_NOT_TRIED] = "",    [TLS_DONE] = "",       [TLS_ALERT] = "alert",    [TLS_GARBAGE] = "no TLS", [TLS_REFUSED_BY_US] = "failed",
        [TLS_CLOSED] = "closed", [TLS_RESET] = "reset", [TLS_TIMEOUT] = "silent", [TLS_TROUBLE] = "",
    };
    if (t->result == TLS_ALERT && t->alert >= 0)
        fill(row, TLS, "alert %d", t->alert);
    else if (t->result != TLS_DONE)
        fill(row, TLS, "%s", failed[t->result]);
    else if (t->version)
        fill(row, TLS, "%s", strncmp(t->version, "TLSv", 4) == 0 ? t->version + 4 : t->version);
}

static void fill_certificate(struct row *row, const struct tls_facts *t, struct wall now)
{
    enum { DAY_S = 24 * 3600, HOUR_S = 3600 };
    const struct cert_facts *c = t->certificates;
    if (t->certificate_count == 0) {
        fill(row, CERTIFICATE, "%s", t->result == TLS_DONE ? "none" : "");
        return;
    }
    int64_t left_s = c->not_after.s - now.s;
    if (left_s < 0)
        fill(row, CERTIFICATE, "expired");
    else if (c->not_before.s > now.s)
        fill(row, CERTIFICATE, "not yet");
    else if (t->trust == TRUST_SELF_SIGNED)
        fill(row, CERTIFICATE, "self-signed");
    else if (t->trust != TRUST_YES && t->trust != TRUST_UNKNOWN)
        fill(row, CERTIFICATE, "untrusted");
    else if (t->name_matches == TRI_NO)
        fill(row, CERTIFICATE, "other name");
    else if (left_s < DAY_S)
        fill(row, CERTIFICATE, "%lld h", (long long)(left_s / HOUR_S));
    else
        fill(row, CERTIFICATE, "%lld d", (long long)(left_s / DAY_S));
}

static void fill_dane(struct row *row, const struct facts *f)
{
    static const char *const words[] = {[VIEW_DANE_UNKNOWN] = "", [VIEW_DANE_NONE] = "", [VIEW_DANE_UNUSABLE] = "unusable", [VIEW_DANE_TEMPFAIL] = "DNS fails",
                                        [VIEW_DANE_MATCH] = "ok", [VIEW_DANE_MISMATCH] = "mismatch"};
    fill(row, DANE, "%s", words[view_dane(f, row->host, row->endpoint, &view_session(row->endpoint)->tls)]);
}

static void fill_reverse(struct row *row, const struct address_facts *a)
{
    enum tri confirmed = view_fcrdns(a);
    if (confirmed == TRI_YES)
        fill(row, REVERSE, "ok");
    else if (confirmed == TRI_NO)
        fill(row, REVERSE, a->ptr_name_count ? "differs" : "none");
}

static void fill_endpoint(struct row *row, const struct facts *f)
{
    const struct session_facts *s = view_session(row->endpoint);
    const struct smtp_reply *reply;
    const char *relay = view_relay(&s->relay, &reply);
    fill(row, PORT, "%u", row->endpoint->port);
    if (s->connect == CONNECT_OPEN)
        fill(row, REACHED, s->connect_ms ? "%u ms" : "< 1 ms", s->connect_ms);
    else
        fill(row, REACHED, "%s", not_connected(row->endpoint));
    if (s->connect != CONNECT_OPEN)
        return;
    fill_smtp(row, s);
    fill_starttls(row, s);
    fill_tls(row, &s->tls);
    fill_certificate(row, &s->tls, f->checked_at);
    fill_dane(row, f);
    if (s->relay.test == RELAY_ASKED && strcmp(relay, "unknown") != 0)
        fill(row, RELAY, "%s", relay);
}

static void fill_host(struct matrix *m, const struct facts *f, const struct host_facts *h)
{
    struct row *row = &m->rows[m->count];
    if (!view_is_server(f))
        fill(row, PREFERENCE, h->is_submission ? "-" : "%u", h->preference);
    if (h->address_count == 0) {
        row->host = h;
        fill(row, ADDRESS, "%s", no_address(h));
        m->count++;
        return;
    }
    for (size_t a = 0; a < h->address_count; a++) {
        const struct address_facts *address = &h->addresses[a];
        ip_write(address->ip, m->rows[m->count].cells[ADDRESS]);
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
static bool is_shown(const struct facts *f, const struct host_facts *h)
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
        if (is_shown(f, &f->hosts[h]))
            fill_host(m, f, &f->hosts[h]);
    }
    m->first_rows[hosts] = m->count;
    return 0;
}

static enum column column_of(const struct verdict *v)
{
    static const struct {
        const char *prefix; /* the longest one stands first */
        enum column column;
    } areas[] = {
        {"tls.starttls-", STARTTLS}, {"smtp.submission-", TLS}, {"smtp.", SMTP},    {"tls.", TLS},
        {"cert.", CERTIFICATE},      {"dane.", DANE},           {"relay.", RELAY},         {"rdns.", REVERSE}, {"net.", REACHED},
    };
    if (v->subject.scope == SCOPE_HOST)
        return ADDRESS;
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strncmp(v->check->id, areas[i].prefix, strlen(areas[i].prefix)) == 0)
            return areas[i].column;
    return ADDRESS;
}

/* What is only worth a notice has no mark, failed or unknown. */
static enum mark mark_of(const struct verdict *v)
{
    if (v->check->severity == SEVERITY_NOTICE)
        return MARK_NONE;
    return v->value != VERDICT_FAIL ? MARK_UNSURE : v->check->severity == SEVERITY_ERROR ? MARK_ERROR : MARK_WARNING;
}

static void mark_rows(struct matrix *m, const struct facts *f, const struct verdict *v)
{
    const struct subject *s = &v->subject;
    enum mark mark = mark_of(v);
    if (!s->host || mark == MARK_NONE)
        return;
    size_t h = (size_t)(s->host - f->hosts);
    enum column c = column_of(v);
    for (size_t i = m->first_rows[h]; i < m->first_rows[h + 1]; i++) {
        struct row *row = &m->rows[i];
        if ((s->address && row->address != s->address) || (s->endpoint && row->endpoint != s->endpoint))
            continue;
        if (mark > row->marks[c])
            row->marks[c] = mark;
        m->marks[c] |= 1U << mark;
        if (!s->endpoint)
            return; /* of a wider object its first line */
    }
}

static size_t cell_width(const struct row *row, enum column c)
{
    size_t n = c == SERVER ? strlen(row->host->name) : strlen(row->cells[c]);
    return n + (row->marks[c] ? n ? MARK_WIDTH : 1 : 0);
}

static size_t total_width(const struct matrix *m)
{
    size_t total = INDENT;
    for (enum column c = PREFERENCE; c < COLUMN_COUNT; c++)
        total += m->widths[c] && !(m->is_stacked && c == SERVER) ? m->widths[c] + GAP : 0;
    return total - GAP;
}

/* From the right, and first what nothing is wrong with. */
static void drop(struct matrix *m, size_t columns, bool keep_marked)
{
    for (enum column c = REVERSE; c > REACHED && total_width(m) > columns; c--) {
        if (!m->widths[c] || (keep_marked && m->marks[c]))
            continue;
        m->widths[c] = 0;
        m->has_dropped = true;
    }
}

/* Columns in which nothing stands are left out; so is the port where it is 25 throughout. */
static void set_widths(struct matrix *m, size_t columns)
{
    bool other_port = false;
    for (size_t i = 0; i < m->count; i++) {
        other_port = other_port || (m->rows[i].endpoint && m->rows[i].endpoint->port != 25);
        for (enum column c = PREFERENCE; c < COLUMN_COUNT; c++) {
            size_t width = cell_width(&m->rows[i], c);
            m->widths[c] = width > m->widths[c] ? width : m->widths[c];
        }
    }
    if (!other_port)
        m->widths[PORT] = 0;
    for (enum column c = PREFERENCE; c < COLUMN_COUNT; c++)
        if (m->widths[c] && m->widths[c] < strlen(heads[c]))
            m->widths[c] = strlen(heads[c]);
    m->is_stacked = total_width(m) > columns;
    drop(m, columns, true);
    drop(m, columns, false);
}

static const char *mark_text(const struct page *p, enum mark mark)
{
    static const char *const ascii[] = {[MARK_UNSURE] = "?", [MARK_WARNING] = "!", [MARK_ERROR] = "X"};
    return mark == MARK_ERROR && p->style->symbols ? "\u2717" : ascii[mark];
}

static void put_cell(struct page *p, const struct row *row, enum column c)
{
    static const enum ink inks[] = {[MARK_NONE] = INK_PLAIN, [MARK_UNSURE] = INK_UNSURE, [MARK_WARNING] = INK_WARN, [MARK_ERROR] = INK_BAD};
    enum mark mark = row->marks[c];
    const char *text = row->cells[c];
    if (mark)
        page_format(p, inks[mark], "%s%s%s", text, *text ? " " : "", mark_text(p, mark));
    else if (*text)
        page_text(p, INK_PLAIN, text);
    else if (c > PORT && c < REVERSE && row->endpoint)
        page_text(p, INK_DIM, "-");
}

static void put_line(struct page *p, const struct matrix *m, const struct row *row, bool is_first, bool is_head)
{
    size_t at = INDENT;
    if (is_first && m->is_stacked && !is_head) {
        page_to(p, INDENT);
        if (m->widths[PREFERENCE])
            page_format(p, INK_PLAIN, "%*s", (int)m->widths[PREFERENCE], row->cells[PREFERENCE]);
        page_to(p, INDENT + (m->widths[PREFERENCE] ? m->widths[PREFERENCE] + GAP : 0));
        page_text(p, INK_BOLD, row->host->name);
        page_newline(p);
    }
    for (enum column c = PREFERENCE; c < COLUMN_COUNT; c++) {
        if (!m->widths[c] || (m->is_stacked && c == SERVER))
            continue;
        bool right = c == PREFERENCE;
        page_to(p, at);
        if (is_head)
            page_format(p, INK_DIM, "%*s", right ? (int)m->widths[c] : 0, heads[c]);
        else if (right && is_first && !m->is_stacked)
            page_format(p, INK_PLAIN, "%*s", (int)m->widths[c], row->cells[c]);
        else if (c == SERVER && is_first)
            page_text(p, INK_BOLD, row->host->name);
        else if (c > SERVER)
            put_cell(p, row, c);
        at += m->widths[c] + GAP;
    }
    page_newline(p);
}

static void put_hosts_left_out(struct page *p, const struct facts *f)
{
    size_t count = 0, named = 0;
    for (size_t h = 0; h < f->host_count; h++)
        count += !is_shown(f, &f->hosts[h]);
    if (!count)
        return;
    page_to(p, INDENT);
    page_add_format(p, "not connected to, past --max-hosts: %zu more host%s:", count, count == 1 ? "" : "s");
    for (size_t h = 0; h < f->host_count && (named < LISTED_MAX || p->style->verbose); h++)
        if (!is_shown(f, &f->hosts[h]))
            page_add_format(p, " %s%s", f->hosts[h].name, ++named < count ? "," : "");
    if (named < count)
        page_add_text(p, " ... (-v names all)");
    page_wrap_added(p, INK_PLAIN, INDENT + 2);
    page_newline(p);
}

static void put_legend(struct page *p, const struct matrix *m)
{
    static const char *const words[] = {[MARK_ERROR] = "error", [MARK_WARNING] = "warning", [MARK_UNSURE] = "not known"};
    unsigned seen = 0;
    const char *between = "";
    for (enum column c = PREFERENCE; c < COLUMN_COUNT; c++)
        seen |= m->marks[c];
    if (!seen && !m->has_dropped)
        return;
    page_to(p, INDENT);
    for (enum mark mark = MARK_ERROR; mark > MARK_NONE; mark--)
        if (seen & 1U << mark) {
            page_add_format(p, "%s%s %s", between, mark_text(p, mark), words[mark]);
            between = ", ";
        }
    if (m->has_dropped)
        page_add_format(p, "%sa wider terminal shows more columns", seen ? "; " : "");
    page_wrap_added(p, INK_DIM, INDENT);
    page_newline(p);
}

static void write_rows(struct page *p, const struct facts *f, const struct matrix *m)
{
    if (m->count) {
        put_line(p, m, NULL, true, true);
        for (size_t i = 0; i < m->count; i++)
            put_line(p, m, &m->rows[i], i == 0 || m->rows[i - 1].host != m->rows[i].host, false);
    }
    put_hosts_left_out(p, f);
    put_legend(p, m);
    page_newline(p);
}

void text_write_matrix(struct page *p, const struct report *r)
{
    const struct facts *f = r->facts;
    struct matrix m = {0};
    if (f->host_count + f->submission_host_count == 0)
        return;
    if (fill_matrix(&m, f) == 0) {
        for (size_t i = 0; i < r->judgement->finding_count; i++)
            mark_rows(&m, f, r->judgement->findings[i]);
        set_widths(&m, p->columns);
        write_rows(p, f, &m);
    } else {
        p->out->failed = true;
    }
    free(m.rows);
    free(m.first_rows);
}
