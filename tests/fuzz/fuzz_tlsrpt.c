/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS-RPT: the input is a TXT record.
 * Oracle: URIs lie in the record; a host is a name in lower case that the DNS can be asked for; a record without a
 * flaw has a destination, and each is a mailto: or https: URI with a host or an address.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/tlsrpt.h"

static void check_host(const char *host)
{
    size_t n = strlen(host);
    must(n >= 1 && n <= 253 && host[0] != '.' && host[n - 1] != '.' && !strstr(host, ".."));
    for (const char *c = host; *c; c++)
        must(*c == '.' || *c == '-' || *c == '_' || ascii_is_digit(*c) || (*c >= 'a' && *c <= 'z'));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str txt = {fuzz_exact((struct str){(const char *)bytes, n}), n};
    struct tls_rpt_facts facts = {.wanted = true};
    struct arena arena;
    arena_init(&arena, 64 * n + (1 << 20));
    if (tls_rpt_is_record(txt)) {
        tls_rpt_parse_record(txt, &arena, &facts);
        must(facts.record.flaw || facts.destination_count > 0);
        must(facts.destination_count <= TLS_RPT_DESTINATIONS_MAX);
    }
    for (size_t i = 0; i < facts.destination_count; i++) {
        const struct tls_rpt_destination *d = &facts.destinations[i];
        must(d->uri.n > 0 && d->uri.p >= txt.p && d->uri.p + d->uri.n <= txt.p + txt.n);
        must(facts.record.flaw || d->kind != TLS_RPT_OTHER);
        if (d->host)
            check_host(d->host);
    }
    must(!arena.exhausted);
    free((void *)(uintptr_t)txt.p);
    arena_done(&arena);
    return 0;
}
