/*
 * Numbers and other names of people, each in the one form that its address
 * has:
 *
 *	+15551234567				E.164, at most 15 digits
 *	12345;phone-context=us.sms.example.org	a short code, of a country
 *	acme;phone-context=alpha.sms.example.org	a word: nobody answers to it
 *	hidden;phone-context=none.sms.example.org	whoever hides his number
 *
 * The context (RFC 3966 section 5.1.5) ends with the gateway's own domain.
 * Nothing but E.164 begins with "+". All is printable ASCII without capitals:
 * a word has ";", "%", "+" and other characters with percent signs, as
 * "z%c3%bcrich".
 */
#ifndef SMS_DATA_NUMBER_H
#define SMS_DATA_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

#define NUMBER_SIZE 512

enum number_kind {
	NUMBER_E164,
	NUMBER_SHORT,
	NUMBER_WORD,
	NUMBER_HIDDEN,
};

/* Where a number without "+" is read. */
struct number_place {
	const char *country; /* ISO 3166, of either case; NULL: nowhere */
	const char *domain;  /* of the gateway; at most 253 bytes, as in DNS */
};

/* What a person typed or a JID says: "+1 (555) 123-4567", "tel:+1555...",
 * "sms:...", "0171 ..." of the place's country, "12345", "ACME", or an address
 * as above, those of the domains `*.phone-context.soprani.ca` too. -1 with a
 * reason for a person, which is static: what is too short or too long for its
 * country (countries.h) is refused, but for E.164 in exactly the form above,
 * which may be longer than the tables know. */
int number_read(const struct number_place *place, const char *text,
	char out[NUMBER_SIZE], const char **reason_r) MUST_CHECK;

/* How a number came from a network: what that says it is. */
enum number_origin {
	NUMBER_ANY,           /* it does not say, or says nonsense */
	NUMBER_INTERNATIONAL, /* with or without "+" */
	NUMBER_NATIONAL,
	NUMBER_ABBREVIATED, /* a short code */
	NUMBER_ALPHANUMERIC,
};

/* The same for what a network says; it is always somebody: what is no number
 * is a word, nothing at all (also NULL) is hidden. `origin` is a hint alone:
 * networks are often wrong about it. What comes out reads as itself. */
void number_receive(const struct number_place *place, enum number_origin origin,
	const char *text, char out[NUMBER_SIZE]);

/* The same; where digits without "+" may be read in several ways, as the one
 * that is known (one of our numbers, or somebody who was written to), if there
 * is one: SMSCs swap "national" and "international". */
typedef bool (*number_known_fn)(const char *number, void *arg);
void number_receive_known(const struct number_place *place,
	enum number_origin origin, const char *text, number_known_fn known,
	void *arg, char out[NUMBER_SIZE]);

/* Of one in the form above. */
enum number_kind number_kind(const char *number);

/* Is it exactly that form? */
bool number_is_canonical(const struct number_place *place, const char *number);

/* The part in front of the context as it stands there: "12345", "acme"; for
 * E.164 the digits without "+". */
void number_bare(const char *number, char out[NUMBER_SIZE]);

/* For people: "+1 555 123 4567" is left as "+15551234567", a short code as
 * "12345", a word in capitals. */
void number_title(const char *number, char out[NUMBER_SIZE]);

#endif
