/* The Lua scripts (the folder scripts, embedded by embed.sh) and how they are named in a request. */
#ifndef REDIS_SCRIPTS_H
#define REDIS_SCRIPTS_H

#include "connection.h"

typedef enum script {
    SCRIPT_ATOMIC,
    SCRIPT_ATOMIC_ONCE,
    SCRIPT_CREATE,
    SCRIPT_CREATE_ONCE,
    SCRIPT_DELETE,
    SCRIPT_DELETE_ONCE,
    SCRIPT_DROP,
    SCRIPT_EXPIRE,
    SCRIPT_EXPIRE_ONCE,
    SCRIPT_INCREMENT,
    SCRIPT_INCREMENT_ONCE,
    SCRIPT_KEEP,
    SCRIPT_KEEP_ONCE,
    SCRIPT_MIGRATE_BEGIN,
    SCRIPT_MIGRATE_ENTRY,
    SCRIPT_MIGRATE_EXPIRY,
    SCRIPT_MIGRATE_FINISH,
    SCRIPT_MIGRATE_RECORD,
    SCRIPT_SCHEMA,
    SCRIPT_SWEEP,
    SCRIPT_WRITE,
    SCRIPT_WRITE_ONCE,
    SCRIPT_COUNT
} script;

typedef struct script_source {
    const char *name, *text;
    size_t length;
} script_source;
extern const script_source script_sources[SCRIPT_COUNT];

typedef struct script_digests {
    char sha1[SCRIPT_COUNT][41];
} script_digests;
ds_status scripts_digest(script_digests *out, ds_error *err);

/* The same script with a token, whose key is the last of its keys, and ms that it is remembered, the last of its arguments. */
script script_once(script which);

/* Begins a call of a script with so many keys and arguments, which must follow: by its digest, or `whole`, which makes
 * the server keep it too. */
void script_begin(redis_request *request, const script_digests *digests, script which, bool whole, size_t keys,
                  size_t arguments);

/* Whether an answer is this word, as the scripts and TYPE give it. */
bool script_says(const redis_reply *reply, const char *word);
/* An array of nothing but strings. */
bool reply_is_of_texts(const redis_reply *reply);

#endif
