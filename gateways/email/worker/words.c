#include "email_worker/words.h"

#include "base/encoding.h"
#include "email_worker/chars.h"
#include "email_worker/charset.h"
#include "email_worker/transfer.h"

/* Of a charset with its language. */
#define LABEL_MAX 60

struct word {
	struct slice label; /* charset without language */
	bool is_base64;
	struct slice text; /* still encoded */
	size_t len;        /* of all of it */
};

static bool is_label(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] <= ' ' ||
			char_is_in(text.data[i], "?=\"(),<>@[]"))
			return false;
	return text.len > 0 && text.len <= LABEL_MAX;
}

/* An encoded word at the start of `s`. */
static bool read_word(struct slice s, struct word *word)
{
	if (s.len < 8 || s.data[0] != '=' || s.data[1] != '?')
		return false;
	struct slice rest = slice_make(s.data + 2, s.len - 2);
	if (rest.len > 1200)
		rest.len = 1200;
	struct slice label = slice_cut(&rest, '?');
	struct slice method = slice_cut(&rest, '?');
	if (rest.data == NULL || !is_label(label) || method.len != 1 ||
		!char_is_in(method.data[0], "BbQq"))
		return false;
	const char *end = memmem(rest.data, rest.len, "?=", 2);
	if (end == NULL || memchr(rest.data, '\n', (size_t)(end - rest.data)))
		return false;
	word->label = slice_cut(&label, '*');
	word->is_base64 = char_lower(method.data[0]) == 'b';
	word->text = slice_make(rest.data, (size_t)(end - rest.data));
	word->len = (size_t)(end - s.data) + 2;
	return true;
}

static int write_bytes(void *context, struct slice piece)
{
	str_add_slice(context, piece);
	return 0;
}

/* The bytes of one word, still in its charset. */
static void add_bytes(struct str *out, const struct word *word)
{
	struct mail_sink sink = { write_bytes, out };
	struct str text;

	if (word->is_base64) {
		transfer_decode(TRANSFER_BASE64, word->text, &sink);
		return;
	}
	str_init(&text, word->text.len + 1);
	str_add_slice(&text, word->text);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '_')
			text.data[i] = ' ';
	/* A trailing blank would be taken for padding. */
	size_t blanks = 0;
	while (blanks < text.len && text.data[text.len - 1 - blanks] == ' ')
		blanks++;
	transfer_decode(TRANSFER_QUOTED, str_slice(&text), &sink);
	for (; blanks > 0; blanks--)
		str_add_char(out, ' ');
	str_finish(&text);
}

static bool same_label(struct slice a, struct slice b)
{
	char text[LABEL_MAX + 1];

	memcpy(text, b.data, b.len);
	text[b.len] = '\0';
	return slice_equals_nocase(a, text);
}

/* Words that follow `raw` with nothing but blanks between them, decoded to
 * UTF-8; their bytes are joined first where the charset is the same. Returns
 * the length of them all. */
static size_t decode_run(struct str *out, struct slice raw, struct word word)
{
	struct str bytes;
	size_t at = 0;
	bool more = true;

	str_init(&bytes, raw.len + 1);
	while (more) {
		struct slice label = word.label;

		add_bytes(&bytes, &word);
		at += word.len;
		size_t next = at;
		while (next < raw.len && char_is_in(raw.data[next], " \t\r\n"))
			next++;
		more = read_word(
			slice_make(raw.data + next, raw.len - next), &word);
		if (more)
			at = next;
		if (more && same_label(label, word.label))
			continue;
		charset_to_utf8(out, str_slice(&bytes), label);
		str_reset(&bytes);
	}
	str_finish(&bytes);
	return at;
}

/* May an encoded word begin behind this? */
static bool is_before_word(struct slice before)
{
	return before.len == 0 ||
	       char_is_in(before.data[before.len - 1], " \t\r\n(\",:;<'");
}

static size_t find_word(struct slice raw, struct word *word)
{
	size_t at = 0;

	while (at < raw.len) {
		const char *mark = memmem(raw.data + at, raw.len - at, "=?", 2);

		if (mark == NULL)
			return raw.len;
		at = (size_t)(mark - raw.data);
		if (is_before_word(slice_make(raw.data, at)) &&
			read_word(slice_make(mark, raw.len - at), word))
			return at;
		at += 2;
	}
	return raw.len;
}

void words_decode(struct str *out, struct slice raw)
{
	while (raw.len > 0) {
		struct word word;
		size_t at = find_word(raw, &word);

		charset_to_utf8(out, slice_make(raw.data, at), slice_of(NULL));
		raw = slice_make(raw.data + at, raw.len - at);
		if (raw.len == 0)
			return;
		at = decode_run(out, raw, word);
		raw = slice_make(raw.data + at, raw.len - at);
	}
}

/* In one word, however long: GMime joins the bytes of adjacent words before it
 * decodes them, and then stops at the padding of the first. */
static void encode_run(struct str *out, struct slice text)
{
	str_add(out, "=?UTF-8?B?");
	base64_encode(out, text);
	str_add(out, "?=");
}

void words_recode(struct str *out, struct slice raw)
{
	struct str text;

	str_init(&text, 4 * raw.len + 16);
	while (raw.len > 0) {
		struct word word;
		size_t at = find_word(raw, &word);

		str_add_bytes(out, raw.data, at);
		raw = slice_make(raw.data + at, raw.len - at);
		if (raw.len == 0)
			break;
		at = decode_run(&text, raw, word);
		encode_run(out, str_slice(&text));
		str_reset(&text);
		raw = slice_make(raw.data + at, raw.len - at);
	}
	str_finish(&text);
}
