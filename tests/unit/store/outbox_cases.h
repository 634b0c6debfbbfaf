/*
 * Outgoing messages on every back-end: run by test_outbox.c on SQLite and by
 * test_postgres.c on PostgreSQL. Each case begins with an open, empty store and
 * leaves it open.
 */
#ifndef TEST_STORE_OUTBOX_CASES_H
#define TEST_STORE_OUTBOX_CASES_H

#include "store/accounts.h"
#include "store/fixture.h"
#include "store/outbox.h"

#define OUT_GW "mail.example.org"

static const struct store_owner out_alice = { OUT_GW, "alice@x", "a@y" };
static const struct store_owner out_bob = { OUT_GW, "bob@x", "a@y" };

struct out_putting {
	struct outcome outcome;
	uint32_t number;
	bool is_new;
};

static void on_out_put(int status, uint32_t number, bool is_new, void *arg)
{
	struct out_putting *p = arg;

	p->number = number;
	p->is_new = is_new;
	on_done(status, &p->outcome);
}

static struct out_putting put_out(const struct store_owner *o, const char *same,
	const char *data, int64_t wall_ms)
{
	struct out_putting p = { 0 };
	const struct store_outgoing_new m = { .owner = *o,
		.run = 7,
		.wall_ms = wall_ms,
		.since_ms = wall_ms - 1000,
		.same = slice_of(same),
		.data = slice_of(data) };

	store_outbox_put(store, &m, on_out_put, &p);
	wait_for(&p.outcome);
	assert_int_equal(p.outcome.status, 0);
	return p;
}

struct out_reading {
	struct str text;
	uint32_t last;
	bool is_last;
	struct outcome outcome;
};

static void on_out_each(const struct store_outgoing *m, void *arg)
{
	struct out_reading *r = arg;

	str_addf(&r->text, "%u:%d:%d:%.*s ", (unsigned)m->number, (int)m->run,
		m->stage, (int)m->data.len, m->data.data);
	r->last = m->number;
}

static void on_out_end(int status, bool is_last, void *arg)
{
	struct out_reading *r = arg;

	r->is_last = is_last;
	on_done(status, &r->outcome);
}

static const struct store_outbox_events out_events = { on_out_each,
	on_out_end };

static void read_out(struct out_reading *r, const struct store_owner *o)
{
	*r = (struct out_reading){ .text = { .max = 1 << 20 } };
	while (!r->is_last) {
		r->outcome = (struct outcome){ 0 };
		store_outbox_page(store, o, r->last, &out_events, r);
		wait_for(&r->outcome);
		assert_int_equal(r->outcome.status, 0);
	}
}

static void expect_out(const struct store_owner *o, const char *expected)
{
	struct out_reading r;

	read_out(&r, o);
	assert_string_equal(str_text(&r.text), expected);
	str_finish(&r.text);
}

static void on_out_found(int status, const struct store_outgoing *m, void *arg)
{
	struct out_reading *r = arg;

	if (m != NULL)
		on_out_each(m, r);
	on_done(status, &r->outcome);
}

static void expect_out_one(
	const struct store_owner *o, uint32_t number, const char *expected)
{
	struct out_reading r = { .text = { .max = 1000 } };

	store_outbox_find(store, o, number, on_out_found, &r);
	wait_for(&r.outcome);
	assert_int_equal(r.outcome.status, 0);
	assert_string_equal(str_text(&r.text), expected);
	str_finish(&r.text);
}

static void change_out(const struct store_owner *o, uint32_t number, int stage,
	int64_t expires_ms)
{
	const struct store_outgoing m = {
		.number = number, .stage = stage, .data = slice_of("changed")
	};

	store_outbox_change(store, o, &m, expires_ms);
}

/* --- Cases --------------------------------------------------------------- */

static void numbers_never_repeat(void **state UNUSED)
{
	assert_int_equal(put_out(&out_alice, "", "a", WALL_MS).number, 1);
	assert_int_equal(put_out(&out_bob, "", "b", WALL_MS).number, 2);
	store_outbox_remove(store, &out_bob, 2);
	store_outbox_remove(store, &out_alice, 1);
	reopen();
	assert_int_equal(put_out(&out_alice, "", "c", WALL_MS).number, 3);
	expect_out(&out_alice, "3:7:0:c ");
	expect_out(&out_bob, "");
}

static void stores_the_same_once(void **state UNUSED)
{
	struct out_putting p = put_out(&out_alice, "id", "first", WALL_MS);

	assert_true(p.is_new);
	p = put_out(&out_alice, "id", "again", WALL_MS + 999);
	assert_false(p.is_new);
	assert_int_equal(p.number, 1);
	expect_out(&out_alice, "1:7:0:again ");
	/* Another user's is another one. */
	assert_true(put_out(&out_bob, "id", "first", WALL_MS).is_new);
	/* What was accepted is not changed, and is still the same. */
	change_out(&out_alice, 1, 1, 0);
	assert_false(put_out(&out_alice, "id", "x", WALL_MS + 999).is_new);
	expect_out_one(&out_alice, 1, "1:7:1:changed ");
	/* Later it is a new one. */
	assert_true(put_out(&out_alice, "id", "new", WALL_MS + 1001).is_new);
	/* One that failed may be tried again. */
	store_outbox_remove(store, &out_bob, 2);
	assert_true(put_out(&out_bob, "id", "retry", WALL_MS + 5).is_new);
}

static void gives_what_waits_in_pages(void **state UNUSED)
{
	struct out_reading r;

	for (int i = 0; i < 130; i++)
		put_out(&out_alice, "", "x", WALL_MS);
	change_out(&out_alice, 7, 1, 0);
	expect_out_one(&out_alice, 7, "7:7:1:changed ");
	expect_out_one(&out_alice, 999, "");
	expect_out_one(&out_bob, 7, "");
	read_out(&r, &out_alice);
	assert_int_equal(r.last, 130);
	assert_non_null(strstr(str_text(&r.text), "6:7:0:x 8:7:0:x "));
	str_finish(&r.text);
}

static void outgoing_expires(void **state UNUSED)
{
	put_out(&out_alice, "", "waits", WALL_MS);
	put_out(&out_alice, "", "old", WALL_MS);
	put_out(&out_alice, "", "new", WALL_MS);
	change_out(&out_alice, 2, 1, WALL_MS + 10);
	change_out(&out_alice, 3, 1, WALL_MS + 20);
	store_expire(store, WALL_MS + 15);
	barrier();
	expect_out_one(&out_alice, 1, "1:7:0:waits ");
	expect_out_one(&out_alice, 2, "");
	expect_out_one(&out_alice, 3, "3:7:1:changed ");
}

struct out_counting {
	struct str text;
	struct outcome outcome;
};

static void on_out_count(
	const char *user, const char *account, int64_t count, void *arg)
{
	struct out_counting *c = arg;

	str_addf(&c->text, "%s %s %d\n", user, account, (int)count);
}

static void on_out_counted(int status, void *arg)
{
	on_done(status, &((struct out_counting *)arg)->outcome);
}

static void outgoing_is_counted_and_erased(void **state UNUSED)
{
	static const struct store_load_events events = {
		.waiting = on_out_count, .done = on_out_counted
	};
	struct out_counting c = { .text = { .max = 1000 } };

	put_out(&out_alice, "", "a", WALL_MS);
	put_out(&out_alice, "", "b", WALL_MS);
	put_out(&out_alice, "", "c", WALL_MS);
	put_out(&out_bob, "", "d", WALL_MS);
	change_out(&out_alice, 2, 1, 0);
	store_load(store, OUT_GW, &events, &c);
	wait_for(&c.outcome);
	assert_string_equal(str_text(&c.text), "alice@x a@y 2\nbob@x a@y 1\n");
	str_finish(&c.text);
	store_account_remove(store, OUT_GW, "alice@x", "a@y", NULL, NULL);
	expect_out(&out_alice, "");
	expect_out_one(&out_alice, 2, "");
	expect_out(&out_bob, "4:7:0:d ");
}

#define OUTBOX_CASE(name, set_up, tear_down) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define OUTBOX_CASES(set_up, tear_down)                                    \
	OUTBOX_CASE(numbers_never_repeat, set_up, tear_down),              \
		OUTBOX_CASE(stores_the_same_once, set_up, tear_down),      \
		OUTBOX_CASE(gives_what_waits_in_pages, set_up, tear_down), \
		OUTBOX_CASE(outgoing_expires, set_up, tear_down),          \
		OUTBOX_CASE(outgoing_is_counted_and_erased, set_up, tear_down)

#endif
