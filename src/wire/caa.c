/* SPDX-License-Identifier: Apache-2.0 */
/* caa - see caa.h. */
#include "wire/caa.h"

enum { CRITICAL = 0x80, FIXED_OCTETS = 2 };

static bool is_letter_or_digit(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c);
}

/* label *("." label), with letters and digits at the ends of labels and hyphens between them. */
static bool is_issuer_domain_name(struct str s)
{
    while (s.n) {
        size_t before = s.n;
        struct str label = str_cut(&s, '.');
        bool good = label.n > 0 && is_letter_or_digit(label.p[0]) && is_letter_or_digit(label.p[label.n - 1]);
        for (size_t i = 0; good && i < label.n; i++)
            good = is_letter_or_digit(label.p[i]) || label.p[i] == '-';
        if (!good || (s.n == 0 && label.n < before))
            return false;
    }
    return true;
}

static struct str issuer_of(struct str value)
{
    struct str name = str_trim(str_cut(&value, ';'));
    return is_issuer_domain_name(name) ? name : (struct str){NULL, 0};
}

struct caa_record caa_read(struct str rdata)
{
    struct caa_record r = {.critical = rdata.n > 0 && ((unsigned char)rdata.p[0] & CRITICAL)};
    size_t tag_n = rdata.n < FIXED_OCTETS ? 0 : (unsigned char)rdata.p[1];
    if (tag_n == 0 || tag_n > rdata.n - FIXED_OCTETS)
        return r;
    struct str tag = {rdata.p + FIXED_OCTETS, tag_n};
    for (size_t i = 0; i < tag.n; i++)
        if (!is_letter_or_digit(tag.p[i]))
            return r;
    r.tag = tag;
    r.value = (struct str){tag.p + tag.n, rdata.n - FIXED_OCTETS - tag.n};
    if (str_is_nocase(tag, "issue") || str_is_nocase(tag, "issuewild"))
        r.issuer = issuer_of(r.value);
    return r;
}
