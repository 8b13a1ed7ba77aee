/* SPDX-License-Identifier: Apache-2.0 */
/* tls_fixture - see tls_fixture.h. */
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct tls_context *context;
const struct pki_cert *leaf, *rsa_leaf;
struct arena arena;
struct peer *peer;
struct tls_client *client;
struct tls_facts facts;

int set_up_all(void **state)
{
    (void)state;
    char error[200];
    context = tls_context_new(NULL, error, sizeof error);
    assert_string_equal(error, "");
    leaf = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {STR("mx.good.test")}});
    rsa_leaf = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {STR("mx.good.test")}, .key = "RSA-2048"});
    return context ? 0 : -1;
}

int tear_down_all(void **state)
{
    (void)state;
    tls_context_free(context);
    pki_free_all();
    return 0;
}

int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 22);
    peer = NULL;
    client = NULL;
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    if (peer)
        peer_free(peer);
    tls_client_free(client);
    arena_done(&arena);
    return 0;
}

void greet(enum tls_profile profile, const char *name)
{
    client = tls_client_new(context, profile, name);
    assert_non_null(client);
    tls_start(client);
}

void copy_facts(void)
{
    assert_int_equal(tls_copy_facts(client, &facts, &arena), 0);
}

void shake(enum tls_profile profile, const struct peer_plan *plan)
{
    shake_with("mx.good.test", profile, plan);
}

void hang_up(void)
{
    peer_free(peer);
    tls_client_free(client);
    peer = NULL;
    client = NULL;
}

void shake_with(const char *name, enum tls_profile profile, const struct peer_plan *plan)
{
    peer = peer_new(plan);
    greet(profile, name);
    peer_run(peer, client, 1 << 20);
    copy_facts();
    if (facts.result == TLS_DONE)
        assert_int_equal(tls_state(client), TLS_STATE_DONE);
}

void hear(const void *bytes, size_t n)
{
    assert_int_equal(tls_feed(client, bytes, n), 0);
}

void assert_clear_text_goes_both_ways(void)
{
    char clear[64];
    assert_int_equal(tls_write(client, "EHLO probe.test\r\n", 17), 0);
    peer_run(peer, client, 1 << 20);
    assert_true(str_is(peer_read(peer), "EHLO probe.test\r\n"));
    peer_write(peer, "250 mx.good.test\r\n");
    peer_run(peer, client, 1 << 20);
    assert_int_equal(tls_read(client, clear, sizeof clear), 18);
    assert_memory_equal(clear, "250 mx.good.test\r\n", 18);
    assert_int_equal(tls_read(client, clear, sizeof clear), 0);
}
