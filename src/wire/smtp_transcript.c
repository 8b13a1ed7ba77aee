/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_transcript - see smtp_transcript.h. */
#include "wire/smtp_transcript.h"

#include <stdio.h>

void smtp_transcript_init(struct smtp_transcript *t, struct transcript_line **lines, struct arena *arena)
{
    *t = (struct smtp_transcript){.arena = arena, .end = lines};
    while (*t->end)
        t->end = &(*t->end)->next;
}

static void add(struct smtp_transcript *t, enum transcript_from from, struct str text, uint32_t t_ms)
{
    struct transcript_line *line = ARENA_NEW(t->arena, struct transcript_line);
    if (!line)
        return;
    *line = (struct transcript_line){.t_ms = t_ms, .from = from, .text = text};
    *t->end = line;
    t->end = &line->next;
}

void smtp_transcript_heard(struct smtp_transcript *t, struct str line, uint32_t t_ms)
{
    add(t, FROM_SERVER, line, t_ms);
}

void smtp_transcript_note(struct smtp_transcript *t, uint32_t t_ms, const char *format, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    add(t, FROM_EVENT, arena_copy(t->arena, str_of(text)), t_ms);
}

static struct str without_secret(struct str line)
{
    if (!str_starts_nocase(line, "AUTH "))
        return STR("(hidden)");
    struct str rest = line, verb = str_word(&rest), mechanism = str_word(&rest);
    return (struct str){line.p, (size_t)(mechanism.p + mechanism.n - verb.p)};
}

void smtp_transcript_said(struct smtp_transcript *t, struct str lines, bool secret, uint32_t t_ms)
{
    while (lines.n) {
        struct str line = str_cut(&lines, '\n');
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        add(t, FROM_CLIENT, secret ? without_secret(line) : line, t_ms);
    }
}
