/* SPDX-License-Identifier: Apache-2.0 */
/* tlsa - see tlsa.h. */
#include "wire/tlsa.h"

enum { NUMBERS = 3, USAGE_MAX = 3, SELECTOR_MAX = 1, MATCHING_TYPE_MAX = 2 };

static enum tlsa_flaw flaw_of(const struct tlsa_record *r)
{
    static const size_t digest_octets[MATCHING_TYPE_MAX + 1] = {0, 32, 64};
    if (r->usage > USAGE_MAX)
        return TLSA_UNKNOWN_USAGE;
    if (r->selector > SELECTOR_MAX)
        return TLSA_UNKNOWN_SELECTOR;
    if (r->matching_type > MATCHING_TYPE_MAX)
        return TLSA_UNKNOWN_MATCHING_TYPE;
    return r->matching_type != 0 && r->data.n != digest_octets[r->matching_type] ? TLSA_WRONG_LENGTH : TLSA_SOUND;
}

struct tlsa_record tlsa_read(struct str rdata)
{
    const uint8_t *p = (const uint8_t *)rdata.p;
    if (rdata.n < NUMBERS)
        return (struct tlsa_record){.data = rdata, .flaw = TLSA_TOO_SHORT};
    struct tlsa_record r = {.usage = p[0], .selector = p[1], .matching_type = p[2], .data = {rdata.p + NUMBERS, rdata.n - NUMBERS}};
    r.flaw = flaw_of(&r);
    return r;
}
