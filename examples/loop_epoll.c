/* A host with an event loop, plain epoll, that must not be blocked: operations are handed to a completion queue, and the loop
 * takes their ends as it takes what its sockets have. */
#include "example.h"

#include <sys/epoll.h>
#include <unistd.h>

static const char MODELS[] = "{\"name\": \"Town\", \"properties\": {"
                             "  \"id\": {\"type\": \"string\", \"id\": true}, \"people\": \"integer\"}}";

enum { TOWNS = 10, THREADS = 4 };

/* What the loop has in flight: the task fills it, and nobody else touches it until its completion was taken. */
typedef struct request {
    ds_model *model;
    char id[24];
    ds_record *town; /* to be stored; then, that was found */
    bool is_stored;
    ds_status status;
} request;

/* On a thread of the queue: any operations, as many as belong together. */
static ds_status store_it(void *user, ds_error *err)
{
    request *own = user;
    return ds_create(own->model, own->town, err);
}

static ds_status find_it(void *user, ds_error *err)
{
    request *own = user;
    return ds_find_by_id(own->model, ds_string(own->id), &own->town, err);
}

/* In the loop: what was stored is looked for next. */
static void go_on(ds_queue *queue, const ds_completion *done)
{
    request *own = done->user;
    own->status = done->status;
    if (own->is_stored) {
        if (done->status != DS_OK)
            fprintf(stderr, "%s\n", done->error.message);
        return;
    }
    must(done->status);
    ds_record_free(own->town);
    own->town = NULL;
    own->is_stored = true;
    must(ds_queue_submit(queue, find_it, own, &error));
}

static void run_loop(int loop, ds_queue *queue)
{
    while (ds_queue_pending(queue) > 0) {
        struct epoll_event event;
        if (epoll_wait(loop, &event, 1, -1) != 1 || event.data.ptr != queue)
            continue; /* of the host's own sockets, say */
        ds_completion done = {.size = sizeof done};
        while (ds_queue_next(queue, &done))
            go_on(queue, &done);
    }
}

int main(int argc, char **argv)
{
    request requests[TOWNS + 1];
    ds_queue *queue;
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_model *towns = example_model(catalog, "Town");
    must(ds_queue_new(THREADS, &queue, &error));
    int loop = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = queue};
    if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, ds_queue_fd(queue), &event) != 0)
        return EXIT_FAILURE;

    for (int i = 0; i <= TOWNS; i++) { /* all at once; the last one is never stored */
        request *own = &requests[i];
        *own = (request){.model = towns, .is_stored = i == TOWNS};
        snprintf(own->id, sizeof own->id, "town-%d", i);
        if (!own->is_stored) {
            own->town = ds_record_new(towns);
            ds_record_set(own->town, "id", ds_string(own->id));
            ds_record_set(own->town, "people", ds_integer(1000 * i));
        }
        must(ds_queue_submit(queue, own->is_stored ? find_it : store_it, own, &error));
    }
    run_loop(loop, queue);
    for (int i = 0; i <= TOWNS; i++) {
        if (requests[i].status == DS_OK)
            print(requests[i].town);
        else
            printf("%s: %s\n", requests[i].id, ds_status_name(requests[i].status));
        ds_record_free(requests[i].town);
    }

    /* To end at any time: what has not begun ends in DS_CANCELLED, what has is waited for, in the loop. */
    ds_queue_cancel(queue);
    run_loop(loop, queue);
    printf("%zu are pending\n", ds_queue_pending(queue));
    close(loop);
    ds_queue_close(queue);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
