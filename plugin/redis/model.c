/* Opening models: what each one asks of Redis is checked, and what all its operations need is computed, once. */
#include "member.h"
#include "schema.h"
#include "trust.h"

const ds_option model_options[] = {
    {.name = "key", .types = DS_OPTION_STRING, .help = "what stands for the model's name in the keys of its records"},
    {.name = "storeId",
     .types = DS_OPTION_BOOLEAN,
     .default_text = "true",
     .help = "the id is also a field of the hash"},
    {.name = "dialect",
     .types = DS_OPTION_STRING,
     .help = "how booleans, dates and binary are written; without it, as the data source says",
     .choices = dialect_names},
    {.name = "sequence", .types = DS_OPTION_STRING, .help = "the key of the counter of generated integer ids"},
    {.name = NULL},
};

#define MOST_KEYS 64 /* of an index; schema_text holds as many */

static ds_status find_indexes(const ds_model *model, redis_model *state, ds_error *err)
{
    const ds_index *index;
    size_t count = 0;
    for (; (index = ds_model_index(model, count)) != NULL; count++)
        if (index->key_count > MOST_KEYS)
            return ds_error_set(
                err, DS_UNSUPPORTED,
                "the index \"%s\" of the model \"%s\" has more than the %d properties that one can have in "
                "Redis",
                index->name, ds_model_name(model), MOST_KEYS);
    ds_value version = ds_model_setting(model, "version");
    state->version_slot =
        version.type == DS_STRING ? ds_model_slot(model, version.as.string, version.length) : DS_NO_SLOT;
    state->is_kept = count > 0 || state->version_slot != DS_NO_SLOT;
    struct schema_cache *cache = NULL;
    ds_status status = count > 0 ? schema_cache_new(&cache, err) : DS_OK;
    state->schemas = cache;
    return status;
}

static bool has_integer_id(const ds_model *model)
{
    return ds_model_property(model, ds_model_id_slot(model))->type == DS_PROPERTY_INTEGER;
}

/* "ns:sub:5" of the model "ns:sub" would also be the record "sub:5" of the model "ns", unless its ids are integers. */
static bool holds(const key_space *outer, const ds_model *model, const key_space *inner)
{
    return outer->record_length < inner->record_length && inner->record[outer->record_length] == ':' &&
           memcmp(outer->record, inner->record, outer->record_length) == 0 && !has_integer_id(model);
}

/* No record of a model may be one of another model's too: a find would answer it, and a delete would take it. */
static ds_status keys_part(const mapping *map, const ds_model *model, const key_space *keys, ds_error *err)
{
    for (const redis_model *other = map->models; other != NULL; other = other->next) {
        bool is_inside = holds(&other->keys, other->model, keys), is_around = holds(keys, model, &other->keys);
        if (other->keys.record_length == keys->record_length &&
            memcmp(other->keys.record, keys->record, keys->record_length) == 0)
            return ds_error_set(
                err, DS_CONFIG,
                "the models \"%s\" and \"%s\" have the same record key, \"%s\": their records would be mixed up",
                other->keys.name, keys->name, key_show(keys, KEY_RECORD, "", 0).text);
        if (is_inside || is_around)
            return ds_error_set(err, DS_CONFIG,
                                "the record key \"%s\" of the model \"%s\" begins with \"%s\", that of the model "
                                "\"%s\", which would take its records for its own",
                                key_show(is_inside ? keys : &other->keys, KEY_RECORD, "", 0).text,
                                is_inside ? keys->name : other->keys.name,
                                key_show(is_inside ? &other->keys : keys, KEY_RECORD, "", 0).text,
                                is_inside ? other->keys.name : keys->name);
    }
    return DS_OK;
}

static ds_status find_keys(const mapping *map, const ds_model *model, redis_model *state, ds_error *err)
{
    ds_value key = ds_model_setting(model, "redis.key"), sequence = ds_model_setting(model, "redis.sequence");
    state->keys.prefix = redis_key_prefix(map->redis, &state->keys.prefix_length);
    state->keys.name = ds_model_name(model);
    state->keys.name_length = strlen(state->keys.name);
    state->keys.record = key.type == DS_STRING ? key.as.string : state->keys.name;
    state->keys.record_length = key.type == DS_STRING ? key.length : state->keys.name_length;
    state->keys.sequence = sequence.type == DS_STRING ? sequence.as.string : NULL;
    state->keys.sequence_length = sequence.length;
    if (state->keys.record_length == 0 || (state->keys.sequence != NULL && sequence.length == 0))
        return ds_error_set(err, DS_CONFIG, "the setting redis.%s of the model \"%s\" is empty",
                            state->keys.record_length == 0 ? "key" : "sequence", state->keys.name);
    return keys_part(map, model, &state->keys, err);
}

static ds_status find_settings(const mapping *map, const ds_model *model, redis_model *state, ds_error *err)
{
    ds_value store_id = ds_model_setting(model, "redis.storeId");
    ds_value dialect = ds_model_setting(model, "redis.dialect");
    ds_value ttl = ds_model_setting(model, "ttl"), once = ds_model_setting(model, "exactlyOnce");
    state->model = model;
    state->id_slot = ds_model_id_slot(model);
    state->id = ds_model_property(model, state->id_slot);
    state->stores_id = !ds_model_is_schemaless(model) && (store_id.type != DS_BOOLEAN || store_id.as.boolean);
    state->strict = ds_model_is_strict(model);
    state->once = once.type == DS_BOOLEAN && once.as.boolean;
    if (dialect.type != DS_STRING)
        dialect = ds_source_setting(redis_source(map->redis), "dialect");
    state->dialect = dialect.type == DS_STRING ? dialect_named(dialect.as.string) : DIALECT_NATIVE;
    state->sequenced = state->id->generated && state->id->type == DS_PROPERTY_INTEGER;
    state->ttl_ms = ttl.type == DS_INTEGER ? ttl.as.integer : 0;
    if (state->ttl_ms > LONGEST_TTL)
        return ds_error_set(err, DS_CONFIG, "the setting ttl of the model \"%s\" is longer than Redis can count",
                            ds_model_name(model));
    return DS_OK;
}

ds_status model_open(void *connection, const ds_model *model, void **out, ds_call *call)
{
    mapping *map = connection;
    redis_model *state = ds_calloc(1, sizeof *state);
    if (state == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    ds_status status = find_keys(map, model, state, call->error);
    if (status == DS_OK)
        status = find_settings(map, model, state, call->error);
    if (status == DS_OK) {
        state->pattern = key_pattern(&state->keys, &state->pattern_length);
        if (state->pattern == NULL)
            status = ds_error_set(call->error, DS_NOMEM, "out of memory");
    }
    if (status == DS_OK)
        status = find_indexes(model, state, call->error);
    if (status == DS_OK && (state->trust = ds_calloc(1, sizeof *state->trust)) == NULL)
        status = ds_error_set(call->error, DS_NOMEM, "out of memory");
    if (status != DS_OK) {
        schema_cache_free(state->schemas);
        ds_free(state->pattern);
        ds_free(state);
        return status;
    }
    state->next = map->models;
    map->models = state;
    *out = state;
    return DS_OK;
}

void model_close(void *connection, void *closed)
{
    mapping *map = connection;
    redis_model *state = closed;
    for (redis_model **at = &map->models; *at != NULL; at = &(*at)->next)
        if (*at == state) {
            *at = state->next;
            schema_cache_free(state->schemas);
            ds_free(state->trust);
            ds_free(state->pattern);
            ds_free(state);
            return;
        }
}

static bool read_integer_id(const char *id, size_t length, ds_value *out)
{
    ds_text text;
    if (ds_value_parse(DS_INTEGER, id, length, out) != DS_OK)
        return false;
    ds_value_text(*out, &text);
    return text.length == length && memcmp(text.bytes, id, length) == 0;
}

bool model_takes_id(const redis_model *state, const char *id, size_t length)
{
    ds_value value;
    return length > 0 && length <= LONGEST_ID &&
           (state->id->type != DS_PROPERTY_INTEGER || read_integer_id(id, length, &value));
}

ds_status model_put_id(const redis_model *state, ds_record *record, const char *id, size_t length)
{
    ds_value value = ds_string_n(id, length);
    if (state->id->type == DS_PROPERTY_INTEGER && !read_integer_id(id, length, &value))
        return DS_INVALID;
    return ds_record_put(record, state->id_slot, value);
}

void request_key(redis_request *request, const redis_model *state, key_kind kind, const char *id, size_t id_length)
{
    char *room = request_room(request, key_length(&state->keys, kind, NO_PARTITION, id_length));
    if (room != NULL)
        key_write(&state->keys, kind, NO_PARTITION, id, id_length, room);
}

ds_status model_wrong_kind(const redis_model *state, key_kind kind, const char *id, size_t id_length, ds_error *err)
{
    const char *wanted = kind == KEY_SEQUENCE                                          ? "counter"
                         : kind == KEY_IDS || kind == KEY_INDEX || kind == KEY_EXPIRES ? "sorted set"
                                                                                       : "hash";
    return ds_error_set(err, DS_WRONG_KIND, "the key \"%s\" holds something else than a %s, and was left alone",
                        key_show(&state->keys, kind, id, id_length).text, wanted);
}

ds_status model_wrong_key(const redis_reply *key, ds_error *err)
{
    if (key->type != REDIS_STRING)
        return ds_error_set(err, DS_BACKEND, "the server gave an answer that no script of ours gives");
    return ds_error_set(err, DS_WRONG_KIND, "the key \"%s\" holds something else than it should, and was left alone",
                        key_show_bytes(key->text, key->length).text);
}

ds_status model_reply_fail(const redis_model *state, const char *id, size_t id_length, const redis_reply *reply,
                           ds_error *err)
{
    if (redis_reply_is(reply, "WRONGTYPE"))
        return model_wrong_kind(state, KEY_RECORD, id, id_length, err);
    char doing[200] = "the record ";
    key_shown shown = key_show(&state->keys, KEY_RECORD, id, id_length);
    strcat(doing, shown.text);
    return redis_reply_fail(reply, doing, err);
}
