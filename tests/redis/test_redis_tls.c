/* TLS: what is checked, what is told when it fails, and certificates that change under a running host. */
#include "certificates.h"
#include "command.h"
#include "probe.h"
#include "redis_server.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

typedef struct tls_case {
    const char *scheme, *host, *database;
    const char *tls; /* members; FOLDER/ is the folder of the certificates */
    ds_status want;
    const char *says;
} tls_case;

static void insert_folder(const char *text, char *out, size_t room)
{
    size_t length = 0;
    while (*text != '\0' && length + 1 < room) {
        if (strncmp(text, "FOLDER", 6) == 0) {
            length += (size_t)snprintf(out + length, room - length, "%s", folder);
            text += 6;
        } else {
            out[length++] = *text++;
        }
    }
    out[length] = '\0';
}

static void expect(const redis_server *server, const tls_case *one)
{
    probe p;
    char url[256], tls[1024], reply[256] = "";
    snprintf(url, sizeof url, "%s://%s:%d%s", one->scheme, one->host, server->tls_port, one->database);
    insert_folder(one->tls, tls, sizeof tls);
    int64_t started = ds_now();
    ds_status status = probe_open(&p, "{\"url\": \"%s\", \"tls\": {%s}}", url, tls);
    if (status == DS_OK)
        status = probe_say(&p, "ECHO hello", false, 5000, reply);
    judge_time(one->want == DS_OK ? "connected with TLS" : one->says, started, 0);
    bool right = status == one->want && (status != DS_OK || strcmp(reply, "hello") == 0) &&
                 (status == DS_OK || strstr(p.error.message, one->says) != NULL) &&
                 strstr(p.error.message, "sesame") == NULL;
    if (!right)
        printf("%s {%s}: %s %s\n", url, tls, ds_status_name(status), p.error.message);
    CU_ASSERT(right);
    probe_close(&p);
}

static redis_server *start(const char *certificate, const char *clients)
{
    static char paths[3][256];
    snprintf(paths[0], sizeof paths[0], "%s/%s.crt", folder, certificate);
    snprintf(paths[1], sizeof paths[1], "%s/%s.key", folder, certificate);
    snprintf(paths[2], sizeof paths[2], "%s/ca.crt", folder);
    return redis_server_start((const char *const[]){"--tls-cert-file", paths[0], "--tls-key-file", paths[1],
                                                    "--tls-ca-cert-file", paths[2], "--tls-auth-clients", clients,
                                                    NULL});
}

#define CA     "\"ca\": \"FOLDER/ca.crt\""
#define CLIENT ", \"cert\": \"FOLDER/client.crt\", \"key\": \"FOLDER/client.key\""

static void run_cases(const redis_server *server, const tls_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(server, &cases[i]);
}
#define RUN_CASES(server, cases) run_cases(server, cases, sizeof(cases) / sizeof((cases)[0]))

static void without_client_certificate(void)
{
    static const tls_case cases[] = {
        {"rediss", "localhost", "", CA, DS_OK, ""},
        {"rediss", "127.0.0.1", "", CA, DS_OK, ""},
        {"rediss", "[::1]", "/2", CA, DS_OK, ""},
        {"redis", "localhost", "", CA, DS_OK, ""},
        {"rediss", "localhost", "", CA ", \"minVersion\": \"1.3\"", DS_OK, ""},
        {"rediss", "localhost", "", "\"ca\": [\"FOLDER/other-ca.crt\", \"FOLDER/ca.crt\"]", DS_OK, ""},
        {"rediss", "localhost", "", "\"ca\": \"FOLDER/authorities\"", DS_OK, ""},
        {"rediss", "localhost", "", "\"ca\": \"FOLDER/hashed\"", DS_OK, ""},
        {"rediss", "localhost", "", "\"verify\": false", DS_OK, ""},
        {"rediss", "127.0.0.1", "", CA ", \"servername\": \"localhost\"", DS_OK, ""},
        {"rediss", "localhost", "", CA ", \"servername\": \"127.0.0.1\"", DS_OK, ""},
        {"rediss", "localhost", "", "", DS_UNREACHABLE, "unknown authority"},
        {"rediss", "localhost", "", "\"ca\": \"FOLDER/other-ca.crt\"", DS_UNREACHABLE, "unknown authority"},
        {"rediss", "localhost", "", CA ", \"servername\": \"redis.example\"", DS_UNREACHABLE,
         "another name than \"redis.example\""},
        {"rediss", "localhost", "", CA ", \"servername\": \"127.0.0.2\"", DS_UNREACHABLE,
         "another name than \"127.0.0.2\""},
        {"rediss", "localhost", "", "\"ca\": \"FOLDER/missing.crt\"", DS_CONFIG, "missing.crt"},
        {"rediss", "localhost", "", "\"ca\": \"FOLDER/empty\"", DS_CONFIG, "holds no certificates"},
        {"rediss", "localhost", "", "\"ca\": \"FOLDER/garbage.crt\"", DS_CONFIG, "garbage.crt"},
        {"rediss", "localhost", "", CA ", \"cert\": \"FOLDER/garbage.crt\", \"key\": \"FOLDER/client.key\"", DS_CONFIG,
         "tls.cert"},
        {"rediss", "localhost", "", CA ", \"cert\": \"FOLDER/client.crt\", \"key\": \"FOLDER/ca.key\"", DS_CONFIG,
         "tls.key"},
        {"rediss", "localhost", "", CA ", \"cert\": \"FOLDER/client.crt\", \"key\": \"FOLDER/missing.key\"", DS_CONFIG,
         "missing.key"},
    };
    redis_server *server = start("server", "no");
    RUN_CASES(server, cases);
    redis_server_stop(server);
}

static void with_client_certificate(void)
{
    static const tls_case cases[] = {
        {"rediss", "localhost", "", CA CLIENT, DS_OK, ""},
        {"rediss", "127.0.0.1", "/1", CA CLIENT ", \"minVersion\": \"1.3\"", DS_OK, ""},
        {"rediss", "localhost", "",
         CA ", \"cert\": \"FOLDER/client.crt\", \"key\": \"FOLDER/client-locked.key\", \"passphrase\": \"open sesame\"",
         DS_OK, ""},
        {"rediss", "localhost", "",
         CA ", \"cert\": \"FOLDER/client.crt\", \"key\": \"FOLDER/client-locked.key\", \"passphrase\": \"shut sesame\"",
         DS_CONFIG, "not opened by the tls.passphrase"},
        {"rediss", "localhost", "", CA ", \"cert\": \"FOLDER/client.crt\", \"key\": \"FOLDER/client-locked.key\"",
         DS_CONFIG, "needs a tls.passphrase"},
        {"rediss", "localhost", "", CA, DS_AUTH, "client certificate"},
        {"rediss", "localhost", "", CA ", \"cert\": \"FOLDER/stranger.crt\", \"key\": \"FOLDER/stranger.key\"", DS_AUTH,
         "client certificate"},
    };
    redis_server *server = start("server", "yes");
    RUN_CASES(server, cases);
    redis_server_stop(server);
}

static void wrong_name(void)
{
    static const tls_case cases[] = {
        {"rediss", "localhost", "", CA, DS_UNREACHABLE, "another name than \"localhost\""},
        {"rediss", "127.0.0.1", "", CA, DS_UNREACHABLE, "another name than \"127.0.0.1\""},
        {"rediss", "localhost", "", CA ", \"servername\": \"other.example\"", DS_OK, ""},
        {"rediss", "localhost", "", "\"verify\": false", DS_OK, ""},
    };
    redis_server *server = start("wrong", "no");
    RUN_CASES(server, cases);
    redis_server_stop(server);
}

static void expired(void)
{
    static const tls_case cases[] = {{"rediss", "localhost", "", CA, DS_UNREACHABLE, "has expired"}};
    redis_server *server = start("expired", "no");
    RUN_CASES(server, cases);
    redis_server_stop(server);
}

/* To a plain server a ClientHello is the beginning of a line that does not end. */
static void plain_port(void)
{
    probe p;
    char reply[256];
    redis_server *server = start("server", "no");
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"tls\": {\"ca\": \"%s/ca.crt\"}}", server->port, folder), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 200, reply), DS_TIMEOUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "TLS handshake"));
    probe_close(&p);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->tls_port), DS_OK);
    ds_status status = probe_say(&p, "PING", false, 5000, reply);
    printf("plain to a TLS port: %s %s\n", ds_status_name(status), p.error.message);
    CU_ASSERT(status == DS_UNREACHABLE);
    probe_close(&p);
    redis_server_stop(server);
}

static void old_version(void)
{
    static char paths[3][256];
    snprintf(paths[0], sizeof paths[0], "%s/server.crt", folder);
    snprintf(paths[1], sizeof paths[1], "%s/server.key", folder);
    snprintf(paths[2], sizeof paths[2], "%s/ca.crt", folder);
    static const tls_case cases[] = {
        {"rediss", "localhost", "", CA, DS_OK, ""},
        {"rediss", "localhost", "", CA ", \"minVersion\": \"1.3\"", DS_UNREACHABLE, "TLS"},
    };
    redis_server *server = redis_server_start(
        (const char *const[]){"--tls-cert-file", paths[0], "--tls-key-file", paths[1], "--tls-ca-cert-file", paths[2],
                              "--tls-auth-clients", "no", "--tls-protocols", "TLSv1.2", NULL});
    RUN_CASES(server, cases);
    redis_server_stop(server);
}

/* Values larger than a TLS record and than the socket's buffers, both ways. */
static void large_values(void)
{
    enum { SIZE = 5 * 1024 * 1024 };
    probe p;
    redis_server *server = start("server", "no");
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"tls\": {\"ca\": \"%s/ca.crt\"}}", server->tls_port, folder),
                    DS_OK);
    redis_request *request = redis_request_new(p.connection);
    request_begin(request, 3);
    request_text(request, "SET");
    request_text(request, "large");
    char *room = request_room(request, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        room[i] = (char)(i * 2654435761u >> 13);
    request_begin(request, 2);
    request_text(request, "GET");
    request_text(request, "large");
    CU_ASSERT_EQUAL(redis_run(p.connection, request, true, probe_call(&p, 20000)), DS_OK);
    const redis_reply *reply = redis_reply_at(request, 1);
    CU_ASSERT(reply != NULL && reply->length == SIZE);
    bool same = reply != NULL && reply->length == SIZE;
    for (size_t i = 0; same && i < SIZE; i++)
        same = reply->text[i] == (char)(i * 2654435761u >> 13);
    CU_ASSERT(same);
    redis_request_free(request);
    probe_close(&p);
    redis_server_stop(server);
}

static void copy_file(const char *from, const char *to)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, from);
    char *text = file_read(path, NULL);
    free(folder_write(folder, to, text));
    free(text);
}

static void certificates_are_read_anew(void)
{
    probe p;
    char reply[256];
    redis_server *server = start("server", "no");
    copy_file("ca.crt", "changing.crt");
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"tls\": {\"ca\": \"%s/changing.crt\"}}", server->tls_port, folder),
                    DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    copy_file("other-ca.crt", "changing.crt");
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    free(redis_server_command(server, "CLIENT KILL TYPE normal"));
    CU_ASSERT_EQUAL(probe_say(&p, "PING", true, 5000, reply), DS_UNREACHABLE);
    copy_file("ca.crt", "changing.crt");
    CU_ASSERT_EQUAL(probe_say(&p, "PING", true, 5000, reply), DS_OK);
    probe_close(&p);
    redis_server_stop(server);
}

static void make_folders(void)
{
    char path[256];
    static const char *const names[] = {"authorities", "hashed", "empty"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        mkdir(path, 0700);
    }
    copy_file("ca.crt", "authorities/first.crt");
    copy_file("other-ca.crt", "authorities/second.pem");
    copy_file("client.key", "authorities/not-a-certificate.key");
    copy_file("ca.crt", "hashed/ca.pem");
    snprintf(path, sizeof path, "%s/hashed", folder);
    command_result rehash = command_run((const char *const[]){"openssl", "rehash", path, NULL}, NULL);
    command_free(&rehash);
    free(folder_write(folder, "garbage.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

int main(void)
{
    static const test tests[] = {
        {"a server's certificate is checked against ca, its name and its address", without_client_certificate},
        {"a server that asks for a client certificate gets it, and says no to a stranger", with_client_certificate},
        {"a certificate of another name is refused, even where the authority is known", wrong_name},
        {"an expired certificate is refused", expired},
        {"TLS to a plain port, and plain to a TLS port, fail within the deadline", plain_port},
        {"minVersion is obeyed", old_version},
        {"values larger than TLS records pass unharmed", large_values},
        {"certificates are read at each connect", certificates_are_read_anew},
    };
    folder = folder_make();
    certificates_make(folder);
    make_folders();
    int status = SUITE_RUN("redis tls", tests);
    folder_remove(folder);
    return status;
}
