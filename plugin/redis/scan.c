/* The walk: SCAN in batches, each with the reading of the records that the batch before it found, in one round trip.
 * What SCAN repeats is dropped. Where the filter names the ids there is nothing to walk. */
#include "scan.h"

#include "seen.h"

#define FEWEST_KEYS 100  /* SCAN's COUNT: how many keys the server looks at in one command, */
#define MOST_KEYS   1000 /* which it does in well under a millisecond */

typedef struct key_scan {
    record_fetch fetch;
    const redis_model *state;
    id_list pending; /* ids that wait to be read */
    size_t taken;    /* so many of them have been read */
    seen seen;
    char cursor[24]; /* of SCAN */
    bool broken;     /* no cursor came, or what came is none */
    bool finished;   /* nothing more to walk */
    redis_request *request;
} key_scan;

/* ---- what the selection asks ---- */

/* A condition that names the ids of all records for which the filter can hold. */
static bool find_ids(const ds_filter *filter, size_t id_slot, ds_filter_node *out)
{
    out->size = sizeof *out;
    ds_filter_view(filter, out);
    if (out->kind == DS_FILTER_COMPARE)
        return (out->op == DS_EQ || out->op == DS_IN) && out->slot == id_slot && out->path == NULL;
    if (out->kind != DS_FILTER_ALL)
        return false;
    const ds_filter_node all = *out;
    for (size_t i = 0; i < all.child_count; i++)
        if (find_ids(all.children[i], id_slot, out))
            return true;
    return false;
}

typedef struct find_plan {
    bool by_ids;
    ds_filter_node ids;
    fetch_what what;
    uint32_t did;
} find_plan;

static bool is_everything(const ds_filter *filter)
{
    ds_filter_node node = {.size = sizeof node};
    ds_filter_view(filter, &node);
    return node.kind == DS_FILTER_EVERYTHING;
}

static bool is_comparison(const ds_filter *filter)
{
    ds_filter_node node = {.size = sizeof node};
    ds_filter_view(filter, &node);
    return node.kind == DS_FILTER_COMPARE;
}

/* The fields of a selection but the id. */
static size_t count_fields(const redis_model *state, const ds_selection *selection)
{
    size_t count = 0;
    for (size_t i = 0; i < selection->field_count; i++)
        count += ds_model_slot(state->model, selection->fields[i], strlen(selection->fields[i])) != state->id_slot;
    return count;
}

static find_plan make_plan(const redis_model *state, const ds_selection *selection, uint32_t may)
{
    find_plan plan = {.by_ids = find_ids(selection->where, state->id_slot, &plan.ids), .what = FETCH_WHOLE};
    if (is_everything(selection->where) || (plan.by_ids && is_comparison(selection->where)))
        plan.did |= DS_DID_WHERE & may;
    size_t declared = ds_model_property_count(state->model);
    if ((may & DS_DID_FIELDS) && selection->field_count > 0 && (!state->strict || selection->field_count < declared)) {
        plan.what = count_fields(state, selection) > 0 ? FETCH_FIELDS : FETCH_EXISTENCE;
        plan.did |= DS_DID_FIELDS;
    }
    return plan;
}

/* ---- a scan's life ---- */

static ds_status take_fields(key_scan *scan, const ds_selection *selection)
{
    record_fetch *fetch = &scan->fetch;
    if (fetch->what != FETCH_FIELDS)
        return DS_OK;
    size_t count = selection->field_count;
    /* One allocation for both: names, then slots. */
    fetch->slots = ds_malloc(count * (sizeof *fetch->slots + sizeof *fetch->fields));
    if (fetch->slots == NULL)
        return DS_NOMEM;
    const char **names = (const char **)(void *)(fetch->slots + count);
    for (size_t i = 0; i < count; i++) {
        size_t slot = ds_model_slot(fetch->model, selection->fields[i], strlen(selection->fields[i]));
        if (slot == scan->state->id_slot)
            continue;
        names[fetch->field_count] = selection->fields[i];
        fetch->slots[fetch->field_count++] = slot;
    }
    fetch->fields = names;
    return DS_OK;
}

static ds_status add_id(key_scan *scan, const char *id, size_t length)
{
    bool added;
    ds_status status = seen_add(&scan->seen, id, length, &added);
    return status == DS_OK && added ? id_list_add(&scan->pending, id, length) : status;
}

static ds_status take_ids(key_scan *scan, const ds_filter_node *node)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < node->value_count && status == DS_OK; i++) {
        ds_text text;
        ds_value_text(node->values[i], &text);
        if (node->values[i].type != DS_NULL)
            status = add_id(scan, text.bytes, text.length);
    }
    scan->finished = true;
    return status;
}

static ds_status open_scan(mapping *map, const ds_model *model, key_scan **out)
{
    key_scan *scan = ds_calloc(1, sizeof *scan);
    *out = scan;
    if (scan == NULL)
        return DS_NOMEM;
    scan->state = ds_model_state(model);
    scan->fetch = (record_fetch){.map = map, .model = model, .state = scan->state, .passes_over_kinds = true};
    memcpy(scan->cursor, "0", 2);
    scan->request = redis_request_new(map->redis);
    return scan->request == NULL ? DS_NOMEM : DS_OK;
}

ds_status find_records(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                       uint32_t *did, void **out, ds_call *call)
{
    find_plan plan = make_plan(ds_model_state(model), selection, may);
    key_scan *scan;
    ds_status status = open_scan(connection, model, &scan);
    if (status == DS_OK) {
        scan->fetch.what = plan.what;
        status = take_fields(scan, selection);
    }
    if (status == DS_OK && plan.by_ids)
        status = take_ids(scan, &plan.ids);
    if (status != DS_OK) {
        end_scan(scan);
        return ds_error_set(call->error, status, "out of memory");
    }
    *did = plan.did;
    *out = scan;
    return DS_OK;
}

void end_scan(void *ended)
{
    key_scan *scan = ended;
    if (scan == NULL)
        return;
    redis_request_free(scan->request);
    fetch_free(&scan->fetch);
    id_list_free(&scan->pending);
    seen_free(&scan->seen);
    ds_free(scan);
}

/* ---- the walk ---- */

/* SCAN's reply: the next cursor, then an array of keys. */
static ds_status take_scan(void *user, const redis_place *at, const char *bytes, size_t length)
{
    key_scan *scan = user;
    const char *id;
    size_t id_length;
    if (at->depth == 1 && at->index == 0) {
        scan->broken = length == 0 || length >= sizeof scan->cursor || strspn(bytes, "0123456789") < length;
        if (!scan->broken) {
            memcpy(scan->cursor, bytes, length);
            scan->cursor[length] = '\0';
        }
    } else if (at->depth == 2 && key_read(&scan->state->keys, bytes, length, &id, &id_length) &&
               model_takes_id(scan->state, id, id_length)) {
        return add_id(scan, id, id_length);
    }
    return DS_OK;
}

static ds_status end_scan_reply(void *user, const redis_place *at)
{
    key_scan *scan = user;
    (void)at;
    scan->finished = strcmp(scan->cursor, "0") == 0;
    return DS_OK;
}

static const redis_sink scan_sink = {.string = take_scan, .end = end_scan_reply};

static void encode_scan(key_scan *scan, size_t count)
{
    redis_request *request = scan->request;
    scan->broken = true; /* until a cursor comes */
    request_begin_sink(request, 8, &scan_sink, scan);
    request_text(request, "SCAN");
    request_text(request, scan->cursor);
    request_text(request, "MATCH");
    request_bytes(request, scan->state->pattern, scan->state->pattern_length);
    request_text(request, "COUNT");
    request_integer(request, (int64_t)count);
    request_text(request, "TYPE");
    request_text(request, "hash");
}

static ds_status check_scan(const key_scan *scan, size_t command, ds_error *err)
{
    const redis_reply *reply = redis_reply_at(scan->request, command);
    if (reply != NULL && reply->type == REDIS_ERROR) {
        char doing[200] = "the walk over ";
        strcat(doing, key_show(&scan->state->keys, KEY_RECORD, "", 0).text);
        return redis_reply_fail(reply, doing, err);
    }
    return scan->broken ? ds_error_set(err, DS_BACKEND, "the server gave an answer that SCAN does not give") : DS_OK;
}

static size_t keys_of_a_step(size_t wanted)
{
    return wanted < FEWEST_KEYS ? FEWEST_KEYS : wanted > MOST_KEYS ? MOST_KEYS : wanted;
}

/* One round trip: reads ids that wait, and looks for more where they run out with it. */
static ds_status step(key_scan *scan, ds_block *block, size_t wanted, ds_call *call)
{
    size_t waiting = scan->pending.count - scan->taken;
    size_t count = waiting < wanted ? waiting : wanted;
    count = count < MOST_KEYS ? count : MOST_KEYS;
    bool walks = !scan->finished && count == waiting;
    redis_request_reset(scan->request);
    scan->fetch.call = call;
    fetch_encode(&scan->fetch, scan->request, &scan->pending, scan->taken, count, block);
    if (walks)
        encode_scan(scan, keys_of_a_step(wanted));
    ds_status status = redis_run(scan->fetch.map->redis, scan->request, false, call);
    if (status == DS_OK)
        status = fetch_finish(&scan->fetch, scan->request, count);
    if (status == DS_OK && walks)
        status = check_scan(scan, count, call->error);
    scan->taken += count;
    return status;
}

static void forget_read(key_scan *scan)
{
    if (scan->taken == scan->pending.count) {
        id_list_clear(&scan->pending);
        scan->taken = 0;
    }
}

ds_status next_block(void *ended, ds_block *block, ds_call *call)
{
    key_scan *scan = ended;
    size_t wanted = ds_block_wanted(block), before = ds_block_count(block);
    while (wanted > 0 && ds_block_count(block) == before && !(scan->finished && scan->taken == scan->pending.count)) {
        ds_status status = ds_call_progress(call); /* each round trip is a step: a walk may need any number of them */
        if (status == DS_OK)
            status = step(scan, block, wanted, call);
        if (status != DS_OK)
            return status;
        forget_read(scan);
    }
    return DS_OK;
}

/* ---- counting and explaining ---- */

ds_status count_records(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count, ds_call *call)
{
    if (!is_everything(where))
        return ds_error_set(call->error, DS_UNSUPPORTED, "Redis counts all records only");
    key_scan *scan;
    ds_status status = open_scan(connection, model, &scan);
    if (status != DS_OK)
        ds_error_set(call->error, status, "out of memory");
    *count = 0;
    while (status == DS_OK && !scan->finished && (status = ds_call_progress(call)) == DS_OK) {
        redis_request_reset(scan->request);
        encode_scan(scan, MOST_KEYS);
        status = redis_run(scan->fetch.map->redis, scan->request, false, call);
        if (status == DS_OK)
            status = check_scan(scan, 0, call->error);
        *count += scan->pending.count;
        id_list_clear(&scan->pending);
    }
    end_scan(scan);
    return status;
}

static const char *fetch_command(fetch_what what)
{
    return what == FETCH_WHOLE ? "HGETALL" : what == FETCH_FIELDS ? "HMGET" : "HLEN";
}

ds_status explain_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                       uint32_t *did, ds_buffer *members, ds_call *call)
{
    const redis_model *state = ds_model_state(model);
    find_plan plan = make_plan(state, selection, may);
    (void)connection;
    (void)call;
    *did = plan.did;
    if (plan.by_ids) {
        ds_buffer_format(members, "\"access\": \"ids\", \"ids\": %zu", plan.ids.value_count);
    } else {
        ds_buffer_format(members, "\"access\": \"scan\", \"pattern\": ");
        ds_buffer_json(members, ds_string_n(state->pattern, state->pattern_length));
    }
    ds_buffer_format(members, ", \"command\": \"%s\"", fetch_command(plan.what));
    return DS_OK;
}
