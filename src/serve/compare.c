/* SPDX-License-Identifier: Apache-2.0 */
/* compare - see compare.h. */
#include "serve/compare.h"

#include <string.h>

#include "base/text.h"
#include "report/json_writer.h"

enum { SUBJECT_BYTES_MAX = 1024, SUBJECT_SHOWN = 120 };
enum change { CHANGE_APPEARED = 0, CHANGE_GONE, CHANGE_UNCLEAR, CHANGE_NONE, CHANGES };
static const char *const list_names[] = {"appeared", "gone", "unclear"};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_unknown(const json_t *finding)
{
    return strcmp(text_of(finding, "verdict"), "unknown") == 0;
}

static bool is_about_the_same(const json_t *a, const json_t *b)
{
    return strcmp(text_of(a, "id"), text_of(b, "id")) == 0 && json_equal(json_object_get(a, "subject"), json_object_get(b, "subject"));
}

static const json_t *find(const json_t *report, const json_t *finding)
{
    size_t i;
    const json_t *other;
    json_array_foreach(json_object_get(report, "findings"), i, other) if (is_about_the_same(other, finding)) return other;
    return NULL;
}

/* The check was judged, and not only as not to be decided. */
static bool is_judged(const json_t *report, const char *id)
{
    size_t i;
    const json_t *check;
    json_array_foreach(json_object_get(report, "checks"), i,
                       check) if (strcmp(text_of(check, "id"), id) == 0) return json_integer_value(json_object_get(check, "pass")) +
                json_integer_value(json_object_get(check, "fail")) >
            0 ||
        json_integer_value(json_object_get(check, "unknown")) == 0;
    return false;
}

static enum change change_of_old(const json_t *finding, const json_t *new)
{
    const json_t *other = find(new, finding);
    if (other)
        return is_unknown(other) && !is_unknown(finding) ? CHANGE_UNCLEAR : CHANGE_NONE;
    return is_judged(new, text_of(finding, "id")) ? CHANGE_GONE : CHANGE_UNCLEAR;
}

static enum change change_of_new(const json_t *finding, const json_t *old)
{
    const json_t *other = find(old, finding);
    return !other || (is_unknown(other) && !is_unknown(finding)) ? CHANGE_APPEARED : CHANGE_NONE;
}

static void write_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_cstr(j, text);
}

static void write_subject(struct json *j, const json_t *subject)
{
    struct buf raw, safe;
    const char *host = text_of(subject, "host"), *ip = text_of(subject, "ip");
    const json_t *port = json_object_get(subject, "port");
    buf_init(&raw, SUBJECT_BYTES_MAX);
    buf_init(&safe, SUBJECT_BYTES_MAX);
    buf_printf(&raw, ip[0] ? "%.100s [%.60s]" : "%.100s%.60s", host[0] ? host : text_of(subject, "scope"), ip);
    if (json_is_integer(port))
        buf_printf(&raw, ":%d", (int)json_integer_value(port));
    text_write_safe(&safe, (struct str){raw.bytes, raw.used});
    json_key(j, "subject");
    json_open_object(j);
    json_key(j, "remote_text");
    json_str(j, (struct str){safe.used ? safe.bytes : "", safe.used < SUBJECT_SHOWN ? safe.used : SUBJECT_SHOWN});
    json_close_object(j);
    buf_done(&raw);
    buf_done(&safe);
}

static void write_finding(struct json *j, const json_t *finding)
{
    json_open_object(j);
    write_text(j, "id", text_of(finding, "id"));
    write_text(j, "severity", text_of(finding, "severity"));
    write_text(j, "title", text_of(finding, "title"));
    write_subject(j, json_object_get(finding, "subject"));
    json_close_object(j);
}

/* A list of what is of this kind; with j NULL it is only counted. */
static size_t walk(struct json *j, enum change kind, const json_t *old, const json_t *new)
{
    size_t i, count = 0;
    const json_t *finding;
    json_array_foreach(json_object_get(kind == CHANGE_APPEARED ? new : old, "findings"), i, finding)
    {
        enum change change = kind == CHANGE_APPEARED ? change_of_new(finding, old) : change_of_old(finding, new);
        if (change == kind && count++ < COMPARE_ITEMS && j)
            write_finding(j, finding);
    }
    return count;
}

static const char *target_of(const json_t *report)
{
    return text_of(json_object_get(report, "target"), "name");
}

static void write_summary(struct json *j, const json_t *old, const json_t *new)
{
    const char *was = text_of(json_object_get(old, "summary"), "status"), *is = text_of(json_object_get(new, "summary"), "status");
    const size_t appeared = walk(NULL, CHANGE_APPEARED, old, new), gone = walk(NULL, CHANGE_GONE, old, new), unclear = walk(NULL, CHANGE_UNCLEAR, old, new);
    const size_t counts[CHANGES] = {appeared, gone, unclear, walk(NULL, CHANGE_NONE, old, new)};
    struct buf text;
    buf_init(&text, SUBJECT_BYTES_MAX);
    buf_printf(&text, "%s, was %s: %zu findings are new, %zu are gone, of %zu nothing is known any more.", is, was, appeared, gone, unclear);
    json_key(j, "summary");
    json_open_object(j);
    json_key(j, "text");
    json_str(j, (struct str){text.bytes, text.used});
    json_key(j, "same_target");
    json_bool(j, strcmp(target_of(old), target_of(new)) == 0);
    write_text(j, "old_status", was);
    write_text(j, "new_status", is);
    for (size_t i = 0; i < CHANGES; i++) {
        json_key(j, i < CHANGE_NONE ? list_names[i] : "unchanged");
        json_number(j, (int64_t)counts[i]);
    }
    json_close_object(j);
    buf_done(&text);
}

void compare_reports(struct buf *out, const json_t *old, const json_t *new)
{
    struct json j;
    json_init(&j, out, 0);
    json_open_object(&j);
    write_summary(&j, old, new);
    for (enum change kind = 0; kind < CHANGE_NONE; kind++) {
        json_key(&j, list_names[kind]);
        json_open_array(&j);
        walk(&j, kind, old, new);
        json_close_array(&j);
    }
    json_close_object(&j);
}
