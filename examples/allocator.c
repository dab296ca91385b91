/* An allocator of the host's own, with a budget: what does not fit into it is DS_NOMEM, nothing is lost by that, and the
 * host goes on with a reserve that it has kept. */
#include "example.h"

#include <stddef.h>

enum { BUDGET = 256 * 1024, RESERVE = 64 * 1024, HEAD = sizeof(max_align_t) };
static size_t budget = BUDGET, used; /* one thread here; a host with more counts atomically */

static void *budget_realloc(void *memory, size_t size, void *user)
{
    size_t *block = memory == NULL ? NULL : (size_t *)((char *)memory - HEAD), old = block == NULL ? 0 : *block;
    (void)user;
    if (size > budget || used - old + size > budget)
        return NULL;
    block = realloc(block, size + HEAD);
    if (block == NULL)
        return NULL;
    used += size - old;
    *block = size;
    return (char *)block + HEAD;
}

static void *budget_malloc(size_t size, void *user)
{
    return budget_realloc(NULL, size, user);
}

static void budget_free(void *memory, void *user)
{
    (void)user;
    if (memory == NULL)
        return;
    size_t *block = (size_t *)((char *)memory - HEAD);
    used -= *block;
    free(block);
}

static ds_status fill(ds_model *notes)
{
    ds_status status = DS_OK;
    while (status == DS_OK) {
        ds_record *note = ds_record_new(notes); /* NULL without memory: ds_create() says so */
        ds_record_set(note, "text", ds_string("some sixty bytes of text, so that it does not take too long."));
        status = note == NULL ? DS_NOMEM : ds_create(notes, note, &error);
        ds_record_free(note);
    }
    return status;
}

int main(void)
{
    const ds_allocator allocator = {sizeof allocator, budget_malloc, budget_realloc, budget_free, NULL};
    ds_source *source;
    ds_model *notes;
    uint64_t stored, deleted;
    must(ds_set_allocator(&allocator, &error)); /* before the first source */
    must(ds_source_open("memory", NULL, &source, &error));
    must(ds_model_define(source,
                         "{\"name\": \"Note\", \"properties\": {\"text\": \"string\","
                         " \"id\": {\"type\": \"string\", \"id\": true, \"generated\": true}}}",
                         &notes, &error));
    printf("filled until %s\n", ds_status_name(fill(notes)));
    budget += RESERVE;
    must(ds_count(notes, NULL, &stored, &error));
    printf("%s were stored, in %s\n", stored > 100 ? "hundreds" : "few",
           used <= BUDGET + RESERVE ? "the budget" : "more");
    must(ds_delete(notes, ds_everything(), &deleted, &error));
    printf("all of them were deleted: %s\n", deleted == stored ? "yes" : "no");
    size_t before = used;
    ds_source_close(source);
    printf("and closing frees memory: %s\n", used < before ? "yes" : "no");
    return EXIT_SUCCESS;
}
