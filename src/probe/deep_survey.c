/* SPDX-License-Identifier: Apache-2.0 */
/* deep_survey - see deep_survey.h. */
#include "probe/deep_survey.h"

#include "base/rng.h"
#include "wire/tls_survey.h"

struct deep_survey {
    struct tls_survey survey;
    struct session_hello hello;
    struct session_facts session;
    const char *stop_event;
};

/* The name that was sent in the handshake that worked. */
static const char *sni_of(const struct endpoint_facts *e)
{
    for (size_t i = 0; i < e->session_count; i++)
        if (e->sessions[i].tls.sni)
            return e->sessions[i].tls.sni;
    return NULL;
}

struct deep_survey *deep_survey_new(struct endpoint_facts *e, bool full, struct arena *arena)
{
    uint8_t random[32];
    struct deep_survey *s = ARENA_NEW(arena, struct deep_survey);
    if (!s || rng_fill(random, sizeof random) < 0)
        return NULL;
    tls_survey_init(&s->survey, &e->deep->survey, arena, sni_of(e), full, random);
    s->hello.bytes = tls_survey_next(&s->survey);
    return s;
}

struct session_facts *deep_survey_set_params(struct deep_survey *s, struct session_params *params)
{
    params->hello = &s->hello;
    return &s->session;
}

bool deep_survey_came_to_hello(const struct deep_survey *s)
{
    return s->hello.reader.answer.kind != TLS_ANSWER_NONE;
}

bool deep_survey_heard(struct deep_survey *s, const char *stop_event)
{
    const struct tls_answer *answer = &s->hello.reader.answer;
    if (stop_event)
        tls_survey_stop(&s->survey, stop_event);
    tls_survey_answer(&s->survey, answer);
    if (s->survey.over && !stop_event && (answer->kind == TLS_ANSWER_DROPPED || answer->kind == TLS_ANSWER_SILENT))
        s->stop_event = s->survey.facts->ended_by;
    s->hello.bytes = tls_survey_next(&s->survey);
    return s->hello.bytes.n > 0;
}

const char *deep_survey_stop_event(const struct deep_survey *s)
{
    return s->stop_event;
}

void deep_survey_stop(struct deep_survey *s, const char *why)
{
    if (s)
        tls_survey_stop(&s->survey, why);
}
