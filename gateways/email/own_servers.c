#include "email/own_servers.h"

#include <stdlib.h>
#include <string.h>

#include "api/services.h"
#include "email_wire/shape.h"

/* --- Kept ---------------------------------------------------------------- */

#define FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct own_servers, member)
#define ROOM(number, member) SHAPE_ROOM(number, struct own_servers, member)

static const struct shape_field fields[] = {
	ROOM(1, imap.host),
	FIELD(2, PORT, imap.port),
	FIELD(3, SMALL, imap.tls),
	ROOM(4, smtp.host),
	FIELD(5, PORT, smtp.port),
	FIELD(6, SMALL, smtp.tls),
	ROOM(7, user),
	FIELD(8, SMALL, flags),
	ROOM(9, proof),
	FIELD(10, SMALL, given),
};
static const struct shape shape = { fields, COUNT(fields),
	sizeof(struct own_servers) };

void own_servers_keep(const struct own_servers *o, struct memory *m)
{
	struct str data = { .max = 4096 };

	shape_encode(&data, &shape, o);
	const struct gw_kept item = {
		.name = OWN_SERVERS_KEPT, .data = data.data, .len = data.len
	};

	memory_keep(m, &item, 1, NULL, NULL);
	str_finish(&data);
}

void own_servers_load(struct own_servers *o, struct slice data)
{
	struct own_servers kept = { .is_found = false };

	if (shape_decode(data, &shape, NULL, &kept) != 0)
		return;
	*o = kept;
	o->is_found = o->imap.host[0] != '\0' && o->smtp.host[0] != '\0';
}

/* --- Given --------------------------------------------------------------- */

/* What the user himself said about a server. */
static bool take_given(struct mail_server *server, const struct gw_session *s,
	const char *protocol, uint16_t tls_port, uint16_t starttls_port)
{
	char name[32];
	const char *value;

	text_format(name, sizeof(name), "%s_host", protocol);
	value = gw_setting(s, name);
	if (value[0] == '\0' ||
		!text_copy(server->host, sizeof(server->host), value))
		return false;
	text_format(name, sizeof(name), "%s_tls", protocol);
	value = gw_setting(s, name);
	server->tls = strcmp(value, tls_mode_names[TLS_STARTTLS]) == 0
			      ? TLS_STARTTLS
			      : TLS_REQUIRED;
	text_format(name, sizeof(name), "%s_port", protocol);
	server->port = (uint16_t)strtoul(gw_setting(s, name), NULL, 10);
	if (server->port == 0)
		server->port =
			server->tls == TLS_STARTTLS ? starttls_port : tls_port;
	return true;
}

bool own_servers_choose(struct own_servers *o, const struct gw_session *s)
{
	bool imap = take_given(&o->imap, s, "imap", 993, 143);
	bool smtp = take_given(&o->smtp, s, "smtp", 465, 587);
	const char *user = gw_setting(s, "username");
	unsigned now = (imap ? GIVEN_IMAP : 0) | (smtp ? GIVEN_SMTP : 0) |
		       (user[0] != '\0' ? GIVEN_USER : 0);

	/* What he took back was not found, and has to be. */
	if (o->given & ~now)
		o->is_found = false;
	o->given = now;

	if (user[0] != '\0')
		text_copy(o->user, sizeof(o->user), user);
	else if (!o->is_found)
		text_copy(o->user, sizeof(o->user), s->account);
	return (imap && smtp) || o->is_found;
}

void own_servers_found(struct own_servers *o, const struct discovery_result *r,
	const struct gw_session *s)
{
	o->imap = r->imap;
	o->smtp = r->smtp;
	o->flags = r->provider != NULL ? r->provider->flags : 0;
	text_copy(o->user, sizeof(o->user), r->user);
	o->is_found = true;
	(void)own_servers_choose(o, s);
}

/* --- Proven -------------------------------------------------------------- */

/* What SMTP is tried with. */
static void make_proof(const struct own_servers *o, const struct gw_session *s,
	char out[MEMORY_ID_SIZE])
{
	struct str text = { .max = 4096 };

	str_addf(&text, "%s\n%u\n%d\n%s\n%s", o->smtp.host, o->smtp.port,
		(int)o->smtp.tls, o->user, gw_setting(s, "password"));
	memory_id(str_text(&text), out);
	str_finish(&text);
}

void own_servers_prove(struct own_servers *o, const struct gw_session *s)
{
	make_proof(o, s, o->proof);
}

bool own_servers_are_proven(
	const struct own_servers *o, const struct gw_session *s)
{
	char proof[MEMORY_ID_SIZE];

	make_proof(o, s, proof);
	return strcmp(proof, o->proof) == 0;
}
