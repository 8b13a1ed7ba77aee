/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_run - runs the event loop beside a command, or until a signal says that it is enough.
 *
 * Whatever the command has started is ended with it: orphans become this process's children.
 * Memory: none. Fails: EX_OSERR, and why in `error`.
 */
#ifndef ENGINE_LAB_RUN_H
#define ENGINE_LAB_RUN_H

#include <event2/event.h>

#include "scn_parse.h"

/* The exit status for this process. `command` NULL: none; `environment`: "NAME=value", for the command. */
int lab_run(struct event_base *base, char **command, const char *const *environment, char error[static SCN_ERROR_BYTES]);

#endif
