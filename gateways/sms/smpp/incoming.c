#include "sms_smpp/incoming.h"

#include <string.h>

#include "sms_data/udh.h"
#include "sms_smpp/coding.h"
#include "sms_smpp/tlv.h"

/* esm_class of what is delivered (section 5.2.12). */
#define ESM_UDHI         0x40
#define ESM_TYPE         0x3c
#define ESM_RECEIPT      0x04
#define ESM_ACK          0x08 /* of the receiving device */
#define ESM_INTERMEDIATE 0x20

/* More digits than that are no short code, whatever the SMSC says. */
#define SHORT_MAX 8

void smpp_incoming_init(struct smpp_incoming *in)
{
	*in = (struct smpp_incoming){ .from = "" };
	str_init(&in->data, SMPP_PDU_MAX * 2);
}

void smpp_incoming_finish(struct smpp_incoming *in)
{
	str_finish(&in->data);
}

/* --- Addresses ----------------------------------------------------------- */

static enum number_origin origin_of(const struct smpp_address *address)
{
	switch (address->ton) {
	case 1:
		return NUMBER_INTERNATIONAL;
	case 2:
		return NUMBER_NATIONAL;
	case 3:
	case 6:
		return address->digits.len <= SHORT_MAX ? NUMBER_ABBREVIATED
							: NUMBER_ANY;
	case 5:
		return NUMBER_ALPHANUMERIC;
	default:
		return NUMBER_ANY;
	}
}

static struct carrier_address read_address(
	const struct smpp_address *address, char *text, size_t size)
{
	size_t len =
		address->digits.len < size - 1 ? address->digits.len : size - 1;

	if (len > 0)
		memcpy(text, address->digits.data, len);
	text[len] = '\0';
	return (struct carrier_address){ origin_of(address), text };
}

/* --- Receipts ------------------------------------------------------------ */

static void read_receipt(struct smpp_incoming *in,
	const struct smpp_config *config, const struct smpp_pdu *pdu,
	struct slice data)
{
	struct smpp_receipt *r = &in->receipt;

	smpp_receipt_init(r);
	smpp_receipt_read_tlvs(r, pdu->tlvs);
	if (smpp_coding_read(config, pdu->data_coding, 0, &data, &in->data) ==
		SMS_UCS2)
		smpp_receipt_read_wide(r, data);
	else
		smpp_receipt_read(r, data);
}

static enum smpp_incoming_kind tell_receipt(struct smpp_incoming *in,
	const struct smpp_config *config, const struct smpp_pdu *pdu)
{
	const struct smpp_receipt *r = &in->receipt;

	if (!r->has_state)
		return SMPP_INCOMING_NOTHING;
	smpp_receipt_reason(r, in->reason);
	in->report = (struct carrier_report){
		.id = r->id,
		.to = read_address(&pdu->source, in->from, sizeof(in->from)),
		.state = r->state,
		.class = smpp_receipt_class(r),
		.text = in->reason[0] != '\0' ? in->reason : NULL,
		.wall_ms = r->done_ms == 0
				   ? 0
				   : r->done_ms - (int64_t)config->utc_offset *
							  60000,
	};
	return SMPP_INCOMING_REPORT;
}

/* --- Texts --------------------------------------------------------------- */

/* In optional parameters (section 5.3.2.22 to .24); what contradicts itself
 * is no part of anything. */
static struct carrier_part read_sar(struct slice tlvs)
{
	uint32_t ref, total, number;

	if (!smpp_tlv_number(tlvs, SMPP_TAG_SAR_REFERENCE, &ref) ||
		!smpp_tlv_number(tlvs, SMPP_TAG_SAR_TOTAL, &total) ||
		!smpp_tlv_number(tlvs, SMPP_TAG_SAR_NUMBER, &number) ||
		total < 2 || total > 255 || number < 1 || number > total)
		return (struct carrier_part){ .total = 0 };
	return (struct carrier_part){
		.total = total,
		.number = number,
		.ref = ref & 0xffff,
		.method = 's',
	};
}

static void read_text(struct smpp_incoming *in,
	const struct smpp_config *config, const struct smpp_pdu *pdu,
	struct slice header, struct slice data)
{
	struct carrier_incoming *text = &in->text;
	struct udh udh;

	udh_read(header, &udh);
	*text = (struct carrier_incoming){
		.from = read_address(&pdu->source, in->from, sizeof(in->from)),
		.to = read_address(&pdu->destination, in->to, sizeof(in->to)),
		.header = header,
		.part = udh.part.total > 1 ? udh.part : read_sar(pdu->tlvs),
	};
	text->alphabet = smpp_coding_read(config, pdu->data_coding,
		header.len > 0 ? header.len + 1 : 0, &data, &in->data);
	text->data = data;
}

/* --- All of it ----------------------------------------------------------- */

static bool is_receipt(const struct smpp_config *config,
	const struct smpp_pdu *pdu, struct slice data)
{
	unsigned type = pdu->esm_class & ESM_TYPE;

	if ((type & (ESM_RECEIPT | ESM_INTERMEDIATE)) != 0 || type == ESM_ACK)
		return true;
	return config->guesses_receipts && type == 0 &&
	       smpp_receipt_looks(data);
}

enum smpp_incoming_kind smpp_incoming_read(struct smpp_incoming *in,
	const struct smpp_config *config, const struct smpp_pdu *pdu)
{
	struct slice header = slice_make("", 0);
	struct slice data = pdu->message;

	str_reset(&in->data);
	if (data.len == 0 && !smpp_tlv_find(pdu->tlvs, SMPP_TAG_PAYLOAD, &data))
		data = slice_make("", 0);
	/* A header that is longer than all is none. */
	if ((pdu->esm_class & ESM_UDHI) != 0 &&
		udh_split(data, &header, &data) != 0)
		header = slice_make("", 0);
	if (is_receipt(config, pdu, data)) {
		read_receipt(in, config, pdu, data);
		return tell_receipt(in, config, pdu);
	}
	read_text(in, config, pdu, header, data);
	return SMPP_INCOMING_TEXT;
}
