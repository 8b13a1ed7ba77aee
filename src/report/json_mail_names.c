/* SPDX-License-Identifier: Apache-2.0 */
/* json_mail_names - the report as JSON: SPF, DKIM and DMARC of the domain, its name servers, and what block lists say. */
#include "report/json_parts.h"
#include "report/view.h"

static void write_spf_check(struct members *m, const struct spf_check_facts *f)
{
    static const char *const results[] = {"unchecked", "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror", NULL};
    char ip[IP_TEXT_BYTES] = "";
    if (f->ip.family != IP_NONE)
        ip_write(f->ip, ip);
    item_object(m);
    member_text(m, "ip", ip, "The address.");
    member_str_or_null(m, "host", f->helo.n > 0, f->helo, "The mail host, which is the name it greets with, too.");
    member_word(m, "result", spf_result_words[f->result], &(struct vocabulary){.list = results}, "As RFC 7208 2.6 has it.");
    member_number(m, "lookups", f->lookups, "Terms that asked the DNS.");
    member_number(m, "void_lookups", f->voids, "Terms that found nothing there.");
    member_close(m);
}

void json_write_spf(struct members *m, const struct facts *f)
{
    static const char *const ends[] = {"+all", "-all", "~all", "?all", NULL};
    static const struct spf_record_seen none;
    const struct spf_walk_facts *w = &f->spf.walk;
    const struct spf_record_seen *r = w->record ? w->record : &none;
    const char *end = NULL;
    for (size_t i = 0; ends[i]; i++)
        end = w->all_qualifier == ends[i][0] ? ends[i] : end;
    if (!member_object_or_null(m, "spf", f->spf.wanted, "Who may send for the domain; null: not asked for."))
        return;
    member_str_or_null(m, "record", r->text.n > 0, r->text, "The record; of several the first.");
    member_number(m, "records", r->count, "SPF records of the domain; only a single one is used.");
    member_word_or_null(m, "end", end, &(struct vocabulary){.list = ends}, "What ends it, behind redirects; null: no `all`.");
    member_number(m, "lookups", w->lookups, "Terms that ask the DNS, at worst; the limit is 10.");
    member_number(m, "void_lookups", w->voids, "Terms that find nothing there, at worst; the limit is 2.");
    member_bool(m, "complete", !w->incomplete, "All that the record pulls in was seen.");
    member_text_or_null(m, "error", w->error, "What makes receivers stop, limits aside; null: nothing.");
    member_str_or_null(m, "error_domain", w->error_at.domain.n > 0, w->error_at.domain, "In whose record.");
    member_str_or_null(m, "error_term", w->error_at.term.n > 0, w->error_at.term, "At which term; null: the record as a whole.");
    member_array(m, "checks", "Addresses of mail hosts, as senders for postmaster of the domain.");
    for (size_t i = 0; i < f->spf.check_count; i++)
        write_spf_check(m, &f->spf.checks[i]);
    member_close(m);
    member_close(m);
}

static const char *const key_types[] = {[DKIM_KEY_OTHER] = "other", [DKIM_KEY_RSA] = "rsa", [DKIM_KEY_ED25519] = "ed25519", NULL};

static void write_selector(struct members *m, const struct dkim_selector *d)
{
    bool has_key = d->count > 0;
    item_object(m);
    member_text(m, "selector", d->name, "Its name.");
    member_bool(m, "given", d->given, "The caller named it; else it was guessed.");
    member_number(m, "records", d->count, "TXT records there.");
    member_word_or_null(m, "key_type", has_key ? key_types[d->key.type] : NULL, &(struct vocabulary){.list = key_types}, "Of the key; null: there is none.");
    member_number_or_null(m, "key_bits", has_key && d->key.bits, d->key.bits, "Of an RSA modulus.");
    member_bool(m, "revoked", d->key.revoked, "The record says that the key is no longer good.");
    member_bool(m, "testing", d->key.testing, "The record is marked as a test.");
    member_text_or_null(m, "flaw", d->key.flaw, "What makes it useless; null: nothing.");
    member_close(m);
}

void json_write_dkim(struct members *m, const struct facts *f)
{
    const struct dkim_facts *d = &f->dkim;
    if (!member_object_or_null(m, "dkim", d->wanted, "Keys that verify the domain's signatures; null: not asked for."))
        return;
    member_array(m, "selectors", "Those that were named, and guessed ones with a key.");
    for (size_t i = 0; i < d->selector_count; i++)
        write_selector(m, &d->selectors[i]);
    member_close(m);
    member_number(m, "guesses", d->guesses, "Usual selectors that were asked for.");
    member_bool(m, "wildcard", d->wildcard, "Every name has a key record, so guesses tell nothing.");
    member_close(m);
}

static const char *const policy_words[] = {
    [DMARC_MISSING] = "", [DMARC_NONE] = "none", [DMARC_QUARANTINE] = "quarantine", [DMARC_REJECT] = "reject", [DMARC_INVALID] = "invalid", NULL,
};

static void write_policy(struct members *m, const char *key, enum dmarc_policy p, const char *says)
{
    static const char *const words[] = {"none", "quarantine", "reject", "invalid", NULL};
    member_word_or_null(m, key, p == DMARC_MISSING ? NULL : policy_words[p], &(struct vocabulary){.list = words}, says);
}

static void write_uris(struct members *m, const char *key, const struct str *uris, size_t count, const char *says)
{
    member_array(m, key, says);
    for (size_t i = 0; i < count; i++)
        item_str(m, uris[i]);
    member_close(m);
}

void json_write_dmarc(struct members *m, const struct facts *f)
{
    static const struct dmarc_step none;
    const struct dmarc_facts *d = &f->dmarc;
    const struct dmarc_step *step = d->policy ? d->policy : &none;
    const struct dmarc_record *r = &step->record;
    if (!member_object_or_null(m, "dmarc", d->wanted, "What receivers are asked to do with mail that only claims to be from the domain; null: not asked for."))
        return;
    member_text_or_null(m, "record_domain", step->domain, "Whose record applies; null: none does.");
    member_str_or_null(m, "record", r->text.n > 0, r->text, "The record.");
    write_policy(m, "p", r->p, "For the domain of the record.");
    write_policy(m, "sp", r->sp, "For names below it.");
    write_policy(m, "np", r->np, "For names below it that do not exist.");
    member_bool(m, "testing", r->testing, "t=y: receivers apply one step less.");
    member_text_or_null(m, "organisational_domain", d->organisational_domain, "By the walk up the tree; null: not known.");
    write_uris(m, "rua", r->rua, r->rua_count, "Where aggregate reports go.");
    write_uris(m, "ruf", r->ruf, r->ruf_count, "Where failure reports go.");
    member_text_or_null(m, "flaw", r->flaw, "What is wrong with the record; null: nothing.");
    member_close(m);
}

static const char *const server_words[] = {
    [AUTHORITY_NOT_ASKED] = "not_asked", [AUTHORITY_ANSWERS] = "answers",         [AUTHORITY_LAME] = "lame",       [AUTHORITY_REFUSES] = "refuses",
    [AUTHORITY_SILENT] = "silent",       [AUTHORITY_UNREACHABLE] = "unreachable", [AUTHORITY_TROUBLE] = "trouble", NULL,
};

static bool has_serial(const struct authority_facts *a, const struct authority_server *s, uint64_t *serial)
{
    for (size_t q = 0; s->answers && q < a->question_count; q++) {
        struct str line = s->answers[q].set;
        if (a->questions[q].about == ABOUT_SERIAL && line.n && str_number((struct str){line.p, line.n - 1}, UINT32_MAX, serial))
            return true;
    }
    return false;
}

void json_write_name_servers(struct members *m, const struct facts *f)
{
    const struct authority_facts *a = &f->authorities;
    member_array(m, "name_servers", "The zone's name servers, each asked directly for the MX records.");
    for (size_t i = 0; i < a->server_count; i++) {
        const struct authority_server *s = &a->servers[i];
        uint64_t serial = 0;
        bool serial_known = has_serial(a, s, &serial);
        char ip[IP_TEXT_BYTES] = "";
        if (s->ip.family != IP_NONE)
            ip_write(s->ip, ip);
        item_object(m);
        member_text(m, "name", s->name, "The name server.");
        member_text(m, "ip", ip, "One of its addresses.");
        member_word(m, "result", server_words[s->answers ? s->answers[0].status : AUTHORITY_NOT_ASKED], &(struct vocabulary){.list = server_words},
                    "answers: with authority.");
        member_bool(m, "over_tcp", s->answers && s->answers[0].over_tcp, "UDP had no answer.");
        member_number_or_null(m, "serial", serial_known, serial, "Of the zone; null: not known.");
        member_close(m);
    }
    member_close(m);
}

static const char *listing_word(const struct dnsbl_answer *a)
{
    if (a->refused || a->rewritten || !view_is_answered(&a->lookup))
        return "unusable";
    return a->classes ? "listed" : "clean";
}

void json_write_dnsbl(struct members *m, const struct address_facts *a)
{
    static const char *const words[] = {"listed", "clean", "unusable", NULL};
    member_array(m, "dnsbl", "What block lists say of the address; lists that are not sound were not asked.");
    for (size_t i = 0; i < a->dnsbl_count; i++) {
        const struct dnsbl_answer *d = &a->dnsbl[i];
        uint32_t code = d->code_count ? d->codes[0] : 0;
        char text[IP_TEXT_BYTES];
        if (!d->list && !m->described)
            continue;
        ip_write((struct ip){.family = IP_V4, .bytes = {(uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code}}, text);
        item_object(m);
        member_text(m, "list", d->list ? d->list->zone : "", "The list's zone.");
        member_word(m, "result", listing_word(d), &(struct vocabulary){.list = words}, "unusable: refused, failed, or invented on the way.");
        member_text_or_null(m, "code", d->code_count ? text : NULL, "The first address it answered with; null: none.");
        member_str_or_null(m, "text", d->text.n > 0, d->text, "The list's own words.");
        member_close(m);
    }
    member_close(m);
}
