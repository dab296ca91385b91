/* See window.h. Turns end between two commands, and never before the end of what was begun. */
#include "window.h"

static size_t end_of(const redis_request *request, size_t i)
{
    return i + 1 < request->count ? request->commands[i + 1].start : request->flight->length;
}

static bool has_room(const redis_flight *flight, size_t begin, size_t i)
{
    return flight->due == 0 || (flight->due < TURN_COMMANDS && end_of(flight->request, i) - begin <= TURN_BYTES);
}

static void take_in(redis_flight *flight, size_t i)
{
    flight->due += !flight->request->commands[i].is_answered;
    flight->end = end_of(flight->request, i);
    flight->ahead = i + 1;
}

/* The clock is looked at for large ones only. */
static bool goes_whole(const flight_queue *queue, const redis_flight *flight)
{
    bool is_small =
        flight->request->count - flight->ahead <= TURN_COMMANDS && flight->length - flight->end <= TURN_BYTES;
    return is_small || queue->shared_at == 0 || ds_now() - queue->shared_at > CROWD_LASTS_NS;
}

void window_open(const flight_queue *queue, redis_flight *flight)
{
    const redis_request *request = flight->request;
    if (flight->due > 0 || request == NULL)
        return;
    bool is_alone = goes_whole(queue, flight);
    size_t begin = flight->end;
    while (flight->ahead < request->count && (is_alone || has_room(flight, begin, flight->ahead)))
        take_in(flight, flight->ahead);
}

void window_narrow(redis_flight *flight)
{
    const redis_request *request = flight->request;
    size_t begun = flight->sent + flight->touched, most = flight->ahead;
    if (request == NULL || begun >= flight->end ||
        (flight->due <= TURN_COMMANDS && flight->end - flight->sent <= TURN_BYTES))
        return;
    size_t begin = request->commands[request->answered].start;
    flight->due = 0;
    flight->ahead = request->answered;
    while (flight->ahead < most &&
           (request->commands[flight->ahead].start < begun || has_room(flight, begin, flight->ahead)))
        take_in(flight, flight->ahead);
}
