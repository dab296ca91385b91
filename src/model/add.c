/* What an increment means, the same on every connector: integers exactly, all else as the sum of two doubles. */
#include "base/base.h"
#include "model/coerce.h"
#include "model/text.h"

#include <math.h>

/* The number that a value is: an integer where it is one. Text only where values are text. */
static bool operand_read(ds_value value, bool from_text, ds_value *out)
{
    switch (value.type) {
    case DS_INTEGER:
        *out = value;
        return true;
    case DS_NUMBER:
        *out = value;
        return isfinite(value.as.number);
    case DS_STRING:
        return from_text && (ds_value_parse(DS_INTEGER, value.as.string, value.length, out) == DS_OK ||
                             ds_value_parse(DS_NUMBER, value.as.string, value.length, out) == DS_OK);
    default:
        return false;
    }
}

static double operand_number(ds_value value)
{
    return value.type == DS_INTEGER ? (double)value.as.integer : value.as.number;
}

static ds_status not_a(ds_value value, const char *what, ds_error *err)
{
    char shown[VALUE_SHOWN];
    value_show(value, shown);
    return ds_error_set(err, DS_INVALID, "%s is not %s, so it cannot be added", shown, what);
}

static ds_status add_integers(int64_t a, int64_t b, ds_value *sum, ds_error *err)
{
    int64_t result;
    if (__builtin_add_overflow(a, b, &result))
        return ds_error_set(err, DS_INVALID, "%lld plus %lld does not fit an integer of 64 bits", (long long)a,
                            (long long)b);
    *sum = ds_integer(result);
    return DS_OK;
}

static ds_status add_numbers(double a, double b, ds_value *sum, ds_error *err)
{
    char shown_a[32], shown_b[32];
    double result = a + b;
    if (isfinite(result)) {
        *sum = ds_number(result + 0.0); /* -0 becomes 0 */
        return DS_OK;
    }
    number_print(a, shown_a);
    number_print(b, shown_b);
    return ds_error_set(err, DS_INVALID, "%s plus %s is beyond all numbers", shown_a, shown_b);
}

/* A whole double is an integer here, as it is where values are set. */
static ds_status add_to_integer(ds_value current, ds_value by, ds_value *sum, ds_error *err)
{
    int64_t step;
    if (current.type != DS_INTEGER)
        return not_a(current, "an integer", err);
    if (by.type == DS_INTEGER)
        step = by.as.integer;
    else if (by.type != DS_NUMBER || !number_is_integer(by.as.number, &step))
        return not_a(by, "an integer", err);
    return add_integers(current.as.integer, step, sum, err);
}

static ds_status add_to_number(ds_value current, ds_value by, ds_value *sum, ds_error *err)
{
    ds_value a, b;
    double exact;
    if (!operand_read(current, false, &a))
        return not_a(current, "a number", err);
    if (!operand_read(by, false, &b))
        return not_a(by, "a number", err);
    if (b.type == DS_INTEGER && !integer_is_number(b.as.integer, &exact))
        return not_a(by, "a number that a double holds exactly", err);
    return add_numbers(operand_number(a), operand_number(b), sum, err);
}

/* Where the value says what it is: of a property of type any, or the text of an undeclared one. */
static ds_status add_to_any(ds_value current, ds_value by, bool from_text, ds_value *sum, ds_error *err)
{
    ds_value a, b;
    if (!operand_read(current, from_text, &a))
        return not_a(current, "a number", err);
    if (!operand_read(by, from_text, &b))
        return not_a(by, "a number", err);
    if (a.type == DS_INTEGER && b.type == DS_INTEGER)
        return add_integers(a.as.integer, b.as.integer, sum, err);
    return add_numbers(operand_number(a), operand_number(b), sum, err);
}

ds_status ds_value_add(const ds_model *model, size_t slot, ds_value current, ds_value by, ds_value *sum, ds_error *err)
{
    const ds_property *property = slot == DS_NO_SLOT ? NULL : ds_model_property(model, slot);
    ds_value start = current.type == DS_NULL ? ds_integer(0) : current;
    ds_status status;
    if (property == NULL)
        return add_to_any(start, by, true, sum, err);
    switch (property->type) {
    case DS_PROPERTY_INTEGER:
        status = add_to_integer(start, by, sum, err);
        break;
    case DS_PROPERTY_NUMBER:
        status = add_to_number(start, by, sum, err);
        break;
    case DS_PROPERTY_ANY:
        status = add_to_any(start, by, false, sum, err);
        break;
    default:
        status = ds_error_set(err, DS_INVALID, "only integers and numbers can be incremented, and this is of type %s",
                              property_type_name(property->type));
    }
    if (status != DS_OK)
        error_prefix(err, "property \"%s\" of model \"%s\": ", property->name, ds_model_name(model));
    return status;
}
