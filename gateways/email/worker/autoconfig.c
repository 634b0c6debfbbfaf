/*
 * The document as SAX events. What counts stands at fixed depths:
 *
 *	clientConfig
 *		emailProvider
 *			displayName
 *			incomingServer type="imap", outgoingServer type="smtp"
 *				hostname port socketType username authentication
 */
#include "email_worker/autoconfig.h"

#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/utf8.h"
#include "email_wire/settings.h"

/* One text of the document, and all that is kept of it. */
#define TEXT_MAX  256
#define ARENA_MAX 32768

enum depth { AT_CONFIG = 1, AT_PROVIDER, AT_SERVER, AT_VALUE };

struct reader {
	xmlParserCtxt *parser;
	struct arena arena;
	struct settings settings;
	struct settings_server servers[SETTINGS_SERVERS_MAX];
	struct settings_server server; /* being read */
	bool is_server;                /* ... at all */
	bool is_usable;                /* ... with TLS, and nothing is odd */
	bool is_config;                /* it is such a document */
	unsigned depth;
	unsigned path; /* how deep the elements are the expected ones */
	struct str text;
};

static bool is_named(const xmlChar *name, const char *expected)
{
	return strcmp((const char *)name, expected) == 0;
}

/* --- Values -------------------------------------------------------------- */

/* What is said of a server; false: this is not for us. */
typedef bool (*value_fn)(struct reader *r, const char *text);

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool take_host(struct reader *r, const char *text)
{
	r->server.host = arena_copy(&r->arena, slice_of(text));
	return r->server.host != NULL && text[0] != '\0' && is_plain(text);
}

static bool take_user(struct reader *r, const char *text)
{
	r->server.user = arena_copy(&r->arena, slice_of(text));
	return r->server.user != NULL && is_plain(text);
}

static bool take_port(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
		return false;
	r->server.port = (uint32_t)strtoul(text, NULL, 10);
	return r->server.port > 0 && r->server.port <= 65535;
}

static bool take_socket(struct reader *r, const char *text)
{
	r->server.is_starttls = strcmp(text, "STARTTLS") == 0;
	r->is_usable = r->server.is_starttls || strcmp(text, "SSL") == 0;
	return r->is_usable;
}

static bool take_login(struct reader *r, const char *text)
{
	static const char *const passwords[] = { "password-cleartext", "plain",
		"password-encrypted", "secure" };

	if (strcmp(text, "OAuth2") == 0)
		r->server.logins |= SETTINGS_OAUTH;
	for (size_t i = 0; i < COUNT(passwords); i++)
		if (strcmp(text, passwords[i]) == 0)
			r->server.logins |= SETTINGS_PASSWORD;
	return true;
}

static const struct {
	const char *name;
	value_fn take;
} values[] = {
	{ "hostname", take_host },
	{ "port", take_port },
	{ "socketType", take_socket },
	{ "username", take_user },
	{ "authentication", take_login },
};

/* --- Elements ------------------------------------------------------------ */

/* `attributes`: name and value in turn, NULL at the end; or NULL. */
static bool has_type(const xmlChar **attributes, const char *type)
{
	for (; attributes != NULL && attributes[0] != NULL; attributes += 2)
		if (is_named(attributes[0], "type") &&
			is_named(attributes[1], type))
			return true;
	return false;
}

static void begin_server(struct reader *r, enum link_protocol protocol)
{
	r->server = (struct settings_server){ .protocol = protocol };
	r->is_server = true;
	r->is_usable = false; /* until a kind of TLS was named */
}

static void end_server(struct reader *r)
{
	struct settings_server *s = &r->server;

	r->is_server = false;
	if (!r->is_usable || s->host == NULL || s->port == 0 ||
		r->settings.server_count == SETTINGS_SERVERS_MAX)
		return;
	if (s->user == NULL || s->user[0] == '\0')
		s->user = "%EMAILADDRESS%";
	if (s->logins == 0)
		s->logins = SETTINGS_PASSWORD;
	r->servers[r->settings.server_count++] = *s;
}

static void on_begin(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct reader *r = arg;

	str_reset(&r->text);
	r->depth++;
	if (r->path + 1 == r->depth) {
		if (r->depth == AT_CONFIG && is_named(name, "clientConfig")) {
			r->path = AT_CONFIG;
			r->is_config = true;
		}
		if (r->depth == AT_PROVIDER && is_named(name, "emailProvider"))
			r->path = AT_PROVIDER;
	}
	if (r->depth != AT_SERVER || r->path != AT_PROVIDER)
		return;
	if (is_named(name, "incomingServer") && has_type(attributes, "imap"))
		begin_server(r, LINK_IMAP);
	if (is_named(name, "outgoingServer") && has_type(attributes, "smtp"))
		begin_server(r, LINK_SMTP);
}

/* The text of an element below a server has ended; one that is too long, or
 * makes no sense, makes the server one that we don't know. */
static void end_value(struct reader *r, const xmlChar *name)
{
	char text[TEXT_MAX];
	struct slice s = slice_trim(str_slice(&r->text));

	if (!text_format(text, sizeof(text), "%.*s", (int)s.len, s.data) ||
		r->text.overflow) {
		r->is_server = false;
		return;
	}
	for (size_t i = 0; i < COUNT(values); i++)
		if (is_named(name, values[i].name) && !values[i].take(r, text))
			r->is_server = false;
}

static void on_end(void *arg, const xmlChar *name)
{
	struct reader *r = arg;

	if (r->is_server && r->depth == AT_VALUE)
		end_value(r, name);
	else if (r->is_server && r->depth == AT_SERVER)
		end_server(r);
	else if (r->depth == AT_SERVER && r->path == AT_PROVIDER &&
		 is_named(name, "displayName") && !r->text.overflow)
		r->settings.title =
			arena_copy(&r->arena, slice_trim(str_slice(&r->text)));
	str_reset(&r->text);
	r->depth--;
	if (r->path > r->depth)
		r->path = r->depth;
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct reader *r = arg;

	str_add_bytes(&r->text, text, (size_t)len);
}

/* "<!DOCTYPE": entities are defined there, and nothing that we want. */
static void on_doctype(void *arg, const xmlChar *name UNUSED,
	const xmlChar *public_id UNUSED, const xmlChar *system_id UNUSED)
{
	struct reader *r = arg;

	xmlStopParser(r->parser);
}

/* --- Documents ----------------------------------------------------------- */

static int parse(struct reader *r, struct slice document)
{
	static xmlSAXHandler handler = {
		.internalSubset = on_doctype,
		.startElement = on_begin,
		.endElement = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
	};
	bool good;

	r->parser = xmlCreatePushParserCtxt(&handler, r, NULL, 0, NULL);
	if (r->parser == NULL)
		return -1;
	/* It is UTF-8 here; another charset would make libxml2 look for files
	 * of the C library, which a worker does not have. */
	xmlCtxtUseOptions(r->parser,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
			XML_PARSE_NOCDATA | XML_PARSE_IGNORE_ENC);
	good = xmlParseChunk(r->parser, document.data, (int)document.len, 1) ==
		       0 &&
	       r->parser->wellFormed == 1;
	xmlFreeParserCtxt(r->parser);
	return good ? 0 : -1;
}

int autoconfig_read(struct slice document, struct str *out)
{
	struct str text = { .max = 3 * AUTOCONFIG_MAX + 1 };
	struct reader *r;
	int status = -1;

	if (document.len == 0 || document.len > AUTOCONFIG_MAX)
		return -1;
	charset_decode(&text, document, CHARSET_WINDOWS_1252);
	r = xalloc(sizeof(*r));
	arena_init(&r->arena, ARENA_MAX);
	str_init(&r->text, TEXT_MAX);
	r->settings.servers = r->servers;
	if (parse(r, str_slice(&text)) == 0 && r->is_config) {
		settings_encode(out, &r->settings);
		status = 0;
	}
	str_finish(&r->text);
	str_finish(&text);
	arena_finish(&r->arena);
	xfree(r);
	return status;
}
