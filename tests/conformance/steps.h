/* What the steps share. */
#ifndef CONFORMANCE_STEPS_H
#define CONFORMANCE_STEPS_H

#include "conformance.h"

/* Compares the status; true where both are DS_OK, so that the step may go on. */
bool answered(run *, ds_status status, ds_status expected);
void same_text(run *, const char *got, const char *expected);
void same_number(run *, uint64_t got, uint64_t expected);
/* Traces and parses a record; where it does not parse, that is the step's answer. */
bool parsed(run *, const char *json, ds_record **record, ds_status expected);
/* The first letter of a record's id; '?' where there is none. */
char letter_of(const ds_record *);

#endif
