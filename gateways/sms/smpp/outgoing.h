/*
 * One segment as a submit_sm (SMPP 3.4 section 4.4): addresses, alphabets,
 * headers and times as this SMSC wants them.
 */
#ifndef SMS_SMPP_OUTGOING_H
#define SMS_SMPP_OUTGOING_H

#include "base/macros.h"
#include "base/str.h"
#include "sms_carrier/carrier.h"
#include "sms_smpp/config.h"
#include "sms_smpp/pdu.h"

/* Where one is built; used again for the next. */
struct smpp_outgoing {
	struct smpp_pdu pdu; /* points into what follows */
	char source[NUMBER_SIZE + 1], destination[NUMBER_SIZE + 1];
	char validity[17];
	struct str message, text, tlvs;
	bool has_no_tlvs; /* the SMSC does not want optional parameters */
};

void smpp_outgoing_init(struct smpp_outgoing *o);
void smpp_outgoing_finish(struct smpp_outgoing *o);

/* Build `o->pdu`. -1, with the refusal, when that SMSC can't get it. */
int smpp_outgoing_build(struct smpp_outgoing *o,
	const struct smpp_config *config, const struct carrier_submit *submit,
	struct carrier_refusal *refusal_r) MUST_CHECK;

#endif
