/* SPDX-License-Identifier: Apache-2.0 */
/* lab_run - see lab_run.h. */
#include "lab_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { GRACE_S = 5, PIDS_MAX = 1024 };

struct run {
    struct event_base *base;
    struct event *timer;
    pid_t command; /* 0: none, or over */
    int status;
};

static void on_child(evutil_socket_t number, short what, void *arg)
{
    struct run *run = arg;
    int status;
    (void)number, (void)what;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != run->command)
            continue;
        run->command = 0;
        run->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        event_base_loopbreak(run->base);
    }
}

/* The command gets the signal too, and some time to end by itself. */
static void on_interrupt(evutil_socket_t number, short what, void *arg)
{
    static const struct timeval grace = {.tv_sec = GRACE_S};
    struct run *run = arg;
    (void)what;
    run->status = run->command ? 128 + (int)number : EX_OK;
    if (run->command == 0) {
        event_base_loopbreak(run->base);
        return;
    }
    kill(run->command, (int)number);
    event_add(run->timer, &grace);
}

static void on_grace_over(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;
    (void)fd, (void)what;
    event_base_loopbreak(run->base);
}

static size_t list_children(pid_t pids[static PIDS_MAX])
{
    FILE *f = fopen("/proc/thread-self/children", "re");
    size_t n = 0;
    if (!f)
        return 0;
    while (n < PIDS_MAX && fscanf(f, "%d", &pids[n]) == 1)
        n++;
    fclose(f);
    return n;
}

/* Each round ends a generation: the children of those that are gone become ours. */
static void end_children(const struct run *run)
{
    pid_t pids[PIDS_MAX];
    if (run->command) {
        kill(run->command, SIGKILL);
        waitpid(run->command, NULL, 0);
    }
    for (size_t n; (n = list_children(pids)) > 0;) {
        for (size_t i = 0; i < n; i++)
            kill(pids[i], SIGKILL);
        for (size_t i = 0; i < n; i++)
            waitpid(pids[i], NULL, 0);
    }
}

static pid_t start(char **command, const char *const *environment)
{
    pid_t lab = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != lab)
        _exit(EX_UNAVAILABLE);
    for (; *environment; environment++)
        putenv(strdup(*environment));
    execvp(command[0], command);
    fprintf(stderr, "mxassay-lab: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

int lab_run(struct event_base *base, char **command, const char *const *environment, char error[static SCN_ERROR_BYTES])
{
    static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};
    struct run run = {.base = base, .status = EX_OSERR};
    struct event *events[5] = {
        evsignal_new(base, SIGCHLD, on_child, &run),           evsignal_new(base, interrupts[0], on_interrupt, &run),
        evsignal_new(base, interrupts[1], on_interrupt, &run), evsignal_new(base, interrupts[2], on_interrupt, &run),
        event_new(base, -1, 0, on_grace_over, &run),
    };
    bool ready = true;
    for (size_t i = 0; i < 5; i++)
        ready = ready && events[i] && (i == 4 || event_add(events[i], NULL) == 0);
    run.timer = events[4];
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (ready && command)
        run.command = start(command, environment);
    if (!ready || run.command < 0) {
        snprintf(error, SCN_ERROR_BYTES, "the command cannot be started: %s", strerror(errno));
        run.command = 0;
    } else if (event_base_dispatch(base) < 0) {
        snprintf(error, SCN_ERROR_BYTES, "the event loop has failed");
    }
    end_children(&run);
    for (size_t i = 0; i < 5; i++)
        if (events[i])
            event_free(events[i]);
    return run.status;
}
