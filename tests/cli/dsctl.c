/* What the tests of dsctl share. */
#include "dsctl.h"

#include <stdarg.h>

char *folder, *config, *models, *program;
redis_server *server;
const char *on = "mem";

char *in_folder(const char *name)
{
    size_t room = strlen(folder) + strlen(name) + 2;
    char *path = malloc(room);
    snprintf(path, room, "%s/%s", folder, name);
    return path;
}

void dsctl_begin(const char *models_json)
{
    char text[2048], path[512];
    folder = folder_make();
    snprintf(path, sizeof path, "%s/dsctl", getenv("DS_BUILDDIR"));
    program = strdup(path);
    server = redis_server_start(NULL);
    snprintf(text, sizeof text,
             "{\"mem\":{\"connector\":\"memory\",\"file\":\"%s/records\"},"
             "\"red\":{\"connector\":\"redis\",\"url\":\"unix://%s\",\"keyPrefix\":\"t:\"},"
             "\"two\":{\"connector\":\"memory\",\"file\":\"%s/others\"},"
             "\"lite\":{\"connector\":\"sqlite\",\"file\":\"%s/lite.db\"}}",
             folder, server->socket, folder, folder);
    config = folder_write(folder, "datasources.json", text);
    models = models_json == NULL ? NULL : folder_write(folder, "models.json", models_json);
}

void dsctl_end(void)
{
    redis_server_stop(server);
    folder_remove(folder);
    free(config);
    free(models);
    free(program);
}

command_result dsctl(const char *input, ...)
{
    const char *argv[20] = {program, "-c", config};
    size_t n = 3;
    va_list words;
    if (models != NULL) {
        argv[n++] = "-m";
        argv[n++] = models;
    }
    va_start(words, input);
    while ((argv[n] = va_arg(words, const char *)) != NULL)
        n++;
    va_end(words);
    return command_run(argv, input);
}

void dsctl_clear(const char *source, const char *model)
{
    command_result cleared = dsctl(NULL, "delete", source, model, "--all", NULL);
    CU_ASSERT_EQUAL(cleared.status, 0);
    command_free(&cleared);
}

char *dsctl_exported(const char *source, const char *model)
{
    command_result r = dsctl(NULL, "export", source, model, "-", NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    if (r.status != 0)
        printf("\nexport: %s", r.err);
    free(r.err);
    return r.out;
}
