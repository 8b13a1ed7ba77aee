/* SPDX-License-Identifier: Apache-2.0 */
/* html_evidence - on the page: what each server said, the conversations line by line, and the answers of the DNS. */
#include "report/html_parts.h"
#include "report/markup.h"
#include "report/view.h"

enum { GAP_SHOWN_MS = 1000 };

static void write_lines(struct buf *out, const char *label, const struct smtp_reply *r)
{
    if (!view_is_heard(r))
        return;
    buf_printf(out, "<dt>%s</dt><dd>", label);
    for (size_t i = 0; i < r->line_count; i++) {
        buf_add_cstr(out, i ? "<br>" : "");
        if (r->code)
            buf_printf(out, "%d ", r->code);
        markup_write_text(out, r->lines[i]);
    }
    buf_add_cstr(out, "</dd>\n");
}

static void write_capabilities(struct buf *out, const char *label, const struct smtp_ehlo *e)
{
    if (!e->capability_count) {
        write_lines(out, label, &e->reply);
        return;
    }
    buf_printf(out, "<dt>%s</dt><dd>", label);
    for (size_t i = 0; i < e->capability_count; i++) {
        buf_add_cstr(out, i ? ", " : "");
        markup_write_text(out, e->capabilities[i].keyword);
        buf_add_cstr(out, e->capabilities[i].parameters.n ? " " : "");
        markup_write_text(out, e->capabilities[i].parameters);
    }
    buf_add_cstr(out, "</dd>\n");
}

static void write_certificate(struct buf *out, const struct cert_facts *c, size_t number)
{
    char from[CLOCK_TEXT_BYTES], until[CLOCK_TEXT_BYTES];
    wall_write_date(c->not_before, from);
    wall_write_date(c->not_after, until);
    buf_printf(out, "<dt>%s</dt><dd>", number == 0 ? "Certificate" : "Sent with it");
    markup_write_text(out, c->subject);
    buf_add_cstr(out, "<br>issued by ");
    markup_write_text(out, c->issuer);
    buf_printf(out, "<br>valid %s to %s, ", from, until);
    html_words(out, c->key_type_text ? c->key_type_text : "key of");
    buf_printf(out, " %u bits, signed with ", c->key_bits);
    html_words(out, c->signature ? c->signature : "an unknown algorithm");
    for (size_t i = 0; i < c->san_dns_count; i++) {
        buf_add_cstr(out, i ? ", " : "<br>for ");
        markup_write_text(out, c->san_dns[i]);
    }
    buf_add_cstr(out, "</dd>\n");
}

static void write_tls(struct buf *out, const struct tls_facts *t)
{
    if (t->result == TLS_NOT_TRIED)
        return;
    buf_add_cstr(out, "<dt>TLS</dt><dd>");
    html_words(out, t->version);
    buf_add_char(out, ' ');
    html_words(out, t->cipher);
    buf_add_char(out, ' ');
    html_words(out, t->group);
    html_words(out, t->result == TLS_OBSERVED ? "observed:" : NULL);
    html_words(out, t->error ? t->error : t->result == TLS_DONE ? NULL : "the handshake was not finished");
    buf_add_cstr(out, "</dd>\n");
    for (size_t i = 0; i < t->certificate_count; i++)
        write_certificate(out, &t->certificates[i], i);
    if (t->trust_error) {
        buf_add_cstr(out, "<dt>Not trusted</dt>");
        html_word_element(out, "dd", NULL, t->trust_error);
        buf_add_char(out, '\n');
    }
}

static void write_server(const struct html *h, const struct subject *s)
{
    const struct session_facts *session = view_session(s->endpoint);
    const struct smtp_reply *relay;
    struct buf *out = h->out;
    buf_add_cstr(out, "<details><summary>");
    html_subject(out, h->report->facts, s);
    buf_printf(out, "</summary>\n<dl>\n<dt>Outcome</dt><dd>%s</dd>\n", endpoint_outcome(s->endpoint));
    if (session->connect_error) {
        buf_add_cstr(out, "<dt>Connection</dt>");
        html_word_element(out, "dd", NULL, session->connect_error);
    }
    write_lines(out, "Greeting", &session->greeting);
    if (session->greeting.complete)
        buf_printf(out, "<dt>It came after</dt><dd>%u ms</dd>\n", view_greeting_delay_ms(session));
    write_capabilities(out, session->tls.implicit ? "EHLO" : "EHLO in clear", &session->ehlo);
    write_tls(out, &session->tls);
    write_capabilities(out, "EHLO in TLS", &session->ehlo_tls);
    view_relay(&session->relay, &relay);
    if (relay)
        write_lines(out, "Relay test", relay);
    buf_add_cstr(out, "</dl></details>\n");
}

static bool next_endpoint(const struct facts *f, struct subject *s)
{
    size_t h = 0, a = 0, e = 0;
    if (s->endpoint) {
        h = (size_t)(s->host - f->hosts);
        a = (size_t)(s->address - s->host->addresses);
        e = (size_t)(s->endpoint - s->address->endpoints) + 1;
    }
    for (; h < f->host_count + f->submission_host_count; h++, a = 0, e = 0)
        for (; a < f->hosts[h].address_count; a++, e = 0)
            if (e < f->hosts[h].addresses[a].endpoint_count) {
                *s = (struct subject){SCOPE_ENDPOINT, &f->hosts[h], &f->hosts[h].addresses[a], &f->hosts[h].addresses[a].endpoints[e]};
                return true;
            }
    return false;
}

void html_write_servers(const struct html *h)
{
    bool any = false;
    for (struct subject s = {.scope = SCOPE_DOMAIN}; next_endpoint(h->report->facts, &s);) {
        if (!s.endpoint->shown)
            continue;
        if (!any)
            html_section(h, "said", "What the servers said");
        any = true;
        write_server(h, &s);
    }
    if (any)
        buf_add_cstr(h->out, "</section>\n");
}

/* Time since the connection was begun, and how long the silence before a line was, where it was long. */
static void write_line(struct buf *out, const struct transcript_line *line, uint32_t before_ms)
{
    static const char *const who[] = {[FROM_CLIENT] = "we", [FROM_SERVER] = "server", [FROM_EVENT] = "event"};
    static const char *const kinds[] = {[FROM_CLIENT] = "client", [FROM_SERVER] = "server", [FROM_EVENT] = "event"};
    uint32_t gap = line->t_ms > before_ms ? line->t_ms - before_ms : 0;
    buf_printf(out, "<tr class=\"%s\"><td class=\"number\">%u", kinds[line->from], line->t_ms);
    if (gap >= GAP_SHOWN_MS)
        buf_printf(out, " <span class=\"gap\">+%u.%u s</span>", gap / 1000, gap % 1000 / 100);
    buf_printf(out, "</td><td>%s</td><td><code>", who[line->from]);
    markup_write_text(out, line->text);
    buf_add_cstr(out, "</code></td></tr>\n");
}

static void write_transcript(const struct html *h, const struct subject *s, const struct session_facts *session, size_t number)
{
    static const char *const heads[] = {"ms", "Who", "Text", NULL};
    struct buf *out = h->out;
    uint32_t before_ms = 0;
    buf_add_cstr(out, "<details><summary>");
    html_subject(out, h->report->facts, s);
    if (s->endpoint->session_count > 1)
        buf_printf(out, ", connection %zu of %zu", number + 1, s->endpoint->session_count);
    buf_printf(out, " (%u ms)</summary>\n<div class=\"wide\" role=\"region\" aria-label=\"Conversation\" tabindex=\"0\">\n<table class=\"transcript\">\n",
               session->duration_ms);
    buf_add_cstr(out, "<caption class=\"unseen\">The conversation line by line, with the time since the connection was begun</caption>\n");
    html_heads(out, heads);
    buf_add_cstr(out, "<tbody>\n");
    for (const struct transcript_line *line = session->transcript; line; line = line->next) {
        write_line(out, line, before_ms);
        before_ms = line->t_ms;
    }
    buf_add_cstr(out, "</tbody>\n</table>\n</div></details>\n");
}

void html_write_transcripts(const struct html *h)
{
    bool any = false;
    for (struct subject s = {.scope = SCOPE_DOMAIN}; next_endpoint(h->report->facts, &s);)
        for (size_t i = 0; i < s.endpoint->session_count; i++) {
            if (!s.endpoint->sessions[i].transcript)
                continue;
            if (!any)
                html_section(h, "conversations", "Conversations");
            any = true;
            write_transcript(h, &s, &s.endpoint->sessions[i], i);
        }
    if (any)
        buf_add_cstr(h->out, "</section>\n");
}

static void write_lookup(struct buf *out, const char *name, const char *type, const struct dns_lookup *l, struct str answer)
{
    const char *dnssec = view_dnssec(l);
    if (l->status == DNS_NOT_ASKED)
        return;
    buf_add_cstr(out, "<tr><th scope=\"row\">");
    html_words(out, name);
    buf_printf(out, "</th><td>%s</td><td>%s</td><td>%s</td><td class=\"number\">", type, view_dns_status(l->status), dnssec ? dnssec : "\u2013");
    if (l->status == DNS_FOUND)
        buf_printf(out, "%u", l->ttl_s);
    buf_add_cstr(out, "</td><td><code>");
    markup_write_text(out, answer);
    buf_add_cstr(out, "</code>");
    if (l->alias_of) {
        buf_add_cstr(out, " alias of ");
        html_words(out, l->alias_of);
    }
    if (l->reason) {
        buf_add_char(out, ' ');
        html_words(out, l->reason);
    }
    buf_add_cstr(out, "</td></tr>\n");
}

static void write_mx(struct buf *out, const struct facts *f)
{
    struct buf records;
    buf_init(&records, MARKUP_TEXT_BYTES_MAX);
    for (size_t i = 0; i < f->mx.record_count; i++)
        buf_printf(&records, "%s%u %s", i ? ", " : "", f->mx.records[i].preference, f->mx.records[i].host);
    write_lookup(out, f->target.name, "MX", &f->mx.lookup, (struct str){records.used ? records.bytes : "", records.used});
    out->failed = out->failed || records.failed;
    buf_done(&records);
}

static void write_addresses(struct buf *out, const struct host_facts *h, enum ip_family family)
{
    struct buf ips;
    char ip[IP_TEXT_BYTES];
    buf_init(&ips, MARKUP_TEXT_BYTES_MAX);
    for (size_t i = 0; i < h->address_count; i++)
        if (h->addresses[i].ip.family == family) {
            ip_write(h->addresses[i].ip, ip);
            buf_printf(&ips, "%s%s", ips.used ? ", " : "", ip);
        }
    write_lookup(out, h->name, family == IP_V4 ? "A" : "AAAA", family == IP_V4 ? &h->a : &h->aaaa, (struct str){ips.used ? ips.bytes : "", ips.used});
    buf_done(&ips);
}

static void write_reverse(struct buf *out, const struct address_facts *a)
{
    struct buf names;
    char ip[IP_TEXT_BYTES];
    ip_write(a->ip, ip);
    buf_init(&names, MARKUP_TEXT_BYTES_MAX);
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        buf_add_cstr(&names, i ? ", " : "");
        buf_add_str(&names, a->ptr_names[i].name ? str_of(a->ptr_names[i].name) : a->ptr_names[i].raw);
        buf_add_cstr(&names, a->ptr_names[i].has_address ? "" : " (does not lead back)");
    }
    write_lookup(out, ip, "PTR", &a->ptr, (struct str){names.used ? names.bytes : "", names.used});
    out->failed = out->failed || names.failed;
    buf_done(&names);
}

static void write_tlsa(struct buf *out, const struct tlsa_facts *t)
{
    for (size_t b = 0; b < t->base_count; b++) {
        const struct tlsa_base *base = &t->bases[b];
        struct buf name, records;
        buf_init(&name, MARKUP_TEXT_BYTES_MAX);
        buf_init(&records, MARKUP_TEXT_BYTES_MAX);
        buf_printf(&name, "_%u._tcp.%s%c", t->port, base->name, '\0');
        for (size_t i = 0; i < base->record_count; i++) {
            const struct tlsa_record *r = &base->records[i];
            buf_printf(&records, "%s%u %u %u ", i ? ", " : "", r->usage, r->selector, r->matching_type);
            for (size_t k = 0; k < r->data.n; k++)
                buf_printf(&records, "%02x", (unsigned)(unsigned char)r->data.p[k]);
        }
        write_lookup(out, name.bytes, "TLSA", &base->lookup, (struct str){records.used ? records.bytes : "", records.used});
        out->failed = out->failed || records.failed || name.failed;
        buf_done(&records);
        buf_done(&name);
    }
}

static void write_policy_records(struct buf *out, const struct facts *f)
{
    const struct spf_record_seen *spf = f->spf.walk.record;
    if (spf)
        write_lookup(out, f->target.name, "TXT (SPF)", &spf->txt, spf->text);
    write_lookup(out, "_mta-sts", "TXT", &f->mta_sts.record.txt, f->mta_sts.record.text);
    write_lookup(out, "_smtp._tls", "TXT", &f->tls_rpt.record.txt, f->tls_rpt.record.text);
    if (f->dmarc.policy)
        write_lookup(out, f->dmarc.policy->domain, "TXT (DMARC)", &f->dmarc.policy->txt, f->dmarc.policy->record.text);
    for (size_t i = 0; i < f->dkim.selector_count; i++)
        write_lookup(out, f->dkim.selectors[i].name, "TXT (DKIM)", &f->dkim.selectors[i].txt, f->dkim.selectors[i].key.text);
}

void html_write_dns(const struct html *h)
{
    static const char *const heads[] = {"Name", "Type", "Answer", "DNSSEC", "TTL in s", "Records", NULL};
    const struct facts *f = h->report->facts;
    struct buf *out = h->out;
    html_section(h, "dns", "DNS");
    buf_add_cstr(out, "<details><summary>Questions and answers</summary>\n<div class=\"wide\" role=\"region\" aria-label=\"DNS\" tabindex=\"0\">\n<table>\n"
                      "<caption>The questions that this report hangs on</caption>\n");
    html_heads(out, heads);
    buf_add_cstr(out, "<tbody>\n");
    write_mx(out, f);
    for (size_t i = 0; i < f->host_count + f->submission_host_count; i++) {
        write_addresses(out, &f->hosts[i], IP_V4);
        write_addresses(out, &f->hosts[i], IP_V6);
        for (size_t t = 0; t < f->hosts[i].tlsa_count; t++)
            write_tlsa(out, &f->hosts[i].tlsa[t]);
        for (size_t a = 0; a < f->hosts[i].address_count; a++)
            write_reverse(out, &f->hosts[i].addresses[a]);
    }
    write_policy_records(out, f);
    buf_add_cstr(out, "</tbody>\n</table>\n</div></details>\n</section>\n");
}
