/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkim - selectors: those that the caller named, and guesses in rounds, the likely ones first. No guess is made where
 * none can be right, or every one would seem so.
 */
#include "wire/dkim.h"

#include <string.h>

#include "probe/job_parts.h"

enum { GUESSES_AT_ONCE = 15, KEYS_ENOUGH = 5 };

struct dkim_work {
    unsigned open_questions; /* of the round, or of what comes before the first */
    struct str *hints;
    size_t hint_count;
    const char *const *guesses;
    size_t guess_count, next_guess;
    struct dkim_selector *round; /* GUESSES_AT_ONCE of them */
    size_t round_count;
};

static void start_round(struct job *job);

static const char *selector_name(struct job *job, const char *selector)
{
    return arena_printf(&job->arena, "%s._domainkey.%s", selector, job->facts->target.name);
}

static void on_selector(struct question *q, const struct dns_reply *reply)
{
    struct dkim_selector *d = q->subject;
    for (size_t i = 0; i < reply->record_count; i++) {
        if (d->count++ == 0 || (!dkim_is_key(d->key.text) && dkim_is_key(reply->records[i].data)))
            dkim_parse_key(reply->records[i].data, &d->key);
    }
}

static void ask_selector(struct job *job, struct dkim_selector *d, answer_fn *then)
{
    const char *name = selector_name(job, d->name);
    if (name)
        job_ask(job, name, DNS_TXT, &d->txt, then, d);
}

/* In the order of the guesses, whichever was answered first. */
static void end_round(struct job *job)
{
    struct dkim_work *w = job->dkim;
    struct dkim_facts *f = &job->facts->dkim;
    size_t keys = 0;
    for (size_t i = 0; i < w->round_count; i++) {
        const struct dkim_selector *d = &w->round[i];
        bool answered = d->txt.status == DNS_FOUND || d->txt.status == DNS_NODATA || d->txt.status == DNS_NXDOMAIN;
        f->guesses_failed += !answered;
        if (d->count && dkim_is_key(d->key.text))
            f->selectors[f->selector_count++] = *d;
    }
    for (size_t i = 0; i < f->selector_count; i++)
        keys += f->selectors[i].count > 0;
    if (keys < KEYS_ENOUGH)
        start_round(job);
}

static void on_guess(struct question *q, const struct dns_reply *reply)
{
    on_selector(q, reply);
    if (--q->job->dkim->open_questions == 0)
        end_round(q->job);
}

static bool is_given(const struct job *job, const char *name)
{
    for (const char *const *given = job->options->dkim_selectors; given && *given; given++)
        if (strcmp(*given, name) == 0)
            return true;
    return false;
}

static void start_round(struct job *job)
{
    struct dkim_work *w = job->dkim;
    w->round_count = 0;
    w->round = job_alloc(job, GUESSES_AT_ONCE, sizeof *w->round);
    for (; w->round && w->next_guess < w->guess_count && w->round_count < GUESSES_AT_ONCE; w->next_guess++)
        if (!is_given(job, w->guesses[w->next_guess]))
            w->round[w->round_count++] = (struct dkim_selector){.name = w->guesses[w->next_guess]};
    w->open_questions = (unsigned)w->round_count;
    job->facts->dkim.guesses += w->round_count;
    for (size_t i = 0; i < w->round_count; i++)
        ask_selector(job, &w->round[i], on_guess);
}

static void start_guessing(struct job *job)
{
    struct dkim_work *w = job->dkim;
    const struct dkim_facts *f = &job->facts->dkim;
    bool can_be_right = f->node.status == DNS_FOUND || f->node.status == DNS_NODATA;
    if (!can_be_right || f->wildcard || job->facts->mx.status == MX_NULL)
        return;
    w->guesses = dkim_guesses(w->hints, w->hint_count, &job->arena, &w->guess_count);
    if (w->guesses)
        start_round(job);
}

static void one_less(struct job *job)
{
    if (--job->dkim->open_questions == 0)
        start_guessing(job);
}

static void on_node(struct question *q, const struct dns_reply *reply)
{
    (void)reply;
    one_less(q->job);
}

static void on_random(struct question *q, const struct dns_reply *reply)
{
    for (size_t i = 0; i < reply->record_count; i++)
        q->job->facts->dkim.wildcard = q->job->facts->dkim.wildcard || dkim_is_key(reply->records[i].data);
    one_less(q->job);
}

/* Mail hosts, and the words of the SPF record, point to who signs. */
static void on_hints(struct question *q, const struct dns_reply *reply)
{
    struct dkim_work *w = q->job->dkim;
    struct str *hints = job_alloc(q->job, w->hint_count + reply->record_count, sizeof *hints);
    if (hints) {
        if (w->hint_count)
            memcpy(hints, w->hints, w->hint_count * sizeof *hints);
        for (size_t i = 0; i < reply->record_count; i++)
            hints[w->hint_count++] = q->type == DNS_MX ? str_of(reply->records[i].name) : reply->records[i].data;
        w->hints = hints;
    }
    one_less(q->job);
}

static void ask_given(struct job *job)
{
    const char *const *given = job->options->dkim_selectors;
    struct dkim_facts *f = &job->facts->dkim;
    for (; given && *given; given++) {
        struct dkim_selector *d = &f->selectors[f->selector_count++];
        *d = (struct dkim_selector){.name = *given, .given = true};
        ask_selector(job, d, on_selector);
    }
}

void dkim_start(struct job *job)
{
    static const char nobodys[] = "mxassay-no-such-selector";
    struct dkim_facts *f = &job->facts->dkim;
    size_t given = 0;
    if (!job->options->dkim)
        return;
    while (job->options->dkim_selectors && job->options->dkim_selectors[given])
        given++;
    f->wanted = true;
    f->selectors = job_alloc(job, given + DKIM_GUESSES_MAX, sizeof *f->selectors);
    job->dkim = job_alloc(job, 1, sizeof *job->dkim);
    const char *node = arena_printf(&job->arena, "_domainkey.%s", job->facts->target.name), *random = selector_name(job, nobodys);
    if (!f->selectors || !job->dkim || !node || !random)
        return;
    ask_given(job);
    job->dkim->open_questions = 4;
    job_ask(job, node, DNS_TXT, &f->node, on_node, NULL);
    job_ask(job, random, DNS_TXT, &f->random, on_random, NULL);
    job_ask(job, job->facts->target.name, DNS_MX, &job->facts->mx.lookup, on_hints, NULL);
    job_ask(job, job->facts->target.name, DNS_TXT, &job->facts->apex_txt, on_hints, NULL);
}
