/*
 * Pictures of people: their hash in presence (XEP-0153), and what they publish
 * as personal eventing services (XEP-0060, 0084, 0163, 0292).
 */
#include "host/host_fixture.h"

#define SHA_1 "1111111111111111111111111111111111111111"
#define SHA_2 "2222222222222222222222222222222222222222"
#define INFO  "<query xmlns='" NS_DISCO_INFO "'/>"
#define ITEMS "<query xmlns='" NS_DISCO_ITEMS "'/>"
#define CAPS  "<c xmlns='" NS_CAPS "' node='urn:c' ver='%s'/>"
#define WANTS "<feature var='" NS_AVATAR_METADATA "+notify'/>"

static struct gw_photo of_anna;

static void photo_of(
	struct gw_session *s, const char *person, struct gw_photo *out)
{
	(void)s;
	if (strcmp(person, "anna") == 0)
		*out = of_anna;
}

static void has_photo(const char *sha1)
{
	of_anna = (struct gw_photo){
		.type = "image/png", .bytes = 8, .width = 48, .height = 32
	};
	text_copy(of_anna.sha1, sizeof(of_anna.sha1), sha1);
}

static void changes_to(const char *sha1)
{
	has_photo(sha1);
	gw_person_changed(net.session, "anna");
	settle();
}

/* Anna is a contact, with this picture. */
static void with_anna(const char *sha1)
{
	net_ops.photo_of = photo_of;
	has_photo(sha1);
	be_online();
	says("<presence from='" BARE "' to='" ANNA "' type='subscribed'/>");
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	pass(SECOND);
	forget();
}

static void ask(const char *type, const char *payload)
{
	saysf("<iq from='" ALICE "' to='%s' type='%s' id='q'>%s</iq>", ANNA,
		type, payload);
}

static void ask_items(const char *node, const char *inside)
{
	saysf("<iq from='" ALICE "' to='%s' type='get' id='q'>"
	      "<pubsub xmlns='" NS_PUBSUB "'><items node='%s'%s</items>"
	      "</pubsub></iq>",
		ANNA, node, inside);
}

/* The client says what it can do when it is asked. */
static void client(const char *jid, const char *ver, const char *features)
{
	saysf("<presence from='%s' to='" GW "'>" CAPS "</presence>", jid, ver);
	EXPECT_AMONG("type='get'", NS_DISCO_INFO);
	const char *id = strstr(last_sent, " id='") + 5;
	saysf("<iq from='%s' to='" GW "' type='result' id='%.*s'>"
	      "<query xmlns='" NS_DISCO_INFO "'>%s</query></iq>",
		jid, (int)strcspn(id, "'"), id, features);
}

#define EVENT(sha1)                                                           \
	"<event xmlns='" NS_PUBSUB_EVENT "'><items node='" NS_AVATAR_METADATA \
	"'><item id='" sha1 "'><metadata xmlns='" NS_AVATAR_METADATA          \
	"'><info "                                                            \
	"bytes='8' id='" sha1 "' type='image/png' width='48' height='32'/>"

/* --- Presence ------------------------------------------------------------ */

static void test_presence(void **state)
{
	(void)state;
	with_anna(SHA_1);
	says("<presence from='" ALICE "' to='" ANNA "' type='probe'/>");
	pass(SECOND);
	EXPECT("<presence from='" ANNA "'",
		"<x xmlns='" NS_VCARD_UPDATE "'><photo>" SHA_1 "</photo></x>");
	changes_to(SHA_2);
	EXPECT("<presence from='" ANNA "'", "<photo>" SHA_2 "</photo>");
	/* An empty one says that there is none. */
	changes_to("");
	EXPECT("<presence from='" ANNA "'",
		"<x xmlns='" NS_VCARD_UPDATE "'><photo/></x>");
	/* Where there are no pictures, nothing is said of them. */
	net_ops.photo_of = NULL;
	gw_person_changed(net.session, "anna");
	settle();
	EXPECT("<presence from='" ANNA "'", "!" NS_VCARD_UPDATE);
	EXPECT_QUIET();
}

/* --- Discovery ----------------------------------------------------------- */

static void test_discovery(void **state)
{
	(void)state;
	with_anna(SHA_1);
	ask("get", INFO);
	EXPECT("<identity category='pubsub' type='pep'/>", NS_PUBSUB "'/>",
		NS_PUBSUB "#retrieve-items'", NS_PUBSUB "#auto-subscribe'",
		NS_PUBSUB "#filtered-notifications'",
		NS_PUBSUB "#last-published'", "!publish'");
	ask("get", ITEMS);
	EXPECT("<item jid='" ANNA "' node='" NS_AVATAR_DATA "'/>"
	       "<item jid='" ANNA "' node='" NS_AVATAR_METADATA "'/>"
	       "<item jid='" ANNA "' node='" NODE_VCARD4 "'/></query>");
	ask("get",
		"<query xmlns='" NS_DISCO_INFO "' node='" NS_AVATAR_DATA "'/>");
	EXPECT("node='" NS_AVATAR_DATA "'",
		"<identity category='pubsub' type='leaf'/>");
	changes_to("");
	forget();
	ask("get", ITEMS);
	EXPECT("'><item jid='" ANNA "' node='" NODE_VCARD4 "'/></query>");
	ask("get",
		"<query xmlns='" NS_DISCO_INFO "' node='" NS_AVATAR_DATA "'/>");
	EXPECT("<item-not-found");
	/* A network without pictures notifies of nothing. */
	net_ops.photo_of = NULL;
	ask("get", INFO);
	EXPECT("type='pep'", "#retrieve-items'", "!#auto-subscribe",
		"!#filtered-notifications");
	/* One that tells nothing of people is no such service. */
	net_ops.lookup = NULL;
	ask("get", INFO);
	EXPECT("<identity", "!pubsub");
	ask("get", ITEMS);
	EXPECT("<query xmlns='" NS_DISCO_ITEMS "'/>");
	EXPECT_QUIET();
}

/* --- Reading ------------------------------------------------------------- */

#define RESULT "type='result' id='q'><pubsub xmlns='" NS_PUBSUB "'><items "

static void test_metadata(void **state)
{
	static const char *const wanting[] = { ">", " max_items='1'>",
		"><item id='" SHA_1 "'/>",
		"><item id='x'/><item/><item id='" SHA_1 "'/>" };
	(void)state;
	with_anna(SHA_1);
	for (size_t i = 0; i < COUNT(wanting); i++) {
		ask_items(NS_AVATAR_METADATA, wanting[i]);
		EXPECT(RESULT "node='" NS_AVATAR_METADATA "'><item id='" SHA_1
			      "'><metadata xmlns='" NS_AVATAR_METADATA
			      "'><info bytes='8' id='" SHA_1
			      "' type='image/png' width='48' height='32'/>"
			      "</metadata></item></items></pubsub></iq>");
	}
	ask_items(NS_AVATAR_METADATA, "><item id='" SHA_2 "'/>");
	EXPECT(RESULT "node='" NS_AVATAR_METADATA "'/></pubsub>");
	/* Sizes that nobody knows are not guessed. */
	of_anna.width = 0;
	ask_items(NS_AVATAR_METADATA, ">");
	EXPECT("<info bytes='8' id='" SHA_1 "' type='image/png'/>");
	has_photo("");
	ask_items(NS_AVATAR_METADATA, ">");
	EXPECT("type='error' id='q'", "<item-not-found");
	EXPECT_QUIET();
}

static void tell_photo(const char *photo)
{
	const struct gw_item other = { .key = "realname", .value = "Anna" };
	const struct gw_item item = { .key = "photo", .value = photo };
	EXPECT_CALL("lookup profile anna");
	gw_item(net.session, net.request, &other);
	if (photo != NULL)
		gw_item(net.session, net.request, &item);
	gw_done(net.session, net.request, NULL);
	settle();
}

static void test_data(void **state)
{
	(void)state;
	with_anna(SHA_1);
	asked.next = asked.count;
	ask_items(NS_AVATAR_DATA, "><item id='" SHA_1 "'/>");
	tell_photo("image/png;iVBORw0KGgo=");
	EXPECT("from='" ANNA "' to='" ALICE "'",
		RESULT "node='" NS_AVATAR_DATA "'><item id='" SHA_1
		       "'><data xmlns='" NS_AVATAR_DATA
		       "'>iVBORw0KGgo=</data></item></items></pubsub></iq>");
	/* An old one is not there any more, and not looked for. */
	ask_items(NS_AVATAR_DATA, "><item id='" SHA_2 "'/>");
	EXPECT(RESULT "node='" NS_AVATAR_DATA "'/></pubsub>");
	ask_items(NS_AVATAR_DATA, ">");
	tell_photo(NULL);
	EXPECT(RESULT "node='" NS_AVATAR_DATA "'/></pubsub>");
	ask_items(NS_AVATAR_DATA, ">");
	EXPECT_CALL("lookup profile anna");
	gw_fail(net.session, net.request, GW_NO_SUCH, "Gone");
	settle();
	EXPECT("type='error' id='q'", "<item-not-found", "Gone");
	has_photo("");
	ask_items(NS_AVATAR_DATA, ">");
	EXPECT("type='error' id='q'", "<item-not-found");
	EXPECT_QUIET();
}

static void test_card(void **state)
{
	(void)state;
	with_anna("");
	asked.next = asked.count;
	ask_items(NODE_VCARD4, ">");
	tell_photo("image/png;iVBORw0KGgo=");
	EXPECT(RESULT "node='" NODE_VCARD4
		      "'><item id='current'><vcard xmlns='" NS_VCARD4
		      "'><fn><text>Anna</text></fn><photo>");
	ask_items(NODE_VCARD4, "><item id='other'/>");
	EXPECT(RESULT "node='" NODE_VCARD4 "'/></pubsub>");
	EXPECT_QUIET();
}

#define VERB(verb, inside) \
	"<pubsub xmlns='" NS_PUBSUB "'><" verb inside "/></pubsub>"
#define UNSUPPORTED(feature) \
	"<unsupported xmlns='" NS_PUBSUB_ERRORS "' feature='" feature "'/>"

static void test_refused(void **state)
{
	static const struct {
		const char *type, *payload, *error, *detail;
	} rows[] = {
		{ "get", VERB("items", " node='urn:xmpp:other'"),
			"<item-not-found", "" },
		{ "get", VERB("items", ""), "<bad-request",
			"<nodeid-required xmlns='" NS_PUBSUB_ERRORS "'/>" },
		{ "get", "<pubsub xmlns='" NS_PUBSUB "'/>", "<bad-request",
			"" },
		{ "get", VERB("x", ""), "<bad-request", "" },
		{ "set", VERB("items", " node='" NODE_VCARD4 "'"),
			"<bad-request", "" },
		{ "set", VERB("subscribe", " node='" NS_AVATAR_METADATA "'"),
			"<feature-not-implemented", UNSUPPORTED("subscribe") },
		{ "set", VERB("publish", " node='" NS_AVATAR_METADATA "'"),
			"<feature-not-implemented", UNSUPPORTED("publish") },
		{ "get", VERB("subscriptions", ""), "<feature-not-implemented",
			UNSUPPORTED("retrieve-subscriptions") },
	};
	(void)state;
	with_anna(SHA_1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(rows[i].type, rows[i].payload);
		EXPECT("type='error' id='q'", rows[i].error, rows[i].detail);
	}
	/* Neither the gateway nor a network publishes. */
	says("<iq from='" ALICE "' to='" GW "' type='get' id='q'>" VERB(
		"items", " node='" NODE_VCARD4 "'") "</iq>");
	EXPECT("<service-unavailable");
	EXPECT_QUIET();
}

/* --- Notifications ------------------------------------------------------- */

static void test_client_that_wants(void **state)
{
	(void)state;
	with_anna(SHA_1);
	client(ALICE2, "1", "<feature var='" NS_AVATAR_METADATA "'/>");
	pass(SECOND);
	forget(); /* it only has pictures itself */
	client(ALICE, "1", WANTS);
	EXPECT("<message from='" ANNA "' to='" ALICE "'", "type='headline'",
		EVENT(SHA_1));
	EXPECT_QUIET();
	/* What it knows it is not told again. */
	says("<presence from='" ALICE "' to='" ANNA "' type='probe'/>");
	pass(SECOND);
	forget();
	client(ALICE, "2", WANTS);
	EXPECT_QUIET();
	gw_person_changed(net.session, "anna");
	settle();
	EXPECT("<presence");
	EXPECT_QUIET();
	changes_to(SHA_2);
	EXPECT("<presence", SHA_2);
	EXPECT("<message from='" ANNA "' to='" ALICE "'", EVENT(SHA_2));
	EXPECT_QUIET();
	changes_to("");
	EXPECT("<presence", "<photo/>");
	EXPECT("<message from='" ANNA "' to='" ALICE "'",
		"<metadata xmlns='" NS_AVATAR_METADATA "'/>");
	EXPECT_QUIET();
	/* Not any more. */
	client(ALICE, "3", "");
	changes_to(SHA_1);
	EXPECT("<presence", SHA_1);
	EXPECT_QUIET();
}

static void test_nobody_else(void **state)
{
	(void)state;
	net_ops.photo_of = photo_of;
	has_photo(SHA_1);
	be_online();
	client(ALICE, "1", WANTS);
	forget();
	/* No contact of hers. */
	changes_to(SHA_2);
	EXPECT_QUIET();
	/* Now she is, and later she is not. */
	says("<presence from='" BARE "' to='" ANNA "' type='subscribed'/>");
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	pass(SECOND);
	EXPECT_AMONG("<message from='" ANNA "' to='" ALICE "'", EVENT(SHA_2));
	forget();
	says("<presence from='" BARE "' to='" ANNA "' type='unsubscribe'/>");
	forget();
	changes_to(SHA_1);
	EXPECT_QUIET();
}

/* A new session of a client is another client. */
static void test_client_again(void **state)
{
	(void)state;
	with_anna(SHA_1);
	client(ALICE, "1", WANTS);
	EXPECT("<message", EVENT(SHA_1));
	client(ALICE2, "1", WANTS);
	EXPECT_AMONG("<message from='" ANNA "' to='" ALICE2 "'", EVENT(SHA_1));
	forget();
	says("<presence from='" ALICE2 "' to='" GW "' type='unavailable'/>");
	forget();
	client(ALICE2, "1", WANTS);
	EXPECT_AMONG("<message from='" ANNA "' to='" ALICE2 "'", EVENT(SHA_1));
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_presence),
		TEST(test_discovery),
		TEST(test_metadata),
		TEST(test_data),
		TEST(test_card),
		TEST(test_refused),
		TEST(test_client_that_wants),
		TEST(test_nobody_else),
		TEST(test_client_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
