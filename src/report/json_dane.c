/* SPDX-License-Identifier: Apache-2.0 */
/* json_dane - the report as JSON: TLSA records, what they are worth at each host, and what they say of a chain. */
#include "report/json_parts.h"
#include "report/view.h"

static const char *const flaw_texts[] = {
    [TLSA_SOUND] = NULL,
    [TLSA_TOO_SHORT] = "too_short",
    [TLSA_UNKNOWN_USAGE] = "unknown_usage",
    [TLSA_UNKNOWN_SELECTOR] = "unknown_selector",
    [TLSA_UNKNOWN_MATCHING_TYPE] = "unknown_matching_type",
    [TLSA_WRONG_LENGTH] = "wrong_length",
    [TLSA_NOT_DER] = "not_der",
};

static const char *flaw_word(unsigned flaw)
{
    return flaw_texts[flaw];
}
static const struct vocabulary flaw_words = {.of = flaw_word, .last = TLSA_NOT_DER};

static void write_record(struct members *m, const struct host_facts *h, uint16_t port, const struct tlsa_base *base, const struct tlsa_record *r)
{
    item_object(m);
    member_number(m, "port", port, "The port that the record is about.");
    member_text(m, "base", base->name, "The name below which it stands: _PORT._tcp.BASE.");
    member_number(m, "usage", r->usage, "3: the server's own certificate; 2: a CA; 1 and 0: the same with a public CA.");
    member_number(m, "selector", r->selector, "1: the public key, 0: the whole certificate.");
    member_number(m, "matching_type", r->matching_type, "1: SHA-256, 2: SHA-512, 0: no digest.");
    member_hex(m, "data", (const uint8_t *)r->data.p, r->data.n, "The digest, or what it would be of.");
    member_word_or_null(m, "dnssec", view_dnssec(&base->lookup), &json_dnssec_words, "Of the TLSA answer.");
    member_word_or_null(m, "flaw", flaw_word(r->flaw), &flaw_words, "Why nobody can use it; null: it is sound.");
    member_bool(m, "usable", dane_is_usable(r, view_dane_service(h, port)), "Senders to this port can use it.");
    member_close(m);
}

void json_write_tlsa(struct members *m, const struct host_facts *h)
{
    member_array(m, "tlsa", "The TLSA records that were found.");
    for (size_t t = 0; t < h->tlsa_count; t++)
        for (size_t b = 0; b < h->tlsa[t].base_count; b++)
            for (size_t i = 0; i < h->tlsa[t].bases[b].record_count; i++)
                write_record(m, h, h->tlsa[t].port, &h->tlsa[t].bases[b], &h->tlsa[t].bases[b].records[i]);
    member_close(m);
}

void json_write_dane(struct members *m, const struct facts *f)
{
    static const char *const states[] = {[DANE_NOT_KNOWN] = "unknown", [DANE_NONE] = "none",         [DANE_UNUSABLE] = "unusable",
                                         [DANE_USABLE] = "usable",     [DANE_TEMPFAIL] = "tempfail", NULL};
    member_array(m, "dane", "What a sender that knows DANE has to do at each mail host.");
    for (size_t i = 0; i < f->host_count; i++) {
        const struct host_facts *h = &f->hosts[i];
        const struct dane d = dane_decide(f, h, view_is_server(f) ? f->target.port : SMTP_PORT, DANE_MX);
        item_object(m);
        member_text(m, "host", h->name, "The mail host.");
        member_word(m, "state", states[d.state], &(struct vocabulary){.list = states},
                    "usable: a record must match; unusable: there must be TLS; none: no DANE; tempfail: not to be used for now.");
        member_text_or_null(m, "base", d.base ? d.base->name : NULL, "The name whose records count; null: none do.");
        member_number(m, "usable_records", d.usable_count, "Of these.");
        member_bool(m, "mx_insecure", d.mx_insecure, "The host is protected, the MX answer that leads there is not.");
        member_close(m);
    }
    member_close(m);
}

void json_write_dane_word(struct members *m, const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e, const struct tls_facts *t)
{
    static const char *const texts[] = {[VIEW_DANE_UNKNOWN] = NULL,         [VIEW_DANE_NONE] = "none",   [VIEW_DANE_UNUSABLE] = "unusable",
                                        [VIEW_DANE_TEMPFAIL] = "tempfail",  [VIEW_DANE_MATCH] = "match", [VIEW_DANE_MISMATCH] = "mismatch"};
    static const char *const words[] = {"none", "unusable", "tempfail", "match", "mismatch", NULL};
    member_word_or_null(m, "dane", texts[view_dane(f, h, e, t)], &(struct vocabulary){.list = words}, "What the TLSA records say of this chain; null: not known.");
}
