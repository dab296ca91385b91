/* Snapshots of #schema: read in one command, kept by the process, made on the server by the first writer of a model. */
#include "schema.h"

#include "member.h"

#include <pthread.h>
#include <stdio.h>

typedef struct schema_chunk {
    struct schema_chunk *next;
    max_align_t memory[];
} schema_chunk;

struct schema_cache {
    pthread_mutex_t lock; /* of all here, and of the references of all snapshots */
    schema *current;
    id_list due;
    bool due_unknown;
};

static ds_status no_memory(ds_error *err)
{
    return ds_error_set(err, DS_NOMEM, "out of memory");
}

ds_status schema_cache_new(schema_cache **out, ds_error *err)
{
    schema_cache *cache = ds_calloc(1, sizeof *cache);
    if (cache == NULL || pthread_mutex_init(&cache->lock, NULL) != 0) {
        ds_free(cache);
        return no_memory(err);
    }
    *out = cache;
    return DS_OK;
}

static void schema_free(schema *s)
{
    if (s == NULL)
        return;
    for (schema_chunk *next; s->chunks != NULL; s->chunks = next) {
        next = s->chunks->next;
        ds_free(s->chunks);
    }
    ds_free(s);
}

void schema_cache_free(schema_cache *cache)
{
    if (cache == NULL)
        return;
    schema_free(cache->current);
    id_list_free(&cache->due);
    pthread_mutex_destroy(&cache->lock);
    ds_free(cache);
}

void schema_release(const redis_model *state, const schema *s)
{
    if (s == NULL)
        return;
    schema *mine = (schema *)(uintptr_t)s;
    pthread_mutex_lock(&state->schemas->lock);
    bool is_last = --mine->references == 0;
    pthread_mutex_unlock(&state->schemas->lock);
    if (is_last)
        schema_free(mine);
}

/* ---- putting one together ---- */

static void *memory_of(schema *s, size_t size)
{
    schema_chunk *chunk = ds_calloc(1, sizeof *chunk + size);
    if (chunk == NULL)
        return NULL;
    chunk->next = s->chunks;
    s->chunks = chunk;
    return chunk->memory;
}

static char *copy_of(schema *s, const char *text, size_t length)
{
    char *copy = memory_of(s, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char schema_letter(const redis_model *state, ds_property_type type)
{
    static const char letters[][3] = {
        [DS_PROPERTY_STRING] = "sss",  [DS_PROPERTY_INTEGER] = "iii", [DS_PROPERTY_NUMBER] = "nnn",
        [DS_PROPERTY_BOOLEAN] = "bBb", [DS_PROPERTY_DATE] = "dfm",    [DS_PROPERTY_BINARY] = "xyx",
    };
    return (size_t)type < sizeof letters / sizeof *letters ? letters[type][state->dialect] : 's';
}

void schema_read_text(const redis_model *state, char letter, const char *text, size_t length, char *room, ds_value *out)
{
    static const char letters[] = "sxyinbBdmf";
    static const ds_property_type types[] = {
        DS_PROPERTY_STRING,  DS_PROPERTY_BINARY,  DS_PROPERTY_BINARY, DS_PROPERTY_INTEGER, DS_PROPERTY_NUMBER,
        DS_PROPERTY_BOOLEAN, DS_PROPERTY_BOOLEAN, DS_PROPERTY_DATE,   DS_PROPERTY_DATE,    DS_PROPERTY_DATE};
    redis_dialect dialect = strchr("yBf", letter) != NULL                 ? DIALECT_REDIS_OM
                            : letter == 'm'                               ? DIALECT_LOOPBACK
                            : strchr("xbd", letter) != NULL && length > 0 ? DIALECT_NATIVE
                                                                          : state->dialect;
    const char *at = strchr(letters, letter);
    dialect_read(dialect, at == NULL ? DS_PROPERTY_STRING : types[at - letters], text, length, room, out);
}

/* Its number, new or not. SIZE_MAX: out of memory. */
static size_t field_number(schema *s, schema_field *fields, const redis_model *state, const char *name, size_t length,
                           char type)
{
    for (size_t i = 0; i < s->field_count; i++)
        if (fields[i].length == length && fields[i].type == type && memcmp(fields[i].name, name, length) == 0)
            return i;
    schema_field *field = &fields[s->field_count];
    *field = (schema_field){.name = copy_of(s, name, length), .length = length, .type = type};
    if (field->name == NULL)
        return SIZE_MAX;
    field->slot = ds_model_slot(state->model, name, length);
    field->is_same =
        field->slot != DS_NO_SLOT && schema_letter(state, ds_model_property(state->model, field->slot)->type) == type;
    return s->field_count++;
}

static bool is_defined_so(const redis_model *state, const schema_index *index, const schema_field *fields,
                          const ds_index *own)
{
    if (strlen(own->name) != index->name_length || memcmp(own->name, index->name, index->name_length) != 0 ||
        own->unique != index->unique || own->key_count != index->key_count)
        return false;
    for (size_t i = 0; i < own->key_count; i++) {
        const schema_field *field = &fields[index->keys[i].field];
        if (!field->is_same || field->slot != own->slots[i] || own->descending[i] != index->keys[i].descending)
            return false;
    }
    (void)state;
    return true;
}

static ds_status read_index(schema *s, schema_index *index, schema_field *fields, const redis_model *state,
                            const schema_text *text)
{
    schema_key *keys = memory_of(s, text->key_count * sizeof *keys);
    if (keys == NULL)
        return DS_NOMEM;
    index->unique = text->unique;
    index->built = text->built;
    index->key_count = text->key_count;
    index->keys = keys;
    for (size_t i = 0; i < text->key_count; i++) {
        size_t number =
            field_number(s, fields, state, text->keys[i].property, text->keys[i].length, text->keys[i].type);
        if (number == SIZE_MAX)
            return DS_NOMEM;
        keys[i] = (schema_key){.property = fields[number].name,
                               .length = fields[number].length,
                               .type = text->keys[i].type,
                               .descending = text->keys[i].descending,
                               .field = number};
    }
    const ds_index *own;
    for (size_t i = 0; index->own == NULL && (own = ds_model_index(state->model, i)) != NULL; i++)
        if (is_defined_so(state, index, fields, own))
            index->own = own;
    return DS_OK;
}

static int order_of(const schema_index *a, const schema_index *b)
{
    if (a->unique != b->unique)
        return a->unique ? -1 : 1;
    size_t shared = a->name_length < b->name_length ? a->name_length : b->name_length;
    int order = memcmp(a->name, b->name, shared);
    return order != 0 ? order : a->name_length < b->name_length ? -1 : 1;
}

static ds_status make_plan(schema *s, const redis_model *state)
{
    member plan = {0};
    char number[32];
    ds_status status = DS_OK;
    for (size_t i = 0; i < s->field_count && status == DS_OK; i++)
        status = member_add_bytes(&plan, &s->fields[i].type, 1);
    if (status == DS_OK)
        status = member_add_bytes(&plan, state->id->type == DS_PROPERTY_INTEGER ? " i " : " s ", 3);
    for (size_t i = 0; i < s->index_count; i++)
        for (size_t k = 0; k < s->indexes[i].key_count && status == DS_OK; k++) {
            const schema_key *key = &s->indexes[i].keys[k];
            const char *end = k + 1 < s->indexes[i].key_count ? "," : ";";
            int length = snprintf(number, sizeof number, "%zu%s%s", key->field + 1, key->descending ? "-" : "", end);
            status = member_add_bytes(&plan, number, (size_t)length);
        }
    if (status == DS_OK) {
        s->plan_length = plan.length;
        s->plan = copy_of(s, plan.bytes, plan.length);
        status = s->plan == NULL ? DS_NOMEM : DS_OK;
    }
    member_free(&plan);
    return status;
}

static bool named(const redis_reply *text, const char *name, bool is_whole)
{
    size_t length = strlen(name);
    return text->type == REDIS_STRING && (is_whole ? text->length == length : text->length > length) &&
           memcmp(text->text, name, length) == 0;
}

static ds_status wrong_schema(const redis_model *state, ds_error *err)
{
    return ds_error_set(err, DS_CONFIG,
                        "the key \"%s\" says something of the indexes that this version does not understand",
                        key_show(&state->keys, KEY_SCHEMA, NULL, 0).text);
}

typedef struct reading {
    schema *s;
    schema_index *indexes;
    schema_field *fields;
    size_t field_room;
} reading;

static ds_status read_definition(reading *r, const redis_model *state, const redis_reply *name, const redis_reply *json,
                                 ds_error *err)
{
    schema_text text;
    schema *s = r->s;
    char *copy = copy_of(s, json->text, json->length);
    char *own_name = copy_of(s, name->text + 6, name->length - 6);
    if (copy == NULL || own_name == NULL)
        return no_memory(err);
    if (!schema_text_parse(copy, json->length, &text))
        return wrong_schema(state, err);
    schema_field *fields = memory_of(s, (s->field_count + text.key_count) * sizeof *fields);
    if (fields == NULL)
        return no_memory(err);
    if (s->field_count > 0)
        memcpy(fields, r->fields, s->field_count * sizeof *fields);
    r->fields = fields;
    schema_index index = {.name = own_name, .name_length = name->length - 6};
    if (read_index(s, &index, fields, state, &text) != DS_OK)
        return no_memory(err);
    size_t at = s->index_count++;
    for (; at > 0 && order_of(&index, &r->indexes[at - 1]) < 0; at--)
        r->indexes[at] = r->indexes[at - 1];
    r->indexes[at] = index;
    s->unique_count += index.unique;
    return DS_OK;
}

static ds_status read_all(schema *s, const redis_model *state, const redis_reply *reply, ds_error *err)
{
    if (!reply_is_of_texts(reply))
        return ds_error_set(err, DS_BACKEND, "the server gave an answer that HGETALL does not give");
    reading r = {.s = s, .indexes = memory_of(s, reply->count / 2 * sizeof(schema_index) + 1)};
    ds_status status = r.indexes == NULL ? no_memory(err) : DS_OK;
    bool has_format = false;
    for (size_t i = 0; i + 1 < reply->count && status == DS_OK; i += 2) {
        const redis_reply *name = &reply->elements[i], *value = &reply->elements[i + 1];
        if (named(name, "format", true))
            has_format = named(value, SCHEMA_FORMAT, true);
        else if (named(name, "epoch", true) && value->length < sizeof s->epoch)
            memcpy(s->epoch, value->text, value->length + 1);
        else if (named(name, "expiring", true))
            s->expiring = true;
        else if (named(name, "records", true)) {
            s->records = copy_of(s, value->text, value->length);
            s->records_length = value->length;
            status = s->records == NULL ? no_memory(err) : DS_OK;
        } else if (named(name, "index:", false))
            status = read_definition(&r, state, name, value, err);
    }
    if (status == DS_OK && (!has_format || s->epoch[0] == '\0'))
        return wrong_schema(state, err);
    s->indexes = r.indexes;
    s->fields = r.fields;
    return status == DS_OK && make_plan(s, state) != DS_OK ? no_memory(err) : status;
}

/* ---- from the server ---- */

char *schema_records_of(const redis_model *state)
{
    size_t length = state->keys.record_length;
    char *text = ds_malloc(length + 3);
    if (text == NULL)
        return NULL;
    memcpy(text, state->id->type == DS_PROPERTY_INTEGER ? "i:" : "s:", 2);
    memcpy(text + 2, state->keys.record, length);
    text[length + 2] = '\0';
    return text;
}

static ds_status ask(mapping *map, const redis_model *state, redis_request *request, ds_call *call)
{
    request_begin(request, 2);
    request_text(request, "HGETALL");
    request_key(request, state, KEY_SCHEMA, NULL, 0);
    ds_status status = redis_run(map->redis, request, false, call);
    return status == DS_OK && redis_reply_at(request, 0) == NULL ? no_memory(call->error) : status;
}

/* *out is NULL where there is none. */
static ds_status read_answer(const redis_model *state, const redis_reply *reply, schema **out, ds_error *err)
{
    *out = NULL;
    if (reply->type == REDIS_ARRAY && reply->count == 0)
        return DS_OK;
    schema *s = ds_calloc(1, sizeof *s);
    ds_status status = s == NULL ? no_memory(err) : read_all(s, state, reply, err);
    if (status == DS_OK)
        *out = s;
    else
        schema_free(s);
    return status;
}

static ds_status load(mapping *map, const redis_model *state, schema **out, ds_call *call)
{
    redis_request *request = redis_request_new(map->redis);
    if (request == NULL)
        return no_memory(call->error);
    *out = NULL;
    ds_status status = ask(map, state, request, call);
    const redis_reply *reply = redis_reply_at(request, 0);
    if (status == DS_OK && reply->type == REDIS_ERROR)
        status = redis_reply_is(reply, "WRONGTYPE")
                     ? model_wrong_kind(state, KEY_SCHEMA, NULL, 0, call->error)
                     : redis_reply_fail(reply, key_show(&state->keys, KEY_SCHEMA, NULL, 0).text, call->error);
    else if (status == DS_OK)
        status = read_answer(state, reply, out, call->error);
    redis_request_free(request);
    return status;
}

/* ---- of a model without an index of its own ---- */

/* *are_ours: false where it is about records under another key. */
static ds_status check_records(const redis_model *state, const schema *s, bool *are_ours, ds_error *err)
{
    char *own = schema_records_of(state);
    if (own == NULL)
        return no_memory(err);
    size_t length = strlen(own);
    *are_ours = s->records == NULL || (s->records_length == length && memcmp(s->records + 1, own + 1, length - 1) == 0);
    bool is_same = !*are_ours || s->records == NULL || s->records[0] == own[0];
    ds_free(own);
    return is_same ? DS_OK
                   : ds_error_set(err, DS_CONFIG,
                                  "the model \"%s\" has indexes by ids of another type than the one it is opened with: "
                                  "it is written with its definition alone",
                                  state->keys.name);
}

/* Takes the snapshot. Who finds the cache finds that the model is kept, too. */
static ds_status follow(redis_model *state, schema *s, ds_error *err)
{
    schema_cache *cache = NULL, *none = NULL;
    ds_status status = schema_cache_new(&cache, err);
    if (status != DS_OK) {
        schema_free(s);
        return status;
    }
    s->references = 1;
    cache->current = s;
    state->is_kept = true;
    if (!atomic_compare_exchange_strong(&state->schemas, &none, cache))
        schema_cache_free(cache);
    return DS_OK;
}

ds_status schema_ask(mapping *map, const ds_model *model, ds_call *call)
{
    redis_model *state = ds_model_state(model);
    if (state->schemas != NULL || state->is_asked)
        return DS_OK;
    redis_request *request = redis_request_new(map->redis);
    if (request == NULL)
        return no_memory(call->error);
    schema *s = NULL;
    bool are_ours = false;
    ds_status status = ask(map, state, request, call);
    if (status == DS_OK && redis_reply_at(request, 0)->type != REDIS_ERROR)
        status = read_answer(state, redis_reply_at(request, 0), &s, call->error);
    if (status == DS_OK && s != NULL)
        status = check_records(state, s, &are_ours, call->error);
    if (status == DS_OK && are_ours)
        status = follow(state, s, call->error);
    else
        schema_free(s);
    state->is_asked = state->is_asked || status == DS_OK;
    redis_request_free(request);
    return status;
}

/* ---- making it ---- */

enum { LOOKS = 100 }; /* SCANs of 1,000 keys: where other keys are many, records are taken to be there */

static bool holds_record(const redis_model *state, const redis_reply *keys)
{
    const char *id;
    size_t length;
    for (size_t i = 0; i < keys->count; i++)
        if (keys->elements[i].type == REDIS_STRING &&
            key_read(&state->keys, keys->elements[i].text, keys->elements[i].length, &id, &length) &&
            model_takes_id(state, id, length))
            return true;
    return false;
}

static ds_status scan_once(mapping *map, const redis_model *state, redis_request *request, const char *from,
                           ds_call *call)
{
    redis_request_reset(request);
    request_begin(request, 8);
    request_text(request, "SCAN");
    request_text(request, from);
    request_text(request, "MATCH");
    request_bytes(request, state->pattern, state->pattern_length);
    request_text(request, "COUNT");
    request_text(request, "1000");
    request_text(request, "TYPE");
    request_text(request, "hash");
    return redis_ask(map->redis, request, false, call);
}

static ds_status look_for_records(mapping *map, const redis_model *state, bool *found, ds_call *call)
{
    redis_request *request = redis_request_new(map->redis);
    char from[32] = "0";
    ds_status status = request == NULL ? no_memory(call->error) : DS_OK;
    *found = false;
    for (size_t i = 0; status == DS_OK && !*found; i++) {
        status = scan_once(map, state, request, from, call);
        const redis_reply *reply = redis_reply_at(request, 0);
        if (status != DS_OK)
            break;
        if (reply == NULL || reply->type != REDIS_ARRAY || reply->count != 2 ||
            reply->elements[0].type != REDIS_STRING || reply->elements[0].length >= sizeof from)
            status = ds_error_set(call->error, DS_BACKEND, "the server gave an answer that SCAN does not give");
        else if (holds_record(state, &reply->elements[1]) || i + 1 == LOOKS)
            *found = true;
        else if (reply->elements[0].length == 1 && reply->elements[0].text[0] == '0')
            break;
        else
            memcpy(from, reply->elements[0].text, reply->elements[0].length + 1);
        if (status == DS_OK)
            status = ds_call_check(call);
    }
    redis_request_free(request);
    return status;
}

static ds_status append_definitions(redis_request *request, const redis_model *state, bool built)
{
    const ds_index *index;
    for (size_t i = 0; (index = ds_model_index(state->model, i)) != NULL; i++) {
        const char *kind = index->unique ? "unique:" : "index:";
        size_t length = strlen(kind), name_length = strlen(index->name);
        char *text = schema_text_of(state, index, built ? "built" : "building", 0);
        if (text == NULL)
            return DS_NOMEM;
        char *room = request_room(request, length + name_length);
        if (room != NULL) {
            memcpy(room, kind, length);
            memcpy(room + length, index->name, name_length);
        }
        request_text(request, text);
        ds_free(text);
    }
    return DS_OK;
}

static ds_status encode_make(redis_request *request, mapping *map, const redis_model *state, bool built, bool whole)
{
    static const key_kind kinds[] = {KEY_SCHEMA, KEY_IDS, KEY_EXPIRES, KEY_ENTRIES};
    size_t count = ds_model_index_count(state->model);
    redis_request_reset(request);
    script_begin(request, &map->digests, SCRIPT_SCHEMA, whole, 4 + count, 2 + 2 * count);
    for (size_t i = 0; i < 4; i++)
        request_key(request, state, kinds[i], NULL, 0);
    for (size_t i = 0; i < count; i++) {
        const ds_index *index = ds_model_index(state->model, i);
        request_key(request, state, index->unique ? KEY_UNIQUE : KEY_INDEX, index->name, strlen(index->name));
    }
    request_text(request, SCHEMA_FORMAT);
    ds_status status = append_definitions(request, state, built);
    char *records = status == DS_OK ? schema_records_of(state) : NULL;
    if (records != NULL)
        request_text(request, records);
    ds_free(records);
    return records == NULL ? DS_NOMEM : DS_OK;
}

static ds_status make(mapping *map, const redis_model *state, ds_call *call)
{
    bool has_records = false, whole = false;
    ds_status status = look_for_records(map, state, &has_records, call);
    if (status != DS_OK)
        return status;
    if (has_records)
        ds_log(DS_LOG_INFO, NULL, "the model \"%s\" has records already: its indexes are not used until it is migrated",
               state->keys.name);
    redis_request *request = redis_request_new(map->redis);
    if (request == NULL)
        return no_memory(call->error);
    do {
        if (encode_make(request, map, state, !has_records, whole) != DS_OK)
            status = no_memory(call->error);
        else
            status = redis_run(map->redis, request, true, call);
    } while (status == DS_OK && !whole && redis_reply_at(request, 0) != NULL &&
             redis_reply_is(redis_reply_at(request, 0), "NOSCRIPT") && (whole = true));
    const redis_reply *reply = redis_reply_at(request, 0);
    if (status == DS_OK && reply != NULL && reply->type == REDIS_ERROR)
        status = redis_reply_fail(reply, key_show(&state->keys, KEY_SCHEMA, NULL, 0).text, call->error);
    else if (status == DS_OK && reply != NULL && reply->type == REDIS_ARRAY && reply->count == 2)
        status = model_wrong_key(&reply->elements[1], call->error);
    else if (status == DS_UNKNOWN_OUTCOME) /* whether it is made shows when it is read; nothing was stored */
        status = ds_call_check(call);
    redis_request_free(request);
    return status;
}

/* ---- the cache ---- */

static ds_status take(mapping *map, const redis_model *state, bool anew, bool makes, const schema **out, ds_call *call)
{
    schema_cache *cache = state->schemas;
    schema *s = NULL;
    pthread_mutex_lock(&cache->lock);
    if (!anew && cache->current != NULL) {
        s = cache->current;
        s->references++;
    }
    pthread_mutex_unlock(&cache->lock);
    *out = s;
    if (s != NULL)
        return DS_OK;
    ds_status status = load(map, state, &s, call);
    for (unsigned tries = 0; status == DS_OK && s == NULL && makes && tries < 3; tries++) {
        status = make(map, state, call);
        if (status == DS_OK)
            status = load(map, state, &s, call);
    }
    if (status != DS_OK)
        return status;
    if (s == NULL)
        return makes ? ds_error_set(call->error, DS_LOST, "the key \"%s\" does not stay: nothing was stored",
                                    key_show(&state->keys, KEY_SCHEMA, NULL, 0).text)
                     : DS_OK;
    pthread_mutex_lock(&cache->lock);
    schema *old = cache->current;
    cache->current = s;
    s->references = 2;
    bool is_last = old != NULL && --old->references == 0;
    pthread_mutex_unlock(&cache->lock);
    if (is_last)
        schema_free(old);
    *out = s;
    return DS_OK;
}

ds_status schema_take(mapping *map, const redis_model *state, bool anew, const schema **out, ds_call *call)
{
    return take(map, state, anew, true, out, call);
}

ds_status schema_look(mapping *map, const redis_model *state, bool anew, const schema **out, ds_call *call)
{
    return take(map, state, anew, false, out, call);
}

bool schema_take_due(const redis_model *state, id_list *out)
{
    schema_cache *cache = state->schemas;
    pthread_mutex_lock(&cache->lock);
    bool is_unknown = cache->due_unknown;
    *out = cache->due;
    cache->due = (id_list){0};
    cache->due_unknown = false;
    pthread_mutex_unlock(&cache->lock);
    return is_unknown;
}

void schema_put_due(const redis_model *state, id_list *due, bool is_unknown)
{
    schema_cache *cache = state->schemas;
    pthread_mutex_lock(&cache->lock);
    id_list old = cache->due;
    cache->due = *due;
    cache->due_unknown = cache->due_unknown || is_unknown;
    pthread_mutex_unlock(&cache->lock);
    id_list_free(&old);
}

/* ---- what it means for the definition ---- */

const schema_index *schema_find(const schema *s, const ds_index *own)
{
    for (size_t i = 0; i < s->index_count; i++)
        if (s->indexes[i].own == own && s->indexes[i].built)
            return &s->indexes[i];
    return NULL;
}

static bool is_kept(const schema *s, const ds_index *own)
{
    for (size_t i = 0; i < s->index_count; i++)
        if (s->indexes[i].own == own)
            return true;
    return false;
}

ds_status schema_check_writable(const redis_model *state, const schema *s, ds_error *err)
{
    const ds_index *own;
    for (size_t i = 0; (own = ds_model_index(state->model, i)) != NULL; i++)
        if (own->unique && !is_kept(s, own))
            return ds_error_set(
                err, DS_CONFIG,
                "the unique index \"%s\" of the model \"%s\" is not kept in Redis as it is defined now: run "
                "migrate",
                own->name, state->keys.name);
    return DS_OK;
}
