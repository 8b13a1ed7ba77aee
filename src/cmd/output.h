/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output - the result goes to standard output, or into a file that appears whole or not at all.
 *
 * Order of calls: output_open, output_write any number of times, output_close. Fails: -1 after a message
 *   on standard error; a file is then left as it was.
 */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include "base/buf.h"

struct output {
    int fd;
    const char *file; /* NULL: standard output */
    char *temporary;
};

int output_open(struct output *out, const char *file);
int output_write(struct output *out, const struct buf *bytes);
int output_close(struct output *out, bool keep);

#endif
