/* SPDX-License-Identifier: Apache-2.0 */
/* lab_sockets - see lab_sockets.h. */
#include "lab_sockets.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static socklen_t socket_address(struct ip ip, unsigned port, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (ip.family == IP_V4) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t)port);
        memcpy(&in->sin_addr, ip.bytes, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((uint16_t)port);
    memcpy(&in6->sin6_addr, ip.bytes, 16);
    return sizeof *in6;
}

/* IPv6 wants addresses of an interface, or to be told that any will do. */
static int set_options(int fd, enum ip_family family, bool drops)
{
    struct sock_filter drop_all[] = {{BPF_RET | BPF_K, 0, 0, 0}};
    struct sock_fprog program = {.len = 1, .filter = drop_all};
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || (family == IP_V6 && setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) < 0))
        return -1;
    return drops ? setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) : 0;
}

int lab_listen(struct ip ip, unsigned port, int kind, bool drops)
{
    struct sockaddr_storage address;
    socklen_t length = socket_address(ip, port, &address);
    int fd = socket(ip.family == IP_V4 ? AF_INET : AF_INET6, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (set_options(fd, ip.family, drops) == 0 && bind(fd, (struct sockaddr *)&address, length) == 0 && (kind != SOCK_STREAM || listen(fd, BACKLOG) == 0))
        return fd;
    close(fd);
    return -1;
}

void lab_close_with_reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}
