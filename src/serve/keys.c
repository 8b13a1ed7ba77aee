/* SPDX-License-Identifier: Apache-2.0 */
/* keys - see keys.h. */
#include "serve/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum scope_of_key scope;
} scopes[] = {{"read", SCOPE_READ}, {"check", SCOPE_CHECK}, {"deep", SCOPE_DEEP}, {"auth", SCOPE_AUTH}};

const char *scope_of_key_text(enum scope_of_key s)
{
    size_t i = 0;
    while (scopes[i].scope != s)
        i++;
    return scopes[i].word;
}

static bool parse_scopes(struct str words, unsigned *set)
{
    *set = 0;
    while (words.n) {
        struct str word = str_cut(&words, ',');
        unsigned before = *set;
        for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
            if (str_is(word, scopes[i].word))
                *set |= scopes[i].scope;
        if (*set == before)
            return false;
    }
    return *set != 0;
}

static int hex_value(char c)
{
    char lower = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool parse_digest(struct str hex, uint8_t digest[static DIGEST_BYTES])
{
    if (hex.n != (size_t)2 * DIGEST_BYTES)
        return false;
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        int high = hex_value(hex.p[2 * i]), low = hex_value(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static const char *parse_key(struct str line, struct key *key)
{
    struct str name = str_word(&line), words = str_word(&line), digest = str_word(&line);
    if (name.n >= KEY_NAME_BYTES)
        return "the name is too long";
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return "the name holds more than printable ASCII";
    memcpy(key->name, name.p, name.n);
    if (!parse_scopes(words, &key->scopes))
        return "the scopes are not a list of read, check, deep, auth";
    if (!parse_digest(digest, key->digest))
        return "the digest is not 64 hexadecimal digits";
    return str_word(&line).n ? "there is text behind the digest" : NULL;
}

struct keys *keys_parse(struct str text, char *error, size_t error_bytes)
{
    struct keys *k = calloc(1, sizeof *k + KEYS_MAX * sizeof(struct key));
    snprintf(error, error_bytes, "out of memory");
    for (unsigned number = 1; k && text.n; number++) {
        struct str whole = str_cut(&text, '\n'), line = str_trim(str_cut(&whole, '#'));
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (!line.n)
            continue;
        const char *problem = k->count == KEYS_MAX ? "there are too many keys" : parse_key(line, &k->list[k->count]);
        if (problem) {
            snprintf(error, error_bytes, "line %u: %s", number, problem);
            keys_free(k);
            return NULL;
        }
        k->count++;
    }
    return k;
}

void keys_free(struct keys *k)
{
    free(k);
}

const struct key *keys_find(const struct keys *k, struct str token)
{
    uint8_t digest[DIGEST_BYTES];
    const struct key *found = NULL;
    if (!token.n || token.n > KEY_TOKEN_BYTES || !digest_sha256(token, digest))
        return NULL;
    for (size_t i = 0; i < k->count; i++)
        if (digest_eq(k->list[i].digest, digest))
            found = &k->list[i];
    return found;
}
