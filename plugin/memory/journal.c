/* Frames added to the file and read back. The file itself, its lock and its header are in file.c. */
#include "journal.h"

#include "file.h"

#include <errno.h>
#include <unistd.h>

#define WINDOW 16384

/* ---- CRC-32C (RFC 3720, appendix B.4) ---- */

static uint32_t crc_add(const uint32_t table[256], uint32_t crc, const void *data, size_t length)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < length; i++)
        crc = table[(crc ^ at[i]) & 0xff] ^ crc >> 8;
    return crc;
}

static uint32_t frame_crc(const journal *j, uint64_t offset, const char *payload, uint64_t length)
{
    char about[20];
    bytes_store(about, j->salt, 4);
    bytes_store(about + 4, offset, 8);
    bytes_store(about + 12, length, 8);
    return ~crc_add(j->crc, crc_add(j->crc, ~0u, about, sizeof about), payload, (size_t)length);
}

uint32_t journal_crc(const journal *j, const void *data, size_t length)
{
    return ~crc_add(j->crc, ~0u, data, length);
}

/* ---- writing ---- */

void journal_begin(bytes *payload)
{
    static const char head[JOURNAL_FRAME];
    bytes_add(payload, head, sizeof head);
}

static ds_status frame_write(journal *j, bytes *payload)
{
    uint64_t length = payload->length - JOURNAL_FRAME;
    bytes_store(payload->data, j->salt, 4);
    bytes_store(payload->data + 4, frame_crc(j, j->size, payload->data + JOURNAL_FRAME, length), 4);
    bytes_store(payload->data + 8, length, 8);
    return file_write(j->fd, payload->data, payload->length, j->size) ? DS_OK : DS_BACKEND;
}

/* Cuts off what a failed write left. */
static bool journal_tidy(journal *j)
{
    int number = errno;
    j->untidy = ftruncate(j->fd, (off_t)j->size) != 0 || fdatasync(j->fd) != 0;
    errno = number;
    return !j->untidy;
}

/* What an earlier failure left undone must be done before anything else can be promised. */
static bool journal_heal(journal *j)
{
    if (j->folder_dirty && file_sync_folder(j->path))
        j->folder_dirty = false;
    return !j->folder_dirty && (!j->untidy || journal_tidy(j));
}

ds_status journal_append(journal *j, bytes *payload, ds_call *call)
{
    if (!journal_heal(j) || frame_write(j, payload) != DS_OK) {
        ds_status status = file_failed(call->error, DS_BACKEND, j->path, "could not be written");
        journal_tidy(j); /* a torn frame does not count: what is left of it is of no harm */
        return status;
    }
    if (fdatasync(j->fd) == 0) {
        j->size += payload->length;
        return DS_OK;
    }
    ds_status status = file_failed(call->error, DS_BACKEND, j->path, "could not be brought to the disk");
    if (!journal_tidy(j))
        status = file_failed(call->error, DS_UNKNOWN_OUTCOME, j->path,
                             "could neither be brought to the disk nor be cut back");
    return status;
}

/* ---- reading ---- */

typedef enum frame_state { FRAME_GOOD, FRAME_BAD, FRAME_ERROR, FRAME_NOMEM } frame_state;

/* The frame at an offset, its payload read into the buffer. */
static frame_state frame_read(const journal *j, uint64_t offset, uint64_t end, bytes *into)
{
    char head[JOURNAL_FRAME];
    if (end - offset < JOURNAL_FRAME)
        return FRAME_BAD;
    if (!file_read(j->fd, head, sizeof head, offset))
        return FRAME_ERROR;
    uint64_t length = bytes_load(head + 8, 8);
    if (bytes_load(head, 4) != j->salt || length == 0 || length > end - offset - JOURNAL_FRAME)
        return FRAME_BAD;
    if (length > into->room) {
        bytes_free(into);
        into->data = length > SIZE_MAX / 2 ? NULL : ds_malloc((size_t)length);
        if (into->data == NULL)
            return FRAME_NOMEM;
        into->room = (size_t)length;
    }
    into->length = (size_t)length;
    if (!file_read(j->fd, into->data, into->length, offset + JOURNAL_FRAME))
        return FRAME_ERROR;
    return bytes_load(head + 4, 4) == frame_crc(j, offset, into->data, length) ? FRAME_GOOD : FRAME_BAD;
}

/* Looks for a frame that holds together behind one that does not: *at is its offset, or `end`. */
static frame_state frame_seek(const journal *j, uint64_t from, uint64_t end, bytes *into, uint64_t *at)
{
    char window[WINDOW + 3], salt[4];
    bytes_store(salt, j->salt, sizeof salt);
    for (uint64_t start = from; start < end; start += WINDOW) {
        size_t length = end - start < sizeof window ? (size_t)(end - start) : sizeof window;
        if (!file_read(j->fd, window, length, start))
            return FRAME_ERROR;
        const char *found = window;
        while ((found = memmem(found, length - (size_t)(found - window), salt, sizeof salt)) != NULL) {
            *at = start + (uint64_t)(found++ - window);
            frame_state state = frame_read(j, *at, end, into);
            if (state != FRAME_BAD)
                return state;
        }
    }
    *at = end;
    return FRAME_BAD;
}

static ds_status journal_cut(journal *j, uint64_t end, ds_call *call)
{
    ds_log(DS_LOG_WARNING, j->source,
           "the file \"%s\" ends in %llu bytes of a write that was not finished: they are %s", j->path,
           (unsigned long long)(end - j->size), j->read_only ? "passed over" : "cut off");
    if (j->read_only || journal_tidy(j))
        return DS_OK;
    return file_failed(call->error, DS_BACKEND, j->path, "could not be cut back to its last whole entry");
}

static ds_status frame_tell(const journal *j, frame_state state, ds_call *call)
{
    if (state == FRAME_NOMEM)
        return ds_error_set(call->error, DS_NOMEM, "out of memory for the file \"%s\"", j->path);
    return file_failed(call->error, DS_BACKEND, j->path, "could not be read");
}

/* What stands at j->size is no frame: the torn last one, or damage. */
static ds_status journal_end(journal *j, uint64_t end, bytes *buffer, ds_call *call)
{
    uint64_t at;
    frame_state state = frame_seek(j, j->size + 1, end, buffer, &at);
    if (state == FRAME_BAD)
        return journal_cut(j, end, call);
    if (state != FRAME_GOOD)
        return frame_tell(j, state, call);
    return ds_error_set(
        call->error, DS_BACKEND,
        "the file \"%s\" is damaged: the entry at byte %llu does not hold together, while there is a good one "
        "at byte %llu; nothing was read or changed",
        j->path, (unsigned long long)j->size, (unsigned long long)at);
}

static ds_status journal_visit_frame(journal *j, journal_visit *visit, void *user, const bytes *payload, ds_call *call)
{
    ds_status status = ds_call_check(call);
    if (status == DS_OK)
        status = visit(user, payload->data, payload->length, call);
    if (status == DS_BACKEND)
        return ds_error_set(call->error, status, "the file \"%s\" is damaged: the entry at byte %llu makes no sense",
                            j->path, (unsigned long long)j->size);
    if (status == DS_OK)
        j->size += JOURNAL_FRAME + payload->length;
    return status;
}

ds_status journal_replay(journal *j, journal_visit *visit, void *user, ds_call *call)
{
    bytes buffer = {0};
    uint64_t end = 0;
    ds_status status = DS_OK;
    frame_state state = FRAME_GOOD;
    if (!file_size(j->fd, &end))
        return file_failed(call->error, DS_BACKEND, j->path, "could not be read");
    while (status == DS_OK && state == FRAME_GOOD && j->size < end) {
        state = frame_read(j, j->size, end, &buffer);
        if (state == FRAME_GOOD)
            status = journal_visit_frame(j, visit, user, &buffer, call);
        else if (state == FRAME_BAD)
            status = journal_end(j, end, &buffer, call);
        else
            status = frame_tell(j, state, call);
    }
    bytes_free(&buffer);
    return status;
}

/* ---- a copy in its place ---- */

ds_status journal_copy_add(journal_copy *copy, bytes *payload, ds_call *call)
{
    journal *j = &copy->file;
    if (payload->failed)
        return ds_error_set(call->error, DS_NOMEM, "out of memory for a compaction of the file \"%s\"", copy->of->path);
    if (frame_write(j, payload) != DS_OK)
        return file_failed(call->error, DS_BACKEND, j->path, "could not be written");
    j->size += payload->length;
    payload->length = 0;
    journal_begin(payload);
    return DS_OK;
}

ds_status journal_copy_replace(journal_copy *copy, journal *j, ds_call *call)
{
    if (fsync(copy->file.fd) != 0 || !file_rename(copy->file.path, j->path)) {
        ds_status status = file_failed(call->error, DS_BACKEND, copy->file.path, "could not take the file's place");
        journal_copy_abandon(copy);
        return status;
    }
    close(j->fd);
    j->fd = copy->file.fd;
    j->salt = copy->file.salt;
    j->size = copy->file.size;
    j->untidy = false;
    j->folder_dirty = !file_sync_folder(j->path); /* until it is, nothing more is promised */
    j->compact_at = 0;
    j->compactions++;
    return DS_OK;
}
