/* LIKE: the pattern becomes a row of code points, "one" and "run"; matching goes back to the last run only, so that it
 * takes at most the product of both lengths. Bytes that are not UTF-8 count one by one, in the pattern too. */
#include "query/like.h"

#include "model/text.h"

#define LIKE_RUN UINT32_MAX       /* % */
#define LIKE_ONE (UINT32_MAX - 1) /* _ */

struct like {
    bool folds;
    size_t count;
    uint32_t tokens[];
};

static inline uint32_t next_code(const char **text, const char *end)
{
    const unsigned char c = (unsigned char)**text;
    if (c >= 0x80)
        return utf8_next(text, end);
    ++*text;
    return c;
}

static inline uint32_t next_folded(const like *pattern, const char **text, const char *end)
{
    const uint32_t code = next_code(text, end);
    return pattern->folds ? fold(code) : code;
}

ds_status like_compile(const char *pattern, size_t length, bool folds, arena *memory, like **out, ds_error *reason)
{
    like *made = arena_alloc(memory, sizeof *made + length * sizeof made->tokens[0]);
    if (made == NULL)
        return error_nomem(reason);
    made->folds = folds;
    made->count = 0;
    for (const char *end = pattern + length; pattern < end;) {
        const char c = *pattern;
        if (c == '\\' && ++pattern == end)
            return ds_error_set(reason, DS_INVALID, "the pattern ends in a backslash that escapes nothing");
        if (c == '%' || c == '_') {
            pattern++;
            const uint32_t token = c == '%' ? LIKE_RUN : LIKE_ONE;
            if (token != LIKE_RUN || made->count == 0 || made->tokens[made->count - 1] != LIKE_RUN)
                made->tokens[made->count++] = token;
            continue;
        }
        made->tokens[made->count++] = next_folded(made, &pattern, end);
    }
    *out = made;
    return DS_OK;
}

bool like_matches(const like *pattern, const char *text, size_t length)
{
    const char *end = text + length, *run_end = NULL;
    const size_t count = pattern->count;
    size_t at = 0, behind_run = 0;
    while (text < end) {
        if (at < count && pattern->tokens[at] == LIKE_RUN) {
            behind_run = ++at;
            run_end = text;
            if (at == count)
                return true;
            continue;
        }
        const char *behind = text;
        const uint32_t code = next_folded(pattern, &behind, end);
        if (at < count && (pattern->tokens[at] == LIKE_ONE || pattern->tokens[at] == code)) {
            text = behind;
            at++;
        } else if (run_end == NULL) {
            return false;
        } else { /* the run takes one more */
            next_code(&run_end, end);
            text = run_end;
            at = behind_run;
        }
    }
    while (at < count && pattern->tokens[at] == LIKE_RUN)
        at++;
    return at == count;
}
