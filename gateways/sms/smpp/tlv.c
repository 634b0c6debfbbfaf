#include "sms_smpp/tlv.h"

#include <assert.h>

/* Tag and length. */
#define HEAD 4

static unsigned two_octets(const char *at)
{
	return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

bool smpp_tlv_next(struct slice *rest, struct smpp_tlv *tlv_r)
{
	size_t len;

	if (rest->len < HEAD)
		return false;
	len = two_octets(rest->data + 2);
	if (len > rest->len - HEAD)
		return false;
	tlv_r->tag = (uint16_t)two_octets(rest->data);
	tlv_r->value = slice_make(rest->data + HEAD, len);
	*rest = slice_make(rest->data + HEAD + len, rest->len - HEAD - len);
	return true;
}

bool smpp_tlv_is_whole(struct slice tlvs)
{
	struct smpp_tlv tlv;

	while (smpp_tlv_next(&tlvs, &tlv))
		;
	return tlvs.len < HEAD;
}

bool smpp_tlv_find(struct slice tlvs, uint16_t tag, struct slice *value_r)
{
	struct smpp_tlv tlv;

	while (smpp_tlv_next(&tlvs, &tlv)) {
		if (tlv.tag == tag) {
			*value_r = tlv.value;
			return true;
		}
	}
	return false;
}

bool smpp_tlv_number(struct slice tlvs, uint16_t tag, uint32_t *number_r)
{
	struct slice value;
	uint32_t number = 0;

	if (!smpp_tlv_find(tlvs, tag, &value) || value.len < 1 || value.len > 4)
		return false;
	for (size_t i = 0; i < value.len; i++)
		number = number << 8 | (unsigned char)value.data[i];
	*number_r = number;
	return true;
}

void smpp_tlv_add(struct str *out, uint16_t tag, struct slice value)
{
	char *at;

	if (value.len > UINT16_MAX) {
		out->overflow = true;
		return;
	}
	at = str_reserve(out, HEAD + value.len);
	if (at == NULL)
		return;
	at[0] = (char)(tag >> 8);
	at[1] = (char)tag;
	at[2] = (char)(value.len >> 8);
	at[3] = (char)value.len;
	if (value.len > 0)
		memcpy(at + HEAD, value.data, value.len);
	str_commit(out, HEAD + value.len);
}

void smpp_tlv_add_number(
	struct str *out, uint16_t tag, unsigned size, uint32_t number)
{
	char octets[4];

	assert(size >= 1 && size <= sizeof(octets));
	for (unsigned i = 0; i < size; i++)
		octets[i] = (char)(number >> 8 * (size - 1 - i));
	smpp_tlv_add(out, tag, slice_make(octets, size));
}
