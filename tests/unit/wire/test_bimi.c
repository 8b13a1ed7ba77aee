/* SPDX-License-Identifier: Apache-2.0 */
/* test_bimi - assertion records of BIMI, the URLs in them, and logos, as people make them. */
#include "wire/bimi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/svg.h"
#include "wire/url.h"

/* ---- records ---- */

static void what_is_a_record(void **state)
{
    (void)state;
    static const struct {
        const char *txt;
        bool is_record;
    } cases[] = {
        {"v=BIMI1; l=https://a.test/l.svg", true},
        {"v=BIMI1", true},
        {" V = BIMI1 ;l=", true},
        {"v=bimi1; l=", false},
        {"l=; v=BIMI1", false},
        {"v=BIMI2; l=", false},
        {"v=BIMI1 l=", false},
        {"", false},
        {";v=BIMI1", false},
        {"v=DMARC1; p=none", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (bimi_is_record(str_of(cases[i].txt)) != cases[i].is_record)
            fail_msg("`%s` is%s a record of BIMI", cases[i].txt, cases[i].is_record ? "" : " not");
}

static void what_records_say(void **state)
{
    (void)state;
    static const char not_https_l[] = "`l` is no https URL", not_https_a[] = "`a` is no https URL", twice[] = "a tag stands twice";
    static const struct {
        const char *txt, *logo, *evidence, *flaw;
        bool declined;
    } cases[] = {
        {"v=BIMI1; l=https://a.test/l.svg; a=https://b.test/e.pem;", "https://a.test/l.svg", "https://b.test/e.pem", NULL, false},
        {"v=BIMI1;l=https://a.test/l.svg", "https://a.test/l.svg", "", NULL, false},
        {"v=BIMI1; a=; L = https://a.test/l.svg ; avp=brand; lps=x", "https://a.test/l.svg", "", NULL, false},
        {"v=BIMI1; l=; a=https://b.test/e.pem", "", "https://b.test/e.pem", NULL, false},
        {"v=BIMI1; l=; a=;", "", "", NULL, true},
        {"v=BIMI1; l=", "", "", NULL, true},
        {"v=BIMI1; a=", "", "", "`l`, the place of the logo, is missing", false},
        {"v=BIMI1", "", "", "`l`, the place of the logo, is missing", false},
        {"v=BIMI1; l=http://a.test/l.svg", "http://a.test/l.svg", "", not_https_l, false},
        {"v=BIMI1; l=a.test/l.svg", "a.test/l.svg", "", not_https_l, false},
        {"v=BIMI1; l=https://a.test/l.svg; a=self", "https://a.test/l.svg", "self", not_https_a, false},
        {"v=BIMI1; l=https://a.test/1.svg; l=https://a.test/2.svg", "https://a.test/1.svg", "", twice, false},
        {"v=BIMI1; l=; v=BIMI1", "", "", twice, false},
        {"v=BIMI1; l=; X=1; x=2", "", "", twice, false},
        {"v=BIMI1; https://a.test/l.svg; l=", "", "", "a part is no `tag=value`", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bimi_facts f = {.wanted = true};
        bimi_parse(str_of(cases[i].txt), &f);
        const char *flaw = f.record.flaw ? f.record.flaw : "none", *expected = cases[i].flaw ? cases[i].flaw : "none";
        if (strcmp(flaw, expected) != 0 || f.declined != cases[i].declined || !str_is(f.logo_file.url, cases[i].logo) ||
            !str_is(f.evidence_file.url, cases[i].evidence))
            fail_msg("`%s`: l=%.*s a=%.*s, declined %d, flaw: %s; not: %s", cases[i].txt, (int)f.logo_file.url.n, f.logo_file.url.n ? f.logo_file.url.p : "",
                     (int)f.evidence_file.url.n, f.evidence_file.url.n ? f.evidence_file.url.p : "", f.declined, flaw, expected);
    }
}

/* ---- URLs ---- */

static void parts_of_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        unsigned port;
        const char *path;
    } cases[] = {
        {"https://a.test/l.svg", "a.test", 443, "/l.svg"},
        {"HTTPS://A.test/L.svg?v=1&w=2#part", "A.test", 443, "/L.svg?v=1&w=2"},
        {"https://a.test", "a.test", 443, ""},
        {"https://a.test?x=1", "a.test", 443, "?x=1"},
        {"https://a.test#x", "a.test", 443, ""},
        {"https://a.test:8443/x:1@y", "a.test", 8443, "/x:1@y"},
        {"https://a.test:/x", "a.test", 443, "/x"},
        {"https://a.test:65535/", "a.test", 65535, "/"},
        {"https://192.0.2.1/x", "192.0.2.1", 443, "/x"},
        {"https://[2001:db8::1]:444/x", "[2001:db8::1]", 444, "/x"},
        {"https://[2001:db8::1]", "[2001:db8::1]", 443, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct https_url url;
        if (!url_parse_https(str_of(cases[i].url), &url))
            fail_msg("%s is no URL", cases[i].url);
        if (!str_is(url.host, cases[i].host) || url.port != cases[i].port || !str_is(url.path, cases[i].path))
            fail_msg("%s: host %.*s, port %u, path %.*s", cases[i].url, (int)url.host.n, url.host.p, url.port, (int)url.path.n, url.path.p);
    }
}

static void what_is_no_https_url(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "https:",
        "https://",
        "https:///x",
        "https://:443/x",
        "http://a.test/x",
        "ftp://a.test/x",
        "//a.test/x",
        "https://user@a.test/x",
        "https://user:pass@a.test/x",
        "https://a.test:0/x",
        "https://a.test:65536/x",
        "https://a.test:44x/x",
        "https://[2001:db8::1]x/y",
        "https://a.test/a b",
        "https://a.test/\x7f",
        "https://a.test/\xc3\xa4",
        "https://a.test/\t",
    };
    struct https_url url;
    char longest[HTTPS_URL_MAX + 2];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (url_parse_https(str_of(cases[i]), &url))
            fail_msg("`%s` is an https URL", cases[i]);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "https://a.test/", 15);
    assert_true(url_parse_https((struct str){longest, HTTPS_URL_MAX}, &url));
    assert_false(url_parse_https((struct str){longest, HTTPS_URL_MAX + 1}, &url));
}

/* ---- logos ---- */

#define ROOT "<svg version=\"1.2\" baseProfile=\"tiny-ps\" xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
#define TITLE "<title>A brand</title>"
#define LOGO(inside) ROOT TITLE inside "</svg>"

static void expect_flaw(const char *svg, const char *flaw, const char *at)
{
    struct svg_facts f = svg_examine(str_of(svg));
    const char *found = f.flaw ? f.flaw : "nothing";
    if (strcmp(found, flaw) != 0 || (at && !str_is(f.flaw_at, at)))
        fail_msg("%s\nis said to have: %s (%.*s), and not: %s (%s)", svg, found, (int)f.flaw_at.n, f.flaw_at.n ? f.flaw_at.p : "", flaw, at ? at : "anything");
}

static void logos_without_flaw(void **state)
{
    (void)state;
    static const char *const good[] = {
        LOGO("<g fill='#f00'><path d=\"M0 0z\"/></g>"),
        "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- <script> & -- >-->\n<!DOCTYPE svg>\r\n" LOGO("") "\n<!-- end -->\n",
        "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/>.dtd\" [ <!ATTLIST a b CDATA '>]'> ]>" LOGO(""),
        LOGO("<defs><linearGradient id='a'><stop offset='0'/></linearGradient></defs><rect fill=\"url(#a)\" style=\"fill: url( '#a' )\"/>"),
        LOGO("<use xlink:href=\" #a \"/><use href='#b'/><a href=''/><rect fill='url()'/>"),
        LOGO("<style>rect { fill: red; stroke: url(#a) }</style>"),
        LOGO("<svg x='1' y='2' version='1.1'/>"),
        LOGO("<metadata><rdf:RDF xmlns:rdf='http://x'><cc:set rdf:about=''/><dc:image/></rdf:RDF></metadata>"),
        ROOT "<title ><![CDATA[A brand]]></title ></svg >",
        ROOT "<desc/><g></g><title\n>&#65;</title></svg>",
        "<s:svg xmlns:s='http://www.w3.org/2000/svg' version='1.2' baseProfile = 'tiny-ps'><s:title>A</s:title></s:svg>",
        LOGO("<rect on=''/>"),
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        expect_flaw(good[i], "nothing", "");
    assert_false(svg_examine(str_of(good[0])).compressed);
    assert_true(svg_examine(STR("\x1f\x8b\x08")).compressed);
    assert_false(svg_examine(STR("\x1f")).compressed);
}

static void the_root_and_the_title(void **state)
{
    (void)state;
    expect_flaw("<html>" TITLE "</html>", "its root element is not svg", "html");
    expect_flaw("<svg version='1.1' baseProfile='tiny-ps'>" TITLE "</svg>", "its version is not 1.2", "1.1");
    expect_flaw("<svg baseProfile='tiny-ps'>" TITLE "</svg>", "it has no version", "svg");
    expect_flaw("<svg version='1.2'>" TITLE "</svg>", "it has no baseProfile", "svg");
    expect_flaw("<svg version='1.2' baseProfile='tiny'>" TITLE "</svg>", "its baseProfile is not tiny-ps", "tiny");
    expect_flaw("<svg version='1.2' baseProfile='tiny-ps' x='0'>" TITLE "</svg>", "its root element has a place of its own", "x");
    expect_flaw("<svg version='1.2' baseProfile='tiny-ps' y='0'>" TITLE "</svg>", "its root element has a place of its own", "y");
    expect_flaw(ROOT "</svg>", "it has no title", "");
    expect_flaw(ROOT "<title/></svg>", "it has no title", "");
    expect_flaw(ROOT "<title> \n\t</title></svg>", "it has no title", "");
    expect_flaw(ROOT "<title><g>A</g></title></svg>", "it has no title", "");
    expect_flaw(ROOT "<g>" TITLE "</g></svg>", "it has no title", "");
    expect_flaw(ROOT "<desc>A</desc></svg>", "it has no title", "");
    expect_flaw(ROOT "<x:title>A</x:title></svg>", "it has no title", "");
}

static void what_runs_moves_or_is_elsewhere(void **state)
{
    (void)state;
    static const char *const moving[] = {"animate", "animateColor", "animateMotion", "animateTransform", "animation", "discard", "mpath", "set"};
    static const char *const foreign[] = {"audio", "foreignObject", "image", "prefetch", "video"};
    static const char *const running[] = {"handler", "listener", "script"};
    static const char outside[] = "it refers to something outside";
    char svg[512];
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++)
        snprintf(svg, sizeof svg, LOGO("<g><%s/></g>"), moving[i]), expect_flaw(svg, "it is animated", moving[i]);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        snprintf(svg, sizeof svg, LOGO("<%s></%s>"), foreign[i], foreign[i]), expect_flaw(svg, "it has an element that the profile does not allow", foreign[i]);
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        snprintf(svg, sizeof svg, LOGO("<%s>x</%s>"), running[i], running[i]), expect_flaw(svg, "it has a script", running[i]);
    expect_flaw(LOGO("<rect onclick='x'/>"), "it reacts to events", "onclick");
    expect_flaw("<svg onload='x' version='1.2' baseProfile='tiny-ps'>" TITLE "</svg>", "it reacts to events", "onload");
    expect_flaw(LOGO("<use href='https://x.test/y.svg#z'/>"), outside, "https://x.test/y.svg#z");
    expect_flaw(LOGO("<use xlink:href=' other.svg'/>"), outside, " other.svg");
    expect_flaw(LOGO("<rect fill=\"URL( 'http://x.test/y')\"/>"), outside, NULL);
    expect_flaw(LOGO("<rect fill='none url(#a) url(b.svg#c)'/>"), outside, NULL);
    expect_flaw(LOGO("<style>@import 'x.css';</style>"), outside, NULL);
    expect_flaw(LOGO("<style><![CDATA[ a { b: url(x.png) } ]]></style>"), outside, NULL);
    expect_flaw("<?xml-stylesheet href='x.css'?>" LOGO(""), outside, NULL);
    expect_flaw("<!DOCTYPE svg [<!ENTITY a 'b'>]>" LOGO(""), "it declares entities", "<!ENTITY");
    expect_flaw("<s:svg version='1.2' baseProfile='tiny-ps'><s:title>A</s:title><s:script/></s:svg>", "it has a script", "script");
}

static void what_is_no_xml(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "A brand",
        "\x89PNG\r\n",
        ROOT TITLE,
        ROOT "<title>A</svg>",
        ROOT "<title>A</title></svg",
        ROOT TITLE "</g></svg>",
        LOGO("") "</svg>",
        LOGO("") LOGO(""),
        LOGO("") "x",
        LOGO("<"),
        LOGO("< g/>"),
        LOGO("<g a/>"),
        LOGO("<g a=/>"),
        LOGO("<g a=b/>"),
        LOGO("<g ='b'/>"),
        LOGO("<g a='b/>"),
        LOGO("<g a='<'/>"),
        LOGO("<g / >"),
        LOGO("</ svg>"),
        LOGO("<!-- "),
        LOGO("<![CDATA[ "),
        LOGO("<?x "),
        "<!DOCTYPE svg",
        "<!DOCTYPE svg 'x>" LOGO(""),
        "<!DOCTYPE svg [>" LOGO(""),
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        expect_flaw(broken[i], "it is no well-formed XML", NULL);
}

static void elements_in_elements_have_a_limit(void **state)
{
    char svg[4096] = "";
    (void)state;
    for (size_t depth = SVG_DEPTH_MAX; depth <= SVG_DEPTH_MAX + 1; depth++) {
        strcpy(svg, ROOT TITLE);
        for (size_t i = 1; i < depth; i++)
            strcat(svg, "<g>");
        for (size_t i = 1; i < depth; i++)
            strcat(svg, "</g>");
        strcat(svg, "</svg>");
        expect_flaw(svg, depth > SVG_DEPTH_MAX ? "its elements are nested too deeply to be read" : "nothing", NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_record),
        cmocka_unit_test(what_records_say),
        cmocka_unit_test(parts_of_urls),
        cmocka_unit_test(what_is_no_https_url),
        cmocka_unit_test(logos_without_flaw),
        cmocka_unit_test(the_root_and_the_title),
        cmocka_unit_test(what_runs_moves_or_is_elsewhere),
        cmocka_unit_test(what_is_no_xml),
        cmocka_unit_test(elements_in_elements_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
