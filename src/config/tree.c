/* JSON trees by cJSON, behind the strict scanner.
 *
 * cJSON allocates with the C library's malloc here, not with ds_malloc: its hooks (cJSON_InitHooks) are process-wide,
 * and a host that uses cJSON itself would find its own trees in our allocator, or free ours with its own. */
#include "config/tree.h"

#include "config/scan.h"
#include "model/record.h"
#include "model/text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

void tree_free(cJSON *tree)
{
    cJSON_Delete(tree);
}

const cJSON *tree_member(const cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

/* cJSON reads numbers with strtod: not in the locale of the host, which may want a decimal comma. */
static cJSON *parse_in_c_locale(const char *text, size_t length)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c == (locale_t)0)
        return NULL;
    locale_t before = uselocale(c);
    cJSON *tree = cJSON_ParseWithLength(text, length);
    uselocale(before);
    freelocale(c);
    return tree;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts the keys, so that a large object does not take the square of its size. */
static ds_status object_check_keys(const char *place, const cJSON *object, ds_error *err)
{
    size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
    if (count < 2)
        return DS_OK;
    const char **keys = ds_calloc(count, sizeof *keys);
    if (keys == NULL)
        return error_nomem(err);
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, object) keys[i++] = child->string;
    qsort(keys, count, sizeof *keys, compare_keys);
    ds_status status = DS_OK;
    for (i = 1; i < count && status == DS_OK; i++) {
        if (strcmp(keys[i - 1], keys[i]) != 0)
            continue;
        if (object->string != NULL)
            status = ds_error_set(err, DS_CONFIG, "%s: the key \"%s\" stands twice in \"%s\"", place, keys[i],
                                  object->string);
        else
            status = ds_error_set(err, DS_CONFIG, "%s: the key \"%s\" stands twice", place, keys[i]);
    }
    ds_free(keys);
    return status;
}

static ds_status tree_check_keys(const char *place, const cJSON *tree, ds_error *err)
{
    ds_status status = cJSON_IsObject(tree) ? object_check_keys(place, tree, err) : DS_OK;
    for (const cJSON *child = tree->child; child != NULL && status == DS_OK; child = child->next)
        status = tree_check_keys(place, child, err);
    return status;
}

ds_status tree_parse(const char *place, const char *text, size_t length, cJSON **out, ds_error *err)
{
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* editors put a byte order mark there */
        text += 3;
        length -= 3;
    }
    ds_status status = scan_json(place, text, length, err);
    if (status != DS_OK)
        return status;
    cJSON *tree = parse_in_c_locale(text, length);
    if (tree == NULL)
        return error_nomem(err); /* the text is right: the scanner has read it */
    status = tree_check_keys(place, tree, err);
    if (status == DS_OK)
        *out = tree;
    else
        tree_free(tree);
    return status;
}

/* Elements of an array are values, and stay what they are. */
static void tree_drop_nulls(cJSON *tree)
{
    for (cJSON *item = tree->child, *next = NULL; cJSON_IsObject(tree) && item != NULL; item = next) {
        next = item->next;
        if (cJSON_IsNull(item))
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, item));
        else
            tree_drop_nulls(item);
    }
}

/* Moves nodes only: cJSON_AddItemToArray leaves the key of a node that has one alone, and allocates nothing. */
void tree_merge(cJSON *base, cJSON *over)
{
    while (over->child != NULL) {
        cJSON *item = cJSON_DetachItemViaPointer(over, over->child);
        cJSON *before = cJSON_GetObjectItemCaseSensitive(base, item->string);
        if (cJSON_IsObject(before) && cJSON_IsObject(item)) {
            tree_merge(before, item);
            continue;
        }
        tree_drop_nulls(item);
        if (cJSON_IsNull(item)) {
            cJSON_Delete(before == NULL ? NULL : cJSON_DetachItemViaPointer(base, before));
            cJSON_Delete(item);
        } else if (before == NULL) {
            cJSON_AddItemToArray(base, item);
        } else {
            cJSON_ReplaceItemViaPointer(base, before, item);
        }
    }
    tree_free(over);
}

/* Whole numbers as integers: cJSON does not know how they were written. */
static void print_number(ds_buffer *buffer, double number)
{
    char text[32];
    int64_t integer = 0;
    bool whole = number_is_integer(number, &integer);
    ds_buffer_append(buffer, text, whole ? integer_print(integer, text) : number_print(number, text));
}

static void print_children(ds_buffer *buffer, const cJSON *tree)
{
    for (const cJSON *child = tree->child; child != NULL; child = child->next) {
        if (child != tree->child)
            buffer_char(buffer, ',');
        if (cJSON_IsObject(tree)) {
            json_write_string(buffer, child->string, strlen(child->string));
            buffer_char(buffer, ':');
        }
        tree_print(buffer, child);
    }
}

void tree_print(ds_buffer *buffer, const cJSON *tree)
{
    if (cJSON_IsString(tree)) {
        json_write_string(buffer, tree->valuestring, strlen(tree->valuestring));
    } else if (cJSON_IsNumber(tree)) {
        print_number(buffer, tree->valuedouble);
    } else if (cJSON_IsObject(tree) || cJSON_IsArray(tree)) {
        buffer_char(buffer, cJSON_IsObject(tree) ? '{' : '[');
        print_children(buffer, tree);
        buffer_char(buffer, cJSON_IsObject(tree) ? '}' : ']');
    } else {
        buffer_text(buffer, cJSON_IsTrue(tree) ? "true" : cJSON_IsFalse(tree) ? "false" : "null");
    }
}

void tree_list_name(ds_buffer *buffer, const char *name)
{
    if (buffer->length > 0)
        buffer_text(buffer, ", ");
    buffer_text(buffer, name);
}
