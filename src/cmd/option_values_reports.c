/* SPDX-License-Identifier: Apache-2.0 */
/* option_values_reports - the setters of --elsewhere and --earlier: what other reports saw of endpoints; see option_values.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd/option_values.h"

enum { REPORTS_BYTES_MAX = 64 * 1024 * 1024 };

int add_sightings(struct options *o, struct str text, bool elsewhere, char what[static SIGHTINGS_PROBLEM_BYTES])
{
    o->sightings.arena = o->arena;
    int rc = sightings_read(&o->sightings, text, elsewhere, what);
    o->judge.sightings = o->sightings.list;
    o->judge.sighting_count = o->sightings.count;
    return rc;
}

/* It may be a pipe from the other place, whose length is not known before. */
static int read_all(const char *file, struct buf *text)
{
    char part[64 * 1024];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    while (fd >= 0 && !text->failed && (n = read(fd, part, sizeof part)) > 0)
        buf_add(text, part, (size_t)n);
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return n < 0 ? -1 : 0;
}

static int read_reports(struct options *o, const char *file, bool elsewhere, struct option_problem *problem)
{
    char what[SIGHTINGS_PROBLEM_BYTES];
    struct buf text;
    buf_init(&text, REPORTS_BYTES_MAX);
    int rc = -1;
    if (read_all(file, &text) < 0)
        snprintf(what, sizeof what, "%s", strerror(errno));
    else if (text.failed)
        snprintf(what, sizeof what, "more than %d octets", REPORTS_BYTES_MAX);
    else
        rc = add_sightings(o, (struct str){text.bytes, text.used}, elsewhere, what);
    buf_done(&text);
    problem->status = EXIT_DATA;
    if (rc < 0)
        snprintf(problem->text, sizeof problem->text, "%.150s: %s", file, what);
    return rc;
}

int add_elsewhere(struct options *o, const char *value, struct option_problem *problem)
{
    return read_reports(o, value, true, problem);
}

int add_earlier(struct options *o, const char *value, struct option_problem *problem)
{
    return read_reports(o, value, false, problem);
}
