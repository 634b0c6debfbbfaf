/*
 * Any octets as a PDU: what was read points into them, is written back, if it
 * keeps to the limits, and is read the same again.
 */
#include <assert.h>
#include <stdint.h>

#include "sms_smpp/pdu.h"
#include "sms_smpp/tlv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice part, struct slice whole)
{
	assert(part.len == 0 ||
		(part.data >= whole.data &&
			part.data + part.len <= whole.data + whole.len));
}

static void check_same(struct slice a, struct slice b)
{
	assert(a.len == b.len &&
		(a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
}

static void check_written(const struct smpp_pdu *pdu)
{
	struct smpp_pdu again;
	struct str out;

	str_init(&out, 2 * SMPP_PDU_MAX);
	if (smpp_pdu_encode(&out, pdu) == 0) {
		assert(smpp_pdu_length(str_slice(&out)) == (long)out.len);
		assert(smpp_pdu_decode(str_slice(&out), &again) == 0);
		assert(again.command == pdu->command);
		assert(again.status == pdu->status);
		assert(again.sequence == pdu->sequence);
		assert(again.esm_class == pdu->esm_class);
		assert(again.data_coding == pdu->data_coding);
		check_same(again.source.digits, pdu->source.digits);
		check_same(again.destination.digits, pdu->destination.digits);
		check_same(again.message, pdu->message);
		check_same(again.message_id, pdu->message_id);
		check_same(again.tlvs, pdu->tlvs);
	} else {
		assert(out.len == 0);
	}
	str_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size);
	struct smpp_pdu pdu;
	struct smpp_tlv tlv;
	struct slice rest;
	long len = smpp_pdu_length(in);

	assert(len <= (long)SMPP_PDU_MAX);
	if (size < SMPP_HEAD)
		return 0;
	if (smpp_pdu_decode(in, &pdu) != 0)
		return 0;
	check_inside(pdu.message, in);
	check_inside(pdu.message_id, in);
	check_inside(pdu.system_id, in);
	check_inside(pdu.source.digits, in);
	check_inside(pdu.validity, in);
	check_inside(pdu.tlvs, in);
	for (rest = pdu.tlvs; smpp_tlv_next(&rest, &tlv);)
		check_inside(tlv.value, in);
	check_written(&pdu);
	return 0;
}
