/* A host on libuv: one loop keeps 100 finds in flight through a queue of 8 threads. Beside it, in turn, 8 threads that call the
 * library directly, so that it shows what the queue costs, and how long the loop was held at most.
 *
 *     loop_libuv SETTINGS-JSON [FINDS-A-ROUND] */
#include "example.h"

#include <pthread.h>
#include <uv.h>

static const char MODELS[] =
    "{\"name\": \"Word\", \"properties\": {"
    "  \"id\": {\"type\": \"integer\", \"id\": true}, \"length\": \"integer\", \"text\": \"string\"}}";

enum { RECORDS = 500, IN_FLIGHT = 100, THREADS = 8, ROUNDS = 5 };

static ds_model *words;
static long finds = 2000; /* a round */

static int64_t id_of(long number)
{
    return number * 7919 % RECORDS;
}

/* What both sides do. */
static ds_status find(int64_t id, int64_t *length, ds_error *err)
{
    ds_record *record;
    ds_status status = ds_find_by_id(words, ds_integer(id), &record, err);
    if (status != DS_OK)
        return status;
    *length = ds_record_get(record, "length").as.integer;
    ds_record_free(record);
    return DS_OK;
}

static void check(int64_t id, int64_t length, ds_status status, const char *message)
{
    if (status == DS_OK && length == 10 * id)
        return;
    fprintf(stderr, "%lld: %s, %s\n", (long long)id, ds_status_name(status), message);
    exit(EXIT_FAILURE);
}

/* ---- through the queue ---- */

typedef struct request {
    int64_t id, length;
} request;

typedef struct host {
    ds_queue *queue;
    uv_poll_t poll;
    request requests[IN_FLIGHT];
    long begun, ended;
    uint64_t held; /* ns, at most, from libuv's call to our return */
} host;

static ds_status find_it(void *user, ds_error *err) /* on a thread of the queue */
{
    request *own = user;
    return find(own->id, &own->length, err);
}

static void begin(host *self, request *one)
{
    one->id = id_of(self->begun++);
    must(ds_queue_submit(self->queue, find_it, one, &error));
}

/* So many in one turn of the loop, so that whatever else the host does has its turn too. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    host *self = poll->data;
    uint64_t start = uv_hrtime();
    ds_completion done = {.size = sizeof done};
    (void)events;
    for (int i = 0; status == 0 && i < IN_FLIGHT && ds_queue_next(self->queue, &done); i++) {
        request *one = done.user;
        check(one->id, one->length, done.status, done.error.message);
        self->ended++;
        if (self->begun < finds)
            begin(self, one);
    }
    if (self->ended == finds || status != 0)
        uv_poll_stop(poll);
    uint64_t held = uv_hrtime() - start;
    if (held > self->held)
        self->held = held;
}

static double a_second(uint64_t start)
{
    return (double)finds * 1e9 / (double)(uv_hrtime() - start);
}

static double round_through_queue(uv_loop_t *loop, host *self)
{
    uint64_t start = uv_hrtime();
    self->begun = self->ended = 0;
    uv_poll_start(&self->poll, UV_READABLE, on_ready);
    for (int i = 0; i < IN_FLIGHT && self->begun < finds; i++)
        begin(self, &self->requests[i]);
    uv_run(loop, UV_RUN_DEFAULT);
    return a_second(start);
}

/* ---- directly ---- */

static void *call_directly(void *first)
{
    ds_error err = {.status = DS_OK};
    for (long i = *(const long *)first; i < finds; i += THREADS) {
        int64_t length = -1;
        ds_status status = find(id_of(i), &length, &err);
        check(id_of(i), length, status, err.message);
    }
    return NULL;
}

static double round_directly(void)
{
    pthread_t threads[THREADS];
    long first[THREADS];
    uint64_t start = uv_hrtime();
    for (int i = 0; i < THREADS; i++) {
        first[i] = i;
        if (pthread_create(&threads[i], NULL, call_directly, &first[i]) != 0)
            exit(EXIT_FAILURE);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return a_second(start);
}

/* ---- the comparison ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *numbers)
{
    qsort(numbers, ROUNDS, sizeof *numbers, by_size);
    return numbers[ROUNDS / 2];
}

static void store_words(void)
{
    for (int i = 0; i < RECORDS; i++) {
        ds_record *record = ds_record_new(words);
        ds_record_set(record, "id", ds_integer(i));
        ds_record_set(record, "length", ds_integer(10 * i));
        ds_record_set(record, "text", ds_string("a text of some length"));
        must(ds_create(words, record, &error));
        ds_record_free(record);
    }
}

int main(int argc, char **argv)
{
    double queued[ROUNDS], direct[ROUNDS];
    static host self;
    uv_loop_t *loop = uv_default_loop();
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    if (argc > 2 && (finds = strtol(argv[2], NULL, 10)) < 1)
        return EXIT_FAILURE;
    words = example_model(catalog, "Word");
    store_words();
    must(ds_queue_new(THREADS, &self.queue, &error));
    if (uv_poll_init(loop, &self.poll, ds_queue_fd(self.queue)) != 0)
        return EXIT_FAILURE;
    self.poll.data = &self;
    for (int i = 0; i < ROUNDS; i++) { /* by turns, so that whatever else the machine does is shared */
        queued[i] = round_through_queue(loop, &self);
        direct[i] = round_directly();
    }
    double q = median(queued), d = median(direct);
    printf("through a queue of %d threads, %d in flight: %.0f finds a second\n", THREADS, IN_FLIGHT, q);
    printf("%d threads that call directly: %.0f finds a second\n", THREADS, d);
    printf("that is %.2f times as many; of %d finds each, in %d rounds\n", q / d, (int)finds * ROUNDS, ROUNDS);
    printf("the loop was held for %.3f ms at most\n", (double)self.held / 1e6);
    uv_close((uv_handle_t *)&self.poll, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
    ds_queue_close(self.queue);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
