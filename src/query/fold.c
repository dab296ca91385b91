/* Unicode's simple case folding of one code point, from a table of runs that fold.pl writes. */
#include "query/like.h"

typedef struct run {
    uint32_t first, last;
    uint32_t step;
    int32_t distance;
} run;

static const run runs[] = {
#include "query/fold_table.inc"
};

uint32_t fold(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    size_t low = 0, high = sizeof runs / sizeof runs[0];
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (code > runs[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == sizeof runs / sizeof runs[0] || code < runs[low].first || (code - runs[low].first) % runs[low].step != 0)
        return code;
    return (uint32_t)((int64_t)code + runs[low].distance);
}
