/*
 * Why a text failed, in numbers of the network and of the modem: what they
 * mean for the text, and in words for people. Pure.
 */
#ifndef SMS_MODEM_CAUSE_H
#define SMS_MODEM_CAUSE_H

#include <stdbool.h>

#include "sms_carrier/carrier.h"
#include "sms_modem/at.h"

struct cause {
	enum sms_class class;
	const char *words; /* static */
};

/* Of a command's failure: +CMS ERROR (27.005 section 3.2.5, which takes in the
 * causes of 24.011 Annex E and 23.040 section 9.2.3.22), +CME ERROR. */
struct cause cause_of_error(enum at_error error, int code);

/* The network did not answer: what was sent may have been taken. */
bool cause_is_silence(enum at_error error, int code);
/* There is no room for texts. */
bool cause_is_full(enum at_error error, int code);

struct cause_state {
	enum sms_state state;
	struct cause cause; /* of a failure */
};

/* Of a status report: TP-Status, 23.040 section 9.2.3.15. */
struct cause_state cause_of_status(unsigned status);

#endif
