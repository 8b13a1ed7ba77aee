/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of a conversation. The input: the plan, then what happens, one thing after the other: something
 * said, perhaps very often, or an event; and what the SASL mechanism answers.
 * Oracle: the dialogue ends; what we say is whole lines within the buffer; the end has a reason; QUIT is said exactly
 * when it ends well; what is kept has limits; a password never stands in the transcript.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/smtp_dialogue.h"

enum { REPEATED_MAX = 200, ARENA_BYTES = 8 << 20 };
static const char secret[] = "c2VjcmV0";

struct talk {
    struct fuzz input;
    struct arena arena;
    struct session_facts facts;
    struct smtp_plan plan;
    struct smtp_dialogue dialogue;
    char line[SMTP_LINE_KEPT_BYTES];
    uint32_t t_ms;
    bool quit_said;
};

static void take(struct talk *t)
{
    struct str said = smtp_dialogue_take(&t->dialogue, t->t_ms);
    must(said.n >= 2 && said.n <= SMTP_OUT_BYTES && memcmp(said.p + said.n - 2, "\r\n", 2) == 0);
    must(!memchr(said.p, '\0', said.n));
    if (said.n >= 6 && memcmp(said.p + said.n - 6, "QUIT\r\n", 6) == 0)
        t->quit_said = true;
}

static void event(struct talk *t, enum smtp_dialogue_event what)
{
    smtp_dialogue_event(&t->dialogue, what, what >= DIALOGUE_LIMIT ? "a reason" : NULL, t->t_ms);
}

static void hear(struct talk *t)
{
    unsigned what = fuzz_number(&t->input, 15);
    if (what < 2) {
        event(t, (enum smtp_dialogue_event)(DIALOGUE_CLOSED + fuzz_number(&t->input, DIALOGUE_TROUBLE - DIALOGUE_CLOSED)));
        return;
    }
    struct str text = fuzz_text(&t->input);
    unsigned times = what == 2 ? 1 + fuzz_number(&t->input, REPEATED_MAX) : 1;
    char *octets = fuzz_exact(text);
    for (unsigned i = 0; i < times && smtp_dialogue_want(&t->dialogue).wish == WISH_HEAR; i++)
        smtp_dialogue_feed(&t->dialogue, octets, text.n, ++t->t_ms);
    free(octets);
}

static void answer_auth(struct talk *t)
{
    static const char *const mechanisms[] = {NULL, "PLAIN", "SCRAM-SHA-256"};
    static char much[SMTP_OUT_BYTES];
    memset(much, 'A', sizeof much);
    const struct str responses[] = {{NULL, 0}, STR(""), {secret, sizeof secret - 1}, {much, sizeof much}};
    bool begun = t->dialogue.auth_begun;
    const char *mechanism = begun ? NULL : mechanisms[1 + fuzz_flip(&t->input)];
    unsigned result = fuzz_number(&t->input, 15), response = fuzz_number(&t->input, 3);
    if (result <= AUTH_BAD_CHALLENGE && result >= AUTH_NO_MECHANISM)
        smtp_dialogue_auth(&t->dialogue, result == AUTH_BAD_CHALLENGE ? mechanism : NULL, responses[0], (enum auth_result)result);
    else
        smtp_dialogue_auth(&t->dialogue, mechanism, responses[begun && response == 0 ? 1 : response], AUTH_NOT_TRIED);
}

/* False when the dialogue is over. */
static bool step(struct talk *t)
{
    struct smtp_want want = smtp_dialogue_want(&t->dialogue);
    t->t_ms += 1;
    switch (want.wish) {
    case WISH_SEND:
        take(t);
        return true;
    case WISH_HEAR:
        must(want.timeout_ms > 0);
        if (fuzz_is_over(&t->input))
            event(t, DIALOGUE_CLOSED);
        else
            hear(t);
        return true;
    case WISH_HANDSHAKE:
        must(want.timeout_ms > 0);
        event(t, fuzz_is_over(&t->input) ? DIALOGUE_CLOSED : (enum smtp_dialogue_event)fuzz_number(&t->input, DIALOGUE_TROUBLE));
        return true;
    case WISH_AUTH:
        answer_auth(t);
        return true;
    case WISH_LINGER:
    case WISH_CLOSE:
        must((want.wish == WISH_LINGER) == (t->facts.end == END_QUIT || t->facts.end == END_OBSERVED));
        return false;
    }
    must(false);
    return false;
}

static void check(const struct talk *t)
{
    const struct session_facts *f = &t->facts;
    size_t kept = 0;
    must(f->end != END_NONE && f->end_step < STEP_COUNT);
    must(f->end != END_QUIT || t->quit_said);
    must((f->end == END_LIMIT || f->end == END_TROUBLE) == (f->end_reason != NULL));
    for (const struct transcript_line *line = f->transcript; line; line = line->next) {
        kept += line->text.n;
        must(line->from != FROM_CLIENT || !str_contains_nocase(line->text, secret));
    }
    must(kept < 2 * SMTP_TEXT_MAX_BYTES + SMTP_LINES_MAX * SMTP_LINE_KEPT_BYTES);
    must(f->octets_after.n <= 64);
    must(f->deep.tries_begun <= f->deep.try_count);
    must(!t->arena.exhausted);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct talk t;
    t = (struct talk){.input = {bytes, n}};
    arena_init(&t.arena, ARENA_BYTES);
    unsigned options = fuzz_number(&t.input, 255);
    static const struct smtp_try tries[] = {
        {.kind = TRY_SENDER, .mail_from = "p@x.example", .rcpt_to = "a@example.net"},
        {.kind = TRY_PERCENT, .mail_from = "", .rcpt_to = "a%example.net@mx.example"},
        {.kind = TRY_ROUTE, .mail_from = "", .rcpt_to = "@mx.example:a@example.net"},
    };
    t.plan = (struct smtp_plan){
        .ehlo_name = "probe.example",
        .tls_mode = (enum tls_mode)(options % (TLS_MODE_IMPLICIT + 1)),
        .course = (enum smtp_course)((options >> 5) % (COURSE_UNLISTED_STARTTLS + 1)),
        .tries = tries,
        .try_count = options >> 5 == COURSE_PLAIN_MAIL ? 3 : 0,
        .control = options & 4 ? "c@mx.example" : NULL,
        .relay = options & 4,
        .auth = options & 8,
        .mail_from = "",
        .recipients = {"a@example.net", "b@example.org"},
        .greeting_timeout_ms = options & 16 ? 1000 : 0,
    };
    smtp_dialogue_init(&t.dialogue, &t.plan, &t.facts, &t.arena);
    t.dialogue.line = t.line;
    while (step(&t))
        continue;
    check(&t);
    arena_done(&t.arena);
    return 0;
}
