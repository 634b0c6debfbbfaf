/*
 * A whole session against any server, while its user does something too. A
 * line that starts with '!' is what the user does: `!j#chan`, `!l` leave the
 * last room, `!s text` to it, `!p nick text`, `!/command`, `!w nick` look up,
 * `!k nick`, `!b nick`, `!a text` away, `!o nick` and `!n nick` watch or no
 * longer, `!t` half a minute passes. All other lines are the server's. The
 * fake core holds every call against the rules. The first byte chooses how far
 * the login is and with what it is done.
 */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "gateways/kit/fake_core.h"
#include "irc/dispatch.h"
#include "irc/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct gateway_ops gateway_irc;

static struct fake_core *core;
static struct gw_session *session;
static struct gw_room *room;

static void nothing(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void say(struct slice text)
{
	struct irc_session *s = session->impl;
	struct irc_message m;
	struct slice line;
	size_t used;
	bool found = true;

	while (found && s != NULL && s->state != IRC_DEAD) {
		found = irc_reader_next(&s->reader, text, &line, &used);
		s->line = line;
		if (found && irc_message_parse(&m, line) == 0)
			irc_dispatch(s, &m);
		text = slice_make(text.data + used, text.len - used);
	}
}

static void say_text(const char *text)
{
	say(slice_of(text));
}

static void log_in(uint8_t how)
{
	struct irc_session *s;

	session = fake_session(core, "irc.test");
	room = NULL;
	fake_set(session, "nick", "alice");
	if (how & 1)
		fake_set(session, "username", "alice");
	if (how & 2)
		fake_set(session, "password", "secret");
	fake_open(session);
	s = session->impl;
	dial_cancel(&s->dial);
	s->state = how & 4 ? IRC_STARTTLS : IRC_REGISTERING;
	s->heard_ms = clock_ms();
	if ((how & 7) != 0)
		return;
	say_text(":irc.test 001 alice :Welcome\r\n"
		 ":irc.test 005 alice PREFIX=(qaohv)~&@%+ CHANTYPES=#& "
		 "CHANMODES=beI,k,l,imnpst STATUSMSG=@+ :x\r\n"
		 ":irc.test 376 alice :End\r\n");
}

static bool is_usable(void)
{
	return room != NULL && session->impl != NULL && room->impl != NULL;
}

static void act_in_room(const struct gateway_ops *ops, char what, char *text)
{
	struct gw_moderation m = { .nick = text };

	switch (what) {
	case 'l':
		fake_leave(room, text);
		room = NULL;
		break;
	case 's':
		(void)fake_send_room(room, text);
		break;
	case 'k':
		ops->moderate(room, fake_request(session), &m);
		break;
	case 'b':
		m.verb = GW_SET_AFFILIATION;
		m.affiliation = GW_OUTCAST;
		ops->moderate(room, fake_request(session), &m);
		break;
	default:
		break;
	}
}

static void act(char *line)
{
	const struct gateway_ops *ops = &gateway_irc;
	char *text = line + 1 + (line[0] != '\0' && line[1] == ' ');

	if (line[0] == '\0' || session->impl == NULL)
		return;
	if (line[0] == 'j' && room == NULL)
		room = fake_join(session, text, NULL, "key");
	else if (line[0] == '/')
		ops->slash(session, fake_request(session),
			is_usable() ? room : NULL, NULL, line + 1);
	else if (line[0] == 'o' || line[0] == 'n')
		ops->watch(session, text, line[0] == 'o');
	else if (line[0] == 'p')
		(void)fake_send(session, text[0] ? text : "bob", "hello");
	else if (line[0] == 'w')
		ops->lookup(session, fake_request(session),
			(enum gw_lookup)(strlen(text) % 5), text);
	else if (line[0] == 'a')
		ops->presence(session, text[0] ? GW_AWAY : GW_CHAT, text);
	else if (line[0] == 't')
		fake_run(core, 30000);
	else if (is_usable())
		act_in_room(ops, line[0], text);
	/* A join that failed is over. */
	if (room != NULL && room->impl == NULL)
		room = NULL;
}

/* The core passes on only what XML can carry. */
static bool is_xml(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' && *p != '\t' && *p != '\r')
			return false;
	}
	return utf8_is_valid(slice_of(text));
}

static void run(struct slice input)
{
	while (input.len > 0 && session->impl != NULL) {
		struct slice line = slice_cut(&input, '\n');
		char *copy;

		if (line.len == 0 || line.data[0] != '!') {
			say(slice_make(
				line.data, line.len + (input.data != NULL)));
		} else {
			copy = xstrndup(line.data + 1, line.len - 1);
			if (is_xml(copy))
				act(copy);
			xfree(copy);
		}
		fake_run(core, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (core == NULL) {
		log_set_sink(nothing, NULL);
		core = fake_core_new(&gateway_irc,
			"networks = ( { host = \"irc.test\"; "
			"address = \"127.0.0.1\"; tls = \"none\"; } );"
			"flood = { burst = 5; rate = 1.0; };");
	}
	if (size < 1 || size > 65536)
		return 0;
	log_in(data[0]);
	run(slice_make((const char *)data + 1, size - 1));
	fake_run(core, 100);
	if (session->impl != NULL)
		fake_run(core, 200000);
	fake_session_free(&session);
	fake_clear(core);
	return 0;
}
