/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema - the JSON Schemas of the report and of its short forms: the walk that writes one, over a report that has one of
 * everything and says nothing.
 */
#include "report/json_parts.h"

enum { SCHEMA_INDENT = 2 };

static struct facts blank_facts(void)
{
    static struct str line[1], san[1];
    static struct smtp_capability capability[1];
    static struct cert_facts certificate = {.san_dns = san, .san_dns_count = 1};
    static struct transcript_line said;
    static const struct smtp_reply reply = {.lines = line, .line_count = 1};
    static const struct smtp_ehlo ehlo = {.reply = {.lines = line, .line_count = 1}, .capabilities = capability, .capability_count = 1};
    static struct session_facts session;
    static uint16_t number[1];
    static struct deep_facts deep = {.survey = {.suites = {[SURVEY_TLS13] = number}, .suite_count = {[SURVEY_TLS13] = 1}, .groups = number, .group_count = 1,
                                                .signatures = number, .signature_count = 1}};
    static struct endpoint_facts endpoint = {.sessions = &session, .session_count = 1, .shown = &session, .deep = &deep};
    static struct ptr_name ptr[1];
    static struct dnsbl_answer listing[1];
    static struct dkim_selector selector[1];
    static struct spf_check_facts spf_check[1];
    static struct authority_server name_server[1];
    static struct dmarc_step dmarc = {.record = {.rua = line, .rua_count = 1, .ruf = line, .ruf_count = 1}};
    static struct address_facts address = {.dnsbl = listing, .dnsbl_count = 1, .ptr_names = ptr, .ptr_name_count = 1, .endpoints = &endpoint, .endpoint_count = 1};
    static struct tlsa_record tlsa_record[1];
    static struct tlsa_facts tlsa[1] = {{.bases = {{.records = tlsa_record, .record_count = 1}}, .base_count = 1}};
    static struct caa_record caa_record[1];
    static struct caa_facts caa = {.records = caa_record, .record_count = 1};
    static struct host_facts host = {.caa = &caa, .addresses = &address, .address_count = 1, .tlsa = tlsa, .tlsa_count = 1};
    static struct mx_record record[1];
    static struct mta_sts_pattern pattern[1];
    static struct mta_sts_policy policy = {.mx = pattern, .mx_count = 1};
    static struct tls_rpt_destination destination[1];
    static struct submission_target target[1] = {{.host = ""}};
    session = (struct session_facts){.greeting = reply, .ehlo = ehlo, .ehlo_tls = ehlo, .transcript = &said};
    static struct svg_facts logo;
    static struct bimi_evidence evidence = {.leaf = {.san_dns = san, .san_dns_count = 1}};
    session.tls = (struct tls_facts){.certificates = &certificate, .certificate_count = 1};
    return (struct facts){.target = {.name = ""}, .mx = {.records = record, .record_count = 1}, .hosts = &host, .host_count = 1,
                          .submission = {.submissions = {.targets = target, .target_count = 1}, .submission = {.targets = target, .target_count = 1}},
                          .mta_sts = {.policy = &policy},
                          .tls_rpt = {.destinations = destination, .destination_count = 1}, .spf = {.checks = spf_check, .check_count = 1},
                          .dkim = {.selectors = selector, .selector_count = 1}, .dmarc = {.policy = &dmarc}, .bimi = {.logo = &logo, .evidence = &evidence},
                          .authorities = {.servers = name_server, .server_count = 1}};
}

static void write_schema(struct buf *out, void (*writer)(struct buf *out, const struct report *r, unsigned indent, struct described *described))
{
    static const char *const spec[] = {"", NULL};
    static const struct check check = {.spec = spec};
    struct described described[MEMBERS_DEPTH_MAX];
    const struct facts facts = blank_facts();
    struct verdict verdict = {.check = &check}, *finding = &verdict;
    static const char *const passed_over[] = {"", NULL};
    const struct sender_way way = {.subject = {.host = &facts.hosts[0]}};
    struct sender sender = {.profile = "", .delayed_by = passed_over, .delayed_by_count = 1, .ways = &way, .way_count = 1};
    struct score_gain gain = {.check = &check};
    const struct score score = {.gains = &gain, .gain_count = 1};
    const struct judgement judgement = {.verdicts = &verdict, .count = 1, .findings = &finding, .finding_count = 1, .senders = &sender, .sender_count = 1,
                                        .scores = {score, score}};
    writer(out, &(struct report){&facts, &judgement}, SCHEMA_INDENT, described);
    buf_add_char(out, '\n');
}

void report_write_schema(struct buf *out)
{
    write_schema(out, json_write_report);
}

void report_write_brief_schema(struct buf *out)
{
    write_schema(out, json_write_brief);
}

void report_write_mx_health_schema(struct buf *out)
{
    write_schema(out, json_write_mx_health);
}
