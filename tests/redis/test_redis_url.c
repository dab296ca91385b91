/* URLs, REDIS_OM_URL, and what the settings mean together with them. */
#include "probe.h"
#include "redis/options.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#define NONE (-1)

typedef struct good {
    const char *url;
    bool tls;
    const char *username, *password, *host;
    int port;
    int64_t database;
    const char *path;
} good;

static const good fine[] = {
    {"redis://", false, NULL, NULL, NULL, 0, NONE, NULL},
    {"redis:///", false, NULL, NULL, NULL, 0, NONE, NULL},
    {"redis:///0", false, NULL, NULL, NULL, 0, 0, NULL},
    {"redis:///15", false, NULL, NULL, NULL, 0, 15, NULL},
    {"redis://:6380", false, NULL, NULL, NULL, 6380, NONE, NULL},
    {"redis://localhost", false, NULL, NULL, "localhost", 0, NONE, NULL},
    {"redis://localhost/", false, NULL, NULL, "localhost", 0, NONE, NULL},
    {"redis://localhost:6379", false, NULL, NULL, "localhost", 6379, NONE, NULL},
    {"redis://localhost:6379/", false, NULL, NULL, "localhost", 6379, NONE, NULL},
    {"redis://localhost:6379/9", false, NULL, NULL, "localhost", 6379, 9, NULL},
    {"redis://localhost:1", false, NULL, NULL, "localhost", 1, NONE, NULL},
    {"redis://localhost:65535", false, NULL, NULL, "localhost", 65535, NONE, NULL},
    {"redis://127.0.0.1:7000/2", false, NULL, NULL, "127.0.0.1", 7000, 2, NULL},
    {"redis://[::1]", false, NULL, NULL, "::1", 0, NONE, NULL},
    {"redis://[::1]:6380/3", false, NULL, NULL, "::1", 6380, 3, NULL},
    {"redis://[2001:db8::7]:6380", false, NULL, NULL, "2001:db8::7", 6380, NONE, NULL},
    {"redis://x@h", false, "x", NULL, "h", 0, NONE, NULL},
    {"redis://x:@h", false, "x", "", "h", 0, NONE, NULL},
    {"redis://:p@h", false, NULL, "p", "h", 0, NONE, NULL},
    {"redis://:@h", false, NULL, NULL, "h", 0, NONE, NULL},
    {"redis://@h", false, NULL, NULL, "h", 0, NONE, NULL},
    {"redis://x:p@h:1/2", false, "x", "p", "h", 1, 2, NULL},
    {"redis://x:p@", false, "x", "p", NULL, 0, NONE, NULL},
    {"redis://x:p@/4", false, "x", "p", NULL, 0, 4, NULL},
    {"redis://x:p@:99", false, "x", "p", NULL, 99, NONE, NULL},
    {"redis://x:p@[fe80::1]:99", false, "x", "p", "fe80::1", 99, NONE, NULL},
    {"redis://x:p%40q@h", false, "x", "p@q", "h", 0, NONE, NULL},
    {"redis://x:p@q@h", false, "x", "p@q", "h", 0, NONE, NULL},
    {"redis://x:@@@h", false, "x", "@@", "h", 0, NONE, NULL},
    {"redis://x:p:q@h", false, "x", "p:q", "h", 0, NONE, NULL},
    {"redis://x:p%3Aq@h", false, "x", "p:q", "h", 0, NONE, NULL},
    {"redis://x:%2F%3F%23@h", false, "x", "/?#", "h", 0, NONE, NULL},
    {"redis://x%3Ay:p@h", false, "x:y", "p", "h", 0, NONE, NULL},
    {"redis://a%20b:c%20d@h", false, "a b", "c d", "h", 0, NONE, NULL},
    {"redis://x:%C3%A9@h", false, "x", "\xc3\xa9", "h", 0, NONE, NULL},
    {"redis://x:%ff@h", false, "x", "\xff", "h", 0, NONE, NULL},
    {"redis://x:p+q@h", false, "x", "p+q", "h", 0, NONE, NULL},
    {"redis://h/%31", false, NULL, NULL, "h", 0, 1, NULL},
    {"redis://h?db=5", false, NULL, NULL, "h", 0, 5, NULL},
    {"redis://h/?db=5", false, NULL, NULL, "h", 0, 5, NULL},
    {"redis://h/5?db=5", false, NULL, NULL, "h", 0, 5, NULL},
    {"redis://h/5?", false, NULL, NULL, "h", 0, 5, NULL},
    {"redis://h?db=5&db=5", false, NULL, NULL, "h", 0, 5, NULL},
    {"redis://h/2147483647", false, NULL, NULL, "h", 0, 2147483647, NULL},
    {"redis://cache.example.com:6379/0", false, NULL, NULL, "cache.example.com", 6379, 0, NULL},
    {"REDIS://h", false, NULL, NULL, "h", 0, NONE, NULL},
    {"rediss://h", true, NULL, NULL, "h", 0, NONE, NULL},
    {"rediss://", true, NULL, NULL, NULL, 0, NONE, NULL},
    {"rediss://x:p@h:6380/1", true, "x", "p", "h", 6380, 1, NULL},
    {"rediss://[::1]:6380", true, NULL, NULL, "::1", 6380, NONE, NULL},
    {"Rediss://h", true, NULL, NULL, "h", 0, NONE, NULL},
    {"unix:///run/redis.sock", false, NULL, NULL, NULL, 0, NONE, "/run/redis.sock"},
    {"unix:///run/redis.sock?db=3", false, NULL, NULL, NULL, 0, 3, "/run/redis.sock"},
    {"unix://x:p@/run/redis.sock?db=0", false, "x", "p", NULL, 0, 0, "/run/redis.sock"},
    {"unix://:p@/run/redis.sock", false, NULL, "p", NULL, 0, NONE, "/run/redis.sock"},
    {"unix://x@/run/redis.sock", false, "x", NULL, NULL, 0, NONE, "/run/redis.sock"},
    {"unix:///tmp/a%20b.sock", false, NULL, NULL, NULL, 0, NONE, "/tmp/a b.sock"},
    {"unix:///r", false, NULL, NULL, NULL, 0, NONE, "/r"},
};

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void good_urls(void)
{
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        redis_url url;
        ds_error error = {0};
        const good *want = &fine[i];
        ds_status status = redis_url_parse(want->url, "the setting url", &url, &error);
        bool right = status == DS_OK && url.tls == want->tls && same(url.username, want->username) &&
                     same(url.password, want->password) && same(url.host, want->host) && url.port == want->port &&
                     url.database == want->database && same(url.path, want->path);
        if (!right)
            printf("%s: %s\n", want->url, status == DS_OK ? "wrong parts" : error.message);
        CU_ASSERT(right);
        redis_url_free(&url);
    }
}

static const char *const bad[] = {
    "",
    "redis",
    "redis:",
    "redis:/",
    "redis:localhost",
    "localhost",
    "localhost:6379",
    "//localhost",
    "http://localhost",
    "https://localhost",
    "redisss://localhost",
    "redis+unix:///run/redis.sock",
    "redis-socket:///run/redis.sock",
    "valkey://localhost",
    " redis://localhost",
    "redis://localhost:0",
    "redis://localhost:65536",
    "redis://localhost:99999999999999999999",
    "redis://localhost:-1",
    "redis://localhost:",
    "redis://localhost:port",
    "redis://localhost:63 79",
    "redis://localhost/x",
    "redis://localhost/1x",
    "redis://localhost/-1",
    "redis://localhost/+1",
    "redis://localhost/1.5",
    "redis://localhost/2147483648",
    "redis://localhost/99999999999999999999999",
    "redis://localhost/1/2",
    "redis://localhost/1/",
    "redis://localhost//1",
    "redis://localhost/0#x",
    "redis://x:SECRET#y@localhost",
    "redis://x:SECRET%@localhost",
    "redis://x:SECRET%4@localhost",
    "redis://x:SECRET%zz@localhost",
    "redis://x:SECRET%00y@localhost",
    "redis://x:SECRET/y@localhost",
    "redis://x:SECRET?y@localhost",
    "redis://x:SECRET@localhost:99999",
    "redis://x:SECRET@localhost/1?timeout=5",
    "redis://x:SECRET@localhost/nine",
    "redis://x:SECRET@[::1",
    "redis://[::1",
    "redis://::1",
    "redis://::1:6379",
    "redis://[::1]x",
    "redis://[::1]:x",
    "redis://[localhost]",
    "redis://lo%63alhost",
    "redis://local host",
    "redis://localhost?timeout=5",
    "redis://localhost?DB=5",
    "redis://localhost?db=",
    "redis://localhost?db",
    "redis://localhost?db=x",
    "redis://localhost?db=-1",
    "redis://localhost?=5",
    "redis://localhost/1?db=2",
    "redis://localhost?db=1&db=2",
    "redis://localhost?db=1&",
    "unix://",
    "unix:///",
    "unix:/run/redis.sock",
    "unix://run/redis.sock",
    "unix://localhost/run/redis.sock",
    "unix:///run/redis.sock?db=x",
    "unix:///run/redis.sock?db=1&db=2",
    "unix:///run/redis.sock?database=1",
    "unix:///run/redis.sock#0",
    "unix://x:SECRET@run/redis.sock",
};

static void bad_urls(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        redis_url url;
        ds_error error = {0};
        ds_status status = redis_url_parse(bad[i], "the setting url", &url, &error);
        bool right = status == DS_CONFIG && strstr(error.message, "the setting url") != NULL &&
                     strstr(error.message, "SECRET") == NULL;
        if (!right)
            printf("%s: %s %s\n", bad[i], ds_status_name(status), error.message);
        CU_ASSERT(right);
        redis_url_free(&url);
    }
}

static void enough_urls(void)
{
    CU_ASSERT(sizeof fine / sizeof fine[0] + sizeof bad / sizeof bad[0] >= 80);
}

/* ---- settings ---- */

typedef struct merge {
    const char *settings;
    ds_status status;
    const char *says; /* part of the sentence, or of what was understood: where username password database tls */
} merge;

static const merge merges[] = {
    {"{}", DS_OK, "127.0.0.1:6379 - - 0 plain"},
    {"{\"port\": 7000}", DS_OK, "127.0.0.1:7000 - - 0 plain"},
    {"{\"port\": \"7000\"}", DS_OK, "127.0.0.1:7000 - - 0 plain"},
    {"{\"host\": \"::1\"}", DS_OK, "[::1]:6379 - - 0 plain"},
    {"{\"host\": \"h\", \"username\": \"u\", \"password\": \"p\", \"database\": \"4\"}", DS_OK, "h:6379 u p 4 plain"},
    {"{\"host\": \"h\", \"tls\": true}", DS_OK, "h:6379 - - 0 tls"},
    {"{\"host\": \"h\", \"tls\": {}}", DS_OK, "h:6379 - - 0 tls"},
    {"{\"host\": \"h\", \"tls\": false}", DS_OK, "h:6379 - - 0 plain"},
    {"{\"url\": \"redis://\", \"host\": \"h\"}", DS_OK, "h:6379 - - 0 plain"},
    {"{\"url\": \"redis://h\", \"host\": \"h\"}", DS_OK, "h:6379 - - 0 plain"},
    {"{\"url\": \"redis://h\", \"port\": 7}", DS_OK, "h:7 - - 0 plain"},
    {"{\"url\": \"redis://h:7\", \"port\": 7}", DS_OK, "h:7 - - 0 plain"},
    {"{\"url\": \"redis://h\", \"password\": \"p\", \"database\": 3}", DS_OK, "h:6379 - p 3 plain"},
    {"{\"url\": \"redis://x@h/3\", \"password\": \"p\", \"database\": 3}", DS_OK, "h:6379 x p 3 plain"},
    {"{\"url\": \"redis://:p@h\", \"username\": \"x\"}", DS_OK, "h:6379 x p 0 plain"},
    {"{\"url\": \"redis://h\", \"tls\": true}", DS_OK, "h:6379 - - 0 tls"},
    {"{\"url\": \"rediss://h\"}", DS_OK, "h:6379 - - 0 tls"},
    {"{\"url\": \"rediss://h\", \"tls\": {\"verify\": false}}", DS_OK, "h:6379 - - 0 tls"},
    {"{\"url\": \"unix:///r.sock?db=2\", \"password\": \"p\"}", DS_OK, "/r.sock - p 2 plain"},
    {"{\"password\": \"\"}", DS_OK, "127.0.0.1:6379 - - 0 plain"},
    {"{\"reconnect\": false}", DS_OK, "127.0.0.1:6379"},
    {"{\"reconnect\": 100}", DS_OK, "127.0.0.1:6379"},
    {"{\"reconnect\": {\"base\": 5, \"max\": 10, \"jitter\": 1, \"maxRetries\": 3}}", DS_OK, "127.0.0.1:6379"},
    {"{\"connections\": 1, \"waitReplicas\": 0, \"cache\": false, \"maxPending\": 5, \"idlePing\": 0}", DS_OK, "127"},
    {"{\"url\": \"\"}", DS_CONFIG, "url"},
    {"{\"url\": \"redis://h\", \"host\": \"i\"}", DS_CONFIG, "host"},
    {"{\"url\": \"redis://h:7\", \"port\": 8}", DS_CONFIG, "port"},
    {"{\"url\": \"redis://x@h\", \"username\": \"y\"}", DS_CONFIG, "username"},
    {"{\"url\": \"redis://:SECRET@h\", \"password\": \"SECRET2\"}", DS_CONFIG, "password"},
    {"{\"url\": \"redis://h/1\", \"database\": 2}", DS_CONFIG, "database"},
    {"{\"url\": \"redis://h/1\", \"database\": 0}", DS_CONFIG, "database"},
    {"{\"url\": \"rediss://h\", \"tls\": false}", DS_CONFIG, "tls"},
    {"{\"url\": \"unix:///r.sock\", \"tls\": true}", DS_CONFIG, "tls"},
    {"{\"url\": \"unix:///r.sock\", \"host\": \"h\"}", DS_CONFIG, "host"},
    {"{\"url\": \"unix:///r.sock\", \"port\": 1}", DS_CONFIG, "port"},
    {"{\"host\": \"\"}", DS_CONFIG, "host"},
    {"{\"host\": \"a\\u0000b\"}", DS_CONFIG, "NUL"},
    {"{\"password\": \"SECRET\", \"passwordFile\": \"/x\"}", DS_CONFIG, "the settings password and passwordFile"},
    {"{\"tls\": {\"cert\": \"/x\"}}", DS_CONFIG, "tls.cert"},
    {"{\"tls\": {\"key\": \"/x\"}}", DS_CONFIG, "tls.key"},
    {"{\"tls\": {\"minVersion\": \"1.1\"}}", DS_CONFIG, "minVersion"},
    /* Files are looked at before a server is: none is there. */
    {"{\"tls\": {\"ca\": \"/etc/passwd\"}}", DS_CONFIG, "\"/etc/passwd\" cannot be used"},
    {"{\"tls\": {\"ca\": [\"/no/such\"]}}", DS_CONFIG, "\"/no/such\" cannot be read"},
    {"{\"tls\": {\"cert\": \"/no/such\", \"key\": \"/no/such\"}}", DS_CONFIG, "the setting tls.cert"},
    {"{\"passwordFile\": \"/no/such\"}", DS_CONFIG, "the setting passwordFile: the file \"/no/such\""},
    {"{\"passwordFile\": \"/dev/null\"}", DS_CONFIG, "is empty"},
    {"{\"reconnect\": true}", DS_CONFIG, "the setting reconnect"},
    {"{\"reconnect\": \"yes\"}", DS_CONFIG, "reconnect"},
    {"{\"tls\": {\"ciphers\": \"x\"}}", DS_CONFIG, "ciphers"},
    {"{\"port\": 0}", DS_CONFIG, "port"},
    {"{\"port\": 65536}", DS_CONFIG, "port"},
    {"{\"database\": -1}", DS_CONFIG, "database"},
    {"{\"clientName\": \"a b\"}", DS_CONFIG, "clientName"},
    {"{\"keyPrefix\": \"a{b}\"}", DS_CONFIG, "keyPrefix"},
    {"{\"hostname\": \"h\"}", DS_CONFIG, "hostname"},
    {"{\"connections\": 64}", DS_OK, "127.0.0.1:6379"},
    {"{\"connections\": 65}", DS_CONFIG, "an integer from 1 to 64"},
    {"{\"connections\": 0}", DS_CONFIG, "connections"},
    {"{\"waitReplicas\": 1}", DS_UNSUPPORTED, "waitReplicas"},
    {"{\"cache\": {\"maxBytes\": 1000}}", DS_UNSUPPORTED, "cache"},
    {"{\"cluster\": true}", DS_UNSUPPORTED, "cluster"},
    {"{\"cluster\": {\"nodes\": [\"h:1\"]}}", DS_UNSUPPORTED, "cluster"},
    {"{\"sentinel\": {\"name\": \"m\", \"nodes\": [\"h:1\"]}}", DS_UNSUPPORTED, "sentinel"},
};

static void describe(ds_source *source, char out[512])
{
    redis_config config;
    ds_error error = {0};
    snprintf(out, 512, "?");
    if (config_read(&config, source, &error) != DS_OK)
        return;
    snprintf(out, 512, "%s %s %s %lld %s", config.where, config.username == NULL ? "-" : config.username,
             config.password == NULL ? "-" : config.password, (long long)config.database,
             config.use_tls ? "tls" : "plain");
    config_clear(&config);
}

static void settings_merge(void)
{
    unsetenv("REDIS_OM_URL");
    for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++) {
        probe p;
        char text[512] = "";
        ds_status status = probe_open(&p, "%s", merges[i].settings);
        if (status == DS_OK)
            describe(p.source, text);
        else
            snprintf(text, sizeof text, "%s", p.error.message);
        bool right =
            status == merges[i].status && strstr(text, merges[i].says) != NULL && strstr(text, "SECRET") == NULL;
        if (!right)
            printf("%s: %s %s\n", merges[i].settings, ds_status_name(status), text);
        CU_ASSERT(right);
        probe_close(&p);
    }
}

static void expect_from_environment(const char *url, const char *settings, ds_status want, const char *says)
{
    probe p;
    char text[512] = "";
    setenv("REDIS_OM_URL", url, 1);
    ds_status status = probe_open(&p, "%s", settings);
    if (status == DS_OK)
        describe(p.source, text);
    else
        snprintf(text, sizeof text, "%s", p.error.message);
    bool right = status == want && strstr(text, says) != NULL && strstr(text, "SECRET") == NULL;
    if (!right)
        printf("REDIS_OM_URL=%s %s: %s %s\n", url, settings, ds_status_name(status), text);
    CU_ASSERT(right);
    probe_close(&p);
    unsetenv("REDIS_OM_URL");
}

static void environment(void)
{
    expect_from_environment("redis://e:1/2", "{}", DS_OK, "e:1 - - 2 plain");
    expect_from_environment("redis://e:1", "{\"password\": \"p\"}", DS_OK, "e:1 - p 0 plain");
    expect_from_environment("redis://e:1", "{\"tls\": true}", DS_OK, "e:1 - - 0 tls");
    expect_from_environment("redis://e:1/2", "{\"database\": 3}", DS_CONFIG, "database");
    expect_from_environment("redis://e:1", "{\"host\": \"h\"}", DS_OK, "h:6379");
    expect_from_environment("redis://e:1", "{\"port\": 2}", DS_OK, "127.0.0.1:2");
    expect_from_environment("redis://e:1", "{\"url\": \"redis://u\"}", DS_OK, "u:6379");
    expect_from_environment("", "{}", DS_OK, "127.0.0.1:6379");
    expect_from_environment("http://x:SECRET@e", "{}", DS_CONFIG, "REDIS_OM_URL");
}

static void long_socket(void)
{
    probe p;
    char path[300];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    CU_ASSERT_EQUAL(probe_open(&p, "{\"url\": \"unix:///%s\"}", path), DS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "300 bytes"));
    probe_close(&p);
}

int main(void)
{
    static const test tests[] = {
        {"a well-formed URL yields its parts", good_urls},
        {"a malformed URL is DS_CONFIG, names its setting and never shows the password", bad_urls},
        {"the table has at least 80 URLs", enough_urls},
        {"url and the single settings add to each other and never differ", settings_merge},
        {"REDIS_OM_URL is used with none of url, host and port", environment},
        {"the path of a socket that is too long is refused", long_socket},
    };
    return SUITE_RUN("redis url", tests);
}
