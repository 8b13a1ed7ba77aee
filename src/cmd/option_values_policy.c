/* SPDX-License-Identifier: Apache-2.0 */
/* option_values_policy - the setter of --policy, and what it says of a file that is none; see option_values.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/option_values.h"

/* What is wrong there, at a word of the file where there is one. */
static int wrong_in(const char *file, const struct tls_policy_problem *p, struct option_problem *problem)
{
    char line[32] = "", word[100] = "", other[32] = "";
    if (p->line)
        snprintf(line, sizeof line, ":%u", p->line);
    if (p->word.p)
        snprintf(word, sizeof word, "'%.*s' ", p->word.n < 80 ? (int)p->word.n : 80, p->word.p);
    if (p->other_line)
        snprintf(other, sizeof other, ", in line %u", p->other_line);
    snprintf(problem->text, sizeof problem->text, "%s%s: %s%s%s", file, line, word, p->what, other);
    return -1;
}

/* Reports are for others, too: where the file lies is nobody's business. */
static const char *name_of(struct options *o, const char *file)
{
    const char *slash = strrchr(file, '/');
    return arena_printf(o->arena, "file:%s", slash ? slash + 1 : file);
}

int set_policy(struct options *o, const char *value, struct option_problem *problem)
{
    struct str text;
    struct tls_policy_problem wrong;
    o->judge.tls_policy = tls_policy_built_in(value);
    if (o->judge.tls_policy)
        return 0;
    struct tls_policy *policy = ARENA_NEW(o->arena, struct tls_policy);
    const char *name = name_of(o, value);
    problem->status = EXIT_DATA;
    if (!policy || !name || read_option_file(o, value, TLS_POLICY_BYTES_MAX, &text) < 0) {
        snprintf(problem->text, sizeof problem->text, "'%.300s' is not default, ncsc2025 or rfc9325, and cannot be read as a file: %s", value,
                 strerror(policy && name ? errno : ENOMEM));
        return -1;
    }
    o->judge.tls_policy = policy;
    return tls_policy_parse(text, name, policy, &wrong) < 0 ? wrong_in(value, &wrong, problem) : 0;
}
