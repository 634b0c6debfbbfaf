/*
 * Any text with formatting: the plain text is UTF-8 for XML, spans are
 * ordered, inside the text, at character boundaries and not without format,
 * and stripping gives the same text. The first byte chooses the charset.
 */
#include <assert.h>
#include <stdint.h>

#include "irc/format.h"
#include "irc/ircclient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_boundary(const struct str *s, size_t at)
{
	return at == s->len || ((unsigned char)s->data[at] & 0xc0) != 0x80;
}

static void check_spans(const struct str *text, size_t from,
	const struct irc_span *spans, size_t count)
{
	assert(count <= IRC_MAX_SPANS);
	for (size_t i = 0; i < count; i++) {
		assert(spans[i].start >= from);
		assert(spans[i].start < spans[i].end);
		assert(spans[i].end <= text->len);
		assert(is_boundary(text, spans[i].start));
		assert(is_boundary(text, spans[i].end));
		assert(spans[i].style < 32);
		assert(spans[i].fg >= -1 && spans[i].fg <= 0xffffff);
		assert(spans[i].bg >= -1 && spans[i].bg <= 0xffffff);
		assert(spans[i].style != 0 || spans[i].fg >= 0 ||
			spans[i].bg >= 0);
		from = spans[i].end;
	}
}

static bool is_all_xml(struct slice s)
{
	while (s.len > 0) {
		uint32_t code;
		size_t len = utf8_next(s, &code);

		if (len == 0 || !utf8_is_xml_char(code))
			return false;
		s = slice_make(s.data + len, s.len - len);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irc_span spans[IRC_MAX_SPANS];
	struct str text, stripped, decoded;

	if (size < 1)
		return 0;
	struct slice raw = slice_make((const char *)data + 1, size - 1);
	enum charset charset = (enum charset)(data[0] % CHARSET_COUNT);
	str_init(&text, 3 * size + 2);
	str_add(&text, ">");
	size_t count = irc_format_parse(raw, charset, &text, spans);
	assert(!text.overflow);
	assert(is_all_xml(str_slice(&text)));
	check_spans(&text, 1, spans, count);

	/* Invalid bytes are judged run by run here, as a whole there. */
	str_init(&stripped, size + 1);
	str_init(&decoded, 3 * size + 2);
	irc_strip(&stripped, raw);
	str_add(&decoded, ">");
	charset_decode(&decoded, str_slice(&stripped), charset);
	assert(!stripped.overflow);
	if (utf8_is_valid(raw) &&
		(raw.len == 0 || memchr(raw.data, '\0', raw.len) == NULL)) {
		assert(decoded.len == text.len);
		assert(memcmp(decoded.data, text.data, text.len) == 0);
	}
	str_finish(&text);
	str_finish(&stripped);
	str_finish(&decoded);

	/* With too little room spans stay inside what there is. */
	str_init(&text, 1 + size / 2);
	count = irc_format_parse(raw, charset, &text, spans);
	check_spans(&text, 0, spans, count);
	str_finish(&text);
	return 0;
}
