/* See checker.h. All is read into memory, sorted and compared. */
#include "checker.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_PRINTED 20
#define LONGEST_PART 4096

typedef struct blob {
    char *bytes;
    size_t length;
} blob;

typedef struct pair { /* an entry and the id that it is of */
    blob entry, id;
} pair;

typedef struct list {
    pair *pairs;
    size_t count, room;
} list;

typedef struct run {
    redisContext *server;
    const checked_model *model;
    checked found;
    list *wanted;  /* of each index */
    list ids;      /* of #ids */
    list expiring; /* ids of records with an expiry, and their #entries in words */
} run;

static __attribute__((format(printf, 2, 3))) void complain(run *r, const char *format, ...)
{
    if (r->found.faults++ >= MOST_PRINTED)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", r->model->name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* ---- bytes ---- */

static void add(blob *b, const void *bytes, size_t length)
{
    b->bytes = realloc(b->bytes, b->length + length + 1);
    if (length > 0)
        memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
    b->bytes[b->length] = '\0';
}

static void add_byte(blob *b, int byte)
{
    char c = (char)byte;
    add(b, &c, 1);
}

static blob blob_of(const void *bytes, size_t length)
{
    blob b = {NULL, 0};
    add(&b, bytes, length);
    return b;
}

static int compare_blobs(const blob *a, const blob *b)
{
    int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_pairs(const void *a, const void *b)
{
    const pair *one = a, *other = b;
    int order = compare_blobs(&one->entry, &other->entry);
    return order != 0 ? order : compare_blobs(&one->id, &other->id);
}

static const char *show(const blob *b)
{
    static char texts[4][256];
    static int at;
    char *out = texts[at = (at + 1) % 4];
    size_t used = 0;
    for (size_t i = 0; i < b->length && used < 240; i++) {
        unsigned char c = (unsigned char)b->bytes[i];
        used += (size_t)snprintf(out + used, 8, c > 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
    }
    out[used] = '\0';
    return out;
}

static void list_add(list *l, blob entry, blob id)
{
    if (l->count == l->room) {
        l->room = l->room == 0 ? 64 : 2 * l->room;
        l->pairs = realloc(l->pairs, l->room * sizeof *l->pairs);
    }
    l->pairs[l->count++] = (pair){entry, id};
}

static void list_sort(list *l)
{
    if (l->count > 0)
        qsort(l->pairs, l->count, sizeof *l->pairs, compare_pairs);
}

static void list_free(list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->pairs[i].entry.bytes);
        free(l->pairs[i].id.bytes);
    }
    free(l->pairs);
    *l = (list){NULL, 0, 0};
}

/* ---- parts, from the documentation alone ---- */

/* Digits of a number 0.DIGITS * 10^power, without zeros at either end. */
static void add_number(blob *b, bool is_negative, const char *digits, int power)
{
    size_t count = strlen(digits);
    int head = count == 0 ? 0x8000 : is_negative ? 0x8000 - (power + 400) : 0x8000 + power + 400;
    add_byte(b, head >> 8);
    add_byte(b, head & 0xff);
    for (size_t i = 0; i < count; i++)
        add_byte(b, is_negative ? 255 - digits[i] : digits[i]);
    if (count > 0)
        add_byte(b, is_negative ? 0xff : 0);
}

static void add_integer(blob *b, const char *text)
{
    char digits[32];
    bool is_negative = text[0] == '-';
    snprintf(digits, sizeof digits, "%s", text + is_negative);
    int power = (int)strlen(digits);
    for (size_t end = strlen(digits); end > 0 && digits[end - 1] == '0'; end--)
        digits[end - 1] = '\0';
    add_number(b, is_negative, digits, power);
}

static void add_double(blob *b, const char *text)
{
    char printed[64], digits[40] = "";
    double number = strtod(text, NULL), size = fabs(number);
    if (size >= 9007199254740992.0 && size < 18446744073709551616.0) {
        snprintf(printed, sizeof printed, "%.0f", number);
        add_integer(b, printed);
        return;
    }
    for (int precision = 14; precision <= 16; precision++) {
        snprintf(printed, sizeof printed, "%.*e", precision, number);
        if (strtod(printed, NULL) == number)
            break;
    }
    size_t used = 0;
    const char *at = printed;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[used++] = *at;
    while (used > 0 && digits[used - 1] == '0')
        used--;
    digits[used] = '\0';
    add_number(b, number < 0, number == 0 ? "" : digits, atoi(at + 1) + 1);
}

static void add_string(blob *b, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && i < LONGEST_PART; i++) {
        add_byte(b, bytes[i]);
        if (bytes[i] == '\0')
            add_byte(b, 0xff);
    }
    add_byte(b, 0);
    add_byte(b, length > LONGEST_PART);
}

static bool is_integer(const redisReply *text)
{
    const char *digits = text->str + (text->str[0] == '-');
    const char *most = text->str[0] == '-' ? "9223372036854775808" : "9223372036854775807";
    size_t length = strlen(digits);
    return length > 0 && strspn(digits, "0123456789") == length &&
           (length < 19 || (length == 19 && strcmp(digits, most) <= 0));
}

static void add_date(blob *b, const char *text)
{
    struct tm day = {0};
    char ms[32];
    const char *point = strptime(text, "%Y-%m-%dT%H:%M:%S", &day);
    long long seconds = (long long)timegm(&day), fraction = point == NULL ? 0 : atoi(point + 1);
    snprintf(ms, sizeof ms, "%lld", seconds * 1000 + fraction);
    add_integer(b, strcmp(ms, "0") == 0 ? "" : ms);
}

static bool is_date(const redisReply *text)
{
    return text->len == 24 && text->str[10] == 'T' && text->str[23] == 'Z';
}

static void add_part(blob *out, const checked_key *key, const redisReply *text, bool ascending)
{
    blob b = {NULL, 0};
    if (text->type != REDIS_REPLY_STRING) {
        add_byte(&b, 0x10);
    } else if (key->letter == 'i' && is_integer(text)) {
        add_byte(&b, 0x30);
        add_integer(&b, text->str);
    } else if (key->letter == 'n' && strspn(text->str, "-0123456789.e+") == text->len) {
        add_byte(&b, 0x30);
        add_double(&b, text->str);
    } else if (key->letter == 'b' && (strcmp(text->str, "true") == 0 || strcmp(text->str, "false") == 0)) {
        add_byte(&b, 0x20);
        add_byte(&b, text->str[0] == 't' ? 0x31 : 0x30);
    } else if (key->letter == 'd' && is_date(text)) {
        add_byte(&b, 0x40);
        add_date(&b, text->str);
    } else {
        add_byte(&b, 0x50);
        add_string(&b, text->str, text->len);
    }
    for (size_t i = 0; key->descending && !ascending && i < b.length; i++)
        b.bytes[i] = (char)~b.bytes[i];
    add(out, b.bytes, b.length);
    free(b.bytes);
}

static void add_id(blob *out, const checked_model *m, const blob *id, bool descending)
{
    blob b = {NULL, 0};
    if (m->integer_id)
        add_integer(&b, strcmp(id->bytes, "0") == 0 ? "" : id->bytes);
    else if (descending)
        add_string(&b, id->bytes, id->length);
    else
        add(&b, id->bytes, id->length);
    for (size_t i = 0; descending && i < b.length; i++)
        b.bytes[i] = (char)~b.bytes[i];
    add(out, b.bytes, b.length);
    free(b.bytes);
}

/* ---- what a record asks for ---- */

/* false: it claims nothing. */
static bool entry_of(run *r, const checked_index *index, const blob *key, const blob *id, blob *out)
{
    const char *words[8] = {"HMGET", key->bytes};
    size_t lengths[8] = {5, key->length};
    bool is_claimed = true;
    for (size_t i = 0; i < index->key_count; i++) {
        words[2 + i] = index->keys[i].property;
        lengths[2 + i] = strlen(words[2 + i]);
    }
    redisReply *texts = redisCommandArgv(r->server, (int)(2 + index->key_count), words, lengths);
    *out = (blob){NULL, 0};
    for (size_t i = 0; i < index->key_count; i++) {
        const redisReply *text = texts->element[i];
        is_claimed = is_claimed && text->type == REDIS_REPLY_STRING && text->len <= LONGEST_PART;
        add_part(out, &index->keys[i], text, index->unique);
    }
    if (!index->unique)
        add_id(out, r->model, id, index->keys[index->key_count - 1].descending);
    freeReplyObject(texts);
    return is_claimed || !index->unique;
}

/* #entries holds a map of packed strings; in words "index:city=..." sorted. */
static void add_word(list *words, const char *kind, const char *name, const blob *entry)
{
    blob word = blob_of(kind, strlen(kind));
    add(&word, name, strlen(name));
    add_byte(&word, '=');
    add(&word, entry->bytes, entry->length);
    list_add(words, word, blob_of("", 0));
}

static blob join(list *words)
{
    blob all = {NULL, 0};
    add(&all, "", 0);
    list_sort(words);
    for (size_t i = 0; i < words->count; i++) {
        add(&all, words->pairs[i].entry.bytes, words->pairs[i].entry.length);
        add_byte(&all, '\n');
    }
    list_free(words);
    return all;
}

static void want_record(run *r, const blob *key, const blob *id)
{
    list words = {NULL, 0, 0};
    blob member = {NULL, 0};
    r->found.records++;
    add_id(&member, r->model, id, false);
    list_add(&r->ids, member, blob_of(id->bytes, id->length));
    for (size_t i = 0; i < r->model->index_count; i++) {
        const checked_index *index = &r->model->indexes[i];
        blob entry;
        bool is_claimed = entry_of(r, index, key, id, &entry);
        if (is_claimed)
            add_word(&words, index->unique ? "unique:" : "index:", index->name, &entry);
        if (is_claimed)
            list_add(&r->wanted[i], entry, blob_of(id->bytes, id->length));
        else
            free(entry.bytes);
    }
    redisReply *left = redisCommand(r->server, "PTTL %b", key->bytes, key->length);
    blob all = join(&words);
    if (left->integer >= 0)
        list_add(&r->expiring, blob_of(id->bytes, id->length), all);
    else
        free(all.bytes);
    freeReplyObject(left);
}

static void want_all(run *r)
{
    char cursor[32] = "0";
    list keys = {NULL, 0, 0};
    blob prefix = blob_of(r->model->record == NULL ? r->model->name : r->model->record,
                          strlen(r->model->record == NULL ? r->model->name : r->model->record));
    add_byte(&prefix, ':');
    do {
        redisReply *page = redisCommand(r->server, "SCAN %s COUNT 1000 TYPE hash", cursor);
        snprintf(cursor, sizeof cursor, "%s", page->element[0]->str);
        for (size_t i = 0; i < page->element[1]->elements; i++) {
            const redisReply *key = page->element[1]->element[i];
            if (key->len > prefix.length && memcmp(key->str, prefix.bytes, prefix.length) == 0)
                list_add(&keys, blob_of(key->str, key->len),
                         blob_of(key->str + prefix.length, key->len - prefix.length));
        }
        freeReplyObject(page);
    } while (strcmp(cursor, "0") != 0);
    list_sort(&keys); /* SCAN may say a key twice */
    for (size_t i = 0; i < keys.count; i++)
        if (i == 0 || compare_blobs(&keys.pairs[i].entry, &keys.pairs[i - 1].entry) != 0)
            want_record(r, &keys.pairs[i].entry, &keys.pairs[i].id);
    list_free(&keys);
    free(prefix.bytes);
}

/* ---- what is there ---- */

static void compare(run *r, const char *what, list *wanted, list *there)
{
    list_sort(wanted);
    list_sort(there);
    size_t i = 0, k = 0;
    while (i < wanted->count || k < there->count) {
        int order = i == wanted->count  ? 1
                    : k == there->count ? -1
                                        : compare_pairs(&wanted->pairs[i], &there->pairs[k]);
        if (order < 0)
            complain(r, "%s lacks %s of %s", what, show(&wanted->pairs[i].entry), show(&wanted->pairs[i].id));
        else if (order > 0)
            complain(r, "%s has %s of \"%s\", which no record asks for", what, show(&there->pairs[k].entry),
                     show(&there->pairs[k].id));
        i += order <= 0;
        k += order >= 0;
    }
}

static void check_sorted_set(run *r, const char *suffix, const char *name, list *wanted)
{
    char key[256];
    list there = {NULL, 0, 0}, alone = {NULL, 0, 0};
    bool has_guard = false;
    snprintf(key, sizeof key, "%s#%s%s", r->model->name, suffix, name);
    for (long long from = 0;; from += 1000) {
        redisReply *page = redisCommand(r->server, "ZRANGE %s %lld %lld WITHSCORES", key, from, from + 999);
        size_t count = page->type == REDIS_REPLY_ARRAY ? page->elements : 0;
        for (size_t i = 0; i < count; i += 2) {
            if (page->element[i]->len == 0)
                has_guard = true;
            else
                list_add(&there, blob_of(page->element[i]->str, page->element[i]->len), blob_of("", 0));
            if (strcmp(page->element[i + 1]->str, "0") != 0)
                complain(r, "%s has a score other than 0", key);
        }
        freeReplyObject(page);
        if (count == 0)
            break;
    }
    if (!has_guard)
        complain(r, "%s has no guard", key);
    for (size_t i = 0; i < wanted->count; i++)
        list_add(&alone, blob_of(wanted->pairs[i].entry.bytes, wanted->pairs[i].entry.length), blob_of("", 0));
    r->found.entries += there.count;
    compare(r, key, &alone, &there);
    list_free(&there);
    list_free(&alone);
}

/* All fields of a hash. */
static void read_hash(run *r, const char *key, list *out)
{
    char cursor[32] = "0";
    do {
        redisReply *page = redisCommand(r->server, "HSCAN %s %s COUNT 1000", key, cursor);
        snprintf(cursor, sizeof cursor, "%s", page->element[0]->str);
        for (size_t i = 0; i + 1 < page->element[1]->elements; i += 2)
            list_add(out, blob_of(page->element[1]->element[i]->str, page->element[1]->element[i]->len),
                     blob_of(page->element[1]->element[i + 1]->str, page->element[1]->element[i + 1]->len));
        freeReplyObject(page);
    } while (strcmp(cursor, "0") != 0);
}

static void check_unique(run *r, const checked_index *index, list *wanted)
{
    char key[256];
    list there = {NULL, 0, 0}, guard = {NULL, 0, 0};
    snprintf(key, sizeof key, "%s#unique:%s", r->model->name, index->name);
    read_hash(r, key, &there);
    list_sort(wanted);
    for (size_t i = 1; i < wanted->count; i++)
        if (compare_blobs(&wanted->pairs[i].entry, &wanted->pairs[i - 1].entry) == 0)
            complain(r, "%s and %s hold the same value of %s", show(&wanted->pairs[i - 1].id),
                     show(&wanted->pairs[i].id), index->name);
    list_add(wanted, blob_of("", 0), blob_of("", 0)); /* the guard */
    r->found.claims += there.count > 0 ? there.count - 1 : 0;
    compare(r, key, wanted, &there);
    list_free(&there);
    list_free(&guard);
}

/* ---- expiry ---- */

static size_t packed_length(const unsigned char *at, size_t *head)
{
    *head = at[0] >= 0xa0 && at[0] <= 0xbf ? 1 : at[0] == 0xd9 || at[0] == 0xc4 ? 2 : 3;
    return *head == 1 ? at[0] & 0x1fu : *head == 2 ? at[1] : (size_t)at[1] << 8 | at[2];
}

static blob read_packed(const blob *packed)
{
    const unsigned char *at = (const unsigned char *)packed->bytes, *end = at + packed->length;
    list words = {NULL, 0, 0};
    if (at < end && (*at & 0xf0) == 0x80) { /* a map of up to 15 */
        for (at++; at + 1 < end;) {
            size_t head, name_length = packed_length(at, &head);
            blob word = blob_of(at + head, name_length);
            at += head + name_length;
            size_t length = packed_length(at, &head);
            add_byte(&word, '=');
            add(&word, at + head, length);
            at += head + length;
            list_add(&words, word, blob_of("", 0));
        }
    }
    return join(&words);
}

/* Takes the guard of #entries out, which says that all that expires is in it. */
static void drop_guard(run *r, list *entries)
{
    bool is_whole = false;
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        pair *one = &entries->pairs[i];
        if (one->entry.length > 0) {
            entries->pairs[kept++] = *one;
            continue;
        }
        is_whole = one->id.length == 1 && one->id.bytes[0] == '1';
        free(one->entry.bytes);
        free(one->id.bytes);
    }
    entries->count = kept;
    redisReply *expiring = redisCommand(r->server, "HEXISTS %s#schema expiring", r->model->name);
    if (is_whole != (expiring->integer == 1))
        complain(r, "%s#entries %s its guard", r->model->name, is_whole ? "needs not have" : "has lost");
    freeReplyObject(expiring);
}

static void check_expiry(run *r)
{
    char key[256];
    list entries = {NULL, 0, 0}, expires = {NULL, 0, 0}, ids = {NULL, 0, 0};
    snprintf(key, sizeof key, "%s#entries", r->model->name);
    read_hash(r, key, &entries);
    drop_guard(r, &entries);
    for (size_t i = 0; i < entries.count; i++) {
        blob words = read_packed(&entries.pairs[i].id);
        free(entries.pairs[i].id.bytes);
        entries.pairs[i].id = words;
    }
    compare(r, key, &r->expiring, &entries);
    snprintf(key, sizeof key, "%s#expires", r->model->name);
    redisReply *all = redisCommand(r->server, "ZRANGE %s 0 -1", key);
    for (size_t i = 0; i < all->elements; i++)
        list_add(&expires, blob_of(all->element[i]->str, all->element[i]->len), blob_of("", 0));
    freeReplyObject(all);
    for (size_t i = 0; i < r->expiring.count; i++)
        list_add(&ids, blob_of(r->expiring.pairs[i].entry.bytes, r->expiring.pairs[i].entry.length), blob_of("", 0));
    compare(r, key, &ids, &expires);
    r->found.expiring = r->expiring.count;
    list_free(&entries);
    list_free(&expires);
    list_free(&ids);
}

checked checker_run(redisContext *server, const checked_model *model)
{
    run r = {.server = server, .model = model, .wanted = calloc(model->index_count + 1, sizeof(list))};
    want_all(&r);
    check_sorted_set(&r, "ids", "", &r.ids);
    for (size_t i = 0; i < model->index_count; i++)
        if (model->indexes[i].unique)
            check_unique(&r, &model->indexes[i], &r.wanted[i]);
        else
            check_sorted_set(&r, "index:", model->indexes[i].name, &r.wanted[i]);
    check_expiry(&r);
    for (size_t i = 0; i < model->index_count; i++)
        list_free(&r.wanted[i]);
    list_free(&r.ids);
    list_free(&r.expiring);
    free(r.wanted);
    return r.found;
}
