/*
 * The email gateway as the core sees it: one constant table.
 */
#include "email/email.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "email/block.h"
#include "email/commands.h"
#include "email/files.h"
#include "email/group.h"
#include "email/guard.h"
#include "email/inbox.h"
#include "email/late.h"
#include "email/login.h"
#include "email/names.h"
#include "email/outbox.h"
#include "email/photos.h"
#include "email/react.h"
#include "email/seen.h"
#include "email/slash.h"
#include "email_wire/address.h"
#include "net/resolve.h"

extern const struct gateway_ops gateway_email;

/* --- Settings of the user ------------------------------------------------ */

static const char *check_line(const char *value)
{
	return value[strcspn(value, "\r\n")] == '\0' ? NULL
						     : "This must be one line.";
}

static const char *check_host(const char *value)
{
	return value[0] == '\0' || resolve_is_host(value)
		       ? NULL
		       : "This is not the name of a server. Write it like "
			 "imap.example.org.";
}

/* Never without TLS: tls_mode_names without the last. */
static const char *const tls_choices[] = { "required", "starttls", NULL };

static const char *const blocked_choices[] = { "leave", "junk", NULL };

static const struct gw_setting settings[] = {
	{ .name = "address",
		.label = "Mail address",
		.type = GW_TEXT,
		.use = GW_USE_ACCOUNT,
		.element = "email",
		.required = true,
		.max = ADDRESS_MAX,
		.help = "Your own address, like alice@example.org" },
	{ .name = "password",
		.label = "Password",
		.type = GW_SECRET,
		.element = "password",
		.form_only = true,
		.max = 1000,
		.check = check_line,
		.help = "Of your mailbox; some providers want one made for "
			"this program (an app password)" },
	{ .name = "name",
		.label = "Your name",
		.type = GW_TEXT,
		.element = "name",
		.advanced = true,
		.max = 100,
		.check = check_line,
		.help = "As it stands in your mails; when empty, the name that "
			"you have published" },
	{ .name = "ask_read",
		.label = "Ask whether your mails were read",
		.type = GW_BOOL,
		.advanced = true,
		.def = "0",
		.help = "Those you write to may tell, or not" },
	{ .name = "tell_read",
		.label = "Tell when you have read a mail",
		.type = GW_BOOL,
		.advanced = true,
		.def = "0",
		.help = "To people who ask for it; /receipts in a chat "
			"decides for one of them" },
	{ .name = "sent_notes",
		.label = "Tell me what I send from elsewhere",
		.type = GW_BOOL,
		.advanced = true,
		.def = "0",
		.help = "Only where your XMPP server does not let it be shown "
			"as your own messages" },
	{ .name = "username",
		.label = "Login name",
		.type = GW_TEXT,
		.element = "username",
		.advanced = true,
		.max = 250,
		.check = check_line,
		.help = "Only if it is not your address" },
	{ .name = "imap_host",
		.label = "Server for receiving (IMAP)",
		.type = GW_TEXT,
		.advanced = true,
		.max = 253,
		.check = check_host,
		.help = "Found by itself when it is empty" },
	{ .name = "imap_port",
		.label = "Its port",
		.type = GW_INT,
		.advanced = true,
		.max = 65535,
		.help = "0: the usual one" },
	{ .name = "imap_tls",
		.label = "Its encryption",
		.type = GW_CHOICE,
		.advanced = true,
		.choices = tls_choices,
		.def = "required" },
	{ .name = "smtp_host",
		.label = "Server for sending (SMTP)",
		.type = GW_TEXT,
		.advanced = true,
		.max = 253,
		.check = check_host,
		.help = "Found by itself when it is empty" },
	{ .name = "smtp_port",
		.label = "Its port",
		.type = GW_INT,
		.advanced = true,
		.max = 65535,
		.help = "0: the usual one" },
	{ .name = "smtp_tls",
		.label = "Its encryption",
		.type = GW_CHOICE,
		.advanced = true,
		.choices = tls_choices,
		.def = "required" },
	{ .name = "blocked",
		.label = "Mails of people you blocked",
		.type = GW_CHOICE,
		.advanced = true,
		.choices = blocked_choices,
		.def = "leave",
		.help = "Leave them in the inbox, or move them to Junk" },
	{ .name = NULL },
};

/* --- Life ---------------------------------------------------------------- */

static int start(struct gw *gw, const char **reason_r)
{
	const struct email_config *config = gw->config;
	struct email_gateway *g = xalloc(sizeof(*g));
	const struct mail_pool_config pool = {
		.workers = (unsigned)config->workers,
		.ca_file = config->ca_file,
		.verify = config->verify,
	};

	g->gw = gw;
	g->config = config;
	g->tls = tls_client_new(config->ca_file, config->verify, reason_r);
	if (g->tls != NULL)
		g->pool = mail_pool_new(gw->env->loop, &pool, reason_r);
	if (g->pool == NULL) {
		tls_client_free(&g->tls);
		xfree(g);
		return -1;
	}
	g->providers = provider_list_new(config);
	g->discovery = (struct discovery_env){
		.gw = gw->env,
		.config = config,
		.tls = g->tls,
		.pool = g->pool,
		.providers = g->providers,
	};
	digest_clock_init(&g->digests, gw->env->loop);
	gw->impl = g;
	return 0;
}

/* Mailboxes that are open go on; whatever begins now reads what is there
 * now. With other certificates to trust, all links are made anew. */
static void reload(struct gw *gw)
{
	struct email_gateway *g = gw->impl;
	const struct email_config *config = gw->config;
	const char *reason = NULL;
	struct tls_client *tls =
		tls_client_new(config->ca_file, config->verify, &reason);

	g->config = g->discovery.config = config;
	if (tls == NULL) {
		log_error("email", "ca_file stays as it was: %s", reason);
		return;
	}
	tls_client_free(&g->tls);
	g->tls = g->discovery.tls = tls;
	mail_pool_trust(g->pool, config->ca_file, config->verify);
}

static void stop(struct gw *gw)
{
	struct email_gateway *g = gw->impl;

	digest_clock_stop(&g->digests);
	mail_pool_free(&g->pool);
	provider_list_free(&g->providers);
	tls_client_free(&g->tls);
	xfree(g);
	gw->impl = NULL;
}

/* --- Messages ------------------------------------------------------------ */

static void send_message(struct gw_session *gw, const struct gw_outgoing *m)
{
	struct email_session *s = email_session_of(gw);

	if (m->kind == GW_NETWORK)
		gw_fail(gw, m->request, GW_UNSUPPORTED,
			"Write to somebody's address.");
	else if (m->kind == GW_PERSON && strcmp(m->to, NAME_NEWSLETTERS) == 0)
		gw_fail(gw, m->request, GW_NOT_ALLOWED,
			"Nobody reads answers to these.");
	else if (m->kind == GW_PERSON && block_has(s->block, m->to))
		gw_fail(gw, m->request, GW_NOT_ACCEPTABLE,
			"You have blocked this person. Send /unblock first.");
	else
		email_outbox_send(s->outbox, m);
}

static void typing(struct gw_session *gw, struct gw_room *room,
	const char *person, bool on)
{
	email_outbox_typing(email_session_of(gw)->outbox,
		room != NULL ? room->name : person, on);
}

static void displayed(struct gw_session *gw, struct gw_room *room,
	const char *person, const char *network_id)
{
	seen_displayed(email_session_of(gw)->seen,
		room != NULL ? room->name : person, network_id);
}

/* --- What must not get lost ---------------------------------------------- */

static void kept(struct gw_session *gw, uint64_t token, bool ok)
{
	memory_kept(email_session_of(gw)->memory, token, ok);
}

static void recalled(struct gw_session *gw, uint64_t token, const char *name,
	const void *data, size_t len, bool ok)
{
	memory_recalled(email_session_of(gw)->memory, token, name,
		slice_make(data, len), ok);
}

static void refused(
	struct gw_session *gw, const char *person, const char *network_id)
{
	block_refused(email_session_of(gw)->block, person, network_id);
}

static void settled(struct gw_session *gw, const char *network_id, bool ok)
{
	struct email_session *s = email_session_of(gw);

	if (digest_settled(s->digest, network_id, ok))
		return;
	email_inbox_settled(s->inbox, network_id, ok);
	email_inbox_settled(s->sent, network_id, ok);
}

static void upload_more(struct gw_session *gw, uint32_t upload, size_t room)
{
	files_more(email_session_of(gw), upload, room);
}

static void uploaded(struct gw_session *gw, uint32_t upload, const char *url,
	enum gw_reason reason, const char *text)
{
	files_uploaded(email_session_of(gw), upload, url, reason, text);
}

static void answer(
	struct gw_session *gw, uint32_t question, const char *const *values)
{
	struct email_session *s = email_session_of(gw);

	if (!email_answer(s, question, values) &&
		!login_answer(s->login, question, values) &&
		!late_answer(s->outbox, question, values))
		guard_answer(s->guard, question, values);
}

/* The servers and the name that were found, while none is given. */
static bool in_use(const struct gw_session *gw, const char *setting, char *out,
	size_t size)
{
	const struct email_session *s = gw->impl;
	const struct mail_server *server = &s->servers.smtp;

	if (s->servers.imap.host[0] == '\0')
		return false;
	if (strcmp(setting, "username") == 0)
		return text_format(out, size, "%s", s->servers.user);
	if (strcmp(setting, "imap_host") == 0)
		server = &s->servers.imap;
	else if (strcmp(setting, "smtp_host") != 0)
		return false;
	return text_format(out, size, "%s, port %u%s", server->host,
		server->port, server->tls == TLS_STARTTLS ? ", STARTTLS" : "");
}

/* --- The table ----------------------------------------------------------- */

const struct gateway_ops gateway_email = {
	.name = "email",
	.disco_type = "smtp",
	.person_type = "pc",
	.room_type = "smtp",
	.title = "Email",
	.account_title = "mailbox",
	.prompt = "Write a mail address, like alice@example.org.",
	.examples = { "alice\\40example.org", NULL },
	.caps = GW_CAP_ROOMS | GW_CAP_TYPING | GW_CAP_ALWAYS | GW_CAP_DURABLE |
		GW_CAP_SHARED_NAMES | GW_CAP_RECEIPTS | GW_CAP_DISPLAYED |
		GW_CAP_SUBJECT | GW_CAP_THREAD | GW_CAP_REPLY | GW_CAP_CORRECT |
		GW_CAP_RETRACT | GW_CAP_REACT | GW_CAP_FILES |
		GW_CAP_ADDRESSES | GW_CAP_OWN_NICKS,
	.config = &email_config_group,
	.settings = settings,
	.start = start,
	.stop = stop,
	.reload = reload,
	.parse_address = email_parse_address,
	.format_address = email_format_address,
	.read_input = email_read_input,
	.canonical_account = email_canonical_account,
	.open = email_open,
	.close = email_close,
	.send = send_message,
	.typing = typing,
	.caps_of = email_caps_of,
	.photo_of = email_photo_of,
	.displayed = displayed,
	.answer = answer,
	.in_use = in_use,
	.kept = kept,
	.recalled = recalled,
	.slash = email_slash,
	.commands = email_commands,
	.command = email_command,
	.lookup = email_lookup,
	.settled = settled,
	.refused = refused,
	.upload_more = upload_more,
	.uploaded = uploaded,
	.join = email_join,
	.leave = email_leave,
	.set_nick = email_set_nick,
	.set_subject = email_set_subject,
	.moderate = email_moderate,
	.invite = email_invite,
};
