/* SPDX-License-Identifier: Apache-2.0 */
/* test_frames - what a parent and its workers say comes through whole, and anything else is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "worker/frames.h"

enum { ANY_NUMBER = 77 };

static struct arena arena;
static struct buf out;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, WORK_ORDER_BYTES);
    buf_init(&out, FRAME_HEAD_BYTES + (size_t)FRAME_RESULT_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    buf_done(&out);
    return 0;
}

/* The one frame that was written. */
static struct frame heard(bool from_worker)
{
    struct str bytes = {out.bytes, out.used};
    struct frame f;
    assert_false(out.failed);
    assert_int_equal(frame_next(&bytes, from_worker, &f), 1);
    assert_int_equal(bytes.n, 0);
    return f;
}

static const struct work_order full_order = {
    .server = true,
    .target = "mx1.example.org:587",
    .ports = (const uint16_t[]){25, 465, 65535},
    .port_count = 3,
    .deep = true,
    .no_smtp = true,
    .only = (const char *const[]){"tls", "mx.exists", NULL},
    .skip = (const char *const[]){NULL},
    .tls = PROBE_TLS_IMPLICIT,
    .auth_user = "user",
    .auth_password = "",
};

static void an_order_comes_through_whole(void **state)
{
    struct work_order o;
    uint64_t number;
    (void)state;
    frame_write_order(&out, UINT64_MAX, &full_order);
    struct frame f = heard(false);
    assert_int_equal(f.type, FRAME_ORDER);
    assert_true(frame_read_order(f.fields, &arena, &number, &o));
    assert_true(number == UINT64_MAX);
    assert_true(o.server && o.deep && o.no_smtp);
    assert_string_equal(o.target, "mx1.example.org:587");
    assert_int_equal(o.port_count, 3);
    assert_memory_equal(o.ports, full_order.ports, 3 * sizeof *o.ports);
    assert_string_equal(o.only[0], "tls");
    assert_string_equal(o.only[1], "mx.exists");
    assert_null(o.only[2]);
    assert_non_null(o.skip);
    assert_null(o.skip[0]);
    assert_int_equal(o.tls, PROBE_TLS_IMPLICIT);
    assert_string_equal(o.auth_user, "user");
    assert_string_equal(o.auth_password, "");
}

static void what_is_not_given_stays_so(void **state)
{
    struct work_order o;
    uint64_t number;
    (void)state;
    frame_write_order(&out, 1, &(struct work_order){.target = ""});
    assert_true(frame_read_order(heard(false).fields, &arena, &number, &o));
    assert_string_equal(o.target, "");
    assert_null(o.ports);
    assert_null(o.only);
    assert_null(o.skip);
    assert_null(o.auth_user);
    assert_null(o.auth_password);
}

static void orders_past_their_limits_are_broken(void **state)
{
    static uint16_t ports[LIMIT_PORTS + 1];
    static const char *many[FRAME_LIST_MAX + 2];
    struct work_order o;
    uint64_t number;
    (void)state;
    frame_write_order(&out, 1, &(struct work_order){.target = "a", .ports = ports, .port_count = LIMIT_PORTS + 1});
    assert_false(frame_read_order(heard(false).fields, &arena, &number, &o));
    buf_clear(&out);
    for (size_t i = 0; i <= FRAME_LIST_MAX; i++)
        many[i] = "tls";
    frame_write_order(&out, 1, &(struct work_order){.target = "a", .only = many});
    assert_false(frame_read_order(heard(false).fields, &arena, &number, &o));
    buf_clear(&out);
    frame_write_order(&out, 1, &(struct work_order){.target = NULL});
    assert_false(frame_read_order(heard(false).fields, &arena, &number, &o));
}

static const struct work_result done = {
    .end = WORK_DONE,
    .status = "ok",
    .headline = "takes mail",
    .note = 0xfedcba98,
    .documents = {{"{}", 2}, {"t\0t", 3}, {"", 0}, {"m", 1}, {"p", 1}, {"b", 1}},
};

static void a_result_comes_through_whole(void **state)
{
    struct work_result r;
    uint64_t number;
    (void)state;
    frame_write_result(&out, 7, &done);
    assert_true(frame_read_result(heard(true).fields, &number, &r));
    assert_int_equal(number, 7);
    assert_int_equal(r.end, WORK_DONE);
    assert_string_equal(r.status, "ok");
    assert_string_equal(r.headline, "takes mail");
    assert_int_equal(r.note, 0xfedcba98);
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        assert_true(str_eq(r.documents[i], done.documents[i]));
    buf_clear(&out);
    frame_write_result(&out, 8, &(struct work_result){.end = WORK_REFUSED, .problem = "no"});
    assert_true(frame_read_result(heard(true).fields, &number, &r));
    assert_int_equal(r.end, WORK_REFUSED);
    assert_string_equal(r.problem, "no");
}

/* Only its parent sees a worker die. */
static void no_worker_says_that_it_is_lost(void **state)
{
    struct work_result r;
    uint64_t number;
    (void)state;
    frame_write_result(&out, 8, &(struct work_result){.end = WORK_LOST, .problem = "no"});
    assert_false(frame_read_result(heard(true).fields, &number, &r));
}

static void a_step_comes_through_and_is_cut_at_its_limit(void **state)
{
    static char text[2 * FRAME_TEXT_BYTES];
    struct work_step s;
    uint64_t number;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    frame_write_step(&out, 9, &(struct work_step){.waits_for = text, .done = 1, .total = 2});
    assert_true(frame_read_step(heard(true).fields, &number, &s));
    assert_int_equal(s.done, 1);
    assert_int_equal(s.total, 2);
    assert_true(strlen(s.waits_for) > FRAME_TEXT_BYTES / 2 && strlen(s.waits_for) < FRAME_TEXT_BYTES);
    buf_clear(&out);
    frame_write_step(&out, 9, &(struct work_step){.waits_for = "", .done = 3, .total = 2});
    assert_false(frame_read_step(heard(true).fields, &number, &s));
}

static void a_list_of_opt_outs_comes_through_whole(void **state)
{
    static char large[OPT_OUT_BYTES];
    struct str text;
    (void)state;
    memset(large, '\n', sizeof large);
    frame_write_opt_out(&out, (struct str){large, sizeof large});
    assert_true(frame_read_opt_out(heard(false).fields, &text));
    assert_int_equal(text.n, sizeof large);
    assert_memory_equal(text.p, large, sizeof large);
}

static void frames_come_one_after_the_other_in_any_pieces(void **state)
{
    struct frame f;
    (void)state;
    frame_write_ready(&out);
    frame_write_step(&out, 1, &(struct work_step){.waits_for = "a"});
    frame_write_alive(&out);
    static const enum frame_type expected[] = {FRAME_READY, FRAME_STEP, FRAME_ALIVE};
    for (size_t n = 0; n <= out.used; n++) {
        struct str bytes = {out.bytes, n};
        size_t got = 0;
        for (int rc; (rc = frame_next(&bytes, true, &f)) != 0; got++) {
            assert_int_equal(rc, 1);
            assert_int_equal(f.type, expected[got]);
        }
        assert_int_equal(got, (n >= FRAME_HEAD_BYTES) + (n >= out.used - FRAME_HEAD_BYTES) + (n == out.used));
    }
}

static void what_the_other_side_may_not_say_is_broken_before_it_has_come(void **state)
{
    static const struct {
        const char *head;
        bool from_worker;
    } broken[] = {
        {"\x00\x00\x00\x00\x00", true},                                  /* no type */
        {"\x00\x00\x00\x00\x09", true},                                  /* none of ours */
        {"\x04\x00\x00\x00\x08", true},                                  /* a list of opt-outs from a worker */
        {"\x00\x00\x00\x00\xff", true},  {"\x08\x00\x00\x00\x01", true}, /* an order from a worker */
        {"\x08\x00\x00\x00\x02", true},                                  /* a cancel */
        {"\x00\x00\x00\x00\x03", false},                                 /* ready, from a parent */
        {"\x08\x00\x00\x00\x07", false}, {"\x01\x00\x00\x00\x03", true}, /* ready, with something in it */
        {"\x01\x10\x00\x00\x06", true},                                  /* a step past its limit */
        {"\xff\xff\xff\xff\x07", true},                                  /* a result past its limit */
        {"\x01\x00\x01\x00\x01", false},                                 /* an order past its limit */
    };
    struct frame f;
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct str bytes = {broken[i].head, FRAME_HEAD_BYTES};
        if (frame_next(&bytes, broken[i].from_worker, &f) != -1)
            fail_msg("frame %zu passes", i);
    }
}

static bool reads(const struct frame *f)
{
    uint64_t number;
    struct work_order o;
    struct work_result r;
    struct work_step s;
    struct str text;
    const char *why;
    switch (f->type) {
    case FRAME_ORDER:
        return frame_read_order(f->fields, &arena, &number, &o);
    case FRAME_CANCEL:
        return frame_read_cancel(f->fields, &number);
    case FRAME_FAILED:
        return frame_read_failed(f->fields, &why);
    case FRAME_STEP:
        return frame_read_step(f->fields, &number, &s);
    case FRAME_RESULT:
        return frame_read_result(f->fields, &number, &r);
    case FRAME_OPT_OUT:
        return frame_read_opt_out(f->fields, &text);
    case FRAME_READY:
    case FRAME_ALIVE:
        break;
    }
    return f->fields.n == 0;
}

/* Fields that end early, or go on, are no message: each of every kind. */
static void fields_fill_their_frame(void **state)
{
    (void)state;
    for (int kind = 0; kind < 6; kind++) {
        buf_clear(&out);
        if (kind == 0)
            frame_write_order(&out, ANY_NUMBER, &full_order);
        else if (kind == 1)
            frame_write_cancel(&out, ANY_NUMBER);
        else if (kind == 2)
            frame_write_failed(&out, "why");
        else if (kind == 3)
            frame_write_step(&out, ANY_NUMBER, &(struct work_step){.waits_for = "a"});
        else if (kind == 4)
            frame_write_result(&out, ANY_NUMBER, &done);
        else
            frame_write_opt_out(&out, STR("example.org\n"));
        struct frame f = heard(kind >= 2 && kind <= 4);
        assert_true(reads(&f));
        for (size_t n = 0; n < f.fields.n; n++) {
            struct frame cut = {f.type, {f.fields.p, n}};
            if (reads(&cut))
                fail_msg("kind %d passes at %zu octets of %zu", kind, n, f.fields.n);
        }
        buf_add_char(&out, '\0');
        struct frame longer = {f.type, {out.bytes + FRAME_HEAD_BYTES, f.fields.n + 1}};
        assert_false(reads(&longer));
    }
}

static void a_text_ends_in_its_only_nul(void **state)
{
    const char *why;
    (void)state;
    assert_true(frame_read_failed((struct str){"\x03\0\0\0hi\0", 7}, &why));
    assert_false(frame_read_failed((struct str){"\x02\0\0\0hi", 6}, &why));
    assert_false(frame_read_failed((struct str){"\x03\0\0\0h\0\0", 7}, &why));
    assert_false(frame_read_failed((struct str){"\0\0\0\0", 4}, &why)); /* needed, not given */
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_order_comes_through_whole),
        T(what_is_not_given_stays_so),
        T(orders_past_their_limits_are_broken),
        T(a_result_comes_through_whole),
        T(no_worker_says_that_it_is_lost),
        T(a_step_comes_through_and_is_cut_at_its_limit),
        T(a_list_of_opt_outs_comes_through_whole),
        T(frames_come_one_after_the_other_in_any_pieces),
        T(what_the_other_side_may_not_say_is_broken_before_it_has_come),
        T(fields_fill_their_frame),
        T(a_text_ends_in_its_only_nul),
    };
    return cmocka_run_group_tests_name("worker frames", tests, NULL, NULL);
}
