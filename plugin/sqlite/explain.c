/* How a find is answered: SQLite's own plan, and what it comes to in words. */
#include "sqlite.h"

typedef struct planning {
    const ds_selection *selection;
    uint32_t may, did;
    ds_buffer *members;
} planning;

/* What is known of the plan from its lines: "SEARCH Person USING INDEX Person#index:age (age>?)". */
typedef struct plan {
    char index[200];
    bool searches, scans, by_id, sorts, many;
} plan;

static bool starts(const char *words, const char *with)
{
    return strncmp(words, with, strlen(with)) == 0;
}

/* Our indexes by their names in the model, others by their own. */
static void take_index(const table *t, const char *words, plan *p)
{
    const char *name = words + strlen("INDEX "), *own = name + strlen(t->name);
    if (sqlite3_strnicmp(name, t->name, (int)strlen(t->name)) == 0 && starts(own, "#unique:"))
        name = own + strlen("#unique:");
    else if (sqlite3_strnicmp(name, t->name, (int)strlen(t->name)) == 0 && starts(own, "#index:"))
        name = own + strlen("#index:");
    const char *end = strstr(name, " (");
    size_t length = end == NULL ? strlen(name) : (size_t)(end - name);
    p->many = p->many || (p->index[0] != '\0' && strncmp(p->index, name, length) != 0);
    snprintf(p->index, sizeof p->index, "%.*s", (int)(length < 199 ? length : 199), name);
}

/* The key that SQLite itself keeps for the id. */
static bool is_key_of_id(const table *t, const char *words, const char *index, const ds_selection *asked)
{
    bool key = index != NULL && starts(index + strlen("INDEX "), "sqlite_autoindex_");
    bool ordered = asked->order_count > 0 && asked->order[0].slot == t->id_slot;
    return key && (ordered || strstr(words, ds_model_property(t->model, t->id_slot)->name) != NULL);
}

static void take_line(const table *t, const char *words, const ds_selection *asked, plan *p)
{
    const char *index = strstr(words, "INDEX ");
    p->sorts = p->sorts || starts(words, "USE TEMP B-TREE");
    if (!starts(words, "SEARCH ") && !starts(words, "SCAN "))
        return;
    p->searches = p->searches || starts(words, "SEARCH ");
    p->scans = p->scans || starts(words, "SCAN ");
    if (strstr(words, "INTEGER PRIMARY KEY") != NULL || is_key_of_id(t, words, index, asked))
        p->by_id = true;
    else if (index != NULL)
        take_index(t, index, p);
}

static void write_words(const plan *p, ds_buffer *members)
{
    char words[300];
    if (p->many)
        snprintf(words, sizeof words, "several indexes");
    else if (p->index[0] != '\0')
        snprintf(words, sizeof words, "%sindex %s", p->searches ? "" : "walk in the order of the ", p->index);
    else
        snprintf(words, sizeof words, "%s",
                 !p->by_id     ? "walk"
                 : p->searches ? "id look-up"
                               : "walk in the order of the id");
    ds_buffer_format(members, "\"access\":");
    ds_buffer_json(members, ds_string(words));
    if (p->index[0] != '\0' && !p->many) {
        ds_buffer_format(members, ",\"index\":");
        ds_buffer_json(members, ds_string(p->index));
    }
    ds_buffer_format(members, ",\"sorts\":%s", p->sorts ? "true" : "false");
}

/* An integer id is the place of a row in the table: its order is that of the walk. */
static bool walks_by_id(const table *t, const planning *asked, const plan *p)
{
    return (asked->did & DS_DID_ORDER) != 0 && asked->selection->order_count > 0 &&
           asked->selection->order[0].slot == t->id_slot && p->scans && !p->sorts && p->index[0] == '\0';
}

static int plan_read(conn *c, const question *q, const planning *asked)
{
    text ask = {.bytes = NULL};
    sqlite3_stmt *stmt = NULL;
    plan p = {.searches = false};
    text lines = {.bytes = NULL};
    text_put(&ask, "EXPLAIN QUERY PLAN ");
    text_put(&ask, question_failed(q) ? "" : q->text.bytes);
    int code = question_failed(q) || ask.failed ? SQLITE_NOMEM : sqlite3_prepare_v2(c->db, ask.bytes, -1, &stmt, NULL);
    if (code == SQLITE_ERROR)
        code = SQLITE_SCHEMA;
    while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(stmt, 3);
        code = line == NULL ? SQLITE_NOMEM : SQLITE_OK;
        if (line == NULL)
            break;
        take_line(q->table, line, asked->selection, &p);
        text_put(&lines, lines.length == 0 ? "" : ",");
        text_json(&lines, line, strlen(line));
    }
    sqlite3_finalize(stmt);
    text_free(&ask);
    if (code == SQLITE_DONE && !lines.failed) {
        p.by_id = p.by_id || walks_by_id(q->table, asked, &p);
        write_words(&p, asked->members);
        ds_buffer_format(asked->members, ",\"plan\":[%s],\"sql\":", lines.length == 0 ? "" : lines.bytes);
        ds_buffer_json(asked->members, ds_string_n(q->text.bytes, q->text.length));
    }
    text_free(&lines);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int explain_once(conn *c, const table *t, const layout *l, void *user)
{
    planning *asked = user;
    question q;
    size_t count, *slots = ds_calloc(t->property_count + 1, sizeof *slots);
    if (slots == NULL)
        return SQLITE_NOMEM;
    question_begin(&q, t, l);
    asked->did = select_write(&q, asked->selection, asked->may, slots, &count);
    int code = plan_read(c, &q, asked);
    question_end(&q);
    ds_free(slots);
    return code;
}

ds_status lite_explain(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                       uint32_t *did, ds_buffer *members, ds_call *call)
{
    planning asked = {.selection = selection, .may = may, .members = members};
    (void)connection;
    ds_status status = reading_run(ds_model_state(model), explain_once, &asked, call);
    *did = asked.did;
    return status;
}
