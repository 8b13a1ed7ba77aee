/* SPDX-License-Identifier: Apache-2.0 */
/* confine - see confine.h. What a worker may still ask of the kernel is the table here. */
#include "worker/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__
enum { SANITIZED = 1 }; /* its shadow takes all addresses there are */
#else
enum { SANITIZED = 0 };
#endif

#define ADDRESS_SPACE_BYTES ((rlim_t)4 << 30)

static int failed(char *error, size_t error_bytes, const char *what)
{
    snprintf(error, error_bytes, "a worker cannot %s: %s", what, strerror(errno));
    return -1;
}

/* ---- of the parent ---- */

/* A new user, too, takes this off the process, and a parent that is gone by then would never be missed. */
static int end_with_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -1;
    errno = ESRCH;
    return getppid() == parent ? 0 : -1;
}

int confine_begin(int fd, pid_t parent, char *error, size_t error_bytes)
{
    sigset_t none;
    sigemptyset(&none);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL); /* where that cannot be, nothing was set */
    signal(SIGPIPE, SIG_IGN);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* A session of its own: what a terminal's keys send goes to the parent alone. */
    if (end_with_parent(parent) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 || setsid() < 0)
        return failed(error, error_bytes, "let go of its parent");
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || (fd != CONFINED_FD && dup2(fd, CONFINED_FD) < 0) ||
        close_range(CONFINED_FD + 1, ~0u, 0) < 0)
        return failed(error, error_bytes, "close what its parent had open");
    return 0;
}

/* ---- of privileges ---- */

static int become(const char *user, char *error, size_t error_bytes)
{
    if (geteuid() != 0)
        return 0;
    errno = 0;
    /* cppcheck-suppress getpwnamCalled ; one thread */
    const struct passwd *p = getpwnam(user);
    if (!p || p->pw_uid == 0) {
        snprintf(error, error_bytes, "a worker cannot become %s: %s", user, p ? "that is root" : errno ? strerror(errno) : "there is no such user");
        return -1;
    }
    if (setgroups(0, NULL) < 0 || setresgid(p->pw_gid, p->pw_gid, p->pw_gid) < 0 || setresuid(p->pw_uid, p->pw_uid, p->pw_uid) < 0)
        return failed(error, error_bytes, "give up being root");
    return 0;
}

static int limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit r;
    if (getrlimit(resource, &r) < 0)
        return -1;
    r.rlim_max = r.rlim_max < most ? r.rlim_max : most;
    r.rlim_cur = r.rlim_max;
    return setrlimit(resource, &r);
}

/* ---- of system calls ---- */

#define CALL(name) SCMP_SYS(name)
static const int allowed[] = {
    /* what is open */
    CALL(read),
    CALL(write),
    CALL(readv),
    CALL(writev),
    CALL(close),
    CALL(fstat),
    CALL(lseek),
    CALL(fcntl),
    CALL(fcntl64),
    CALL(pipe2),
    /* sockets */
    CALL(connect),
    CALL(bind),
    CALL(shutdown),
    CALL(recv),
    CALL(recvfrom),
    CALL(recvmsg),
    CALL(recvmmsg),
    CALL(send),
    CALL(sendto),
    CALL(sendmsg),
    CALL(sendmmsg),
    CALL(getsockname),
    CALL(getpeername),
    CALL(getsockopt),
    CALL(setsockopt),
    /* waiting */
    CALL(poll),
    CALL(ppoll),
    CALL(select),
    CALL(_newselect),
    CALL(pselect6),
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_wait),
    CALL(epoll_pwait),
    CALL(epoll_pwait2),
    CALL(eventfd2),
    CALL(timerfd_create),
    CALL(timerfd_settime),
    CALL(timerfd_gettime),
    CALL(futex),
    CALL(restart_syscall),
    /* time */
    CALL(clock_gettime),
    CALL(clock_getres),
    CALL(clock_nanosleep),
    CALL(nanosleep),
    CALL(gettimeofday),
    CALL(time),
    CALL(times),
    CALL(getrusage),
    /* memory */
    CALL(brk),
    CALL(munmap),
    CALL(mremap),
    CALL(madvise),
    /* itself */
    CALL(getpid),
    CALL(gettid),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(uname),
    CALL(sysinfo),
    CALL(getrandom),
    CALL(sched_yield),
    CALL(sched_getaffinity),
    CALL(getcpu),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(rt_sigreturn),
    CALL(sigreturn),
    CALL(sigaltstack),
    CALL(exit),
    CALL(exit_group),
};

/* Libraries look for files of settings; without these they go on. */
static const int finds_nothing[] = {
    CALL(open), CALL(openat), CALL(openat2), CALL(access),   CALL(faccessat),  CALL(faccessat2),
    CALL(stat), CALL(lstat),  CALL(statx),   CALL(readlink), CALL(readlinkat),
};
#undef CALL

/* Calls that are allowed in some forms. In any other they get `refusal`; 0: they end the process. */
static const struct {
    int call;
    struct scmp_arg_cmp form;
    int refusal;
    struct scmp_arg_cmp other; /* what the refusal is for */
} forms[] = {
    {SCMP_SYS(socket), SCMP_A0_32(SCMP_CMP_EQ, AF_INET), 0, {0}},
    {SCMP_SYS(socket), SCMP_A0_32(SCMP_CMP_EQ, AF_INET6), 0, {0}},
    {SCMP_SYS(socket), {0}, EAFNOSUPPORT, SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX)},
    {SCMP_SYS(socket), {0}, EAFNOSUPPORT, SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK)},
    {SCMP_SYS(socketpair), SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX), 0, {0}},
    {SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, FIONBIO), 0, {0}},
    {SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, FIONREAD), 0, {0}},
    {SCMP_SYS(mmap), SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0), 0, {0}},
    {SCMP_SYS(mmap2), SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0), 0, {0}},
    {SCMP_SYS(mprotect), SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0), 0, {0}},
    {SCMP_SYS(prlimit64), SCMP_A2_64(SCMP_CMP_EQ, 0), 0, {0}}, /* reads only */
    {SCMP_SYS(newfstatat), SCMP_A3_32(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH), ENOENT, SCMP_A3_32(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0)},
};

static int add_forms(scmp_filter_ctx filter)
{
    int e = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms && !e; i++) {
        if (forms[i].form.op)
            e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, forms[i].call, 1, forms[i].form);
        if (!e && forms[i].refusal)
            e = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)forms[i].refusal), forms[i].call, 1, forms[i].other);
    }
    return e;
}

static int add_rules(scmp_filter_ctx filter)
{
    int e = add_forms(filter);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed && !e; i++)
        e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof finds_nothing / sizeof *finds_nothing && !e; i++)
        e = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOENT), finds_nothing[i], 0);
    if (!e) /* abort() */
        e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)getpid()));
    return e;
}

/* Nothing but what a signal handler may call. */
static void on_forbidden_call(int number, siginfo_t *info, void *context)
{
    char text[] = "mxassay: bug: a worker made the system call      , which is none of its business\n";
    char *digit = strchr(text, ',') - 1;
    unsigned call = (unsigned)info->si_syscall;
    (void)context;
    for (int i = 0; i < 5 && (call || i == 0); i++, call /= 10)
        *digit-- = (char)('0' + call % 10);
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        /* nobody hears it */
    }
    signal(number, SIG_DFL);
    raise(number);
}

static int filter_calls(char *error, size_t error_bytes)
{
    struct sigaction action = {.sa_sigaction = on_forbidden_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSYS, &action, NULL) < 0)
        return failed(error, error_bytes, "handle SIGSYS");
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    int e = filter ? add_rules(filter) : -ENOMEM;
    if (!e)
        e = seccomp_load(filter);
    seccomp_release(filter);
    errno = -e;
    return e ? failed(error, error_bytes, "limit its system calls") : 0;
}

int confine(const char *user, pid_t parent, char *error, size_t error_bytes)
{
    if (become(user, error, error_bytes) < 0)
        return -1;
    if (end_with_parent(parent) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return failed(error, error_bytes, "give up privileges");
    if (limit(RLIMIT_CORE, 0) < 0 || (!SANITIZED && limit(RLIMIT_AS, ADDRESS_SPACE_BYTES) < 0))
        return failed(error, error_bytes, "limit itself");
    return filter_calls(error, error_bytes);
}
