/* The host's logger. Held under a lock for reading while it is called, so that once ds_set_logger() has returned the
 * logger that it replaced is never called again. */
#include "base/base.h"
#include "base/sentence.h"

#include <pthread.h>
#include <stdatomic.h>

#define NOTHING (DS_LOG_ERROR + 1)

static atomic_int threshold = NOTHING; /* asked first, without the lock: most messages go nowhere */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static ds_logger *logger;
static void *logger_user;

void ds_set_logger(ds_logger *new_logger, void *user, ds_log_level at_least)
{
    atomic_store(&threshold, NOTHING); /* or else a stream of messages could keep the writer waiting */
    pthread_rwlock_wrlock(&lock);
    logger = new_logger;
    logger_user = user;
    atomic_store(&threshold, new_logger == NULL ? NOTHING : (int)at_least);
    pthread_rwlock_unlock(&lock);
}

void ds_log(ds_log_level level, const char *source, const char *format, ...)
{
    if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    sentence_format(message, sizeof message, format, arguments);
    va_end(arguments);
    pthread_rwlock_rdlock(&lock);
    if (logger != NULL && (int)level >= atomic_load(&threshold))
        logger(logger_user, level, source == NULL ? "" : source, message);
    pthread_rwlock_unlock(&lock);
}
