/* URLs: split, or refused with a sentence in which nothing of a password is found. */
#include "fuzz.h"

#include <datasource/connector.h>
#include <stdlib.h>

#define SECRET "S3cr3t" /* as test_url has it */

static bool is_whole(const ds_url *url, bool is_socket)
{
    bool right = url->scheme != NULL && url->scheme[0] != '\0' && url->port >= 0 && url->port <= 65535;
    for (size_t i = 0; i < url->query_count; i++)
        right = right && url->query_names[i] != NULL && url->query_values[i] != NULL;
    if (is_socket)
        right = right && url->host == NULL && url->port == 0 && url->path != NULL && url->path[0] == '/';
    return right;
}

static bool try(const char *text, size_t length)
{
    bool right = true;
    (void)length;
    for (int is_socket = 0; is_socket < 2; is_socket++) {
        ds_error err = {0};
        ds_url *url = NULL;
        ds_status status = ds_url_split(text, is_socket, &url, &err);
        if (status == DS_OK)
            right = right && is_whole(url, is_socket), fuzz_accepted += !is_socket;
        else
            right = right && url == NULL && fuzz_says(&err, status, DS_CONFIG) && strstr(err.message, SECRET) == NULL;
        ds_url_free(url);
    }
    return right;
}

int main(void)
{
    corpus texts = {0};
    fuzz_start();
    corpus_read(&texts, "tests/unit/test_url.c", "ru");
    int status =
        fuzz_run("damaged URLs are refused with a sentence without a password, or split", &texts, 1000000, try);
    corpus_free(&texts);
    return status;
}
