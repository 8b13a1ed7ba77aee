/* SPDX-License-Identifier: Apache-2.0 */
/* test_session - single connections: what is said, heard and recorded, whatever the server does. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct call {
    struct world *w;
    struct session *session;
    struct session_params params;
    struct session_facts facts;
    struct arena arena;
    struct timer timer;
    int done, heard_ehlo;
    uint32_t done_ms;
};

static struct call call;
static struct server_log said;

static int set_up(void **state)
{
    world_set_up(state);
    call = (struct call){.w = *state};
    said = (struct server_log){0};
    arena_init(&call.arena, 1024 * 1024);
    call.params = (struct session_params){
        .ip = ip_of("192.0.2.1"),
        .port = 25,
        .name = "mx1.good.test",
        .smtp = {.ehlo_name = "probe.test", .tls_mode = TLS_MODE_STARTTLS, .relay = true, .mail_from = "", .recipients = {"a@example.net", "b@example.org"}},
        .connect_timeout_ms = 10000,
    };
    return 0;
}

static int tear_down(void **state)
{
    arena_done(&call.arena);
    return world_tear_down(state);
}

static void again(void **state)
{
    struct session_params params = call.params;
    tear_down(state);
    set_up(state);
    call.params = params;
}

static void on_heard_ehlo(void *arg)
{
    struct call *c = arg;
    c->heard_ehlo++;
    assert_true(c->facts.ehlo.reply.complete);
}

static void on_done(void *arg)
{
    struct call *c = arg;
    c->done++;
    c->done_ms = (uint32_t)(loop_now(c->w->loop).us / 1000);
    c->session = NULL;
}

static void dial(void)
{
    const struct session_callbacks callbacks = {on_heard_ehlo, on_done, &call};
    call.session = session_start(&call.w->prober.net, &call.params, &call.facts, &call.arena, &callbacks);
    assert_non_null(call.session);
}

/* Runs one connection to a server; what the server heard is in `said`. */
static const struct session_facts *talk(struct server s)
{
    s.log = &said;
    serve(call.w, "192.0.2.1", 25, &s);
    dial();
    assert_int_equal(call.done, 0); /* never inside the call */
    assert_int_equal(loop_run(call.w->loop), 0);
    assert_int_equal(call.done, 1);
    assert_int_equal(call.heard_ehlo, call.facts.ehlo.reply.complete);
    return &call.facts;
}

static void expect_end(const struct session_facts *f, enum session_end end, enum smtp_step step)
{
    if (f->end != end || f->end_step != step)
        fail_msg("ended %d at %s, not %d at %s", f->end, smtp_step_name(f->end_step), end, smtp_step_name(step));
}

static bool transcript_has(const struct session_facts *f, const char *text)
{
    for (const struct transcript_line *line = f->transcript; line; line = line->next)
        if (memmem(line->text.p, line->text.n, text, strlen(text)))
            return true;
    return false;
}

static void one_command_at_a_time_unless_pipelining_is_offered(void **state)
{
    expect_end(talk(healthy), END_QUIT, STEP_QUIT);
    assert_string_equal(said.heard, "EHLO probe.test|MAIL FROM:<>|RCPT TO:<a@example.net>|RSET|QUIT|");
    assert_int_equal(said.round_trips, 5);
    again(state);
    const struct session_facts *f = talk(server_with(healthy, "EHLO", "250-mx1.good.test\r\n250 PIPELINING\r\n", STAY));
    assert_string_equal(said.heard, "EHLO probe.test|MAIL FROM:<>|RCPT TO:<a@example.net>|RSET|QUIT|");
    assert_int_equal(said.round_trips, 3);
    assert_true(f->relay.pipelined);
    assert_int_equal(f->relay.rcpt[0].code, 554);
}

static void a_second_recipient_follows_an_accepted_one(void **state)
{
    (void)state;
    const struct session_facts *f = talk(server_with(healthy, "RCPT", "250 ok\r\n", STAY));
    assert_non_null(strstr(said.heard, "RCPT TO:<a@example.net>|RCPT TO:<b@example.org>|RSET|QUIT|"));
    assert_int_equal(f->relay.rcpt[1].code, 250);
}

static void helo_is_tried_where_ehlo_is_unknown(void **state)
{
    (void)state;
    const struct session_facts *f = talk(server_with(healthy, "EHLO", "502 what\r\n", STAY));
    assert_string_equal(said.heard, "EHLO probe.test|HELO probe.test|QUIT|");
    assert_true(f->ehlo.helo);
    assert_int_equal(f->ehlo.helo_reply.code, 250);
    expect_end(f, END_QUIT, STEP_QUIT);
}

static void a_greeting_is_waited_for_whole_and_in_silence(void **state)
{
    struct server slow = healthy;
    slow.delay_ms = 35000;
    const struct session_facts *f = talk(slow);
    assert_in_range(f->greeting.first_ms, 35000, 35010);
    expect_end(f, END_QUIT, STEP_QUIT);
    again(state);
    f = talk((struct server){.greeting = "220-half a greeting\r\n"});
    expect_end(f, END_TIMEOUT, STEP_GREETING);
    assert_string_equal(said.heard, "");
    assert_int_equal(f->greeting.line_count, 1);
    assert_false(f->greeting.complete);
}

/* Each command of a plain dialogue, and the step at which it is under way. */
static const struct {
    const char *command;
    enum smtp_step step;
} steps[] = {{"EHLO", STEP_EHLO}, {"STARTTLS", STEP_STARTTLS}, {"MAIL", STEP_MAIL}, {"RCPT", STEP_RCPT}, {"RSET", STEP_RSET}};

static struct server server_for(const char *command)
{
    return strcmp(command, "STARTTLS") == 0 ? server_with(healthy, "EHLO", WITH_STARTTLS, STAY) : healthy;
}

static void a_421_ends_it_with_a_quit_at_every_step(void **state)
{
    struct server s = healthy;
    s.greeting = "421 busy\r\n";
    expect_end(talk(s), END_QUIT, STEP_QUIT);
    assert_string_equal(said.heard, "QUIT|");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        again(state);
        expect_end(talk(server_with(server_for(steps[i].command), steps[i].command, "421 enough\r\n", CLOSE)), END_QUIT, STEP_QUIT);
        const char *last = strstr(said.heard, steps[i].command);
        assert_non_null(last);
        assert_string_equal(strchr(last, '|'), "|QUIT|"); /* nothing else after it */
    }
}

static void a_drop_is_recorded_where_it_happens(void **state)
{
    expect_end(talk((struct server){.then = CLOSE}), END_CLOSED, STEP_GREETING);
    again(state);
    expect_end(talk((struct server){.then = RESET}), END_RESET, STEP_GREETING);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (enum server_then how = CLOSE; how <= RESET; how++) {
            again(state);
            const struct session_facts *f = talk(server_with(server_for(steps[i].command), steps[i].command, NULL, how));
            expect_end(f, how == CLOSE ? END_CLOSED : END_RESET, steps[i].step);
            assert_true(transcript_has(f, how == CLOSE ? "the server closed the connection" : "the server reset the connection"));
        }
}

static void silence_has_a_limit_at_every_step(void **state)
{
    static const uint32_t seconds[] = {60, 30, 60, 60, 20};
    expect_end(talk((struct server){.greeting = NULL}), END_TIMEOUT, STEP_GREETING);
    assert_in_range(call.facts.duration_ms, 60000, 60010);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        again(state);
        const struct session_facts *f = talk(server_with(server_for(steps[i].command), steps[i].command, NULL, STAY));
        expect_end(f, END_TIMEOUT, steps[i].step);
        assert_in_range(f->duration_ms, seconds[i] * 1000, seconds[i] * 1000 + 50);
    }
}

static void a_refused_starttls_leaves_the_rest_in_clear(void **state)
{
    (void)state;
    const struct session_facts *f = talk(server_with(server_for("STARTTLS"), "STARTTLS", "454 not now\r\n", STAY));
    assert_int_equal(f->starttls.code, 454);
    assert_int_equal(f->tls.result, TLS_NOT_TRIED);
    assert_int_equal(f->relay.rcpt[0].code, 554);
    expect_end(f, END_QUIT, STEP_QUIT);
}

static void octets_after_the_220_are_kept_and_the_handshake_begins(void **state)
{
    (void)state;
    const struct session_facts *f = talk(server_with(server_for("STARTTLS"), "STARTTLS", "220 go\r\nHELLO", STAY));
    assert_true(f->octets_after_starttls_reply);
    assert_true(str_is(f->octets_after, "HELLO"));
    assert_non_null(strstr(said.heard, "STARTTLS|\x16\x03"));
    expect_end(f, END_TIMEOUT, STEP_HANDSHAKE);
    assert_int_equal(f->tls.result, TLS_TIMEOUT);
    assert_in_range(f->tls.took_ms, 20000, 20001);
}

static const struct session_facts *shake_hands(const struct tls_server *s)
{
    serve_tls(call.w, "192.0.2.1", s);
    call.params.smtp.tls_mode = s->implicit ? TLS_MODE_IMPLICIT : TLS_MODE_STARTTLS;
    dial();
    assert_int_equal(loop_run(call.w->loop), 0);
    assert_int_equal(call.done, 1);
    return &call.facts;
}

static void a_handshake_ends_in_its_own_ways(void **state)
{
    static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40}, close_notify[] = {0x15, 3, 3, 0, 2, 1, 0}, text[] = "554 no TLS today\r\n";
    static const struct {
        struct tls_server server;
        enum tls_result result;
        enum session_end end;
    } rows[] = {
        {{alert, sizeof alert, STAY, false}, TLS_ALERT, END_TLS_FAILED},
        {{alert, sizeof alert, CLOSE, true}, TLS_ALERT, END_TLS_FAILED},
        {{text, sizeof text - 1, STAY, false}, TLS_GARBAGE, END_TLS_FAILED},
        {{text, sizeof text - 1, CLOSE, true}, TLS_GARBAGE, END_TLS_FAILED},
        {{close_notify, sizeof close_notify, STAY, false}, TLS_CLOSED, END_TLS_FAILED},
        {{NULL, 0, CLOSE, false}, TLS_CLOSED, END_CLOSED},
        {{NULL, 0, RESET, true}, TLS_RESET, END_RESET},
        {{alert, 3, STAY, true}, TLS_TIMEOUT, END_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct session_facts *f = shake_hands(&rows[i].server);
        if (f->tls.result != rows[i].result)
            fail_msg("row %zu: TLS ended in %d, not %d", i, f->tls.result, rows[i].result);
        expect_end(f, rows[i].end, STEP_HANDSHAKE);
        assert_int_equal(f->tls.alert, rows[i].result == TLS_ALERT ? 40 : -1);
        assert_int_equal(f->tls.implicit, rows[i].server.implicit);
        again(state);
    }
}

static void a_hello_of_ours_is_answered_in_many_ways(void **state)
{
    static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40}, text[] = "454 no\r\n", ssl2[] = {0x80, 11, 4, 0, 1, 0, 2, 0, 0, 0, 6, 0, 0};
    static const struct {
        struct tls_server server;
        enum tls_answer_kind kind;
        enum session_end end;
    } rows[] = {
        {{alert, sizeof alert, STAY, false}, TLS_ANSWER_ALERT, END_TLS_FAILED}, {{alert, sizeof alert, RESET, true}, TLS_ANSWER_ALERT, END_TLS_FAILED},
        {{ssl2, sizeof ssl2, STAY, false}, TLS_ANSWER_SSL2, END_TLS_FAILED},    {{text, sizeof text - 1, STAY, true}, TLS_ANSWER_CLEAR, END_TLS_FAILED},
        {{alert, 3, CLOSE, false}, TLS_ANSWER_BROKEN, END_TLS_FAILED},          {{alert, 6, STAY, false}, TLS_ANSWER_BROKEN, END_TLS_FAILED},
        {{NULL, 0, CLOSE, false}, TLS_ANSWER_DROPPED, END_CLOSED},              {{NULL, 0, RESET, true}, TLS_ANSWER_DROPPED, END_RESET},
        {{NULL, 0, STAY, false}, TLS_ANSWER_SILENT, END_TIMEOUT},
    };
    static struct session_hello hello;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hello.bytes = (struct str){"\026\003\001hello", 8};
        call.params.hello = &hello;
        const struct session_facts *f = shake_hands(&rows[i].server);
        if (hello.reader.answer.kind != rows[i].kind)
            fail_msg("row %zu: the answer is %d, not %d", i, hello.reader.answer.kind, rows[i].kind);
        expect_end(f, rows[i].end, STEP_HANDSHAKE);
        assert_int_equal(f->tls.result, TLS_NOT_TRIED);
        again(state);
    }
}

static void a_hello_of_ours_goes_out_behind_the_220_and_nothing_behind_it(void **state)
{
    (void)state;
    static struct session_hello hello = {.bytes = {"\026\003\001hello", 8}};
    call.params.hello = &hello;
    call.params.smtp.relay = false;
    const struct session_facts *f = talk(server_with(server_for("STARTTLS"), "STARTTLS", "220 go\r\n", STAY));
    assert_non_null(strstr(said.heard, "STARTTLS|"));
    assert_null(strstr(said.heard, "QUIT"));
    expect_end(f, END_TIMEOUT, STEP_HANDSHAKE);
    assert_int_equal(hello.reader.answer.kind, TLS_ANSWER_SILENT);
}

static void a_hello_of_ours_stays_here_where_starttls_is_refused(void **state)
{
    (void)state;
    static struct session_hello hello = {.bytes = {"\026\003\001hello", 8}};
    call.params.hello = &hello;
    const struct session_facts *f = talk(server_with(server_for("STARTTLS"), "STARTTLS", "421 not now\r\n", CLOSE));
    assert_int_equal(hello.reader.answer.kind, TLS_ANSWER_NONE);
    assert_int_equal(f->starttls.code, 421);
}

static void a_server_that_is_always_late_meets_the_total_limit(void **state)
{
    (void)state;
    struct server late = healthy;
    late.delay_ms = 50000;
    const struct session_facts *f = talk(server_with(late, "EHLO", NULL, STAY));
    expect_end(f, END_LIMIT, STEP_EHLO);
    assert_int_equal(f->duration_ms, LIMIT_CONNECTION_MS);
    assert_string_equal(f->end_reason, "the connection's time is used up");
}

static void drip(struct scripted_connection *c, void *arg)
{
    const char *octet = arg;
    for (int i = 0; i < 200; i++)
        scripted_say(c, 1000 * i, octet, strlen(octet));
}

static const struct session_facts *hear_drips(const char *octets)
{
    const struct scripted_peer peer = {.on_open = drip, .arg = (void *)(uintptr_t)octets};
    assert_int_equal(scripted_serve(call.w->prober.net.dialer, ip_of("192.0.2.1"), 25, &peer), 0);
    dial();
    assert_int_equal(loop_run(call.w->loop), 0);
    return &call.facts;
}

static void an_endless_greeting_ends(void **state)
{
    static char flood[80 * 1024];
    expect_end(hear_drips("2"), END_TIMEOUT, STEP_GREETING); /* octets that drip in win no time */
    assert_int_equal(call.facts.duration_ms, 60000);
    again(state);
    expect_end(hear_drips("220-more\r\n220-and more\r\n"), END_LIMIT, STEP_GREETING);
    assert_int_equal(call.facts.greeting.line_count, 100);
    again(state);
    memset(flood, 'x', sizeof flood - 1);
    memcpy(flood, "220-", 4);
    expect_end(talk((struct server){.greeting = flood}), END_LIMIT, STEP_GREETING);
}

static void what_is_no_smtp_is_known_at_once(void **state)
{
    (void)state;
    const struct session_facts *f = talk((struct server){.greeting = "SSH-2.0-OpenSSH_9.2\r\n"});
    expect_end(f, END_NOT_SMTP, STEP_GREETING);
    assert_string_equal(said.heard, "");
}

static void a_connection_that_never_opens_says_why(void **state)
{
    static const struct {
        struct scripted_peer peer;
        enum connect_result connect;
        enum session_end end;
        const char *error;
    } rows[] = {
        {{.connect = TRANSPORT_REFUSED}, CONNECT_REFUSED, END_CLOSED, "Connection refused"},
        {{.connect = TRANSPORT_UNREACHABLE}, CONNECT_UNREACHABLE, END_CLOSED, "No route to host"},
        {{.connect = TRANSPORT_TROUBLE}, CONNECT_TROUBLE, END_TROUBLE, "Too many open files"},
        {{.never = true}, CONNECT_TIMEOUT, END_TIMEOUT, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(scripted_serve(call.w->prober.net.dialer, ip_of("192.0.2.1"), 25, &rows[i].peer), 0);
        dial();
        assert_int_equal(loop_run(call.w->loop), 0);
        assert_int_equal(call.facts.connect, rows[i].connect);
        expect_end(&call.facts, rows[i].end, STEP_CONNECT);
        if (rows[i].error)
            assert_string_equal(call.facts.connect_error, rows[i].error);
        assert_int_equal(call.facts.connect_ms, rows[i].peer.never ? 10000 : 0);
        again(state);
    }
}

static void nobody_waits_for_the_answer_to_quit(void **state)
{
    (void)state;
    talk(server_with(healthy, "QUIT", NULL, STAY));
    assert_in_range(call.done_ms, 5, 50);
    assert_int_equal(loop_now(call.w->loop).us / 1000 - call.done_ms, LIMIT_LINGER_MS); /* until then it lingers */
    assert_int_equal(said.open, 0);
}

static const struct session_facts *log_in(const char *mechanisms, bool in_clear, struct server s)
{
    static char ehlo[128];
    snprintf(ehlo, sizeof ehlo, "250-mx1.good.test\r\n250 AUTH %s\r\n", mechanisms);
    call.params.smtp.auth = true;
    call.params.auth_user = "tim";
    call.params.auth_password = "tanstaaftanstaaf";
    call.params.auth_in_clear = in_clear;
    return talk(server_with(s, "EHLO", ehlo, STAY));
}

static void a_login_in_one_step(void **state)
{
    const struct session_facts *f = log_in("PLAIN", true, server_with(healthy, "AUTH", "235 welcome\r\n", STAY));
    assert_string_equal(said.heard, "EHLO probe.test|AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm|QUIT|"); /* who is logged in may relay */
    assert_int_equal(f->auth.result, AUTH_ACCEPTED);
    assert_string_equal(f->auth.mechanism, "PLAIN");
    assert_false(transcript_has(f, "AHRpbQ") || transcript_has(f, "tanstaaf"));
    assert_true(transcript_has(f, "AUTH PLAIN"));
    again(state);
    f = log_in("PLAIN", true, server_with(healthy, "AUTH", "535 wrong\r\n", STAY));
    assert_int_equal(f->auth.result, AUTH_REFUSED);
    assert_int_equal(f->relay.rcpt[0].code, 554); /* the rest goes on */
}

static void a_login_by_challenge(void **state)
{
    /* RFC 2195 2 */
    struct server s = server_with(healthy, "AUTH", "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n", STAY);
    s = server_with(s, "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw", "235 welcome\r\n", STAY);
    const struct session_facts *f = log_in("CRAM-MD5", true, s);
    assert_int_equal(f->auth.result, AUTH_ACCEPTED);
    assert_false(transcript_has(f, "dGltIGI5"));
    again(state);
    s = server_with(healthy, "AUTH", "334 VXNlcm5hbWU6\r\n", STAY);
    s = server_with(s, "dGlt", "334 UGFzc3dvcmQ6\r\n", STAY);
    s = server_with(s, "dGFuc3RhYWZ0YW5zdGFhZg==", "235 welcome\r\n", STAY);
    f = log_in("LOGIN", true, s);
    assert_int_equal(f->auth.result, AUTH_ACCEPTED);
}

static void a_challenge_that_is_none_is_cancelled(void **state)
{
    (void)state;
    struct server s = server_with(healthy, "AUTH", "334 !!!\r\n", STAY);
    const struct session_facts *f = log_in("CRAM-MD5", true, server_with(s, "*", "501 as you wish\r\n", STAY));
    assert_int_equal(f->auth.result, AUTH_BAD_CHALLENGE);
    assert_non_null(strstr(said.heard, "|*|MAIL"));
}

static void a_password_stays_here_without_tls_or_a_known_mechanism(void **state)
{
    const struct session_facts *f = log_in("PLAIN LOGIN", false, healthy);
    assert_int_equal(f->auth.result, AUTH_NOT_IN_CLEAR);
    assert_null(strstr(said.heard, "AUTH"));
    again(state);
    assert_int_equal(log_in("GSSAPI X-ODD", true, healthy)->auth.result, AUTH_NO_MECHANISM);
}

static void hang_up(void *arg)
{
    (void)arg;
    if (call.session)
        session_cancel(call.session);
}

static void a_session_can_be_cancelled_at_any_time(void **state)
{
    for (int at_ms = 0; at_ms < 30; at_ms++) {
        const struct server s = server_with(server_for("STARTTLS"), "STARTTLS", at_ms % 2 ? "220 go\r\n" : "454 no\r\n", STAY);
        serve(call.w, "192.0.2.1", 25, &s);
        dial();
        timer_start(call.w->loop, &call.timer, at_ms, hang_up, NULL);
        assert_int_equal(loop_run(call.w->loop), 0);
        if (call.done)
            assert_int_equal(call.facts.end, END_QUIT);
        else
            assert_true(call.facts.end == END_LIMIT || call.facts.end == END_QUIT);
        again(state);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(one_command_at_a_time_unless_pipelining_is_offered),
        T(a_second_recipient_follows_an_accepted_one),
        T(helo_is_tried_where_ehlo_is_unknown),
        T(a_greeting_is_waited_for_whole_and_in_silence),
        T(a_421_ends_it_with_a_quit_at_every_step),
        T(a_drop_is_recorded_where_it_happens),
        T(silence_has_a_limit_at_every_step),
        T(a_refused_starttls_leaves_the_rest_in_clear),
        T(octets_after_the_220_are_kept_and_the_handshake_begins),
        T(a_handshake_ends_in_its_own_ways),
        T(a_hello_of_ours_is_answered_in_many_ways),
        T(a_hello_of_ours_goes_out_behind_the_220_and_nothing_behind_it),
        T(a_hello_of_ours_stays_here_where_starttls_is_refused),
        T(a_server_that_is_always_late_meets_the_total_limit),
        T(an_endless_greeting_ends),
        T(what_is_no_smtp_is_known_at_once),
        T(a_connection_that_never_opens_says_why),
        T(nobody_waits_for_the_answer_to_quit),
        T(a_login_in_one_step),
        T(a_login_by_challenge),
        T(a_challenge_that_is_none_is_cancelled),
        T(a_password_stays_here_without_tls_or_a_known_mechanism),
        T(a_session_can_be_cancelled_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
