/* Orders are parsed, bound and compared here. The id ends each of them, so that an order is total and paging is stable.
 */
#include "query/order.h"

#include "query/name.h"

#include <strings.h>

#define MOST_ITEMS 100

typedef struct piece { /* of the order's text */
    const char *text;
    size_t length;
    bool descending, has_direction;
} piece;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(piece *of)
{
    while (of->length > 0 && is_space(*of->text)) {
        of->text++;
        of->length--;
    }
    while (of->length > 0 && is_space(of->text[of->length - 1]))
        of->length--;
}

static bool has_space(const piece *of)
{
    for (size_t i = 0; i < of->length; i++)
        if (is_space(of->text[i]))
            return true;
    return false;
}

/* Takes a last word ASC or DESC off. */
static void split_direction(piece *of)
{
    size_t word = of->length;
    while (word > 0 && !is_space(of->text[word - 1]))
        word--;
    const char *last = of->text + word;
    const size_t length = of->length - word;
    of->descending = length == 4 && strncasecmp(last, "DESC", 4) == 0;
    of->has_direction = of->descending || (length == 3 && strncasecmp(last, "ASC", 3) == 0);
    if (word == 0)
        of->descending = of->has_direction = false; /* it is the name */
    if (of->has_direction)
        of->length = word;
    trim(of);
}

static piece next_piece(const char **text)
{
    const char *comma = strchr(*text, ',');
    piece found = {.text = *text, .length = comma == NULL ? strlen(*text) : (size_t)(comma - *text)};
    *text = comma == NULL ? NULL : comma + 1;
    trim(&found);
    split_direction(&found);
    return found;
}

static bool same_path(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static ds_status refuse_twice(const ds_order *list, size_t count, const definition *model, ds_error *err)
{
    const ds_order *last = &list[count - 1];
    for (size_t i = 0; i + 1 < count; i++)
        if (strcmp(list[i].property, last->property) == 0 && same_path(list[i].path, last->path))
            return ds_error_set(err, DS_INVALID, "the order of the model %s names \"%s%s%s\" twice", model->name,
                                last->property, last->path == NULL ? "" : ".", last->path == NULL ? "" : last->path);
    return DS_OK;
}

static ds_status bind_piece(const piece *from, const definition *model, arena *memory, ds_order *to, ds_error *err)
{
    name named;
    if (from->length == 0)
        return ds_error_set(err, DS_INVALID,
                            "the order of the model %s has an empty item: it is \"property ASC\" or \"property DESC\", "
                            "separated by commas",
                            model->name);
    if (!from->has_direction && has_space(from) && definition_slot(model, from->text, from->length) == DS_NO_SLOT)
        return ds_error_set(err, DS_INVALID,
                            "\"%.*s\" in the order of the model %s is not a property, alone or with ASC or DESC",
                            (int)from->length, from->text, model->name);
    const ds_status status = name_resolve(model, from->text, from->length, memory, &named, err);
    if (status == DS_INVALID)
        error_prefix(err, "the order is wrong: ");
    if (status != DS_OK)
        return status;
    *to =
        (ds_order){.property = named.property, .slot = named.slot, .path = named.path, .descending = from->descending};
    return DS_OK;
}

static ds_status order_text(const ds_order *list, size_t count, arena *memory, const char **out)
{
    ds_buffer text = {0};
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(&text, ',');
        buffer_text(&text, list[i].property);
        if (list[i].path != NULL) {
            buffer_char(&text, '.');
            buffer_text(&text, list[i].path);
        }
        if (list[i].descending)
            buffer_text(&text, " DESC");
    }
    *out = text.failed ? NULL : arena_copy(memory, text.text, text.length);
    buffer_free(&text);
    return *out == NULL ? DS_NOMEM : DS_OK;
}

/* Drops what stands behind the id, which decides alone; adds the id where it does not stand. */
static size_t end_in_id(ds_order *list, size_t count, const definition *model)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].slot == model->id_slot && list[i].path == NULL)
            return i + 1;
    list[count] = (ds_order){
        .property = model->properties[model->id_slot].name,
        .slot = model->id_slot,
        .descending = list[count - 1].descending,
    };
    return count + 1;
}

ds_status order_bind(const char *text, const definition *model, arena *memory, ds_order **out, size_t *count,
                     const char **canonical, ds_error *err)
{
    size_t room = 2; /* one more than commas, and the id */
    for (const char *comma = text; (comma = strchr(comma, ',')) != NULL; comma++)
        room++;
    if (room > MOST_ITEMS + 1)
        return ds_error_set(err, DS_INVALID, "the order of the model %s has more than %d items", model->name,
                            MOST_ITEMS);
    ds_order *list = arena_zeroed(memory, room, sizeof *list);
    if (list == NULL)
        return error_nomem(err);
    ds_status status = DS_OK;
    size_t n = 0;
    for (const char *next = text; status == DS_OK && next != NULL;) {
        const piece found = next_piece(&next);
        status = bind_piece(&found, model, memory, &list[n++], err);
        if (status == DS_OK)
            status = refuse_twice(list, n, model, err);
    }
    if (status != DS_OK)
        return status;
    *count = end_in_id(list, n, model);
    *out = list;
    return order_text(list, *count, memory, canonical) == DS_OK ? DS_OK : error_nomem(err);
}

item order_item(const ds_order *order, const ds_record *record)
{
    return item_get(record, order->slot, order->property, order->slot == DS_NO_SLOT ? strlen(order->property) : 0,
                    order->path);
}

int ds_order_compare(const ds_order *order, size_t count, const ds_record *a, const ds_record *b)
{
    for (size_t i = 0; i < count; i++) {
        const int found = item_compare(order_item(&order[i], a), order_item(&order[i], b));
        if (found != 0)
            return (found < 0) == order[i].descending ? 1 : -1;
    }
    return 0;
}

int order_compare_mark(const ds_order *order, size_t count, const ds_record *record, const ds_value *mark)
{
    for (size_t i = 0; i < count; i++) {
        const int found = item_compare(order_item(&order[i], record), item_of(mark[i]));
        if (found != 0)
            return (found < 0) == order[i].descending ? 1 : -1;
    }
    return 0;
}
