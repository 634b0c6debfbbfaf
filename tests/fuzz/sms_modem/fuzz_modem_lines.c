/*
 * What a modem says: the lines do not depend on how they were cut into reads,
 * every part lies in what was read, and little is left waiting. The first two
 * bytes say where the stream is cut.
 */
#include <assert.h>
#include <stdint.h>

#include "base/encoding.h"
#include "base/str.h"
#include "sms_modem/at.h"
#include "sms_modem/cause.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice whole, struct slice part)
{
	assert(part.len == 0 ||
		(part.data >= whole.data &&
			part.data + part.len <= whole.data + whole.len));
}

static void check_values(struct slice args)
{
	struct slice rest = args;
	struct slice value;

	while (at_value(&rest, &value))
		check_inside(args, value);
	while (args.data != NULL)
		assert(at_number(&args) >= -1);
}

static void check_line(const struct at_line *line, struct slice input)
{
	check_inside(input, line->text);
	check_inside(line->text, line->name);
	check_inside(line->text, line->args);
	check_inside(input, line->pdu);
	assert(line->text.len > 0 && line->text.len <= AT_LINE_MAX);
	assert(line->pdu.len % 2 == 0 && line->pdu.len <= AT_LINE_MAX);
	for (size_t i = 0; i < line->pdu.len; i++)
		assert(hex_value(line->pdu.data[i]) >= 0);
	assert(line->code == -1 || line->kind == AT_ERROR);
	(void)at_news(line);
	if (line->kind == AT_ERROR)
		assert(cause_of_error(line->error, line->code).words != NULL);
	check_values(line->args);
}

/* Read all lines of a stream that comes in two parts. */
static void read_stream(
	struct slice all, size_t cut, bool wants_prompt, struct str *lines)
{
	struct at_reader r = { .wants_prompt = wants_prompt };
	size_t at = 0;

	for (int part = 0; part < 2; part++) {
		size_t end = part == 0 ? cut : all.len;
		struct slice rest = slice_make(all.data + at, end - at);
		struct at_line line;
		size_t used;
		bool found = true;

		while (found) {
			found = at_next(&r, rest, &line, &used);
			assert(used <= rest.len);
			if (found) {
				check_line(&line, rest);
				str_addf(lines, "%d ", (int)line.kind);
				str_add_slice(lines, line.text);
				str_add_char(lines, '/');
				str_add_slice(lines, line.pdu);
				str_add_char(lines, '\n');
			}
			rest.data += used;
			rest.len -= used;
			at += used;
		}
		/* A line, what ends it, and its second one; no blanks. */
		assert(rest.len <= 2 * AT_LINE_MAX + 1 || rest.data[0] == '+');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str whole, parts;

	if (size < 2)
		return 0;
	struct slice all = slice_make((const char *)data + 2, size - 2);
	size_t cut = (size_t)data[0] << 8 | data[1];
	str_init(&whole, 8 * size + 20);
	str_init(&parts, 8 * size + 20);
	read_stream(all, all.len, (cut & 1) != 0, &whole);
	read_stream(all, cut % (all.len + 1), (cut & 1) != 0, &parts);
	assert(!whole.overflow && whole.len == parts.len);
	assert(whole.len == 0 ||
		memcmp(whole.data, parts.data, whole.len) == 0);
	str_finish(&whole);
	str_finish(&parts);
	return 0;
}
