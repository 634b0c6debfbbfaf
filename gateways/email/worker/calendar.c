#include "email_worker/calendar.h"

#include <strings.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "email_wire/address.h"
#include "email_worker/chars.h"
#include "email_worker/clean.h"
#include "email_worker/plain.h"
#include "email_worker/zones.h"

#define VALUE_MAX     ((size_t)1000)
#define LINES_MAX     5000
/* Of a few hundred people. */
#define ATTENDEES_MAX ((size_t)16 * 1024)

/* One line, unfolded: "NAME;PARAMETER=x:VALUE". */
struct property {
	struct slice name, parameters, value;
};

struct calendar {
	struct arena *arena;
	struct mail_event *event;
	unsigned depth; /* of components inside the event */
	bool in_event, is_done;
	unsigned seen; /* properties that were read */
	int64_t duration_ms;
	/* A zone that the calendar brings itself: its standard time. */
	bool in_standard, has_offset;
	int64_t offset;
	struct str attendees;
};

/* ------------------------------------------------------------------------
 * Lines and values
 * ------------------------------------------------------------------------ */

static void unfold(struct str *out, struct slice text)
{
	struct slice line;

	while (plain_next_line(&text, &line)) {
		if (line.len > 0 && char_is_blank(line.data[0])) {
			line = slice_make(line.data + 1, line.len - 1);
			if (out->len > 0)
				str_truncate(out, out->len - 1);
		}
		str_add_slice(out, line);
		str_add_char(out, '\n');
	}
}

/* Quotes hide ':' and ';'. */
static size_t find_outside(struct slice s, const char *set)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '"')
			quoted = !quoted;
		else if (!quoted && char_is_in(s.data[i], set))
			return i;
	}
	return s.len;
}

static struct slice tail(struct slice s, size_t at)
{
	return at < s.len ? slice_make(s.data + at + 1, s.len - at - 1)
			  : slice_make(s.data + s.len, 0);
}

static struct property parse_line(struct slice line)
{
	struct property p = { { 0 }, { 0 }, { 0 } };
	size_t colon = find_outside(line, ":");
	struct slice head = slice_make(line.data, colon);
	size_t name = find_outside(head, ";");

	p.name = slice_make(head.data, name);
	p.parameters = tail(head, name);
	p.value = tail(line, colon);
	return p;
}

/* The parameter's value without quotes; empty when there is none. */
static struct slice parameter(const struct property *p, const char *name)
{
	struct slice rest = p->parameters;

	while (rest.len > 0) {
		size_t end = find_outside(rest, ";");
		struct slice one = slice_make(rest.data, end);
		struct slice key = slice_cut(&one, '=');

		rest = tail(rest, end);
		if (!slice_equals_nocase(key, name))
			continue;
		if (one.len > 1 && one.data[0] == '"')
			one = slice_make(one.data + 1, one.len - 2);
		return one;
	}
	return slice_of(NULL);
}

/* RFC 5545 section 3.3.11. */
static void unescape(struct str *out, struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.data[i];

		if (c == '\\' && i + 1 < value.len) {
			c = value.data[++i];
			if (c == 'n' || c == 'N')
				c = '\n';
		}
		str_add_bytes(out, &c, 1);
	}
}

static const char *keep_text(struct calendar *c, struct slice value)
{
	struct str plain, line;

	if (value.len > 4 * VALUE_MAX)
		value.len = 4 * VALUE_MAX;
	str_init(&plain, value.len + 1);
	unescape(&plain, value);
	str_init(&line, 4 * VALUE_MAX);
	clean_line(&line, str_slice(&plain), VALUE_MAX);
	const char *copy =
		line.len > 0 ? arena_copy(c->arena, str_slice(&line)) : NULL;
	str_finish(&plain);
	str_finish(&line);
	return copy;
}

/* "mailto:bob@example.org" */
static const char *keep_address(struct calendar *c, struct slice value)
{
	char address[ADDRESS_MAX + 2];

	value = slice_trim(value);
	if (value.len > 7 && strncasecmp(value.data, "mailto:", 7) == 0)
		value = slice_make(value.data + 7, value.len - 7);
	if (address_normalize(value, address, sizeof(address)) != 0)
		return NULL;
	return arena_copy(c->arena, slice_of(address));
}

/* ------------------------------------------------------------------------
 * Times
 * ------------------------------------------------------------------------ */

static int64_t number_at(struct slice s, size_t at, size_t len)
{
	int64_t number = 0;

	for (size_t i = at; i < at + len; i++) {
		if (i >= s.len || !char_is_digit(s.data[i]))
			return -1;
		number = number * 10 + (s.data[i] - '0');
	}
	return number;
}

/* Days since 1970 of a date in the Gregorian calendar. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = month > 2 ? year : year - 1;
	int64_t era = shifted / 400, of_era = shifted % 400;
	int64_t of_year =
		(153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

/* Seconds, as if it were UTC; false when it is no time. */
static bool parse_local(struct slice s, int64_t *seconds_r, bool *is_day_r)
{
	int64_t year = number_at(s, 0, 4), month = number_at(s, 4, 2);
	int64_t day = number_at(s, 6, 2);

	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*seconds_r = days_since_1970(year, month, day) * 86400;
	*is_day_r = s.len == 8;
	if (*is_day_r)
		return true;
	int64_t hour = number_at(s, 9, 2), minute = number_at(s, 11, 2);
	int64_t second = number_at(s, 13, 2);
	if (s.data[8] != 'T' || hour < 0 || hour > 23 || minute < 0 ||
		minute > 59 || second < 0 || second > 60)
		return false;
	*seconds_r += hour * 3600 + minute * 60 + second;
	return true;
}

/* Also how far east of UTC its zone is, in seconds. */
static int64_t parse_zoned(const struct calendar *c, const struct property *p,
	bool *is_day_r, int64_t *offset_r)
{
	struct slice value = slice_trim(p->value);
	int64_t seconds;

	*offset_r = 0;
	if (!parse_local(value, &seconds, is_day_r))
		return 0;
	bool is_utc = value.len > 0 && value.data[value.len - 1] == 'Z';
	if (!is_utc && !*is_day_r &&
		!zones_offset(parameter(p, "TZID"), seconds, offset_r))
		*offset_r = c->has_offset ? c->offset : 0;
	return (seconds - *offset_r) * 1000;
}

static int64_t parse_time(
	const struct calendar *c, const struct property *p, bool *is_day_r)
{
	int64_t offset;

	return parse_zoned(c, p, is_day_r, &offset);
}

/* "PT1H30M", "P1D" (RFC 5545 section 3.3.6); 0 when it is none. */
static int64_t parse_duration(struct slice s)
{
	int64_t seconds = 0, number = 0;

	for (size_t i = 0; i < s.len; i++) {
		static const char units[] = "WDHMS";
		static const int64_t values[] = { 604800, 86400, 3600, 60, 1 };
		const char *unit = strchr(units, s.data[i]);

		if (char_is_digit(s.data[i])) {
			number = number * 10 + (s.data[i] - '0');
		} else if (unit != NULL && *unit != '\0') {
			seconds += number * values[unit - units];
			number = 0;
		} else if (!char_is_in(s.data[i], "+PT")) {
			return 0;
		}
		if (number > 100000)
			return 0;
	}
	return seconds * 1000;
}

/* "+0130" in seconds. */
static int64_t parse_offset(struct slice s)
{
	int64_t hours = number_at(s, 1, 2), minutes = number_at(s, 3, 2);

	if (s.len < 5 || hours < 0 || hours > 15 || minutes < 0)
		return 0;
	int64_t seconds = hours * 3600 + minutes * 60;
	return s.data[0] == '-' ? -seconds : seconds;
}

/* ------------------------------------------------------------------------
 * Recurrence, in words
 * ------------------------------------------------------------------------ */

static struct slice rule_part(struct slice rule, const char *name)
{
	while (rule.data != NULL && rule.len > 0) {
		struct slice one = slice_cut(&rule, ';');
		struct slice key = slice_cut(&one, '=');

		if (slice_equals_nocase(key, name))
			return one;
	}
	return slice_of(NULL);
}

static void add_days(struct str *out, struct slice days)
{
	static const struct {
		const char *code, *name;
	} rows[] = { { "MO", "Mon" }, { "TU", "Tue" }, { "WE", "Wed" },
		{ "TH", "Thu" }, { "FR", "Fri" }, { "SA", "Sat" },
		{ "SU", "Sun" } };
	bool is_first = true;

	while (days.len > 0) {
		struct slice day = slice_cut(&days, ',');

		for (size_t i = 0; i < COUNT(rows); i++) {
			if (!slice_equals_nocase(day, rows[i].code))
				continue;
			str_add(out, is_first ? " on " : ", ");
			str_add(out, rows[i].name);
			is_first = false;
		}
	}
}

static const char *recurrence(struct calendar *c, struct slice rule)
{
	static const struct {
		const char *code, *one, *many;
	} rows[] = { { "DAILY", "every day", "days" },
		{ "WEEKLY", "every week", "weeks" },
		{ "MONTHLY", "every month", "months" },
		{ "YEARLY", "every year", "years" } };
	struct slice frequency = rule_part(rule, "FREQ");
	struct slice interval = rule_part(rule, "INTERVAL");
	struct slice count = rule_part(rule, "COUNT");
	struct str out;
	const char *copy = NULL;

	str_init(&out, 200);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!slice_equals_nocase(frequency, rows[i].code))
			continue;
		int64_t number = number_at(interval, 0, interval.len);
		if (interval.len > 0 && interval.len < 4 && number > 1)
			str_addf(
				&out, "every %d %s", (int)number, rows[i].many);
		else
			str_add(&out, rows[i].one);
		add_days(&out, rule_part(rule, "BYDAY"));
		if (count.len > 0 && count.len < 5 &&
			number_at(count, 0, count.len) > 0)
			str_addf(&out, ", %d times",
				(int)number_at(count, 0, count.len));
		copy = arena_copy(c->arena, str_slice(&out));
	}
	str_finish(&out);
	return copy;
}

/* ------------------------------------------------------------------------
 * The event
 * ------------------------------------------------------------------------ */

static void read_start(struct calendar *c, const struct property *p)
{
	struct mail_event *e = c->event;
	struct slice zone = parameter(p, "TZID");

	e->start_ms = parse_zoned(c, p, &e->is_all_day, &e->offset_s);
	if (zone.len > 0 && e->start_ms != 0)
		e->zone = keep_text(c, zone);
}

static void read_end(struct calendar *c, const struct property *p)
{
	bool is_day;

	c->event->end_ms = parse_time(c, p, &is_day);
}

static void read_stamp(struct calendar *c, const struct property *p)
{
	bool is_day;

	c->event->stamp_ms = parse_time(c, p, &is_day);
}

static void read_instance(struct calendar *c, const struct property *p)
{
	c->event->instance_ms = parse_time(c, p, &c->event->instance_is_day);
}

static void read_duration(struct calendar *c, const struct property *p)
{
	c->duration_ms = parse_duration(p->value);
}

static void read_uid(struct calendar *c, const struct property *p)
{
	c->event->uid = keep_text(c, p->value);
}

static void read_sequence(struct calendar *c, const struct property *p)
{
	if (p->value.len > 0 && p->value.len < 10)
		c->event->sequence = number_at(p->value, 0, p->value.len);
}

static void read_summary(struct calendar *c, const struct property *p)
{
	c->event->summary = keep_text(c, p->value);
}

static void read_location(struct calendar *c, const struct property *p)
{
	c->event->where = keep_text(c, p->value);
}

static void read_organizer(struct calendar *c, const struct property *p)
{
	c->event->organizer = keep_address(c, p->value);
}

static void read_rule(struct calendar *c, const struct property *p)
{
	c->event->is_repeating = true;
	c->event->recurrence = recurrence(c, p->value);
}

/* A reply names only the one who answers. */
static void read_attendee(struct calendar *c, const struct property *p)
{
	const char *method = c->event->method;
	const char *address = keep_address(c, p->value);

	if (address == NULL)
		return;
	str_addf(&c->attendees, "%s%s", c->attendees.len > 0 ? "\n" : "",
		address);
	if (c->event->attendee != NULL || method == NULL ||
		strcasecmp(method, "REPLY") != 0)
		return;
	c->event->attendee = address;
	c->event->answer = keep_text(c, parameter(p, "PARTSTAT"));
}

static const struct {
	const char *name;
	void (*read)(struct calendar *c, const struct property *p);
	bool is_many; /* each counts, not the first alone */
} properties[] = {
	{ "DTSTART", read_start, false },
	{ "DTEND", read_end, false },
	{ "DURATION", read_duration, false },
	{ "UID", read_uid, false },
	{ "SEQUENCE", read_sequence, false },
	{ "SUMMARY", read_summary, false },
	{ "LOCATION", read_location, false },
	{ "ORGANIZER", read_organizer, false },
	{ "RRULE", read_rule, false },
	{ "ATTENDEE", read_attendee, true },
	{ "DTSTAMP", read_stamp, false },
	{ "RECURRENCE-ID", read_instance, false },
};

static void begin(struct calendar *c, struct slice what)
{
	if (c->in_event)
		c->depth++;
	else if (slice_equals_nocase(what, "VEVENT") && !c->is_done)
		c->in_event = true;
	c->in_standard = slice_equals_nocase(what, "STANDARD");
}

static void end(struct calendar *c, struct slice what)
{
	c->in_standard = false;
	if (c->depth > 0) {
		c->depth--;
	} else if (slice_equals_nocase(what, "VEVENT") && c->in_event) {
		c->in_event = false;
		c->is_done = true;
	}
}

static void read_event(struct calendar *c, const struct property *p)
{
	for (unsigned i = 0; i < COUNT(properties); i++) {
		if (!slice_equals_nocase(p->name, properties[i].name) ||
			((c->seen & 1U << i) != 0 && !properties[i].is_many))
			continue;
		c->seen |= 1U << i;
		properties[i].read(c, p);
	}
}

static void read_property(struct calendar *c, const struct property *p)
{
	struct slice what = slice_trim(p->value);

	if (slice_equals_nocase(p->name, "BEGIN")) {
		begin(c, what);
	} else if (slice_equals_nocase(p->name, "END")) {
		end(c, what);
	} else if (slice_equals_nocase(p->name, "METHOD") &&
		   c->event->method == NULL) {
		c->event->method = keep_text(c, what);
	} else if (c->in_standard &&
		   slice_equals_nocase(p->name, "TZOFFSETTO")) {
		c->offset = parse_offset(what);
		c->has_offset = true;
	} else if (c->in_event && c->depth == 0) {
		read_event(c, p);
	}
}

void calendar_preload(void)
{
	zones_preload();
}

bool calendar_read(struct slice text, const char *method, struct arena *arena,
	struct mail_event *event)
{
	struct calendar c = { .arena = arena, .event = event };
	struct str unfolded;
	struct slice rest, line;

	*event = (struct mail_event){ 0 };
	str_init(&c.attendees, ATTENDEES_MAX);
	if (method != NULL)
		event->method = keep_text(&c, slice_of(method));
	str_init(&unfolded, 2 * text.len + 16);
	unfold(&unfolded, text);
	rest = str_slice(&unfolded);
	for (unsigned i = 0; i < LINES_MAX && plain_next_line(&rest, &line);
		i++) {
		struct property p = parse_line(line);

		read_property(&c, &p);
	}
	str_finish(&unfolded);
	if (event->end_ms == 0 && event->start_ms > 0 && c.duration_ms > 0)
		event->end_ms = event->start_ms + c.duration_ms;
	if (c.attendees.len > 0)
		event->attendees = arena_copy(arena, str_slice(&c.attendees));
	str_finish(&c.attendees);
	if (event->uid == NULL)
		*event = (struct mail_event){ 0 };
	return event->uid != NULL;
}
