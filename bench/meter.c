/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter - runs a command and says what it took.
 *
 *   meter FILE COMMAND [ARGUMENT...]
 *
 * Writes "USER_US SYSTEM_US WALL_US MAX_RSS_KB STATUS" to FILE. A program of its own, and small, because
 * the kernel counts in a process's peak what its parent held when it was started.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long us(struct timeval t)
{
    return t.tv_sec * 1000000 + t.tv_usec;
}

int main(int argc, char **argv)
{
    struct timespec begin, end;
    struct rusage u;
    int status;
    if (argc < 3) {
        fprintf(stderr, "usage: meter FILE COMMAND [ARGUMENT...]\n");
        return 64;
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &u) < 0) {
        perror("meter");
        return 71;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *out = fopen(argv[1], "w");
    if (!out) {
        perror(argv[1]);
        return 74;
    }
    long wall_us = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(out, "%ld %ld %ld %ld %d\n", us(u.ru_utime), us(u.ru_stime), wall_us, u.ru_maxrss, code);
    return fclose(out) == 0 ? 0 : 74;
}
