/* Records in order: a merge sort that is stable and takes its memory from the host's allocator, and a heap that keeps
 * the first few of many. */
#include "memory.h"

static int pick_compare(const pick *a, const pick *b, const ds_order *order, size_t order_count)
{
    if (order_count > 0)
        return ds_order_compare(order, order_count, a->version->record, b->version->record);
    return a->number < b->number ? -1 : a->number > b->number;
}

static void merge(const pick *from, pick *to, size_t low, size_t middle, size_t high, const ds_order *order,
                  size_t order_count)
{
    size_t left = low, right = middle;
    for (size_t i = low; i < high; i++) {
        bool take_left =
            left < middle && (right >= high || pick_compare(&from[left], &from[right], order, order_count) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

bool picks_sort(pick *picks, size_t count, const ds_order *order, size_t order_count)
{
    if (count < 2)
        return true;
    pick *other = ds_malloc(count * sizeof *other);
    if (other == NULL)
        return false;
    pick *from = picks, *to = other;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = count - low < width ? count : low + width;
            size_t high = count - low < 2 * width ? count : low + 2 * width;
            merge(from, to, low, middle, high, order, order_count);
        }
        pick *swap = from;
        from = to;
        to = swap;
    }
    if (from != picks)
        memcpy(picks, from, count * sizeof *picks);
    ds_free(other);
    return true;
}

static void sift_up(pick *picks, size_t at, const ds_order *order, size_t order_count)
{
    pick moved = picks[at];
    for (; at > 0 && pick_compare(&picks[(at - 1) / 2], &moved, order, order_count) < 0; at = (at - 1) / 2)
        picks[at] = picks[(at - 1) / 2];
    picks[at] = moved;
}

static void sift_down(pick *picks, size_t count, const ds_order *order, size_t order_count)
{
    pick moved = picks[0];
    size_t at = 0;
    for (size_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && pick_compare(&picks[child + 1], &picks[child], order, order_count) > 0)
            child++;
        if (pick_compare(&picks[child], &moved, order, order_count) <= 0)
            break;
        picks[at] = picks[child];
        at = child;
    }
    picks[at] = moved;
}

version *picks_keep(pick *picks, size_t *count, size_t most, pick offered, const ds_order *order, size_t order_count)
{
    if (*count < most) {
        picks[*count] = offered;
        sift_up(picks, (*count)++, order, order_count);
        return NULL;
    }
    if (pick_compare(&offered, &picks[0], order, order_count) >= 0)
        return offered.version;
    version *out = picks[0].version;
    picks[0] = offered;
    sift_down(picks, *count, order, order_count);
    return out;
}
