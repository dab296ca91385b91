/* SQL itself: one statement, its parameters bound as text. It runs on the connection that writes, whole or not at all. */
#include "sqlite.h"

static bool is_utf8(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned char c = bytes[i], low = 0x80, high = 0xbf;
        size_t behind = c < 0x80                ? 0
                        : c >= 0xc2 && c < 0xe0 ? 1
                        : c >= 0xe0 && c < 0xf0 ? 2
                        : c >= 0xf0 && c < 0xf5 ? 3
                                                : 9;
        if (c == 0xe0)
            low = 0xa0;
        else if (c == 0xed)
            high = 0x9f;
        else if (c == 0xf0)
            low = 0x90;
        else if (c == 0xf4)
            high = 0x8f;
        if (behind == 9 || i + behind >= length)
            return false;
        for (size_t k = 1; k <= behind; k++, low = 0x80, high = 0xbf)
            if (bytes[i + k] < low || bytes[i + k] > high)
                return false;
        i += behind + 1;
    }
    return true;
}

static ds_value value_of(sqlite3_stmt *stmt, int at)
{
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_INTEGER:
        return ds_integer(sqlite3_column_int64(stmt, at));
    case SQLITE_FLOAT:
        return ds_number(sqlite3_column_double(stmt, at));
    case SQLITE_TEXT: {
        const unsigned char *bytes = sqlite3_column_text(stmt, at);
        size_t length = (size_t)sqlite3_column_bytes(stmt, at);
        if (bytes != NULL && is_utf8(bytes, length))
            return ds_string_n((const char *)bytes, length);
        return ds_binary(bytes == NULL ? (const unsigned char *)"" : bytes, length);
    }
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(stmt, at);
        return ds_binary(bytes == NULL ? "" : bytes, (size_t)sqlite3_column_bytes(stmt, at));
    }
    default:
        return ds_null();
    }
}

static void write_row(sqlite3_stmt *stmt, ds_buffer *reply)
{
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        ds_value value = value_of(stmt, i);
        ds_buffer_append(reply, i == 0 ? "{" : ",", 1);
        ds_buffer_json(reply, ds_string(sqlite3_column_name(stmt, i)));
        ds_buffer_append(reply, ":", 1);
        if (value.type == DS_NUMBER && value.as.number - value.as.number != 0)
            value = ds_string(value.as.number > 0 ? "Infinity" : "-Infinity");
        ds_buffer_json(reply, value);
    }
    ds_buffer_append(reply, "}", 1);
}

static int run(conn *c, sqlite3_stmt *stmt, ds_buffer *reply)
{
    int64_t before = sqlite3_total_changes(c->db);
    bool has_rows = sqlite3_column_count(stmt) > 0;
    int code;
    ds_buffer_append(reply, "[", has_rows);
    for (size_t rows = 0; (code = sqlite3_step(stmt)) == SQLITE_ROW; rows++) {
        ds_buffer_append(reply, ",", rows > 0);
        write_row(stmt, reply);
    }
    if (has_rows)
        ds_buffer_append(reply, "]", 1);
    else
        ds_buffer_format(reply, "{\"changes\":%lld}", (long long)(sqlite3_total_changes(c->db) - before));
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static ds_status own_error(conn *c, int code, ds_error *err)
{
    if ((code & 0xff) != SQLITE_ERROR)
        return problem_tell(c, code, "used", err);
    ds_error_set(err, DS_BACKEND, "SQLite says: %s", sqlite3_errmsg(c->db));
    err->native = code;
    return DS_BACKEND;
}

static bool is_blank(const char *words)
{
    return words == NULL || words[strspn(words, " \t\r\n;")] == '\0';
}

static ds_status prepare(conn *c, size_t argc, const char *const *argv, const size_t *lengths, sqlite3_stmt **out,
                         ds_error *err)
{
    const char *rest = NULL;
    *out = NULL;
    int code = sqlite3_prepare_v2(c->db, argv[0], lengths == NULL ? -1 : (int)lengths[0], out, &rest);
    if (code != SQLITE_OK)
        return own_error(c, code, err);
    if (*out == NULL || (lengths == NULL && !is_blank(rest)))
        return ds_error_set(err, DS_INVALID, "the SQL must be one statement");
    int wanted = sqlite3_bind_parameter_count(*out);
    if ((size_t)wanted != argc - 1)
        return ds_error_set(err, DS_INVALID, "the statement has %d parameters, and %zu were given", wanted, argc - 1);
    for (size_t i = 1; i < argc && code == SQLITE_OK; i++)
        code = sqlite3_bind_text64(*out, (int)i, argv[i], lengths == NULL ? strlen(argv[i]) : lengths[i], SQLITE_STATIC,
                                   SQLITE_UTF8);
    return code == SQLITE_OK ? DS_OK : own_error(c, code, err);
}

ds_status lite_execute(void *connection, size_t argc, const char *const *argv, const size_t *lengths, ds_buffer *reply,
                       ds_call *call)
{
    conn *c;
    sqlite3_stmt *stmt = NULL;
    ds_status status = pool_take(connection, true, call, &c);
    if (status != DS_OK)
        return status;
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 1, NULL); /* as people write it */
    status = prepare(c, argc, argv, lengths, &stmt, call->error);
    if (status == DS_OK) {
        int code = run(c, stmt, reply);
        if (code != SQLITE_OK)
            status = own_error(c, code, call->error);
    }
    sqlite3_finalize(stmt);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    if (!sqlite3_get_autocommit(c->db)) {
        conn_run(c, "ROLLBACK");
        if (status == DS_OK)
            status = ds_error_set(call->error, DS_INVALID,
                                  "a transaction of several statements cannot be made, and was undone");
    }
    pool_give(c);
    return status;
}
