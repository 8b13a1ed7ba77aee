/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delay - a line with a length: joins two TUN devices and holds every packet for a while.
 *
 *   delay DEVICE DEVICE MS
 *
 * Takes both devices, which exist (ip tuntap add), says "ready" on standard output, and hands over what
 * goes into one at the other MS milliseconds later, in both directions, until it is killed. Either
 * device may be moved to another network namespace after that. This is what tc's netem does, on
 * kernels that were built without it too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_BYTES = 2048, PACKETS_MAX = 4096 };

struct packet {
    int64_t due_ns;
    size_t n;
    uint8_t bytes[PACKET_BYTES];
};

/* What came out of one device and waits for its time: a ring, in order, because all wait equally long. */
struct direction {
    int from, to;
    size_t first, count;
    struct packet packets[PACKETS_MAX];
};

static struct direction directions[2];

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int take_device(const char *name)
{
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
        fprintf(stderr, "delay: %s: %s\n", name, strerror(errno));
        exit(1);
    }
    return fd;
}

/* A full ring drops, as a full router does. */
static void take_in(struct direction *d, int64_t delay_ns)
{
    for (;;) {
        struct packet *p = &d->packets[(d->first + d->count) % PACKETS_MAX], dropped;
        if (d->count == PACKETS_MAX)
            p = &dropped;
        ssize_t n = read(d->from, p->bytes, PACKET_BYTES);
        if (n <= 0)
            return;
        p->n = (size_t)n;
        p->due_ns = now_ns() + delay_ns;
        d->count += p != &dropped;
    }
}

static void hand_over(struct direction *d)
{
    for (; d->count && d->packets[d->first].due_ns <= now_ns(); d->count--) {
        struct packet *p = &d->packets[d->first];
        if (write(d->to, p->bytes, p->n) < 0 && errno != EIO)
            perror("delay: a packet is lost");
        d->first = (d->first + 1) % PACKETS_MAX;
    }
}

static const struct timespec *next_due(struct timespec *wait)
{
    int64_t now = now_ns(), due = INT64_MAX;
    for (int i = 0; i < 2; i++)
        if (directions[i].count && directions[i].packets[directions[i].first].due_ns < due)
            due = directions[i].packets[directions[i].first].due_ns;
    if (due == INT64_MAX)
        return NULL;
    int64_t left = due > now ? due - now : 0;
    *wait = (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    return wait;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: delay DEVICE DEVICE MS\n");
        return 64;
    }
    int64_t delay_ns = strtol(argv[3], NULL, 10) * 1000000;
    int one = take_device(argv[1]), other = take_device(argv[2]);
    directions[0].from = directions[1].to = one;
    directions[0].to = directions[1].from = other;
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct timespec wait;
        struct pollfd ready[2] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};
        ppoll(ready, 2, next_due(&wait), NULL);
        for (int i = 0; i < 2; i++) {
            take_in(&directions[i], delay_ns);
            hand_over(&directions[i]);
        }
    }
}
