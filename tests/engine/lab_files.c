/* SPDX-License-Identifier: Apache-2.0 */
/* lab_files - see lab_files.h. */
#include "lab_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scn_plan.h"
#include "scn_sightings.h"

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

/* The other reports of each domain, whose paths become options of its check. */
static int write_sightings(struct lab_files *f, struct scn_world *w, struct scenario *s, bool elsewhere, char *error)
{
    struct buf text;
    if (!scn_sightings_exist(s, elsewhere))
        return 0;
    const char *option = elsewhere ? "--elsewhere" : "--earlier", *path = arena_printf(f->arena, "%s/%s.%s.json", f->folder, s->domain, option + 2);
    struct lab_file *file = ARENA_NEW(f->arena, struct lab_file);
    if (!path || !file || s->option_count + 2 > SCN_OPTIONS_MAX)
        return snprintf(error, SCN_ERROR_BYTES, "%s: no room for another option", s->file), -1;
    *file = (struct lab_file){f->more, path};
    f->more = file;
    s->options[s->option_count++] = option;
    s->options[s->option_count++] = path;
    buf_init(&text, 1024 * 1024);
    int rc = scn_sightings_write(w, s, elsewhere, (struct wall){time(NULL)}, &text);
    rc = rc == 0 ? write_file(path, &text, error) : rc;
    buf_done(&text);
    return rc;
}

int lab_files_write(struct lab_files *f, struct scn_world *w, const struct scn_files *scenarios, char error[static SCN_ERROR_BYTES])
{
    struct buf plan, variables;
    buf_init(&plan, 64 * 1024 * 1024);
    buf_init(&variables, 64 * 1024);
    for (const char *const *v = f->environment; *v; v++)
        buf_printf(&variables, "%s\n", *v);
    int rc = 0;
    for (size_t i = 0; i < scenarios->count && rc == 0; i++)
        rc = write_sightings(f, w, &scenarios->list[i], true, error) < 0 ? -1 : write_sightings(f, w, &scenarios->list[i], false, error);
    if (rc == 0)
        rc = scn_plan_write(w, scenarios->list, scenarios->count, &plan);
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
    for (const struct lab_file *file = f->more; file; file = file->next)
        unlink(file->path);
    rmdir(f->folder);
    f->folder = NULL;
}
