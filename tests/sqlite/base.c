#include "base.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *base_folder, base_file[512];
static ds_source *opened;

void base_begin(void)
{
    base_folder = folder_make();
    snprintf(base_file, sizeof base_file, "%s/records.db", base_folder);
}

void base_close(void)
{
    ds_source_close(opened);
    opened = NULL;
}

void base_end(void)
{
    base_close();
    folder_remove(base_folder);
}

ds_source *base_open(const char *settings)
{
    char json[1024];
    base_close();
    snprintf(json, sizeof json, "{\"file\":\"%s\"%s}", base_file, settings);
    if (ds_source_open("sqlite", json, &opened, &host_error) != DS_OK) {
        fprintf(stderr, "\n%s\n", host_error.message);
        exit(EXIT_FAILURE);
    }
    return opened;
}

static sqlite3 *raw_open(void)
{
    sqlite3 *db;
    if (sqlite3_open(base_file, &db) != SQLITE_OK) {
        fprintf(stderr, "\n%s: %s\n", base_file, sqlite3_errmsg(db));
        exit(EXIT_FAILURE);
    }
    sqlite3_busy_timeout(db, 10000);
    return db;
}

int base_try(const char *sql)
{
    sqlite3 *db = raw_open();
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

void base_run(const char *sql)
{
    sqlite3 *db = raw_open();
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
        fprintf(stderr, "\n%s: %s\n", sql, why);
        exit(EXIT_FAILURE);
    }
    sqlite3_close(db);
}

static int take_row(void *user, int count, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < count; i++)
        fprintf(user, "%s%s", i == 0 ? "" : "|", values[i] == NULL ? "NULL" : values[i]);
    fputc('\n', user);
    return 0;
}

char *base_ask(const char *sql)
{
    sqlite3 *db = raw_open();
    char *why = NULL, *rows;
    size_t length;
    FILE *out = open_memstream(&rows, &length);
    if (sqlite3_exec(db, sql, take_row, out, &why) != SQLITE_OK)
        fprintf(out, "%s\n", why);
    sqlite3_free(why);
    fclose(out);
    sqlite3_close(db);
    return rows;
}
