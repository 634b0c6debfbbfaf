/*
 * Messages for several people (XEP-0033), in both directions, and presence
 * that a server gathered for several addresses.
 */
#include "host/durable_fixture.h"

#include "host/receivers.h"

#define BEN "ben%canyon@" GW
#define CAT "cat%canyon@" GW

static void several_send(struct gw_session *s, const struct gw_outgoing *m)
{
	static const char *const names[] = { "to", "cc", "bcc", "replyto",
		"noreply" };
	struct str line = { .max = 16 * KIB };
	net.session = s;
	net.request = m->request;
	str_addf(&line, "send %s '%s'", or_dash(m->to), m->text);
	for (size_t i = 0; i < m->receiver_count; i++)
		str_addf(&line, " %s=%s", names[m->receivers[i].as],
			or_dash(m->receivers[i].person));
	note("%s", str_text(&line));
	str_finish(&line);
}

/* "net:anna" */
static int read_uri(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	char local[80];
	*reason_r = "nobody is called so";
	if (!text_format(local, sizeof(local), "%s%%canyon",
		    strchr(text, ':') + 1) ||
		strchr(local, '!') != NULL)
		return -1;
	return net_ops.parse_address(gw, local, out, reason_r);
}

static int setup_several(void **state)
{
	(void)state;
	long_begin();
	net_ops.caps |= GW_CAP_ADDRESSES;
	net_ops.send = several_send;
	configure("", "");
	start_host();
	be_online();
	return 0;
}

static const char *const schemes[] = { "net", "other", NULL };

static int setup_uris(void **state)
{
	(void)state;
	long_begin();
	net_ops.caps |= GW_CAP_ADDRESSES;
	net_ops.uri_schemes = schemes;
	net_ops.read_input = read_uri;
	net_ops.send = several_send;
	configure("", "");
	start_host();
	be_online();
	return 0;
}

static int setup_without(void **state)
{
	(void)state;
	long_begin();
	net_ops.send = several_send;
	configure("", "");
	start_host();
	be_online();
	return 0;
}

#define TO(jid)   "<address type='to' jid='" jid "'/>"
#define CC(jid)   "<address type='cc' jid='" jid "'/>"
#define BCC(jid)  "<address type='bcc' jid='" jid "'/>"
#define DONE(jid) "<address type='to' jid='" jid "' delivered='true'/>"

static void writes_to(const char *to, const char *addresses)
{
	saysf("<message from='" ALICE "' to='%s' type='chat' id='m1'>"
	      "<body>Hi</body><addresses xmlns='" NS_ADDRESS
	      "'>%s</addresses></message>",
		to, addresses);
}

/* --- Of the user --------------------------------------------------------- */

static void all_get_one_message(void **state)
{
	(void)state;
	writes_to(GW, TO(ANNA) CC(BEN) BCC(CAT));
	EXPECT_CALL("send anna 'Hi' to=anna cc=ben bcc=cat");
	tell(net.request, GW_FAILED, "ben: no such box");
	EXPECT("type='error'", "from='" GW "'", "id='m1'", "item-not-found",
		"ben: no such box");
}

static void the_contact_is_one_of_them(void **state)
{
	(void)state;
	writes_to(ANNA, CC(BEN));
	EXPECT_CALL("send anna 'Hi' cc=ben to=anna");
	writes_to(ANNA, CC(ANNA) TO(BEN));
	EXPECT_CALL("send anna 'Hi' cc=anna to=ben");
	EXPECT_QUIET();
}

static void who_has_it_gets_it_not_again(void **state)
{
	(void)state;
	writes_to(GW, DONE(ANNA) TO(BEN));
	EXPECT_CALL("send ben 'Hi' to=ben");
	/* As a server sends a copy on to each. */
	writes_to(ANNA, DONE(ANNA) DONE("bob@example.org"));
	EXPECT_CALL("send anna 'Hi'");
	EXPECT_QUIET();
}

static void nobody_is_named_twice(void **state)
{
	(void)state;
	writes_to(GW, TO(ANNA) BCC(ANNA) CC(BEN "/x") CC(BEN));
	EXPECT_CALL("send anna 'Hi' to=anna cc=ben");
}

static void where_answers_go(void **state)
{
	(void)state;
	writes_to(ANNA, TO(BEN) "<address type='replyto' jid='" ANNA
				"'/><address type='noreply'/>");
	EXPECT_CALL("send anna 'Hi' to=ben replyto=anna noreply=- to=anna");
}

static void all_or_none(void **state)
{
	(void)state;
	static const struct {
		const char *addresses, *condition;
	} rows[] = {
		{ TO(ANNA) TO("bob@example.org"), "<forbidden" },
		{ TO(ANNA) "<address type='to' uri='mailto:x@y.z'/>",
			"<jid-malformed" },
		{ TO(ANNA) "<address type='cc'/>", "<jid-malformed" },
		{ TO(ANNA) TO("@"), "<jid-malformed" },
		{ TO(ANNA) TO("#deep%canyon@" GW), "<not-acceptable" },
		{ TO(ANNA) TO("ben%valley@" GW), "<not-acceptable" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		writes_to(GW, rows[i].addresses);
		EXPECT("type='error'", "id='m1'", rows[i].condition);
		writes_to(ANNA, rows[i].addresses);
		EXPECT("type='error'", "id='m1'", rows[i].condition);
	}
	EXPECT_QUIET();
}

static void write_many(unsigned count)
{
	struct str all = { .max = 64 * KIB };
	for (unsigned i = 0; i < count; i++)
		str_addf(&all, "<address type='to' jid='n%u%%canyon@" GW "'/>",
			i);
	writes_to(GW, str_text(&all));
	str_finish(&all);
}

#define URI(uri) "<address type='to' uri='" uri "'/>"

static void people_have_uris(void **state)
{
	(void)state;
	writes_to(GW, URI("net:anna") TO(BEN) URI("OTHER:cat"));
	EXPECT_CALL("send anna 'Hi' to=anna to=ben to=cat");
	writes_to(GW, URI("net:anna") TO(ANNA));
	EXPECT_CALL("send anna 'Hi' to=anna");
	writes_to(
		GW, "<address type='to' uri='x:!' delivered='true'/>" TO(BEN));
	EXPECT_CALL("send ben 'Hi' to=ben");
	EXPECT_QUIET();
}

static void bad_uris_are_named(void **state)
{
	static const struct {
		const char *addresses, *text;
	} rows[] = {
		{ TO(BEN) URI("net:a!b"), "net:a!b: nobody is called so" },
		{ TO(BEN) URI("mailto:x@y.z"), "mailto:x@y.z: " },
		{ TO(BEN) URI("net"), "net: " },
		{ TO(BEN) URI(""), "<jid-malformed" },
		{ TO(BEN) "<address type='to' uri='net:anna' jid='" ANNA "'/>",
			"one address" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		writes_to(GW, rows[i].addresses);
		EXPECT("type='error'", "id='m1'", "<jid-malformed",
			rows[i].text);
	}
	EXPECT_QUIET();
}

/* As Cheogram reads it: one JID, the user's, and the others by URI. */
static void the_network_tells_uris(void **state)
{
	(void)state;
	const struct gw_receiver list[] = {
		{ GW_TO, "canyon", NULL },
		{ GW_TO, "ben", "Ben" },
		{ GW_NO_REPLY, NULL, NULL },
	};
	const struct gw_message m = { .from = "anna",
		.text = "To all",
		.receivers = list,
		.receiver_count = COUNT(list) };
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT("<body>To all</body>", "<addresses xmlns='" NS_ADDRESS "'>",
		"<address type='to' jid='" BARE "' delivered='true'/>",
		"<address type='to' uri='net:ben' desc='Ben' "
		"delivered='true'/>",
		"<address type='noreply'/></addresses>");
}

/* Behind Cheogram: it is told, and hands on to the one who has it not yet. */
static void a_relay_hands_it_on(void **state)
{
	(void)state;
	const struct gw_receiver list[] = {
		{ GW_TO, "canyon", NULL },
		{ GW_TO, "ben", NULL },
	};
	struct gw_message m = { .from = "anna",
		.text = "To all",
		.receivers = list,
		.receiver_count = COUNT(list) };
	configure("", "relays = ( \"other.org\", \"example.org\" );");
	host_reload(host, load_options());
	assert_true(gw_is_relayed(net.session));
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT("to='example.org'", "<body>To all</body>",
		"<address type='to' jid='" BARE "'/>",
		"<address type='to' uri='net:ben' delivered='true'/>");
	m.receiver_count = 0;
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT("to='" BARE "'", "!<addresses");
	configure("", "relays = ( \"other.org\" );");
	host_reload(host, load_options());
	assert_false(gw_is_relayed(net.session));
}

static void too_many_are_refused(void **state)
{
	(void)state;
	write_many(LIMIT_RECEIVERS + 1);
	EXPECT("type='error'", "<not-acceptable");
	EXPECT_QUIET();
	forget();
	write_many(LIMIT_RECEIVERS);
	assert_int_equal(asked.count, asked.next + 1);
	assert_non_null(strstr(asked.calls[asked.next], " to=n0 to=n1 "));
	assert_non_null(strstr(asked.calls[asked.next], " to=n49"));
}

static void they_outlive_the_process(void **state)
{
	(void)state;
	writes_to(GW, TO(ANNA) BCC(BEN));
	EXPECT_CALL("send anna 'Hi' to=anna bcc=ben");
	crash_and_start();
	EXPECT_CALL("open canyon");
	EXPECT_CALL("send anna 'Hi' to=anna bcc=ben");
}

static void without_it_there_is_an_error(void **state)
{
	(void)state;
	writes_to(GW, TO(ANNA) CC(BEN));
	EXPECT("type='error'", "feature-not-implemented", "each of them");
	writes_to(ANNA, TO(BEN));
	EXPECT("type='error'", "feature-not-implemented");
	EXPECT_QUIET();
	writes_to(ANNA, DONE(BEN) TO(ANNA));
	EXPECT_CALL("send anna 'Hi'");
}

static void asks_info(const char *to, const char *id)
{
	saysf("<iq from='" ALICE "' to='%s' type='get' id='%s'>"
	      "<query xmlns='" NS_DISCO_INFO "'/></iq>",
		to, id);
}

static void announced_where_it_works(void **state)
{
	(void)state;
	asks_info(GW, "d1");
	EXPECT("var='" NS_ADDRESS "'");
	asks_info(VALLEY, "d2");
	EXPECT("id='d2'", "!" NS_ADDRESS);
}

static void not_announced_elsewhere(void **state)
{
	(void)state;
	asks_info(GW, "d1");
	EXPECT("id='d1'", "!" NS_ADDRESS);
}

/* --- Presence ------------------------------------------------------------ */

static void presence_reaches_each(void **state)
{
	(void)state;
	says("<presence from='" ALICE "' to='" GW "' type='subscribe'>"
	     "<addresses xmlns='" NS_ADDRESS "'>" TO(ANNA) DONE(CAT)
			TO(BEN) "</addresses></presence>");
	EXPECT_AMONG("from='" ANNA "'", "type='subscribed'");
	EXPECT_AMONG("from='" BEN "'", "type='subscribed'");
	for (size_t i = 0; i < heard.count; i++)
		assert_null(strstr(heard.sent[i], CAT));
}

/* --- Of the network ------------------------------------------------------ */

static void who_else_got_it(void **state)
{
	(void)state;
	const struct gw_receiver list[] = {
		{ GW_TO, "ben", "Ben" },
		{ GW_CC, "cat", NULL },
		{ GW_REPLY_TO, "dan", NULL },
		{ GW_NO_REPLY, NULL, NULL },
	};
	const struct gw_message m = { .from = "anna",
		.text = "To all",
		.network_id = "n1",
		.durable = true,
		.receivers = list,
		.receiver_count = COUNT(list) };
	gw_message(net.session, NULL, &m);
	settle();
	EXPECT("<body>To all</body>", "<addresses xmlns='" NS_ADDRESS "'>",
		"<address type='to' jid='" BEN "' desc='Ben' "
		"delivered='true'/>",
		"<address type='cc' jid='" CAT "' delivered='true'/>",
		"<address type='replyto' jid='dan%canyon@" GW "'/>",
		"<address type='noreply'/></addresses>");
}

/* --- Storing ------------------------------------------------------------- */

static void what_is_damaged_is_none(void **state)
{
	(void)state;
	const struct gw_receiver list[] = { { GW_TO, "ben", "Ben" },
		{ GW_NO_REPLY, NULL, NULL } };
	struct gw_receiver again[LIMIT_RECEIVERS];
	struct str bytes = { .max = 1 * KIB };
	receivers_pack(&bytes, list, COUNT(list));
	for (size_t len = 1; len < bytes.len; len++) {
		struct unpack cut = { .rest = slice_make(bytes.data, len) };
		assert_int_equal(receivers_unpack(&cut, again), 0);
		assert_true(cut.is_broken);
	}
	struct unpack whole = { .rest = str_slice(&bytes) };
	assert_int_equal(receivers_unpack(&whole, again), 2);
	assert_string_equal(again[0].title, "Ben");
	struct unpack none = { .rest = { NULL, 0 } };
	assert_int_equal(receivers_unpack(&none, again), 0);
	assert_false(none.is_broken);
	str_finish(&bytes);
}

#define TEST_SEVERAL(name) \
	cmocka_unit_test_setup_teardown(name, setup_several, teardown)
#define TEST_URIS(name) \
	cmocka_unit_test_setup_teardown(name, setup_uris, teardown)
#define TEST_WITHOUT(name) \
	cmocka_unit_test_setup_teardown(name, setup_without, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_SEVERAL(all_get_one_message),
		TEST_SEVERAL(the_contact_is_one_of_them),
		TEST_SEVERAL(who_has_it_gets_it_not_again),
		TEST_SEVERAL(nobody_is_named_twice),
		TEST_SEVERAL(where_answers_go),
		TEST_SEVERAL(all_or_none),
		TEST_SEVERAL(too_many_are_refused),
		TEST_URIS(people_have_uris),
		TEST_URIS(bad_uris_are_named),
		TEST_URIS(the_network_tells_uris),
		TEST_URIS(a_relay_hands_it_on),
		TEST_SEVERAL(they_outlive_the_process),
		TEST_WITHOUT(without_it_there_is_an_error),
		TEST_SEVERAL(announced_where_it_works),
		TEST_WITHOUT(not_announced_elsewhere),
		TEST_SEVERAL(presence_reaches_each),
		TEST_SEVERAL(who_else_got_it),
		cmocka_unit_test(what_is_damaged_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
