#include "sms_smpp/pdu.h"

#include <stddef.h>

#include "sms_smpp/tlv.h"

/* SMPP 3.4 section 5.1.3. */
#define ROK         0x00
#define INVALID_LEN 0x02 /* ESME_RINVCMDLEN */
#define INVALID_ID  0x03 /* ESME_RINVCMDID */

/* --- The table ----------------------------------------------------------- */

enum field_kind {
	OCTET,
	TEXT,  /* ends with NUL */
	BYTES, /* an octet says how many */
};

struct field {
	enum field_kind kind;
	unsigned short max; /* octets, without NUL */
	size_t offset;      /* in struct smpp_pdu */
};

#define FIELD(kind, max, name)                             \
	{                                                  \
		kind, max, offsetof(struct smpp_pdu, name) \
	}
/* Section 4.1. */
static const struct field bind_fields[] = {
	FIELD(TEXT, 15, system_id),
	FIELD(TEXT, 8, password),
	FIELD(TEXT, 12, system_type),
	FIELD(OCTET, 1, interface_version),
	FIELD(OCTET, 1, range_ton),
	FIELD(OCTET, 1, range_npi),
	FIELD(TEXT, 40, address_range),
};

static const struct field bind_resp_fields[] = {
	FIELD(TEXT, 15, system_id),
};

/* Section 4.1.7. */
static const struct field outbind_fields[] = {
	FIELD(TEXT, 15, system_id),
	FIELD(TEXT, 8, password),
};

/* Sections 4.4.1, 4.6.1. */
static const struct field message_fields[] = {
	FIELD(TEXT, 5, service_type),
	FIELD(OCTET, 1, source.ton),
	FIELD(OCTET, 1, source.npi),
	FIELD(TEXT, SMPP_ADDRESS_MAX, source.digits),
	FIELD(OCTET, 1, destination.ton),
	FIELD(OCTET, 1, destination.npi),
	FIELD(TEXT, SMPP_ADDRESS_MAX, destination.digits),
	FIELD(OCTET, 1, esm_class),
	FIELD(OCTET, 1, protocol_id),
	FIELD(OCTET, 1, priority),
	FIELD(TEXT, 16, schedule),
	FIELD(TEXT, 16, validity),
	FIELD(OCTET, 1, registered_delivery),
	FIELD(OCTET, 1, replace),
	FIELD(OCTET, 1, data_coding),
	FIELD(OCTET, 1, default_message),
	FIELD(BYTES, SMPP_MESSAGE_MAX, message),
};

static const struct field message_resp_fields[] = {
	FIELD(TEXT, SMPP_ID_MAX, message_id),
};

/* Section 4.7.1. */
static const struct field data_fields[] = {
	FIELD(TEXT, 5, service_type),
	FIELD(OCTET, 1, source.ton),
	FIELD(OCTET, 1, source.npi),
	FIELD(TEXT, 64, source.digits),
	FIELD(OCTET, 1, destination.ton),
	FIELD(OCTET, 1, destination.npi),
	FIELD(TEXT, 64, destination.digits),
	FIELD(OCTET, 1, esm_class),
	FIELD(OCTET, 1, registered_delivery),
	FIELD(OCTET, 1, data_coding),
};

/* Section 4.12.1. */
static const struct field alert_fields[] = {
	FIELD(OCTET, 1, source.ton),
	FIELD(OCTET, 1, source.npi),
	FIELD(TEXT, 64, source.digits),
	FIELD(OCTET, 1, destination.ton),
	FIELD(OCTET, 1, destination.npi),
	FIELD(TEXT, 64, destination.digits),
};

struct shape {
	uint32_t command;
	const char *name;
	const struct field *fields;
	size_t count;
};

#define RESP(command) ((uint32_t)(command) | SMPP_RESPONSE)
#define FIELDS(array) array, COUNT(array)
#define SHAPE(cmd, name, f)          \
	{                            \
		cmd, name, FIELDS(f) \
	}
#define EMPTY(cmd, name)           \
	{                          \
		cmd, name, NULL, 0 \
	}

/* The frequent ones first. */
static const struct shape shapes[] = {
	SHAPE(SMPP_SUBMIT_SM, "submit_sm", message_fields),
	SHAPE(RESP(SMPP_SUBMIT_SM), "submit_sm_resp", message_resp_fields),
	SHAPE(SMPP_DELIVER_SM, "deliver_sm", message_fields),
	SHAPE(RESP(SMPP_DELIVER_SM), "deliver_sm_resp", message_resp_fields),
	SHAPE(SMPP_DATA_SM, "data_sm", data_fields),
	SHAPE(RESP(SMPP_DATA_SM), "data_sm_resp", message_resp_fields),
	EMPTY(SMPP_ENQUIRE_LINK, "enquire_link"),
	EMPTY(RESP(SMPP_ENQUIRE_LINK), "enquire_link_resp"),
	SHAPE(SMPP_BIND_RECEIVER, "bind_receiver", bind_fields),
	SHAPE(RESP(SMPP_BIND_RECEIVER), "bind_receiver_resp", bind_resp_fields),
	SHAPE(SMPP_BIND_TRANSMITTER, "bind_transmitter", bind_fields),
	SHAPE(RESP(SMPP_BIND_TRANSMITTER), "bind_transmitter_resp",
		bind_resp_fields),
	SHAPE(SMPP_BIND_TRANSCEIVER, "bind_transceiver", bind_fields),
	SHAPE(RESP(SMPP_BIND_TRANSCEIVER), "bind_transceiver_resp",
		bind_resp_fields),
	SHAPE(SMPP_OUTBIND, "outbind", outbind_fields),
	EMPTY(SMPP_UNBIND, "unbind"),
	EMPTY(RESP(SMPP_UNBIND), "unbind_resp"),
	SHAPE(SMPP_ALERT_NOTIFICATION, "alert_notification", alert_fields),
	EMPTY(SMPP_GENERIC_NACK, "generic_nack"),
};

static const struct shape *shape_of(uint32_t command)
{
	for (size_t i = 0; i < COUNT(shapes); i++) {
		if (shapes[i].command == command)
			return &shapes[i];
	}
	return NULL;
}

const char *smpp_command_name(uint32_t command)
{
	const struct shape *shape = shape_of(command);

	return shape != NULL ? shape->name : "";
}

/* --- Numbers ------------------------------------------------------------- */

static uint32_t read_four(const char *at)
{
	const unsigned char *octets = (const unsigned char *)at;

	return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
	       (uint32_t)octets[2] << 8 | octets[3];
}

static void write_four(char *at, uint32_t number)
{
	at[0] = (char)(number >> 24);
	at[1] = (char)(number >> 16);
	at[2] = (char)(number >> 8);
	at[3] = (char)number;
}

/* --- In ------------------------------------------------------------------ */

long smpp_pdu_length(struct slice in)
{
	uint32_t len;

	if (in.len < 4)
		return 0;
	len = read_four(in.data);
	if (len < SMPP_HEAD || len > SMPP_PDU_MAX)
		return -1;
	return (long)len;
}

static void skip(struct slice *rest, size_t len)
{
	rest->data += len;
	rest->len -= len;
}

static int read_text(struct slice *rest, bool is_lenient, struct slice *text_r)
{
	const char *end = memchr(rest->data, '\0', rest->len);

	if (end == NULL && !is_lenient)
		return -1;
	*text_r = slice_make(rest->data,
		end != NULL ? (size_t)(end - rest->data) : rest->len);
	skip(rest, end != NULL ? text_r->len + 1 : rest->len);
	return 0;
}

static int read_bytes(struct slice *rest, struct slice *bytes_r)
{
	size_t len = (unsigned char)rest->data[0];

	if (len > rest->len - 1)
		return -1;
	*bytes_r = slice_make(rest->data + 1, len);
	skip(rest, len + 1);
	return 0;
}

/* One that is not empty: `*rest` has an octet at least. */
static int read_field(struct slice *rest, const struct field *field,
	bool is_lenient, struct smpp_pdu *pdu)
{
	char *at = (char *)pdu + field->offset;

	switch (field->kind) {
	case TEXT:
		return read_text(rest, is_lenient, (struct slice *)(void *)at);
	case BYTES:
		return read_bytes(rest, (struct slice *)(void *)at);
	case OCTET:
		break;
	}
	*at = rest->data[0];
	skip(rest, 1);
	return 0;
}

uint32_t smpp_pdu_decode(struct slice whole, struct smpp_pdu *pdu)
{
	const struct shape *shape;
	struct slice rest = whole;
	bool is_lenient;

	*pdu = (struct smpp_pdu){
		.command = read_four(whole.data + 4),
		.status = read_four(whole.data + 8),
		.sequence = read_four(whole.data + 12),
	};
	shape = shape_of(pdu->command);
	if (shape == NULL)
		return INVALID_ID;
	skip(&rest, SMPP_HEAD);
	is_lenient = (pdu->command & SMPP_RESPONSE) != 0;
	for (size_t i = 0; i < shape->count; i++) {
		if (rest.len == 0)
			return is_lenient ? ROK : INVALID_LEN;
		if (read_field(&rest, &shape->fields[i], is_lenient, pdu) != 0)
			return INVALID_LEN;
	}
	pdu->tlvs = rest;
	/* Half a parameter at the end of a response harms nobody. */
	if (!is_lenient && !smpp_tlv_is_whole(rest))
		return INVALID_LEN;
	return ROK;
}

/* --- Out ----------------------------------------------------------------- */

static int write_field(
	struct str *out, const struct field *field, const struct smpp_pdu *pdu)
{
	const char *at = (const char *)pdu + field->offset;
	const struct slice *value = (const void *)at;

	if (field->kind == OCTET) {
		str_add_char(out, *at);
		return 0;
	}
	if (value->len > field->max)
		return -1;
	if (field->kind == BYTES)
		str_add_char(out, (char)value->len);
	else if (value->len > 0 && memchr(value->data, '\0', value->len))
		return -1;
	str_add_slice(out, *value);
	if (field->kind == TEXT)
		str_add_char(out, '\0');
	return 0;
}

static int write_fields(
	struct str *out, const struct shape *shape, const struct smpp_pdu *pdu)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (write_field(out, &shape->fields[i], pdu) != 0)
			return -1;
	}
	return 0;
}

int smpp_pdu_encode(struct str *out, const struct smpp_pdu *pdu)
{
	const struct shape *shape = shape_of(pdu->command);
	size_t start = out->len;
	bool was_full = out->overflow;
	char head[SMPP_HEAD] = { 0 };

	if (shape == NULL || was_full)
		return -1;
	str_add_bytes(out, head, sizeof(head));
	if (write_fields(out, shape, pdu) != 0)
		out->overflow = true;
	str_add_slice(out, pdu->tlvs);
	if (out->overflow || out->len - start > SMPP_PDU_MAX) {
		str_truncate(out, start);
		out->overflow = false;
		return -1;
	}
	write_four(out->data + start, (uint32_t)(out->len - start));
	write_four(out->data + start + 4, pdu->command);
	write_four(out->data + start + 8, pdu->status);
	write_four(out->data + start + 12, pdu->sequence);
	return 0;
}
