/* Errors of the server, and the one place where they become statuses. */
#include "request.h"

static const struct meaning {
    const char *code;
    ds_status status;
} meanings[] = {
    {"WRONGTYPE", DS_WRONG_KIND}, {"NOAUTH", DS_AUTH},      {"WRONGPASS", DS_AUTH},
    {"NOPERM", DS_AUTH},          {"DENIED", DS_AUTH},      {"READONLY", DS_READONLY},
    {"LOADING", DS_BUSY},         {"MASTERDOWN", DS_BUSY},  {"BUSY", DS_BUSY},
    {"TRYAGAIN", DS_BUSY},        {"CLUSTERDOWN", DS_BUSY}, {"NOREPLICAS", DS_BUSY},
    {"OOM", DS_BACKEND},          {"MISCONF", DS_BACKEND},  {"NOSCRIPT", DS_BACKEND},
    {"EXECABORT", DS_BACKEND},    {"UNKILLABLE", DS_BUSY},  {"CROSSSLOT", DS_BACKEND},
    {"MOVED", DS_UNSUPPORTED},    {"ASK", DS_UNSUPPORTED},
};

bool redis_reply_is(const redis_reply *reply, const char *code)
{
    size_t length = strlen(code);
    return reply != NULL && reply->type == REDIS_ERROR && reply->length >= length &&
           memcmp(reply->text, code, length) == 0 && (reply->length == length || reply->text[length] == ' ');
}

bool redis_is_refusal(const char *text, size_t length)
{
    static const char *const codes[] = {"LOADING ", "MASTERDOWN "};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (length >= strlen(codes[i]) && memcmp(text, codes[i], strlen(codes[i])) == 0)
            return true;
    return false;
}

/* Errors that have no code of their own: the start of their text. */
static const struct meaning texts[] = {
    {"ERR max number of clients", DS_BUSY},
    {"ERR The user executing the script can't", DS_AUTH}, /* NOPERM inside a script, of Redis 7.0 */
    {"ERR ACL failure in script", DS_AUTH},               /* and of Redis 7.2 and later */
};

ds_status redis_reply_status(const redis_reply *reply)
{
    if (reply == NULL || reply->type != REDIS_ERROR)
        return DS_OK;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (redis_reply_is(reply, meanings[i].code))
            return meanings[i].status;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strncmp(reply->text, texts[i].code, strlen(texts[i].code)) == 0)
            return texts[i].status;
    return DS_BACKEND;
}

ds_status redis_reply_fail(const redis_reply *error, const char *doing, ds_error *err)
{
    ds_status status = redis_reply_status(error);
    const char *text = error == NULL || error->text == NULL ? "" : error->text;
    const char *on = doing == NULL ? "" : doing, *colon = doing == NULL ? "" : ": ";
    switch (status) {
    case DS_OK:
        return DS_OK;
    case DS_WRONG_KIND:
        return ds_error_set(err, status, "%s%sthe key holds something other than what is asked of it (%s)", on, colon,
                            text);
    case DS_AUTH:
        return ds_error_set(err, status, "%s%sthe Redis server refused the right to do it (%s)", on, colon, text);
    case DS_READONLY:
        return ds_error_set(err, status, "%s%sthe Redis server takes no writes (%s)", on, colon, text);
    case DS_BUSY:
        return ds_error_set(err, status, "%s%sthe Redis server is busy (%s)", on, colon, text);
    case DS_UNSUPPORTED:
        return ds_error_set(err, status, "%s%sthe Redis server is part of a cluster, which is not supported yet (%s)",
                            on, colon, text);
    default:
        return ds_error_set(err, status, "%s%sthe Redis server answered with an error: %s", on, colon, text);
    }
}
