#include "killed_batches.h"

#include "random.h"

#include <CUnit/CUnit.h>
#include <datasource/datasource.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Three models. Two of three batches are atomic ones: batch k moves an amount from one account to another, rewrites some
 * notes, deletes one, and creates an entry. Every third is a ds_create_all() of many entries. So the entries say which
 * batches are there, and all else follows from them. */
#define ACCOUNTS 8
#define NOTES    60
#define BATCHES  100000 /* more than there ever are */

static const char ACCOUNT[] =
    "{\"name\":\"Account\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},"
    "\"cents\":{\"type\":\"integer\",\"default\":0},\"owner\":{\"type\":\"string\",\"unique\":true}}}";
static const char NOTE[] = "{\"name\":\"Note\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                           "\"batch\":\"integer\",\"text\":\"string\"}}";
static const char ENTRY[] = "{\"name\":\"Entry\",\"properties\":{\"number\":{\"type\":\"integer\",\"id\":true},"
                            "\"batch\":{\"type\":\"integer\",\"index\":true},\"cents\":\"integer\"}}";

typedef struct place {
    ds_source *source;
    ds_model *accounts, *notes, *entries;
} place;

static ds_error error;

static bool place_open(place *p, const char *connector, const char *settings)
{
    if (ds_source_open(connector, settings, &p->source, &error) == DS_OK &&
        ds_model_define(p->source, ACCOUNT, &p->accounts, &error) == DS_OK &&
        ds_model_define(p->source, NOTE, &p->notes, &error) == DS_OK &&
        ds_model_define(p->source, ENTRY, &p->entries, &error) == DS_OK)
        return true;
    fprintf(stderr, "\n%s\n", error.message);
    return false;
}

/* ---- batch k, by its number ---- */

typedef struct plan {
    bool creates; /* entries alone, by ds_create_all() */
    int entries;
    int from, to, notes, first; /* so many notes, from the first on; the one behind them goes */
    int64_t cents;
    size_t length; /* of a note's text */
} plan;

static plan plan_of(uint64_t k)
{
    uint64_t r = (k + 1) * UINT64_C(0x9E3779B97F4A7C15);
    r = (r ^ (r >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    r = (r ^ (r >> 27)) * UINT64_C(0x94D049BB133111EB);
    r ^= r >> 31;
    if (k % 3 == 2)
        return (plan){.creates = true, .entries = (int)(1 + r % 60), .cents = (int64_t)((r >> 32) % 1000)};
    return (plan){.entries = 1,
                  .from = (int)(r % ACCOUNTS),
                  .to = (int)((r % ACCOUNTS + 1 + (r >> 8) % (ACCOUNTS - 1)) % ACCOUNTS),
                  .notes = (int)((r >> 16) % 40),
                  .first = (int)((r >> 24) % NOTES),
                  .cents = (int64_t)((r >> 32) % 1000),
                  .length = (size_t)((r >> 42) % 6000)};
}

static void note_id(char id[24], int number)
{
    snprintf(id, 24, "note %d", number % NOTES);
}

static ds_record *note_of(const place *p, int number, uint64_t k, size_t length)
{
    static char text[6001];
    char id[24];
    note_id(id, number);
    memset(text, 'a' + (int)(k % 26), length);
    ds_record *note = ds_record_new(p->notes);
    ds_record_set(note, "id", ds_string(id));
    ds_record_set(note, "batch", ds_integer((int64_t)k));
    ds_record_set(note, "text", ds_string_n(text, length));
    return note;
}

#define MOST_ENTRIES 64 /* of a batch: more than there are */

static ds_record *entry_of(const place *p, uint64_t k, int i)
{
    ds_record *entry = ds_record_new(p->entries);
    ds_record_set(entry, "number", ds_integer((int64_t)k * MOST_ENTRIES + i));
    ds_record_set(entry, "batch", ds_integer((int64_t)k));
    ds_record_set(entry, "cents", ds_integer(plan_of(k).cents));
    return entry;
}

/* What batches 0 to m - 1 leave. */
typedef struct books {
    int64_t cents[ACCOUNTS], note[NOTES]; /* the batch that wrote it; -1: not there */
} books;

static void books_of(books *b, uint64_t m)
{
    memset(b, 0, sizeof *b);
    memset(b->note, 0xff, sizeof b->note);
    for (uint64_t k = 0; k < m; k++) {
        plan does = plan_of(k);
        if (does.creates)
            continue;
        b->cents[does.from] -= does.cents;
        b->cents[does.to] += does.cents;
        for (int i = 0; i < does.notes; i++)
            b->note[(does.first + i) % NOTES] = (int64_t)k;
        b->note[(does.first + does.notes) % NOTES] = -1;
    }
}

/* At the least: the note that goes may not have been there. */
static uint64_t writes_of(uint64_t k)
{
    plan does = plan_of(k);
    return (uint64_t)(does.creates ? does.entries : 3 + does.notes);
}

static ds_status entries_create(const place *p, uint64_t k)
{
    ds_record *records[MOST_ENTRIES];
    size_t count = (size_t)plan_of(k).entries, created = 0;
    for (size_t i = 0; i < count; i++)
        records[i] = entry_of(p, k, (int)i);
    ds_status status = ds_create_all(p->entries, records, count, &created, &error);
    for (size_t i = 0; i < count; i++)
        ds_record_free(records[i]);
    return status == DS_OK && created != count ? DS_BACKEND : status;
}

static ds_status batch_run(const place *p, uint64_t k, const books *before)
{
    ds_batch *batch = NULL;
    ds_record *records[64];
    size_t made = 0;
    char id[24];
    plan does = plan_of(k);
    ds_status status = ds_batch_new(p->source, &batch, &error);
    if (status != DS_OK)
        return status;
    ds_batch_increment(batch, p->accounts, ds_integer(does.from), "cents", ds_integer(-does.cents), NULL);
    for (int i = 0; i < does.notes; i++) {
        records[made] = note_of(p, does.first + i, k, does.length);
        ds_batch_replace_or_create(batch, p->notes, records[made++], NULL);
    }
    if (before->note[(does.first + does.notes) % NOTES] >= 0) {
        note_id(id, does.first + does.notes);
        ds_batch_delete(batch, p->notes, ds_string(id));
    }
    records[made] = entry_of(p, k, 0);
    ds_batch_create(batch, p->entries, records[made++]);
    ds_batch_increment(batch, p->accounts, ds_integer(does.to), "cents", ds_integer(does.cents), NULL);
    status = ds_batch_run(batch, DS_ATOMIC, &error);
    ds_batch_free(batch);
    while (made > 0)
        ds_record_free(records[--made]);
    return status;
}

static void write_until_killed(const char *connector, const char *settings, uint64_t k, int acknowledge)
{
    place p;
    books before;
    if (!place_open(&p, connector, settings))
        _exit(1);
    for (;; k++) {
        books_of(&before, k);
        ds_status status = plan_of(k).creates ? entries_create(&p, k) : batch_run(&p, k, &before);
        if (status != DS_OK) {
            fprintf(stderr, "\nbatch %llu: %s\n", (unsigned long long)k, error.message);
            _exit(1);
        }
        if (write(acknowledge, "+", 1) != 1)
            _exit(2);
    }
}

/* ---- the look at what is left ---- */

static bool each(ds_model *model, bool (*look)(const ds_record *, void *), void *user)
{
    ds_cursor *cursor;
    const ds_record *record = NULL;
    bool good = true;
    ds_status status = ds_find(model, NULL, &cursor, &error);
    if (status != DS_OK)
        return false;
    while (good && (status = ds_cursor_next(cursor, &record, &error)) == DS_OK && record != NULL)
        good = look(record, user);
    ds_cursor_close(cursor);
    return good && status == DS_OK;
}

static bool look_at_account(const ds_record *record, void *user)
{
    const books *b = user;
    int64_t id = ds_record_get(record, "id").as.integer;
    return id >= 0 && id < ACCOUNTS && ds_record_get(record, "cents").as.integer == b->cents[id];
}

typedef struct notes_look {
    const place *place;
    const books *books;
    int count;
} notes_look;

static bool look_at_note(const ds_record *record, void *user)
{
    notes_look *look = user;
    int number = atoi(ds_record_get(record, "id").as.string + 5);
    int64_t k = ds_record_get(record, "batch").as.integer;
    look->count++;
    if (number < 0 || number >= NOTES || look->books->note[number] != k)
        return false;
    ds_record *same = note_of(look->place, number, (uint64_t)k, plan_of((uint64_t)k).length);
    char *one = ds_record_to_json(record), *other = ds_record_to_json(same);
    bool is_same = strcmp(one, other) == 0;
    ds_free(one);
    ds_free(other);
    ds_record_free(same);
    return is_same;
}

static uint16_t entries_there[BATCHES]; /* of each batch */

static bool look_at_entry(const ds_record *record, void *user)
{
    uint64_t *m = user, k = (uint64_t)ds_record_get(record, "batch").as.integer;
    int64_t i = ds_record_get(record, "number").as.integer - (int64_t)k * MOST_ENTRIES;
    if (k >= BATCHES || i < 0 || i >= plan_of(k).entries)
        return false;
    if (k >= *m)
        *m = k + 1;
    entries_there[k]++;
    return ds_record_get(record, "cents").as.integer == plan_of(k).cents;
}

/* Each batch with all of its entries, so far as there are any. */
static bool entries_are_whole(const place *p, uint64_t *m)
{
    memset(entries_there, 0, sizeof entries_there);
    if (!each(p->entries, look_at_entry, m))
        return false;
    for (uint64_t k = 0; k < *m; k++)
        if (entries_there[k] != plan_of(k).entries)
            return false;
    return true;
}

/* How many batches are there, each of them whole; -1: something is wrong. */
static int64_t batches_there(const char *connector, const char *settings)
{
    place p;
    books must;
    uint64_t m = 0, notes = 0;
    if (!place_open(&p, connector, settings))
        return -1;
    bool good = entries_are_whole(&p, &m);
    books_of(&must, m);
    notes_look look = {&p, &must, 0};
    good = good && each(p.accounts, look_at_account, &must) && each(p.notes, look_at_note, &look);
    for (int i = 0; i < NOTES; i++)
        notes += must.note[i] >= 0;
    good = good && (uint64_t)look.count == notes;
    ds_source_close(p.source);
    return good ? (int64_t)m : -1;
}

/* ---- the rounds ---- */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Into the middle of a batch, by how long they take; not by sleeping, which would end with one of the machine's ticks. */
static void await_moment(int64_t batch_ns)
{
    int64_t until = now_ns() + (int64_t)random_below((size_t)batch_ns + 1);
    while (now_ns() < until)
        continue;
}

/* Answers how many batches were acknowledged. */
static uint64_t round_of(const char *connector, const char *settings, uint64_t k)
{
    int ends[2], status = 0;
    char buffer[64];
    uint64_t count = 0, most = 2 + random_below(14);
    int64_t first = 0, last = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(connector, settings, k, ends[1]);
    }
    close(ends[1]);
    while (count < most && read(ends[0], buffer, 1) == 1) {
        last = now_ns();
        first = count++ == 0 ? last : first;
    }
    await_moment(count < 2 ? 0 : (last - first) / (int64_t)(count - 1));
    kill(child, SIGKILL);
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
        count += (uint64_t)got;
    close(ends[0]);
    waitpid(child, &status, 0);
    CU_ASSERT_FATAL(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return count;
}

static void make_accounts(const char *connector, const char *settings)
{
    place p;
    CU_ASSERT_FATAL(place_open(&p, connector, settings));
    for (int i = 0; i < ACCOUNTS; i++) {
        char owner[24];
        snprintf(owner, sizeof owner, "owner %d", i);
        ds_record *record = ds_record_new(p.accounts);
        ds_record_set(record, "id", ds_integer(i));
        ds_record_set(record, "owner", ds_string(owner));
        CU_ASSERT_EQUAL_FATAL(ds_create(p.accounts, record, &error), DS_OK);
        ds_record_free(record);
    }
    ds_source_close(p.source);
}

/* A file beside the records that only a batch under way, or one that was killed, leaves. */
static bool is_beside(const char *path)
{
    return path != NULL && access(path, F_OK) == 0;
}

void killed_batches(const char *connector, const char *settings, int rounds, const char *beside, killed_tally *tally)
{
    int64_t began = now_ns();
    *tally = (killed_tally){0};
    make_accounts(connector, settings);
    for (; tally->rounds < rounds; tally->rounds++) {
        uint64_t acknowledged = tally->batches + round_of(connector, settings, tally->batches);
        tally->torn += is_beside(beside);
        int64_t there = batches_there(connector, settings);
        if (there < (int64_t)acknowledged || there > (int64_t)acknowledged + 1)
            printf("\nround %d: %llu batches were acknowledged, %lld are there whole: %s", tally->rounds,
                   (unsigned long long)acknowledged, (long long)there, error.message);
        CU_ASSERT_FATAL(there == (int64_t)acknowledged || there == (int64_t)acknowledged + 1);
        tally->unacknowledged += there > (int64_t)acknowledged;
        tally->batches = (uint64_t)there;
    }
    for (uint64_t k = 0; k < tally->batches; k++)
        tally->writes += writes_of(k);
    tally->seconds = (double)(now_ns() - began) / 1e9;
}
