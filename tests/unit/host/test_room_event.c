/*
 * What the network tells about a room, and a link that breaks.
 */
#include "host/room_fixture.h"

static void test_come_and_go(void **state)
{
	static const struct {
		struct gw_gone gone;
		const char *has[4];
	} rows[] = {
		{ { .nick = "dave", .how = GW_LEFT, .text = "bye" },
			{ "<status>bye</status>", "role='none'",
				"!code=", "affiliation='none'" } },
		{ { .nick = "dave", .how = GW_QUIT, .text = "tired" },
			{ "<status>tired</status>", "!code=", "", "" } },
		{ { .nick = "dave",
			  .how = GW_KICKED,
			  .actor = "carol",
			  .text = "rude" },
			{ "<status code='307'/>", "<actor nick='carol'/>",
				"<reason>rude</reason>", "" } },
		{ { .nick = "dave", .how = GW_WAS_BANNED, .actor = "carol" },
			{ "<status code='301'/>", "affiliation='outcast'",
				"<actor nick='carol'/>", "!<reason" } },
		{ { .nick = "dave", .how = GW_SPLIT, .text = "a.b c.d" },
			{ "<status code='333'/>", "!307",
				"<status>a.b c.d</status>", "" } },
		{ { .nick = "dave", .how = GW_REMOVED },
			{ "<status code='321'/>", "!322", "", "" } },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		enters(room(), "dave");
		EXPECT("<presence from='" CHAN "/dave' to='" ALICE "'>",
			"!code=");
		gw_room_gone(room(), &rows[i].gone);
		EXPECT("<presence from='" CHAN "/dave' to='" ALICE
		       "' type='unavailable'>",
			rows[i].has[0], rows[i].has[1], rows[i].has[2],
			rows[i].has[3], "!code='110'", "<occupant-id",
			"jid='dave~net@" GW_JID "'");
		EXPECT_QUIET();
	}
	const struct gw_room_info info = { .flags = GW_ROOM_MEMBERS_ONLY };
	gw_room_info(room(), &info);
	enters(room(), "dave");
	EXPECT("/dave'");
	const struct gw_gone removed = { .nick = "dave", .how = GW_REMOVED };
	gw_room_gone(room(), &removed);
	EXPECT("/dave'", "<status code='322'/>");
	const struct gw_gone stranger = { .nick = "nobody" };
	gw_room_gone(room(), &stranger);
	EXPECT_QUIET();
}

static void test_only_changes(void **state)
{
	(void)state;
	be_joined();
	struct gw_occupant o = { .nick = "carol",
		.role = GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = GW_AVAILABLE };
	gw_room_occupant(room(), &o);
	EXPECT_QUIET();
	o.role = GW_MODERATOR;
	gw_room_occupant(room(), &o);
	EXPECT("role='moderator'");
	o.affiliation = GW_OWNER;
	gw_room_occupant(room(), &o);
	EXPECT("affiliation='owner'");
	o.show = GW_XA;
	o.status = "gone";
	gw_room_occupant(room(), &o);
	EXPECT("<show>xa</show>", "<status>gone</status>");
	o.hats = 3;
	gw_room_occupant(room(), &o);
	EXPECT("urn:test:op", "urn:test:bot");
	o.hats = 0xf0000000u;
	gw_room_occupant(room(), &o);
	EXPECT("!<hat ");
	o.host = "there";
	gw_room_occupant(room(), &o);
	EXPECT("jid='carol~net@" GW_JID "/there'");
	gw_room_occupant(room(), &o);
	EXPECT_QUIET();
}

static void test_rename(void **state)
{
	(void)state;
	be_joined();
	gw_room_renamed(room(), "carol", "caroline");
	EXPECT("from='" CHAN "/carol'", "type='unavailable'", "nick='caroline'",
		"<status code='303'/>", "role='participant'", "!110");
	EXPECT("from='" CHAN "/caroline'", "!type=", "!303");
	gw_room_renamed(room(), "nobody", "x");
	gw_room_renamed(room(), "caroline", "");
	gw_room_renamed(room(), "caroline", "caroline");
	EXPECT_QUIET();
	/* His own, by his own request. */
	says("<presence from='" ALICE "' to='" CHAN "/al' id='n1'/>");
	EXPECT_CALL("nick #chan al");
	gw_room_renamed(room(), "alice", "al");
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT("from='" CHAN "/alice'", "type='unavailable'", "nick='al'",
		"<status code='110'/><status code='303'/>");
	EXPECT("from='" CHAN "/al' to='" ALICE "'", "<status code='110'/>",
		"!303");
	EXPECT_QUIET();
	talks(room(), NULL, "x");
	drop_sent();
	says("<presence from='" ALICE "' to='" CHAN "/carol' id='n2'/>");
	EXPECT_CALL("nick #chan carol");
	gw_fail(&account()->session, net.request, GW_CONFLICT, "in use");
	settle();
	EXPECT("<presence from='" CHAN "/carol' to='" ALICE
	       "' type='error' id='n2'>",
		"<conflict", "in use");
	/* Onto a nick that we still believed to be taken. */
	gw_room_renamed(room(), "caroline", "al");
	assert_int_equal(room_of(room())->occupants.count, 1);
}

static void test_own_status(void **state)
{
	(void)state;
	be_joined();
	joins(ALICE2, "alice");
	drop_sent();
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice'><show>dnd</show><status>busy</status></presence>");
	EXPECT("from='" CHAN "/alice' to='" ALICE "'", "<show>dnd</show>",
		"<status>busy</status>", "code='110'");
	EXPECT("to='" ALICE2 "'", "<show>dnd</show>");
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice'><show>dnd</show><status>busy</status></presence>");
	EXPECT_QUIET();
}

static void thrown_out(enum gw_leaving how, const char *code)
{
	be_joined();
	const struct gw_gone gone = {
		.nick = "alice", .how = how, .actor = "carol", .text = "out"
	};
	gw_room_gone(room(), &gone);
	settle();
	EXPECT("<presence from='" CHAN "/alice' to='" ALICE
	       "' type='unavailable'>",
		"code='110'", code, "role='none'");
	/* Nothing is left of a guest, and no leave() was called. */
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
	assert_null(account());
}

static void test_self_removed(void **state)
{
	(void)state;
	thrown_out(GW_KICKED, "code='307'");
	thrown_out(GW_WAS_BANNED, "code='301'");
	thrown_out(GW_LEFT, "!code='3");
	/* Even before everything about the room was told. */
	joins(ALICE, "alice");
	enters(room(), "alice");
	const struct gw_gone gone = { .nick = "alice", .how = GW_WAS_BANNED };
	gw_room_gone(room(), &gone);
	settle();
	EXPECT("type='error' id='j1'", "<forbidden");
	assert_null(account());
}

/* The link breaks; `a` stays since somebody sits in its room. */
static void lose_link(void)
{
	gw_closed(&account()->session, GW_LOST, "reset by peer", GW_RETRY);
	settle();
	EXPECT_AMONG("from='" CHAN "/net' to='" ALICE "' type='groupchat'",
		"<body>reset by peer. Reconnecting.");
	drop_sent(); /* what the account itself says */
	assert_int_equal(room_of(room_find(account(), "#chan") != NULL
					 ? &room_find(account(), "#chan")->room
					 : NULL)
				 ->state,
		ROOM_REJOINING);
}

static void test_short_break(void **state)
{
	(void)state;
	be_joined();
	enters(room(), "dave");
	gw_room_subject(room(), "Welcome", "carol", 0);
	settle();
	drop_sent();
	lose_link();
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='m1'><body>x</body></message>");
	EXPECT("type='error' id='m1'", "<remote-server-timeout");
	says("<iq type='get' from='" ALICE "' to='" CHAN
	     "/alice' id='p'><ping xmlns='" NS_PING "'/></iq>");
	EXPECT("type='result' id='p'");
	pass(30000);
	EXPECT_CALL("open net nick=alice");
	EXPECT_CALL("join #chan alice -");
	/* carol is an operator now, dave left, erin came. */
	const struct gw_occupant carol = { .nick = "carol",
		.role = GW_MODERATOR,
		.affiliation = GW_ADMIN,
		.show = GW_AVAILABLE };
	gw_room_subject(room(), "Welcome", "carol", 0);
	gw_room_occupant(room(), &carol);
	enters(room(), "erin");
	enters(room(), "alice");
	EXPECT_QUIET();
	gw_room_joined(room(), "alice");
	settle();
	EXPECT_AMONG("/carol'", "role='moderator'");
	EXPECT_AMONG("/dave'", "type='unavailable'", "!code=");
	EXPECT_AMONG("/erin'", "!type=");
	EXPECT_QUIET();
	talks(room(), "carol", "back");
	EXPECT("<body>back</body>");
}

static void test_other_nick_after_break(void **state)
{
	(void)state;
	be_joined();
	lose_link();
	joins(ALICE2, "alice"); /* waits for the room */
	EXPECT_QUIET();
	pass(30000);
	asked.next = asked.count;
	enters(room(), "carol");
	enters(room(), "alice_");
	gw_room_joined(room(), "alice_");
	settle();
	EXPECT("from='" CHAN "/alice' to='" ALICE "' type='unavailable'",
		"<status code='110'/><status code='303'/>", "nick='alice_'");
	EXPECT("from='" CHAN "/alice_' to='" ALICE "'",
		"<status code='110'/><status code='210'/>");
	EXPECT("from='" CHAN "/carol' to='" ALICE2 "'");
	EXPECT("from='" CHAN "/alice_' to='" ALICE2 "'", "code='110'",
		"code='210'");
	EXPECT("to='" ALICE2 "'", "<subject/>");
	EXPECT_QUIET();
}

static void test_long_break(void **state)
{
	(void)state;
	net.hold_open = true;
	joins(ALICE, "alice");
	gw_online(&account()->session, "alice");
	settle();
	gw_room_joined(room(), "alice");
	settle();
	drop_sent();
	lose_link();
	pass(121000);
	EXPECT_AMONG("from='" CHAN "/alice'", "type='unavailable'",
		"code='110'", "code='333'", "!307");
	assert_null(account());
}

static void test_useless_link(void **state)
{
	(void)state;
	be_joined();
	gw_closed(&account()->session, GW_BANNED, "K-lined", GW_RETRY_NEVER);
	settle();
	EXPECT_AMONG("from='" CHAN "/alice'", "type='unavailable'",
		"code='110'", "code='333'", "K-lined");
	assert_null(account());
}

static void test_rejoin_refused(void **state)
{
	(void)state;
	be_joined();
	lose_link();
	pass(30000);
	gw_room_failed(room(), GW_BANNED, "banned meanwhile");
	settle();
	EXPECT("from='" CHAN "/alice'", "type='unavailable'", "code='110'",
		"code='333'", "banned meanwhile");
	assert_null(account());
}

static void test_stop(void **state)
{
	(void)state;
	be_joined();
	bool stopped = false;
	gateway_stop(gateway, (void (*)(void *))drop_sent, NULL);
	(void)stopped;
	EXPECT_CALL("close net The gateway is stopping");
	EXPECT_QUIET();
}

static void test_close(void **state)
{
	(void)state;
	be_joined();
	room_all_close(account(), 332, "stopping");
	EXPECT("from='" CHAN "/alice'", "type='unavailable'", "code='110'",
		"code='332'", "stopping", "!307");
	account_close(account(), "stopping");
	settle();
	EXPECT_CALL("close net stopping");
	EXPECT_QUIET();
	assert_null(account());
}

static void test_configuration(void **state)
{
	(void)state;
	be_joined();
	struct gw_room_info info = { .flags = GW_ROOM_MODERATED,
		.detail = "+m" };
	gw_room_info(room(), &info);
	EXPECT_QUIET(); /* the first is no change */
	gw_room_info(room(), &info);
	EXPECT_QUIET();
	info.password = "key";
	gw_room_info(room(), &info);
	EXPECT("<message from='" CHAN "' to='" ALICE
	       "' type='groupchat'><x xmlns='" NS_MUC_USER
	       "'><status code='104'/></x></message>");
	EXPECT_QUIET();
}

static void test_crowd(void **state)
{
	(void)state;
	joins(ALICE, "alice");
	for (unsigned i = 0; i < LIMIT_OCCUPANTS + 100; i++) {
		char nick[32];
		snprintf(nick, sizeof(nick), "nick%u", i);
		enters(room(), nick);
	}
	assert_int_equal(room_of(room())->occupants.count, LIMIT_OCCUPANTS);
	enters(room(), "");
	assert_int_equal(room_of(room())->occupants.count, LIMIT_OCCUPANTS);
}

/* XEP-0045 sections 7.2.12 and 10.2.1. */
static void test_recorded(void **state)
{
	struct gw_room_info info = { .logged = true,
		.logs = "https://example.org/logs" };
	(void)state;
	joins(ALICE, "alice");
	enters(room(), "alice");
	gw_room_info(room(), &info);
	gw_room_joined(room(), "alice");
	settle();
	EXPECT("/alice'", "code='110'", "code='100'", "code='170'",
		"!code='201'");
	EXPECT("<subject");
	says("<iq type='get' id='i' from='" ALICE "' to='" CHAN
	     "'><query xmlns='" NS_DISCO_INFO "'/></iq>");
	EXPECT("muc#roominfo_logs", "<value>https://example.org/logs</value>");
	info.logged = false;
	info.logs = NULL;
	gw_room_info(room(), &info);
	EXPECT("<message from='" CHAN "' to='" ALICE
	       "' type='groupchat'><x xmlns='" NS_MUC_USER
	       "'><status code='171'/></x></message>");
	EXPECT("<status code='104'/>");
	info.logged = true;
	gw_room_info(room(), &info);
	EXPECT("<status code='170'/></x>");
	gw_room_info(room(), &info);
	assert_int_equal(heard.count, 0);
	joins(ALICE2, "alice");
	EXPECT("to='" ALICE2 "'", "code='170'");
	EXPECT("<subject");
	drop_sent();
}

/* Known only after the user has entered: he is warned then. */
static void test_recorded_late(void **state)
{
	const struct gw_room_info info = { .logged = true };
	(void)state;
	be_joined();
	gw_room_info(room(), &info);
	EXPECT("type='groupchat'", "<status code='170'/>");
	EXPECT_QUIET();
}

/* Section 10.1.2: an instant room, open to all from the start. */
static void test_created(void **state)
{
	const struct gw_room_info info = { .created = true };
	(void)state;
	joins(ALICE, "alice");
	enters(room(), "alice");
	gw_room_info(room(), &info);
	gw_room_joined(room(), "alice");
	settle();
	EXPECT("/alice'", "code='110'", "code='201'");
	EXPECT("<subject");
	/* Only the join that made it. */
	gw_room_info(room(), &info);
	joins(ALICE, "alice");
	EXPECT("/alice'", "code='110'", "!code='201'");
	EXPECT("<subject");
	says("<iq type='set' id='o' from='" ALICE "' to='" CHAN
	     "'><query xmlns='" NS_MUC_OWNER "'><x xmlns='" NS_DATA_FORM
	     "' type='submit'/></query></iq>");
	EXPECT("type='result' id='o'");
	says("<iq type='set' id='o' from='" ALICE "' to='" CHAN
	     "'><query xmlns='" NS_MUC_OWNER "'><x xmlns='" NS_DATA_FORM
	     "' type='cancel'/></query></iq>");
	EXPECT("type='result' id='o'");
	asked.next = asked.count;
	EXPECT_QUIET();
}

#define CROWD 1200u
#define SLICE 500u

/* Alice enters a room of many; the first slice was written. */
static void begin_crowd(void)
{
	joins(ALICE, "alice");
	enters(room(), "alice");
	for (unsigned i = 0; i < CROWD; i++) {
		char nick[32];
		snprintf(nick, sizeof(nick), "nick%u", i);
		enters(room(), nick);
	}
	asked.next = asked.count;
	gw_room_joined(room(), "alice");
	assert_true(heard.count >= SLICE - 1 && heard.count <= SLICE);
}

/* Was this occupant's presence sent already? */
static bool was_told(unsigned number)
{
	char from[64];
	snprintf(from, sizeof(from), "/nick%u' ", number);
	for (size_t i = 0; i < heard.count; i++)
		if (strstr(heard.sent[i], from) != NULL)
			return true;
	return false;
}

/* The first one from `from` on who was told, or not. */
static unsigned next_told(unsigned from, bool told)
{
	while (was_told(from) != told)
		assert_true(++from < CROWD);
	return from;
}

static size_t count_sent(const char *part)
{
	size_t count = 0;
	for (size_t i = 0; i < heard.count; i++)
		count += strstr(heard.sent[i], part) != NULL;
	return count;
}

static void test_crowd_is_told_in_slices(void **state)
{
	(void)state;
	begin_crowd();
	size_t first = heard.count;
	/* Others do not wait for the rest. */
	says("<iq type='get' id='p' from='" BOB "' to='" CHAN
	     "'><ping xmlns='" NS_PING "'/></iq>");
	assert_non_null(strstr(heard.sent[first], "to='" BOB "'"));
	take_out(first);
	assert_int_equal(heard.count, CROWD + 2);
	for (unsigned i = 0; i < CROWD; i++)
		assert_true(was_told(i));
	assert_non_null(strstr(heard.sent[CROWD], "code='110'"));
	assert_non_null(strstr(heard.sent[CROWD + 1], "<subject"));
}

static void test_crowd_changes_meanwhile(void **state)
{
	char told[32], untold[32], goes[32], gone[32];
	(void)state;
	begin_crowd();
	unsigned first = next_told(0, true), other = next_told(0, false);
	snprintf(told, sizeof(told), "nick%u", first);
	snprintf(goes, sizeof(goes), "nick%u", next_told(first + 1, true));
	snprintf(untold, sizeof(untold), "nick%u", other);
	snprintf(gone, sizeof(gone), "nick%u", next_told(other + 1, false));
	drop_sent();
	gw_room_renamed(room(), told, "renamed");
	EXPECT("type='unavailable'", "code='303'", "nick='renamed'");
	EXPECT("/renamed'", "!type=");
	gw_room_renamed(room(), untold, "later");
	const struct gw_gone leaves[] = { { .nick = goes }, { .nick = gone } };
	gw_room_gone(room(), &leaves[0]);
	EXPECT("type='unavailable'", "role='none'");
	gw_room_gone(room(), &leaves[1]);
	assert_int_equal(heard.count, 0);
	enters(room(), "fresh");
	EXPECT("/fresh'");
	/* Who comes now may get the memory of him who went. */
	talks(room(), "fresh", "hello");
	assert_int_equal(count_sent("/later' "), 1);
	assert_int_equal(count_sent("/fresh' "), 1); /* the message */
	snprintf(gone + strlen(gone), 3, "' ");
	assert_int_equal(count_sent(gone), 0);
	EXPECT_AMONG("/alice'", "code='110'");
	assert_non_null(strstr(heard.sent[heard.count - 1], "hello"));
	assert_non_null(strstr(heard.sent[heard.count - 2], "<subject"));
}

static void test_crowd_left_meanwhile(void **state)
{
	(void)state;
	begin_crowd();
	drop_sent();
	says("<presence type='unavailable' id='u' from='" ALICE "' to='" CHAN
	     "/alice'/>");
	EXPECT("/alice'", "type='unavailable' id='u'", "code='110'");
	EXPECT_CALL("leave #chan -");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
}

static void test_crowd_kicked_meanwhile(void **state)
{
	const struct gw_gone gone = {
		.nick = "alice", .how = GW_KICKED, .text = "crowded"
	};
	(void)state;
	begin_crowd();
	drop_sent();
	gw_room_gone(room(), &gone);
	settle();
	EXPECT("type='error'", "<forbidden", "crowded");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
}

static void test_crowd_waits_for_the_stream(void **state)
{
	(void)state;
	begin_crowd();
	stream.congested = true;
	drop_sent();
	pass(1000);
	assert_int_equal(heard.count, 0);
	stream.congested = false;
	pass(1000);
	assert_non_null(strstr(heard.sent[heard.count - 1], "<subject"));
}

static void answer_ping(const char *type, const char *error)
{
	struct arena a;
	arena_init(&a, 64 * KIB);
	struct xml condition = { .name = error, .ns = NS_STANZA_ERRORS };
	struct xml problem = { .name = "error",
		.ns = NS_COMPONENT,
		.first = &condition,
		.last = &condition };
	struct xml xml = { .name = "iq",
		.ns = NS_COMPONENT,
		.first = &problem,
		.last = &problem };
	struct stanza s = { .kind = STANZA_IQ,
		.type = strcmp(type, "result") == 0 ? TYPE_RESULT : TYPE_ERROR,
		.from = { .full = ALICE, .bare = "alice@example.org" },
		.xml = &xml,
		.arena = &a };
	stream.iq_fn(&s, stream.iq_arg);
	arena_finish(&a);
	settle();
}

/* A word of the room to which only a server would answer, then the ping. */
static void hears_check(void)
{
	EXPECT("<message from='" CHAN "' to='" ALICE "' type='groupchat' id='",
		"'><no-store xmlns='urn:xmpp:hints'/></message>");
	EXPECT("<iq from='" GW_JID "' to='" ALICE "' type='get'",
		"<ping xmlns='urn:xmpp:ping'/>");
}

static void test_stream_back(void **state)
{
	(void)state;
	be_joined();
	room_stream_ready(gateway);
	hears_check();
	EXPECT_QUIET();
	answer_ping("result", "");
	EXPECT("/carol'");
	EXPECT("/alice'", "code='110'");
	EXPECT_QUIET();
	room_stream_ready(gateway);
	hears_check();
	stream.iq_fn(NULL, stream.iq_arg); /* lost again: undecided */
	assert_non_null(account());
	EXPECT_QUIET();
}

/* What RFC 6120 has a client say that knows no ping, and others, is a sign of
 * life: nobody answers for it. */
static void test_stream_back_without_ping(void **state)
{
	static const char *const errors[] = { "service-unavailable",
		"feature-not-implemented", "not-allowed", "forbidden",
		"internal-server-error", "bad-request" };
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(errors); i++) {
		room_stream_ready(gateway);
		hears_check();
		answer_ping("error", errors[i]);
		EXPECT("/carol'");
		EXPECT("/alice'", "code='110'");
		EXPECT_QUIET();
	}
}

/* The server answers for a client that has gone: the message comes back. */
static void test_stream_back_gone(void **state)
{
	(void)state;
	be_joined();
	room_stream_ready(gateway);
	hears_check();
	says("<message from='" ALICE "' to='" CHAN
	     "' type='error' id='x'><error type='cancel'><service-unavailable "
	     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
	EXPECT_CALL("leave #chan -");
	EXPECT_CALL("close net -");
	answer_ping("error", "service-unavailable");
	EXPECT_QUIET();
}

/* Where the ping alone says it. */
static void test_stream_back_unknown(void **state)
{
	(void)state;
	be_joined();
	room_stream_ready(gateway);
	hears_check();
	answer_ping("error", "remote-server-not-found");
	EXPECT_CALL("leave #chan -");
	EXPECT_CALL("close net -");
	EXPECT_QUIET();
}

/* The program ends before the client has answered. */
static void test_stream_back_unanswered(void **state)
{
	(void)state;
	be_joined();
	room_stream_ready(gateway);
	hears_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_come_and_go),
		TEST(test_only_changes),
		TEST(test_rename),
		TEST(test_own_status),
		TEST(test_self_removed),
		TEST(test_short_break),
		TEST(test_other_nick_after_break),
		TEST(test_long_break),
		TEST(test_useless_link),
		TEST(test_rejoin_refused),
		TEST(test_stop),
		TEST(test_close),
		TEST(test_configuration),
		TEST(test_crowd),
		TEST(test_recorded),
		TEST(test_recorded_late),
		TEST(test_created),
		TEST(test_crowd_is_told_in_slices),
		TEST(test_crowd_changes_meanwhile),
		TEST(test_crowd_left_meanwhile),
		TEST(test_crowd_kicked_meanwhile),
		TEST(test_crowd_waits_for_the_stream),
		TEST(test_stream_back),
		TEST(test_stream_back_without_ping),
		TEST(test_stream_back_gone),
		TEST(test_stream_back_unknown),
		TEST(test_stream_back_unanswered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
