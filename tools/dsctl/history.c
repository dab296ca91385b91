/* The shell's history: a file that only its owner may read, a line each, in the folder for such things
 * ($XDG_STATE_HOME/dsctl/history, ~/.local/state without that variable). Each line is added when it is entered, so that shells
 * that run side by side, or are killed, lose nothing. */
#include "history.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT 1000 /* lines; the file is cut to them when it has twice as many */

/* ---- what is not kept ---- */

/* scheme://user:password@ */
static bool holds_credentials(const char *line)
{
    for (const char *at = strstr(line, "://"); at != NULL; at = strstr(at + 3, "://")) {
        size_t length = strcspn(at + 3, " \t\"'");
        if (memchr(at + 3, '@', length) != NULL)
            return true;
    }
    return false;
}

static bool holds_secret(const char *line, const words *w)
{
    static const char *const hints[] = {"pass",   "secret",  "token",   "credential", "masterauth",
                                        "apikey", "api_key", "api-key", "private"};
    static const char *const logins[] = {"auth", "acl", "hello", "migrate"};
    if (*line == ' ' || *line == '\t' || holds_credentials(line))
        return true;
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strcasestr(line, hints[i]) != NULL)
            return true;
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++)
        if (w->count > 1 && strcmp(w->list[0], "execute") == 0 && strcasecmp(w->list[1], logins[i]) == 0)
            return true;
    return false;
}

/* ---- the file ---- */

/* Makes the folders of a path that are not there, for their owner alone. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static char *file_path(void)
{
    const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
    char *path = NULL;
    bool has_state = state != NULL && *state == '/';
    if (!has_state && (home == NULL || *home != '/'))
        return NULL;
    if (asprintf(&path, "%s%s/dsctl/history", has_state ? state : home, has_state ? "" : "/.local/state") < 0)
        return NULL;
    make_folders(path);
    return path;
}

static void enter(past *p, const char *line)
{
    HistEvent event;
    history(p->lines, &event, H_ENTER, line);
}

/* Takes the lines of the file over, and answers how many there are. */
static size_t load(past *p, FILE *file)
{
    char *line = NULL;
    size_t room = 0, count = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        enter(p, line);
        count++;
    }
    free(line);
    return count;
}

/* The newest lines alone, in a new file in the old one's place. */
static void cut(past *p, const char *path)
{
    char *beside = NULL;
    HistEvent event;
    int fd = asprintf(&beside, "%s.XXXXXX", path) < 0 ? -1 : mkostemp(beside, O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file != NULL) {
        for (int more = history(p->lines, &event, H_LAST); more >= 0; more = history(p->lines, &event, H_PREV))
            fprintf(file, "%s\n", event.str);
        if (fclose(file) != 0 || rename(beside, path) != 0)
            unlink(beside);
    }
    free(beside);
}

bool past_open(past *p)
{
    HistEvent event;
    p->file = -1;
    p->lines = history_init();
    if (p->lines == NULL)
        return false;
    history(p->lines, &event, H_SETSIZE, KEPT);
    history(p->lines, &event, H_SETUNIQUE, 1);
    char *path = file_path();
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    size_t count = file == NULL ? 0 : load(p, file);
    if (file != NULL)
        fclose(file);
    if (count >= 2 * KEPT)
        cut(p, path);
    if (path != NULL)
        p->file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->file >= 0)
        fchmod(p->file, 0600); /* it may have been made by hand */
    free(path);
    return true;
}

void past_keep(past *p, const char *line, const words *w)
{
    size_t length = strcspn(line, "\n");
    if (length == 0 || holds_secret(line, w))
        return;
    char *copy = NULL;
    if (asprintf(&copy, "%.*s\n", (int)length, line) < 0)
        return;
    if (p->file >= 0 && write(p->file, copy, length + 1) < 0) {
        close(p->file); /* no room, say: the shell goes on without */
        p->file = -1;
    }
    copy[length] = '\0';
    enter(p, copy);
    free(copy);
}

void past_close(past *p)
{
    if (p->lines != NULL)
        history_end(p->lines);
    if (p->file >= 0)
        close(p->file);
}
