/*
 * XEP-0313 at the bare JID of a room.
 */
#include "host/room_fixture.h"

#define LINES 12

static char ids[LINES][64];

/* carol and dave speak in turn, one line a minute. */
static void be_with_history(void)
{
	be_joined();
	for (int i = 0; i < LINES; i++) {
		char text[32];
		snprintf(text, sizeof(text), "line %d", i);
		talks(room(), i % 3 == 2 ? "dave" : "carol", text);
		const char *mark = "by='" CHAN "' id='";
		const char *at = strstr(heard.sent[0], mark);
		assert_non_null(at);
		at += strlen(mark);
		text_format(ids[i], sizeof(ids[i]), "%.*s",
			(int)strcspn(at, "'"), at);
		drop_sent();
		pass(60000);
	}
}

static void query(const char *form, const char *rest)
{
	says("<iq type='set' from='" ALICE "' to='" CHAN
	     "' id='q1'><query xmlns='" NS_MAM "' queryid='f1'>"
	     "<x xmlns='" NS_DATA_FORM "' type='submit'>"
	     "<field var='FORM_TYPE' type='hidden'><value>" NS_MAM
	     "</value></field>%s</x>%s</query></iq>",
		form, rest);
}

#define FIELD(var, value) \
	"<field var='" var "'><value>" value "</value></field>"

static void expect_line(int i)
{
	char body[32], id[128];
	snprintf(body, sizeof(body), "<body>line %d</body>", i);
	snprintf(id, sizeof(id), "queryid='f1' id='%s'>", ids[i]);
	EXPECT("<message from='" CHAN "' to='" ALICE "'",
		"<result xmlns='urn:xmpp:mam:2' ", id,
		"<forwarded xmlns='urn:xmpp:forward:0'>"
		"<delay xmlns='urn:xmpp:delay' stamp='",
		i % 3 == 2 ? "<message xmlns='jabber:client' from='" CHAN
			     "/dave' type='groupchat' id='"
			   : "<message xmlns='jabber:client' from='" CHAN
			     "/carol' type='groupchat' id='",
		body, "<occupant-id");
}

static void expect_end(
	const char *complete, const char *first, const char *last)
{
	char set[256] = "!<first";
	if (first != NULL)
		snprintf(set, sizeof(set), ">%s</first><last>%s</last>", first,
			last);
	EXPECT("<iq from='" CHAN "' to='" ALICE
	       "' type='result' id='q1'><fin xmlns='urn:xmpp:mam:2'",
		"<set xmlns='" NS_RSM "'", complete, set);
	EXPECT_QUIET();
}

static void test_pages(void **state)
{
	/* Lines [first, end) are the answer. `%s` in a form or a page is the
	 * id of line `mark`. */
	static const struct {
		const char *form, *rest;
		int mark, first, end;
		bool complete, flip;
	} rows[] = {
		{ "", "", 0, 0, 12, true, false },
		{ "", "<set xmlns='" NS_RSM "'><max>5</max></set>", 0, 0, 5,
			false, false },
		{ "",
			"<set xmlns='" NS_RSM
			"'><max>5</max><after>%s</after></set>",
			4, 5, 10, false, false },
		{ "",
			"<set xmlns='" NS_RSM
			"'><max>5</max><after>%s</after></set>",
			9, 10, 12, true, false },
		{ "", "<set xmlns='" NS_RSM "'><after>%s</after></set>", 11, 12,
			12, true, false },
		{ "", "<set xmlns='" NS_RSM "'><max>3</max><before/></set>", 0,
			9, 12, false, false },
		{ "",
			"<set xmlns='" NS_RSM
			"'><max>3</max><before>%s</before></set>",
			9, 6, 9, false, false },
		{ "",
			"<set xmlns='" NS_RSM
			"'><max>30</max><before>%s</before></set>",
			9, 0, 9, true, false },
		{ "",
			"<set xmlns='" NS_RSM
			"'><max>3</max><before/></set><flip-page/>",
			0, 9, 12, false, true },
		{ FIELD("after-id", "%s"), "", 7, 8, 12, true, false },
		{ FIELD("before-id", "%s"), "", 7, 0, 7, true, false },
		{ FIELD("before-id", "%s"),
			"<set xmlns='" NS_RSM "'><max>2</max></set>", 7, 0, 2,
			false, false },
		{ FIELD("ids", "%s"), "", 7, 7, 8, true, false },
		{ FIELD("start", "2023-11-14T22:18:20Z"), "", 0, 5, 12, true,
			false },
		{ FIELD("end", "2023-11-14T22:18:20Z"), "", 0, 0, 6, true,
			false },
		{ FIELD("start", "2023-11-14T22:15:20Z")
				FIELD("end", "2023-11-14T22:18:20Z"),
			"", 0, 2, 6, true, false },
		{ FIELD("start", "2030-01-01T00:00:00Z"), "", 0, 0, 0, true,
			false },
		{ FIELD("with", CHAN), "", 0, 0, 12, true, false },
		{ FIELD("with", CHAN "/nobody"), "", 0, 0, 0, true, false },
		{ FIELD("with", "x@example.org"), "", 0, 0, 0, true, false },
	};
	(void)state;
	be_with_history();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char form[512], rest[512];
		const char *mark = ids[rows[i].mark];
		print_message("row %zu\n", i);
		const char *at = strstr(rows[i].form, "%s");
		text_format(form, sizeof(form), "%.*s%s%s",
			at ? (int)(at - rows[i].form) : 1000, rows[i].form,
			at ? mark : "", at ? at + 2 : "");
		at = strstr(rows[i].rest, "%s");
		text_format(rest, sizeof(rest), "%.*s%s%s",
			at ? (int)(at - rows[i].rest) : 1000, rows[i].rest,
			at ? mark : "", at ? at + 2 : "");
		query(form, rest);
		int first = rows[i].first, end = rows[i].end;
		for (int j = first; j < end; j++)
			expect_line(rows[i].flip ? first + end - 1 - j : j);
		expect_end(rows[i].complete ? " complete='true'>"
					    : "!complete='true'",
			end > first ? ids[first] : NULL,
			end > first ? ids[end - 1] : NULL);
	}
}

static void test_with(void **state)
{
	static const char *const who[] = { CHAN "/dave", "dave~net@" GW_JID };
	(void)state;
	be_with_history();
	for (size_t i = 0; i < COUNT(who); i++) {
		char form[256];
		print_message("row %zu\n", i);
		snprintf(form, sizeof(form),
			"<field var='with'><value>%s</value></field>", who[i]);
		query(form, "");
		expect_line(2);
		expect_line(5);
		expect_line(8);
		expect_line(11);
		expect_end(" complete='true'>", ids[2], ids[11]);
	}
	says("<message from='" ALICE "' to='" CHAN
	     "' type='groupchat' id='mine'><body>me</body></message>");
	drop_sent();
	asked.next = asked.count;
	query(FIELD("with", "alice@example.org"), "");
	EXPECT("from='" CHAN "/alice' type='groupchat' id='mine'>",
		"<body>me</body>", "jid='alice@example.org'");
	EXPECT("<fin");
	EXPECT_QUIET();
}

static void test_several_ids(void **state)
{
	(void)state;
	char form[512];
	be_with_history();
	snprintf(form, sizeof(form),
		"<field var='ids'><value>%s</value><value>%s</value>"
		"</field>",
		ids[3], ids[8]);
	query(form, "");
	expect_line(3);
	expect_line(8);
	expect_end(" complete='true'>", ids[3], ids[8]);
}

static void test_count(void **state)
{
	(void)state;
	be_with_history();
	query("", "<set xmlns='" NS_RSM "'><max>0</max></set>");
	EXPECT("type='result' id='q1'", "<count>12</count>", "!<first");
	EXPECT_QUIET();
}

static void test_errors(void **state)
{
	static const struct {
		const char *form, *rest, *error;
	} rows[] = {
		{ FIELD("after-id", "nonsense"), "", "<item-not-found" },
		{ FIELD("before-id", ""), "", "<item-not-found" },
		{ FIELD("ids", "nonsense"), "", "<item-not-found" },
		{ "", "<set xmlns='" NS_RSM "'><after>bad</after></set>",
			"<item-not-found" },
		{ "", "<set xmlns='" NS_RSM "'><before>bad</before></set>",
			"<item-not-found" },
		{ "", "<set xmlns='" NS_RSM "'><max>-1</max></set>",
			"<bad-request" },
		{ "", "<set xmlns='" NS_RSM "'><index>5</index></set>",
			"<feature-not-implemented" },
		{ FIELD("start", "yesterday"), "", "<bad-request" },
		{ FIELD("end", ""), "", "<bad-request" },
		{ FIELD("with", "@"), "", "<jid-malformed" },
		{ FIELD("{urn:x}free-text", "x"), "",
			"<feature-not-implemented" },
	};
	(void)state;
	be_with_history();
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		query(rows[i].form, rows[i].rest);
		EXPECT("<iq from='" CHAN "' to='" ALICE
		       "' type='error' id='q1'>",
			rows[i].error);
		EXPECT_QUIET();
	}
	/* An id of another room. */
	struct archive_channel_id other;
	char id[ARCHIVE_ID_SIZE], form[128];
	channel_make_id(gateway, "net", "#other", &other);
	archive_id_format(
		host.archive, &other, archive_next_number(host.archive), id);
	snprintf(form, sizeof(form),
		"<field var='after-id'><value>%s</value></field>", id);
	query(form, "");
	EXPECT("type='error' id='q1'", "<item-not-found");
}

static void test_form(void **state)
{
	(void)state;
	says("<iq type='get' from='" ALICE "' to='" CHAN
	     "' id='q1'><query xmlns='" NS_MAM "'/></iq>");
	EXPECT("type='result' id='q1'", "<value>urn:xmpp:mam:2</value>",
		"var='with'", "var='start'", "var='end'", "var='before-id'",
		"var='after-id'", "var='ids'", "<open/>");
	EXPECT_QUIET();
}

static void metadata(void)
{
	says("<iq type='get' from='" ALICE "' to='" CHAN
	     "' id='q1'><metadata xmlns='" NS_MAM "'/></iq>");
}

static void test_metadata(void **state)
{
	(void)state;
	char part[128];
	metadata();
	EXPECT("type='result' id='q1'", "<metadata xmlns='" NS_MAM "'/>");
	be_with_history();
	metadata();
	snprintf(part, sizeof(part),
		"<start id='%s' timestamp='"
		"2023-11-14T22:13:20Z'/>",
		ids[0]);
	EXPECT("type='result' id='q1'", part, "<end id='");
	EXPECT_QUIET();
}

/* How many there are, and where the page is among them; what filters counts,
 * what pages does not. */
static void test_count_and_index(void **state)
{
	static const struct {
		const char *field; /* with this id: */
		int field_id;
		int max;
		const char *way; /* of paging, from this id: */
		int way_id;
		const char *index, *count;
	} rows[] = {
		{ NULL, 0, 5, NULL, 0, "<first index='0'>",
			"<count>12</count>" },
		{ NULL, 0, 5, "after", 3, "<first index='4'>",
			"<count>12</count>" },
		{ NULL, 0, 2, "before", 6, "<first index='4'>",
			"<count>12</count>" },
		{ "after-id", 3, 5, NULL, 0, "<first index='0'>",
			"<count>8</count>" },
		{ "after-id", 3, 5, "after", 5, "<first index='2'>",
			"<count>8</count>" },
		{ "before-id", 10, 2, "before", 9, "<first index='7'>",
			"<count>10</count>" },
		{ "before-id", 3, 0, NULL, 0, "!<first", "<count>3</count>" },
	};
	(void)state;
	be_with_history();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char fields[256] = "", set[256], way[128] = "";
		if (rows[i].field != NULL)
			snprintf(fields, sizeof(fields), FIELD("%s", "%s"),
				rows[i].field, ids[rows[i].field_id]);
		if (rows[i].way != NULL)
			snprintf(way, sizeof(way), "<%s>%s</%s>", rows[i].way,
				ids[rows[i].way_id], rows[i].way);
		snprintf(set, sizeof(set),
			"<set xmlns='" NS_RSM "'><max>%d</max>%s</set>",
			rows[i].max, way);
		drop_sent();
		query(fields, set);
		EXPECT_AMONG("<fin", rows[i].index, rows[i].count);
	}
	/* Every message would have to be looked at. */
	drop_sent();
	query(FIELD("with", CHAN "/carol"), "");
	EXPECT_AMONG("<fin", "<first>", "!<count");
	drop_sent();
}

static void test_after_leaving(void **state)
{
	(void)state;
	be_with_history();
	says("<presence from='" ALICE "' to='" CHAN
	     "/alice' type='unavailable'/>");
	drop_sent();
	asked.next = asked.count;
	assert_null(account());
	query("", "<set xmlns='" NS_RSM "'><max>2</max><before/></set>");
	expect_line(10);
	expect_line(11);
	expect_end("!complete", ids[10], ids[11]);
	assert_null(user_find(gateway, "alice@example.org"));
}

static void test_strangers(void **state)
{
	(void)state;
	be_with_history();
	says("<iq type='set' from='" BOB "' to='" CHAN
	     "' id='q2'><query xmlns='" NS_MAM "'/></iq>");
	EXPECT("to='" BOB "' type='result' id='q2'", "complete='true'",
		"!<first");
	EXPECT_QUIET();
	char form[256];
	snprintf(form, sizeof(form),
		"<x xmlns='" NS_DATA_FORM "' type='submit'><field var='ids'>"
		"<value>%s</value></field></x>",
		ids[0]);
	says("<iq type='set' from='" BOB "' to='" CHAN
	     "' id='q2'><query xmlns='" NS_MAM "'>%s</query></iq>",
		form);
	EXPECT("to='" BOB "' type='error' id='q2'", "<item-not-found");
}

static void test_subjects(void **state)
{
	(void)state;
	be_joined();
	gw_room_subject(room(), "New", "carol", 0);
	drop_sent();
	query("", "");
	EXPECT("from='" CHAN "/carol'", "<subject>New</subject>", "!<body");
	EXPECT("<fin", "complete='true'");
}

static void test_gone_gateway(void **state)
{
	(void)state;
	be_with_history();
	/* The answer comes when nobody is there any more. */
	struct arena a;
	arena_init(&a, 64 * KIB);
	struct xml payload = { .name = "query", .ns = NS_MAM };
	struct xml xml = { .name = "iq",
		.ns = NS_COMPONENT,
		.first = &payload,
		.last = &payload };
	struct stanza s = { .kind = STANZA_IQ,
		.type = TYPE_SET,
		.id = "late",
		.xml = &xml,
		.arena = &a };
	struct target t;
	const char *why;
	assert_int_equal(jid_parse(&s.from, slice_of(ALICE), &a), 0);
	assert_int_equal(jid_parse(&s.to, slice_of(CHAN), &a), 0);
	assert_int_equal(target_read(gateway, NULL, &s.to, &t, &why), 0);
	mam_iq(account()->user, &t, &s);
	gateway_free(&gateway);
	drop_sent();
	settle();
	assert_int_equal(heard.count, 0);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pages),
		TEST(test_with),
		TEST(test_several_ids),
		TEST(test_count),
		TEST(test_errors),
		TEST(test_form),
		TEST(test_metadata),
		TEST(test_count_and_index),
		TEST(test_after_leaving),
		TEST(test_strangers),
		TEST(test_subjects),
		TEST(test_gone_gateway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
