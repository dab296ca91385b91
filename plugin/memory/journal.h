/* The file: an append log of what was done, one frame a call, that survives a kill at any moment.
 *
 *     header  "DSMEMORY" | version u32 | salt u32 | crc u32 of these | 12 zero bytes
 *     frame   salt u32 | crc u32 | payload's length u64 | payload
 *
 * Numbers are little-endian. A frame's CRC-32C covers salt, its offset, length and payload, so that bytes which a
 * record happens to hold never pass for a frame. A frame is one call: all of it is there after a crash, or nothing.
 * Only the last frame can be torn; one that does not hold together before one that does is damage, and is refused. */
#ifndef MEMORY_JOURNAL_H
#define MEMORY_JOURNAL_H

#include "bytes.h"

#include <limits.h>
#include <sys/types.h>

#define JOURNAL_HEADER 32u
#define JOURNAL_FRAME  16u

typedef struct journal {
    char path[PATH_MAX]; /* resolved, so that a symbolic link stays one */
    const char *source;  /* the data source's name, for the log */
    int fd;              /* -1: closed */
    pid_t owner;         /* the process that opened it: nobody else writes, since both would at the same place */
    bool read_only;
    bool untidy;       /* a write failed, and what it left behind `size` could not be cut off */
    bool folder_dirty; /* the folder's entry for a compacted file is not on the disk yet */
    uint32_t salt;
    uint64_t size;       /* of what holds together; frames are added here */
    uint64_t compact_at; /* after a compaction that failed: not again below this size */
    uint64_t compactions;
    uint32_t crc[256];
} journal;

/* Payloads of frames, in order. */
typedef ds_status journal_visit(void *user, const char *payload, size_t length, ds_call *call);

/* Opens and locks the file, made if it is not there; DS_BUSY where another holds it; DS_CONFIG where it is none of
 * ours. */
ds_status journal_open(journal *j, const char *path, bool read_only, ds_call *call);
/* Reads all of it, and cuts off a torn tail. DS_BACKEND where it is damaged. */
ds_status journal_replay(journal *j, journal_visit *visit, void *user, ds_call *call);
/* The child of a fork lets go of its copy alone: the lock stays the parent's. */
void journal_close(journal *j);
/* Whether it is open, and of another process, which forked this one. */
bool journal_is_foreign(const journal *j);

/* Makes room for the frame's head at the start of an empty payload. */
void journal_begin(bytes *payload);
/* Adds what was collected behind journal_begin() as one frame, and has it on the disk when it returns DS_OK. Otherwise
 * the file is as it was before (DS_UNKNOWN_OUTCOME: that could not be made sure). */
ds_status journal_append(journal *j, bytes *payload, ds_call *call);

/* A new file beside the journal, to be written whole and put in its place. */
typedef struct journal_copy {
    journal file;
    const journal *of;
} journal_copy;
ds_status journal_copy_begin(journal_copy *copy, const journal *of, ds_call *call);
ds_status journal_copy_add(journal_copy *copy, bytes *payload,
                           ds_call *call); /* not yet on the disk; empties the payload */
ds_status journal_copy_replace(journal_copy *copy, journal *j, ds_call *call); /* on a failure `j` is as it was */
void journal_copy_abandon(journal_copy *copy);

#endif
