/* SPDX-License-Identifier: Apache-2.0 */
/* view - see view.h. */
#include "report/view.h"

#include <string.h>

const struct session_facts *view_session(const struct endpoint_facts *e)
{
    static const struct session_facts nothing = {.tls = {.alert = -1}};
    return e->shown ? e->shown : &nothing;
}

bool view_is_heard(const struct smtp_reply *r)
{
    return r->code != 0 || r->line_count > 0;
}

bool view_is_list(const struct smtp_ehlo *e)
{
    return e->reply.complete && e->reply.code == 250;
}

static bool has_capability(const struct smtp_ehlo *e, const char *keyword)
{
    for (size_t i = 0; i < e->capability_count; i++)
        if (str_is_nocase(e->capabilities[i].keyword, keyword))
            return true;
    return false;
}

enum tri view_starttls_offered(const struct session_facts *s)
{
    if (s->tls.implicit || !view_is_list(&s->ehlo))
        return TRI_UNKNOWN;
    return has_capability(&s->ehlo, "STARTTLS") ? TRI_YES : TRI_NO;
}

enum tri view_starttls_accepted(const struct session_facts *s)
{
    int code = s->starttls.complete ? s->starttls.code : 0;
    return code == 220 ? TRI_YES : code == 454 || code >= 500 ? TRI_NO : TRI_UNKNOWN;
}

const char *view_relay(const struct smtp_relay *r, const struct smtp_reply **reply)
{
    *reply = NULL;
    if (r->test == RELAY_NOT_ASKED)
        return "untested";
    if (r->mail.code)
        *reply = &r->mail;
    if (!r->mail.complete || r->mail.code != 250)
        return "unknown"; /* who refuses the sender has not spoken of recipients */
    for (size_t i = 0; i < 2; i++) {
        int code = r->rcpt[i].complete ? r->rcpt[i].code : 0;
        if (code)
            *reply = &r->rcpt[i];
        if (code != 250 && code != 251)
            return code == 421 || code < 400 ? "unknown" : code < 500 && code != SMTP_RELAYING_DENIED ? "deferred" : "denied";
    }
    return "accepted";
}

uint32_t view_greeting_delay_ms(const struct session_facts *s)
{
    return s->greeting.last_ms > s->connect_ms ? s->greeting.last_ms - s->connect_ms : 0;
}

const char *view_step(enum smtp_step step)
{
    static const char *const names[STEP_COUNT + 1] = {
        [STEP_CONNECT] = "connect",
        [STEP_GREETING] = "greeting",
        [STEP_EHLO] = "EHLO",
        [STEP_HELO] = "HELO",
        [STEP_PLAIN_MAIL] = "MAIL in clear",
        [STEP_STARTTLS] = "STARTTLS",
        [STEP_HANDSHAKE] = "TLS handshake",
        [STEP_SILENCE] = "silence",
        [STEP_QUIT_IN_TLS] = "QUIT in TLS",
        [STEP_QUIT_ANSWERED] = "answer to QUIT",
        [STEP_EHLO_TLS] = "EHLO in TLS",
        [STEP_STARTTLS_AGAIN] = "STARTTLS in TLS",
        [STEP_AUTH] = "AUTH",
        [STEP_MAIL] = "MAIL",
        [STEP_RCPT] = "RCPT",
        [STEP_RCPT_SECOND] = "second RCPT",
        [STEP_RSET] = "RSET",
        [STEP_TRY_MAIL] = "other MAIL",
        [STEP_TRY_RCPT] = "other RCPT",
        [STEP_TRY_CONTROL] = "control RCPT",
        [STEP_TRY_RSET] = "RSET between",
        [STEP_QUIT] = "QUIT",
    };
    return names[step];
}

struct str view_greeting_name(const struct smtp_reply *greeting)
{
    struct str line = greeting->code == 220 && greeting->line_count ? greeting->lines[0] : (struct str){"", 0};
    return str_word(&line);
}

const char *view_software(const struct smtp_reply *greeting)
{
    static const struct {
        const char *said, *name;
    } known[] = {
        {"postfix", "Postfix"},     {"exim", "Exim"},         {"opensmtpd", "OpenSMTPD"}, {"sendmail", "Sendmail"}, {"microsoft esmtp", "Microsoft Exchange"},
        {"gsmtp", "Google"},        {"haraka", "Haraka"},     {"qmail", "qmail"},         {"halon", "Halon"},       {"dovecot", "Dovecot"},
        {"zimbra", "Zimbra"},       {"mdaemon", "MDaemon"},   {"kerio", "Kerio Connect"}, {"maddy", "maddy"},       {"stalwart", "Stalwart"},
        {"courier", "Courier"},     {"powermta", "PowerMTA"}, {"axigen", "Axigen"},       {"lotus", "Domino"},      {"proofpoint", "Proofpoint"},
        {"barracuda", "Barracuda"}, {"ironport", "IronPort"}, {"fortimail", "FortiMail"}, {"mimecast", "Mimecast"},
    };
    enum { LINES_MAX = 4, OCTETS_MAX = 200 }; /* nobody's name stands further on */
    for (size_t line = 0; line < greeting->line_count && line < LINES_MAX; line++) {
        struct str text = greeting->lines[line];
        text.n = text.n < OCTETS_MAX ? text.n : OCTETS_MAX;
        if (line == 0)
            str_word(&text); /* the host's name may hold any word */
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (str_contains_nocase(text, known[i].said))
                return known[i].name;
    }
    return NULL;
}

bool view_is_answered(const struct dns_lookup *l)
{
    return l->status == DNS_FOUND || l->status == DNS_NODATA || l->status == DNS_NXDOMAIN;
}

enum tri view_fcrdns(const struct address_facts *a)
{
    bool all_known = view_is_answered(&a->ptr);
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        const struct ptr_name *p = &a->ptr_names[i];
        if (p->has_address)
            return TRI_YES;
        all_known = all_known && (!p->name || view_is_answered(&p->forward));
    }
    return all_known ? TRI_NO : TRI_UNKNOWN;
}

const char *view_dns_status(enum dns_status status)
{
    static const char *const words[] = {
        [DNS_FOUND] = "found",   [DNS_NODATA] = "nodata",   [DNS_NXDOMAIN] = "nxdomain", [DNS_BOGUS] = "bogus",
        [DNS_FAILED] = "failed", [DNS_TIMEOUT] = "timeout", [DNS_TROUBLE] = "trouble",
    };
    return words[status];
}

const char *view_dnssec(const struct dns_lookup *l)
{
    static const char *const words[] = {
        [DNSSEC_INDETERMINATE] = "indeterminate",
        [DNSSEC_SECURE] = "secure",
        [DNSSEC_INSECURE] = "insecure",
        [DNSSEC_BOGUS] = "bogus",
    };
    return l->status == DNS_BOGUS ? words[DNSSEC_BOGUS] : view_is_answered(l) ? words[l->dnssec] : NULL;
}

const char *view_dnssec_of_host(const struct host_facts *h)
{
    static const char *const weakest_first[] = {"bogus", "indeterminate", "insecure", "secure"};
    const char *a = view_dnssec(&h->a), *aaaa = view_dnssec(&h->aaaa);
    for (size_t i = 0; i < 4; i++)
        if ((a && strcmp(a, weakest_first[i]) == 0) || (aaaa && strcmp(aaaa, weakest_first[i]) == 0))
            return weakest_first[i];
    return NULL;
}

enum dane_service view_dane_service(const struct host_facts *h, uint16_t port)
{
    return h->is_submission || port == SUBMISSION_PORT || port == SUBMISSIONS_PORT ? DANE_SUBMISSION : DANE_MX;
}

enum view_dane view_dane(const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e, const struct tls_facts *t)
{
    static const enum view_dane proofs[] = {[TRI_UNKNOWN] = VIEW_DANE_UNKNOWN, [TRI_NO] = VIEW_DANE_MISMATCH, [TRI_YES] = VIEW_DANE_MATCH};
    const struct dane d = dane_decide(f, h, e->port, view_dane_service(h, e->port));
    switch (d.state) {
    case DANE_NONE:
        return VIEW_DANE_NONE;
    case DANE_UNUSABLE:
        return VIEW_DANE_UNUSABLE;
    case DANE_TEMPFAIL:
        return VIEW_DANE_TEMPFAIL;
    case DANE_USABLE:
        return t->result == TLS_DONE ? proofs[dane_prove(&d, t).authenticated] : VIEW_DANE_UNKNOWN;
    case DANE_NOT_KNOWN:
        break;
    }
    return VIEW_DANE_UNKNOWN;
}

const char *view_egress(enum egress_state state)
{
    static const char *const words[] = {[EGRESS_UNTESTED] = "untested", [EGRESS_OPEN] = "open", [EGRESS_BLOCKED] = "blocked", [EGRESS_UNKNOWN] = "unknown"};
    return words[state];
}

const char *view_title(const struct verdict *v)
{
    return v->value == VERDICT_UNKNOWN ? v->check->question : v->check->title;
}

const char *view_detail(const struct verdict *v)
{
    return v->detail || v->value != VERDICT_UNKNOWN ? v->detail : reason_explained(v->reason);
}

/* People paste the command into a shell. A name from the DNS that a shell would see more in than a word, or a program
 * an option, is not put there, quoted or not. */
bool view_is_safe_argument(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
    return *word && *word != '-' && strspn(word, plain) == strlen(word);
}

bool view_write_verify(struct buf *out, const struct facts *f, const struct verdict *v)
{
    const struct subject *s = &v->subject;
    const char *host = s->host ? s->host->name : f->target.name;
    char address[IP_TEXT_BYTES];
    if (!v->check->verify || !view_is_safe_argument(host) || !view_is_safe_argument(f->target.name))
        return false;
    for (const char *p = v->check->verify; *p; p++) {
        if (*p != '%' || !p[1] || !strchr("dhap", p[1])) {
            buf_add_char(out, *p);
            continue;
        }
        p++;
        if (*p == 'p') {
            buf_printf(out, "%u", s->endpoint ? s->endpoint->port : f->target.port ? f->target.port : 25);
        } else if (*p == 'a' && s->address) {
            ip_write(s->address->ip, address);
            buf_add_cstr(out, address);
        } else {
            buf_add_cstr(out, *p == 'd' ? f->target.name : host);
        }
    }
    return true;
}

bool view_is_server(const struct facts *f)
{
    return f->target.kind == TARGET_SERVER;
}
