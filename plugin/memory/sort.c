/* Records in order: a merge sort that is stable and takes its memory from the host's allocator, and a heap that keeps
 * the first few of many. */
#include "memory.h"

enum { CHECK_AFTER = 4096 }; /* comparisons, until the call's deadline and cancel token are looked at again */

static int pick_compare(const pick *a, const pick *b, const ds_order *order, size_t order_count)
{
    if (order_count > 0)
        return ds_order_compare(order, order_count, a->version->record, b->version->record);
    return a->number < b->number ? -1 : a->number > b->number;
}

static ds_status merge(const pick *from, pick *to, size_t low, size_t middle, size_t high, const ds_order *order,
                       size_t order_count, const ds_call *call)
{
    size_t left = low, right = middle;
    for (size_t i = low; i < high; i++) {
        ds_status status = i % CHECK_AFTER == 0 ? ds_call_check(call) : DS_OK;
        if (status != DS_OK)
            return status;
        bool take_left =
            left < middle && (right >= high || pick_compare(&from[left], &from[right], order, order_count) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
    return DS_OK;
}

ds_status picks_sort(pick *picks, size_t count, const ds_order *order, size_t order_count, ds_call *call)
{
    if (count < 2)
        return DS_OK;
    ds_status status = DS_OK;
    pick *other = ds_malloc(count * sizeof *other);
    if (other == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory for the order of a find");
    pick *from = picks, *to = other;
    for (size_t width = 1; width < count && status == DS_OK; width *= 2) {
        for (size_t low = 0; low < count && status == DS_OK; low += 2 * width) {
            size_t middle = count - low < width ? count : low + width;
            size_t high = count - low < 2 * width ? count : low + 2 * width;
            status = merge(from, to, low, middle, high, order, order_count, call);
        }
        if (status != DS_OK)
            break; /* `from` still holds each pick once, whatever was written to the other */
        pick *swap = from;
        from = to;
        to = swap;
    }
    if (from != picks)
        memcpy(picks, from, count * sizeof *picks);
    ds_free(other);
    return status == DS_OK ? ds_call_check(call) : status;
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
