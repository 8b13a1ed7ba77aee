/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor - the leanest client that has the conversation mxassay has: the denominator of the benchmarks.
 *
 *   floor CA.pem TARGETS [IN_FLIGHT]
 *
 * For each line "IPV4 PORT NAME" of TARGETS: connect, hear the greeting, EHLO, STARTTLS, a TLS
 * handshake with NAME as SNI, with the whole chain verified up to CA.pem and NAME compared with the
 * certificate, EHLO, MAIL and RCPT (in one go where PIPELINING is offered), RSET, QUIT. It keeps no facts
 * and tells nothing apart; what does not go as above is counted as failed.
 *
 * One epoll, sockets that do not block, one SSL_CTX, no session is resumed. An SSL lives from the 220 to
 * STARTTLS to the end of the conversation.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { TARGETS_MAX = 32768, EVENTS = 256, SILENCE_MS = 30000 };

enum step { GREETING, EHLO, STARTTLS, HANDSHAKE, EHLO_IN_TLS, MAIL, RCPT, RSET, QUIT, OVER };

struct target {
    struct sockaddr_in address;
    char name[254];
};

struct probe {
    int fd;
    enum step step;
    bool pipelining, offers_starttls;
    SSL *ssl;
    const struct target *target;
    size_t n;
    char text[4096];
};

static struct target targets[TARGETS_MAX];
static size_t target_count, started, under_way, completed, failed;
static SSL_CTX *context;
static int epoll_fd;

static void end(struct probe *p, bool good)
{
    if (p->ssl)
        SSL_free(p->ssl);
    close(p->fd);
    free(p);
    under_way--;
    completed += good;
    failed += !good;
}

static bool say(struct probe *p, const char *words)
{
    size_t n = strlen(words);
    if (p->ssl)
        return SSL_write(p->ssl, words, (int)n) == (int)n;
    return send(p->fd, words, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool shake_hands(struct probe *p)
{
    int rc = SSL_do_handshake(p->ssl);
    if (rc != 1)
        return SSL_get_error(p->ssl, rc) == SSL_ERROR_WANT_READ;
    p->step = EHLO_IN_TLS;
    return say(p, "EHLO floor.test\r\n");
}

static bool start_tls(struct probe *p)
{
    p->ssl = SSL_new(context);
    if (!p->ssl || SSL_set_fd(p->ssl, p->fd) != 1 || SSL_set_tlsext_host_name(p->ssl, p->target->name) != 1 || SSL_set1_host(p->ssl, p->target->name) != 1)
        return false;
    SSL_set_connect_state(p->ssl);
    p->step = HANDSHAKE;
    p->pipelining = false;
    return shake_hands(p);
}

/* A whole reply; false when it is not the one hoped for. */
static bool hear(struct probe *p, int code)
{
    switch (p->step) {
    case GREETING:
        p->step = EHLO;
        return code == 220 && say(p, "EHLO floor.test\r\n");
    case EHLO:
        p->step = STARTTLS;
        return code == 250 && p->offers_starttls && say(p, "STARTTLS\r\n");
    case STARTTLS:
        return code == 220 && start_tls(p);
    case EHLO_IN_TLS:
        p->step = MAIL;
        return code == 250 && say(p, p->pipelining ? "MAIL FROM:<>\r\nRCPT TO:<relay-test@example.net>\r\n" : "MAIL FROM:<>\r\n");
    case MAIL:
        p->step = RCPT;
        return code == 250 && (p->pipelining || say(p, "RCPT TO:<relay-test@example.net>\r\n"));
    case RCPT:
        p->step = RSET;
        return code == 554 && say(p, p->pipelining ? "RSET\r\nQUIT\r\n" : "RSET\r\n");
    case RSET:
        p->step = QUIT;
        return code == 250 && (p->pipelining || say(p, "QUIT\r\n"));
    case QUIT:
        p->step = OVER;
        return code == 221;
    case HANDSHAKE:
    case OVER:
        break;
    }
    return false;
}

static bool hear_lines(struct probe *p)
{
    char *line = p->text, *stop = p->text + p->n;
    for (char *end_of_line; (end_of_line = memchr(line, '\n', (size_t)(stop - line))); line = end_of_line + 1) {
        if (end_of_line - line < 4)
            return false;
        const char *keyword = line + 4;
        if (strncmp(keyword, "STARTTLS", 8) == 0)
            p->offers_starttls = true;
        else if (strncmp(keyword, "PIPELINING", 10) == 0)
            p->pipelining = true;
        if (line[3] == ' ' && !hear(p, (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0'))
            return false;
    }
    p->n = (size_t)(stop - line);
    memmove(p->text, line, p->n);
    return true;
}

static bool read_some(struct probe *p)
{
    if (p->step == HANDSHAKE) {
        if (!shake_hands(p))
            return false;
        if (p->step == HANDSHAKE || !SSL_has_pending(p->ssl))
            return true;
    }
    if (!p->ssl) {
        ssize_t n = recv(p->fd, p->text + p->n, sizeof p->text - p->n, 0);
        p->n += n > 0 ? (size_t)n : 0;
        return n > 0 && hear_lines(p);
    }
    do {
        int n = SSL_read(p->ssl, p->text + p->n, (int)(sizeof p->text - p->n));
        if (n <= 0)
            return SSL_get_error(p->ssl, n) == SSL_ERROR_WANT_READ;
        p->n += (size_t)n;
        if (!hear_lines(p))
            return false;
    } while (p->step != OVER && SSL_has_pending(p->ssl));
    return true;
}

/* Only reading is waited for: the first octet says that the connection is there, an error wakes us too. */
static void start(const struct target *t)
{
    struct probe *p = calloc(1, sizeof *p);
    if (!p)
        exit(1);
    int on = 1;
    p->target = t;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connect(p->fd, (const struct sockaddr *)&t->address, sizeof t->address);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
    under_way++;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, p->fd, &event) < 0)
        end(p, false);
}

static void read_targets(const char *file)
{
    FILE *in = fopen(file, "r");
    char ip[64];
    unsigned port;
    struct target *t = targets;
    for (; in && target_count < TARGETS_MAX && fscanf(in, "%63s %u %253s", ip, &port, t->name) == 3; t++, target_count++) {
        t->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        if (inet_pton(AF_INET, ip, &t->address.sin_addr) != 1)
            break;
    }
    if (!in || target_count == 0) {
        fprintf(stderr, "floor: %s: no targets\n", file);
        exit(1);
    }
    fclose(in);
}

static void make_context(const char *ca_file)
{
    context = SSL_CTX_new(TLS_client_method());
    if (!context || SSL_CTX_load_verify_file(context, ca_file) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1);
}

static void print_result(const struct timespec *begin)
{
    struct timespec now;
    struct rusage u;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &u);
    long user_us = u.ru_utime.tv_sec * 1000000 + u.ru_utime.tv_usec, system_us = u.ru_stime.tv_sec * 1000000 + u.ru_stime.tv_usec;
    long wall_ms = (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000, n = (long)target_count;
    printf("completed %zu, failed %zu; CPU an endpoint %ld us (user %ld, system %ld); wall %ld ms; at most %ld KB resident\n", completed, failed,
           (user_us + system_us) / n, user_us / n, system_us / n, wall_ms, u.ru_maxrss);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: floor CA.pem TARGETS [IN_FLIGHT]\n");
        return 64;
    }
    struct timespec begin;
    size_t in_flight = argc == 4 ? strtoul(argv[3], NULL, 10) : 100;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    make_context(argv[1]);
    read_targets(argv[2]);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    while (completed + failed < target_count) {
        struct epoll_event events[EVENTS];
        while (under_way < in_flight && started < target_count)
            start(&targets[started++]);
        int n = epoll_wait(epoll_fd, events, EVENTS, SILENCE_MS);
        if (n <= 0)
            break;
        for (int i = 0; i < n; i++) {
            struct probe *p = events[i].data.ptr;
            bool good = read_some(p);
            if (!good || p->step == OVER)
                end(p, good);
        }
    }
    failed = target_count - completed;
    print_result(&begin);
    return failed ? 1 : 0;
}
