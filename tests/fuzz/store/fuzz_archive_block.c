/*
 * Blocks and log rows of the archive from a damaged disk. The first byte
 * says what the rest is: a whole block, a whole row of the log, or either
 * one without version and checksum, which are added here so that the fuzzer
 * gets past them.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "store/archive_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_block(struct slice bytes, uint64_t first)
{
	static struct archive_record records[BLOCK_MESSAGES];
	int count = archive_block_read(bytes, first, records);

	assert(count <= BLOCK_MESSAGES);
	for (int i = 0; i < count; i++) {
		assert(i == 0 || records[i].number > records[i - 1].number);
		assert(records[i].wall_ms >= 0);
		assert(memchr(records[i].text.data, '\0',
			       records[i].text.len) == NULL);
	}
	if (count <= 0)
		return;
	/* What can be read can be written, and is the same. */
	struct archive_block b;
	archive_block_init(&b);
	for (int i = 0; i < count; i++)
		archive_block_add(&b, &records[i]);
	struct slice again = archive_block_bytes(&b);
	static struct archive_record copies[BLOCK_MESSAGES];
	assert(archive_block_read(again, b.first, copies) == count);
	archive_block_finish(&b);
}

static void read_log(struct slice bytes)
{
	struct archive_log_reader l;
	struct archive_channel_id channel;
	struct archive_cursor c;
	struct archive_record r;

	if (archive_log_open(&l, bytes) != 0)
		return;
	while (archive_log_next(&l, &channel, &c) > 0) {
		while (archive_cursor_next(&c, &r) > 0)
			assert(r.number <= INT64_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t first = UINT64_C(1700000000000) << 19;
	struct str framed;

	if (size == 0)
		return 0;
	struct slice rest = slice_make((const char *)data + 1, size - 1);
	str_init(&framed, size + 100);
	str_add_char(&framed, 1);
	str_add_slice(&framed, rest);
	archive_log_seal(&framed);
	switch (data[0] % 4) {
	case 0:
		read_block(rest, first);
		break;
	case 1:
		read_log(rest);
		break;
	case 2:
		read_block(str_slice(&framed), first);
		break;
	default:
		read_log(str_slice(&framed));
		break;
	}
	str_finish(&framed);
	return 0;
}
