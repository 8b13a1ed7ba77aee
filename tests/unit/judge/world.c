/* SPDX-License-Identifier: Apache-2.0 */
/* world - see world.h. Here: the healthy facts, and changes of them. */
#include "world.h"

#include <stdlib.h>

#include "base/panic.h"

enum { ARENA_BYTES = 8 << 20 };

static const char *const capabilities[] = {"PIPELINING", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "CHUNKING", "DSN"};

void set_reply(struct world *w, struct smtp_reply *r, int code, const char *lines)
{
    size_t count = 1;
    for (const char *p = lines; *p; p++)
        count += *p == '\n';
    struct str rest = arena_copy(&w->arena, str_of(lines));
    *r = (struct smtp_reply){.code = (int16_t)code, .complete = true, .line_count = (uint32_t)count, .first_ms = 40, .last_ms = 40};
    r->lines = ARENA_ARRAY(&w->arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        r->lines[i] = str_cut(&rest, '\n');
}

void set_ehlo(struct world *w, struct smtp_ehlo *e, const char *lines)
{
    *e = (struct smtp_ehlo){0};
    set_reply(w, &e->reply, 250, lines);
    struct str first = e->reply.lines[0];
    e->hostname = str_word(&first);
    e->capability_count = e->reply.line_count - 1;
    e->capabilities = ARENA_ARRAY(&w->arena, struct smtp_capability, e->capability_count);
    for (size_t i = 0; i < e->capability_count; i++) {
        struct str line = e->reply.lines[i + 1];
        if (str_starts_nocase(line, "AUTH=")) {
            e->capabilities[i] = (struct smtp_capability){{line.p, 5}, {line.p + 5, line.n - 5}};
            continue;
        }
        e->capabilities[i].keyword = str_word(&line);
        e->capabilities[i].parameters = str_trim(line);
    }
}

/* The lines of an EHLO reply without those of one keyword, and perhaps with one more. */
static void rewrite_ehlo(struct world *w, struct smtp_ehlo *e, const char *dropped, const char *added)
{
    const char *lines = arena_cstr(&w->arena, e->reply.lines[0]);
    for (size_t i = 0; i < e->capability_count; i++)
        if (!dropped || !str_is_nocase(e->capabilities[i].keyword, dropped))
            lines = arena_printf(&w->arena, "%s\n%.*s", lines, (int)e->reply.lines[i + 1].n, e->reply.lines[i + 1].p);
    if (added)
        lines = arena_printf(&w->arena, "%s\n%s", lines, added);
    set_ehlo(w, e, lines);
}

void add_capability(struct world *w, struct smtp_ehlo *e, const char *line)
{
    rewrite_ehlo(w, e, NULL, line);
}

void drop_capability(struct world *w, struct smtp_ehlo *e, const char *keyword)
{
    rewrite_ehlo(w, e, keyword, NULL);
}

void drop_capability_everywhere(struct world *w, struct session_facts *s, const char *keyword)
{
    drop_capability(w, &s->ehlo, keyword);
    if (s->ehlo_tls.reply.complete)
        drop_capability(w, &s->ehlo_tls, keyword);
}

struct smtp_try *with_postmaster(struct world *w, size_t address)
{
    struct smtp_deep *deep = &w->sessions[address]->deep;
    deep->tries = ARENA_NEW(&w->arena, struct smtp_try);
    assert_non_null(deep->tries);
    deep->try_count = deep->tries_begun = 1;
    deep->tries[0] = (struct smtp_try){.kind = TRY_POSTMASTER, .mail_from = "", .rcpt_to = "postmaster@example.org"};
    set_reply(w, &deep->tries[0].mail, 250, "2.1.0 Ok");
    w->facts.postmaster_wanted = true;
    return &deep->tries[0];
}

void cut_at(struct session_facts *s, enum smtp_step step, enum session_end end)
{
    const struct smtp_reply none = {0};
    if (step <= STEP_GREETING && !s->tls.implicit)
        s->greeting = none;
    if (step <= STEP_EHLO)
        s->ehlo = (struct smtp_ehlo){0};
    if (step <= STEP_STARTTLS)
        s->starttls = none;
    if (step <= STEP_HANDSHAKE)
        s->tls = (struct tls_facts){.implicit = s->tls.implicit, .sni = s->tls.sni, .name_wanted = s->tls.name_wanted, .alert = -1};
    if (step == STEP_HANDSHAKE)
        s->tls.result = end == END_CLOSED ? TLS_CLOSED : end == END_RESET ? TLS_RESET : end == END_TIMEOUT ? TLS_TIMEOUT : TLS_TROUBLE;
    if (step <= STEP_EHLO_TLS)
        s->ehlo_tls = (struct smtp_ehlo){0};
    if (step <= STEP_MAIL)
        s->relay = (struct smtp_relay){0};
    if (step == STEP_RCPT)
        s->relay.rcpt[0] = none;
    if (step <= STEP_RCPT_SECOND)
        s->relay.rcpt[1] = none;
    if (s->tls.implicit && step == STEP_HANDSHAKE) {
        s->greeting = none;
        s->ehlo = (struct smtp_ehlo){0};
    }
    s->end = end;
    s->end_step = step;
}

void without_starttls(struct world *w, struct session_facts *s)
{
    const struct smtp_relay relay = s->relay;
    cut_at(s, STEP_STARTTLS, END_QUIT);
    drop_capability(w, &s->ehlo, "STARTTLS");
    s->relay = relay;
    s->end_step = STEP_QUIT;
}

void fail_handshake(struct session_facts *s, enum tls_result result, int alert)
{
    cut_at(s, STEP_HANDSHAKE, END_TLS_FAILED);
    s->tls.result = result;
    s->tls.alert = alert;
}

void not_connected(struct endpoint_facts *e, enum connect_result result)
{
    for (size_t i = 0; i < 2; i++)
        e->sessions[i] = (struct session_facts){.purpose = i ? CONNECTION_RETRY : CONNECTION_BASE,
                                                .connect = result,
                                                .end = result == CONNECT_TIMEOUT ? END_TIMEOUT : result == CONNECT_TROUBLE ? END_TROUBLE : END_CLOSED,
                                                .end_step = STEP_CONNECT};
    e->session_count = 2;
    e->shown = &e->sessions[0];
}

struct session_facts *add_session(struct endpoint_facts *e, enum connection_purpose purpose)
{
    must(e->session_count < ENDPOINT_SESSIONS_MAX);
    struct session_facts *s = &e->sessions[e->session_count++];
    *s = e->sessions[0];
    s->purpose = purpose;
    return s;
}

static void set_certificates(struct world *w, struct tls_facts *tls, const char *host)
{
    struct cert_facts *c = tls->certificates = ARENA_ARRAY(&w->arena, struct cert_facts, 2);
    struct str *san = ARENA_ARRAY(&w->arena, struct str, 1);
    *san = str_of(host);
    c[0] = (struct cert_facts){
        .subject = str_of(arena_printf(&w->arena, "CN=%s", host)),
        .issuer = STR("CN=Test Intermediate,O=Test CA"),
        .common_name_text = host,
        .issuer_organisation = "Test CA",
        .serial = "1234",
        .not_before = {w->now.s - 5 * DAY_S},
        .not_after = {w->now.s + 40 * DAY_S},
        .san_dns = san,
        .san_dns_count = 1,
        .key_type = KEY_EC,
        .key_type_text = "EC",
        .curve = "P-256",
        .key_bits = 256,
        .signature = "ecdsa-with-SHA256",
        .signature_hash = "SHA256",
    };
    c[1] = c[0];
    c[1].subject = c[0].issuer;
    c[1].issuer = STR("CN=Test Root,O=Test CA");
    c[1].common_name_text = "Test Intermediate";
    c[1].serial = "99";
    c[1].not_before.s = w->now.s - 1000 * (int64_t)DAY_S;
    c[1].not_after.s = w->now.s + 1800 * (int64_t)DAY_S;
    c[1].san_dns = NULL;
    c[1].san_dns_count = 0;
    c[1].is_ca = true;
    c[1].sha256[0] = c[1].spki_sha256[0] = 1;
    tls->certificate_count = tls->certificates_sent = 2;
    tls->path_not_before = c[0].not_before;
    tls->path_not_after = c[0].not_after;
}

static void set_tls(struct world *w, struct tls_facts *tls, const char *host)
{
    *tls = (struct tls_facts){
        .result = TLS_DONE,
        .sni = host,
        .name_wanted = host,
        .started_ms = 60,
        .took_ms = 30,
        .alert = -1,
        .version = "TLSv1.3",
        .cipher = "TLS_AES_256_GCM_SHA384",
        .cipher_id = 0x1302,
        .group = "X25519MLKEM768",
        .hybrid_offered = true,
        .extended_master_secret = TRI_YES,
        .renegotiation_info = TRI_YES,
        .compression = TRI_NO,
        .trust = TRUST_YES,
        .name_matches = TRI_YES,
        .chain_in_order = TRI_YES,
    };
    set_certificates(w, tls, host);
}

static void set_session(struct world *w, struct session_facts *s, const char *host)
{
    *s = (struct session_facts){.connect = CONNECT_OPEN, .connect_ms = 12, .end = END_QUIT, .end_step = STEP_QUIT, .duration_ms = 150};
    set_reply(w, &s->greeting, 220, arena_printf(&w->arena, "%s ESMTP ready", host));
    s->greeting.first_ms = s->greeting.last_ms = 25;
    set_ehlo(w, &s->ehlo, host);
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        add_capability(w, &s->ehlo, capabilities[i]);
    s->ehlo_tls = s->ehlo;
    add_capability(w, &s->ehlo, "STARTTLS");
    set_reply(w, &s->starttls, 220, "2.0.0 Ready to start TLS");
    set_tls(w, &s->tls, host);
    s->relay = (struct smtp_relay){
        .test = RELAY_ASKED, .pipelined = true, .mail_from = "", .recipients = {"relay-test@example.net", "relay-test@example.org"}};
    set_reply(w, &s->relay.mail, 250, "2.1.0 Ok");
    set_reply(w, &s->relay.rcpt[0], 554, "5.7.1 Relay access denied");
}

static void set_endpoint(struct world *w, struct endpoint_facts *e, uint16_t port, const char *host)
{
    *e = (struct endpoint_facts){.port = port, .tls_mode = TLS_MODE_STARTTLS, .sessions = ARENA_ARRAY(&w->arena, struct session_facts, ENDPOINT_SESSIONS_MAX), .session_count = 1};
    e->shown = &e->sessions[0];
    set_session(w, &e->sessions[0], host);
}

static void set_address(struct world *w, struct address_facts *a, const char *ip, const char *host)
{
    const struct dns_lookup found = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 3600};
    *a = (struct address_facts){.ptr = found, .greeting_name_has_address = true, .endpoint_count = 1};
    must(ip_parse(str_of(ip), &a->ip));
    a->ptr_names = ARENA_ARRAY(&w->arena, struct ptr_name, 1);
    a->ptr_name_count = 1;
    a->ptr_names[0] = (struct ptr_name){.name = host, .raw = str_of(host), .forward = found, .has_address = true};
    a->endpoints = ARENA_ARRAY(&w->arena, struct endpoint_facts, 1);
    set_endpoint(w, a->endpoints, 25, host);
}

static void set_host(struct world *w, struct host_facts *h, const char *name, uint16_t preference, const char *v4, const char *v6)
{
    const struct dns_lookup found = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 3600};
    *h = (struct host_facts){.name = name, .preference = preference, .within_limit = true, .organisational_domain = "example.org", .a = found, .aaaa = found, .address_count = 2};
    h->addresses = ARENA_ARRAY(&w->arena, struct address_facts, 2);
    set_address(w, &h->addresses[0], v4, name);
    set_address(w, &h->addresses[1], v6, name);
}

static void set_facts(struct world *w)
{
    const struct egress_facts open = {.needed = true, .state = EGRESS_OPEN, .controls_set = 2};
    struct facts *f = &w->facts;
    f->target = (struct target_facts){TARGET_DOMAIN, "example.org", "example.org", "example.org", 0};
    f->checked_at = w->now;
    f->organisational_domain = "example.org";
    f->smtp_wanted = f->relay_wanted = true;
    f->vantage = (struct vantage_facts){.ehlo = "probe.example.net", .resolver = "recursive", .egress_v4 = open, .egress_v6 = open};
    f->vantage.root_lookup = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_SECURE};
    f->vantage.random_lookup = (struct dns_lookup){.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE, .rcode = 3};
    f->mx.status = MX_PRESENT;
    f->mx.lookup = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 3600};
    f->mx.records = ARENA_ARRAY(&w->arena, struct mx_record, 2);
    f->mx.records[0] = (struct mx_record){10, "mx1.example.org"};
    f->mx.records[1] = (struct mx_record){20, "mx2.example.org"};
    f->mx.record_count = 2;
    f->hosts = ARENA_ARRAY(&w->arena, struct host_facts, 2);
    f->host_count = 2;
    set_host(w, &f->hosts[0], "mx1.example.org", 10, "198.51.100.10", "2001:db8:a::10");
    set_host(w, &f->hosts[1], "mx2.example.org", 20, "203.0.113.20", "2001:db8:b::20");
}

int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    *state = w;
    arena_init(&w->arena, ARENA_BYTES);
    must(wall_parse(STR("2026-11-25T12:00:00Z"), &w->now));
    set_facts(w);
    w->mx1 = &w->facts.hosts[0];
    w->mx2 = &w->facts.hosts[1];
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        w->addresses[i] = &w->facts.hosts[i / 2].addresses[i % 2];
        w->endpoints[i] = w->addresses[i]->endpoints;
        w->sessions[i] = w->endpoints[i]->sessions;
    }
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    arena_done(&w->arena);
    free(w);
    return 0;
}

void keep_hosts(struct world *w, size_t count)
{
    w->facts.host_count = w->facts.mx.record_count = count;
}

void keep_addresses(struct host_facts *h, enum ip_family only)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->address_count; i++)
        if (h->addresses[i].ip.family == only)
            h->addresses[kept++] = h->addresses[i];
    h->address_count = kept;
    if (only != IP_V4)
        h->a.status = DNS_NODATA;
    if (only != IP_V6)
        h->aaaa.status = DNS_NODATA;
}

/* TLS from the first octet: no STARTTLS anywhere, and one EHLO, inside. */
static void make_implicit(struct world *w, struct endpoint_facts *e)
{
    struct session_facts *s = &e->sessions[0];
    e->tls_mode = TLS_MODE_IMPLICIT;
    s->ehlo = s->ehlo_tls;
    s->ehlo_tls = (struct smtp_ehlo){0};
    set_reply(w, &s->starttls, 0, "");
    s->starttls = (struct smtp_reply){0};
    s->tls.implicit = true;
}

static void make_clear(struct endpoint_facts *e)
{
    struct session_facts *s = &e->sessions[0];
    const struct smtp_relay relay = s->relay;
    e->tls_mode = TLS_MODE_NONE;
    cut_at(s, STEP_STARTTLS, END_QUIT);
    s->end_step = STEP_QUIT;
    s->relay = relay;
}

void make_server(struct world *w, uint16_t port, enum tls_mode mode)
{
    w->facts.target = (struct target_facts){TARGET_SERVER, "mx1.example.org", "mx1.example.org", "mx1.example.org", port};
    w->facts.mx = (struct mx_facts){0};
    w->facts.host_count = 1;
    w->mx1->preference = 0;
    for (size_t i = MX1_V4; i <= MX1_V6; i++) {
        w->endpoints[i]->port = port;
        w->endpoints[i]->tls_mode = mode;
        if (port == 465 || port == 587)
            w->sessions[i]->relay = (struct smtp_relay){0};
        if (mode == TLS_MODE_IMPLICIT)
            make_implicit(w, w->endpoints[i]);
        if (mode == TLS_MODE_NONE)
            make_clear(w->endpoints[i]);
    }
}

struct endpoint_facts *add_port(struct world *w, size_t address, uint16_t port)
{
    struct address_facts *a = w->addresses[address];
    struct endpoint_facts *more = ARENA_ARRAY(&w->arena, struct endpoint_facts, a->endpoint_count + 1);
    memcpy(more, a->endpoints, a->endpoint_count * sizeof *more);
    a->endpoints = more;
    w->endpoints[address] = more;
    struct endpoint_facts *e = &more[a->endpoint_count++];
    set_endpoint(w, e, port, address < MX2_V4 ? w->mx1->name : w->mx2->name);
    e->sessions[0].relay = (struct smtp_relay){0};
    add_capability(w, &e->sessions[0].ehlo_tls, "AUTH PLAIN LOGIN");
    if (port == 465)
        make_implicit(w, e);
    return e;
}
