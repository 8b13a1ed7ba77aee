/* SPDX-License-Identifier: Apache-2.0 */
/* fixture_names - one of everything that a domain publishes about its mail and that others say of it. */
#include "fixture_parts.h"

static const struct dnsbl_list blocklist = {.zone = "bl.example"};

void world_mail_names(struct world *w)
{
    struct facts *f = &w->facts;
    struct dkim_selector *selector = need(ARENA_ARRAY(w->arena, struct dkim_selector, 2));
    struct str *rua = need(ARENA_ARRAY(w->arena, struct str, 1));
    struct authority_server *server = need(ARENA_ARRAY(w->arena, struct authority_server, 1));
    struct authority_answer *answer = need(ARENA_ARRAY(w->arena, struct authority_answer, 1));
    struct dnsbl_answer *listing = need(ARENA_ARRAY(w->arena, struct dnsbl_answer, 2));
    struct spf_record_seen *spf = need(ARENA_NEW(w->arena, struct spf_record_seen));
    struct spf_check_facts *check = need(ARENA_ARRAY(w->arena, struct spf_check_facts, 1));
    *spf = (struct spf_record_seen){.domain = STR("many.example"), .txt = {.status = DNS_FOUND}, .count = 1, .text = STR("v=spf1 mx include:gone.example ~all")};
    check[0] = (struct spf_check_facts){.ip = {.family = IP_V4, .bytes = {192, 0, 2, 1}}, .helo = STR("mx1.many.example"), .result = SPF_PASS, .lookups = 1};
    f->spf = (struct spf_facts){.wanted = true, .checks = check, .check_count = 1};
    f->spf.walk = (struct spf_walk_facts){.wanted = true, .record = spf, .lookups = 2, .all_qualifier = '~', .error_at.domain = STR("gone.example"),
                                          .error = "the target of an include or redirect has no SPF record"};
    selector[0] = (struct dkim_selector){.name = "default", .txt = {.status = DNS_FOUND}, .count = 1, .key = {.type = DKIM_KEY_RSA, .bits = 1024, .testing = true}};
    selector[1] = (struct dkim_selector){.name = "s2026", .given = true, .txt = {.status = DNS_NXDOMAIN}};
    f->dkim = (struct dkim_facts){.wanted = true, .selectors = selector, .selector_count = 2, .guesses = 30};
    rua[0] = STR("mailto:dmarc@many.example");
    f->dmarc = (struct dmarc_facts){.wanted = true, .complete = true, .step_count = 1, .organisational_domain = "many.example"};
    f->dmarc.steps = need(ARENA_ARRAY(w->arena, struct dmarc_step, DMARC_STEPS_MAX));
    f->dmarc.steps[0] = (struct dmarc_step){.domain = "many.example", .txt = {.status = DNS_FOUND}, .count = 1};
    f->dmarc.steps[0].record = (struct dmarc_record){.text = STR("v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@many.example"),
                                                     .p = DMARC_REJECT, .sp = DMARC_NONE, .rua = rua, .rua_count = 1, .ruf = rua, .ruf_count = 1};
    f->dmarc.policy = &f->dmarc.steps[0];
    answer[0] = (struct authority_answer){.status = AUTHORITY_ANSWERS, .found = DNS_FOUND, .over_tcp = true, .set = STR("2026112501\n")};
    server[0] = (struct authority_server){.name = "ns1.many.example", .ip = {.family = IP_V4, .bytes = {192, 0, 2, 53}}, .answers = answer};
    f->authorities = (struct authority_facts){.wanted = true, .zone = "many.example", .servers = server, .server_count = 1, .question_count = 1};
    f->authorities.questions = need(ARENA_NEW(w->arena, struct authority_question));
    f->authorities.questions[0] = (struct authority_question){ABOUT_SERIAL, "many.example", 6};
    listing[0] = (struct dnsbl_answer){.list = &blocklist, .lookup = {.status = DNS_FOUND}, .codes = {0x7f000002}, .code_count = 1, .classes = DNSBL_SPAM,
                                       .text = STR("listed, see https://bl.example/")};
    listing[1] = (struct dnsbl_answer){.list = &blocklist, .lookup = {.status = DNS_TIMEOUT}};
    f->hosts[0].addresses[0].dnsbl = listing;
    f->hosts[0].addresses[0].dnsbl_count = 2;
    struct str *san = need(ARENA_ARRAY(w->arena, struct str, 1));
    san[0] = STR("many.example");
    f->bimi = (struct bimi_facts){.wanted = true, .domain = "many.example", .record = {.txt = {.status = DNS_FOUND}, .count = 1}};
    f->bimi.record.text = STR("v=BIMI1; l=https://www.many.example/logo.svg; a=https://www.many.example/mark.pem");
    f->bimi.logo_file = (struct bimi_file){.url = STR("https://www.many.example/logo.svg"), .host = "www.many.example", .path = "/logo.svg", .port = 443};
    f->bimi.logo_file.fetch = (struct fetch_facts){.result = FETCH_DONE, .ip = {.family = IP_V4, .bytes = {192, 0, 2, 80}}, .status = 200, .content_type = "image/svg+xml"};
    f->bimi.evidence_file = f->bimi.logo_file;
    f->bimi.evidence_file.url = STR("https://www.many.example/mark.pem");
    f->bimi.logo = need(ARENA_NEW(w->arena, struct svg_facts));
    *f->bimi.logo = (struct svg_facts){.flaw = "it has a script", .flaw_at = STR("script")};
    f->bimi.evidence = need(ARENA_NEW(w->arena, struct bimi_evidence));
    *f->bimi.evidence = (struct bimi_evidence){.is_certificate = true, .for_bimi = true, .names_domain = true};
    f->bimi.evidence->leaf = (struct cert_facts){.subject = STR("CN=Many"), .issuer = STR("CN=A mark authority"), .not_after = {NOW_S}, .san_dns = san, .san_dns_count = 1};
    struct caa_facts *caa = f->hosts[0].caa = need(ARENA_NEW(w->arena, struct caa_facts));
    *caa = (struct caa_facts){.domain = "many.example", .lookup = {.status = DNS_FOUND}, .records = need(ARENA_ARRAY(w->arena, struct caa_record, 1)), .record_count = 1};
    caa->records[0] = (struct caa_record){.critical = true, .tag = STR("issue"), .value = STR("ca.example; account=7"), .issuer = STR("ca.example")};
}
