/*
 * The helpers of libircclient, held to our contract: the numerics are
 * compared when ircclient.c is compiled.
 */
#include "irc/ircclient.h"

#include <stdlib.h>

#include "base/macros.h"
#include "irc/format.h"
#include "irc/rows.h"

static void test_strip(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *text;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\x02"
		  "b\x02 \x1d"
		  "i\x1d \x1f"
		  "u\x1f \x1e"
		  "s\x1e \x11"
		  "m\x11 \x16"
		  "r\x16 \x0f"
		  "x",
			"b i u s m r x" },
		{ "\x03"
		  "4red\x03",
			"red" },
		{ "\x03"
		  "04,12red",
			"red" },
		{ "\x03"
		  "043",
			"3" },
		{ "\x03"
		  "4,x",
			",x" },
		{ "\x03,5", ",5" },
		{ "\x03"
		  "99x\x03"
		  "88,77y",
			"xy" },
		{ "\x03", "" },
		{ "\x03"
		  "4",
			"" },
		{ "\x03"
		  "4,",
			"," },
		{ "\x04"
		  "ff0000x",
			"x" },
		{ "\x04"
		  "FF0000,00ff00x",
			"x" },
		{ "\x04"
		  "ff0000,00ffx",
			",00ffx" },
		{ "\x04"
		  "ff00x",
			"ff00x" },
		{ "\x04", "" },
		{ "\x04x", "x" },
		/* What a code parts stays apart. */
		{ "\x03\x1d"
		  "4x",
			"4x" },
		{ "\x03\x04"
		  "ff00005",
			"5" },
		{ "\x03"
		  "4\x1d,5x",
			",5x" },
		{ "\x03"
		  "1\x11"
		  "2x",
			"2x" },
		{ "\x04\x02"
		  "ff0000",
			"ff0000" },
		{ "\xe2\x82\xac\x02\xc3\xa9\xff", "\xe2\x82\xac\xc3\xa9\xff" },
		{ "a\x01"
		  "b\tc",
			"a\x01"
			"b\tc" },
		/* What makes the library's colour conversion overflow. */
		{ "\x03"
		  "4x\x03"
		  "2,3y",
			"xy" },
		{ "hello [world", "hello [world" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 200);
		str_add(&out, "-");
		irc_strip(&out, slice_of(rows[i].raw));
		str_consume(&out, 1);
		row_slice(i, "text", str_slice(&out), rows[i].text);
		str_finish(&out);
	}
	struct str out;
	str_init(&out, 200);
	irc_strip(&out, slice_make("a\0b", 3));
	assert_string_equal(str_text(&out), "a");
	str_reset(&out);
	irc_strip(&out, slice_make(NULL, 0));
	assert_int_equal(out.len, 0);
	str_finish(&out);
}

/* Both ways to plain text agree, whatever comes. */
static void test_strip_like_format(void **state)
{
	(void)state;
	static const char bytes[] = "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f"
				    "0123456789,,,abcdefxyz";

	srandom(11);
	for (size_t i = 0; i < 20000; i++) {
		char raw[24];
		size_t len = (size_t)random() % sizeof(raw);
		struct irc_span spans[IRC_MAX_SPANS];
		struct str a, b;

		for (size_t k = 0; k < len; k++)
			raw[k] = bytes[(size_t)random() % (sizeof(bytes) - 1)];
		str_init(&a, 200);
		str_init(&b, 200);
		irc_strip(&a, slice_make(raw, len));
		irc_format_parse(
			slice_make(raw, len), CHARSET_ISO_8859_1, &b, spans);
		row_slice(i, "text", str_slice(&a), str_text(&b));
		str_finish(&a);
		str_finish(&b);
	}
}

static void test_source_nick(void **state)
{
	(void)state;
	static const struct {
		const char *source, *nick; /* NULL: false */
	} rows[] = {
		{ "nick!user@host", "nick" },
		{ "nick", "nick" },
		{ "irc.example.org", NULL }, /* too long */
		{ "1234567", "1234567" },
		{ "12345678", NULL },
		{ "12345678!u@h", NULL },
		{ "!u@h", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[8];
		bool ok = irc_source_nick(
			slice_of(rows[i].source), out, sizeof(out));

		row_number(i, "result", ok, rows[i].nick != NULL);
		if (ok)
			row_slice(i, "nick", slice_of(out), rows[i].nick);
	}
	char out[1];
	assert_false(irc_source_nick(slice_of("n"), out, 0));
	assert_false(irc_source_nick(slice_make(NULL, 0), out, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_strip_like_format),
		cmocka_unit_test(test_source_nick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
