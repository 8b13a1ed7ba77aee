/* SPDX-License-Identifier: Apache-2.0 */
/* scn_plan - see scn_plan.h. */
#include "scn_plan.h"

#include <string.h>

#include "judge/judge.h"
#include "report/json_writer.h"
#include "scn_pki.h"

/* What the plain world fails, as far as there is a check of it: `+P`. */
static const char *const plain_fails[] = {"dns.dnssec-signed", "mtasts.published", "tlsrpt.published"};

static void key_cstr(struct json *j, const char *key, const char *value)
{
    json_key(j, key);
    json_cstr(j, value);
}

static void key_number(struct json *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_number(j, value);
}

static void write_expectation(struct scn_world *w, const struct scenario *s, const struct scn_expectation *e, struct json *j)
{
    json_open_object(j);
    key_cstr(j, "id", e->id);
    if (e->reason)
        key_cstr(j, "reason", e->reason);
    json_key(j, "objects");
    json_open_array(j);
    for (size_t i = 0; i < e->object_count; i++) {
        json_open_object(j);
        key_cstr(j, "host", scn_world_name(w, s, e->objects[i].server));
        key_number(j, "family", e->objects[i].family);
        json_close_object(j);
    }
    json_close_array(j);
    json_close_object(j);
}

static void write_expect(struct scn_world *w, const struct scenario *s, const struct scn_expect *expect, struct json *j)
{
    json_open_array(j);
    for (size_t i = 0; expect->with_base && s->from == SCN_FROM_PLAIN && i < sizeof plain_fails / sizeof plain_fails[0]; i++)
        if (check_find(plain_fails[i]))
            write_expectation(w, s, &(struct scn_expectation){.id = plain_fails[i]}, j);
    for (const struct scn_expectation *e = expect->list; e; e = e->next)
        write_expectation(w, s, e, j);
    json_close_array(j);
}

/* Of one reaction; a runner begins with the slowest. */
static int64_t longest_wait(const struct scenario *s)
{
    int64_t longest = 0;
    for (const struct scn_block *b = s->blocks; b; b = b->next)
        for (const struct scn_reaction *r = b->reactions; r; r = r->next) {
            int64_t sum = 0;
            for (const struct scn_action *a = r->actions; a; a = a->next)
                sum += a->kind == SCN_WAIT ? a->ms : a->kind == SCN_DRIP ? a->ms * (int64_t)a->text.n : 0;
            longest = sum > longest ? sum : longest;
        }
    return longest;
}

struct str scn_plan_name(const struct scenario *s)
{
    const char *slash = strrchr(s->file, '/');
    struct str name = str_of(slash ? slash + 1 : s->file);
    return str_cut(&name, '.');
}

/* The servers answer for a hybrid group that the library may lack. */
static bool plays_hybrid(const struct scenario *s)
{
    for (const struct scn_block *b = s->blocks; b; b = b->next)
        if (b->tls.hybrid)
            return true;
    return false;
}

static int write_scenario(struct scn_world *w, const struct scenario *s, struct json *j)
{
    json_open_object(j);
    json_key(j, "name");
    json_str(j, scn_plan_name(s));
    key_cstr(j, "file", s->file);
    key_cstr(j, "about", s->about);
    key_cstr(j, "domain", s->domain);
    json_key(j, "options");
    json_open_array(j);
    for (size_t i = 0; i < s->option_count; i++) {
        const char *option = scn_world_expand(w, s, s->options[i]);
        if (!option)
            return -1;
        json_cstr(j, option);
    }
    json_close_array(j);
    key_number(j, "longest_wait_ms", longest_wait(s));
    json_key(j, "fail");
    write_expect(w, s, &s->fail, j);
    json_key(j, "unknown");
    write_expect(w, s, &s->unknown, j);
    json_key(j, "senders");
    write_expect(w, s, &s->senders, j);
    key_number(j, "exit", s->exit_status);
    json_key(j, "hybrid");
    json_bool(j, plays_hybrid(s));
    json_close_object(j);
    return 0;
}

int scn_plan_write(struct scn_world *w, const struct scenario *scenarios, size_t count, struct buf *out)
{
    struct json j;
    json_init(&j, out, 1);
    json_open_object(&j);
    json_key(&j, "hybrid_group");
    json_bool(&j, scn_pki_has_hybrid_group());
    json_key(&j, "scenarios");
    json_open_array(&j);
    for (size_t i = 0; i < count; i++)
        if (write_scenario(w, &scenarios[i], &j) < 0)
            return -1;
    json_close_array(&j);
    json_close_object(&j);
    return 0;
}
