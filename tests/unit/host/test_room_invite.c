/*
 * Invitations (XEP-0045 section 7.8, XEP-0249).
 */
#include "host/room_fixture.h"

static void invites(const char *from, const char *to)
{
	says("<message from='%s' to='" CHAN "' id='i1'><x xmlns='" NS_MUC_USER
	     "'><invite to='%s'><reason>come in</reason></invite></x>"
	     "</message>",
		from, to);
}

static void test_person(void **state)
{
	(void)state;
	be_joined();
	invites(ALICE, "dave~net@" GW_JID);
	EXPECT_CALL("invite #chan dave come in");
	EXPECT_QUIET();
	gw_done(&account()->session, net.request, NULL);
	settle();
	EXPECT_QUIET();
	invites(ALICE, CHAN "/carol");
	EXPECT_CALL("invite #chan carol come in");
	gw_fail(&account()->session, net.request, GW_CONFLICT,
		"is already on channel");
	settle();
	EXPECT("<message from='" CHAN "' to='" ALICE "' type='error' id='i1'>",
		"<conflict", "already on channel");
	fake_ops.invite = NULL;
	invites(ALICE, "dave~net@" GW_JID);
	EXPECT("type='error' id='i1'", "<feature-not-implemented");
	EXPECT_QUIET();
}

static void test_user(void **state)
{
	(void)state;
	be_joined();
	const struct gw_room_info info = { .password = "key" };
	gw_room_info(room(), &info);
	invites(ALICE, "bob@example.org");
	EXPECT("<message from='" CHAN "' to='bob@example.org' id='i1'>",
		"<x xmlns='" NS_MUC_USER "'><invite from='alice@example.org'>"
		"<reason>come in</reason></invite>"
		"<password>key</password></x>",
		"<x xmlns='" NS_CONFERENCE "' jid='" CHAN
		"' password='key' reason='come in'/>",
		"<body>");
	EXPECT_QUIET();
	/* A chat of two that goes on there. */
	says("<message from='" ALICE "' to='" CHAN
	     "' id='i2'><x xmlns='" NS_MUC_USER
	     "'><invite to='bob@example.org/desk'><continue thread='t1'/>"
	     "</invite></x></message>");
	EXPECT("to='bob@example.org/desk' id='i2'",
		"<invite from='alice@example.org'><continue thread='t1'/>"
		"</invite>",
		"' password='key' continue='true' thread='t1'/>");
	/* His refusal comes back to the one who invited. */
	says("<message from='" BOB "' to='" CHAN
	     "' id='d1'><x xmlns='" NS_MUC_USER
	     "'><decline to='alice@example.org'><reason>busy</reason>"
	     "</decline></x></message>");
	EXPECT("<message from='" CHAN "' to='alice@example.org' id='d1'>",
		"<decline from='bob@example.org'><reason>busy</reason>"
		"</decline>");
	/* Nobody who is not in this room can be reached that way. */
	says("<message from='" BOB "' to='" CHAN
	     "' id='d2'><x xmlns='" NS_MUC_USER
	     "'><decline to='carol@example.org'/></x></message>");
	says("<message from='" BOB "' to='#other~net@" GW_JID
	     "' id='d3'><x xmlns='" NS_MUC_USER
	     "'><decline to='alice@example.org'/></x></message>");
	says("<message from='" BOB "' to='" CHAN
	     "' id='d4'><x xmlns='" NS_MUC_USER
	     "'><decline to='@@'/></x></message>");
	EXPECT_QUIET();
}

static void test_errors(void **state)
{
	static const struct {
		const char *from, *to, *error;
	} rows[] = {
		{ ALICE, "", "<jid-malformed" },
		{ ALICE, "@", "<jid-malformed" },
		{ ALICE, "dave~other@" GW_JID, "<item-not-found" },
		{ ALICE, "#other~net@" GW_JID "/dave", "<item-not-found" },
		{ ALICE, CHAN "/nobody", "<item-not-found" },
		{ ALICE, GW_JID, "<item-not-found" },
		{ BOB, "dave~net@" GW_JID, "<not-acceptable" },
		{ ALICE2, "dave~net@" GW_JID, "<not-acceptable" },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		invites(rows[i].from, rows[i].to);
		EXPECT("type='error' id='i1'", rows[i].error);
		EXPECT_QUIET();
	}
}

static void test_many(void **state)
{
	(void)state;
	be_joined();
	struct str all = { .max = 64 * KIB };
	for (int i = 0; i < 50; i++)
		str_addf(&all, "<invite to='u%d@example.org'/>", i);
	says("<message from='" ALICE "' to='" CHAN "'><x xmlns='" NS_MUC_USER
	     "'>%s</x></message>",
		str_text(&all));
	str_finish(&all);
	assert_int_equal(heard.count, 10);
}

static void test_direct(void **state)
{
	static const struct {
		const char *to, *room;
		bool handled;
		const char *error, *call;
	} rows[] = {
		{ "dave~net@" GW_JID, CHAN, true, NULL,
			"invite #chan dave come" },
		{ "dave~other@" GW_JID, CHAN, true, "<item-not-found", NULL },
		{ "dave~net@" GW_JID, "#other~net@" GW_JID, true,
			"<not-acceptable", NULL },
		{ "dave~net@" GW_JID, "room@muc.example.org", false, NULL,
			NULL },
		{ "dave~net@" GW_JID, "@", false, NULL, NULL },
		{ "dave~net@" GW_JID, "dave~net@" GW_JID, false, NULL, NULL },
	};
	(void)state;
	be_joined();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		struct arena a;
		arena_init(&a, 64 * KIB);
		struct xml_attr reason = {
			.name = "reason", .ns = "", .value = "come"
		};
		struct xml_attr jid = { .name = "jid",
			.ns = "",
			.value = rows[i].room,
			.next = &reason };
		struct xml x = {
			.name = "x", .ns = NS_CONFERENCE, .attrs = &jid
		};
		struct xml xml = { .name = "message",
			.ns = NS_COMPONENT,
			.first = &x,
			.last = &x };
		struct stanza s = { .kind = STANZA_MESSAGE,
			.type = TYPE_NORMAL,
			.id = "i2",
			.xml = &xml,
			.arena = &a };
		struct target t;
		const char *why;
		assert_int_equal(jid_parse(&s.from, slice_of(ALICE), &a), 0);
		assert_int_equal(jid_parse(&s.to, slice_of(rows[i].to), &a), 0);
		assert_int_equal(
			target_read(gateway, NULL, &s.to, &t, &why), 0);
		assert_int_equal(room_direct_invite(account()->user, &t, &s),
			rows[i].handled);
		if (rows[i].error != NULL)
			EXPECT("type='error' id='i2'", rows[i].error);
		if (rows[i].call != NULL)
			EXPECT_CALL(rows[i].call);
		EXPECT_QUIET();
		arena_finish(&a);
	}
}

static void test_of_network(void **state)
{
	(void)state;
	be_joined();
	gw_invited(&account()->session, "#party", "carol", "it is fun");
	EXPECT("<message from='#party~net@" GW_JID
	       "' to='alice@example.org' id='",
		"<x xmlns='" NS_MUC_USER "'><invite from='carol~net@" GW_JID
		"'><reason>it is fun</reason></invite></x>",
		"<x xmlns='" NS_CONFERENCE "' jid='#party~net@" GW_JID
		"' reason='it is fun'/>",
		"<body>carol invites you to #party: it is fun</body>",
		"!type=");
	gw_invited(&account()->session, "#party", NULL, NULL);
	EXPECT("<invite from='net@" GW_JID "'/>", "!reason");
	EXPECT_QUIET();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_person),
		TEST(test_user),
		TEST(test_errors),
		TEST(test_many),
		TEST(test_direct),
		TEST(test_of_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
