#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "xmpp/jid.h"

/* full NULL: not a JID. */
static const struct {
	const char *text;
	const char *full, *bare, *local, *domain, *resource;
} jids[] = {
	{ "example.org", "example.org", "example.org", "", "example.org", "" },
	{ "user@example.org", "user@example.org", "user@example.org", "user",
		"example.org", "" },
	{ "user@example.org/home", "user@example.org/home", "user@example.org",
		"user", "example.org", "home" },
	{ "example.org/home", "example.org/home", "example.org", "",
		"example.org", "home" },
	{ "USER@Example.ORG/Home", "user@example.org/Home", "user@example.org",
		"user", "example.org", "Home" },
	{ "a@b/c@d/e f", "a@b/c@d/e f", "a@b", "a", "b", "c@d/e f" },
	{ "b/c@d", "b/c@d", "b", "", "b", "c@d" },
	{ "a@b/\"&'<>:", "a@b/\"&'<>:", "a@b", "a", "b", "\"&'<>:" },
	{ "#chan%irc.host@gw", "#chan%irc.host@gw", "#chan%irc.host@gw",
		"#chan%irc.host", "gw", "" },
	{ "a\\20b@c", "a\\20b@c", "a\\20b@c", "a\\20b", "c", "" },
	{ "a!#$%()*+,-.;=?[\\]^_`{|}~9@c", "a!#$%()*+,-.;=?[\\]^_`{|}~9@c",
		"a!#$%()*+,-.;=?[\\]^_`{|}~9@c", "a!#$%()*+,-.;=?[\\]^_`{|}~9",
		"c", "" },
	{ "+15551234567@sms.gw", "+15551234567@sms.gw", "+15551234567@sms.gw",
		"+15551234567", "sms.gw", "" },
	{ "a@b.", "a@b", "a@b", "a", "b", "" },
	{ "B./r", "b/r", "b", "", "b", "r" },
	{ "_srv.a_b-c.1", "_srv.a_b-c.1", "_srv.a_b-c.1", "", "_srv.a_b-c.1",
		"" },
	{ "a@127.0.0.1", "a@127.0.0.1", "a@127.0.0.1", "a", "127.0.0.1", "" },
	{ "a@[::1]/r", "a@[::1]/r", "a@[::1]", "a", "[::1]", "r" },
	{ "a@[FE80::1]", "a@[fe80::1]", "a@[fe80::1]", "a", "[fe80::1]", "" },

	/* Prepared by stringprep. */
	{ "J\xc3\x9cRGEN@M\xc3\xbcnchen.De/Gr\xc3\xbc\xc3\x9f"
	  "e",
		"j\xc3\xbcrgen@m\xc3\xbcnchen.de/Gr\xc3\xbc\xc3\x9f"
		"e",
		"j\xc3\xbcrgen@m\xc3\xbcnchen.de", "j\xc3\xbcrgen",
		"m\xc3\xbcnchen.de",
		"Gr\xc3\xbc\xc3\x9f"
		"e" },
	/* sharp s folds to ss in a localpart */
	{ "gro\xc3\x9f@b", "gross@b", "gross@b", "gross", "b", "" },
	/* fullwidth letters (NFKC) */
	{ "\xef\xbd\x81@b", "a@b", "a@b", "a", "b", "" },
	/* soft hyphen is mapped to nothing */
	{ "a\xc2\xad"
	  "b@c",
		"ab@c", "ab@c", "ab", "c", "" },
	/* emoji, unassigned in Unicode 3.2 */
	{ "\xf0\x9f\x98\x80@b/\xf0\x9f\xa6\x84",
		"\xf0\x9f\x98\x80@b/\xf0\x9f\xa6\x84", "\xf0\x9f\x98\x80@b",
		"\xf0\x9f\x98\x80", "b", "\xf0\x9f\xa6\x84" },
	/* an "xn--" form is another address */
	{ "a@XN--mnchen-3ya.de", "a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de",
		"a", "xn--mnchen-3ya.de", "" },
	/* ideographic full stop, halfwidth too; trailing */
	{ "a@b\xe3\x80\x82"
	  "c\xef\xbd\xa1",
		"a@b.c", "a@b.c", "a", "b.c", "" },
	/* decomposed and composed are one */
	{ "u\xcc\x88@u\xcc\x88/u\xcc\x88", "\xc3\xbc@\xc3\xbc/\xc3\xbc",
		"\xc3\xbc@\xc3\xbc", "\xc3\xbc", "\xc3\xbc", "\xc3\xbc" },

	{ .text = "" },
	{ .text = "@b" },
	{ .text = "a@" },
	{ .text = "a@/r" },
	{ .text = "/r" },
	{ .text = "b/" },
	{ .text = "a@b/" },
	{ .text = "@" },
	{ .text = "a@b@c" },
	{ .text = "a b@c" },
	{ .text = "a\"@c" },
	{ .text = "a&@c" },
	{ .text = "a'@c" },
	{ .text = "a:@c" },
	{ .text = "a<@c" },
	{ .text = "a>@c" },
	{ .text = "a\x7f@c" },
	{ .text = "a\n@c" },
	{ .text = "a@b c" },
	{ .text = "a@b_c!" },
	{ .text = "a@." },
	{ .text = "a@.b" },
	{ .text = "a@b..c" },
	{ .text = "a@b.." },
	{ .text = "a@b\t" },
	{ .text = "a@[::1" },
	{ .text = "a@::1]" },
	{ .text = "a@[x]" },
	{ .text = "a@[]" },
	{ .text = "a@[1.2]" },
	{ .text = "a@b/\x01" },
	{ .text = "a@b/\x7f" },
	{ .text = "a@b/\xff" },
	{ .text = "\xff@b" },
	{ .text = "a@\xc3" },
	/* no-break space; U+2100 becomes a/c, U+FF20 is @, U+FF0F is / */
	{ .text = "a\xc2\xa0"
		  "b@c" },
	{ .text = "\xe2\x84\x80@c" },
	{ .text = "a\xef\xbc\xa0"
		  "b@c" },
	{ .text = "a@b\xef\xbc\x8f"
		  "c" },
	{ .text = "a@b\xef\xbc\xa0"
		  "c" },
	{ .text = "a@\xe2\x84\x80" },
	/* private use, a lone soft hyphen, a bidirectional mess */
	{ .text = "a@b/\xee\x80\x80" },
	{ .text = "\xc2\xad@b" },
	{ .text = "\xd8\xa7"
		  "a\xd8\xa7"
		  "1@b" },
};

static void check_field(
	size_t row, const char *name, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("row %zu: %s is \"%s\", expected \"%s\"", row, name,
			got, want);
}

static void test_parse(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, MIB);
	for (size_t i = 0; i < COUNT(jids); i++) {
		struct jid jid;
		int rc = jid_parse(&jid, slice_of(jids[i].text), &a);
		if (rc != (jids[i].full ? 0 : -1))
			fail_msg("row %zu: \"%s\" gives %d", i, jids[i].text,
				rc);
		if (rc != 0)
			continue;
		check_field(i, "full", jid.full, jids[i].full);
		check_field(i, "bare", jid.bare, jids[i].bare);
		check_field(i, "local", jid.local, jids[i].local);
		check_field(i, "domain", jid.domain, jids[i].domain);
		check_field(i, "resource", jid.resource, jids[i].resource);
		/* Prepared once is prepared for ever. */
		struct jid again;
		assert_int_equal(jid_parse(&again, slice_of(jid.full), &a), 0);
		check_field(i, "again", again.full, jids[i].full);
		arena_reset(&a);
	}
	arena_finish(&a);
}

static void test_not_terminated(void **state)
{
	struct arena a;
	struct jid jid;

	(void)state;
	arena_init(&a, MIB);
	assert_int_equal(jid_parse(&jid, slice_make("a@b/cde", 5), &a), 0);
	assert_string_equal(jid.full, "a@b/c");
	assert_int_equal(jid_parse(&jid, slice_make("a@b\0c", 5), &a), -1);
	assert_int_equal(jid_parse(&jid, slice_make("a\0@b", 4), &a), -1);
	assert_int_equal(jid_parse(&jid, slice_make("a@b/\0c", 6), &a), -1);
	assert_int_equal(
		jid_parse(&jid, slice_make("\xc3\xa4\0@b", 5), &a), -1);
	assert_int_equal(jid_parse(&jid, slice_make(NULL, 0), &a), -1);
	arena_finish(&a);
}

static void test_lengths(void **state)
{
	static const char *const letters[] = { "x", "\xc3\xa4" };
	struct arena a;

	(void)state;
	arena_init(&a, MIB);
	for (size_t i = 0; i < COUNT(letters); i++) {
		for (int extra = -1; extra <= 1; extra++) {
			size_t unit = strlen(letters[i]);
			size_t len = (size_t)(1023 + extra);
			char part[1100] = "";
			char text[3 * 1100];
			struct jid jid;
			size_t at = 0;
			while (at + unit <= len) {
				memcpy(part + at, letters[i], unit);
				at += unit;
			}
			while (at < len)
				part[at++] = 'x';
			int want = extra > 0 ? -1 : 0;
			snprintf(text, sizeof(text), "%s@b/r", part);
			assert_int_equal(
				jid_parse(&jid, slice_of(text), &a), want);
			snprintf(text, sizeof(text), "a@b/%s", part);
			assert_int_equal(
				jid_parse(&jid, slice_of(text), &a), want);
			/* A label has at most 63 bytes if DNS is to know it,
			 * which only names that need it are held to. */
			if (unit > 1)
				continue;
			snprintf(text, sizeof(text), "a@%s", part);
			assert_int_equal(
				jid_parse(&jid, slice_of(text), &a), want);
		}
	}
	arena_finish(&a);
}

static void test_full_arena(void **state)
{
	struct arena a;
	struct jid jid;

	(void)state;
	arena_init(&a, 16);
	assert_int_equal(
		jid_parse(&jid, slice_of("someone@example.org/resource"), &a),
		-1);
	arena_finish(&a);
}

static void test_prepare(void **state)
{
	struct str out;

	(void)state;
	str_init(&out, KIB);
	assert_int_equal(jid_prepare_local(&out, slice_of("AbC")), 0);
	assert_int_equal(jid_prepare_domain(&out, slice_of("Ex.Org.")), 0);
	assert_int_equal(jid_prepare_resource(&out, slice_of("AbC")), 0);
	assert_string_equal(str_text(&out), "abcex.orgAbC");
	assert_int_equal(jid_prepare_local(&out, slice_of("")), -1);
	assert_int_equal(jid_prepare_local(&out, slice_of("a@b")), -1);
	assert_int_equal(jid_prepare_domain(&out, slice_of("")), -1);
	assert_int_equal(jid_prepare_domain(&out, slice_of("a@b")), -1);
	assert_int_equal(jid_prepare_resource(&out, slice_of("")), -1);
	assert_int_equal(jid_prepare_resource(&out, slice_of("\x02")), -1);
	assert_string_equal(str_text(&out), "abcex.orgAbC");
	str_finish(&out);
}

/* XEP-0106 section 5.1, and what is around it. escaped NULL: impossible. */
static const struct {
	const char *name;
	const char *escaped;
} escapes[] = {
	{ "space cadet", "space\\20cadet" },
	{ "call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22" },
	{ "at&t guy", "at\\26t\\20guy" },
	{ "d'artagnan", "d\\27artagnan" },
	{ "/.fanboy", "\\2f.fanboy" },
	{ "::foo::", "\\3a\\3afoo\\3a\\3a" },
	{ "<foo>", "\\3cfoo\\3e" },
	{ "user@host", "user\\40host" },
	{ "c:\\net", "c\\3a\\net" },
	{ "c:\\\\net", "c\\3a\\\\net" },
	{ "c:\\cool stuff", "c\\3a\\cool\\20stuff" },
	{ "c:\\5commas", "c\\3a\\5c5commas" },
	{ "\\3and\\2is\\5cool@example.com",
		"\\5c3and\\2is\\5c5cool\\40example.com" },
	{ "\\20", "\\5c20" },
	{ "a\\20", "a\\5c20" },
	{ "\\5c", "\\5c5c" },
	{ "\\5C\\2F", "\\5c5C\\5c2F" },
	{ "\\", "\\" },
	{ "\\2", "\\2" },
	{ "\\41", "\\41" },
	{ "\\00", "\\00" },
	{ "plain", "plain" },
	{ "J\xc3\xbcrgen M", "J\xc3\xbcrgen\\20M" },
	{ "", NULL },
	{ " ", NULL },
	{ " a", NULL },
	{ "a ", NULL },
};

static void test_escape(void **state)
{
	struct str out;

	(void)state;
	str_init(&out, 8 * KIB);
	for (size_t i = 0; i < COUNT(escapes); i++) {
		str_reset(&out);
		str_add(&out, "x");
		int rc = jid_escape(&out, slice_of(escapes[i].name));
		if (rc != (escapes[i].escaped ? 0 : -1))
			fail_msg("row %zu: %d", i, rc);
		if (escapes[i].escaped == NULL) {
			assert_string_equal(str_text(&out), "x");
			continue;
		}
		if (strcmp(out.data + 1, escapes[i].escaped) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		str_reset(&out);
		jid_unescape(&out, slice_of(escapes[i].escaped));
		if (strcmp(str_text(&out), escapes[i].name) != 0)
			fail_msg("row %zu back: %s", i, str_text(&out));
	}
	str_finish(&out);
}

static void test_escape_length(void **state)
{
	char name[1100];
	struct str out;

	(void)state;
	str_init(&out, 8 * KIB);
	memset(name, '@', sizeof(name));
	assert_int_equal(jid_escape(&out, slice_make(name, 341)), 0);
	assert_int_equal(out.len, 1023);
	assert_int_equal(jid_escape(&out, slice_make(name, 342)), -1);
	assert_int_equal(out.len, 1023);
	assert_int_equal(jid_escape(&out, slice_make(name, 1100)), -1);
	str_finish(&out);
	str_init(&out, 10);
	assert_int_equal(jid_escape(&out, slice_make(name, 4)), -1);
	assert_int_equal(out.len, 0);
	str_finish(&out);
}

static const struct {
	const char *local;
	const char *name;
} unescapes[] = {
	{ "", "" },
	{ "\\20", " " },
	{ "\\2", "\\2" },
	{ "\\", "\\" },
	{ "\\2f\\2F", "/\\2F" },
	{ "\\5c20", "\\20" },
	{ "\\5c5c20", "\\5c20" },
	{ "\\21\\41\\7f\\00", "\\21\\41\\7f\\00" },
	{ "\\\\20", "\\ " },
};

static void test_unescape(void **state)
{
	struct str out;

	(void)state;
	str_init(&out, KIB);
	for (size_t i = 0; i < COUNT(unescapes); i++) {
		str_reset(&out);
		jid_unescape(&out, slice_of(unescapes[i].local));
		if (strcmp(str_text(&out), unescapes[i].name) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
	}
	str_finish(&out);
}

/* Random names of characters that matter come back, and are localparts that
 * stay themselves once their case is folded. */
static void test_round_trip(void **state)
{
	static const char alphabet[] = "\\\\\\0234567acef@/:& \"'<>Zz.\xc3\xa4";
	struct str escaped, back, prepared, again;

	(void)state;
	srandom(1);
	str_init(&escaped, 8 * KIB);
	str_init(&back, 8 * KIB);
	str_init(&prepared, 8 * KIB);
	str_init(&again, 8 * KIB);
	for (unsigned i = 0; i < 50000; i++) {
		char name[16];
		size_t len = 1 + (size_t)random() % (sizeof(name) - 1);
		for (size_t j = 0; j < len; j++)
			name[j] = alphabet[(size_t)random() %
					   (sizeof(alphabet) - 1)];
		str_reset(&escaped);
		str_reset(&back);
		str_reset(&prepared);
		str_reset(&again);
		if (jid_escape(&escaped, slice_make(name, len)) != 0)
			continue;
		jid_unescape(&back, str_slice(&escaped));
		if (back.len != len || memcmp(back.data, name, len) != 0)
			fail_msg(
				"%.*s: %s", (int)len, name, str_text(&escaped));
		if (!utf8_is_valid(slice_make(name, len)))
			continue;
		if (jid_prepare_local(&prepared, str_slice(&escaped)) != 0)
			fail_msg("%s is not a localpart", str_text(&escaped));
		assert_int_equal(
			jid_prepare_local(&again, str_slice(&prepared)), 0);
		assert_string_equal(str_text(&prepared), str_text(&again));
		/* Folded, it still means the name in lower case. */
		str_reset(&back);
		jid_unescape(&back, str_slice(&prepared));
		assert_int_equal(back.len, len);
	}
	str_finish(&escaped);
	str_finish(&back);
	str_finish(&prepared);
	str_finish(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_not_terminated),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_full_arena),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_length),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
