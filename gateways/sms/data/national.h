/*
 * The alphabets of septets (3GPP TS 23.038 section 6.2.1 and annex A): the
 * default one and those of thirteen languages, each with a table for single
 * septets (a "locking shift" takes the place of the default alphabet) and one
 * for what follows an escape (a "single shift" takes the place of the default
 * extension). Tables and look-ups alone: alphabet.h does texts.
 */
#ifndef SMS_DATA_NATIONAL_H
#define SMS_DATA_NATIONAL_H

#include <stdint.h>

/* What stands before a septet of an extension. */
#define GSM_ESCAPE 0x1b

/* Numbered as in headers (section 6.2.1.2.4). */
enum language {
	LANGUAGE_DEFAULT,
	LANGUAGE_TURKISH,
	LANGUAGE_SPANISH, /* has no table for single septets */
	LANGUAGE_PORTUGUESE,
	LANGUAGE_BENGALI, /* and Assamese */
	LANGUAGE_GUJARATI,
	LANGUAGE_HINDI,
	LANGUAGE_KANNADA,
	LANGUAGE_MALAYALAM,
	LANGUAGE_ORIYA,
	LANGUAGE_PUNJABI,
	LANGUAGE_TAMIL,
	LANGUAGE_TELUGU,
	LANGUAGE_URDU,
	LANGUAGE_COUNT
};

/* Which tables a text is written with; all zero: the default ones. What is not
 * below LANGUAGE_COUNT means the default too. */
struct gsm_tables {
	unsigned char single, locking;
};

/* The ISO 639-1 code of a language, "" for the default; static. */
const char *language_code(enum language language);
/* The language of a code; -1: none. */
int language_by_code(const char *code);

/* The character of a septet, alone or after an escape; 0: it has none. */
uint32_t national_locking(unsigned language, unsigned char septet);
uint32_t national_single(unsigned language, unsigned char septet);

/* The septet of a character; -1: it has none. */
int national_find_locking(unsigned language, uint32_t code);
int national_find_single(unsigned language, uint32_t code);

#endif
