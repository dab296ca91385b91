/* The SQLite connector from the inside: its connections, who may use one, and what a model's table is made of.
 *
 * A data source has one connection that writes, and a few that read; a connection is used by one thread at a time (they
 * are opened without SQLite's own mutex). A database in memory, or without WAL, has a single connection for both.
 * lite.lock guards who has which connection, the layouts of tables and the list of scans; it is held for a few
 * instructions, never while SQLite works. */
#ifndef SQLITE_SQLITE_H
#define SQLITE_SQLITE_H

#include "text.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdatomic.h>

#define NEVER INT64_MAX /* an expiry that there is none of */

typedef struct lite lite;
typedef struct table table;
typedef struct scan scan;

/* ---- statement.c: prepared statements, kept by each connection ---- */

typedef struct sql { /* a statement's text with its hash, made once */
    char *bytes;
    size_t length;
    uint64_t hash;
} sql;

typedef struct statement {
    sqlite3_stmt *stmt; /* NULL: the place is free */
    sql text;
    uint64_t used; /* when, in statements of the connection */
    bool busy, kept;
} statement;

#define STATEMENT_SETS 32
#define STATEMENT_WAYS 4

typedef struct conn {
    struct conn *following;
    lite *lite;
    sqlite3 *db;
    ds_call *call; /* of the thread that has the connection; NULL: nobody has it */
    int64_t waits_since;
    bool taken;
    bool walks; /* through records, as many as there are: what it looks at is progress (ds_call_progress()) */
    uint64_t uses;
    statement kept[STATEMENT_SETS][STATEMENT_WAYS];
} conn;

uint64_t sql_hash(const char *bytes, size_t length);
/* Takes the text's bytes over, which must not be used after. false: out of memory. */
bool sql_take(sql *to, text *from);
void sql_free(sql *of);
/* Whether a statement was refused for a table or a column that is not there any more. */
bool names_what_is_gone(const conn *c, int code);
int statement_get(conn *c, const char *bytes, size_t length, uint64_t hash, statement **out);
void statement_done(conn *c, statement *s); /* NULL does nothing */
/* Whether another schema was met since the statement was prepared; asked after its first step. */
bool statement_is_stale(const statement *s);
void statements_drop(conn *c);

/* ---- problem.c: SQLite's codes as statuses and sentences ---- */

/* "the file \"%s\"" or "the database in memory", for the middle of a sentence. */
const char *lite_place(const lite *l);
/* What a code means for the call of the connection. `doing`: "read", "write". */
ds_status problem_tell(conn *c, int code, const char *doing, ds_error *err);
ds_status problem_nomem(ds_error *err);
const char *problem_rule(
    const char *message); /* SQLite's words about a constraint, in ours where those say too little */

/* ---- pool.c: the connections, and who has them ---- */

struct lite {
    ds_source *source;
    const char *file; /* NULL: in memory */
    bool read_only;
    int64_t busy_ms;
    size_t most_readers;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a connection is free, a scan has stopped */
    unsigned waiters;
    conn *writer; /* where lite.single, the only one */
    conn *readers;
    size_t reader_count;
    atomic_bool connected;
    bool wal, utf8;
    bool single; /* the writer reads, too: readers would keep it waiting */
    scan *scans; /* that hold a connection */
    table *tables;
    uint64_t parked; /* scans that had to let go of their snapshot */
    _Atomic uint64_t swept;
};

ds_status pool_open(lite *l, ds_call *call); /* connects */
void pool_close(lite *l);
/* A connection for this call: to be given back by pool_give(). */
ds_status pool_take(lite *l, bool writes, ds_call *call, conn **out);
void pool_give(conn *c);
/* The same with the layout of a table, which is read first where that is not known. */
typedef struct layout layout;
ds_status pool_take_for(table *t, bool writes, ds_call *call, conn **out, layout **with);
void pool_give_for(conn *c, layout *with);
/* One statement without rows or parameters; SQLite's code. */
int conn_run(conn *c, const char *words);
/* The first column of the first row; where there is none it stays as it was. */
int conn_ask(conn *c, const char *words, int64_t *out);

/* ---- layout.c, schema.c: what a model's table looks like now ---- */

typedef enum trust {
    ODD,   /* another affinity than the property's: compared by the library alone */
    PLAIN, /* what does not fit may stand in it: only equality is the same in SQL */
    SURE   /* the table's own rules keep out what would be compared otherwise */
} trust;

/* By what it is declared as (https://sqlite.org/datatype3.html, 3.1). */
typedef enum affinity { INTEGRAL, TEXTUAL, BLOBBY, REALLY, NUMERICAL } affinity;

typedef struct column {
    ds_property_type type;
    trust trust;
    affinity affinity;
    bool exists;
    bool converts;     /* some values of the property into others: affinity_check() */
    bool otherwise;    /* made by this connector, for another type that the property had */
    char declared[32]; /* cut, for people */
} column;

struct layout {
    unsigned holders; /* lite.lock */
    int64_t cookie;   /* of the schema that this was read from */
    bool exists, has_more, has_expires;
    bool shows_more; /* it has such a column, and the model is not strict */
    bool is_view;    /* which is only read */
    bool has_triggers;
    bool converts;    /* some column does */
    bool id_is_rowid; /* so that SQLite numbers the records */
    column *columns;  /* by slot */
    size_t column_count;
    sql find;   /* ?1 the id, ?2 now where records expire */
    sql insert; /* ?1 to ?n by slot, then `more`, then the expiry */
    sql purge;  /* ?1 now: all that have expired */
    sql sweep;  /* ?1 now: some of them */
};

struct table { /* of a model: its ds_model_state() */
    struct table *following;
    lite *lite;
    const ds_model *model;
    const char *name; /* of the table in the database */
    size_t property_count, id_slot, version_slot;
    bool integer_id, sequenced, strict;
    bool told_otherwise; /* who has the writer */
    int64_t ttl_ms;      /* 0: none */
    layout *now;         /* lite.lock; NULL: to be read */
    const char **text;   /* by slot: how its column is declared; owned */
};

#define MORE_COLUMN    "#more"    /* undeclared properties: a JSON object of names to texts */
#define EXPIRES_COLUMN "#expires" /* ms since 1970, or NULL */

ds_status table_open(lite *l, const ds_model *model, table **out, ds_call *call);
void table_close(table *t);

/* The layout, made to fit the model first where nobody has looked yet in this connection's life. */
ds_status layout_get(table *t, ds_call *call, layout **out);
void layout_release(table *t, layout *l);
void layout_forget(table *t, const layout *l); /* it does not hold any more */
ds_status layout_read(table *t, conn *c, layout **out, ds_call *call);
void layout_free(layout *l);
/* Logs what is declared for another type than the model has now, and tells its names to the report (NULL: none; then it is
 * logged only once). With the writer in hand. */
void layout_tell_otherwise(table *t, const layout *l, ds_buffer *report);
ds_status layout_refuse_view(const table *t, ds_error *err);
/* The columns that a record is read from, in the order of slots, then `more` where the model shows it. */
void layout_columns(const table *t, const layout *l, text *to);
void layout_id(const table *t, const layout *l, text *to); /* "the id is ?" */
void layout_alive(const layout *l, text *to);              /* " AND ..." where records expire; one parameter: now */

/* Makes the table fit the model: creates what is missing, or (`migrating`) drops what is left over, too. The names of what
 * was done go to the report (NULL: none). `check`: says what would be done, and does nothing. */
typedef struct schema_work {
    bool migrating, check;
    ds_buffer *report;
    ds_progress *progress;
    void *user;
} schema_work;
ds_status schema_fit(table *t, conn *c, const schema_work *work, ds_call *call);
ds_status schema_add_expires(table *t, ds_call *call);
void schema_index_name(const table *t, const ds_index *index, text *to); /* not quoted */
const char *schema_column_type(const table *t, size_t slot);
int schema_sql_of(conn *c, const char *type, const char *name, char **out); /* sqlite3_free() it; NULL: not there */

/* ---- affinity.c: what a column makes of values ---- */

affinity affinity_of(const char *type, bool strict_table);
/* Whether there are values of the property that such a column changes. */
bool affinity_changes(affinity has, ds_property_type type);
/* DS_INVALID with the column and its type, where the record (or NULL) would be stored as another one. */
ds_status affinity_check(conn *c, const table *t, const layout *l, const ds_record *record, ds_error *err);

/* ---- codec.c: values in columns ---- */

int codec_bind(sqlite3_stmt *stmt, int at, ds_value value);
/* As it is stored for a property: of type any as JSON. SQLite's code. */
int codec_bind_property(sqlite3_stmt *stmt, int at, const column *c, ds_value value);
/* A row's columns into the slots (NULL: the first ones); DS_NO_SLOT: it is MORE_COLUMN. */
ds_status codec_read(const layout *l, sqlite3_stmt *stmt, const size_t *slots, size_t count, ds_record *record);
/* A row as layout_columns() lays it out. */
ds_status codec_read_row(const layout *l, sqlite3_stmt *stmt, ds_record *record);
ds_value record_value(const ds_record *record, size_t slot); /* DS_NULL where there is none */

/* ---- more.c: undeclared properties, in one column ---- */

typedef struct more_item {
    size_t name, name_length, value, value_length; /* in more.bytes */
} more_item;
typedef struct more {
    text bytes;
    more_item *items;
    size_t count, room;
} more;
/* false: it is not a JSON object, or there is no memory (more.bytes.failed). */
bool more_parse(more *m, const char *json, size_t length);
void more_set(more *m, const char *name, size_t name_length, ds_value value); /* DS_NULL removes */
bool more_get(const more *m, const char *name, size_t name_length, ds_value *out);
void more_write(more *m, text *json); /* sorted by name; nothing where there are none */
ds_status more_read(const char *json, size_t length, ds_record *record);
void more_free(more *m);

/* ---- filter.c, order.c: what is asked, as SQL ---- */

typedef struct question {
    const table *table;
    const layout *layout;
    text text;
    ds_value *values; /* of the parameters, in the order in which they stand */
    size_t count, room;
    char **owned; /* bytes of values that are made here */
    size_t owned_count;
    unsigned conditions, depth;
    bool failed;
} question;

typedef enum exactness {
    NOTHING,  /* it cannot be said in SQL: nothing was written */
    AT_LEAST, /* SQL finds more than match */
    EXACTLY
} exactness;

void question_begin(question *q, const table *t, const layout *l);
void question_end(question *q);
void question_value(question *q, ds_value value); /* a parameter */
bool question_own(question *q, char *bytes);      /* of ds_malloc(); NULL is a failure for memory */
int question_bind(const question *q, sqlite3_stmt *stmt);
bool question_failed(const question *q);
/* Writes what is wanted of `where` behind a WHERE; EVERYTHING is "1". */
exactness filter_write(question *q, const ds_filter *where, bool negated);
#define AFTER_MOST 8 /* items of an order whose mark is written as SQL: each is two parentheses deeper */
bool order_is_exact(const question *q, const ds_order *order, size_t count);
void order_write(question *q, const ds_order *order, size_t count);
/* " AND ..." behind a WHERE, which then may be two SELECTs that are merged: only an ORDER BY and a LIMIT may follow. */
void after_write(question *q, const ds_selection *selection);

/* ---- select.c, scan.c ---- */

/* The SELECT of a selection; answers what of it is done by that (DS_DID_*). `slots`, with room for all properties and one
 * more: whose columns it gives; DS_NO_SLOT is MORE_COLUMN. */
uint32_t select_write(question *q, const ds_selection *selection, uint32_t may, size_t *slots, size_t *slot_count);
/* Lets go of a scan that waits for its host, so that its connection or its snapshot is free. lite.lock is held, and let go
 * meanwhile. false: there is none. */
bool scan_park_one(lite *l);
void scans_lose(lite *l); /* the connections close; lite.lock is held */

/* ---- write.c: one call's writes, in one transaction ---- */

typedef enum marking { UNDECIDED, WRITTEN, CREATED } marking;

typedef struct target { /* a table that is written to */
    table *table;
    layout *layout;
    statement *insert; /* kept from one record to the next */
} target;

typedef struct writing {
    lite *lite;
    conn *conn;
    ds_call *call;
    ds_outcomes *outcomes; /* NULL: what fails is told in call->error */
    target *tables, first;
    size_t table_count;
    target *at; /* the one whose turn it is */
    table *table;
    const layout *layout;
    int64_t now;
    size_t n;
    char *marks; /* of each record */
    char one;
    bool alone; /* a single statement, that is a transaction of its own */
    bool undo;  /* all of it is taken back, and no outcome told */
} writing;

/* Begins a transaction that writes; `alone` where a single statement would do. */
ds_status writing_begin(writing *w, void *connection, const ds_model *model, size_t n, bool alone,
                        ds_outcomes *outcomes, ds_call *call);
/* Of several tables, which must be the caller's until it ends. */
ds_status writing_begin_all(writing *w, void *connection, target *tables, size_t table_count, size_t n,
                            ds_outcomes *outcomes, ds_call *call);
void writing_turn(writing *w, const ds_model *model);
/* Commits and tells the outcomes; or undoes it all, where the status is a failure. */
ds_status writing_end(writing *w, ds_status status);
/* The same of a call for one record, whose failure is told in call->error. */
ds_status writing_end_one(writing *w, ds_status status);
/* The call as a whole fails: what SQLite's code means. */
ds_status writing_fail(writing *w, int code);
bool is_constraint(int code);
/* These tell what becomes of record i, and answer DS_OK: the others go on. */
ds_status writing_tell(writing *w, size_t i, const ds_error *error);
ds_status writing_refuse(writing *w, size_t i, ds_value id, ds_refusal refusal);
ds_status writing_refuse_code(writing *w, size_t i, int code); /* of its statement; or fails as a whole */
ds_status writing_ignored(writing *w, size_t i);               /* by a trigger */
/* Refuses what the columns would change; *refused: it is told. */
ds_status writing_check(writing *w, size_t i, const ds_record *record, bool *refused);
/* Runs what the question says, once more where what has expired stood in the way. SQLITE_DONE, SQLITE_ROW with the first
 * column in *out, a constraint's code, or another. */
int writing_run(writing *w, const question *q, int64_t *out);
/* Inserts a record, with what it does not set from the defaults (NULL: none). */
ds_status writing_insert(writing *w, size_t i, ds_record *record, const ds_record *defaults);
int64_t writing_expiry(const writing *w); /* by settings.ttl; NEVER */

/* ---- change.c: what becomes of one record that is there ---- */

typedef struct change {
    ds_value id;
    const ds_record *set;      /* NULL: it is deleted */
    const ds_record *expected; /* or NULL */
    bool whole;                /* what is not set is removed, and settings.ttl starts anew */
} change;

/* *missing: there is no such record, and nothing was told. DS_OK otherwise means that it is decided. */
ds_status change_apply(writing *w, size_t i, const change *c, bool *missing);
/* One record of a call: */
ds_status change_update(writing *w, size_t i, ds_value id, const ds_record *set /* NULL: delete */,
                        const ds_record *expected);
ds_status change_replace(writing *w, size_t i, ds_record *record, bool must_exist, const ds_record *expected);
ds_status change_upsert(writing *w, size_t i, ds_record *record, const ds_record *defaults, const ds_record *expected);
ds_status change_increment(writing *w, size_t i, ds_value id, const char *property, size_t slot, ds_value by,
                           ds_value *now);
ds_status change_expiry(writing *w, size_t i, ds_value id, int64_t ttl_ms);
/* Makes the table one whose records may expire, before a write that needs that begins. */
ds_status expiry_prepare(table *t, int64_t ttl_ms, ds_call *call);
/* "SET ..." of an update; false: it says nothing. */
bool change_write_sets(question *q, const ds_record *set, bool whole);
bool sets_undeclared(const table *t, const ds_record *record);
bool record_sets(const ds_record *record, size_t slot);
void question_property(question *q, size_t slot, ds_value value); /* a parameter, as it is stored for a property */

/* ---- lookup.c ---- */

/* Adds the record of an id to the block, where there is one (else *out is NULL). SQLite's code; SQLITE_SCHEMA: the layout
 * does not hold any more. */
int lookup_one(conn *c, const layout *l, ds_value id, int64_t now, ds_block *block, ds_record **out);
/* Whether the layout still holds. SQLITE_OK or SQLITE_SCHEMA, or why that is not known. */
int layout_compare(conn *c, const layout *l);
int layout_check(conn *c, const layout *l, const statement *s); /* asked only where the statement is stale */

/* Steps for the first time: SQLITE_ROW, SQLITE_DONE, SQLITE_SCHEMA as lookup_one(), or another code. The statement is to be
 * given back in any case. */
int question_first(const question *q, conn *c, statement **out);
/* Reads with a connection and a layout; again where that answers SQLITE_SCHEMA. Not called where there is no table. */
typedef int reading(conn *c, const table *t, const layout *l, void *user);
ds_status reading_run(table *t, reading *read, void *user, ds_call *call);

/* ---- the entries ---- */

int64_t lite_now(void); /* ms since 1970 */
ds_status lite_create(void *, const ds_model *, ds_record *const *, size_t, ds_outcomes *, ds_call *);
ds_status lite_update(void *, const ds_model *, const ds_value *, size_t, const ds_record *, const ds_record *const *,
                      ds_outcomes *, ds_call *);
ds_status lite_delete(void *, const ds_model *, const ds_value *, size_t, const ds_record *const *, ds_outcomes *,
                      ds_call *);
ds_status lite_replace(void *, const ds_model *, ds_record *const *, size_t, bool, const ds_record *const *,
                       ds_outcomes *, ds_call *);
ds_status lite_upsert(void *, const ds_model *, ds_record *const *, size_t, const ds_record *, const ds_record *const *,
                      ds_outcomes *, ds_call *);
ds_status lite_increment(void *, const ds_model *, ds_value, const char *, size_t, ds_value, ds_value *, ds_call *);
ds_status lite_expire(void *, const ds_model *, ds_value, int64_t, ds_call *);
ds_status lite_ttl(void *, const ds_model *, ds_value, int64_t *, ds_call *);
ds_status lite_batch(void *, const ds_write *const *, size_t, uint32_t, ds_outcomes *, ds_call *);
ds_status lite_update_where(void *, const ds_model *, const ds_filter *, const ds_record *, uint64_t *, ds_call *);
ds_status lite_delete_where(void *, const ds_model *, const ds_filter *, uint64_t *, ds_call *);
ds_status lite_count(void *, const ds_model *, const ds_filter *, uint64_t *, ds_call *);
ds_status lite_find(void *, const ds_model *, const ds_selection *, uint32_t, uint32_t *, void **, ds_call *);
ds_status lite_next(void *, ds_block *, ds_call *);
void lite_end_scan(void *);
ds_status lite_find_by_ids(void *, const ds_model *, const ds_value *, size_t, ds_block *, ds_call *);
ds_status lite_explain(void *, const ds_model *, const ds_selection *, uint32_t, uint32_t *, ds_buffer *, ds_call *);
ds_status lite_migrate(void *, const ds_model *, uint32_t, ds_progress *, void *, ds_buffer *, ds_call *);
ds_status lite_discover(void *, const char *, ds_buffer *, ds_call *);
ds_status lite_execute(void *, size_t, const char *const *, const size_t *, ds_buffer *, ds_call *);

#endif
