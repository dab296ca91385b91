/* The answer of a find as text that can be compared. */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>

typedef struct lines {
    char **lines;
    size_t count, room;
} lines;

static void lines_add(lines *l, char *line)
{
    if (l->count == l->room)
        l->lines = realloc(l->lines, (l->room = l->room * 2 + 64) * sizeof *l->lines);
    l->lines[l->count++] = line;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *joined(lines *l)
{
    size_t length = 0;
    for (size_t i = 0; i < l->count; i++)
        length += strlen(l->lines[i]) + 1;
    char *text = malloc(length + 1), *at = text;
    for (size_t i = 0; i < l->count; i++) {
        at = stpcpy(at, l->lines[i]);
        *at++ = '\n';
        ds_free(l->lines[i]);
    }
    *at = '\0';
    free(l->lines);
    return text;
}

answer answer_of(ds_model *model, const ds_query *query, ds_error *err)
{
    answer a = {0};
    lines l = {0};
    ds_cursor *cursor;
    const ds_record *record = NULL;
    a.status = ds_find(model, query, &cursor, err);
    if (a.status != DS_OK)
        return a;
    while ((a.status = ds_cursor_next(cursor, &record, err)) == DS_OK && record != NULL)
        lines_add(&l, ds_record_to_json(record));
    ds_cursor_close(cursor);
    if (query->order == NULL && l.count > 0)
        qsort(l.lines, l.count, sizeof *l.lines, by_text);
    a.count = l.count;
    a.text = joined(&l);
    return a;
}

answer masked_answer_of(ds_model *model, const ds_query *query, ds_error *err)
{
    bool before = mask_put_on(true);
    answer a = answer_of(model, query, err);
    mask_put_on(before);
    return a;
}

void answer_free(answer *a)
{
    free(a->text);
}

bool answers_equal(const answer *a, const answer *b)
{
    return a->status == b->status && (a->text == NULL) == (b->text == NULL) &&
           (a->text == NULL || strcmp(a->text, b->text) == 0);
}
