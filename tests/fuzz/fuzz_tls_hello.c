/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's first answer to a ClientHello: the input is what it sends, but for its first octet, which says into what
 * portions it falls.
 * Oracle: the same answer in any portions; slices lie in the reader; an answer that is over stays as it is; and a hello of
 * ours, which is framed like a server's, is read as what no server says, never past its end.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/tls_hello.h"

static struct tls_hello_reader whole, parts;

static void check_answer(const struct tls_hello_reader *r)
{
    const struct tls_answer *a = &r->answer;
    must(r->over && a->kind != TLS_ANSWER_NONE && r->n <= sizeof r->messages && r->read_n <= r->n);
    must(!tls_answer_agrees(a) || a->version == TLS_HELLO_SSL2 || a->version >= TLS_HELLO_SSL3);
    must(a->kind != TLS_ANSWER_ALERT || a->alert >= 0);
    must(a->certificate_count <= TLS_ANSWER_CERTIFICATES_MAX);
    for (size_t i = 0; i < a->certificate_count; i++) {
        size_t at = (size_t)((const uint8_t *)a->certificates[i].p - r->messages);
        must(at <= r->n && a->certificates[i].n <= r->n - at);
    }
}

static void check_hello(struct fuzz f)
{
    uint16_t items[64];
    uint8_t random[32] = {0}, *out = malloc(TLS_HELLO_MAX_BYTES);
    must(out);
    for (size_t i = 0; i < 64; i++)
        items[i] = (uint16_t)(fuzz_number(&f, 255) << 8 | fuzz_number(&f, 255));
    struct tls_hello hello = {.newest = (uint16_t)(TLS_HELLO_SSL3 + fuzz_number(&f, 4)), .oldest = TLS_HELLO_TLS10, .random = random};
    hello.suites = (struct tls_hello_list){items, fuzz_number(&f, 64)};
    hello.groups = (struct tls_hello_list){items, fuzz_number(&f, 64)};
    hello.signatures = (struct tls_hello_list){items, fuzz_number(&f, 64)};
    hello.grease = fuzz_flip(&f);
    hello.sni = fuzz_flip(&f) ? "mx.example" : NULL;
    hello.padded_to = fuzz_flip(&f) ? 1600 : 0;
    size_t n = tls_hello_write(&hello, out);
    must(n > 5 && (size_t)(out[3] << 8 | out[4]) == n - 5 && (size_t)(out[7] << 8 | out[8]) == n - 9);
    must(!hello.padded_to || hello.newest == TLS_HELLO_SSL3 || n >= 1600);
    tls_hello_reader_init(&whole);
    must(tls_hello_reader_feed(&whole, out, n)); /* complete at its last octet */
    must(whole.answer.kind == TLS_ANSWER_BROKEN);
    tls_hello_reader_init(&whole);
    must(!tls_hello_reader_feed(&whole, out, n - 1));
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz f = {bytes, n};
    size_t portion = 1 + fuzz_number(&f, 40);
    struct str sent = fuzz_rest(&f);
    uint8_t *exact = fuzz_exact(sent);
    tls_hello_reader_init(&whole);
    tls_hello_reader_init(&parts);
    tls_hello_reader_feed(&whole, exact, sent.n);
    for (size_t at = 0; at < sent.n; at += portion)
        tls_hello_reader_feed(&parts, exact + at, sent.n - at < portion ? sent.n - at : portion);
    tls_hello_reader_end(&whole, TLS_ANSWER_DROPPED);
    tls_hello_reader_end(&parts, TLS_ANSWER_DROPPED);
    check_answer(&whole);
    check_answer(&parts);
    must(whole.read_n == parts.read_n && memcmp(whole.messages, parts.messages, whole.read_n) == 0);
    struct tls_answer a = whole.answer, b = parts.answer;
    for (size_t i = 0; i < a.certificate_count; i++) {
        must(a.certificates[i].p - (const char *)whole.messages == b.certificates[i].p - (const char *)parts.messages);
        must(a.certificates[i].n == b.certificates[i].n);
    }
    memset(a.certificates, 0, sizeof a.certificates);
    memset(b.certificates, 0, sizeof b.certificates);
    must(a.kind == b.kind && a.alert == b.alert && a.version == b.version && a.suite == b.suite && a.group == b.group && a.signature == b.signature);
    must(a.dh_bits == b.dh_bits && a.dh_group == b.dh_group && a.certificate_count == b.certificate_count);
    must(tls_hello_reader_feed(&whole, exact, sent.n) && whole.answer.kind == a.kind);
    free(exact);
    check_hello((struct fuzz){bytes, n});
    return 0;
}
