/* Keys of the redis connector, and the set that drops what SCAN repeats. */
#include "keys.h"
#include "seen.h"
#include "suite.h"

#include <stdio.h>

static const key_space user = {.prefix = "app:",
                               .prefix_length = 4,
                               .name = "User",
                               .name_length = 4,
                               .record = "user-session",
                               .record_length = 12};

static void check_key(const key_space *keys, key_kind kind, size_t partition, const char *id, size_t id_length,
                      const char *wanted, size_t wanted_length)
{
    char key[128];
    size_t length = key_length(keys, kind, partition, id_length);
    CU_ASSERT_EQUAL_FATAL(length, wanted_length);
    memset(key, '!', sizeof key);
    key_write(keys, kind, partition, id, id_length, key);
    CU_ASSERT_EQUAL(memcmp(key, wanted, length), 0);
    CU_ASSERT_EQUAL(key[length], '!');
}

static void builds_keys(void)
{
    check_key(&user, KEY_RECORD, NO_PARTITION, "123", 3, "app:user-session:123", 20);
    check_key(&user, KEY_RECORD, NO_PARTITION, "a\0 b", 4, "app:user-session:a\0 b", 21);
    check_key(&user, KEY_RECORD, NO_PARTITION, NULL, 0, "app:user-session:", 17);
    check_key(&user, KEY_SEQUENCE, NO_PARTITION, NULL, 0, "app:User#sequence", 17);
    check_key(&user, KEY_RECORD, 63, "123", 3, "app:{User.63}:123", 17);
    check_key(&user, KEY_SEQUENCE, 0, NULL, 0, "app:{User.0}#sequence", 21);
    key_space counted = user;
    counted.sequence = "id:User";
    counted.sequence_length = 7;
    check_key(&counted, KEY_SEQUENCE, NO_PARTITION, NULL, 0, "app:id:User", 11);
    check_key(&counted, KEY_RECORD, NO_PARTITION, "123", 3, "app:user-session:123", 20);
}

static void reads_ids(void)
{
    const char *id;
    size_t length;
    CU_ASSERT_TRUE_FATAL(key_read(&user, "app:user-session:a:b", 20, &id, &length));
    CU_ASSERT_EQUAL(length, 3);
    CU_ASSERT_EQUAL(memcmp(id, "a:b", 3), 0);
    CU_ASSERT_TRUE(key_read(&user, "app:user-session:", 17, &id, &length) && length == 0);
    static const char *const others[] = {"",
                                         "app:user-session",
                                         "app:user-sessions:1",
                                         "App:user-session:1",
                                         "app:user-sessioN:1",
                                         "app:user-session;1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CU_ASSERT_FALSE(key_read(&user, others[i], strlen(others[i]), &id, &length));
}

static void check_pattern(const char *prefix, const char *record, const char *wanted)
{
    key_space keys = {.prefix = prefix,
                      .prefix_length = strlen(prefix),
                      .name = "M",
                      .name_length = 1,
                      .record = record,
                      .record_length = strlen(record)};
    size_t length = 0;
    char *pattern = key_pattern(&keys, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
    CU_ASSERT_EQUAL(length, strlen(wanted));
    CU_ASSERT_EQUAL(memcmp(pattern, wanted, strlen(wanted)), 0);
    ds_free(pattern);
}

static void escapes_patterns(void)
{
    check_pattern("", "user", "user:*");
    check_pattern("a*b", "u?[x]\\", "a\\*bu\\?\\[x\\]\\\\:*");
    check_pattern("****", "????", "\\*\\*\\*\\*\\?\\?\\?\\?:*");
}

static void check_shown(const char *id, size_t length, const char *wanted)
{
    key_shown shown = key_show(&user, KEY_RECORD, id, length);
    CU_ASSERT_STRING_EQUAL(shown.text, wanted);
}

static void shows_keys(void)
{
    char longest[300];
    memset(longest, 'x', sizeof longest);
    check_shown("1", 1, "app:user-session:1");
    check_shown("a\0\n\x7f\xff", 5, "app:user-session:a\\x00\\x0a\\x7f\\xff");
    check_shown("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9, "app:user-session:\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    check_shown("\xc0\x80\xed\xa0\x80\xe2\x82", 7, "app:user-session:\\xc0\\x80\\xed\\xa0\\x80\\xe2\\x82");
    key_shown shown = key_show(&user, KEY_RECORD, longest, sizeof longest);
    size_t length = strlen(shown.text);
    CU_ASSERT_TRUE(length < sizeof shown.text && length > 140);
    CU_ASSERT_STRING_EQUAL(shown.text + length - 4, "x...");
}

/* The first, second and last of the reference vectors for 128 bits: key 00 to 0f, message 00, 01, ... */
static void hashes_as_published(void)
{
    static const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    unsigned char message[15];
    uint64_t digest[2];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)i;
    siphash(key, message, 0, digest);
    CU_ASSERT_EQUAL(digest[0], 0xe6a825ba047f81a3);
    CU_ASSERT_EQUAL(digest[1], 0x930255c71472f66d);
    siphash(key, message, 1, digest);
    CU_ASSERT_EQUAL(digest[0], 0x44af996bd8c187da);
    CU_ASSERT_EQUAL(digest[1], 0x45fc229b11597634);
}

static void set_drops_repeats(void)
{
    seen set = {0};
    char id[32];
    bool added;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 50000; i++) {
            int length = snprintf(id, sizeof id, "%d", i);
            CU_ASSERT_EQUAL_FATAL(seen_add(&set, id, (size_t)length, &added), DS_OK);
            CU_ASSERT_EQUAL(added, round == 0);
        }
    CU_ASSERT_EQUAL(set.count, 50000);
    seen_clear(&set);
    CU_ASSERT_EQUAL(seen_add(&set, "", 0, &added), DS_OK);
    CU_ASSERT_TRUE(added);
    CU_ASSERT_EQUAL(seen_add(&set, "", 0, &added), DS_OK);
    CU_ASSERT_FALSE(added);
    seen_free(&set);
}

int main(void)
{
    static const test tests[] = {
        {"each key is built as docs/REDIS-STORAGE.md says, with a partition and without", builds_keys},
        {"an id is read from the key of a record, and from no other key", reads_ids},
        {"a pattern matches what it is made of, whatever characters that holds", escapes_patterns},
        {"a key is shown as text that a sentence can hold", shows_keys},
        {"SipHash gives the published digests", hashes_as_published},
        {"a set says of each string once that it is new", set_drops_repeats},
    };
    return SUITE_RUN("Redis keys", tests);
}
