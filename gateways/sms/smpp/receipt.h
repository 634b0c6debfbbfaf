/*
 * Delivery receipts (SMPP 3.4 appendix B and section 5.3.2): what an SMSC
 * says in the text of one, in any order and with anything missing, and in
 * optional parameters, which are right when both say something.
 */
#ifndef SMS_SMPP_RECEIPT_H
#define SMS_SMPP_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "sms_carrier/carrier.h"

/* An id may have 64 characters; what is longer is cut here as there. */
#define SMPP_RECEIPT_ID    65
#define SMPP_RECEIPT_TEXT  100
#define SMPP_RECEIPT_ERROR 16

struct smpp_receipt {
	char id[SMPP_RECEIPT_ID]; /* "": it has none */
	bool has_state;
	enum sms_state state;
	char error[SMPP_RECEIPT_ERROR]; /* of "err:", or "" */
	bool has_network_error;
	unsigned network;      /* network_error_code: 3 is GSM */
	unsigned network_code; /* ... and what it says */
	int64_t done_ms;       /* of "done date:", as if it were UTC; 0 */
	char words[SMPP_RECEIPT_TEXT]; /* additional_status_info_text, or "" */
};

/* An empty one. */
void smpp_receipt_init(struct smpp_receipt *r);

/* Add what the text says, unless the receipt has that already. The text is in
 * ASCII or what contains it; every other octet is none of ours. */
void smpp_receipt_read(struct smpp_receipt *r, struct slice text);

/* The same of a text in UTF-16BE. */
void smpp_receipt_read_wide(struct smpp_receipt *r, struct slice text);

/* What optional parameters say; before the text, as they are right. */
void smpp_receipt_read_tlvs(struct smpp_receipt *r, struct slice tlvs);

/* Does a text that is not marked as a receipt read like one? */
bool smpp_receipt_looks(struct slice text);

/* What the network's own code says about a failure; SMS_OK: nothing. */
enum sms_class smpp_receipt_class(const struct smpp_receipt *r);

/* The network's words and codes, for people; "" when there are none. */
void smpp_receipt_reason(
	const struct smpp_receipt *r, char out[SMPP_RECEIPT_TEXT]);

/* Copy octets as a text that can be stored, compared and shown: what is not
 * printable ASCII becomes "?", what does not fit is cut. */
void smpp_printable(char *out, size_t size, struct slice octets);

#endif
