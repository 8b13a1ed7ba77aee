/* SPDX-License-Identifier: Apache-2.0 */
/* scn_museum - see scn_museum.h. */
#include "scn_museum.h"

#include <string.h>

enum { LARGE_RECORD_BYTES = 1590, GROUPS_EXTENSION = 10, X25519MLKEM768 = 0x11ec, TLS_AES_256_GCM_SHA384 = 0x1302 };
enum { RECORD_BYTES = 5, HEADER_BYTES = 4, RANDOM_BYTES = 32, SSL3 = 0x0300, TLS12 = 0x0303 };

static unsigned number(struct str s, size_t at)
{
    return at + 2 <= s.n ? (unsigned)(unsigned char)s.p[at] << 8 | (unsigned char)s.p[at + 1] : 0;
}

/* RC4 of any version; SSLv3 with 3DES and AES, too. 0: none of them. */
static unsigned choose_suite(struct str suites, unsigned version)
{
    static const unsigned old[] = {0x0005, 0x0004, 0xc011, 0xc007}, of_ssl3[] = {0x000a, 0x002f, 0x0035};
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++)
        for (size_t at = 0; at + 2 <= suites.n; at += 2)
            if (number(suites, at) == old[i])
                return old[i];
    for (size_t i = 0; i < sizeof of_ssl3 / sizeof of_ssl3[0] && version == SSL3; i++)
        for (size_t at = 0; at + 2 <= suites.n; at += 2)
            if (number(suites, at) == of_ssl3[i])
                return of_ssl3[i];
    return 0;
}

bool scn_museum_answer(struct str hello, struct buf *out)
{
    size_t at = RECORD_BYTES + HEADER_BYTES, session = at + 2 + RANDOM_BYTES;
    if (hello.n <= session || hello.p[0] != 22 || hello.p[RECORD_BYTES] != 1)
        return false;
    unsigned version = number(hello, at) < TLS12 ? number(hello, at) : TLS12;
    size_t suites = session + 1 + (unsigned char)hello.p[session];
    if (version < SSL3 || suites + 2 + number(hello, suites) > hello.n)
        return false;
    unsigned suite = choose_suite((struct str){hello.p + suites + 2, number(hello, suites)}, version);
    if (!suite)
        return false;
    enum { SERVER_HELLO_BYTES = 2 + RANDOM_BYTES + 1 + 2 + 1, MESSAGES_BYTES = 2 * HEADER_BYTES + SERVER_HELLO_BYTES };
    char random[RANDOM_BYTES];
    const char head[] = {22, (char)(version >> 8), (char)version, 0, MESSAGES_BYTES, 2, 0, 0, SERVER_HELLO_BYTES, (char)(version >> 8), (char)version};
    const char tail[] = {0, (char)(suite >> 8), (char)suite, 0, 14, 0, 0, 0};
    memset(random, 0x55, sizeof random);
    buf_add(out, head, sizeof head);
    buf_add(out, random, sizeof random);
    buf_add(out, tail, sizeof tail);
    return true;
}

/* Where the list of an extension of the ClientHello begins; 0: it has none. */
static size_t extension_at(struct str hello, unsigned type)
{
    size_t at = RECORD_BYTES + HEADER_BYTES + 2 + RANDOM_BYTES;
    at += at < hello.n ? 1u + (unsigned char)hello.p[at] : 0;
    at += 2 + number(hello, at);
    at += at < hello.n ? 1u + (unsigned char)hello.p[at] : 0;
    for (at += 2; at + 4 <= hello.n; at += 4 + number(hello, at + 2))
        if (number(hello, at) == type)
            return at + 4;
    return 0;
}

bool scn_museum_retry(struct str hello, struct buf *out)
{
    static const unsigned char retry[RANDOM_BYTES] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                                                      0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
    size_t session = RECORD_BYTES + HEADER_BYTES + 2 + RANDOM_BYTES;
    size_t groups = hello.n > session ? extension_at(hello, GROUPS_EXTENSION) : 0;
    bool offered = false;
    for (size_t i = 0; groups && i < number(hello, groups); i += 2)
        offered = offered || number(hello, groups + 2 + i) == X25519MLKEM768;
    if (!offered)
        return false;
    size_t session_n = (unsigned char)hello.p[session], body = 2 + RANDOM_BYTES + 1 + session_n + 2 + 1 + 2 + 12;
    const char head[] = {22, 3, 3, 0, (char)(HEADER_BYTES + body), 2, 0, 0, (char)body, 3, 3};
    const char tail[] = {TLS_AES_256_GCM_SHA384 >> 8, TLS_AES_256_GCM_SHA384 & 0xff, 0, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2,
                         X25519MLKEM768 >> 8, (char)(X25519MLKEM768 & 0xff)};
    buf_add(out, head, sizeof head);
    buf_add(out, retry, sizeof retry);
    buf_add(out, hello.p + session, 1 + session_n);
    buf_add(out, tail, sizeof tail);
    return true;
}

bool scn_museum_is_large(struct str hello)
{
    return hello.n >= RECORD_BYTES && hello.p[0] == 22 && number(hello, 3) > LARGE_RECORD_BYTES;
}
