/* Leader and followers without a socket: a boat of the test's own takes the link's place, on which whoever leads answers what
 * was loaded. */
#include "crew.h"
#include "process.h"
#include "random.h"
#include "suite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MS INT64_C(1000000)
enum { THREADS = 16, ROUNDS = 2500, FOLLOWERS = 40 };

static char somewhere; /* what requests of threads have for a connection */

typedef struct boat {
    crew crew;
    pthread_mutex_t lock; /* as the link's */
    redis_flight *first;  /* aboard, in the order in which they came */
    atomic_ullong answered;
} boat;

static void boat_init(boat *b, size_t limit)
{
    *b = (boat){.first = NULL};
    crew_init(&b->crew, limit);
    pthread_mutex_init(&b->lock, NULL);
}

static void boat_free(boat *b)
{
    CU_ASSERT(crew_is_idle(&b->crew) && !crew_has_leader(&b->crew) && b->first == NULL);
    CU_ASSERT_EQUAL(b->crew.waiting, 0);
    crew_free(&b->crew);
    pthread_mutex_destroy(&b->lock);
}

/* One request of one thread, with what it needs. */
typedef struct guest {
    redis_request request;
    redis_flight flight;
    ds_call call;
    ds_error error;
} guest;

static void guest_init(guest *g, int64_t deadline, ds_cancel *cancel)
{
    memset(g, 0, sizeof *g);
    g->request.connection = (redis *)&somewhere;
    g->flight.request = &g->request;
    g->request.flight = &g->flight;
    g->call = (ds_call){.size = sizeof g->call, .deadline = deadline, .cancel = cancel, .error = &g->error};
}

static bool is_over(const guest *g)
{
    return atomic_load_explicit(&g->request.passage.berth, memory_order_acquire) == BERTH_OVER;
}

/* ---- what drive.c does, under the boat's lock ---- */

static void load(boat *b)
{
    redis_flight **end = &b->first;
    while (*end != NULL)
        end = &(*end)->next;
    for (redis_request *next = crew_load(&b->crew); next != NULL;) {
        redis_request *request = next;
        next = request->passage.next;
        request->flight->next = NULL;
        *end = request->flight;
        end = &request->flight->next;
        atomic_store_explicit(&request->passage.berth, BERTH_ABOARD, memory_order_relaxed);
    }
}

static void answer_first(boat *b, signals *wake)
{
    redis_request *request = b->first->request;
    b->first = b->first->next;
    place sleeper = request->passage.place;
    bool is_awake = atomic_load(&request->passage.leads);
    atomic_fetch_add(&b->answered, 1);
    atomic_store_explicit(&request->passage.berth, BERTH_OVER, memory_order_release);
    if (!is_awake)
        signals_add(wake, &sleeper);
}

static void answer(boat *b, size_t most)
{
    signals wake = {.count = 0};
    for (size_t i = 0; i < most && b->first != NULL; i++)
        answer_first(b, &wake);
    signals_give(&wake);
}

static void go_ashore(boat *b, guest *g)
{
    redis_flight **at = &b->first;
    if (!crew_leave(&b->crew, &g->request)) {
        while (*at != &g->flight)
            at = &(*at)->next;
        *at = g->flight.next;
    }
    atomic_store(&g->request.passage.berth, BERTH_OVER);
}

/* ---- one after the other ---- */

static crew_role join(boat *b, guest *g)
{
    crew_role role = CREW_FOLLOWS;
    guest_init(g, ds_now() + 60000 * MS, NULL);
    CU_ASSERT_EQUAL(crew_join(&b->crew, &g->request, &g->call, &role, &g->error), DS_OK);
    return role;
}

static void step_down(boat *b, guest *g, bool is_away)
{
    signals wake = {.count = 0};
    crew_step_down(&b->crew, &g->request, b->first, is_away, &wake);
    signals_give(&wake);
}

static bool leads(const guest *g)
{
    return atomic_load(&g->request.passage.leads);
}

static void heirs(void)
{
    boat b;
    guest first, second, third, fourth;
    boat_init(&b, 10);
    CU_ASSERT_EQUAL(join(&b, &first), CREW_LEADS);
    CU_ASSERT_EQUAL(join(&b, &second), CREW_FOLLOWS);
    CU_ASSERT_EQUAL(join(&b, &third), CREW_FOLLOWS);
    step_down(&b, &first, true);                                   /* it is still there, but away */
    CU_ASSERT(!leads(&first) && leads(&second) && !leads(&third)); /* nobody is aboard: the first that waits */
    load(&b);
    CU_ASSERT_EQUAL(join(&b, &fourth), CREW_FOLLOWS);
    step_down(&b, &second, false);
    CU_ASSERT(leads(&third) && !leads(&fourth)); /* the last that is aboard has the longest way */
    step_down(&b, &third, true);
    CU_ASSERT(leads(&second) && !leads(&fourth) && !leads(&first));
    answer(&b, 3);
    step_down(&b, &second, false);
    CU_ASSERT(leads(&fourth));
    go_ashore(&b, &fourth);
    step_down(&b, &fourth, false);
    boat_free(&b);
}

static void who_comes_back(void)
{
    boat b;
    guest first, second;
    crew_role role = CREW_LEADS;
    boat_init(&b, 10);
    CU_ASSERT_EQUAL(join(&b, &first), CREW_LEADS);
    step_down(&b, &first, true);
    CU_ASSERT(!crew_has_leader(&b.crew));
    CU_ASSERT_EQUAL(join(&b, &second), CREW_LEADS);
    CU_ASSERT_EQUAL(crew_return(&b.crew, &first.request, &first.call, &role, &first.error), DS_OK);
    CU_ASSERT_EQUAL(role, CREW_FOLLOWS);
    load(&b);
    answer(&b, 1);
    CU_ASSERT(is_over(&first) && !is_over(&second));
    step_down(&b, &second, true);
    CU_ASSERT_EQUAL(crew_return(&b.crew, &second.request, &second.call, &role, &second.error), DS_OK);
    CU_ASSERT_EQUAL(role, CREW_LEADS);
    answer(&b, 1);
    step_down(&b, &second, false);
    boat_free(&b);
}

static void limits(void)
{
    boat b;
    guest all[4];
    crew_role role;
    boat_init(&b, 3);
    for (int i = 0; i < 3; i++)
        join(&b, &all[i]);
    guest_init(&all[3], DS_NO_DEADLINE, NULL);
    CU_ASSERT_EQUAL(crew_join(&b.crew, &all[3].request, &all[3].call, &role, &all[3].error), DS_BUSY);
    CU_ASSERT(strstr(all[3].error.message, "3 operations wait") != NULL);
    go_ashore(&b, &all[1]); /* one that leaves makes room */
    join(&b, &all[1]);
    CU_ASSERT_EQUAL(crew_join(&b.crew, &all[3].request, &all[3].call, &role, &all[3].error), DS_BUSY);
    redis_request *loaded = crew_load(&b.crew);
    crew_put_back(&b.crew, loaded); /* what was not sent after all waits again */
    CU_ASSERT_EQUAL(crew_join(&b.crew, &all[3].request, &all[3].call, &role, &all[3].error), DS_BUSY);
    load(&b); /* what was sent does not wait */
    join(&b, &all[3]);
    load(&b);
    answer(&b, 4);
    step_down(&b, &all[0], false);
    boat_free(&b);
}

static void own_leader(void)
{
    boat b;
    guest first, second;
    crew_role role;
    boat_init(&b, 10);
    join(&b, &first);
    crew_lead(&b.crew);
    guest_init(&second, DS_NO_DEADLINE, NULL);
    CU_ASSERT_EQUAL(crew_join(&b.crew, &second.request, &second.call, &role, &second.error), DS_BUSY);
    load(&b);
    answer(&b, 1);
    step_down(&b, &first, false);
    boat_free(&b);
}

static void senders(void)
{
    boat b;
    guest first, second, third, fourth;
    boat_init(&b, 10);
    join(&b, &first);
    CU_ASSERT(!crew_begin_poll(&b.crew, true)); /* its own is not loaded yet */
    load(&b);
    CU_ASSERT(crew_begin_poll(&b.crew, true));
    CU_ASSERT_EQUAL(join(&b, &second), CREW_SENDS);
    CU_ASSERT_EQUAL(join(&b, &third), CREW_FOLLOWS); /* the one before it sends both */
    crew_poke(&b.crew);
    struct pollfd poke = {.fd = b.crew.poke, .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&poke, 1, 0), 1);
    crew_end_poll(&b.crew, true);
    CU_ASSERT_EQUAL(poll(&poke, 1, 0), 0);
    CU_ASSERT(crew_begin_poll(&b.crew, false)); /* where nothing may be sent it polls all the same */
    crew_end_poll(&b.crew, false);
    CU_ASSERT_EQUAL(join(&b, &fourth), CREW_FOLLOWS);
    load(&b);
    answer(&b, 4);
    step_down(&b, &first, false);
    boat_free(&b);
}

/* The leader need not wait for those who complete a portion to send it. */
static void helpers(void)
{
    boat b;
    guest all[6];
    boat_init(&b, 10);
    CU_ASSERT_EQUAL(join(&b, &all[0]), CREW_LEADS);
    load(&b);
    CU_ASSERT_EQUAL(join(&b, &all[1]), CREW_FOLLOWS); /* nobody knows yet how many share */
    crew_set_portion(&b.crew, 2);
    CU_ASSERT(crew_gathers(&b.crew));
    CU_ASSERT_EQUAL(join(&b, &all[2]), CREW_HELPS);
    CU_ASSERT_EQUAL(join(&b, &all[3]), CREW_FOLLOWS);
    load(&b);
    CU_ASSERT(crew_begin_poll(&b.crew, true));
    CU_ASSERT_EQUAL(join(&b, &all[4]), CREW_SENDS);
    CU_ASSERT_EQUAL(join(&b, &all[5]), CREW_HELPS);
    crew_end_poll(&b.crew, false);
    load(&b);
    answer(&b, 6);
    crew_set_portion(&b.crew, 1);
    CU_ASSERT(!crew_gathers(&b.crew));
    CU_ASSERT_EQUAL(join(&b, &all[1]), CREW_HELPS);
    load(&b);
    answer(&b, 1);
    step_down(&b, &all[0], false);
    boat_free(&b);
}

/* ---- threads that sleep ---- */

static ds_cancel *token(void)
{
    ds_cancel *made = NULL;
    if (ds_cancel_new(&made, NULL) != DS_OK)
        abort(); /* asked by threads too, which CUnit does not know */
    return made;
}

typedef struct follower {
    boat *boat;
    guest guest;
    ds_cancel *cancel;
    int64_t wait;
    pthread_t thread;
    ds_status status;
    bool led;
} follower;

/* Waits; where it is made leader, it answers what there is. */
static void *follow(void *user)
{
    follower *self = user;
    boat *b = self->boat;
    self->status = crew_wait(&self->guest.request, &self->guest.call);
    pthread_mutex_lock(&b->lock);
    self->led = leads(&self->guest);
    if (self->status != DS_OK && !is_over(&self->guest))
        go_ashore(b, &self->guest);
    if (self->led) {
        load(b);
        answer(b, SIZE_MAX);
        step_down(b, &self->guest, false);
    }
    pthread_mutex_unlock(&b->lock);
    crew_over(&b->crew, &self->guest.request);
    return NULL;
}

static void start_follower(follower *f, boat *b, int64_t wait_ms, ds_cancel *cancel)
{
    crew_role role;
    *f = (follower){.boat = b};
    guest_init(&f->guest, ds_now() + wait_ms * MS, cancel);
    CU_ASSERT_EQUAL_FATAL(crew_join(&b->crew, &f->guest.request, &f->guest.call, &role, &f->guest.error), DS_OK);
    CU_ASSERT_EQUAL(role, CREW_FOLLOWS);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, follow, f), 0);
}

/* The leader's deadline comes while others wait: the first of them goes on, for all. */
static void handed_over(void)
{
    boat b;
    guest first;
    follower others[FOLLOWERS];
    int leaders = 0;
    boat_init(&b, 100);
    CU_ASSERT_EQUAL(join(&b, &first), CREW_LEADS);
    for (int i = 0; i < FOLLOWERS; i++)
        start_follower(&others[i], &b, 60000, NULL);
    pthread_mutex_lock(&b.lock);
    go_ashore(&b, &first);
    step_down(&b, &first, false);
    pthread_mutex_unlock(&b.lock);
    for (int i = 0; i < FOLLOWERS; i++) {
        pthread_join(others[i].thread, NULL);
        CU_ASSERT_EQUAL(others[i].status, DS_OK);
        leaders += others[i].led;
    }
    CU_ASSERT_EQUAL(leaders, 1);
    CU_ASSERT_EQUAL(atomic_load(&b.answered), FOLLOWERS);
    boat_free(&b);
}

/* With a token or without, aboard or not: each is awakened by its own answer, and by nothing else. */
static void all_awakened(void)
{
    boat b;
    guest first;
    follower others[FOLLOWERS];
    ds_cancel *cancel = token();
    boat_init(&b, 100);
    CU_ASSERT_EQUAL(join(&b, &first), CREW_LEADS);
    for (int i = 0; i < FOLLOWERS; i++) {
        start_follower(&others[i], &b, 60000, i % 3 == 0 ? cancel : NULL);
        pthread_mutex_lock(&b.lock);
        if (i % 5 == 0)
            load(&b);
        pthread_mutex_unlock(&b.lock);
    }
    for (int i = 0; i < FOLLOWERS; i++) { /* in their order, the leader's own first */
        pthread_mutex_lock(&b.lock);
        load(&b);
        answer(&b, i == 0 ? 2 : 1);
        pthread_mutex_unlock(&b.lock);
        pthread_join(others[i].thread, NULL);
        CU_ASSERT(others[i].status == DS_OK && !others[i].led && is_over(&others[i].guest));
        CU_ASSERT(i + 1 == FOLLOWERS || !is_over(&others[i + 1].guest));
    }
    step_down(&b, &first, false);
    boat_free(&b);
    ds_cancel_free(cancel);
}

static void early_ends(void)
{
    boat b;
    guest first;
    int before = descriptors_open();
    boat_init(&b, 100);
    CU_ASSERT_EQUAL(join(&b, &first), CREW_LEADS);
    for (int i = 0; i < 20; i++) {
        follower late, cancelled;
        ds_cancel *cancel = token();
        start_follower(&late, &b, 1, NULL);
        start_follower(&cancelled, &b, 60000, cancel);
        ds_cancel_set(cancel);
        pthread_join(late.thread, NULL);
        pthread_join(cancelled.thread, NULL);
        CU_ASSERT_EQUAL(late.status, DS_TIMEOUT);
        CU_ASSERT_EQUAL(cancelled.status, DS_CANCELLED);
        ds_cancel_free(cancel);
        CU_ASSERT_EQUAL(b.crew.waiting, 1);
    }
    CU_ASSERT_EQUAL(descriptors_open(), before + 2); /* the poke, and the one place that was used again and again */
    load(&b);
    answer(&b, 1);
    step_down(&b, &first, false);
    boat_free(&b);
    CU_ASSERT_EQUAL(descriptors_open(), before);
}

/* ---- all at once ---- */

typedef struct sailor {
    boat *boat;
    pthread_t thread;
    uint64_t random;
    ds_cancel *cancel;
    unsigned long long answered, late, cancelled, led, away, sent;
} sailor;

static ds_status check(const guest *g)
{
    if (ds_cancel_is_set(g->call.cancel))
        return DS_CANCELLED;
    return ds_now() >= g->call.deadline ? DS_TIMEOUT : DS_OK;
}

static void wait_for_work(sailor *self)
{
    boat *b = self->boat;
    struct pollfd poke = {.fd = b->crew.poke, .events = POLLIN};
    if (!crew_begin_poll(&b->crew, true))
        return;
    pthread_mutex_unlock(&b->lock);
    int ready = poll(&poke, 1, random_own(&self->random, 8) == 0);
    pthread_mutex_lock(&b->lock);
    crew_end_poll(&b->crew, ready > 0);
}

/* As drive.c's: until the request is over or has no more time; now and then it goes away to tell something. */
static ds_status lead(sailor *self, guest *g, bool *is_away)
{
    boat *b = self->boat;
    ds_status status = DS_OK;
    self->led++;
    crew_lead(&b->crew);
    pthread_mutex_lock(&b->lock);
    *is_away = false;
    while (!is_over(g) && status == DS_OK && !*is_away) {
        status = check(g);
        *is_away = status == DS_OK && random_own(&self->random, 16) == 0;
        if (status != DS_OK || *is_away)
            break;
        load(b);
        crew_set_portion(&b->crew, 1 + random_own(&self->random, 4));
        answer(b, random_own(&self->random, 4));
        if (!is_over(g))
            wait_for_work(self);
    }
    if (is_over(g))
        status = DS_OK, *is_away = false;
    else if (status != DS_OK)
        go_ashore(b, g);
    signals wake = {.count = 0};
    crew_step_down(&b->crew, &g->request, b->first, *is_away, &wake);
    pthread_mutex_unlock(&b->lock);
    signals_give(&wake);
    return status;
}

static ds_status come_back(sailor *self, guest *g, crew_role *role)
{
    ds_status status = DS_OK;
    self->away++;
    sched_yield();
    pthread_mutex_lock(&self->boat->lock);
    if (is_over(g))
        *role = CREW_FOLLOWS;
    else
        status = crew_return(&self->boat->crew, &g->request, &g->call, role, &g->error);
    pthread_mutex_unlock(&self->boat->lock);
    return status;
}

/* As drive.c's: the lock, or who has it looks at the inbox before he waits. */
static bool may_send(boat *b, bool must)
{
    if (pthread_mutex_trylock(&b->lock) == 0)
        return true;
    if (!must || crew_poke(&b->crew))
        return false;
    pthread_mutex_lock(&b->lock);
    return true;
}

static ds_status wait_for_turn(sailor *self, guest *g, crew_role *role)
{
    boat *b = self->boat;
    if (*role != CREW_FOLLOWS && may_send(b, *role == CREW_SENDS)) {
        load(b);
        pthread_mutex_unlock(&b->lock);
        self->sent++;
    }
    ds_status status = crew_wait(&g->request, &g->call);
    if (status != DS_OK) {
        pthread_mutex_lock(&b->lock);
        if (is_over(g))
            status = DS_OK;
        else
            go_ashore(b, g);
        if (leads(g))
            step_down(b, g, false);
        pthread_mutex_unlock(&b->lock);
    }
    *role = leads(g) ? CREW_LEADS : CREW_FOLLOWS;
    return status;
}

static ds_status sail_once(sailor *self, guest *g)
{
    crew_role role;
    bool is_away = false;
    ds_status status = crew_join(&self->boat->crew, &g->request, &g->call, &role, &g->error);
    while (status == DS_OK && !(is_over(g) && !leads(g))) {
        if (role == CREW_LEADS) {
            status = lead(self, g, &is_away);
            if (is_away)
                status = come_back(self, g, &role);
        } else {
            status = wait_for_turn(self, g, &role);
        }
    }
    return status;
}

static void *sail(void *user)
{
    sailor *self = user;
    guest *g = malloc(sizeof *g); /* on the heap, and freed each time, so that a late touch is seen by the sanitizers */
    for (int i = 0; i < ROUNDS; i++) {
        bool is_cancelled = random_own(&self->random, 8) == 0;
        int64_t time = random_own(&self->random, 3) == 0 ? (int64_t)random_own(&self->random, 200000) : 60000 * MS;
        ds_cancel *cancel = random_own(&self->random, 2) == 0 || is_cancelled ? token() : NULL;
        guest_init(g, ds_now() + time, cancel);
        if (is_cancelled)
            ds_cancel_set(cancel);
        ds_status status = sail_once(self, g);
        self->answered += status == DS_OK;
        self->late += status == DS_TIMEOUT;
        self->cancelled += status == DS_CANCELLED;
        crew_over(&self->boat->crew, &g->request);
        ds_cancel_free(cancel);
        free(g);
        g = malloc(sizeof *g);
    }
    free(g);
    return NULL;
}

static void nothing_is_lost(void)
{
    boat b;
    sailor all[THREADS];
    sailor sum = {.answered = 0};
    boat_init(&b, 1000);
    alarm(120); /* one that is never awakened ends the test */
    for (int i = 0; i < THREADS; i++) {
        all[i] = (sailor){.boat = &b, .random = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(i + 1)};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&all[i].thread, NULL, sail, &all[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(all[i].thread, NULL);
        sum.answered += all[i].answered;
        sum.late += all[i].late;
        sum.cancelled += all[i].cancelled;
        sum.led += all[i].led;
        sum.away += all[i].away;
        sum.sent += all[i].sent;
    }
    alarm(0);
    printf("\n    %llu answered, %llu late, %llu cancelled; %llu times a leader, %llu away, %llu sent for others\n",
           sum.answered, sum.late, sum.cancelled, sum.led, sum.away, sum.sent);
    CU_ASSERT_EQUAL(sum.answered + sum.late + sum.cancelled, (unsigned long long)THREADS * ROUNDS);
    CU_ASSERT_EQUAL(sum.answered, atomic_load(&b.answered));
    CU_ASSERT(sum.answered > 0 && sum.late > 0 && sum.cancelled > 0 && sum.led > 0 && sum.away > 0);
    boat_free(&b);
}

int main(void)
{
    static const test tests[] = {
        {"the owner of the last flight inherits, then the first that waits, and nobody who is away", heirs},
        {"who was away follows, or leads where nobody does", who_comes_back},
        {"one more than maxPending is DS_BUSY, and what was sent does not count", limits},
        {"a thread that leads does not wait for itself", own_leader},
        {"while the leader polls the first that comes sends", senders},
        {"who completes a portion helps to send it", helpers},
        {"leadership is handed over at a deadline, and all are answered", handed_over},
        {"each follower is awakened, by its own answer", all_awakened},
        {"a deadline and a token end a wait, and leave nothing behind", early_ends},
        {"threads that join and leave at random: nothing is lost, and nothing is answered twice", nothing_is_lost},
    };
    return SUITE_RUN("crew", tests);
}
