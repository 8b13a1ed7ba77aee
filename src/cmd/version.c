/* SPDX-License-Identifier: Apache-2.0 */
/* version - ours, the ruleset's, the libraries'. */
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/options.h"
#include "net/version.h"

int command_version(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        complain("version takes no argument");
        return EXIT_USAGE;
    }
    char libraries[512];
    net_library_versions(libraries, sizeof libraries);
    printf("mxassay %s\nruleset %s, report schema %s\n%s\n", MXASSAY_VERSION, REPORT_RULESET, REPORT_SCHEMA_VERSION, libraries);
    return fflush(stdout) == 0 ? EXIT_FINE : EXIT_IO;
}
