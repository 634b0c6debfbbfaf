#include "sms_data/number.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/slice.h"
#include "base/str.h"
#include "sms_data/countries.h"
#include "sms_data/dialling.h"
#include "sms_data/number_form.h"
#include "sms_data/number_order.h"
#include "sms_data/written.h"

/* A word that a person types: longer ones are something else. */
#define TYPED_WORD   20
#define TYPED_DIGITS 3 /* in a word: "O2", "4info" */

/* --- What networks say --------------------------------------------------- */

/* What providers send instead of nothing. */
static bool says_hidden(struct slice text)
{
	static const char *const words[] = { "anonymous", "restricted",
		"unavailable", "unknown", "withheld" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (slice_equals_nocase(text, words[i]))
			return true;
	return text.len == 0;
}

static bool has_digits_alone(const struct written *w)
{
	return !w->has_letter && !w->has_sign && w->count > 0 &&
	       w->count <= WRITTEN_DIGITS;
}

static bool receive_digits(const struct number_place *place,
	enum number_origin origin, const struct written *w,
	char out[NUMBER_SIZE])
{
	if (!has_digits_alone(w))
		return false;
	return w->has_plus
		       ? number_order_with_plus(place, w->digits, out)
		       : number_order_received(place, origin, w->digits, out);
}

void number_receive(const struct number_place *place, enum number_origin origin,
	const char *text, char out[NUMBER_SIZE])
{
	struct slice rest = slice_trim(slice_of(text));
	struct written w;
	bool done;

	written_take_scheme(&rest);
	written_read(&w, rest);
	if (says_hidden(rest))
		done = number_put_hidden(place, out);
	else
		done = receive_digits(place, origin, &w, out) ||
		       number_put_word(place, rest, out);
	assert(done); /* the domain is short enough */
}

void number_receive_known(const struct number_place *place,
	enum number_origin origin, const char *text, number_known_fn known,
	void *arg, char out[NUMBER_SIZE])
{
	struct slice rest = slice_trim(slice_of(text));
	struct written w;

	written_take_scheme(&rest);
	written_read(&w, rest);
	if (w.has_plus || !has_digits_alone(&w) ||
		!number_order_known(place, w.digits, known, arg, out))
		number_receive(place, origin, text, out);
}

/* --- What people write --------------------------------------------------- */

struct request {
	const struct number_place *place;
	char *out;
	const char *reason; /* why not */
};

static bool refuse(struct request *r, const char *reason)
{
	r->reason = reason;
	return false;
}

/* Digits behind "+". */
static bool read_plus(struct request *r, struct written *w)
{
	if (dialling_international(NULL, w->digits, r->out))
		return true;
	if (w->zero < w->count) {
		/* "+45 (0) 12 34 56 78", where no 0 is dialled. */
		memmove(w->digits + w->zero, w->digits + w->zero + 1,
			w->count - w->zero);
		if (dialling_international(NULL, w->digits, r->out))
			return true;
	}
	if (numbering_of(w->digits) == NULL)
		return refuse(r, "No country has this calling code: after \"+\""
				 " comes the code of the country, as in "
				 "\"+15551234567\".");
	return refuse(r, "This number is too short or too long for its "
			 "country. Write all of it, with \"+\" and the code of "
			 "the country, as in \"+15551234567\".");
}

static bool read_digits(struct request *r, struct written *w)
{
	const struct number_place *place = r->place;

	if (w->count == 0)
		return refuse(r, "That is no phone number. Write it with \"+\" "
				 "and the code of the country, as in "
				 "\"+15551234567\".");
	if (w->count > WRITTEN_DIGITS)
		return refuse(r, "That is too long for a phone number.");
	if (w->has_plus)
		return read_plus(r, w);
	if (number_order_typed(place, w->digits, r->out))
		return true;
	return refuse(r, "This is no whole number here. Write it with its area "
			 "code; or with \"+\" and the code of the country, as "
			 "in \"+15551234567\".");
}

/* Without a context. */
static bool read_bare(struct request *r, struct slice text)
{
	struct written w;

	written_read(&w, text);
	if (memchr(text.data, ',', text.len) != NULL)
		return refuse(r, "Write one number at a time.");
	if (!w.has_letter && !w.has_sign)
		return read_digits(r, &w);
	if (!w.has_letter || w.count > TYPED_DIGITS || w.has_plus)
		return refuse(r, "A number has digits alone. Write letters in "
				 "it as the digits of their keys.");
	if (text.len > TYPED_WORD)
		return refuse(r, "That is no phone number.");
	return number_put_word(r->place, text, r->out) ||
	       refuse(r, "That is no phone number.");
}

/* The contexts that other gateways have (Cheogram), as ours; false: it is
 * none of these. */
static bool read_foreign(
	struct request *r, const struct number_parts *p, bool *done_r)
{
	struct number_parts ours = *p;

	if (strcasecmp(p->domain, "phone-context.soprani.ca") != 0)
		return false;
	if (slice_equals_nocase(p->label, "anonymous")) {
		*done_r = number_put_hidden(r->place, r->out);
		return true;
	}
	/* Canada and the USA together. */
	if (slice_equals_nocase(p->label, "ca-us"))
		ours.label = slice_of(
			text_equals(r->place->country, "CA") ? "ca" : "us");
	*done_r = number_put_parts(r->place, &ours, r->out);
	return true;
}

/* "7042;phone-context=+1-555" (RFC 3966 section 5.1.5): what is in front. */
static bool read_prefixed(
	struct request *r, struct slice bare, struct slice context)
{
	struct str whole = { .max = NUMBER_SIZE };
	struct written w;

	str_add_slice(&whole, context);
	str_add_slice(&whole, bare);
	written_read(&w, str_slice(&whole));
	str_finish(&whole);
	if (w.has_letter || w.has_sign)
		return refuse(r, "A number has digits alone.");
	return read_digits(r, &w);
}

static bool read_context(
	struct request *r, struct slice bare, struct slice context)
{
	char number[2 * NUMBER_SIZE];
	struct number_parts p;
	bool done;

	if (context.len > 0 && context.data[0] == '+')
		return read_prefixed(r, bare, context);
	text_format(number, sizeof(number), "%.*s" NUMBER_CONTEXT "%.*s",
		(int)bare.len, bare.data, (int)context.len, context.data);
	if (!number_cut(number, &p))
		return refuse(r, "This context is not known here: write the "
				 "number with \"+\" and the code of the "
				 "country.");
	if (!read_foreign(r, &p, &done))
		done = strcasecmp(p.domain, r->place->domain) == 0 &&
		       number_put_parts(r->place, &p, r->out);
	return done || refuse(r, "That is no number of this gateway: write it "
				 "with \"+\" and the code of the country.");
}

/* Parameters follow the number; all but the context change nothing. */
static bool read_parameters(struct request *r, struct slice text)
{
	struct slice bare = slice_cut(&text, ';');
	struct slice context = { NULL, 0 };

	while (text.len > 0) {
		struct slice value = slice_cut(&text, ';');
		struct slice name = slice_cut(&value, '=');

		if (slice_equals_nocase(name, "phone-context"))
			context = value;
	}
	bare = slice_trim(bare);
	return context.data != NULL ? read_context(r, bare, context)
				    : read_bare(r, bare);
}

static bool read_text(struct request *r, struct slice text)
{
	struct str plain = { .max = NUMBER_SIZE };
	bool done;

	if (!written_take_scheme(&text))
		return read_parameters(r, text);
	/* Of a URI: "?body=..." is not our business. */
	text = slice_cut(&text, '?');
	percent_decode(&plain, text);
	done = read_parameters(r, str_slice(&plain));
	str_finish(&plain);
	return done;
}

int number_read(const struct number_place *place, const char *text,
	char out[NUMBER_SIZE], const char **reason_r)
{
	struct request r = { .place = place, .out = out };
	struct slice trimmed = slice_trim(slice_of(text));

	if (number_is_canonical(place, text)) {
		text_copy(out, NUMBER_SIZE, text);
		return 0;
	}
	if (trimmed.len >= NUMBER_SIZE)
		refuse(&r, "That is too long for a phone number.");
	else if (read_text(&r, trimmed))
		return 0;
	*reason_r = r.reason;
	return -1;
}
