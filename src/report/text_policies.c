/* SPDX-License-Identifier: Apache-2.0 */
/* text_policies - the report for people: what the domain publishes about its mail, in one line, and what was assumed. */
#include "judge/sts.h"
#include "report/text_parts.h"

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
        return r->record.txt.status == DNS_FOUND || r->record.txt.status == DNS_NODATA || r->record.txt.status == DNS_NXDOMAIN ? "none" : "not known";
    return r->record.count > 1 || r->record.flaw ? "broken" : "ok";
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
    if (f->host_count == 0 || (!f->mta_sts.wanted && !f->tls_rpt.wanted)) {
        if (f->mx.assumed || f->mta_sts.assumed)
            page_newline(p);
        return;
    }
    page_label(p, INDENT, LABEL_TEXT_AT, "policy");
    if (f->mta_sts.wanted)
        page_add_format(p, "MTA-STS %s", mta_sts_words(f));
    if (f->tls_rpt.wanted)
        page_add_format(p, "%sTLS-RPT %s", f->mta_sts.wanted ? "; " : "", tls_rpt_words(&f->tls_rpt));
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
    page_newline(p);
}
