/*
 * What a class of refusal, or a state of a receipt, means: is it tried again,
 * and what is the user told?
 */
#ifndef SMS_FATE_H
#define SMS_FATE_H

#include "api/types.h"
#include "sms_carrier/carrier.h"

#define FATE_ALWAYS 0xffffffffu

struct fate {
	const char *name; /* for logs */
	enum gw_reason reason;
	const char *words; /* for the user; the network's own follow */
	unsigned tries;    /* again by the same route; FATE_ALWAYS: as long as
			      it is worth sending */
	bool moves;        /* ... and by the next one, if nothing of the message
			      was taken by this one */
};

/* `is_own`: at a user's own account at a provider. */
const struct fate *fate_of_class(enum sms_class class, bool is_own);

/* Of a receipt; NULL: it says nothing final. `reason` is GW_OK for
 * SMS_DELIVERED. */
const struct fate *fate_of_state(enum sms_state state);

#endif
