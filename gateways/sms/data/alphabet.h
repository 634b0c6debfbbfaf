/*
 * What texts look like in a short message: septets of the GSM alphabets, one
 * an octet or packed (3GPP TS 23.038), UTF-16BE ("UCS2"), Latin-1; to UTF-8
 * and back.
 *
 * Whatever is decoded is clean UTF-8 XML text (base/utf8.h): what means
 * nothing is U+FFFD; CR LF, CR and form feed become LF; NUL, with which some
 * pad, is left out. What is encoded must be clean UTF-8.
 */
#ifndef SMS_DATA_ALPHABET_H
#define SMS_DATA_ALPHABET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "sms_data/national.h"

enum sms_alphabet {
	SMS_GSM,    /* 3GPP TS 23.038, a septet an octet, not packed */
	SMS_UCS2,   /* UTF-16BE */
	SMS_LATIN1, /* in only */
	SMS_BINARY,
};

/* How much of the GSM default alphabet there is where it is written in another
 * one. */
enum gsm_subset {
	GSM_WHOLE,
	GSM_OF_LATIN1, /* what ISO 8859-1 has, too */
	GSM_OF_ASCII,
	GSM_NOTHING,
};

/* Has the subset all characters of a text? Says nothing of those that the
 * alphabet itself does not have. */
bool gsm_subset_has(enum gsm_subset subset, struct slice text);

/* The septets of one character, 1, or 2 with an escape; 0: the tables do not
 * have it. */
size_t gsm_character(struct gsm_tables tables, uint32_t code, char out[2]);

/* How many septets a text takes, escapes included; -1: it has characters that
 * are not in the tables. */
int gsm_count(struct gsm_tables tables, struct slice text,
	size_t *septets_r) MUST_CHECK;

/* Append the septets of a text; -1, with nothing appended, as above. */
int gsm_encode(struct str *out, struct gsm_tables tables,
	struct slice text) MUST_CHECK;

/* Append the text of septets. An escape with nothing known behind it is left
 * out, two are a space (section 6.2.1.1); octets from 0x80 are U+FFFD. */
void gsm_decode(
	struct str *out, struct gsm_tables tables, struct slice septets);

/* Append septets packed into octets (section 6.1.2.1.1), behind `fill` bits
 * that are zero (0 to 6). */
void gsm_pack(struct str *out, struct slice septets, unsigned fill);

/* Append up to `count` septets, one an octet, as far as there are any behind
 * the first `fill` bits. */
void gsm_unpack(
	struct str *out, struct slice packed, size_t count, unsigned fill);

/* The bits between a user data header of so many octets, its length included,
 * and the first septet behind it (3GPP TS 23.040 section 9.2.3.24). */
unsigned gsm_fill(size_t header);

/* How many units of 16 bits a text takes. */
size_t ucs2_count(struct slice text);

/* Append as UTF-16BE. */
void ucs2_encode(struct str *out, struct slice text);

/* Append the text of UTF-16BE. Surrogates without their other half, and half a
 * unit at the end, are U+FFFD; a byte order mark at the start is obeyed. */
void ucs2_decode(struct str *out, struct slice octets);

/* Append as ISO 8859-1; -1, with nothing appended, when it cannot hold it. */
int latin1_encode(struct str *out, struct slice text) MUST_CHECK;

/* Append the text of "Latin-1" as it is sent: lines that are UTF-8 as that, and
 * else windows-1252, which has characters where ISO 8859-1 has controls. */
void latin1_decode(struct str *out, struct slice octets);

/* The same for what says that it is UTF-8. */
void utf8_decode(struct str *out, struct slice octets);

#endif
