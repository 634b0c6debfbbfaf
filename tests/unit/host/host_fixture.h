/*
 * The whole host with the echo gateway (tests/gateways/echo), between a played
 * XMPP server on loopback and a network that notes what is asked of it. The
 * store is a real one in a folder of its own, the configuration a real file;
 * time is virtual.
 *
 * A test says what the server sends and what must come back:
 *	says("<iq ...>");
 *	EXPECT("type='result'", "<version>", "!<error");
 * (expect.h).
 */
#ifndef TEST_HOST_FIXTURE_H
#define TEST_HOST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "host/account.h"
#include "host/contact.h"
#include "host/expect.h"
#include "host/gateway.h"
#include "host/host.h"
#include "host/user.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"
#include "xmpp/server.h"

#define WALL_MS INT64_C(1700000000000)
#define SECOND  1000
#define GW      "echo.example.org"
#define VALLEY  "canyon@" GW
#define ANNA    "anna%canyon@" GW
#define BARE    "alice@example.org"
#define ALICE   BARE "/one"
#define ALICE2  BARE "/two"
#define BOB     "bob@example.org/bob"
#define ADMIN   "admin@example.org/desk"

extern const struct gateway_ops gateway_echo;

/* --- The network ------------------------------------------------------------
 */

/* The echo, which notes every call as a line and can be told to wait. */
static struct {
	bool hold_open, hold_send;  /* the test answers instead */
	struct gw_session *session; /* of the last call */
	struct gw_room *room;
	gw_request request;
} net;

static struct gateway_ops net_ops; /* a test may change it */
const struct gateway_ops *const gateway_list[] = { &net_ops, NULL };

static void net_open(struct gw_session *s)
{
	net.session = s;
	note("open %s", s->account);
	if (!net.hold_open)
		gateway_echo.open(s);
}

static void net_close(struct gw_session *s, const char *text)
{
	note("close %s %s", s->account, or_dash(text));
	if (net.session == s)
		net.session = NULL;
	gateway_echo.close(s, text);
}

static void net_send(struct gw_session *s, const struct gw_outgoing *m)
{
	static const char *const kinds[] = { "person", "room", "network" };
	net.session = s;
	net.request = m->request;
	note("send %s %s %s", kinds[m->kind],
		m->room != NULL ? m->room->name : or_dash(m->to), m->text);
	if (m->subject != NULL || m->thread != NULL || m->notice)
		note("... subject=%s thread=%s notice=%d", or_dash(m->subject),
			or_dash(m->thread), m->notice);
	if (!net.hold_send)
		gateway_echo.send(s, m);
}

static void net_presence(
	struct gw_session *s, enum gw_show show, const char *status)
{
	static const char *const names[] = { "offline", "available", "chat",
		"away", "xa", "dnd" };
	note("presence %s %s %s", s->account, names[show], or_dash(status));
}

static void net_lookup(struct gw_session *s, gw_request request,
	enum gw_lookup what, const char *person)
{
	static const char *const names[] = { "profile", "ping", "version",
		"idle", "time" };
	net.session = s;
	net.request = request;
	note("lookup %s %s", names[what], person);
}

static void net_list_rooms(struct gw_session *s, gw_request request)
{
	net.session = s;
	net.request = request;
	note("list rooms");
}

static void net_slash(struct gw_session *s, gw_request request,
	struct gw_room *room, const char *person, const char *line)
{
	net.session = s;
	net.request = request;
	note("slash %s %s",
		room != NULL     ? room->name
		: person != NULL ? person
				 : "-",
		line);
}

static void net_displayed(struct gw_session *s, struct gw_room *room,
	const char *person, const char *network_id)
{
	(void)s;
	note("displayed %s %s", room != NULL ? room->name : person, network_id);
}

static void net_typing(
	struct gw_session *s, struct gw_room *room, const char *person, bool on)
{
	(void)s;
	note("typing %s %s", room != NULL ? room->name : person,
		on ? "on" : "off");
}

static UNUSED void net_watch(struct gw_session *s, const char *person, bool on)
{
	(void)s;
	note("watch %s %s", person, on ? "on" : "off");
}

static void net_answer(
	struct gw_session *s, uint32_t question, const char *const *values)
{
	(void)s, (void)question;
	note("answer %s", values != NULL ? or_dash(values[0]) : "none");
}

static void net_join(struct gw_room *r, const char *nick, const char *password)
{
	net.room = r;
	note("join %s %s %s", r->name, or_dash(nick), or_dash(password));
	gateway_echo.join(r, nick, password);
}

static void net_leave(struct gw_room *r, const char *text)
{
	note("leave %s %s", r->name, or_dash(text));
	if (net.room == r)
		net.room = NULL;
}

static const char *net_check(const char *value)
{
	return strcmp(value, "wrong") == 0 ? "is the wrong one." : NULL;
}

static const char *const net_moods[] = { "calm", "windy", NULL };

/* More than the echo has: one row of every type and use. */
static const struct gw_setting net_settings[] = {
	{ .name = "valley",
		.label = "Valley",
		.use = GW_USE_ACCOUNT,
		.required = true,
		.max = 63 },
	{ .name = "nick",
		.label = "Nick",
		.use = GW_USE_NICK,
		.element = "nick",
		.def = "traveller",
		.max = 30,
		.check = net_check },
	{ .name = "password",
		.label = "Password",
		.type = GW_SECRET,
		.element = "password",
		.max = 100 },
	{ .name = "stay",
		.label = "Stay",
		.type = GW_BOOL,
		.use = GW_USE_STAY,
		.def = "0" },
	{ .name = "mood",
		.label = "Mood",
		.type = GW_CHOICE,
		.choices = net_moods,
		.def = "calm",
		.advanced = true },
	{ .name = "times",
		.label = "Times",
		.type = GW_INT,
		.min = 1,
		.max = 3,
		.def = "1",
		.advanced = true },
	{ .name = "caves",
		.label = "Caves",
		.type = GW_TEXT_LIST,
		.use = GW_USE_ROOMS,
		.advanced = true,
		.max = 100 },
	{ .name = NULL },
};

static void net_begin(void)
{
	net_ops = gateway_echo;
	net_ops.settings = net_settings;
	net_ops.open = net_open;
	net_ops.close = net_close;
	net_ops.send = net_send;
	net_ops.presence = net_presence;
	net_ops.lookup = net_lookup;
	net_ops.list_rooms = net_list_rooms;
	net_ops.slash = net_slash;
	net_ops.displayed = net_displayed;
	net_ops.typing = net_typing;
	net_ops.answer = net_answer;
	net_ops.join = net_join;
	net_ops.leave = net_leave;
	net.hold_open = net.hold_send = false;
	net.session = NULL;
	net.room = NULL;
}

/* --- The XMPP server --------------------------------------------------------
 */

static struct loop *loop;
static struct server server;

/* What came in on the newest connection. */
static struct {
	struct parser *parser;
	size_t used; /* of server.heard */
	unsigned accepted;
	bool is_greeted, is_silent;
	bool ignores_pings; /* of the stream */
	bool has_ended;
} link_in;

static void link_say(const char *text)
{
	if (server.conn != NULL)
		server_say(&server, text);
}

static void link_opened(
	const char *ns, const char *id, const char *from, void *arg)
{
	(void)ns, (void)id, (void)from, (void)arg;
	if (!link_in.is_silent)
		link_say(
			"<?xml version='1.0'?><stream:stream xmlns='" NS_COMPONENT
			"' xmlns:stream='" NS_STREAM "' from='" GW "' id='i'>");
}

/* The stream's own sign of life. */
static void answer_ping(const struct xml *xml)
{
	char text[256];
	text_format(text, sizeof(text),
		"<iq from='example.org' to='" GW "' type='result' id='%s'/>",
		xml_attr(xml, "id"));
	link_say(text);
}

static void link_stanza(const struct xml *xml, struct arena *a, void *arg)
{
	const char *to = xml_attr(xml, "to");
	(void)a, (void)arg;
	if (xml_is(xml, "handshake", NS_COMPONENT)) {
		link_say("<handshake/>");
		return;
	}
	if (to != NULL && strcmp(to, "example.org") == 0 &&
		xml_child(xml, "ping", NS_PING) != NULL) {
		if (!link_in.ignores_pings)
			answer_ping(xml);
		return;
	}
	struct str text = { .max = 1 * MIB };
	struct xml_writer w;
	xml_writer_init(&w, &text, NS_COMPONENT);
	xml_put_tree(&w, xml);
	assert_false(text.overflow);
	hear(str_text(&text));
	str_finish(&text);
}

static void link_refused(const struct xml *xml, const char *reason, void *arg)
{
	(void)xml, (void)arg;
	fail_msg("a stanza was sent that servers refuse: %s", reason);
}

static void link_closed(void *arg)
{
	(void)arg;
	link_in.has_ended = true;
	if (!link_in.is_silent)
		link_say("</stream:stream>");
}

static const struct parser_events link_events = {
	.opened = link_opened,
	.stanza = link_stanza,
	.refused = link_refused,
	.closed = link_closed,
};

/* Read what the component sent; says whether there was anything. */
static bool link_read(void)
{
	const char *condition = "";
	if (server.accepted != link_in.accepted) {
		link_in.accepted = server.accepted;
		link_in.used = 0;
		parser_free(&link_in.parser);
		link_in.parser = parser_new(&link_events, NULL);
	}
	if (link_in.used >= server.heard.len || link_in.parser == NULL)
		return false;
	struct slice fresh = slice_make(server.heard.data + link_in.used,
		server.heard.len - link_in.used);
	link_in.used = server.heard.len;
	if (parser_feed(link_in.parser, fresh, &condition) != 0)
		fail_msg("the stream is broken: %s", condition);
	return true;
}

/* --- The host ---------------------------------------------------------------
 */

static char folder[64];
static struct host *host;
static struct gateway *gateway;
static struct str logged;
static unsigned reloads, stops;
static bool reload_fails;
static bool ready;

static void on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level == LOG_ERROR && strstr(line, "bug:") != NULL)
		fail_msg("%s", line);
	str_add(&logged, line);
	str_add_char(&logged, '\n');
}

static UNUSED bool has_logged(const char *text)
{
	return strstr(str_text(&logged), text) != NULL;
}

/* For `ms` of virtual time, and whatever is ready then. */
static void pass(int64_t ms)
{
	int64_t end_ms = clock_ms() + ms;
	do {
		int64_t left = end_ms - clock_ms();
		loop_settle(loop, left < 50 ? left : 50, NULL);
		while (link_read())
			loop_settle(loop, 0, NULL);
	} while (clock_ms() < end_ms);
}

static void settle(void)
{
	pass(0);
}

static const char *path_of(const char *name)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* Write the configuration: `top` between the top-level keys, `inside` in the
 * gateway's group. */
static void configure(const char *top, const char *inside)
{
	FILE *file = fopen(path_of("conf"), "w");
	assert_non_null(file);
	fprintf(file,
		"xmpp = { host = \"127.0.0.1\"; port = %u; };\n"
		"storage = \"sqlite:%s/db\";\n"
		"secrets = { key_file = \"%s/key\"; };\n"
		"admins = ( \"admin@example.org\" );\n"
		"%s\n"
		"gateways = ( { type = \"echo\"; jid = \"" GW "\";\n"
		"  secret = \"s3cr3t\";\n  %s } );\n",
		(unsigned)server.port, folder, folder, top, inside);
	fclose(file);
}

static struct options *load_options(void)
{
	struct str error = { .max = 4 * KIB };
	struct options *options = options_load(path_of("conf"), &error);
	if (options == NULL)
		fail_msg("%s", str_text(&error));
	str_finish(&error);
	return options;
}

/* Users may send as much as they like. */
static UNUSED void lift_limit(void)
{
	configure("", "sends_per_minute = 0;");
	host_reload(host, load_options());
}

static bool on_reload(void *arg)
{
	(void)arg;
	reloads++;
	return !reload_fails;
}

static void on_stop(void *arg)
{
	(void)arg;
	stops++;
}

static void on_ready(void *arg)
{
	(void)arg;
	ready = host_is_ready(host);
}

/* Without waiting for the stream. */
static void begin_host(void)
{
	const char *reason = "";
	host = host_start(loop, load_options(), &reason);
	if (host == NULL)
		fail_msg("%s", reason);
	host->reload = on_reload;
	host->stop = on_stop;
	host->ready_changed = on_ready;
	gateway = CONTAINER(host->gateways.next, struct gateway, link);
}

static void start_host(void)
{
	begin_host();
	for (int i = 0; i < 100 && !host_is_ready(host); i++)
		pass(i < 50 ? 0 : 100);
	assert_true(host_is_ready(host));
	settle();
}

static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

/* In order, with farewells. */
static UNUSED void stop_host(void)
{
	bool stopped = false;
	host_stop(host, on_stopped, &stopped);
	for (int i = 0; i < 200 && !stopped; i++)
		pass(100);
	assert_true(stopped);
	host_free(&host);
	gateway = NULL;
}

static void copy_store(const char *from, const char *to)
{
	char command[512];
	snprintf(command, sizeof(command),
		"cd '%s' && rm -f %s %s-wal %s-shm && cp %s %s && "
		"if [ -e %s-wal ]; then cp %s-wal %s-wal; fi",
		folder, to, to, to, from, to, from, from, to);
	assert_int_equal(system(command), 0);
}

/* As if the process had been killed: what it does at its end did not
 * happen. */
static UNUSED void kill_host(void)
{
	settle();
	copy_store("db", "kept");
	host_free(&host);
	gateway = NULL;
	copy_store("kept", "db");
	settle();
	drop_sent();
}

static int begin(void)
{
	clock_use_virtual(WALL_MS);
	log_set_sink(on_log, NULL);
	str_init(&logged, 16 * MIB);
	snprintf(folder, sizeof(folder), "/tmp/causeway-host-XXXXXX");
	assert_non_null(mkdtemp(folder));
	memset(&link_in, 0, sizeof(link_in));
	reloads = stops = 0;
	reload_fails = false;
	loop = loop_new();
	server_start(&server, loop, 0);
	net_begin();
	return 0;
}

static UNUSED int setup_bare(void **state)
{
	(void)state;
	return begin();
}

/* Attached to the server, with nothing stored. */
static UNUSED int setup(void **state)
{
	(void)state;
	begin();
	configure("", "");
	start_host();
	return 0;
}

static UNUSED int teardown(void **state)
{
	char command[128];
	(void)state;
	host_free(&host);
	server_stop(&server);
	loop_free(&loop);
	parser_free(&link_in.parser);
	drop_sent();
	drop_calls();
	log_set_sink(NULL, NULL);
	log_set_level(LOG_INFO);
	str_finish(&logged);
	clock_use_real();
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_BARE(name) \
	cmocka_unit_test_setup_teardown(name, setup_bare, teardown)

/* --- What the server sends ---------------------------------------------------
 */

static UNUSED void says(const char *text)
{
	assert_non_null(server.conn);
	assert_int_equal(conn_write(server.conn, slice_of(text)), 0);
	settle();
}

static UNUSED PRINTF(1, 2) void saysf(const char *fmt, ...)
{
	struct str text = { .max = 2 * MIB };
	va_list args;
	va_start(args, fmt);
	str_addv(&text, fmt, args);
	va_end(args);
	says(str_text(&text));
	str_finish(&text);
}

/* Look at none of what came so far. */
static UNUSED void forget(void)
{
	drop_sent();
	asked.next = asked.count;
	str_reset(&logged);
}

/* --- Beginnings that many tests share ----------------------------------------
 */

#define REGISTER(from, to, fields)                               \
	"<iq from='" from "' to='" to "' type='set' id='r1'>"    \
	"<query xmlns='" NS_REGISTER "'><x xmlns='" NS_DATA_FORM \
	"' type='submit'>" fields "</x></query></iq>"
#define FIELD(var, value) \
	"<field var='" var "'><value>" value "</value></field>"

static UNUSED struct user *alice(void)
{
	return user_find(gateway, BARE);
}

static UNUSED struct account *account_at(const char *bare, const char *key)
{
	struct user *u = user_find(gateway, bare);
	return u != NULL ? account_find(u, key) : NULL;
}

/* The session of the login at registration lasts no longer. */
static UNUSED void let_go(const char *bare, const char *key)
{
	struct account *a = account_at(bare, key);
	a->used_ms = 0;
	account_check(a);
	pass(50);
}

/* Alice has an account at "canyon" and the subscriptions of XEP-0100, and is
 * offline. */
static UNUSED void be_registered(void)
{
	bool held = net.hold_open;
	net.hold_open = false;
	says(REGISTER(
		ALICE, GW, FIELD("valley", "canyon") FIELD("nick", "alice")));
	EXPECT_AMONG(
		"<iq from='" GW "' to='" ALICE "' type='result' id='r1'/>");
	EXPECT_AMONG("<presence from='" GW "' to='" BARE "' type='subscribe'>");
	says("<presence from='" BARE "' to='" GW "' type='subscribed'/>");
	says("<presence from='" BARE "' to='" GW "' type='subscribe'/>");
	EXPECT_AMONG("from='" GW "' to='" BARE "' type='subscribed'/>");
	let_go(BARE, "canyon");
	net.hold_open = held;
	pass(200);
	forget();
}

/* ... and logged in with one client. */
static UNUSED void be_online(void)
{
	be_registered();
	says("<presence from='" ALICE "' to='" GW "'/>");
	assert_true(account_is_online(account_at(BARE, "canyon")));
	forget();
}

#endif
