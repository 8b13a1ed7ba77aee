/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of TLS classes: the input is a file as --policy reads it.
 * Oracle: rows lie in the text and have a kind and a class; without a row, or with one that is wrong, there is a problem
 * with its line; a name without stars is of the class of its first row.
 */
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "fuzz.h"
#include "judge/tls_policy.h"

static void check_row(const struct tls_policy *p, const struct tls_policy_row *row, struct str text)
{
    char name[200];
    must(row->kind < TLS_POLICY_KIND_COUNT && row->is > TLS_CLASS_UNKNOWN && row->is <= TLS_CLASS_NO_AUTH);
    must(row->name.n > 0 && row->name.p >= text.p && row->name.p + row->name.n <= text.p + text.n);
    bool of_bits = row->kind == TLS_POLICY_DH_BITS || row->kind == TLS_POLICY_RSA_BITS;
    if (of_bits)
        must(row->bits > 0 && tls_policy_class_of_bits(p, row->kind, row->bits) == row->is);
    if (of_bits || row->name.n >= sizeof name || memchr(row->name.p, '*', row->name.n))
        return;
    memcpy(name, row->name.p, row->name.n);
    name[row->name.n] = '\0';
    must(tls_policy_class_of(p, row->kind, name) == row->is);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str text = {fuzz_exact((struct str){(const char *)bytes, n}), n};
    static struct tls_policy policy;
    struct tls_policy_problem problem;
    if (tls_policy_parse(text, "file:fuzz", &policy, &problem) == 0) {
        must(policy.row_count > 0 && policy.row_count <= TLS_POLICY_ROWS_MAX && !problem.what);
        for (size_t i = 0; i < policy.row_count; i++)
            check_row(&policy, &policy.rows[i], text);
        tls_policy_class_of(&policy, TLS_POLICY_SUITE, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    } else {
        must(problem.what && problem.other_line <= problem.line);
        must(problem.word.n == 0 || (problem.word.p >= text.p && problem.word.p + problem.word.n <= text.p + text.n));
    }
    free((void *)(uintptr_t)text.p);
    return 0;
}
