/*
 * PDUs: those that go out against what gammu 1.42 makes of the same text, those
 * that come against what it reads.
 */
#include "sms_modem/tpdu.h"

#include "base/clock.h"
#include "base/macros.h"
#include "base/str.h"
#include "sms_modem/rows.h"

#define CENTRE "+15550009999"
#define WEEK   (INT64_C(7) * 24 * 60 * 60 * 1000)
#define HOUR   INT64_C(3600000)

/* 2026-11-22T11:00:00+01:00 */
#define SENT INT64_C(1795341600000)

#define BYTES(literal)                       \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

/* --- Out ----------------------------------------------------------------- */

#define FOX "The quick brown fox jumps over the lazy dog. "

static void test_submit(void **state)
{
	(void)state;
	static const struct {
		struct tpdu_submit text;
		size_t octets;
		const char *want;
	} rows[] = {
		{ { .centre = CENTRE,
			  .to = "+15557770000",
			  .data = BYTES("Hello \x1b<\x1b"
					"e\x1b> \x05"),
			  .valid_ms = 100 * WEEK },
			27,
			"07915155009099F911000B915155770700F00000FF0EC8329BFD06"
			"6D789BF2C6072A00" },
		{ { .centre = CENTRE,
			  .to = "+15557770000",
			  .data = BYTES("a"),
			  .wants_report = true,
			  .valid_ms = 24 * HOUR },
			15, "07915155009099F931000B915155770700F00000A70161" },
		{ { .centre = CENTRE,
			  .to = "12345;phone-context=us.sms.example.org",
			  .data = BYTES("12345678"),
			  .valid_ms = 100 * WEEK },
			18,
			"07915155009099F9110005812143F50000FF0831D98C56B3DD70" },
		{ { .centre = CENTRE,
			  .to = "+155577700001",
			  .alphabet = SMS_UCS2,
			  .data = BYTES("\x04\x1f\x04\x40\x04\x38\x04\x32\x04"
					"\x35\x04\x42\0 \xd8\x3d\xde\0"),
			  .valid_ms = 100 * WEEK },
			32,
			"07915155009099F911000C915155770700100008FF12041F044004"
			"380432043504420020D83DDE00" },
		{ { .centre = CENTRE,
			  .to = "+15557770000",
			  .header = BYTES("\0\3\x35\2\1"),
			  .data = BYTES(FOX FOX FOX "The quick brown fo"),
			  .valid_ms = 100 * WEEK },
			154,
			"07915155009099F951000B915155770700F00000FFA00500033502"
			"01A8E832285E4F8FD720B1FC7D7783CC6F3C485D6FC3E7A0B7BD2C"
			"07D1D165103BACCF83C8EFB30B44459741F17A7ABC0689E5EFBB1B"
			"647EE341EA7A1B3E07BDED6539888E2E83D8617D1E447E9F5D202A"
			"BA0C8AD7D3E335482C7FDFDD20F31B0F52D7DBF039E86D2FCB4174"
			"7419C40EEBF320F2FBEC0251D16550BC9E1EAF4162F9FBEE0699D"
			"F" },
		{ { .centre = CENTRE,
			  .to = "+15557770000",
			  .header = BYTES("\0\3\x35\2\2"),
			  .data = BYTES("x jumps over the lazy dog. "),
			  .valid_ms = 100 * WEEK },
			44,
			"07915155009099F951000B915155770700F00000FF220500033502"
			"02F02075BD0D9F83DEF6B21C44479741ECB03E0F22BFCF2E10" },
		/* Without what can be left out; an odd centre. */
		{ { .to = "+1", .data = BYTES("") }, 8,
			"00010001"
			"91F1000000" },
		{ { .centre = "1234", .to = "*1#", .data = BYTES("") }, 9,
			"0381214301000381"
			"1AFB000000" },
		/* A port, and octets for it. */
		{ { .to = "12345",
			  .alphabet = SMS_BINARY,
			  .header = BYTES("\5\4\x23\xf4\0\0"),
			  .data = BYTES("BEGIN:VCARD") },
			28,
			"0041000581"
			"2143F5000412"
			"06050423F40000"
			"424547494E3A5643415244" },
		/* Nothing behind the header but bits that fill. */
		{ { .to = "12345", .header = BYTES("\0\3\x35\2\2") }, 17,
			"0041000581"
			"2143F5000007"
			"05000335020200" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = NULL;
		size_t octets = 0;
		struct str out;

		str_init(&out, 1024);
		row_number(i, "result",
			tpdu_put_submit(&out, &rows[i].text, &octets, &reason),
			0);
		row_slice(i, "PDU", str_slice(&out), rows[i].want);
		row_number(i, "octets", (long long)octets,
			(long long)rows[i].octets);
		str_finish(&out);
	}
}

static void test_refused(void **state)
{
	(void)state;
	static const char long_data[161];
	static const struct tpdu_submit rows[] = {
		{ .to = "" },
		{ .to = "+" },
		{ .to = "acme;phone-context=alpha.sms.example.org" },
		{ .to = "abc;phone-context=alpha.sms.example.org" },
		{ .to = "+123456789012345678901" },
		{ .to = "+1 2" },
		{ .to = "+1", .centre = "x" },
		{ .to = "+1", .alphabet = SMS_LATIN1 },
		{ .to = "+1", .data = { long_data, 161 } },
		{ .to = "+1",
			.alphabet = SMS_UCS2,
			.data = { long_data, 141 } },
		{ .to = "+1",
			.header = { long_data, 5 },
			.data = { long_data, 154 } },
		{ .to = "+1", .header = { long_data, 140 } },
		{ .to = "+1",
			.alphabet = SMS_BINARY,
			.header = { long_data, 5 },
			.data = { long_data, 135 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = NULL;
		size_t octets;
		struct str out;

		str_init(&out, 1024);
		row_number(i, "result",
			tpdu_put_submit(&out, &rows[i], &octets, &reason), -1);
		row_number(i, "length", (long long)out.len, 0);
		assert_non_null(reason);
		str_finish(&out);
	}
}

static void test_validity(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{ 1, "00" },
		{ HOUR / 12, "00" },
		{ HOUR / 12 + 1, "01" },
		{ HOUR, "0B" },
		{ 12 * HOUR, "8F" },
		{ 12 * HOUR + 1, "90" },
		{ 24 * HOUR, "A7" },
		{ 24 * HOUR + 1, "A8" },
		{ 48 * HOUR, "A8" },
		{ 30 * 24 * HOUR, "C4" },
		{ 30 * 24 * HOUR + 1, "C5" },
		{ 5 * WEEK, "C5" },
		{ 63 * WEEK, "FF" },
		{ INT64_MAX, "FF" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tpdu_submit s = { .to = "+1", .valid_ms = rows[i].ms };
		const char *reason;
		size_t octets;
		struct str out;

		str_init(&out, 1024);
		assert_int_equal(
			tpdu_put_submit(&out, &s, &octets, &reason), 0);
		assert_true(out.len == 20);
		row_slice(i, "validity", slice_make(out.data + 16, 2),
			rows[i].want);
		str_finish(&out);
	}
}

/* --- In ------------------------------------------------------------------ */

static void test_deliver(void **state)
{
	(void)state;
	static const struct {
		const char *pdu;
		enum number_origin origin;
		const char *from;
		enum sms_alphabet alphabet;
		struct slice header, data;
		int64_t sent_ms;
	} rows[] = {
		{ "07915155009099F9040B915155771711F10000621122110000400EC8329B"
		  "FD066D789BF2C6072A00",
			NUMBER_INTERNATIONAL, "+15557771111", SMS_GSM,
			BYTES(""),
			BYTES("Hello \x1b<\x1b"
			      "e\x1b> \x05"),
			SENT },
		{ "07915155009099F90410D0C161B3083281866F0008621122110000401204"
		  "1F044004380432043504420020D83DDE00",
			NUMBER_ALPHANUMERIC, "ACME & Co", SMS_UCS2, BYTES(""),
			BYTES("\x04\x1f\x04\x40\x04\x38\x04\x32\x04\x35\x04\x42"
			      "\0 \xd8\x3d\xde\0"),
			SENT },
		{ "07915155009099F9440B915155771711F10000621122110000400F050003"
		  "070202E061391D44BFBF01",
			NUMBER_INTERNATIONAL, "+15557771111", SMS_GSM,
			BYTES("\0\3\7\2\2"), BYTES("part two"), SENT },
		{ "07915155009099F9440B915155771711F100006211221100004010060804"
		  "01070202F0B09C0EA2DFDF",
			NUMBER_INTERNATIONAL, "+15557771111", SMS_GSM,
			BYTES("\x08\4\1\7\2\2"), BYTES("part two"), SENT },
		{ "07915155009099F94405812143F500046211221100004012060504"
		  "23F40000424547494E3A5643415244",
			NUMBER_ANY, "12345", SMS_BINARY,
			BYTES("\5\4\x23\xf4\0\0"), BYTES("BEGIN:VCARD"), SENT },
		{ "07915155009099F9040AA15557771111"
		  "0000621122110000400178",
			NUMBER_NATIONAL, "5575771111", SMS_GSM, BYTES(""),
			BYTES("x"), SENT },
		/* From the network of 2002, at no distance from UTC. */
		{ "07911326040000F0040B911346610089F60000208062917314080CC8F71D"
		  "14969741F977FD07",
			NUMBER_INTERNATIONAL, "+31641600986", SMS_GSM,
			BYTES(""), BYTES("How are you?"),
			INT64_C(1030390661000) },
		/* Without a centre's address; from nobody; at no time. */
		{ "00040081000000000000000000"
		  "00",
			NUMBER_ANY, "", SMS_GSM, BYTES(""), BYTES(""), 0 },
		/* The time is none: month 13, digits that are none. */
		{ "0004008100006231221100004000", NUMBER_ANY, "", SMS_GSM,
			BYTES(""), BYTES(""), 0 },
		{ "000400810000FFFFFFFFFFFFFF00", NUMBER_ANY, "", SMS_GSM,
			BYTES(""), BYTES(""), 0 },
		/* Less than is said: three septets are in two octets. */
		{ "0004008100006211221100004008C8F7", NUMBER_ANY, "", SMS_GSM,
			BYTES(""), BYTES("Ho"), SENT },
		{ "0004008100046211221100004008C8F7", NUMBER_ANY, "",
			SMS_BINARY, BYTES(""), BYTES("\xc8\xf7"), SENT },
		/* A header that is longer than all is none, an empty one is. */
		{ "0044008100046211221100004002"
		  "0561",
			NUMBER_ANY, "", SMS_BINARY, BYTES(""), BYTES("\5a"),
			SENT },
		{ "0044008100046211221100004002"
		  "0061",
			NUMBER_ANY, "", SMS_BINARY, BYTES(""), BYTES("a"),
			SENT },
		{ "0044008100006211221100004003"
		  "0040"
		  "18",
			NUMBER_ANY, "", SMS_GSM, BYTES(""), BYTES("a"), SENT },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tpdu t;

		row_number(i, "result",
			tpdu_read(&t, slice_of(rows[i].pdu), -1), 0);
		row_number(i, "kind", t.kind, TPDU_DELIVER);
		row_number(i, "origin", t.who.origin, rows[i].origin);
		row_slice(i, "sender", slice_of(t.who.text), rows[i].from);
		row_number(i, "alphabet", t.alphabet, rows[i].alphabet);
		row_number(i, "time", t.sent_ms, rows[i].sent_ms);
		row_number(i, "length", t.data_len, (long)rows[i].data.len);
		row_number(i, "header", t.header_len, (long)rows[i].header.len);
		assert_memory_equal(
			t.header, rows[i].header.data, t.header_len);
		assert_memory_equal(t.data, rows[i].data.data, t.data_len);
	}
}

static void test_codings(void **state)
{
	(void)state;
	static const struct {
		const char *coding;
		enum sms_alphabet alphabet;
	} rows[] = {
		{ "00", SMS_GSM },
		{ "04", SMS_BINARY },
		{ "08", SMS_UCS2 },
		{ "0C", SMS_GSM }, /* reserved */
		{ "10", SMS_GSM },
		{ "11", SMS_GSM },
		{ "18", SMS_UCS2 },
		{ "20", SMS_BINARY }, /* compressed */
		{ "48", SMS_UCS2 },   /* to be deleted */
		{ "80", SMS_GSM },    /* reserved */
		{ "BF", SMS_GSM },
		{ "C8", SMS_GSM }, /* a message waits */
		{ "D8", SMS_GSM },
		{ "E8", SMS_UCS2 },
		{ "F0", SMS_GSM },
		{ "F4", SMS_BINARY },
		{ "F5", SMS_BINARY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char pdu[64];
		struct tpdu t;

		(void)snprintf(pdu, sizeof(pdu),
			"00040081"
			"00%s"
			"6211221100004000",
			rows[i].coding);
		assert_int_equal(tpdu_read(&t, slice_of(pdu), -1), 0);
		row_number(i, "alphabet", t.alphabet, rows[i].alphabet);
	}
}

static void test_report(void **state)
{
	(void)state;
	static const char pdu[] = "07915155009099F906050B915155770700F062112211"
				  "00004062112211002040"
				  "46";
	struct tpdu t;

	assert_int_equal(tpdu_read(&t, slice_of(pdu), -1), 0);
	assert_int_equal(t.kind, TPDU_REPORT);
	assert_int_equal(t.reference, 5);
	assert_string_equal(t.who.text, "+15557770000");
	assert_true(t.sent_ms == SENT);
	assert_true(t.done_ms == SENT + 2000);
	assert_int_equal(t.status, 0x46);
}

static void test_centre_left_out(void **state)
{
	(void)state;
	struct tpdu t;

	/* 15 octets: all of it, so that there is no address in front. */
	assert_int_equal(tpdu_read(&t,
				 slice_of("040581"
					  "2143F500006211221100004001"
					  "78"),
				 17),
		0);
	assert_string_equal(t.who.text, "12345");
	assert_int_equal(t.data_len, 1);
}

static void test_own(void **state)
{
	(void)state;
	struct tpdu t;

	assert_int_equal(tpdu_read(&t,
				 slice_of("07915155009099F931000B915155770700F0"
					  "0000A70161"),
				 15),
		0);
	assert_int_equal(t.kind, TPDU_OWN);
}

static void test_broken(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"0",
		"00",
		"zz",
		"07915155",
		"FF",
		"0004",
		"00040B915155",
		"0004158100000000000000000000000000000000000000000000",
		"000400810000621122110000",
		"00040081000062112211000040",   /* no length */
		"00040081000062112211000040A1", /* 161 septets */
		"000400810008621122110000408D", /* 141 octets */
		"0006050B915155770700F06211221100004062112211002040",
	};
	struct str longest;
	struct tpdu t;

	for (size_t i = 0; i < COUNT(rows); i++)
		row_number(
			i, "result", tpdu_read(&t, slice_of(rows[i]), -1), -1);
	str_init(&longest, 4096);
	for (int i = 0; i < 600; i++)
		str_add(&longest, "00");
	assert_int_equal(tpdu_read(&t, str_slice(&longest), -1), -1);
	str_finish(&longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_validity),
		cmocka_unit_test(test_deliver),
		cmocka_unit_test(test_codings),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_centre_left_out),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
