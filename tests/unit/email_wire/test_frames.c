/* Frames: what goes in comes out, however it is cut; nothing else
 * is taken for a frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "email_wire/frames.h"

static struct str out;

static int setup(void **state)
{
	(void)state;
	str_init(&out, 2 * FRAME_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	str_finish(&out);
	return 0;
}

static const struct frame open_frame = {
	.type = FRAME_OPEN,
	.link = 0x01020304,
	.request = 0xfffefdfc,
	.numbers = { LINK_IMAP, 1, UINT64_MAX, (uint64_t)1 << 63 },
	.texts = { { "imap.example.org", 16 }, { "a\0b", 3 }, { NULL, 0 },
		{ "\xff\xfe", 2 }, { "", 0 } },
	.fd = -1,
};

static void assert_same(const struct frame *a, const struct frame *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->link, b->link);
	assert_int_equal(a->request, b->request);
	assert_int_equal(a->fd, b->fd);
	assert_memory_equal(a->numbers, b->numbers, sizeof(a->numbers));
	for (int i = 0; i < FRAME_TEXTS; i++) {
		assert_int_equal(a->texts[i].len, b->texts[i].len);
		if (a->texts[i].len > 0)
			assert_memory_equal(a->texts[i].data, b->texts[i].data,
				a->texts[i].len);
	}
}

/* In memory of just that size, so that a read beyond it is noticed. */
static long decode_exact(
	struct slice in, enum frame_way way, struct frame *f, char **copy_r)
{
	*copy_r = xalloc(in.len > 0 ? in.len : 1);
	memcpy(*copy_r, in.data, in.len);
	return frame_decode(slice_make(*copy_r, in.len), way, f);
}

static void test_every_split(void **state)
{
	(void)state;
	struct frame f;
	char *copy;

	frame_encode(&out, &open_frame);
	for (size_t len = 0; len < out.len; len++) {
		assert_int_equal(decode_exact(slice_make(out.data, len),
					 TO_WORKER, &f, &copy),
			0);
		xfree(copy);
	}
	assert_int_equal(
		decode_exact(str_slice(&out), TO_WORKER, &f, &copy), out.len);
	assert_same(&f, &open_frame);
	xfree(copy);
}

static void test_one_after_the_other(void **state)
{
	(void)state;
	struct frame more = { .type = FRAME_MORE,
		.link = 7,
		.request = 9,
		.numbers = { 65536 },
		.fd = -1 };
	struct frame f;
	size_t first;

	frame_encode(&out, &open_frame);
	first = out.len;
	frame_encode(&out, &more);
	assert_int_equal(frame_decode(str_slice(&out), TO_WORKER, &f), first);
	assert_int_equal(
		frame_decode(slice_make(out.data + first, out.len - first),
			TO_WORKER, &f),
		out.len - first);
	assert_same(&f, &more);
}

static void test_every_type(void **state)
{
	(void)state;

	for (int type = FRAME_NONE + 1; type < FRAME_TYPES; type++) {
		struct frame in = { .type = (enum frame_type)type, .fd = -1 };
		struct frame f;
		long to_worker, to_daemon;

		str_reset(&out);
		frame_encode(&out, &in);
		to_worker = frame_decode(str_slice(&out), TO_WORKER, &f);
		to_daemon = frame_decode(str_slice(&out), TO_DAEMON, &f);
		assert_true(to_worker == -1 || to_worker == (long)out.len);
		assert_true(to_daemon == -1 || to_daemon == (long)out.len);
		assert_true(to_worker != -1 || to_daemon != -1);
		assert_same(&f, &in);
		assert_true(strlen(frame_name(in.type)) > 1);
	}
	assert_string_equal(frame_name(FRAME_OPEN), "OPEN");
	assert_string_equal(frame_name(FRAME_NONE), "");
	assert_string_equal(frame_name((enum frame_type)200), "");
}

static void test_wrong_way(void **state)
{
	(void)state;
	struct frame f;

	frame_encode(&out, &open_frame);
	/* Known with its fifth byte: nothing more is waited for. */
	assert_int_equal(
		frame_decode(slice_make(out.data, 5), TO_DAEMON, &f), -1);
}

static void refuse(const char *bytes, size_t len)
{
	struct frame f;
	char *copy;

	assert_int_equal(
		decode_exact(slice_make(bytes, len), TO_WORKER, &f, &copy), -1);
	xfree(copy);
}
#define REFUSE(bytes) refuse(bytes, sizeof(bytes) - 1)

static void test_no_frames(void **state)
{
	(void)state;

	/* Lengths: too short, too long. */
	REFUSE("\0\0\0\0");
	REFUSE("\0\0\0\x08");
	REFUSE("\0\x20\0\x01");
	REFUSE("\xff\xff\xff\xff");
	/* Types. */
	REFUSE("\0\0\0\x09\0");
	REFUSE("\0\0\0\x09\x7f");
	REFUSE("\0\0\0\x09\xff");
	/* CLOSE has nothing after its head. */
	REFUSE("\0\0\0\x0a\x02\0\0\0\x01\0\0\0\0!");
	/* OPEN has. */
	REFUSE("\0\0\0\x09\x01\0\0\0\x01\0\0\0\0");
}

static void test_damaged_texts(void **state)
{
	(void)state;
	size_t at;

	frame_encode(&out, &open_frame);
	/* The length of the first text: too long for the frame. */
	at = 4 + 9 + 4 * 8;
	assert_int_equal(out.data[at + 3], 16);
	for (int i = 0; i < 256; i++) {
		struct frame f;

		if (i == 16)
			continue;
		out.data[at + 3] = (char)i;
		assert_int_equal(
			frame_decode(str_slice(&out), TO_WORKER, &f), -1);
	}
}

static void test_too_long(void **state)
{
	(void)state;
	char *text = xalloc(FRAME_MAX);
	struct frame f = { .type = FRAME_DATA, .fd = -1 };

	f.texts[0] = slice_make(text, FRAME_MAX - 9 - 8 - 4);
	frame_encode(&out, &f);
	assert_false(out.overflow);
	assert_int_equal(frame_decode(str_slice(&out), TO_WORKER, &f), out.len);
	str_reset(&out);
	f.texts[0] = slice_make(text, FRAME_MAX - 9 - 8 - 3);
	frame_encode(&out, &f);
	assert_true(out.overflow);
	assert_int_equal(out.len, 0);
	xfree(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_every_split, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_one_after_the_other, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_every_type, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_wrong_way, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_no_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_damaged_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
