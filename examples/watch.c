/* What a host can watch: the life of its connection, what the library has to tell, and numbers of all that was done. */
#include "example.h"

static void tell_event(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    static const char *const names[] = {"connect", "ready", "end", "error", "reconnecting"};
    ++*(unsigned *)user;
    printf("event of %s: %s%s%s\n", ds_source_name(source), names[event], cause == NULL ? "" : ": ",
           cause == NULL ? "" : cause->message);
}

static void write_log(void *user, ds_log_level level, const char *source, const char *message)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    fprintf(user, "%s %s: %s\n", names[level], source, message);
}

static void show_state(const ds_source *source)
{
    printf("%s, %s\n", ds_is_open(source) ? "open" : "closed", ds_is_ready(source) ? "ready" : "not ready");
}

/* The counts of {"operations":4,"errors":1,"recordsRead":0,"recordsWritten":2,"latencyMs":0.01,...}. */
static void show_stats(ds_source *source)
{
    char *json;
    must(ds_stats(source, &json, &error));
    printf("%.*s\n", (int)(strstr(json, ",\"latencyMs\"") - json), json);
    ds_free(json);
}

int main(int argc, char **argv)
{
    unsigned events = 0;
    printf("library %s\n", strcmp(ds_version(), DS_VERSION) == 0 ? "as compiled against" : ds_version());
    ds_set_logger(write_log, stderr, DS_LOG_INFO);
    ds_catalog *catalog = example_catalog(argc, argv, NULL);
    ds_source *source = example_source(catalog);
    ds_on_event(source, tell_event, &events);

    show_state(source);
    must(ds_connect(source, &error)); /* one attempt, to know at the start; the first operation would connect too */
    must(ds_ping(source, &error));
    show_state(source);
    ds_model *notes = ds_source_model(source, "note", &error);
    store(notes, "{\"id\": \"1\", \"text\": \"watched\"}");
    must(ds_delete_by_id(notes, ds_string("1"), &error));
    printf("once more: %s\n", ds_status_name(ds_delete_by_id(notes, ds_string("1"), NULL)));
    show_stats(source);
    must(ds_disconnect(source, &error)); /* nothing connects again until ds_connect() */
    show_state(source);
    printf("a ping: %s\n", ds_status_name(ds_ping(source, NULL)));
    printf("%u events\n", events);
    ds_catalog_close(catalog);
    ds_set_logger(NULL, NULL, DS_LOG_ERROR);
    return EXIT_SUCCESS;
}
