/* Walks through the JSON text of records without building anything from it. The text is canonical as a rule; white
 * space is passed over all the same, and malformed text ends a walk and never leads outside of it. */
#include "query/item.h"

#include "model/text.h"

item item_of(ds_value value)
{
    return (item){.value = value, .escaped = false};
}

bool item_is_null(item it)
{
    return it.value.type == DS_NULL;
}

bool item_is_array(item it)
{
    return it.value.type == DS_JSON && it.value.length > 0 && it.value.as.string[0] == '[';
}

static const char *skip_space(const char *text, const char *end)
{
    while (text < end && (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r'))
        text++;
    return text;
}

/* From behind the opening quote to the closing one, or NULL. */
static const char *string_end(const char *text, const char *end, bool *escaped)
{
    *escaped = false;
    for (; text < end; text++) {
        if (*text == '"')
            return text;
        if (*text == '\\') {
            *escaped = true;
            text++;
        }
    }
    return NULL;
}

/* Behind an array or object, by counting brackets. */
static const char *nested_end(const char *text, const char *end)
{
    size_t depth = 0;
    for (; text < end; text++) {
        bool escaped;
        if (*text == '"' && (text = string_end(text + 1, end, &escaped)) == NULL)
            return NULL;
        if (*text == '[' || *text == '{')
            depth++;
        if ((*text == ']' || *text == '}') && --depth == 0)
            return text + 1;
    }
    return NULL;
}

static ds_value word_value(const char *text, size_t length)
{
    int64_t integer;
    double number;
    if (length == 4 && memcmp(text, "true", 4) == 0)
        return ds_boolean(true);
    if (length == 5 && memcmp(text, "false", 5) == 0)
        return ds_boolean(false);
    if (integer_parse(text, length, &integer))
        return ds_integer(integer);
    if (number_parse(text, length, &number))
        return ds_number(number);
    return ds_null();
}

/* The value at `text`; answers what is behind it, or NULL where there is none. */
static const char *read_item(const char *text, const char *end, item *out)
{
    const char *start = text = skip_space(text, end);
    *out = item_of(ds_null());
    if (start >= end)
        return NULL;
    if (*start == '"') {
        text = string_end(start + 1, end, &out->escaped);
        if (text == NULL)
            return NULL;
        out->value = ds_string_n(start + 1, (size_t)(text - start - 1));
        return text + 1;
    }
    if (*start == '[' || *start == '{') {
        text = nested_end(start, end);
        if (text != NULL)
            out->value = ds_json_n(start, (size_t)(text - start));
        return text;
    }
    while (text < end && strchr(",]} \t\r\n", *text) == NULL)
        text++;
    out->value = word_value(start, (size_t)(text - start));
    return text > start ? text : NULL;
}

items items_begin(ds_value array)
{
    const char *text = array.as.string;
    if (array.type != DS_JSON || array.length < 2 || text[0] != '[')
        return (items){.next = NULL, .end = NULL};
    return (items){.next = text + 1, .end = text + array.length};
}

bool items_next(items *walk, item *out)
{
    if (walk->next == NULL)
        return false;
    const char *text = skip_space(walk->next, walk->end);
    if (text < walk->end && *text == ',')
        text++;
    else if (text < walk->end && *text == ']')
        text = walk->end;
    walk->next = read_item(text, walk->end, out);
    return walk->next != NULL;
}

/* The member of a JSON object with this key. */
static bool object_member(ds_value object, const char *key, size_t key_length, item *out)
{
    const char *text = object.as.string, *end = text + object.length;
    if (object.type != DS_JSON || object.length < 2 || *text != '{')
        return false;
    const item wanted = item_of(ds_string_n(key, key_length));
    for (text++;; text++) {
        item name;
        text = read_item(text, end, &name);
        if (text == NULL || name.value.type != DS_STRING)
            return false;
        text = skip_space(text, end);
        if (text >= end || *text != ':')
            return false;
        text = read_item(text + 1, end, out);
        if (text == NULL)
            return false;
        if (item_compare(name, wanted) == 0)
            return true;
        text = skip_space(text, end);
        if (text >= end || *text != ',')
            return false;
    }
}

static item walk_path(item at, const char *path)
{
    while (path != NULL) {
        const char *dot = strchr(path, '.');
        const size_t length = dot == NULL ? strlen(path) : (size_t)(dot - path);
        item member;
        if (!object_member(at.value, path, length, &member))
            return item_of(ds_null());
        at = member;
        path = dot == NULL ? NULL : dot + 1;
    }
    return at;
}

item item_get(const ds_record *record, size_t slot, const char *property, size_t property_length, const char *path)
{
    if (slot == DS_NO_SLOT)
        slot = record_find(record, property, property_length);
    if (slot == DS_NO_SLOT)
        return item_of(ds_null());
    const item field = item_of(record_peek(record, slot));
    return path == NULL ? field : walk_path(field, path);
}

/* ---- escapes ---- */

static uint32_t hex4(const char *text, const char *end)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++, text++) {
        const char c = text < end ? *text : '0';
        const int digit = c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
        code = code << 4 | ((uint32_t)digit & 15);
    }
    return code;
}

static size_t utf8_put(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 63));
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63));
    out[3] = (char)(0x80 | (code & 63));
    return 4;
}

static bool is_unicode_escape(const char *text, const char *end)
{
    return end - text >= 6 && text[0] == '\\' && text[1] == 'u';
}

/* The bytes of the character or escape at *text, which moves behind it. */
static size_t next_bytes(const char **text, const char *end, char out[4])
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *at = *text;
    if (*at != '\\' || end - at < 2) {
        out[0] = *at;
        *text = at + 1;
        return 1;
    }
    if (!is_unicode_escape(at, end)) {
        const char *letter = memchr(letters, at[1], sizeof letters - 1);
        out[0] = letter == NULL ? at[1] : meant[letter - letters];
        *text = at + 2;
        return 1;
    }
    uint32_t code = hex4(at + 2, end);
    at += 6;
    if (code >= 0xD800 && code < 0xDC00 && is_unicode_escape(at, end)) {
        const uint32_t low = hex4(at + 2, end);
        if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
        }
    }
    *text = at;
    return utf8_put(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, out);
}

typedef struct reader { /* gives a string byte by byte, escapes undone */
    const char *next, *end;
    bool escaped;
    char bytes[4];
    size_t at, count;
} reader;

static reader reader_of(item it)
{
    return (reader){.next = it.value.as.string, .end = it.value.as.string + it.value.length, .escaped = it.escaped};
}

static int reader_next(reader *from)
{
    if (from->at == from->count) {
        if (from->next >= from->end)
            return -1;
        if (!from->escaped)
            return (unsigned char)*from->next++;
        from->count = next_bytes(&from->next, from->end, from->bytes);
        from->at = 0;
    }
    return (unsigned char)from->bytes[from->at++];
}

int item_compare(item a, item b)
{
    if ((!a.escaped && !b.escaped) || a.value.type != DS_STRING || b.value.type != DS_STRING)
        return ds_value_compare(a.value, b.value);
    reader left = reader_of(a), right = reader_of(b);
    for (;;) {
        const int x = reader_next(&left), y = reader_next(&right);
        if (x != y)
            return x < y ? -1 : 1;
        if (x < 0)
            return 0;
    }
}

bool item_plain(item it, arena *memory, ds_value *out)
{
    *out = it.value;
    if (!it.escaped)
        return true;
    char *text = arena_alloc(memory, (size_t)it.value.length + 1); /* an escape is never shorter than what it means */
    if (text == NULL)
        return false;
    reader from = reader_of(it);
    size_t length = 0;
    for (int byte; (byte = reader_next(&from)) >= 0;)
        text[length++] = (char)byte;
    text[length] = '\0';
    *out = ds_string_n(text, length);
    return true;
}
