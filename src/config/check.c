/* One walk over a table of options: what is given is checked and kept by its path, what is not has its default, and
 * what the table does not know is refused. A null counts as not given, so that a layer can take a setting back. */
#include "config/check.h"

#include "config/expand.h"
#include "model/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct check {
    const subject *subject;
    settings *settings;
    ds_error *err;
} check;

static ds_status check_members(check *c, const char *path, const cJSON *object, const ds_option *options);

ds_status subject_fail(const subject *s, const char *path, ds_error *err, const char *format, ...)
{
    char rest[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rest, sizeof rest, format, arguments);
    va_end(arguments);
    ds_error_set(err, DS_CONFIG, "%s%sthe setting \"%s\" of the %s \"%s\" %s", s->place == NULL ? "" : s->place,
                 s->place == NULL ? "" : ": ", path, s->kind, s->name, rest);
    if (s->is_source)
        error_in_source(err, s->name);
    return DS_CONFIG;
}

ds_status subject_string(const subject *s, const char *path, const cJSON *item, char **out, ds_error *err)
{
    ds_error reason = {0};
    if (!cJSON_IsString(item))
        return subject_fail(s, path, err, "must be a string");
    if (!s->is_source) {
        *out = text_copy(item->valuestring);
        return *out == NULL ? error_nomem(err) : DS_OK;
    }
    ds_status status = expand_text(item->valuestring, out, &reason);
    if (status == DS_CONFIG)
        return subject_fail(s, path, err, "%s", reason.message);
    return status == DS_OK ? DS_OK : error_nomem(err);
}

/* "a", "b" or "c" in words. */
static void describe_types(const ds_option *option, ds_buffer *words)
{
    static const struct {
        uint32_t type;
        const char *words;
    } names[] = {{DS_OPTION_STRING, "a string"},
                 {DS_OPTION_INTEGER, "an integer"},
                 {DS_OPTION_BOOLEAN, "true or false"},
                 {DS_OPTION_OBJECT, "an object"},
                 {DS_OPTION_LIST, "an array of strings"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((option->types & names[i].type) == 0)
            continue;
        if (words->length > 0)
            buffer_text(words, ", or ");
        buffer_text(words, names[i].words);
    }
}

static ds_status fail_type(check *c, const char *path, const ds_option *option)
{
    ds_buffer words = {0};
    describe_types(option, &words);
    ds_status status = words.failed ? error_nomem(c->err)
                                    : subject_fail(c->subject, path, c->err, "must be %s",
                                                   words.text == NULL ? "left out" : words.text);
    buffer_free(&words);
    return status;
}

static ds_status fail_choice(check *c, const char *path, const ds_option *option)
{
    ds_buffer words = {0};
    for (size_t i = 0; option->choices[i] != NULL; i++)
        tree_list_name(&words, option->choices[i]);
    ds_status status = words.failed ? error_nomem(c->err)
                                    : subject_fail(c->subject, path, c->err, "must be one of %s",
                                                   words.text == NULL ? "" : words.text);
    buffer_free(&words);
    return status;
}

static ds_status fail_unknown(check *c, const char *path, const ds_option *options)
{
    ds_buffer names = {0};
    for (; options != NULL && options->name != NULL && names.length < CHECK_LIST; options++)
        tree_list_name(&names, options->name);
    ds_status status;
    if (names.failed)
        status = error_nomem(c->err);
    else if (names.length == 0)
        status = subject_fail(c->subject, path, c->err, "is unknown, there are no settings here");
    else if (names.length < CHECK_LIST)
        status = subject_fail(c->subject, path, c->err, "is unknown, known here are %s", names.text);
    else
        status = subject_fail(c->subject, path, c->err, "is unknown");
    buffer_free(&names);
    return status;
}

/* A table may bound one side alone. */
static ds_status put_integer(check *c, const char *path, const ds_option *option, int64_t integer, bool given)
{
    int64_t least = option->minimum, most = option->maximum;
    bool any = least == 0 && most == 0, open = most < least;
    if (any || (integer >= least && (open || integer <= most)))
        return settings_put(c->settings, path, ds_integer(integer), given, c->err);
    if (open)
        return subject_fail(c->subject, path, c->err, "must be an integer of at least %" PRId64, least);
    return subject_fail(c->subject, path, c->err, "must be an integer from %" PRId64 " to %" PRId64, least, most);
}

static ds_status put_text(check *c, const char *path, const ds_option *option, const char *text, bool given)
{
    bool chosen = option->choices == NULL;
    for (size_t i = 0; !chosen && option->choices[i] != NULL; i++)
        chosen = strcmp(option->choices[i], text) == 0;
    return chosen ? settings_put(c->settings, path, ds_string(text), given, c->err) : fail_choice(c, path, option);
}

static ds_status put_item(check *c, const char *path, size_t i, const ds_option *option, const char *text, bool given)
{
    char *item_path = text_format("%s.%zu", path, i);
    if (item_path == NULL)
        return error_nomem(c->err);
    ds_status status = put_text(c, item_path, option, text, given);
    ds_free(item_path);
    return status;
}

/* Where a list may stand, a single string is a list of one too, so that whoever wants the list finds it at "name.0". */
static ds_status put_string(check *c, const char *path, const ds_option *option, const char *text, bool given)
{
    int64_t integer = 0;
    if ((option->types & DS_OPTION_STRING) != 0) {
        ds_status status = put_text(c, path, option, text, given);
        if (status == DS_OK && (option->types & DS_OPTION_LIST) != 0)
            status = put_item(c, path, 0, option, text, given);
        return status;
    }
    if ((option->types & DS_OPTION_INTEGER) != 0 && integer_parse(text, strlen(text), &integer))
        return put_integer(c, path, option, integer, given);
    return fail_type(c, path, option);
}

static ds_status check_string(check *c, const char *path, const ds_option *option, const cJSON *item)
{
    char *text = NULL;
    if ((option->types & (DS_OPTION_STRING | DS_OPTION_INTEGER)) == 0)
        return fail_type(c, path, option);
    ds_status status = subject_string(c->subject, path, item, &text, c->err);
    if (status == DS_OK)
        status = put_string(c, path, option, text, true);
    ds_free(text);
    return status;
}

static ds_status check_list_item(check *c, const char *path, size_t i, const ds_option *option, const cJSON *item)
{
    char *text = NULL, *item_path = text_format("%s.%zu", path, i);
    if (item_path == NULL)
        return error_nomem(c->err);
    ds_status status = subject_string(c->subject, item_path, item, &text, c->err);
    if (status == DS_OK)
        status = put_text(c, item_path, option, text, true);
    ds_free(text);
    ds_free(item_path);
    return status;
}

static ds_status check_list(check *c, const char *path, const ds_option *option, const cJSON *list)
{
    ds_status status = settings_put(c->settings, path, ds_null(), true, c->err);
    size_t i = 0;
    for (const cJSON *item = list->child; item != NULL && status == DS_OK; item = item->next)
        status = check_list_item(c, path, i++, option, item);
    return status;
}

static ds_status check_number(check *c, const char *path, const ds_option *option, const cJSON *item)
{
    int64_t integer = 0;
    if ((option->types & DS_OPTION_INTEGER) == 0 || !number_is_integer(item->valuedouble, &integer))
        return fail_type(c, path, option);
    return put_integer(c, path, option, integer, true);
}

/* `true` stands for an object with nothing in it, where there may be an object. */
static ds_status check_boolean(check *c, const char *path, const ds_option *option, const cJSON *item)
{
    bool yes = cJSON_IsTrue(item);
    bool allowed = (option->types & DS_OPTION_BOOLEAN) != 0;
    return allowed ? settings_put(c->settings, path, ds_boolean(yes), true, c->err) : fail_type(c, path, option);
}

static ds_status check_given(check *c, const char *path, const ds_option *option, const cJSON *item)
{
    if (cJSON_IsString(item))
        return check_string(c, path, option, item);
    if (cJSON_IsNumber(item))
        return check_number(c, path, option, item);
    if (cJSON_IsBool(item))
        return check_boolean(c, path, option, item);
    if (cJSON_IsArray(item) && (option->types & DS_OPTION_LIST) != 0)
        return check_list(c, path, option, item);
    if (cJSON_IsObject(item) && (option->types & DS_OPTION_OBJECT) != 0)
        return settings_put(c->settings, path, ds_boolean(true), true, c->err);
    return fail_type(c, path, option);
}

static ds_status check_default(check *c, const char *path, const ds_option *option)
{
    const char *text = option->default_text;
    int64_t integer = 0;
    if (text == NULL)
        return DS_OK;
    bool yes = strcmp(text, "true") == 0, no = strcmp(text, "false") == 0;
    if ((yes || no) && (option->types & DS_OPTION_BOOLEAN) != 0)
        return settings_put(c->settings, path, ds_boolean(yes), false, c->err);
    if ((option->types & DS_OPTION_INTEGER) != 0 && integer_parse(text, strlen(text), &integer))
        return put_integer(c, path, option, integer, false);
    if ((option->types & DS_OPTION_STRING) != 0)
        return put_string(c, path, option, text, false);
    if ((option->types & DS_OPTION_LIST) != 0)
        return put_item(c, path, 0, option, text, false);
    return subject_fail(c->subject, path, c->err, "has a default in the connector's table that is not of its type");
}

static ds_status check_option(check *c, const char *path, const ds_option *option, const cJSON *item)
{
    ds_status status;
    bool given = item != NULL && !cJSON_IsNull(item);
    if (given)
        status = check_given(c, path, option, item);
    else if ((option->flags & DS_OPTION_REQUIRED) != 0)
        status = subject_fail(c->subject, path, c->err, "is required, and missing");
    else
        status = check_default(c, path, option);
    if (status == DS_OK && (option->types & DS_OPTION_OBJECT) != 0 && option->members != NULL)
        status = check_members(c, path, cJSON_IsObject(item) ? item : NULL, option->members);
    return status;
}

static const ds_option *find_option(const ds_option *options, const char *name)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

static char *member_path(const char *path, const char *name)
{
    return *path == '\0' ? text_copy(name) : text_format("%s.%s", path, name);
}

static ds_status check_known(check *c, const char *path, const cJSON *object, const ds_option *options)
{
    bool is_source = *path == '\0' && c->subject->is_source;
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        if (is_source && (strcmp(item->string, "connector") == 0 || strcmp(item->string, "name") == 0))
            continue;
        if (find_option(options, item->string) != NULL)
            continue;
        char *unknown = member_path(path, item->string);
        if (unknown == NULL)
            return error_nomem(c->err);
        ds_status status = fail_unknown(c, unknown, options);
        ds_free(unknown);
        return status;
    }
    return DS_OK;
}

/* `object` may be NULL: nothing is given. Members are required only of an object that is. */
static ds_status check_members(check *c, const char *path, const cJSON *object, const ds_option *options)
{
    ds_status status = object == NULL ? DS_OK : check_known(c, path, object, options);
    for (; status == DS_OK && options != NULL && options->name != NULL; options++) {
        ds_option option = *options;
        char *name = member_path(path, option.name);
        if (object == NULL)
            option.flags &= ~(uint32_t)DS_OPTION_REQUIRED;
        status = name == NULL ? error_nomem(c->err) : check_option(c, name, &option, tree_member(object, option.name));
        ds_free(name);
    }
    return status;
}

ds_status check_settings(const subject *s, const cJSON *object, const ds_option *options, settings **out, ds_error *err)
{
    check c = {.subject = s, .settings = settings_new(), .err = err};
    if (c.settings == NULL)
        return error_nomem(err);
    ds_status status = check_members(&c, "", object, options);
    if (status == DS_OK)
        *out = c.settings;
    else
        settings_free(c.settings);
    return status;
}
