/* Walking ranges of indexes, and asking unique ones. With each batch come the guard of the index and the epoch of the schema, in
 * this order, so that entries are only believed where the index was whole when they were read. */
#include "find.h"

#define WINDOW        100  /* ranges that are read ahead, of those that are walked one after the other */
#define MOST_READ     2000 /* members in one round trip, or so */
#define FEWEST_EACH   10
#define CLAIMS_A_TRIP 500

/* ---- a walk's life ---- */

ds_status walk_begin(find *self)
{
    walk_free(self);
    self->stream_count = self->plan.range_count;
    self->streams = ds_calloc(self->stream_count + 1, sizeof *self->streams);
    return self->streams == NULL ? DS_NOMEM : DS_OK;
}

void walk_free(find *self)
{
    for (size_t i = 0; i < self->stream_count && self->streams != NULL; i++) {
        id_list_free(&self->streams[i].members);
        ds_free(self->streams[i].from);
    }
    ds_free(self->streams);
    self->streams = NULL;
    self->stream_count = 0;
    self->current = 0;
    self->claims_taken = 0;
}

/* Ranges of a plan that goes backwards come from its last one on. */
static const plan_range *range_of(const find *self, size_t i)
{
    bool backwards = self->plan.is_reverse && !self->plan.is_merged;
    return &self->plan.ranges[backwards ? self->plan.range_count - 1 - i : i];
}

/* ---- commands ---- */

void walk_encode_key(redis_request *request, const redis_model *state, const schema_index *index)
{
    if (index == NULL)
        request_key(request, state, KEY_IDS, "", 0);
    else
        request_key(request, state, index->unique ? KEY_UNIQUE : KEY_INDEX, index->name, strlen(index->name));
}

static void encode_bound(redis_request *request, char sign, bytes at)
{
    char *room = request_room(request, 1 + at.length);
    if (room == NULL)
        return;
    room[0] = sign;
    if (at.length > 0)
        memcpy(room + 1, at.at, at.length);
}

/* The guard has no bytes: from the beginning means behind it. */
static void encode_first(redis_request *request, const plan_range *range)
{
    encode_bound(request, range->first.length == 0 ? '(' : '[', range->first);
}

static void encode_behind(redis_request *request, const plan_range *range)
{
    if (range->is_endless)
        request_text(request, "+");
    else
        encode_bound(request, '(', range->behind);
}

void walk_encode_bounds(redis_request *request, const plan_range *range, const stream *from, bool reverse)
{
    bool is_begun = from != NULL && from->from != NULL;
    bytes last = is_begun ? (bytes){from->from, from->length} : (bytes){NULL, 0};
    if (reverse) {
        if (is_begun)
            encode_bound(request, '(', last);
        else
            encode_behind(request, range);
        encode_first(request, range);
        return;
    }
    if (is_begun)
        encode_bound(request, '(', last);
    else
        encode_first(request, range);
    encode_behind(request, range);
}

static void encode_range(find *self, size_t i, size_t count)
{
    stream *of = &self->streams[i];
    const plan_range *range = range_of(self, i);
    of->asked = count;
    of->command = request_count(self->request);
    request_begin(self->request, 7);
    request_text(self->request, self->plan.is_reverse ? "ZREVRANGEBYLEX" : "ZRANGEBYLEX");
    walk_encode_key(self->request, self->state, range->index);
    walk_encode_bounds(self->request, range, of, self->plan.is_reverse);
    request_text(self->request, "LIMIT");
    request_text(self->request, "0");
    request_integer(self->request, (int64_t)count);
}

void walk_encode_guard(redis_request *request, const redis_model *state, const schema_index *index)
{
    request_begin(request, 3);
    request_text(request, index != NULL && index->unique ? "HGET" : "ZSCORE");
    walk_encode_key(request, state, index);
    request_bytes(request, "", 0);
}

bool walk_has_guard(const redis_reply *reply)
{
    return reply != NULL && (reply->type == REDIS_STRING || reply->type == REDIS_STATUS);
}

void walk_encode_epoch(redis_request *request, const redis_model *state)
{
    request_begin(request, 3);
    request_text(request, "HGET");
    request_key(request, state, KEY_SCHEMA, "", 0);
    request_text(request, "epoch");
}

bool walk_is_epoch(const find *self, const redis_reply *reply)
{
    return reply != NULL && reply->type == REDIS_STRING && strcmp(reply->text, self->snapshot->epoch) == 0;
}

/* ---- what is read in a round trip ---- */

static void want_guard(find *self, const schema_index *index)
{
    for (size_t i = 0; i < self->guard_count; i++)
        if (self->guarded[i] == index)
            return;
    self->guarded[self->guard_count++] = index; /* no more are read than have a place */
}

static void encode_guards(find *self)
{
    self->first_guard = request_count(self->request);
    for (size_t i = 0; i < self->guard_count; i++)
        walk_encode_guard(self->request, self->state, self->guarded[i]);
    walk_encode_epoch(self->request, self->state);
}

static bool encode_claims(find *self)
{
    size_t left = self->plan.claim_count - self->claims_taken;
    self->claims_asked = left < CLAIMS_A_TRIP ? left : CLAIMS_A_TRIP;
    self->first_claim = request_count(self->request);
    for (size_t i = 0; i < self->claims_asked; i++) {
        const plan_claim *claim = &self->plan.claims[self->claims_taken + i];
        request_begin(self->request, 3);
        request_text(self->request, "HGET");
        walk_encode_key(self->request, self->state, claim->index);
        request_bytes(self->request, claim->value.at, claim->value.length);
        want_guard(self, claim->index);
    }
    return self->claims_asked > 0;
}

static size_t window_end(const find *self)
{
    size_t end = self->plan.is_merged ? self->stream_count : self->current + WINDOW;
    return end < self->stream_count ? end : self->stream_count;
}

static bool is_read_out(const stream *of)
{
    return of->next == of->members.count;
}

static bool encode_ranges(find *self, size_t wanted)
{
    size_t end = window_end(self), wanting = 0;
    for (size_t i = self->current; i < end; i++)
        wanting += is_read_out(&self->streams[i]) && !self->streams[i].is_whole;
    size_t each = wanted < MOST_AT_ONCE ? wanted : MOST_AT_ONCE;
    if (each * wanting > MOST_READ)
        each = MOST_READ / wanting > FEWEST_EACH ? MOST_READ / wanting : FEWEST_EACH;
    for (size_t i = self->current; i < end; i++)
        if (is_read_out(&self->streams[i]) && !self->streams[i].is_whole) {
            encode_range(self, i, each);
            want_guard(self, range_of(self, i)->index);
        }
    return wanting > 0;
}

bool walk_encode(find *self, size_t wanted)
{
    self->guard_count = 0;
    self->claims_asked = 0;
    for (size_t i = 0; i < self->stream_count; i++)
        self->streams[i].asked = 0;
    bool reads = encode_claims(self) || encode_ranges(self, wanted);
    if (reads)
        encode_guards(self);
    return reads;
}

/* ---- what came ---- */

static void note_lost(find *self, const schema_index *index)
{
    size_t place = index == NULL ? PLAN_PRIMARY_BIT : (size_t)(index - self->snapshot->indexes);
    trust_note(self->state->trust->lost, place, self->snapshot->epoch);
    self->is_broken = true;
}

static void check_guards(find *self)
{
    for (size_t i = 0; i < self->guard_count; i++)
        if (!walk_has_guard(redis_reply_at(self->request, self->first_guard + i)))
            note_lost(self, self->guarded[i]);
    self->is_broken |= !walk_is_epoch(self, redis_reply_at(self->request, self->first_guard + self->guard_count));
}

static ds_status check_errors(const find *self, ds_error *err)
{
    size_t first = self->claims_asked > 0 ? self->first_claim : self->first_guard;
    for (size_t i = 0; self->claims_asked == 0 && i < self->stream_count; i++)
        if (self->streams[i].asked > 0 && self->streams[i].command < first)
            first = self->streams[i].command;
    for (size_t command = first; command <= self->first_guard + self->guard_count; command++) {
        const redis_reply *reply = redis_reply_at(self->request, command);
        if (reply != NULL && reply->type == REDIS_ERROR && !redis_reply_is(reply, "WRONGTYPE"))
            return redis_reply_fail(reply, "an index", err);
    }
    return DS_OK;
}

static ds_status take_claims(find *self)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < self->claims_asked && status == DS_OK; i++) {
        const redis_reply *reply = redis_reply_at(self->request, self->first_claim + i);
        if (reply != NULL && reply->type == REDIS_STRING && model_takes_id(self->state, reply->text, reply->length))
            status = find_add(self, reply->text, reply->length, (bytes){NULL, 0}, FOUND_ELSEWHERE);
    }
    self->claims_taken += self->claims_asked;
    return status;
}

static ds_status remember_place(stream *of, const redis_reply *last)
{
    if (last->length >= of->room) {
        char *moved = ds_realloc(of->from, last->length + 64);
        if (moved == NULL)
            return DS_NOMEM;
        of->from = moved;
        of->room = last->length + 64;
    }
    memcpy(of->from, last->text, last->length);
    of->length = last->length;
    return DS_OK;
}

/* A batch ends behind the one before: a server that repeats itself would be followed for ever. */
static bool goes_on(const find *self, const stream *of, const redis_reply *reply)
{
    for (size_t i = 0; i < reply->count; i++)
        if (reply->elements[i].type != REDIS_STRING)
            return false;
    if (reply->count == 0 || of->from == NULL)
        return true;
    const redis_reply *last = &reply->elements[reply->count - 1];
    int order = bytes_compare((bytes){last->text, last->length}, (bytes){of->from, of->length});
    return self->plan.is_reverse ? order < 0 : order > 0;
}

static ds_status take_members(find *self, stream *of, ds_error *err)
{
    const redis_reply *reply = redis_reply_at(self->request, of->command);
    ds_status status = DS_OK;
    if (reply == NULL || reply->type != REDIS_ARRAY) {
        self->is_broken = true;
        return DS_OK;
    }
    if (!goes_on(self, of, reply))
        return ds_error_set(
            err, DS_BACKEND,
            "the server gave members of an index of the model \"%s\" that do not go on behind the last one",
            ds_model_name(self->state->model));
    id_list_clear(&of->members);
    of->next = 0;
    of->is_whole = reply->count < of->asked;
    for (size_t i = 0; i < reply->count && status == DS_OK; i++)
        status = id_list_add(&of->members, reply->elements[i].text, reply->elements[i].length);
    return status == DS_OK && reply->count > 0 ? remember_place(of, &reply->elements[reply->count - 1]) : status;
}

ds_status walk_take(find *self, ds_call *call)
{
    ds_status status = check_errors(self, call->error);
    if (status != DS_OK)
        return status;
    check_guards(self);
    if (self->is_broken)
        return DS_OK;
    status = take_claims(self);
    for (size_t i = 0; i < self->stream_count && status == DS_OK && !self->is_broken; i++)
        if (self->streams[i].asked > 0)
            status = take_members(self, &self->streams[i], call->error);
    return status;
}

/* ---- handing on ---- */

/* Whether one of its texts was cut: then its place among its like says nothing of their order. */
static bool is_cut(const schema_index *index, bytes entry)
{
    size_t at = 0;
    for (size_t key = 0; index != NULL && key < index->key_count && entry.length > LONGEST_INDEXED; key++) {
        bool descending = index->keys[key].descending;
        size_t length = member_part_length(entry.at + at, entry.length - at, descending);
        if (member_part_is_cut(entry.at + at, length, descending))
            return true;
        at += length;
    }
    return false;
}

static bytes next_entry(const stream *of)
{
    bytes entry;
    entry.at = id_list_at(&of->members, of->next, &entry.length);
    return entry;
}

static bytes suffix(bytes entry, size_t at)
{
    return at > entry.length ? (bytes){NULL, 0} : (bytes){entry.at + at, entry.length - at};
}

/* The stream whose entry comes next; stream_count: none, or not known before more is read. */
static size_t pick_merged(const find *self)
{
    size_t best = self->stream_count;
    bytes least = {NULL, 0};
    for (size_t i = 0; i < self->stream_count; i++) {
        const stream *of = &self->streams[i];
        if (is_read_out(of) && !of->is_whole)
            return self->stream_count;
        if (is_read_out(of))
            continue;
        bytes end = suffix(next_entry(of), self->plan.ranges[i].suffix_at);
        int order = best == self->stream_count ? -1 : bytes_compare(end, least);
        if (best == self->stream_count || (self->plan.is_reverse ? order > 0 : order < 0)) {
            best = i;
            least = end;
        }
    }
    return best;
}

static size_t pick_next(find *self)
{
    if (self->plan.is_merged)
        return pick_merged(self);
    while (self->current < self->stream_count && is_read_out(&self->streams[self->current])) {
        if (!self->streams[self->current].is_whole)
            return self->stream_count;
        id_list_free(&self->streams[self->current++].members);
        self->streams[self->current - 1].next = 0;
    }
    return self->current;
}

/* An id that stands at the end of an entry. What is no member of the index is passed over. */
static ds_status hand_on(find *self, size_t i, bytes entry)
{
    const schema_index *index = range_of(self, i)->index;
    bool descending[64];
    char scratch[LONGEST_INDEXED + 32];
    size_t keys = index == NULL ? 0 : index->key_count, length;
    const char *id;
    for (size_t key = 0; key < keys && key < 64; key++)
        descending[key] = index->keys[key].descending;
    bool is_integer = self->state->id->type == DS_PROPERTY_INTEGER;
    if (keys > 64 || !member_read_id(entry.at, entry.length, descending, keys, is_integer, scratch, &id, &length) ||
        !model_takes_id(self->state, id, length))
        return DS_OK;
    return find_add(self, id, length, entry, (size_t)(range_of(self, i) - self->plan.ranges));
}

static bool is_all_read(const find *self)
{
    for (size_t i = self->current; i < self->stream_count; i++)
        if (!is_read_out(&self->streams[i]) || !self->streams[i].is_whole)
            return false;
    return self->claims_taken == self->plan.claim_count;
}

ds_status walk_hand_on(find *self, size_t wanted)
{
    ds_status status = DS_OK;
    size_t next;
    while (status == DS_OK && !self->is_broken && self->pending.count - self->taken < wanted &&
           (next = pick_next(self)) < self->stream_count) {
        stream *of = &self->streams[next];
        bytes entry = next_entry(of);
        const schema_index *index = range_of(self, next)->index;
        if (self->plan.is_ordered && is_cut(index, entry)) {
            trust_note(self->state->trust->cut, (size_t)(index - self->snapshot->indexes), self->snapshot->epoch);
            self->is_broken = true;
            break;
        }
        of->next++;
        status = hand_on(self, next, entry);
    }
    self->is_finished = !self->is_broken && is_all_read(self);
    return status;
}
