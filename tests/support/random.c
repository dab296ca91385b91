#include "random.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t state;

void random_start(void)
{
    const char *given = getenv("DS_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    state = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)now.tv_sec * 1000000007u ^ (uint64_t)now.tv_nsec;
    printf("DS_SEED=%" PRIu64 "\n", state);
}

/* A counter, stirred: every seed is as good as another. */
static uint64_t step(uint64_t *counter)
{
    *counter += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t bits = *counter;
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    return bits ^ (bits >> 31);
}

uint64_t random_bits(void)
{
    return step(&state);
}

size_t random_own(uint64_t *own, size_t limit)
{
    return (size_t)(step(own) % limit);
}

size_t random_below(size_t limit)
{
    return random_own(&state, limit);
}

double random_double(void)
{
    double number;
    do {
        uint64_t bits = random_bits();
        memcpy(&number, &bits, sizeof number);
    } while (!isfinite(number));
    switch (random_below(8)) {
    case 0:
        return (double)((int64_t)random_below(2001) - 1000);
    case 1:
        return (double)((int64_t)random_below(2000001) - 1000000) / 1000;
    case 2:
        return (double)(int64_t)random_bits();
    }
    return number;
}
