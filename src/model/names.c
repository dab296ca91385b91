/* Types and values as sentences name them. */
#include "base/sentence.h"
#include "model/coerce.h"
#include "model/text.h"

#include <stdio.h>

const char *property_type_name(ds_property_type type)
{
    static const char *const names[] = {
        [DS_PROPERTY_STRING] = "string",   [DS_PROPERTY_INTEGER] = "integer", [DS_PROPERTY_NUMBER] = "number",
        [DS_PROPERTY_BOOLEAN] = "boolean", [DS_PROPERTY_DATE] = "date",       [DS_PROPERTY_BINARY] = "binary",
        [DS_PROPERTY_OBJECT] = "object",   [DS_PROPERTY_ARRAY] = "array",     [DS_PROPERTY_ANY] = "any",
    };
    return (unsigned)type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}

const char *type_name(ds_type type)
{
    static const char *const names[] = {
        [DS_NULL] = "null",     [DS_BOOLEAN] = "boolean", [DS_INTEGER] = "integer", [DS_NUMBER] = "number",
        [DS_STRING] = "string", [DS_BINARY] = "binary",   [DS_DATE] = "date",       [DS_JSON] = "JSON",
    };
    return (unsigned)type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}

ds_type property_value_type(ds_property_type type)
{
    static const ds_type types[] = {
        [DS_PROPERTY_STRING] = DS_STRING,   [DS_PROPERTY_INTEGER] = DS_INTEGER, [DS_PROPERTY_NUMBER] = DS_NUMBER,
        [DS_PROPERTY_BOOLEAN] = DS_BOOLEAN, [DS_PROPERTY_DATE] = DS_DATE,       [DS_PROPERTY_BINARY] = DS_BINARY,
        [DS_PROPERTY_OBJECT] = DS_JSON,     [DS_PROPERTY_ARRAY] = DS_JSON,      [DS_PROPERTY_ANY] = DS_NULL,
    };
    return (unsigned)type < sizeof types / sizeof types[0] ? types[type] : DS_NULL;
}

void value_show(ds_value value, char out[VALUE_SHOWN])
{
    char cut[VALUE_SHOWN - 2], copy[VALUE_SHOWN];
    ds_text text;
    if (value.type == DS_NULL || value.type == DS_BINARY || (unsigned)value.type > DS_JSON) {
        snprintf(out, VALUE_SHOWN, "%s",
                 value.type == DS_NULL     ? "null"
                 : value.type == DS_BINARY ? "binary data"
                                           : "the value");
        return;
    }
    ds_value_text(value, &text);
    size_t length = text.length < sizeof copy - 1 ? text.length : sizeof copy - 1;
    for (size_t i = 0; i < length; i++)
        copy[i] = text.bytes[i] == '\0' ? ' ' : text.bytes[i];
    copy[length] = '\0';
    sentence_copy(cut, sizeof cut, copy);
    const char *quote = value.type == DS_STRING ? "\"" : "";
    snprintf(out, VALUE_SHOWN, "%s%s%s", quote, cut, quote);
}
