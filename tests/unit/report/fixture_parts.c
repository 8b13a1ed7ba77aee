/* SPDX-License-Identifier: Apache-2.0 */
/* fixture_parts - see fixture_parts.h. */
#include "fixture_parts.h"

#include <string.h>

#include "base/panic.h"
#include "judge/score.h"

enum { HOSTS_MAX = 24, ADDRESSES_MAX = 6, ENDPOINTS_MAX = 3 };

#define SPEC(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct check fixture_checks[CHECK_COUNT] = {
    [PORT25_OPEN] = {.id = "net.port25-open",
                     .severity = SEVERITY_WARNING,
                     .scope = SCOPE_ADDRESS,
                     .question = "Does this address accept connections for mail?",
                     .title = "No mail server answers at this address",
                     .why = "Senders that choose this address wait or fail, and try another one or try again later.",
                     .criterion = "Two connections fail.",
                     .remedy = "Start the mail service on this address, or take the address out of the DNS.",
                     .verify = "nc -vz %a %p",
                     .spec = SPEC("RFC 5321 5.1")},
    [NAME_RESOLVES] = {.id = "mx.target-resolves",
                       .severity = SEVERITY_ERROR,
                       .scope = SCOPE_HOST,
                       .question = "Does the mail host have an address?",
                       .title = "A mail host has no address",
                       .why = "Senders that choose this host cannot deliver.",
                       .criterion = "Neither A nor AAAA.",
                       .remedy = "Publish an address, or remove the MX record.",
                       .verify = "dig %h A",
                       .spec = SPEC("RFC 5321 5.1", "RFC 1035 3.3.9")},
    [GREETING] = {.id = "smtp.greeting",
                  .severity = SEVERITY_ERROR,
                  .scope = SCOPE_ENDPOINT,
                  .decisive = true,
                  .question = "Does the server greet?",
                  .title = "The server does not greet",
                  .why = "Nobody can deliver there.",
                  .criterion = "No 220.",
                  .remedy = "Look at the server's log.",
                  .verify = NULL,
                  .spec = SPEC("RFC 5321 3.1")},
    [STARTTLS_OFFERED] =
        {.id = "tls.starttls-offered",
         .severity = SEVERITY_ERROR,
         .scope = SCOPE_ENDPOINT,
         .question = "Does the server offer STARTTLS?",
         .title = "Mail is received without encryption",
         .why = "Whoever is on the way can read the mail; senders that insist on TLS do not deliver.",
         .criterion = "EHLO does not list STARTTLS.",
         .remedy = "Configure a certificate and turn STARTTLS on.",
         .verify = "openssl s_client -starttls smtp -connect '[%a]:%p' -servername %h -verify_hostname %h -brief -name 'a name that stays in one piece'",
         .spec = SPEC("RFC 3207 4")},
    [CERT_NOT_EXPIRED] = {.id = "cert.not-expired",
                          .severity = SEVERITY_WARNING,
                          .scope = SCOPE_ENDPOINT,
                          .question = "Is the certificate within its dates?",
                          .title = "The certificate has expired",
                          .why = "Senders that enforce MTA-STS refuse to deliver; others deliver without knowing whom they talk to.",
                          .criterion = "not_after is past.",
                          .remedy = "Renew the certificate and reload the mail server.",
                          .verify = "openssl s_client -starttls smtp -connect %h:%p -verify_hostname %h",
                          .spec = SPEC("RFC 5280 4.1.2.5")},
    [CERT_NAME] = {.id = "cert.name-matches",
                   .severity = SEVERITY_NOTICE,
                   .scope = SCOPE_ENDPOINT,
                   .question = "Is the certificate for the host's name?",
                   .title = "The certificate is for another name",
                   .why = "Only senders that verify names notice.",
                   .criterion = "No name in it matches.",
                   .remedy = "Have a certificate issued for the host's name.",
                   .verify = NULL,
                   .spec = SPEC("RFC 9525 6")},
    [RELAY_REFUSED] = {.id = "relay.rcpt-refused",
                       .severity = SEVERITY_ERROR,
                       .scope = SCOPE_ENDPOINT,
                       .question = "Does the server refuse to carry strangers' mail?",
                       .title = "The server accepts recipients it is not responsible for",
                       .why = "Spammers find such servers within hours; blocklists follow.",
                       .criterion = "Two foreign recipients are accepted.",
                       .remedy = "Accept recipients only for your own domains.",
                       .verify = NULL,
                       .spec = SPEC("RFC 5321 7.1", "RFC 2505 2.1")},
    [REVERSE_NAME] = {.id = "rdns.ptr-exists",
                      .severity = SEVERITY_WARNING,
                      .scope = SCOPE_ADDRESS,
                      .question = "Does the address have a name?",
                      .title = "The address has no name",
                      .why = "Mail sent from this address is refused by many.",
                      .criterion = "No PTR record.",
                      .remedy = "Ask the owner of the address for a PTR record.",
                      .verify = "dig -x %a",
                      .spec = SPEC("RFC 1912 2.1")},
    [EGRESS] = {.id = "net.egress",
                .severity = SEVERITY_NOTICE,
                .scope = SCOPE_DOMAIN,
                .about_probe = true,
                .question = "Can this machine open outbound port 25?",
                .title = "This machine cannot reach port 25 of anybody",
                .why = "What could not be reached from here says nothing about the mail servers.",
                .criterion = "No control host answers.",
                .remedy = "Run mxassay from a network whose provider permits outbound TCP port 25.",
                .verify = "mxassay probe gmail-smtp-in.l.google.com",
                .spec = SPEC("RFC 5068 3.1")},
    [DOMAIN_EXISTS] = {.id = "dns.domain-exists",
                       .severity = SEVERITY_ERROR,
                       .scope = SCOPE_DOMAIN,
                       .decisive = true,
                       .question = "Does the domain name exist?",
                       .title = "The domain does not exist",
                       .why = "Every message to it is returned at once.",
                       .criterion = "NXDOMAIN.",
                       .remedy = "Register or renew the domain, or correct the spelling of the name.",
                       .verify = "dig %d MX",
                       .spec = SPEC("RFC 1035 4.1.1", "RFC 8020 2")},
};

void *need(void *memory)
{
    must(memory);
    return memory;
}

struct world *world_new(struct arena *a, const char *domain)
{
    struct world *w = need(ARENA_NEW(a, struct world));
    w->arena = a;
    w->facts = (struct facts){
        .target = {.kind = TARGET_DOMAIN, .input = domain, .name = domain, .name_unicode = domain},
        .checked_at = {NOW_S},
        .duration_ms = 412,
        .questions = 41,
        .vantage = {.ehlo = "probe.example.net",
                    .resolver = "recursive",
                    .egress_v4 = {.needed = true, .state = EGRESS_OPEN},
                    .egress_v6 = {.needed = true, .state = EGRESS_OPEN},
                    .root_lookup = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE},
                    .random_lookup = {.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE, .rcode = 3}},
        .mta_sts = {.wanted = true, .record = {.txt = {.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE, .rcode = 3}}},
        .tls_rpt = {.wanted = true, .record = {.txt = {.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE, .rcode = 3}}},
        .organisational_domain = domain,
        .mx = {.status = MX_PRESENT, .lookup = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 3600, .took_ms = 20}},
        .smtp_wanted = true,
        .relay_wanted = true,
    };
    w->facts.mx.records = need(ARENA_ARRAY(a, struct mx_record, HOSTS_MAX));
    w->facts.hosts = need(ARENA_ARRAY(a, struct host_facts, HOSTS_MAX));
    w->judgement.verdicts = need(ARENA_ARRAY(a, struct verdict, VERDICTS_MAX));
    w->judgement.findings = need(ARENA_ARRAY(a, struct verdict *, VERDICTS_MAX));
    return w;
}

struct host_facts *world_host(struct world *w, uint16_t preference, const char *name)
{
    must(w->facts.host_count < HOSTS_MAX);
    struct host_facts *h = &w->facts.hosts[w->facts.host_count++];
    *h = (struct host_facts){.name = name, .preference = preference, .within_limit = true, .organisational_domain = w->facts.organisational_domain};
    h->a = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 300};
    h->aaaa = (struct dns_lookup){.status = DNS_NODATA, .dnssec = DNSSEC_SECURE};
    h->addresses = need(ARENA_ARRAY(w->arena, struct address_facts, ADDRESSES_MAX));
    h->tlsa = need(ARENA_ARRAY(w->arena, struct tlsa_facts, 1));
    h->tlsa_count = 1;
    h->tlsa[0] = (struct tlsa_facts){.port = 25, .bases = {{.name = name, .lookup = {.status = DNS_NXDOMAIN, .dnssec = DNSSEC_SECURE, .rcode = 3}}}, .base_count = 1};
    w->facts.mx.records[w->facts.mx.record_count++] = (struct mx_record){preference, name};
    return h;
}

static struct tlsa_record *record_of_leaf(struct arena *a, const struct cert_facts *leaf)
{
    struct tlsa_record *r = need(ARENA_ARRAY(a, struct tlsa_record, 1));
    *r = (struct tlsa_record){.usage = 3, .selector = 1, .matching_type = 1, .data = {(const char *)leaf->spki_sha256, sizeof leaf->spki_sha256}};
    return r;
}

void world_protect(struct world *w)
{
    struct mta_sts_policy *policy = need(ARENA_NEW(w->arena, struct mta_sts_policy));
    policy->mx = need(ARENA_ARRAY(w->arena, struct mta_sts_pattern, w->facts.host_count));
    *policy = (struct mta_sts_policy){.version_good = true, .mode = MTA_STS_MODE_ENFORCE, .max_age_good = true, .max_age_s = 2592000, .mx = policy->mx};
    for (size_t i = 0; i < w->facts.host_count; i++) {
        struct host_facts *h = &w->facts.hosts[i];
        struct tlsa_base *base = &h->tlsa[0].bases[0];
        policy->mx[policy->mx_count++] = (struct mta_sts_pattern){.text = str_of(h->name), .hosts = 1};
        h->in_mta_sts_policy = true;
        for (size_t k = 0; k < h->address_count; k++) {
            struct tls_facts *tls = &h->addresses[k].endpoints[0].sessions[0].tls;
            tls->tlsa[0] = need(ARENA_ARRAY(w->arena, enum tlsa_match, 1));
            tls->tlsa[0][0] = TLSA_MATCHES;
            base->records = record_of_leaf(w->arena, &tls->certificates[0]);
            base->record_count = 1;
            base->lookup = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 300};
        }
    }
    w->facts.mta_sts = (struct mta_sts_facts){.wanted = true,
                                              .record = {.txt = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 300}, .count = 1, .text = STR("v=STSv1; id=20261124;")},
                                              .id = "20261124",
                                              .host = "mta-sts.healthy.example",
                                              .fetch = {.result = FETCH_DONE, .connected = true, .status = 200, .content_type = "text/plain", .took_ms = 31},
                                              .policy = policy};
    struct tls_rpt_destination *report = need(ARENA_ARRAY(w->arena, struct tls_rpt_destination, 2));
    report[0] = (struct tls_rpt_destination){.uri = STR("mailto:tls@healthy.example"), .kind = TLS_RPT_MAILTO, .host = "healthy.example"};
    report[1] = (struct tls_rpt_destination){.uri = STR("https://192.0.2.9/tls"), .kind = TLS_RPT_HTTPS};
    w->facts.tls_rpt.record.count = 1;
    w->facts.tls_rpt.record.txt = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_SECURE, .ttl_s = 300};
    w->facts.tls_rpt.record.text = STR("v=TLSRPTv1; rua=mailto:tls@healthy.example,https://192.0.2.9/tls");
    w->facts.tls_rpt.destinations = report;
    w->facts.tls_rpt.destination_count = 2;
}

struct address_facts *world_address(struct world *w, struct host_facts *h, const char *ip)
{
    must(h->address_count < ADDRESSES_MAX);
    struct address_facts *a = &h->addresses[h->address_count++];
    must(ip_parse(str_of(ip), &a->ip));
    if (a->ip.family == IP_V6)
        h->aaaa.status = DNS_FOUND;
    a->ptr = (struct dns_lookup){.status = DNS_FOUND, .dnssec = DNSSEC_INSECURE, .ttl_s = 300};
    a->ptr_names = need(ARENA_ARRAY(w->arena, struct ptr_name, 2));
    a->ptr_name_count = 1;
    a->ptr_names[0] = (struct ptr_name){.name = h->name, .raw = str_of(h->name), .forward = h->a, .has_address = true};
    a->endpoints = need(ARENA_ARRAY(w->arena, struct endpoint_facts, ENDPOINTS_MAX));
    return a;
}

struct str *lines_of(struct arena *a, const char *text, uint32_t *count)
{
    struct str rest = str_of(text), *lines = need(ARENA_ARRAY(a, struct str, 16));
    for (*count = 0; rest.n; (*count)++)
        lines[*count] = str_cut(&rest, '|');
    return lines;
}

struct smtp_reply reply_of(struct arena *a, int code, const char *text, uint32_t t_ms)
{
    struct smtp_reply r = {.code = (int16_t)code, .complete = true, .first_ms = t_ms, .last_ms = t_ms};
    r.lines = lines_of(a, text, &r.line_count);
    return r;
}

static struct smtp_ehlo ehlo_of(struct arena *a, const char *hostname, const char *capabilities, uint32_t t_ms)
{
    struct smtp_ehlo e = {.hostname = str_of(hostname)};
    e.reply = reply_of(a, 250, need(arena_printf(a, "%s|%s", hostname, capabilities)), t_ms);
    e.capability_count = e.reply.line_count - 1;
    e.capabilities = need(ARENA_ARRAY(a, struct smtp_capability, e.capability_count));
    for (size_t i = 0; i < e.capability_count; i++) {
        struct str rest = e.reply.lines[i + 1];
        e.capabilities[i].keyword = str_word(&rest);
        e.capabilities[i].parameters = str_trim(rest);
    }
    return e;
}

void say(struct world *w, struct session_facts *s, uint32_t t_ms, enum transcript_from from, struct str text)
{
    struct transcript_line **end = &s->transcript;
    while (*end)
        end = &(*end)->next;
    *end = need(ARENA_NEW(w->arena, struct transcript_line));
    **end = (struct transcript_line){.t_ms = t_ms, .from = from, .text = text};
}

static struct tls_facts tls_of(struct world *w, const char *host)
{
    struct cert_facts *c = need(ARENA_ARRAY(w->arena, struct cert_facts, 2));
    struct str *san = need(ARENA_ARRAY(w->arena, struct str, 1));
    san[0] = str_of(host);
    c[0] = (struct cert_facts){.subject = str_of(need(arena_printf(w->arena, "CN=%s", host))),
                               .issuer = STR("CN=R11,O=Let's Encrypt,C=US"),
                               .common_name_text = host,
                               .issuer_organisation = "Let's Encrypt",
                               .serial = "03a1f0c4",
                               .not_before = {NOW_S - 29 * DAY_S},
                               .not_after = {NOW_S + 61 * DAY_S},
                               .san_dns = san,
                               .san_dns_count = 1,
                               .key_type = KEY_EC,
                               .key_type_text = "EC",
                               .curve = "P-256",
                               .key_bits = 256,
                               .signature = "sha256WithRSAEncryption",
                               .signature_hash = "SHA256",
                               .sha256 = {0xab, 0x01},
                               .spki_sha256 = {0xcd, 0x02}};
    return (struct tls_facts){.result = TLS_DONE,
                              .sni = host,
                              .name_wanted = host,
                              .started_ms = 40,
                              .took_ms = 21,
                              .alert = -1,
                              .version = "TLSv1.3",
                              .cipher = "TLS_AES_256_GCM_SHA384",
                              .cipher_id = 0x1302,
                              .group = "X25519",
                              .extended_master_secret = TRI_YES,
                              .renegotiation_info = TRI_YES,
                              .certificates = c,
                              .certificate_count = 1,
                              .certificates_sent = 1,
                              .trust = TRUST_YES,
                              .name_matches = TRI_YES,
                              .chain_in_order = TRI_YES};
}

struct session_facts *world_endpoint(struct world *w, const struct host_facts *h, struct address_facts *a, uint16_t port)
{
    must(a->endpoint_count < ENDPOINTS_MAX);
    struct endpoint_facts *e = &a->endpoints[a->endpoint_count++];
    struct session_facts *s = need(ARENA_ARRAY(w->arena, struct session_facts, ENDPOINT_SESSIONS_MAX));
    *e = (struct endpoint_facts){.port = port, .tls_mode = TLS_MODE_STARTTLS, .sessions = s, .session_count = 1, .shown = s};
    *s = (struct session_facts){
        .purpose = CONNECTION_BASE, .connect = CONNECT_OPEN, .connect_ms = 12, .end = END_QUIT, .end_step = STEP_QUIT, .duration_ms = 118};
    s->greeting = reply_of(w->arena, 220, need(arena_printf(w->arena, "%s ESMTP Postfix", h->name)), 25);
    s->ehlo = ehlo_of(w->arena, h->name, "PIPELINING|SIZE 52428800|STARTTLS|8BITMIME", 38);
    s->starttls = reply_of(w->arena, 220, "2.0.0 Ready to start TLS", 51);
    s->tls = tls_of(w, h->name);
    s->ehlo_tls = ehlo_of(w->arena, h->name, "PIPELINING|SIZE 52428800|8BITMIME|AUTH PLAIN LOGIN|AUTH=LOGIN", 90);
    s->relay = (struct smtp_relay){.test = RELAY_ASKED, .pipelined = true, .mail_from = "", .recipients = {"relay-test@example.net", "relay-test@example.org"}};
    s->relay.mail = reply_of(w->arena, 250, "2.1.0 Ok", 104);
    s->relay.rcpt[0] = reply_of(w->arena, 554, "5.7.1 <relay-test@example.net>: Relay access denied", 104);
    say(w, s, 12, FROM_EVENT, STR("connected"));
    say(w, s, 25, FROM_SERVER, str_of(need(arena_printf(w->arena, "220 %s ESMTP Postfix", h->name))));
    say(w, s, 25, FROM_CLIENT, STR("EHLO probe.example.net"));
    say(w, s, 38, FROM_SERVER, str_of(need(arena_printf(w->arena, "250-%s", h->name))));
    say(w, s, 38, FROM_SERVER, STR("250 STARTTLS"));
    say(w, s, 38, FROM_CLIENT, STR("STARTTLS"));
    say(w, s, 51, FROM_SERVER, STR("220 2.0.0 Ready to start TLS"));
    say(w, s, 77, FROM_EVENT, STR("TLSv1.3 TLS_AES_256_GCM_SHA384 X25519"));
    say(w, s, 104, FROM_CLIENT, STR("QUIT"));
    return s;
}

struct subject about(const struct host_facts *h, const struct address_facts *a, const struct endpoint_facts *e)
{
    return (struct subject){e ? SCOPE_ENDPOINT : a ? SCOPE_ADDRESS : h ? SCOPE_HOST : SCOPE_DOMAIN, h, a, e};
}

struct verdict *world_judge(struct world *w, enum fixture_check check, enum verdict_value value, struct subject subject, const char *detail)
{
    must(w->judgement.count < VERDICTS_MAX);
    struct verdict *v = &w->judgement.verdicts[w->judgement.count++];
    *v = (struct verdict){.check = &fixture_checks[check], .subject = subject, .value = value, .detail = detail};
    if (fixture_checks[check].about_probe)
        v->owner = OWNER_PROBE;
    if (value == VERDICT_UNKNOWN)
        v->reason = REASON_TIMEOUT;
    if (value == VERDICT_FAIL || value == VERDICT_UNKNOWN)
        w->judgement.findings[w->judgement.finding_count++] = v;
    return v;
}

void world_pass_all(struct world *w, enum fixture_check check)
{
    enum scope scope = fixture_checks[check].scope;
    if (scope == SCOPE_DOMAIN)
        world_judge(w, check, VERDICT_PASS, about(NULL, NULL, NULL), NULL);
    for (size_t h = 0; h < w->facts.host_count && scope > SCOPE_DOMAIN; h++) {
        const struct host_facts *host = &w->facts.hosts[h];
        if (scope == SCOPE_HOST)
            world_judge(w, check, VERDICT_PASS, about(host, NULL, NULL), NULL);
        for (size_t a = 0; a < host->address_count && scope > SCOPE_HOST; a++) {
            if (scope == SCOPE_ADDRESS)
                world_judge(w, check, VERDICT_PASS, about(host, &host->addresses[a], NULL), NULL);
            for (size_t e = 0; e < host->addresses[a].endpoint_count && scope > SCOPE_ADDRESS; e++)
                world_judge(w, check, VERDICT_PASS, about(host, &host->addresses[a], &host->addresses[a].endpoints[e]), NULL);
        }
    }
}

/* Tests change the dates of certificates; the path's are theirs. */
static void set_paths(struct world *w)
{
    for (size_t h = 0; h < w->facts.host_count; h++)
        for (size_t a = 0; a < w->facts.hosts[h].address_count; a++)
            for (size_t e = 0; e < w->facts.hosts[h].addresses[a].endpoint_count; e++) {
                struct tls_facts *tls = &w->facts.hosts[h].addresses[a].endpoints[e].sessions[0].tls;
                if (tls->certificate_count) {
                    tls->path_not_before = tls->certificates[0].not_before;
                    tls->path_not_after = tls->certificates[0].not_after;
                }
            }
}

void world_conclude(struct world *w, enum summary_status status, const char *headline, struct report *out)
{
    static const struct judge_options all = {0};
    struct summary *s = &w->judgement.summary;
    struct judgement own;
    set_paths(w);
    must(judge(&w->facts, &all, w->facts.checked_at, w->arena, &own) == 0);
    w->judgement.senders = own.senders;
    w->judgement.sender_count = own.sender_count;
    for (enum owner owner = OWNER_YOURS; owner <= OWNER_PROVIDER; owner++)
        must(score_of(w->judgement.verdicts, w->judgement.count, owner, w->arena, &w->judgement.scores[owner]) == 0);
    s->status = status;
    s->headline = headline;
    for (size_t i = 0; i < w->judgement.count; i++) {
        const struct verdict *v = &w->judgement.verdicts[i];
        s->passes += v->value == VERDICT_PASS;
        s->unknowns += v->value == VERDICT_UNKNOWN && !v->derived;
        s->errors += v->value == VERDICT_FAIL && v->check->severity == SEVERITY_ERROR;
        s->warnings += v->value == VERDICT_FAIL && v->check->severity == SEVERITY_WARNING;
        s->notices += v->value == VERDICT_FAIL && v->check->severity == SEVERITY_NOTICE;
    }
    for (size_t h = 0; h < w->facts.host_count; h++)
        s->has_valid_mx = s->has_valid_mx || w->facts.hosts[h].address_count > 0;
    s->all_reachable = s->has_valid_mx && status == STATUS_OK;
    s->any_smtp_ok = s->has_valid_mx && status != STATUS_INCONCLUSIVE;
    s->all_tls_ok = !s->any_smtp_ok ? TRI_UNKNOWN : status == STATUS_OK ? TRI_YES : TRI_NO;
    *out = (struct report){&w->facts, &w->judgement};
}
