/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority_ares - name servers asked through c-ares: one channel per server and transport, whose sockets and timers
 * are our loop's. The second channel, over TCP, is opened for a server that is silent over UDP.
 *
 * A channel takes 100 KB and its time to make, so some who ask one server at the same time share it. Not all: the answers to all their
 * questions must fit into the buffer of its socket, where the kernel drops what does not. And not for ever: a socket has one port, and who
 * cannot see our questions should not have long to guess it (RFC 5452 4.5).
 */
#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"
#include "net/authority.h"

enum { SOCKETS_MAX = 8, EDNS_BYTES = 1232 /* fits a datagram that nobody fragments: DNS flag day 2020 */, BUCKETS = 1024, USERS_OF_A_PORT = 16, QUESTIONS_OF_A_PORT = 500 };

struct ares_way { /* one channel */
    struct loop *loop;
    ares_channel channel;
    bool is_open;
    bool trouble; /* a socket was not to be had, or the kernel would not connect it: c-ares calls that refused */
    size_t open;  /* questions */
    struct timer timer;
    struct ares_socket {
        struct ares_way *way;
        ares_socket_t fd;
        struct watch watch;
    } sockets[SOCKETS_MAX];
};

struct ares_server {
    struct ares_server *next; /* in its bucket */
    struct ip ip;
    size_t users, asked;
    struct ares_way udp, tcp;
};

struct ares_asker {
    struct authority_asker base;
    struct ares_server *buckets[BUCKETS]; /* whom further users may share */
};

struct ares_user {
    struct authority base;
    struct ares_server *server;
};

/* A question as c-ares knows it: c-ares cannot take a single one back. */
struct sent {
    struct ares_server *server;
    struct authority_query *query; /* NULL: nobody waits for it any more */
    bool over_tcp;
};

static void on_timer(void *arg);

/* The first question to be given up is the oldest, and looking for it costs c-ares a look at all of them. */
static void keep_time(struct ares_way *w)
{
    struct timeval most = {AUTHORITY_TRY_MS / 1000, 0}, tv;
    if (!w->open) {
        timer_cancel(&w->timer);
        return;
    }
    if (timer_is_started(&w->timer))
        return;
    const struct timeval *next = ares_timeout(w->channel, &most, &tv);
    timer_start(w->loop, &w->timer, next->tv_sec * 1000 + next->tv_usec / 1000 + 1, on_timer, w);
}

static void run_channel(struct ares_way *w, ares_socket_t readable, ares_socket_t writable)
{
    ares_process_fd(w->channel, readable, writable);
    keep_time(w);
}

static void on_timer(void *arg)
{
    run_channel(arg, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_ready(void *arg, unsigned ready)
{
    struct ares_socket *s = arg;
    run_channel(s->way, ready & WATCH_READ ? s->fd : ARES_SOCKET_BAD, ready & WATCH_WRITE ? s->fd : ARES_SOCKET_BAD);
}

/* c-ares says which of its sockets waits for what; neither: it is about to be closed. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct ares_way *w = arg;
    struct ares_socket *s = NULL;
    unsigned wanted = (readable ? WATCH_READ : 0u) | (writable ? WATCH_WRITE : 0u);
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (w->sockets[i].watch.loop && w->sockets[i].fd == fd)
            s = &w->sockets[i];
    for (size_t i = 0; i < SOCKETS_MAX && !s && wanted; i++)
        if (!w->sockets[i].watch.loop)
            s = &w->sockets[i];
    if (!s)
        return; /* more sockets than a server needs: the questions on them time out */
    if (s->watch.loop)
        watch_cancel(&s->watch);
    *s = (struct ares_socket){.way = w, .fd = fd};
    if (wanted)
        watch_start(w->loop, &s->watch, fd, wanted, on_ready, s);
}

static ares_socket_t open_socket(int family, int type, int protocol, void *arg)
{
    struct ares_way *w = arg;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    w->trouble = w->trouble || fd < 0;
    return fd;
}

static int close_socket(ares_socket_t fd, void *arg)
{
    (void)arg;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t n, void *arg)
{
    struct ares_way *w = arg;
    int rc = connect(fd, to, n);
    w->trouble = w->trouble || (rc < 0 && errno != EINPROGRESS && errno != ECONNREFUSED);
    return rc;
}

static ares_ssize_t receive(ares_socket_t fd, void *bytes, size_t n, int flags, struct sockaddr *from, ares_socklen_t *from_n, void *arg)
{
    (void)arg;
    return recvfrom(fd, bytes, n, flags, from, from_n);
}

static ares_ssize_t send_parts(ares_socket_t fd, const struct iovec *parts, int count, void *arg)
{
    (void)arg;
    return writev(fd, parts, count);
}

static int open_way(struct ares_server *server, struct ares_way *w, bool tcp)
{
    struct ares_options o = {
        .flags = ARES_FLAG_NORECURSE | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS | ARES_FLAG_STAYOPEN | (tcp ? ARES_FLAG_USEVC : 0),
        .timeout = AUTHORITY_TRY_MS,
        .tries = tcp ? 1 : AUTHORITY_UDP_TRIES,
        .ednspsz = EDNS_BYTES,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = w,
        .lookups = (char *)"b",
        .ndots = 1,
    };
    struct ares_addr_node node = {.family = server->ip.family == IP_V6 ? AF_INET6 : AF_INET};
    static const struct ares_socket_functions socket_functions = {open_socket, close_socket, connect_socket, receive, send_parts};
    /* Whatever is left open here is read from /etc/resolv.conf and its kin, for every channel anew. */
    const int nothing_to_read = ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_NDOTS | ARES_OPT_LOOKUPS;
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB | nothing_to_read;
    memcpy(&node.addr, server->ip.bytes, server->ip.family == IP_V6 ? 16 : 4);
    if (w->is_open)
        return 0;
    if (ares_init_options(&w->channel, &o, mask) != ARES_SUCCESS)
        return -1;
    w->is_open = true;
    ares_set_socket_functions(w->channel, &socket_functions, w);
    return ares_set_servers(w->channel, &node) == ARES_SUCCESS ? 0 : -1;
}

static void send_over(struct sent *sent, bool tcp);

static void conclude(struct sent *sent, enum authority_status status)
{
    sent->query->impl = NULL;
    authority_not_heard(sent->query, status);
    free(sent);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *message, int n)
{
    struct sent *sent = arg;
    struct ares_server *server = sent->server;
    struct authority_query *q = sent->query;
    struct ares_way *w = sent->over_tcp ? &server->tcp : &server->udp;
    bool heard = status == ARES_SUCCESS && message && n > 0, trouble = status == ARES_ENOMEM || (sent->over_tcp && (server->udp.trouble || server->tcp.trouble));
    (void)timeouts;
    w->open--;
    if (heard)
        w->trouble = false;
    if (!q) {
        free(sent);
    } else if (heard) {
        q->impl = NULL;
        authority_heard(q, message, (size_t)n, sent->over_tcp);
        free(sent);
    } else if (trouble) {
        conclude(sent, AUTHORITY_TROUBLE);
    } else if (!sent->over_tcp) {
        send_over(sent, true);
    } else {
        conclude(sent, status == ARES_ECONNREFUSED ? AUTHORITY_UNREACHABLE : AUTHORITY_SILENT);
    }
}

static void send_over(struct sent *sent, bool tcp)
{
    struct ares_server *server = sent->server;
    struct ares_way *w = tcp ? &server->tcp : &server->udp;
    const struct authority_query *q = sent->query;
    unsigned char *message = NULL;
    int n = 0;
    uint16_t id; /* RFC 5452 4.3: nobody else should know it; c-ares sends the one that it is given */
    sent->over_tcp = tcp;
    if (rng_fill(&id, sizeof id) < 0 || open_way(server, w, tcp) < 0 ||
        ares_create_query(q->name, 1, (int)q->type, id, 0, &message, &n, EDNS_BYTES) != ARES_SUCCESS) {
        conclude(sent, AUTHORITY_TROUBLE);
        return;
    }
    w->open++;
    ares_send(w->channel, message, n, on_answer, sent);
    ares_free_string(message);
    keep_time(w);
}

static struct ares_server **bucket_of(struct authority_asker *a, const struct ip *ip)
{
    uint64_t hash = hash_str(0, (struct str){(const char *)ip->bytes, ip->family == IP_V6 ? 16 : 4});
    return &((struct ares_asker *)a)->buckets[hash_fold(hash) % BUCKETS];
}

static void take_out(struct ares_server **bucket, const struct ares_server *server)
{
    while (*bucket && *bucket != server)
        bucket = &(*bucket)->next;
    if (*bucket)
        *bucket = server->next;
}

/* Nobody new will use it. */
static void retire(struct authority_asker *a, const struct ares_server *server)
{
    take_out(bucket_of(a, &server->ip), server);
}

static void ask(struct authority *base, struct authority_query *q)
{
    struct ares_server *server = ((struct ares_user *)base)->server;
    struct sent *sent = malloc(sizeof *sent);
    if (!sent) {
        authority_not_heard(q, AUTHORITY_TROUBLE);
        return;
    }
    *sent = (struct sent){.server = server, .query = q};
    q->impl = sent;
    if (++server->asked == QUESTIONS_OF_A_PORT)
        retire(base->asker, server);
    send_over(sent, false);
}

static struct ares_server *server_at(struct authority_asker *a, struct ip ip)
{
    struct ares_server **bucket = bucket_of(a, &ip), *server = *bucket;
    while (server && !ip_eq(server->ip, ip))
        server = server->next;
    if (server)
        return server;
    server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->ip = ip;
    server->udp.loop = server->tcp.loop = a->loop;
    server->next = *bucket;
    return *bucket = server;
}

static struct authority *open_user(struct authority_asker *a, struct ip ip)
{
    struct ares_user *user = calloc(1, sizeof *user);
    if (user)
        user->server = server_at(a, ip);
    if (!user || !user->server) {
        free(user);
        return NULL;
    }
    if (++user->server->users == USERS_OF_A_PORT)
        retire(a, user->server);
    return &user->base;
}

static void close_way(struct ares_way *w)
{
    timer_cancel(&w->timer);
    if (w->is_open)
        ares_destroy(w->channel);
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (w->sockets[i].watch.loop)
            watch_cancel(&w->sockets[i].watch);
}

static void close_user(struct authority *base)
{
    struct ares_server *server = ((struct ares_user *)base)->server;
    for (struct authority_query *q = base->open; q; q = q->next)
        if (q->impl)
            ((struct sent *)q->impl)->query = NULL;
    if (--server->users == 0) {
        retire(base->asker, server);
        close_way(&server->udp);
        close_way(&server->tcp);
        free(server);
    }
    free(base);
}

static void free_asker(struct authority_asker *a)
{
    ares_library_cleanup();
    free(a);
}

struct authority_asker *authority_asker_new_ares(struct loop *l)
{
    static const struct authority_ops ops = {open_user, ask, close_user, free_asker};
    struct ares_asker *a = calloc(1, sizeof *a);
    if (!a || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(a);
        return NULL;
    }
    a->base = (struct authority_asker){&ops, l};
    return &a->base;
}
