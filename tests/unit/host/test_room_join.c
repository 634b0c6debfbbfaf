/*
 * Joining and leaving (XEP-0045 sections 7.1, 7.2, 7.14).
 */
#include "host/room_fixture.h"

static void test_guest_joins(void **state)
{
	(void)state;
	joins(ALICE, "alice");
	EXPECT_CALL("open net nick=alice");
	EXPECT_CALL("join #chan alice -");
	EXPECT_QUIET();
	const struct gw_occupant op = { .nick = "carol",
		.host = "host.example",
		.role = GW_MODERATOR,
		.affiliation = GW_ADMIN,
		.show = GW_AWAY,
		.status = "lunch",
		.hats = 1 };
	gw_room_occupant(room(), &op);
	enters(room(), "alice");
	gw_room_subject(room(), "Welcome", "carol", WALL_MS - 60000);
	EXPECT_QUIET();
	gw_room_joined(room(), "alice");
	settle();
	EXPECT("<presence from='" CHAN "/carol' to='" ALICE "'>",
		"<show>away</show>", "<status>lunch</status>",
		"<item affiliation='admin' role='moderator' "
		"jid='carol~net@" GW_JID "/host.example'/>",
		"<hat uri='urn:test:op' title='operator'/>", "!urn:test:bot",
		"<occupant-id xmlns='" NS_OCCUPANT_ID "' id='", "!code=");
	EXPECT("<presence from='" CHAN "/alice' to='" ALICE "' id='j1'>",
		"<item affiliation='none' role='participant' jid='" ALICE "'/>",
		"<status code='110'/><status code='100'/></x>", "!code='210'",
		"!code='201'", "!code='170'");
	EXPECT("<message from='" CHAN "/carol' to='" ALICE "' type='groupchat'",
		"<subject>Welcome</subject>",
		"<delay xmlns='urn:xmpp:delay' from='" CHAN
		"' stamp='2023-11-14T22:12:20Z'/>",
		"!<body");
	EXPECT_QUIET();
}

static void test_empty_subject(void **state)
{
	(void)state;
	joins(ALICE, "alice");
	gw_room_joined(room(), "alice");
	settle();
	EXPECT("/alice'", "code='110'");
	EXPECT("from='" CHAN "' to='" ALICE "' type='groupchat'", "<subject/>",
		"!<delay");
	EXPECT_CALL("open net nick=alice");
	EXPECT_CALL("join #chan alice -");
	EXPECT_QUIET();
}

static void test_changed_nick(void **state)
{
	(void)state;
	joins(ALICE, "al ice");
	enters(room(), "al_ice");
	gw_room_joined(room(), "al_ice");
	settle();
	EXPECT("from='" CHAN "/al_ice'", "code='110'", "code='210'");
}

static void test_second_client(void **state)
{
	(void)state;
	be_joined();
	gw_room_subject(room(), "Welcome", NULL, 0);
	drop_sent();
	joins(ALICE2, "other");
	EXPECT("from='" CHAN "/carol' to='" ALICE2 "'");
	EXPECT("from='" CHAN "/alice' to='" ALICE2 "'", "code='110'",
		"code='100'", "code='210'", "jid='" ALICE2 "'");
	EXPECT("to='" ALICE2 "'", "<subject>Welcome</subject>");
	EXPECT_QUIET();
	/* Both hear what follows, each about himself with his own JID. */
	talks(room(), "carol", "hello");
	EXPECT("to='" ALICE "'", "<body>hello</body>");
	EXPECT("to='" ALICE2 "'", "<body>hello</body>");
	/* One leaves, the other stays. */
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	EXPECT("from='" CHAN "/alice' to='" ALICE "' type='unavailable'",
		"role='none'", "code='110'");
	EXPECT_QUIET();
	says("<presence from='" ALICE2 "' to='" CHAN
	     "/alice' type='unavailable'><status>so long</status>"
	     "</presence>");
	EXPECT("to='" ALICE2 "' type='unavailable'",
		"<status>so long</status>");
	EXPECT_CALL("leave #chan so long");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
	assert_null(user_find(gateway, "alice@example.org"));
}

static void test_rejoin_is_resync(void **state)
{
	(void)state;
	be_joined();
	joins(ALICE, "alice");
	EXPECT("from='" CHAN "/carol'");
	EXPECT("from='" CHAN "/alice'", "id='j1'", "code='110'", "!code='210'");
	EXPECT("<subject/>");
	EXPECT_QUIET();
}

static void test_bad_joins(void **state)
{
	(void)state;
	static const struct {
		const char *to, *error;
	} rows[] = {
		{ CHAN, "<jid-malformed" },
		{ "#chan~forbidden@" GW_JID "/nick", "<policy-violation" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		says("<presence from='" ALICE "' to='%s' id='b'>"
		     "<x xmlns='" NS_MUC "'/></presence>",
			rows[i].to);
		EXPECT("type='error'", "id='b'", rows[i].error);
		EXPECT_QUIET();
		assert_null(user_find(gateway, "alice@example.org"));
	}
}

static void test_too_many_rooms(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++)
		says("<presence from='" ALICE "' to='#c%d~net@" GW_JID
		     "/alice'><x xmlns='" NS_MUC "'/></presence>",
			i);
	EXPECT("from='#c5~net@", "type='error'", "<resource-constraint");
	assert_int_equal(account()->rooms.count, 5);
}

static void test_too_many_clients(void **state)
{
	(void)state;
	be_joined();
	for (unsigned i = 1; i < LIMIT_RESOURCES; i++) {
		char jid[64];
		snprintf(jid, sizeof(jid), "alice@example.org/c%u", i);
		joins(jid, "alice");
	}
	drop_sent();
	joins("alice@example.org/more", "alice");
	EXPECT("type='error' id='j1'", "<resource-constraint");
	EXPECT_QUIET();
}

static void test_network_refuses(void **state)
{
	static const struct {
		enum gw_reason reason;
		const char *error;
	} rows[] = {
		{ GW_NOT_AUTHORIZED, "<not-authorized" },
		{ GW_MEMBERS_ONLY, "<registration-required" },
		{ GW_BANNED, "<forbidden" },
		{ GW_FULL, "<service-unavailable" },
		{ GW_CONFLICT, "<conflict" },
		{ GW_NO_SUCH, "<item-not-found" },
		{ GW_BUSY, "<resource-constraint" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		joins(ALICE, "alice");
		joins(ALICE2, "alicia");
		gw_room_failed(room(), rows[i].reason, "because");
		settle();
		EXPECT("<presence from='" CHAN "/alice' to='" ALICE
		       "' type='error' id='j1'>",
			"<x xmlns='" NS_MUC "'/>", rows[i].error,
			">because</text>");
		EXPECT("<presence from='" CHAN "/alicia' to='" ALICE2
		       "' type='error' id='j1'>");
		/* A guest without a room is disconnected. */
		assert_null(account());
		asked.next = asked.count;
		EXPECT_QUIET();
	}
}

static void test_password(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" CHAN "/alice'>"
	     "<x xmlns='" NS_MUC "'><password>key</password></x>"
	     "</presence>");
	EXPECT_CALL("open net nick=alice");
	EXPECT_CALL("join #chan alice key");
}

static void test_connection_fails(void **state)
{
	(void)state;
	net.hold_open = true;
	joins(ALICE, "alice");
	EXPECT_CALL("open net nick=alice");
	EXPECT_QUIET();
	gw_closed(&account()->session, GW_NO_HOST, "no such host", GW_RETRY);
	settle();
	EXPECT("from='" CHAN "/alice'", "type='error'",
		"<remote-server-not-found", "no such host");
	assert_null(account());
}

static void test_nobody_answers(void **state)
{
	(void)state;
	net.hold_open = true;
	joins(ALICE, "alice");
	EXPECT_CALL("open net nick=alice");
	pass(119000);
	EXPECT_QUIET();
	pass(2000);
	EXPECT("from='" CHAN "/alice'", "type='error'",
		"<remote-server-timeout");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
}

/* The network's gateway lets others connect first. */
static void test_late_network(void **state)
{
	(void)state;
	net.hold_open = true;
	joins(ALICE, "alice");
	EXPECT_CALL("open net nick=alice");
	gw_delayed(&account()->session, 300000);
	settle();
	EXPECT("<message ", "Your turn comes in about 300 seconds.");
	pass(419000);
	EXPECT_QUIET();
	pass(2000);
	EXPECT("type='error'", "<remote-server-timeout");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
}

static void test_leaves_while_joining(void **state)
{
	(void)state;
	joins(ALICE, "alice");
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	EXPECT_CALL("open net nick=alice");
	EXPECT_CALL("join #chan alice -");
	EXPECT_CALL("leave #chan -");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
}

static void test_outside(void **state)
{
	(void)state;
	/* Section 7.2.18: a client that only thinks that it is in. */
	says("<presence from='" ALICE "' to='" CHAN "/alice'/>");
	EXPECT("<presence from='" CHAN "/alice' to='" ALICE
	       "' type='unavailable'>",
		"code='110'", "code='307'", "code='333'", "role='none'");
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	says("<presence from='" ALICE "' to='" CHAN "/alice' type='probe'/>");
	EXPECT_QUIET();
	assert_null(user_find(gateway, "alice@example.org"));
}

static void test_ghosts(void **state)
{
	static const struct {
		const char *kind, *error;
		bool gone;
	} rows[] = {
		{ "message", "gone", true },
		{ "message", "item-not-found", true },
		{ "message", "recipient-unavailable", true },
		{ "message", "redirect", true },
		{ "message", "remote-server-not-found", true },
		{ "message", "remote-server-timeout", true },
		{ "message", "service-unavailable", true },
		{ "presence", "remote-server-timeout", true },
		{ "presence", "service-unavailable", false },
		{ "message", "policy-violation", false },
		{ "message", "bad-request", false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		be_joined();
		says("<%s from='" ALICE "' to='" CHAN
		     "/carol' type='error'><error type='cancel'>"
		     "<%s xmlns='" NS_STANZA_ERRORS "'/></error></%s>",
			rows[i].kind, rows[i].error, rows[i].kind);
		assert_int_equal(account() == NULL, rows[i].gone);
		assert_int_equal(heard.count, 0);
		room_resource_gone(
			user_get(gateway, "alice@example.org"), ALICE, NULL);
		settle();
	}
}

static void test_unavailable_everywhere(void **state)
{
	(void)state;
	be_joined();
	says("<presence from='" ALICE "' to='" GW_JID
	     "' type='unavailable'><status>bye</status></presence>");
	EXPECT_CALL("leave #chan bye");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
}

static void test_wanted_rooms(void **state)
{
	(void)state;
	struct account *a = be_registered();
	account_set_value(a, 2, "1");
	account_set_value(a, 3, "#Chan\n #two \nnot a room\n");
	account_open(a);
	settle();
	EXPECT_CALL("open net nick=");
	assert_int_equal(asked.count, 3);
	assert_int_equal(a->rooms.count, 2);
	assert_non_null(room());
	asked.next = asked.count;
	gw_room_joined(room(), "alice");
	settle();
	EXPECT_QUIET();
	/* A failure has nobody but the user to tell. */
	gw_room_failed(
		gw_room_find(&a->session, "#two"), GW_BANNED, "you are banned");
	settle();
	EXPECT("from='net@" GW_JID "' to='alice@example.org' type='chat'",
		"Could not join #two: you are banned");
}

static void test_wanted_room_stays(void **state)
{
	(void)state;
	struct account *a = be_registered();
	account_set_value(a, 2, "1");
	account_set_value(a, 3, "#chan");
	account_open(a);
	settle();
	gw_room_joined(room(), "alice");
	asked.next = asked.count;
	joins(ALICE, "wish");
	EXPECT("from='" CHAN "/alice'", "code='110'", "code='210'");
	EXPECT("<subject/>");
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	EXPECT("type='unavailable'");
	EXPECT_QUIET();
	assert_non_null(room());
}

/* The announced presence is taken back after a crash. */
static char announced[2048];

static void collect(const char *to, const char *jid, void *arg)
{
	(void)arg;
	size_t len = strlen(announced);
	snprintf(announced + len, sizeof(announced) - len, "%s>%s ", jid, to);
}

static void taken(int status, void *arg)
{
	assert_int_equal(status, 0);
	*(bool *)arg = true;
}

static void take_announced(void)
{
	bool done = false;
	announced[0] = '\0';
	store_announced_take(host.store, GW_JID, collect, taken, &done);
	loop_settle(loop, 60000, &done);
	assert_true(done);
}

static void test_announced(void **state)
{
	(void)state;
	be_joined();
	take_announced();
	assert_string_equal(announced, CHAN "/alice>" ALICE " ");
	gw_room_renamed(room(), "alice", "alicia");
	settle();
	take_announced();
	assert_string_equal(announced, CHAN "/alicia>" ALICE " ");
	joins(ALICE2, "alice");
	room_resource_gone(account()->user, ALICE2, NULL);
	settle();
	take_announced();
	assert_string_equal(announced, "");
}

#define CAT  "cat\xf0\x9f\x98\xba"
#define CAT_ "cat\\u1f63a;"

/* What servers would change or refuse is spelled; a nick that looks so is
 * somebody else. */
static void test_unusual_nicks(void **state)
{
	static const struct {
		const char *nick, *resource;
	} rows[] = {
		{ "\xef\xac\x81sh", "\\ufb01;sh" }, /* a ligature */
		{ "fish", "fish" },
		{ "bad\xc2\x85nick", "bad\\u85;nick" },
		{ CAT, CAT_ },
		{ CAT_, "cat\\u5c;u1f63a;" },
		{ "\xc3\x84tna", "\xc3\x84tna" },
		{ "a\\b", "a\\b" },
	};
	(void)state;
	joins(ALICE, "alice");
	for (size_t i = 0; i < COUNT(rows); i++)
		enters(room(), rows[i].nick);
	gw_room_joined(room(), "alice");
	settle();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char from[128], nick[128];
		snprintf(from, sizeof(from), "from='" CHAN "/%s'",
			rows[i].resource);
		snprintf(nick, sizeof(nick), "%s<nick xmlns='" NS_NICK "'>%s<",
			strcmp(rows[i].nick, rows[i].resource) == 0 ? "!" : "",
			rows[i].nick);
		EXPECT_AMONG(from, nick, "<item");
	}
	EXPECT_AMONG("from='" CHAN "/alice'");
	drop_sent();
	asked.next = asked.count;
	/* Each can be spoken to, as it is written and, where the server lets
	 * it through, as it is. */
	for (size_t i = 0; i < COUNT(rows); i++) {
		char call[128];
		says("<message type='chat' from='" ALICE "' to='" CHAN
		     "/%s'><body>hi</body></message>",
			rows[i].resource);
		snprintf(call, sizeof(call), "send %s hi", rows[i].nick);
		EXPECT_CALL(call);
	}
	says("<message type='chat' from='" ALICE "' to='" CHAN "/" CAT
	     "'><body>hi</body></message>");
	EXPECT_CALL("send " CAT " hi");
	says("<iq type='set' id='k' from='" ALICE "' to='" CHAN
	     "'><query xmlns='" NS_MUC_ADMIN "'><item nick='" CAT_
	     "' role='none'/></query></iq>");
	EXPECT_CALL("moderate #chan role nick=" CAT
		    " person=- role=0 affiliation=1 reason=-");
	const struct gw_gone gone = {
		.nick = "fish", .how = GW_KICKED, .actor = CAT
	};
	gw_room_gone(room(), &gone);
	EXPECT("/fish'", "<actor nick='" CAT_ "'/>");
	gw_room_renamed(room(), CAT, "dog");
	EXPECT("/" CAT_ "' to='" ALICE "' type='unavailable'", "nick='dog'");
	EXPECT("/dog'", "!<nick");
	talks(room(), "bad\xc2\x85nick", "hi");
	EXPECT("from='" CHAN "/bad\\u85;nick'", "<body>hi</body>");
}

/* One's own nick, in either form, is no reason to change it. */
static void test_own_unusual_nick(void **state)
{
	(void)state;
	joins(ALICE, CAT);
	EXPECT_CALL("open net nick=" CAT);
	EXPECT_CALL("join #chan " CAT " -");
	enters(room(), CAT);
	gw_room_joined(room(), CAT);
	settle();
	EXPECT("from='" CHAN "/" CAT_ "'", "code='110'", "code='210'",
		"<nick xmlns='" NS_NICK "'>" CAT "<");
	EXPECT("<subject");
	says("<presence from='" ALICE "' to='" CHAN "/" CAT "'/>");
	says("<presence from='" ALICE "' to='" CHAN "/" CAT_ "'/>");
	EXPECT_QUIET();
	/* Another client, which asks for it as it is spelled. */
	joins(ALICE2, CAT_);
	EXPECT("from='" CHAN "/" CAT_ "'", "!code='210'");
	EXPECT("<subject");
	says("<presence type='unavailable' from='" ALICE "' to='" CHAN "'/>");
	says("<presence type='unavailable' from='" ALICE2 "' to='" CHAN "'/>");
	drop_sent();
	asked.next = asked.count;
	joins(ALICE, CAT_);
	EXPECT_CALL("open net nick=" CAT);
	EXPECT_CALL("join #chan " CAT " -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_guest_joins),
		TEST(test_empty_subject),
		TEST(test_changed_nick),
		TEST(test_second_client),
		TEST(test_rejoin_is_resync),
		TEST(test_bad_joins),
		TEST(test_too_many_rooms),
		TEST(test_too_many_clients),
		TEST(test_network_refuses),
		TEST(test_password),
		TEST(test_connection_fails),
		TEST(test_nobody_answers),
		TEST(test_late_network),
		TEST(test_leaves_while_joining),
		TEST(test_outside),
		TEST(test_ghosts),
		TEST(test_unavailable_everywhere),
		TEST(test_wanted_rooms),
		TEST(test_wanted_room_stays),
		TEST(test_announced),
		TEST(test_unusual_nicks),
		TEST(test_own_unusual_nick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
