/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of API keys.
 * Oracle: what is read is within its limits and can be told in a log; what is not read has a message that can be shown; and
 * no token is found that nobody has.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "serve/keys.h"

static void check_key(const struct key *key)
{
    must(key->scopes && !(key->scopes & ~(unsigned)(SCOPE_READ | SCOPE_CHECK | SCOPE_DEEP | SCOPE_AUTH)));
    must(strlen(key->name) > 0 && strlen(key->name) < KEY_NAME_BYTES);
    for (const char *c = key->name; *c; c++)
        must(*c > ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *exact = fuzz_exact((struct str){(const char *)bytes, n}), error[200] = "";
    struct keys *k = keys_parse((struct str){exact, n}, error, sizeof error);
    must(k || (error[0] && strlen(error) < sizeof error));
    for (size_t i = 0; k && i < k->count; i++)
        check_key(&k->list[i]);
    must(!k || (k->count <= KEYS_MAX && !keys_find(k, STR("a token whose digest no input will hit"))));
    keys_free(k);
    free(exact);
    return 0;
}
