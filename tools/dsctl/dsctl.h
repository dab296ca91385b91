/* dsctl from the inside: what the commands share. */
#ifndef DSCTL_H
#define DSCTL_H

#include <datasource/connector.h>
#include <datasource/datasource.h>

#include <stdio.h>

typedef struct dsctl {
    const char *datasources, *models; /* -c, -m */
    bool json;                        /* --json, or stdout is no terminal */
    const char *where, *at;           /* --where, --at */
    bool all;                         /* --all */
    ds_catalog *catalog;              /* opened by dsctl_source() */
    ds_error error;                   /* of the command; told by main() unless the message is empty */
} dsctl;

/* A command is given the arguments behind its name, of a number that its row allows, and answers a status; the sentence
 * is in dsctl.error. DS_INVALID is exit status 2. */
typedef ds_status command_run(dsctl *, int argc, char **argv);
command_run run_sources, run_connectors, run_models, run_ping, run_execute;
command_run run_create, run_get, run_find, run_count, run_explain, run_update, run_delete;
command_run run_import, run_export;

ds_source *dsctl_source(dsctl *, const char *name); /* NULL: see the error */
ds_model *dsctl_model(dsctl *, const char *source, const char *model);
int dsctl_exit_status(ds_status);
ds_status dsctl_nomem(dsctl *);
/* stdout took all that was printed; DS_BACKEND otherwise (a full disk, a closed pipe) */
ds_status dsctl_flushed(dsctl *);

/* Text as a JSON string, printed. */
void print_json_string(FILE *, const char *text);

/* Rows with a heading, aligned once all are there: a table for a terminal. Cells are copied; NULL is an empty one. */
typedef struct table table;
table *table_new(size_t columns, const char *const *headings); /* NULL: out of memory, which all functions here take */
void table_add(table *, const char *const *cells);
void table_print(table *); /* and frees it */

/* A progress bar on stderr, if that is a terminal. */
typedef struct progress {
    const char *what;
    int percent;
    bool on;
} progress;
progress progress_start(const char *what);
void progress_tell(progress *, uint64_t done, uint64_t total, uint64_t records);
void progress_end(progress *);

#endif
