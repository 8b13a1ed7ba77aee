/* SPDX-License-Identifier: Apache-2.0 */
/* mtasts - see mtasts.h. */
#include "wire/mtasts.h"

#include <string.h>

#include "wire/fields.h"

enum { ID_MAX_OCTETS = 32, NAME_MAX_OCTETS = 253, LABEL_MAX_OCTETS = 63, MAX_AGE_MAX_S = 31557600 };

static const char VERSION[] = "v=STSv1";

bool mta_sts_is_record(struct str txt)
{
    return fields_are_of(txt, VERSION);
}

bool mta_sts_is_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!ascii_is_alpha(id.p[i]) && !ascii_is_digit(id.p[i]))
            return false;
    return id.n > 0 && id.n <= ID_MAX_OCTETS;
}

void mta_sts_parse_record(struct str txt, struct arena *arena, const char **id, const char **flaw)
{
    struct fields fields;
    struct field field;
    bool seen = false;
    *id = NULL;
    fields_begin(&fields, txt, VERSION);
    while (field_next(&fields, &field)) {
        if (!str_is(field.name, "id") || seen)
            continue;
        seen = true;
        if (mta_sts_is_id(field.value))
            *id = arena_cstr(arena, field.value);
        else
            fields_flaw(&fields, "its `id` is not 1 to 32 letters and digits");
    }
    if (!seen)
        fields_flaw(&fields, "it has no `id`");
    *flaw = fields.flaw;
}

struct reader {
    struct arena *arena;
    struct mta_sts_policy *policy;
    unsigned line;
    bool version_seen, max_age_seen, mx_flawed;
};

static void flaw_at(struct reader *r, unsigned line, const char *flaw)
{
    if (r->policy->flaw)
        return;
    r->policy->flaw = flaw;
    r->policy->flaw_line = line;
}

static void flaw(struct reader *r, const char *what)
{
    flaw_at(r, r->line, what);
}

static void read_version(struct reader *r, struct str value)
{
    if (r->version_seen)
        return;
    r->version_seen = true;
    r->policy->version_good = str_is(value, "STSv1");
    if (!r->policy->version_good)
        flaw(r, "the version is not `STSv1`");
}

static void read_mode(struct reader *r, struct str value)
{
    static const char *const words[] = {[MTA_STS_MODE_NONE] = "none", [MTA_STS_MODE_TESTING] = "testing", [MTA_STS_MODE_ENFORCE] = "enforce"};
    struct mta_sts_policy *p = r->policy;
    if (p->mode != MTA_STS_MODE_MISSING)
        return;
    p->mode = MTA_STS_MODE_BAD;
    p->mode_text = value;
    for (enum mta_sts_mode mode = MTA_STS_MODE_NONE; mode <= MTA_STS_MODE_ENFORCE; mode++)
        if (str_is(value, words[mode]))
            p->mode = mode;
    if (p->mode == MTA_STS_MODE_BAD)
        flaw(r, "the mode is none of `enforce`, `testing` and `none`");
}

static void read_max_age(struct reader *r, struct str value)
{
    uint64_t seconds = 0;
    if (r->max_age_seen)
        return;
    r->max_age_seen = true;
    r->policy->max_age_good = value.n <= 10 && str_number(value, MAX_AGE_MAX_S, &seconds);
    r->policy->max_age_s = (uint32_t)seconds;
    if (!r->policy->max_age_good) {
        r->policy->max_age_s = 0;
        flaw(r, "`max_age` is not a number of seconds from 0 to 31557600");
    }
}

/* Domain of RFC 5321 4.1.2: no underscore, no dot at the end. */
static bool is_domain(struct str name)
{
    size_t label = 0;
    for (size_t i = 0; i <= name.n; i++) {
        char c = i < name.n ? name.p[i] : '.';
        if (c == '.') {
            if (label == 0 || label > LABEL_MAX_OCTETS || name.p[i - 1] == '-')
                return false;
            label = 0;
            continue;
        }
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && (c != '-' || label == 0))
            return false;
        label++;
    }
    return name.n <= NAME_MAX_OCTETS;
}

static void read_mx(struct reader *r, struct str value)
{
    struct mta_sts_policy *p = r->policy;
    bool wildcard = value.n > 2 && value.p[0] == '*' && value.p[1] == '.';
    if (!is_domain(wildcard ? (struct str){value.p + 2, value.n - 2} : value)) {
        r->mx_flawed = true;
        flaw(r, "`mx` is neither a host name nor `*.` before one");
        return;
    }
    if (!p->mx)
        p->mx = ARENA_ARRAY(r->arena, struct mta_sts_pattern, MTA_STS_MX_MAX);
    if (!p->mx)
        return;
    if (p->mx_count < MTA_STS_MX_MAX)
        p->mx[p->mx_count++].text = value;
    else
        p->mx_left_out++;
}

static void read_line(struct reader *r, struct str line)
{
    struct str value = line, name = str_cut(&value, ':');
    if (str_trim(line).n == 0) /* not in the grammar, yet no sender minds */
        return;
    if (name.n == line.n || !field_is_name(name)) {
        flaw(r, r->line == 1 && str_starts_nocase(line, "\xef\xbb\xbf") ? "the file begins with a byte order mark" : "this is no `name: value`");
        return;
    }
    value = str_trim(value);
    if (str_is(name, "version"))
        read_version(r, value);
    else if (str_is(name, "mode"))
        read_mode(r, value);
    else if (str_is(name, "max_age"))
        read_max_age(r, value);
    else if (str_is(name, "mx"))
        read_mx(r, value);
}

void mta_sts_parse_policy(struct str body, struct arena *arena, struct mta_sts_policy *policy)
{
    struct reader r = {.arena = arena, .policy = policy};
    *policy = (struct mta_sts_policy){.mode = MTA_STS_MODE_MISSING};
    while (body.n) {
        struct str line = str_cut(&body, '\n');
        r.line++;
        line.n -= line.n && line.p[line.n - 1] == '\r';
        read_line(&r, line);
    }
    if (!r.version_seen)
        flaw_at(&r, 0, "there is no `version`");
    if (policy->mode == MTA_STS_MODE_MISSING)
        flaw_at(&r, 0, "there is no `mode`");
    if (!r.max_age_seen)
        flaw_at(&r, 0, "there is no `max_age`");
    if (policy->mx_count == 0 && !r.mx_flawed && policy->mode != MTA_STS_MODE_NONE)
        flaw_at(&r, 0, "there is no `mx`");
}

bool mta_sts_pattern_matches(struct str pattern, struct str host)
{
    if (pattern.n < 2 || pattern.p[0] != '*' || pattern.p[1] != '.')
        return pattern.n > 0 && str_eq_nocase(pattern, host);
    struct str label = str_cut(&host, '.');
    return label.n > 0 && host.n > 0 && str_eq_nocase((struct str){pattern.p + 2, pattern.n - 2}, host);
}
