/* SPDX-License-Identifier: Apache-2.0 */
/* sender_world - see sender_world.h. */
#include "sender_world.h"

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
