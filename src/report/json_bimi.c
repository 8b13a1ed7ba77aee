/* SPDX-License-Identifier: Apache-2.0 */
/* json_bimi - the report as JSON: the brand indicator of the domain. */
#include "report/json_parts.h"
#include "report/view.h"

static void write_logo(struct members *m, const struct bimi_facts *f)
{
    const struct svg_facts *logo = f->logo;
    if (!member_object_or_null(m, "logo", f->logo_file.url.n > 0, "The file of `l`; null: the record names none."))
        return;
    member_str(m, "url", f->logo_file.url, "As written.");
    json_write_fetch(m, &f->logo_file.fetch, f->logo_file.host != NULL, "How it was fetched; null: its host has no name.");
    member_tri(m, "compressed", !logo ? TRI_UNKNOWN : logo->compressed ? TRI_YES : TRI_NO, "It was not looked into; null: it was not fetched.");
    member_text_or_null(m, "flaw", logo ? logo->flaw : NULL, "What keeps it from being a logo in SVG Tiny PS; null: nothing that is known.");
    member_str_or_null(m, "flaw_at", logo && logo->flaw_at.n, logo ? logo->flaw_at : (struct str){NULL, 0}, "Where; null: the file as a whole.");
    member_close(m);
}

static void write_certificate(struct members *m, const struct bimi_evidence *evidence)
{
    static const struct bimi_evidence none;
    const struct bimi_evidence *e = evidence ? evidence : &none;
    const struct cert_facts *leaf = &e->leaf;
    if (!member_object_or_null(m, "certificate", e->is_certificate, "The first one of the file; null: there is none."))
        return;
    member_str(m, "subject", leaf->subject, "RFC 2253 form.");
    member_str(m, "issuer", leaf->issuer, "RFC 2253 form.");
    member_time(m, "not_before", leaf->not_before, "Valid from.");
    member_time(m, "not_after", leaf->not_after, "Valid until.");
    member_array(m, "san", "DNS names in the subject alternative name.");
    for (size_t i = 0; i < leaf->san_dns_count; i++)
        item_str(m, leaf->san_dns[i]);
    member_close(m);
    member_bool(m, "for_bimi", e->for_bimi, "Its extended key usage has that of BIMI.");
    member_bool(m, "names_domain", e->names_domain, "It is for the domain, or for the one whose record is used.");
    member_close(m);
}

static void write_evidence(struct members *m, const struct bimi_facts *f)
{
    if (!member_object_or_null(m, "evidence", f->evidence_file.url.n > 0, "The file of `a`; null: the record names none."))
        return;
    member_str(m, "url", f->evidence_file.url, "As written.");
    json_write_fetch(m, &f->evidence_file.fetch, f->evidence_file.host != NULL, "How it was fetched; null: its host has no name.");
    write_certificate(m, f->evidence);
    member_close(m);
}

void json_write_bimi(struct members *m, const struct facts *f)
{
    const struct bimi_facts *b = &f->bimi;
    if (!member_object_or_null(m, "bimi", b->wanted, "The logo that receivers may show; null: not asked for."))
        return;
    member_text_or_null(m, "record_domain", b->domain, "Whose record stands here: the domain's, or where it has none the organisation's.");
    json_write_record(m, &b->record);
    member_bool(m, "declined", b->declined, "The record says that there is no logo.");
    write_logo(m, b);
    write_evidence(m, b);
    member_close(m);
}
