/*
 * A small configuration with every kind of row, for tests of the reader and
 * for its fuzzer.
 */
#ifndef TEST_CONFIG_SAMPLE_H
#define TEST_CONFIG_SAMPLE_H

#include <limits.h>

#include "base/config.h"

struct sample_network {
	char *host;
	int port;
	int tls;
	struct cfg_place place;
};

struct sample_irc {
	bool any_network;
	struct cfg_list networks; /* struct sample_network */
	struct {
		int burst;
		double rate;
	} flood;
	struct secret *password;
	struct cfg_place place;
};

struct sample_sms {
	char *country;
};

struct sample_gateway {
	char *type;
	char *jid;
	struct secret *secret;
	void *own;
	struct cfg_place place;
};

struct sample {
	struct {
		char *host;
		int port;
		struct cfg_place place;
	} xmpp;
	char *storage;
	struct cfg_list admins;
	struct cfg_list ports;
	bool verbose;
	double ratio;
	int level;
	int count;
	struct {
		char *cert;
		int days;
		struct cfg_list names;
		struct cfg_list numbers;
		struct {
			int depth;
		} inner;
	} optional;
	struct cfg_list gateways; /* struct sample_gateway */
};

static const char *const sample_tls[] = { "required", "starttls", "none",
	NULL };
static const char *const sample_levels[] = { "error", "warning", "info", NULL };

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct cfg_group sample_network_group = {
	.size = sizeof(struct sample_network),
	.place_offset = offsetof(struct sample_network, place),
	.items =
		(const struct cfg_item[]){
			{ .name = "host",
				.type = CFG_STRING,
				AT(sample_network, host),
				.flags = CFG_REQUIRED },
			{ .name = "port",
				.type = CFG_INT,
				AT(sample_network, port),
				.def = "6697",
				.min = 1,
				.max = 65535 },
			{ .name = "tls",
				.type = CFG_CHOICE,
				AT(sample_network, tls),
				.choices = sample_tls },
			{ .name = NULL },
		},
};

static const struct cfg_group sample_flood_group = {
	.items =
		(const struct cfg_item[]){
			{ .name = "burst",
				.type = CFG_INT,
				.offset = 0,
				.def = "5",
				.min = 0,
				.max = 1000,
				.unit = "lines",
				.flags = CFG_RELOADABLE,
				.help = "Lines sent at once." },
			{ .name = "rate",
				.type = CFG_REAL,
				.offset = offsetof(struct sample_irc,
						  flood.rate) -
					  offsetof(struct sample_irc, flood),
				.def = "0.5",
				.min = 0.01,
				.max = 1000,
				.unit = "lines per second" },
			{ .name = NULL },
		},
};

static int sample_irc_check(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct sample_irc *irc = data;

	if (irc->any_network || irc->networks.count > 0)
		return 0;
	*key_r = "any_network";
	*reason_r = "there is no network that could be reached";
	return -1;
}

static const struct cfg_group sample_irc_group = {
	.size = sizeof(struct sample_irc),
	.place_offset = offsetof(struct sample_irc, place),
	.check = sample_irc_check,
	.items =
		(const struct cfg_item[]){
			{ .name = "any_network",
				.type = CFG_BOOL,
				AT(sample_irc, any_network),
				.def = "true" },
			{ .name = "networks",
				.type = CFG_GROUP_LIST,
				AT(sample_irc, networks),
				.group = &sample_network_group },
			{ .name = "flood",
				.type = CFG_GROUP,
				AT(sample_irc, flood),
				.group = &sample_flood_group },
			{ .name = "password",
				.type = CFG_SECRET,
				AT(sample_irc, password) },
			{ .name = NULL },
		},
};

static const struct cfg_group sample_sms_group = {
	.size = sizeof(struct sample_sms),
	.items =
		(const struct cfg_item[]){
			{ .name = "country",
				.type = CFG_STRING,
				AT(sample_sms, country),
				.flags = CFG_REQUIRED },
			{ .name = NULL },
		},
};

static const struct cfg_group *sample_extend(
	const void *data, const char **reason_r)
{
	const struct sample_gateway *gateway = data;

	if (strcmp(gateway->type, "irc") == 0)
		return &sample_irc_group;
	if (strcmp(gateway->type, "sms") == 0)
		return &sample_sms_group;
	if (strcmp(gateway->type, "bare") != 0)
		*reason_r = "must be \"irc\", \"sms\" or \"bare\"";
	return NULL;
}

static const struct cfg_group sample_gateway_group = {
	.size = sizeof(struct sample_gateway),
	.place_offset = offsetof(struct sample_gateway, place),
	.extend = sample_extend,
	.extension_offset = offsetof(struct sample_gateway, own),
	.items =
		(const struct cfg_item[]){
			{ .name = "type",
				.type = CFG_STRING,
				AT(sample_gateway, type),
				.flags = CFG_REQUIRED },
			{ .name = "jid",
				.type = CFG_STRING,
				AT(sample_gateway, jid),
				.flags = CFG_REQUIRED },
			{ .name = "secret",
				.type = CFG_SECRET,
				AT(sample_gateway, secret),
				.flags = CFG_REQUIRED,
				.help = "Shared with the server." },
			{ .name = NULL },
		},
};

static const struct cfg_group sample_xmpp_group = {
	.place_offset = offsetof(struct sample, xmpp.place) -
			offsetof(struct sample, xmpp),
	.items =
		(const struct cfg_item[]){
			{ .name = "host",
				.type = CFG_STRING,
				.offset = 0,
				.def = "127.0.0.1",
				.help = ".Where the XMPP server - it \\ - "
					"listens." },
			{ .name = "port",
				.type = CFG_INT,
				.offset = offsetof(struct sample, xmpp.port) -
					  offsetof(struct sample, xmpp),
				.def = "5347",
				.min = 1,
				.max = 65535 },
			{ .name = NULL },
		},
};

#define AT_OPTIONAL(member)                                  \
	.offset = offsetof(struct sample, optional.member) - \
		  offsetof(struct sample, optional)

static const struct cfg_group sample_inner_group = {
	.items =
		(const struct cfg_item[]){
			{ .name = "depth",
				.type = CFG_INT,
				.offset = 0,
				.def = "3" },
			{ .name = NULL },
		},
};

static const struct cfg_group sample_optional_group = {
	.items =
		(const struct cfg_item[]){
			{ .name = "cert",
				.type = CFG_STRING,
				AT_OPTIONAL(cert),
				.flags = CFG_REQUIRED },
			{ .name = "days",
				.type = CFG_INT,
				AT_OPTIONAL(days),
				.def = "30",
				.min = 1,
				.max = INT_MAX,
				.unit = "days" },
			{ .name = "names",
				.type = CFG_STRING_LIST,
				AT_OPTIONAL(names),
				.def = "one, two,three" },
			{ .name = "numbers",
				.type = CFG_INT_LIST,
				AT_OPTIONAL(numbers),
				.def = "1,-2, 3" },
			{ .name = "inner",
				.type = CFG_GROUP,
				AT_OPTIONAL(inner),
				.group = &sample_inner_group },
			{ .name = NULL },
		},
};

static int sample_check(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct sample *s = data;

	if (s->count == 13) {
		*key_r = "count";
		*reason_r = "brings bad luck";
		return -1;
	}
	if (s->count == 14) {
		*reason_r = "all of it is wrong";
		return -1;
	}
	return 0;
}

static const struct cfg_group sample_group = {
	.size = sizeof(struct sample),
	.check = sample_check,
	.items =
		(const struct cfg_item[]){
			{ .name = "xmpp",
				.type = CFG_GROUP,
				AT(sample, xmpp),
				.group = &sample_xmpp_group },
			{ .name = "storage",
				.type = CFG_STRING,
				AT(sample, storage),
				.def = "sqlite:x.db" },
			{ .name = "admins",
				.type = CFG_STRING_LIST,
				AT(sample, admins) },
			{ .name = "ports",
				.type = CFG_INT_LIST,
				AT(sample, ports),
				.min = 1,
				.max = 65535 },
			{ .name = "verbose",
				.type = CFG_BOOL,
				AT(sample, verbose) },
			{ .name = "ratio",
				.type = CFG_REAL,
				AT(sample, ratio),
				.def = "0.25",
				.min = 0,
				.max = 1 },
			{ .name = "level",
				.type = CFG_CHOICE,
				AT(sample, level),
				.def = "info",
				.choices = sample_levels,
				.flags = CFG_RELOADABLE },
			{ .name = "count", .type = CFG_INT, AT(sample, count) },
			{ .name = "optional",
				.type = CFG_GROUP,
				AT(sample, optional),
				.group = &sample_optional_group },
			{ .name = "gateways",
				.type = CFG_GROUP_LIST,
				AT(sample, gateways),
				.group = &sample_gateway_group },
			{ .name = NULL },
		},
};

#endif
