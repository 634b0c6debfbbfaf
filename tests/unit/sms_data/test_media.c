/* Files that come with texts: what they are, and what they are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "sms_data/media.h"

static void types_are_said_or_seen(void **state)
{
	static const struct {
		const char *said;
		struct slice start;
		const char *type;
	} rows[] = {
		{ "image/jpeg", { "<html>", 6 }, "image/jpeg" },
		{ "Text/X-vCard; charset=utf-8", { "", 0 }, "text/x-vcard" },
		{ NULL, { "\x89PNG\r\n\x1a\n", 8 }, "image/png" },
		{ NULL, { "\x89PNG\r\n\x1a", 7 }, "application/octet-stream" },
		{ "application/octet-stream", { "\xff\xd8\xff\xe0", 4 },
			"image/jpeg" },
		{ "", { "RIFF\1\2\3\4WEBPVP8", 15 }, "image/webp" },
		{ "binary/octet-stream",
			{ "\0\0\0\x18"
			  "ftyp3gp4",
				12 },
			"video/3gpp" },
		{ "nothing",
			{ "\0\0\0\x18"
			  "ftypheic",
				12 },
			"image/heic" },
		{ "a/b/c",
			{ "\0\0\0\x18"
			  "ftypisom",
				12 },
			"video/mp4" },
		{ "/", { "#!AMR\n", 6 }, "audio/amr" },
		{ "a/<b>", { "BEGIN:VCARD\r\n", 13 }, "text/vcard" },
		{ NULL, { "", 0 }, "application/octet-stream" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char type[MEDIA_TYPE_SIZE];
		media_type(rows[i].said, rows[i].start, type);
		assert_string_equal(type, rows[i].type);
	}
}

static void long_types_are_none(void **state)
{
	char said[300], type[MEDIA_TYPE_SIZE];
	(void)state;
	memset(said, 'a', sizeof(said));
	said[5] = '/';
	said[sizeof(said) - 1] = '\0';
	media_type(said, slice_make("", 0), type);
	assert_string_equal(type, "application/octet-stream");
}

static void names_have_an_ending(void **state)
{
	static const struct {
		const char *url, *type, *name;
	} rows[] = {
		{ "https://a.example/Media/ME123", "image/jpeg", "file.jpg" },
		{ "https://a.example/x/bw.png", "image/jpeg", "bw.png" },
		{ "https://a.example/x/bw.png?a=b.c#d", "", "bw.png" },
		{ "https://a.example/x/", "video/3gpp", "file.3gp" },
		{ "https://a.example", "text/vcard", "file.vcf" },
		{ "nothing", "x/y", "file.bin" },
		{ "https://a.example/a.", "x/y", "file.bin" },
		{ "https://a.example/.png", "x/y", "file.bin" },
		{ "https://a.example/..png", "x/y", "_.png" },
		{ "https://a.example/a b<c>%2f\xc3\xa4.png", "x/y",
			"a_b_c__2f__.png" },
		{ "https://a.example/a.longer", "x/y", "file.bin" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[MEDIA_NAME_SIZE];
		media_name(rows[i].url, rows[i].type, name);
		assert_string_equal(name, rows[i].name);
	}
}

static void layouts_are_no_files(void **state)
{
	(void)state;
	assert_true(media_is_layout("https://a.example/0.smil", NULL));
	assert_true(media_is_layout("https://a.example/0.SMIL?x", ""));
	assert_true(media_is_layout("https://a.example/0", "application/smil"));
	assert_false(media_is_layout("https://a.example/0.smil", "image/png"));
	assert_false(media_is_layout("https://a.example/smil", NULL));
	assert_false(media_is_layout("", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_said_or_seen),
		cmocka_unit_test(long_types_are_none),
		cmocka_unit_test(names_have_an_ending),
		cmocka_unit_test(layouts_are_no_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
