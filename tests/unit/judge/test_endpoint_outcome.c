/* SPDX-License-Identifier: Apache-2.0 */
/* test_endpoint_outcome - how far a probe came, in one word. */
#include "world.h"

static void expect_outcome(struct world *w, const char *word)
{
    assert_string_equal(endpoint_outcome(w->endpoints[MX1_V4]), word);
}

static void connections_that_were_not_made(void **state)
{
    static const char *const words[] = {
        [CONNECT_NOT_TRIED] = "not_probed", [CONNECT_REFUSED] = "refused",         [CONNECT_TIMEOUT] = "timeout",
        [CONNECT_UNREACHABLE] = "unreachable", [CONNECT_TROUBLE] = "not_probed",
    };
    struct world *w = *state;
    for (unsigned result = CONNECT_NOT_TRIED; result <= CONNECT_TROUBLE; result++) {
        if (result == CONNECT_OPEN)
            continue;
        not_connected(w->endpoints[MX1_V4], (enum connect_result)result);
        expect_outcome(w, words[result]);
    }
    w->endpoints[MX1_V4]->shown = NULL;
    expect_outcome(w, "not_probed");
}

static void a_dialogue_to_its_end(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    expect_outcome(w, "completed");
    set_reply(w, &s->relay.rcpt[0], 450, "4.2.0 Greylisted");
    expect_outcome(w, "completed");
    set_reply(w, &s->starttls, 454, "4.7.0 TLS not available");
    expect_outcome(w, "completed");
    s->ehlo.helo = true;
    set_reply(w, &s->ehlo.reply, 502, "5.5.1 What?");
    expect_outcome(w, "completed");
}

static void greetings_that_are_none(void **state)
{
    static const struct {
        int code;
        const char *word;
    } cases[] = {{400, "throttled"},   {421, "throttled"},   {450, "throttled"},      {499, "throttled"},      {500, "rejected_us"},
                 {521, "rejected_us"}, {554, "rejected_us"}, {250, "protocol_error"}, {354, "protocol_error"}, {399, "protocol_error"}};
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_reply(w, &s->greeting, cases[i].code, "no");
        expect_outcome(w, cases[i].word);
    }
    set_reply(w, &s->greeting, 0, "SSH-2.0-OpenSSH_9.2");
    s->greeting.flaws = REPLY_NOT_SMTP;
    s->end = END_NOT_SMTP;
    expect_outcome(w, "protocol_error");
}

static void refusals_of_ehlo(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    set_reply(w, &s->ehlo.reply, 451, "4.3.0 later");
    expect_outcome(w, "throttled");
    set_reply(w, &s->ehlo.reply, 550, "5.7.1 blocked");
    expect_outcome(w, "rejected_us");
}

static void half_a_refusal_is_none(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_GREETING, END_CLOSED);
    set_reply(w, &s->greeting, 554, "5.7.1 and then the line");
    s->greeting.complete = false;
    expect_outcome(w, "closed");
}

static void a_server_that_says_421_hangs_up_at_any_step(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    const struct session_facts good = *s;
    struct smtp_reply *const replies[] = {&s->starttls, &s->ehlo_tls.reply, &s->relay.mail, &s->relay.rcpt[0], &s->relay.rcpt[1]};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        set_reply(w, replies[i], 421, "4.3.2 shutting down");
        expect_outcome(w, "throttled");
        *s = good;
    }
}

static void dialogues_that_were_cut_short(void **state)
{
    static const struct {
        enum smtp_step step;
        enum session_end end;
        const char *word;
    } cases[] = {
        {STEP_GREETING, END_CLOSED, "closed"},     {STEP_GREETING, END_RESET, "closed"},         {STEP_GREETING, END_TIMEOUT, "timeout"},
        {STEP_EHLO, END_CLOSED, "closed"},         {STEP_EHLO, END_TIMEOUT, "timeout"},          {STEP_STARTTLS, END_RESET, "closed"},
        {STEP_HANDSHAKE, END_TIMEOUT, "timeout"},  {STEP_HANDSHAKE, END_TLS_FAILED, "tls_failed"}, {STEP_EHLO_TLS, END_CLOSED, "closed"},
        {STEP_RCPT, END_CLOSED, "closed"},         {STEP_RCPT, END_NOT_SMTP, "protocol_error"},  {STEP_EHLO, END_TROUBLE, "not_probed"},
        {STEP_EHLO, END_NONE, "not_probed"},
    };
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    const struct session_facts good = *s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        *s = good;
        cut_at(s, cases[i].step, cases[i].end);
        expect_outcome(w, cases[i].word);
    }
}

/* Octets without end are the server's doing; the time of a run is ours. */
static void limits_of_octets_and_of_time(void **state)
{
    struct world *w = *state;
    struct session_facts *s = w->sessions[MX1_V4];
    cut_at(s, STEP_EHLO, END_LIMIT);
    expect_outcome(w, "timeout");
    s->ehlo.reply.flaws = REPLY_OVER_LIMIT;
    expect_outcome(w, "protocol_error");
}

static void the_session_that_got_furthest_counts(void **state)
{
    struct world *w = *state;
    struct session_facts *retry = add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    cut_at(w->sessions[MX1_V4], STEP_GREETING, END_CLOSED);
    expect_outcome(w, "closed");
    w->endpoints[MX1_V4]->shown = retry;
    expect_outcome(w, "completed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(connections_that_were_not_made),
        WORLD_TEST(a_dialogue_to_its_end),
        WORLD_TEST(greetings_that_are_none),
        WORLD_TEST(refusals_of_ehlo),
        WORLD_TEST(half_a_refusal_is_none),
        WORLD_TEST(a_server_that_says_421_hangs_up_at_any_step),
        WORLD_TEST(dialogues_that_were_cut_short),
        WORLD_TEST(limits_of_octets_and_of_time),
        WORLD_TEST(the_session_that_got_furthest_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
