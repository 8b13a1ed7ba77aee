/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMARC: the input is the TXT records that each question of a walk finds, a line each; an empty line ends an answer, and
 * a line `!` is a question that was not answered.
 * Oracle: at most eight questions, each about a name above the last; a policy only where a single record stands; no
 * organisation where a question was not answered; addresses lie in the record.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/dmarc.h"

enum { RECORDS_MAX = 8 };

static void check_uris(const struct dmarc_record *r, const struct str *uris, size_t count)
{
    must(count <= DMARC_URIS_MAX);
    for (size_t i = 0; i < count; i++)
        must(uris[i].n > 0 && uris[i].p >= r->text.p && uris[i].p + uris[i].n <= r->text.p + r->text.n);
}

static void check_facts(const struct dmarc_facts *f)
{
    must(f->step_count >= 1 && f->step_count <= DMARC_STEPS_MAX);
    for (size_t i = 0; i < f->step_count; i++) {
        const struct dmarc_step *s = &f->steps[i];
        must(i == 0 || strlen(s->domain) < strlen(f->steps[i - 1].domain));
        check_uris(&s->record, s->record.rua, s->record.rua_count);
        check_uris(&s->record, s->record.ruf, s->record.ruf_count);
        must((s->count > 0) == (s->record.text.n > 0));
    }
    must(!f->policy || f->policy->count == 1);
    must(f->complete == (f->organisational_domain != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *copy = fuzz_exact((struct str){(const char *)bytes, n});
    struct str rest = {copy, n};
    struct dmarc_facts f;
    struct arena arena;
    size_t questions = 0;
    arena_init(&arena, 64 * n + (1 << 20));
    must(dmarc_walk_begin(&f, "a.b.c.d.e.f.g.h.i.example.org", &arena) == 0);
    while (dmarc_walk_next(&f)) {
        struct str txt[RECORDS_MAX];
        struct dns_lookup lookup = {.status = DNS_NXDOMAIN};
        size_t count = 0;
        for (struct str line; rest.n && (line = str_cut(&rest, '\n')).n;) {
            if (str_is(line, "!"))
                lookup.status = DNS_TIMEOUT;
            else if (count < RECORDS_MAX)
                txt[count++] = line;
        }
        lookup.status = count ? DNS_FOUND : lookup.status;
        dmarc_walk_answer(&f, &lookup, txt, count, &arena);
        must(++questions <= DMARC_STEPS_MAX);
    }
    check_facts(&f);
    must(!arena.exhausted);
    free((void *)(uintptr_t)copy);
    arena_done(&arena);
    return 0;
}
