/* The file that an export goes to. */
#ifndef DSCTL_TARGET_H
#define DSCTL_TARGET_H

#include "dsctl.h"

typedef struct target {
    FILE *out;        /* stdout for "-", and for a path that is standard output's */
    const char *path; /* as it was given */
    char *place;      /* where it leads to; NULL: written straight */
    char *temporary;  /* beside it, written first and renamed at the end */
    ds_error *error;
} target;

ds_status target_open(target *, const char *path, ds_error *);
/* Puts the file in its place, or, where `status` is a failure, takes it away again. Answers `status`, or what went wrong now. */
ds_status target_close(target *, ds_status status);

#endif
