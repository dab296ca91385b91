/* The life of a source: connecting once for all, again after a loss, and disconnecting, with many threads. */
#include "hands.h"
#include "suite.h"

#include <stdio.h>

enum { CROWD = 8 };

/* ---- connecting ---- */

static void many_threads_connect_once(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    hand hands[CROWD];
    puppet_hold(PUPPET_CONNECT);
    for (size_t i = 0; i < CROWD; i++)
        hand_start(&hands[i], hand_ping, source, NULL);
    puppet_await(PUPPET_CONNECT, 1);
    await_under_way(source, CROWD);
    CU_ASSERT(!ds_is_open(source) && !ds_is_ready(source));
    puppet_let_go(PUPPET_CONNECT);
    for (size_t i = 0; i < CROWD; i++)
        CU_ASSERT_EQUAL(hand_join(&hands[i]), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 1);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_PING), CROWD);
    CU_ASSERT(ds_is_open(source) && ds_is_ready(source));
    puppet_close(source);
}

static void a_failed_attempt_is_tried_again_by_those_who_wait(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    hand hands[CROWD];
    unsigned failed = 0;
    puppet_hold(PUPPET_CONNECT);
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, "nobody is there");
    for (size_t i = 0; i < CROWD; i++)
        hand_start(&hands[i], hand_ping, source, NULL);
    await_under_way(source, CROWD);
    puppet_let_go(PUPPET_CONNECT);
    for (size_t i = 0; i < CROWD; i++)
        if (hand_join(&hands[i]) != DS_OK) {
            failed++;
            says_of(&hands[i].err, DS_UNREACHABLE, "nobody is there", "puppet");
        }
    CU_ASSERT_EQUAL(failed, 1);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 2);
    puppet_close(source);
}

static void after_a_loss_the_next_operation_connects_again(void)
{
    static const struct {
        ds_status status;
        bool lost;
    } rows[] = {{DS_LOST, true},  {DS_UNREACHABLE, true}, {DS_TIMEOUT, false}, {DS_UNKNOWN_OUTCOME, false},
                {DS_BUSY, false}, {DS_AUTH, false},       {DS_BACKEND, false}, {DS_NOMEM, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ds_source *source = puppet_open("puppet", NULL);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
        puppet_fail(PUPPET_PING, rows[i].status, 1, NULL);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), rows[i].status);
        CU_ASSERT_EQUAL(ds_is_open(source), !rows[i].lost);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
        CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), rows[i].lost ? 2 : 1);
        puppet_close(source);
    }
}

static void an_old_loss_does_not_cost_a_new_connection(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *model = ds_source_model(source, "thing", NULL);
    hand late;
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    puppet_hold(PUPPET_FIND);
    puppet_fail(PUPPET_FIND, DS_LOST, 1, NULL);
    hand_start(&late, hand_count, source, model);
    puppet_await(PUPPET_FIND, 1);
    puppet_fail(PUPPET_PING, DS_LOST, 1, NULL);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_LOST);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 2);
    puppet_let_go(PUPPET_FIND);
    CU_ASSERT_EQUAL(hand_join(&late), DS_LOST);
    CU_ASSERT(ds_is_ready(source));
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 2);
    puppet_close(source);
}

static void a_source_that_connects_itself_is_not_connected(void)
{
    ds_source *source = puppet_open("puppet-self", NULL);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 0);
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 2);
    puppet_close(source);
}

static void the_deadline_holds_while_another_thread_connects(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *model = ds_source_model(source, "thing", NULL), *brief = NULL;
    hand first;
    uint64_t count;
    ds_error err = {.status = DS_OK};
    const ds_options options = {.size = sizeof options, .timeout_ms = 30};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(model, &options, &brief, NULL), DS_OK);
    puppet_hold(PUPPET_CONNECT);
    hand_start(&first, hand_ping, source, NULL);
    puppet_await(PUPPET_CONNECT, 1);
    int64_t started = ds_now();
    CU_ASSERT_EQUAL(ds_count(brief, NULL, &count, &err), DS_TIMEOUT);
    CU_ASSERT(ds_now() - started >= 30000000);
    says_of(&err, DS_TIMEOUT, "while another thread was connecting", "puppet");
    puppet_let_go(PUPPET_CONNECT);
    CU_ASSERT_EQUAL(hand_join(&first), DS_OK);
    CU_ASSERT_EQUAL(ds_count(model, NULL, &count, &err), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 1);
    ds_model_free(brief);
    puppet_close(source);
}

static void a_token_ends_the_wait_for_another_threads_connecting(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *view = NULL;
    ds_cancel *cancel = NULL;
    hand first, second;
    CU_ASSERT_EQUAL_FATAL(ds_cancel_new(&cancel, NULL), DS_OK);
    const ds_options options = {.size = sizeof options, .cancel = cancel};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(ds_source_model(source, "thing", NULL), &options, &view, NULL), DS_OK);
    puppet_hold(PUPPET_CONNECT);
    hand_start(&first, hand_ping, source, NULL);
    puppet_await(PUPPET_CONNECT, 1);
    hand_start(&second, hand_count, source, view);
    await_under_way(source, 2);
    ds_cancel_set(cancel);
    CU_ASSERT_EQUAL(hand_join(&second), DS_CANCELLED);
    says_of(&second.err, DS_CANCELLED, "cancelled", "puppet");
    puppet_let_go(PUPPET_CONNECT);
    CU_ASSERT_EQUAL(hand_join(&first), DS_OK);
    ds_model_free(view);
    ds_cancel_free(cancel);
    puppet_close(source);
}

static void the_deadline_and_the_token_reach_the_attempt_itself(void)
{
    ds_source *source = puppet_open("puppet", "{\"commandTimeout\": 200, \"connectTimeout\": 100}");
    ds_error err = {.status = DS_OK};
    puppet_hold(PUPPET_CONNECT);
    CU_ASSERT_EQUAL(ds_ping(source, &err), DS_TIMEOUT);
    CU_ASSERT_EQUAL(ds_connect(source, &err), DS_TIMEOUT);
    CU_ASSERT(!ds_is_open(source));
    puppet_let_go(PUPPET_CONNECT);
    CU_ASSERT_EQUAL(ds_ping(source, &err), DS_OK);
    puppet_close(source);
}

/* ---- disconnecting ---- */

static void a_disconnect_waits_for_what_is_under_way(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    hand slow, disconnecting;
    ds_error err = {.status = DS_OK};
    puppet_hold(PUPPET_PING);
    hand_start(&slow, hand_ping, source, NULL);
    puppet_await(PUPPET_PING, 1);
    hand_start(&disconnecting, hand_disconnect, source, NULL);
    await_disconnecting(source);
    CU_ASSERT_EQUAL(ds_ping(source, &err), DS_UNREACHABLE);
    says_of(&err, DS_UNREACHABLE, "waits for ds_connect()", "puppet");
    CU_ASSERT(ds_is_open(source) && !ds_is_ready(source));
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 0);
    puppet_let_go(PUPPET_PING);
    CU_ASSERT_EQUAL(hand_join(&slow), DS_OK);
    CU_ASSERT_EQUAL(hand_join(&disconnecting), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 1);
    CU_ASSERT(!ds_is_open(source));
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(ds_connect(source, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_ping(source, &err), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 2);
    puppet_close(source);
}

static void a_disconnect_that_waits_too_long_closes_nothing(void)
{
    ds_source *source = puppet_open("puppet", "{\"commandTimeout\": 200}");
    ds_model *model = ds_source_model(source, "thing", NULL);
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    hand slow;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL(ds_find(model, NULL, &cursor, &err), DS_OK);
    puppet_deafen(true);
    puppet_hold(PUPPET_PING);
    hand_start(&slow, hand_ping, source, NULL);
    puppet_await(PUPPET_PING, 1);
    CU_ASSERT_EQUAL(ds_disconnect(source, &err), DS_TIMEOUT);
    says_of(&err, DS_TIMEOUT, "operations (1) were still under way after 200 ms; nothing was closed", "puppet");
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 0);
    CU_ASSERT(ds_is_open(source) && ds_is_ready(source));
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, &err), DS_OK);
    puppet_let_go(PUPPET_PING);
    CU_ASSERT_EQUAL(hand_join(&slow), DS_OK);
    CU_ASSERT_EQUAL(ds_ping(source, &err), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 1);
    CU_ASSERT_EQUAL(ds_disconnect(source, &err), DS_OK);
    ds_cursor_close(cursor);
    puppet_close(source);
}

/* One thread connects and will fail, another waits for it, a third disconnects: whoever comes first, all end, although
 * nothing bounds them. */
static void an_operation_that_waits_to_connect_gives_way_to_a_disconnect(void)
{
    for (unsigned i = 0; i < 40; i++) {
        ds_source *source = puppet_open("puppet", NULL);
        hand first, second, third;
        puppet_hold(PUPPET_CONNECT);
        puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, NULL);
        hand_start(&first, hand_ping, source, NULL);
        puppet_await(PUPPET_CONNECT, 1);
        hand_start(&third, hand_disconnect, source, NULL);
        hand_start(&second, hand_ping, source, NULL);
        await_under_way(source, 2);
        puppet_let_go(PUPPET_CONNECT);
        CU_ASSERT_EQUAL(hand_join(&first), DS_UNREACHABLE);
        hand_join(&second);
        CU_ASSERT(second.status == DS_UNREACHABLE || second.status == DS_OK);
        CU_ASSERT_EQUAL(hand_join(&third), DS_OK);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_UNREACHABLE);
        puppet_close(source);
    }
}

static void what_was_never_connected_is_not_disconnected(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 0);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_UNREACHABLE);
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, NULL);
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 0);
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 1);
    puppet_close(source);
    source = puppet_open("puppet-bare", NULL); /* without the entry */
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    CU_ASSERT(!ds_is_open(source));
    puppet_close(source);
}

static void a_connection_that_was_lost_is_disconnected_too(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    puppet_fail(PUPPET_PING, DS_LOST, 1, NULL);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_LOST);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 1);
    puppet_close(source);
}

static void a_failed_ds_connect_lets_operations_try_again(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, NULL);
    CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
    puppet_close(source);
}

static void a_cursor_that_is_open_is_lost_by_a_disconnect(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *model = ds_source_model(source, "thing", NULL);
    const ds_value ids[] = {ds_string("1"), ds_string("2")};
    ds_cursor *walk = NULL, *lookup = NULL;
    const ds_record *record = NULL;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL_FATAL(ds_find(model, NULL, &walk, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_cursor_next(walk, &record, &err), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_find_by_ids(model, ids, 2, &lookup, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, &err), DS_OK);
    unsigned blocks = puppet_calls(PUPPET_BLOCK);
    CU_ASSERT_EQUAL(ds_cursor_next(walk, &record, &err), DS_LOST);
    says_of(&err, DS_LOST, "disconnected while a cursor was open", "puppet");
    CU_ASSERT_PTR_NULL(record);
    CU_ASSERT_EQUAL(ds_connect(source, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_cursor_next(walk, &record, &err), DS_LOST);
    CU_ASSERT_EQUAL(ds_cursor_next(lookup, &record, &err), DS_LOST);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_BLOCK), blocks);
    CU_ASSERT(ds_is_ready(source)); /* the new connection is not given up for the old scan */
    ds_cursor_close(walk);
    ds_cursor_close(lookup);
    puppet_close(source);
}

static void a_cursor_that_is_open_holds_nobody_up(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_cursor *cursor = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_find(ds_source_model(source, "thing", NULL), NULL, &cursor, NULL), DS_OK);
    CU_ASSERT_EQUAL(source->under_way, 0);
    CU_ASSERT_EQUAL(ds_disconnect(source, NULL), DS_OK);
    CU_ASSERT_EQUAL(puppet_scans(), 1);
    ds_cursor_close(cursor);
    puppet_close(source);
}

/* ---- all at once ---- */

enum { ROUNDS = 300 };

static ds_status use(hand *own)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        ds_status status = i % 3 == 0 ? hand_count(own) : hand_ping(own);
        CU_ASSERT(status == DS_OK || status == DS_UNREACHABLE || status == DS_LOST);
    }
    return DS_OK;
}

static ds_status come_and_go(hand *own)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        ds_status status = i % 2 == 0 ? hand_disconnect(own) : hand_connect(own);
        CU_ASSERT(status == DS_OK || (i % 2 != 0 && status == DS_UNREACHABLE));
        if (i % 16 == 0)
            puppet_fail(PUPPET_PING, DS_LOST, 2, NULL);
        if (i % 16 == 8)
            puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, NULL);
    }
    return DS_OK;
}

static void no_rule_is_broken_whatever_threads_do(void)
{
    static const char *const connectors[] = {"puppet", "puppet-self"};
    for (size_t c = 0; c < 2; c++) {
        ds_source *source = puppet_open(connectors[c], NULL);
        ds_model *model = ds_source_model(source, "thing", NULL);
        hand hands[CROWD];
        for (size_t i = 0; i < CROWD; i++)
            hand_start(&hands[i], i < 2 ? come_and_go : use, source, model);
        for (size_t i = 0; i < CROWD; i++)
            CU_ASSERT_EQUAL(hand_join(&hands[i]), DS_OK);
        puppet_fail(PUPPET_PING, DS_OK, 0, NULL);
        puppet_fail(PUPPET_CONNECT, DS_OK, 0, NULL);
        CU_ASSERT_EQUAL(source->under_way, 0);
        CU_ASSERT_EQUAL(ds_connect(source, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
        puppet_close(source);
    }
}

int main(void)
{
    static const test tests[] = {
        {"many threads at once connect once", many_threads_connect_once},
        {"a failed attempt is tried again by those who waited for it",
         a_failed_attempt_is_tried_again_by_those_who_wait},
        {"after DS_LOST and DS_UNREACHABLE, and after nothing else, the next operation connects again",
         after_a_loss_the_next_operation_connects_again},
        {"an operation that lost an old connection does not cost the others a new one",
         an_old_loss_does_not_cost_a_new_connection},
        {"a connector that connects by itself is asked to for ds_connect() alone",
         a_source_that_connects_itself_is_not_connected},
        {"the deadline holds while another thread connects", the_deadline_holds_while_another_thread_connects},
        {"a token ends the wait while another thread connects", a_token_ends_the_wait_for_another_threads_connecting},
        {"commandTimeout and connectTimeout reach the attempt itself",
         the_deadline_and_the_token_reach_the_attempt_itself},
        {"a disconnect waits for what is under way, and refuses what comes", a_disconnect_waits_for_what_is_under_way},
        {"a disconnect that waits longer than commandTimeout closes nothing",
         a_disconnect_that_waits_too_long_closes_nothing},
        {"an operation that waits for a connection gives way to a disconnect",
         an_operation_that_waits_to_connect_gives_way_to_a_disconnect},
        {"what was never connected is not disconnected, nor anything twice",
         what_was_never_connected_is_not_disconnected},
        {"a connection that was lost is disconnected too", a_connection_that_was_lost_is_disconnected_too},
        {"after a disconnect, a ds_connect() that fails lets operations try",
         a_failed_ds_connect_lets_operations_try_again},
        {"a cursor that is open is lost by a disconnect, even after a connect",
         a_cursor_that_is_open_is_lost_by_a_disconnect},
        {"a cursor that is open holds nobody up", a_cursor_that_is_open_holds_nobody_up},
        {"no rule of the ABI is broken whatever threads do", no_rule_is_broken_whatever_threads_do},
    };
    puppet_register();
    return SUITE_RUN("life", tests);
}
