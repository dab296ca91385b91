/* Replies: hiredis' reader with object functions of ours, so that a reply goes straight to where the request wants it.
 */
#ifndef REDIS_REPLY_H
#define REDIS_REPLY_H

#include "request.h"

typedef struct decoder decoder;

/* Replies belong to the flights of the queue, in its order. NULL: out of memory. */
decoder *decoder_new(flight_queue *queue);
void decoder_free(decoder *decoder);
/* Hands on what is whole; a flight whose last reply came leaves the queue, an orphan is freed. Anything but DS_OK means
 * that the stream cannot be understood any more: DS_BACKEND, DS_NOMEM. */
ds_status decoder_feed(decoder *decoder, const char *bytes, size_t length, const char *where, ds_error *err);

#endif
