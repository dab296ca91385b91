/* Proposing models for tables that are there: one each that has a key of one column, which is its id. What the connector
 * itself has made says what its columns are for ("INTEGER DATE"); of others the declared type is all that is known. */
#include "sqlite.h"

typedef struct proposal {
    conn *conn;
    const char *table;
    char *id; /* sqlite3_free() */
    bool generated, loose;
} proposal;

static bool has_word(const char *type, const char *word)
{
    size_t length = strlen(word);
    for (; *type != '\0'; type++)
        if (sqlite3_strnicmp(type, word, (int)length) == 0)
            return true;
    return false;
}

/* By the rules of affinity (https://sqlite.org/datatype3.html, 3.1), but for what our own words say. */
static const char *property_type(const char *type)
{
    static const char *const own[][2] = {{"INTEGER BOOLEAN", "boolean"},
                                         {"INTEGER DATE", "date"},
                                         {"TEXT OBJECT", "object"},
                                         {"TEXT ARRAY", "array"},
                                         {"TEXT ANY", "any"}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (sqlite3_stricmp(type, own[i][0]) == 0)
            return own[i][1];
    if (has_word(type, "INT"))
        return "integer";
    if (has_word(type, "CHAR") || has_word(type, "CLOB") || has_word(type, "TEXT"))
        return "string";
    if (has_word(type, "BLOB"))
        return "binary";
    if (has_word(type, "REAL") || has_word(type, "FLOA") || has_word(type, "DOUB"))
        return "number";
    if (has_word(type, "BOOL"))
        return "boolean";
    return has_word(type, "NUM") || has_word(type, "DEC") ? "number" : "string";
}

static int ask(conn *c, const char *words, const char *first, const char *second, sqlite3_stmt **out)
{
    int code = sqlite3_prepare_v2(c->db, words, -1, out, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(*out, 1, first, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && second != NULL)
        code = sqlite3_bind_text(*out, 2, second, -1, SQLITE_STATIC);
    return code;
}

static const char *word_at(sqlite3_stmt *row, int at)
{
    const char *words = (const char *)sqlite3_column_text(row, at);
    return words == NULL ? "" : words;
}

/* Of no use as a property: without a name, or the connector's own. */
static bool is_left_out(const char *name)
{
    return name[0] == '\0' || sqlite3_stricmp(name, MORE_COLUMN) == 0 || sqlite3_stricmp(name, EXPIRES_COLUMN) == 0;
}

/* The column that alone is the key: the primary key, or else a column that is not null and has a unique index of its own.
 * Of a type that an id may have. */
static int find_id(proposal *p)
{
    static const char words[] =
        "SELECT x.name, x.type, (SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk') "
        "FROM pragma_table_xinfo(?1) AS x WHERE x.hidden = 0 AND (x.pk = 1 AND "
        "(SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk > 0) = 1 OR x.\"notnull\" AND EXISTS "
        "(SELECT 1 FROM pragma_index_list(?1) AS l WHERE l.\"unique\" AND NOT l.partial AND "
        "(SELECT count(*) = 1 AND max(name = x.name) FROM pragma_index_info(l.name)))) ORDER BY x.pk = 0, x.cid";
    sqlite3_stmt *row = NULL;
    int code = ask(p->conn, words, p->table, NULL, &row);
    while (code == SQLITE_OK && p->id == NULL && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *type = property_type(word_at(row, 1));
        code = SQLITE_OK;
        if (is_left_out(word_at(row, 0)))
            continue;
        if (strcmp(type, "integer") != 0 && strcmp(type, "string") != 0)
            continue;
        p->id = sqlite3_mprintf("%s", word_at(row, 0));
        p->generated = sqlite3_stricmp(word_at(row, 1), "INTEGER") == 0 && sqlite3_column_int(row, 2) == 0;
        code = p->id == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* "unique" or "index", where the column has such an index of its own; NULL. Ours end in the id. */
static int find_index(const proposal *p, const char *name, const char **kind)
{
    static const char words[] = "SELECT max(l.\"unique\") FROM pragma_index_list(?1) AS l WHERE NOT l.partial AND "
                                "(SELECT count(*) = 1 AND max(name = ?2) FROM pragma_index_info(l.name) "
                                "WHERE l.name NOT LIKE '%#index:%' OR name <> ?3)";
    sqlite3_stmt *row = NULL;
    int code = ask(p->conn, words, p->table, name, &row);
    *kind = NULL;
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 3, p->id, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW && sqlite3_column_type(row, 0) != SQLITE_NULL)
        *kind = sqlite3_column_int(row, 0) != 0 ? "unique" : "index";
    sqlite3_finalize(row);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static bool can_be_indexed(const char *type)
{
    return strcmp(type, "object") != 0 && strcmp(type, "array") != 0 && strcmp(type, "any") != 0;
}

/* Whether words are a number as JSON has it: what SQL writes otherwise is not proposed. */
static bool is_number(const char *words, bool whole)
{
    const char *at = words + (words[0] == '-');
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || digits > 15 || (at[0] == '0' && digits > 1))
        return false;
    at += digits;
    if (!whole && at[0] == '.' && (digits = strspn(at + 1, "0123456789")) > 0)
        at += 1 + digits;
    return *at == '\0';
}

/* 'it''s' */
static bool take_quoted(const char *words, text *out)
{
    size_t length = strlen(words);
    if (length < 2 || words[0] != '\'' || words[length - 1] != '\'')
        return false;
    for (size_t i = 1; i < length - 1; i++) {
        if (words[i] == '\'' && words[++i] != '\'')
            return false;
        text_add(out, words + i, 1);
    }
    return !out->failed;
}

/* The default of a column, where that is a plain value of the property's type: the library then sets it, for what it leaves
 * out is stored as NULL. */
static bool write_default(const char *type, const char *words, ds_buffer *out)
{
    text own = {.bytes = NULL};
    bool is_truth = sqlite3_stricmp(words, "true") == 0 || strcmp(words, "1") == 0;
    bool is_known = false;
    if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0) {
        is_known = is_number(words, type[0] == 'i');
        if (is_known)
            ds_buffer_format(out, ",\"default\":%s", words);
    } else if (strcmp(type, "boolean") == 0) {
        is_known = is_truth || sqlite3_stricmp(words, "false") == 0 || strcmp(words, "0") == 0;
        if (is_known)
            ds_buffer_format(out, ",\"default\":%s", is_truth ? "true" : "false");
    } else if (strcmp(type, "string") == 0 && take_quoted(words, &own)) {
        is_known = true;
        ds_buffer_format(out, ",\"default\":");
        ds_buffer_json(out, ds_string_n(own.length == 0 ? "" : own.bytes, own.length));
    }
    text_free(&own);
    return is_known;
}

/* A column: name, type, notnull, dflt_value. */
static int write_property(const proposal *p, sqlite3_stmt *row, bool first, ds_buffer *out)
{
    const char *name = word_at(row, 0), *type = property_type(word_at(row, 1)), *index = NULL;
    bool is_id = strcmp(name, p->id) == 0;
    int code = !is_id && can_be_indexed(type) ? find_index(p, name, &index) : SQLITE_OK;
    ds_buffer_format(out, first ? "" : ",");
    ds_buffer_json(out, ds_string(name));
    ds_buffer_format(out, ":{\"type\":\"%s\"", type);
    if (is_id)
        ds_buffer_format(out, ",\"id\":true%s", p->generated ? ",\"generated\":true" : "");
    else if (!write_default(type, word_at(row, 3), out) && sqlite3_column_int(row, 2) != 0)
        ds_buffer_format(out, ",\"required\":true");
    if (index != NULL)
        ds_buffer_format(out, ",\"%s\":true", index);
    ds_buffer_format(out, "}");
    return code;
}

static int write_properties(proposal *p, ds_buffer *out)
{
    static const char words[] =
        "SELECT name, type, \"notnull\", dflt_value FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid";
    sqlite3_stmt *row = NULL;
    bool first = true;
    int code = ask(p->conn, words, p->table, NULL, &row);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        code = SQLITE_OK;
        p->loose = p->loose || strcmp(word_at(row, 0), MORE_COLUMN) == 0;
        if (is_left_out(word_at(row, 0)))
            continue;
        code = write_property(p, row, first, out);
        first = false;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* ---- indexes of several columns ---- */

static int write_keys(const proposal *p, const char *index, bool ours, ds_buffer *out)
{
    static const char words[] = "SELECT name, \"desc\" FROM pragma_index_xinfo(?) WHERE key AND name IS NOT NULL";
    sqlite3_stmt *row = NULL;
    size_t written = 0;
    int code = ask(p->conn, words, index, NULL, &row);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        code = SQLITE_OK;
        if (ours && strcmp(word_at(row, 0), p->id) == 0) /* which we put there ourselves */
            continue;
        ds_buffer_format(out, written++ == 0 ? "" : ",");
        ds_buffer_json(out, ds_string(word_at(row, 0)));
        ds_buffer_format(out, ":%d", sqlite3_column_int(row, 1) != 0 ? -1 : 1);
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Among the indexes of a model, those of single properties have the names of these. */
static int write_index_name(const proposal *p, const char *name, ds_buffer *out)
{
    const char *ours = strstr(name, "#index:"), *unique = strstr(name, "#unique:"), *kind = NULL;
    const char *own = ours != NULL ? ours + 7 : unique != NULL ? unique + 8 : name;
    int code = find_index(p, own, &kind);
    char *free_one = sqlite3_mprintf(kind == NULL ? "%s" : "%s_", own);
    if (free_one == NULL)
        return SQLITE_NOMEM;
    ds_buffer_json(out, ds_string(free_one));
    sqlite3_free(free_one);
    return code;
}

/* Of columns that are properties, have an order, and come once. */
static int write_indexes(const proposal *p, ds_buffer *out)
{
    static const char words[] =
        "SELECT l.name, l.\"unique\" FROM pragma_index_list(?1) AS l WHERE NOT l.partial AND l.name <> '' AND "
        "(SELECT count(DISTINCT lower(i.name)) = count(*) AND min(coalesce(i.name, '') IN "
        "(SELECT x.name FROM pragma_table_xinfo(?1) AS x WHERE x.hidden = 0 AND lower(x.name) NOT IN "
        "('', '" MORE_COLUMN "', '" EXPIRES_COLUMN "') AND upper(x.type) NOT IN "
        "('TEXT OBJECT', 'TEXT ARRAY', 'TEXT ANY'))) FROM pragma_index_info(l.name) AS i) AND "
        "(SELECT count(*) FROM pragma_index_info(l.name) WHERE l.name NOT LIKE '%#index:%' OR name <> ?2) > 1 "
        "ORDER BY l.name";
    sqlite3_stmt *row = NULL;
    size_t written = 0;
    int code = ask(p->conn, words, p->table, p->id, &row);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name = word_at(row, 0);
        ds_buffer_format(out, written++ == 0 ? ",\"indexes\":{" : ",");
        code = write_index_name(p, name, out);
        ds_buffer_format(out, ":{\"keys\":{");
        if (code == SQLITE_OK)
            code = write_keys(p, name, strstr(name, "#index:") != NULL, out);
        ds_buffer_format(out, sqlite3_column_int(row, 1) != 0 ? "},\"unique\":true}" : "}}");
    }
    sqlite3_finalize(row);
    ds_buffer_format(out, written > 0 ? "}" : "");
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* ---- a table ---- */

/* How many of the tables have this name once theirs are made names of models; of those to be renamed, the ones before. */
static int count_namesakes(const proposal *p, const char *name, int *count)
{
    static const char words[] =
        "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND (name = ?1 OR name < ?2 "
        "AND "
        "replace(replace(replace(replace(name, '#', '_'), ':', '_'), '{', '_'), '}', '_') = ?1)";
    sqlite3_stmt *row = NULL;
    int code = ask(p->conn, words, name, p->table, &row);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    *count = code == SQLITE_ROW ? sqlite3_column_int(row, 0) : 0;
    sqlite3_finalize(row);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* A model's name holds none of these, and no other model has it. */
static int write_name(const proposal *p, ds_buffer *out, bool *renamed)
{
    int namesakes = 0, code = SQLITE_OK;
    char *name = sqlite3_mprintf("%s", p->table), *whole;
    *renamed = false;
    for (char *at = name; at != NULL && *at != '\0'; at++)
        if (strchr("#:{}", *at) != NULL) {
            *at = '_';
            *renamed = true;
        }
    if (name != NULL && *renamed)
        code = count_namesakes(p, name, &namesakes);
    whole = name == NULL || namesakes == 0 ? name : sqlite3_mprintf("%z_%d", name, namesakes + 1);
    if (whole != NULL)
        ds_buffer_json(out, ds_string(whole));
    sqlite3_free(whole);
    return whole == NULL ? SQLITE_NOMEM : code;
}

static int write_model(proposal *p, bool first, ds_buffer *out)
{
    bool renamed;
    ds_buffer_format(out, first ? "{\"name\":" : ",{\"name\":");
    int code = write_name(p, out, &renamed);
    ds_buffer_format(out, ",\"properties\":{");
    if (code == SQLITE_OK)
        code = write_properties(p, out);
    ds_buffer_format(out, "}");
    if (code == SQLITE_OK)
        code = write_indexes(p, out);
    if (p->loose || renamed)
        ds_buffer_format(out, ",\"settings\":{%s%s", p->loose ? "\"strict\":false" : "",
                         p->loose && renamed ? "," : "");
    if (renamed) {
        ds_buffer_format(out, "\"sqlite\":{\"table\":");
        ds_buffer_json(out, ds_string(p->table));
        ds_buffer_format(out, "}");
    }
    ds_buffer_format(out, p->loose || renamed ? "}}" : "}");
    return code;
}

static int propose_all(conn *c, const char *pattern, ds_buffer *out)
{
    static const char words[] = /* not those that a virtual table keeps for itself */
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name <> '' AND name NOT LIKE "
        "'sqlite\\_%' ESCAPE '\\' AND name GLOB ? ORDER BY name";
    sqlite3_stmt *row = NULL;
    bool first = true;
    int code = ask(c, words, pattern, NULL, &row);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        proposal p = {.conn = c, .table = word_at(row, 0)};
        code = find_id(&p);
        if (code == SQLITE_OK && p.id != NULL) {
            code = write_model(&p, first, out);
            first = false;
        }
        sqlite3_free(p.id);
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

ds_status lite_discover(void *connection, const char *pattern, ds_buffer *models, ds_call *call)
{
    conn *c;
    ds_status status = pool_take(connection, false, call, &c);
    if (status != DS_OK)
        return status;
    ds_buffer_format(models, "[");
    int code = propose_all(c, pattern == NULL || pattern[0] == '\0' ? "*" : pattern, models);
    ds_buffer_format(models, "]");
    if (code != SQLITE_OK)
        status = problem_tell(c, code, "read", call->error);
    pool_give(c);
    return status;
}
