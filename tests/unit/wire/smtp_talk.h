/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_talk - conversations as they are spoken. "S:" is what the server says, "C:" what we must
 * say then, "TLS" a handshake that succeeds, "TLS!" one that fails, "CLOSE", "RESET", "TIMEOUT" what happens
 * to us, "QUIT." that the dialogue is over in good order, "CLOSED." that it is over.
 */
#ifndef TESTS_SMTP_TALK_H
#define TESTS_SMTP_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/smtp_dialogue.h"

struct talk {
    struct arena arena;
    struct session_facts facts;
    struct smtp_plan plan;
    struct smtp_dialogue dialogue;
    char line[SMTP_LINE_KEPT_BYTES];
    size_t chunk; /* octets given at a time; 0: a line at once */
    uint32_t t_ms;
};

int talk_set_up(void **state); /* *state: a struct talk */
int talk_tear_down(void **state);
void talk_begin_again(void **state, enum smtp_course course);
void talk_feed(struct talk *t, const char *bytes, size_t n);
void talk_must_say(struct talk *t, const char *expected, size_t line); /* without CRLF; " | " stands between commands; line: for who reads a failure */
void talk_play(struct talk *t, const char *const *script); /* lines, then NULL */
#define TALK_TEST(f) cmocka_unit_test_setup_teardown(f, talk_set_up, talk_tear_down)

#define PLAY(t, ...) talk_play((t), (const char *const[]){__VA_ARGS__, NULL})

#define HEALTHY_START                                                                                                                                          \
    "S: 220 mx.example ESMTP", "C: EHLO probe.example", "S: 250-mx.example", "S: 250-PIPELINING", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "TLS",         \
        "C: EHLO probe.example"

#endif
