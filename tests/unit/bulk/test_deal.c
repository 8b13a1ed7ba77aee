/* SPDX-License-Identifier: Apache-2.0 */
/* bulk/deal: what the DNS says of where mail goes, and which names are one worker's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../probe/world.h"
#include "base/hash.h"
#include "bulk/deal.h"

struct dealt {
    uint64_t key;
    unsigned calls;
};

static void on_dealt(void *arg, uint64_t key)
{
    struct dealt *d = arg;
    d->key = key;
    d->calls++;
}

static uint64_t key_of(struct world *w, const char *name)
{
    struct deal deal;
    struct dealt dealt = {0};
    deal_start(&deal, w->loop, w->prober.resolver, name, on_dealt, &dealt);
    assert_int_equal(dealt.calls, 0); /* not from within */
    assert_int_equal(loop_run(w->loop), 0);
    assert_int_equal(dealt.calls, 1);
    deal_cancel(&deal); /* an idle one */
    return dealt.key;
}

static uint64_t key(struct str what)
{
    return hash_fold(hash_str(0, what));
}

static const struct {
    const char *name;
    enum dns_type type;
    const char *data;
} zone[] = {
    {"one.test", DNS_MX, "10 mx1.hoster.test"},
    {"two.test", DNS_MX, "10 mx7.mail.hoster.test"},
    {"backup.test", DNS_MX, "20 mx.other.test"},
    {"backup.test", DNS_MX, "10 mx1.hoster.test"},
    {"even.test", DNS_MX, "10 mx.other.test"},
    {"even.test", DNS_MX, "10 mx1.hoster.test"},
    {"other.test", DNS_MX, "10 mx.other.test"},
    {"mx.other.test", DNS_A, "198.51.100.7"},
    {"vain.test", DNS_MX, "10 mail.vain.test"},
    {"mail.vain.test", DNS_A, "198.51.100.200"},
    {"mail.vain.test", DNS_A, "203.0.113.1"},
    {"sub.vain.test", DNS_MX, "10 mail.vain.test"},
    {"implicit.test", DNS_A, "198.51.100.9"},
    {"six.test", DNS_MX, "10 mail.six.test"},
    {"mail.six.test", DNS_AAAA, "2001:db8:1:2::1"},
    {"seven.test", DNS_MX, "10 mail.seven.test"},
    {"mail.seven.test", DNS_AAAA, "2001:db8:1:3::1"},
    {"null.test", DNS_MX, "0 ."},
    {"lost.test", DNS_MX, "10 mail.lost.test"},
    {"nowhere.test", DNS_TXT, "no mail"},
};

static const struct {
    const char *name, *what;
    size_t what_n; /* 0: of a text */
} keys[] = {
    {"one.test", "hoster.test", 0},
    {"ONE.test.", "hoster.test", 0},
    {"two.test", "hoster.test", 0},
    {"backup.test", "hoster.test", 0}, /* the best */
    {"even.test", "other.test", 0},    /* of equals the first by name: mx.other.test, mx1.hoster.test */
    {"other.test", "\xc6\x33\x64", 3}, /* its own host: 198.51.100.0/24 */
    {"vain.test", "\xc6\x33\x64", 3},
    {"sub.vain.test", "\xc6\x33\x64", 3},
    {"implicit.test", "\xc6\x33\x64", 3},
    {"six.test", "\x20\x01\x0d\xb8\x00\x01", 6},
    {"seven.test", "\x20\x01\x0d\xb8\x00\x01", 6},
    {"null.test", "null.test", 0},
    {"lost.test", "lost.test", 0}, /* no address */
    {"nowhere.test", "nowhere.test", 0},
    {"nope.test", "nope.test", 0},
    {"broken.test", "broken.test", 0},
    {"silent.test", "silent.test", 0},
};

static void fill(struct world *w)
{
    for (size_t i = 0; i < sizeof zone / sizeof *zone; i++)
        dns(w, zone[i].name, zone[i].type, zone[i].data);
    scripted_dns_fail(w->prober.resolver, "broken.test", DNS_MX, DNS_FAILED, DNSSEC_INDETERMINATE, "SERVFAIL");
    scripted_dns_fail(w->prober.resolver, "silent.test", DNS_MX, DNS_TIMEOUT, DNSSEC_INDETERMINATE, "");
}

static void names_of_the_same_servers_have_one_key(void **state)
{
    struct world *w = *state;
    fill(w);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct str what = keys[i].what_n ? (struct str){keys[i].what, keys[i].what_n} : str_of(keys[i].what);
        if (key_of(w, keys[i].name) != key(what))
            fail_msg("%s has the key of something else than '%s'", keys[i].name, keys[i].what);
    }
}

static void no_more_is_asked_than_is_needed(void **state)
{
    struct world *w = *state;
    fill(w);
    key_of(w, "one.test");
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "mx1.hoster.test", DNS_A), 0);
    key_of(w, "vain.test");
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "mail.vain.test", DNS_A), 1);
    assert_int_equal(scripted_dns_asked(w->prober.resolver, "mail.vain.test", DNS_AAAA), 0);
}

static void who_gives_up_hears_nothing(void **state)
{
    struct world *w = *state;
    struct deal deal;
    struct dealt dealt = {0};
    fill(w);
    deal_start(&deal, w->loop, w->prober.resolver, "one.test", on_dealt, &dealt);
    deal_cancel(&deal);
    assert_int_equal(loop_run(w->loop), 0);
    assert_int_equal(dealt.calls, 0);
}

int main(void)
{
#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(names_of_the_same_servers_have_one_key),
        IN_WORLD(no_more_is_asked_than_is_needed),
        IN_WORLD(who_gives_up_hears_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
