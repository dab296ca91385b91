/* dsctl and a server that is down: whoever types a command is told at once, however long operations may take; a command that
 * has reached the server goes on when it is back. */
#include "dsctl.h"

#include <stdbool.h>
#include <time.h>

enum { AT_ONCE_S = 30, COMMAND_TIMEOUT_S = 120 };

static void is_told_at_once(command_result r, time_t start)
{
    CU_ASSERT(time(NULL) - start < AT_ONCE_S);
    FAILS(r, 4, "connection refused");
}

static void a_server_that_is_down_is_told_at_once(void)
{
    time_t start = time(NULL);
    is_told_at_once(dsctl(NULL, "ping", "down", NULL), start);
    is_told_at_once(dsctl(NULL, "count", "down", "Pet", NULL), start);
    is_told_at_once(dsctl(NULL, "get", "down", "Pet", "1", NULL), start);
    is_told_at_once(dsctl(NULL, "find", "down", "Pet", NULL), start);
    is_told_at_once(dsctl(NULL, "create", "down", "Pet", "{\"id\":\"1\"}", NULL), start);
    is_told_at_once(dsctl(NULL, "delete", "down", "Pet", "--all", NULL), start);
    is_told_at_once(dsctl(NULL, "export", "down", "Pet", "-", NULL), start);
    is_told_at_once(dsctl(NULL, "migrate", "down", "Pet", NULL), start);
    is_told_at_once(dsctl(NULL, "discover", "down", NULL), start);
    is_told_at_once(dsctl(NULL, "execute", "down", "GET", "a", NULL), start);
}

static void in_a_shell_it_is_told_for_each_line(void)
{
    time_t start = time(NULL);
    command_result r = dsctl("count Pet\nget Pet 1\n", "shell", "down", NULL);
    CU_ASSERT(time(NULL) - start < AT_ONCE_S);
    CU_ASSERT_EQUAL(r.status, 4);
    const char *first = strstr(r.err, "connection refused");
    CU_ASSERT_PTR_NOT_NULL(first);
    CU_ASSERT(first != NULL && strstr(first + 1, "connection refused") != NULL);
    command_free(&r);
}

static bool await_record(const char *id)
{
    char words[64];
    bool is_there = false;
    snprintf(words, sizeof words, "EXISTS t:Pet:%s", id);
    for (time_t until = time(NULL) + 60; !is_there && time(NULL) < until;) {
        char *reply = redis_server_command(server, words);
        is_there = strcmp(reply, ":1\r\n") == 0;
        free(reply);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return is_there;
}

static void a_command_that_is_under_way_goes_on_when_the_server_is_back(void)
{
    char command[1024];
    snprintf(command, sizeof command, "'%s' -c '%s' create red Pet - >/dev/null", program, config);
    FILE *lines = popen(command, "we"); /* not for the server that is started meanwhile */
    CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
    fputs("{\"id\":\"first\"}\n", lines);
    fflush(lines);
    CU_ASSERT(await_record("first"));
    redis_server_kill(server);
    fputs("{\"id\":\"second\"}\n", lines);
    fflush(lines);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL); /* so that it meets the server's absence */
    redis_server_restart(server);
    CU_ASSERT(await_record("second"));
    CU_ASSERT_EQUAL(pclose(lines), 0);
}

int main(void)
{
    static const test tests[] = {
        {"a server that is down is told at once", a_server_that_is_down_is_told_at_once},
        {"in a shell it is told for each line", in_a_shell_it_is_told_for_each_line},
        {"a command that is under way goes on when the server is back",
         a_command_that_is_under_way_goes_on_when_the_server_is_back},
    };
    char text[1024];
    dsctl_begin(NULL);
    free(config);
    snprintf(text, sizeof text,
             "{\"down\":{\"connector\":\"redis\",\"port\":%d,\"commandTimeout\":%d},"
             "\"red\":{\"connector\":\"redis\",\"url\":\"unix://%s\",\"keyPrefix\":\"t:\",\"commandTimeout\":%d}}",
             free_port(), COMMAND_TIMEOUT_S * 1000, server->socket, COMMAND_TIMEOUT_S * 1000);
    config = folder_write(folder, "datasources.json", text);
    int failed = SUITE_RUN("dsctl: a server that is down", tests);
    dsctl_end();
    return failed;
}
