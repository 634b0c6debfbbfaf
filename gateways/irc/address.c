/*
 * The split is at the last '%': a host name never holds one. The escape is
 * injective: '%' becomes \25, and a backslash becomes \5c exactly where what
 * follows would make it read as an escape.
 */
#include "irc/address.h"

#include <string.h>
#include <strings.h>

#include "base/slice.h"
#include "base/str.h"
#include "irc/config.h"

#define NAME_MAX_BYTES 200 /* CHANNELLEN and NICKLEN of servers: <= 200 */

static const char reason_host[] = "This is not the host name of an IRC "
				  "network. Write it like irc.libera.chat.";
static const char reason_nick[] = "An IRC nick cannot be written like this. "
				  "Check the address.";
static const char reason_channel[] =
	"An IRC channel cannot be written like this. Check the address.";
static const char reason_syntax[] =
	"Write #channel%network, nick%network or network, for example "
	"#debian%irc.oftc.net.";

/* --- Hosts --------------------------------------------------------------- */

/* The networks of a gateway that permits no others, in one sentence. */
static const char *only_these(const struct irc_config *config)
{
	static char text[1024];
	size_t used;

	(void)text_copy(text, sizeof(text),
		"This gateway reaches only these networks:");
	for (size_t i = 0; i < config->networks.count; i++) {
		const struct irc_network_config *n = config->networks.items[i];

		used = strlen(text);
		if (!text_format(text + used, sizeof(text) - used, "%s %s",
			    i > 0 ? "," : "", n->host))
			break;
	}
	used = strlen(text);
	(void)text_copy(text + used, sizeof(text) - used, ".");
	return text;
}

/* A host name in the one form that addresses use. One without a dot that the
 * configuration does not know is a slip: such as a nick. */
static int read_host(const struct irc_config *config, const char *text,
	char *out, size_t size, const char **reason_r)
{
	struct slice host = slice_trim(slice_of(text));

	if (host.len > 1 && host.data[host.len - 1] == '.')
		host.len--;
	*reason_r = reason_host;
	if (host.len >= size)
		return -1;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.data[i];

		out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	out[host.len] = '\0';
	if (!irc_is_host(out))
		return -1;
	return strchr(out, '.') != NULL || irc_network_find(config, out) != NULL
		       ? 0
		       : -1;
}

int irc_canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	const struct irc_config *config = gw->config;

	if (read_host(config, text, out, size, reason_r) != 0)
		return -1;
	if (config->any_network || irc_network_find(config, out) != NULL)
		return 0;
	*reason_r = only_these(config);
	return -1;
}

bool irc_known_account(const struct gw *gw, size_t index,
	const char **account_r, const char **title_r)
{
	const struct irc_config *config = gw->config;
	const struct irc_network_config *n;

	if (index >= config->networks.count)
		return false;
	n = config->networks.items[index];
	*account_r = n->host;
	*title_r = n->name != NULL && n->name[0] != '\0' ? n->name : n->host;
	return true;
}

/* --- Names --------------------------------------------------------------- */

static bool is_channel(const char *name)
{
	return name[0] != '\0' && strchr(IRC_CHANNEL_STARTS, name[0]) != NULL;
}

static bool has_any(const char *text, const char *bytes)
{
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c == 0x7f || strchr(bytes, *p) != NULL)
			return true;
	}
	return false;
}

/* nick!user@host: whom a ban is about. It is written to nobody. */
static bool is_mask(const char *name)
{
	const char *user = strchr(name, '!');

	return user != NULL && user != name && strchr(user, '@') != NULL;
}

/* NULL when `name` can be a channel or nick, otherwise why not. */
static const char *wrong_name(const char *name)
{
	size_t len = strlen(name);

	if (is_channel(name))
		return len > 1 && len <= NAME_MAX_BYTES && !has_any(name, ",")
			       ? NULL
			       : reason_channel;
	if (len == 0 || len > NAME_MAX_BYTES || name[0] == ':' ||
		has_any(name, is_mask(name) ? "," : ",!@*?"))
		return reason_nick;
	return NULL;
}

static bool starts_escape(const char *p)
{
	return strncmp(p, "25", 2) == 0 || strncmp(p, "5c", 2) == 0;
}

/* -1 when `text` does not fit. */
static int unescape(struct slice text, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '\\' && text.len - i > 2 &&
			starts_escape(text.data + i + 1)) {
			c = text.data[i + 1] == '2' ? '%' : '\\';
			i += 2;
		}
		if (used + 1 >= size)
			return -1;
		out[used++] = c;
	}
	out[used] = '\0';
	return 0;
}

static int set_name(
	struct gw_address *out, struct slice name, const char **reason_r)
{
	*reason_r = reason_nick;
	if (unescape(name, out->name, sizeof(out->name)) != 0)
		return -1;
	*reason_r = wrong_name(out->name);
	if (*reason_r != NULL)
		return -1;
	out->kind = is_channel(out->name) ? GW_ROOM : GW_PERSON;
	return 0;
}

/* Name and host, cut apart at `at`; `at` NULL: a host alone. */
static int set_address(const struct gw *gw, const char *text, const char *at,
	struct gw_address *out, const char **reason_r)
{
	const char *host = at != NULL ? at + 1 : text;

	out->kind = GW_NETWORK;
	out->name[0] = '\0';
	if (read_host(gw->config, host, out->account, sizeof(out->account),
		    reason_r) != 0)
		return -1;
	if (at == NULL)
		return 0;
	return set_name(out, slice_make(text, (size_t)(at - text)), reason_r);
}

int irc_parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r)
{
	const char *at = strrchr(local, '%');

	if (at == NULL && is_channel(local)) {
		*reason_r = reason_syntax;
		return -1;
	}
	return set_address(gw, local, at, out, reason_r);
}

int irc_format_address(const struct gw *gw UNUSED, const struct gw_address *a,
	char *out, size_t size)
{
	struct str text = { .max = size };
	int rc = -1;

	for (const char *p = a->name; *p != '\0'; p++) {
		if (*p == '%')
			str_add(&text, "\\25");
		else if (*p == '\\' && starts_escape(p + 1))
			str_add(&text, "\\5c");
		else
			str_add_char(&text, *p);
	}
	if (a->kind != GW_NETWORK)
		str_add_char(&text, '%');
	str_add(&text, a->account);
	if (!text.overflow && (a->kind == GW_ROOM) == is_channel(a->name)) {
		memcpy(out, str_text(&text), text.len + 1);
		rc = 0;
	}
	str_finish(&text);
	return rc;
}

/* --- What people type ---------------------------------------------------- */

/* irc://host/channel, with or without '#' (RFC draft butcher-irc-url). */
static int read_uri(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	struct slice rest = slice_of(text);
	struct slice host = slice_cut(&rest, '/');
	struct slice path = slice_cut(&rest, '?');
	struct str local;
	int rc;

	str_init(&local, GW_NAME_SIZE + GW_ACCOUNT_SIZE);
	host = slice_cut(&host, ':');
	path = slice_cut(&path, ',');
	if (path.len > 0) {
		if (strchr(IRC_CHANNEL_STARTS, path.data[0]) == NULL)
			str_add_char(&local, '#');
		str_add_slice(&local, path);
		str_add_char(&local, '%');
	}
	str_add_slice(&local, host);
	*reason_r = reason_syntax;
	rc = local.overflow
		     ? -1
		     : irc_parse_address(gw, str_text(&local), out, reason_r);
	str_finish(&local);
	return rc;
}

int irc_read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	struct slice typed = slice_trim(slice_of(text));
	char copy[GW_NAME_SIZE + GW_ACCOUNT_SIZE];
	const char *at;

	*reason_r = reason_syntax;
	if (typed.len == 0 || typed.len >= sizeof(copy))
		return -1;
	memcpy(copy, typed.data, typed.len);
	copy[typed.len] = '\0';
	if (strncasecmp(copy, "irc://", 6) == 0)
		return read_uri(gw, copy + 6, out, reason_r);
	if (strncasecmp(copy, "ircs://", 7) == 0)
		return read_uri(gw, copy + 7, out, reason_r);
	at = strrchr(copy, '%');
	if (at == NULL)
		at = strrchr(copy, '@');
	if (at == NULL && is_channel(copy))
		return -1;
	return set_address(gw, copy, at, out, reason_r);
}

bool irc_is_service(
	const struct gw *gw, const char *account, const char *person)
{
	static const char suffix[] = "serv";
	struct irc_network network;
	size_t len = strlen(person), tail = sizeof(suffix) - 1;

	irc_network_get(gw->config, account, &network);
	if (network.nickserv != NULL &&
		strcasecmp(person, network.nickserv) == 0)
		return true;
	return (len >= tail && strcasecmp(person + len - tail, suffix) == 0) ||
	       strcasecmp(person, "q") == 0 || strcasecmp(person, "x") == 0 ||
	       strchr(person, '@') != NULL;
}
