/* SPDX-License-Identifier: Apache-2.0 */
/* html_matrix - on the page: the table of mail servers, what becomes of mail, and what the domain publishes. */
#include <stdio.h>
#include <string.h>

#include "report/html_parts.h"
#include "report/matrix.h"
#include "report/view.h"

/* The columns of the table; the host's name and address head each row. */
static const struct {
    enum matrix_column column;
    const char *head, *means;
} columns[] = {
    {COLUMN_PORT, "Port", NULL},
    {COLUMN_REACHED, "Reach", "Time until the connection was open"},
    {COLUMN_GREETING, "Greeting", NULL},
    {COLUMN_EHLO, "EHLO", NULL},
    {COLUMN_STARTTLS, "STARTTLS", NULL},
    {COLUMN_TLS, "TLS", "Version"},
    {COLUMN_CERTIFICATE, "Certificate", "Days it is still valid"},
    {COLUMN_DANE, "DANE", NULL},
    {COLUMN_RELAY, "Relay", "Of mail for others"},
    {COLUMN_REVERSE, "Reverse DNS", NULL},
};
enum { SHOWN_COLUMNS = sizeof columns / sizeof *columns };

static const char *const mark_kinds[] = {[MARK_NONE] = "", [MARK_UNSURE] = "unknown", [MARK_WARNING] = "warning", [MARK_ERROR] = "error"};
static const char *const mark_signs[] = {[MARK_NONE] = "", [MARK_UNSURE] = "?", [MARK_WARNING] = "!", [MARK_ERROR] = "\u2717"};

/* A mark leads to the finding that it stands for. */
static void write_cell(const struct html *h, const struct matrix_row *row, enum matrix_column c, const char *text)
{
    enum matrix_mark mark = row->marks[c];
    if (!mark) {
        buf_printf(h->out, *text ? "<td>%s</td>" : "<td class=\"none\">%s</td>", *text ? text : "<span aria-label=\"not tested\">\u2013</span>");
        return;
    }
    buf_printf(h->out,
               "<td class=\"%s\"><a href=\"#r%zu-%s\">%s%s<span class=\"sign\" aria-hidden=\"true\">%s</span><span class=\"unseen\"> %s</span></a></td>",
               mark_kinds[mark], h->number, row->checks[c]->id, text, *text ? " " : "", mark_signs[mark], mark_kinds[mark]);
}

/* An address was found, but what is wrong with it has no column of its own: its area tells more than that it was found. */
static void write_address(const struct html *h, const struct matrix_row *row)
{
    const struct check *check = row->checks[COLUMN_ADDRESS];
    char area[MATRIX_CELL_BYTES] = "";
    if (row->address && !check) {
        buf_add_cstr(h->out, "<td>found</td>");
        return;
    }
    if (check)
        snprintf(area, sizeof area, "%.*s", (int)strcspn(check->id, "."), check->id);
    write_cell(h, row, COLUMN_ADDRESS, row->address ? area : row->cells[COLUMN_ADDRESS]);
}

static void write_row(const struct html *h, const struct matrix_row *row, bool is_first)
{
    struct buf *out = h->out;
    bool server = view_is_server(h->report->facts);
    buf_add_cstr(out, is_first ? "<tr class=\"first\">" : "<tr>");
    if (!server)
        html_word_element(out, "td", "number", row->cells[COLUMN_PREFERENCE]);
    buf_add_cstr(out, "<th scope=\"row\">");
    html_word_element(out, "span", is_first ? NULL : "again", row->host->name);
    if (row->address) {
        char ip[IP_TEXT_BYTES];
        ip_write(row->address->ip, ip);
        if (strcmp(ip, row->host->name) != 0)
            html_word_element(out, "code", NULL, ip);
    }
    buf_add_cstr(out, "</th>");
    write_address(h, row);
    for (size_t i = 0; i < SHOWN_COLUMNS; i++)
        write_cell(h, row, columns[i].column, row->cells[columns[i].column]);
    buf_add_cstr(out, "</tr>\n");
}

static void write_table(const struct html *h, const struct matrix *m)
{
    struct buf *out = h->out;
    buf_add_cstr(out, "<p>A sign beside a word leads to the finding about it: \u2717 error, ! warning, ? not known.</p>\n");
    buf_printf(out, "<div class=\"wide\" role=\"region\" aria-labelledby=\"r%zu-servers-caption\" tabindex=\"0\">\n<table class=\"matrix\">\n", h->number);
    buf_printf(out, "<caption id=\"r%zu-servers-caption\">What happened at each address</caption>\n<thead><tr>", h->number);
    if (!view_is_server(h->report->facts))
        buf_add_cstr(out, "<th scope=\"col\"><abbr title=\"Preference: lower is tried first\">Pref</abbr></th>");
    buf_add_cstr(out, "<th scope=\"col\">Host and address</th><th scope=\"col\">Address</th>");
    for (size_t i = 0; i < SHOWN_COLUMNS; i++)
        if (columns[i].means)
            buf_printf(out, "<th scope=\"col\"><abbr title=\"%s\">%s</abbr></th>", columns[i].means, columns[i].head);
        else
            buf_printf(out, "<th scope=\"col\">%s</th>", columns[i].head);
    buf_add_cstr(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < m->count; i++)
        write_row(h, &m->rows[i], i == 0 || m->rows[i - 1].host != m->rows[i].host);
    buf_add_cstr(out, "</tbody>\n</table>\n</div>\n");
}

static void write_hosts_left_out(const struct html *h)
{
    const struct facts *f = h->report->facts;
    const char *between = "<p class=\"unknown\">Not connected to, past --max-hosts: ";
    for (size_t i = 0; i < f->host_count; i++)
        if (!matrix_shows(f, &f->hosts[i])) {
            buf_add_cstr(h->out, between);
            html_words(h->out, f->hosts[i].name);
            between = ", ";
        }
    if (*between == ',')
        buf_add_cstr(h->out, "</p>\n");
}

void html_write_matrix(const struct html *h)
{
    static const char *const nowhere[] = {
        [MX_UNKNOWN] = "Which hosts take mail is not known.",
        [MX_PRESENT] = "The MX records name no host.",
        [MX_IMPLICIT] = "There is no MX record.",
        [MX_NULL] = "The domain takes no mail: it has a null MX record.",
        [MX_NONE] = "There is no MX record, and the domain has no address.",
        [MX_NXDOMAIN] = "The domain does not exist.",
        [MX_DNS_FAILURE] = "The DNS gave no answer about MX records.",
    };
    struct matrix m;
    html_section(h, "servers", "Mail servers");
    if (h->report->facts->host_count + h->report->facts->submission_host_count == 0) {
        buf_printf(h->out, "<p>%s</p>\n</section>\n", nowhere[h->report->facts->mx.status]);
        return;
    }
    if (matrix_init(&m, h->report) < 0) {
        h->out->failed = true;
        return;
    }
    if (m.count)
        write_table(h, &m);
    write_hosts_left_out(h);
    buf_add_cstr(h->out, "</section>\n");
    matrix_done(&m);
}

void html_write_senders(const struct html *h)
{
    static const char *const heads[] = {"Sender", "Mail for the domain", "Reason", "Not so at", NULL};
    static const char *const kinds[] = {
        [DELIVERY_UNKNOWN] = "unknown",   [DELIVERY_BOUNCE] = "error",   [DELIVERY_DEFER] = "error",
        [DELIVERY_PLAINTEXT] = "warning", [DELIVERY_ENCRYPTED] = "good", [DELIVERY_AUTHENTICATED] = "good",
    };
    const struct judgement *j = h->report->judgement;
    struct buf *out = h->out;
    if (j->sender_count == 0)
        return;
    html_section(h, "senders", "What becomes of mail");
    buf_add_cstr(out, "<div class=\"wide\" role=\"region\" aria-label=\"What becomes of mail\" tabindex=\"0\">\n<table>\n<caption>From each usual sort of "
                      "sender</caption>\n");
    html_heads(out, heads);
    buf_add_cstr(out, "<tbody>\n");
    for (size_t i = 0; i < j->sender_count; i++) {
        const struct sender *s = &j->senders[i];
        buf_add_cstr(out, "<tr>");
        buf_add_cstr(out, "<th scope=\"row\">");
        html_words(out, s->label);
        buf_add_cstr(out, "</th>");
        html_word_element(out, "td", kinds[s->best], view_delivery(s));
        html_word_element(out, "td", NULL, view_delivery_reason(s));
        html_word_element(out, "td", NULL, s->others);
        buf_add_cstr(out, "</tr>\n");
    }
    buf_add_cstr(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

static void write_policy(struct buf *out, const char *name, const char *words)
{
    if (!words)
        return;
    buf_printf(out, "<div><dt>%s</dt>", name);
    html_word_element(out, "dd", NULL, words);
    buf_add_cstr(out, "</div>\n");
}

void html_write_policies(const struct html *h)
{
    const struct facts *f = h->report->facts;
    if (view_is_server(f))
        return;
    html_section(h, "policies", "What the domain publishes");
    if (f->mx.assumed)
        buf_add_cstr(h->out, "<p>The MX records are assumed (--assume), not those in the DNS.</p>\n");
    if (f->mta_sts.assumed) {
        buf_add_cstr(h->out, "<p>The MTA-STS policy was read from ");
        html_word_element(h->out, "code", NULL, f->mta_sts.assumed);
        buf_add_cstr(h->out, ", not fetched.</p>\n");
    }
    buf_add_cstr(h->out, "<dl class=\"policies\">\n");
    const char *dnssec = view_dnssec(&f->mx.lookup);
    write_policy(h->out, "DNSSEC", dnssec ? dnssec : "not known");
    write_policy(h->out, "MTA-STS", view_mta_sts(f));
    write_policy(h->out, "TLS-RPT", view_tls_rpt(f));
    write_policy(h->out, "SPF", view_spf(f));
    write_policy(h->out, "DKIM", view_dkim(f));
    write_policy(h->out, "DMARC", view_dmarc(f));
    buf_add_cstr(h->out, "</dl>\n</section>\n");
}
