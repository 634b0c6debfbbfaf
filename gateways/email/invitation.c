#include "email/invitation.h"

#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "email_wire/address.h"
#include "email_wire/shape.h"

/* RFC 5545 section 3.1. */
#define FOLD_AT 75

#define DAY_MS 86400000
#define DASH   "\xe2\x80\x93"

/* --- Kept ---------------------------------------------------------------- */

#define FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct invitation, member)

static const struct shape_field fields[] = {
	FIELD(1, WORD, uid),
	FIELD(2, TEXT, summary),
	FIELD(3, WORD, organizer),
	FIELD(4, WORD, sender),
	FIELD(5, WORD, attendee),
	FIELD(6, WORD, mail),
	FIELD(7, TEXT, answer),
	FIELD(8, NUMBER, sequence),
	FIELD(9, NUMBER, stamp_ms),
	FIELD(10, NUMBER, start_ms),
	FIELD(11, NUMBER, end_ms),
	FIELD(12, NUMBER, instance_ms),
	FIELD(13, BOOL, is_all_day),
	FIELD(14, BOOL, instance_is_day),
	FIELD(15, BOOL, is_repeating),
	FIELD(16, BOOL, is_cancelled),
};
static const struct shape shape = { fields, COUNT(fields),
	sizeof(struct invitation) };

void invitation_name(const struct mail_event *e, char out[MEMORY_NAME_SIZE])
{
	struct str text = { .max = 8192 };
	char hash[MEMORY_ID_SIZE];

	str_addf(&text, "%s\n%lld", e->uid, (long long)e->instance_ms);
	memory_id(str_text(&text), hash);
	text_format(out, MEMORY_NAME_SIZE, "i/%s", hash);
	str_finish(&text);
}

void invitation_encode(struct str *out, const struct invitation *i)
{
	shape_encode(out, &shape, i);
}

int invitation_decode(
	struct slice in, struct arena *arena, struct invitation *i)
{
	*i = (struct invitation){ .uid = NULL };
	return shape_decode(in, &shape, arena, i);
}

/* --- What is new --------------------------------------------------------- */

static bool is_method(const struct mail_event *e, const char *method)
{
	return e->method != NULL && strcasecmp(e->method, method) == 0;
}

static bool is_earlier(
	const struct mail_event *e, const struct invitation *before)
{
	if (e->sequence != before->sequence)
		return e->sequence < before->sequence;
	return e->stamp_ms < before->stamp_ms;
}

static bool is_known_sender(
	const struct mail *m, const struct invitation *before)
{
	const char *from = m->from.address;

	if ((m->warnings & MAIL_NOT_AUTHENTIC) != 0)
		return false;
	return address_equals(from, before->sender) ||
	       address_equals(from, before->organizer);
}

enum invitation_news invitation_news(
	const struct mail *m, const struct invitation *before)
{
	const struct mail_event *e = &m->event;
	bool is_request = is_method(e, "REQUEST");
	bool is_cancel = is_method(e, "CANCEL");

	if (e->uid == NULL || (!is_request && !is_cancel))
		return INVITATION_NONE;
	if (before == NULL)
		return is_cancel ? INVITATION_CANCELLED : INVITATION_NEW;
	if (!is_known_sender(m, before))
		return INVITATION_FOREIGN;
	if (is_earlier(e, before))
		return INVITATION_OLD;
	if (is_cancel)
		return INVITATION_CANCELLED;
	if (e->sequence == before->sequence && e->stamp_ms == before->stamp_ms)
		return INVITATION_SAME;
	return INVITATION_CHANGED;
}

/* The address by which the organizer knows the user. */
static const char *invited(const struct mail_event *e, const char *const *own)
{
	for (const char *const *one = own; *one != NULL; one++) {
		struct slice rest = slice_of(e->attendees);
		char address[ADDRESS_MAX + 1];

		while (rest.len > 0) {
			struct slice line = slice_cut(&rest, '\n');

			text_format(address, sizeof(address), "%.*s",
				(int)line.len, line.data);
			if (address_equals(address, *one))
				return *one;
		}
	}
	return own[0];
}

bool invitation_learn(struct invitation *out, const struct mail *m,
	const char *id, const char *const *own, const struct invitation *before)
{
	const struct mail_event *e = &m->event;
	enum invitation_news news = invitation_news(m, before);

	if (news != INVITATION_NEW && news != INVITATION_CHANGED &&
		news != INVITATION_CANCELLED)
		return false;
	*out = (struct invitation){
		.uid = e->uid,
		.summary = e->summary,
		.organizer = e->organizer != NULL ? e->organizer : "",
		.sender = before != NULL ? before->sender : m->from.address,
		.attendee = invited(e, own),
		.mail = id,
		.sequence = e->sequence,
		.stamp_ms = e->stamp_ms,
		.start_ms = e->start_ms,
		.end_ms = e->end_ms,
		.instance_ms = e->instance_ms,
		.is_all_day = e->is_all_day,
		.instance_is_day = e->instance_is_day,
		.is_repeating = e->is_repeating,
		.is_cancelled = news == INVITATION_CANCELLED,
	};
	return true;
}

/* --- Words --------------------------------------------------------------- */

static struct tm parts_of(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };

	(void)gmtime_r(&seconds, &tm);
	return tm;
}

/* "Thu 2026-11-05" */
static void add_day(struct str *out, int64_t ms)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	struct tm tm = parts_of(ms);

	str_addf(out, "%s %04d-%02d-%02d", names[tm.tm_wday], tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday);
}

static void add_hour(struct str *out, int64_t ms)
{
	struct tm tm = parts_of(ms);

	str_addf(out, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

/* As the organizer's clock shows it, and by UTC for everybody else. */
static void add_hours(struct str *out, const struct mail_event *e)
{
	int64_t start = e->start_ms + e->offset_s * 1000;
	int64_t end = e->end_ms + e->offset_s * 1000;

	add_day(out, start);
	str_add(out, " ");
	add_hour(out, start);
	if (end > start) {
		str_add(out, DASH);
		if (start / DAY_MS != end / DAY_MS) {
			add_day(out, end);
			str_add(out, " ");
		}
		add_hour(out, end);
	}
	if (e->zone == NULL || e->offset_s == 0) {
		str_add(out, " UTC");
		return;
	}
	str_addf(out, " %s (", e->zone);
	add_hour(out, e->start_ms);
	str_add(out, " UTC)");
}

static void add_when(struct str *out, const struct mail_event *e)
{
	if (e->start_ms == 0)
		return;
	str_add(out, "\n");
	if (e->is_all_day) {
		add_day(out, e->start_ms);
		/* The end is the day behind the last one. */
		if (e->end_ms - e->start_ms > DAY_MS) {
			str_add(out, DASH);
			add_day(out, e->end_ms - DAY_MS);
		}
	} else {
		add_hours(out, e);
	}
	if (e->recurrence != NULL)
		str_addf(out, ", %s", e->recurrence);
	else if (e->is_repeating)
		str_add(out, ", and again later");
}

/* "bob@example.net accepts: Lunch" */
static bool add_answer(struct str *out, const struct mail_event *e)
{
	static const struct {
		const char *answer, *verb;
	} rows[] = { { "ACCEPTED", "accepts" }, { "DECLINED", "declines" },
		{ "TENTATIVE", "perhaps comes" },
		{ "DELEGATED", "sends somebody else" } };

	if (!is_method(e, "REPLY") || e->answer == NULL || e->attendee == NULL)
		return false;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcasecmp(e->answer, rows[i].answer) == 0)
			str_addf(out, "\xf0\x9f\x93\x85 %s %s: %s", e->attendee,
				rows[i].verb,
				e->summary != NULL ? e->summary : "");
	return true;
}

static const char *const news_words[] = {
	[INVITATION_NONE] = NULL,
	[INVITATION_NEW] = NULL,
	[INVITATION_SAME] = NULL,
	[INVITATION_CHANGED] = "This is a changed version of it.",
	[INVITATION_CANCELLED] = "It is cancelled.",
	[INVITATION_OLD] = "This is an older version of it that came late: "
			   "what you read about it before counts.",
	[INVITATION_FOREIGN] =
		"\xe2\x9a\xa0 Somebody else than who invited you says so: it "
		"changes nothing.",
};

static bool is_own(const char *address, const char *const *own)
{
	for (; *own != NULL; own++)
		if (address_equals(address, *own))
			return true;
	return false;
}

/* Who gets the answer need not be who wrote. */
static void add_organizer(struct str *out, const struct mail *m)
{
	const char *organizer = m->event.organizer;

	if (organizer == NULL || address_equals(organizer, m->from.address) ||
		address_equals(organizer, m->sender.address))
		return;
	str_addf(out,
		"\n\xe2\x9a\xa0 It says that %s invites, who is not its "
		"sender: an answer goes to %s.",
		organizer, organizer);
}

static void add_how(struct str *out, const struct mail *m,
	const char *const *own, const struct invitation *before)
{
	enum invitation_news news = invitation_news(m, before);
	bool is_open = news == INVITATION_NEW || news == INVITATION_CHANGED ||
		       news == INVITATION_SAME;

	if (!is_open || m->event.organizer == NULL ||
		is_own(m->event.organizer, own))
		return;
	add_organizer(out, m);
	if (news == INVITATION_CHANGED && before->answer != NULL)
		str_add(out, "\nYour answer was to the earlier version.");
	if (news == INVITATION_SAME && before->answer != NULL)
		str_add(out, "\nYou have answered it.");
	else
		str_add(out, "\nAnswer with /accept, /tentative or /decline.");
}

void invitation_words(struct str *out, const struct mail *m,
	const char *const *own, const struct invitation *before)
{
	const struct mail_event *e = &m->event;

	if (e->uid == NULL)
		return;
	if (out->len > 0)
		str_add(out, "\n\n");
	if (add_answer(out, e))
		return;
	str_addf(out, "\xf0\x9f\x93\x85 %s",
		e->summary != NULL ? e->summary : "An event");
	add_when(out, e);
	if (e->where != NULL)
		str_addf(out, "\n%s", e->where);
	const char *words = news_words[invitation_news(m, before)];

	if (words != NULL)
		str_addf(out, "\n%s", words);
	add_how(out, m, own, before);
}

/* --- The answer ---------------------------------------------------------- */

/* RFC 5545 section 3.3.11. */
static void add_escaped(struct str *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			str_add(out, "\\n");
			continue;
		}
		if (strchr("\\;,", *text) != NULL)
			str_add_char(out, '\\');
		str_add_char(out, *text);
	}
}

/* Lines end with LF; the worker makes CRLF of that. */
static void add_line(struct str *out, const struct str *line)
{
	struct slice rest = str_slice(line);
	size_t most = FOLD_AT;

	while (rest.len > 0) {
		size_t len = utf8_prefix(rest, most);

		str_addf(out, "%s%.*s\n", most < FOLD_AT ? " " : "", (int)len,
			rest.data);
		rest = slice_make(rest.data + len, rest.len - len);
		most = FOLD_AT - 1;
	}
}

static void add_text(struct str *out, const char *name, const char *text)
{
	struct str line = { .max = 64 * 1024 };

	if (text == NULL || text[0] == '\0')
		return;
	str_addf(&line, "%s:", name);
	add_escaped(&line, text);
	add_line(out, &line);
	str_finish(&line);
}

static void add_person(struct str *out, const char *name, const char *address)
{
	struct str line = { .max = 4096 };

	str_addf(&line, "%s:mailto:%s", name, address);
	add_line(out, &line);
	str_finish(&line);
}

static void add_time(struct str *out, const char *name, int64_t ms, bool is_day)
{
	if (ms == 0)
		return;
	struct tm tm = parts_of(ms);

	str_addf(out, "%s%s:%04d%02d%02d", name, is_day ? ";VALUE=DATE" : "",
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	if (!is_day)
		str_addf(out, "T%02d%02d%02dZ", tm.tm_hour, tm.tm_min,
			tm.tm_sec);
	str_add(out, "\n");
}

void invitation_reply(struct str *out, const struct invitation *i,
	const char *answer, const char *comment, int64_t now_ms)
{
	char attendee[60];

	text_format(attendee, sizeof(attendee), "ATTENDEE;PARTSTAT=%s", answer);
	str_add(out, "BEGIN:VCALENDAR\nPRODID:-//Causeway//EN\nVERSION:2.0\n"
		     "METHOD:REPLY\nBEGIN:VEVENT\n");
	add_text(out, "UID", i->uid);
	str_addf(out, "SEQUENCE:%lld\n", (long long)i->sequence);
	add_time(out, "DTSTAMP", now_ms, false);
	add_time(out, "RECURRENCE-ID", i->instance_ms, i->instance_is_day);
	/* Of a series the times need its zone, and say nothing new. */
	if (!i->is_repeating) {
		add_time(out, "DTSTART", i->start_ms, i->is_all_day);
		add_time(out, "DTEND", i->end_ms, i->is_all_day);
	}
	add_person(out, "ORGANIZER", i->organizer);
	add_person(out, attendee, i->attendee);
	add_text(out, "SUMMARY", i->summary);
	add_text(out, "COMMENT", comment);
	str_add(out, "END:VEVENT\nEND:VCALENDAR\n");
}
