/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of POST /v1/checks, and of the file's JSON all that strangers send.
 * Oracle: a body is an order within its limits that a worker can read, for a target that may be connected to, or it is a
 * problem in JSON; a password is gone afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/names.h"
#include "serve/order_key.h"
#include "serve/problem.h"
#include "serve/state.h"
#include "serve/wish.h"

static void check_server(const struct work_order *order, struct arena *arena)
{
    struct server_name server;
    const char *problem;
    must(name_parse_server(str_of(order->target), arena, &server, &problem) == 0);
    must(server.ip.family == IP_NONE || !ip_special_purpose(server.ip));
}

static void check_wish(struct wish *w, struct arena *arena)
{
    struct domain_name name;
    const char *problem;
    const struct work_order *order = &w->order;
    must(w->wait_s <= WISH_WAIT_S_MAX && w->max_age_s <= WISH_AGE_S_MAX && order->port_count <= LIMIT_PORTS);
    if (order->server)
        check_server(order, arena);
    else
        must(name_parse_domain(str_of(order->target), arena, &name, &problem) == 0 && strcmp(name.ascii, order->target) == 0);
    char *key = order_key(order);
    must(key);
    free(key);
    wish_wipe(w);
    for (size_t i = 0; i < w->password_bytes; i++)
        must(!w->password[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *exact = fuzz_exact((struct str){(const char *)bytes, n});
    struct serve serve = {.params = {.public_only = true}};
    struct arena arena;
    struct request q = {.serve = &serve, .arena = &arena, .body = {exact, n}};
    struct answer a = {0};
    struct wish wish;
    if (n <= REQUEST_BODY_BYTES) {
        arena_init(&arena, 256 * 1024);
        if (wish_parse(&q, &wish, &a) == 0)
            check_wish(&wish, &arena);
        else
            must(a.status >= 400 && fuzz_is_json((struct str){a.body.bytes, a.body.used}));
        must(!arena.exhausted);
        buf_done(&a.body);
        arena_done(&arena);
    }
    free(exact);
    return 0;
}
