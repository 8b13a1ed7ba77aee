/* SPDX-License-Identifier: Apache-2.0 */
/* mail_names_world - see mail_names_world.h. */
#include "mail_names_world.h"

struct spf_facts *with_spf(struct world *w)
{
    struct spf_facts *f = &w->facts.spf;
    struct spf_record_seen *r = ARENA_NEW(&w->arena, struct spf_record_seen);
    struct spf_term_seen *terms = ARENA_ARRAY(&w->arena, struct spf_term_seen, 2);
    terms[0] = (struct spf_term_seen){.text = STR("mx"), .kind = SPF_MX, .outcome = SPF_TERM_WALKED, .next = &terms[1]};
    terms[1] = (struct spf_term_seen){.text = STR("-all"), .kind = SPF_ALL, .outcome = SPF_TERM_WALKED};
    *r = (struct spf_record_seen){.domain = STR("example.org"), .txt = {.status = DNS_FOUND}, .count = 1, .text = STR("v=spf1 mx -all"), .terms = terms};
    r->lint = (struct spf_lint){.all = STR("-all"), .all_qualifier = '-', .octets = r->text.n};
    *f = (struct spf_facts){.wanted = true, .type99 = {.status = DNS_NODATA}};
    f->walk = (struct spf_walk_facts){.wanted = true, .record = r, .lookups = 1, .all_qualifier = '-'};
    f->checks = ARENA_ARRAY(&w->arena, struct spf_check_facts, WORLD_ADDRESSES);
    for (f->check_count = 0; f->check_count < WORLD_ADDRESSES; f->check_count++)
        f->checks[f->check_count] = (struct spf_check_facts){.ip = w->addresses[f->check_count]->ip, .result = SPF_PASS, .lookups = 1};
    w->facts.apex_txt.status = DNS_FOUND;
    return f;
}

/* The walk from example.org found these records; what they say was read by wire/dmarc. */
struct dmarc_record *with_dmarc(struct world *w)
{
    static const struct str report = {"mailto:d@example.org", 20};
    struct dmarc_facts *f = &w->facts.dmarc;
    *f = (struct dmarc_facts){.wanted = true, .complete = true, .step_count = 2, .organisational_domain = "example.org"};
    f->steps = ARENA_ARRAY(&w->arena, struct dmarc_step, DMARC_STEPS_MAX);
    f->steps[0] = (struct dmarc_step){.domain = "example.org", .txt = {.status = DNS_FOUND}, .count = 1};
    f->steps[1] = (struct dmarc_step){.domain = "org", .txt = {.status = DNS_NXDOMAIN}, .is_public_suffix = true};
    f->steps[0].record = (struct dmarc_record){.text = STR("v=DMARC1; p=reject; rua=mailto:d@example.org"), .p = DMARC_REJECT, .rua_count = 1};
    f->steps[0].record.rua = ARENA_ARRAY(&w->arena, struct str, 1);
    f->steps[0].record.rua[0] = report;
    f->policy = &f->steps[0];
    f->destinations = ARENA_ARRAY(&w->arena, struct dmarc_destination, 2);
    f->destination_count = 1;
    f->destinations[0] = (struct dmarc_destination){.uri = report, .host = "example.org", .mail.mx = {.status = DNS_FOUND}};
    return &f->steps[0].record;
}

/* One guessed selector, `default`, has a good key. */
struct dkim_selector *with_dkim(struct world *w)
{
    struct dkim_facts *f = &w->facts.dkim;
    *f = (struct dkim_facts){.wanted = true, .node = {.status = DNS_NODATA}, .random = {.status = DNS_NXDOMAIN}, .guesses = 30};
    f->selectors = ARENA_ARRAY(&w->arena, struct dkim_selector, 2);
    f->selector_count = 1;
    f->selectors[0] = (struct dkim_selector){.name = "default", .txt = {.status = DNS_FOUND}, .count = 1, .key = {.type = DKIM_KEY_RSA, .bits = 2048}};
    return &f->selectors[0];
}

const struct dnsbl_list list_of_addresses = {.zone = "bl.example", .takes_v4 = true, .takes_v6 = true};
static const struct dnsbl_list list_of_names = {.zone = "dl.example", .takes_names = true};

/* Two sound lists, that know nobody. */
void with_dnsbl(struct world *w)
{
    struct dnsbl_facts *f = &w->facts.dnsbl;
    *f = (struct dnsbl_facts){.wanted = true, .lists = ARENA_ARRAY(&w->arena, struct dnsbl_list_facts, 2), .list_count = 2};
    f->lists[0] = (struct dnsbl_list_facts){.list = &list_of_addresses, .health = {DNSBL_HEALTHY, DNSBL_HEALTHY, DNSBL_NO_SUCH_KIND}};
    f->lists[1] = (struct dnsbl_list_facts){.list = &list_of_names, .health = {DNSBL_NO_SUCH_KIND, DNSBL_NO_SUCH_KIND, DNSBL_HEALTHY}};
    for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
        w->addresses[i]->dnsbl = ARENA_NEW(&w->arena, struct dnsbl_answer);
        w->addresses[i]->dnsbl_count = 1;
        *w->addresses[i]->dnsbl = (struct dnsbl_answer){.list = &list_of_addresses, .lookup = {.status = DNS_NXDOMAIN}};
    }
    f->names = ARENA_NEW(&w->arena, struct dnsbl_name_facts);
    f->name_count = 1;
    *f->names = (struct dnsbl_name_facts){.name = "example.org", .answers = ARENA_NEW(&w->arena, struct dnsbl_answer), .answer_count = 1};
    *f->names->answers = (struct dnsbl_answer){.list = &list_of_names, .lookup = {.status = DNS_NXDOMAIN}};
}

void with_authorities(struct world *w)
{
    static const char *const names[] = {"ns1.example.org", "ns2.example.org"};
    static const char *const addresses[] = {"192.0.2.53", "2001:db8::53", "198.51.100.53", "2001:db8:1::53"};
    struct authority_facts *f = &w->facts.authorities;
    *f = (struct authority_facts){.wanted = true, .zone = "example.org", .ns = {.status = DNS_FOUND}, .name_count = 2, .server_count = 4, .question_count = 2};
    f->questions = ARENA_ARRAY(&w->arena, struct authority_question, 2);
    f->questions[0] = (struct authority_question){ABOUT_MX, "example.org", 15};
    f->questions[1] = (struct authority_question){ABOUT_SPF, "example.org", 16};
    f->names = ARENA_ARRAY(&w->arena, struct authority_name, 2);
    f->servers = ARENA_ARRAY(&w->arena, struct authority_server, 4);
    for (size_t i = 0; i < 2; i++)
        f->names[i] = (struct authority_name){names[i], {.status = DNS_FOUND}, {.status = DNS_FOUND}, 2};
    for (size_t i = 0; i < 4; i++) {
        struct authority_answer *answers = ARENA_ARRAY(&w->arena, struct authority_answer, 2);
        f->servers[i] = (struct authority_server){.name = names[i / 2], .answers = answers};
        assert_true(ip_parse(str_of(addresses[i]), &f->servers[i].ip));
        for (size_t q = 0; q < 2; q++)
            answers[q] = (struct authority_answer){.status = AUTHORITY_ANSWERS, .found = DNS_FOUND, .set = STR("the same\n")};
    }
}

struct caa_facts *with_caa(struct world *w)
{
    static const struct caa_issuer test_ca[] = {{"Test CA", "ca.test ca2.test"}};
    struct caa_facts *caa = ARENA_NEW(&w->arena, struct caa_facts);
    w->options.caa_issuers = test_ca;
    w->options.caa_issuer_count = 1;
    *caa = (struct caa_facts){.domain = "example.org", .lookup = {.status = DNS_FOUND, .dnssec = DNSSEC_SECURE}, .record_count = 1};
    caa->records = ARENA_ARRAY(&w->arena, struct caa_record, CAA_ROOM);
    caa->records[0] = (struct caa_record){.tag = STR("issue"), .value = STR("ca.test"), .issuer = STR("ca.test")};
    w->mx1->caa = w->mx2->caa = caa;
    return caa;
}

struct bimi_facts *with_bimi(struct world *w)
{
    struct bimi_facts *f = &w->facts.bimi;
    const struct fetch_facts fetched = {.result = FETCH_DONE, .connected = true, .status = 200};
    *f = (struct bimi_facts){.wanted = true, .domain = "example.org", .record = {.txt = {.status = DNS_FOUND}, .count = 1}};
    f->record.text = STR("v=BIMI1; l=https://www.example.org/l.svg; a=https://www.example.org/e.pem");
    f->logo_file = (struct bimi_file){.url = STR("https://www.example.org/l.svg"), .host = "www.example.org", .path = "/l.svg", .port = 443, .fetch = fetched};
    f->logo_file.a.status = DNS_FOUND;
    f->logo_file.aaaa.status = DNS_NODATA;
    f->evidence_file = f->logo_file;
    f->evidence_file.url = STR("https://www.example.org/e.pem");
    f->evidence_file.path = "/e.pem";
    f->logo = ARENA_NEW(&w->arena, struct svg_facts);
    f->evidence = ARENA_NEW(&w->arena, struct bimi_evidence);
    *f->evidence = (struct bimi_evidence){.is_certificate = true, .for_bimi = true, .names_domain = true};
    f->evidence->leaf = (struct cert_facts){.subject = STR("CN=A brand"), .not_before = {w->now.s - DAY_S}, .not_after = {w->now.s + DAY_S}};
    return f;
}
