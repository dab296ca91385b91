/* datasource-conformance CONNECTOR [SETTINGS-JSON] [--seed N] [--only GROUP] [--masked] [--programs]: proves that a connector does
 * what every connector must. It makes models of its own (Conformance-PID-N) and deletes their records again. */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 1500

/* what others build on comes first; behind them come those that a program makes */
static const group *const groups[] = {&group_create, &group_values,  &group_find,   &group_order,
                                      &group_delete, &group_update,  &group_models, &group_conditions,
                                      &group_batch,  &group_threads, &group_queue};
#define GROUPS (sizeof groups / sizeof *groups)

static int usage(void)
{
    fprintf(
        stderr,
        "usage: datasource-conformance CONNECTOR [SETTINGS-JSON] [--seed N] [--only GROUP] [--masked] [--programs]\n"
        "groups:");
    for (size_t i = 0; i < GROUPS; i++)
        fprintf(stderr, " %s", groups[i]->name);
    fputs(" operators generated\n", stderr);
    return 2;
}

static bool is_group(const char *name)
{
    bool is_one = strcmp(name, "operators") == 0 || strcmp(name, "generated") == 0;
    for (size_t i = 0; i < GROUPS; i++)
        is_one = is_one || strcmp(name, groups[i]->name) == 0;
    return is_one;
}

int main(int argc, char **argv)
{
    suite s = {.settings = NULL, .seed = (uint64_t)time(NULL)};
    bool masked = false;
    ds_error error;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--masked") == 0)
            masked = true;
        else if (strcmp(argv[i], "--programs") == 0)
            s.programs = true;
        else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
            s.seed = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--only") == 0)
            s.only = argv[++i];
        else if (argv[i][0] == '-')
            return usage();
        else if (s.connector == NULL)
            s.connector = argv[i];
        else if (s.settings == NULL)
            s.settings = argv[i];
        else
            return usage();
    }
    if (s.connector == NULL || (s.only != NULL && !is_group(s.only)))
        return usage();
    if (s.settings == NULL)
        s.settings = "{}";
    if (sources_open(&s, &error) != DS_OK) {
        fprintf(stderr, "datasource-conformance: %s\n", error.message);
        return EXIT_FAILURE;
    }
    mask_put_on(masked);
    printf("conformance of the connector %s%s, seed %llu\n", s.connector, masked ? ", masked" : "",
           (unsigned long long)s.seed);
    for (size_t i = 0; i < GROUPS; i++)
        run_group(&s, groups[i]);
    if (s.only == NULL || strcmp(s.only, "operators") == 0)
        run_operators(&s);
    if (s.only == NULL || strcmp(s.only, "generated") == 0)
        run_generated(&s, ROUNDS);
    sources_close(&s);
    if (s.failed > 1)
        printf("mend the first failure first: those behind it may follow from it\n");
    printf("%u passed, %u failed\n", s.passed, s.failed);
    return s.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
