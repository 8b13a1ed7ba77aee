/* SPDX-License-Identifier: Apache-2.0 */
/* serve - the daemon: opens what it needs in the order in which it can be told what is wrong, runs the loop, ends. */
#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/net.h"
#include "net/notify.h"
#include "net/signals.h"
#include "serve/pages.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024, READ_BYTES = 64 * 1024, US_PER_MS = 1000 };

struct daemon {
    struct options *options;
    struct loop *loop;
    struct pool *pool;
    struct serve *serve;
    struct signals signals;
    struct timer watchdog;
    int64_t watchdog_ms;
    int listen_fd;
    const char *notify_socket;
    struct html_style html;
};

/* The whole file; -1 with errno. */
static int read_file(const char *path, struct buf *text)
{
    char bytes[READ_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    buf_init(text, FILE_BYTES_MAX);
    while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
        buf_add(text, bytes, (size_t)n);
    int error = fd < 0 || n < 0 ? errno : EFBIG;
    if (fd >= 0)
        close(fd);
    errno = error;
    return n < 0 || text->failed ? -1 : 0;
}

/* Those of the two files that are given, both or neither; -1 after a complaint. */
static int read_files(const char *keys_file, struct keys **keys, const char *opt_out_file, struct opt_out **opt_out)
{
    const char *const paths[] = {keys_file, opt_out_file};
    char error[512];
    *keys = NULL;
    *opt_out = NULL;
    for (size_t i = 0; i < 2; i++) {
        struct buf text = {0};
        if (!paths[i])
            continue;
        int rc = read_file(paths[i], &text);
        snprintf(error, sizeof error, "%s", strerror(errno));
        if (rc == 0 && i == 0)
            *keys = keys_parse((struct str){text.bytes, text.used}, error, sizeof error);
        else if (rc == 0)
            *opt_out = opt_out_parse((struct str){text.bytes, text.used}, error, sizeof error);
        buf_done(&text);
        if (i == 0 ? !*keys : !*opt_out) {
            complain("%.200s: %.200s", paths[i], error);
            keys_free(*keys);
            return -1;
        }
    }
    return 0;
}

static void set_opt_out_list(struct daemon *d, struct opt_out *opt_out)
{
    struct opt_out *before = d->options->opt_out;
    d->options->opt_out = opt_out; /* where workers that are forked from now on look */
    if (opt_out)
        pool_set_opt_out(d->pool, opt_out);
    opt_out_free(before);
}

static void on_signal(void *arg, int number)
{
    struct daemon *d = arg;
    struct keys *keys;
    struct opt_out *opt_out;
    if (number != SIGHUP) {
        notify_manager(d->notify_socket, "STOPPING=1");
        serve_stop(d->serve);
        return;
    }
    char text[96];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)loop_now(d->loop).us);
    notify_manager(d->notify_socket, text);
    if (read_files(d->options->serve.api_keys_file, &keys, d->options->opt_out_file, &opt_out) == 0) {
        serve_reload(d->serve, keys, opt_out);
        set_opt_out_list(d, opt_out);
        complain("the files are read anew");
    } else {
        complain("what was read before stays in force");
    }
    notify_manager(d->notify_socket, "READY=1");
}

static void on_stopped(void *arg)
{
    loop_stop(((struct daemon *)arg)->loop);
}

static void on_line(void *arg, const char *line)
{
    (void)arg;
    fprintf(stderr, "%s\n", line);
}

static void on_watchdog(void *arg)
{
    struct daemon *d = arg;
    notify_manager(d->notify_socket, "WATCHDOG=1");
    timer_start(d->loop, &d->watchdog, d->watchdog_ms, on_watchdog, d);
}

/* A variable of the service manager that is a number; 0 without it, or when it is meant for another process. */
static uint64_t manager_number(const char *name, const char *pid_name)
{
    uint64_t n, pid;
    const char *value = getenv(name), *of = getenv(pid_name);
    if (of && (!str_number(str_of(of), INT32_MAX, &pid) || pid != (uint64_t)getpid()))
        return 0;
    return value && str_number(str_of(value), INT64_MAX, &n) ? n : 0;
}

static int open_door(struct daemon *d)
{
    char error[512];
    uint64_t handed_over = manager_number("LISTEN_FDS", "LISTEN_PID");
    if (handed_over > 1) {
        complain("%llu sockets were handed over; one is served", (unsigned long long)handed_over);
        return -1;
    }
    d->listen_fd = handed_over ? listen_adopt(error, sizeof error) : listen_open(&d->options->serve.listen, error, sizeof error);
    if (d->listen_fd < 0)
        complain("%s", error);
    return d->listen_fd < 0 ? -1 : 0;
}

static int open_workers(struct daemon *d)
{
    struct options *o = d->options;
    char error[512];
    struct listen_address bound = listen_bound_to(d->listen_fd);
    if (!serve_is_private(&bound, o->serve.public_name_count) && !o->serve.relay)
        o->probe.relay = false;
    const struct pool_params params = {
        .workers = o->workers, .public_only = !o->serve.allow_private, .html = &d->html, .judge = &o->judge, .open = net_open, .arg = o};
    d->html = pages_style();
    d->pool = pool_new(d->loop, &params, error, sizeof error);
    if (!d->pool)
        complain("%s", error);
    return d->pool ? 0 : -1;
}

static int open_service(struct daemon *d, struct keys *keys)
{
    const struct options *o = d->options;
    char error[512], address[IP_TEXT_BYTES], text[IP_TEXT_BYTES + 64];
    struct serve_params params = {.loop = d->loop,
                                  .pool = d->pool,
                                  .listen_fd = d->listen_fd,
                                  .behind_proxy = o->serve.behind_proxy,
                                  .public_only = !o->serve.allow_private,
                                  .public_networks = o->probe.public_networks,
                                  .public_network_count = o->probe.public_network_count,
                                  .contact = o->serve.contact,
                                  .relay = o->probe.relay,
                                  .log = o->serve.request_log ? on_line : NULL,
                                  .stopped = on_stopped,
                                  .arg = d};
    params.public_names = o->serve.public_names;
    params.public_name_count = o->serve.public_name_count;
    d->serve = serve_new(&params, keys, o->opt_out, error, sizeof error);
    if (!d->serve || signals_start(&d->signals, d->loop, on_signal, d) < 0) {
        complain("%s", d->serve ? "signals cannot be taken" : error);
        return -1;
    }
    struct listen_address bound = listen_bound_to(d->listen_fd);
    ip_write(bound.ip, address);
    snprintf(text, sizeof text, bound.ip.family == IP_V6 ? "http://[%s]:%u/" : "http://%s:%u/", address, bound.port);
    complain("listening on %s", text);
    d->watchdog_ms = (int64_t)(manager_number("WATCHDOG_USEC", "WATCHDOG_PID") / US_PER_MS / 2);
    if (d->watchdog_ms > 0)
        on_watchdog(d);
    notify_manager(d->notify_socket, "READY=1");
    return 0;
}

static void close_all(struct daemon *d)
{
    timer_cancel(&d->watchdog);
    signals_stop(&d->signals);
    serve_free(d->serve);
    if (d->pool)
        pool_free(d->pool);
    if (d->listen_fd >= 0)
        listen_close(d->listen_fd);
    loop_free(d->loop);
}

static int serve(struct options *o)
{
    struct daemon d = {.options = o, .listen_fd = -1, .notify_socket = getenv("NOTIFY_SOCKET")};
    struct keys *keys;
    if (read_files(o->serve.api_keys_file, &keys, NULL, &(struct opt_out *){NULL}) < 0)
        return EXIT_CONFIG;
    int status = EXIT_UNAVAILABLE;
    d.loop = loop_new_real();
    if (d.loop && open_door(&d) == 0 && open_workers(&d) == 0) {
        if (open_service(&d, keys) == 0)
            status = loop_run(d.loop) == 0 ? EXIT_FINE : EXIT_BUG;
    } else {
        keys_free(keys);
    }
    close_all(&d);
    return status;
}

int command_serve(int argc, char **argv)
{
    return with_options(SERVE, argc, argv, serve);
}
