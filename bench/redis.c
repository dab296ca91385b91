/* Redis through the library against hiredis, in one run on one server: finds by id of one thread, of 8 and of 16. The
 * library's threads share one data source and its one socket; each thread of hiredis has a connection of its own. Both sides
 * send HGETALL and end with the record's values copied to memory of their own. The server has a core for itself, the clients
 * have the others. Then 100 finds in flight from an event loop through a completion queue of 8 threads, against 8 threads that
 * call directly.
 *
 * Sides go by turns; a ratio is the median of those of many rounds, and beside it stands between what half of the rounds were.
 * `speed` is the library's operations a second to the other's, `cpu` the clients' time on the processor. */
#include "bench.h"
#include "redis_server.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 16, IN_FLIGHT = 100, QUEUE_THREADS = 8 };

static redis_server *server;
static ds_source *source;
static ds_model *model;
static redisContext *raw[MOST_THREADS];
static cpu_set_t of_clients;

/* ---- one find ---- */

static uint64_t library_find(unsigned thread, unsigned number)
{
    ds_record *found;
    ds_error error;
    (void)thread;
    need_status(ds_find_by_id(model, ds_string(people[number].id), &found, &error), &error, "find by id");
    uint64_t sum = digest_of(found);
    ds_record_free(found);
    return sum;
}

static int number_at(const char *digits, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++)
        number = number * 10 + digits[i] - '0';
    return number;
}

/* 2023-11-14T22:13:20.000Z */
static int64_t read_date(const char *text)
{
    struct tm day = {.tm_year = number_at(text, 4) - 1900,
                     .tm_mon = number_at(text + 5, 2) - 1,
                     .tm_mday = number_at(text + 8, 2),
                     .tm_hour = number_at(text + 11, 2),
                     .tm_min = number_at(text + 14, 2),
                     .tm_sec = number_at(text + 17, 2)};
    return (int64_t)timegm(&day) * 1000 + (text[19] == '.' ? number_at(text + 20, 3) : 0);
}

static void take_field(person *p, const redisReply *name, const redisReply *value)
{
    need(name->type == REDIS_REPLY_STRING && value->type == REDIS_REPLY_STRING, "a hash", "it is not what was stored");
    if (strcmp(name->str, "id") == 0)
        take_text(p->id, value->str, value->len);
    else if (strcmp(name->str, "name") == 0)
        take_text(p->name, value->str, value->len);
    else if (strcmp(name->str, "age") == 0)
        p->age = strtoll(value->str, NULL, 10);
    else if (strcmp(name->str, "score") == 0)
        p->score = strtod(value->str, NULL);
    else if (strcmp(name->str, "member") == 0)
        p->member = strcmp(value->str, "true") == 0;
    else if (strcmp(name->str, "born") == 0)
        p->born = read_date(value->str);
}

static uint64_t raw_find(unsigned thread, unsigned number)
{
    char key[64];
    person p = {.age = 0};
    memcpy(p.id, people[number].id, sizeof p.id);
    const char *argv[2] = {"HGETALL", key};
    size_t lengths[2] = {7, (size_t)snprintf(key, sizeof key, "Person:%s", p.id)};
    redisReply *reply = redisCommandArgv(raw[thread], 2, argv, lengths);
    need(reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= 10, "HGETALL", raw[thread]->errstr);
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        take_field(&p, reply->element[i], reply->element[i + 1]);
    freeReplyObject(reply);
    return digest(&p);
}

/* ---- many threads ---- */

typedef uint64_t find_one(unsigned thread, unsigned number);

typedef struct worker {
    find_one *find;
    unsigned thread, operations;
    uint64_t checksum;
    pthread_barrier_t *start;
} worker;

static void *work(void *user)
{
    worker *self = user;
    pthread_barrier_wait(self->start);
    for (unsigned i = 0; i < self->operations; i++)
        self->checksum += self->find(self->thread, (self->thread * 617 + i) % RECORDS);
    return NULL;
}

typedef struct figures {
    double seconds, cpu;
    uint64_t checksum;
} figures;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static figures run_threads(find_one *find, unsigned threads, unsigned operations)
{
    worker workers[MOST_THREADS];
    pthread_t ids[MOST_THREADS];
    pthread_barrier_t start;
    figures f = {.checksum = 0};
    pthread_barrier_init(&start, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (worker){.find = find, .thread = i, .operations = operations / threads, .start = &start};
        need(pthread_create(&ids[i], NULL, work, &workers[i]) == 0, "a thread", "the system gives none");
    }
    f.cpu = cpu();
    f.seconds = now();
    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        f.checksum += workers[i].checksum;
    }
    f.seconds = now() - f.seconds;
    f.cpu = cpu() - f.cpu;
    pthread_barrier_destroy(&start);
    return f;
}

/* ---- a queue ---- */

typedef struct find {
    unsigned number;
    uint64_t sum;
} find;

static ds_status find_task(void *user, ds_error *err)
{
    find *own = user;
    (void)err;
    own->sum = library_find(0, own->number);
    return DS_OK;
}

/* The loop does what direct threads do: the numbers are theirs too. */
static figures run_queue(unsigned operations)
{
    find finds[IN_FLIGHT];
    ds_queue *queue;
    ds_error error;
    unsigned submitted = 0;
    figures f = {.checksum = 0};
    need_status(ds_queue_new(QUEUE_THREADS, &queue, &error), &error, "queue");
    f.cpu = cpu();
    f.seconds = now();
    for (; submitted < IN_FLIGHT; submitted++) {
        finds[submitted].number = submitted % RECORDS;
        need_status(ds_queue_submit(queue, find_task, &finds[submitted], &error), &error, "submit");
    }
    while (ds_queue_pending(queue) > 0) {
        struct pollfd fd = {.fd = ds_queue_fd(queue), .events = POLLIN};
        poll(&fd, 1, -1);
        for (ds_completion done = {.size = sizeof done}; ds_queue_next(queue, &done);) {
            find *own = done.user;
            need_status(done.status, &done.error, "find by id");
            f.checksum += own->sum;
            if (submitted == operations)
                continue;
            own->number = submitted++ % RECORDS;
            need_status(ds_queue_submit(queue, find_task, own, &error), &error, "submit");
        }
    }
    f.seconds = now() - f.seconds;
    f.cpu = cpu() - f.cpu;
    ds_queue_close(queue);
    return f;
}

/* ---- contests ---- */

typedef struct side {
    find_one *find; /* NULL: through a queue */
    unsigned threads;
} side;

typedef struct contest {
    const char *name;
    side library, other;
    unsigned operations;
    bool is_same;                 /* both sides read the same records */
    double least_speed, most_cpu; /* so fast; or as fast as the other, on so little; 0: is not asked */
} contest;

static figures run(const side *one, unsigned operations)
{
    return one->find == NULL ? run_queue(operations) : run_threads(one->find, one->threads, operations);
}

typedef struct measured {
    double library[ROUNDS], other[ROUNDS], speed[ROUNDS], cpu[ROUNDS];
} measured;

static void measure(const contest *c, measured *m)
{
    for (int i = -1; i < ROUNDS; i++) { /* the first round warms up */
        figures other, library;
        if (i % 2 == 0) {
            other = run(&c->other, c->operations);
            library = run(&c->library, c->operations);
        } else {
            library = run(&c->library, c->operations);
            other = run(&c->other, c->operations);
        }
        need(!c->is_same || library.checksum == other.checksum, c->name, "the sides have read different values");
        if (i < 0)
            continue;
        m->library[i] = library.seconds * 1e6 / c->operations;
        m->other[i] = other.seconds * 1e6 / c->operations;
        m->speed[i] = other.seconds / library.seconds;
        m->cpu[i] = library.cpu / other.cpu;
    }
}

static bool hold(const contest *c)
{
    measured m;
    measure(c, &m);
    double speed = median(m.speed), used = median(m.cpu);
    bool holds = speed >= c->least_speed || (speed >= 1 && used <= c->most_cpu);
    printf("%-34s %8.2f %8.2f %7.2f  %.2f to %.2f %7.2f  %.2f to %.2f%s\n", c->name, median(m.library), median(m.other),
           speed, m.speed[ROUNDS / 4], m.speed[ROUNDS - 1 - ROUNDS / 4], used, m.cpu[ROUNDS / 4],
           m.cpu[ROUNDS - 1 - ROUNDS / 4], holds ? "" : "  less than it must");
    fflush(stdout);
    return holds;
}

/* ---- both ---- */

/* The first core is the server's; where there is but one, they share it. */
static void pin(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t of_server;
    CPU_ZERO(&of_server);
    CPU_ZERO(&of_clients);
    CPU_SET(0, &of_server);
    for (int i = cores > 1; i < cores && i < CPU_SETSIZE; i++)
        CPU_SET((size_t)i, &of_clients);
    sched_setaffinity(server->pid, sizeof of_server, &of_server);
    sched_setaffinity(0, sizeof of_clients, &of_clients);
}

static void open_all(void)
{
    static ds_record *records[RECORDS];
    char settings[128];
    ds_error error;
    server = redis_server_start(NULL);
    pin();
    snprintf(settings, sizeof settings, "{\"host\":\"127.0.0.1\",\"port\":%d}", server->port);
    need_status(ds_source_open("redis", settings, &source, &error), &error, "open");
    need_status(ds_model_define(source, PERSON("\"integer\""), &model, &error), &error, "define");
    make_people();
    for (int i = 0; i < RECORDS; i++)
        records[i] = record_of(model, &people[i]);
    need_status(ds_create_all(model, records, RECORDS, NULL, &error), &error, "create");
    for (int i = 0; i < RECORDS; i++)
        ds_record_free(records[i]);
    for (int i = 0; i < MOST_THREADS; i++) {
        raw[i] = redisConnect("127.0.0.1", server->port);
        need(raw[i] != NULL && raw[i]->err == 0, "hiredis", "it does not connect");
    }
}

static void close_all(void)
{
    ds_source_close(source);
    for (int i = 0; i < MOST_THREADS; i++)
        redisFree(raw[i]);
    redis_server_stop(server);
}

/* With an argument: only the contests whose names have it. */
int main(int argc, char **argv)
{
    static const contest contests[] = {
        {"1 thread, hiredis", {library_find, 1}, {raw_find, 1}, 10000, true, 0.95, 0},
        {"8 threads, hiredis", {library_find, 8}, {raw_find, 8}, 32000, true, 0, 0},
        {"16 threads, hiredis", {library_find, 16}, {raw_find, 16}, 32000, true, 1.5, 0.6},
        {"queue of 8 threads, 8 threads", {NULL, QUEUE_THREADS}, {library_find, 8}, 32000, false, 0.9, 0},
    };
    bool held = true;
    open_all();
    printf("find by id, microseconds of the median of %d rounds\n", ROUNDS);
    printf("%-34s %8s %8s %7s %13s %7s\n", "the library, against", "library", "other", "speed", "", "cpu");
    for (size_t i = 0; i < sizeof contests / sizeof *contests; i++)
        if (argc < 2 || strstr(contests[i].name, argv[1]) != NULL)
            held = hold(&contests[i]) && held;
    close_all();
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
