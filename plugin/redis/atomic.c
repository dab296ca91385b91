/* A batch that is done whole or not at all: one call of atomic.lua, made again with what it asks for. What is added to a number
 * is read before, and written only where it still is so. */
#include "kept.h"

typedef struct atomic_model {
    const redis_model *state;
    const schema *s; /* NULL: the model has no index */
    bool is_stale;
    kept_need *need;
    size_t base; /* the number of its first key */
    const char *expiry;
} atomic_model;

typedef struct atomic {
    write_job *jobs;
    size_t n;
    ds_call *call;
    mapping *map;
    atomic_model *models;
    size_t model_count;
    size_t *model_of, *key_of, *counter_of; /* of each write: the model's place, the numbers of keys */
    ds_record **changes, **expected;        /* of increments */
    size_t armed;                           /* the first write with a token, which is that of all; n: none has one */
    unsigned anew;                          /* how often increments were read again */
    bool is_open;                           /* redis_command_is_open() */
    kept_call whole, block;
    redis_request *request;
} atomic;

static ds_status no_memory(const atomic *self)
{
    return ds_error_set(self->call->error, DS_NOMEM, "out of memory for an atomic batch of %zu writes", self->n);
}

/* ---- increments ---- */

static bool is_increment(const atomic *self, size_t i)
{
    return self->jobs[i].write->kind == DS_WRITE_INCREMENT;
}

static ds_status ask_current(atomic *self)
{
    redis_request_reset(self->request);
    for (size_t i = 0; i < self->n; i++) {
        const write_job *job = &self->jobs[i];
        ds_text id;
        if (!is_increment(self, i))
            continue;
        ds_value_text(job->write->id, &id);
        request_begin(self->request, 2);
        request_text(self->request, "TYPE");
        request_key(self->request, job->state, KEY_RECORD, id.bytes, id.length);
        request_begin(self->request, 3);
        request_text(self->request, "HGET");
        request_key(self->request, job->state, KEY_RECORD, id.bytes, id.length);
        request_text(self->request, job->write->property);
    }
    return request_count(self->request) == 0 ? DS_OK : redis_run(self->map->redis, self->request, false, self->call);
}

static ds_status put_current(const write_job *job, ds_record *record, const redis_reply *held)
{
    const ds_write *write = job->write;
    if (held->type != REDIS_STRING)
        return write->slot == DS_NO_SLOT
                   ? ds_record_put_named(record, write->property, strlen(write->property), ds_null())
                   : ds_record_put(record, write->slot, ds_null());
    if (write->slot == DS_NO_SLOT)
        return ds_record_put_named(record, write->property, strlen(write->property),
                                   ds_string_n(held->text, held->length));
    if (job->state->dialect == DIALECT_NATIVE)
        return ds_record_put_text(record, write->slot, held->text, held->length);
    return dialect_put_text(job->state->dialect, ds_model_property(job->model, write->slot)->type, record, write->slot,
                            held->text, held->length);
}

/* The sum as the changes of an update, where the field still is what was read. */
static ds_status put_sum(atomic *self, size_t i, const redis_reply *held)
{
    write_job *job = &self->jobs[i];
    const ds_write *write = job->write;
    ds_error error = {.status = DS_OK};
    ds_text text;
    ds_record_free(self->changes[i]);
    ds_record_free(self->expected[i]);
    self->changes[i] = ds_record_new(job->model);
    self->expected[i] = ds_record_new(job->model);
    if (self->changes[i] == NULL || self->expected[i] == NULL || put_current(job, self->expected[i], held) != DS_OK)
        return no_memory(self);
    ds_value current = ds_record_get(self->expected[i], write->property);
    ds_status status = ds_value_add(job->model, write->slot, current, write->by, write->now, &error);
    if (status != DS_OK) {
        write_tell_error(job, i, status, &error);
        return DS_OK;
    }
    ds_value_text(*write->now, &text);
    status = write->slot == DS_NO_SLOT ? ds_record_put_named(self->changes[i], write->property, strlen(write->property),
                                                             ds_string_n(text.bytes, text.length))
                                       : ds_record_put(self->changes[i], write->slot, *write->now);
    job->shared = self->changes[i];
    job->expected = (const ds_record *const *)self->expected;
    job->plan = plan_update;
    job->tell = NULL;
    return status == DS_OK ? DS_OK : no_memory(self);
}

/* *refused: one of them cannot be done, and its outcome says why. */
static ds_status read_increments(atomic *self, bool *refused)
{
    ds_status status = ask_current(self);
    size_t command = 0;
    for (size_t i = 0; i < self->n && status == DS_OK && !*refused; i++) {
        const write_job *job = &self->jobs[i];
        if (!is_increment(self, i))
            continue;
        const redis_reply *kind = redis_reply_at(self->request, command++);
        const redis_reply *held = redis_reply_at(self->request, command++);
        *refused = true;
        if (kind == NULL || held == NULL) {
            status = no_memory(self);
        } else if (script_says(kind, "none")) {
            ds_outcome_refuse(job->outcomes, i, DS_REFUSED_MISSING, NULL);
        } else if (held->type == REDIS_ERROR || kind->type == REDIS_ERROR) {
            write_tell(job, i, kind->type == REDIS_ERROR ? kind : held);
        } else {
            status = put_sum(self, i, held);
            *refused = job->plan != plan_update;
        }
    }
    return status;
}

/* ---- models ---- */

static ds_status find_models(atomic *self)
{
    for (size_t i = 0; i < self->n; i++) {
        const redis_model *state = self->jobs[i].state;
        size_t at = 0;
        while (at < self->model_count && self->models[at].state != state)
            at++;
        self->model_of[i] = at;
        if (at < self->model_count)
            continue;
        atomic_model *grown = ds_realloc(self->models, (self->model_count + 1) * sizeof *grown);
        if (grown == NULL)
            return no_memory(self);
        self->models = grown;
        grown[self->model_count++] = (atomic_model){.state = state};
    }
    return DS_OK;
}

static ds_status take_schemas(atomic *self)
{
    for (size_t m = 0; m < self->model_count; m++) {
        atomic_model *model = &self->models[m];
        if (model->state->schemas == NULL || (model->s != NULL && !model->is_stale))
            continue;
        schema_release(model->state, model->s);
        model->s = NULL;
        ds_status status = schema_take(self->map, model->state, model->is_stale, &model->s, self->call);
        model->is_stale = false;
        if (status == DS_OK)
            status = schema_check_writable(model->state, model->s, self->call->error);
        if (status != DS_OK)
            return status;
    }
    return DS_OK;
}

/* ---- the call ---- */

static ds_status add_keys(atomic *self)
{
    kept_call *call = &self->whole;
    ds_status status = DS_OK;
    for (size_t m = 0; m < self->model_count; m++)
        self->models[m].expiry = kept_expiry(self->models[m].s, &(write_plan){.ttl_kept = 0});
    for (size_t i = 0; i < self->n; i++) {
        write_plan plan;
        atomic_model *model = &self->models[self->model_of[i]];
        self->jobs[i].plan(&self->jobs[i], i, &plan);
        if (*model->expiry == '\0')
            model->expiry = kept_expiry(model->s, &plan);
    }
    for (size_t m = 0; m < self->model_count && status == DS_OK; m++) {
        atomic_model *model = &self->models[m];
        model->base = model->s == NULL ? 0 : call->keys.count + 1;
        status = kept_add_keys(call, model->state, model->s, *model->expiry != '\0');
    }
    for (size_t i = 0; i < self->n && status == DS_OK; i++) {
        const write_job *job = &self->jobs[i];
        write_plan plan;
        ds_text id;
        ds_value_text(write_id(job, i), &id);
        status = kept_add_key(call, job->state, KEY_RECORD, id.bytes, id.length);
        self->key_of[i] = call->keys.count;
        job->plan(job, i, &plan);
        if (status == DS_OK && plan.raises)
            status = kept_add_key(call, job->state, KEY_SEQUENCE, NULL, 0);
        self->counter_of[i] = call->keys.count;
    }
    return status;
}

static ds_status add_model(kept_call *call, const atomic_model *model)
{
    const schema *s = model->s;
    ds_status status = kept_add_text(call, s == NULL ? "" : s->epoch);
    if (status == DS_OK)
        status = kept_add_number(call, s == NULL ? 0 : s->unique_count);
    if (status == DS_OK)
        status = kept_add_number(call, s == NULL ? 0 : s->index_count - s->unique_count);
    if (status == DS_OK)
        status = kept_add_text(call, model->expiry);
    if (status == DS_OK)
        status = kept_add_number(call, model->base);
    if (status == DS_OK)
        status = s == NULL ? kept_add_text(call, "") : id_list_add(&call->arguments, s->plan, s->plan_length);
    if (status == DS_OK)
        status = kept_add_number(call, s == NULL ? 0 : s->field_count);
    return status == DS_OK && s != NULL ? kept_add_fields(call, s) : status;
}

static ds_status add_write(atomic *self, size_t i)
{
    write_plan plan;
    const write_job *job = &self->jobs[i];
    job->plan(job, i, &plan);
    id_list_clear(&self->block.arguments);
    ds_status status = kept_add_write(&self->block, job, write_id(job, i), &plan, self->models[self->model_of[i]].s,
                                      self->counter_of[i]);
    if (status == DS_OK)
        status = kept_add_number(&self->whole, self->model_of[i] + 1);
    if (status == DS_OK)
        status = kept_add_number(&self->whole, self->key_of[i]);
    if (status == DS_OK)
        status = kept_add_number(&self->whole, self->block.arguments.count);
    for (size_t k = 0; k < self->block.arguments.count && status == DS_OK; k++) {
        size_t length;
        const char *bytes = id_list_at(&self->block.arguments, k, &length);
        status = id_list_add(&self->whole.arguments, bytes, length);
    }
    return status;
}

/* Of which model it is stands before it: the same text may be read in two ways, and the same id be of two records. */
static ds_status add_owned(kept_call *call, const atomic_model *model, const char *bytes, size_t length)
{
    ds_text base;
    ds_value_text(ds_integer((int64_t)model->base), &base);
    member_clear(&call->bytes);
    ds_status status = member_add_bytes(&call->bytes, base.bytes, base.length);
    if (status == DS_OK)
        status = member_add_bytes(&call->bytes, ":", 1);
    if (status == DS_OK)
        status = member_add_bytes(&call->bytes, bytes, length);
    return status == DS_OK ? id_list_add(&call->arguments, call->bytes.bytes, call->bytes.length) : status;
}

static ds_status add_holders(kept_call *call, const atomic_model *model)
{
    ds_status status = DS_OK;
    for (size_t k = 0; model->need != NULL && k < model->need->holders.count && status == DS_OK; k++) {
        size_t length;
        const char *id = id_list_at(&model->need->holders, k, &length);
        status = add_owned(call, model, id, length);
        if (status == DS_OK)
            status = kept_add_key(call, model->state, KEY_RECORD, id, length);
    }
    return status;
}

static ds_status add_dictionary(kept_call *call, const atomic_model *model)
{
    ds_status status = DS_OK;
    for (size_t k = 0; model->need != NULL && k + 1 < model->need->dictionary.count && status == DS_OK; k += 2) {
        size_t length;
        const char *bytes = id_list_at(&model->need->dictionary, k, &length);
        status = add_owned(call, model, bytes, length);
        if (status != DS_OK)
            break;
        bytes = id_list_at(&model->need->dictionary, k + 1, &length);
        status = id_list_add(&call->arguments, bytes, length);
    }
    return status;
}

static ds_status add_tail(atomic *self, size_t holders)
{
    ds_status status = kept_add_number(&self->whole, holders);
    for (size_t m = 0; m < self->model_count && status == DS_OK; m++)
        status = add_holders(&self->whole, &self->models[m]);
    for (size_t m = 0; m < self->model_count && status == DS_OK; m++)
        status = add_dictionary(&self->whole, &self->models[m]);
    return status;
}

static ds_status encode(atomic *self, bool whole)
{
    kept_call *call = &self->whole;
    size_t holders = 0, words = 0;
    id_list_clear(&call->keys);
    id_list_clear(&call->arguments);
    for (size_t m = 0; m < self->model_count; m++) {
        holders += self->models[m].need == NULL ? 0 : self->models[m].need->holders.count;
        words += self->models[m].need == NULL ? 0 : self->models[m].need->dictionary.count;
    }
    ds_status status = add_keys(self);
    if (status == DS_OK)
        status = kept_add_number(call, self->model_count);
    if (status == DS_OK)
        status = kept_add_number(call, self->n);
    if (status == DS_OK)
        status = kept_add_number(call, 1 + holders + words);
    for (size_t m = 0; m < self->model_count && status == DS_OK; m++)
        status = add_model(call, &self->models[m]);
    for (size_t i = 0; i < self->n && status == DS_OK; i++)
        status = add_write(self, i);
    if (status == DS_OK)
        status = add_tail(self, holders);
    bool is_armed = self->armed < self->n;
    if (status == DS_OK && is_armed)
        status = kept_add_token(call, &self->jobs[self->armed], self->armed, self->anew);
    if (status != DS_OK)
        return no_memory(self);
    redis_request_reset(self->request);
    kept_call_send(call, self->request, &self->map->digests, is_armed ? SCRIPT_ATOMIC_ONCE : SCRIPT_ATOMIC, whole);
    if (self->is_open)
        request_keeps_open(self->request);
    return DS_OK;
}

/* ---- the answer ---- */

static void tell_done(atomic *self, const redis_reply *answer)
{
    for (size_t i = 0; i < self->n; i++)
        kept_tell(&self->jobs[i], i, NULL, &answer->elements[i + 1], 0, NULL);
}

static ds_status tell_strange(const atomic *self)
{
    return ds_error_set(self->call->error, DS_BACKEND, "the server gave an answer that no script of ours gives");
}

/* The word stands at `first` of what is said of write i. *again: it is all to be made once more. */
static void settle_one(atomic *self, size_t i, const redis_reply *said, size_t first, bool *again)
{
    atomic_model *model = &self->models[self->model_of[i]];
    kept_turn turn = kept_tell(&self->jobs[i], i, model->s, said, first, &model->need);
    for (size_t m = 0; turn == KEPT_STALE && m < self->model_count; m++)
        self->models[m].is_stale = true;
    *again = turn == KEPT_AGAIN || turn == KEPT_STALE;
}

/* What the writes ask for, all of them at once. */
static ds_status settle_needs(atomic *self, const redis_reply *answer, bool *again)
{
    *again = true;
    if (answer->count < 4)
        return tell_strange(self);
    for (size_t k = 2; k < answer->count && *again; k += 2) {
        const redis_reply *number = &answer->elements[k], *need = number + 1;
        bool is_one = k + 1 < answer->count && number->type == REDIS_INTEGER && number->integer >= 1 &&
                      (uint64_t)number->integer <= self->n && need->type == REDIS_ARRAY && need->count > 1;
        if (!is_one)
            return tell_strange(self);
        settle_one(self, (size_t)number->integer - 1, need, 0, again);
    }
    return DS_OK;
}

/* DS_OK with *again false: the outcomes are decided. */
static ds_status settle(atomic *self, const redis_reply *answer, bool *again, bool *reads)
{
    *again = false;
    if (answer == NULL)
        return ds_error_set(self->call->error, DS_UNKNOWN_OUTCOME, "%s", ANSWER_LOST);
    if (answer->type == REDIS_ERROR)
        return redis_reply_fail(answer, "an atomic batch", self->call->error);
    bool is_ours = answer->type == REDIS_ARRAY && answer->count > 1 && answer->elements[0].type == REDIS_INTEGER;
    int64_t number = is_ours ? answer->elements[0].integer : -1;
    if (number == 0 && answer->elements[1].type == REDIS_STRING && script_says(&answer->elements[1], "NEEDS"))
        return settle_needs(self, answer, again);
    if (number == 0 && answer->count == self->n + 1) {
        tell_done(self, answer);
        return DS_OK;
    }
    if (number < 1 || (uint64_t)number > self->n)
        return tell_strange(self);
    size_t i = (size_t)number - 1;
    if (is_increment(self, i) && script_says(&answer->elements[1], "CHANGED")) {
        *again = *reads = true;
        self->anew++; /* this refusal is remembered */
    } else {
        settle_one(self, i, answer, 1, again);
    }
    return DS_OK;
}

static ds_status run_once(atomic *self, bool *whole, bool *again, bool *reads)
{
    bool refused = false;
    *again = false;
    if (*reads) {
        ds_status status = read_increments(self, &refused);
        if (status != DS_OK || refused)
            return status;
    }
    *reads = false;
    ds_status status = take_schemas(self);
    if (status == DS_OK)
        status = encode(self, *whole);
    if (status == DS_OK)
        status = redis_run(self->map->redis, self->request, self->armed < self->n ? REDIS_TOKENED : REDIS_WRITES,
                           self->call);
    if (status != DS_OK)
        return status;
    self->is_open = redis_command_is_open(self->request, 0);
    const redis_reply *answer = redis_reply_at(self->request, 0);
    *again = *whole = answer != NULL && redis_reply_is(answer, "NOSCRIPT");
    return *whole ? DS_OK : settle(self, answer, again, reads);
}

static ds_status run_turns(atomic *self)
{
    bool whole = false, again = true, reads = true;
    ds_status status = find_models(self);
    for (size_t turns = 0; status == DS_OK && again; turns++) {
        status = turns < MOST_TURNS ? run_once(self, &whole, &again, &reads)
                                    : ds_error_set(self->call->error, DS_BUSY,
                                                   "others change the records of an atomic batch too fast; nothing of "
                                                   "it was written");
        if (status == DS_OK && again)
            status = ds_call_check(self->call);
    }
    return status != DS_OK && status != DS_UNKNOWN_OUTCOME && self->is_open ? write_open(self->call, self->call->error)
                                                                            : status;
}

static void atomic_free(atomic *self)
{
    for (size_t i = 0; i < self->n && self->changes != NULL && self->expected != NULL; i++) {
        ds_record_free(self->changes[i]);
        ds_record_free(self->expected[i]);
    }
    for (size_t m = 0; m < self->model_count; m++) {
        kept_need_free(self->models[m].need);
        schema_release(self->models[m].state, self->models[m].s);
    }
    kept_call_free(&self->whole);
    kept_call_free(&self->block);
    redis_request_free(self->request);
    ds_free(self->models);
    ds_free(self->model_of);
    ds_free(self->key_of);
    ds_free(self->counter_of);
    ds_free(self->changes);
    ds_free(self->expected);
}

ds_status atomic_run(write_job *jobs, size_t n, ds_call *call)
{
    atomic self = {.jobs = jobs, .n = n, .call = call, .map = jobs->map};
    for (size_t i = 0; i < n; i++)
        if (jobs[i].encode == NULL) /* its outcome says why */
            return DS_OK;
    while (self.armed < n && jobs[self.armed].token == NULL)
        self.armed++;
    self.model_of = ds_calloc(n, sizeof *self.model_of);
    self.key_of = ds_calloc(n, sizeof *self.key_of);
    self.counter_of = ds_calloc(n, sizeof *self.counter_of);
    self.changes = ds_calloc(n, sizeof *self.changes);
    self.expected = ds_calloc(n, sizeof *self.expected);
    self.request = redis_request_new(jobs->map->redis);
    bool made = self.model_of != NULL && self.key_of != NULL && self.counter_of != NULL && self.changes != NULL &&
                self.expected != NULL && self.request != NULL;
    ds_status status = made ? run_turns(&self) : no_memory(&self);
    atomic_free(&self);
    return status;
}
