/* SPDX-License-Identifier: Apache-2.0 */
/* text_evidence - what the servers said, at length: names, greetings, capabilities, certificates; and the transcripts. */
#include "report/text_parts.h"
#include "report/view.h"

enum { LABEL_AT = 4, TEXT_AT = 18, TRANSCRIPT_TEXT_AT = 18 };

static void put(struct page *p, const char *label, struct str text)
{
    page_label(p, LABEL_AT, TEXT_AT, label);
    page_wrap(p, INK_PLAIN, TEXT_AT, text);
    page_newline(p);
}

static void put_object(struct page *p, const struct facts *f, const struct subject *s)
{
    page_to(p, INDENT);
    text_add_subject(p, f, s);
    page_wrap_added(p, INK_BOLD, INDENT + 2);
    page_newline(p);
}

static void put_reply(struct page *p, const char *label, const struct smtp_reply *r)
{
    for (size_t i = 0; i < r->line_count; i++) {
        page_label(p, LABEL_AT, TEXT_AT, i == 0 ? label : "");
        if (r->code)
            page_format(p, INK_PLAIN, "%d", r->code);
        page_to(p, p->at + (r->code != 0));
        page_wrap(p, INK_PLAIN, TEXT_AT + 4, r->lines[i]);
        page_newline(p);
    }
}

static void put_capabilities(struct page *p, const char *label, const struct smtp_ehlo *e)
{
    if (!e->capability_count) {
        put_reply(p, label, &e->reply);
        return;
    }
    page_label(p, LABEL_AT, TEXT_AT, label);
    for (size_t i = 0; i < e->capability_count; i++) {
        const struct smtp_capability *c = &e->capabilities[i];
        page_add_text(p, i ? ", " : "");
        page_add(p, c->keyword);
        page_add_text(p, c->parameters.n ? " " : "");
        page_add(p, c->parameters);
    }
    page_wrap_added(p, INK_PLAIN, TEXT_AT);
    page_newline(p);
}

static void put_certificate(struct page *p, const struct cert_facts *c, size_t number)
{
    char from[CLOCK_TEXT_BYTES], until[CLOCK_TEXT_BYTES];
    wall_write_date(c->not_before, from);
    wall_write_date(c->not_after, until);
    page_label(p, LABEL_AT, TEXT_AT, number == 0 ? "certificate" : "sent with it");
    page_wrap(p, INK_PLAIN, TEXT_AT, c->subject);
    page_newline(p);
    page_to(p, TEXT_AT);
    page_add_text(p, "issued by ");
    page_add(p, c->issuer);
    page_wrap_added(p, INK_PLAIN, TEXT_AT);
    page_newline(p);
    page_to(p, TEXT_AT);
    page_add_format(p, "valid %s to %s, %s %u bits, signed with %s", from, until, c->key_type_text ? c->key_type_text : "key of", c->key_bits,
                    c->signature ? c->signature : "an unknown algorithm");
    page_wrap_added(p, INK_PLAIN, TEXT_AT);
    page_newline(p);
    if (!c->san_dns_count)
        return;
    page_to(p, TEXT_AT);
    page_add_text(p, "for");
    for (size_t i = 0; i < c->san_dns_count; i++) {
        page_add_text(p, i ? ", " : " ");
        page_add(p, c->san_dns[i]);
    }
    page_wrap_added(p, INK_PLAIN, TEXT_AT);
    page_newline(p);
}

static void put_tls(struct page *p, const struct tls_facts *t)
{
    if (t->result == TLS_NOT_TRIED)
        return;
    page_label(p, LABEL_AT, TEXT_AT, "TLS");
    if (t->version)
        page_add_format(p, "%s %s %s", t->version, t->cipher ? t->cipher : "", t->group ? t->group : "");
    if (t->error)
        page_add_format(p, "%s%s", t->version ? "; " : "", t->error);
    else if (t->result == TLS_OBSERVED)
        page_add_text(p, "; observed, the handshake was not finished");
    else if (t->result != TLS_DONE && !t->version)
        page_add_text(p, "the handshake was not finished");
    page_wrap_added(p, INK_PLAIN, TEXT_AT);
    page_newline(p);
    for (size_t i = 0; i < t->certificate_count; i++)
        put_certificate(p, &t->certificates[i], i);
    if (t->trust_error)
        put(p, "not trusted", str_of(t->trust_error));
}

static void put_session(struct page *p, const struct session_facts *s)
{
    const struct smtp_reply *relay;
    if (s->connect_error)
        put(p, "connect", str_of(s->connect_error));
    put_reply(p, "greeting", &s->greeting);
    if (s->greeting.complete) {
        page_label(p, LABEL_AT, TEXT_AT, "came after");
        page_format(p, INK_PLAIN, "%u ms", view_greeting_delay_ms(s));
        page_newline(p);
    }
    put_capabilities(p, s->tls.implicit ? "EHLO" : "EHLO in clear", &s->ehlo);
    put_tls(p, &s->tls);
    put_capabilities(p, "EHLO in TLS", &s->ehlo_tls);
    view_relay(&s->relay, &relay);
    if (relay)
        put_reply(p, "relay test", relay);
}

static void put_address(struct page *p, const struct facts *f, const struct host_facts *h, const struct address_facts *a)
{
    const struct subject address = {SCOPE_ADDRESS, h, a, NULL};
    if (a->endpoint_count < 2 || a->ptr_name_count || a->special)
        put_object(p, f, &address);
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        const struct ptr_name *n = &a->ptr_names[i];
        page_label(p, LABEL_AT, TEXT_AT, i == 0 ? "reverse name" : "");
        page_add(p, n->name ? str_of(n->name) : n->raw);
        page_add_text(p, n->has_address ? ", which has this address" : ", which does not lead back to this address");
        page_wrap_added(p, INK_PLAIN, TEXT_AT);
        page_newline(p);
    }
    if (a->special)
        put(p, "kind", str_of(a->special));
    for (size_t i = 0; i < a->endpoint_count; i++) {
        const struct subject endpoint = {SCOPE_ENDPOINT, h, a, &a->endpoints[i]};
        if (a->endpoint_count > 1 || a->endpoints[i].port != 25)
            put_object(p, f, &endpoint);
        put_session(p, view_session(&a->endpoints[i]));
    }
    page_newline(p);
}

void text_write_evidence(struct page *p, const struct facts *f)
{
    for (size_t h = 0; h < f->host_count + f->submission_host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            put_address(p, f, &f->hosts[h], &f->hosts[h].addresses[a]);
}

static void put_transcript(struct page *p, const struct facts *f, const struct subject *s, size_t number)
{
    static const char *const who[] = {[FROM_CLIENT] = "C:", [FROM_SERVER] = "S:", [FROM_EVENT] = "--"};
    const struct session_facts *session = &s->endpoint->sessions[number];
    if (!session->transcript)
        return;
    page_to(p, INDENT);
    page_add_text(p, "transcript ");
    text_add_subject(p, f, s);
    if (s->endpoint->session_count > 1)
        page_add_format(p, ", connection %zu of %zu", number + 1, s->endpoint->session_count);
    page_wrap_added(p, INK_BOLD, INDENT + 2);
    page_newline(p);
    for (const struct transcript_line *line = session->transcript; line; line = line->next) {
        page_to(p, INDENT);
        page_format(p, INK_DIM, "%7u ms", line->t_ms);
        page_to(p, TRANSCRIPT_TEXT_AT - 4);
        page_text(p, INK_DIM, who[line->from]);
        page_to(p, TRANSCRIPT_TEXT_AT);
        page_wrap(p, line->from == FROM_EVENT ? INK_DIM : INK_PLAIN, TRANSCRIPT_TEXT_AT + 2, line->text);
        page_newline(p);
    }
    page_newline(p);
}

void text_write_transcripts(struct page *p, const struct facts *f)
{
    for (size_t h = 0; h < f->host_count + f->submission_host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++) {
                const struct subject s = {SCOPE_ENDPOINT, &f->hosts[h], &f->hosts[h].addresses[a], &f->hosts[h].addresses[a].endpoints[e]};
                for (size_t i = 0; i < s.endpoint->session_count; i++)
                    put_transcript(p, f, &s, i);
            }
}
