/*
 * In-band registration (XEP-0077) and its order of effects (XEP-0100 sections
 * 4.1 to 4.3).
 */
#include "host/host_fixture.h"

#include <sqlite3.h>

#include "host/registration.h"
#include "store/accounts.h"
#include "store/archive.h"

#define VALUES(valley) FIELD("valley", valley)
#define REMOVE(to)                                             \
	"<iq from='" ALICE "' to='" to "' type='set' id='r2'>" \
	"<query xmlns='" NS_REGISTER "'><remove/></query></iq>"
#define RESULT(to, id) \
	"<iq from='" to "' to='" ALICE "' type='result' id='" id "'/>"

static void ask_form(const char *to)
{
	saysf("<iq from='" ALICE
	      "' to='%s' type='get' id='g'><query xmlns='" NS_REGISTER
	      "'/></iq>",
		to);
}

static void set_elements(const char *to, const char *inside)
{
	saysf("<iq from='" ALICE
	      "' to='%s' type='set' id='r1'><query xmlns='" NS_REGISTER
	      "'>%s</query></iq>",
		to, inside);
}

static void set_form(const char *to, const char *fields)
{
	saysf("<iq from='" ALICE
	      "' to='%s' type='set' id='r1'><query xmlns='" NS_REGISTER
	      "'><x xmlns='" NS_DATA_FORM "' type='submit'>%s</x></query></iq>",
		to, fields);
}

static const char *value(const char *name)
{
	struct account *a = account_at(BARE, "canyon");
	assert_non_null(a);
	return account_value(a, name);
}

/* --- The form ------------------------------------------------------------ */

static void test_form(void **state)
{
	(void)state;
	ask_form(GW);
	EXPECT("type='result' id='g'",
		"<instructions>Register your valley here.</instructions>"
		"<nick/><password/>",
		"<x xmlns='" NS_DATA_FORM "' type='form'><title>Echo</title>",
		"<field var='FORM_TYPE' type='hidden'><value>" NS_REGISTER
		"</value></field>",
		"<field var='valley' type='text-single' label='Valley'>"
		"<required/></field>",
		"<field var='nick' type='text-single' label='Nick'>"
		"<value>traveller</value></field>",
		"<field var='password' type='text-private' label='Password'/>",
		"<field var='stay' type='boolean' label='Stay'><value>0</value>"
		"</field>",
		"<field var='mood' type='list-single' label='Mood'>"
		"<value>calm</value><option label='calm'><value>calm</value>"
		"</option><option label='windy'><value>windy</value></option>",
		"<validate xmlns='" NS_FORM_VALIDATE
		"' datatype='xs:int'><range min='1' max='3'/></validate>",
		"<field var='caves' type='text-multi' label='Caves'/>",
		"!<registered");
	ask_form(VALLEY);
	EXPECT("from='" VALLEY "'", "type='form'", "!<registered");
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_form_of_the_registered(void **state)
{
	(void)state;
	set_form(GW,
		VALUES("canyon") FIELD("nick", "alice") FIELD(
			"password", "hush") FIELD("stay",
			"1") "<field var='caves'><value>#a</value><value>#b</value></field>");
	forget();
	ask_form(GW);
	EXPECT("<query xmlns='" NS_REGISTER
	       "'><registered/><instructions>You are registered for canyon.",
		"<nick>alice</nick><password/>", "!hush",
		"<field var='valley' type='text-single' label='Valley'>"
		"<value>canyon</value></field>",
		"<value>alice</value>",
		"<field var='password' type='text-private' label='Password'/>",
		"label='Stay'><value>1</value>",
		"<value>#a</value><value>#b</value>");
	ask_form(VALLEY);
	EXPECT("<registered/>", "<value>alice</value>", "!hush");
	/* Another valley is another account, and with two of them the
	 * gateway's form is for a new one. */
	ask_form("gorge@" GW);
	EXPECT("!<registered", "<value>traveller</value>");
	set_form(GW, VALUES("gorge"));
	forget();
	ask_form(GW);
	EXPECT("!<registered", "Register your valley here.");
	ask_form("gorge@" GW);
	EXPECT("<registered/>", "registered for gorge");
	EXPECT_QUIET();
}

static bool rooms_in_use(
	const struct gw_session *s, const char *setting, char *out, size_t size)
{
	return strcmp(setting, "caves") == 0 &&
	       text_format(out, size, "those of %s", s->account);
}

/* Beside an empty field of a session; not in its place. */
static void test_form_shows_what_is_in_use(void **state)
{
	(void)state;
	net_ops.in_use = rooms_in_use;
	ask_form(VALLEY);
	EXPECT("!Now:");
	set_form(GW, VALUES("canyon") FIELD("stay", "1"));
	forget();
	ask_form(VALLEY);
	EXPECT("<field var='caves' type='text-multi' label='Caves'>"
	       "<desc>Now: those of canyon</desc><value/></field>");
	set_form(GW, VALUES("canyon") FIELD("caves", "#a"));
	forget();
	ask_form(VALLEY);
	EXPECT("<value>#a</value>", "!Now:");
}

/* --- Registering --------------------------------------------------------- */

static void test_by_form(void **state)
{
	(void)state;
	says(REGISTER(ALICE, GW,
		FIELD("valley", "canyon") FIELD("nick", "al") FIELD("password",
			"hush") FIELD("stay", "true") FIELD("mood", "windy")
			FIELD("times", "2") FIELD("unknown", "x")));
	/* The answer first, then the subscription (XEP-0100 section 4.1). */
	EXPECT(RESULT(GW, "r1"));
	EXPECT("<presence from='" GW "' to='" BARE
	       "' type='subscribe'><status>Add me to see how your account "
	       "fares.</status><nick xmlns='" NS_NICK "'>Echo</nick>");
	/* It stays connected while she is offline. */
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon offline -");
	EXPECT_QUIET();
	assert_string_equal(value("nick"), "al");
	assert_string_equal(value("password"), "hush");
	assert_string_equal(value("stay"), "1");
	assert_string_equal(value("mood"), "windy");
	assert_string_equal(gw_setting(net.session, "times"), "2");
	assert_string_equal(gw_setting(net.session, "valley"), "canyon");
	assert_string_equal(gw_setting(net.session, "caves"), "");
	assert_string_equal(gw_setting(net.session, "none"), "");
	assert_false(has_logged("hush"));
}

static void test_by_elements(void **state)
{
	(void)state;
	/* The network is in the address; it has no element of its own. */
	set_elements(VALLEY, "<nick>al</nick><password>hush</password>");
	EXPECT(RESULT(VALLEY, "r1"));
	EXPECT("type='subscribe'");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
	assert_string_equal(value("nick"), "al");
	assert_string_equal(value("password"), "hush");
	set_elements(GW, "<nick>al</nick>");
	EXPECT("type='error'", "<not-acceptable",
		"Say which account it is about.");
	EXPECT_QUIET();
}

/* The address decides, whatever the form says. */
static void test_address_wins(void **state)
{
	(void)state;
	set_form(VALLEY, VALUES("gorge"));
	EXPECT(RESULT(VALLEY, "r1"));
	assert_non_null(account_at(BARE, "canyon"));
	assert_null(account_at(BARE, "gorge"));
}

static void test_survives(void **state)
{
	(void)state;
	set_form(GW,
		VALUES("canyon") FIELD("nick", "al") FIELD("password",
			"hush") "<field var='caves'><value>#a</value><value>#b</value></field>");
	set_form(GW, VALUES("gorge"));
	says("<presence from='" BARE "' to='" GW "' type='subscribed'/>");
	kill_host();
	start_host();
	assert_string_equal(value("nick"), "al");
	assert_string_equal(value("password"), "hush");
	assert_string_equal(value("caves"), "#a\n#b");
	assert_string_equal(value("mood"), "calm");
	assert_true(account_at(BARE, "gorge")->registered);
	assert_int_equal(contact_find(alice(), "")->state, CONTACT_FROM_USER);
	/* The registered are asked whether they are there. */
	EXPECT_AMONG("<presence from='" GW "' to='" BARE "' type='probe'/>");
}

static void test_secret_at_rest(void **state)
{
	static char bytes[4 * MIB];
	static const char *const files[] = { "db", "db-wal" };
	(void)state;
	set_form(GW, VALUES("canyon") FIELD("nick", "visiblenick")
			     FIELD("password", "hiddenpassword"));
	bool seen = false;
	for (size_t i = 0; i < COUNT(files); i++) {
		FILE *file = fopen(path_of(files[i]), "rb");
		if (file == NULL)
			continue;
		size_t len = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		seen |= memmem(bytes, len, "visiblenick", 11) != NULL;
		assert_null(memmem(bytes, len, "hiddenpassword", 14));
	}
	assert_true(seen);
}

/* --- Changing ------------------------------------------------------------ */

static void test_change(void **state)
{
	(void)state;
	set_form(GW, VALUES("canyon") FIELD("nick", "al")
			     FIELD("password", "hush") FIELD("mood", "windy"));
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	set_form(GW,
		VALUES("canyon") FIELD("nick", "ally") FIELD("password", ""));
	/* No second subscription; a new session with the new settings. */
	EXPECT(RESULT(GW, "r1"));
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
	EXPECT_CALL("presence canyon available -");
	EXPECT_QUIET();
	assert_string_equal(value("nick"), "ally");
	assert_string_equal(value("password"), "hush");
	assert_string_equal(value("mood"), "windy");
	/* What is sent empty is back at its default. */
	set_form(VALLEY, FIELD("nick", "") FIELD("mood", "")
				 FIELD("password", "louder"));
	assert_string_equal(value("nick"), "traveller");
	assert_string_equal(value("mood"), "calm");
	assert_string_equal(value("password"), "louder");
	kill_host();
	start_host();
	assert_string_equal(value("nick"), "traveller");
	assert_string_equal(value("password"), "louder");
}

#define CAVES(...) "<field var='caves'>" __VA_ARGS__ "</field>"
#define CAVE(name) "<value>" name "</value>"

/* The session is left alone when it need not start anew. */
static void test_change_without_a_new_session(void **state)
{
	(void)state;
	be_online();
	set_form(VALLEY, CAVES(CAVE("#one")));
	EXPECT(RESULT(VALLEY, "r1"));
	EXPECT_CALL("join #one - -");
	set_form(VALLEY, CAVES(CAVE("#one") CAVE("#two")));
	EXPECT(RESULT(VALLEY, "r1"));
	EXPECT_CALL("join #two - -");
	EXPECT_QUIET();
	/* As it is. */
	set_form(VALLEY,
		VALUES("canyon") FIELD("nick", "alice") FIELD("password", "")
			FIELD("times", "1") CAVES(CAVE("#one") CAVE("#two")));
	EXPECT(RESULT(VALLEY, "r1"));
	set_elements(VALLEY, "<nick>alice</nick>");
	EXPECT(RESULT(VALLEY, "r1"));
	EXPECT_QUIET();
	set_form(VALLEY, FIELD("stay", "1") CAVES(CAVE("#two") CAVE("#three")));
	EXPECT(RESULT(VALLEY, "r1"));
	EXPECT_CALL("join #three - -");
	EXPECT_CALL("leave #one No longer in the list");
	EXPECT_QUIET();
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	assert_true(account_is_online(account_at(BARE, "canyon")));
	set_form(VALLEY, FIELD("stay", "0"));
	assert_false(account_is_online(account_at(BARE, "canyon")));
	kill_host();
	start_host();
	assert_string_equal(value("caves"), "#two\n#three");
	assert_string_equal(value("stay"), "0");
}

/* Registering again is how people try again. */
static void test_again_after_a_failure(void **state)
{
	(void)state;
	net.hold_open = true;
	be_registered();
	says("<presence from='" ALICE "' to='" GW "'/>");
	gw_closed(net.session, GW_BAD_PASSWORD, "Wrong password.",
		GW_RETRY_NEVER);
	settle();
	forget();
	set_form(VALLEY, FIELD("nick", "alice"));
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
	assert_int_equal(heard.count, 0);
	gw_online(net.session, "alice");
	settle();
	EXPECT_AMONG(RESULT(VALLEY, "r1"));
	forget();
	/* As long as it works, nothing is tried. */
	set_form(VALLEY, FIELD("nick", "alice"));
	EXPECT_AMONG(RESULT(VALLEY, "r1"));
	assert_int_equal(asked.next, asked.count);
}

static void test_upgrade_of_a_guest(void **state)
{
	(void)state;
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>hi</body></message>");
	assert_false(account_at(BARE, "canyon")->registered);
	forget();
	set_form(VALLEY, FIELD("nick", "al") FIELD("stay", "1"));
	EXPECT(RESULT(VALLEY, "r1"));
	assert_true(account_at(BARE, "canyon")->registered);
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
}

/* --- Errors -------------------------------------------------------------- */

static void test_bad_values(void **state)
{
	static const struct {
		const char *fields, *words;
	} rows[] = {
		{ "", "Say which account it is about." },
		{ VALUES(""), "Say which account it is about." },
		{ VALUES("No Valley"), "A valley has 1 to 63" },
		{ VALUES("canyon") FIELD("nick", "wrong"),
			"Nick: is the wrong one." },
		{ VALUES("canyon") FIELD(
			  "nick", "0123456789012345678901234567890"),
			"Nick: This is too long." },
		{ VALUES("canyon") FIELD("nick", "a&#10;b"),
			"Nick: This must not contain control characters." },
		{ VALUES("canyon") FIELD("nick", "a&#9;b"),
			"Nick: This must not contain control characters." },
		{ VALUES("canyon") FIELD("nick", "a&#127;b"),
			"Nick: This must not contain control characters." },
		{ VALUES("canyon") FIELD("stay", "maybe"),
			"Stay: This must be yes or no." },
		{ VALUES("canyon") FIELD("mood", "stormy"),
			"Mood: This must be one of the choices." },
		{ VALUES("canyon") FIELD("times", "4"),
			"Times: This must be a whole number from 1 to 3." },
		{ VALUES("canyon") FIELD("times", "2x"),
			"Times: This must be" },
		{ VALUES("canyon") FIELD("times", " 2"),
			"Times: This must be" },
		{ VALUES("canyon") FIELD("times", "+2"),
			"Times: This must be" },
		{ VALUES("canyon") FIELD("times", "99999999999999999999"),
			"Times: This must be" },
		{ VALUES("canyon") "<field var='caves'><value>#a</value><value>b&#13;c"
				   "</value></field>",
			"Caves: This must not contain control characters." },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		set_form(GW, rows[i].fields);
		if (heard.count != 1 ||
			strstr(heard.sent[0], rows[i].words) == NULL) {
			show_rest();
			fail_msg("row %zu", i);
		}
		EXPECT("type='error' id='r1'",
			"<error type='modify' code='406'><not-acceptable");
		EXPECT_QUIET();
		assert_null(alice());
	}
}

/* A list is checked line by line. */
static void test_long_list(void **state)
{
	struct str fields = { .max = 64 * KIB };
	(void)state;
	str_add(&fields, VALUES("canyon") "<field var='caves'>");
	for (int i = 0; i < 30; i++)
		str_addf(
			&fields, "<value>#cave-with-a-long-name-%d</value>", i);
	str_add(&fields, "</field>");
	set_form(GW, str_text(&fields));
	EXPECT(RESULT(GW, "r1"));
	assert_int_equal(strlen(value("caves")) > 700, true);
	/* One line that is too long is too long. */
	str_reset(&fields);
	str_add(&fields,
		VALUES("canyon") "<field var='caves'><value>#a</value><value>#");
	for (int i = 0; i < 100; i++)
		str_add_char(&fields, 'x');
	str_add(&fields, "</value></field>");
	forget();
	set_form(GW, str_text(&fields));
	EXPECT("<not-acceptable", "Caves: This is too long.");
	/* More than can be kept is refused, not cut. */
	str_reset(&fields);
	str_add(&fields, VALUES("canyon") "<field var='caves'>");
	for (int i = 0; i < 99; i++)
		str_addf(&fields,
			"<value>#cave-with-a-long-name&#10;#and-another-one-"
			"with-a-long-name&#10;#a-third-one-whose-name-is-even-"
			"much-longer-than-theirs&#10;#the-fourth-cave-is-too-"
			"much-for-everybody-to-keep-%d</value>",
			i);
	str_add(&fields, "</field>");
	set_form(GW, str_text(&fields));
	EXPECT("<not-acceptable", "Caves: This is too long.");
	str_finish(&fields);
}

static void test_bad_forms(void **state)
{
	static const struct {
		const char *inside, *error;
	} rows[] = {
		{ "<x xmlns='" NS_DATA_FORM "'/>", "<bad-request" },
		{ "<x xmlns='" NS_DATA_FORM "' type='other'/>",
			"<bad-request" },
		{ "<x xmlns='" NS_DATA_FORM "' type='submit'>" VALUES("a")
				VALUES("b") "</x>",
			"<bad-request" },
		{ "<remove/><nick>x</nick>", "<bad-request" },
		{ "<remove/>", "<registration-required" },
		{ "", "<not-acceptable" },
		{ "<remove xmlns='urn:other'/>", "<not-acceptable" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		set_elements(GW, rows[i].inside);
		EXPECT("type='error' id='r1'", rows[i].error);
		EXPECT_QUIET();
	}
	/* A form that was cancelled asks for nothing. */
	set_elements(GW, "<x xmlns='" NS_DATA_FORM "' type='cancel'/>");
	EXPECT(RESULT(GW, "r1"));
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_required(void **state)
{
	static const struct gw_setting rows[] = {
		{ .name = "valley",
			.label = "Valley",
			.use = GW_USE_ACCOUNT,
			.required = true },
		{ .name = "key",
			.label = "Key",
			.type = GW_SECRET,
			.required = true },
		{ .name = "way",
			.label = "Way",
			.required = true,
			.def = "north" },
		{ .name = "name", .label = "Name", .required = true },
		{ .name = NULL },
	};
	(void)state;
	net_ops.settings = rows;
	net.hold_open = true;
	set_form(GW, VALUES("canyon") FIELD("name", "x"));
	EXPECT("<not-acceptable", "Key: This is needed.");
	set_form(GW, VALUES("canyon") FIELD("key", "") FIELD("name", "x"));
	EXPECT("<not-acceptable", "Key: This is needed.");
	set_form(GW, VALUES("canyon") FIELD("key", "k"));
	EXPECT("<not-acceptable", "Name: This is needed.");
	set_form(GW, VALUES("canyon") FIELD("key", "k") FIELD("name", "x")
			     FIELD("way", ""));
	EXPECT("<not-acceptable", "Way: This is needed.");
	assert_null(alice());
	set_form(GW, VALUES("canyon") FIELD("key", "k") FIELD("name", "x"));
	gw_online(net.session, "x");
	settle();
	EXPECT(RESULT(GW, "r1"));
	forget();
	/* What is stored need not be said again. */
	set_form(GW, VALUES("canyon") FIELD("key", ""));
	EXPECT(RESULT(GW, "r1"));
	assert_string_equal(value("key"), "k");
	assert_string_equal(value("name"), "x");
	/* Nor can it be taken away. */
	set_form(GW, VALUES("canyon") FIELD("name", ""));
	EXPECT("<not-acceptable", "Name: This is needed.");
	assert_string_equal(value("name"), "x");
}

static void test_limit(void **state)
{
	(void)state;
	configure("", "max_accounts = 2;");
	host_reload(host, load_options());
	set_form(GW, VALUES("one"));
	set_form(GW, VALUES("two"));
	forget();
	set_form(GW, VALUES("three"));
	EXPECT("<resource-constraint", "as many accounts");
	/* Changing what is there is no new one. */
	set_form(GW, VALUES("two") FIELD("nick", "al"));
	EXPECT(RESULT(GW, "r1"));
}

/* Every new session is a connection to a network. */
static void test_too_often(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_REGISTRATIONS; i++) {
		saysf(REGISTER(ALICE, GW,
			      VALUES("canyon") FIELD("nick", "al%u")),
			i);
		EXPECT_AMONG(RESULT(GW, "r1"));
		forget();
	}
	set_form(VALLEY, FIELD("nick", "again"));
	EXPECT("<error type='wait'", "<resource-constraint", "very often");
	assert_string_equal(value("nick"), "al29");
	/* What makes no new session is no burden; others may go on. */
	set_form(VALLEY, FIELD("stay", "1"));
	EXPECT(RESULT(VALLEY, "r1"));
	says(REGISTER("bob@example.org/x", GW, VALUES("canyon")));
	EXPECT("to='bob@example.org/x' type='result'");
	forget();
	pass(LIMIT_REGISTRATIONS_MS);
	forget();
	set_form(VALLEY, FIELD("nick", "again"));
	EXPECT_AMONG(RESULT(VALLEY, "r1"));
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path_of("db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* --- Does the network let her in? ---------------------------------------- */

static void refuse(enum gw_reason reason, const char *text, enum gw_retry retry)
{
	gw_closed(net.session, reason, text, retry);
	settle();
}

/* Nothing is left of what the network refuses, and nobody but who asked is
 * told. */
static void test_refused(void **state)
{
	static const struct {
		enum gw_reason reason;
		const char *error;
	} rows[] = {
		{ GW_BAD_PASSWORD, "<error type='modify' code='406'>" },
		{ GW_NO_HOST, "<remote-server-not-found" },
		{ GW_UNREACHABLE, "<remote-server-timeout" },
		{ GW_LOST, "<remote-server-timeout" },
		{ GW_POLICY, "<policy-violation" },
		{ GW_BANNED, "<forbidden" },
		{ GW_CONFLICT, "<conflict" },
	};
	(void)state;
	net.hold_open = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		set_form(GW, VALUES("canyon") FIELD("password", "hush"));
		EXPECT_CALL("open canyon");
		EXPECT_QUIET();
		refuse(rows[i].reason, "Nobody knows you.",
			i % 2 == 0 ? GW_RETRY : GW_RETRY_NEVER);
		EXPECT("type='error' id='r1'", rows[i].error,
			">Nobody knows you. Nothing was changed.<");
		EXPECT_CALL("close canyon Not registered");
		EXPECT_QUIET();
		assert_null(alice());
	}
	kill_host();
	start_host();
	assert_null(alice());
}

static void test_refused_by_chat(void **state)
{
	static const char *const lines[] = { "register canyon", "al", "-",
		"-" };
	(void)state;
	net.hold_open = true;
	for (size_t i = 0; i < COUNT(lines); i++)
		saysf("<message from='" ALICE "' to='" GW
		      "'><body>%s</body></message>",
			lines[i]);
	forget();
	refuse(GW_BAD_PASSWORD, "Wrong password.", GW_RETRY_NEVER);
	EXPECT("<body>Wrong password. Nothing was changed.");
	EXPECT_CALL("close canyon Not registered");
	EXPECT_QUIET();
}

static void want(const char *setting, const char *text)
{
	gw_want(net.session, setting);
	refuse(GW_NOT_ACCEPTABLE, text, GW_RETRY_NEVER);
}

static void test_wanted(void **state)
{
	(void)state;
	net.hold_open = true;
	set_form(GW, VALUES("canyon"));
	EXPECT_CALL("open canyon");
	want("password", "Say the word.");
	EXPECT("type='error' id='r1'", "<not-acceptable",
		">Say the word. Then register once more, with it as "
		"&quot;Password&quot;.<");
	EXPECT_CALL("close canyon Not registered");
	EXPECT_QUIET();
	set_form(GW, VALUES("canyon"));
	EXPECT_CALL("open canyon");
	want("no such thing", "Nobody knows you.");
	EXPECT(">Nobody knows you. Nothing was changed.<");
	assert_null(alice());
}

/* Only that is asked for; the rest is as it was said before. */
static void test_wanted_in_a_chat(void **state)
{
	static const char *const lines[] = { "register canyon", "al", "-",
		"yes" };
	(void)state;
	net.hold_open = true;
	for (size_t i = 0; i < COUNT(lines); i++)
		saysf("<message from='" ALICE "' to='" GW
		      "'><body>%s</body></message>",
			lines[i]);
	forget();
	want("password", "Say the word.");
	EXPECT("<body>Say the word.</body>");
	EXPECT("<body>Password\n");
	EXPECT_CALL("close canyon Not registered");
	EXPECT_QUIET();
	says("<message from='" ALICE "' to='" GW "'><body>wrong</body>"
	     "</message>");
	EXPECT("<body>One moment: I am logging in.");
	EXPECT_CALL("open canyon");
	want("password", "That is not it.");
	EXPECT("<body>That is not it.</body>");
	EXPECT("<body>Password\n");
	forget();
	says("<message from='" ALICE "' to='" GW "'><body>hush</body>"
	     "</message>");
	EXPECT("<body>One moment: I am logging in.");
	EXPECT_CALL("open canyon");
	gw_online(net.session, "al");
	settle();
	EXPECT("<body>Your settings for canyon are stored.");
	struct account *a = account_at(BARE, "canyon");
	assert_string_equal(account_value(a, "nick"), "al");
	assert_string_equal(account_value(a, "password"), "hush");
	assert_string_equal(account_value(a, "stay"), "1");
	assert_null(alice()->dialogue);
}

/* A change that the network refuses: the old settings work, rooms and all. */
static void test_change_refused(void **state)
{
	(void)state;
	be_online();
	saysf("<presence from='" ALICE "' to='#deep%%canyon@" GW
	      "/alice'><x xmlns='" NS_MUC "'/></presence>");
	forget();
	net.hold_open = true;
	set_form(VALLEY, FIELD("nick", "other") FIELD("password", "wrng"));
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
	forget();
	/* Another change has to wait. */
	set_form(VALLEY, FIELD("nick", "third"));
	EXPECT("<resource-constraint", "still under way");
	says(REMOVE(GW));
	EXPECT("<resource-constraint", "still under way");
	net.hold_open = false;
	refuse(GW_BAD_PASSWORD, "Wrong password.", GW_RETRY_NEVER);
	EXPECT("type='error' id='r1'", "<not-acceptable", "Wrong password.");
	EXPECT_CALL("close canyon Changing settings");
	EXPECT_CALL("open canyon");
	assert_true(account_is_online(account_at(BARE, "canyon")));
	assert_string_equal(value("nick"), "alice");
	assert_string_equal(value("password"), "");
	EXPECT_CALL("presence canyon available -");
	EXPECT_CALL("join #deep alice -");
	kill_host();
	start_host();
	assert_string_equal(value("nick"), "alice");
	assert_string_equal(value("password"), "");
}

/* A guest who cannot register is a guest as before. */
static void test_upgrade_refused(void **state)
{
	(void)state;
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>hi</body></message>");
	forget();
	net.hold_open = true;
	set_form(VALLEY, FIELD("password", "wrng"));
	net.hold_open = false;
	refuse(GW_BAD_PASSWORD, "Wrong password.", GW_RETRY_NEVER);
	EXPECT("type='error' id='r1'", "<not-acceptable", "Wrong password.");
	assert_false(account_at(BARE, "canyon")->registered);
	assert_true(account_is_online(account_at(BARE, "canyon")));
	assert_string_equal(value("password"), "");
}

/* Clients do not wait for ever. */
static void test_silent_network(void **state)
{
	(void)state;
	net.hold_open = true;
	set_form(GW, VALUES("canyon") FIELD("nick", "al"));
	pass(LIMIT_LOGIN_MS - 100);
	assert_int_equal(heard.count, 0);
	pass(200);
	EXPECT(RESULT(GW, "r1"));
	EXPECT("from='" GW "'", "type='subscribe'");
	EXPECT("<message from='" VALLEY "'", "has not let you in yet");
	refuse(GW_BAD_PASSWORD, "Wrong password.", GW_RETRY_NEVER);
	EXPECT_AMONG("<message from='" VALLEY "'", "Wrong password.");
	kill_host();
	start_host();
	assert_string_equal(value("nick"), "al");
}

/* It is not the end of the session when nobody is there yet; for a while. */
static void test_session_after_registering(void **state)
{
	(void)state;
	set_form(GW, VALUES("canyon"));
	EXPECT_CALL("open canyon");
	forget();
	says("<presence from='" ALICE "' to='" GW "'/>");
	EXPECT_CALL("presence canyon available -");
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	EXPECT_CALL("presence canyon offline -");
	EXPECT_CALL("close canyon -");
	set_form(GW, VALUES("gorge"));
	EXPECT_CALL("open gorge");
	forget();
	pass(20 * 60 * SECOND);
	EXPECT_CALL("close gorge -");
	EXPECT_QUIET();
}

/* SIGTERM in the middle of a login. */
static void test_stop_while_trying(void **state)
{
	(void)state;
	net.hold_open = true;
	set_form(GW, VALUES("canyon"));
	forget();
	stop_host();
	EXPECT("type='error' id='r1'", "<service-unavailable",
		"nothing was changed");
	start_host();
	assert_null(alice());
}

/* What could not be stored is not there, and what could not be removed is:
 * memory is as the store is, and the session goes on. */
static void test_store_fails(void **state)
{
	(void)state;
	be_online();
	set_form(VALLEY, FIELD("password", "hush"));
	forget();
	run_sql("ALTER TABLE account RENAME TO gone");
	set_form(GW, VALUES("gorge") FIELD("stay", "1"));
	EXPECT("type='error' id='r1'", "<internal-server-error",
		"could not be stored");
	assert_null(account_at(BARE, "gorge"));
	forget();
	set_form(VALLEY, FIELD("nick", "other") FIELD("password", "loud")
				 FIELD("stay", "1"));
	EXPECT("type='error' id='r1'", "<internal-server-error",
		"are as they were");
	assert_string_equal(value("nick"), "alice");
	assert_string_equal(value("password"), "hush");
	assert_string_equal(value("stay"), "0");
	forget();
	for (int i = 0; i < 2; i++) {
		says(i == 0 ? REMOVE(VALLEY) : REMOVE(GW));
		EXPECT("type='error' id='r2'", "<internal-server-error",
			"is as it was");
	}
	EXPECT_QUIET();
	assert_true(account_is_online(account_at(BARE, "canyon")));
	run_sql("ALTER TABLE gone RENAME TO account");
	kill_host();
	start_host();
	assert_string_equal(value("nick"), "alice");
	assert_string_equal(value("password"), "hush");
	forget();
	says(REMOVE(GW));
	EXPECT_AMONG(RESULT(GW, "r2"));
}

/* --- Removing ------------------------------------------------------------ */

static void test_remove(void **state)
{
	(void)state;
	be_online();
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	says("<presence from='" BARE "' to='" VALLEY "' type='subscribe'/>");
	pass(200);
	forget();
	says(REMOVE(GW));
	/* XEP-0100 section 4.3: logged out, answered, taken off the list. */
	EXPECT_CALL("close canyon Account removed");
	EXPECT(RESULT(GW, "r2"));
	const char *const jids[] = { GW, ANNA, VALLEY };
	for (size_t i = 0; i < COUNT(jids); i++) {
		char from[128];
		text_format(
			from, sizeof(from), "from='%s' to='" BARE "'", jids[i]);
		EXPECT_AMONG(from, "type='unsubscribe'/>");
		EXPECT_AMONG(from, "type='unsubscribed'/>");
		EXPECT_AMONG(from, "type='unavailable'");
	}
	EXPECT_QUIET();
	/* She is still there with a client, but a stranger again. */
	assert_false(user_is_registered(alice()));
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	assert_null(alice());
	says(REMOVE(GW));
	EXPECT("<registration-required");
	kill_host();
	start_host();
	assert_null(alice());
}

/* The order of the three for one contact. */
static void test_remove_order(void **state)
{
	(void)state;
	be_registered();
	says(REMOVE(GW));
	EXPECT(RESULT(GW, "r2"));
	EXPECT("from='" GW "'", "type='unsubscribe'/>");
	EXPECT("from='" GW "'", "type='unsubscribed'/>");
	EXPECT("from='" GW "'", "type='unavailable'");
	EXPECT_QUIET();
	assert_null(alice());
}

static void test_remove_one(void **state)
{
	(void)state;
	be_online();
	set_form(GW, VALUES("gorge"));
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	says("<presence from='" BARE "' to='bea%gorge@" GW
	     "' type='subscribe'/>");
	pass(200);
	forget();
	says(REMOVE(VALLEY));
	EXPECT_CALL("close canyon Account removed");
	EXPECT(RESULT(VALLEY, "r2"));
	EXPECT("from='" ANNA "'", "type='unsubscribe'/>");
	EXPECT("from='" ANNA "'", "type='unsubscribed'/>");
	EXPECT("from='" ANNA "'", "type='unavailable'");
	EXPECT_QUIET();
	says(REMOVE(VALLEY));
	EXPECT("<registration-required");
	assert_true(account_is_online(account_at(BARE, "gorge")));
	kill_host();
	start_host();
	assert_null(account_at(BARE, "canyon"));
	assert_non_null(account_at(BARE, "gorge"));
	assert_non_null(contact_find(alice(), ""));
}

/* --- What was archived --- */

#define CAVE_ROOM "#cave%canyon@" GW

/* Texts of hers in the room, which Bob hears too when he is there, and of a
 * private chat. */
#define TALK(words)                                                      \
	says("<message from='" ALICE "' to='" CAVE_ROOM                  \
	     "' type='groupchat'><body>room-" words "</body></message>"  \
	     "<message from='" ALICE "' to='" ANNA "'><body>chat-" words \
	     "</body></message>")

#define ENTER(from, room, nick)                             \
	says("<presence from='" from "' to='" room "/" nick \
	     "'><x xmlns='" NS_MUC "'/></presence>")

/* What stands in the database, all of it. */
static long count_sql(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	long count = -1;
	assert_int_equal(sqlite3_open(path_of("db"), &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

static bool files_have(const char *text)
{
	static char bytes[8 * MIB];
	static const char *const files[] = { "db", "db-wal" };
	bool found = false;
	for (size_t i = 0; i < COUNT(files); i++) {
		FILE *file = fopen(path_of(files[i]), "rb");
		if (file == NULL)
			continue;
		size_t len = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		found |= memmem(bytes, len, text, strlen(text)) != NULL;
	}
	return found;
}

static const char *const hers[] = { "alice@example.org", "room-secret",
	"chat-secret", "anna%canyon", "hernick" };

static void expect_nothing_of_hers(void)
{
	static const char *const tables[] = { "account", "account_setting",
		"contact", "room_choice",
		/* One row says that the daemon runs. */
		"announced WHERE peer <> ''", "archive_block", "archive_log",
		"archive_time", "archive_source", "removal" };
	for (size_t i = 0; i < COUNT(tables); i++) {
		char sql[100];
		text_format(
			sql, sizeof(sql), "SELECT COUNT(*) FROM %s", tables[i]);
		if (count_sql(sql) != 0)
			fail_msg("%s has rows", tables[i]);
	}
	for (size_t i = 0; i < COUNT(hers); i++)
		if (files_have(hers[i]))
			fail_msg("%s is still there", hers[i]);
}

static void be_archived(void)
{
	says(REGISTER(ALICE, GW,
		VALUES("canyon") FIELD("nick", "hernick") FIELD("stay", "1")));
	says("<presence from='" BARE "' to='" GW "' type='subscribed'/>");
	says("<presence from='" ALICE "' to='" GW "'/>");
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	ENTER(ALICE, CAVE_ROOM, "hernick");
	TALK("secret");
	pass(1 * SECOND);
	assert_true(files_have("room-secret"));
	assert_true(files_have("chat-secret"));
	forget();
}

/* Nothing of the user is left on the disk. */
static void test_remove_erases(void **state)
{
	(void)state;
	be_archived();
	says(REMOVE(GW));
	EXPECT_AMONG(RESULT(GW, "r2"));
	expect_nothing_of_hers();
	kill_host();
	start_host();
	expect_nothing_of_hers();
}

/* Others keep what they heard. */
static void test_remove_leaves_others(void **state)
{
	(void)state;
	be_archived();
	ENTER(BOB, CAVE_ROOM, "bob");
	TALK("shared");
	pass(1 * SECOND);
	says(REMOVE(GW));
	EXPECT_AMONG(RESULT(GW, "r2"));
	assert_false(files_have("room-secret"));
	assert_false(files_have("chat-shared"));
	assert_false(files_have("alice@example.org"));
	forget();
	says("<iq from='" BOB "' to='" CAVE_ROOM
	     "' type='set' id='m'><query xmlns='" NS_MAM "'/></iq>");
	EXPECT_AMONG("<result", "<body>room-shared</body>");
	EXPECT_AMONG("<fin", "complete='true'");
}

/* Another account's messages are kept. */
static void test_remove_one_erases(void **state)
{
	(void)state;
	be_archived();
	set_form(GW, VALUES("gorge"));
	says("<message from='" ALICE "' to='bea%gorge@" GW
	     "'><body>chat-gorge</body></message>");
	pass(1 * SECOND);
	says(REMOVE(VALLEY));
	EXPECT_AMONG(RESULT(VALLEY, "r2"));
	assert_false(files_have("room-secret"));
	assert_false(files_have("chat-secret"));
	assert_true(files_have("chat-gorge"));
	assert_true(files_have("alice@example.org"));
}

/* She is in a room as a guest: what she said there is gone, what comes now is
 * archived again. */
static void test_remove_beside_a_guest(void **state)
{
	(void)state;
	be_archived();
	ENTER(ALICE, "#hole%gorge@" GW, "hernick");
	says("<message from='" ALICE "' to='#hole%gorge@" GW
	     "' type='groupchat'><body>hole-before</body></message>");
	says(REMOVE(GW));
	says("<message from='" ALICE "' to='#hole%gorge@" GW
	     "' type='groupchat'><body>hole-after</body></message>");
	pass(1 * SECOND);
	assert_false(files_have("hole-before"));
	forget();
	says("<iq from='" ALICE "' to='#hole%gorge@" GW
	     "' type='set' id='m'><query xmlns='" NS_MAM "'/></iq>");
	EXPECT_AMONG("<result", "<body>hole-after</body>");
	EXPECT_AMONG("<fin", "complete='true'");
}

static void ignore(int status, void *arg)
{
	(void)arg;
	assert_int_equal(status, 0);
}

/* A crash behind each step: the next start does the rest. */
static void test_remove_goes_on_after_a_crash(void **state)
{
	(void)state;
	for (int step = 0; step < 3; step++) {
		be_archived();
		store_account_remove(host->store, GW, BARE, NULL, ignore, NULL);
		if (step >= 1)
			archive_erase(
				host->archive, GW, BARE, NULL, ignore, NULL);
		if (step >= 2)
			store_contact_remove(host->store, GW, BARE,
				"anna%canyon", ignore, NULL);
		kill_host();
		start_host();
		assert_false(account_at(BARE, "canyon") != NULL);
		EXPECT_AMONG(
			"from='" GW "' to='" BARE "'", "type='unsubscribe'/>");
		EXPECT_AMONG(
			"from='" GW "' to='" BARE "'", "type='unsubscribed'/>");
		if (step < 2)
			EXPECT_AMONG("from='" ANNA "'", "type='unsubscribe'/>");
		says("<presence from='" ALICE "' to='" GW
		     "' type='unavailable'/>");
		pass(1 * SECOND);
		expect_nothing_of_hers();
		assert_null(alice());
		forget();
	}
}

static void expect_farewells(void)
{
	static const char *const parts[] = { "type='unsubscribe'/>",
		"type='unsubscribed'/>", "type='unavailable'/>" };
	for (size_t i = 0; i < COUNT(parts); i++) {
		EXPECT_AMONG("from='" GW "' to='" BARE "'", parts[i]);
		EXPECT_AMONG("from='" ANNA "' to='" BARE "'", parts[i]);
	}
}

/* Nothing says that the server has read the farewells: whatever ends the
 * stream or the process, they are said again. */
static void test_farewells_are_heard(void **state)
{
	(void)state;
	be_archived();
	link_in.ignores_pings = true;
	says(REMOVE(GW));
	EXPECT_AMONG(RESULT(GW, "r2"));
	expect_farewells();
	pass(20 * SECOND);
	assert_int_equal(count_sql("SELECT COUNT(*) FROM removal"), 1);
	conn_close(&server.conn);
	forget();
	pass(10 * SECOND);
	expect_farewells();
	assert_int_equal(count_sql("SELECT COUNT(*) FROM removal"), 1);
	kill_host();
	link_in.ignores_pings = false;
	start_host();
	expect_farewells();
	pass(1 * SECOND);
	expect_nothing_of_hers();
}

/* A server that answers no pings, but speaks: the stream lives. */
static void test_farewells_without_an_answer(void **state)
{
	(void)state;
	be_archived();
	link_in.ignores_pings = true;
	says(REMOVE(GW));
	for (int i = 0; i < 7; i++) {
		pass(10 * SECOND);
		says(" ");
	}
	assert_int_equal(count_sql("SELECT COUNT(*) FROM removal"), 0);
	link_in.ignores_pings = false;
	says("<presence from='" ALICE "' to='" GW "' type='unavailable'/>");
	pass(1 * SECOND);
	expect_nothing_of_hers();
}

/* The archive can't be erased: she is told, and it is done later. */
static void test_remove_erases_later(void **state)
{
	(void)state;
	be_archived();
	run_sql("ALTER TABLE archive_source RENAME TO hidden");
	says("<message from='" ALICE "' to='" GW
	     "'><body>unregister</body></message>");
	says("<message from='" ALICE "' to='" GW
	     "'><body>yes</body></message>");
	EXPECT_AMONG("<body>Removed", "could not be deleted yet");
	assert_false(account_at(BARE, "canyon") != NULL);
	run_sql("ALTER TABLE hidden RENAME TO archive_source");
	kill_host();
	start_host();
	pass(1 * SECOND);
	expect_nothing_of_hers();
}

static void test_remove_by_an_administrator(void **state)
{
	(void)state;
	be_archived();
	says("<message from='" ADMIN "' to='" GW
	     "'><body>remove</body></message>");
	says("<message from='" ADMIN "' to='" GW "'><body>" BARE
	     "</body></message>");
	EXPECT_AMONG("to='" ADMIN "'", "<body>Removed");
	expect_nothing_of_hers();
}

/* In the middle of a login. */
static void test_remove_while_opening(void **state)
{
	(void)state;
	net.hold_open = true;
	be_registered();
	says("<presence from='" ALICE "' to='" GW "'/>");
	forget();
	says(REMOVE(GW));
	EXPECT_CALL("close canyon Account removed");
	EXPECT_AMONG(RESULT(GW, "r2"));
}

/* Everybody has accounts of his own. */
static void test_two_users(void **state)
{
	(void)state;
	be_online();
	says(REGISTER("bob@example.org/x", GW,
		VALUES("canyon") FIELD("nick", "bob")));
	EXPECT("to='bob@example.org/x' type='result'");
	forget();
	assert_string_equal(value("nick"), "alice");
	says(REMOVE(GW));
	EXPECT(RESULT(GW, "r2"));
	assert_null(account_at(BARE, "canyon"));
	assert_non_null(account_at("bob@example.org", "canyon"));
}

/* Several changes at once, and an end of the daemon in between. */
static void test_racing(void **state)
{
	(void)state;
	says(REGISTER(ALICE, GW, VALUES("canyon")) REMOVE(GW) REGISTER(
		ALICE, GW, VALUES("canyon") FIELD("nick", "al")));
	/* One at a time: what comes before the first is stored has to wait. */
	EXPECT("type='error' id='r2'", "<error type='wait'",
		"<resource-constraint");
	EXPECT("type='error' id='r1'", "<error type='wait'",
		"<resource-constraint");
	EXPECT(RESULT(GW, "r1"));
	assert_string_equal(value("nick"), "traveller");
	forget();
	kill_host();
	start_host();
	assert_string_equal(value("nick"), "traveller");
}

static bool was_asked;

static int note_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	was_asked = true;
	return gateway_echo.canonical_account(gw, text, out, size, reason_r);
}

/* The answer of the store comes when nobody is left to hear it. */
static void test_end_while_storing(void **state)
{
	static const char *const rows[] = {
		REGISTER(ALICE, GW, VALUES("gorge")),
		REMOVE(GW),
		REGISTER(ALICE, GW, VALUES("canyon") FIELD("nick", "al")),
		"<message from='" ALICE "' to='" GW
		"'><body>settings canyon</body></message>",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		be_registered();
		net_ops.canonical_account = note_account;
		was_asked = false;
		assert_int_equal(conn_write(server.conn, slice_of(rows[i])), 0);
		if (i == 1)
			loop_settle(loop, 0, NULL);
		else
			loop_settle(loop, 1000, &was_asked);
		host_free(&host);
		net_ops.canonical_account = gateway_echo.canonical_account;
		settle();
		drop_sent();
		start_host();
		says(REMOVE(GW));
		forget();
	}
}

/* The stream is back so soon that the farewells of before are not given up
 * yet: theirs is no answer to the new ones. */
static void test_farewells_said_twice(void **state)
{
	(void)state;
	be_archived();
	link_in.ignores_pings = true;
	says(REMOVE(GW));
	forget();
	registration_resume(gateway);
	pass(1 * SECOND);
	expect_farewells();
	for (int i = 0; i < 7; i++) {
		pass(10 * SECOND);
		says(" ");
	}
	assert_int_equal(count_sql("SELECT COUNT(*) FROM removal"), 0);
	link_in.ignores_pings = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_form),
		TEST(test_form_of_the_registered),
		TEST(test_form_shows_what_is_in_use),
		TEST(test_by_form),
		TEST(test_by_elements),
		TEST(test_address_wins),
		TEST(test_survives),
		TEST(test_secret_at_rest),
		TEST(test_change),
		TEST(test_change_without_a_new_session),
		TEST(test_again_after_a_failure),
		TEST(test_upgrade_of_a_guest),
		TEST(test_bad_values),
		TEST(test_long_list),
		TEST(test_bad_forms),
		TEST(test_required),
		TEST(test_limit),
		TEST(test_too_often),
		TEST(test_refused),
		TEST(test_refused_by_chat),
		TEST(test_wanted),
		TEST(test_wanted_in_a_chat),
		TEST(test_change_refused),
		TEST(test_upgrade_refused),
		TEST(test_silent_network),
		TEST(test_session_after_registering),
		TEST(test_stop_while_trying),
		TEST(test_store_fails),
		TEST(test_remove),
		TEST(test_remove_order),
		TEST(test_remove_one),
		TEST(test_remove_erases),
		TEST(test_remove_leaves_others),
		TEST(test_remove_one_erases),
		TEST(test_remove_beside_a_guest),
		TEST(test_remove_goes_on_after_a_crash),
		TEST(test_farewells_are_heard),
		TEST(test_farewells_without_an_answer),
		TEST(test_farewells_said_twice),
		TEST(test_remove_erases_later),
		TEST(test_remove_by_an_administrator),
		TEST(test_remove_while_opening),
		TEST(test_two_users),
		TEST(test_racing),
		TEST(test_end_while_storing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
