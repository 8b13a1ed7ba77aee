/* SPDX-License-Identifier: Apache-2.0 */
/* test_summary - status, counts, the answers for programs, and one sentence for people. */
#include "world.h"

static const struct summary *summary_of(struct world *w)
{
    struct judgement *j = &w->out;
    assert_int_equal(judge(&w->facts, &w->options, w->now, &w->arena, j), 0);
    return &j->summary;
}

static void expect_status(struct world *w, enum summary_status status, const char *headline)
{
    const struct summary *s = summary_of(w);
    if (s->status != status || strcmp(s->headline, headline) != 0)
        fail_msg("%s, not %s: example.org: %s\n   not: example.org: %s", status_text(s->status), status_text(status), s->headline, headline);
}

static void close_all(struct world *w, enum connect_result result)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        not_connected(w->endpoints[i], result);
}

static void a_healthy_domain(void **state)
{
    struct world *w = *state;
    expect_status(w, STATUS_OK, "mail reaches all 2 servers, encrypted");
    const struct summary *s = &w->out.summary;
    assert_int_equal(s->errors + s->warnings + s->notices + s->unknowns, 0);
    size_t passes = 0;
    for (size_t i = 0; i < w->out.count; i++)
        passes += w->out.verdicts[i].value == VERDICT_PASS;
    assert_int_equal(s->passes, passes);
    assert_true(s->has_valid_mx && s->all_reachable && s->any_smtp_ok);
    assert_int_equal(s->all_tls_ok, TRI_YES);
    w->facts.mx.spf_denies_all = true; /* a domain that sends nothing takes mail all the same */
    expect_status(w, STATUS_OK, "mail reaches all 2 servers, encrypted");
}

static void notices_leave_it_ok(void **state)
{
    struct world *w = *state;
    keep_hosts(w, 1);
    expect_status(w, STATUS_OK, "mail reaches its server, encrypted");
    const struct summary *s = &w->out.summary;
    assert_int_equal(s->notices, 1);
    assert_int_equal(s->errors + s->warnings, 0);
    assert_true(s->all_reachable);
    keep_addresses(w->mx1, IP_V4);
    assert_true(summary_of(w)->has_valid_mx && summary_of(w)->all_reachable);
}

static void what_could_not_be_tested_is_told(void **state)
{
    struct world *w = *state;
    set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[0], 450, "4.2.0 Greylisted");
    expect_status(w, STATUS_OK, "nothing is wrong in what could be tested; 1 test could not be done");
    set_reply(w, &w->sessions[MX1_V6]->relay.rcpt[0], 450, "4.2.0 Greylisted");
    expect_status(w, STATUS_OK, "nothing is wrong in what could be tested; 2 tests could not be done");
    assert_int_equal(w->out.summary.unknowns, 2);
}

static void a_part_that_was_asked_for(void **state)
{
    static const char *const only[] = {"mx", NULL};
    struct world *w = *state;
    w->options.only = only;
    expect_status(w, STATUS_OK, "nothing is wrong in what was tested");
}

static void without_any_connection(void **state)
{
    struct world *w = *state;
    w->facts.smtp_wanted = w->facts.relay_wanted = false;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        w->endpoints[i]->not_probed = NOT_PROBED_OPTION;
        w->endpoints[i]->session_count = 0;
        w->endpoints[i]->shown = NULL;
    }
    expect_status(w, STATUS_OK, "nothing is wrong in the DNS; no mail server was asked");
    assert_false(w->out.summary.any_smtp_ok);
    assert_int_equal(w->out.summary.all_tls_ok, TRI_UNKNOWN);
    assert_true(w->out.summary.has_valid_mx && w->out.summary.all_reachable);
}

/* -4 leaves out a host that has IPv6 only: of that one nothing was seen. */
static void hosts_that_were_left_out_are_not_praised(void **state)
{
    struct world *w = *state;
    keep_addresses(w->mx2, IP_V6);
    for (size_t i = 0; i < 2; i++) {
        struct endpoint_facts *e = i ? w->mx2->addresses[0].endpoints : w->endpoints[MX1_V6];
        e->not_probed = NOT_PROBED_OPTION;
        e->session_count = 0;
        e->shown = NULL;
    }
    expect_status(w, STATUS_OK, "takes mail, and nothing is wrong");
}

static void a_domain_that_takes_no_mail(void **state)
{
    struct mx_record null_mx = {0, "."};
    struct world *w = *state;
    w->facts.mx.status = MX_NULL;
    w->facts.mx.records = &null_mx;
    w->facts.mx.record_count = 1;
    w->facts.host_count = 0;
    expect_status(w, STATUS_OK, "takes no mail, and says so with a null MX record");
    const struct summary *s = &w->out.summary;
    assert_false(s->has_valid_mx || s->all_reachable || s->any_smtp_ok);
    assert_int_equal(s->all_tls_ok, TRI_UNKNOWN);

    w->facts.mx = (struct mx_facts){.status = MX_NONE, .spf_denies_all = true, .lookup = {.status = DNS_NODATA, .dnssec = DNSSEC_SECURE}};
    expect_status(w, STATUS_OK, "takes no mail: it has no MX record, and its SPF record allows no sender");
}

static void a_warning_names_the_host_when_others_are_well(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    expect_status(w, STATUS_WARNING, "no mail server answers at this address (mx2.example.org)");
    w->addresses[MX1_V4]->ptr.status = DNS_NXDOMAIN;
    expect_status(w, STATUS_WARNING, "no mail server answers at this address (mx2.example.org), and 1 more problem");
    assert_int_equal(w->out.summary.warnings, 2);
    assert_int_equal(w->out.summary.notices, 0);
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    expect_status(w, STATUS_WARNING, "no mail server answers at this address, and 1 more problem");
    assert_int_equal(w->out.summary.warnings, 3);
}

static void an_error_outranks_warnings_and_unknowns(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    cut_at(w->sessions[MX1_V4], STEP_GREETING, END_TIMEOUT);
    const struct summary *s = summary_of(w);
    assert_int_equal(s->status, STATUS_ERROR);
    assert_int_equal(s->errors, 2);
    assert_memory_equal(s->headline, "the mail server offers no encryption (mx2.example.org), and ", 59);
}

static void an_only_host_is_not_named(void **state)
{
    struct world *w = *state;
    keep_hosts(w, 1);
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    expect_status(w, STATUS_WARNING, "no mail server answers at this address");
}

static void an_open_notice_is_no_matter(void **state)
{
    struct world *w = *state;
    w->sessions[MX1_V4]->tls.group = "X25519";
    w->sessions[MX1_V4]->tls.hybrid_offered = false;
    expect_verdict(w, "tls.pq-hybrid", "mx1/v4:25", VERDICT_UNKNOWN);
    expect_status(w, STATUS_OK, "mail reaches all 2 servers, encrypted");
}

static void titles_keep_their_capitals(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V6], CONNECT_TIMEOUT);
    static const char *const only[] = {"net.ipv6-reachable", NULL};
    w->options.only = only;
    expect_status(w, STATUS_WARNING, "IPv6 is published for this mail host but does not work (mx1.example.org)");
}

static void our_own_side_is_never_the_status(void **state)
{
    struct world *w = *state;
    w->facts.vantage.random_lookup.status = DNS_FOUND;
    const struct summary *s = summary_of(w);
    assert_int_equal(s->status, STATUS_OK);
    assert_int_equal(s->notices, 1);
}

static void decisive_unknowns_leave_it_undecided(void **state)
{
    struct world *w = *state;
    close_all(w, CONNECT_TIMEOUT);
    w->facts.vantage.egress_v4.state = w->facts.vantage.egress_v6.state = EGRESS_BLOCKED;
    expect_status(w, STATUS_INCONCLUSIVE, "could not be judged: our own network does not let the connections out, or nothing shows that it does");
    const struct summary *s = &w->out.summary;
    assert_true(s->has_valid_mx && s->all_reachable);
    assert_false(s->any_smtp_ok);
    assert_int_equal(s->all_tls_ok, TRI_UNKNOWN);

    static const char *const only[] = {"mx.reachable", NULL}; /* though its cause is not shown */
    w->options.only = only;
    expect_status(w, STATUS_INCONCLUSIVE, "could not be judged: our own network does not let the connections out, or nothing shows that it does");
}

static void a_domain_without_answer_is_undecided(void **state)
{
    struct world *w = *state;
    w->facts.mx = (struct mx_facts){.status = MX_DNS_FAILURE, .lookup = {.status = DNS_FAILED}};
    w->facts.host_count = 0;
    expect_status(w, STATUS_INCONCLUSIVE, "could not be judged: the DNS gave us no answer");
}

static void servers_that_turn_us_away_leave_it_undecided(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_QUIT);
        set_reply(w, &w->sessions[i]->greeting, 554, "5.7.1 No");
    }
    expect_status(w, STATUS_INCONCLUSIVE, "could not be judged: the server turned this probe away; others may be served");
}

static void hosts_without_address_are_not_all_reachable(void **state)
{
    struct world *w = *state;
    w->mx2->address_count = 0;
    w->mx2->a.status = w->mx2->aaaa.status = DNS_NXDOMAIN;
    const struct summary *s = summary_of(w);
    assert_true(s->has_valid_mx);
    assert_false(s->all_reachable);
    w->mx1->address_count = 0;
    assert_false(summary_of(w)->has_valid_mx);
}

static void tls_is_well_only_where_all_is_known_and_good(void **state)
{
    struct world *w = *state;
    cut_at(w->sessions[MX2_V4], STEP_HANDSHAKE, END_TIMEOUT);
    assert_int_equal(summary_of(w)->all_tls_ok, TRI_UNKNOWN);
    without_starttls(w, w->sessions[MX1_V4]);
    assert_int_equal(summary_of(w)->all_tls_ok, TRI_NO);
    assert_true(summary_of(w)->any_smtp_ok);
    not_connected(w->endpoints[MX1_V6], CONNECT_REFUSED);
    assert_true(summary_of(w)->any_smtp_ok);
    not_connected(w->endpoints[MX2_V6], CONNECT_REFUSED);
    assert_false(summary_of(w)->any_smtp_ok);
}

static void servers(void **state)
{
    struct world *w = *state;
    make_server(w, 465, TLS_MODE_IMPLICIT);
    expect_status(w, STATUS_OK, "the server works, encrypted, and nothing is wrong");
    assert_int_equal(w->out.summary.all_tls_ok, TRI_YES);
    w->facts.host_count = 1;
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    not_connected(w->endpoints[MX1_V6], CONNECT_REFUSED);
    expect_status(w, STATUS_ERROR, "no mail server can be reached, and 2 more problems");
}

static void a_server_asked_in_clear_has_no_tls_to_judge(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_NONE);
    expect_status(w, STATUS_OK, "the server works, and nothing is wrong");
    assert_int_equal(w->out.summary.all_tls_ok, TRI_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_healthy_domain),
        WORLD_TEST(notices_leave_it_ok),
        WORLD_TEST(what_could_not_be_tested_is_told),
        WORLD_TEST(a_part_that_was_asked_for),
        WORLD_TEST(without_any_connection),
        WORLD_TEST(hosts_that_were_left_out_are_not_praised),
        WORLD_TEST(a_domain_that_takes_no_mail),
        WORLD_TEST(a_warning_names_the_host_when_others_are_well),
        WORLD_TEST(an_error_outranks_warnings_and_unknowns),
        WORLD_TEST(an_only_host_is_not_named),
        WORLD_TEST(an_open_notice_is_no_matter),
        WORLD_TEST(titles_keep_their_capitals),
        WORLD_TEST(our_own_side_is_never_the_status),
        WORLD_TEST(decisive_unknowns_leave_it_undecided),
        WORLD_TEST(a_domain_without_answer_is_undecided),
        WORLD_TEST(servers_that_turn_us_away_leave_it_undecided),
        WORLD_TEST(hosts_without_address_are_not_all_reachable),
        WORLD_TEST(tls_is_well_only_where_all_is_known_and_good),
        WORLD_TEST(servers),
        WORLD_TEST(a_server_asked_in_clear_has_no_tls_to_judge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
