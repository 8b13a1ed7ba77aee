/* SPDX-License-Identifier: Apache-2.0 */
/* text_survey - with --deep: the TLS versions, suites and groups that each server takes, and how good each is. */
#include "judge/tls_classes.h"
#include "report/text_parts.h"

enum { LABEL_AT = 4, TEXT_AT = 18 };

static enum ink ink_of(enum tls_class class)
{
    static const enum ink inks[] = {[TLS_CLASS_BAD] = INK_BAD, [TLS_CLASS_WEAK] = INK_WARN, [TLS_CLASS_NO_AUTH] = INK_WARN, [TLS_CLASS_UNKNOWN] = INK_UNSURE};
    return class == TLS_CLASS_GOOD || class == TLS_CLASS_ACCEPTABLE ? INK_PLAIN : inks[class];
}

static void put_item(struct page *p, const char *name, uint16_t number, enum tls_class class)
{
    if (name)
        page_add_text(p, name);
    else
        page_add_format(p, "0x%04x", number);
    if (ink_of(class) != INK_PLAIN)
        page_add_format(p, " (%s)", class == TLS_CLASS_NO_AUTH ? "no certificate" : tls_class_word(class));
    page_to(p, TEXT_AT);
    page_wrap_added(p, ink_of(class), TEXT_AT + 2);
    page_newline(p);
}

static void put_version(struct page *p, const struct tls_policy *policy, const struct tls_survey_facts *f, enum survey_version v)
{
    const char *name = tls_survey_version_name(v);
    enum tls_class class = tls_version_class(policy, name);
    if (f->versions[v] != TRI_YES)
        return;
    page_label(p, LABEL_AT, TEXT_AT, name);
    page_text(p, ink_of(class), class == TLS_CLASS_BAD ? "accepted (bad)" : class == TLS_CLASS_WEAK ? "accepted (weak)" : "accepted");
    page_text(p, INK_DIM, f->suites_complete[v] ? ", with these ciphers and no others" : ", among others with");
    page_newline(p);
    for (size_t i = 0; i < f->suite_count[v]; i++) {
        const char *suite = tls_suite_name(f->suites[v][i]);
        put_item(p, suite, f->suites[v][i], tls_suite_class(policy, suite));
    }
}

static void put_refused(struct page *p, const struct tls_survey_facts *f)
{
    bool any = false;
    for (int v = SURVEY_VERSION_COUNT - 1; v >= 0; v--)
        if (f->versions[v] == TRI_NO) {
            page_add_format(p, "%s%s", any ? ", " : "", tls_survey_version_name((enum survey_version)v));
            any = true;
        }
    if (f->ssl2 == TRI_NO) {
        page_add_format(p, "%sSSLv2", any ? ", " : "");
        any = true;
    }
    if (!any)
        return;
    page_label(p, LABEL_AT, TEXT_AT, "refused");
    page_wrap_added(p, INK_PLAIN, TEXT_AT);
    page_newline(p);
}

static void put_groups(struct page *p, const struct tls_policy *policy, const struct tls_survey_facts *f)
{
    for (size_t i = 0; i < f->group_count; i++) {
        const char *name = tls_group_name(f->groups[i]);
        if (i == 0)
            page_label(p, LABEL_AT, TEXT_AT, "groups");
        put_item(p, name, f->groups[i], tls_group_class(policy, name, tls_group_dh_bits(f->groups[i])));
    }
    if (!f->dh_bits)
        return;
    page_label(p, LABEL_AT, TEXT_AT, "DHE");
    page_format(p, ink_of(tls_group_class(policy, f->dh_group, f->dh_bits)), "%u bits%s%s", f->dh_bits, f->dh_group ? ", " : "",
                f->dh_group ? f->dh_group : "");
    page_newline(p);
}

static void put_endpoint(struct page *p, const struct report *r, const struct subject *s)
{
    const struct tls_survey_facts *survey = &s->endpoint->deep->survey;
    const struct tls_policy *policy = r->judgement->tls_policy;
    page_to(p, INDENT);
    text_add_subject(p, r->facts, s);
    page_wrap_added(p, INK_BOLD, INDENT + 2);
    page_newline(p);
    if (survey->ssl2 == TRI_YES) {
        page_label(p, LABEL_AT, TEXT_AT, "SSLv2");
        page_text(p, INK_BAD, "accepted (bad)");
        page_newline(p);
    }
    for (int v = SURVEY_VERSION_COUNT - 1; v >= 0; v--)
        put_version(p, policy, survey, (enum survey_version)v);
    put_refused(p, survey);
    put_groups(p, policy, survey);
    page_label(p, LABEL_AT, TEXT_AT, "found by");
    page_add_format(p, "%zu ClientHello%s%s%s", survey->hellos, survey->hellos == 1 ? "" : "s", survey->ended_by ? "; it ended early: " : "",
                    survey->ended_by ? survey->ended_by : "");
    page_wrap_added(p, INK_DIM, TEXT_AT);
    page_newline(p);
    page_newline(p);
}

void text_write_survey(struct page *p, const struct report *r)
{
    const struct facts *f = r->facts;
    bool any = false;
    for (size_t h = 0; h < f->host_count + f->submission_host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++) {
                const struct address_facts *address = &f->hosts[h].addresses[a];
                const struct endpoint_facts *endpoint = &address->endpoints[e];
                if (!endpoint->deep || !endpoint->deep->survey.begun)
                    continue;
                if (!any) {
                    page_text(p, INK_BOLD, "TLS, surveyed");
                    page_newline(p);
                }
                any = true;
                put_endpoint(p, r, &(struct subject){.host = &f->hosts[h], .address = address, .endpoint = endpoint});
            }
}
