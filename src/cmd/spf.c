/* SPDX-License-Identifier: Apache-2.0 */
/* spf - what one client address gets by the SPF record of a sender, and how that came about. */
#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "net/loop.h"
#include "net/names.h"
#include "probe/spf_run.h"
#include "report/spf.h"

enum { SPF_BYTES_MAX = 64 * 1024 * 1024, JSON_INDENT = 2 };

struct evaluation {
    struct loop *loop;
    struct resolver *resolver;
    struct spf_params params;
    struct str domain; /* whose record is walked */
    struct spf_run run, walk;
    struct spf_check_facts facts;
    struct spf_walk_facts walk_facts;
    struct timer limit;
    unsigned open;
    bool timed_out;
};

/* The address as MAIL FROM has it, its domain in A-labels; EXIT_FINE, or after a complaint the exit status. */
static int take_sender(struct options *o, struct evaluation *e)
{
    struct str from = str_of(o->spf_from), helo = str_of(o->spf_helo);
    const char *problem;
    struct domain_name domain;
    if (from.n >= 2 && from.p[0] == '<' && from.p[from.n - 1] == '>')
        from = (struct str){from.p + 1, from.n - 2};
    e->params.helo = helo.n ? helo : STR("unknown");
    if (from.n == 0 && helo.n == 0) {
        complain("--from is the null sender; then --helo says whose record is asked for");
        return EXIT_USAGE;
    }
    size_t at = from.n;
    while (at > 0 && from.p[at - 1] != '@')
        at--;
    e->domain = from.n ? (struct str){from.p + at, from.n - at} : helo;
    if (name_parse_domain(e->domain, o->arena, &domain, &problem) < 0) {
        complain("'%.*s' has no SPF record: %s", (int)(e->domain.n < 80 ? e->domain.n : 80), e->domain.p ? e->domain.p : "", problem);
        return EXIT_DATA;
    }
    e->domain = str_of(domain.ascii);
    if (from.n)
        e->params.sender = str_of(arena_printf(o->arena, "%.*s%s", (int)at, from.p, domain.ascii));
    else
        e->params.helo = e->domain;
    return EXIT_FINE;
}

static void done(void *arg)
{
    struct evaluation *e = arg;
    if (--e->open == 0)
        loop_stop(e->loop);
}

static void time_out(void *arg)
{
    struct evaluation *e = arg;
    e->timed_out = true;
    loop_stop(e->loop);
}

static int write_out(const struct options *o, const struct evaluation *e)
{
    struct output out;
    struct buf text;
    struct json j;
    buf_init(&text, SPF_BYTES_MAX);
    if (o->format == FORMAT_TEXT) {
        spf_write_text(&text, &e->facts, &e->walk_facts);
    } else {
        json_init(&j, &text, o->format == FORMAT_JSON ? JSON_INDENT : 0);
        spf_write_json(&j, &e->facts, &e->walk_facts);
        buf_add_char(&text, '\n');
    }
    int status = EXIT_FINE;
    if (text.failed) {
        complain("out of memory");
        status = EXIT_UNAVAILABLE;
    } else if (output_open(&out, o->output_file) < 0 || output_write(&out, &text) < 0 || output_close(&out, true) < 0) {
        status = EXIT_IO;
    }
    buf_done(&text);
    return status;
}

static int status_of(enum spf_result result)
{
    switch (result) {
    case SPF_FAIL:
    case SPF_PERMERROR:
        return EXIT_FOUND;
    case SPF_TEMPERROR:
        return EXIT_TEMPORARY;
    case SPF_UNCHECKED:
    case SPF_NONE:
    case SPF_NEUTRAL:
    case SPF_PASS:
    case SPF_SOFTFAIL:
        break;
    }
    return EXIT_FINE;
}

static int evaluate(struct options *o, struct evaluation *e)
{
    e->params.ip = o->spf_ip;
    e->params.now_s = loop_wall(e->loop).s;
    e->open = 2;
    timer_start(e->loop, &e->limit, o->probe.run_timeout_ms, time_out, e);
    spf_run_check(&e->run, e->loop, e->resolver, &e->params, &e->facts, o->arena, done, e);
    spf_run_walk(&e->walk, e->loop, e->resolver, e->domain, &e->walk_facts, o->arena, done, e);
    loop_run(e->loop);
    spf_run_cancel(&e->run);
    spf_run_cancel(&e->walk);
    timer_cancel(&e->limit);
    if (e->timed_out && e->facts.result == SPF_UNCHECKED) {
        e->facts.result = SPF_TEMPERROR;
        e->facts.reason = "the time of --timeout is over";
    }
    if (e->timed_out)
        e->walk_facts.incomplete = true;
    int status = write_out(o, e);
    return status == EXIT_FINE ? status_of(e->facts.result) : status;
}

static int spf(struct options *o)
{
    struct evaluation *e = ARENA_NEW(o->arena, struct evaluation);
    char error[512] = "out of memory";
    int status = e ? take_sender(o, e) : EXIT_UNAVAILABLE;
    if (status != EXIT_FINE)
        return status;
    e->loop = loop_new_real();
    e->resolver = e->loop ? resolver_new_unbound(e->loop, &o->resolver, error, sizeof error) : NULL;
    if (e->resolver) {
        status = evaluate(o, e);
        resolver_free(e->resolver);
    } else {
        complain("%s", error);
        status = e->loop && (o->resolver.root_hints_file || o->resolver.trust_anchor_files) ? EXIT_DATA : EXIT_UNAVAILABLE;
    }
    loop_free(e->loop);
    return status;
}

int command_spf(int argc, char **argv)
{
    return with_options(SPF, argc, argv, spf);
}
