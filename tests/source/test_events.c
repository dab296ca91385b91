/* What the host hears of a source: events in order, by a handler that may use the library, and the log. */
#include "hands.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#define SECRET "geheim-4711"

typedef struct diary {
    char text[512];
    void (*then)(ds_source *, ds_event, struct diary *);
    ds_status status;
    ds_error cause; /* the last */
    unsigned inside, most;
} diary;

static void note(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    static const char *const names[] = {"connect ", "ready ", "end ", "error ", "reconnecting "};
    diary *own = user;
    own->inside++;
    own->most = own->inside > own->most ? own->inside : own->most;
    strcat(own->text, names[event]);
    CU_ASSERT_EQUAL(cause != NULL, event == DS_EVENT_ERROR);
    if (cause != NULL)
        own->cause = *cause;
    if (own->then != NULL)
        own->then(source, event, own);
    own->inside--;
}

static void reads(diary *own, const char *expected)
{
    if (strcmp(own->text, expected) != 0)
        printf("\nthe diary says \"%s\", expected \"%s\"\n", own->text, expected);
    CU_ASSERT_STRING_EQUAL(own->text, expected);
    own->text[0] = '\0';
}

static ds_source *open_with(const char *connector, diary *own)
{
    ds_source *source = puppet_open(connector, "{\"password\": \"" SECRET "\"}");
    ds_on_event(source, note, own);
    return source;
}

/* ---- in order ---- */

static void events_tell_the_life(void)
{
    static const char *const connectors[] = {"puppet", "puppet-bare"};
    for (size_t i = 0; i < 2; i++) {
        diary own = {.status = DS_OK};
        ds_source *source = open_with(connectors[i], &own);
        ds_model *model = ds_source_model(source, "thing", NULL);
        uint64_t count;
        reads(&own, "");
        CU_ASSERT_EQUAL(ds_count(model, NULL, &count, NULL), DS_OK);
        reads(&own, "connect ready ");
        CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
        reads(&own, "");
        puppet_fail(PUPPET_FIND, DS_LOST, 1, "the rope broke");
        CU_ASSERT_EQUAL(ds_count(model, NULL, &count, NULL), DS_LOST);
        reads(&own, "error end ");
        says_of(&own.cause, DS_LOST, "the rope broke", connectors[i]);
        CU_ASSERT_EQUAL(ds_count(model, NULL, &count, NULL), DS_OK);
        reads(&own, "connect ready ");
        CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
        reads(&own, "end ");
        CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_UNREACHABLE);
        reads(&own, "");
        CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
        reads(&own, "connect ready ");
        puppet_close(source);
        reads(&own, "end ");
    }
}

static void a_failed_attempt_is_an_error(void)
{
    diary own = {.status = DS_OK};
    ds_source *source = open_with("puppet", &own);
    puppet_fail(PUPPET_CONNECT, DS_AUTH, 2, "the doorman shook his head");
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_AUTH);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_AUTH);
    reads(&own, "error error ");
    says_of(&own.cause, DS_AUTH, "the doorman shook his head", "puppet");
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
    reads(&own, "connect ready ");
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, NULL); /* what stood does not stand any more */
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_UNREACHABLE);
    reads(&own, "error end ");
    says_of(&own.cause, DS_UNREACHABLE, "the connector puppet could not connect (DS_UNREACHABLE)", "puppet");
    puppet_close(source);
    reads(&own, "");
}

static void a_connector_tells_its_own_events(void)
{
    diary own = {.status = DS_OK};
    ds_source *source = open_with("puppet-self", &own);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    reads(&own, "");
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
    reads(&own, "connect ready ");
    puppet_fail(PUPPET_PING, DS_LOST, 1, NULL);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_LOST);
    reads(&own, "");
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    reads(&own, "end ");
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, "nobody is there");
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_UNREACHABLE);
    reads(&own, "error ");
    says_of(&own.cause, DS_UNREACHABLE, "nobody is there", "puppet-self");
    puppet_close(source);
    reads(&own, "");
}

static void a_handler_is_taken_away(void)
{
    diary own = {.status = DS_OK};
    ds_source *source = open_with("puppet", &own);
    ds_on_event(source, NULL, NULL);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    reads(&own, "");
    puppet_close(source);
}

/* ---- a handler that uses the library ---- */

static void use_all(ds_source *source, ds_event event, diary *own)
{
    uint64_t count;
    char *json = NULL;
    ds_model *model = ds_source_model(source, "thing", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    CU_ASSERT_EQUAL(ds_stats(source, &json, NULL), DS_OK);
    ds_free(json);
    CU_ASSERT_EQUAL(ds_is_ready(source), event == DS_EVENT_CONNECT || event == DS_EVENT_READY);
    if (event == DS_EVENT_READY)
        own->status = ds_count(model, NULL, &count, NULL);
}

static void a_handler_may_use_the_source(void)
{
    static const char *const connectors[] = {"puppet", "puppet-self"};
    for (size_t i = 0; i < 2; i++) {
        diary own = {.then = use_all, .status = DS_LOST};
        ds_source *source = open_with(connectors[i], &own);
        for (unsigned round = 0; round < 2; round++) {
            own.status = DS_LOST;
            CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
            CU_ASSERT_EQUAL(own.status, DS_OK);
            CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
        }
        reads(&own, "connect ready end connect ready end ");
        CU_ASSERT_EQUAL(own.most, 1);
        puppet_close(source);
    }
}

static void connect_at_the_end(ds_source *source, ds_event event, diary *own)
{
    if (event == DS_EVENT_END)
        own->status = ds_connect(source, NULL);
}

static void a_handler_may_connect_again(void)
{
    static const char *const connectors[] = {"puppet", "puppet-self"};
    for (size_t i = 0; i < 2; i++) {
        diary own = {.then = connect_at_the_end, .status = DS_LOST};
        ds_source *source = open_with(connectors[i], &own);
        CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
        CU_ASSERT_EQUAL(own.status, DS_OK);
        CU_ASSERT(ds_is_ready(source));
        reads(&own, "connect ready end connect ready ");
        own.then = NULL;
        puppet_close(source);
    }
}

static void disconnect_at_once(ds_source *source, ds_event event, diary *own)
{
    if (event == DS_EVENT_READY)
        own->status = ds_disconnect(source, &own->cause);
}

static void a_handler_cannot_disconnect(void)
{
    diary own = {.then = disconnect_at_once, .status = DS_OK};
    ds_source *source = open_with("puppet", &own);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(own.status, DS_INVALID);
    says_of(&own.cause, DS_INVALID, "called by an event handler", "puppet");
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    reads(&own, "connect ready end ");
    puppet_close(source);
}

static hand leaver;

static void connect_while_another_leaves(ds_source *source, ds_event event, diary *own)
{
    if (event != DS_EVENT_READY)
        return;
    hand_start(&leaver, hand_disconnect, source, NULL);
    await_disconnecting(source);
    own->status = ds_connect(source, &own->cause);
}

/* Each would wait for the other: the disconnecting thread for the operation whose thread is in the handler. */
static void a_handler_gives_way_to_another_that_disconnects(void)
{
    static const char *const connectors[] = {"puppet", "puppet-self"};
    for (size_t i = 0; i < 2; i++) {
        diary own = {.then = connect_while_another_leaves, .status = DS_OK};
        ds_source *source = open_with(connectors[i], &own);
        ds_ping(source, NULL);
        CU_ASSERT_EQUAL(hand_join(&leaver), DS_OK);
        CU_ASSERT(own.status == DS_UNREACHABLE || own.status == DS_OK); /* where nothing was under way, it went first */
        puppet_close(source);
    }
}

static void retry_once(ds_source *source, ds_event event, diary *own)
{
    if (event == DS_EVENT_ERROR && own->status == DS_OK)
        own->status = ds_ping(source, NULL);
}

static void what_a_handler_causes_is_told_after_it(void)
{
    diary own = {.then = retry_once, .status = DS_OK};
    ds_source *source = open_with("puppet", &own);
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 2, NULL);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(own.status, DS_UNREACHABLE);
    reads(&own, "error error ");
    CU_ASSERT_EQUAL(own.most, 1);
    puppet_close(source);
}

static void a_handler_cannot_begin_anew_at_close(void)
{
    static const char *const connectors[] = {"puppet", "puppet-self"};
    for (size_t i = 0; i < 2; i++) {
        diary own = {.then = use_all, .status = DS_OK};
        ds_source *source = open_with(connectors[i], &own);
        CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
        own.then = connect_at_the_end;
        puppet_close(source);
        CU_ASSERT_EQUAL(own.status, DS_BUSY);
        reads(&own, "connect ready end ");
    }
}

static ds_status connected_inside = DS_OK;

static void connect_inside(void *user)
{
    ds_error err = {.status = DS_OK};
    connected_inside = ds_connect(user, &err);
    says_of(&err, DS_BUSY, "is connecting or disconnecting it already", "puppet");
}

static void a_connector_that_connects_inside_connect_is_refused(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    puppet_meddle(connect_inside, source);
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(connected_inside, DS_BUSY);
    puppet_close(source);
}

/* ---- many threads ---- */

enum { CROWD = 6, ROUNDS = 200 };

static ds_status lose_and_find(hand *own)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 4 == 0)
            puppet_fail(PUPPET_PING, DS_LOST, 1, "lost again");
        hand_ping(own);
    }
    return DS_OK;
}

typedef struct round_of_events {
    ds_event last;
    atomic_int inside, wrong, told;
} round_of_events;

static void check_order(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    static const ds_event before[] = {[DS_EVENT_CONNECT] = DS_EVENT_END,
                                      [DS_EVENT_READY] = DS_EVENT_CONNECT,
                                      [DS_EVENT_ERROR] = DS_EVENT_READY,
                                      [DS_EVENT_END] = DS_EVENT_ERROR};
    round_of_events *own = user;
    (void)source, (void)cause;
    own->wrong += atomic_fetch_add(&own->inside, 1) != 0 || own->last != before[event];
    own->last = event;
    own->told++;
    own->inside--;
}

/* Whatever threads meet them: connect, ready, error, end, and again. */
static void events_keep_their_order_whatever_threads_do(void)
{
    round_of_events own = {.last = DS_EVENT_END};
    ds_source *source = puppet_open("puppet", NULL);
    hand hands[CROWD];
    ds_on_event(source, check_order, &own);
    for (size_t i = 0; i < CROWD; i++)
        hand_start(&hands[i], lose_and_find, source, NULL);
    for (size_t i = 0; i < CROWD; i++)
        CU_ASSERT_EQUAL(hand_join(&hands[i]), DS_OK);
    CU_ASSERT_EQUAL(own.wrong, 0);
    CU_ASSERT(own.told > 8);
    ds_on_event(source, NULL, NULL);
    puppet_close(source);
}

/* ---- the log ---- */

static char heard[8192];

static void hear(void *user, ds_log_level level, const char *source, const char *message)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    (void)user;
    size_t length = strlen(heard);
    snprintf(heard + length, sizeof heard - length, "%s %s: %s\n", levels[level], source, message);
}

static void hears(const char *expected)
{
    if (strcmp(heard, expected) != 0)
        printf("\nheard:\n%s\nexpected:\n%s", heard, expected);
    CU_ASSERT_STRING_EQUAL(heard, expected);
    heard[0] = '\0';
}

static void the_log_tells_the_life(void)
{
    ds_set_logger(hear, NULL, DS_LOG_DEBUG);
    heard[0] = '\0';
    ds_source *source = puppet_open("puppet", "{\"password\": \"" SECRET "\"}");
    hears("debug puppet: opened with the connector puppet 1\n");
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    hears("debug puppet: connecting\ndebug puppet: connected\ninfo puppet: ready\n");
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    hears("");
    puppet_fail(PUPPET_PING, DS_LOST, 1, "the rope broke");
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_LOST);
    hears("warning puppet: the rope broke\ninfo puppet: the connection has ended\n");
    ds_set_logger(hear, NULL, DS_LOG_INFO);
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, "nobody is there");
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_UNREACHABLE);
    hears("warning puppet: nobody is there\n");
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    hears("info puppet: ready\n");
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    hears("info puppet: the connection has ended\n");
    ds_set_logger(NULL, NULL, DS_LOG_DEBUG);
    puppet_close(source);
    hears("");
}

static void the_log_tells_of_a_connector_that_connects_itself(void)
{
    ds_source *source = puppet_open("puppet-self", NULL);
    ds_set_logger(hear, NULL, DS_LOG_INFO);
    heard[0] = '\0';
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, "nobody is there");
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    hears(
        "warning puppet-self: nobody is there\ninfo puppet-self: ready\ninfo puppet-self: the connection has ended\n");
    ds_set_logger(NULL, NULL, DS_LOG_DEBUG);
    puppet_close(source);
}

/* ---- no secrets ---- */

/* Settings that are wrong in every way that comes to mind, each with a password in it. */
static void no_password_is_told(void)
{
    static const char *const broken[] = {"{\"password\": \"" SECRET "\", \"nosuch\": 1}",
                                         "{\"password\": \"" SECRET "\" \"url\": 1}",
                                         "{\"password\": \"" SECRET "\"",
                                         "{\"password\": [\"" SECRET "\"]}",
                                         "{\"password\": \"${NO_SUCH_VARIABLE}" SECRET "\"}",
                                         "{\"password\": \"${" SECRET "\"}",
                                         "{\"password\": \"" SECRET "\", \"password\": \"" SECRET "\"}",
                                         "{\"password\": \"" SECRET "\", \"readOnly\": \"" SECRET "\"}",
                                         "{\"password\": \"" SECRET "\", \"commandTimeout\": \"" SECRET "\"}",
                                         "[\"" SECRET "\"]",
                                         "\"" SECRET "\"",
                                         "{\"password\": \"" SECRET "\n\"}",
                                         "{\"password\": " SECRET "}"};
    ds_set_logger(hear, NULL, DS_LOG_DEBUG);
    heard[0] = '\0';
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        ds_source *source = NULL;
        ds_error err = {.status = DS_OK};
        CU_ASSERT_EQUAL(ds_source_open("puppet", broken[i], &source, &err), DS_CONFIG);
        CU_ASSERT_PTR_NULL(source);
        CU_ASSERT(strlen(err.message) > 20);
        if (strstr(err.message, SECRET) != NULL)
            printf("\n%s", err.message);
        CU_ASSERT_PTR_NULL(strstr(err.message, SECRET));
    }
    CU_ASSERT_PTR_NULL(strstr(heard, SECRET));
    ds_set_logger(NULL, NULL, DS_LOG_DEBUG);
}

/* ---- the host's strategy ---- */

static long patience(unsigned retries, const ds_error *cause, ds_error *why, void *user)
{
    unsigned *most = user;
    CU_ASSERT(cause != NULL && cause->status == DS_UNREACHABLE);
    if (retries < *most)
        return 10 * (long)retries;
    if (retries == 50)
        return DS_RECONNECT_DEFAULT;
    if (retries == *most)
        ds_error_set(why, DS_BUSY, "enough");
    return retries < *most + 2 ? DS_RECONNECT_STOP : -77;
}

static void a_strategy_decides(void)
{
    unsigned most = 2;
    ds_error why = {.status = DS_OK};
    const ds_error cause = {.status = DS_UNREACHABLE, .message = "nobody is there"};
    ds_source *source = puppet_open("puppet", NULL);
    CU_ASSERT_EQUAL(ds_source_retry_after(source, 0, &cause, &why), DS_RECONNECT_DEFAULT);
    ds_set_reconnect(source, patience, &most);
    CU_ASSERT_EQUAL(ds_source_retry_after(source, 0, &cause, &why), 0);
    CU_ASSERT_EQUAL(ds_source_retry_after(source, 1, &cause, &why), 10);
    CU_ASSERT_EQUAL(why.status, DS_OK);
    CU_ASSERT_EQUAL(ds_source_retry_after(source, 2, &cause, &why), DS_RECONNECT_STOP);
    says_of(&why, DS_BUSY, "enough", NULL);
    for (unsigned retries = 3; retries < 5; retries++) { /* without a word, and with a number that means nothing */
        why = (ds_error){.status = DS_OK};
        CU_ASSERT_EQUAL(ds_source_retry_after(source, retries, &cause, &why), DS_RECONNECT_STOP);
        says_of(&why, DS_UNREACHABLE, "strategy gave up after", NULL);
    }
    CU_ASSERT_EQUAL(ds_source_retry_after(source, 2, &cause, NULL), DS_RECONNECT_STOP);
    CU_ASSERT_EQUAL(ds_source_retry_after(source, 50, &cause, &why), DS_RECONNECT_DEFAULT);
    ds_set_reconnect(source, NULL, NULL);
    CU_ASSERT_EQUAL(ds_source_retry_after(source, 9, &cause, &why), DS_RECONNECT_DEFAULT);
    puppet_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"events tell the life of a source, in order", events_tell_the_life},
        {"a failed attempt is an error, and the end of what stood", a_failed_attempt_is_an_error},
        {"a connector that connects by itself tells its own events, once", a_connector_tells_its_own_events},
        {"a handler is taken away by NULL", a_handler_is_taken_away},
        {"a handler may use the source", a_handler_may_use_the_source},
        {"a handler may connect again when the connection has ended", a_handler_may_connect_again},
        {"a handler cannot disconnect, and does not wait for itself", a_handler_cannot_disconnect},
        {"a handler that connects gives way to another thread that disconnects",
         a_handler_gives_way_to_another_that_disconnects},
        {"what a handler causes is told after it", what_a_handler_causes_is_told_after_it},
        {"a handler hears of the end at close, and cannot begin anew", a_handler_cannot_begin_anew_at_close},
        {"a connector that calls ds_connect() inside connect() is refused",
         a_connector_that_connects_inside_connect_is_refused},
        {"events keep their order whatever threads do", events_keep_their_order_whatever_threads_do},
        {"the log tells the life of a source", the_log_tells_the_life},
        {"the log tells of a connector that connects by itself too", the_log_tells_of_a_connector_that_connects_itself},
        {"no password is told, whatever is wrong with the settings", no_password_is_told},
        {"the host's reconnect strategy decides, and stops with a reason", a_strategy_decides},
    };
    puppet_register();
    return SUITE_RUN("events", tests);
}
