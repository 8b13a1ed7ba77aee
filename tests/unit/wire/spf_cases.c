/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spf_cases FILE... - evaluates SPF as files of cases say, and compares. Lines of a file:
 *     == TITLE                        a new zone begins
 *     NAME TYPE DATA                  a record (spf_zone.h)
 *     check NAME IP SENDER HELO RESULT[|RESULT] [LOOKUPS/VOIDS] [EXPLANATION]
 *                                     `<>`: none, `-`: no explanation, `*`: whatever; the explanation is the rest of the line
 * Prints a line for each that differs, then the counts; exits 1 when one differs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "spf_zone.h"

enum { FILE_BYTES_MAX = 1 << 20, NOW_S = 1700000000 };

static struct arena arena;
static struct spf_zone zone;
static unsigned passed, failed;

static struct str word(struct str *line)
{
    struct str w = spf_zone_unescape(str_word(line), &arena);
    if (str_is(w, "<>"))
        w.n = 0;
    return w;
}

static void evaluate(const struct spf_params *params, struct spf_check_facts *facts, struct arena *case_arena)
{
    static struct spf_check c;
    struct spf_answer answer;
    unsigned asked = 0;
    spf_check_begin(&c, params, facts, case_arena);
    for (struct spf_question q; (q = spf_check_want(&c)).name;) {
        must(++asked <= SPF_QUESTIONS_MAX);
        spf_zone_ask(&zone, q, &answer, case_arena);
        spf_check_answer(&c, &answer);
    }
    must(asked == facts->questions && !case_arena->exhausted);
}

static bool result_is(struct str expected, const char *result)
{
    while (expected.n)
        if (str_is(str_cut(&expected, '|'), result))
            return true;
    return false;
}

static bool counts_are(struct str expected, const struct spf_check_facts *f)
{
    char counts[32];
    snprintf(counts, sizeof counts, "%u/%u", f->lookups, f->voids);
    return expected.n == 0 || str_is(expected, "*") || str_is(expected, counts);
}

static bool explanation_is(struct str expected, const struct spf_check_facts *f)
{
    if (str_is(expected, "-"))
        return f->explanation.n == 0;
    return expected.n == 0 || str_is(expected, "*") || str_eq(expected, f->explanation);
}

static void check(struct str line, struct str title)
{
    struct spf_check_facts facts;
    struct spf_params params = {.now_s = NOW_S};
    struct arena case_arena;
    struct str name = word(&line), ip = word(&line);
    must(ip_parse(ip, &params.ip));
    params.sender = word(&line);
    params.helo = word(&line);
    struct str result = word(&line), counts = word(&line), explanation = spf_zone_unescape(str_trim(line), &arena);
    arena_init(&case_arena, 16 << 20);
    evaluate(&params, &facts, &case_arena);
    if (result_is(result, spf_result_words[facts.result]) && counts_are(counts, &facts) && explanation_is(explanation, &facts)) {
        passed++;
    } else {
        failed++;
        printf("%.*s: %.*s: %s (%s; at %.*s: %.*s) %u/%u `%.*s`, not %.*s %.*s `%.*s`\n", (int)title.n, title.p, (int)name.n, name.p,
               spf_result_words[facts.result], facts.reason ? facts.reason : "-", (int)facts.decided.domain.n, facts.decided.domain.p,
               (int)facts.decided.term.n, facts.decided.term.p, facts.lookups, facts.voids, (int)facts.explanation.n, facts.explanation.p, (int)result.n,
               result.p, (int)counts.n, counts.p, (int)explanation.n, explanation.p);
    }
    arena_done(&case_arena);
}

static struct str read_file(const char *name)
{
    char *bytes = arena_alloc(&arena, FILE_BYTES_MAX);
    FILE *f = fopen(name, "rb");
    if (!f || !bytes) {
        perror(name);
        exit(EXIT_FAILURE);
    }
    size_t n = fread(bytes, 1, FILE_BYTES_MAX, f);
    must(n < FILE_BYTES_MAX);
    fclose(f);
    return (struct str){bytes, n};
}

int main(int argc, char **argv)
{
    struct str title = {0};
    arena_init(&arena, 256 << 20);
    for (int i = 1; i < argc; i++) {
        unsigned passed_before = passed, failed_before = failed;
        struct str rest = read_file(argv[i]);
        while (rest.n) {
            struct str line = str_cut(&rest, '\n');
            if (line.n == 0 || line.p[0] == '#')
                continue;
            if (str_starts_nocase(line, "== ")) {
                title = (struct str){line.p + 3, line.n - 3};
                zone.count = 0;
            } else if (str_starts_nocase(line, "check ")) {
                line = (struct str){line.p + 6, line.n - 6};
                check(line, title);
            } else if (!spf_zone_add(&zone, line, &arena)) {
                printf("%s: no line of a zone: %.*s\n", argv[i], (int)line.n, line.p);
                failed++;
            }
        }
        printf("%s: %u passed, %u failed\n", argv[i], passed - passed_before, failed - failed_before);
    }
    arena_done(&arena);
    return failed || !passed ? EXIT_FAILURE : EXIT_SUCCESS;
}
