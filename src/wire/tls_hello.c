/* SPDX-License-Identifier: Apache-2.0 */
/* tls_hello - see tls_hello.h: the ClientHello. The answer is read in tls_answer.c. */
#include "wire/tls_hello.h"

#include <string.h>

#include "base/panic.h"

enum { RECORD_HANDSHAKE = 22, CLIENT_HELLO = 1, RECORD_HEADER_BYTES = 5, RANDOM_BYTES = 32 };
enum { SUITE_RENEGOTIATION_INFO = 0x00ff, GREASE_FIRST = 0x1a1a, GREASE_SECOND = 0x4a4a };
enum { GROUP_X25519 = 0x001d, GROUP_X25519MLKEM768 = 0x11ec, X25519_BYTES = 32, MLKEM768_VECTOR_BYTES = 1152 };
enum {
    EXT_SERVER_NAME = 0,
    EXT_GROUPS = 10,
    EXT_POINT_FORMATS = 11,
    EXT_SIGNATURES = 13,
    EXT_PADDING = 21,
    EXT_EXTENDED_MASTER_SECRET = 23,
    EXT_VERSIONS = 43,
    EXT_KEY_SHARE = 51,
};

struct writer {
    uint8_t *out;
    size_t n;
};

static void put8(struct writer *w, unsigned value)
{
    must(w->n < TLS_HELLO_MAX_BYTES);
    w->out[w->n++] = (uint8_t)value;
}

static void put16(struct writer *w, unsigned value)
{
    put8(w, value >> 8);
    put8(w, value & 0xff);
}

static void put_bytes(struct writer *w, const void *bytes, size_t n)
{
    must(n <= TLS_HELLO_MAX_BYTES - w->n);
    if (n > 0)
        memcpy(w->out + w->n, bytes, n);
    w->n += n;
}

static void put_zeros(struct writer *w, size_t n)
{
    while (n-- > 0)
        put8(w, 0);
}

static void put_list(struct writer *w, struct tls_hello_list list)
{
    for (size_t i = 0; i < list.n; i++)
        put16(w, list.items[i]);
}

/* A length of two octets that is known only behind what it counts. */
static size_t begin16(struct writer *w)
{
    put16(w, 0);
    return w->n;
}

static void end16(struct writer *w, size_t begin)
{
    size_t n = w->n - begin;
    w->out[begin - 2] = (uint8_t)(n >> 8);
    w->out[begin - 1] = (uint8_t)n;
}

static size_t begin_extension(struct writer *w, unsigned type)
{
    put16(w, type);
    return begin16(w);
}

static void put_server_name(struct writer *w, const char *name)
{
    size_t extension = begin_extension(w, EXT_SERVER_NAME), list = begin16(w);
    put8(w, 0); /* host_name */
    size_t host = begin16(w);
    put_bytes(w, name, strlen(name));
    end16(w, host);
    end16(w, list);
    end16(w, extension);
}

static void put_list_extension(struct writer *w, unsigned type, struct tls_hello_list list, bool grease)
{
    size_t extension = begin_extension(w, type), inner = begin16(w);
    if (grease)
        put16(w, GREASE_SECOND);
    put_list(w, list);
    end16(w, inner);
    end16(w, extension);
}

static void put_versions(struct writer *w, const struct tls_hello *h)
{
    unsigned count = 1u + h->newest - h->oldest + h->grease;
    size_t extension = begin_extension(w, EXT_VERSIONS);
    put8(w, 2 * count);
    if (h->grease)
        put16(w, GREASE_FIRST);
    for (unsigned version = h->newest; version >= h->oldest; version--)
        put16(w, version);
    end16(w, extension);
}

/* The keys open nothing, and nobody will use them: any octets are a key of X25519, and a vector of zeros with any seed
 * behind it is one of ML-KEM (FIPS 203 7.2). */
static void put_share(struct writer *w, const struct tls_hello *h, uint16_t group)
{
    must(group == GROUP_X25519 || group == GROUP_X25519MLKEM768);
    put16(w, group);
    size_t key = begin16(w);
    if (group == GROUP_X25519MLKEM768) {
        put_zeros(w, MLKEM768_VECTOR_BYTES);
        put_bytes(w, h->random, RANDOM_BYTES);
    }
    put_bytes(w, h->random, X25519_BYTES);
    end16(w, key);
}

static void put_shares(struct writer *w, const struct tls_hello *h)
{
    size_t extension = begin_extension(w, EXT_KEY_SHARE), list = begin16(w);
    if (h->grease && h->shares.n > 0) {
        put16(w, GREASE_SECOND);
        put16(w, 1);
        put8(w, 0);
    }
    for (size_t i = 0; i < h->shares.n; i++)
        put_share(w, h, h->shares.items[i]);
    end16(w, list);
    end16(w, extension);
}

static void put_padding(struct writer *w, size_t padded_to)
{
    if (w->n + 4 >= padded_to)
        return;
    size_t extension = begin_extension(w, EXT_PADDING);
    put_zeros(w, padded_to - w->n);
    end16(w, extension);
}

static void put_extensions(struct writer *w, const struct tls_hello *h)
{
    if (h->newest <= TLS_HELLO_SSL3)
        return;
    size_t extensions = begin16(w);
    if (h->grease)
        end16(w, begin_extension(w, GREASE_FIRST));
    if (h->sni)
        put_server_name(w, h->sni);
    if (h->extended_master_secret)
        end16(w, begin_extension(w, EXT_EXTENDED_MASTER_SECRET));
    if (h->groups.n > 0) {
        put_list_extension(w, EXT_GROUPS, h->groups, h->grease);
        size_t formats = begin_extension(w, EXT_POINT_FORMATS);
        put16(w, 0x0100); /* one: uncompressed */
        end16(w, formats);
    }
    if (h->signatures.n > 0)
        put_list_extension(w, EXT_SIGNATURES, h->signatures, false);
    if (h->newest >= TLS_HELLO_TLS13) {
        put_versions(w, h);
        put_shares(w, h);
    }
    put_padding(w, h->padded_to);
    end16(w, extensions);
}

/* RFC 6101 E.1: kinds of three octets, SSLv2's own. */
static size_t write_ssl2(const struct tls_hello *h, struct writer *w)
{
    static const uint8_t kinds[] = {7, 0, 0xc0, 5, 0, 0x80, 3, 0, 0x80, 1, 0, 0x80, 6, 0, 0x40, 4, 0, 0x80, 2, 0, 0x80};
    size_t record = begin16(w);
    put8(w, CLIENT_HELLO);
    put16(w, TLS_HELLO_SSL2);
    put16(w, sizeof kinds);
    put16(w, 0); /* no session */
    put16(w, RANDOM_BYTES);
    put_bytes(w, kinds, sizeof kinds);
    put_bytes(w, h->random, RANDOM_BYTES);
    end16(w, record);
    w->out[0] |= 0x80; /* a header of two octets */
    return w->n;
}

size_t tls_hello_write(const struct tls_hello *h, uint8_t out[TLS_HELLO_MAX_BYTES])
{
    struct writer w = {out, 0};
    if (h->newest == TLS_HELLO_SSL2)
        return write_ssl2(h, &w);
    bool tls13 = h->newest >= TLS_HELLO_TLS13;
    put8(&w, RECORD_HANDSHAKE);
    put16(&w, h->newest == TLS_HELLO_SSL3 ? TLS_HELLO_SSL3 : TLS_HELLO_TLS10);
    size_t record = begin16(&w);
    put8(&w, CLIENT_HELLO);
    put8(&w, 0);
    size_t message = begin16(&w);
    put16(&w, tls13 ? TLS_HELLO_TLS12 : h->newest);
    put_bytes(&w, h->random, RANDOM_BYTES);
    put8(&w, tls13 ? RANDOM_BYTES : 0); /* RFC 8446 D.4: devices on the way want to see a session */
    put_bytes(&w, h->random, tls13 ? RANDOM_BYTES : 0);
    size_t suites = begin16(&w);
    if (h->grease)
        put16(&w, GREASE_FIRST);
    put_list(&w, h->suites);
    if (h->renegotiation_info)
        put16(&w, SUITE_RENEGOTIATION_INFO);
    end16(&w, suites);
    put8(&w, h->deflate ? 2 : 1);
    if (h->deflate)
        put8(&w, 1);
    put8(&w, 0);
    put_extensions(&w, h);
    end16(&w, message);
    end16(&w, record);
    return w.n;
}
