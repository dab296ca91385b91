/* The entries of finding: a plan is chosen, and what it gives is read batch by batch, the next ids together with the records of
 * those before. */
#include "find.h"

#include "scan.h"

/* ---- what was found ---- */

static bool remember_passed(find *self, const char *end, size_t length, bool descending)
{
    if (length > self->passed_room) {
        char *moved = ds_realloc(self->passed, length + 64);
        if (moved == NULL)
            return false;
        self->passed = moved;
        self->passed_room = length + 64;
    }
    memcpy(self->passed, end, length);
    self->passed_length = length;
    self->passed_descending = descending;
    return true;
}

/* A walk that remembers no ids goes by their order: what stands behind the parts. */
static bool pass(find *self, bytes entry, size_t range)
{
    const schema_index *index = self->plan.ranges[range].index;
    size_t at = 0;
    for (size_t key = 0; index != NULL && key < index->key_count; key++)
        at += member_part_length(entry.at + at, entry.length - at, index->keys[key].descending);
    return remember_passed(self, entry.at + at, entry.length - at,
                           index != NULL && index->keys[index->key_count - 1].descending);
}

/* After such a walk another one goes on: with what the first one has not passed. */
static ds_status was_passed(find *self, const char *id, size_t length, bool *passed)
{
    member end = {0};
    ds_value value = ds_string_n(id, length);
    *passed = false;
    if (self->passed == NULL)
        return DS_OK;
    if (self->state->id->type == DS_PROPERTY_INTEGER && ds_value_parse(DS_INTEGER, id, length, &value) != DS_OK)
        return DS_OK;
    ds_status status = member_add_id(&end, value, self->passed_descending);
    if (status == DS_OK)
        *passed = bytes_compare((bytes){end.bytes, end.length}, (bytes){self->passed, self->passed_length}) <= 0;
    member_free(&end);
    return status;
}

static ds_status note_entry(find *self, bytes entry, size_t range)
{
    if (self->plan.range_count == 0)
        return DS_OK;
    if (self->pending.count > self->found_room) {
        size_t room = self->pending.count * 2 + 64;
        size_t *moved = ds_realloc(self->found, room * sizeof *moved);
        if (moved == NULL)
            return DS_NOMEM;
        self->found = moved;
        self->found_room = room;
    }
    self->found[self->pending.count - 1] = range;
    return id_list_add(&self->members, entry.at, entry.length);
}

/* An entry may be a stale one, and the record's own still come: what an entry leads to is remembered when it has been read, and
 * the entry was its own (stale.c). */
static ds_status was_met(find *self, const char *id, size_t length, size_t range, bool *met)
{
    bool is_new = true;
    ds_status status = DS_OK;
    if (self->remembers && range != FOUND_ELSEWHERE)
        is_new = !seen_has(&self->seen, id, length);
    else if (self->remembers)
        status = seen_add(&self->seen, id, length, &is_new);
    *met = !is_new;
    return status;
}

ds_status find_add(find *self, const char *id, size_t length, bytes entry, size_t range)
{
    bool met = false, passed = false;
    ds_status status = DS_OK;
    if (self->mended > 0)
        status = was_passed(self, id, length, &passed);
    if (status == DS_OK && !passed)
        status = was_met(self, id, length, range, &met);
    if (status != DS_OK || passed || met)
        return status;
    if (!self->remembers && range != FOUND_ELSEWHERE && !pass(self, entry, range))
        return DS_NOMEM;
    status = id_list_add(&self->pending, id, length);
    return status == DS_OK ? note_entry(self, entry, range) : status;
}

/* ---- what is read of a record ---- */

/* The fields of a selection but the id. */
static size_t count_fields(const redis_model *state, const ds_selection *selection)
{
    size_t count = 0;
    for (size_t i = 0; i < selection->field_count; i++)
        count += ds_model_slot(state->model, selection->fields[i], strlen(selection->fields[i])) != state->id_slot;
    return count;
}

static void add_field(record_fetch *fetch, const char **names, const char *name, size_t slot)
{
    for (size_t i = 0; slot != DS_NO_SLOT && i < fetch->field_count; i++)
        if (fetch->slots[i] == slot)
            return;
    names[fetch->field_count] = name;
    fetch->slots[fetch->field_count++] = slot;
}

/* The keys of the indexes that are walked, so that an entry can be told from one that is not its own. */
static size_t count_keys(const plan *of)
{
    size_t count = 0;
    for (size_t i = 0; i < of->range_count; i++)
        if (of->ranges[i].index != NULL && (i == 0 || of->ranges[i].index != of->ranges[i - 1].index))
            count += of->ranges[i].index->key_count;
    return count;
}

static void add_keys(find *self, const char **names)
{
    const plan *of = &self->plan;
    for (size_t i = 0; i < of->range_count; i++) {
        const schema_index *index = of->ranges[i].index;
        if (index == NULL || (i > 0 && index == of->ranges[i - 1].index))
            continue;
        for (size_t key = 0; key < index->key_count; key++)
            if (index->own->slots[key] != self->state->id_slot)
                add_field(&self->fetch, names, ds_model_property(self->state->model, index->own->slots[key])->name,
                          index->own->slots[key]);
    }
}

ds_status find_take_fields(find *self)
{
    record_fetch *fetch = &self->fetch;
    const ds_selection *selection = self->selection;
    size_t declared = ds_model_property_count(self->state->model);
    fetch->what = FETCH_WHOLE;
    fetch->field_count = 0;
    if ((self->may & DS_DID_FIELDS) == 0 || selection->field_count == 0 ||
        (self->state->strict && selection->field_count >= declared))
        return DS_OK;
    self->did |= DS_DID_FIELDS;
    size_t keys = count_keys(&self->plan), count = selection->field_count + keys;
    fetch->what = count_fields(self->state, selection) + keys > 0 ? FETCH_FIELDS : FETCH_EXISTENCE;
    if (fetch->what == FETCH_EXISTENCE)
        return DS_OK;
    ds_free(fetch->slots); /* one allocation for both: slots, then names */
    fetch->slots = ds_malloc(count * (sizeof *fetch->slots + sizeof *fetch->fields));
    if (fetch->slots == NULL)
        return DS_NOMEM;
    const char **names = (const char **)(void *)(fetch->slots + count);
    for (size_t i = 0; i < selection->field_count; i++) {
        size_t slot = ds_model_slot(fetch->model, selection->fields[i], strlen(selection->fields[i]));
        if (slot != self->state->id_slot)
            add_field(fetch, names, selection->fields[i], slot);
    }
    add_keys(self, names);
    fetch->fields = names;
    return DS_OK;
}

/* ---- a find's life ---- */

ds_status find_open(mapping *map, const ds_model *model, const ds_selection *selection, uint32_t may, find **out)
{
    find *self = ds_calloc(1, sizeof *self);
    *out = self;
    if (self == NULL)
        return DS_NOMEM;
    self->map = map;
    self->state = ds_model_state(model);
    self->selection = selection;
    self->may = may;
    self->fetch = (record_fetch){.map = map, .model = model, .state = self->state, .passes_over_kinds = true};
    memcpy(self->cursor, "0", 2);
    self->request = redis_request_new(map->redis);
    return self->request == NULL ? DS_NOMEM : DS_OK;
}

/* Which parts of the selection the plan does: it may read more than the filter wants, so the filter is asked here where the
 * library would count on it. */
void find_decide(find *self)
{
    const plan *of = &self->plan;
    bool walks = of->range_count > 0 || of->claim_count > 0;
    self->did &= (uint32_t)DS_DID_FIELDS;
    self->checks = walks && (self->may & DS_DID_WHERE) != 0;
    if (self->checks || of->is_exact)
        self->did |= DS_DID_WHERE & self->may;
    if (of->is_ordered)
        self->did |= DS_DID_ORDER;
    if (of->is_ordered && of->starts_after)
        self->did |= DS_DID_AFTER;
}

/* Makes ready what the plan needs. */
static ds_status begin_plan(find *self)
{
    const plan *of = &self->plan;
    ds_status status = find_take_fields(self);
    if (status == DS_OK)
        status = walk_begin(self);
    self->remembers = self->remembers || of->repeats || of->access == PLAN_SCAN || of->access == PLAN_IDS;
    if ((of->range_count > 0 || self->checks || self->mended > 0) && self->records == NULL) {
        self->records = ds_calloc(MOST_AT_ONCE, sizeof(ds_record *));
        if (self->records == NULL)
            return DS_NOMEM;
    }
    self->fetch.records = self->records;
    for (size_t i = 0; i < of->id_count && status == DS_OK; i++)
        status = find_add(self, of->ids[i].at, of->ids[i].length, (bytes){NULL, 0}, FOUND_ELSEWHERE);
    self->is_finished = of->access != PLAN_SCAN && of->range_count == 0 && of->claim_count == 0;
    return status;
}

ds_status find_records(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                       uint32_t *did, void **out, ds_call *call)
{
    find *self;
    ds_status status = find_open(connection, model, selection, may, &self);
    if (status == DS_OK)
        status = choose_plan(self, NULL, call);
    if (status == DS_OK) {
        find_decide(self);
        status = begin_plan(self);
    }
    if (status == DS_OK)
        status = skip_by_rank(self, call);
    if (status != DS_OK) {
        if (status == DS_NOMEM)
            ds_error_set(call->error, status, "out of memory");
        end_scan(self);
        return status;
    }
    *did = self->did;
    *out = self;
    return DS_OK;
}

void end_scan(void *ended)
{
    find *self = ended;
    if (self == NULL)
        return;
    walk_free(self);
    schema_release(self->state, self->snapshot);
    redis_request_free(self->request);
    redis_request_free(self->drops);
    fetch_free(&self->fetch);
    id_list_free(&self->pending);
    id_list_free(&self->members);
    seen_free(&self->seen);
    pool_free(&self->memory);
    ds_free(self->found);
    ds_free(self->passed);
    ds_free(self->records);
    ds_free(self);
}

/* ---- when a plan does not hold any more ---- */

/* What is in order is found again by the library, behind the last record. The others begin anew here, and keep what they have
 * met. */
static ds_status mend(find *self, ds_call *call)
{
    plan_question question;
    if (self->plan.is_ordered) {
        ds_status status = choose_question(self, true, &question, call); /* for the next one */
        return status != DS_OK ? status
                               : ds_error_set(call->error, DS_UNSUPPORTED,
                                              "an index that gave the order of the model \"%s\" has changed",
                                              ds_model_name(self->state->model));
    }
    if (self->mended++ >= 50)
        return ds_error_set(call->error, DS_BUSY, "the indexes of the model \"%s\" change faster than they are read",
                            ds_model_name(self->state->model));
    walk_free(self);
    self->is_broken = false;
    self->remembers = true;
    self->may &= ~(uint32_t)DS_DID_ORDER;
    uint32_t did = self->did;
    bool checks = self->checks;
    ds_status status = choose_plan(self, NULL, call);
    if (status == DS_OK)
        status = begin_plan(self);
    self->did = did;
    self->checks = checks || (did & DS_DID_WHERE) != 0;
    return status;
}

/* ---- the batches ---- */

#define FEWEST_GUESSED 100
#define MOST_GUESSED   256 /* records may be large; so many is what the library asks for without a limit */

/* Of what an index gives, all may match or hardly any: the fewer do, the more is read at a time. What is read beyond the host's
 * limit matches as well, and does no harm. */
static bool is_guessing(const find *self)
{
    return self->checks && !self->plan.is_exact && !self->limits;
}

static size_t batch_of(const find *self, size_t wanted)
{
    size_t least = self->limits ? 0 : self->reach > 0 || !is_guessing(self) ? self->reach : FEWEST_GUESSED;
    return wanted > least ? wanted : least;
}

/* After `read` records of which `found` were some: entries of an exact plan all match, but for those whose record is gone. */
static void reach_further(find *self, size_t read, size_t found, size_t wanted)
{
    if (read == 0 || found >= (is_guessing(self) ? wanted : 1))
        return;
    size_t next = 2 * batch_of(self, wanted);
    self->reach = next < FEWEST_GUESSED ? FEWEST_GUESSED : next < MOST_GUESSED ? next : MOST_GUESSED;
}

/* Where the host wants so many alone, no more is looked for than is wanted. */
static bool looks_further(const find *self, size_t count, size_t wanted)
{
    const uint32_t exact = DS_DID_WHERE | (self->selection->order_count > 0 ? (uint32_t)DS_DID_ORDER : 0u);
    bool is_enough = self->selection->limit != 0 && (self->did & exact) == exact && count >= wanted &&
                     self->reach == 0 && !is_guessing(self);
    return !self->is_finished && !self->is_broken && count == self->pending.count - self->taken && !is_enough;
}

static ds_status take_in(find *self, size_t command, ds_call *call)
{
    return self->plan.access == PLAN_SCAN ? scan_check(self, command, call->error) : walk_take(self, call);
}

/* One round trip: reads the records of ids that wait, and looks for more where they run out with it. */
static ds_status step(find *self, ds_block *block, size_t wanted, ds_call *call)
{
    size_t waiting = self->pending.count - self->taken;
    size_t count = waiting < wanted ? waiting : wanted;
    count = count < MOST_AT_ONCE ? count : MOST_AT_ONCE;
    bool looks = looks_further(self, count, wanted);
    redis_request_reset(self->request);
    self->fetch.call = call;
    fetch_encode(&self->fetch, self->request, &self->pending, self->taken, count, block);
    if (looks && self->plan.access == PLAN_SCAN)
        scan_encode(self, wanted);
    else if (looks)
        looks = walk_encode(self, wanted);
    ds_status status = redis_run(self->map->redis, self->request, false, call);
    if (status == DS_OK)
        status = fetch_finish(&self->fetch, self->request, count);
    if (status == DS_OK && looks)
        status = take_in(self, count, call);
    if (status == DS_OK && self->fetch.records != NULL)
        status = stale_judge(self, count, call);
    self->taken += count;
    self->read = count;
    return status;
}

static void forget_read(find *self)
{
    if (self->taken == self->pending.count) {
        id_list_clear(&self->pending);
        id_list_clear(&self->members);
        self->taken = 0;
    }
}

/* One step further; what was read of ranges is handed on once the ids before it have been read. */
static ds_status go_on(find *self, ds_block *block, size_t wanted, ds_call *call)
{
    ds_status status = ds_call_progress(call); /* each round trip is a step: a walk may need any number of them */
    bool is_drained = self->taken == self->pending.count;
    if (status == DS_OK && self->is_broken && is_drained)
        return mend(self, call);
    if (status == DS_OK)
        status = step(self, block, wanted, call);
    if (status != DS_OK)
        return status;
    forget_read(self);
    if (self->plan.range_count > 0 || self->plan.claim_count > 0)
        status = walk_hand_on(self, wanted < MOST_AT_ONCE ? wanted : MOST_AT_ONCE);
    return status;
}

ds_status next_block(void *ended, ds_block *block, ds_call *call)
{
    find *self = ended;
    size_t wanted = ds_block_wanted(block), before = ds_block_count(block);
    ds_status status = DS_OK;
    if (self->limits && wanted > self->left)
        wanted = (size_t)self->left;
    while (status == DS_OK && wanted > 0 && ds_block_count(block) == before &&
           !(self->is_finished && self->taken == self->pending.count)) {
        self->read = 0;
        status = go_on(self, block, batch_of(self, wanted), call);
        reach_further(self, self->read, ds_block_count(block) - before, wanted);
    }
    if (status == DS_NOMEM)
        return ds_error_set(call->error, status, "out of memory");
    if (status == DS_OK && self->limits)
        self->left -= ds_block_count(block) - before;
    return status;
}
