/* Lane 0 has the traffic while it keeps up with it: what is gathered on one socket costs less than on two. Another is opened
 * by the operation that finds all of them loaded, and takes part only once it is ready, so that none suffers from a socket
 * that the server does not grant. Where no lane is ready all wait for lane 0, which alone tries again and asks the host. */
#include "pool.h"

#define NS_PER_MS    INT64_C(1000000)
#define SLOW_NS      (5 * NS_PER_MS) /* the first in the line waits longer: those behind it had better go elsewhere */
#define OPEN_MOST_NS (1000 * NS_PER_MS) /* for a further lane, of an operation's time */
#define REST_NS      (1000 * NS_PER_MS) /* after one that could not be opened */
enum {
    LOADED = 32, /* commands */
    BIG = 128,   /* commands of a request that should not stand before small ones */
    BIG_BYTES = 128 * 1024,
    SLOW_WEIGHT = 1 << 20
};

ds_status lane_pool_init(lane_pool *self, redis *connection, const redis_config *config, event_queue *events,
                         link_counters *counters, ds_error *err)
{
    *self = (lane_pool){.connection = connection,
                        .limit = config->connections,
                        .config = config,
                        .events = events,
                        .counters = counters};
    self->lanes = ds_calloc(self->limit, sizeof *self->lanes);
    if (self->lanes == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    lane_init(&self->lanes[0], config, events, counters);
    self->lanes[0].pool = self->limit > 1 ? self : NULL;
    atomic_init(&self->count, 1);
    return DS_OK;
}

redis_lane *lane_pool_next(lane_pool *self, redis_lane *last)
{
    redis_lane *next = last == NULL ? self->lanes : last + 1;
    return next < self->lanes + atomic_load_explicit(&self->count, memory_order_acquire) ? next : NULL;
}

void lane_pool_each(lane_pool *self, void (*visit)(redis_lane *lane))
{
    for (redis_lane *lane = lane_pool_next(self, NULL); lane != NULL; lane = lane_pool_next(self, lane))
        visit(lane);
}

void lane_pool_free(lane_pool *self)
{
    lane_pool_each(self, lane_free);
    ds_free(self->lanes);
}

void lane_pool_forget(lane_pool *self)
{
    lane_pool_each(self, lane_forget);
    atomic_store(&self->is_opening, false);
    atomic_store(&self->fresh, NULL);
    atomic_store(&self->rests, 0);
}

/* ---- which one ---- */

static bool is_ready(const redis_lane *lane)
{
    return atomic_load_explicit(&lane->link.is_ready, memory_order_relaxed);
}

static bool is_slow(redis_lane *lane, size_t load, int64_t now)
{
    if (load == 0)
        return lane_is_owing(lane);
    return now - atomic_load_explicit(&lane->head_since, memory_order_relaxed) > SLOW_NS;
}

static size_t weight_of(redis_lane *lane, int64_t now)
{
    size_t load = atomic_load_explicit(&lane->load, memory_order_relaxed);
    return load + (is_slow(lane, load, now) ? SLOW_WEIGHT : 0);
}

static bool is_big(const redis_request *request)
{
    return request_count(request) > BIG || request_size(request) > BIG_BYTES;
}

typedef struct choice {
    redis_lane *lane; /* NULL: none is ready */
    size_t weight;
} choice;

static void consider(choice *best, redis_lane *lane, int64_t now)
{
    size_t weight = is_ready(lane) ? weight_of(lane, now) : SIZE_MAX;
    if (weight < best->weight)
        *best = (choice){lane, weight};
}

/* The first that is not loaded, else the least: from lane 0 up, but for big requests from the highest down, and lane 0 only
 * where it is the only one. */
static choice find(lane_pool *self, bool is_big, int64_t now)
{
    choice best = {.weight = SIZE_MAX};
    size_t count = atomic_load_explicit(&self->count, memory_order_acquire);
    for (size_t i = 0; i < count && best.weight >= LOADED; i++)
        if (!is_big)
            consider(&best, &self->lanes[i], now);
        else if (i + 1 < count || best.lane == NULL)
            consider(&best, &self->lanes[count - 1 - i], now);
    return best;
}

/* ---- one more ---- */

/* A lane that is made and not ready, else a new one; NULL: all are open. */
static redis_lane *find_closed(lane_pool *self)
{
    size_t count = atomic_load(&self->count);
    for (size_t i = 0; i < count; i++)
        if (!is_ready(&self->lanes[i]))
            return &self->lanes[i];
    if (count == self->limit)
        return NULL;
    lane_init(&self->lanes[count], self->config, self->events, self->counters);
    self->lanes[count].pool = self;
    atomic_store_explicit(&self->count, count + 1, memory_order_release);
    return &self->lanes[count];
}

static ds_status connect_lane(lane_pool *self, redis_lane *lane, ds_call *call)
{
    redis_request *nothing = redis_request_new(self->connection);
    if (nothing == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    ds_status status = lane_connect(lane, nothing, call);
    redis_request_free(nothing);
    return status;
}

static int64_t opening_deadline(const lane_pool *self, const ds_call *call)
{
    int64_t now = ds_now(), most = self->config->connect_timeout;
    if (most > OPEN_MOST_NS)
        most = OPEN_MOST_NS;
    int64_t part = call->deadline == DS_NO_DEADLINE ? most : (call->deadline - now) / 4;
    return now + (part < most ? part : most);
}

/* NULL: the operation goes over one that is open. */
static redis_lane *open_one(lane_pool *self, const ds_call *call)
{
    ds_error ignored = {0};
    ds_call own = {
        .size = sizeof own, .deadline = opening_deadline(self, call), .cancel = call->cancel, .error = &ignored};
    redis_lane *lane = find_closed(self);
    if (lane == NULL)
        return NULL;
    atomic_store(&self->fresh, lane);
    ds_status status = connect_lane(self, lane, &own);
    atomic_store(&self->fresh, NULL);
    if (status == DS_OK)
        return lane;
    if (lane != self->lanes)
        lane_give_up(lane);
    atomic_store(&self->rests, ds_now() + REST_NS);
    return NULL;
}

/* Who finds that another thread is at it waits with it, where all that are open are slow. */
static redis_lane *try_one_more(lane_pool *self, bool may_wait, int64_t now, const ds_call *call)
{
    if (now < atomic_load_explicit(&self->rests, memory_order_relaxed))
        return NULL;
    if (atomic_exchange(&self->is_opening, true))
        return may_wait ? atomic_load(&self->fresh) : NULL;
    redis_lane *lane = open_one(self, call);
    atomic_store(&self->is_opening, false);
    events_tell(self->events);
    return lane;
}

/* ---- running ---- */

static redis_lane *pick(lane_pool *self, const redis_request *request, int64_t now, const ds_call *call)
{
    choice best = find(self, is_big(request), now);
    if (best.lane == NULL)
        return self->lanes;
    if (best.weight < LOADED)
        return best.lane;
    redis_lane *fresh = try_one_more(self, best.weight >= SLOW_WEIGHT, now, call);
    return fresh == NULL ? best.lane : fresh;
}

static redis_lane *enter(lane_pool *self, const redis_request *request, const ds_call *call)
{
    int64_t now = ds_now();
    redis_lane *lane = pick(self, request, now, call);
    if (atomic_fetch_add_explicit(&lane->load, request_count(request), memory_order_relaxed) == 0)
        atomic_store_explicit(&lane->head_since, now, memory_order_relaxed);
    return lane;
}

static void leave(redis_lane *lane, const redis_request *request)
{
    atomic_fetch_sub_explicit(&lane->load, request_count(request), memory_order_relaxed);
}

ds_status lane_pool_run(lane_pool *self, redis_request *request, redis_intent intent, ds_call *call)
{
    voyage trip;
    bool is_again = false;
    if (self->limit == 1)
        return lane_run(self->lanes, request, intent, call);
    ds_status status = voyage_begin(&trip, request, intent, call);
    if (status != DS_OK || request_count(request) == 0)
        return status;
    do {
        redis_lane *lane = enter(self, request, call);
        status = voyage_over(&trip, lane, &is_again);
        if (redis_own(self->connection) == trip.forks)
            leave(lane, request);
    } while (is_again);
    return voyage_end(&trip, status);
}

ds_status lane_pool_connect(lane_pool *self, ds_call *call)
{
    lane_pool_each(self, lane_look);
    redis_lane *lane = find(self, false, ds_now()).lane;
    if (lane != NULL && lane != self->lanes && connect_lane(self, lane, call) == DS_OK)
        return DS_OK;
    *call->error = (ds_error){.status = DS_OK};
    return connect_lane(self, self->lanes, call);
}

/* What hung up on one may have hung up on the others, which nobody looks at. */
bool lane_pool_is_left(lane_pool *self, const redis_lane *lane)
{
    bool has_other = false;
    for (redis_lane *other = lane_pool_next(self, NULL); other != NULL; other = lane_pool_next(self, other))
        if (other != lane) {
            lane_look(other);
            has_other |= is_ready(other);
        }
    return has_other || lane != self->lanes;
}
