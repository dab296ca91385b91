/* Which property a name means: a declared one, a path into one, or an undeclared one. */
#include "query/name.h"

#include <stdlib.h>

static bool has_members(const definition *model, size_t slot)
{
    const ds_property_type type = model->properties[slot].type;
    return type == DS_PROPERTY_OBJECT || type == DS_PROPERTY_ANY;
}

/* The longest prefix that ends before a dot and is declared, and may be walked into; its length, or 0. */
static size_t longest_prefix(const definition *model, const char *text, size_t length, size_t *slot)
{
    for (size_t end = length; end-- > 1;) {
        if (text[end] != '.')
            continue;
        *slot = definition_slot(model, text, end);
        if (*slot != DS_NO_SLOT && has_members(model, *slot))
            return end;
    }
    return 0;
}

static bool has_empty_part(const char *path, size_t length)
{
    for (size_t i = 0, start = 0; i <= length; i++) {
        if (i < length && path[i] != '.')
            continue;
        if (i == start)
            return true;
        start = i + 1;
    }
    return false;
}

static ds_status refuse(const definition *model, const char *text, size_t length, ds_error *err)
{
    const char *dot = memchr(text, '.', length);
    const size_t slot = dot == NULL ? DS_NO_SLOT : definition_slot(model, text, (size_t)(dot - text));
    if (slot != DS_NO_SLOT)
        return ds_error_set(
            err, DS_INVALID,
            "the model %s has no property \"%.*s\": \"%s\" is not an object, so that no path leads into it",
            model->name, (int)length, text, model->properties[slot].name);
    return ds_error_set(err, DS_INVALID, "the model %s has no property \"%.*s\"", model->name, (int)length, text);
}

ds_status name_resolve(const definition *model, const char *text, size_t length, arena *memory, name *out,
                       ds_error *err)
{
    size_t end = length, slot = definition_slot(model, text, length);
    if (slot == DS_NO_SLOT) {
        end = longest_prefix(model, text, length, &slot);
        if (end == 0) {
            if (model->strict)
                return refuse(model, text, length, err);
            slot = DS_NO_SLOT;
            end = length;
        } else if (has_empty_part(text + end + 1, length - end - 1)) {
            return ds_error_set(err, DS_INVALID,
                                "the path \"%.*s\" into the property \"%s\" of the model %s has an empty part",
                                (int)length, text, model->properties[slot].name, model->name);
        }
    }
    char *property = arena_copy(memory, text, length);
    if (property == NULL)
        return error_nomem(err);
    property[end] = '\0';
    *out = (name){.property = property, .length = end, .slot = slot, .path = end < length ? property + end + 1 : NULL};
    if (slot != DS_NO_SLOT)
        out->type = model->properties[slot].type;
    return DS_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t names_unique(const char **names, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    return kept;
}
