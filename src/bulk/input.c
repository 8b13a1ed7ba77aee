/* SPDX-License-Identifier: Apache-2.0 */
/* input - see input.h. */
#include "bulk/input.h"

#include <string.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

void input_init(struct input *in, const char *column)
{
    *in = (struct input){.column = column};
    if (column && !str_number(str_of(column), UINT32_MAX, &in->wanted))
        in->wanted = 0;
}

static bool is_header(const struct input *in)
{
    return in->column && in->number == 1 && !str_number(str_of(in->column), UINT32_MAX, &(uint64_t){0});
}

static bool is_wanted_field(const struct input *in)
{
    return !in->column || is_header(in) || in->field + 1 == in->wanted;
}

static void add(struct input *in, char c)
{
    in->any = in->field_begun = true;
    if (!is_wanted_field(in))
        return;
    if (in->n < sizeof in->text)
        in->text[in->n++] = c;
    else
        in->too_long = true;
}

static void forget_text(struct input *in)
{
    in->n = 0;
    in->too_long = in->quoted = in->quote_seen = in->field_begun = false;
}

static struct str text_of(const struct input *in)
{
    struct str text = {in->text, in->n};
    if (in->number == 1 && text.n >= 3 && memcmp(text.p, byte_order_mark, 3) == 0)
        text = (struct str){text.p + 3, text.n - 3};
    return str_trim(text);
}

/* A field of the header is over: is it the column? */
static void look_at_head(struct input *in)
{
    if (is_header(in) && !in->wanted && str_is_nocase(text_of(in), in->column))
        in->wanted = in->field + 1;
}

static void end_field(struct input *in)
{
    look_at_head(in);
    if (is_header(in) || in->field + 1 < in->wanted)
        forget_text(in);
    in->quoted = in->quote_seen = in->field_begun = false;
    in->field++;
}

/* The line is over. A name, nothing, or a header without the column. */
static enum input_result end_line(struct input *in, struct input_line *line)
{
    bool header = is_header(in), any = in->any;
    if (in->n && in->text[in->n - 1] == '\r' && !in->too_long)
        in->n--;
    look_at_head(in);
    if (header)
        forget_text(in);
    bool lacks_column = in->column && !header && any && in->field + 1 < in->wanted;
    *line = (struct input_line){in->number, text_of(in), NULL};
    if (in->too_long)
        line->problem = "it is too long for a name";
    else if (memchr(in->text, '\0', in->n))
        line->problem = "it holds a NUL";
    else if (lacks_column)
        line->problem = "the record has too few fields";
    forget_text(in);
    in->field = 0;
    in->any = false;
    if (header)
        return in->wanted ? INPUT_MORE : INPUT_NO_COLUMN;
    bool is_comment = !in->column && line->text.n && line->text.p[0] == '#';
    return line->problem || (line->text.n && !is_comment) ? INPUT_LINE : INPUT_MORE;
}

/* True when `c` has a meaning of its own in CSV, and is no text. */
static bool take_sign(struct input *in, char c)
{
    if (in->quoted && !in->quote_seen) {
        in->quote_seen = c == '"';
        return in->quote_seen;
    }
    if (c == '"' && in->quote_seen) { /* two of them are one */
        in->quote_seen = false;
        return false;
    }
    if (c == '"' && !in->field_begun) {
        in->quoted = in->any = in->field_begun = true;
        return true;
    }
    if (c != ',')
        return false;
    in->any = true;
    end_field(in);
    return true;
}

enum input_result input_next(struct input *in, struct str *bytes, struct input_line *line)
{
    while (bytes->n) {
        char c = *bytes->p;
        *bytes = (struct str){bytes->p + 1, bytes->n - 1};
        in->number += !in->begun;
        in->begun = true;
        bool inside_quotes = in->quoted && !in->quote_seen;
        if (c == '\n' && !inside_quotes) {
            in->begun = false;
            enum input_result result = end_line(in, line);
            if (result != INPUT_MORE)
                return result;
            continue;
        }
        if (!in->column || !take_sign(in, c))
            add(in, c);
    }
    return INPUT_MORE;
}

enum input_result input_last(struct input *in, struct input_line *line)
{
    if (!in->begun)
        return is_header(in) || (in->column && in->number == 0) ? INPUT_NO_COLUMN : INPUT_MORE;
    in->begun = false;
    return end_line(in, line);
}
