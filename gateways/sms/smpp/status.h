/*
 * What the status of a response means (SMPP 3.4 section 5.1.3, and the codes
 * that 5.0 added): its name, what is to be done, and words for people.
 */
#ifndef SMS_SMPP_STATUS_H
#define SMS_SMPP_STATUS_H

#include <stdint.h>

#include "sms_carrier/carrier.h"

/* Those that we send, or do something about. */
enum {
	SMPP_ROK = 0x00,
	SMPP_RINVCMDLEN = 0x02,
	SMPP_RINVCMDID = 0x03,
	SMPP_RINVBNDSTS = 0x04,
	SMPP_RINVPASWD = 0x0E,
	SMPP_RX_T_APPN = 0x64, /* give it again later */
	SMPP_RINVTLVSTREAM = 0xC0,
	SMPP_RMISSINGTLV = 0xC3,
	SMPP_RINVTLVVAL = 0xC4, /* the last about optional parameters */
	SMPP_RINVDCS = 0x104,
};

struct smpp_status {
	uint32_t code;
	const char *name; /* without "ESME_"; NULL: not in the standard */
	enum sms_class class;
	const char *words;
};

/* Of any code. */
const struct smpp_status *smpp_status_find(uint32_t code);

/* "the words (SMPP 0x0B RINVDSTADR)". */
#define SMPP_STATUS_TEXT 160
void smpp_status_text(uint32_t code, char out[SMPP_STATUS_TEXT]);

#endif
