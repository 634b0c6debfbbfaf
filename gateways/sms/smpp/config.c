#include "sms_smpp/config.h"

#include <stdint.h>
#include <string.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/slice.h"
#include "sms_smpp/status.h"

/* TLS from the first byte, or none: SMPP has no STARTTLS. */
static const char *const tls_names[] = { "required", "none", NULL };
static const char *const version_names[] = { "3.4", "3.3", "5.0", NULL };
static const char *const binding_names[] = { "transceiver", "pair",
	"transmitter", "receiver", NULL };
static const char *const alphabet_names[] = { "gsm", "latin1", "ascii",
	"packed", NULL };

static const char *const segments_names[] = { "udh", "sar", "payload", NULL };
/* In the order of enum sms_class. */
static const char *const class_names[] = { "ok", "retry", "throttle",
	"bad_dest", "bad_src", "bad_content", "blocked", "no_credit", "auth",
	"link", "perm", "stopped", "fault", NULL };

static const struct cfg_item extra_items[] = {
	{ .name = "tag",
		.type = CFG_INT,
		.offset = offsetof(struct smpp_extra, tag),
		.min = 1,
		.max = 65535,
		.flags = CFG_REQUIRED,
		.help = "Its tag; 0x1400 to 0x3FFF are the providers' own." },
	{ .name = "text",
		.type = CFG_STRING,
		.offset = offsetof(struct smpp_extra, text),
		.help = "Its value, as a text that ends with NUL." },
	{ .name = "hex",
		.type = CFG_STRING,
		.offset = offsetof(struct smpp_extra, hex),
		.help = "Its value, in hexadecimal digits." },
	{ .name = NULL },
};

static int check_extra(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct smpp_extra *extra = data;
	struct str octets = { .max = LIMIT_CONFIG_STRING };
	bool is_good = (extra->text == NULL) != (extra->hex == NULL);

	*key_r = "hex";
	*reason_r = "either text or hex is needed";
	if (is_good && extra->hex != NULL) {
		*reason_r = "is not hexadecimal";
		is_good = hex_decode(&octets, slice_of(extra->hex)) == 0;
	}
	str_finish(&octets);
	return is_good ? 0 : -1;
}

static const struct cfg_group extra_group = {
	.items = extra_items,
	.size = sizeof(struct smpp_extra),
	.check = check_extra,
};

static const struct cfg_item meaning_items[] = {
	{ .name = "code",
		.type = CFG_INT,
		.offset = offsetof(struct smpp_meaning, code),
		.min = 1,
		.max = INT32_MAX,
		.flags = CFG_REQUIRED,
		.help = "The status, such as 0x401." },
	{ .name = "class",
		.type = CFG_CHOICE,
		.offset = offsetof(struct smpp_meaning, class),
		.choices = class_names,
		.flags = CFG_REQUIRED,
		.help = "What is done about it." },
	{ .name = NULL },
};

static const struct cfg_group meaning_group = {
	.items = meaning_items,
	.size = sizeof(struct smpp_meaning),
};

#define OUTBIND(field) .offset = offsetof(struct smpp_outbind_config, field)

static const struct cfg_item outbind_items[] = {
	{ .name = "listen",
		.type = CFG_STRING,
		OUTBIND(listen),
		.def = "127.0.0.1",
		.help = "The address of this machine that the SMSC connects "
			"to." },
	{ .name = "port",
		.type = CFG_INT,
		OUTBIND(port),
		.max = 65535,
		.help = "The port there; 0: none." },
	{ .name = "peers",
		.type = CFG_STRING_LIST,
		OUTBIND(peers),
		.help = "The addresses it may come from; nobody else is "
			"listened to." },
	{ .name = "password",
		.type = CFG_SECRET,
		OUTBIND(password),
		.help = "What it has to say; empty: anything." },
	{ .name = NULL },
};

static const struct cfg_group outbind_group = {
	.items = outbind_items,
	.size = sizeof(struct smpp_outbind_config),
};

#define KEY(field) .offset = offsetof(struct smpp_config, field)

/* A type of number or a numbering plan (SMPP 3.4 sections 5.2.5, 5.2.6). */
#define KIND(key, field, value, words)                                      \
	{                                                                   \
		.name = (key), .type = CFG_INT, KEY(field), .def = (value), \
		.max = 255, .help = (words)                                 \
	}

static const struct cfg_item items[] = {
	{ .name = "host",
		.type = CFG_STRING,
		KEY(host),
		.flags = CFG_REQUIRED,
		.help = "The SMSC: a host name or an address." },
	{ .name = "port",
		.type = CFG_INT,
		KEY(port),
		.def = "2775",
		.min = 1,
		.max = 65535,
		.help = "Its port; that for TLS is the provider's choice." },
	{ .name = "tls",
		.type = CFG_CHOICE,
		KEY(tls),
		.def = "required",
		.choices = tls_names,
		.help = "TLS from the first byte, or none; there is no "
			"fall-back to clear text." },
	{ .name = "ca_file",
		.type = CFG_STRING,
		KEY(ca_file),
		.help = "Trusted certificates; empty: the system's." },
	{ .name = "verify",
		.type = CFG_BOOL,
		KEY(verify),
		.def = "true",
		.help = "Verify the certificate of the SMSC." },
	{ .name = "system_id",
		.type = CFG_STRING,
		KEY(system_id),
		.flags = CFG_REQUIRED,
		.help = "The account at the SMSC; at most 15 characters." },
	{ .name = "password",
		.type = CFG_SECRET,
		KEY(password),
		.help = "Its password; at most 8 characters." },
	{ .name = "system_type",
		.type = CFG_STRING,
		KEY(system_type),
		.help = "What the SMSC wants as system_type, if anything." },
	{ .name = "version",
		.type = CFG_CHOICE,
		KEY(version),
		.def = "3.4",
		.choices = version_names,
		.help = "The version of SMPP that is announced; with 3.3 no "
			"optional parameters are sent." },
	{ .name = "address_range",
		.type = CFG_STRING,
		KEY(address_range),
		.help = "The numbers whose texts are wanted, as the SMSC "
			"writes them; most need none." },
	KIND("range_ton", range_ton, "0",
		"The type of number of address_range."),
	KIND("range_npi", range_npi, "0",
		"The numbering plan of address_range."),
	{ .name = "bind",
		.type = CFG_CHOICE,
		KEY(binding),
		.def = "transceiver",
		.choices = binding_names,
		.help = "One session for both ways, a pair of transmitter and "
			"receiver, or one way alone." },
	{ .name = "binds",
		.type = CFG_INT,
		KEY(binds),
		.def = "1",
		.min = 1,
		.max = 16,
		.unit = "sessions",
		.help = "So many sessions, or pairs, are held at a time." },
	{ .name = "window",
		.type = CFG_INT,
		KEY(window),
		.def = "10",
		.min = 1,
		.max = 1000,
		.unit = "texts",
		.help = "Texts that may wait for an answer of the SMSC in one "
			"session." },
	{ .name = "rate",
		.type = CFG_REAL,
		KEY(rate),
		.def = "0",
		.max = 100000,
		.unit = "texts per second",
		.help = "Texts that are sent in a second over all sessions "
			"together; 0: as many as the window takes. A text of "
			"several segments counts several times." },
	{ .name = "enquire_link",
		.type = CFG_INT,
		KEY(enquire_link),
		.def = "30",
		.max = 86400,
		.unit = "seconds",
		.help = "After so much silence the SMSC is asked whether it "
			"is there, and given up after three times that; 0: "
			"never." },
	{ .name = "inactivity",
		.type = CFG_INT,
		KEY(inactivity),
		.def = "180",
		.max = 86400,
		.unit = "seconds",
		.help = "After so much silence the session is made anew; 0: "
			"never." },
	{ .name = "response_timeout",
		.type = CFG_INT,
		KEY(response_timeout),
		.def = "60",
		.min = 1,
		.max = 3600,
		.unit = "seconds",
		.help = "A text that is not answered in this time may or may "
			"not have been sent." },
	{ .name = "service_type",
		.type = CFG_STRING,
		KEY(service_type),
		.help = "What the SMSC wants as service_type, if anything." },
	{ .name = "plus",
		.type = CFG_BOOL,
		KEY(plus),
		.help = "Write numbers with a plus sign in front." },
	KIND("number_ton", number_ton, "1",
		"The type of number of international numbers."),
	KIND("number_npi", number_npi, "1",
		"The numbering plan of international numbers."),
	KIND("short_ton", short_ton, "3", "The type of number of short codes."),
	KIND("short_npi", short_npi, "0", "The numbering plan of short codes."),
	KIND("word_ton", word_ton, "5",
		"The type of number of senders that are words."),
	KIND("word_npi", word_npi, "0",
		"The numbering plan of senders that are words."),
	{ .name = "default_alphabet",
		.type = CFG_CHOICE,
		KEY(alphabet),
		.def = "gsm",
		.choices = alphabet_names,
		.help = "What data_coding 0 is at this SMSC: the alphabet of "
			"GSM in octets, Latin-1, ASCII, or the alphabet of "
			"GSM packed into septets. Texts with characters that "
			"it lacks go as UCS-2." },
	{ .name = "message_mode",
		.type = CFG_INT,
		KEY(mode),
		.def = "0",
		.max = 3,
		.help = "The lowest bits of esm_class: 0 as the SMSC likes, 3 "
			"store and forward." },
	{ .name = "long_texts",
		.type = CFG_CHOICE,
		KEY(segments),
		.def = "udh",
		.choices = segments_names,
		.help = "How texts of several segments are sent: with user "
			"data headers, with SAR parameters, or whole as "
			"message_payload, for the SMSC to cut." },
	{ .name = "parameters",
		.type = CFG_GROUP_LIST,
		KEY(extras),
		.group = &extra_group,
		.help = "Optional parameters that the provider wants with "
			"every text." },
	{ .name = "statuses",
		.type = CFG_GROUP_LIST,
		KEY(meanings),
		.group = &meaning_group,
		.help = "What the provider's own statuses mean." },
	{ .name = "guess_receipts",
		.type = CFG_BOOL,
		KEY(guesses_receipts),
		.help = "Take texts that read like receipts for receipts, "
			"marked or not. People can forge such texts." },
	{ .name = "utc_offset",
		.type = CFG_INT,
		KEY(utc_offset),
		.min = -840,
		.max = 840,
		.unit = "minutes",
		.help = "How far the SMSC's clock is before UTC in "
			"receipts." },
	{ .name = "outbind",
		.type = CFG_GROUP,
		KEY(outbind),
		.group = &outbind_group,
		.help = "Let the SMSC connect to us when it has texts." },
	{ .name = NULL },
};

/* Longer ones have no room in a bind (SMPP 3.4 section 4.1). */
static int check(const void *data, const char **key_r, const char **reason_r)
{
	const struct smpp_config *config = data;
	const struct {
		const char *key;
		size_t len, max;
		const char *reason;
	} texts[] = {
		{ "system_id", slice_of(config->system_id).len, 15,
			"is longer than 15 characters" },
		{ "password", secret_reveal(config->password).len, 8,
			"is longer than 8 characters" },
		{ "system_type", slice_of(config->system_type).len, 12,
			"is longer than 12 characters" },
		{ "address_range", slice_of(config->address_range).len, 40,
			"is longer than 40 characters" },
		{ "service_type", slice_of(config->service_type).len, 5,
			"is longer than 5 characters" },
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (texts[i].len > texts[i].max) {
			*key_r = texts[i].key;
			*reason_r = texts[i].reason;
			return -1;
		}
	}
	*key_r = "outbind";
	*reason_r = "needs peers";
	if (config->outbind.port != 0 && config->outbind.peers.count == 0)
		return -1;
	*key_r = "long_texts";
	*reason_r = "only \"udh\" is possible with version 3.3";
	if (config->segments != SMPP_SEGMENTS_UDH &&
		!smpp_config_has_tlvs(config))
		return -1;
	return 0;
}

const struct cfg_group smpp_config_group = {
	.items = items,
	.size = sizeof(struct smpp_config),
	.check = check,
};

unsigned char smpp_config_version(const struct smpp_config *config)
{
	static const unsigned char versions[] = {
		[SMPP_VERSION_34] = 0x34,
		[SMPP_VERSION_33] = 0x33,
		[SMPP_VERSION_50] = 0x50,
	};

	return versions[config->version];
}

enum sms_class smpp_config_class(
	const struct smpp_config *config, uint32_t code)
{
	for (size_t i = 0; i < config->meanings.count; i++) {
		const struct smpp_meaning *m = config->meanings.items[i];

		if ((uint32_t)m->code == code)
			return (enum sms_class)m->class;
	}
	return smpp_status_find(code)->class;
}

enum gsm_subset smpp_config_subset(const struct smpp_config *config)
{
	switch (config->alphabet) {
	case SMPP_DEFAULT_LATIN1:
		return GSM_OF_LATIN1;
	case SMPP_DEFAULT_ASCII:
		return GSM_OF_ASCII;
	default:
		return GSM_WHOLE;
	}
}

bool smpp_config_has_tlvs(const struct smpp_config *config)
{
	return config->version != SMPP_VERSION_33;
}
