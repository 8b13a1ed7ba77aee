/* SPDX-License-Identifier: Apache-2.0 */
/* view_words - see view.h: findings in groups, senders, policies and what was not tested, in words that all formats share. */
#include <string.h>

#include "judge/sts.h"
#include "report/view.h"

void view_write_subject(struct buf *out, const struct facts *f, const struct subject *s)
{
    const char *name = s->host ? s->host->name : f->target.name;
    char ip[IP_TEXT_BYTES] = "";
    if (s->address)
        ip_write(s->address->ip, ip);
    if (strcmp(name, ip) != 0)
        buf_add_cstr(out, name);
    if (s->address)
        buf_printf(out, "%s[%s]", strcmp(name, ip) != 0 ? " " : "", ip);
    if (s->endpoint)
        buf_printf(out, ":%u", s->endpoint->port);
}

struct finding_group view_group(const struct judgement *j, size_t first)
{
    const struct verdict *head = j->findings[first];
    size_t end = first + 1;
    while (end < j->finding_count && j->findings[end]->check == head->check && j->findings[end]->value == head->value &&
           j->findings[end]->reason == head->reason)
        end++;
    return (struct finding_group){&j->findings[first], end - first};
}

static bool is_same_detail(const struct verdict *a, const struct verdict *b)
{
    const char *x = view_detail(a), *y = view_detail(b);
    return x == y || (x && y && strcmp(x, y) == 0);
}

bool view_is_same_everywhere(const struct finding_group *g)
{
    for (size_t i = 1; i < g->count; i++)
        if (!is_same_detail(g->first[0], g->first[i]))
            return false;
    return true;
}

enum finding_part view_part(const struct verdict *v)
{
    if (v->check->about_probe)
        return PART_OUR_SIDE;
    if (v->check->severity == SEVERITY_NOTICE)
        return PART_NOTICES;
    return v->value == VERDICT_UNKNOWN ? PART_UNKNOWN : PART_WRONG;
}

const char *view_delivery(const struct sender *s)
{
    static const char *const words[] = {
        [DELIVERY_UNKNOWN] = "not known",
        [DELIVERY_BOUNCE] = "mail is returned at once",
        [DELIVERY_DEFER] = "mail waits, and is returned after some days",
        [DELIVERY_PLAINTEXT] = "in clear text",
        [DELIVERY_ENCRYPTED] = "encrypted",
        [DELIVERY_AUTHENTICATED] = "encrypted and authenticated",
    };
    return s->best == DELIVERY_PLAINTEXT && s->delayed ? "in clear text, at a later try" : words[s->best];
}

/* That mail is not authenticated where nothing asks for it needs no reason here. */
const char *view_delivery_reason(const struct sender *s)
{
    return s->best == DELIVERY_ENCRYPTED ? NULL : s->why;
}

const char *view_mta_sts(const struct facts *f)
{
    static const char *const words[] = {
        [STS_NOT_KNOWN] = "not known", [STS_NONE] = "broken", [STS_MODE_NONE] = "mode none", [STS_TESTING] = "testing", [STS_ENFORCE] = "enforce",
    };
    enum sts_state state = sts_state(f);
    if (!f->mta_sts.wanted)
        return NULL;
    return state == STS_NONE && f->mta_sts.record.count == 0 ? "none" : words[state];
}

const char *view_tls_rpt(const struct facts *f)
{
    const struct tls_rpt_facts *r = &f->tls_rpt;
    if (!r->wanted)
        return NULL;
    if (r->record.count == 0)
        return view_is_answered(&r->record.txt) ? "none" : "not known";
    return r->record.count > 1 || r->record.flaw ? "broken" : "ok";
}

const char *view_spf(const struct facts *f)
{
    static const char *const ends[] = {"+all", "-all", "~all", "?all"};
    const struct spf_walk_facts *w = &f->spf.walk;
    if (!f->spf.wanted)
        return NULL;
    if (!w->record || !view_is_answered(&w->record->txt))
        return "not known";
    if (w->record->count == 0)
        return "none";
    if (w->record->count > 1 || w->error)
        return "broken";
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (w->all_qualifier == ends[i][0])
            return ends[i];
    return w->incomplete ? "not known" : "no all";
}

const char *view_dkim(const struct facts *f)
{
    if (!f->dkim.wanted)
        return NULL;
    for (size_t i = 0; i < f->dkim.selector_count; i++)
        if (f->dkim.selectors[i].count > 0)
            return "found";
    return f->dkim.wildcard ? "not known" : "not seen";
}

/* What is asked for this very domain; t=y makes it one step less. */
const char *view_dmarc(const struct facts *f)
{
    static const char *const words[] = {
        [DMARC_MISSING] = "without policy", [DMARC_NONE] = "none", [DMARC_QUARANTINE] = "quarantine", [DMARC_REJECT] = "reject", [DMARC_INVALID] = "broken",
    };
    const struct dmarc_facts *d = &f->dmarc;
    if (!d->wanted)
        return NULL;
    if (!d->policy)
        return d->complete ? "missing" : "not known";
    const struct dmarc_record *r = &d->policy->record;
    return words[d->policy != d->steps && r->sp ? r->sp : r->p];
}

static size_t addresses_left_out(const struct facts *f)
{
    size_t n = 0;
    for (size_t h = 0; h < f->host_count; h++)
        n += f->hosts[h].addresses_left_out;
    return n;
}

static bool somebody_opted_out(const struct facts *f)
{
    for (size_t h = 0; h < f->host_count + f->submission_host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++)
                if (f->hosts[h].addresses[a].endpoints[e].not_probed == NOT_PROBED_OPT_OUT)
                    return true;
    return false;
}

static bool write_egress(struct buf *out, unsigned port, const char *family, const struct egress_facts *e)
{
    bool blocked = e->state == EGRESS_BLOCKED;
    if (!blocked && !(e->needed && e->state == EGRESS_UNKNOWN))
        return false;
    buf_printf(out, "outbound port %u over %s: %s", port, family, blocked ? "blocked" : "not known to be open");
    return true;
}

bool view_write_not_tested(struct buf *out, const struct facts *f, size_t item)
{
    const struct vantage_facts *v = &f->vantage;
    const struct {
        bool applies;
        const char *words;
    } left_out[VIEW_LEFT_OUT] = {
        {!f->smtp_wanted, "mail servers (--no-smtp)"},
        {f->smtp_wanted && !f->relay_wanted, "the relay test"},
        {f->hosts_left_out > 0, "hosts past --max-hosts"},
        {addresses_left_out(f) > 0, "addresses past the limit of one host"},
        {somebody_opted_out(f), "servers whose owners want to be left alone (--opt-out)"},
        {f->incomplete, "what there was no room for: "},
    };
    switch (item) {
    case VIEW_LEFT_OUT:
        return write_egress(out, 25, "IPv4", &v->egress_v4);
    case VIEW_LEFT_OUT + 1:
        return write_egress(out, 25, "IPv6", &v->egress_v6);
    case VIEW_LEFT_OUT + 2:
        return write_egress(out, 443, "IPv4", &v->https_v4);
    case VIEW_LEFT_OUT + 3:
        return write_egress(out, 443, "IPv6", &v->https_v6);
    default:
        break;
    }
    if (item >= VIEW_LEFT_OUT || !left_out[item].applies)
        return false;
    buf_add_cstr(out, left_out[item].words);
    if (item + 1 == VIEW_LEFT_OUT)
        buf_add_cstr(out, f->incomplete_reason ? f->incomplete_reason : "the run was cut short");
    return true;
}

const char *view_bimi(const struct facts *f)
{
    const struct bimi_facts *b = &f->bimi;
    if (b->record.count == 0)
        return NULL;
    return b->record.count > 1 || b->record.flaw ? "broken" : b->declined ? "declined" : "published";
}
