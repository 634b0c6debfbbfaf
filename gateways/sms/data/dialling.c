#include "sms_data/dialling.h"

#include <string.h>

#include "base/str.h"

#define DIGITS "0123456789"

static const struct numbering *plan_of(const struct country *country)
{
	return country != NULL ? numbering_of(country->code) : NULL;
}

/* No area code of North America begins with 0 or 1: who writes one that does means
 * a number of another country, and has left out its code. */
static bool has_area(const struct numbering *n, const char *national)
{
	return strcmp(n->code, "1") != 0 || national[0] >= '2';
}

/* `national` after the code of this plan, without a trunk prefix. */
static bool put(const struct numbering *n, const char *national,
	char out[DIALLING_SIZE])
{
	national = numbering_strip_trunk(n, national);
	if (numbering_keeps_trunk(n, national) || !has_area(n, national))
		return false;
	return text_format(out, DIALLING_SIZE, "+%s%s", n->code, national);
}

bool dialling_international(const struct country *country, const char *digits,
	char out[DIALLING_SIZE])
{
	const struct numbering *n = numbering_of(digits);
	(void)country;

	if (n == NULL)
		return false;
	const char *national =
		numbering_strip_trunk(n, digits + strlen(n->code));
	return numbering_has_length(n, strlen(national)) &&
	       put(n, national, out);
}

bool dialling_unknown(const struct country *country, const char *digits,
	char out[DIALLING_SIZE])
{
	const struct numbering *n = numbering_of(digits);
	(void)country;

	if (n == NULL)
		return false;
	const char *national =
		numbering_strip_trunk(n, digits + strlen(n->code));
	return numbering_admits_length(n, strlen(national)) &&
	       put(n, national, out);
}

bool dialling_abroad(const struct country *country, const char *digits,
	char out[DIALLING_SIZE])
{
	const struct numbering *n = plan_of(country);
	const char *rest;

	if (n == NULL)
		return false;
	for (size_t i = 0;
		(rest = numbering_strip_abroad(n, digits, i)) != NULL; i++)
		if (dialling_international(country, rest, out))
			return true;
	return false;
}

bool dialling_trunk(const struct country *country, const char *digits,
	char out[DIALLING_SIZE])
{
	const struct numbering *n = plan_of(country);

	return n != NULL && numbering_strip_trunk(n, digits) != digits &&
	       put(n, digits, out);
}

bool dialling_own(const struct country *country, const char *digits,
	char out[DIALLING_SIZE])
{
	const struct numbering *n = plan_of(country);

	return n != NULL && numbering_of(digits) == n &&
	       dialling_international(country, digits, out);
}

bool dialling_national(const struct country *country, const char *digits,
	char out[DIALLING_SIZE])
{
	const struct numbering *n = plan_of(country);

	return n != NULL && numbering_has_length(n, strlen(digits)) &&
	       put(n, digits, out);
}

bool dialling_argentine(const struct country *country, const char *digits,
	char out[DIALLING_SIZE])
{
	const size_t whole = 12; /* area code, 15, number */

	if (country == NULL || strcmp(country->iso, "AR") != 0)
		return false;
	digits += digits[0] == '0' ? 1 : 0;
	if (strlen(digits) != whole)
		return false;
	/* Area codes have 2 digits (11 alone), 3 or 4, and 15 stands at one
	 * of these places only. */
	for (size_t area = digits[0] == '1' ? 2 : 3; area <= 4; area++)
		if (strncmp(digits + area, "15", 2) == 0)
			return text_format(out, DIALLING_SIZE, "+549%.*s%s",
				(int)area, digits, digits + area + 2);
	return false;
}

bool dialling_is_number(const char *number)
{
	char same[DIALLING_SIZE];

	return number[0] == '+' &&
	       strspn(number + 1, DIGITS) == strlen(number + 1) &&
	       dialling_unknown(NULL, number + 1, same) &&
	       strcmp(number, same) == 0;
}
