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
		.flags = GW_ROOM_MODERATED | GW_ROOM_HIDDEN, .password = "key"
	};
	gw_room_info(room(), &info);
	drop_sent();
	DISCO(CHAN, "");
	EXPECT("muc_moderated", "muc_open", "muc_hidden",
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
	assert_string_not_equal(carol, renamed);
	drop_sent();
	/* Again after a restart: nothing but the secret counts. */
	gw_room_renamed(room(), "caroline", "carol");
	id_of("#chan", "carol", NULL, renamed);
	assert_string_equal(carol, renamed);
	secret_free(&gateway_options.secret);
	gateway_options.secret = secret_new(slice_of("another"));
	char space[OCCUPANT_ID_SIZE];
	room_occupant_id(room_of(room()), "carol", space);
	assert_string_not_equal(carol, space);
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
