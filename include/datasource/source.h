/* Catalogs, data sources and the operations on their models.
 *
 * Catalogs, sources, models and queries may be shared by any number of threads; a record or a cursor belongs to one thread
 * at a time. An operation connects by itself where that is wanted. Each step of an operation is bounded by the data source's
 * commandTimeout, where its connector has one. A step is what waits for the backend once: the whole of an operation on
 * records by id, a batch of many records, or one block of a walk (a find, also one that the library sorts, ds_count() by a
 * scan, ds_update() and ds_delete() by a filter), so that a walk goes on as long as blocks keep coming. The timeout of a view
 * made by ds_model_with() bounds the whole, a cursor's walk and the library's sorting included. Beside the errors that are named, any operation may answer the connection's (DS_AUTH,
 * DS_UNREACHABLE, DS_TIMEOUT, DS_CANCELLED, DS_LOST, DS_UNKNOWN_OUTCOME, DS_BUSY), DS_CONFIG where the data source's
 * settings are wrong, DS_BACKEND and DS_NOMEM; a write may answer DS_READONLY. */
#ifndef DATASOURCE_SOURCE_H
#define DATASOURCE_SOURCE_H

#include <datasource/query.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ds_catalog ds_catalog; /* all data sources and models of a host */
typedef struct ds_source ds_source;   /* one named, configured use of a connector */
typedef struct ds_cursor ds_cursor;   /* the records that a find answers, streamed */
typedef struct ds_cancel ds_cancel;   /* a token by which one thread ends the operations of others */
typedef struct ds_batch ds_batch;     /* unlike writes that are sent together */

/* ---- catalogs ---- */

/* Reads datasources.json, the layers over it (datasources.local.json, then datasources.$DATASOURCE_ENV.json, beside it) and
 * the models: a file or a folder of *.json. What is wrong with a file or a model is DS_CONFIG here; what is wrong with one
 * data source (an unset variable, a missing plugin, bad settings) is told when that source is first asked for. */
DS_API ds_status ds_catalog_open(const char *datasources_path, const char *models_path /* or NULL */, ds_catalog **out,
                                 ds_error *err);
/* The same from texts; there are no layers. */
DS_API ds_status ds_catalog_parse(const char *datasources_json, const char *models_json /* or NULL */, ds_catalog **out,
                                  ds_error *err);
/* Disconnects and frees all sources. No operation may be under way, and no record or cursor be used after. */
DS_API void ds_catalog_close(ds_catalog *catalog);
/* The source of that name, opened but not connected; the catalog's. NULL: see the error. */
DS_API ds_source *ds_catalog_source(ds_catalog *catalog, const char *name, ds_error *err);
/* A model of models.json on the data source that its definition names; the source's. NULL: see the error. */
DS_API ds_model *ds_catalog_model(ds_catalog *catalog, const char *name, ds_error *err);

/* What is configured, in the order of the files. Names belong to the catalog; NULL past the last. */
DS_API size_t ds_catalog_source_count(const ds_catalog *catalog);
DS_API const char *ds_catalog_source_name(const ds_catalog *catalog, size_t i);
/* as it is written; "" where it is not a string */
DS_API const char *ds_catalog_source_connector(const ds_catalog *catalog, size_t i);
DS_API size_t ds_catalog_model_count(const ds_catalog *catalog);
DS_API const char *ds_catalog_model_name(const ds_catalog *catalog, size_t i);
/* NULL: not said, and more than one source */
DS_API const char *ds_catalog_model_source(const ds_catalog *catalog, size_t i);

/* Writes an entry into a file of data sources, so that what is read next has it: `settings_json` is the object, with its
 * "connector". The other entries stay as they are, byte for byte, and so do the file's mode and owner; a file that is not
 * there is made, for its owner alone to read, since it may hold a password. The file is changed whole or not at all, and only
 * by one at a time. Where there is an entry of that name: DS_DUPLICATE, or with `replace` the new one takes its place.
 * DS_CONFIG: the settings are not an object, the file is not one of data sources, or cannot be written. */
DS_API ds_status ds_catalog_write_source(const char *datasources_path, const char *name, const char *settings_json,
                                         bool replace, ds_error *err);

/* ---- sources ---- */

/* A source with no files at all; its name in errors is the connector's. Close it with ds_source_close(). */
DS_API ds_status ds_source_open(const char *connector, const char *settings_json /* NULL: none */, ds_source **out,
                                ds_error *err);
DS_API void ds_source_close(ds_source *source); /* of one that ds_source_open() made; NULL does nothing */
DS_API const char *ds_source_name(const ds_source *source);
DS_API const char *ds_source_connector(const ds_source *source); /* "redis" for loopback-connector-redis too */

DS_API ds_status ds_connect(ds_source *source, ds_error *err); /* one attempt; optional: the first operation connects */
/* Lets the operations that are under way finish (DS_TIMEOUT, and nothing is closed, where they outlast commandTimeout), then
 * closes the connection. Operations are DS_UNREACHABLE until ds_connect() is called, whether it succeeds or not; cursors that
 * were open are DS_LOST once they need the backend again: what they fetched before may still be read. */
DS_API ds_status ds_disconnect(ds_source *source, ds_error *err);
DS_API ds_status ds_ping(ds_source *source, ds_error *err);
/* Rotates a secret under a running host: from now on the source logs in with these, in place of what its settings say
 * (passwordFile too), and what is open logs in anew at once; a source that is closed only remembers them. DS_AUTH: the backend
 * refused them, and what held before holds on. DS_UNSUPPORTED: the connector knows no credentials. Both are copied. Other
 * threads' operations go on meanwhile. */
DS_API ds_status ds_set_credentials(ds_source *source, const char *username /* NULL: none */, const char *password,
                                    ds_error *err);
DS_API bool ds_is_open(const ds_source *source);  /* the socket (file, memory) is open */
DS_API bool ds_is_ready(const ds_source *source); /* commands can be sent */

typedef enum ds_event {
    DS_EVENT_CONNECT,
    DS_EVENT_READY,
    DS_EVENT_END,
    DS_EVENT_ERROR,
    DS_EVENT_RECONNECTING
} ds_event;
/* Events are told in the order in which they happened, one at a time, by a thread whose operation met one, with no lock held.
 * The handler may call the library, but for ds_disconnect() (DS_INVALID) and the functions that close, since the operation
 * that called it is still under way; events that it causes are told once it has returned. `cause` is NULL but for error and
 * reconnecting, names the data source, and lives for the length of the call. A connection that breaks is error, then end; where
 * a connector has several sockets, connect and ready are told of the first, end of the last, and error of each. */
typedef void ds_event_handler(ds_source *source, ds_event event, const ds_error *cause, void *user);
/* One handler a source; NULL takes it away. Set it before the first operation. */
DS_API void ds_on_event(ds_source *source, ds_event_handler *handler, void *user);

#define DS_RECONNECT_STOP    (-1L)
#define DS_RECONNECT_DEFAULT (-2L) /* as the setting `reconnect` says */
/* How many ms to wait before the next attempt to connect, or DS_RECONNECT_DEFAULT, or DS_RECONNECT_STOP with the reason filled
 * into `why`. `retries` counts from 0. Called by any thread that waits for a connection, with no lock held, while its operation is
 * under way: it must not disconnect or close the source, and an operation of its own on it may be DS_BUSY. */
typedef long ds_reconnect_strategy(unsigned retries, const ds_error *cause, ds_error *why, void *user);
/* In place of the setting `reconnect`; NULL goes back to it. Set it before the first operation. */
DS_API void ds_set_reconnect(ds_source *source, ds_reconnect_strategy *strategy, void *user);

/* What has happened since the source was opened, as a JSON object: operations, errors, records, latency (ms), and what the
 * connector adds (connections, bytes). ds_free() it. */
DS_API ds_status ds_stats(ds_source *source, char **json, ds_error *err);

/* The backend's own language: Redis commands, SQL. The reply is JSON text, to be freed with ds_free(); a string in it that
 * is not UTF-8 is {"$binary": "<base64>"}. `lengths` may be NULL: arguments are then NUL-terminated. DS_READONLY on a
 * source that is readOnly. */
DS_API ds_status ds_execute(ds_source *source, size_t argc, const char *const *argv, const size_t *lengths,
                            char **reply_json, ds_error *err);

/* ---- models ---- */

/* From models.json whatever its dataSource, or else schemaless; the source's, the same handle each time. NULL: see
 * the error; where `source` is NULL, an error that is filled already (ds_catalog_source()'s) is left as it is. */
DS_API ds_model *ds_source_model(ds_source *source, const char *name, ds_error *err);
/* From a definition in the host's code. The same definition again gives the same handle; another one of a name that is in
 * use is DS_CONFIG. */
DS_API ds_status ds_model_define(ds_source *source, const char *model_json, ds_model **out, ds_error *err);
DS_API ds_source *ds_model_source(const ds_model *model);

typedef enum ds_read_from { DS_READ_MASTER, DS_READ_REPLICA } ds_read_from;
typedef struct ds_options {
    uint32_t size;           /* sizeof(ds_options) */
    int64_t timeout_ms;      /* for a whole operation, a cursor's walk included; 0: as the source is configured */
    const ds_cancel *cancel; /* or NULL; must outlive the view */
    ds_read_from read_from;  /* ignored where a backend has one place only */
} ds_options;
/* A cheap view of a model with options of its own; records of either may be used with both. Free it with ds_model_free(),
 * after its cursors. */
DS_API ds_status ds_model_with(const ds_model *model, const ds_options *options, ds_model **out, ds_error *err);
DS_API void ds_model_free(ds_model *view); /* does nothing to other models */

/* ds_cancel_set() may be called by any thread and in a signal handler; operations under way end in DS_CANCELLED (a write
 * that was sent: DS_UNKNOWN_OUTCOME), later ones at once, until ds_cancel_clear(). */
DS_API ds_status ds_cancel_new(ds_cancel **out, ds_error *err);
DS_API void ds_cancel_set(ds_cancel *cancel);
DS_API void ds_cancel_clear(ds_cancel *cancel);
DS_API bool ds_cancel_is_set(const ds_cancel *cancel); /* NULL: false */
DS_API void ds_cancel_free(ds_cancel *cancel);

/* ---- create ---- */

/* Stores a new record, with an id generated where the model says so and none is set, and defaults filled in; both are then
 * in `record`. DS_DUPLICATE where the id or a unique value is taken; DS_INVALID. After a failure they are taken out again, but
 * for DS_UNKNOWN_OUTCOME: by the id that was generated the host can look, or try again. */
DS_API ds_status ds_create(ds_model *model, ds_record *record, ds_error *err);
/* All are tried; answers the first failure's status, and in *created (may be NULL) how many were stored. What became of
 * each: ds_record_outcome(). */
DS_API ds_status ds_create_all(ds_model *model, ds_record *const *records, size_t n, size_t *created, ds_error *err);

/* ---- find ---- */

/* Records that match, streamed in batches; close the cursor with ds_cursor_close(). A walk without order sees each record
 * at most once, and records that are written meanwhile or not. */
DS_API ds_status ds_find(ds_model *model, const ds_query *query /* NULL: all */, ds_cursor **out, ds_error *err);
/* DS_NOT_FOUND; free with ds_record_free() */
DS_API ds_status ds_find_by_id(ds_model *model, ds_value id, ds_record **out, ds_error *err);
/* in that order, missing ones skipped */
DS_API ds_status ds_find_by_ids(ds_model *model, const ds_value *ids, size_t n, ds_cursor **out, ds_error *err);
DS_API ds_status ds_find_one(ds_model *model, const ds_query *query, ds_record **out, ds_error *err); /* DS_NOT_FOUND */
/* Where a record matches, `record` becomes a copy of the first one; where none does, `record` is stored as ds_create() does.
 * Two hosts that do this at once make one record where the query asks for an id or a unique value by equality. */
DS_API ds_status ds_find_or_create(ds_model *model, const ds_query *query, ds_record *record, bool *created,
                                   ds_error *err);
/* By an index alone where that is exact. In Redis a record that others have deleted or changed behind it counts as it was, until a
 * find has met it. */
DS_API ds_status ds_count(ds_model *model, const ds_filter *filter /* NULL: all */, uint64_t *count, ds_error *err);
DS_API ds_status ds_exists(ds_model *model, ds_value id, bool *exists, ds_error *err);

/* The next record, borrowed until the next call with this cursor; NULL at the end. After an error the cursor is over. */
DS_API ds_status ds_cursor_next(ds_cursor *cursor, const ds_record **out, ds_error *err);
/* Where the record that was returned last stands in the order, for ds_query.after; NULL without order or before the first
 * record. ds_free() it. */
DS_API char *ds_cursor_mark(const ds_cursor *cursor);
DS_API void ds_cursor_close(ds_cursor *cursor); /* NULL does nothing */

/* ---- update ---- */

/* Changes the properties that are set in `changes`; those set to null are removed. An id in it that differs is DS_INVALID. */
/* DS_NOT_FOUND */
DS_API ds_status ds_update_by_id(ds_model *model, ds_value id, const ds_record *changes, ds_error *err);
/* Each record that matches, and still does when it is written. NULL for the filter is DS_INVALID: say ds_everything(). On
 * an error *count (may be NULL) says how many were changed until then. */
DS_API ds_status ds_update(ds_model *model, const ds_filter *filter, const ds_record *changes, uint64_t *count,
                           ds_error *err);
/* Removes what `record` does not set (a strict model: of its own properties), but for properties with a default, which have
 * that, and starts settings.ttl anew. */
/* DS_NOT_FOUND */
DS_API ds_status ds_replace_by_id(ds_model *model, ds_value id, const ds_record *record, ds_error *err);
/* Creates, or changes only the properties given. A record without an id is created. *created may be NULL. */
DS_API ds_status ds_upsert(ds_model *model, ds_record *record, bool *created, ds_error *err);
DS_API ds_status ds_replace_or_create(ds_model *model, ds_record *record, bool *created, ds_error *err);
/* Adds to an integer or number, atomically; a missing value counts as 0. An integer that would overflow is DS_INVALID and
 * stays. *now (may be NULL) is the new value. */
/* DS_NOT_FOUND */
DS_API ds_status ds_increment(ds_model *model, ds_value id, const char *property, ds_value by, ds_value *now,
                              ds_error *err);
/* The longest time that a record may be given to live, here and in settings.ttl: a hundred years in ms. */
#define DS_TTL_MAX INT64_C(3155760000000)
/* DS_NOT_FOUND */
DS_API ds_status ds_expire(ds_model *model, ds_value id, int64_t ttl_ms /* > 0 and at most DS_TTL_MAX, or -1: never */,
                           ds_error *err);
/* DS_NOT_FOUND */
DS_API ds_status ds_ttl(ds_model *model, ds_value id, int64_t *ttl_ms /* -1: none */, ds_error *err);

/* ---- delete ---- */

DS_API ds_status ds_delete_by_id(ds_model *model, ds_value id, ds_error *err); /* DS_NOT_FOUND */
/* as ds_update() */
DS_API ds_status ds_delete(ds_model *model, const ds_filter *filter, uint64_t *count, ds_error *err);

/* ---- batches: unlike writes, sent together ---- */

/* An empty batch of writes to models of one data source; one thread's at a time. Free it with ds_batch_free(), before its
 * source is closed. */
DS_API ds_status ds_batch_new(ds_source *source, ds_batch **out, ds_error *err);
DS_API void ds_batch_free(ds_batch *batch); /* NULL does nothing */

/* Add a write each, which means what the function of the same name means; nothing is sent before ds_batch_run(). Records and
 * changes, and what `created` and `now` point to, are borrowed: they must stay where they are until ds_batch_run() has
 * returned (until the last one, where it is run again) or the batch is freed. Ids, names and other values are copied. Of a
 * model that is a view, the options are not looked at: see ds_batch_set_options(). The write is checked when the batch is
 * run; to add fails for memory alone (or DS_INVALID: NULL for the batch), which sticks, so that ds_batch_run() tells it and
 * does nothing. */
DS_API ds_status ds_batch_create(ds_batch *batch, ds_model *model, ds_record *record);
DS_API ds_status ds_batch_update(ds_batch *batch, ds_model *model, ds_value id, const ds_record *changes);
DS_API ds_status ds_batch_replace(ds_batch *batch, ds_model *model, ds_value id, const ds_record *record);
DS_API ds_status ds_batch_replace_or_create(ds_batch *batch, ds_model *model, ds_record *record,
                                            bool *created /* or NULL */);
DS_API ds_status ds_batch_upsert(ds_batch *batch, ds_model *model, ds_record *record, bool *created /* or NULL */);
DS_API ds_status ds_batch_increment(ds_batch *batch, ds_model *model, ds_value id, const char *property, ds_value by,
                                    ds_value *now /* or NULL */);
DS_API ds_status ds_batch_delete(ds_batch *batch, ds_model *model, ds_value id);
DS_API ds_status ds_batch_expire(ds_batch *batch, ds_model *model, ds_value id, int64_t ttl_ms);
DS_API size_t ds_batch_size(const ds_batch *batch); /* how many were added */
/* A timeout for the whole run and a cancel token, which must outlive it, as ds_model_with() takes them; copied. NULL: none.
 * Options that ds_model_with() would refuse are refused by ds_batch_run(), until others are set. */
DS_API void ds_batch_set_options(ds_batch *batch, const ds_options *options);

enum {
    DS_ATOMIC = 1 /* whole or not at all */
};
/* Does the writes in the order in which they were added, in as few round trips as the backend allows. An empty batch is DS_OK.
 *
 * Without DS_ATOMIC: as if one by one, so that each meets what those before it have done. All are tried, but for what comes
 * behind a failure that would meet it too (DS_TIMEOUT, DS_UNREACHABLE, ...): that has the same outcome. Answers the status of
 * the first write that failed, and the error says which one that is, counted from 0.
 *
 * With DS_ATOMIC: all or none of them, for every other client and after a crash too. At most 1,000 writes, none of the same
 * id of a model as another, none that gives a unique property or index a value that another gives it: DS_INVALID.
 * DS_UNSUPPORTED, and nothing is done, where the backend cannot promise it. Where a write cannot be done, the answer is its
 * status, and the error says which one it is; the outcome of the others is DS_CANCELLED.
 *
 * A batch may be run again: it does everything again. */
DS_API ds_status ds_batch_run(ds_batch *batch, unsigned flags /* DS_ATOMIC or 0 */, ds_error *err);
/* What became of the write that was added as number i, from 0, in the last run; DS_INVALID where there is none, or the batch
 * was not run. For the records of create, upsert and replace_or_create ds_record_outcome() says it too. */
DS_API ds_status ds_batch_outcome(const ds_batch *batch, size_t i, ds_error *err);

/* ---- about ---- */

/* How a find would be answered: a JSON object with what the backend does and what is left to the library. ds_free() it. */
DS_API ds_status ds_explain(ds_model *model, const ds_query *query, char **plan_json, ds_error *err);
typedef void ds_progress(void *user, uint64_t done, uint64_t total /* 0: not known */);
/* Makes the stored indexes (tables) what the model says; DS_OK at once where a backend has none. */
DS_API ds_status ds_migrate(ds_model *model, ds_progress *progress /* or NULL */, void *user, ds_error *err);
/* Changes nothing, and says what ds_migrate() would: a JSON object, of which "missing" is an array of sentences, empty where what
 * is stored is what the model says; the backend adds members of its own. To be freed with ds_free(). */
DS_API ds_status ds_migrate_check(ds_model *model, ds_progress *progress /* or NULL */, void *user, char **report_json,
                                  ds_error *err);

/* Proposes models from what is stored: a JSON array of definitions as models.json has them, to be freed with ds_free().
 * `pattern` (NULL: everything) says where to look in the backend's own terms, a key pattern or the name of a table.
 * DS_UNSUPPORTED where the connector cannot. */
DS_API ds_status ds_discover(ds_source *source, const char *pattern, char **models_json, ds_error *err);

/* ---- connectors of the process ---- */

/* Lets datasources.json name this absolute path as a connector. Before the first source is opened (DS_INVALID after). */
DS_API ds_status ds_allow_connector(const char *path, ds_error *err);
/* Calls `visit` with the name of each connector that could be found now: registered, or a plugin in the search path. */
DS_API void ds_connector_list(void (*visit)(void *user, const char *name), void *user);

#ifdef __cplusplus
}
#endif
#endif
