/* What the benchmarks share: the records that both sides work on, checks that end the program, and figures of many rounds. */
#ifndef BENCH_H
#define BENCH_H

#include <datasource/datasource.h>

#define RECORDS 10000
#ifndef ROUNDS
#define ROUNDS 15
#endif

typedef struct person {
    char id[32], name[32];
    int64_t age, born;
    double score;
    int member;
} person;

extern person people[RECORDS];
void make_people(void);           /* ages: RECORDS / 100 different ones, 100 records of each */
uint64_t digest(const person *p); /* a sum over all fields: both sides have read the same */
ds_record *record_of(ds_model *model, const person *p);
uint64_t digest_of(const ds_record *record); /* its values are copied out first, as those of the raw side are */

/* The properties in the order of `person`, but id and name first; `age` says how age is declared. */
#define PERSON(age)                                                                                                    \
    "{\"name\":\"Person\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":\"string\","               \
    "\"age\":" age ",\"score\":\"number\",\"member\":\"boolean\",\"born\":\"date\"}}"

void need(bool holds, const char *what, const char *why); /* or the program says so and ends */
void need_status(ds_status status, const ds_error *error, const char *what);
void take_text(char to[32], const char *bytes, size_t length);

/* Sorts them. The quarters stand at ROUNDS / 4 and ROUNDS - 1 - ROUNDS / 4 then. */
double median(double values[ROUNDS]);

#endif
