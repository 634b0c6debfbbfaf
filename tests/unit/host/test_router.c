/*
 * Who may, to whom, and what is always answered (RFC 6120 section 8).
 */
#include "host/host_fixture.h"

#define GET(from, to, payload) \
	"<iq from='" from "' to='" to "' type='get' id='1'>" payload "</iq>"
#define SET(from, to, payload) \
	"<iq from='" from "' to='" to "' type='set' id='1'>" payload "</iq>"
#define PING_CHILD "<ping xmlns='" NS_PING "'/>"

/* Every request of these is answered, with this. */
static void test_answers(void **state)
{
	static const struct {
		const char *stanza, *answer, *more;
	} rows[] = {
		{ GET(ALICE, GW, PING_CHILD), "type='result' id='1'/>", GW },
		{ GET(ALICE, VALLEY, PING_CHILD), "type='result' id='1'/>",
			VALLEY },
		{ GET("example.org", GW, PING_CHILD), "type='result'",
			"to='example.org'" },
		{ GET(BARE, GW, PING_CHILD), "type='result'", "to='" BARE "'" },
		/* Unknown payloads. */
		{ GET(ALICE, GW, "<query xmlns='urn:none'/>"),
			"<service-unavailable", "type='error' id='1'" },
		{ SET(ALICE, GW, "<query xmlns='urn:none'/>"),
			"<service-unavailable", "type='cancel'" },
		{ GET(ALICE, ANNA, "<query xmlns='urn:none'/>"),
			"<service-unavailable", "from='" ANNA "'" },
		{ GET(ALICE, VALLEY, "<ping xmlns='urn:none'/>"),
			"<service-unavailable", "from='" VALLEY "'" },
		{ GET(ALICE, GW, "<other xmlns='" NS_PING "'/>"),
			"<service-unavailable", "id='1'" },
		/* Known ones at the wrong place or with the wrong verb. */
		{ GET(ALICE, ANNA, "<query xmlns='" NS_REGISTER "'/>"),
			"<service-unavailable", "id='1'" },
		{ SET(ALICE, GW, PING_CHILD), "<not-allowed", "id='1'" },
		{ SET(ALICE, GW, "<query xmlns='" NS_DISCO_INFO "'/>"),
			"<not-allowed", "id='1'" },
		{ GET(ALICE, GW, "<command xmlns='" NS_COMMANDS "'/>"),
			"<not-allowed", "id='1'" },
		/* RFC 6120 section 8.2.3: exactly one child, an id, a type. */
		{ GET(ALICE, GW, ""), "<bad-request", "id='1'" },
		{ GET(ALICE, GW, PING_CHILD PING_CHILD), "<bad-request",
			"id='1'" },
		{ "<iq from='" ALICE "' to='" GW "' type='get'>" PING_CHILD
		  "</iq>",
			"<bad-request", "!id=" },
		{ "<iq from='" ALICE "' to='" GW "' id='1'>" PING_CHILD "</iq>",
			"<bad-request", "id='1'" },
		{ "<iq from='" ALICE "' to='" GW "' type='x' id='1'/>",
			"<bad-request", "id='1'" },
		/* Addresses that cannot be. */
		{ GET(ALICE, "a%b%c%@" GW, PING_CHILD), "<jid-malformed",
			"<text" },
		{ GET(ALICE, "no.valley@" GW, PING_CHILD), "<jid-malformed",
			"A valley has" },
		{ "<message from='" ALICE "' to='%@" GW "' id='m'><body>x"
		  "</body></message>",
			"<jid-malformed", "id='m'" },
		{ "<presence from='" ALICE "' to='%@" GW "'/>",
			"<jid-malformed", "type='error'" },
		/* Escapes of XEP-0106. */
		{ GET(ALICE, "an\\26na%canyon@" GW,
			  "<query xmlns='" NS_DISCO_INFO "'/>"),
			"type='result'", "category='client'" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		says(rows[i].stanza);
		if (heard.count != 1)
			fail_msg("row %zu: %zu answers", i, heard.count);
		EXPECT("from='", rows[i].answer, rows[i].more);
		EXPECT_QUIET();
	}
	/* Nothing of it stays. */
	assert_null(alice());
}

/* Answers to nothing, and everything of type error: silence (RFC 6120
 * section 8.3.1). */
static void test_never_answered(void **state)
{
	static const char *const rows[] = {
		"<iq from='" ALICE "' to='" GW "' type='result' id='9'/>",
		"<iq from='" ALICE "' to='" GW "' type='error' id='9'>"
		"<error type='cancel'/></iq>",
		"<iq from='" ALICE "' to='" ANNA "' type='result' id='9'/>",
		"<iq from='" ALICE "' to='%@" GW "' type='error' id='9'/>",
		"<message from='" ALICE "' to='" GW "' type='error'>"
		"<body>help</body><error type='cancel'/></message>",
		"<message from='" ALICE "' to='" ANNA "' type='error'>"
		"<body>hi</body></message>",
		"<message from='" ALICE "' to='" VALLEY "' type='error'/>",
		"<message from='" ALICE "' to='#x%canyon@" GW
		"' type='error'><body>x</body></message>",
		"<presence from='" ALICE "' to='" GW "' type='error'/>",
		"<presence from='" ALICE "' to='#x%canyon@" GW
		"/me' type='error'/>",
		"<presence from='" ALICE "' to='%@" GW "' type='unavailable'/>",
		"<presence from='" ALICE "' to='" GW "' type='unavailable'/>",
		"<message from='mallory@evil.org' to='" GW
		"' type='error'><body>x</body></message>",
		/* Without a body nothing was said. */
		"<message from='" ALICE "' to='" GW "' type='chat'>"
		"<active xmlns='" NS_CHAT_STATES "'/></message>",
		"<message from='" ALICE "' to='" ANNA "'/>",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		says(rows[i]);
		if (heard.count > 0 || asked.count > 0)
			fail_msg("row %zu was answered", i);
	}
	assert_null(alice());
}

/* --- Strangers --------------------------------------------------------------
 */

static void test_strangers(void **state)
{
	(void)state;
	says(GET("mallory@evil.org/x", GW, PING_CHILD));
	EXPECT("to='mallory@evil.org/x'", "type='error'", "<forbidden",
		"You may not use this gateway");
	says("<message from='mallory@evil.org/x' to='" GW
	     "' id='m'><body>help</body></message>");
	EXPECT("<message", "<forbidden", "id='m'");
	says("<presence from='mallory@evil.org' to='" GW
	     "' type='subscribe'/>");
	EXPECT("<presence", "<forbidden");
	says("<presence from='mallory@evil.org/x' to='" GW "'/>"
	     "<presence from='mallory@evil.org/x' to='" GW "' type='probe'/>");
	EXPECT_QUIET();
	says(GET("mallory@evil.org/x", "#c%canyon@" GW, PING_CHILD));
	EXPECT("<forbidden");
	assert_null(user_find(gateway, "mallory@evil.org"));
}

/* The keys access.register and access.deny. */
static void test_access(void **state)
{
	static const struct {
		const char *allow, *deny;
		const char *who;
		bool good;
	} rows[] = {
		{ "", "", "a@example.org", true },
		{ "", "", "example.org", true },
		{ "", "", "a@sub.example.org", false },
		{ "", "", "a@example.com", false },
		{ "\"*\"", "", "a@example.com", true },
		{ "\"example.com\"", "", "a@example.com", true },
		{ "\"example.com\"", "", "a@example.org", false },
		{ "\"b@example.com\"", "", "a@example.com", false },
		{ "\"a@example.com\", \"x.org\"", "", "a@example.com", true },
		{ "\"*\"", "\"example.com\"", "a@example.com", false },
		{ "\"*\"", "\"a@example.com\"", "b@example.com", true },
		{ "", "\"a@example.org\"", "a@example.org", false },
		{ "\"a@example.org\"", "\"*\"", "a@example.org", false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char top[512];
		text_format(top, sizeof(top),
			"access = { register = ( %s ); deny = ( %s ); };",
			rows[i].allow, rows[i].deny);
		configure(top, "");
		host_reload(host, load_options());
		if (host_permits(host, gateway, rows[i].who) != rows[i].good)
			fail_msg("row %zu: %s", i, rows[i].who);
	}
}

static void test_is_admin(void **state)
{
	(void)state;
	assert_true(host_is_admin(host, "admin@example.org"));
	assert_false(host_is_admin(host, "alice@example.org"));
	assert_false(host_is_admin(host, "example.org"));
}

/* --- Hostile stanzas ----------------------------------------------------- */

static void test_hostile(void **state)
{
	(void)state;
	/* Long names all over: an answer, no more. */
	struct str text = { .max = 64 * KIB };
	for (size_t i = 0; i < 1000; i++)
		str_add_char(&text, 'a');
	saysf(GET(ALICE, "%s@" GW, PING_CHILD), str_text(&text));
	EXPECT("<jid-malformed");
	saysf(GET(ALICE, "%s%%canyon@" GW, PING_CHILD), str_text(&text));
	EXPECT("<jid-malformed");
	saysf("<iq from='" ALICE "' to='" GW "' type='get' id='%s'>" PING_CHILD
	      "</iq>",
		str_text(&text));
	EXPECT("type='result'", str_text(&text));
	str_finish(&text);
	/* Text that looks like more. */
	says("<iq from='" ALICE "' to='" GW
	     "' type='get' id='&apos;/>&lt;x&gt;'>" PING_CHILD "</iq>");
	EXPECT("type='result'", "&lt;x&gt;", "!<x>");
	EXPECT_QUIET();
}

/* --- Too much ---------------------------------------------------------------
 */

#define JOIN(from, to)                                                      \
	"<presence from='" from "' to='" to "/me' id='1'><x xmlns='" NS_MUC \
	"'/></presence>"

static void ask_often(const char *from, unsigned times)
{
	struct str text = { .max = 2 * MIB };
	for (unsigned i = 0; i < times; i++)
		str_addf(&text,
			"<iq from='%s' to='" GW
			"' type='get' id='%u'>" PING_CHILD "</iq>",
			from, i);
	says(str_text(&text));
	str_finish(&text);
}

static void test_one_user_asks_too_much(void **state)
{
	static const char *const rows[] = {
		GET(ALICE, GW, PING_CHILD),
		SET(ALICE2, VALLEY, "<query xmlns='" NS_REGISTER "'/>"),
		JOIN(ALICE, "#deep%canyon@" GW),
		"<presence from='" ALICE "' to='" ANNA
		"' type='subscribe' id='1'/>",
		"<message from='" ALICE "' to='" GW
		"' id='1'><body>help</body></message>",
	};
	(void)state;
	be_online();
	for (unsigned i = 0; i < LIMIT_STANZA_BURST; i += 1000) {
		ask_often(ALICE, 1000);
		drop_sent();
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		says(rows[i]);
		EXPECT("type='error' id='1'", "type='wait'",
			"<resource-constraint", "too much");
		EXPECT_QUIET();
	}
	assert_true(has_logged("sends too much user=" BARE));
	forget();
	/* What asks nothing gets no answer; leaving is always heard. */
	says("<presence from='" ALICE "' to='" GW "'><show>dnd</show>"
	     "</presence>");
	EXPECT_QUIET();
	assert_false(has_logged("too much"));
	/* Others do not notice. */
	ask_often(BOB, 10);
	assert_int_equal(heard.count, 10);
	drop_sent();
	says("<message from='" ALICE "' to='" ANNA
	     "' type='chat'><body>x</body></message>");
	EXPECT_CALL("send person anna x");
	forget();
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	assert_true(list_is_empty(&alice()->resources));
	forget();
	/* Later there is room again. */
	pass(2 * SECOND);
	ask_often(ALICE, LIMIT_STANZA_RATE);
	assert_int_equal(heard.count, LIMIT_STANZA_RATE);
	while (heard.count > 0)
		EXPECT("type='result'");
}

/* Two programs that answer each other by chat come to an end. */
static void test_chats_too_much(void **state)
{
	unsigned answers = 0;
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		says("<message from='" ALICE "' to='" GW
		     "' id='1'><body>hello</body></message>");
		if (strstr(heard.sent[0], "type='error'") != NULL)
			break;
		EXPECT("I don&apos;t know that command");
		answers++;
	}
	EXPECT("type='error' id='1'", "<resource-constraint");
	assert_in_range(answers, 20, 100);
	pass(SECOND);
	says("<message from='" ALICE "' to='" GW
	     "' id='1'><body>hello</body></message>");
	EXPECT("know that command");
}

static void test_machines(void **state)
{
	(void)state;
	says("<message from='example.org' to='" GW
	     "' id='1'><body>help</body></message>");
	EXPECT("to='example.org' type='error' id='1'", "<not-allowed");
	says("<message from='example.org/x' to='canyon@" GW
	     "' type='error' id='1'><body>help</body></message>");
	EXPECT_QUIET();
	says(GET("example.org", GW, PING_CHILD));
	EXPECT("type='result'");
	EXPECT_QUIET();
}

/* Coming and going gives a guest nothing more. */
static void test_guest_asks_too_much(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_STANZA_BURST; i += 1000) {
		ask_often(ALICE, 1000);
		drop_sent();
		assert_null(alice());
	}
	says(GET(ALICE, GW, PING_CHILD));
	EXPECT("<resource-constraint");
	assert_null(alice());
}

static void test_too_many_users(void **state)
{
	char jid[64];
	(void)state;
	be_registered();
	for (unsigned i = 0; gateway->users.count < LIMIT_USERS; i++) {
		text_format(jid, sizeof(jid), "u%u@example.org", i);
		user_get(gateway, jid);
	}
	says("<presence from='" BOB "' to='" GW "'/>");
	EXPECT_QUIET();
	says(GET(BOB, GW, PING_CHILD));
	EXPECT("type='error' id='1'", "type='wait'", "<resource-constraint",
		"too many users");
	assert_int_equal(gateway->users.count, LIMIT_USERS);
	assert_true(has_logged("no place for more users user=bob@"));
	/* Once in a minute is enough. */
	forget();
	says(GET(BOB, GW, PING_CHILD));
	assert_false(has_logged("no place"));
	pass(60 * SECOND);
	says(GET(BOB, GW, PING_CHILD));
	assert_true(has_logged("no place"));
	forget();
	/* Who is known goes on. */
	says(GET(ALICE, GW, PING_CHILD));
	EXPECT("type='result'");
	user_release_name(gateway, "u0@example.org");
	says(GET(BOB, GW, PING_CHILD));
	EXPECT("type='result'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_never_answered),
		TEST(test_strangers),
		TEST(test_access),
		TEST(test_is_admin),
		TEST(test_hostile),
		TEST(test_one_user_asks_too_much),
		TEST(test_chats_too_much),
		TEST(test_machines),
		TEST(test_guest_asks_too_much),
		TEST(test_too_many_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
