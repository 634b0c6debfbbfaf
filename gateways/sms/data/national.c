/*
 * Tables are looked up by going through their runs: a few dozen, in texts of a
 * few hundred characters. Only the default alphabet is hot, and most of it is
 * ASCII in its own place.
 */
#include "sms_data/national.h"

#include <string.h>

#include "base/macros.h"
#include "sms_data/national_tables.h"

static const char *const codes[] = {
	[LANGUAGE_DEFAULT] = "",
	[LANGUAGE_TURKISH] = "tr",
	[LANGUAGE_SPANISH] = "es",
	[LANGUAGE_PORTUGUESE] = "pt",
	[LANGUAGE_BENGALI] = "bn",
	[LANGUAGE_GUJARATI] = "gu",
	[LANGUAGE_HINDI] = "hi",
	[LANGUAGE_KANNADA] = "kn",
	[LANGUAGE_MALAYALAM] = "ml",
	[LANGUAGE_ORIYA] = "or",
	[LANGUAGE_PUNJABI] = "pa",
	[LANGUAGE_TAMIL] = "ta",
	[LANGUAGE_TELUGU] = "te",
	[LANGUAGE_URDU] = "ur",
};

_Static_assert(COUNT(codes) == LANGUAGE_COUNT, "every language has a code");

const char *language_code(enum language language)
{
	return codes[language];
}

int language_by_code(const char *code)
{
	for (int i = LANGUAGE_DEFAULT + 1; i < LANGUAGE_COUNT; i++)
		if (strcmp(codes[i], code) == 0)
			return i;
	return -1;
}

static uint32_t character(const struct gsm_table *t, unsigned char septet)
{
	for (; t != NULL; t = t->base)
		for (size_t i = 0; i < t->count; i++) {
			const struct gsm_run *run = &t->runs[i];

			if (septet >= run->septet &&
				septet - run->septet < run->count)
				return run->code + (uint32_t)septet -
				       run->septet;
		}
	return 0;
}

/* What a table bases on is hidden where the table says something else. */
static int find(const struct gsm_table *table, uint32_t code)
{
	for (const struct gsm_table *t = table; t != NULL; t = t->base)
		for (size_t i = 0; i < t->count; i++) {
			const struct gsm_run *run = &t->runs[i];

			if (code < run->code || code - run->code >= run->count)
				continue;
			unsigned char septet =
				(unsigned char)(run->septet + code - run->code);
			if (t == table || character(table, septet) == code)
				return septet;
		}
	return -1;
}

static unsigned known(unsigned language)
{
	return language < LANGUAGE_COUNT ? language : LANGUAGE_DEFAULT;
}

uint32_t national_locking(unsigned language, unsigned char septet)
{
	return character(&gsm_locking[known(language)], septet);
}

uint32_t national_single(unsigned language, unsigned char septet)
{
	return character(&gsm_single[known(language)], septet);
}

int national_find_locking(unsigned language, uint32_t code)
{
	return find(&gsm_locking[known(language)], code);
}

int national_find_single(unsigned language, uint32_t code)
{
	return find(&gsm_single[known(language)], code);
}
