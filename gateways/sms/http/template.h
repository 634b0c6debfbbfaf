/*
 * Texts with variables, in the files of providers: "Bearer ${key}". A variable
 * may have a filter behind its name, `${to:digits}`, and those that are lists
 * have "[]": `${media[]}`. "$$" is "$".
 *
 *	of the backend	url account key secret application signature
 *	of a message	to to[] from text id ttl (seconds) media[]
 *			dlr_url mo_url (where reports and texts are expected)
 *	of a callback	body timestamp nothing else
 *
 *	filters		digits (no "+"), url (RFC 3986), json (inside of a
 *			string), hex, hexucs2 (of UTF-16BE), base64
 */
#ifndef SMS_HTTP_TEMPLATE_H
#define SMS_HTTP_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

enum template_variable {
	TEMPLATE_URL,
	TEMPLATE_ACCOUNT,
	TEMPLATE_KEY,
	TEMPLATE_SECRET,
	TEMPLATE_APPLICATION,
	TEMPLATE_SIGNATURE,
	TEMPLATE_TO,
	TEMPLATE_FROM,
	TEMPLATE_TEXT,
	TEMPLATE_ID,
	TEMPLATE_TTL,
	TEMPLATE_DLR_URL,
	TEMPLATE_MO_URL,
	TEMPLATE_MEDIA,
	TEMPLATE_BODY,
	TEMPLATE_TIMESTAMP,
	TEMPLATE_VARIABLES
};

/* Where a variable has a value. */
enum template_scope {
	TEMPLATE_OF_BACKEND = 1,
	TEMPLATE_OF_MESSAGE = 2,
	TEMPLATE_OF_CALLBACK = 4,
};

struct template_values {
	struct slice values[TEMPLATE_VARIABLES]; /* empty: it has none */
	const char *const *to;    /* of to[], NULL at the end; or NULL */
	const char *const *media; /* of media[], likewise */
};

/* What variables without a filter are put through. */
enum template_place {
	TEMPLATE_PLAIN,
	TEMPLATE_IN_URL, /* percent-encoded, but for ${url} */
};

/* The variable of that name; -1: there is none. */
int template_variable(const char *name);

/* False with a reason: something is no variable, or has no value in these
 * scopes, or no such filter is there. */
bool template_is_good(const char *text, unsigned scopes, const char **reason_r);

/* How often it is to be written: once, or for each element of a list; 0 when
 * one of its variables has no value. */
size_t template_count(const char *text, const struct template_values *values);

/* Append it, with the element `index` of a list. */
void template_write(struct str *out, const char *text,
	const struct template_values *values, size_t index,
	enum template_place place);

#endif
