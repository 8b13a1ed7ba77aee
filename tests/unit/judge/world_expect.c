/* SPDX-License-Identifier: Apache-2.0 */
/* world_expect - see world.h. Here: what a test says must be found. */
#include <stdio.h>

#include "base/panic.h"
#include "world.h"

static void judge_now(struct world *w)
{
    must(judge(&w->facts, &w->options, w->now, &w->arena, &w->out) == 0);
}

static const char *with_word(struct world *w, const char *list, const char *word)
{
    return *list ? arena_printf(&w->arena, "%s %s", list, word) : word;
}

static bool has_word(const char *list, const char *word)
{
    struct str rest = str_of(list);
    for (struct str one = str_word(&rest); one.n; one = str_word(&rest))
        if (str_is(one, word))
            return true;
    return false;
}

static const char *object_text(struct world *w, const struct subject *s)
{
    const char *text = s->host ? s->host->name : "the domain";
    char ip[IP_TEXT_BYTES];
    if (s->address) {
        ip_write(s->address->ip, ip);
        text = arena_printf(&w->arena, "%s [%s]", text, ip);
    }
    return s->endpoint ? arena_printf(&w->arena, "%s:%u", text, s->endpoint->port) : text;
}

static void print_findings(struct world *w)
{
    for (size_t i = 0; i < w->out.finding_count; i++) {
        const struct verdict *v = w->out.findings[i];
        print_error("  %s %s%s%s: %s\n", v->check->id, v->value == VERDICT_UNKNOWN ? reason_text(v->reason) : "fails", " about ", object_text(w, &v->subject),
                    v->detail ? v->detail : "(nothing said)");
    }
}

void expect_findings(struct world *w, const char *words)
{
    const char *found = "", *missing = "", *surplus = "";
    judge_now(w);
    for (size_t i = 0; i < w->out.finding_count; i++) {
        const struct verdict *v = w->out.findings[i];
        const char *word = v->value == VERDICT_FAIL ? v->check->id : arena_printf(&w->arena, "%s:%s", v->check->id, reason_text(v->reason));
        if (v->via == NULL && !v->detail)
            fail_msg("%s says nothing of what was seen", word);
        if (!has_word(found, word))
            found = with_word(w, found, word);
        if (!has_word(words, word) && !has_word(surplus, word))
            surplus = with_word(w, surplus, word);
    }
    struct str rest = str_of(words);
    for (struct str one = str_word(&rest); one.n; one = str_word(&rest)) {
        const char *word = arena_cstr(&w->arena, one);
        if (!has_word(found, word))
            missing = with_word(w, missing, word);
    }
    if (!*missing && !*surplus)
        return;
    print_findings(w);
    fail_msg("expected: %s\n   found: %s\n missing: %s\n surplus: %s", words, found, missing, surplus);
}

static bool is_object(const struct subject *s, const char *object)
{
    struct str rest = str_of(object);
    struct str host = str_cut(&rest, '/'), family = str_cut(&rest, ':');
    uint64_t port = 0;
    if (!host.n || !s->host)
        return !host.n && !s->host;
    struct str name = str_of(s->host->name);
    if (!str_eq(host, name) && !str_eq(host, str_cut(&name, '.')))
        return false;
    if (!family.n || !s->address)
        return !family.n && !s->address;
    if (s->address->ip.family != (str_is(family, "v6") ? IP_V6 : IP_V4))
        return false;
    if (!rest.n || !s->endpoint)
        return !rest.n && !s->endpoint;
    must(str_number(rest, 65535, &port));
    return s->endpoint->port == port;
}

const struct verdict *verdict_about(struct world *w, const char *id, const char *object)
{
    judge_now(w);
    for (size_t i = 0; i < w->out.count; i++)
        if (strcmp(w->out.verdicts[i].check->id, id) == 0 && is_object(&w->out.verdicts[i].subject, object))
            return &w->out.verdicts[i];
    fail_msg("there is no verdict of %s about '%s'", id, object);
    return NULL;
}

static const char *verdict_text(enum verdict_value value)
{
    static const char *const words[] = {[VERDICT_NA] = "not applicable", [VERDICT_PASS] = "pass", [VERDICT_FAIL] = "fail", [VERDICT_UNKNOWN] = "unknown"};
    return words[value];
}

void expect_verdict(struct world *w, const char *id, const char *object, enum verdict_value value)
{
    const struct verdict *v = verdict_about(w, id, object);
    if (v->value != value)
        fail_msg("%s about '%s': %s, not %s: %s", id, object, verdict_text(v->value), verdict_text(value), v->detail ? v->detail : "");
}

void expect_unknown(struct world *w, const char *id, const char *object, enum reason reason)
{
    expect_verdict(w, id, object, VERDICT_UNKNOWN);
    const struct verdict *v = verdict_about(w, id, object);
    if (v->reason != reason)
        fail_msg("%s about '%s' is unknown for %s, not %s", id, object, reason_text(v->reason), reason_text(reason));
}

void expect_via(struct world *w, const char *id, const char *object, enum verdict_value value, const char *via)
{
    expect_verdict(w, id, object, value);
    const struct verdict *v = verdict_about(w, id, object);
    if (!v->via || strcmp(v->via->id, via) != 0)
        fail_msg("%s about '%s' was decided by %s, not %s", id, object, v->via ? v->via->id : "its own rule", via);
}

void expect_detail(struct world *w, const char *id, const char *object, const char *part)
{
    const struct verdict *v = verdict_about(w, id, object);
    if (!v->detail || !strstr(v->detail, part))
        fail_msg("%s about '%s' says '%s', which lacks '%s'", id, object, v->detail ? v->detail : "nothing", part);
}
