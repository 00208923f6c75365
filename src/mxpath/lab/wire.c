/* The wires of a lab: carry frames from one interface to another after a delay.
 *
 *     wire COMPENSATION_US A:B:DELAY_US...
 *
 * Each argument is one link between two interfaces of this network namespace
 * with its one-way delay. A frame is due DELAY_US after the kernel stamped its
 * arrival, less COMPENSATION_US for what sending and receiving cost. Prints
 * "ready" and what it could get of the machine, then runs until it is killed.
 *
 * Order: (1) take all that arrived, (2) send all that is due, (3) sleep until
 * shortly before the next frame is due and spin the rest: a timer alone wakes
 * up tens of microseconds late. Frames of one link never overtake each other,
 * as the heap breaks ties by arrival.
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
enum { MAX_FRAME = 65600, MAX_WAITING = 65536, SPIN_NS = 60000, MAX_ENDS = 8192 };

struct frame { int64_t due; uint64_t order; int out; ssize_t size; unsigned char data[]; };
struct end { int fd; int other; int64_t delay_ns; };

static struct end ends[MAX_ENDS];
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

static void add_link(char *text) {
    char *a = strtok(text, ":"), *b = strtok(NULL, ":"), *delay = strtok(NULL, ":");
    if (!a || !b || !delay || count + 2 > MAX_ENDS) { fprintf(stderr, "bad link\n"); exit(2); }
    int64_t ns = atoll(delay) * 1000;
    ends[count] = (struct end){ open_end(a), count + 1, ns };
    ends[count + 1] = (struct end){ open_end(b), count, ns };
    count += 2;
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
        if (waiting == MAX_WAITING) continue; /* a full wire drops, like a real one */
        struct frame *f = malloc(sizeof *f + size);
        if (!f) die("malloc");
        int64_t wait = ends[in].delay_ns - compensation_ns;
        f->due = arrival(&message) + (wait > 0 ? wait : 0);
        f->order = arrivals++;
        f->out = ends[ends[in].other].fd;
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
    if (argc < 3) { fprintf(stderr, "usage: wire COMPENSATION_US A:B:DELAY_US...\n"); return 2; }
    int64_t compensation_ns = atoll(argv[1]) * 1000;
    for (int i = 2; i < argc; i++) add_link(argv[i]);
    int poll = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = -1 };
    if (poll < 0 || timer < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event)) die("epoll");
    for (int i = 0; i < count; i++) {
        event.data.fd = i;
        if (epoll_ctl(poll, EPOLL_CTL_ADD, ends[i].fd, &event)) die("epoll");
    }
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
            else if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("timer");
        }
        while (waiting && heap[0]->due <= now(CLOCK_MONOTONIC)) {
            struct frame *f = pop();
            if (send(f->out, f->data, f->size, 0) < 0 && errno == EBADF) die("send");
            free(f);
        }
    }
}
