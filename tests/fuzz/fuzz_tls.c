/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS client against a hostile peer. A real server hears everything that the client says, from its ClientHello on;
 * the input says what becomes of the answers: octets pass, change, vanish, or others come in their place.
 * Oracle: the handshake is under way, done or failed, and the facts agree with that; they are complete when it is done;
 * a handshake that nobody touched succeeds; clear text that is read is what the server wrote.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/net/tls_peer.h"
#include "fuzz.h"
#include "fuzz_random.h"
#include "net/tls_impl.h"

enum { WRITTEN_MAX = 4096, OPERATIONS_MAX = 64, WAITING_MAX = 256 * 1024 };

static struct tls_context *context;
static const struct pki_cert *authority, *leaf, *rsa_leaf;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char error[200];
    (void)argc, (void)argv;
    fuzz_random_init();
    fuzz_random_again();
    context = tls_context_new(NULL, error, sizeof error);
    must(context);
    authority = pki_make((struct pki_plan){.common_name = "Authority", .organisation = "Test", .ca = true});
    leaf = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {STR("mx.good.test"), STR("*.good.test")}, .issuer = authority});
    rsa_leaf = pki_make((struct pki_plan){.common_name = "mx.good.test", .names = {STR("mx.good.test")}, .key = "RSA-2048"});
    return 0;
}

struct talk {
    struct fuzz input;
    struct tls_client *client;
    struct peer *peer;
    struct buf waiting; /* said by the server, not yet heard */
    struct buf written; /* clear text of the server, not yet read */
    bool touched, closed;
};

static void feed(struct talk *t, struct str octets)
{
    void *exact = fuzz_exact(octets);
    int rc = tls_feed(t->client, exact, octets.n);
    free(exact);
    must(rc == 0);
}

static void hear_client(struct talk *t)
{
    struct str said = peer_answer(t->peer, tls_take(t->client));
    buf_add(&t->waiting, said.p, said.n);
    must(!t->waiting.failed);
}

static void pass(struct talk *t, size_t n)
{
    size_t passed = n < t->waiting.used ? n : t->waiting.used;
    feed(t, (struct str){t->waiting.bytes, passed});
    buf_take(&t->waiting, passed);
}

static void read_clear(struct talk *t)
{
    char clear[512];
    long n = 0;
    while (tls_state(t->client) != TLS_STATE_HANDSHAKE && (n = tls_read(t->client, clear, sizeof clear)) > 0) {
        must((size_t)n <= t->written.used && memcmp(clear, t->written.bytes, (size_t)n) == 0);
        buf_take(&t->written, (size_t)n);
    }
}

static bool server_is_up(const struct talk *t)
{
    return tls_state(t->client) == TLS_STATE_DONE && !t->touched && !t->closed;
}

static void server_writes(struct talk *t, struct str clear)
{
    char text[256];
    if (!server_is_up(t) || t->written.used + clear.n > WRITTEN_MAX || clear.n == 0)
        return;
    size_t n = clear.n < sizeof text - 1 ? clear.n : sizeof text - 1;
    memcpy(text, clear.p, n);
    text[n] = '\0';
    n = strlen(text);
    if (n == 0)
        return;
    peer_write(t->peer, text);
    buf_add(&t->written, text, n);
}

static void operate(struct talk *t)
{
    unsigned what = fuzz_number(&t->input, 9), n = fuzz_number(&t->input, 255);
    switch (what) {
    case 0:
        t->touched = true;
        feed(t, fuzz_octets(&t->input, n));
        break;
    case 1:
    case 2:
        pass(t, what == 1 ? SIZE_MAX : n);
        break;
    case 3: /* one octet is another */
        if (t->waiting.used == 0)
            break;
        t->touched = true;
        t->waiting.bytes[n % t->waiting.used] ^= (char)(1 + fuzz_number(&t->input, 254));
        break;
    case 4: /* some are lost */
        t->touched = t->touched || (n && t->waiting.used);
        buf_take(&t->waiting, n < t->waiting.used ? n : t->waiting.used);
        break;
    case 5:
        (void)tls_write(t->client, "EHLO probe.test\r\n", 17);
        break;
    case 6:
        server_writes(t, fuzz_octets(&t->input, n));
        break;
    case 7:
        if (server_is_up(t))
            peer_close(t->peer);
        t->closed = true;
        break;
    default:
        read_clear(t);
        break;
    }
    hear_client(t);
}

static void check(struct talk *t)
{
    struct arena arena;
    struct tls_facts f = {.result = TLS_NOT_TRIED};
    arena_init(&arena, 4 << 20);
    must(tls_copy_facts(t->client, &f, &arena) == 0);
    enum tls_state state = tls_state(t->client);
    must(state != TLS_STATE_HANDSHAKE || f.result == TLS_NOT_TRIED || f.result == TLS_GARBAGE);
    must(state != TLS_STATE_DONE || f.result == TLS_DONE);
    must(state != TLS_STATE_FAILED || f.result != TLS_NOT_TRIED);
    must(f.result != TLS_TROUBLE);
    must(f.result != TLS_DONE || (f.version && f.cipher && f.cipher_id && f.certificate_count));
    must(f.result != TLS_ALERT || f.alert >= 0);
    must(f.octets_before.n <= TLS_STRAY_MAX && f.certificate_count <= TLS_CERTIFICATES_MAX && f.certificate_count <= f.certificates_sent);
    must(!f.error || fuzz_is_clean(str_of(f.error), false));
    must(f.trust != TRUST_YES);
    must(f.certificate_count || (f.trust == TRUST_UNKNOWN && f.name_matches == TRI_UNKNOWN));
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const int versions[] = {0, TLS1_2_VERSION, TLS1_3_VERSION, TLS1_VERSION};
    static const char *const names[] = {"mx.good.test", NULL, "192.0.2.1", "mx.good.test."};
    struct talk t = {.input = {bytes, n}};
    unsigned options = fuzz_number(&t.input, 255);
    struct peer_plan plan = {.version = versions[options % 4],
                             .suites = options & 4 ? "kRSA:DHE:@SECLEVEL=0" : NULL,
                             .chain = {options & 4 ? rsa_leaf : leaf, options & 8 ? authority : NULL}};
    fuzz_random_again();
    buf_init(&t.waiting, WAITING_MAX);
    buf_init(&t.written, WAITING_MAX);
    t.peer = peer_new(&plan);
    t.client = tls_client_new(context, options & 16 || plan.version == TLS1_VERSION ? TLS_PROFILE_LEGACY : TLS_PROFILE_MODERN, names[options / 32 % 4]);
    must(t.client);
    tls_start(t.client);
    hear_client(&t);
    for (unsigned i = 0; i < OPERATIONS_MAX && !fuzz_is_over(&t.input); i++)
        operate(&t);
    for (unsigned i = 0; i < 8 && !t.touched && tls_state(t.client) == TLS_STATE_HANDSHAKE; i++) {
        pass(&t, SIZE_MAX);
        hear_client(&t);
    }
    must(t.touched || tls_state(t.client) != TLS_STATE_HANDSHAKE);
    check(&t);
    tls_client_free(t.client);
    peer_free(t.peer);
    buf_done(&t.waiting);
    buf_done(&t.written);
    return 0;
}
