/* Explaining a find: which way is taken, which others there are and what they would cost, and which indexes cannot be used.
 * `dsctl explain` prints the members as they are. */
#include "find.h"

#include "scan.h"

static const char *const access_names[] = {
    [PLAN_NOTHING] = "nothing", [PLAN_IDS] = "ids",         [PLAN_UNIQUE] = "unique", [PLAN_INDEX] = "index",
    [PLAN_UNION] = "union",     [PLAN_PRIMARY] = "primary", [PLAN_SCAN] = "scan"};

static void write_name(ds_buffer *out, const char *name, const char *text)
{
    ds_buffer_format(out, ", \"%s\": ", name);
    ds_buffer_json(out, ds_string(text));
}

/* ---- the way that is taken ---- */

static const char *using_of(const plan *of)
{
    if (of->equal_keys > 0)
        return of->has_range ? "equality and range" : "equality";
    return of->has_range ? "range" : "order";
}

/* The indexes of a union, each once. */
static void write_union(ds_buffer *out, const plan *of)
{
    const char *separator = "";
    const schema_index *last = NULL;
    ds_buffer_format(out, ", \"indexes\": [");
    for (size_t i = 0; i < of->claim_count + of->range_count; i++) {
        const schema_index *index = i < of->claim_count ? of->claims[i].index : of->ranges[i - of->claim_count].index;
        if (index == NULL || index == last)
            continue;
        last = index;
        ds_buffer_format(out, "%s", separator);
        ds_buffer_json(out, ds_string(index->name));
        separator = ", ";
    }
    ds_buffer_format(out, "]");
}

static void write_way(ds_buffer *out, const plan *of, bool is_scored)
{
    ds_buffer_format(out, "\"access\": \"%s\"", access_names[of->access]);
    if (of->index != NULL)
        write_name(out, "index", of->index->name);
    if (of->access == PLAN_INDEX)
        write_name(out, "using", using_of(of));
    if (of->access == PLAN_UNION)
        write_union(out, of);
    if (of->id_count > 0)
        ds_buffer_format(out, ", \"ids\": %zu", of->id_count);
    if (of->claim_count > 0)
        ds_buffer_format(out, ", \"values\": %zu", of->claim_count);
    if (of->range_count > 1)
        ds_buffer_format(out, ", \"ranges\": %zu", of->range_count);
    if (of->is_ordered)
        write_name(out, "order", of->is_merged ? "merged" : of->is_reverse ? "backwards" : "forwards");
    if (is_scored && of->entries < UINT64_MAX / 2) /* or else the server did not say */
        ds_buffer_format(out, ", \"entries\": %llu, \"cost\": %.0f", (unsigned long long)of->entries, of->cost);
}

/* ---- the others ---- */

static void write_alternatives(ds_buffer *out, const find *self, const plan_list *list)
{
    const char *separator = "";
    if (list->count < 2)
        return;
    ds_buffer_format(out, ", \"alternatives\": [");
    for (size_t i = 0; i < list->count; i++) {
        const plan *one = &list->items[i];
        if (one->access == self->plan.access && one->ranges == self->plan.ranges && one->ids == self->plan.ids &&
            one->claims == self->plan.claims)
            continue;
        ds_buffer_format(out, "%s{", separator);
        write_way(out, one, true);
        ds_buffer_format(out, "}");
        separator = ", ";
    }
    ds_buffer_format(out, "]");
}

static const schema_index *kept_index(const schema *snapshot, const ds_index *own)
{
    for (size_t i = 0; snapshot != NULL && i < snapshot->index_count; i++)
        if (strcmp(snapshot->indexes[i].name, own->name) == 0)
            return &snapshot->indexes[i];
    return NULL;
}

/* Why an index of the definition is not read; NULL: it is. */
static const char *why_not(const find *self, const plan_question *question, const ds_index *own)
{
    const schema_index *kept = kept_index(self->snapshot, own);
    if (self->snapshot == NULL)
        return "nothing has been stored, or built by migrate";
    if (kept == NULL)
        return "it is not built: run migrate";
    if (kept->own == NULL)
        return "it was built by another definition: run migrate";
    if (!kept->built)
        return "it is being built";
    if (question->distrusted >> (kept - self->snapshot->indexes) & 1)
        return "its key has vanished from the server: run migrate";
    return NULL;
}

static void write_unused(ds_buffer *out, const find *self, const plan_question *question)
{
    const char *separator = ", \"unusable\": [";
    size_t written = 0;
    for (size_t i = 0; i < ds_model_index_count(self->state->model); i++) {
        const ds_index *own = ds_model_index(self->state->model, i);
        const char *why = why_not(self, question, own);
        if (why == NULL)
            continue;
        ds_buffer_format(out, "%s{\"index\": ", separator);
        ds_buffer_json(out, ds_string(own->name));
        write_name(out, "why", why);
        ds_buffer_format(out, "}");
        separator = ", ";
        written++;
    }
    if (written > 0)
        ds_buffer_format(out, "]");
}

/* ---- the entry ---- */

static const char *fetch_command(fetch_what what)
{
    return what == FETCH_WHOLE ? "HGETALL" : what == FETCH_FIELDS ? "HMGET" : "HLEN";
}

static void write_plan(ds_buffer *out, const find *self, const plan_question *question, const plan_list *list)
{
    bool is_indexed = self->state->schemas != NULL;
    write_way(out, &self->plan, is_indexed);
    if (self->plan.access == PLAN_SCAN) {
        ds_buffer_format(out, ", \"pattern\": ");
        ds_buffer_json(out, ds_string_n(self->state->pattern, self->state->pattern_length));
    }
    write_name(out, "command", fetch_command(self->fetch.what));
    if (is_indexed) {
        write_alternatives(out, self, list);
        write_unused(out, self, question);
    }
}

ds_status explain_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                       uint32_t *did, ds_buffer *members, ds_call *call)
{
    find *self;
    plan_question question;
    plan_list list = {NULL, 0};
    bool is_indexed = ds_model_index_count(model) > 0;
    ds_status status = find_open(connection, model, selection, may, &self);
    if (status == DS_OK)
        status = choose_plan(self, is_indexed ? &list : NULL, call);
    if (status == DS_OK) {
        find_decide(self);
        status = find_take_fields(self);
    }
    if (status == DS_OK) {
        *did = self->did | (skip_is_possible(self) ? DS_DID_PAGE : 0u);
        choose_describe(self, &question);
        write_plan(members, self, &question, &list);
    }
    if (status == DS_NOMEM)
        ds_error_set(call->error, status, "out of memory");
    end_scan(self);
    return status;
}
