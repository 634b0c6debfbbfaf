/*
 * Incoming messages on every back-end: run by test_inbox.c on SQLite and by
 * test_postgres.c on PostgreSQL. Each case begins with an open, empty store and
 * leaves it open.
 */
#ifndef TEST_STORE_INBOX_CASES_H
#define TEST_STORE_INBOX_CASES_H

#include "store/accounts.h"
#include "store/fixture.h"
#include "store/inbox.h"

#define IN_GW "mail.example.org"

static const struct store_owner in_alice = { IN_GW, "alice@x", "a@y" };
static const struct store_owner in_bob = { IN_GW, "bob@x", "a@y" };

struct in_asking {
	struct outcome outcome;
	enum inbox_state before;
};

static void on_in_state(int status, enum inbox_state before, void *arg)
{
	struct in_asking *a = arg;

	a->before = before;
	on_done(status, &a->outcome);
}

static void on_in_found(
	int status, enum inbox_state before, uint64_t ref UNUSED, void *arg)
{
	on_in_state(status, before, arg);
}

static struct inbox_key in_key(const char *text)
{
	struct inbox_key key;

	crypto_sha256(slice_of(text), key.bytes);
	return key;
}

static enum inbox_state put_in(
	const struct store_owner *o, const char *id, const char *data)
{
	struct in_asking a = { 0 };
	const struct store_incoming_new m = { .owner = *o,
		.key = in_key(id),
		.run = 7,
		.expires_ms = WALL_MS + 1000,
		.data = slice_of(data) };

	store_inbox_put(store, &m, on_in_state, &a);
	wait_for(&a.outcome);
	assert_int_equal(a.outcome.status, 0);
	return a.before;
}

static enum inbox_state state_in(const struct store_owner *o, const char *id)
{
	struct in_asking a = { 0 };
	const struct inbox_name name = { *o, in_key(id) };

	store_inbox_find(store, &name, NULL, &name.key, on_in_found, &a);
	wait_for(&a.outcome);
	return a.before;
}

struct in_reading {
	struct str text;
	uint32_t last;
	bool is_last;
	struct outcome outcome;
};

static void on_in_each(const struct store_incoming *m, void *arg)
{
	struct in_reading *r = arg;

	str_addf(&r->text, "%s:%d:%d:%.*s ", m->owner.user, m->state,
		(int)m->run, (int)m->data.len, m->data.data);
	r->last = m->number;
}

static void on_in_end(int status, bool is_last, void *arg)
{
	struct in_reading *r = arg;

	r->is_last = is_last;
	on_done(status, &r->outcome);
}

static const struct store_inbox_events in_events = { on_in_each, on_in_end };

/* `user` NULL: what waits, and what was settled after that moment. */
static void read_in(struct in_reading *r, const char *user, int64_t settled_ms)
{
	*r = (struct in_reading){ .text = { .max = 1 << 20 } };
	while (!r->is_last) {
		r->outcome = (struct outcome){ 0 };
		if (user != NULL)
			store_inbox_returned(
				store, IN_GW, user, r->last, &in_events, r);
		else
			store_inbox_page(store, IN_GW, r->last, settled_ms,
				&in_events, r);
		wait_for(&r->outcome);
		assert_int_equal(r->outcome.status, 0);
	}
}

static void expect_in(
	const char *user, int64_t settled_ms, const char *expected)
{
	struct in_reading r;

	read_in(&r, user, settled_ms);
	assert_string_equal(str_text(&r.text), expected);
	str_finish(&r.text);
}

static struct inbox_name in_name(const struct store_owner *o, const char *id)
{
	return (struct inbox_name){ *o, in_key(id) };
}

static void settle_in(
	const struct store_owner *o, const char *id, int64_t wall_ms)
{
	const struct inbox_name name = in_name(o, id);

	store_inbox_settle(store, &name, 1, wall_ms, NULL, NULL);
}

/* --- Cases --------------------------------------------------------------- */

static void stores_each_message_once(void **state UNUSED)
{
	assert_int_equal(put_in(&in_alice, "1", "one"), INBOX_NONE);
	assert_int_equal(put_in(&in_alice, "1", "other"), INBOX_WAITING);
	assert_int_equal(put_in(&in_bob, "1", "his"), INBOX_NONE);
	assert_int_equal(put_in(&in_alice, "2", ""), INBOX_NONE);
	assert_int_equal(state_in(&in_alice, "2"), INBOX_OVER);
	assert_int_equal(state_in(&in_alice, "3"), INBOX_NONE);
	reopen();
	expect_in(NULL, WALL_MS, "alice@x:0:7:one bob@x:0:7:his ");
}

static void settles_and_ends(void **state UNUSED)
{
	put_in(&in_alice, "1", "one");
	put_in(&in_alice, "2", "two");
	put_in(&in_bob, "3", "three");
	settle_in(&in_alice, "1", WALL_MS + 10);
	settle_in(&in_alice, "2", WALL_MS + 20);
	expect_in(NULL, WALL_MS + 15, "alice@x:1:7:two bob@x:0:7:three ");
	/* Sent again, it has its time again. */
	settle_in(&in_alice, "1", WALL_MS + 30);
	expect_in(NULL, WALL_MS + 25, "alice@x:1:7:one bob@x:0:7:three ");
	store_inbox_end(store, WALL_MS + 25);
	assert_int_equal(state_in(&in_alice, "2"), INBOX_OVER);
	assert_int_equal(state_in(&in_alice, "1"), INBOX_SETTLED);
	store_inbox_end_all(store, IN_GW);
	assert_int_equal(state_in(&in_alice, "1"), INBOX_OVER);
	assert_int_equal(state_in(&in_bob, "3"), INBOX_WAITING);
	assert_int_equal(put_in(&in_alice, "1", "one"), INBOX_OVER);
	expect_in(NULL, 0, "bob@x:0:7:three ");
}

static void ends_in_steps(void **state UNUSED)
{
	for (int i = 0; i < 450; i++) {
		char id[16];

		text_format(id, sizeof(id), "%d", i);
		put_in(&in_alice, id, "x");
		settle_in(&in_alice, id, WALL_MS);
	}
	store_inbox_end(store, WALL_MS + 1);
	for (int i = 0; i < 4; i++)
		barrier();
	expect_in(NULL, 0, "");
}

static void keeps_what_came_back(void **state UNUSED)
{
	const struct inbox_name one = in_name(&in_alice, "1");
	const struct inbox_name two = in_name(&in_alice, "2");
	const struct inbox_name none = in_name(&in_alice, "3");

	put_in(&in_alice, "1", "one");
	put_in(&in_alice, "2", "two");
	put_in(&in_bob, "1", "his");
	settle_in(&in_alice, "2", WALL_MS);
	store_inbox_return(store, &one);
	store_inbox_return(store, &one);
	store_inbox_return(store, &two);
	store_inbox_return(store, &none);
	expect_in(NULL, 0, "bob@x:0:7:his ");
	expect_in("alice@x", 0, "alice@x:3:7:one alice@x:4:7:two ");
	/* An answered ping is about others. */
	settle_in(&in_alice, "1", WALL_MS);
	assert_int_equal(state_in(&in_alice, "1"), INBOX_RETURNED);
	store_inbox_retry(store, &one, WALL_MS);
	store_inbox_retry(store, &two, WALL_MS);
	expect_in("alice@x", 0, "");
	expect_in(NULL, 0, "alice@x:0:7:one alice@x:1:7:two bob@x:0:7:his ");
}

static void incoming_in_pages(void **state UNUSED)
{
	struct in_reading r;

	for (int i = 0; i < 130; i++) {
		char id[16];

		text_format(id, sizeof(id), "%d", i);
		put_in(&in_alice, id, id);
	}
	read_in(&r, NULL, 0);
	assert_int_equal(r.last, 130);
	assert_non_null(
		strstr(str_text(&r.text), "alice@x:0:7:49 alice@x:0:7:50 "));
	str_finish(&r.text);
}

static void incoming_expires_and_is_erased(void **state UNUSED)
{
	put_in(&in_alice, "1", "one");
	put_in(&in_bob, "1", "his");
	store_account_remove(store, IN_GW, "alice@x", "a@y", NULL, NULL);
	expect_in(NULL, 0, "bob@x:0:7:his ");
	store_expire(store, WALL_MS + 1000);
	expect_in(NULL, 0, "bob@x:0:7:his ");
	store_expire(store, WALL_MS + 1001);
	expect_in(NULL, 0, "");
}

#define INBOX_CASE(name, set_up, tear_down) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define INBOX_CASES(set_up, tear_down)                               \
	INBOX_CASE(stores_each_message_once, set_up, tear_down),     \
		INBOX_CASE(settles_and_ends, set_up, tear_down),     \
		INBOX_CASE(ends_in_steps, set_up, tear_down),        \
		INBOX_CASE(keeps_what_came_back, set_up, tear_down), \
		INBOX_CASE(incoming_in_pages, set_up, tear_down),    \
		INBOX_CASE(incoming_expires_and_is_erased, set_up, tear_down)

#endif
