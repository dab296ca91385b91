/* shell: the commands at a prompt, for one data source. On a terminal lines are edited by libedit, with history and
 * completion; otherwise they are read as they come. What fails is told, and the next line is read. */
#include "candidates.h"
#include "history.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

typedef struct shell {
    dsctl *ctl; /* with the options that each line begins with */
    EditLine *editor;
    past past;
    char prompt[80];
    int failed; /* the exit status of the last command that failed */
} shell;

/* ---- Ctrl-C: what is under way is cancelled, what was typed is dropped; a second one ends the shell ---- */

static ds_cancel *token;
static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    if (interrupted) {
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupted = 1;
    ds_cancel_set(token);
}

/* ---- keys ---- */

static volatile sig_atomic_t resized;

static void resize(int number)
{
    (void)number;
    resized = 1;
}

/* Waits for a key, or for Ctrl-C, which may come before we wait: the token's descriptor stays readable. */
static bool await_key(EditLine *editor)
{
    struct pollfd ready[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = ds_cancel_fd(token), .events = POLLIN}};
    for (;;) {
        int n = poll(ready, 2, -1);
        if (interrupted || (n < 0 && errno != EINTR))
            return false;
        if (n > 0 && ready[0].revents != 0)
            return true;
        if (resized)
            el_resize(editor);
        resized = 0;
    }
}

/* In place of libedit's, which goes on reading behind a signal. */
static int read_key(EditLine *editor, wchar_t *key)
{
    mbstate_t state = {0};
    char c;
    for (;;) {
        if (!await_key(editor))
            return -1;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got <= 0)
            return (int)got;
        size_t length = mbrtowc(key, &c, 1, &state);
        if (length == (size_t)-1) { /* no character: as it is */
            *key = (unsigned char)c;
            return 1;
        }
        if (length != (size_t)-2)
            return 1;
    }
}

/* ---- completion ---- */

static size_t common_length(const candidates *c)
{
    size_t length = strlen(c->list[0]);
    for (size_t i = 1; i < c->count; i++) {
        size_t same = 0;
        while (same < length && c->list[i][same] == c->list[0][same])
            same++;
        length = same;
    }
    return length;
}

/* Inserts what all candidates go on with; false: nothing. */
static bool insert_common(EditLine *editor, const candidates *c)
{
    char text[1024];
    size_t length = 0, end = common_length(c);
    for (size_t i = c->typed; i < end && length + 8 < sizeof text; i++) {
        if (c->escape && strchr(" \t'\"\\{", c->list[0][i]) != NULL)
            text[length++] = '\\';
        text[length++] = c->list[0][i];
    }
    text[length] = '\0';
    if (c->count == 1)
        strcat(text, c->ending);
    return *text != '\0' && el_insertstr(editor, text) == 0;
}

static void list(const candidates *c)
{
    size_t width = 0, column = 0;
    for (size_t i = 0; i < c->count; i++)
        width = strlen(c->list[i]) > width ? strlen(c->list[i]) : width;
    size_t columns = width + 2 < 80 ? 80 / (width + 2) : 1;
    putchar('\n');
    for (size_t i = 0; i < c->count; i++) {
        column = (column + 1) % columns;
        printf("%-*s%s", column == 0 || i + 1 == c->count ? 0 : (int)width + 2, c->list[i],
               column == 0 || i + 1 == c->count ? "\n" : "");
    }
    fflush(stdout);
}

static unsigned char complete(EditLine *editor, int key)
{
    (void)key;
    shell *s;
    candidates found;
    unsigned char result = CC_ERROR;
    const LineInfo *info = el_line(editor);
    char *line = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
    if (line == NULL || el_get(editor, EL_CLIENTDATA, &s) != 0) {
        free(line);
        return CC_ERROR;
    }
    candidates_find(&found, s->ctl, line);
    if (found.count > 0 && insert_common(editor, &found))
        result = CC_REFRESH;
    else if (found.count > 1) {
        list(&found);
        result = CC_REDISPLAY;
    }
    candidates_free(&found);
    free(line);
    return result;
}

/* ---- lines ---- */

static const char *prompt_of(EditLine *editor)
{
    shell *s;
    return el_get(editor, EL_CLIENTDATA, &s) == 0 ? s->prompt : "> ";
}

static ds_status open_editor(shell *s)
{
    setlocale(LC_CTYPE, ""); /* how wide what is typed is; numbers stay as they are */
    s->editor = el_init("dsctl", stdin, stdout, stderr);
    if (s->editor == NULL || !past_open(&s->past))
        return dsctl_nomem(s->ctl);
    el_set(s->editor, EL_CLIENTDATA, s);
    el_set(s->editor, EL_PROMPT, prompt_of);
    el_set(s->editor, EL_EDITOR, "emacs");
    el_set(s->editor, EL_HIST, history, s->past.lines);
    el_wset(s->editor, EL_ADDFN, L"ds-complete", L"completes what is typed", complete); /* el_set would lose copies */
    el_set(s->editor, EL_GETCFN, read_key);
    el_set(s->editor, EL_BIND, "^I", "ds-complete", NULL);
    el_set(s->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(s->editor, NULL);
    ds_status status = ds_cancel_new(&token, &s->ctl->error);
    if (status == DS_OK)
        sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupt}, NULL);
    sigaction(SIGWINCH, &(struct sigaction){.sa_handler = resize}, NULL);
    s->ctl->cancel = token;
    return status;
}

static void close_editor(shell *s)
{
    signal(SIGINT, SIG_DFL);
    ds_cancel_free(token);
    token = NULL;
    if (s->past.lines != NULL)
        past_close(&s->past);
    if (s->editor != NULL)
        el_end(s->editor);
}

/* The next line, for free(); NULL at the end. */
static char *next_line(shell *s)
{
    if (s->editor == NULL)
        return prompt_ask("", false);
    for (;;) {
        int length;
        interrupted = 0; /* from here on Ctrl-C is meant for this line, and for its command */
        ds_cancel_clear(token);
        const char *line = el_gets(s->editor, &length);
        if (line != NULL && !interrupted)
            return strdup(line);
        if (!interrupted) {
            putchar('\n');
            return NULL;
        }
        el_reset(s->editor);
        putchar('\n');
    }
}

static void help(void)
{
    puts("Each command of dsctl, without the name of the data source, and:\n  help       these lines\n  exit       the "
         "end; Ctrl-D too\nJSON may stand in '...', or as it is where it begins with {.\n");
    commands_print(stdout, true);
}

/* Runs a line; false: it was the last. */
static bool run_words(shell *s, words *w)
{
    dsctl one = *s->ctl;
    if (strcmp(w->list[0], "exit") == 0 || strcmp(w->list[0], "quit") == 0)
        return false;
    if (strcmp(w->list[0], "help") == 0) {
        help();
        return true;
    }
    int status = dsctl_run(&one, (int)w->count, w->list);
    s->ctl->catalog = one.catalog;
    s->ctl->unread = one.unread;
    if (status != 0)
        s->failed = status;
    return !one.unread;
}

static bool run_line(shell *s, const char *line)
{
    words w;
    bool goes_on = true;
    if (line[strspn(line, " \t\r\n")] == '#')
        return true;
    if (!words_split(&w, line, false)) {
        dsctl_tell("out of memory");
        s->failed = 5;
        return true;
    }
    if (s->editor != NULL)
        past_keep(&s->past, line, &w);
    if (w.open != '\0') {
        dsctl_tell("the %c that opens a word is not closed", w.open);
        s->failed = 2;
    } else if (w.count > 0) {
        goes_on = run_words(s, &w);
    }
    words_free(&w);
    return goes_on;
}

ds_status run_shell(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    dsctl base = {.datasources = ctl->datasources, .models = ctl->models, .json = ctl->json, .source = argv[0]};
    shell s = {.ctl = &base};
    if (dsctl_source(ctl, argv[0]) == NULL)
        return ctl->error.status;
    base.catalog = ctl->catalog;
    ds_status status = prompt_is_on() && isatty(STDOUT_FILENO) ? open_editor(&s) : DS_OK;
    snprintf(s.prompt, sizeof s.prompt, "%.70s> ", argv[0]);
    for (char *line; status == DS_OK && (line = next_line(&s)) != NULL;) {
        bool goes_on = run_line(&s, line);
        free(line);
        if (!goes_on)
            break;
    }
    ctl->unread = base.unread;
    bool is_edited = s.editor != NULL;
    close_editor(&s);
    if (status != DS_OK)
        ctl->error = base.error;
    ctl->exit_status = is_edited ? 0 : s.failed;
    return status;
}
