#include "email_worker/imap_response.h"

#include <string.h>

static const struct {
	const char *name;
	enum imap_kind kind;
	bool has_number, is_state;
} kinds[] = {
	{ "OK", IMAP_OK, false, true },
	{ "NO", IMAP_NO, false, true },
	{ "BAD", IMAP_BAD, false, true },
	{ "BYE", IMAP_BYE, false, true },
	{ "PREAUTH", IMAP_PREAUTH, false, true },
	{ "EXISTS", IMAP_EXISTS, true, false },
	{ "EXPUNGE", IMAP_EXPUNGE, true, false },
	{ "RECENT", IMAP_RECENT, true, false },
	{ "FETCH", IMAP_FETCH, true, false },
	{ "CAPABILITY", IMAP_CAPABILITY, false, false },
	{ "LIST", IMAP_LIST, false, false },
	{ "XLIST", IMAP_LIST, false, false },
	{ "SEARCH", IMAP_SEARCH, false, false },
	{ "ESEARCH", IMAP_ESEARCH, false, false },
	{ "STATUS", IMAP_STATUS, false, false },
};

const char *imap_state_name(enum imap_kind kind)
{
	if (kind == IMAP_CONTINUE)
		return "+";
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (kinds[i].kind == kind && kinds[i].is_state)
			return kinds[i].name;
	}
	return "";
}

int imap_number(struct slice text, uint64_t *number_r)
{
	uint64_t number = 0;

	if (text.len == 0 || text.len > 20)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';

		if (digit > 9 || number > (UINT64_MAX - digit) / 10)
			return -1;
		number = number * 10 + digit;
	}
	*number_r = number;
	return 0;
}

static bool is_tag(struct slice text)
{
	if (text.len == 0 || text.len > 32)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			    (c >= 'a' && c <= 'z')))
			return false;
	}
	return true;
}

static void find_kind(
	struct imap_response *r, struct slice keyword, bool has_number)
{
	r->kind = IMAP_OTHER;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (kinds[i].has_number == has_number &&
			slice_equals_nocase(keyword, kinds[i].name))
			r->kind = kinds[i].kind;
	}
}

/* "[CODE ...] words" */
static void cut_code(struct imap_response *r)
{
	const char *end;

	r->rest = slice_trim(r->rest);
	if (r->rest.len == 0 || r->rest.data[0] != '[')
		return;
	end = memchr(r->rest.data, ']', r->rest.len);
	if (end == NULL)
		return;
	r->code =
		slice_make(r->rest.data + 1, (size_t)(end - r->rest.data) - 1);
	r->rest.len -= r->code.len + 2;
	r->rest.data = end + 1;
	r->rest = slice_trim(r->rest);
}

static int parse_tagged(struct slice rest, struct imap_response *r)
{
	struct slice keyword = slice_cut(&rest, ' ');

	find_kind(r, keyword, false);
	if (!is_tag(r->tag) || (r->kind != IMAP_OK && r->kind != IMAP_NO &&
				       r->kind != IMAP_BAD))
		return -1;
	r->rest = rest;
	cut_code(r);
	return 0;
}

static void parse_untagged(struct slice rest, struct imap_response *r)
{
	struct slice keyword = slice_cut(&rest, ' ');
	uint64_t number;
	bool has_number =
		imap_number(keyword, &number) == 0 && number <= UINT32_MAX;

	if (has_number) {
		r->number = (uint32_t)number;
		keyword = slice_cut(&rest, ' ');
	}
	find_kind(r, keyword, has_number);
	r->rest = rest;
	if (imap_state_name(r->kind)[0] != '\0')
		cut_code(r);
}

int imap_response_parse(struct slice line, struct imap_response *r)
{
	struct slice rest = line;

	*r = (struct imap_response){ .kind = IMAP_OTHER };
	r->tag = slice_cut(&rest, ' ');
	if (slice_equals(r->tag, "+")) {
		r->kind = IMAP_CONTINUE;
		r->rest = rest;
		return 0;
	}
	if (!slice_equals(r->tag, "*"))
		return parse_tagged(rest, r);
	parse_untagged(rest, r);
	return 0;
}

bool imap_code(
	const struct imap_response *r, const char *name, struct slice *value_r)
{
	struct slice rest = r->code;
	struct slice word = slice_cut(&rest, ' ');

	if (!slice_equals_nocase(word, name))
		return false;
	*value_r = rest;
	return true;
}

/* --- Words --------------------------------------------------------------- */

static void skip(struct slice *rest, size_t len)
{
	rest->data += len;
	rest->len -= len;
}

/* At the opening quote. */
static bool cut_quoted(struct slice *rest, struct str *out)
{
	skip(rest, 1);
	while (rest->len > 0 && rest->data[0] != '"') {
		if (rest->data[0] == '\\' && rest->len > 1)
			skip(rest, 1);
		str_add_char(out, rest->data[0]);
		skip(rest, 1);
	}
	if (rest->len == 0)
		return false;
	skip(rest, 1);
	return true;
}

/* At the opening brace. */
static bool cut_literal(struct slice *rest, struct str *out)
{
	struct slice after = slice_make(rest->data + 1, rest->len - 1);
	struct slice digits = slice_cut(&after, '}');
	uint64_t size;

	if (imap_number(digits, &size) != 0)
		return false;
	if (after.len > 0 && after.data[0] == '\r')
		skip(&after, 1);
	if (after.len == 0 || after.data[0] != '\n' || size > after.len - 1)
		return false;
	str_add_bytes(out, after.data + 1, (size_t)size);
	skip(&after, 1 + (size_t)size);
	*rest = after;
	return true;
}

static void cut_atom(struct slice *rest, struct slice *word_r)
{
	size_t len = 0;

	while (len < rest->len && rest->data[len] != ' ' &&
		rest->data[len] != '(' && rest->data[len] != ')')
		len++;
	*word_r = slice_make(rest->data, len);
	skip(rest, len);
}

bool imap_word(struct slice *rest, struct slice *word_r, struct str *out,
	bool *is_string_r)
{
	bool is_good;

	*is_string_r = false;
	while (rest->len > 0 && rest->data[0] == ' ')
		skip(rest, 1);
	if (rest->len == 0)
		return false;
	if (rest->data[0] == '(' || rest->data[0] == ')') {
		*word_r = slice_make(rest->data, 1);
		skip(rest, 1);
		return true;
	}
	if (rest->data[0] != '"' && rest->data[0] != '{') {
		cut_atom(rest, word_r);
		return true;
	}
	str_reset(out);
	*is_string_r = true;
	is_good = rest->data[0] == '"' ? cut_quoted(rest, out)
				       : cut_literal(rest, out);
	*word_r = str_slice(out);
	return is_good && !out->overflow;
}
