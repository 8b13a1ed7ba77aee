/* SPDX-License-Identifier: Apache-2.0 */
/* output - see output.h. */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/options.h"

static int failed(struct output *out, const char *what)
{
    complain("cannot %s %s: %s", what, out->file ? out->file : "standard output", strerror(errno));
    return -1;
}

int output_open(struct output *out, const char *file)
{
    *out = (struct output){.fd = STDOUT_FILENO, .file = file};
    if (!file)
        return 0;
    if (asprintf(&out->temporary, "%s.XXXXXX", file) < 0)
        return failed(out, "write");
    out->fd = mkostemp(out->temporary, O_CLOEXEC);
    if (out->fd < 0) {
        free(out->temporary);
        return failed(out, "write");
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(out->fd, 0666 & ~mask);
    return 0;
}

int output_write(struct output *out, const struct buf *bytes)
{
    size_t done = 0;
    while (done < bytes->used) {
        ssize_t n = write(out->fd, bytes->bytes + done, bytes->used - done);
        if (n < 0 && errno != EINTR)
            return failed(out, "write");
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int output_close(struct output *out, bool keep)
{
    int rc = 0;
    if (!out->temporary)
        return 0;
    if (keep && (fsync(out->fd) < 0 || rename(out->temporary, out->file) < 0))
        rc = failed(out, "write");
    if (!keep || rc < 0)
        unlink(out->temporary);
    close(out->fd);
    free(out->temporary);
    return rc;
}
