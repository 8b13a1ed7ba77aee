/* SPDX-License-Identifier: Apache-2.0 */
/* spf_walk - see spf_walk.h. Steps as in spf.c: `ask` gives the step itself when a question is open. */
#include "wire/spf_walk.h"

#include <string.h>

#include "base/panic.h"
#include "wire/spf_parts.h"

typedef enum spf_walk_step ask_fn(struct spf_walk *w);
typedef enum spf_walk_step hear_fn(struct spf_walk *w, const struct spf_answer *a);

static ask_fn ask_record, next_term, ask_a, ask_aaaa, ask_mx;
static hear_fn hear_record, hear_a, hear_aaaa, hear_exists, hear_mx;

static const struct {
    ask_fn *ask;
    hear_fn *hear;
} steps[] = {
    [WALK_RECORD] = {ask_record, hear_record}, [WALK_TERM] = {next_term, NULL}, [WALK_A] = {ask_a, hear_a}, [WALK_AAAA] = {ask_aaaa, hear_aaaa},
    [WALK_EXISTS] = {ask_a, hear_exists},      [WALK_MX] = {ask_mx, hear_mx},   [WALK_DONE] = {NULL, NULL},
};

static struct spf_walk_frame *top(struct spf_walk *w)
{
    return &w->frames[w->depth - 1];
}

static struct spf_place place(struct spf_walk *w)
{
    return (struct spf_place){top(w)->domain, top(w)->term.text};
}

static void set_outcome(struct spf_walk *w, enum spf_outcome outcome)
{
    if (top(w)->seen)
        top(w)->seen->outcome = outcome;
}

static void set_error(struct spf_walk *w, const char *error)
{
    if (!w->facts->error) {
        w->facts->error = error;
        w->facts->error_at = place(w);
    }
}

static void set_incomplete(struct spf_walk *w, const char *because, bool hit_limit)
{
    if (!w->facts->incomplete) {
        w->facts->incomplete = true;
        w->facts->hit_limit = hit_limit;
        w->facts->incomplete_because = because;
        w->facts->incomplete_at = place(w);
    }
}

static enum spf_walk_step ask(struct spf_walk *w, struct str name, enum spf_type type)
{
    if (w->facts->questions == SPF_WALK_QUESTIONS_MAX) {
        set_incomplete(w, "more than 100 questions to the DNS", true);
        return WALK_DONE;
    }
    w->facts->questions++;
    w->question = (struct spf_question){spf_name_write(name, w->arena), type};
    return w->step;
}

/* True when the DNS gave an answer, be it that there is nothing. */
static bool is_answered(struct spf_walk *w, const struct spf_answer *a)
{
    if (!spf_lookup_failed(&a->lookup))
        return true;
    set_outcome(w, SPF_TERM_ERROR);
    set_incomplete(w, "the DNS gives no answer", false);
    return false;
}

/* ---- records ---- */

static enum spf_walk_step push(struct spf_walk *w, struct str domain, bool permits, bool is_end)
{
    struct spf_record_seen *record = ARENA_NEW(w->arena, struct spf_record_seen);
    struct spf_term_seen *by = w->depth ? top(w)->seen : NULL;
    if (!record)
        return WALK_DONE;
    if (w->depth == SPF_WALK_DEPTH_MAX) {
        set_incomplete(w, "more than 20 records inside each other", true);
        return WALK_TERM;
    }
    record->domain = domain;
    if (by)
        by->record = record;
    w->frames[w->depth++] = (struct spf_walk_frame){.domain = domain, .record = record, .next_term = &record->terms, .permits = permits, .is_end = is_end};
    return WALK_RECORD;
}

/* The record on top can not be used; the term that led to it is where the error is seen. */
static enum spf_walk_step drop(struct spf_walk *w, const char *error)
{
    if (error)
        set_error(w, error);
    w->depth--;
    if (w->depth == 0)
        return WALK_DONE;
    set_outcome(w, SPF_TERM_ERROR);
    return WALK_TERM;
}

static bool may_have_record(struct str domain)
{
    return spf_domain_is_good(domain) && memchr(domain.p, '.', domain.n);
}

static enum spf_walk_step ask_record(struct spf_walk *w)
{
    struct str domain = top(w)->domain;
    if (!may_have_record(domain))
        return drop(w, "no domain name of two labels or more");
    for (size_t i = 0; i + 1 < w->depth; i++)
        if (str_eq_nocase(w->frames[i].domain, domain))
            return drop(w, "a loop of includes or redirects");
    return ask(w, domain, SPF_ASK_TXT);
}

static enum spf_walk_step hear_record(struct spf_walk *w, const struct spf_answer *a)
{
    struct spf_walk_frame *f = top(w);
    struct spf_terms terms;
    struct spf_term term;
    bool is_own = w->depth == 1;
    spf_record_note(f->record, a);
    if (!is_answered(w, a))
        return drop(w, NULL);
    if (f->record->count == 0)
        return drop(w, is_own ? NULL : "the target of an include or redirect has no SPF record");
    if (f->record->count > 1)
        return drop(w, "more than one SPF record");
    if (f->record->lint.flaw) {
        f->term.text = f->record->lint.flaw_term;
        return drop(w, f->record->lint.flaw);
    }
    for (spf_terms_begin(&terms, f->record->text); spf_term_next(&terms, &term);)
        if (term.kind == SPF_REDIRECT && f->record->lint.all.n == 0)
            f->redirect = term;
    spf_terms_begin(&f->terms, f->record->text);
    return WALK_TERM;
}

/* ---- whom it permits ---- */

static void add_range(struct spf_walk *w, struct ip_network net)
{
    struct spf_range *r = w->ranges, new = {0};
    size_t at = 0, end;
    uint32_t mask = net.prefix_bits == 0 ? 0 : 0xffffffffU << (32 - net.prefix_bits);
    for (size_t i = 0; i < 4; i++)
        new.first = new.first << 8 | net.base.bytes[i];
    new.first &= mask;
    new.last = new.first | ~mask;
    while (at < w->range_count && r[at].last < new.first)
        at++;
    for (end = at; end < w->range_count && r[end].first <= new.last; end++) { /* those that overlap become one */
        new.first = r[end].first < new.first ? r[end].first : new.first;
        new.last = r[end].last > new.last ? r[end].last : new.last;
    }
    if (end == at && w->range_count == SPF_RANGES_MAX)
        return;
    memmove(&r[at + 1], &r[end], (w->range_count - end) * sizeof *r);
    w->range_count = w->range_count - (end - at) + 1;
    r[at] = new;
}

static void permit(struct spf_walk *w, const struct spf_term *term)
{
    struct spf_walk_frame *f = top(w);
    if (term->kind == SPF_ALL && f->is_end)
        w->facts->all_qualifier = term->qualifier;
    if (!f->permits || term->qualifier != '+')
        return;
    if (term->kind == SPF_ALL && w->facts->permits_all.domain.n == 0)
        w->facts->permits_all = place(w);
    if (term->kind == SPF_IP4)
        add_range(w, term->network);
    if (term->kind == SPF_IP6 && term->network.prefix_bits == 0)
        w->facts->ip6_permits_all = true;
}

/* ---- terms ---- */

static void remember(struct spf_walk *w)
{
    struct spf_walk_frame *f = top(w);
    f->seen = NULL;
    w->next_question = NULL;
    if (w->trace_used == SPF_TRACE_MAX) {
        w->facts->trace_left_out++;
        return;
    }
    f->seen = ARENA_NEW(w->arena, struct spf_term_seen);
    if (!f->seen)
        return;
    w->trace_used++;
    *f->seen = (struct spf_term_seen){.text = f->term.text, .kind = f->term.kind, .outcome = SPF_TERM_WALKED};
    w->next_question = &f->seen->questions;
    *f->next_term = f->seen;
    f->next_term = &f->seen->next;
}

static struct str expand(struct str spec, struct str sender_domain, struct str domain, struct arena *arena)
{
    char text[SPF_DOMAIN_MAX + 1];
    const struct spf_macro_values values = {.sender_domain = sender_domain, .domain = domain, .helo = STR(""), .local_part = STR(""), .receiver = STR("")};
    size_t n = spf_macro_domain(spec, &values, text);
    return n ? arena_copy(arena, (struct str){text, n}) : (struct str){0};
}

/* False when its macros stand for what only a message has. */
static bool take_target(struct spf_walk *w)
{
    struct spf_walk_frame *f = top(w);
    struct str spec = f->term.target;
    w->target = f->domain;
    if (spec.n == 0)
        return true;
    if (spf_macro_find(spec, "slihpv").n) {
        if (f->seen)
            f->seen->not_expanded = true;
        return false;
    }
    w->target = expand(spec, w->domain, f->domain, w->arena);
    if (f->seen)
        f->seen->target = w->target;
    return true;
}

static enum spf_walk_step take_term(struct spf_walk *w)
{
    struct spf_walk_frame *f = top(w);
    remember(w);
    permit(w, &f->term);
    if (f->term.kind == SPF_ALL)
        f->terms.rest.n = 0;
    if (!spf_kind_asks(f->term.kind))
        return WALK_TERM;
    w->facts->lookups++;
    if (f->term.kind == SPF_PTR || !take_target(w))
        return WALK_TERM;
    if (f->term.kind == SPF_INCLUDE)
        return push(w, w->target, f->permits && f->term.qualifier == '+', false);
    if (f->term.kind == SPF_REDIRECT)
        return push(w, w->target, f->permits, f->is_end);
    if (w->target.n == 0)
        return WALK_TERM;
    return f->term.kind == SPF_MX ? WALK_MX : f->term.kind == SPF_EXISTS ? WALK_EXISTS : WALK_A;
}

static enum spf_walk_step next_term(struct spf_walk *w)
{
    while (w->depth > 0) {
        struct spf_walk_frame *f = top(w);
        f->term = (struct spf_term){.text = {0}};
        while (spf_term_next(&f->terms, &f->term) && f->term.kind >= SPF_REDIRECT)
            f->term = (struct spf_term){.text = {0}};
        if (f->term.text.n == 0) {
            f->term = f->redirect;
            f->redirect = (struct spf_term){.text = {0}};
        }
        if (f->term.text.n)
            return take_term(w);
        w->depth--;
    }
    return WALK_DONE;
}

static enum spf_walk_step ask_a(struct spf_walk *w)
{
    return ask(w, w->target, SPF_ASK_A);
}

static enum spf_walk_step ask_aaaa(struct spf_walk *w)
{
    return ask(w, w->target, SPF_ASK_AAAA);
}

static enum spf_walk_step ask_mx(struct spf_walk *w)
{
    return ask(w, w->target, SPF_ASK_MX);
}

static enum spf_walk_step hear_a(struct spf_walk *w, const struct spf_answer *a)
{
    w->void_so_far = spf_lookup_is_void(&a->lookup);
    return is_answered(w, a) ? WALK_AAAA : WALK_TERM;
}

static enum spf_walk_step hear_aaaa(struct spf_walk *w, const struct spf_answer *a)
{
    if (is_answered(w, a) && w->void_so_far && spf_lookup_is_void(&a->lookup))
        w->facts->voids++;
    return WALK_TERM;
}

static enum spf_walk_step hear_exists(struct spf_walk *w, const struct spf_answer *a)
{
    if (is_answered(w, a) && spf_lookup_is_void(&a->lookup))
        w->facts->voids++;
    return WALK_TERM;
}

static enum spf_walk_step hear_mx(struct spf_walk *w, const struct spf_answer *a)
{
    if (is_answered(w, a) && spf_lookup_is_void(&a->lookup))
        w->facts->voids++;
    if (a->count > SPF_NAMES_MAX && w->facts->too_many_names.domain.n == 0)
        w->facts->too_many_names = place(w);
    return WALK_TERM;
}

/* ---- in and out ---- */

static void conclude(struct spf_walk *w)
{
    for (size_t i = 0; i < w->range_count; i++)
        w->facts->ip4_permitted += (uint64_t)w->ranges[i].last - w->ranges[i].first + 1;
    if (w->arena->exhausted && !w->facts->incomplete) {
        w->facts->incomplete = true;
        w->facts->hit_limit = true;
        w->facts->incomplete_because = "out of memory";
    }
}

static void go(struct spf_walk *w, enum spf_walk_step next)
{
    do {
        w->step = w->arena->exhausted ? WALK_DONE : next;
        w->question.name = NULL;
        if (w->step == WALK_DONE) {
            conclude(w);
            return;
        }
        next = steps[w->step].ask(w);
    } while (!w->question.name);
    must(next == w->step && steps[next].hear);
}

void spf_walk_begin(struct spf_walk *w, struct str domain, struct spf_walk_facts *facts, struct arena *arena)
{
    memset(w, 0, sizeof *w);
    *facts = (struct spf_walk_facts){.wanted = true};
    w->facts = facts;
    w->arena = arena;
    w->domain = domain;
    enum spf_walk_step next = push(w, domain, true, true);
    facts->record = w->depth ? top(w)->record : NULL;
    go(w, next);
}

struct spf_question spf_walk_want(const struct spf_walk *w)
{
    return w->question;
}

void spf_walk_answer(struct spf_walk *w, const struct spf_answer *answer)
{
    must(w->question.name);
    if (w->step != WALK_RECORD && w->next_question)
        spf_question_note(&w->next_question, &w->question, answer, w->arena);
    go(w, steps[w->step].hear(w, answer));
}

/* ---- ahead ---- */

/* What a term asks first, and second where that is certain too. */
static size_t questions_of(enum spf_kind kind, enum spf_type types[static 2])
{
    switch (kind) {
    case SPF_INCLUDE:
    case SPF_REDIRECT:
        types[0] = SPF_ASK_TXT;
        return 1;
    case SPF_A:
        types[0] = SPF_ASK_A;
        types[1] = SPF_ASK_AAAA;
        return 2;
    case SPF_EXISTS:
        types[0] = SPF_ASK_A;
        return 1;
    case SPF_MX:
        types[0] = SPF_ASK_MX;
        return 1;
    case SPF_ALL:
    case SPF_PTR:
    case SPF_IP4:
    case SPF_IP6:
    case SPF_EXP:
    case SPF_OTHER_MODIFIER:
        break;
    }
    return 0;
}

size_t spf_walk_look_ahead(struct str domain, const struct spf_answer *txt, struct arena *arena, struct spf_question *next, size_t next_max)
{
    struct spf_record_seen record = {.domain = domain};
    struct spf_terms terms;
    struct spf_term term;
    size_t count = 0;
    spf_record_note(&record, txt);
    if (record.count != 1 || record.lint.flaw)
        return 0;
    for (spf_terms_begin(&terms, record.text); spf_term_next(&terms, &term) && term.kind != SPF_ALL;) {
        enum spf_type types[2];
        size_t n = questions_of(term.kind, types);
        bool left_out = term.kind == SPF_REDIRECT && record.lint.all.n;
        if (n == 0 || left_out || spf_macro_find(term.target, "slihpvo").n)
            continue;
        struct str target = term.target.n ? expand(term.target, domain, domain, arena) : domain;
        if (target.n == 0 || (types[0] == SPF_ASK_TXT && !may_have_record(target)))
            continue;
        for (size_t i = 0; i < n && count < next_max; i++)
            next[count++] = (struct spf_question){spf_name_write(target, arena), types[i]};
    }
    return count;
}
