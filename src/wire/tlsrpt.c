/* SPDX-License-Identifier: Apache-2.0 */
/* tlsrpt - see tlsrpt.h. */
#include "wire/tlsrpt.h"

#include <string.h>

#include "wire/fields.h"

enum { NAME_MAX_OCTETS = 253, LABEL_MAX_OCTETS = 63 };

static const char VERSION[] = "v=TLSRPTv1";

bool tls_rpt_is_record(struct str txt)
{
    return fields_are_of(txt, VERSION);
}

/* What a URI cannot hold: blanks, controls, what is not ASCII; and what RFC 8460 3 wants encoded. */
static const char *flaw_of_uri(struct str uri)
{
    for (size_t i = 0; i < uri.n; i++) {
        unsigned char c = (unsigned char)uri.p[i];
        if (c == '!')
            return "a `!` in an address of `rua` is not written as %21";
        if (c <= ' ' || c >= 127)
            return "an address of `rua` holds a blank or another octet that no URI has";
    }
    return NULL;
}

static int hex_digit(char c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A copy with %XX as the octet it stands for. */
static struct str decoded(struct str s, struct arena *arena)
{
    char *copy = arena_cstr(arena, s);
    size_t n = 0;
    for (size_t i = 0; copy && i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(s.p[i + 2]);
        copy[n++] = low < 0 ? s.p[i] : (char)(16 * high + low);
        i += low < 0 ? 0 : 2;
    }
    return (struct str){copy, n};
}

static bool is_address(struct str host)
{
    bool dotted = host.n > 0;
    for (size_t i = 0; i < host.n; i++)
        dotted = dotted && (ascii_is_digit(host.p[i]) || host.p[i] == '.');
    return dotted || (host.n && host.p[0] == '[');
}

/* The name in lower case; NULL when it is none that the DNS could be asked for. */
static const char *host_name(struct str host, struct arena *arena)
{
    host.n -= host.n && host.p[host.n - 1] == '.';
    char *name = host.n && host.n <= NAME_MAX_OCTETS ? arena_cstr(arena, host) : NULL;
    size_t label = 0;
    for (size_t i = 0; name && i <= host.n; i++) {
        char c = i < host.n ? ascii_lower(name[i]) : '.';
        bool in_label = ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
        if (in_label ? label == LABEL_MAX_OCTETS : c != '.' || label == 0)
            return NULL;
        label = in_label ? label + 1 : 0;
        if (i < host.n)
            name[i] = c;
    }
    return name;
}

/* The part that begins the hierarchy ends before the path; user and port do not name the host: RFC 3986 3.2. */
static struct str host_of_url(struct str rest)
{
    rest.p += 2;
    rest.n -= 2;
    for (size_t i = 0; i < rest.n; i++)
        if (strchr("/?#", rest.p[i])) {
            rest.n = i;
            break;
        }
    const char *at = rest.n ? memchr(rest.p, '@', rest.n) : NULL;
    if (at) {
        rest.n -= (size_t)(at + 1 - rest.p);
        rest.p = at + 1;
    }
    return rest.n && rest.p[0] == '[' ? rest : str_cut(&rest, ':');
}

/* Of several addresses in one mailto the first: RFC 6068 2. */
static struct str domain_of_mailto(struct str rest, struct arena *arena)
{
    struct str to = decoded(str_cut(&rest, '?'), arena);
    struct str first = str_cut(&to, ',');
    for (size_t i = first.n; i > 0; i--)
        if (first.p[i - 1] == '@')
            return i > 1 ? (struct str){first.p + i, first.n - i} : (struct str){NULL, 0};
    return (struct str){NULL, 0};
}

static void read_uri(struct fields *fields, struct str uri, struct arena *arena, struct tls_rpt_destination *d)
{
    static const char not_a_uri[] = "an address of `rua` is neither a mailto: nor an https: URI";
    struct str rest = uri, host = {NULL, 0}, scheme = str_cut(&rest, ':');
    d->uri = uri;
    if (str_is_nocase(scheme, "mailto") && scheme.n < uri.n) {
        d->kind = TLS_RPT_MAILTO;
        host = domain_of_mailto(rest, arena);
    } else if (str_is_nocase(scheme, "https") && str_starts_nocase(rest, "//")) {
        d->kind = TLS_RPT_HTTPS;
        host = host_of_url(rest);
    }
    const char *flaw = flaw_of_uri(uri);
    if (d->kind == TLS_RPT_OTHER)
        flaw = not_a_uri;
    if (flaw)
        fields_flaw(fields, flaw);
    else if (!is_address(host) && !(d->host = host_name(host, arena)))
        fields_flaw(fields, "an address of `rua` names no host");
}

static void read_rua(struct fields *fields, struct str value, struct arena *arena, struct tls_rpt_facts *facts)
{
    facts->destinations = ARENA_ARRAY(arena, struct tls_rpt_destination, TLS_RPT_DESTINATIONS_MAX);
    while (facts->destinations && value.n) {
        size_t left = value.n;
        struct str uri = str_cut(&value, ',');
        bool ends_in_comma = uri.n < left && value.n == 0;
        uri = str_trim(uri);
        if (uri.n == 0 || ends_in_comma)
            fields_flaw(fields, "a `,` in `rua` has no address on both of its sides, or is not written as %2C");
        if (uri.n && facts->destination_count < TLS_RPT_DESTINATIONS_MAX)
            read_uri(fields, uri, arena, &facts->destinations[facts->destination_count++]);
    }
}

void tls_rpt_parse_record(struct str txt, struct arena *arena, struct tls_rpt_facts *facts)
{
    struct fields fields;
    struct field field;
    bool seen = false;
    facts->destination_count = 0;
    fields_begin(&fields, txt, VERSION);
    while (field_next(&fields, &field)) {
        if (!str_is(field.name, "rua") || seen)
            continue;
        seen = true;
        read_rua(&fields, field.value, arena, facts);
    }
    if (!seen)
        fields_flaw(&fields, "it has no `rua`");
    facts->record.flaw = fields.flaw;
}
