/*
 * PRIVMSG and NOTICE: to a channel, to us, and CTCP inside them.
 */
#include "base/clock.h"
#include "base/log.h"
#include "irc/channel.h"
#include "irc/ctcp.h"
#include "irc/dispatch.h"
#include "irc/format.h"
#include "irc/line.h"
#include "irc/lookup.h"
#include "irc/outbox.h"
#include "irc/register.h"
#include "irc/request.h"
#include "irc/watch.h"

/* Answers to CTCP requests of others, per session and minute. */
#define CTCP_ANSWERS  4
#define CTCP_MINUTE   60000
#define CTCP_PING_MAX 32

/* Answers of ours leave room in the queue for what the user says. */
#define AUTOMATIC_ROOM 100

/* One message on its way to the core. */
struct incoming {
	const struct irc_message *m;
	struct slice target;
	struct slice text; /* raw */
	enum gw_message_kind kind;
	char status; /* "@#chan": only for those of this rank */
};

/* --- To the core --------------------------------------------------------- */

static size_t decode(
	struct irc_session *s, const struct incoming *in, struct gw_span *spans)
{
	struct irc_span raw[IRC_MAX_SPANS];
	struct str *body = &s->irc->body;
	size_t count;

	str_reset(body);
	if (in->status != '\0')
		str_addf(body, "(to %c) ", in->status);
	count = irc_format_parse(in->text, s->charset, body, raw);
	for (size_t i = 0; i < count; i++) {
		spans[i].start = raw[i].start;
		spans[i].end = raw[i].end;
		spans[i].style = raw[i].style; /* same bits */
		spans[i].fg = raw[i].fg;
		spans[i].bg = raw[i].bg;
	}
	return count;
}

static void read_tags(struct irc_session *s, const struct irc_message *m,
	struct gw_message *out)
{
	struct str *id = &s->irc->line;

	out->wall_ms = irc_message_time(s, m);
	str_reset(id);
	if (irc_tag(m, "msgid", id) && id->len > 0)
		out->network_id = irc_session_text(s, str_slice(id));
}

static void deliver(
	struct irc_session *s, struct gw_room *room, const struct incoming *in)
{
	struct gw_span spans[IRC_MAX_SPANS];
	struct gw_message out = { .kind = in->kind, .spans = spans };
	const struct irc_message *m = in->m;

	out.span_count = decode(s, in, spans);
	out.text = str_text(&s->irc->body);
	if (out.text[0] == '\0')
		return;
	if (!irc_is_from_server(m)) {
		out.from = irc_session_text(s, m->nick);
		out.own = irc_is_self(s, m->nick);
	}
	if (m->tags.len > 0)
		read_tags(s, m, &out);
	if (room == NULL && out.own) {
		/* From ourselves to ourselves is from him as well. */
		out.own = !irc_is_self(s, in->target);
		out.to = irc_session_text(s, in->target);
	}
	gw_message(s->core, room, &out);
}

/* --- CTCP ---------------------------------------------------------------- */

static bool may_answer(struct irc_session *s)
{
	if (s->heard_ms - s->ctcp_since_ms >= CTCP_MINUTE) {
		s->ctcp_since_ms = s->heard_ms;
		s->ctcp_answers = 0;
	}
	return s->ctcp_answers++ < CTCP_ANSWERS;
}

static void answer(struct irc_session *s, struct slice nick,
	const char *command, struct slice args)
{
	struct str *text = &s->irc->body;
	struct irc_line line;

	str_reset(text);
	if (irc_ctcp_add(text, command, args) != 0)
		return;
	irc_line_begin(&line, irc_line_new(s), "NOTICE");
	irc_line_param(&line, nick);
	irc_line_trailing(&line, str_slice(text));
	if (irc_line_end(&line) == 0 && irc_has_room(s, AUTOMATIC_ROOM) &&
		irc_send(s) != 0)
		log_debug("irc", "[%s] no room for an answer", s->core->id);
}

static void refuse_dcc(struct irc_session *s, const struct incoming *in)
{
	struct incoming told = *in;

	told.kind = GW_NOTICE;
	told.text = slice_of("(offers a direct connection by DCC, which "
			     "this gateway does not make)");
	deliver(s, NULL, &told);
}

static void handle_request(struct irc_session *s, const struct incoming *in,
	const struct irc_ctcp *ctcp)
{
	const struct slice nick = in->m->nick;
	char stamp[CLOCK_STAMP_SIZE];

	if (s->state != IRC_ONLINE || irc_is_from_server(in->m) ||
		irc_is_self(s, nick) || !may_answer(s))
		return;
	if (slice_equals_nocase(ctcp->command, "VERSION")) {
		answer(s, nick, "VERSION",
			slice_of(s->core->gw->env->software));
	} else if (slice_equals_nocase(ctcp->command, "PING")) {
		if (ctcp->args.len <= CTCP_PING_MAX)
			answer(s, nick, "PING", ctcp->args);
	} else if (slice_equals_nocase(ctcp->command, "TIME")) {
		clock_format(stamp, clock_wall_ms() / 1000 * 1000);
		answer(s, nick, "TIME", slice_of(stamp));
	} else if (slice_equals_nocase(ctcp->command, "CLIENTINFO")) {
		answer(s, nick, "CLIENTINFO",
			slice_of("ACTION CLIENTINFO PING TIME VERSION"));
	} else if (slice_equals_nocase(ctcp->command, "DCC")) {
		refuse_dcc(s, in);
	}
}

/* True when the message is dealt with; an action goes on as a message. */
static bool handle_ctcp(struct irc_session *s, struct incoming *in)
{
	struct irc_ctcp ctcp;

	if (!irc_ctcp_parse(in->text, &ctcp))
		return true;
	if (slice_equals_nocase(ctcp.command, "ACTION")) {
		in->text = ctcp.args;
		if (in->kind == GW_MESSAGE)
			in->kind = GW_ACTION;
		return false;
	}
	if (in->kind == GW_NOTICE)
		irc_lookup_ctcp(s, in->m->nick, &ctcp);
	else
		handle_request(s, in, &ctcp);
	return true;
}

/* --- Where it goes ------------------------------------------------------- */

static void receive(struct irc_session *s, const struct irc_message *m,
	enum gw_message_kind kind)
{
	struct incoming in = {
		.m = m,
		.target = m->params[0],
		.text = m->params[1],
		.kind = kind,
	};
	struct irc_channel *c;

	if (in.text.len > 0 && in.text.data[0] == '\1' && handle_ctcp(s, &in))
		return;
	in.status = irc_cut_statusmsg(irc_isupport_of(s), &in.target);
	if (!irc_is_channel(irc_isupport_of(s), in.target)) {
		if (!irc_is_from_server(m))
			irc_watch_seen(s, m->nick);
		deliver(s, NULL, &in);
		return;
	}
	c = irc_channel_find(s, in.target);
	if (c != NULL && !irc_channel_holds(c) && irc_channel_is_shown(c))
		deliver(s, c->room, &in);
}

void irc_handle_privmsg(struct irc_session *s, const struct irc_message *m)
{
	/* Whoever can write to us sees us: we are online. */
	if (s->state == IRC_WELCOME)
		irc_session_welcome(s);
	if (s->state == IRC_ONLINE)
		receive(s, m, GW_MESSAGE);
}

void irc_handle_notice(struct irc_session *s, const struct irc_message *m)
{
	/* What a server says before that is about its look-ups. */
	if (s->state == IRC_WELCOME)
		irc_login_notice(s, m);
	if (s->state == IRC_ONLINE)
		receive(s, m, GW_NOTICE);
}
