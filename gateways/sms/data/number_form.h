/*
 * The forms that numbers have in addresses (number.h): what is put together
 * and taken apart here alone.
 */
#ifndef SMS_DATA_NUMBER_FORM_H
#define SMS_DATA_NUMBER_FORM_H

#include "base/slice.h"
#include "sms_data/countries.h"
#include "sms_data/number.h"

#define NUMBER_CONTEXT ";phone-context="

struct number_parts {
	struct slice bare;
	struct slice label; /* of the context: up to its first dot */
	const char *domain; /* behind it */
};

/* Cut at the last context; false: it has none with a dot. */
bool number_cut(const char *number, struct number_parts *p);

/* All return false when it does not fit or is none. */
bool number_put_hidden(const struct number_place *place, char out[NUMBER_SIZE]);
/* Hidden when nothing of it is visible. */
bool number_put_word(const struct number_place *place, struct slice text,
	char out[NUMBER_SIZE]);
/* 3 to 8 digits; not without a country. */
bool number_put_short(const struct number_place *place,
	const struct country *country, const char *digits,
	char out[NUMBER_SIZE]);

/* What has a label of ours, in any spelling; the domain is not looked at. */
bool number_put_parts(const struct number_place *place,
	const struct number_parts *p, char out[NUMBER_SIZE]);

#endif
