/* Errors: filled where the cause is known, given more words on the way up. What is written into one is always UTF-8 on
 * one line, whatever a backend or a file name put into it. */
#include "base/base.h"
#include "base/sentence.h"

#include <stdarg.h>
#include <stdio.h>

const char *ds_version(void)
{
    return DS_VERSION;
}

const char *ds_status_name(ds_status status)
{
    static const char *const names[] = {
        [DS_OK] = "DS_OK",
        [DS_NOT_FOUND] = "DS_NOT_FOUND",
        [DS_DUPLICATE] = "DS_DUPLICATE",
        [DS_CONFLICT] = "DS_CONFLICT",
        [DS_INVALID] = "DS_INVALID",
        [DS_CONFIG] = "DS_CONFIG",
        [DS_UNSUPPORTED] = "DS_UNSUPPORTED",
        [DS_AUTH] = "DS_AUTH",
        [DS_UNREACHABLE] = "DS_UNREACHABLE",
        [DS_TIMEOUT] = "DS_TIMEOUT",
        [DS_CANCELLED] = "DS_CANCELLED",
        [DS_LOST] = "DS_LOST",
        [DS_UNKNOWN_OUTCOME] = "DS_UNKNOWN_OUTCOME",
        [DS_BUSY] = "DS_BUSY",
        [DS_READONLY] = "DS_READONLY",
        [DS_WRONG_KIND] = "DS_WRONG_KIND",
        [DS_BACKEND] = "DS_BACKEND",
        [DS_NOMEM] = "DS_NOMEM",
    };
    return (unsigned)status < sizeof names / sizeof names[0] ? names[status] : "DS_?";
}

ds_status ds_error_set(ds_error *err, ds_status status, const char *format, ...)
{
    if (err == NULL)
        return status;
    char text[sizeof err->message]; /* arguments may point into the error */
    va_list arguments;
    va_start(arguments, format);
    sentence_format(text, sizeof text, format, arguments);
    va_end(arguments);
    memset(err, 0, sizeof *err);
    err->status = status;
    memcpy(err->message, text, strlen(text) + 1);
    return status;
}

ds_status error_nomem(ds_error *err)
{
    return ds_error_set(err, DS_NOMEM, "out of memory");
}

ds_status error_copy(ds_error *to, const ds_error *from)
{
    if (to != NULL && to != from)
        *to = *from;
    return from->status;
}

void error_prefix(ds_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char words[sizeof err->message], text[2 * sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    sentence_format(words, sizeof words, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "%s%s", words, err->message);
    sentence_copy(err->message, sizeof err->message, text);
}

void error_in_source(ds_error *err, const char *source)
{
    if (err != NULL)
        sentence_copy(err->source, sizeof err->source, source == NULL ? "" : source);
}
