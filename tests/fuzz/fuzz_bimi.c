/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What says which logo a domain has and who may make its certificates: the first octet of the input chooses a record of
 * BIMI (`r`), a logo (`s`), the evidence behind it (`e`) or the data of a CAA record (any other); the rest is that.
 * Oracle: texts lie in what was given; a record without flaw has https URLs; a logo without flaw names svg, tiny-ps and a
 * title somewhere; a file without certificate is for nobody; what a CAA record lets issue is a name within its value.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/evidence.h"
#include "wire/bimi.h"
#include "wire/caa.h"
#include "wire/svg.h"
#include "wire/url.h"

static bool lies_in(struct str part, struct str whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void look_at_url(struct str text)
{
    struct https_url url;
    must(text.n == 0 || url_parse_https(text, &url));
    if (text.n == 0)
        return;
    must(url.host.n > 0 && url.port > 0 && lies_in(url.host, text) && lies_in(url.path, text));
    must(!url.path.n || !memchr(url.path.p, '#', url.path.n));
}

static void look_at_record(struct str txt)
{
    struct bimi_facts f = {.wanted = true};
    bimi_parse(txt, &f);
    must(lies_in(f.logo_file.url, txt) && lies_in(f.evidence_file.url, txt));
    must(!f.declined || (!f.record.flaw && f.logo_file.url.n + f.evidence_file.url.n == 0));
    if (f.record.flaw)
        return;
    look_at_url(f.logo_file.url);
    look_at_url(f.evidence_file.url);
}

static void look_at_logo(struct str file)
{
    struct svg_facts f = svg_examine(file);
    must(!f.flaw_at.n || f.flaw);
    must(lies_in(f.flaw_at, file) || f.flaw_at.n <= strlen("<![CDATA[")); /* or our own words */
    if (!f.flaw && !f.compressed)
        must(str_contains_nocase(file, "svg") && str_contains_nocase(file, "tiny-ps") && str_contains_nocase(file, "title"));
}

static void look_at_evidence(struct str file)
{
    static const char *const domains[] = {"example.org", NULL};
    struct bimi_evidence e;
    struct arena arena;
    arena_init(&arena, 16 * file.n + (1 << 20));
    if (evidence_read(file, domains, &e, &arena) == 0)
        must(e.is_certificate || (!e.for_bimi && !e.names_domain));
    arena_done(&arena);
}

static void look_at_caa(struct str rdata)
{
    struct caa_record r = caa_read(rdata);
    must(lies_in(r.tag, rdata) && lies_in(r.value, rdata) && lies_in(r.issuer, r.value));
    must(r.tag.n || (r.value.n == 0 && r.issuer.n == 0));
    must(!r.issuer.n || str_is_nocase(r.tag, "issue") || str_is_nocase(r.tag, "issuewild"));
    for (size_t i = 0; i < r.issuer.n; i++)
        must(ascii_is_alpha(r.issuer.p[i]) || ascii_is_digit(r.issuer.p[i]) || r.issuer.p[i] == '-' || r.issuer.p[i] == '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return 0;
    struct str rest = {fuzz_exact((struct str){(const char *)bytes + 1, n - 1}), n - 1};
    switch (bytes[0]) {
    case 'r':
        look_at_record(rest);
        break;
    case 's':
        look_at_logo(rest);
        break;
    case 'e':
        look_at_evidence(rest);
        break;
    default:
        look_at_caa(rest);
    }
    free((void *)(uintptr_t)rest.p);
    return 0;
}
