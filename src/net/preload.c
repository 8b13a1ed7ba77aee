/* SPDX-License-Identifier: Apache-2.0 */
/* preload - see preload.h: the trust store, the library that fetches, the list of public suffixes. */
#include "net/preload.h"

#include "net/curl_library.h"
#include "net/names.h"

void net_preload(struct tls_context *tls)
{
    char error[256];
    struct arena arena;
    arena_init(&arena, sizeof error);
    tls_context_load(tls);
    curl_library_load(error, sizeof error);
    name_organisational_domain("example.org", &arena);
    arena_done(&arena);
}
