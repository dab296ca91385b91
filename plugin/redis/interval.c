/* Intervals of the bytes of one key. Parts are prefix-free, so that an interval whose ends are whole parts, or the beginning of
 * some, holds a member if and only if it holds the member's part. */
#include "interval.h"

#include <stdlib.h>

/* ---- memory ---- */

struct pool_piece {
    pool_piece *next;
    size_t used, room;
    max_align_t memory[];
};

#define PIECE 4000

void *pool_take(pool *memory, size_t size)
{
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    pool_piece *piece = memory->pieces;
    if (piece == NULL || piece->room - piece->used < size) {
        size_t room = size > PIECE ? size : PIECE;
        piece = ds_calloc(1, sizeof *piece + room);
        if (piece == NULL)
            return NULL;
        piece->room = room;
        piece->next = memory->pieces;
        memory->pieces = piece;
    }
    char *taken = (char *)piece->memory + piece->used;
    piece->used += size;
    return taken;
}

void *pool_copy(pool *memory, const void *from, size_t length)
{
    void *copy = pool_take(memory, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, from, length);
    return copy;
}

void pool_free(pool *memory)
{
    while (memory->pieces != NULL) {
        pool_piece *next = memory->pieces->next;
        ds_free(memory->pieces);
        memory->pieces = next;
    }
}

/* ---- bytes ---- */

int bytes_compare(bytes a, bytes b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static bool copy_bytes(pool *memory, bytes from, bytes *out)
{
    *out = (bytes){pool_copy(memory, from.at, from.length), from.length};
    return out->at != NULL;
}

bool bytes_behind(pool *memory, bytes prefix, bytes *out, ds_status *status)
{
    while (prefix.length > 0 && (unsigned char)prefix.at[prefix.length - 1] == 0xff)
        prefix.length--;
    if (prefix.length == 0)
        return false;
    char *copy = pool_copy(memory, prefix.at, prefix.length);
    if (copy == NULL) {
        *status = DS_NOMEM;
        return false;
    }
    copy[prefix.length - 1]++;
    *out = (bytes){copy, prefix.length};
    return true;
}

/* ---- the ends of intervals ---- */

/* A value's part, or its id. */
static ds_status value_bytes(pool *memory, ds_value value, interval_space space, bytes *out)
{
    member made = {0};
    ds_status status = space == SPACE_PARTS ? member_add(&made, value, false) : member_add_id(&made, value, false);
    if (status == DS_OK && !copy_bytes(memory, (bytes){made.bytes, made.length}, out))
        status = DS_NOMEM;
    member_free(&made);
    return status;
}

/* What is greater than a value: behind all members that begin with its part; behind the very bytes of an id. */
static ds_status value_behind(pool *memory, bytes value, interval_space space, bytes *out)
{
    ds_status status = DS_OK;
    if (space == SPACE_PARTS) /* no part is all FF */
        return bytes_behind(memory, value, out, &status) ? DS_OK : status == DS_OK ? DS_INVALID : status;
    *out = (bytes){pool_copy(memory, value.at, value.length), value.length + 1}; /* a NUL stands behind a copy */
    return out->at == NULL ? DS_NOMEM : DS_OK;
}

static ds_status set_point(pool *memory, ds_value value, interval_space space, interval *out)
{
    out->is_point = true;
    ds_status status = value_bytes(memory, value, space, &out->first);
    return status == DS_OK ? value_behind(memory, out->first, space, &out->behind) : status;
}

/* All that is not null. */
static ds_status set_not_null(pool *memory, interval_space space, interval *out)
{
    out->is_endless = true;
    if (space == SPACE_IDS)
        return DS_OK;
    interval null = {.is_point = true};
    ds_status status = set_point(memory, ds_null(), space, &null);
    out->first = null.behind;
    return status;
}

static ds_status set_first(pool *memory, ds_value value, bool inclusive, interval_space space, interval *out)
{
    bytes at;
    ds_status status = value_bytes(memory, value, space, &at);
    out->first = at;
    return status != DS_OK || inclusive ? status : value_behind(memory, at, space, &out->first);
}

static ds_status set_behind(pool *memory, ds_value value, bool inclusive, interval_space space, interval *out)
{
    bytes at;
    out->is_endless = false;
    ds_status status = value_bytes(memory, value, space, &at);
    out->behind = at;
    return status != DS_OK || !inclusive ? status : value_behind(memory, at, space, &out->behind);
}

/* ---- like ---- */

typedef struct literal_prefix {
    char *text;
    size_t length;
    bool is_whole;     /* there is no wildcard: the pattern is one text */
    bool is_run_after; /* all that follows is one % */
    bool is_ascii;
} literal_prefix;

static ds_status read_prefix(pool *memory, ds_value pattern, literal_prefix *out)
{
    *out = (literal_prefix){.text = pool_take(memory, pattern.length + 1), .is_ascii = true};
    if (out->text == NULL)
        return DS_NOMEM;
    size_t i = 0;
    while (i < pattern.length && pattern.as.string[i] != '%' && pattern.as.string[i] != '_') {
        i += pattern.as.string[i] == '\\' && i + 1 < pattern.length;
        out->is_ascii &= (unsigned char)pattern.as.string[i] < 0x80;
        out->text[out->length++] = pattern.as.string[i++];
    }
    out->is_whole = i == pattern.length;
    out->is_run_after = i + 1 == pattern.length && pattern.as.string[i] == '%';
    return DS_OK;
}

/* Only strings match, whatever the property's type: of what begins with the prefix, the part without its end. */
static ds_status set_like(pool *memory, ds_value pattern, interval_space space, intervals *out, bool *served)
{
    literal_prefix prefix;
    interval *item = out->items;
    ds_status status = read_prefix(memory, pattern, &prefix);
    if (status != DS_OK)
        return status;
    *served = prefix.length <= LONGEST_INDEXED;
    if (!*served)
        return DS_OK;
    out->is_exact = prefix.is_whole || (prefix.is_run_after && prefix.is_ascii);
    ds_value text = ds_string_n(prefix.text, prefix.length);
    if (prefix.is_whole)
        return set_point(memory, text, space, item);
    status = value_bytes(memory, text, space, &item->first);
    if (space == SPACE_PARTS)
        item->first.length -= status == DS_OK ? 2 : 0; /* the end of the text */
    if (status == DS_OK)
        item->is_endless = !bytes_behind(memory, item->first, &item->behind, &status);
    return status;
}

/* ---- comparisons ---- */

static bool is_short(const ds_filter_node *node)
{
    for (size_t i = 0; i < node->value_count; i++)
        if ((node->values[i].type == DS_STRING || node->values[i].type == DS_BINARY) &&
            node->values[i].length > LONGEST_INDEXED)
            return false;
    return true;
}

static bool has_null(const ds_filter_node *node)
{
    for (size_t i = 0; i < node->value_count; i++)
        if (node->values[i].type == DS_NULL)
            return true;
    return false;
}

static int compare_intervals(const void *a, const void *b)
{
    return bytes_compare(((const interval *)a)->first, ((const interval *)b)->first);
}

static ds_status set_points(pool *memory, const ds_filter_node *node, interval_space space, intervals *out)
{
    size_t count = 0;
    for (size_t i = 0; i < node->value_count; i++) {
        if (space == SPACE_IDS && node->values[i].type == DS_NULL)
            continue; /* every record has an id */
        ds_status status = set_point(memory, node->values[i], space, &out->items[count++]);
        if (status != DS_OK)
            return status;
    }
    if (count > 1)
        qsort(out->items, count, sizeof *out->items, compare_intervals);
    out->count = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || bytes_compare(out->items[i].first, out->items[i - 1].first) != 0)
            out->items[out->count++] = out->items[i];
    return DS_OK;
}

static ds_status set_range(pool *memory, const ds_filter_node *node, interval_space space, intervals *out)
{
    interval *item = out->items;
    ds_operator op = node->op;
    if (has_null(node)) { /* nothing is greater or less than null */
        out->count = 0;
        return DS_OK;
    }
    ds_status status = set_not_null(memory, space, item);
    if (status == DS_OK && (op == DS_GT || op == DS_GTE || op == DS_BETWEEN))
        status = set_first(memory, node->values[0], op != DS_GT, space, item);
    if (status == DS_OK && (op == DS_LT || op == DS_LTE || op == DS_BETWEEN))
        status = set_behind(memory, node->values[op == DS_BETWEEN], op != DS_LT, space, item);
    if (status == DS_OK && !item->is_endless && bytes_compare(item->first, item->behind) >= 0)
        out->count = 0;
    return status;
}

static ds_status set_existence(pool *memory, bool exists, interval_space space, intervals *out)
{
    if (exists)
        return set_not_null(memory, space, out->items);
    out->count = space == SPACE_PARTS;
    return space == SPACE_PARTS ? set_point(memory, ds_null(), space, out->items) : DS_OK;
}

ds_status intervals_of(pool *memory, const ds_filter_node *node, interval_space space, intervals *out, bool *served)
{
    *out = (intervals){pool_take(memory, (node->value_count + 1) * sizeof *out->items), 1, true};
    *served = node->path == NULL && is_short(node);
    if (out->items == NULL)
        return DS_NOMEM;
    if (!*served)
        return DS_OK;
    switch ((int)node->op) {
    case DS_EQ:
    case DS_IN:
        return set_points(memory, node, space, out);
    case DS_GT:
    case DS_GTE:
    case DS_LT:
    case DS_LTE:
    case DS_BETWEEN:
        return set_range(memory, node, space, out);
    case DS_LIKE:
        return set_like(memory, node->values[0], space, out, served);
    case DS_EXISTS:
        return set_existence(memory, node->values[0].as.boolean, space, out);
    case DS_NEQ:
        *served = node->values[0].type == DS_NULL;
        return *served ? set_existence(memory, true, space, out) : DS_OK;
    default:
        *served = false;
        return DS_OK;
    }
}

/* ---- sets ---- */

/* Whether `a` ends before `b` does. */
static bool ends_first(const interval *a, const interval *b)
{
    return !a->is_endless && (b->is_endless || bytes_compare(a->behind, b->behind) < 0);
}

static bool is_apart(const interval *a, const interval *b) /* a ends before b begins */
{
    return !a->is_endless && bytes_compare(a->behind, b->first) <= 0;
}

static interval meet(const interval *a, const interval *b)
{
    if (a->is_point)
        return *a;
    if (b->is_point)
        return *b;
    const interval *begin = bytes_compare(a->first, b->first) > 0 ? a : b, *end = ends_first(a, b) ? a : b;
    return (interval){begin->first, end->behind, end->is_endless, false};
}

ds_status intervals_meet(pool *memory, const intervals *a, const intervals *b, intervals *out)
{
    intervals made = {pool_take(memory, (a->count + b->count + 1) * sizeof *made.items), 0, a->is_exact && b->is_exact};
    if (made.items == NULL)
        return DS_NOMEM;
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        const interval *x = &a->items[i], *y = &b->items[k];
        if (!is_apart(x, y) && !is_apart(y, x))
            made.items[made.count++] = meet(x, y);
        if (ends_first(x, y))
            i++;
        else
            k++;
    }
    *out = made;
    return DS_OK;
}

ds_status intervals_join(pool *memory, const intervals *a, const intervals *b, intervals *out)
{
    size_t count = a->count + b->count;
    intervals made = {pool_take(memory, (count + 1) * sizeof *made.items), 0, a->is_exact && b->is_exact};
    if (made.items == NULL)
        return DS_NOMEM;
    for (size_t i = 0; i < count; i++)
        made.items[i] = i < a->count ? a->items[i] : b->items[i - a->count];
    if (count > 1)
        qsort(made.items, count, sizeof *made.items, compare_intervals);
    for (size_t i = 0; i < count; i++) {
        interval *last = made.count == 0 ? NULL : &made.items[made.count - 1];
        if (last == NULL || is_apart(last, &made.items[i])) {
            made.items[made.count++] = made.items[i];
            continue;
        }
        const bool same = last->is_point && made.items[i].is_point;
        const interval *end = ends_first(last, &made.items[i]) ? &made.items[i] : last;
        *last = (interval){last->first, end->behind, end->is_endless, same};
    }
    *out = made;
    return DS_OK;
}

/* ---- descending keys ---- */

static bool turn_bytes(pool *memory, bytes from, bytes *out)
{
    char *copy = pool_copy(memory, from.at, from.length);
    for (size_t i = 0; copy != NULL && i < from.length; i++)
        copy[i] = (char)~copy[i];
    *out = (bytes){copy, from.length};
    return copy != NULL;
}

/* What is not before `first` becomes what is not behind it: all that begins with its complement still belongs to it. */
static ds_status turn(pool *memory, interval *item)
{
    bytes first, behind = {NULL, 0};
    interval turned = {.is_point = item->is_point};
    ds_status status = DS_OK;
    if (!turn_bytes(memory, item->first, &first) || (!item->is_endless && !turn_bytes(memory, item->behind, &behind)))
        return DS_NOMEM;
    turned.is_endless = !bytes_behind(memory, first, &turned.behind, &status);
    if (item->is_point)
        turned.first = first;
    else if (!item->is_endless && status == DS_OK)
        (void)bytes_behind(memory, behind, &turned.first, &status);
    *item = turned;
    return status;
}

ds_status intervals_turn(pool *memory, intervals *set)
{
    for (size_t i = 0; i < set->count; i++) {
        ds_status status = turn(memory, &set->items[i]);
        if (status != DS_OK)
            return status;
    }
    for (size_t i = 0; i < set->count / 2; i++) {
        interval other = set->items[i];
        set->items[i] = set->items[set->count - 1 - i];
        set->items[set->count - 1 - i] = other;
    }
    return DS_OK;
}
