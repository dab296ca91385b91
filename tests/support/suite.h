/* A test program in one call: a table of sentences and the functions that prove them, run by CUnit. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <CUnit/CUnit.h>
#include <stddef.h>

typedef struct test {
    const char *sentence;
    void (*run)(void);
} test;

/* Runs them and prints CUnit's summary; what main() returns. */
int suite_run(const char *name, const test *tests, size_t count);
#define SUITE_RUN(name, tests) suite_run(name, tests, sizeof(tests) / sizeof((tests)[0]))

#endif
