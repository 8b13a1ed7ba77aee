/* SPDX-License-Identifier: Apache-2.0 */
/* json_hosts - the mail hosts in JSON: their addresses, ports, and what each server said. */
#include <string.h>

#include "report/json_parts.h"
#include "report/view.h"

static const char *dns_word(unsigned status)
{
    return view_dns_status((enum dns_status)status);
}
static const struct vocabulary dns_words = {.of = dns_word, .last = DNS_TROUBLE};

static const char *step_word(unsigned step)
{
    return view_step((enum smtp_step)step);
}
const struct vocabulary json_step_words = {.of = step_word, .last = STEP_COUNT - 1};

static const char *auth_word(unsigned result)
{
    static const char *const words[] = {
        [AUTH_NOT_TRIED] = NULL,
        [AUTH_ACCEPTED] = "accepted",
        [AUTH_REFUSED] = "refused",
        [AUTH_DEFERRED] = "deferred",
        [AUTH_NO_MECHANISM] = "no_mechanism",
        [AUTH_NOT_IN_CLEAR] = "not_in_clear",
        [AUTH_BAD_CHALLENGE] = "bad_challenge",
    };
    return words[result];
}
static const struct vocabulary auth_words = {.of = auth_word, .last = AUTH_BAD_CHALLENGE};

static const char *not_probed_word(unsigned why)
{
    static const char *const words[] = {
        [PROBED] = NULL,
        [NOT_PROBED_LIMIT] = "limit",
        [NOT_PROBED_PRIVATE_ADDRESS] = "private_address",
        [NOT_PROBED_OPTION] = "option",
        [NOT_PROBED_OPT_OUT] = "opt_out",
        [NOT_PROBED_TROUBLE] = "trouble",
    };
    return words[why];
}
static const struct vocabulary not_probed_words = {.of = not_probed_word, .last = NOT_PROBED_TROUBLE};

static void write_lines(struct members *m, const struct smtp_reply *r)
{
    for (size_t i = 0; i < r->line_count; i++)
        item_str(m, r->lines[i]);
    member_close(m);
}

static void write_greeting(struct members *m, const struct session_facts *s)
{
    const struct smtp_reply *r = &s->greeting;
    if (!member_object_or_null(m, "greeting", view_is_heard(r), "The server's first words; null: none were heard."))
        return;
    struct str name = view_greeting_name(r);
    member_number_or_null(m, "code", r->code != 0, (uint64_t)r->code, "The reply code; null: what came is no SMTP.");
    member_array(m, "text", "Its lines without the code.");
    write_lines(m, r);
    member_number(m, "delay_ms", view_greeting_delay_ms(s), "From the open connection to the end of the greeting.");
    member_str_or_null(m, "hostname", name.n > 0, name, "The name the server gives itself.");
    member_text_or_null(m, "software", view_software(r), "The product, where the greeting names a known one.");
    member_close(m);
}

static void write_ehlo(struct members *m, const char *key, const struct smtp_ehlo *e, const char *says)
{
    if (!member_object_or_null(m, key, view_is_heard(&e->reply), says))
        return;
    const struct smtp_reply *r = e->helo && view_is_heard(&e->helo_reply) ? &e->helo_reply : &e->reply;
    member_number_or_null(m, "code", r->code != 0, (uint64_t)r->code, "The reply code; null: what came is no SMTP.");
    member_str_or_null(m, "hostname", e->hostname.n > 0, e->hostname, "The name the server gives itself.");
    member_bool(m, "helo", e->helo, "EHLO was not understood, and the code is that of HELO.");
    member_array(m, "capabilities", "What the server offers.");
    for (size_t i = 0; i < e->capability_count; i++) {
        item_object(m);
        member_str(m, "keyword", e->capabilities[i].keyword, "As the server wrote it.");
        member_str(m, "parameters", e->capabilities[i].parameters, "What follows on the line.");
        member_close(m);
    }
    member_close(m);
    member_close(m);
}

static void write_certificate(struct members *m, const struct cert_facts *c)
{
    item_object(m);
    member_str(m, "subject", c->subject, "RFC 2253 form.");
    member_str(m, "issuer", c->issuer, "RFC 2253 form.");
    member_text(m, "serial", c->serial, "In hexadecimal.");
    member_time(m, "not_before", c->not_before, "Valid from.");
    member_time(m, "not_after", c->not_after, "Valid until.");
    member_array(m, "san", "DNS names in the subject alternative name.");
    for (size_t i = 0; i < c->san_dns_count; i++)
        item_str(m, c->san_dns[i]);
    member_close(m);
    member_object(m, "key", "The public key.");
    member_text_or_null(m, "type", c->key_type_text, "RSA, EC, Ed25519, ...");
    member_number(m, "bits", c->key_bits, "Size of the RSA or DSA modulus, or of the field of an EC key.");
    member_text_or_null(m, "curve", c->curve, "Of an EC key; else null.");
    member_close(m);
    member_text_or_null(m, "signature", c->signature, "The algorithm of the issuer's signature.");
    member_hex(m, "sha256", c->sha256, sizeof c->sha256, "Digest of the certificate.");
    member_hex(m, "spki_sha256", c->spki_sha256, sizeof c->spki_sha256, "Digest of its public key.");
    member_bool(m, "self_signed", c->self_signed, "Signed with its own key.");
    member_close(m);
}

void json_write_tls(struct members *m, const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e, const struct tls_facts *t)
{
    bool done = t->result == TLS_DONE;
    if (!member_object_or_null(m, "tls", t->result != TLS_NOT_TRIED, "The TLS handshake; null: there was none."))
        return;
    member_bool(m, "negotiated", done, "The handshake was finished.");
    member_bool(m, "observed", t->result == TLS_OBSERVED, "What follows was seen in clear, and no handshake was finished to prove it.");
    member_text_or_null(m, "version", t->version, "TLSv1.3, ...");
    member_text_or_null(m, "cipher", t->cipher, "Its name at IANA.");
    member_text_or_null(m, "group", t->group, "The key exchange group; null: none, or not known.");
    member_number_or_null(m, "alert", t->alert >= 0, (uint64_t)t->alert, "The alert the server ended it with; null: none.");
    member_text_or_null(m, "error", t->error, "Why it failed, in the words of the TLS library or the system.");
    member_text_or_null(m, "sni", t->sni, "The server name that was sent.");
    member_array(m, "certificates", "As sent, the server's own first.");
    for (size_t i = 0; i < t->certificate_count; i++)
        write_certificate(m, &t->certificates[i]);
    member_close(m);
    member_tri(m, "trusted",
               t->trust == TRUST_UNKNOWN ? TRI_UNKNOWN
               : t->trust == TRUST_YES   ? TRI_YES
                                         : TRI_NO,
               "A chain leads to a root of the trust store, dates left aside.");
    member_text_or_null(m, "trust_error", t->trust_error, "Why not.");
    member_tri(m, "name_matches", t->name_matches, "The certificate is for the host's name.");
    json_write_dane_word(m, f, h, e, t);
    member_close(m);
}

static void write_relay(struct members *m, const struct smtp_relay *relay)
{
    static const char *const results[] = {"denied", "accepted", "deferred", "unknown", "untested", NULL};
    const struct smtp_reply *reply;
    const char *result = view_relay(relay, &reply);
    struct str text = reply && reply->line_count ? reply->lines[reply->line_count - 1] : (struct str){"", 0};
    member_object(m, "relay", "Whether the server takes mail from strangers for strangers.");
    member_word(m, "result", result, &(struct vocabulary){.list = results}, "What it said to a recipient that is not its own.");
    member_number_or_null(m, "code", reply != NULL, reply ? (uint64_t)reply->code : 0, "The reply that decided.");
    member_str_or_null(m, "text", reply != NULL, text, "Its last line.");
    member_close(m);
}

/* Both forms of the line, "AUTH PLAIN LOGIN" and the old "AUTH=PLAIN LOGIN"; each mechanism once. */
static void write_mechanisms(struct members *m, const char *key, const struct smtp_ehlo *e, const char *says)
{
    static const struct smtp_capability blank = {.parameters = {"PLAIN", 5}};
    enum { MECHANISMS_MAX = 64 };
    struct str seen[MECHANISMS_MAX], word;
    size_t count = 0;
    if (!member_array_or_null(m, key, view_is_list(e), says))
        return;
    for (size_t i = 0; i < e->capability_count; i++) {
        const struct smtp_capability *c = m->described ? &blank : &e->capabilities[i];
        struct str rest = c->parameters;
        if (!m->described && !str_is_nocase(c->keyword, "AUTH") && !str_is_nocase(c->keyword, "AUTH="))
            continue;
        while ((word = str_word(&rest)).n && count < MECHANISMS_MAX) {
            size_t at = 0;
            while (at < count && !str_eq_nocase(seen[at], word))
                at++;
            if (at < count)
                continue;
            seen[count++] = word;
            item_str(m, word);
        }
    }
    member_close(m);
}

static void write_auth(struct members *m, const struct session_facts *s)
{
    bool implicit = s->tls.implicit;
    static const struct smtp_ehlo nothing;
    member_object(m, "auth", "SMTP authentication.");
    write_mechanisms(m, "clear", implicit && !m->described ? &nothing : &s->ehlo, "Mechanisms offered outside TLS; null: not known.");
    write_mechanisms(m, "tls", implicit && !m->described ? &s->ehlo : &s->ehlo_tls, "Mechanisms offered inside TLS; null: not known.");
    member_word_or_null(m, "result", auth_word(s->auth.result), &auth_words, "How the login ended; null: none was tried.");
    member_text_or_null(m, "mechanism", s->auth.mechanism, "The mechanism tried.");
    member_close(m);
}

void json_write_transcript(struct members *m, const struct session_facts *s, const char *says)
{
    static const char *const from[] = {[FROM_CLIENT] = "client", [FROM_SERVER] = "server", [FROM_EVENT] = "event", NULL};
    member_array(m, "transcript", says);
    for (const struct transcript_line *line = s->transcript; line; line = line->next) {
        item_object(m);
        member_number(m, "t_ms", line->t_ms, "Since the connection was begun.");
        member_word(m, "from", from[line->from], &(struct vocabulary){.list = from}, "Who said it; event: what happened.");
        member_str(m, "text", line->text, "The line.");
        member_close(m);
    }
    member_close(m);
}

static void write_endpoint(struct members *m, const struct facts *f, const struct tls_policy *policy, const struct host_facts *h,
                           const struct endpoint_facts *e)
{
    static const char *const modes[] = {[TLS_MODE_NONE] = "none", [TLS_MODE_STARTTLS] = "starttls", [TLS_MODE_IMPLICIT] = "implicit", NULL};
    static const char *const outcomes[] = {"completed", "refused",    "timeout",        "unreachable", "closed", "rejected_us",
                                           "throttled", "tls_failed", "protocol_error", "not_probed",  NULL};
    const struct session_facts *s = view_session(e);
    bool open = s->connect == CONNECT_OPEN;
    item_object(m);
    member_number(m, "port", e->port, "The TCP port.");
    member_word(m, "tls_mode", modes[e->tls_mode], &(struct vocabulary){.list = modes}, "How TLS begins there.");
    member_word(m, "outcome", endpoint_outcome(e), &(struct vocabulary){.list = outcomes}, "How far the connection came.");
    member_word_or_null(m, "not_probed", not_probed_word(e->not_probed), &not_probed_words, "Why no connection was tried; null: one was.");
    member_number(m, "connections", e->session_count, "Connections that were begun; the one that got furthest is shown.");
    member_number_or_null(m, "connect_ms", open, s->connect_ms, "Until the connection was open; null: it never was.");
    member_text_or_null(m, "connect_error", s->connect_error, "Why it did not open, in the system's words.");
    member_word_or_null(m, "last_step", open && s->end != END_QUIT ? view_step(s->end_step) : NULL, &json_step_words,
                        "The step under way when the connection ended; null: it was finished, or never open.");
    write_greeting(m, s);
    write_ehlo(m, "ehlo", &s->ehlo, "The answer to EHLO in clear, or inside implicit TLS; null: none was heard.");
    write_ehlo(m, "ehlo_tls", &s->ehlo_tls, "The answer to EHLO after STARTTLS; null: none was heard.");
    member_object(m, "starttls", "STARTTLS.");
    member_tri(m, "offered", view_starttls_offered(s), "Listed in the answer to EHLO; null: no such answer, or implicit TLS.");
    member_tri(m, "accepted", view_starttls_accepted(s), "The command was answered with 220; null: not sent, or put off.");
    member_close(m);
    json_write_tls(m, f, h, e, &s->tls);
    json_write_survey(m, policy, e);
    write_relay(m, &s->relay);
    write_auth(m, s);
    member_number_or_null(m, "duration_ms", e->shown != NULL, s->duration_ms, "From the first packet to the end.");
    json_write_transcript(m, s, "The connection that got furthest, line by line; secrets are hidden.");
    json_write_deep(m, f, h, e);
    member_close(m);
}

static void write_ptr(struct members *m, const struct address_facts *a)
{
    if (!member_array_or_null(m, "ptr", view_is_answered(&a->ptr), "Names of the address; null: not known."))
        return;
    for (size_t i = 0; i < a->ptr_name_count; i++)
        item_str(m, a->ptr_names[i].name ? str_of(a->ptr_names[i].name) : a->ptr_names[i].raw);
    member_close(m);
}

static void write_address(struct members *m, const struct facts *f, const struct tls_policy *policy, const struct host_facts *h, const struct address_facts *a)
{
    char ip[IP_TEXT_BYTES];
    ip_write(a->ip, ip);
    item_object(m);
    member_text(m, "ip", ip, "The address.");
    member_text_or_null(m, "special", a->special, "Why the Internet cannot reach it; null: it can.");
    write_ptr(m, a);
    member_tri(m, "fcrdns", view_fcrdns(a), "Some name of the address leads back to it.");
    json_write_dnsbl(m, a);
    member_array(m, "endpoints", "Its ports, in the order asked for.");
    for (size_t i = 0; i < a->endpoint_count; i++)
        write_endpoint(m, f, policy, h, &a->endpoints[i]);
    member_close(m);
    member_close(m);
}

static void write_lookup(struct members *m, const char *key, const struct dns_lookup *l, const char *says)
{
    if (!member_object_or_null(m, key, l->status != DNS_NOT_ASKED, says))
        return;
    member_word(m, "status", m->described ? "" : view_dns_status(l->status), &dns_words, "How the question was answered.");
    member_text_or_null(m, "alias_of", l->alias_of, "The last name of the chain of aliases; null: no alias.");
    member_text_or_null(m, "reason", l->reason, "Why there was no answer; null: there was one, or nothing is known.");
    member_close(m);
}

static void write_caa(struct members *m, const struct caa_facts *caa)
{
    static const struct caa_facts none;
    const struct caa_facts *f = caa ? caa : &none;
    if (!member_object_or_null(m, "caa", caa != NULL, "Which CAs may make certificates for the host; null: not asked."))
        return;
    member_word_or_null(m, "status", f->lookup.status == DNS_NOT_ASKED ? NULL : view_dns_status(f->lookup.status), &dns_words,
                        "How the last question was answered; null: the name has too many labels.");
    member_text_or_null(m, "domain", f->domain, "Where the records are, the host or a name above it; without any, where they were asked for last.");
    member_array(m, "records", "None: anybody may.");
    for (size_t i = 0; i < f->record_count; i++) {
        item_object(m);
        member_bool(m, "critical", f->records[i].critical, "Who does not know the tag may not issue.");
        member_str(m, "tag", f->records[i].tag, "What it is about; empty: the record is malformed.");
        member_str(m, "value", f->records[i].value, "As published.");
        member_close(m);
    }
    member_close(m);
    member_close(m);
}

void json_write_hosts(struct members *m, const struct facts *f, const struct tls_policy *policy)
{
    static const char *const roles[] = {"mail", "submission", NULL};
    member_array(m, "hosts", "The mail hosts, by preference, then name; behind them hosts for submission.");
    for (size_t i = 0; i < f->host_count + f->submission_host_count; i++) {
        const struct host_facts *h = &f->hosts[i];
        item_object(m);
        member_text(m, "host", h->name, "The host's name.");
        member_word(m, "role", roles[h->is_submission], &(struct vocabulary){.list = roles},
                    "mail: of the way of mail from others; submission: only an SRV record names it, at these ports.");
        member_number_or_null(m, "preference", !view_is_server(f) && !h->is_submission, h->preference,
                              "The lowest of its MX records; null for a server, and for a host that has none.");
        member_bool(m, "within_limit", h->within_limit, "One of the --max-hosts that were connected to.");
        member_tri(m, "in_mta_sts_policy",
                   !f->mta_sts.policy     ? TRI_UNKNOWN
                   : h->in_mta_sts_policy ? TRI_YES
                                          : TRI_NO,
                   "A pattern of the domain's MTA-STS policy matches the name; null: there is no policy.");
        member_tri(m, "in_cached_policy",
                   !f->mta_sts.cached    ? TRI_UNKNOWN
                   : h->in_cached_policy ? TRI_YES
                                         : TRI_NO,
                   "The same of the policy that senders may still keep; null: none was named.");
        member_word_or_null(m, "dnssec", view_dnssec_of_host(h), &json_dnssec_words, "Of its addresses: the weaker one of A and AAAA.");
        write_lookup(m, "a", &h->a, "The question for IPv4 addresses; null: not asked.");
        write_lookup(m, "aaaa", &h->aaaa, "The question for IPv6 addresses; null: not asked.");
        write_caa(m, h->caa);
        json_write_tlsa(m, h);
        member_array(m, "addresses", "IPv4 first.");
        for (size_t a = 0; a < h->address_count; a++)
            write_address(m, f, policy, h, &h->addresses[a]);
        member_close(m);
        member_number(m, "addresses_left_out", h->addresses_left_out, "Addresses past the limit for each family.");
        member_close(m);
    }
    member_close(m);
}

static void write_service(struct members *m, const char *key, const struct submission_service *s, const char *says)
{
    static const char *const words[] = {"offered", "not_offered", "no_record", NULL};
    const char *no_target = view_is_answered(&s->lookup) ? words[2] : NULL;
    if (!member_object_or_null(m, key, s->wanted, says))
        return;
    member_word_or_null(m, "status", s->target_count == 0 ? no_target : words[strcmp(s->targets[0].host, ".") == 0], &(struct vocabulary){.list = words},
                        "not_offered: the record says so with the name `.`; null: there was no answer.");
    member_array(m, "targets", "By priority, then port, then name.");
    for (size_t i = 0; i < s->target_count; i++) {
        item_object(m);
        member_number(m, "priority", s->targets[i].priority, "Lower is tried first.");
        member_text(m, "host", s->targets[i].host, "The server; `.` is none.");
        member_number(m, "port", s->targets[i].port, "Its port.");
        member_close(m);
    }
    member_close(m);
    member_close(m);
}

void json_write_submission(struct members *m, const struct facts *f)
{
    const struct submission_facts *s = &f->submission;
    if (!member_object_or_null(m, "submission", s->submissions.wanted || s->submission.wanted,
                               "Where the domain's own users hand in mail, by its SRV records; null: not asked for."))
        return;
    write_service(m, "submissions", &s->submissions, "_submissions._tcp, TLS from the first octet; null: not asked for.");
    write_service(m, "submission", &s->submission, "_submission._tcp, STARTTLS; null: not asked for.");
    member_number(m, "targets_left_out", s->targets_left_out, "Past the limits of hosts and of ports of one host.");
    member_close(m);
}
