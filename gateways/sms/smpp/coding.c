#include "sms_smpp/coding.h"

#include <string.h>

#include "sms_data/alphabet.h"
#include "sms_data/udh.h"

#define CODING_DEFAULT 0x00
#define CODING_ASCII   0x01
#define CODING_LATIN1  0x03
#define CODING_BINARY  0x04
#define CODING_UCS2    0x08

/* A text of one segment, in UTF-8. */
#define TEXT_MAX 2048

/* --- Out ----------------------------------------------------------------- */

/* Septets with all their escapes as characters of another alphabet. */
static int write_latin1(struct str *out, const struct carrier_submit *submit,
	unsigned char last)
{
	struct str text, octets;
	struct udh udh;
	int result;

	udh_read(submit->header, &udh);
	str_init(&text, TEXT_MAX);
	str_init(&octets, TEXT_MAX);
	gsm_decode(&text, udh.tables, submit->data);
	result = latin1_encode(&octets, str_slice(&text));
	for (size_t i = 0; i < octets.len && result == 0; i++) {
		if ((unsigned char)octets.data[i] > last)
			result = -1;
	}
	if (result == 0)
		str_add_slice(out, str_slice(&octets));
	str_finish(&text);
	str_finish(&octets);
	return result;
}

static int write_gsm(struct str *out, const struct smpp_config *config,
	const struct carrier_submit *submit)
{
	switch (config->alphabet) {
	case SMPP_DEFAULT_LATIN1:
		return write_latin1(out, submit, 0xff);
	case SMPP_DEFAULT_ASCII:
		return write_latin1(out, submit, 0x7f);
	case SMPP_DEFAULT_PACKED:
		gsm_pack(out, submit->data, gsm_fill(out->len));
		return 0;
	default:
		str_add_slice(out, submit->data);
		return 0;
	}
}

int smpp_coding_write(struct str *out, const struct smpp_config *config,
	const struct carrier_submit *submit, uint8_t *coding_r)
{
	static const uint8_t codings[] = {
		[SMS_GSM] = CODING_DEFAULT,
		[SMS_UCS2] = CODING_UCS2,
		[SMS_LATIN1] = CODING_LATIN1,
		[SMS_BINARY] = CODING_BINARY,
	};

	*coding_r = codings[submit->alphabet];
	if (submit->alphabet == SMS_GSM)
		return write_gsm(out, config, submit);
	str_add_slice(out, submit->data);
	return 0;
}

/* --- In ------------------------------------------------------------------ */

static enum sms_alphabet read_default(const struct smpp_config *config,
	size_t header, struct slice *data, struct str *out)
{
	unsigned fill = gsm_fill(header);

	switch (config->alphabet) {
	case SMPP_DEFAULT_LATIN1:
	case SMPP_DEFAULT_ASCII:
		return SMS_LATIN1;
	case SMPP_DEFAULT_PACKED:
		/* Seven zero bits at the end may be "@" or nothing. */
		if (data->len > 0)
			gsm_unpack(
				out, *data, (data->len * 8 - fill) / 7, fill);
		*data = str_slice(out);
		return SMS_GSM;
	default:
		return SMS_GSM;
	}
}

/* Some say ASCII and mean septets, which have characters where ASCII has
 * controls; the others are the same but for a few. */
static enum sms_alphabet read_ascii(struct slice data)
{
	for (size_t i = 0; i < data.len; i++) {
		unsigned char c = (unsigned char)data.data[i];

		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t')
			return SMS_GSM;
	}
	return SMS_LATIN1;
}

/* The groups of 3GPP TS 23.038; 0x00 to 0x0F are SMPP's own. */
static enum sms_alphabet read_group(uint8_t coding)
{
	switch (coding >> 4) {
	case 0x1: /* with a class */
		return (coding & 0x0c) == 0x04   ? SMS_BINARY
		       : (coding & 0x0c) == 0x08 ? SMS_UCS2
						 : SMS_GSM;
	case 0xc: /* message waiting */
	case 0xd:
		return SMS_GSM;
	case 0xe:
		return SMS_UCS2;
	case 0xf:
		return (coding & 0x04) != 0 ? SMS_BINARY : SMS_GSM;
	default:
		return SMS_BINARY;
	}
}

enum sms_alphabet smpp_coding_read(const struct smpp_config *config,
	uint8_t coding, size_t header, struct slice *data, struct str *out)
{
	enum sms_alphabet alphabet;

	switch (coding) {
	case CODING_DEFAULT:
		return read_default(config, header, data, out);
	case CODING_ASCII:
		return read_ascii(*data);
	case CODING_LATIN1:
		return SMS_LATIN1;
	case CODING_UCS2:
		return SMS_UCS2;
	default:
		alphabet = read_group(coding);
		return alphabet == SMS_GSM
			       ? read_default(config, header, data, out)
			       : alphabet;
	}
}
