/* What a sample says of a group of hashes, and the model that is proposed for it. */
#include "discover.h"

#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- noting ---- */

static bool is_same(const char *a, size_t a_length, const char *b, size_t b_length)
{
    return a_length == b_length && memcmp(a, b, a_length) == 0;
}

static field_sample *field_named(group *g, const char *name, size_t length)
{
    for (size_t i = 0; i < g->field_count; i++)
        if (is_same(g->fields[i].name, g->fields[i].length, name, length))
            return &g->fields[i];
    return NULL;
}

static ds_status field_add(group *g, const char *name, size_t length, field_sample **out)
{
    if (g->field_count == g->field_room) {
        size_t room = g->field_room == 0 ? 16 : 2 * g->field_room;
        field_sample *grown = ds_realloc(g->fields, room * sizeof *grown);
        if (grown == NULL)
            return DS_NOMEM;
        g->fields = grown;
        g->field_room = room;
    }
    char *copy = ds_malloc(length + 1);
    if (copy == NULL)
        return DS_NOMEM;
    memcpy(copy, name, length);
    *out = &g->fields[g->field_count++];
    **out = (field_sample){.name = copy, .length = length};
    guess_start(&(*out)->guess);
    return DS_OK;
}

/* What a definition can name. */
static bool is_nameable(const char *name, size_t length)
{
    return length > 0 && memchr(name, '\0', length) == NULL && utf8_is_valid(name, length);
}

ds_status group_note(group *g, const char *id, size_t id_length, const char *name, size_t name_length, const char *text,
                     size_t length)
{
    if (!is_nameable(name, name_length))
        return DS_OK;
    field_sample *field = field_named(g, name, name_length);
    if (field == NULL && g->field_count >= SAMPLE_FIELDS) {
        g->is_loose = true;
        return DS_OK;
    }
    ds_status status = field == NULL ? field_add(g, name, name_length, &field) : DS_OK;
    if (status != DS_OK)
        return status;
    field->hashes++;
    field->ids += is_same(text, length, id, id_length);
    guess_take(&field->guess, text, length);
    return DS_OK;
}

static char *copy_text(const char *text, size_t length)
{
    char *copy = ds_malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

ds_status group_note_index(group *g, const redis_reply *field, const redis_reply *text)
{
    if (field->type != REDIS_STRING || text->type != REDIS_STRING || field->length <= 6 ||
        memcmp(field->text, "index:", 6) != 0 || !is_nameable(field->text + 6, field->length - 6))
        return DS_OK;
    group_index *grown = ds_realloc(g->indexes, (g->index_count + 1) * sizeof *grown);
    if (grown == NULL)
        return DS_NOMEM;
    g->indexes = grown;
    group_index *added = &grown[g->index_count];
    added->name = copy_text(field->text + 6, field->length - 6);
    added->text = copy_text(text->text, text->length);
    ds_status status = added->name == NULL || added->text == NULL ? DS_NOMEM : DS_OK;
    if (status == DS_OK && schema_text_parse(added->text, text->length, &added->says)) {
        g->index_count++;
        return DS_OK;
    }
    ds_free(added->name);
    ds_free(added->text);
    return status;
}

void group_free(group *g)
{
    for (size_t i = 0; i < g->index_count; i++) {
        ds_free(g->indexes[i].name);
        ds_free(g->indexes[i].text);
    }
    ds_free(g->indexes);
    for (size_t i = 0; i < g->field_count; i++)
        ds_free(g->fields[i].name);
    ds_free(g->fields);
    ds_free(g->name);
    id_list_free(&g->ids);
}

/* ---- the dialect ---- */

static bool holds_id(const group *g, const field_sample *field)
{
    return field != NULL && g->hashes > 0 && field->ids == g->hashes;
}

/* Some field is all of such texts, or of one of several such kinds. */
static bool some_field_is(const group *g, uint32_t kinds)
{
    for (size_t i = 0; i < g->field_count; i++)
        if (g->fields[i].guess.texts > 0 && (g->fields[i].guess.possible & kinds) != 0)
            return true;
    return false;
}

/* An empty text among numbers is a null of LoopBack's, and so are ms a date where the field is named like one. */
static bool looks_like_loopback(const group *g)
{
    if (g->has_counter || g->has_loopback_ids)
        return true;
    for (size_t i = 0; i < g->field_count; i++) {
        const field_sample *field = &g->fields[i];
        bool is_ms = field->guess.texts > 0 && (field->guess.possible & GUESS_MS) != 0;
        if ((field->guess.empties > 0 && guess_is_typed(&field->guess)) ||
            (is_ms && guess_sounds_like_date(field->name, field->length)))
            return true;
    }
    return false;
}

/* Whether an index has a key of one of these letters. */
static bool has_letter(const group *g, const char *letters)
{
    for (size_t i = 0; i < g->index_count; i++)
        for (size_t k = 0; k < g->indexes[i].says.key_count; k++)
            if (strchr(letters, g->indexes[i].says.keys[k].type) != NULL)
                return true;
    return false;
}

static redis_dialect group_dialect(group *g, redis_dialect usual)
{
    if (has_letter(g, "Bfy"))
        return DIALECT_REDIS_OM;
    if (has_letter(g, "dm"))
        return has_letter(g, "m") ? DIALECT_LOOPBACK : DIALECT_NATIVE;
    if (some_field_is(g, GUESS_ISO))
        return usual;
    if (holds_id(g, field_named(g, "pk", 2)) && !some_field_is(g, GUESS_BOOLEAN))
        return DIALECT_REDIS_OM;
    return looks_like_loopback(g) ? DIALECT_LOOPBACK : usual;
}

/* ---- the id ---- */

/* The field that repeats the id; NULL. A single hash proves nothing but for the names that ids have. */
static const field_sample *id_field(group *g)
{
    static const char *const names[] = {"id", "pk", "_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (holds_id(g, field_named(g, names[i], strlen(names[i]))))
            return field_named(g, names[i], strlen(names[i]));
    for (size_t i = 0; i < g->field_count && g->hashes > 1; i++)
        if (holds_id(g, &g->fields[i]))
            return &g->fields[i];
    return NULL;
}

/* A name for the id that no field has. */
static const char *free_name(group *g)
{
    static const char *const names[] = {"id", "key", "_id", "_key", "recordId", "recordKey"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (field_named(g, names[i], strlen(names[i])) == NULL)
            return names[i];
    return "the key behind the last colon";
}

/* ---- the definition ---- */

typedef struct definition {
    group *group;
    const field_sample *id; /* or NULL */
    redis_dialect dialect, usual;
    size_t settings; /* printed, of settings.redis */
} definition;

static void print_id(const definition *d, ds_buffer *out)
{
    const group *g = d->group;
    bool is_integer = g->has_integers;
    bool is_generated = is_integer ? g->has_counter || g->has_own_counter : g->has_ulids;
    ds_buffer_json(out, d->id != NULL ? ds_string_n(d->id->name, d->id->length) : ds_string(free_name(d->group)));
    ds_buffer_format(out, ":{\"type\":\"%s\",\"id\":true%s}", is_integer ? "integer" : "string",
                     is_generated ? ",\"generated\":true" : "");
}

static const char *letter_type(char letter)
{
    static const char *const types[] = {"iinteger", "nnumber", "bboolean", "Bboolean", "ddate",
                                        "mdate",    "fdate",   "xbinary",  "ybinary"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i][0] == letter)
            return types[i] + 1;
    return "string";
}

/* By the letter of an index where there is one: that is known, not guessed. */
static const char *field_type(const definition *d, const field_sample *field)
{
    for (size_t i = 0; i < d->group->index_count; i++) {
        const schema_text *says = &d->group->indexes[i].says;
        for (size_t k = 0; k < says->key_count; k++)
            if (is_same(says->keys[k].property, says->keys[k].length, field->name, field->length))
                return letter_type(says->keys[k].type);
    }
    return guess_type(&field->guess, d->dialect);
}

/* Whether it is what "index" or "unique" of a property makes. */
static bool is_of_property(const group_index *index)
{
    const schema_text *says = &index->says;
    return says->key_count == 1 && !says->keys[0].descending &&
           is_same(says->keys[0].property, says->keys[0].length, index->name, strlen(index->name));
}

static const char *field_index(const definition *d, const field_sample *field)
{
    for (size_t i = 0; i < d->group->index_count; i++) {
        const group_index *index = &d->group->indexes[i];
        if (is_of_property(index) && is_same(index->name, strlen(index->name), field->name, field->length))
            return index->says.unique ? ",\"unique\":true" : ",\"index\":true";
    }
    return "";
}

static void print_index(const group_index *index, ds_buffer *out)
{
    ds_buffer_json(out, ds_string(index->name));
    ds_buffer_format(out, ":{\"keys\":{");
    for (size_t k = 0; k < index->says.key_count; k++) {
        ds_buffer_format(out, k == 0 ? "" : ",");
        ds_buffer_json(out, ds_string_n(index->says.keys[k].property, index->says.keys[k].length));
        ds_buffer_format(out, index->says.keys[k].descending ? ":-1" : ":1");
    }
    ds_buffer_format(out, index->says.unique ? "},\"unique\":true}" : "}}");
}

static void print_indexes(const definition *d, ds_buffer *out)
{
    size_t count = 0;
    for (size_t i = 0; i < d->group->index_count; i++) {
        if (is_of_property(&d->group->indexes[i]))
            continue;
        ds_buffer_format(out, count++ == 0 ? ",\"indexes\":{" : ",");
        print_index(&d->group->indexes[i], out);
    }
    ds_buffer_format(out, count > 0 ? "}" : "");
}

static int compare_indexes(const void *a, const void *b)
{
    const group_index *one = a, *other = b;
    return strcmp(one->name, other->name);
}

/* An indexed property that no hash of the sample has is one too. */
static ds_status add_indexed_fields(group *g, const field_sample *id)
{
    field_sample *unused;
    ds_status status = DS_OK;
    if (g->index_count > 0)
        qsort(g->indexes, g->index_count, sizeof *g->indexes, compare_indexes);
    for (size_t i = 0; i < g->index_count; i++)
        for (size_t k = 0; k < g->indexes[i].says.key_count && status == DS_OK; k++) {
            const char *name = g->indexes[i].says.keys[k].property;
            size_t length = g->indexes[i].says.keys[k].length;
            bool is_free_id = id == NULL && is_same(name, length, free_name(g), strlen(free_name(g)));
            if (!is_free_id && is_nameable(name, length) && field_named(g, name, length) == NULL)
                status = field_add(g, name, length, &unused);
        }
    return status;
}

static void print_field(const definition *d, const field_sample *field, ds_buffer *out)
{
    bool is_loopback_null = d->dialect == DIALECT_LOOPBACK && field->guess.empties > 0 && guess_is_typed(&field->guess);
    bool is_required = d->group->hashes > 1 && field->hashes == d->group->hashes && !is_loopback_null;
    ds_buffer_append(out, ",", 1);
    ds_buffer_json(out, ds_string_n(field->name, field->length));
    ds_buffer_format(out, ":{\"type\":\"%s\"%s%s}", field_type(d, field), is_required ? ",\"required\":true" : "",
                     field_index(d, field));
}

static void print_setting(definition *d, const char *name, ds_value value, ds_buffer *out)
{
    ds_buffer_format(out, "%s\"%s\":", d->settings++ == 0 ? "\"redis\":{" : ",", name);
    ds_buffer_json(out, value);
}

static void print_redis(definition *d, const char *name, ds_buffer *out)
{
    const group *g = d->group;
    char counter[LONGEST_COMPANION + 8];
    if (!is_same(name, strlen(name), g->name, g->length))
        print_setting(d, "key", ds_string_n(g->name, g->length), out);
    if (d->id == NULL)
        print_setting(d, "storeId", ds_boolean(false), out);
    if (d->dialect != d->usual)
        print_setting(d, "dialect", ds_string(dialect_names[d->dialect]), out);
    if (g->has_integers && g->has_counter) {
        memcpy(counter, "id:", 3);
        memcpy(counter + 3, g->name, g->length);
        print_setting(d, "sequence", ds_string_n(counter, 3 + g->length), out);
    }
}

static void print_settings(definition *d, const char *name, ds_buffer *out)
{
    bool has_key = !is_same(name, strlen(name), d->group->name, d->group->length);
    bool has_more =
        has_key || d->id == NULL || d->dialect != d->usual || (d->group->has_integers && d->group->has_counter);
    if (!has_more && !d->group->is_loose)
        return;
    ds_buffer_format(out, ",\"settings\":{%s%s", d->group->is_loose ? "\"strict\":false" : "",
                     d->group->is_loose && has_more ? "," : "");
    print_redis(d, name, out);
    ds_buffer_format(out, has_more ? "}}" : "}");
}

static ds_status print_model(group *g, const char *name, redis_dialect usual, ds_buffer *out)
{
    if (add_indexed_fields(g, id_field(g)) != DS_OK) /* which moves the fields */
        return DS_NOMEM;
    definition d = {.group = g, .id = id_field(g), .dialect = group_dialect(g, usual), .usual = usual};
    ds_buffer_format(out, "{\"name\":");
    ds_buffer_json(out, ds_string(name));
    ds_buffer_format(out, ",\"properties\":{");
    print_id(&d, out);
    for (size_t i = 0; i < g->field_count; i++)
        if (&g->fields[i] != d.id)
            print_field(&d, &g->fields[i], out);
    ds_buffer_format(out, "}");
    print_indexes(&d, out);
    print_settings(&d, name, out);
    ds_buffer_format(out, "}");
    return DS_OK;
}

/* ---- names ---- */

/* The group's name without what a model's may not hold: at its ends nothing, elsewhere '_'. For ds_free(). */
static char *plain_name(const group *g, size_t number)
{
    const char *from = g->name, *end = g->name + g->length;
    while (from < end && strchr("#:{}", *from) != NULL)
        from++;
    while (end > from && strchr("#:{}", end[-1]) != NULL)
        end--;
    size_t length = (size_t)(end - from);
    char *name = ds_malloc(length + 32);
    if (name == NULL)
        return NULL;
    memcpy(name, from, length);
    if (length == 0)
        name[length++] = '_';
    for (size_t i = 0; i < length; i++)
        if (strchr("#:{}", name[i]) != NULL)
            name[i] = '_';
    if (number > 1)
        length += (size_t)snprintf(name + length, 24, "_%zu", number);
    name[length] = '\0';
    return name;
}

static bool is_taken(const char *name, const group *groups, char *const *names, size_t count, size_t own)
{
    for (size_t i = 0; i < count; i++)
        if (i != own && (is_same(name, strlen(name), groups[i].name, groups[i].length) ||
                         (i < own && names[i] != NULL && strcmp(names[i], name) == 0)))
            return true;
    return false;
}

static char *free_model_name(const group *groups, char *const *names, size_t count, size_t own)
{
    char *name = plain_name(&groups[own], 1);
    for (size_t number = 2; name != NULL && is_taken(name, groups, names, count, own); number++) {
        ds_free(name);
        name = plain_name(&groups[own], number);
    }
    return name;
}

ds_status group_print_all(group *groups, size_t count, redis_dialect usual, ds_buffer *out)
{
    char **names = ds_calloc(count + 1, sizeof *names);
    bool is_first = true;
    if (names == NULL)
        return DS_NOMEM;
    ds_buffer_format(out, "[");
    ds_status status = DS_OK;
    for (size_t i = 0; i < count && status == DS_OK; i++) {
        names[i] = free_model_name(groups, names, count, i);
        if (names[i] == NULL)
            status = DS_NOMEM;
        else if (groups[i].hashes > 0) {
            ds_buffer_format(out, is_first ? "" : ",");
            status = print_model(&groups[i], names[i], usual, out);
            is_first = false;
        }
    }
    ds_buffer_format(out, "]");
    for (size_t i = 0; i < count; i++)
        ds_free(names[i]);
    ds_free(names);
    return status;
}
