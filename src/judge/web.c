/* SPDX-License-Identifier: Apache-2.0 */
/* web - see web.h. */
#include "judge/web.h"

enum { TOO_MANY_REQUESTS = 429, LIMIT_S = 30 };

static const char *library_words(struct context *c, const struct fetch_facts *f)
{
    const char *words = f->error ? arena_printf(c->arena, " (%s)", shown(c, str_of(f->error))) : "";
    return words ? words : "";
}

struct outcome web_tls(struct context *c, const struct web_file *file)
{
    const struct fetch_facts *f = file->fetch;
    switch (f->result) {
    case FETCH_DONE:
    case FETCH_TOO_LARGE:
    case FETCH_BROKEN:
        return pass();
    case FETCH_CERT_DATES:
        return fail(c, "The certificate of %s [%s] is not valid today%s.", file->host, shown_ip(c, f->ip), library_words(c, f));
    case FETCH_CERT_NAME:
        return fail(c, "The certificate that %s shows is not for %s%s.", shown_ip(c, f->ip), file->host, library_words(c, f));
    case FETCH_CERT_UNTRUSTED:
        return fail(c, "The certificate of %s [%s] does not lead to a public CA%s.", file->host, shown_ip(c, f->ip), library_words(c, f));
    case FETCH_TLS_OLD:
        return fail(c, "%s [%s] has no TLS 1.2%s.", file->host, shown_ip(c, f->ip), library_words(c, f));
    case FETCH_NOT_TRIED:
    case FETCH_NO_ADDRESS:
    case FETCH_NOT_ALLOWED:
    case FETCH_OPTED_OUT:
    case FETCH_REFUSED:
    case FETCH_UNREACHABLE:
    case FETCH_TIMEOUT:
    case FETCH_TLS_FAILED:
    case FETCH_CLOSED:
    case FETCH_TROUBLE:
        break;
    }
    return not_applicable();
}

/* Our network lets port 443 out, in each family in which nobody answered. */
static bool way_out_is(const struct context *c, enum egress_state state, bool everywhere)
{
    const struct egress_facts *v4 = &c->facts->vantage.https_v4, *v6 = &c->facts->vantage.https_v6;
    bool is_v4 = v4->needed && v4->state == state, is_v6 = v6->needed && v6->state == state;
    return everywhere ? (is_v4 || is_v6) && is_v4 == v4->needed && is_v6 == v6->needed : is_v4 || is_v6;
}

/* Of ports that no control host stands for nothing is known. */
static struct outcome judge_silence(struct context *c, const struct web_file *file)
{
    const struct fetch_facts *f = file->fetch;
    const char *what = f->result == FETCH_REFUSED ? "refuses connections" : f->result == FETCH_UNREACHABLE ? "is unreachable" : "does not answer";
    if (f->connected)
        return fail(c, "%s [%s] accepts connections on port %u, but gives no whole answer in %d s.", file->host, shown_ip(c, f->ip), file->port, LIMIT_S);
    bool proven = f->result == FETCH_REFUSED ? !way_out_is(c, EGRESS_BLOCKED, false) : way_out_is(c, EGRESS_OPEN, true);
    if (!proven || file->port != WEB_HTTPS_PORT)
        return unknown(c, REASON_BLOCKED_EGRESS, "%s %s on port %u, and nothing shows that our own network lets this port out.", file->host, what, file->port);
    return fail(c, "%s %s on port %u at any address that was tried, %s the last.", file->host, what, file->port, shown_ip(c, f->ip));
}

/* Addresses that could not be looked up may be good ones. */
static struct outcome judge_addresses(struct context *c, const struct web_file *file, const char *problem)
{
    const struct dns_lookup *failed = !is_answered(file->a) ? file->a : !is_answered(file->aaaa) ? file->aaaa : NULL;
    if (failed)
        return unknown(c, reason_of_lookup(failed), "The %s records of %s could not be looked up: %s.", failed == file->a ? "A" : "AAAA", file->host,
                       dns_problem(c, failed));
    return fail(c, "%s %s.", file->host, problem);
}

static struct outcome judge_not_tried(struct context *c, const struct web_file *file)
{
    if (c->facts->incomplete)
        return unknown(c, REASON_LIMIT, "%s was not fetched: %s.", file->what,
                       c->facts->incomplete_reason ? c->facts->incomplete_reason : "a limit was used up");
    return unknown(c, REASON_NOT_PROBED, "%s was not fetched: %s has no address of the family that was asked for.", file->what, file->host);
}

static struct outcome judge_status(struct context *c, const struct web_file *file)
{
    const struct fetch_facts *f = file->fetch;
    if (f->status == 200)
        return pass();
    if (f->status == TOO_MANY_REQUESTS)
        return unknown(c, REASON_THROTTLED, "%s answers us with status 429: too many requests.", file->host);
    if (f->status >= 300 && f->status < 400)
        return fail(c, "%s answers with status %d, a redirect%s%s; it is not followed.", file->host, f->status, f->location ? " to " : "",
                    f->location ? shown(c, str_of(f->location)) : "");
    return fail(c, "%s answers with status %d instead of 200.", file->host, f->status);
}

struct outcome web_answer(struct context *c, const struct web_file *file)
{
    const struct fetch_facts *f = file->fetch;
    switch (f->result) {
    case FETCH_NOT_TRIED:
        return judge_not_tried(c, file);
    case FETCH_NO_ADDRESS:
        return judge_addresses(c, file, "has no address");
    case FETCH_NOT_ALLOWED:
        return judge_addresses(c, file,
                               f->error ? arena_printf(c->arena, "has no address that the Internet can reach: %s", f->error)
                                        : "has no address that the Internet can reach");
    case FETCH_OPTED_OUT:
        return unknown(c, REASON_NOT_PROBED, "%s was not fetched: %s is on the list of those who do not want to be tested from here.", file->what, file->host);
    case FETCH_DONE:
        return judge_status(c, file);
    case FETCH_REFUSED:
    case FETCH_UNREACHABLE:
    case FETCH_TIMEOUT:
        return judge_silence(c, file);
    case FETCH_TLS_FAILED:
        return fail(c, "%s [%s] has no TLS on port %u%s.", file->host, shown_ip(c, f->ip), file->port, library_words(c, f));
    case FETCH_TOO_LARGE:
        return fail(c, "%s answers with a file of more than %zu octets.", file->host, file->max_bytes);
    case FETCH_BROKEN:
        return fail(c, "%s [%s] does not answer with HTTP%s.", file->host, shown_ip(c, f->ip), library_words(c, f));
    case FETCH_CLOSED:
        return unknown(c, REASON_THROTTLED, "%s [%s] hung up before its answer was whole%s.", file->host, shown_ip(c, f->ip), library_words(c, f));
    case FETCH_TLS_OLD:
    case FETCH_CERT_DATES:
    case FETCH_CERT_NAME:
    case FETCH_CERT_UNTRUSTED:
    case FETCH_TROUBLE:
        break;
    }
    return unknown(c, REASON_INTERNAL, "%s could not be fetched, for a reason on our side%s.", file->what, library_words(c, f));
}
