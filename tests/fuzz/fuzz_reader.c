/* Files of records: lines, arrays, arrays inside of objects, and CSV; each is read to its end, whatever it holds. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static char path[64];
static int file;

static bool write_file(const char *text, size_t length)
{
    return ftruncate(file, 0) == 0 && pwrite(file, text, length, 0) == (ssize_t)length;
}

/* No more answers than there are bytes, so that a reader which never ends is told from a slow one. */
static bool read_all(const ds_model *model, ds_format format, const char *at, size_t length)
{
    ds_reader *reader;
    ds_error err = {0};
    uint64_t done = 0, total = 0, before = 0;
    bool right = true, ended = false;
    ds_status status = ds_reader_open_as(model, path, format, at, &reader, &err);
    if (status != DS_OK)
        return fuzz_says(&err, status, DS_INVALID);
    for (size_t i = 0; i < length + 3 && right && !ended; i++) {
        ds_record *record = NULL;
        status = ds_reader_next(reader, &record, &err);
        ds_reader_progress(reader, &done, &total);
        right = status == DS_OK || (record == NULL && fuzz_says(&err, status, DS_INVALID));
        fuzz_accepted += record != NULL && at == NULL && format == DS_FORMAT_JSON && i == 0;
        right = right && done >= before && done <= total && total == length;
        before = done;
        ended = status == DS_OK && record == NULL;
        ds_record_free(record);
    }
    ds_reader_close(reader);
    if (right && !ended)
        printf("\n    the file has no end");
    return right && ended;
}

static bool try(const char *text, size_t length)
{
    return write_file(text, length) && read_all(things[1], DS_FORMAT_JSON, NULL, length) &&
           read_all(things[1], DS_FORMAT_JSON, "x", length) && read_all(things[2], DS_FORMAT_CSV, NULL, length);
}

int main(void)
{
    corpus texts = {0};
    fuzz_start();
    file = memfd_create("records", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    corpus_read(&texts, "tests/unit/test_reader.c", "{[\xef \n");
    corpus_read(&texts, "tests/unit/test_json.c", "{[");
    corpus_read(&texts, "tests/unit/test_csv.c", "ix\"");
    things_open();
    int status =
        fuzz_run("damaged files are read to their end, with a sentence for what is wrong", &texts, 120000, try);
    things_close();
    corpus_free(&texts);
    close(file);
    return status;
}
