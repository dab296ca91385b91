/* Prepared statements, kept by the connection that prepared them: a place is found by the hash of the text, and the one
 * that was not used for longest makes room. */
#include "sqlite.h"

uint64_t sql_hash(const char *bytes, size_t length)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ length, word;
    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    word = 0;
    if (length > 0)
        memcpy(&word, bytes, length);
    hash = (hash ^ word) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 29;
}

bool sql_take(sql *to, text *from)
{
    *to = (sql){.bytes = NULL};
    if (from->failed)
        return false;
    *to = (sql){from->bytes, from->length, sql_hash(from->bytes, from->length)};
    *from = (text){.bytes = NULL};
    return true;
}

void sql_free(sql *of)
{
    ds_free(of->bytes);
    *of = (sql){.bytes = NULL};
}

static bool is_of(const statement *s, const char *bytes, size_t length, uint64_t hash)
{
    return s->stmt != NULL && s->text.hash == hash && s->text.length == length &&
           memcmp(s->text.bytes, bytes, length) == 0;
}

static void statement_drop(statement *s)
{
    sqlite3_finalize(s->stmt);
    sql_free(&s->text);
    *s = (statement){.stmt = NULL};
}

static int statement_prepare(conn *c, statement *s, const char *bytes, size_t length, uint64_t hash)
{
    s->text = (sql){.bytes = ds_malloc(length + 1), .length = length, .hash = hash};
    if (s->text.bytes == NULL || length >= INT32_MAX)
        return SQLITE_NOMEM;
    memcpy(s->text.bytes, bytes, length);
    s->text.bytes[length] = '\0';
    return sqlite3_prepare_v3(c->db, s->text.bytes, (int)length + 1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL);
}

/* The place of a text: its own, else the one that is free or was not used for longest; NULL where all are in use. */
static statement *statement_place(conn *c, const char *bytes, size_t length, uint64_t hash)
{
    statement *set = c->kept[hash % STATEMENT_SETS], *place = NULL;
    for (size_t i = 0; i < STATEMENT_WAYS; i++) {
        if (set[i].busy)
            continue;
        if (is_of(&set[i], bytes, length, hash))
            return &set[i];
        if (place == NULL || set[i].used < place->used)
            place = &set[i];
    }
    return place;
}

bool names_what_is_gone(const conn *c, int code)
{
    return code == SQLITE_ERROR && strstr(sqlite3_errmsg(c->db), "no such ") != NULL;
}

int statement_get(conn *c, const char *bytes, size_t length, uint64_t hash, statement **out)
{
    statement *s = statement_place(c, bytes, length, hash);
    *out = NULL;
    if (s == NULL || !is_of(s, bytes, length, hash)) {
        bool kept = s != NULL;
        if (kept)
            statement_drop(s);
        else if ((s = ds_calloc(1, sizeof *s)) == NULL)
            return SQLITE_NOMEM;
        int code = statement_prepare(c, s, bytes, length, hash);
        if (code != SQLITE_OK || s->stmt == NULL) {
            statement_drop(s);
            if (!kept)
                ds_free(s);
            return code == SQLITE_OK ? SQLITE_MISUSE : code;
        }
        s->kept = kept;
    }
    s->used = ++c->uses;
    s->busy = true;
    *out = s;
    return SQLITE_OK;
}

void statement_done(conn *c, statement *s)
{
    (void)c;
    if (s == NULL)
        return;
    sqlite3_reset(s->stmt);
    s->busy = false;
    if (s->kept)
        return;
    statement_drop(s);
    ds_free(s);
}

bool statement_is_stale(const statement *s)
{
    return sqlite3_stmt_status(s->stmt, SQLITE_STMTSTATUS_REPREPARE, 1) > 0;
}

void statements_drop(conn *c)
{
    for (size_t i = 0; i < STATEMENT_SETS; i++)
        for (size_t k = 0; k < STATEMENT_WAYS; k++)
            statement_drop(&c->kept[i][k]);
}
