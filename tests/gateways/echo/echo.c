/*
 * A complete gateway to the smallest of networks: to be read from top to
 * bottom before writing one, and to be copied when starting. Read
 * core/api/gateway.h first: it says when each function here is called.
 *
 * The network: in a valley lives an echo. What you say to anybody there comes
 * back to you, and in a cave (a room) the echo sits with you.
 *
 *	canyon@gw         the valley "canyon", for which one can register
 *	anna%canyon@gw    a person there
 *	#deep%canyon@gw   a cave there
 *
 * To make a network of your own: copy this folder to gateways/NAME, rename
 * gateway_echo to gateway_NAME, add NAME to GATEWAYS in CMakeLists.txt.
 * Nothing else in the tree has to know it, and the contract test runs it.
 */
#include <string.h>

#include "api/services.h"
#include "base/str.h"

#define NAME_MAX_BYTES 100
#define ECHO_NICK      "Echo"

extern const struct gateway_ops gateway_echo;

/* --- Tables: the core makes forms, questions and lists of them ----------- */

/* What a user says when he registers; gw_setting() reads it. Exactly one row
 * says which account it is about. An empty row ends every table. */
static const struct gw_setting settings[] = {
	{ .name = "valley",
		.label = "Valley",
		.help = "Where you want to hear the echo",
		.use = GW_USE_ACCOUNT,
		.required = true,
		.max = 63 },
	{ .name = "nick",
		.label = "Nick",
		.help = "Your name in caves",
		.use = GW_USE_NICK,
		.element = "nick",
		.def = "traveller",
		.max = NAME_MAX_BYTES },
	{ .name = NULL },
};

/* What only this network can do: users run it from a form or by chat. */
static const struct gw_setting shout_settings[] = {
	{ .name = "text", .label = "Text", .required = true, .max = 100 },
	{ .name = NULL },
};

static const struct gw_command commands[] = {
	{ .name = "shout", .label = "Shout", .settings = shout_settings },
	{ .name = NULL },
};

/* What an occupant can be besides his role; row i is bit i of `hats`. */
static const struct gw_hat hats[] = {
	{ "urn:causeway:echo:mountain", "Mountain" },
	{ NULL, NULL },
};

/* --- The gateway itself -------------------------------------------------- */

/* A real one makes here what its sessions share, and keeps it in gw->impl. */
static int start(struct gw *gw, const char **reason_r)
{
	(void)gw, (void)reason_r;
	return 0;
}

static void stop(struct gw *gw)
{
	(void)gw;
}

/* --- Names: what comes from outside is checked here, once ---------------- */

static int canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	(void)gw;
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	*reason_r = "A valley has 1 to 63 small letters, digits or hyphens.";
	if (len == 0 || len > 63 || text[len] != '\0')
		return -1;
	return text_copy(out, size, text) ? 0 : -1;
}

static bool is_name(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if ((*p >= 0 && *p <= ' ') || *p == 0x7f)
			return false;
	return name[name[0] == '#'] != '\0' && strlen(name) <= NAME_MAX_BYTES;
}

/* A valley cannot hold the separator: the last one is the right one. */
static int read_address(const struct gw *gw, const char *text, char separator,
	struct gw_address *out, const char **reason_r)
{
	const char *mark = strrchr(text, separator);
	const char *valley = mark != NULL ? mark + 1 : text;
	size_t len = mark != NULL ? (size_t)(mark - text) : 0;
	if (canonical_account(gw, valley, out->account, sizeof(out->account),
		    reason_r) != 0)
		return -1;
	*reason_r = "A name has 1 to 100 bytes and no spaces.";
	if (len >= sizeof(out->name))
		return -1;
	memcpy(out->name, text, len);
	out->name[len] = '\0';
	out->kind = mark == NULL     ? GW_NETWORK
		    : text[0] == '#' ? GW_ROOM
				     : GW_PERSON;
	return mark == NULL || is_name(out->name) ? 0 : -1;
}

static int parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r)
{
	return read_address(gw, local, '%', out, reason_r);
}

/* The inverse; how a JID escapes is the core's business. */
static int format_address(
	const struct gw *gw, const struct gw_address *a, char *out, size_t size)
{
	(void)gw;
	const char *mark = a->kind == GW_NETWORK ? "" : "%";
	bool fits = text_format(out, size, "%s%s%s", a->name, mark, a->account);
	return fits ? 0 : -1;
}

/* What people type: "anna@canyon" is good, too. */
static int read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	char separator = strchr(text, '%') != NULL ? '%' : '@';
	return read_address(gw, text, separator, out, reason_r);
}

/* --- A session ----------------------------------------------------------- */

/* A real one starts to connect, keeps what it needs in s->impl, and calls
 * gw_online() when it is logged in, or gw_closed() with the reason. */
static void open_session(struct gw_session *s)
{
	gw_online(s, gw_setting(s, "nick"));
}

/* ... and says good-bye, and frees s->impl. */
static void close_session(struct gw_session *s, const char *text)
{
	(void)s, (void)text;
}

/* What became of a message later on; here, at once. */
static void report(
	struct gw_session *s, gw_request request, enum gw_stage stage)
{
	const struct gw_result result = { .stage = stage };
	gw_result(s, request, &result);
}

static void send_message(struct gw_session *s, const struct gw_outgoing *m)
{
	char id[32];
	text_format(id, sizeof(id), "echo-%u", m->request);
	const struct gw_message reply = {
		.from = m->kind == GW_ROOM ? ECHO_NICK : m->to,
		.text = m->text,
		.network_id = id,
		.subject = m->subject,
		.thread = m->thread,
	};
	if (m->kind == GW_NETWORK) {
		gw_fail(s, m->request, GW_UNSUPPORTED,
			"The valley is silent. Write to somebody in it.");
		return;
	}
	/* The message was taken: each request has exactly one such result. */
	gw_done(s, m->request, NULL);
	/* Nobody here is deaf. Whether they understood? Anna always does. */
	if (m->kind == GW_PERSON)
		report(s, m->request, GW_DELIVERED);
	if (m->kind == GW_PERSON && strcmp(m->to, "anna") == 0)
		report(s, m->request, GW_DISPLAYED);
	/* A notice is never answered, or two machines talk for ever. */
	if (!m->notice)
		gw_message(s, m->room, &reply);
}

/* The user has seen what came with this id. A real one tells its network. */
static void displayed(struct gw_session *s, struct gw_room *room,
	const char *person, const char *network_id)
{
	(void)s, (void)room, (void)person, (void)network_id;
}

/* commands[index], with the values of its settings in their order. */
static void run_command(struct gw_session *s, gw_request request, size_t index,
	const char *const *values)
{
	char text[512];
	(void)index;
	text_format(text, sizeof(text), "%s! %s! %s!", values[0], values[0],
		values[0]);
	gw_done(s, request, text);
}

/* --- Rooms --------------------------------------------------------------- */

/* Everybody who is there, what is known of the room, then "that is all". */
static void join(struct gw_room *r, const char *nick, const char *password)
{
	(void)password;
	const struct gw_occupant echo = { .nick = ECHO_NICK,
		.role = GW_MODERATOR,
		.affiliation = GW_OWNER,
		.show = GW_AVAILABLE,
		.hats = 1 << 0 };
	const struct gw_occupant self = {
		.nick = nick != NULL ? nick : gw_setting(r->session, "nick"),
		.role = GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = GW_AVAILABLE,
	};
	if (strcmp(self.nick, echo.nick) == 0) {
		gw_room_failed(r, GW_CONFLICT, "The echo has that name.");
		return;
	}
	gw_room_occupant(r, &echo);
	gw_room_occupant(r, &self);
	gw_room_subject(r, "All that you say comes back", ECHO_NICK, 0);
	gw_room_joined(r, self.nick);
}

static void leave(struct gw_room *r, const char *text)
{
	(void)r, (void)text;
}

/* --- The table ----------------------------------------------------------- */

/* A slot left out is what this network cannot do: the core says so. */
const struct gateway_ops gateway_echo = {
	.name = "echo",
	.disco_type = "echo",
	.person_type = "pc",
	.title = "Echo",
	.account_title = "valley",
	.prompt = "Whom to talk to, for example anna@canyon",
	.caps = GW_CAP_ROOMS | GW_CAP_GUEST | GW_CAP_RECEIPTS |
		GW_CAP_DISPLAYED | GW_CAP_SUBJECT | GW_CAP_THREAD,
	.settings = settings,
	.hats = hats,
	.commands = commands,
	.start = start,
	.stop = stop,
	.parse_address = parse_address,
	.format_address = format_address,
	.read_input = read_input,
	.canonical_account = canonical_account,
	.open = open_session,
	.close = close_session,
	.send = send_message,
	.displayed = displayed,
	.command = run_command,
	.join = join,
	.leave = leave,
};
