/* SPDX-License-Identifier: Apache-2.0 */
/* lab_files - see lab_files.h. */
#include "lab_files.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab_net.h"
#include "scn_plan.h"

enum { SCENARIOS_MAX = 1000, FILE_BYTES_MAX = 1024 * 1024 };

static int failed(char *error, const char *path)
{
    snprintf(error, SCN_ERROR_BYTES, "%s: %s", path, strerror(errno));
    return -1;
}

static int read_scenario(struct lab_files *f, const char *path, char *error)
{
    struct buf text;
    char part[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    if (!file)
        return failed(error, path);
    if (f->count == SCENARIOS_MAX) {
        fclose(file);
        errno = E2BIG;
        return failed(error, path);
    }
    buf_init(&text, FILE_BYTES_MAX);
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        buf_add(&text, part, n);
    bool whole = !ferror(file) && !text.failed;
    fclose(file);
    int rc = whole ? scn_parse(f->arena, path, (struct str){text.bytes, text.used}, &f->scenarios[f->count++], error) : failed(error, path);
    buf_done(&text);
    return rc;
}

static int read_folder(struct lab_files *f, const char *path, char *error)
{
    glob_t found;
    const char *pattern = arena_printf(f->arena, "%s/*.scn", path);
    int rc = pattern && glob(pattern, 0, NULL, &found) == 0 ? 0 : -1;
    if (rc < 0) {
        snprintf(error, SCN_ERROR_BYTES, "%s: no scenarios there", path);
        return -1;
    }
    for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
        rc = read_scenario(f, found.gl_pathv[i], error);
    globfree(&found);
    return rc;
}

int lab_files_read(struct lab_files *f, struct arena *arena, char **paths, char error[static SCN_ERROR_BYTES])
{
    *f = (struct lab_files){.arena = arena, .scenarios = ARENA_ARRAY(arena, struct scenario, SCENARIOS_MAX)};
    int rc = f->scenarios ? 0 : failed(error, "scenarios");
    for (; *paths && rc == 0; paths++) {
        struct stat status;
        if (stat(*paths, &status) < 0)
            return failed(error, *paths);
        rc = S_ISDIR(status.st_mode) ? read_folder(f, *paths, error) : read_scenario(f, *paths, error);
    }
    return rc;
}

int lab_files_make_folder(struct lab_files *f, char error[static SCN_ERROR_BYTES])
{
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
        "MXASSAY_EHLO=client.lab.test",
        "MXASSAY_TREAT_AS_PUBLIC=" LAB_NETWORKS,
        "MXASSAY_CONTROL=control-a.lab.test,control-b.lab.test",
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

int lab_files_write(struct lab_files *f, struct scn_world *w, char error[static SCN_ERROR_BYTES])
{
    struct buf plan, variables;
    buf_init(&plan, 64 * 1024 * 1024);
    buf_init(&variables, 64 * 1024);
    for (const char *const *v = f->environment; *v; v++)
        buf_printf(&variables, "%s\n", *v);
    int rc = scn_plan_write(w, f->scenarios, f->count, &plan);
    if (rc == 0)
        rc = write_file(f->plan, &plan, error);
    if (rc == 0)
        rc = write_file(f->variables, &variables, error);
    buf_done(&plan);
    buf_done(&variables);
    return rc;
}

void lab_files_print_entrance(const struct lab_files *f, bool in_user_namespace)
{
    printf("The lab serves:\n");
    for (size_t i = 0; i < f->count; i++)
        printf("  %-32s %s\n", f->scenarios[i].domain, f->scenarios[i].about);
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
