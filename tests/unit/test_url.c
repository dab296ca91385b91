/* ds_url_split(): a table of URLs, good and bad. */
#include "failing.h"
#include "suite.h"

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "S3cr3t"

typedef struct good {
    const char *text;
    bool is_socket;
    const char *scheme, *user, *password, *host, *path;
    int port;
    const char *query; /* names and values, as "a=1&b=2" */
} good;

static const good goods[] = {
    {"redis://", false, "redis", NULL, NULL, NULL, NULL, 0, ""},
    {"redis:///", false, "redis", NULL, NULL, NULL, "", 0, ""},
    {"redis://?a=1", false, "redis", NULL, NULL, NULL, NULL, 0, "a=1"},
    {"redis://h", false, "redis", NULL, NULL, "h", NULL, 0, ""},
    {"redis://h/", false, "redis", NULL, NULL, "h", "", 0, ""},
    {"redis://h/2", false, "redis", NULL, NULL, "h", "2", 0, ""},
    {"redis://h/1/2", false, "redis", NULL, NULL, "h", "1/2", 0, ""},
    {"redis://h//1", false, "redis", NULL, NULL, "h", "/1", 0, ""},
    {"redis://h:1", false, "redis", NULL, NULL, "h", NULL, 1, ""},
    {"redis://h:65535/15", false, "redis", NULL, NULL, "h", "15", 65535, ""},
    {"redis://:6379", false, "redis", NULL, NULL, NULL, NULL, 6379, ""},
    {"redis://:6379/3", false, "redis", NULL, NULL, NULL, "3", 6379, ""},
    {"rediss://db.example.com:6380/0", false, "rediss", NULL, NULL, "db.example.com", "0", 6380, ""},
    {"redis://127.0.0.1:6379", false, "redis", NULL, NULL, "127.0.0.1", NULL, 6379, ""},
    {"redis://x@h", false, "redis", "x", NULL, "h", NULL, 0, ""},
    {"redis://@h", false, "redis", "", NULL, "h", NULL, 0, ""},
    {"redis://:@h", false, "redis", "", "", "h", NULL, 0, ""},
    {"redis://u:@h", false, "redis", "u", "", "h", NULL, 0, ""},
    {"redis://:p@h", false, "redis", "", "p", "h", NULL, 0, ""},
    {"redis://u:p@h:7/1", false, "redis", "u", "p", "h", "1", 7, ""},
    {"redis://u:p@", false, "redis", "u", "p", NULL, NULL, 0, ""},
    {"redis://u:p@/4", false, "redis", "u", "p", NULL, "4", 0, ""},
    {"redis://u:p@:7", false, "redis", "u", "p", NULL, NULL, 7, ""},
    {"redis://u:p@q@h", false, "redis", "u", "p@q", "h", NULL, 0, ""},
    {"redis://u:@@@h", false, "redis", "u", "@@", "h", NULL, 0, ""},
    {"redis://u:p:q@h", false, "redis", "u", "p:q", "h", NULL, 0, ""},
    {"redis://a%40b:c%3Ad@h", false, "redis", "a@b", "c:d", "h", NULL, 0, ""},
    {"redis://:%2f%2F%3f%23@h", false, "redis", "", "//?#", "h", NULL, 0, ""},
    {"redis://:%25%20@h", false, "redis", "", "% ", "h", NULL, 0, ""},
    {"redis://:%c3%BC@h", false, "redis", "", "\xC3\xBC", "h", NULL, 0, ""},
    {"redis://:p+q@h", false, "redis", "", "p+q", "h", NULL, 0, ""},
    {"redis://[::1]", false, "redis", NULL, NULL, "::1", NULL, 0, ""},
    {"redis://[::1]:6379/1", false, "redis", NULL, NULL, "::1", "1", 6379, ""},
    {"redis://u:p@[2001:db8::1]:7", false, "redis", "u", "p", "2001:db8::1", NULL, 7, ""},
    {"redis://[::ffff:127.0.0.1]", false, "redis", NULL, NULL, "::ffff:127.0.0.1", NULL, 0, ""},
    {"redis://[fe80::1%eth0]:7", false, "redis", NULL, NULL, "fe80::1%eth0", NULL, 7, ""},
    {"redis://u:[@h", false, "redis", "u", "[", "h", NULL, 0, ""},
    {"redis://h?", false, "redis", NULL, NULL, "h", NULL, 0, ""},
    {"redis://h?db=2", false, "redis", NULL, NULL, "h", NULL, 0, "db=2"},
    {"redis://h/1?db=2", false, "redis", NULL, NULL, "h", "1", 0, "db=2"},
    {"redis://h?a=1&b=2&a=3", false, "redis", NULL, NULL, "h", NULL, 0, "a=1&b=2&a=3"},
    {"redis://h?a", false, "redis", NULL, NULL, "h", NULL, 0, "a="},
    {"redis://h?a=", false, "redis", NULL, NULL, "h", NULL, 0, "a="},
    {"redis://h?a=b=c", false, "redis", NULL, NULL, "h", NULL, 0, "a=b=c"},
    {"redis://h?a=%26%3D", false, "redis", NULL, NULL, "h", NULL, 0, "a=&="},
    {"redis://h?mail=a%40b", false, "redis", NULL, NULL, "h", NULL, 0, "mail=a@b"},
    {"redis://h?a=x/y?z", false, "redis", NULL, NULL, "h", NULL, 0, "a=x/y?z"},
    {"redis://h/a%20b%2Fc", false, "redis", NULL, NULL, "h", "a b/c", 0, ""},
    {"a+b-1.c://h", false, "a+b-1.c", NULL, NULL, "h", NULL, 0, ""},
    {"unix:///run/redis.sock", true, "unix", NULL, NULL, NULL, "/run/redis.sock", 0, ""},
    {"unix:///run/redis.sock?db=2", true, "unix", NULL, NULL, NULL, "/run/redis.sock", 0, "db=2"},
    {"unix://u:p@/run/r.sock?db=2", true, "unix", "u", "p", NULL, "/run/r.sock", 0, "db=2"},
    {"unix://:p@/run/r.sock", true, "unix", "", "p", NULL, "/run/r.sock", 0, ""},
    {"unix://u@/run/r.sock", true, "unix", "u", NULL, NULL, "/run/r.sock", 0, ""},
    {"unix://u:p@q@/run/r.sock", true, "unix", "u", "p@q", NULL, "/run/r.sock", 0, ""},
    {"unix:///run/redis@1.sock", true, "unix", NULL, NULL, NULL, "/run/redis@1.sock", 0, ""},
    {"unix:///run/a%20b.sock", true, "unix", NULL, NULL, NULL, "/run/a b.sock", 0, ""},
    {"unix:///run/a:b.sock", true, "unix", NULL, NULL, NULL, "/run/a:b.sock", 0, ""},
};

typedef struct bad {
    const char *text;
    bool is_socket;
    const char *says;
} bad;

static const bad bads[] = {
    {NULL, false, "no URL"},
    {"", false, "scheme"},
    {"localhost", false, "scheme"},
    {"localhost:6379", false, "scheme"},
    {"redis:", false, "scheme"},
    {"redis:/h", false, "scheme"},
    {"redis:h", false, "scheme"},
    {"://h", false, "scheme"},
    {"1redis://h", false, "scheme"},
    {"re dis://h", false, "scheme"},
    {"redis_://h", false, "scheme"},
    {" redis://h", false, "scheme"},
    {"redis://h#", false, "%23"},
    {"redis://:" SECRET "#1@h", false, "%23"},
    {"redis://h/1#x", false, "%23"},
    {"redis://h:", false, "port"},
    {"redis://h:0", false, "port"},
    {"redis://h:65536", false, "port"},
    {"redis://h:99999999999999999999999", false, "port"},
    {"redis://h:-1", false, "port"},
    {"redis://h:+1", false, "port"},
    {"redis://h:6379x", false, "port"},
    {"redis://h: 6379", false, "port"},
    {"redis://h:06379", false, "port"},
    {"redis://h:%36", false, "port"},
    {"redis://u:" SECRET "/x@h", false, "%2F"},
    {"redis://u:12/" SECRET "@h:6379", false, "%2F"},
    {"redis://u:" SECRET "?x@h", false, "%3F"},
    {"redis://u:12?" SECRET "@h", false, "%3F"},
    {"redis://u:12?" SECRET "=x@h", false, "%3F"},
    {"redis://h?mail=a@b", false, "%40"},
    {"redis://h/a@b", false, "%40"},
    {"redis://" SECRET " x/", false, "host"},
    {"redis://h st", false, "host"},
    {"redis://h\n", false, "host"},
    {"redis://h%6F", false, "host"},
    {"redis://h\\x", false, "host"},
    {"redis://h]", false, "host"},
    {"redis://a:b:c", false, "colon"},
    {"redis://::1", false, "colon"},
    {"redis://u:p@::1:6379", false, "colon"},
    {"redis://[::1", false, "bracket"},
    {"redis://[::1/0", false, "bracket"},
    {"redis://[]", false, "IPv6"},
    {"redis://[127.0.0.1]", false, "IPv6"},
    {"redis://[h:1]", false, "IPv6"},
    {"redis://[::1]6379", false, "between the bracket"},
    {"redis://[::1]:", false, "port"},
    {"redis://[::1]:x", false, "port"},
    {"redis://:%00" SECRET "@h", false, "%00"},
    {"redis://%00@h", false, "%00"},
    {"redis://h/%00", false, "%00"},
    {"redis://h?a=%00", false, "%00"},
    {"redis://:" SECRET "%@h", false, "hexadecimal"},
    {"redis://:" SECRET "%1@h", false, "hexadecimal"},
    {"redis://:" SECRET "%g1@h", false, "hexadecimal"},
    {"redis://:" SECRET "%1g@h", false, "hexadecimal"},
    {"redis://%zz@h", false, "hexadecimal"},
    {"redis://h/%4", false, "hexadecimal"},
    {"redis://h?a=%", false, "hexadecimal"},
    {"redis://h?=1", false, "without a name"},
    {"redis://h?a=1&", false, "without a name"},
    {"redis://h?&a=1", false, "without a name"},
    {"redis://h?a=1&&b=2", false, "without a name"},
    {"unix://", true, "path of the socket"},
    {"unix:///", true, "path of the socket"},
    {"unix://?db=1", true, "path of the socket"},
    {"unix://u:p@", true, "path of the socket"},
    {"unix://run/r.sock", true, "begins with '/'"},
    {"unix://h:1/run/r.sock", true, "begins with '/'"},
    {"unix://u:" SECRET "/x@/run/r.sock", true, "begins with '/'"},
    {"unix:/run/r.sock", true, "scheme"},
    {"unix:///run/r.sock#1", true, "%23"},
    {"unix:///run/%00", true, "%00"},
};

static bool same(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool query_is(const ds_url *url, const char *expected)
{
    char text[256] = "";
    for (size_t i = 0; i < url->query_count; i++) {
        strcat(text, i == 0 ? "" : "&");
        strcat(text, url->query_names[i]);
        strcat(text, "=");
        strcat(text, url->query_values[i]);
    }
    return strcmp(text, expected) == 0;
}

static void good_urls(void)
{
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
        const good *g = &goods[i];
        ds_url *url = NULL;
        ds_error err = {0};
        if (ds_url_split(g->text, g->is_socket, &url, &err) != DS_OK) {
            printf("\n%s: %s", g->text, err.message);
            CU_FAIL("a good URL is refused");
            continue;
        }
        bool right = same(url->scheme, g->scheme) && same(url->user, g->user) && same(url->password, g->password) &&
                     same(url->host, g->host) && same(url->path, g->path) && url->port == g->port &&
                     query_is(url, g->query);
        if (!right)
            printf("\n%s", g->text);
        CU_ASSERT(right);
        ds_url_free(url);
    }
}

static void bad_urls(void)
{
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        const bad *b = &bads[i];
        ds_url *url = NULL;
        ds_error err = {0};
        ds_status status = ds_url_split(b->text, b->is_socket, &url, &err);
        bool right = status == DS_CONFIG && err.status == DS_CONFIG && url == NULL &&
                     strstr(err.message, b->says) != NULL && strstr(err.message, SECRET) == NULL;
        if (!right)
            printf("\n%s: %s", b->text == NULL ? "NULL" : b->text, err.message);
        CU_ASSERT(right);
        CU_ASSERT_EQUAL(ds_url_split(b->text, b->is_socket, &url, NULL), DS_CONFIG);
    }
}

static void every_prefix(void)
{
    static const char whole[] = "rediss://us%20er:p%40ss@[2001:db8::1]:6380/12?a=%20b&c=d";
    for (size_t length = 0; length <= strlen(whole); length++) {
        char *text = strndup(whole, length);
        ds_url *url = NULL;
        ds_status status = ds_url_split(text, false, &url, NULL);
        CU_ASSERT((status == DS_OK) == (url != NULL));
        CU_ASSERT(status == DS_OK || status == DS_CONFIG);
        ds_url_free(url);
        free(text);
    }
}

static ds_status split_whole(void *user, ds_error *err)
{
    ds_url *url = NULL;
    ds_status status = ds_url_split("redis://u:p@h:7/1?a=1&b=2", false, &url, err);
    (void)user;
    CU_ASSERT((status == DS_OK) == (url != NULL));
    ds_url_free(url);
    return status;
}

static void out_of_memory(void)
{
    size_t allocations = 0;
    CU_ASSERT(failing_everywhere(split_whole, NULL, &allocations));
    CU_ASSERT_EQUAL(allocations, 12);
}

static void freeing_nothing(void)
{
    ds_url_free(NULL);
}

int main(void)
{
    static const test tests[] = {
        {"a good URL is split into its parts, decoded", good_urls},
        {"a bad URL is one sentence that says what is wrong and shows no password", bad_urls},
        {"whatever a URL is cut to, it is split or refused", every_prefix},
        {"out of memory at any allocation is DS_NOMEM, and nothing is lost", out_of_memory},
        {"freeing no URL does nothing", freeing_nothing},
    };
    return SUITE_RUN("url", tests);
}
