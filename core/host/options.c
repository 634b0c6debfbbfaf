/*
 * The rows of the configuration file, and the checks between them.
 */
#include "host/options.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/dns.h"
#include "net/policy.h"
#include "net/tls.h"
#include "xmpp/jid.h"

#define AT(member) offsetof(struct options, member)

static const char *const level_names[] = { "error", "warning", "info", "debug",
	NULL };

static const struct cfg_item xmpp_items[] = {
	{ .name = "host",
		.type = CFG_STRING,
		.offset = AT(xmpp.host) - AT(xmpp),
		.def = "127.0.0.1",
		.help = "Host of the XMPP server's component port." },
	{ .name = "port",
		.type = CFG_INT,
		.offset = AT(xmpp.port) - AT(xmpp),
		.def = "5347",
		.min = 1,
		.max = 65535,
		.help = "The XMPP server's component port (XEP-0114)." },
	{ .name = NULL }
};
static const struct cfg_group xmpp_group = { .items = xmpp_items };

static const struct cfg_item secrets_items[] = {
	{ .name = "key_file",
		.type = CFG_STRING,
		.offset = AT(secrets.key_file) - AT(secrets),
		.def = "/var/lib/causeway/secret.key",
		.help = "Key that encrypts stored passwords; made on the first "
			"start with mode 0600. Keep a copy apart from the "
			"database's." },
	{ .name = NULL }
};
static const struct cfg_group secrets_group = { .items = secrets_items };

static const struct cfg_item access_items[] = {
	{ .name = "register",
		.type = CFG_STRING_LIST,
		.offset = AT(access.allow) - AT(access),
		.flags = CFG_RELOADABLE,
		.help = "Who may use the gateways: bare JIDs, domains, or "
			"\"*\". The default is the domain above each "
			"gateway's JID." },
	{ .name = "deny",
		.type = CFG_STRING_LIST,
		.offset = AT(access.deny) - AT(access),
		.flags = CFG_RELOADABLE,
		.help = "Bare JIDs and domains that may not, whatever "
			"\"register\" says." },
	{ .name = NULL }
};
static const struct cfg_group access_group = { .items = access_items };

static const struct cfg_item log_items[] = {
	{ .name = "level",
		.type = CFG_CHOICE,
		.offset = AT(log.level) - AT(log),
		.def = "info",
		.choices = level_names,
		.flags = CFG_RELOADABLE,
		.help = "How much goes to standard error." },
	{ .name = NULL }
};
static const struct cfg_group log_group = { .items = log_items };

static const struct cfg_item http_items[] = {
	{ .name = "listen",
		.type = CFG_STRING,
		.offset = AT(http.listen) - AT(http),
		.def = "127.0.0.1",
		.help = "Address of the HTTP server for /metrics and "
			"/healthz." },
	{ .name = "port",
		.type = CFG_INT,
		.offset = AT(http.port) - AT(http),
		.def = "0",
		.min = 0,
		.max = 65535,
		.help = "Its port; 0 turns it off." },
	{ .name = NULL }
};
static const struct cfg_group http_group = { .items = http_items };

static const struct cfg_item network_items[] = {
	{ .name = "allow",
		.type = CFG_STRING_LIST,
		.offset = AT(network.allow) - AT(network),
		.flags = CFG_RELOADABLE,
		.help = "Address ranges (\"10.0.0.0/8\") that hosts named by "
			"users may have although they are not public; open "
			"on every port." },
	{ .name = "ports",
		.type = CFG_INT_LIST,
		.offset = AT(network.ports) - AT(network),
		.min = 1,
		.max = 65535,
		.flags = CFG_RELOADABLE,
		.help = "Ports open on public addresses besides the usual "
			"ones of each protocol." },
	{ .name = "nameserver",
		.type = CFG_STRING,
		.offset = AT(network.nameserver) - AT(network),
		.help = "Name server to ask instead of the system's, as "
			"\"ADDRESS:PORT\"; the hosts file is not read then." },
	{ .name = "ca_file",
		.type = CFG_STRING,
		.offset = AT(network.ca_file) - AT(network),
		.help = "Trusted certificates of web servers from which files "
			"are fetched and to which they are uploaded; the "
			"system's by default." },
	{ .name = NULL }
};
static const struct cfg_group network_group = { .items = network_items };

static const struct cfg_item upload_items[] = {
	{ .name = "service",
		.type = CFG_STRING,
		.offset = AT(upload.service) - AT(upload),
		.help = "JID of the HTTP upload service (XEP-0363), for "
			"networks that carry files; IRC does not." },
	{ .name = NULL }
};
static const struct cfg_group upload_group = { .items = upload_items };

static const struct cfg_item archive_items[] = {
	{ .name = "enabled",
		.type = CFG_BOOL,
		.offset = AT(archive.enabled) - AT(archive),
		.def = "true",
		.help = "Keep messages for history and search (XEP-0313)." },
	{ .name = "days",
		.type = CFG_INT,
		.offset = AT(archive.days) - AT(archive),
		.def = "90",
		.min = 0,
		.max = 36500,
		.unit = "days",
		.flags = CFG_RELOADABLE,
		.help = "How long messages are kept; 0: for ever." },
	{ .name = NULL }
};
static const struct cfg_group archive_group = { .items = archive_items };

static const struct cfg_item contact_items[] = {
	{ .name = "abuse",
		.type = CFG_STRING_LIST,
		.offset = AT(contact.abuse) - AT(contact),
		.flags = CFG_RELOADABLE,
		.help = "Addresses (URIs) for reports of abuse, published by "
			"service discovery (XEP-0157)." },
	{ .name = "admin",
		.type = CFG_STRING_LIST,
		.offset = AT(contact.admin) - AT(contact),
		.flags = CFG_RELOADABLE,
		.help = "Addresses (URIs) of the administrators." },
	{ .name = "support",
		.type = CFG_STRING_LIST,
		.offset = AT(contact.support) - AT(contact),
		.flags = CFG_RELOADABLE,
		.help = "Addresses (URIs) where users find help." },
	{ .name = NULL }
};
static const struct cfg_group contact_group = { .items = contact_items };

#define GATEWAY_AT(member) offsetof(struct gateway_options, member)

static const struct cfg_item gateway_items[] = {
	{ .name = "type",
		.type = CFG_STRING,
		.offset = GATEWAY_AT(type),
		.flags = CFG_REQUIRED,
		.help = "Which network: \"irc\"." },
	{ .name = "jid",
		.type = CFG_STRING,
		.offset = GATEWAY_AT(jid),
		.flags = CFG_REQUIRED,
		.help = "The gateway's address, a domain that the XMPP server "
			"knows as a component." },
	{ .name = "secret",
		.type = CFG_SECRET,
		.offset = GATEWAY_AT(secret),
		.flags = CFG_REQUIRED,
		.help = "The secret shared with the XMPP server; "
			"secret_file = \"PATH\" reads it from a file." },
	{ .name = "register_required",
		.type = CFG_BOOL,
		.offset = GATEWAY_AT(register_required),
		.def = "false",
		.flags = CFG_RELOADABLE,
		.help = "Whether users must register before they use it; "
			"false: joining a channel is enough." },
	{ .name = "max_accounts",
		.type = CFG_INT,
		.offset = GATEWAY_AT(max_accounts),
		.def = "20",
		.min = 1,
		.max = 1000,
		.flags = CFG_RELOADABLE,
		.help = "Accounts (networks) of one user." },
	{ .name = "max_rooms",
		.type = CFG_INT,
		.offset = GATEWAY_AT(max_rooms),
		.def = "200",
		.min = 1,
		.max = 10000,
		.flags = CFG_RELOADABLE,
		.help = "Rooms that one account may be in." },
	{ .name = "sends_per_minute",
		.type = CFG_INT,
		.offset = GATEWAY_AT(sends_per_minute),
		.def = "120",
		.min = 0,
		.max = 1000000,
		.unit = "messages",
		.flags = CFG_RELOADABLE,
		.help = "Messages that one user may send in a minute, also all "
			"at once; 0: no limit besides the network's." },
	{ .name = "relays",
		.type = CFG_STRING_LIST,
		.offset = GATEWAY_AT(relays),
		.flags = CFG_RELOADABLE,
		.help = "Domains of services that stand between this gateway "
			"and their users, as Cheogram does before its SMS "
			"gateways. A message that went to several people is "
			"given to the domain, with the addresses of all "
			"(XEP-0033); nobody there is asked or invited "
			"anywhere, as such a service does not pass answers "
			"on." },
	{ .name = NULL }
};

const struct gateway_ops *options_ops(const struct gateway_options *g)
{
	for (size_t i = 0; gateway_list[i] != NULL; i++)
		if (strcmp(gateway_list[i]->name, g->type) == 0)
			return gateway_list[i];
	return NULL;
}

static const struct cfg_item no_items[] = { { .name = NULL } };
static const struct cfg_group no_group = { .items = no_items };

static const struct cfg_group *extend_gateway(
	const void *data, const char **reason_r)
{
	const struct gateway_ops *ops = options_ops(data);
	if (ops == NULL) {
		static char reason[256];
		struct str known = { .max = sizeof(reason) - 64 };
		for (size_t i = 0; gateway_list[i] != NULL; i++)
			str_addf(&known, "%s\"%s\"", i > 0 ? ", " : "",
				gateway_list[i]->name);
		text_format(reason, sizeof(reason),
			"this program has no gateway \"%.64s\"; it has %s",
			((const struct gateway_options *)data)->type,
			str_text(&known));
		str_finish(&known);
		*reason_r = reason;
		return NULL;
	}
	return ops->config != NULL ? ops->config : &no_group;
}

/* A JID that is nothing but a domain. */
static bool is_domain(const char *text)
{
	struct str out = { .max = LIMIT_JID_PART + 1 };
	bool good = strpbrk(text, "@/ ") == NULL &&
		    jid_prepare_domain(&out, slice_of(text)) == 0 &&
		    strcmp(str_text(&out), text) == 0;
	str_finish(&out);
	return good;
}

static int check_gateway(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct gateway_options *g = data;
	*key_r = "jid";
	*reason_r = "must be a domain in lower case, such as "
		    "\"irc.example.org\"";
	if (!is_domain(g->jid))
		return -1;
	*key_r = "relays";
	*reason_r = "must hold domains in lower case, such as "
		    "\"cheogram.example.org\"";
	for (size_t i = 0; i < g->relays.count; i++)
		if (!is_domain(g->relays.items[i]))
			return -1;
	return 0;
}

static const struct cfg_group gateway_group = {
	.items = gateway_items,
	.size = sizeof(struct gateway_options),
	.extend = extend_gateway,
	.extension_offset = GATEWAY_AT(own),
	.check = check_gateway,
	.place_offset = GATEWAY_AT(place),
};

static const struct cfg_item items[] = { { .name = "xmpp",
						 .type = CFG_GROUP,
						 .offset = AT(xmpp),
						 .group = &xmpp_group,
						 .help = "The XMPP server." },
	{ .name = "storage",
		.type = CFG_STRING,
		.offset = AT(storage),
		.def = "sqlite:/var/lib/causeway/causeway.db",
		.help = "Where accounts and messages are kept: "
			"\"sqlite:PATH\" or \"postgresql:CONNINFO\"." },
	{ .name = "secrets",
		.type = CFG_GROUP,
		.offset = AT(secrets),
		.group = &secrets_group,
		.help = "Encryption of stored passwords." },
	{ .name = "admins",
		.type = CFG_STRING_LIST,
		.offset = AT(admins),
		.flags = CFG_RELOADABLE,
		.help = "Bare JIDs that may use the administrators' "
			"commands." },
	{ .name = "access",
		.type = CFG_GROUP,
		.offset = AT(access),
		.group = &access_group,
		.help = "Who may use the gateways." },
	{ .name = "log",
		.type = CFG_GROUP,
		.offset = AT(log),
		.group = &log_group,
		.help = "The log." },
	{ .name = "http",
		.type = CFG_GROUP,
		.offset = AT(http),
		.group = &http_group,
		.help = "The HTTP server." },
	{ .name = "network",
		.type = CFG_GROUP,
		.offset = AT(network),
		.group = &network_group,
		.help = "Where connections may go when a user named the "
			"host." },
	{ .name = "upload",
		.type = CFG_GROUP,
		.offset = AT(upload),
		.group = &upload_group,
		.help = "File upload." },
	{ .name = "archive",
		.type = CFG_GROUP,
		.offset = AT(archive),
		.group = &archive_group,
		.help = "The archive of messages." },
	{ .name = "contact",
		.type = CFG_GROUP,
		.offset = AT(contact),
		.group = &contact_group,
		.help = "Addresses published for this service." },
	{ .name = "gateways",
		.type = CFG_GROUP_LIST,
		.offset = AT(gateways),
		.group = &gateway_group,
		.flags = CFG_REQUIRED,
		.help = "The gateways, each with a stream of its own." },
	{ .name = NULL } };

static int check_ranges(const struct cfg_list *ranges)
{
	struct policy *policy = policy_new();
	int result = 0;
	for (size_t i = 0; i < ranges->count && result == 0; i++)
		result = policy_allow(policy, ranges->items[i]);
	policy_free(&policy);
	return result;
}

static int check_gateways(
	const struct options *o, const char **key_r, const char **reason_r)
{
	*key_r = "gateways";
	if (o->gateways.count == 0) {
		*reason_r = "at least one gateway is needed";
		return -1;
	}
	for (size_t i = 0; i < o->gateways.count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct gateway_options *a = o->gateways.items[i];
			const struct gateway_options *b = o->gateways.items[j];
			if (strcmp(a->jid, b->jid) == 0) {
				*reason_r = "two gateways have the same jid";
				return -1;
			}
		}
	return 0;
}

/* Lists of people are compared with prepared JIDs, so they must be some. */
static int check_people(const struct cfg_list *list)
{
	struct arena arena;
	int result = 0;
	arena_init(&arena, 16 * KIB);
	for (size_t i = 0; i < list->count && result == 0; i++) {
		const char *text = list->items[i];
		struct jid jid;
		arena_reset(&arena);
		if (strcmp(text, "*") != 0 &&
			(jid_parse(&jid, slice_of(text), &arena) != 0 ||
				strcmp(jid.bare, text) != 0))
			result = -1;
	}
	arena_finish(&arena);
	return result;
}

static int check_access(
	const struct options *o, const char **key_r, const char **reason_r)
{
	const struct {
		const char *key;
		const struct cfg_list *list;
	} rows[] = { { "admins", &o->admins },
		{ "access.register", &o->access.allow },
		{ "access.deny", &o->access.deny } };
	for (size_t i = 0; i < COUNT(rows); i++)
		if (check_people(rows[i].list) != 0) {
			*key_r = rows[i].key;
			*reason_r = "must hold bare JIDs and domains in lower "
				    "case, such as \"admin@example.org\"";
			return -1;
		}
	return 0;
}

static int check_options(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct options *o = data;
	if (check_access(o, key_r, reason_r) != 0)
		return -1;
	if (strncmp(o->storage, "sqlite:", 7) != 0 &&
		strncmp(o->storage, "postgresql:", 11) != 0) {
		*key_r = "storage";
		*reason_r = "must begin with \"sqlite:\" or \"postgresql:\"";
		return -1;
	}
	if (check_ranges(&o->network.allow) != 0) {
		*key_r = "network.allow";
		*reason_r = "must hold address ranges such as "
			    "\"127.0.0.0/8\" or \"fd00::/8\"";
		return -1;
	}
	if (o->network.nameserver != NULL &&
		!dns_is_nameserver(o->network.nameserver)) {
		*key_r = "network.nameserver";
		*reason_r = "must be an address, such as \"127.0.0.1:53\" or "
			    "\"[::1]:53\"";
		return -1;
	}
	return check_gateways(o, key_r, reason_r);
}

const struct cfg_group options_group = {
	.items = items,
	.size = sizeof(struct options),
	.check = check_options,
};

struct options *options_load(const char *path, struct str *error)
{
	return cfg_load(path, &options_group, error);
}

void options_free(struct options **o)
{
	cfg_free(*o, &options_group);
	*o = NULL;
}
