/*
 * UTF-8 functions against slow ones that follow the definitions word by word.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 3629 by encoding: the bytes are a code point if it encodes to them. */
static size_t slow_next(struct slice s, uint32_t *code_r)
{
	for (size_t len = 1; len <= 4 && len <= s.len; len++) {
		static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0xf, 7 };
		uint32_t code = (unsigned char)s.data[0] & mask[len];
		char room[5];
		struct str again = { room, 0, sizeof(room), sizeof(room), 0 };

		for (size_t i = 1; i < len; i++)
			code = code << 6 | ((unsigned char)s.data[i] & 0x3f);
		utf8_add(&again, code);
		bool same = again.len == len &&
			    memcmp(again.data, s.data, len) == 0;
		if (same) {
			*code_r = code;
			return len;
		}
	}
	return 0;
}

static struct slice rest_of(struct slice s, size_t at)
{
	return slice_make(s.data + at, s.len - at);
}

static void check_decoding(struct slice s)
{
	bool valid = true;
	struct str clean, want;

	str_init(&clean, s.len * 3 + 1);
	str_init(&want, s.len * 3 + 1);
	for (size_t at = 0; at < s.len;) {
		uint32_t code = 0, slow = 0;
		size_t len = utf8_next(rest_of(s, at), &code);

		assert(len == slow_next(rest_of(s, at), &slow));
		assert(code == slow);
		valid = valid && len > 0;
		utf8_add(&want,
			len > 0 && utf8_is_xml_char(code) ? code : 0xfffd);
		at += len > 0 ? len : 1;
	}
	assert(utf8_is_valid(s) == valid);
	utf8_clean(&clean, s);
	assert(!clean.overflow && !want.overflow);
	assert(clean.len == want.len);
	assert(memcmp(str_text(&clean), str_text(&want), want.len) == 0);
	str_finish(&clean);
	str_finish(&want);
}

/* True if a code point begins before `at` and ends behind it. */
static bool cuts(struct slice s, size_t at)
{
	for (size_t back = 1; back <= 3 && back <= at; back++) {
		uint32_t code;

		if (utf8_next(rest_of(s, at - back), &code) > back)
			return true;
	}
	return false;
}

static void check_prefixes(struct slice s)
{
	for (size_t max = 0; max <= s.len + 1; max++) {
		size_t len = utf8_prefix(s, max);
		size_t cluster = utf8_prefix_cluster(s, max);
		uint32_t code;

		assert(len <= max && len <= s.len && !cuts(s, len));
		if (len < max && len < s.len)
			assert(len + utf8_next(rest_of(s, len), &code) > max);
		assert(cluster <= len && !cuts(s, cluster));
		assert((cluster > 0) == (len > 0));
		if (len == s.len)
			assert(cluster == len);
	}
}

static void check_charsets(struct slice s)
{
	for (int charset = 0; charset < CHARSET_COUNT; charset++) {
		struct str out, again;

		str_init(&out, s.len * 3 + 1);
		str_init(&again, s.len * 3 + 1);
		charset_decode(&out, s, (enum charset)charset);
		utf8_clean(&again, str_slice(&out));
		assert(!out.overflow && out.len == again.len);
		assert(memcmp(str_text(&out), str_text(&again), out.len) == 0);
		str_finish(&out);
		str_finish(&again);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096)
		return 0;
	/* On the heap without a byte to spare, for the sanitizer. */
	char *copy = malloc(size > 0 ? size : 1);
	if (size > 0)
		memcpy(copy, data, size);
	struct slice s = slice_make(copy, size);

	check_decoding(s);
	check_charsets(s);
	check_prefixes(s.len > 200 ? slice_make(s.data, 200) : s);
	free(copy);
	return 0;
}
