/* SPDX-License-Identifier: Apache-2.0 */
/* test_senders_unknown - what becomes of mail when less is known: never something worse. */
#include "base/panic.h"
#include "sender_world.h"

static void judge_now(struct world *w)
{
    must(judge(&w->facts, &w->options, w->now, &w->arena, &w->out) == 0);
}

enum { DIMMINGS = 15 };

/* One fact less, of one address or of its host; false: there is no such one. */
static bool dim(struct world *w, size_t which, size_t address)
{
    struct session_facts *s = w->sessions[address];
    struct host_facts *h = address < MX2_V4 ? w->mx1 : w->mx2;
    switch (which) {
    case 0:
        w->endpoints[address]->not_probed = NOT_PROBED_LIMIT;
        w->endpoints[address]->session_count = 0;
        w->endpoints[address]->shown = NULL;
        return true;
    case 1:
        s->connect = CONNECT_TROUBLE;
        w->endpoints[address]->session_count = 1;
        return true;
    case 2:
        cut_at(s, STEP_GREETING, END_TIMEOUT);
        return true;
    case 3:
        cut_at(s, STEP_GREETING, END_QUIT);
        set_reply(w, &s->greeting, 421, "later");
        return true;
    case 4:
        cut_at(s, STEP_EHLO, END_TIMEOUT);
        return true;
    case 5:
        cut_at(s, STEP_STARTTLS, END_CLOSED);
        return true;
    case 6:
        cut_at(s, STEP_HANDSHAKE, END_TIMEOUT);
        return true;
    case 7:
        s->tls.trust = TRUST_UNKNOWN;
        return true;
    case 8:
        s->tls.name_matches = TRI_UNKNOWN;
        return true;
    case 9:
        s->tls.tlsa[0] = NULL;
        return true;
    case 10:
        set_lookup(&h->tlsa[0].bases[0].lookup, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
        return true;
    case 11:
        set_lookup(&h->aaaa, DNS_TIMEOUT, DNSSEC_INDETERMINATE);
        return true;
    case 12:
        h->tlsa_count = 0;
        return true;
    case 13:
        w->facts.mta_sts.fetch = (struct fetch_facts){.result = FETCH_TROUBLE};
        w->facts.mta_sts.policy = NULL;
        return true;
    case 14:
        set_lookup(&w->facts.mta_sts.record.txt, DNS_TROUBLE, DNSSEC_INDETERMINATE);
        return true;
    default:
        return false;
    }
}

enum { FLAWS = 9 };

static void add_flaw(struct world *w, size_t which, size_t address)
{
    struct session_facts *s = w->sessions[address];
    switch (which) {
    case 0:
        break;
    case 1:
        without_starttls(w, s);
        break;
    case 2:
        break_handshakes(w, address, address);
        break;
    case 3:
        expire(w, s);
        break;
    case 4:
        self_sign(s);
        break;
    case 5:
        s->tls.name_matches = TRI_NO;
        break;
    case 6:
        set_match(address < MX2_V4 ? w->mx1 : w->mx2, 0, TLSA_NO_DIGEST);
        set_match(address < MX2_V4 ? w->mx1 : w->mx2, 1, TLSA_NO_DIGEST);
        break;
    case 7:
        not_connected(w->endpoints[address], CONNECT_REFUSED);
        break;
    case 8:
        w->mx2->tlsa[0].bases[0].lookup = (struct dns_lookup){.status = DNS_FAILED};
        break;
    default:
        break;
    }
}

struct seen {
    size_t senders, ways[8];
    enum delivery best[8], at[8][8];
};

static struct seen look(struct world *w)
{
    struct seen seen = {0};
    judge_now(w);
    seen.senders = w->out.sender_count;
    for (size_t i = 0; i < seen.senders; i++) {
        const struct sender *s = &w->out.senders[i];
        seen.best[i] = s->best;
        seen.ways[i] = s->way_count;
        for (size_t k = 0; k < s->way_count; k++)
            seen.at[i][k] = s->ways[k].delivery;
    }
    return seen;
}

static const char *profile_of(struct world *w, size_t i)
{
    return w->out.senders[i].profile;
}

/* At one address an outcome stays or becomes unknown. Of the domain no delivery becomes a refusal, and no waiting a
 * return: a host of which less is known is passed over, and another one may be better or worse. */
static void compare(struct world *w, const struct seen *before, const struct seen *after, size_t flaw, size_t dimming, size_t address)
{
    assert_int_equal(before->senders, after->senders);
    for (size_t i = 0; i < before->senders; i++) {
        bool refuses = after->best[i] == DELIVERY_DEFER || after->best[i] == DELIVERY_BOUNCE;
        if (refuses && after->best[i] != before->best[i])
            fail_msg("flaw %zu, less of %zu at %zu: %s turns from %s to %s", flaw, dimming, address, profile_of(w, i), delivery_text(before->best[i]),
                     delivery_text(after->best[i]));
        assert_int_equal(before->ways[i], after->ways[i]);
        for (size_t k = 0; k < after->ways[i]; k++)
            if (after->at[i][k] != DELIVERY_UNKNOWN && after->at[i][k] != before->at[i][k])
                fail_msg("flaw %zu, less of %zu at %zu: %s at way %zu turns from %s to %s", flaw, dimming, address, profile_of(w, i), k,
                         delivery_text(before->at[i][k]), delivery_text(after->at[i][k]));
    }
}

static void knowing_less_never_makes_it_worse(void **unused)
{
    (void)unused;
    for (size_t flaw = 0; flaw < FLAWS; flaw++)
        for (size_t flawed = 0; flawed < WORLD_ADDRESSES; flawed++)
            for (size_t dimming = 0; dimming < DIMMINGS; dimming++)
                for (size_t address = 0; address < WORLD_ADDRESSES; address++) {
                    void *state;
                    must(strict(&state) == 0);
                    struct world *w = state;
                    add_flaw(w, flaw, flawed);
                    const struct seen before = look(w);
                    assert_true(dim(w, dimming, address));
                    const struct seen after = look(w);
                    compare(w, &before, &after, flaw, dimming, address);
                    world_teardown(&state);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knowing_less_never_makes_it_worse),
    };
    return cmocka_run_group_tests_name("judge senders unknown", tests, NULL, NULL);
}
