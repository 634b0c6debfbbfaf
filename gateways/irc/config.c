/*
 * The tables of the operator's keys. What a network leaves out is taken from
 * the gateway, so a network's defaults are values that say "not given".
 */
#include "irc/config.h"

#include <string.h>

#include "base/macros.h"
#include "net/resolve.h"

#define DEFAULT_NICKSERV "NickServ"
#define PORT_TLS         6697
#define PORT_PLAIN       6667

static const char *const long_message_names[] = { "split", "refuse", NULL };

static const struct cfg_item flood_items[] = {
	{ .name = "burst",
		.type = CFG_REAL,
		.def = "5",
		.max = 1000,
		.offset = offsetof(struct irc_flood_config, burst),
		.flags = CFG_RELOADABLE,
		.unit = "lines",
		.help = "Lines that may leave at once; 0: no limit." },
	{ .name = "rate",
		.type = CFG_REAL,
		.def = "0.5",
		.min = 0.01,
		.max = 1000,
		.offset = offsetof(struct irc_flood_config, rate),
		.flags = CFG_RELOADABLE,
		.unit = "lines per second",
		.help = "Lines per second after the burst." },
	{ .name = NULL },
};

static const struct cfg_group flood_group = {
	.items = flood_items,
	.size = sizeof(struct irc_flood_config),
};

static const struct cfg_item network_flood_items[] = {
	{ .name = "burst",
		.type = CFG_REAL,
		.def = "-1",
		.min = -1,
		.max = 1000,
		.offset = offsetof(struct irc_flood_config, burst),
		.flags = CFG_RELOADABLE,
		.unit = "lines",
		.help = "Lines that may leave at once; 0: no limit, "
			"-1: as the gateway says." },
	{ .name = "rate",
		.type = CFG_REAL,
		.def = "-1",
		.min = -1,
		.max = 1000,
		.offset = offsetof(struct irc_flood_config, rate),
		.flags = CFG_RELOADABLE,
		.unit = "lines per second",
		.help = "Lines per second after the burst; -1: as the gateway "
			"says." },
	{ .name = NULL },
};

static const struct cfg_group network_flood_group = {
	.items = network_flood_items,
	.size = sizeof(struct irc_flood_config),
};

static const struct cfg_item connects_items[] = {
	{ .name = "burst",
		.type = CFG_INT,
		.def = "5",
		.max = 10000,
		.offset = offsetof(struct irc_connects_config, burst),
		.flags = CFG_RELOADABLE,
		.unit = "connections",
		.help = "Users who may connect to one network at once; 0: no "
			"limit." },
	{ .name = "rate",
		.type = CFG_REAL,
		.def = "1",
		.min = 0.001,
		.max = 1000,
		.offset = offsetof(struct irc_connects_config, rate),
		.flags = CFG_RELOADABLE,
		.unit = "connections per second",
		.help = "Users per second after the burst; the others wait in "
			"line." },
	{ .name = NULL },
};

static const struct cfg_group connects_group = {
	.items = connects_items,
	.size = sizeof(struct irc_connects_config),
};

static const struct cfg_item network_connects_items[] = {
	{ .name = "burst",
		.type = CFG_INT,
		.def = "-1",
		.min = -1,
		.max = 10000,
		.offset = offsetof(struct irc_connects_config, burst),
		.flags = CFG_RELOADABLE,
		.unit = "connections",
		.help = "Users who may connect to this network at once; 0: no "
			"limit, -1: as the gateway says." },
	{ .name = "rate",
		.type = CFG_REAL,
		.def = "-1",
		.min = -1,
		.max = 1000,
		.offset = offsetof(struct irc_connects_config, rate),
		.flags = CFG_RELOADABLE,
		.unit = "connections per second",
		.help = "Users per second after the burst; the others wait in "
			"line; -1: as the gateway says." },
	{ .name = NULL },
};

static const struct cfg_group network_connects_group = {
	.items = network_connects_items,
	.size = sizeof(struct irc_connects_config),
};

#define NETWORK(field) .offset = offsetof(struct irc_network_config, field)

static const struct cfg_item network_items[] = {
	{ .name = "host",
		.type = CFG_STRING,
		NETWORK(host),
		.flags = CFG_REQUIRED | CFG_RELOADABLE,
		.help = "The name of the network in addresses, and the name "
			"its certificate must have." },
	{ .name = "name",
		.type = CFG_STRING,
		NETWORK(name),
		.flags = CFG_RELOADABLE,
		.help = "The name shown to people." },
	{ .name = "address",
		.type = CFG_STRING,
		NETWORK(address),
		.flags = CFG_RELOADABLE,
		.help = "Connect to this host or address instead; the outbound "
			"policy does not apply to it." },
	{ .name = "port",
		.type = CFG_INT,
		NETWORK(port),
		.max = 65535,
		.flags = CFG_RELOADABLE,
		.help = "The port; 0: 6697 with tls = \"required\", otherwise "
			"6667." },
	{ .name = "tls",
		.type = CFG_CHOICE,
		NETWORK(tls),
		.def = "required",
		.choices = tls_mode_names,
		.flags = CFG_RELOADABLE,
		.help = "TLS from the first byte, by STARTTLS, or none; there "
			"is no fall-back to clear text." },
	{ .name = "ca_file",
		.type = CFG_STRING,
		NETWORK(ca_file),
		.flags = CFG_RELOADABLE,
		.help = "Trusted certificates of this network." },
	{ .name = "verify",
		.type = CFG_BOOL,
		NETWORK(verify),
		.def = "true",
		.flags = CFG_RELOADABLE,
		.help = "Verify the certificate of this network." },
	{ .name = "server_password",
		.type = CFG_SECRET,
		NETWORK(server_password),
		.flags = CFG_RELOADABLE,
		.help = "Password of the server (PASS), for users who set "
			"none." },
	{ .name = "encoding",
		.type = CFG_STRING,
		NETWORK(encoding),
		.flags = CFG_RELOADABLE,
		.help = "Charset of incoming text that is not UTF-8." },
	{ .name = "flood",
		.type = CFG_GROUP,
		NETWORK(flood),
		.group = &network_flood_group,
		.flags = CFG_RELOADABLE,
		.help = "Flood control towards this network." },
	{ .name = "connects",
		.type = CFG_GROUP,
		NETWORK(connects),
		.group = &network_connects_group,
		.flags = CFG_RELOADABLE,
		.help = "How fast users connect to this network." },
	{ .name = "nickserv",
		.type = CFG_STRING,
		NETWORK(nickserv),
		.def = DEFAULT_NICKSERV,
		.flags = CFG_RELOADABLE,
		.help = "The service that users without a username log in to "
			"with IDENTIFY; empty: none." },
	{ .name = NULL },
};

static const struct cfg_group network_group = {
	.items = network_items,
	.size = sizeof(struct irc_network_config),
};

#define GATEWAY(field) .offset = offsetof(struct irc_config, field)

static const struct cfg_item gateway_items[] = {
	{ .name = "any_network",
		.type = CFG_BOOL,
		GATEWAY(any_network),
		.def = "true",
		.flags = CFG_RELOADABLE,
		.help = "May users reach networks that are not listed." },
	{ .name = "networks",
		.type = CFG_GROUP_LIST,
		GATEWAY(networks),
		.group = &network_group,
		.flags = CFG_RELOADABLE,
		.help = "Networks with settings of their own; users see them "
			"when they browse the gateway." },
	{ .name = "flood",
		.type = CFG_GROUP,
		GATEWAY(flood),
		.group = &flood_group,
		.flags = CFG_RELOADABLE,
		.help = "Flood control of every connection to a network." },
	{ .name = "connects",
		.type = CFG_GROUP,
		GATEWAY(connects),
		.group = &connects_group,
		.flags = CFG_RELOADABLE,
		.help = "How fast users connect to one network, all "
			"together." },
	{ .name = "encoding",
		.type = CFG_STRING,
		GATEWAY(encoding),
		.def = "windows-1252",
		.flags = CFG_RELOADABLE,
		.help = "Charset of incoming text that is not UTF-8." },
	{ .name = "long_message",
		.type = CFG_CHOICE,
		GATEWAY(long_message),
		.def = "split",
		.choices = long_message_names,
		.flags = CFG_RELOADABLE,
		.help = "What becomes of a message of more than long_lines "
			"lines: sent in pieces, or refused." },
	{ .name = "long_lines",
		.type = CFG_INT,
		GATEWAY(long_lines),
		.def = "5",
		.min = 1,
		.max = 100,
		.flags = CFG_RELOADABLE,
		.unit = "lines",
		.help = "Lines up to which a message is not long." },
	{ .name = "realname",
		.type = CFG_STRING,
		GATEWAY(realname),
		.flags = CFG_RELOADABLE,
		.help = "Real name of users who set none; empty: the nick." },
	{ .name = "ca_file",
		.type = CFG_STRING,
		GATEWAY(ca_file),
		.flags = CFG_RELOADABLE,
		.help = "Trusted certificates; empty: the system's." },
	{ .name = "verify",
		.type = CFG_BOOL,
		GATEWAY(verify),
		.def = "true",
		.flags = CFG_RELOADABLE,
		.help = "Verify the certificates of networks; false only for "
			"tests." },
	{ .name = NULL },
};

bool irc_is_host(const char *host)
{
	size_t len = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.");

	return len > 0 && host[len] == '\0' && host[0] != '-' &&
	       host[len - 1] != '.' && resolve_is_host(host);
}

static bool is_charset(const char *name)
{
	return name == NULL || name[0] == '\0' || charset_by_name(name) >= 0;
}

static const struct irc_network_config *network_at(
	const struct irc_config *config, size_t i)
{
	return config->networks.items[i];
}

static const char *wrong_network(const struct irc_config *config, size_t i)
{
	const struct irc_network_config *n = network_at(config, i);

	if (!irc_is_host(n->host))
		return "host must be a host name in lower case";
	if (!is_charset(n->encoding))
		return "encoding of a network is not a charset known here";
	for (size_t k = 0; k < i; k++) {
		if (strcmp(network_at(config, k)->host, n->host) == 0)
			return "two networks have the same host";
	}
	return NULL;
}

static int check(const void *data, const char **key_r, const char **reason_r)
{
	const struct irc_config *config = data;

	*key_r = "encoding";
	*reason_r = "is not a charset known here; allowed are windows-1252, "
		    "iso-8859-1, iso-8859-15, windows-1251, koi8-r";
	if (!is_charset(config->encoding))
		return -1;
	*key_r = "networks";
	for (size_t i = 0; i < config->networks.count; i++) {
		*reason_r = wrong_network(config, i);
		if (*reason_r != NULL)
			return -1;
	}
	return 0;
}

const struct cfg_group irc_config_group = {
	.items = gateway_items,
	.size = sizeof(struct irc_config),
	.check = check,
	.place_offset = offsetof(struct irc_config, place),
};

const struct irc_network_config *irc_network_find(
	const struct irc_config *config, const char *host)
{
	for (size_t i = 0; i < config->networks.count; i++) {
		const struct irc_network_config *n = network_at(config, i);

		if (strcmp(n->host, host) == 0)
			return n;
	}
	return NULL;
}

static const char *given(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static enum charset charset_of(const char *name)
{
	int charset = given(name) ? charset_by_name(name) : -1;

	return charset < 0 ? CHARSET_WINDOWS_1252 : (enum charset)charset;
}

static void apply_listed(
	struct irc_network *to, const struct irc_network_config *from)
{
	to->is_listed = true;
	if (given(from->name))
		to->title = from->name;
	to->address = given(from->address);
	to->tls = (enum tls_mode)from->tls;
	to->port = to->tls == TLS_REQUIRED ? PORT_TLS : PORT_PLAIN;
	if (from->port != 0)
		to->port = (uint16_t)from->port;
	if (given(from->ca_file))
		to->ca_file = from->ca_file;
	if (!from->verify)
		to->verify = false;
	if (given(from->encoding))
		to->charset = charset_of(from->encoding);
	if (from->flood.burst >= 0)
		to->burst = from->flood.burst;
	if (from->flood.rate > 0)
		to->rate = from->flood.rate;
	if (from->connects.burst >= 0)
		to->connects = from->connects.burst;
	if (from->connects.rate > 0)
		to->connect_rate = from->connects.rate;
	to->server_password = from->server_password;
	to->nickserv = given(from->nickserv);
}

void irc_network_get(const struct irc_config *config, const char *host,
	struct irc_network *network_r)
{
	const struct irc_network_config *listed =
		irc_network_find(config, host);

	*network_r = (struct irc_network){
		.host = host,
		.title = host,
		.port = PORT_TLS,
		.tls = TLS_REQUIRED,
		.ca_file = given(config->ca_file),
		.verify = config->verify,
		.charset = charset_of(config->encoding),
		.burst = config->flood.burst,
		.rate = config->flood.rate,
		.connects = config->connects.burst,
		.connect_rate = config->connects.rate,
		.nickserv = DEFAULT_NICKSERV,
	};
	if (listed != NULL)
		apply_listed(network_r, listed);
}
