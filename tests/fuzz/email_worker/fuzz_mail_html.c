/*
 * Any bytes as HTML: the text is UTF-8 where the HTML was, without controls,
 * and inside its limit. The first byte says whether quotes stay.
 */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "email_worker/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct html_result result;
	struct str out, clean;

	if (size < 1)
		return 0;
	struct slice raw = slice_make((const char *)data + 1, size - 1);
	str_init(&clean, 3 * size + 1);
	utf8_clean(&clean, raw);
	str_init(&out, data[0] > 127 ? 100 : 20 * size + 100);
	str_add(&out, "*");
	html_to_text(&out, str_slice(&clean), (data[0] & 1) != 0, &result);
	assert(out.data[0] == '*');
	assert(data[0] > 127 || utf8_is_valid(str_slice(&out)));
	for (size_t i = 0; i < out.len; i++) {
		unsigned char c = (unsigned char)out.data[i];

		assert(c >= ' ' || c == '\n' || c == '\t');
	}
	html_charset(raw);
	str_finish(&out);
	str_finish(&clean);
	return 0;
}
