/* Whether a record matches a filter, and which of two records comes first: by the library's own functions, but for the
 * fault that is planted. */
#include "faulty.h"

#include <ctype.h>
#include <string.h>

static bool is_number(ds_value value)
{
    return value.type == DS_INTEGER || value.type == DS_NUMBER;
}

static int by_text(ds_value a, ds_value b)
{
    ds_text left, right;
    ds_value_text(a, &left);
    ds_value_text(b, &right);
    size_t n = left.length < right.length ? left.length : right.length;
    int result = memcmp(left.bytes, right.bytes, n);
    return result != 0 ? result : (left.length > right.length) - (left.length < right.length);
}

static int by_signed_bytes(ds_value a, ds_value b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        signed char left = ((const signed char *)a.as.binary)[i], right = ((const signed char *)b.as.binary)[i];
        if (left != right)
            return left < right ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

/* As ds_value_compare(), but for the fault. */
static int compared(const shop *s, ds_value a, ds_value b)
{
    if (s->fault == FAULT_NUMBERS_AS_TEXT && is_number(a) && is_number(b))
        return by_text(a, b);
    if (s->fault == FAULT_SIGNED_BYTES && a.type == b.type && (a.type == DS_STRING || a.type == DS_BINARY))
        return by_signed_bytes(a, b);
    if (s->fault == FAULT_THROUGH_DOUBLES && a.type == DS_INTEGER && b.type == DS_INTEGER) {
        double left = (double)a.as.integer, right = (double)b.as.integer;
        return (left > right) - (left < right);
    }
    if (s->fault == FAULT_MINUS_ZERO && is_number(a) && is_number(b) && ds_value_compare(a, b) == 0) {
        bool left = a.type == DS_NUMBER && a.as.number == 0 && 1 / a.as.number < 0;
        bool right = b.type == DS_NUMBER && b.as.number == 0 && 1 / b.as.number < 0;
        return right - left;
    }
    bool mixed = a.type != b.type && !(is_number(a) && is_number(b));
    if (s->fault == FAULT_ANY_AS_TEXT && mixed && a.type != DS_NULL && b.type != DS_NULL)
        return by_text(a, b);
    return ds_value_compare(a, b);
}

/* ---- patterns ---- */

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t letter_length(ds_value text)
{
    size_t n = 1;
    while (n < text.length && ((unsigned char)text.as.string[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static ds_value rest(ds_value text, size_t n)
{
    return ds_string_n(text.as.string + n, text.length - n);
}

/* SQLite's LIKE: ASCII letters match without regard to case. */
static bool like(ds_value pattern, ds_value text)
{
    if (pattern.length == 0)
        return text.length == 0;
    char c = pattern.as.string[0];
    if (c == '%')
        return like(rest(pattern, 1), text) || (text.length > 0 && like(pattern, rest(text, 1)));
    if (text.length == 0)
        return false;
    if (c == '_')
        return like(rest(pattern, 1), rest(text, letter_length(text)));
    size_t escaped = c == '\\' && pattern.length > 1;
    return same_letter(pattern.as.string[escaped], text.as.string[0]) &&
           like(rest(pattern, 1 + escaped), rest(text, 1));
}

/* ---- filters ---- */

static bool is_negative(ds_operator op)
{
    return op == DS_NEQ || op == DS_NOT_IN || op == DS_NLIKE || op == DS_NILIKE;
}

/* The text "-0" as the number that it is. */
static bool reads_as_zero(ds_value *value)
{
    ds_value number;
    if (value->type != DS_STRING || ds_value_parse(DS_NUMBER, value->as.string, value->length, &number) != DS_OK)
        return false;
    *value = number;
    return number.as.number == 0;
}

/* By compared(): true where the fault is one of values, and so the answer is in *matches. */
static bool compares(const shop *s, const ds_filter_node *node, ds_value value, bool *matches)
{
    bool of_values = s->fault == FAULT_NUMBERS_AS_TEXT || s->fault == FAULT_SIGNED_BYTES ||
                     s->fault == FAULT_MINUS_ZERO || s->fault == FAULT_THROUGH_DOUBLES ||
                     s->fault == FAULT_ANY_AS_TEXT || s->fault == FAULT_ARRAYS_WHOLE;
    if (!of_values || node->value_count != 1 || value.type == DS_NULL || node->values[0].type == DS_NULL ||
        (value.type == DS_JSON && s->fault != FAULT_ARRAYS_WHOLE))
        return false;
    if (node->slot == DS_NO_SLOT && s->fault != FAULT_MINUS_ZERO)
        return false; /* text: the library reads it */
    if (node->slot == DS_NO_SLOT && !reads_as_zero(&value))
        return false;
    int result = compared(s, value, node->values[0]);
    switch (node->op) {
    case DS_EQ:
    case DS_NEQ:
        *matches = (result == 0) == (node->op == DS_EQ);
        return true;
    case DS_GT:
    case DS_LTE:
        *matches = (result > 0) == (node->op == DS_GT);
        return true;
    case DS_LT:
    case DS_GTE:
        *matches = (result < 0) == (node->op == DS_LT);
        return true;
    default:
        return false;
    }
}

static ds_status judge_comparison(const shop *s, const ds_filter *filter, const ds_filter_node *node,
                                  const ds_record *record, bool *matches, ds_error *err)
{
    ds_value value = ds_record_get(record, node->property);
    if (node->path != NULL)
        return ds_filter_matches(filter, record, matches, err);
    if (s->fault == FAULT_NULL_NOT_UNEQUAL && is_negative(node->op) && value.type == DS_NULL)
        *matches = false;
    else if (s->fault == FAULT_NULL_IS_LEAST && value.type == DS_NULL && (node->op == DS_LT || node->op == DS_LTE))
        *matches = true;
    else if (s->fault == FAULT_SUPERSET_CLAIMED && node->op == DS_REGEXP)
        *matches = true;
    else if (s->fault == FAULT_LIKE_FOLDS_CASE && node->op == DS_LIKE && value.type == DS_STRING)
        *matches = like(node->values[0], value);
    else if (!compares(s, node, value, matches))
        return ds_filter_matches(filter, record, matches, err);
    return DS_OK;
}

/* SQL's NOT: of null it is null, which is not true. */
static bool looks_at_null(const ds_filter *filter, const ds_record *record)
{
    ds_filter_node node = {.size = sizeof node};
    ds_filter_view(filter, &node);
    if (node.kind == DS_FILTER_COMPARE)
        return ds_record_get(record, node.property).type == DS_NULL && node.op != DS_EXISTS;
    for (size_t i = 0; i < node.child_count; i++)
        if (looks_at_null(node.children[i], record))
            return true;
    return false;
}

ds_status judge(const shop *s, const ds_filter *filter, const ds_record *record, bool *matches, ds_error *err)
{
    ds_filter_node node = {.size = sizeof node};
    ds_status status = DS_OK;
    ds_filter_view(filter, &node);
    if (node.kind == DS_FILTER_COMPARE)
        return judge_comparison(s, filter, &node, record, matches, err);
    bool any = node.kind == DS_FILTER_ANY, one = false;
    *matches = !any;
    for (size_t i = 0; i < node.child_count && status == DS_OK && *matches != any; i++) {
        status = judge(s, node.children[i], record, &one, err);
        *matches = one;
    }
    if (node.kind == DS_FILTER_NOT && status == DS_OK)
        *matches = !one && !(s->fault == FAULT_NOT_IS_SQL && looks_at_null(filter, record));
    return status;
}

/* ---- order ---- */

static int by_item(const shop *s, const ds_order *part, const ds_record *a, const ds_record *b)
{
    ds_value left = ds_record_get(a, part->property), right = ds_record_get(b, part->property);
    if (part->path != NULL)
        return ds_order_compare(part, 1, a, b);
    int result = compared(s, left, right);
    if (s->fault == FAULT_NULL_LAST && (left.type == DS_NULL) != (right.type == DS_NULL))
        result = -result;
    return part->descending ? -result : result;
}

int in_order(const shop *s, const ds_order *order, size_t count, const ds_record *a, const ds_record *b)
{
    int result = 0;
    if (s->fault == FAULT_TIES_AS_STORED && count > 1)
        count--;
    for (size_t i = 0; i < count && result == 0; i++) {
        ds_order part = order[i];
        if (s->fault == FAULT_ONE_DIRECTION)
            part.descending = order[0].descending;
        result = by_item(s, &part, a, b);
    }
    return result;
}
