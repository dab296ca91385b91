/* A table for a terminal: columns as wide as their widest cell where the terminal has the room, and cut, with a mark, where it
 * has not; the widest are cut first. */
#include "dsctl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define GAP       2  /* between columns */
#define NARROWEST 8  /* that a column is cut to; what does not fit even so, the terminal breaks */
#define TEXT      24 /* that a column of text has at least */
#define MARK      "…"

struct table {
    size_t columns, rows, room;
    char **cells; /* rows * columns */
    size_t *widths;
    bool has_text;
};

size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    size_t width = columns == NULL ? 0 : strtoul(columns, NULL, 10);
    return width > 0 && width < 10000 ? width : 80;
}

/* ---- characters ---- */

/* The bytes of the character at `at`, and the columns that it takes. */
static size_t character(const char *at, size_t *columns)
{
    const unsigned char *bytes = (const unsigned char *)at;
    size_t length = bytes[0] < 0xC0 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    wchar_t c = (wchar_t)(length == 1 ? bytes[0] : bytes[0] & (0xFFu >> (length + 1)));
    *columns = 1;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 1;
        c = (wchar_t)(c << 6 | (bytes[i] & 0x3F));
    }
    int width = wcwidth(c); /* -1 for what the locale does not know */
    *columns = width < 0 ? 1 : (size_t)width;
    return length;
}

static size_t width_of(const char *text)
{
    size_t width = 0, columns;
    while (*text != '\0') {
        text += character(text, &columns);
        width += columns;
    }
    return width;
}

/* The bytes of `text` that fit into so many columns. */
static size_t fitting(const char *text, size_t width)
{
    size_t length = 0, columns;
    while (text[length] != '\0') {
        size_t bytes = character(text + length, &columns);
        if (columns > width)
            break;
        width -= columns;
        length += bytes;
    }
    return length;
}

/* A copy on one line, without what a terminal would obey. */
static char *cell_copy(const char *text)
{
    char *copy = strdup(text == NULL ? "" : text);
    for (char *at = copy; at != NULL && *at != '\0'; at++) {
        bool is_c1 = (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xA0;
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = ' ';
        else if (is_c1)
            at[0] = at[1] = ' ';
    }
    return copy;
}

/* ---- rows ---- */

table *table_new(size_t columns, const char *const *headings)
{
    table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->columns = columns;
    t->widths = calloc(columns, sizeof *t->widths);
    if (t->widths != NULL && headings != NULL)
        table_add(t, headings);
    return t;
}

table *table_of_text(size_t columns, const char *const *headings)
{
    table *t = table_new(columns, headings);
    if (t != NULL)
        t->has_text = true;
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
        size_t width = row[i] == NULL ? 0 : width_of(row[i]);
        if (width > t->widths[i])
            t->widths[i] = width;
    }
    t->rows++;
}

/* ---- printing ---- */

/* Before text stand names, which are left whole. */
static size_t cut_width(const table *t, size_t column, size_t widest)
{
    bool is_whole = t->widths[column] <= widest || (t->has_text && column == 0);
    return is_whole ? t->widths[column] : widest;
}

static size_t width_with(const table *t, size_t columns, size_t widest)
{
    size_t width = 0;
    for (size_t i = 0; i < columns; i++)
        width += (i == 0 ? 0 : GAP) + cut_width(t, i, widest);
    return width;
}

/* Makes the columns fit: those that are wider than others are cut to one width. A last column of text gets what is left. */
static void fit(table *t)
{
    size_t room = terminal_width(), cut = t->columns, widest = 0;
    if (t->has_text) {
        cut--;
        room = room > TEXT + GAP ? room - TEXT - GAP : 0;
    }
    for (size_t i = 0; i < cut; i++)
        widest = t->widths[i] > widest ? t->widths[i] : widest;
    while (widest > NARROWEST && width_with(t, cut, widest) > room)
        widest--;
    for (size_t i = 0; i < cut; i++)
        t->widths[i] = cut_width(t, i, widest);
    if (t->has_text) {
        size_t before = cut == 0 ? 0 : width_with(t, cut, SIZE_MAX) + GAP, all = terminal_width();
        size_t left = all > before + TEXT ? all - before : TEXT;
        t->widths[cut] = t->widths[cut] < left ? t->widths[cut] : left;
    }
}

/* What of a text goes on a line: whole words, if there is a blank. */
static size_t line_of(const char *text, size_t width)
{
    size_t length = fitting(text, width), end = length;
    if (text[length] == '\0')
        return length;
    while (end > 0 && text[end] != ' ')
        end--;
    return end > 0 ? end : length > 0 ? length : 1;
}

static void print_text(const table *t, const char *text)
{
    size_t last = t->columns - 1, indent = last == 0 ? 0 : width_with(t, last, SIZE_MAX) + GAP;
    for (;;) {
        size_t length = line_of(text, t->widths[last]);
        fwrite(text, 1, length, stdout);
        text += length + strspn(text + length, " ");
        if (*text == '\0')
            return;
        printf("\n%*s", (int)indent, "");
    }
}

static void print_cell(const char *cell, size_t width, bool is_last)
{
    size_t own = width_of(cell);
    bool is_cut = own > width;
    size_t length = is_cut ? fitting(cell, width - 1) : strlen(cell);
    fwrite(cell, 1, length, stdout);
    if (is_cut) {
        fputs(MARK, stdout);
        own = 1;
        for (size_t at = 0, columns; at < length; own += columns)
            at += character(cell + at, &columns);
    }
    if (!is_last)
        printf("%*s", (int)(width - own + GAP), "");
}

static void print_row(const table *t, size_t row)
{
    for (size_t i = 0; i < t->columns; i++) {
        const char *cell = t->cells[row * t->columns + i];
        bool is_last = i + 1 == t->columns;
        cell = cell == NULL ? "" : cell;
        if (is_last && t->has_text)
            print_text(t, cell);
        else
            print_cell(cell, t->widths[i], is_last);
    }
    putchar('\n');
}

void table_print(table *t)
{
    if (t == NULL)
        return;
    if (t->widths != NULL)
        fit(t);
    for (size_t row = 0; row < t->rows; row++)
        print_row(t, row);
    for (size_t i = 0; i < t->rows * t->columns; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t->widths);
    free(t);
}
