/* SPDX-License-Identifier: Apache-2.0 */
/* listen - see listen.h. */
#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_BYTES_MAX = 64 * 1024 };

bool listen_address_parse(struct str s, struct listen_address *out)
{
    uint64_t port;
    struct str host = s;
    while (host.n && host.p[host.n - 1] != ':')
        host.n--;
    if (host.n < 2)
        return false;
    struct str digits = {s.p + host.n, s.n - host.n};
    host.n--;
    bool bracketed = host.p[0] == '[' && host.p[host.n - 1] == ']' && host.n > 2;
    if (bracketed)
        host = (struct str){host.p + 1, host.n - 2};
    if (!ip_parse(host, &out->ip) || bracketed != (out->ip.family == IP_V6) || !str_number(digits, UINT16_MAX, &port))
        return false;
    out->port = (uint16_t)port;
    return true;
}

bool listen_is_loopback(const struct listen_address *a)
{
    static const struct ip_network v4 = {{IP_V4, {127}}, 8}, v6 = {{IP_V6, {[15] = 1}}, 128};
    return ip_network_has(v4, a->ip) || ip_network_has(v6, a->ip);
}

static socklen_t sockaddr_of(const struct listen_address *a, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    if (a->ip.family == IP_V4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(a->port);
        memcpy(&v4->sin_addr, a->ip.bytes, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(a->port);
    memcpy(&v6->sin6_addr, a->ip.bytes, 16);
    return sizeof *v6;
}

struct listen_address listen_address_of(const void *sockaddr)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const struct sockaddr *any = sockaddr;
    struct listen_address a = {{IP_NONE}, 0};
    if (any && any->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = sockaddr;
        a = (struct listen_address){{IP_V4}, ntohs(v4->sin_port)};
        memcpy(a.ip.bytes, &v4->sin_addr, 4);
    } else if (any && any->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = sockaddr;
        const uint8_t *octets = v6->sin6_addr.s6_addr;
        bool is_v4 = memcmp(octets, mapped, sizeof mapped) == 0;
        a = (struct listen_address){{is_v4 ? IP_V4 : IP_V6}, ntohs(v6->sin6_port)};
        memcpy(a.ip.bytes, is_v4 ? octets + 12 : octets, is_v4 ? 4 : 16);
    }
    return a;
}

struct listen_address listen_bound_to(int fd)
{
    struct sockaddr_storage storage = {0};
    socklen_t n = sizeof storage;
    return listen_address_of(getsockname(fd, (struct sockaddr *)&storage, &n) == 0 ? &storage : NULL);
}

int listen_open(const struct listen_address *a, char *error, size_t error_bytes)
{
    static const int on = 1;
    struct sockaddr_storage storage;
    socklen_t n = sockaddr_of(a, &storage);
    char text[IP_TEXT_BYTES];
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, (struct sockaddr *)&storage, n) == 0 &&
        listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    ip_write(a->ip, text);
    snprintf(error, error_bytes, "cannot listen on %s port %u: %s", text, a->port, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int listen_adopt(char *error, size_t error_bytes)
{
    int listens = 0;
    socklen_t n = sizeof listens;
    int flags = fcntl(LISTEN_FIRST_FD, F_GETFL);
    if (flags < 0 || getsockopt(LISTEN_FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) < 0 || !listens ||
        listen_bound_to(LISTEN_FIRST_FD).ip.family == IP_NONE) {
        snprintf(error, error_bytes, "descriptor %d was handed over and is no TCP socket that listens", LISTEN_FIRST_FD);
        return -1;
    }
    if (fcntl(LISTEN_FIRST_FD, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(LISTEN_FIRST_FD, F_SETFD, FD_CLOEXEC) == 0)
        return LISTEN_FIRST_FD;
    snprintf(error, error_bytes, "descriptor %d: %s", LISTEN_FIRST_FD, strerror(errno));
    return -1;
}

void listen_close(int fd)
{
    close(fd);
}

void listen_hang_up(int fd)
{
    shutdown(fd, SHUT_RDWR);
}

uint64_t listen_heard(int fd)
{
    struct tcp_info info = {0};
    socklen_t n = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 ? info.tcpi_bytes_received : 0;
}

void listen_say_last(int fd, const char *bytes, size_t n)
{
    char thrown_away[4096];
    size_t left = DRAIN_BYTES_MAX;
    if (send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return;
    shutdown(fd, SHUT_WR);
    for (ssize_t got; left > 0 && (got = recv(fd, thrown_away, sizeof thrown_away, MSG_DONTWAIT)) > 0;)
        left -= (size_t)got < left ? (size_t)got : left;
}

size_t listen_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        const struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        limit = setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised : limit;
    }
    return (size_t)limit.rlim_cur;
}
