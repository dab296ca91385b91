/* What a find really asks of the server, overheard by MONITOR: to be compared with what explain says. */
#ifndef TESTS_OVERHEARD_H
#define TESTS_OVERHEARD_H

#include "world.h"

/* Finds all records of a query, and gives the ways on which they were found, each once, as they came first, blanks between:
 * "index:NAME", "unique:NAME", "primary", "scan"; "" where records were read by their ids alone. In a static buffer. */
const char *overheard(ds_model *model, const char *query_json);
/* Whether these are the ways of the plan that ds_explain() gave; where not, both are printed. */
bool overheard_as_explained(ds_model *model, const char *query_json, const char *plan);
/* Read calls of the server that had something to read, so far: round trips, and those of the tests. */
unsigned long long server_reads(void);

#endif
