/* The kinds of write of a model with exactlyOnce, each with what it is to answer and to leave behind; on a source behind a proxy, and
 * beside one that goes directly. */
#ifndef TESTS_ONCE_H
#define TESTS_ONCE_H

#include "proxy.h"
#include "world.h"

#define ONCE_PREFIX "x:"
#define THING(id)   "{\"id\": \"" id "\", \"email\": \"" id "@x\", \"city\": \"home\", \"n\": 1}"

typedef struct shape { /* of the model */
    const char *name;
    bool is_indexed, is_versioned;
} shape;
extern const shape PLAIN, INDEXED, VERSIONED;

extern const shape *now;
extern proxy *network;
extern ds_source *source, *direct_source; /* direct: beside the proxy, and with no token */
extern ds_model *model, *direct;

void begin(const shape *is); /* with an empty database */
void end(void);
void open_it(bool once);
void close_it(void);

/* a and c are there, b is not; and w, which is written to so that the connection stands and the schema is known. */
void prepare(void);
const char *stored(void); /* city and n of a, b, c; in a static buffer */
const char *versions(void);
bool indexes_agree(void);

typedef struct play {
    const char *name;
    ds_status (*act)(char *more);
    const char *answer, *stored, *versions; /* of VERSIONED */
    bool is_for_indexes;
    void (*before)(void); /* NULL: nothing */
} play;

#define NONE   "(nil) (nil)"
#define HOME   "home 1"
#define BEFORE HOME ", " NONE ", " HOME
#define OLD    "1 (nil) 1"
enum { PLAYS = 20 };
extern const play plays[PLAYS];
enum { PLAY_CREATE = 0, PLAY_INCREMENT = 12 };
ds_status do_create(char *more), do_update(char *more), do_increment(char *more), do_delete(char *more),
    do_atomic(char *more);

#endif
