/* The connector ABI: what a backend implements, and what the library offers it. For connector authors; a host needs
 * <datasource/datasource.h> alone. docs/WRITING-A-CONNECTOR.md walks through it.
 *
 * A connector is a shared object, datasource-NAME.so, that exports one constant:
 *
 *     const ds_connector ds_connector_v1 = { .abi = DS_ABI, .size = sizeof(ds_connector), .name = "NAME", ... };
 *
 * The library copies min(size) of it into a zeroed table and refuses what does not fit before it calls any entry: another
 * abi, a table that ends before delete_records does, a required entry that is NULL, another name than the file's. What a
 * connector leaves out, the library supplies. Enumerators and capability bits may be added later: a connector that meets a
 * ds_filter_kind, ds_operator or ds_property_type unknown to it does not push it down. */
#ifndef DATASOURCE_CONNECTOR_H
#define DATASOURCE_CONNECTOR_H

#include <datasource/source.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DS_ABI 1u

/* ---- what every entry that may wait is given ---- */

#define DS_NO_DEADLINE INT64_MAX

typedef struct ds_call {
    uint32_t size;
    ds_read_from read_from;
    int64_t deadline; /* as ds_now(); DS_NO_DEADLINE. An entry must return by then (DS_TIMEOUT, DS_UNKNOWN_OUTCOME) */
    const ds_cancel *cancel; /* or NULL */
    ds_error *error;         /* never NULL; an entry that fails fills it with ds_error_set() */
    uint32_t flags;          /* DS_CALL_* */
    /* create_records and batch: so many times before, an id that the connector made from a sequence was taken. One that is
     * far behind catches up by steps that grow. By `size`, as what follows. */
    uint32_t again;
    int64_t step;  /* for ds_call_progress(): ns that a step may last; 0: the deadline stands */
    int64_t whole; /* what no step goes beyond; DS_NO_DEADLINE */
} ds_call;
enum {
    DS_CALL_FRESH = 1 /* read in order to write: from the master, not from a cache */
};

DS_API int64_t ds_now(void); /* CLOCK_MONOTONIC, in ns */
/* for poll(2): ms until the deadline, rounded up; 0 passed; -1 none */
DS_API int ds_call_wait_ms(const ds_call *call);
/* for poll(2): readable once the token is set; -1 for NULL */
DS_API int ds_cancel_fd(const ds_cancel *cancel);
/* DS_OK, or DS_CANCELLED or DS_TIMEOUT with the error filled: to be asked in every long loop. */
DS_API ds_status ds_call_check(const ds_call *call);
/* The same in a walk of many round trips (one entry may need them until it has a block, or a count), each time the backend
 * has answered: what is waited for next is a step of its own, so the deadline is set anew, never beyond the whole's. */
DS_API ds_status ds_call_progress(ds_call *call);

/* Fills the error (NULL: does nothing) and returns `status`, so that `return ds_error_set(...)` fails. The format is
 * printf's; the result one whole sentence without a password. The data source's name is added by the library. */
DS_API ds_status ds_error_set(ds_error *err, ds_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The host's allocator. Connectors allocate what they keep with these. */
DS_API void *ds_malloc(size_t size);
DS_API void *ds_calloc(size_t count, size_t size);
DS_API void *ds_realloc(void *memory, size_t size);

DS_API void ds_log(ds_log_level level, const char *source, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Text that grows, by which an entry answers text. An append that fails for memory sticks, and the library reports it. */
typedef struct ds_buffer ds_buffer;
DS_API void ds_buffer_append(ds_buffer *buffer, const void *bytes, size_t length);
DS_API void ds_buffer_format(ds_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* as ds_value_to_json(); binary as {"$binary": "<base64>"} */
DS_API void ds_buffer_json(ds_buffer *buffer, ds_value value);

/* ---- options: what may stand in datasources.json, and in a model's settings.NAME ---- */

enum { /* ds_option.types: one or several */
       DS_OPTION_STRING = 1,
       DS_OPTION_INTEGER = 2, /* a string of digits is taken too where DS_OPTION_STRING is not allowed */
       DS_OPTION_BOOLEAN = 4,
       DS_OPTION_OBJECT = 8, /* `members` says what may be in it */
       DS_OPTION_LIST = 16   /* an array of strings; each item has the path "name.0", "name.1", ... */
};
enum { /* ds_option.flags */
       DS_OPTION_REQUIRED = 1,
       DS_OPTION_SECRET = 2 /* never printed; not asked for in clear */
};

typedef struct ds_option {
    const char *name;
    uint32_t types, flags;
    const char *default_text;        /* as it would be written without quotes; NULL: none */
    const char *help;                /* one line */
    const struct ds_option *members; /* of DS_OPTION_OBJECT; ends in a NULL name */
    int64_t minimum, maximum;        /* of DS_OPTION_INTEGER; both 0: any */
    const char *const *choices;      /* of DS_OPTION_STRING; ends in NULL; NULL: any text */
    void *reserved[2];               /* NULL */
} ds_option;

/* A setting that was checked against the table: by its name, or by a path into an object or a list ("tls.ca.0"); the default
 * where it was not given, DS_NULL where it has none. `true` for an option that may be a boolean or an object reads as an
 * object without members: DS_BOOLEAN true, with the members' defaults. An object that is given is DS_BOOLEAN true too, false
 * or nothing is DS_BOOLEAN false or DS_NULL. Belongs to the source, which lives until `close` has returned.
 * The library itself obeys `commandTimeout` (ms, bounds each step) and `readOnly` where a table has them. */
DS_API ds_value ds_source_setting(const ds_source *source, const char *path);
DS_API bool ds_source_setting_given(const ds_source *source, const char *path); /* not a default */

/* Tells the host, and the log, of the connection's life; no lock may be held, for the handler may call the library. What is
 * told in connect() and disconnect() reaches the handler once these have returned. */
DS_API void ds_source_emit(ds_source *source, ds_event event, const ds_error *cause);
/* Asks the host's reconnect strategy; DS_RECONNECT_DEFAULT where it has set none too: the setting decides. */
DS_API long ds_source_retry_after(ds_source *source, unsigned retries, const ds_error *cause, ds_error *why);
/* ds_disconnect() waits for the operations that are under way: an entry that waits for the next attempt to connect, and has
 * nothing sent, ends in DS_UNREACHABLE. To be asked now and then while it waits; any thread may, under any lock. */
DS_API bool ds_source_leaves(const ds_source *source);

/* Splits scheme://[user[:password]@][host][:port][/path][?query]. The last '@' ends the credentials; percent-encoding is
 * undone in user, password, path and query values; a host in brackets loses them. A part that is absent is NULL, one that is
 * empty "". The path comes without the '/' before it, but that of a socket with it ("0" of redis://h/0, "/run/r.sock" of
 * unix:///run/r.sock); a socket has a path that begins with '/', and no host or port. DS_CONFIG names what is wrong, never
 * the password: a '#', a bad percent-encoding or one of NUL, a port outside 1 to 65535, an unclosed bracket, an '@' in the
 * query or (but of a socket) the path, for it may be the end of a password that holds a '/' or '?'. Free it with
 * ds_url_free(). */
typedef struct ds_url {
    char *scheme, *user, *password, *host, *path;
    int port; /* 0: absent */
    size_t query_count;
    char **query_names, **query_values;
} ds_url;
/* is_socket: all behind the credentials is the path */
DS_API ds_status ds_url_split(const char *text, bool is_socket, ds_url **out, ds_error *err);
DS_API void ds_url_free(ds_url *url);

/* ---- models, records and values, as a connector sees them ---- */

/* What open_model() made; NULL without. */
DS_API void *ds_model_state(const ds_model *model);

/* Puts a value into a record of a block, or the generated id into a record that is created: copied, not coerced, so it must
 * be of the property's type (or a string that did not parse as it; text for an undeclared property). A name that a strict model
 * does not declare is passed over. Fails for memory. */
DS_API ds_status ds_record_put(ds_record *record, size_t slot, ds_value value);
/* declared or not */
DS_API ds_status ds_record_put_named(ds_record *record, const char *name, size_t length, ds_value value);
/* Puts the text of a backend that knows only text: parsed as the property's type; where it is not that type's text, the
 * string as it is; where it is not the canonical text, the text stays beside the value as ds_field.raw. */
DS_API ds_status ds_record_put_text(ds_record *record, size_t slot, const char *text, size_t length);
/* Says which bytes the backend holds for the value of a slot that was put, where they are not what this connector itself
 * would write for it. The library keeps them for `expected`, and looks no further. */
DS_API ds_status ds_record_put_raw(ds_record *record, size_t slot, const char *raw, size_t length);
/* The library generated this record's id just now, so that nobody else can have it (ULID). */
DS_API bool ds_record_has_fresh_id(const ds_record *record);

/* The canonical text of a value: what ds_record_put_text() reads back as the same. `bytes` points into the value or into
 * `scratch`; binary is its bytes, null is empty. This struct does not grow. */
typedef struct ds_text {
    const char *bytes;
    size_t length;
    char scratch[40];
} ds_text;
DS_API void ds_value_text(ds_value value, ds_text *out);

/* Reads text as a value of a type, without memory: canonical or not, whole or DS_INVALID. For DS_BOOLEAN, DS_INTEGER,
 * DS_NUMBER and DS_DATE. */
DS_API ds_status ds_value_parse(ds_type type, const char *text, size_t length, ds_value *out);

/* What ds_increment() means: `current` (null counts as 0; text of an undeclared property is read as a number) plus `by`, of
 * the property's type. The same sum on every connector. DS_INVALID with a sentence: not a number, or it does not fit. */
DS_API ds_status ds_value_add(const ds_model *model, size_t slot, ds_value current, ds_value by, ds_value *sum,
                              ds_error *err);

/* For a connector that stores canonical text or typed values: whether `record` still holds what `expected` does, for every
 * property that is set there: the same bytes of raw text where there is one, of canonical text otherwise. A property that is
 * set to null must be absent. */
DS_API bool ds_record_holds(const ds_record *record, const ds_record *expected);

/* A block of records that the library owns and a connector fills, from any thread while the entry runs, but one at a time. A
 * record stays where it is until the entry returns. Where the entry fails, the library forgets what it added. */
typedef struct ds_block ds_block;
/* a new empty record, the block's; NULL: out of memory */
DS_API ds_record *ds_block_add(ds_block *block);
DS_API ds_status ds_block_add_copy(ds_block *block, const ds_record *record); /* of one that the connector keeps */
DS_API void ds_block_drop(ds_block *block, ds_record *record); /* takes one back; the others keep their order */
DS_API size_t ds_block_count(const ds_block *block);
/* how many more are wanted; more do no harm, none means: return */
DS_API size_t ds_block_wanted(const ds_block *block);

/* ---- what a find asks ---- */

/* A node of a filter. What a connector is given is bound to the model: names are resolved, and literals are
 *
 *   EQ NEQ GT GTE LT LTE BETWEEN IN NOT_IN    null, or of the property's type; as they were given, of an undeclared property,
 *                                             a path, or an any; of an array property, as they were given: an element each
 *   CONTAINS                                  any number of values, the elements, as they were given
 *   LIKE NLIKE ILIKE NILIKE REGEXP            one string, whatever the property's type: a value that is not a string, or has
 *                                             no element that is one, does not match
 *   EXISTS                                    one boolean
 *
 * "b.c" is the path of "a.b.c". */
typedef enum ds_filter_kind {
    DS_FILTER_EVERYTHING,
    DS_FILTER_COMPARE,
    DS_FILTER_ALL,
    DS_FILTER_ANY,
    DS_FILTER_NOT
} ds_filter_kind;
typedef struct ds_filter_node {
    uint32_t size; /* sizeof(ds_filter_node), set by the caller */
    ds_filter_kind kind;
    ds_operator op;       /* of COMPARE, as are the rest down to value_count */
    const char *property; /* without the path; NUL-terminated */
    size_t slot;          /* DS_NO_SLOT: undeclared, or the filter is not bound */
    const char *path;     /* into an object: "city" of "address.city"; NULL: none */
    const ds_value *values;
    size_t value_count;
    ds_filter *const *children; /* of ALL, ANY (any number) and NOT (one) */
    size_t child_count;
} ds_filter_node;
DS_API void ds_filter_view(const ds_filter *filter, ds_filter_node *out);

typedef struct ds_order {
    const char *property; /* as in ds_filter_node */
    size_t slot;
    const char *path;
    bool descending;
    void *reserved;
} ds_order;

/* A query, checked against the model. Lives until end_scan has returned, and so does all that it points to. */
typedef struct ds_selection {
    uint32_t size;
    const ds_filter *where; /* bound; never NULL: DS_FILTER_EVERYTHING is every record */
    const ds_order *order;  /* ends in the id, in the direction of the item before it; order_count 0: any order */
    size_t order_count;
    const ds_value *after; /* order_count values: go on behind a record that holds these; NULL: from the start */
    uint64_t skip, limit;  /* limit 0: none */
    const char *const
        *fields;        /* all that a record must hold: the fields asked for, and those of the order and the filter, */
    size_t field_count; /* and the id. 0: every property, undeclared ones too */
} ds_selection;

/* Whether a bound filter holds for a record. The one evaluator, so a connector that walks its own records
 * gives the right answer by asking it. DS_INVALID: a regexp ran into its match limit, or the filter is NULL or not bound. */
DS_API ds_status ds_filter_matches(const ds_filter *filter, const ds_record *record, bool *matches, ds_error *err);
/* Less than, equal to or greater than 0 as `a` comes before, with or after `b` in the order. */
DS_API int ds_order_compare(const ds_order *order, size_t count, const ds_record *a, const ds_record *b);

enum { /* what a find may do itself, and what it did: a connector sets the bits of what it does exactly */
       DS_DID_WHERE = 1,  /* only records that match are answered, and all of them */
       DS_DID_ORDER = 2,  /* in order */
       DS_DID_AFTER = 4,  /* only those behind the mark; counts only with ORDER */
       DS_DID_PAGE = 8,   /* skip and limit; counts only with WHERE, and with ORDER and AFTER where these are asked */
       DS_DID_FIELDS = 16 /* records hold only `fields`; the library hides what was not asked for in any case */
};

/* ---- what a write answers ---- */

/* An outcome a record, all undecided at first. An entry decides each and returns DS_OK; where it returns a failure, those that
 * it did not decide have that failure (one that is undecided after DS_OK is reported as DS_BACKEND). */
typedef struct ds_outcomes ds_outcomes;
/* Leaves alone what was refused or failed, so that a connector may tell all that is left once its write stands. `created`: by
 * an upsert or a replace; ignored otherwise. */
DS_API void ds_outcome_ok(ds_outcomes *outcomes, size_t i, bool created);
typedef enum ds_refusal {
    DS_REFUSED_MISSING,       /* DS_NOT_FOUND: no record has this id */
    DS_REFUSED_ID_TAKEN,      /* DS_DUPLICATE */
    DS_REFUSED_UNIQUE_TAKEN,  /* DS_DUPLICATE: of a unique property or index, whose name is `detail` */
    DS_REFUSED_CHANGED,       /* DS_CONFLICT: it does not hold what `expected` says */
    DS_REFUSED_OLDER_VERSION, /* DS_CONFLICT */
} ds_refusal;
/* The library makes the sentence. `detail` may be NULL. */
DS_API void ds_outcome_refuse(ds_outcomes *outcomes, size_t i, ds_refusal refusal, const char *detail);
/* Anything else, with a sentence as ds_error_set() takes it. */
DS_API void ds_outcome_fail(ds_outcomes *outcomes, size_t i, ds_status status, int32_t native, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* One write of a batch. Each kind means what the entry of a single one means, with the same promises about what is passed;
 * members that a kind does not name are 0, NULL and null. The library sets `size`; members may be added behind the last. */
typedef enum ds_write_kind {
    DS_WRITE_CREATE,            /* record: as create_records */
    DS_WRITE_UPDATE,            /* id, changes, expected: as update_records */
    DS_WRITE_REPLACE,           /* record, id (its own), expected: as replace_records where it must exist */
    DS_WRITE_REPLACE_OR_CREATE, /* the same where it need not */
    DS_WRITE_UPSERT,            /* record, id (its own), defaults, expected: as upsert_records */
    DS_WRITE_INCREMENT,         /* id, property, slot, by, now: as increment; a missing record is DS_REFUSED_MISSING */
    DS_WRITE_DELETE,            /* id, expected: as delete_records */
    DS_WRITE_EXPIRE             /* id, ttl_ms: as expire; a missing record is DS_REFUSED_MISSING */
} ds_write_kind;
typedef struct ds_write {
    uint32_t size; /* sizeof(ds_write) of the library */
    ds_write_kind kind;
    const ds_model *model; /* never a view */
    ds_value id;           /* of a creation: null; its record has it, or gets it */
    ds_record *record;     /* whole; an id of a sequence is put into it */
    const ds_record *changes;
    const ds_record *defaults; /* or NULL */
    const ds_record *expected; /* or NULL */
    const char *property;
    size_t slot; /* of the property; may be DS_NO_SLOT */
    ds_value by;
    ds_value *now; /* never NULL: the new value goes there */
    int64_t ttl_ms;
} ds_write;

/* ---- the table ---- */

enum { /* ds_connector.capabilities: promises that the library cannot make up for; unknown bits are ignored */
       DS_CAN_UNIQUE = 1,       /* unique properties and indexes are enforced; without it such a model is refused */
       DS_CAN_EXPIRE = 2,       /* expire, ttl and settings.ttl */
       DS_CAN_ORDER_STABLY = 4, /* a walk without order gives the same order while nothing is written */
       DS_CAN_ATOMIC_BATCH = 8, /* `batch` does with DS_ATOMIC what it says; without the bit the host is refused */
       DS_CAN_VERSION = 16, /* keeps settings.version itself: stores 1, adds 1 with each write, refuses an older one */
       DS_CAN_RECONNECT = 32, /* entries connect by themselves: connect() is called for ds_connect() alone */
       /* Keeps what settings.exactlyOnce promises: a write never ends in DS_UNKNOWN_OUTCOME only because its answer was lost. A
        * backend whose answers cannot be lost keeps it as it is; without the bit such a model is refused. */
       DS_CAN_EXACTLY_ONCE = 64
};

/* The flags of migrate. */
enum { DS_MIGRATE_CHECK = 1 };

/* Rules for all entries:
 *  - They may be called by any thread, several at a time on one connection, unless said otherwise; a scan belongs to one
 *    thread at a time.
 *  - Arguments are borrowed until the entry returns (a selection: until end_scan). No entry keeps a record, a value or a
 *    string that it was given, frees one, or hands out memory of its own, but for `connection`, `scan` and `state`.
 *  - Records that are written hold values of their properties' types, ids that are not null (unless generated), all
 *    required properties on create, and text for undeclared properties.
 *  - A failure is one of ds_status and one sentence in call->error. DS_UNSUPPORTED from an optional entry that is told to
 *    write or read leaves this one call to the library, and must have changed nothing.
 *  - An array is written as if one record after the other, in its order; an id may come several times in it.
 *  - Nothing was changed, unless an outcome says so or the status is DS_UNKNOWN_OUTCOME.
 *  - Before connect() has returned DS_OK, only open, close, connect, open_model, close_model, status, stats and
 *    set_credentials are called (unless DS_CAN_RECONNECT). Where an entry answers DS_LOST or DS_UNREACHABLE, connect() is
 *    called again before the next operation; others may still be under way.
 *  - `model` is never a view of ds_model_with(): its options are in the call.
 *  - settings.ttl (ms): create starts it, and so does an upsert that creates; replace starts it anew, and where the model has
 *    none keeps the record's expiry; update and increment keep it. An id set explicitly in create, upsert or replace raises
 *    an integer sequence. */
typedef struct ds_connector {
    uint32_t abi, size;
    const char *name;    /* as in datasource-NAME.so */
    const char *version; /* its own, for people; may be NULL */
    uint64_t capabilities;
    const ds_option *options;       /* ends in a NULL name; NULL: no settings */
    const ds_option *model_options; /* of a model's settings.NAME; likewise */

    /* -- required -- */

    /* Makes the connection object from the settings, with no input or output but a look at local files that they name
     * (certificates, a password); what is wrong with the settings together, or with such a file, is DS_CONFIG. One thread. */
    ds_status (*open)(ds_source *source, void **connection, ds_call *call);
    /* Frees it, disconnecting if need be. One thread, last; every scan has ended and every model is closed. */
    void (*close)(void *connection);
    /* One attempt to reach the backend; DS_OK at once where it stands already. May be called again after a failure and
     * after disconnect(). Not called twice at a time. */
    ds_status (*connect)(void *connection, ds_call *call);
    /* Stores new records. An id that is taken is DS_DUPLICATE. Where the model generates integer ids and a record has none,
     * puts the next one of the sequence with ds_record_put() (the library takes it out again where the create failed). The
     * check and the write of one record are one atomic step. */
    ds_status (*create_records)(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                ds_outcomes *outcomes, ds_call *call);
    /* Starts a scan. `may` has the DS_DID_* that it may do; it sets in *did, 0 at first, those that it does exactly, and may
     * answer more records than asked (a superset) where it does less. No record comes twice. */
    ds_status (*find_records)(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                              uint32_t *did, void **scan, ds_call *call);
    /* Adds the next records to the block, about ds_block_wanted() of them; adds none at the end, and only there. A record is
     * never a mix of two of its states. DS_UNSUPPORTED from a scan that did ORDER: its plan does not hold any more (an index
     * has vanished); the library ends it, and finds again behind the last record. */
    ds_status (*next_block)(void *scan, ds_block *block, ds_call *call);
    void (*end_scan)(void *scan); /* at any time; does not wait */
    /* Changes the properties set in `changes` (null removes) of the records with these ids, each in one atomic step, and
     * only where the record exists (else DS_REFUSED_MISSING) and, where `expected` is not NULL, still holds what is set in
     * expected[i], by the backend's own text of it (raw where there is one; else DS_REFUSED_CHANGED). `changes` never sets the
     * id; where it sets nothing, only the conditions are looked at. */
    ds_status (*update_records)(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *changes, const ds_record *const *expected /* or NULL */,
                                ds_outcomes *outcomes, ds_call *call);
    /* Likewise. */
    ds_status (*delete_records)(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *const *expected /* or NULL */, ds_outcomes *outcomes, ds_call *call);

    /* -- optional: NULL, and the library does it with the others -- */

    /* Closes the connection, where connect() was DS_OK; comes before close too. No operation is under way, and none begins
     * meanwhile; scans may be open, and only end_scan is called on them after. */
    void (*disconnect)(void *connection, ds_call *call);
    /* A round trip. Without it: DS_OK if connect() is. */
    ds_status (*ping)(void *connection, ds_call *call);
    /* Two flags, without waiting: the connection is open; operations can be sent. Without it: connect() was DS_OK. */
    void (*status)(void *connection, bool *open, bool *ready);
    /* When the host first asks for a model; *state is what ds_model_state() returns from then on. Checks what the model asks
     * of this backend (DS_CONFIG, DS_UNSUPPORTED): without input or output, one thread at a time, before any connect().
     * close_model comes before close. */
    ds_status (*open_model)(void *connection, const ds_model *model, void **state, ds_call *call);
    void (*close_model)(void *connection, void *state);
    /* Adds the records of these ids, of which none comes twice, to the block, in this order, missing ones left out. n is at
     * most ds_block_wanted(). */
    ds_status (*find_by_ids)(void *connection, const ds_model *model, const ds_value *ids, size_t n, ds_block *block,
                             ds_call *call);
    ds_status (*count)(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count, ds_call *call);
    /* Stores the records whole in place of what has their ids: an atomic step each. `must_exist`: DS_NOT_FOUND where there
     * is none; otherwise it is created. Of a strict model, properties that it does not declare stay. `expected` as in
     * update_records. */
    ds_status (*replace_records)(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                 bool must_exist, const ds_record *const *expected /* or NULL */, ds_outcomes *outcomes,
                                 ds_call *call);
    /* Creates each record, or changes only the properties that it sets (null removes): an atomic step each. What a creation
     * adds to them is in `defaults`, a record of its own. The library passes only records that hold, with the defaults, all
     * required properties. With expected[i], a record that is missing is DS_REFUSED_CHANGED. */
    ds_status (*upsert_records)(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                const ds_record *defaults /* or NULL */, const ds_record *const *expected /* or NULL */,
                                ds_outcomes *outcomes, ds_call *call);
    /* One statement for all records that match. */
    ds_status (*update_where)(void *connection, const ds_model *model, const ds_filter *where, const ds_record *changes,
                              uint64_t *count, ds_call *call);
    ds_status (*delete_where)(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                              ds_call *call);
    /* Adds as ds_value_add() does, atomically. `slot` may be DS_NO_SLOT. DS_NOT_FOUND. */
    ds_status (*increment)(void *connection, const ds_model *model, ds_value id, const char *property, size_t slot,
                           ds_value by, ds_value *now, ds_call *call);
    ds_status (*expire)(void *connection, const ds_model *model, ds_value id, int64_t ttl_ms,
                        ds_call *call); /* DS_NOT_FOUND */
    ds_status (*ttl)(void *connection, const ds_model *model, ds_value id, int64_t *ttl_ms,
                     ds_call *call); /* DS_NOT_FOUND */
    /* Makes what is stored fit the model; with DS_MIGRATE_CHECK only says what does not. Appends members of a JSON object to
     * the report, `"repaired": 3`. */
    ds_status (*migrate)(void *connection, const ds_model *model, uint32_t flags, ds_progress *progress, void *user,
                         ds_buffer *report, ds_call *call);
    /* Appends the members of a JSON object, `"access": "scan"`, that say how the selection would be answered; `may` and *did
     * as in find_records. */
    ds_status (*explain)(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                         uint32_t *did, ds_buffer *members, ds_call *call);
    /* Appends a JSON array of model definitions, proposed from what is stored. `pattern` may be NULL: everything. */
    ds_status (*discover)(void *connection, const char *pattern, ds_buffer *models, ds_call *call);
    /* Appends the reply as JSON. */
    ds_status (*execute)(void *connection, size_t argc, const char *const *argv, const size_t *lengths,
                         ds_buffer *reply, ds_call *call);
    /* Appends members of a JSON object, `"bytesSent": 12`. */
    void (*stats)(void *connection, ds_buffer *members);
    /* Many unlike writes, of one or several models, in as few round trips as can be: at most 1,000, an outcome each. The order
     * is theirs: a write meets what those before it have done, whatever is gathered on the way. An id may come several times.
     *   Without DS_ATOMIC in `flags`: an atomic step each. What is refused or fails does not keep the others from being done.
     *   With DS_ATOMIC (asked only of a connector that has DS_CAN_ATOMIC_BATCH): all or nothing, also for other
     * clients, who never see a part of it in one step of reading (a walk may take several), and after a crash. Where a
     * write cannot be done, the entry decides that one's outcome (the first one's, where it stops there), has changed
     * nothing, and returns DS_OK: unless each outcome is ds_outcome_ok(), the library reports the whole as not done,
     * whatever the others' outcomes say. The library has checked that no id of a model, and no value of a unique
     * property or index, is written twice; a value that a write sets free may be taken by a later one.
     *   DS_UNSUPPORTED leaves the writes whose outcomes are not decided to the library, and must have changed nothing of them;
     * it does these in their order, so none of them may be of an id that a later, decided one has changed. Of an atomic batch
     * nothing may be decided then, and the host is refused. */
    ds_status (*batch)(void *connection, const ds_write *const *writes, size_t n, uint32_t flags /* DS_ATOMIC */,
                       ds_outcomes *outcomes, ds_call *call);
    /* From now on the connection logs in with these, in place of what the settings say, also wherever it connects again; what
     * is open already logs in anew at once. DS_AUTH: the backend refused them, and what held before holds on. `username` may
     * be NULL. Both are borrowed; what the connector keeps of them is wiped before it is freed. Neither connect()
     * nor disconnect() is called meanwhile, nor another set_credentials; operations are. */
    ds_status (*set_credentials)(void *connection, const char *username, const char *password, ds_call *call);
} ds_connector;

extern DS_API const ds_connector ds_connector_v1; /* what a plugin defines; the library has none */

/* ---- connectors of the process ---- */

/* The table of a connector, found by its name as datasources.json gives it, loaded if need be; lives for the process. NULL:
 * see the error. */
DS_API const ds_connector *ds_connector_find(const char *name, ds_error *err);
/* Offers a connector that is linked into the host, in place of a plugin of that name. The table must live for the process.
 * Before the first source is opened (DS_INVALID afterwards); what does not fit is DS_CONFIG. */
DS_API ds_status ds_connector_register(const ds_connector *connector, ds_error *err);
#ifdef __cplusplus
}
#endif
#endif
