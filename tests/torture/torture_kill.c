/* kill -9 during 200 rounds of batches on every connector that keeps records in a file: what was acknowledged is there, and
 * the rest is whole or absent. */
#include "command.h"
#include "killed_batches.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>

#define KILLS 200

static void kill_often(const char *connector, const char *more, const char *beside_suffix, killed_tally *tally)
{
    char *folder = folder_make(), settings[700], beside[600];
    snprintf(settings, sizeof settings, "{\"file\":\"%s/data\"%s}", folder, more);
    snprintf(beside, sizeof beside, "%s/data%s", folder, beside_suffix);
    killed_batches(connector, settings, KILLS, beside, tally);
    printf("\n%s%s: %.1f s, %d kills, %llu batches of %llu writes, %d batches there and not acknowledged, %d times "
           "with %s",
           connector, more, tally->seconds, tally->rounds, (unsigned long long)tally->batches,
           (unsigned long long)tally->writes, tally->unacknowledged, tally->torn, beside_suffix);
    CU_ASSERT(tally->rounds >= 200);
    CU_ASSERT(tally->batches >= 600);
    CU_ASSERT(tally->writes >= 10000);
    folder_remove(folder);
}

static void memory_file_keeps_what_it_acknowledged(void)
{
    killed_tally tally;
    kill_often("memory", "", ".compacting", &tally);
}

static void sqlite_keeps_what_it_acknowledged(void)
{
    killed_tally tally;
    kill_often("sqlite", "", "-wal", &tally);
    CU_ASSERT(tally.torn > 100); /* the log that the next one reads */
}

/* What was begun is undone by the next one that opens the file. */
static void sqlite_with_a_rollback_journal_does_too(void)
{
    killed_tally tally;
    kill_often("sqlite", ",\"journalMode\":\"DELETE\"", "-journal", &tally);
    CU_ASSERT(tally.torn > 20);
}

int main(void)
{
    static const test tests[] = {
        {"memory's file keeps what it acknowledged, and the rest is whole or absent",
         memory_file_keeps_what_it_acknowledged},
        {"sqlite keeps what it acknowledged, and the rest is whole or absent", sqlite_keeps_what_it_acknowledged},
        {"sqlite with a rollback journal does too", sqlite_with_a_rollback_journal_does_too},
    };
    random_start();
    return SUITE_RUN("torture: kill -9 during batches", tests);
}
