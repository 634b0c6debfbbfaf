#include "sms_smpp/outgoing.h"

#include "base/encoding.h"
#include "sms_data/alphabet.h"
#include "sms_data/udh.h"
#include "sms_smpp/coding.h"
#include "sms_smpp/tlv.h"

#define DAY_S ((int64_t)24 * 3600)

/* What two digits of days and months can say, and any SMSC keeps. */
#define VALID_MAX_S (30 * DAY_S)
#define VALID_MIN_S 60

/* esm_class (section 5.2.12), registered_delivery (5.2.17). */
#define ESM_UDHI 0x40
#define REPORT   0x01

void smpp_outgoing_init(struct smpp_outgoing *o)
{
	*o = (struct smpp_outgoing){ .validity = "" };
	str_init(&o->message, SMPP_PDU_MAX);
	str_init(&o->text, SMPP_PDU_MAX);
	str_init(&o->tlvs, SMPP_PDU_MAX);
}

void smpp_outgoing_finish(struct smpp_outgoing *o)
{
	str_finish(&o->message);
	str_finish(&o->text);
	str_finish(&o->tlvs);
}

/* --- Parts --------------------------------------------------------------- */

static void put_address(const struct smpp_config *config, const char *number,
	char text[NUMBER_SIZE + 1], struct smpp_address *address_r)
{
	const struct {
		int ton, npi;
	} kinds[] = {
		[NUMBER_E164] = { config->number_ton, config->number_npi },
		[NUMBER_SHORT] = { config->short_ton, config->short_npi },
		[NUMBER_WORD] = { config->word_ton, config->word_npi },
		[NUMBER_HIDDEN] = { 0, 0 },
	};
	enum number_kind kind = number_kind(number);
	bool has_plus = kind == NUMBER_E164 && config->plus;

	text[0] = '\0';
	if (kind == NUMBER_WORD)
		number_title(number, text);
	else if (kind != NUMBER_HIDDEN)
		number_bare(number, text + has_plus);
	if (has_plus)
		text[0] = '+';
	*address_r = (struct smpp_address){
		.ton = (uint8_t)kinds[kind].ton,
		.npi = (uint8_t)kinds[kind].npi,
		.digits = slice_of(text),
	};
}

/* Relative: YYMMDDhhmmss000R (section 7.1.1.2). */
static void put_validity(int64_t valid_ms, char out[17])
{
	int64_t s = valid_ms / 1000;

	out[0] = '\0';
	if (valid_ms <= 0)
		return;
	s = s < VALID_MIN_S ? VALID_MIN_S : s;
	s = s > VALID_MAX_S ? VALID_MAX_S : s;
	(void)text_format(out, 17, "0000%02d%02d%02d%02d000R", (int)(s / DAY_S),
		(int)(s % DAY_S / 3600), (int)(s % 3600 / 60), (int)(s % 60));
}

static int refuse(struct carrier_refusal *refusal_r, enum sms_class class,
	const char *text)
{
	*refusal_r = (struct carrier_refusal){ .class = class, .text = text };
	return -1;
}

/* --- Optional parameters ------------------------------------------------- */

static void put_extras(
	struct smpp_outgoing *o, const struct smpp_config *config)
{
	for (size_t i = 0; i < config->extras.count; i++) {
		const struct smpp_extra *extra = config->extras.items[i];
		struct slice value = slice_of(extra->text);

		value.len++; /* with its NUL */
		if (extra->hex != NULL) {
			str_reset(&o->text);
			/* It was checked when it was read. */
			if (hex_decode(&o->text, slice_of(extra->hex)) != 0)
				continue;
			value = str_slice(&o->text);
		}
		smpp_tlv_add(&o->tlvs, (uint16_t)extra->tag, value);
	}
}

/* Instead of a header that says nothing else; false: it does. */
static bool put_sar(struct smpp_outgoing *o, struct slice header)
{
	struct udh udh;

	udh_read(header, &udh);
	if (udh.part.total < 2 || udh.has_ports || udh.tables.single != 0 ||
		udh.tables.locking != 0)
		return false;
	smpp_tlv_add_number(&o->tlvs, SMPP_TAG_SAR_REFERENCE, 2, udh.part.ref);
	smpp_tlv_add_number(&o->tlvs, SMPP_TAG_SAR_TOTAL, 1, udh.part.total);
	smpp_tlv_add_number(&o->tlvs, SMPP_TAG_SAR_NUMBER, 1, udh.part.number);
	return true;
}

/* --- All of it ----------------------------------------------------------- */

static void put_header(struct smpp_outgoing *o,
	const struct smpp_config *config, struct slice header)
{
	str_reset(&o->message);
	if (header.len == 0 || (config->segments == SMPP_SEGMENTS_SAR &&
				       !o->has_no_tlvs && put_sar(o, header)))
		return;
	str_add_char(&o->message, (char)header.len);
	str_add_slice(&o->message, header);
	o->pdu.esm_class |= ESM_UDHI;
}

static int put_message(struct smpp_outgoing *o,
	const struct smpp_config *config, const struct carrier_submit *submit,
	struct carrier_refusal *refusal_r)
{
	put_header(o, config, submit->header);
	if (smpp_coding_write(
		    &o->message, config, submit, &o->pdu.data_coding) != 0)
		return refuse(refusal_r, SMS_BAD_CONTENT,
			"the provider has no such characters");
	if (submit->header.len > UINT8_MAX || o->message.overflow ||
		o->message.len >
			(submit->text != NULL ? UINT16_MAX : SMPP_MESSAGE_MAX))
		return refuse(
			refusal_r, SMS_BAD_CONTENT, "the text is too long");
	if (submit->text != NULL)
		smpp_tlv_add(
			&o->tlvs, SMPP_TAG_PAYLOAD, str_slice(&o->message));
	else
		o->pdu.message = str_slice(&o->message);
	return 0;
}

/* A whole text, which the SMSC will cut, as one long segment. */
static void encode_text(struct smpp_outgoing *o,
	const struct smpp_config *config, struct carrier_submit *submit)
{
	static const struct gsm_tables usual;
	struct slice text = slice_of(submit->text);

	str_reset(&o->text);
	submit->header = slice_make("", 0);
	submit->alphabet = SMS_GSM;
	if (!gsm_subset_has(smpp_config_subset(config), text) ||
		gsm_encode(&o->text, usual, text) != 0) {
		submit->alphabet = SMS_UCS2;
		ucs2_encode(&o->text, text);
	}
	submit->data = str_slice(&o->text);
}

static int put_addresses(struct smpp_outgoing *o,
	const struct smpp_config *config, const struct carrier_submit *submit,
	struct carrier_refusal *refusal_r)
{
	put_address(config, submit->from, o->source, &o->pdu.source);
	put_address(config, submit->to, o->destination, &o->pdu.destination);
	if (o->pdu.source.digits.len > SMPP_ADDRESS_MAX)
		return refuse(refusal_r, SMS_BAD_SRC,
			"the sender's name is too long");
	if (o->pdu.destination.digits.len == 0 ||
		o->pdu.destination.digits.len > SMPP_ADDRESS_MAX)
		return refuse(
			refusal_r, SMS_BAD_DEST, "the receiver is no number");
	return 0;
}

int smpp_outgoing_build(struct smpp_outgoing *o,
	const struct smpp_config *config, const struct carrier_submit *submit,
	struct carrier_refusal *refusal_r)
{
	struct carrier_submit segment = *submit;

	o->pdu = (struct smpp_pdu){
		.command = SMPP_SUBMIT_SM,
		.service_type = slice_of(config->service_type),
		.esm_class = (uint8_t)config->mode,
		.registered_delivery = submit->wants_report ? REPORT : 0,
	};
	str_reset(&o->tlvs);
	if (smpp_config_has_tlvs(config) && !o->has_no_tlvs)
		put_extras(o, config);
	put_validity(submit->valid_ms, o->validity);
	o->pdu.validity = slice_of(o->validity);
	if (submit->text != NULL)
		encode_text(o, config, &segment);
	if (put_addresses(o, config, submit, refusal_r) != 0 ||
		put_message(o, config, &segment, refusal_r) != 0)
		return -1;
	o->pdu.tlvs = str_slice(&o->tlvs);
	return 0;
}
