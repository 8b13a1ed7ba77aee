/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appender - lines that go to a file's end or to standard output, while the loop goes on: who reads slowly holds up
 * nobody but those who ask appender_has_room.
 *
 * A file is locked, so that two runs never share it, and synced each second, so that power loss costs what a second brought.
 * Order of calls: appender_open; appender_add when appender_has_room, or regardless; appender_finish, which writes what is
 *   left and waits for it; appender_close.
 * Memory: what is not written yet, APPENDER_PENDING_BYTES and one line more where callers ask for room first.
 * Fails: appender_open and appender_finish -1 after a message; later the appender has `failed`, told once by `changed`.
 */
#ifndef CMD_APPENDER_H
#define CMD_APPENDER_H

#include "base/buf.h"
#include "net/loop.h"

enum { APPENDER_PENDING_BYTES = 4 * 1024 * 1024, APPENDER_BYTES_MAX = 1024 * 1024 * 1024 };

struct appender {
    struct loop *loop;
    int fd;
    const char *file; /* NULL: standard output */
    struct buf pending;
    struct watch watch;
    struct timer sync;
    bool failed;
    void (*changed)(void *arg); /* there is room again, or it has failed */
    void *arg;
};

/* file NULL: standard output. Another file is opened for reading and appending, and made where there is none. */
int appender_open(struct appender *a, struct loop *loop, const char *file, void (*changed)(void *arg), void *arg);
void appender_add(struct appender *a, struct str line);
bool appender_has_room(const struct appender *a);
int appender_finish(struct appender *a);
void appender_close(struct appender *a);

#endif
