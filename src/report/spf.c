/* SPDX-License-Identifier: Apache-2.0 */
/* spf - see spf.h. */
#include "report/spf.h"

#include "base/text.h"

enum { COLUMN = 36, RECORDS_MAX = SPF_LOOKUPS_MAX + 2 };

static const char *status_words(enum dns_status status)
{
    static const char *const words[] = {
        [DNS_NOT_ASKED] = "not asked", [DNS_FOUND] = "found",   [DNS_NODATA] = "no such record", [DNS_NXDOMAIN] = "no such name",
        [DNS_BOGUS] = "bogus",         [DNS_FAILED] = "failed", [DNS_TIMEOUT] = "no answer",     [DNS_TROUBLE] = "could not be asked"};
    return words[status];
}

/* A record that can be evaluated, and so was walked. */
static bool is_walked(const struct spf_walk_facts *walk)
{
    return walk->record && walk->record->count == 1 && !walk->record->lint.flaw;
}

/* ---- text ---- */

static void add_safe(struct buf *out, struct str s)
{
    text_write_safe(out, s);
}

static void indent(struct buf *out, unsigned level)
{
    for (unsigned i = 0; i < level; i++)
        buf_add_cstr(out, "  ");
}

static void add_sender(struct buf *out, const struct spf_check_facts *f)
{
    add_safe(out, f->local_part);
    buf_add_char(out, '@');
    add_safe(out, f->domain);
}

static void write_headline(struct buf *out, const struct spf_check_facts *f)
{
    static const char *const may[] = {[SPF_PASS] = " may send for ", [SPF_FAIL] = " may not send for ", [SPF_SOFTFAIL] = " should not send for "};
    char ip[IP_TEXT_BYTES];
    ip_write(f->ip, ip);
    buf_printf(out, "%s: ", spf_result_words[f->result]);
    if (f->result == SPF_PASS || f->result == SPF_FAIL || f->result == SPF_SOFTFAIL) {
        buf_printf(out, "%s%s", ip, may[f->result]);
        add_sender(out, f);
    } else if (f->result == SPF_NEUTRAL) {
        add_safe(out, f->domain);
        buf_printf(out, " does not say whether %s may send", ip);
    } else {
        buf_printf(out, "whether %s may send for ", ip);
        add_sender(out, f);
        buf_add_cstr(out, " is not known");
    }
    buf_add_cstr(out, "\n  ");
    if (f->reason)
        buf_printf(out, "%s: ", f->reason);
    else
        buf_add_cstr(out, "decided by ");
    if (f->decided.term.n) {
        add_safe(out, f->decided.term);
        buf_add_cstr(out, " in the record of ");
    }
    if (f->decided.domain.n)
        add_safe(out, f->decided.domain);
    else
        buf_add_cstr(out, "(no domain)");
    if (f->explanation.n) {
        buf_add_cstr(out, "\n  the domain explains: ");
        add_safe(out, f->explanation);
    }
    buf_add_char(out, '\n');
}

static void write_questions(struct buf *out, const struct spf_question_seen *q, unsigned level)
{
    for (; q; q = q->next) {
        indent(out, level);
        buf_printf(out, "%s ", spf_type_words[q->type]);
        add_safe(out, str_of(q->name));
        if (q->lookup.status == DNS_FOUND)
            buf_printf(out, ": %zu record%s\n", q->count, q->count == 1 ? "" : "s");
        else
            buf_printf(out, ": %s\n", status_words(q->lookup.status));
    }
}

static const char *outcome_words(const struct spf_term_seen *t)
{
    if (t->kind == SPF_REDIRECT)
        return t->record ? "followed" : "not followed";
    return t->outcome == SPF_TERM_MATCH ? "matches" : t->outcome == SPF_TERM_ERROR ? "error" : "no match";
}

static void write_record(struct buf *out, const struct spf_record_seen *r, unsigned level)
{
    indent(out, level);
    if (r->domain.n)
        add_safe(out, r->domain);
    if (r->count) {
        buf_add_cstr(out, ": ");
        add_safe(out, r->text);
    } else {
        buf_printf(out, ": %s", r->txt.status == DNS_FOUND ? "no SPF record" : status_words(r->txt.status));
    }
    if (r->count > 1)
        buf_printf(out, " (the first of %zu)", r->count);
    buf_printf(out, "  -> %s\n", spf_result_words[r->result]);
    if (r->lint.flaw && r->count == 1) {
        indent(out, level + 1);
        add_safe(out, r->lint.flaw_term);
        buf_printf(out, "  (octet %zu): %s\n", r->lint.flaw_at + 1, r->lint.flaw);
    }
    for (const struct spf_term_seen *t = r->terms; t; t = t->next) {
        size_t before = out->used;
        indent(out, level + 1);
        add_safe(out, t->text);
        do
            buf_add_char(out, ' ');
        while (!out->failed && out->used - before < COLUMN);
        buf_add_cstr(out, outcome_words(t));
        buf_add_char(out, '\n');
        write_questions(out, t->questions, level + 3);
        if (t->record)
            write_record(out, t->record, level + 2);
    }
}

void spf_write_text(struct buf *out, const struct spf_check_facts *f, const struct spf_walk_facts *walk)
{
    write_headline(out, f);
    buf_add_char(out, '\n');
    if (f->record)
        write_record(out, f->record, 1);
    write_questions(out, f->other_questions, 2);
    if (f->trace_left_out)
        buf_printf(out, "  and %zu more terms\n", f->trace_left_out);
    buf_printf(out, "\n  terms that ask the DNS: %u of %d; without an answer there: %u of %d; questions: %u\n", f->lookups, SPF_LOOKUPS_MAX, f->voids,
               SPF_VOIDS_MAX, f->questions);
    if (!is_walked(walk))
        return;
    buf_printf(out, "  the whole record at worst: %s%u of %d; %u of %d\n", walk->incomplete ? "at least " : "", walk->lookups, SPF_LOOKUPS_MAX, walk->voids,
               SPF_VOIDS_MAX);
    if (walk->error && f->result != SPF_PERMERROR) {
        buf_printf(out, "  other addresses may meet an error: %s: ", walk->error);
        if (walk->error_at.term.n) {
            add_safe(out, walk->error_at.term);
            buf_add_cstr(out, " in the record of ");
        }
        add_safe(out, walk->error_at.domain);
        buf_add_char(out, '\n');
    }
}

/* ---- JSON ---- */

struct queue { /* records in the order in which they are written */
    const struct spf_record_seen *records[RECORDS_MAX];
    size_t count;
};

static void write_str(struct json *j, const char *key, struct str s)
{
    json_key(j, key);
    if (s.n)
        json_str(j, s);
    else
        json_no_value(j);
}

static void write_cstr(struct json *j, const char *key, const char *s)
{
    json_key(j, key);
    json_cstr(j, s);
}

static void write_number(struct json *j, const char *key, uint64_t n)
{
    json_key(j, key);
    json_number(j, (int64_t)n);
}

static const char *status_word(enum dns_status status)
{
    static const char *const words[] = {"not_asked", "found", "nodata", "nxdomain", "bogus", "failed", "timeout", "trouble"};
    return words[status];
}

static void write_question_list(struct json *j, const struct spf_question_seen *q)
{
    json_key(j, "questions");
    json_open_array(j);
    for (; q; q = q->next) {
        json_open_object(j);
        write_cstr(j, "name", q->name);
        write_cstr(j, "type", spf_type_words[q->type]);
        write_cstr(j, "status", status_word(q->lookup.status));
        write_number(j, "records", q->count);
        json_close_object(j);
    }
    json_close_array(j);
}

static void write_term(struct json *j, const struct spf_term_seen *t, struct queue *queue)
{
    static const char *const outcomes[] = {"no_match", "match", "error", "walked"};
    json_open_object(j);
    write_str(j, "text", t->text);
    write_str(j, "target", t->target);
    write_cstr(j, "outcome", outcomes[t->outcome]);
    write_question_list(j, t->questions);
    json_key(j, "record");
    if (t->record && queue->count < RECORDS_MAX) {
        json_number(j, (int64_t)queue->count);
        queue->records[queue->count++] = t->record;
    } else {
        json_no_value(j);
    }
    json_close_object(j);
}

static void write_record_object(struct json *j, const struct spf_record_seen *r, struct queue *queue)
{
    json_open_object(j);
    write_str(j, "domain", r->domain);
    write_cstr(j, "status", status_word(r->txt.status));
    write_number(j, "count", r->count);
    write_str(j, "text", r->text);
    write_cstr(j, "flaw", r->lint.flaw);
    write_str(j, "flaw_term", r->lint.flaw_term);
    write_cstr(j, "result", r->result == SPF_UNCHECKED ? NULL : spf_result_words[r->result]);
    json_key(j, "terms");
    json_open_array(j);
    for (const struct spf_term_seen *t = r->terms; t; t = t->next)
        write_term(j, t, queue);
    json_close_array(j);
    json_close_object(j);
}

static void write_worst_case(struct json *j, const struct spf_walk_facts *walk)
{
    json_key(j, "worst_case");
    if (!is_walked(walk)) {
        json_no_value(j);
        return;
    }
    json_open_object(j);
    write_number(j, "lookups", walk->lookups);
    write_number(j, "void_lookups", walk->voids);
    json_key(j, "complete");
    json_bool(j, !walk->incomplete);
    write_cstr(j, "error", walk->error);
    write_str(j, "error_domain", walk->error_at.domain);
    write_str(j, "error_term", walk->error_at.term);
    json_close_object(j);
}

void spf_write_json(struct json *j, const struct spf_check_facts *f, const struct spf_walk_facts *walk)
{
    struct queue queue = {.count = 0};
    char ip[IP_TEXT_BYTES];
    ip_write(f->ip, ip);
    json_open_object(j);
    write_cstr(j, "result", spf_result_words[f->result]);
    write_cstr(j, "reason", f->reason);
    json_key(j, "decided_by");
    json_open_object(j);
    write_str(j, "domain", f->decided.domain);
    write_str(j, "term", f->decided.term);
    json_close_object(j);
    write_str(j, "explanation", f->explanation);
    write_cstr(j, "ip", ip);
    write_str(j, "local_part", f->local_part);
    write_str(j, "domain", f->domain);
    write_str(j, "helo", f->helo);
    write_number(j, "lookups", f->lookups);
    write_number(j, "void_lookups", f->voids);
    write_number(j, "dns_questions", f->questions);
    write_worst_case(j, walk);
    json_key(j, "records");
    json_open_array(j);
    if (f->record)
        queue.records[queue.count++] = f->record;
    for (size_t i = 0; i < queue.count; i++)
        write_record_object(j, queue.records[i], &queue);
    json_close_array(j);
    write_question_list(j, f->other_questions);
    write_number(j, "terms_left_out", f->trace_left_out);
    json_close_object(j);
}
