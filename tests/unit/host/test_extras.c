/*
 * What messages are besides text, in both directions: answers, corrections,
 * withdrawals, reactions, files.
 */
#include "host/durable_fixture.h"

#include "host/room.h"

#define ALL                                                              \
	(GW_CAP_REPLY | GW_CAP_CORRECT | GW_CAP_RETRACT | GW_CAP_REACT | \
		GW_CAP_FILES)

static void extras_send(struct gw_session *s, const struct gw_outgoing *m)
{
	net.session = s;
	net.request = m->request;
	note("send %s '%s'%s", m->room != NULL ? m->room->name : m->to, m->text,
		m->reaction ? " reaction" : "");
	if (m->reply_to != NULL)
		note("... to %s", m->reply_to);
	if (m->quote != NULL)
		note("... quotes '%s'", m->quote);
	if (m->replaces != NULL)
		note("... replaces %s", m->replaces);
	if (m->retracts != NULL)
		note("... retracts %s", m->retracts);
	if (m->file != NULL)
		note("... file %s %s %s %d", m->file->url,
			or_dash(m->file->name), or_dash(m->file->type),
			(int)m->file->size);
}

static int setup_extras(void **state)
{
	(void)state;
	long_begin();
	net_ops.caps |= ALL;
	net_ops.send = extras_send;
	configure("", "");
	start_host();
	be_online();
	return 0;
}

/* A durable network that can do nothing of it. */
static int setup_plain(void **state)
{
	(void)state;
	long_begin();
	net_ops.send = extras_send;
	configure("", "");
	start_host();
	be_online();
	return 0;
}

static void hears_in(struct gw_room *room, const struct gw_message *m)
{
	struct gw_message durable = *m;
	durable.durable = true;
	gw_message(net.session, room, &durable);
	settle();
}

static void take_id(char out[256], const char *before)
{
	const char *id = strstr(last_sent, before);
	assert_non_null(id);
	id += strlen(before);
	snprintf(out, 256, "%.*s", (int)strcspn(id, "'"), id);
}

static void accept_as(const char *network_id)
{
	const struct gw_result result = { .stage = GW_ACCEPTED,
		.network_id = network_id };
	gw_result(net.session, net.request, &result);
	settle();
}

/* Private, with these children. */
static void writes_xml(const char *id, const char *children)
{
	saysf("<message from='" ALICE "' to='%s' type='chat' id='%s'>"
	      "%s</message>",
		ANNA, id, children);
}

static void says_xml(const char *id, const char *children)
{
	saysf("<message from='" ALICE "' to='%s' type='groupchat' id='%s'>"
	      "%s</message>",
		ROOM, id, children);
}

static void enter(void)
{
	says("<presence from='" ALICE "' to='" ROOM "/alice'>"
	     "<x xmlns='" NS_MUC "'/></presence>");
	pass(SECOND);
	forget();
}

/* --- Answers ------------------------------------------------------------- */

static void answers_to_the_network(void **state)
{
	char id[256], xml[1024];
	(void)state;
	hears_in(NULL,
		&(struct gw_message){
			.from = "anna", .text = "How?", .network_id = "n1" });
	EXPECT("<body>How?</body>");
	take_id(id, " id='");
	forget();
	snprintf(xml, sizeof(xml),
		"<body>&gt; How?\nS\xc3\xb6!</body><reply xmlns='" NS_REPLY
		"' id='%s'/><fallback xmlns='" NS_FALLBACK "' for='" NS_REPLY
		"'><body start='0' end='7'/></fallback>",
		id);
	writes_xml("m1", xml);
	EXPECT_CALL("send anna 'S\xc3\xb6!'");
	EXPECT_CALL("... to n1");
	EXPECT_CALL("... quotes 'How?'");
	/* Of an id that nobody knows the quotation is left. */
	writes_xml("m2",
		"<body>&gt; How?\nSo!</body><reply xmlns='" NS_REPLY
		"' id='who-knows'/><fallback xmlns='" NS_FALLBACK
		"' for='" NS_REPLY "'><body start='0' end='7'/></fallback>");
	EXPECT_CALL("send anna '> How?\nSo!'");
	EXPECT_QUIET();
}

static void answers_to_himself(void **state)
{
	(void)state;
	writes_xml("m1", "<body>First</body>");
	accept_as("own-1");
	forget();
	writes_xml(
		"m2", "<body>More</body><reply xmlns='" NS_REPLY "' id='m1'/>");
	EXPECT_CALL("send anna 'More'");
	EXPECT_CALL("... to own-1");
}

static void answers_of_the_network(void **state)
{
	char id[256], reply[400];
	(void)state;
	hears_in(NULL,
		&(struct gw_message){
			.from = "anna", .text = "How?", .network_id = "n1" });
	EXPECT("<body>How?</body>");
	take_id(id, " id='");
	writes_xml("m1", "<body>So!</body>");
	accept_as("own-1");
	forget();
	hears_in(NULL, &(struct gw_message){ .from = "anna",
			       .text = "Well.",
			       .network_id = "n2",
			       .reply_to = "own-1" });
	EXPECT("<body>Well.</body>", "<reply xmlns='" NS_REPLY "'",
		"to='" BARE "'", " id='m1'/>");
	hears_in(NULL, &(struct gw_message){ .from = "anna",
			       .text = "As I said.",
			       .network_id = "n3",
			       .reply_to = "n1" });
	snprintf(reply, sizeof(reply), " id='%s'/>", id);
	EXPECT("<body>As I said.</body>", "<reply", reply, "to='" ANNA "'");
}

static void answers_in_rooms(void **state)
{
	char id[256], own[256], xml[1024];
	(void)state;
	enter();
	hears_in(net.room,
		&(struct gw_message){
			.from = "Echo", .text = "How?", .network_id = "n1" });
	EXPECT("<body>How?</body>");
	take_id(id, "by='" ROOM "' id='");
	forget();
	snprintf(xml, sizeof(xml),
		"<body>So!</body><reply xmlns='" NS_REPLY "' id='%s'/>", id);
	says_xml("m1", xml);
	says_xml("m2", "<body>And so.</body>");
	EXPECT_CALL("send #deep 'So!'");
	EXPECT_CALL("... to n1");
	EXPECT_CALL("send #deep 'And so.'");
	net.request--;
	accept_as("own-1");
	EXPECT("<body>So!</body>", "<reply xmlns='" NS_REPLY "'", id);
	take_id(own, "by='" ROOM "' id='");
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "Well.",
				   .network_id = "n2",
				   .reply_to = "own-1" });
	EXPECT("<body>Well.</body>", "<reply xmlns='" NS_REPLY "'", own);
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "As I said.",
				   .network_id = "n3",
				   .reply_to = "n1" });
	EXPECT("<body>As I said.</body>", "<reply xmlns='" NS_REPLY "'", id);
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "Whatever.",
				   .network_id = "n4",
				   .reply_to = "unknown" });
	EXPECT("<body>Whatever.</body>", "!<reply");
}

/* --- Corrections, withdrawals -------------------------------------------- */

static void corrects(void **state)
{
	(void)state;
	writes_xml("m2",
		"<body>Hello</body><replace xmlns='" NS_CORRECT "' id='m1'/>");
	EXPECT_CALL("send anna 'Hello'");
	EXPECT_CALL("... replaces m1");
	enter();
	says_xml("m4",
		"<body>Hello</body><replace xmlns='" NS_CORRECT "' id='m3'/>");
	EXPECT_CALL("send #deep 'Hello'");
	EXPECT_CALL("... replaces m3");
	accept_as(NULL);
	EXPECT("<body>Hello</body>", "id='m4'",
		"<replace xmlns='" NS_CORRECT "' id='m3'/>");
}

static void withdraws(void **state)
{
	char id[256], xml[1024];
	(void)state;
	writes_xml("m2", "<body>I withdraw</body><retract xmlns='" NS_RETRACT
			 "' id='m1'/>");
	EXPECT_CALL("send anna ''");
	EXPECT_CALL("... retracts m1");
	/* As clients of version 0.3 say it. */
	writes_xml("m3",
		"<apply-to xmlns='" NS_FASTEN
		"' id='m1'><retract xmlns='" NS_RETRACT_0 "'/></apply-to>");
	EXPECT_CALL("send anna ''");
	EXPECT_CALL("... retracts m1");
	enter();
	says_xml("m4", "<body>Oops</body>");
	accept_as(NULL);
	EXPECT("<body>Oops</body>");
	take_id(id, "by='" ROOM "' id='");
	forget();
	snprintf(xml, sizeof(xml), "<retract xmlns='" NS_RETRACT "' id='%s'/>",
		id);
	says_xml("m5", xml);
	EXPECT_CALL("send #deep ''");
	EXPECT_CALL("... retracts m4");
	accept_as(NULL);
	EXPECT("<retract xmlns='" NS_RETRACT "'", id, "!<body");
	/* It is not there for whom comes, and a tombstone in the archive. */
	says("<iq from='" ALICE "' to='" ROOM "' type='set' id='q'>"
	     "<query xmlns='" NS_MAM "'/></iq>");
	settle();
	EXPECT_AMONG("<result", "id='m4'",
		"<retracted xmlns='" NS_RETRACT "' id='m5' stamp='", "!Oops");
	EXPECT_AMONG(
		"<result", "id='m5'", "<retract xmlns='" NS_RETRACT "'", id);
	forget();
	says("<presence from='" ALICE2 "' to='" ROOM "/Me'><x xmlns='" NS_MUC
	     "'/></presence>");
	settle();
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], "Oops"));
}

static void what_cannot_be_done(void **state)
{
	(void)state;
	writes_xml("m2", "<body>I withdraw</body><retract xmlns='" NS_RETRACT
			 "' id='m1'/>");
	EXPECT("type='error'", "id='m2'", "<feature-not-implemented",
		"cannot be withdrawn");
	writes_xml("m3",
		"<body>Hello</body><replace xmlns='" NS_CORRECT "' id='m1'/>");
	EXPECT_CALL("send anna '(correction) Hello'");
	writes_xml("m4", "<reactions xmlns='" NS_REACTIONS
			 "' id='m1'><reaction>+</reaction></reactions>");
	EXPECT_QUIET();
	writes_xml("m5",
		"<body>https://x.example/a.png</body>"
		"<x xmlns='" NS_OOB "'><url>https://x.example/a.png</url></x>");
	EXPECT_CALL("send anna 'https://x.example/a.png'");
	EXPECT_QUIET();
	says("<iq from='" ALICE "' to='" ANNA "' type='get' id='d'>"
	     "<query xmlns='" NS_DISCO_INFO "'/></iq>");
	EXPECT("id='d'", "!" NS_REPLY, "!" NS_REACTIONS, "!" NS_FILE_SHARING,
		"!" NS_RETRACT, "!" NS_CORRECT);
}

static void announces_what_can_be_done(void **state)
{
	(void)state;
	says("<iq from='" ALICE "' to='" ANNA "' type='get' id='d'>"
	     "<query xmlns='" NS_DISCO_INFO "'/></iq>");
	EXPECT("id='d'", NS_REPLY, NS_REACTIONS, NS_FILE_SHARING, NS_RETRACT,
		NS_CORRECT, NS_OOB);
	says("<iq from='" ALICE "' to='" ROOM "' type='get' id='e'>"
	     "<query xmlns='" NS_DISCO_INFO "'/></iq>");
	EXPECT("id='e'", NS_REPLY, NS_REACTIONS, NS_FILE_SHARING, NS_RETRACT,
		NS_CORRECT, NS_OOB);
}

static void take_ver(char out[64])
{
	const char *ver = strstr(last_sent, " ver='");
	assert_non_null(ver);
	ver += strlen(" ver='");
	snprintf(out, 64, "%.*s", (int)strcspn(ver, "'"), ver);
}

static bool anna_reacts;

static unsigned some_caps(
	struct gw_session *s, struct gw_room *room, const char *person)
{
	(void)s;
	assert_true(room != NULL || strcmp(person, "anna") == 0);
	return anna_reacts ? ~0u : ~(unsigned)GW_CAP_REACT;
}

/* Not everybody on the network can do the same. */
static void announces_who_can_do_it(void **state)
{
	(void)state;
	net_ops.caps_of = some_caps;
	anna_reacts = false;
	enter();
	says("<iq from='" ALICE "' to='" ANNA "' type='get' id='d'>"
	     "<query xmlns='" NS_DISCO_INFO "'/></iq>");
	EXPECT("id='d'", NS_REPLY, "!" NS_REACTIONS);
	says("<iq from='" ALICE "' to='" ROOM "' type='get' id='e'>"
	     "<query xmlns='" NS_DISCO_INFO "'/></iq>");
	EXPECT("id='e'", NS_REPLY, "!" NS_REACTIONS);
	says("<presence from='" BARE "' to='" ANNA "' type='subscribed'/>");
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	says("<presence from='" ALICE "' to='" ANNA "' type='probe'/>");
	pass(SECOND);
	forget();
	/* Who knows the old ones by their hash hears of it. */
	gw_person_changed(net.session, "anna");
	settle();
	char before[64], after[64];
	EXPECT("<presence", "from='" ANNA "'", " ver='");
	take_ver(before);
	anna_reacts = true;
	gw_person_changed(net.session, "anna");
	settle();
	EXPECT("<presence", "from='" ANNA "'", " ver='");
	take_ver(after);
	assert_string_not_equal(before, after);
	saysf("<iq from='" ALICE "' to='%s' type='get' id='f'>"
	      "<query xmlns='" NS_DISCO_INFO "' node='%s#%s'/></iq>",
		ANNA, CAPS_NODE, after);
	EXPECT("id='f'", "type='result'", NS_REACTIONS);
}

/* --- Reactions ----------------------------------------------------------- */

static void reacts(void **state)
{
	char id[256], xml[1024];
	(void)state;
	hears_in(NULL,
		&(struct gw_message){
			.from = "anna", .text = "How?", .network_id = "n1" });
	EXPECT("<body>How?</body>");
	take_id(id, " id='");
	forget();
	snprintf(xml, sizeof(xml),
		"<reactions xmlns='" NS_REACTIONS "' id='%s'>"
		"<reaction>\xf0\x9f\x91\x8d</reaction><reaction>!</reaction>"
		"</reactions><store xmlns='" NS_HINTS "'/>",
		id);
	writes_xml("m1", xml);
	EXPECT_CALL("send anna '\xf0\x9f\x91\x8d !' reaction");
	EXPECT_CALL("... to n1");
	/* Taken back. */
	snprintf(xml, sizeof(xml),
		"<reactions xmlns='" NS_REACTIONS "' id='%s'/>", id);
	writes_xml("m2", xml);
	EXPECT_CALL("send anna '' reaction");
	EXPECT_CALL("... to n1");
	/* To what nobody knows. */
	writes_xml("m3", "<reactions xmlns='" NS_REACTIONS
			 "' id='nonsense'><reaction>+</reaction></reactions>");
	EXPECT("type='error'", "id='m3'", "which message");
	EXPECT_QUIET();
}

static void reacts_in_rooms(void **state)
{
	char id[256], xml[1024];
	(void)state;
	enter();
	hears_in(net.room,
		&(struct gw_message){
			.from = "Echo", .text = "How?", .network_id = "n1" });
	EXPECT("<body>How?</body>");
	take_id(id, "by='" ROOM "' id='");
	forget();
	snprintf(xml, sizeof(xml),
		"<reactions xmlns='" NS_REACTIONS "' id='%s'>"
		"<reaction>+</reaction></reactions>",
		id);
	says_xml("m1", xml);
	EXPECT_CALL("send #deep '+' reaction");
	EXPECT_CALL("... to n1");
	accept_as(NULL);
	EXPECT("<reactions xmlns='" NS_REACTIONS "'", id,
		"<reaction>+</reaction>", "!<body");
}

static void others_react(void **state)
{
	char id[256], reactions[400];
	(void)state;
	writes_xml("m1", "<body>So!</body>");
	accept_as("own-1");
	forget();
	hears_in(NULL, &(struct gw_message){ .kind = GW_REACTION,
			       .from = "anna",
			       .text = "+ -",
			       .network_id = "n1",
			       .reply_to = "own-1" });
	EXPECT("from='" ANNA "'",
		"<reactions xmlns='" NS_REACTIONS "' id='m1'>",
		"<reaction>+</reaction><reaction>-</reaction>", "!<body",
		"<store");
	EXPECT_CALL("settled n1");
	enter();
	hears_in(net.room,
		&(struct gw_message){
			.from = "Echo", .text = "How?", .network_id = "n2" });
	EXPECT("<body>How?</body>");
	take_id(id, "by='" ROOM "' id='");
	hears_in(net.room, &(struct gw_message){ .kind = GW_REACTION,
				   .from = "Echo",
				   .text = "+",
				   .network_id = "n3",
				   .reply_to = "n2" });
	snprintf(reactions, sizeof(reactions),
		"<reactions xmlns='" NS_REACTIONS "' id='%s'>", id);
	EXPECT("from='" ROOM "/Echo'", reactions, "<reaction>+</reaction>",
		"!<body");
}

/* What people of the network correct and withdraw has the id that the user's
 * clients know. */
static void others_correct(void **state)
{
	char id[256], replace[400], retract[400];
	(void)state;
	hears_in(NULL,
		&(struct gw_message){
			.from = "anna", .text = "Hw?", .network_id = "n1" });
	EXPECT("<body>Hw?</body>");
	take_id(id, " id='");
	hears_in(NULL, &(struct gw_message){ .from = "anna",
			       .text = "How?",
			       .network_id = "n2",
			       .replaces = "n1" });
	snprintf(replace, sizeof(replace),
		"<replace xmlns='" NS_CORRECT "' id='%s'/>", id);
	EXPECT("from='" ANNA "'", "<body>How?</body>", replace);
	EXPECT_CALL("settled n1");
	EXPECT_CALL("settled n2");
	hears_in(NULL, &(struct gw_message){ .from = "anna",
			       .text = "",
			       .network_id = "n3",
			       .retracts = "n1" });
	snprintf(retract, sizeof(retract),
		"<retract xmlns='" NS_RETRACT "' id='%s'/>", id);
	EXPECT("from='" ANNA "'", retract, "<store", "!<body", "!<markable");
	EXPECT_CALL("settled n3");
	EXPECT_QUIET();
}

static void others_correct_in_rooms(void **state)
{
	char id[256], own[256], replace[400], retract[400];
	(void)state;
	enter();
	hears_in(net.room,
		&(struct gw_message){
			.from = "Echo", .text = "Hw?", .network_id = "n1" });
	EXPECT("<body>Hw?</body>");
	take_id(id, "by='" ROOM "' id='");
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "How?",
				   .network_id = "n2",
				   .replaces = "n1" });
	snprintf(replace, sizeof(replace),
		"<replace xmlns='" NS_CORRECT "' id='%s'/>", id);
	EXPECT("from='" ROOM "/Echo'", "<body>How?</body>", replace);
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "",
				   .network_id = "n3",
				   .retracts = "n1" });
	snprintf(retract, sizeof(retract),
		"<retract xmlns='" NS_RETRACT "' id='%s'/>", id);
	EXPECT("from='" ROOM "/Echo'", retract, "!<body");
	take_id(own, "by='" ROOM "' id='");
	/* Of what nobody has heard. */
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "Whatever.",
				   .network_id = "n4",
				   .replaces = "unknown" });
	EXPECT("<body>(correction) Whatever.</body>", "!<replace");
	forget();
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "",
				   .network_id = "n5",
				   .retracts = "unknown" });
	EXPECT_CALL("settled n5");
	EXPECT_QUIET();
	/* Who reads it later finds what corrects it, and a tombstone. */
	says("<iq from='" ALICE "' to='" ROOM "' type='set' id='q'>"
	     "<query xmlns='" NS_MAM "'/></iq>");
	settle();
	char tombstone[400];
	snprintf(tombstone, sizeof(tombstone),
		"<retracted xmlns='" NS_RETRACT "' id='%s' stamp='", own);
	EXPECT_AMONG("from='" ROOM "/Echo'", tombstone, "<occupant-id",
		"!<body", "<delay");
	EXPECT_AMONG("<body>(correction) How?</body>");
	EXPECT_AMONG("<result", own, retract, "!<body");
}

/* --- Files --------------------------------------------------------------- */

#define URL "https://x.example/a.png"

static void sends_files(void **state)
{
	(void)state;
	writes_xml("m1", "<body>" URL "</body><x xmlns='" NS_OOB "'><url>" URL
			 "</url></x>");
	EXPECT_CALL("send anna ''");
	EXPECT_CALL("... file " URL " - - -1");
	writes_xml("m2",
		"<body>" URL "</body><file-sharing xmlns='" NS_FILE_SHARING
		"'><file xmlns='" NS_FILE_METADATA
		"'><media-type>image/png</media-type><name>a.png"
		"</name><size>77</size></file><sources><url-data "
		"xmlns='" NS_URL_DATA "' target='" URL
		"'/></sources></file-sharing>");
	EXPECT_CALL("send anna ''");
	EXPECT_CALL("... file " URL " a.png image/png 77");
	/* A link in a text is text. */
	writes_xml("m3", "<body>See " URL "</body><x xmlns='" NS_OOB
			 "'><url>" URL "</url></x>");
	EXPECT_CALL("send anna 'See " URL "'");
	EXPECT_QUIET();
}

static void gets_files(void **state)
{
	static const struct gw_file file = { .url = URL,
		.name = "a.png",
		.type = "image/png",
		.size = 77,
		.sha256 = "9f86d081884c7d659a2feaa0c55ad015"
			  "a3bf4f1b2b0b822cd15d6c15b0f00a08" };
	(void)state;
	hears_in(NULL, &(struct gw_message){ .from = "anna",
			       .text = "My cat",
			       .network_id = "n1",
			       .file = &file });
	EXPECT("<body>" URL "</body>",
		"<x xmlns='" NS_OOB "'><url>" URL "</url></x>",
		"<file-sharing xmlns='" NS_FILE_SHARING
		"' disposition='inline'>",
		"<media-type>image/png</media-type><name>a.png</name>"
		"<size>77</size><desc>My cat</desc><hash xmlns='" NS_HASHES
		"' algo='sha-256'>n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
		"</hash>",
		"<url-data xmlns='" NS_URL_DATA "' target='" URL "'/>");
	EXPECT_CALL("settled n1");
	enter();
	hears_in(net.room, &(struct gw_message){ .from = "Echo",
				   .text = "",
				   .network_id = "n2",
				   .file = &file });
	EXPECT("<body>" URL "</body>", "<file-sharing", "!<desc");
}

#define TEST_EXTRAS(name) \
	cmocka_unit_test_setup_teardown(name, setup_extras, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_EXTRAS(answers_to_the_network),
		TEST_EXTRAS(answers_to_himself),
		TEST_EXTRAS(answers_of_the_network),
		TEST_EXTRAS(answers_in_rooms),
		TEST_EXTRAS(corrects),
		TEST_EXTRAS(withdraws),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_done, setup_plain, teardown),
		TEST_EXTRAS(announces_what_can_be_done),
		TEST_EXTRAS(announces_who_can_do_it),
		TEST_EXTRAS(reacts),
		TEST_EXTRAS(reacts_in_rooms),
		TEST_EXTRAS(others_react),
		TEST_EXTRAS(others_correct),
		TEST_EXTRAS(others_correct_in_rooms),
		TEST_EXTRAS(sends_files),
		TEST_EXTRAS(gets_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
