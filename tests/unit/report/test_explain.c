/* SPDX-License-Identifier: Apache-2.0 */
/* test_explain - the table of checks in words: nothing left out, in each of its forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"

enum { OUT_BYTES_MAX = 16 * 1024 * 1024 };

static struct buf out;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, OUT_BYTES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_done(&out);
    return 0;
}

static void expect_within(const char *text)
{
    if (out.bytes[out.used - 1] != '\0')
        buf_add_char(&out, '\0');
    if (!strstr(out.bytes, text))
        fail_msg("'%s' is not in:\n%s", text, out.bytes);
}

static const struct check sample = {
    .id = "area.sample",
    .severity = SEVERITY_ERROR,
    .scope = SCOPE_ENDPOINT,
    .decisive = true,
    .question = "Is it well?",
    .title = "It is ill",
    .why = "Mail with <> as its sender | is *lost*.",
    .criterion = "The pulse stops.",
    .remedy = "Call a doctor.",
    .verify = "feel %h:%p of %a for %d at 100%",
    .spec = (const char *const[]){"RFC 5321 1", "RFC 5322 2", NULL},
};

static void one_check_is_told_whole(void **state)
{
    (void)state;
    const struct text_style style = {.columns = 80};
    explain_write_text(&out, &sample, &style);
    expect_within("area.sample  error, judged for each port of an address\n  Is it well?\n\n"
                  "  problem  It is ill\n"
                  "  means    Mail with <> as its sender | is *lost*.\n"
                  "  fails    The pulse stops.\n"
                  "  fix      Call a doctor.\n"
                  "  verify   feel HOST:PORT of ADDRESS for DOMAIN at 100%\n"
                  "  unknown  Without an answer to this the whole report is inconclusive.\n"
                  "  spec     RFC 5321 1, RFC 5322 2\n");
}

static void json_has_the_same(void **state)
{
    (void)state;
    explain_write_json(&out, &sample);
    expect_within("{\n  \"id\": \"area.sample\",\n  \"severity\": \"error\",\n  \"scope\": \"endpoint\",\n  \"decisive\": true,\n  \"about_probe\": false,\n"
                  "  \"question\": \"Is it well?\",\n  \"title\": \"It is ill\",\n  \"why\": \"Mail with <> as its sender | is *lost*.\",\n"
                  "  \"criterion\": \"The pulse stops.\",\n  \"remedy\": \"Call a doctor.\",\n  \"verify\": \"feel %h:%p of %a for %d at 100%\",\n"
                  "  \"spec\": [\n    \"RFC 5321 1\",\n    \"RFC 5322 2\"\n  ]\n}\n");
}

static void every_check_is_in_every_list(void **state)
{
    (void)state;
    void (*const writers[])(struct buf *) = {explain_write_list_json, explain_write_markdown};
    const struct text_style style = {.columns = 80};
    assert_true(check_count() > 0);
    for (size_t w = 0; w < 3; w++) {
        buf_clear(&out);
        if (w == 2)
            explain_write_list_text(&out, &style);
        else
            writers[w](&out);
        for (size_t i = 0; i < check_count(); i++)
            expect_within(check_at(i)->id);
    }
}

static void markdown_shows_protocol_words_as_they_are(void **state)
{
    (void)state;
    explain_write_markdown(&out);
    buf_add_char(&out, '\0');
    char *rest;
    for (char *line = strtok_r(out.bytes, "\n", &rest), *next; line; line = next) {
        next = strtok_r(NULL, "\n", &rest);
        if (strstr(line, "<>") && strncmp(line, "- **Verify:** `", 15) != 0) /* in code it is shown */
            fail_msg("an unescaped <> disappears on the page: %s", line);
    }
    buf_clear(&out);
    explain_write_markdown(&out);
    expect_within("# Checks\n");
    expect_within("\n## net - ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_check_is_told_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_has_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_check_is_in_every_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(markdown_shows_protocol_words_as_they_are, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
