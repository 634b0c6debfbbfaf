#include "sms_data/countries.h"

#include <string.h>
#include <strings.h>

#include "base/slice.h"
#include "sms_data/country_tables.h"

#define E164_DIGITS 15

/* --- Lists in the tables ------------------------------------------------- */

static bool begins_with(const char *digits, struct slice prefix)
{
	return strncmp(digits, prefix.data, prefix.len) == 0;
}

/* The next word of a list; false at its end. */
static bool next_word(struct slice *list, struct slice *word_r)
{
	if (list->len == 0)
		return false;
	*word_r = slice_cut(list, ' ');
	return true;
}

/* How much of `digits` the longest prefix in a list takes; 0: none fits. */
static size_t longest(const char *list, const char *digits)
{
	struct slice rest = slice_of(list);
	struct slice word;
	size_t best = 0;

	while (next_word(&rest, &word))
		if (word.len > best && begins_with(digits, word))
			best = word.len;
	return best;
}

/* --- Countries ----------------------------------------------------------- */

const struct country *country_next(const struct country *c)
{
	c = c == NULL ? country_table : c + 1;
	return c->iso != NULL ? c : NULL;
}

const struct country *country_by_iso(const char *iso)
{
	if (iso == NULL)
		return NULL;
	for (const struct country *c = country_table; c->iso != NULL; c++)
		if (strcasecmp(c->iso, iso) == 0)
			return c;
	return NULL;
}

const struct country *country_of(const char *number)
{
	const struct country *best = NULL;
	const struct numbering *n = NULL;
	size_t taken = 0;

	if (number[0] == '+')
		n = numbering_of(number + 1);
	if (n == NULL)
		return NULL;
	const char *national = number + 1 + strlen(n->code);
	for (const struct country *c = country_table; c->iso != NULL; c++) {
		if (c->code[0] != n->code[0] || strcmp(c->code, n->code) != 0)
			continue;
		size_t len = longest(c->leads, national);
		if (len > taken || (taken == 0 && c->leads[0] == '\0')) {
			best = c;
			taken = len;
		}
	}
	return best;
}

/* --- Numberings ---------------------------------------------------------- */

const struct numbering *numbering_of(const char *digits)
{
	/* No code is the beginning of another. Texts are in a hurry: most rows
	 * differ in the first digit. */
	for (const struct numbering *n = numbering_table; n->code != NULL; n++)
		if (n->code[0] == digits[0] &&
			begins_with(digits, slice_of(n->code)))
			return n;
	return NULL;
}

bool numbering_has_length(const struct numbering *n, size_t len)
{
	return len > 0 && len <= E164_DIGITS && (n->lengths >> len & 1) != 0;
}

bool numbering_admits_length(const struct numbering *n, size_t len)
{
	bool is_settled = (n->lengths & NUMBERING_SETTLED) != 0;

	if (is_settled || numbering_has_length(n, len))
		return numbering_has_length(n, len);
	for (size_t shorter = 1; shorter < len; shorter++)
		if (numbering_has_length(n, shorter))
			return strlen(n->code) + len <= E164_DIGITS;
	return false;
}

size_t numbering_premium(const struct numbering *n, const char *national)
{
	struct slice rest = slice_of(n->premium);
	struct slice word;
	size_t best = 0;

	while (next_word(&rest, &word)) {
		struct slice prefix = slice_cut(&word, '/');
		size_t len = 0;

		for (size_t i = 0; i < word.len; i++)
			len = len * 10 + (size_t)(word.data[i] - '0');
		if (prefix.len > best && begins_with(national, prefix) &&
			(len == 0 || len == strlen(national)))
			best = prefix.len;
	}
	return best;
}

const char *numbering_strip_trunk(
	const struct numbering *n, const char *national)
{
	struct slice rest = slice_of(n->trunk);
	size_t len = strlen(national);
	struct slice word;

	while (next_word(&rest, &word)) {
		if (!begins_with(national, word) ||
			!numbering_has_length(n, len - word.len))
			continue;
		/* No number begins with 0 where 0 is such a prefix; with an
		 * 8 or a 1 one may. */
		if (word.data[0] == '0' || !numbering_has_length(n, len))
			return national + word.len;
	}
	return national;
}

bool numbering_keeps_trunk(const struct numbering *n, const char *national)
{
	return n->trunk[0] == '0' && national[0] == '0';
}

const char *numbering_strip_abroad(
	const struct numbering *n, const char *digits, size_t index)
{
	static const struct slice everywhere = { "00", 2 };
	size_t best = longest(n->abroad, digits);

	if (best > 0 && index-- == 0)
		return digits + best;
	if (index == 0 && begins_with(digits, everywhere))
		return digits + everywhere.len;
	return NULL;
}
