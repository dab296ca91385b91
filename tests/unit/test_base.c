/* Memory, errors, the log, buffers, arenas, cancel tokens and deadlines. */
#include "base/arena.h"
#include "base/base.h"
#include "failing.h"
#include "model/text.h"
#include "random.h"
#include "suite.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- an allocator that counts ---- */

static size_t live;

static void *counted_malloc(size_t size, void *user)
{
    (void)user;
    live++;
    return malloc(size);
}

static void *counted_realloc(void *memory, size_t size, void *user)
{
    (void)user;
    live += memory == NULL;
    return realloc(memory, size);
}

static void counted_free(void *memory, void *user)
{
    (void)user;
    live--;
    free(memory);
}

static bool counting_install(void)
{
    const ds_allocator counting = {
        .size = sizeof counting, .malloc = counted_malloc, .realloc = counted_realloc, .free = counted_free};
    return ds_set_allocator(&counting, NULL) == DS_OK;
}

/* ---- statuses and errors ---- */

static void test_status_names(void)
{
    CU_ASSERT_STRING_EQUAL(ds_version(), DS_VERSION);
    CU_ASSERT_STRING_EQUAL(ds_status_name(DS_OK), "DS_OK");
    CU_ASSERT_STRING_EQUAL(ds_status_name(DS_UNKNOWN_OUTCOME), "DS_UNKNOWN_OUTCOME");
    CU_ASSERT_STRING_EQUAL(ds_status_name(DS_NOMEM), "DS_NOMEM");
    CU_ASSERT_STRING_EQUAL(ds_status_name((ds_status)(DS_NOMEM + 1)), "DS_?");
    CU_ASSERT_STRING_EQUAL(ds_status_name((ds_status)-1), "DS_?");
    for (int i = DS_OK; i < DS_NOMEM; i++)
        CU_ASSERT_STRING_NOT_EQUAL(ds_status_name((ds_status)i), ds_status_name((ds_status)(i + 1)));
}

static void test_error_set(void)
{
    ds_error err;
    memset(&err, 'x', sizeof err);
    CU_ASSERT_EQUAL(ds_error_set(&err, DS_INVALID, "%s is %d", "age", 7), DS_INVALID);
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    CU_ASSERT_EQUAL(err.native, 0);
    CU_ASSERT_STRING_EQUAL(err.source, "");
    CU_ASSERT_STRING_EQUAL(err.message, "age is 7");
    CU_ASSERT_EQUAL(ds_error_set(&err, DS_CONFIG, "again: %s", err.message), DS_CONFIG);
    CU_ASSERT_STRING_EQUAL(err.message, "again: age is 7");
    CU_ASSERT_EQUAL(ds_error_set(NULL, DS_BUSY, "%d", 1), DS_BUSY);
    CU_ASSERT_EQUAL(error_nomem(&err), DS_NOMEM);
    CU_ASSERT_EQUAL(err.status, DS_NOMEM);
}

/* A message of `length` bytes that ends in these; what becomes of it ends in dots, whole code points before them. */
static void check_cut(size_t length, const char *end)
{
    char text[600];
    ds_error err;
    size_t size = strlen(end);
    memset(text, 'a', length);
    memcpy(text + length - size, end, size);
    text[length] = '\0';
    ds_error_set(&err, DS_INVALID, "%s", text);
    size_t shown = strlen(err.message);
    if (length < sizeof err.message) {
        CU_ASSERT_STRING_EQUAL(err.message, text);
        return;
    }
    CU_ASSERT(shown <= sizeof err.message - 1 && shown >= sizeof err.message - 4);
    CU_ASSERT(utf8_valid(err.message, shown));
    CU_ASSERT_STRING_EQUAL(err.message + shown - 3, "...");
    CU_ASSERT(memcmp(err.message, text, shown - 3) == 0);
}

static void test_error_cut(void)
{
    static const char *const ends[] = {"b", "ä", "€", "😀", "😀😀", "€€€", "äää"};
    for (size_t length = 440; length < 470; length++)
        for (size_t i = 0; i < COUNT(ends); i++)
            check_cut(length, ends[i]);
}

static void test_error_clean(void)
{
    ds_error err;
    ds_error_set(&err, DS_BACKEND, "one\r\ntwo\tthree \x1b[1m \xff\xc3 ä \x7f.");
    CU_ASSERT_STRING_EQUAL(err.message, "one  two three  [1m ?? ä  .");
}

static void test_error_words(void)
{
    ds_error err, copy;
    char name[100];
    ds_error_set(&err, DS_INVALID, "\"12x\" is not an integer");
    error_prefix(&err, "property \"%s\": ", "age");
    CU_ASSERT_STRING_EQUAL(err.message, "property \"age\": \"12x\" is not an integer");
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    for (int i = 0; i < 60; i++)
        error_prefix(&err, "%s", "0123456789");
    CU_ASSERT_EQUAL(strlen(err.message), sizeof err.message - 1);
    CU_ASSERT(memcmp(err.message, "01234567890123", 14) == 0);
    CU_ASSERT_STRING_EQUAL(err.message + sizeof err.message - 4, "...");
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    error_in_source(&err, name);
    CU_ASSERT_EQUAL(strlen(err.source), sizeof err.source - 1);
    error_in_source(&err, "db");
    CU_ASSERT_STRING_EQUAL(err.source, "db");
    err.native = 5;
    CU_ASSERT_EQUAL(error_copy(&copy, &err), DS_INVALID);
    CU_ASSERT(copy.native == 5 && strcmp(copy.message, err.message) == 0 && strcmp(copy.source, "db") == 0);
    CU_ASSERT_EQUAL(error_copy(NULL, &err), DS_INVALID);
    error_prefix(NULL, "no%s", "thing");
    error_in_source(NULL, "db");
}

/* ---- memory ---- */

static void test_allocator_refused(void)
{
    ds_error err;
    ds_allocator incomplete = {.size = sizeof incomplete};
    CU_ASSERT_EQUAL(ds_set_allocator(&incomplete, &err), DS_INVALID);
    incomplete.size = 8;
    CU_ASSERT_EQUAL(ds_set_allocator(&incomplete, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_set_allocator(&incomplete, NULL), DS_INVALID);
}

static void test_memory(void)
{
    size_t before = live;
    char *nothing = ds_malloc(0), *grown = ds_realloc(NULL, 0), *zeroed = ds_calloc(3, 5);
    CU_ASSERT(nothing != NULL && grown != NULL && zeroed != NULL);
    CU_ASSERT_EQUAL(live, before + 3);
    for (int i = 0; i < 15; i++)
        CU_ASSERT_EQUAL(zeroed[i], 0);
    CU_ASSERT_PTR_NULL(ds_calloc(SIZE_MAX / 2, 3));
    strcpy(zeroed, "kept");
    zeroed = ds_realloc(zeroed, 100);
    CU_ASSERT_STRING_EQUAL(zeroed, "kept");
    ds_free(nothing);
    ds_free(grown);
    ds_free(zeroed);
    ds_free(NULL);
    CU_ASSERT_EQUAL(live, before);
}

static void test_text(void)
{
    CU_ASSERT_PTR_NULL(text_copy(NULL));
    char *copy = text_copy("text"), *part = text_copy_n("a\0bc", 3), *made = text_format("%s-%d", "x", 12);
    CU_ASSERT_STRING_EQUAL(copy, "text");
    CU_ASSERT(memcmp(part, "a\0b", 4) == 0);
    CU_ASSERT_STRING_EQUAL(made, "x-12");
    ds_free(copy);
    ds_free(part);
    ds_free(made);
}

/* ---- buffers ---- */

static void test_buffer(void)
{
    ds_buffer buffer = {0};
    char expected[4001] = "";
    for (int i = 0; i < 1000; i++) {
        buffer_char(&buffer, 'a');
        buffer_text(&buffer, "b");
        ds_buffer_append(&buffer, "\0c", 1);
        ds_buffer_format(&buffer, "%d", i % 10);
        sprintf(expected + 4 * i, "ab-%d", i % 10);
        expected[4 * i + 2] = '\0';
        CU_ASSERT_FATAL(buffer.text[buffer.length] == '\0');
    }
    CU_ASSERT(buffer.length == 4000 && memcmp(buffer.text, expected, 4000) == 0);
    char *text = buffer_take(&buffer);
    CU_ASSERT(memcmp(text, expected, 4000) == 0);
    ds_free(text);
    CU_ASSERT(buffer.length == 0 && buffer.text == NULL);
    text = buffer_take(&buffer);
    CU_ASSERT_STRING_EQUAL(text, "");
    ds_free(text);
    ds_buffer_append(&buffer, NULL, 0);
    buffer_free(&buffer);
}

static void test_buffer_overflow(void)
{
    ds_buffer buffer = {0};
    buffer_text(&buffer, "x");
    ds_buffer_append(&buffer, "x", SIZE_MAX - 1);
    CU_ASSERT(buffer.failed);
    buffer_text(&buffer, "y");
    CU_ASSERT_EQUAL(buffer.length, 1);
    CU_ASSERT_PTR_NULL(buffer_take(&buffer));
    CU_ASSERT_FALSE(buffer.failed);
}

/* ---- arenas ---- */

/* Pieces of all sizes, each filled with its own byte: afterwards each still holds it, so none overlap. */
static bool pieces_hold(arena *pool, size_t most)
{
    enum { PIECES = 300 };
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = random_below(random_below(50) == 0 ? most : 60);
        pieces[i] = i % 3 == 0
                        ? (unsigned char *)arena_copy(
                              pool, "0123456789012345678901234567890123456789012345678901234567890", sizes[i] %= 60)
                        : arena_alloc(pool, sizes[i]);
        if (pieces[i] == NULL || (i % 3 != 0 && (uintptr_t)pieces[i] % _Alignof(max_align_t) != 0))
            return false;
        memset(pieces[i], (int)(i & 255), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            if (pieces[i][j] != (i & 255))
                return false;
    return true;
}

static void test_arena(void)
{
    arena pool = {0};
    size_t before = live;
    arena_reset(&pool);
    for (int i = 0; i < 30; i++) {
        CU_ASSERT_FATAL(pieces_hold(&pool, i % 2 == 0 ? 5000 : 1000000));
        arena_reset(&pool);
        CU_ASSERT(live <= before + 1);
    }
    arena_free(&pool);
    CU_ASSERT_EQUAL(live, before);
    CU_ASSERT(pieces_hold(&pool, 5000));
    arena_free(&pool);
    arena_free(&pool);
    CU_ASSERT_EQUAL(live, before);
}

static void test_arena_limits(void)
{
    arena pool = {0};
    CU_ASSERT_PTR_NULL(arena_alloc(&pool, SIZE_MAX));
    CU_ASSERT_PTR_NULL(arena_alloc(&pool, SIZE_MAX - 8));
    CU_ASSERT_PTR_NULL(arena_zeroed(&pool, SIZE_MAX / 4, 8));
    CU_ASSERT_PTR_NULL(arena_copy(&pool, "x", SIZE_MAX));
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(&pool, 0));
    char *zeroed = arena_zeroed(&pool, 100, 8), *copy = arena_copy(&pool, "a\0b", 3),
         *empty = arena_copy(&pool, NULL, 0);
    for (int i = 0; i < 800; i++)
        CU_ASSERT_EQUAL(zeroed[i], 0);
    CU_ASSERT(memcmp(copy, "a\0b", 4) == 0);
    CU_ASSERT_STRING_EQUAL(empty, "");
    arena_free(&pool);
}

static void test_arena_values(void)
{
    arena pool = {0};
    char text[] = "abc";
    ds_value copies[3], number;
    CU_ASSERT(arena_copy_value(&pool, ds_string(text), &copies[0]));
    CU_ASSERT(arena_copy_value(&pool, ds_binary(text, 2), &copies[1]));
    CU_ASSERT(arena_copy_value(&pool, ds_json(text), &copies[2]));
    CU_ASSERT(arena_copy_value(&pool, ds_number(1.5), &number));
    memset(text, 'x', sizeof text);
    CU_ASSERT_STRING_EQUAL(copies[0].as.string, "abc");
    CU_ASSERT(copies[1].length == 2 && memcmp(copies[1].as.binary, "ab", 3) == 0);
    CU_ASSERT(copies[2].type == DS_JSON && strcmp(copies[2].as.string, "abc") == 0);
    CU_ASSERT(number.type == DS_NUMBER && number.as.number == 1.5);
    arena_free(&pool);
}

/* ---- out of memory ---- */

static ds_status text_runs_out(void *user, ds_error *err)
{
    (void)user;
    char *copy = text_copy("abc"), *made = text_format("%d", 12);
    bool ran_out = copy == NULL || made == NULL;
    ds_free(copy);
    ds_free(made);
    return ran_out ? error_nomem(err) : DS_OK;
}

static ds_status buffer_runs_out(void *user, ds_error *err)
{
    (void)user;
    ds_buffer buffer = {0};
    for (int i = 0; i < 300; i++) {
        buffer_text(&buffer, "some text");
        ds_buffer_format(&buffer, "%d", i);
    }
    char *text = buffer_take(&buffer);
    ds_free(text);
    return text == NULL ? error_nomem(err) : DS_OK;
}

static ds_status arena_runs_out(void *user, ds_error *err)
{
    (void)user;
    arena pool = {0};
    ds_value copy;
    bool ran_out = false;
    for (int i = 0; i < 50; i++) {
        ran_out |= arena_alloc(&pool, (size_t)(i * i)) == NULL;
        ran_out |= !arena_copy_value(&pool, ds_string("abc"), &copy);
        ran_out |= arena_zeroed(&pool, 100, 3) == NULL;
    }
    arena_free(&pool);
    return ran_out ? error_nomem(err) : DS_OK;
}

static ds_status cancel_runs_out(void *user, ds_error *err)
{
    (void)user;
    ds_cancel *cancel = NULL;
    ds_status status = ds_cancel_new(&cancel, err);
    ds_cancel_free(cancel);
    return status;
}

static void test_out_of_memory(void)
{
    size_t count = 0;
    CU_ASSERT(failing_everywhere(text_runs_out, NULL, &count) && count == 2);
    CU_ASSERT(failing_everywhere(buffer_runs_out, NULL, &count) && count > 3);
    CU_ASSERT(failing_everywhere(arena_runs_out, NULL, &count) && count > 3);
    CU_ASSERT(failing_everywhere(cancel_runs_out, NULL, &count) && count == 1);
    CU_ASSERT(counting_install());
}

/* ---- the log ---- */

typedef struct heard {
    int count;
    ds_log_level level;
    char source[20], message[1100];
} heard;

static void hear(void *user, ds_log_level level, const char *source, const char *message)
{
    heard *ear = user;
    ear->count++;
    ear->level = level;
    snprintf(ear->source, sizeof ear->source, "%s", source);
    snprintf(ear->message, sizeof ear->message, "%s", message);
}

static void test_log(void)
{
    heard ear = {0};
    ds_log(DS_LOG_ERROR, "db", "%s", "nobody hears");
    ds_set_logger(hear, &ear, DS_LOG_INFO);
    ds_log(DS_LOG_DEBUG, "db", "below");
    CU_ASSERT_EQUAL(ear.count, 0);
    ds_log(DS_LOG_INFO, "db", "%d\n%s", 1, "two");
    CU_ASSERT(ear.count == 1 && ear.level == DS_LOG_INFO && strcmp(ear.source, "db") == 0);
    CU_ASSERT_STRING_EQUAL(ear.message, "1 two");
    ds_log(DS_LOG_ERROR, NULL, "%2000s", "x");
    CU_ASSERT(ear.count == 2 && strcmp(ear.source, "") == 0 && strlen(ear.message) == 1023);
    CU_ASSERT_STRING_EQUAL(ear.message + 1020, "...");
    ds_set_logger(NULL, &ear, DS_LOG_DEBUG);
    ds_log(DS_LOG_ERROR, "db", "nobody hears");
    CU_ASSERT_EQUAL(ear.count, 2);
}

enum { THREADS = 2, EARS = 2000 };

static atomic_bool enough;

static void *log_much(void *user)
{
    (void)user;
    while (!atomic_load(&enough))
        ds_log(DS_LOG_WARNING, "db", "%d", 1);
    return NULL;
}

typedef struct ear {
    atomic_bool replaced;
    atomic_int late;
} ear;

/* Lets others run in the middle of the call: it may not be replaced before it ends. */
static void hear_in_time(void *user, ds_log_level level, const char *source, const char *message)
{
    (void)level, (void)source, (void)message;
    ear *one = user;
    sched_yield();
    if (atomic_load(&one->replaced))
        atomic_fetch_add(&one->late, 1);
}

static void test_log_threads(void)
{
    static ear ears[EARS];
    pthread_t threads[THREADS];
    int late = 0;
    for (size_t i = 0; i < THREADS; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, log_much, NULL) == 0);
    for (size_t i = 0; i <= EARS; i++) {
        ds_set_logger(i < EARS ? hear_in_time : NULL, i < EARS ? &ears[i] : NULL, DS_LOG_DEBUG);
        if (i > 0)
            atomic_store(&ears[i - 1].replaced, true);
        sched_yield();
    }
    atomic_store(&enough, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < EARS; i++)
        late += atomic_load(&ears[i].late);
    CU_ASSERT_EQUAL(late, 0);
}

/* ---- calls and tokens ---- */

static bool is_readable(const ds_cancel *cancel)
{
    struct pollfd poll_fd = {.fd = ds_cancel_fd(cancel), .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN) != 0;
}

static ds_cancel *signalled;

static void on_signal(int number)
{
    (void)number;
    ds_cancel_set(signalled);
}

static void test_cancel(void)
{
    ds_cancel *cancel = NULL;
    CU_ASSERT_FATAL(ds_cancel_new(&cancel, NULL) == DS_OK);
    CU_ASSERT(!ds_cancel_is_set(cancel) && !is_readable(cancel));
    ds_cancel_clear(cancel);
    ds_cancel_set(cancel);
    ds_cancel_set(cancel);
    CU_ASSERT(ds_cancel_is_set(cancel) && is_readable(cancel) && is_readable(cancel));
    ds_cancel_clear(cancel);
    CU_ASSERT(!ds_cancel_is_set(cancel) && !is_readable(cancel));
    signalled = cancel;
    signal(SIGUSR1, on_signal);
    errno = 77;
    raise(SIGUSR1);
    CU_ASSERT_EQUAL(errno, 77);
    signal(SIGUSR1, SIG_DFL);
    CU_ASSERT(ds_cancel_is_set(cancel) && is_readable(cancel));
    ds_cancel_free(cancel);
    ds_cancel_free(NULL);
    ds_cancel_set(NULL);
    ds_cancel_clear(NULL);
    CU_ASSERT(!ds_cancel_is_set(NULL) && ds_cancel_fd(NULL) == -1);
}

enum { MEETINGS = 20000 };

typedef struct meeting {
    ds_cancel *cancel;
    atomic_int begun, ended;
} meeting;

static void *set_each_time(void *user)
{
    meeting *both = user;
    for (int i = 1; i <= MEETINGS; i++) {
        while (atomic_load(&both->begun) < i)
            sched_yield();
        ds_cancel_set(both->cancel);
        atomic_store(&both->ended, i);
    }
    return NULL;
}

/* One sets while the other clears, again and again: either may win, but the flag and the descriptor tell the same. */
static void test_cancel_threads(void)
{
    meeting both = {.cancel = NULL};
    pthread_t thread;
    int apart = 0;
    CU_ASSERT_FATAL(ds_cancel_new(&both.cancel, NULL) == DS_OK);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, set_each_time, &both) == 0);
    for (int i = 1; i <= MEETINGS; i++) {
        atomic_store(&both.begun, i);
        for (volatile int pause = (int)random_below(300); pause > 0; pause = pause - 1)
            ;
        ds_cancel_clear(both.cancel);
        while (atomic_load(&both.ended) < i)
            sched_yield();
        apart += ds_cancel_is_set(both.cancel) != is_readable(both.cancel);
    }
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(apart, 0);
    ds_cancel_free(both.cancel);
}

static void test_wait(void)
{
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE};
    int64_t before = ds_now();
    CU_ASSERT(before > 0 && ds_now() >= before);
    CU_ASSERT_EQUAL(ds_call_wait_ms(&call), -1);
    call.deadline = before - 1;
    CU_ASSERT_EQUAL(ds_call_wait_ms(&call), 0);
    call.deadline = INT64_MIN;
    CU_ASSERT_EQUAL(ds_call_wait_ms(&call), 0);
    call.deadline = DS_NO_DEADLINE - 1;
    CU_ASSERT_EQUAL(ds_call_wait_ms(&call), INT_MAX);
    call.deadline = ds_now() + INT64_C(3600000000000); /* an hour, of which a minute may pass in between */
    int ms = ds_call_wait_ms(&call);
    CU_ASSERT(ms <= 3600000 && ms > 3540000);
    call.deadline = ds_now() + 900000; /* less than a ms is one, not none */
    ms = ds_call_wait_ms(&call);
    CU_ASSERT(ms == 1 || (ms == 0 && ds_now() >= call.deadline));
}

static void test_check(void)
{
    ds_error err = {0};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &err};
    CU_ASSERT_EQUAL(ds_call_check(&call), DS_OK);
    call.deadline = ds_now() + INT64_C(3600000000000);
    CU_ASSERT_EQUAL(ds_call_check(&call), DS_OK);
    CU_ASSERT_STRING_EQUAL(err.message, "");
    call.deadline = ds_now();
    CU_ASSERT_EQUAL(ds_call_check(&call), DS_TIMEOUT);
    CU_ASSERT_EQUAL(err.status, DS_TIMEOUT);
    ds_cancel *cancel = NULL;
    CU_ASSERT_FATAL(ds_cancel_new(&cancel, NULL) == DS_OK);
    call.cancel = cancel;
    ds_cancel_set(cancel);
    CU_ASSERT_EQUAL(ds_call_check(&call), DS_CANCELLED);
    CU_ASSERT_EQUAL(err.status, DS_CANCELLED);
    ds_cancel_free(cancel);
}

static void test_progress(void)
{
    const int64_t hour = INT64_C(3600000000000);
    ds_error err = {0};
    ds_call call = {.size = sizeof call, .deadline = ds_now(), .error = &err, .step = hour, .whole = DS_NO_DEADLINE};
    int64_t before = ds_now();
    CU_ASSERT_EQUAL(ds_call_check(&call), DS_TIMEOUT);
    CU_ASSERT_EQUAL(ds_call_progress(&call), DS_OK); /* the step begins anew */
    CU_ASSERT(call.deadline >= before + hour && call.deadline <= ds_now() + hour);
    call.whole = ds_now() + hour / 2;
    CU_ASSERT_EQUAL(ds_call_progress(&call), DS_OK); /* and not beyond the whole */
    CU_ASSERT_EQUAL(call.deadline, call.whole);
    call.whole = ds_now();
    CU_ASSERT_EQUAL(ds_call_progress(&call), DS_TIMEOUT);
    call = (ds_call){.size = sizeof call, .deadline = ds_now(), .error = &err, .whole = DS_NO_DEADLINE};
    CU_ASSERT_EQUAL(ds_call_progress(&call), DS_TIMEOUT); /* without steps */
    call.step = hour;
    call.size = offsetof(ds_call, step);
    CU_ASSERT_EQUAL(ds_call_progress(&call), DS_TIMEOUT); /* a call that has no such members */
}

/* Last: from here on nothing can be replaced. */
static void test_freeze(void)
{
    ds_error err;
    CU_ASSERT_FALSE(process_frozen());
    process_freeze();
    CU_ASSERT(process_frozen());
    CU_ASSERT_FALSE(counting_install());
    CU_ASSERT_EQUAL(ds_set_allocator(NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
}

int main(void)
{
    static const test tests[] = {
        {"every status has its name, and other numbers have none", test_status_names},
        {"an error is filled whole, from its own text too, and NULL is none", test_error_set},
        {"a long sentence is cut at a code point and ends in dots", test_error_cut},
        {"an error is one line of UTF-8, whatever is put into it", test_error_clean},
        {"an error takes words before its sentence, and the source's name", test_error_words},
        {"an allocator that lacks a function or is too small is refused", test_allocator_refused},
        {"all memory comes from the host's allocator, and nothing is asked for as something", test_memory},
        {"text is copied and made with a NUL behind it", test_text},
        {"a buffer grows, holds NULs, and is handed over", test_buffer},
        {"a buffer's failure sticks", test_buffer_overflow},
        {"an arena's pieces are aligned and never overlap, and a reset keeps one chunk", test_arena},
        {"an arena refuses sizes beyond all memory, and zeroes what it should", test_arena_limits},
        {"values in an arena have bytes of their own", test_arena_values},
        {"each allocation that fails is reported, and leaves nothing behind", test_out_of_memory},
        {"the logger hears what is at its level and above, on one line", test_log},
        {"a logger that was replaced is never called again", test_log_threads},
        {"a token is set, read by poll and cleared, by a signal handler too", test_cancel},
        {"a token's flag and its descriptor agree whatever threads do", test_cancel_threads},
        {"what is left until the deadline is rounded up to ms", test_wait},
        {"a call ends by its token first, then by its deadline", test_check},
        {"progress begins the step anew, never beyond the whole", test_progress},
        {"once a source was opened the allocator stays", test_freeze},
    };
    random_start();
    return counting_install() ? SUITE_RUN("base", tests) : EXIT_FAILURE;
}
