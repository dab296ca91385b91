/* ULIDs: all different, in order, and not repeated by a child process. */
#include "model/record.h"

#include "suite.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *make_ulids(void *user)
{
    char(*ulids)[27] = user;
    for (size_t i = 0; i < 20000; i++)
        ulid_make(ulids[i]);
    return NULL;
}

static int compare_ulids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void ulids_of_threads(void)
{
    static char all[4 * 20000][27];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, make_ulids, all[20000 * i]) == 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    size_t wrong = 0;
    for (size_t i = 0; i < 80000; i++)
        wrong += strspn(all[i], "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != 26 || all[i][26] != '\0' ||
                 (i % 20000 != 0 && strcmp(all[i - 1], all[i]) >= 0);
    CU_ASSERT_EQUAL(wrong, 0);
    qsort(all, 80000, 27, compare_ulids);
    for (size_t i = 1; i < 80000; i++)
        wrong += strcmp(all[i - 1], all[i]) == 0;
    CU_ASSERT_EQUAL(wrong, 0);
}

static void ulids_of_a_child(void)
{
    int ends[2];
    char before[27], mine[27], theirs[27] = "";
    ulid_make(before);
    CU_ASSERT_FATAL(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        ulid_make(theirs);
        _exit(write(ends[1], theirs, sizeof theirs) == (ssize_t)sizeof theirs ? 0 : 1);
    }
    ulid_make(mine);
    CU_ASSERT_EQUAL(read(ends[0], theirs, sizeof theirs), (ssize_t)sizeof theirs);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT(strcmp(before, mine) < 0 && strcmp(before, theirs) < 0);
    CU_ASSERT(memcmp(mine + 14, theirs + 14, 12) != 0); /* not the time: what the kernel gave */
    close(ends[0]);
    close(ends[1]);
}

static const test tests[] = {
    {"ULIDs of four threads are all different, and in order within a thread", ulids_of_threads},
    {"a child process makes other ULIDs than its parent", ulids_of_a_child},
};

int main(void)
{
    return SUITE_RUN("ulids", tests);
}
