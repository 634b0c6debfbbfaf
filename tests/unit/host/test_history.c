/*
 * History on joining (XEP-0045 sections 7.2.13 and 7.2.14), and one copy of a
 * channel's message for all who see it.
 */
#include "host/room_fixture.h"

static void say_many(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char text[16];
		snprintf(text, sizeof(text), "line %u", i);
		talks(room(), "carol", text);
		pass(1000);
	}
	drop_sent();
}

static void join_with(const char *limits)
{
	says("<presence from='" ALICE2 "' to='" CHAN "/alice'><x xmlns='" NS_MUC
	     "'><history %s/></x></presence>",
		limits);
	EXPECT("/carol'");
	EXPECT("/alice'", "code='110'");
}

/* The history is lines [first, end), then the subject. */
static void expect_lines(unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++) {
		char body[32];
		snprintf(body, sizeof(body), "<body>line %u</body>", i);
		EXPECT("<message from='" CHAN "/carol' to='" ALICE2
		       "' type='groupchat' id='",
			body, "<delay xmlns='urn:xmpp:delay' from='" CHAN "'",
			"<stanza-id", "<occupant-id");
	}
	EXPECT("to='" ALICE2 "'", "<subject/>");
	EXPECT_QUIET();
}

static void test_limits(void **state)
{
	static const struct {
		const char *limits;
		unsigned first, end;
	} rows[] = {
		{ "", 10, 30 },
		{ "maxstanzas='5'", 25, 30 },
		{ "maxstanzas='0'", 0, 0 },
		{ "maxstanzas='100'", 0, 30 },
		{ "maxchars='0'", 0, 0 },
		{ "maxchars='100'", 0, 0 },
		{ "maxchars='900'", 28, 30 },
		{ "seconds='0'", 0, 0 },
		{ "seconds='3'", 27, 30 },
		{ "seconds='10' maxstanzas='3'", 27, 30 },
		{ "seconds='3' maxstanzas='10'", 27, 30 },
		{ "since='2023-11-14T22:13:45Z'", 25, 30 },
		{ "since='2023-11-14T22:13:45Z' maxstanzas='2'", 28, 30 },
		{ "since='2030-01-01T00:00:00Z'", 0, 0 },
		{ "since='yesterday'", 10, 30 },
		{ "maxstanzas='many'", 10, 30 },
		{ "maxstanzas='-1'", 10, 30 },
		{ "seconds='99999999999999999999'", 10, 30 },
	};
	(void)state;
	be_joined();
	say_many(30);
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		join_with(rows[i].limits);
		expect_lines(rows[i].first, rows[i].end);
		room_resource_gone(account()->user, ALICE2, NULL);
		settle();
	}
}

static void test_kinds(void **state)
{
	(void)state;
	be_joined();
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='mine'><body>hello</body></message>");
	gw_room_subject(room(), "New", "carol", 0);
	const struct gw_message action = {
		.kind = GW_ACTION, .from = "carol", .text = "waves"
	};
	gw_message(room()->session, room(), &action);
	talks(room(), NULL, "from the room");
	asked.next = asked.count;
	drop_sent();
	join_with("");
	EXPECT("from='" CHAN "/alice' to='" ALICE2 "'", "id='mine'",
		"<body>hello</body>");
	EXPECT("from='" CHAN "/carol'", "<body>/me waves</body>");
	EXPECT("from='" CHAN "' to='" ALICE2 "'", "<body>from the room</body>",
		"!<occupant-id");
	/* Subjects are no history; the one that counts comes last. */
	EXPECT("<subject>New</subject>", "<delay");
	EXPECT_QUIET();
}

static void test_order(void **state)
{
	(void)state;
	be_joined();
	say_many(2);
	/* While the store reads, somebody speaks: it comes after all. */
	const struct gw_message m = { .from = "carol", .text = "live" };
	struct arena a;
	arena_init(&a, 1 * KIB);
	struct seat *seat = seat_add(room_of(room()), ALICE2);
	struct xml x = { .name = "x", .ns = NS_MUC };
	struct xml xml = {
		.name = "presence", .ns = NS_COMPONENT, .first = &x, .last = &x
	};
	const struct stanza s = {
		.xml = &xml, .arena = &a, .to = { .resource = "alice" }
	};
	seat_read_join(seat, &s);
	seat_enter(room_of(room()), seat);
	gw_message(room()->session, room(), &m);
	gw_room_subject(room(), "New", "carol", 0);
	EXPECT("/carol' to='" ALICE2 "'");
	EXPECT("/alice' to='" ALICE2 "'");
	EXPECT("to='" ALICE "'", "<body>live</body>");
	EXPECT("to='" ALICE "'", "<subject>New</subject>");
	EXPECT_QUIET();
	settle();
	EXPECT("to='" ALICE2 "'", "<body>line 0</body>", "<delay");
	EXPECT("to='" ALICE2 "'", "<body>line 1</body>");
	EXPECT("to='" ALICE2 "'", "<subject>New</subject>");
	EXPECT("to='" ALICE2 "'", "<body>live</body>", "!<delay");
	EXPECT_QUIET();
	assert_true(list_is_empty(&room_of(room())->held));
	arena_finish(&a);
}

static void test_gone_meanwhile(void **state)
{
	(void)state;
	be_joined();
	say_many(2);
	struct room *r = room_of(room());
	joins(ALICE2, "alice");
	drop_sent();
	/* Forget the client between the question and the answer. */
	struct seat *seat = seat_find(r, ALICE2);
	seat->join = xalloc(sizeof(*seat->join));
	seat->join->max_chars = seat->join->seconds = seat->join->max_stanzas =
		-1;
	seat->state = SEAT_HISTORY;
	for (int i = 0; i < 3; i++) {
		history_send(r, seat);
		if (i < 2)
			history_forget(r, seat);
	}
	room_resource_gone(account()->user, ALICE2, NULL);
	settle();
	EXPECT_QUIET();
}

static void test_early_messages(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		print_message("round %d\n", round);
		options.archive.enabled = round == 0;
		joins(ALICE, "alice");
		asked.next = asked.count;
		enters(room(), "carol");
		talks(room(), "carol", "early");
		EXPECT_QUIET();
		gw_room_joined(room(), "alice");
		talks(room(), "carol", "later");
		EXPECT("/carol'", "<presence");
		EXPECT("/alice'", "<presence");
		EXPECT("<subject/>");
		EXPECT("<body>early</body>", "!<delay");
		EXPECT("<body>later</body>");
		EXPECT_QUIET();
		room_resource_gone(account()->user, ALICE, NULL);
		settle();
		asked.next = asked.count;
	}
}

static void test_archive_off(void **state)
{
	(void)state;
	options.archive.enabled = false;
	be_joined();
	talks(room(), "carol", "hello");
	EXPECT("<body>hello</body>", "id='", "!stanza-id");
	join_with("");
	EXPECT("<subject/>");
	EXPECT_QUIET();
}

static void test_own_times_only(void **state)
{
	(void)state;
	be_joined();
	say_many(2);
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	drop_sent();
	asked.next = asked.count;
	/* Bob is there meanwhile and hears what alice does not. */
	joins(BOB, "bob");
	struct account *bob = account_of_user("bob@example.org");
	struct gw_room *r = gw_room_find(&bob->session, "#chan");
	enters(r, "carol");
	gw_room_joined(r, "bob");
	talks(r, "carol", "secret");
	EXPECT_AMONG("to='" BOB "'", "<body>secret</body>");
	EXPECT_AMONG("to='" BOB "'", "code='110'");
	EXPECT_AMONG("to='" BOB "'", "<subject/>");
	EXPECT_AMONG("/carol' to='" BOB "'");
	EXPECT_CALL("open net nick=bob");
	EXPECT_CALL("join #chan bob -");
	EXPECT_QUIET();
	be_joined();
	join_with("");
	expect_lines(0, 2);
}

/* --- Copies -------------------------------------------------------------- */

static struct gw_room *room_of_user(const char *bare)
{
	struct account *a = account_of_user(bare);
	return a != NULL ? gw_room_find(&a->session, "#chan") : NULL;
}

static void be_two(void)
{
	joins(ALICE, "alice");
	joins(BOB, "bob");
	struct gw_room *a = room_of_user("alice@example.org");
	struct gw_room *b = room_of_user("bob@example.org");
	enters(a, "carol");
	enters(b, "carol");
	gw_room_joined(a, "alice");
	gw_room_joined(b, "bob");
	settle();
	drop_sent();
	asked.next = asked.count;
}

/* The archive id of the next stanza, which has this body. */
static void next_id(const char *to, const char *body, char out[64])
{
	char part[128];
	assert_true(heard.count > 0);
	const char *mark = "by='" CHAN "' id='";
	const char *at = strstr(heard.sent[0], mark);
	assert_non_null(at);
	at += strlen(mark);
	size_t len = strcspn(at, "'");
	assert_true(len < 64);
	memcpy(out, at, len);
	out[len] = '\0';
	snprintf(part, sizeof(part), "<body>%s</body>", body);
	EXPECT(to, part);
}

static void test_copies(void **state)
{
	/* Who hears what, in which order, and which message it is. */
	static const struct {
		char who; /* 'a', 'b' */
		const char *from, *text, *network_id;
		int same_as; /* row, or -1: new */
	} rows[] = {
		{ 'a', "carol", "one", NULL, -1 },
		{ 'b', "carol", "one", NULL, 0 },
		{ 'b', "carol", "two", NULL, -1 },
		{ 'a', "carol", "two", NULL, 2 },
		/* The same text again is another message. */
		{ 'a', "carol", "two", NULL, -1 },
		{ 'a', "carol", "two", NULL, -1 },
		{ 'b', "carol", "two", NULL, 4 },
		{ 'b', "carol", "two", NULL, 5 },
		{ 'b', "carol", "two", NULL, -1 },
		{ 'a', "carol", "two", NULL, 8 },
		/* Somebody else says the same. */
		{ 'a', "dave", "three", NULL, -1 },
		{ 'b', "carol", "three", NULL, -1 },
		/* Out of order. */
		{ 'a', "carol", "x", NULL, -1 },
		{ 'a', "carol", "y", NULL, -1 },
		{ 'b', "carol", "y", NULL, 13 },
		{ 'b', "carol", "x", NULL, 12 },
		/* With ids of the network only they count. */
		{ 'a', "carol", "z", "id1", -1 },
		{ 'b', "carol", "z", "id2", -1 },
		{ 'b', "carol", "z!", "id1", 16 },
	};
	static char ids[COUNT(rows)][64];
	(void)state;
	be_two();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		bool alice = rows[i].who == 'a';
		struct gw_room *r = room_of_user(
			alice ? "alice@example.org" : "bob@example.org");
		const struct gw_message m = { .from = rows[i].from,
			.text = rows[i].text,
			.network_id = rows[i].network_id };
		gw_message(r->session, r, &m);
		next_id(alice ? "to='" ALICE "'" : "to='" BOB "'", rows[i].text,
			ids[i]);
		EXPECT_QUIET();
		for (size_t j = 0; j < i; j++)
			if (strcmp(ids[i], ids[j]) == 0)
				assert_int_equal(rows[i].same_as < 0, false);
		if (rows[i].same_as >= 0)
			assert_string_equal(ids[i], ids[rows[i].same_as]);
	}
}

static void test_reflection_is_a_copy(void **state)
{
	(void)state;
	char mine[64], theirs[64];
	be_two();
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='m1'><body>hello</body></message>");
	asked.next = asked.count;
	next_id("to='" ALICE "'", "hello", mine);
	talks(room_of_user("bob@example.org"), "alice", "hello");
	next_id("to='" BOB "'", "hello", theirs);
	assert_string_equal(mine, theirs);
}

/* What alice's archive holds, oldest first, one line each. */
static struct str archived;

static void got_archive(int status, const struct archive_page *page, void *arg)
{
	assert_int_equal(status, 0);
	for (size_t i = 0; i < page->count; i++)
		str_addf(&archived, "%s: %s|", page->messages[i].from,
			page->messages[i].text);
	*(bool *)arg = true;
}

static void expect_archive(const char *expected)
{
	bool done = false;
	struct archive_query q = { .reader = "alice@example.org", .max = 100 };
	channel_make_id(gateway, "net", "#chan", &q.channel);
	str_init(&archived, 64 * KIB);
	archive_query(host.archive, &q, got_archive, &done);
	loop_settle(loop, 60000, &done);
	assert_string_equal(str_text(&archived), expected);
	str_finish(&archived);
}

static void bob_hears(const char *text, char id[64])
{
	talks(room_of_user("bob@example.org"), "alice", text);
	if (id != NULL)
		next_id("to='" BOB "'", text, id);
	else
		EXPECT("to='" BOB "'", text, "!<stanza-id");
}

static void alice_says(const char *text)
{
	net.hold_send = true;
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='m1'><body>%s</body></message>",
		text);
	asked.next = asked.count;
}

static void accepted(void)
{
	gw_done(&account_of_user("alice@example.org")->session, net.request,
		NULL);
	settle();
}

/* A text of several lines reaches others in pieces: one message all the
 * same. */
static void test_pieces_after(void **state)
{
	(void)state;
	char mine[64], first[64], again[64];
	be_two();
	alice_says("one\ntwo\n\nthree");
	accepted();
	next_id("to='" ALICE "'", "one\ntwo\n\nthree", mine);
	bob_hears("one", first);
	assert_string_equal(mine, first);
	bob_hears("two", NULL);
	bob_hears("three", NULL);
	bob_hears("two", again);
	assert_string_not_equal(again, mine);
	expect_archive("alice: one\ntwo\n\nthree|alice: two|");
	alice_says("/me a\nb");
	accepted();
	next_id("to='" ALICE "'", "/me a\nb", mine);
	bob_hears("/me a", first);
	assert_string_equal(mine, first);
	bob_hears("/me b", NULL);
}

static void test_pieces_before(void **state)
{
	(void)state;
	char mine[64], first[64], id[64];
	be_two();
	alice_says("one\ntwo\nthree");
	bob_hears("one", first);
	bob_hears("two", id);
	accepted();
	next_id("to='" ALICE "'", "one\ntwo\nthree", mine);
	assert_string_equal(mine, first);
	bob_hears("three", id);
	expect_archive("alice: one|alice: two|alice: three|");
}

static void test_late_copy(void **state)
{
	(void)state;
	char first[64], second[64];
	be_two();
	talks(room_of_user("alice@example.org"), "carol", "hm");
	next_id("to='" ALICE "'", "hm", first);
	pass(61000);
	talks(room_of_user("bob@example.org"), "carol", "hm");
	next_id("to='" BOB "'", "hm", second);
	assert_string_not_equal(first, second);
}

static void test_long_behind(void **state)
{
	(void)state;
	char ids[100][64], id[64];
	be_two();
	for (int i = 0; i < 100; i++) {
		char text[16];
		snprintf(text, sizeof(text), "n%d", i);
		talks(room_of_user("alice@example.org"), "carol", text);
		next_id("to='" ALICE "'", text, ids[i]);
	}
	/* Bob's connection comes 100 messages later: the ring knows 64. */
	for (int i = 0; i < 100; i++) {
		char text[16];
		snprintf(text, sizeof(text), "n%d", i);
		talks(room_of_user("bob@example.org"), "carol", text);
		next_id("to='" BOB "'", text, id);
		if (i == 0)
			assert_string_not_equal(id, ids[0]);
	}
	talks(room_of_user("bob@example.org"), "carol", "end");
	next_id("to='" BOB "'", "end", id);
	talks(room_of_user("alice@example.org"), "carol", "end");
	next_id("to='" ALICE "'", "end", ids[0]);
	assert_string_equal(id, ids[0]);
}

static void test_newcomer(void **state)
{
	(void)state;
	char first[64], second[64];
	be_joined();
	talks(room(), "carol", "hi");
	next_id("to='" ALICE "'", "hi", first);
	joins(BOB, "bob");
	struct gw_room *b = room_of_user("bob@example.org");
	gw_room_joined(b, "bob");
	settle();
	drop_sent();
	/* What was said before he came is another message. */
	talks(b, "carol", "hi");
	next_id("to='" BOB "'", "hi", second);
	assert_string_not_equal(first, second);
	talks(room(), "carol", "hi");
	next_id("to='" ALICE "'", "hi", first);
	assert_string_equal(first, second);
}

/* --- Private chats ------------------------------------------------------- */

static void got_chat(int status, const struct archive_page *page, void *arg)
{
	assert_int_equal(status, 0);
	assert_int_equal(page->count, 4);
	assert_string_equal(page->messages[0].from, "");
	assert_string_equal(page->messages[0].text, "psst");
	assert_string_equal(page->messages[1].from, "carol");
	assert_string_equal(page->messages[1].text, "what?");
	/* As it was shown. */
	assert_string_equal(page->messages[2].text, "/me is *loud*");
	/* By another way than ours. */
	assert_string_equal(page->messages[3].from, "");
	assert_string_equal(page->messages[3].text, "from elsewhere");
	*(bool *)arg = true;
}

static void test_private_chats(void **state)
{
	(void)state;
	bool done = false;
	be_joined();
	says("<message from='" ALICE "' to='carol~net@" GW_JID
	     "' type='chat' id='p1'><body>psst</body></message>");
	const struct gw_message m = { .from = "carol", .text = "what?" };
	const struct gw_span loud = { .start = 3, .end = 7, .style = GW_BOLD };
	const struct gw_message action = { .kind = GW_ACTION,
		.from = "carol",
		.text = "is loud",
		.spans = &loud,
		.span_count = 1 };
	gw_message(&account()->session, NULL, &m);
	gw_message(&account()->session, NULL, &action);
	settle();
	drop_sent();
	const struct gw_message own = { .from = "alice",
		.text = "from elsewhere",
		.own = true,
		.to = "carol" };
	gw_message(&account()->session, NULL, &own);
	settle();
	assert_int_equal(heard.count, 0);
	struct archive_query q = { .max = 10 };
	history_chat_id(account(), "carol", &q.channel);
	archive_query(host.archive, &q, got_chat, &done);
	loop_settle(loop, 60000, &done);
	assert_true(done);
	struct archive_channel_id other;
	history_chat_id(account(), "dave", &other);
	assert_memory_not_equal(&other, &q.channel, sizeof(other));
}

static void got_nothing(int status, const struct archive_page *page, void *arg)
{
	assert_int_equal(status, 0);
	assert_int_equal(page->count, 0);
	*(bool *)arg = true;
}

/* What is said to a service may be a password. */
static void test_confidential_chats(void **state)
{
	(void)state;
	bool done = false;
	be_joined();
	says("<message from='" ALICE "' to='guard~net@" GW_JID
	     "' type='chat' id='p1'><body>identify pencil</body></message>");
	const struct gw_message m = { .from = "guard", .text = "welcome" };
	gw_message(&account()->session, NULL, &m);
	settle();
	struct archive_query q = { .max = 10 };
	history_chat_id(account(), "guard", &q.channel);
	archive_query(host.archive, &q, got_nothing, &done);
	loop_settle(loop, 60000, &done);
	assert_true(done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limits),
		TEST(test_kinds),
		TEST(test_order),
		TEST(test_gone_meanwhile),
		TEST(test_early_messages),
		TEST(test_archive_off),
		TEST(test_own_times_only),
		TEST(test_copies),
		TEST(test_reflection_is_a_copy),
		TEST(test_pieces_after),
		TEST(test_pieces_before),
		TEST(test_late_copy),
		TEST(test_long_behind),
		TEST(test_newcomer),
		TEST(test_private_chats),
		TEST(test_confidential_chats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
