/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls_real - stands between mxassay and the kernel. What this file calls socket and connect is what every library of the
 * process finds first, libunbound and libevent too; the linker's --wrap gives it the questions to libunbound.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unbound-event.h>
#include <unbound.h>

#include "calls.h"

int socket(int domain, int type, int protocol)
{
    static int (*next)(int, int, int);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "socket");
    if (!calls_fail(CALL_SOCKET))
        return next(domain, type, protocol);
    errno = EMFILE;
    return -1;
}

int connect(int fd, const struct sockaddr *address, socklen_t n)
{
    static int (*next)(int, const struct sockaddr *, socklen_t);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "connect");
    if (!calls_fail(CALL_CONNECT))
        return next(fd, address, n);
    errno = EADDRNOTAVAIL;
    return -1;
}

int __real_ub_resolve_event(struct ub_ctx *context, const char *name, int type, int class, void *arg, ub_event_callback_type fn, int *id);
int __wrap_ub_resolve_event(struct ub_ctx *context, const char *name, int type, int class, void *arg, ub_event_callback_type fn, int *id);

int __wrap_ub_resolve_event(struct ub_ctx *context, const char *name, int type, int class, void *arg, ub_event_callback_type fn, int *id)
{
    return calls_fail(CALL_LOOKUP) ? UB_SOCKET : __real_ub_resolve_event(context, name, type, class, arg, fn, id);
}

__attribute__((constructor)) static void count(void)
{
    atexit(calls_print);
}
