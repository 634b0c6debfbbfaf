#include "email_worker/code.h"

#include <strings.h>

#include "base/macros.h"
#include "email_worker/chars.h"
#include "email_worker/plain.h"

/* The code stands this near to the word, in bytes, before or after it. */
#define NEAR_AFTER  160
#define NEAR_BEFORE 60
/* No more of a text is looked at. */
#define LOOK_MAX    ((size_t)4000)

/* clang-format off */
static const char *const words[] = {
	"code", "passcode", "OTP", "one-time", "PIN", "TAN", "verification",
	"kod", "código", "codice", "cód", "koodi", "kód",
	"einmalpasswort", "einmalkennwort",
	"код", "Код",
	"κωδικ",
	"验证码",
	"驗證碼",
	"动态码",
	"認証コード",
	"確認コード",
	"인증",
	"קוד",
	"رمز",
};
/* clang-format on */

static size_t digits_at(struct slice s, size_t at)
{
	size_t len = 0;

	while (at + len < s.len && char_is_digit(s.data[at + len]))
		len++;
	return len;
}

/* The length of what could be a code here, or 0. */
static size_t candidate_len(struct slice s, size_t at)
{
	size_t first = digits_at(s, at);
	size_t len = first;

	if (first == 3 && at + 3 < s.len && char_is_in(s.data[at + 3], " -") &&
		digits_at(s, at + 4) == 3)
		len = 7;
	else if (first < 4 || first > 8)
		return 0;
	size_t end = at + len;
	/* Not a part of a number, a date, a word or an address. */
	if (end < s.len && (char_is_letter(s.data[end]) ||
				   char_is_in(s.data[end], "@_%$")))
		return 0;
	if (end + 1 < s.len && char_is_in(s.data[end], ".,-/:") &&
		char_is_digit(s.data[end + 1]))
		return 0;
	if ((unsigned char)s.data[end < s.len ? end : at] == 0xe2 &&
		end + 2 < s.len && s.data[end + 1] == '\x82') /* a currency */
		return 0;
	return len;
}

static bool is_year(struct slice s, size_t at, size_t len)
{
	return len == 4 && (memcmp(s.data + at, "19", 2) == 0 ||
				   memcmp(s.data + at, "20", 2) == 0);
}

/* May a code begin behind this character? */
static bool is_start(struct slice s, size_t at)
{
	if (at == 0)
		return true;
	char before = s.data[at - 1];

	if (char_is_letter(before) || char_is_digit(before) ||
		char_is_in(before, "$+#/@._%=&?"))
		return false;
	/* "G-123456" is one, "ABC-1234" an order. */
	return before != '-' ||
	       (at >= 2 && s.data[at - 2] == 'G' &&
		       (at == 2 || !char_is_letter(s.data[at - 3])));
}

static struct slice find_between(struct slice s, size_t from, size_t to)
{
	for (size_t at = from; at < to && at < s.len; at++) {
		if (!char_is_digit(s.data[at]) || !is_start(s, at))
			continue;
		size_t len = candidate_len(s, at);

		if (len > 0 && !is_year(s, at, len))
			return slice_make(s.data + at, len);
		at += digits_at(s, at);
	}
	return slice_of(NULL);
}

static bool is_word_at(struct slice s, size_t at, const char *word)
{
	size_t len = strlen(word);

	if (s.len - at < len || strncasecmp(s.data + at, word, len) != 0)
		return false;
	if ((unsigned char)word[0] >= 0x80)
		return true;
	/* "passcode", but neither "encoder" nor "spin". */
	size_t end = at + len;
	if (end < s.len && char_is_letter(s.data[end]) &&
		char_lower(s.data[end]) != 's')
		return false;
	return len > 3 || at == 0 || !char_is_letter(s.data[at - 1]);
}

static size_t word_at(struct slice s, size_t at)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (is_word_at(s, at, words[i]))
			return strlen(words[i]);
	return 0;
}

struct slice code_find(struct slice text)
{
	if (text.len > LOOK_MAX)
		text.len = LOOK_MAX;
	for (size_t at = 0; at < text.len; at++) {
		size_t len = word_at(text, at);

		if (len == 0)
			continue;
		struct slice code =
			find_between(text, at + len, at + len + NEAR_AFTER);
		size_t start = at > NEAR_BEFORE ? at - NEAR_BEFORE : 0;
		if (code.len == 0)
			code = find_between(text, start, at);
		if (code.len > 0)
			return code;
		at += len - 1;
	}
	return slice_of(NULL);
}

bool code_is_meant(struct slice text)
{
	for (size_t at = 0; at < text.len; at++)
		if (word_at(text, at) > 0)
			return true;
	return false;
}
