/* SPDX-License-Identifier: Apache-2.0 */
/* deep_world - see deep_world.h. */
#include "deep_world.h"

static struct session_facts *copy_of_base(struct world *w, size_t address)
{
    struct session_facts *s = ARENA_NEW(&w->arena, struct session_facts);
    *s = *w->sessions[address];
    s->purpose = CONNECTION_DEEP;
    s->relay = (struct smtp_relay){0};
    s->ehlo_tls = (struct smtp_ehlo){0};
    return s;
}

static void own_certificates(struct world *w, struct tls_facts *tls)
{
    struct cert_facts *copy = ARENA_ARRAY(&w->arena, struct cert_facts, tls->certificate_count);
    memcpy(copy, tls->certificates, tls->certificate_count * sizeof *copy);
    tls->certificates = copy;
}

static void refuse_tries(struct world *w, struct smtp_deep *deep)
{
    static const struct smtp_try tries[] = {
        {.kind = TRY_SENDER, .mail_from = "postmaster@example.org", .rcpt_to = "relay-test@example.net"},
        {.kind = TRY_PERCENT, .mail_from = "", .rcpt_to = "relay-test%example.net@mx1.example.org"},
        {.kind = TRY_BANG, .mail_from = "", .rcpt_to = "example.net!relay-test@mx1.example.org"},
        {.kind = TRY_QUOTED, .mail_from = "", .rcpt_to = "\"relay-test@example.net\"@mx1.example.org"},
        {.kind = TRY_ROUTE, .mail_from = "", .rcpt_to = "@mx1.example.org:relay-test@example.net"},
    };
    deep->try_count = deep->tries_begun = sizeof tries / sizeof *tries;
    deep->tries = ARENA_ARRAY(&w->arena, struct smtp_try, deep->try_count);
    memcpy(deep->tries, tries, sizeof tries);
    for (size_t i = 0; i < deep->try_count; i++) {
        if (i < 2)
            set_reply(w, &deep->tries[i].mail, 250, "2.1.0 Ok");
        set_reply(w, &deep->tries[i].rcpt, 554, "5.7.1 Relay access denied");
    }
}

/* TLS 1.2 and 1.3 with one good suite each, and nothing else. */
static void survey(struct tls_survey_facts *f)
{
    static uint16_t tls13[] = {0x1302}, tls12[] = {0xc030}, groups[] = {0x11ec}, signatures[] = {0x0403};
    *f = (struct tls_survey_facts){.begun = true, .hellos = 9, .ssl2 = TRI_NO, .broken_suites = TRI_NO, .ageing_suites = TRI_NO, .dhe = TRI_NO, .hybrid = TRI_YES};
    for (int v = SURVEY_SSL3; v <= SURVEY_TLS11; v++)
        f->versions[v] = TRI_NO;
    f->versions[SURVEY_TLS12] = f->versions[SURVEY_TLS13] = TRI_YES;
    f->suites[SURVEY_TLS13] = tls13;
    f->suites[SURVEY_TLS12] = tls12;
    f->suite_count[SURVEY_TLS13] = f->suite_count[SURVEY_TLS12] = 1;
    f->groups = groups;
    f->signatures = signatures;
    f->group_count = f->signature_count = 1;
    f->compression = TRI_NO;
    f->renegotiation_info = f->extended_master_secret = f->large_hello = TRI_YES;
}

static void look_closely(struct world *w, size_t address)
{
    struct deep_facts *deep = ARENA_NEW(&w->arena, struct deep_facts);
    w->endpoints[address]->deep = deep;
    for (size_t i = 0; i < DEEP_CONNECTION_COUNT; i++)
        deep->left_out[i] = DEEP_NOT_NEEDED;
    static const enum deep_connection made[] = {DEEP_NO_SNI, DEEP_OTHER_KEY, DEEP_TLS12, DEEP_INJECTION, DEEP_PLAIN_MAIL};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        deep->sessions[made[i]] = copy_of_base(w, address);
        deep->left_out[made[i]] = DEEP_MADE;
        own_certificates(w, &deep->sessions[made[i]]->tls);
    }
    deep->left_out[DEEP_SURVEY] = DEEP_MADE;
    survey(&deep->survey);
    deep->sessions[DEEP_NO_SNI]->tls.sni = NULL;
    set_reply(w, &deep->sessions[DEEP_NO_SNI]->deep.starttls_again, 554, "5.5.1 TLS already active");
    deep->sessions[DEEP_OTHER_KEY]->tls.certificates[0].key_type = KEY_RSA;
    deep->sessions[DEEP_OTHER_KEY]->tls.certificates[0].key_type_text = "RSA";
    deep->sessions[DEEP_TLS12]->tls.version = "TLSv1.2";
    deep->sessions[DEEP_TLS12]->tls.exchange_hash = "SHA256";
    deep->sessions[DEEP_INJECTION]->deep.injected = true;
    struct session_facts *plain = deep->sessions[DEEP_PLAIN_MAIL];
    plain->starttls = (struct smtp_reply){0};
    plain->tls = (struct tls_facts){0};
    set_reply(w, &plain->deep.plain_mail, 250, "2.1.0 Ok");
    refuse_tries(w, &plain->deep);
}

void with_deep(struct world *w)
{
    w->facts.deep_wanted = true;
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        look_closely(w, i);
}

struct session_facts *deep_of(struct world *w, size_t address, enum deep_connection place)
{
    return w->endpoints[address]->deep->sessions[place];
}

void leave_out(struct world *w, size_t address, enum deep_connection place, enum deep_left_out why)
{
    w->endpoints[address]->deep->sessions[place] = NULL;
    w->endpoints[address]->deep->left_out[place] = why;
    if (place == DEEP_SURVEY)
        w->endpoints[address]->deep->survey = (struct tls_survey_facts){0};
}

void leave_all_out(struct world *w, enum deep_left_out why)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        for (size_t k = 0; k < DEEP_CONNECTION_COUNT; k++)
            leave_out(w, i, (enum deep_connection)k, why);
}
