/* SPDX-License-Identifier: Apache-2.0 */
/* scn_files - see scn_files.h. */
#include "scn_files.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"

enum { SCENARIOS_MAX = 1000, FILE_BYTES_MAX = 1024 * 1024 };

static int failed(char *error, const char *path)
{
    snprintf(error, SCN_ERROR_BYTES, "%s: %s", path, strerror(errno));
    return -1;
}

static int read_scenario(struct scn_files *f, const char *path, char *error)
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
    int rc = whole ? scn_parse(f->arena, path, (struct str){text.bytes, text.used}, &f->list[f->count++], error) : failed(error, path);
    buf_done(&text);
    return rc;
}

static int read_folder(struct scn_files *f, const char *path, char *error)
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

int scn_files_read(struct scn_files *f, struct arena *arena, char **paths, char error[static SCN_ERROR_BYTES])
{
    *f = (struct scn_files){.arena = arena, .list = ARENA_ARRAY(arena, struct scenario, SCENARIOS_MAX)};
    int rc = f->list ? 0 : failed(error, "scenarios");
    for (; *paths && rc == 0; paths++) {
        struct stat status;
        if (stat(*paths, &status) < 0)
            return failed(error, *paths);
        rc = S_ISDIR(status.st_mode) ? read_folder(f, *paths, error) : read_scenario(f, *paths, error);
    }
    return rc;
}
