#include "suite.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

int suite_run(const char *name, const test *tests, size_t count)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return EXIT_FAILURE;
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    for (size_t i = 0; suite != NULL && i < count; i++)
        if (CU_add_test(suite, tests[i].sentence, tests[i].run) == NULL)
            suite = NULL;
    int failed = 1;
    if (suite != NULL && CU_basic_run_tests() == CUE_SUCCESS)
        failed = CU_get_number_of_failures() != 0 || CU_get_number_of_tests_failed() != 0 ||
                 CU_get_number_of_tests_run() != count;
    CU_cleanup_registry();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
