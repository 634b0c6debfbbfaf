/*
 * Real time comes from the kernel, virtual time from two counters. The
 * counters are atomic because the store thread asks for the time too.
 *
 * Calendar arithmetic is done here, without gmtime_r(): it takes the lock of
 * the time zone, and every message with a stamp would pay for it.
 */
#include "base/clock.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define DAY_MS        (INT64_C(86400) * 1000)
#define VIRTUAL_START INT64_C(1000000)
/* 9999-12-31T23:59:59.999Z */
#define LAST_MS       INT64_C(253402300799999)

static atomic_bool is_virtual;
static atomic_int_fast64_t virtual_ms;
static atomic_int_fast64_t virtual_wall_ms;

static int64_t read_clock(clockid_t id)
{
	struct timespec now;
	int ret = clock_gettime(id, &now);

	assert(ret == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
	if (atomic_load_explicit(&is_virtual, memory_order_relaxed))
		return atomic_load(&virtual_ms);
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	if (atomic_load_explicit(&is_virtual, memory_order_relaxed))
		return atomic_load(&virtual_wall_ms);
	return read_clock(CLOCK_REALTIME);
}

void clock_use_virtual(int64_t wall_ms)
{
	atomic_store(&virtual_ms, VIRTUAL_START);
	atomic_store(&virtual_wall_ms, wall_ms);
	atomic_store(&is_virtual, true);
}

void clock_use_real(void)
{
	atomic_store(&is_virtual, false);
}

void clock_advance(int64_t ms)
{
	assert(clock_is_virtual() && ms >= 0);
	atomic_fetch_add(&virtual_ms, ms);
	atomic_fetch_add(&virtual_wall_ms, ms);
}

bool clock_is_virtual(void)
{
	return atomic_load(&is_virtual);
}

struct date {
	int year, month, day;
};

/* Days of the months before the given one, in a year that starts in March:
 * then the leap day is the last and (153 * month + 2) / 5 counts the days. */
static int64_t days_of_date(struct date d)
{
	int64_t year = d.year - (d.month <= 2);
	int64_t month = (d.month + 9) % 12;

	return year * 365 + year / 4 - year / 100 + year / 400 +
	       (153 * month + 2) / 5 + d.day - 1 - 719468;
}

static struct date date_of_days(int64_t days)
{
	int64_t since = days + 719468; /* since 0000-03-01 */
	int64_t era = since / 146097;
	int64_t in_era = since % 146097;
	int64_t year =
		(in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) /
		365;
	int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153;
	struct date d;

	d.day = (int)(in_year - (153 * month + 2) / 5 + 1);
	d.month = (int)(month < 10 ? month + 3 : month - 9);
	d.year = (int)(year + era * 400 + (d.month <= 2));
	return d;
}

static char *put_number(char *at, int number, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return at + digits;
}

void clock_format(char out[CLOCK_STAMP_SIZE], int64_t wall_ms)
{
	char *at = out;

	if (wall_ms < 0)
		wall_ms = 0;
	if (wall_ms > LAST_MS)
		wall_ms = LAST_MS;
	struct date d = date_of_days(wall_ms / DAY_MS);
	int ms = (int)(wall_ms % DAY_MS);

	at = put_number(at, d.year, 4);
	*at++ = '-';
	at = put_number(at, d.month, 2);
	*at++ = '-';
	at = put_number(at, d.day, 2);
	*at++ = 'T';
	at = put_number(at, ms / 3600000, 2);
	*at++ = ':';
	at = put_number(at, ms / 60000 % 60, 2);
	*at++ = ':';
	at = put_number(at, ms / 1000 % 60, 2);
	if (ms % 1000 != 0) {
		*at++ = '.';
		at = put_number(at, ms % 1000, 3);
	}
	*at++ = 'Z';
	*at = '\0';
}

/* Take exactly `digits` digits. */
static bool take_number(struct slice *s, int digits, int *number_r)
{
	int number = 0;

	if (s->len < (size_t)digits)
		return false;
	for (int i = 0; i < digits; i++) {
		if (s->data[i] < '0' || s->data[i] > '9')
			return false;
		number = number * 10 + (s->data[i] - '0');
	}
	*s = slice_make(s->data + digits, s->len - (size_t)digits);
	*number_r = number;
	return true;
}

static bool take_char(struct slice *s, char c)
{
	if (s->len == 0 || s->data[0] != c)
		return false;
	*s = slice_make(s->data + 1, s->len - 1);
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct slice *s, struct date *d, bool *legacy_r)
{
	if (!take_number(s, 4, &d->year))
		return false;
	*legacy_r = !take_char(s, '-');
	if (!take_number(s, 2, &d->month))
		return false;
	if (!*legacy_r && !take_char(s, '-'))
		return false;
	if (!take_number(s, 2, &d->day))
		return false;
	return d->year >= 1969 && d->month >= 1 && d->month <= 12 &&
	       d->day >= 1 && d->day <= days_in_month(d->year, d->month);
}

/* hh:mm:ss; a leap second counts as the second after it. */
static bool take_time(struct slice *s, int64_t *ms_r)
{
	int hour, minute, second;

	if (!take_number(s, 2, &hour) || !take_char(s, ':') ||
		!take_number(s, 2, &minute) || !take_char(s, ':') ||
		!take_number(s, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*ms_r = ((int64_t)hour * 3600 + minute * 60 + second) * 1000;
	return true;
}

/* Any number of digits after the point; milliseconds count. */
static bool take_fraction(struct slice *s, int64_t *ms)
{
	int weight = 100;
	int digit;

	if (!take_char(s, '.'))
		return true;
	if (!take_number(s, 1, &digit))
		return false;
	do {
		*ms += digit * weight;
		weight /= 10;
	} while (take_number(s, 1, &digit));
	return true;
}

/* Z or +hh:mm or -hh:mm. */
static bool take_zone(struct slice *s, int64_t *offset_ms_r)
{
	int hour, minute;
	int sign = 1;

	*offset_ms_r = 0;
	if (take_char(s, 'Z'))
		return true;
	if (take_char(s, '-'))
		sign = -1;
	else if (!take_char(s, '+'))
		return false;
	if (!take_number(s, 2, &hour) || !take_char(s, ':') ||
		!take_number(s, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*offset_ms_r = sign * ((int64_t)hour * 60 + minute) * 60000;
	return true;
}

int clock_parse(struct slice text, int64_t *wall_ms_r)
{
	struct date date;
	bool legacy;
	int64_t ms, offset_ms = 0;

	if (!take_date(&text, &date, &legacy) || !take_char(&text, 'T') ||
		!take_time(&text, &ms))
		return -1;
	if (!legacy &&
		(!take_fraction(&text, &ms) || !take_zone(&text, &offset_ms)))
		return -1;
	if (text.len > 0)
		return -1;
	int64_t wall_ms = days_of_date(date) * DAY_MS + ms - offset_ms;
	if (wall_ms < 0 || wall_ms > LAST_MS)
		return -1;
	*wall_ms_r = wall_ms;
	return 0;
}
