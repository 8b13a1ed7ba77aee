/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/tally: the summary says what the lines say, whichever run wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../report/fixture.h"
#include "bulk/answered.h"
#include "bulk/tally.h"

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024 };

static void start(struct tally *t)
{
    assert_int_equal(tally_init(t, 1000), 0);
}

static void add(struct tally *t, const char *line)
{
    assert_int_equal(tally_feed(t, str_of(line)), 0);
    assert_int_equal(tally_feed(t, STR("\n")), 0);
}

/* "server 2 1 0, ..." of one kind: domains, sole, with errors. */
static void expect_shared(const struct tally *t, enum tally_kind kind, const char *wanted)
{
    const struct heavy_entry *list[20];
    struct buf seen;
    buf_init(&seen, TEXT_BYTES_MAX);
    for (size_t i = 0, n = heavy_list(&t->shared[kind], list, 20); i < n; i++)
        buf_printf(&seen, "%s%s %llu %llu %llu", i ? ", " : "", list[i]->name, (unsigned long long)list[i]->domains, (unsigned long long)list[i]->sole,
                   (unsigned long long)list[i]->with_errors);
    buf_add_char(&seen, '\0');
    assert_string_equal(seen.bytes, wanted);
    buf_done(&seen);
}

#define MAIL_HOST(name, addresses) "{\"host\":\"" name "\",\"role\":\"mail\",\"addresses\":[" addresses "]}"
#define ADDRESS(ip, certificates) "{\"ip\":\"" ip "\",\"endpoints\":[{\"port\":25,\"tls\":{\"certificates\":[" certificates "]}}]}"
#define CERTIFICATE(issuer) "{\"issuer\":\"" issuer "\",\"self_signed\":false}"
#define LINE(status, hosts) "{\"seq\":1,\"input\":\"x\",\"checked_at\":\"2026-11-26T05:00:00Z\",\"summary\":{\"status\":\"" status "\"},\"hosts\":[" hosts "]}"

static void domains_share_what_they_use(void **state)
{
    (void)state;
    struct tally t;
    start(&t);
    add(&t, LINE("ok", MAIL_HOST("mx1.a.test", ADDRESS("192.0.2.1", CERTIFICATE("CN=R1,O=CA One,C=US") "," CERTIFICATE("O=Root")))));
    add(&t, LINE("error", MAIL_HOST("mx1.a.test", ADDRESS("192.0.2.1", CERTIFICATE("CN=R2,O=CA One,C=US"))) "," MAIL_HOST(
                              "mx.b.test", ADDRESS("192.0.2.2", CERTIFICATE("O=CA Two\\\\, Inc.+C=US")) "," ADDRESS("192.0.2.1", ""))));
    add(&t, LINE("error", MAIL_HOST("mx2.a.test", "")));
    expect_shared(&t, TALLY_SERVERS, "mx1.a.test 2 1 1, mx.b.test 1 0 1, mx2.a.test 1 1 1");
    expect_shared(&t, TALLY_ADDRESSES, "192.0.2.1 2 1 1, 192.0.2.2 1 0 1");
    expect_shared(&t, TALLY_CAS, "CA One 2 1 1, CA Two, Inc. 1 0 1");
    expect_shared(&t, TALLY_OPERATORS, "a.test 3 2 2, b.test 1 0 1");
    assert_int_equal(t.domains, 3);
    assert_int_equal(t.by_status[STATUS_OK], 1);
    assert_int_equal(t.by_status[STATUS_ERROR], 2);
    assert_int_equal(t.unread, 0);
    tally_done(&t);
}

static void what_is_no_mail_host_does_not_count(void **state)
{
    (void)state;
    struct tally t;
    start(&t);
    add(&t, LINE("ok", "{\"host\":\"sub.a.test\",\"role\":\"submission\",\"addresses\":[" ADDRESS("192.0.2.9", CERTIFICATE("O=CA")) "]}"));
    add(&t, LINE("ok", MAIL_HOST(".", "")));
    add(&t, LINE("ok", MAIL_HOST("mx.a.test", ADDRESS("192.0.2.1", "{\"issuer\":\"CN=self\",\"self_signed\":true}"))));
    add(&t, LINE("ok", MAIL_HOST("mx.a.test", ADDRESS("192.0.2.1", CERTIFICATE("CN=nobody")))));
    expect_shared(&t, TALLY_SERVERS, "mx.a.test 2 2 0");
    expect_shared(&t, TALLY_ADDRESSES, "192.0.2.1 2 2 0");
    expect_shared(&t, TALLY_CAS, "CN=nobody 1 1 0");
    tally_done(&t);
}

static void a_domain_counts_once_for_a_check(void **state)
{
    (void)state;
    struct tally t;
    const struct check *first = check_at(0), *second = check_at(1), *last = check_at(check_count() - 1);
    char line[1024];
    start(&t);
    snprintf(
        line, sizeof line,
        "{\"summary\":{\"status\":\"warning\"},\"checks\":[{\"id\":\"%s\",\"pass\":3,\"fail\":2,\"unknown\":1,\"na\":0},{\"id\":\"no.such-check\",\"pass\":0,"
        "\"fail\":9,\"unknown\":0,\"na\":0},{\"id\":\"%s\",\"pass\":3,\"fail\":0,\"unknown\":1,\"na\":0},{\"id\":\"%s\",\"pass\":0,\"fail\":0,\"unknown\":0,"
        "\"na\":4}]}",
        first->id, second->id, last->id);
    add(&t, line);
    snprintf(line, sizeof line, "{\"summary\":{\"status\":\"warning\"},\"checks\":[{\"id\":\"%s\",\"pass\":3},{\"id\":\"%s\",\"fail\":1}]}", last->id,
             first->id);
    add(&t, line);
    assert_int_equal(t.checks[0].failed, 2);
    assert_int_equal(t.checks[0].unknown, 0);
    assert_int_equal(t.checks[1].unknown, 1);
    assert_int_equal(t.checks[1].passed, 0);
    assert_int_equal(t.checks[check_count() - 1].passed, 1);
    tally_done(&t);
}

static void times_span_all_checks(void **state)
{
    (void)state;
    struct tally t;
    start(&t);
    add(&t, "{\"checked_at\":\"2026-11-26T05:00:02Z\",\"summary\":{\"status\":\"ok\"}}");
    add(&t, "{\"checked_at\":\"2026-11-26T05:00:01Z\",\"summary\":{\"status\":\"ok\"}}");
    add(&t, "{\"checked_at\":\"2026-11-26T05:00:03Z\",\"summary\":{\"status\":\"ok\"}}");
    assert_string_equal(t.first, "2026-11-26T05:00:01Z");
    assert_string_equal(t.last, "2026-11-26T05:00:03Z");
    tally_done(&t);
}

static void what_cannot_be_read_is_counted_apart(void **state)
{
    (void)state;
    struct tally t;
    start(&t);
    add(&t, "{\"seq\":1,\"input\":\"x\",}");
    add(&t, "{\"summary\":{\"status\":\"ok\"}");
    add(&t, LINE("ok", ""));
    assert_int_equal(tally_feed(&t, STR("{\"seq\":2,\"input\":\"y\",\"summary\":{\"sta")), 0);
    tally_drop(&t);
    add(&t, LINE("ok", ""));
    assert_int_equal(t.domains, 2);
    assert_int_equal(t.unread, 2);
    tally_done(&t);
}

/* The report's own numbers, and those that are read out of its line, in pieces. */
static void a_report_is_read_as_it_was_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_count; i++) {
        struct arena arena;
        struct buf line;
        struct tally t;
        arena_init(&arena, TEXT_BYTES_MAX);
        buf_init(&line, TEXT_BYTES_MAX);
        start(&t);
        struct report r = fixture_make(&arena, fixtures[i].name);
        report_write_json(&line, &r, 0);
        buf_add_char(&line, '\n');
        for (size_t at = 0; at < line.used; at += 1000)
            assert_int_equal(tally_feed(&t, (struct str){line.bytes + at, line.used - at < 1000 ? line.used - at : 1000}), 0);
        assert_int_equal(t.domains, 1);
        assert_int_equal(t.by_status[r.judgement->summary.status], 1);
        for (size_t k = 0; k < check_count(); k++) {
            bool failed = false;
            for (size_t v = 0; v < r.judgement->count; v++)
                failed = failed || (strcmp(r.judgement->verdicts[v].check->id, check_at(k)->id) == 0 && r.judgement->verdicts[v].value == VERDICT_FAIL);
            assert_int_equal(t.checks[k].failed, failed);
        }
        size_t hosts = 0;
        for (size_t h = 0; h < r.facts->host_count; h++)
            hosts += strcmp(r.facts->hosts[h].name, ".") != 0;
        assert_int_equal(t.shared[TALLY_SERVERS].count, hosts);
        tally_done(&t);
        buf_done(&line);
        arena_done(&arena);
    }
}

static const char *written(struct buf *out, const struct tally *t, bool whole, uint64_t rejected)
{
    buf_init(out, TEXT_BYTES_MAX);
    tally_write(out, t, whole, rejected);
    buf_add_char(out, '\0');
    assert_false(out->failed);
    return out->bytes;
}

static void the_summary_is_the_same_for_the_same_lines(void **state)
{
    (void)state;
    struct buf one, two;
    struct tally t;
    char line[512];
    for (int order = 0; order < 2; order++) {
        start(&t);
        for (int i = 0; i < 300; i++) {
            int n = order ? 299 - i : i;
            snprintf(line, sizeof line, LINE("error", MAIL_HOST("mx%d.test", ADDRESS("192.0.2.%d", ""))), n % 150, n % 200);
            add(&t, line);
        }
        written(order ? &two : &one, &t, true, 3);
        tally_done(&t);
    }
    assert_string_equal(one.bytes, two.bytes);
    assert_non_null(strstr(one.bytes, "\"complete\": true"));
    assert_non_null(strstr(one.bytes, "\"rejected\": 3"));
    assert_non_null(strstr(one.bytes, "\"names\": 150"));
    assert_null(strstr(one.bytes, "\"mx99.test\"")); /* only a hundred are listed: by name, as all are used twice */
    buf_done(&one);
    buf_done(&two);
}

static void a_summary_that_misses_lines_is_not_complete(void **state)
{
    (void)state;
    struct buf out;
    struct tally t;
    start(&t);
    assert_non_null(strstr(written(&out, &t, false, 0), "\"complete\": false"));
    assert_non_null(strstr(out.bytes, "\"first_checked_at\": null"));
    buf_done(&out);
    add(&t, "no report}");
    assert_non_null(strstr(written(&out, &t, true, 0), "\"complete\": false"));
    buf_done(&out);
    tally_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_share_what_they_use),
        cmocka_unit_test(what_is_no_mail_host_does_not_count),
        cmocka_unit_test(a_domain_counts_once_for_a_check),
        cmocka_unit_test(times_span_all_checks),
        cmocka_unit_test(what_cannot_be_read_is_counted_apart),
        cmocka_unit_test(a_report_is_read_as_it_was_meant),
        cmocka_unit_test(the_summary_is_the_same_for_the_same_lines),
        cmocka_unit_test(a_summary_that_misses_lines_is_not_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
