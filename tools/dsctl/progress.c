/* A progress bar on a terminal's standard error. */
#include "dsctl.h"

#include <unistd.h>

#define BAR 30

progress progress_start(const char *what)
{
    return (progress){.what = what, .unit = "records", .percent = -1, .on = isatty(STDERR_FILENO) == 1};
}

void progress_tell(progress *p, uint64_t done, uint64_t total, uint64_t records)
{
    if (!p->on)
        return;
    int percent = total == 0 ? 0 : (int)((double)done * 100 / (double)total);
    if (percent == p->percent && total != 0)
        return;
    p->percent = percent;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i * 100 < percent * BAR ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r%s [%s] %3d %%  %llu %s", p->what, bar, percent, (unsigned long long)records, p->unit);
}

void progress_end(progress *p)
{
    if (p->on && p->percent >= 0)
        fputc('\n', stderr);
}
