/* SPDX-License-Identifier: Apache-2.0 */
/* options - see options.h. The setters of the single options are in option_values.c. */
#include "cmd/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/option_values.h"

static const struct option_row {
    int letter;
    const char *name, *argument;
    unsigned commands;
    option_setter *set;
    const char *help;
} rows[] = {
#define OPTION(letter, name, argument, commands, setter, help) {letter, name, argument, commands, setter, help},
#include "cmd/options.def"
#undef OPTION
};

enum { ROW_COUNT = sizeof rows / sizeof *rows, LONG_OPTION_BASE = 256, HELP_OPTION = 'h', OPTIONS_BYTES_MAX = 64 * 1024 * 1024 };

static char complaint[1024];

const char *last_complaint(void)
{
    return complaint;
}

void complain(const char *format, ...)
{
    char *text = complaint;
    va_list args;
    va_start(args, format);
    vsnprintf(complaint, sizeof complaint, format, args);
    va_end(args);
    for (char *c = text; *c; c++) /* arguments may hold anything */
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    fprintf(stderr, "mxassay: %s\n", text);
}

static const char *command_name(enum command command)
{
    static const char *const names[] = {
        [CHECK] = "check", [PROBE] = "probe", [EXPLAIN] = "explain", [SPF] = "spf", [TLSA] = "tlsa", [SERVE] = "serve", [MCP] = "mcp", [BULK] = "bulk",
    };
    return names[command];
}

static void print_help(enum command command)
{
    static const char *const usage[] = {
        [CHECK] = "mxassay check [OPTION]... DOMAIN...\n\nTests whether mail for a domain arrives, safely, and if not, why and what to do.\n",
        [PROBE] = "mxassay probe [OPTION]... HOST[:PORT]...\n\nTests one mail server by name or address; port 25 unless given.\n",
        [EXPLAIN] = "mxassay explain [OPTION]... ID\n       mxassay explain --list\n\nExplains a check: meaning, criterion, remedy, reference.\n",
        [TLSA] = "mxassay tlsa [OPTION]... HOST[:PORT]...\n\nPrints the TLSA records that belong to the keys a mail server serves, and how to renew a key.\n",
        [SERVE] =
            "mxassay serve [OPTION]...\n\nAnswers over HTTP: a page for people, an interface for programs, metrics. TERM ends it, HUP reads its files anew.\n",
        [MCP] = "mxassay mcp [OPTION]...\n\nThe Model Context Protocol on standard input and output, for one client; its end of input ends it.\n",
        [BULK] = "mxassay bulk [OPTION]... [FILE]\n\nTests the domains of FILE, or of standard input: a line of JSON for each, as it completes.\n",
        [SPF] = "mxassay spf --ip IP --from ADDR [--helo NAME] [OPTION]...\n\nEvaluates SPF for one client address: the result, then what led to it.\n",
    };
    printf("Usage: %s\n", usage[command]);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char left[64];
        if (!(rows[i].commands & command))
            continue;
        char letter[5] = "    ";
        if (rows[i].letter)
            snprintf(letter, sizeof letter, "-%c, ", rows[i].letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, rows[i].name, rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
        printf("  %-34s %s\n", left, rows[i].help);
    }
    printf("\nEvery option --NAME has a default in the environment: MXASSAY_NAME; lists are separated by commas.\n");
    if (command == SPF)
        printf("Exit status: 0 pass, none, neutral or softfail, 1 fail or permerror, 75 temperror, 64 usage, 65 bad input.\n");
    else if (command == TLSA)
        printf("Exit status: 0 what is served is published and nothing else is, 1 something is to do, 2 inconclusive, 64 usage, 65 bad input.\n");
    else if (command == SERVE)
        printf("Exit status: 0 ended by TERM or INT, 64 usage, 65 bad input, 69 it cannot listen or work, 78 a file is wrong.\n");
    else if (command == MCP)
        printf("Exit status: 0 at the end of input, 64 usage, 65 bad input, 69 it cannot work, 74 nobody reads what it says.\n");
    else if (command == BULK)
        printf("Exit status: as of check, the worst of all names; 64 usage, 65 bad input, 74 the output cannot be written, 75 --deadline left names out.\n");
    else if (command != EXPLAIN)
        printf("Exit status: 0 nothing found at or above --fail-on, 1 something was, 2 inconclusive, 64 usage, 65 bad input.\n");
}

/* MXASSAY_CONNECT_TIMEOUT for connect-timeout. */
static void environment_name(const char *option, char name[static 64])
{
    size_t n = (size_t)snprintf(name, 64, "MXASSAY_");
    for (; *option && n < 63; option++)
        name[n++] = *option == '-' ? '_' : *option >= 'a' && *option <= 'z' ? (char)(*option - 'a' + 'A') : *option;
    name[n] = '\0';
}

static int set(struct options *o, const struct option_row *row, const char *called, const char *value, int *status)
{
    struct option_problem problem = {.status = EXIT_USAGE};
    if (row->set(o, value, &problem) == 0)
        return 0;
    complain("%s: %s", called, problem.text);
    *status = problem.status;
    return -1;
}

/* A flag's default from the environment: "1", "true", "yes" set it; "", "0", "false", "no" do not. */
static int flag_from_environment(const char *name, const char *value)
{
    if (!*value || strcmp(value, "0") == 0 || strcmp(value, "false") == 0 || strcmp(value, "no") == 0)
        return 0;
    if (strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "yes") == 0)
        return 1;
    complain("%s: '%s' is neither yes nor no", name, value);
    return -1;
}

static int take_environment(struct options *o, enum command command, const bool given[static ROW_COUNT], int *status)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char name[64];
        environment_name(rows[i].name, name);
        const char *value = getenv(name);
        if (!value || given[i] || !(rows[i].commands & command))
            continue;
        if (!rows[i].argument) {
            int on = flag_from_environment(name, value);
            *status = EXIT_USAGE;
            if (on < 0 || (on > 0 && set(o, &rows[i], name, NULL, status) < 0))
                return -1;
            continue;
        }
        struct str rest = str_of(value);
        bool is_list = option_is_repeatable(rows[i].set);
        while (rest.n) {
            char *one = arena_cstr(o->arena, is_list ? str_cut(&rest, ',') : rest);
            if (!one || set(o, &rows[i], name, one, status) < 0)
                return -1;
            if (!is_list)
                break;
        }
    }
    return 0;
}

/* --X on the command line keeps the environment from setting X, and no-X too. */
static void mark_given(bool given[static ROW_COUNT], size_t row)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *a = rows[i].name, *b = rows[row].name;
        given[i] = given[i] || i == row || (strncmp(a, "no-", 3) == 0 && strcmp(a + 3, b) == 0) || (strncmp(b, "no-", 3) == 0 && strcmp(b + 3, a) == 0);
    }
}

static int parse_flags(struct options *o, enum command command, int argc, char **argv, bool given[static ROW_COUNT], int *status)
{
    struct option longs[ROW_COUNT + 2] = {0};
    char shorts[2 * ROW_COUNT + 8] = ":h";
    size_t count = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!(rows[i].commands & command))
            continue;
        longs[count++] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, LONG_OPTION_BASE + (int)i};
        if (rows[i].letter)
            snprintf(shorts + strlen(shorts), sizeof shorts - strlen(shorts), "%c%s", rows[i].letter, rows[i].argument ? ":" : "");
    }
    longs[count] = (struct option){"help", no_argument, NULL, HELP_OPTION};
    optind = 1;
    opterr = 0;
    *status = EXIT_USAGE;
    for (int c; (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        size_t row = (size_t)(c - LONG_OPTION_BASE);
        if (c == HELP_OPTION) {
            print_help(command);
            *status = EXIT_FINE;
            return 1;
        }
        for (size_t i = 0; c < LONG_OPTION_BASE && i < ROW_COUNT; i++)
            if (rows[i].letter == c && (rows[i].commands & command))
                row = i;
        if (c == ':' || c == '?') {
            const char *word = argv[optind - 1];
            complain(c == ':' ? "%s needs a value; see 'mxassay %s --help'" : "unknown option '%s'; see 'mxassay %s --help'", word, command_name(command));
            return -1;
        }
        char called[64];
        snprintf(called, sizeof called, "--%s", rows[row].name);
        if (set(o, &rows[row], called, optarg, status) < 0)
            return -1;
        mark_given(given, row);
    }
    return 0;
}

int options_parse(struct options *o, enum command command, int argc, char **argv, struct arena *arena, int *status)
{
    bool given[ROW_COUNT] = {0};
    *o = (struct options){.arena = arena};
    probe_options_init(&o->probe);
    o->serve.listen = (struct listen_address){{IP_V4, {127, 0, 0, 1}}, 8025};
    o->bulk.max_inflight = BULK_AT_ONCE;
    o->resolver = (struct resolver_params){.mode = RESOLVER_AUTO, .use_v4 = true, .use_v6 = true};
    int rc = parse_flags(o, command, argc, argv, given, status);
    if (rc == 0)
        rc = take_environment(o, command, given, status);
    if (rc != 0)
        return rc;
    struct option_problem problem = {.status = EXIT_USAGE};
    if (options_conclude(o, command, &problem) < 0) {
        complain("%s", problem.text);
        *status = problem.status;
        return -1;
    }
    o->targets = argv + optind;
    o->target_count = (size_t)(argc - optind);
    if (command & (SPF | SERVE | MCP) && o->target_count > 0) {
        complain("'%.80s' is no option; see 'mxassay %s --help'", o->targets[0], command_name(command));
        *status = EXIT_USAGE;
        return -1;
    }
    if (command == BULK && o->target_count > 1) {
        complain("'%.80s' is one file too many", o->targets[1]);
        *status = EXIT_USAGE;
        return -1;
    }
    if (o->target_count == 0 && !o->list && !(command & (SPF | SERVE | MCP | BULK))) {
        complain("no %s given; see 'mxassay %s --help'", command == CHECK ? "domain" : command & (PROBE | TLSA) ? "server" : "check", command_name(command));
        *status = EXIT_USAGE;
        return -1;
    }
    return 0;
}

/* Before the options are parsed: whether what is wrong with them is to be told to Nagios. */
static bool is_for_nagios(enum command command, int argc, char **argv)
{
    const char *preset = getenv("MXASSAY_FORMAT");
    bool found = preset && strcmp(preset, "nagios") == 0;
    for (int i = 1; i < argc && argv[i]; i++) {
        const char *value = strncmp(argv[i], "--format=", 9) == 0 ? argv[i] + 9 : strcmp(argv[i], "--format") == 0 && i + 1 < argc ? argv[i + 1] : NULL;
        found = value ? strcmp(value, "nagios") == 0 : found && strcmp(argv[i], "--json") != 0;
    }
    return found && (command == CHECK || command == PROBE);
}

/* What ends without a report, by usage or our own failure, is UNKNOWN, and its one line stands on standard output. */
static int status_for_nagios(int status)
{
    if (status < EXIT_USAGE)
        return status;
    printf("MX UNKNOWN - ");
    for (const char *c = last_complaint(); *c; c++)
        putchar(*c == '|' ? '/' : *c);
    printf("\n");
    return EXIT_NAGIOS_UNKNOWN;
}

int with_options(enum command command, int argc, char **argv, int (*body)(struct options *o))
{
    bool for_nagios = is_for_nagios(command, argc, argv);
    struct arena arena;
    struct options o;
    int status = EXIT_USAGE;
    arena_init(&arena, OPTIONS_BYTES_MAX);
    if (options_parse(&o, command, argc, argv, &arena, &status) == 0)
        status = body(&o);
    opt_out_free(o.opt_out);
    arena_done(&arena);
    return for_nagios ? status_for_nagios(status) : status;
}
