/*
 * Commands by chat with the gateway, for clients that know only messages.
 */
#include "host/host_fixture.h"

static void types_from(const char *from, const char *text)
{
	struct str body = { .max = 1 * MIB };
	struct xml_writer w;
	xml_writer_init(&w, &body, NS_COMPONENT);
	xml_put(&w, "body", NULL, text);
	saysf("<message from='%s' to='" GW "' type='chat' id='t'>%s</message>",
		from, str_text(&body));
	str_finish(&body);
}

static void types(const char *text)
{
	types_from(ALICE, text);
}

/* The gateway's next message begins with this, or is this. */
static void expect_words(
	const char *file, int line, const char *words, const char *end)
{
	struct str part = { .max = 4 * KIB };
	struct xml_writer w;
	str_add(&part, "'><body>");
	xml_writer_init(&w, &part, "");
	xml_put_text(&w, words);
	str_add(&part, end);
	expect_at(file, line,
		"<message from='" GW "' to='" ALICE "' type='chat' id='",
		str_text(&part), NULL);
	str_finish(&part);
}
#define HEARS(words)     expect_words(__FILE__, __LINE__, words, "")
#define HEARS_ALL(words) expect_words(__FILE__, __LINE__, words, "</body>")

/* --- Words --------------------------------------------------------------------- */

static void test_help(void **state)
{
	static const char *const rows[] = { "help", "HELP", " help ", "?",
		"help me" };
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		types(rows[i]);
		EXPECT("This is the Echo gateway. Send me one of these words:\n"
		       "register - Register an account, or add another\n",
			"\nunregister - ", "\nstatus - ", "\nshout - Shout\n",
			"While I ask, &quot;cancel&quot; stops.", "!announce",
			"!loglevel");
		EXPECT_QUIET();
	}
	types_from(ADMIN, "help");
	EXPECT("to='" ADMIN "'", "\nannounce - ", "\nstop - ");
	assert_null(alice());
}

static void test_unknown(void **state)
{
	static const char *const rows[] = { "hello", "  ", "regist", "announce",
		"stop", "http://jabber.org/protocol/admin#announce",
		"<b>help</b>", "\xc3\xa4", "%s%n", "/help", "-" };
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		types(rows[i]);
		HEARS("I don't know that command. Send \"help\"");
		EXPECT_QUIET();
	}
	char *big = xalloc(64 * KIB);
	memset(big, 'x', 64 * KIB - 1);
	types(big);
	HEARS("That is too long.");
	memset(big, 'x', 4000);
	big[4000] = '\0';
	types(big);
	HEARS("I don't know that command.");
	xfree(big);
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_not_for_the_chat(void **state)
{
	(void)state;
	says("<message from='" ALICE "' to='" GW "' type='groupchat'>"
	     "<body>help</body></message>");
	EXPECT("type='error'", "<bad-request");
	says("<message from='" ALICE "' to='" GW "'><body>help</body>"
	     "<encrypted xmlns='eu.siacs.conversations.axolotl'/></message>");
	EXPECT("type='error'", "<not-acceptable", "encryption");
	says("<message from='" ALICE "' to='" GW "' type='headline'><subject>"
	     "help</subject></message>");
	EXPECT_QUIET();
}

/* --- Registering ------------------------------------------------------------------- */

static void test_register(void **state)
{
	(void)state;
	types("register");
	HEARS("Fill in what the network needs to know.");
	HEARS_ALL("Valley");
	types("No Valley");
	HEARS("A valley has 1 to 63");
	HEARS_ALL("Valley");
	types("-");
	HEARS("This one is needed.");
	HEARS_ALL("Valley");
	types("canyon");
	HEARS_ALL("Nick\nSend \"-\" for: traveller");
	types("wrong");
	HEARS("Nick: is the wrong one.");
	HEARS("Nick\n");
	types("al");
	HEARS_ALL("Password\nSend \"-\" for none.");
	types("hush");
	HEARS_ALL("Stay (yes or no)\nSend \"-\" for: no");
	types("maybe");
	HEARS("Stay: This must be yes or no.");
	HEARS("Stay (yes or no)");
	EXPECT_QUIET();
	types("Yes");
	HEARS("One moment: I am logging in.");
	HEARS("Your settings for canyon are stored.");
	EXPECT("<presence from='" GW "'", "type='subscribe'");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon offline -");
	EXPECT_QUIET();
	struct account *a = account_at(BARE, "canyon");
	assert_string_equal(account_value(a, "nick"), "al");
	assert_string_equal(account_value(a, "password"), "hush");
	assert_string_equal(account_value(a, "stay"), "1");
	assert_string_equal(account_value(a, "mood"), "calm");
	assert_null(alice()->dialogue);
}

/* A password that is to stay out of chats is said to be, and not asked for. */
static void test_form_only(void **state)
{
	(void)state;
	static struct gw_setting rows[COUNT(net_settings)];
	memcpy(rows, net_settings, sizeof(rows));
	for (size_t i = 0; i < COUNT(rows); i++)
		rows[i].form_only = rows[i].type == GW_SECRET;
	net_ops.settings = rows;
	types("register");
	HEARS("Fill in what the network needs to know.");
	HEARS("Password: I do not ask for that in a chat");
	HEARS("Valley");
	types("canyon");
	HEARS("Nick");
	types("al");
	HEARS("Stay");
	types("yes");
	HEARS("One moment: I am logging in.");
	assert_string_equal(
		account_value(account_at(BARE, "canyon"), "password"), "");
}

/* "settings" asks for the advanced ones too. */
static void keep_advanced(void)
{
	static const char *const labels[] = { "Mood", "Times", "Caves" };
	for (size_t i = 0; i < COUNT(labels); i++) {
		HEARS(labels[i]);
		types("-");
	}
}

/* Changing what is there shows it, but never the password. */
static void register_again(const char *command, bool asks)
{
	types(command);
	HEARS(asks ? "Fill in" : "A password left empty");
	if (asks) {
		HEARS("Valley");
		types("canyon");
	}
	HEARS_ALL("Nick\nSend \"-\" to keep: alice\n"
		  "Send \"clear\" to go back to: traveller");
	types("-");
	HEARS_ALL("Password\nOne is stored. Send \"-\" to keep it, or a new "
		  "one.\nSend \"clear\" to remove it.");
	types("-");
	HEARS_ALL("Stay (yes or no)\nSend \"-\" to keep: no");
	types("-");
	if (strncmp(command, "settings", 8) == 0)
		keep_advanced();
	HEARS("Your settings for canyon are stored.");
	EXPECT_QUIET();
	struct account *a = account_at(BARE, "canyon");
	assert_string_equal(account_value(a, "nick"), "alice");
	assert_string_equal(account_value(a, "password"), "hush");
}

static void test_change(void **state)
{
	(void)state;
	be_registered();
	says(REGISTER(ALICE, VALLEY, FIELD("password", "hush")));
	forget();
	register_again("settings", false);
	register_again("settings canyon", false);
	register_again("register", true);
	types("register canyon");
	HEARS("Fill in");
	HEARS("Nick\nSend \"-\" to keep: alice");
	types("ally");
	HEARS("Password");
	types("loud");
	HEARS("Stay");
	types("n");
	HEARS("One moment: I am logging in.");
	HEARS("Your settings");
	struct account *a = account_at(BARE, "canyon");
	assert_string_equal(account_value(a, "nick"), "ally");
	assert_string_equal(account_value(a, "password"), "loud");
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
}

/* What is stored can be taken away, a password too. */
static void test_clear(void **state)
{
	(void)state;
	be_registered();
	says(REGISTER(ALICE, VALLEY,
		FIELD("password", "hush") FIELD("mood", "windy")
			FIELD("caves", "#one")));
	forget();
	types("settings");
	HEARS("A password left empty");
	HEARS("Nick\n");
	types("Clear");
	HEARS("Password\n");
	types("clear");
	HEARS_ALL("Stay (yes or no)\nSend \"-\" to keep: no");
	types("clear");
	/* Nothing to clear: it is an answer as any other. */
	HEARS("Stay: This must be yes or no.");
	HEARS("Stay");
	types("-");
	HEARS_ALL("Mood (calm, windy)\nSend \"-\" to keep: windy\n"
		  "Send \"clear\" to go back to: calm");
	types("clear");
	HEARS_ALL("Times\nSend \"-\" to keep: 1");
	types("-");
	HEARS_ALL("Caves (commas between several)\nSend \"-\" to keep: #one\n"
		  "Send \"clear\" to remove it.");
	types("clear");
	HEARS("One moment: I am logging in.");
	HEARS("Your settings for canyon are stored.");
	struct account *a = account_at(BARE, "canyon");
	assert_string_equal(account_value(a, "nick"), "traveller");
	assert_string_equal(account_value(a, "password"), "");
	assert_string_equal(account_value(a, "mood"), "calm");
	assert_string_equal(account_value(a, "caves"), "");
	types("settings");
	HEARS("A password left empty");
	HEARS_ALL("Nick\nSend \"-\" to keep: traveller");
	/* Where nothing is stored the word is a value. */
	types("clear");
	HEARS_ALL("Password\nSend \"-\" for none.");
	types("clear");
	HEARS("Stay");
	types("-");
	keep_advanced();
	HEARS("One moment: I am logging in.");
	HEARS("Your settings for canyon are stored.");
	kill_host();
	start_host();
	a = account_at(BARE, "canyon");
	assert_string_equal(account_value(a, "nick"), "clear");
	assert_string_equal(account_value(a, "password"), "clear");
	assert_string_equal(account_value(a, "caves"), "");
}

/* The account is named behind the command. */
static void test_named(void **state)
{
	(void)state;
	types("register gorge");
	HEARS("Fill in");
	HEARS("Nick\n");
	types("cancel");
	HEARS("Cancelled.");
	types("register No Valley");
	HEARS("A valley has 1 to 63");
	types("settings");
	HEARS("You are not registered here yet. Use \"register\" first.");
	EXPECT_QUIET();
	assert_null(alice());
	be_registered();
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge")));
	forget();
	types("settings");
	HEARS_ALL("Which one? Run this at the address of the one you mean, or "
		  "name it by chat:\nsettings canyon\nsettings gorge");
	types("settings alps");
	HEARS("Which one?");
	types("settings gorge");
	HEARS("A password left empty");
	HEARS("Nick\nSend \"-\" to keep: traveller");
	types("cancel");
	HEARS("Cancelled.");
	EXPECT_QUIET();
}

static void test_unregister(void **state)
{
	(void)state;
	types("unregister");
	HEARS("You are not registered here.");
	be_registered();
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge")));
	forget();
	types("unregister");
	HEARS("Really remove all that you have here? (yes or no)");
	types("-");
	HEARS("This one is needed.");
	HEARS("Really");
	types("no");
	HEARS("Nothing was removed.");
	/* A slip of the pen does not remove everything. */
	types("unregister Gorge!");
	HEARS("A valley has 1 to 63");
	types("unregister alps");
	HEARS("You are not registered with that one.");
	types("unregister gorge");
	HEARS("Really");
	types("yes");
	HEARS("Removed");
	EXPECT_CALL("close gorge Account removed");
	EXPECT_QUIET();
	assert_null(account_at(BARE, "gorge"));
	assert_non_null(account_at(BARE, "canyon"));
	types("unregister");
	HEARS("Really");
	types("yes");
	HEARS("Removed");
	EXPECT("type='unsubscribe'/>");
	EXPECT("type='unsubscribed'/>");
	EXPECT("type='unavailable'");
	EXPECT_QUIET();
	assert_null(alice());
}

/* --- Dialogues -------------------------------------------------------------------------- */

static void test_cancel(void **state)
{
	static const char *const rows[] = { "cancel", "CANCEL", " cancel " };
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		types("register");
		types("canyon");
		types("al");
		types("hush");
		forget();
		types(rows[i]);
		HEARS("Cancelled.");
		EXPECT_QUIET();
		assert_null(alice());
	}
	types("hush");
	HEARS("I don't know that command.");
}

/* Any client can go on with it. */
static void test_two_clients(void **state)
{
	(void)state;
	types("register");
	forget();
	types_from(ALICE2, "canyon");
	EXPECT("to='" ALICE2 "'", "<body>Nick");
	types("-");
	HEARS("Password");
	types_from(BOB, "hush");
	EXPECT("to='" BOB "'", "know that command.");
	types_from(ALICE2, "-");
	EXPECT("to='" ALICE2 "'", "<body>Stay");
	EXPECT_QUIET();
}

static void test_forgotten(void **state)
{
	(void)state;
	types("register");
	types("canyon");
	pass(700 * SECOND);
	forget();
	assert_null(alice());
	types("al");
	HEARS("I don't know that command.");
}

static void test_end_in_the_middle(void **state)
{
	(void)state;
	be_registered();
	types("settings");
	types("ally");
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='r'><query xmlns='" NS_REGISTER
	     "'><remove/></query></iq>");
	forget();
	/* The account went; the questions that are left lead nowhere. */
	types("-");
	HEARS("Stay");
	types("-");
	keep_advanced();
	HEARS("You are not registered here yet.");
	assert_null(alice());
	types("register");
	kill_host();
	start_host();
	assert_null(alice());
}

/* All at once, the first of them as the last answer of a registration. */
static void register_and_type(const char *const *lines, size_t count)
{
	struct str text = { .max = 1 * MIB };
	for (size_t i = 0; i < count; i++)
		str_addf(&text,
			"<message from='" ALICE "' to='" GW
			"'><body>%s</body></message>",
			lines[i]);
	types("register canyon");
	types("al");
	types("-");
	forget();
	says(str_text(&text));
	str_finish(&text);
	HEARS("One moment: I am logging in.");
}

/* While the store works, what is typed waits for its turn. */
static void test_typed_ahead(void **state)
{
	static const char *const lines[] = { "-", "help", "register canyon" };
	(void)state;
	register_and_type(lines, COUNT(lines));
	HEARS("Your settings for canyon are stored.");
	EXPECT("type='subscribe'");
	HEARS("This is the Echo gateway.");
	HEARS("Fill in what the network needs to know.");
	HEARS("Nick");
	types("cancel");
	HEARS("Cancelled.");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
}

/* Nothing that runs can be cancelled, but what waits behind it. */
static void test_cancel_typed_ahead(void **state)
{
	static const char *const lines[] = { "-", "help", "help", "cancel" };
	(void)state;
	register_and_type(lines, COUNT(lines));
	HEARS("I am still busy with that. A moment.");
	HEARS("Your settings for canyon are stored.");
	EXPECT("type='subscribe'");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
}

static void test_too_much_typed_ahead(void **state)
{
	static const char *const lines[] = { "-", "?", "?", "?", "?", "?", "?",
		"?", "?", "?" };
	(void)state;
	register_and_type(lines, COUNT(lines));
	HEARS("I am still busy with that. A moment.");
	HEARS("Your settings for canyon are stored.");
	EXPECT("type='subscribe'");
	for (size_t i = 0; i < LIMIT_TYPEAHEAD; i++)
		HEARS("This is the Echo gateway.");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
}

/* --- Commands of the network, and its questions ------------------------------------------- */

static void test_own(void **state)
{
	(void)state;
	types("shout");
	HEARS_ALL("Text");
	types("ho");
	HEARS("This needs a connected network");
	be_online();
	types("SHOUT canyon");
	HEARS_ALL("Text");
	types("ho");
	HEARS_ALL("ho! ho! ho!");
	types("shout gorge");
	HEARS_ALL("Text");
	types("ho");
	HEARS("This needs a connected network");
	EXPECT_QUIET();
}

static const struct gw_setting code_fields[] = {
	{ .name = "code",
		.label = "Code",
		.type = GW_INT,
		.min = 1000,
		.max = 9999,
		.required = true },
	{ .name = NULL },
};

static void net_ask(void)
{
	gw_ask(net.session, "A code was sent to you.", code_fields);
	settle();
}

static void test_question(void **state)
{
	(void)state;
	be_online();
	net_ask();
	EXPECT("to='" BARE "'", "<body>A code was sent to you.\nCode</body>");
	types("12");
	HEARS("Code: This must be a whole number from 1000 to 9999.");
	HEARS_ALL("Code");
	types("1234");
	EXPECT_CALL("answer 1234");
	EXPECT_QUIET();
	types("1234");
	HEARS("I don't know that command.");
	/* Declined. */
	net_ask();
	forget();
	types("cancel");
	EXPECT_CALL("answer none");
	HEARS("Cancelled.");
	EXPECT_QUIET();
}

/* One after the other, and none while the user does something else. */
static void test_questions_wait(void **state)
{
	(void)state;
	be_online();
	types("shout");
	HEARS_ALL("Text");
	net_ask();
	EXPECT_QUIET();
	types("ho");
	HEARS("ho! ho! ho!");
	EXPECT("A code was sent to you.");
	net_ask();
	uint32_t third = gw_ask(net.session, "The third.", code_fields);
	settle();
	EXPECT_QUIET();
	types("1234");
	EXPECT_CALL("answer 1234");
	EXPECT("A code was sent to you.");
	/* One that is void is asked no more. */
	gw_unask(net.session, third);
	types("cancel");
	EXPECT_CALL("answer none");
	HEARS("Cancelled.");
	EXPECT_QUIET();
	uint32_t last = gw_ask(net.session, "The last.", code_fields);
	settle();
	EXPECT("The last.");
	gw_unask(net.session, last);
	types("1234");
	HEARS("I don't know that command.");
}

static void ask_again(
	struct gw_session *s, uint32_t question, const char *const *values)
{
	net_answer(s, question, values);
	if (strcmp(values[0], "1234") == 0)
		gw_ask(s, "Wrong. Once more.", code_fields);
}

static void test_question_again(void **state)
{
	(void)state;
	be_online();
	net_ops.answer = ask_again;
	net_ask();
	forget();
	types("1234");
	EXPECT_CALL("answer 1234");
	EXPECT("<body>Wrong. Once more.\nCode</body>");
	types("4321");
	EXPECT_CALL("answer 4321");
	EXPECT_QUIET();
}

static void test_question_is_over(void **state)
{
	(void)state;
	be_online();
	net_ask();
	gw_closed(net.session, GW_LOST, "Gone.", GW_RETRY_SLOWLY);
	settle();
	forget();
	types("1234");
	HEARS("The connection is gone, and the question with it.");
	EXPECT_QUIET();
	/* And with the account all is forgotten. */
	pass(1200 * SECOND);
	assert_true(account_is_online(account_at(BARE, "canyon")));
	net_ask();
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='r'><query xmlns='" NS_REGISTER
	     "'><remove/></query></iq>");
	forget();
	types("1234");
	HEARS("I don't know that command.");
}

/* A question in the middle of a dialogue takes its place. */
static void test_question_in_between(void **state)
{
	(void)state;
	be_online();
	types("settings");
	forget();
	net_ask();
	EXPECT_QUIET();
	types("cancel");
	HEARS("Cancelled.");
	EXPECT("A code was sent to you.");
	types("1234");
	EXPECT_CALL("answer 1234");
	types("settings");
	HEARS("A password left empty");
	HEARS("Nick");
	EXPECT_QUIET();
}

/* --- Manners ------------------------------------------------------------- */

/* Nobody waits for an answer to news (RFC 6121 section 5.2.2). */
static void test_headline(void **state)
{
	(void)state;
	says("<message from='" ALICE "' to='" GW
	     "' type='headline'><body>help</body></message>");
	EXPECT_QUIET();
	types("register");
	forget();
	says("<message from='" ALICE "' to='" GW
	     "' type='headline'><body>canyon</body></message>");
	EXPECT_QUIET();
}

static void types_in(const char *thread, const char *text)
{
	saysf("<message from='" ALICE "' to='" GW
	      "' type='chat'><body>%s</body>%s</message>",
		text, thread);
}

/* XEP-0201: an answer belongs to the thread of what it answers. */
static void test_thread(void **state)
{
#define IN(thread) "<thread>" thread "</thread>"
	(void)state;
	types_in(IN("one"), "help");
	EXPECT(IN("one") "</message>");
	types_in(IN("two"), "register");
	EXPECT_AMONG(IN("two"));
	drop_sent();
	/* Also of what comes later. */
	net.hold_open = true;
	types_in(IN("three"), "canyon");
	EXPECT("<body>Nick", IN("three"));
	types_in(IN("three"), "alice");
	types_in(IN("three"), "-");
	drop_sent();
	types_in(IN("four"), "-");
	EXPECT_AMONG("I am logging in.", IN("four"));
	gw_online(net.session, "alice");
	settle();
	EXPECT_AMONG("are stored", IN("four"));
	drop_sent();
	types_in("", "nonsense");
	EXPECT("that command", "!<thread");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_help),
		TEST(test_form_only),
		TEST(test_headline),
		TEST(test_thread),
		TEST(test_unknown),
		TEST(test_not_for_the_chat),
		TEST(test_register),
		TEST(test_change),
		TEST(test_clear),
		TEST(test_named),
		TEST(test_unregister),
		TEST(test_cancel),
		TEST(test_two_clients),
		TEST(test_forgotten),
		TEST(test_end_in_the_middle),
		TEST(test_typed_ahead),
		TEST(test_cancel_typed_ahead),
		TEST(test_too_much_typed_ahead),
		TEST(test_own),
		TEST(test_question),
		TEST(test_question_again),
		TEST(test_questions_wait),
		TEST(test_question_is_over),
		TEST(test_question_in_between),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
