/* The definition of an index as #schema has it: JSON, which scripts and people read too. */
#include "member.h"
#include "schema.h"

#include <stdio.h>

/* ---- writing ---- */

static ds_status put_text(member *out, const char *text)
{
    return member_add_bytes(out, text, strlen(text));
}

static ds_status put_json(member *out, const char *text, size_t length)
{
    char *json = ds_value_to_json(ds_string_n(text, length));
    ds_status status = json == NULL ? DS_NOMEM : put_text(out, json);
    ds_free(json);
    return status;
}

static ds_status put_key(member *out, const redis_model *state, const ds_index *index, size_t key)
{
    const ds_property *property = ds_model_property(state->model, index->slots[key]);
    char letter[8] = {',', '"', schema_letter(state, property->type), '"', ',', '\0'};
    ds_status status = put_text(out, key == 0 ? "[" : ",[");
    if (status == DS_OK)
        status = put_json(out, property->name, property->name_length);
    if (status == DS_OK)
        status = put_text(out, letter);
    return status == DS_OK ? put_text(out, index->descending[key] ? "true]" : "false]") : status;
}

char *schema_text_of(const redis_model *state, const ds_index *index, const char *build_state, uint64_t build)
{
    member out = {0};
    char end[96], number[40] = "";
    ds_status status = put_text(&out, index->unique ? "{\"unique\":true,\"keys\":[" : "{\"unique\":false,\"keys\":[");
    for (size_t i = 0; i < index->key_count && status == DS_OK; i++)
        status = put_key(&out, state, index, i);
    if (build != 0)
        snprintf(number, sizeof number, ",\"build\":%llu", (unsigned long long)build);
    snprintf(end, sizeof end, "],\"state\":\"%.16s\"%s}", build_state, number);
    if (status == DS_OK)
        status = member_add_bytes(&out, end, strlen(end) + 1);
    if (status != DS_OK)
        member_free(&out);
    return out.bytes;
}

/* ---- reading ---- */

typedef struct json {
    char *at, *end;
    bool failed;
} json;

static void skip_blanks(json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r'))
        j->at++;
}

static bool takes(json *j, char wanted)
{
    skip_blanks(j);
    if (j->at == j->end || *j->at != wanted)
        return false;
    j->at++;
    return true;
}

static void need(json *j, char wanted)
{
    if (!takes(j, wanted))
        j->failed = true;
}

static unsigned hexadecimal(json *j)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = j->at < j->end ? *j->at++ : '\0';
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        j->failed = j->failed || digit > 15;
        value = value * 16 + digit;
    }
    return value;
}

/* Names hold no NUL, and what is beyond ASCII is written as it is; \u is for controls. */
static char *put_escape(json *j, char *out)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    char c = j->at < j->end ? *j->at++ : '\0';
    const char *known = c == '\0' ? NULL : strchr(letters, c);
    if (known != NULL) {
        *out++ = bytes[known - letters];
        return out;
    }
    unsigned code = c == 'u' ? hexadecimal(j) : 0x80;
    j->failed = j->failed || code >= 0x80;
    *out++ = (char)code;
    return out;
}

/* In place: what is read is never shorter than what is put. */
static char *take_string(json *j, size_t *length)
{
    need(j, '"');
    char *start = j->at, *out = j->at;
    while (!j->failed && j->at < j->end && *j->at != '"') {
        char c = *j->at++;
        if (c == '\\')
            out = put_escape(j, out);
        else
            *out++ = c;
    }
    *length = (size_t)(out - start);
    need(j, '"');
    return start;
}

static bool take_boolean(json *j)
{
    skip_blanks(j);
    size_t left = (size_t)(j->end - j->at);
    if (left >= 4 && memcmp(j->at, "true", 4) == 0) {
        j->at += 4;
        return true;
    }
    if (left >= 5 && memcmp(j->at, "false", 5) == 0)
        j->at += 5;
    else
        j->failed = true;
    return false;
}

static uint64_t take_number(json *j)
{
    uint64_t number = 0;
    skip_blanks(j);
    j->failed = j->failed || j->at == j->end || *j->at < '0' || *j->at > '9';
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
        number = number * 10 + (uint64_t)(*j->at++ - '0');
    return number;
}

static void take_key(json *j, schema_text *out)
{
    size_t length, at = out->key_count;
    if (at == sizeof out->keys / sizeof *out->keys) {
        j->failed = true;
        return;
    }
    need(j, '[');
    out->keys[at].property = take_string(j, &out->keys[at].length);
    need(j, ',');
    const char *letter = take_string(j, &length);
    j->failed = j->failed || length != 1 || strchr("sxyinbBdmf", *letter) == NULL;
    out->keys[at].type = j->failed ? '\0' : *letter;
    need(j, ',');
    out->keys[at].descending = take_boolean(j);
    need(j, ']');
    out->key_count++;
}

static void take_member(json *j, schema_text *out)
{
    size_t length, state_length;
    const char *name = take_string(j, &length);
    need(j, ':');
    if (length == 6 && memcmp(name, "unique", 6) == 0) {
        out->unique = take_boolean(j);
    } else if (length == 4 && memcmp(name, "keys", 4) == 0) {
        need(j, '[');
        do
            take_key(j, out);
        while (!j->failed && takes(j, ','));
        need(j, ']');
    } else if (length == 5 && memcmp(name, "state", 5) == 0) {
        const char *state = take_string(j, &state_length);
        out->built = state_length == 5 && memcmp(state, "built", 5) == 0;
    } else if (length == 5 && memcmp(name, "build", 5) == 0) {
        out->build = take_number(j);
    } else {
        j->failed = true;
    }
}

bool schema_text_parse(char *text, size_t length, schema_text *out)
{
    json j = {.at = text, .end = text + length};
    memset(out, 0, sizeof *out);
    need(&j, '{');
    do
        take_member(&j, out);
    while (!j.failed && takes(&j, ','));
    need(&j, '}');
    skip_blanks(&j);
    return !j.failed && j.at == j.end && out->key_count > 0;
}
