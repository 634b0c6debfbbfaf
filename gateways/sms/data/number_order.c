/*
 * Digits are read by trying one reading after the other, in an order that
 * depends on who wrote them and where.
 */
#include "sms_data/number_order.h"

#include <string.h>

#include "sms_data/countries.h"
#include "sms_data/dialling.h"
#include "sms_data/number_form.h"

/* Most numbers of services have at most so many digits; what is longer looks
 * like a number without its area code. */
#define SHORT_USUAL    6
/* ... and some that all dial are three: "000", "112". */
#define SHORT_ALL_DIAL 3

/* --- Short codes --------------------------------------------------------- */

typedef bool (*short_fn)(const struct number_place *place,
	const struct country *country, const char *digits,
	char out[NUMBER_SIZE]);

/* Not what begins with a trunk prefix: that is an unfinished number, but for
 * those that all dial. */
static bool usual_short(const struct number_place *place,
	const struct country *country, const char *digits,
	char out[NUMBER_SIZE])
{
	size_t len = strlen(digits);

	if (country == NULL || len > SHORT_USUAL)
		return false;
	if (len > SHORT_ALL_DIAL &&
		numbering_keeps_trunk(numbering_of(country->code), digits))
		return false;
	return number_put_short(place, country, digits, out);
}

/* Where numbers have area codes, what is longer lacks one. */
static bool long_short(const struct number_place *place,
	const struct country *country, const char *digits,
	char out[NUMBER_SIZE])
{
	return country != NULL &&
	       numbering_of(country->code)->trunk[0] == '\0' &&
	       number_put_short(place, country, digits, out);
}

/* --- Orders -------------------------------------------------------------- */

enum reading {
	END,
	ABROAD,
	TRUNK,
	NATIONAL,
	OWN,
	WORLD,
	UNKNOWN,
	ARGENTINE,
	ANY_SHORT,
	USUAL_SHORT,
	LONG_SHORT,
	READINGS
};

/* Each has a row in one of these. */
static const dialling_fn dialled[READINGS] = {
	[ABROAD] = dialling_abroad,
	[TRUNK] = dialling_trunk,
	[NATIONAL] = dialling_national,
	[OWN] = dialling_own,
	[WORLD] = dialling_international,
	[UNKNOWN] = dialling_unknown,
	[ARGENTINE] = dialling_argentine,
};

static const short_fn shorts[READINGS] = {
	[ANY_SHORT] = number_put_short,
	[USUAL_SHORT] = usual_short,
	[LONG_SHORT] = long_short,
};

/* For countries where all numbers are dialled with a 0 in front, and for
 * others: without that 0, digits are rather a number with its calling code. */
struct orders {
	enum reading with_zero[READINGS], others[READINGS];
};

static const struct orders typed = {
	.with_zero = { ABROAD, TRUNK, ARGENTINE, USUAL_SHORT, OWN, NATIONAL },
	.others = { ABROAD, TRUNK, NATIONAL, OWN, USUAL_SHORT, LONG_SHORT },
};

static const struct orders received[] = {
	[NUMBER_ANY] = {
		.with_zero = { ABROAD, TRUNK, USUAL_SHORT, OWN, WORLD, NATIONAL,
			UNKNOWN, ANY_SHORT },
		.others = { ABROAD, TRUNK, NATIONAL, OWN, USUAL_SHORT, WORLD,
			UNKNOWN, ANY_SHORT },
	},
	[NUMBER_INTERNATIONAL] = {
		.with_zero = { WORLD, ABROAD, UNKNOWN, TRUNK, ANY_SHORT,
			NATIONAL },
		.others = { WORLD, ABROAD, UNKNOWN, TRUNK, NATIONAL,
			ANY_SHORT },
	},
	[NUMBER_NATIONAL] = {
		.with_zero = { ABROAD, TRUNK, USUAL_SHORT, OWN, NATIONAL, WORLD,
			UNKNOWN, ANY_SHORT },
		.others = { ABROAD, TRUNK, NATIONAL, OWN, USUAL_SHORT, WORLD,
			UNKNOWN, ANY_SHORT },
	},
	[NUMBER_ABBREVIATED] = {
		.with_zero = { ANY_SHORT, ABROAD, TRUNK, OWN, WORLD, NATIONAL,
			UNKNOWN },
		.others = { ANY_SHORT, ABROAD, TRUNK, NATIONAL, OWN, WORLD,
			UNKNOWN },
	},
};

/* Behind "+"; some providers put it before short codes too. */
static const struct orders with_plus = {
	.with_zero = { WORLD, UNKNOWN, USUAL_SHORT },
	.others = { WORLD, UNKNOWN, USUAL_SHORT },
};

static const enum reading *order_of(
	const struct orders *orders, const struct country *country)
{
	bool has_zero =
		country != NULL && numbering_of(country->code)->trunk[0] == '0';

	return has_zero ? orders->with_zero : orders->others;
}

static bool read_one(enum reading r, const struct number_place *place,
	const struct country *country, const char *digits,
	char out[NUMBER_SIZE])
{
	return dialled[r] != NULL ? dialled[r](country, digits, out)
				  : shorts[r](place, country, digits, out);
}

static bool read_in_order(const struct orders *orders,
	const struct number_place *place, const char *digits,
	char out[NUMBER_SIZE])
{
	const struct country *country = country_by_iso(place->country);
	const enum reading *r = order_of(orders, country);

	for (; *r != END; r++)
		if (read_one(*r, place, country, digits, out))
			return true;
	return false;
}

bool number_order_typed(const struct number_place *place, const char *digits,
	char out[NUMBER_SIZE])
{
	return read_in_order(&typed, place, digits, out);
}

bool number_order_received(const struct number_place *place,
	enum number_origin origin, const char *digits, char out[NUMBER_SIZE])
{
	/* Digits alone are a number, whoever says they are a word. */
	if (origin == NUMBER_ALPHANUMERIC)
		origin = NUMBER_ANY;
	return read_in_order(&received[origin], place, digits, out);
}

bool number_order_known(const struct number_place *place, const char *digits,
	number_known_fn known, void *arg, char out[NUMBER_SIZE])
{
	const struct country *country = country_by_iso(place->country);
	const enum reading *r = order_of(&received[NUMBER_ANY], country);

	for (; *r != END; r++)
		if (read_one(*r, place, country, digits, out) &&
			known(out, arg))
			return true;
	return false;
}

bool number_order_with_plus(const struct number_place *place,
	const char *digits, char out[NUMBER_SIZE])
{
	return read_in_order(&with_plus, place, digits, out);
}
