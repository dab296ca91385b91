/* Databases for tests of the SQLite connector: opened through the library, and looked at and changed by SQLite itself, as
 * another program would. */
#ifndef TESTS_SQLITE_BASE_H
#define TESTS_SQLITE_BASE_H

#include "../memory/host.h"
#include "command.h"
#include "suite.h"

extern char *base_folder, base_file[512]; /* of the test under way */

void base_begin(void); /* a folder of its own, with no file yet */
void base_end(void);   /* closes the source that is open, and removes the folder */
/* On base_file, with more settings ("" or ",\"readOnly\":true"); closed by base_end(), or by the next one. */
ds_source *base_open(const char *settings);
void base_close(void);
/* SQL as another program runs it. Ends the test program where that fails. */
void base_run(const char *sql);
int base_try(const char *sql); /* SQLite's code */
/* The rows as text: columns parted by "|", rows by newlines; for free(). */
char *base_ask(const char *sql);

#define BASE_IS(sql, expected)                                                                                         \
    do {                                                                                                               \
        char *text_ = base_ask(sql);                                                                                   \
        if (strcmp(text_, expected) != 0)                                                                              \
            printf("\n%s\ngives:\n%s", sql, text_);                                                                    \
        CU_ASSERT_STRING_EQUAL(text_, expected);                                                                       \
        free(text_);                                                                                                   \
    } while (0)

#endif
