/* Cases of threads: eight share one data source. */
#include "conformance.h"

#include <pthread.h>
#include <string.h>

#define THREADS 8
#define EACH    60

typedef struct worker {
    pthread_t thread;
    run *run;
    unsigned number;
    ds_error error;
    unsigned wrong; /* answers */
    unsigned won;   /* ids that were fought over */
    bool failed;
} worker;

static bool ok(worker *w, ds_status status)
{
    w->failed |= status != DS_OK;
    return status == DS_OK;
}

/* A record of its own, found again at once, with its own content. */
static void create_and_find(worker *w, unsigned i)
{
    char id[32], name[32];
    ds_record *record = ds_record_new(w->run->model), *found = NULL;
    snprintf(id, sizeof id, "t%u-%u", w->number, i);
    snprintf(name, sizeof name, "name of %u-%u", w->number, i);
    ds_record_set(record, "id", ds_string(id));
    ds_record_set(record, "name", ds_string(name));
    ds_record_set(record, "age", ds_integer(w->number));
    if (ok(w, ds_create(w->run->model, record, &w->error)) &&
        ok(w, ds_find_by_id(w->run->model, ds_string(id), &found, &w->error))) {
        ds_value value = ds_record_get(found, "name");
        w->wrong +=
            value.type != DS_STRING || value.length != strlen(name) || memcmp(value.as.string, name, value.length) != 0;
        ds_record_free(found);
    }
    ds_record_free(record);
}

/* An id that all threads want: one gets it. */
static void fight(worker *w, unsigned i)
{
    char id[32];
    ds_record *record = ds_record_new(w->run->model);
    snprintf(id, sizeof id, "f%u", i);
    ds_record_set(record, "id", ds_string(id));
    ds_record_set(record, "name", ds_string("fought over"));
    ds_status status = ds_create(w->run->model, record, &w->error);
    w->won += status == DS_OK;
    if (status != DS_DUPLICATE)
        ok(w, status);
    ds_record_free(record);
}

/* All that it has made until now, and nothing of the others. */
static void find_own(worker *w, unsigned made)
{
    unsigned found = 0;
    ds_filter *own = ds_where("age", DS_EQ, ds_integer(w->number));
    ds_cursor *cursor;
    const ds_record *record = NULL;
    if (ok(w, ds_find(w->run->model, DS_QUERY(.where = own), &cursor, &w->error))) {
        for (; ok(w, ds_cursor_next(cursor, &record, &w->error)) && record != NULL; found++)
            w->wrong += ds_record_get(record, "age").as.integer != w->number;
        w->wrong += found != made;
        ds_cursor_close(cursor);
    }
    ds_filter_free(own);
}

static void *work(void *argument)
{
    worker *w = argument;
    for (unsigned i = 0; i < EACH && !w->failed; i++) {
        create_and_find(w, i);
        if (i % 3 == 0)
            fight(w, i);
        ok(w, ds_increment(w->run->model, ds_string("counter"), "age", ds_integer(1), NULL, &w->error));
        ok(w, ds_increment(w->run->model, ds_string("counter"), "score", ds_number(0.5), NULL, &w->error));
        if (i % 20 == 0)
            find_own(w, i + 1);
    }
    return NULL;
}

/* A smaller one than what is done here: the increments and the fights. */
static void trace_program(run *r)
{
    r->before_main =
        "#include <pthread.h>\n"
        "#include <stdatomic.h>\n"
        "\n"
        "static ds_model *shared;\n"
        "static atomic_uint won;\n"
        "\n"
        "static void *work(void *unused)\n"
        "{\n"
        "    char json[64];\n"
        "    ds_record *record = NULL;\n"
        "    ds_error error;\n"
        "    for (int i = 0; i < 60; i++) {\n"
        "        snprintf(json, sizeof json, \"{\\\"id\\\":\\\"f%d\\\",\\\"name\\\":\\\"fought over\\\"}\", i);\n"
        "        ds_record_from_json(shared, json, &record, &error);\n"
        "        if (ds_create(shared, record, &error) == DS_OK)\n"
        "            won++;\n"
        "        ds_record_free(record);\n"
        "        ds_increment(shared, ds_string(\"counter\"), \"age\", ds_integer(1), NULL, &error);\n"
        "        ds_increment(shared, ds_string(\"counter\"), \"score\", ds_number(0.5), NULL, &error);\n"
        "    }\n"
        "    return unused;\n"
        "}\n";
    trace(r, "pthread_t threads[%d];", THREADS);
    trace(r, "shared = model;");
    trace(r, "for (i = 0; i < %d; i++)", THREADS);
    trace(r, "    pthread_create(&threads[i], NULL, work, NULL);");
    trace(r, "for (i = 0; i < %d; i++)", THREADS);
    trace(r, "    pthread_join(threads[i], NULL);");
    trace(r, "printf(\"%%u\\n\", won); /* expected: 60 */");
    trace(r, "ds_find_by_id(model, ds_string(\"counter\"), &record, &error); /* expected: age %d */", THREADS * EACH);
    trace(r, "puts(ds_record_to_json(record));");
}

static void shared_source(run *r)
{
    worker workers[THREADS];
    unsigned won = 0, wrong = 0;
    char line[128];
    step_create(r, "{\"id\":\"counter\",\"name\":\"counter\",\"age\":0}", DS_OK);
    trace_program(r);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){.run = r, .number = 1000 + i};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            fail(r, "no thread could be made");
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        won += workers[i].won;
        wrong += workers[i].wrong;
        if (workers[i].failed)
            fail(r, "thread %u: %s", i, workers[i].error.message);
    }
    check(r, wrong == 0, "each thread finds what it wrote");
    check(r, won == EACH / 3, "an id that is fought over is won once");
    step_count(r, NULL, 1 + THREADS * EACH + EACH / 3);
    snprintf(line, sizeof line, "{\"id\":\"counter\",\"name\":\"counter\",\"age\":%d,\"score\":%d.0,\"member\":false}",
             THREADS * EACH, THREADS * EACH / 2);
    step_get(r, "counter", line);
}

static const rule_case cases[] = {
    {"eight threads share a source: each answer is its own, nothing is lost or done twice", &rule_atomic, PERSON,
     shared_source},
};
const group group_threads = {"threads", cases, sizeof cases / sizeof *cases};
