/*
 * Discovery of rooms and occupants, and the other requests to them.
 */
#include "host/room_fixture.h"

#define DISCO(to, node)                                            \
	says("<iq type='get' from='" ALICE "' to='" to "' id='q'>" \
	     "<query xmlns='" NS_DISCO_INFO "'" node "/></iq>")
#define ITEMS(from, to, inner)                                    \
	says("<iq type='get' from='" from "' to='" to "' id='q'>" \
	     "<query xmlns='" NS_DISCO_ITEMS "'>" inner "</query></iq>")

static void test_room_info(void **state)
{
	(void)state;
	be_joined();
	DISCO(CHAN, "");
	EXPECT("type='result' id='q'", "category='conference' type='text'",
		"category='conference' type='irc'",
		"var='http://jabber.org/protocol/muc'", "muc_nonanonymous",
		"muc_persistent", "muc#stable_id", "muc#self-ping-optimization",
		"urn:xmpp:sid:0'", "urn:xmpp:mam:2'", "urn:xmpp:mam:2#extended",
		"urn:xmpp:occupant-id:0", "urn:xmpp:hats:0", "urn:xmpp:ping",
		"!muc_open", "!muc_moderated");
	gw_room_subject(room(), "Welcome", NULL, 0);
	const struct gw_room_info info = {
		.flags = GW_ROOM_MODERATED | GW_ROOM_HIDDEN,
		.password = "key",
		.title = "Chess club",
	};
	gw_room_info(room(), &info);
	drop_sent();
	DISCO(CHAN, "");
	EXPECT("name='Chess club'", "muc_moderated", "muc_open", "muc_hidden",
		"muc_passwordprotected", "!muc_public", "!key",
		"<value>http://jabber.org/protocol/muc#roominfo</value>",
		"muc#roominfo_subject", "<value>Welcome</value>",
		"muc#roominfo_occupants", "<value>2</value>",
		"muc#roominfo_subjectmod", "muc#maxhistoryfetch");
}

static void test_outside(void **state)
{
	(void)state;
	DISCO(CHAN, "");
	EXPECT("type='result' id='q'", "category='conference'",
		"http://jabber.org/protocol/muc'", "!muc_open",
		"!roominfo_occupants");
	options.archive.enabled = false;
	fake_ops.hats = NULL;
	fake_ops.room_type = NULL;
	DISCO(CHAN, "");
	EXPECT("type='result' id='q'", "!mam:2", "!urn:xmpp:sid:0", "!hats",
		"!type='irc'");
	options.archive.enabled = true;
	ITEMS(ALICE, CHAN, "");
	EXPECT("type='result' id='q'", "<query xmlns='" NS_DISCO_ITEMS "'/>");
	DISCO(CHAN "/carol", "");
	EXPECT("type='error' id='q'", "<bad-request");
	ITEMS(ALICE, CHAN "/carol", "");
	EXPECT("type='error' id='q'", "<bad-request");
	assert_null(user_find(gateway, "alice@example.org"));
}

static void test_nodes(void **state)
{
	(void)state;
	DISCO(CHAN, " node='x-roomuser-item'");
	EXPECT("type='result'", "node='x-roomuser-item'", "!<identity");
	struct account *a = be_registered();
	account_set_value(a, 1, "ally");
	DISCO(CHAN, " node='x-roomuser-item'");
	EXPECT("<identity category='conference' type='text' name='ally'/>");
	a->registered = false;
	account_set_value(a, 1, NULL);
	be_joined();
	DISCO(CHAN, " node='x-roomuser-item'");
	EXPECT("<identity category='conference' type='text' name='alice'/>");
	DISCO(CHAN, " node='http://jabber.org/protocol/muc#traffic'");
	EXPECT("type='result'", "muc#traffic", NS_CHAT_STATES);
	DISCO(CHAN, " node='nonsense'");
	EXPECT("type='error'", "<item-not-found");
	EXPECT_QUIET();
}

static void test_occupant(void **state)
{
	(void)state;
	be_joined();
	DISCO(CHAN "/carol", "");
	EXPECT("type='result'", "<identity", "vcard-temp", "jabber:iq:version");
	DISCO(CHAN "/nobody", "");
	EXPECT("type='error'", "<item-not-found");
	ITEMS(ALICE, CHAN "/carol", "");
	EXPECT("type='result'", "<query xmlns='" NS_DISCO_ITEMS "'/>");
}

static void test_items(void **state)
{
	(void)state;
	be_joined();
	for (int i = 0; i < 150; i++) {
		char nick[16];
		snprintf(nick, sizeof(nick), "n%03d", i);
		enters(room(), nick);
	}
	drop_sent();
	ITEMS(ALICE, CHAN, "");
	EXPECT("<item jid='" CHAN "/alice' name='alice'/>", "/n097'", "!/n098'",
		"<first index='0'>alice</first>", "<last>n097</last>",
		"<count>152</count>");
	ITEMS(ALICE, CHAN,
		"<set xmlns='" NS_RSM "'><max>2</max><after>n097</after>"
		"</set>");
	EXPECT("/n098'", "/n099'", "!/n100'", "index='100'");
	ITEMS(ALICE, CHAN,
		"<set xmlns='" NS_RSM "'><max>2</max><before/></set>");
	EXPECT("/n148'", "/n149'", "!/n147'");
	ITEMS(ALICE, CHAN,
		"<set xmlns='" NS_RSM "'><max>2</max><before>carol</before>"
		"</set>");
	EXPECT("/alice'", "!carol'");
	ITEMS(ALICE, CHAN,
		"<set xmlns='" NS_RSM "'><max>1</max><index>1</index></set>");
	EXPECT("/carol'", "!/alice'");
	ITEMS(ALICE, CHAN, "<set xmlns='" NS_RSM "'><index>9999</index></set>");
	EXPECT("<count>152</count>", "!<item");
	ITEMS(ALICE, CHAN, "<set xmlns='" NS_RSM "'><max>0</max></set>");
	EXPECT("<count>152</count>", "!<item");
	ITEMS(ALICE, CHAN,
		"<set xmlns='" NS_RSM "'><after>nobody</after></set>");
	EXPECT("type='error'", "<item-not-found");
	ITEMS(ALICE, CHAN, "<set xmlns='" NS_RSM "'><max>x</max></set>");
	EXPECT("type='error'", "<bad-request");
	ITEMS(BOB, CHAN, "");
	EXPECT("type='result'", "!<item");
}

static void ping(const char *from, const char *nick)
{
	says("<iq type='get' from='%s' to='" CHAN "%s' id='p'>"
	     "<ping xmlns='" NS_PING "'/></iq>",
		from, nick);
}

static void test_ping(void **state)
{
	(void)state;
	ping(ALICE, "/alice");
	EXPECT("type='error' id='p'", "<not-acceptable");
	joins(ALICE, "alice");
	asked.next = asked.count;
	ping(ALICE, "/alice");
	EXPECT("type='error' id='p'", "<not-acceptable");
	gw_room_joined(room(), "alice");
	enters(room(), "carol");
	settle();
	drop_sent();
	ping(ALICE, "/alice");
	EXPECT("<iq from='" CHAN "/alice' to='" ALICE
	       "' type='result' id='p'/>");
	ping(ALICE2, "/alice");
	EXPECT("type='error' id='p'", "<not-acceptable");
	ping(ALICE, "/nobody");
	EXPECT("type='error' id='p'", "<item-not-found");
	ping(ALICE, "");
	EXPECT("type='result' id='p'");
	ping(ALICE, "/carol");
	EXPECT_CALL("lookup 1 carol");
	EXPECT_QUIET();
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT("<iq from='" CHAN "/carol' to='" ALICE
	       "' type='result' id='p'/>");
	ping(ALICE, "/carol");
	asked.next = asked.count;
	gw_fail(&account()->session, net.request, GW_NO_SUCH, "gone");
	settle();
	EXPECT("type='error' id='p'", "<item-not-found");
	fake_ops.lookup = NULL;
	ping(ALICE, "/carol");
	EXPECT("type='error' id='p'", "<feature-not-implemented");
	EXPECT_QUIET();
}

static void test_persons(void **state)
{
	static const struct {
		const char *payload, *call;
	} rows[] = {
		{ "<query xmlns='" NS_VERSION "'/>", "lookup 2 carol" },
		{ "<query xmlns='" NS_LAST "'/>", "lookup 3 carol" },
		{ "<time xmlns='" NS_TIME "'/>", "lookup 4 carol" },
		{ "<vCard xmlns='" NS_VCARD "'/>", "lookup 0 carol" },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		says("<iq type='get' from='" ALICE "' to='" CHAN
		     "/carol' id='v'>%s</iq>",
			rows[i].payload);
		EXPECT_CALL(rows[i].call);
		gw_fail(&account()->session, net.request, GW_NO_SUCH, "");
		settle();
		EXPECT("<iq from='" CHAN "/carol' to='" ALICE
		       "' type='error' id='v'>",
			"<item-not-found");
		says("<iq type='get' from='" ALICE "' to='" CHAN
		     "/nobody' id='v'>%s</iq>",
			rows[i].payload);
		EXPECT("type='error' id='v'", "<item-not-found");
		says("<iq type='get' from='" BOB "' to='" CHAN
		     "/carol' id='v'>%s</iq>",
			rows[i].payload);
		EXPECT("type='error' id='v'", "<not-acceptable");
		EXPECT_QUIET();
	}
}

static void test_unknown(void **state)
{
	static const struct {
		const char *type, *to, *payload, *error;
	} rows[] = {
		{ "get", CHAN, "<query xmlns='urn:x'/>",
			"<service-unavailable" },
		{ "set", CHAN, "<query xmlns='" NS_REGISTER "'/>",
			"<service-unavailable" },
		{ "get", CHAN "/carol", "<query xmlns='urn:x'/>",
			"<service-unavailable" },
		{ "set", CHAN, "<query xmlns='" NS_DISCO_INFO "'/>",
			"<not-allowed" },
		{ "set", CHAN "/carol", "<vCard xmlns='" NS_VCARD "'/>",
			"<not-allowed" },
		{ "get", CHAN, "<prefs xmlns='" NS_MAM "'/>",
			"<service-unavailable" },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		says("<iq type='%s' from='" ALICE "' to='%s' id='u'>%s</iq>",
			rows[i].type, rows[i].to, rows[i].payload);
		EXPECT("type='error' id='u'", rows[i].error);
		EXPECT_QUIET();
	}
	says("<iq type='get' from='" BOB "' to='" CHAN
	     "/carol' id='u'><query xmlns='urn:x'/></iq>");
	EXPECT("type='error' id='u'", "<not-acceptable");
	says("<iq type='result' from='" ALICE "' to='" CHAN "' id='u'/>");
	says("<iq type='error' from='" ALICE "' to='" CHAN
	     "/carol' id='u'><error/></iq>");
	EXPECT_QUIET();
}

/* XEP-0421: stable, different from room to room, not the nick. */
static void id_of(
	const char *chan, const char *nick, const char *stable, char out[64])
{
	struct account *a = account();
	struct gw_room *r = gw_room_find(&a->session, chan);
	const struct gw_occupant o = { .nick = nick,
		.stable = stable,
		.role = GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = GW_AVAILABLE };
	gw_room_occupant(r, &o);
	text_copy(out, 64,
		occupant_id(room_of(r), occupant_find(room_of(r), nick)));
	drop_sent();
}

static void show_at(
	const char *nick, const char *at, const char *stable, char out[64])
{
	const struct gw_occupant o = { .nick = nick,
		.host = at,
		.stable = stable,
		.role = GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = GW_AVAILABLE };
	gw_room_occupant(room(), &o);
	text_copy(out, 64,
		occupant_id(
			room_of(room()), occupant_find(room_of(room()), nick)));
	drop_sent();
}

static void leaves(const char *nick)
{
	gw_room_gone(room(), &(struct gw_gone){ .nick = nick });
	drop_sent();
}

static void test_occupant_ids(void **state)
{
	(void)state;
	char carol[64], other[64], renamed[64], account_id[64];
	be_joined();
	says("<presence from='" ALICE "' to='#two~net@" GW_JID
	     "/alice'><x xmlns='" NS_MUC "'/></presence>");
	id_of("#chan", "carol", NULL, carol);
	assert_int_equal(strlen(carol), 44);
	id_of("#two", "carol", NULL, other);
	assert_string_not_equal(carol, other);
	/* With something stable the id survives a new nick. */
	id_of("#chan", "dave", "dave@account", account_id);
	gw_room_renamed(room(), "dave", "dave2");
	id_of("#chan", "dave2", "dave@account", renamed);
	assert_string_equal(account_id, renamed);
	gw_room_renamed(room(), "carol", "caroline");
	id_of("#chan", "caroline", NULL, renamed);
	assert_string_equal(carol, renamed);
	/* Again after a restart: nothing but the secret counts. */
	leaves("caroline");
	id_of("#chan", "carol", NULL, renamed);
	assert_string_equal(carol, renamed);
	leaves("carol");
	secret_free(&gateway_options.secret);
	gateway_options.secret = secret_new(slice_of("another"));
	id_of("#chan", "carol", NULL, renamed);
	assert_string_not_equal(carol, renamed);
}

/* What is learned of somebody who is here changes nothing. */
static void test_ids_stay(void **state)
{
	(void)state;
	char first[64], now[64];
	be_joined();
	id_of("#chan", "dave", NULL, first);
	id_of("#chan", "dave", "account dave", now);
	assert_string_equal(first, now);
	gw_room_renamed(room(), "dave", "david");
	id_of("#chan", "david", "dave@home", now);
	assert_string_equal(first, now);
	/* Logged in, moved to another host, logged out. */
	show_at("erin", "e@home", "e@home", first);
	show_at("erin", "e@home", "account erin", now);
	assert_string_equal(first, now);
	show_at("erin", "e@cloak", "e@cloak", now);
	assert_string_equal(first, now);
	show_at("erin", NULL, NULL, now);
	assert_string_equal(first, now);
	show_at("erin", "e@home", "e@home", now);
	assert_string_equal(first, now);
	/* Who comes back is known by what he has then. */
	leaves("erin");
	show_at("eve", "e@home", "e@home", now);
	assert_string_equal(first, now);
}

/* Nobody has the id of somebody else who is here, in small rooms or large. */
static void test_ids_apart(void **state)
{
	(void)state;
	char ids[8][64], now[64];
	be_joined();
	for (int crowd = 0; crowd < 2; crowd++) {
		show_at("one", "x@home", "account x", ids[0]);
		show_at("two", "x@home", "account x", ids[1]);
		show_at("three", "x@home", "x@home", ids[2]);
		show_at("four", "x@home", "x@home", ids[3]);
		/* Somebody takes a nick that made an id. */
		show_at("five", NULL, NULL, ids[4]);
		gw_room_renamed(room(), "five", "six");
		show_at("five", NULL, NULL, ids[5]);
		/* A nick like something stable. */
		show_at("account x", NULL, NULL, ids[6]);
		room_stranger_id(room_of(room()), "five", ids[7]);
		for (int i = 0; i < 8; i++)
			for (int k = 0; k < i; k++)
				assert_string_not_equal(ids[i], ids[k]);
		/* It is free again with its owner. */
		leaves("one");
		show_at("seven", "y@home", "account x", now);
		assert_string_equal(ids[0], now);
		for (int i = 0; i < 300; i++) {
			char nick[16];
			text_format(nick, sizeof(nick), "n%d", i);
			show_at(nick, i % 2 == 0 ? nick : NULL, nick, now);
		}
		static const char *const all[] = { "two", "three", "four",
			"five", "six", "seven", "account x" };
		for (size_t i = 0; i < COUNT(all); i++)
			leaves(all[i]);
	}
}

/* Back after a lost link: the same person keeps his id, another has none of
 * his. */
static void test_ids_after_a_break(void **state)
{
	(void)state;
	char bob[64], erin[64], now[64];
	be_joined();
	show_at("bob", "b@home", "account bob", bob);
	show_at("erin", "e@home", "e@home", erin);
	gw_closed(&account()->session, GW_LOST, "gone", GW_RETRY);
	settle();
	pass(20000);
	show_at("bob", NULL, NULL, now);
	assert_string_equal(bob, now);
	show_at("erin", "mallory@elsewhere", "mallory@elsewhere", now);
	assert_string_not_equal(erin, now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_room_info),
		TEST(test_outside),
		TEST(test_nodes),
		TEST(test_occupant),
		TEST(test_items),
		TEST(test_ping),
		TEST(test_persons),
		TEST(test_unknown),
		TEST(test_occupant_ids),
		TEST(test_ids_stay),
		TEST(test_ids_apart),
		TEST(test_ids_after_a_break),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
