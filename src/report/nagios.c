/* SPDX-License-Identifier: Apache-2.0 */
/* nagios - a report as the state and the figures of a monitoring plugin. */
#include "base/text.h"
#include "report/documents.h"
#include "report/view.h"

enum { NAME_BYTES_MAX = 64 * 1024 };

/* Something decisive is unknown, and it is the other side that keeps it so. */
static bool is_kept_from_us(const struct judgement *j)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct verdict *v = &j->verdicts[i];
        if (v->value != VERDICT_UNKNOWN || !v->check->decisive)
            continue;
        if (v->reason == REASON_TIMEOUT || v->reason == REASON_THROTTLED || v->reason == REASON_REFUSED_US || v->reason == REASON_GREYLISTED ||
            v->reason == REASON_DNS_FAILURE)
            return true;
    }
    return false;
}

int report_nagios_state(const struct judgement *j)
{
    switch (j->summary.status) {
    case STATUS_OK:
        return 0;
    case STATUS_WARNING:
        return 1;
    case STATUS_ERROR:
        return 2;
    case STATUS_INCONCLUSIVE:
        break;
    }
    return is_kept_from_us(j) ? 1 : 3;
}

const char *report_nagios_word(int state)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    return words[state];
}

/* Quoted, as a label may hold blanks; of quotes and equals signs it must be free. */
static void begin(struct buf *out, const char *name, const char *label)
{
    struct buf safe;
    buf_init(&safe, NAME_BYTES_MAX);
    text_write_safe(&safe, str_of(name));
    buf_add_cstr(out, " '");
    for (size_t i = 0; i < safe.used; i++)
        if (safe.bytes[i] != '\'' && safe.bytes[i] != '=' && safe.bytes[i] != '|')
            buf_add_char(out, safe.bytes[i]);
    buf_printf(out, "%s%s'=", safe.used ? " " : "", label);
    out->failed = out->failed || safe.failed;
    buf_done(&safe);
}

static void add_days_left(struct buf *out, const struct facts *f, const char *name)
{
    enum { DAY_S = 24 * 3600 };
    bool any = false;
    int64_t earliest = 0;
    for (size_t h = 0; h < f->host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++) {
                const struct tls_facts *t = &view_session(&f->hosts[h].addresses[a].endpoints[e])->tls;
                if (!t->certificate_count)
                    continue;
                earliest = !any || t->certificates[0].not_after.s < earliest ? t->certificates[0].not_after.s : earliest;
                any = true;
            }
    if (!any)
        return;
    begin(out, name, "cert_days");
    buf_printf(out, "%lld;;;;", (long long)((earliest - f->checked_at.s) / DAY_S));
}

void report_write_perfdata(struct buf *out, const struct report *r, const char *name)
{
    const struct summary *s = &r->judgement->summary;
    const struct {
        const char *label;
        size_t value;
    } counts[] = {{"errors", s->errors}, {"warnings", s->warnings}, {"notices", s->notices}, {"unknowns", s->unknowns}, {"passes", s->passes}};
    begin(out, name, "time");
    buf_printf(out, "%u.%03us;;;0;", r->facts->duration_ms / 1000, r->facts->duration_ms % 1000);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin(out, name, counts[i].label);
        buf_printf(out, "%zu;;;0;", counts[i].value);
    }
    add_days_left(out, r->facts, name);
}
