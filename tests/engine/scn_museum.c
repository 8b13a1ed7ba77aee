/* SPDX-License-Identifier: Apache-2.0 */
/* scn_museum - see scn_museum.h. */
#include "scn_museum.h"

#include <string.h>

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
