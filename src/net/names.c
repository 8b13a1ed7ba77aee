/* SPDX-License-Identifier: Apache-2.0 */
/* names - see names.h. Labels are checked one by one, so that a message can say which one is wrong. */
#include "net/names.h"

#include <idn2.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_OCTETS_MAX = 253, LABEL_OCTETS_MAX = 63, INPUT_OCTETS_MAX = 4096, HOST_TEXT_MAX = 1024 };
enum { IDN_FLAGS = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL };

static const char NO_MEMORY[] = "no memory left for the name";

/* `problem` in words; printf in the arena, and a constant when that is full. */
#define PROBLEM(arena, ...) problem_or_memory(arena_printf((arena), __VA_ARGS__))
static const char *problem_or_memory(const char *text)
{
    return text ? text : NO_MEMORY;
}

/* Octets of the dot that s begins with, 0 when it is none: '.', and those of IDNA (UTS 46 4.5: U+3002, U+FF0E, U+FF61). */
static size_t dot_octets(struct str s)
{
    static const char *const dots[] = {".", "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"};
    for (size_t i = 0; i < sizeof dots / sizeof *dots; i++)
        if (s.n >= strlen(dots[i]) && memcmp(s.p, dots[i], strlen(dots[i])) == 0)
            return strlen(dots[i]);
    return 0;
}

static struct str cut_label(struct str *rest, bool *more)
{
    for (size_t i = 0; i < rest->n; i++) {
        size_t dot_n = dot_octets((struct str){rest->p + i, rest->n - i});
        if (!dot_n)
            continue;
        struct str label = {rest->p, i};
        *rest = (struct str){rest->p + i + dot_n, rest->n - i - dot_n};
        *more = true;
        return label;
    }
    struct str label = *rest;
    *rest = (struct str){rest->p + rest->n, 0};
    *more = false;
    return label;
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > 0x7f)
            return false;
    return true;
}

/* RFC 5321 4.1.2: letters, digits, hyphens, neither first nor last. Host names of servers are looked up, not
 * mailed to, and may hold underscores. */
static const char *check_ascii_label(struct str label, unsigned number, bool underscores, struct arena *arena)
{
    if (label.n == 0)
        return PROBLEM(arena, "label %u is empty", number);
    if (label.n > LABEL_OCTETS_MAX)
        return PROBLEM(arena, "label %u has %zu octets, %d are allowed", number, label.n, LABEL_OCTETS_MAX);
    for (size_t i = 0; i < label.n; i++) {
        char c = label.p[i];
        if (ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || (c == '_' && underscores))
            continue;
        if (c > ' ' && c < 0x7f)
            return PROBLEM(arena, "label %u holds \"%c\"; only letters, digits and hyphens are allowed", number, c);
        return PROBLEM(arena, "label %u holds the character U+%04X; only letters, digits and hyphens are allowed", number, (unsigned)(unsigned char)c);
    }
    if (label.p[0] == '-' || label.p[label.n - 1] == '-')
        return PROBLEM(arena, "label %u %s with a hyphen", number, label.p[0] == '-' ? "begins" : "ends");
    return NULL;
}

/* The A-label of one label of the input, in text. */
static const char *convert_label(struct str label, unsigned number, bool underscores, char text[static LABEL_OCTETS_MAX + 1], struct arena *arena)
{
    if (is_ascii(label)) {
        const char *problem = check_ascii_label(label, number, underscores, arena);
        for (size_t i = 0; i < label.n && !problem; i++)
            text[i] = ascii_lower(label.p[i]);
        text[problem ? 0 : label.n] = '\0';
        return problem;
    }
    char *source = arena_cstr(arena, label);
    uint8_t *converted = NULL;
    if (!source)
        return NO_MEMORY;
    int e = idn2_lookup_u8((const uint8_t *)source, &converted, IDN_FLAGS);
    if (e == IDN2_TOO_BIG_LABEL || e == IDN2_PUNYCODE_BIG_OUTPUT)
        return PROBLEM(arena, "label %u is longer than %d octets in its A-label form", number, LABEL_OCTETS_MAX);
    if (e == IDN2_DISALLOWED)
        return PROBLEM(arena, "label %u is no IDNA2008 label: %s (a name that exists all the same can be given as xn--...)", number, idn2_strerror(e));
    if (e)
        return PROBLEM(arena, "label %u is no IDNA2008 label: %s", number, idn2_strerror(e));
    struct str ascii = str_of((const char *)converted);
    const char *problem = check_ascii_label(ascii, number, underscores, arena);
    if (!problem)
        memcpy(text, ascii.p, ascii.n + 1);
    idn2_free(converted);
    return problem;
}

static bool is_number(const char *label)
{
    return label[0] && strspn(label, "0123456789") == strlen(label);
}

/* A host name without anything around it. */
static const char *parse_name(struct str host, bool underscores, struct arena *arena, struct domain_name *out)
{
    char ascii[NAME_OCTETS_MAX + 1], label[LABEL_OCTETS_MAX + 1];
    size_t used = 0;
    unsigned number = 0;
    bool more = true;
    if (host.n == 0)
        return "no name is given";
    while (more) {
        struct str part = cut_label(&host, &more);
        if (more && host.n == 0 && part.n)
            more = false; /* the final dot */
        const char *problem = convert_label(part, ++number, underscores, label, arena);
        if (problem)
            return problem;
        size_t n = strlen(label);
        if (used + (used > 0) + n > NAME_OCTETS_MAX)
            return PROBLEM(arena, "the name is longer than %d octets", NAME_OCTETS_MAX);
        if (used)
            ascii[used++] = '.';
        memcpy(ascii + used, label, n);
        used += n;
    }
    ascii[used] = '\0';
    if (is_number(label))
        return "the last label is all digits: an address, or part of one; a server is tested by its address with `mxassay probe`";
    out->ascii = arena_strdup(arena, ascii);
    out->unicode = out->ascii ? name_to_unicode(out->ascii, arena) : NULL;
    return out->unicode ? NULL : NO_MEMORY;
}

/* The host of SCHEME://USER@HOST:PORT/PATH, the part after the last '@' of an address. */
static struct str find_host(struct str input)
{
    struct str s = str_trim(input), after = s;
    str_cut(&after, ':');
    bool is_url = str_starts_nocase(after, "//");
    if (is_url) {
        s = (struct str){after.p + 2, after.n - 2};
        for (const char *end = "/?#"; *end; end++) {
            struct str rest = s;
            s = str_cut(&rest, *end);
        }
    }
    char *at = s.n ? memrchr(s.p, '@', s.n) : NULL;
    if (at)
        s = (struct str){at + 1, (size_t)(s.p + s.n - at) - 1};
    else if (str_starts_nocase(s, "mailto:"))
        s = (struct str){s.p + 7, s.n - 7};
    if (is_url && s.n && s.p[0] != '[') {
        struct str rest = s;
        s = str_cut(&rest, ':');
    }
    return s;
}

static bool is_address(struct str host)
{
    struct ip ip;
    struct str inside = host;
    if (host.n > 2 && host.p[0] == '[') {
        struct str rest = {host.p + 1, host.n - 1};
        inside = str_cut(&rest, ']');
        if (str_starts_nocase(inside, "IPv6:")) /* RFC 5321 4.1.3 */
            inside = (struct str){inside.p + 5, inside.n - 5};
    }
    return ip_parse(inside, &ip);
}

int name_parse_domain(struct str input, struct arena *arena, struct domain_name *out, const char **problem)
{
    struct str host = find_host(input);
    *out = (struct domain_name){NULL, NULL};
    if (input.n > INPUT_OCTETS_MAX || host.n > HOST_TEXT_MAX)
        *problem = "the name is longer than 253 octets";
    else if (is_address(host))
        *problem = "an IP address is no mail domain; a server is tested by its address with `mxassay probe`";
    else
        *problem = parse_name(host, false, arena, out);
    return *problem ? -1 : 0;
}

/* Takes ":PORT" off the end of *host. */
static const char *cut_port(struct str *host, uint16_t *port)
{
    char *colon = host->n ? memrchr(host->p, ':', host->n) : NULL;
    uint64_t value = 0;
    *port = 0;
    if (!colon)
        return NULL;
    struct str digits = {colon + 1, (size_t)(host->p + host->n - colon) - 1};
    if (!str_number(digits, UINT16_MAX, &value) || value == 0)
        return "the port is no number from 1 to 65535";
    host->n = (size_t)(colon - host->p);
    *port = (uint16_t)value;
    return NULL;
}

static const char *use_address(struct ip ip, struct arena *arena, struct server_name *out)
{
    char text[IP_TEXT_BYTES];
    ip_write(ip, text);
    out->ip = ip;
    out->name.ascii = out->name.unicode = arena_strdup(arena, text);
    return out->name.ascii ? NULL : NO_MEMORY;
}

static const char *parse_bracketed(struct str host, struct arena *arena, struct server_name *out)
{
    struct ip ip;
    struct str rest = {host.p + 1, host.n - 1};
    if (!memchr(rest.p, ']', rest.n))
        return "the bracket around the address is not closed";
    struct str inside = str_cut(&rest, ']');
    if (!ip_parse(inside, &ip))
        return "what stands in brackets is no IP address";
    if (rest.n && rest.p[0] != ':')
        return "only :PORT may follow the bracket";
    const char *problem = cut_port(&rest, &out->port);
    return problem ? problem : use_address(ip, arena, out);
}

static const char *parse_server(struct str host, struct arena *arena, struct server_name *out)
{
    struct ip ip;
    if (host.n > HOST_TEXT_MAX)
        return "the name is longer than 253 octets";
    if (ip_parse(host, &ip))
        return use_address(ip, arena, out);
    if (host.n && host.p[0] == '[')
        return parse_bracketed(host, arena, out);
    const char *problem = cut_port(&host, &out->port);
    if (problem)
        return problem;
    if (ip_parse(host, &ip))
        return ip.family == IP_V6 ? "an IPv6 address with a port needs brackets: [ADDRESS]:PORT" : use_address(ip, arena, out);
    return parse_name(host, true, arena, &out->name);
}

int name_parse_server(struct str input, struct arena *arena, struct server_name *out, const char **problem)
{
    *out = (struct server_name){.port = 0};
    *problem = parse_server(str_trim(input), arena, out);
    return *problem ? -1 : 0;
}

/* The U-label in text, when it is one: only what converts back to the same A-label is shown. */
static bool label_to_unicode(const char *label, char text[static HOST_TEXT_MAX])
{
    char *unicode = NULL;
    uint8_t *back = NULL;
    if (strncmp(label, "xn--", 4) != 0 || idn2_to_unicode_8z8z(label, &unicode, 0))
        return false;
    bool same = idn2_lookup_u8((const uint8_t *)unicode, &back, IDN_FLAGS) == 0 && strcmp((const char *)back, label) == 0 && strlen(unicode) < HOST_TEXT_MAX;
    if (same)
        snprintf(text, HOST_TEXT_MAX, "%s", unicode);
    idn2_free(unicode);
    idn2_free(back);
    return same;
}

const char *name_to_unicode(const char *ascii, struct arena *arena)
{
    char label[NAME_OCTETS_MAX + 1], unicode[HOST_TEXT_MAX], whole[HOST_TEXT_MAX * 4];
    size_t used = 0;
    struct str rest = str_of(ascii);
    if (!strstr(ascii, "xn--") || rest.n > NAME_OCTETS_MAX)
        return ascii;
    while (rest.n) {
        struct str part = str_cut(&rest, '.');
        snprintf(label, sizeof label, "%.*s", (int)part.n, part.p);
        const char *shown = label_to_unicode(label, unicode) ? unicode : label;
        if (used + strlen(shown) + 2 > sizeof whole)
            return ascii;
        used += (size_t)snprintf(whole + used, sizeof whole - used, "%s%s", used ? "." : "", shown);
    }
    return arena_strdup(arena, whole);
}

const char *name_organisational_domain(const char *ascii, struct arena *arena)
{
    static const psl_ctx_t *list; /* for the life of the process */
    if (!list)
        list = psl_latest(NULL);
    if (!list)
        list = psl_builtin();
    const char *domain = list ? psl_registrable_domain(list, ascii) : NULL;
    return arena_strdup(arena, domain);
}
