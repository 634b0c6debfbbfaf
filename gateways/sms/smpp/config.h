/*
 * The operator's keys of one SMPP link.
 */
#ifndef SMS_SMPP_CONFIG_H
#define SMS_SMPP_CONFIG_H

#include <stdbool.h>

#include "base/config.h"
#include "sms_carrier/carrier.h"

/* How we bind. */
enum smpp_binding {
	SMPP_BINDING_TRANSCEIVER,
	SMPP_BINDING_PAIR, /* a transmitter and a receiver */
	SMPP_BINDING_TRANSMITTER,
	SMPP_BINDING_RECEIVER,
};

/* What data_coding 0 is over there. */
enum smpp_default_alphabet {
	SMPP_DEFAULT_GSM, /* a septet an octet */
	SMPP_DEFAULT_LATIN1,
	SMPP_DEFAULT_ASCII,
	SMPP_DEFAULT_PACKED, /* GSM, eight septets in seven octets */
};

/* How the segments of a text are told to belong together. */
enum smpp_segments {
	SMPP_SEGMENTS_UDH,     /* by user data headers */
	SMPP_SEGMENTS_SAR,     /* by optional parameters */
	SMPP_SEGMENTS_PAYLOAD, /* the SMSC cuts texts */
};

/* An optional parameter that every submit has. */
struct smpp_extra {
	int tag;
	char *text, *hex; /* one of them */
};

/* What a status means at this SMSC. */
struct smpp_meaning {
	int code;
	int class; /* enum sms_class */
};

/* Where the SMSC may connect to us, to be bound to (SMPP 3.4 section
 * 2.2.1). */
struct smpp_outbind_config {
	char *listen;
	int port; /* 0: nowhere */
	struct cfg_list peers;
	struct secret *password;
};

struct smpp_config {
	char *host;
	int port;
	int tls; /* enum smpp_tls */
	char *ca_file;
	bool verify;
	char *system_id;
	struct secret *password;
	char *system_type;
	int version; /* enum smpp_version */
	char *address_range;
	int range_ton, range_npi;
	int binding; /* enum smpp_binding */
	int binds;
	int window;
	double rate;
	int enquire_link, response_timeout, inactivity; /* seconds */
	char *service_type;
	bool plus;
	int number_ton, number_npi;
	int short_ton, short_npi;
	int word_ton, word_npi;
	int alphabet;             /* enum smpp_default_alphabet */
	int mode;                 /* of esm_class */
	int segments;             /* enum smpp_segments */
	struct cfg_list extras;   /* of struct smpp_extra */
	struct cfg_list meanings; /* of struct smpp_meaning */
	bool guesses_receipts;
	int utc_offset; /* minutes, of the times in receipts */
	struct smpp_outbind_config outbind;
};

enum smpp_tls { SMPP_TLS_REQUIRED, SMPP_TLS_NONE };
enum smpp_version { SMPP_VERSION_34, SMPP_VERSION_33, SMPP_VERSION_50 };

extern const struct cfg_group smpp_config_group;

/* interface_version of a bind: 0x33, 0x34, 0x50. */
unsigned char smpp_config_version(const struct smpp_config *config);

/* The class of a status here: as the operator says, or as usual. */
enum sms_class smpp_config_class(
	const struct smpp_config *config, uint32_t code);

/* What of the GSM alphabet can be sent with data_coding 0. */
enum gsm_subset smpp_config_subset(const struct smpp_config *config);

/* May optional parameters be sent? */
bool smpp_config_has_tlvs(const struct smpp_config *config);

#endif
