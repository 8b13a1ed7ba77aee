/* SPDX-License-Identifier: Apache-2.0 */
/* lab_files - see lab_files.h. */
#include "lab_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scn_plan.h"

static int failed(char *error, const char *path)
{
    snprintf(error, SCN_ERROR_BYTES, "%s: %s", path, strerror(errno));
    return -1;
}

int lab_files_make_folder(struct lab_files *f, struct arena *arena, char error[static SCN_ERROR_BYTES])
{
    *f = (struct lab_files){.arena = arena};
    const char *parent = getenv("TMPDIR");
    char *folder = arena_printf(f->arena, "%s/mxassay-lab.XXXXXX", parent && *parent ? parent : "/tmp");
    if (!folder || !mkdtemp(folder))
        return failed(error, "the lab's folder");
    f->folder = folder;
    f->root_hints = arena_printf(f->arena, "%s/root.hints", folder);
    f->trust_anchor = arena_printf(f->arena, "%s/root.key", folder);
    f->ca = arena_printf(f->arena, "%s/ca.pem", folder);
    f->plan = arena_printf(f->arena, "%s/plan.json", folder);
    f->variables = arena_printf(f->arena, "%s/environment", folder);
    const char *const environment[LAB_VARIABLES] = {
        "MXASSAY_RESOLVER=recursive",
        SCN_CLIENT_SETTINGS,
        arena_printf(f->arena, "MXASSAY_ROOT_HINTS=%s", f->root_hints),
        arena_printf(f->arena, "MXASSAY_TRUST_ANCHOR=%s", f->trust_anchor),
        arena_printf(f->arena, "MXASSAY_CA_FILE=%s", f->ca),
        arena_printf(f->arena, "MXASSAY_LAB_PLAN=%s", f->plan),
    };
    memcpy(f->environment, environment, sizeof environment);
    return f->arena->exhausted ? failed(error, "the lab's folder") : 0;
}

static int write_file(const char *path, const struct buf *text, char *error)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return failed(error, path);
    bool done = !text->failed && fwrite(text->bytes, 1, text->used, file) == text->used;
    done = fclose(file) == 0 && done;
    return done ? 0 : failed(error, path);
}

int lab_files_write(struct lab_files *f, struct scn_world *w, const struct scn_files *scenarios, char error[static SCN_ERROR_BYTES])
{
    struct buf plan, variables;
    buf_init(&plan, 64 * 1024 * 1024);
    buf_init(&variables, 64 * 1024);
    for (const char *const *v = f->environment; *v; v++)
        buf_printf(&variables, "%s\n", *v);
    int rc = scn_plan_write(w, scenarios->list, scenarios->count, &plan);
    if (rc == 0)
        rc = write_file(f->plan, &plan, error);
    if (rc == 0)
        rc = write_file(f->variables, &variables, error);
    buf_done(&plan);
    buf_done(&variables);
    return rc;
}

void lab_files_print_entrance(const struct lab_files *f, const struct scn_files *scenarios, bool in_user_namespace)
{
    printf("The lab serves:\n");
    for (size_t i = 0; i < scenarios->count; i++)
        printf("  %-32s %s\n", scenarios->list[i].domain, scenarios->list[i].about);
    printf("To enter:\n  nsenter --target %ld %s--net env $(cat %s) bash\n", (long)getpid(), in_user_namespace ? "--user --preserve-credentials " : "",
           f->variables);
    fflush(stdout);
}

void lab_files_remove_folder(struct lab_files *f)
{
    if (!f->folder)
        return;
    const char *const paths[] = {f->root_hints, f->trust_anchor, f->ca, f->plan, f->variables};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i])
            unlink(paths[i]);
    rmdir(f->folder);
    f->folder = NULL;
}
