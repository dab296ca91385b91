/* A host that decides itself how long to wait for a backend. The connector is memory's with a connection that fails at
 * first, linked into the host; one that is over a network asks the host in the same way. */
#include "example.h"

#include <datasource/connector.h>
#include <poll.h>

static const ds_connector *memory;
static ds_source *the_source;
static unsigned failures;

/* What a connector does between two attempts: waits as long as the host says, within the deadline. */
static ds_status wait_for_it(unsigned retries, ds_call *call)
{
    ds_error cause = {.status = DS_UNREACHABLE, .message = "nobody answers"}, why = {.status = DS_UNREACHABLE};
    ds_source_emit(the_source, DS_EVENT_RECONNECTING, &cause);
    long ms = ds_source_retry_after(the_source, retries, &cause, &why);
    if (ms == DS_RECONNECT_STOP)
        return ds_error_set(call->error, why.status, "%s", why.message);
    int left = ds_call_wait_ms(call);
    poll(&(struct pollfd){.fd = ds_cancel_fd(call->cancel), .events = POLLIN}, 1,
         left >= 0 && left < (int)ms ? left : (int)ms);
    return ds_call_check(call);
}

static ds_status flaky_connect(void *connection, ds_call *call)
{
    ds_status status = DS_OK;
    for (unsigned retries = 0; failures > 0 && status == DS_OK; retries++, failures--)
        status = wait_for_it(retries, call);
    return status == DS_OK ? memory->connect(connection, call) : status;
}

static ds_status flaky_open(ds_source *source, void **connection, ds_call *call)
{
    the_source = source;
    return memory->open(source, connection, call);
}

/* ---- the host ---- */

static long patience(unsigned retries, const ds_error *cause, ds_error *why, void *user)
{
    printf("attempt %u: %s\n", retries + 1, cause->message);
    if (retries < *(unsigned *)user)
        return 1; /* ms */
    ds_error_set(why, DS_UNREACHABLE, "the host has lost its patience");
    return DS_RECONNECT_STOP;
}

static void count_event(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    (void)source, (void)cause;
    ((unsigned *)user)[event]++;
}

int main(void)
{
    unsigned most = 3, events[5] = {0};
    must((memory = ds_connector_find("memory", &error)) == NULL ? error.status : DS_OK);
    ds_connector flaky = *memory;
    flaky.name = "flaky";
    flaky.open = flaky_open;
    flaky.connect = flaky_connect;
    must(ds_connector_register(&flaky, &error));
    ds_source *source;
    must(ds_source_open("flaky", NULL, &source, &error));
    ds_on_event(source, count_event, events);
    ds_set_reconnect(source, patience, &most);
    failures = 2;
    must(ds_ping(source, &error)); /* the first operation connects */
    must(ds_disconnect(source, &error));
    failures = 9;
    printf("again: %s\n", ds_connect(source, &error) == DS_OK ? "connected" : error.message);
    printf("told of %u connections, %u attempts to come, %u that failed for good\n", events[DS_EVENT_READY],
           events[DS_EVENT_RECONNECTING], events[DS_EVENT_ERROR]);
    ds_source_close(source);
    return EXIT_SUCCESS;
}
