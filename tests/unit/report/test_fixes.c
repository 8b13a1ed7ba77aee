/* SPDX-License-Identifier: Apache-2.0 */
/* test_fixes - what is offered to copy belongs to a check, names the right thing, and is never made of names that bite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fixture_parts.h"
#include "report/documents.h"
#include "report/fixes.h"

enum { OUT_BYTES_MAX = 64 * 1024 * 1024 };

static void every_fix_is_for_a_check_that_exists(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixes_count(); i++)
        if (!check_find(fixes_check(i)))
            fail_msg("fixes.def: there is no check %s", fixes_check(i));
}

/* All fixes of a check at the one endpoint of a host, each line behind the name of what it is for. */
static void offer(struct buf *out, struct arena *a, const char *host, const char *greeting, const char *check)
{
    struct world *w = world_new(a, "example.org");
    struct host_facts *h = world_host(w, 10, host);
    struct address_facts *address = world_address(w, h, "192.0.2.1");
    struct session_facts *s = world_endpoint(w, h, address, 25);
    struct verdict v = {.check = check_find(check), .subject = about(h, address, address->endpoints), .value = VERDICT_FAIL};
    const char *where;
    assert_non_null(v.check);
    s->greeting = reply_of(a, 220, greeting, 5);
    memset(s->tls.certificates[0].spki_sha256, 0xab, 32);
    buf_clear(out);
    for (size_t at = 0; fixes_next(out, &w->facts, &v, &at, &where);)
        buf_printf(out, " <%s>\n", where);
    buf_add_char(out, '\0');
    assert_false(out->failed);
}

static void what_fits_is_offered(void **state)
{
    static const struct {
        const char *host, *greeting, *check, *says, *never_says; /* NULL: nothing more to say */
    } cases[] = {
        {"mx.example.org", "mx.example.org ESMTP Postfix", "cert.dates", "certbot renew --cert-name mx.example.org --deploy-hook 'postfix reload' <Postfix>",
         "<Exim>"},
        {"mx.example.org", "mx.example.org ESMTP Exim 4.96", "cert.dates", "<Exim>", "<Postfix>"},
        {"mx.example.org", "mx.example.org ESMTP", "cert.dates", "<Exim>", "%"},
        {"mx.example.org", "mx.example.org ESMTP Sendmail", "cert.dates", NULL, "<"},
        {"example-org.mail.protection.outlook.com", "x Microsoft ESMTP MAIL Service", "spf.published", "include:spf.protection.outlook.com", "<Postfix>"},
        {"mx.example.org", "mx.example.org ESMTP", "spf.published", "example.org. 3600 IN TXT \"v=spf1 mx ~all\" <DNS>", "outlook"},
        {"mx.example.org", "mx ESMTP", "dane.match", "_25._tcp.mx.example.org. 3600 IN TLSA 3 1 1 abababab", "%k"},
        {"mx.example.org", "mx ESMTP", "rdns.ptr-exists", "1.2.0.192.in-addr.arpa. 3600 IN PTR mx.example.org. <DNS>", NULL},
        {"mx.example.org", "mx ESMTP", "mtasts.published", "mode: testing\nmx: mx.example.org\nmax_age: 604800 <web server>", NULL},
        {"mx.example.org", "mx ESMTP", "mtasts.record", "\"v=STSv1; id=20261124060000\"", NULL},
        {"-rf.$(reboot).example.org", "mx ESMTP", "cert.dates", NULL, "<"}, /* nobody pastes that */
        {"mx.example.org", "mx ESMTP", "dns.domain-exists", NULL, "<"},     /* has no answer to copy */
        {"192.0.2.1", "mx ESMTP Postfix", "cert.dates", NULL, "<"},         /* no name, no certificate for it */
    };
    struct arena a;
    struct buf out;
    (void)state;
    buf_init(&out, OUT_BYTES_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena_init(&a, OUT_BYTES_MAX);
        offer(&out, &a, cases[i].host, cases[i].greeting, cases[i].check);
        if ((cases[i].says && !strstr(out.bytes, cases[i].says)) || (cases[i].never_says && strstr(out.bytes, cases[i].never_says)))
            fail_msg("%s at %s: %s", cases[i].check, cases[i].host, out.bytes);
        arena_done(&a);
    }
    buf_done(&out);
}

/* At sizes too small the documents say so, and touch nothing past the end (the sanitizers watch). */
static void a_full_buffer_is_said(void **state)
{
    struct arena a;
    struct buf small;
    (void)state;
    arena_init(&a, OUT_BYTES_MAX);
    const struct report r = fixture_make(&a, "hostile");
    for (enum document_kind kind = DOCUMENT_HTML; kind <= DOCUMENT_PROMETHEUS; kind++) {
        size_t needed = 0;
        for (size_t cap = OUT_BYTES_MAX; cap != 0; cap = cap == OUT_BYTES_MAX ? needed - 1 : cap / 2) {
            struct document d;
            buf_init(&small, cap);
            document_init(&d, kind, FAIL_ON_ERROR);
            document_add(&small, &d, &r);
            document_end(&small, &d);
            document_done(&d);
            assert_true(small.used <= cap);
            assert_int_equal(small.failed, cap < OUT_BYTES_MAX);
            needed = cap == OUT_BYTES_MAX ? small.used : needed;
            buf_done(&small);
        }
    }
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fix_is_for_a_check_that_exists),
        cmocka_unit_test(what_fits_is_offered),
        cmocka_unit_test(a_full_buffer_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
