/*
 * Digits as they are dialled, or sent by networks, read as numbers of E.164 by
 * the rules of a country. Each reading is one of several that may fit; who asks
 * knows their order.
 */
#ifndef SMS_DATA_DIALLING_H
#define SMS_DATA_DIALLING_H

#include <stdbool.h>

#include "sms_data/countries.h"

/* "+", 15 digits and NUL. */
#define DIALLING_SIZE 17

/* One reading of ASCII digits, in a country (NULL: nowhere): false when they
 * are no number this way. */
typedef bool (*dialling_fn)(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);

/* They begin with a calling code, and are as long as its plan says. */
bool dialling_international(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);
/* They begin with a calling code, and are as long as they may ever be. */
bool dialling_unknown(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);
/* They begin with what is dialled for calls abroad, as "00". */
bool dialling_abroad(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);
/* They begin with the country's trunk prefix. */
bool dialling_trunk(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);
/* They begin with the country's own calling code. */
bool dialling_own(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);
/* They begin with nothing. */
bool dialling_national(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);
/* A mobile number of Argentina as it is dialled there: (0), area code, 15; it
 * is 9 and the area code abroad. */
bool dialling_argentine(const struct country *country, const char *digits,
	char out[DIALLING_SIZE]);

/* Is it "+" and digits as they would come out here? */
bool dialling_is_number(const char *number);

#endif
