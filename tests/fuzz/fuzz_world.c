/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_world - see fuzz_world.h. */
#include "fuzz_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/net/tls_peer.h"

enum { ROWS_MAX = 15, NAME_BYTES = 300, REPEATED_MAX = 255 };

static const char *const addresses[WORLD_ADDRESSES] = {"192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.251", "192.0.2.252"};
static const char *const names[] = {"good.test", "mx1.good.test", "mx2.good.test", "1.2.0.192.in-addr.arpa", "other.test", "test", ".", "probe.test", "_25._tcp.mx1.good.test"};
static struct tls_context *context;
static const struct pki_cert *authority, *leaf;

void world_init(void)
{
    static char error[200];
    context = tls_context_new(NULL, error, sizeof error);
    must(context);
    authority = pki_make((struct pki_plan){.common_name = "Authority", .ca = true});
    leaf = pki_make((struct pki_plan){.common_name = "mx1.good.test", .names = {STR("mx1.good.test"), STR("mx2.good.test")}, .issuer = authority});
}

/* The server's side of one connection. */
struct server {
    struct world_address *address;
    bool parting;        /* QUIT was heard: what follows is politeness */
    struct peer *tls;    /* a real handshake has begun */
    size_t heard_in_tls; /* octets of clear text that were answered */
};

static void say(struct server *s, struct scripted_connection *c, int64_t delay_ms, struct str said)
{
    char text[1024];
    if (!s->heard_in_tls) {
        scripted_say(c, delay_ms, said.p, said.n);
        return;
    }
    snprintf(text, sizeof text, "%.*s", (int)said.n, said.p);
    if (text[0])
        peer_write(s->tls, text);
    struct str sealed = peer_answer(s->tls, STR(""));
    scripted_say(c, delay_ms, sealed.p, sealed.n);
}

/* What the server does next; `usual` is what a healthy one would say. */
static void act(struct server *s, struct scripted_connection *c, struct str usual)
{
    static const int64_t delays[] = {0, 1, 900, 61000};
    struct fuzz *f = &s->address->world->input;
    unsigned what = fuzz_is_over(f) ? 1 : fuzz_number(f, 255);
    int64_t delay_ms = delays[what >> 6];
    struct str said = what % 8 == 0 ? STR("") : what % 8 == 1 ? usual : fuzz_text(f);
    unsigned times = what % 8 == 2 ? 1 + fuzz_number(f, REPEATED_MAX) : 1;
    for (unsigned i = 0; said.n && i < times; i++)
        say(s, c, delay_ms, said);
    if (what % 8 == 3 && usual.n)
        say(s, c, delay_ms, usual);
    if (what % 8 >= 6)
        scripted_end(c, delay_ms, what % 8 == 6 ? TRANSPORT_EOF : TRANSPORT_RESET);
}

static struct str usual_answer(const struct server *s, struct str line)
{
    static const struct {
        const char *heard, *answer;
    } rows[] = {{"EHLO", "250-mx1.good.test\r\n250-PIPELINING\r\n250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256\r\n250 STARTTLS\r\n"},
                {"STARTTLS", "220 go\r\n"},
                {"AUTH", "334 \r\n"},
                {"RCPT", "554 no\r\n"},
                {"QUIT", "221 bye\r\n"}};
    if (s->tls && str_starts_nocase(line, "EHLO"))
        return STR("250-mx1.good.test\r\n250 SIZE 1000\r\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_starts_nocase(line, rows[i].heard))
            return str_of(rows[i].answer);
    return STR("250 ok\r\n");
}

static void part(struct server *s)
{
    if (s->parting)
        return;
    s->parting = true;
    s->address->busy = false;
    s->address->world->busy--;
}

static void hear_lines(struct server *s, struct scripted_connection *c, struct str heard)
{
    while (heard.n) {
        struct str line = str_cut(&heard, '\n');
        if (str_starts_nocase(line, "QUIT"))
            part(s);
        act(s, c, usual_answer(s, line));
    }
}

static void hear_tls(struct server *s, struct scripted_connection *c, struct str sealed)
{
    struct str said = peer_answer(s->tls, sealed);
    if (said.n)
        scripted_say(c, 1, said.p, said.n);
    struct str heard = peer_read(s->tls);
    struct str fresh = {heard.p + s->heard_in_tls, heard.n - s->heard_in_tls};
    s->heard_in_tls = heard.n;
    hear_lines(s, c, fresh);
}

static void on_open(struct scripted_connection *c, void *arg)
{
    struct world_address *a = arg;
    struct server *s = calloc(1, sizeof *s);
    must(s);
    s->address = a;
    scripted_set_state(c, s);
    must(!a->busy && a->world->busy < LIMIT_CONNECTIONS_AT_ONCE + WORLD_CONTROLS);
    a->busy = true;
    a->world->busy++;
    a->world->open++;
    act(s, c, STR("220 mx1.good.test ESMTP\r\n"));
}

static void on_data(struct scripted_connection *c, const uint8_t *bytes, size_t n, void *arg)
{
    const struct world_address *a = arg;
    struct server *s = scripted_state(c);
    const struct peer_plan plan = {.chain = {leaf, authority}};
    struct str heard = {(const char *)bytes, n};
    bool hello = n > 2 && bytes[0] == 0x16 && bytes[1] == 3; /* RFC 8446 5.1 */
    if (!s->tls && hello && a->real_tls)
        s->tls = peer_new(&plan);
    if (s->tls)
        hear_tls(s, c, heard);
    else if (hello)
        act(s, c, STR("\x15\x03\x03\x00\x02\x02\x28")); /* handshake_failure */
    else
        hear_lines(s, c, heard);
}

static void on_close(struct scripted_connection *c, void *arg)
{
    struct world_address *a = arg;
    struct server *s = scripted_state(c);
    if (s->tls)
        peer_free(s->tls);
    part(s);
    free(s);
    a->world->open--;
}

static void serve(struct world *w, struct world_address *a, const char *ip)
{
    unsigned how = fuzz_number(&w->input, 15);
    static const enum transport_event others[] = {TRANSPORT_REFUSED, TRANSPORT_UNREACHABLE, TRANSPORT_TROUBLE};
    *a = (struct world_address){.world = w, .real_tls = how % 4 == 1};
    must(ip_parse(str_of(ip), &a->ip));
    const struct scripted_peer peer = {.connect = how >= 12 && how < 15 ? others[how - 12] : TRANSPORT_OPEN,
                                       .never = how == 15,
                                       .connect_delay_ms = 5,
                                       .on_open = on_open,
                                       .on_data = on_data,
                                       .on_close = on_close,
                                       .arg = a};
    for (size_t i = 0; i < sizeof w->ports / sizeof *w->ports; i++)
        must(scripted_serve(w->prober.net.dialer, a->ip, w->ports[i], &peer) == 0);
}

/* A name as net/resolver.h gives names: odd octets as \DDD. */
static void write_name(struct str octets, char name[static NAME_BYTES])
{
    size_t used = 0;
    for (size_t i = 0; i < octets.n && used + 5 < NAME_BYTES; i++) {
        char c = ascii_lower(octets.p[i]);
        bool plain = ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || (c == '.' && used && name[used - 1] != '.');
        used += (size_t)snprintf(name + used, NAME_BYTES - used, plain ? "%c" : "\\%03u", plain ? (unsigned)c : (unsigned)(uint8_t)c);
    }
    used -= used > 1 && name[used - 1] == '.';
    name[used] = '\0';
    if (used == 0)
        snprintf(name, NAME_BYTES, ".");
}

static void any_name(struct fuzz *f, char name[static NAME_BYTES])
{
    unsigned which = fuzz_number(f, 15);
    if (which < sizeof names / sizeof *names)
        snprintf(name, NAME_BYTES, "%s", names[which]);
    else
        write_name(fuzz_text(f), name);
}

/* The data of a record of the server's certificate or its CA, as people publish it; or of any octets. */
static void any_tlsa(struct fuzz *f, char *data, size_t data_bytes)
{
    unsigned usage = fuzz_number(f, 4), selector = fuzz_number(f, 2), matching_type = fuzz_number(f, 3), of = fuzz_number(f, 2);
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    X509 *cert = of == 0 ? leaf->x509 : authority->x509;
    int n = of == 2 ? 0 : selector == 1 ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : i2d_X509(cert, &der);
    struct str octets = n > 0 ? (struct str){(const char *)der, (size_t)n} : fuzz_text(f);
    unsigned digest_n = 0;
    if (n > 0 && matching_type > 0) {
        must(EVP_Digest(der, (size_t)n, digest, &digest_n, matching_type == 2 ? EVP_sha512() : EVP_sha256(), NULL) == 1);
        octets = (struct str){(const char *)digest, digest_n};
    }
    size_t used = (size_t)snprintf(data, data_bytes, "%u %u %u ", usage, selector, matching_type);
    for (size_t i = 0; i < octets.n && used + 3 < data_bytes; i++)
        used += (size_t)snprintf(data + used, data_bytes - used, "%02x", (unsigned)(uint8_t)octets.p[i]);
    OPENSSL_free(der);
}

static void add_record(struct world *w, const char *name, enum dns_type type, enum dnssec_state dnssec)
{
    char target[NAME_BYTES], data[NAME_BYTES + 16];
    struct fuzz *f = &w->input;
    if (type == DNS_MX) {
        unsigned preference = fuzz_number(f, 255);
        any_name(f, target);
        snprintf(data, sizeof data, "%u %s", preference, target);
    } else if (type == DNS_PTR || type == DNS_NS) {
        any_name(f, data);
    } else if (type == DNS_TLSA) {
        any_tlsa(f, data, sizeof data);
    } else if ((type == DNS_A || type == DNS_AAAA) && fuzz_flip(f)) {
        snprintf(data, sizeof data, type == DNS_A ? "192.0.2.%u" : "2001:db8::%x", fuzz_number(f, 255));
    } else {
        struct str text = fuzz_text(f);
        snprintf(data, sizeof data, "%.*s", (int)text.n, text.p ? text.p : "");
    }
    (void)scripted_dns_add(w->prober.resolver, name, type, dnssec, data); /* not everything is data of its type */
}

static void add_row(struct world *w)
{
    static const enum dns_type types[] = {DNS_MX, DNS_A, DNS_AAAA, DNS_PTR, DNS_TXT, DNS_NS, DNS_SOA, DNS_TLSA};
    char name[NAME_BYTES], target[NAME_BYTES];
    struct fuzz *f = &w->input;
    any_name(f, name);
    enum dns_type type = types[fuzz_number(f, 7)];
    unsigned kind = fuzz_number(f, 7);
    enum dnssec_state dnssec = (enum dnssec_state)fuzz_number(f, DNSSEC_INSECURE);
    if (kind == 0) {
        any_name(f, target);
        must(scripted_dns_alias(w->prober.resolver, name, dnssec, target) == 0);
    } else if (kind == 1) {
        enum dns_status status = (enum dns_status)(DNS_NODATA + fuzz_number(f, DNS_TROUBLE - DNS_NODATA));
        bool told = status == DNS_BOGUS || status == DNS_FAILED || status == DNS_TROUBLE;
        must(scripted_dns_fail(w->prober.resolver, name, type, status, status == DNS_BOGUS ? DNSSEC_BOGUS : dnssec, told ? "a reason" : NULL) == 0);
    } else {
        add_record(w, name, type, dnssec);
    }
}

static void add_healthy_dns(struct resolver *r)
{
    static const struct {
        const char *name;
        enum dns_type type;
        const char *data;
    } rows[] = {{"good.test", DNS_MX, "10 mx1.good.test"},  {"good.test", DNS_MX, "20 mx2.good.test"}, {"mx1.good.test", DNS_A, "192.0.2.1"},
                {"mx1.good.test", DNS_AAAA, "2001:db8::1"}, {"mx2.good.test", DNS_A, "192.0.2.2"},     {"1.2.0.192.in-addr.arpa", DNS_PTR, "mx1.good.test"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must(scripted_dns_add(r, rows[i].name, rows[i].type, DNSSEC_SECURE, rows[i].data) == 0);
}

static void open_prober(struct world *w, unsigned options)
{
    static const struct control_host controls[WORLD_CONTROLS] = {{"192.0.2.251", 25}, {"192.0.2.252", 25}};
    struct prober *p = &w->prober;
    w->loop = loop_new_virtual((struct wall){1795529100});
    must(w->loop);
    p->net = (struct session_net){w->loop, scripted_dialer_new(w->loop), context};
    p->resolver = scripted_resolver_new(w->loop);
    p->fetcher = scripted_fetcher_new(w->loop);
    must(p->net.dialer && p->resolver && p->fetcher);
    probe_options_init(&p->options);
    p->options.ehlo = "probe.test";
    p->options.controls = controls;
    p->options.control_count = WORLD_CONTROLS;
    p->options.ports = w->ports;
    p->options.port_count = options & 8 ? 3 : 1;
    p->options.relay = !(options & 16);
    p->options.auth_user = options & 32 ? "user" : NULL;
    p->options.auth_password = "secret";
    p->options.auth_in_clear = options & 64;
    must(ip_network_parse(STR("192.0.2.0/24"), &w->public_networks[0]) && ip_network_parse(STR("2001:db8::/32"), &w->public_networks[1]));
    p->options.public_networks = w->public_networks;
    p->options.public_network_count = 2;
    snprintf(p->random_name, sizeof p->random_name, "abcdefghijklmnopqrst");
}

unsigned world_open(struct world *w, const uint8_t *bytes, size_t n)
{
    *w = (struct world){.input = {bytes, n}, .ports = {25, 465, 587}};
    unsigned options = fuzz_number(&w->input, 255), rows = fuzz_number(&w->input, ROWS_MAX);
    open_prober(w, options);
    must(scripted_dns_add(w->prober.resolver, ".", DNS_NS, DNSSEC_SECURE, "a.root.test") == 0);
    for (unsigned i = 0; i < rows; i++)
        add_row(w);
    if (!(options & 128))
        add_healthy_dns(w->prober.resolver);
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        serve(w, &w->addresses[i], addresses[i]);
    return options;
}

void world_close(struct world *w)
{
    fetcher_free(w->prober.fetcher);
    resolver_free(w->prober.resolver);
    dialer_free(w->prober.net.dialer);
    loop_free(w->loop);
}
