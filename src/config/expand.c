/* Puts environment variables into strings. What a variable holds may be a password: it goes into the result alone. */
#include "config/expand.h"

#include <stdlib.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static size_t name_length(const char *text)
{
    size_t length = 0;
    while (is_letter(text[length]) || (length > 0 && text[length] >= '0' && text[length] <= '9'))
        length++;
    return length;
}

/* `text` is what stands between the braces of ${...}. */
static ds_status expand_variable(const char *text, size_t length, ds_buffer *buffer, ds_error *err)
{
    size_t named = name_length(text);
    bool has_default = named < length && length - named >= 2 && memcmp(text + named, ":-", 2) == 0;
    if (named == 0 || (named < length && !has_default))
        return ds_error_set(err, DS_CONFIG, "holds a ${...} that is neither ${NAME} nor ${NAME:-default}");
    char *name = text_copy_n(text, named);
    if (name == NULL)
        return error_nomem(err);
    const char *value = secure_getenv(name);
    ds_status status = DS_OK;
    if (has_default && (value == NULL || *value == '\0'))
        ds_buffer_append(buffer, text + named + 2, length - named - 2);
    else if (value != NULL)
        buffer_text(buffer, value);
    else
        status = ds_error_set(err, DS_CONFIG, "names the environment variable %s, which is not set", name);
    ds_free(name);
    return status;
}

/* *text stands at "${", and moves behind the "}". */
static ds_status expand_braces(const char **text, ds_buffer *buffer, ds_error *err)
{
    const char *inside = *text + 2, *end = strchr(inside, '}');
    if (end == NULL)
        return ds_error_set(err, DS_CONFIG, "holds a ${ that is not closed (a literal one is written $${)");
    const char *nested = strstr(inside, "${");
    if (nested != NULL && nested < end)
        return ds_error_set(err, DS_CONFIG, "holds a ${ within the braces of another");
    *text = end + 1;
    return expand_variable(inside, (size_t)(end - inside), buffer, err);
}

ds_status expand_text(const char *text, char **out, ds_error *err)
{
    ds_buffer buffer = {0};
    ds_status status = DS_OK;
    while (*text != '\0' && status == DS_OK) {
        if (strncmp(text, "$${", 3) == 0) {
            buffer_text(&buffer, "${");
            text += 3;
        } else if (strncmp(text, "${", 2) == 0) {
            status = expand_braces(&text, &buffer, err);
        } else {
            size_t plain = 1 + strcspn(text + 1, "$");
            ds_buffer_append(&buffer, text, plain);
            text += plain;
        }
    }
    if (status == DS_OK && (*out = buffer_take(&buffer)) == NULL)
        status = error_nomem(err);
    buffer_free(&buffer);
    return status;
}
