/* SPDX-License-Identifier: Apache-2.0 */
/* progress - see progress.h. */
#include "cmd/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FIRST_AFTER_MS = 1000, AGAIN_AFTER_MS = 250, COLUMNS_DEFAULT = 80 };

static void show(void *arg)
{
    struct progress *p = arg;
    char text[512];
    struct winsize size = {0};
    int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : COLUMNS_DEFAULT;
    if (p->says(p->arg, text, sizeof text)) {
        fprintf(stderr, "\r\033[K  %.*s", columns - 4, text);
        fflush(stderr);
        p->shown = true;
    }
    timer_start(p->loop, &p->timer, AGAIN_AFTER_MS, show, p);
}

void progress_start(struct progress *p, struct loop *loop, bool (*says)(void *arg, char *text, size_t text_bytes), void *arg)
{
    *p = (struct progress){.loop = loop, .says = says, .arg = arg};
    if (isatty(STDERR_FILENO))
        timer_start(loop, &p->timer, FIRST_AFTER_MS, show, p);
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

void progress_stop(struct progress *p)
{
    progress_clear(p);
    timer_cancel(&p->timer);
}
