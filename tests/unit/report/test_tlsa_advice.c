/* SPDX-License-Identifier: Apache-2.0 */
/* test_tlsa_advice - what `mxassay tlsa` says of keys that were served and records that are published. */
#include "report/tlsa_advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { RSA, EC, OLD };
#define HEX_RSA "0101010101010101010101010101010101010101010101010101010101010101"
#define HEX_EC  "0202020202020202020202020202020202020202020202020202020202020202"
#define HEX_CA  "0909090909090909090909090909090909090909090909090909090909090909"

/* One server at two addresses, with one session at each. */
static struct world {
    struct cert_facts certificates[2][2];
    struct session_facts sessions[2], other_key;
    struct deep_facts deep;
    struct endpoint_facts endpoints[2];
    struct address_facts addresses[2];
    char digests[4][32];
    struct tlsa_record records[4];
    enum tlsa_match matches[2][4], other_matches[4];
    struct tlsa_facts tlsa;
    struct host_facts host;
    struct facts facts;
    struct tlsa_advice advice;
    struct buf out;
} w;

static struct cert_facts cert(const char *subject, int spki, const char *type, unsigned bits)
{
    struct cert_facts c = {.subject = str_of(subject), .key_type_text = type, .key_bits = bits, .curve = bits == 256 ? "P-256" : NULL, .not_after = {1800000000}};
    memset(c.spki_sha256, spki, sizeof c.spki_sha256);
    return c;
}

static void show(struct session_facts *s, struct cert_facts *chain, int key)
{
    chain[0] = cert(key == RSA ? "CN=rsa" : "CN=ec", key + 1, key == RSA ? "RSA" : "EC", key == RSA ? 2048 : 256);
    chain[1] = cert("CN=Some CA", 9, "RSA", 4096);
    s->tls = (struct tls_facts){.result = TLS_DONE, .certificates = chain, .certificate_count = 2};
}

static int set_up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    buf_init(&w.out, 1 << 20);
    for (size_t i = 0; i < 2; i++) {
        show(&w.sessions[i], w.certificates[i], EC);
        w.sessions[i].tls.tlsa[0] = w.matches[i];
        w.endpoints[i] = (struct endpoint_facts){.port = 25, .sessions = &w.sessions[i], .session_count = 1, .shown = &w.sessions[i]};
        w.addresses[i] = (struct address_facts){.ip = {IP_V4, {192, 0, 2, (uint8_t)(i + 1)}}, .endpoints = &w.endpoints[i], .endpoint_count = 1};
    }
    w.tlsa = (struct tlsa_facts){.port = 25, .base_count = 1, .bases = {{.name = "mx.good.test", .records = w.records}}};
    w.tlsa.bases[0].lookup = (struct dns_lookup){.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE};
    w.host = (struct host_facts){.name = "mx.good.test", .addresses = w.addresses, .address_count = 2, .tlsa = &w.tlsa, .tlsa_count = 1,
                                 .a = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE}, .aaaa = {.status = DNS_NODATA, .dnssec = DNSSEC_SECURE}};
    w.facts = (struct facts){.target = {.kind = TARGET_SERVER, .name = "mx.good.test", .port = 25}, .checked_at = {1795529100}, .hosts = &w.host, .host_count = 1};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_done(&w.out);
    return 0;
}

static void publish(unsigned usage, int spki, enum tlsa_match match)
{
    struct tlsa_base *base = &w.tlsa.bases[0];
    size_t i = base->record_count++;
    memset(w.digests[i], spki, 32);
    w.records[i] = (struct tlsa_record){(uint8_t)usage, 1, 1, {w.digests[i], 32}, TLSA_SOUND};
    w.matches[0][i] = w.matches[1][i] = match;
    base->lookup = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 3600};
}

static const char *advise(void)
{
    tlsa_advice_collect(&w.facts, &w.advice);
    tlsa_advice_write_text(&w.out, &w.advice);
    assert_false(w.out.failed);
    buf_add_char(&w.out, '\0');
    for (const char *line = w.out.bytes; *line; line = strchr(line, '\n') + 1) /* nothing but records, comments and blank lines */
        if (*line != ';' && *line != '\n' && *line != '_')
            fail_msg("a line that no zone file has: %s", line);
    return w.out.bytes;
}

static void assert_says(const char *text, const char *words)
{
    assert_non_null(text);
    if (!text || !strstr(text, words))
        fail_msg("it does not say `%s`:\n%s", words, text);
}

static void assert_status(int status)
{
    assert_int_equal(tlsa_advice_exit_status(&w.advice), status);
}

static void nothing_is_published(void **state)
{
    (void)state;
    const char *text = advise();
    assert_says(text, "\n_25._tcp.mx.good.test. IN TLSA 3 1 1 " HEX_EC "\n");
    assert_says(text, "; EC P-256 key of CN=ec, certificate valid until 2027-01-15\n; served at 192.0.2.1, 192.0.2.2; this record is not published\n");
    assert_says(text, "; Published now: nothing, and DNSSEC proves it\n");
    assert_says(text, "Wait twice the TTL");
    assert_null(strstr(text, "TLSA 2 1 1"));
    assert_status(1);
}

static void all_is_well(void **state)
{
    (void)state;
    publish(3, EC + 1, TLSA_MATCHES);
    const char *text = advise();
    assert_says(text, "this record is published\n");
    assert_says(text, "; Published now: 1 record, TTL 3600 s\n;   3 1 1 " HEX_EC "  matches what is served\n");
    assert_says(text, "Wait 2 x TTL, 7200 s");
    assert_status(0);
}

static void an_old_record_stands_beside(void **state)
{
    (void)state;
    publish(3, EC + 1, TLSA_MATCHES);
    publish(3, OLD + 1, TLSA_NO_DIGEST);
    assert_says(advise(), "matches nothing that was seen: stale, or for the next key\n");
    assert_status(1);
}

static void a_record_of_another_form_covers_the_key(void **state)
{
    (void)state;
    publish(2, 9, TLSA_MATCHES);
    assert_says(advise(), "this record is not published\n");
    assert_status(0);
}

static void a_record_that_senders_do_not_use(void **state)
{
    (void)state;
    publish(1, EC + 1, TLSA_MATCHES);
    assert_says(advise(), HEX_EC "  of no use to senders\n");
    assert_status(1);
}

static void both_sorts_of_key(void **state)
{
    (void)state;
    static struct cert_facts chain[2];
    show(&w.other_key, chain, RSA);
    w.other_key.tls.tlsa[0] = w.other_matches;
    w.deep.sessions[DEEP_OTHER_KEY] = &w.other_key;
    w.endpoints[0].deep = &w.deep;
    publish(3, EC + 1, TLSA_MATCHES);
    const char *text = advise();
    assert_int_equal(w.advice.key_count, 2);
    assert_says(text, "; RSA 2048 key of CN=rsa, certificate valid until 2027-01-15\n; served at 192.0.2.1; this record is not published\n"
                      "_25._tcp.mx.good.test. IN TLSA 3 1 1 " HEX_RSA "\n");
    assert_status(1);
}

static void an_issuer_that_proves(void **state)
{
    (void)state;
    tlsa_advice_collect(&w.facts, &w.advice);
    w.advice.keys[0].issuer_proves = true;
    tlsa_advice_write_text(&w.out, &w.advice);
    buf_add_char(&w.out, '\0');
    assert_says(w.out.bytes, "RSA 4096 key of CN=Some CA");
    assert_says(w.out.bytes, "\n_25._tcp.mx.good.test. IN TLSA 2 1 1 " HEX_CA "\n");
}

static void unsigned_addresses(void **state)
{
    (void)state;
    publish(3, EC + 1, TLSA_MATCHES);
    w.host.a.dnssec = DNSSEC_INSECURE;
    assert_says(advise(), "are not signed");
    assert_status(1);
}

static void what_is_published_is_not_known(void **state)
{
    (void)state;
    w.tlsa.bases[0].lookup = (struct dns_lookup){.status = DNS_FAILED, .reason = "SERVFAIL"};
    const char *text = advise();
    assert_says(text, "; Published now: not known: SERVFAIL\n");
    assert_says(text, "IN TLSA 3 1 1 " HEX_EC);
    assert_status(2);
}

static void no_certificate_was_seen(void **state)
{
    (void)state;
    w.sessions[0].tls.certificate_count = w.sessions[1].tls.certificate_count = 0;
    assert_says(advise(), "; 0 of 2 addresses showed a certificate");
    assert_status(2);
}

static void a_name_without_addresses(void **state)
{
    (void)state;
    w.host = (struct host_facts){.name = "mx.good.test"};
    assert_says(advise(), "nobody asks for its records");
    assert_status(2);
}

static void an_alias(void **state)
{
    (void)state;
    w.tlsa.base_count = 2;
    w.tlsa.bases[1] = w.tlsa.bases[0];
    w.tlsa.bases[0].name = "mail.far.test";
    const char *text = advise();
    assert_says(text, "; mx.good.test is an alias");
    assert_says(text, "\n_25._tcp.mail.far.test. IN TLSA 3 1 1 ");
}

static void a_subject_cannot_leave_its_comment(void **state)
{
    (void)state;
    w.certificates[0][0].subject = STR("CN=x\n_25._tcp.mx.good.test. IN TLSA 3 1 1 00\r\xc2\x85");
    assert_says(advise(), "CN=x\\x0a_25");
}

static void json_says_the_same(void **state)
{
    (void)state;
    publish(3, EC + 1, TLSA_MATCHES);
    publish(3, OLD + 1, TLSA_NO_DIGEST);
    tlsa_advice_collect(&w.facts, &w.advice);
    tlsa_advice_write_json(&w.out, &w.advice, 0);
    buf_add_char(&w.out, '\0');
    assert_says(w.out.bytes, "\"base\":\"mx.good.test\"");
    assert_says(w.out.bytes, "\"dnssec\":\"secure\",\"ttl_s\":3600,\"addresses_tried\":2,\"addresses_seen\":2");
    assert_says(w.out.bytes, "\"addresses\":[\"192.0.2.1\",\"192.0.2.2\"],\"authenticated\":true,\"key_record\":{\"usage\":3,\"selector\":1,\"matching_type\":1,"
                             "\"data\":\"" HEX_EC "\",\"published\":true},\"issuer_record\":null");
    assert_says(w.out.bytes, "\"state\":\"stale\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(nothing_is_published),
        TEST(all_is_well),
        TEST(an_old_record_stands_beside),
        TEST(a_record_of_another_form_covers_the_key),
        TEST(a_record_that_senders_do_not_use),
        TEST(both_sorts_of_key),
        TEST(an_issuer_that_proves),
        TEST(unsigned_addresses),
        TEST(what_is_published_is_not_known),
        TEST(no_certificate_was_seen),
        TEST(a_name_without_addresses),
        TEST(an_alias),
        TEST(a_subject_cannot_leave_its_comment),
        TEST(json_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
