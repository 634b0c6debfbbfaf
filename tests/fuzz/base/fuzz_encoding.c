/*
 * Base64: whatever is decoded encodes to the same text, and the other way
 * round. What is behind percent signs comes back from them.
 */
#include <assert.h>
#include <stdint.h>

#include "base/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size);
	struct str decoded, encoded, back, percents;

	str_init(&decoded, size + 1);
	str_init(&encoded, size * 2 + 8);
	str_init(&back, size + 1);
	if (base64_decode(&decoded, in) == 0) {
		base64_encode(&encoded, str_slice(&decoded));
		assert(encoded.len == size);
		assert(size == 0 || memcmp(encoded.data, data, size) == 0);
	}
	assert(!decoded.overflow);
	str_reset(&encoded);
	base64_encode(&encoded, in);
	assert(base64_decode(&back, str_slice(&encoded)) == 0);
	assert(back.len == size);
	assert(size == 0 || memcmp(back.data, data, size) == 0);
	str_reset(&back);
	percent_decode(&back, in);
	assert(!back.overflow && back.len <= size);
	str_init(&percents, size * 3 + 1);
	percent_encode(&percents, in);
	str_reset(&back);
	percent_decode(&back, str_slice(&percents));
	assert(back.len == size);
	assert(size == 0 || memcmp(back.data, data, size) == 0);
	str_finish(&percents);
	str_finish(&decoded);
	str_finish(&encoded);
	str_finish(&back);
	return 0;
}
