/* SPDX-License-Identifier: Apache-2.0 */
/* fixture - see fixture.h. One function for each. */
#include "fixture_parts.h"

#include <string.h>

#include "base/panic.h"

static void pass_the_rest(struct world *w, enum fixture_check from)
{
    for (enum fixture_check c = from; c < CHECK_COUNT; c++)
        if (c != EGRESS)
            world_pass_all(w, c);
}

static void make_healthy(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "example.org");
    struct host_facts *mx1 = world_host(w, 10, "mx1.example.org"), *mx2 = world_host(w, 20, "mx2.example.org");
    world_endpoint(w, mx1, world_address(w, mx1, "192.0.2.10"), 25);
    world_endpoint(w, mx1, world_address(w, mx1, "2001:db8::10"), 25);
    world_endpoint(w, mx2, world_address(w, mx2, "198.51.100.20"), 25);
    world_protect(w);
    pass_the_rest(w, PORT25_OPEN);
    world_conclude(w, STATUS_OK, "takes mail, and nothing is wrong", out);
}

static void make_refused(struct endpoint_facts *e)
{
    for (size_t i = 0; i < 2; i++)
        e->sessions[i] = (struct session_facts){
            .purpose = i ? CONNECTION_RETRY : CONNECTION_BASE, .connect = CONNECT_REFUSED, .connect_error = "Connection refused", .tls = {.alert = -1}};
    e->session_count = 2;
}

/* A certificate past its date, a server without STARTTLS that relays, a dead host, one without address, a notice. */
static void make_broken(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "broken.example");
    struct host_facts *mx1 = world_host(w, 10, "mx1.broken.example"), *mx2 = world_host(w, 20, "mx2.broken.example");
    struct host_facts *mail = world_host(w, 30, "mail.hoster.example"), *gone = world_host(w, 40, "gone.broken.example");
    struct address_facts *a1 = world_address(w, mx1, "192.0.2.30"), *a1six = world_address(w, mx1, "2001:db8:30::25");
    struct address_facts *a2 = world_address(w, mx2, "192.0.2.31"), *a3 = world_address(w, mail, "203.0.113.7");
    struct session_facts *s1 = world_endpoint(w, mx1, a1, 25), *s1six = world_endpoint(w, mx1, a1six, 25), *s3;
    world_endpoint(w, mx2, a2, 25);
    make_refused(&a2->endpoints[0]);
    s3 = world_endpoint(w, mail, a3, 25);
    s1->tls.certificates[0].not_after.s = s1six->tls.certificates[0].not_after.s = NOW_S - 5 * DAY_S;
    s3->starttls = (struct smtp_reply){0};
    s3->tls = (struct tls_facts){.alert = -1};
    s3->ehlo_tls = (struct smtp_ehlo){0};
    s3->ehlo.capability_count = 2;
    s3->relay.rcpt[0] = s3->relay.rcpt[1] = reply_of(a, 250, "2.1.5 Ok", 80);
    a2->ptr = (struct dns_lookup){.status = DNS_NXDOMAIN, .dnssec = DNSSEC_INSECURE};
    a2->ptr_name_count = 0;
    gone->a.status = gone->aaaa.status = DNS_NXDOMAIN;
    mail->organisational_domain = "hoster.example";
    w->facts.duration_ms = 3204;

    world_judge(w, NAME_RESOLVES, VERDICT_PASS, about(mx1, NULL, NULL), NULL);
    world_judge(w, NAME_RESOLVES, VERDICT_FAIL, about(gone, NULL, NULL), "gone.broken.example: there is no such name.");
    world_judge(w, STARTTLS_OFFERED, VERDICT_FAIL, about(mail, a3, a3->endpoints), "The answer to EHLO lists PIPELINING and SIZE, and no STARTTLS.")->owner =
        OWNER_PROVIDER;
    world_judge(w, RELAY_REFUSED, VERDICT_FAIL, about(mail, a3, a3->endpoints), "It accepted two recipients at example.net and example.org: 250 2.1.5 Ok.")
        ->owner = OWNER_PROVIDER;
    world_judge(w, PORT25_OPEN, VERDICT_FAIL, about(mx2, a2, NULL), "Port 25: refused, refused, in 2 tries.");
    world_judge(w, CERT_NOT_EXPIRED, VERDICT_FAIL, about(mx1, a1, a1->endpoints), "The certificate expired on 2026-11-19 (5 days ago).");
    world_judge(w, CERT_NOT_EXPIRED, VERDICT_FAIL, about(mx1, a1six, a1six->endpoints), "The certificate expired on 2026-11-19 (5 days ago).");
    world_judge(w, REVERSE_NAME, VERDICT_FAIL, about(mx2, a2, NULL), "192.0.2.31 has no PTR record.");
    world_judge(w, GREETING, VERDICT_PASS, about(mx1, a1, a1->endpoints), NULL);
    world_judge(w, GREETING, VERDICT_NA, about(mx2, a2, a2->endpoints), NULL);
    world_judge(w, CERT_NAME, VERDICT_FAIL, about(mx1, a1, a1->endpoints), "The certificate is for www.broken.example.");
    world_conclude(w, STATUS_ERROR, "A mail host has no address, and 5 more", out);
}

static void make_inconclusive(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "quiet.example");
    struct host_facts *mx = world_host(w, 10, "mx.quiet.example");
    struct address_facts *v4 = world_address(w, mx, "192.0.2.40"), *v6 = world_address(w, mx, "2001:db8::40");
    for (size_t i = 0; i < 2; i++) {
        struct session_facts *s = world_endpoint(w, mx, i ? v6 : v4, 25);
        *s = (struct session_facts){.connect = CONNECT_TIMEOUT, .connect_error = "Connection timed out", .duration_ms = 10000, .tls = {.alert = -1}};
    }
    w->facts.vantage.egress_v4.state = w->facts.vantage.egress_v6.state = EGRESS_BLOCKED;
    w->facts.vantage.ehlo = "[192.0.2.200]";
    w->facts.duration_ms = 21040;
    w->facts.incomplete = true;
    w->facts.incomplete_reason = "the time limit of this run was reached";
    world_judge(w, DOMAIN_EXISTS, VERDICT_PASS, about(NULL, NULL, NULL), NULL);
    world_judge(w, PORT25_OPEN, VERDICT_UNKNOWN, about(mx, v4, NULL), "None of 2 control hosts accepts a connection on port 25 over IPv4.")->reason =
        REASON_BLOCKED_EGRESS;
    world_judge(w, PORT25_OPEN, VERDICT_UNKNOWN, about(mx, v6, NULL), "None of 2 control hosts accepts a connection on port 25 over IPv6.")->reason =
        REASON_BLOCKED_EGRESS;
    for (size_t i = 0; i < 2; i++) {
        const struct address_facts *address = i ? v6 : v4;
        struct verdict *derived = &w->judgement.verdicts[w->judgement.count++];
        *derived = (struct verdict){.check = &fixture_checks[GREETING],
                                    .subject = about(mx, address, address->endpoints),
                                    .value = VERDICT_UNKNOWN,
                                    .reason = REASON_BLOCKED_EGRESS,
                                    .derived = true};
    }
    world_judge(w, EGRESS, VERDICT_FAIL, about(NULL, NULL, NULL), "None of 2 control hosts accepts a connection on port 25.");
    world_conclude(w, STATUS_INCONCLUSIVE, "could not be judged: our own network does not let the connections out, or nothing shows that it does", out);
}

static void make_null_mx(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "nomail.example");
    w->facts.mx.status = MX_NULL;
    w->facts.mx.records[w->facts.mx.record_count++] = (struct mx_record){0, "."};
    w->facts.vantage.egress_v4 = w->facts.vantage.egress_v6 = (struct egress_facts){.state = EGRESS_UNTESTED};
    world_pass_all(w, DOMAIN_EXISTS);
    world_conclude(w, STATUS_OK, "takes no mail, and says so with a null MX record", out);
}

static void make_nxdomain(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "xn--mnchn-lva4c.example");
    w->facts.target.input = "https://M\xc3\xbcnch\xc3\xa9n.example/";
    w->facts.target.name_unicode = "m\xc3\xbcnch\xc3\xa9n.example";
    w->facts.mx.status = MX_NXDOMAIN;
    w->facts.mx.lookup = (struct dns_lookup){.status = DNS_NXDOMAIN, .rcode = 3, .dnssec = DNSSEC_INSECURE};
    world_judge(w, DOMAIN_EXISTS, VERDICT_FAIL, about(NULL, NULL, NULL), "The question for MX records is answered with NXDOMAIN.");
    world_conclude(w, STATUS_ERROR, "The domain does not exist", out);
}

/* Whatever a peer can put into its words: escapes, reordering, markup, NUL, octets that are no UTF-8, and too much. */
static const char evil_octets[] = "\x1b[31mred\x1b[0m\x07 \xe2\x80\xae"
                                  "kcatta <script>alert(1)</script> \"quoted\" \\ a\0b \xff\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xef\xbb\xbf tab\there "
                                  "\r\nEHLO \xe6\xbc\xa2\xe5\xad\x97 | $(id) `id`";
#define EVIL ((struct str){evil_octets, sizeof evil_octets - 1})

static void publish_evil(struct world *w)
{
    struct mta_sts_facts *sts = &w->facts.mta_sts;
    struct tls_rpt_facts *rpt = &w->facts.tls_rpt;
    sts->record.count = rpt->record.count = 2;
    sts->record.txt.status = rpt->record.txt.status = DNS_FOUND;
    sts->record.text = rpt->record.text = EVIL;
    sts->record.flaw = rpt->record.flaw = "a part of it is no `name=value`";
    sts->host = "mta-sts.hostile.example";
    sts->fetch = (struct fetch_facts){.result = FETCH_DONE, .ip = w->facts.hosts[0].addresses[0].ip, .connected = true, .status = 200};
    sts->fetch.content_type = sts->fetch.location = sts->fetch.error = "\x1b[31mtext/\xe2\x80\xae";
    sts->policy = need(ARENA_NEW(w->arena, struct mta_sts_policy));
    sts->cached_from = "<old>.txt";
    sts->cached = sts->policy;
    sts->policy->mx = need(ARENA_ARRAY(w->arena, struct mta_sts_pattern, 1));
    sts->policy->mx[0] = (struct mta_sts_pattern){.text = STR("*.example"), .too_wide = true, .hosts = 1};
    sts->policy->mx_count = 1;
    sts->policy->mx_left_out = 7;
    sts->policy->mode = MTA_STS_MODE_BAD;
    sts->policy->mode_text = EVIL;
    sts->policy->flaw = "the mode is none of `enforce`, `testing` and `none`";
    sts->policy->flaw_line = 3;
    rpt->destinations = need(ARENA_ARRAY(w->arena, struct tls_rpt_destination, 1));
    rpt->destinations[0].uri = EVIL;
    rpt->destination_count = 1;
}

static void make_hostile(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "hostile.example");
    struct host_facts *mx = world_host(w, 10, "-rf.$(reboot);'x'.hostile.example");
    struct address_facts *address = world_address(w, mx, "192.0.2.66");
    struct session_facts *s = world_endpoint(w, mx, address, 25);
    struct str endless = {need(arena_alloc(a, 2000)), 2000};
    memset((char *)endless.p, 'A', endless.n);
    struct str *lines = need(ARENA_ARRAY(a, struct str, 3)), *san = need(ARENA_ARRAY(a, struct str, 2));
    lines[0] = EVIL, lines[1] = endless, lines[2] = STR("");
    san[0] = EVIL, san[1] = (struct str){"mx.good.example\0.evil.example", 29};
    s->greeting.lines = lines;
    s->greeting.line_count = 3;
    s->greeting.flaws = REPLY_NUL | REPLY_BARE_LF;
    s->ehlo.hostname = EVIL;
    s->ehlo.capabilities[0] = (struct smtp_capability){EVIL, EVIL};
    s->ehlo.capabilities[1] = (struct smtp_capability){endless, STR("")};
    s->ehlo_tls.capabilities[3].parameters = EVIL;
    s->relay.rcpt[0].lines = lines;
    s->relay.rcpt[0].line_count = 1;
    s->tls.certificates[0].subject = EVIL;
    s->tls.certificates[0].issuer = EVIL;
    s->tls.certificates[0].san_dns = san;
    s->tls.certificates[0].san_dns_count = 2;
    s->tls.trust = TRUST_BAD_CHAIN;
    s->tls.trust_error = "\x1b]0;title\x07";
    s->tls.name_matches = TRI_NO;
    s->tls.error = "\x1b[2Jcleared";
    address->ptr_names[0] = (struct ptr_name){.name = NULL, .raw = EVIL, .forward = {.status = DNS_NOT_ASKED}};
    address->ptr_names[1] = (struct ptr_name){.name = "two.example", .raw = STR("two.example"), .forward = {.status = DNS_NXDOMAIN}};
    address->ptr_name_count = 2;
    mx->a.alias_of = "\x1b[31malias";
    mx->aaaa.status = DNS_FAILED;
    mx->aaaa.reason = "SERVFAIL \x1b[31m(\xe2\x80\xae)";
    w->facts.mx.lookup.reason = "\x1b[31m";
    w->facts.target.input = "HOSTILE.example\x1b[31m";
    publish_evil(w);
    say(w, s, 110, FROM_SERVER, EVIL);
    say(w, s, 111, FROM_SERVER, endless);
    pass_the_rest(w, REVERSE_NAME);
    world_judge(w, CERT_NOT_EXPIRED, VERDICT_FAIL, about(mx, address, address->endpoints), "The issuer is \\x1b[31mred, \xe6\xbc\xa2\xe5\xad\x97.");
    world_judge(w, STARTTLS_OFFERED, VERDICT_UNKNOWN, about(mx, address, address->endpoints), NULL)->reason = REASON_THROTTLED;
    world_judge(w, NAME_RESOLVES, VERDICT_UNKNOWN, about(mx, NULL, NULL), NULL)->reason = REASON_DNS_FAILURE;
    world_conclude(w, STATUS_WARNING, "The certificate has expired", out);
}

/* One service is at a host of its own, the other is not offered. */
static void add_submission(struct world *w)
{
    struct submission_facts *s = &w->facts.submission;
    struct host_facts *h = world_host(w, 0, "submit.many.example");
    struct submission_target *targets = need(ARENA_ARRAY(w->arena, struct submission_target, 2));
    struct address_facts *v4 = world_address(w, h, "192.0.2.200");
    world_endpoint(w, h, v4, 465)->tls.implicit = true;
    v4->endpoints[0].tls_mode = TLS_MODE_IMPLICIT;
    v4->endpoints[0].is_submission = h->is_submission = true;
    h->tlsa[0].port = 465;
    w->facts.host_count--;
    w->facts.mx.record_count--;
    w->facts.submission_host_count = 1;
    targets[0] = (struct submission_target){10, 465, h->name};
    targets[1] = (struct submission_target){0, 0, "."};
    s->submissions = (struct submission_service){.wanted = true, .lookup = {.status = DNS_FOUND}, .targets = &targets[0], .target_count = 1};
    s->submission = (struct submission_service){.wanted = true, .lookup = {.status = DNS_FOUND}, .targets = &targets[1], .target_count = 1};
}

/* 18 hosts, 10 of them connected to, with the same trouble on many. */
static void make_many(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "many.example");
    for (uint16_t i = 0; i < 18; i++) {
        struct host_facts *h = world_host(w, (uint16_t)(i / 6 * 10), need(arena_printf(a, "mx%02u.a-rather-long-name.many.example", i)));
        struct address_facts *v4 = world_address(w, h, need(arena_printf(a, "192.0.2.%u", i)));
        struct address_facts *v6 = world_address(w, h, need(arena_printf(a, "2001:db8:1111:2222:3333:4444:5555:%x", 0x1000U + i)));
        h->within_limit = i < 10;
        struct session_facts *s4 = world_endpoint(w, h, v4, 25), *s6 = world_endpoint(w, h, v6, 25);
        s4->tls.certificates[0].not_after.s = NOW_S - (i + 1) * DAY_S;
        s6->connect_ms = 30U + i;
        for (size_t e = 0; e < 2 && !h->within_limit; e++) {
            struct endpoint_facts *endpoint = e ? v6->endpoints : v4->endpoints;
            *endpoint = (struct endpoint_facts){.port = 25, .tls_mode = TLS_MODE_STARTTLS, .not_probed = NOT_PROBED_LIMIT, .sessions = endpoint->sessions};
        }
    }
    add_submission(w);
    w->facts.hosts_left_out = 8;
    world_mail_names(w);
    w->facts.mx.assumed = true;
    w->facts.mta_sts.assumed = "policy \x1b[31m.txt";
    w->facts.mta_sts.cached_from = "old policy";
    w->facts.mta_sts.cached_id = "20261101";
    w->facts.hosts[1].addresses_left_out = 3;
    for (size_t i = 0; i < 10; i++) {
        const struct host_facts *h = &w->facts.hosts[i];
        world_judge(w, CERT_NOT_EXPIRED, VERDICT_FAIL, about(h, h->addresses, h->addresses[0].endpoints),
                    need(arena_printf(a, "The certificate expired on some day (%zu days ago).", i + 1)));
    }
    for (size_t i = 0; i < 9; i++) {
        const struct host_facts *h = &w->facts.hosts[i];
        world_judge(w, RELAY_REFUSED, VERDICT_UNKNOWN, about(h, h->addresses, h->addresses[0].endpoints), "RCPT was answered 450 4.2.0 Greylisted.")->reason =
            REASON_GREYLISTED;
    }
    pass_the_rest(w, REVERSE_NAME);
    world_conclude(w, STATUS_WARNING, "The certificate has expired, and 9 more", out);
}

/* What a connection of --deep can show, all in one. */
static struct session_facts *deep_session(struct arena *a, const struct session_facts *base)
{
    struct session_facts *s = need(ARENA_NEW(a, struct session_facts));
    struct smtp_try *tries = need(ARENA_ARRAY(a, struct smtp_try, 1));
    *s = *base;
    tries[0] = (struct smtp_try){.kind = TRY_BANG, .mail_from = "", .rcpt_to = "example.net!relay-test@smtp.example.com"};
    tries[0].mail = reply_of(a, 250, "2.1.0 Ok", 9);
    tries[0].rcpt = reply_of(a, 250, "2.1.5 Ok", 10);
    s->deep = (struct smtp_deep){.injected = true, .tries = tries, .try_count = 1, .tries_begun = 1, .control = "no-such-recipient@smtp.example.com"};
    s->deep.unasked = s->deep.starttls_again = s->deep.plain_mail = tries[0].mail;
    s->deep.control_reply = reply_of(a, 550, "5.1.1 No such user", 11);
    return s;
}

/* An old server, looked at in depth. */
static void survey(struct arena *a, struct endpoint_facts *e)
{
    static uint16_t tls13[] = {0x1302, 0x1301}, tls12[] = {0xc030, 0xc013, 0x0005, 0x00a7, 0xdada}, tls10[] = {0xc013, 0x0005},
                    groups[] = {0x11ec, 0x001d, 0x0100, 0x0013}, signatures[] = {0x0804, 0x0201};
    e->deep = need(ARENA_NEW(a, struct deep_facts));
    for (size_t i = 0; i < DEEP_CONNECTION_COUNT; i++)
        e->deep->left_out[i] = DEEP_STOPPED;
    e->deep->sessions[DEEP_PLAIN_MAIL] = deep_session(a, e->shown);
    e->deep->left_out[DEEP_PLAIN_MAIL] = e->deep->left_out[DEEP_SURVEY] = DEEP_MADE;
    e->deep->connections = 32;
    e->deep->stopped_by = "the server answered no ClientHello any more";
    e->deep->survey = (struct tls_survey_facts){
        .begun = true,
        .hellos = 31,
        .ssl2 = TRI_NO,
        .versions = {[SURVEY_SSL3] = TRI_NO, [SURVEY_TLS10] = TRI_YES, [SURVEY_TLS12] = TRI_YES, [SURVEY_TLS13] = TRI_YES},
        .suites = {[SURVEY_TLS10] = tls10, [SURVEY_TLS12] = tls12, [SURVEY_TLS13] = tls13},
        .suite_count = {[SURVEY_TLS10] = 2, [SURVEY_TLS12] = 5, [SURVEY_TLS13] = 2},
        .suites_complete = {[SURVEY_TLS13] = true},
        .broken_suites = TRI_YES,
        .ageing_suites = TRI_YES,
        .dhe = TRI_YES,
        .hybrid = TRI_YES,
        .groups = groups,
        .group_count = 4,
        .signatures = signatures,
        .signature_count = 2,
        .dh_bits = 1024,
        .compression = TRI_NO,
        .renegotiation_info = TRI_YES,
        .extended_master_secret = TRI_YES,
        .large_hello = TRI_YES,
        .server_order = TRI_YES,
        .ended_by = "the server answered no ClientHello any more",
    };
}

/* One server, three ports, the TLS of one of them broken, a login. */
static void make_server(struct arena *a, struct report *out)
{
    struct world *w = world_new(a, "smtp.example.com");
    w->facts.target.kind = TARGET_SERVER;
    w->facts.mta_sts.wanted = w->facts.tls_rpt.wanted = false;
    w->facts.target.port = 587;
    w->facts.relay_wanted = false;
    struct host_facts *h = world_host(w, 0, "smtp.example.com");
    w->facts.mx = (struct mx_facts){0};
    struct address_facts *address = world_address(w, h, "203.0.113.5");
    struct session_facts *s = world_endpoint(w, h, address, 587), *implicit = world_endpoint(w, h, address, 465), *failed = world_endpoint(w, h, address, 2525);
    s->relay = implicit->relay = failed->relay = (struct smtp_relay){0};
    s->auth = (struct smtp_auth){.result = AUTH_ACCEPTED, .mechanism = "PLAIN"};
    survey(a, &address->endpoints[0]);
    address->endpoints[1].tls_mode = TLS_MODE_IMPLICIT;
    implicit->tls.implicit = true;
    implicit->ehlo = implicit->ehlo_tls;
    implicit->ehlo_tls = (struct smtp_ehlo){0};
    implicit->starttls = (struct smtp_reply){0};
    failed->ehlo_tls = (struct smtp_ehlo){0};
    failed->tls = (struct tls_facts){.result = TLS_ALERT, .alert = 40, .error = "sslv3 alert handshake failure", .sni = "smtp.example.com"};
    failed->end = END_TLS_FAILED;
    failed->end_step = STEP_HANDSHAKE;
    address->ptr.status = DNS_TIMEOUT;
    address->ptr_name_count = 0;
    world_judge(w, STARTTLS_OFFERED, VERDICT_PASS, about(h, address, &address->endpoints[0]), NULL);
    world_judge(w, STARTTLS_OFFERED, VERDICT_NA, about(h, address, &address->endpoints[1]), NULL);
    world_judge(w, REVERSE_NAME, VERDICT_UNKNOWN, about(h, address, NULL), NULL)->reason = REASON_DNS_FAILURE;
    for (size_t i = 0; i < 2; i++)
        world_judge(w, CERT_NAME, VERDICT_UNKNOWN, about(h, address, &address->endpoints[i]), NULL)->reason = REASON_INTERNAL;
    failed->connect_ms = 0;
    world_conclude(w, STATUS_OK, "takes mail; nothing is wrong in what could be tested, 3 checks could not", out);
}

const struct fixture fixtures[] = {
    {"healthy", make_healthy}, {"broken", make_broken},     {"inconclusive", make_inconclusive},
    {"null-mx", make_null_mx}, {"nxdomain", make_nxdomain}, {"hostile", make_hostile},
    {"many", make_many},       {"server", make_server},
};
const size_t fixture_count = sizeof fixtures / sizeof *fixtures;

struct report fixture_make(struct arena *a, const char *name)
{
    struct report r = {0};
    for (size_t i = 0; i < fixture_count; i++)
        if (strcmp(fixtures[i].name, name) == 0)
            fixtures[i].make(a, &r);
    must(r.facts);
    return r;
}
