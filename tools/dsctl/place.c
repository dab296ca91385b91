/* Where a piece of JSON ends that is still being typed: in which object, below which key, in a string or not. */
#include "candidates.h"

#include <string.h>

static void open_container(place *p, char kind)
{
    if (p->depth < PLACE_DEPTH) {
        p->at[p->depth].kind = kind;
        p->at[p->depth].key[0] = '\0';
    }
    p->depth++;
    p->is_key = kind == '{';
}

static void end_string(place *p, const char *end)
{
    p->in_string = false;
    if (!p->is_key || p->depth == 0 || p->depth > PLACE_DEPTH)
        return;
    char *key = p->at[p->depth - 1].key;
    size_t length = (size_t)(end - p->text), room = sizeof p->at[0].key - 1;
    length = length < room ? length : room;
    memcpy(key, p->text, length);
    key[length] = '\0';
}

void place_find(place *p, const char *json)
{
    memset(p, 0, sizeof *p);
    for (const char *at = json; *at != '\0'; at++) {
        if (p->in_string && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (p->in_string && *at == '"') {
            end_string(p, at);
        } else if (p->in_string) {
            continue;
        } else if (*at == '"') {
            p->in_string = true;
            p->text = at + 1;
        } else if (*at == '{' || *at == '[') {
            open_container(p, *at);
        } else if ((*at == '}' || *at == ']') && p->depth > 0) {
            p->depth--;
        } else if (*at == ':') {
            p->is_key = false;
        } else if (*at == ',') {
            p->is_key = p->depth > 0 && p->depth <= PLACE_DEPTH && p->at[p->depth - 1].kind == '{';
        }
    }
}

const char *place_key(const place *p)
{
    size_t from = p->depth < PLACE_DEPTH ? p->depth : PLACE_DEPTH;
    if (p->is_key && from > 0)
        from--; /* of its own object it is a key itself */
    for (size_t i = from; i > 0; i--)
        if (p->at[i - 1].kind == '{')
            return p->at[i - 1].key;
    return "";
}
