/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine - a new process becomes a worker: it lets go of what its parent had, and later of all it does not need itself.
 *
 * Order of calls: confine_begin first of all; whatever opens files; confine before the first octet of a stranger.
 * Memory: none that stays. Fails: -1 with a message, and then the process must end.
 * What is left: sockets to the Internet and their options, memory, time, random octets. To a library that looks for a file
 *   there is none (ENOENT). Any other system call is told on standard error and ends the process by SIGSYS.
 */
#ifndef WORKER_CONFINE_H
#define WORKER_CONFINE_H

#include <stddef.h>
#include <sys/types.h>

enum { CONFINED_FD = 3 }; /* where the kept descriptor is from then on */

/* Of the parent's descriptors `fd` and standard error stay; its signal handlers go; the process ends with its parent. */
int confine_begin(int fd, pid_t parent, char *error, size_t error_bytes);
/* `user`: who root becomes. */
int confine(const char *user, pid_t parent, char *error, size_t error_bytes);

#endif
