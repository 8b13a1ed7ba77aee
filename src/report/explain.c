/* SPDX-License-Identifier: Apache-2.0 */
/* explain - the table of checks for people and programs: one check, the list, and the page doc/findings.md. */
#include <string.h>

#include "report/json_writer.h"
#include "report/page.h"

enum { TEXT_AT = 11, INDENT = 2, ID_AT_MAX = 34, SEVERITY_COLUMNS = 9, EXPLAIN_INDENT = 2 };

static void put_part(struct page *p, const char *label, const char *text)
{
    if (!text)
        return;
    page_label(p, INDENT, TEXT_AT, label);
    page_wrap_text(p, INK_PLAIN, TEXT_AT, text);
    page_newline(p);
}

static const char *each_object(enum scope s)
{
    static const char *const words[] = {
        [SCOPE_DOMAIN] = "once for the domain",
        [SCOPE_HOST] = "for each mail host",
        [SCOPE_ADDRESS] = "for each address of a mail host",
        [SCOPE_ENDPOINT] = "for each port of an address",
    };
    return words[s];
}

/* What %d, %h, %a and %p stand for, in words. */
static void write_command(struct buf *out, const char *verify)
{
    static const char letters[] = "dhap";
    static const char *const words[] = {"DOMAIN", "HOST", "ADDRESS", "PORT"};
    for (; *verify; verify++) {
        const char *letter = *verify == '%' && verify[1] ? strchr(letters, verify[1]) : NULL;
        if (letter)
            buf_add_cstr(out, words[letter - letters]);
        else
            buf_add_char(out, *verify);
        verify += letter != NULL;
    }
}

static void put_command(struct page *p, const struct check *c)
{
    struct buf command;
    if (!c->verify)
        return;
    buf_init(&command, 4096);
    write_command(&command, c->verify);
    page_label(p, INDENT, TEXT_AT, "verify");
    page_wrap_command(p, INK_PLAIN, TEXT_AT + 2, (struct str){command.bytes, command.used});
    page_newline(p);
    buf_done(&command);
}

void explain_write_text(struct buf *out, const struct check *c, const struct text_style *style)
{
    struct page p;
    page_init(&p, out, style);
    page_text(&p, INK_BOLD, c->id);
    page_add_format(&p, "  %s, judged %s", severity_text(c->severity), each_object(c->scope));
    page_wrap_added(&p, INK_PLAIN, INDENT);
    page_newline(&p);
    page_to(&p, INDENT);
    page_wrap_text(&p, INK_BOLD, INDENT, c->question);
    page_newline(&p);
    page_newline(&p);
    put_part(&p, "problem", c->title);
    put_part(&p, "means", c->why);
    put_part(&p, "fails", c->criterion);
    put_part(&p, "fix", c->remedy);
    put_command(&p, c);
    if (c->decisive)
        put_part(&p, "unknown", "Without an answer to this the whole report is inconclusive.");
    if (c->about_probe)
        put_part(&p, "about", "The side that tests: never the fault of the domain, never part of its status.");
    if (c->spec && *c->spec) {
        page_label(&p, INDENT, TEXT_AT, "spec");
        for (const char *const *spec = c->spec; *spec; spec++)
            page_add_format(&p, "%s%s", spec == c->spec ? "" : ", ", *spec);
        page_wrap_added(&p, INK_PLAIN, TEXT_AT);
        page_newline(&p);
    }
    page_done(&p);
}

void explain_write_list_text(struct buf *out, const struct text_style *style)
{
    struct page p;
    size_t longest = 0;
    page_init(&p, out, style);
    for (size_t i = 0; i < check_count(); i++) {
        size_t n = strlen(check_at(i)->id);
        longest = n > longest ? n : longest;
    }
    for (size_t i = 0; i < check_count(); i++) {
        const struct check *c = check_at(i);
        size_t question_at = longest + 2 + SEVERITY_COLUMNS;
        page_text(&p, INK_BOLD, c->id);
        page_to(&p, longest + 2);
        page_text(&p, INK_PLAIN, severity_text(c->severity));
        page_to(&p, question_at);
        page_wrap_text(&p, INK_PLAIN, question_at, c->question);
        page_newline(&p);
    }
    page_done(&p);
}

static void write_check(struct json *j, const struct check *c)
{
    const struct {
        const char *key, *text;
    } texts[] = {{"question", c->question}, {"title", c->title}, {"why", c->why}, {"criterion", c->criterion}, {"remedy", c->remedy}, {"verify", c->verify}};
    json_open_object(j);
    json_key(j, "id");
    json_cstr(j, c->id);
    json_key(j, "severity");
    json_cstr(j, severity_text(c->severity));
    json_key(j, "scope");
    json_cstr(j, scope_text(c->scope));
    json_key(j, "decisive");
    json_bool(j, c->decisive);
    json_key(j, "about_probe");
    json_bool(j, c->about_probe);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_key(j, texts[i].key);
        json_cstr(j, texts[i].text);
    }
    json_key(j, "spec");
    json_open_array(j);
    for (const char *const *spec = c->spec; spec && *spec; spec++)
        json_cstr(j, *spec);
    json_close_array(j);
    json_close_object(j);
}

void explain_write_json(struct buf *out, const struct check *c)
{
    struct json j;
    json_init(&j, out, EXPLAIN_INDENT);
    write_check(&j, c);
    buf_add_char(out, '\n');
}

void explain_write_list_json(struct buf *out)
{
    struct json j;
    json_init(&j, out, EXPLAIN_INDENT);
    json_open_array(&j);
    for (size_t i = 0; i < check_count(); i++)
        write_check(&j, check_at(i));
    json_close_array(&j);
    buf_add_char(out, '\n');
}

/* Our texts hold protocol words such as <> and %; Markdown shall show them as they are. */
static void write_markdown(struct buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (strchr("\\`*_[]<>|#&", *text))
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
}

static void write_markdown_part(struct buf *out, const char *label, const char *text)
{
    if (!text)
        return;
    buf_printf(out, "- **%s:** ", label);
    write_markdown(out, text);
    buf_add_char(out, '\n');
}

static void write_markdown_check(struct buf *out, const struct check *c)
{
    buf_printf(out, "\n### %s\n\n*%s*, judged %s%s%s. ", c->id, severity_text(c->severity), each_object(c->scope),
               c->decisive ? "; decisive: without an answer the report is inconclusive" : "",
               c->about_probe ? "; about the side that tests, never the domain's fault" : "");
    write_markdown(out, c->question);
    buf_add_cstr(out, "\n\n");
    write_markdown_part(out, "Problem", c->title);
    write_markdown_part(out, "Means", c->why);
    write_markdown_part(out, "Fails when", c->criterion);
    write_markdown_part(out, "Fix", c->remedy);
    if (c->verify) {
        buf_add_cstr(out, "- **Verify:** `");
        write_command(out, c->verify);
        buf_add_cstr(out, "`\n");
    }
    if (c->spec && *c->spec) {
        buf_add_cstr(out, "- **Spec:** ");
        for (const char *const *spec = c->spec; *spec; spec++)
            buf_printf(out, "%s%s", spec == c->spec ? "" : ", ", *spec);
        buf_add_char(out, '\n');
    }
}

static const char *area_words(const char *id, size_t n)
{
    static const struct {
        const char *area, *words;
    } areas[] = {
        {"net", "the network, and our own side of it"},
        {"dns", "the domain's name"},
        {"mx", "where mail for the domain goes"},
        {"smtp", "the conversation"},
        {"relay", "carrying strangers' mail"},
        {"tls", "encryption"},
        {"cert", "certificates"},
        {"dane", "certificates pinned in the DNS"},
        {"mtasts", "the MTA-STS policy"},
        {"tlsrpt", "reports about TLS"},
        {"rdns", "names of addresses"},
        {"dnsbl", "blocklists"},
        {"spf", "who may send: SPF"},
        {"dkim", "signatures: DKIM"},
        {"dmarc", "what becomes of unproven mail: DMARC"},
        {"bimi", "the sender's logo: BIMI"},
        {"pool", "servers that should be alike"},
    };
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strlen(areas[i].area) == n && memcmp(areas[i].area, id, n) == 0)
            return areas[i].words;
    return NULL;
}

void explain_write_markdown(struct buf *out)
{
    const char *area = "";
    size_t area_length = 0;
    buf_printf(out, "# Checks\n\nRuleset %s: %zu checks. This page is generated from the table that judges; `mxassay explain ID` shows the same.\n",
               REPORT_RULESET, check_count());
    for (size_t i = 0; i < check_count(); i++) {
        const struct check *c = check_at(i);
        size_t n = strcspn(c->id, ".");
        if (n != area_length || memcmp(area, c->id, n) != 0) {
            const char *words = area_words(c->id, n);
            buf_printf(out, "\n## %.*s%s%s\n", (int)n, c->id, words ? " - " : "", words ? words : "");
        }
        area = c->id;
        area_length = n;
        write_markdown_check(out, c);
    }
}
