/* SPDX-License-Identifier: Apache-2.0 */
/* text_policies - the report for people: what the domain publishes about its mail, in one line, and what was assumed. */
#include "judge/sts.h"
#include "report/text_parts.h"
#include "report/view.h"

static const char *mta_sts_words(const struct facts *f)
{
    static const char *const words[] = {
        [STS_NOT_KNOWN] = "not known", [STS_NONE] = "broken", [STS_MODE_NONE] = "mode none", [STS_TESTING] = "testing", [STS_ENFORCE] = "enforce",
    };
    enum sts_state state = sts_state(f);
    return state == STS_NONE && f->mta_sts.record.count == 0 ? "none" : words[state];
}

static const char *tls_rpt_words(const struct tls_rpt_facts *r)
{
    if (r->record.count == 0)
        return view_is_answered(&r->record.txt) ? "none" : "not known";
    return r->record.count > 1 || r->record.flaw ? "broken" : "ok";
}

/* What the record ends in, behind redirects. */
static const char *spf_words(const struct spf_facts *f)
{
    static const struct spf_record_seen not_seen;
    const struct spf_walk_facts *w = &f->walk;
    const struct spf_record_seen *r = w->record ? w->record : &not_seen;
    if (r->count == 0)
        return view_is_answered(&r->txt) ? "none" : "not known";
    if (r->count > 1 || w->error)
        return "broken";
    switch (w->all_qualifier) {
    case '+':
        return "+all";
    case '-':
        return "-all";
    case '~':
        return "~all";
    case '?':
        return "?all";
    default:
        return w->incomplete ? "not known" : "without all";
    }
}

/* What is asked for this very domain; t=y makes it one step less. */
static const char *dmarc_words(const struct dmarc_facts *d)
{
    static const char *const words[] = {
        [DMARC_MISSING] = "without policy", [DMARC_NONE] = "none", [DMARC_QUARANTINE] = "quarantine", [DMARC_REJECT] = "reject", [DMARC_INVALID] = "broken",
    };
    if (!d->policy)
        return d->complete ? "missing" : "not known";
    const struct dmarc_record *r = &d->policy->record;
    return words[d->policy != d->steps && r->sp ? r->sp : r->p];
}

static const char *dkim_words(const struct dkim_facts *d)
{
    for (size_t i = 0; i < d->selector_count; i++)
        if (d->selectors[i].count > 0)
            return "found";
    return d->wildcard ? "not known" : "not seen";
}

static void put(struct page *p, bool *any, const char *name, const char *words)
{
    page_add_format(p, "%s%s %s", *any ? "; " : "", name, words);
    *any = true;
}

static void put_assumed(struct page *p, const struct facts *f)
{
    if (!f->mx.assumed && !f->mta_sts.assumed)
        return;
    page_label(p, INDENT, LABEL_TEXT_AT, "assumed");
    if (f->mx.assumed)
        page_add_text(p, "the MX records, given with --assume instead of those in the DNS");
    if (f->mta_sts.assumed)
        page_add_format(p, "%sthe MTA-STS policy, read from %s instead of fetched", f->mx.assumed ? "; " : "", f->mta_sts.assumed);
    page_wrap_added(p, INK_UNSURE, LABEL_TEXT_AT);
    page_newline(p);
}

void text_write_policies(struct page *p, const struct facts *f)
{
    put_assumed(p, f);
    if (f->host_count == 0 || (!f->mta_sts.wanted && !f->tls_rpt.wanted && !f->spf.wanted && !f->dkim.wanted && !f->dmarc.wanted)) {
        if (f->mx.assumed || f->mta_sts.assumed)
            page_newline(p);
        return;
    }
    bool any = false;
    page_label(p, INDENT, LABEL_TEXT_AT, "policy");
    if (f->mta_sts.wanted)
        put(p, &any, "MTA-STS", mta_sts_words(f));
    if (f->tls_rpt.wanted)
        put(p, &any, "TLS-RPT", tls_rpt_words(&f->tls_rpt));
    if (f->spf.wanted)
        put(p, &any, "SPF", spf_words(&f->spf));
    if (f->dkim.wanted)
        put(p, &any, "DKIM", dkim_words(&f->dkim));
    if (f->dmarc.wanted)
        put(p, &any, "DMARC", dmarc_words(&f->dmarc));
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
    page_newline(p);
}
