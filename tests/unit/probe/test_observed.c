/* SPDX-License-Identifier: Apache-2.0 */
/* test_observed - of what was seen in clear, what is enough and what is to be proven. */
#include "probe/observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { DAY_S = 24 * 60 * 60 };

static const struct wall now = {1795608000};
static struct cert_facts chain[2];
static struct tls_facts tls;

static int healthy(void **state)
{
    (void)state;
    chain[0] = (struct cert_facts){.not_before = {now.s - 30 * DAY_S},
                                   .not_after = {now.s + 60 * DAY_S},
                                   .key_type = KEY_EC,
                                   .curve = "P-256",
                                   .key_bits = 256,
                                   .signature_hash = "SHA256"};
    chain[1] = (struct cert_facts){
        .not_before = {now.s - 300 * DAY_S}, .not_after = {now.s + 900 * DAY_S}, .key_type = KEY_RSA, .key_bits = 2048, .signature_hash = "SHA384"};
    tls = (struct tls_facts){.result = TLS_OBSERVED,
                             .version = "TLSv1.2",
                             .cipher = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                             .group = "X25519",
                             .tls13_announced = true,
                             .extended_master_secret = TRI_YES,
                             .renegotiation_info = TRI_YES,
                             .compression = TRI_NO,
                             .certificates = chain,
                             .certificate_count = 2,
                             .certificates_sent = 2,
                             .trust = TRUST_YES,
                             .name_matches = TRI_YES,
                             .chain_in_order = TRI_YES,
                             .path_not_before = chain[0].not_before,
                             .path_not_after = chain[0].not_after};
    return 0;
}

#define ENOUGH(change) EXPECT(change, true)
#define TO_BE_PROVEN(change) EXPECT(change, false)
#define EXPECT(change, enough) \
    do { \
        healthy(NULL); \
        change; \
        if (observed_is_enough(&tls, now) != (enough)) \
            fail_msg("%s: is %senough", #change, (enough) ? "not " : ""); \
    } while (0)

static void what_most_servers_show_is_enough(void **state)
{
    (void)state;
    ENOUGH((void)0);
    ENOUGH(tls.cipher = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
    ENOUGH(tls.trust = TRUST_UNKNOWN); /* no store, so nobody is judged by one */
    ENOUGH(tls.name_matches = TRI_UNKNOWN);
    ENOUGH(tls.extended_master_secret = TRI_NO); /* in TLS 1.3 there is no other */
    ENOUGH(chain[0].key_type = KEY_ED25519);
    ENOUGH((chain[1].self_signed = true, chain[1].signature_hash = "SHA1")); /* a root vouches for itself by being known */
}

static void what_somebody_would_be_told_is_proven(void **state)
{
    (void)state;
    TO_BE_PROVEN(tls.result = TLS_NOT_TRIED);
    TO_BE_PROVEN(tls.tls13_announced = false);
    TO_BE_PROVEN(tls.cipher = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA");
    TO_BE_PROVEN(tls.cipher = "TLS_RSA_WITH_AES_256_GCM_SHA384");
    TO_BE_PROVEN(tls.cipher = NULL);
    TO_BE_PROVEN(tls.group = NULL);
    TO_BE_PROVEN(tls.compression = TRI_YES);
    TO_BE_PROVEN(tls.renegotiation_info = TRI_NO);
    TO_BE_PROVEN(tls.certificate_count = 0);
    TO_BE_PROVEN(tls.trust = TRUST_SELF_SIGNED);
    TO_BE_PROVEN(tls.trust = TRUST_INCOMPLETE);
    TO_BE_PROVEN(tls.name_matches = TRI_NO);
    TO_BE_PROVEN(tls.chain_in_order = TRI_NO);
    TO_BE_PROVEN(tls.path_has_unsent = true);
    TO_BE_PROVEN(tls.path_not_before.s = now.s + 1);
    TO_BE_PROVEN(tls.path_not_after.s = now.s - 1);
    TO_BE_PROVEN((chain[0].key_type = KEY_RSA, chain[0].key_bits = 1024));
    TO_BE_PROVEN(chain[1].key_bits = 1024);
    TO_BE_PROVEN(chain[0].curve = "secp256k1");
    TO_BE_PROVEN(chain[0].key_bits = 224);
    TO_BE_PROVEN(chain[0].key_type = KEY_OTHER);
    TO_BE_PROVEN(chain[1].signature_hash = "SHA1");
}

/* Rows about renewal begin at 30 days, or 30 % of a shorter life. */
static void the_end_that_is_near_is_proven(void **state)
{
    (void)state;
    TO_BE_PROVEN(tls.path_not_after.s = now.s + 27 * DAY_S);
    ENOUGH(tls.path_not_after.s = now.s + 28 * DAY_S);
    TO_BE_PROVEN((chain[0].not_before.s = now.s - 300 * DAY_S, tls.path_not_after.s = now.s + 30 * DAY_S - 1));
    ENOUGH((chain[0].not_before.s = now.s - 300 * DAY_S, tls.path_not_after.s = now.s + 30 * DAY_S));
    TO_BE_PROVEN((chain[0].not_before.s = now.s - 2 * DAY_S, chain[0].not_after.s = now.s + 3 * DAY_S, tls.path_not_after.s = now.s + 2 * DAY_S - 1));
    ENOUGH((chain[0].not_before.s = now.s - 2 * DAY_S, chain[0].not_after.s = now.s + 3 * DAY_S, tls.path_not_after.s = now.s + 2 * DAY_S));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_most_servers_show_is_enough),
        cmocka_unit_test(what_somebody_would_be_told_is_proven),
        cmocka_unit_test(the_end_that_is_near_is_proven),
    };
    return cmocka_run_group_tests_name("observed", tests, NULL, NULL);
}
