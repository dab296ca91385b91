/* Mutation tests: the strings of the unit tests, damaged by chance, go through the public API. Nothing may crash, leave
 * memory behind, or be refused without a sentence. As many inputs each run; another seed each run, which is printed and
 * given again as DS_SEED=n. DS_FUZZ=n tries n times as many. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <datasource/datasource.h>

typedef struct corpus {
    char **texts;
    size_t *lengths;
    size_t count;
} corpus;

void corpus_add(corpus *, const char *text);
/* The string literals of a test's source that begin with one of these characters. */
void corpus_read(corpus *, const char *file, const char *first);
void corpus_free(corpus *);

/* Tries one input: NUL-terminated behind `length`, and it may hold NULs. false: it was answered wrongly. */
typedef bool fuzz_try(const char *text, size_t length);

/* What main() does and returns: tries each text of the corpus as it is, and then `inputs` damaged ones. What is live in the
 * library's memory must be the same before and behind each, once all that stays was made by a first round. */
extern size_t fuzz_accepted; /* a test counts what it did not refuse: that must be some, and not all */
int fuzz_run(const char *name, const corpus *, size_t inputs, fuzz_try *);

void fuzz_start(void); /* before anything else: seeds, counts allocations */
/* A damaged copy of a text of the corpus, for free(). */
char *fuzz_mutate(const corpus *, size_t *length);
/* Whether a failure is one of this status with one line of UTF-8 for a sentence. */
bool fuzz_says(const ds_error *, ds_status answered, ds_status expected);

/* ---- things.c: records to be found, on memory ---- */

enum { THINGS_MODELS = 3 };
extern ds_model *things[THINGS_MODELS]; /* strict, with a property of each type; not strict; not defined at all */
void things_open(void);
void things_close(void);
/* Walks through what a query finds. false: it was refused without a sentence. */
bool things_find(ds_model *, const ds_query *, size_t *found, ds_status *status);

#endif
