/* SPDX-License-Identifier: Apache-2.0 */
/* test_postmaster - whether postmaster of the domain is a recipient, from what servers say to RCPT. */
#include "world.h"

#define POSTMASTER "smtp.postmaster"
#define DOMAIN ""

static void answer(struct world *w, int code, const char *text)
{
    set_reply(w, &with_postmaster(w, MX1_V4)->rcpt, code, text);
}

static void who_is_taken_is_well(void **state)
{
    struct world *w = *state;
    answer(w, 250, "2.1.5 Ok");
    expect_findings(w, "");
    expect_verdict(w, POSTMASTER, DOMAIN, VERDICT_PASS);
    answer(w, 251, "will forward");
    expect_verdict(w, POSTMASTER, DOMAIN, VERDICT_PASS);
}

static void nobody_asked_for_it(void **state)
{
    struct world *w = *state;
    answer(w, 550, "5.1.1 No such user");
    w->facts.postmaster_wanted = false;
    expect_findings(w, "");
    expect_verdict(w, POSTMASTER, DOMAIN, VERDICT_NA);
}

static void a_refusal_of_the_mailbox_is_a_finding(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {"5.1.1 No such user", "5.1.10 Recipient not found", "5.2.1 Mailbox disabled"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        answer(w, 550, texts[i]);
        expect_findings(w, POSTMASTER);
        expect_detail(w, POSTMASTER, DOMAIN, texts[i]);
    }
    static const int codes[] = {501, 550, 551, 553};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        answer(w, codes[i], "no such user");
        expect_findings(w, POSTMASTER);
    }
}

static void so_is_a_refusal_of_the_null_sender(void **state)
{
    struct world *w = *state;
    struct smtp_try *try = with_postmaster(w, MX1_V4);
    set_reply(w, &try->mail, 553, "5.1.7 no empty sender");
    expect_findings(w, POSTMASTER);
    expect_detail(w, POSTMASTER, DOMAIN, "null sender");
}

static void a_refusal_of_us_shows_nothing(void **state)
{
    struct world *w = *state;
    static const struct {
        int code;
        const char *text;
    } answers[] = {{500, "what"}, {554, "5.7.1 Client host blocked"}, {550, "5.7.25 no PTR"}, {550, "5.0.0 no"}, {554, "no such user"}, {552, "full"}, {530, "login first"},
                   {550, ""}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (answers[i].text[0] == '\0') /* what strangers are told */
            set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[0], 550, "");
        answer(w, answers[i].code, answers[i].text);
        expect_unknown(w, POSTMASTER, DOMAIN, REASON_REFUSED_US);
        expect_findings(w, POSTMASTER ":refused_us");
    }
}

static void without_a_stranger_to_compare_words_alone_show_nothing(void **state)
{
    struct world *w = *state;
    answer(w, 550, "no such user");
    w->sessions[MX1_V4]->relay.rcpt[0] = (struct smtp_reply){0};
    expect_unknown(w, POSTMASTER, DOMAIN, REASON_REFUSED_US);
    answer(w, 550, "5.1.1 no such user");
    expect_verdict(w, POSTMASTER, DOMAIN, VERDICT_FAIL);
}

static void the_same_words_as_to_strangers_or_to_mail_are_no_news(void **state)
{
    struct world *w = *state;
    set_reply(w, &w->sessions[MX1_V4]->relay.rcpt[0], 550, "denied");
    answer(w, 550, "denied");
    expect_unknown(w, POSTMASTER, DOMAIN, REASON_REFUSED_US);
    answer(w, 551, "denied");
    expect_verdict(w, POSTMASTER, DOMAIN, VERDICT_FAIL);
    set_reply(w, &w->sessions[MX1_V4]->relay.mail, 550, "who are you");
    set_reply(w, &with_postmaster(w, MX1_V4)->mail, 550, "who are you");
    expect_unknown(w, POSTMASTER, DOMAIN, REASON_REFUSED_US);
}

static void later_is_no_refusal(void **state)
{
    struct world *w = *state;
    answer(w, 450, "4.2.0 greylisted");
    expect_findings(w, POSTMASTER ":greylisted");
    answer(w, 421, "4.7.0 later");
    expect_findings(w, POSTMASTER ":throttled");
    answer(w, 400, "later");
    expect_findings(w, POSTMASTER ":greylisted");
    answer(w, 252, "cannot tell");
    expect_findings(w, POSTMASTER ":internal");
    answer(w, 399, "what");
    expect_findings(w, POSTMASTER ":internal");
    with_postmaster(w, MX1_V4);
    w->sessions[MX1_V4]->end = END_TIMEOUT;
    w->sessions[MX1_V4]->end_step = STEP_TRY_RCPT;
    expect_unknown(w, POSTMASTER, DOMAIN, REASON_TIMEOUT);
}

static void the_first_answer_in_the_order_of_hosts_counts(void **state)
{
    struct world *w = *state;
    answer(w, 450, "4.2.0 greylisted");
    set_reply(w, &with_postmaster(w, MX2_V4)->rcpt, 421, "4.7.0 later");
    expect_findings(w, POSTMASTER ":greylisted");
    set_reply(w, &with_postmaster(w, MX2_V4)->rcpt, 250, "2.1.5 Ok");
    expect_verdict(w, POSTMASTER, DOMAIN, VERDICT_PASS);
    answer(w, 550, "5.1.1 No such user");
    expect_verdict(w, POSTMASTER, DOMAIN, VERDICT_FAIL);
}

static void where_nobody_speaks_smtp_nobody_is_asked(void **state)
{
    struct world *w = *state;
    w->facts.postmaster_wanted = true;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        cut_at(w->sessions[i], STEP_GREETING, END_QUIT);
        set_reply(w, &w->sessions[i]->greeting, 521, "no mail here");
    }
    expect_via(w, POSTMASTER, DOMAIN, VERDICT_NA, "smtp.service");
}

static void of_nobody_asked_nothing_is_known(void **state)
{
    struct world *w = *state;
    w->facts.postmaster_wanted = true;
    expect_findings(w, POSTMASTER ":not_probed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(who_is_taken_is_well),
        WORLD_TEST(nobody_asked_for_it),
        WORLD_TEST(a_refusal_of_the_mailbox_is_a_finding),
        WORLD_TEST(so_is_a_refusal_of_the_null_sender),
        WORLD_TEST(a_refusal_of_us_shows_nothing),
        WORLD_TEST(without_a_stranger_to_compare_words_alone_show_nothing),
        WORLD_TEST(the_same_words_as_to_strangers_or_to_mail_are_no_news),
        WORLD_TEST(later_is_no_refusal),
        WORLD_TEST(the_first_answer_in_the_order_of_hosts_counts),
        WORLD_TEST(where_nobody_speaks_smtp_nobody_is_asked),
        WORLD_TEST(of_nobody_asked_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
