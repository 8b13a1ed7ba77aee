/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports about hostile facts: any text where text can stand, any value of every kind. The input fills the facts.
 * Oracle: that of fuzz_look.h: the facts are judged, and what is written can be shown and read.
 */
#include <string.h>

#include "fuzz_look.h"
#include "wire/smtp_ehlo.h"
#include "wire/smtp_reply.h"

struct filling {
    struct fuzz input;
    struct arena *arena;
    bool deep; /* --deep was given */
};

static void *make(struct filling *w, size_t count, size_t bytes)
{
    void *p = arena_array(w->arena, count, bytes);
    must(p);
    return p;
}

/* Names and the words of libraries: the facts promise that they can be shown. */
static const char *word(struct filling *w)
{
    char *text = arena_strdup(w->arena, fuzz_cstr(&w->input, w->arena));
    must(text);
    for (char *p = text; *p; p++)
        *p = *p >= ' ' && *p < 127 ? *p : '?';
    return text;
}

static const char *word_or_null(struct filling *w)
{
    return fuzz_flip(&w->input) ? word(w) : NULL;
}

static struct str text(struct filling *w)
{
    return arena_copy(w->arena, fuzz_text(&w->input));
}

static struct wall any_time(struct filling *w)
{
    static const int64_t days[] = {0, -1, 1, 20, 400, -4000, 4000000, -4000000};
    return (struct wall){1795529100 + days[fuzz_number(&w->input, 7)] * 86400};
}

static struct dns_lookup any_lookup(struct filling *w)
{
    struct dns_lookup l = {.status = (enum dns_status)fuzz_number(&w->input, DNS_TROUBLE), .dnssec = (enum dnssec_state)fuzz_number(&w->input, DNSSEC_BOGUS)};
    l.rcode = (int16_t)fuzz_number(&w->input, 23);
    if (l.status == DNS_BOGUS || l.status >= DNS_FAILED)
        l.reason = word_or_null(w);
    if (l.status == DNS_FOUND || l.status == DNS_NODATA)
        l.alias_of = word_or_null(w);
    return l;
}

static void hear(struct filling *w, struct smtp_reply *reply)
{
    struct smtp_reply_reader reader;
    char line[SMTP_LINE_KEPT_BYTES];
    struct str heard = fuzz_text(&w->input);
    enum smtp_reply_status status = REPLY_MORE;
    smtp_reply_begin(&reader, reply, w->arena);
    reader.line = line;
    while (heard.n && status == REPLY_MORE) {
        size_t used;
        status = smtp_reply_feed_line(&reader, heard.p, heard.n, 10, &used);
        heard = (struct str){heard.p + used, heard.n - used};
    }
}

static struct cert_facts any_cert(struct filling *w)
{
    struct fuzz *f = &w->input;
    struct cert_facts c = {.subject = text(w), .issuer = text(w), .serial = "01", .not_before = any_time(w), .not_after = any_time(w)};
    c.common_name_text = word_or_null(w);
    c.issuer_organisation = word_or_null(w);
    c.san_dns_count = fuzz_number(f, 3);
    c.san_dns = make(w, c.san_dns_count, sizeof *c.san_dns);
    for (size_t i = 0; i < c.san_dns_count; i++)
        c.san_dns[i] = text(w);
    c.key_type = (enum key_type)fuzz_number(f, KEY_DSA);
    c.key_type_text = word(w);
    c.curve = word_or_null(w);
    c.key_bits = fuzz_number(f, 255) * 64;
    c.signature = word(w);
    c.signature_hash = word_or_null(w);
    c.self_signed = fuzz_flip(f);
    c.is_ca = fuzz_flip(f);
    return c;
}

static struct tls_facts any_tls(struct filling *w, bool implicit)
{
    struct fuzz *f = &w->input;
    struct tls_facts t = {.result = (enum tls_result)fuzz_number(f, TLS_TROUBLE), .implicit = implicit, .alert = -1};
    if (t.result == TLS_NOT_TRIED)
        return t;
    t.sni = word_or_null(w);
    t.name_wanted = word_or_null(w);
    t.alert = t.result == TLS_ALERT ? (int)fuzz_number(f, 255) : -1;
    t.error = t.result == TLS_DONE ? NULL : word_or_null(w);
    t.octets_before_record = fuzz_flip(f);
    t.octets_before = text(w);
    if (t.result != TLS_DONE)
        return t;
    t.version = fuzz_flip(f) ? "TLSv1.3" : word(w);
    t.cipher = word(w);
    t.cipher_id = fuzz_number(f, 255) << 8 | fuzz_number(f, 255);
    t.group = word_or_null(w);
    t.dh_bits = fuzz_number(f, 255) * 32;
    t.anonymous = fuzz_number(f, 15) == 1;
    t.extended_master_secret = (enum tri)fuzz_number(f, 2);
    t.renegotiation_info = (enum tri)fuzz_number(f, 2);
    t.compression = (enum tri)fuzz_number(f, 2);
    t.certificate_count = t.anonymous ? 0 : fuzz_number(f, 2);
    t.certificates_sent = t.certificate_count;
    t.certificates = make(w, t.certificate_count, sizeof *t.certificates);
    for (size_t i = 0; i < t.certificate_count; i++)
        t.certificates[i] = any_cert(w);
    if (t.certificate_count == 0)
        return t;
    t.trust = (enum chain_trust)fuzz_number(f, TRUST_BAD_CHAIN);
    t.trust_error = t.trust > TRUST_YES ? word_or_null(w) : NULL;
    t.name_matches = (enum tri)fuzz_number(f, 2);
    t.chain_in_order = (enum tri)fuzz_number(f, 2);
    t.path_has_unsent = fuzz_flip(f);
    t.path_not_before = any_time(w);
    t.path_not_after = any_time(w);
    return t;
}

static void fill_session(struct filling *w, struct session_facts *s, const struct endpoint_facts *e)
{
    static const char *const recipients[2] = {"relay-test@example.net", "relay-test@example.org"};
    struct fuzz *f = &w->input;
    s->connect = fuzz_flip(f) ? CONNECT_OPEN : (enum connect_result)fuzz_number(f, CONNECT_TROUBLE);
    s->connect_error = s->connect == CONNECT_OPEN ? NULL : word_or_null(w);
    s->end = (enum session_end)fuzz_number(f, END_TROUBLE);
    s->end_step = s->connect == CONNECT_OPEN ? (enum smtp_step)fuzz_number(f, STEP_COUNT - 1) : STEP_CONNECT;
    s->end_reason = s->end == END_LIMIT || s->end == END_TROUBLE ? word(w) : NULL;
    if (s->connect != CONNECT_OPEN)
        return;
    hear(w, &s->greeting);
    hear(w, &s->ehlo.reply);
    smtp_ehlo_parse(&s->ehlo, w->arena);
    s->ehlo.helo = fuzz_number(f, 7) == 1;
    if (s->ehlo.helo)
        hear(w, &s->ehlo.helo_reply);
    if (e->tls_mode == TLS_MODE_STARTTLS)
        hear(w, &s->starttls);
    if (e->tls_mode != TLS_MODE_NONE)
        s->tls = any_tls(w, e->tls_mode == TLS_MODE_IMPLICIT);
    if (s->tls.result == TLS_DONE && !s->tls.implicit) {
        hear(w, &s->ehlo_tls.reply);
        smtp_ehlo_parse(&s->ehlo_tls, w->arena);
    }
    if (fuzz_flip(f)) {
        s->relay = (struct smtp_relay){.test = RELAY_ASKED, .pipelined = fuzz_flip(f), .mail_from = "", .recipients = {recipients[0], recipients[1]}};
        hear(w, &s->relay.mail);
        hear(w, &s->relay.rcpt[0]);
        hear(w, &s->relay.rcpt[1]);
    }
    s->auth.result = (enum auth_result)fuzz_number(f, AUTH_BAD_CHALLENGE);
    hear(w, &s->auth.reply);
    s->octets_after_starttls_reply = fuzz_number(f, 7) == 1;
    s->octets_after = text(w);
    struct transcript_line **end = &s->transcript;
    for (unsigned i = fuzz_number(f, 3); i > 0; i--, end = &(*end)->next) {
        *end = make(w, 1, sizeof **end);
        **end = (struct transcript_line){.t_ms = i, .from = (enum transcript_from)fuzz_number(f, FROM_EVENT), .text = text(w)};
    }
}

static void fill_tries(struct filling *w, struct smtp_deep *deep)
{
    deep->try_count = 1 + fuzz_number(&w->input, 5);
    deep->tries = make(w, deep->try_count, sizeof *deep->tries);
    deep->tries_begun = fuzz_number(&w->input, (unsigned)deep->try_count);
    for (size_t i = 0; i < deep->try_count; i++) {
        struct smtp_try *t = &deep->tries[i];
        *t = (struct smtp_try){.kind = (enum smtp_try_kind)fuzz_number(&w->input, TRY_ROUTE), .mail_from = word(w), .rcpt_to = word(w)};
        if (i < deep->tries_begun) {
            hear(w, &t->mail);
            hear(w, &t->rcpt);
        }
    }
    deep->control = fuzz_flip(&w->input) ? word(w) : NULL;
    if (deep->control)
        hear(w, &deep->control_reply);
}

static struct deep_facts *any_deep(struct filling *w, const struct endpoint_facts *e)
{
    struct deep_facts *deep = make(w, 1, sizeof *deep);
    for (size_t i = 0; i < DEEP_CONNECTION_COUNT; i++) {
        deep->left_out[i] = (enum deep_left_out)fuzz_number(&w->input, DEEP_TROUBLE);
        if (deep->left_out[i] != DEEP_MADE || i == DEEP_SURVEY)
            continue;
        struct session_facts *s = deep->sessions[i] = make(w, 1, sizeof *s);
        s->purpose = CONNECTION_DEEP;
        fill_session(w, s, e);
        s->deep.injected = i == DEEP_INJECTION && fuzz_flip(&w->input);
        if (s->deep.injected)
            hear(w, &s->deep.unasked);
        if (i == DEEP_NO_SNI)
            hear(w, &s->deep.starttls_again);
        if (i == DEEP_PLAIN_MAIL) {
            hear(w, &s->deep.plain_mail);
            fill_tries(w, &s->deep);
        }
        deep->connections++;
    }
    deep->stopped_by = fuzz_flip(&w->input) ? "the server answered 421" : NULL;
    return deep;
}

static void fill_endpoint(struct filling *w, struct endpoint_facts *e, bool special, bool wanted)
{
    static const uint16_t ports[] = {25, 465, 587, 2525};
    struct fuzz *f = &w->input;
    e->port = ports[fuzz_number(f, 3)];
    e->tls_mode = e->port == 465 ? TLS_MODE_IMPLICIT : TLS_MODE_STARTTLS;
    e->not_probed = !wanted ? NOT_PROBED_OPTION : special ? NOT_PROBED_PRIVATE_ADDRESS : PROBED;
    if (e->not_probed == PROBED && fuzz_number(f, 7) == 1)
        e->not_probed = (enum not_probed)fuzz_number(f, NOT_PROBED_TROUBLE);
    if (e->not_probed != PROBED)
        return;
    e->sessions = make(w, ENDPOINT_SESSIONS_MAX, sizeof *e->sessions);
    e->session_count = 1 + fuzz_number(f, ENDPOINT_SESSIONS_MAX - 1);
    for (size_t i = 0; i < e->session_count; i++) {
        e->sessions[i].purpose = i == 0 ? CONNECTION_BASE : i == 1 ? CONNECTION_RETRY : CONNECTION_LEGACY_TLS;
        fill_session(w, &e->sessions[i], e);
    }
    e->shown = &e->sessions[fuzz_number(f, (unsigned)e->session_count - 1)];
    if (w->deep && fuzz_number(f, 7) > 0)
        e->deep = any_deep(w, e);
}

static void fill_address(struct filling *w, struct address_facts *a, bool wanted)
{
    struct fuzz *f = &w->input;
    unsigned octets = fuzz_number(f, 255);
    a->ip = fuzz_flip(f) ? (struct ip){IP_V6, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (uint8_t)octets}}
                         : (struct ip){IP_V4, {192, 0, 2, (uint8_t)octets}};
    a->special = fuzz_number(f, 7) == 1 ? "private, RFC 1918" : NULL;
    a->ptr = any_lookup(w);
    a->ptr_name_count = a->ptr.status == DNS_FOUND ? 1 + fuzz_number(f, 1) : 0;
    a->ptr_names = make(w, a->ptr_name_count, sizeof *a->ptr_names);
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        const char *name = word(w);
        a->ptr_names[i] = (struct ptr_name){.name = fuzz_flip(f) ? name : NULL, .raw = str_of(name), .forward = any_lookup(w), .has_address = fuzz_flip(f)};
    }
    a->greeting_name_lookup = any_lookup(w);
    a->greeting_name_has_address = fuzz_flip(f);
    a->endpoint_count = 1 + (fuzz_number(f, 7) == 1);
    a->endpoints = make(w, a->endpoint_count, sizeof *a->endpoints);
    for (size_t i = 0; i < a->endpoint_count; i++)
        fill_endpoint(w, &a->endpoints[i], a->special, wanted);
}

static void fill_host(struct filling *w, struct host_facts *h, const struct mx_record *record, bool wanted)
{
    struct fuzz *f = &w->input;
    h->name = record->host;
    h->preference = record->preference;
    h->name_kind = (enum host_name_kind)fuzz_number(f, HOST_NAME_BAD_SYNTAX);
    h->within_limit = fuzz_number(f, 7) != 1;
    h->organisational_domain = word_or_null(w);
    h->a = any_lookup(w);
    h->aaaa = any_lookup(w);
    h->registrable = any_lookup(w);
    h->address_count = h->a.status == DNS_FOUND || h->aaaa.status == DNS_FOUND ? 1 + fuzz_number(f, 1) : 0;
    h->addresses = make(w, h->address_count, sizeof *h->addresses);
    for (size_t i = 0; i < h->address_count; i++)
        fill_address(w, &h->addresses[i], wanted && h->within_limit);
}

static void fill_mx(struct filling *w, struct facts *facts)
{
    struct mx_facts *mx = &facts->mx;
    size_t count = 1 + fuzz_number(&w->input, 1);
    mx->status = fuzz_flip(&w->input) ? MX_PRESENT : (enum mx_status)fuzz_number(&w->input, MX_DNS_FAILURE);
    mx->lookup = any_lookup(w);
    mx->a = any_lookup(w);
    mx->aaaa = any_lookup(w);
    mx->txt = any_lookup(w);
    mx->spf_denies_all = fuzz_flip(&w->input);
    mx->records = make(w, count, sizeof *mx->records);
    for (size_t i = 0; i < count; i++)
        mx->records[i] = (struct mx_record){(uint16_t)(10 * i), mx->status == MX_NULL ? "." : word(w)};
    mx->record_count = mx->status == MX_NULL ? 1 : mx->status == MX_PRESENT ? count : 0;
    facts->host_count = mx->status == MX_PRESENT ? count : mx->status == MX_IMPLICIT || facts->target.kind == TARGET_SERVER ? 1 : 0;
    facts->hosts = make(w, facts->host_count, sizeof *facts->hosts);
    for (size_t i = 0; i < facts->host_count; i++)
        fill_host(w, &facts->hosts[i], &mx->records[i], facts->smtp_wanted);
}

static void fill_vantage(struct filling *w, struct vantage_facts *v)
{
    v->ehlo = word_or_null(w);
    v->resolver = word(w);
    v->egress_v4 = (struct egress_facts){fuzz_flip(&w->input), (enum egress_state)fuzz_number(&w->input, EGRESS_UNKNOWN), 2, 2, 0};
    v->egress_v6 = (struct egress_facts){fuzz_flip(&w->input), (enum egress_state)fuzz_number(&w->input, EGRESS_UNKNOWN), 2, 2, 0};
    v->root_lookup = any_lookup(w);
    v->random_lookup = any_lookup(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct filling w = {{bytes, n}, &arena};
    unsigned style = fuzz_number(&w.input, 255);
    arena_init(&arena, 64 << 20);
    struct facts *facts = make(&w, 1, sizeof *facts);
    facts->target.kind = (enum target_kind)(fuzz_number(&w.input, 3) == 1);
    facts->target.input = fuzz_cstr(&w.input, &arena);
    facts->target.name = word(&w);
    facts->target.name_unicode = word(&w);
    facts->target.port = facts->target.kind == TARGET_SERVER ? 25 : 0;
    facts->checked_at = (struct wall){1795529100};
    facts->smtp_wanted = fuzz_number(&w.input, 7) != 1;
    facts->relay_wanted = facts->smtp_wanted && fuzz_number(&w.input, 7) != 1;
    facts->deep_wanted = w.deep = facts->smtp_wanted && fuzz_flip(&w.input);
    facts->organisational_domain = word_or_null(&w);
    fill_vantage(&w, &facts->vantage);
    fill_mx(&w, facts);
    facts->incomplete = fuzz_number(&w.input, 7) == 1;
    facts->incomplete_reason = facts->incomplete ? word(&w) : NULL;
    fuzz_look(facts, &arena, style);
    arena_done(&arena);
    return 0;
}
