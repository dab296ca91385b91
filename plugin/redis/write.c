/* The rounds of a write: which commands go out together, and what their answers mean. */
#include "write.h"

#include "seen.h"

ds_value write_id(const write_job *job, size_t i)
{
    ds_field field;
    if (job->ids != NULL)
        return job->ids[i];
    return ds_record_field(job->records[i], job->state->id_slot, &field) ? field.value : ds_null();
}

/* ---- what is told of a record ---- */

static void tell_error(const write_job *job, size_t i, ds_status status, const ds_error *error)
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
    tell_error(job, i, model_wrong_kind(job->state, kind, id.bytes, id.length, &error), &error);
}

static void tell_error_reply(const write_job *job, size_t i, const redis_reply *reply)
{
    ds_error error = {.status = DS_BACKEND};
    ds_text id;
    ds_value_text(write_id(job, i), &id);
    tell_error(job, i, model_reply_fail(job->state, id.bytes, id.length, reply, &error), &error);
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
        ds_outcome_refuse(job->outcomes, i, DS_REFUSED_CHANGED, NULL);
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

typedef struct write_round {
    const write_job *jobs;
    bool each_own;                  /* a job a write; otherwise one for all */
    bool is_left;                   /* a write stays undecided */
    size_t indices[ROUND_COMMANDS]; /* of the records whose commands are in the request, in its order */
    size_t count;
    seen ids;
    redis_request *request;
} write_round;

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

static const write_job *job_at(const write_round *round, size_t i)
{
    return round->each_own ? &round->jobs[i] : round->jobs;
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

/* Takes records from *next on while they fit. */
static ds_status gather(write_round *round, size_t *next, size_t end)
{
    round->count = 0;
    seen_clear(&round->ids);
    redis_request_reset(round->request);
    while (*next < end && round->count < ROUND_COMMANDS && request_size(round->request) < ROUND_BYTES) {
        bool added = true;
        const write_job *job = job_at(round, *next);
        if (job->encode != NULL && (end - *next > 1 || round->count > 0))
            if (note_id(round, job, *next, &added) != DS_OK)
                return DS_NOMEM;
        if (!added)
            break;
        size_t i = (*next)++;
        if (job->encode == NULL || refuse_size(job, i))
            continue;
        ds_status status = job->encode(job, round->request, i, false);
        if (status != DS_OK)
            return status;
        round->indices[round->count++] = i;
    }
    return DS_OK;
}

/* The commands that met no script, once more; the first of each script brings it along. */
static ds_status encode_again(write_round *round)
{
    bool brought[SCRIPT_COUNT + 1] = {false};
    redis_request_reset(round->request);
    for (size_t k = 0; k < round->count; k++) {
        const write_job *job = job_at(round, round->indices[k]);
        ds_status status = job->encode(job, round->request, round->indices[k], !brought[job->uses]);
        brought[job->uses] = true;
        if (status != DS_OK)
            return status;
    }
    return DS_OK;
}

/* Tells what became of each command; those that met no script stay in the round. */
static void settle(write_round *round)
{
    size_t again = 0;
    for (size_t k = 0; k < round->count; k++) {
        size_t i = round->indices[k];
        const write_job *job = job_at(round, i);
        ds_error error = {.status = DS_OK};
        ds_status status = redis_command_status(round->request, k, &error);
        const redis_reply *reply = redis_reply_at(round->request, k);
        if (status != DS_OK)
            tell_error(job, i, status, &error);
        else if (reply != NULL && redis_reply_is(reply, "NOSCRIPT"))
            round->indices[again++] = i;
        else if (job->tell == NULL || reply == NULL || reply->type == REDIS_ERROR)
            write_tell(job, i, reply);
        else if (!job->tell(job, i, reply))
            round->is_left = true;
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
    ds_status status = redis_run(round->jobs->map->redis, round->request, true, call);
    if (request_count(round->request) < round->count) /* there was no memory to encode them all, and none was sent */
        return status;
    settle(round);
    return goes_on(status) ? DS_OK : status;
}

static ds_status run_rounds(write_round *round, size_t first, size_t end, ds_call *call)
{
    for (size_t next = first; next < end || round->count > 0;) {
        ds_status status = round->count > 0 ? encode_again(round) : gather(round, &next, end);
        if (status != DS_OK)
            return ds_error_set(call->error, status, "out of memory");
        if (round->count == 0)
            continue;
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
    if (round != NULL && round->request != NULL)
        status = run_rounds(round, first, end, call);
    else
        ds_error_set(call->error, DS_NOMEM, "out of memory");
    if (round != NULL) {
        redis_request_free(round->request);
        seen_free(&round->ids);
    }
    ds_free(round);
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

static void encode_head(const write_job *job, redis_request *request, const ds_text *id, const write_plan *plan,
                        const write_sizes *sizes)
{
    const redis_model *state = job->state;
    request_key(request, state, KEY_RECORD, id->bytes, id->length);
    if (plan->raises)
        request_key(request, state, KEY_SEQUENCE, NULL, 0);
    request_text(request, plan->when);
    request_bytes(request, state->id->name, state->id->name_length);
    request_bytes(request, id->bytes, id->length);
    append_ttl(request, plan->ttl_created);
    append_ttl(request, plan->ttl_kept);
    request_bytes(request, id->bytes, plan->raises ? id->length : 0);
    append_count(request, sizes->expected.values + sizes->expected.nulls, plan->expected != NULL);
    append_count(request, sizes->removed, sizes->lists_removed);
    request_integer(request, (int64_t)sizes->defaults);
}

ds_status write_encode(const write_job *job, redis_request *request, ds_value id_value, const write_plan *plan,
                       bool whole)
{
    const redis_model *state = job->state;
    write_sizes sizes = measure(state, plan);
    ds_text id;
    ds_value_text(id_value, &id);
    size_t arguments = 9 + 2 * (sizes.expected.values + sizes.expected.nulls) + sizes.removed + 2 * sizes.defaults +
                       2 * sizes.set.values + (plan->stores_id ? 2 : 0);
    script_begin(request, &job->map->digests, SCRIPT_WRITE, whole, plan->raises ? 2 : 1, arguments);
    encode_head(job, request, &id, plan, &sizes);
    ds_status status = fields_append_expected(request, state, plan->expected);
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
    return status == DS_OK ? fields_append(request, state, plan->set) : status;
}
