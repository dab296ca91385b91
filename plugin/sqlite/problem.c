/* SQLite's result codes as statuses and sentences. Each names the file, and whether anything was changed can be told from
 * the status: only DS_UNKNOWN_OUTCOME leaves it open. */
#include "sqlite.h"

#include <errno.h>

const char *lite_place(const lite *l)
{
    return l->file == NULL ? ":memory:" : l->file;
}

ds_status problem_nomem(ds_error *err)
{
    return ds_error_set(err, DS_NOMEM, "out of memory");
}

static ds_status problem_busy(const conn *c, ds_error *err)
{
    if (c->call != NULL) {
        ds_status ended = ds_call_check(c->call);
        if (ended != DS_OK)
            return ended;
    }
    return ds_error_set(err, DS_BUSY,
                        "the database file \"%s\" is locked by another program, and stayed so for the %lld ms of "
                        "busyTimeout",
                        lite_place(c->lite), (long long)c->lite->busy_ms);
}

static ds_status problem_open(const conn *c, ds_error *err)
{
    int number = c->db == NULL ? 0 : sqlite3_system_errno(c->db);
    return ds_error_set(err, DS_CONFIG, "the database file \"%s\" could not be opened: %s", lite_place(c->lite),
                        number == 0 ? "there is no such file, or it is not to be read or written" : strerror(number));
}

static ds_status problem_interrupted(const conn *c, ds_error *err)
{
    ds_status ended = c->call == NULL ? DS_OK : ds_call_check(c->call);
    return ended != DS_OK ? ended : ds_error_set(err, DS_CANCELLED, "the statement was interrupted");
}

const char *problem_rule(const char *message)
{
    if (strcmp(message, "FOREIGN KEY constraint failed") == 0)
        return "a foreign key would refer to a record that is not there (FOREIGN KEY constraint failed)";
    return message;
}

/* What SQLite has to say itself, where that is about this failure. */
static const char *own_words(const conn *c, int code)
{
    bool is = c->db != NULL && sqlite3_extended_errcode(c->db) == code;
    return problem_rule(is ? sqlite3_errmsg(c->db) : sqlite3_errstr(code));
}

/* A log, or a journal, belongs in the file's folder; to read by a log, too. */
static ds_status problem_readonly(const conn *c, int code, const char *doing, ds_error *err)
{
    const char *file = lite_place(c->lite), *words = own_words(c, code);
    bool opened = strcmp(doing, "opened") == 0;
    if (code == SQLITE_READONLY_DIRECTORY || code == SQLITE_READONLY_CANTINIT || (opened && c->lite->read_only))
        return ds_error_set(err, opened ? DS_CONFIG : DS_READONLY,
                            "the folder of the database file \"%s\" may not be written, and SQLite needs that for what "
                            "it keeps beside the file: %s",
                            file, words);
    return ds_error_set(err, DS_READONLY, "the database file \"%s\" cannot be written: %s", file, words);
}

static ds_status problem_other(const conn *c, int code, const char *doing, ds_error *err)
{
    const char *file = lite_place(c->lite), *words = own_words(c, code);
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        return ds_error_set(err, DS_CONFIG, "the file \"%s\" is not a SQLite database", file);
    case SQLITE_CORRUPT:
        return ds_error_set(err, DS_BACKEND, "the database file \"%s\" is damaged: %s", file, words);
    case SQLITE_FULL:
        return ds_error_set(err, DS_BACKEND, "the disk is full, or the database file \"%s\" as large as it may be: %s",
                            file, words);
    case SQLITE_READONLY:
        return problem_readonly(c, code, doing, err);
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ds_error_set(err, DS_AUTH, "access to the database file \"%s\" was refused: %s", file, words);
    case SQLITE_TOOBIG:
        return ds_error_set(err, DS_INVALID, "a value, or a record, is larger than SQLite takes");
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return ds_error_set(err, DS_INVALID, "the table in \"%s\" does not take it: %s", file, words);
    case SQLITE_IOERR: {
        int number = c->db == NULL ? 0 : sqlite3_system_errno(c->db);
        return ds_error_set(err, DS_BACKEND, "the database file \"%s\" could not be %s: %s", file, doing,
                            number == 0 ? words : strerror(number));
    }
    default:
        return ds_error_set(err, DS_BACKEND, "the database \"%s\" could not be %s: %s", file, doing, words);
    }
}

ds_status problem_tell(conn *c, int code, const char *doing, ds_error *err)
{
    ds_status status;
    if (code == SQLITE_IOERR_NOMEM)
        return problem_nomem(err);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        status = problem_busy(c, err);
        break;
    case SQLITE_CANTOPEN:
        status = problem_open(c, err);
        break;
    case SQLITE_INTERRUPT:
        return problem_interrupted(c, err);
    case SQLITE_NOMEM:
        return problem_nomem(err);
    default:
        status = problem_other(c, code, doing, err);
    }
    if (err != NULL)
        err->native = code;
    return status;
}
