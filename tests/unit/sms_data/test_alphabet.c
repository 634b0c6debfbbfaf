/*
 * Septets, UTF-16 and Latin-1 to text and back.
 */
#include "sms_data/alphabet.h"

#include "base/utf8.h"
#include "sms_data/bytes.h"

#define BAD "\xef\xbf\xbd"

static const struct gsm_tables plain = { 0 };

static void test_gsm_both_ways(void **state)
{
	(void)state;
	static const struct {
		struct gsm_tables tables;
		const char *septets, *text;
	} rows[] = {
		{ { 0 }, "", "" },
		{ { 0 }, "68656c6c6f", "hello" },
		{ { 0 }, "00", "@" },
		{ { 0 }, "1b3c1b651b3e05", "[€]é" },
		{ { 0 }, "1b141b281b291b2f1b3d1b40", "^{}\\~|" },
		{ { 0 }, "020111244060", "$£_¤¡¿" },
		{ { 0 }, "410a42", "A\nB" },
		{ { LANGUAGE_TURKISH, 0 }, "1b471b49611b53", "Ğİa\xc5\x9e" },
		{ { 0, LANGUAGE_TURKISH }, "040b1d1b3c", "€Ğş[" },
		{ { LANGUAGE_SPANISH, 0 }, "1b611b69", "áí" },
		{ { 0, LANGUAGE_PORTUGUESE }, "0f1b3c60", "á[~" },
		{ { LANGUAGE_HINDI, LANGUAGE_HINDI }, "381b1d311b41", "8१1A" },
		{ { 0, LANGUAGE_HINDI }, "2f4c2f5b", "नसनॉ" },
		{ { LANGUAGE_URDU, LANGUAGE_URDU }, "00021b19", "اب؀" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice septets = bytes_from(rows[i].septets);
		struct slice text = bytes_of(slice_of(rows[i].text));
		struct str out;
		size_t count;

		str_init(&out, 200);
		gsm_decode(&out, rows[i].tables, septets);
		text_equal(i, "text", &out, rows[i].text);
		str_reset(&out);
		assert_int_equal(gsm_encode(&out, rows[i].tables, text), 0);
		bytes_equal(i, "septets", str_slice(&out), rows[i].septets);
		assert_int_equal(gsm_count(rows[i].tables, text, &count), 0);
		assert_int_equal(count, septets.len);
		str_finish(&out);
		bytes_free(septets);
		bytes_free(text);
	}
}

static void test_gsm_decode(void **state)
{
	(void)state;
	static const struct {
		struct gsm_tables tables;
		const char *septets, *text;
	} rows[] = {
		/* Not in the extension: as in the table it extends. */
		{ { 0 }, "1b41", "A" },
		{ { LANGUAGE_TURKISH, LANGUAGE_TURKISH }, "1b04", "€" },
		{ { LANGUAGE_SPANISH, 0 }, "1b04", "è" },
		/* Reserved; and nothing behind an escape. */
		{ { 0 }, "1b1b41", " A" },
		{ { 0 }, "411b", "A" },
		/* Line ends and a new page. */
		{ { 0 }, "410d0a42", "A\nB" },
		{ { 0 }, "410d42", "A\nB" },
		{ { 0 }, "410d0d0a0a", "A\n\n\n" },
		{ { 0 }, "411b0a42", "A\nB" },
		/* No septets; no character in this language. */
		{ { 0 }, "41c1ff", "A" BAD BAD },
		{ { 0 }, "1be5", BAD },
		{ { 0, LANGUAGE_BENGALI }, "0e", BAD },
		/* Nobody's language. */
		{ { 99, 200 }, "1b6500", "€@" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice septets = bytes_from(rows[i].septets);
		struct str out;

		str_init(&out, 200);
		gsm_decode(&out, rows[i].tables, septets);
		text_equal(i, "text", &out, rows[i].text);
		str_finish(&out);
		bytes_free(septets);
	}
}

static void test_gsm_refuses(void **state)
{
	(void)state;
	static const char *const rows[] = { "ç", "A“", "Ж", "😀", "`", "\t",
		"\xff" };
	struct str out;
	size_t count;

	str_init(&out, 200);
	str_add(&out, "x");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice text = slice_of(rows[i]);

		if (gsm_count(plain, text, &count) != -1 ||
			gsm_encode(&out, plain, text) != -1)
			fail_msg("row %zu", i);
		assert_string_equal(str_text(&out), "x");
	}
	str_finish(&out);
}

/* Whatever any tables encode comes back from them. */
static void test_gsm_round_trip(void **state)
{
	(void)state;
	struct str text, septets, back;

	str_init(&text, 8);
	str_init(&septets, 8);
	str_init(&back, 8);
	for (unsigned char l = 0; l < LANGUAGE_COUNT; l++)
		for (uint32_t code = 1; code < 0x2100; code++) {
			struct gsm_tables tables = { l, l };

			str_reset(&text);
			str_reset(&septets);
			str_reset(&back);
			utf8_add(&text, code);
			if (code == '\r' || code == '\f' ||
				gsm_encode(&septets, tables,
					str_slice(&text)) != 0)
				continue;
			gsm_decode(&back, tables, str_slice(&septets));
			if (strcmp(str_text(&back), str_text(&text)) != 0)
				fail_msg("language %u, U+%04X", l, code);
		}
	str_finish(&text);
	str_finish(&septets);
	str_finish(&back);
}

/* --- Packing ------------------------------------------------------------- */

static void test_pack(void **state)
{
	(void)state;
	static const struct {
		const char *septets, *packed;
		unsigned fill;
	} rows[] = {
		{ "", "", 0 },
		{ "68656c6c6f", "e8329bfd06", 0 },
		{ "68656c6c6f68656c6c6f", "e8329bfd4697d9ec37", 0 },
		{ "41414141414141", "c16030180c0601", 0 },
		{ "4141414141414141", "c16030180c0683", 0 },
		{ "41", "82", 1 },
		{ "7f", "c01f", 6 },
		{ "4100", "8200", 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice septets = bytes_from(rows[i].septets);
		struct slice packed = bytes_from(rows[i].packed);
		struct str out;

		str_init(&out, 200);
		gsm_pack(&out, septets, rows[i].fill);
		bytes_equal(i, "packed", str_slice(&out), rows[i].packed);
		str_reset(&out);
		gsm_unpack(&out, packed, septets.len, rows[i].fill);
		bytes_equal(i, "septets", str_slice(&out), rows[i].septets);
		str_finish(&out);
		bytes_free(septets);
		bytes_free(packed);
	}
}

/* Each septet at each place, with each number of bits before it. */
static void test_pack_round_trip(void **state)
{
	(void)state;
	char septets[160];

	for (size_t i = 0; i < sizeof(septets); i++)
		septets[i] = (char)(i * 37 % 128);
	for (unsigned fill = 0; fill < 7; fill++)
		for (size_t len = 0; len <= sizeof(septets); len++) {
			struct slice in = slice_make(septets, len);
			struct str packed, out;

			str_init(&packed, 200);
			str_init(&out, 200);
			gsm_pack(&packed, in, fill);
			assert_int_equal(packed.len,
				len == 0 ? 0 : (len * 7 + fill + 7) / 8);
			struct slice copy = bytes_of(str_slice(&packed));
			gsm_unpack(&out, copy, len, fill);
			assert_int_equal(out.len, len);
			if (len > 0)
				assert_memory_equal(out.data, septets, len);
			/* Not more than there is. */
			str_reset(&out);
			gsm_unpack(&out, copy, 1000, fill);
			assert_true(out.len <= len + 1);
			bytes_free(copy);
			str_finish(&packed);
			str_finish(&out);
		}
}

/* Septets begin at a multiple of seven bits behind the header. */
static void test_fill(void **state)
{
	(void)state;
	static const struct {
		size_t header;
		unsigned fill;
	} rows[] = { { 0, 0 }, { 4, 3 }, { 6, 1 }, { 7, 0 }, { 9, 5 },
		{ 12, 2 } };

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(gsm_fill(rows[i].header), rows[i].fill);
	for (size_t header = 0; header < 140; header++)
		assert_int_equal((header * 8 + gsm_fill(header)) % 7, 0);
}

/* --- UTF-16, Latin-1 ----------------------------------------------------- */

static void test_ucs2_both_ways(void **state)
{
	(void)state;
	static const struct {
		const char *octets, *text;
	} rows[] = {
		{ "", "" },
		{ "00410416", "AЖ" },
		{ "d83dde00", "😀" },
		{ "0041d83dde000042", "A😀B" },
		{ "dbffdfff", "\xf4\x8f\xbf\xbf" },
		{ "d800dc00", "\xf0\x90\x80\x80" },
		{ "fffd", BAD },
		{ "0041000a0042", "A\nB" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice octets = bytes_from(rows[i].octets);
		struct slice text = slice_of(rows[i].text);
		struct str out;

		str_init(&out, 200);
		ucs2_decode(&out, octets);
		text_equal(i, "text", &out, rows[i].text);
		str_reset(&out);
		ucs2_encode(&out, text);
		bytes_equal(i, "octets", str_slice(&out), rows[i].octets);
		assert_int_equal(ucs2_count(text) * 2, octets.len);
		str_finish(&out);
		bytes_free(octets);
	}
}

static void test_ucs2_decode(void **state)
{
	(void)state;
	static const struct {
		const char *octets, *text;
	} rows[] = {
		{ "00", BAD },
		{ "004100", "A" BAD },
		/* Surrogates without their other half. */
		{ "d83d", BAD },
		{ "d83d0041", BAD "A" },
		{ "d83dd83dde00", BAD "😀" },
		{ "de000041", BAD "A" },
		{ "de00d83d", BAD BAD },
		{ "d83d00", BAD },
		/* Byte order marks, at the start alone. */
		{ "feff0041", "A" },
		{ "fffe41003dd800de", "A😀" },
		{ "0041feff", "A\xef\xbb\xbf" },
		/* What XML cannot carry, padding, line ends. */
		{ "0001fffeffff", BAD BAD BAD },
		{ "004100000042", "AB" },
		{ "0041000d000a0042000d000c", "A\nB\n\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice octets = bytes_from(rows[i].octets);
		struct str out;

		str_init(&out, 200);
		ucs2_decode(&out, octets);
		text_equal(i, "text", &out, rows[i].text);
		str_finish(&out);
		bytes_free(octets);
	}
}

static void test_latin1(void **state)
{
	(void)state;
	static const struct {
		const char *octets, *text;
	} rows[] = {
		{ "", "" },
		{ "436166e9", "Café" },
		{ "80", "€" },
		{ "936869940d0a", "“hi”\n" },
		/* UTF-8 that says that it is Latin-1. */
		{ "436166c3a9", "Café" },
		{ "41004201", "AB" BAD },
		{ "410d0d0a0c", "A\n\n\n" },
		{ "410d42e9", "A\nBé" },
	};
	struct str out;

	str_init(&out, 200);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice octets = bytes_from(rows[i].octets);

		str_reset(&out);
		latin1_decode(&out, octets);
		text_equal(i, "text", &out, rows[i].text);
		bytes_free(octets);
	}
	str_reset(&out);
	assert_int_equal(latin1_encode(&out, slice_of("Café ÿ")), 0);
	bytes_equal(0, "encoded", str_slice(&out), "436166e920ff");
	assert_int_equal(latin1_encode(&out, slice_of("a€")), -1);
	assert_int_equal(out.len, 6);
	str_reset(&out);
	utf8_decode(&out, slice_make("a\xff\r\n\0\x01z", 7));
	text_equal(0, "utf-8", &out, "a" BAD "\n" BAD "z");
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gsm_both_ways),
		cmocka_unit_test(test_gsm_decode),
		cmocka_unit_test(test_gsm_refuses),
		cmocka_unit_test(test_gsm_round_trip),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_pack_round_trip),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_ucs2_both_ways),
		cmocka_unit_test(test_ucs2_decode),
		cmocka_unit_test(test_latin1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
