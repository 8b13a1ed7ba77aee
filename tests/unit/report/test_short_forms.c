/* SPDX-License-Identifier: Apache-2.0 */
/* test_short_forms - mx-health accuses nobody of what was not seen; the brief report stays within its room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture_parts.h"

enum { OUT_BYTES_MAX = 16 * 1024 * 1024 };

struct bench {
    struct arena arena;
    struct buf out;
    struct world *w;
    struct host_facts *host;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    arena_init(&b->arena, OUT_BYTES_MAX);
    buf_init(&b->out, OUT_BYTES_MAX);
    b->w = world_new(&b->arena, "example.org");
    b->host = world_host(b->w, 10, "mx.example.org");
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    buf_done(&b->out);
    arena_done(&b->arena);
    free(b);
    return 0;
}

/* Verdicts of real checks; those of one check must be added together. */
static void add(struct bench *b, const char *id, enum verdict_value value, const struct address_facts *a, const struct endpoint_facts *e)
{
    const struct check *check = check_find(id);
    assert_non_null(check);
    assert_in_range(b->w->judgement.count, 0, VERDICTS_MAX - 1);
    b->w->judgement.verdicts[b->w->judgement.count++] = (struct verdict){.check = check,
                                                                         .subject = about(b->host, a, e),
                                                                         .value = value,
                                                                         .reason = value == VERDICT_UNKNOWN ? REASON_THROTTLED : REASON_NONE,
                                                                         .detail = "Seen."};
}

static const char *mx_health(struct bench *b)
{
    buf_clear(&b->out);
    report_write_mx_health(&b->out, &(struct report){&b->w->facts, &b->w->judgement});
    buf_add_char(&b->out, '\0');
    assert_false(b->out.failed);
    return b->out.bytes;
}

static void assert_says(const char *json, const char *words)
{
    if (!strstr(json, words))
        fail_msg("%s is not in %s", words, json);
}

static void the_first_step_that_fails_is_the_status(void **state)
{
    static const struct {
        const char *id;
        enum verdict_value value;
        const char *status;
    } cases[] = {
        {"net.port25-open", VERDICT_FAIL, "unreachable"},
        {"net.port25-open", VERDICT_UNKNOWN, "inconclusive"}, /* our own network may keep it in */
        {"smtp.greeting", VERDICT_FAIL, "smtp_failed"},
        {"smtp.greeting", VERDICT_UNKNOWN, "inconclusive"}, /* 421, or a refusal of us */
        {"smtp.ehlo", VERDICT_FAIL, "smtp_failed"},
        {"tls.starttls-offered", VERDICT_FAIL, "starttls_missing"},
        {"tls.starttls-accepted", VERDICT_FAIL, "tls_failed"},
        {"tls.handshake", VERDICT_FAIL, "tls_failed"},
        {"tls.handshake", VERDICT_UNKNOWN, "inconclusive"},
        {"rdns.ptr-exists", VERDICT_FAIL, "ok"}, /* is nothing that SMTP hangs on */
    };
    static const char *const rows[] = {"net.port25-open", "smtp.greeting", "smtp.ehlo", "tls.starttls-offered", "tls.starttls-accepted", "tls.handshake"};
    struct bench *b = *state;
    struct address_facts *a = world_address(b->w, b->host, "192.0.2.1");
    world_endpoint(b->w, b->host, a, 25);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum verdict_value now = VERDICT_PASS;
        char wanted[64];
        b->w->judgement.count = 0;
        for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
            bool is_it = strcmp(rows[row], cases[i].id) == 0;
            add(b, rows[row], is_it ? cases[i].value : now, a, row ? a->endpoints : NULL);
            if (is_it) /* what lies behind it was not seen */
                now = cases[i].value == VERDICT_FAIL ? VERDICT_NA : VERDICT_UNKNOWN;
        }
        if (strcmp(cases[i].id, "rdns.ptr-exists") == 0)
            add(b, "rdns.ptr-exists", VERDICT_FAIL, a, NULL);
        snprintf(wanted, sizeof wanted, "\"status\":\"%s\"", cases[i].status);
        assert_says(mx_health(b), wanted);
        if (strcmp(cases[i].status, "inconclusive") == 0)
            assert_says(b->out.bytes, "\"tls_negotiated\":null");
    }
}

/* One address that works and one that we could not see: nothing bad is known of the host. */
static void of_two_addresses_the_worst_that_is_known_is_shown(void **state)
{
    struct bench *b = *state;
    struct address_facts *a1 = world_address(b->w, b->host, "192.0.2.1"), *a2 = world_address(b->w, b->host, "192.0.2.2");
    world_endpoint(b->w, b->host, a1, 25);
    world_endpoint(b->w, b->host, a2, 25);
    add(b, "net.port25-open", VERDICT_PASS, a1, NULL);
    add(b, "net.port25-open", VERDICT_UNKNOWN, a2, NULL);
    add(b, "smtp.ehlo", VERDICT_PASS, a1, a1->endpoints);
    add(b, "smtp.ehlo", VERDICT_UNKNOWN, a2, a2->endpoints);
    add(b, "tls.handshake", VERDICT_PASS, a1, a1->endpoints);
    add(b, "tls.handshake", VERDICT_UNKNOWN, a2, a2->endpoints);
    assert_says(mx_health(b), "\"status\":\"ok\"");
    b->w->judgement.verdicts[1].value = VERDICT_FAIL;
    assert_says(mx_health(b), "\"status\":\"unreachable\"");
}

static void who_was_not_connected_to_has_no_probe(void **state)
{
    struct bench *b = *state;
    struct address_facts *a = world_address(b->w, b->host, "10.0.0.1");
    world_endpoint(b->w, b->host, a, 25);
    a->endpoints[0].not_probed = NOT_PROBED_PRIVATE_ADDRESS;
    assert_says(mx_health(b), "\"ips\":[\"10.0.0.1\"],\"reachable\":true,\"error\":null,\"smtp_probe\":null");
    b->w->facts.smtp_wanted = false;
    a->endpoint_count = 0;
    assert_says(mx_health(b), "\"smtp_probe\":null");
    assert_says(b->out.bytes, "\"smtp_probe_enabled\":false");
}

static void the_null_mx_is_a_record_and_no_host(void **state)
{
    struct bench *b = *state;
    b->w->facts.host_count = 0;
    b->w->facts.mx.status = MX_NULL;
    b->w->facts.mx.records[0] = (struct mx_record){0, "."};
    assert_says(mx_health(b), "\"mx_records\":[{\"priority\":0,\"host\":\".\",\"ips\":[],\"reachable\":false,\"error\":null,\"smtp_probe\":null}]");
    assert_says(b->out.bytes, "\"has_valid_mx\":false");
    assert_says(b->out.bytes, "\"count\":1");
    assert_says(b->out.bytes, "takes no mail");
}

static void the_domain_itself_stands_in_for_mx_records(void **state)
{
    struct bench *b = *state;
    b->w->facts.mx.status = MX_IMPLICIT;
    b->w->facts.mx.record_count = 0;
    world_address(b->w, b->host, "192.0.2.1");
    assert_says(mx_health(b), "\"host\":\"mx.example.org\",\"ips\":[\"192.0.2.1\"]");
    assert_says(b->out.bytes, "\"count\":0");
}

static void issues_are_failures_first_and_notices_never(void **state)
{
    struct bench *b = *state;
    struct address_facts *a = world_address(b->w, b->host, "192.0.2.1");
    world_endpoint(b->w, b->host, a, 25);
    add(b, "smtp.ehlo", VERDICT_UNKNOWN, a, a->endpoints);
    add(b, "tls.pq-hybrid", VERDICT_FAIL, a, a->endpoints); /* a notice */
    add(b, "tls.handshake", VERDICT_FAIL, a, a->endpoints);
    const char *json = mx_health(b), *failure = strstr(json, check_find("tls.handshake")->title), *open_question = strstr(json, "Could not check ");
    assert_non_null(failure);
    assert_non_null(open_question);
    assert_true(failure < open_question);
    assert_null(strstr(json, check_find("tls.pq-hybrid")->title));
}

/* Every check fails at two places, each with a page of somebody's words. */
static void the_brief_report_has_an_end(void **state)
{
    struct bench *b = *state;
    struct address_facts *a = world_address(b->w, b->host, "2001:db8:1111:2222:3333:4444:5555:6666");
    struct summary *s = &b->w->judgement.summary;
    char words[4001];
    world_endpoint(b->w, b->host, a, 25);
    memset(words, '"', sizeof words - 1); /* two octets each in JSON */
    words[sizeof words - 1] = '\0';
    s->headline = words;
    b->host->name = words;
    b->w->facts.target.name = words;
    b->w->facts.incomplete = true;
    b->w->facts.incomplete_reason = words;
    for (size_t i = 0; i < check_count() && b->w->judgement.count + 2 < VERDICTS_MAX; i++)
        for (size_t k = 0; k < 2; k++) {
            add(b, check_at(i)->id, VERDICT_FAIL, a, a->endpoints);
            struct verdict *v = &b->w->judgement.verdicts[b->w->judgement.count - 1];
            v->detail = words;
            b->w->judgement.findings[b->w->judgement.finding_count++] = v;
        }
    report_write_brief(&b->out, &(struct report){&b->w->facts, &b->w->judgement});
    assert_false(b->out.failed);
    assert_in_range(b->out.used, 1000, REPORT_BRIEF_BYTES);
    buf_add_char(&b->out, '\0');
    assert_says(b->out.bytes, "\"verdict\":\"fail\"");
    assert_null(strstr(b->out.bytes, "\"findings_left_out\":0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_step_that_fails_is_the_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_two_addresses_the_worst_that_is_known_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_was_not_connected_to_has_no_probe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_null_mx_is_a_record_and_no_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_domain_itself_stands_in_for_mx_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(issues_are_failures_first_and_notices_never, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_brief_report_has_an_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
