/* SPDX-License-Identifier: Apache-2.0 */
/* route - see route.h. connect() on a datagram socket only chooses a route and a source address. */
#include "net/route.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANY_PORT = 25 };

union address {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t to_sockaddr(struct ip ip, union address *a)
{
    memset(a, 0, sizeof *a);
    if (ip.family == IP_V4) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(ANY_PORT);
        memcpy(&a->v4.sin_addr, ip.bytes, 4);
        return sizeof a->v4;
    }
    a->v6.sin6_family = AF_INET6;
    a->v6.sin6_port = htons(ANY_PORT);
    memcpy(&a->v6.sin6_addr, ip.bytes, 16);
    return sizeof a->v6;
}

int route_own_address(struct ip toward, struct ip *own)
{
    union address a;
    socklen_t n = to_sockaddr(toward, &a);
    int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int rc = connect(fd, &a.sa, n);
    if (rc == 0)
        rc = getsockname(fd, &a.sa, &n);
    close(fd);
    if (rc < 0)
        return -1;
    *own = (struct ip){.family = toward.family};
    if (toward.family == IP_V4)
        memcpy(own->bytes, &a.v4.sin_addr, 4);
    else
        memcpy(own->bytes, &a.v6.sin6_addr, 16);
    return 0;
}
