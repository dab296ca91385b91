/* The walk for discover: SCAN in batches, the keys grouped by what stands before their id, then a sample of each group read.
 * All is bounded: the keys that are looked at, the groups, the hashes of each and the fields of these. */
#include "discover.h"

#include "steps.h"
#include "utf8.h"

#include <stdlib.h>

#define SCAN_KEYS  1000 /* a step, */
#define MOST_STEPS 2000 /* of which there are so many: a database has no order, so what they meet is a fair sample */
#define READ_KEYS  50   /* hashes in one round trip */

typedef struct discovery {
    mapping *map;
    ds_call *call;
    redis_request *request;
    const char *prefix; /* keyPrefix */
    size_t prefix_length;
    char *pattern;
    size_t pattern_length;
    char cursor[24];
    bool is_broken; /* SCAN's answer was none */
    group *groups;
    size_t count, room;
    size_t *places;           /* of groups, by a hash of their names; open addressing, 0: empty, else the number + 1 */
    group *read;              /* being read */
    size_t wanted[READ_KEYS]; /* of a request for hashes: their ids */
    char *field;              /* whose text comes next */
    size_t field_length, field_room;
    ds_error refused; /* the first key that could not be read */
} discovery;

/* ---- the ids in keys ---- */

static bool is_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return length > 0;
}

static bool is_ulid(const char *text, size_t length)
{
    for (size_t i = 0; i < length && length == 26; i++)
        if (text[i] == '\0' || strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", text[i]) == NULL)
            return false;
    return length == 26 && text[0] <= '7';
}

static bool is_uuid(const char *text, size_t length)
{
    for (size_t i = 0; i < length && length == 36; i++)
        if (text[i] == '\0' ||
            strchr(i == 8 || i == 13 || i == 18 || i == 23 ? "-" : "0123456789abcdefABCDEF", text[i]) == NULL)
            return false;
    return length == 36;
}

/* Where the id begins: behind the last ':', unless a word before it can only be an id ("user:12:profile"). 0: nowhere. */
static size_t id_start(const char *key, size_t length)
{
    size_t start = 0;
    for (size_t at = 0, next; at <= length; at = next) {
        const char *colon = memchr(key + at, ':', length - at);
        size_t end = colon == NULL ? length : (size_t)(colon - key), size = end - at;
        next = end + 1;
        if (at > 1) /* a group has a name */
            start = at;
        if (start > 0 && colon != NULL &&
            (is_digits(key + at, size) || is_ulid(key + at, size) || is_uuid(key + at, size)))
            break;
    }
    return start < length ? start : 0;
}

static bool ends_in(const char *key, size_t length, const char *end)
{
    size_t size = strlen(end);
    return length > size && memcmp(key + length - size, end, size) == 0;
}

/* Hashes of this library itself: <Model>#unique:<name>, <Model>#entries, <Model>#schema. */
static bool is_internal(const char *key, size_t length)
{
    const char *sign = memchr(key, '#', length), *end = key + length;
    for (; sign != NULL; sign = memchr(sign + 1, '#', (size_t)(end - sign - 1)))
        if (end - sign > 8 && memcmp(sign, "#unique:", 8) == 0)
            return true;
    return ends_in(key, length, "#entries") || ends_in(key, length, "#schema");
}

/* ---- groups ---- */

#define PLACES (4 * MOST_GROUPS)

/* FNV-1a. */
static size_t place_of(const discovery *d, const char *name, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
    size_t at = (size_t)(hash % PLACES);
    for (; d->places[at] != 0; at = (at + 1) % PLACES) {
        const group *g = &d->groups[d->places[at] - 1];
        if (g->length == length && memcmp(g->name, name, length) == 0)
            break;
    }
    return at;
}

static ds_status group_add(discovery *d, const char *name, size_t length, group **out)
{
    if (d->count == d->room) {
        size_t room = d->room == 0 ? 16 : 2 * d->room;
        group *grown = ds_realloc(d->groups, room * sizeof *grown);
        if (grown == NULL)
            return DS_NOMEM;
        d->groups = grown;
        d->room = room;
    }
    char *copy = ds_malloc(length);
    if (copy == NULL)
        return DS_NOMEM;
    memcpy(copy, name, length);
    *out = &d->groups[d->count++];
    **out = (group){.name = copy, .length = length};
    return DS_OK;
}

/* *out is NULL where there are too many already, or a definition could not say the name. */
static ds_status group_named(discovery *d, const char *name, size_t length, group **out)
{
    *out = NULL;
    size_t at = place_of(d, name, length);
    if (d->places[at] != 0) {
        *out = &d->groups[d->places[at] - 1];
        return DS_OK;
    }
    if (d->count == MOST_GROUPS || memchr(name, '\0', length) != NULL || !utf8_is_valid(name, length))
        return DS_OK;
    ds_status status = group_add(d, name, length, out);
    if (status == DS_OK)
        d->places[at] = d->count;
    return status;
}

/* Where records have ids of one word, what has more words than that is no record of theirs. */
static ds_status take_id(group *g, const char *id, size_t length)
{
    int64_t integer;
    bool is_plain = memchr(id, ':', length) == NULL, is_integer = guess_is_integer(id, length, &integer);
    if (g->has_plain && !is_plain)
        return DS_OK;
    if (is_plain != g->has_plain || g->ids.count == 0) {
        id_list_clear(&g->ids);
        g->has_plain = is_plain;
        g->has_integers = is_integer;
        g->has_ulids = is_ulid(id, length);
    }
    g->has_integers = g->has_integers && is_integer;
    g->has_ulids = g->has_ulids && is_ulid(id, length);
    return g->ids.count < SAMPLE_KEYS ? id_list_add(&g->ids, id, length) : DS_OK;
}

static ds_status take_key(discovery *d, const char *key, size_t length)
{
    if (length < d->prefix_length || is_internal(key, length))
        return DS_OK;
    key += d->prefix_length;
    length -= d->prefix_length;
    size_t start = id_start(key, length);
    group *g = NULL;
    ds_status status = start > 0 ? group_named(d, key, start - 1, &g) : DS_OK;
    return g != NULL ? take_id(g, key + start, length - start) : status;
}

/* ---- round trips ---- */

/* SCAN's reply: the next cursor, then an array of keys. */
static ds_status take_scan(void *user, const redis_place *at, const char *bytes, size_t length)
{
    discovery *d = user;
    if (at->depth == 2)
        return take_key(d, bytes, length);
    if (at->depth != 1 || at->index != 0)
        return DS_OK;
    d->is_broken = length == 0 || length >= sizeof d->cursor || strspn(bytes, "0123456789") < length;
    if (!d->is_broken) {
        memcpy(d->cursor, bytes, length);
        d->cursor[length] = '\0';
    }
    return DS_OK;
}

static const redis_sink scan_sink = {.string = take_scan};

static ds_status scan_step(discovery *d)
{
    redis_request_reset(d->request);
    d->is_broken = true;
    request_begin_sink(d->request, 8, &scan_sink, d);
    request_text(d->request, "SCAN");
    request_text(d->request, d->cursor);
    request_text(d->request, "MATCH");
    request_bytes(d->request, d->pattern, d->pattern_length);
    request_text(d->request, "COUNT");
    request_integer(d->request, SCAN_KEYS);
    request_text(d->request, "TYPE");
    request_text(d->request, "hash");
    ds_status status = step_run(d->map, d->request, false, d->call);
    if (status == DS_OK)
        status = redis_reply_fail(redis_reply_at(d->request, 0), "the walk over the keys", d->call->error);
    if (status == DS_OK && d->is_broken)
        status = ds_error_set(d->call->error, DS_BACKEND, "the server gave an answer that SCAN does not give");
    return status;
}

static ds_status find_groups(discovery *d)
{
    ds_status status = DS_OK;
    memcpy(d->cursor, "0", 2);
    for (int step = 0; status == DS_OK && step < MOST_STEPS; step++) {
        status = scan_step(d);
        if (strcmp(d->cursor, "0") == 0)
            break;
    }
    return status;
}

/* ---- the sample ---- */

static void append_key(discovery *d, const char *before, const char *name, size_t name_length, const char *middle,
                       const char *id, size_t length)
{
    size_t first = strlen(before), second = strlen(middle);
    char *out = request_room(d->request, d->prefix_length + first + name_length + second + length);
    if (out == NULL)
        return;
    const char *const parts[] = {d->prefix, before, name, middle, id};
    const size_t lengths[] = {d->prefix_length, first, name_length, second, length};
    for (size_t i = 0; i < 5; i++) {
        if (lengths[i] > 0)
            memcpy(out, parts[i], lengths[i]);
        out += lengths[i];
    }
}

static void append_id(discovery *d, const char *command, size_t i, const redis_sink *sink)
{
    size_t length;
    const char *id = id_list_at(&d->read->ids, i, &length);
    if (sink != NULL)
        request_begin_sink(d->request, 2, sink, d);
    else
        request_begin(d->request, 2);
    request_text(d->request, command);
    append_key(d, "", d->read->name, d->read->length, ":", id, length);
}

/* HGETALL's reply: names and texts in turn. */
static ds_status take_field(void *user, const redis_place *at, const char *bytes, size_t length)
{
    discovery *d = user;
    size_t id_length;
    if (at->depth != 1)
        return DS_OK;
    if (at->index % 2 != 0) {
        const char *id = id_list_at(&d->read->ids, d->wanted[at->command], &id_length);
        return group_note(d->read, id, id_length, d->field, d->field_length, bytes, length);
    }
    if (length >= d->field_room) {
        char *grown = ds_realloc(d->field, 2 * length + 64);
        if (grown == NULL)
            return DS_NOMEM;
        d->field = grown;
        d->field_room = 2 * length + 64;
    }
    memcpy(d->field, bytes, length);
    d->field_length = length;
    return DS_OK;
}

static ds_status count_hash(void *user, const redis_place *at, size_t count)
{
    discovery *d = user;
    d->read->hashes += at->depth == 0 && count > 0;
    return DS_OK;
}

static const redis_sink field_sink = {.array = count_hash, .string = take_field};

/* A key that cannot be read is passed over, but not when there is no other: DS_AUTH is worth a sentence. */
static void note_refusal(discovery *d, const redis_reply *reply)
{
    if (reply != NULL && reply->type == REDIS_ERROR && !redis_reply_is(reply, "WRONGTYPE") &&
        d->refused.status == DS_OK)
        redis_reply_fail(reply, "the hashes that were found", &d->refused);
}

/* Which of the next hashes are small enough to be records. */
static ds_status ask_sizes(discovery *d, size_t first, size_t count, size_t *wanted)
{
    redis_request_reset(d->request);
    for (size_t i = first; i < first + count; i++)
        append_id(d, "HLEN", i, NULL);
    ds_status status = step_run(d->map, d->request, false, d->call);
    *wanted = 0;
    for (size_t i = 0; status == DS_OK && i < count; i++) {
        const redis_reply *reply = redis_reply_at(d->request, i);
        note_refusal(d, reply);
        if (reply != NULL && reply->type == REDIS_INTEGER && reply->integer > SAMPLE_FIELDS)
            d->read->is_loose = true;
        else if (reply != NULL && reply->type == REDIS_INTEGER && reply->integer > 0)
            d->wanted[(*wanted)++] = first + i;
    }
    return status;
}

static ds_status read_some(discovery *d, size_t first, size_t count)
{
    size_t wanted;
    ds_status status = ask_sizes(d, first, count, &wanted);
    redis_request_reset(d->request);
    for (size_t i = 0; i < wanted; i++)
        append_id(d, "HGETALL", d->wanted[i], &field_sink);
    if (status == DS_OK && wanted > 0)
        status = step_run(d->map, d->request, false, d->call);
    for (size_t i = 0; status == DS_OK && i < wanted; i++)
        note_refusal(d, redis_reply_at(d->request, i));
    return status;
}

static void ask_type(discovery *d, const char *before, const char *behind)
{
    request_begin(d->request, 2);
    request_text(d->request, "TYPE");
    append_key(d, before, d->read->name, d->read->length, behind, NULL, 0);
}

static bool type_is(const discovery *d, size_t command, const char *type)
{
    const redis_reply *reply = redis_reply_at(d->request, command);
    return reply != NULL && script_says(reply, type);
}

/* What #schema says of the indexes of a model that has the group's name. */
static ds_status note_indexes(discovery *d, const redis_reply *fields)
{
    ds_status status = DS_OK;
    for (size_t i = 0; fields != NULL && fields->type == REDIS_ARRAY && i + 1 < fields->count && status == DS_OK;
         i += 2)
        status = group_note_index(d->read, &fields->elements[i], &fields->elements[i + 1]);
    return status;
}

/* LoopBack's counter and list of ids, our own counter, our own indexes. */
static ds_status find_companions(discovery *d)
{
    if (d->read->length > LONGEST_COMPANION)
        return DS_OK;
    redis_request_reset(d->request);
    ask_type(d, "id:", "");
    ask_type(d, "s:", "");
    ask_type(d, "", "#sequence");
    request_begin(d->request, 2);
    request_text(d->request, "HGETALL");
    append_key(d, "", d->read->name, d->read->length, "#schema", NULL, 0);
    ds_status status = step_run(d->map, d->request, false, d->call);
    d->read->has_counter = status == DS_OK && type_is(d, 0, "string");
    d->read->has_loopback_ids = status == DS_OK && type_is(d, 1, "set");
    d->read->has_own_counter = status == DS_OK && type_is(d, 2, "string");
    return status == DS_OK ? note_indexes(d, redis_reply_at(d->request, 3)) : status;
}

typedef struct span {
    const char *bytes;
    size_t length;
} span;

static int compare_ids(const void *a, const void *b)
{
    const span *one = a, *other = b;
    if (one->length != other->length)
        return one->length < other->length ? -1 : 1;
    return memcmp(one->bytes, other->bytes, one->length);
}

/* So that the same hashes make the same proposal: properties come in the order in which they are met. */
static ds_status sort_ids(group *g)
{
    span ids[SAMPLE_KEYS];
    id_list sorted = {0};
    ds_status status = DS_OK;
    for (size_t i = 0; i < g->ids.count; i++)
        ids[i].bytes = id_list_at(&g->ids, i, &ids[i].length);
    qsort(ids, g->ids.count, sizeof *ids, compare_ids);
    for (size_t i = 0; status == DS_OK && i < g->ids.count; i++)
        status = id_list_add(&sorted, ids[i].bytes, ids[i].length);
    id_list_free(&g->ids);
    g->ids = sorted;
    return status;
}

static ds_status read_group(discovery *d, group *g)
{
    d->read = g;
    ds_status status = sort_ids(g);
    if (status == DS_OK)
        status = find_companions(d);
    for (size_t first = 0; status == DS_OK && first < g->ids.count; first += READ_KEYS) {
        size_t left = g->ids.count - first;
        status = read_some(d, first, left < READ_KEYS ? left : READ_KEYS);
    }
    return status;
}

/* ---- the whole ---- */

static int compare_groups(const void *a, const void *b)
{
    const group *one = a, *other = b;
    size_t shorter = one->length < other->length ? one->length : other->length;
    int order = memcmp(one->name, other->name, shorter);
    return order != 0 ? order : (one->length > other->length) - (one->length < other->length);
}

static ds_status propose(discovery *d, ds_buffer *models)
{
    size_t hashes = 0;
    ds_status status = find_groups(d);
    if (d->count > 0)
        qsort(d->groups, d->count, sizeof *d->groups, compare_groups);
    for (size_t i = 0; status == DS_OK && i < d->count; i++) {
        status = read_group(d, &d->groups[i]);
        hashes += d->groups[i].hashes;
    }
    if (status == DS_OK && hashes == 0 && d->refused.status != DS_OK) {
        *d->call->error = d->refused;
        return d->refused.status;
    }
    ds_value dialect = ds_source_setting(redis_source(d->map->redis), "dialect");
    redis_dialect usual = dialect.type == DS_STRING ? dialect_named(dialect.as.string) : DIALECT_NATIVE;
    if (status == DS_OK)
        status = group_print_all(d->groups, d->count, usual, models);
    return status;
}

/* SCAN's MATCH: behind the key prefix, in which nothing is a pattern. */
static ds_status make_pattern(discovery *d, const char *pattern)
{
    size_t length = strlen(pattern);
    d->prefix = redis_key_prefix(d->map->redis, &d->prefix_length);
    d->pattern = ds_malloc(2 * d->prefix_length + length + 1);
    if (d->pattern == NULL)
        return DS_NOMEM;
    for (size_t i = 0; i < d->prefix_length; i++) {
        if (d->prefix[i] != '\0' && strchr("*?[]\\", d->prefix[i]) != NULL)
            d->pattern[d->pattern_length++] = '\\';
        d->pattern[d->pattern_length++] = d->prefix[i];
    }
    memcpy(d->pattern + d->pattern_length, pattern, length);
    d->pattern_length += length;
    return DS_OK;
}

ds_status discover_models(void *connection, const char *pattern, ds_buffer *models, ds_call *call)
{
    discovery d = {.map = connection, .call = call};
    ds_status status = make_pattern(&d, pattern == NULL || pattern[0] == '\0' ? "*" : pattern);
    d.request = redis_request_new(d.map->redis);
    d.places = ds_calloc(PLACES, sizeof *d.places);
    if (status == DS_OK && d.request != NULL && d.places != NULL)
        status = propose(&d, models);
    else
        status = DS_NOMEM;
    if (status == DS_NOMEM)
        ds_error_set(call->error, DS_NOMEM, "out of memory");
    redis_request_free(d.request);
    for (size_t i = 0; i < d.count; i++)
        group_free(&d.groups[i]);
    ds_free(d.groups);
    ds_free(d.places);
    ds_free(d.field);
    ds_free(d.pattern);
    return status;
}
