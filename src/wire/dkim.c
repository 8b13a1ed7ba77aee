/* SPDX-License-Identifier: Apache-2.0 */
/* dkim - see dkim.h. */
#include "wire/dkim.h"

#include <string.h>

#include "wire/tag_list.h"

bool dkim_is_key(struct str txt)
{
    struct str value;
    return tag_list_find(txt, "p", &value);
}

static bool list_has(struct str list, const char *word)
{
    while (list.n)
        if (str_is_nocase(tag_trim(str_cut(&list, ':')), word))
            return true;
    return false;
}

/* ---- the key itself ---- */

enum { KEY_OCTETS_MAX = 4096 }; /* an RSA key of 16384 bits has some 2100 */

static int base64_value(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* Blanks may stand anywhere (RFC 6376 3.2). False when it is no base64 or too long. */
static bool decode_base64(struct str text, uint8_t *octets, size_t *n)
{
    uint32_t bits = 0;
    unsigned have = 0, digits = 0, pads = 0;
    *n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (strchr(" \t\r\n", text.p[i]) && text.p[i])
            continue;
        if (text.p[i] == '=') {
            pads++;
            continue;
        }
        int value = base64_value(text.p[i]);
        if (value < 0 || pads)
            return false;
        digits++;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (*n == KEY_OCTETS_MAX)
            return false;
        octets[(*n)++] = (uint8_t)(bits >> have);
    }
    return digits % 4 != 1 && pads <= 2 && (pads == 0 || (digits + pads) % 4 == 0);
}

struct der {
    const uint8_t *p;
    size_t n;
};

/* One element of DER; its contents are taken off *rest. False when it is none of this tag. */
static bool der_take(struct der *rest, unsigned tag, struct der *contents)
{
    size_t head = 2, n;
    if (rest->n < 2 || rest->p[0] != tag)
        return false;
    n = rest->p[1];
    if (n & 0x80) {
        size_t octets = n & 0x7f;
        if (octets == 0 || octets > 2 || rest->n < 2 + octets)
            return false;
        n = 0;
        for (size_t i = 0; i < octets; i++)
            n = n << 8 | rest->p[2 + i];
        head += octets;
    }
    if (n > rest->n - head)
        return false;
    *contents = (struct der){rest->p + head, n};
    *rest = (struct der){rest->p + head + n, rest->n - head - n};
    return true;
}

enum { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_OID = 0x06, DER_SEQUENCE = 0x30 };

static unsigned bit_length(struct der integer)
{
    while (integer.n && integer.p[0] == 0)
        integer = (struct der){integer.p + 1, integer.n - 1};
    unsigned bits = (unsigned)integer.n * 8;
    for (unsigned top = integer.n ? integer.p[0] : 0; top && top < 0x80; top <<= 1)
        bits--;
    return bits;
}

/* RSAPublicKey; 0: it is none. */
static unsigned rsa_bits(struct der key)
{
    struct der sequence, modulus, exponent;
    if (!der_take(&key, DER_SEQUENCE, &sequence) || !der_take(&sequence, DER_INTEGER, &modulus) || !der_take(&sequence, DER_INTEGER, &exponent))
        return 0;
    return bit_length(modulus);
}

/* Keys are published as SubjectPublicKeyInfo, as the examples of RFC 6376 show, though its text names RSAPublicKey:
 * verifiers take both. */
static unsigned rsa_key_bits(const uint8_t *octets, size_t n)
{
    static const uint8_t rsa_encryption[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    struct der all = {octets, n}, info, algorithm, oid, bits;
    unsigned plain = rsa_bits(all);
    if (plain)
        return plain;
    if (!der_take(&all, DER_SEQUENCE, &info) || !der_take(&info, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid) ||
        !der_take(&info, DER_BIT_STRING, &bits))
        return 0;
    if (oid.n != sizeof rsa_encryption || memcmp(oid.p, rsa_encryption, oid.n) != 0 || bits.n < 1 || bits.p[0] != 0)
        return 0;
    return rsa_bits((struct der){bits.p + 1, bits.n - 1});
}

enum { ED25519_OCTETS = 32 };

static void flaw(struct dkim_key *key, const char *what)
{
    if (!key->flaw)
        key->flaw = what;
}

static void parse_public_key(struct dkim_key *key, struct str value)
{
    uint8_t octets[KEY_OCTETS_MAX];
    size_t n;
    if (value.n == 0) {
        key->revoked = true;
        return;
    }
    if (!decode_base64(value, octets, &n)) {
        flaw(key, "`p` is no base64");
        return;
    }
    if (key->type == DKIM_KEY_RSA) {
        key->bits = rsa_key_bits(octets, n);
        if (key->bits == 0)
            flaw(key, "`p` holds no RSA key");
    } else if (key->type == DKIM_KEY_ED25519 && n != ED25519_OCTETS) {
        flaw(key, "`p` holds no Ed25519 key of 32 octets");
    }
}

static void check_syntax(struct dkim_key *key, struct str txt)
{
    struct tag tag, later;
    struct str rest = txt;
    for (bool first = true; tag_list_next(&rest, &tag); first = false) {
        struct str behind = rest;
        if (tag.name.n == 0)
            flaw(key, "a part is no `tag=value`");
        else if (str_is(tag.name, "v") && (!first || !str_is(tag.value, "DKIM1")))
            flaw(key, first ? "`v` is not DKIM1" : "`v` is not the first tag");
        while (tag.name.n && tag_list_next(&behind, &later))
            if (str_eq(later.name, tag.name))
                flaw(key, "a tag stands twice");
    }
}

void dkim_parse_key(struct str txt, struct dkim_key *key)
{
    struct str value = STR("");
    *key = (struct dkim_key){.text = txt, .type = DKIM_KEY_RSA};
    check_syntax(key, txt);
    if (tag_list_find(txt, "k", &value))
        key->type = str_is_nocase(value, "rsa") ? DKIM_KEY_RSA : str_is_nocase(value, "ed25519") ? DKIM_KEY_ED25519 : DKIM_KEY_OTHER;
    if (key->type == DKIM_KEY_OTHER)
        flaw(key, "`k` is neither rsa nor ed25519");
    if (tag_list_find(txt, "s", &value) && !list_has(value, "*") && !list_has(value, "email"))
        flaw(key, "`s` does not allow e-mail");
    if (tag_list_find(txt, "h", &value) && !list_has(value, "sha256"))
        flaw(key, "`h` does not allow sha256");
    key->testing = tag_list_find(txt, "t", &value) && list_has(value, "y");
    if (tag_list_find(txt, "p", &value))
        parse_public_key(key, value);
    else
        flaw(key, "`p` is missing");
}

/* ---- guesses ---- */

static const struct {
    const char *hint;      /* part of a mail host's name or of the SPF record; NULL: of everybody */
    const char *selectors; /* parted by blanks */
} likely[] = {
    {"google.com", "google"},
    {"outlook.com", "selector1 selector2"},
    {"messagingengine.com", "fm1 fm2 fm3"},
    {"protonmail.ch", "protonmail protonmail2 protonmail3"},
    {"zoho.", "zoho zmail"},
    {"icloud.com", "sig1"},
    {"yandex.", "mail"},
    {"sendinblue.com", "mail"},
    {"brevo.com", "mail"},
    {"mcsv.net", "k1 k2 k3"},
    {"mandrillapp.com", "mandrill mte1 mte2"},
    {"sendgrid.net", "s1 s2 smtpapi m1"},
    {"klaviyo", "kl kl2"},
    {"gandi.net", "gm1 gm2 gm3"},
    {"ionos.", "s1-ionos s2-ionos"},
    {"hostinger", "hostingermail-a hostingermail-b hostingermail-c"},
    {"titan.email", "titan1 titan2"},
    {"mailgun", "mailo mx pic smtp"},
    {NULL, "default dkim dkim1 mail email smtp mx selector key1 key2 s1024 s2048 rsa ed25519 202501 202601 20230601 main server dk"},
    {NULL, "google selector1 selector2 fm1 fm2 fm3 protonmail zoho zmail sig1 k1 k2 k3 mandrill mte1 s1 s2 smtpapi m1 kl gm1 titan1 mailo pic"},
};

static bool is_hinted(const char *part, const struct str *hints, size_t hint_count)
{
    for (size_t i = 0; i < hint_count; i++)
        if (str_contains_nocase(hints[i], part))
            return true;
    return false;
}

const char *const *dkim_guesses(const struct str *hints, size_t hint_count, struct arena *arena, size_t *count)
{
    const char **guesses = ARENA_ARRAY(arena, const char *, DKIM_GUESSES_MAX);
    *count = 0;
    for (size_t i = 0; guesses && i < sizeof likely / sizeof *likely; i++) {
        struct str rest = str_of(likely[i].selectors);
        if (likely[i].hint && !is_hinted(likely[i].hint, hints, hint_count))
            continue;
        while (rest.n && *count < DKIM_GUESSES_MAX) {
            struct str name = str_word(&rest);
            bool known = false;
            for (size_t k = 0; k < *count; k++)
                known = known || str_is(name, guesses[k]);
            if (!known && !(guesses[(*count)++] = arena_cstr(arena, name)))
                return NULL;
        }
    }
    return guesses;
}
