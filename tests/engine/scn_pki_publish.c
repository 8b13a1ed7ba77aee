/* SPDX-License-Identifier: Apache-2.0 */
/* scn_pki_publish - what certificates say in TLSA records, and the evidence behind logos; see scn_pki.h. */
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "scn_pki_parts.h"
#include "scn_random.h"

enum { DATA_BYTES_MAX = 128 * 1024, MX_PORT = 25 };

/* What "{mx1.issuer-key-sha256}" is made of. */
struct wanted {
    const struct scn_service *service; /* NULL: it is about no server */
    struct str what;                   /* "issuer-key" */
    const EVP_MD *digest;              /* NULL: the whole */
};

struct source {
    EVP_PKEY *key;
    X509 *cert; /* NULL: a key alone */
};

/* A record of `_PORT._tcp` is about that port of the server. */
static const struct scn_service *find_service(const struct scn_world *w, const struct scn_rr *rr, struct str label)
{
    struct str owner = str_of(rr->owner), first = str_cut(&owner, '.');
    uint64_t port = MX_PORT;
    if (first.n > 1 && first.p[0] == '_')
        str_number((struct str){first.p + 1, first.n - 1}, UINT16_MAX, &port);
    for (const struct scn_service *service = w->services; service; service = service->next)
        if (service->host->scenario == rr->scenario && service->port == port && str_is(label, service->host->label))
            return service;
    return NULL;
}

static bool take_end(struct str *text, const char *end)
{
    size_t n = strlen(end);
    if (text->n < n || memcmp(text->p + text->n - n, end, n) != 0)
        return false;
    text->n -= n;
    return true;
}

static struct wanted read_wanted(const struct scn_world *w, const struct scn_rr *rr, struct str text)
{
    struct wanted wanted = {.what = text};
    const char *dot = memrchr(text.p, '.', text.n);
    if (dot) {
        wanted.service = find_service(w, rr, (struct str){text.p, (size_t)(dot - text.p)});
        wanted.what = (struct str){dot + 1, text.n - (size_t)(dot - text.p) - 1};
    }
    wanted.digest = take_end(&wanted.what, "-sha256") ? EVP_sha256() : take_end(&wanted.what, "-sha512") ? EVP_sha512() : NULL;
    return wanted;
}

static struct source of_authority(const struct authority *a)
{
    return (struct source){a->key, a->cert};
}

static struct source of_kept(const struct pki_kept *k)
{
    return k ? (struct source){k->key, k->cert} : (struct source){NULL, NULL};
}

/* Who issues itself is its own issuer. */
static struct source of_issuer(struct scn_pki *pki, const struct scn_service *service)
{
    const struct authority *issuer = pki_issuer(pki, service->certs[SCN_CERT_MAIN].issuer);
    return issuer ? of_authority(issuer) : of_kept(pki_leaf(pki, service, SCN_CERT_MAIN));
}

/* `what` without its end "key" or "cert"; an empty source: there is no such thing. */
static struct source find_source(struct scn_pki *pki, const struct scn_service *service, struct str what)
{
    if (!service)
        return str_is(what, "root-") ? of_authority(&pki->root) : str_is(what, "stranger-") ? of_authority(&pki->stranger) : of_kept(NULL);
    if (str_is(what, ""))
        return of_kept(pki_leaf(pki, service, SCN_CERT_MAIN));
    if (str_is(what, "issuer-"))
        return of_issuer(pki, service);
    if (str_is(what, "also-") && service->has_cert[SCN_CERT_ALSO])
        return of_kept(pki_leaf(pki, service, SCN_CERT_ALSO));
    return of_kept(str_is(what, "old-") ? pki_old_key(pki, service) : NULL);
}

static void write_hex(struct buf *out, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%02x", bytes[i]);
}

static int write_value(struct scn_pki *pki, const struct scn_world *w, const struct scn_rr *rr, struct str text, struct buf *out)
{
    struct wanted wanted = read_wanted(w, rr, text);
    bool of_cert = take_end(&wanted.what, "cert"), of_key = !of_cert && take_end(&wanted.what, "key");
    struct source source = of_cert || of_key ? find_source(pki, wanted.service, wanted.what) : of_kept(NULL);
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    unsigned digest_n = 0;
    if (of_cert ? !source.cert : !source.key)
        return -1;
    int n = of_cert ? i2d_X509(source.cert, &der) : i2d_PUBKEY(source.key, &der);
    if (n > 0 && !wanted.digest)
        write_hex(out, der, (size_t)n);
    if (n > 0 && wanted.digest && EVP_Digest(der, (size_t)n, digest, &digest_n, wanted.digest, NULL) == 1)
        write_hex(out, digest, digest_n);
    OPENSSL_free(der);
    return n > 0 ? 0 : -1;
}

static int publish(struct scn_pki *pki, struct scn_world *w, struct scn_rr *rr, char *error)
{
    struct str text = str_of(rr->data);
    struct buf out;
    int rc = 0;
    buf_init(&out, DATA_BYTES_MAX);
    while (text.n && rc == 0) {
        const char *open = memchr(text.p, '{', text.n), *close = open ? memchr(open, '}', text.n - (size_t)(open - text.p)) : NULL;
        size_t plain = close ? (size_t)(open - text.p) : text.n;
        buf_add(&out, text.p, plain);
        if (close)
            rc = write_value(pki, w, rr, (struct str){open + 1, (size_t)(close - open) - 1}, &out);
        plain = close ? (size_t)(close - text.p) + 1 : plain;
        text = (struct str){text.p + plain, text.n - plain};
    }
    if (rc < 0)
        snprintf(error, SCN_ERROR_BYTES, "%s:%u: there is nothing that %.200s could stand for", rr->scenario->file, rr->line, rr->data);
    else if (out.failed || !(rr->data = arena_cstr(&w->arena, (struct str){out.bytes, out.used})))
        rc = pki_failed(error, "TLSA record");
    buf_done(&out);
    return rc;
}

/* The certificate behind the logo, and its issuer, in place of what the page had. */
static int write_evidence(struct scn_pki *pki, struct scn_world *w, const struct scn_service *service, struct scn_page *page)
{
    const struct scn_evidence *e = page->evidence;
    char *text;
    scn_random_seed(page->path);
    struct request r = {
        .common_name = service->host->scenario->domain,
        .key = EVP_EC_gen("P-256"),
        .issuer = &pki->intermediate,
        .from_s = e->not_before_days * PKI_DAY_S,
        .to_s = e->not_after_days * PKI_DAY_S,
        .names = e->names,
        .name_count = e->name_count,
        .usage = e->for_servers ? NULL : "1.3.6.1.5.5.7.3.31",
    };
    X509 *cert = r.key ? pki_make_certificate(pki, &r) : NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool done = cert && bio && PEM_write_bio_X509(bio, cert) && PEM_write_bio_X509(bio, pki->intermediate.cert);
    long n = done ? BIO_get_mem_data(bio, &text) : 0;
    if (done)
        page->body = arena_copy(&w->arena, (struct str){text, (size_t)n});
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(r.key);
    return done && page->body.p ? 0 : -1;
}

int scn_pki_publish(struct scn_pki *pki, struct scn_world *w, char error[static SCN_ERROR_BYTES])
{
    int rc = 0;
    for (struct scn_rr *rr = w->records; rr && rc == 0; rr = rr->next)
        if (strcmp(rr->type, "TLSA") == 0 && strchr(rr->data, '{'))
            rc = publish(pki, w, rr, error);
    for (const struct scn_service *service = w->services; service; service = service->next)
        for (struct scn_page *page = service->pages; page && rc == 0; page = page->next)
            if (page->evidence && write_evidence(pki, w, service, page) < 0)
                rc = pki_failed(error, "evidence");
    return rc;
}
