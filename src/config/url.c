/* Splits URLs for connectors, by the rules at ds_url_split(). No sentence shows a part of the URL: what looks like a
 * host may be the rest of a password with a '/' in it. */
#include "base/base.h"

#include <string.h>

/* A part of the text, not decoded; NULL: absent. */
typedef struct span {
    const char *start, *end;
} span;

typedef struct parts {
    span scheme, user, password, host, port, path, query;
} parts;

static ds_status url_fail(ds_error *err, const char *what)
{
    return ds_error_set(err, DS_CONFIG, "the URL %s", what);
}

static const char *span_find(span s, char c)
{
    return s.start >= s.end ? NULL : memchr(s.start, c, (size_t)(s.end - s.start));
}

static const char *span_find_last(span s, char c)
{
    return s.start >= s.end ? NULL : memrchr(s.start, c, (size_t)(s.end - s.start));
}

/* ---- finding the parts ---- */

static bool scheme_valid(span s)
{
    for (const char *c = s.start; c < s.end; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        bool other = (*c >= '0' && *c <= '9') || *c == '+' || *c == '-' || *c == '.';
        if (!letter && (c == s.start || !other))
            return false;
    }
    return s.start < s.end;
}

static void split_credentials(span credentials, parts *p)
{
    const char *colon = span_find(credentials, ':');
    p->user = (span){credentials.start, colon == NULL ? credentials.end : colon};
    if (colon != NULL)
        p->password = (span){colon + 1, credentials.end};
}

static ds_status check_host(span host, ds_error *err)
{
    for (const char *c = host.start; c < host.end; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F || strchr("%[]<>\"\\^`{|}", *c) != NULL)
            return url_fail(err, "has a character in its host that no host name holds");
    return DS_OK;
}

static bool address_valid(span host)
{
    for (const char *c = host.start; c < host.end && *c != '%'; c++) /* a zone may follow */
        if (strchr("0123456789abcdefABCDEF:.", *c) == NULL)
            return false;
    return span_find(host, ':') != NULL;
}

/* "[address]" or "[address]:port". */
static ds_status split_address(span rest, parts *p, ds_error *err)
{
    const char *close = span_find(rest, ']');
    if (close == NULL)
        return url_fail(err, "has a bracket that is not closed");
    p->host = (span){rest.start + 1, close};
    if (!address_valid(p->host))
        return url_fail(err, "has no IPv6 address in its brackets");
    if (close + 1 == rest.end)
        return DS_OK;
    if (close[1] != ':')
        return url_fail(err, "has text between the bracket and the port");
    p->port = (span){close + 2, rest.end};
    return DS_OK;
}

static ds_status split_host(span rest, parts *p, ds_error *err)
{
    if (rest.start < rest.end && *rest.start == '[')
        return split_address(rest, p, err);
    const char *colon = span_find(rest, ':');
    if (colon != NULL && colon != span_find_last(rest, ':'))
        return url_fail(err, "has more than one colon in its host: an IPv6 address stands in brackets");
    const char *end = colon == NULL ? rest.end : colon;
    if (rest.start < end)
        p->host = (span){rest.start, end};
    if (colon != NULL)
        p->port = (span){colon + 1, rest.end};
    return check_host((span){rest.start, end}, err);
}

/* Of a socket, what follows the credentials is its path; of anything else, an '@' there would be the end of a password
 * that holds a '/'. */
static ds_status split_path(span path, bool is_socket, parts *p, ds_error *err)
{
    if (is_socket && (path.end - path.start < 2))
        return url_fail(err, "lacks the path of the socket");
    if (path.start == path.end)
        return DS_OK;
    if (!is_socket && span_find(path, '@') != NULL)
        return url_fail(err, "has an '@' behind a '/': in a password '/' is written %2F, in a path '@' is written %40");
    p->path = (span){is_socket ? path.start : path.start + 1, path.end};
    return DS_OK;
}

/* `rest` is what stands between "://" and the query. */
static ds_status split_rest(span rest, bool is_socket, parts *p, ds_error *err)
{
    const char *slash = span_find(rest, '/');
    span authority = {rest.start, slash == NULL ? rest.end : slash};
    const char *at = span_find_last(authority, '@');
    if (at != NULL) {
        split_credentials((span){authority.start, at}, p);
        authority.start = at + 1;
    }
    ds_status status = DS_OK;
    if (is_socket && authority.start < authority.end)
        status = url_fail(err, "of a socket must have a path that begins with '/' behind the credentials");
    else if (!is_socket)
        status = split_host(authority, p, err);
    return status == DS_OK ? split_path((span){authority.end, rest.end}, is_socket, p, err) : status;
}

static ds_status split_text(const char *text, bool is_socket, parts *p, ds_error *err)
{
    const char *mark = strstr(text, "://");
    if (mark == NULL || !scheme_valid((span){text, mark}))
        return url_fail(err, "does not begin with a scheme and \"://\"");
    if (strchr(text, '#') != NULL)
        return url_fail(err, "has a '#', which is written %23");
    p->scheme = (span){text, mark};
    span rest = {mark + 3, text + strlen(text)};
    const char *question = span_find(rest, '?');
    if (question != NULL) {
        p->query = (span){question + 1, rest.end};
        if (span_find(p->query, '@') != NULL) /* it may well end a password that holds a '?' */
            return url_fail(err, "has an '@' behind a '?': in a password '?' is written %3F, in a query '@' is written "
                                 "%40");
        rest.end = question;
    }
    return split_rest(rest, is_socket, p, err);
}

/* ---- copying them ---- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *digit = c == '\0' ? NULL : strchr(digits, c);
    int value = digit == NULL ? -1 : (int)(digit - digits);
    return value < 16 ? value : value - 6;
}

static ds_status copy_plain(span s, char **out, ds_error *err)
{
    if (s.start == NULL)
        return DS_OK;
    *out = text_copy_n(s.start, (size_t)(s.end - s.start));
    return *out == NULL ? error_nomem(err) : DS_OK;
}

static ds_status copy_decoded(span s, char **out, ds_error *err)
{
    if (copy_plain(s, out, err) != DS_OK)
        return DS_NOMEM;
    if (*out == NULL)
        return DS_OK;
    char *to = *out;
    for (const char *from = *out; *from != '\0';) {
        if (*from != '%') {
            *to++ = *from++;
            continue;
        }
        int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
        if (low < 0)
            return url_fail(err, "has a '%' that two hexadecimal digits do not follow");
        if (high == 0 && low == 0)
            return url_fail(err, "has a NUL (%00)");
        *to++ = (char)(unsigned char)(16 * high + low);
        from += 3;
    }
    *to = '\0';
    return DS_OK;
}

static ds_status copy_port(span s, int *port, ds_error *err)
{
    long number = 0;
    if (s.start == NULL)
        return DS_OK;
    for (const char *c = s.start; c < s.end && number >= 0; c++)
        number = *c < '0' || *c > '9' || number > 65535 ? -1 : 10 * number + (*c - '0');
    if (number < 1 || number > 65535 || *s.start == '0')
        return url_fail(err,
                        "has a port that is not a number from 1 to 65535 (in a password '/' is written %2F, '?' is "
                        "written %3F)");
    *port = (int)number;
    return DS_OK;
}

static ds_status copy_parameter(span s, ds_url *url, ds_error *err)
{
    const char *equals = span_find(s, '=');
    span name = {s.start, equals == NULL ? s.end : equals};
    span value = {equals == NULL ? s.end : equals + 1, s.end};
    if (name.start == name.end)
        return url_fail(err, "has a query parameter without a name");
    ds_status status = copy_plain(name, &url->query_names[url->query_count], err);
    if (status == DS_OK)
        status = copy_decoded(value, &url->query_values[url->query_count++], err);
    return status;
}

static ds_status copy_query(span s, ds_url *url, ds_error *err)
{
    size_t count = 1;
    ds_status status = DS_OK;
    if (s.start == s.end)
        return DS_OK;
    for (const char *c = s.start; c < s.end; c++)
        count += *c == '&';
    url->query_names = ds_calloc(count, sizeof(char *));
    url->query_values = ds_calloc(count, sizeof(char *));
    if (url->query_names == NULL || url->query_values == NULL)
        return error_nomem(err);
    while (count-- > 0 && status == DS_OK) {
        const char *end = span_find(s, '&');
        status = copy_parameter((span){s.start, end == NULL ? s.end : end}, url, err);
        s.start = end == NULL ? s.end : end + 1;
    }
    return status;
}

static ds_status copy_parts(const parts *p, ds_url *url, ds_error *err)
{
    ds_status status = copy_plain(p->scheme, &url->scheme, err);
    if (status == DS_OK)
        status = copy_decoded(p->user, &url->user, err);
    if (status == DS_OK)
        status = copy_decoded(p->password, &url->password, err);
    if (status == DS_OK)
        status = copy_plain(p->host, &url->host, err);
    if (status == DS_OK)
        status = copy_port(p->port, &url->port, err);
    if (status == DS_OK)
        status = copy_decoded(p->path, &url->path, err);
    return status == DS_OK ? copy_query(p->query, url, err) : status;
}

ds_status ds_url_split(const char *text, bool is_socket, ds_url **out, ds_error *err)
{
    parts p = {0};
    if (text == NULL || out == NULL)
        return ds_error_set(err, DS_CONFIG, "no URL is given");
    ds_status status = split_text(text, is_socket, &p, err);
    if (status != DS_OK)
        return status;
    ds_url *url = ds_calloc(1, sizeof *url);
    if (url == NULL)
        return error_nomem(err);
    status = copy_parts(&p, url, err);
    if (status == DS_OK)
        *out = url;
    else
        ds_url_free(url);
    return status;
}

void ds_url_free(ds_url *url)
{
    if (url == NULL)
        return;
    for (size_t i = 0; i < url->query_count; i++) {
        ds_free(url->query_names[i]);
        ds_free(url->query_values[i]);
    }
    ds_free(url->query_names);
    ds_free(url->query_values);
    ds_free(url->scheme);
    ds_free(url->user);
    ds_free(url->password);
    ds_free(url->host);
    ds_free(url->path);
    ds_free(url);
}
