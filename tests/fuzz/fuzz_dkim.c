/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM: the input is a TXT record at a selector.
 * Oracle: the same twice; a key of use has a length, or is Ed25519, or is revoked; one without `p` has a flaw.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/dkim.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str txt = {fuzz_exact((struct str){(const char *)bytes, n}), n};
    struct dkim_key key, again;
    dkim_parse_key(txt, &key);
    dkim_parse_key(txt, &again);
    must(key.type == again.type && key.bits == again.bits && key.flaw == again.flaw && key.revoked == again.revoked && key.testing == again.testing);
    must(key.flaw || key.revoked || key.bits > 0 || key.type == DKIM_KEY_ED25519);
    must(dkim_is_key(txt) || key.flaw);
    must(!key.revoked || key.bits == 0);
    free((void *)(uintptr_t)txt.p);
    return 0;
}
