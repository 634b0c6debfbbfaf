/*
 * Any octets as user data: a header that says what can be, and that says the
 * same when it is written again.
 */
#include <assert.h>
#include <stdint.h>

#include "sms_data/udh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(struct slice header)
{
	struct udh udh, back;
	char out[UDH_SIZE];

	udh_read(header, &udh);
	assert(udh.part.total <= 255 && udh.part.number <= udh.part.total);
	assert((udh.part.total == 0) == (udh.part.number == 0));
	assert(udh.tables.single < LANGUAGE_COUNT);
	assert(udh.tables.locking < LANGUAGE_COUNT);
	assert(udh.port <= 65535 && udh.from_port <= 65535);
	size_t len = udh_write(&udh, out);
	assert(len <= sizeof(out));
	udh_read(slice_make(out, len), &back);
	assert(back.tables.single == udh.tables.single);
	assert(back.tables.locking == udh.tables.locking);
	if (udh.part.total > 1)
		assert(back.part.ref == udh.part.ref &&
			back.part.number == udh.part.number &&
			back.part.total == udh.part.total &&
			back.part.method == udh.part.method);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size);
	struct slice header, body;

	check_header(in);
	if (udh_split(in, &header, &body) == 0) {
		assert(header.len + body.len + 1 == size);
		check_header(header);
	}
	return 0;
}
