/* SPDX-License-Identifier: Apache-2.0 */
/* sts - see sts.h. */
#include "judge/sts.h"

#include <string.h>

static bool is_answer(const struct dns_lookup *l)
{
    return l->status == DNS_FOUND || l->status == DNS_NODATA || l->status == DNS_NXDOMAIN;
}

/* What the policy host shows to everybody; all else may be about us. */
static bool is_definite(const struct mta_sts_facts *m)
{
    static const enum fetch_result ours[] = {FETCH_NOT_TRIED, FETCH_OPTED_OUT, FETCH_UNREACHABLE, FETCH_TIMEOUT, FETCH_CLOSED, FETCH_TROUBLE};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (m->fetch.result == ours[i])
            return false;
    return m->fetch.result != FETCH_NO_ADDRESS || (is_answer(&m->a) && is_answer(&m->aaaa));
}

static enum sts_state state_of(const struct mta_sts_policy *policy)
{
    static const enum sts_state states[] = {
        [MTA_STS_MODE_MISSING] = STS_NONE,    [MTA_STS_MODE_NONE] = STS_MODE_NONE, [MTA_STS_MODE_TESTING] = STS_TESTING,
        [MTA_STS_MODE_ENFORCE] = STS_ENFORCE, [MTA_STS_MODE_BAD] = STS_NONE,
    };
    return policy && !policy->flaw ? states[policy->mode] : STS_NONE;
}

enum sts_state sts_state(const struct facts *f)
{
    const struct mta_sts_facts *m = &f->mta_sts;
    if (!m->assumed) {
        if (!m->wanted || !is_answer(&m->record.txt))
            return STS_NOT_KNOWN;
        if (m->record.count != 1 || m->record.flaw || !m->id)
            return STS_NONE;
        if (!m->policy)
            return is_definite(m) ? STS_NONE : STS_NOT_KNOWN;
    }
    return state_of(m->policy);
}

/* What is kept is replaced by a policy that could be fetched because the record has another id. A record or a file that is
 * not to be had, or is not valid, changes nothing. */
bool sts_cache_holds(const struct facts *f)
{
    const struct mta_sts_facts *m = &f->mta_sts;
    bool same_id = m->id && m->cached_id && strcmp(m->id, m->cached_id) == 0;
    return m->cached && ((same_id && !m->assumed) || sts_state(f) == STS_NONE);
}

enum sts_state sts_state_cached(const struct facts *f)
{
    return sts_cache_holds(f) ? state_of(f->mta_sts.cached) : sts_state(f);
}
