/* A table for a terminal: columns as wide as their widest cell, long cells cut. */
#include "dsctl.h"

#include <stdlib.h>
#include <string.h>

#define WIDEST 48 /* code points of a cell */

struct table {
    size_t columns, rows, room;
    char **cells; /* rows * columns */
    size_t *widths;
};

static size_t points(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* A copy on one line, cut at WIDEST code points. */
static char *cell_copy(const char *text)
{
    char *copy = strdup(text == NULL ? "" : text);
    if (copy == NULL)
        return NULL;
    size_t n = 0;
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ')
            *at = ' ';
        if (((unsigned char)*at & 0xC0) != 0x80 && ++n > WIDEST) {
            *at = '\0';
            break;
        }
    }
    return copy;
}

table *table_new(size_t columns, const char *const *headings)
{
    table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->columns = columns;
    t->widths = calloc(columns, sizeof *t->widths);
    if (t->widths != NULL)
        table_add(t, headings);
    return t;
}

void table_add(table *t, const char *const *cells)
{
    if (t == NULL || t->widths == NULL)
        return;
    if (t->rows == t->room) {
        size_t room = t->room == 0 ? 64 : t->room * 2;
        char **grown = realloc(t->cells, room * t->columns * sizeof *grown);
        if (grown == NULL)
            return;
        t->cells = grown;
        t->room = room;
    }
    char **row = t->cells + t->rows * t->columns;
    for (size_t i = 0; i < t->columns; i++) {
        row[i] = cell_copy(cells[i]);
        size_t width = row[i] == NULL ? 0 : points(row[i]);
        if (width > t->widths[i])
            t->widths[i] = width;
    }
    t->rows++;
}

static void print_row(const table *t, size_t row)
{
    for (size_t i = 0; i < t->columns; i++) {
        const char *cell = t->cells[row * t->columns + i];
        cell = cell == NULL ? "" : cell;
        fputs(cell, stdout);
        for (size_t n = points(cell); i + 1 < t->columns && n < t->widths[i] + 2; n++)
            putchar(' ');
    }
    putchar('\n');
}

void table_print(table *t)
{
    if (t == NULL)
        return;
    for (size_t row = 0; row < t->rows; row++)
        print_row(t, row);
    for (size_t i = 0; i < t->rows * t->columns; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t->widths);
    free(t);
}
