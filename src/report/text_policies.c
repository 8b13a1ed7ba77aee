/* SPDX-License-Identifier: Apache-2.0 */
/* text_policies - the report for people: what the domain publishes about its mail, in one line, and what was assumed. */
#include "report/text_parts.h"
#include "report/view.h"

static void put(struct page *p, bool *any, const char *name, const char *words)
{
    if (!words)
        return;
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
    if (f->host_count == 0 || (!f->mta_sts.wanted && !f->tls_rpt.wanted && !f->spf.wanted && !f->dkim.wanted && !f->dmarc.wanted && !view_bimi(f))) {
        if (f->mx.assumed || f->mta_sts.assumed)
            page_newline(p);
        return;
    }
    bool any = false;
    page_label(p, INDENT, LABEL_TEXT_AT, "policy");
    put(p, &any, "MTA-STS", view_mta_sts(f));
    put(p, &any, "TLS-RPT", view_tls_rpt(f));
    put(p, &any, "SPF", view_spf(f));
    put(p, &any, "DKIM", view_dkim(f));
    put(p, &any, "DMARC", view_dmarc(f));
    put(p, &any, "BIMI", view_bimi(f));
    page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT);
    page_newline(p);
    page_newline(p);
}
