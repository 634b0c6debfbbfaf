#include "irc/lookup.h"

#include <stdlib.h>

#include "base/limits.h"
#include "irc/channel.h"
#include "irc/dispatch.h"
#include "irc/numeric.h"
#include "irc/outbox.h"
#include "irc/request.h"

/* Facts of one WHOIS; a server may send lines without end. */
#define FACTS_MAX 100

/* --- Asking -------------------------------------------------------------- */

static void send_or_fail(
	struct irc_session *s, struct irc_request *r, bool is_sent)
{
	if (!is_sent)
		irc_request_fail(s, r, GW_NOT_ACCEPTABLE,
			"This cannot be asked on IRC, or too much waits. "
			"Try again later.");
}

static void ask_whois(struct irc_session *s, gw_request request,
	enum gw_lookup what, const char *person, bool is_text)
{
	struct irc_request *r = irc_request_new(s, IRC_REQUEST_WHOIS, request,
		"WHOIS", (const char *const[]){ person, NULL });

	if (r == NULL)
		return;
	r->lookup = what;
	r->is_text = is_text;
	/* The nick twice: the idle time is known to his own server only. */
	send_or_fail(s, r,
		irc_command(s, "WHOIS",
			(const char *const[]){ person, person, NULL }, NULL));
}

void irc_lookup_text(
	struct irc_session *s, gw_request request, const char *person)
{
	ask_whois(s, request, GW_PROFILE, person, true);
}

static void ask_ctcp(struct irc_session *s, gw_request request,
	enum gw_lookup what, const char *person)
{
	static const char *const names[] = {
		[GW_PING] = "PING",
		[GW_VERSION] = "VERSION",
		[GW_TIME] = "TIME",
	};
	struct irc_request *r = irc_request_new(s, IRC_REQUEST_CTCP, request,
		names[what], (const char *const[]){ person, NULL });
	struct str *text = &s->irc->body;

	if (r == NULL)
		return;
	r->lookup = what;
	str_reset(text);
	if (irc_ctcp_add(text, names[what],
		    what == GW_PING ? slice_of("causeway") : slice_of("")) != 0)
		return;
	send_or_fail(s, r,
		irc_command(s, "PRIVMSG", (const char *const[]){ person, NULL },
			str_text(text)));
}

static void ask_server(
	struct irc_session *s, gw_request request, enum gw_lookup what)
{
	static const char *const names[] = {
		[GW_PING] = "PING",
		[GW_VERSION] = "VERSION",
		[GW_TIME] = "TIME",
	};
	static const enum irc_request_kind kinds[] = {
		[GW_PING] = IRC_REQUEST_PING,
		[GW_VERSION] = IRC_REQUEST_VERSION,
		[GW_TIME] = IRC_REQUEST_TIME,
	};
	struct irc_request *r = irc_request_new(s, kinds[what], request,
		names[what], (const char *const[]){ NULL, NULL });

	if (r == NULL)
		return;
	r->lookup = what;
	if (what == GW_PING)
		irc_request_follow(s, r);
	else
		send_or_fail(s, r,
			irc_command(s, names[what],
				(const char *const[]){ NULL }, NULL));
}

static void describe_network(struct irc_session *s, gw_request request)
{
	const char *network = irc_isupport_of(s)->network;
	struct gw_item item = { .key = "nick", .value = s->nick };

	gw_item(s->core, request, &item);
	item.key = "realname";
	item.value = network != NULL ? network : s->core->account;
	gw_item(s->core, request, &item);
	gw_done(s->core, request, NULL);
}

void irc_lookup(struct gw_session *core, gw_request request,
	enum gw_lookup what, const char *person)
{
	struct irc_session *s = irc_session_of(core);
	bool is_person = person != NULL && person[0] != '\0';

	if (s == NULL || s->state != IRC_ONLINE) {
		gw_fail(core, request, GW_LOST, irc_not_connected);
		return;
	}
	switch (what) {
	case GW_PROFILE:
		if (is_person)
			ask_whois(s, request, what, person, false);
		else
			describe_network(s, request);
		break;
	case GW_IDLE:
		if (is_person)
			ask_whois(s, request, what, person, false);
		else
			gw_fail(core, request, GW_UNSUPPORTED,
				"A network is never idle.");
		break;
	case GW_PING:
	case GW_VERSION:
	case GW_TIME:
		if (is_person)
			ask_ctcp(s, request, what, person);
		else
			ask_server(s, request, what);
		break;
	}
}

void irc_list_rooms(struct gw_session *core, gw_request request)
{
	struct irc_session *s = irc_session_of(core);
	struct irc_request *r;

	if (s == NULL || s->state != IRC_ONLINE) {
		gw_fail(core, request, GW_LOST, irc_not_connected);
		return;
	}
	if (irc_request_find(s, IRC_REQUEST_LIST, slice_of("")) != NULL) {
		gw_fail(core, request, GW_BUSY,
			"The list of channels is being fetched already. Ask "
			"again in a minute.");
		return;
	}
	r = irc_request_new(s, IRC_REQUEST_LIST, request, "LIST",
		(const char *const[]){ NULL, NULL });
	if (r != NULL)
		send_or_fail(s, r,
			irc_command(s, "LIST", (const char *const[]){ NULL },
				NULL));
}

void irc_list_bans(struct gw_room *room, gw_request request)
{
	struct irc_channel *c = room->impl;
	struct irc_session *s = irc_session_of(room->session);
	struct irc_request *r;

	if (s == NULL || !irc_channel_is_shown(c)) {
		gw_fail(room->session, request, GW_LOST, irc_not_connected);
		return;
	}
	r = irc_request_new(s, IRC_REQUEST_BANS, request, "MODE",
		(const char *const[]){ c->name, NULL });
	if (r != NULL)
		send_or_fail(s, r,
			irc_command(s, "MODE",
				(const char *const[]){ c->name, "+b", NULL },
				NULL));
}

/* --- WHOIS --------------------------------------------------------------- */

static void add_fact(struct irc_session *s, struct irc_request *r,
	const char *key, struct slice value)
{
	const struct gw_item item = {
		.key = key,
		.value = irc_session_text(s, slice_trim(value)),
	};

	if (r->lookup == GW_PROFILE && r->items < FACTS_MAX)
		irc_request_item(s, r, &item, key);
}

static void add_idle(
	struct irc_session *s, struct irc_request *r, struct slice seconds)
{
	char number[16];
	struct gw_item item = { .key = "idle" };

	(void)text_format(number, sizeof(number), "%.*s",
		(int)(seconds.len < 12 ? seconds.len : 12), seconds.data);
	item.number = strtol(number, NULL, 10);
	if (item.number < 0)
		item.number = 0;
	if ((r->lookup == GW_IDLE || r->is_text) && r->items < FACTS_MAX)
		irc_request_item(s, r, &item, "idle seconds");
}

static void add_user(struct irc_session *s, struct irc_request *r,
	const struct irc_message *m)
{
	add_fact(s, r, "nick", m->params[1]);
	add_fact(s, r, "user", irc_param(m, 2));
	add_fact(s, r, "host", irc_param(m, 3));
	if (m->count > 5)
		add_fact(s, r, "realname",
			slice_of(irc_params_text(s, m, m->count - 1)));
}

/* The numerics whose answer is one fact. */
static const struct fact {
	int numeric;
	size_t param; /* 0: the last */
	const char *key;
} facts[] = {
	{ IRC_RPL_WHOISSERVER, 2, "server" },
	{ IRC_RPL_WHOISCHANNELS, 0, "rooms" },
	{ IRC_RPL_WHOISOPERATOR, 0, "operator" },
	{ IRC_RPL_WHOISACCOUNT, 2, "account" },
	{ IRC_RPL_WHOISREGNICK, 0, "registered" },
	{ IRC_RPL_WHOISSECURE, 0, "secure" },
};

void irc_handle_whois(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_WHOIS, m->params[1]);

	if (r == NULL) {
		irc_show_numeric(s, m);
		return;
	}
	r->is_found = true;
	if (m->numeric == IRC_RPL_WHOISUSER)
		add_user(s, r, m);
	else if (m->numeric == IRC_RPL_WHOISIDLE)
		add_idle(s, r, irc_param(m, 2));
	for (size_t i = 0; i < COUNT(facts); i++) {
		size_t at = facts[i].param ? facts[i].param : m->count - 1;

		if (facts[i].numeric == m->numeric && at < m->count)
			add_fact(s, r, facts[i].key, m->params[at]);
	}
}

bool irc_whois_away(struct irc_session *s, struct slice nick, const char *text)
{
	struct irc_request *r = irc_request_find(s, IRC_REQUEST_WHOIS, nick);

	if (r == NULL || !r->is_found)
		return false;
	add_fact(s, r, "away", slice_of(text));
	return true;
}

void irc_handle_whois_end(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_WHOIS, m->params[1]);

	if (r == NULL)
		return;
	if (r->is_found)
		irc_request_done(s, r, NULL);
	else
		irc_request_fail(s, r, GW_NO_SUCH,
			"Nobody of this nick is on the "
			"network.");
}

/* --- CTCP replies -------------------------------------------------------- */

void irc_lookup_ctcp(
	struct irc_session *s, struct slice nick, const struct irc_ctcp *ctcp)
{
	struct gw_item item = { .key = "reply" };

	list_for_each(it, &s->requests) {
		struct irc_request *r = CONTAINER(it, struct irc_request, link);

		if (r->kind != IRC_REQUEST_CTCP ||
			!slice_equals_nocase(ctcp->command, r->command) ||
			r->target == NULL ||
			!irc_same(irc_isupport_of(s)->casemap, nick,
				slice_of(r->target)))
			continue;
		if (r->lookup == GW_PING)
			item.number = (long)(s->heard_ms - r->sent_ms);
		else
			item.value = irc_session_text(s, ctcp->args);
		irc_request_item(s, r, &item, "reply");
		irc_request_done(s, r, NULL);
		return;
	}
}

/* --- LIST, bans, the server ---------------------------------------------- */

void irc_handle_list(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_LIST, slice_of(""));
	char number[16];
	struct gw_item item = { .key = NULL };

	if (r == NULL) {
		irc_show_numeric(s, m);
		return;
	}
	if (r->items >= LIMIT_CHANNEL_LIST ||
		!irc_is_channel(irc_isupport_of(s), m->params[1]))
		return;
	(void)text_format(number, sizeof(number), "%.*s",
		(int)(m->params[2].len < 9 ? m->params[2].len : 9),
		m->params[2].data);
	item.key = irc_session_text(s, m->params[1]);
	item.value = irc_params_text(s, m, 3);
	item.number = strtol(number, NULL, 10);
	irc_request_item(s, r, &item, item.key);
}

void irc_handle_list_end(
	struct irc_session *s, const struct irc_message *m UNUSED)
{
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_LIST, slice_of(""));

	if (r != NULL)
		irc_request_done(s, r, NULL);
}

void irc_handle_ban(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_BANS, m->params[1]);
	struct gw_item item = { .key = NULL };

	if (r == NULL) {
		irc_show_numeric(s, m);
		return;
	}
	if (r->items >= LIMIT_BAN_LIST)
		return;
	item.key = irc_session_text(s, m->params[2]);
	item.value = irc_session_text_or_null(s, irc_param(m, 3));
	irc_request_item(s, r, &item, item.key);
}

void irc_handle_bans_end(struct irc_session *s, const struct irc_message *m)
{
	struct irc_request *r =
		irc_request_find(s, IRC_REQUEST_BANS, m->params[1]);

	if (r != NULL)
		irc_request_done(s, r,
			r->is_text && r->items == 0 ? "Nobody is banned."
						    : NULL);
}

static void answer_server(struct irc_session *s, enum irc_request_kind kind,
	const struct irc_message *m)
{
	struct irc_request *r = irc_request_find(s, kind, slice_of(""));
	struct gw_item item = { .key = "reply" };

	if (r == NULL) {
		irc_show_numeric(s, m);
		return;
	}
	item.value = irc_session_text(
		s, slice_trim(slice_of(irc_params_text(s, m, 1))));
	irc_request_item(s, r, &item, "reply");
	irc_request_done(s, r, NULL);
}

void irc_handle_version(struct irc_session *s, const struct irc_message *m)
{
	answer_server(s, IRC_REQUEST_VERSION, m);
}

void irc_handle_time(struct irc_session *s, const struct irc_message *m)
{
	answer_server(s, IRC_REQUEST_TIME, m);
}
