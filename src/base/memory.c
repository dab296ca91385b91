/* The one allocator of the process, which a host may replace until the first source is opened, and text made with it.
 */
#include "base/base.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static ds_allocator host; /* all zero: the C library's */
static atomic_bool frozen, memory_frozen;

void process_freeze_memory(void)
{
    atomic_store(&memory_frozen, true);
}

void process_freeze(void)
{
    process_freeze_memory();
    atomic_store(&frozen, true);
}

bool process_frozen(void)
{
    return atomic_load(&frozen);
}

ds_status ds_set_allocator(const ds_allocator *allocator, ds_error *err)
{
    if (atomic_load(&memory_frozen))
        return ds_error_set(err, DS_INVALID,
                            "the allocator cannot be replaced once a catalog or a data source was opened");
    if (allocator == NULL) {
        memset(&host, 0, sizeof host);
        return DS_OK;
    }
    if (allocator->size < sizeof host)
        return ds_error_set(err, DS_INVALID, "the allocator's size is %u, but at least %zu is needed",
                            (unsigned)allocator->size, sizeof host);
    if (allocator->malloc == NULL || allocator->realloc == NULL || allocator->free == NULL)
        return ds_error_set(err, DS_INVALID, "the allocator lacks one of malloc, realloc and free");
    host = *allocator;
    return DS_OK;
}

/* Nothing is asked for as one byte, so that NULL always means out of memory. */
void *ds_malloc(size_t size)
{
    size_t asked = size == 0 ? 1 : size;
    return host.malloc == NULL ? malloc(asked) : host.malloc(asked, host.user);
}

void *ds_calloc(size_t count, size_t size)
{
    size_t asked;
    if (__builtin_mul_overflow(count, size, &asked))
        return NULL;
    if (host.malloc == NULL)
        return calloc(1, asked == 0 ? 1 : asked);
    void *memory = ds_malloc(asked);
    return memory == NULL ? NULL : memset(memory, 0, asked);
}

void *ds_realloc(void *memory, size_t size)
{
    size_t asked = size == 0 ? 1 : size;
    return host.malloc == NULL ? realloc(memory, asked) : host.realloc(memory, asked, host.user);
}

void ds_free(void *memory)
{
    if (memory == NULL)
        return;
    if (host.malloc == NULL)
        free(memory);
    else
        host.free(memory, host.user);
}

char *text_copy(const char *text)
{
    return text == NULL ? NULL : text_copy_n(text, strlen(text));
}

char *text_copy_n(const char *text, size_t length)
{
    if (text == NULL || length == SIZE_MAX)
        return NULL;
    char *copy = ds_malloc(length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *text_format(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : ds_malloc((size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}
