#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/gateway.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "host/spelling.h"
#include "xmpp/jid.h"

const struct gateway_ops *const gateway_list[] = { NULL };

static const struct {
	const char *name, *local, *resource;
} rows[] = {
	{ "bob%net", "bob%net", "bob%net" },
	{ "Bob", "Bob", "Bob" }, /* ASCII case is the network's affair */
	{ "a b&c", "a\\20b\\26c", "a b&c" },
	{ "a\\20b", "a\\5c20b", "a\\20b" },
	/* Composed letters of Unicode 3.2 stay. */
	{ "j\xc3\xbcrgen", "j\xc3\xbcrgen", "j\xc3\xbcrgen" },
	{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac",
		"\xe6\x97\xa5\xe6\x9c\xac" },
	/* A capital would become another name. */
	{ "\xc3\x84tna", "\\uc4;tna", "\xc3\x84tna" },
	/* Not composed, a ligature, an emoji, Hebrew beside Latin. */
	{ "a\xcc\x88", "a\\u308;", "a\\u308;" },
	{ "\xef\xac\x81sh", "\\ufb01;sh", "\\ufb01;sh" },
	{ "cat\xf0\x9f\x98\xba", "cat\\u1f63a;", "cat\\u1f63a;" },
	{ "\xd7\xa9\xd7\x9c%net", "\\u5e9;\\u5dc;%net", "\\u5e9;\\u5dc;%net" },
	{ "\xd7\xa9\xd7\x9c", "\xd7\xa9\xd7\x9c", "\xd7\xa9\xd7\x9c" },
	{ "a\x7f", "a\\u7f;", "a\\u7f;" },
	/* What looks like a code. */
	{ "\\u41;", "\\u5c;u41;", "\\u5c;u41;" },
	{ "\\u5c;u41;", "\\u5c;u5c;u41;", "\\u5c;u5c;u41;" },
	{ "\\u;\\ug;\\u1\\u110000;\\ud800;\\u0000041;",
		"\\u;\\ug;\\u1\\u110000;\\ud800;\\u0000041;",
		"\\u;\\ug;\\u1\\u110000;\\ud800;\\u0000041;" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice name = slice_of(rows[i].name);
		struct str out = { .max = 2 * LIMIT_JID_PART };
		assert_int_equal(spell_local(&out, name), 0);
		assert_string_equal(str_text(&out), rows[i].local);
		str_reset(&out);
		spell_read_local(&out, slice_of(rows[i].local));
		assert_string_equal(str_text(&out), rows[i].name);
		str_reset(&out);
		assert_int_equal(spell_resource(&out, name), 0);
		assert_string_equal(str_text(&out), rows[i].resource);
		str_reset(&out);
		spell_read_resource(&out, slice_of(rows[i].resource));
		assert_string_equal(str_text(&out), rows[i].name);
		str_finish(&out);
	}
}

static void test_lengths(void **state)
{
	(void)state;
	char long_name[LIMIT_JID_PART + 2];
	struct str out = { .max = 2 * LIMIT_JID_PART };
	memset(long_name, 'a', sizeof(long_name));
	struct slice most = slice_make(long_name, LIMIT_JID_PART);
	struct slice more = slice_make(long_name, LIMIT_JID_PART + 1);
	assert_int_equal(spell_local(&out, most), 0);
	assert_int_equal(spell_resource(&out, most), 0);
	str_reset(&out);
	assert_int_equal(spell_local(&out, more), -1);
	assert_int_equal(spell_resource(&out, more), -1);
	assert_int_equal(spell_local(&out, slice_of("")), -1);
	assert_int_equal(spell_resource(&out, slice_of("")), -1);
	/* Spelled it would be too long. */
	for (size_t i = 0; i + 4 < LIMIT_JID_PART; i += 4)
		memcpy(long_name + i, "\xf0\x9f\x98\xba", 4);
	assert_int_equal(spell_local(&out, most), -1);
	assert_int_equal(spell_resource(&out, most), -1);
	assert_int_equal(out.len, 0);
	str_finish(&out);
}

static uint32_t next_random(uint32_t *seed)
{
	return *seed = *seed * 1664525u + 1013904223u;
}

/* A name of characters that are likely to make trouble. */
static void add_random(struct str *name, uint32_t *seed)
{
	static const uint32_t bases[] = { 0x20, 0x41, 0x80, 0xc0, 0x130, 0x2b0,
		0x300, 0x370, 0x590, 0x620, 0xe00, 0x1100, 0x1e00, 0x2000,
		0x2100, 0x3040, 0xac00, 0xe000, 0xfb00, 0xff00, 0x1d400,
		0x1f600, 0xe0000 };
	static const char *const bits[] = { "\\", "\\u", "u41;", "5c", ";" };
	size_t count = 1 + (next_random(seed) >> 16) % 6;
	for (size_t i = 0; i < count; i++) {
		uint32_t r = next_random(seed) >> 8;
		if (r % 5 == 0)
			str_add(name, bits[(r >> 8) % 5]);
		else
			utf8_add(name, bases[(r >> 4) % 23] + (r >> 12) % 0x60);
	}
}

/* Any name: taken as it is by whoever prepares it, and the way back leads to
 * the same name. */
static void test_any_name(void **state)
{
	uint32_t seed = 4711;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct str name = { .max = KIB }, out = { .max = 2 * KIB },
			   back = { .max = 2 * KIB };
		add_random(&name, &seed);
		if (spell_local(&out, str_slice(&name)) == 0) {
			assert_true(jid_is_portable_local(str_slice(&out)));
			spell_read_local(&back, str_slice(&out));
			assert_string_equal(str_text(&back), str_text(&name));
		} else {
			/* XEP-0106: no space at an end. */
			const char *text = str_text(&name);
			assert_true(
				text[0] == ' ' || text[name.len - 1] == ' ');
		}
		str_reset(&out);
		str_reset(&back);
		assert_int_equal(spell_resource(&out, str_slice(&name)), 0);
		assert_true(jid_is_portable_resource(str_slice(&out)));
		spell_read_resource(&back, str_slice(&out));
		assert_string_equal(str_text(&back), str_text(&name));
		str_finish(&name);
		str_finish(&out);
		str_finish(&back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_any_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
