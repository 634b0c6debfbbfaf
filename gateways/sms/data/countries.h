/*
 * Which country a number belongs to, and what the numbers of a country look
 * like: calling codes (ITU-T E.164), prefixes that are dialled, lengths, and
 * what is dear. Facts as of 2026; plans grow, so a number that is longer than
 * this knows may still be one.
 */
#ifndef SMS_DATA_COUNTRIES_H
#define SMS_DATA_COUNTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum numbering_kind {
	NUMBERING_LAND,
	NUMBERING_SATELLITE, /* and networks that are nowhere (+882, +883) */
	NUMBERING_SERVICE,   /* shared cost, premium, universal (+800, +979) */
};

/* All numbers that begin with one calling code. Lists are separated by spaces;
 * "" is none. */
struct numbering {
	const char *code;    /* "49" */
	const char *trunk;   /* prefixes dialled inside the country alone */
	const char *abroad;  /* ... in front of a calling code: "00" */
	uint32_t lengths;    /* bit n: numbers with n digits after the code */
	const char *premium; /* digits after the code with which premium,
				shared-cost and personal numbers begin; "15/10":
				only those of 10 digits */
	enum numbering_kind kind;
};

/* A country, or a territory that has a code of ISO 3166 (and Kosovo, XK). */
struct country {
	const char *iso, *name;
	const char *code;
	const char *leads; /* where several share the code: the digits after it;
			      "": all that is nobody else's; "-": cannot be told
			      from another's */
};

/* By ISO 3166 code of either case; NULL: there is none, or no text. */
const struct country *country_by_iso(const char *iso);
/* Of "+15551234567"; NULL: no country's (satellites), or no number. */
const struct country *country_of(const char *number);
/* The one after `c` (NULL: the first); NULL at the end. */
const struct country *country_next(const struct country *c);

/* Of digits that begin with a calling code; NULL: no such code. */
const struct numbering *numbering_of(const char *digits);

/* Do texts go to numbers of so many digits after the code? */
bool numbering_has_length(const struct numbering *n, size_t len);
/* As above, or so many as its numbers may have one day (at most 15 with the
 * code, ITU-T E.164 section 6.2.1). */
bool numbering_admits_length(const struct numbering *n, size_t len);

/* How many digits after the code make it a premium number; 0: it is none.
 * `national` is what follows the code. */
size_t numbering_premium(const struct numbering *n, const char *national);

/* What follows a trunk prefix, where one is there and the rest is a number;
 * else `national` itself. */
const char *numbering_strip_trunk(
	const struct numbering *n, const char *national);
/* Does it begin with the "0" that only calls inside the country have? */
bool numbering_keeps_trunk(const struct numbering *n, const char *national);

/* What follows a prefix for calls abroad: the longest that fits is tried first
 * by `index` 0; NULL: no more. Everywhere "00" is one. */
const char *numbering_strip_abroad(
	const struct numbering *n, const char *digits, size_t index);

#endif
