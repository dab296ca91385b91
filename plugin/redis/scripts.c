/* Digests of the scripts, and the head of EVALSHA and EVAL. */
#include "scripts.h"

#include <openssl/evp.h>

ds_status scripts_digest(script_digests *out, ds_error *err)
{
    static const char hexadecimal[] = "0123456789abcdef";
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned length = 0;
        if (EVP_Digest(script_sources[i].text, script_sources[i].length, digest, &length, EVP_sha1(), NULL) != 1 ||
            length != 20)
            return ds_error_set(err, DS_CONFIG, "OpenSSL cannot compute SHA-1, by which Redis names its scripts");
        for (size_t k = 0; k < 20; k++) {
            out->sha1[i][2 * k] = hexadecimal[digest[k] >> 4];
            out->sha1[i][2 * k + 1] = hexadecimal[digest[k] & 15];
        }
        out->sha1[i][40] = '\0';
    }
    return DS_OK;
}

script script_once(script which)
{
    switch (which) {
    case SCRIPT_ATOMIC:
        return SCRIPT_ATOMIC_ONCE;
    case SCRIPT_CREATE:
        return SCRIPT_CREATE_ONCE;
    case SCRIPT_DELETE:
        return SCRIPT_DELETE_ONCE;
    case SCRIPT_EXPIRE:
        return SCRIPT_EXPIRE_ONCE;
    case SCRIPT_INCREMENT:
        return SCRIPT_INCREMENT_ONCE;
    case SCRIPT_KEEP:
        return SCRIPT_KEEP_ONCE;
    case SCRIPT_WRITE:
        return SCRIPT_WRITE_ONCE;
    default: /* it has none */
        return which;
    }
}

void script_begin(redis_request *request, const script_digests *digests, script which, bool whole, size_t keys,
                  size_t arguments)
{
    request_begin(request, 3 + keys + arguments);
    request_text(request, whole ? "EVAL" : "EVALSHA");
    if (whole)
        request_bytes(request, script_sources[which].text, script_sources[which].length);
    else
        request_bytes(request, digests->sha1[which], 40);
    request_integer(request, (int64_t)keys);
}

bool script_says(const redis_reply *reply, const char *word)
{
    return (reply->type == REDIS_STRING || reply->type == REDIS_STATUS) && reply->length == strlen(word) &&
           memcmp(reply->text, word, reply->length) == 0;
}

bool reply_is_of_texts(const redis_reply *reply)
{
    for (size_t i = 0; i < reply->count; i++)
        if (reply->elements[i].type != REDIS_STRING)
            return false;
    return reply->type == REDIS_ARRAY;
}
