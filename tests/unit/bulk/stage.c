/* SPDX-License-Identifier: Apache-2.0 */
/* stage - see stage.h. */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LINES_BYTES_MAX = 256 * 1024 * 1024 };

static void on_feed(void *arg)
{
    struct stage *s = arg;
    if (s->pause_ms)
        assert_int_equal(s->line_count, s->reads - 1);
    struct str piece = {s->input.p, s->input.n < s->step ? s->input.n : s->step};
    s->input = (struct str){s->input.p + piece.n, s->input.n - piece.n};
    if (piece.n) {
        bulk_run_feed(&s->run, piece);
        return;
    }
    assert_false(s->ended); /* once */
    s->ended = true;
    bulk_run_feed_end(&s->run);
}

static void on_read(void *arg)
{
    struct stage *s = arg;
    s->reads++;
    assert_false(timer_is_started(&s->feed)); /* not asked for again before it came */
    timer_start(s->world->loop, &s->feed, s->pause_ms, on_feed, s);
}

static bool has_room(void *arg)
{
    return !((struct stage *)arg)->full;
}

static void on_line(void *arg, struct str line)
{
    struct stage *s = arg;
    struct str rest = line, number;
    assert_true(line.n > 2 && line.p[line.n - 1] == '\n' && !memchr(line.p, '\n', line.n - 1));
    assert_true(str_starts_nocase(line, "{\"seq\":"));
    rest = (struct str){rest.p + 7, rest.n - 7};
    number = str_cut(&rest, ',');
    assert_true(s->line_count < STAGE_LINES_MAX);
    assert_true(str_number(number, UINT32_MAX, &s->numbers[s->line_count++]));
    buf_add_str(&s->lines, line);
    if (s->run.under_way > s->under_way_peak)
        s->under_way_peak = s->run.under_way;
}

static void on_reject(void *arg, const struct input_line *line, const char *why)
{
    struct stage *s = arg;
    buf_printf(&s->rejects, "%llu:%s ", (unsigned long long)line->number, why);
}

static void on_waits(void *arg)
{
    struct stage *s = arg;
    assert_false(s->waits); /* once */
    s->waits = true;
}

static void on_over(void *arg)
{
    struct stage *s = arg;
    assert_false(s->over); /* once */
    s->over = true;
}

int stage_set_up(void **state)
{
    static struct stage s;
    void *world;
    memset(&s, 0, sizeof s);
    if (world_set_up(&world) < 0)
        return -1;
    s.world = world;
    s.step = 64 * 1024;
    answered_init(&s.answered);
    buf_init(&s.lines, LINES_BYTES_MAX);
    buf_init(&s.rejects, LINES_BYTES_MAX);
    s.asker = asker_new_local(&s.world->prober, &s.judge, FAIL_ON_ERROR);
    s.params = (struct bulk_run_params){.loop = s.world->loop,
                                        .asker = s.asker,
                                        .answered = &s.answered,
                                        .max_inflight = 10,
                                        .read = on_read,
                                        .has_room = has_room,
                                        .write = on_line,
                                        .reject = on_reject,
                                        .waits = on_waits,
                                        .over = on_over,
                                        .arg = &s};
    *state = &s;
    return 0;
}

int stage_tear_down(void **state)
{
    struct stage *s = *state;
    void *world = s->world;
    timer_cancel(&s->feed);
    bulk_run_done(&s->run);
    asker_free(s->asker);
    answered_done(&s->answered);
    buf_done(&s->lines);
    buf_done(&s->rejects);
    return world_tear_down(&world);
}

void stage_run(struct stage *s, struct str input)
{
    s->input = input;
    assert_int_equal(bulk_run_init(&s->run, &s->params), 0);
    bulk_run_start(&s->run);
    assert_int_equal(loop_run(s->world->loop), 0);
}

bool stage_has(const struct stage *s, const char *text)
{
    return memmem(s->lines.bytes, s->lines.used, text, strlen(text));
}
