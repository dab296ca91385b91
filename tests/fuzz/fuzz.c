/* The corpus, the damage, and what an answer must be like. */
#include "fuzz.h"

#include "command.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- memory ---- */

static size_t live; /* one thread */

static void *count_malloc(size_t size, void *user)
{
    void *memory = malloc(size);
    (void)user;
    live += memory != NULL;
    return memory;
}

static void *count_realloc(void *memory, size_t size, void *user)
{
    void *moved = realloc(memory, size);
    (void)user;
    live += memory == NULL && moved != NULL;
    return moved;
}

static void count_free(void *memory, void *user)
{
    (void)user;
    live -= memory != NULL;
    free(memory);
}

void fuzz_start(void)
{
    const ds_allocator allocator = {sizeof allocator, count_malloc, count_realloc, count_free, NULL};
    setvbuf(stdout, NULL, _IOLBF, 0);
    random_start();
    if (ds_set_allocator(&allocator, NULL) != DS_OK)
        abort();
}

/* ---- the corpus ---- */

static void add_bytes(corpus *all, const char *text, size_t length)
{
    if (all->count % 64 == 0) {
        all->texts = realloc(all->texts, (all->count + 64) * sizeof *all->texts);
        all->lengths = realloc(all->lengths, (all->count + 64) * sizeof *all->lengths);
    }
    char *copy = malloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    all->texts[all->count] = copy;
    all->lengths[all->count++] = length;
}

void corpus_add(corpus *all, const char *text)
{
    add_bytes(all, text, strlen(text));
}

void corpus_free(corpus *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->texts[i]);
    free(all->texts);
    free(all->lengths);
}

/* One character of a literal, behind which it returns; an escape is undone. */
static const char *read_character(const char *at, char *out)
{
    static const char letters[] = "ntr0abfv", meant[] = "\n\t\r\0\a\b\f\v";
    if (*at != '\\')
        return *out = *at, at + 1;
    if (at[1] == 'x') {
        char *end;
        *out = (char)strtoul(at + 2, &end, 16);
        return end;
    }
    const char *letter = strchr(letters, at[1]);
    *out = letter == NULL ? at[1] : meant[letter - letters];
    return at + 2;
}

/* One literal, with those that follow it; `out` has room for all of the file. */
static const char *read_literals(const char *at, char *out, size_t *length)
{
    *length = 0;
    while (*at == '"') {
        for (at++; *at != '"' && *at != '\0';)
            at = read_character(at, &out[(*length)++]);
        at += *at == '"';
        const char *next = at + strspn(at, " \t\n\\");
        at = *next == '"' ? next : at;
    }
    return at;
}

void corpus_read(corpus *all, const char *file, const char *first)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("DS_SRCDIR"), file);
    char *source = file_read(path, NULL), *text = source == NULL ? NULL : malloc(strlen(source) + 1);
    size_t length, before = all->count;
    for (const char *at = source; at != NULL && *at != '\0';)
        if (at[0] == '\'' && at[1] != '\0') /* '"' */
            at += at[1] == '\\' ? 4 : 3;
        else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at, "*/");
            at = end == NULL ? "" : end + 2;
        } else if (*at == '"') {
            at = read_literals(at, text, &length);
            if (length > 0 && strchr(first, text[0]) != NULL)
                add_bytes(all, text, length);
        } else
            at++;
    free(text);
    free(source);
    if (all->count == before) {
        printf("%s has no texts\n", path);
        exit(EXIT_FAILURE);
    }
}

/* ---- mutation ---- */

/* Texts that were accepted, damaged ones among them: they lead further than what is refused at its first byte. */
enum { POOL = 1024, POOL_LENGTH = 2048 };
static corpus pool;

static void pool_add(const char *bytes, size_t length)
{
    if (length > POOL_LENGTH)
        return;
    add_bytes(&pool, bytes, length);
    if (pool.count <= POOL)
        return;
    size_t gone = random_below(POOL);
    free(pool.texts[gone]);
    pool.texts[gone] = pool.texts[--pool.count];
    pool.lengths[gone] = pool.lengths[pool.count];
}

static void pool_clear(void)
{
    corpus_free(&pool);
    pool = (corpus){0};
}

/* What parsers look for, and numbers at which types end. */
static const char *const tokens[] = {"{",
                                     "}",
                                     "[",
                                     "]",
                                     "\"",
                                     ",",
                                     ":",
                                     "\\",
                                     "\\u0000",
                                     "\\ud800",
                                     "null",
                                     "true",
                                     "false",
                                     "0",
                                     "-0",
                                     "-1",
                                     "1e400",
                                     "1e-400",
                                     "0.1",
                                     "2147483648",
                                     "4294967296",
                                     "9007199254740993",
                                     "9223372036854775807",
                                     "9223372036854775808",
                                     "-9223372036854775808",
                                     "18446744073709551616",
                                     "1e308",
                                     "NaN",
                                     "Infinity",
                                     "\"id\"",
                                     "\"and\"",
                                     "\"or\"",
                                     "\"nor\"",
                                     "\"eq\"",
                                     "\"gt\"",
                                     "\"inq\"",
                                     "\"nin\"",
                                     "\"between\"",
                                     "\"like\"",
                                     "\"regexp\"",
                                     "\"contains\"",
                                     "\"exists\"",
                                     "\"options\"",
                                     "\"$date\"",
                                     "\"$binary\"",
                                     "\"$json\"",
                                     "\"where\"",
                                     "\"order\"",
                                     "\"limit\"",
                                     "\"fields\"",
                                     "\"after\"",
                                     "\"type\"",
                                     "\"properties\"",
                                     "\"settings\"",
                                     "\"connector\"",
                                     "\"memory\"",
                                     "\"redis\"",
                                     "\"string\"",
                                     "\"integer\"",
                                     "${HOME}",
                                     "${",
                                     "$${",
                                     "(",
                                     ")",
                                     "(?",
                                     "*",
                                     "+",
                                     "%",
                                     "_",
                                     "/",
                                     "\xc3\xa9",
                                     "\xff",
                                     "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80",
                                     "\xef\xbb\xbf",
                                     "\n",
                                     "2020-02-29T23:59:60Z",
                                     "9999-12-31",
                                     "0000-01-01",
                                     "AAEC",
                                     "=",
                                     "@",
                                     "://",
                                     "?",
                                     "&",
                                     "#",
                                     "%00",
                                     "%2F",
                                     ":65536",
                                     "[::1]",
                                     ".",
                                     "..",
                                     ".0",
                                     ","};

typedef struct draft {
    char *bytes;
    size_t length, room;
} draft;

/* Puts `n` bytes in place of `removed` ones. */
static void splice(draft *t, size_t at, size_t removed, const char *bytes, size_t n)
{
    if (t->length - removed + n > t->room)
        return;
    memmove(t->bytes + at + n, t->bytes + at + removed, t->length - at - removed);
    memcpy(t->bytes + at, bytes, n);
    t->length = t->length - removed + n;
}

static void repeat(draft *t, size_t at)
{
    char part[64];
    size_t n = 1 + random_below(16), times = 1 + random_below(random_below(8) == 0 ? 600 : 8);
    if (at + n > t->length)
        return;
    memcpy(part, t->bytes + at, n);
    while (times-- > 0)
        splice(t, at, 0, part, n);
}

/* The string, number or word at or behind `at`: where it starts, and how long it is. */
static size_t find_token(const draft *t, size_t at, size_t *length)
{
    while (at < t->length && strchr(" \t\n,:[]{}", t->bytes[at]) != NULL)
        at++;
    size_t end = at;
    if (at < t->length && t->bytes[at] == '"') {
        for (end++; end < t->length && t->bytes[end] != '"'; end++)
            end += t->bytes[end] == '\\';
        end++;
    } else
        while (end < t->length && strchr(" \t\n,:[]{}\"", t->bytes[end]) == NULL)
            end++;
    *length = (end < t->length ? end : t->length) - at;
    return at;
}

/* One token becomes another one, of this text, another text or the list: what stays JSON goes deeper into a parser. */
static void exchange(draft *t, size_t at, const draft *other)
{
    const char *token = tokens[random_below(sizeof tokens / sizeof tokens[0])];
    size_t length, n, from = find_token(other, random_below(other->length + 1), &n);
    at = find_token(t, at, &length);
    if (random_below(2) == 0)
        splice(t, at, length, token, strlen(token));
    else
        splice(t, at, length, other->bytes + from, n);
}

static void mutate_once(draft *t, const corpus *all)
{
    size_t at = random_below(t->length + 1), left = t->length - at, some = left == 0 ? 0 : random_below(left) % 24;
    size_t which = random_below(all->count), start = random_below(all->lengths[which] + 1);
    const draft other = {.bytes = all->texts[which], .length = all->lengths[which]};
    const char *token = tokens[random_below(sizeof tokens / sizeof tokens[0])];
    char byte = (char)random_bits();
    switch (random_below(14)) {
    case 0: /* a bit */
        if (left > 0)
            t->bytes[at] = (char)(t->bytes[at] ^ (1 << random_below(8)));
        break;
    case 1:
        splice(t, at, left > 0, &byte, 1);
        break;
    case 2:
        splice(t, at, some, "", 0);
        break;
    case 3:
        t->length = random_below(8) == 0 ? at : t->length;
        break;
    case 4:
        repeat(t, at);
        break;
    case 5:
        splice(t, at, some, other.bytes + start, (other.length - start) % 64);
        break;
    case 6:
        if (left > 0) { /* a digit or a letter becomes its neighbour */
            byte = (char)(t->bytes[at] + 1);
            splice(t, at, 1, &byte, 1);
        }
        break;
    case 7:
        splice(t, at, random_below(2) == 0 ? 0 : some, token, strlen(token));
        break;
    default:
        exchange(t, at, &other);
    }
}

char *fuzz_mutate(const corpus *all, size_t *length)
{
    if (pool.count > 0 && random_below(8) != 0)
        all = &pool;
    size_t which = random_below(all->count);
    draft t = {.length = all->lengths[which], .room = all->lengths[which] + 16384};
    t.bytes = malloc(t.room + 1);
    memcpy(t.bytes, all->texts[which], t.length);
    for (size_t n = 1 + random_below(random_below(3) == 0 ? 6 : 2); n > 0; n--)
        mutate_once(&t, all);
    t.bytes[t.length] = '\0';
    *length = t.length;
    return realloc(t.bytes, t.length + 1); /* so that a sanitizer sees what reads beyond it */
}

/* ---- judging ---- */

static size_t utf8_step(const unsigned char *at)
{
    size_t n = at[0] < 0x80                    ? 1
               : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
               : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
               : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                               : 0;
    for (size_t i = 1; i < n; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

bool fuzz_says(const ds_error *err, ds_status answered, ds_status expected)
{
    const unsigned char *at = (const unsigned char *)err->message;
    bool fine = answered == expected && err->status == answered && strlen(err->message) > 10 &&
                strlen(err->message) < sizeof err->message;
    for (size_t n; fine && *at != '\0'; at += n) {
        n = utf8_step(at);
        fine = n > 0 && *at >= ' ' && *at != 0x7f;
    }
    if (!fine)
        printf("\n    %s (%s expected), and the error says %s: \"%s\"", ds_status_name(answered),
               ds_status_name(expected), ds_status_name(err->status), err->message);
    return fine;
}

static void show(const char *text, size_t length)
{
    for (size_t i = 0; i < length && i < 2000; i++)
        if (text[i] == '"' || text[i] == '\\')
            printf("\\%c", text[i]);
        else if (text[i] >= ' ' && text[i] <= '~')
            putchar(text[i]);
        else
            printf("\\%03o", (unsigned char)text[i]);
    puts("");
}

size_t fuzz_accepted;
static const corpus *subject_texts;
static size_t subject_inputs, failures;
static fuzz_try *subject;

static void try_one(const char *text, size_t length, bool counts)
{
    size_t before = live, accepted = fuzz_accepted;
    bool right = subject(text, length), clean = !counts || live == before;
    if (fuzz_accepted > accepted)
        pool_add(text, length);
    if (right && clean)
        return;
    if (++failures > 5)
        return;
    printf("\n    %s: ", right ? "memory is left behind" : "answered wrongly");
    show(text, length);
}

static void try_all(void)
{
    size_t length;
    for (size_t i = 0; i < 2 * subject_texts->count; i++) {
        size_t n = i % subject_texts->count;
        try_one(subject_texts->texts[n], subject_texts->lengths[n], i >= subject_texts->count);
    }
    for (size_t i = 0; i < subject_inputs; i++) {
        char *text = fuzz_mutate(subject_texts, &length);
        try_one(text, length, true);
        free(text);
    }
    printf("\n    %zu were accepted", fuzz_accepted);
    pool_clear();
    CU_ASSERT_EQUAL(failures, 0);
    CU_ASSERT(fuzz_accepted > subject_inputs / 100);
    CU_ASSERT(fuzz_accepted < subject_inputs + subject_texts->count);
}

int fuzz_run(const char *name, const corpus *texts, size_t inputs, fuzz_try *try)
{
    const char *times = getenv("DS_FUZZ");
    const test tests[] = {{name, try_all}};
    subject_texts = texts;
    subject_inputs = inputs * (times == NULL ? 1 : strtoul(times, NULL, 10));
    if (getenv("DS_VALGRIND") != NULL) /* which is slower by as much */
        subject_inputs /= 30;
    const char *sanitized = getenv("DS_SANITIZED");
    if (sanitized != NULL && sanitized[0] != '\0')
        subject_inputs /= 5;
    subject = try;
    failures = fuzz_accepted = 0;
    printf("%zu texts, %zu inputs\n", texts->count, subject_inputs);
    return SUITE_RUN("fuzz", tests);
}
