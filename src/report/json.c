/* SPDX-License-Identifier: Apache-2.0 */
/* json - the report as JSON: who asked what from where, the summary, the MX set. The order of the members is the order of the calls. */
#include "report/json_parts.h"
#include "report/view.h"

static const char *const dnssec_words[] = {"secure", "insecure", "bogus", "indeterminate", NULL};
const struct vocabulary json_dnssec_words = {.list = dnssec_words};

static const char *mx_word(unsigned status)
{
    static const char *const words[] = {
        [MX_UNKNOWN] = NULL, [MX_PRESENT] = "present",   [MX_IMPLICIT] = "implicit",       [MX_NULL] = "null",
        [MX_NONE] = "none",  [MX_NXDOMAIN] = "nxdomain", [MX_DNS_FAILURE] = "dns_failure",
    };
    return words[status];
}
const struct vocabulary json_mx_words = {.of = mx_word, .last = MX_DNS_FAILURE};

static const char *egress_word(unsigned state)
{
    return view_egress((enum egress_state)state);
}
static const struct vocabulary egress_words = {.of = egress_word, .last = EGRESS_UNKNOWN};

static const char *status_word(unsigned status)
{
    return status_text((enum summary_status)status);
}
const struct vocabulary json_status_words = {.of = status_word, .last = STATUS_INCONCLUSIVE};

static void write_generator(struct members *m, const struct judgement *j)
{
    static const char *const name[] = {"mxassay", NULL};
    member_object(m, "generator", "What wrote this report.");
    member_word(m, "name", name[0], &(struct vocabulary){.list = name}, "The program.");
    member_text(m, "version", MXASSAY_VERSION, "Its version.");
    member_text(m, "ruleset", REPORT_RULESET, "The table of checks that judged.");
    member_text(m, "tls_policy", tls_policy_name(j->tls_policy),
                "The table that says how good parts of TLS are: default, ncsc2025, rfc9325, or file: and a name.");
    member_close(m);
}

static void write_target(struct members *m, const struct target_facts *t)
{
    static const char *const kinds[] = {[TARGET_DOMAIN] = "domain", [TARGET_SERVER] = "server", NULL};
    member_object(m, "target", "What was asked for.");
    member_text(m, "input", t->input, "As it was given.");
    member_word(m, "kind", kinds[t->kind], &(struct vocabulary){.list = kinds}, "A domain's whole mail path, or one server.");
    member_text(m, "name", t->name, "The name that was looked up: A-labels, lower case; or an address.");
    member_text(m, "name_unicode", t->name_unicode ? t->name_unicode : t->name, "The same name as people read it.");
    member_number_or_null(m, "port", t->kind == TARGET_SERVER, t->port, "The port of a server; null for a domain.");
    member_close(m);
}

static void write_vantage(struct members *m, const struct vantage_facts *v)
{
    member_object(m, "vantage", "From where this was seen.");
    member_text_or_null(m, "ehlo", v->ehlo, "The name given to the servers in EHLO.");
    member_text_or_null(m, "resolver", v->resolver, "Who answered DNS questions; answers are validated by the program itself.");
    member_object(m, "egress", "Whether this network lets connections out, where a target needed it.");
    member_word(m, "ipv4_25", view_egress(v->egress_v4.state), &egress_words, "Outbound TCP port 25 over IPv4.");
    member_word(m, "ipv6_25", view_egress(v->egress_v6.state), &egress_words, "Outbound TCP port 25 over IPv6.");
    member_word(m, "ipv4_443", view_egress(v->https_v4.state), &egress_words, "Outbound TCP port 443 over IPv4, of policy hosts that did not answer.");
    member_word(m, "ipv6_443", view_egress(v->https_v6.state), &egress_words, "The same over IPv6.");
    member_close(m);
    member_close(m);
}

static void write_summary(struct members *m, const struct summary *s)
{
    member_object(m, "summary", "The verdict.");
    member_word(m, "status", status_text(s->status), &json_status_words,
                "The worst that failed; inconclusive: nothing failed, but something decisive could not be tested.");
    member_text(m, "headline", s->headline, "The verdict in words, without the name.");
    member_number(m, "errors", s->errors, "Findings of severity error.");
    member_number(m, "warnings", s->warnings, "Findings of severity warning.");
    member_number(m, "notices", s->notices, "Findings of severity notice.");
    member_number(m, "unknowns", s->unknowns, "Findings that could not be decided.");
    member_number(m, "passes", s->passes, "Verdicts that are good.");
    member_bool(m, "has_valid_mx", s->has_valid_mx, "Some mail host has an address.");
    member_bool(m, "all_reachable", s->all_reachable, "There is a mail host, and every one has an address.");
    member_bool(m, "any_smtp_ok", s->any_smtp_ok, "Some endpoint finished EHLO and the TLS handshake.");
    member_tri(m, "all_tls_ok", s->all_tls_ok, "Every endpoint has working TLS; null: none was probed, or good ones are mixed with untold ones.");
    member_close(m);
}

static void write_mx(struct members *m, const struct facts *f)
{
    const struct mx_facts *mx = &f->mx;
    if (!member_object_or_null(m, "mx", !view_is_server(f), "The MX set of the domain; null for a server."))
        return;
    member_word_or_null(m, "status", mx_word(mx->status), &json_mx_words,
                        "Where mail goes: to MX records, to the domain's own address (implicit), nowhere on purpose (null).");
    member_word_or_null(m, "dnssec", view_dnssec(&mx->lookup), &json_dnssec_words, "Of the MX answer or its denial; null: there was no answer.");
    member_number_or_null(m, "ttl_s", mx->lookup.status == DNS_FOUND, mx->lookup.ttl_s, "Seconds the answer may be kept.");
    member_text_or_null(m, "alias_of", mx->lookup.alias_of, "The last name of the chain of aliases; null: no alias.");
    member_text_or_null(m, "reason", mx->lookup.reason, "Why there was no answer; null: there was one, or nothing is known.");
    member_bool(m, "assumed", mx->assumed, "The records are those of --assume, not those in the DNS.");
    member_array(m, "records", "By preference.");
    for (size_t i = 0; i < mx->record_count; i++) {
        item_object(m);
        member_number(m, "preference", mx->records[i].preference, "Lower is tried first.");
        member_text(m, "host", mx->records[i].host, "The mail host; `.` is the null MX.");
        member_close(m);
    }
    member_close(m);
    member_close(m);
}

static void write_policies(struct members *m, const struct facts *f)
{
    member_object(m, "policies", "What the domain publishes about its mail.");
    json_write_mta_sts_and_tls_rpt(m, f);
    json_write_dane(m, f);
    json_write_spf(m, f);
    json_write_dkim(m, f);
    json_write_dmarc(m, f);
    json_write_bimi(m, f);
    member_close(m);
}

void json_write_report(struct buf *out, const struct report *r, unsigned indent, struct described *described)
{
    static const char *const versions[] = {REPORT_SCHEMA_VERSION, NULL};
    static const struct schema_head head = {
        "urn:mxassay:report:1.0", "mxassay report",
        "The mail path of a domain, or one mail server: what was observed and what it means. null means not tested, never no."};
    const struct facts *f = r->facts;
    struct members m;
    members_begin(&m, out, indent, described, &head);
    member_word(&m, "schema_version", REPORT_SCHEMA_VERSION, &(struct vocabulary){.list = versions},
                "The version of this form; members are only added within one major version.");
    write_generator(&m, r->judgement);
    write_target(&m, &f->target);
    member_time(&m, "checked_at", f->checked_at, "When the check began.");
    member_number(&m, "duration_ms", f->duration_ms, "How long it took.");
    member_number(&m, "dns_questions", f->questions, "That this report hangs on, each counted once: put to the resolver, and to the zone's name servers.");
    member_bool(&m, "incomplete", f->incomplete, "The run was cut short by a limit of its own.");
    member_text_or_null(&m, "incomplete_reason", f->incomplete_reason, "Which limit; null: none.");
    write_vantage(&m, &f->vantage);
    write_summary(&m, &r->judgement->summary);
    json_write_scores(&m, r->judgement);
    write_mx(&m, f);
    json_write_hosts(&m, f, r->judgement->tls_policy);
    json_write_submission(&m, f);
    member_number(&m, "hosts_left_out", f->hosts_left_out, "Mail hosts that were not connected to, past --max-hosts.");
    write_policies(&m, f);
    json_write_name_servers(&m, f);
    json_write_senders(&m, r->judgement);
    json_write_findings(&m, r);
    json_write_checks(&m, r->judgement);
    members_end(&m);
}

void report_write_json(struct buf *out, const struct report *r, unsigned indent)
{
    json_write_report(out, r, indent, NULL);
}
