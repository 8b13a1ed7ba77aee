/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen - the socket on which others connect to us: opened, or handed over by who started us.
 *
 * Memory: values; the descriptor is the caller's. Limits: LISTEN_BACKLOG connections that wait to be accepted.
 * Fails: -1 with a message; parsers false.
 * Spec: sd_listen_fds(3) for the sockets handed over.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/ip.h"

enum { LISTEN_BACKLOG = 1024, LISTEN_FIRST_FD = 3 };

struct listen_address {
    struct ip ip;
    uint16_t port; /* 0: the system takes one */
};

bool listen_address_parse(struct str s, struct listen_address *out); /* "127.0.0.1:8025", "[::1]:8025" */
bool listen_is_loopback(const struct listen_address *a);

int listen_open(const struct listen_address *a, char *error, size_t error_bytes);
/* Takes the socket that was handed over as LISTEN_FIRST_FD; it must listen. */
int listen_adopt(char *error, size_t error_bytes);
void listen_close(int fd);

/* Where the socket is bound. */
struct listen_address listen_bound_to(int fd);
/* The address in a struct sockaddr, a mapped one as IPv4; family IP_NONE for others. */
struct listen_address listen_address_of(const void *sockaddr);
/* Ends both directions of a connection; whoever reads from it sees its end. */
void listen_hang_up(int fd);
/* Lets this process have as many descriptors as it may; returns how many. */
size_t listen_raise_descriptors(void);
uint64_t listen_heard(int fd); /* octets on this connection; 0 also when that is not known */
/* As much of it as can be sent at once, and that nothing more comes; what the peer had sent is thrown away. */
void listen_say_last(int fd, const char *bytes, size_t n);

#endif
