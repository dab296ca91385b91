/* A write with a token is sent again, and is turned away before the script looks for the token: by a server that forgot its scripts
 * and is gone again, that loads, that has changed its mind about who may do what. That says nothing of the first copy. */
#include "fake_server.h"
#include "suite.h"

#include <datasource/datasource.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TIMEOUT_MS = 400 };

static const char MODEL[] =
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"n\": "
    "\"integer\"}, \"settings\": {\"exactlyOnce\": true}}";

/* ---- a server that takes a write and dies, and says this to the next one ---- */

typedef struct story {
    const char *says; /* "-READONLY x\r\n" */
    bool is_first;    /* to the first one too */
    bool is_last;     /* and then it is gone for good */
    const char *then; /* to what is sent with the script's text; NULL: the same */
} story;

static void play_story(int fd, unsigned number, void *user)
{
    const story *told = user;
    char name[32];
    if (told->is_last && number > 1)
        return;
    while (fake_command(fd, name, NULL)) {
        bool writes = strncmp(name, "EVAL", 4) == 0;
        if (writes && number == 0 && !told->is_first)
            return;
        if (told->then != NULL && strcmp(name, "EVAL") == 0) {
            fake_write(fd, told->then, strlen(told->then));
            continue;
        }
        const char *answer = writes                         ? told->says
                             : strcmp(name, "HGETALL") == 0 ? "*0\r\n"
                             : strcmp(name, "PING") == 0    ? "+PONG\r\n"
                                                            : "+OK\r\n";
        if (writes && told->is_last) { /* the answer, and the end behind it in the same moment */
            (void)!send(fd, answer, strlen(answer), MSG_MORE | MSG_NOSIGNAL);
            return;
        }
        if (!fake_write(fd, answer, strlen(answer)))
            return;
    }
}

/* ---- the writes ---- */

static ds_source *source;
static ds_model *model;
static ds_error last;

static ds_record *thing(const char *id)
{
    ds_record *made = ds_record_new(model);
    if (id != NULL)
        ds_record_set(made, "id", ds_string(id));
    ds_record_set(made, "n", ds_integer(1));
    return made;
}

static ds_status do_create(void)
{
    ds_record *record = thing("a");
    ds_status status = ds_create(model, record, &last);
    ds_record_free(record);
    return status;
}

static ds_status do_update(void)
{
    ds_record *changes = thing(NULL);
    ds_status status = ds_update_by_id(model, ds_string("a"), changes, &last);
    ds_record_free(changes);
    return status;
}

static ds_status do_increment(void)
{
    ds_value sum;
    return ds_increment(model, ds_string("a"), "n", ds_integer(1), &sum, &last);
}

static ds_status do_delete(void)
{
    return ds_delete_by_id(model, ds_string("a"), &last);
}

static ds_status do_atomic(void)
{
    ds_batch *batch = NULL;
    ds_record *made = thing("b");
    CU_ASSERT_EQUAL_FATAL(ds_batch_new(source, &batch, &last), DS_OK);
    ds_batch_create(batch, model, made);
    ds_batch_delete(batch, model, ds_string("a"));
    ds_batch_set_options(batch, &(ds_options){.size = sizeof(ds_options), .timeout_ms = TIMEOUT_MS});
    ds_status status = ds_batch_run(batch, DS_ATOMIC, &last);
    ds_batch_free(batch);
    ds_record_free(made);
    return status;
}

static const struct write {
    const char *name;
    ds_status (*act)(void);
} writes[] = {{"create", do_create},
              {"update", do_update},
              {"increment", do_increment},
              {"delete", do_delete},
              {"an atomic batch", do_atomic}};

static ds_status run(const story *told, ds_status (*act)(void))
{
    char settings[160];
    ds_model *defined;
    fake_server *server = fake_server_start(play_story, (void *)(uintptr_t)told);
    snprintf(settings, sizeof settings, "{\"port\": %d, \"reconnect\": {\"base\": 1, \"max\": 5, \"jitter\": 0}}",
             fake_server_port(server));
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_model_define(source, MODEL, &defined, &last), DS_OK);
    CU_ASSERT_EQUAL_FATAL(
        ds_model_with(defined, &(ds_options){.size = sizeof(ds_options), .timeout_ms = TIMEOUT_MS}, &model, &last),
        DS_OK);
    ds_status status = act();
    ds_model_free(model);
    ds_source_close(source);
    fake_server_stop(server);
    return status;
}

static void check(const story *told, ds_status wanted)
{
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        ds_status status = run(told, writes[i].act);
        if (status != wanted)
            printf("\n%s, told %s: %s (%s), not %s\n", writes[i].name, told->says, ds_status_name(status), last.message,
                   ds_status_name(wanted));
        CU_ASSERT_EQUAL(status, wanted);
    }
}

static void forgot_the_script(void)
{
    static const story told = {.says = "-NOSCRIPT No matching script.\r\n", .is_last = true};
    static const story and_then = {.says = "-NOSCRIPT No matching script.\r\n",
                                   .then = "-READONLY You can't write against a read only replica.\r\n"};
    check(&told, DS_UNKNOWN_OUTCOME);
    check(&and_then, DS_UNKNOWN_OUTCOME);
}

static void turned_away(void)
{
    static const story told[] = {
        {.says = "-LOADING Redis is loading the dataset in memory\r\n"},
        {.says = "-READONLY You can't write against a read only replica.\r\n"},
        {.says = "-NOPERM User app has no permissions to run the 'evalsha' command\r\n"},
        {.says = "-BUSY Redis is busy running a script.\r\n"},
    };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        check(&told[i], DS_UNKNOWN_OUTCOME);
}

static void the_first_time(void)
{
    static const story readonly = {.says = "-READONLY You can't write against a read only replica.\r\n",
                                   .is_first = true},
                       refused = {.says = "-NOPERM User app has no permissions\r\n", .is_first = true};
    check(&readonly, DS_READONLY);
    check(&refused, DS_AUTH);
}

static void what_is_known(void)
{
    static const story told = {.says = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"};
    check(&told, DS_WRONG_KIND);
}

int main(void)
{
    static const test tests[] = {
        {"a repeat that finds no script, and then no server or no right, leaves the first copy unknown",
         forgot_the_script},
        {"so does one that is turned away before its token is looked for", turned_away},
        {"a write that is turned away the first time is not done", the_first_time},
        {"what the script says of a repeat is its outcome", what_is_known},
    };
    return SUITE_RUN("repeats", tests);
}
