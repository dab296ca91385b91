/* Whose something is. After a fork the child has the parent's descriptors, and none of its threads: it must let go of them
 * before it does anything. Asked before each operation, so it costs one load and no system call: the kernel empties a page of
 * memory in the child. Where it cannot (before Linux 4.14), the process is asked for its number. The Redis connector compiles
 * this too, for its sockets. */
#ifndef BASE_FORK_H
#define BASE_FORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct fork_mark {
    atomic_int *page;    /* of its own; NULL: there is none */
    _Atomic pid_t owner; /* without it: the process; -pid: that process is about to let go */
    atomic_uint forks;   /* which the process and its ancestors have gone through with it */
} fork_mark;

void fork_mark_init(fork_mark *self);
void fork_mark_free(fork_mark *self);
bool fork_mark_is_ours(const fork_mark *self);
/* In a child, for the first thread that asks: true, and the others wait until it has called fork_mark_settle(). */
bool fork_mark_claim(fork_mark *self);
void fork_mark_settle(fork_mark *self);

#endif
