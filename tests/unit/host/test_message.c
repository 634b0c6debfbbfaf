/*
 * Private messages: to persons and networks, and from them.
 */
#include "host/host_fixture.h"

#define FROM_ANNA "<message from='" ANNA "' to='" BARE "' type='chat' id='"

static void writes(const char *to, const char *text)
{
	saysf("<message from='" ALICE
	      "' to='%s' type='chat' id='m'><body>%s</body></message>",
		to, text);
}

/* To anna, with these attributes and this inside. */
static void writes_raw(const char *attrs, const char *inside)
{
	saysf("<message from='" ALICE "' to='%s'%s>%s</message>", ANNA, attrs,
		inside);
}

/* A network that tells nothing of a message but that it took it. */
static void be_plain(void)
{
	net_ops.caps = GW_CAP_ROOMS | GW_CAP_GUEST;
	net_ops.displayed = NULL;
}

static void tells(const char *from, const char *text)
{
	const struct gw_message m = { .from = from, .text = text };
	gw_message(net.session, NULL, &m);
	settle();
}

/* --- There and back ------------------------------------------------------------- */

static void test_echo(void **state)
{
	(void)state;
	be_online();
	writes(ANNA, "hi &amp; &lt;bye&gt; \xc3\xa4");
	EXPECT_CALL("send person anna hi & <bye> \xc3\xa4");
	EXPECT(FROM_ANNA, "<body>hi &amp; &lt;bye&gt; \xc3\xa4</body>",
		"!<delay", "!<html", "!<subject", "!<thread");
	writes("an\\26na%canyon@" GW, "x");
	EXPECT_CALL("send person an&na x");
	EXPECT("from='an\\26na%canyon@" GW "'", "<body>x</body>");
	/* Lines, and what only looks like more. */
	writes(ANNA, "one\ntwo");
	EXPECT_CALL("send person anna one\ntwo");
	EXPECT("<body>one\ntwo</body>");
	EXPECT_QUIET();
}

/* XEP-0172 section 4.3: until he is a contact. */
static void test_nick(void **state)
{
	struct gw_message m = { .from = "anna", .text = "hi" };
	(void)state;
	be_online();
	tells("anna", "hi");
	EXPECT(FROM_ANNA, "<nick xmlns='" NS_NICK "'>anna</nick></message>");
	m.name = "Anna <Bell>";
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT(FROM_ANNA, "<nick xmlns='" NS_NICK "'>Anna &lt;Bell&gt;</nick>");
	tells(NULL, "welcome");
	EXPECT("from='" VALLEY "'", "!<nick");
	says("<presence from='" ALICE "' to='" ANNA "' type='subscribe'/>");
	forget();
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT(FROM_ANNA, "!<nick");
	EXPECT_QUIET();
}

static void test_types(void **state)
{
	static const char *const good[] = { "", " type='normal'",
		" type='nonsense'" };
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(good); i++) {
		writes_raw(good[i], "<body>x</body>");
		EXPECT_CALL("send person anna x");
		EXPECT(FROM_ANNA);
	}
	/* News: what a machine must not answer. */
	writes_raw(" type='headline'", "<body>x</body>");
	EXPECT_CALL("send person anna x");
	EXPECT_CALL("... subject=- thread=- notice=1");
	assert_int_equal(heard.count, 0);
	says("<message from='" ALICE "' to='" ANNA
	     "' type='groupchat' id='m'><body>x</body></message>");
	EXPECT("type='error' id='m'", "<bad-request", "This is not a room.");
	says("<message from='" ALICE "' to='" ANNA "'><body/></message>"
	     "<message from='" ALICE "' to='" ANNA
	     "'><subject>x</subject></message>");
	EXPECT_QUIET();
}

static void test_language(void **state)
{
	static const struct {
		const char *attr, *bodies, *call;
	} rows[] = {
		{ "", "<body>a</body>", "a" },
		{ "", "<body xml:lang='de'>b</body><body>a</body>", "a" },
		{ "", "<body>a</body><body xml:lang='de'>b</body>", "a" },
		{ " xml:lang='de'",
			"<body xml:lang='en'>a</body><body xml:lang='de'>b"
			"</body>",
			"b" },
		{ " xml:lang='de'",
			"<body xml:lang='en'>a</body><body xml:lang='de'>b"
			"</body><body>c</body>",
			"b" },
		{ " xml:lang='de'",
			"<body>c</body><body xml:lang='DE'>b</body>", "b" },
		{ " xml:lang='de'",
			"<body xml:lang='en'>a</body><body>c</body>"
			"<body xml:lang='fr'>b</body>",
			"c" },
		{ " xml:lang='de'",
			"<body xml:lang='de'>a</body><body xml:lang='de'>b"
			"</body>",
			"a" },
		{ "", "<body>a</body><body>b</body>", "a" },
		{ " xml:lang='fr'",
			"<body xml:lang='en'>a</body><body xml:lang='de'>b"
			"</body>",
			"a" },
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char call[64];
		writes_raw(rows[i].attr, rows[i].bodies);
		text_format(call, sizeof(call), "send person anna %s",
			rows[i].call);
		EXPECT_CALL(call);
		EXPECT(FROM_ANNA);
	}
}

/* Subject and thread, both ways, where the network has them. */
static void test_subject(void **state)
{
#define LETTER "<subject>s</subject><body>x</body><thread>t</thread>"
	(void)state;
	be_online();
	writes_raw(" type='chat'", LETTER);
	EXPECT_CALL("send person anna x");
	EXPECT_CALL("... subject=s thread=t notice=0");
	EXPECT(FROM_ANNA, LETTER);
	writes_raw(" xml:lang='de'",
		"<subject xml:lang='en'>s</subject><subject xml:lang='de'>u"
		"</subject><body>x</body>");
	EXPECT_CALL("send person anna x");
	EXPECT_CALL("... subject=u thread=- notice=0");
	EXPECT(FROM_ANNA, "<subject>u</subject><body>x</body>", "!<thread");
	/* While the session is being opened. */
	gw_closed(net.session, GW_LOST, "gone", GW_RETRY);
	settle();
	forget();
	writes_raw("", LETTER);
	pass(60 * SECOND);
	EXPECT_AMONG(FROM_ANNA, LETTER);
	forget();
	be_plain();
	writes_raw("", LETTER);
	EXPECT_CALL("send person anna x");
	EXPECT(FROM_ANNA, "!<subject", "!<thread");
	EXPECT_QUIET();
}

static void test_encrypted(void **state)
{
	static const char *const children[] = {
		"<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
		"<encrypted xmlns='urn:xmpp:omemo:2'/>",
		"<openpgp xmlns='urn:xmpp:openpgp:0'/>",
		"<x xmlns='jabber:x:encrypted'/>",
		"<encryption xmlns='" NS_EME "' namespace='x'/>",
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(children); i++) {
		char inside[256];
		text_format(inside, sizeof(inside), "<body>x</body>%s",
			children[i]);
		writes_raw(" id='m'", inside);
		EXPECT("type='error' id='m'", "<not-acceptable", "encryption");
		EXPECT_QUIET();
	}
}

/* --- Commands -------------------------------------------------------------------- */

/* XEP-0308 towards a network that knows no corrections. */
static void test_correction(void **state)
{
#define REPLACE(id) "<replace xmlns='" NS_CORRECT "' id='" id "'/>"
	(void)state;
	be_online();
	writes_raw(" id='m2'", "<body>better</body>" REPLACE("m1"));
	EXPECT_CALL("send person anna (correction) better");
	writes_raw(" id='m3'", "<body>/me laughs</body>" REPLACE("m1"));
	EXPECT_CALL("send person anna /me (correction) laughs");
	forget();
	writes_raw(" id='m4'", "<body>x</body>" REPLACE("m4"));
	EXPECT("type='error' id='m4'", "<bad-request");
	EXPECT_QUIET();
}

static void test_slash(void **state)
{
	static const struct {
		const char *text, *call;
	} rows[] = {
		{ "/who x", "slash anna who x" },
		{ "/me waves", "send person anna /me waves" },
		{ "//who", "send person anna /who" },
		{ "/", "send person anna /" },
		{ "/ x", "send person anna / x" },
		{ " /who", "send person anna  /who" },
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		writes(ANNA, rows[i].text);
		EXPECT_CALL(rows[i].call);
		drop_sent();
	}
	writes(ANNA, "/who x");
	gw_done(net.session, net.request, "It is x.");
	settle();
	EXPECT("<message from='" ANNA "' to='" ALICE "' type='chat' id='",
		"<body>It is x.</body></message>");
	writes_raw("", "<body>/who x</body><thread>t</thread>");
	EXPECT_CALL("slash anna who x");
	gw_done(net.session, net.request, "It is x.");
	settle();
	EXPECT("<body>It is x.</body><thread>t</thread>");
	writes(ANNA, "/who y");
	gw_fail(net.session, net.request, GW_NO_SUCH, "There is no y.");
	settle();
	EXPECT("type='error' id='m'", "<item-not-found", "There is no y.");
	/* It was taken, and turned out wrong. */
	writes(ANNA, "/msg x hi");
	EXPECT_CALL("slash anna who x");
	EXPECT_CALL("slash anna who y");
	EXPECT_CALL("slash anna msg x hi");
	gw_done(net.session, net.request, NULL);
	gw_fail(net.session, net.request, GW_NO_SUCH, "There is no x.");
	settle();
	EXPECT("type='error' id='m'", "<item-not-found", "There is no x.");
	writes(ANNA, "/who z");
	gw_done(net.session, net.request, NULL);
	settle();
	EXPECT_CALL("slash anna who z");
	EXPECT_QUIET();
	net_ops.slash = NULL;
	writes(ANNA, "/who x");
	EXPECT_CALL("send person anna /who x");
}

static void test_to_the_network(void **state)
{
	(void)state;
	be_online();
	writes(VALLEY, "/raw");
	EXPECT_CALL("send network  /raw");
	EXPECT("<message from='" VALLEY "' to='" ALICE "' type='error'",
		"<feature-not-implemented", "The valley is silent.");
	tells(NULL, "An avalanche.");
	EXPECT("<message from='" VALLEY "' to='" BARE "' type='chat'",
		"<body>An avalanche.</body>");
	EXPECT_QUIET();
}

static void test_typing(void **state)
{
	(void)state;
	be_online();
	says("<message from='" ALICE "' to='" ANNA
	     "'><composing xmlns='" NS_CHAT_STATES "'/></message>");
	EXPECT_CALL("typing anna on");
	says("<message from='" ALICE "' to='" ANNA
	     "'><paused xmlns='" NS_CHAT_STATES "'/></message>");
	EXPECT_CALL("typing anna off");
	says("<message from='" ALICE "' to='" VALLEY
	     "'><composing xmlns='" NS_CHAT_STATES "'/></message>"
	     "<message from='" ALICE "' to='bea%gorge@" GW
	     "'><composing xmlns='" NS_CHAT_STATES "'/></message>");
	EXPECT_QUIET();
	assert_null(account_at(BARE, "gorge"));
	gw_typing(net.session, NULL, "anna", true);
	gw_typing(net.session, NULL, "anna", false);
	settle();
	EXPECT("<message from='" ANNA "'",
		"<composing xmlns='" NS_CHAT_STATES "'/>", NS_HINTS, "!<body");
	EXPECT("<active xmlns='" NS_CHAT_STATES "'/>");
}

/* --- Results ------------------------------------------------------------------------ */

static void test_reasons(void **state)
{
	static const struct {
		enum gw_reason reason;
		const char *error;
	} rows[] = {
		{ GW_BAD_ADDRESS, "<jid-malformed" },
		{ GW_NO_SUCH, "<item-not-found" },
		{ GW_NO_HOST, "<remote-server-not-found" },
		{ GW_UNREACHABLE, "<remote-server-timeout" },
		{ GW_LOST, "<remote-server-timeout" },
		{ GW_BAD_PASSWORD, "<not-authorized" },
		{ GW_NOT_AUTHORIZED, "<not-authorized" },
		{ GW_MEMBERS_ONLY, "<registration-required" },
		{ GW_BANNED, "<forbidden" },
		{ GW_FORBIDDEN, "<forbidden" },
		{ GW_NOT_ALLOWED, "<not-allowed" },
		{ GW_FULL, "<service-unavailable" },
		{ GW_CONFLICT, "<conflict" },
		{ GW_NOT_ACCEPTABLE, "<not-acceptable" },
		{ GW_POLICY, "<policy-violation" },
		{ GW_BUSY, "<resource-constraint" },
		{ GW_UNSUPPORTED, "<feature-not-implemented" },
		{ GW_OUT_OF_REACH, "type='wait' code='404'><recipient-una" },
		{ GW_UNDELIVERABLE, "type='cancel' code='404'><recipient-una" },
		{ GW_NOT_NOW, "type='wait' code='503'><service-unavailable" },
		{ GW_FAULT, "type='wait' code='500'><internal-server-error" },
	};
	(void)state;
	be_online();
	net.hold_send = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		writes(ANNA, "x");
		gw_fail(net.session, net.request, rows[i].reason, "So it is.");
		gw_done(net.session, net.request, NULL);
		settle();
		EXPECT("<message from='" ANNA "' to='" ALICE
		       "' type='error' id='m'>",
			rows[i].error, "So it is.");
		assert_int_equal(heard.count, 0);
	}
	assert_int_equal(COUNT(rows), GW_REASON_COUNT - 1);
}

/* A network may take back what it accepted, for a while. */
static void test_regret(void **state)
{
	(void)state;
	be_online();
	be_plain();
	net.hold_send = true;
	writes(ANNA, "x");
	gw_done(net.session, net.request, NULL);
	pass(20 * SECOND);
	gw_fail(net.session, net.request, GW_NO_SUCH, "She left.");
	gw_fail(net.session, net.request, GW_NO_SUCH, "Again.");
	settle();
	EXPECT("type='error' id='m'", "She left.");
	writes(ANNA, "x");
	gw_done(net.session, net.request, NULL);
	pass(130 * SECOND);
	gw_fail(net.session, net.request, GW_NO_SUCH, "Too late.");
	settle();
	assert_int_equal(heard.count, 0);
	/* Nothing at all for a minute. */
	writes(ANNA, "x");
	pass(70 * SECOND);
	EXPECT("type='error' id='m'", "<remote-server-timeout");
	assert_int_equal(heard.count, 0);
}

static void test_many_accepted(void **state)
{
	(void)state;
	lift_limit();
	be_online();
	be_plain();
	for (int i = 0; i < 500; i++)
		writes(ANNA, "x");
	assert_in_range(account_at(BARE, "canyon")->accepted_count, 1, 100);
	assert_int_equal(account_at(BARE, "canyon")->request_count, 0);
	pass(130 * SECOND);
	assert_int_equal(account_at(BARE, "canyon")->accepted_count, 0);
}

/* The network took it, and lost it: known when the link has been silent for a
 * while. */
static void test_in_doubt(void **state)
{
	(void)state;
	be_online();
	be_plain();
	writes(ANNA, "just now");
	gw_request request = net.request;
	pass(100 * SECOND);
	forget();
	gw_fail(net.session, request, GW_LOST, "It may not have arrived.");
	settle();
	EXPECT("type='error' id='m'", "<remote-server-timeout",
		"may not have arrived");
	gw_closed(net.session, GW_LOST, "It broke.", GW_RETRY);
	settle();
	EXPECT_AMONG("<message from='" VALLEY "'",
		"canyon: It broke. I will keep trying to reconnect.");
	while (heard.count > 0)
		EXPECT("<presence");
}

/* --- Limits -------------------------------------------------------------------------- */

static void test_rate(void **state)
{
	(void)state;
	stop_host();
	configure("", "sends_per_minute = 6;");
	start_host();
	be_online();
	for (int i = 0; i < 6; i++) {
		writes(ANNA, "x");
		EXPECT(FROM_ANNA);
	}
	writes(ANNA, "x");
	EXPECT("type='error' id='m'", "<resource-constraint",
		"sending too much");
	pass(10 * SECOND);
	writes(ANNA, "x");
	EXPECT(FROM_ANNA);
	/* The gateway itself can always be talked to. */
	writes(GW, "help");
	EXPECT("This is the Echo gateway");
	/* A new limit counts at once. */
	configure("", "sends_per_minute = 60;");
	host_reload(host, load_options());
	for (int i = 0; i < 50; i++)
		writes(ANNA, "x");
	for (int i = 0; i < 50; i++)
		EXPECT(FROM_ANNA);
}

/* Whatever length, something readable arrives. */
static void test_huge(void **state)
{
	static const size_t sizes[] = { 60000, 130000, 260000, 1000000 };
	static char text[1000001];
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(text, 'x', sizes[i]);
		text[sizes[i]] = '\0';
		tells("anna", text);
		EXPECT(FROM_ANNA, "<body>xxxxxx");
		memset(text, '&', sizes[i]);
		tells("anna", text);
		EXPECT(FROM_ANNA, "<body>&amp;&amp;");
		const struct gw_span span = { 0, sizes[i], GW_BOLD, -1, -1 };
		const struct gw_message m = { .from = "anna",
			.text = text,
			.spans = &span,
			.span_count = 1 };
		gw_message(net.session, NULL, &m);
		settle();
		EXPECT(FROM_ANNA, "&amp;&amp;");
	}
	EXPECT_QUIET();
}

/* --- From the network ------------------------------------------------------------------ */

static void test_kinds(void **state)
{
	(void)state;
	be_online();
	struct gw_message m = {
		.kind = GW_ACTION, .from = "anna", .text = "waves"
	};
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT(FROM_ANNA, "<body>/me waves</body>");
	m.kind = GW_NOTICE;
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT(FROM_ANNA, "<body>waves</body>");
	/* Sent by the user himself from elsewhere. */
	m.own = true;
	m.to = "anna";
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT_QUIET();
}

/* What the network says by itself is for those who are there. */
static void test_words_to_nobody(void **state)
{
	(void)state;
	be_online();
	says(REGISTER(ALICE, VALLEY, FIELD("stay", "1")));
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	pass(16 * 60 * SECOND);
	forget();
	tells(NULL, "I am going down for maintenance");
	tells("anna", "hello");
	EXPECT(FROM_ANNA, "<body>hello</body>");
	EXPECT_QUIET();
	/* Nobody saw him come, but he has written. */
	writes(VALLEY, "WHOIS anna");
	drop_sent();
	tells(NULL, "anna is anna");
	EXPECT("from='" VALLEY "'", "<body>anna is anna</body>");
}

static void test_delay(void **state)
{
	(void)state;
	be_online();
	struct gw_message m = { .from = "anna", .text = "x" };
	m.wall_ms = clock_wall_ms() - 59 * SECOND;
	gw_message(net.session, NULL, &m);
	m.wall_ms = WALL_MS - 3600 * SECOND;
	gw_message(net.session, NULL, &m);
	m.wall_ms = clock_wall_ms() + 3600 * SECOND;
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT(FROM_ANNA, "!<delay");
	EXPECT("<delay xmlns='" NS_DELAY "' from='" ANNA
	       "' stamp='2023-11-14T21:13:20Z'/>");
	EXPECT(FROM_ANNA, "!<delay");
}

static void test_formatted(void **state)
{
	(void)state;
	be_online();
	const struct gw_span spans[] = { { 0, 4, GW_BOLD, -1, -1 },
		{ 5, 8, 0, 0xff0000, -1 } };
	const struct gw_message m = { .from = "anna",
		.text = "bold red",
		.spans = spans,
		.span_count = 2 };
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT("<body>*bold* red</body>", "!<html");
	/* For who can show it. */
	says("<presence from='" ALICE "' to='" GW "'><c xmlns='" NS_CAPS
	     "' node='n' ver='v'/></presence>");
	EXPECT_AMONG(NS_DISCO_INFO);
	const char *id = strstr(last_sent, " id='") + 5;
	saysf("<iq from='" ALICE "' to='" GW
	      "' type='result' id='%.*s'><query xmlns='" NS_DISCO_INFO
	      "'><feature var='" NS_XHTML_IM "'/></query></iq>",
		(int)strcspn(id, "'"), id);
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT("<body>*bold* red</body>",
		"<html xmlns='" NS_XHTML_IM "'><body xmlns='" NS_XHTML
		"'><p><span style='font-weight:bold;'>bold</span> <span "
		"style='color:#ff0000;'>red</span></p></body></html>");
}

/* Names that fit no JID are nobody's. */
static void test_odd_senders(void **state)
{
	char name[GW_NAME_SIZE + 10];
	(void)state;
	be_online();
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tells(name, "x");
	name[GW_NAME_SIZE - 1] = '\0';
	tells(name, "x");
	EXPECT_QUIET();
	tells("a@b/c d", "x");
	EXPECT("from='a\\40b\\2fc\\20d%canyon@" GW "'");
	tells("\xc3\x84\xf0\x9f\x98\x80", "x");
	/* Not all servers take the emoji, and the capital would become small:
	 * spelled so that an answer finds the same person. */
	EXPECT("from='\\uc4;\\u1f600;%canyon@" GW "'");
	writes("\\uc4;\\u1f600;%canyon@" GW, "y");
	EXPECT_CALL("send person \xc3\x84\xf0\x9f\x98\x80 y");
}

/* --- While connecting -------------------------------------------------------------------- */

static void test_waiting(void **state)
{
	(void)state;
	net.hold_open = true;
	writes(ANNA, "one");
	writes("bea%canyon@" GW, "two");
	writes(ANNA, "/who");
	EXPECT_CALL("open canyon");
	EXPECT_QUIET();
	gw_online(net.session, "alice");
	settle();
	EXPECT_CALL("presence canyon available -");
	EXPECT_CALL("send person anna one");
	EXPECT_CALL("send person bea two");
	EXPECT_CALL("slash anna who");
	EXPECT("from='" ANNA "'", "one");
	EXPECT("from='bea%canyon@" GW "'", "two");
	EXPECT_QUIET();
}

static void test_waiting_fails(void **state)
{
	(void)state;
	net.hold_open = true;
	writes(ANNA, "one");
	writes(ANNA, "two");
	gw_closed(net.session, GW_NO_HOST, "No such valley.", GW_RETRY_NEVER);
	settle();
	EXPECT("type='error' id='m'", "<remote-server-not-found",
		"No such valley.");
	EXPECT("type='error' id='m'", "No such valley.");
	EXPECT_CALL("open canyon");
	/* The next one is tried at once. */
	net.hold_open = false;
	writes(ANNA, "three");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_CALL("send person anna three");
	EXPECT("three");
	EXPECT_QUIET();
}

static void test_waiting_too_long(void **state)
{
	(void)state;
	net.hold_open = true;
	writes(ANNA, "one");
	pass(70 * SECOND);
	EXPECT("type='error' id='m'", "<remote-server-timeout",
		"did not answer in time");
	gw_online(net.session, "alice");
	settle();
	asked.next = 1;
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
}

/* In line behind others nothing fails for that. */
static void test_waiting_in_line(void **state)
{
	(void)state;
	net.hold_open = true;
	writes(ANNA, "one");
	gw_delayed(net.session, 300 * SECOND);
	writes(ANNA, "two");
	EXPECT("Your turn comes in about 300 seconds.");
	EXPECT_CALL("open canyon");
	pass(350 * SECOND);
	EXPECT_QUIET();
	pass(20 * SECOND);
	EXPECT("type='error' id='m'", "did not answer in time");
	EXPECT("type='error' id='m'", "did not answer in time");
	gw_online(net.session, "alice");
	settle();
	forget();
	writes(ANNA, "three");
	EXPECT_CALL("send person anna three");
}

static void test_too_many_waiting(void **state)
{
	(void)state;
	net.hold_open = true;
	for (int i = 0; i < 32; i++)
		writes(ANNA, "x");
	assert_int_equal(heard.count, 0);
	writes(ANNA, "x");
	EXPECT("type='error' id='m'", "<resource-constraint",
		"not connected yet");
	gw_online(net.session, "alice");
	settle();
	assert_int_equal(heard.count, 32);
}

/* --- Guests ---------------------------------------------------------------------------------- */

static void test_guest(void **state)
{
	(void)state;
	writes(ANNA, "x");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_CALL("send person anna x");
	EXPECT(FROM_ANNA);
	EXPECT_QUIET();
	/* Each message, from either side, prolongs the session. */
	pass(800 * SECOND);
	tells("anna", "y");
	pass(800 * SECOND);
	writes(ANNA, "z");
	pass(800 * SECOND);
	assert_true(account_is_online(account_at(BARE, "canyon")));
	forget();
	pass(200 * SECOND);
	EXPECT_CALL("close canyon -");
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_guest_of_many(void **state)
{
	(void)state;
	configure("", "max_accounts = 2;");
	host_reload(host, load_options());
	writes("a%one@" GW, "x");
	writes("a%two@" GW, "x");
	forget();
	writes("a%three@" GW, "x");
	EXPECT("type='error' id='m'", "<resource-constraint",
		"as many accounts");
	EXPECT_QUIET();
}

static void test_no_guests(void **state)
{
	(void)state;
	configure("", "register_required = true;");
	host_reload(host, load_options());
	writes(ANNA, "x");
	EXPECT("type='error' id='m'", "<registration-required",
		"Register with this gateway first");
	EXPECT_QUIET();
	assert_null(alice());
	be_online();
	writes(ANNA, "x");
	EXPECT(FROM_ANNA);
	writes("a%gorge@" GW, "x");
	EXPECT("<registration-required");
	net_ops.caps = 0;
	configure("", "");
	host_reload(host, load_options());
	settle();
	forget(); /* new capabilities */
	writes("a%gorge@" GW, "x");
	EXPECT("<registration-required");
}

static int refuse_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	(void)gw, (void)text, (void)out, (void)size;
	*reason_r = "That valley is closed.";
	return -1;
}

static void test_policy(void **state)
{
	(void)state;
	net_ops.canonical_account = refuse_account;
	writes(VALLEY, "x");
	EXPECT("type='error' id='m'", "<policy-violation",
		"That valley is closed.");
	EXPECT_QUIET();
	assert_null(alice());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_echo),
		TEST(test_nick),
		TEST(test_types),
		TEST(test_language),
		TEST(test_subject),
		TEST(test_encrypted),
		TEST(test_correction),
		TEST(test_slash),
		TEST(test_to_the_network),
		TEST(test_typing),
		TEST(test_reasons),
		TEST(test_regret),
		TEST(test_many_accepted),
		TEST(test_in_doubt),
		TEST(test_rate),
		TEST(test_huge),
		TEST(test_kinds),
		TEST(test_words_to_nobody),
		TEST(test_delay),
		TEST(test_formatted),
		TEST(test_odd_senders),
		TEST(test_waiting),
		TEST(test_waiting_fails),
		TEST(test_waiting_too_long),
		TEST(test_waiting_in_line),
		TEST(test_too_many_waiting),
		TEST(test_guest),
		TEST(test_guest_of_many),
		TEST(test_no_guests),
		TEST(test_policy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
