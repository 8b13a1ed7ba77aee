/* SPDX-License-Identifier: Apache-2.0 */
/* scn_parse_service - the verbs `tls`, `policy`, `page`, `evidence` and `http`; see scn_parse.h. */
#include <string.h>

#include "scn_parser.h"

int parse_tls(struct parser *p)
{
    struct scn_tls *tls = &p->block->tls;
    uint64_t number;
    if (p->words.count == 0)
        return add_action(p, SCN_TLS, (struct str){NULL, 0}, 0);
    static const char *const flags[] = {"no-ems", "keeps-clear", "museum", "hybrid", "small-hellos"};
    int flag = find_word(p, 0, flags, sizeof flags / sizeof flags[0]);
    if (flag >= 0) {
        *(bool *[]){&tls->no_extended_master_secret, &tls->keeps_clear, &tls->museum, &tls->hybrid, &tls->small_hellos}[flag] = true;
        return want_words(p, 1);
    }
    if (want_words(p, 2) < 0)
        return -1;
    if (word_is(p, 0, "only"))
        tls->only = TEXT(p, 1);
    else if (word_is(p, 0, "from"))
        tls->from = TEXT(p, 1);
    else if (word_is(p, 0, "ciphers"))
        tls->ciphers = TEXT(p, 1);
    else if (word_is(p, 0, "groups"))
        tls->groups = TEXT(p, 1);
    else if (word_is(p, 0, "dh") && parse_number(p, WORD(p, 1), 8192, &number) == 0)
        tls->dh_bits = (unsigned)number;
    else if (word_is(p, 0, "alert") && parse_number(p, WORD(p, 1), 255, &number) == 0)
        return add_action(p, SCN_TLS_ALERT, (struct str){NULL, 0}, (int64_t)number);
    else
        return p->error[0] ? -1 : wrong(p, "tls only, from, ciphers, groups, dh, no-ems, keeps-clear, museum, hybrid, small-hellos or alert, not \"%s\"", TEXT(p, 0));
    return 0;
}

int parse_policy(struct parser *p)
{
    struct scn_line *line = new_node(p, sizeof *line);
    if (!line)
        return -1;
    bool quoted = p->words.count == 1 && p->words.quoted[0];
    if (!str_is(p->rest, "-"))
        line->text = arena_copy(p->arena, quoted ? WORD(p, 0) : p->rest);
    APPEND(p->page->lines, line);
    return 0;
}

int parse_page(struct parser *p)
{
    struct scn_page *page = new_node(p, sizeof *page);
    if (!page)
        return -1;
    if (p->words.count < 1 || p->words.count > 2 || TEXT(p, 0)[0] != '/')
        return wrong(p, "page PATH [TYPE]");
    page->path = TEXT(p, 0);
    page->content_type = p->words.count == 2 ? TEXT(p, 1) : "";
    APPEND(p->block->pages, page);
    p->page = page;
    return 0;
}

int parse_evidence(struct parser *p)
{
    struct scn_evidence *e = new_node(p, sizeof *e);
    if (!e)
        return -1;
    *e = (struct scn_evidence){.not_before_days = -30, .not_after_days = 335};
    for (size_t at = 0; at < p->words.count;) {
        size_t verb = at++;
        if (word_is(p, verb, "dates")) {
            if (parse_dates(p, &at, &e->not_before_days, &e->not_after_days) < 0)
                return -1;
        } else if (word_is(p, verb, "for") && word_is(p, at, "servers")) {
            e->for_servers = true;
            at++;
        } else if (word_is(p, verb, "names")) {
            for (; at < p->words.count && e->name_count < SCN_CERT_NAMES_MAX; at++)
                e->names[e->name_count++] = WORD(p, at);
        } else {
            return wrong(p, "evidence [dates FROM TO] [for servers] [names NAME...]");
        }
    }
    p->page->evidence = e;
    return 0;
}

int parse_http(struct parser *p)
{
    struct scn_page *page = p->page;
    uint64_t number;
    if (word_is(p, 0, "lf")) {
        page->bare_lf = true;
        return want_words(p, 1);
    }
    if (want_words(p, 2) < 0)
        return -1;
    if (word_is(p, 0, "type"))
        page->content_type = word_is(p, 1, "-") ? "" : TEXT(p, 1);
    else if (word_is(p, 0, "location"))
        page->location = TEXT(p, 1);
    else if (word_is(p, 0, "status") && parse_number(p, WORD(p, 1), 999, &number) == 0)
        page->status = (int)number;
    else if (word_is(p, 0, "padding") && parse_number(p, WORD(p, 1), SCN_PADDING_MAX, &number) == 0)
        page->padding = (unsigned)number;
    else
        return p->error[0] ? -1 : wrong(p, "http status, type, location, lf or padding, not \"%s\"", TEXT(p, 0));
    return 0;
}
