#include "sms_http/template.h"

#include <stdint.h>
#include <string.h>

#include "base/encoding.h"
#include "base/utf8.h"

/* --- Filters ------------------------------------------------------------- */

static void add_plain(struct str *out, struct slice in)
{
	str_add_slice(out, in);
}

static void add_digits(struct str *out, struct slice in)
{
	if (in.len > 0 && in.data[0] == '+')
		in = slice_make(in.data + 1, in.len - 1);
	str_add_slice(out, in);
}

/* RFC 8259 section 7. */
static void add_json(struct str *out, struct slice in)
{
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.data[i];

		if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c < 0x20)
			str_addf(out, "\\u%04x", c);
		else
			str_add_char(out, (char)c);
	}
}

static void add_unit(struct str *out, uint32_t unit)
{
	str_addf(out, "%04x", (unsigned)unit);
}

/* RFC 2781; what is no UTF-8 ends it. */
static void add_hexucs2(struct str *out, struct slice in)
{
	while (in.len > 0) {
		uint32_t code;
		size_t len = utf8_next(in, &code);

		if (len == 0)
			return;
		in = slice_make(in.data + len, in.len - len);
		if (code < 0x10000) {
			add_unit(out, code);
		} else {
			add_unit(out, 0xd800 + ((code - 0x10000) >> 10));
			add_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
		}
	}
}

typedef void (*filter_fn)(struct str *out, struct slice in);

static const struct {
	const char *name;
	filter_fn fn;
} filters[] = {
	{ "digits", add_digits },
	{ "url", percent_encode },
	{ "json", add_json },
	{ "hex", hex_encode },
	{ "hexucs2", add_hexucs2 },
	{ "base64", base64_encode },
};

/* --- Variables ----------------------------------------------------------- */

static const struct {
	const char *name;
	enum template_scope scope;
	bool can_be_one, can_be_list;
} variables[TEMPLATE_VARIABLES] = {
	[TEMPLATE_URL] = { "url", TEMPLATE_OF_BACKEND, true, false },
	[TEMPLATE_ACCOUNT] = { "account", TEMPLATE_OF_BACKEND, true, false },
	[TEMPLATE_KEY] = { "key", TEMPLATE_OF_BACKEND, true, false },
	[TEMPLATE_SECRET] = { "secret", TEMPLATE_OF_BACKEND, true, false },
	[TEMPLATE_APPLICATION] = { "application", TEMPLATE_OF_BACKEND, true,
		false },
	[TEMPLATE_SIGNATURE] = { "signature", TEMPLATE_OF_BACKEND, true,
		false },
	[TEMPLATE_TO] = { "to", TEMPLATE_OF_MESSAGE, true, true },
	[TEMPLATE_FROM] = { "from", TEMPLATE_OF_MESSAGE, true, false },
	[TEMPLATE_TEXT] = { "text", TEMPLATE_OF_MESSAGE, true, false },
	[TEMPLATE_ID] = { "id", TEMPLATE_OF_MESSAGE, true, false },
	[TEMPLATE_TTL] = { "ttl", TEMPLATE_OF_MESSAGE, true, false },
	[TEMPLATE_DLR_URL] = { "dlr_url", TEMPLATE_OF_MESSAGE, true, false },
	[TEMPLATE_MO_URL] = { "mo_url", TEMPLATE_OF_MESSAGE, true, false },
	[TEMPLATE_MEDIA] = { "media", TEMPLATE_OF_MESSAGE, false, true },
	[TEMPLATE_BODY] = { "body", TEMPLATE_OF_CALLBACK, true, false },
	[TEMPLATE_TIMESTAMP] = { "timestamp", TEMPLATE_OF_CALLBACK, true,
		false },
};

static int find_variable(struct slice name)
{
	for (int i = 0; i < TEMPLATE_VARIABLES; i++)
		if (slice_equals(name, variables[i].name))
			return i;
	return -1;
}

int template_variable(const char *name)
{
	return find_variable(slice_of(name));
}

/* --- Pieces -------------------------------------------------------------- */

/* A run of text, or one variable. */
struct piece {
	struct slice literal; /* data NULL: it is a variable */
	int variable;         /* -1: no such thing */
	bool is_list;
	filter_fn filter;   /* NULL: none */
	const char *reason; /* not NULL: what is wrong */
};

static void read_filter(struct piece *p, struct slice name)
{
	for (size_t i = 0; i < COUNT(filters); i++)
		if (slice_equals(name, filters[i].name))
			p->filter = filters[i].fn;
	if (p->filter == NULL)
		p->reason = "has a filter that is none of digits, url, json, "
			    "hex, hexucs2, base64";
}

static void read_variable(struct piece *p, struct slice inside)
{
	struct slice filter = inside, name = slice_cut(&filter, ':');

	p->is_list =
		name.len > 2 && memcmp(name.data + name.len - 2, "[]", 2) == 0;
	if (p->is_list)
		name.len -= 2;
	p->variable = find_variable(name);
	if (p->variable < 0)
		p->reason = "names a variable that there is not";
	else if (p->is_list && !variables[p->variable].can_be_list)
		p->reason = "has [] behind a variable that is no list";
	else if (!p->is_list && !variables[p->variable].can_be_one)
		p->reason = "has a list without [] behind it";
	else if (filter.data != NULL)
		read_filter(p, filter);
}

static bool next_piece(struct slice *rest, struct piece *p)
{
	const char *at = rest->data, *end;

	*p = (struct piece){ .variable = -1 };
	if (rest->len == 0)
		return false;
	end = memchr(at + 1, '$', rest->len - 1);
	if (at[0] == '$' && rest->len > 1 && at[1] == '{') {
		end = memchr(at, '}', rest->len);
		if (end == NULL) {
			p->reason = "has a ${ without }";
			*rest = slice_make(NULL, 0);
			return true;
		}
		read_variable(p, slice_make(at + 2, (size_t)(end - at - 2)));
		end++;
	} else if (at[0] == '$' && rest->len > 1 && at[1] == '$') {
		p->literal = slice_make(at, 1);
		end = at + 2;
	} else {
		if (end == NULL)
			end = at + rest->len;
		p->literal = slice_make(at, (size_t)(end - at));
	}
	*rest = slice_make(end, rest->len - (size_t)(end - at));
	return true;
}

bool template_is_good(const char *text, unsigned scopes, const char **reason_r)
{
	struct slice rest = slice_of(text);
	unsigned lists = 0;
	struct piece p;

	while (next_piece(&rest, &p)) {
		if (p.reason == NULL && p.literal.data == NULL &&
			(variables[p.variable].scope & scopes) == 0)
			p.reason = "has a variable without a value here";
		if (p.reason == NULL && p.is_list && ++lists > 1)
			p.reason = "has two lists";
		if (p.reason != NULL) {
			*reason_r = p.reason;
			return false;
		}
	}
	return true;
}

/* --- Writing ------------------------------------------------------------- */

static const char *const *list_of(
	const struct template_values *values, int variable)
{
	return variable == TEMPLATE_TO ? values->to : values->media;
}

static size_t length_of(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

size_t template_count(const char *text, const struct template_values *values)
{
	struct slice rest = slice_of(text);
	size_t count = 1;
	struct piece p;

	while (next_piece(&rest, &p)) {
		if (p.variable < 0)
			continue;
		if (p.is_list)
			count = length_of(list_of(values, p.variable));
		else if (values->values[p.variable].len == 0)
			return 0;
		if (count == 0)
			return 0;
	}
	return count;
}

static struct slice value_of(const struct piece *p,
	const struct template_values *values, size_t index)
{
	if (p->is_list)
		return slice_of(list_of(values, p->variable)[index]);
	return values->values[p->variable];
}

void template_write(struct str *out, const char *text,
	const struct template_values *values, size_t index,
	enum template_place place)
{
	struct slice rest = slice_of(text);
	struct piece p;

	while (next_piece(&rest, &p)) {
		filter_fn filter = p.filter;

		if (p.literal.data != NULL) {
			str_add_slice(out, p.literal);
			continue;
		}
		if (p.variable < 0)
			continue;
		if (filter == NULL && place == TEMPLATE_IN_URL &&
			p.variable != TEMPLATE_URL)
			filter = percent_encode;
		if (filter == NULL)
			filter = add_plain;
		filter(out, value_of(&p, values, index));
	}
}
