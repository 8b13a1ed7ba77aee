/* SPDX-License-Identifier: Apache-2.0 */
/* evidence - see evidence.h. */
#include "net/evidence.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls_impl.h"

static const char USAGE_BIMI[] = "1.3.6.1.5.5.7.3.31";

/* Without this OpenSSL would ask the terminal. */
static int no_password(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static bool is_for_bimi(const X509 *leaf)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        char text[80];
        found = found || (OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(usages, i), 1) > 0 && strcmp(text, USAGE_BIMI) == 0);
    }
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return found;
}

int evidence_read(struct str pem, const char *const *domains, struct bimi_evidence *evidence, struct arena *arena)
{
    *evidence = (struct bimi_evidence){0};
    ERR_clear_error();
    BIO *bio = pem.n && pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    X509 *leaf = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    if (!leaf)
        return (pem.n && !bio) || tls_memory_was_short() ? -1 : 0;
    evidence->is_certificate = true;
    evidence->for_bimi = is_for_bimi(leaf);
    for (; *domains; domains++)
        evidence->names_domain = evidence->names_domain || tls_cert_names(leaf, str_of(*domains));
    int rc = tls_cert_facts(leaf, &evidence->leaf, arena);
    X509_free(leaf);
    return rc;
}
