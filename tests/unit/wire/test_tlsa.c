/* SPDX-License-Identifier: Apache-2.0 */
/* test_tlsa - TLSA records as they may come: sound ones, and each thing that can be wrong with them. */
#include "wire/tlsa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void the_numbers_and_the_data(void **state)
{
    (void)state;
    char rdata[3 + 32] = {3, 1, 1, 'd', 'i', 'g'};
    struct tlsa_record r = tlsa_read((struct str){rdata, sizeof rdata});
    assert_int_equal(r.usage, 3);
    assert_int_equal(r.selector, 1);
    assert_int_equal(r.matching_type, 1);
    assert_ptr_equal(r.data.p, rdata + 3);
    assert_int_equal(r.data.n, 32);
    assert_int_equal(r.flaw, TLSA_SOUND);
}

static void what_is_wrong_with_a_record(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t numbers[3];
        size_t octets; /* of the rdata */
        unsigned flaw;
    } cases[] = {
        {"nothing at all", {0, 0, 0}, 0, TLSA_TOO_SHORT},
        {"two numbers", {3, 1, 1}, 2, TLSA_TOO_SHORT},
        {"PKIX-TA of SHA-256", {0, 0, 1}, 35, TLSA_SOUND},
        {"PKIX-EE of SHA-512", {1, 1, 2}, 67, TLSA_SOUND},
        {"DANE-TA of a whole certificate", {2, 0, 0}, 900, TLSA_SOUND},
        {"a digest without its last octet", {3, 1, 1}, 34, TLSA_WRONG_LENGTH},
        {"a digest and one octet more", {3, 1, 1}, 36, TLSA_WRONG_LENGTH},
        {"SHA-512 that is as long as SHA-256", {3, 1, 2}, 35, TLSA_WRONG_LENGTH},
        {"a SHA-1 digest", {3, 1, 1}, 23, TLSA_WRONG_LENGTH},
        {"no digest", {3, 1, 2}, 3, TLSA_WRONG_LENGTH},
        {"usage 4", {4, 1, 1}, 35, TLSA_UNKNOWN_USAGE},
        {"usage 255, PrivCert", {255, 1, 1}, 35, TLSA_UNKNOWN_USAGE},
        {"selector 2", {3, 2, 1}, 35, TLSA_UNKNOWN_SELECTOR},
        {"matching type 3", {3, 1, 3}, 35, TLSA_UNKNOWN_MATCHING_TYPE},
        {"the first of many flaws", {4, 2, 3}, 3, TLSA_UNKNOWN_USAGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rdata[1024] = {0};
        memcpy(rdata, cases[i].numbers, 3);
        struct tlsa_record r = tlsa_read((struct str){rdata, cases[i].octets});
        if (r.flaw != cases[i].flaw)
            fail_msg("%s: flaw %u and not %u", cases[i].what, (unsigned)r.flaw, cases[i].flaw);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_and_the_data),
        cmocka_unit_test(what_is_wrong_with_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
