/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLSA records: the input is the data of one.
 * Oracle: the data is the end of the input, and a sound record has numbers that exist and the octets of its digest.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "wire/tlsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str rdata = {fuzz_exact((struct str){(const char *)bytes, n}), n};
    struct tlsa_record r = tlsa_read(rdata);
    must(r.data.p + r.data.n == rdata.p + rdata.n);
    must(r.data.n == (n < 3 ? n : n - 3));
    must((r.flaw == TLSA_TOO_SHORT) == (n < 3));
    if (r.flaw == TLSA_SOUND)
        must(r.usage <= 3 && r.selector <= 1 && r.matching_type <= 2 && (r.matching_type == 0 || r.data.n == 32u * r.matching_type));
    free((void *)(uintptr_t)rdata.p);
    return 0;
}
