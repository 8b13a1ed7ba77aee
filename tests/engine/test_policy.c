/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy - what a world publishes about its mail: TLSA records of the keys it serves, and its policy file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/fetch_scripted.h"
#include "net/resolver_scripted.h"
#include "scn_pki.h"
#include "scn_web.h"
#include "virtual_names.h"
#include "virtual_pages.h"

enum { HEX_BYTES = 2 * 64 + 1 };

static struct arena arena;
static struct scenario scenario;
static struct scn_world world;
static struct scn_pki *pki;
static char error[SCN_ERROR_BYTES];

static void make(const char *lines)
{
    char *text = arena_printf(&arena, "# a test\nfrom base\n%s\nexpect fail -\nexpect exit 0\n", lines);
    if (scn_parse(&arena, "one.scn", str_of(text), &scenario, error) < 0 || scn_world_init(&world, error) < 0 || scn_world_add(&world, &scenario) < 0)
        fail_msg("%s", error);
}

static void done(void)
{
    scn_pki_forget(pki);
    scn_world_done(&world);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    pki = scn_pki_new((struct wall){1800000000}, error);
    return pki ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    scn_pki_free(pki);
    arena_done(&arena);
    return 0;
}

static const struct scn_service *service(const char *label, enum ip_family family, unsigned port)
{
    for (const struct scn_service *s = world.services; s; s = s->next)
        if (s->host->scenario == &scenario && strcmp(s->host->label, label) == 0 && s->ip.family == family && s->port == port)
            return s;
    fail_msg("there is no %s port %u", label, port);
    return NULL;
}

/* The record at `owner` that begins with these numbers; NULL: none. */
static const char *tlsa(const char *owner, const char *numbers)
{
    for (const struct scn_rr *rr = world.records; rr; rr = rr->next)
        if (strcmp(rr->type, "TLSA") == 0 && strcmp(rr->owner, owner) == 0 && strncmp(rr->data, numbers, strlen(numbers)) == 0)
            return rr->data + strlen(numbers) + 1;
    return NULL;
}

static void hex_of_key(const X509 *cert, char hex[static HEX_BYTES])
{
    unsigned char *der = NULL, digest[32];
    int n = i2d_PUBKEY(X509_get0_pubkey(cert), &der);
    assert_true(n > 0);
    assert_int_equal(EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    OPENSSL_free(der);
}

static void expect_served(const struct scn_service *s, const char *key, const char *issuer_key)
{
    char hex[HEX_BYTES];
    STACK_OF(X509) *chain = NULL;
    SSL_CTX *context = scn_pki_context(pki, s, error);
    assert_non_null(context);
    hex_of_key(SSL_CTX_get0_certificate(context), hex);
    assert_string_equal(hex, key);
    assert_int_equal(SSL_CTX_get0_chain_certs(context, &chain), 1);
    hex_of_key(sk_X509_value(chain, 0), hex);
    assert_string_equal(hex, issuer_key);
    SSL_CTX_free(context);
}

static void tlsa_records_are_of_the_keys_that_are_served(void **state)
{
    (void)state;
    make("cert mx1 v6 dates -50 -5"); /* an old certificate of the same key */
    assert_int_equal(scn_pki_publish(pki, &world, error), 0);
    const char *key = tlsa("_25._tcp.mx1.one.test.", "3 1 1"), *issuer = tlsa("_25._tcp.mx1.one.test.", "2 1 1");
    assert_non_null(key);
    assert_non_null(issuer);
    expect_served(service("mx1", IP_V4, 25), key, issuer);
    expect_served(service("mx1", IP_V6, 25), key, issuer);
    assert_string_not_equal(tlsa("_25._tcp.mx2.one.test.", "3 1 1"), key);
    done();
}

static void a_tlsa_record_may_be_of_anything_that_is_known(void **state)
{
    (void)state;
    make("cert mx1 also key ed25519\n"
         "dns a TLSA 3 0 2 {mx1.cert-sha512}\ndns a TLSA 3 1 0 {mx1.key}\ndns a TLSA 3 1 1 {mx1.also-key-sha256}\n"
         "dns a TLSA 2 0 1 {mx1.issuer-cert-sha256}\ndns a TLSA 2 1 1 {root-key-sha256}\ndns a TLSA 1 1 1 {mx1.old-key-sha256}");
    assert_int_equal(scn_pki_publish(pki, &world, error), 0);
    const char *keys[] = {tlsa("a.one.test.", "3 1 1"), tlsa("a.one.test.", "2 1 1"), tlsa("a.one.test.", "1 1 1"), tlsa("a.one.test.", "2 0 1"),
                          tlsa("_25._tcp.mx1.one.test.", "3 1 1")};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(strlen(keys[i]), 64);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(keys[i], keys[k]);
    }
    assert_int_equal(strlen(tlsa("a.one.test.", "3 0 2")), 128);
    assert_int_equal(strncmp(tlsa("a.one.test.", "3 1 0"), "3059301306072a8648ce3d0201", 26), 0);
    done();
}

static void expect_nothing_to_publish(const char *data)
{
    make(arena_printf(&arena, "dns a TLSA 3 1 1 %s", data));
    assert_int_equal(scn_pki_publish(pki, &world, error), -1);
    char *why = arena_printf(&arena, "one.scn:3: there is nothing that 3 1 1 %s could stand for", data);
    assert_string_equal(error, why);
    done();
}

static void braces_that_stand_for_nothing_are_a_mistake(void **state)
{
    (void)state;
    expect_nothing_to_publish("{mx3.key-sha256}");
    expect_nothing_to_publish("{mx1.also-key-sha256}");
    expect_nothing_to_publish("{mx1.key-sha1}");
    expect_nothing_to_publish("{mx1.old-cert}");
    expect_nothing_to_publish("{mx1.v4}");
    expect_nothing_to_publish("{key-sha256}");
}

/* What a web server says */

static void expect_web(const char *lines, const char *request, const char *expected)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    make(lines);
    scn_web_answer(service("mta-sts", IP_V6, 443), str_of(request), &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.bytes, expected);
    buf_done(&out);
    done();
}

#define GET "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.one.test\r\n\r\n"

static void the_healthy_policy_is_about_the_hosts_of_the_domain(void **state)
{
    (void)state;
    expect_web("server mx.other.test.\ndns @ MX 10 mx.other.test.\ndns @ MX 20 mx2", GET,
               "HTTP/1.1 200 Status\r\nServer: lab\r\nContent-Type: text/plain\r\nContent-Length: 86\r\nConnection: close\r\n\r\n"
               "version: STSv1\r\nmode: enforce\r\nmx: mx.other.test\r\nmx: mx2.one.test\r\nmax_age: 2592000\r\n");
}

static void a_policy_is_answered_as_the_scenario_says(void **state)
{
    (void)state;
    expect_web("server mta-sts\npolicy \"version: STSv1\"\npolicy mx: {mx1}\nhttp lf\nhttp padding 3\nhttp type -", GET,
               "HTTP/1.1 200 Status\r\nServer: lab\r\nContent-Length: 35\r\nConnection: close\r\n\r\nversion: STSv1\nmx: mx1.one.test\n###");
    expect_web("server mta-sts\nhttp status 301\nhttp location https://www.{domain}/\npolicy -", GET,
               "HTTP/1.1 301 Status\r\nServer: lab\r\nContent-Type: text/plain\r\nLocation: https://www.one.test/\r\nContent-Length: 0\r\n"
               "Connection: close\r\n\r\n");
}

static void a_web_server_is_strict(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status;
    } rows[] = {
        {"GET /.well-known/mta-sts.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
        {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: one.test\r\n\r\n", "HTTP/1.1 400"},
        {"GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: mta-sts.one.test\r\n\r\n", "HTTP/1.1 400"},
        {"POST /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.one.test\r\n\r\n", "HTTP/1.1 405"},
        {"GET / HTTP/1.1\r\nHost: mta-sts.one.test\r\n\r\n", "HTTP/1.1 404"},
        {"GET /.well-known/mta-sts.txt HTTP/1.1\r\nAccept: */*\r\nhost:MTA-STS.one.test\r\n\r\n", "HTTP/1.1 200"},
    };
    make("");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        scn_web_answer(service("mta-sts", IP_V4, 443), str_of(rows[i].request), &out);
        if (strncmp(out.bytes, rows[i].status, strlen(rows[i].status)) != 0)
            fail_msg("%s: %.*s", rows[i].request, (int)out.used, out.bytes);
        buf_done(&out);
    }
    done();
}

/* What a client in virtual time makes of it */

static void on_fetched(void *arg)
{
    *(bool *)arg = true;
}

static struct fetch_facts fetch(const char *lines)
{
    static const struct ip ip = {.family = IP_V4, .bytes = {192, 0, 2, 1}};
    struct fetch_request request = {.host = "mta-sts.one.test", .ips = &ip, .ip_count = 1, .body_max_bytes = 1000, .connect_limit_ms = 5000, .limit_ms = 30000};
    struct fetch_facts facts = {.result = FETCH_NOT_TRIED};
    struct fetch f = {.fetcher = NULL};
    bool fetched = false;
    struct loop *loop = loop_new_virtual((struct wall){1800000000});
    struct fetcher *fetcher = scripted_fetcher_new(loop);
    make(lines);
    assert_int_equal(virtual_pages_fill(fetcher, &world, &scenario, 0), 0);
    fetch_start(fetcher, &f, &request, &facts, &arena, on_fetched, &fetched);
    assert_int_equal(loop_run(loop), 0);
    assert_true(fetched);
    virtual_pages_happened(fetcher, &world, &scenario);
    for (const struct scn_reaction *r = service("mta-sts", IP_V4, 443)->reactions; r; r = r->next)
        if (r->word && !r->happened && facts.result != FETCH_TLS_FAILED)
            fail_msg("hear %s never took place", r->word);
    fetcher_free(fetcher);
    loop_free(loop);
    done();
    return facts;
}

static void expect_fetch(const char *lines, enum fetch_result result)
{
    const struct fetch_facts facts = fetch(lines);
    if (facts.result != result)
        fail_msg("%s: result %d instead of %d", lines, facts.result, result);
}

static void a_client_gets_the_page(void **state)
{
    (void)state;
    struct fetch_facts facts = fetch("server mta-sts\nhear GET\nwait 3 s\nusual");
    assert_int_equal(facts.result, FETCH_DONE);
    assert_int_equal(facts.status, 200);
    assert_int_equal(facts.took_ms, 3000);
    assert_string_equal(facts.content_type, "text/plain");
    assert_string_equal(facts.body.p, "version: STSv1\r\nmode: enforce\r\nmx: mx1.one.test\r\nmx: mx2.one.test\r\nmax_age: 2592000\r\n");
    facts = fetch("server mta-sts\nhttp status 302\nhttp location https://www.one.test/");
    assert_int_equal(facts.status, 302);
    assert_string_equal(facts.location, "https://www.one.test/");
    assert_int_equal(facts.body.n, 0);
    facts = fetch("dns mta-sts CNAME web.other.test.\nserver web.other.test. port 443\npolicy mode: none\n"
                  "cert web.other.test. port 443 names mta-sts.one.test");
    assert_string_equal(facts.body.p, "mode: none\r\n");
}

static void a_client_is_told_why_there_is_no_page(void **state)
{
    (void)state;
    expect_fetch("", FETCH_DONE);
    expect_fetch("server mta-sts v4 refuse", FETCH_DONE);
    expect_fetch("server mta-sts refuse", FETCH_REFUSED);
    expect_fetch("server mta-sts silent", FETCH_TIMEOUT);
    expect_fetch("dns mta-sts A {mx1.v4}\ndns mta-sts AAAA -", FETCH_REFUSED);
    expect_fetch("server mta-sts\nconnection\ntls alert 40", FETCH_TLS_FAILED);
    expect_fetch("server mta-sts\nconnection\ntls alert 70", FETCH_TLS_OLD);
    expect_fetch("server mta-sts\nconnection\nsay 220 mail\nhear GET\nusual", FETCH_TLS_FAILED);
    expect_fetch("server mta-sts\nconnection\nclose", FETCH_CLOSED);
    expect_fetch("server mta-sts\nconnection\nwait 40 s\ntls", FETCH_TIMEOUT);
    expect_fetch("server mta-sts\ntls only 1.1", FETCH_TLS_OLD);
    expect_fetch("cert mta-sts issuer self", FETCH_CERT_UNTRUSTED);
    expect_fetch("cert mta-sts issuer stranger dates -9 -1 names a.test", FETCH_CERT_UNTRUSTED);
    expect_fetch("cert mta-sts issuer hidden sends leaf", FETCH_CERT_UNTRUSTED);
    expect_fetch("cert mta-sts issuer hidden", FETCH_DONE);
    expect_fetch("cert mta-sts names a.test dates -9 -1", FETCH_CERT_NAME);
    expect_fetch("cert mta-sts names a.test *.one.test", FETCH_DONE);
    expect_fetch("cert mta-sts names *.test", FETCH_CERT_NAME);
    expect_fetch("cert mta-sts dates -9 -1", FETCH_CERT_DATES);
    expect_fetch("server mta-sts\nhttp padding 2000", FETCH_TOO_LARGE);
    expect_fetch("server mta-sts\nhear GET\nsay HELLO\nclose", FETCH_BROKEN);
    expect_fetch("server mta-sts\nhear GET\nreset", FETCH_CLOSED);
    expect_fetch("server mta-sts\nhear GET\nsilent", FETCH_TIMEOUT);
}

/* Names that cannot be asked for */

static void on_answer(void *arg, const struct dns_reply *reply)
{
    *(struct dns_lookup *)arg = reply->lookup;
}

static void expect_answer(const char *lines, const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec)
{
    struct query q = {.resolver = NULL};
    struct dns_lookup lookup;
    struct loop *loop = loop_new_virtual((struct wall){1800000000});
    struct resolver *resolver = scripted_resolver_new(loop);
    make(lines);
    if (scn_pki_publish(pki, &world, error) < 0 || virtual_names_fill(resolver, &world, SCN_RESOLVER_NONE, error) < 0)
        fail_msg("%s", error);
    resolver_ask(resolver, &q, name, type, &arena, 1000, on_answer, &lookup);
    assert_int_equal(loop_run(loop), 0);
    if (lookup.status != status || lookup.dnssec != dnssec)
        fail_msg("%s with %s: status %d instead of %d, DNSSEC %d instead of %d", name, lines, lookup.status, status, lookup.dnssec, dnssec);
    resolver_free(resolver);
    loop_free(loop);
    done();
}

static void one_name_and_type_may_fail_alone(void **state)
{
    (void)state;
    const char *name = "_25._tcp.mx2.one.test";
    expect_answer("", name, DNS_TLSA, DNS_FOUND, DNSSEC_SECURE);
    expect_answer("dns _25._tcp.mx2 TLSA -", name, DNS_TLSA, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_answer("dns _25._tcp.mx2 TLSA fails", name, DNS_TLSA, DNS_FAILED, DNSSEC_INDETERMINATE);
    expect_answer("dns _25._tcp.mx2 TLSA silent", name, DNS_TLSA, DNS_FAILED, DNSSEC_INDETERMINATE);
    expect_answer("dns _25._tcp.mx2 TLSA bogus", name, DNS_TLSA, DNS_BOGUS, DNSSEC_BOGUS);
    expect_answer("dns _25._tcp.mx2 TLSA bogus", name, DNS_TXT, DNS_NODATA, DNSSEC_SECURE);
    expect_answer("dns mx2 AAAA fails", "mx2.one.test", DNS_A, DNS_FOUND, DNSSEC_SECURE);
    /* Nobody looks at signatures of an unsigned zone. */
    expect_answer("zone @ insecure\ndns mx2 A bogus", "mx2.one.test", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
}

static void an_alias_has_a_state_of_its_own(void **state)
{
    (void)state;
    static const char lines[] = "zone provider.test. insecure\nserver mx.provider.test.\ndns mx2 CNAME mx.provider.test.";
    expect_answer(lines, "mx2.one.test", DNS_A, DNS_FOUND, DNSSEC_INSECURE);
    expect_answer(lines, "mx2.one.test", DNS_CNAME, DNS_FOUND, DNSSEC_SECURE);
    expect_answer(lines, "mx.provider.test", DNS_CNAME, DNS_NODATA, DNSSEC_INSECURE);
    expect_answer(lines, "_25._tcp.mx.provider.test", DNS_TLSA, DNS_FOUND, DNSSEC_INSECURE);
    expect_answer("dns a CNAME mx2\ndns mx2 A fails", "a.one.test", DNS_A, DNS_FAILED, DNSSEC_INDETERMINATE);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(tlsa_records_are_of_the_keys_that_are_served),
        T(a_tlsa_record_may_be_of_anything_that_is_known),
        T(braces_that_stand_for_nothing_are_a_mistake),
        T(the_healthy_policy_is_about_the_hosts_of_the_domain),
        T(a_policy_is_answered_as_the_scenario_says),
        T(a_web_server_is_strict),
        T(a_client_gets_the_page),
        T(a_client_is_told_why_there_is_no_page),
        T(one_name_and_type_may_fail_alone),
        T(an_alias_has_a_state_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
