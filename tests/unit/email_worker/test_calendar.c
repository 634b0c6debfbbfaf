/*
 * Invitations.
 */
#include "email_worker/calendar.h"

#include "email_worker/arena_fixture.h"
#include "email_worker/rows.h"

static struct mail_event event;

static bool read_event(const char *properties)
{
	char text[4000];

	arena_reset(&arena);
	text_format(text, sizeof(text),
		"BEGIN:VCALENDAR\r\n%s\r\nEND:VCALENDAR\r\n", properties);
	return calendar_read(slice_of(text), NULL, &arena, &event);
}

#define EVENT(text) "BEGIN:VEVENT\r\nUID:u\r\n" text "\r\nEND:VEVENT"

static void test_times(void **state)
{
	(void)state;
	static const struct {
		const char *properties;
		int64_t start, end; /* in seconds */
		bool is_all_day;
	} rows[] = {
		{ EVENT("DTSTART:20261105T140000Z\r\nDTEND:20261105T150000Z"),
			1793887200, 1793890800, false },
		{ EVENT("DTSTART;TZID=Europe/Berlin:20261105T150000\r\n"
			"DURATION:PT1H30M"),
			1793887200, 1793892600, false },
		{ EVENT("DTSTART;TZID=\"W. Europe Standard Time\":"
			"20260705T150000"),
			1783256400, 0, false },
		{ EVENT("DTSTART;TZID=America/New_York:20261105T090000"),
			1793887200, 0, false },
		{ EVENT("DTSTART;VALUE=DATE:20261105\r\n"
			"DTEND;VALUE=DATE:20261106"),
			1793836800, 1793923200, true },
		/* A zone that only the calendar itself explains. */
		{ "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\n"
		  "TZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" EVENT(
			  "DTSTART;TZID=Own:20261105T193000"),
			1793887200, 0, false },
		{ EVENT("DTSTART:rubbish"), 0, 0, false },
		{ EVENT("DTSTART:20261399T250000Z"), 0, 0, false },
		{ EVENT("DURATION:PT99999999999999H"), 0, 0, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(read_event(rows[i].properties));
		if (event.start_ms != rows[i].start * 1000 ||
			event.end_ms != rows[i].end * 1000 ||
			event.is_all_day != rows[i].is_all_day)
			fail_msg("row %zu: %lld to %lld", i,
				(long long)event.start_ms,
				(long long)event.end_ms);
	}
}

static void test_fields(void **state)
{
	(void)state;
	assert_true(read_event("METHOD:REQUEST\r\n" EVENT(
		"SEQUENCE:3\r\nSUMMARY:A\\, b\\; c\\n d\r\nLOCATION;X=\"a:b\":"
		"Ro\r\n om 5\r\nORGANIZER;CN=\"X:Y\":mailto:o@x.y\r\n"
		"BEGIN:VALARM\r\nSUMMARY:alarm\r\nUID:other\r\nEND:VALARM")));
	assert_string_equal(event.method, "REQUEST");
	assert_string_equal(event.uid, "u");
	assert_int_equal(event.sequence, 3);
	assert_string_equal(event.summary, "A, b; c d");
	assert_string_equal(event.where, "Room 5");
	assert_string_equal(event.organizer, "o@x.y");
	assert_null(event.attendee);
	assert_true(read_event("METHOD:REPLY\r\n" EVENT(
		"ATTENDEE;PARTSTAT=DECLINED;CN=B:mailto:b@x.y")));
	assert_string_equal(event.attendee, "b@x.y");
	assert_string_equal(event.answer, "DECLINED");
	/* What an answer needs. */
	assert_true(read_event("METHOD:REQUEST\r\n" EVENT(
		"DTSTART;TZID=Europe/Berlin:20261105T150000\r\n"
		"DTSTAMP:20261101T000000Z\r\nRRULE:FREQ=SECONDLY\r\n"
		"RECURRENCE-ID;TZID=Europe/Berlin:20261105T150000\r\n"
		"ATTENDEE:mailto:a@x.y\r\nATTENDEE;CN=\"B:\":MAILTO:b@x.y\r\n"
		"ATTENDEE:rubbish")));
	assert_string_equal(event.attendees, "a@x.y\nb@x.y");
	assert_null(event.attendee);
	assert_int_equal(event.stamp_ms, 1793491200000);
	assert_int_equal(event.instance_ms, 1793887200000);
	assert_false(event.instance_is_day);
	assert_true(event.is_repeating);
	assert_string_equal(event.zone, "Europe/Berlin");
	assert_int_equal(event.offset_s, 3600);
	assert_true(read_event(EVENT("RECURRENCE-ID;VALUE=DATE:20261105")));
	assert_true(event.instance_is_day);
	assert_false(read_event("BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT"));
	assert_null(event.summary);
	assert_false(read_event(""));
	/* The first event is the one. */
	assert_true(
		read_event(EVENT("SUMMARY:one") "\r\n" EVENT("SUMMARY:two")));
	assert_string_equal(event.summary, "one");
}

static void test_rules(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "FREQ=DAILY", "every day" },
		{ "FREQ=WEEKLY;BYDAY=TU,TH", "every week on Tue, Thu" },
		{ "FREQ=WEEKLY;INTERVAL=2;COUNT=5", "every 2 weeks, 5 times" },
		{ "FREQ=MONTHLY;INTERVAL=1", "every month" },
		{ "FREQ=YEARLY;INTERVAL=x", "every year" },
		{ "FREQ=SECONDLY", "" },
		{ "rubbish", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[200];

		text_format(text, sizeof(text),
			"BEGIN:VEVENT\r\nUID:u\r\nRRULE:%s\r\nEND:VEVENT",
			rows[i].in);
		assert_true(read_event(text));
		assert_string_equal(
			event.recurrence ? event.recurrence : "", rows[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_rules),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
