/* A server that is down: whoever types a command is told so at once, and not after commandTimeout. But a command that has
 * reached its server already (a copy, a migrate) waits for it to come back, as the setting `reconnect` says. */
#include "dsctl.h"

enum { SOURCES = 4 }; /* more than any command has */
static const ds_source *reached[SOURCES];

static bool was_reached(const ds_source *source)
{
    for (size_t i = 0; i < SOURCES; i++)
        if (reached[i] == source)
            return true;
    return false;
}

static void note(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    (void)cause;
    (void)user;
    for (size_t i = 0; i < SOURCES && event == DS_EVENT_READY && !was_reached(source); i++)
        if (reached[i] == NULL)
            reached[i] = source;
}

static long wait_or_not(unsigned retries, const ds_error *cause, ds_error *why, void *source)
{
    (void)retries;
    if (was_reached(source))
        return DS_RECONNECT_DEFAULT;
    if (cause != NULL)
        *why = *cause;
    return DS_RECONNECT_STOP;
}

void reach_begin(void)
{
    for (size_t i = 0; i < SOURCES; i++)
        reached[i] = NULL;
}

void reach_source(ds_source *source)
{
    ds_on_event(source, note, NULL);
    ds_set_reconnect(source, wait_or_not, source);
}
