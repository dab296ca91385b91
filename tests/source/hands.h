/* Threads that do one thing with a source each, and what the tests of its life say again and again. */
#ifndef TESTS_HANDS_H
#define TESTS_HANDS_H

#include "puppet.h"
#include "source/source.h"

typedef struct hand {
    ds_source *source;
    ds_model *model; /* or NULL */
    ds_status status;
    ds_error err;
    pthread_t thread;
    ds_status (*run)(struct hand *);
} hand;

ds_status hand_ping(hand *);
ds_status hand_count(hand *); /* all records of its model */
ds_status hand_connect(hand *);
ds_status hand_disconnect(hand *);
void hand_start(hand *, ds_status (*run)(hand *), ds_source *, ds_model *);
ds_status hand_join(hand *);

/* Until so many operations are under way; ends the test after a minute. */
void await_under_way(ds_source *, unsigned n);
void await_disconnecting(ds_source *); /* operations are refused */

ds_source *puppet_open(const char *connector, const char *settings_json);
void puppet_close(ds_source *); /* and no rule was broken */

/* The status, the words, and where `source` is not NULL the source's name in both places. */
void says_of(const ds_error *err, ds_status status, const char *words, const char *source);

#endif
