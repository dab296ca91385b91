#include "failing.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct counts {
    size_t left, live;
    bool failed;
} counts;

static bool may_allocate(counts *c)
{
    if (c->left == 0)
        c->failed = true;
    else
        c->left--;
    return !c->failed; /* as it is when memory is out: nothing more is to be had */
}

static void *failing_malloc(size_t size, void *user)
{
    counts *c = user;
    void *memory = may_allocate(c) ? malloc(size) : NULL;
    c->live += memory != NULL;
    return memory;
}

static void *failing_realloc(void *memory, size_t size, void *user)
{
    counts *c = user;
    void *moved = may_allocate(c) ? realloc(memory, size) : NULL;
    c->live += memory == NULL && moved != NULL;
    return moved;
}

static void failing_free(void *memory, void *user)
{
    counts *c = user;
    c->live -= memory != NULL;
    free(memory);
}

bool failing_everywhere(ds_status (*run)(void *user, ds_error *err), void *user, size_t *allocations)
{
    counts c = {0};
    const ds_allocator allocator = {sizeof allocator, failing_malloc, failing_realloc, failing_free, &c};
    bool right = ds_set_allocator(&allocator, NULL) == DS_OK;
    size_t n = 0;
    for (bool done = false; right && !done; n++) {
        ds_error err = {0};
        c = (counts){.left = n};
        ds_status status = run(user, &err);
        done = !c.failed;
        right = c.live == 0 && status == (done ? DS_OK : DS_NOMEM) && err.status == status;
        if (!right)
            printf("\nallocation %zu fails: %s, \"%s\", %zu live", n, ds_status_name(status), err.message, c.live);
    }
    ds_set_allocator(NULL, NULL);
    if (allocations != NULL)
        *allocations = n - 1;
    return right;
}
