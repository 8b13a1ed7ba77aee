/* SPDX-License-Identifier: Apache-2.0 */
/* tlsa - the TLSA records that belong to what a server serves, as lines for its zone. */
#include "cmd/commands.h"
#include "cmd/run.h"
#include "net/dane.h"
#include "report/tlsa_advice.h"

/* Only what senders would accept is advised: they are asked, so to say. */
static bool issuer_proves(struct prober *p, const struct tlsa_advice *a, const struct tlsa_key *k)
{
    enum tlsa_match match = TLSA_NOT_COMPARED;
    if (!k->issuer)
        return false;
    const struct tlsa_record r = {2, 1, 1, {(const char *)k->issuer->spki_sha256, sizeof k->issuer->spki_sha256}, TLSA_SOUND};
    const struct dane_reference reference = {.names = {a->name, a->facts->target.name}, .now = a->facts->checked_at};
    return dane_compare(p->net.tls, k->tls, &reference, &r, 1, &match) == 0 && match == TLSA_MATCHES;
}

static int write_advice(struct buf *out, struct job *job, struct prober *p, const struct options *o)
{
    struct tlsa_advice a;
    tlsa_advice_collect(job_facts(job), &a);
    for (size_t i = 0; i < a.key_count; i++)
        a.keys[i].issuer_proves = issuer_proves(p, &a, &a.keys[i]);
    if (o->format == FORMAT_TEXT)
        tlsa_advice_write_text(out, &a);
    else
        tlsa_advice_write_json(out, &a, o->format == FORMAT_JSON ? 2 : 0);
    return tlsa_advice_exit_status(&a);
}

static int tlsa(struct options *o)
{
    struct probe_options *p = &o->probe;
    p->relay = p->ptr = false;
    p->control_count = 0;
    p->deep = p->deep_keys_only = true; /* a server may have a certificate of each sort of key */
    return run_servers(o, write_advice);
}

int command_tlsa(int argc, char **argv)
{
    return with_options(TLSA, argc, argv, tlsa);
}
