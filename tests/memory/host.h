/* A host in few words: sources, models and records for the tests of the memory connector. What must not fail ends the
 * test program with its sentence. */
#ifndef TESTS_MEMORY_HOST_H
#define TESTS_MEMORY_HOST_H

#include <datasource/datasource.h>

extern ds_error host_error; /* of the last call here or in a test that passes it; a program with threads has its own */

ds_source *host_open(const char *file /* NULL: none */);
ds_model *host_model(ds_source *, const char *definition);
ds_record *host_record(const ds_model *, const char *json);
ds_status host_create(ds_model *, const char *json);
ds_status host_upsert(ds_model *, const char *json);
ds_status host_replace(ds_model *, ds_value id, const char *json);
ds_status host_update(ds_model *, ds_value id, const char *json);
ds_status host_update_where(ds_model *, const char *where, const char *json, uint64_t *count);
ds_status host_delete_where(ds_model *, const char *where, uint64_t *count);
uint64_t host_count(ds_model *, const char *where /* NULL: all */);
/* What a query finds, a JSON line each, for free(). */
char *host_find(ds_model *, const char *query);
/* Likewise, in order of the lines. */
char *host_find_sorted(ds_model *, const char *query);
char *host_get(ds_model *, ds_value id); /* "" where it is not there; for free() */
/* The member of the plan, or of the statistics: "walk"; for free(). */
char *host_access(ds_model *, const char *where);
long long host_stat(ds_source *, const char *member); /* -1: not there */
/* Asks again and again until it is so; false after 20 s. */
bool host_await(bool (*is_so)(void *user), void *user);

#define HOST_FINDS(model, query, lines)                                                                                \
    do {                                                                                                               \
        char *found_ = host_find(model, query);                                                                        \
        if (strcmp(found_, lines) != 0)                                                                                \
            printf("\n%s\nfound:\n%s", query, found_);                                                                 \
        CU_ASSERT_STRING_EQUAL(found_, lines);                                                                         \
        free(found_);                                                                                                  \
    } while (0)

#endif
