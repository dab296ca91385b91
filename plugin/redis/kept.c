/* Putting calls of keep.lua and atomic.lua together: which index entries a write makes, and which of its fields are indexed. */
#include "kept.h"

#include <stdio.h>

/* ---- calls ---- */

void kept_need_free(kept_need *need)
{
    if (need == NULL)
        return;
    id_list_free(&need->holders);
    id_list_free(&need->watched);
    id_list_free(&need->dictionary);
    ds_free(need);
}

ds_status kept_renew(kept_need **need)
{
    if (*need == NULL)
        *need = ds_calloc(1, sizeof **need);
    if (*need == NULL)
        return DS_NOMEM;
    (*need)->anew++;
    return DS_OK;
}

void kept_call_free(kept_call *call)
{
    id_list_free(&call->keys);
    id_list_free(&call->arguments);
    member_free(&call->bytes);
}

static void send_list(redis_request *request, const id_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t length;
        const char *bytes = id_list_at(list, i, &length);
        request_bytes(request, bytes, length);
    }
}

void kept_call_send(kept_call *call, redis_request *request, const script_digests *digests, script which, bool whole)
{
    script_begin(request, digests, which, whole, call->keys.count, call->arguments.count);
    send_list(request, &call->keys);
    send_list(request, &call->arguments);
    id_list_clear(&call->keys);
    id_list_clear(&call->arguments);
}

static ds_status add_bytes(kept_call *call, const char *bytes, size_t length)
{
    return id_list_add(&call->arguments, bytes, length);
}

ds_status kept_add_text(kept_call *call, const char *text)
{
    return add_bytes(call, text, strlen(text));
}

static ds_status add_integer(kept_call *call, int64_t integer)
{
    ds_text text;
    ds_value_text(ds_integer(integer), &text);
    return add_bytes(call, text.bytes, text.length);
}

ds_status kept_add_number(kept_call *call, size_t number)
{
    return add_integer(call, (int64_t)number);
}

ds_status kept_add_key(kept_call *call, const redis_model *state, key_kind kind, const char *id, size_t id_length)
{
    size_t length = key_length(&state->keys, kind, NO_PARTITION, id_length);
    member_clear(&call->bytes);
    ds_status status = DS_OK;
    for (size_t left = length; left > 0 && status == DS_OK;) { /* room for the key */
        static const char blank[64] = "";
        size_t part = left < sizeof blank ? left : sizeof blank;
        status = member_add_bytes(&call->bytes, blank, part);
        left -= part;
    }
    if (status != DS_OK)
        return status;
    key_write(&state->keys, kind, NO_PARTITION, id, id_length, call->bytes.bytes);
    return id_list_add(&call->keys, call->bytes.bytes, length);
}

ds_status kept_add_keys(kept_call *call, const redis_model *state, const schema *s, bool expiry)
{
    if (s == NULL)
        return DS_OK;
    ds_status status = kept_add_key(call, state, KEY_SCHEMA, NULL, 0);
    if (status == DS_OK)
        status = kept_add_key(call, state, KEY_IDS, NULL, 0);
    for (size_t i = 0; i < s->index_count && status == DS_OK; i++)
        status = kept_add_key(call, state, s->indexes[i].unique ? KEY_UNIQUE : KEY_INDEX, s->indexes[i].name,
                              s->indexes[i].name_length);
    if (status == DS_OK && expiry)
        status = kept_add_key(call, state, KEY_EXPIRES, NULL, 0);
    return status == DS_OK && expiry ? kept_add_key(call, state, KEY_ENTRIES, NULL, 0) : status;
}

ds_status kept_add_token(kept_call *call, const write_job *job, size_t i, unsigned anew)
{
    token_name name;
    ds_text id;
    ds_value_text(write_id(job, i), &id);
    ds_status status = token_print(job->token, job->state, id.bytes, id.length, i, anew, &name);
    if (status == DS_OK)
        status = kept_add_key(call, job->state, KEY_DONE, name.text, name.length);
    return status == DS_OK ? add_integer(call, job->token->life_ms) : status;
}

ds_status kept_add_fields(kept_call *call, const schema *s)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < s->field_count && status == DS_OK; i++)
        status = add_bytes(call, s->fields[i].name, s->fields[i].length);
    return status;
}

const char *kept_expiry(const schema *s, const write_plan *plan)
{
    if (s == NULL)
        return "";
    return s->expiring ? "2" : plan->ttl_created > 0 || plan->ttl_kept > 0 ? "1" : "";
}

/* ---- what a write says of an indexed field ---- */

typedef struct kept_write { /* one that is put together */
    kept_call *call;
    const write_job *job;
    const redis_model *state;
    const write_plan *plan;
    const schema *s;
    ds_value id;
    ds_text id_text;
    bool counts;           /* the version is set */
    bool indexed, touches; /* the mask is needed, since an entry may change */
    size_t values, nulls;  /* of the properties that are set, without the id and the version */
} kept_write;

static bool record_has(const ds_record *record, const schema_field *field, size_t declared, ds_field *out)
{
    if (record == NULL)
        return false;
    if (field->slot != DS_NO_SLOT)
        return ds_record_field(record, field->slot, out);
    for (size_t slot = declared; slot < ds_record_slots(record); slot++)
        if (ds_record_field(record, slot, out) && out->name_length == field->length &&
            memcmp(out->name, field->name, field->length) == 0)
            return true;
    return false;
}

/* s set, r removed, k the id, - neither: as check.lua has it. */
static char change_of(const kept_write *w, const schema_field *field)
{
    ds_field value;
    const redis_model *state = w->state;
    if (field->slot == state->id_slot)
        return 'k';
    if (field->slot != DS_NO_SLOT && field->slot == state->version_slot)
        return w->counts ? 's' : '-';
    if (record_has(w->plan->set, field, ds_model_property_count(state->model), &value))
        return value.value.type == DS_NULL ? 'r' : 's';
    return w->plan->replaces && (field->slot != DS_NO_SLOT || !state->strict) ? 'r' : '-';
}

/* A property that is neither the id nor the version. */
static bool plain_field(const redis_model *state, const ds_record *record, size_t slot, ds_field *out)
{
    return slot != state->id_slot && slot != state->version_slot && ds_record_field(record, slot, out);
}

static bool is_indexed(const kept_write *w, size_t slot, const ds_field *field)
{
    bool declared = slot < ds_model_property_count(w->state->model);
    for (size_t i = 0; w->s != NULL && i < w->s->field_count; i++) {
        const schema_field *one = &w->s->fields[i];
        if (declared ? one->slot == slot
                     : one->slot == DS_NO_SLOT && one->length == field->name_length &&
                           memcmp(one->name, field->name, one->length) == 0)
            return true;
    }
    return false;
}

static void measure(kept_write *w)
{
    ds_field field;
    const write_plan *plan = w->plan;
    for (size_t slot = 0; plan->set != NULL && slot < ds_record_slots(plan->set); slot++)
        if (plain_field(w->state, plan->set, slot, &field)) {
            w->values += field.value.type != DS_NULL;
            w->nulls += field.value.type == DS_NULL;
        }
    bool versioned = w->state->version_slot != DS_NO_SLOT && plan->set != NULL;
    bool carries = versioned && ds_record_field(plan->set, w->state->version_slot, &field);
    w->counts = versioned && (strcmp(plan->when, "must") != 0 || plan->replaces || carries || w->values + w->nulls > 0);
    w->indexed = w->s != NULL;
    bool all = *plan->when == 'D' || *plan->when == 'E' || plan->ttl_kept > 0;
    w->touches = w->indexed && all;
    for (size_t i = 0; w->indexed && !w->touches && i < w->s->field_count; i++) {
        char change = change_of(w, &w->s->fields[i]);
        w->touches = change == 's' || change == 'r';
    }
}

/* ---- entries of a creation ---- */

/* The value that a creation gives a field, as its index reads it; false: there is no memory. `room` is the caller's to free. */
static bool creation_value(const kept_write *w, const schema_field *key, ds_value *out, field_text *text, char **room)
{
    ds_field field;
    const redis_model *state = w->state;
    size_t declared = ds_model_property_count(state->model);
    *out = ds_null();
    if (key->slot == state->id_slot) {
        *out = w->id;
        return true;
    }
    if (key->slot != DS_NO_SLOT && key->slot == state->version_slot) {
        *out = ds_integer(1);
        return true;
    }
    if (!record_has(w->plan->set, key, declared, &field) && !record_has(w->plan->defaults, key, declared, &field))
        return true;
    if (field.value.type == DS_NULL || key->is_same) {
        *out = field.value;
        return true;
    }
    size_t slot = key->slot == DS_NO_SLOT ? declared : key->slot;
    if (!field_text_make(text, state, slot, field.value) || (*room = ds_malloc(text->length + 4)) == NULL)
        return false;
    schema_read_text(state, key->type, text->bytes, text->length, *room, out);
    return true;
}

/* Whether a unique index takes this part: no null, and no value that was cut. */
static bool is_claimable(const char *part, size_t length)
{
    return part[0] != '\x10' && (length < 2 || memcmp(part + length - 2, "\0\1", 2) != 0);
}

/* Into call->bytes; *claims: false of a unique one that takes nothing. */
static ds_status make_entry(const kept_write *w, const schema_index *index, bool *claims)
{
    member *bytes = &w->call->bytes;
    bool descending = false;
    ds_status status = DS_OK;
    *claims = true;
    for (size_t i = 0; i < index->key_count && status == DS_OK && *claims; i++) {
        ds_value value;
        field_text text = {.json = NULL};
        char *room = NULL;
        size_t start = bytes->length;
        descending = !index->unique && index->keys[i].descending;
        bool made = creation_value(w, &w->s->fields[index->keys[i].field], &value, &text, &room);
        status = made ? member_add(bytes, value, descending) : DS_NOMEM;
        field_text_free(&text);
        ds_free(room);
        if (status == DS_OK && index->unique)
            *claims = is_claimable(bytes->bytes + start, bytes->length - start);
    }
    return status == DS_OK && !index->unique ? member_add_id(bytes, w->id, descending) : status;
}

static ds_status add_entry(const kept_write *w, const schema_index *index)
{
    bool claims;
    member_clear(&w->call->bytes);
    ds_status status = make_entry(w, index, &claims);
    return status == DS_OK ? add_bytes(w->call, w->call->bytes.bytes, claims ? w->call->bytes.length : 0) : status;
}

/* Whether all that the index holds is known of this write. */
static bool is_whole(const kept_write *w, const schema_index *index)
{
    for (size_t i = 0; i < index->key_count; i++) {
        ds_field field;
        const schema_field *key = &w->s->fields[index->keys[i].field];
        if (!record_has(w->plan->set, key, ds_model_property_count(w->state->model), &field))
            return false;
    }
    return true;
}

ds_status kept_claim(kept_call *call, const write_job *job, ds_value id, const write_plan *plan, const schema *s,
                     size_t index, bool *claims)
{
    kept_write w = {.call = call, .job = job, .state = job->state, .plan = plan, .s = s, .id = id};
    *claims = false;
    if (!s->indexes[index].unique || plan->set == NULL || !is_whole(&w, &s->indexes[index]))
        return DS_OK;
    const struct {
        const redis_model *state;
        size_t index;
    } of = {job->state, index};
    member_clear(&call->bytes);
    ds_status status = member_add_bytes(&call->bytes, &of, sizeof of);
    return status == DS_OK ? make_entry(&w, &s->indexes[index], claims) : status;
}

static ds_status add_entries(const kept_write *w)
{
    member_clear(&w->call->bytes);
    ds_status status = w->indexed ? member_add_id(&w->call->bytes, w->id, false) : DS_OK;
    if (status == DS_OK)
        status = add_bytes(w->call, w->call->bytes.bytes, w->call->bytes.length);
    for (size_t i = 0; w->indexed && i < w->s->index_count && status == DS_OK; i++)
        status = add_entry(w, &w->s->indexes[i]);
    return status;
}

/* ---- fields ---- */

static ds_status add_field(const kept_write *w, size_t slot, const ds_field *field)
{
    field_text text;
    if (!field_text_make(&text, w->state, slot, field->value))
        return DS_NOMEM;
    ds_status status = add_bytes(w->call, field->name, field->name_length);
    if (status == DS_OK)
        status = add_bytes(w->call, text.bytes, text.length);
    field_text_free(&text);
    return status;
}

static ds_status add_version(const kept_write *w)
{
    const ds_property *property = ds_model_property(w->state->model, w->state->version_slot);
    ds_status status = add_bytes(w->call, property->name, property->name_length);
    return status == DS_OK ? kept_add_text(w->call, "1") : status;
}

/* The indexed ones first, in the schema's order. *version: where it stands. */
static ds_status add_set(const kept_write *w, size_t *version)
{
    ds_field field;
    ds_status status = DS_OK;
    const redis_model *state = w->state;
    size_t declared = ds_model_property_count(state->model), start = w->call->arguments.count;
    *version = SIZE_MAX;
    for (size_t i = 0; w->indexed && i < w->s->field_count && status == DS_OK; i++) {
        const schema_field *one = &w->s->fields[i];
        if (change_of(w, one) != 's')
            continue;
        if (one->slot != DS_NO_SLOT && one->slot == state->version_slot) {
            *version = w->call->arguments.count - start;
            status = add_version(w);
        } else if (record_has(w->plan->set, one, declared, &field)) {
            status = add_field(w, one->slot == DS_NO_SLOT ? declared : one->slot, &field);
        }
    }
    for (size_t slot = 0; w->plan->set != NULL && slot < ds_record_slots(w->plan->set) && status == DS_OK; slot++)
        if (plain_field(state, w->plan->set, slot, &field) && field.value.type != DS_NULL &&
            !is_indexed(w, slot, &field))
            status = add_field(w, slot, &field);
    if (status == DS_OK && w->counts && *version == SIZE_MAX) {
        *version = w->call->arguments.count - start;
        status = add_version(w);
    }
    bool creates = strcmp(w->plan->when, "new") == 0;
    if (status == DS_OK && (w->plan->stores_id || (creates && w->call->arguments.count == start))) {
        status = add_bytes(w->call, state->id->name, state->id->name_length);
        if (status == DS_OK)
            status = add_bytes(w->call, w->id_text.bytes, w->id_text.length);
    }
    return status;
}

static ds_status add_defaults(const kept_write *w, size_t *count)
{
    ds_field field, own;
    ds_status status = DS_OK;
    const ds_record *defaults = w->plan->defaults;
    *count = 0;
    for (size_t slot = 0; defaults != NULL && slot < ds_record_slots(defaults) && status == DS_OK; slot++) {
        if (!plain_field(w->state, defaults, slot, &field) || field.value.type == DS_NULL ||
            ds_record_field(w->plan->set, slot, &own))
            continue;
        (*count)++;
        status = add_field(w, slot, &field);
    }
    return status;
}

static ds_status add_removed(const kept_write *w)
{
    ds_field field;
    ds_status status = DS_OK;
    const ds_record *set = w->plan->set;
    if (strcmp(w->plan->when, "new") == 0) /* there is nothing to remove, and no place for it in the arguments */
        return DS_OK;
    if (!w->plan->replaces) {
        for (size_t slot = 0; set != NULL && slot < ds_record_slots(set) && status == DS_OK; slot++)
            if (plain_field(w->state, set, slot, &field) && field.value.type == DS_NULL)
                status = add_bytes(w->call, field.name, field.name_length);
        return status;
    }
    for (size_t slot = 0; w->state->strict && slot < ds_model_property_count(w->state->model) && status == DS_OK;
         slot++) {
        const ds_property *property = ds_model_property(w->state->model, slot);
        if (slot != w->state->id_slot && slot != w->state->version_slot &&
            (!ds_record_field(set, slot, &field) || field.value.type == DS_NULL))
            status = add_bytes(w->call, property->name, property->name_length);
    }
    return status;
}

static ds_status add_expected(const kept_write *w, size_t *count)
{
    ds_field field;
    ds_status status = DS_OK;
    const ds_record *expected = w->plan->expected;
    *count = 0;
    for (size_t slot = 0; expected != NULL && slot < ds_record_slots(expected) && status == DS_OK; slot++) {
        if (slot == w->state->id_slot || !ds_record_field(expected, slot, &field))
            continue;
        (*count)++;
        field_text text = {.bytes = field.raw, .length = field.raw_length};
        bool absent = field.raw == NULL && field.value.type == DS_NULL;
        if (!absent && field.raw == NULL && !field_text_make(&text, w->state, slot, field.value))
            return DS_NOMEM;
        status = add_bytes(w->call, field.name, field.name_length);
        member_clear(&w->call->bytes);
        if (status == DS_OK && !absent)
            status = member_add_bytes(&w->call->bytes, "=", 1);
        if (status == DS_OK && !absent)
            status = member_add_bytes(&w->call->bytes, text.bytes, text.length);
        if (status == DS_OK)
            status = add_bytes(w->call, w->call->bytes.bytes, w->call->bytes.length);
        field_text_free(&text);
    }
    return status;
}

/* ---- one write ---- */

static ds_status add_ttl(kept_call *call, int64_t ttl_ms)
{
    return ttl_ms == 0 ? add_bytes(call, "", 0) : add_integer(call, ttl_ms);
}

/* What is set, removed and so on is put behind the head, whose numbers these are: so it is put together in a call of its own. */
typedef struct kept_body {
    kept_call call;
    size_t expected, removed, defaults, version;
} kept_body;

static ds_status body_make(const kept_write *w, kept_body *body)
{
    kept_write inner = *w;
    inner.call = &body->call;
    ds_status status = add_expected(&inner, &body->expected);
    size_t before = body->call.arguments.count;
    if (status == DS_OK)
        status = add_removed(&inner);
    body->removed = body->call.arguments.count - before;
    if (status == DS_OK)
        status = add_defaults(&inner, &body->defaults);
    if (status == DS_OK)
        status = add_set(&inner, &body->version);
    if (status == DS_OK && *w->plan->when == 'I') {
        ds_text by;
        ds_value_text(w->plan->by, &by);
        status = kept_add_text(&body->call, w->plan->property);
        if (status == DS_OK)
            status = add_bytes(&body->call, by.bytes, by.length);
    }
    return status;
}

static ds_status add_carried(const kept_write *w)
{
    ds_field field;
    if (!w->counts || !ds_record_field(w->plan->set, w->state->version_slot, &field) ||
        field.value.type != DS_INTEGER || strcmp(w->plan->when, "new") == 0)
        return add_bytes(w->call, "", 0);
    return add_integer(w->call, field.value.as.integer);
}

/* The eight of the rarer things, where there is one. */
static ds_status add_options(const kept_write *w, const kept_body *body, size_t counter)
{
    kept_call *call = w->call;
    const write_plan *plan = w->plan;
    bool needed = plan->expected != NULL || body->defaults > 0 || plan->ttl_created != 0 || plan->ttl_kept != 0 ||
                  plan->raises || (w->counts && strcmp(plan->when, "new") != 0);
    ds_status status = kept_add_text(call, needed ? "x" : "");
    if (!needed || status != DS_OK)
        return status;
    status = plan->expected != NULL ? kept_add_number(call, body->expected) : kept_add_text(call, "-");
    if (status == DS_OK)
        status = kept_add_number(call, body->defaults);
    if (status == DS_OK)
        status = add_ttl(call, plan->ttl_created);
    if (status == DS_OK)
        status = add_ttl(call, plan->ttl_kept);
    if (status == DS_OK)
        status = add_bytes(call, w->id_text.bytes, plan->raises ? w->id_text.length : 0);
    if (status == DS_OK)
        status = kept_add_number(call, counter);
    if (status == DS_OK)
        status = w->counts ? kept_add_number(call, body->version) : kept_add_text(call, "");
    return status == DS_OK ? add_carried(w) : status;
}

/* What those have that are no creation for sure. */
static ds_status add_middle(const kept_write *w, const kept_body *body)
{
    kept_call *call = w->call;
    member_clear(&call->bytes);
    ds_status status = DS_OK;
    for (size_t i = 0; w->touches && i < w->s->field_count && status == DS_OK; i++) {
        char change = change_of(w, &w->s->fields[i]);
        status = member_add_bytes(&call->bytes, &change, 1);
    }
    if (status == DS_OK)
        status = add_bytes(call, call->bytes.bytes, call->bytes.length);
    bool lists = !w->plan->replaces || w->state->strict;
    if (status == DS_OK)
        status = lists ? kept_add_number(call, body->removed) : kept_add_text(call, "*");
    if (status == DS_OK)
        status = add_bytes(call, w->state->id->name, w->state->id->name_length);
    if (status == DS_OK && w->touches)
        status = kept_add_fields(call, w->s);
    return status == DS_OK && w->touches ? add_bytes(call, w->s->plan, w->s->plan_length) : status;
}

static ds_status add_head(const kept_write *w, const kept_body *body, size_t counter)
{
    kept_call *call = w->call;
    const char *when = w->plan->when;
    bool is_new = strcmp(when, "new") == 0, may = strcmp(when, "may") == 0;
    ds_status status = kept_add_text(call, when);
    if (status == DS_OK)
        status = add_bytes(call, w->id_text.bytes, w->id_text.length);
    if (status == DS_OK)
        status = add_options(w, body, counter);
    if (status == DS_OK && !is_new)
        status = add_middle(w, body);
    return status == DS_OK && (is_new || may) ? add_entries(w) : status;
}

ds_status kept_add_write(kept_call *call, const write_job *job, ds_value id, const write_plan *plan, const schema *s,
                         size_t counter)
{
    kept_write w = {.call = call, .job = job, .state = job->state, .plan = plan, .s = s, .id = id};
    kept_body body = {.expected = 0};
    ds_value_text(id, &w.id_text);
    measure(&w);
    ds_status status = body_make(&w, &body);
    if (status == DS_OK)
        status = add_head(&w, &body, counter);
    for (size_t i = 0; i < body.call.arguments.count && status == DS_OK; i++) {
        size_t length;
        const char *bytes = id_list_at(&body.call.arguments, i, &length);
        status = add_bytes(call, bytes, length);
    }
    kept_call_free(&body.call);
    return status;
}

bool kept_is_left(const redis_model *state, const schema *s, const write_plan *plan)
{
    if (*plan->when != 'I')
        return false;
    size_t length = strlen(plan->property);
    for (size_t i = 0; s != NULL && i < s->field_count; i++)
        if (s->fields[i].length == length && memcmp(s->fields[i].name, plan->property, length) == 0)
            return true;
    return state->version_slot != DS_NO_SLOT;
}

/* ---- keep.lua ---- */

/* The number of the unique index of this name, from 1; 0: there is none. */
static size_t unique_number(const schema *s, const char *name, size_t length)
{
    for (size_t i = 0; i < s->unique_count; i++)
        if (s->indexes[i].name_length == length && memcmp(s->indexes[i].name, name, length) == 0)
            return i + 1;
    return 0;
}

static ds_status add_holders(kept_call *call, const redis_model *state, const kept_need *need)
{
    ds_status status = kept_add_number(call, need->holders.count);
    for (size_t i = 0; i < need->holders.count && status == DS_OK; i++) {
        size_t length;
        const char *id = id_list_at(&need->holders, i, &length);
        status = add_bytes(call, id, length);
        if (status == DS_OK)
            status = kept_add_key(call, state, KEY_RECORD, id, length);
    }
    return status;
}

static ds_status add_watched(kept_call *call, const schema *s, const kept_need *need)
{
    ds_status status = kept_add_number(call, need->watched.count / 2);
    for (size_t i = 0; i + 1 < need->watched.count && status == DS_OK; i += 2) {
        size_t length;
        const char *name = id_list_at(&need->watched, i, &length);
        status = kept_add_number(call, unique_number(s, name, length));
        const char *id = id_list_at(&need->watched, i + 1, &length);
        if (status == DS_OK)
            status = add_bytes(call, id, length);
    }
    return status;
}

static ds_status add_tail(kept_call *call, const redis_model *state, const schema *s, const kept_need *need)
{
    ds_status status = kept_add_number(call, s->field_count);
    if (status == DS_OK)
        status = kept_add_fields(call, s);
    if (status == DS_OK)
        status = add_bytes(call, s->plan, s->plan_length);
    if (status == DS_OK)
        status = add_holders(call, state, need);
    if (status == DS_OK)
        status = add_watched(call, s, need);
    for (size_t i = 0; i < need->dictionary.count && status == DS_OK; i++) {
        size_t length;
        const char *bytes = id_list_at(&need->dictionary, i, &length);
        status = add_bytes(call, bytes, length);
    }
    return status;
}

/* Of a write that touches no index, #schema alone is needed, for its epoch. */
static ds_status add_model(kept_call *call, const redis_model *state, const schema *s, bool slim, const char *expiry,
                           size_t tail)
{
    ds_status status =
        slim ? kept_add_key(call, state, KEY_SCHEMA, NULL, 0) : kept_add_keys(call, state, s, *expiry != '\0');
    if (status == DS_OK)
        status = kept_add_text(call, s == NULL ? "" : s->epoch);
    if (status == DS_OK)
        status = kept_add_number(call, slim || s == NULL ? 0 : s->unique_count);
    if (status == DS_OK)
        status = kept_add_number(call, slim || s == NULL ? 0 : s->index_count - s->unique_count);
    char more[32] = "";
    if (status != DS_OK || ((slim || *expiry == '\0') && tail == 0))
        return status == DS_OK ? kept_add_text(call, more) : status;
    snprintf(more, sizeof more, "%s %zu", slim ? "" : expiry, tail);
    return kept_add_text(call, more);
}

static bool is_slim(const write_job *job, const write_plan *plan, const schema *s)
{
    kept_write w = {.job = job, .state = job->state, .plan = plan, .s = s};
    if (s == NULL || (strcmp(plan->when, "must") != 0 && *plan->when != 'I'))
        return false;
    measure(&w);
    return !w.touches;
}

ds_status kept_encode(kept_call *call, const write_job *job, redis_request *request, size_t i, const write_plan *plan,
                      const schema *s, const kept_need *need, bool whole)
{
    const redis_model *state = job->state;
    ds_value id = write_id(job, i);
    ds_text text;
    ds_value_text(id, &text);
    size_t tail = need == NULL || s == NULL
                      ? 0
                      : 4 + s->field_count + need->holders.count + need->watched.count + need->dictionary.count;
    id_list_clear(&call->keys);
    id_list_clear(&call->arguments);
    ds_status status = kept_add_key(call, state, KEY_RECORD, text.bytes, text.length);
    if (status == DS_OK)
        status = add_model(call, state, s, is_slim(job, plan, s), kept_expiry(s, plan), tail);
    if (status == DS_OK && plan->raises)
        status = kept_add_key(call, state, KEY_SEQUENCE, NULL, 0);
    if (status == DS_OK)
        status = kept_add_write(call, job, id, plan, s, plan->raises ? call->keys.count : 0);
    if (status == DS_OK && tail > 0)
        status = add_tail(call, state, s, need);
    if (status == DS_OK && job->token != NULL)
        status = kept_add_token(call, job, i, need == NULL ? 0 : need->anew);
    if (status == DS_OK)
        kept_call_send(call, request, &job->map->digests, job->token == NULL ? SCRIPT_KEEP : SCRIPT_KEEP_ONCE, whole);
    return status;
}
