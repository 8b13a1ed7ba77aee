/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names - the name servers of the farm: one process that is the server of the root, of `test.` and of all below, each at
 * its address, and counts what it is asked.
 *
 *   names ZONES ANCHOR COUNTS ROOT_IPV4 TLD_IPV4
 *
 * ZONES is described in zones.c. The trust anchor is written to ANCHOR. At ROOT_IPV4 it knows the root only, at TLD_IPV4 also
 * zones of one label, at every other address of this machine each zone. Says "ready" once it listens on port 53.
 *
 * A query is a name, a type, the address it went to, and whether signatures were wanted (the two askers in mxassay differ in
 * that). On SIGUSR1 it writes to COUNTS how many came, how many differ, how many came once more, and names some of those;
 * then it counts anew. The file is there when it is complete.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "sign.h"

enum { BATCH = 64, MESSAGE_BYTES = 512, CONTROL_BYTES = 64, BUFFER_BYTES = 8 << 20, TOLD_MAX = 50, TEXT_BYTES = 320 };

static struct {
    uint64_t *seen; /* hashes, 0: free */
    size_t room, distinct, queries, again, told_count;
    char told[TOLD_MAX][TEXT_BYTES];
} counts;

static volatile sig_atomic_t asked_for_counts;
static in_addr_t root_ip, tld_ip;

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static void remember(uint64_t hash)
{
    size_t i = hash % counts.room;
    while (counts.seen[i] && counts.seen[i] != hash)
        i = (i + 1) % counts.room;
    counts.seen[i] = hash;
}

static bool was_seen(uint64_t hash)
{
    size_t i = hash % counts.room;
    while (counts.seen[i] && counts.seen[i] != hash)
        i = (i + 1) % counts.room;
    return counts.seen[i] == hash;
}

static void make_room(void)
{
    uint64_t *old = counts.seen;
    size_t old_room = counts.room;
    counts.room = old_room ? 2 * old_room : 1 << 20;
    counts.seen = calloc(counts.room, sizeof *counts.seen);
    must(counts.seen != NULL, "memory");
    for (size_t i = 0; i < old_room; i++)
        if (old[i])
            remember(old[i]);
    free(old);
}

static void write_question(const struct question *q, in_addr_t to, char *out)
{
    char ip[INET_ADDRSTRLEN];
    int n = 0;
    for (const uint8_t *p = q->name.bytes; *p; p += *p + 1)
        n += sprintf(out + n, "%.*s.", *p, (const char *)p + 1);
    inet_ntop(AF_INET, &to, ip, sizeof ip);
    sprintf(out + n, "%s type %u%s to %s", n ? "" : ".", q->type, q->wants_signatures ? " with signatures" : "", ip);
}

static void count(const struct question *q, in_addr_t to)
{
    const uint64_t rest[] = {q->type, q->wants_signatures, to};
    uint64_t hash = bytes_hash(bytes_hash(2, q->name.bytes, q->name.n), rest, sizeof rest) | 1;
    if (2 * counts.distinct >= counts.room)
        make_room();
    counts.queries++;
    if (!was_seen(hash)) {
        remember(hash);
        counts.distinct++;
        return;
    }
    if (counts.told_count < TOLD_MAX)
        write_question(q, to, counts.told[counts.told_count++]);
    counts.again++;
}

static void write_counts(const char *file)
{
    char part[4096];
    snprintf(part, sizeof part, "%s.part", file);
    FILE *out = fopen(part, "w");
    must(out != NULL, part);
    fprintf(out, "%zu %zu %zu\n", counts.queries, counts.distinct, counts.again);
    for (size_t i = 0; i < counts.told_count; i++)
        fprintf(out, "%s\n", counts.told[i]);
    must(fclose(out) == 0 && rename(part, file) == 0, file);
    memset(counts.seen, 0, counts.room * sizeof *counts.seen);
    counts.queries = counts.distinct = counts.again = counts.told_count = 0;
}

static void on_signal(int number)
{
    (void)number;
    asked_for_counts = 1;
}

static unsigned labels_at(in_addr_t ip)
{
    return ip == root_ip ? 0 : ip == tld_ip ? 1 : ALL_LABELS;
}

static void write_anchor(const char *file)
{
    FILE *out = fopen(file, "w");
    uint8_t ds[64], root = 0;
    size_t n = sign_ds(&root, 1, ds);
    must(out != NULL, file);
    fprintf(out, ". IN DS %u %u %u ", (unsigned)(ds[0] << 8 | ds[1]), ds[2], ds[3]);
    for (size_t i = 4; i < n; i++)
        fprintf(out, "%02x", ds[i]);
    fputc('\n', out);
    must(fclose(out) == 0, file);
}

static int listen_on_53(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, size = BUFFER_BYTES;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(53)};
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    must(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0 && bind(fd, (const struct sockaddr *)&any, sizeof any) == 0, "port 53");
    return fd;
}

/* The answer leaves from the address that was asked: the control message is sent back as it came, for any interface. */
static in_addr_t asked_at(struct msghdr *h)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(h);
    struct in_pktinfo info = {0};
    if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        memcpy(&info, CMSG_DATA(c), sizeof info);
        info.ipi_ifindex = 0;
        info.ipi_spec_dst = info.ipi_addr;
        memcpy(CMSG_DATA(c), &info, sizeof info);
    }
    return info.ipi_addr.s_addr;
}

static void serve(int fd)
{
    static uint8_t in[BATCH][MESSAGE_BYTES], out[BATCH][ANSWER_BYTES], control[BATCH][CONTROL_BYTES];
    static struct sockaddr_in from[BATCH];
    static struct iovec in_parts[BATCH], out_parts[BATCH];
    struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        in_parts[i] = (struct iovec){in[i], MESSAGE_BYTES};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                              .msg_namelen = sizeof from[i],
                                              .msg_iov = &in_parts[i],
                                              .msg_iovlen = 1,
                                              .msg_control = control[i],
                                              .msg_controllen = CONTROL_BYTES};
    }
    int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    unsigned answered = 0;
    for (int i = 0; i < n; i++) {
        struct question q;
        struct mmsghdr *m = &messages[i];
        if (!question_read(in[i], m->msg_len, &q))
            continue;
        in_addr_t to = asked_at(&m->msg_hdr);
        count(&q, to);
        out_parts[answered] = (struct iovec){out[i], answer_write(&q, in[i], labels_at(to), out[i])};
        m->msg_hdr.msg_iov = &out_parts[answered];
        messages[answered++] = *m;
    }
    for (unsigned sent = 0; sent < answered;) {
        int k = sendmmsg(fd, messages + sent, answered - sent, 0);
        sent += k > 0 ? (unsigned)k : 1; /* who cannot be answered asks again */
    }
}

int main(int argc, char **argv)
{
    if (argc != 6 || inet_pton(AF_INET, argv[4], &root_ip) != 1 || inet_pton(AF_INET, argv[5], &tld_ip) != 1) {
        fprintf(stderr, "usage: names ZONES ANCHOR COUNTS ROOT_IPV4 TLD_IPV4\n");
        return 64;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    zones_read(argv[1]);
    sign_init();
    answer_init();
    write_anchor(argv[2]);
    make_room();
    int fd = listen_on_53();
    puts("ready");
    fflush(stdout);
    for (;;) {
        serve(fd);
        if (asked_for_counts) {
            asked_for_counts = 0;
            write_counts(argv[3]);
        }
    }
}
