/* SPDX-License-Identifier: Apache-2.0 */
/* lab_net - see lab_net.h. */
#include "lab_net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/panic.h"
#include "scn_world.h"

static int failed(char *error, size_t error_bytes, const char *what)
{
    snprintf(error, error_bytes, "%s: %s", what, strerror(errno));
    return -1;
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* In a user namespace we stay who we are, with the rights that the network namespace asks for. */
static int enter_namespaces(bool *in_user_namespace, char *error, size_t error_bytes)
{
    char map[2][64];
    snprintf(map[0], sizeof map[0], "%u %u 1", geteuid(), geteuid());
    snprintf(map[1], sizeof map[1], "%u %u 1", getegid(), getegid());
    *in_user_namespace = unshare(CLONE_NEWNET) < 0;
    if (!*in_user_namespace)
        return 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return failed(error, error_bytes, "no network namespace may be made here, not even in a user namespace");
    if (write_file("/proc/self/setgroups", "deny") < 0 || write_file("/proc/self/uid_map", map[0]) < 0 || write_file("/proc/self/gid_map", map[1]) < 0)
        return failed(error, error_bytes, "user namespace");
    return 0;
}

struct message {
    struct nlmsghdr header;
    union {
        struct ifaddrmsg address;
        struct rtmsg route;
        struct ifinfomsg link;
    } body;
    char attributes[128];
};

static void add_attribute(struct message *m, unsigned short type, const void *data, size_t n)
{
    struct rtattr a = {.rta_len = (unsigned short)RTA_LENGTH(n), .rta_type = type};
    char *at = (char *)m + NLMSG_ALIGN(m->header.nlmsg_len);
    memcpy(at, &a, sizeof a);
    memcpy(at + RTA_LENGTH(0), data, n);
    m->header.nlmsg_len = (unsigned)(NLMSG_ALIGN(m->header.nlmsg_len) + RTA_ALIGN(a.rta_len));
}

static int transact(int fd, struct message *m)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr result;
        char more[512];
    } answer;
    m->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    if (send(fd, m, m->header.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < (ssize_t)(sizeof answer.header + sizeof answer.result))
        return -1;
    errno = -answer.result.error;
    return answer.result.error ? -1 : 0;
}

static int bring_up(int fd)
{
    struct message m = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof m.body.link), .nlmsg_type = RTM_NEWLINK}};
    m.body.link = (struct ifinfomsg){.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    return transact(fd, &m);
}

static size_t address_bytes(struct ip ip)
{
    return ip.family == IP_V4 ? 4 : 16;
}

static unsigned char kernel_family(struct ip ip)
{
    return ip.family == IP_V4 ? AF_INET : AF_INET6;
}

static int add_address(int fd, struct ip ip)
{
    struct message m = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof m.body.address), .nlmsg_type = RTM_NEWADDR, .nlmsg_flags = NLM_F_CREATE}};
    m.body.address =
        (struct ifaddrmsg){.ifa_family = kernel_family(ip), .ifa_prefixlen = (unsigned char)(8 * address_bytes(ip)), .ifa_flags = IFA_F_NODAD, .ifa_index = 1};
    add_attribute(&m, IFA_LOCAL, ip.bytes, address_bytes(ip));
    add_attribute(&m, IFA_ADDRESS, ip.bytes, address_bytes(ip));
    return transact(fd, &m);
}

static int add_local_route(int fd, struct ip_network net, struct ip source)
{
    int lo = 1;
    struct message m = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof m.body.route), .nlmsg_type = RTM_NEWROUTE, .nlmsg_flags = NLM_F_CREATE}};
    m.body.route = (struct rtmsg){.rtm_family = kernel_family(net.base),
                                  .rtm_dst_len = (unsigned char)net.prefix_bits,
                                  .rtm_table = RT_TABLE_LOCAL,
                                  .rtm_protocol = RTPROT_STATIC,
                                  .rtm_scope = RT_SCOPE_HOST,
                                  .rtm_type = RTN_LOCAL};
    add_attribute(&m, RTA_DST, net.base.bytes, address_bytes(net.base));
    add_attribute(&m, RTA_PREFSRC, source.bytes, address_bytes(source));
    add_attribute(&m, RTA_OIF, &lo, sizeof lo);
    return transact(fd, &m);
}

static int set_up(int fd, char *error, size_t error_bytes)
{
    struct ip v4, v6;
    struct str rest = STR(SCN_NETWORKS);
    must(ip_parse(STR(SCN_CLIENT_V4), &v4) && ip_parse(STR(SCN_CLIENT_V6), &v6));
    if (bring_up(fd) < 0)
        return failed(error, error_bytes, "lo cannot be brought up");
    write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0"); /* where the machine has IPv6 off, the namespace need not */
    if (add_address(fd, v4) < 0 || add_address(fd, v6) < 0)
        return failed(error, error_bytes, "lo gets no address");
    while (rest.n) {
        struct ip_network net;
        must(ip_network_parse(str_cut(&rest, ','), &net));
        if (add_local_route(fd, net, net.base.family == IP_V4 ? v4 : v6) < 0)
            return failed(error, error_bytes, "no route to the lab's networks");
    }
    return 0;
}

int lab_net_enter(bool *in_user_namespace, char *error, size_t error_bytes)
{
    if (enter_namespaces(in_user_namespace, error, error_bytes) < 0)
        return -1;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return failed(error, error_bytes, "netlink");
    int rc = set_up(fd, error, error_bytes);
    close(fd);
    return rc;
}
