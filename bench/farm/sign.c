/* SPDX-License-Identifier: Apache-2.0 */
/* sign - see sign.h. */
#include "sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

enum { ALGORITHM = 13, PROTOCOL = 3, FLAGS = 257, KEY_BYTES = 64, SIGNATURE_BYTES = 64, KNOWN = 1 << 20, ALIKE = 4, DAY_S = 86400 };

static EVP_PKEY *key;
static uint8_t key_data[4 + KEY_BYTES];
static uint32_t valid_from, valid_to;
/* What was signed before: as in a zone that is signed once, it has the same signature again. Another one would be another answer, and push the
 * first out of a resolver's cache. */
static struct known {
    uint64_t hash;
    uint8_t signature[SIGNATURE_BYTES];
} * known;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "names: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static size_t put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8), p[1] = (uint8_t)value;
    return 2;
}

static size_t put32(uint8_t *p, uint32_t value)
{
    put16(p, value >> 16), put16(p + 2, value & 0xffff);
    return 4;
}

void sign_init(void)
{
    uint8_t point[1 + KEY_BYTES];
    size_t n = 0;
    key = EVP_EC_gen("P-256");
    known = calloc(KNOWN, sizeof *known);
    must(key && known && EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) == 1 && n == sizeof point, "making a key");
    put16(key_data, FLAGS);
    key_data[2] = PROTOCOL;
    key_data[3] = ALGORITHM;
    memcpy(key_data + 4, point + 1, KEY_BYTES);
    valid_from = (uint32_t)time(NULL) - DAY_S;
    valid_to = valid_from + 31 * DAY_S;
}

size_t sign_dnskey(uint8_t *data)
{
    memcpy(data, key_data, sizeof key_data);
    return sizeof key_data;
}

/* RFC 4034 B. */
static unsigned key_tag(void)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof key_data; i++)
        sum += i & 1 ? key_data[i] : (uint32_t)key_data[i] << 8;
    return (sum + (sum >> 16)) & 0xffff;
}

size_t sign_ds(const uint8_t *zone, size_t n, uint8_t *data)
{
    uint8_t text[NAME_BYTES + sizeof key_data];
    memcpy(text, zone, n);
    memcpy(text + n, key_data, sizeof key_data);
    size_t at = put16(data, key_tag());
    data[at++] = ALGORITHM;
    data[at++] = 2; /* SHA-256 */
    SHA256(text, n + sizeof key_data, data + at);
    return at + SHA256_DIGEST_LENGTH;
}

void sign_hash(const uint8_t *name, size_t n, uint8_t hash[HASH_BYTES])
{
    SHA1(name, n, hash);
}

static int compare_data(const void *a, const void *b)
{
    uint16_t x, y;
    memcpy(&x, a, sizeof x), memcpy(&y, b, sizeof y);
    int rc = memcmp((const uint8_t *)a + sizeof x, (const uint8_t *)b + sizeof y, x < y ? x : y);
    return rc ? rc : (x > y) - (x < y);
}

/* An octet string's last 32 octets, whatever DER put before or left out. */
static const uint8_t *put_integer(const uint8_t *der, uint8_t *out)
{
    size_t n = der[1];
    const uint8_t *p = der + 2;
    memset(out, 0, 32);
    if (n > 32)
        p += n - 32;
    memcpy(out + 32 - (n < 32 ? n : 32), p, n < 32 ? n : 32);
    return der + 2 + n;
}

static void make_signature(const uint8_t *text, size_t n, uint8_t *signature)
{
    uint64_t hash = bytes_hash(1, text, n);
    struct known *before = &known[hash % (KNOWN / ALIKE) * ALIKE];
    for (unsigned i = 1; i < ALIKE && before->hash && before->hash != hash; i++)
        before++;
    if (before->hash != hash) {
        uint8_t der[80];
        size_t der_n = sizeof der;
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        must(context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 && EVP_DigestSign(context, der, &der_n, text, n) == 1, "signing");
        EVP_MD_CTX_free(context);
        const uint8_t *s = put_integer(der + 2, before->signature);
        put_integer(s, before->signature + SIGNATURE_BYTES / 2);
        before->hash = hash;
    }
    memcpy(signature, before->signature, SIGNATURE_BYTES);
}

size_t sign_rrsig(struct rrset *set, const struct zone *signer, uint8_t *data)
{
    static uint8_t text[RECORDS_MAX * (RDATA_BYTES + NAME_BYTES + 10) + NAME_BYTES + 32];
    size_t owner_n = 1, n = put16(text, set->type);
    for (const uint8_t *p = set->owner; *p; p += *p + 1)
        owner_n += *p + 1u;
    qsort(set->records, set->count, sizeof *set->records, compare_data);
    text[n++] = ALGORITHM;
    text[n++] = (uint8_t)name_labels(set->owner);
    n += put32(text + n, set->ttl_s);
    n += put32(text + n, valid_to);
    n += put32(text + n, valid_from);
    n += put16(text + n, key_tag());
    memcpy(text + n, signer->name, signer->n);
    n += signer->n;
    memcpy(data, text, n);
    size_t data_n = n;
    for (unsigned i = 0; i < set->count; i++) {
        memcpy(text + n, set->owner, owner_n);
        n += owner_n;
        n += put16(text + n, set->type);
        n += put16(text + n, 1);
        n += put32(text + n, set->ttl_s);
        n += put16(text + n, set->records[i].n);
        memcpy(text + n, set->records[i].bytes, set->records[i].n);
        n += set->records[i].n;
    }
    make_signature(text, n, data + data_n);
    return data_n + SIGNATURE_BYTES;
}
