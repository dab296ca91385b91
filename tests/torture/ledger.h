/* What one thread knows of the records that it has written: for each, all that it may be. */
#ifndef TORTURE_LEDGER_H
#define TORTURE_LEDGER_H

#include "../redis/worlds.h"

#include <hiredis/hiredis.h>
#include <stddef.h>

typedef struct ledger {
    unsigned owner;
    worlds *records; /* by number: the record "<owner>-<number>" */
    size_t count, room;
} ledger;

typedef struct ledger_tally {
    size_t records, there; /* that were looked at, and that are there */
    size_t open;           /* of which an outcome was unknown */
    size_t faults;         /* that are what they cannot be; the first are printed */
} ledger_tally;

size_t ledger_add(ledger *self); /* a record that nobody has written yet; its number */
void ledger_id(const ledger *self, size_t number, char out[24]);
worlds *ledger_of(ledger *self, size_t number); /* until the next ledger_add() */
/* Compares all records with what is stored under the prefix and "Thing:". */
void ledger_check(ledger *self, redisContext *raw, const char *prefix, ledger_tally *out);
void ledger_free(ledger *self);

/* As the mapping stores it: city home or moved, n 1 or 2. STATE_COUNT: no such state. */
world_state ledger_state(const char *city, long long n);

#endif
