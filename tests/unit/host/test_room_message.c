/*
 * Messages in rooms (XEP-0045 sections 7.4, 7.5, 8.1): of the network, of
 * the user with their reflection, commands, subjects, private messages.
 */
#include "host/room_fixture.h"

static void say(const char *from, const char *id, const char *body)
{
	says("<message from='%s' to='" CHAN
	     "' type='groupchat' id='%s'><body>%s</body></message>",
		from, id, body);
}

static void test_of_network(void **state)
{
	(void)state;
	be_joined();
	talks(room(), "carol", "a < b & c");
	EXPECT("<message from='" CHAN "/carol' to='" ALICE
	       "' type='groupchat' id='",
		"<body>a &lt; b &amp; c</body>",
		"<stanza-id xmlns='urn:xmpp:sid:0' by='" CHAN "' id='",
		"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='", "!<delay",
		"!origin-id");
	EXPECT_QUIET();
}

static void test_kinds(void **state)
{
	static const struct gw_span bold = {
		.start = 0, .end = 2, .style = GW_BOLD, .fg = -1, .bg = -1
	};
	static const struct {
		struct gw_message m;
		const char *has, *from;
	} rows[] = {
		{ { .kind = GW_ACTION, .from = "carol", .text = "waves" },
			"<body>/me waves</body>", CHAN "/carol'" },
		{ { .kind = GW_NOTICE, .from = "carol", .text = "note" },
			"<body>note</body>", CHAN "/carol'" },
		{ { .from = NULL, .text = "from the room" },
			"<body>from the room</body>", "from='" CHAN "'" },
		{ { .from = "stranger", .text = "not here" }, "<occupant-id",
			CHAN "/stranger'" },
		{ { .from = "carol",
			  .text = "hi you",
			  .spans = &bold,
			  .span_count = 1 },
			"<body>*hi* you</body>", CHAN "/carol'" },
		{ { .own = true, .text = "from my phone" },
			"<body>from my phone</body>", CHAN "/alice'" },
		{ { .from = "carol",
			  .text = "with subject",
			  .subject = "re",
			  .thread = "t1" },
			"<thread>t1</thread>", CHAN "/carol'" },
		{ { .from = "carol",
			  .text = "late",
			  .wall_ms = WALL_MS - 3600000 },
			"<delay xmlns='urn:xmpp:delay' from='" CHAN
			"' stamp='2023-11-14T21:13:20Z'/>",
			CHAN "/carol'" },
		{ { .from = "carol",
			  .text = "of tomorrow",
			  .wall_ms = WALL_MS + 86400000 },
			"!<delay", CHAN "/carol'" },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		gw_message(room()->session, room(), &rows[i].m);
		settle();
		EXPECT("type='groupchat'", rows[i].has, rows[i].from);
		EXPECT_QUIET();
	}
}

static void test_huge_text(void **state)
{
	(void)state;
	be_joined();
	size_t len = 1000000;
	char *text = xalloc(len + 1);
	memset(text, 'x', len);
	talks(room(), "carol", text);
	EXPECT("<body>xxxx");
	/* Longer in XML than it is. */
	memset(text, '&', len);
	talks(room(), "carol", text);
	EXPECT("<body>&amp;&amp;");
	text[60000] = '\0';
	const struct gw_span span = { 0, 60000, GW_BOLD, -1, -1 };
	const struct gw_message m = {
		.from = "carol", .text = text, .spans = &span, .span_count = 1
	};
	gw_message(room()->session, room(), &m);
	settle();
	EXPECT("&amp;&amp;");
	xfree(text);
	EXPECT_QUIET();
}

/* What would not come back whole is not sent. */
static void test_too_long_to_say(void **state)
{
	(void)state;
	be_joined();
	size_t len = 200000;
	char *text = xalloc(len + 1);
	memset(text, '\'', len);
	says("<message type='groupchat' id='m' from='" ALICE "' to='" CHAN
	     "'><body>%s</body></message>",
		text);
	EXPECT("type='error'", "<not-acceptable", "too long");
	says("<message type='groupchat' id='m' from='" ALICE "' to='" CHAN
	     "'><subject>%s</subject></message>",
		text);
	EXPECT("type='error'", "<not-acceptable", "too long");
	xfree(text);
	EXPECT_QUIET();
}

static void test_reflection(void **state)
{
	(void)state;
	be_joined();
	joins(ALICE2, "alice");
	drop_sent();
	net.hold_send = true;
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='m1'><body>hello</body>"
	     "<origin-id xmlns='" NS_SID "' id='o1'/>"
	     "<stanza-id xmlns='" NS_SID "' by='" CHAN "' id='forged'/>"
	     "<x xmlns='urn:unknown'/></message>");
	EXPECT_CALL("send #chan hello");
	EXPECT_QUIET();
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT("<message from='" CHAN "/alice' to='" ALICE
	       "' type='groupchat' id='m1'>",
		"<body>hello</body>", "<origin-id xmlns='" NS_SID "' id='o1'/>",
		"<stanza-id", "<occupant-id", "!forged", "!urn:unknown",
		"!<delay");
	EXPECT("to='" ALICE2 "'", "id='m1'", "<body>hello</body>");
	EXPECT_QUIET();
}

static void test_what_was_sent(void **state)
{
	(void)state;
	be_joined();
	net.hold_send = true;
	say(ALICE, "m1", "a long text");
	const struct gw_result result = { .stage = GW_ACCEPTED,
		.text = "a long" };
	gw_result(&account()->session, net.request, &result);
	settle();
	EXPECT("id='m1'", "<body>a long</body>");
	/* Refused after all: an error for the same message. */
	gw_fail(&account()->session, net.request, GW_FORBIDDEN, "no voice");
	settle();
	EXPECT("<message from='" CHAN "' to='" ALICE "' type='error' id='m1'>",
		"<forbidden", "no voice");
	assert_int_equal(heard.count, 0);
}

static void test_refused(void **state)
{
	(void)state;
	be_joined();
	net.hold_send = true;
	say(ALICE, "m1", "hello");
	gw_fail(&account()->session, net.request, GW_FORBIDDEN,
		"You need voice.");
	settle();
	EXPECT("type='error' id='m1'", "<forbidden", "You need voice.");
	assert_int_equal(heard.count, 0);
}

/* What `from` said, by the archive's id in the last stanza. */
static void displays(const char *from)
{
	const char *at = strstr(last_sent, "<stanza-id");
	at = at != NULL ? strstr(at, " id='") : NULL;
	assert_non_null(at);
	says("<message from='%s' to='" CHAN
	     "' type='groupchat'><displayed xmlns='" NS_MARKERS
	     "' id='%.*s'/></message>",
		from, (int)strcspn(at + 5, "'"), at + 5);
	pass(1000);
}

/* Of messages that came, and by who is in the room. */
static void test_displayed(void **state)
{
	struct gw_message m = {
		.from = "carol", .text = "hello", .network_id = "n1"
	};
	(void)state;
	fake_ops.displayed = fake_displayed;
	be_joined();
	gw_message(room()->session, room(), &m);
	EXPECT("<body>hello</body>", "<markable xmlns='" NS_MARKERS "'/>");
	displays(ALICE2);
	displays(BOB);
	EXPECT_QUIET();
	displays(ALICE);
	EXPECT_CALL("displayed #chan n1");
	/* Written elsewhere, or nothing the network could find again. */
	m.own = true;
	m.network_id = "n2";
	gw_message(room()->session, room(), &m);
	EXPECT("<body>hello</body>", "!<markable");
	talks(room(), "carol", "no id");
	EXPECT("<body>no id</body>", "!<markable");
	displays(ALICE);
	EXPECT_QUIET();
}

/* Who left meanwhile is not told of. */
static void test_displayed_at_the_end(void **state)
{
	const struct gw_message m = {
		.from = "carol", .text = "hello", .network_id = "n1"
	};
	(void)state;
	fake_ops.displayed = fake_displayed;
	be_joined();
	gw_message(room()->session, room(), &m);
	EXPECT("<markable");
	const char *at = strstr(strstr(last_sent, "<stanza-id"), " id='") + 5;
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat'><displayed xmlns='" NS_MARKERS
	     "' id='%.*s'/></message><presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>",
		(int)strcspn(at, "'"), at);
	EXPECT_CALL("leave #chan -");
	pass(1000);
	EXPECT_CALL("close net -");
	EXPECT("type='unavailable'");
	EXPECT_QUIET();
}

static void test_not_sent(void **state)
{
	static const struct {
		const char *from, *inner, *error; /* NULL: ignored */
	} rows[] = {
		{ BOB, "<body>x</body>", "<not-acceptable" },
		{ ALICE2, "<body>x</body>", "<not-acceptable" },
		{ ALICE,
			"<body>fallback</body><encryption xmlns='" NS_EME
			"' namespace='urn:xmpp:omemo:2'/>",
			"<not-acceptable" },
		{ ALICE, "<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
			"<not-acceptable" },
		{ ALICE,
			"<body>x</body><replace xmlns='" NS_CORRECT
			"' id='m1'/>",
			"<bad-request" },
		{ ALICE, "<displayed xmlns='" NS_MARKERS "' id='1'/>", NULL },
		{ ALICE, "<received xmlns='" NS_RECEIPTS "' id='1'/>", NULL },
		{ ALICE, "<subject>s</subject><thread>t</thread>", NULL },
		{ ALICE, "", NULL },
		{ BOB, "<active xmlns='" NS_CHAT_STATES "'/>", NULL },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		says("<message from='%s' to='" CHAN
		     "' type='groupchat' id='m1'>%s</message>",
			rows[i].from, rows[i].inner);
		if (rows[i].error != NULL)
			EXPECT("type='error' id='m1'", rows[i].error);
		EXPECT_QUIET();
	}
}

static void test_wrong_types(void **state)
{
	(void)state;
	be_joined();
	says("<message from='" ALICE "' to='" CHAN
	     "' type='chat' id='c'><body>x</body></message>");
	EXPECT("type='error' id='c'", "<bad-request");
	says("<message from='" ALICE "' to='" CHAN
	     "/carol' type='groupchat' id='d'><body>x</body></message>");
	EXPECT("type='error' id='d'", "<bad-request");
	says("<message from='" ALICE "' to='" CHAN
	     "' type='headline' id='e'><body>x</body></message>");
	EXPECT_QUIET();
	/* A request for voice (section 7.13). */
	says("<message from='" ALICE "' to='" CHAN
	     "' id='f'><x xmlns='" NS_DATA_FORM "' type='submit'/></message>");
	EXPECT("type='error' id='f'", "<feature-not-implemented");
	EXPECT_QUIET();
}

static void test_texts(void **state)
{
	static const struct {
		const char *body, *extra, *sent;
	} rows[] = {
		{ "/me waves", "", "send #chan /me waves" },
		{ "//me", "", "send #chan /me" },
		{ "/", "", "send #chan /" },
		{ "new", "<replace xmlns='" NS_CORRECT "' id='old'/>",
			"send #chan (correction) new" },
		{ "/me new", "<replace xmlns='" NS_CORRECT "' id='old'/>",
			"send #chan /me (correction) new" },
		{ "/mode +m", "", "slash #chan mode +m" },
		{ "/me", "", "slash #chan me" },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		says("<message from='" ALICE "' to='" CHAN
		     "' type='groupchat' id='m'><body>%s</body>%s"
		     "</message>",
			rows[i].body, rows[i].extra);
		EXPECT_CALL(rows[i].sent);
		drop_sent();
		EXPECT_QUIET();
	}
	fake_ops.slash = NULL;
	say(ALICE, "m", "//x");
	EXPECT_CALL("send #chan //x");
	say(ALICE, "m", "/x");
	EXPECT_CALL("send #chan /x");
}

static void test_slash_answers(void **state)
{
	(void)state;
	be_joined();
	joins(ALICE2, "alice");
	drop_sent();
	say(ALICE, "m1", "/whois carol");
	gw_done(&account()->session, net.request, "carol is nice");
	settle();
	EXPECT("from='" CHAN "/net' to='" ALICE "' type='groupchat'",
		"<body>carol is nice</body>", "!stanza-id");
	say(ALICE, "m2", "/nonsense");
	gw_fail(&account()->session, net.request, GW_UNSUPPORTED,
		"There is no such command.");
	settle();
	EXPECT("from='" CHAN "/net' to='" ALICE "' type='groupchat'",
		"<body>There is no such command.</body>");
	say(ALICE, "m3", "/kick carol");
	gw_fail(&account()->session, net.request, GW_FORBIDDEN,
		"You're not channel operator");
	settle();
	EXPECT("type='error' id='m3'", "<forbidden", "not channel operator");
	say(ALICE, "m4", "/quiet");
	gw_done(&account()->session, net.request, NULL);
	settle();
	assert_int_equal(heard.count, 0);
	/* It was taken, and turned out wrong. */
	say(ALICE, "m5", "/msg dave hi");
	gw_done(&account()->session, net.request, NULL);
	gw_fail(&account()->session, net.request, GW_NO_SUCH, "No such nick");
	settle();
	EXPECT("type='error' id='m5'", "<item-not-found", "No such nick");
}

static void test_subject(void **state)
{
	(void)state;
	be_joined();
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='s1'><subject>New</subject></message>");
	EXPECT_CALL("subject #chan New");
	EXPECT_QUIET();
	gw_room_subject(room(), "New", "alice", 0);
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT("<message from='" CHAN "/alice' to='" ALICE
	       "' type='groupchat' id='s1'><subject>New</subject>",
		"!<body", "!<delay", "<occupant-id");
	EXPECT_QUIET();
	/* The network tells when it was set: nothing new. */
	gw_room_subject(room(), "New", "alice", WALL_MS);
	EXPECT_QUIET();
	/* Somebody else, who is not here. */
	gw_room_subject(room(), "", "server.name", 0);
	settle();
	EXPECT("from='" CHAN "/server.name'", "<subject/>", "!id='s1'");
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='s2'><subject/></message>");
	EXPECT_CALL("subject #chan ");
	gw_fail(&account()->session, net.request, GW_FORBIDDEN, "no op");
	settle();
	EXPECT("type='error' id='s2'", "<forbidden", "no op");
	fake_ops.set_subject = NULL;
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='s3'><subject>x</subject></message>");
	EXPECT("type='error' id='s3'", "<not-allowed");
	EXPECT_QUIET();
}

static void test_private(void **state)
{
	(void)state;
	be_joined();
	const struct gw_occupant o = { .nick = "dave",
		.person = "dave42",
		.role = GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = GW_AVAILABLE };
	gw_room_occupant(room(), &o);
	drop_sent();
	says("<message from='" ALICE "' to='" CHAN
	     "/dave' type='chat' id='p1'><body>psst</body></message>");
	EXPECT_CALL("send dave42 psst");
	EXPECT_QUIET();
	net.hold_send = true;
	says("<message from='" ALICE "' to='" CHAN
	     "/dave' id='p2'><body>psst</body></message>");
	EXPECT_CALL("send dave42 psst");
	gw_fail(&account()->session, net.request, GW_NO_SUCH, "gone");
	settle();
	EXPECT("<message from='" CHAN "/dave' to='" ALICE
	       "' type='error' id='p2'>",
		"<item-not-found");
	says("<message from='" ALICE "' to='" CHAN
	     "/nobody' type='chat' id='p3'><body>x</body></message>");
	EXPECT("type='error' id='p3'", "<item-not-found");
	says("<message from='" ALICE2 "' to='" CHAN
	     "/dave' type='chat' id='p4'><body>x</body></message>");
	EXPECT("type='error' id='p4'", "<not-acceptable");
	says("<message from='" ALICE2 "' to='" CHAN
	     "/dave' type='chat'><active xmlns='" NS_CHAT_STATES
	     "'/></message>");
	EXPECT_QUIET();
	says("<message from='" ALICE "' to='" CHAN
	     "/dave' type='chat'><composing xmlns='" NS_CHAT_STATES
	     "'/></message>");
	EXPECT_CALL("typing dave42 1");
	EXPECT_QUIET();
}

static void test_typing(void **state)
{
	(void)state;
	be_joined();
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat'><composing xmlns='" NS_CHAT_STATES
	     "'/></message>");
	EXPECT_CALL("typing #chan 1");
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat'><paused xmlns='" NS_CHAT_STATES
	     "'/></message>");
	EXPECT_CALL("typing #chan 0");
	room_typing(room_of(room()), "carol", true);
	EXPECT("from='" CHAN "/carol' to='" ALICE "' type='groupchat'",
		"<composing xmlns='" NS_CHAT_STATES "'/>", "!<body");
	room_typing(room_of(room()), "nobody", true);
	room_typing(room_of(room()), "alice", true);
	EXPECT_QUIET();
}

static void test_congestion(void **state)
{
	(void)state;
	be_joined();
	stream.congested = true;
	say(ALICE, "m1", "x");
	EXPECT("type='error' id='m1'", "<resource-constraint");
	stream.congested = false;
	net.hold_send = true;
	for (unsigned i = 0; i < LIMIT_REQUESTS; i++)
		say(ALICE, "m", "x");
	asked.next = asked.count;
	say(ALICE, "m2", "x");
	EXPECT("type='error' id='m2'", "<resource-constraint");
	EXPECT_QUIET();
}

static void test_rate(void **state)
{
	(void)state;
	gateway_options.sends_per_minute = 2;
	be_joined();
	say(ALICE, "m1", "x");
	say(ALICE, "m2", "x");
	drop_sent();
	say(ALICE, "m3", "x");
	EXPECT("type='error' id='m3'", "<resource-constraint");
}

/* The person's own room may be gone when its answers come. */
static void test_left_meanwhile(void **state)
{
	(void)state;
	struct account *a = be_registered();
	account_set_value(a, 2, "1");
	be_joined();
	net.hold_send = true;
	say(ALICE, "m1", "x");
	gw_request sent = net.request;
	say(ALICE, "m2", "/whois carol");
	gw_request slash = net.request;
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='s1'><subject>New</subject></message>");
	gw_request subject = net.request;
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	drop_sent();
	assert_null(room());
	gw_done(&a->session, sent, NULL);
	gw_done(&a->session, slash, "words");
	gw_fail(&a->session, subject, GW_FORBIDDEN, "no");
	settle();
	EXPECT("type='error' id='s1'");
	assert_int_equal(heard.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_of_network),
		TEST(test_kinds),
		TEST(test_huge_text),
		TEST(test_too_long_to_say),
		TEST(test_reflection),
		TEST(test_what_was_sent),
		TEST(test_refused),
		TEST(test_displayed),
		TEST(test_displayed_at_the_end),
		TEST(test_not_sent),
		TEST(test_wrong_types),
		TEST(test_texts),
		TEST(test_slash_answers),
		TEST(test_subject),
		TEST(test_private),
		TEST(test_typing),
		TEST(test_congestion),
		TEST(test_rate),
		TEST(test_left_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
