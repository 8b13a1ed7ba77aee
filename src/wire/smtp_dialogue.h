/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_dialogue - the client's side of one SMTP conversation, as a machine without socket, clock or
 * malloc: bytes and events in, bytes and wishes out.
 *
 * Order of calls: smtp_dialogue_init; then, in a loop, look at smtp_dialogue_want and do it:
 *   SEND      send what smtp_dialogue_take gives
 *   HEAR      wait for bytes and give them to smtp_dialogue_feed, or DIALOGUE_TIMEOUT after timeout_ms
 *   HANDSHAKE run TLS, then DIALOGUE_TLS_DONE, DIALOGUE_TLS_FAILED or DIALOGUE_TLS_OBSERVED
 *   AUTH      ask the SASL mechanism, then smtp_dialogue_auth
 *   LINGER    the facts are complete; QUIT has gone out and its answer interests nobody: close politely
 *   CLOSE     close
 * Memory: a fixed struct of the caller's, and his room for a line, `line`, which must be there before the first feed; facts point
 *   into the arena.
 * Limits: those of smtp_reply, and SMTP_TEXT_MAX_BYTES heard in all.
 * Fails: never; what the server does wrong is a fact and ends the dialogue.
 * Spec: RFC 5321, RFC 2920 (pipelining, only where offered; COURSE_INJECTION breaks that rule on purpose), RFC 3207,
 *   RFC 4954, RFC 8314 3.3.
 */
#ifndef WIRE_SMTP_DIALOGUE_H
#define WIRE_SMTP_DIALOGUE_H

#include "base/arena.h"
#include "facts/endpoint.h"
#include "wire/smtp_reply.h"
#include "wire/smtp_transcript.h"

enum { SMTP_TEXT_MAX_BYTES = 64 * 1024, SMTP_OUT_BYTES = 2048 };

/* How a connection goes on behind EHLO. */
enum smtp_course {
    COURSE_MAIL = 0,          /* STARTTLS where it is listed, EHLO again, AUTH, the relay test, the tries */
    COURSE_TLS,               /* TLS, then QUIT */
    COURSE_TLS_TWICE,         /* the same; behind STARTTLS with EHLO and STARTTLS once more inside it */
    COURSE_INJECTION,         /* NOOP in one write with STARTTLS; then what is said inside TLS before the answer to QUIT */
    COURSE_PLAIN_MAIL,        /* MAIL before TLS, then the tries; TLS only if that is refused */
    COURSE_UNLISTED_STARTTLS, /* STARTTLS whether or not it is listed, TLS, QUIT */
};

struct smtp_plan {
    const char *ehlo_name;      /* a host name or an address literal in brackets */
    enum tls_mode tls_mode;
    enum smtp_course course;
    const struct smtp_try *tries; /* those of one sender stand together; COURSE_MAIL and COURSE_PLAIN_MAIL */
    size_t try_count;
    const char *control;        /* asked once, after a form of recipient was taken; NULL: not at all */
    bool relay;                 /* run the relay test */
    const char *mail_from;      /* without brackets; "" is the null sender */
    const char *recipients[2];
    bool auth;                  /* try AUTH */
    uint32_t greeting_timeout_ms;
};

enum smtp_wish { WISH_SEND, WISH_HEAR, WISH_HANDSHAKE, WISH_AUTH, WISH_LINGER, WISH_CLOSE };

struct smtp_want {
    enum smtp_wish wish;
    uint32_t timeout_ms; /* HEAR and HANDSHAKE */
};

enum smtp_dialogue_event {
    DIALOGUE_TLS_DONE,
    DIALOGUE_TLS_OBSERVED,
    DIALOGUE_TLS_FAILED,
    DIALOGUE_CLOSED,
    DIALOGUE_RESET,
    DIALOGUE_TIMEOUT,
    DIALOGUE_LIMIT,
    DIALOGUE_TROUBLE
};

struct smtp_dialogue {
    const struct smtp_plan *plan;
    struct session_facts *facts;
    struct arena *arena;
    enum smtp_step step;
    enum smtp_wish wish;
    bool in_tls;
    bool secret;        /* what is to be sent now stays out of the transcript */
    bool auth_begun;
    bool quit_said;
    size_t heard_bytes;
    uint32_t silence_ms; /* how long STEP_SILENCE is */
    struct str challenge; /* AUTH: of the last 334 */
    size_t try_next;      /* of the plan's tries: the one under way, or next */
    struct smtp_reply passed_over; /* heard, of no further interest */
    char *line; /* room for SMTP_LINE_KEPT_BYTES */
    struct smtp_reply_reader reader;
    struct smtp_transcript transcript;
    struct str out; /* to be sent next */
};

void smtp_dialogue_init(struct smtp_dialogue *d, const struct smtp_plan *plan, struct session_facts *facts, struct arena *arena);
struct smtp_want smtp_dialogue_want(const struct smtp_dialogue *d);

/* The bytes to send, in the arena; they are written into the transcript with this time. */
struct str smtp_dialogue_take(struct smtp_dialogue *d, uint32_t t_ms);
void smtp_dialogue_feed(struct smtp_dialogue *d, const void *bytes, size_t n, uint32_t t_ms);
/* `reason`: for LIMIT and TROUBLE, a constant or in the arena; else NULL. */
void smtp_dialogue_event(struct smtp_dialogue *d, enum smtp_dialogue_event event, const char *reason, uint32_t t_ms);

/* The answer to WISH_AUTH. mechanism: to begin with it; NULL: in the middle of an exchange. result: anything
 * but NOT_TRIED ends the attempt without a word more, or cancels it ("*") in the middle. `response` is base64,
 * "" an empty one; a NULL `p` with a mechanism: no initial response. */
void smtp_dialogue_auth(struct smtp_dialogue *d, const char *mechanism, struct str response, enum auth_result result);
/* The words after AUTH in the EHLO reply that counts now, and the last challenge. */
struct str smtp_dialogue_auth_offered(const struct smtp_dialogue *d);

/* A line of the transcript that nobody said. */
void smtp_dialogue_note(struct smtp_dialogue *d, uint32_t t_ms, const char *format, ...) __attribute__((format(printf, 3, 4)));

const char *smtp_step_name(enum smtp_step step);

#endif
