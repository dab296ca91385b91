/* Dates as ISO 8601 text: the proleptic Gregorian calendar, no leap seconds. */
#include "model/text.h"

#define MS_PER_DAY 86400000

/* Days since 1970 of a year's March 1st, by which the day that comes and goes is the last of its year. */
static int64_t year_start(int64_t year)
{
    int64_t centuries = year / 100 - (year % 100 < 0);
    int64_t leaps = year / 4 - (year % 4 < 0) - centuries + (centuries / 4 - (centuries % 4 < 0));
    return 365 * year + leaps - 719468;
}

/* Days from March 1st to the first of a month, counted from March as 0: 31 30 31 30 31, twice, and 31. */
static int month_start(int month)
{
    return (153 * month + 2) / 5;
}

static int64_t days_of(int year, int month, int day)
{
    int shifted = (month + 9) % 12;
    return year_start(year - (month < 3)) + month_start(shifted) + day - 1;
}

static int month_length(int year, int month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* ---- printing ---- */

static char *digits_put(char *out, int64_t number, int width)
{
    for (int i = width - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    return out + width;
}

static char *mark_put(char *out, char mark)
{
    *out = mark;
    return out + 1;
}

/* Outside of 0000 to 9999, which no stored date is, ISO 8601's expanded form. */
static char *year_put(char *out, int64_t year)
{
    if (year >= 0 && year <= 9999)
        return digits_put(out, year, 4);
    return digits_put(mark_put(out, year < 0 ? '-' : '+'), year < 0 ? -year : year, 9);
}

static char *day_put(char *out, int64_t days)
{
    int64_t year = (int64_t)((double)(days + 719468) / 365.2425); /* off by one at most */
    while (year_start(year + 1) <= days)
        year++;
    while (year_start(year) > days)
        year--;
    int left = (int)(days - year_start(year)), month = 11;
    while (month_start(month) > left)
        month--;
    out = mark_put(year_put(out, year + (month >= 10)), '-');
    out = mark_put(digits_put(out, (month + 2) % 12 + 1, 2), '-');
    return digits_put(out, left - month_start(month) + 1, 2);
}

size_t date_print(int64_t ms, char out[32])
{
    int64_t left = (ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY, days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
    char *next = mark_put(day_put(out, days), 'T');
    next = mark_put(digits_put(next, left / 3600000, 2), ':');
    next = mark_put(digits_put(next, left / 60000 % 60, 2), ':');
    next = mark_put(digits_put(next, left / 1000 % 60, 2), '.');
    next = mark_put(digits_put(next, left % 1000, 3), 'Z');
    *next = '\0';
    return (size_t)(next - out);
}

/* ---- reading ---- */

typedef struct reader {
    const char *next, *end;
} reader;

static bool read_char(reader *from, char c)
{
    if (from->next == from->end || *from->next != c)
        return false;
    from->next++;
    return true;
}

static bool read_digit(reader *from, int *digit)
{
    if (from->next == from->end || *from->next < '0' || *from->next > '9')
        return false;
    *digit = *from->next++ - '0';
    return true;
}

/* Exactly `width` digits, from `low` to `high`. */
static bool read_number(reader *from, int width, int low, int high, int *out)
{
    int digit;
    *out = 0;
    for (int i = 0; i < width; i++) {
        if (!read_digit(from, &digit))
            return false;
        *out = *out * 10 + digit;
    }
    return *out >= low && *out <= high;
}

static bool read_day(reader *from, int64_t *days)
{
    int year, month, day;
    if (!read_number(from, 4, 0, 9999, &year) || !read_char(from, '-') || !read_number(from, 2, 1, 12, &month) ||
        !read_char(from, '-') || !read_number(from, 2, 1, month_length(year, month), &day))
        return false;
    *days = days_of(year, month, day);
    return true;
}

/* Behind the point: at least one digit; beyond ms, zeros only. */
static bool read_fraction(reader *from, int *ms)
{
    int digit, worth = 100;
    if (!read_digit(from, &digit))
        return false;
    *ms = 0;
    do {
        *ms += digit * worth;
        if (worth == 0 && digit != 0)
            return false;
        worth /= 10;
    } while (read_digit(from, &digit));
    return true;
}

/* hh:mm, hh:mm:ss or hh:mm:ss.fff, in ms. */
static bool read_time(reader *from, int64_t *out)
{
    int hour, minute, second = 0, ms = 0;
    if (!read_number(from, 2, 0, 23, &hour) || !read_char(from, ':') || !read_number(from, 2, 0, 59, &minute))
        return false;
    if (read_char(from, ':')) {
        if (!read_number(from, 2, 0, 59, &second))
            return false;
        if ((read_char(from, '.') || read_char(from, ',')) && !read_fraction(from, &ms))
            return false;
    }
    *out = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

/* Z, or +hh, +hhmm, +hh:mm, in ms. */
static bool read_offset(reader *from, int64_t *out)
{
    int hour, minute = 0;
    *out = 0;
    if (read_char(from, 'Z') || read_char(from, 'z'))
        return true;
    bool behind = read_char(from, '-');
    if ((!behind && !read_char(from, '+')) || !read_number(from, 2, 0, 23, &hour))
        return false;
    if ((read_char(from, ':') || from->next < from->end) && !read_number(from, 2, 0, 59, &minute))
        return false;
    *out = (hour * 60 + minute) * (behind ? INT64_C(-60000) : INT64_C(60000));
    return true;
}

bool date_parse(const char *text, size_t length, int64_t *out)
{
    reader from = {text, text + length};
    int64_t days, time = 0, offset = 0;
    if (!read_day(&from, &days))
        return false;
    if (read_char(&from, 'T') || read_char(&from, 't'))
        if (!read_time(&from, &time) || !read_offset(&from, &offset))
            return false;
    int64_t ms = days * MS_PER_DAY + time - offset;
    if (from.next != from.end || ms < DATE_FIRST || ms > DATE_LAST)
        return false;
    *out = ms;
    return true;
}
