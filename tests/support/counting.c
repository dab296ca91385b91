#include "counting.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

static uint64_t calls, bytes;
static bool fails;

static void *counting_malloc(size_t size, void *user)
{
    (void)user;
    calls++;
    bytes += size;
    return fails ? NULL : malloc(size);
}

static void *counting_realloc(void *memory, size_t size, void *user)
{
    (void)user;
    calls++;
    bytes += size;
    return fails ? NULL : realloc(memory, size);
}

static void counting_free(void *memory, void *user)
{
    (void)user;
    free(memory);
}

void counting_start(void)
{
    static const ds_allocator allocator = {sizeof allocator, counting_malloc, counting_realloc, counting_free, NULL};
    calls = bytes = 0;
    CU_ASSERT_FATAL(ds_set_allocator(&allocator, NULL) == DS_OK);
}

uint64_t counting_calls(void)
{
    return calls;
}

uint64_t counting_bytes(void)
{
    return bytes;
}

void counting_fail(void)
{
    fails = true;
}

void counting_stop(void)
{
    fails = false;
    ds_set_allocator(NULL, NULL);
}
