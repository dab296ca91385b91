/* Certificates that are rotated under a running host: server and client get new ones of a new authority, in the files that they
 * were in. The next operation succeeds, and the data source is not opened anew. */
#include <datasource/datasource.h>

#include "certificates.h"
#include "command.h"
#include "redis_server.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder; /* what is in use: ca, server and client */
static redis_server *server;
static ds_source *source;
static ds_error error;

static void put(const char *from, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", from, name);
    char *text = file_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    free(folder_write(folder, name, text));
    free(text);
}

static void put_client(const char *from)
{
    put(from, "ca.crt"); /* the server has read it by now */
    put(from, "client.crt");
    put(from, "client.key");
}

static void put_server(const char *from)
{
    put(from, "ca.crt");
    put(from, "server.crt");
    put(from, "server.key");
}

/* Also where the files are the ones that it has, it reads them anew. */
static void tell_server(const char *certificates)
{
    char words[1024];
    snprintf(words, sizeof words,
             "CONFIG SET tls-cert-file %s/server.crt tls-key-file %s/server.key tls-ca-cert-file %s/ca.crt",
             certificates, certificates, certificates);
    char *reply = redis_server_command(server, words);
    CU_ASSERT_STRING_EQUAL(reply, "+OK\r\n");
    free(reply);
}

static void kill_clients(void)
{
    char *reply = redis_server_command(server, "CLIENT KILL TYPE normal");
    CU_ASSERT(reply[0] == ':' && atoi(reply + 1) >= 1);
    free(reply);
}

static ds_status open_with(const char *certificates, ds_source **out)
{
    char settings[1024];
    snprintf(
        settings, sizeof settings,
        "{\"host\": \"localhost\", \"port\": %d, \"keyPrefix\": \"c:\", \"tls\": {\"ca\": \"%s/ca.crt\", \"cert\": "
        "\"%s/client.crt\", \"key\": \"%s/client.key\"}}",
        server->tls_port, certificates, certificates, certificates);
    return ds_source_open("redis", settings, out, &error);
}

/* One write, which may not be repeated, counted from `from`. */
static void write_on(ds_status want, int64_t from)
{
    ds_value now = ds_null();
    ds_status status =
        ds_increment(ds_source_model(source, "thing", NULL), ds_string("a"), "n", ds_integer(1), &now, &error);
    if (status != want)
        printf("\n    %s: %s", ds_status_name(status), status == DS_OK ? "" : error.message);
    CU_ASSERT_EQUAL(status, want);
    CU_ASSERT(status != DS_OK || (now.type == DS_INTEGER && now.as.integer == from + 1));
}

/* With what was in use before nobody connects any more: it is the new ones that the data source has read. */
static void is_refused_with(const char *certificates, const char *says)
{
    ds_source *old = NULL;
    CU_ASSERT_EQUAL_FATAL(open_with(certificates, &old), DS_OK);
    CU_ASSERT_NOT_EQUAL(ds_connect(old, &error), DS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, says));
    ds_source_close(old);
}

static void begin(const char *certificates)
{
    static char paths[3][256]; /* for each restart */
    folder = folder_make();
    put_server(certificates);
    put_client(certificates);
    snprintf(paths[0], sizeof paths[0], "%s/server.crt", folder);
    snprintf(paths[1], sizeof paths[1], "%s/server.key", folder);
    snprintf(paths[2], sizeof paths[2], "%s/ca.crt", folder);
    server = redis_server_start((const char *const[]){"--tls-cert-file", paths[0], "--tls-key-file", paths[1],
                                                      "--tls-ca-cert-file", paths[2], "--tls-auth-clients", "yes",
                                                      "--appendonly", "yes", "--appendfsync", "always", NULL});
    CU_ASSERT_EQUAL_FATAL(open_with(folder, &source), DS_OK);
    free(redis_server_command(server, "HSET c:thing:a n 0"));
    write_on(DS_OK, 0);
}

static void end(void)
{
    ds_source_close(source);
    redis_server_stop(server);
    folder_remove(folder);
}

static char *sets[2]; /* of certificates that know nothing of each other */

static void a_server_that_reads_new_ones(void)
{
    begin(sets[0]);
    put_server(sets[1]);
    tell_server(folder);
    put_client(sets[1]);
    write_on(DS_OK, 1); /* the connection that there is goes on */
    kill_clients();
    write_on(DS_OK, 2);
    is_refused_with(sets[0], "unknown authority");
    for (int i = 0; i < 4; i++) { /* and back, and so on */
        const char *next = sets[i % 2];
        put_server(next);
        tell_server(folder);
        put_client(next);
        kill_clients();
        write_on(DS_OK, 3 + i);
    }
    end();
}

static void a_server_that_is_restarted_with_new_ones(void)
{
    begin(sets[0]);
    put_server(sets[1]);
    put_client(sets[1]);
    redis_server_restart(server);
    write_on(DS_OK, 1);
    is_refused_with(sets[0], "unknown authority");
    end();
}

/* The host is late: what fails meanwhile says why, and once the files are there the next operation succeeds. */
static void files_that_are_replaced_late(void)
{
    begin(sets[0]);
    tell_server(sets[1]);
    kill_clients();
    write_on(DS_UNREACHABLE, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "unknown authority"));
    put(sets[1], "ca.crt"); /* half of it: the client's own is still of the old authority */
    write_on(DS_AUTH, 1);
    put_client(sets[1]);
    write_on(DS_OK, 1);
    end();
}

int main(void)
{
    static const test tests[] = {
        {"a server that reads new certificates is reached with the client's new ones", a_server_that_reads_new_ones},
        {"so is a server that is restarted with new ones", a_server_that_is_restarted_with_new_ones},
        {"files that are replaced late make the next operation succeed", files_that_are_replaced_late},
    };
    for (size_t i = 0; i < 2; i++)
        certificates_make(sets[i] = folder_make());
    int failed = SUITE_RUN("redis certificates", tests);
    for (size_t i = 0; i < 2; i++)
        folder_remove(sets[i]);
    return failed;
}
