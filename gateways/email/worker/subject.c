#include "email_worker/subject.h"

#include <strings.h>

#include "base/macros.h"
#include "email_worker/chars.h"

#define LIST_NAME_MAX 60

/* clang-format off */
static const struct {
	const char *word;
	bool is_forward;
} prefixes[] = {
	{ "Re", false }, { "Aw", false }, { "Antw", false },
	{ "Antwort", false }, { "Sv", false }, { "Vs", false },
	{ "Ré", false }, { "Ref", false }, { "Rif", false },
	{ "R", false }, { "Res", false }, { "Odp", false }, { "Ynt", false },
	{ "Yan", false }, { "Atb", false }, { "Vá", false },
	{ "BLS", false }, { "RV", true }, { "YNT", false },
	{ "Απ", false },
	{ "ΣΧΕΤ", false },
	{ "השב", false },
	{ "رد", false },
	{ "回复", false },
	{ "回覆", false },
	{ "答复", false },
	{ "答覆", false },
	{ "返信", false },
	{ "회신", false },
	{ "Fwd", true }, { "Fw", true }, { "Wg", true }, { "Tr", true },
	{ "Enc", true }, { "I", true }, { "Doorst", true }, { "Vl", true },
	{ "Vb", true }, { "Vid", true }, { "Pd", true }, { "Trs", true },
	{ "İlt", true }, { "Ilt", true },
	{ "Továbbítás", true },
	{ "Пересл", true },
	{ "העבר", true },
	{ "Πρθ", true },
	{ "转发", true },
	{ "轉寄", true },
	{ "轉發", true },
	{ "転送", true },
	{ "전달", true },
};
/* clang-format on */

static struct slice skip(struct slice s, size_t len)
{
	return slice_make(s.data + len, s.len - len);
}

/* "[2]", "(2)", "^2", "2", then blanks and a colon; its length, or 0. */
static size_t colon_len(struct slice s)
{
	size_t at = 0;

	while (at < s.len && at < 6 &&
		(char_is_in(s.data[at], "[]()^*") || char_is_digit(s.data[at])))
		at++;
	while (at < s.len && char_is_blank(s.data[at]))
		at++;
	if (s.len - at >= 2 && memcmp(s.data + at, " ", 2) == 0)
		at += 2;
	if (at < s.len && s.data[at] == ':')
		return at + 1;
	if (s.len - at >= 3 && memcmp(s.data + at, "：", 3) == 0)
		return at + 3;
	return 0;
}

/* The length of a prefix with its colon, or 0. */
static size_t prefix_len(struct slice s, bool *is_forward_r)
{
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		size_t len = strlen(prefixes[i].word);

		if (s.len <= len ||
			strncasecmp(s.data, prefixes[i].word, len) != 0)
			continue;
		size_t colon = colon_len(skip(s, len));
		if (colon == 0)
			continue;
		*is_forward_r = prefixes[i].is_forward;
		return len + colon;
	}
	return 0;
}

static size_t list_len(struct slice s)
{
	if (s.len == 0 || s.data[0] != '[')
		return 0;
	size_t most = s.len < LIST_NAME_MAX ? s.len : LIST_NAME_MAX;
	const char *end = memchr(s.data, ']', most);
	return end != NULL ? (size_t)(end - s.data) + 1 : 0;
}

struct slice subject_base(struct slice subject, bool is_list)
{
	struct slice base = slice_trim(subject);

	for (;;) {
		bool is_forward;
		size_t len = prefix_len(base, &is_forward);

		if (len == 0 && is_list)
			len = list_len(base);
		struct slice rest = slice_trim(skip(base, len));
		if (len == 0 || rest.len == 0)
			return base;
		base = rest;
	}
}

bool subject_is_forward(struct slice subject)
{
	bool is_forward = false;

	subject = slice_trim(subject);
	while (list_len(subject) > 0)
		subject = slice_trim(skip(subject, list_len(subject)));
	return prefix_len(subject, &is_forward) > 0 && is_forward;
}
