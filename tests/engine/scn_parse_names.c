/* SPDX-License-Identifier: Apache-2.0 */
/* scn_parse_names - the verbs about the DNS: `zone`, `nameserver`, `resolver`, `dns`; see scn_parse.h. */
#include "scn_parser.h"
#include "scn_world.h"

int parse_zone(struct parser *p)
{
    static const char *const states[] = {
        [SCN_ZONE_SIGNED] = "signed", [SCN_ZONE_INSECURE] = "insecure", [SCN_ZONE_EXPIRED] = "expired", [SCN_ZONE_DEAD] = "dead", [SCN_ZONE_ABSENT] = "absent",
    };
    if (p->words.count < 1 || p->words.count > 2)
        return wrong(p, "zone [NAME] STATE");
    struct scn_zone *z = new_node(p, sizeof *z);
    if (!z)
        return -1;
    size_t last = p->words.count - 1;
    z->name = last ? TEXT(p, 0) : "@";
    z->line = p->line;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (word_is(p, last, states[i])) {
            z->state = (enum scn_zone_state)i;
            APPEND(p->out->zones, z);
            return 0;
        }
    return wrong(p, "a zone is signed, insecure, expired, dead or absent, not \"%s\"", TEXT(p, last));
}

int parse_nameserver(struct parser *p)
{
    static const char *const faults[] = {[SCN_NS_REFUSES] = "refuses", [SCN_NS_SILENT] = "silent", [SCN_NS_LAME] = "lame", [SCN_NS_TCP] = "tcp",
                                         [SCN_NS_ABSENT] = "absent"};
    struct str data = p->rest; /* as it stands: TXT has quotes */
    struct str server = str_word(&data), name = str_word(&data), type = str_word(&data);
    struct scn_nameserver *n = new_node(p, sizeof *n);
    if (!n)
        return -1;
    n->number = str_is(server, "ns1") ? 1 : str_is(server, "ns2") ? 2 : 0;
    n->line = p->line;
    for (size_t i = SCN_NS_NONE + 1; i < sizeof faults / sizeof faults[0] && !type.n; i++)
        n->fault = str_is(name, faults[i]) ? (enum scn_ns_fault)i : n->fault;
    data = str_trim(data);
    if (!n->number || (!n->fault && !data.n))
        return wrong(p, "nameserver ns1|ns2 refuses|silent|lame|tcp|absent, or nameserver ns1|ns2 NAME TYPE DATA|-");
    n->name = arena_cstr(p->arena, name);
    n->type = arena_cstr(p->arena, type);
    n->data = str_is(data, "-") ? NULL : arena_cstr(p->arena, data);
    APPEND(p->out->nameservers, n);
    return 0;
}

int parse_resolver(struct parser *p)
{
    static const struct {
        const char *word, *address;
    } resolvers[] = {
        [SCN_RESOLVER_FORWARDS] = {"forwards", SCN_FORWARDS_V4},
        [SCN_RESOLVER_STRIPS] = {"strips", SCN_STRIPS_V4},
        [SCN_RESOLVER_REWRITES] = {"rewrites", SCN_REWRITES_V4},
        [SCN_RESOLVER_SILENT] = {"silent", SCN_SILENT_V4},
    };
    if (want_words(p, 1) < 0)
        return -1;
    for (size_t i = SCN_RESOLVER_NONE + 1; i < sizeof resolvers / sizeof resolvers[0]; i++)
        if (word_is(p, 0, resolvers[i].word)) {
            p->out->resolver = (enum scn_resolver)i;
            return add_option(p, "--resolver") < 0 ? -1 : add_option(p, resolvers[i].address);
        }
    return wrong(p, "a resolver forwards, strips, rewrites or is silent, not \"%s\"", TEXT(p, 0));
}

int parse_dns(struct parser *p)
{
    static const char *const faults[] = {[SCN_FAULT_SERVFAIL] = "fails", [SCN_FAULT_SILENT] = "silent", [SCN_FAULT_BOGUS] = "bogus"};
    struct str data = p->rest; /* as it stands: TXT has quotes */
    struct str name = str_word(&data), type = str_word(&data);
    data = str_trim(data);
    bool none_at_all = str_is(type, "-") && !data.n, none = none_at_all || str_is(data, "-");
    struct scn_record *r = new_node(p, sizeof *r);
    if (!r)
        return -1;
    if (!type.n)
        return wrong(p, "dns NAME TYPE DATA, or dns NAME [TYPE] -");
    if (str_starts_nocase(data, "- ") || (str_is(type, "-") && data.n))
        return wrong(p, "\"-\" stands alone behind the type");
    if (!none && !data.n)
        return wrong(p, "the record has no data");
    for (size_t i = SCN_FAULT_NONE + 1; i < sizeof faults / sizeof faults[0]; i++)
        r->fault = str_is(data, faults[i]) ? (enum scn_fault)i : r->fault;
    r->name = arena_cstr(p->arena, name);
    r->type = none_at_all ? NULL : arena_cstr(p->arena, type);
    r->data = none ? NULL : arena_cstr(p->arena, data);
    r->line = p->line;
    for (const char *c = r->type; c && *c; c++)
        if (!(*c >= 'A' && *c <= 'Z') && !ascii_is_digit(*c))
            return wrong(p, "\"%s\" is no record type; types are written in capitals", r->type);
    APPEND(p->out->records, r);
    return 0;
}
