/*
 * Any text, any options: segments that fit, joined they are the text, and none
 * begins inside what is shown as one character unless that is too long.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "sms_data/segment.h"
#include "sms_data/translit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct str *out, const struct segments *s, struct slice data)
{
	if (s->alphabet == SMS_UCS2)
		ucs2_decode(out, data);
	else
		gsm_decode(out, s->tables, data);
}

/* Octets on the air. */
static size_t size_of(const struct segments *s, const struct segment *segment)
{
	size_t header = segment->header.len > 0 ? segment->header.len + 1 : 0;
	size_t bits = segment->data.len * 8;

	if (s->alphabet == SMS_GSM)
		bits = segment->data.len * 7 + gsm_fill(header);
	return header + (bits + 7) / 8;
}

/* `at`: where a segment that is not the first begins in the text. */
static void check_cut(struct slice text, size_t from, size_t at)
{
	struct slice rest = slice_make(text.data + from, text.len - from);
	size_t whole = utf8_prefix_cluster(rest, at - from);

	assert(whole == at - from);
}

static void check(const struct segments *s, struct slice text)
{
	size_t from = 0;
	struct str part;

	str_init(&part, 2000);
	for (size_t i = 0; i < s->count; i++) {
		size_t at = from;

		assert(size_of(s, &s->items[i]) <= 140);
		assert((s->items[i].header.len > 0) == (s->count > 1) ||
			s->tables.single != 0 || s->tables.locking != 0);
		str_reset(&part);
		decode(&part, s, s->items[i].data);
		at += part.len;
		assert(at <= text.len);
		assert(part.len == 0 ||
			memcmp(part.data, text.data + from, part.len) == 0);
		if (i + 1 < s->count)
			check_cut(text, from, at);
		from = at;
	}
	assert(from == text.len);
	str_finish(&part);
}

static void check_options(
	const struct segment_options *options, struct slice text)
{
	struct segments s;
	size_t count = segment_count(options, text);

	assert(count > 0);
	if (segments_cut(&s, options, text, 7) != 0) {
		assert(s.count == count && count > SEGMENT_MAX);
	} else if (s.is_transliterated) {
		struct str other;

		assert(s.count == count && options->transliterate);
		str_init(&other, text.len * 2 + 1);
		assert(translit(&other, text) == 0);
		check(&s, str_slice(&other));
		str_finish(&other);
	} else {
		assert(s.count == count);
		check(&s, text);
	}
	segments_finish(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	struct segment_options options = {
		.languages = (unsigned)data[0] << 8 | data[1],
		.transliterate = data[2] & 1,
		.has_wide_ref = data[2] & 2,
		.subset = data[2] & 4   ? GSM_OF_LATIN1
			  : data[2] & 8 ? GSM_OF_ASCII
					: GSM_WHOLE,
	};
	struct str text, clean;

	/* Without what decoders change. */
	str_init(&text, size * 3 + 1);
	utf8_decode(&text, slice_make((const char *)data + 3, size - 3));
	str_init(&clean, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		if (i + 2 >= text.len ||
			memcmp(text.data + i, "\xef\xbb\xbf", 3) != 0)
			str_add_char(&clean, text.data[i]);
		else
			i += 2;
	check_options(&options, str_slice(&clean));
	str_finish(&text);
	str_finish(&clean);
	return 0;
}
