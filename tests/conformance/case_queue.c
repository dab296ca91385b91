/* Cases of completion queues: a host with an event loop has its operations run by the threads of a queue, any of them by any
 * thread, and a walk that it goes on with by several in turn. */
#include "conformance.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, IN_FLIGHT = 40, CHAINS = 120, WALKED = 120, AT_A_TIME = 7 };

/* The next completion, as an event loop takes it. */
static ds_completion next_of(ds_queue *queue)
{
    ds_completion done = {.size = sizeof done};
    while (!ds_queue_next(queue, &done)) {
        struct pollfd ready = {.fd = ds_queue_fd(queue), .events = POLLIN};
        poll(&ready, 1, -1);
    }
    return done;
}

/* ---- operations that follow one another, each by whatever thread is free ---- */

/* A record that is created, found, changed and deleted or kept: an operation a task. */
typedef struct chain {
    run *run;
    unsigned number, step;
    char id[16];
    bool is_wrong; /* an answer */
} chain;

static ds_status create_own(chain *c, ds_error *err)
{
    ds_record *record = ds_record_new(c->run->model);
    ds_record_set(record, "id", ds_string(c->id));
    ds_record_set(record, "name", ds_string(c->id));
    ds_record_set(record, "age", ds_integer(c->number));
    ds_status status = ds_create(c->run->model, record, err);
    ds_record_free(record);
    return status;
}

static ds_status find_own(chain *c, ds_error *err)
{
    ds_record *found = NULL;
    ds_status status = ds_find_by_id(c->run->model, ds_string(c->id), &found, err);
    if (status != DS_OK)
        return status;
    ds_value name = ds_record_get(found, "name");
    c->is_wrong |= name.type != DS_STRING || name.length != strlen(c->id) ||
                   memcmp(name.as.string, c->id, name.length) != 0 ||
                   ds_record_get(found, "age").as.integer != c->number;
    ds_record_free(found);
    return DS_OK;
}

static ds_status run_step(void *user, ds_error *err)
{
    chain *c = user;
    switch (c->step) {
    case 0:
        return create_own(c, err);
    case 1:
        return find_own(c, err);
    case 2:
        return ds_increment(c->run->model, ds_string("counter"), "age", ds_integer(1), NULL, err);
    default:
        return c->number % 3 == 0 ? ds_delete_by_id(c->run->model, ds_string(c->id), err) : find_own(c, err);
    }
}

static void submit_step(ds_queue *queue, chain *c)
{
    if (ds_queue_submit(queue, run_step, c, &c->run->error) != DS_OK)
        fail(c->run, "a task was refused: %s", c->run->error.message);
}

/* A smaller one than what is done here: the increments. */
static void trace_program(run *r)
{
    r->before_main = "#include <poll.h>\n"
                     "\n"
                     "static ds_status add_one(void *model, ds_error *err)\n"
                     "{\n"
                     "    return ds_increment(model, ds_string(\"counter\"), \"age\", ds_integer(1), NULL, err);\n"
                     "}\n";
    trace(r, "ds_queue *queue;");
    trace(r, "ds_completion done = {.size = sizeof done};");
    trace(r, "ds_queue_new(%d, &queue, &error);", THREADS);
    trace(r, "for (i = 0; i < %d; i++)", CHAINS);
    trace(r, "    ds_queue_submit(queue, add_one, model, &error);");
    trace(r, "for (i = 0; i < %d;) {", CHAINS);
    trace(r, "    poll(&(struct pollfd){.fd = ds_queue_fd(queue), .events = POLLIN}, 1, -1);");
    trace(r, "    for (; ds_queue_next(queue, &done); i++)");
    trace(r, "        puts(ds_status_name(done.status)); /* expected: DS_OK */");
    trace(r, "}");
    trace(r, "ds_queue_close(queue);");
    trace(r, "ds_find_by_id(model, ds_string(\"counter\"), &record, &error); /* expected: age %d */", CHAINS);
    trace(r, "puts(ds_record_to_json(record));");
}

static void operations_through_a_queue(run *r)
{
    enum { STEPS = 4 };
    chain *chains = calloc(CHAINS, sizeof *chains);
    unsigned begun = 0, ended = 0, wrong = 0;
    uint64_t left = 0;
    ds_queue *queue = NULL;
    char line[96];
    step_create(r, "{\"id\":\"counter\",\"name\":\"counter\",\"age\":0}", DS_OK);
    trace_program(r);
    if (chains == NULL || !done(r, ds_queue_new(THREADS, &queue, &r->error))) {
        free(chains);
        return;
    }
    while (ended < CHAINS && !r->failed) {
        for (; begun < CHAINS && begun - ended < IN_FLIGHT; begun++) {
            chains[begun] = (chain){.run = r, .number = begun};
            snprintf(chains[begun].id, sizeof chains[begun].id, "q%u", begun);
            submit_step(queue, &chains[begun]);
        }
        ds_completion end = next_of(queue);
        chain *c = end.user;
        if (end.status != DS_OK)
            fail(r, "step %u of %s: %s", c->step, c->id, end.error.message);
        if (++c->step < STEPS)
            submit_step(queue, c);
        else
            ended++;
    }
    ds_queue_close(queue);
    for (unsigned i = 0; i < CHAINS; i++)
        wrong += chains[i].is_wrong;
    free(chains);
    check(r, wrong == 0, "each task finds what was written before it was submitted");
    check(r, ds_count(r->model, NULL, &left, &r->error) == DS_OK && left == 1 + CHAINS - CHAINS / 3,
          "a third of the records were deleted, and all others are there");
    snprintf(line, sizeof line, "{\"id\":\"counter\",\"name\":\"counter\",\"age\":%d,\"member\":false}", CHAINS);
    step_get(r, "counter", line);
}

/* ---- a walk by several threads in turn ---- */

typedef struct walk {
    run *run;
    ds_cursor *cursor;
    unsigned seen[WALKED], found, strange;
    bool is_over;
} walk;

static ds_status go_on(void *user, ds_error *err)
{
    walk *w = user;
    const ds_record *record = NULL;
    ds_status status = w->cursor == NULL ? ds_find(w->run->model, NULL, &w->cursor, err) : DS_OK;
    for (unsigned i = 0; status == DS_OK && i < AT_A_TIME && !w->is_over; i++) {
        status = ds_cursor_next(w->cursor, &record, err);
        if (status != DS_OK || record == NULL) {
            w->is_over = true;
            break;
        }
        int64_t age = ds_record_get(record, "age").as.integer;
        w->found++;
        if (age < 0 || age >= WALKED || w->seen[age]++ > 0)
            w->strange++;
    }
    return status;
}

static void trace_walk(run *r)
{
    r->before_main = "#include <pthread.h>\n"
                     "\n"
                     "static void *go_on(void *cursor)\n"
                     "{\n"
                     "    ds_error error;\n"
                     "    const ds_record *record = NULL;\n"
                     "    ds_cursor_next(cursor, &record, &error);\n"
                     "    puts(record == NULL ? \"the end\" : \"a record\");\n"
                     "    return NULL;\n"
                     "}\n";
    trace(r, "ds_cursor *walk;");
    trace(r, "ds_find(model, NULL, &walk, &error);");
    trace(r, "for (i = 0; i <= %d; i++) { /* each in a thread of its own; the last one: the end */", WALKED);
    trace(r, "    pthread_t thread;");
    trace(r, "    pthread_create(&thread, NULL, go_on, walk);");
    trace(r, "    pthread_join(thread, NULL);");
    trace(r, "}");
    trace(r, "ds_cursor_close(walk);");
}

static void a_walk_by_several_threads(run *r)
{
    walk w = {.run = r};
    ds_queue *queue = NULL;
    step_create_numbered(r, WALKED);
    trace_walk(r);
    if (!done(r, ds_queue_new(2, &queue, &r->error)))
        return;
    for (bool by_queue = true; !w.is_over && !r->failed; by_queue = !by_queue) { /* and by this thread in between */
        if (!by_queue) {
            done(r, go_on(&w, &r->error));
        } else if (done(r, ds_queue_submit(queue, go_on, &w, &r->error))) {
            ds_completion end = next_of(queue);
            if (end.status != DS_OK)
                fail(r, "%s came: %s", ds_status_name(end.status), end.error.message);
        }
    }
    ds_queue_close(queue);
    ds_cursor_close(w.cursor);
    check(r, w.strange == 0, "no record comes twice");
    check(r, w.found == WALKED, "all records come");
}

static const rule_case cases[] = {
    {"operations go through a completion queue: each ends once, with its own answer", &rule_atomic, PERSON,
     operations_through_a_queue},
    {"a walk is gone on with by one thread after the other", &rule_scan_threads, PERSON, a_walk_by_several_threads},
};
const group group_queue = {"queue", cases, sizeof cases / sizeof *cases};
