/*
 * The room engine between a played XMPP server and a played network: what is
 * sent to the server is collected as text, what is asked of the network as
 * one line each. The store is a real one, in a folder of its own; time is
 * virtual.
 */
#ifndef TEST_HOST_ROOM_FIXTURE_H
#define TEST_HOST_ROOM_FIXTURE_H

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
#include "base/secret.h"
#include "base/str.h"
#include "host/account.h"
#include "host/expect.h"
#include "host/gateway.h"
#include "host/handlers.h"
#include "host/history.h"
#include "host/host.h"
#include "host/request.h"
#include "host/room_private.h"
#include "host/settings.h"
#include "store/accounts.h"
#include "xmpp/component.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"

#define WALL_MS INT64_C(1700000000000)
#define GW_JID  "irc.example.org"
#define CHAN    "#chan~net@" GW_JID
#define ALICE   "alice@example.org/one"
#define ALICE2  "alice@example.org/two"
#define BOB     "bob@example.org/bob"

/* --- The XMPP side: a component that only collects --------------------------
 */

struct component {
	struct str stanza;
	struct xml_writer writer;
	bool writing, congested;
	iq_fn iq_fn; /* of the last tracked request */
	void *iq_arg;
	unsigned iq_count;
};

static struct component stream;

struct component *component_new(struct loop *l, struct resolver *r,
	const struct component_config *config,
	const struct component_events *events, void *arg)
{
	(void)l, (void)r, (void)config, (void)events, (void)arg;
	stream.stanza.max = LIMIT_STANZA_OUT + 1;
	return &stream;
}

void component_start(struct component *c)
{
	(void)c;
}

void component_stop(struct component *c, void (*done)(void *arg), void *arg)
{
	(void)c;
	done(arg);
}

void component_free(struct component **c)
{
	drop_sent();
	str_finish(&stream.stanza);
	*c = NULL;
}

enum component_state component_state(const struct component *c)
{
	(void)c;
	return COMPONENT_READY;
}

bool component_is_congested(const struct component *c)
{
	return c->congested;
}

bool component_is_stalled(const struct component *c)
{
	(void)c;
	return false;
}

struct xml_writer *stanza_begin(struct component *c, enum stanza_kind kind,
	const struct stanza_head *head)
{
	static const char *const names[] = { "message", "presence", "iq" };
	assert_false(c->writing);
	assert_non_null(head->from);
	assert_non_null(strstr(head->from, GW_JID));
	assert_non_null(head->to);
	c->writing = true;
	str_reset(&c->stanza);
	xml_writer_init(&c->writer, &c->stanza, NS_COMPONENT);
	xml_open(&c->writer, names[kind], NULL);
	xml_put_attr(&c->writer, "from", head->from);
	xml_put_attr(&c->writer, "to", head->to);
	xml_put_attr(&c->writer, "type", head->type);
	xml_put_attr(&c->writer, "id", head->id);
	return &c->writer;
}

int stanza_end(struct component *c)
{
	assert_true(c->writing);
	xml_close_to(&c->writer, 0);
	c->writing = false;
	if (c->stanza.overflow)
		return -1;
	hear(str_text(&c->stanza));
	return 0;
}

void stanza_abort(struct component *c)
{
	c->writing = false;
}

struct xml_writer *iq_result_begin(
	struct component *c, const struct stanza *request)
{
	const struct stanza_head head = { .from = request->to.full,
		.to = request->from.full,
		.type = "result",
		.id = request->id };
	return stanza_begin(c, STANZA_IQ, &head);
}

void iq_result(struct component *c, const struct stanza *request)
{
	xml_close(iq_result_begin(c, request));
	assert_int_equal(stanza_end(c), 0);
}

void stanza_reply_error_detail(struct component *c,
	const struct stanza *request, const struct stanza_error_detail *d)
{
	const struct stanza_head head = { .from = request->to.full,
		.to = request->from.full,
		.type = "error",
		.id = request->id };
	if (request->type == TYPE_ERROR || request->type == TYPE_RESULT)
		return;
	struct xml_writer *w = stanza_begin(c, request->kind, &head);
	stanza_put_error(w, d);
	assert_int_equal(stanza_end(c), 0);
}

void stanza_reply_error(struct component *c, const struct stanza *request,
	enum stanza_error error, const char *text)
{
	const struct stanza_error_detail d = { .error = error, .text = text };
	stanza_reply_error_detail(c, request, &d);
}

const char *iq_track(struct component *c, const char *to, int64_t timeout_ms,
	iq_fn fn, void *arg)
{
	static char id[32];
	(void)to, (void)timeout_ms;
	c->iq_fn = fn;
	c->iq_arg = arg;
	snprintf(id, sizeof(id), "track%u", ++c->iq_count);
	return id;
}

void component_ping(
	struct component *c, int64_t timeout_ms, iq_fn fn, void *arg)
{
	(void)timeout_ms;
	c->iq_fn = fn;
	c->iq_arg = arg;
}

void iq_forget(struct component *c, void *arg)
{
	(void)c, (void)arg;
}

void component_stats(const struct component *c, struct component_stats *out)
{
	(void)c;
	*out = (struct component_stats){ .connects = 1 };
}

/* --- The network ------------------------------------------------------------
 */

static struct {
	gw_request request; /* of the last call that had one */
	bool hold_open;     /* open() is answered by the test */
	bool hold_send;     /* send() likewise */
	const char *nick;   /* given at login */
} net;

static int fake_start(struct gw *gw, const char **reason_r)
{
	(void)gw, (void)reason_r;
	return 0;
}

static void fake_stop(struct gw *gw)
{
	(void)gw;
}

/* name~account; a room begins with '#'. */
static int fake_parse(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r)
{
	(void)gw;
	const char *mark = strrchr(local, '~');
	const char *account = mark != NULL ? mark + 1 : local;
	*reason_r = "no address";
	if (account[0] == '\0' || strlen(local) >= GW_ACCOUNT_SIZE)
		return -1;
	text_copy(out->account, sizeof(out->account), account);
	text_format(out->name, sizeof(out->name), "%.*s",
		mark != NULL ? (int)(mark - local) : 0, local);
	out->kind = mark == NULL          ? GW_NETWORK
		    : out->name[0] == '#' ? GW_ROOM
					  : GW_PERSON;
	return 0;
}

static int fake_format(
	const struct gw *gw, const struct gw_address *a, char *out, size_t size)
{
	(void)gw;
	bool fits =
		a->kind == GW_NETWORK
			? text_format(out, size, "%s", a->account)
			: text_format(out, size, "%s~%s", a->name, a->account);
	return fits ? 0 : -1;
}

static int fake_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	return fake_parse(gw, text, out, reason_r);
}

static int fake_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	(void)gw;
	*reason_r = "that network is closed to you";
	if (strcmp(text, "forbidden") == 0)
		return -1;
	return text_copy(out, size, text) ? 0 : -1;
}

static void fake_open(struct gw_session *s)
{
	note("open %s nick=%s", s->account, gw_setting(s, "nick"));
	if (!net.hold_open)
		gw_online(s, net.nick);
}

static void fake_close(struct gw_session *s, const char *text)
{
	note("close %s %s", s->account, or_dash(text));
}

static void fake_send(struct gw_session *s, const struct gw_outgoing *m)
{
	note("send %s %s", m->room != NULL ? m->room->name : m->to, m->text);
	net.request = m->request;
	if (!net.hold_send)
		gw_done(s, m->request, NULL);
}

static UNUSED void fake_displayed(struct gw_session *s, struct gw_room *room,
	const char *person, const char *network_id)
{
	(void)s;
	note("displayed %s %s", room != NULL ? room->name : person, network_id);
}

static void fake_typing(
	struct gw_session *s, struct gw_room *room, const char *person, bool on)
{
	(void)s;
	note("typing %s %d", room != NULL ? room->name : person, on);
}

static void fake_lookup(struct gw_session *s, gw_request request,
	enum gw_lookup what, const char *person)
{
	(void)s;
	note("lookup %d %s", (int)what, person);
	net.request = request;
}

static void fake_slash(struct gw_session *s, gw_request request,
	struct gw_room *room, const char *person, const char *line)
{
	(void)s;
	note("slash %s %s",
		room != NULL     ? room->name
		: person != NULL ? person
				 : "-",
		line);
	net.request = request;
}

static void fake_join(struct gw_room *r, const char *nick, const char *password)
{
	note("join %s %s %s", r->name, or_dash(nick), or_dash(password));
}

static void fake_leave(struct gw_room *r, const char *text)
{
	note("leave %s %s", r->name, or_dash(text));
}

static void fake_set_nick(
	struct gw_room *r, gw_request request, const char *nick)
{
	note("nick %s %s", r->name, nick);
	net.request = request;
}

static void fake_set_subject(
	struct gw_room *r, gw_request request, const char *text)
{
	note("subject %s %s", r->name, text);
	net.request = request;
}

static void fake_moderate(
	struct gw_room *r, gw_request request, const struct gw_moderation *m)
{
	note("moderate %s %s nick=%s person=%s role=%d affiliation=%d "
	     "reason=%s",
		r->name, m->verb == GW_SET_ROLE ? "role" : "affiliation",
		or_dash(m->nick), or_dash(m->person), (int)m->role,
		(int)m->affiliation, or_dash(m->reason));
	net.request = request;
}

static void fake_list_bans(struct gw_room *r, gw_request request)
{
	note("bans %s", r->name);
	net.request = request;
}

static void fake_configure(struct gw_room *r, gw_request request,
	const struct gw_room_info *wanted, unsigned fields)
{
	note("configure %s fields=%u flags=%u password=%s max=%ld", r->name,
		fields, wanted->flags, or_dash(wanted->password),
		wanted->max_users);
	net.request = request;
}

static void fake_invite(struct gw_room *r, gw_request request,
	const char *person, const char *reason)
{
	note("invite %s %s %s", r->name, person, or_dash(reason));
	net.request = request;
}

static const struct gw_setting fake_settings[] = {
	{ .name = "network",
		.label = "Network",
		.type = GW_TEXT,
		.use = GW_USE_ACCOUNT,
		.required = true },
	{ .name = "nick",
		.label = "Nick",
		.type = GW_TEXT,
		.use = GW_USE_NICK,
		.max = 30 },
	{ .name = "stay",
		.label = "Stay",
		.type = GW_BOOL,
		.use = GW_USE_STAY,
		.def = "0" },
	{ .name = "channels",
		.label = "Channels",
		.type = GW_TEXT_LIST,
		.use = GW_USE_ROOMS,
		.max = 4096 },
	{ .name = NULL },
};

static const struct gw_hat fake_hats[] = {
	{ "urn:test:op", "operator" },
	{ "urn:test:bot", "robot" },
	{ NULL, NULL },
};

static bool fake_is_confidential(const struct gw *gw UNUSED,
	const char *account UNUSED, const char *person)
{
	return strcmp(person, "guard") == 0;
}

static struct gateway_ops fake_ops = {
	.name = "fake",
	.disco_type = "irc",
	.person_type = "pc",
	.room_type = "irc",
	.title = "Fake",
	.account_title = "network",
	.prompt = "whom?",
	.caps = GW_CAP_ROOMS | GW_CAP_GUEST | GW_CAP_TYPING,
	.settings = fake_settings,
	.hats = fake_hats,
	.start = fake_start,
	.stop = fake_stop,
	.parse_address = fake_parse,
	.format_address = fake_format,
	.read_input = fake_input,
	.canonical_account = fake_account,
	.is_confidential = fake_is_confidential,
	.open = fake_open,
	.close = fake_close,
	.send = fake_send,
	.typing = fake_typing,
	.lookup = fake_lookup,
	.slash = fake_slash,
	.join = fake_join,
	.leave = fake_leave,
	.set_nick = fake_set_nick,
	.set_subject = fake_set_subject,
	.moderate = fake_moderate,
	.list_bans = fake_list_bans,
	.configure = fake_configure,
	.invite = fake_invite,
};

const struct gateway_ops *const gateway_list[] = { &fake_ops, NULL };

/* --- The host ------------------------------------------------------------ */

static char folder[256];
static char fake_type[] = "fake", fake_jid[] = GW_JID;
static struct loop *loop;
static struct host host;
static struct gateway *gateway;
static struct options options;
static struct gateway_options gateway_options;
static struct gateway_ops ops_before;

static int setup(void **state)
{
	(void)state;
	const char *reason = NULL;
	char location[512], key[512];
	clock_use_virtual(WALL_MS);
	log_set_level(LOG_ERROR);
	snprintf(folder, sizeof(folder), "/tmp/causeway-rooms-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(location, sizeof(location), "sqlite:%s/db", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	net.nick = "alice";
	net.hold_open = net.hold_send = false;
	ops_before = fake_ops;
	options = (struct options){ .archive = { .enabled = true } };
	gateway_options = (struct gateway_options){ .type = fake_type,
		.jid = fake_jid,
		.secret = secret_new(slice_of("s3cr3t")),
		.max_accounts = 20,
		.max_rooms = 5 };
	loop = loop_new();
	host = (struct host){ .loop = loop, .options = &options };
	list_init(&host.gateways);
	host.env = (struct gw_env){ .loop = loop, .software = "test" };
	host.store = store_open(loop, location, key, &reason);
	assert_non_null(host.store);
	host.archive = archive_open(host.store);
	gateway = gateway_new(&host, &gateway_options, &reason);
	assert_non_null(gateway);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	char command[512];
	gateway_free(&gateway);
	archive_close(&host.archive);
	store_close(&host.store);
	loop_settle(loop, 1000, NULL);
	loop_free(&loop);
	secret_free(&gateway_options.secret);
	drop_calls();
	fake_ops = ops_before;
	clock_use_real();
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
	return 0;
}

static void passed_barrier(int status, void *arg)
{
	bool *passed = arg;
	assert_int_equal(status, 0);
	*passed = true;
}

/* Everything that is ready, the store's answers too. */
static void settle(void)
{
	bool passed = false;
	loop_settle(loop, 0, NULL);
	store_barrier(host.store, passed_barrier, &passed);
	loop_settle(loop, 60000, &passed);
	loop_settle(loop, 0, NULL);
}

static UNUSED void pass(int64_t ms)
{
	loop_settle(loop, ms, NULL);
	settle();
}

/* --- What the user does -------------------------------------------------- */

static void on_stanza(const struct xml *xml, struct arena *a, void *arg)
{
	struct stanza s;
	(void)arg;
	assert_int_equal(stanza_read(&s, xml, a), ERR_NONE);
	router_stanza(&stream, &s, gateway);
}

static void on_opened(
	const char *ns, const char *id, const char *from, void *arg)
{
	(void)ns, (void)id, (void)from, (void)arg;
}

static void on_refused(const struct xml *xml, const char *reason, void *arg)
{
	(void)xml, (void)arg;
	fail_msg("stanza refused: %s", reason);
}

static void on_closed(void *arg)
{
	(void)arg;
}

/* Hand one stanza to the router, then let everything settle. */
static PRINTF(1, 2) void says(const char *fmt, ...)
{
	static const struct parser_events events = { .opened = on_opened,
		.stanza = on_stanza,
		.refused = on_refused,
		.closed = on_closed };
	static const char header[] = "<stream:stream xmlns='" NS_COMPONENT
				     "' xmlns:stream='" NS_STREAM "' id='1'>";
	struct parser *p = parser_new(&events, NULL);
	struct str text = { .max = 1 * MIB };
	const char *condition = NULL;
	va_list args;
	va_start(args, fmt);
	str_addv(&text, fmt, args);
	va_end(args);
	assert_int_equal(parser_feed(p, slice_of(header), &condition), 0);
	assert_int_equal(parser_feed(p, str_slice(&text), &condition), 0);
	parser_free(&p);
	str_finish(&text);
	settle();
}

static UNUSED void joins(const char *from, const char *nick)
{
	says("<presence from='%s' to='" CHAN "/%s' id='j1'>"
	     "<x xmlns='" NS_MUC "'/></presence>",
		from, nick);
}

/* --- What the network does ----------------------------------------------- */

static UNUSED struct account *account(void)
{
	struct user *u = user_find(gateway, "alice@example.org");
	return u != NULL ? account_find(u, "net") : NULL;
}

static UNUSED struct account *account_of_user(const char *bare)
{
	struct user *u = user_find(gateway, bare);
	return u != NULL ? account_find(u, "net") : NULL;
}

static UNUSED struct gw_room *room(void)
{
	struct account *a = account();
	return a != NULL ? gw_room_find(&a->session, "#chan") : NULL;
}

static UNUSED void enters(struct gw_room *r, const char *nick)
{
	const struct gw_occupant o = { .nick = nick,
		.role = GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = GW_AVAILABLE };
	gw_room_occupant(r, &o);
}

static UNUSED void talks(struct gw_room *r, const char *from, const char *text)
{
	const struct gw_message m = { .from = from, .text = text };
	gw_message(r->session, r, &m);
	settle();
}

/* Alice's client is in #chan with carol, everything was looked at. */
static UNUSED void be_joined(void)
{
	joins(ALICE, "alice");
	assert_non_null(room());
	enters(room(), "carol");
	enters(room(), "alice");
	gw_room_joined(room(), "alice");
	settle();
	drop_sent();
	asked.next = asked.count;
}

/* A registered account for alice. */
static UNUSED struct account *be_registered(void)
{
	struct user *u = user_get(gateway, "alice@example.org");
	struct account *a = account_new(u, "net");
	a->registered = true;
	return a;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
