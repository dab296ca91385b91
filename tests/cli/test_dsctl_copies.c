/* dsctl copy where it is done again and again: versions stay the target's own count, what expires there expires here, and
 * unique values that records have changed with each other come over. */
#include "dsctl.h"

#include <stdbool.h>

static const char definitions[] =
    "[{\"name\":\"Counted\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":\"integer\",\"v\":"
    "\"integer\"},"
    "\"settings\":{\"version\":\"v\"}},"
    "{\"name\":\"Brief\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":\"integer\"},"
    "\"settings\":{\"ttl\":50000}},"
    "{\"name\":\"Named\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":\"integer\"}},"
    "{\"name\":\"One\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"key\":{\"type\":\"string\","
    "\"unique\":true},\"n\":\"integer\"}},"
    "{\"name\":\"Must\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"key\":{\"type\":\"string\","
    "\"unique\":true,\"required\":true}}}]";

static void run_ok(command_result r)
{
    if (r.status != 0)
        printf("\non %s: %s", on, r.err);
    CU_ASSERT_EQUAL(r.status, 0);
    command_free(&r);
}

static void import_lines(const char *to, const char *model, const char *lines)
{
    char *path = folder_write(folder, "given.jsonl", lines);
    run_ok(dsctl(NULL, "import", to, model, path, NULL));
    free(path);
}

static void holds(const char *at, const char *model, const char *lines)
{
    char *now = dsctl_exported(at, model);
    CU_ASSERT_STRING_EQUAL(now, lines);
    if (strcmp(now, lines) != 0)
        printf("\non %s:\n%.2000s\nand not:\n%.2000s", at, now, lines);
    free(now);
}

/* Two files of SQLite beside memory and Redis. */
static void add_source(void)
{
    char *text = file_read(config, NULL), *all = malloc(strlen(text) + strlen(folder) + 100);
    text[strrchr(text, '}') - text] = '\0';
    sprintf(all, "%s,\"file\":{\"connector\":\"sqlite\",\"file\":\"%s/file.db\"}}", text, folder);
    free(config);
    config = folder_write(folder, "sources.json", all);
    free(all);
    free(text);
}

/* ---- versions ---- */

static void a_version_is_the_targets_own_count(void)
{
    import_lines("lite", "Counted", "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":2}\n");
    run_ok(dsctl(NULL, "update", "lite", "Counted", "a", "{\"n\":7}", NULL));
    run_ok(dsctl(NULL, "update", "lite", "Counted", "a", "{\"n\":8}", NULL));
    holds("lite", "Counted", "{\"id\":\"a\",\"n\":8,\"v\":3}\n{\"id\":\"b\",\"n\":2,\"v\":1}\n");
    SHOWS(dsctl(NULL, "copy", "lite", "Counted", "file", NULL), 0, "{\"copied\":2}\n");
    holds("file", "Counted", "{\"id\":\"a\",\"n\":8,\"v\":1}\n{\"id\":\"b\",\"n\":2,\"v\":1}\n");
    SHOWS(dsctl(NULL, "copy", "lite", "Counted", "file", NULL), 0, "{\"copied\":2}\n");
    SHOWS(dsctl(NULL, "copy", "lite", "Counted", "file", NULL), 0, "{\"copied\":2}\n");
    holds("file", "Counted", "{\"id\":\"a\",\"n\":8,\"v\":3}\n{\"id\":\"b\",\"n\":2,\"v\":3}\n");
    SHOWS(dsctl(NULL, "copy", "file", "Counted", "lite", NULL), 0, "{\"copied\":2}\n");
    holds("lite", "Counted", "{\"id\":\"a\",\"n\":8,\"v\":4}\n{\"id\":\"b\",\"n\":2,\"v\":2}\n");
}

static void an_import_counts_from_one(void)
{
    char *lines = dsctl_exported("lite", "Counted");
    dsctl_clear("lite", "Counted");
    import_lines("lite", "Counted", lines);
    holds("lite", "Counted", "{\"id\":\"a\",\"n\":8,\"v\":1}\n{\"id\":\"b\",\"n\":2,\"v\":1}\n");
    free(lines);
}

/* ---- what expires ---- */

/* The ms that a record has left, by the key of Redis. */
static long left_of(const char *model, const char *id)
{
    char key[64];
    snprintf(key, sizeof key, "t:%s:%s", model, id);
    command_result r = dsctl(NULL, "execute", "red", "PTTL", key, NULL);
    long left = strtol(r.out, NULL, 10);
    command_free(&r);
    return left;
}

static void expire_at(const char *model, const char *id, const char *ms)
{
    char key[64];
    snprintf(key, sizeof key, "t:%s:%s", model, id);
    if (strcmp(ms, "-1") == 0)
        run_ok(dsctl(NULL, "execute", "red", "PERSIST", key, NULL));
    else
        run_ok(dsctl(NULL, "execute", "red", "PEXPIRE", key, ms, NULL));
}

static void copies(const char *from, const char *model, const char *to, const char *option)
{
    on = to;
    SHOWS(dsctl(NULL, "copy", from, model, to, option, NULL), 0, "{\"copied\":2}\n");
}

/* From Redis to each and back: a in about 100 s, b never. */
static void goes_by(const char *model, const char *by)
{
    import_lines("red", model, "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":2}\n");
    expire_at(model, "a", "100000");
    expire_at(model, "b", "-1");
    copies("red", model, by, NULL);
    dsctl_clear("red", model);
    copies(by, model, "red", NULL);
    long left = left_of(model, "a");
    if (left <= 60000 || left > 100000)
        printf("\n%s by way of %s: %ld ms", model, by, left);
    CU_ASSERT(left > 60000 && left <= 100000);
    CU_ASSERT_EQUAL(left_of(model, "b"), -1);
    expire_at(model, "b", "100000"); /* what lives on at its source lives on where it was copied */
    copies(by, model, "red", NULL);
    CU_ASSERT_EQUAL(left_of(model, "b"), -1);
    dsctl_clear("red", model);
}

static void what_expires_at_the_source_expires_at_the_target(void)
{
    static const char *const ways[] = {"mem", "lite"};
    for (size_t i = 0; i < 2; i++) {
        goes_by("Named", ways[i]);
        goes_by("Brief", ways[i]);
    }
}

static void an_expiry_is_left_out_on_demand(void)
{
    dsctl_clear("mem", "Named");
    dsctl_clear("mem", "Brief");
    import_lines("red", "Named", "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":2}\n");
    expire_at("Named", "a", "100000");
    copies("red", "Named", "mem", "--no-ttl");
    copies("mem", "Named", "red", NULL);
    CU_ASSERT_EQUAL(left_of("Named", "a"), -1);
    import_lines("mem", "Brief", "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":2}\n");
    copies("mem", "Brief", "red", "--no-ttl");
    expire_at("Brief", "a", "-1");
    copies("mem", "Brief", "red", "--no-ttl"); /* settings.ttl starts anew */
    CU_ASSERT(left_of("Brief", "a") > 1000);
    FAILS(dsctl(NULL, "count", "mem", "Brief", "--no-ttl", NULL), 2, "count takes no option --no-ttl");
}

/* ---- unique values ---- */

static void set(const char *model, const char *id, const char *json)
{
    run_ok(dsctl(NULL, "update", "mem", model, id, json, NULL));
}

static void unique_values_that_moved_come_over(const char *to)
{
    on = to;
    import_lines(
        "mem", "One",
        "{\"id\":1,\"key\":\"p\",\"n\":1}\n{\"id\":2,\"key\":\"q\",\"n\":2}\n{\"id\":3,\"key\":\"r\",\"n\":3}\n"
        "{\"id\":4,\"key\":\"s\",\"n\":4}\n");
    SHOWS(dsctl(NULL, "copy", "mem", "One", to, NULL), 0, "{\"copied\":4}\n");
    set("One", "1", "{\"key\":null}"); /* 1 and 2 change theirs, 3 takes a new one, and 4 that of 3 */
    set("One", "2", "{\"key\":\"p\"}");
    set("One", "1", "{\"key\":\"q\"}");
    set("One", "3", "{\"key\":\"t\"}");
    set("One", "4", "{\"key\":\"r\"}");
    SHOWS(dsctl(NULL, "copy", "mem", "One", to, NULL), 0, "{\"copied\":4}\n");
    char *lines = dsctl_exported("mem", "One");
    holds(to, "One", lines);
    SHOWS(dsctl(NULL, "copy", "mem", "One", to, NULL), 0, "{\"copied\":4}\n");
    holds(to, "One", lines);
    free(lines);
}

static void a_value_of_a_record_that_is_only_there_is_not_taken(const char *to)
{
    on = to;
    run_ok(dsctl(NULL, "create", to, "One", "{\"id\":9,\"key\":\"own\"}", NULL));
    set("One", "1", "{\"key\":\"own\"}");
    set("One", "2", "{\"key\":\"q\"}"); /* that of 1, which keeps it there */
    command_result r = dsctl(NULL, "copy", "mem", "One", to, NULL);
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"copied\":2}\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "\"key\""));
    command_free(&r);
    holds(to, "One",
          "{\"id\":1,\"key\":\"q\",\"n\":1}\n{\"id\":2,\"key\":\"p\",\"n\":2}\n{\"id\":3,\"key\":\"t\",\"n\":3}\n"
          "{\"id\":4,\"key\":\"r\",\"n\":4}\n{\"id\":9,\"key\":\"own\"}\n");
    dsctl_clear("mem", "One");
}

/* More than a batch, in which each takes the value of the one behind it. */
static void all_values_move_by_one(const char *to)
{
    enum { N = 1200 };
    char *lines = malloc(N * 64), *at = lines;
    on = to;
    for (int moved = 0; moved < 2; moved++) {
        at = lines;
        for (int i = 0; i < N; i++)
            at += sprintf(at, "{\"id\":%d,\"key\":\"k%d\"}\n", i, (i + moved) % N);
        dsctl_clear("mem", "One");
        if (moved == 0)
            dsctl_clear(to, "One");
        import_lines("mem", "One", lines);
        SHOWS(dsctl(NULL, "copy", "mem", "One", to, NULL), 0, "{\"copied\":1200}\n");
    }
    holds(to, "One", lines);
    dsctl_clear("mem", "One");
    free(lines);
}

static void required_values_move_in_a_row_but_not_in_a_ring(const char *to)
{
    on = to;
    dsctl_clear("mem", "Must");
    import_lines("mem", "Must", "{\"id\":1,\"key\":\"p\"}\n{\"id\":2,\"key\":\"q\"}\n{\"id\":3,\"key\":\"r\"}\n");
    SHOWS(dsctl(NULL, "copy", "mem", "Must", to, NULL), 0, "{\"copied\":3}\n");
    dsctl_clear("mem", "Must");
    import_lines("mem", "Must", "{\"id\":1,\"key\":\"q\"}\n{\"id\":2,\"key\":\"r\"}\n{\"id\":3,\"key\":\"s\"}\n");
    SHOWS(dsctl(NULL, "copy", "mem", "Must", to, NULL), 0, "{\"copied\":3}\n");
    dsctl_clear("mem", "Must");
    import_lines("mem", "Must", "{\"id\":1,\"key\":\"r\"}\n{\"id\":2,\"key\":\"q\"}\n{\"id\":3,\"key\":\"s\"}\n");
    command_result r = dsctl(NULL, "copy", "mem", "Must", to, NULL);
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"copied\":1}\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "2 records want required unique values that others of them still have there: "
                                         "delete these there, and copy again\n"));
    command_free(&r);
    holds(to, "Must", "{\"id\":1,\"key\":\"q\"}\n{\"id\":2,\"key\":\"r\"}\n{\"id\":3,\"key\":\"s\"}\n");
    run_ok(dsctl(NULL, "delete", to, "Must", "1", NULL));
    SHOWS(dsctl(NULL, "copy", "mem", "Must", to, NULL), 0, "{\"copied\":3}\n");
    holds(to, "Must", "{\"id\":1,\"key\":\"r\"}\n{\"id\":2,\"key\":\"q\"}\n{\"id\":3,\"key\":\"s\"}\n");
}

static void unique_values_move(void)
{
    static const char *const targets[] = {"lite", "two"};
    for (size_t i = 0; i < 2; i++) {
        unique_values_that_moved_come_over(targets[i]);
        a_value_of_a_record_that_is_only_there_is_not_taken(targets[i]);
        all_values_move_by_one(targets[i]);
        required_values_move_in_a_row_but_not_in_a_ring(targets[i]);
    }
}

int main(void)
{
    static const test tests[] = {
        {"a version is the target's own count", a_version_is_the_targets_own_count},
        {"an import counts from one", an_import_counts_from_one},
        {"what expires at the source expires at the target", what_expires_at_the_source_expires_at_the_target},
        {"an expiry is left out on demand", an_expiry_is_left_out_on_demand},
        {"unique values that moved come over, but for required ones in a ring", unique_values_move},
    };
    dsctl_begin(definitions);
    add_source();
    int status = SUITE_RUN("dsctl copy again", tests);
    dsctl_end();
    return status;
}
