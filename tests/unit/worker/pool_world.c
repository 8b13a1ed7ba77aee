/* SPDX-License-Identifier: Apache-2.0 */
/* pool_world - see pool_world.h. */
#include "pool_world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/fetch_scripted.h"
#include "net/resolver_scripted.h"
#include "net/transport_scripted.h"
#include "worker/confine.h"

struct shared *shared;
struct opt_out *pool_world_opt_out;

static void nothing(void)
{
}

static void crash(void)
{
    abort();
}

static void hang(void)
{
    shared->hanging = 1;
    for (;;)
        poll(NULL, 0, -1);
}

static void spin(void)
{
    for (volatile unsigned long i = 0;; i++)
        ;
}

static void write_to_parent(const char *bytes, size_t n)
{
    (void)!write(CONFINED_FD, bytes, n);
}

static void send_garbage(void)
{
    write_to_parent("GET / HTTP/1.1\r\n\r\n", 18);
}

static void send_order(void)
{
    write_to_parent("\x08\0\0\0\x02\1\0\0\0\0\0\0\0", 13);
}

static void send_huge_length(void)
{
    write_to_parent("\xff\xff\xff\x7f\x07", 5);
}

static void send_broken_result(void)
{
    write_to_parent("\x0a\0\0\0\x07\1\0\0\0\0\0\0\0\0\0", 15);
}

/* A result for an order that nobody gave is dropped; the worker lives on. */
static void send_unknown_result(void)
{
    write_to_parent("\x0f\0\0\0\x07\xff\xff\0\0\0\0\0\0\x03\2\0\0\0x\0", 20);
}

static void run_program(void)
{
    char *argv[] = {(char *)"true", NULL}, *none[] = {NULL};
    execve("/bin/true", argv, none);
}

static void trace_parent(void)
{
    ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static void fork_again(void)
{
    if (fork() == 0)
        _exit(0);
}

static void make_code(void)
{
    /* cppcheck-suppress leakReturnValNotUsed ; the call itself is forbidden */
    (void)!mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void signal_others(void)
{
    kill(getppid(), 0);
}

static void listen_here(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    listen(fd, 1);
    close(fd);
}

static void raw_socket(void)
{
    /* cppcheck-suppress leakReturnValNotUsed ; the call itself is forbidden */
    (void)socket(AF_PACKET, SOCK_RAW, 0);
}

static void look_around(void)
{
    struct rlimit cores;
    shared->uid = getuid();
    shared->uid_saved = geteuid();
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    shared->file_error = fd < 0 ? (unsigned)errno : 0;
    shared->cores = getrlimit(RLIMIT_CORE, &cores) == 0 ? (unsigned)cores.rlim_max : 1;
    shared->descriptors = 0;
    for (int i = 0; i < 256; i++) /* the socket, standard error; input and output are nothing */
        shared->descriptors += fcntl(i, F_GETFD) >= 0;
}

static const struct {
    const char *name; /* "mx1.NAME.test" is its host */
    void (*act)(void);
    bool answers; /* the connection ends at once; else it stays silent */
} servers[] = {
    {"slow", nothing, false},
    {"down", nothing, true},
    {"crash", crash, false},
    {"hang", hang, false},
    {"spin", spin, false},
    {"garbage", send_garbage, false},
    {"order", send_order, false},
    {"huge", send_huge_length, false},
    {"broken", send_broken_result, false},
    {"unknown", send_unknown_result, true},
    {"execve", run_program, false},
    {"ptrace", trace_parent, false},
    {"fork", fork_again, false},
    {"code", make_code, false},
    {"kill", signal_others, false},
    {"listen", listen_here, false},
    {"raw", raw_socket, false},
    {"look", look_around, true},
};
enum { SERVER_COUNT = sizeof servers / sizeof *servers };

static void on_open(struct scripted_connection *c, void *arg)
{
    size_t i = (size_t)(uintptr_t)arg;
    servers[i].act();
    if (servers[i].answers)
        scripted_end(c, 1, TRANSPORT_EOF);
}

static void add_server(struct prober *p, size_t i)
{
    char domain[64], host[80], mx[96], ip[32];
    struct ip address;
    snprintf(domain, sizeof domain, "%s.test", servers[i].name);
    snprintf(host, sizeof host, "mx1.%s", domain);
    snprintf(mx, sizeof mx, "10 %s", host);
    snprintf(ip, sizeof ip, "192.0.2.%zu", i + 1);
    ip_parse(str_of(ip), &address);
    const struct scripted_peer peer = {.connect = TRANSPORT_OPEN, .on_open = on_open, .arg = (void *)(uintptr_t)i};
    scripted_dns_add(p->resolver, domain, DNS_MX, DNSSEC_SECURE, mx);
    scripted_dns_add(p->resolver, host, DNS_A, DNSSEC_SECURE, ip);
    scripted_serve(p->net.dialer, address, 25, &peer);
}

int pool_world_open(struct prober *p, void *arg, char *error, size_t error_bytes)
{
    static struct ip_network public_network;
    (void)arg;
    shared->pids[__atomic_fetch_add(&shared->born, 1, __ATOMIC_SEQ_CST) % WORKERS_SEEN_MAX] = getpid();
    p->net.loop = loop_new_real();
    p->net.dialer = scripted_dialer_new(p->net.loop);
    p->net.tls = tls_context_new(NULL, error, error_bytes);
    p->resolver = scripted_resolver_new(p->net.loop);
    p->fetcher = scripted_fetcher_new(p->net.loop);
    p->opt_out = pool_world_opt_out;
    probe_options_init(&p->options);
    p->options.ehlo = "probe.test";
    p->options.control_count = 0;
    ip_network_parse(STR("192.0.2.0/24"), &public_network);
    p->options.public_networks = &public_network;
    p->options.public_network_count = 1;
    scripted_dns_add(p->resolver, ".", DNS_NS, DNSSEC_SECURE, "a.root.test");
    scripted_dns_add(p->resolver, "null.test", DNS_MX, DNSSEC_SECURE, "0 .");
    scripted_dns_add(p->resolver, "null.test", DNS_TXT, DNSSEC_SECURE, "v=spf1 -all");
    for (size_t i = 0; i < SERVER_COUNT; i++)
        add_server(p, i);
    return 0;
}
