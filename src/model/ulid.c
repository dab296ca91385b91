/* ULIDs (https://github.com/ulid/spec): 48 bits of Unix ms, then 80 bits that keep them apart and, within a process, in
 * order. The first 16 of the 80 count within a millisecond from a random start, the other 64 come from the kernel each
 * time: so there is no lock to be held across a fork, and a child does not repeat what its parent made. */
#include "model/record.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define COUNTER_BITS 16

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void random_fill(uint64_t random[2])
{
    char *next = (char *)random;
    for (size_t left = 2 * sizeof random[0]; left != 0;) {
        ssize_t got = getrandom(next, left, 0);
        if (got > 0) {
            next += got;
            left -= (size_t)got;
        } else if (errno != EINTR) { /* a kernel without it (before 3.17), or a filter of system calls */
            random[0] = clock_ns(CLOCK_MONOTONIC) ^ (uint64_t)getpid() << 32;
            random[1] = clock_ns(CLOCK_REALTIME);
            return;
        }
    }
}

/* Time and counter, larger than any before: the counter runs over into the time, which then is ahead of the clock. Its
 * first bit starts as 0, so that a millisecond has room for 32,768 at least. */
static uint64_t next_prefix(uint16_t start)
{
    static _Atomic uint64_t last;
    uint64_t ms = clock_ns(CLOCK_REALTIME) / 1000000u;
    uint64_t fresh = ms << COUNTER_BITS | (start & 0x7fffu);
    uint64_t before = atomic_load(&last);
    uint64_t next;
    do
        next = before >> COUNTER_BITS >= ms ? before + 1 : fresh;
    while (!atomic_compare_exchange_weak(&last, &before, next));
    return next;
}

void ulid_make(char out[27])
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t random[2];
    random_fill(random);
    uint64_t high = next_prefix((uint16_t)random[1]), low = random[0];
    for (int i = 25; i >= 0; i--) {
        out[i] = digits[low & 31];
        low = low >> 5 | high << 59;
        high >>= 5;
    }
    out[26] = '\0';
}
