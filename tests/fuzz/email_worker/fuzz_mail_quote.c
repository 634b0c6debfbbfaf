/*
 * Any text: what is left of it are lines of it in their order, and something
 * is left if there was anything. The first byte says what is known of it.
 */
#include <assert.h>
#include <stdint.h>

#include "email_worker/clean.h"
#include "email_worker/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool cut_line(struct slice *rest, struct slice *line)
{
	if (rest->data == NULL || rest->len == 0)
		return false;
	*line = slice_cut(rest, '\n');
	return true;
}

static void check_lines(struct slice all, struct slice left)
{
	struct slice line, one;

	while (cut_line(&left, &line)) {
		do {
			assert(cut_line(&all, &one));
		} while (one.len != line.len ||
			 (one.len > 0 &&
				 memcmp(one.data, line.data, one.len) != 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quote_result result;
	struct str out, clean;

	if (size < 1)
		return 0;
	struct slice text = slice_make((const char *)data + 1, size - 1);
	/* As it comes: without CR. */
	str_init(&clean, 3 * size + 8);
	clean_text(&clean, text);
	text = str_slice(&clean);
	str_init(&out, text.len + 1);
	quote_cut(&out, text, (data[0] & 1) != 0, (data[0] & 2) != 0, &result);
	assert(!out.overflow);
	check_lines(text, str_slice(&out));
	assert((slice_trim(text).len == 0) ==
		(slice_trim(str_slice(&out)).len == 0));
	str_finish(&out);
	str_finish(&clean);
	return 0;
}
