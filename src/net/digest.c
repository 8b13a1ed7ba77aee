/* SPDX-License-Identifier: Apache-2.0 */
/* digest - see digest.h. */
#include "net/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

bool digest_sha256(struct str octets, uint8_t digest[static DIGEST_BYTES])
{
    return EVP_Digest(octets.p, octets.n, digest, NULL, EVP_sha256(), NULL) == 1;
}

bool digest_eq(const uint8_t a[static DIGEST_BYTES], const uint8_t b[static DIGEST_BYTES])
{
    return CRYPTO_memcmp(a, b, DIGEST_BYTES) == 0;
}

void digest_wipe(void *octets, size_t n)
{
    OPENSSL_cleanse(octets, n);
}
