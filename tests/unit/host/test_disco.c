/*
 * Service discovery (XEP-0030), its hash (XEP-0115), contact addresses
 * (XEP-0157) and the list of rooms with paging (XEP-0059).
 */
#include "host/host_fixture.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "xmpp/tree.h"

#define ROOM_JID "#deep%canyon@" GW

static void ask_info(const char *to, const char *node)
{
	char attr[256] = "";
	if (node != NULL)
		text_format(attr, sizeof(attr), " node='%s'", node);
	saysf("<iq from='" ALICE
	      "' to='%s' type='get' id='d'><query xmlns='" NS_DISCO_INFO
	      "'%s/></iq>",
		to, attr);
}

static void ask_items(const char *to, const char *node, const char *set)
{
	char attr[256] = "";
	if (node != NULL)
		text_format(attr, sizeof(attr), " node='%s'", node);
	saysf("<iq from='" ALICE
	      "' to='%s' type='get' id='d'><query xmlns='" NS_DISCO_ITEMS
	      "'%s>%s</query></iq>",
		to, attr, set);
}

/* --- Information ------------------------------------------------------------
 */

static void test_gateway_info(void **state)
{
	static const char *const features[] = { NS_DISCO_INFO, NS_DISCO_ITEMS,
		NS_REGISTER, NS_COMMANDS, NS_GATEWAY, NS_PING, NS_VERSION,
		NS_LAST, NS_TIME, NS_VCARD, NS_MUC, "jid\\20escaping" };
	(void)state;
	ask_info(GW, NULL);
	EXPECT("type='result' id='d'",
		"<identity category='gateway' type='echo' "
		"name='Echo gateway'/>",
		"<identity category='conference' type='text'",
		"!node=", "!" NS_SERVERINFO);
	for (size_t i = 0; i < COUNT(features); i++) {
		char part[128];
		text_format(
			part, sizeof(part), "<feature var='%s'/>", features[i]);
		if (strstr(last_sent, part) == NULL)
			fail_msg("no %s", part);
	}
	ask_info(VALLEY, NULL);
	EXPECT("from='" VALLEY "'", "category='gateway' type='echo'",
		"name='canyon'", NS_REGISTER);
	EXPECT_QUIET();
}

static void test_person_info(void **state)
{
	(void)state;
	ask_info(ANNA, NULL);
	EXPECT("from='" ANNA "'", "<identity category='client' type='pc'/>",
		NS_PING, NS_VCARD, NS_RECEIPTS, NS_MARKERS, "!" NS_REGISTER,
		"!" NS_CHAT_STATES);
	/* Only what the network can do. */
	net_ops.lookup = NULL;
	net_ops.caps = GW_CAP_TYPING | GW_CAP_RECEIPTS;
	ask_info(ANNA, NULL);
	EXPECT("!" NS_PING, "!" NS_VCARD, NS_CHAT_STATES, NS_RECEIPTS,
		"!" NS_MARKERS);
	net_ops.caps = GW_CAP_DISPLAYED;
	ask_info(ANNA, NULL);
	EXPECT(NS_MARKERS, "!" NS_RECEIPTS);
	ask_info(ANNA, "other");
	EXPECT("<item-not-found");
	EXPECT_QUIET();
}

static void test_no_rooms(void **state)
{
	(void)state;
	net_ops.caps = 0;
	ask_info(GW, NULL);
	EXPECT("category='gateway'", "!conference", "!" NS_MUC);
}

/* Rooms that nobody looks for make no conference service. */
static void test_rooms_by_invitation(void **state)
{
	(void)state;
	net_ops.list_rooms = NULL;
	ask_info(GW, NULL);
	EXPECT("category='gateway'", "!conference", NS_MUC);
}

/* Clients that look at the first conference find the network's own. */
static void test_own_type_is_first(void **state)
{
	(void)state;
	net_ops.room_type = "echo";
	ask_info(GW, NULL);
	EXPECT("category='gateway'",
		"<identity category='conference' type='echo' name='Echo "
		"gateway'/><identity category='conference' type='text'");
}

static void test_nodes(void **state)
{
	(void)state;
	ask_info(GW, "none");
	EXPECT("type='error'", "<item-not-found");
	ask_info(VALLEY, "none");
	EXPECT("<item-not-found");
	ask_info(GW, NS_COMMANDS);
	EXPECT("type='result'", "category='automation' type='command-list'",
		"node='" NS_COMMANDS "'");
	ask_info(GW, "register");
	EXPECT("category='automation' type='command-node'", NS_COMMANDS,
		NS_DATA_FORM, "node='register'");
	ask_info(GW, "shout");
	EXPECT("type='command-node' name='Shout'");
	/* Hidden from who may not. */
	ask_info(GW, NS_ADMIN "#announce");
	EXPECT("<item-not-found");
	ask_items(GW, "none", "");
	EXPECT("<item-not-found");
	EXPECT_QUIET();
}

/* --- The hash ----------------------------------------------------------------
 */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_sorted(struct str *out, char *texts[64], size_t count)
{
	qsort(texts, count, sizeof(texts[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		str_add(out, texts[i]);
		str_add_char(out, '<');
		xfree(texts[i]);
	}
}

static char *identity_text(const struct xml *x)
{
	char text[256];
	const char *lang = xml_lang(x), *name = xml_attr(x, "name");
	text_format(text, sizeof(text), "%s/%s/%s/%s", xml_attr(x, "category"),
		xml_attr(x, "type"), lang != NULL ? lang : "",
		name != NULL ? name : "");
	return xstrdup(text);
}

static void add_form(struct str *out, const struct xml *form, struct arena *a)
{
	char *fields[64], *type = NULL;
	size_t count = 0;
	for (const struct xml *f = xml_child(form, "field", NULL); f != NULL;
		f = xml_next(f, "field", NULL)) {
		char *values[64];
		size_t n = 0;
		struct str text = { .max = 4 * KIB };
		for (const struct xml *v = xml_child(f, "value", NULL);
			v != NULL; v = xml_next(v, "value", NULL))
			values[n++] = xstrdup(xml_text(v, a));
		if (strcmp(xml_attr(f, "var"), "FORM_TYPE") == 0) {
			type = values[0];
			continue;
		}
		str_addf(&text, "%s<", xml_attr(f, "var"));
		add_sorted(&text, values, n);
		str_truncate(&text, text.len - 1);
		fields[count++] = xstrdup(str_text(&text));
		str_finish(&text);
	}
	str_addf(out, "%s<", type);
	xfree(type);
	add_sorted(out, fields, count);
}

/* XEP-0115 section 5.1 over an answer, as a client computes it. */
static void hash_of(const char *answer, struct str *out)
{
	struct tree t;
	struct str text = { .max = 64 * KIB };
	char *texts[64];
	size_t count = 0;
	unsigned char digest[SHA1_SIZE];
	tree_init(&t, answer);
	const struct xml *query = xml_child(t.root, "query", NS_DISCO_INFO);
	assert_non_null(query);
	for (const struct xml *x = xml_child(query, "identity", NULL);
		x != NULL; x = xml_next(x, "identity", NULL))
		texts[count++] = identity_text(x);
	add_sorted(&text, texts, count);
	count = 0;
	for (const struct xml *x = xml_child(query, "feature", NULL); x != NULL;
		x = xml_next(x, "feature", NULL))
		texts[count++] = xstrdup(xml_attr(x, "var"));
	add_sorted(&text, texts, count);
	const struct xml *form = xml_child(query, "x", NS_DATA_FORM);
	if (form != NULL)
		add_form(&text, form, &t.arena);
	crypto_sha1(str_slice(&text), digest);
	base64_encode(out, slice_make((char *)digest, sizeof(digest)));
	str_finish(&text);
	tree_finish(&t);
}

/* What the presence of `jid` announces is the hash of its answer ... */
static void check_hash(const char *jid, const char *identity)
{
	struct str hash = { .max = 64 };
	char part[256], from[256];
	ask_info(jid, NULL);
	EXPECT("type='result'");
	hash_of(last_sent, &hash);
	saysf("<presence from='" ALICE "' to='%s' type='probe'/>", jid);
	pass(200);
	text_format(
		from, sizeof(from), "<presence from='%s' to='" ALICE "'>", jid);
	text_format(part, sizeof(part),
		"<c xmlns='" NS_CAPS "' hash='sha-1' node='" CAPS_NODE
		"' ver='%s'/>",
		str_text(&hash));
	EXPECT(from, part);
	/* ... and a client can ask for just that. */
	text_format(part, sizeof(part), CAPS_NODE "#%s", str_text(&hash));
	ask_info(jid, part);
	EXPECT("type='result'", part, identity);
	ask_info(jid, CAPS_NODE "#other");
	EXPECT("<item-not-found");
	str_finish(&hash);
}

static void test_caps(void **state)
{
	(void)state;
	be_online();
	says("<presence from='" BARE "' to='" ANNA "' type='subscribe'/>");
	says("<presence from='" BARE "' to='" VALLEY "' type='subscribe'/>");
	pass(200);
	forget();
	check_hash(GW, "category='gateway'");
	check_hash(VALLEY, "name='canyon'");
	check_hash(ANNA, "category='client'");
	/* Contact addresses are part of it: whoever is online hears of it. */
	configure("contact = { abuse = ( \"mailto:a@b.org\", "
		  "\"xmpp:abuse@b.org\" ); support = ( \"https://b.org\" ); };",
		"");
	host_reload(host, load_options());
	settle();
	EXPECT("<presence from='" GW "' to='" BARE "'><c ");
	check_hash(GW, "category='gateway'");
	host_reload(host, load_options());
	settle();
	EXPECT_QUIET();
}

/* --- Exactly what works -------------------------------------------------- */

static void expect_features(const char *jid, const char *const *features)
{
	size_t count = 0;
	ask_info(jid, NULL);
	EXPECT("type='result'");
	for (const char *at = last_sent; (at = strstr(at, "<feature ")) != NULL;
		at++)
		count++;
	for (; *features != NULL; features++, count--) {
		char part[128];
		text_format(
			part, sizeof(part), "<feature var='%s'/>", *features);
		if (strstr(last_sent, part) == NULL)
			fail_msg("%s: no %s", jid, *features);
	}
	if (count != 0)
		fail_msg("%s: %zu features more: %s", jid, count, last_sent);
}

/* A feature is announced here if and only if other tests hold it to it. */
static void test_golden(void **state)
{
	static const char *const service[] = { NS_DISCO_INFO, NS_DISCO_ITEMS,
		NS_REGISTER, NS_COMMANDS, NS_GATEWAY, NS_PING, NS_VERSION,
		NS_LAST, NS_TIME, NS_VCARD, NS_VCARD4, NS_CAPS, NS_ROSTER_X,
		"jid\\20escaping", NS_MUC, NS_MUC_STABLE_ID, NULL };
	static const char *const person[] = { NS_DISCO_INFO, NS_DISCO_ITEMS,
		NS_CAPS, NS_PING, NS_VERSION, NS_LAST, NS_TIME, NS_VCARD,
		NS_VCARD4, NS_RECEIPTS, NS_MARKERS, NS_PUBSUB,
		NS_PUBSUB "#retrieve-items", NULL };
	(void)state;
	expect_features(GW, service);
	expect_features(VALLEY, service);
	expect_features(ANNA, person);
	EXPECT_QUIET();
}

/* --- Announced is answered, and the other way round ----------------------- */

#define ME ROOM_JID "/al"

/* Is this request answered, perhaps later by the network? */
static bool is_answered(const char *to, const char *type, const char *payload)
{
	forget();
	saysf("<iq from='" ALICE "' to='%s' type='%s' id='d'>%s</iq>", to, type,
		payload);
	size_t calls = asked.count - asked.next;
	asked.next = asked.count;
	if (heard.count == 0)
		return calls > 0;
	EXPECT("id='d'");
	return strstr(last_sent, "<service-unavailable") == NULL &&
	       strstr(last_sent, "<feature-not-implemented") == NULL;
}

static void check_symmetry(const char *jid)
{
	static const struct {
		const char *feature, *type, *payload;
	} rows[] = {
#define ROW(ns, name) { ns, "get", "<" name " xmlns='" ns "'/>" }
		ROW(NS_DISCO_INFO, "query"),
		ROW(NS_DISCO_ITEMS, "query"),
		ROW(NS_REGISTER, "query"),
		ROW(NS_GATEWAY, "query"),
		ROW(NS_PING, "ping"),
		ROW(NS_VERSION, "query"),
		ROW(NS_LAST, "query"),
		ROW(NS_TIME, "time"),
		ROW(NS_VCARD, "vCard"),
		ROW(NS_VCARD4, "vcard"),
		{ NS_PUBSUB, "get",
			"<pubsub xmlns='" NS_PUBSUB
			"'><items node='" NODE_VCARD4 "'/></pubsub>" },
		ROW(NS_MAM, "query"),
		{ NS_COMMANDS, "set",
			"<command xmlns='" NS_COMMANDS "' node='status'/>" },
	};
	char announced[COUNT(rows)];
	forget();
	ask_info(jid, NULL);
	EXPECT("type='result'");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char part[128];
		text_format(part, sizeof(part), "<feature var='%s'/>",
			rows[i].feature);
		announced[i] = strstr(last_sent, part) != NULL;
	}
	for (size_t i = 0; i < COUNT(rows); i++)
		if (is_answered(jid, rows[i].type, rows[i].payload) !=
			announced[i])
			fail_msg("%s: %s is %sannounced", jid, rows[i].feature,
				announced[i] ? "" : "not ");
}

static void test_symmetry(void **state)
{
	static const char *const jids[] = { GW, VALLEY, ANNA, ROOM_JID,
		ROOM_JID "/Echo", ME };
	(void)state;
	be_online();
	says("<presence from='" ALICE "' to='" ME "'><x xmlns='" NS_MUC
	     "'/></presence>");
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(jids); i++)
			check_symmetry(jids[i]);
		/* A network that can tell nothing of people; no archive. */
		net_ops.lookup = NULL;
		if (round == 1)
			host->options->archive.enabled = false;
	}
	host->options->archive.enabled = true;
	forget();
}

/* An occupant is spoken to like a person. */
static void test_occupant_features(void **state)
{
	static const char *const features[] = { NS_DISCO_INFO, NS_DISCO_ITEMS,
		NS_PING, NS_VERSION, NS_LAST, NS_TIME, NS_VCARD, NS_VCARD4,
		NS_RECEIPTS, NS_MARKERS, NULL };
	(void)state;
	be_online();
	says("<presence from='" ALICE "' to='" ME "'><x xmlns='" NS_MUC
	     "'/></presence>");
	forget();
	expect_features(ROOM_JID "/Echo", features);
	expect_features(ME, features);
}

static void test_addresses(void **state)
{
	(void)state;
	configure("contact = { abuse = ( \"mailto:a@b.org\", "
		  "\"xmpp:abuse@b.org\" ); admin = ( \"xmpp:admin@b.org\" ); "
		  "support = ( \"https://b.org\" ); };",
		"");
	host_reload(host, load_options());
	ask_info(GW, NULL);
	EXPECT("<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' "
	       "type='hidden'><value>" NS_SERVERINFO "</value></field>",
		"<field var='abuse-addresses'><value>mailto:a@b.org</value>"
		"<value>xmpp:abuse@b.org</value></field>",
		"<field var='admin-addresses'><value>xmpp:admin@b.org",
		"<field var='support-addresses'><value>https://b.org");
}

/* --- Items --------------------------------------------------------------- */

static bool known_account(const struct gw *gw, size_t index,
	const char **account_r, const char **title_r)
{
	static const char *const names[] = { "alps", "canyon" };
	(void)gw;
	if (index >= COUNT(names))
		return false;
	*account_r = names[index];
	*title_r = index == 0 ? "The Alps" : "The Canyon";
	return true;
}

static void test_gateway_items(void **state)
{
	(void)state;
	ask_items(GW, NULL, "");
	EXPECT("<query xmlns='" NS_DISCO_ITEMS "'/>");
	net_ops.known_account = known_account;
	ask_items(GW, NULL, "");
	EXPECT("<item jid='alps@" GW "' name='The Alps'/>"
	       "<item jid='" VALLEY "' name='The Canyon'/></query>");
	/* His own are in the list too, once. */
	be_registered();
	says(REGISTER(ALICE, GW, FIELD("valley", "gorge")));
	forget();
	ask_items(GW, NULL, "");
	EXPECT("jid='alps@" GW "'", "name='The Canyon'",
		"<item jid='gorge@" GW "' name='gorge'/></query>",
		"!name='canyon'");
	ask_items(ANNA, NULL, "");
	EXPECT("<query xmlns='" NS_DISCO_ITEMS "'><item jid='" ANNA
	       "' node='" NODE_VCARD4 "'/></query>");
	EXPECT_QUIET();
}

static void test_command_items(void **state)
{
	(void)state;
	ask_items(GW, NS_COMMANDS, "");
	EXPECT("node='" NS_COMMANDS "'", "jid='" GW "' node='register'",
		"node='unregister'", "node='status'", "node='export'",
		"<item jid='" GW "' node='shout' name='Shout'/>", "!" NS_ADMIN);
	ask_items(VALLEY, NS_COMMANDS, "");
	EXPECT("jid='" VALLEY "' node='register'");
	ask_items(ANNA, NS_COMMANDS, "");
	EXPECT("<item-not-found");
	says("<iq from='" ADMIN "' to='" GW
	     "' type='get' id='d'><query xmlns='" NS_DISCO_ITEMS
	     "' node='" NS_COMMANDS "'/></iq>");
	EXPECT("node='register'", "node='" NS_ADMIN "#announce'",
		"node='" NS_ADMIN "#shutdown'", "node='links'");
	EXPECT_QUIET();
}

/* --- Rooms of a network -------------------------------------------------- */

static void list(const char *name, const char *topic, long people)
{
	const struct gw_item item = {
		.key = name, .value = topic, .number = people
	};
	gw_item(net.session, net.request, &item);
}

static void list_five(void)
{
	EXPECT_CALL("list rooms");
	list("#c", "third", 3);
	list("#a", NULL, 1);
	list("#e", "fifth", 5);
	list("#b", "second", 2);
	list("#d", "<fourth>", 4);
	gw_done(net.session, net.request, NULL);
	settle();
}

#define SET(inside) "<set xmlns='" NS_RSM "'>" inside "</set>"
#define ITEM(name, n) \
	"<item jid='#" name "%canyon@" GW "' name='#" name " (" n ")'/>"

static void test_rooms(void **state)
{
	static const struct {
		const char *set, *answer, *absent;
	} rows[] = {
		{ "",
			ITEM("a", "1") ITEM("b", "2") ITEM("c", "3")
				ITEM("d", "4") ITEM("e", "5"),
			"!#f" },
		{ SET("<max>2</max>"), ITEM("a", "1") ITEM("b", "2"), "!#c%" },
		{ SET("<max>2</max><after>#b</after>"),
			ITEM("c", "3") ITEM("d", "4"), "!#e%" },
		{ SET("<max>2</max><after>#d</after>"), ITEM("e", "5"),
			"!#d%" },
		{ SET("<max>2</max><after>#bb</after>"),
			ITEM("c", "3") ITEM("d", "4"), "!#b%" },
		{ SET("<max>2</max><before/>"), ITEM("d", "4") ITEM("e", "5"),
			"!#c%" },
		{ SET("<max>2</max><before>#d</before>"),
			ITEM("b", "2") ITEM("c", "3"), "!#a%" },
		{ SET("<max>9</max><after>#x</after>"), "<count>5</count>",
			"!<item" },
		{ SET("<max>0</max>"), "<count>5</count>", "!<item" },
		{ SET("<max>2</max>"),
			"<first index='0'>#a</first><last>#b</last>"
			"<count>5</count>",
			"!#c%" },
	};
	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask_items(VALLEY, NULL, rows[i].set);
		list_five();
		EXPECT("type='result' id='d'", rows[i].answer, rows[i].absent);
		EXPECT_QUIET();
	}
	ask_items(VALLEY, NULL, SET("<max>x</max>"));
	EXPECT("<bad-request");
	EXPECT_QUIET();
}

static void test_rooms_elsewhere(void **state)
{
	(void)state;
	/* Nobody is connected there. */
	ask_items(VALLEY, NULL, "");
	EXPECT("type='result'", "<query xmlns='" NS_DISCO_ITEMS "'/>");
	be_online();
	ask_items(VALLEY, NULL, "");
	EXPECT_CALL("list rooms");
	gw_fail(net.session, net.request, GW_FORBIDDEN, "Not today.");
	settle();
	EXPECT("type='error'", "<forbidden", "Not today.");
	/* The link is lost on the way. */
	ask_items(VALLEY, NULL, "");
	list("#a", "x", 1);
	gw_closed(net.session, GW_LOST, "gone", GW_RETRY);
	settle();
	EXPECT_AMONG("type='error' id='d'", "<remote-server-timeout");
	net_ops.list_rooms = NULL;
	ask_items(VALLEY, NULL, "");
	EXPECT_AMONG("type='result'", "<query xmlns='" NS_DISCO_ITEMS "'/>");
}

static void test_huge_list(void **state)
{
	(void)state;
	be_online();
	ask_items(VALLEY, NULL, SET("<max>100000</max>"));
	for (long i = 0; i < 25000; i++) {
		char name[32];
		text_format(name, sizeof(name), "#r%05ld", i);
		list(name, "topic", i);
	}
	gw_done(net.session, net.request, NULL);
	settle();
	/* A page, however much was asked for. */
	EXPECT("type='result'", "<count>20000</count>", "#r00099%",
		"!#r00100%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gateway_info),
		TEST(test_person_info),
		TEST(test_no_rooms),
		TEST(test_rooms_by_invitation),
		TEST(test_own_type_is_first),
		TEST(test_nodes),
		TEST(test_caps),
		TEST(test_golden),
		TEST(test_symmetry),
		TEST(test_occupant_features),
		TEST(test_addresses),
		TEST(test_gateway_items),
		TEST(test_command_items),
		TEST(test_rooms),
		TEST(test_rooms_elsewhere),
		TEST(test_huge_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
