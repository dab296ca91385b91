#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

char *file_read(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t n = 0, room = 0, got;
    if (file == NULL)
        return NULL;
    do {
        if (n + 65536 > room)
            text = realloc(text, room = (n + 65536) * 2);
        got = fread(text + n, 1, 65535, file);
        n += got;
    } while (got > 0);
    fclose(file);
    text[n] = '\0';
    if (length != NULL)
        *length = n;
    return text;
}

char *folder_make(void)
{
    char *folder = strdup("/tmp/datasource-test-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        perror("mkdtemp");
        exit(EXIT_FAILURE);
    }
    return folder;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

void folder_remove(char *folder)
{
    if (folder != NULL)
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

char *folder_write(const char *folder, const char *name, const char *text)
{
    size_t room = strlen(folder) + strlen(name) + 2;
    char *path = malloc(room);
    snprintf(path, room, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return path;
}

command_result command_run(const char *const *argv, const char *input)
{
    command_result result = {.status = -1};
    char *folder = folder_make(), *in = folder_write(folder, "in", input == NULL ? "" : input);
    char out[64], err[64];
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(err, sizeof err, "%s/err", folder);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, in, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ) == 0) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    posix_spawn_file_actions_destroy(&actions);
    result.out = file_read(out, &result.out_length);
    result.err = file_read(err, NULL);
    free(in);
    folder_remove(folder);
    return result;
}

void command_free(command_result *result)
{
    free(result->out);
    free(result->err);
}
