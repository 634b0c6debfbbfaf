/*
 * One field of a request, as the file of a provider writes it:
 *
 *	NAME=TEMPLATE		a string
 *	NAME:=TEMPLATE		JSON itself: a number, true
 *	FLAG? NAME=TEMPLATE	only if the flag is set, "!FLAG?": if it is not
 *
 * Flags: gsm (the text needs no more than the GSM alphabet), media, report (one
 * is wanted), group. A field of which a variable has no value is left out.
 */
#ifndef SMS_HTTP_FIELD_H
#define SMS_HTTP_FIELD_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/slice.h"

enum field_flag {
	FIELD_GSM = 1,
	FIELD_MEDIA = 2,
	FIELD_REPORT = 4,
	FIELD_GROUP = 8,
};

struct field {
	unsigned flag; /* enum field_flag; 0: always */
	bool is_negated;
	bool is_json;
	char name[128];
	const char *value; /* a template, inside the text that was read */
};

/* -1 with a reason. */
int field_read(
	const char *text, struct field *out, const char **reason_r) MUST_CHECK;

#endif
