/*
 * What is stored of messages, as it may be read from a damaged database: the
 * first byte says of which direction. What can be read is packed to the same
 * as is read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/letter.h"
#include "host/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct gateway_ops *const gateway_list[] = { NULL };

static void check_letter(struct slice in)
{
	struct str once = { .max = LIMIT_LETTER },
		   twice = { .max = LIMIT_LETTER };
	struct letter l, again;

	if (letter_unpack(&l, in) != 0)
		return;
	letter_pack(&l.m, l.room, 1, &once);
	if (!once.overflow) {
		if (letter_unpack(&again, str_slice(&once)) != 0)
			abort();
		letter_pack(&again.m, again.room, 1, &twice);
		if (once.len != twice.len ||
			memcmp(once.data, twice.data, once.len) != 0)
			abort();
		letter_finish(&again);
	}
	letter_finish(&l);
	str_finish(&once);
	str_finish(&twice);
}

static void check_parcel(struct slice in)
{
	struct str once = { .max = 2 * LIMIT_STANZA_IN },
		   twice = { .max = 2 * LIMIT_STANZA_IN };
	struct parcel p, again;

	if (parcel_unpack(&p, in) != 0)
		return;
	parcel_pack(&p, &once);
	if (!once.overflow) {
		if (parcel_unpack(&again, str_slice(&once)) != 0)
			abort();
		parcel_pack(&again, &twice);
		if (once.len != twice.len ||
			memcmp(once.data, twice.data, once.len) != 0)
			abort();
	}
	str_finish(&once);
	str_finish(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice in = slice_make((const char *)data + 1, size - 1);

	if (data[0] == 'l')
		check_letter(in);
	else
		check_parcel(in);
	return 0;
}
