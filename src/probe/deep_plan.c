/* SPDX-License-Identifier: Apache-2.0 */
/* deep_plan - see deep_plan.h. */
#include "probe/deep_plan.h"

#include <string.h>

#include "wire/smtp_ehlo.h"

enum { TRIES_MAX = 8 };

static deep_needed_fn name_was_sent, key_is_not_rsa, key_is_rsa, is_tls13, speaks_tls, is_behind_starttls, takes_mail, starttls_is_not_listed;

const struct deep_row deep_rows[] = {
#define CONNECTION(...)
#define DEEP(place, profile, course, when, why) {place, profile, course, when},
#include "probe/connections.def"
#undef CONNECTION
#undef DEEP
};
const size_t deep_row_count = sizeof deep_rows / sizeof *deep_rows;

bool deep_is_needed(size_t row, const struct endpoint_facts *e, const struct probe_options *o)
{
    return (!o->deep_keys_only || deep_rows[row].place == DEEP_OTHER_KEY) && deep_rows[row].needed(e, o);
}

/* The handshake that the modern hello led to; NULL: there was none. */
static const struct tls_facts *modern_handshake(const struct endpoint_facts *e)
{
    for (size_t i = 0; i < e->session_count; i++)
        if (e->sessions[i].tls.result == TLS_DONE && e->sessions[i].purpose != CONNECTION_LEGACY_TLS)
            return &e->sessions[i].tls;
    return NULL;
}

static bool has_key(const struct tls_facts *tls)
{
    return tls && tls->certificate_count && tls->certificates[0].key_type != KEY_OTHER;
}

static bool name_was_sent(const struct endpoint_facts *e, const struct probe_options *o)
{
    (void)o;
    const struct tls_facts *tls = modern_handshake(e);
    return tls && tls->sni;
}

static bool key_is_not_rsa(const struct endpoint_facts *e, const struct probe_options *o)
{
    (void)o;
    const struct tls_facts *tls = modern_handshake(e);
    return has_key(tls) && tls->certificates[0].key_type != KEY_RSA;
}

static bool key_is_rsa(const struct endpoint_facts *e, const struct probe_options *o)
{
    (void)o;
    const struct tls_facts *tls = modern_handshake(e);
    return has_key(tls) && tls->certificates[0].key_type == KEY_RSA;
}

static bool is_tls13(const struct endpoint_facts *e, const struct probe_options *o)
{
    (void)o;
    const struct tls_facts *tls = modern_handshake(e);
    return tls && tls->version && strcmp(tls->version, "TLSv1.3") == 0;
}

static bool speaks_tls(const struct endpoint_facts *e, const struct probe_options *o)
{
    (void)o;
    for (size_t i = 0; i < e->session_count; i++)
        if (e->sessions[i].tls.result == TLS_DONE)
            return true;
    return false;
}

static bool is_behind_starttls(const struct endpoint_facts *e, const struct probe_options *o)
{
    (void)o;
    return e->tls_mode == TLS_MODE_STARTTLS && modern_handshake(e);
}

static bool lists_starttls(const struct endpoint_facts *e)
{
    for (size_t i = 0; i < e->session_count; i++)
        if (smtp_ehlo_find(&e->sessions[i].ehlo, "STARTTLS"))
            return true;
    return false;
}

/* The relay test of the base connection was answered by refusing the recipient. */
static bool refuses_strangers(const struct endpoint_facts *e)
{
    for (size_t i = 0; i < e->session_count; i++)
        if (e->sessions[i].relay.rcpt[0].code >= 500 || e->sessions[i].relay.rcpt[0].code == SMTP_RELAYING_DENIED)
            return true;
    return false;
}

static bool takes_mail(const struct endpoint_facts *e, const struct probe_options *o)
{
    bool submission = e->is_submission || e->port == SUBMISSIONS_PORT || e->port == SUBMISSION_PORT || e->tls_mode == TLS_MODE_IMPLICIT;
    bool plain = e->tls_mode == TLS_MODE_STARTTLS && lists_starttls(e);
    return !submission && (plain || (o->relay && refuses_strangers(e)));
}

static bool starttls_is_not_listed(const struct endpoint_facts *e, const struct probe_options *o)
{
    (void)o;
    return e->tls_mode == TLS_MODE_STARTTLS && !lists_starttls(e);
}

/* What stands behind the @ of an address of this server. */
static const char *own_domain(const struct host_facts *host, struct arena *arena)
{
    bool literal = host->name_kind == HOST_NAME_IP_LITERAL && host->name[0] != '[';
    return literal ? arena_printf(arena, strchr(host->name, ':') ? "[IPv6:%s]" : "[%s]", host->name) : host->name;
}

struct try_list {
    struct smtp_try *tries;
    size_t count;
    struct arena *arena;
};

static void add_try(struct try_list *l, enum smtp_try_kind kind, const char *mail_from, const char *rcpt_to)
{
    l->tries[l->count++] = (struct smtp_try){.kind = kind, .mail_from = mail_from, .rcpt_to = rcpt_to};
}

static void add_forms(struct try_list *l, const char *mail_from, const char *recipient, const char *host)
{
    const char *at = strrchr(recipient, '@');
    if (!at)
        return;
    int user = (int)(at - recipient);
    add_try(l, TRY_PERCENT, mail_from, arena_printf(l->arena, "%.*s%%%s@%s", user, recipient, at + 1, host));
    add_try(l, TRY_BANG, mail_from, arena_printf(l->arena, "%s!%.*s@%s", at + 1, user, recipient, host));
    add_try(l, TRY_QUOTED, mail_from, arena_printf(l->arena, "\"%s\"@%s", recipient, host));
    add_try(l, TRY_ROUTE, mail_from, arena_printf(l->arena, "@%s:%s", host, recipient));
}

/* Whom a careless server believes: nobody, as bounces must get through, and its own postmaster. */
static int set_tries(const struct facts *facts, const struct host_facts *host, struct arena *arena, struct smtp_plan *plan)
{
    struct try_list l = {.tries = ARENA_ARRAY(arena, struct smtp_try, TRIES_MAX), .arena = arena};
    const char *domain = own_domain(host, arena);
    const char *tested = facts->target.kind == TARGET_DOMAIN ? facts->target.name : domain;
    const char *postmaster = tested ? arena_printf(arena, "postmaster@%s", tested) : NULL;
    if (!l.tries || !domain || !postmaster)
        return -1;
    if (strcmp(plan->mail_from, "") != 0)
        add_try(&l, TRY_SENDER, "", plan->recipients[0]);
    if (strcmp(plan->mail_from, postmaster) != 0)
        add_try(&l, TRY_SENDER, postmaster, plan->recipients[0]);
    add_forms(&l, plan->mail_from, plan->recipients[0], domain);
    plan->tries = l.tries;
    plan->try_count = l.count;
    plan->control = arena_printf(arena, "mxassay-no-such-recipient@%s", domain);
    return arena->exhausted ? -1 : 0;
}

int deep_set_plan(const struct deep_row *row, const struct endpoint_facts *e, const struct facts *facts, const struct host_facts *host, struct arena *arena,
                  struct smtp_plan *plan)
{
    plan->course = row->course;
    plan->auth = false;
    plan->tries = NULL;
    plan->try_count = 0;
    if (row->course == COURSE_PLAIN_MAIL && facts->relay_wanted && refuses_strangers(e))
        return set_tries(facts, host, arena, plan);
    return 0;
}

/* 421 may come in answer to anything. */
static bool says_421(const struct session_facts *s)
{
    const struct smtp_deep *d = &s->deep;
    bool said = s->greeting.code == 421 || s->ehlo.reply.code == 421 || s->starttls.code == 421 || s->ehlo_tls.reply.code == 421 ||
                s->relay.mail.code == 421 || s->relay.rcpt[0].code == 421 || s->relay.rcpt[1].code == 421 || d->unasked.code == 421 || d->starttls_again.code == 421 ||
                d->plain_mail.code == 421 || d->control_reply.code == 421;
    for (size_t i = 0; i < d->tries_begun; i++)
        said = said || d->tries[i].mail.code == 421 || d->tries[i].rcpt.code == 421;
    return said;
}

static const char *not_connected(enum connect_result result)
{
    switch (result) {
    case CONNECT_REFUSED:
        return "a further connection was refused";
    case CONNECT_TIMEOUT:
    case CONNECT_UNREACHABLE:
        return "a further connection did not open";
    case CONNECT_NOT_TRIED:
    case CONNECT_OPEN:
    case CONNECT_TROUBLE:
        break;
    }
    return NULL;
}

/* To close is one of the sound answers to octets behind STARTTLS, and to STARTTLS inside TLS. */
static bool is_dropped(const struct session_facts *s, enum smtp_course course)
{
    bool may_close = (course == COURSE_INJECTION && s->deep.injected) || s->end_step == STEP_STARTTLS_AGAIN || s->deep.starttls_again.complete;
    bool closed = s->end == END_CLOSED || s->end == END_RESET;
    bool in_handshake = s->end == END_TLS_FAILED && (s->tls.result == TLS_CLOSED || s->tls.result == TLS_RESET);
    return !may_close && (closed || in_handshake);
}

bool deep_is_doubtful(const struct deep_row *row, const struct session_facts *s)
{
    return row->tls_profile != TLS_PROFILE_MODERN && s->end_step == STEP_HANDSHAKE && is_dropped(s, row->course);
}

const char *deep_stop_event(const struct session_facts *s, enum smtp_course course, struct arena *arena)
{
    int ehlo = s->ehlo.reply.code;
    if (s->connect != CONNECT_OPEN)
        return not_connected(s->connect);
    if (s->greeting.code && s->greeting.code != 220)
        return arena_printf(arena, "the server greeted with %d", s->greeting.code);
    if (ehlo >= 400 && (ehlo < 500 || ehlo > 504))
        return arena_printf(arena, "EHLO was answered %d", ehlo);
    if (says_421(s))
        return "the server answered 421";
    if (is_dropped(s, course))
        return "the server closed the connection";
    if (s->end == END_TIMEOUT)
        return "the server fell silent";
    return NULL;
}
