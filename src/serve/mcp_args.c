/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_args - arguments of tools, as models write them: numbers as strings, one value for a list, blanks around. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "serve/mcp_parts.h"

enum { NUMBER_BYTES = 32 };

static void wrong(struct mcp_args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct mcp_args *args, const char *format, ...)
{
    va_list list;
    if (args->problem[0])
        return;
    va_start(list, format);
    vsnprintf(args->problem, sizeof args->problem, format, list);
    va_end(list);
}

/* NULL: not given; null and the empty string are not, either. */
static json_t *given(const struct mcp_args *args, const char *name)
{
    json_t *value = json_object_get(args->object, name);
    return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ? NULL : value;
}

/* A string without the blanks around it, or a number as one; NULL: it is neither. */
static const char *as_text(struct mcp_args *args, const json_t *value)
{
    struct arena *arena = args->request->arena;
    if (json_is_integer(value))
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return NULL;
    return arena_cstr(arena, str_trim((struct str){json_string_value(value), json_string_length(value)}));
}

const char *mcp_arg_text(struct mcp_args *args, const char *name)
{
    const json_t *value = given(args, name);
    const char *text = value ? as_text(args, value) : NULL;
    if (value && !text)
        wrong(args, "%s must be a string", name);
    return text;
}

bool mcp_arg_number(struct mcp_args *args, const char *name, uint64_t least, uint64_t most, uint64_t *n)
{
    json_t *value = given(args, name);
    if (!value)
        return false;
    char digits[NUMBER_BYTES] = "";
    const char *text = json_is_real(value) ? digits : as_text(args, value);
    if (json_is_real(value))
        snprintf(digits, sizeof digits, "%.0f", json_real_value(value));
    if (text && str_number(str_of(text), most, n) && *n >= least)
        return true;
    wrong(args, "%s must be a whole number from %llu to %llu", name, (unsigned long long)least, (unsigned long long)most);
    return false;
}

bool mcp_arg_flag(struct mcp_args *args, const char *name)
{
    const json_t *value = given(args, name);
    struct str text = value ? str_of(as_text(args, value)) : STR("");
    bool yes = json_is_true(value) || str_is_nocase(text, "true") || str_is_nocase(text, "yes") || str_is(text, "1");
    bool no = !value || json_is_false(value) || str_is_nocase(text, "false") || str_is_nocase(text, "no") || str_is(text, "0");
    if (!yes && !no)
        wrong(args, "%s must be true or false", name);
    return yes;
}

bool mcp_arg_full(struct mcp_args *args)
{
    struct str detail = str_of(mcp_arg_text(args, "detail"));
    if (detail.n && !str_is_nocase(detail, "brief") && !str_is_nocase(detail, "full"))
        wrong(args, "detail must be brief or full");
    return str_is_nocase(detail, "full");
}

static size_t count_words(const char *text)
{
    size_t n = 1;
    for (; *text; text++)
        n += *text == ',';
    return n;
}

/* "25, 587" as one string. */
static bool split(struct mcp_args *args, const char *text, size_t most, const char ***list, size_t *count)
{
    size_t n = count_words(text);
    const char **words = n <= most ? ARENA_ARRAY(args->request->arena, const char *, n) : NULL;
    struct str rest = str_of(text);
    *count = 0;
    while (words && rest.n) {
        struct str word = str_trim(str_cut(&rest, ','));
        if (word.n)
            words[(*count)++] = arena_cstr(args->request->arena, word);
    }
    *list = words;
    return words;
}

bool mcp_arg_list(struct mcp_args *args, const char *name, size_t most, const char ***list, size_t *count)
{
    const json_t *value = given(args, name);
    if (!value)
        return false;
    const size_t n = json_array_size(value);
    const char *alone = json_is_array(value) ? NULL : as_text(args, value);
    if (alone && split(args, alone, most, list, count))
        return true;
    const char **words = !alone && n > 0 && n <= most ? ARENA_ARRAY(args->request->arena, const char *, n) : NULL;
    for (size_t i = 0; words && i < n; i++)
        if (!(words[i] = as_text(args, json_array_get(value, i))))
            words = NULL;
    if (!words)
        wrong(args, "%s must be a list of 1 to %zu values", name, most);
    *list = words;
    *count = n;
    return words;
}
