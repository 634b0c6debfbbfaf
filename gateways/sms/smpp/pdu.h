/*
 * The PDUs of SMPP 3.4 (section 3.2 and 4) that an ESME sends and receives,
 * as bytes and as a struct, by one table of fields. Knows the layout, not
 * what it means.
 *
 * Whoever reads is lenient where SMSCs are sloppy: a response may end early,
 * texts may be longer than allowed, optional parameters may be anything.
 * Whoever writes keeps to the limits.
 */
#ifndef SMS_SMPP_PDU_H
#define SMS_SMPP_PDU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* SMPP 3.4 section 5.1.2.1. */
enum smpp_command {
	SMPP_BIND_RECEIVER = 0x00000001,
	SMPP_BIND_TRANSMITTER = 0x00000002,
	SMPP_SUBMIT_SM = 0x00000004,
	SMPP_DELIVER_SM = 0x00000005,
	SMPP_UNBIND = 0x00000006,
	SMPP_BIND_TRANSCEIVER = 0x00000009,
	SMPP_OUTBIND = 0x0000000B,
	SMPP_ENQUIRE_LINK = 0x00000015,
	SMPP_ALERT_NOTIFICATION = 0x00000102,
	SMPP_DATA_SM = 0x00000103,
};

/* The response to a command has its number and this bit; alone it is
 * generic_nack. */
#define SMPP_RESPONSE     0x80000000u
#define SMPP_GENERIC_NACK SMPP_RESPONSE

/* Sequence numbers run from 1 to this, and from 1 again (section 5.1.4). */
#define SMPP_SEQUENCE_MAX 0x7FFFFFFFu

#define SMPP_HEAD    16
/* A whole PDU: a message_payload of 64 KiB and some more. Beyond that nobody
 * can tell where the next begins. */
#define SMPP_PDU_MAX ((size_t)68 * 1024)

/* Longest texts, without NUL. */
#define SMPP_ID_MAX      64u
#define SMPP_ADDRESS_MAX 20u
/* Longest short_message. */
#define SMPP_MESSAGE_MAX 254u

struct smpp_address {
	uint8_t ton, npi; /* sections 5.2.5, 5.2.6 */
	struct slice digits;
};

/* Fields that a command has not are empty. Slices point into what was
 * decoded, and live as long as it. */
struct smpp_pdu {
	uint32_t command, status, sequence;
	/* Binds and outbind. */
	struct slice system_id, password, system_type, address_range;
	uint8_t interface_version, range_ton, range_npi;
	/* Messages. */
	struct slice service_type;
	struct smpp_address source, destination;
	uint8_t esm_class, protocol_id, priority, registered_delivery;
	uint8_t replace, data_coding, default_message;
	struct slice schedule, validity;
	struct slice message; /* short_message */
	struct slice message_id;
	struct slice tlvs; /* optional parameters, see tlv.h */
};

/* Octets of the PDU that `in` begins with; 0: not enough are there to tell;
 * -1: it can't be one, and what follows is no use either. */
long smpp_pdu_length(struct slice in);

/* Take exactly one PDU of at least SMPP_HEAD octets apart. Returns 0, or the
 * status to refuse it with: 0x03 for an unknown command, 0x02 when it ends in
 * the middle of something. Command, status and sequence are valid anyway. */
uint32_t smpp_pdu_decode(struct slice whole, struct smpp_pdu *pdu);

/* Append. -1, and nothing appended, when a field is longer than allowed or
 * `out` has no room. */
int smpp_pdu_encode(struct str *out, const struct smpp_pdu *pdu) MUST_CHECK;

/* "submit_sm"; "" of an unknown command. */
const char *smpp_command_name(uint32_t command);

#endif
