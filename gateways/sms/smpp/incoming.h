/*
 * What an SMSC delivers (SMPP 3.4 sections 4.6, 4.7): a text, or a receipt,
 * in the terms of carrier.h.
 */
#ifndef SMS_SMPP_INCOMING_H
#define SMS_SMPP_INCOMING_H

#include "base/str.h"
#include "sms_carrier/carrier.h"
#include "sms_smpp/config.h"
#include "sms_smpp/pdu.h"
#include "sms_smpp/receipt.h"

enum smpp_incoming_kind {
	SMPP_INCOMING_TEXT,
	SMPP_INCOMING_REPORT,
	SMPP_INCOMING_NOTHING, /* that anybody could use */
};

/* Where one is read; used again for the next. */
struct smpp_incoming {
	/* One of the two, without its ticket; they point into what follows
	 * and into the PDU. */
	struct carrier_incoming text;
	struct carrier_report report;

	char from[66], to[66];
	char reason[SMPP_RECEIPT_TEXT];
	struct smpp_receipt receipt;
	struct str data; /* unpacked */
};

void smpp_incoming_init(struct smpp_incoming *in);
void smpp_incoming_finish(struct smpp_incoming *in);

/* Of a deliver_sm or data_sm. */
enum smpp_incoming_kind smpp_incoming_read(struct smpp_incoming *in,
	const struct smpp_config *config, const struct smpp_pdu *pdu);

#endif
