/* Questions by a connector's table of options, and what the answers mean as JSON. ${NAME} in an answer stays as it is: the
 * library replaces it when it reads the file. */
#include "answer.h"

#include <string.h>
#include <strings.h>

static bool is_type(const ds_option *option, uint32_t types)
{
    return (option->types & types) != 0;
}

bool answer_is_yes(const char *text)
{
    return strcasecmp(text, "yes") == 0 || strcasecmp(text, "y") == 0 || strcmp(text, "true") == 0;
}

static bool is_no(const char *text)
{
    return strcasecmp(text, "no") == 0 || strcasecmp(text, "n") == 0 || strcmp(text, "false") == 0;
}

static bool is_switch(const ds_option *option)
{
    return is_type(option, DS_OPTION_BOOLEAN | DS_OPTION_OBJECT);
}

/* What a setting is that is not given, in the words of an answer; NULL: that is for its help to say. */
static const char *default_of(const ds_option *option)
{
    const char *text = option->default_text;
    if (text == NULL)
        return is_switch(option) && !is_type(option, DS_OPTION_INTEGER) ? "no" : NULL;
    if (!is_type(option, DS_OPTION_BOOLEAN))
        return text;
    return strcmp(text, "true") == 0 ? "yes" : strcmp(text, "false") == 0 ? "no" : text;
}

void answer_question(const ds_option *option, const char *path, char *out, size_t room)
{
    const char *by_default = default_of(option);
    snprintf(out, room, "%s (%s%s%s%s)%s%s%s: ", path, option->help == NULL ? "" : option->help,
             is_switch(option) ? "; yes or no" : "", (option->flags & DS_OPTION_SECRET) != 0 ? "; not shown" : "",
             (option->flags & DS_OPTION_REQUIRED) != 0 ? "; required" : "", by_default == NULL ? "" : " [",
             by_default == NULL ? "" : by_default, by_default == NULL ? "" : "]");
}

/* ---- answers ---- */

static answer wrong(const char *path, const char *what, ds_error *err)
{
    ds_error_set(err, DS_INVALID, "the setting \"%s\" must be %s", path, what);
    return ANSWER_WRONG;
}

static void write_item(FILE *out, const char *text, size_t length)
{
    char *json = ds_value_to_json(ds_string_n(text, length));
    fputs(json == NULL ? "null" : json, out);
    ds_free(json);
}

/* Names between commas; one alone is a string where a string may stand. */
static answer take_list(const ds_option *option, const char *text, FILE *out)
{
    bool is_list = strchr(text, ',') != NULL || !is_type(option, DS_OPTION_STRING);
    fputs(is_list ? "[" : "", out);
    for (;;) {
        text += strspn(text, " ");
        size_t length = strcspn(text, ","), end = length;
        while (end > 0 && text[end - 1] == ' ')
            end--;
        write_item(out, text, end);
        if (text[length] == '\0')
            break;
        fputc(',', out);
        text += length + 1;
    }
    fputs(is_list ? "]" : "", out);
    return ANSWER_VALUE;
}

static answer take_string(const ds_option *option, const char *path, const char *text, FILE *out, ds_error *err)
{
    bool is_choice = option->choices == NULL || strstr(text, "${") != NULL;
    char all[200] = "one of";
    for (size_t i = 0; !is_choice && option->choices[i] != NULL; i++) {
        is_choice = strcmp(option->choices[i], text) == 0;
        size_t length = strlen(all);
        snprintf(all + length, sizeof all - length, "%s %s", i == 0 ? "" : ",", option->choices[i]);
    }
    if (!is_choice)
        return wrong(path, all, err);
    print_json_string(out, text);
    return ANSWER_VALUE;
}

static answer take_switch(const ds_option *option, bool yes, FILE *out)
{
    const char *by_default = default_of(option);
    if (yes && option->members != NULL)
        return ANSWER_MEMBERS;
    if (!is_type(option, DS_OPTION_BOOLEAN) || (by_default != NULL && strcmp(by_default, yes ? "yes" : "no") == 0))
        return ANSWER_DEFAULT;
    fputs(yes ? "true" : "false", out);
    return ANSWER_VALUE;
}

static answer take_integer(const ds_option *option, const char *path, int64_t number, FILE *out, ds_error *err)
{
    int64_t least = option->minimum, most = option->maximum;
    char bounds[80];
    bool any = least == 0 && most == 0, open = most < least;
    if (any || (number >= least && (open || number <= most))) {
        fprintf(out, "%lld", (long long)number);
        return ANSWER_VALUE;
    }
    snprintf(bounds, sizeof bounds, "an integer %s %lld", open ? "of at least" : "from", (long long)least);
    if (!open)
        snprintf(bounds + strlen(bounds), sizeof bounds - strlen(bounds), " to %lld", (long long)most);
    return wrong(path, bounds, err);
}

static answer wrong_type(const ds_option *option, const char *path, ds_error *err)
{
    bool integer = is_type(option, DS_OPTION_INTEGER);
    if (is_type(option, DS_OPTION_OBJECT))
        return wrong(path, integer ? "yes, no, an integer, or an object of JSON" : "yes, no, or an object of JSON",
                     err);
    return wrong(path, integer ? "an integer" : "yes or no", err);
}

answer answer_take(const ds_option *option, const char *path, const char *text, FILE *out, ds_error *err)
{
    ds_value number;
    if (option->default_text != NULL && strcmp(text, option->default_text) == 0)
        return ANSWER_DEFAULT;
    if ((*text == '{' && is_type(option, DS_OPTION_OBJECT)) || (*text == '[' && is_type(option, DS_OPTION_LIST))) {
        fputs(text, out); /* what is wrong with it, the library says */
        return ANSWER_VALUE;
    }
    if (is_switch(option) && (answer_is_yes(text) || is_no(text)))
        return take_switch(option, answer_is_yes(text), out);
    if (is_type(option, DS_OPTION_INTEGER) && ds_value_parse(DS_INTEGER, text, strlen(text), &number) == DS_OK)
        return take_integer(option, path, number.as.integer, out, err);
    if (is_type(option, DS_OPTION_LIST))
        return take_list(option, text, out);
    if (is_type(option, DS_OPTION_STRING) || strncmp(text, "${", 2) == 0)
        return take_string(option, path, text, out, err);
    return wrong_type(option, path, err);
}
