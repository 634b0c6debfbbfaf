#include "sms_http/words.h"

#include "base/str.h"
#include "base/utf8.h"

#define WORDS_MAX ((size_t)400)
#define CODE_MAX  ((size_t)100)

const char *words_of(struct slice words, struct slice code, struct arena *a)
{
	const char *copy = NULL;
	struct str text;

	str_init(&text, 4 * WORDS_MAX);
	words.len = utf8_prefix(words, WORDS_MAX);
	code.len = utf8_prefix(code, CODE_MAX);
	utf8_clean(&text, words);
	if (code.len > 0) {
		str_add(&text, words.len > 0 ? " (" : "");
		utf8_clean(&text, code);
		str_add(&text, words.len > 0 ? ")" : "");
	}
	if (text.len > 0)
		copy = arena_copy(a, str_slice(&text));
	str_finish(&text);
	return copy;
}
