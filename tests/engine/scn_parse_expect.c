/* SPDX-License-Identifier: Apache-2.0 */
/* scn_parse_expect - the verbs about reports: `expect`, `elsewhere`, `earlier`; see scn_parse.h. */
#include <string.h>

#include "scn_parser.h"

/* [mx1], [mx1 v4], [mx1 mx2 v6] behind ids: all of those since the last bracket are about these objects. */
static int parse_objects(struct parser *p, struct str text, struct scn_expectation *since)
{
    struct scn_object objects[SCN_OBJECTS_MAX];
    size_t n = 0;
    for (struct str word = str_word(&text); word.n; word = str_word(&text)) {
        enum ip_family family = str_is(word, "v4") ? IP_V4 : str_is(word, "v6") ? IP_V6 : IP_NONE;
        if (family && n)
            objects[n - 1].family = family;
        else if (family || n == SCN_OBJECTS_MAX)
            return wrong(p, "[SERVER [v4|v6] ...], %d of them at most", SCN_OBJECTS_MAX);
        else
            objects[n++] = (struct scn_object){.server = arena_cstr(p->arena, word)};
    }
    if (n == 0 || !since)
        return wrong(p, "brackets stand behind ids and name servers");
    for (; since; since = since->next) {
        memcpy(since->objects, objects, sizeof objects);
        since->object_count = n;
    }
    return 0;
}

static struct scn_expectation *expect_id(struct parser *p, struct str word, struct scn_expect *expect)
{
    struct scn_expectation *e = new_node(p, sizeof *e);
    if (!e)
        return NULL;
    if (expect != &p->out->senders && !memchr(word.p, '.', word.n)) {
        wrong(p, "\"%.*s\" is no id of a check", (int)word.n, word.p);
        return NULL;
    }
    *e = (struct scn_expectation){.id = arena_cstr(p->arena, word), .line = p->line};
    APPEND(expect->list, e);
    return e;
}

/* What stands between the first octet, a bracket, and `close`; *rest ends behind it. */
static int parse_enclosed(struct parser *p, struct str *rest, char close, struct str *inner)
{
    const char *end = memchr(rest->p, close, rest->n);
    if (!end)
        return wrong(p, "\"%c\" is missing", close);
    *inner = (struct str){rest->p + 1, (size_t)(end - rest->p) - 1};
    *rest = (struct str){end + 1, rest->n - inner->n - 2};
    return 0;
}

static int parse_expect_list(struct parser *p, struct str rest, struct scn_expect *expect, bool unknown)
{
    struct scn_expectation *since_bracket = NULL, *since_reason = NULL;
    struct str inner;
    expect->stated = true;
    for (rest = str_trim(rest); rest.n; rest = str_trim(rest)) {
        if (rest.p[0] == '[') {
            if (parse_enclosed(p, &rest, ']', &inner) < 0 || parse_objects(p, inner, since_bracket) < 0)
                return -1;
            since_bracket = NULL;
        } else if (rest.p[0] == '(') {
            if (parse_enclosed(p, &rest, ')', &inner) < 0)
                return -1;
            if (!unknown || !since_reason)
                return wrong(p, "a reason stands behind what is unknown");
            for (; since_reason; since_reason = since_reason->next)
                since_reason->reason = arena_cstr(p->arena, inner);
            since_bracket = NULL;
        } else {
            struct str word = str_word(&rest);
            if (str_is(word, "+P") && !unknown)
                expect->with_base = true;
            else if (!str_is(word, "-")) {
                struct scn_expectation *e = expect_id(p, word, expect);
                if (!e)
                    return -1;
                since_bracket = since_bracket ? since_bracket : e;
                since_reason = since_reason ? since_reason : e;
            }
        }
    }
    return unknown && since_reason ? wrong(p, "a reason in parentheses is missing") : 0;
}

/* OUTCOME PROFILE... [OBJECT...] */
static int parse_expect_senders(struct parser *p, struct str rest)
{
    static const char *const outcomes[] = {"unknown", "bounce", "defer", "plaintext", "delayed-plaintext", "encrypted", "encrypted_authenticated"};
    struct str outcome = str_word(&rest);
    size_t i = 0;
    while (i < sizeof outcomes / sizeof outcomes[0] && !str_is(outcome, outcomes[i]))
        i++;
    if (i == sizeof outcomes / sizeof outcomes[0] || !str_trim(rest).n)
        return wrong(p, "expect senders unknown, bounce, defer, plaintext, delayed-plaintext, encrypted or encrypted_authenticated PROFILE...");
    if (parse_expect_list(p, rest, &p->out->senders, false) < 0)
        return -1;
    for (struct scn_expectation *e = p->out->senders.list; e; e = e->next)
        e->reason = e->reason ? e->reason : outcomes[i];
    return 0;
}

static int parse_sighting(struct parser *p, bool elsewhere, const char *what)
{
    struct scn_sighting *seen = new_node(p, sizeof *seen);
    size_t at = 0;
    if (!seen || parse_where(p, &at, &seen->where) < 0)
        return -1;
    if (at + 1 != p->words.count || !word_is(p, at, what))
        return wrong(p, "SERVER [v4|v6] [port N] %s", what);
    seen->elsewhere = elsewhere;
    seen->line = p->line;
    APPEND(p->out->sightings, seen);
    return 0;
}

int parse_elsewhere(struct parser *p)
{
    return parse_sighting(p, true, "connects");
}

int parse_earlier(struct parser *p)
{
    return parse_sighting(p, false, "starttls");
}

int parse_expect(struct parser *p)
{
    struct str rest = p->rest;
    struct str what = str_word(&rest);
    uint64_t status;
    if (str_is(what, "fail"))
        return parse_expect_list(p, rest, &p->out->fail, false);
    if (str_is(what, "unknown"))
        return parse_expect_list(p, rest, &p->out->unknown, true);
    if (str_is(what, "senders"))
        return parse_expect_senders(p, rest);
    if (!str_is(what, "exit"))
        return wrong(p, "expect fail, unknown, senders or exit, not \"%.*s\"", (int)what.n, what.p);
    if (parse_number(p, str_trim(rest), 255, &status) < 0)
        return -1;
    p->out->exit_status = (int)status;
    return 0;
}
