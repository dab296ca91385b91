/* See bench.h. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

person people[RECORDS];

void need(bool holds, const char *what, const char *why)
{
    if (holds)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

void need_status(ds_status status, const ds_error *error, const char *what)
{
    need(status == DS_OK, what, error->message);
}

/* ---- what both sides do with a record: a copy, and a sum over it ---- */

uint64_t digest(const person *p)
{
    return (uint64_t)p->age + (uint64_t)p->born + (uint64_t)p->member + (uint64_t)(p->score * 2) + (uint64_t)p->id[25] +
           (uint64_t)p->name[0];
}

void make_people(void)
{
    for (int i = 0; i < RECORDS; i++) {
        person *p = &people[i];
        snprintf(p->id, sizeof p->id, "01HXYZ%020d", (i * 7919) % RECORDS);
        snprintf(p->name, sizeof p->name, "Ada Lovelace the %d.", i % 1000);
        p->age = i % (RECORDS / 100);
        p->born = 1700000000000 + i;
        p->score = i * 0.5;
        p->member = i % 2;
    }
}

ds_record *record_of(ds_model *model, const person *p)
{
    ds_record *record = ds_record_new(model);
    ds_record_set(record, "id", ds_string(p->id));
    ds_record_set(record, "name", ds_string(p->name));
    ds_record_set(record, "age", ds_integer(p->age));
    ds_record_set(record, "score", ds_number(p->score));
    ds_record_set(record, "member", ds_boolean(p->member != 0));
    ds_record_set(record, "born", ds_date(p->born));
    return record;
}

/* By the number of the property, as a raw side reads by the number of the column. */
static ds_value field(const ds_record *record, size_t slot)
{
    ds_field f;
    return ds_record_field(record, slot, &f) ? f.value : ds_null();
}

void take_text(char to[32], const char *bytes, size_t length)
{
    need(bytes != NULL && length < 32, "a text", "it is not what was stored");
    memcpy(to, bytes, length);
    to[length] = '\0';
}

static void take_string(char to[32], ds_value value)
{
    need(value.type == DS_STRING, "a text", "it is not what was stored");
    take_text(to, value.as.string, value.length);
}

uint64_t digest_of(const ds_record *record)
{
    person p;
    take_string(p.id, field(record, 0));
    take_string(p.name, field(record, 1));
    p.age = field(record, 2).as.integer;
    p.score = field(record, 3).as.number;
    p.member = field(record, 4).as.boolean;
    p.born = field(record, 5).as.date;
    return digest(&p);
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}
