/* SPDX-License-Identifier: Apache-2.0 */
/* lab_list - see lab_list.h. */
#include "lab_list.h"

#include <string.h>

static const char opening[] = "<!-- Made by `mxassay-lab --list tests/scenarios tests/scenarios/hostile`; edit the first lines of the scenarios instead. -->\n"
                              "# The domains of the lab\n"
                              "\n"
                              "Each domain below is healthy but for one fault; `mxassay-lab` serves it on this machine, with name servers and mail\n"
                              "servers in a network namespace of its own. Nothing leaves the machine, and nothing needs setting up. One of them:\n"
                              "\n"
                              "    build/tests/engine/mxassay-lab tests/scenarios/expired.scn -- build/mxassay check expired.test\n"
                              "\n"
                              "All at once, to look around with any tool: without a command the lab stays until it is interrupted, and prints how to\n"
                              "enter.\n"
                              "\n"
                              "    build/tests/engine/mxassay-lab tests/scenarios\n"
                              "    mxassay check expired.test      # in the shell of the lab, as are dig, openssl s_client, swaks\n"
                              "\n"
                              "`make try` shows six of them. Where options are named, the check needs them to see the fault. Most domains are unsigned\n"
                              "besides, and a check finds that too. The files are written in the [scenario language](scenario.md); the checks are\n"
                              "explained in [findings.md](findings.md).\n";

static struct str folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash ? (struct str){file, (size_t)(slash - file)} : STR(".");
}

static void open_section(struct buf *out, struct str folder)
{
    for (struct str rest = folder; rest.n;)
        folder = str_cut(&rest, '/');
    buf_printf(out, "\n## %.*s\n\n| domain | its fault | what a check finds |\n|---|---|---|\n", (int)folder.n, folder.p);
}

/* In a table a bar would end the cell. */
static void add_cell_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
}

static void add_findings(struct buf *out, const struct scenario *s)
{
    bool any = false;
    for (const struct scn_expectation *e = s->fail.list; e; e = e->next, any = true)
        buf_printf(out, "%s`%s`", any ? " " : "", e->id);
    for (const struct scn_expectation *e = s->unknown.list; e; e = e->next, any = true)
        buf_printf(out, "%s`%s` (unknown: %s)", any ? " " : "", e->id, e->reason ? e->reason : "");
    if (!any)
        buf_add_cstr(out, "nothing");
}

static int add_row(struct scn_world *w, const struct scenario *s, struct buf *out)
{
    buf_printf(out, "| `%s` | ", s->domain);
    add_cell_text(out, s->about);
    for (size_t i = 0; i < s->option_count; i++) {
        const char *option = scn_world_expand(w, s, s->options[i]);
        if (!option)
            return -1;
        buf_printf(out, "%s%s", i ? " " : "; with `", option);
    }
    buf_add_cstr(out, s->option_count ? "` | " : " | ");
    add_findings(out, s);
    buf_add_cstr(out, " |\n");
    return 0;
}

int lab_list_write(struct scn_world *w, const struct scn_files *scenarios, struct buf *out)
{
    struct str folder = {NULL, 0};
    buf_add_cstr(out, opening);
    for (size_t i = 0; i < scenarios->count; i++) {
        struct str next = folder_of(scenarios->list[i].file);
        if (!str_eq(next, folder))
            open_section(out, next);
        folder = next;
        if (add_row(w, &scenarios->list[i], out) < 0)
            return -1;
    }
    buf_printf(out, "\n%zu domains.\n", scenarios->count);
    return 0;
}
