/*
 * A stream of frames, and a record: every frame lies within what was read, is
 * the same when only its own bytes are there, is not there when one of them is
 * missing, and gives the same bytes when it is written again.
 */
#include <assert.h>
#include <stdint.h>

#include "email_wire/frames.h"
#include "email_wire/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice whole, struct slice part)
{
	assert(part.len == 0 ||
		(part.data >= whole.data &&
			part.data + part.len <= whole.data + whole.len));
}

static void check_frame(struct slice bytes, enum frame_way way)
{
	struct frame f, again;
	struct str out;

	assert(frame_decode(bytes, way, &f) == (long)bytes.len);
	assert(frame_decode(slice_make(bytes.data, bytes.len - 1), way,
		       &again) == 0);
	for (int i = 0; i < FRAME_TEXTS; i++)
		check_inside(bytes, f.texts[i]);
	str_init(&out, 2 * FRAME_MAX);
	frame_encode(&out, &f);
	assert(!out.overflow && out.len == bytes.len);
	assert(memcmp(out.data, bytes.data, bytes.len) == 0);
	str_finish(&out);
}

static void read_frames(struct slice in, enum frame_way way)
{
	struct frame f;
	long used;

	while ((used = frame_decode(in, way, &f)) > 0) {
		assert((size_t)used <= in.len);
		check_frame(slice_make(in.data, (size_t)used), way);
		in.data += used;
		in.len -= (size_t)used;
	}
}

static void read_record(struct slice in)
{
	struct slice rest = in, value;
	uint8_t field;
	int64_t number;

	while (record_next(&rest, &field, &value)) {
		check_inside(in, value);
		if (record_number(value, &number) == 0)
			assert(value.len == 8);
	}
	check_inside(in, rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size);

	read_frames(in, TO_WORKER);
	read_frames(in, TO_DAEMON);
	read_record(in);
	return 0;
}
