/* SPDX-License-Identifier: Apache-2.0 */
/* tag_list - see tag_list.h. */
#include "wire/tag_list.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str tag_trim(struct str s)
{
    while (s.n && is_space(s.p[0]))
        s = (struct str){s.p + 1, s.n - 1};
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* tag-name = ALPHA *ALNUMPUNC, RFC 6376 3.2. */
static bool is_tag_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alpha(s.p[i]) && (i == 0 || (!ascii_is_digit(s.p[i]) && s.p[i] != '_')))
            return false;
    return true;
}

bool tag_list_next(struct str *rest, struct tag *tag)
{
    while (rest->n) {
        struct str part = tag_trim(str_cut(rest, ';'));
        if (part.n == 0)
            continue;
        bool has_value = memchr(part.p, '=', part.n) != NULL;
        tag->value = part;
        tag->name = tag_trim(str_cut(&tag->value, '='));
        tag->value = tag_trim(tag->value);
        if (!has_value || !is_tag_name(tag->name))
            tag->name.n = 0;
        return true;
    }
    return false;
}

bool tag_list_find(struct str list, const char *name, struct str *value)
{
    struct tag tag;
    while (tag_list_next(&list, &tag))
        if (str_is(tag.name, name)) {
            *value = tag.value;
            return true;
        }
    return false;
}
