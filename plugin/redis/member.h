/* Index members: values as bytes that sort as the values do. scripts/encode.lua is the same in Lua, and tests/redis/members.txt
 * holds both to the same vectors. docs/REDIS-STORAGE.md has the format. */
#ifndef REDIS_MEMBER_H
#define REDIS_MEMBER_H

#include <datasource/connector.h>

/* A longer value counts with its first bytes alone, and its part ends in 00 01 (only other programs can have written it, or it
 * was there before the index): behind the value of these bytes, like none, and among its kind in the order of ids. */
#define LONGEST_INDEXED 4096

/* As long as the library lets an id be. A key with a longer one, which only other programs can have made, is no record. */
#define LONGEST_ID 4096

typedef struct member { /* bytes that grow */
    char *bytes;
    size_t length, room;
} member;                     /* all zero is empty */
void member_clear(member *m); /* keeps its memory */
void member_free(member *m);

/* Each appends; DS_NOMEM. */
ds_status member_add(member *m, ds_value value,
                     bool descending); /* null, boolean, integer, number, date, string or binary */
/* What stands behind the parts: a string's bytes, an integer as a number without the byte of its type. Descending, a string as
 * in a part (00 as 00 FF, 00 00 at its end), so that of two the longer one comes first. */
ds_status member_add_id(member *m, ds_value id, bool descending);
ds_status member_add_bytes(member *m, const void *bytes, size_t length);

/* The parts of an index for a record, without the id; *has_null: a part is null. */
ds_status member_add_parts(member *m, const ds_index *index, const ds_record *record, bool *has_null);
/* The same with every part ascending: what a unique index claims. */
ds_status member_add_claim(member *m, const ds_index *index, const ds_record *record, bool *has_null);

/* The length of the first part of these bytes; 0: they begin with none. Parts are self-delimiting, so that the id of a member
 * is what stands behind as many parts as the index has keys. */
size_t member_part_length(const char *bytes, size_t length, bool descending);
bool member_part_is_cut(const char *bytes, size_t length, bool descending); /* of one part, whole */
/* The text of the id at the end of a member, as it stands in keys; false: no member of such an index. `scratch` takes an
 * integer's text or the complement, at least LONGEST_ID + 32 bytes. */
bool member_read_id(const char *bytes, size_t length, const bool *descending, size_t key_count, bool integer_id,
                    char *scratch, const char **id, size_t *id_length);

/* Bounds for ZRANGE BYLEX over a prefix: "[prefix" and the least bytes above all that begin with it ("(next", or "+" where there
 * are none). */
ds_status member_bound_first(member *out, const member *prefix, bool inclusive);
ds_status member_bound_behind(member *out, const member *prefix);

#endif
