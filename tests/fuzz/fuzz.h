/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz - what the fuzz targets share: the input taken apart, and the promises that all output keeps.
 *
 * Each fuzz_NAME.c is one target: LLVMFuzzerTestOneInput of libFuzzer, and a comment that says its oracle. An
 * oracle is a must(): what it says must hold whatever the input.
 * The input is read from its front: numbers of one octet, and texts that end at 0xff, so that a seed can be
 * written and read by people. At its end numbers are 0 and texts are empty.
 * Memory: slices of the input; fuzz_exact is malloc's. Fails: never; a broken promise ends the process.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/panic.h"

struct fuzz {
    const uint8_t *p;
    size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

bool fuzz_is_over(const struct fuzz *f);
unsigned fuzz_number(struct fuzz *f, unsigned max); /* 0 to max, at most 255 */
bool fuzz_flip(struct fuzz *f);
struct str fuzz_text(struct fuzz *f);
struct str fuzz_octets(struct fuzz *f, size_t n); /* fewer at the end */
struct str fuzz_rest(struct fuzz *f);
/* The text up to its first NUL, in the arena. */
const char *fuzz_cstr(struct fuzz *f, struct arena *arena);

/* A copy without an octet to spare, so that reading past its end is seen. The caller frees it. */
void *fuzz_exact(struct str s);

/* True when text can be shown: UTF-8 without controls and what nobody sees; newlines are fine, and with `color`
 * the escape sequences of SGR. */
bool fuzz_is_clean(struct str shown, bool color);
/* True when it is one value of RFC 8259 in UTF-8 and every name stands once in its object. */
bool fuzz_is_json(struct str text);

#endif
