/*
 * Most messages are one short line: these go out without being looked at
 * twice. Others are cut at line breaks and where the line limit asks for it,
 * and the request is completed with the text as the others see it.
 */
#include "irc/outgoing.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "irc/channel.h"
#include "irc/ctcp.h"
#include "irc/line.h"
#include "irc/outbox.h"
#include "irc/request.h"
#include "irc/split.h"

#define ACTION       "/me "
#define ACTION_START "\1ACTION "

struct message {
	gw_request request;
	const char *command;
	struct slice target;
	uint64_t target_id;
	bool is_action;
	const char *person; /* of a typed command; else NULL */
	struct slice text;
	size_t budget;
};

static int send_piece(struct irc_session *s, const struct message *m,
	struct slice piece, const struct irc_parcel *parcel)
{
	struct irc_line line;

	irc_line_begin(&line, irc_line_new(s), m->command);
	irc_line_param(&line, m->target);
	if (m->is_action) {
		struct str *action = &s->irc->body;

		str_reset(action);
		str_add(action, ACTION_START);
		str_add_slice(action, piece);
		str_add_char(action, '\1');
		irc_line_trailing(&line, str_slice(action));
	} else {
		irc_line_trailing(&line, piece);
	}
	if (irc_line_end(&line) != 0)
		return -1;
	return irc_send_parcel(s, parcel);
}

static void refuse(struct irc_session *s, const struct message *m,
	enum gw_reason reason, const char *text)
{
	gw_fail(s->core, m->request, reason, text);
}

static bool is_one_line(struct slice text, size_t budget)
{
	return text.len > 0 && text.len <= budget &&
	       memchr(text.data, '\n', text.len) == NULL &&
	       memchr(text.data, '\r', text.len) == NULL &&
	       text.data[strspn(text.data, " \t")] != '\0';
}

/* What the pieces amount to. */
static const char *sent_text(const struct message *m, struct str *out)
{
	struct irc_split split;
	struct slice piece;

	if (m->is_action)
		str_add(out, ACTION);
	irc_split_begin(&split, m->text, m->budget);
	for (size_t i = 0; irc_split_next(&split, &piece); i++) {
		if (i > 0)
			str_add_char(out, '\n');
		str_add_slice(out, piece);
	}
	return str_text(out);
}

static void send_pieces(
	struct irc_session *s, const struct message *m, size_t count)
{
	struct irc_parcel parcel = {
		.request = m->request,
		.target = m->target_id,
	};
	struct irc_split split;
	struct slice piece;
	struct str sent;
	size_t i = 0;

	str_init(&sent, LIMIT_STANZA_IN);
	irc_split_begin(&split, m->text, m->budget);
	while (irc_split_next(&split, &piece)) {
		if (++i == count) {
			parcel.is_last = true;
			parcel.text = sent_text(m, &sent);
			parcel.person = m->person;
			parcel.words = parcel.text;
		}
		if (send_piece(s, m, piece, &parcel) == 0)
			continue;
		refuse(s, m, GW_NOT_ACCEPTABLE, "This cannot be sent on IRC.");
		break;
	}
	str_finish(&sent);
}

static void refuse_long(struct irc_session *s, const struct message *m,
	size_t count, size_t lines)
{
	char text[200];

	(void)text_format(text, sizeof(text),
		"This message is too long for IRC here: it would be %zu "
		"lines or more, and at most %zu are sent. Send it in "
		"smaller parts, or put it on the web and send its address.",
		count, lines);
	refuse(s, m, GW_NOT_ACCEPTABLE, text);
}

static void send_long(struct irc_session *s, const struct message *m)
{
	const struct irc_config *config = irc_config_of(s->irc);
	size_t lines = (size_t)config->long_lines;
	size_t count =
		irc_split_count(m->text, m->budget, LIMIT_IRC_QUEUE_LINES);

	if (count == 0)
		refuse(s, m, GW_NOT_ACCEPTABLE, "There is nothing to send.");
	else if (config->long_message == IRC_LONG_REFUSE && count > lines)
		refuse_long(s, m, count, lines);
	else if (!irc_has_room(s, count))
		refuse(s, m, GW_BUSY,
			"Too many lines wait for this network (flood "
			"control). Try again in a minute.");
	else
		send_pieces(s, m, count);
}

static void send_text(struct irc_session *s, gw_request request,
	const char *target, const char *text, bool notice, bool typed)
{
	struct message m = {
		.request = request,
		.command = notice ? "NOTICE" : "PRIVMSG",
		.target = slice_of(target),
		.person = typed ? target : NULL,
		.text = slice_of(text),
	};
	struct irc_parcel parcel = {
		.request = request,
		.is_last = true,
		.person = m.person,
		.words = typed ? text : NULL,
	};

	m.is_action = !notice && strncmp(text, ACTION, strlen(ACTION)) == 0;
	if (m.is_action) {
		m.text.data += strlen(ACTION);
		m.text.len -= strlen(ACTION);
	}
	m.target_id = irc_recent_target(s, m.target);
	m.budget = irc_split_budget(
		irc_isupport_of(s), slice_of(s->source), m.command, m.target);
	if (m.is_action && m.budget > 0)
		m.budget -= IRC_ACTION_OVERHEAD;
	if (!is_one_line(m.text, m.budget) || !irc_has_room(s, 1)) {
		send_long(s, &m);
		return;
	}
	parcel.target = m.target_id;
	if (send_piece(s, &m, m.text, &parcel) != 0)
		refuse(s, &m, GW_NOT_ACCEPTABLE, "This cannot be sent on IRC.");
}

void irc_outgoing_text(struct irc_session *s, gw_request request,
	const char *target, const char *text, bool notice)
{
	send_text(s, request, target, text, notice, false);
}

void irc_outgoing_typed(struct irc_session *s, gw_request request,
	const char *target, const char *text, bool notice)
{
	const struct irc_isupport *isupport = irc_isupport_of(s);

	send_text(s, request, target, text, notice,
		!irc_is_channel(isupport, slice_of(target)));
}

void irc_outgoing_raw(
	struct irc_session *s, gw_request request, const char *text)
{
	const struct irc_parcel parcel = { .request = request,
		.is_last = true };

	if (irc_line_add_raw(irc_line_new(s), slice_of(text)) != 0) {
		gw_fail(s->core, request, GW_NOT_ACCEPTABLE,
			"This is not one line of the IRC protocol, such as "
			"WHOIS maria.");
		return;
	}
	if (strncasecmp(text, "MOTD", 4) == 0)
		irc_want_motd(s);
	if (irc_send_parcel(s, &parcel) != 0)
		gw_fail(s->core, request, GW_BUSY,
			"Too many lines wait for this network (flood "
			"control). Try again in a minute.");
}

static void send_to_room(struct irc_session *s, const struct gw_outgoing *m)
{
	struct irc_channel *c = m->room->impl;

	if (irc_channel_is_shown(c))
		irc_outgoing_text(s, m->request, c->name, m->text, m->notice);
	else
		gw_fail(s->core, m->request, GW_NOT_ACCEPTABLE,
			"You are not in this channel. Join it first.");
}

static void send_to_person(struct irc_session *s, const struct gw_outgoing *m)
{
	if (strchr(m->to, '!') != NULL)
		gw_fail(s->core, m->request, GW_BAD_ADDRESS,
			"This stands for a ban, not for a person.");
	else
		irc_outgoing_text(s, m->request, m->to, m->text, m->notice);
}

void irc_outgoing(struct gw_session *core, const struct gw_outgoing *m)
{
	struct irc_session *s = irc_session_of(core);

	if (s == NULL || s->state != IRC_ONLINE) {
		gw_fail(core, m->request, GW_LOST, irc_not_connected);
		return;
	}
	switch (m->kind) {
	case GW_ROOM:
		send_to_room(s, m);
		break;
	case GW_PERSON:
		send_to_person(s, m);
		break;
	case GW_NETWORK:
		irc_outgoing_raw(s, m->request, m->text);
		break;
	}
}
