/* A progress bar on a terminal's standard error. */
#include "dsctl.h"

#include <unistd.h>

#define BAR 30

progress progress_start(const char *what)
{
    return (progress){.what = what, .percent = -1, .on = isatty(STDERR_FILENO) == 1};
}

static bool is_drawn; /* a bar stands on the line */

void progress_clear(void)
{
    if (is_drawn)
        fputs("\r\033[K", stderr);
    is_drawn = false;
}

static void draw(const progress *p)
{
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i * 100 < p->percent * BAR ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r%s [%s] %3d %%  %llu records", p->what, bar, p->percent, (unsigned long long)p->records);
    is_drawn = true;
}

void progress_tell(progress *p, uint64_t done, uint64_t total, uint64_t records)
{
    int percent = total == 0 ? 0 : done >= total ? 100 : (int)((double)done * 100 / (double)total);
    bool is_news = percent != p->percent || (total == 0 && records % 1000 == 0);
    p->percent = percent;
    p->records = records;
    if (p->on && is_news)
        draw(p);
}

void progress_end(progress *p)
{
    if (!p->on || p->percent < 0)
        return;
    draw(p);
    is_drawn = false;
    fputc('\n', stderr);
}
