/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block lists: the input chooses a list and a kind of question, and is then the addresses that it answers with, test
 * entries first.
 * Oracle: what is outside 127.0.0.0/8 lists nobody; a list that refuses, or lists what must not be, is not sound; names
 * that are asked fit the DNS.
 */
#include <string.h>

#include "fuzz.h"
#include "wire/dnsbl.h"

enum { ADDRESSES_MAX = 12 };

static void read_answer(struct fuzz *f, struct dnsbl_answer *a, const struct dnsbl_list *list, enum dnsbl_kind kind)
{
    struct ip ips[ADDRESSES_MAX] = {0};
    size_t count = fuzz_number(f, ADDRESSES_MAX);
    bool all_outside = count > 0;
    for (size_t i = 0; i < count; i++) {
        ips[i] = (struct ip){.family = IP_V4, .bytes = {fuzz_flip(f) ? 127 : (uint8_t)fuzz_number(f, 255)}};
        for (size_t b = 1; b < 4; b++)
            ips[i].bytes[b] = (uint8_t)fuzz_number(f, 255);
        all_outside = all_outside && ips[i].bytes[0] != 127;
    }
    *a = (struct dnsbl_answer){.list = list, .lookup = {.status = count ? DNS_FOUND : fuzz_flip(f) ? DNS_NXDOMAIN : DNS_TIMEOUT}};
    dnsbl_read_answer(a, kind, ips, count);
    must(a->code_count <= DNSBL_CODES_MAX && a->code_count <= count);
    must(!all_outside || (a->rewritten && a->classes == 0));
    must(count > 0 || (!a->refused && !a->rewritten && a->classes == 0));
}

static void check_names(struct fuzz *f, const char *zone)
{
    char query[DNSBL_QUERY_BYTES];
    struct ip ip = {.family = fuzz_flip(f) ? IP_V6 : IP_V4};
    struct str octets = fuzz_octets(f, sizeof ip.bytes);
    memcpy(ip.bytes, octets.p, octets.n);
    must(dnsbl_address_query(ip, zone, query) && strlen(query) < DNSBL_QUERY_BYTES - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct dnsbl_list own = {.zone = "own.example", .takes_unknown = true};
    struct fuzz f = {bytes, n};
    size_t which = fuzz_number(&f, (unsigned)dnsbl_known_count());
    const struct dnsbl_list *list = which < dnsbl_known_count() ? dnsbl_known_at(which) : &own;
    enum dnsbl_kind kind = (enum dnsbl_kind)fuzz_number(&f, DNSBL_KINDS - 1);
    struct dnsbl_list_facts l = {.list = list};
    read_answer(&f, &l.on[kind], list, kind);
    read_answer(&f, &l.off[kind], list, kind);
    enum dnsbl_health health = dnsbl_judge_health(&l, kind);
    must(health != DNSBL_HEALTHY || (l.on[kind].code_count > 0 && l.off[kind].code_count == 0));
    must(health != DNSBL_HEALTHY || !(l.on[kind].refused || l.on[kind].rewritten));
    check_names(&f, list->zone);
    return 0;
}
