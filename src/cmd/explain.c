/* SPDX-License-Identifier: Apache-2.0 */
/* explain - what a check means, when it fails and what to do. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/output.h"

enum { EXPLAIN_BYTES_MAX = 4 * 1024 * 1024 };

static int write_out(struct buf *text)
{
    struct output out;
    output_open(&out, NULL);
    return output_write(&out, text) < 0 ? EXIT_IO : EXIT_FINE;
}

static int explain(struct options *o)
{
    struct buf text;
    struct winsize size = {0};
    bool terminal = isatty(STDOUT_FILENO);
    const char *no_color = getenv("NO_COLOR");
    struct text_style style = {.color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && terminal && !(no_color && *no_color))};
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        style.columns = size.ws_col;
    buf_init(&text, EXPLAIN_BYTES_MAX);
    if (o->list && o->format == FORMAT_TEXT)
        explain_write_list_text(&text, &style);
    else if (o->list)
        explain_write_list_json(&text);
    for (size_t i = 0; !o->list && i < o->target_count; i++) {
        const struct check *c = check_find(o->targets[i]);
        if (!c) {
            complain("'%.80s' is no check; 'mxassay explain --list' shows all", o->targets[i]);
            buf_done(&text);
            return EXIT_DATA;
        }
        if (i > 0)
            buf_add_char(&text, '\n');
        if (o->format == FORMAT_TEXT)
            explain_write_text(&text, c, &style);
        else
            explain_write_json(&text, c);
    }
    int status = write_out(&text);
    buf_done(&text);
    return status;
}

int command_explain(int argc, char **argv)
{
    return with_options(EXPLAIN, argc, argv, explain);
}
