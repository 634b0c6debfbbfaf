#include "irc/slash.h"

#include <string.h>

#include "base/utf8.h"
#include "irc/channel.h"
#include "irc/lookup.h"
#include "irc/moderate.h"
#include "irc/outbox.h"
#include "irc/outgoing.h"
#include "irc/presence.h"
#include "irc/request.h"

#define WORDS_MAX      12
#define LINE_MAX_BYTES 4096

/* One typed line, taken apart. */
struct typed {
	struct irc_session *s;
	gw_request request;
	const char *channel; /* of the room, or the first word; or NULL */
	char *rest;          /* all behind the command and its channel */
	char *words[WORDS_MAX + 1]; /* of rest; the last keeps the remainder */
	size_t count;
	const struct command *command;
};

enum need {
	NEED_NOTHING,
	NEED_CHANNEL = 1, /* works on a channel */
};

struct command {
	const char *name;
	unsigned need;
	size_t words; /* at least so many; the last one takes the rest */
	void (*fn)(struct typed *t);
	const char *usage, *help;
};

/* --- Small helpers ------------------------------------------------------- */

static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " ");
	char *end = word + strcspn(word, " ");

	*at = end + strspn(end, " ");
	if (*end != '\0')
		*end = '\0';
	return word;
}

/* Split `rest` into at most `max` words, the last of which is the rest. */
static void split_words(struct typed *t, size_t max)
{
	char *at = t->rest + strspn(t->rest, " ");

	while (*at != '\0' && t->count + 1 < max)
		t->words[t->count++] = next_word(&at);
	if (*at != '\0')
		t->words[t->count++] = at;
}

static void fail(struct typed *t, enum gw_reason reason, const char *text)
{
	gw_fail(t->s->core, t->request, reason, text);
}

static void show_usage(struct typed *t)
{
	char text[512];

	(void)text_format(text, sizeof(text), "Usage: %s - %s.",
		t->command->usage, t->command->help);
	fail(t, GW_NOT_ACCEPTABLE, text);
}

/* --- Commands that ask --------------------------------------------------- */

static void ask(struct typed *t, enum irc_request_kind kind,
	const char *command, const char *argument)
{
	struct irc_request *r = irc_request_new(t->s, kind, t->request, command,
		(const char *const[]){ t->channel, NULL });

	if (r == NULL)
		return;
	r->is_text = true;
	if (!irc_command(t->s, command,
		    (const char *const[]){ t->channel, argument, NULL }, NULL))
		irc_request_fail(t->s, r, GW_NOT_ACCEPTABLE,
			"This cannot be asked on IRC.");
}

static void do_names(struct typed *t)
{
	ask(t, IRC_REQUEST_NAMES, "NAMES", NULL);
}

static void do_whois(struct typed *t)
{
	split_words(t, 1);
	irc_lookup_text(t->s, t->request, t->words[0]);
}

/* --- Commands that change ------------------------------------------------ */

static void do_nick(struct typed *t)
{
	irc_change_nick(t->s, t->request, t->rest);
}

static void do_topic(struct typed *t)
{
	if (t->rest[0] == '\0')
		ask(t, IRC_REQUEST_TOPIC, "TOPIC", NULL);
	else
		irc_change_topic(t->s, t->request, t->channel, t->rest);
}

static void do_kick(struct typed *t)
{
	split_words(t, 2);
	irc_kick(t->s, t->request, t->channel, t->words[0],
		t->count > 1 ? t->words[1] : NULL);
}

static void do_ban(struct typed *t)
{
	split_words(t, 1);
	if (t->count == 0)
		ask(t, IRC_REQUEST_BANS, "MODE", "+b");
	else
		irc_ban(t->s, t->request, t->channel, t->words[0], true);
}

static void do_unban(struct typed *t)
{
	split_words(t, 1);
	irc_ban(t->s, t->request, t->channel, t->words[0], false);
}

static void do_invite(struct typed *t)
{
	split_words(t, 1);
	irc_invite_to(t->s, t->request, t->channel, t->words[0]);
}

static void change_rank(struct typed *t, char letter, bool add)
{
	struct irc_mode_change changes[WORDS_MAX];

	split_words(t, WORDS_MAX);
	for (size_t i = 0; i < t->count; i++)
		changes[i] = (struct irc_mode_change){
			.add = add,
			.letter = letter,
			.param = slice_of(t->words[i]),
		};
	irc_change_modes(t->s, t->request, t->channel, changes, t->count);
}

static void do_op(struct typed *t)
{
	change_rank(t, 'o', true);
}

static void do_deop(struct typed *t)
{
	change_rank(t, 'o', false);
}

static void do_voice(struct typed *t)
{
	change_rank(t, 'v', true);
}

static void do_devoice(struct typed *t)
{
	change_rank(t, 'v', false);
}

/* "+o-v nick nick": passed on as it is, one word a parameter. */
static void do_mode(struct typed *t)
{
	const char *params[WORDS_MAX + 2] = { t->channel };
	struct irc_request *r;

	if (t->rest[0] == '\0') {
		ask(t, IRC_REQUEST_MODES, "MODE", NULL);
		return;
	}
	split_words(t, WORDS_MAX);
	for (size_t i = 0; i < t->count; i++)
		params[i + 1] = t->words[i];
	r = irc_request_new(t->s, IRC_REQUEST_CHANGE, t->request, "MODE",
		(const char *const[]){ t->channel, NULL });
	if (r == NULL)
		return;
	if (irc_command(t->s, "MODE", params, NULL))
		irc_request_follow(t->s, r);
	else
		irc_request_fail(t->s, r, GW_NOT_ACCEPTABLE,
			"This cannot be said on IRC.");
}

static void do_away(struct typed *t)
{
	irc_presence(t->s->core, t->rest[0] != '\0' ? GW_AWAY : GW_AVAILABLE,
		t->rest);
	gw_done(t->s->core, t->request,
		t->rest[0] != '\0' ? "You are away." : "You are back.");
}

/* --- Commands that say --------------------------------------------------- */

static void do_me(struct typed *t)
{
	char text[LINE_MAX_BYTES + 8];

	(void)text_format(text, sizeof(text), "/me %s", t->rest);
	irc_outgoing_text(t->s, t->request, t->channel, text, false);
}

static void do_msg(struct typed *t)
{
	split_words(t, 2);
	irc_outgoing_typed(t->s, t->request, t->words[0], t->words[1], false);
}

static void do_notice(struct typed *t)
{
	split_words(t, 2);
	irc_outgoing_typed(t->s, t->request, t->words[0], t->words[1], true);
}

static void do_raw(struct typed *t)
{
	irc_outgoing_raw(t->s, t->request, t->rest);
}

static void do_elsewhere(struct typed *t)
{
	gw_fail(t->s->core, t->request, GW_NOT_ACCEPTABLE,
		"Your client joins and leaves channels: use its own menu or "
		"command for that.");
}

static void do_help(struct typed *t);

/* `words` counts what must be there behind the channel. */
static const struct command commands[] = {
	{ "away", 0, 0, do_away, "/away [text]", "be away, or back" },
	{ "ban", NEED_CHANNEL, 0, do_ban, "/ban [nick or mask]",
		"ban somebody, or list who is banned" },
	{ "deop", NEED_CHANNEL, 1, do_deop, "/deop nick ...",
		"take the operator status" },
	{ "devoice", NEED_CHANNEL, 1, do_devoice, "/devoice nick ...",
		"take the voice" },
	{ "help", 0, 0, do_help, "/help", "this list" },
	{ "invite", NEED_CHANNEL, 1, do_invite, "/invite nick",
		"invite somebody into this channel" },
	{ "join", 0, 0, do_elsewhere, "/join", "done by your client" },
	{ "kick", NEED_CHANNEL, 1, do_kick, "/kick nick [reason]",
		"put somebody out of the channel" },
	{ "me", NEED_CHANNEL, 1, do_me, "/me text", "say what you do" },
	{ "mode", NEED_CHANNEL, 0, do_mode, "/mode [changes]",
		"show or change the modes of the channel" },
	{ "msg", 0, 2, do_msg, "/msg nick text", "write to somebody" },
	{ "names", NEED_CHANNEL, 0, do_names, "/names",
		"who is in the channel" },
	{ "nick", 0, 1, do_nick, "/nick new", "change your nick" },
	{ "notice", 0, 2, do_notice, "/notice nick text",
		"write a notice to somebody" },
	{ "op", NEED_CHANNEL, 1, do_op, "/op nick ...",
		"give the operator status" },
	{ "part", 0, 0, do_elsewhere, "/part", "done by your client" },
	{ "query", 0, 2, do_msg, "/query nick text", "write to somebody" },
	{ "quit", 0, 0, do_elsewhere, "/quit", "done by your client" },
	{ "quote", 0, 1, do_raw, "/quote line", "send a line of IRC" },
	{ "raw", 0, 1, do_raw, "/raw line", "send a line of IRC" },
	{ "topic", NEED_CHANNEL, 0, do_topic, "/topic [text]",
		"show or change the topic" },
	{ "unban", NEED_CHANNEL, 1, do_unban, "/unban mask", "lift a ban" },
	{ "voice", NEED_CHANNEL, 1, do_voice, "/voice nick ...",
		"give the voice" },
	{ "whois", 0, 1, do_whois, "/whois nick", "who somebody is" },
};

static void do_help(struct typed *t)
{
	struct str text;

	str_init(&text, LINE_MAX_BYTES);
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (commands[i].fn != do_elsewhere)
			str_addf(&text, "%s%s - %s", i > 0 ? "\n" : "",
				commands[i].usage, commands[i].help);
	}
	gw_done(t->s->core, t->request, str_text(&text));
	str_finish(&text);
}

/* --- Reading ------------------------------------------------------------- */

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (slice_equals_nocase(slice_of(name), commands[i].name))
			return &commands[i];
	}
	return NULL;
}

/* A channel as the first word says where; otherwise it is the room's. */
static void find_channel(struct typed *t, const struct gw_room *room)
{
	const struct irc_channel *c = room != NULL ? room->impl : NULL;
	size_t len = strcspn(t->rest, " ");

	if ((t->command->need & NEED_CHANNEL) == 0)
		return;
	t->channel = c != NULL ? c->name : NULL;
	/* "+m" is a channel on old networks, but one without modes. */
	if (t->command->fn == do_mode && t->rest[0] == '+')
		return;
	if (t->command->fn != do_me &&
		irc_is_channel_name(
			irc_isupport_of(t->s), slice_make(t->rest, len)))
		t->channel = next_word(&t->rest);
}

static void explain_channel(struct typed *t)
{
	char text[256];

	(void)text_format(text, sizeof(text),
		"This is about a channel: say it in its room, or put the "
		"channel first, as in /%s #channel.",
		t->command->name);
	fail(t, GW_NOT_ACCEPTABLE, text);
}

static size_t word_count(const char *text)
{
	size_t count = 0;

	for (text += strspn(text, " "); *text != '\0'; count++) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return count;
}

static void explain_unknown(struct typed *t, const char *name)
{
	char text[256];

	(void)text_format(text, sizeof(text),
		"There is no command /%.*s. Send /help to see those there are.",
		(int)utf8_prefix(slice_of(name), 50), name);
	fail(t, GW_NOT_ACCEPTABLE, text);
}

void irc_slash(struct gw_session *core, gw_request request,
	struct gw_room *room, const char *person, const char *line)
{
	struct typed t = { .s = irc_session_of(core), .request = request };
	char copy[LINE_MAX_BYTES];
	char *name;

	(void)person;
	if (t.s == NULL || t.s->state != IRC_ONLINE) {
		gw_fail(core, request, GW_LOST, irc_not_connected);
		return;
	}
	if (!text_copy(copy, sizeof(copy), line) ||
		line[strcspn(line, "\r\n")] != '\0') {
		fail(&t, GW_NOT_ACCEPTABLE,
			"A command is one line. Send its lines one by one.");
		return;
	}
	t.rest = copy;
	name = next_word(&t.rest);
	t.command = find(name);
	if (t.command == NULL) {
		explain_unknown(&t, name);
		return;
	}
	find_channel(&t, room);
	if (word_count(t.rest) < t.command->words)
		show_usage(&t);
	else if ((t.command->need & NEED_CHANNEL) != 0 && t.channel == NULL)
		explain_channel(&t);
	else
		t.command->fn(&t);
}
