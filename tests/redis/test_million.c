/* What does not grow with the records: the commands and the time of a find by an index, and the memory of a walk. There are a
 * million, but under a sanitizer 50,000, and memory is not judged there; times are asserted with TIMED=1 alone. */
#include "world.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char PERSON[] =
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true, \"generated\": true}, "
    "\"email\": "
    "{\"type\": \"string\", \"index\": true}, \"age\": {\"type\": \"integer\", \"index\": true}, \"height\": "
    "{\"type\": \"number\", "
    "\"index\": true}, \"born\": {\"type\": \"date\", \"index\": true}, \"about\": \"string\"}}";

#define FEW 10000
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define MANY          50000
#define MEMORY_COUNTS false /* what is freed is kept aside */
#else
#define MANY          1000000
#define MEMORY_COUNTS true
#endif
static ds_source *source;
static ds_model *model;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* age is a number of its own for each record, spread over all. */
static void fill(int from, int to)
{
    ds_record *records[2000];
    while (from < to) {
        size_t count = 0;
        for (; from < to && count < 2000; from++, count++) {
            ds_record *record = ds_record_new(model);
            char email[40];
            snprintf(email, sizeof email, "user%07d@example.org", from);
            ds_record_set(record, "email", ds_string(email));
            ds_record_set(record, "age", ds_integer(from));
            ds_record_set(record, "height", ds_number(from * 0.25));
            ds_record_set(record, "born", ds_date((int64_t)from * 60000));
            ds_record_set(record, "about", ds_string("somebody"));
            records[count] = record;
        }
        CHECK_OK(ds_create_all(model, records, count, NULL, &last));
        while (count > 0)
            ds_record_free(records[--count]);
    }
}

/* ---- finds ---- */

typedef struct asked {
    const char *json;
    size_t finds;
    bool takes_mark;
} asked;
static const asked questions[] = {{"{\"where\":{\"email\":\"user0000777@example.org\"}}", 1, false},
                                  {"{\"where\":{\"age\":{\"between\":[5000,5019]}}}", 20, false},
                                  {"{\"where\":{\"born\":{\"gte\":\"1970-01-02\"}},\"limit\":20}", 20, false},
                                  {"{\"order\":\"height DESC\",\"limit\":20}", 20, false},
                                  {"{\"order\":\"age\",\"limit\":20,\"skip\":8000}", 20, false},
                                  {"{\"order\":\"email\",\"limit\":20}", 20, true}};
#define QUESTIONS (sizeof questions / sizeof *questions)

static size_t find_once(const ds_query *query, char **mark)
{
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    size_t count = 0;
    CHECK_OK(ds_find(model, query, &cursor, &last));
    while (ds_cursor_next(cursor, &record, &last) == DS_OK && record != NULL)
        count++;
    if (mark != NULL)
        *mark = ds_cursor_mark(cursor);
    ds_cursor_close(cursor);
    return count;
}

static unsigned long long commands(void)
{
    const char *at = strstr(raw("INFO stats"), "total_commands_processed:");
    return at == NULL ? 0 : strtoull(at + 25, NULL, 10);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A question, asked of one of the models. */
typedef struct asking {
    ds_query *parsed, query;
    char *mark;
    double times[201];
    unsigned long long took;
} asking;

static void begin_asking(asking *self, const asked *of)
{
    CHECK_OK(ds_query_parse(of->json, &self->parsed, &last));
    self->query = *self->parsed;
    self->mark = NULL;
    if (of->takes_mark) {
        find_once(&self->query, &self->mark);
        self->query.after = self->mark;
    }
    CU_ASSERT_EQUAL(find_once(&self->query, NULL), of->finds);
    unsigned long long before = commands();
    CU_ASSERT_EQUAL(find_once(&self->query, NULL), of->finds);
    self->took = commands() - before - 1;
}

static void time_once(asking *self, size_t i)
{
    double start = seconds();
    find_once(&self->query, NULL);
    self->times[i] = seconds() - start;
}

static double end_asking(asking *self)
{
    qsort(self->times, 201, sizeof *self->times, compare_doubles);
    ds_query_free(self->parsed);
    ds_free(self->mark);
    return self->times[100];
}

/* Both in turn, so that whatever else the machine does befalls both. */
static void compare(const asked *of, ds_model *small, ds_model *large)
{
    static asking few, more;
    model = small;
    begin_asking(&few, of);
    model = large;
    begin_asking(&more, of);
    for (size_t i = 0; i < 201; i++) {
        model = small;
        time_once(&few, i);
        model = large;
        time_once(&more, i);
    }
    double a = end_asking(&few), b = end_asking(&more);
    printf("    %5.0f us, %5.0f us with %d: %llu commands, %s\n", a * 1e6, b * 1e6, MANY, more.took, of->json);
    CU_ASSERT_EQUAL(more.took, few.took);
    CU_ASSERT_TRUE(getenv("TIMED") == NULL || b <= 1.5 * a);
}

static ds_model *open_in(const char *database, ds_source **out)
{
    char settings[200];
    snprintf(settings, sizeof settings,
             "{\"url\": \"unix://%s\", \"keyPrefix\": \"m:\", \"commandTimeout\": 60000, \"database\": %s}",
             world_socket(), database);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, out, &last), DS_OK);
    return world_model(*out, PERSON);
}

static void a_find_by_an_index_does_not_grow_with_the_records(void)
{
    ds_source *few = NULL;
    ds_model *small = open_in("8", &few), *large = open_in("9", &source);
    model = small;
    fill(0, FEW);
    model = large;
    fill(0, MANY);
    for (size_t i = 0; i < QUESTIONS; i++)
        compare(&questions[i], small, large);
    model = large;
    ds_source_close(few);
}

/* ---- memory ---- */

static long resident(void)
{
    long pages = 0, all = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void a_walk_over_all_takes_little_memory(void)
{
    static const char *const walks[] = {"{}", "{\"order\":\"age\"}", "{\"where\":{\"age\":{\"gte\":0}}}"};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        ds_query *query = NULL;
        ds_cursor *cursor = NULL;
        const ds_record *record = NULL;
        malloc_trim(0); /* so that nothing that was freed before hides what the walk takes */
        long start = resident(), most = start;
        int count = 0;
        CHECK_OK(ds_query_parse(walks[i], &query, &last));
        CHECK_OK(ds_find(model, query, &cursor, &last));
        while (ds_cursor_next(cursor, &record, &last) == DS_OK && record != NULL)
            if (++count % 1000 == 0) {
                long now = resident();
                most = now > most ? now : most;
            }
        ds_cursor_close(cursor);
        ds_query_free(query);
        CU_ASSERT_EQUAL(count, MANY);
        printf("    %.1f MiB above the start: %s\n", (double)(most - start) / 1048576, walks[i]);
        CU_ASSERT_TRUE(!MEMORY_COUNTS || most - start <= 32 * 1048576);
    }
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"a find by an index does not grow with the records", a_find_by_an_index_does_not_grow_with_the_records},
        {"a walk over all takes little memory", a_walk_over_all_takes_little_memory},
    };
    if (!world_start())
        return 2;
    int result = SUITE_RUN("million", tests);
    world_stop();
    return result;
}
