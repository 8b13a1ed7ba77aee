/* SPDX-License-Identifier: Apache-2.0 */
/* bimi - see bimi.h. */
#include "wire/bimi.h"

#include "wire/tag_list.h"
#include "wire/url.h"

bool bimi_is_record(struct str txt)
{
    struct tag first;
    struct str head = str_cut(&txt, ';');
    return tag_list_next(&head, &first) && str_is_nocase(first.name, "v") && str_is(first.value, "BIMI1");
}

static void flaw(struct bimi_facts *f, const char *what)
{
    if (!f->record.flaw)
        f->record.flaw = what;
}

static bool stood_before(struct str txt, const struct tag *tag)
{
    struct tag earlier;
    while (tag_list_next(&txt, &earlier) && earlier.name.p != tag->name.p)
        if (str_eq_nocase(earlier.name, tag->name))
            return true;
    return false;
}

static bool is_https_or_empty(struct str value)
{
    struct https_url url;
    return value.n == 0 || url_parse_https(value, &url);
}

void bimi_parse(struct str txt, struct bimi_facts *facts)
{
    struct str rest = txt;
    struct tag tag;
    bool has_location = false;
    while (tag_list_next(&rest, &tag)) {
        if (tag.name.n == 0) {
            flaw(facts, "a part is no `tag=value`");
        } else if (stood_before(txt, &tag)) {
            flaw(facts, "a tag stands twice");
        } else if (str_is_nocase(tag.name, "l")) {
            has_location = true;
            facts->logo_file.url = tag.value;
        } else if (str_is_nocase(tag.name, "a")) {
            facts->evidence_file.url = tag.value;
        }
    }
    if (!has_location)
        flaw(facts, "`l`, the place of the logo, is missing");
    if (!is_https_or_empty(facts->logo_file.url))
        flaw(facts, "`l` is no https URL");
    if (!is_https_or_empty(facts->evidence_file.url))
        flaw(facts, "`a` is no https URL");
    facts->declined = !facts->record.flaw && facts->logo_file.url.n == 0 && facts->evidence_file.url.n == 0;
}
