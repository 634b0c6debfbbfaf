/*
 * ASCII digits as a number: a short code, or E.164 by one of the readings of
 * dialling.h. False: they are nothing of that.
 */
#ifndef SMS_DATA_NUMBER_ORDER_H
#define SMS_DATA_NUMBER_ORDER_H

#include "sms_data/number.h"

/* As a person writes them, without "+". */
bool number_order_typed(const struct number_place *place, const char *digits,
	char out[NUMBER_SIZE]);

/* As a network sends them. Its word for what they are is a hint: SMSCs say
 * "national" of international numbers and the other way round. */
bool number_order_received(const struct number_place *place,
	enum number_origin origin, const char *digits, char out[NUMBER_SIZE]);
/* ... by whatever reading gives one that is known. */
bool number_order_known(const struct number_place *place, const char *digits,
	number_known_fn known, void *arg, char out[NUMBER_SIZE]);
/* ... behind "+". */
bool number_order_with_plus(const struct number_place *place,
	const char *digits, char out[NUMBER_SIZE]);

#endif
