/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf - see spf.h.
 *
 * A step that asks has `ask`, which gives the step itself when a question is open, and `hear`; one that only computes
 * has `ask` alone. Both give the next step, and only `go` assigns it.
 */
#include "wire/spf.h"

#include <string.h>

#include "base/panic.h"
#include "wire/spf_parts.h"

typedef enum spf_step ask_fn(struct spf_check *c);
typedef enum spf_step hear_fn(struct spf_check *c, const struct spf_answer *a);

static ask_fn ask_record, next_term, take_target, ask_address, ask_mx, ask_mx_host, ask_ptr, ask_ptr_host, take_exp, ask_exp, take_exp_text;
static hear_fn hear_record, hear_address, hear_mx, hear_mx_host, hear_ptr, hear_ptr_host, hear_exp;

/* clang-format off */
static const struct {
    ask_fn *ask;
    hear_fn *hear;
} steps[] = {
    [SPF_STEP_RECORD]     = {ask_record, hear_record},     /* TXT of a domain: RFC 7208 4.4, 4.5 */
    [SPF_STEP_TERM]       = {next_term, NULL},             /* what its record says next: 4.6 */
    [SPF_STEP_TARGET]     = {take_target, NULL},           /* the term's domain, macros expanded: 4.8, 7 */
    [SPF_STEP_ADDRESS]    = {ask_address, hear_address},   /* a, exists: 5.3, 5.7 */
    [SPF_STEP_MX]         = {ask_mx, hear_mx},             /* 5.4 */
    [SPF_STEP_MX_HOST]    = {ask_mx_host, hear_mx_host},
    [SPF_STEP_PTR]        = {ask_ptr, hear_ptr},           /* the client's names, once: 5.5 */
    [SPF_STEP_PTR_HOST]   = {ask_ptr_host, hear_ptr_host},
    [SPF_STEP_EXP]        = {take_exp, NULL},              /* why it failed, in the domain's words: 6.2 */
    [SPF_STEP_EXP_RECORD] = {ask_exp, hear_exp},
    [SPF_STEP_EXP_TEXT]   = {take_exp_text, NULL},
    [SPF_STEP_DONE]       = {NULL, NULL},
};
/* clang-format on */

static const char no_answer[] = "the DNS gives no answer";

static struct spf_frame *top(struct spf_check *c)
{
    return &c->frames[c->depth];
}

/* ---- ends ---- */

static void set_reason(struct spf_check *c, const char *reason)
{
    if (!reason || c->facts->reason)
        return;
    c->facts->reason = reason;
    c->facts->decided = (struct spf_place){top(c)->domain, top(c)->term.text};
}

static enum spf_step give_up(struct spf_check *c)
{
    c->facts->result = SPF_TEMPERROR;
    c->facts->reason = "out of memory";
    return SPF_STEP_DONE;
}

static enum spf_step end_all(struct spf_check *c, enum spf_result result)
{
    struct spf_frame *f = top(c);
    c->facts->result = result;
    if (c->facts->decided.domain.n == 0)
        c->facts->decided = (struct spf_place){f->domain, f->term.text};
    c->next_question = &c->facts->other_questions;
    return result == SPF_FAIL && f->exp.n ? SPF_STEP_EXP : SPF_STEP_DONE;
}

static enum spf_result result_of(char qualifier)
{
    return qualifier == '-' ? SPF_FAIL : qualifier == '~' ? SPF_SOFTFAIL : qualifier == '?' ? SPF_NEUTRAL : SPF_PASS;
}

static void set_outcome(struct spf_check *c, enum spf_outcome outcome)
{
    if (top(c)->seen)
        top(c)->seen->outcome = outcome;
}

/* The record on top gives `result`. Its includer goes on with what that means: RFC 7208 5.2. */
static enum spf_step end(struct spf_check *c, enum spf_result result, const char *reason)
{
    for (;;) {
        struct spf_frame *f = top(c);
        f->record->result = result;
        if (result == SPF_NONE && f->redirected) {
            result = SPF_PERMERROR;
            reason = "the target of a redirect has no record";
        }
        f->first->result = result;
        set_reason(c, reason);
        if (c->depth == 0)
            return end_all(c, result);
        c->depth--;
        reason = NULL;
        if (result == SPF_NONE) {
            c->facts->reason = NULL;
            result = SPF_PERMERROR;
            reason = "the target of an include has no record";
        }
        if (result == SPF_TEMPERROR || result == SPF_PERMERROR) {
            set_outcome(c, SPF_TERM_ERROR);
            continue;
        }
        c->facts->reason = NULL;
        c->facts->decided = (struct spf_place){.domain = {0}};
        if (result != SPF_PASS)
            return SPF_STEP_TERM;
        set_outcome(c, SPF_TERM_MATCH);
        result = result_of(top(c)->term.qualifier);
    }
}

static enum spf_step match(struct spf_check *c, bool matched)
{
    if (!matched)
        return SPF_STEP_TERM;
    set_outcome(c, SPF_TERM_MATCH);
    return end(c, result_of(top(c)->term.qualifier), NULL);
}

static enum spf_step error(struct spf_check *c, enum spf_result result, const char *reason)
{
    set_outcome(c, SPF_TERM_ERROR);
    return end(c, result, reason);
}

static enum spf_step find_nothing(struct spf_check *c)
{
    return ++c->facts->voids > SPF_VOIDS_MAX ? error(c, SPF_PERMERROR, "more than 2 terms find nothing in the DNS") : SPF_STEP_TERM;
}

/* ---- questions ---- */

static enum spf_step ask(struct spf_check *c, const char *name, enum spf_type type)
{
    c->question = (struct spf_question){name, type};
    c->facts->questions++;
    return c->step;
}

static enum spf_type address_type(const struct spf_check *c)
{
    return c->values.ip.family == IP_V6 ? SPF_ASK_AAAA : SPF_ASK_A;
}

static enum spf_step ask_target(struct spf_check *c, enum spf_type type)
{
    return ask(c, spf_name_write(c->target, c->arena), type);
}

/* ---- macros ---- */

static bool is_at_or_below(struct str name, struct str domain)
{
    if (name.n < domain.n || !str_eq_nocase((struct str){name.p + name.n - domain.n, domain.n}, domain))
        return false;
    return name.n == domain.n || name.p[name.n - domain.n - 1] == '.';
}

/* %{p}: the domain itself, else a name below it, else any: RFC 7208 7.3. */
static struct str validated_name(const struct spf_check *c, struct str domain)
{
    struct str best = STR("unknown");
    unsigned best_rank = 0;
    for (size_t i = 0; i < c->ptr_count; i++) {
        struct str name = str_of(c->ptr_names[i]);
        unsigned rank = !c->ptr_valid[i] ? 0 : str_eq_nocase(name, domain) ? 3 : is_at_or_below(name, domain) ? 2 : 1;
        if (rank > best_rank) {
            best_rank = rank;
            best = name;
        }
    }
    return best;
}

/* True when the client's names must be known first; then PTR is the next step, and this one again behind it. */
static bool needs_ptr(struct spf_check *c, bool needed)
{
    if (!needed || c->ptr_known)
        return false;
    c->after_ptr = c->step;
    return true;
}

static bool uses_ptr(struct str spec)
{
    return spf_macro_find(spec, "p").n > 0;
}

static const struct spf_macro_values *values(struct spf_check *c)
{
    c->values.domain = top(c)->domain;
    c->values.validated = validated_name(c, c->values.domain);
    return &c->values;
}

static struct str expand(struct spf_check *c, struct str spec)
{
    char domain[SPF_DOMAIN_MAX + 1];
    size_t n = spf_macro_domain(spec, values(c), domain);
    return n ? arena_copy(c->arena, (struct str){domain, n}) : (struct str){0};
}

/* ---- records ---- */

static enum spf_step begin_record(struct spf_check *c, struct spf_frame *f, struct str domain)
{
    struct spf_record_seen *record = ARENA_NEW(c->arena, struct spf_record_seen);
    if (!record)
        return give_up(c);
    if (f->seen)
        f->seen->record = record;
    record->domain = domain;
    *f = (struct spf_frame){.domain = domain, .first = f->first ? f->first : record, .record = record, .next_term = &record->terms};
    return SPF_STEP_RECORD;
}

static enum spf_step include(struct spf_check *c)
{
    must(c->depth + 1 < SPF_FRAMES_MAX);
    c->frames[c->depth + 1] = (struct spf_frame){.seen = top(c)->seen};
    c->depth++;
    return begin_record(c, top(c), c->target);
}

static enum spf_step redirect(struct spf_check *c)
{
    enum spf_step next = begin_record(c, top(c), c->target);
    top(c)->redirected = true;
    return next;
}

static enum spf_step ask_record(struct spf_check *c)
{
    struct str domain = top(c)->domain;
    if (!spf_domain_is_good(domain) || domain.p[0] == '[' || !memchr(domain.p, '.', domain.n))
        return end(c, SPF_NONE, "no domain name of two labels or more");
    return ask(c, spf_name_write(domain, c->arena), SPF_ASK_TXT);
}

static enum spf_step hear_record(struct spf_check *c, const struct spf_answer *a)
{
    struct spf_frame *f = top(c);
    struct spf_terms terms;
    struct spf_term term;
    spf_record_note(f->record, a);
    if (spf_lookup_failed(&a->lookup))
        return end(c, SPF_TEMPERROR, no_answer);
    if (f->record->count == 0)
        return end(c, SPF_NONE, a->lookup.status == DNS_NXDOMAIN ? "the domain does not exist" : "the domain has no SPF record");
    if (f->record->count > 1)
        return end(c, SPF_PERMERROR, "more than one SPF record");
    if (f->record->lint.flaw) {
        f->term.text = f->record->lint.flaw_term;
        return end(c, SPF_PERMERROR, f->record->lint.flaw);
    }
    for (spf_terms_begin(&terms, f->record->text); spf_term_next(&terms, &term);) {
        if (term.kind == SPF_REDIRECT)
            f->redirect = term;
        if (term.kind == SPF_EXP)
            f->exp = term.target;
    }
    spf_terms_begin(&f->terms, f->record->text);
    return SPF_STEP_TERM;
}

/* ---- terms ---- */

static void remember(struct spf_check *c)
{
    struct spf_frame *f = top(c);
    f->seen = NULL;
    c->next_question = NULL;
    if (c->trace_used == SPF_TRACE_MAX) {
        c->facts->trace_left_out++;
        return;
    }
    f->seen = ARENA_NEW(c->arena, struct spf_term_seen);
    if (!f->seen)
        return;
    c->trace_used++;
    *f->seen = (struct spf_term_seen){.text = f->term.text, .kind = f->term.kind};
    c->next_question = &f->seen->questions;
    *f->next_term = f->seen;
    f->next_term = &f->seen->next;
}

static enum spf_step next_term(struct spf_check *c)
{
    struct spf_frame *f = top(c);
    f->term = (struct spf_term){.text = {0}};
    while (spf_term_next(&f->terms, &f->term) && f->term.kind >= SPF_REDIRECT)
        f->term = (struct spf_term){.text = {0}};
    if (f->term.text.n == 0 && f->redirect.text.n == 0)
        return end(c, SPF_NEUTRAL, "no term matches");
    if (f->term.text.n == 0)
        f->term = f->redirect;
    remember(c);
    if (f->term.kind == SPF_ALL)
        return match(c, true);
    if (f->term.kind == SPF_IP4 || f->term.kind == SPF_IP6)
        return match(c, ip_network_has(f->term.network, c->values.ip));
    if (++c->facts->lookups > SPF_LOOKUPS_MAX)
        return error(c, SPF_PERMERROR, "more than 10 terms ask the DNS");
    return SPF_STEP_TARGET;
}

/* A name of the client that is valid and at the target or below it: RFC 7208 5.5. */
static enum spf_step match_ptr(struct spf_check *c)
{
    for (size_t i = 0; i < c->ptr_count; i++)
        if (c->ptr_valid[i] && is_at_or_below(str_of(c->ptr_names[i]), c->target))
            return match(c, true);
    return c->ptr_is_void ? find_nothing(c) : SPF_STEP_TERM;
}

static enum spf_step take_target(struct spf_check *c)
{
    struct spf_frame *f = top(c);
    if (needs_ptr(c, f->term.kind == SPF_PTR || uses_ptr(f->term.target)))
        return SPF_STEP_PTR;
    c->target = f->term.target.n ? expand(c, f->term.target) : f->domain;
    if (f->seen && f->term.target.n)
        f->seen->target = c->target;
    if (f->term.kind == SPF_INCLUDE)
        return include(c);
    if (f->term.kind == SPF_REDIRECT)
        return redirect(c);
    if (c->target.n == 0) /* no name to ask for: RFC 7208 4.3, 5.7 */
        return SPF_STEP_TERM;
    return f->term.kind == SPF_MX ? SPF_STEP_MX : f->term.kind == SPF_PTR ? match_ptr(c) : SPF_STEP_ADDRESS;
}

/* ---- a, exists, mx ---- */

static bool has_client(const struct spf_check *c, const struct spf_term *term, const struct spf_answer *a)
{
    unsigned bits = c->values.ip.family == IP_V6 ? term->prefix6_bits : term->prefix4_bits;
    for (size_t i = 0; i < a->count; i++)
        if (ip_network_has((struct ip_network){a->ips[i], bits}, c->values.ip))
            return true;
    return false;
}

static enum spf_step ask_address(struct spf_check *c)
{
    return ask_target(c, top(c)->term.kind == SPF_EXISTS ? SPF_ASK_A : address_type(c));
}

static enum spf_step hear_address(struct spf_check *c, const struct spf_answer *a)
{
    const struct spf_term *term = &top(c)->term;
    if (spf_lookup_failed(&a->lookup))
        return error(c, SPF_TEMPERROR, no_answer);
    if (spf_lookup_is_void(&a->lookup))
        return find_nothing(c);
    return match(c, term->kind == SPF_EXISTS ? a->count > 0 : has_client(c, term, a));
}

static enum spf_step ask_mx(struct spf_check *c)
{
    return ask_target(c, SPF_ASK_MX);
}

static enum spf_step hear_mx(struct spf_check *c, const struct spf_answer *a)
{
    if (spf_lookup_failed(&a->lookup))
        return error(c, SPF_TEMPERROR, no_answer);
    if (spf_lookup_is_void(&a->lookup))
        return find_nothing(c);
    if (a->count > SPF_NAMES_MAX)
        return error(c, SPF_PERMERROR, "an mx with more than 10 names");
    c->names = a->names;
    c->name_count = a->count;
    c->name_at = 0;
    return SPF_STEP_MX_HOST;
}

static bool is_root(const char *name)
{
    return strcmp(name, ".") == 0;
}

static enum spf_step ask_mx_host(struct spf_check *c)
{
    while (c->name_at < c->name_count && is_root(c->names[c->name_at])) /* no mail here: RFC 7505 3 */
        c->name_at++;
    return c->name_at < c->name_count ? ask(c, c->names[c->name_at], address_type(c)) : SPF_STEP_TERM;
}

static enum spf_step hear_mx_host(struct spf_check *c, const struct spf_answer *a)
{
    if (spf_lookup_failed(&a->lookup))
        return error(c, SPF_TEMPERROR, no_answer);
    if (has_client(c, &top(c)->term, a))
        return match(c, true);
    c->name_at++;
    return SPF_STEP_MX_HOST;
}

/* ---- the client's names ---- */

static enum spf_step ask_ptr(struct spf_check *c)
{
    char name[SPF_DOMAIN_MAX + 1];
    size_t n = spf_macro_domain(STR("%{ir}.%{v}.arpa"), &c->values, name);
    return ask(c, spf_name_write((struct str){name, n}, c->arena), SPF_ASK_PTR);
}

static enum spf_step hear_ptr(struct spf_check *c, const struct spf_answer *a)
{
    c->ptr_is_void = spf_lookup_is_void(&a->lookup);
    c->ptr_count = a->count < SPF_NAMES_MAX ? a->count : SPF_NAMES_MAX;
    for (size_t i = 0; i < c->ptr_count; i++)
        c->ptr_names[i] = a->names[i];
    return SPF_STEP_PTR_HOST;
}

static enum spf_step ask_ptr_host(struct spf_check *c)
{
    while (c->ptr_at < c->ptr_count && is_root(c->ptr_names[c->ptr_at]))
        c->ptr_at++;
    if (c->ptr_at < c->ptr_count)
        return ask(c, c->ptr_names[c->ptr_at], address_type(c));
    c->ptr_known = true;
    return c->after_ptr;
}

static enum spf_step hear_ptr_host(struct spf_check *c, const struct spf_answer *a)
{
    for (size_t i = 0; i < a->count; i++)
        c->ptr_valid[c->ptr_at] = c->ptr_valid[c->ptr_at] || ip_eq(a->ips[i], c->values.ip);
    c->ptr_at++;
    return SPF_STEP_PTR_HOST;
}

/* ---- exp ---- */

static enum spf_step take_exp(struct spf_check *c)
{
    if (needs_ptr(c, uses_ptr(top(c)->exp)))
        return SPF_STEP_PTR;
    c->target = expand(c, top(c)->exp);
    return c->target.n ? SPF_STEP_EXP_RECORD : SPF_STEP_DONE;
}

static enum spf_step ask_exp(struct spf_check *c)
{
    return ask_target(c, SPF_ASK_TXT);
}

static enum spf_step hear_exp(struct spf_check *c, const struct spf_answer *a)
{
    if (a->count != 1 || spf_macro_flaw(a->texts[0], true))
        return SPF_STEP_DONE;
    c->explanation = a->texts[0];
    return SPF_STEP_EXP_TEXT;
}

static enum spf_step take_exp_text(struct spf_check *c)
{
    char text[SPF_EXPLANATION_MAX + 1];
    if (needs_ptr(c, uses_ptr(c->explanation)))
        return SPF_STEP_PTR;
    size_t n = spf_macro_explanation(c->explanation, values(c), text);
    c->facts->explanation = arena_copy(c->arena, (struct str){text, n});
    return SPF_STEP_DONE;
}

/* ---- in and out ---- */

static void go(struct spf_check *c, enum spf_step next)
{
    do {
        c->step = next;
        c->question.name = NULL;
        if (c->arena->exhausted)
            c->step = c->facts->result == SPF_UNCHECKED ? give_up(c) : SPF_STEP_DONE;
        if (c->step == SPF_STEP_DONE)
            return;
        next = steps[c->step].ask(c);
    } while (!c->question.name);
    must(next == c->step && steps[next].hear);
}

static struct ip unmapped(struct ip ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct ip v4 = {.family = IP_V4};
    if (ip.family != IP_V6 || memcmp(ip.bytes, mapped, sizeof mapped) != 0)
        return ip;
    memcpy(v4.bytes, ip.bytes + 12, 4);
    return v4;
}

/* At the last `@`; RFC 7208 2.4, 4.3. */
static void take_sender(struct spf_check *c, const struct spf_params *params)
{
    struct spf_macro_values *v = &c->values;
    struct str sender = params->sender.n ? params->sender : v->helo;
    size_t at = params->sender.n;
    while (at > 0 && sender.p[at - 1] != '@')
        at--;
    v->local_part = at > 1 ? (struct str){sender.p, at - 1} : STR("postmaster");
    v->sender_domain = (struct str){sender.p + at, sender.n - at};
    if (v->sender_domain.n && v->sender_domain.p[v->sender_domain.n - 1] == '.')
        v->sender_domain.n--;
}

void spf_check_begin(struct spf_check *c, const struct spf_params *params, struct spf_check_facts *facts, struct arena *arena)
{
    *c = (struct spf_check){.facts = facts, .arena = arena};
    c->values = (struct spf_macro_values){.ip = unmapped(params->ip), .now_s = params->now_s};
    c->values.helo = params->helo.n ? params->helo : STR("");
    c->values.receiver = params->receiver.n ? params->receiver : STR("unknown");
    take_sender(c, params);
    *facts = (struct spf_check_facts){.ip = c->values.ip, .local_part = c->values.local_part, .domain = c->values.sender_domain, .helo = c->values.helo};
    enum spf_step next = begin_record(c, top(c), c->values.sender_domain);
    facts->record = top(c)->record;
    if (c->values.local_part.n + c->values.sender_domain.n >= SPF_SENDER_MAX)
        next = next == SPF_STEP_DONE ? next : end(c, SPF_NONE, "a sender longer than any address");
    go(c, next);
}

struct spf_question spf_check_want(const struct spf_check *c)
{
    return c->question;
}

void spf_check_answer(struct spf_check *c, const struct spf_answer *answer)
{
    must(c->question.name);
    if (c->step != SPF_STEP_RECORD && c->next_question)
        spf_question_note(&c->next_question, &c->question, answer, c->arena);
    go(c, steps[c->step].hear(c, answer));
}
