/*
 * The tables behind countries.h, sorted by code.
 */
#ifndef SMS_DATA_COUNTRY_TABLES_H
#define SMS_DATA_COUNTRY_TABLES_H

#include "sms_data/countries.h"

/* Bit 0 of numbering.lengths: they have all they will ever have. */
#define NUMBERING_SETTLED 1u

/* Each ends with a row of NULL. */
extern const struct numbering numbering_table[];
extern const struct country country_table[];

#endif
