/* SPDX-License-Identifier: Apache-2.0 */
/* json_parts - the parts of the report's JSON that stand in files of their own; inside report/ only. Memory: none. Fails: as the buf does. */
#ifndef REPORT_JSON_PARTS_H
#define REPORT_JSON_PARTS_H

#include "report/members.h"
#include "report/report.h"

/* The whole report, or its schema when `described` is there. */
void json_write_report(struct buf *out, const struct report *r, unsigned indent, struct described *described);
void json_write_hosts(struct members *m, const struct facts *f, const struct tls_policy *policy);
void json_write_submission(struct members *m, const struct facts *f);
void json_write_senders(struct members *m, const struct judgement *j);
/* The TLSA records of a host; what they are worth at each host; and what they say of one chain. */
void json_write_tlsa(struct members *m, const struct host_facts *h);
void json_write_dane(struct members *m, const struct facts *f);
void json_write_dane_word(struct members *m, const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e, const struct tls_facts *t);
void json_write_spf(struct members *m, const struct facts *f);
void json_write_survey(struct members *m, const struct tls_policy *policy, const struct endpoint_facts *e); /* of --deep */
void json_write_mta_sts_and_tls_rpt(struct members *m, const struct facts *f);
void json_write_record(struct members *m, const struct policy_record *r);
void json_write_fetch(struct members *m, const struct fetch_facts *f, bool present, const char *says);
void json_write_bimi(struct members *m, const struct facts *f);
void json_write_dkim(struct members *m, const struct facts *f);
void json_write_dmarc(struct members *m, const struct facts *f);
void json_write_name_servers(struct members *m, const struct facts *f);
void json_write_dnsbl(struct members *m, const struct address_facts *a);
/* One handshake, one transcript, and the further connections of an endpoint. */
void json_write_tls(struct members *m, const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e, const struct tls_facts *t);
void json_write_transcript(struct members *m, const struct session_facts *s, const char *says);
void json_write_deep(struct members *m, const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e);
void json_write_findings(struct members *m, const struct report *r);
void json_write_scores(struct members *m, const struct judgement *j);
void json_write_checks(struct members *m, const struct judgement *j);

/* The short forms, or their schemas. */
void json_write_mx_health(struct buf *out, const struct report *r, unsigned indent, struct described *described);
void json_write_brief(struct buf *out, const struct report *r, unsigned indent, struct described *described);

extern const struct vocabulary json_dnssec_words, json_step_words, json_status_words, json_mx_words, json_severity_words, json_reason_words, json_delivery_words;

#endif
