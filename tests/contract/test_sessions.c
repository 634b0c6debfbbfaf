/*
 * The life of sessions and rooms of every gateway: opened and closed in every
 * order, with networks of all manners. That nothing is called about what is
 * closed is the fake core's to see (gateways/kit/fake_core.h).
 */
#include "each_gateway.h"

#include "base/limits.h"
#include "peer.h"

/* Longer than any timeout of a login, in steps that are short enough. */
#define LONG_MS 1200000

static struct fake_core *core;
static struct peer *peer;
static const char *account;

static void begin(const struct gateway_ops *ops, enum manners manners)
{
	core = peer_core_new(ops, manners, &peer);
	account = subject_of(ops)->account;
}

/* Long enough for what should not come any more. */
static void end(void)
{
	fake_run(core, LONG_MS);
	assert_int_equal(peer_injected(peer), 0);
	peer_core_free(&core, &peer);
}

static struct gw_session *opened(void)
{
	struct gw_session *s = peer_session(peer, account);
	fake_open(s);
	return s;
}

/* Open it (again). */
static void go_online(struct gw_session *s)
{
	fake_clear(core);
	fake_open(s);
	fake_wait(core, "online *", LONG_MS);
}

static struct gw_session *online(void)
{
	struct gw_session *s = peer_session(peer, account);
	go_online(s);
	return s;
}

/* A gateway without a network is online whatever its peer does. */
static bool has_peer(const struct gateway_ops *ops)
{
	return subject_of(ops)->hear != NULL;
}

/* --- The gateway --------------------------------------------------------- */

static void start_and_stop(const struct gateway_ops *ops)
{
	for (int i = 0; i < 3; i++) {
		begin(ops, PEER_SILENT);
		peer_core_free(&core, &peer);
	}
}

static void reload(const struct gateway_ops *ops)
{
	if (ops->reload == NULL)
		return;
	begin(ops, PEER_FRIENDLY);
	ops->reload(fake_core_gw(core));
	struct gw_session *s = online();
	ops->reload(fake_core_gw(core));
	fake_run(core, 1000);
	fake_close(s, NULL);
	ops->reload(fake_core_gw(core));
	end();
}

/* Whatever is under way, that ends; sessions are still there. */
static void drain(const struct gateway_ops *ops)
{
	static const enum manners all[] = { PEER_FRIENDLY, PEER_SILENT,
		PEER_REFUSING };
	if (ops->drain == NULL)
		return;
	for (size_t i = 0; i < COUNT(all); i++) {
		begin(ops, all[i]);
		struct gw_session *s = opened();
		fake_run(core, 1000);
		fake_drain(core);
		fake_wait(core, "drained", LONG_MS);
		fake_close(s, NULL);
		end();
	}
	begin(ops, PEER_SILENT);
	fake_drain(core);
	/* It may end while it does. */
	peer_core_free(&core, &peer);
}

/* --- Sessions ------------------------------------------------------------ */

static void close_while_opening(const struct gateway_ops *ops)
{
	static const int64_t moments[] = { 0, 1, 20, 100, 250, 1000, 5000,
		30000, 120000 };
	for (int manners = PEER_FRIENDLY; manners <= PEER_BABBLING; manners++)
		for (size_t i = 0; i < COUNT(moments); i++) {
			begin(ops, (enum manners)manners);
			struct gw_session *s = opened();
			if (moments[i] > 0)
				fake_run(core, moments[i]);
			fake_close(s, i % 2 == 0 ? NULL : "bye");
			end();
		}
}

static void close_online(const struct gateway_ops *ops)
{
	static const char *const words[] = { NULL, "", "bye",
		"two\r\n" INJECTED " lines", "\x7f\t\xc3\xa4" };
	for (size_t i = 0; i < COUNT(words); i++) {
		begin(ops, PEER_FRIENDLY);
		struct gw_session *s = online();
		fake_close(s, words[i]);
		end();
	}
}

static void close_with_huge_words(const struct gateway_ops *ops)
{
	char *words = xalloc(64 * KIB);
	memset(words, 'x', 64 * KIB - 1);
	begin(ops, PEER_FRIENDLY);
	fake_close(online(), words);
	end();
	xfree(words);
}

/* A session that ended by itself is closed all the same, or opened again. */
static void close_after_the_end(const struct gateway_ops *ops)
{
	if (!has_peer(ops))
		return;
	begin(ops, PEER_REFUSING);
	struct gw_session *s = opened();
	fake_wait(core, "closed *", LONG_MS);
	fake_run(core, LONG_MS);
	fake_close(s, "bye");
	end();
}

static void open_again(const struct gateway_ops *ops)
{
	begin(ops, PEER_REFUSING);
	struct gw_session *s = opened();
	if (has_peer(ops)) {
		fake_wait(core, "closed *", LONG_MS);
		fake_open(s);
		fake_wait(core, "closed *", LONG_MS);
		peer_set_manners(peer, PEER_BABBLING);
		fake_open(s);
		fake_wait(core, "closed *", LONG_MS);
		peer_set_manners(peer, PEER_FRIENDLY);
		fake_open(s);
	}
	fake_wait(core, "online *", LONG_MS);
	for (int i = 0; i < 3; i++) {
		fake_close(s, NULL);
		go_online(s);
	}
	end();
}

static void silent_network(const struct gateway_ops *ops)
{
	if (!has_peer(ops))
		return;
	begin(ops, PEER_SILENT);
	opened();
	fake_wait(core, "closed * retry*", LONG_MS);
	end();
}

static void lost_link(const struct gateway_ops *ops)
{
	if (!has_peer(ops))
		return;
	begin(ops, PEER_FRIENDLY);
	struct gw_session *s = online();
	/* Some try for a while before they say it. */
	peer_set_manners(peer, PEER_REFUSING);
	peer_hang_up(peer);
	fake_wait(core, "closed GW_* retry *", LONG_MS);
	peer_set_manners(peer, PEER_FRIENDLY);
	go_online(s);
	end();
}

static void many_sessions(const struct gateway_ops *ops)
{
	struct gw_session *sessions[20];
	begin(ops, PEER_FRIENDLY);
	for (size_t i = 0; i < COUNT(sessions); i++)
		sessions[i] = opened();
	for (size_t i = 0; i < COUNT(sessions); i++)
		fake_wait(core, "online *", LONG_MS);
	/* The even ones in order, the odd ones from the end. */
	for (size_t i = 0; i < COUNT(sessions); i += 2)
		fake_close(sessions[i], NULL);
	for (size_t i = COUNT(sessions); i > 0; i -= 2)
		fake_close(sessions[i - 1], "bye");
	end();
}

/* Whatever a setting may hold by its own row does no harm. */
static void set_all(struct gw_session *s, const char *text)
{
	for (const struct gw_setting *row = s->gw->ops->settings; row->name;
		row++) {
		bool text_like = row->type == GW_TEXT ||
				 row->type == GW_TEXT_LIST ||
				 row->type == GW_SECRET;
		bool fits = row->max == 0 || strlen(text) <= (size_t)row->max;
		if (row->use != GW_USE_ACCOUNT && text_like && fits &&
			(row->check == NULL || row->check(text) == NULL))
			fake_set(s, row->name, text);
	}
}

static void odd_settings(const struct gateway_ops *ops)
{
	static const char *const values[] = { "x", " ", "%s%n", ":x", "a b c",
		"\xc3\xa4\xf0\x9f\x98\x80", "#a", "," };
	for (size_t i = 0; i < COUNT(values); i++) {
		begin(ops, PEER_FRIENDLY);
		struct gw_session *s = peer_session(peer, account);
		set_all(s, values[i]);
		fake_open(s);
		fake_run(core, 60000);
		end();
	}
}

/* --- Presence ------------------------------------------------------------ */

static void presence(const struct gateway_ops *ops)
{
	static const char *const words[] = { NULL, "", "lunch",
		"a\r\n" INJECTED " b" };
	if (ops->presence == NULL)
		return;
	begin(ops, PEER_FRIENDLY);
	struct gw_session *s = online();
	for (int show = GW_OFFLINE; show <= GW_DND; show++)
		for (size_t i = 0; i < COUNT(words); i++)
			ops->presence(s, (enum gw_show)show, words[i]);
	end();
}

static void watching(const struct gateway_ops *ops)
{
	if (ops->watch == NULL)
		return;
	begin(ops, PEER_FRIENDLY);
	struct gw_session *s = online();
	for (int i = 0; i < 3; i++) {
		ops->watch(s, peer_person(peer), true);
		ops->watch(s, peer_person(peer), true);
		ops->watch(s, "nobody", false);
		ops->watch(s, peer_person(peer), false);
	}
	ops->watch(s, peer_person(peer), true);
	end();
}

/* --- Rooms --------------------------------------------------------------- */

#define ROOM           peer_room(peer)
#define HAS_ROOMS(ops) (((ops)->caps & GW_CAP_ROOMS) != 0)

static void join_and_leave(const struct gateway_ops *ops)
{
	if (!HAS_ROOMS(ops))
		return;
	begin(ops, PEER_FRIENDLY);
	struct gw_session *s = online();
	for (int i = 0; i < 3; i++) {
		struct gw_room *r = fake_join(s, ROOM, NULL, NULL);
		fake_wait(core, "*: joined *", LONG_MS);
		fake_leave(r, i == 0 ? NULL : "bye\r\n" INJECTED);
	}
	end();
}

/* Left before the network answered, closed while joining, lost. */
static void interrupted_join(const struct gateway_ops *ops)
{
	if (!HAS_ROOMS(ops))
		return;
	begin(ops, PEER_FRIENDLY);
	struct gw_session *s = online();
	struct gw_room *r = fake_join(s, ROOM, "nick", "key");
	fake_leave(r, NULL);
	fake_run(core, 1000);
	r = fake_join(s, ROOM, NULL, NULL);
	fake_leave(r, NULL);
	(void)fake_join(s, ROOM, NULL, NULL);
	fake_close(s, NULL);
	go_online(s);
	(void)fake_join(s, ROOM, NULL, NULL);
	if (has_peer(ops)) {
		peer_set_manners(peer, PEER_REFUSING);
		peer_hang_up(peer);
		fake_wait(core, "closed *", LONG_MS);
	}
	end();
}

static void silent_join(const struct gateway_ops *ops)
{
	if (!HAS_ROOMS(ops) || !has_peer(ops))
		return;
	begin(ops, PEER_FRIENDLY);
	struct gw_session *s = online();
	peer_set_manners(peer, PEER_SILENT);
	(void)fake_join(s, ROOM, NULL, NULL);
	fake_run(core, LONG_MS);
	/* A room that needs no network for it is entered. */
	assert_true(fake_count(core, "*: failed *") == 1 ||
		    fake_count(core, "*: joined *") == 1 ||
		    fake_count(core, "closed *") == 1);
	end();
}

static void odd_joins(const struct gateway_ops *ops)
{
	static const char *const words[] = { " ", "a b", "x\r\n" INJECTED, ",",
		":", "%s", "\xc3\xa4", "#", "nick" };
	if (!HAS_ROOMS(ops))
		return;
	for (size_t i = 0; i < COUNT(words); i++) {
		begin(ops, PEER_FRIENDLY);
		struct gw_session *s = online();
		struct gw_room *r = fake_join(s, ROOM, words[i], words[i]);
		fake_run(core, 1000);
		if (gw_room_find(s, ROOM) != NULL)
			fake_leave(r, words[i]);
		end();
	}
}

int main(void)
{
	static const struct each_test tests[] = {
		TEST(start_and_stop),
		TEST(reload),
		TEST(drain),
		TEST(close_while_opening),
		TEST(close_online),
		TEST(close_with_huge_words),
		TEST(close_after_the_end),
		TEST(open_again),
		TEST(silent_network),
		TEST(lost_link),
		TEST(many_sessions),
		TEST(odd_settings),
		TEST(presence),
		TEST(watching),
		TEST(join_and_leave),
		TEST(interrupted_join),
		TEST(silent_join),
		TEST(odd_joins),
	};
	return each_gateway_runs(tests, COUNT(tests));
}
