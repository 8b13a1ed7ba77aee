/* SPDX-License-Identifier: Apache-2.0 */
/* dmarc - see dmarc.h. */
#include "wire/dmarc.h"

#include <string.h>

#include "wire/tag_list.h"

bool dmarc_is_record(struct str txt)
{
    struct tag first;
    struct str head = str_cut(&txt, ';');
    return tag_list_next(&head, &first) && str_is_nocase(first.name, "v") && str_is(first.value, "DMARC1");
}

static bool means_dmarc(struct str txt)
{
    struct tag tag;
    struct str rest = txt;
    while (tag_list_next(&rest, &tag))
        if (str_is_nocase(tag.name, "v"))
            return str_starts_nocase(tag.value, "dmarc");
    return false;
}

static void flaw(struct dmarc_record *r, const char *what)
{
    if (!r->flaw)
        r->flaw = what;
}

static enum dmarc_policy parse_policy(struct str value)
{
    if (str_is_nocase(value, "none"))
        return DMARC_NONE;
    if (str_is_nocase(value, "quarantine"))
        return DMARC_QUARANTINE;
    return str_is_nocase(value, "reject") ? DMARC_REJECT : DMARC_INVALID;
}

static bool parse_letter(struct dmarc_record *r, struct str value, const char *letters, const char *what)
{
    bool known = value.n == 1 && strchr(letters, ascii_lower(value.p[0]));
    if (!known)
        flaw(r, what);
    return known && ascii_lower(value.p[0]) == letters[0];
}

static bool is_fo(struct str value)
{
    do {
        struct str one = str_trim(str_cut(&value, ':'));
        if (one.n != 1 || !strchr("01ds", ascii_lower(one.p[0])))
            return false;
    } while (value.n);
    return true;
}

/* scheme ":" something, RFC 3986 3; blanks and controls have no place in it. */
static bool is_uri(struct str s)
{
    size_t scheme = 0;
    while (scheme < s.n && s.p[scheme] != ':') {
        char c = s.p[scheme];
        if (!ascii_is_alpha(c) && (scheme == 0 || (!ascii_is_digit(c) && c != '+' && c != '-' && c != '.')))
            return false;
        scheme++;
    }
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127)
            return false;
    if (scheme == 0 || scheme + 1 >= s.n)
        return false;
    struct str mailbox = {s.p + scheme + 1, s.n - scheme - 1};
    bool mailto = str_is_nocase((struct str){s.p, scheme}, "mailto");
    struct str local = str_cut(&mailbox, '@');
    return !mailto || (local.n && mailbox.n);
}

static size_t parse_uris(struct dmarc_record *r, struct str value, struct str **uris, struct arena *arena, const char *what)
{
    size_t count = 0;
    *uris = ARENA_ARRAY(arena, struct str, DMARC_URIS_MAX);
    while (*uris && value.n && count < DMARC_URIS_MAX) {
        struct str limit = str_trim(str_cut(&value, ','));
        struct str uri = str_cut(&limit, '!');
        r->has_size_limit = r->has_size_limit || limit.n > 0;
        if (is_uri(uri))
            (*uris)[count++] = uri;
        else
            flaw(r, what);
    }
    if (count == 0)
        flaw(r, what);
    return count;
}

static void parse_policy_tag(struct dmarc_record *r, enum dmarc_policy *into, struct str value, const char *what)
{
    *into = parse_policy(value);
    if (*into == DMARC_INVALID)
        flaw(r, what);
}

static void parse_psd(struct dmarc_record *r, struct str value)
{
    if (str_is_nocase(value, "y"))
        r->psd = DMARC_PSD_YES;
    else if (str_is_nocase(value, "n"))
        r->psd = DMARC_PSD_NO;
    else if (!str_is_nocase(value, "u"))
        flaw(r, "`psd` is not y, n or u");
}

static void parse_tag(struct dmarc_record *r, const struct tag *t, struct arena *arena)
{
    if (t->name.n == 0)
        flaw(r, "a part is no `tag=value`");
    else if (str_is_nocase(t->name, "p"))
        parse_policy_tag(r, &r->p, t->value, "`p` is not none, quarantine or reject");
    else if (str_is_nocase(t->name, "sp"))
        parse_policy_tag(r, &r->sp, t->value, "`sp` is not none, quarantine or reject");
    else if (str_is_nocase(t->name, "np"))
        parse_policy_tag(r, &r->np, t->value, "`np` is not none, quarantine or reject");
    else if (str_is_nocase(t->name, "t"))
        r->testing = parse_letter(r, t->value, "yn", "`t` is not y or n");
    else if (str_is_nocase(t->name, "psd"))
        parse_psd(r, t->value);
    else if (str_is_nocase(t->name, "adkim"))
        r->strict_dkim = parse_letter(r, t->value, "sr", "`adkim` is not r or s");
    else if (str_is_nocase(t->name, "aspf"))
        r->strict_spf = parse_letter(r, t->value, "sr", "`aspf` is not r or s");
    else if (str_is_nocase(t->name, "fo") && !is_fo(t->value))
        flaw(r, "`fo` is not a list of 0, 1, d and s");
    else if (str_is_nocase(t->name, "rua"))
        r->rua_count = parse_uris(r, t->value, &r->rua, arena, "`rua` holds something that is no address (URI)");
    else if (str_is_nocase(t->name, "ruf"))
        r->ruf_count = parse_uris(r, t->value, &r->ruf, arena, "`ruf` holds something that is no address (URI)");
    else if (str_is_nocase(t->name, "pct"))
        r->has_pct = true;
    else if (str_is_nocase(t->name, "rf"))
        r->has_rf = true;
    else if (str_is_nocase(t->name, "ri"))
        r->has_ri = true;
}

void dmarc_parse(struct str txt, struct arena *arena, struct dmarc_record *record)
{
    struct str rest = txt, seen = txt;
    struct tag tag, earlier;
    *record = (struct dmarc_record){.text = txt};
    str_cut(&rest, ';'); /* v */
    while (tag_list_next(&rest, &tag)) {
        bool doubled = false;
        for (seen = txt; tag.name.n && tag_list_next(&seen, &earlier) && earlier.name.p != tag.name.p;)
            doubled = doubled || str_eq_nocase(earlier.name, tag.name);
        if (doubled)
            flaw(record, "a tag stands twice");
        else
            parse_tag(record, &tag, arena);
    }
    if (record->p == DMARC_MISSING && record->psd != DMARC_PSD_YES)
        flaw(record, "`p` is missing");
}

/* RFC 9989 4.10: at most eight questions, however long the name is. */
enum { LABELS_AT_ONCE = 7 };

static size_t count_labels(const char *domain)
{
    size_t labels = *domain ? 1 : 0;
    for (; *domain; domain++)
        labels += *domain == '.';
    return labels;
}

static const char *parent(const char *domain)
{
    const char *dot = strchr(domain, '.');
    return dot ? dot + 1 : NULL;
}

int dmarc_walk_begin(struct dmarc_facts *f, const char *domain, struct arena *arena)
{
    struct dmarc_step *steps = ARENA_ARRAY(arena, struct dmarc_step, DMARC_STEPS_MAX);
    if (!steps)
        return -1;
    steps[0].domain = domain;
    *f = (struct dmarc_facts){.wanted = true, .steps = steps};
    return 0;
}

static const char *domain_after(const struct dmarc_step *step)
{
    const char *next = parent(step->domain);
    while (next && count_labels(next) > LABELS_AT_ONCE)
        next = parent(next);
    return next;
}

static bool is_used(const struct dmarc_step *s)
{
    return s->count == 1;
}

/* Longest name first; RFC 9989 4.10.2. */
static void find_organisational_domain(struct dmarc_facts *f)
{
    f->organisational_domain = f->steps[0].domain;
    for (size_t i = 0; i < f->step_count; i++) {
        const struct dmarc_step *s = &f->steps[i];
        if (!is_used(s))
            continue;
        if (s->record.psd == DMARC_PSD_YES && i > 0) {
            const char *below = f->steps[0].domain; /* one label below; names between were perhaps not asked */
            while (count_labels(below) > count_labels(s->domain) + 1)
                below = parent(below);
            f->organisational_domain = below;
            return;
        }
        f->organisational_domain = s->domain;
        if (s->record.psd == DMARC_PSD_NO)
            return;
    }
}

/* RFC 9989 4.10.1: the domain's own record, its organisation's, the public suffix's. */
static void find_policy(struct dmarc_facts *f)
{
    const struct dmarc_step *own = NULL, *organisation = NULL, *suffix = NULL;
    for (size_t i = 0; i < f->step_count; i++) {
        const struct dmarc_step *s = &f->steps[i];
        if (!is_used(s))
            continue;
        own = i == 0 ? s : own;
        organisation = strcmp(s->domain, f->organisational_domain) == 0 ? s : organisation;
        suffix = s->record.psd == DMARC_PSD_YES ? s : suffix;
    }
    f->policy = own ? own : organisation ? organisation : suffix;
}

static void conclude(struct dmarc_facts *f)
{
    f->complete = true;
    for (size_t i = 0; i < f->step_count; i++) {
        enum dns_status status = f->steps[i].txt.status;
        f->complete = f->complete && (status == DNS_FOUND || status == DNS_NODATA || status == DNS_NXDOMAIN);
    }
    if (f->complete)
        find_organisational_domain(f);
    if (f->complete)
        find_policy(f);
    else if (is_used(&f->steps[0]))
        f->policy = &f->steps[0];
}

const char *dmarc_walk_next(struct dmarc_facts *f)
{
    if (f->step_count == 0)
        return f->steps[0].domain;
    const struct dmarc_step *last = &f->steps[f->step_count - 1];
    bool ended = is_used(last) && last->record.psd != DMARC_PSD_UNSAID;
    const char *next = ended || f->step_count == DMARC_STEPS_MAX ? NULL : domain_after(last);
    if (next)
        f->steps[f->step_count].domain = next;
    else
        conclude(f);
    return next;
}

void dmarc_walk_answer(struct dmarc_facts *f, const struct dns_lookup *lookup, const struct str *txt, size_t txt_count, struct arena *arena)
{
    struct dmarc_step *step = &f->steps[f->step_count++];
    step->txt = *lookup;
    for (size_t i = 0; i < txt_count; i++) {
        if (dmarc_is_record(txt[i])) {
            if (step->count++ == 0)
                dmarc_parse(txt[i], arena, &step->record);
        } else if (!step->near_miss.n && means_dmarc(txt[i])) {
            step->near_miss = txt[i];
        }
    }
}
