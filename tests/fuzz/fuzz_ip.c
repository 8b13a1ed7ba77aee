/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses, networks, times and numbers as text. The input is that text.
 * Oracle: what is read and written and read again is the same; a network has its own base; a reverse name fits; what
 * is an address is a network of one.
 */
#include <string.h>

#include "base/clock.h"
#include "base/ip.h"
#include "fuzz.h"
#include "net/resolver.h"

static void check_ip(struct str text)
{
    struct ip ip, again;
    struct ip_network alone;
    char written[IP_TEXT_BYTES], reverse[REVERSE_NAME_BYTES];
    if (!ip_parse(text, &ip))
        return;
    must(ip.family == IP_V4 || ip.family == IP_V6);
    ip_write(ip, written);
    must(ip_parse(str_of(written), &again) && ip_eq(ip, again) && ip_compare(ip, again) == 0);
    const char *special = ip_special_purpose(ip);
    must(!special || special[0]);
    ip_write_reverse_name(ip, reverse);
    must(strlen(reverse) < REVERSE_NAME_BYTES);
    must(ip_network_parse(text, &alone) && alone.prefix_bits == (ip.family == IP_V4 ? 32 : 128) && ip_network_has(alone, ip));
}

static void check_network(struct str text)
{
    struct ip_network network;
    if (!ip_network_parse(text, &network))
        return;
    must(network.prefix_bits <= (network.base.family == IP_V4 ? 32u : 128u));
    must(ip_network_has(network, network.base));
}

static void check_words(struct str text)
{
    struct wall t, again;
    char written[CLOCK_TEXT_BYTES];
    uint64_t number;
    if (wall_parse(text, &t)) {
        wall_write(t, written);
        must(wall_parse(str_of(written), &again) && again.s == t.s);
    }
    must(!str_number(text, 1000, &number) || number <= 1000);
    struct str rest = text, trimmed = str_trim(text);
    must(trimmed.n <= text.n);
    for (struct str word; (word = str_word(&rest)).n;)
        must(!memchr(word.p, ' ', word.n) && !memchr(word.p, '\t', word.n));
    must(rest.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str text = {(const char *)bytes, n};
    check_ip(text);
    check_network(text);
    check_words(text);
    return 0;
}
