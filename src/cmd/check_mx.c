/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_mx - the program under the name of a monitoring plugin: `mxassay check --format nagios`, with the short options that
 * plugins share: -H for what is checked, -t for the time limit, -V for the version.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/options.h"

int command_check_mx(int argc, char **argv)
{
    static char command[] = "check", format[] = "--format=nagios", timeout[] = "--timeout";
    char **to = calloc(2 * (size_t)argc + 3, sizeof *to); /* NULL at the end */
    int count = 0, status;
    if (!to)
        return EXIT_NAGIOS_UNKNOWN;
    to[count++] = command;
    to[count++] = format;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "-V") == 0 || strcmp(argv[i], "--version") == 0) {
            free(to);
            return command_version(1, argv);
        }
        if ((strcmp(argv[i], "-H") == 0 || strcmp(argv[i], "--hostname") == 0) && has_value)
            continue; /* what follows is a target as any other */
        to[count++] = strcmp(argv[i], "-t") == 0 && has_value ? timeout : argv[i];
    }
    status = command_check(count, to);
    free(to);
    return status;
}
