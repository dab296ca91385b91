/* Client processes that write to one server until they are told to end, or are killed: what torture tests of Redis share. */
#ifndef TORTURE_CREW_H
#define TORTURE_CREW_H

#include <datasource/datasource.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MOST_CLIENTS 32

typedef struct crew_counts {
    atomic_ullong operations, done, duplicates, missing, conflicts, busy, unexpected;
    atomic_ullong held, changed; /* answers of scripts, by ds_stats() */
    atomic_bool ends;
    char message[512]; /* of something unexpected */
} crew_counts;

typedef struct crew {
    crew_counts *counts; /* shared by all processes */
    pid_t clients[MOST_CLIENTS];
    int count;
    const char *settings;
    /* One operation of a client; its random numbers are its own. */
    ds_status (*work)(ds_model *model, ds_error *error);
    const char *definition;
    unsigned long long kills;
} crew;

void crew_start(crew *c, int count);
void crew_kill_one(crew *c); /* SIGKILL for one of them, and another one takes its place */
void crew_end(crew *c);      /* lets them finish what they do */
void crew_free(crew *c);

double crew_now(void); /* seconds */

#endif
