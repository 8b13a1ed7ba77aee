/* SPDX-License-Identifier: Apache-2.0 */
/* certificate - see certificate.h. */
#include "wire/certificate.h"

#include <string.h>

enum {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_OBJECT = 0x06,
    TAG_UTC_TIME = 0x17,
    TAG_GENERALIZED_TIME = 0x18,
    TAG_SEQUENCE = 0x30,
    TAG_VERSION = 0xa0,
    TAG_EXTENSIONS = 0xa3,
    TAG_DNS_NAME = 0x82,
    RSA_BYTES_MIN = 64,
    RSA_BYTES_MAX = 1024,
    RSA_EXPONENT_BYTES_MAX = 8,
};

static const char oid_key_identifier[] = "\x06\x03\x55\x1d\x0e", oid_names[] = "\x06\x03\x55\x1d\x11",
                  oid_timestamps[] = "\x06\x0a\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02";

struct element {
    uint8_t tag;
    struct str whole, content;
};

/* Takes one element off *rest. */
static bool next(struct str *rest, struct element *e)
{
    const uint8_t *p = (const uint8_t *)rest->p;
    if (rest->n < 2 || (p[0] & 0x1f) == 0x1f)
        return false;
    size_t head = 2, length = p[1];
    if (length >= 0x80) {
        size_t octets = length - 0x80;
        if (octets == 0 || octets > 3 || rest->n < 2 + octets || p[2] == 0)
            return false;
        head += octets;
        length = 0;
        for (size_t i = 0; i < octets; i++)
            length = length << 8 | p[2 + i];
        if (length < 0x80)
            return false;
    }
    if (length > rest->n - head)
        return false;
    *e = (struct element){p[0], {rest->p, head + length}, {rest->p + head, length}};
    *rest = (struct str){rest->p + head + length, rest->n - head - length};
    return true;
}

static bool next_of(struct str *rest, uint8_t tag, struct element *e)
{
    return next(rest, e) && e->tag == tag;
}

/* All of it is one element. */
static bool is_one(struct str der, uint8_t tag, struct element *e)
{
    return next_of(&der, tag, e) && der.n == 0;
}

/* Of whole octets. */
static bool next_bits(struct str *rest, struct str *octets)
{
    struct element e;
    if (!next_of(rest, TAG_BIT_STRING, &e) || e.content.n < 2 || e.content.p[0] != 0)
        return false;
    *octets = (struct str){e.content.p + 1, e.content.n - 1};
    return true;
}

static bool add_to_shape(struct certificate_parts *parts, struct str part)
{
    if (parts->shape_count == CERTIFICATE_SHAPE_MAX)
        return false;
    parts->shape[parts->shape_count++] = part;
    return true;
}

/* Host names only, one at least. */
static bool cut_names(struct str value, struct certificate_parts *parts)
{
    struct element list, name;
    if (parts->names.n || !is_one(value, TAG_SEQUENCE, &list) || list.content.n == 0)
        return false;
    parts->names = list.content;
    while (list.content.n)
        if (!next_of(&list.content, TAG_DNS_NAME, &name))
            return false;
    return true;
}

/* RFC 5280 4.1.2.9: of those that differ from one certificate to the next the number and whether they are critical is shape. */
static bool cut_extension(struct element whole, struct certificate_parts *parts)
{
    struct str rest = whole.content;
    struct element oid, e;
    if (whole.tag != TAG_SEQUENCE || !next_of(&rest, TAG_OBJECT, &oid) || !next(&rest, &e) || (e.tag == TAG_BOOLEAN && !next(&rest, &e)) ||
        e.tag != TAG_OCTET_STRING || rest.n)
        return false;
    const struct str head = {whole.content.p, (size_t)(e.whole.p - whole.content.p)};
    struct element inner;
    if (str_is(oid.whole, oid_names))
        return cut_names(e.content, parts) && add_to_shape(parts, head);
    if (str_is(oid.whole, oid_key_identifier))
        return is_one(e.content, TAG_OCTET_STRING, &inner) && add_to_shape(parts, head);
    return add_to_shape(parts, str_is(oid.whole, oid_timestamps) ? head : whole.whole);
}

static bool cut_validity(struct str *rest, struct certificate_parts *parts)
{
    struct element validity, from, to;
    if (!next_of(rest, TAG_SEQUENCE, &validity) || !next(&validity.content, &from) || !next(&validity.content, &to) || validity.content.n)
        return false;
    parts->not_before = from.whole;
    parts->not_after = to.whole;
    return (from.tag == TAG_UTC_TIME || from.tag == TAG_GENERALIZED_TIME) && (to.tag == TAG_UTC_TIME || to.tag == TAG_GENERALIZED_TIME);
}

static bool cut_key(struct str *rest, struct certificate_parts *parts)
{
    struct element spki, algorithm;
    if (!next_of(rest, TAG_SEQUENCE, &spki) || !next_of(&spki.content, TAG_SEQUENCE, &algorithm) || !next_bits(&spki.content, &parts->key) || spki.content.n)
        return false;
    parts->spki = spki.whole;
    return add_to_shape(parts, algorithm.whole);
}

static bool cut_tbs(struct str rest, struct certificate_parts *parts)
{
    struct element version, serial, algorithm, issuer, subject, tagged, list, extension;
    if (!next_of(&rest, TAG_VERSION, &version) || !next_of(&rest, TAG_INTEGER, &serial) || !next_of(&rest, TAG_SEQUENCE, &algorithm) ||
        !next_of(&rest, TAG_SEQUENCE, &issuer) || !cut_validity(&rest, parts) || !next_of(&rest, TAG_SEQUENCE, &subject))
        return false;
    parts->serial = serial.whole;
    parts->issuer = issuer.whole;
    parts->subject = subject.whole;
    if (!add_to_shape(parts, version.whole) || !add_to_shape(parts, algorithm.whole) || !add_to_shape(parts, issuer.whole) || !cut_key(&rest, parts) ||
        !is_one(rest, TAG_EXTENSIONS, &tagged) || !is_one(tagged.content, TAG_SEQUENCE, &list))
        return false;
    while (list.content.n)
        if (!next(&list.content, &extension) || !cut_extension(extension, parts))
            return false;
    return true;
}

bool certificate_cut(struct str der, struct certificate_parts *parts)
{
    *parts = (struct certificate_parts){0};
    struct element whole, tbs, algorithm;
    if (!is_one(der, TAG_SEQUENCE, &whole) || !next_of(&whole.content, TAG_SEQUENCE, &tbs) || !next_of(&whole.content, TAG_SEQUENCE, &algorithm) ||
        !next_bits(&whole.content, &parts->signature) || whole.content.n)
        return false;
    parts->tbs = tbs.whole;
    return add_to_shape(parts, algorithm.whole) && cut_tbs(tbs.content, parts);
}

bool certificate_next_name(struct str *names, struct str *name)
{
    struct element e;
    if (!next_of(names, TAG_DNS_NAME, &e))
        return false;
    *name = e.content;
    return true;
}

/* Positive, in as few octets as it takes, without the zero that may have to stand before it. */
static bool next_number(struct str *rest, struct str *number)
{
    struct element e;
    if (!next_of(rest, TAG_INTEGER, &e) || e.content.n == 0 || e.content.p[0] & 0x80)
        return false;
    *number = e.content;
    if (number->p[0] != 0)
        return true;
    *number = (struct str){number->p + 1, number->n - 1};
    return number->n > 0 && number->p[0] & 0x80;
}

unsigned certificate_rsa_bits(struct str key)
{
    struct element whole;
    struct str modulus, exponent;
    if (!is_one(key, TAG_SEQUENCE, &whole) || !next_number(&whole.content, &modulus) || !next_number(&whole.content, &exponent) || whole.content.n ||
        modulus.n < RSA_BYTES_MIN || modulus.n > RSA_BYTES_MAX || exponent.n > RSA_EXPONENT_BYTES_MAX)
        return 0;
    unsigned bits = (unsigned)modulus.n * 8;
    for (unsigned top = (uint8_t)modulus.p[0]; !(top & 0x80); top <<= 1)
        bits--;
    return bits;
}
