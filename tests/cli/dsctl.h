/* dsctl as a black box: run with a configuration of two memory data sources and a SQLite one, kept in
 * files, and a real Redis. */
#ifndef TESTS_CLI_DSCTL_H
#define TESTS_CLI_DSCTL_H

#include "command.h"
#include "redis_server.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char *folder, *config, *models, *program;
extern redis_server *server;
extern const char *on; /* the data source that the current round uses, for what is printed */

/* Sources "mem", "red", "two" and "lite", and these models (NULL: none). */
void dsctl_begin(const char *models_json);
void dsctl_end(void);
/* Runs dsctl with our configuration and up to 12 more words, which end in NULL; `input` for its standard input. */
command_result dsctl(const char *input, ...) __attribute__((sentinel));
void dsctl_clear(const char *source, const char *model); /* deletes all records */
/* An export of JSON lines, for free(). */
char *dsctl_exported(const char *source, const char *model);
char *in_folder(const char *name); /* a path, for free() */

/* Checks what it printed and how it ended. */
#define SHOWS(result, expected_status, expected_out)                                                                   \
    do {                                                                                                               \
        command_result r_ = (result);                                                                                  \
        bool same_ = r_.status == (expected_status) && strcmp(r_.out, expected_out) == 0;                              \
        if (!same_)                                                                                                    \
            printf("\n%s:%d: on %s: status %d, out: %s err: %s", __FILE__, __LINE__, on, r_.status, r_.out, r_.err);   \
        CU_ASSERT(same_);                                                                                              \
        command_free(&r_);                                                                                             \
    } while (0)

/* Checks that it failed with one sentence that holds `part`, and printed nothing. */
#define FAILS(result, expected_status, part)                                                                           \
    do {                                                                                                               \
        command_result r_ = (result);                                                                                  \
        char *end_ = strchr(r_.err, '\n');                                                                             \
        bool same_ = r_.status == (expected_status) && strstr(r_.err, part) != NULL && r_.out_length == 0 &&           \
                     end_ != NULL && end_[1] == '\0';                                                                  \
        if (!same_)                                                                                                    \
            printf("\n%s:%d: on %s: status %d, out: %s err: %s", __FILE__, __LINE__, on, r_.status, r_.out, r_.err);   \
        CU_ASSERT(same_);                                                                                              \
        command_free(&r_);                                                                                             \
    } while (0)

#endif
