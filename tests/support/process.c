#include "process.h"

#include <datasource/connector.h>

#include <dirent.h>
#include <stddef.h>
#include <time.h>

double now_ms(void)
{
    return (double)ds_now() / 1e6;
}

static int count_entries(const char *folder)
{
    int count = 0;
    DIR *entries = opendir(folder);
    for (const struct dirent *one; entries != NULL && (one = readdir(entries)) != NULL;)
        count += one->d_name[0] != '.';
    if (entries != NULL)
        closedir(entries);
    return count;
}

int descriptors_open(void)
{
    return count_entries("/proc/self/fd");
}

int threads_alive(int wanted)
{
    const struct timespec moment = {0, 1000000};
    int count = count_entries("/proc/self/task");
    for (int i = 0; i < 5000 && wanted > 0 && count != wanted; i++) {
        nanosleep(&moment, NULL);
        count = count_entries("/proc/self/task");
    }
    return count;
}
