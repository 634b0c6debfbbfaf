/*
 * Ad-hoc commands (XEP-0050) and the administrators' ones (XEP-0133).
 */
#include "host/host_fixture.h"

#define COMMAND(from, to, attrs, inside)                              \
	"<iq from='" from "' to='" to "' type='set' id='c'><command " \
	"xmlns='" NS_COMMANDS "' " attrs ">" inside "</command></iq>"
#define FORM(fields)     "<x xmlns='" NS_DATA_FORM "' type='submit'>" fields "</x>"
#define ADMIN_NODE(name) NS_ADMIN "#" name

static char session[64];

/* Keep the session of the answer taken out last. */
static void keep_session(void)
{
	const char *at = strstr(last_sent, " sessionid='");
	assert_non_null(at);
	at += strlen(" sessionid='");
	text_format(
		session, sizeof(session), "%.*s", (int)strcspn(at, "'"), at);
}

static void go_on(const char *from, const char *to, const char *action,
	const char *inside)
{
	saysf("<iq from='%s' to='%s' type='set' id='c2'><command xmlns='" NS_COMMANDS
	      "' node='x' sessionid='%s'%s>%s</command></iq>",
		from, to, session, action, inside);
}

static void submit(const char *inside)
{
	go_on(ALICE, GW, "", inside);
}

static void submit_admin(const char *fields)
{
	struct str form = { .max = 4 * KIB };
	str_addf(&form, FORM("%s"), fields);
	go_on(ADMIN, GW, "", str_text(&form));
	str_finish(&form);
}

/* --- The stages
 * ------------------------------------------------------------------ */

static void test_two_stages(void **state)
{
	(void)state;
	says(COMMAND(ALICE, GW, "node='register'", ""));
	EXPECT("<iq from='" GW "' to='" ALICE "' type='result' id='c'>",
		"<command xmlns='" NS_COMMANDS "' node='register' sessionid='",
		"status='executing'>",
		"<actions execute='complete'><complete/></actions>",
		"<x xmlns='" NS_DATA_FORM "' type='form'>",
		"var='valley' type='text-single'", "!<note");
	keep_session();
	submit(FORM(FIELD("valley", "canyon") FIELD("nick", "al")));
	EXPECT("type='result' id='c2'", "node='register'",
		"status='completed'>",
		"<note type='info'>Your settings for canyon are stored.");
	EXPECT_AMONG("<presence from='" GW "'", "type='subscribe'");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
	assert_string_equal(
		account_value(account_at(BARE, "canyon"), "nick"), "al");
	/* It has ended. */
	submit(FORM(FIELD("valley", "canyon")));
	EXPECT("type='error'", "<bad-request",
		"<bad-sessionid xmlns='" NS_COMMANDS "'/>");
	EXPECT_QUIET();
	assert_int_equal(alice()->commands, 0);
}

static void test_one_stage(void **state)
{
	(void)state;
	says(COMMAND(ALICE, GW, "node='status'", ""));
	EXPECT("status='completed'",
		"<note type='info'>You are not registered. Use &quot;register&quot; to do so.</note>",
		"!<actions");
	says(COMMAND(ALICE, GW, "node='status' action='execute'", ""));
	EXPECT("status='completed'");
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_wrong_answer(void **state)
{
	(void)state;
	says(COMMAND(ALICE, GW, "node='register'", ""));
	EXPECT("status='executing'");
	keep_session();
	submit(FORM(FIELD("valley", "canyon") FIELD("nick", "wrong")));
	/* The form again, with the complaint. */
	EXPECT("id='c2'", "status='executing'",
		"<note type='error'>Nick: is the wrong one.</note>",
		"type='form'");
	submit(FORM(FIELD("nick", "al")));
	EXPECT("status='executing'", "Valley: This is needed.");
	submit(FORM(FIELD("valley", "No Valley")));
	EXPECT("status='completed'", "<note type='error'>A valley has");
	EXPECT_QUIET();
}

static void test_actions(void **state)
{
	static const struct {
		const char *action, *inside, *answer, *child;
	} rows[] = {
		{ "", "", "<bad-request", "<bad-payload" },
		{ "", "<x xmlns='" NS_DATA_FORM "'/>", "<bad-request",
			"<bad-payload" },
		{ "", FORM(FIELD("valley", "a") FIELD("valley", "b")),
			"<bad-request", "<bad-payload" },
		{ " action='next'", FORM(""), "<bad-request", "<bad-action" },
		{ " action='prev'", FORM(""), "<bad-request", "<bad-action" },
		{ " action='dance'", FORM(""), "<bad-request",
			"<malformed-action" },
		{ " action='execute'", FORM(""), "status='executing'",
			"This is needed" },
		{ " action='complete'", FORM(""), "status='executing'",
			"This is needed" },
		{ " action='cancel'", "", "status='canceled'", "sessionid='" },
		{ " action='cancel'", "", "<bad-request", "<bad-sessionid" },
	};
	(void)state;
	says(COMMAND(ALICE, GW, "node='register'", ""));
	EXPECT("status='executing'");
	keep_session();
	for (size_t i = 0; i < COUNT(rows); i++) {
		go_on(ALICE, GW, rows[i].action, rows[i].inside);
		if (heard.count == 0 ||
			strstr(heard.sent[0], rows[i].answer) == NULL)
			fail_msg("row %zu", i);
		EXPECT("id='c2'", rows[i].answer, rows[i].child);
		EXPECT_QUIET();
	}
	assert_null(alice());
}

static void test_bad_starts(void **state)
{
	static const struct {
		const char *stanza, *error, *child;
	} rows[] = {
		{ COMMAND(ALICE, GW, "", ""), "<bad-request", "no node" },
		{ COMMAND(ALICE, GW, "node='nothing'", ""), "<item-not-found",
			"no such command" },
		{ COMMAND(ALICE, GW, "node='register' action='cancel'", ""),
			"<bad-request", "<bad-action" },
		{ COMMAND(ALICE, GW, "node='register' action='complete'", ""),
			"<bad-request", "<bad-action" },
		{ COMMAND(ALICE, GW, "node='register' sessionid='x'", ""),
			"<bad-request", "<bad-sessionid" },
		{ COMMAND(ALICE, GW, "node='links'", ""), "<forbidden",
			"Only administrators" },
		{ COMMAND(ALICE, GW, "node='" ADMIN_NODE("announce") "'", ""),
			"<forbidden", "Only administrators" },
		{ COMMAND(ALICE, ANNA, "node='register'", ""),
			"<service-unavailable", "id='c'" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		says(rows[i].stanza);
		EXPECT("type='error' id='c'", rows[i].error, rows[i].child);
		EXPECT_QUIET();
	}
	assert_null(alice());
}

/* A session belongs to the client that started it. */
static void test_other_client(void **state)
{
	(void)state;
	says(COMMAND(ALICE, GW, "node='register'", ""));
	EXPECT("status='executing'");
	keep_session();
	go_on(ALICE2, GW, "", FORM(FIELD("valley", "canyon")));
	EXPECT("to='" ALICE2 "'", "<bad-sessionid");
	go_on(BOB, GW, " action='cancel'", "");
	EXPECT("to='" BOB "'", "<bad-sessionid");
	submit(FORM(FIELD("valley", "canyon")));
	EXPECT("status='completed'");
}

static void test_limits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_COMMANDS_USER; i++) {
		says(COMMAND(ALICE, GW, "node='register'", ""));
		EXPECT("status='executing'");
	}
	says(COMMAND(ALICE, GW, "node='register'", ""));
	EXPECT("type='error'", "<resource-constraint");
	says(COMMAND(BOB, GW, "node='register'", ""));
	EXPECT("status='executing'");
	keep_session();
	/* Nobody comes back for them. */
	pass(700 * SECOND);
	go_on(BOB, GW, "", FORM(""));
	EXPECT("to='" BOB "'", "<not-allowed",
		"<session-expired xmlns='" NS_COMMANDS "'/>");
	assert_null(alice());
	assert_null(user_find(gateway, "bob@example.org"));
	says(COMMAND(ALICE, GW, "node='register'", ""));
	EXPECT("status='executing'");
	EXPECT_QUIET();
}

/* --- The users' commands
 * ------------------------------------------------------------ */

static void test_at_a_network(void **state)
{
	(void)state;
	be_registered();
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge") FIELD("nick", "go")));
	forget();
	says(COMMAND(ALICE, VALLEY, "node='settings'", ""));
	EXPECT("from='" VALLEY "'", "status='executing'",
		"<value>alice</value>");
	keep_session();
	go_on(ALICE, VALLEY, "", FORM(FIELD("nick", "ally")));
	EXPECT("from='" VALLEY "'", "status='completed'",
		"settings for canyon are stored");
	/* With two of them, the gateway's own address is not enough. */
	says(COMMAND(ALICE, GW, "node='settings'", ""));
	EXPECT("status='completed'",
		"<note type='error'>Which one? Run this at the address of the "
		"one you mean, or name it by chat:\nsettings canyon\n"
		"settings gorge</note>");
	says(COMMAND(ALICE, "alps@" GW, "node='settings'", ""));
	EXPECT("<note type='error'>Which one?");
	assert_string_equal(
		account_value(account_at(BARE, "canyon"), "nick"), "ally");
	assert_string_equal(
		account_value(account_at(BARE, "gorge"), "nick"), "go");
}

static void test_unregister(void **state)
{
	(void)state;
	says(COMMAND(ALICE, GW, "node='unregister'", ""));
	EXPECT("status='completed'", "You are not registered here.");
	be_registered();
	says(COMMAND(ALICE, GW, "node='unregister'", ""));
	EXPECT("status='executing'", "var='confirm' type='boolean'");
	keep_session();
	submit(FORM(FIELD("confirm", "0")));
	EXPECT("status='completed'", "Nothing was removed.");
	assert_non_null(alice());
	says(COMMAND(ALICE, GW, "node='unregister'", ""));
	EXPECT("status='executing'");
	keep_session();
	submit(FORM(FIELD("confirm", "true")));
	EXPECT("status='completed'", "Removed");
	EXPECT("from='" GW "'", "type='unsubscribe'/>");
	EXPECT("from='" GW "'", "type='unsubscribed'/>");
	EXPECT("from='" GW "'", "type='unavailable'");
	EXPECT_QUIET();
	assert_null(alice());
}

/* Between the form and its answer the account went. */
static void test_gone_meanwhile(void **state)
{
	(void)state;
	be_registered();
	says(COMMAND(ALICE, GW, "node='settings'", ""));
	EXPECT("status='executing'");
	keep_session();
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='r'><query xmlns='" NS_REGISTER
	     "'><remove/></query></iq>");
	forget();
	submit(FORM(FIELD("nick", "al")));
	EXPECT("status='completed'", "<note type='error'>You are not "
				     "registered here yet.");
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_status(void **state)
{
	(void)state;
	be_online();
	says("<presence from='" ALICE "' to='#deep%canyon@" GW
	     "/me'><x xmlns='" NS_MUC "'/></presence>");
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge")));
	gw_closed(&account_at(BARE, "gorge")->session, GW_BAD_PASSWORD,
		"Wrong password.", GW_RETRY_NEVER);
	settle();
	forget();
	says(COMMAND(ALICE, GW, "node='status'", ""));
	EXPECT("<note type='info'>You are registered.\n"
	       "canyon: connected as alice\n"
	       "    in #deep as me\n"
	       "gorge: login failed: Wrong password.</note>");
	says(COMMAND(ALICE, GW, "node='accounts'", ""));
	EXPECT("<note type='info'>canyon: connected as alice\ngorge: "
	       "login failed: Wrong password.</note>");
	says(COMMAND(BOB, GW, "node='accounts'", ""));
	EXPECT("You have no accounts here.");
	says("<message from='" BOB "' to='" ANNA "'><body>x</body></message>");
	forget();
	says(COMMAND(BOB, GW, "node='accounts'", ""));
	EXPECT("canyon: connected as traveller (as a guest)</note>");
}

/* Fill in the form that was sent. */
static void submit_export(const char *fields)
{
	struct str form = { .max = 4 * KIB };
	EXPECT("status='executing'", "var='conversation'", "var='since'");
	keep_session();
	str_addf(&form, FORM("%s"), fields);
	submit(str_text(&form));
	str_finish(&form);
}

static void test_export(void **state)
{
	(void)state;
	says(REGISTER(ALICE, GW,
		FIELD("valley", "canyon") FIELD("password",
			"hush") "<field var='caves'><value>#a</value><value>#b</value>"
				"</field>"));
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	forget();
	says(COMMAND(ALICE, GW, "node='export'", ""));
	submit_export("");
	EXPECT("user " BARE "\naccount canyon\n  valley = canyon\n"
	       "  nick = traveller\n  password = (stored, not exported)\n",
		"  caves = #a\n  caves = #b\n", "contact " GW, "contact " ANNA,
		"No archived messages were found.", "!hush");
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;
	while ((text = strstr(text, part)) != NULL) {
		text++;
		count++;
	}
	return count;
}

/* Contacts that do not fit into the answer come before it. */
static void test_export_of_many(void **state)
{
	unsigned seen = 0;
	(void)state;
	be_registered();
	for (int i = 0; i < 1500; i++)
		saysf("<presence from='" BARE "' to='person%04d%%canyon@" GW
		      "' type='subscribe'/>",
			i);
	forget();
	says(COMMAND(ALICE, GW, "node='export'", ""));
	submit_export("");
	for (int part = 0; part < 2; part++) {
		EXPECT("<message from='" GW "' to='" ALICE "'",
			"contact person");
		seen += count_of(last_sent, "contact person");
	}
	EXPECT("status='completed'", "contact person",
		"More contacts and rooms were sent to you before this, in 2 "
		"parts.");
	seen += count_of(last_sent, "contact person");
	assert_int_equal(seen, 1500);
}

#define ROOM "#cave%canyon@" GW

static void export_of(const char *conversation, const char *since)
{
	char fields[512];
	snprintf(fields, sizeof(fields),
		FIELD("conversation", "%s") FIELD("since", "%s"), conversation,
		since);
	says(COMMAND(ALICE, GW, "node='export'", ""));
	submit_export(fields);
}

static void be_in_a_room(void)
{
	be_online();
	says("<presence from='" ALICE "' to='" ROOM "/alice'><x xmlns='" NS_MUC
	     "'/></presence>");
}

/* Rooms and chats, in both directions, as text to keep. */
static void test_export_of_messages(void **state)
{
	struct gw_message m = { .from = "Anna", .text = "Hello\nAlice" };
	(void)state;
	be_in_a_room();
	net.hold_send = true;
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>to Anna</body></message>");
	gw_result(net.session, net.request,
		&(struct gw_result){ .stage = GW_ACCEPTED });
	clock_advance(86400000);
	gw_message(net.session, NULL, &m);
	m = (struct gw_message){ .from = "Ben", .text = "in the room" };
	gw_message(net.session, net.room, &m);
	settle();
	forget();
	export_of("", "");
	EXPECT("<message from='" GW "' to='" ALICE "' type='chat' id='",
		"# room " ROOM "\n2023-11-15 22:13:20 &lt;Ben&gt; in the room",
		"# person " ANNA "\n2023-11-14 22:13:20 &lt;" BARE
		"&gt; to Anna\n"
		"2023-11-15 22:13:20 &lt;Anna&gt; Hello\n    Alice\n");
	EXPECT("status='completed'", "user " BARE,
		"Archived messages sent to you: 3, in 1 part.", "!Not sent");
	EXPECT_QUIET();
	export_of(ANNA, "2023-11-15");
	EXPECT("# person " ANNA "\n2023-11-15 22:13:20 ", "!to Anna", "!room");
	EXPECT("sent to you: 1, in 1 part.");
	export_of("ANNA%canyon@" GW, "2023-11-15T22:13:21Z");
	EXPECT("No archived messages were found.");
	export_of("carol%canyon@" GW, "");
	EXPECT("type='error'>Nothing is archived of that room or person.");
	export_of("@", "");
	EXPECT("type='error'>That is not the address of a room or a person.");
	export_of("", "yesterday");
	EXPECT("status='executing'", "Messages since: This must look like");
	EXPECT_QUIET();
}

/* More than one export carries: it says how to go on. */
static void test_export_in_parts(void **state)
{
	static char text[8000];
	struct gw_message m = { .from = "ben", .text = text };
	(void)state;
	be_in_a_room();
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 120; i++) {
		clock_advance(1000);
		snprintf(text, sizeof(text), "message-%03d", i);
		text[strlen(text)] = ' ';
		gw_message(net.session, net.room, &m);
	}
	m.text = "later";
	gw_message(net.session, NULL, &m);
	settle();
	forget();
	char last[64] = "", next[64], since[64];
	export_of(ROOM, "");
	pass(1 * SECOND);
	for (int part = 0; part < 20; part++) {
		EXPECT("<body>", "message-");
		assert_true(strlen(last_sent) < 40 * KIB);
		for (char *at = last_sent; (at = strstr(at, "message-")); at++)
			snprintf(last, sizeof(last), "%.11s", at);
	}
	EXPECT("in 20 parts", "Not sent: " ROOM " since 2023-");
	const char *at = strstr(last_sent, "since 2023-");
	assert_non_null(at);
	at += strlen("since ");
	snprintf(since, sizeof(since), "%.*s", (int)strcspn(at, "\n<"), at);
	EXPECT_QUIET();
	/* Nothing between the two is missing. */
	snprintf(next, sizeof(next), "message-%03d", atoi(last + 8) + 1);
	export_of(ROOM, since);
	pass(1 * SECOND);
	EXPECT(next, "# room ");
	while (heard.count > 1)
		EXPECT("<body>");
	EXPECT("status='completed'", "!Not sent");
	export_of("", "");
	pass(1 * SECOND);
	EXPECT_AMONG(
		"Not sent: " ROOM " since ", "\nNot sent: ben%canyon@" GW "\n");
}

/* XEP-0144: a request to clients that know it, else a message. */
static void test_contacts(void **state)
{
	(void)state;
	says(COMMAND(ALICE, GW, "node='contacts'", ""));
	EXPECT("There are no contacts to send.");
	be_registered();
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	forget();
	says(COMMAND(ALICE, GW, "node='contacts'", ""));
	EXPECT("<message from='" GW "' to='" BARE "'", "!type='set'",
		"<x xmlns='" NS_ROSTER_X "'>",
		"<item action='add' jid='" VALLEY "' name='canyon'>"
		"<group>Echo</group></item>",
		"<item action='add' jid='" ANNA "'><group>Echo</group></item>",
		"!jid='" GW "'");
	EXPECT("status='completed'", "Your client was sent the contacts");
	says("<presence from='" ALICE "' to='" GW "'><c xmlns='" NS_CAPS
	     "' node='n' ver='v' hash='sha-1'/></presence>");
	EXPECT_AMONG("type='get'", NS_DISCO_INFO, "node='n#v'");
	const char *id = strstr(last_sent, " id='") + 5;
	saysf("<iq from='" ALICE "' to='" GW
	      "' type='result' id='%.*s'><query xmlns='" NS_DISCO_INFO
	      "'><feature var='" NS_ROSTER_X "'/></query></iq>",
		(int)strcspn(id, "'"), id);
	forget();
	says(COMMAND(ALICE, GW, "node='contacts'", ""));
	EXPECT("<iq from='" GW "' to='" ALICE "' type='set'",
		"<x xmlns='" NS_ROSTER_X "'>", "jid='" ANNA "'");
	EXPECT("status='completed'");
	EXPECT_QUIET();
}

/* With the network 250: as many stanzas as it takes, and none left out. */
static void test_many_contacts(void **state)
{
	char jid[64];
	bool seen[249] = { false };
	unsigned most[] = { 100, 100, 50 };
	(void)state;
	be_registered();
	for (int i = 0; i < 249; i++)
		saysf("<presence from='" BARE "' to='p%03d%%canyon@" GW
		      "' type='subscribe'/>",
			i);
	forget();
	says(COMMAND(ALICE, GW, "node='contacts'", ""));
	for (int part = 0; part < 3; part++) {
		EXPECT("<message from='" GW "' to='" BARE "'", "<x xmlns='");
		assert_int_equal(count_of(last_sent, "<item "), most[part]);
		if (part < 2)
			EXPECT("<message from='" GW "' to='" ALICE "'",
				"<body>");
		else
			EXPECT("status='completed'",
				"the contacts, 250 in 3 parts;",
				"those of the messages before and these:");
		for (int i = 0; i < 249; i++) {
			snprintf(jid, sizeof(jid), "p%03d%%canyon@" GW, i);
			seen[i] = seen[i] || strstr(last_sent, jid) != NULL;
		}
	}
	for (int i = 0; i < 249; i++)
		assert_true(seen[i]);
	EXPECT_QUIET();
}

/* --- Commands of the network
 * ---------------------------------------------------------- */

static gw_request held;

static void hold_command(struct gw_session *s, gw_request request, size_t index,
	const char *const *values)
{
	held = request;
	note("command %s %zu %s", s->account, index,
		values != NULL ? or_dash(values[0]) : "none");
}

static void test_own(void **state)
{
	(void)state;
	says(COMMAND(ALICE, GW, "node='shout'", ""));
	EXPECT("status='executing'", "var='text' type='text-single'",
		"<required/>");
	keep_session();
	submit(FORM(FIELD("text", "ho")));
	EXPECT("status='completed'", "<note type='error'>This needs a "
				     "connected network");
	be_online();
	says(COMMAND(ALICE, VALLEY, "node='shout'", ""));
	EXPECT("status='executing'");
	keep_session();
	go_on(ALICE, VALLEY, "", FORM(FIELD("text", "ho")));
	EXPECT("from='" VALLEY "'", "<note type='info'>ho! ho! ho!</note>");
	EXPECT_QUIET();
}

static void start_shout(void)
{
	says(COMMAND(ALICE, VALLEY, "node='shout'", ""));
	EXPECT("status='executing'");
	keep_session();
	go_on(ALICE, VALLEY, "", FORM(FIELD("text", "ho")));
	EXPECT_CALL("command canyon 0 ho");
	EXPECT_QUIET();
}

static void test_own_later(void **state)
{
	(void)state;
	be_online();
	net_ops.command = hold_command;
	start_shout();
	/* It runs: there is nothing to cancel or to repeat. */
	go_on(ALICE, VALLEY, " action='cancel'", "");
	EXPECT("<bad-sessionid");
	gw_done(net.session, held, NULL);
	settle();
	EXPECT("id='c2'", "status='completed'", "<note type='info'>Done.");
	start_shout();
	gw_fail(net.session, held, GW_FORBIDDEN, "Too loud.");
	settle();
	EXPECT("status='completed'", "<note type='error'>Too loud.</note>");
	/* No answer, a lost link, a user who left. */
	start_shout();
	pass(70 * SECOND);
	EXPECT("status='completed'", "did not answer in time");
	start_shout();
	gw_closed(net.session, GW_LOST, "Gone.", GW_RETRY);
	settle();
	EXPECT_AMONG("status='completed'", "<note type='error'>Gone.</note>");
	pass(700 * SECOND);
	forget();
	start_shout();
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='r'><query xmlns='" NS_REGISTER
	     "'><remove/></query></iq>");
	EXPECT_AMONG("status='completed'", "The connection was closed.");
	forget();
	be_online();
	start_shout();
	kill_host();
	start_host();
}

/* --- Administrators
 * ---------------------------------------------------------------------- */

#define START_ADMIN(node) says(COMMAND(ADMIN, GW, "node='" node "'", ""))

static void test_admin_lists(void **state)
{
	(void)state;
	be_online();
	says(REGISTER("bob@example.org/x", GW, FIELD("valley", "gorge")));
	let_go("bob@example.org", "gorge");
	forget();
	START_ADMIN(ADMIN_NODE("get-online-users-list"));
	EXPECT("1 online users\n" BARE "</note>");
	START_ADMIN(ADMIN_NODE("get-registered-users-list"));
	EXPECT("2 registered users", "\n" BARE, "\nbob@example.org");
	START_ADMIN("sessions");
	EXPECT(BARE " [", "] canyon: connected as alice, 0 rooms</note>");
	START_ADMIN("links");
	EXPECT(GW ": connected, ", "1 connections\nstore: healthy, ");
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	forget();
	START_ADMIN("sessions");
	EXPECT("No sessions.");
	EXPECT_QUIET();
}

static const struct gw_setting rope_rows[] = {
	{ .name = "rope", .label = "Rope", .type = GW_TEXT, .required = true },
	{ .name = NULL },
};

static const struct gw_command rope_commands[] = {
	{ .name = "whistle", .label = "Whistle" },
	{ .name = "climb", .label = "Climb", .settings = rope_rows },
	{ .name = NULL },
};

static int climb(
	struct gw *gw, size_t index, const char *const *values, struct str *out)
{
	assert_ptr_equal(gw, &gateway->api);
	if (index == 0) {
		str_add(out, "Heard.");
		return 0;
	}
	str_addf(out, "No %s holds.", values[0]);
	return -1;
}

/* The network's own commands for administrators need no account of theirs. */
static void test_admin_of_gateway(void **state)
{
	(void)state;
	net_ops.admin_commands = rope_commands;
	net_ops.administer = climb;
	be_online();
	forget();
	START_ADMIN("whistle");
	EXPECT("status='completed'", "Heard.");
	START_ADMIN("climb");
	EXPECT("status='executing'", "var='rope'");
	keep_session();
	submit_admin(FIELD("rope", "hemp"));
	EXPECT("<note type='error'>No hemp holds.");
	says(COMMAND(ALICE, GW, "node='climb'", ""));
	EXPECT("type='error'", "<forbidden", "Only administrators");
	says("<message from='" ADMIN "' to='" GW
	     "' type='chat' id='m'><body>whistle</body></message>");
	EXPECT_AMONG("Heard.");
	says("<message from='" ALICE "' to='" GW
	     "' type='chat' id='m'><body>whistle</body></message>");
	EXPECT_AMONG("help");
	forget();
	net_ops.admin_commands = NULL;
}

static void test_admin_user(void **state)
{
	(void)state;
	be_online();
	START_ADMIN(ADMIN_NODE("end-user-session"));
	EXPECT("status='executing'", "var='accountjid'");
	keep_session();
	submit_admin(FIELD("accountjid", "nobody@example.org"));
	EXPECT("<note type='error'>This gateway does not know that user.");
	START_ADMIN(ADMIN_NODE("end-user-session"));
	EXPECT("status='executing'");
	keep_session();
	submit_admin(FIELD("accountjid", BARE));
	EXPECT_AMONG("Disconnected.");
	EXPECT_CALL("close canyon Disconnected");
	assert_int_equal(account_at(BARE, "canyon")->state, ACCOUNT_IDLE);
	forget();
	START_ADMIN(ADMIN_NODE("delete-user"));
	EXPECT("status='executing'");
	keep_session();
	submit_admin(FIELD("accountjid", BARE));
	EXPECT_AMONG("to='" ADMIN "'", "Removed.");
	EXPECT_AMONG("to='" BARE "' type='unsubscribe'/>");
	EXPECT_AMONG("to='" BARE "' type='unsubscribed'/>");
	EXPECT_AMONG("to='" BARE "' type='unavailable'");
	assert_false(user_is_registered(alice()));
	assert_true(has_logged("remove user=" BARE " by=admin@example.org"));
}

static void test_admin_disconnects_guest(void **state)
{
	(void)state;
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>x</body></message>");
	START_ADMIN(ADMIN_NODE("end-user-session"));
	EXPECT_AMONG("status='executing'");
	keep_session();
	submit_admin(FIELD("accountjid", BARE));
	EXPECT_AMONG("Disconnected.");
	assert_null(alice());
}

static void test_admin_removes_himself(void **state)
{
	(void)state;
	says(REGISTER(ADMIN, GW, FIELD("valley", "canyon")));
	forget();
	START_ADMIN(ADMIN_NODE("delete-user"));
	EXPECT("status='executing'");
	keep_session();
	submit_admin(FIELD("accountjid", "admin@example.org"));
	EXPECT("Removed.");
	EXPECT("type='unsubscribe'/>");
	forget();
	assert_null(user_find(gateway, "admin@example.org"));
}

static void test_announce(void **state)
{
	(void)state;
	be_online();
	START_ADMIN(ADMIN_NODE("announce"));
	EXPECT("var='announcement' type='text-multi'");
	keep_session();
	submit_admin("<field var='announcement'><value>Storm</value>"
		     "<value>at noon</value></field>");
	EXPECT("<message from='" GW "' to='" BARE "' type='chat'",
		"<body>Storm\nat noon</body>");
	EXPECT("Sent to 1 users.");
	EXPECT_QUIET();
}

static void test_process(void **state)
{
	(void)state;
	START_ADMIN("loglevel");
	EXPECT("var='level' type='list-single'",
		"<option label='debug'><value>debug</value>");
	keep_session();
	submit_admin(FIELD("level", "debug"));
	EXPECT("status='completed'", "Set, until");
	assert_int_equal(log_get_level(), LOG_DEBUG);
	START_ADMIN("reload");
	EXPECT("status='completed'", "read again");
	assert_int_equal(reloads, 1);
	reload_fails = true;
	START_ADMIN("reload");
	EXPECT("status='completed'", "type='error'", "all stays as it was");
	assert_int_equal(reloads, 2);
	START_ADMIN(ADMIN_NODE("shutdown"));
	EXPECT("status='completed'", "Stopping.");
	assert_int_equal(stops, 1);
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_stages),
		TEST(test_one_stage),
		TEST(test_wrong_answer),
		TEST(test_actions),
		TEST(test_bad_starts),
		TEST(test_other_client),
		TEST(test_limits),
		TEST(test_at_a_network),
		TEST(test_unregister),
		TEST(test_gone_meanwhile),
		TEST(test_status),
		TEST(test_export),
		TEST(test_export_of_messages),
		TEST(test_export_in_parts),
		TEST(test_contacts),
		TEST(test_many_contacts),
		TEST(test_export_of_many),
		TEST(test_own),
		TEST(test_own_later),
		TEST(test_admin_lists),
		TEST(test_admin_of_gateway),
		TEST(test_admin_user),
		TEST(test_admin_disconnects_guest),
		TEST(test_admin_removes_himself),
		TEST(test_announce),
		TEST(test_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
