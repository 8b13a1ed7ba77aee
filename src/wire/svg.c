/* SPDX-License-Identifier: Apache-2.0 */
/* svg - see svg.h. */
#include "wire/svg.h"

#include <string.h>

static const char NOT_WELL_FORMED[] = "it is no well-formed XML";
static const char ELSEWHERE[] = "it refers to something outside";

struct reader {
    struct str rest;
    struct svg_facts facts;
    struct str open[SVG_DEPTH_MAX]; /* names, the root first */
    size_t depth;
    struct str prefix; /* of the root and so of all that is SVG, with its colon */
    bool root_seen, has_title, has_version, has_profile;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void flaw(struct reader *r, const char *what, struct str at)
{
    if (!r->facts.flaw)
        r->facts.flaw = what, r->facts.flaw_at = at;
}

static bool not_well_formed(struct reader *r, struct str at)
{
    flaw(r, NOT_WELL_FORMED, at);
    return false;
}

static void advance(struct str *s, size_t n)
{
    *s = (struct str){s->p + n, s->n - n};
}

static void skip_spaces(struct str *s)
{
    while (s->n && is_space(s->p[0]))
        advance(s, 1);
}

static bool begins(struct str s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* The part before `end`, which is skipped with it; false: there is none. */
static bool take_past(struct str *s, const char *end, struct str *part)
{
    size_t n = strlen(end);
    const char *at = s->n >= n ? memmem(s->p, s->n, end, n) : NULL;
    if (!at)
        return false;
    *part = (struct str){s->p, (size_t)(at - s->p)};
    advance(s, part->n + n);
    return true;
}

static struct str local_name(struct str name)
{
    const char *colon = name.n ? memchr(name.p, ':', name.n) : NULL;
    return colon ? (struct str){colon + 1, name.n - (size_t)(colon + 1 - name.p)} : name;
}

/* The name within SVG; n 0: it is an element of another vocabulary. */
static struct str svg_name(const struct reader *r, struct str name)
{
    struct str local = local_name(name);
    return str_eq((struct str){name.p, name.n - local.n}, r->prefix) ? local : (struct str){NULL, 0};
}

/* ---- what leads elsewhere ---- */

static bool leads_elsewhere(struct str reference)
{
    while (reference.n && (is_space(reference.p[0]) || reference.p[0] == '"' || reference.p[0] == '\''))
        advance(&reference, 1);
    return reference.n > 0 && reference.p[0] != '#' && reference.p[0] != ')' && !str_starts_nocase(reference, "data:");
}

static void look_for_references(struct reader *r, struct str style)
{
    if (str_contains_nocase(style, "@import"))
        flaw(r, ELSEWHERE, style);
    for (struct str s = style; s.n; advance(&s, 1))
        if (str_starts_nocase(s, "url(") && leads_elsewhere((struct str){s.p + 4, s.n - 4}))
            flaw(r, ELSEWHERE, style);
}

/* ---- text ---- */

static bool is_inside(const struct reader *r, size_t depth, const char *name)
{
    return r->depth == depth && str_is(svg_name(r, r->open[depth - 1]), name);
}

static bool take_text(struct reader *r, struct str text)
{
    bool blank = true;
    for (size_t i = 0; i < text.n; i++)
        blank = blank && is_space(text.p[i]);
    if (r->depth == 0 && !blank)
        return not_well_formed(r, text);
    if (is_inside(r, 2, "title") && !blank)
        r->has_title = true;
    if (r->depth && str_is(svg_name(r, r->open[r->depth - 1]), "style"))
        look_for_references(r, text);
    return true;
}

/* ---- elements ---- */

static void look_at_element(struct reader *r, struct str name)
{
    static const char *const moving[] = {"animate", "animateColor", "animateMotion", "animateTransform", "animation", "discard", "mpath", "set"};
    static const char *const foreign[] = {"audio", "foreignObject", "image", "prefetch", "video"};
    static const char *const running[] = {"handler", "listener", "script"};
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++)
        if (str_is(name, moving[i]))
            flaw(r, "it is animated", name);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (str_is(name, foreign[i]))
            flaw(r, "it has an element that the profile does not allow", name);
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        if (str_is(name, running[i]))
            flaw(r, "it has a script", name);
}

static void look_at_root_attribute(struct reader *r, struct str name, struct str value)
{
    if (str_is(name, "version")) {
        r->has_version = true;
        if (!str_is(value, "1.2"))
            flaw(r, "its version is not 1.2", value);
    } else if (str_is(name, "baseProfile")) {
        r->has_profile = true;
        if (!str_is(value, "tiny-ps"))
            flaw(r, "its baseProfile is not tiny-ps", value);
    } else if (str_is(name, "x") || str_is(name, "y")) {
        flaw(r, "its root element has a place of its own", name);
    }
}

static void look_at_attribute(struct reader *r, struct str name, struct str value)
{
    if (name.n > 2 && begins(name, "on"))
        flaw(r, "it reacts to events", name);
    if (str_is(local_name(name), "href") && leads_elsewhere(value))
        flaw(r, ELSEWHERE, value);
    look_for_references(r, value);
}

static struct str take_name(struct str *s)
{
    size_t n = 0;
    while (n < s->n && !is_space(s->p[n]) && !strchr("/>=<\"'", s->p[n]))
        n++;
    struct str name = {s->p, n};
    advance(s, n);
    return name;
}

static bool take_attribute(struct reader *r, struct str *name, struct str *value)
{
    *name = take_name(&r->rest);
    skip_spaces(&r->rest);
    if (name->n == 0 || !begins(r->rest, "="))
        return not_well_formed(r, *name);
    advance(&r->rest, 1);
    skip_spaces(&r->rest);
    const char quote[] = {r->rest.n ? r->rest.p[0] : '\0', '\0'};
    if (quote[0] != '"' && quote[0] != '\'')
        return not_well_formed(r, *name);
    advance(&r->rest, 1);
    return take_past(&r->rest, quote, value) && !(value->n && memchr(value->p, '<', value->n)) ? true : not_well_formed(r, *name);
}

static bool begin_element(struct reader *r, struct str name)
{
    bool is_root = r->depth == 0;
    if (name.n == 0 || (is_root && r->root_seen))
        return not_well_formed(r, name);
    if (r->depth == SVG_DEPTH_MAX) {
        flaw(r, "its elements are nested too deeply to be read", name);
        return false;
    }
    r->open[r->depth++] = name;
    if (!is_root) {
        look_at_element(r, svg_name(r, name));
        return true;
    }
    r->root_seen = true;
    r->prefix = (struct str){name.p, name.n - local_name(name).n};
    if (!str_is(local_name(name), "svg"))
        flaw(r, "its root element is not svg", name);
    return true;
}

static bool take_element(struct reader *r)
{
    struct str name = take_name(&r->rest), attribute, value;
    bool is_root = r->depth == 0;
    if (!begin_element(r, name))
        return false;
    for (skip_spaces(&r->rest); r->rest.n && r->rest.p[0] != '>' && r->rest.p[0] != '/'; skip_spaces(&r->rest)) {
        if (!take_attribute(r, &attribute, &value))
            return false;
        if (is_root)
            look_at_root_attribute(r, attribute, value);
        look_at_attribute(r, attribute, value);
    }
    bool ends = begins(r->rest, "/>");
    if (!ends && !begins(r->rest, ">"))
        return not_well_formed(r, name);
    advance(&r->rest, ends ? 2 : 1);
    r->depth -= ends;
    if (is_root && !r->has_version)
        flaw(r, "it has no version", name);
    if (is_root && !r->has_profile)
        flaw(r, "it has no baseProfile", name);
    return true;
}

static bool end_element(struct reader *r)
{
    struct str name = take_name(&r->rest);
    skip_spaces(&r->rest);
    if (!begins(r->rest, ">") || r->depth == 0 || !str_eq(name, r->open[r->depth - 1]))
        return not_well_formed(r, name);
    advance(&r->rest, 1);
    r->depth--;
    return true;
}

/* ---- what is no element ---- */

static bool take_doctype(struct reader *r)
{
    struct str from = r->rest;
    size_t brackets = 0;
    for (; r->rest.n; advance(&r->rest, 1)) {
        char c = r->rest.p[0];
        struct str quoted;
        if (begins(r->rest, "<!ENTITY"))
            flaw(r, "it declares entities", (struct str){r->rest.p, 8});
        if (c == '>' && brackets == 0) {
            advance(&r->rest, 1);
            return true;
        }
        brackets += c == '[';
        brackets -= c == ']' && brackets;
        if (c != '"' && c != '\'')
            continue;
        advance(&r->rest, 1);
        if (!take_past(&r->rest, c == '"' ? "\"" : "'", &quoted))
            break;
        r->rest = (struct str){r->rest.p - 1, r->rest.n + 1}; /* the quote that the loop goes past */
    }
    return not_well_formed(r, (struct str){from.p, from.n < 8 ? from.n : 8});
}

static bool take_instruction(struct reader *r)
{
    struct str text;
    if (!take_past(&r->rest, "?>", &text))
        return not_well_formed(r, STR("<?"));
    if (begins(text, "xml-stylesheet"))
        flaw(r, ELSEWHERE, text);
    return true;
}

static bool take_markup(struct reader *r)
{
    struct str text;
    if (begins(r->rest, "<!--"))
        return (advance(&r->rest, 4), take_past(&r->rest, "-->", &text)) || not_well_formed(r, STR("<!--"));
    if (begins(r->rest, "<![CDATA["))
        return ((advance(&r->rest, 9), take_past(&r->rest, "]]>", &text)) || not_well_formed(r, STR("<![CDATA["))) && take_text(r, text);
    if (begins(r->rest, "<!DOCTYPE"))
        return (advance(&r->rest, 9), take_doctype(r));
    if (begins(r->rest, "<?"))
        return (advance(&r->rest, 2), take_instruction(r));
    if (begins(r->rest, "</"))
        return (advance(&r->rest, 2), end_element(r));
    return (advance(&r->rest, 1), take_element(r));
}

static bool take_next(struct reader *r)
{
    const char *tag = memchr(r->rest.p, '<', r->rest.n);
    struct str text = {r->rest.p, tag ? (size_t)(tag - r->rest.p) : r->rest.n};
    if (text.n == 0)
        return take_markup(r);
    advance(&r->rest, text.n);
    return take_text(r, text);
}

struct svg_facts svg_examine(struct str file)
{
    struct reader r = {.rest = file};
    const struct str whole = {NULL, 0};
    if (begins(file, "\x1f\x8b"))
        return (struct svg_facts){.compressed = true};
    if (begins(file, "\xef\xbb\xbf"))
        advance(&r.rest, 3);
    while (r.rest.n)
        if (!take_next(&r))
            return r.facts;
    if (!r.root_seen || r.depth > 0)
        flaw(&r, NOT_WELL_FORMED, whole);
    if (!r.has_title)
        flaw(&r, "it has no title", whole);
    return r.facts;
}
