/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest - SHA-256 of some octets, and the comparison of secrets.
 *
 * Memory: the caller's. Fails: digest_sha256, false when the library cannot.
 */
#ifndef NET_DIGEST_H
#define NET_DIGEST_H

#include "base/str.h"

enum { DIGEST_BYTES = 32 };

bool digest_sha256(struct str octets, uint8_t digest[static DIGEST_BYTES]);
/* In a time that does not depend on where they differ. */
bool digest_eq(const uint8_t a[static DIGEST_BYTES], const uint8_t b[static DIGEST_BYTES]);
/* Overwrites what was secret; the compiler does not leave it out. */
void digest_wipe(void *octets, size_t n);

#endif
