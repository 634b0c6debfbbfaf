/*
 *	[WAITING ->] DIALING -> [STARTTLS ->] REGISTERING -> WELCOME -> ONLINE
 *	                \___________\______________\____________\_________\--> DEAD
 *
 * Nothing is freed while a handler runs: a session that dies is marked, and
 * reported and freed when the turn is over.
 */
#include "irc/session.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/intern.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"
#include "irc/channel.h"
#include "irc/dispatch.h"
#include "irc/outbox.h"
#include "irc/pause.h"
#include "irc/presence.h"
#include "irc/queue.h"
#include "irc/register.h"
#include "irc/request.h"
#include "irc/watch.h"

#define SESSION_MAGIC 0x69726353u

#define REGISTER_MS 60000 /* from the connection to 001 */
#define SILENCE_MS  90000 /* then the server is asked for a sign of life */
#define PONG_MS     60000
#define FAREWELL_MS 3000

/* A server-time further in the future than this is wrong. */
#define FUTURE_MS (24 * 60 * 60 * 1000)

static const uint16_t usual_ports[] = { 6660, 6661, 6662, 6663, 6664, 6665,
	6666, 6667, 6668, 6669, 6697, 7000, 9999, 0 };

static const char no_tls[] = "The network has no trusted certificate (TLS). "
			     "Use the host name that it is made for, or ask "
			     "the gateway's operator.";

const char irc_not_connected[] =
	"You are not connected to the network. Send status to the gateway to "
	"see why.";

static const struct conn_limits limits = {
	.input_max = 2 * LIMIT_IRC_LINE,
	.output_max = LIMIT_PEER_QUEUE,
	.output_low = LIMIT_PEER_QUEUE / 2,
};

struct irc_session *irc_session_of(const struct gw_session *core)
{
	struct irc_session *s = core->impl;

	if (s == NULL)
		return NULL;
	MAGIC_CHECK(s, SESSION_MAGIC);
	return s->state == IRC_DEAD ? NULL : s;
}

/* --- The end ------------------------------------------------------------- */

static void session_free(struct irc_session *s)
{
	irc_wheel_remove(&s->irc->wheel, s);
	list_remove(&s->link);
	list_remove(&s->pending);
	irc_queue_leave(s);
	list_remove(&s->rest);
	dial_cancel(&s->dial);
	conn_close(&s->conn);
	irc_login_free(s);
	irc_channels_finish(s);
	irc_requests_finish(s);
	irc_outbox_finish(s);
	irc_watch_finish(s);
	irc_caps_finish(&s->caps);
	irc_isupport_drop(&s->isupport);
	intern_drop(&s->nick);
	intern_drop(&s->user);
	intern_drop(&s->host);
	intern_drop(&s->source);
	intern_drop(&s->away);
	intern_drop(&s->wanted_away);
	intern_drop(&s->told_away);
	if (s->motd != NULL)
		str_finish(s->motd);
	xfree(s->motd);
	if (s->death != NULL)
		xfree(s->death->text);
	xfree(s->death);
	s->core->impl = NULL;
	s->magic = 0;
	xfree(s);
}

void irc_session_die(struct irc_session *s, enum gw_reason reason,
	enum gw_retry retry, const char *text)
{
	if (s->state == IRC_DEAD)
		return;
	log_info("irc", "[%s] %s: connection ends: %s", s->core->id,
		s->core->account, text);
	s->death = xalloc(sizeof(*s->death));
	s->death->reason = reason;
	s->death->retry = retry;
	s->death->text = xstrdup(text);
	s->state = IRC_DEAD;
	irc_session_defer(s);
}

static void bury(struct irc_session *s)
{
	struct gw_session *core = s->core;
	struct irc_death *death = s->death;

	s->death = NULL;
	irc_recent_doubt(s);
	/* What was written last, such as QUIT, still goes out. */
	conn_close_gracefully(&s->conn, FAREWELL_MS);
	session_free(s);
	gw_closed(core, death->reason, death->text, death->retry);
	xfree(death->text);
	xfree(death);
}

void irc_session_defer(struct irc_session *s)
{
	if (list_is_empty(&s->pending))
		list_append(&s->irc->pending, &s->pending);
	deferred_start(&s->irc->flush);
}

void irc_session_finish_turn(struct irc_session *s)
{
	if (s->state == IRC_DEAD) {
		bury(s);
		return;
	}
	if (s->joins_waiting && s->state == IRC_ONLINE)
		irc_channels_flush(s);
	irc_watch_flush(s);
}

void irc_session_close(struct gw_session *core, const char *text)
{
	struct irc_session *s = core->impl;

	if (s == NULL)
		return;
	MAGIC_CHECK(s, SESSION_MAGIC);
	if (s->state != IRC_DEAD && s->conn != NULL &&
		s->state != IRC_STARTTLS) {
		if (text != NULL && text[0] == '\0')
			text = NULL;
		if (!irc_command_now(
			    s, "QUIT", (const char *const[]){ NULL }, text))
			(void)irc_command_now(
				s, "QUIT", (const char *const[]){ NULL }, NULL);
		conn_close_gracefully(&s->conn, FAREWELL_MS);
	}
	session_free(s);
}

/* --- The connection ------------------------------------------------------ */

static void handle_line(struct irc_session *s, struct slice line)
{
	struct irc_message m;

	s->line = line;
	if (irc_message_parse(&m, line) == 0)
		irc_dispatch(s, &m);
	else
		log_debug("irc", "[%s] a line that is no message", s->core->id);
}

/* 670 came, and what came before it in clear text is used up. */
static void start_tls(struct irc_session *s)
{
	struct irc_network network;
	struct tls_client *tls;
	const char *reason = "";

	s->wants_tls = false;
	irc_network_get(irc_config_of(s->irc), s->core->account, &network);
	tls = irc_tls_get(s->irc, network.ca_file, network.verify, &reason);
	if (tls != NULL && conn_start_tls(s->conn, tls, s->core->account) == 0)
		return;
	log_info("irc", "[%s] %s: no TLS: %s", s->core->id, s->core->account,
		tls == NULL ? reason : conn_reason(s->conn));
	irc_session_die(s, GW_UNREACHABLE, GW_RETRY_SLOWLY, no_tls);
}

static void read_lines(struct irc_session *s)
{
	struct slice input = conn_input(s->conn);
	size_t total = 0;
	size_t used;
	struct slice line;
	bool found = true;
	int64_t start_ms = clock_ms();

	s->heard_ms = irc_now_ms(s->irc);
	s->pinged_ms = 0;
	while (found && s->state != IRC_DEAD && !irc_must_wait(s) &&
		!irc_must_rest(s, start_ms)) {
		found = irc_reader_next(&s->reader, input, &line, &used);
		if (found)
			handle_line(s, line);
		input.data += used;
		input.len -= used;
		total += used;
		if (s->wants_tls) {
			/* The rest of this line's end; more than that is an
			 * injection, which conn_start_tls() finds. */
			total += input.len > 0 && input.data[0] == '\n';
			break;
		}
	}
	conn_consume(s->conn, total);
	if (s->wants_tls && s->state != IRC_DEAD)
		start_tls(s);
}

static void lost(struct irc_session *s)
{
	log_info("irc", "[%s] %s: %s", s->core->id, s->core->account,
		conn_reason(s->conn));
	if (s->state == IRC_ONLINE)
		irc_session_die(s, GW_LOST, GW_RETRY,
			"The connection to the network was lost.");
	else if (s->state == IRC_STARTTLS)
		irc_session_die(s, GW_UNREACHABLE, GW_RETRY_SLOWLY, no_tls);
	else
		irc_session_die(s, GW_UNREACHABLE, GW_RETRY,
			"The network closed the connection.");
}

static void on_conn(struct conn *c UNUSED, enum conn_event event, void *arg)
{
	struct irc_session *s = arg;

	MAGIC_CHECK(s, SESSION_MAGIC);
	if (s->state == IRC_DEAD)
		return;
	switch (event) {
	case CONN_DATA:
		read_lines(s);
		break;
	case CONN_SECURE:
		if (s->state == IRC_STARTTLS)
			irc_login_secured(s);
		break;
	case CONN_DRAINED:
		break;
	case CONN_EOF:
	case CONN_ERROR:
		lost(s);
		break;
	}
}

static void dial_failed(struct irc_session *s, enum dial_error error)
{
	static const struct {
		enum gw_reason reason;
		enum gw_retry retry;
		const char *text;
	} table[] = {
		[DIAL_OK] = { GW_UNREACHABLE, GW_RETRY, "" },
		[DIAL_NO_SUCH_HOST] = { GW_NO_HOST, GW_RETRY_SLOWLY,
			"There is no host of this name. Check the network's "
			"name." },
		[DIAL_FORBIDDEN] = { GW_POLICY, GW_RETRY_NEVER,
			"Connections to this host are not permitted. The "
			"gateway's operator can allow them." },
		[DIAL_UNREACHABLE] = { GW_UNREACHABLE, GW_RETRY,
			"The network cannot be reached. Check its name, or "
			"try again later." },
		[DIAL_TLS] = { GW_UNREACHABLE, GW_RETRY_SLOWLY, no_tls },
		[DIAL_FULL] = { GW_BUSY, GW_RETRY,
			"The gateway has no room for more connections. Try "
			"again later." },
	};

	irc_session_die(
		s, table[error].reason, table[error].retry, table[error].text);
}

static void on_dialled(
	struct conn *c, enum dial_error error, const char *reason, void *arg)
{
	struct irc_session *s = arg;

	MAGIC_CHECK(s, SESSION_MAGIC);
	s->dial = NULL;
	if (s->state == IRC_DEAD) {
		conn_close(&c);
		return;
	}
	if (c == NULL) {
		log_info("irc", "[%s] %s: no connection: %s", s->core->id,
			s->core->account, reason);
		dial_failed(s, error);
		return;
	}
	s->conn = c;
	conn_set_owner(c, on_conn, s);
	irc_pause_new(s);
	s->is_secure = s->is_secure || conn_is_secure(c);
	s->heard_ms = irc_now_ms(s->irc);
	s->deadline_ms = s->heard_ms + REGISTER_MS;
	irc_session_check_in(s, REGISTER_MS);
	irc_login_start(s);
}

/* --- The beginning ------------------------------------------------------- */

void irc_session_dial(struct irc_session *s)
{
	struct irc_network network;

	irc_network_get(irc_config_of(s->irc), s->core->account, &network);
	struct dial_target target = {
		.host = network.host,
		.address = network.address,
		.port = network.port,
		.tls = network.tls,
		.policy = network.address != NULL ? NULL
						  : s->core->gw->env->policy,
		.ports = usual_ports,
		.limits = limits,
	};
	const char *reason = "";

	s->state = IRC_DIALING;
	if (network.tls != TLS_NONE) {
		target.tls_client = irc_tls_get(
			s->irc, network.ca_file, network.verify, &reason);
		if (target.tls_client == NULL) {
			irc_session_die(
				s, GW_UNREACHABLE, GW_RETRY_SLOWLY, reason);
			return;
		}
	}
	s->dial = dial_start(s->core->gw->env->loop, s->core->gw->env->resolver,
		&target, on_dialled, s);
}

void irc_session_open(struct gw_session *core)
{
	struct irc_session *s;
	struct irc_network network;
	int64_t delay_ms;

	assert(core->impl == NULL);
	s = xalloc(sizeof(*s));
	core->impl = s;
	s->magic = SESSION_MAGIC;
	s->core = core;
	s->irc = core->gw->impl;
	s->state = IRC_WAITING;
	list_append(&s->irc->sessions, &s->link);
	list_init(&s->channels);
	list_init(&s->requests);
	irc_network_get(irc_config_of(s->irc), core->account, &network);
	s->charset = network.charset;
	/* The operator said that this network needs no TLS. */
	s->is_secure = network.tls == TLS_NONE;
	s->isupport = irc_isupport_default(s->irc);
	irc_reader_init(&s->reader, LIMIT_IRC_LINE);
	irc_flood_init(&s->flood, network.burst, network.rate);
	irc_login_new(s, &network);
	delay_ms = irc_queue_enter(s);
	if (delay_ms == 0)
		irc_session_dial(s);
	else
		gw_delayed(core, delay_ms);
}

void irc_session_welcome(struct irc_session *s)
{
	if (s->state != IRC_WELCOME)
		return;
	s->state = IRC_ONLINE;
	s->deadline_ms = 0;
	irc_login_free(s);
	irc_isupport_share(s->irc, &s->isupport);
	irc_session_check_in(s, SILENCE_MS);
	log_info("irc", "[%s] %s: online as %s", s->core->id, s->core->account,
		s->nick);
	gw_online(s->core, s->nick);
	irc_presence_send(s);
}

/* --- Deadlines ----------------------------------------------------------- */

void irc_session_check_in(struct irc_session *s, int64_t delay_ms)
{
	int64_t due_ms = irc_now_ms(s->irc) + delay_ms;

	if (s->state != IRC_DEAD && (s->due_ms == 0 || due_ms < s->due_ms))
		irc_wheel_set(&s->irc->wheel, s, due_ms);
}

static void check_silence(struct irc_session *s, int64_t now_ms)
{
	if (s->pinged_ms != 0 && now_ms - s->pinged_ms >= PONG_MS) {
		irc_session_die(s, GW_LOST, GW_RETRY,
			"The network does not answer any more.");
	} else if (s->pinged_ms == 0 && now_ms - s->heard_ms >= SILENCE_MS) {
		s->pinged_ms = now_ms;
		(void)irc_command_now(
			s, "PING", (const char *const[]){ NULL }, "causeway");
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b != 0 && b < a ? b : a;
}

static void check_online(struct irc_session *s, int64_t now_ms)
{
	int64_t proof_ms = irc_recent_check(s, now_ms);
	int64_t next;

	check_silence(s, now_ms);
	next = s->pinged_ms != 0 ? s->pinged_ms + PONG_MS
				 : s->heard_ms + SILENCE_MS;
	next = earlier(next, proof_ms);
	next = earlier(next, irc_requests_check(s, now_ms));
	next = earlier(next, irc_channels_check(s, now_ms));
	next = earlier(next, irc_watch_check(s, now_ms));
	if (s->state != IRC_DEAD)
		irc_wheel_set(&s->irc->wheel, s, next);
}

void irc_session_check(struct irc_session *s)
{
	MAGIC_CHECK(s, SESSION_MAGIC);
	int64_t now_ms = irc_now_ms(s->irc);

	if (s->state == IRC_DEAD)
		return;
	if (s->state == IRC_ONLINE) {
		check_online(s, now_ms);
		return;
	}
	if (s->deadline_ms > now_ms)
		irc_wheel_set(&s->irc->wheel, s, s->deadline_ms);
	else if (s->state == IRC_WELCOME)
		irc_session_welcome(s);
	else
		irc_session_die(s, GW_UNREACHABLE, GW_RETRY,
			"The network did not complete the login in time.");
}

/* --- Who we are ---------------------------------------------------------- */

bool irc_is_self(const struct irc_session *s, struct slice nick)
{
	return s->nick != NULL &&
	       irc_same(irc_isupport_of(s)->casemap, nick, slice_of(s->nick));
}

static void learn(const char **slot, const char *text)
{
	if (text != NULL)
		(void)intern_set(slot, text);
}

void irc_set_self(struct irc_session *s, const char *nick, const char *user,
	const char *host)
{
	char source[3 * IRC_NAME_SIZE];

	learn(&s->nick, nick);
	learn(&s->user, user);
	learn(&s->host, host);
	(void)text_format(source, sizeof(source), "%s!%s@%s",
		s->nick ? s->nick : "", s->user ? s->user : "",
		s->host ? s->host : "");
	(void)intern_set(&s->source, source);
}

/* --- Names and texts ----------------------------------------------------- */

const char *irc_session_text(struct irc_session *s, struct slice raw)
{
	return irc_text(s->irc, raw, s->charset);
}

const char *irc_session_text_or_null(struct irc_session *s, struct slice raw)
{
	return raw.len > 0 ? irc_session_text(s, raw) : NULL;
}

struct slice irc_session_fold(const struct irc_session *s, struct slice name,
	char buffer[IRC_NAME_SIZE])
{
	return irc_fold(
		irc_isupport_of(s)->casemap, name, buffer, IRC_NAME_SIZE);
}

int64_t irc_message_time(
	const struct irc_session *s, const struct irc_message *m)
{
	struct slice value;
	int64_t wall_ms;

	if (m->tags.len == 0 || !irc_has_cap(&s->caps, IRC_CAP_SERVER_TIME) ||
		!irc_tag_find(m, "time", &value) ||
		clock_parse(value, &wall_ms) != 0)
		return 0;
	if (wall_ms > clock_wall_ms() + FUTURE_MS)
		return 0;
	return wall_ms;
}
