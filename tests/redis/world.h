/* A redis-server of the test's own, a data source on it, and a raw look at what is stored. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "suite.h"

#include <datasource/connector.h>
#include <datasource/datasource.h>
#include <hiredis/hiredis.h>

/* One server a program, on a Unix socket in a temporary folder. */
bool world_start(void);
void world_stop(void);
const char *world_socket(void);
int world_port(void);              /* of loopback */
redisContext *world_connect(void); /* another raw connection; redisFree() */

/* An empty database, and a source on it with these members of its settings, "\"keyPrefix\": \"a:\"" or "". */
ds_source *world_source(const char *members);
ds_model *world_model(ds_source *source, const char *json); /* a definition, or the name of a model without one */

/* A command of words without spaces ("%b" and "%s" as in hiredis), and its reply as text: strings as they are, arrays
 * with spaces between, "(nil)", errors as "!ERR ...". In one of a few static buffers. */
const char *raw(const char *format, ...);
/* A hash as "field=value field=value", sorted by bytes; what is not printable as \xNN. "" where there is none. */
const char *hash_of(const char *key);
const char *keys_of(void); /* all keys, sorted, spaces between, likewise */

/* What an operation answered: the status's name where it failed. */
const char *done(ds_status status);

ds_record *record_of(const ds_model *model, const char *json); /* never NULL */
ds_status create(ds_model *model, const char *json);
ds_status update(ds_model *model, const char *id, const char *json);
const char *json_of(ds_model *model, const char *id);       /* the record, "none", or the status's name */
const char *found(ds_model *model, const char *query_json); /* the ids, sorted, spaces between; or the status's name */

extern ds_error last; /* of the helpers above */

/* Compares texts, and prints the two where they differ. */
bool same_text(const char *actual, const char *wanted);
#define CHECK_TEXT(actual, wanted)    CU_ASSERT_TRUE(same_text(actual, wanted))
#define CHECK_DONE(operation, wanted) CHECK_TEXT(done(operation), wanted)
#define CHECK_OK(operation)           CHECK_DONE(operation, "DS_OK")

#endif
