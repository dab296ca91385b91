/* A reader of record files from the inside: what reader.c does for csv.c. */
#ifndef MODEL_READER_H
#define MODEL_READER_H

#include "model/record.h"

typedef enum reader_kind { READER_NEW, READER_LINES, READER_ARRAY, READER_TREE, READER_CSV } reader_kind;
typedef struct csv csv;

struct ds_reader {
    const ds_model *model;
    char *path, *at;
    int fd;
    reader_kind kind;
    bool is_csv;
    bool over;   /* nothing more comes, the end or a failure having been told */
    bool ended;  /* the file has */
    char *bytes; /* `start` to `end` are read and not yet used */
    size_t start, end, room;
    uint64_t read, total;        /* bytes */
    uint64_t line;               /* of `start` */
    uint64_t number;             /* of the record, from 1: its line, or its place in the array */
    struct json_t *tree, *array; /* of READER_TREE; `array` is the tree's */
    csv *csv;                    /* of READER_CSV */
};

/* Reads more behind what is there, or finds that the file has ended. What is there may move. */
ds_status reader_fill(ds_reader *, ds_error *);
void reader_use(ds_reader *, size_t count);   /* passes over bytes, which stay until the next reader_fill() */
ds_status reader_end(ds_reader *, ds_status); /* ends the reading with an error that stands */
ds_status reader_wrong(ds_reader *, const char *what, ds_error *); /* the same, with a sentence that names the place */

ds_status csv_begin(ds_reader *, ds_error *); /* reads the header */
ds_status csv_next(ds_reader *, ds_record **out, ds_error *);
void csv_free(csv *); /* NULL does nothing */

#endif
