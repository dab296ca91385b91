/* Servers that answer nonsense, and conversations that are cut, dribbled and garbled at every byte: nothing may crash,
 * hang or leak, and no wrong answer may be taken for a right one. */
#include "fake_server.h"
#include "probe.h"
#include "random.h"
#include "suite.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- one reply ---- */

typedef struct nonsense {
    const char *text;
    size_t length;
} nonsense;

static void greet_and_say(int fd, unsigned number, void *user)
{
    const nonsense *say = user;
    char name[32];
    (void)number;
    if (fake_command(fd, name, NULL) && fake_write(fd, "+PONG\r\n", 7) && fake_command(fd, name, NULL))
        fake_write(fd, say->text, say->length);
    while (fake_command(fd, name, NULL)) /* let the client hang up, or run into its deadline */
        ;
}

static void say_at_once(int fd, unsigned number, void *user)
{
    const nonsense *say = user;
    char name[32];
    (void)number;
    fake_write(fd, say->text, say->length);
    while (fake_command(fd, name, NULL))
        ;
}

static ds_status take_array(void *user, const redis_place *at, size_t count)
{
    (void)at, (void)count;
    ++*(size_t *)user;
    return DS_OK;
}
static ds_status take_string(void *user, const redis_place *at, const char *bytes, size_t length)
{
    (void)at;
    size_t sum = 0;
    for (size_t i = 0; i < length; i++) /* reads all of it */
        sum += (unsigned char)bytes[i];
    *(size_t *)user += sum == SIZE_MAX ? 2 : 1;
    return DS_OK;
}
static const redis_sink sink = {.array = take_array, .string = take_string};

/* A read with the reply kept, or streamed; what it ends in. */
static ds_status try_reply(fake_talk *talk, const char *text, size_t length, bool is_streamed, int ms, probe *p)
{
    nonsense say = {text, length};
    size_t taken = 0;
    fake_server *fake = fake_server_start(talk, &say);
    CU_ASSERT_EQUAL(probe_open(p, "{\"port\": %d}", fake_server_port(fake)), DS_OK);
    redis_request *request = redis_request_new(p->connection);
    request_begin_sink(request, 1, is_streamed ? &sink : NULL, &taken);
    request_text(request, "READ");
    ds_status status = redis_run(p->connection, request, false, probe_call(p, ms));
    CU_ASSERT((status == DS_OK) == (redis_command_status(request, 0, NULL) == DS_OK));
    CU_ASSERT(status == DS_OK || redis_reply_at(request, 0) == NULL);
    redis_request_free(request);
    probe_close(p);
    fake_server_stop(fake);
    return status;
}

#define LINE "\r\n"
static const nonsense broken[] = {
#define T(text)                                                                                                        \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }
    T("hello" LINE),
    T("HTTP/1.1 400 Bad Request" LINE LINE),
    T("SSH-2.0-OpenSSH_9.2" LINE),
    T("\x15\x03\x01\x00\x02\x02\x46"),
    T(LINE),
    T("\0\0\0\0"),
    T("$abc" LINE),
    T("$" LINE),
    T("$-2" LINE),
    T("$-9223372036854775808" LINE),
    T("$99999999999999999999" LINE),
    T("$1.5" LINE "a" LINE),
    T("$ 1" LINE "a" LINE),
    T("*abc" LINE),
    T("*" LINE),
    T("*-2" LINE),
    T("*2147483648" LINE),
    T("*9223372036854775807" LINE),
    T("*-9223372036854775808" LINE),
    T("*99999999999999999999" LINE),
    T("*1" LINE "x" LINE),
    T("*2" LINE "+a" LINE "?" LINE),
    T(":" LINE),
    T(":x" LINE),
    T(":1x" LINE),
    T(":99999999999999999999" LINE),
    T(":--1" LINE),
    T("*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE
      "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE
      "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE
      "*1" LINE "*1" LINE "*1" LINE ":1" LINE),
    /* RESP3 */
    T("%1" LINE "+a" LINE ":1" LINE),
    T("~1" LINE "+a" LINE),
    T(">2" LINE "+pubsub" LINE "+x" LINE),
    T("#t" LINE),
    T(",1.5" LINE),
    T("(12345678901234567890" LINE),
    T("=7" LINE "txt:abc" LINE),
    T("|1" LINE "+a" LINE "+b" LINE "+c" LINE),
    T("!5" LINE "ERR x" LINE),
    /* one reply too many */
    T("+a" LINE "x" LINE),
    T("*1" LINE ">1" LINE "+a" LINE),
#undef T
};

static void broken_replies(void)
{
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        for (int streamed = 0; streamed < 2; streamed++) {
            probe p;
            ds_status status = try_reply(greet_and_say, broken[i].text, broken[i].length, streamed != 0, 5000, &p);
            bool is_trailing = strcmp(broken[i].text, "+a" LINE "x" LINE) == 0; /* the reply itself was fine */
            if (status != DS_BACKEND && !(is_trailing && status == DS_OK))
                printf("reply %zu (%.20s): %s %s\n", i, broken[i].text, ds_status_name(status), p.error.message);
            CU_ASSERT(status == DS_BACKEND || (is_trailing && status == DS_OK));
        }
}

static void broken_greetings(void)
{
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        probe p;
        ds_status status = try_reply(say_at_once, broken[i].text, broken[i].length, false, 300, &p);
        if (status == DS_OK)
            printf("greeting %zu (%.20s): %s\n", i, broken[i].text, ds_status_name(status));
        CU_ASSERT(status != DS_OK);
    }
}

/* What never ends is left alone at the deadline. */
static void unfinished(void)
{
    static const nonsense texts[] = {
#define T(text) {text, sizeof(text) - 1}
        T("$5" LINE "abc"),
        T("$1000000000" LINE "abc"),
        T("$9223372036854775000" LINE "abc"),
        T("*2147483647" LINE ":1" LINE ":2" LINE),
        T("*3" LINE "*2147483647" LINE "+a" LINE),
        T("*1000000000" LINE "*1000000000" LINE "*1000000000" LINE),
        T("+abc"),
        T("*2" LINE "$3" LINE "abc" LINE),
        T("$"),
        T("-ERR"),
        T("*"),
#undef T
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (int streamed = 0; streamed < 2; streamed++) {
            probe p;
            ds_status status = try_reply(greet_and_say, texts[i].text, texts[i].length, streamed != 0, 30, &p);
            CU_ASSERT(status == DS_TIMEOUT || status == DS_BACKEND);
        }
}

static void odd_but_right(void)
{
    static const nonsense texts[] = {
#define T(text) {text, sizeof(text) - 1}
        T("+" LINE),
        T("-" LINE),
        T("-ERR" LINE),
        T("$0" LINE LINE),
        T("$-1" LINE),
        T("*-1" LINE),
        T("*0" LINE),
        T("*1" LINE "*-1" LINE),
        T("*2" LINE "-ERR a" LINE "$-1" LINE),
        T(":-9223372036854775808" LINE),
        T(":9223372036854775807" LINE),
        T("$4" LINE "\0\r\n\xff" LINE),
        T("*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE "*1" LINE ":1" LINE),
#undef T
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (int streamed = 0; streamed < 2; streamed++) {
            probe p;
            ds_status status = try_reply(greet_and_say, texts[i].text, texts[i].length, streamed != 0, 5000, &p);
            if (status != DS_OK)
                printf("%.20s: %s %s\n", texts[i].text, ds_status_name(status), p.error.message);
            CU_ASSERT_EQUAL(status, DS_OK);
        }
}

/* ---- a reply that nobody asked for ---- */

static void chatter(int fd, unsigned number, void *user)
{
    char name[32];
    (void)user;
    if (!fake_command(fd, name, NULL) || !fake_write(fd, "+PONG\r\n", 7))
        return;
    if (number == 0 && !fake_write(fd, "*2\r\n+early\r\n", 12)) /* half of it */
        return;
    while (fake_command(fd, name, NULL))
        if (!fake_write(fd, "+own\r\n", 6))
            return;
}

static void unasked(void)
{
    for (int i = 0; i < 20; i++) {
        probe p;
        char reply[256];
        fake_server *fake = fake_server_start(chatter, NULL);
        CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"reconnect\": false}", fake_server_port(fake)), DS_OK);
        ds_status status = probe_say(&p, "READ", i % 2 == 0, 5000, reply);
        /* where it comes after the command was sent, nothing tells it from the beginning of an answer */
        CU_ASSERT(status == DS_BACKEND || status == DS_UNKNOWN_OUTCOME || status == DS_OK);
        CU_ASSERT_EQUAL(probe_say(&p, "READ", true, 5000, reply), DS_OK);
        CU_ASSERT_STRING_EQUAL(reply, "own");
        probe_close(&p);
        fake_server_stop(fake);
    }
}

/* ---- a conversation, cut and garbled ---- */

static const struct exchange {
    const char *name, *reply;
} exchanges[] = {{"AUTH", "+OK\r\n"},
                 {"SELECT", "+OK\r\n"},
                 {"CLIENT", "+OK\r\n"},
                 {"PING", "+PONG\r\n"},
                 {"C0", "*3\r\n$3\r\none\r\n:2\r\n*1\r\n$-1\r\n"},
                 {"C1", "$5\r\nthree\r\n"},
                 {"C2", "-ERR four\r\n"},
                 {"C3", ":5\r\n"}};
enum { EXCHANGES = sizeof exchanges / sizeof exchanges[0], GREETING = 4 };

static size_t length_of(size_t first, size_t end)
{
    size_t length = 0;
    for (size_t i = first; i < end; i++)
        length += strlen(exchanges[i].reply);
    return length;
}

typedef struct cutter {
    size_t limit;  /* bytes of its replies that connection 0 sends */
    int garble;    /* -1: not; else the byte at `limit` becomes this, and all is sent */
    bool dribbles; /* a byte at a time */
    bool is_reset; /* ends with a reset rather than an end */
    bool is_whole; /* later connections talk as they should */
} cutter;

/* Sends a byte of the stream, or not. False: the conversation is over. */
static bool say_byte(int fd, const cutter *c, bool is_cut, size_t at, char byte)
{
    if (is_cut && c->garble < 0 && at >= c->limit)
        return false;
    if (is_cut && c->garble >= 0 && at == c->limit)
        byte = (char)c->garble;
    return fake_write(fd, &byte, 1);
}

/* Whole replies go in one piece where nothing is to be done to their bytes. */
static bool say_reply(int fd, const cutter *c, bool is_cut, size_t *at, const char *reply)
{
    size_t length = strlen(reply);
    bool is_touched = is_cut && c->limit < *at + length;
    if (!is_touched && !c->dribbles) {
        *at += length;
        return fake_write(fd, reply, length);
    }
    for (size_t i = 0; i < length; i++)
        if (!say_byte(fd, c, is_cut, (*at)++, reply[i]))
            return false;
    return true;
}

static void converse(int fd, unsigned number, void *user)
{
    const cutter *c = user;
    char name[32];
    size_t at = 0;
    int one = 1;
    bool goes_on = true, is_cut = number == 0 || !c->is_whole;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (goes_on && fake_command(fd, name, NULL))
        for (size_t i = 0; i < EXCHANGES; i++)
            if (strcmp(name, exchanges[i].name) == 0)
                goes_on = say_reply(fd, c, is_cut, &at, exchanges[i].reply);
    if (c->is_reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
}

/* What was answered must be what the server said, whatever became of the rest. */
static void check_answers(const redis_request *request, bool is_whole)
{
    static const char *const want[] = {"*3", "three", "ERR four", ":5"};
    for (size_t i = 0; i < 4; i++) {
        char text[256];
        ds_status status = redis_command_status(request, i, NULL);
        CU_ASSERT((status == DS_OK) == (redis_reply_at(request, i) != NULL));
        if (status != DS_OK)
            continue;
        probe_describe(redis_reply_at(request, i), text);
        CU_ASSERT(!is_whole || strcmp(text, want[i]) == 0);
    }
}

static ds_status hold(const cutter *c, bool is_write, int ms, bool *is_right)
{
    probe p;
    fake_server *fake = fake_server_start(converse, (void *)(uintptr_t)c);
    CU_ASSERT_EQUAL(probe_open(&p,
                               "{\"port\": %d, \"password\": \"geheim\", \"database\": 2, \"clientName\": "
                               "\"x\",\"reconnect\": {\"base\": 0, \"max\": 0, \"jitter\": 0, \"maxRetries\": 6}}",
                               fake_server_port(fake)),
                    DS_OK);
    redis_request *request = redis_request_new(p.connection);
    for (size_t i = GREETING; i < EXCHANGES; i++)
        probe_encode(request, exchanges[i].name);
    ds_status status = redis_run(p.connection, request, is_write, probe_call(&p, ms));
    check_answers(request, c->garble < 0);
    *is_right = status == DS_OK ||
                (p.error.status == status && p.error.message[0] != '\0' && strstr(p.error.message, "geheim") == NULL);
    redis_request_free(request);
    probe_close(&p);
    fake_server_stop(fake);
    return status;
}

static void cut_everywhere(void)
{
    size_t greeting = length_of(0, GREETING), whole = length_of(0, EXCHANGES);
    for (int is_reset = 0; is_reset < 2; is_reset++)
        for (size_t limit = 0; limit < whole; limit++)
            for (int is_write = 0; is_write < 2; is_write++) {
                bool is_right = false;
                cutter c = {.limit = limit, .garble = -1, .is_reset = is_reset != 0};
                ds_status status = hold(&c, is_write != 0, 5000, &is_right);
                bool is_expected = is_write
                                       ? status == DS_UNKNOWN_OUTCOME || status == DS_LOST
                                       : status == DS_LOST || status == DS_OK; /* what is left may fit the next time */
                if (limit < greeting)
                    is_expected = status == DS_UNREACHABLE;
                if (!is_expected || !is_right)
                    printf("cut at %zu: %s\n", limit, ds_status_name(status));
                CU_ASSERT(is_expected && is_right);
            }
}

/* Connection 0 is cut; a read comes out right on the next. */
static void cut_reads_recover(void)
{
    size_t greeting = length_of(0, GREETING), whole = length_of(0, EXCHANGES);
    for (size_t limit = greeting; limit < whole; limit++) {
        bool is_right = false;
        cutter c = {.limit = limit, .garble = -1, .is_whole = true};
        CU_ASSERT_EQUAL(hold(&c, false, 5000, &is_right), DS_OK);
    }
}

static void dribbled(void)
{
    bool is_right = false;
    cutter c = {.limit = SIZE_MAX, .garble = -1, .dribbles = true, .is_whole = true};
    CU_ASSERT_EQUAL(hold(&c, true, 20000, &is_right), DS_OK);
}

static void garbled(void)
{
    static const int bytes[] = {0, '\n', '\r', '*', '$', ':', '-', '+', '0', '9', 'x', 0xff, '%', '>', '_'};
    size_t late = 0;
    for (size_t at = 0; at < length_of(0, EXCHANGES); at++)
        for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
            bool is_right = false;
            cutter c = {.limit = at, .garble = bytes[i]};
            ds_status status = hold(&c, false, 15, &is_right);
            late += status == DS_TIMEOUT;
            CU_ASSERT(is_right);
        }
    printf("%zu garbled conversations were given up at the deadline\n", late);
}

/* ---- random bytes ---- */

typedef struct noise {
    char bytes[4096];
    size_t length;
} noise;

static void shout(int fd, unsigned number, void *user)
{
    const noise *n = user;
    char name[32];
    (void)number;
    if (fake_command(fd, name, NULL) && fake_write(fd, "+PONG\r\n", 7) && fake_command(fd, name, NULL))
        fake_write(fd, n->bytes, n->length);
}

static void random_bytes(void)
{
    static const char alphabet[] = "*$:+-\r\n0123456789abc%>_#,";
    for (int i = 0; i < 500; i++) {
        probe p;
        noise n = {.length = random_below(sizeof n.bytes)};
        size_t taken = 0;
        for (size_t at = 0; at < n.length; at++)
            n.bytes[at] = i % 2 == 0 ? alphabet[random_below(sizeof alphabet - 1)] : (char)random_bits();
        fake_server *fake = fake_server_start(shout, &n);
        CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"reconnect\": false}", fake_server_port(fake)), DS_OK);
        redis_request *request = redis_request_new(p.connection);
        for (int c = 0; c < 8; c++) {
            request_begin_sink(request, 1, c % 2 == 0 ? &sink : NULL, &taken);
            request_text(request, "READ");
        }
        ds_status status = redis_run(p.connection, request, true, probe_call(&p, 2000));
        CU_ASSERT(status == DS_OK || p.error.message[0] != '\0');
        redis_request_free(request);
        probe_close(&p);
        fake_server_stop(fake);
    }
}

int main(void)
{
    static const test tests[] = {
        {"a reply that is not RESP2 is DS_BACKEND", broken_replies},
        {"a greeting that is nonsense does not connect", broken_greetings},
        {"a reply that never ends is given up at the deadline, however long it claims to be", unfinished},
        {"odd replies that are right are taken", odd_but_right},
        {"a reply that nobody asked for closes the connection, and answers nobody", unasked},
        {"a conversation cut at every byte ends in a status that is true", cut_everywhere},
        {"a read that was cut is repeated, and comes out right", cut_reads_recover},
        {"replies that come a byte at a time are understood", dribbled},
        {"a conversation garbled at every byte does no harm", garbled},
        {"random bytes do no harm", random_bytes},
    };
    random_start();
    return SUITE_RUN("redis replies", tests);
}
