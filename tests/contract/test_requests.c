/*
 * Every op that takes a request, with texts of all kinds: it is completed
 * exactly once, and no text becomes a command of the network. That it is not
 * completed twice, or after the end, is the fake core's to see.
 */
#include "each_gateway.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "peer.h"

#define LONG_MS  300000
#define ROOM     peer_room(peer)
#define REQ_MAX  2000
#define BIG_SIZE (64 * KIB)

static struct fake_core *core;
static struct peer *peer;
static struct gw_session *session;
static struct gw_room *room;
static gw_request requests[REQ_MAX];
static size_t request_count;

static gw_request new_request(void)
{
	assert_true(request_count < REQ_MAX);
	return requests[request_count++] = fake_request(session);
}

/* Online, and in a room where there are any. */
static void begin(const struct gateway_ops *ops)
{
	core = peer_core_new(ops, PEER_FRIENDLY, &peer);
	request_count = 0;
	room = NULL;
	session = peer_session(peer, subject_of(ops)->account);
	fake_open(session);
	fake_wait(core, "online *", LONG_MS);
	if (ops->join == NULL)
		return;
	room = fake_join(session, ROOM, NULL, NULL);
	fake_wait(core, "*: joined *", LONG_MS);
}

static void end(void)
{
	fake_run(core, LONG_MS);
	assert_int_equal(peer_injected(peer), 0);
	peer_core_free(&core, &peer);
}

static size_t count_of(const char *word, gw_request request)
{
	char alone[64], more[64];
	text_format(alone, sizeof(alone), "%s %u", word, (unsigned)request);
	text_format(more, sizeof(more), "%s %u *", word, (unsigned)request);
	return fake_count(core, alone) + fake_count(core, more);
}

static bool is_done(gw_request request)
{
	return count_of("accepted", request) + count_of("failed", request) > 0;
}

/* --- The calls ----------------------------------------------------------- */

static void send_to(enum gw_kind kind, const char *text, bool notice)
{
	unsigned caps = session->gw->ops->caps;
	const struct gw_outgoing m = { .request = new_request(),
		.kind = kind,
		.room = kind == GW_ROOM ? room : NULL,
		.to = kind == GW_PERSON ? peer_person(peer) : NULL,
		.text = text,
		.subject = (caps & GW_CAP_SUBJECT) != 0 ? text : NULL,
		.thread = (caps & GW_CAP_THREAD) != 0 ? text : NULL,
		.notice = notice };
	session->gw->ops->send(session, &m);
}

static void call_send(const struct gateway_ops *ops, const char *text)
{
	(void)ops;
	send_to(GW_PERSON, text, false);
	send_to(GW_PERSON, text, true);
	if (room != NULL)
		send_to(GW_ROOM, text, false);
	/* A line for the network itself may be one of its commands. */
	if (strstr(text, INJECTED) == NULL)
		send_to(GW_NETWORK, text, false);
}

static void call_receivers(const struct gateway_ops *ops, const char *text)
{
	const char *person = peer_person(peer);
	const struct gw_receiver receivers[] = {
		{ GW_TO, person, text },
		{ GW_BCC, person, NULL },
		{ GW_REPLY_TO, person, text },
		{ GW_NO_REPLY, NULL, NULL },
	};
	const struct gw_outgoing m = { .kind = GW_PERSON,
		.to = person,
		.text = text,
		.receivers = receivers };
	if ((ops->caps & GW_CAP_ADDRESSES) == 0)
		return;
	for (size_t count = 1; count <= COUNT(receivers); count++) {
		struct gw_outgoing one = m;
		one.request = new_request();
		one.receiver_count = count;
		ops->send(session, &one);
	}
}

static void call_displayed(const struct gateway_ops *ops, const char *text)
{
	if (ops->displayed == NULL)
		return;
	ops->displayed(session, NULL, peer_person(peer), text);
	ops->displayed(session, NULL, text, "1");
}

/* Messages that nobody sent. */
static void call_refused(const struct gateway_ops *ops, const char *text)
{
	if (ops->refused == NULL)
		return;
	ops->refused(session, peer_person(peer), text);
	ops->refused(session, text, "1");
}

static void call_typing(const struct gateway_ops *ops, const char *text)
{
	if (ops->typing == NULL)
		return;
	ops->typing(session, NULL, text, true);
	ops->typing(session, NULL, text, false);
	if (room != NULL)
		ops->typing(session, room, NULL, true);
}

/* Nobody has a picture, or one that can be told of. */
static void call_photo_of(const struct gateway_ops *ops, const char *text)
{
	struct gw_photo photo = { .sha1 = "" };

	if (ops->photo_of == NULL)
		return;
	assert_non_null(ops->lookup);
	ops->photo_of(session, text, &photo);
	if (photo.sha1[0] == '\0')
		return;
	assert_int_equal(strlen(photo.sha1), GW_SHA1_SIZE - 1);
	assert_int_equal(
		strspn(photo.sha1, "0123456789abcdef"), GW_SHA1_SIZE - 1);
	assert_non_null(photo.type);
	assert_true(photo.bytes > 0);
}

static void call_lookup(const struct gateway_ops *ops, const char *text)
{
	for (int what = GW_PROFILE; ops->lookup != NULL && what <= GW_TIME;
		what++)
		ops->lookup(session, new_request(), (enum gw_lookup)what, text);
}

static void call_lists(const struct gateway_ops *ops, const char *text)
{
	(void)text;
	if (ops->list_rooms != NULL)
		ops->list_rooms(session, new_request());
	if (ops->list_bans != NULL)
		ops->list_bans(room, new_request());
}

static void call_slash(const struct gateway_ops *ops, const char *text)
{
	if (ops->slash == NULL)
		return;
	ops->slash(session, new_request(), NULL, NULL, text);
	if (room != NULL)
		ops->slash(session, new_request(), room, NULL, text);
}

static void fill_values(
	const struct gw_setting *rows, const char *text, const char **values)
{
	for (size_t k = 0; rows != NULL && rows[k].name != NULL; k++) {
		size_t max = rows[k].max > 0 ? (size_t)rows[k].max
					     : LIMIT_CONFIG_STRING;
		values[k] = strlen(text) <= max ? text : "x";
		if (rows[k].type == GW_BOOL)
			values[k] = "1";
		else if (rows[k].type == GW_CHOICE)
			values[k] = rows[k].choices[0];
		else if (rows[k].type == GW_INT)
			values[k] = rows[k].def;
		else if (!rows[k].required)
			values[k] = NULL;
	}
}

static void call_commands(const struct gateway_ops *ops, const char *text)
{
	for (size_t i = 0; ops->commands != NULL && ops->commands[i].name;
		i++) {
		const char *values[32] = { NULL };
		fill_values(ops->commands[i].settings, text, values);
		ops->command(session, new_request(), i, values);
	}
}

static void call_admin_commands(const struct gateway_ops *ops, const char *text)
{
	const struct gw_command *list = ops->admin_commands;
	for (size_t i = 0; list != NULL && list[i].name != NULL; i++) {
		const char *values[32] = { NULL };
		struct str out = { .max = 64 * KIB };
		fill_values(list[i].settings, text, values);
		if (ops->administer(fake_core_gw(core), i, values, &out) != 0)
			assert_true(out.len > 0);
		assert_true(utf8_is_valid(str_slice(&out)));
		str_finish(&out);
	}
}

static void call_room(const struct gateway_ops *ops, const char *text)
{
	static const struct gw_room_info info = { .flags = GW_ROOM_MODERATED };
	struct gw_room_info named = { .flags = ~0u, .max_users = 7 };
	named.password = text;
	if (ops->set_nick != NULL)
		ops->set_nick(room, new_request(), text);
	if (ops->set_subject != NULL)
		ops->set_subject(room, new_request(), text);
	if (ops->configure != NULL) {
		ops->configure(room, new_request(), &info, GW_ROOM_MODERATED);
		ops->configure(room, new_request(), &named, ~0u);
		ops->configure(room, new_request(), &named, 0);
	}
	if (ops->invite != NULL) {
		ops->invite(room, new_request(), text, NULL);
		ops->invite(room, new_request(), peer_person(peer), text);
	}
}

static void call_moderate(const struct gateway_ops *ops, const char *text)
{
	if (ops->moderate == NULL)
		return;
	struct gw_moderation m = { .verb = GW_SET_ROLE, .reason = text };
	for (int role = GW_ROLE_NONE; role <= GW_MODERATOR; role++) {
		m.role = (enum gw_role)role;
		m.nick = text;
		ops->moderate(room, new_request(), &m);
		m.nick = peer_person(peer);
		ops->moderate(room, new_request(), &m);
	}
	m.verb = GW_SET_AFFILIATION;
	for (int a = GW_OUTCAST; a <= GW_OWNER; a++) {
		m.affiliation = (enum gw_affiliation)a;
		m.nick = peer_person(peer);
		m.person = NULL;
		ops->moderate(room, new_request(), &m);
		m.nick = NULL;
		m.person = text;
		ops->moderate(room, new_request(), &m);
	}
}

static void call_all(const struct gateway_ops *ops, const char *text)
{
	call_send(ops, text);
	call_receivers(ops, text);
	call_displayed(ops, text);
	call_refused(ops, text);
	call_typing(ops, text);
	call_lookup(ops, text);
	call_photo_of(ops, text);
	call_lists(ops, text);
	call_slash(ops, text);
	call_commands(ops, text);
	call_admin_commands(ops, text);
	if (room == NULL)
		return;
	call_room(ops, text);
	call_moderate(ops, text);
}

/* --- Texts --------------------------------------------------------------- */

/* All that XML can carry may come: CR, but no NUL and no \x01. */

static const char *const texts[] = { "hello", "", " ", "/me waves", "/", "//",
	":", ",", "a,b", "*", "!", "%s%n%x", "\\", "a b c d e f", "#room",
	"two\nlines", "x\r\n" INJECTED " y", "x\r" INJECTED " y",
	"x\n" INJECTED " y", "\n\n\n", "\r\n\r\n" INJECTED, "\t", "\x7f",
	"\xc3\xa4", "\xf0\x9f\x98\x80", "\xe2\x80\xae", "<b>&amp;</b>", "-",
	"+o bob", "-1", "0" };

static void assert_all_done(const char *text)
{
	/* A link that ended takes its requests with it. */
	if (fake_count(core, "closed *") > 0)
		return;
	for (size_t i = 0; i < request_count; i++)
		if (!is_done(requests[i]))
			fail_msg("call %zu with \"%.60s\" was never completed",
				i, text);
}

/* With a network that hears it all and answers nothing. */
static void every_text(const struct gateway_ops *ops)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		begin(ops);
		call_all(ops, texts[i]);
		fake_run(core, LONG_MS);
		assert_all_done(texts[i]);
		end();
	}
}

static void huge_text(const struct gateway_ops *ops)
{
	char *text = xalloc(BIG_SIZE);
	begin(ops);
	memset(text, 'x', BIG_SIZE - 1);
	call_all(ops, text);
	fake_run(core, LONG_MS);
	assert_all_done("64 KiB of one word");
	end();
	begin(ops);
	for (size_t i = 0; i + 1 < BIG_SIZE; i += 10)
		text[i] = i % 200 == 0 ? '\n' : ' ';
	call_all(ops, text);
	fake_run(core, LONG_MS);
	assert_all_done("64 KiB of lines");
	end();
	xfree(text);
}

/* Whoever announces receipts has them: the friendly network delivers. */
static void receipts(const struct gateway_ops *ops)
{
	if ((ops->caps & GW_CAP_RECEIPTS) == 0)
		return;
	begin(ops);
	send_to(GW_PERSON, "hello", false);
	fake_run(core, LONG_MS);
	assert_int_equal(count_of("accepted", requests[0]), 1);
	assert_int_equal(count_of("delivered", requests[0]), 1);
	end();
}

/* --- Ends while requests are open ---------------------------------------- */

static void close_with_requests(const struct gateway_ops *ops)
{
	begin(ops);
	call_all(ops, "hello");
	fake_close(session, NULL);
	end();
	begin(ops);
	call_all(ops, "hello");
	fake_run(core, 100);
	fake_close(session, "bye");
	end();
}

static void leave_with_requests(const struct gateway_ops *ops)
{
	if (ops->join == NULL)
		return;
	begin(ops);
	call_all(ops, "hello");
	fake_leave(room, NULL);
	end();
}

static void lose_with_requests(const struct gateway_ops *ops)
{
	begin(ops);
	call_all(ops, "hello");
	peer_hang_up(peer);
	end();
}

/* A request may come in the moment in which the link is gone. */
static void request_after_the_loss(const struct gateway_ops *ops)
{
	begin(ops);
	peer_set_manners(peer, PEER_SILENT);
	peer_hang_up(peer);
	for (int i = 0; i < 20 && fake_count(core, "closed *") == 0; i++) {
		send_to(GW_PERSON, "hello", false);
		fake_run(core, 0);
	}
	end();
}

static void request_nobody_waits_for(const struct gateway_ops *ops)
{
	begin(ops);
	const struct gw_outgoing m = {
		.kind = GW_PERSON, .to = peer_person(peer), .text = "hello"
	};
	ops->send(session, &m);
	if (ops->set_subject != NULL)
		ops->set_subject(room, 0, "hello");
	if (ops->slash != NULL)
		ops->slash(session, 0, room, NULL, "help");
	end();
}

int main(void)
{
	static const struct each_test tests[] = {
		TEST(every_text),
		TEST(huge_text),
		TEST(receipts),
		TEST(close_with_requests),
		TEST(leave_with_requests),
		TEST(lose_with_requests),
		TEST(request_after_the_loss),
		TEST(request_nobody_waits_for),
	};
	return each_gateway_runs(tests, COUNT(tests));
}
