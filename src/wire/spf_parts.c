/* SPDX-License-Identifier: Apache-2.0 */
/* spf_parts - see spf_parts.h. */
#include "wire/spf_parts.h"

#include <stdio.h>

const char *spf_name_write(struct str name, struct arena *arena)
{
    char *text = arena_alloc(arena, 4 * name.n + 1);
    size_t n = 0;
    for (size_t i = 0; text && i < name.n; i++) {
        char c = ascii_lower(name.p[i]);
        if (ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.')
            text[n++] = c;
        else
            n += (size_t)snprintf(text + n, 5, "\\%03u", (unsigned)(unsigned char)c);
    }
    return text;
}

struct spf_question_seen *spf_question_note(struct spf_question_seen ***next, const struct spf_question *q, const struct spf_answer *a, struct arena *arena)
{
    struct spf_question_seen *seen = ARENA_NEW(arena, struct spf_question_seen);
    if (!seen)
        return NULL;
    *seen = (struct spf_question_seen){.name = q->name, .type = q->type, .lookup = a->lookup, .count = a->count};
    **next = seen;
    *next = &seen->next;
    return seen;
}

void spf_record_note(struct spf_record_seen *seen, const struct spf_answer *a)
{
    seen->txt = a->lookup;
    for (size_t i = 0; i < a->count; i++) {
        if (!spf_is_record(a->texts[i]))
            continue;
        if (seen->count++ == 0)
            seen->text = a->texts[i];
    }
    if (seen->count)
        spf_lint(seen->text, &seen->lint);
}

bool spf_lookup_failed(const struct dns_lookup *lookup)
{
    return lookup->status != DNS_FOUND && !spf_lookup_is_void(lookup);
}

bool spf_lookup_is_void(const struct dns_lookup *lookup)
{
    return lookup->status == DNS_NODATA || lookup->status == DNS_NXDOMAIN;
}
