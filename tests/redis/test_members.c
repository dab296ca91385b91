/* Index members: C and Lua make the same bytes, and these bytes sort as the values do. */
#include "redis/member.h"
#include "redis/token.h"
#include "redis_server.h"
#include "suite.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static redis_server *server;
static redisContext *context;
static char *encode_lua; /* encode.lua with the line that asks it */
static uint64_t seed = 20240229;

static uint64_t any(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static uint64_t any_bits(void)
{
    return any(UINT32_MAX) << 32 ^ any(UINT32_MAX) << 11 ^ any(4096);
}

/* ---- Lua ---- */

static char *read_file(const char *path)
{
    char name[512];
    const char *folder = getenv("DS_SRCDIR");
    snprintf(name, sizeof name, "%s/%s", folder == NULL ? "." : folder, path);
    FILE *file = fopen(name, "rb");
    char *text = calloc(1, 65536);
    if (file == NULL || text == NULL || fread(text, 1, 65535, file) == 0) {
        fprintf(stderr, "cannot read %s\n", name);
        exit(2);
    }
    fclose(file);
    return text;
}

/* Letters and texts in turn, or ids: an answer each, "ENCODE" where Lua gives none. */
static void load_lua(void)
{
    static const char ask[] = "\nlocal answers = {}\n"
                              "for i = 1, #ARGV, 2 do\n"
                              "    local letter, text = ARGV[i]:sub(1, 1), ARGV[i + 1]\n"
                              "    local down = ARGV[i]:sub(2) == '-'\n"
                              "    if letter == '0' then text = false end\n"
                              "    if letter == 'I' or letter == 'S' then\n"
                              "        answers[#answers + 1] = encode_id(text, letter == 'I', down)\n"
                              "    else\n"
                              "        answers[#answers + 1] = encode_part(letter, text, down, nil) or 'ENCODE'\n"
                              "    end\n"
                              "end\n"
                              "return answers\n";
    char *text = read_file("plugin/redis/scripts/encode.lua");
    encode_lua = malloc(strlen(text) + sizeof ask);
    strcpy(encode_lua, text);
    strcat(encode_lua, ask);
    free(text);
}

#define MOST 2000
static const char *arguments[3 + 2 * MOST];
static size_t lengths[3 + 2 * MOST];
static size_t argument_count = 3;
static char copies[MOST * 64];
static size_t copied;

static void ask_lua(const char *letter, const char *text, size_t length)
{
    arguments[argument_count] = letter;
    lengths[argument_count++] = strlen(letter);
    arguments[argument_count] = text;
    lengths[argument_count++] = length;
}

static void ask_lua_copy(const char *letter, const char *text, size_t length)
{
    memcpy(copies + copied, text, length);
    ask_lua(letter, copies + copied, length);
    copied += length;
}

static redisReply *run_lua(void)
{
    arguments[0] = "EVAL";
    arguments[1] = encode_lua;
    arguments[2] = "0";
    for (int i = 0; i < 3; i++)
        lengths[i] = strlen(arguments[i]);
    redisReply *reply = redisCommandArgv(context, (int)argument_count, arguments, lengths);
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        fprintf(stderr, "%s\n", reply->str);
    CU_ASSERT_TRUE_FATAL(reply != NULL && reply->type == REDIS_REPLY_ARRAY &&
                         reply->elements == (argument_count - 3) / 2);
    argument_count = 3;
    copied = 0;
    return reply;
}

static bool is_reply(const redisReply *reply, const member *wanted)
{
    return reply->type == REDIS_REPLY_STRING && reply->len == wanted->length &&
           memcmp(reply->str, wanted->bytes, wanted->length) == 0;
}

/* ---- vectors ---- */

static size_t unescape(char *text)
{
    char *out = text, *at = text;
    if (strcmp(text, "\"\"") == 0)
        return 0;
    while (*at != '\0') {
        if (at[0] == '\\' && at[1] == 'x') {
            char digits[3] = {at[2], at[3], '\0'};
            *out++ = (char)strtoul(digits, NULL, 16);
            at += 4;
        } else {
            *out++ = *at++;
        }
    }
    return (size_t)(out - text);
}

static ds_value value_of(char letter, const char *text, size_t length)
{
    ds_value value = ds_null();
    ds_type type = letter == 'i' ? DS_INTEGER : letter == 'n' ? DS_NUMBER : letter == 'b' ? DS_BOOLEAN : DS_DATE;
    if (letter == 's')
        return ds_string_n(text, length);
    if (letter == 'x')
        return ds_binary(text, length);
    if (letter == 'B')
        return ds_boolean(text[0] == '1');
    if (letter == 'm')
        return ds_date(strtoll(text, NULL, 10));
    if (letter == 'f') { /* at most ms */
        double seconds = strtod(text, NULL) * 1000;
        return ds_date((int64_t)(seconds + (seconds < 0 ? -0.5 : 0.5)));
    }
    CU_ASSERT_EQUAL(ds_value_parse(type, text, length, &value), DS_OK);
    return value;
}

static void turn(member *m)
{
    for (size_t i = 0; i < m->length; i++)
        m->bytes[i] = (char)~m->bytes[i];
}

static bool same_bytes(const member *a, const member *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

/* One line's part, both ways, from both. */
static void check_vector(const char *letter, char *text, const char *hexadecimal)
{
    member wanted = {0}, made = {0};
    size_t length = unescape(text);
    bool is_encode = strcmp(hexadecimal, "ENCODE") == 0;
    char down[3] = {letter[0], '-', '\0'};
    for (const char *at = hexadecimal; !is_encode && *at != '\0'; at += 2) {
        char digits[3] = {at[0], at[1], '\0'}, byte = (char)strtoul(digits, NULL, 16);
        CU_ASSERT_EQUAL(member_add_bytes(&wanted, &byte, 1), DS_OK);
    }
    if (is_encode)
        CU_ASSERT_EQUAL(member_add_bytes(&wanted, "ENCODE", 6), DS_OK);
    ask_lua(letter, text, length);
    ask_lua(down, text, length);
    redisReply *reply = run_lua();
    bool right = is_reply(reply->element[0], &wanted);
    if (!is_encode) {
        CU_ASSERT_EQUAL(member_add(&made, value_of(letter[0], text, length), false), DS_OK);
        right &= same_bytes(&made, &wanted);
        right &= member_part_length(made.bytes, made.length, false) == made.length;
        turn(&wanted);
        member_clear(&made);
        CU_ASSERT_EQUAL(member_add(&made, value_of(letter[0], text, length), true), DS_OK);
        right &= same_bytes(&made, &wanted);
        right &= member_part_length(made.bytes, made.length, true) == made.length;
    }
    right &= is_reply(reply->element[1], &wanted);
    if (!right)
        fprintf(stderr, "the vector %s %s %s\n", letter, text, hexadecimal);
    CU_ASSERT_TRUE(right);
    freeReplyObject(reply);
    member_free(&wanted);
    member_free(&made);
}

static void c_and_lua_make_the_bytes_of_the_vectors(void)
{
    char *file = read_file("tests/redis/members.txt"), *state = NULL;
    size_t count = 0;
    for (char *line = strtok_r(file, "\n", &state); line != NULL; line = strtok_r(NULL, "\n", &state)) {
        char letter[2], text[200], part[400];
        if (line[0] == '#')
            continue;
        CU_ASSERT_EQUAL_FATAL(sscanf(line, "%1s %199s %399s", letter, text, part), 3);
        check_vector(letter, text, part);
        count++;
    }
    CU_ASSERT_TRUE(count > 170);
    free(file);
}

/* ---- random values ---- */

static char bytes_of_random[32];

static double any_double(void)
{
    double number;
    uint64_t bits = any_bits();
    do {
        memcpy(&number, &bits, sizeof number);
        bits = any_bits();
    } while (number - number != 0);
    return number;
}

static ds_value any_number(void)
{
    switch (any(6)) {
    case 0:
        return ds_number(any_double());
    case 1:
        return ds_number((double)(int64_t)any_bits() / 1000);
    case 2:
        return ds_number((double)any(200) / 8 - 10);
    case 3:
        return ds_number((double)(int64_t)(any_bits() >> any(12)));
    default:
        return ds_number((double)any(100000) / 100);
    }
}

static ds_value any_text(void)
{
    static const char letters[] = "ab\0\377\001\300\260z";
    size_t length = any(8);
    for (size_t i = 0; i < length; i++)
        bytes_of_random[i] = any(3) == 0 ? (char)any(256) : letters[any(sizeof letters - 1)];
    return any(2) == 0 ? ds_string_n(bytes_of_random, length) : ds_binary(bytes_of_random, length);
}

/* A value of a type, and the letter of its canonical text. */
static ds_value any_value(const char **letter)
{
    switch (any(7)) {
    case 0:
        *letter = "0";
        return ds_null();
    case 1:
        *letter = "b";
        return ds_boolean(any(2) == 1);
    case 2:
        *letter = "i";
        return ds_integer((int64_t)any_bits() >> any(64));
    case 3:
        *letter = "n";
        return any_number();
    case 4:
        *letter = "d";
        return ds_date((int64_t)(any_bits() % 315569520000000) - 62167219200000);
    default: {
        ds_value text = any_text();
        *letter = text.type == DS_STRING ? "s" : "x";
        return text;
    }
    }
}

static const char *turned(const char *letter)
{
    static const char *const both[] = {"0-", "b-", "i-", "n-", "d-", "s-", "x-", "I-", "S-"};
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++)
        if (both[i][0] == letter[0])
            return both[i];
    return letter;
}

static void c_and_lua_agree_on_100000_random_values(void)
{
    static member wanted[MOST];
    size_t differ = 0;
    for (int round = 0; round < 100; round++) {
        for (size_t i = 0; i < 1000; i++) {
            const char *letter;
            bool descending = any(2) == 1;
            ds_value value = any_value(&letter);
            ds_text text;
            ds_value_text(value, &text);
            ask_lua_copy(descending ? turned(letter) : letter, text.bytes, text.length);
            member_clear(&wanted[i]);
            CU_ASSERT_EQUAL(member_add(&wanted[i], value, descending), DS_OK);
        }
        redisReply *reply = run_lua();
        for (size_t i = 0; i < 1000; i++)
            differ += !is_reply(reply->element[i], &wanted[i]);
        freeReplyObject(reply);
    }
    CU_ASSERT_EQUAL(differ, 0);
    for (size_t i = 0; i < MOST; i++)
        member_free(&wanted[i]);
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static int compare_bytes(const member *a, const member *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = shorter == 0 ? 0 : memcmp(a->bytes, b->bytes, shorter);
    return order != 0 ? sign(order) : (a->length > b->length) - (a->length < b->length);
}

static void members_sort_as_their_values_do(void)
{
    member a = {0}, b = {0};
    size_t wrong = 0, equal = 0, unlike = 0;
    for (int i = 0; i < 300000; i++) {
        const char *letters[2];
        char kept[sizeof bytes_of_random];
        bool descending = any(2) == 1;
        ds_value first = any_value(&letters[0]);
        memcpy(kept, bytes_of_random, sizeof kept);
        if (first.type == DS_STRING || first.type == DS_BINARY)
            first.as.string = kept;
        ds_value second = any_value(&letters[1]);
        member_clear(&a);
        member_clear(&b);
        CU_ASSERT_EQUAL(member_add(&a, first, descending), DS_OK);
        CU_ASSERT_EQUAL(member_add(&b, second, descending), DS_OK);
        int order = sign(ds_value_compare(first, second));
        wrong += compare_bytes(&a, &b) != (descending ? -order : order);
        equal += order == 0;
        unlike += first.type != second.type && order != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(equal > 1000 && unlike > 1000);
    member_free(&a);
    member_free(&b);
}

/* Neighbours, where shortest digits and exact integers would part. */
static void integers_and_doubles_sort_together_beyond_2_to_the_53(void)
{
    static const int64_t around[] = {INT64_C(9007199254740992), INT64_C(4611686018427387904), INT64_MAX - 3000};
    member a = {0}, b = {0};
    size_t wrong = 0;
    for (int i = 0; i < 30000; i++) {
        int64_t integer = around[any(3)] + (int64_t)any(3000);
        double number = (double)(around[any(3)] + (int64_t)any(3000));
        bool negative = any(2) == 1;
        member_clear(&a);
        member_clear(&b);
        ds_value x = ds_integer(negative ? -integer : integer), y = ds_number(negative ? -number : number);
        CU_ASSERT_EQUAL(member_add(&a, x, false), DS_OK);
        CU_ASSERT_EQUAL(member_add(&b, y, false), DS_OK);
        wrong += compare_bytes(&a, &b) != sign(ds_value_compare(x, y));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    member_free(&a);
    member_free(&b);
}

/* ---- ids and lengths ---- */

static ds_value any_id(bool is_integer)
{
    if (is_integer)
        return ds_integer((int64_t)any_bits() >> any(64));
    ds_value id = any_text();
    return ds_string_n(id.as.string, id.length);
}

static bool has_id(const member *m, const bool *descending, size_t keys, ds_value id)
{
    static char scratch[LONGEST_INDEXED + 32];
    const char *bytes;
    size_t length;
    ds_text text;
    ds_value_text(id, &text);
    return member_read_id(m->bytes, m->length, descending, keys, id.type == DS_INTEGER, scratch, &bytes, &length) &&
           length == text.length && memcmp(bytes, text.bytes, length) == 0;
}

static void the_id_of_a_member_is_what_stands_behind_its_parts(void)
{
    size_t wrong = 0, differ = 0;
    for (int i = 0; i < 50000; i++) {
        member m = {0};
        bool descending[3] = {any(2) == 1, any(2) == 1, any(2) == 1};
        size_t keys = any(4);
        bool is_last_descending = keys > 0 && descending[keys - 1];
        const char *letter;
        for (size_t k = 0; k < keys; k++)
            CU_ASSERT_EQUAL(member_add(&m, any_value(&letter), descending[k]), DS_OK);
        size_t behind = m.length, at = 0;
        for (size_t k = 0; k < keys; k++)
            at += member_part_length(m.bytes + at, m.length - at, descending[k]);
        wrong += at != behind;
        ds_value id = any_id(any(2) == 1);
        CU_ASSERT_EQUAL(member_add_id(&m, id, is_last_descending), DS_OK);
        wrong += !has_id(&m, descending, keys, id);
        if (i % 50 == 0) {
            ds_text text;
            ds_value_text(id, &text);
            letter = id.type == DS_INTEGER ? "I" : "S";
            ask_lua(is_last_descending ? turned(letter) : letter, text.bytes, text.length);
            redisReply *reply = run_lua();
            member alone = {m.bytes + behind, m.length - behind, 0};
            differ += !is_reply(reply->element[0], &alone);
            freeReplyObject(reply);
        }
        member_free(&m);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(differ, 0);
}

/* Of two ids, of which one begins with the other, the longer one comes first. */
static void descending_ids_have_an_end(void)
{
    static const char *const wanted[] = {"\x9d\xff\xff", "\x9e\x9d\xff\xff", "\x9e\xff\x00\xff\xff", "\x9e\xff\xff"};
    static const size_t sizes[] = {3, 4, 5, 3};
    static const ds_value ids[] = {{DS_STRING, 1, {.string = "b"}},
                                   {DS_STRING, 2, {.string = "ab"}},
                                   {DS_STRING, 2, {.string = "a\0"}},
                                   {DS_STRING, 1, {.string = "a"}}};
    for (size_t i = 0; i < 4; i++) {
        member m = {0};
        CU_ASSERT_EQUAL(member_add_id(&m, ids[i], true), DS_OK);
        CU_ASSERT_TRUE(m.length == sizes[i] && memcmp(m.bytes, wanted[i], m.length) == 0);
        ask_lua("S-", ids[i].as.string, ids[i].length);
        redisReply *reply = run_lua();
        CU_ASSERT_TRUE(is_reply(reply->element[0], &m));
        freeReplyObject(reply);
        member_free(&m);
    }
}

static void the_longest_id_is_read_back(void)
{
    char *id = calloc(1, LONGEST_INDEXED + 1);
    const bool descending = true;
    for (int round = 0; round < 2; round++) { /* of NULs, and of letters */
        member m = {0};
        CU_ASSERT_EQUAL(member_add(&m, ds_null(), true), DS_OK);
        CU_ASSERT_EQUAL(member_add_id(&m, ds_string_n(id, LONGEST_INDEXED), true), DS_OK);
        CU_ASSERT_TRUE(has_id(&m, &descending, 1, ds_string_n(id, LONGEST_INDEXED)));
        member_clear(&m);
        CU_ASSERT_EQUAL(member_add(&m, ds_null(), true), DS_OK);
        CU_ASSERT_EQUAL(member_add_id(&m, ds_string_n(id, LONGEST_INDEXED + 1), true), DS_OK);
        CU_ASSERT_FALSE(has_id(&m, &descending, 1, ds_string_n(id, LONGEST_INDEXED + 1)));
        member_free(&m);
        memset(id, 'a', LONGEST_INDEXED);
    }
    free(id);
}

static void ids_behind_equal_parts_sort_in_the_direction_of_the_last_part(void)
{
    member a = {0}, b = {0};
    size_t wrong = 0;
    for (int i = 0; i < 100000; i++) {
        bool descending = any(2) == 1, is_integer = any(2) == 1;
        char kept[sizeof bytes_of_random];
        ds_value first = any_id(is_integer);
        memcpy(kept, bytes_of_random, sizeof kept);
        if (!is_integer)
            first.as.string = kept;
        ds_value second = any_id(is_integer);
        member_clear(&a);
        member_clear(&b);
        CU_ASSERT_EQUAL(member_add_id(&a, first, descending), DS_OK);
        CU_ASSERT_EQUAL(member_add_id(&b, second, descending), DS_OK);
        int order = sign(ds_value_compare(first, second));
        wrong += compare_bytes(&a, &b) != (descending ? -order : order);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    member_free(&a);
    member_free(&b);
}

/* Whatever stands there, nothing is read behind the end (the sanitizers see it), and no length is larger. */
static void bytes_that_are_no_member_are_none(void)
{
    for (int i = 0; i < 100000; i++) {
        size_t length = any(12);
        char *bytes = malloc(length + 1), scratch[LONGEST_INDEXED + 32];
        const bool descending[2] = {any(2) == 1, any(2) == 1};
        const char *id;
        size_t id_length = 0;
        for (size_t k = 0; k < length; k++)
            bytes[k] = (char)(any(2) == 0 ? any(256) : 0x10 * any(7));
        char *exact = realloc(bytes, length == 0 ? 1 : length);
        CU_ASSERT_TRUE(member_part_length(exact, length, descending[0]) <= length);
        if (member_read_id(exact, length, descending, any(3), any(2) == 1, scratch, &id, &id_length))
            CU_ASSERT_TRUE(id_length <= length + 24);
        free(exact);
    }
    char scratch[LONGEST_INDEXED + 32];
    const char *id;
    size_t length;
    CU_ASSERT_FALSE(member_read_id("", 0, (const bool[]){false}, 1, false, scratch, &id, &length));
}

static void a_long_value_counts_with_its_first_4096_bytes_and_stands_behind_them(void)
{
    char *text = malloc(10000);
    memset(text, 'x', 10000);
    member whole = {0}, cut = {0};
    CU_ASSERT_EQUAL(member_add(&whole, ds_string_n(text, 10000), false), DS_OK);
    CU_ASSERT_EQUAL(member_add(&cut, ds_string_n(text, LONGEST_INDEXED), false), DS_OK);
    CU_ASSERT_EQUAL(whole.length, 1 + LONGEST_INDEXED + 2);
    CU_ASSERT_EQUAL(compare_bytes(&whole, &cut), 1);
    CU_ASSERT_TRUE(member_part_is_cut(whole.bytes, whole.length, false));
    CU_ASSERT_FALSE(member_part_is_cut(cut.bytes, cut.length, false));
    CU_ASSERT_EQUAL(member_part_length(whole.bytes, whole.length, false), whole.length);
    ask_lua("s", text, 10000);
    ask_lua("x", text, 10000);
    redisReply *reply = run_lua();
    CU_ASSERT_TRUE(is_reply(reply->element[0], &whole));
    CU_ASSERT_EQUAL(reply->element[1]->len, whole.length);
    freeReplyObject(reply);
    member_free(&whole);
    member_free(&cut);
    free(text);
}

static void bounds_hold_all_that_begins_with_a_prefix(void)
{
    member prefix = {0}, out = {0};
    CU_ASSERT_EQUAL(member_bound_behind(&out, &prefix), DS_OK);
    CU_ASSERT_TRUE(out.length == 1 && out.bytes[0] == '+');
    CU_ASSERT_EQUAL(member_add_bytes(&prefix, "a\377\377", 3), DS_OK);
    CU_ASSERT_EQUAL(member_bound_behind(&out, &prefix), DS_OK);
    CU_ASSERT_TRUE(out.length == 2 && memcmp(out.bytes, "(b", 2) == 0);
    CU_ASSERT_EQUAL(member_bound_first(&out, &prefix, true), DS_OK);
    CU_ASSERT_TRUE(out.length == 4 && memcmp(out.bytes, "[a\377\377", 4) == 0);
    CU_ASSERT_EQUAL(member_bound_first(&out, &prefix, false), DS_OK);
    CU_ASSERT_TRUE(out.length == 4 && memcmp(out.bytes, "(a\377\377", 4) == 0);
    member_clear(&prefix);
    CU_ASSERT_EQUAL(member_add_bytes(&prefix, "\377", 1), DS_OK);
    CU_ASSERT_EQUAL(member_bound_behind(&out, &prefix), DS_OK);
    CU_ASSERT_TRUE(out.length == 1 && out.bytes[0] == '+');
    member_free(&prefix);
    member_free(&out);
}

/* Slots as Redis Cluster's specification and `CLUSTER KEYSLOT` give them. */
static void keys_are_in_their_slots(void)
{
    static const struct {
        const char *key;
        unsigned slot;
    } known[] = {{"123456789", 12739}, {"foo", 12182},         {"foo{bar}{zap}", 5061}, {"{bar}", 5061}, {"bar", 5061},
                 {"foo{}{bar}", 8363}, {"{user1000}.x", 3443}, {"user1000", 3443},      {"", 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        CU_ASSERT_EQUAL(key_slot(known[i].key, strlen(known[i].key)), known[i].slot);
}

static void a_short_text_stands_for_each_slot(void)
{
    static bool met[16384];
    size_t count = 0, longest = 0;
    for (unsigned i = 0; i < 1000000 && count < 16384; i++) {
        char key[32], tagged[40];
        int length = snprintf(key, sizeof key, "Model:%u", i);
        unsigned slot = key_slot(key, (size_t)length);
        if (met[slot])
            continue;
        met[slot] = true;
        count++;
        const char *text = key_slot_text(key, (size_t)length);
        length = snprintf(tagged, sizeof tagged, "a:Model#done:{%s}:0", text);
        CU_ASSERT_EQUAL(key_slot(tagged, (size_t)length), slot);
        longest = strlen(text) > longest ? strlen(text) : longest;
    }
    CU_ASSERT_EQUAL(count, 16384);
    CU_ASSERT(longest <= 4);
}

static void a_token_lives_twice_as_long_as_there_is_time(void)
{
    const int64_t second = 1000000000;
    CU_ASSERT_EQUAL(token_life_ms(-second), 60000);
    CU_ASSERT_EQUAL(token_life_ms(5 * second), 60000);
    CU_ASSERT_EQUAL(token_life_ms(100 * second), 200000);
    CU_ASSERT_EQUAL(token_life_ms(1000 * second), 600000);
    CU_ASSERT_EQUAL(token_life_ms(INT64_MAX), 600000);
}

static void no_token_is_given_twice(void)
{
    token one, other;
    ds_error error = {0};
    const ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &error};
    CU_ASSERT_EQUAL(token_take(&one, &call), DS_OK);
    CU_ASSERT_EQUAL(token_take(&other, &call), DS_OK);
    CU_ASSERT_EQUAL(strlen(one.random), 32);
    CU_ASSERT_STRING_NOT_EQUAL(one.random, other.random);
}

static const test tests[] = {
    {"keys are in their slots", keys_are_in_their_slots},
    {"a short text stands for each slot", a_short_text_stands_for_each_slot},
    {"a token lives twice as long as there is time", a_token_lives_twice_as_long_as_there_is_time},
    {"no token is given twice", no_token_is_given_twice},

    {"C and Lua make the bytes of the vectors", c_and_lua_make_the_bytes_of_the_vectors},
    {"C and Lua agree on 100,000 random values", c_and_lua_agree_on_100000_random_values},
    {"members sort as their values do, either way", members_sort_as_their_values_do},
    {"integers and doubles sort together beyond 2^53", integers_and_doubles_sort_together_beyond_2_to_the_53},
    {"the id of a member is what stands behind its parts", the_id_of_a_member_is_what_stands_behind_its_parts},
    {"ids behind equal parts sort in the direction of the last part",
     ids_behind_equal_parts_sort_in_the_direction_of_the_last_part},
    {"descending ids have an end", descending_ids_have_an_end},
    {"the longest id is read back", the_longest_id_is_read_back},
    {"bytes that are no member are none", bytes_that_are_no_member_are_none},
    {"a long value counts with its first 4096 bytes, and stands behind them",
     a_long_value_counts_with_its_first_4096_bytes_and_stands_behind_them},
    {"bounds hold all that begins with a prefix", bounds_hold_all_that_begins_with_a_prefix},
};

int main(void)
{
    server = redis_server_start(NULL);
    context = redisConnectUnix(server->socket);
    load_lua();
    int result = SUITE_RUN("members", tests);
    redisFree(context);
    free(encode_lua);
    redis_server_stop(server);
    return result;
}
