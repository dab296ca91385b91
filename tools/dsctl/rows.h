/* Records for a person. */
#ifndef DSCTL_ROWS_H
#define DSCTL_ROWS_H

#include "dsctl.h"

typedef struct rows rows;
rows *rows_new(void); /* NULL: out of memory */
/* Takes a copy; prints those that are there once they are many. */
ds_status rows_add(rows *, const ds_record *, ds_error *);
void rows_print(rows *);
void rows_free(rows *);

/* A record alone: a line for each property that is not null. */
void record_print_lines(const ds_record *);

#endif
