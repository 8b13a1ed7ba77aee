/* SPDX-License-Identifier: Apache-2.0 */
/* sender_world - see sender_world.h. */
#include "sender_world.h"

#include "base/panic.h"

void with_sts(struct world *w, enum mta_sts_mode mode, size_t hosts)
{
    struct mta_sts_facts *m = &w->facts.mta_sts;
    struct mta_sts_policy *p = ARENA_NEW(&w->arena, struct mta_sts_policy);
    *m = (struct mta_sts_facts){.wanted = true, .id = "1", .host = "mta-sts.example.org"};
    set_lookup(&m->record.txt, DNS_FOUND, DNSSEC_SECURE);
    m->record.count = 1;
    m->record.text = STR("v=STSv1; id=1;");
    m->fetch = (struct fetch_facts){.result = FETCH_DONE, .ip = w->addresses[MX1_V4]->ip, .connected = true, .status = 200, .content_type = "text/plain"};
    p->version_good = p->max_age_good = true;
    p->mode = mode;
    p->max_age_s = 2592000;
    p->mx = ARENA_ARRAY(&w->arena, struct mta_sts_pattern, 2);
    p->mx[0].text = STR("mx1.example.org");
    p->mx[1].text = STR("mx2.example.org");
    p->mx[0].hosts = p->mx[1].hosts = 1;
    p->mx_count = hosts;
    w->mx1->in_mta_sts_policy = hosts > 0;
    w->mx2->in_mta_sts_policy = hosts > 1;
    m->policy = p;
}

void with_tls_rpt(struct world *w)
{
    struct tls_rpt_facts *rpt = &w->facts.tls_rpt;
    *rpt = (struct tls_rpt_facts){.wanted = true, .destinations = ARENA_ARRAY(&w->arena, struct tls_rpt_destination, 2), .destination_count = 1};
    set_lookup(&rpt->record.txt, DNS_FOUND, DNSSEC_SECURE);
    rpt->record.count = 1;
    rpt->record.text = STR("v=TLSRPTv1; rua=mailto:tls@example.org");
    rpt->destinations[0] = (struct tls_rpt_destination){.uri = STR("mailto:tls@example.org"), .kind = TLS_RPT_MAILTO, .host = "example.org"};
    set_lookup(&rpt->destinations[0].mail.mx, DNS_FOUND, DNSSEC_SECURE);
}

int strict(void **state)
{
    int failed = world_setup(state);
    if (!failed) {
        with_dane(*state);
        with_sts(*state, MTA_STS_MODE_ENFORCE, 2);
    }
    return failed;
}

void break_handshakes(struct world *w, size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++) {
        fail_handshake(w->sessions[i], TLS_ALERT, 40);
        add_session(w->endpoints[i], CONNECTION_LEGACY_TLS);
    }
}

void expire(struct world *w, struct session_facts *s)
{
    s->tls.path_not_after.s = w->now.s - 5 * DAY_S;
}

void self_sign(struct session_facts *s)
{
    s->tls.trust = TRUST_SELF_SIGNED;
}

static void insecure(struct host_facts *h)
{
    set_lookup(&h->a, DNS_FOUND, DNSSEC_INSECURE);
    set_lookup(&h->aaaa, DNS_FOUND, DNSSEC_INSECURE);
}

/* Neither DNSSEC nor a policy. */
int bare(void **state)
{
    int failed = world_setup(state);
    struct world *w = *state;
    if (failed)
        return failed;
    with_dane(w);
    insecure(w->mx1);
    insecure(w->mx2);
    set_records(w, w->mx1, "");
    set_records(w, w->mx2, "");
    set_lookup(&w->facts.mx.lookup, DNS_FOUND, DNSSEC_INSECURE);
    w->facts.mta_sts.wanted = true;
    set_lookup(&w->facts.mta_sts.record.txt, DNS_NXDOMAIN, DNSSEC_INSECURE);
    return 0;
}

static char letter(enum delivery d, bool delayed)
{
    static const char letters[] = {[DELIVERY_UNKNOWN] = '?', [DELIVERY_BOUNCE] = 'B',    [DELIVERY_DEFER] = 'D', [DELIVERY_PLAINTEXT] = 'P',
                                   [DELIVERY_ENCRYPTED] = 'E', [DELIVERY_AUTHENTICATED] = 'A'};
    return delayed ? ascii_lower(letters[d]) : letters[d];
}

static bool is_at(const struct sender_way *w, const char *host)
{
    return str_starts_nocase(str_of(w->subject.host->name), host);
}

/* The best over the addresses of a host; "" the domain. */
static char letter_at(const struct sender *s, const char *host)
{
    if (!*host)
        return letter(s->best, s->delayed);
    const struct sender_way *best = NULL;
    for (size_t i = 0; i < s->way_count; i++)
        if (is_at(&s->ways[i], host) && (!best || s->ways[i].delivery > best->delivery))
            best = &s->ways[i];
    assert_non_null(best);
    return letter(best->delivery, best->delayed);
}

static void judge_now(struct world *w)
{
    must(judge(&w->facts, &w->options, w->now, &w->arena, &w->out) == 0);
}

void expect_at(struct world *w, const char *host, const char *letters)
{
    char found[16] = "";
    judge_now(w);
    for (size_t i = 0; i < w->out.sender_count; i++)
        found[i] = letter_at(&w->out.senders[i], host);
    if (strcmp(found, letters) == 0)
        return;
    for (size_t i = 0; i < w->out.sender_count; i++)
        print_error("  %s: %s\n", w->out.senders[i].profile, w->out.senders[i].explanation);
    fail_msg("%s: %s, not %s", *host ? host : "the domain", found, letters);
}

void expect_senders(struct world *w, const char *letters)
{
    expect_at(w, "", letters);
}

const struct sender *sender_of(struct world *w, const char *profile)
{
    judge_now(w);
    for (size_t i = 0; i < w->out.sender_count; i++)
        if (strcmp(w->out.senders[i].profile, profile) == 0)
            return &w->out.senders[i];
    fail_msg("no sender is called %s", profile);
    return NULL;
}

void expect_words(struct world *w, const char *profile, const char *part)
{
    const struct sender *s = sender_of(w, profile);
    if (!strstr(s->explanation, part))
        fail_msg("%s: \"%s\" lacks \"%s\"", profile, s->explanation, part);
}
