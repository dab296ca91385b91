/* The memory connector's file and SIGKILL: a child writes and acknowledges each call over a pipe, is killed at some
 * moment, and what it left is read again. Every call is computed from its number, so the parent knows what must be
 * there. */
#include "command.h"
#include "host.h"
#include "random.h"
#include "suite.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS  200
#define RECORDS 40

static const char THING[] =
    "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},"
    "\"key\":{\"type\":\"string\",\"unique\":true},\"a\":\"integer\",\"b\":\"integer\",\"text\":\"string\"}}";

static char path[512];

/* ---- the calls ---- */

typedef struct state { /* what record i holds; a < 0: it is not there */
    int64_t a[RECORDS];
    int32_t length[RECORDS];
} state;

static uint64_t stir(uint64_t number)
{
    number = (number ^ (number >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94D049BB133111EB);
    return number ^ (number >> 31);
}

static ds_record *thing(ds_model *model, int64_t id, int64_t a, int32_t length)
{
    static char text[20001];
    char key[32];
    memset(text, 'a' + (int)(a % 26), (size_t)length);
    text[length] = '\0';
    snprintf(key, sizeof key, "key %lld", (long long)id);
    ds_record *record = ds_record_new(model);
    ds_record_set(record, "id", ds_integer(id));
    ds_record_set(record, "key", ds_string(key));
    ds_record_set(record, "a", ds_integer(a));
    ds_record_set(record, "b", ds_integer(a));
    ds_record_set(record, "text", ds_string(text));
    return record;
}

typedef struct doing {
    uint64_t random;
    int id, kind;
    int64_t a;
    int32_t length;
} doing;

static doing call_of(uint64_t number)
{
    uint64_t random = stir(number + 1);
    return (doing){.id = (int)(random % RECORDS),
                   .kind = (int)(random >> 20) % 8,
                   .a = (int64_t)number,
                   .length = (int32_t)((random >> 30) % 20000)};
}

/* Three records at once, or one of them; kind 0 and 1: gone. */
static void apply(state *s, uint64_t number)
{
    doing d = call_of(number);
    for (int i = 0; i < (d.kind == 2 ? 3 : 1); i++) {
        int id = (d.id + i) % RECORDS;
        s->a[id] = d.kind < 2 ? -1 : d.a;
        s->length[id] = d.length;
    }
}

/* The same, by the library. */
static ds_status perform(ds_model *model, uint64_t number)
{
    doing d = call_of(number);
    if (d.kind < 2) {
        ds_status status = ds_delete_by_id(model, ds_integer(d.id), &host_error);
        return status == DS_NOT_FOUND ? DS_OK : status;
    }
    if (d.kind > 2) {
        ds_record *record = thing(model, d.id, d.a, d.length);
        ds_status status = ds_replace_or_create(model, record, NULL, &host_error);
        ds_record_free(record);
        return status;
    }
    ds_record *records[3];
    ds_value ids[3];
    for (int i = 0; i < 3; i++) {
        ids[i] = ds_integer((d.id + i) % RECORDS);
        records[i] = thing(model, (d.id + i) % RECORDS, d.a, d.length);
    }
    ds_filter *those = ds_where_in("id", ids, 3);
    ds_status status = ds_delete(model, those, NULL, &host_error); /* two calls: see what_is_there_is_right() */
    if (status == DS_OK)
        status = ds_create_all(model, records, 3, NULL, &host_error);
    ds_filter_free(those);
    for (int i = 0; i < 3; i++)
        ds_record_free(records[i]);
    return status;
}

static void write_until_killed(uint64_t number, int acknowledge)
{
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    for (;; number++) {
        if (perform(model, number) != DS_OK) {
            fprintf(stderr, "\ncall %llu: %s\n", (unsigned long long)number, host_error.message);
            _exit(1);
        }
        if (write(acknowledge, "+", 1) != 1)
            _exit(2);
    }
}

/* ---- the look at what is left ---- */

static bool read_state(state *s)
{
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    ds_cursor *cursor;
    const ds_record *record;
    bool whole = true;
    memset(s, 0xff, sizeof *s);
    if (ds_find(model, NULL, &cursor, &host_error) != DS_OK) {
        printf("\n%s", host_error.message);
        ds_source_close(source);
        return false;
    }
    while (ds_cursor_next(cursor, &record, &host_error) == DS_OK && record != NULL) {
        int64_t id = ds_record_get(record, "id").as.integer, a = ds_record_get(record, "a").as.integer;
        ds_value text = ds_record_get(record, "text");
        ds_record *same = thing(model, id, a, (int32_t)text.length);
        char *one = ds_record_to_json(record), *other = ds_record_to_json(same);
        whole = whole && strcmp(one, other) == 0 && s->a[id] < 0;
        s->a[id] = a;
        s->length[id] = (int32_t)text.length;
        ds_free(one);
        ds_free(other);
        ds_record_free(same);
    }
    ds_cursor_close(cursor);
    ds_source_close(source);
    return whole;
}

static bool same_state(const state *x, const state *y)
{
    for (int i = 0; i < RECORDS; i++)
        if (x->a[i] != y->a[i] || (x->a[i] >= 0 && x->length[i] != y->length[i]))
            return false;
    return true;
}

/* All that was acknowledged is there, and of the next call all or nothing; kind 2 is two calls, so it may stop between.
 */
static bool what_is_there_is_right(const state *found, state *must, uint64_t *number)
{
    state between = *must, next = *must;
    apply(&next, *number);
    doing d = call_of(*number);
    for (int i = 0; i < 3 && d.kind == 2; i++)
        between.a[(d.id + i) % RECORDS] = -1;
    if (same_state(found, &next)) {
        ++*number;
        *must = next;
        return true;
    }
    return same_state(found, must) || same_state(found, &between);
}

/* ---- the rounds ---- */

static ino_t inode(const char *of)
{
    struct stat about;
    return stat(of, &about) == 0 ? about.st_ino : 0;
}

/* Reads acknowledgements until there are `most`, or the moment has come. */
static uint64_t await_moment(int acknowledged, uint64_t most, bool (*has_come)(void))
{
    uint64_t count = 0;
    char buffer[64];
    struct pollfd readable = {.fd = acknowledged, .events = POLLIN};
    while (count < most && !(has_come != NULL && has_come())) {
        if (has_come != NULL && poll(&readable, 1, 0) == 0)
            continue;
        ssize_t got = read(acknowledged, buffer, most - count < sizeof buffer ? most - count : sizeof buffer);
        if (got <= 0)
            break;
        count += (uint64_t)got;
    }
    return count;
}

/* One round: the number of calls that were acknowledged. */
static uint64_t round_of(uint64_t number, uint64_t most, bool (*has_come)(void))
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(number, ends[1]);
    }
    close(ends[1]);
    uint64_t count = await_moment(ends[0], most, has_come);
    for (volatile size_t spin = random_below(has_come == NULL ? 200000 : 2000);
         spin > 0;) /* into the middle of a call */
        spin--;
    kill(child, SIGKILL);
    char buffer[64];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
        count += (uint64_t)got;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return count;
}

typedef struct tally {
    uint64_t number;
    int compacted, unfinished;
} tally;

static void run_rounds(tally *t, state *must, int rounds, uint64_t most, bool (*has_come)(void))
{
    for (int i = 0; i < rounds; i++) {
        ino_t before = inode(path);
        uint64_t done = round_of(t->number, random_below(most), has_come);
        for (uint64_t k = 0; k < done; k++)
            apply(must, t->number++);
        char beside[600];
        snprintf(beside, sizeof beside, "%s.compacting", path);
        t->unfinished += access(beside, F_OK) == 0;
        t->compacted += before != 0 && inode(path) != before;
        state found;
        CU_ASSERT_FATAL(read_state(&found));
        CU_ASSERT_FATAL(what_is_there_is_right(&found, must, &t->number));
        *must = found;
    }
}

static void what_was_acknowledged_outlives_a_kill_and_the_rest_is_whole_or_absent(void)
{
    char *folder = folder_make();
    state must;
    tally t = {0};
    memset(&must, 0xff, sizeof must);
    snprintf(path, sizeof path, "%s/data", folder);
    run_rounds(&t, &must, ROUNDS, 60, NULL);
    printf("\n%d kills, %llu calls, %d compactions, %d of them unfinished", ROUNDS, (unsigned long long)t.number,
           t.compacted, t.unfinished);
    CU_ASSERT(t.number > 2000);
    CU_ASSERT(t.compacted > 5);
    folder_remove(folder);
}

static bool compaction_is_under_way(void)
{
    char beside[600];
    snprintf(beside, sizeof beside, "%s.compacting", path);
    return access(beside, F_OK) == 0;
}

static void a_compaction_that_is_killed_loses_nothing(void)
{
    char *folder = folder_make();
    state must;
    tally t = {0};
    memset(&must, 0xff, sizeof must);
    snprintf(path, sizeof path, "%s/data", folder);
    for (int i = 0; i < 60 && t.unfinished < 10; i++) {
        char beside[600];
        snprintf(beside, sizeof beside, "%s.compacting", path);
        unlink(beside); /* so that the next one is seen */
        run_rounds(&t, &must, 1, 2000, compaction_is_under_way);
    }
    printf("\n%llu calls, %d compactions killed before their end, %d after", (unsigned long long)t.number, t.unfinished,
           t.compacted);
    CU_ASSERT(t.unfinished >= 3);
    folder_remove(folder);
}

int main(void)
{
    static const test tests[] = {
        {"what was acknowledged outlives a kill, and the rest is whole or absent",
         what_was_acknowledged_outlives_a_kill_and_the_rest_is_whole_or_absent},
        {"a compaction that is killed loses nothing", a_compaction_that_is_killed_loses_nothing},
    };
    random_start();
    return SUITE_RUN("memory's file and SIGKILL", tests);
}
