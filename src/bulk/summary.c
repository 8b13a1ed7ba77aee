/* SPDX-License-Identifier: Apache-2.0 */
/* summary - see tally.h. Here what was counted is written. */
#include <stdlib.h>
#include <string.h>

#include "bulk/tally.h"
#include "report/members.h"
#include "report/report.h"

enum { SUMMARY_INDENT = 2 };

static const char *const severities[] = {"notice", "warning", "error", NULL};

static void write_generator(struct members *m)
{
    static const char *const name[] = {"mxassay", NULL};
    member_object(m, "generator", "What wrote this summary.");
    member_word(m, "name", name[0], &(struct vocabulary){.list = name}, "The program.");
    member_text(m, "version", MXASSAY_VERSION, "Its version.");
    member_text(m, "ruleset", REPORT_RULESET, "Its table of checks.");
    member_close(m);
}

static void write_statuses(struct members *m, const struct tally *t)
{
    member_object(m, "status", "How the domains stand.");
    member_number(m, "ok", t->by_status[STATUS_OK], "Nothing is wrong.");
    member_number(m, "warning", t->by_status[STATUS_WARNING], "Something is degraded or fragile.");
    member_number(m, "error", t->by_status[STATUS_ERROR], "Mail is lost, refused or interceptable.");
    member_number(m, "inconclusive", t->by_status[STATUS_INCONCLUSIVE], "Nothing failed, but something decisive could not be tested.");
    member_close(m);
}

struct counted_check {
    const struct check *check;
    struct tally_check domains;
};

static int compare_checks(const void *a, const void *b)
{
    const struct counted_check *x = a, *y = b;
    if (x->domains.failed != y->domains.failed)
        return x->domains.failed > y->domains.failed ? -1 : 1;
    if (x->domains.unknown != y->domains.unknown)
        return x->domains.unknown > y->domains.unknown ? -1 : 1;
    return strcmp(x->check->id, y->check->id);
}

static void write_check(struct members *m, const struct counted_check *c)
{
    item_object(m);
    member_text(m, "id", c->check->id, "The check.");
    member_word(m, "severity", severities[c->check->severity], &(struct vocabulary){.list = severities}, "What a failure of it weighs.");
    member_number(m, "failed", c->domains.failed, "Domains where it fails.");
    member_number(m, "unknown", c->domains.unknown, "Domains where it could not be decided and fails nowhere.");
    member_number(m, "passed", c->domains.passed, "Domains where it passes and nothing else.");
    member_close(m);
}

static void write_checks(struct members *m, const struct tally *t, struct buf *out)
{
    struct counted_check *all = calloc(check_count(), sizeof *all);
    size_t n = 0;
    out->failed = out->failed || !all;
    for (size_t i = 0; all && !m->described && i < check_count(); i++)
        if (t->checks[i].failed || t->checks[i].unknown)
            all[n++] = (struct counted_check){check_at(i), t->checks[i]};
    if (n)
        qsort(all, n, sizeof *all, compare_checks);
    if (all && m->described)
        all[n++].check = check_at(0);
    member_array(m, "findings", "Checks that fail or could not be decided somewhere; the one that fails for most domains first.");
    for (size_t i = 0; i < n; i++)
        write_check(m, &all[i]);
    member_close(m);
    free(all);
}

static void write_shared(struct members *m, const char *key, const struct heavy *h, const char *says)
{
    static char nothing[1];
    static const struct heavy_entry blank = {.name = nothing};
    const struct heavy_entry *list[TALLY_LISTED] = {&blank};
    size_t n = m->described ? 1 : heavy_list(h, list, TALLY_LISTED);
    member_object(m, key, says);
    member_number(m, "missed_at_most", h->given_up,
                  "Domains that use a name which was not kept, for each such name at most; 0: all names were kept, and every number is exact.");
    member_number(m, "names", h->count, "Names that were kept.");
    member_array(m, "heaviest", "The names that most domains use, at most 100.");
    for (size_t i = 0; i < n; i++) {
        item_object(m);
        member_str(m, "name", (struct str){list[i]->name, list[i]->name_bytes}, "What is shared.");
        member_number(m, "domains", list[i]->domains, "Domains that use it.");
        member_number(m, "sole", list[i]->sole, "Of them, that have no other: what befalls it befalls them.");
        member_number(m, "errors", list[i]->with_errors, "Of them, that have errors.");
        member_number(m, "missed_at_most", list[i]->missed, "Domains that may use it and were not counted, at most; 0: the numbers are exact.");
        member_close(m);
    }
    member_close(m);
    member_close(m);
}

static void write_summary(struct buf *out, const struct tally *t, bool whole, uint64_t rejected, struct described *described)
{
    static const char *const versions[] = {REPORT_SCHEMA_VERSION, NULL};
    static const struct schema_head head = {"urn:mxassay:bulk-summary:1.0", "mxassay bulk summary", "What the lines of a bulk run say together."};
    struct members m;
    members_begin(&m, out, SUMMARY_INDENT, described, &head);
    member_word(&m, "schema_version", REPORT_SCHEMA_VERSION, &(struct vocabulary){.list = versions},
                "The version of this form; members are only added within one major version.");
    write_generator(&m);
    member_bool(&m, "complete", whole && !t->unread, "Every name of the input has a line, and every line was counted.");
    member_number(&m, "domains", t->domains, "Lines that were counted, those of earlier runs into the same file among them.");
    member_number(&m, "unread", t->unread, "Lines of an earlier run that are no reports.");
    member_number(&m, "rejected", rejected, "Lines of the input that name no domain.");
    member_text_or_null(&m, "first_checked_at", *t->first ? t->first : NULL, "When the first check began; null: there was none.");
    member_text_or_null(&m, "last_checked_at", *t->last ? t->last : NULL, "When the last check began.");
    write_statuses(&m, t);
    write_checks(&m, t, out);
    member_object(&m, "shared", "What many domains hang on.");
    write_shared(&m, "servers", &t->shared[TALLY_SERVERS], "Mail hosts.");
    write_shared(&m, "addresses", &t->shared[TALLY_ADDRESSES], "Addresses of mail hosts.");
    write_shared(&m, "certificate_authorities", &t->shared[TALLY_CAS], "Organisations that issued the certificates of mail hosts; self-signed ones left out.");
    write_shared(&m, "operators", &t->shared[TALLY_OPERATORS], "Organisational domains of mail hosts.");
    member_close(&m);
    members_end(&m);
    buf_add_char(out, '\n');
}

void tally_write(struct buf *out, const struct tally *t, bool whole, uint64_t rejected)
{
    write_summary(out, t, whole, rejected, NULL);
}

void tally_write_schema(struct buf *out)
{
    static const struct tally blank;
    struct described described[MEMBERS_DEPTH_MAX];
    write_summary(out, &blank, true, 0, described);
}
