/* SPDX-License-Identifier: Apache-2.0 */
/* json_findings - what failed and what is unknown, worst first; how often each check was judged; and the scores. */
#include "report/json_parts.h"
#include "report/view.h"

enum { VERIFY_BYTES_MAX = 16 * 1024 };

static const char *severity_word(unsigned s)
{
    return severity_text((enum severity)s);
}

static const char *scope_word(unsigned s)
{
    return scope_text((enum scope)s);
}

static const char *reason_word(unsigned r)
{
    return reason_text((enum reason)r);
}

const struct vocabulary json_severity_words = {.of = severity_word, .last = SEVERITY_ERROR};
static const struct vocabulary scope_words = {.of = scope_word, .last = SCOPE_ENDPOINT};
const struct vocabulary json_reason_words = {.of = reason_word, .last = REASON_INTERNAL};

static void write_subject(struct members *m, const struct subject *s)
{
    char ip[IP_TEXT_BYTES] = "";
    if (s->address)
        ip_write(s->address->ip, ip);
    member_object(m, "subject", "What it is about; what lies below the scope is null.");
    member_word(m, "scope", scope_text(s->scope), &scope_words, "The kind of object.");
    member_text_or_null(m, "host", s->host ? s->host->name : NULL, "The mail host.");
    member_text_or_null(m, "ip", s->address ? ip : NULL, "The address.");
    member_number_or_null(m, "port", s->endpoint != NULL, s->endpoint ? s->endpoint->port : 0, "The port.");
    member_close(m);
}

static void write_finding(struct members *m, const struct facts *f, const struct verdict *v, struct buf *verify)
{
    static const char *const verdicts[] = {"fail", "unknown", NULL};
    static const char *const owners[] = {[OWNER_YOURS] = "yours", [OWNER_PROVIDER] = "provider", [OWNER_PROBE] = "probe", NULL};
    const struct check *c = v->check;
    bool failed = v->value != VERDICT_UNKNOWN;
    buf_clear(verify);
    bool can_verify = view_write_verify(verify, f, v) && !verify->failed;
    item_object(m);
    member_text(m, "id", c->id, "The check.");
    member_word(m, "verdict", verdicts[!failed], &(struct vocabulary){.list = verdicts}, "It failed, or could not be decided.");
    member_word(m, "severity", severity_text(c->severity), &json_severity_words, "What a failure of this check weighs.");
    write_subject(m, &v->subject);
    member_word(m, "owner", owners[v->owner], &(struct vocabulary){.list = owners},
                "Whose part it is: the domain's, another operator's, or the side that tests.");
    member_text(m, "title", view_title(v), "What is wrong, in one line; of an unknown what was asked.");
    member_text_or_null(m, "detail", view_detail(v), "What was seen.");
    member_text_or_null(m, "why", failed ? c->why : NULL, "What it means for mail; null for an unknown.");
    member_text_or_null(m, "remedy", failed ? c->remedy : NULL, "What to do; null for an unknown.");
    member_str_or_null(m, "verify", can_verify, (struct str){verify->bytes, verify->used}, "A command that shows it mended.");
    member_array(m, "spec", "The documents that decide.");
    for (const char *const *spec = c->spec; spec && *spec; spec++)
        item_str(m, str_of(*spec));
    member_close(m);
    member_word_or_null(m, "reason", reason_text(v->reason), &json_reason_words, "Why it is unknown; null for a failure.");
    member_close(m);
}

void json_write_findings(struct members *m, const struct report *r)
{
    struct buf verify;
    buf_init(&verify, VERIFY_BYTES_MAX);
    member_array(m, "findings", "Every failed and every unknown check, worst first.");
    for (size_t i = 0; i < r->judgement->finding_count; i++)
        write_finding(m, r->facts, r->judgement->findings[i], &verify);
    member_close(m);
    buf_done(&verify);
}

/* The verdicts of one check stand together. */
void json_write_checks(struct members *m, const struct judgement *j)
{
    member_array(m, "checks", "How often each check that was evaluated gave which verdict.");
    for (size_t i = 0; i < j->count;) {
        const struct check *c = j->verdicts[i].check;
        size_t counts[VERDICT_UNKNOWN + 1] = {0};
        for (; i < j->count && j->verdicts[i].check == c; i++)
            counts[j->verdicts[i].value]++;
        item_object(m);
        member_text(m, "id", c->id, "The check.");
        member_number(m, "pass", counts[VERDICT_PASS], "Objects that passed.");
        member_number(m, "fail", counts[VERDICT_FAIL], "Objects that failed.");
        member_number(m, "unknown", counts[VERDICT_UNKNOWN], "Objects of which it is not known.");
        member_number(m, "na", counts[VERDICT_NA], "Objects it does not apply to.");
        member_close(m);
    }
    member_close(m);
}

static void write_score(struct members *m, const char *key, const struct score *s, const char *says)
{
    member_object(m, key, says);
    member_number_or_null(m, "score", !s->reason, s->points, "From 0 to 100; null: there is none.");
    member_text_or_null(m, "reason", s->reason, "Why there is none; null: there is one.");
    member_number(m, "coverage_percent", s->coverage_percent, "How much of this side could be judged.");
    member_array(m, "gains", "What each repair adds to the score, the largest first.");
    for (size_t i = 0; i < s->gain_count; i++) {
        item_object(m);
        member_text(m, "id", s->gains[i].check->id, "The check that fails now.");
        member_number(m, "gain", s->gains[i].gain, "Points; 0: another failure holds the score down.");
        member_close(m);
    }
    member_close(m);
    member_close(m);
}

void json_write_scores(struct members *m, const struct judgement *j)
{
    member_object(m, "score", "One number for each side: errors weigh 10, warnings 3, notices nothing. An error holds it at 59 or below, a warning at 94.");
    write_score(m, "yours", &j->scores[OWNER_YOURS], "What the domain's own operator can mend.");
    write_score(m, "provider", &j->scores[OWNER_PROVIDER], "What the operators of its mail hosts can mend, where they are others.");
    member_close(m);
}
