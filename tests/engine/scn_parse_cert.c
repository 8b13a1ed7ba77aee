/* SPDX-License-Identifier: Apache-2.0 */
/* scn_parse_cert - the verb `cert`; see scn_parse.h. */
#include <string.h>

#include "scn_parser.h"

enum { DAYS_MAX = 3000 * 1000, MORE_NAMES_MAX = 10000 };

int parse_dates(struct parser *p, size_t *at, int64_t *from_days, int64_t *to_days)
{
    int64_t days[2];
    for (size_t i = 0; i < 2; i++) {
        uint64_t value;
        if (*at >= p->words.count)
            return wrong(p, "dates FROM TO, in days from now");
        struct str word = WORD(p, *at);
        bool negative = word.n && word.p[0] == '-';
        if (parse_number(p, (struct str){word.p + negative, word.n - negative}, DAYS_MAX, &value) < 0)
            return -1;
        days[i] = negative ? -(int64_t)value : (int64_t)value;
        (*at)++;
    }
    *from_days = days[0];
    *to_days = days[1];
    return 0;
}

static bool is_cert_word(const struct parser *p, size_t i)
{
    static const char *const words[] = {"dates", "names", "more", "cn", "key", "hash", "issuer", "sends"};
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
        if (word_is(p, i, words[k]))
            return true;
    return i >= p->words.count;
}

static int parse_cert_names(struct parser *p, size_t *at, struct scn_cert *c)
{
    c->has_names = true;
    if (is_cert_word(p, *at))
        return wrong(p, "names NAME..., or names - for none");
    if (word_is(p, *at, "-")) {
        (*at)++;
        return 0;
    }
    for (; !is_cert_word(p, *at); (*at)++) {
        if (c->name_count == SCN_CERT_NAMES_MAX)
            return wrong(p, "more than %d names", SCN_CERT_NAMES_MAX);
        c->names[c->name_count++] = WORD(p, *at);
    }
    return 0;
}

static int parse_cert_key(struct parser *p, size_t *at, struct scn_cert *c)
{
    uint64_t bits;
    if (word_is(p, *at, "rsa")) {
        c->key = SCN_KEY_RSA;
        if (*at + 1 >= p->words.count)
            return wrong(p, "key rsa BITS");
        if (parse_number(p, WORD(p, *at + 1), 8192, &bits) < 0)
            return -1;
        c->key_bits = (unsigned)bits;
        *at += 2;
        return 0;
    }
    c->key = word_is(p, *at, "p256") ? SCN_KEY_P256 : word_is(p, *at, "p384") ? SCN_KEY_P384 : word_is(p, *at, "ed25519") ? SCN_KEY_ED25519 : SCN_KEY_DEFAULT;
    (*at)++;
    return c->key ? 0 : wrong(p, "a key is p256, p384, ed25519 or rsa BITS");
}

static int parse_cert_sent(struct parser *p, size_t *at, struct scn_cert *c)
{
    static const char *const sent[] = {[SCN_SENT_LEAF] = "leaf", [SCN_SENT_ISSUER] = "issuer", [SCN_SENT_ROOT] = "root", [SCN_SENT_UNRELATED] = "unrelated"};
    size_t n = 0;
    memset(c->sent, 0, sizeof c->sent);
    for (; !is_cert_word(p, *at) || word_is(p, *at, "issuer"); (*at)++) {
        int found = find_word(p, *at, sent, sizeof sent / sizeof sent[0]);
        if (found < 0 || n == SCN_CERT_SENT_MAX || (n == 0 && found != SCN_SENT_LEAF))
            return wrong(p, "sends leaf, and then any of issuer, root, unrelated and leaf");
        c->sent[n++] = (enum scn_sent)found;
    }
    return n ? 0 : wrong(p, "sends what?");
}

static enum scn_cert_role parse_cert_role(const struct parser *p, size_t *at)
{
    static const char *const roles[] = {[SCN_CERT_ALSO] = "also", [SCN_CERT_NO_SNI] = "without-sni"};
    int found = find_word(p, *at, roles, sizeof roles / sizeof roles[0]);
    *at += found > 0;
    return found > 0 ? (enum scn_cert_role)found : SCN_CERT_MAIN;
}

int parse_cert(struct parser *p)
{
    static const char *const issuers[] = {
        [SCN_ISSUER_INTERMEDIATE] = "intermediate", [SCN_ISSUER_ROOT] = "root", [SCN_ISSUER_HIDDEN] = "hidden",
        [SCN_ISSUER_STRANGER] = "stranger",         [SCN_ISSUER_SELF] = "self",
    };
    struct scn_cert *c = new_node(p, sizeof *c);
    size_t at = 0;
    uint64_t more;
    if (!c || parse_where(p, &at, &c->where) < 0)
        return -1;
    c->line = p->line;
    c->role = parse_cert_role(p, &at);
    while (at < p->words.count) {
        size_t verb = at++;
        int rc = 0;
        bool has_value = at < p->words.count;
        if (word_is(p, verb, "dates"))
            rc = parse_dates(p, &at, &c->not_before_days, &c->not_after_days), c->has_dates = true;
        else if (word_is(p, verb, "names"))
            rc = parse_cert_names(p, &at, c);
        else if (word_is(p, verb, "more") && has_value) {
            rc = parse_number(p, WORD(p, at++), MORE_NAMES_MAX, &more);
            c->more_names = rc < 0 ? 0 : (unsigned)more;
        } else if (word_is(p, verb, "key"))
            rc = parse_cert_key(p, &at, c);
        else if (word_is(p, verb, "sends"))
            rc = parse_cert_sent(p, &at, c);
        else if (word_is(p, verb, "cn") && has_value)
            c->common_name = word_is(p, at, "-") ? "" : TEXT(p, at), at++;
        else if (word_is(p, verb, "hash") && has_value)
            c->hash = TEXT(p, at++);
        else if (word_is(p, verb, "issuer")) {
            int found = find_word(p, at++, issuers, sizeof issuers / sizeof issuers[0]);
            rc = found < 0 ? wrong(p, "an issuer is intermediate, root, hidden, stranger or self") : 0;
            c->issuer = found < 0 ? SCN_ISSUER_DEFAULT : (enum scn_issuer)found;
        } else
            return wrong(p, "\"%s\": a certificate has dates, names, more, cn, key, hash, issuer and sends", TEXT(p, verb));
        if (rc < 0)
            return -1;
    }
    APPEND(p->out->certs, c);
    return 0;
}
