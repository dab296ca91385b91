/* The failing network itself: that it fails behind the byte that was said, in the way that was said, and not otherwise. */
#include "fake_server.h"
#include "proxy.h"
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LONG 5000 /* ms: what is awaited comes long before */

/* Sends back what it is sent. */
static void echo(int fd, unsigned number, void *user)
{
    (void)number;
    (void)user;
    char bytes[256];
    ssize_t got;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0 && fake_write(fd, bytes, (size_t)got))
        continue;
}

static fake_server *server;
static proxy *between;

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)proxy_port(between)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval most = {5, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int plan(proxy_fault fault, bool to_server, size_t at, int ms, size_t span)
{
    proxy_plan one = {.fault = fault, .to_server = to_server, .at = at, .ms = ms, .span = span};
    proxy_set(between, &one);
    return dial();
}

/* Reads until `length` bytes are there, or the end; the last result of recv() in *end, -errno for an error. */
static size_t read_some(int fd, char *out, size_t length, ssize_t *end)
{
    size_t done = 0;
    ssize_t got = 1;
    while (done < length && (got = recv(fd, out + done, length - done, 0)) > 0)
        done += (size_t)got;
    *end = got < 0 ? -errno : got;
    return done;
}

static void without_a_plan(void)
{
    char back[12] = "";
    proxy_set(between, NULL);
    int fd = dial();
    CU_ASSERT(fake_write(fd, "hello there", 11) && fake_read(fd, back, 11));
    CU_ASSERT_STRING_EQUAL(back, "hello there");
    close(fd);
    CU_ASSERT(proxy_await_quiet(between, LONG));
    proxy_count count = proxy_counted(between);
    CU_ASSERT(count.connections == 1 && count.bytes[0] == 11 && count.bytes[1] == 11);
    CU_ASSERT_FALSE(proxy_struck(between));
}

/* By what comes back it is seen how much went there. */
static void ends_behind(proxy_fault fault, bool to_server, size_t at, ssize_t how)
{
    char back[16];
    ssize_t end = 1;
    int fd = plan(fault, to_server, at, 0, 0);
    bool is_told = !fake_write(fd, "0123456789", 10); /* of the reset already, as it is only once */
    size_t got = read_some(fd, back, sizeof back, &end);
    proxy_count count = proxy_counted(between);
    CU_ASSERT(end == how || (fault == PROXY_RESET && is_told));
    CU_ASSERT(got <= at &&
              (got == at || to_server || fault == PROXY_RESET)); /* a reset takes what is under way with it */
    CU_ASSERT_EQUAL(count.bytes[to_server], at);
    CU_ASSERT(proxy_struck(between));
    close(fd);
    CU_ASSERT(proxy_await_quiet(between, LONG));
}

static void cuts_and_resets(void)
{
    for (size_t at = 0; at <= 10; at++)
        for (int to_server = 0; to_server < 2; to_server++) {
            ends_behind(PROXY_CUT, to_server, at, 0);
            ends_behind(PROXY_RESET, to_server, at, -ECONNRESET);
        }
}

static void strikes_once(void)
{
    char back[4];
    ssize_t end;
    int first = plan(PROXY_CUT, true, 2, 0, 0);
    fake_write(first, "abcd", 4);
    read_some(first, back, 4, &end);
    CU_ASSERT_EQUAL(end, 0);
    close(first);
    int second = dial();
    CU_ASSERT(fake_write(second, "abcd", 4) && read_some(second, back, 4, &end) == 4);
    close(second);
}

/* The rest comes once it is released, even to a server whose client is gone. */
static void stalls(void)
{
    char back[4];
    struct timeval soon = {0, 20000};
    ssize_t end;
    int fd = plan(PROXY_STALL, true, 3, 0, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    fake_write(fd, "abcd", 4);
    CU_ASSERT_EQUAL(read_some(fd, back, 4, &end), 3);
    CU_ASSERT_EQUAL(end, -EAGAIN);
    close(fd);
    CU_ASSERT_EQUAL(proxy_counted(between).bytes[1], 3);
    proxy_release(between);
    CU_ASSERT(proxy_await_quiet(between, LONG));
    CU_ASSERT_EQUAL(proxy_counted(between).bytes[1], 4);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void delays(void)
{
    char back[4];
    ssize_t end;
    int fd = plan(PROXY_DELAY, false, 1, 30, 0);
    double start = seconds();
    fake_write(fd, "abcd", 4);
    CU_ASSERT_EQUAL(read_some(fd, back, 1, &end), 1);
    CU_ASSERT_EQUAL(read_some(fd, back, 3, &end), 3);
    CU_ASSERT(seconds() - start >= 0.03);
    close(fd);
}

static void splits(void)
{
    char back[64];
    ssize_t got;
    size_t done = 0, reads = 0;
    int fd = plan(PROXY_SPLIT, false, 20, 0, 20);
    memset(back, 'x', sizeof back);
    fake_write(fd, back, 64);
    while (done < 64 && (got = recv(fd, back, sizeof back, 0)) > 0) {
        done += (size_t)got;
        reads++;
    }
    CU_ASSERT_EQUAL(done, 64);
    CU_ASSERT(reads >= 3); /* 22, where the reader is quick enough */
    close(fd);
}

static void records(void)
{
    static const char two[] = "\x16\x03\x01\x00\x04"
                              "abcd"
                              "\x17\x03\x03\x00\x01"
                              "e"
                              "\x17\x03\x03\x00\x02"
                              "fg";
    for (size_t at = 0; at <= 3; at++) {
        static const size_t ends[] = {0, 9, 15, 22};
        char back[32];
        ssize_t end;
        proxy_plan one = {.fault = PROXY_CUT, .to_server = false, .counts_records = true, .at = at};
        proxy_set(between, &one);
        int fd = dial();
        fake_write(fd, two, sizeof two - 1);
        CU_ASSERT_EQUAL(read_some(fd, back, sizeof back, &end), ends[at]);
        CU_ASSERT_EQUAL(end, 0);
        CU_ASSERT_EQUAL(proxy_counted(between).records[0], at);
        close(fd);
        CU_ASSERT(proxy_await_quiet(between, LONG));
    }
}

static void at_command(void)
{
    char back[4];
    struct timeval soon = {0, 20000}, late = {5, 0};
    ssize_t end;
    proxy_set(between, NULL);
    int fd = dial();
    CU_ASSERT(fake_write(fd, "ab", 2) && fake_read(fd, back, 2));
    proxy_silence(between, true);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    fake_write(fd, "cd", 2);
    CU_ASSERT_EQUAL(read_some(fd, back, 2, &end), 0);
    CU_ASSERT_EQUAL(end, -EAGAIN);
    proxy_silence(between, false);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &late, sizeof late);
    CU_ASSERT_EQUAL(read_some(fd, back, 2, &end), 2);
    proxy_refuse(between, true);
    CU_ASSERT_EQUAL(dial(), -1);
    CU_ASSERT(fake_write(fd, "ef", 2) && fake_read(fd, back, 2));
    proxy_refuse(between, false);
    proxy_cut_all(between, false);
    CU_ASSERT_EQUAL(read_some(fd, back, 2, &end), 0);
    CU_ASSERT_EQUAL(end, 0);
    close(fd);
    fd = dial();
    CU_ASSERT(fake_write(fd, "ab", 2) && fake_read(fd, back, 2));
    proxy_cut_all(between, true);
    read_some(fd, back, 2, &end);
    CU_ASSERT_EQUAL(end, -ECONNRESET);
    close(fd);
}

int main(void)
{
    static const test tests[] = {
        {"without a plan all bytes pass, and are counted", without_a_plan},
        {"a cut or a reset comes behind the byte that was said, in either direction", cuts_and_resets},
        {"a fault strikes one connection, once", strikes_once},
        {"what is stalled stays where it is until it is released, though its sender has gone", stalls},
        {"what is delayed comes later", delays},
        {"what is split comes in pieces, and whole", splits},
        {"a fault strikes behind a TLS record", records},
        {"it is silent, refuses and cuts at a command", at_command},
    };
    server = fake_server_start(echo, NULL);
    between = proxy_start(fake_server_port(server));
    int status = SUITE_RUN("proxy", tests);
    proxy_stop(between);
    fake_server_stop(server);
    return status;
}
