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
#define GIF(width, height) "GIF89a" width height "\x80\0\0"

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
		ROW(GIF("\x30\0", "\x30\0"), "image/gif"),
		ROW(GIF("\x30\0", "\x30\x20"), NULL),
		ROW(GIF("\x30\0", "\0\0"), NULL),
		ROW("GIF89a\x30\0\x30\0\0\0", NULL),
		ROW("<svg xmlns='http://www.w3.org/2000/svg'/>", NULL),
		ROW("", NULL),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct photo_facts facts = { 0 };
		bool good = photo_look(
			slice_make(rows[i].bytes, rows[i].len), &facts);

		if (good != (rows[i].type != NULL) ||
			(good && strcmp(facts.type, rows[i].type) != 0))
			fail_msg("row %zu: %s", i,
				facts.type != NULL ? facts.type : "-");
	}
}

static void sizes(void **state)
{
	static const char png[] = PNG("\0\x30", "\1\x02");
	static const char jpeg[] = JPEG("\0\x30", "\1\x02");
	static const char gif[] = GIF("\x02\1", "\x30\0");
	struct photo_facts f;

	(void)state;
	assert_true(photo_look(slice_make(png, sizeof(png) - 1), &f));
	assert_int_equal(f.width, 48);
	assert_int_equal(f.height, 258);
	assert_true(photo_look(slice_make(jpeg, sizeof(jpeg) - 1), &f));
	assert_int_equal(f.width, 258);
	assert_int_equal(f.height, 48);
	assert_true(photo_look(slice_make(gif, sizeof(gif) - 1), &f));
	assert_int_equal(f.width, 258);
	assert_int_equal(f.height, 48);
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
	assert_int_equal(m.photo_width, 48);
	assert_int_equal(m.photo_height, 48);
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

/* A chat program's mail with a text and a file of this name. */
static void read_attached(const char *headers, const char *name,
	struct slice bytes, struct mail *m, struct arena *arena)
{
	static const struct mail_read_context context;
	struct str mail, base64;

	str_init(&mail, 1 << 20);
	str_init(&base64, 1 << 20);
	base64_encode(&base64, bytes);
	str_addf(&mail,
		"From: a@x.example\r\n%s"
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: text/plain\r\n\r\nText\r\n"
		"--b\r\nContent-Type: image/png\r\n"
		"Content-Disposition: attachment; filename=\"%s\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
		headers, name, str_text(&base64));
	arena_init(arena, MAIL_ARENA_MAX);
	assert_int_equal(mail_read(str_slice(&mail), &context, arena, m), 0);
	assert_string_equal(m->text, "Text");
	str_finish(&mail);
	str_finish(&base64);
}

#define CHAT "Chat-Version: 1.0\r\n"

static void in_a_file(void **state)
{
	static const char png[] = PNG("\0\x30", "\0\x30");
	const struct slice bytes = slice_make(png, sizeof(png) - 1);
	static const struct {
		const char *headers, *name;
		bool is_picture;
	} rows[] = {
		{ CHAT "Chat-User-Avatar: me.png\r\n", "me.png", true },
		{ CHAT "Chat-User-Avatar:  me.png \r\n", "me.png", true },
		/* Of something else. */
		{ CHAT "Chat-User-Avatar: me.png\r\n", "you.png", false },
		{ CHAT, "me.png", false },
		/* Other programs do not mean that. */
		{ "Chat-User-Avatar: me.png\r\n", "me.png", false },
	};
	struct arena arena;
	struct mail m;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		read_attached(rows[i].headers, rows[i].name, bytes, &m, &arena);
		if (m.part_count != !rows[i].is_picture ||
			(m.photo != NULL) != rows[i].is_picture)
			fail_msg("row %zu: %zu files", i, m.part_count);
		assert_false(m.is_photo_gone);
		arena_finish(&arena);
	}
	/* What is no picture is a file. */
	read_attached(CHAT "Chat-User-Avatar: a.png\r\n", "a.png",
		slice_of("<svg/>"), &m, &arena);
	assert_int_equal(m.part_count, 1);
	assert_null(m.photo);
	arena_finish(&arena);
}

static void gone(void **state)
{
	static const char png[] = PNG("\0\x30", "\0\x30");
	struct arena arena;
	struct mail m;

	(void)state;
	read("Chat-User-Avatar", "0", &m, &arena);
	assert_true(m.is_photo_gone);
	assert_null(m.photo);
	arena_finish(&arena);
	read_attached(CHAT "Chat-User-Avatar: 0\r\n", "0",
		slice_make(png, sizeof(png) - 1), &m, &arena);
	assert_true(m.is_photo_gone);
	assert_int_equal(m.part_count, 1);
	assert_null(m.photo);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(sizes),
		cmocka_unit_test(in_a_file),
		cmocka_unit_test(gone),
		cmocka_unit_test(in_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
