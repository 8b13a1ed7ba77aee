/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_answer - the half of tls_hello that reads what a server says to a ClientHello: records, the messages in them,
 * and of each message what is known before keys are. Octets may come in any portions.
 */
#include "wire/tls_hello.h"

#include <string.h>

enum { RECORD_CHANGE_CIPHER = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_HEADER_BYTES = 5, RECORD_MAX_BYTES = 16384 + 2048 };
enum { MESSAGE_SERVER_HELLO = 2, MESSAGE_CERTIFICATE = 11, MESSAGE_SERVER_KEY_EXCHANGE = 12, MESSAGE_SERVER_HELLO_DONE = 14, MESSAGE_HEADER_BYTES = 4 };
enum { SSL2_SERVER_HELLO = 4, SSL2_HEADER_BYTES = 11, SSL2_KIND_BYTES = 3 };
enum { ALERT_WARNING = 1, ALERT_CLOSE_NOTIFY = 0 };
enum { EXT_EXTENDED_MASTER_SECRET = 23, EXT_VERSIONS = 43, EXT_KEY_SHARE = 51, EXT_RENEGOTIATION_INFO = 0xff01, CURVE_BY_NAME = 3 };

/* What is left of a message; reading past its end makes it bad. */
struct reading {
    const uint8_t *p;
    size_t n;
    bool bad;
};

static struct reading take(struct reading *m, size_t n)
{
    if (m->bad || n > m->n) {
        m->bad = true;
        return (struct reading){.bad = true};
    }
    struct reading part = {m->p, n, false};
    m->p += n;
    m->n -= n;
    return part;
}

static size_t take_number(struct reading *m, size_t octets)
{
    struct reading part = take(m, octets);
    size_t value = 0;
    for (size_t i = 0; i < part.n; i++)
        value = value << 8 | part.p[i];
    return value;
}

static struct reading take_vector(struct reading *m, size_t length_octets)
{
    size_t n = take_number(m, length_octets);
    return take(m, n);
}

static void end_as(struct tls_hello_reader *r, enum tls_answer_kind kind)
{
    r->over = true;
    if (r->answer.kind == TLS_ANSWER_NONE)
        r->answer.kind = kind;
}

static void hear_extension(struct tls_answer *a, size_t type, struct reading *body)
{
    if (type == EXT_VERSIONS)
        a->version = (uint16_t)take_number(body, 2);
    else if (type == EXT_KEY_SHARE)
        a->group = (uint16_t)take_number(body, 2);
    else if (type == EXT_EXTENDED_MASTER_SECRET)
        a->extended_master_secret = true;
    else if (type == EXT_RENEGOTIATION_INFO)
        a->renegotiation_info = true;
}

/* RFC 8446 4.1.3 and 4.1.4: a HelloRetryRequest is told by its random octets. */
static void hear_server_hello(struct tls_hello_reader *r, struct reading m)
{
    static const uint8_t retry[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                                      0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
    static const uint8_t announced[8] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
    struct tls_answer a = {.alert = -1, .kind = TLS_ANSWER_HELLO};
    a.version = (uint16_t)take_number(&m, 2);
    struct reading random = take(&m, sizeof retry);
    take_vector(&m, 1); /* session */
    a.suite = (uint16_t)take_number(&m, 2);
    a.compression = (uint8_t)take_number(&m, 1);
    struct reading extensions = m.n > 0 ? take_vector(&m, 2) : m;
    while (extensions.n > 0 && !extensions.bad) {
        size_t type = take_number(&extensions, 2);
        struct reading body = take_vector(&extensions, 2);
        hear_extension(&a, type, &body);
        extensions.bad = extensions.bad || body.bad;
    }
    a.tls13_announced = a.version == TLS_HELLO_TLS12 && !random.bad && memcmp(random.p + sizeof retry - sizeof announced, announced, sizeof announced) == 0;
    bool is_retry = !random.bad && memcmp(random.p, retry, sizeof retry) == 0;
    if (m.bad || extensions.bad || m.n > 0 || a.version < TLS_HELLO_SSL3 || (is_retry && a.version < TLS_HELLO_TLS13)) {
        end_as(r, TLS_ANSWER_BROKEN);
        return;
    }
    if (is_retry)
        a.kind = TLS_ANSWER_RETRY;
    r->answer = a;
    r->over = a.version >= TLS_HELLO_TLS13; /* what follows is encrypted */
}

static void hear_certificates(struct tls_answer *a, struct reading m)
{
    struct reading list = take_vector(&m, 3);
    a->certificate_count = a->certificates_sent = 0;
    while (list.n > 0 && !list.bad) {
        struct reading one = take_vector(&list, 3);
        if (!one.bad && a->certificate_count < TLS_ANSWER_CERTIFICATES_MAX)
            a->certificates[a->certificate_count++] = (struct str){(const char *)one.p, one.n};
        a->certificates_sent++;
    }
    if (list.bad || m.n > 0)
        a->certificate_count = a->certificates_sent = 0;
}

/* Each prime of these families is 64 ones, digits of pi or e, a number of its own, and 64 ones. */
static const char *prime_name(struct reading p)
{
    enum { FAMILY = 8, OWN = 8, ONES = 8 };
    static const uint8_t ones[ONES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const char pi[] = "\xc9\x0f\xda\xa2\x21\x68\xc2\x34", e[] = "\xad\xf8\x54\x58\xa2\xbb\x4a\x9a";
    static const struct {
        size_t bytes;
        const char *family, *own, *name;
    } primes[] = {
        {256, e, "\x88\x6b\x42\x38\x61\x28\x5c\x97", "ffdhe2048"},  {384, e, "\x25\xe4\x1d\x2b\x66\xc6\x2e\x37", "ffdhe3072"},
        {512, e, "\xc6\x8a\x00\x7e\x5e\x65\x5f\x6a", "ffdhe4096"},  {768, e, "\xa4\x0e\x32\x9c\xd0\xe4\x0e\x65", "ffdhe6144"},
        {1024, e, "\xd6\x8c\x8b\xb7\xc5\xc6\x42\x4c", "ffdhe8192"}, {192, pi, "\xf1\x74\x6c\x08\xca\x23\x73\x27", "modp1536"},
        {256, pi, "\x15\x72\x8e\x5a\x8a\xac\xaa\x68", "modp2048"},  {384, pi, "\x4b\x82\xd1\x20\xa9\x3a\xd2\xca", "modp3072"},
        {512, pi, "\x4d\xf4\x35\xc9\x34\x06\x31\x99", "modp4096"},  {768, pi, "\xe6\x94\xf9\x1e\x6d\xcc\x40\x24", "modp6144"},
        {1024, pi, "\x60\xc9\x80\xdd\x98\xed\xd3\xdf", "modp8192"},
    };
    for (size_t i = 0; i < sizeof primes / sizeof primes[0]; i++)
        if (p.n == primes[i].bytes && memcmp(p.p, ones, ONES) == 0 && memcmp(p.p + ONES, primes[i].family, FAMILY) == 0 &&
            memcmp(p.p + p.n - ONES - OWN, primes[i].own, OWN) == 0 && memcmp(p.p + p.n - ONES, ones, ONES) == 0)
            return primes[i].name;
    return NULL;
}

static void hear_dh_prime(struct tls_answer *a, struct reading p)
{
    while (p.n > 0 && p.p[0] == 0)
        take(&p, 1);
    if (p.bad || p.n == 0)
        return;
    a->dh_bits = 8 * (unsigned)p.n;
    for (uint8_t first = p.p[0]; first < 0x80; first = (uint8_t)(first << 1))
        a->dh_bits--;
    a->dh_group = prime_name(p);
}

static const char *suite_name(uint16_t suite)
{
    switch (suite) {
#define SUITE(number, since, kind, name) \
    case number: \
        return name;
#include "facts/tls_suites.def"
#undef SUITE
    default:
        return "";
    }
}

/* What stands in it depends on the suite: RFC 8422 5.4, RFC 5246 7.4.3. */
static void hear_key_exchange(struct tls_answer *a, struct reading m)
{
    const char *suite = suite_name(a->suite);
    if (strncmp(suite, "TLS_ECDH", 8) == 0) {
        size_t type = take_number(&m, 1);
        if (type != CURVE_BY_NAME) {
            a->group = m.bad ? 0 : (uint16_t)(0xff00 | type);
            return;
        }
        size_t curve = take_number(&m, 2);
        take_vector(&m, 1); /* the server's point */
        a->group = m.bad ? 0 : (uint16_t)curve;
    } else if (strncmp(suite, "TLS_DH", 6) == 0) {
        hear_dh_prime(a, take_vector(&m, 2));
        take_vector(&m, 2); /* generator */
        take_vector(&m, 2); /* the server's share */
    } else {
        return;
    }
    if (a->version == TLS_HELLO_TLS12 && !strstr(suite, "_anon_")) {
        size_t scheme = take_number(&m, 2);
        a->signature = m.bad ? 0 : (uint16_t)scheme;
    }
}

static void hear_message(struct tls_hello_reader *r, unsigned type, struct reading m)
{
    bool hello_heard = r->answer.kind != TLS_ANSWER_NONE;
    if (!hello_heard && type == MESSAGE_SERVER_HELLO)
        hear_server_hello(r, m);
    else if (!hello_heard)
        end_as(r, TLS_ANSWER_BROKEN);
    else if (type == MESSAGE_CERTIFICATE)
        hear_certificates(&r->answer, m);
    else if (type == MESSAGE_SERVER_KEY_EXCHANGE)
        hear_key_exchange(&r->answer, m);
    else if (type == MESSAGE_SERVER_HELLO_DONE)
        r->over = r->answer.complete = true;
}

static void hear_handshake(struct tls_hello_reader *r, const uint8_t *bytes, size_t n)
{
    size_t room = sizeof r->messages - r->n, kept = n < room ? n : room;
    memcpy(r->messages + r->n, bytes, kept);
    r->n += kept;
    while (!r->over && r->n - r->read_n >= MESSAGE_HEADER_BYTES) {
        const uint8_t *p = r->messages + r->read_n;
        size_t size = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (size > r->n - r->read_n - MESSAGE_HEADER_BYTES)
            break;
        r->read_n += MESSAGE_HEADER_BYTES + size;
        hear_message(r, p[0], (struct reading){p + MESSAGE_HEADER_BYTES, size, false});
    }
    if (kept < n)
        end_as(r, TLS_ANSWER_BROKEN);
}

/* Warnings, such as the one about an unknown name, are followed by the answer. */
static void hear_alert(struct tls_hello_reader *r, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && !r->over; i++) {
        r->alert[r->alert_n++] = bytes[i];
        if (r->alert_n < sizeof r->alert)
            continue;
        r->alert_n = 0;
        if (r->alert[0] == ALERT_WARNING && r->alert[1] != ALERT_CLOSE_NOTIFY)
            continue;
        r->answer.alert = r->alert[1];
        end_as(r, TLS_ANSWER_ALERT);
    }
}

static void hear_record(struct tls_hello_reader *r, const uint8_t *bytes, size_t n)
{
    if (r->header[0] == RECORD_HANDSHAKE)
        hear_handshake(r, bytes, n);
    else if (r->header[0] == RECORD_ALERT)
        hear_alert(r, bytes, n);
    else if (r->header[0] != RECORD_CHANGE_CIPHER)
        end_as(r, TLS_ANSWER_BROKEN); /* nothing else can come before keys are agreed on */
}

/* RFC 6101 E.2, from the header of two octets to the lengths. */
static void hear_ssl2_header(struct tls_hello_reader *r)
{
    if (r->header_n > 2 && r->header[2] != SSL2_SERVER_HELLO) {
        end_as(r, TLS_ANSWER_CLEAR);
    } else if (r->header_n == SSL2_HEADER_BYTES) {
        r->answer.version = TLS_HELLO_SSL2;
        r->answer.ssl2_suite_count = ((size_t)r->header[9] << 8 | r->header[10]) / SSL2_KIND_BYTES;
        end_as(r, TLS_ANSWER_SSL2);
    }
}

/* A record's header so far. What does not begin like TLS is clear text; what goes on like nothing is broken. */
static void hear_header(struct tls_hello_reader *r, bool first)
{
    if (first && (r->header[0] & 0x80)) {
        hear_ssl2_header(r);
        return;
    }
    bool type_fits = r->header[0] >= RECORD_CHANGE_CIPHER && r->header[0] <= RECORD_HANDSHAKE + 1;
    if (!type_fits || (r->header_n > 1 && r->header[1] != 3)) {
        end_as(r, first ? TLS_ANSWER_CLEAR : TLS_ANSWER_BROKEN);
        return;
    }
    if (r->header_n < RECORD_HEADER_BYTES)
        return;
    r->header_n = 0;
    r->any_record = true;
    r->record_left = (size_t)r->header[3] << 8 | r->header[4];
    if (r->record_left > RECORD_MAX_BYTES)
        end_as(r, TLS_ANSWER_BROKEN);
}

void tls_hello_reader_init(struct tls_hello_reader *r)
{
    /* The messages are written before they are read. */
    r->answer = (struct tls_answer){.alert = -1};
    r->over = r->any_record = false;
    r->header_n = r->record_left = r->alert_n = r->read_n = r->n = 0;
}

bool tls_hello_reader_feed(struct tls_hello_reader *r, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    while (n > 0 && !r->over) {
        size_t taken = 1;
        if (r->record_left > 0) {
            taken = n < r->record_left ? n : r->record_left;
            r->record_left -= taken;
            hear_record(r, p, taken);
        } else {
            r->header[r->header_n++] = *p;
            hear_header(r, !r->any_record);
        }
        p += taken;
        n -= taken;
    }
    return r->over;
}

void tls_hello_reader_end(struct tls_hello_reader *r, enum tls_answer_kind without_answer)
{
    bool in_middle = r->any_record || r->header_n > 0;
    if (!r->over)
        end_as(r, in_middle ? TLS_ANSWER_BROKEN : without_answer);
}

bool tls_answer_agrees(const struct tls_answer *a)
{
    return a->kind == TLS_ANSWER_HELLO || a->kind == TLS_ANSWER_RETRY || a->kind == TLS_ANSWER_SSL2;
}
