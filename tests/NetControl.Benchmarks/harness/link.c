/* link: a bad wire between two network namespaces, for kernels without netem.
 *   link NS-A TUN-A NS-B TUN-B delay-ms loss-% reorder-% hold-ms duplicate-% seed
 * Packets cross one TUN to the other, one for one (no super-segments), delayed by delay-ms; each is lost, held up by up to hold-ms more, or doubled
 * by its own chance. Configure the interfaces when "ready" appears. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 65536
struct packet { int64_t due; uint64_t order; int to, length; unsigned char bytes[1500]; };
static struct packet *heap[SLOTS], *spare[SLOTS];
static int count, spares;
static uint64_t state, order;

static double chance(void)
{
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    return ((state * 0x2545F4914F6CDD1DULL) >> 11) / 9007199254740992.0;
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int before(const struct packet *a, const struct packet *b) { return a->due != b->due ? a->due < b->due : a->order < b->order; }

static void add(struct packet *p)
{
    int i = count++;
    p->order = order++;
    for (; i && before(p, heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = p;
}

static struct packet *take(void)
{
    struct packet *first = heap[0], *last = heap[--count];
    int i = 0, child;
    while ((child = 2 * i + 1) < count) {
        if (child + 1 < count && before(heap[child + 1], heap[child])) child++;
        if (!before(heap[child], last)) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

static int open_tun(const char *ns, const char *name)
{
    char path[128];
    struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    snprintf(path, sizeof path, "/run/netns/%s", ns);
    int n = open(path, O_RDONLY), f = -1;
    strncpy(r.ifr_name, name, IFNAMSIZ - 1);
    if (n >= 0 && !setns(n, CLONE_NEWNET)) f = open("/dev/net/tun", O_RDWR | O_NONBLOCK); /* it belongs to where it is opened */
    if (f < 0 || ioctl(f, TUNSETIFF, &r)) { perror(name); exit(1); }
    close(n);
    return f;
}

int main(int argc, char **argv)
{
    if (argc != 11) { fprintf(stderr, "link NS-A TUN-A NS-B TUN-B delay-ms loss-%% reorder-%% hold-ms duplicate-%% seed\n"); return 2; }
    struct pollfd f[2] = { { open_tun(argv[1], argv[2]), POLLIN, 0 }, { open_tun(argv[3], argv[4]), POLLIN, 0 } };
    double delay = atof(argv[5]) * 1e6, loss = atof(argv[6]) / 100, reorder = atof(argv[7]) / 100, hold = atof(argv[8]) * 1e6, twice = atof(argv[9]) / 100;
    state = strtoull(argv[10], 0, 10) * 0x9E3779B97F4A7C15ULL | 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        int64_t at = now(), wait = count ? heap[0]->due - at : 1000000000;
        struct timespec t = { 0, wait < 0 ? 0 : wait > 999999999 ? 999999999 : wait };
        if (ppoll(f, 2, &t, 0) < 0) return 1;
        at = now();
        for (int i = 0; i < 2; i++)
            for (int n = 0; n < 64 && count < SLOTS - 2; n++) {
                struct packet *p = spares ? spare[--spares] : malloc(sizeof *p);
                p->length = read(f[i].fd, p->bytes, sizeof p->bytes);
                p->to = !i;
                if (p->length <= 0 || chance() < loss) {
                    spare[spares++] = p;
                    if (p->length <= 0) break;
                    continue;
                }
                if (chance() < twice) {
                    struct packet *again = spares ? spare[--spares] : malloc(sizeof *again);
                    memcpy(again, p, sizeof *p);
                    again->due = at + delay + chance() * hold;
                    add(again);
                }
                p->due = at + delay + (chance() < reorder ? chance() * hold : 0);
                add(p);
            }
        while (count && heap[0]->due <= at) {
            struct packet *p = take();
            if (write(f[p->to].fd, p->bytes, p->length) < 0) { /* the other side's queue is full: one more loss */ }
            spare[spares++] = p;
        }
    }
}
