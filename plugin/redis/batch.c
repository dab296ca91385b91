/* Unlike writes in one pipeline: a job each, run in rounds as the writes of arrays are. What Redis does not add by itself is
 * left to the library, and so is what comes behind it: the order is kept. */
#include "schema.h"
#include "write.h"

typedef struct batch {
    write_job *jobs;
    ds_value *ids;
    ds_record **records;
    const ds_record **expected;
    size_t n;
    bool is_atomic;
    token token; /* of all, where one asks for it */
    bool is_armed;
} batch;

/* ---- what only a batch encodes as one of many ---- */

static ds_status encode_single(const write_job *job, redis_request *request, size_t i, bool whole)
{
    const ds_write *write = job->write;
    ds_text id, text;
    ds_value_text(job->ids[i], &id);
    bool adds = write->kind == DS_WRITE_INCREMENT;
    ds_value_text(adds ? write->by : ds_integer(write->ttl_ms < 0 ? -1 : write->ttl_ms), &text);
    write_begin(job, request, job->uses, whole, 1, adds ? 2 : 1);
    request_key(request, job->state, KEY_RECORD, id.bytes, id.length);
    ds_status status = write_token(job, request, i);
    if (adds)
        request_text(request, write->property);
    request_bytes(request, text.bytes, text.length);
    write_life(job, request);
    return status;
}

static void plan_single(const write_job *job, size_t i, write_plan *plan)
{
    const ds_write *write = job->write;
    (void)i;
    if (write->kind == DS_WRITE_INCREMENT)
        *plan = (write_plan){.when = "I", .property = write->property, .by = write->by};
    else
        *plan = (write_plan){.when = "E", .ttl_kept = write->ttl_ms < 0 ? -1 : write->ttl_ms};
}

/* The sum, as text; but the words of the script are told as those of others. */
static bool tell_sum(const write_job *job, size_t i, const redis_reply *reply)
{
    ds_value sum;
    if (reply->type == REDIS_STRING && ds_value_parse(DS_INTEGER, reply->text, reply->length, &sum) == DS_OK) {
        *job->write->now = sum;
        ds_outcome_ok(job->outcomes, i, false);
        return true;
    }
    if (script_says(reply, "OTHER"))
        return false;
    write_tell(job, i, reply);
    return true;
}

/* ---- jobs ---- */

static bool lacks_id(const write_job *job, size_t i)
{
    return job->write->kind == DS_WRITE_CREATE && job->state->sequenced && write_id(job, i).type == DS_NULL;
}

static void job_of_record(write_job *job, batch *b, size_t i)
{
    const ds_write *write = job->write;
    job->records = b->records;
    b->records[i] = write->record;
    job->uses = SCRIPT_WRITE;
    if (write->kind == DS_WRITE_UPSERT) {
        job->encode = encode_planned;
        job->plan = plan_upsert;
        job->shared = write->defaults;
    } else if (write->kind != DS_WRITE_CREATE) {
        job->encode = encode_planned;
        job->plan = plan_replacement;
        job->must_exist = write->kind == DS_WRITE_REPLACE;
    } else if (job->state->sequenced && !lacks_id(job, i)) {
        job->encode = encode_planned;
        job->plan = plan_numbered;
    } else {
        job->encode = encode_plain;
        job->plan = plan_creation;
        job->uses = SCRIPT_CREATE;
    }
}

static bool adds_to_version(const write_job *job)
{
    return job->write->kind == DS_WRITE_INCREMENT && job->write->slot != DS_NO_SLOT &&
           job->write->slot == job->state->version_slot;
}

static void job_of_id(write_job *job, batch *b, size_t i)
{
    const ds_write *write = job->write;
    job->ids = b->ids;
    b->ids[i] = write->id;
    if (write->kind == DS_WRITE_UPDATE) {
        job->encode = encode_planned;
        job->plan = plan_update;
        job->uses = SCRIPT_WRITE;
        job->shared = write->changes;
    } else if (write->kind == DS_WRITE_DELETE) {
        job->encode = encode_delete;
        job->plan = plan_deletion;
        job->uses = SCRIPT_DELETE;
    } else {
        job->encode = encode_single;
        job->plan = plan_single;
        job->uses = write->kind == DS_WRITE_EXPIRE ? SCRIPT_EXPIRE : SCRIPT_INCREMENT;
        job->tell = write->kind == DS_WRITE_EXPIRE ? NULL : tell_sum;
    }
    if (adds_to_version(job)) {
        ds_error error = {.status = DS_OK};
        job->encode = NULL;
        refuse_version(job->model, write->property, &error);
        write_tell_error(job, i, DS_INVALID, &error);
    }
    if (write->kind == DS_WRITE_EXPIRE && write->ttl_ms > LONGEST_TTL) {
        job->encode = NULL;
        ds_outcome_fail(job->outcomes, i, DS_INVALID, 0, "a time of %lld ms is longer than Redis can count",
                        (long long)write->ttl_ms);
    }
}

static void job_make(batch *b, size_t i, mapping *map, const ds_write *write, ds_outcomes *outcomes, ds_call *call)
{
    write_job *job = &b->jobs[i];
    *job = (write_job){.map = map,
                       .model = write->model,
                       .state = ds_model_state(write->model),
                       .call = call,
                       .outcomes = outcomes,
                       .write = write,
                       .token = ((const redis_model *)ds_model_state(write->model))->once ? &b->token : NULL};
    b->expected[i] = write->expected;
    job->expected = write->expected != NULL ? b->expected : NULL;
    if (write->record != NULL)
        job_of_record(job, b, i);
    else
        job_of_id(job, b, i);
    if (job->encode != NULL && write_refuse_id(job, i))
        job->encode = NULL;
}

/* ---- sequences ---- */

static bool raises(const write_job *job, const write_job *of)
{
    return job->state == of->state && job->encode != NULL && job->records != NULL && job->encode != encode_plain;
}

/* Up to a creation whose number depends on what the writes before it have raised the sequence to, and up to what Redis does
 * not do by itself. */
static size_t segment_end(const batch *b, size_t first)
{
    for (size_t i = first; i < b->n; i++) {
        const write_job *job = &b->jobs[i];
        const ds_write *write = job->write;
        if (job->encode != NULL && write->kind == DS_WRITE_INCREMENT &&
            (write->slot == job->state->id_slot || !increment_is_for_server(job->model, write->slot, write->by)))
            return i;
        for (size_t k = first; k < i && lacks_id(job, i); k++)
            if (raises(&b->jobs[k], job))
                return i;
    }
    return b->n;
}

/* The largest id that a write before these sets by itself; 0: none. An atomic batch raises the sequence at its end only. */
static int64_t largest_before(const batch *b, size_t first)
{
    int64_t largest = 0;
    for (size_t i = 0; b->is_atomic && i < first; i++) {
        const write_job *job = &b->jobs[i];
        if (job->state != b->jobs[first].state || job->records == NULL || job->plan == plan_creation)
            continue;
        ds_value id = write_id(job, i);
        if (id.type == DS_INTEGER && id.as.integer > largest)
            largest = id.as.integer;
    }
    return largest;
}

/* As many numbers, all of them above those ids. */
static ds_status take_numbers(const batch *b, size_t first, size_t count, int64_t *last)
{
    int64_t floor = largest_before(b, first);
    ds_status status = write_take_numbers(&b->jobs[first], count, last);
    if (status != DS_OK || *last - (int64_t)count >= floor)
        return status;
    return write_take_numbers(&b->jobs[first], (size_t)(floor - (*last - (int64_t)count)) + count, last);
}

/* Numbers for all creations of one model, from `first` on; where there are none, these fail and the others do not. */
static ds_status number_model(batch *b, size_t first, size_t end)
{
    const write_job *of = &b->jobs[first];
    int64_t last = 0;
    size_t count = 0, taken = 0;
    for (size_t i = first; i < end; i++)
        count += b->jobs[i].state == of->state && lacks_id(&b->jobs[i], i);
    ds_status status = take_numbers(b, first, count, &last);
    if (status != DS_OK && status != DS_INVALID && status != DS_WRONG_KIND)
        return status;
    for (size_t i = first; i < end; i++) {
        write_job *job = &b->jobs[i];
        if (job->state != of->state || job->encode == NULL || !lacks_id(job, i))
            continue;
        if (status != DS_OK) {
            ds_outcome_fail(job->outcomes, i, status, of->call->error->native, "%s", of->call->error->message);
            job->encode = NULL;
            continue;
        }
        taken++;
        if (ds_record_put(b->records[i], job->state->id_slot, ds_integer(last - (int64_t)(count - taken))) != DS_OK)
            return ds_error_set(of->call->error, DS_NOMEM, "out of memory");
    }
    return DS_OK;
}

static ds_status number_all(batch *b, size_t first, size_t end)
{
    ds_status status = DS_OK;
    for (size_t i = first; i < end && status == DS_OK; i++)
        if (b->jobs[i].encode != NULL && lacks_id(&b->jobs[i], i))
            status = number_model(b, i, end);
    return status;
}

/* ---- the entry ---- */

static ds_status run_segments(batch *b, ds_call *call)
{
    ds_status status = DS_OK;
    for (size_t first = 0, end; first < b->n && status == DS_OK; first = end) {
        end = segment_end(b, first);
        if (end == first)
            return ds_error_set(call->error, DS_UNSUPPORTED, "Redis adds integers only");
        status = number_all(b, first, end);
        if (status == DS_OK)
            status = write_run_each(b->jobs, first, end);
    }
    return status;
}

/* Numbers first: those that are not used do no harm. */
static ds_status run_whole(batch *b, ds_call *call)
{
    ds_status status = DS_OK;
    for (size_t first = 0, end; first < b->n && status == DS_OK; first = end) {
        end = first + 1;
        while (end < b->n && !raises(&b->jobs[end - 1], &b->jobs[end]))
            end++;
        status = number_all(b, first, end);
    }
    return status == DS_OK ? atomic_run(b->jobs, b->n, call) : status;
}

static ds_status prepare(batch *b, size_t i, mapping *map, const ds_write *write, ds_outcomes *outcomes, ds_call *call)
{
    const redis_model *state = ds_model_state(write->model);
    ds_status status = schema_ask(map, write->model, call);
    if (status == DS_OK && state->once && !b->is_armed) {
        status = token_take(&b->token, call);
        b->is_armed = true;
    }
    if (status == DS_OK)
        job_make(b, i, map, write, outcomes, call);
    return status;
}

ds_status run_batch(void *connection, const ds_write *const *writes, size_t n, uint32_t flags, ds_outcomes *outcomes,
                    ds_call *call)
{
    batch b = {.jobs = ds_calloc(n, sizeof *b.jobs),
               .ids = ds_calloc(n, sizeof *b.ids),
               .records = ds_calloc(n, sizeof *b.records),
               .expected = ds_calloc(n, sizeof *b.expected),
               .n = n,
               .is_atomic = (flags & DS_ATOMIC) != 0};
    ds_status status = DS_OK;
    if (b.jobs == NULL || b.ids == NULL || b.records == NULL || b.expected == NULL)
        status = ds_error_set(call->error, DS_NOMEM, "out of memory for a batch of %zu writes", n);
    for (size_t i = 0; i < n && status == DS_OK; i++)
        status = prepare(&b, i, connection, writes[i], outcomes, call);
    if (status == DS_OK)
        status = b.is_atomic ? run_whole(&b, call) : run_segments(&b, call);
    ds_free(b.expected);
    ds_free(b.records);
    ds_free(b.ids);
    ds_free(b.jobs);
    return status;
}
