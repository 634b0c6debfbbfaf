/*
 * Any octets as the body of a deliver_sm or data_sm, by an SMSC of any
 * alphabet: a text or a receipt comes out whose parts make sense.
 */
#include <assert.h>
#include <stdint.h>

#include "sms_smpp/incoming.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct carrier_incoming *text)
{
	assert(text->from.text != NULL && text->to.text != NULL);
	assert(text->from.origin <= NUMBER_ALPHANUMERIC);
	assert(text->part.total < 2 ||
		(text->part.number >= 1 &&
			text->part.number <= text->part.total));
	assert(text->data.len <= 2 * SMPP_PDU_MAX);
}

static void check_report(const struct carrier_report *report)
{
	assert(report->state < SMS_STATE_COUNT);
	assert(report->class < SMS_CLASS_COUNT);
	assert(strlen(report->id) <= SMPP_ID_MAX);
	for (const char *c = report->id; *c != '\0'; c++)
		assert(*c >= 0x20 && *c < 0x7f);
}

/* The first octet chooses the alphabet and the command. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smpp_config config = { .binds = 1 };
	struct smpp_incoming in;
	struct smpp_pdu pdu;

	if (size < 1 + SMPP_HEAD)
		return 0;
	config.alphabet = data[0] % 4;
	if (smpp_pdu_decode(
		    slice_make((const char *)data + 1, size - 1), &pdu) != 0)
		return 0;
	smpp_incoming_init(&in);
	switch (smpp_incoming_read(&in, &config, &pdu)) {
	case SMPP_INCOMING_TEXT:
		check_text(&in.text);
		break;
	case SMPP_INCOMING_REPORT:
		check_report(&in.report);
		break;
	case SMPP_INCOMING_NOTHING:
		break;
	}
	smpp_incoming_finish(&in);
	return 0;
}
