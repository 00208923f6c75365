/* The wires of a lab: carry frames from one interface to another after a delay.
 *
 *     wire COMPENSATION_US A:B:CONDITIONS...
 *
 * Each argument is one link between two interfaces of this network namespace,
 * both ways under the same conditions, in the order of the law in conditions.py:
 *
 *     DELAY_US,JITTER_US,LOSS_PPM,MTU,DOWN,BLOCKS
 *
 * MTU 0 is none, BLOCKS is "-" or words joined by "+": ipv4 ipv6 icmp tcp/PORT
 * udp/PORT. A frame is due DELAY_US and a share of JITTER_US after the kernel
 * stamped its arrival, less COMPENSATION_US for what sending and receiving cost.
 * Prints "ready" and what it could get of the machine, then runs until it is killed.
 *
 * Where standard input is a socket it takes one command a packet and answers each:
 * "set LINK CONDITIONS" with "ok", "show LINK" with its conditions; LINK counts
 * from 0. What is on its way when conditions change arrives as it would have.
 *
 * Order: (1) take all that arrived, (2) send all that is due, (3) sleep until
 * shortly before the next frame is due and spin the rest: a timer alone wakes
 * up tens of microseconds late. Frames of one link never overtake each other:
 * none is due before its predecessor, and the heap breaks ties by arrival.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
enum { MAX_FRAME = 65600, MAX_WAITING = 65536, SPIN_NS = 60000, MAX_LINKS = 4096, MAX_PORTS = 8 };
enum { TIMER = -1, COMMANDS = -2, ETHERNET = 14, TCP = 6, UDP = 17, ICMP4 = 1, ICMP6 = 58, BGP = 179 };

struct frame { int64_t due; uint64_t order; int out; ssize_t size; unsigned char data[]; };
struct end { int fd; int64_t last_due; };
struct link {
    long long delay_us, jitter_us, loss_ppm, mtu, down;
    int ipv4, ipv6, icmp, ports, protocol[MAX_PORTS], port[MAX_PORTS];
    char blocks[128];
};
struct packet { int version, protocol, icmp_type, source, target; };

static struct end ends[2 * MAX_LINKS]; /* link n has the ends 2n and 2n + 1 */
static struct link links[MAX_LINKS];
static struct frame *heap[MAX_WAITING];
static int waiting, count;
static uint64_t arrivals;

static void die(const char *what) { perror(what); exit(1); }

static int64_t now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int earlier(const struct frame *a, const struct frame *b) {
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void push(struct frame *f) {
    int i = waiting++;
    for (; i && earlier(f, heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = f;
}

static struct frame *pop(void) {
    struct frame *first = heap[0], *last = heap[--waiting];
    int i = 0, child;
    while ((child = 2 * i + 1) < waiting) {
        if (child + 1 < waiting && earlier(heap[child + 1], heap[child])) child++;
        if (!earlier(heap[child], last)) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

static int open_end(const char *name) {
    int on = 1, buffer = 4 << 20;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
                              .sll_ifindex = if_nametoindex(name) };
    if (fd < 0 || !at.sll_ifindex) die(name);
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on)) die("ignore outgoing");
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on)) die("timestamps");
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (bind(fd, (struct sockaddr *)&at, sizeof at)) die("bind");
    return fd;
}

static int read_block(struct link *l, const char *word) {
    char tail;
    if (!strcmp(word, "ipv4")) l->ipv4 = 1;
    else if (!strcmp(word, "ipv6")) l->ipv6 = 1;
    else if (!strcmp(word, "icmp")) l->icmp = 1;
    else {
        int at = l->ports;
        if (at == MAX_PORTS || (strncmp(word, "tcp/", 4) && strncmp(word, "udp/", 4))) return 0;
        if (sscanf(word + 4, "%d%c", &l->port[at], &tail) != 1) return 0;
        l->protocol[at] = *word == 't' ? TCP : UDP;
        l->ports++;
    }
    return 1;
}

/* Fills in what CONDITIONS say; leaves the link alone and returns 0 when they are none. */
static int read_conditions(struct link *link, const char *text) {
    struct link l = { 0 };
    char words[sizeof l.blocks], tail, *rest = words;
    if (sscanf(text, "%lld,%lld,%lld,%lld,%lld,%127s%c", &l.delay_us, &l.jitter_us, &l.loss_ppm,
               &l.mtu, &l.down, l.blocks, &tail) != 6) return 0;
    if (l.delay_us < 0 || l.jitter_us < 0 || l.loss_ppm < 0 || l.mtu < 0) return 0;
    strcpy(words, l.blocks);
    if (strcmp(words, "-"))
        for (char *word; (word = strsep(&rest, "+"));)
            if (!read_block(&l, word)) return 0;
    *link = l;
    return 1;
}

static void add_link(char *text) {
    char *a = strtok(text, ":"), *b = strtok(NULL, ":"), *conditions = strtok(NULL, ":");
    if (!a || !b || !conditions || count == MAX_LINKS || !read_conditions(&links[count], conditions)) {
        fprintf(stderr, "bad link\n");
        exit(2);
    }
    ends[2 * count] = (struct end){ open_end(a), 0 };
    ends[2 * count + 1] = (struct end){ open_end(b), 0 };
    count++;
}

/* One command, answered. Returns 0 when nobody will ever send another. */
static int obey(void) {
    char text[512], answer[256] = "error";
    int n, at = 0;
    ssize_t size = read(0, text, sizeof text - 1);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (!size) return 0;
    text[size] = 0;
    if (sscanf(text, "set %d %n", &n, &at) == 1 && at && n >= 0 && n < count) {
        if (read_conditions(&links[n], text + at)) strcpy(answer, "ok");
    } else if (sscanf(text, "show %d", &n) == 1 && n >= 0 && n < count) {
        struct link *l = &links[n];
        snprintf(answer, sizeof answer, "%lld,%lld,%lld,%lld,%lld,%s", l->delay_us, l->jitter_us,
                 l->loss_ppm, l->mtu, l->down, l->blocks);
    }
    return write(0, answer, strlen(answer)) >= 0;
}

static struct packet look(const unsigned char *frame, ssize_t size) {
    struct packet p = { 0 };
    const unsigned char *ip = frame + ETHERNET, *rest;
    if (size < ETHERNET + 40 && !(size >= ETHERNET + 20 && frame[12] == 8)) return p;
    if (frame[12] == 0x08 && frame[13] == 0x00) {
        p.version = 4;
        if ((ip[6] & 0x1f) || ip[7]) return p; /* a later fragment shows no ports */
        p.protocol = ip[9];
        rest = ip + 4 * (ip[0] & 15);
    } else if (frame[12] == 0x86 && frame[13] == 0xdd) {
        p.version = 6;
        p.protocol = ip[6];
        rest = ip + 40;
    } else return p;
    if (rest + 4 > frame + size) return p;
    p.icmp_type = rest[0];
    p.source = rest[0] << 8 | rest[1];
    p.target = rest[2] << 8 | rest[3];
    return p;
}

static int blocked(const struct link *l, const struct packet *p) {
    if ((l->ipv4 && p->version == 4) || (l->ipv6 && p->version == 6)) return 1;
    if (l->icmp && (p->protocol == ICMP4 || (p->protocol == ICMP6 && p->icmp_type < 130))) return 1;
    for (int i = 0; i < l->ports; i++)
        if (p->protocol == l->protocol[i] && p->target == l->port[i]) return 1;
    return 0;
}

static uint32_t chance(uint32_t below) {
    static uint64_t state = 0x9e3779b97f4a7c15u; /* xorshift64*, the same in every run */
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return (state * 0x2545f4914f6cdd1du >> 32) * below >> 32;
}

/* Whether the link lets a frame in (rules 1 to 3). */
static int takes(const struct link *l, const unsigned char *frame, ssize_t size) {
    if (l->down) return 0;
    int large = l->mtu && size - ETHERNET > l->mtu;
    if (large || l->ipv4 || l->ipv6 || l->icmp || l->ports) {
        struct packet p = look(frame, size);
        int spared = p.protocol == TCP && (p.source == BGP || p.target == BGP);
        if (!spared && (large || blocked(l, &p))) return 0;
    }
    return !l->loss_ppm || chance(1000000) >= l->loss_ppm;
}

/* When the frame came in, on the clock that never steps: a stamp outside [now - 1 s, now] is not believed. */
static int64_t arrival(struct msghdr *message) {
    int64_t mono = now(CLOCK_MONOTONIC), age = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            age = now(CLOCK_REALTIME) - (t.tv_sec * 1000000000LL + t.tv_nsec);
        }
    return age < 0 || age > 1000000000LL ? mono : mono - age;
}

static void take(int in, int64_t compensation_ns) {
    static unsigned char data[MAX_FRAME], control[256];
    for (;;) {
        struct iovec part = { data, sizeof data };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
                                  .msg_control = control, .msg_controllen = sizeof control };
        ssize_t size = recvmsg(ends[in].fd, &message, 0);
        if (size < 0) return;
        const struct link *link = &links[in / 2];
        if (!takes(link, data, size)) continue;
        if (waiting == MAX_WAITING) continue; /* a full wire drops, like a real one */
        struct frame *f = malloc(sizeof *f + size);
        if (!f) die("malloc");
        int64_t wait = link->delay_us * 1000 - compensation_ns;
        if (link->jitter_us) wait += chance(link->jitter_us) * 1000LL;
        f->due = arrival(&message) + (wait > 0 ? wait : 0);
        if (f->due < ends[in].last_due) f->due = ends[in].last_due;
        ends[in].last_due = f->due;
        f->order = arrivals++;
        f->out = ends[in ^ 1].fd;
        f->size = size;
        memcpy(f->data, data, size);
        push(f);
    }
}

static const char *hold_latency(void) {
    int32_t zero = 0;
    int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, &zero, sizeof zero) == sizeof zero ? "latency=held" : "latency=default";
}

static const char *hurry(void) {
    struct sched_param high = { .sched_priority = 10 };
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (!sched_setscheduler(0, SCHED_FIFO, &high)) return "priority=realtime";
    return setpriority(PRIO_PROCESS, 0, -15) ? "priority=normal" : "priority=nice";
}

int main(int argc, char **argv) {
    if (argc < 3) { fprintf(stderr, "usage: wire COMPENSATION_US A:B:CONDITIONS...\n"); return 2; }
    int64_t compensation_ns = atoll(argv[1]) * 1000;
    for (int i = 2; i < argc; i++) add_link(argv[i]);
    int poll = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = TIMER };
    if (poll < 0 || timer < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event)) die("epoll");
    for (int i = 0; i < 2 * count; i++) {
        event.data.fd = i;
        if (epoll_ctl(poll, EPOLL_CTL_ADD, ends[i].fd, &event)) die("epoll");
    }
    event.data.fd = COMMANDS;
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &event); /* fails for what is no socket: then nobody asks */
    printf("ready %s %s\n", hold_latency(), hurry());
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[64];
        int64_t wait = waiting ? heap[0]->due - now(CLOCK_MONOTONIC) : -1;
        if (waiting && wait > SPIN_NS) {
            int64_t at = heap[0]->due - SPIN_NS;
            struct itimerspec alarm = { .it_value = { at / 1000000000LL, at % 1000000000LL } };
            timerfd_settime(timer, TFD_TIMER_ABSTIME, &alarm, NULL);
        }
        int found = epoll_wait(poll, ready, 64, waiting && wait <= SPIN_NS ? 0 : -1);
        if (found < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < found; i++) {
            uint64_t expirations;
            if (ready[i].data.fd >= 0) take(ready[i].data.fd, compensation_ns);
            else if (ready[i].data.fd == COMMANDS) {
                if (!obey()) epoll_ctl(poll, EPOLL_CTL_DEL, 0, NULL);
            } else if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("timer");
        }
        while (waiting && heap[0]->due <= now(CLOCK_MONOTONIC)) {
            struct frame *f = pop();
            if (send(f->out, f->data, f->size, 0) < 0 && errno == EBADF) die("send");
            free(f);
        }
    }
}
