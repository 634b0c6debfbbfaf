#include "sms_data/number_form.h"

#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/str.h"
#include "sms_data/dialling.h"
#include "sms_data/written.h"

#define WORDS  "alpha"
#define HIDDEN "none"
#define NOBODY "hidden"

#define SHORT_MIN 3
#define SHORT_MAX 8

bool number_cut(const char *number, struct number_parts *p)
{
	const char *at = NULL;

	for (const char *s = number; (s = strstr(s, NUMBER_CONTEXT)) != NULL;
		s++)
		at = s;
	if (at == NULL)
		return false;
	const char *context = at + strlen(NUMBER_CONTEXT);
	const char *dot = strchr(context, '.');
	if (dot == NULL)
		return false;
	p->bare = slice_make(number, (size_t)(at - number));
	p->label = slice_make(context, (size_t)(dot - context));
	p->domain = dot + 1;
	return true;
}

static bool put(const struct number_place *place, const char *bare,
	const char *label, char out[NUMBER_SIZE])
{
	return text_format(out, NUMBER_SIZE, "%s" NUMBER_CONTEXT "%s.%s", bare,
		label, place->domain);
}

bool number_put_hidden(const struct number_place *place, char out[NUMBER_SIZE])
{
	return put(place, NOBODY, HIDDEN, out);
}

bool number_put_word(const struct number_place *place, struct slice text,
	char out[NUMBER_SIZE])
{
	struct str word = { .max = NUMBER_SIZE };

	written_word(&word, text);
	bool fits = word.len == 0 ? number_put_hidden(place, out)
				  : put(place, str_text(&word), WORDS, out);
	str_finish(&word);
	return fits;
}

/* One that was already written as in an address. */
static bool put_word_again(const struct number_place *place, struct slice bare,
	char out[NUMBER_SIZE])
{
	struct str plain = { .max = NUMBER_SIZE };

	percent_decode(&plain, bare);
	bool fits = number_put_word(place, str_slice(&plain), out);
	str_finish(&plain);
	return fits;
}

bool number_put_short(const struct number_place *place,
	const struct country *country, const char *digits,
	char out[NUMBER_SIZE])
{
	size_t len = strlen(digits);
	char label[3];

	if (country == NULL || len < SHORT_MIN || len > SHORT_MAX)
		return false;
	label[0] = (char)(country->iso[0] | 0x20);
	label[1] = (char)(country->iso[1] | 0x20);
	label[2] = '\0';
	return put(place, digits, label, out);
}

/* --- One number ---------------------------------------------------------- */

enum number_kind number_kind(const char *number)
{
	struct number_parts p;

	if (!number_cut(number, &p))
		return NUMBER_E164;
	if (slice_equals(p.label, WORDS))
		return NUMBER_WORD;
	return slice_equals(p.label, HIDDEN) ? NUMBER_HIDDEN : NUMBER_SHORT;
}

bool number_put_parts(const struct number_place *place,
	const struct number_parts *p, char out[NUMBER_SIZE])
{
	struct written w;
	char iso[3] = "";

	if (slice_equals_nocase(p->label, WORDS))
		return put_word_again(place, p->bare, out);
	if (slice_equals_nocase(p->label, HIDDEN))
		return number_put_hidden(place, out);
	if (p->label.len != 2)
		return false;
	memcpy(iso, p->label.data, 2);
	written_read(&w, p->bare);
	return !w.has_plus && !w.has_letter && !w.has_sign &&
	       w.count <= SHORT_MAX &&
	       number_put_short(place, country_by_iso(iso), w.digits, out);
}

bool number_is_canonical(const struct number_place *place, const char *number)
{
	char same[NUMBER_SIZE];
	struct number_parts p;

	if (number[0] == '+' && strchr(number, ';') == NULL)
		return dialling_is_number(number);
	return number_cut(number, &p) && strcmp(p.domain, place->domain) == 0 &&
	       number_put_parts(place, &p, same) && strcmp(number, same) == 0;
}

void number_bare(const char *number, char out[NUMBER_SIZE])
{
	struct number_parts p;

	if (number_cut(number, &p))
		text_format(
			out, NUMBER_SIZE, "%.*s", (int)p.bare.len, p.bare.data);
	else
		text_copy(out, NUMBER_SIZE, number + (number[0] == '+'));
}

void number_title(const char *number, char out[NUMBER_SIZE])
{
	struct str word = { .max = NUMBER_SIZE };
	struct number_parts p;

	switch (number_kind(number)) {
	case NUMBER_E164:
		text_copy(out, NUMBER_SIZE, number);
		break;
	case NUMBER_SHORT:
		number_bare(number, out);
		break;
	case NUMBER_WORD:
		if (number_cut(number, &p))
			percent_decode(&word, p.bare);
		for (size_t i = 0; i < word.len; i++)
			if (word.data[i] >= 'a' && word.data[i] <= 'z')
				word.data[i] -= 'a' - 'A';
		text_copy(out, NUMBER_SIZE, str_text(&word));
		str_finish(&word);
		break;
	case NUMBER_HIDDEN:
		text_copy(out, NUMBER_SIZE, "Hidden number");
		break;
	}
}
