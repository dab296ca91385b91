/* dsctl from the inside: what the commands share. */
#ifndef DSCTL_H
#define DSCTL_H

#include <datasource/connector.h>
#include <datasource/datasource.h>

#include <stdio.h>

typedef struct dsctl {
    const char *datasources, *models;         /* -c, -m */
    bool json;                                /* --json, or stdout is no terminal */
    const char *where, *at, *fields, *format; /* --where, --at, --fields, --format */
    bool all, replace, no_ttl, check;         /* --all, --replace, --no-ttl, --check */
    bool help, version;                       /* --help, --version */
    bool unread;                              /* whoever read stdout is gone: the program ends quietly */
    const char *source;                       /* of the shell that we are in; NULL: in none */
    const ds_cancel *cancel;                  /* Ctrl-C in a shell; NULL: none */
    ds_model *views[4];                       /* that carry it, until the command ends */
    int exit_status;                          /* of a shell: of the last command that failed */
    ds_catalog *catalog;                      /* opened by dsctl_catalog() */
    ds_error error;                           /* of the command; told by its caller unless the message is empty */
} dsctl;

/* ---- commands.c ---- */

/* A command is given the arguments behind its name, of a number that its row allows, and answers a status; the sentence
 * is in dsctl.error. DS_INVALID is exit status 2. */
typedef ds_status command_run(dsctl *, int argc, char **argv);
command_run run_sources, run_connectors, run_models, run_add, run_ping, run_execute;
command_run run_create, run_get, run_find, run_count, run_explain, run_update, run_delete;
command_run run_import, run_export, run_copy, run_migrate, run_discover, run_shell;

typedef struct command {
    const char *name;
    command_run *run;
    int least, most;       /* arguments */
    const char *arguments; /* their names, which completion goes by */
    const char *help;
    bool not_in_shell;
} command;
extern const command commands[]; /* ends in a NULL name */
const command *command_find(const char *name);
bool command_takes_source(const command *); /* as its first argument */
const char *command_arguments(const command *, bool in_shell);
void commands_print(FILE *, bool in_shell);

/* Takes the options out of `words` and runs what is left as a command, in a shell with its source put before the arguments;
 * tells what fails, and answers the exit status. The catalog stays open. */
int dsctl_run(dsctl *, int count, char **words);
int dsctl_exit_status(ds_status);

/* ---- main.c ---- */

ds_status dsctl_catalog(dsctl *);
ds_source *dsctl_source(dsctl *, const char *name); /* NULL: see the error */
ds_model *dsctl_model(dsctl *, const char *source, const char *model);
ds_status dsctl_nomem(dsctl *);
/* stdout took all that was printed; DS_BACKEND otherwise: a full disk, or, without a message, a pipe that nobody reads */
ds_status dsctl_flushed(dsctl *);
/* {"copied":12}, or 12 for a person */
ds_status print_number(const dsctl *, const char *name, uint64_t number);

/* ---- reach.c: how long a server that is down is waited for ---- */

void reach_begin(void);         /* another command begins */
void reach_source(ds_source *); /* it has this source */

/* ---- log.c ---- */

void log_begin(void); /* from here on the library's warnings are told */
/* A command has ended: tells what it was warned of last, and its error, where there is a message. */
void log_end(const ds_error *);
/* One line on stderr, which begins with "dsctl: ". */
void dsctl_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- text.c: JSON that the library made, for people ---- */

void print_json_string(FILE *, const char *text);
void print_json_indented(FILE *, const char *json); /* JSON still */
/* An object as indented lines of words, without these members of it. */
void print_json_as_text(FILE *, const char *json, const char *const *without);
const char *json_member(const char *object, const char *name); /* its value; NULL: it has none */
const char *json_item(const char *array);                      /* the first of an array; NULL: there is none, */
const char *json_next(const char *item);                       /* and the one behind it */
void json_text(const char *string, char *out, size_t room);    /* a string without quotes and plain escapes, cut */

/* ---- table.c, progress.c ---- */

size_t terminal_width(void); /* in columns; 80 where nobody says */

/* Rows with a heading (NULL: none), aligned once all are there: a table for a terminal. Cells are copied; NULL is an empty
 * one. */
typedef struct table table;
table *table_new(size_t columns, const char *const *headings); /* NULL: out of memory, which all functions here take */
table *table_of_text(size_t columns, const char *const *headings); /* the last column is broken into lines, not cut */
void table_add(table *, const char *const *cells);
void table_print(table *); /* and frees it */

/* A progress bar on stderr, if that is a terminal. */
typedef struct progress {
    const char *what;
    int percent; /* -1: nothing was told yet */
    uint64_t records;
    bool on;
} progress;
progress progress_start(const char *what);
void progress_tell(progress *, uint64_t done, uint64_t total, uint64_t records);
void progress_end(progress *);
void progress_clear(void); /* the line of a bar that is under way is free for something else */

/* ---- import.c: what import and copy share ---- */

#define TOLD 20 /* failures that are told one by one */

/* Records that could not be stored: the first ones are told, the first one's status is the command's. */
typedef struct failures {
    uint64_t count;
    ds_status first;
} failures;
void failures_add(failures *, const ds_error *);
ds_status failures_end(const failures *); /* says how many more there were */
/* A failure that is not of one record, but of all that follow. */
bool failure_is_final(ds_status);

/* ---- prompt.c ---- */

bool prompt_is_on(void); /* standard input is a terminal; where it is not, questions are not written */
/* The next line of standard input, for free(); NULL at its end. */
char *prompt_ask(const char *question, bool is_secret);

/* ---- words.c ---- */

/* The names of "a,b,c", which is cut at the commas; ends in NULL, for free(). NULL: out of memory. */
const char **split_names(char *list, size_t *count);

/* ---- csv.c: records as lines of CSV ---- */

typedef struct csv_writer csv_writer;
/* The columns are the model's properties, and the names that are undeclared; or `fields` alone (NULL: not given). */
csv_writer *csv_new(FILE *, const ds_model *, const char *const *fields, size_t field_count);
/* The undeclared names of one record become columns, before the header. false: out of memory. */
bool csv_learn(csv_writer *, const ds_record *);
bool csv_header(csv_writer *); /* false: out of memory */
/* DS_CONFLICT: it has a property that is no column. */
ds_status csv_record(csv_writer *, const ds_record *, ds_error *);
void csv_free(csv_writer *);

#endif
