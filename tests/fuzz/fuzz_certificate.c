/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates cut without the library: the input is one in DER.
 * Oracle: all parts lie in it, in the order of RFC 5280 4.1; names come to an end; and what the library reads as a certificate
 * has the serial number, names and key that were cut out of it.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "fuzz.h"
#include "wire/certificate.h"

static void must_lie_in(struct str part, struct str whole)
{
    must(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static size_t count_names(struct str names, struct str whole)
{
    size_t count = 0;
    for (struct str name; certificate_next_name(&names, &name); count++)
        must_lie_in(name, whole);
    must(names.n == 0);
    return count;
}

static void must_be(const struct str der, unsigned char *encoded, int n)
{
    must(n == (int)der.n && memcmp(encoded, der.p, der.n) == 0);
    OPENSSL_free(encoded);
}

static void compare(const struct certificate_parts *parts, struct str der)
{
    const unsigned char *p = (const unsigned char *)der.p;
    unsigned char *serial = NULL, *issuer = NULL, *subject = NULL;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);
    if (cert) {
        int serial_n = i2d_ASN1_INTEGER(X509_get_serialNumber(cert), &serial);
        int issuer_n = i2d_X509_NAME(X509_get_issuer_name(cert), &issuer), subject_n = i2d_X509_NAME(X509_get_subject_name(cert), &subject);
        must_be(parts->serial, serial, serial_n);
        must_be(parts->issuer, issuer, issuer_n);
        must_be(parts->subject, subject, subject_n);
        const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(cert);
        must((size_t)ASN1_STRING_length(key) == parts->key.n && memcmp(ASN1_STRING_get0_data(key), parts->key.p, parts->key.n) == 0);
    }
    X509_free(cert);
    ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str der = {fuzz_exact((struct str){(const char *)bytes, n}), n};
    struct certificate_parts parts;
    if (certificate_cut(der, &parts)) {
        const struct str in_order[] = {parts.serial, parts.issuer, parts.not_before, parts.not_after, parts.subject, parts.spki};
        must_lie_in(parts.tbs, der);
        must_lie_in(parts.key, parts.spki);
        must(parts.signature.p >= parts.tbs.p + parts.tbs.n && parts.shape_count <= CERTIFICATE_SHAPE_MAX);
        must_lie_in(parts.signature, der);
        for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) {
            must_lie_in(in_order[i], parts.tbs);
            must(i == 0 || in_order[i].p >= in_order[i - 1].p + in_order[i - 1].n);
        }
        for (size_t i = 0; i < parts.shape_count; i++)
            must_lie_in(parts.shape[i], der);
        must((count_names(parts.names, parts.tbs) > 0) == (parts.names.n > 0));
        must(certificate_rsa_bits(parts.key) <= 8192);
        compare(&parts, der);
    }
    free((void *)(uintptr_t)der.p);
    return 0;
}
