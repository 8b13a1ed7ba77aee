/* SPDX-License-Identifier: Apache-2.0 */
/* json_policies - the report as JSON: MTA-STS and TLS-RPT of the domain. */
#include "judge/sts.h"
#include "report/json_parts.h"
#include "report/view.h"

static const char *fetch_word(unsigned result)
{
    static const char *const words[] = {
        [FETCH_NOT_TRIED] = "not_tried",
        [FETCH_DONE] = "answered",
        [FETCH_NO_ADDRESS] = "no_address",
        [FETCH_NOT_ALLOWED] = "private_address",
        [FETCH_OPTED_OUT] = "opt_out",
        [FETCH_REFUSED] = "refused",
        [FETCH_UNREACHABLE] = "unreachable",
        [FETCH_TIMEOUT] = "timeout",
        [FETCH_TLS_FAILED] = "tls_failed",
        [FETCH_TLS_OLD] = "tls_old",
        [FETCH_CERT_DATES] = "certificate_dates",
        [FETCH_CERT_NAME] = "certificate_name",
        [FETCH_CERT_UNTRUSTED] = "certificate_untrusted",
        [FETCH_TOO_LARGE] = "too_large",
        [FETCH_CLOSED] = "closed",
        [FETCH_BROKEN] = "no_http",
        [FETCH_TROUBLE] = "trouble",
    };
    return words[result];
}
static const struct vocabulary fetch_words = {.of = fetch_word, .last = FETCH_TROUBLE};

static const char *mode_word(unsigned mode)
{
    static const char *const words[] = {
        [MTA_STS_MODE_MISSING] = NULL,      [MTA_STS_MODE_NONE] = "none", [MTA_STS_MODE_TESTING] = "testing",
        [MTA_STS_MODE_ENFORCE] = "enforce", [MTA_STS_MODE_BAD] = NULL,
    };
    return words[mode];
}
static const struct vocabulary mode_words = {.of = mode_word, .last = MTA_STS_MODE_BAD};

static const char *state_word(unsigned state)
{
    static const char *const words[] = {
        [STS_NOT_KNOWN] = NULL, [STS_NONE] = "no_policy", [STS_MODE_NONE] = "none", [STS_TESTING] = "testing", [STS_ENFORCE] = "enforce",
    };
    return words[state];
}
static const struct vocabulary state_words = {.of = state_word, .last = STS_ENFORCE};

void json_write_record(struct members *m, const struct policy_record *r)
{
    member_str_or_null(m, "record", r->count > 0, r->text, "The TXT record, the first if there are several; null: none.");
    member_number(m, "record_count", r->count, "How many there are; one is right.");
    member_text_or_null(m, "record_flaw", r->flaw, "What is wrong with the record; null: nothing.");
    member_word_or_null(m, "dnssec", view_dnssec(&r->txt), &json_dnssec_words, "Of the answer or its denial; null: there was no answer.");
}

void json_write_fetch(struct members *m, const struct fetch_facts *f, bool present, const char *says)
{
    char ip[IP_TEXT_BYTES] = "";
    if (!member_object_or_null(m, "fetch", present, says))
        return;
    if (f->ip.family != IP_NONE)
        ip_write(f->ip, ip);
    member_word(m, "result", fetch_word(f->result), &fetch_words, "How it ended.");
    member_text_or_null(m, "ip", f->ip.family == IP_NONE ? NULL : ip, "The address that answered, or was tried last.");
    member_number_or_null(m, "status", f->status != 0, (uint64_t)f->status, "Of the HTTP answer; null: there was none.");
    member_text_or_null(m, "content_type", f->content_type, "As sent; null: none.");
    member_text_or_null(m, "location", f->location, "Where a redirect leads, which is not followed; null: none.");
    member_text_or_null(m, "error", f->error, "The words of the HTTPS library; null: none.");
    member_number(m, "took_ms", f->took_ms, "How long it took.");
    member_close(m);
}

static void write_pattern(struct members *m, const struct mta_sts_pattern *pattern)
{
    item_object(m);
    member_str(m, "pattern", pattern->text, "As written.");
    member_number(m, "hosts", pattern->hosts, "MX hosts that it matches.");
    member_bool(m, "under_public_suffix", pattern->too_wide, "A wildcard that stands for hosts of strangers.");
    member_close(m);
}

static void write_policy(struct members *m, const char *key, const struct mta_sts_policy *policy, const char *says)
{
    static const struct mta_sts_policy none;
    const struct mta_sts_policy *p = policy ? policy : &none;
    if (!member_object_or_null(m, key, policy != NULL, says))
        return;
    member_word_or_null(m, "mode", mode_word(p->mode), &mode_words, "Null: missing or not valid.");
    member_number_or_null(m, "max_age_s", p->max_age_good, p->max_age_s, "How long senders keep it; null: missing or not valid.");
    member_array(m, "mx", "The patterns.");
    if (m->described)
        write_pattern(m, &(struct mta_sts_pattern){.text = STR("")});
    for (size_t i = 0; !m->described && i < p->mx_count; i++)
        write_pattern(m, &p->mx[i]);
    member_close(m);
    member_number(m, "mx_left_out", p->mx_left_out, "Patterns past the limit.");
    member_text_or_null(m, "flaw", p->flaw, "What makes it invalid; null: it is valid.");
    member_number_or_null(m, "flaw_line", p->flaw_line != 0, p->flaw_line, "In which line; null: it is of the whole file.");
    member_close(m);
}

static void write_mta_sts(struct members *m, const struct facts *f)
{
    const struct mta_sts_facts *s = &f->mta_sts;
    if (!member_object_or_null(m, "mta_sts", s->wanted, "The policy by which senders are asked for encryption; null: not asked for."))
        return;
    member_word_or_null(m, "state", state_word(sts_state(f)), &state_words, "The mode that holds for a sender that keeps no older policy; null: not known.");
    member_text_or_null(m, "assumed_from", s->assumed, "The file of --assume-policy, which is judged instead of what is published; null: none.");
    json_write_record(m, &s->record);
    member_text_or_null(m, "id", s->id, "Of the record; null: none that is good.");
    member_text_or_null(m, "host", s->host, "The policy host.");
    json_write_fetch(m, &s->fetch, s->assumed == NULL, "How the policy was fetched; null: it was assumed.");
    write_policy(m, "policy", s->policy, "The policy file; null: none could be read.");
    member_text_or_null(m, "cached_from", s->cached_from, "The file of --cached-policy: a policy that senders may still keep; null: none.");
    member_text_or_null(m, "cached_id", s->cached_id, "The id it was published with; null: not told.");
    write_policy(m, "cached", s->cached, "That policy; null: none.");
    member_close(m);
}

static void write_tls_rpt(struct members *m, const struct tls_rpt_facts *r)
{
    if (!member_object_or_null(m, "tls_rpt", r->wanted, "Where reports about TLS go; null: not asked for."))
        return;
    json_write_record(m, &r->record);
    member_array(m, "destinations", "In the order of the record.");
    for (size_t i = 0; i < r->destination_count; i++) {
        item_object(m);
        member_str(m, "uri", r->destinations[i].uri, "As written.");
        member_text_or_null(m, "host", r->destinations[i].host, "The domain of the mail address, or the web host; null: none, or an address.");
        member_close(m);
    }
    member_close(m);
    member_close(m);
}

void json_write_mta_sts_and_tls_rpt(struct members *m, const struct facts *f)
{
    write_mta_sts(m, f);
    write_tls_rpt(m, &f->tls_rpt);
}
