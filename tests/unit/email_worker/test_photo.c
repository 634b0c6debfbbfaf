/*
 * Pictures in headers: what is one, what is too big, what only looks like one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/encoding.h"
#include "base/macros.h"
#include "email_worker/mime.h"
#include "email_worker/photo.h"

#define PNG(width, height) \
	"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0" width "\0\0" height "\x08\x06\0\0\0"
#define JPEG(height, width)                                              \
	"\xff\xd8\xff\xe0\0\x04xx\xff\xc0\0\x11\x08" height width "\x03" \
	"abcdefghi"

static void kinds(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *type;
	} rows[] = {
#define ROW(bytes, type) { bytes, sizeof(bytes) - 1, type }
		ROW(PNG("\0\x30", "\0\x30"), "image/png"),
		ROW(PNG("\x04\0", "\x04\0"), "image/png"),
		ROW(PNG("\x04\x01", "\0\x30"), NULL),
		ROW(PNG("\0\0", "\0\x30"), NULL),
		ROW("\x89PNG\r\n\x1a\n", NULL),
		ROW(JPEG("\0\x30", "\0\x30"), "image/jpeg"),
		ROW(JPEG("\x10\0", "\0\x30"), NULL),
		ROW("\xff\xd8\xff\xe0\0\0\xff\xc0", NULL),
		ROW("\xff\xd8\xff\xe0\xff\xff\xff\xc0zzzz", NULL),
		ROW("\xff\xd8", NULL),
		ROW("GIF89a\x30\0\x30\0\0\0", NULL),
		ROW("<svg xmlns='http://www.w3.org/2000/svg'/>", NULL),
		ROW("", NULL),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *type =
			photo_type(slice_make(rows[i].bytes, rows[i].len));

		if (rows[i].type == NULL
				? type != NULL
				: type == NULL ||
					  strcmp(type, rows[i].type) != 0)
			fail_msg("row %zu: %s", i, type != NULL ? type : "-");
	}
}

/* What a mail with these headers before its text carries. */
static void read(const char *format, const char *value, struct mail *m,
	struct arena *arena)
{
	static const struct mail_read_context context;
	struct str bytes;

	str_init(&bytes, 1 << 20);
	str_add(&bytes, "From: a@x.example\r\nChat-Version: 1.0\r\n");
	str_addf(&bytes, "%s: %s\r\n\r\nText\r\n", format, value);
	arena_init(arena, MAIL_ARENA_MAX);
	assert_int_equal(mail_read(str_slice(&bytes), &context, arena, m), 0);
	str_finish(&bytes);
}

static void in_headers(void **state)
{
	static const char png[] = PNG("\0\x30", "\0\x30");
	struct arena arena;
	struct mail m;
	struct str text, folded, big;

	(void)state;
	str_init(&text, 1000);
	str_init(&folded, 1000);
	base64_encode(&text, slice_make(png, sizeof(png) - 1));
	str_addf(&folded, "base64:\r\n %s", str_text(&text));
	read("Face", str_text(&text), &m, &arena);
	assert_string_equal(m.photo, str_text(&text));
	assert_string_equal(m.photo_type, "image/png");
	arena_finish(&arena);
	read("Chat-User-Avatar", str_text(&folded), &m, &arena);
	assert_string_equal(m.photo, str_text(&text));
	arena_finish(&arena);
	read("Chat-User-Avatar", "avatar.png", &m, &arena);
	assert_null(m.photo);
	arena_finish(&arena);
	read("Face", "no base64 at all", &m, &arena);
	assert_null(m.photo);
	assert_null(m.photo_type);
	arena_finish(&arena);
	/* Beyond the limit. */
	str_init(&big, 1 << 20);
	str_add(&big, str_text(&text));
	while (big.len < PHOTO_MAX * 2)
		str_add(&big, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	read("Face", str_text(&big), &m, &arena);
	assert_null(m.photo);
	arena_finish(&arena);
	str_finish(&text);
	str_finish(&folded);
	str_finish(&big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(in_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
