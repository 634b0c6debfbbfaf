/*
 * The tables behind national.h, as runs: what an annex prints as a column of
 * consecutive characters is one entry.
 */
#ifndef SMS_DATA_NATIONAL_TABLES_H
#define SMS_DATA_NATIONAL_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "sms_data/national.h"

/* The septets from `septet` stand for the code points from `code`. */
struct gsm_run {
	uint8_t septet, count;
	uint16_t code;
};

/* What it says itself goes before what the table says that it is based on;
 * a table without runs and base is empty. */
struct gsm_table {
	const struct gsm_run *runs;
	size_t count;
	const struct gsm_table *base;
};

extern const struct gsm_table gsm_locking[LANGUAGE_COUNT];
extern const struct gsm_table gsm_single[LANGUAGE_COUNT];

#endif
