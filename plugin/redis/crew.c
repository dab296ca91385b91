/* See crew.h. */
#include "crew.h"

#include <sys/eventfd.h>
#include <unistd.h>

void crew_init(crew *self, size_t limit)
{
    *self = (crew){.limit = limit, .portion = SIZE_MAX};
    pthread_mutex_init(&self->lock, NULL); /* Linux's never fails */
    watch_pool_init(&self->pool);
    self->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void crew_free(crew *self)
{
    watch_pool_free(&self->pool);
    if (self->poke >= 0)
        close(self->poke);
    pthread_mutex_destroy(&self->lock);
}

bool crew_forget(crew *self)
{
    bool is_free = pthread_mutex_trylock(&self->lock) == 0;
    bool is_whole = is_free && !self->has_leader && self->first == NULL;
    if (is_free)
        pthread_mutex_unlock(&self->lock);
    watch_pool pool = self->pool;
    if (self->poke >= 0)
        close(self->poke);
    watch_pool_forget(&pool);
    crew_init(self, self->limit);
    return is_whole;
}

/* ---- the inbox, under the lock ---- */

static void append(crew *self, redis_request *request)
{
    request->passage.next = NULL;
    request->passage.is_away = false; /* it may have been over before its thread came back */
    atomic_store_explicit(&request->passage.berth, BERTH_INBOX, memory_order_relaxed);
    if (self->last != NULL)
        self->last->passage.next = request;
    else
        self->first = request;
    self->last = request;
    self->waiting++;
}

static void take_out(crew *self, const redis_request *request)
{
    redis_request *before = NULL;
    for (redis_request *at = self->first; at != request; at = at->passage.next)
        before = at;
    if (before != NULL)
        before->passage.next = request->passage.next;
    else
        self->first = request->passage.next;
    if (self->last == request)
        self->last = before;
    self->waiting--;
}

static void become_leader(crew *self, redis_request *request)
{
    self->has_leader = true;
    self->is_named = self->is_polling = false;
    atomic_store(&request->passage.leads, true);
}

/* ---- coming and going ---- */

static ds_status find_place(crew *self, redis_request *request, const ds_call *call, ds_error *err)
{
    place *own = &request->passage.place;
    if (own->bell != NULL || own->watch != NULL)
        return DS_OK;
    if (call->cancel != NULL)
        return watch_take(&self->pool, &own->watch, err);
    own->bell = &self->bells[self->sleepers / 32 % CREW_BELLS];
    own->bit = UINT32_C(1) << self->sleepers++ % 32;
    return DS_OK;
}

void crew_over(crew *self, redis_request *request)
{
    watch_give(&self->pool, request->passage.place.watch);
    request->passage.place = (place){.bell = NULL};
}

static ds_status follow(crew *self, redis_request *request, const ds_call *call, crew_role *role, ds_error *err)
{
    if (self->is_named && pthread_equal(self->leader, pthread_self()))
        return ds_error_set(err, DS_BUSY, "the thread that asks is connecting already");
    ds_status status = find_place(self, request, call, err);
    self->was_shared = true;
    *role = CREW_FOLLOWS;
    if (self->is_polling && self->first == NULL)
        *role = CREW_SENDS;
    else if ((self->waiting + 1) % atomic_load_explicit(&self->portion, memory_order_relaxed) == 0)
        *role = CREW_HELPS;
    return status;
}

ds_status crew_join(crew *self, redis_request *request, const ds_call *call, crew_role *role, ds_error *err)
{
    ds_status status = DS_OK;
    *role = CREW_LEADS;
    pthread_mutex_lock(&self->lock);
    if (self->waiting >= self->limit)
        status = ds_error_set(err, DS_BUSY, "%zu operations wait for the connection already", self->waiting);
    else if (self->has_leader)
        status = follow(self, request, call, role, err);
    else
        become_leader(self, request);
    if (status == DS_OK)
        append(self, request);
    pthread_mutex_unlock(&self->lock);
    return status;
}

ds_status crew_return(crew *self, redis_request *request, const ds_call *call, crew_role *role, ds_error *err)
{
    ds_status status = DS_OK;
    *role = CREW_LEADS;
    pthread_mutex_lock(&self->lock);
    request->passage.is_away = false;
    if (self->has_leader) {
        *role = CREW_FOLLOWS;
        status = find_place(self, request, call, err);
    } else {
        become_leader(self, request);
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

ds_status crew_wait(redis_request *request, const ds_call *call)
{
    passage *own = &request->passage;
    for (;;) {
        uint32_t begun = place_begin(&own->place);
        if (atomic_load(&own->leads) || atomic_load_explicit(&own->berth, memory_order_acquire) == BERTH_OVER)
            return DS_OK;
        ds_status status = place_sleep(&own->place, begun, call);
        if (status != DS_OK)
            return status;
    }
}

bool crew_lead(crew *self)
{
    pthread_mutex_lock(&self->lock);
    self->leader = pthread_self();
    self->is_named = true;
    bool was_shared = self->was_shared;
    self->was_shared = false;
    pthread_mutex_unlock(&self->lock);
    return was_shared;
}

void crew_set_portion(crew *self, size_t portion)
{
    atomic_store_explicit(&self->portion, portion, memory_order_relaxed);
}

bool crew_gathers(const crew *self)
{
    return atomic_load_explicit(&self->portion, memory_order_relaxed) > 1;
}

redis_request *crew_load(crew *self)
{
    pthread_mutex_lock(&self->lock);
    redis_request *first = self->first;
    self->first = self->last = NULL;
    self->waiting = 0;
    pthread_mutex_unlock(&self->lock);
    return first;
}

void crew_put_back(crew *self, redis_request *first)
{
    pthread_mutex_lock(&self->lock);
    redis_request *last = first;
    for (redis_request *at = first; at != NULL; at = at->passage.next) {
        last = at;
        self->waiting++;
    }
    if (last != NULL) {
        last->passage.next = self->first;
        self->first = first;
        if (self->last == NULL)
            self->last = last;
    }
    pthread_mutex_unlock(&self->lock);
}

bool crew_is_idle(crew *self)
{
    pthread_mutex_lock(&self->lock);
    bool is_idle = self->first == NULL;
    pthread_mutex_unlock(&self->lock);
    return is_idle;
}

bool crew_leave(crew *self, redis_request *request)
{
    pthread_mutex_lock(&self->lock);
    bool is_there = atomic_load(&request->passage.berth) == BERTH_INBOX;
    if (is_there)
        take_out(self, request);
    pthread_mutex_unlock(&self->lock);
    return is_there;
}

bool crew_begin_poll(crew *self, bool may_load)
{
    pthread_mutex_lock(&self->lock);
    self->is_polling = !may_load || self->first == NULL;
    bool polls = self->is_polling;
    pthread_mutex_unlock(&self->lock);
    return polls;
}

void crew_end_poll(crew *self, bool was_poked)
{
    pthread_mutex_lock(&self->lock);
    self->is_polling = false;
    pthread_mutex_unlock(&self->lock);
    uint64_t count;
    ssize_t got = !was_poked ? 0 : read(self->poke, &count, sizeof count);
    (void)got; /* nothing to read: it was not poked */
}

bool crew_has_leader(crew *self)
{
    pthread_mutex_lock(&self->lock);
    bool has = self->has_leader;
    pthread_mutex_unlock(&self->lock);
    return has;
}

static bool can_lead(const redis_request *request, const redis_request *but)
{
    return request != NULL && request != but && request->connection != NULL && !request->passage.is_away;
}

/* The owner of the last flight leads longest. */
static redis_request *find_heir(const crew *self, const redis_request *but, const redis_flight *aboard)
{
    redis_request *heir = NULL;
    for (; aboard != NULL; aboard = aboard->next)
        if (can_lead(aboard->request, but))
            heir = aboard->request;
    for (redis_request *at = self->first; at != NULL && heir == NULL; at = at->passage.next)
        if (can_lead(at, but))
            heir = at;
    return heir;
}

void crew_step_down(crew *self, redis_request *request, redis_flight *aboard, bool is_away, signals *wake)
{
    pthread_mutex_lock(&self->lock);
    atomic_store(&request->passage.leads, false);
    request->passage.is_away = is_away;
    self->has_leader = self->is_named = self->is_polling = false;
    redis_request *heir = find_heir(self, request, aboard);
    if (heir != NULL) {
        become_leader(self, heir);
        signals_add(wake, &heir->passage.place);
    }
    pthread_mutex_unlock(&self->lock);
}

bool crew_poke(crew *self)
{
    const uint64_t count = 1;
    ssize_t written = self->poke < 0 ? 0 : write(self->poke, &count, sizeof count);
    (void)written; /* a full one is poked already */
    return self->poke >= 0;
}
