/*
 * Roles, affiliations, ban lists (XEP-0045 sections 8 and 9) and the
 * configuration form (section 10).
 */
#include "host/room_fixture.h"

static void admin(const char *type, const char *items)
{
	says("<iq type='%s' from='" ALICE "' to='" CHAN
	     "' id='a1'><query xmlns='" NS_MUC_ADMIN "'>%s</query></iq>",
		type, items);
}

static void be_joined_with_people(void)
{
	be_joined();
	const struct gw_occupant op = { .nick = "olga",
		.person = "olga42",
		.role = GW_MODERATOR,
		.affiliation = GW_OWNER,
		.show = GW_AVAILABLE };
	gw_room_occupant(room(), &op);
	drop_sent();
}

static void test_lists(void **state)
{
	(void)state;
	be_joined_with_people();
	admin("get", "<item role='participant'/>");
	EXPECT("<iq from='" CHAN "' to='" ALICE "' type='result' id='a1'>",
		"<item affiliation='none' role='participant' jid='" ALICE
		"' nick='alice'/><item affiliation='none' "
		"role='participant' jid='carol~net@" GW_JID
		"' nick='carol'/></query>");
	admin("get", "<item affiliation='owner'/>");
	EXPECT("<item affiliation='owner' jid='olga42~net@" GW_JID
	       "' nick='olga'/></query>",
		"!role=");
	admin("get", "<item affiliation='member'/>");
	EXPECT("type='result'", "<query xmlns='" NS_MUC_ADMIN "'/>");
	admin("get", "<item role='visitor'/>");
	EXPECT("type='result'", "<query xmlns='" NS_MUC_ADMIN "'/>");
	EXPECT_QUIET();
}

static void test_bad_requests(void **state)
{
	static const struct {
		const char *type, *items, *error;
	} rows[] = {
		{ "get", "", "<bad-request" },
		{ "get", "<item/>", "<bad-request" },
		{ "get", "<item role='king'/>", "<bad-request" },
		{ "get", "<item role='none' affiliation='none'/>",
			"<bad-request" },
		{ "set", "", "<bad-request" },
		{ "set", "<item nick='carol'/>", "<bad-request" },
		{ "set", "<item role='none'/>", "<bad-request" },
		{ "set", "<item nick='carol' role='king'/>", "<bad-request" },
		{ "set", "<item nick='carol' affiliation='king'/>",
			"<bad-request" },
		{ "set", "<item nick='carol' role='none' affiliation='none'/>",
			"<bad-request" },
		{ "set", "<item nick='nobody' role='none'/>",
			"<item-not-found" },
		{ "set", "<item jid='@' affiliation='member'/>",
			"<jid-malformed" },
		{ "set", "<item jid='x@example.org' affiliation='member'/>",
			"<item-not-found" },
		{ "set",
			"<item jid='x~other@" GW_JID "' affiliation='member'/>",
			"<item-not-found" },
		{ "set", "<item jid='" CHAN "' affiliation='member'/>",
			"<item-not-found" },
		{ "set",
			"<item jid='alice@example.org' "
			"affiliation='outcast'/>",
			"<conflict" },
		{ "set", "<item nick='alice' affiliation='outcast'/>",
			"<conflict" },
		/* All or nothing: the first would be good. */
		{ "set",
			"<item nick='carol' role='none'/>"
			"<item nick='nobody' role='none'/>",
			"<item-not-found" },
	};
	(void)state;
	be_joined_with_people();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		admin(rows[i].type, rows[i].items);
		EXPECT("type='error' id='a1'", rows[i].error);
		EXPECT_QUIET();
	}
}

static void test_outsiders(void **state)
{
	static const char *const payloads[] = {
		"<query xmlns='" NS_MUC_ADMIN "'><item role='none'/></query>",
		"<query xmlns='" NS_MUC_OWNER "'/>",
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(payloads); i++) {
		print_message("row %zu\n", i);
		says("<iq type='get' from='" ALICE2 "' to='" CHAN
		     "' id='x'>%s</iq>",
			payloads[i]);
		EXPECT("type='error' id='x'", "<forbidden");
		says("<iq type='get' from='" BOB "' to='" CHAN
		     "' id='x'>%s</iq>",
			payloads[i]);
		EXPECT("type='error' id='x'", "<forbidden");
	}
}

static void test_changes(void **state)
{
	static const struct {
		const char *item, *call;
	} rows[] = {
		{ "<item nick='carol' role='none'><reason>out</reason></item>",
			"moderate #chan role nick=carol person=- role=0 "
			"affiliation=1 reason=out" },
		{ "<item nick='carol' role='moderator'/>",
			"moderate #chan role nick=carol person=- role=3 "
			"affiliation=1 reason=-" },
		{ "<item nick='carol' affiliation='outcast'/>",
			"moderate #chan affiliation nick=carol person=- "
			"role=0 affiliation=0 reason=-" },
		{ "<item jid='carol~net@" GW_JID "/x' affiliation='member'/>",
			"moderate #chan affiliation nick=carol person=- "
			"role=0 affiliation=2 reason=-" },
		{ "<item jid='olga42~net@" GW_JID "' affiliation='admin'/>",
			"moderate #chan affiliation nick=olga person=- "
			"role=0 affiliation=3 reason=-" },
		{ "<item jid='" CHAN "/olga' affiliation='none'/>",
			"moderate #chan affiliation nick=olga person=- "
			"role=0 affiliation=1 reason=-" },
		{ "<item jid='alice@example.org' affiliation='member'/>",
			"moderate #chan affiliation nick=alice person=- "
			"role=0 affiliation=2 reason=-" },
		{ "<item jid='*!*\\40bad.host~net@" GW_JID
		  "' affiliation='none'/>",
			"moderate #chan affiliation nick=- "
			"person=*!*@bad.host role=0 affiliation=1 reason=-" },
	};
	(void)state;
	be_joined_with_people();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		admin("set", rows[i].item);
		EXPECT_CALL(rows[i].call);
		EXPECT_QUIET(); /* the answer waits for the network */
		gw_done(&account()->session, net.request, NULL);
		settle();
		EXPECT("<iq from='" CHAN "' to='" ALICE
		       "' type='result' id='a1'/>");
		EXPECT_QUIET();
	}
}

static void test_refused(void **state)
{
	(void)state;
	be_joined_with_people();
	admin("set", "<item nick='olga' role='none'/>");
	asked.next = asked.count;
	gw_fail(&account()->session, net.request, GW_FORBIDDEN,
		"You're not channel operator");
	settle();
	EXPECT("type='error' id='a1'", "<forbidden", "not channel operator");
	EXPECT_QUIET();
	fake_ops.moderate = NULL;
	admin("set", "<item nick='olga' role='none'/>");
	EXPECT("type='error' id='a1'", "<not-allowed");
}

static void test_nothing_to_change(void **state)
{
	(void)state;
	be_joined_with_people();
	/* A network shows no change where there is none. */
	admin("set", "<item nick='olga' role='moderator'/>");
	EXPECT("type='result' id='a1'");
	admin("set", "<item nick='olga' affiliation='owner'/>");
	EXPECT("type='result' id='a1'");
	EXPECT_QUIET();
}

static void test_several(void **state)
{
	(void)state;
	be_joined_with_people();
	admin("set", "<item nick='carol' role='moderator'/>"
		     "<item nick='olga' role='moderator'/>"
		     "<item nick='olga' affiliation='member'/>");
	EXPECT_CALL("moderate #chan role nick=carol person=- role=3 "
		    "affiliation=1 reason=-");
	EXPECT_QUIET();
	gw_done(&account()->session, net.request, NULL);
	EXPECT_CALL("moderate #chan affiliation nick=olga person=- role=0 "
		    "affiliation=2 reason=-");
	EXPECT_QUIET();
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT("type='result' id='a1'");
	/* One that cannot be: nothing is done (section 9.2). */
	admin("set", "<item nick='carol' role='none'/>"
		     "<item nick='nobody' role='none'/>");
	EXPECT("type='error' id='a1'", "<item-not-found");
	admin("set", "<item jid='carol~net@" GW_JID "' affiliation='outcast'/>"
		     "<item jid='alice@example.org' affiliation='outcast'/>");
	EXPECT("type='error' id='a1'", "<conflict");
	EXPECT_QUIET();
	/* The second fails. */
	admin("set", "<item nick='carol' role='moderator'/>"
		     "<item nick='olga' role='none'/>");
	gw_done(&account()->session, net.request, NULL);
	gw_fail(&account()->session, net.request, GW_FORBIDDEN, "no");
	settle();
	EXPECT("type='error' id='a1'", "<forbidden");
	assert_int_equal(heard.count, 0);
	/* Kicked himself out in the middle. */
	admin("set", "<item nick='alice' role='none'/>"
		     "<item nick='olga' role='none'/>");
	const struct gw_gone gone = { .nick = "alice", .how = GW_KICKED };
	gw_request request = net.request;
	struct account *a = account();
	gw_room_gone(room(), &gone);
	gw_done(&a->session, request, NULL);
	settle();
	EXPECT("type='unavailable'");
	EXPECT("type='error' id='a1'", "<not-acceptable");
	assert_int_equal(heard.count, 0);
}

static void test_too_many_items(void **state)
{
	(void)state;
	be_joined_with_people();
	struct str items = { .max = 64 * KIB };
	for (int i = 0; i < 101; i++)
		str_add(&items, "<item nick='olga' role='none'/>");
	admin("set", str_text(&items));
	str_finish(&items);
	EXPECT("type='error' id='a1'", "<not-acceptable");
	EXPECT_QUIET();
}

static void test_bans(void **state)
{
	(void)state;
	be_joined();
	admin("get", "<item affiliation='outcast'/>");
	EXPECT_CALL("bans #chan");
	EXPECT_QUIET();
	const struct gw_item items[] = {
		{ .key = "*!*@bad.host", .value = "carol" },
		{ .key = "nick!*@*" },
	};
	for (size_t i = 0; i < COUNT(items); i++)
		gw_item(&account()->session, net.request, &items[i]);
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT("type='result' id='a1'",
		"<item affiliation='outcast' jid='*!*\\40bad.host~net@" GW_JID
		"'><reason>*!*@bad.host, set by carol</reason></item>",
		"<item affiliation='outcast' jid='nick!*\\40*~net@" GW_JID
		"'/></query>");
	admin("get", "<item affiliation='outcast'/>");
	asked.next = asked.count;
	gw_fail(&account()->session, net.request, GW_FORBIDDEN, "no op");
	settle();
	EXPECT("type='error' id='a1'", "<forbidden");
	fake_ops.list_bans = NULL;
	admin("get", "<item affiliation='outcast'/>");
	EXPECT("type='result' id='a1'", "<query xmlns='" NS_MUC_ADMIN "'/>");
	EXPECT_QUIET();
}

static void test_endless_bans(void **state)
{
	(void)state;
	be_joined();
	admin("get", "<item affiliation='outcast'/>");
	for (int i = 0; i < 5000; i++) {
		char mask[64];
		snprintf(mask, sizeof(mask), "*!*@host%d.example", i);
		const struct gw_item item = { .key = mask, .value = "x" };
		gw_item(&account()->session, net.request, &item);
	}
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT("type='result' id='a1'", "host999.example", "!host1000.");
}

/* --- Configuration ------------------------------------------------------- */

static void owner(const char *inner)
{
	says("<iq type='set' from='" ALICE "' to='" CHAN
	     "' id='o1'><query xmlns='" NS_MUC_OWNER "'>%s</query></iq>",
		inner);
}

static void submit(const char *fields)
{
	char inner[4096];
	snprintf(inner, sizeof(inner),
		"<x xmlns='" NS_DATA_FORM "' type='submit'>"
		"<field var='FORM_TYPE'><value>" NS_MUC_ROOMCONFIG
		"</value></field>%s</x>",
		fields);
	owner(inner);
}

#define FIELD(name, value) \
	"<field var='muc#roomconfig_" name "'><value>" value "</value></field>"

static const struct gw_room_info info = {
	.flags = GW_ROOM_MODERATED | GW_ROOM_SUBJECT_LOCKED,
	.max_users = 10,
	.password = "old",
	.detail = "+mtlk",
};

static void test_form(void **state)
{
	(void)state;
	be_registered();
	be_joined();
	gw_room_info(room(), &info);
	says("<iq type='get' from='" ALICE "' to='" CHAN
	     "' id='o1'><query xmlns='" NS_MUC_OWNER "'/></iq>");
	EXPECT("type='result' id='o1'", "var='muc#roomconfig_moderatedroom'",
		"var='muc#roomconfig_roomsecret'", "!old", "+mtlk",
		"var='causeway#history'", "<value>20</value>",
		"var='causeway#autojoin'", "<value>10</value>");
	EXPECT_QUIET();
}

static void test_form_of_guests(void **state)
{
	(void)state;
	be_joined();
	/* Nothing is known of the room and guests have no choices. */
	says("<iq type='get' from='" ALICE "' to='" CHAN
	     "' id='o1'><query xmlns='" NS_MUC_OWNER "'/></iq>");
	EXPECT("type='result' id='o1'", "<query xmlns='" NS_MUC_OWNER "'/>");
	gw_room_info(room(), &info);
	says("<iq type='get' from='" ALICE "' to='" CHAN
	     "' id='o1'><query xmlns='" NS_MUC_OWNER "'/></iq>");
	EXPECT("moderatedroom", "!causeway#");
	fake_ops.configure = NULL;
	says("<iq type='get' from='" ALICE "' to='" CHAN
	     "' id='o1'><query xmlns='" NS_MUC_OWNER "'/></iq>");
	EXPECT("<query xmlns='" NS_MUC_OWNER "'/>");
}

static void test_configure(void **state)
{
	/* fields and flags as in api/types.h */
	static const struct {
		const char *fields, *call, *error;
	} rows[] = {
		{ FIELD("moderatedroom", "0"),
			"configure #chan fields=1 flags=8 password=old max=10",
			NULL },
		{ FIELD("moderatedroom", "1") FIELD("publicroom", "true"), NULL,
			NULL },
		{ FIELD("publicroom", "0") FIELD("changesubject", "1"),
			"configure #chan fields=12 flags=5 password=old "
			"max=10",
			NULL },
		{ FIELD("membersonly", "1"),
			"configure #chan fields=2 flags=11 password=old "
			"max=10",
			NULL },
		{ FIELD("roomsecret", "new"),
			"configure #chan fields=16 flags=9 password=new "
			"max=10",
			NULL },
		{ FIELD("roomsecret", "") FIELD("passwordprotectedroom", "1"),
			NULL, NULL },
		{ FIELD("passwordprotectedroom", "0"),
			"configure #chan fields=16 flags=9 password=- max=10",
			NULL },
		{ FIELD("maxusers", "25"),
			"configure #chan fields=32 flags=9 password=old "
			"max=25",
			NULL },
		{ FIELD("maxusers", "none"),
			"configure #chan fields=32 flags=9 password=old max=0",
			NULL },
		{ FIELD("roomname", "ignored"), NULL, NULL },
		{ "", NULL, NULL },
		{ FIELD("maxusers", "many"), NULL, "<not-acceptable" },
		{ FIELD("maxusers", "-1"), NULL, "<not-acceptable" },
		{ FIELD("maxusers", "99999999999999999999"), NULL,
			"<not-acceptable" },
		{ FIELD("moderatedroom", "maybe"), NULL, "<not-acceptable" },
		{ FIELD("passwordprotectedroom", "2"), NULL,
			"<not-acceptable" },
	};
	(void)state;
	be_joined();
	gw_room_info(room(), &info);
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		submit(rows[i].fields);
		if (rows[i].call != NULL) {
			EXPECT_CALL(rows[i].call);
			EXPECT_QUIET();
			gw_done(&account()->session, net.request, NULL);
			settle();
		}
		if (rows[i].error != NULL)
			EXPECT("type='error' id='o1'", rows[i].error);
		else
			EXPECT("type='result' id='o1'/>");
		EXPECT_QUIET();
	}
}

static void test_password_needed(void **state)
{
	(void)state;
	be_joined();
	const struct gw_room_info open = { .flags = 0 };
	gw_room_info(room(), &info);
	gw_room_info(room(), &open);
	drop_sent();
	submit(FIELD("passwordprotectedroom", "1"));
	EXPECT("type='error'", "<not-acceptable", "password");
	submit(FIELD("passwordprotectedroom", "1")
			FIELD("roomsecret", "sesame"));
	EXPECT_CALL("configure #chan fields=16 flags=0 password=sesame "
		    "max=0");
	gw_fail(&account()->session, net.request, GW_FORBIDDEN, "no op");
	settle();
	EXPECT("type='error' id='o1'", "<forbidden", "no op");
	EXPECT_QUIET();
}

static void test_choices(void **state)
{
	(void)state;
	struct account *a = be_registered();
	account_set_value(a, 2, "1");
	be_joined();
	submit("<field var='causeway#history'><value>3</value></field>"
	       "<field var='causeway#autojoin'><value>1</value></field>");
	EXPECT("type='result' id='o1'/>");
	assert_int_equal(room_history_choice(room_of(room())), 3);
	assert_string_equal(
		room_choice(a->user, "#chan~net", CHOICE_AUTOJOIN), "1");
	submit("<field var='causeway#history'><value>501</value></field>");
	EXPECT("type='error'", "<not-acceptable");
	for (unsigned i = 0; a->user->choices.count < LIMIT_ROOM_CHOICES; i++) {
		char local[64];
		text_format(local, sizeof(local), "#r%u~net", i);
		room_choice_set(a->user, local, CHOICE_HISTORY, "1");
	}
	submit("<field var='causeway#history'><value>4</value></field>");
	EXPECT("type='result'");
	room_choice_set(a->user, "#chan~net", CHOICE_HISTORY, NULL);
	room_choice_set(a->user, "#chan~net", CHOICE_AUTOJOIN, NULL);
	room_choice_set(a->user, "#other~net", CHOICE_HISTORY, "1");
	room_choice_set(a->user, "#another~net", CHOICE_HISTORY, "1");
	submit("<field var='causeway#history'><value>4</value></field>");
	EXPECT("type='error'", "<not-acceptable", "too many rooms");
	room_choice_set(a->user, "#other~net", CHOICE_HISTORY, NULL);
	submit("<field var='causeway#autojoin'><value>1</value></field>");
	EXPECT("type='result'");
	/* He stays without a client, and comes back after a new login. */
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	drop_sent();
	EXPECT_QUIET();
	assert_non_null(room());
	account_restart(a);
	settle();
	EXPECT_CALL("close net Changing settings");
	EXPECT_CALL("open net nick=");
	EXPECT_CALL("join #chan - -");
	gw_room_joined(room(), "alice");
	joins(ALICE, "alice");
	drop_sent();
	submit("<field var='causeway#autojoin'><value>0</value></field>");
	EXPECT("type='result'");
	assert_null(room_choice(a->user, "#chan~net", CHOICE_AUTOJOIN));
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	drop_sent();
	EXPECT_CALL("leave #chan -");
	EXPECT_QUIET();
}

static void test_other_forms(void **state)
{
	static const struct {
		const char *inner, *answer;
	} rows[] = {
		{ "<x xmlns='" NS_DATA_FORM "' type='cancel'/>",
			"type='result' id='o1'/>" },
		{ "<destroy/>", "<not-allowed" },
		{ "", "<bad-request" },
		{ "<x xmlns='" NS_DATA_FORM "' type='result'/>",
			"<bad-request" },
		{ "<x xmlns='" NS_DATA_FORM "' type='submit'>"
		  "<field var='FORM_TYPE'><value>other</value></field></x>",
			"<bad-request" },
		{ "<x xmlns='" NS_DATA_FORM "' type='submit'/>",
			"type='result' id='o1'/>" },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		owner(rows[i].inner);
		EXPECT("id='o1'", rows[i].answer);
		EXPECT_QUIET();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lists),
		TEST(test_bad_requests),
		TEST(test_outsiders),
		TEST(test_changes),
		TEST(test_refused),
		TEST(test_nothing_to_change),
		TEST(test_several),
		TEST(test_too_many_items),
		TEST(test_bans),
		TEST(test_endless_bans),
		TEST(test_form),
		TEST(test_form_of_guests),
		TEST(test_configure),
		TEST(test_password_needed),
		TEST(test_choices),
		TEST(test_other_forms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
