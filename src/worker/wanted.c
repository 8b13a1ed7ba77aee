/* SPDX-License-Identifier: Apache-2.0 */
/* wanted - see wanted.h. */
#include "worker/wanted.h"

static bool any_area(const struct judge_options *wanted, const char *const *areas)
{
    for (; *areas; areas++)
        if (check_area_wanted(wanted, *areas))
            return true;
    return false;
}

void ask_what_is_wanted(struct probe_options *o, const struct judge_options *wanted)
{
    static const char *const need_smtp[] = {"net", "smtp", "relay", "tls", "cert", "dane", "mtasts", "rdns", "pool", "mx", NULL};
    static const char *const need_tlsa[] = {"dane", "mtasts", "pool", NULL};
    static const char *const need_senders[] = {"mx", "dkim", NULL};
    bool senders = any_area(wanted, need_senders);
    o->smtp = o->smtp && any_area(wanted, need_smtp);
    o->relay = o->relay && check_area_wanted(wanted, "relay");
    o->caa = o->smtp && check_is_wanted(wanted, check_find("cert.caa"));
    o->ptr = check_area_wanted(wanted, "rdns");
    o->tlsa = any_area(wanted, need_tlsa);
    o->mta_sts = check_area_wanted(wanted, "mtasts");
    o->tls_rpt = check_area_wanted(wanted, "tlsrpt");
    o->authorities = check_area_wanted(wanted, "dns");
    o->dkim = check_area_wanted(wanted, "dkim");
    o->bimi = check_area_wanted(wanted, "bimi");
    o->dmarc = senders || o->bimi || check_area_wanted(wanted, "dmarc");
    o->spf = senders || check_area_wanted(wanted, "spf");
    if (!check_area_wanted(wanted, "dnsbl"))
        o->dnsbl_list_count = 0;
}
