/* Completion queues: what is submitted is run once and told once, whoever submits and takes; nobody waits who must not; nothing
 * is left behind. */
#include "base/base.h"
#include "failing.h"
#include "process.h"
#include "suite.h"

#include <datasource/queue.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#define MINUTE_MS 60000

static ds_queue *make(unsigned threads)
{
    ds_queue *queue = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_queue_new(threads, &queue, NULL), DS_OK);
    return queue;
}

static void submit(ds_queue *queue, ds_task *task, void *user)
{
    CU_ASSERT_EQUAL_FATAL(ds_queue_submit(queue, task, user, NULL), DS_OK);
}

static bool is_readable(const ds_queue *queue, int wait_ms)
{
    struct pollfd one = {.fd = ds_queue_fd(queue), .events = POLLIN};
    int got = poll(&one, 1, wait_ms);
    return got == 1 && one.revents == POLLIN;
}

/* As an event loop does it. */
static ds_completion take(ds_queue *queue)
{
    ds_completion done = {.size = sizeof done};
    while (!ds_queue_next(queue, &done))
        CU_ASSERT_FATAL(is_readable(queue, MINUTE_MS));
    return done;
}

static ds_status succeed(void *user, ds_error *err)
{
    (void)user;
    (void)err;
    return DS_OK;
}

static sem_t begun, gate; /* tasks that are held */

static ds_status wait_at_gate(void *user, ds_error *err)
{
    (void)user;
    (void)err;
    sem_post(&begun);
    while (sem_wait(&gate) != 0)
        ;
    return DS_OK;
}

/* All threads of the queue stand at the gate. */
static ds_queue *make_held(unsigned threads)
{
    ds_queue *queue = make(threads);
    sem_init(&begun, 0, 0);
    sem_init(&gate, 0, 0);
    for (unsigned i = 0; i < threads; i++)
        submit(queue, wait_at_gate, NULL);
    for (unsigned i = 0; i < threads; i++)
        sem_wait(&begun);
    return queue;
}

static void let_go(unsigned n)
{
    while (n-- > 0)
        sem_post(&gate);
}

/* ---- what comes back ---- */

static ds_status fail_with_sentence(void *user, ds_error *err)
{
    bool is_empty = err->status == DS_OK && err->message[0] == '\0';
    return ds_error_set(err, DS_DUPLICATE, "%s, %s", (const char *)user, is_empty ? "empty at first" : "not empty");
}

static ds_status fail_silently(void *user, ds_error *err)
{
    (void)user;
    (void)err;
    return DS_NOT_FOUND;
}

static ds_status get_over_it(void *user, ds_error *err)
{
    (void)user;
    ds_error_set(err, DS_LOST, "the first try");
    return DS_OK;
}

static void a_completion_has_the_tasks_status_user_and_error(void)
{
    char words[] = "my own words";
    ds_queue *queue = make(1);
    submit(queue, fail_with_sentence, words);
    ds_completion done = take(queue);
    CU_ASSERT_EQUAL(done.size, sizeof done);
    CU_ASSERT_EQUAL(done.status, DS_DUPLICATE);
    CU_ASSERT_PTR_EQUAL(done.user, words);
    CU_ASSERT_EQUAL(done.error.status, DS_DUPLICATE);
    CU_ASSERT_STRING_EQUAL(done.error.message, "my own words, empty at first");
    submit(queue, fail_silently, NULL);
    done = take(queue);
    CU_ASSERT(done.status == DS_NOT_FOUND && done.error.status == DS_NOT_FOUND && done.user == NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(done.error.message, "DS_NOT_FOUND"));
    submit(queue, get_over_it, NULL);
    done = take(queue);
    CU_ASSERT(done.status == DS_OK && done.error.status == DS_OK);
    CU_ASSERT_STRING_EQUAL(done.error.message, "");
    ds_queue_close(queue);
}

static void the_descriptor_is_readable_while_a_completion_is_there(void)
{
    ds_completion done = {.size = sizeof done};
    ds_queue *queue = make_held(2);
    CU_ASSERT_FALSE(ds_queue_next(queue, &done));
    CU_ASSERT_FALSE(is_readable(queue, 0));
    let_go(2);
    while (ds_queue_pending(queue) > 0) {
        CU_ASSERT(is_readable(queue, MINUTE_MS));
        done = take(queue);
    }
    for (unsigned i = 0; i < 3; i++)
        submit(queue, succeed, NULL);
    for (unsigned i = 3; i > 0; i--) { /* however many are taken at a time */
        CU_ASSERT_EQUAL(ds_queue_pending(queue), i);
        CU_ASSERT(is_readable(queue, MINUTE_MS));
        done = take(queue);
    }
    CU_ASSERT_EQUAL(ds_queue_pending(queue), 0);
    for (int64_t until = ds_now() + MINUTE_MS * INT64_C(1000000); is_readable(queue, 0) && ds_now() < until;)
        CU_ASSERT_FALSE(ds_queue_next(queue, &done)); /* which makes it quiet, once the last has announced itself */
    CU_ASSERT_FALSE(is_readable(queue, 0));
    ds_queue_close(queue);
}

/* ---- order, and how many at once ---- */

static void one_thread_runs_and_tells_in_the_order_of_submission(void)
{
    enum { MANY = 1000 };
    static char places[MANY];
    ds_queue *queue = make(1);
    for (size_t i = 0; i < MANY; i++)
        submit(queue, succeed, &places[i]);
    size_t wrong = 0;
    for (size_t i = 0; i < MANY; i++)
        wrong += take(queue).user != &places[i];
    CU_ASSERT_EQUAL(wrong, 0);
    ds_queue_close(queue);
}

static ds_status meet(void *user, ds_error *err)
{
    (void)err;
    pthread_barrier_wait(user);
    return DS_OK;
}

static void as_many_tasks_run_at_once_as_there_are_threads(void)
{
    enum { THREADS = 8 };
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, THREADS);
    ds_queue *queue = make(THREADS);
    for (unsigned i = 0; i < 3 * THREADS; i++)
        submit(queue, meet, &barrier);
    for (unsigned i = 0; i < 3 * THREADS; i++)
        CU_ASSERT_EQUAL(take(queue).status, DS_OK);
    ds_queue_close(queue);
    pthread_barrier_destroy(&barrier);
}

static ds_status count_up(void *user, ds_error *err)
{
    (void)err;
    atomic_fetch_add((atomic_uint *)user, 1);
    return DS_OK;
}

static void nobody_waits_who_submits_to_threads_that_are_held(void)
{
    enum { MANY = 10000, THREADS = 2 };
    atomic_uint runs = 0;
    ds_completion done = {.size = sizeof done};
    ds_queue *queue = make_held(THREADS);
    for (unsigned i = 0; i < MANY; i++) /* would hang, if one of them waited */
        submit(queue, count_up, &runs);
    CU_ASSERT_FALSE(ds_queue_next(queue, &done));
    CU_ASSERT_EQUAL(ds_queue_pending(queue), MANY + THREADS);
    CU_ASSERT_EQUAL(atomic_load(&runs), 0);
    let_go(THREADS);
    for (unsigned i = 0; i < MANY + THREADS; i++)
        take(queue);
    CU_ASSERT_EQUAL(atomic_load(&runs), MANY);
    ds_queue_close(queue);
}

typedef struct chain {
    ds_queue *queue;
    unsigned left;
} chain;

static ds_status submit_next(void *user, ds_error *err)
{
    chain *own = user;
    return --own->left == 0 ? DS_OK : ds_queue_submit(own->queue, submit_next, own, err);
}

static void a_task_may_submit_another(void)
{
    chain own = {make(2), 50};
    submit(own.queue, submit_next, &own);
    for (unsigned i = 0; i < 50; i++)
        CU_ASSERT_EQUAL(take(own.queue).status, DS_OK);
    CU_ASSERT_EQUAL(own.left, 0);
    CU_ASSERT_EQUAL(ds_queue_pending(own.queue), 0);
    ds_queue_close(own.queue);
}

/* ---- many threads ---- */

enum { HANDS = 4, EACH = SANITIZED ? 5000 : 25000 };
static atomic_uint runs_of[HANDS * EACH], taken;
static unsigned takes_of[HANDS * EACH];

static void *submit_many(void *queue)
{
    static atomic_uint hands;
    unsigned first = atomic_fetch_add(&hands, 1) % HANDS * EACH;
    for (unsigned i = 0; i < EACH; i++)
        while (ds_queue_submit(queue, count_up, &runs_of[first + i], NULL) != DS_OK)
            ;
    return NULL;
}

static void *take_many(void *queue)
{
    ds_completion done = {.size = sizeof done};
    while (atomic_load(&taken) < HANDS * EACH) {
        if (ds_queue_next(queue, &done)) {
            takes_of[(atomic_uint *)done.user - runs_of]++; /* a race, where two are given the same */
            atomic_fetch_add(&taken, 1);
        } else if (!is_readable(queue, 10) && ds_queue_pending(queue) == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void many_submit_and_many_take_and_each_is_run_and_told_once(void)
{
    pthread_t hands[2 * HANDS];
    unsigned wrong = 0;
    ds_queue *queue = make(HANDS);
    for (unsigned i = 0; i < 2 * HANDS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&hands[i], NULL, i % 2 == 0 ? submit_many : take_many, queue), 0);
    for (unsigned i = 0; i < 2 * HANDS; i++)
        pthread_join(hands[i], NULL);
    for (unsigned i = 0; i < HANDS * EACH; i++)
        wrong += atomic_load(&runs_of[i]) != 1 || takes_of[i] != 1;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(ds_queue_pending(queue), 0);
    ds_queue_close(queue);
}

/* A loop that looks when nothing is there yet, again and again, and then takes one completion each time that it is awakened, and
 * sleeps without end in between: one announcement that is lost, and it hangs, since so few are under way that no other comes. */
static void no_completion_is_left_lying_without_an_announcement(void)
{
    enum { ROUNDS = 8000, MOST = 3 };
    ds_completion done = {.size = sizeof done};
    ds_queue *queue = make(3);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned left = 2 + round % (MOST - 1);
        for (unsigned i = 0; i < left; i++)
            submit(queue, succeed, NULL);
        while (!ds_queue_next(queue, &done))
            ;
        for (left--; left > 0;) {
            CU_ASSERT_FATAL(is_readable(queue, MINUTE_MS));
            left -= ds_queue_next(queue, &done);
        }
    }
    CU_ASSERT_EQUAL(ds_queue_pending(queue), 0);
    ds_queue_close(queue);
}

/* ---- the end ---- */

static void what_has_not_begun_can_be_cancelled(void)
{
    atomic_uint runs = 0;
    ds_queue *queue = make_held(1);
    for (unsigned i = 0; i < 3; i++)
        submit(queue, count_up, &runs);
    ds_queue_cancel(queue);
    CU_ASSERT_EQUAL(ds_queue_pending(queue), 4);
    for (unsigned i = 0; i < 3; i++) {
        ds_completion done = take(queue);
        CU_ASSERT(done.status == DS_CANCELLED && done.error.status == DS_CANCELLED && done.user == &runs);
        CU_ASSERT_PTR_NOT_NULL(strstr(done.error.message, "before it began"));
    }
    let_go(1);
    CU_ASSERT_EQUAL(take(queue).status, DS_OK); /* it ran */
    submit(queue, count_up, &runs);             /* and the queue goes on */
    CU_ASSERT_EQUAL(take(queue).status, DS_OK);
    CU_ASSERT_EQUAL(atomic_load(&runs), 1);
    ds_queue_close(queue);
}

/* Once the thread that closes sleeps, since it waits. */
static void *let_go_later(void *closer)
{
    char path[64], state = 'R';
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", *(const pid_t *)closer);
    while (state != 'S') {
        FILE *file = fopen(path, "r");
        if (file == NULL || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            abort();
        fclose(file);
    }
    let_go(1);
    return NULL;
}

typedef struct last {
    ds_queue *queue;
    atomic_uint runs;
    bool is_done;
} last;

static ds_status submit_at_gate(void *user, ds_error *err)
{
    last *own = user;
    wait_at_gate(NULL, err);
    own->is_done = true;
    return ds_queue_submit(own->queue, count_up, &own->runs, err);
}

static void close_waits_for_what_runs_and_leaves_the_rest(void)
{
    pthread_t thread;
    pid_t me = gettid();
    last own = {.queue = make(1)};
    sem_init(&begun, 0, 0);
    sem_init(&gate, 0, 0);
    submit(own.queue, submit_at_gate, &own);
    submit(own.queue, count_up, &own.runs);
    sem_wait(&begun);
    submit(own.queue, count_up, &own.runs);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, let_go_later, &me), 0);
    ds_queue_close(own.queue);
    CU_ASSERT(own.is_done);
    CU_ASSERT_EQUAL(atomic_load(&own.runs), 0);
    pthread_join(thread, NULL);
}

static ds_status close_own(void *user, ds_error *err)
{
    (void)err;
    ds_queue_close(user);
    return DS_OK;
}

static void remember(void *user, ds_log_level level, const char *source, const char *message)
{
    (void)source;
    if (level == DS_LOG_ERROR && strstr(message, "stays open") != NULL)
        atomic_fetch_add((atomic_uint *)user, 1);
}

static void a_task_cannot_close_its_own_queue(void)
{
    atomic_uint told = 0;
    ds_set_logger(remember, &told, DS_LOG_ERROR);
    ds_queue *queue = make(2);
    submit(queue, close_own, queue);
    CU_ASSERT_EQUAL(take(queue).status, DS_OK);
    CU_ASSERT_EQUAL(atomic_load(&told), 1);
    submit(queue, succeed, NULL);
    CU_ASSERT_EQUAL(take(queue).status, DS_OK);
    ds_queue_close(queue);
    ds_set_logger(NULL, NULL, DS_LOG_ERROR);
}

static void no_thread_and_no_descriptor_is_left_behind(void)
{
    int threads = threads_alive(0), descriptors = descriptors_open();
    for (unsigned i = 0; i < 20; i++) {
        ds_queue *queue = make(5);
        CU_ASSERT_EQUAL(descriptors_open(), descriptors + 1);
        for (unsigned n = 0; n < i; n++)
            submit(queue, succeed, NULL);
        ds_queue_close(queue);
    }
    CU_ASSERT_EQUAL(threads_alive(threads), threads);
    CU_ASSERT_EQUAL(descriptors_open(), descriptors);
}

/* ---- what is refused ---- */

static void wrong_arguments_are_refused(void)
{
    ds_error err;
    ds_queue *queue = (ds_queue *)&err;
    ds_completion done = {.size = sizeof done};
    CU_ASSERT_EQUAL(ds_queue_new(0, &queue, &err), DS_INVALID);
    CU_ASSERT_PTR_NULL(queue);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "not 0"));
    CU_ASSERT_EQUAL(ds_queue_new(DS_QUEUE_THREADS_MAX + 1, &queue, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_queue_new(1, NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_queue_submit(NULL, succeed, NULL, &err), DS_INVALID);
    queue = make(DS_QUEUE_THREADS_MAX);
    CU_ASSERT_EQUAL(ds_queue_submit(queue, NULL, NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_queue_pending(queue), 0);
    CU_ASSERT_FALSE(ds_queue_next(queue, NULL));
    ds_queue_close(queue);
    CU_ASSERT_FALSE(ds_queue_next(NULL, &done));
    CU_ASSERT_EQUAL(ds_queue_fd(NULL), -1);
    CU_ASSERT_EQUAL(ds_queue_pending(NULL), 0);
    ds_queue_cancel(NULL);
    ds_queue_close(NULL);
}

static void without_a_descriptor_there_is_no_queue(void)
{
    ds_queue *queue = NULL;
    ds_error err = {0};
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    ds_status status = ds_queue_new(1, &queue, &err);
    setrlimit(RLIMIT_NOFILE, &limit);
    CU_ASSERT(status == DS_BACKEND && err.status == DS_BACKEND && err.native == EMFILE && queue == NULL);
}

/* Threads that were made before the one that failed are ended. */
static void without_enough_threads_there_is_no_queue(void)
{
#if !SANITIZED /* which need the address space themselves, as valgrind does */
    if (getenv("DS_VALGRIND") != NULL)
        return;
    ds_queue *queue = NULL;
    ds_error err = {0};
    struct rlimit limit, little;
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    CU_ASSERT_EQUAL(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
    getrlimit(RLIMIT_AS, &limit);
    little = limit;
    little.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + (UINT64_C(256) << 20);
    setrlimit(RLIMIT_AS, &little);
    ds_status status = ds_queue_new(DS_QUEUE_THREADS_MAX, &queue, &err);
    setrlimit(RLIMIT_AS, &limit);
    CU_ASSERT(status == DS_BACKEND && err.native == EAGAIN && queue == NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "no thread"));
#endif
}

static ds_status through_a_queue(void *user, ds_error *err)
{
    (void)user;
    ds_queue *queue;
    ds_completion done = {.size = sizeof done};
    ds_status status = ds_queue_new(2, &queue, err);
    if (status != DS_OK)
        return status;
    status = ds_queue_submit(queue, succeed, NULL, err);
    CU_ASSERT_EQUAL(ds_queue_pending(queue), status == DS_OK);
    if (status == DS_OK)
        done = take(queue);
    ds_queue_close(queue);
    return status;
}

static void each_allocation_fails_and_nothing_is_lost(void)
{
    size_t allocations = 0;
    CU_ASSERT(failing_everywhere(through_a_queue, NULL, &allocations));
    CU_ASSERT_EQUAL(allocations, 2);
}

/* ---- the process around it ---- */

static ds_status look_at_signals(void *user, ds_error *err)
{
    sigset_t mask;
    (void)err;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    *(bool *)user = sigismember(&mask, SIGINT) && sigismember(&mask, SIGTERM) && sigismember(&mask, SIGUSR1);
    return DS_OK;
}

static void signals_are_left_to_the_hosts_threads(void)
{
    bool blocked = false;
    sigset_t mask;
    ds_queue *queue = make(1);
    submit(queue, look_at_signals, &blocked);
    take(queue);
    CU_ASSERT(blocked);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CU_ASSERT_FALSE(sigismember(&mask, SIGINT));
    ds_queue_close(queue);
}

/* What the child sees: a sum of what is wrong. */
static int in_child(ds_queue *queue)
{
    ds_error err = {0};
    ds_completion done = {.size = sizeof done};
    int wrong = ds_queue_submit(queue, succeed, NULL, &err) != DS_INVALID || strstr(err.message, "child") == NULL;
    wrong += 2 * ds_queue_next(queue, &done);
    ds_queue_cancel(queue);
    ds_queue_close(queue);
    return wrong;
}

static void in_the_child_of_a_fork_it_stays_the_parents(void)
{
    int status = -1;
    ds_queue *queue = make_held(1);
    submit(queue, succeed, NULL);
    let_go(1);
    while (!is_readable(queue, MINUTE_MS))
        ;
    pid_t child = fork();
    if (child == 0) {
        if (in_child(queue) == 0)
            execlp("true", "true", (char *)NULL); /* for valgrind: what stays the parent's is no leak of the child */
        _exit(1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT_EQUAL(ds_queue_pending(queue), 2);
    CU_ASSERT_EQUAL(take(queue).status, DS_OK);
    CU_ASSERT_EQUAL(take(queue).status, DS_OK);
    ds_queue_close(queue);
}

int main(void)
{
    static const test tests[] = {
        {"a completion has the task's status, user and error", a_completion_has_the_tasks_status_user_and_error},
        {"the descriptor is readable while a completion is there",
         the_descriptor_is_readable_while_a_completion_is_there},
        {"one thread runs and tells in the order of submission", one_thread_runs_and_tells_in_the_order_of_submission},
        {"as many tasks run at once as there are threads", as_many_tasks_run_at_once_as_there_are_threads},
        {"nobody waits who submits to threads that are held", nobody_waits_who_submits_to_threads_that_are_held},
        {"a task may submit another", a_task_may_submit_another},
        {"many submit and many take, and each is run and told once",
         many_submit_and_many_take_and_each_is_run_and_told_once},
        {"no completion is left lying without an announcement", no_completion_is_left_lying_without_an_announcement},
        {"what has not begun can be cancelled", what_has_not_begun_can_be_cancelled},
        {"close waits for what runs, and leaves the rest", close_waits_for_what_runs_and_leaves_the_rest},
        {"a task cannot close its own queue", a_task_cannot_close_its_own_queue},
        {"no thread and no descriptor is left behind", no_thread_and_no_descriptor_is_left_behind},
        {"wrong arguments are refused", wrong_arguments_are_refused},
        {"without a descriptor there is no queue", without_a_descriptor_there_is_no_queue},
        {"without enough threads there is no queue", without_enough_threads_there_is_no_queue},
        {"each allocation fails, and nothing is lost", each_allocation_fails_and_nothing_is_lost},
        {"signals are left to the host's threads", signals_are_left_to_the_hosts_threads},
        {"in the child of a fork it stays the parent's", in_the_child_of_a_fork_it_stays_the_parents},
    };
    return SUITE_RUN("completion queues", tests);
}
