/* SPDX-License-Identifier: Apache-2.0 */
/* test_senders_order - what becomes of mail from each sort of sender: the way through the hosts, and the words for it. */
#include "base/panic.h"
#include "sender_world.h"

static void judge_now(struct world *w)
{
    must(judge(&w->facts, &w->options, w->now, &w->arena, &w->out) == 0);
}

static void the_better_address_of_one_preference_decides_and_the_worse_is_told(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V6]);
    const struct sender *s = sender_of(w, "opportunistic");
    assert_int_equal(s->best, DELIVERY_ENCRYPTED);
    assert_int_equal(s->worst, DELIVERY_PLAINTEXT);
    assert_int_equal(s->addresses_best, 1);
    assert_int_equal(s->addresses, 2);
    expect_words(w, "opportunistic", "Not so at mx1.example.org [2001:db8:a::10] (STARTTLS is not offered).");
}

static void hosts_of_one_preference_are_one_group(void **state)
{
    struct world *w = *state;
    w->mx2->preference = w->facts.mx.records[1].preference = 10;
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    not_connected(w->endpoints[MX1_V6], CONNECT_REFUSED);
    const struct sender *s = sender_of(w, "opportunistic");
    assert_int_equal(s->best, DELIVERY_ENCRYPTED);
    assert_int_equal(s->worst, DELIVERY_DEFER);
    assert_int_equal(s->addresses, 4);
    assert_int_equal(s->addresses_best, 2);
    assert_int_equal(s->delayed_by_count, 0);
}

static void a_backup_decides_when_the_preferred_host_is_down(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V4], CONNECT_TIMEOUT);
    not_connected(w->endpoints[MX1_V6], CONNECT_TIMEOUT);
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    expect_senders(w, "PPPDDDD");
    assert_string_equal(sender_of(w, "opportunistic")->delayed_by[0], "mx1.example.org");
}

static void a_host_whose_addresses_are_not_known_leaves_it_open(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_REFUSED);
    not_connected(w->endpoints[MX2_V6], CONNECT_REFUSED);
    w->mx1->address_count = 0;
    set_lookup(&w->mx1->a, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    set_lookup(&w->mx1->aaaa, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
    expect_senders(w, "???????");
    set_lookup(&w->mx1->a, DNS_NXDOMAIN, DNSSEC_SECURE); /* and one that has none is passed over */
    set_lookup(&w->mx1->aaaa, DNS_NXDOMAIN, DNSSEC_SECURE);
    expect_senders(w, "DDDDDDD");
}

static void of_equal_ways_the_first_is_told_and_none_waits_without_need(void **state)
{
    struct world *w = *state;
    keep_hosts(w, 1);
    without_starttls(w, w->sessions[MX1_V4]);
    cut_at(w->sessions[MX1_V6], STEP_STARTTLS, END_QUIT);
    set_reply(w, &w->sessions[MX1_V6]->starttls, 454, "4.7.0 TLS not available");
    expect_words(w, "opportunistic", "in clear text: STARTTLS is not offered.");
    set_reply(w, &w->sessions[MX1_V4]->starttls, 220, "2.0.0 go");
    fail_handshake(w->sessions[MX1_V4], TLS_ALERT, 40);
    add_capability(w, &w->sessions[MX1_V4]->ehlo, "STARTTLS");
    add_session(w->endpoints[MX1_V4], CONNECTION_LEGACY_TLS);
    expect_at(w, "", "PPPPPPD");
    expect_words(w, "postfix-may", "in clear text: STARTTLS is offered and then refused.");
}

/* mx2 and further ones like it, of the same preference. */
static void add_hosts(struct world *w, size_t count)
{
    struct host_facts *hosts = ARENA_ARRAY(&w->arena, struct host_facts, count);
    hosts[0] = *w->mx1;
    for (size_t i = 1; i < count; i++) {
        hosts[i] = *w->mx2;
        hosts[i].name = arena_printf(&w->arena, "mx%zu.example.org", i + 1);
    }
    w->facts.hosts = hosts;
    w->facts.host_count = count;
}

static void three_places_are_named_and_more_are_counted(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX2_V4]);
    without_starttls(w, w->sessions[MX2_V6]);
    add_hosts(w, 4);
    expect_words(w, "opportunistic", "Not so at mx2.example.org, mx3.example.org, mx4.example.org (STARTTLS is not offered).");
    add_hosts(w, 5);
    expect_words(w, "opportunistic", "Not so at mx2.example.org, mx3.example.org, mx4.example.org and 1 more (STARTTLS is not offered).");
}

static void of_equal_reasons_to_wait_the_first_is_told(void **state)
{
    struct world *w = *state;
    keep_hosts(w, 1);
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    cut_at(w->sessions[MX1_V6], STEP_GREETING, END_NOT_SMTP);
    expect_words(w, "plain", "after some days: no connection.");
    const struct sender *s = sender_of(w, "plain");
    assert_int_equal(s->addresses, 2);
    assert_int_equal(s->addresses_best, 2);
    assert_null(s->others);
}

static void each_reason_is_told_with_its_place(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V4]);
    cut_at(w->sessions[MX1_V6], STEP_STARTTLS, END_QUIT);
    set_reply(w, &w->sessions[MX1_V6]->starttls, 454, "4.7.0 TLS not available");
    w->mx2->preference = w->facts.mx.records[1].preference = 10;
    expect_words(w, "opportunistic",
                 "Not so at mx1.example.org [198.51.100.10] (STARTTLS is not offered); mx1.example.org [2001:db8:a::10] (STARTTLS is offered and then refused).");
}

static void some_unknown_and_no_delivery_is_unknown(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX1_V4], CONNECT_REFUSED);
    not_connected(w->endpoints[MX1_V6], CONNECT_REFUSED);
    cut_at(w->sessions[MX2_V4], STEP_GREETING, END_TIMEOUT);
    not_connected(w->endpoints[MX2_V6], CONNECT_REFUSED);
    expect_senders(w, "???????");
}

static void hosts_past_the_limit_leave_it_open(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        not_connected(w->endpoints[i], CONNECT_REFUSED);
    w->facts.hosts_left_out = 1;
    expect_senders(w, "???????");
}

static void what_was_not_probed_is_not_known(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        w->endpoints[i]->not_probed = NOT_PROBED_OPTION;
        w->endpoints[i]->session_count = 0;
        w->endpoints[i]->shown = NULL;
    }
    expect_senders(w, "???????");
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->addresses[i]->endpoint_count = 0;
    expect_senders(w, "???????");
    expect_words(w, "plain", "port 25 was not tested");
}

static void private_addresses_make_mail_wait(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        w->addresses[i]->special = "private";
        w->endpoints[i]->not_probed = NOT_PROBED_PRIVATE_ADDRESS;
        w->endpoints[i]->session_count = 0;
        w->endpoints[i]->shown = NULL;
    }
    expect_senders(w, "DDDDDDD");
}

static void of_one_server_no_policy_of_a_domain_is_asked(void **state)
{
    struct world *w = *state;
    make_server(w, 25, TLS_MODE_STARTTLS);
    expect_senders(w, "PEEAA");
    make_server(w, 587, TLS_MODE_STARTTLS);
    expect_senders(w, "");
}

static void the_same_facts_give_the_same_words(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V6]);
    judge_now(w);
    const struct judgement first = w->out;
    judge_now(w);
    assert_int_equal(first.sender_count, w->out.sender_count);
    for (size_t i = 0; i < first.sender_count; i++) {
        assert_string_equal(first.senders[i].explanation, w->out.senders[i].explanation);
        assert_int_equal(first.senders[i].best, w->out.senders[i].best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STRICT(the_better_address_of_one_preference_decides_and_the_worse_is_told),
        STRICT(hosts_of_one_preference_are_one_group),
        STRICT(a_backup_decides_when_the_preferred_host_is_down),
        STRICT(a_host_whose_addresses_are_not_known_leaves_it_open),
        BARE(of_equal_ways_the_first_is_told_and_none_waits_without_need),
        BARE(three_places_are_named_and_more_are_counted),
        STRICT(some_unknown_and_no_delivery_is_unknown),
        STRICT(hosts_past_the_limit_leave_it_open),
        STRICT(what_was_not_probed_is_not_known),
        STRICT(private_addresses_make_mail_wait),
        STRICT(of_one_server_no_policy_of_a_domain_is_asked),
        BARE(of_equal_reasons_to_wait_the_first_is_told),
        BARE(each_reason_is_told_with_its_place),
        STRICT(the_same_facts_give_the_same_words),
    };
    return cmocka_run_group_tests_name("judge senders order", tests, NULL, NULL);
}
