/*
 * The IRC gateway as the core sees it: one constant table.
 */
#include "irc/irc.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "irc/address.h"
#include "irc/channel.h"
#include "irc/lookup.h"
#include "irc/moderate.h"
#include "irc/outgoing.h"
#include "irc/pause.h"
#include "irc/presence.h"
#include "irc/queue.h"
#include "irc/session.h"
#include "irc/slash.h"
#include "irc/watch.h"

/* Room for the texts of one message: a line, decoded. */
#define TEXT_MAX (4 * LIMIT_IRC_LINE)

extern const struct gateway_ops gateway_irc;

/* --- Settings of the user ------------------------------------------------ */

static const char *check_nick(const char *value)
{
	if (value[0] == '\0')
		return NULL;
	if (value[strcspn(value, " ,!@:*?.#&%\r\n\t")] != '\0')
		return "A nick cannot hold spaces or any of , ! @ : * ? . # "
		       "& %.";
	if ((value[0] >= '0' && value[0] <= '9') || value[0] == '-')
		return "A nick cannot start with a digit or a hyphen.";
	return NULL;
}

static const char *check_word(const char *value)
{
	return value[strcspn(value, " \r\n")] == '\0'
		       ? NULL
		       : "This cannot hold spaces or line breaks.";
}

static const char *check_line(const char *value)
{
	return value[strcspn(value, "\r\n")] == '\0' ? NULL
						     : "This must be one line.";
}

static const struct gw_setting settings[] = {
	{ .name = "network",
		.label = "Network",
		.type = GW_TEXT,
		.use = GW_USE_ACCOUNT,
		.required = true,
		.max = 253,
		.help = "Host name of the IRC network, for example "
			"irc.libera.chat" },
	{ .name = "nick",
		.label = "Nick",
		.type = GW_TEXT,
		.use = GW_USE_NICK,
		.element = "nick",
		.max = 30,
		.check = check_nick,
		.help = "How others see you; a guest's name when empty" },
	{ .name = "username",
		.label = "Account name",
		.type = GW_TEXT,
		.element = "username",
		.max = 100,
		.check = check_word,
		.help = "If you have an account with the network, its name "
			"(SASL); when empty, the password is for NickServ" },
	{ .name = "password",
		.label = "Account password",
		.type = GW_SECRET,
		.element = "password",
		.max = 300,
		.check = check_line,
		.help = "Of your account, or for NickServ; empty when you "
			"have neither" },
	{ .name = "server_password",
		.label = "Server password",
		.type = GW_SECRET,
		.advanced = true,
		.max = 300,
		.check = check_line,
		.help = "Only for networks or bouncers that ask for one" },
	{ .name = "realname",
		.label = "Real name",
		.type = GW_TEXT,
		.advanced = true,
		.max = 100,
		.check = check_line,
		.help = "Shown to those who look you up; the nick when "
			"empty" },
	{ .name = "channels",
		.label = "Channels",
		.type = GW_TEXT_LIST,
		.use = GW_USE_ROOMS,
		.advanced = true,
		.max = 200,
		.check = check_line,
		.help = "Joined at every login, one a line" },
	{ .name = "stay",
		.label = "Stay connected",
		.type = GW_BOOL,
		.use = GW_USE_STAY,
		.def = "0",
		.advanced = true,
		.help = "Stay on the network while you are offline" },
	{ .name = NULL },
};

/* In the order of enum hat in channel.c. */
static const struct gw_hat hats[] = {
	{ "urn:causeway:irc:founder", "Founder" },
	{ "urn:causeway:irc:admin", "Admin" },
	{ "urn:causeway:irc:op", "Operator" },
	{ "urn:causeway:irc:halfop", "Half-operator" },
	{ "urn:causeway:irc:voice", "Voice" },
	{ NULL, NULL },
};

/* --- Life ---------------------------------------------------------------- */

static void on_turn_over(void *arg)
{
	struct irc_gateway *irc = arg;

	while (!list_is_empty(&irc->pending)) {
		struct irc_session *s = CONTAINER(
			irc->pending.next, struct irc_session, pending);

		list_remove(&s->pending);
		irc_session_finish_turn(s);
	}
}

static int start(struct gw *gw, const char **reason_r)
{
	const struct irc_config *config = gw->config;
	const char *ca_file = config->ca_file;
	struct irc_gateway *irc = xalloc(sizeof(*irc));

	irc->gw = gw;
	gw->impl = irc;
	list_init(&irc->isupports);
	list_init(&irc->tls);
	list_init(&irc->sessions);
	list_init(&irc->pending);
	irc_wheel_init(&irc->wheel, irc);
	irc_pause_init(irc);
	deferred_init(&irc->flush, gw->env->loop, "irc end of turn",
		on_turn_over, irc);
	str_init(&irc->line, TEXT_MAX);
	str_init(&irc->body, TEXT_MAX);
	for (size_t i = 0; i < IRC_TEXTS; i++)
		str_init(&irc->texts[i], TEXT_MAX);
	/* A wrong file of certificates is better found now. */
	if (ca_file != NULL && ca_file[0] == '\0')
		ca_file = NULL;
	if (irc_tls_get(irc, ca_file, config->verify, reason_r) == NULL)
		return -1;
	if (!config->verify)
		log_warning("irc", "certificates are not verified");
	return 0;
}

static void stop(struct gw *gw)
{
	struct irc_gateway *irc = gw->impl;

	if (irc == NULL)
		return;
	gw->impl = NULL;
	irc_wheel_finish(&irc->wheel);
	irc_queue_finish(irc);
	irc_pause_finish(irc);
	deferred_stop(&irc->flush);
	list_for_each_safe(it, &irc->tls) {
		struct irc_tls *t = CONTAINER(it, struct irc_tls, link);

		tls_client_free(&t->client);
		xfree(t->ca_file);
		xfree(t);
	}
	str_finish(&irc->line);
	str_finish(&irc->body);
	for (size_t i = 0; i < IRC_TEXTS; i++)
		str_finish(&irc->texts[i]);
	xfree(irc);
}

/* Sessions keep what they started with; new ones read what is there now. */
static void reload(struct gw *gw)
{
	irc_queue_reload(gw->impl);
}

const struct gateway_ops gateway_irc = {
	.name = "irc",
	.disco_type = "irc",
	.person_type = "pc",
	.room_type = "irc",
	.title = "IRC",
	.account_title = "IRC network",
	.prompt = "Nick or channel with its network, for example "
		  "nick@irc.libera.chat or #channel%irc.libera.chat",
	.examples = { "#channel%irc.libera.chat", "nick%irc.libera.chat" },
	.caps = GW_CAP_ROOMS | GW_CAP_GUEST,
	.config = &irc_config_group,
	.settings = settings,
	.hats = hats,
	.start = start,
	.stop = stop,
	.reload = reload,
	.resume = irc_resume,
	.parse_address = irc_parse_address,
	.format_address = irc_format_address,
	.read_input = irc_read_input,
	.canonical_account = irc_canonical_account,
	.known_account = irc_known_account,
	.is_confidential = irc_is_service,
	.open = irc_session_open,
	.close = irc_session_close,
	.send = irc_outgoing,
	.presence = irc_presence,
	.watch = irc_watch,
	.lookup = irc_lookup,
	.list_rooms = irc_list_rooms,
	.slash = irc_slash,
	.join = irc_channel_join,
	.leave = irc_channel_leave,
	.set_nick = irc_set_nick,
	.set_subject = irc_set_subject,
	.moderate = irc_moderate,
	.list_bans = irc_list_bans,
	.configure = irc_configure,
	.invite = irc_invite,
};
