/* SPDX-License-Identifier: Apache-2.0 */
/* test_sharing - whose facts are whose: which name needs a connection of its own, how long facts are kept, and how many. */
#include "probe/sharing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/limits.h"

struct fixture {
    struct loop *loop;
    struct sharing *sharing;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.loop = loop_new_virtual((struct wall){1795529100})};
    f.sharing = sharing_new(f.loop);
    *state = &f;
    return f.sharing ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sharing_free(f->sharing);
    loop_free(f->loop);
    return 0;
}

static struct sharing_key key_of(const char *ip, const char *name)
{
    struct sharing_key key = {.port = 25, .tls_mode = TLS_MODE_STARTTLS, .name = name};
    assert_true(ip_parse(str_of(ip), &key.ip));
    return key;
}

static void on_again(void *arg)
{
    ++*(unsigned *)arg;
}

static enum sharing_answer ask(struct fixture *f, struct sharing_place *place, const char *ip, const char *name)
{
    static unsigned nobody_counts;
    const struct sharing_key key = key_of(ip, name);
    return sharing_ask(f->sharing, place, &key, on_again, &nobody_counts);
}

/* One session to its end; `names` of the one certificate that was sent, NULL: no TLS. */
static void show(struct shared_server *server, unsigned certificate, const char *names)
{
    struct session_facts *s = ARENA_NEW(&server->arena, struct session_facts);
    assert_non_null(s);
    server->sessions = s;
    server->session_count = 1;
    s->connect = CONNECT_OPEN;
    s->end = END_QUIT;
    s->greeting.code = 220;
    if (!names)
        return;
    struct cert_facts *cert = ARENA_NEW(&server->arena, struct cert_facts);
    cert->san_dns = ARENA_ARRAY(&server->arena, struct str, 4);
    assert_non_null(cert->san_dns);
    struct str rest = str_of(names);
    while (rest.n)
        cert->san_dns[cert->san_dns_count++] = arena_copy(&server->arena, str_word(&rest));
    memset(cert->sha256, (int)certificate, sizeof cert->sha256);
    s->tls = (struct tls_facts){.result = TLS_DONE, .certificates = cert, .certificate_count = 1, .certificates_sent = 1};
}

/* Asks, and if nobody knows, finds out. */
static enum sharing_answer find_out(struct fixture *f, const char *name, unsigned certificate, const char *names)
{
    struct sharing_place place = {0};
    enum sharing_answer answer = ask(f, &place, "192.0.2.1", name);
    if (answer == SHARING_LEAD) {
        show(place.server, certificate, names);
        sharing_tell(f->sharing, &place);
    }
    sharing_leave(f->sharing, &place);
    return answer;
}

static void pass_time(struct fixture *f, int64_t ms)
{
    struct timer timer = {0};
    unsigned fired = 0;
    timer_start(f->loop, &timer, ms, on_again, &fired);
    assert_int_equal(loop_run(f->loop), 0);
}

static void the_same_name_is_known(void **state)
{
    assert_int_equal(find_out(*state, "mx.a.test", 1, "mx.a.test"), SHARING_LEAD);
    assert_int_equal(find_out(*state, "mx.a.test", 1, "mx.a.test"), SHARING_KNOWN);
}

static void two_names_with_one_certificate_speak_for_a_third_that_it_names(void **state)
{
    assert_int_equal(find_out(*state, "a.mx.test", 1, "*.mx.test"), SHARING_LEAD);
    assert_int_equal(find_out(*state, "b.mx.test", 1, "*.mx.test"), SHARING_LEAD);
    assert_int_equal(find_out(*state, "c.mx.test", 1, "*.mx.test"), SHARING_KNOWN);
    assert_int_equal(find_out(*state, "mx.c.test", 2, "mx.c.test"), SHARING_LEAD); /* it may have a certificate of its own: and it has */
}

static void two_names_with_two_certificates_speak_for_no_third(void **state)
{
    assert_int_equal(find_out(*state, "mx.a.test", 1, "*.a.test *.c.test"), SHARING_LEAD);
    assert_int_equal(find_out(*state, "mx.b.test", 2, "mx.b.test"), SHARING_LEAD);
    assert_int_equal(find_out(*state, "mx.c.test", 3, "mx.c.test"), SHARING_LEAD);
}

static void what_was_only_observed_is_no_proof(void **state)
{
    struct fixture *f = *state;
    struct sharing_place place = {0};
    struct sharing_key key = key_of("192.0.2.1", "mx.a.test");
    assert_int_equal(sharing_ask(f->sharing, &place, &key, on_again, NULL), SHARING_LEAD);
    show(place.server, 1, "mx.a.test");
    place.server->sessions[0].tls.result = TLS_OBSERVED;
    sharing_tell(f->sharing, &place);
    sharing_leave(f->sharing, &place);
    assert_int_equal(find_out(f, "mx.a.test", 1, "mx.a.test"), SHARING_KNOWN);
    key.proven = true;
    assert_int_equal(sharing_ask(f->sharing, &place, &key, on_again, NULL), SHARING_LEAD);
    show(place.server, 1, "mx.a.test");
    sharing_tell(f->sharing, &place);
    sharing_leave(f->sharing, &place);
    assert_int_equal(sharing_ask(f->sharing, &place, &key, on_again, NULL), SHARING_KNOWN);
    sharing_leave(f->sharing, &place);
}

static void without_tls_no_name_was_told(void **state)
{
    assert_int_equal(find_out(*state, "mx.a.test", 0, NULL), SHARING_LEAD);
    assert_int_equal(find_out(*state, "mx.b.test", 0, NULL), SHARING_KNOWN);
}

static void another_port_or_mode_is_another_server(void **state)
{
    struct fixture *f = *state;
    struct sharing_place first = {0}, places[3] = {0};
    struct sharing_key keys[3] = {key_of("192.0.2.1", "mx.a.test"), key_of("192.0.2.1", "mx.a.test"), key_of("192.0.2.2", "mx.a.test")};
    keys[0].port = 587;
    keys[1].tls_mode = TLS_MODE_IMPLICIT;
    assert_int_equal(ask(f, &first, "192.0.2.1", "mx.a.test"), SHARING_LEAD);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sharing_ask(f->sharing, &places[i], &keys[i], on_again, NULL), SHARING_LEAD);
    for (size_t i = 0; i < 3; i++)
        sharing_leave(f->sharing, &places[i]);
    sharing_leave(f->sharing, &first);
}

static void who_waits_is_called_once_when_the_leader_tells_or_fails(void **state)
{
    struct fixture *f = *state;
    for (int tells = 0; tells < 2; tells++) {
        struct sharing_place leader = {0}, waiting[3] = {0};
        unsigned called[3] = {0};
        const struct sharing_key key = key_of("192.0.2.1", tells ? "mx.t.test" : "mx.f.test");
        assert_int_equal(sharing_ask(f->sharing, &leader, &key, on_again, NULL), SHARING_LEAD);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(sharing_ask(f->sharing, &waiting[i], &key, on_again, &called[i]), SHARING_WAIT);
        sharing_leave(f->sharing, &waiting[2]); /* the last of the queue */
        if (tells) {
            show(leader.server, 1, "mx.t.test");
            sharing_tell(f->sharing, &leader);
        } else {
            sharing_fail(f->sharing, &leader);
        }
        assert_int_equal(called[0], 1);
        assert_int_equal(called[1], 1);
        assert_int_equal(called[2], 0);
        assert_int_equal(sharing_ask(f->sharing, &waiting[1], &key, on_again, &called[1]), tells ? SHARING_KNOWN : SHARING_LEAD);
        sharing_leave(f->sharing, &waiting[1]);
        sharing_leave(f->sharing, &leader);
    }
}

static void our_own_trouble_is_nobodys_fact(void **state)
{
    struct fixture *f = *state;
    struct sharing_place place = {0};
    assert_int_equal(ask(f, &place, "192.0.2.1", "mx.a.test"), SHARING_LEAD);
    show(place.server, 1, NULL);
    place.server->sessions[0].connect = CONNECT_TROUBLE;
    sharing_tell(f->sharing, &place);
    assert_int_equal(place.server->sessions[0].connect, CONNECT_TROUBLE); /* the leader's own all the same */
    sharing_leave(f->sharing, &place);
    assert_int_equal(find_out(f, "mx.a.test", 1, NULL), SHARING_LEAD);
}

static void facts_are_kept_as_long_as_they_are_likely_to_be_true(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        int greeting, rcpt;
        enum session_end end;
        int64_t lifetime_ms;
    } cases[] = {
        {"a server that is well", 220, 550, END_QUIT, LIMIT_SHARED_MS},
        {"one that is busy", 421, 0, END_QUIT, LIMIT_SHARED_FOR_NOW_MS},
        {"one that lists us as grey", 220, 450, END_QUIT, LIMIT_SHARED_FOR_NOW_MS},
        {"one that never relays for strangers", 220, 454, END_QUIT, LIMIT_SHARED_MS},
        {"one that hung up", 220, 0, END_CLOSED, LIMIT_SHARED_FAILED_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int late = 0; late < 2; late++) {
            char ip[32];
            struct sharing_place place = {0};
            snprintf(ip, sizeof ip, "192.0.2.%zu", 10 + 2 * i + (size_t)late);
            assert_int_equal(ask(f, &place, ip, "mx.test"), SHARING_LEAD);
            show(place.server, 1, NULL);
            place.server->sessions[0].greeting.code = (int16_t)cases[i].greeting;
            place.server->sessions[0].relay.rcpt[0].code = (int16_t)cases[i].rcpt;
            place.server->sessions[0].end = cases[i].end;
            sharing_tell(f->sharing, &place);
            sharing_leave(f->sharing, &place);
            pass_time(f, cases[i].lifetime_ms - 1 + 2 * late);
            enum sharing_answer answer = ask(f, &place, ip, "mx.test");
            if (answer != (late ? SHARING_LEAD : SHARING_KNOWN))
                fail_msg("%s: %s at the end of its time", cases[i].name, late ? "still known" : "not known any more");
            sharing_leave(f->sharing, &place);
        }
    }
}

/* More servers than there is room for: the longest unused go, those in use stay. */
static void what_nobody_uses_makes_room(void **state)
{
    struct fixture *f = *state;
    enum { SERVERS = 300, BYTES = 1024 * 1024 };
    struct sharing_place used = {0}, place = {0};
    char ip[32];
    size_t known = 0;
    assert_int_equal(ask(f, &used, "192.0.2.1", "mx.test"), SHARING_LEAD);
    show(used.server, 1, NULL);
    sharing_tell(f->sharing, &used);
    for (unsigned i = 0; i < SERVERS; i++) {
        snprintf(ip, sizeof ip, "10.0.%u.%u", i / 250, i % 250);
        assert_int_equal(ask(f, &place, ip, "mx.test"), SHARING_LEAD);
        show(place.server, 1, NULL);
        assert_non_null(arena_alloc(&place.server->arena, BYTES));
        sharing_tell(f->sharing, &place);
        sharing_leave(f->sharing, &place);
    }
    for (unsigned i = 0; i < SERVERS; i++) {
        snprintf(ip, sizeof ip, "10.0.%u.%u", i / 250, i % 250);
        known += ask(f, &place, ip, "mx.test") == SHARING_KNOWN;
        sharing_leave(f->sharing, &place);
    }
    assert_in_range(known, LIMIT_SHARED_BYTES / BYTES - 8, LIMIT_SHARED_BYTES / BYTES);
    assert_int_equal(ask(f, &place, ip, "mx.test"), SHARING_KNOWN); /* the newest */
    sharing_leave(f->sharing, &place);
    assert_int_equal(used.server->sessions[0].greeting.code, 220);
    sharing_leave(f->sharing, &used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_name_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_names_with_one_certificate_speak_for_a_third_that_it_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_names_with_two_certificates_speak_for_no_third, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_only_observed_is_no_proof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_tls_no_name_was_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_port_or_mode_is_another_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_waits_is_called_once_when_the_leader_tells_or_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_own_trouble_is_nobodys_fact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(facts_are_kept_as_long_as_they_are_likely_to_be_true, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_uses_makes_room, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
