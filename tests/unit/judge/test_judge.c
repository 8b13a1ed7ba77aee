/* SPDX-License-Identifier: Apache-2.0 */
/* test_judge - what holds for every row: the healthy world, gates, unknowns that stem from others, owners, order, choice of rows. */
#include "dane_world.h"
#include "deep_world.h"
#include "mail_names_world.h"
#include "sender_world.h"

static void nothing_is_found_where_nothing_is_wrong(void **state)
{
    expect_findings(*state, "");
}

/* A test of one thing proves little while others do not look at all. */
static void every_row_looks_at_the_healthy_world(void **state)
{
    static const char *const of_others[] = {"mx.implicit", "mx.null-exclusive", "mx.null-proper", "mx.null-locked", "mx.expected-set", "mx.target-dangling",
                                            "pool.operators", "smtp.submission-cleartext", "smtp.submission-implicit-tls", "dane.submission-match",
                                            "mtasts.testing-violation"};
    struct world *w = *state;
    with_dane(w);
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    w->facts.mta_sts.cached = w->facts.mta_sts.policy;
    w->facts.mta_sts.cached_id = "0";
    with_tls_rpt(w);
    with_deep(w);
    with_spf(w);
    with_dmarc(w);
    with_dkim(w);
    w->facts.dkim.selectors[w->facts.dkim.selector_count++] = (struct dkim_selector){.name = "named", .given = true, .txt = {.status = DNS_FOUND}, .count = 1};
    with_dnsbl(w);
    with_authorities(w);
    with_caa(w);
    with_bimi(w);
    set_reply(w, &with_postmaster(w, MX1_V4)->rcpt, 250, "2.1.5 Ok");
    expect_findings(w, "");
    for (size_t row = 0; row < check_count(); row++) {
        bool passes = false, expected = true;
        for (size_t i = 0; i < w->out.count; i++)
            passes = passes || (w->out.verdicts[i].check == check_at(row) && w->out.verdicts[i].value == VERDICT_PASS);
        for (size_t i = 0; i < sizeof of_others / sizeof *of_others; i++)
            expected = expected && strcmp(of_others[i], check_at(row)->id) != 0;
        if (passes != expected)
            fail_msg("%s %s", check_at(row)->id, passes ? "passes, though it is about other domains" : "passes for no object");
    }
}

static void there_is_one_verdict_per_row_and_object(void **state)
{
    static const size_t objects[] = {[SCOPE_DOMAIN] = 1, [SCOPE_HOST] = 2, [SCOPE_ADDRESS] = 4, [SCOPE_ENDPOINT] = 5};
    struct world *w = *state;
    size_t expected = 0;
    add_port(w, MX1_V6, 587);
    expect_findings(w, "");
    for (size_t row = 0; row < check_count(); row++)
        expected += objects[check_at(row)->scope];
    assert_int_equal(w->out.count, expected);
    for (size_t i = 1; i < w->out.count; i++) {
        const struct verdict *a = &w->out.verdicts[i - 1], *b = &w->out.verdicts[i];
        assert_true(a->check <= b->check);
        assert_true(a->check != b->check || a->subject.host <= b->subject.host);
    }
}

/* One cause, one finding: a dead server does not fail ten tests of TLS. */
static void what_lies_behind_a_failed_gate_is_not_applicable(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    expect_findings(w, "net.port25-open");
    expect_via(w, "smtp.greeting", "mx2/v4:25", VERDICT_NA, "net.port25-open");
    expect_verdict(w, "tls.handshake", "mx2/v4:25", VERDICT_NA);
    expect_verdict(w, "cert.dates", "mx2/v4:25", VERDICT_NA);
    expect_verdict(w, "relay.rcpt-refused", "mx2/v4:25", VERDICT_NA);
}

static void what_lies_behind_an_unknown_gate_is_unknown_for_the_same_reason(void **state)
{
    static const char *const behind[] = {"smtp.ehlo", "tls.starttls-offered", "tls.handshake", "cert.dates"};
    struct world *w = *state;
    cut_at(w->sessions[MX2_V4], STEP_GREETING, END_QUIT);
    set_reply(w, &w->sessions[MX2_V4]->greeting, 421, "4.7.0 try later");
    expect_findings(w, "smtp.probe-accepted smtp.greeting:throttled");
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        expect_unknown(w, behind[i], "mx2/v4:25", REASON_THROTTLED);
        assert_true(verdict_about(w, behind[i], "mx2/v4:25")->derived);
    }
    assert_false(verdict_about(w, "smtp.greeting", "mx2/v4:25")->derived);
}

static void closed_ports_of_submission_are_no_findings(void **state)
{
    struct world *w = *state;
    not_connected(add_port(w, MX1_V4, 587), CONNECT_REFUSED);
    expect_findings(w, "");
    expect_verdict(w, "smtp.greeting", "mx1/v4:587", VERDICT_NA);
    not_connected(add_port(w, MX1_V4, 465), CONNECT_TIMEOUT);
    expect_findings(w, "");
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_NA);
}

static void ports_of_submission_that_we_could_not_try_are_unknown(void **state)
{
    struct world *w = *state;
    struct endpoint_facts *submission = add_port(w, MX1_V4, 587), *submissions = add_port(w, MX1_V4, 465);
    not_connected(submission, CONNECT_TROUBLE);
    not_connected(submissions, CONNECT_OPEN);
    submissions->not_probed = NOT_PROBED_TROUBLE;
    submissions->session_count = 0;
    submissions->shown = NULL;
    expect_findings(w, "smtp.greeting:internal");
    expect_unknown(w, "smtp.greeting", "mx1/v4:587", REASON_INTERNAL);
    expect_unknown(w, "smtp.greeting", "mx1/v4:465", REASON_INTERNAL);
    expect_via(w, "tls.starttls-offered", "mx1/v4:587", VERDICT_UNKNOWN, "smtp.greeting");
    expect_via(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_UNKNOWN, "smtp.greeting");
    submissions->not_probed = NOT_PROBED_OPTION;
    expect_verdict(w, "smtp.greeting", "mx1/v4:465", VERDICT_NA);
}

static void healthy_ports_of_submission_are_no_findings(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        add_port(w, i, 587);
        add_port(w, i, 465);
    }
    expect_findings(w, "");
    expect_verdict(w, "smtp.submission-cleartext", "mx1/v4:587", VERDICT_PASS);
    expect_verdict(w, "smtp.submission-implicit-tls", "mx1/v4:465", VERDICT_PASS);
    expect_verdict(w, "cert.dates", "mx1/v4:465", VERDICT_PASS);
    expect_verdict(w, "relay.rcpt-refused", "mx1/v4:587", VERDICT_NA);
}

static void ports_without_25_say_nothing_of_reachability(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        struct endpoint_facts *e = add_port(w, i, 465);
        w->addresses[i]->endpoints = e;
        w->addresses[i]->endpoint_count = 1;
    }
    w->facts.vantage.egress_v4.needed = w->facts.vantage.egress_v6.needed = false;
    expect_findings(w, "");
    expect_verdict(w, "net.port25-open", "mx1/v4", VERDICT_NA);
    expect_via(w, "mx.reachable", "", VERDICT_NA, "net.port25-open");
    assert_int_equal(w->out.summary.status, STATUS_OK);
}

static void healthy_servers_of_every_kind(void **state)
{
    static const struct {
        uint16_t port;
        enum tls_mode mode;
    } kinds[] = {{25, TLS_MODE_STARTTLS}, {25, TLS_MODE_NONE}, {2525, TLS_MODE_STARTTLS}, {587, TLS_MODE_STARTTLS}, {465, TLS_MODE_IMPLICIT}, {2465, TLS_MODE_IMPLICIT}};
    world_teardown(state);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        world_setup(state);
        make_server(*state, kinds[i].port, kinds[i].mode);
        print_message("port %u, mode %d\n", kinds[i].port, kinds[i].mode);
        expect_findings(*state, "");
        world_teardown(state);
    }
    world_setup(state);
}

static void each_finding_has_its_owner(void **state)
{
    struct world *w = *state;
    w->mx2->name = "mx.provider.net";
    w->mx2->organisational_domain = "provider.net";
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        not_connected(w->endpoints[i], CONNECT_REFUSED);
    assert_int_equal(verdict_about(w, "net.port25-open", "mx1/v4")->owner, OWNER_YOURS);
    assert_int_equal(verdict_about(w, "net.port25-open", "mx.provider.net/v4")->owner, OWNER_PROVIDER);
    assert_int_equal(verdict_about(w, "mx.host-reachable", "mx.provider.net")->owner, OWNER_PROVIDER);
    assert_int_equal(verdict_about(w, "mx.reachable", "")->owner, OWNER_YOURS);
    assert_int_equal(verdict_about(w, "net.egress", "")->owner, OWNER_PROBE);
    assert_int_equal(verdict_about(w, "mx.target-resolves", "mx.provider.net")->owner, OWNER_YOURS); /* it is the MX record that is wrong */
    w->mx2->organisational_domain = NULL;
    assert_int_equal(verdict_about(w, "net.port25-open", "mx.provider.net/v4")->owner, OWNER_YOURS);
}

static void worse_findings_come_first(void **state)
{
    struct world *w = *state;
    w->facts.mx.lookup.dnssec = DNSSEC_INSECURE;         /* notice */
    keep_hosts(w, 1);                                    /* notice */
    w->addresses[MX1_V4]->ptr.status = DNS_NXDOMAIN;     /* warning */
    w->addresses[MX1_V6]->ptr.status = DNS_TIMEOUT;      /* unknown */
    without_starttls(w, w->sessions[MX1_V4]);            /* error; the difference is a warning */
    expect_findings(w, "tls.starttls-offered rdns.ptr-exists pool.starttls rdns.ptr-exists:dns_failure dns.dnssec-signed mx.redundancy");
    static const char *const order[] = {"tls.starttls-offered", "rdns.ptr-exists", "pool.starttls", "rdns.ptr-exists", "dns.dnssec-signed", "mx.redundancy"};
    assert_int_equal(w->out.finding_count, sizeof order / sizeof *order);
    for (size_t i = 0; i < w->out.finding_count; i++)
        assert_string_equal(w->out.findings[i]->check->id, order[i]);
    assert_int_equal(w->out.findings[1]->value, VERDICT_FAIL);
    assert_int_equal(w->out.findings[3]->value, VERDICT_UNKNOWN);
}

static void only_the_rows_that_are_wanted_are_there(void **state)
{
    static const char *const mx_and_dates[] = {"mx", "cert.dates", NULL}, *const redundancy[] = {"mx.redundancy", NULL};
    struct world *w = *state;
    keep_hosts(w, 1);
    without_starttls(w, w->sessions[MX1_V4]);
    w->options.only = mx_and_dates;
    expect_findings(w, "mx.redundancy");
    for (size_t i = 0; i < w->out.count; i++)
        assert_true(strncmp(w->out.verdicts[i].check->id, "mx.", 3) == 0 || strcmp(w->out.verdicts[i].check->id, "cert.dates") == 0);
    expect_via(w, "cert.dates", "mx1/v4:25", VERDICT_NA, "cert.present"); /* gates work though they are not shown */
    w->options.skip = redundancy;
    expect_findings(w, "");
    assert_int_equal(w->out.summary.status, STATUS_OK);
    assert_true(check_area_wanted(&w->options, "cert"));
    assert_false(check_area_wanted(&w->options, "tls"));
    w->options.only = NULL;
    expect_findings(w, "tls.starttls-offered pool.starttls");
}

static void words_that_choose_rows(void **state)
{
    (void)state;
    assert_true(check_is_area_or_id("mx"));
    assert_true(check_is_area_or_id("mx.redundancy"));
    assert_false(check_is_area_or_id("m"));
    assert_false(check_is_area_or_id("mx."));
    assert_false(check_is_area_or_id("mx.redundanc"));
    assert_false(check_is_area_or_id(""));
    assert_string_equal(check_find("mx.redundancy")->id, "mx.redundancy");
    assert_null(check_find("mx"));
}

static bool ends_in(const char *text, char last)
{
    size_t n = strlen(text);
    return n && text[n - 1] == last;
}

static void references_have_one_form(const struct check *c)
{
    static const char *const publishers[] = {"RFC ", "NIST ", "NCSC", "CA/B", "draft-"};
    assert_non_null(c->spec[0]);
    for (const char *const *spec = c->spec; *spec; spec++) {
        bool known = false;
        for (size_t i = 0; i < sizeof publishers / sizeof *publishers; i++)
            known = known || strncmp(*spec, publishers[i], strlen(publishers[i])) == 0;
        if (!known || strpbrk(*spec, ",;("))
            fail_msg("%s: '%s' is no reference", c->id, *spec);
    }
}

/* Titles are put into sentences, texts are sentences, references have one form. */
static void the_table_is_well_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < check_count(); i++) {
        const struct check *c = check_at(i);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(c->id, check_at(k)->id);
        if (!ends_in(c->question, '?') || ends_in(c->title, '.') || !ends_in(c->why, '.') || !ends_in(c->criterion, '.') || !ends_in(c->remedy, '.'))
            fail_msg("%s: a question ends in '?', a title has no full stop, all else is sentences", c->id);
        if (strlen(c->title) > 72)
            fail_msg("%s: the title is too long for a line", c->id);
        if (c->about_probe && c->severity != SEVERITY_NOTICE)
            fail_msg("%s: what is about our own side never counts against a domain", c->id);
        if (strchr(c->remedy, '%'))
            fail_msg("%s: only verify commands have something put in", c->id);
        references_have_one_form(c);
        for (const char *p = c->verify ? strchr(c->verify, '%') : NULL; p; p = strchr(p + 1, '%')) {
            const char *known = "dhap";
            size_t of_scope[] = {[SCOPE_DOMAIN] = 1, [SCOPE_HOST] = 2, [SCOPE_ADDRESS] = 4, [SCOPE_ENDPOINT] = 4};
            if (!p[1] || !memchr(known, p[1], of_scope[c->scope]))
                fail_msg("%s: its verify command names %%%c, which it does not have", c->id, p[1]);
        }
    }
}

static void every_word_of_the_report_has_a_text(void **state)
{
    (void)state;
    for (unsigned r = REASON_BLOCKED_EGRESS; r <= REASON_INTERNAL; r++)
        assert_true(reason_text(r) && reason_explained(r));
    assert_string_equal(severity_text(SEVERITY_WARNING), "warning");
    assert_string_equal(scope_text(SCOPE_ENDPOINT), "endpoint");
    assert_string_equal(status_text(STATUS_INCONCLUSIVE), "inconclusive");
}

static void the_same_facts_give_the_same_verdicts(void **state)
{
    struct world *w = *state;
    struct judgement again;
    without_starttls(w, w->sessions[MX1_V4]);
    expect_findings(w, "tls.starttls-offered pool.starttls");
    assert_int_equal(judge(&w->facts, &w->options, w->now, &w->arena, &again), 0);
    assert_int_equal(again.count, w->out.count);
    for (size_t i = 0; i < again.count; i++) {
        const struct verdict *a = &again.verdicts[i], *b = &w->out.verdicts[i];
        assert_true(a->check == b->check && a->value == b->value && a->reason == b->reason && a->via == b->via && a->derived == b->derived);
    }
    assert_string_equal(again.summary.headline, w->out.summary.headline);
}

static void memory_that_runs_out_is_told(void **state)
{
    struct world *w = *state;
    size_t good = 0;
    expect_findings(w, "");
    for (size_t cap = 0; cap < 1 << 20 && !good; cap += cap < 4096 ? 64 : 1024) {
        struct arena small;
        struct judgement out;
        arena_init(&small, cap);
        if (judge(&w->facts, &w->options, w->now, &small, &out) == 0) {
            assert_int_equal(out.count, w->out.count);
            good = cap;
        }
        arena_done(&small);
    }
    assert_true(good > 0);
}

static void facts_without_anything_in_them_are_judged(void **state)
{
    struct world *w = *state;
    w->facts = (struct facts){.target = {TARGET_DOMAIN, "example.org", "example.org", "example.org", 0}};
    expect_findings(w, "net.resolver-trust:dns_failure");
    w->facts.target.kind = TARGET_SERVER;
    expect_findings(w, "net.resolver-trust:dns_failure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(nothing_is_found_where_nothing_is_wrong),
        WORLD_TEST(every_row_looks_at_the_healthy_world),
        WORLD_TEST(there_is_one_verdict_per_row_and_object),
        WORLD_TEST(what_lies_behind_a_failed_gate_is_not_applicable),
        WORLD_TEST(what_lies_behind_an_unknown_gate_is_unknown_for_the_same_reason),
        WORLD_TEST(closed_ports_of_submission_are_no_findings),
        WORLD_TEST(ports_of_submission_that_we_could_not_try_are_unknown),
        WORLD_TEST(healthy_ports_of_submission_are_no_findings),
        WORLD_TEST(ports_without_25_say_nothing_of_reachability),
        WORLD_TEST(healthy_servers_of_every_kind),
        WORLD_TEST(each_finding_has_its_owner),
        WORLD_TEST(worse_findings_come_first),
        WORLD_TEST(only_the_rows_that_are_wanted_are_there),
        WORLD_TEST(words_that_choose_rows),
        WORLD_TEST(the_table_is_well_written),
        WORLD_TEST(every_word_of_the_report_has_a_text),
        WORLD_TEST(the_same_facts_give_the_same_verdicts),
        WORLD_TEST(memory_that_runs_out_is_told),
        WORLD_TEST(facts_without_anything_in_them_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
