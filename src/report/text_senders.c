/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_senders - what becomes of mail, a line for all sorts of sender that fare alike.
 *
 * Senders without TLS have no line of their own where their mail arrives: that is no news.
 */
#include <string.h>

#include "report/text_parts.h"
#include "report/view.h"

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool fare_alike(const struct sender *a, const struct sender *b)
{
    return a->best == b->best && a->delayed == b->delayed && is_same_text(view_delivery_reason(a), view_delivery_reason(b)) &&
           is_same_text(a->others, b->others);
}

static size_t count_alike(const struct judgement *j, const struct sender *s)
{
    size_t count = 0;
    for (size_t i = 0; i < j->sender_count; i++)
        count += fare_alike(&j->senders[i], s);
    return count;
}

static bool is_first_alike(const struct judgement *j, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (fare_alike(&j->senders[k], &j->senders[i]))
            return false;
    return true;
}

/* The first of the table is the one without TLS; what keeps others from clear text does not concern it. */
static bool is_no_news(const struct judgement *j, size_t i)
{
    return i == 0 && j->senders[i].best == DELIVERY_PLAINTEXT && count_alike(j, &j->senders[i]) == 1;
}

static void add_names(struct page *p, const struct judgement *j, size_t first)
{
    const char *between = "";
    if (count_alike(j, &j->senders[first]) == j->sender_count) {
        page_add_text(p, "all: ");
        return;
    }
    for (size_t i = first; i < j->sender_count; i++)
        if (fare_alike(&j->senders[i], &j->senders[first])) {
            page_add_format(p, "%s%s", between, j->senders[i].label);
            between = ", ";
        }
    page_add_text(p, ": ");
}

void text_write_senders(struct page *p, const struct judgement *j)
{
    bool is_labelled = false;
    for (size_t i = 0; i < j->sender_count; i++) {
        const struct sender *s = &j->senders[i];
        if (!is_first_alike(j, i) || is_no_news(j, i))
            continue;
        if (is_labelled)
            page_to(p, LABEL_TEXT_AT);
        else
            page_label(p, INDENT, LABEL_TEXT_AT, "senders");
        is_labelled = true;
        add_names(p, j, i);
        page_add_text(p, view_delivery(s));
        if (view_delivery_reason(s))
            page_add_format(p, " (%s)", view_delivery_reason(s));
        if (s->others)
            page_add_format(p, "; not so at %s", s->others);
        page_wrap_added(p, INK_PLAIN, LABEL_TEXT_AT + 2);
        page_newline(p);
    }
    if (is_labelled)
        page_newline(p);
}
