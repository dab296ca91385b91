/* Finds. A scan is a SELECT under way, on a connection of its own and in one snapshot of the file, until it has given its
 * last record. A host may leave it waiting for long, so whoever needs the connection, or a log that is too long because
 * of the snapshot, lets such a scan go (scan_park_one): it then goes on by the ids that it had still to give, or, where it
 * is ordered, the library finds again behind its last record. Where readers keep writers out (every other journal than
 * WAL, and in memory), a scan lets go by itself after each block. */
#include "sqlite.h"

typedef enum state { NEW, LIVE, PARKING, BY_ID, KEPT, GONE, ENDED, LOST } state;

struct scan {
    scan *following; /* in lite.scans */
    lite *lite;
    table *table;
    layout *layout;
    const ds_selection *selection;
    uint32_t may, did;
    question question;
    size_t *slots, slot_count, id_at;
    state state;  /* lite.lock, where it is in lite.scans */
    bool running; /* likewise: its own thread is at it */
    conn *conn;
    statement *statement;
    bool has_row; /* stepped to, and not yet given */
    text ids;     /* of BY_ID: as ds_value with its bytes behind it */
    size_t at;    /* in ids, or in records */
    ds_record **records;
    size_t count, room;
    bool failed; /* while it was parked, for memory */
};

/* ---- beginning ---- */

static ds_status scan_compile(scan *s, ds_call *call)
{
    s->question = (question){.table = NULL};
    ds_status status = layout_get(s->table, call, &s->layout);
    if (status != DS_OK)
        return status;
    question_begin(&s->question, s->table, s->layout);
    s->did = select_write(&s->question, s->selection, s->may, s->slots, &s->slot_count);
    for (s->id_at = 0; s->slots[s->id_at] != s->table->id_slot;)
        s->id_at++;
    return question_failed(&s->question) ? problem_nomem(call->error) : DS_OK;
}

static void scan_forget(scan *s)
{
    question_end(&s->question);
    layout_release(s->table, s->layout);
    s->layout = NULL;
}

ds_status lite_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may, uint32_t *did,
                    void **out, ds_call *call)
{
    scan *s = ds_calloc(1, sizeof *s);
    if (s == NULL)
        return problem_nomem(call->error);
    s->lite = connection;
    s->table = ds_model_state(model);
    s->selection = selection;
    s->may = may;
    s->slots = ds_calloc(s->table->property_count + 1, sizeof *s->slots);
    ds_status status = s->slots == NULL ? problem_nomem(call->error) : scan_compile(s, call);
    if (status != DS_OK) {
        lite_end_scan(s);
        return status;
    }
    *did = s->did;
    *out = s;
    return DS_OK;
}

/* ---- the list of live ones ---- */

static void scan_enlist(scan *s)
{
    pthread_mutex_lock(&s->lite->lock);
    s->state = LIVE;
    s->running = true;
    s->following = s->lite->scans;
    s->lite->scans = s;
    pthread_mutex_unlock(&s->lite->lock);
}

/* The lock is held. */
static void scan_delist(scan *s)
{
    for (scan **at = &s->lite->scans; *at != NULL; at = &(*at)->following)
        if (*at == s) {
            *at = s->following;
            return;
        }
}

/* Gives its connection back; the thread has the scan for itself. */
static void scan_release(scan *s, state then)
{
    statement_done(s->conn, s->statement);
    pool_give(s->conn);
    pthread_mutex_lock(&s->lite->lock);
    s->statement = NULL;
    s->conn = NULL;
    s->state = then;
    s->running = false;
    scan_delist(s);
    if (s->lite->waiters > 0)
        pthread_cond_broadcast(&s->lite->changed);
    pthread_mutex_unlock(&s->lite->lock);
}

void scans_lose(lite *l)
{
    for (scan *s = l->scans; s != NULL; s = s->following) {
        statement_done(s->conn, s->statement);
        s->statement = NULL;
        s->conn = NULL;
        s->state = LOST;
    }
    l->scans = NULL;
}

/* ---- stepping ---- */

/* Steps for the first time. SQLITE_SCHEMA: the layout does not hold. */
static int scan_step_first(scan *s)
{
    const question *q = &s->question;
    if (!s->layout->exists) {
        int checked = layout_compare(s->conn, s->layout);
        return checked == SQLITE_OK ? SQLITE_DONE : checked;
    }
    int code =
        statement_get(s->conn, q->text.bytes, q->text.length, sql_hash(q->text.bytes, q->text.length), &s->statement);
    if (code == SQLITE_OK)
        code = question_bind(q, s->statement->stmt);
    else if (names_what_is_gone(s->conn, code))
        return SQLITE_SCHEMA;
    if (code == SQLITE_OK)
        code = sqlite3_step(s->statement->stmt);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        int checked = layout_check(s->conn, s->layout, s->statement);
        if (checked != SQLITE_OK)
            return checked;
    }
    s->has_row = code == SQLITE_ROW;
    return code;
}

static ds_status scan_again(scan *s, ds_call *call)
{
    uint32_t promised = s->did;
    layout_forget(s->table, s->layout);
    scan_forget(s);
    ds_status status = scan_compile(s, call);
    if (status == DS_OK && (promised & ~s->did) != 0)
        status = (promised & DS_DID_ORDER) != 0 && s->selection->order_count > 0
                     ? ds_error_set(call->error, DS_UNSUPPORTED, "the table \"%s\" was changed", s->table->name)
                     : ds_error_set(call->error, DS_LOST, "the table \"%s\" was changed by another program meanwhile",
                                    s->table->name);
    return status;
}

static ds_status scan_begin(scan *s, ds_call *call)
{
    for (int tries = 0;; tries++) {
        ds_status status = pool_take(s->lite, false, call, &s->conn);
        if (status != DS_OK)
            return status;
        s->conn->walks = true;
        int code = scan_step_first(s);
        if (code == SQLITE_ROW || code == SQLITE_DONE) {
            scan_enlist(s);
            if (code == SQLITE_DONE)
                scan_release(s, ENDED);
            return DS_OK;
        }
        bool again = code == SQLITE_SCHEMA && tries < 3;
        if (!again)
            status = problem_tell(s->conn, code, "read", call->error);
        statement_done(s->conn, s->statement);
        s->statement = NULL;
        pool_give(s->conn);
        s->conn = NULL;
        if (again)
            status = scan_again(s, call);
        if (status != DS_OK)
            return status;
    }
}

static ds_status scan_read_row(const scan *s, ds_record *record)
{
    return codec_read(s->layout, s->statement->stmt, s->slots, s->slot_count, record);
}

/* The next row, if there is one. */
static int scan_step(scan *s)
{
    if (s->has_row) {
        s->has_row = false;
        return SQLITE_ROW;
    }
    return sqlite3_step(s->statement->stmt);
}

/* ---- letting go ---- */

static int keep_id(scan *s)
{
    sqlite3_stmt *stmt = s->statement->stmt;
    int at = (int)s->id_at;
    ds_value id = ds_integer(sqlite3_column_int64(stmt, at));
    bool is_number = sqlite3_column_type(stmt, at) == SQLITE_INTEGER ||
                     (sqlite3_column_type(stmt, at) == SQLITE_FLOAT &&
                      sqlite3_column_double(stmt, at) == (double)id.as.integer); /* an integer in a column of reals */
    if (!s->table->integer_id || !is_number) {
        const unsigned char *bytes = sqlite3_column_text(stmt, at);
        id = ds_string_n(bytes == NULL ? "" : (const char *)bytes, (size_t)sqlite3_column_bytes(stmt, at));
    }
    text_add(&s->ids, (const char *)&id, sizeof id);
    text_add(&s->ids, id.length == 0 ? "" : id.as.string, id.length);
    return s->ids.failed ? SQLITE_NOMEM : SQLITE_OK;
}

static int keep_record(scan *s)
{
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 64 : 2 * s->room;
        ds_record **records = ds_realloc(s->records, room * sizeof *records);
        if (records == NULL)
            return SQLITE_NOMEM;
        s->records = records;
        s->room = room;
    }
    ds_record *record = ds_record_new(s->table->model);
    if (record == NULL || scan_read_row(s, record) != DS_OK) {
        ds_record_free(record);
        return SQLITE_NOMEM;
    }
    s->records[s->count++] = record;
    return SQLITE_OK;
}

static bool is_ordered(const scan *s)
{
    return (s->did & DS_DID_ORDER) != 0 && s->selection->order_count > 0;
}

/* Reads to the end what is still to come, as ids or as records. */
static int scan_drain(scan *s, bool records)
{
    int code;
    while ((code = scan_step(s)) == SQLITE_ROW) {
        code = records ? keep_record(s) : keep_id(s);
        if (code != SQLITE_OK)
            return code;
    }
    return code;
}

bool scan_park_one(lite *l)
{
    scan *s = NULL;
    for (scan *each = l->scans; each != NULL; each = each->following)
        if (each->state == LIVE && !each->running)
            s = each; /* the last of the list is the oldest */
    if (s == NULL)
        return false;
    s->state = PARKING;
    l->parked++;
    pthread_mutex_unlock(&l->lock);
    s->failed = !is_ordered(s) && scan_drain(s, false) != SQLITE_DONE;
    scan_release(s, is_ordered(s) ? GONE : BY_ID);
    pthread_mutex_lock(&l->lock);
    return true;
}

/* Waits until nobody parks the scan, and makes it this thread's. */
static void scan_enter(scan *s)
{
    pthread_mutex_lock(&s->lite->lock);
    while (s->state == PARKING) {
        s->lite->waiters++;
        pthread_cond_wait(&s->lite->changed, &s->lite->lock);
        s->lite->waiters--;
    }
    s->running = s->state == LIVE;
    pthread_mutex_unlock(&s->lite->lock);
}

static void scan_leave(scan *s)
{
    pthread_mutex_lock(&s->lite->lock);
    s->conn->call = NULL;
    s->running = false;
    if (s->lite->waiters > 0)
        pthread_cond_broadcast(&s->lite->changed);
    pthread_mutex_unlock(&s->lite->lock);
}

/* ---- blocks ---- */

static ds_status next_live(scan *s, ds_block *block, ds_call *call)
{
    int code = SQLITE_ROW;
    s->conn->call = call;
    for (size_t wanted = ds_block_wanted(block); wanted > 0 && (code = scan_step(s)) == SQLITE_ROW; wanted--) {
        ds_record *record = ds_block_add(block);
        if (record == NULL || scan_read_row(s, record) != DS_OK)
            code = SQLITE_NOMEM;
        if (code != SQLITE_ROW)
            break;
    }
    bool keeps = is_ordered(s);
    if (code == SQLITE_ROW && s->lite->wal) {
        scan_leave(s);
        return DS_OK;
    }
    if (code == SQLITE_ROW)
        code = scan_drain(s, keeps);
    ds_status status = code == SQLITE_DONE ? DS_OK : problem_tell(s->conn, code, "read", call->error);
    scan_release(s, status != DS_OK ? LOST : s->count > 0 ? KEPT : s->ids.length > 0 ? BY_ID : ENDED);
    return status;
}

static ds_status next_kept(scan *s, ds_block *block, ds_call *call)
{
    for (; s->at < s->count && ds_block_wanted(block) > 0; s->at++)
        if (ds_block_add_copy(block, s->records[s->at]) != DS_OK)
            return problem_nomem(call->error);
    return DS_OK;
}

static ds_value next_id(scan *s)
{
    ds_value id;
    memcpy(&id, s->ids.bytes + s->at, sizeof id);
    s->at += sizeof id;
    if (id.type == DS_STRING)
        id.as.string = s->ids.bytes + s->at;
    s->at += id.length;
    return id;
}

/* One by its id, if it is still there and still matches. */
static ds_status take_by_id(scan *s, conn *c, ds_block *block, ds_call *call)
{
    ds_record *record;
    bool matches = true;
    int code = lookup_one(c, s->layout, next_id(s), lite_now(), block, &record);
    if (code != SQLITE_OK)
        return problem_tell(c, code, "read", call->error);
    ds_status status = DS_OK;
    if (record != NULL && (s->did & DS_DID_WHERE) != 0)
        status = ds_filter_matches(s->selection->where, record, &matches, call->error);
    if (!matches)
        ds_block_drop(block, record);
    return status;
}

static ds_status next_by_id(scan *s, ds_block *block, ds_call *call)
{
    conn *c;
    if (s->failed)
        return problem_nomem(call->error);
    if (s->at >= s->ids.length)
        return DS_OK;
    ds_status status = pool_take(s->lite, false, call, &c);
    if (status != DS_OK)
        return status;
    while (s->at < s->ids.length && ds_block_wanted(block) > 0 && status == DS_OK)
        status = take_by_id(s, c, block, call);
    pool_give(c);
    return status;
}

ds_status lite_next(void *scanned, ds_block *block, ds_call *call)
{
    scan *s = scanned;
    ds_status status = DS_OK;
    if (s->state == NEW)
        status = scan_begin(s, call);
    else
        scan_enter(s);
    if (status != DS_OK)
        return status;
    switch (s->state) {
    case LIVE:
        return next_live(s, block, call);
    case KEPT:
        return next_kept(s, block, call);
    case BY_ID:
        return next_by_id(s, block, call);
    case GONE:
        return ds_error_set(call->error, DS_UNSUPPORTED, "the scan's snapshot was given up for others");
    case LOST:
        return ds_error_set(call->error, DS_LOST, "the scan has ended with its connection");
    default:
        return DS_OK;
    }
}

void lite_end_scan(void *scanned)
{
    scan *s = scanned;
    scan_enter(s);
    if (s->state == LIVE)
        scan_release(s, ENDED);
    for (size_t i = 0; i < s->count; i++)
        ds_record_free(s->records[i]);
    ds_free(s->records);
    text_free(&s->ids);
    if (s->layout != NULL)
        scan_forget(s);
    ds_free(s->slots);
    ds_free(s);
}
