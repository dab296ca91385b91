/* A progress bar on a terminal's standard error. */
#include "dsctl.h"

#include <unistd.h>

#define BAR 30

progress progress_start(const char *what)
{
    return (progress){.what = what, .percent = -1, .on = isatty(STDERR_FILENO) == 1};
}

static void draw(const progress *p)
{
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i * 100 < p->percent * BAR ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r%s [%s] %3d %%  %llu records", p->what, bar, p->percent, (unsigned long long)p->records);
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
    fputc('\n', stderr);
}
