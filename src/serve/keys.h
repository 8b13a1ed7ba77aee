/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys - who may ask for what: a file of API keys, of which only the digests are kept.
 *
 * A line is `NAME SCOPE[,SCOPE]... SHA256`, the digest in hexadecimal; `#` begins a comment.
 * Memory: malloc, owned by the struct keys. Limits: KEYS_MAX keys.
 * Fails: keys_parse NULL with a message that names the line.
 * Spec: RFC 6750 2.1 (bearer tokens).
 */
#ifndef SERVE_KEYS_H
#define SERVE_KEYS_H

#include "net/digest.h"

enum { KEYS_MAX = 1000, KEY_NAME_BYTES = 64, KEY_TOKEN_BYTES = 256 };

/* Set of what a key is good for. */
enum scope_of_key { SCOPE_READ = 1, SCOPE_CHECK = 2, SCOPE_DEEP = 4, SCOPE_AUTH = 8 };

struct key {
    char name[KEY_NAME_BYTES];
    unsigned scopes;
    uint8_t digest[DIGEST_BYTES];
};
struct keys {
    size_t count;
    struct key list[];
};

struct keys *keys_parse(struct str text, char *error, size_t error_bytes);
void keys_free(struct keys *k);
/* The key with this token; NULL: nobody's. All are compared, in the same time. */
const struct key *keys_find(const struct keys *k, struct str token);

const char *scope_of_key_text(enum scope_of_key s);

#endif
