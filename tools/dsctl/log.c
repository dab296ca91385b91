/* What is told on stderr: errors, a sentence each, and what the library warns of. A warning is held back until it is clear that
 * the command does not end in it as its error, so that a connection that failed is told once, and not each time it is tried. */
#include "dsctl.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>

typedef struct warning {
    char source[64], message[1024]; /* as long as the library's messages are */
} warning;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* any thread may warn */
static warning held;

static void let_go(void)
{
    if (held.message[0] == '\0')
        return;
    bool is_named = held.source[0] == '\0' || strstr(held.message, "data source \"") != NULL;
    progress_clear();
    fprintf(stderr, "dsctl: warning: %s%s%s%s\n", is_named ? "" : "data source \"", is_named ? "" : held.source,
            is_named ? "" : "\": ", held.message);
    held.message[0] = '\0';
}

static void take(void *user, ds_log_level level, const char *source, const char *message)
{
    (void)user, (void)level;
    pthread_mutex_lock(&lock);
    if (strcmp(message, held.message) != 0)
        let_go();
    snprintf(held.source, sizeof held.source, "%s", source);
    snprintf(held.message, sizeof held.message, "%s", message);
    pthread_mutex_unlock(&lock);
}

void log_begin(void)
{
    ds_set_logger(take, NULL, DS_LOG_WARNING);
}

void log_end(const ds_error *error)
{
    const char *said = error == NULL ? "" : error->message;
    pthread_mutex_lock(&lock);
    if (held.message[0] != '\0' && strstr(said, held.message) == NULL)
        let_go();
    held.message[0] = '\0';
    pthread_mutex_unlock(&lock);
    if (*said != '\0')
        dsctl_tell("%s", said);
}

void dsctl_tell(const char *format, ...)
{
    va_list arguments;
    progress_clear();
    fputs("dsctl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
