/* SPDX-License-Identifier: Apache-2.0 */
/* json_survey - what hand-made ClientHellos showed of a server, in JSON: versions, suites, groups, signatures, and how good each is. */
#include "judge/tls_classes.h"
#include "report/json_parts.h"

static const char *class_word(unsigned class)
{
    return tls_class_word((enum tls_class) class);
}
static const struct vocabulary class_words = {.of = class_word, .last = TLS_CLASS_NO_AUTH};

static void write_named(struct members *m, uint16_t number, const char *name, enum tls_class class)
{
    item_object(m);
    member_number(m, "id", number, "Its number at IANA.");
    member_text_or_null(m, "name", name, "Its name.");
    member_word(m, "class", m->described ? "" : tls_class_word(class), &class_words, "How good it is, by generator.tls_policy.");
    member_close(m);
}

static void write_version(struct members *m, const struct tls_policy *policy, const struct tls_survey_facts *f, enum survey_version v)
{
    const char *name = tls_survey_version_name(v);
    item_object(m);
    member_text(m, "version", name, "TLSv1.3, ...");
    member_word(m, "class", m->described ? "" : tls_class_word(tls_version_class(policy, name)), &class_words, "How good it is, by generator.tls_policy.");
    member_tri(m, "accepted", f->versions[v], "Answered by a ServerHello; null: not asked, or the answer told nothing.");
    member_array(m, "suites", "Suites that were agreed to, as they were found.");
    for (size_t i = 0; i < f->suite_count[v]; i++)
        write_named(m, f->suites[v][i], tls_suite_name(f->suites[v][i]), tls_suite_class(policy, tls_suite_name(f->suites[v][i])));
    member_close(m);
    member_bool(m, "complete", f->suites_complete[v], "Every other suite was refused.");
    member_close(m);
}

static void write_groups(struct members *m, const struct tls_policy *policy, const struct tls_survey_facts *f)
{
    member_array(m, "groups", "Groups of the key exchange that were agreed to.");
    for (size_t i = 0; i < f->group_count; i++) {
        const char *name = tls_group_name(f->groups[i]);
        write_named(m, f->groups[i], name, tls_group_class(policy, name, tls_group_dh_bits(f->groups[i])));
    }
    member_close(m);
    member_bool(m, "groups_complete", f->groups_complete, "Every other group was refused.");
    member_array(m, "signatures", "Signature schemes of the key exchange that were used.");
    for (size_t i = 0; i < f->signature_count; i++)
        write_named(m, f->signatures[i], tls_signature_name(f->signatures[i]), tls_signature_class(policy, tls_signature_name(f->signatures[i])));
    member_close(m);
}

void json_write_survey(struct members *m, const struct tls_policy *policy, const struct endpoint_facts *e)
{
    static const struct tls_survey_facts nothing;
    const struct tls_survey_facts *f = e->deep ? &e->deep->survey : &nothing;
    if (!member_object_or_null(m, "tls_survey", f->begun, "What ClientHellos of our own making showed, with --deep; null: none was sent."))
        return;
    member_number(m, "hellos", f->hellos, "ClientHellos sent, each on a connection of its own.");
    member_text_or_null(m, "ended_by", f->ended_by, "Why it ended early; null: it did not.");
    member_array(m, "versions", "The newest first.");
    for (int v = SURVEY_VERSION_COUNT - 1; v >= (m->described ? SURVEY_VERSION_COUNT - 1 : 0); v--)
        write_version(m, policy, f, (enum survey_version)v);
    member_close(m);
    member_tri(m, "ssl2", f->ssl2, "SSL 2 was agreed to.");
    write_groups(m, policy, f);
    member_tri(m, "hybrid", f->hybrid, "A group with ML-KEM is agreed to.");
    member_tri(m, "broken_suites", f->broken_suites, "A broken suite is agreed to.");
    member_tri(m, "ageing_suites", f->ageing_suites, "An ageing suite is agreed to.");
    member_tri(m, "dhe", f->dhe, "A suite with Diffie-Hellman over finite fields is agreed to.");
    member_number_or_null(m, "dh_bits", f->dh_bits != 0, f->dh_bits, "Size of its group, in TLS 1.2 and below; null: none was seen.");
    member_text_or_null(m, "dh_group", f->dh_group, "The group's name in RFC 7919 or 3526; null: it is none of them.");
    member_tri(m, "compression", f->compression, "Compression was agreed to.");
    member_tri(m, "renegotiation_info", f->renegotiation_info, "Renegotiation is secured, in TLS 1.2 and below.");
    member_tri(m, "extended_master_secret", f->extended_master_secret, "The extended master secret is agreed to, in TLS 1.2 and below.");
    member_tri(m, "large_hello", f->large_hello, "A ClientHello of over 1.6 kB was answered.");
    member_tri(m, "short_hello", f->short_hello, "A short one was; null: the large one was answered.");
    member_tri(m, "server_order", f->server_order, "The server chooses suites by its own order.");
    member_close(m);
}
