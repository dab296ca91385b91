/* The connections of a data source: opened as they are wanted, taken by one thread at a time. */
#include "sqlite.h"

#include <poll.h>
#include <time.h>

#define SLICE_NS      20000000 /* how often a waiter looks at its cancel token, which no condition variable knows */
#define PROGRESS_OPS  4000     /* of SQLite's machine, between two looks at the deadline */
#define WAL_PAGES     1000     /* from which on each commit tries a checkpoint */
#define WAL_TOO_LARGE 8000     /* from which on scans that wait for their host let go of their snapshot */

/* ---- what SQLite asks us meanwhile ---- */

static bool may_end(const ds_call *call)
{
    return call != NULL && (call->deadline != DS_NO_DEADLINE || call->cancel != NULL);
}

static int conn_progress(void *user)
{
    const conn *c = user;
    return may_end(c->call) && (c->walks ? ds_call_progress(c->call) : ds_call_check(c->call)) != DS_OK;
}

/* Waits a little for a lock that another connection holds; 0: no longer. */
static int conn_wait(void *user, int count)
{
    static const int delays[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100};
    const int last = (int)(sizeof delays / sizeof *delays) - 1;
    conn *c = user;
    if (count == 0)
        c->waits_since = ds_now();
    int64_t left = c->lite->busy_ms - (ds_now() - c->waits_since) / 1000000;
    if (left <= 0 || (may_end(c->call) && ds_call_check(c->call) != DS_OK))
        return 0;
    int delay = delays[count < last ? count : last], until = c->call == NULL ? -1 : ds_call_wait_ms(c->call);
    if (left < delay)
        delay = (int)left;
    if (until >= 0 && until < delay)
        delay = until;
    struct pollfd cancelled = {.fd = c->call == NULL ? -1 : ds_cancel_fd(c->call->cancel), .events = POLLIN};
    poll(&cancelled, 1, delay);
    return 1;
}

/* In place of SQLite's own automatic checkpoint. */
static int conn_committed(void *user, sqlite3 *db, const char *name, int pages)
{
    lite *l = ((conn *)user)->lite;
    int all = 0, done = 0;
    if (pages < WAL_PAGES)
        return SQLITE_OK;
    sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, &all, &done);
    if (pages < WAL_TOO_LARGE || done >= all)
        return SQLITE_OK;
    pthread_mutex_lock(&l->lock);
    while (scan_park_one(l))
        continue;
    pthread_mutex_unlock(&l->lock);
    sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, &all, &done);
    return SQLITE_OK;
}

/* ---- one connection ---- */

int conn_run(conn *c, const char *words)
{
    return conn_ask(c, words, &(int64_t){0});
}

int conn_ask(conn *c, const char *words, int64_t *out)
{
    statement *s;
    size_t length = strlen(words);
    int code = statement_get(c, words, length, sql_hash(words, length), &s);
    if (code != SQLITE_OK)
        return code;
    code = sqlite3_step(s->stmt);
    if (code == SQLITE_ROW) {
        *out = sqlite3_column_int64(s->stmt, 0);
        code = SQLITE_DONE;
    }
    statement_done(c, s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void conn_close(conn *c)
{
    if (c == NULL)
        return;
    statements_drop(c);
    sqlite3_close_v2(c->db);
    ds_free(c);
}

static int conn_flags(const lite *l, bool create)
{
    if (l->file == NULL)
        return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    if (l->read_only)
        return SQLITE_OPEN_READONLY;
    return SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
}

/* A path that begins with "file:" is a path, not a URI. */
static int conn_dial(conn *c, bool create)
{
    const lite *l = c->lite;
    text path = {.bytes = NULL};
    if (l->file != NULL && strncmp(l->file, "file:", 5) == 0)
        text_put(&path, "./");
    text_put(&path, lite_place(l));
    int code = path.failed ? SQLITE_NOMEM
                           : sqlite3_open_v2(path.bytes, &c->db, conn_flags(l, create) | SQLITE_OPEN_NOMUTEX, NULL);
    text_free(&path);
    return code;
}

static ds_status conn_open(lite *l, bool create, ds_call *call, conn **out)
{
    conn *c = ds_calloc(1, sizeof *c);
    *out = c;
    if (c == NULL)
        return problem_nomem(call->error);
    c->lite = l;
    c->call = call;
    int code = conn_dial(c, create);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(c->db, 1);
        sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL); /* "x" is a name, never a string */
        sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
        sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL); /* as its table's author has declared it */
        sqlite3_busy_handler(c->db, conn_wait, c);
        sqlite3_progress_handler(c->db, PROGRESS_OPS, conn_progress, c);
        return DS_OK;
    }
    ds_status status = problem_tell(c, code, "opened", call->error);
    conn_close(c);
    *out = NULL;
    return status;
}

/* ---- connecting ---- */

static bool is_column(sqlite3_stmt *stmt, const char *word)
{
    const unsigned char *found = sqlite3_column_text(stmt, 0);
    return found != NULL && sqlite3_stricmp((const char *)found, word) == 0;
}

/* Runs "PRAGMA <name>[=<value>]", and says whether its answer is a word. */
static int conn_pragma(conn *c, const char *name, const char *value, const char *word, bool *is)
{
    char words[64];
    sqlite3_stmt *stmt = NULL;
    snprintf(words, sizeof words, "PRAGMA %s%s%s", name, value == NULL ? "" : "=", value == NULL ? "" : value);
    int code = sqlite3_prepare_v2(c->db, words, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    *is = code == SQLITE_ROW && word != NULL && is_column(stmt, word);
    sqlite3_finalize(stmt);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* To and from WAL another connection must not be there; SQLite does not always wait for that itself. */
static int conn_journal(conn *c, const char *mode, bool *is)
{
    int code = conn_pragma(c, "journal_mode", NULL, mode, is);
    if (code != SQLITE_OK || *is)
        return code;
    for (int tries = 0;; tries++) {
        code = conn_pragma(c, "journal_mode", mode, mode, is);
        if ((code & 0xff) != SQLITE_BUSY || !conn_wait(c, tries))
            return code;
    }
}

static ds_status conn_prepare_file(conn *c, ds_call *call)
{
    lite *l = c->lite;
    int64_t cookie;
    bool is = false;
    const char *mode = ds_source_setting(l->source, "journalMode").as.string;
    int code = conn_ask(c, "PRAGMA schema_version", &cookie); /* reads the file: is it a database? */
    if (code == SQLITE_OK && !l->read_only && l->file != NULL)
        code = conn_journal(c, mode, &is);
    if (code == SQLITE_OK && !l->read_only && !is && l->file != NULL &&
        ds_source_setting_given(l->source, "journalMode"))
        return ds_error_set(call->error, DS_CONFIG, "the database file \"%s\" does not take the journalMode %s",
                            l->file, mode);
    if (code == SQLITE_OK)
        code = conn_pragma(c, "synchronous", ds_source_setting(l->source, "synchronous").as.string, NULL, &is);
    if (code == SQLITE_OK)
        code = conn_pragma(c, "journal_mode", NULL, "wal", &l->wal);
    if (code == SQLITE_OK)
        code = conn_pragma(c, "encoding", NULL, "UTF-8", &l->utf8);
    if (code != SQLITE_OK)
        return problem_tell(c, code, "opened", call->error);
    l->single = l->file == NULL || (!l->wal && !l->read_only);
    sqlite3_wal_hook(c->db, conn_committed, c);
    return DS_OK;
}

ds_status pool_open(lite *l, ds_call *call)
{
    conn *c;
    if (l->writer != NULL)
        atomic_store(&l->connected, true); /* in memory, it outlives a disconnect */
    if (atomic_load(&l->connected))
        return DS_OK;
    ds_status status = conn_open(l, true, call, &c);
    if (status != DS_OK)
        return status;
    status = conn_prepare_file(c, call);
    c->call = NULL;
    if (status != DS_OK) {
        conn_close(c);
        return status;
    }
    pthread_mutex_lock(&l->lock);
    l->writer = c;
    atomic_store(&l->connected, true);
    pthread_mutex_unlock(&l->lock);
    return DS_OK;
}

void pool_close(lite *l)
{
    pthread_mutex_lock(&l->lock);
    atomic_store(&l->connected, false);
    scans_lose(l);
    for (conn *c = l->readers, *following; c != NULL; c = following) {
        following = c->following;
        conn_close(c);
    }
    conn_close(l->writer);
    l->readers = l->writer = NULL;
    l->reader_count = 0;
    pthread_mutex_unlock(&l->lock);
}

/* ---- taking and giving ---- */

static conn *pool_free(const lite *l, bool writes)
{
    if (writes || l->single)
        return l->writer->taken ? NULL : l->writer;
    conn *c = l->readers;
    while (c != NULL && c->taken)
        c = c->following;
    return c;
}

static void pool_wait(lite *l, const ds_call *call)
{
    int64_t until = ds_now() + SLICE_NS;
    if (call->deadline < until)
        until = call->deadline;
    struct timespec at = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    l->waiters++;
    pthread_cond_timedwait(&l->changed, &l->lock, &at);
    l->waiters--;
}

/* Another reader; the lock is held, but not while it is opened. */
static ds_status pool_grow(lite *l, ds_call *call)
{
    conn *c;
    l->reader_count++;
    pthread_mutex_unlock(&l->lock);
    ds_status status = conn_open(l, false, call, &c);
    pthread_mutex_lock(&l->lock);
    if (status != DS_OK) {
        l->reader_count--;
        return status;
    }
    c->following = l->readers;
    l->readers = c;
    return DS_OK;
}

static ds_status pool_find(lite *l, bool writes, ds_call *call, conn **out)
{
    ds_status status = DS_OK;
    while (status == DS_OK) {
        if (!atomic_load(&l->connected))
            return ds_error_set(call->error, DS_UNREACHABLE, "the database \"%s\" is not open", lite_place(l));
        *out = pool_free(l, writes);
        if (*out != NULL)
            return DS_OK;
        if (!writes && !l->single && l->reader_count < l->most_readers)
            status = pool_grow(l, call);
        else if (writes || l->single || !scan_park_one(l)) {
            status = ds_call_check(call);
            if (status == DS_OK)
                pool_wait(l, call);
        }
    }
    return status;
}

static void conn_take(conn *c, ds_call *call)
{
    c->taken = true;
    c->walks = false;
    c->call = call;
}

ds_status pool_take(lite *l, bool writes, ds_call *call, conn **out)
{
    pthread_mutex_lock(&l->lock);
    ds_status status = pool_find(l, writes, call, out);
    if (status == DS_OK)
        conn_take(*out, call);
    pthread_mutex_unlock(&l->lock);
    return status;
}

ds_status pool_take_for(table *t, bool writes, ds_call *call, conn **out, layout **with)
{
    lite *l = t->lite;
    ds_status status = DS_OK;
    *with = NULL;
    while (status == DS_OK && *with == NULL) {
        pthread_mutex_lock(&l->lock);
        if (t->now != NULL)
            status = pool_find(l, writes, call, out);
        if (status == DS_OK && t->now != NULL) {
            conn_take(*out, call);
            *with = t->now;
            t->now->holders++;
        }
        pthread_mutex_unlock(&l->lock);
        if (status == DS_OK && *with == NULL && (status = layout_get(t, call, with)) == DS_OK) {
            layout_release(t, *with);
            *with = NULL;
        }
    }
    return status;
}

/* The lock is held. */
static void conn_give(conn *c)
{
    c->taken = false;
    c->call = NULL;
    if (c->lite->waiters > 0)
        pthread_cond_broadcast(&c->lite->changed);
}

void pool_give(conn *c)
{
    lite *l = c->lite;
    pthread_mutex_lock(&l->lock);
    conn_give(c);
    pthread_mutex_unlock(&l->lock);
}

void pool_give_for(conn *c, layout *with)
{
    lite *l = c->lite;
    pthread_mutex_lock(&l->lock);
    conn_give(c);
    bool last = --with->holders == 0;
    pthread_mutex_unlock(&l->lock);
    if (last)
        layout_free(with);
}
