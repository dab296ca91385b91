/* The rounds of a write: which commands go out together, and what their answers mean. */
#include "seen.h"
#include "sweep.h"

ds_value write_id(const write_job *job, size_t i)
{
    ds_field field;
    if (job->ids != NULL)
        return job->ids[i];
    return ds_record_field(job->records[i], job->state->id_slot, &field) ? field.value : ds_null();
}

/* ---- tokens ---- */

ds_status write_arm(write_job *job, token *own)
{
    if (!job->state->once)
        return DS_OK;
    job->token = own;
    return token_take(own, job->call);
}

redis_intent write_intent(const write_job *job)
{
    return job->token == NULL ? REDIS_WRITES : REDIS_TOKENED;
}

void write_begin(const write_job *job, redis_request *request, script which, bool whole, size_t keys, size_t arguments)
{
    if (job->token == NULL)
        script_begin(request, &job->map->digests, which, whole, keys, arguments);
    else
        script_begin(request, &job->map->digests, script_once(which), whole, keys + 1, arguments + 1);
}

ds_status write_token(const write_job *job, redis_request *request, size_t i)
{
    token_name name;
    ds_text id;
    if (job->token == NULL)
        return DS_OK;
    ds_value_text(write_id(job, i), &id);
    ds_status status = token_print(job->token, job->state, id.bytes, id.length, i, 0, &name);
    if (status == DS_OK)
        request_key(request, job->state, KEY_DONE, name.text, name.length);
    return status;
}

void write_life(const write_job *job, redis_request *request)
{
    if (job->token != NULL)
        request_integer(request, job->token->life_ms);
}

ds_status write_open(const ds_call *call, ds_error *out)
{
    return ds_error_set(out, DS_UNKNOWN_OUTCOME, "%s after a write had been sent: it may or may not be done",
                        call->error != NULL && call->error->status != DS_OK ? call->error->message
                                                                            : "the operation ended");
}

/* ---- what is told of a record ---- */

void write_tell_error(const write_job *job, size_t i, ds_status status, const ds_error *error)
{
    ds_outcome_fail(job->outcomes, i, status, error->native, "%s", error->message);
}

static void tell_wrong_kind(const write_job *job, size_t i, key_kind kind)
{
    ds_error error = {.status = DS_WRONG_KIND};
    ds_text id;
    ds_value_text(write_id(job, i), &id);
    if (kind == KEY_SEQUENCE)
        id.length = 0;
    write_tell_error(job, i, model_wrong_kind(job->state, kind, id.bytes, id.length, &error), &error);
}

static void tell_error_reply(const write_job *job, size_t i, const redis_reply *reply)
{
    ds_error error = {.status = DS_BACKEND};
    ds_text id;
    ds_value_text(write_id(job, i), &id);
    write_tell_error(job, i, model_reply_fail(job->state, id.bytes, id.length, reply, &error), &error);
}

static void tell_changed(const write_job *job, size_t i)
{
    atomic_fetch_add_explicit(&job->map->changed, 1, memory_order_relaxed);
    ds_outcome_refuse(job->outcomes, i, DS_REFUSED_CHANGED, NULL);
}

static void tell_word(const write_job *job, size_t i, const redis_reply *reply)
{
    if (script_says(reply, "CREATED") || script_says(reply, "DONE"))
        ds_outcome_ok(job->outcomes, i, reply->text[0] == 'C');
    else if (script_says(reply, "TAKEN"))
        ds_outcome_refuse(job->outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
    else if (script_says(reply, "MISSING"))
        ds_outcome_refuse(job->outcomes, i, DS_REFUSED_MISSING, NULL);
    else if (script_says(reply, "CHANGED"))
        tell_changed(job, i);
    else if (script_says(reply, "OLDER"))
        ds_outcome_refuse(job->outcomes, i, DS_REFUSED_OLDER_VERSION, NULL);
    else if (script_says(reply, "KIND") || script_says(reply, "SEQUENCE"))
        tell_wrong_kind(job, i, reply->text[0] == 'K' ? KEY_RECORD : KEY_SEQUENCE);
    else
        ds_outcome_fail(job->outcomes, i, DS_BACKEND, 0, "the server gave an answer that no script of ours gives");
}

void write_tell(const write_job *job, size_t i, const redis_reply *reply)
{
    if (reply == NULL)
        ds_outcome_fail(job->outcomes, i, DS_UNKNOWN_OUTCOME, 0, "%s", ANSWER_LOST);
    else if (reply->type == REDIS_ERROR)
        tell_error_reply(job, i, reply);
    else if (reply->type == REDIS_STRING || reply->type == REDIS_STATUS)
        tell_word(job, i, reply);
    else if (reply->type == REDIS_INTEGER) /* HSET's */
        ds_outcome_ok(job->outcomes, i, true);
    else
        ds_outcome_fail(job->outcomes, i, DS_BACKEND, 0, "the server gave an answer that no write gives");
}

/* ---- rounds ---- */

typedef struct round_schema { /* of a model, as long as the round lasts */
    const redis_model *state;
    const schema *current;
    bool is_stale;
    size_t sweep; /* the number of the command that sweeps; 0: none */
} round_schema;

typedef struct write_round {
    const write_job *jobs;
    bool each_own;                  /* a job a write; otherwise one for all */
    bool is_left;                   /* a write stays undecided */
    size_t indices[ROUND_COMMANDS]; /* of the records whose commands are in the request, in its order */
    kept_need *needs[ROUND_COMMANDS];
    bool is_open[ROUND_COMMANDS]; /* redis_command_is_open() */
    size_t count;
    unsigned turns;  /* of the commands in the request */
    bool is_unknown; /* a script was not met */
    seen ids;
    round_schema *schemas;
    size_t schema_count;
    kept_call scratch;
    redis_request *request;
} write_round;

static const write_job *job_at(const write_round *round, size_t i)
{
    return round->each_own ? &round->jobs[i] : round->jobs;
}

static bool is_by_keep(const write_job *job)
{
    return job->state->is_kept && job->plan != NULL;
}

/* ---- snapshots ---- */

static round_schema *schema_at(write_round *round, const redis_model *state)
{
    for (size_t i = 0; i < round->schema_count; i++)
        if (round->schemas[i].state == state)
            return &round->schemas[i];
    return NULL;
}

/* That of the model; *out is NULL for one without indexes. */
static ds_status take_schema(write_round *round, const redis_model *state, const schema **out, ds_call *call)
{
    *out = NULL;
    if (state->schemas == NULL)
        return DS_OK;
    round_schema *held = schema_at(round, state);
    if (held == NULL) {
        round_schema *grown = ds_realloc(round->schemas, (round->schema_count + 1) * sizeof *grown);
        if (grown == NULL)
            return ds_error_set(call->error, DS_NOMEM, "out of memory");
        round->schemas = grown;
        held = &grown[round->schema_count++];
        *held = (round_schema){.state = state};
    }
    if (held->current == NULL || held->is_stale) {
        const schema *fresh;
        ds_status status = schema_take(round->jobs->map, state, held->is_stale, &fresh, call);
        if (status == DS_OK && (status = schema_check_writable(state, fresh, call->error)) != DS_OK)
            schema_release(state, fresh);
        if (status != DS_OK)
            return status;
        schema_release(state, held->current);
        held->current = fresh;
        held->is_stale = false;
    }
    *out = held->current;
    return DS_OK;
}

/* What a server would answer by closing the connection is refused here. */
#define MOST_ARGUMENTS 1000000
#define LONGEST_VALUE  (512 * 1024 * 1024)

static bool refuse_size(const write_job *job, size_t i)
{
    const ds_record *record = job->records != NULL ? job->records[i] : job->shared;
    field_counts counts = fields_count(job->state, record);
    if (counts.longest > LONGEST_VALUE)
        ds_outcome_fail(job->outcomes, i, DS_INVALID, 0, "a value is longer than the 512 MiB that Redis takes");
    else if (counts.values + counts.nulls > MOST_ARGUMENTS / 4)
        ds_outcome_fail(job->outcomes, i, DS_INVALID, 0,
                        "the record has more properties than one command of Redis takes");
    else
        return false;
    return true;
}

bool write_refuse_id(const write_job *job, size_t i)
{
    ds_text id;
    ds_value value = write_id(job, i);
    ds_value_text(value, &id);
    if (value.type == DS_NULL || model_takes_id(job->state, id.bytes, id.length))
        return false;
    if (job->ids != NULL || job->must_exist)
        ds_outcome_refuse(job->outcomes, i, DS_REFUSED_MISSING, NULL);
    else
        ds_outcome_fail(job->outcomes, i, DS_INVALID, 0, "an id has 1 to %d bytes", LONGEST_ID);
    return true;
}

/* Whether no other write of the round is of this record. */
static ds_status note_id(write_round *round, const write_job *job, size_t i, bool *added)
{
    char key[sizeof(void *) + 512];
    ds_text id;
    ds_value_text(write_id(job, i), &id);
    if (!round->each_own || id.length > sizeof key - sizeof(void *)) /* then the id counts for all models */
        return seen_add(&round->ids, id.bytes, id.length, added);
    memcpy(key, &job->state, sizeof(void *));
    memcpy(key + sizeof(void *), id.bytes, id.length);
    return seen_add(&round->ids, key, sizeof(void *) + id.length, added);
}

/* Whether no other write of the round claims a unique value that this one claims. */
static ds_status note_claims(write_round *round, const write_job *job, size_t i, const schema *s, bool *added)
{
    write_plan plan;
    job->plan(job, i, &plan);
    for (size_t k = 0; s != NULL && k < s->unique_count && *added; k++) {
        bool claims;
        if (kept_claim(&round->scratch, job, write_id(job, i), &plan, s, k, &claims) != DS_OK)
            return DS_NOMEM;
        if (claims && seen_add(&round->ids, round->scratch.bytes.bytes, round->scratch.bytes.length, added) != DS_OK)
            return DS_NOMEM;
    }
    return DS_OK;
}

static ds_status no_memory(const write_round *round)
{
    return ds_error_set(round->jobs->call->error, DS_NOMEM, "out of memory");
}

/* DS_UNSUPPORTED: it is the library's. */
static ds_status encode_one(write_round *round, size_t i, const kept_need *need, bool whole)
{
    write_plan plan;
    const schema *s;
    const write_job *job = job_at(round, i);
    if (!is_by_keep(job))
        return job->encode(job, round->request, i, whole) == DS_OK ? DS_OK : no_memory(round);
    ds_status status = take_schema(round, job->state, &s, job->call);
    if (status != DS_OK)
        return status;
    job->plan(job, i, &plan);
    if (kept_is_left(job->state, s, &plan)) {
        round->is_left = true;
        return DS_UNSUPPORTED;
    }
    status = kept_encode(&round->scratch, job, round->request, i, &plan, s, need, whole);
    return status == DS_OK ? DS_OK : no_memory(round);
}

/* Whether this write can be in the round with those that are in it. */
static ds_status admit(write_round *round, size_t i, bool is_alone, bool *added)
{
    const schema *s;
    const write_job *job = job_at(round, i);
    *added = true;
    if (job->encode == NULL || is_alone)
        return DS_OK;
    /* What has no token is not sent again, and so the two are not sent together. */
    *added = round->count == 0 || (job_at(round, round->indices[0])->token == NULL) == (job->token == NULL);
    if (!*added)
        return DS_OK;
    if (note_id(round, job, i, added) != DS_OK)
        return no_memory(round);
    if (!*added || !is_by_keep(job))
        return DS_OK;
    ds_status status = take_schema(round, job->state, &s, job->call);
    if (status == DS_OK && note_claims(round, job, i, s, added) != DS_OK)
        status = no_memory(round);
    return status;
}

/* A round sweeps a little behind its writes, where records of a model expire. */
static ds_status add_sweeps(write_round *round)
{
    for (size_t i = 0; i < round->schema_count; i++) {
        round_schema *held = &round->schemas[i];
        held->sweep = 0;
        if (round->count == 0 || held->current == NULL || !held->current->expiring)
            continue;
        held->sweep = request_count(round->request);
        if (sweep_append(&round->scratch, round->jobs->map, held->state, held->current, round->request) != DS_OK)
            return no_memory(round);
    }
    return DS_OK;
}

static void note_sweeps(write_round *round)
{
    for (size_t i = 0; i < round->schema_count; i++) {
        round_schema *held = &round->schemas[i];
        if (held->sweep > 0)
            sweep_note(held->state, redis_reply_at(round->request, held->sweep));
        held->sweep = 0;
    }
}

/* Takes records from *next on while they fit. */
static ds_status gather(write_round *round, size_t *next, size_t end)
{
    round->count = 0;
    round->turns = 0;
    seen_clear(&round->ids);
    redis_request_reset(round->request);
    while (*next < end && round->count < ROUND_COMMANDS && request_size(round->request) < ROUND_BYTES) {
        bool added;
        ds_status status = admit(round, *next, end - *next == 1 && round->count == 0, &added);
        if (status != DS_OK)
            return status;
        if (!added)
            break;
        size_t i = (*next)++;
        const write_job *job = job_at(round, i);
        if (job->encode == NULL || write_refuse_id(job, i) || refuse_size(job, i))
            continue;
        status = encode_one(round, i, NULL, false);
        if (status == DS_UNSUPPORTED && round->is_left)
            break;
        if (status != DS_OK)
            return status;
        round->is_open[round->count] = false;
        round->indices[round->count++] = i;
    }
    return add_sweeps(round);
}

/* The commands that are to be made again; the first of each script brings it along where it was not met. */
static ds_status encode_again(write_round *round)
{
    bool brought[SCRIPT_COUNT + 1] = {false};
    redis_request_reset(round->request);
    for (size_t k = 0; k < round->count; k++) {
        const write_job *job = job_at(round, round->indices[k]);
        script uses = is_by_keep(job) ? SCRIPT_KEEP : job->uses;
        ds_status status = encode_one(round, round->indices[k], round->needs[k], round->is_unknown && !brought[uses]);
        brought[uses] = true;
        if (status != DS_OK)
            return status;
        if (round->is_open[k])
            request_keeps_open(round->request);
    }
    return DS_OK;
}

/* Whether a write before the k-th is made again, of the same model: what it sets free or takes is not yet so. */
static bool is_behind(const write_round *round, size_t again, const write_job *job)
{
    for (size_t k = 0; k < again; k++)
        if (job_at(round, round->indices[k])->state == job->state)
            return true;
    return false;
}

static bool says(const redis_reply *reply, const char *word)
{
    return reply != NULL && reply->type == REDIS_STRING && script_says(reply, word);
}

static bool says_unique(const redis_reply *reply)
{
    return reply != NULL && reply->type == REDIS_ARRAY && reply->count > 0 && says(&reply->elements[0], "UNIQUE");
}

/* A value that is held by a record which a later write of the round has changed: whether that record still held it before is to be
 * seen when this one is made again. */
static bool is_overtaken(const write_round *round, size_t k, const redis_reply *reply)
{
    const redis_model *state = job_at(round, round->indices[k])->state;
    if (reply == NULL || reply->type != REDIS_ARRAY || reply->count != 3 || !says(&reply->elements[0], "HELD"))
        return false;
    const redis_reply *holder = &reply->elements[1];
    if (holder->type != REDIS_STRING)
        return false;
    for (size_t later = k + 1; later < round->count; later++) {
        ds_text id;
        const write_job *job = job_at(round, round->indices[later]);
        ds_value_text(write_id(job, round->indices[later]), &id);
        if (job->state == state && id.length == holder->length && memcmp(id.bytes, holder->text, id.length) == 0)
            return says(redis_reply_at(round->request, later), "DONE");
    }
    return false;
}

/* An answer of keep.lua; true: the write stays in the round. */
static bool settle_kept(write_round *round, size_t k, size_t again, const redis_reply *reply)
{
    size_t i = round->indices[k];
    const write_job *job = job_at(round, i);
    round_schema *held = schema_at(round, job->state);
    kept_turn turn = says_unique(reply) && is_behind(round, again, job)
                         ? KEPT_AGAIN
                         : kept_tell(job, i, held == NULL ? NULL : held->current, reply, 0, &round->needs[k]);
    if (turn == KEPT_STALE && held != NULL)
        held->is_stale = true;
    if (turn == KEPT_AGAIN && held != NULL && is_overtaken(round, k, reply) &&
        kept_watch(round->needs[k], held->current, reply) != DS_OK) {
        ds_outcome_fail(job->outcomes, i, DS_NOMEM, 0, "out of memory; nothing of this record was written");
        return false;
    }
    /* Its refusal is remembered: so what is made again is another write. */
    if (turn == KEPT_AGAIN && job->token != NULL && says_unique(reply) && kept_renew(&round->needs[k]) != DS_OK) {
        ds_outcome_fail(job->outcomes, i, DS_NOMEM, 0, "out of memory; nothing of this record was written");
        return false;
    }
    round->is_left = round->is_left || turn == KEPT_LEFT;
    return (turn == KEPT_AGAIN || turn == KEPT_STALE) && !kept_gives_up(job, i, round->turns);
}

/* true: the write stays in the round. */
static bool settle_one(write_round *round, size_t k, size_t again)
{
    size_t i = round->indices[k];
    const write_job *job = job_at(round, i);
    ds_error error = {.status = DS_OK};
    ds_status status = redis_command_status(round->request, k, &error);
    const redis_reply *reply = redis_reply_at(round->request, k);
    if (status != DS_OK) {
        write_tell_error(job, i, status, &error);
    } else if (reply != NULL && redis_reply_is(reply, "NOSCRIPT")) {
        round->is_unknown = true;
        return true;
    } else if (is_by_keep(job)) {
        return settle_kept(round, k, again, reply);
    } else if (job->tell == NULL || reply == NULL || reply->type == REDIS_ERROR) {
        write_tell(job, i, reply);
    } else if (!job->tell(job, i, reply)) {
        round->is_left = true;
    }
    return false;
}

/* Tells what became of each command; those that are to be made again stay in the round, in their order. */
static void settle(write_round *round)
{
    size_t again = 0;
    round->is_unknown = false;
    round->turns++;
    for (size_t k = 0; k < round->count; k++) {
        bool stays = settle_one(round, k, again);
        kept_need *need = round->needs[k];
        round->needs[k] = NULL;
        if (!stays) {
            kept_need_free(need);
            continue;
        }
        round->indices[again] = round->indices[k];
        round->is_open[again] = redis_command_is_open(round->request, k);
        round->needs[again++] = need;
    }
    round->count = again;
}

/* After a connection that broke the rest is tried on a new one; after all else there is no use in it. */
static bool goes_on(ds_status status)
{
    return status == DS_OK || status == DS_LOST || status == DS_UNKNOWN_OUTCOME;
}

static ds_status run_round(write_round *round, ds_call *call)
{
    redis_intent intent = write_intent(job_at(round, round->indices[0])); /* that of all */
    ds_status status = redis_run(round->jobs->map->redis, round->request, intent, call);
    if (request_count(round->request) < round->count) /* there was no memory to encode them all, and none was sent */
        return status;
    note_sweeps(round);
    settle(round);
    return goes_on(status) ? DS_OK : status;
}

static ds_status run_rounds(write_round *round, size_t first, size_t end, ds_call *call)
{
    for (size_t next = first; next < end || round->count > 0;) {
        ds_status status = round->count > 0 ? encode_again(round) : gather(round, &next, end);
        if (status != DS_OK)
            return status;
        if (round->count > 0)
            status = run_round(round, call);
        if (status != DS_OK)
            return status;
        if (round->is_left && round->count == 0)
            return ds_error_set(call->error, DS_UNSUPPORTED, "Redis cannot do a write of the batch by itself");
        if ((next < end || round->count > 0) && (status = ds_call_check(call)) != DS_OK)
            return status;
    }
    return DS_OK;
}

/* Those that were to be made again, and never were. */
static void tell_open(const write_round *round)
{
    ds_error error;
    for (size_t k = 0; k < round->count; k++)
        if (round->is_open[k]) {
            size_t i = round->indices[k];
            write_open(job_at(round, i)->call, &error);
            write_tell_error(job_at(round, i), i, error.status, &error);
        }
}

static void round_free(write_round *round)
{
    for (size_t i = 0; i < round->schema_count; i++)
        schema_release(round->schemas[i].state, round->schemas[i].current);
    for (size_t k = 0; k < round->count; k++)
        kept_need_free(round->needs[k]);
    ds_free(round->schemas);
    kept_call_free(&round->scratch);
    redis_request_free(round->request);
    seen_free(&round->ids);
    ds_free(round);
}

static ds_status run(const write_job *jobs, bool each_own, size_t first, size_t end)
{
    ds_call *call = jobs->call;
    write_round *round = ds_calloc(1, sizeof *round);
    ds_status status = DS_NOMEM;
    if (round != NULL) {
        round->jobs = jobs;
        round->each_own = each_own;
        round->request = redis_request_new(jobs->map->redis);
    }
    if (round != NULL && round->request != NULL) {
        status = run_rounds(round, first, end, call);
        if (status != DS_OK)
            tell_open(round);
    } else {
        ds_error_set(call->error, DS_NOMEM, "out of memory");
    }
    if (round != NULL)
        round_free(round);
    return status;
}

ds_status write_run(const write_job *job, size_t first, size_t end)
{
    return run(job, false, first, end);
}

ds_status write_run_each(const write_job *jobs, size_t first, size_t end)
{
    return run(jobs, true, first, end);
}

/* ---- write.lua ---- */

static void append_ttl(redis_request *request, int64_t ttl_ms)
{
    if (ttl_ms > 0)
        request_integer(request, ttl_ms);
    else
        request_bytes(request, "", 0);
}

static void append_count(redis_request *request, size_t count, bool given)
{
    if (given)
        request_integer(request, (int64_t)count);
    else
        request_text(request, "-");
}

typedef struct write_sizes {
    field_counts set, expected;
    size_t removed, defaults;
    bool lists_removed;
} write_sizes;

static write_sizes measure(const redis_model *state, const write_plan *plan)
{
    write_sizes sizes = {.set = fields_count(state, plan->set), .expected = fields_count(state, plan->expected)};
    sizes.lists_removed = !plan->replaces || state->strict;
    if (!plan->replaces)
        sizes.removed = sizes.set.nulls;
    else if (state->strict)
        sizes.removed = fields_count_absent(state, plan->set);
    sizes.defaults = fields_count_beside(state, plan->defaults, plan->set);
    return sizes;
}

static ds_status encode_head(const write_job *job, redis_request *request, size_t i, const ds_text *id,
                             const write_plan *plan, const write_sizes *sizes)
{
    const redis_model *state = job->state;
    request_key(request, state, KEY_RECORD, id->bytes, id->length);
    if (plan->raises)
        request_key(request, state, KEY_SEQUENCE, NULL, 0);
    ds_status status = write_token(job, request, i);
    request_text(request, plan->when);
    request_bytes(request, state->id->name, state->id->name_length);
    request_bytes(request, id->bytes, id->length);
    append_ttl(request, plan->ttl_created);
    append_ttl(request, plan->ttl_kept);
    request_bytes(request, id->bytes, plan->raises ? id->length : 0);
    append_count(request, sizes->expected.values + sizes->expected.nulls, plan->expected != NULL);
    append_count(request, sizes->removed, sizes->lists_removed);
    request_integer(request, (int64_t)sizes->defaults);
    return status;
}

ds_status write_encode(const write_job *job, redis_request *request, size_t i, const write_plan *plan, bool whole)
{
    const redis_model *state = job->state;
    write_sizes sizes = measure(state, plan);
    ds_text id;
    ds_value_text(write_id(job, i), &id);
    size_t arguments = 9 + 2 * (sizes.expected.values + sizes.expected.nulls) + sizes.removed + 2 * sizes.defaults +
                       2 * sizes.set.values + (plan->stores_id ? 2 : 0);
    write_begin(job, request, SCRIPT_WRITE, whole, plan->raises ? 2 : 1, arguments);
    ds_status status = encode_head(job, request, i, &id, plan, &sizes);
    if (status == DS_OK)
        status = fields_append_expected(request, state, plan->expected);
    if (!plan->replaces)
        fields_append_nulls(request, state, plan->set);
    else if (state->strict)
        fields_append_absent(request, state, plan->set);
    if (status == DS_OK)
        status = fields_append_beside(request, state, plan->defaults, plan->set);
    if (plan->stores_id) {
        request_bytes(request, state->id->name, state->id->name_length);
        request_bytes(request, id.bytes, id.length);
    }
    if (status == DS_OK)
        status = fields_append(request, state, plan->set);
    write_life(job, request);
    return status;
}
