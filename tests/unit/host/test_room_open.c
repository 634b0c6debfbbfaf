/*
 * Rooms that a network opens by itself: entered and archived without the user,
 * who is invited once.
 */
#include "host/durable_fixture.h"

#include "host/room.h"

#define INVITATION "<x xmlns='jabber:x:conference' jid='" ROOM "'"

static int setup_open(void **state)
{
	setup_long(state);
	net_ops.caps |= GW_CAP_ALWAYS;
	return 0;
}

static void opens(void)
{
	gw_room_open(net.session, "#deep", "About the weather");
	pass(SECOND);
}

static void hears(const char *id, const char *text, bool quiet)
{
	const struct gw_message m = { .from = "Echo",
		.text = text,
		.network_id = id,
		.durable = true,
		.quiet = quiet };
	gw_message(net.session, net.room, &m);
	settle();
}

static void enter(void)
{
	says("<presence from='" ALICE "' to='" ROOM "/alice'>"
	     "<x xmlns='" NS_MUC "'/></presence>");
	pass(SECOND);
}

static void leave(void)
{
	says("<presence from='" ALICE "' to='" ROOM "/alice' "
	     "type='unavailable'/>");
	pass(SECOND);
}

static void expect_not_invited(void)
{
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "jabber:x:conference"));
	forget();
}

static void is_entered_and_invites_once(void **state)
{
	(void)state;
	opens();
	EXPECT_CALL("join #deep - -");
	EXPECT("from='" ROOM "'", "to='" BARE "'", INVITATION,
		"About the weather", "<invite");
	EXPECT_QUIET();
	opens();
	EXPECT_QUIET();
	crash_and_start();
	EXPECT_CALL("open canyon");
	opens();
	EXPECT_CALL("join #deep - -");
	EXPECT_QUIET();
	/* It stays through a break of the link if its gateway says so. */
	gw_closed(net.session, GW_LOST, "The line broke.", GW_RETRY);
	pass(30 * SECOND);
	forget();
	opens();
	EXPECT_CALL("join #deep - -");
	expect_not_invited();
}

static void is_archived_without_the_user(void **state)
{
	(void)state;
	opens();
	forget();
	hears("n1", "It rains.", false);
	EXPECT_CALL("settled n1");
	expect_not_invited();
	enter();
	EXPECT_AMONG("<body>It rains.</body>", "<delay");
}

static void invites_again_who_left(void **state)
{
	(void)state;
	opens();
	enter();
	leave();
	forget();
	/* The network's room is not left. */
	assert_non_null(net.room);
	hears("n1", "Soon back?", false);
	expect_not_invited();
	pass(120 * SECOND);
	hears("n2", "It is a quiet day.", true);
	expect_not_invited();
	hears("n3", "It rains.", false);
	EXPECT_AMONG(INVITATION);
	hears("n4", "It pours.", false);
	expect_not_invited();
	/* Who ignores an invitation is not asked again; who enters and leaves
	 * is. */
	enter();
	leave();
	pass(120 * SECOND);
	crash_and_start();
	says("<presence from='" ALICE "' to='" GW "'/>");
	opens();
	pass(120 * SECOND);
	forget();
	hears("n5", "It stopped.", false);
	EXPECT_AMONG(INVITATION);
}

static void who_is_offline_is_not_invited(void **state)
{
	(void)state;
	opens();
	enter();
	leave();
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	pass(120 * SECOND);
	forget();
	hears("n1", "It rains.", false);
	expect_not_invited();
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	hears("n2", "It pours.", false);
	expect_not_invited();
}

static void own_set_nick(
	struct gw_room *r, gw_request request, const char *nick)
{
	note("nick %s %u", nick, (unsigned)request);
	if (strcmp(nick, "anna") == 0)
		gw_fail(r->session, request, GW_CONFLICT, NULL);
	else
		gw_room_renamed(r, "alice", nick);
}

static void enter_as(const char *nick)
{
	saysf("<presence from='" ALICE "' to='%s/%s'>"
	      "<x xmlns='" NS_MUC "'/></presence>",
		ROOM, nick);
	pass(SECOND);
}

/* The room was there before him; his nick is what his client asks for. */
static void enters_under_any_nick(void **state)
{
	(void)state;
	net_ops.caps |= GW_CAP_OWN_NICKS;
	net_ops.set_nick = own_set_nick;
	opens();
	EXPECT_CALL("join #deep - -");
	forget();
	enter_as("ally");
	EXPECT_CALL("nick ally 0");
	EXPECT_AMONG("from='" ROOM "/ally'", "code='110'", "!code='210'");
	says("<presence from='" ALICE "' to='" ROOM "/ally' "
	     "type='unavailable'/>");
	pass(SECOND);
	forget();
	enter_as("anna");
	EXPECT_CALL("nick anna 0");
	EXPECT_AMONG("from='" ROOM "/ally'", "code='110'", "code='210'");
}

static void does_not_invite_who_is_in(void **state)
{
	(void)state;
	enter();
	forget();
	opens();
	expect_not_invited();
	leave();
	assert_non_null(net.room);
}

#define TEST_OPEN(name) \
	cmocka_unit_test_setup_teardown(name, setup_open, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_OPEN(is_entered_and_invites_once),
		TEST_OPEN(is_archived_without_the_user),
		TEST_OPEN(invites_again_who_left),
		TEST_OPEN(who_is_offline_is_not_invited),
		TEST_OPEN(does_not_invite_who_is_in),
		TEST_OPEN(enters_under_any_nick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
