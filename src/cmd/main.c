/* SPDX-License-Identifier: Apache-2.0 */
/* main - finds the subcommand. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/options.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"check", command_check, "a domain's whole mail path"},
    {"probe", command_probe, "one mail server by name or address"},
    {"bulk", command_bulk, "many domains, a line of JSON for each"},
    {"serve", command_serve, "a page, an HTTP interface and metrics, as a daemon"},
    {"mcp", command_mcp, "a server of the Model Context Protocol on standard input and output"},
    {"tlsa", command_tlsa, "the TLSA records that belong to what a server serves"},
    {"spf", command_spf, "what one client address gets by a sender's SPF record"},
    {"explain", command_explain, "what a check means and what to do"},
    {"version", command_version, "version, ruleset, libraries"},
};

static void print_usage(FILE *to)
{
    fprintf(to, "Usage: mxassay COMMAND [OPTION]... TARGET...\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    fprintf(to, "\n'mxassay COMMAND --help' lists the options.\n");
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    const char *name = argc > 1 ? argv[1] : "", *slash = argc ? strrchr(argv[0], '/') : NULL;
    if (argc && strcmp(slash ? slash + 1 : argv[0], "check_mx") == 0)
        return command_check_mx(argc, argv);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_usage(stdout);
        return EXIT_FINE;
    }
    if (strcmp(name, "--version") == 0)
        return command_version(1, argv + 1);
    if (*name)
        complain("unknown command '%s'", name);
    print_usage(stderr);
    return EXIT_USAGE;
}
