/* PCRE2 with our allocator and with limits, so that no pattern takes forever: a limit that is hit is an error, never an
 * answer. The memory that a match needs is kept for the next one; a second thread meanwhile gets its own. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "query/regexp.h"

#include <pcre2.h>
#include <stdatomic.h>

#define MATCH_LIMIT 1000000u    /* steps back and forth; some tens of ms */
#define HEAP_LIMIT  (16 * 1024) /* KiB a match */

struct regexp {
    pcre2_general_context *memory;
    pcre2_match_context *limits;
    pcre2_code *code;
    _Atomic(pcre2_match_data *) spare;
};

static void *pcre_malloc(size_t size, void *user)
{
    (void)user;
    return ds_malloc(size);
}

static void pcre_free(void *memory, void *user)
{
    (void)user;
    ds_free(memory);
}

void regexp_split(const char *text, size_t length, const char **pattern, size_t *pattern_length, const char **flags)
{
    const char *last = length > 1 && text[0] == '/' ? memrchr(text + 1, '/', length - 1) : NULL;
    *pattern = last == NULL ? text : text + 1;
    *pattern_length = last == NULL ? length : (size_t)(last - text) - 1;
    *flags = last == NULL ? text + length : last + 1;
}

static ds_status regexp_flags(const char *flags, const char *end, uint32_t *options, ds_error *reason)
{
    for (; flags < end; flags++) {
        if (*flags == 'i')
            *options |= PCRE2_CASELESS;
        else if (*flags == 'm')
            *options |= PCRE2_MULTILINE;
        else if (*flags == 's')
            *options |= PCRE2_DOTALL;
        else if (*flags != 'u')
            return ds_error_set(reason, DS_INVALID,
                                "\"%.*s\" behind the last slash of the regular expression are not flags (i, m, s and u "
                                "are; write \\/ for a slash at its beginning that is meant)",
                                (int)(end - flags > 20 ? 20 : end - flags), flags);
    }
    return DS_OK;
}

static bool regexp_contexts(regexp *made)
{
    made->memory = pcre2_general_context_create(pcre_malloc, pcre_free, NULL);
    if (made->memory == NULL)
        return false;
    made->limits = pcre2_match_context_create(made->memory);
    if (made->limits == NULL)
        return false;
    pcre2_set_match_limit(made->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(made->limits, HEAP_LIMIT);
    return true;
}

static ds_status regexp_code(regexp *made, const char *pattern, size_t length, uint32_t options, ds_error *reason)
{
    int number = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(made->memory);
    if (context == NULL)
        return error_nomem(reason);
    made->code = pcre2_compile((PCRE2_SPTR)pattern, length, options, &number, &offset, context);
    pcre2_compile_context_free(context);
    if (made->code != NULL)
        return DS_OK;
    if (number == PCRE2_ERROR_HEAP_FAILED)
        return error_nomem(reason);
    PCRE2_UCHAR sentence[160];
    pcre2_get_error_message(number, sentence, sizeof sentence);
    return ds_error_set(reason, DS_INVALID, "the regular expression does not compile: %s at byte %zu",
                        (const char *)sentence, (size_t)offset);
}

ds_status regexp_compile(const char *text, size_t length, regexp **out, ds_error *reason)
{
    const char *pattern, *flags;
    size_t pattern_length;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    regexp_split(text, length, &pattern, &pattern_length, &flags);
    ds_status status = regexp_flags(flags, text + length, &options, reason);
    if (status != DS_OK)
        return status;
    regexp *made = ds_calloc(1, sizeof *made);
    if (made == NULL)
        return error_nomem(reason);
    status = regexp_contexts(made) ? regexp_code(made, pattern, pattern_length, options, reason) : error_nomem(reason);
    if (status != DS_OK) {
        regexp_free(made);
        return status;
    }
    *out = made;
    return DS_OK;
}

static pcre2_match_data *take_match_data(regexp *from)
{
    pcre2_match_data *data = atomic_exchange(&from->spare, NULL);
    return data != NULL ? data : pcre2_match_data_create(1, from->memory);
}

static void give_match_data(regexp *to, pcre2_match_data *data)
{
    pcre2_match_data_free(atomic_exchange(&to->spare, data));
}

ds_status regexp_matches(const regexp *compiled, const char *text, size_t length, bool *matches, ds_error *reason)
{
    regexp *own = (regexp *)(uintptr_t)compiled; /* only `spare` changes, and that is atomic */
    pcre2_match_data *data = take_match_data(own);
    if (data == NULL)
        return error_nomem(reason);
    const int found = pcre2_match(own->code, (PCRE2_SPTR)text, length, 0, 0, data, own->limits);
    give_match_data(own, data);
    if (found >= 0 || found == PCRE2_ERROR_NOMATCH) {
        *matches = found >= 0;
        return DS_OK;
    }
    if (found == PCRE2_ERROR_NOMEMORY)
        return error_nomem(reason);
    PCRE2_UCHAR sentence[160];
    pcre2_get_error_message(found, sentence, sizeof sentence);
    return ds_error_set(reason, DS_INVALID, "the regular expression could not be matched: %s", (const char *)sentence);
}

void regexp_free(regexp *compiled)
{
    if (compiled == NULL)
        return;
    pcre2_match_data_free(atomic_load(&compiled->spare));
    pcre2_code_free(compiled->code);
    pcre2_match_context_free(compiled->limits);
    pcre2_general_context_free(compiled->memory);
    ds_free(compiled);
}
