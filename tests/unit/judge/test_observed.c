/* SPDX-License-Identifier: Apache-2.0 */
/* test_observed - TLS that was seen in clear: what passes, what is left open, and that nobody is accused by it. */
#include "sender_world.h"

#include <stdio.h>

/* The connection ended in the middle of a handshake of TLS 1.2, by our own will. */
static struct tls_facts *observe(struct session_facts *s)
{
    cut_at(s, STEP_EHLO_TLS, END_OBSERVED);
    s->end_step = STEP_HANDSHAKE;
    s->observes = true;
    s->tls.result = TLS_OBSERVED;
    s->tls.version = "TLSv1.2";
    s->tls.cipher = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    s->tls.cipher_id = 0xc02c;
    s->tls.group = "X25519";
    s->tls.hybrid_offered = false;
    s->tls.tls13_announced = true;
    return &s->tls;
}

static void observe_all(struct world *w)
{
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        observe(w->sessions[i]);
}

static void one_thing_is_left_open(void **state)
{
    struct world *w = *state;
    observe_all(w);
    expect_findings(w, "tls.handshake:not_proven");
    static const char *const seen[] = {"tls.version-floor",   "tls.version-13", "tls.cipher-negotiated", "tls.key-exchange", "tls.legacy-features",
                                       "cert.present",        "cert.dates",     "cert.name-match",       "cert.trusted",     "cert.chain-complete",
                                       "smtp.reply-injection"};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        expect_verdict(w, seen[i], "mx1/v4:25", VERDICT_PASS);
    static const char *const unseen[] = {"tls.pq-hybrid", "smtp.ehlo-after-tls", "relay.rcpt-refused", "smtp.probe-accepted", "smtp.reply-syntax"};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        expect_via(w, unseen[i], "mx1/v4:25", VERDICT_UNKNOWN, "tls.handshake");
    assert_true(w->out.summary.any_smtp_ok);
    assert_int_equal(w->out.summary.all_tls_ok, TRI_UNKNOWN);
    assert_int_equal(w->out.summary.status, STATUS_OK);
    assert_string_equal(endpoint_outcome(w->endpoints[MX1_V4]), "completed");
}

static void what_would_be_wrong_is_unknown(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *id;
        struct tls_facts tls;
    } wrong[] = {
        {"cert.present", {.certificate_count = 0}},
        {"cert.trusted", {.trust = TRUST_SELF_SIGNED}},
        {"cert.name-match", {.name_matches = TRI_NO}},
        {"cert.chain-complete", {.chain_in_order = TRI_NO}},
        {"tls.cipher-negotiated", {.cipher = "TLS_RSA_WITH_RC4_128_SHA"}},
        {"tls.key-exchange", {.cipher = "TLS_RSA_WITH_AES_256_GCM_SHA384"}},
        {"tls.legacy-features", {.renegotiation_info = TRI_NO}},
        {"tls.version-13", {.tls13_announced = false}},
        {"tls.version-floor", {.version = "TLSv1"}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tls_facts *tls = observe(w->sessions[MX1_V4]);
        const struct tls_facts good = *tls, *bad = &wrong[i].tls;
        if (bad->trust)
            tls->trust = bad->trust;
        else if (bad->name_matches)
            tls->name_matches = bad->name_matches;
        else if (bad->chain_in_order)
            tls->chain_in_order = bad->chain_in_order;
        else if (bad->cipher)
            tls->cipher = bad->cipher;
        else if (bad->renegotiation_info)
            tls->renegotiation_info = bad->renegotiation_info;
        else if (bad->version)
            tls->version = bad->version;
        else if (strcmp(wrong[i].id, "cert.present") == 0)
            tls->certificate_count = 0;
        else
            tls->tls13_announced = false;
        expect_unknown(w, wrong[i].id, "mx1/v4:25", REASON_NOT_PROVEN);
        assert_int_equal(w->out.summary.errors + w->out.summary.warnings, 0);
        *tls = good;
    }
}

static void the_detail_says_what_was_seen(void **state)
{
    struct world *w = *state;
    observe(w->sessions[MX1_V4])->certificates[0].not_before.s = w->now.s - 338 * (int64_t)DAY_S;
    expect_unknown(w, "cert.lifetime-ready", "mx1/v4:25", REASON_NOT_PROVEN);
    expect_detail(w, "cert.lifetime-ready", "mx1/v4:25", "valid for");
}

/* It was seen before TLS, which proves nothing more. */
static void what_is_wrong_in_clear_is_wrong(void **state)
{
    struct world *w = *state;
    observe(w->sessions[MX1_V4]);
    add_capability(w, &w->sessions[MX1_V4]->ehlo, "AUTH PLAIN LOGIN");
    expect_verdict(w, "smtp.auth-cleartext", "mx1/v4:25", VERDICT_FAIL);
}

/* What was proven on another connection to the same server counts. */
static void proof_is_stronger(void **state)
{
    struct world *w = *state;
    struct session_facts *proof = add_session(w->endpoints[MX1_V4], CONNECTION_PROOF);
    observe(w->sessions[MX1_V4])->trust = TRUST_SELF_SIGNED;
    proof->tls.trust = TRUST_SELF_SIGNED;
    expect_verdict(w, "tls.handshake", "mx1/v4:25", VERDICT_PASS);
    expect_verdict(w, "cert.trusted", "mx1/v4:25", VERDICT_FAIL);
    expect_verdict(w, "tls.pq-hybrid", "mx1/v4:25", VERDICT_PASS);
    expect_verdict(w, "relay.rcpt-refused", "mx1/v4:25", VERDICT_PASS);
}

/* Who refuses every handshake has not passed by what he showed before. */
static void a_refusal_is_stronger(void **state)
{
    struct world *w = *state;
    struct session_facts *proof = add_session(w->endpoints[MX1_V4], CONNECTION_PROOF), *legacy = add_session(w->endpoints[MX1_V4], CONNECTION_LEGACY_TLS);
    observe(w->sessions[MX1_V4]);
    proof->tls.result = legacy->tls.result = TLS_ALERT;
    proof->end = legacy->end = END_TLS_FAILED;
    expect_verdict(w, "tls.handshake", "mx1/v4:25", VERDICT_FAIL);
    expect_verdict(w, "tls.version-floor", "mx1/v4:25", VERDICT_NA);
}

/* Our first hello was dropped, and for a second there was no time: that says nothing about the server. */
static void a_drop_of_our_own_hello_accuses_nobody(void **state)
{
    struct world *w = *state;
    static const enum session_end ends[] = {END_CLOSED, END_RESET, END_TLS_FAILED, END_TIMEOUT, END_OBSERVED};
    static const enum reason reasons[] = {REASON_THROTTLED, REASON_THROTTLED, REASON_LIMIT, REASON_TIMEOUT, REASON_INTERNAL};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        observe(w->sessions[MX1_V4])->result = TLS_NOT_TRIED;
        w->sessions[MX1_V4]->tls.certificate_count = 0;
        w->sessions[MX1_V4]->end = ends[i];
        expect_unknown(w, "tls.handshake", "mx1/v4:25", reasons[i]);
        expect_unknown(w, "tls.version-floor", "mx1/v4:25", reasons[i]);
        expect_verdict(w, "smtp.probe-accepted", "mx1/v4:25", VERDICT_PASS);
        assert_string_not_equal(endpoint_outcome(w->endpoints[MX1_V4]), "tls_failed");
        if (ends[i] == END_TLS_FAILED)
            expect_detail(w, "tls.handshake", "mx1/v4:25", "our first ClientHello had no answer to build on");
    }
}

/* Servers that were proven and servers that were observed are not compared in what both do not show. */
static void a_mixed_pool(void **state)
{
    struct world *w = *state;
    observe(w->sessions[MX1_V6]);
    expect_verdict(w, "pool.tls-level", "", VERDICT_UNKNOWN);
    expect_verdict(w, "pool.backup-weaker", "", VERDICT_UNKNOWN);
    expect_verdict(w, "pool.starttls", "", VERDICT_UNKNOWN);
    without_starttls(w, w->sessions[MX2_V4]);
    expect_verdict(w, "pool.starttls", "", VERDICT_FAIL); /* two are proven, one has none */
}

static void a_policy_that_cannot_tell(void **state)
{
    struct world *w = *state;
    static struct tls_policy policy;
    struct tls_policy_problem problem;
    const struct str text = STR("suite\tTLS_AES_*\tweak\nsuite\t*\tgood\n");
    assert_int_equal(tls_policy_parse(text, "strange", &policy, &problem), 0);
    w->options.tls_policy = &policy;
    observe(w->sessions[MX1_V4]);
    expect_unknown(w, "tls.cipher-negotiated", "mx1/v4:25", REASON_NOT_PROVEN);
}

static void senders_go_by_what_was_seen(void **state)
{
    struct world *w = *state;
    with_sts(w, MTA_STS_MODE_ENFORCE, 2);
    observe_all(w);
    expect_senders(w, "PEEEAAA");
    expect_words(w, "verify", "TLS was observed there, and the handshake not finished.");
    expect_verdict(w, "mtasts.mx-certificate", "mx1/v4:25", VERDICT_PASS);
    expect_via(w, "mtasts.mx-tls", "mx1/v4:25", VERDICT_UNKNOWN, "tls.handshake");
    for (size_t i = 0; i < WORLD_ADDRESSES; i++)
        w->sessions[i]->tls.trust = TRUST_SELF_SIGNED;
    expect_senders(w, "PEEE???");
}

static void expect_proven(struct world *w, const char *profile)
{
    const char *text = sender_of(w, profile)->explanation;
    if (strstr(text, "observed"))
        fail_msg("%s: \"%s\" speaks of what was observed", profile, text);
}

static void senders_are_told_of_what_was_not_proven(void **state)
{
    struct world *w = *state;
    expect_proven(w, "opportunistic");
    observe_all(w);
    expect_words(w, "opportunistic", "TLS was observed there, and the handshake not finished.");
    expect_proven(w, "plain"); /* who speaks no TLS has nothing to prove */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(one_thing_is_left_open),
        WORLD_TEST(what_would_be_wrong_is_unknown),
        WORLD_TEST(the_detail_says_what_was_seen),
        WORLD_TEST(what_is_wrong_in_clear_is_wrong),
        WORLD_TEST(proof_is_stronger),
        WORLD_TEST(a_refusal_is_stronger),
        WORLD_TEST(a_drop_of_our_own_hello_accuses_nobody),
        WORLD_TEST(a_mixed_pool),
        WORLD_TEST(a_policy_that_cannot_tell),
        BARE(senders_go_by_what_was_seen),
        BARE(senders_are_told_of_what_was_not_proven),
    };
    return cmocka_run_group_tests_name("observed", tests, NULL, NULL);
}
