/* SPDX-License-Identifier: Apache-2.0 */
/* fields - see fields.h. */
#include "wire/fields.h"

#include <string.h>

enum { NAME_MAX_OCTETS = 32 };

static bool starts(struct str text, const char *word)
{
    return text.n >= strlen(word) && memcmp(text.p, word, strlen(word)) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool fields_are_of(struct str text, const char *version)
{
    size_t n = strlen(version);
    return starts(text, version) && (text.n == n || text.p[n] == ';' || is_blank(text.p[n]));
}

void fields_flaw(struct fields *f, const char *flaw)
{
    if (!f->flaw)
        f->flaw = flaw;
}

/* Blanks before the `;` are in the grammar, but the text of both documents lets senders look for `v=...;`. */
void fields_begin(struct fields *f, struct str text, const char *version)
{
    size_t n = strlen(version);
    *f = (struct fields){.rest = {text.p + n, text.n - n}};
    if (f->rest.n && is_blank(f->rest.p[0]))
        fields_flaw(f, "there must be a `;` right after the version");
    struct str head = str_trim(str_cut(&f->rest, ';'));
    if (head.n)
        fields_flaw(f, "there must be a `;` right after the version");
}

bool field_is_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && (i == 0 || (c != '_' && c != '-' && c != '.')))
            return false;
    }
    return name.n > 0 && name.n <= NAME_MAX_OCTETS;
}

bool field_next(struct fields *f, struct field *field)
{
    while (f->rest.n) {
        size_t left = f->rest.n;
        struct str part = str_cut(&f->rest, ';');
        bool ends_in_separator = part.n < left;
        part = str_trim(part);
        if (part.n == 0) {
            if (ends_in_separator)
                fields_flaw(f, "there is nothing between two `;`");
            continue;
        }
        struct str value = part, name = str_trim(str_cut(&value, '='));
        if (name.n == part.n || !field_is_name(name)) {
            fields_flaw(f, "a part of it is no `name=value`");
            continue;
        }
        *field = (struct field){name, str_trim(value)};
        if (field->value.n == 0)
            fields_flaw(f, "a name in it has no value");
        return true;
    }
    return false;
}
