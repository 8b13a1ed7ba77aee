/* SPDX-License-Identifier: Apache-2.0 */
/* view - see view.h. */
#include "report/view.h"

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
    for (size_t i = 0; i < 2; i++) {
        int code = r->rcpt[i].complete ? r->rcpt[i].code : 0;
        if (code)
            *reply = &r->rcpt[i];
        if (code != 250 && code != 251)
            return code == 421 || code < 400 ? "unknown" : code < 500 ? "deferred" : "denied";
    }
    return "accepted";
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
    for (size_t line = 0; line < greeting->line_count; line++) {
        struct str text = greeting->lines[line];
        if (line == 0)
            str_word(&text); /* the host's name may hold any word */
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (str_contains_nocase(text, known[i].said))
                return known[i].name;
    }
    return NULL;
}

static bool is_answered(const struct dns_lookup *l)
{
    return l->status == DNS_FOUND || l->status == DNS_NODATA || l->status == DNS_NXDOMAIN;
}

enum tri view_fcrdns(const struct address_facts *a)
{
    bool all_known = is_answered(&a->ptr);
    for (size_t i = 0; i < a->ptr_name_count; i++) {
        const struct ptr_name *p = &a->ptr_names[i];
        if (p->has_address)
            return TRI_YES;
        all_known = all_known && (!p->name || is_answered(&p->forward));
    }
    return all_known ? TRI_NO : TRI_UNKNOWN;
}

bool view_host_dnssec(const struct host_facts *h, enum dnssec_state *state)
{
    static const int weakness[] = {[DNSSEC_SECURE] = 0, [DNSSEC_INSECURE] = 1, [DNSSEC_INDETERMINATE] = 2, [DNSSEC_BOGUS] = 3};
    const struct dns_lookup *lookups[] = {&h->a, &h->aaaa};
    bool asked = false;
    for (size_t i = 0; i < 2; i++) {
        if (lookups[i]->status == DNS_NOT_ASKED)
            continue;
        if (!asked || weakness[lookups[i]->dnssec] > weakness[*state])
            *state = lookups[i]->dnssec;
        asked = true;
    }
    return asked;
}

bool view_is_server(const struct facts *f)
{
    return f->target.kind == TARGET_SERVER;
}
