/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_talk - see smtp_talk.h. */
#include "smtp_talk.h"

int talk_set_up(void **state)
{
    static struct talk t;
    memset(&t, 0, sizeof t);
    arena_init(&t.arena, 1 << 20);
    t.plan = (struct smtp_plan){
        .ehlo_name = "probe.example",
        .tls_mode = TLS_MODE_STARTTLS,
        .relay = true,
        .mail_from = "",
        .recipients = {"a@example.net", "b@example.org"},
    };
    *state = &t;
    return 0;
}

int talk_tear_down(void **state)
{
    struct talk *t = *state;
    arena_done(&t->arena);
    return 0;
}

void talk_feed(struct talk *t, const char *bytes, size_t n)
{
    size_t chunk = t->chunk ? t->chunk : n;
    t->dialogue.line = t->line;
    for (size_t at = 0; at < n; at += chunk)
        smtp_dialogue_feed(&t->dialogue, bytes + at, n - at < chunk ? n - at : chunk, ++t->t_ms);
}

void talk_must_say(struct talk *t, const char *expected, size_t line)
{
    char wanted[1024];
    size_t n = 0;
    assert_int_equal(smtp_dialogue_want(&t->dialogue).wish, WISH_SEND);
    for (const char *c = expected; *c; c++) /* " | " stands between pipelined commands */
        if (strncmp(c, " | ", 3) == 0) {
            n += (size_t)sprintf(wanted + n, "\r\n");
            c += 2;
        } else {
            wanted[n++] = *c;
        }
    n += (size_t)sprintf(wanted + n, "\r\n");
    struct str said = smtp_dialogue_take(&t->dialogue, ++t->t_ms);
    if (said.n != n || memcmp(said.p, wanted, n) != 0)
        fail_msg("line %zu: we must say '%s' but say '%.*s'", line, expected, (int)said.n, said.p);
}

void talk_begin_again(void **state, enum smtp_course course)
{
    talk_tear_down(state), talk_set_up(state);
    struct talk *t = *state;
    t->plan.course = course;
}

void talk_play(struct talk *t, const char *const *script)
{
    static const struct {
        const char *word;
        enum smtp_dialogue_event event;
    } events[] = {{"TLS", DIALOGUE_TLS_DONE},  {"TLS!", DIALOGUE_TLS_FAILED}, {"CLOSE", DIALOGUE_CLOSED},
                  {"RESET", DIALOGUE_RESET},   {"TIMEOUT", DIALOGUE_TIMEOUT}, {"LIMIT", DIALOGUE_LIMIT}};
    smtp_dialogue_init(&t->dialogue, &t->plan, &t->facts, &t->arena);
    for (size_t i = 0; script[i]; i++) {
        const char *line = script[i];
        enum smtp_wish wish = smtp_dialogue_want(&t->dialogue).wish;
        char bytes[1024];
        if (strncmp(line, "S: ", 3) == 0) {
            if (wish != WISH_HEAR)
                fail_msg("line %zu: '%s' is said while the dialogue wants %d", i, line, wish);
            snprintf(bytes, sizeof bytes, "%s\r\n", line + 3);
            talk_feed(t, bytes, strlen(bytes));
        } else if (strncmp(line, "C: ", 3) == 0) {
            talk_must_say(t, line + 3, i);
        } else if (strcmp(line, "QUIT.") == 0) {
            assert_int_equal(wish, WISH_LINGER);
            assert_int_equal(t->facts.end, END_QUIT);
        } else if (strcmp(line, "CLOSED.") == 0) {
            assert_int_equal(wish, WISH_CLOSE);
        } else {
            bool known = false;
            for (size_t k = 0; k < sizeof events / sizeof *events; k++)
                if (strcmp(line, events[k].word) == 0) {
                    smtp_dialogue_event(&t->dialogue, events[k].event, NULL, ++t->t_ms);
                    known = true;
                }
            if (!known)
                fail_msg("line %zu: '%s' is no word of this test", i, line);
        }
    }
}
