/* SPDX-License-Identifier: Apache-2.0 */
/* answered - see answered.h. */
#include "bulk/answered.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "report/json_writer.h"

static const char before_number[] = "{\"seq\":", before_text[] = ",\"input\":";
enum { FIRST_SIZE = 1024, TEXT_BYTES_MAX = 16 * 1024 };

void answer_begin(struct buf *out, uint64_t number, struct str input, unsigned attempts)
{
    struct json j;
    buf_printf(out, "%s%llu%s", before_number, (unsigned long long)number, before_text);
    json_init(&j, out, 0);
    json_str(&j, input);
    buf_printf(out, ",\"attempts\":%u,", attempts);
}

/* Never 0. Of the text as it stands in JSON. */
static uint64_t hash_of(struct str text)
{
    return hash_str(0, text) | 1;
}

void answered_init(struct answered *a)
{
    *a = (struct answered){0};
}

void answered_done(struct answered *a)
{
    free(a->inputs);
    *a = (struct answered){0};
}

static int fail(struct answered *a, const char *problem)
{
    a->problem = problem;
    a->line++;
    return -1;
}

static int keep(struct answered *a, uint64_t number, uint64_t hash)
{
    if (number == 0 || number > ANSWERED_MAX)
        return fail(a, "its number cannot be");
    size_t size = a->size ? a->size : FIRST_SIZE;
    while (size <= number)
        size *= 2;
    if (size > a->size) {
        uint64_t *inputs = realloc(a->inputs, size * sizeof *inputs);
        if (!inputs)
            return fail(a, "out of memory");
        memset(inputs + a->size, 0, (size - a->size) * sizeof *inputs);
        a->inputs = inputs;
        a->size = size;
    }
    if (a->inputs[number])
        return fail(a, "its number has been answered before");
    a->inputs[number] = hash;
    a->count++;
    return 0;
}

static bool take(struct str *s, const char *word)
{
    size_t n = strlen(word);
    if (s->n < n || memcmp(s->p, word, n) != 0)
        return false;
    *s = (struct str){s->p + n, s->n - n};
    return true;
}

/* A JSON string with its quotes. */
static bool take_string(struct str *s, struct str *text)
{
    size_t n = 1;
    if (!s->n || s->p[0] != '"')
        return false;
    while (n < s->n && s->p[n] != '"')
        n += s->p[n] == '\\' ? 2 : 1;
    if (n >= s->n)
        return false;
    *text = (struct str){s->p, n + 1};
    *s = (struct str){s->p + n + 1, s->n - n - 1};
    return true;
}

static int read_line(struct answered *a)
{
    struct str head = {a->head, a->head_n}, digits, text;
    uint64_t number;
    bool good = !a->nul && a->last == '}' && take(&head, before_number);
    digits = head;
    digits.n = 0;
    while (digits.n < head.n && ascii_is_digit(head.p[digits.n]))
        digits.n++;
    head = (struct str){head.p + digits.n, head.n - digits.n};
    if (!good || !str_number(digits, UINT64_MAX >> 1, &number) || !take(&head, before_text) || !take_string(&head, &text) || !take(&head, ","))
        return fail(a, "it is no answer of a bulk run");
    return keep(a, number, hash_of(text));
}

static void next_line(struct answered *a)
{
    a->whole_bytes += a->line_bytes + 1;
    a->line++;
    a->line_bytes = 0;
    a->head_n = 0;
    a->nul = false;
    a->last = '\0';
}

int answered_feed(struct answered *a, struct str bytes)
{
    while (bytes.n) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.n, room = sizeof a->head - a->head_n, kept = n < room ? n : room;
        if (n) {
            memcpy(a->head + a->head_n, bytes.p, kept);
            a->head_n += kept;
            a->nul = a->nul || memchr(bytes.p, '\0', n);
            a->last = bytes.p[n - 1];
            a->line_bytes += n;
        }
        bytes = (struct str){bytes.p + n + (end != NULL), bytes.n - n - (end != NULL)};
        if (!end)
            continue;
        if (read_line(a) < 0)
            return -1;
        next_line(a);
    }
    return 0;
}

/* What is left may be the beginning of an answer, and zeros that were never written over. */
int answered_end(struct answered *a)
{
    const size_t n = strlen(before_number);
    for (size_t i = 0; i < n && i < a->head_n; i++)
        if (a->head[i] != before_number[i] && a->head[i] != '\0')
            return fail(a, "it is no answer of a bulk run");
    return 0;
}

int answered_has(const struct answered *a, uint64_t number, struct str input)
{
    struct buf text;
    struct json j;
    if (number >= a->size || !a->inputs[number])
        return 0;
    buf_init(&text, TEXT_BYTES_MAX);
    json_init(&j, &text, 0);
    json_str(&j, input);
    int rc = !text.failed && a->inputs[number] == hash_of((struct str){text.bytes, text.used}) ? 1 : -1;
    buf_done(&text);
    return rc;
}
