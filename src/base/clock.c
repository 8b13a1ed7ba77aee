/* SPDX-License-Identifier: Apache-2.0 */
/* clock - see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#define WALL_YEAR_0 (-62167219200LL)
#define WALL_YEAR_9999_END 253402300799LL

uint32_t mono_ms_between(struct mono a, struct mono b)
{
    if (b.us <= a.us)
        return 0;
    int64_t ms = (b.us - a.us + 500) / 1000;
    return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static struct tm calendar(struct wall t)
{
    time_t s = t.s < WALL_YEAR_0 ? WALL_YEAR_0 : t.s > WALL_YEAR_9999_END ? WALL_YEAR_9999_END : t.s;
    struct tm tm = {0};
    gmtime_r(&s, &tm);
    return tm;
}

void wall_write(struct wall t, char text[static CLOCK_TEXT_BYTES])
{
    struct tm tm = calendar(t);
    strftime(text, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (tm.tm_year + 1900 < 1000)
        snprintf(text, CLOCK_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02dZ", (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
                 tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
}

void wall_write_date(struct wall t, char text[static CLOCK_TEXT_BYTES])
{
    wall_write(t, text);
    text[10] = '\0';
}

static bool digits_at(struct str s, size_t at, size_t count, int *value)
{
    uint64_t number;
    if (at + count > s.n || !str_number((struct str){s.p + at, count}, 9999, &number))
        return false;
    *value = (int)number;
    return true;
}

/* branches: each is a place of the one form that is read, in their order. */
bool wall_parse(struct str s, struct wall *t)
{
    struct tm tm = {0};
    int year, month;
    if (s.n != 20 || s.p[4] != '-' || s.p[7] != '-' || s.p[10] != 'T' || s.p[13] != ':' || s.p[16] != ':' || s.p[19] != 'Z')
        return false;
    if (!digits_at(s, 0, 4, &year) || !digits_at(s, 5, 2, &month) || !digits_at(s, 8, 2, &tm.tm_mday) ||
        !digits_at(s, 11, 2, &tm.tm_hour) || !digits_at(s, 14, 2, &tm.tm_min) || !digits_at(s, 17, 2, &tm.tm_sec))
        return false;
    if (month < 1 || month > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    int day = tm.tm_mday;
    t->s = timegm(&tm);
    return tm.tm_mday == day; /* timegm moves 30 February into March */
}
