/* Four threads that create records by the ten thousand, and one that finds by id, on one connection: how long its finds take,
 * and how many commands of the others the server ran between two of them, by its own log. */
#include <datasource/datasource.h>

#include "process.h"
#include "redis_server.h"
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITERS = 4, RECORDS = 10000, TURN = 256, FINDS_MOST = 100000, TRIES_MOST = 5 };

static const char DEFINITION[] = "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                                 "\"text\": \"string\", \"n\": \"integer\"}}";
static redis_server *server;

typedef struct writer {
    ds_model *model;
    int number;
    atomic_uint *left;
    pthread_barrier_t *start;
    pthread_t thread;
} writer;

static ds_record *make(ds_model *model, int number, int i)
{
    char id[32], text[64];
    ds_record *record = ds_record_new(model);
    snprintf(id, sizeof id, "w%d-%d", number, i);
    snprintf(text, sizeof text, "the record %d of the writer %d", i, number);
    ds_record_set(record, "id", ds_string(id));
    ds_record_set(record, "text", ds_string(text));
    ds_record_set(record, "n", ds_integer(i));
    return record;
}

static void *write_all(void *user)
{
    writer *w = user;
    size_t created = 0;
    ds_error error = {0};
    ds_record **records = calloc(RECORDS, sizeof *records);
    for (int i = 0; i < RECORDS; i++)
        records[i] = make(w->model, w->number, i);
    pthread_barrier_wait(w->start);
    CU_ASSERT_EQUAL(ds_create_all(w->model, records, RECORDS, &created, &error), DS_OK);
    atomic_fetch_sub(w->left, 1);
    CU_ASSERT_EQUAL(created, RECORDS);
    for (int i = 0; i < RECORDS; i++)
        ds_record_free(records[i]);
    free(records);
    return NULL;
}

static size_t find_while(ds_model *model, atomic_uint *left, double *took)
{
    size_t count = 0;
    while (atomic_load(left) > 0 && count < FINDS_MOST) {
        ds_error error = {0};
        ds_record *found = NULL;
        double started = now_ms();
        CU_ASSERT_EQUAL_FATAL(ds_find_by_id(model, ds_string("sought"), &found, &error), DS_OK);
        took[count++] = now_ms() - started;
        ds_record_free(found);
    }
    return count;
}

/* ---- what the server says ---- */

typedef struct entry {
    long id;
    bool is_find, is_write; /* what a script does is logged too */
} entry;

static int by_id(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static const char *next_line(const char *at)
{
    const char *end = at == NULL ? NULL : strchr(at, '\n'); /* strstr() of a sanitizer reads all that follows */
    return end == NULL ? NULL : end + 1;
}

/* SLOWLOG GET of all: "*6", the number, when, how long, "*<arguments>", "$<length>", the name. */
static size_t read_log(entry **out)
{
    size_t count = 0, room = 1000;
    char *log = redis_server_command(server, "SLOWLOG GET -1");
    entry *entries = calloc(room, sizeof *entries);
    for (const char *at = log; at != NULL; at = next_line(at)) {
        if (strncmp(at, "*6\r\n:", 5) != 0)
            continue;
        at = next_line(at);
        long id = atol(at + 1);
        for (int line = 0; line < 5; line++)
            at = next_line(at);
        if (at == NULL)
            break;
        if (count == room)
            entries = realloc(entries, (room *= 2) * sizeof *entries);
        entries[count++] =
            (entry){.id = id, .is_find = strncmp(at, "HGETALL", 7) == 0, .is_write = strncmp(at, "EVAL", 4) == 0};
    }
    free(log);
    qsort(entries, count, sizeof *entries, by_id);
    *out = entries;
    return count;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The writes between two finds, of which there are `count`. */
static size_t gaps(double *between)
{
    entry *entries;
    size_t logged = read_log(&entries), count = 0, since = 0;
    bool has_begun = false;
    for (size_t i = 0; i < logged; i++) {
        since += entries[i].is_write;
        if (!entries[i].is_find)
            continue;
        if (has_begun && count < FINDS_MOST)
            between[count++] = (double)since;
        has_begun = true;
        since = 0;
    }
    free(entries);
    return count;
}

static ds_model *open_model(ds_source **source)
{
    char settings[128];
    ds_error error = {0};
    ds_model *model = NULL;
    snprintf(settings, sizeof settings, "{\"port\": %d, \"commandTimeout\": 60000}", server->port);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, source, &error), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_model_define(*source, DEFINITION, &model, &error), DS_OK);
    ds_record *sought = make(model, 99, 0);
    ds_record_set(sought, "id", ds_string("sought"));
    CU_ASSERT_EQUAL(ds_create(model, sought, &error), DS_OK);
    ds_record_free(sought);
    return model;
}

/* The median of the writes between two finds, where there were any. */
static double tell(size_t finds, double *took)
{
    static double between[FINDS_MOST];
    size_t count = gaps(between), busy = 0;
    qsort(took, finds, sizeof *took, ascending);
    qsort(between, count, sizeof *between, ascending);
    while (busy < count && between[busy] == 0) /* before the writers began, and between their rounds */
        busy++;
    CU_ASSERT_FATAL(finds > 0 && count > busy);
    double middle = between[busy + (count - busy) / 2];
    printf(
        "\n%zu finds: %.2f ms (median; %.2f at most); %zu times writes were between two: %.0f (median; %.0f at most)\n",
        finds, took[finds / 2], took[finds - 1], count - busy, middle, between[count - 1]);
    return middle;
}

static double among_writers(void)
{
    static double took[FINDS_MOST];
    ds_source *source = NULL;
    writer writers[WRITERS];
    atomic_uint left = WRITERS;
    pthread_barrier_t start;
    free(redis_server_command(server, "FLUSHALL"));
    ds_model *model = open_model(&source);
    pthread_barrier_init(&start, NULL, WRITERS + 1);
    free(redis_server_command(server, "SLOWLOG RESET"));
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){.model = model, .number = i, .left = &left, .start = &start};
        pthread_create(&writers[i].thread, NULL, write_all, &writers[i]);
    }
    pthread_barrier_wait(&start);
    size_t finds = find_while(model, &left, took);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    double middle = tell(finds, took);
    pthread_barrier_destroy(&start);
    ds_source_close(source);
    return middle;
}

/* A turn of each writer, and one that began before the find was seen. On a busy machine the finder waits for a processor while
 * the others go on, which is no matter of turns: so it may be tried again. */
static void not_starved(void)
{
    int tries = 0;
    while (among_writers() > 2 * WRITERS * TURN && tries < TRIES_MOST)
        tries++;
    CU_ASSERT(tries < TRIES_MOST);
}

int main(void)
{
    static const test tests[] = {{"four threads with batches do not starve one that finds by id", not_starved}};
    static const char *const options[] = {"--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000000", NULL};
    server = redis_server_start(options);
    int status = SUITE_RUN("starving", tests);
    redis_server_stop(server);
    return status;
}
