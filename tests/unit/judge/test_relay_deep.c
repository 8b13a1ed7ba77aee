/* SPDX-License-Identifier: Apache-2.0 */
/* test_relay_deep - other senders and other forms of recipients: who takes them relays, unless he takes every name of his own. */
#include "deep_world.h"

#define SENDERS "relay.other-senders"
#define FORMS "relay.address-forms"
#define MX1 "mx1/v4:25"

static struct smtp_deep *tries_of(struct world *w)
{
    with_deep(w);
    return &deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->deep;
}

static struct smtp_try *try_of(struct smtp_deep *deep, enum smtp_try_kind kind)
{
    for (size_t i = 0; i < deep->try_count; i++)
        if (deep->tries[i].kind == kind)
            return &deep->tries[i];
    fail_msg("no such try");
    return NULL;
}

/* The questions ended after so many, the last without an answer. */
static void end_after(struct smtp_deep *deep, size_t tries)
{
    deep->tries_begun = tries;
    for (size_t i = 0; i < deep->try_count; i++)
        deep->tries[i].mail = deep->tries[i].rcpt = (struct smtp_reply){0};
}

static void the_postmaster_s_name_must_open_nothing(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    set_reply(w, &try_of(deep, TRY_SENDER)->rcpt, 250, "2.1.5 Ok");
    expect_findings(w, SENDERS);
    expect_detail(w, SENDERS, MX1, "From <postmaster@example.org>, relay-test@example.net was accepted");
    set_reply(w, &try_of(deep, TRY_SENDER)->rcpt, 251, "will forward");
    expect_findings(w, SENDERS);
    set_reply(w, &try_of(deep, TRY_SENDER)->rcpt, 252, "perhaps");
    expect_findings(w, SENDERS ":internal");
}

static void a_sender_that_is_refused_relays_nothing(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    struct smtp_try *t = try_of(deep, TRY_SENDER);
    set_reply(w, &t->mail, 550, "5.7.1 SPF says no");
    t->rcpt = (struct smtp_reply){0};
    expect_findings(w, "");
    expect_verdict(w, SENDERS, MX1, VERDICT_PASS);
}

static void greylisting_and_throttling_are_no_answer(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    struct smtp_try *t = try_of(deep, TRY_SENDER);
    set_reply(w, &t->rcpt, 450, "4.2.0 greylisted");
    expect_unknown(w, SENDERS, MX1, REASON_GREYLISTED);
    set_reply(w, &t->rcpt, 421, "4.7.0 later");
    expect_unknown(w, SENDERS, MX1, REASON_THROTTLED);
    t->rcpt = (struct smtp_reply){0};
    deep->tries_begun = 1;
    deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->end = END_TIMEOUT;
    expect_unknown(w, SENDERS, MX1, REASON_TIMEOUT);
    expect_unknown(w, FORMS, MX1, REASON_TIMEOUT);
    set_reply(w, &t->mail, 451, "4.7.1 not now");
    expect_unknown(w, SENDERS, MX1, REASON_THROTTLED);
}

static void each_form_that_is_taken_is_found(void **state)
{
    struct world *w = *state;
    static const enum smtp_try_kind forms[] = {TRY_PERCENT, TRY_BANG, TRY_QUOTED, TRY_ROUTE};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct smtp_deep *deep = tries_of(w);
        set_reply(w, &try_of(deep, forms[i])->rcpt, 250, "2.1.5 Ok");
        deep->control = "mxassay-no-such-recipient@mx1.example.org";
        set_reply(w, &deep->control_reply, 550, "5.1.1 User unknown");
        expect_findings(w, FORMS);
        expect_detail(w, FORMS, MX1, try_of(deep, forms[i])->rcpt_to);
    }
}

static void who_takes_every_name_of_his_own_reads_no_route_in_it(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    deep->control = "mxassay-no-such-recipient@mx1.example.org";
    set_reply(w, &try_of(deep, TRY_PERCENT)->rcpt, 250, "2.1.5 Ok");
    set_reply(w, &deep->control_reply, 250, "2.1.5 Ok");
    expect_unknown(w, FORMS, MX1, REASON_INTERNAL);
    set_reply(w, &try_of(deep, TRY_ROUTE)->rcpt, 250, "2.1.5 Ok"); /* that names the stranger's domain */
    expect_verdict(w, FORMS, MX1, VERDICT_FAIL);
    deep = tries_of(w);
    set_reply(w, &try_of(deep, TRY_BANG)->rcpt, 250, "2.1.5 Ok"); /* nothing to compare it with */
    deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->end = END_CLOSED;
    expect_unknown(w, FORMS, MX1, REASON_THROTTLED);
}

static void a_refusal_of_the_form_is_one(void **state)
{
    struct world *w = *state;
    static const int codes[] = {454, 501, 550, 551, 552, 553, 554};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct smtp_deep *deep = tries_of(w);
        set_reply(w, &try_of(deep, TRY_QUOTED)->rcpt, codes[i], "no");
        expect_findings(w, "");
        expect_verdict(w, FORMS, MX1, VERDICT_PASS);
    }
}

static void mail_in_clear_that_is_refused_hides_the_rest(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    end_after(deep, 0);
    set_reply(w, &deep->plain_mail, 550, "5.7.1 not from you");
    expect_unknown(w, SENDERS, MX1, REASON_REFUSED_US);
    expect_unknown(w, FORMS, MX1, REASON_REFUSED_US);
    set_reply(w, &deep->plain_mail, 400, "4.0.0 not now");
    deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->tls.result = TLS_NOT_TRIED;
    deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->end = END_TIMEOUT;
    expect_detail(w, SENDERS, MX1, "400 4.0.0 not now");
    set_reply(w, &deep->plain_mail, 399, "more of what?");
    expect_unknown(w, SENDERS, MX1, REASON_TIMEOUT);
    set_reply(w, &deep->plain_mail, 250, "Ok");
    deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->connect = CONNECT_TIMEOUT;
    expect_unknown(w, SENDERS, MX1, REASON_THROTTLED);
}

static void a_refusal_begins_with_five(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    struct smtp_try *t = try_of(deep, TRY_SENDER);
    static const int refusals[] = {500, 599};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        set_reply(w, &t->rcpt, refusals[i], "no");
        expect_verdict(w, SENDERS, MX1, VERDICT_PASS);
    }
    set_reply(w, &t->rcpt, 499, "not now");
    expect_unknown(w, SENDERS, MX1, REASON_GREYLISTED);
    set_reply(w, &t->rcpt, 400, "not now");
    expect_unknown(w, SENDERS, MX1, REASON_GREYLISTED);
    set_reply(w, &t->rcpt, 600, "what is that?");
    expect_unknown(w, SENDERS, MX1, REASON_INTERNAL);
}

static void a_try_that_ended_the_questions_tells_why(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    end_after(deep, 1);
    deep_of(w, MX1_V4, DEEP_PLAIN_MAIL)->end = END_TIMEOUT;
    set_reply(w, &deep->tries[0].mail, 400, "4.0.0 not now");
    expect_detail(w, FORMS, MX1, "400 4.0.0 not now");
    set_reply(w, &deep->tries[0].mail, 399, "more of what?");
    expect_unknown(w, FORMS, MX1, REASON_TIMEOUT);
}

static void a_connection_that_came_to_no_question_tells_why(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    struct session_facts *x = deep_of(w, MX1_V4, DEEP_PLAIN_MAIL);
    end_after(deep, 0);
    deep->plain_mail = (struct smtp_reply){0};
    x->end = END_TIMEOUT;
    set_reply(w, &x->ehlo.reply, 400, "4.0.0 not now");
    expect_detail(w, SENDERS, MX1, "400 4.0.0 not now");
    set_reply(w, &x->ehlo.reply, 399, "more of what?");
    expect_unknown(w, SENDERS, MX1, REASON_TIMEOUT);
}

static void a_recipient_of_the_server_s_owner_may_be_taken(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    set_reply(w, &try_of(deep, TRY_SENDER)->rcpt, 250, "2.1.5 Ok");
    w->sessions[MX1_V4]->relay.recipients[0] = "me@example.org";
    expect_verdict(w, SENDERS, MX1, VERDICT_NA);
}

static void an_open_relay_is_told_once(void **state)
{
    struct world *w = *state;
    struct smtp_deep *deep = tries_of(w);
    set_reply(w, &try_of(deep, TRY_SENDER)->rcpt, 250, "2.1.5 Ok");
    w->sessions[MX1_V4]->relay.recipients[1] = "relay-test@example.com";
    set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[0], 250, "2.1.5 Ok");
    set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[1], 250, "2.1.5 Ok");
    expect_findings(w, "relay.rcpt-refused");
    expect_via(w, SENDERS, MX1, VERDICT_NA, "relay.rcpt-refused");
    expect_via(w, FORMS, MX1, VERDICT_NA, "relay.rcpt-refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_postmaster_s_name_must_open_nothing),
        WORLD_TEST(a_sender_that_is_refused_relays_nothing),
        WORLD_TEST(greylisting_and_throttling_are_no_answer),
        WORLD_TEST(each_form_that_is_taken_is_found),
        WORLD_TEST(who_takes_every_name_of_his_own_reads_no_route_in_it),
        WORLD_TEST(a_refusal_of_the_form_is_one),
        WORLD_TEST(mail_in_clear_that_is_refused_hides_the_rest),
        WORLD_TEST(a_refusal_begins_with_five),
        WORLD_TEST(a_try_that_ended_the_questions_tells_why),
        WORLD_TEST(a_connection_that_came_to_no_question_tells_why),
        WORLD_TEST(a_recipient_of_the_server_s_owner_may_be_taken),
        WORLD_TEST(an_open_relay_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
