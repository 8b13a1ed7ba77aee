/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_random - OpenSSL's random octets made the same each time, so that an input that fails fails again. */
#ifndef TESTS_FUZZ_FUZZ_RANDOM_H
#define TESTS_FUZZ_FUZZ_RANDOM_H

void fuzz_random_init(void);  /* once, before the library is used */
void fuzz_random_again(void); /* at the start of an input */

#endif
