/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mxassay-lab - serves the worlds of scenario files for real, in a network namespace of its own.
 *
 *     mxassay-lab FILE.scn|DIR... [-- COMMAND [ARGUMENT...]]
 *     mxassay-lab --list FILE.scn|DIR...   the domains and their faults, as doc/lab.md
 *     mxassay-lab --language               the language of the files, as doc/scenario.md
 *
 * With a command: runs it inside and ends with its status. Without: stays until it is interrupted, and
 * prints how to enter. What the client must use is in the environment (MXASSAY_ROOT_HINTS, ...), what
 * it must find in the file that MXASSAY_LAB_PLAN names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include "lab_files.h"
#include "lab_language.h"
#include "lab_list.h"
#include "lab_mail.h"
#include "lab_names.h"
#include "lab_net.h"
#include "lab_run.h"

enum { SCENARIO_BYTES = 64 * 1024 * 1024, PAGE_BYTES_MAX = 1024 * 1024 };

struct lab {
    struct arena arena;
    struct scn_files scenarios;
    struct lab_files files;
    struct scn_world world;
    struct scn_pki *pki;
    struct lab_dns *dns;
    struct event_base *base;
    struct lab_mail *mail;
    struct lab_names *names;
    bool in_user_namespace;
    char error[SCN_ERROR_BYTES];
};

static int make_world(struct lab *lab)
{
    if (scn_world_init(&lab->world, lab->error) < 0)
        return -1;
    for (size_t i = 0; i < lab->scenarios.count; i++)
        if (scn_world_add(&lab->world, &lab->scenarios.list[i]) < 0)
            return -1;
    return 0;
}

static int write_folder(struct lab *lab)
{
    struct lab_files *f = &lab->files;
    if (lab_files_make_folder(f, &lab->arena, lab->error) < 0 || scn_pki_trust_store(lab->pki, f->ca, lab->error) < 0 ||
        lab_dns_write_root(lab->dns, f->root_hints, f->trust_anchor, lab->error) < 0)
        return -1;
    return lab_files_write(f, &lab->world, &lab->scenarios, lab->error);
}

static int serve(struct lab *lab)
{
    struct wall now = {time(NULL)};
    lab->pki = scn_pki_new(now, lab->error);
    lab->dns = lab->pki && scn_pki_publish(lab->pki, &lab->world, lab->error) == 0 ? lab_dns_new(&lab->world, now, lab->error) : NULL;
    if (!lab->dns || write_folder(lab) < 0)
        return -1;
    lab->base = event_base_new();
    if (!lab->base) {
        snprintf(lab->error, sizeof lab->error, "no event loop");
        return -1;
    }
    lab->names = lab_names_new(lab->base, &lab->world, lab->dns, lab->error);
    lab->mail = lab->names ? lab_mail_new(lab->base, &lab->world, lab->pki, lab->error) : NULL;
    return lab->mail ? 0 : -1;
}

static void close_lab(struct lab *lab)
{
    lab_mail_free(lab->mail);
    lab_names_free(lab->names);
    if (lab->base)
        event_base_free(lab->base);
    lab_dns_free(lab->dns);
    scn_pki_free(lab->pki);
    lab_files_remove_folder(&lab->files);
    scn_world_done(&lab->world);
    arena_done(&lab->arena);
    libevent_global_shutdown();
}

/* Each open port and connection takes one. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int run_lab(char **paths, char **command)
{
    struct lab lab = {.world = {.error = lab.error}};
    int status = EX_DATAERR;
    raise_descriptor_limit();
    arena_init(&lab.arena, SCENARIO_BYTES);
    arena_init(&lab.world.arena, 0);
    if (scn_files_read(&lab.scenarios, &lab.arena, paths, lab.error) == 0 && make_world(&lab) == 0) {
        status = EX_UNAVAILABLE;
        if (lab_net_enter(&lab.in_user_namespace, lab.error, sizeof lab.error) == 0 && serve(&lab) == 0) {
            if (!command)
                lab_files_print_entrance(&lab.files, &lab.scenarios, lab.in_user_namespace);
            status = lab_run(lab.base, command, lab.files.environment, lab.error);
        }
    }
    if (lab.error[0])
        fprintf(stderr, "mxassay-lab: %s\n", lab.error);
    close_lab(&lab);
    return status;
}

static int print(struct buf *out)
{
    bool done = !out->failed && fwrite(out->bytes, 1, out->used, stdout) == out->used && fflush(stdout) == 0;
    buf_done(out);
    return done ? EX_OK : EX_IOERR;
}

static int print_language(void)
{
    struct buf out;
    buf_init(&out, PAGE_BYTES_MAX);
    lab_language_write(&out);
    return print(&out);
}

static int print_list(char **paths)
{
    struct lab lab = {.world = {.error = lab.error}};
    struct buf out;
    int status = EX_DATAERR;
    arena_init(&lab.arena, SCENARIO_BYTES);
    arena_init(&lab.world.arena, 0);
    buf_init(&out, PAGE_BYTES_MAX);
    if (scn_files_read(&lab.scenarios, &lab.arena, paths, lab.error) == 0 && make_world(&lab) == 0 && lab_list_write(&lab.world, &lab.scenarios, &out) == 0)
        status = print(&out);
    else
        fprintf(stderr, "mxassay-lab: %s\n", lab.error);
    buf_done(&out);
    close_lab(&lab);
    return status;
}

int main(int argc, char **argv)
{
    char **command = NULL;
    if (argc == 2 && strcmp(argv[1], "--language") == 0)
        return print_language();
    if (argc > 2 && strcmp(argv[1], "--list") == 0)
        return print_list(argv + 2);
    for (int i = 1; i < argc && !command; i++)
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            command = argv + i + 1;
        }
    if (argc < 2 || !argv[1] || argv[1][0] == '-' || (command && !command[0])) {
        fprintf(stderr, "Usage: mxassay-lab FILE.scn|DIR... [-- COMMAND [ARGUMENT...]]\n"
                        "       mxassay-lab --list FILE.scn|DIR...\n       mxassay-lab --language\n");
        return EX_USAGE;
    }
    return run_lab(argv + 1, command);
}
