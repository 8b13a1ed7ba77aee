/* SPDX-License-Identifier: Apache-2.0 */
/* text_deep - with --deep: how many further connections each server was asked for, and what was left out for want of what. */
#include "report/text_parts.h"

static const char *place_words(enum deep_connection place)
{
    static const char *const words[] = {
        [DEEP_NO_SNI] = "TLS without server name",
        [DEEP_OTHER_KEY] = "another kind of key",
        [DEEP_TLS12] = "TLS 1.2 alone",
        [DEEP_SURVEY] = "a survey of TLS",
        [DEEP_INJECTION] = "clear text behind STARTTLS",
        [DEEP_PLAIN_MAIL] = "mail in clear",
        [DEEP_UNLISTED_STARTTLS] = "STARTTLS unlisted",
    };
    return words[place];
}

static bool is_missing(enum deep_left_out why)
{
    return why != DEEP_MADE && why != DEEP_NOT_NEEDED;
}

/* Why the first that is missing is: what comes behind it is missing for the same reason. */
static const char *reason_of(const struct deep_facts *d)
{
    for (size_t i = 0; i < DEEP_CONNECTION_COUNT; i++) {
        switch (d->left_out[i]) {
        case DEEP_STOPPED:
            return d->stopped_by ? d->stopped_by : "the server put us off";
        case DEEP_NO_TIME:
            return "out of time";
        case DEEP_TROUBLE:
            return "our own side failed";
        case DEEP_MADE:
        case DEEP_NOT_NEEDED:
            break;
        }
    }
    return NULL;
}

static void put_endpoint(struct page *p, const struct facts *f, const struct subject *s)
{
    const struct deep_facts *d = s->endpoint->deep;
    const char *why = reason_of(d);
    bool any = false;
    page_to(p, INDENT);
    text_add_subject(p, f, s);
    page_add_format(p, "  %zu more connection%s", d->connections, d->connections == 1 ? "" : "s");
    if (why)
        page_add_format(p, "; %s, so without: ", why);
    for (size_t i = 0; why && i < DEEP_CONNECTION_COUNT; i++)
        if (is_missing(d->left_out[i])) {
            page_add_format(p, "%s%s", any ? ", " : "", place_words((enum deep_connection)i));
            any = true;
        }
    page_wrap_added(p, why ? INK_UNSURE : INK_DIM, INDENT + 2);
    page_newline(p);
}

void text_write_deep(struct page *p, const struct facts *f)
{
    bool late = false, any = false;
    for (size_t h = 0; h < f->host_count + f->submission_host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++) {
                const struct subject s = {SCOPE_ENDPOINT, &f->hosts[h], &f->hosts[h].addresses[a], &f->hosts[h].addresses[a].endpoints[e]};
                if (!s.endpoint->deep)
                    continue;
                any = true;
                for (size_t i = 0; i < DEEP_CONNECTION_COUNT; i++)
                    late = late || s.endpoint->deep->left_out[i] == DEEP_NO_TIME;
                put_endpoint(p, f, &s);
            }
    if (late) {
        page_to(p, INDENT);
        page_add_text(p, "A stranger's server gets two connections a minute. --timeout gives it more time; your own server, named to mxassay probe --deep, "
                         "is not made to wait.");
        page_wrap_added(p, INK_DIM, INDENT + 2);
        page_newline(p);
    }
    if (any)
        page_newline(p);
}
