/*
 * The optional parameters at the end of a PDU (SMPP 3.4 section 5.3): a tag
 * of two octets, a length of two, a value. Any tag may come, several times,
 * with any value; readers take what they know.
 */
#ifndef SMS_SMPP_TLV_H
#define SMS_SMPP_TLV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/* SMPP 3.4 section 5.3.2; the congestion state is of SMPP 5.0. */
enum smpp_tag {
	SMPP_TAG_STATUS_TEXT = 0x001D, /* additional_status_info_text */
	SMPP_TAG_RECEIPTED_ID = 0x001E,
	SMPP_TAG_REFERENCE = 0x0204, /* user_message_reference */
	SMPP_TAG_SOURCE_PORT = 0x020A,
	SMPP_TAG_DESTINATION_PORT = 0x020B,
	SMPP_TAG_SAR_REFERENCE = 0x020C,
	SMPP_TAG_SAR_TOTAL = 0x020E,
	SMPP_TAG_SAR_NUMBER = 0x020F,
	SMPP_TAG_SC_VERSION = 0x0210, /* sc_interface_version */
	SMPP_TAG_NETWORK_ERROR = 0x0423,
	SMPP_TAG_PAYLOAD = 0x0424,
	SMPP_TAG_FAILURE_REASON = 0x0425,
	SMPP_TAG_MORE_MESSAGES = 0x0426,
	SMPP_TAG_STATE = 0x0427,
	SMPP_TAG_CONGESTION = 0x0428,
};

struct smpp_tlv {
	uint16_t tag;
	struct slice value;
};

/* Cut the first off `*rest`. False when there is none, or when it runs past
 * the end: then `*rest` is not empty. */
bool smpp_tlv_next(struct slice *rest, struct smpp_tlv *tlv_r);

/* Does none run past the end? Fewer octets behind the last than a parameter
 * needs are no harm: some SMSCs end with a NUL too many. */
bool smpp_tlv_is_whole(struct slice tlvs);

/* The value of the first with this tag. */
bool smpp_tlv_find(struct slice tlvs, uint16_t tag, struct slice *value_r);

/* The same as a number, of one to four octets; false for any other. */
bool smpp_tlv_number(struct slice tlvs, uint16_t tag, uint32_t *number_r);

/* Append one; longer values than a length can say set `overflow`. */
void smpp_tlv_add(struct str *out, uint16_t tag, struct slice value);

/* Append a number of `size` octets, one to four. */
void smpp_tlv_add_number(
	struct str *out, uint16_t tag, unsigned size, uint32_t number);

#endif
