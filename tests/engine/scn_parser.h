/* SPDX-License-Identifier: Apache-2.0 */
/* scn_parser - what the files of the parser share: one line under way, and words of it. */
#ifndef ENGINE_SCN_PARSER_H
#define ENGINE_SCN_PARSER_H

#include "scn_parse.h"
#include "scn_words.h"

struct parser {
    struct arena *arena;
    struct scenario *out;
    const char *file;
    char *error;
    unsigned line;
    struct scn_words words; /* of the line, without the verb */
    struct str rest;        /* the line, without the verb */
    struct scn_block *block;
    struct scn_page *page; /* that is being described; of the block */
    struct scn_reaction *reaction;
    struct scn_action *last_action;
    struct scn_connections connections; /* those that the reactions now read are about */
};

/* A verb gets its line and adds to the scenario. Fails: -1, by wrong(). */
typedef int verb_fn(struct parser *p);
verb_fn parse_cert, parse_dns, parse_earlier, parse_elsewhere, parse_evidence, parse_expect, parse_http, parse_nameserver,
    parse_page, parse_policy, parse_resolver, parse_tls, parse_zone;

#define WORD(p, i) ((p)->words.word[i])
#define TEXT(p, i) ((p)->words.word[i].p)
#define APPEND(list, node) \
    do { \
        __typeof__(list) *end_ = &(list); \
        while (*end_) \
            end_ = &(*end_)->next; \
        *end_ = (node); \
    } while (0)

int wrong(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3))); /* always -1 */
void *new_node(struct parser *p, size_t bytes);
bool word_is(const struct parser *p, size_t i, const char *text);
int find_word(const struct parser *p, size_t i, const char *const *names, size_t count); /* its index, or -1 */
int add_option(struct parser *p, const char *word); /* of `mxassay check` */
int want_words(struct parser *p, size_t count);
int add_action(struct parser *p, enum scn_action_kind kind, struct str text, int64_t ms); /* to the reaction under way */
int parse_number(struct parser *p, struct str word, uint64_t max, uint64_t *value);
/* FROM TO, days from now; *at ends behind them. */
int parse_dates(struct parser *p, size_t *at, int64_t *from_days, int64_t *to_days);
/* A server's name or "*", perhaps v4 or v6, perhaps a port; *at ends behind it. */
int parse_where(struct parser *p, size_t *at, struct scn_where *where);

#endif
