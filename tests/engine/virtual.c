/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mxassay-virtual - checks the worlds of scenario files in memory and in virtual time.
 *
 *     mxassay-virtual FILE.scn|DIR...          for each scenario one line: {"name","exit","problems":[..],"asked_twice","text":"..","report":{..}}
 *     mxassay-virtual --round-trip MS FILE.scn|DIR...   the same, with everybody so far away
 *     mxassay-virtual --formats FILE.scn|DIR...   the same; behind "text" also the report in each format, as a string under its name
 *     mxassay-virtual --plan FILE.scn|DIR...   what must be found: see scn_plan.h
 *
 * The same files give the same octets in every run. The exit status is 0 when each has a report, and no problems.
 */
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <time.h>

#include "report/json_writer.h"
#include "scn_files.h"
#include "scn_plan.h"
#include "scn_random.h"
#include "virtual_run.h"

enum { SCENARIO_BYTES = 64 * 1024 * 1024, LINE_BYTES_MAX = 64 * 1024 * 1024 };

static void complain(const char *what)
{
    fprintf(stderr, "mxassay-virtual: %s\n", what);
}

static void add_formats(struct json *j, const struct virtual_result *result)
{
#define FORMAT_NAME(name) #name,
    static const char *const names[] = {VIRTUAL_FORMATS(FORMAT_NAME)};
    for (size_t i = 0; i < VIRTUAL_FORMAT_COUNT; i++) {
        json_key(j, names[i]);
        json_str(j, (struct str){result->formats[i].bytes, result->formats[i].used});
    }
}

/* False when the line is not whole. */
static bool print_line(const struct scenario *s, const struct virtual_result *result, bool formats)
{
    struct buf line;
    struct json j;
    buf_init(&line, LINE_BYTES_MAX);
    json_init(&j, &line, 0);
    json_open_object(&j);
    json_key(&j, "name");
    json_str(&j, scn_plan_name(s));
    json_key(&j, "exit");
    json_number(&j, result->exit_status);
    json_key(&j, "problems");
    json_open_array(&j);
    for (size_t i = 0; i < result->problem_count; i++)
        json_cstr(&j, result->problems[i]);
    json_close_array(&j);
    json_key(&j, "asked_twice");
    json_cstr(&j, result->asked_twice);
    json_key(&j, "text");
    json_str(&j, (struct str){result->text.bytes, result->text.used});
    if (formats)
        add_formats(&j, result);
    json_key(&j, "report");
    if (result->report.used)
        buf_add(&line, result->report.bytes, result->report.used);
    else
        json_no_value(&j);
    buf_add_cstr(&line, "}\n");
    bool done = !line.failed && fwrite(line.bytes, 1, line.used, stdout) == line.used;
    buf_done(&line);
    return done;
}

/* What this program has used at its peak; getrusage() would count what was there before exec(), too. -1: not known. */
static long peak_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && kib < 0 && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld kB", &kib) != 1)
            kib = -1;
    if (status)
        fclose(status);
    return kib;
}

static int run_all(const struct scn_files *files, struct scn_pki *pki, const struct virtual_setting *setting)
{
    struct timespec began, ended;
    bool fine = true;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
    for (size_t i = 0; i < files->count; i++) {
        struct virtual_result result;
        virtual_run(&files->list[i], pki, setting, &result);
        fine = fine && !result.problem_count && result.report.used;
        if (!print_line(&files->list[i], &result, setting->formats)) {
            virtual_run_done(&result);
            complain("standard output cannot be written");
            return EX_IOERR;
        }
        virtual_run_done(&result);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
    double seconds = (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    fprintf(stderr, "%zu scenarios in %.2f s of CPU time: %.0f a second; at most %ld KiB of memory\n", files->count, seconds, (double)files->count / seconds,
            peak_kib());
    return fine ? EX_OK : EXIT_FAILURE;
}

static int run_with_authorities(const struct scn_files *files, int64_t round_trip_ms, bool formats)
{
    static const char *const settings[] = {SCN_CLIENT_SETTINGS};
    char error[SCN_ERROR_BYTES], ca_file[64];
    int fd = memfd_create("trust store", MFD_CLOEXEC);
    snprintf(ca_file, sizeof ca_file, "/proc/self/fd/%d", fd);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        putenv((char *)settings[i]);
    if (scn_random_begin() < 0 || OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1) {
        complain("OpenSSL does not start");
        return EX_UNAVAILABLE;
    }
    struct scn_pki *pki = scn_pki_new(VIRTUAL_NOW, error);
    if (!pki || scn_pki_trust_store(pki, ca_file, error) < 0) {
        complain(error);
        scn_pki_free(pki);
        return EX_UNAVAILABLE;
    }
    int status = run_all(files, pki, &(struct virtual_setting){ca_file, round_trip_ms, formats});
    scn_pki_free(pki);
    return status;
}

static int print_plan(const struct scn_files *files)
{
    char error[SCN_ERROR_BYTES];
    struct scn_world world;
    struct buf plan;
    buf_init(&plan, LINE_BYTES_MAX);
    int rc = scn_world_init(&world, error);
    for (size_t i = 0; i < files->count && rc == 0; i++)
        rc = scn_world_add(&world, &files->list[i]);
    if (rc == 0)
        rc = scn_plan_write(&world, files->list, files->count, &plan);
    if (rc < 0)
        complain(error);
    bool done = rc == 0 && !plan.failed && fwrite(plan.bytes, 1, plan.used, stdout) == plan.used;
    buf_done(&plan);
    scn_world_done(&world);
    return done ? EX_OK : rc < 0 ? EX_DATAERR : EX_IOERR;
}

int main(int argc, char **argv)
{
    bool plan = argc > 1 && strcmp(argv[1], "--plan") == 0;
    bool far = argc > 2 && strcmp(argv[1], "--round-trip") == 0;
    bool formats = argc > 1 && strcmp(argv[1], "--formats") == 0;
    uint64_t round_trip_ms = VIRTUAL_ROUND_TRIP_MS;
    char **paths = argv + 1 + plan + formats + 2 * far, error[SCN_ERROR_BYTES];
    struct scn_files files;
    struct arena arena;
    if (argc < 2 + plan + formats + 2 * far || paths[0][0] == '-' || (far && !str_number(str_of(argv[2]), INT32_MAX, &round_trip_ms))) {
        fprintf(stderr, "Usage: mxassay-virtual [--plan | --formats | --round-trip MS] FILE.scn|DIR...\n");
        return EX_USAGE;
    }
    arena_init(&arena, SCENARIO_BYTES);
    int status = EX_DATAERR;
    if (scn_files_read(&files, &arena, paths, error) < 0)
        complain(error);
    else
        status = plan ? print_plan(&files) : run_with_authorities(&files, (int64_t)round_trip_ms, formats);
    arena_done(&arena);
    if (fflush(stdout) != 0 && status == EX_OK)
        status = EX_IOERR;
    return status;
}
