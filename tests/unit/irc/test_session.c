/*
 * Logging in, staying connected, and the many ways a connection ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "irc/irc_server.h"

static struct fake_core *core;
static struct irc_server *server;

static void begin(const char *extra, const char *config)
{
	core = irc_core_new(&server, extra, config);
}

static void end(void)
{
	irc_server_free(&server);
	fake_core_free(&core);
}

static void test_log_in(void **state)
{
	struct gw_session *s;

	(void)state;
	begin("", "");
	s = irc_log_in(core, server, NULL);
	fake_close(s, "bye");
	irc_hear(server, "QUIT :bye");
	irc_hear_end(server);
	end();
}

static void test_thin_path(void **state)
{
	struct gw_session *s;
	struct gw_room *room;

	(void)state;
	begin("", "");
	s = irc_log_in(core, server, NULL);
	room = irc_enter(core, server, s, "#chan", "@bob +carol");
	irc_say(server, ":bob!b@b.test PRIVMSG #Chan :hello there");
	fake_expect(core, "#chan: message bob: hello there");
	fake_send_room(room, "hi all");
	irc_hear(server, "PRIVMSG #chan :hi all");
	fake_expect(core, "accepted 1");
	irc_say(server, ":bob!b@b.test PRIVMSG alice :psst");
	fake_expect(core, "message bob: psst");
	fake_send(s, "bob", "yes?");
	irc_hear(server, "PRIVMSG bob :yes?");
	fake_expect(core, "accepted 2");
	fake_leave(room, "lunch");
	irc_hear(server, "PART #chan :lunch");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_in),
		cmocka_unit_test(test_thin_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
