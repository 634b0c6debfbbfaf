/*
 * What is kept for accounts, on every back-end: run by test_kept.c on SQLite
 * and by test_postgres.c on PostgreSQL. Each case begins with an open, empty
 * store and leaves it open.
 */
#ifndef TEST_STORE_KEPT_CASES_H
#define TEST_STORE_KEPT_CASES_H

#include "base/limits.h"
#include "store/accounts.h"
#include "store/fixture.h"
#include "store/kept.h"

#define KEPT_GW "mail.example.org"

static const struct store_owner alice = { KEPT_GW, "alice@x", "a@y" };
static const struct store_owner second = { KEPT_GW, "alice@x", "b@y" };
static const struct store_owner bob = { KEPT_GW, "bob@x", "a@y" };

/* --- Asking -------------------------------------------------------------- */

struct recalling {
	struct str text; /* "name=data\n" for each */
	size_t count, stop_at;
	struct outcome outcome;
};

static bool on_kept(const char *name, const void *data, size_t len, void *arg)
{
	struct recalling *r = arg;

	str_addf(&r->text, "%s=", name);
	str_add_bytes(&r->text, data, len < 100 ? len : 100);
	str_add(&r->text, "\n");
	return ++r->count != r->stop_at;
}

static void on_kept_end(int status, void *arg)
{
	on_done(status, &((struct recalling *)arg)->outcome);
}

static const struct store_kept_events recalling_events = { on_kept,
	on_kept_end };

static void recall(
	struct recalling *r, const struct store_owner *o, const char *prefix)
{
	memset(r, 0, sizeof(*r));
	str_init(&r->text, 16 << 20);
	store_kept_read(store, o, prefix, &recalling_events, r);
	wait_for(&r->outcome);
	assert_int_equal(r->outcome.calls, 1);
	assert_int_equal(r->outcome.status, 0);
}

static void expect_kept(
	const struct store_owner *o, const char *prefix, const char *expected)
{
	struct recalling r;

	recall(&r, o, prefix);
	assert_string_equal(str_text(&r.text), expected);
	str_finish(&r.text);
}

static int keep(const struct store_owner *o, const struct store_kept *items,
	size_t count)
{
	struct outcome done = { 0 };

	store_kept_put(store, o, items, count, on_done, &done);
	wait_for(&done);
	return done.status;
}

/* A text; NULL: keep it no longer. */
static int keep_text(
	const struct store_owner *o, const char *name, const char *text)
{
	const struct store_kept item = {
		.name = name, .data = text, .len = text ? strlen(text) : 0
	};

	return keep(o, &item, 1);
}

/* --- Cases --------------------------------------------------------------- */

static void keeps_things(void **state UNUSED)
{
	expect_kept(&alice, "", "");
	assert_int_equal(keep_text(&alice, "b", "2"), 0);
	assert_int_equal(keep_text(&alice, "a", "1"), 0);
	assert_int_equal(keep_text(&alice, "Z", ""), 0);
	assert_int_equal(keep_text(&alice, "~", "last"), 0);
	assert_int_equal(keep_text(&second, "a", "other"), 0);
	assert_int_equal(keep_text(&bob, "a", "his"), 0);
	reopen();
	/* In the order of the bytes, whatever the language. */
	expect_kept(&alice, "", "Z=\na=1\nb=2\n~=last\n");
	expect_kept(&second, "", "a=other\n");
	expect_kept(&bob, "", "a=his\n");
	assert_int_equal(keep_text(&alice, "a", "changed"), 0);
	assert_int_equal(keep_text(&alice, "b", NULL), 0);
	assert_int_equal(keep_text(&alice, "never", NULL), 0);
	expect_kept(&alice, "", "Z=\na=changed\n~=last\n");
}

static void keeps_all_or_none(void **state UNUSED)
{
	char *big = xcalloc(LIMIT_KEPT + 1, 1);
	const struct store_kept good[] = { { "x", "1", 1, 0 },
		{ "y", big, LIMIT_KEPT, 0 } };
	const struct store_kept bad[][2] = {
		{ { "z", "1", 1, 0 }, { "y", big, LIMIT_KEPT + 1, 0 } },
		{ { "z", "1", 1, 0 }, { "", "1", 1, 0 } },
		{ { "z", "1", 1, 0 }, { "a b", "1", 1, 0 } },
		{ { "z", "1", 1, 0 }, { "\xc3\xa4", "1", 1, 0 } },
	};
	struct recalling r;

	memset(big, 'x', LIMIT_KEPT);
	assert_int_equal(keep(&alice, good, COUNT(good)), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(keep(&alice, bad[i], 2), -1);
	recall(&r, &alice, "");
	assert_int_equal(r.count, 2);
	str_finish(&r.text);
	expect_kept(&alice, "z", "");
	xfree(big);
}

static void finds_by_the_begin_of_names(void **state UNUSED)
{
	static const char *const names[] = { "m", "mail", "mail/1", "mail/2",
		"mailbox", "mb", "n%_" };

	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(keep_text(&alice, names[i], "."), 0);
	assert_int_equal(keep_text(&bob, "mail/1", "."), 0);
	expect_kept(&alice, "mail/", "mail/1=.\nmail/2=.\n");
	expect_kept(&alice, "n%", "n%_=.\n");
	expect_kept(&alice, "%", "");
	store_kept_forget(store, &alice, "mail", NULL, NULL);
	expect_kept(&alice, "", "m=.\nmb=.\nn%_=.\n");
	expect_kept(&bob, "", "mail/1=.\n");
	store_kept_forget(store, &alice, "", NULL, NULL);
	expect_kept(&alice, "", "");
}

static void reads_in_pages(void **state UNUSED)
{
	char name[32];
	struct recalling r = { 0 };

	for (int i = 0; i < 450; i++) {
		const struct store_kept item = { name, "v", 1, 0 };

		text_format(name, sizeof(name), "n%03d", i);
		store_kept_put(store, &alice, &item, 1, NULL, NULL);
	}
	recall(&r, &alice, "n");
	assert_int_equal(r.count, 450);
	assert_non_null(strstr(str_text(&r.text), "n448=v\nn449=v\n"));
	str_finish(&r.text);
	/* Who has enough hears no more. */
	memset(&r, 0, sizeof(r));
	str_init(&r.text, 1000);
	r.stop_at = 3;
	store_kept_read(store, &alice, "n", &recalling_events, &r);
	barrier();
	barrier();
	assert_string_equal(str_text(&r.text), "n000=v\nn001=v\nn002=v\n");
	assert_int_equal(r.outcome.calls, 0);
	str_finish(&r.text);
}

static void reads_big_ones_in_pages(void **state UNUSED)
{
	char *big = xcalloc(LIMIT_KEPT, 1);
	char name[32];
	struct recalling r;

	for (int i = 0; i < 12; i++) {
		const struct store_kept item = { name, big, LIMIT_KEPT, 0 };

		text_format(name, sizeof(name), "big%02d", i);
		assert_int_equal(keep(&alice, &item, 1), 0);
	}
	recall(&r, &alice, "");
	assert_int_equal(r.count, 12);
	str_finish(&r.text);
	xfree(big);
}

static void forgets_in_time(void **state UNUSED)
{
	for (int i = 0; i < 900; i++) {
		char name[32];
		const struct store_kept item = { name, "v", 1, WALL_MS + i };

		text_format(name, sizeof(name), "n%03d", i);
		store_kept_put(store, &alice, &item, 1, NULL, NULL);
	}
	assert_int_equal(keep_text(&alice, "ever", "v"), 0);
	store_expire(store, WALL_MS + 898);
	barrier();
	barrier();
	for (int i = 0; i < 5; i++)
		barrier();
	expect_kept(&alice, "", "ever=v\nn898=v\nn899=v\n");
}

/* With the account goes all, and what its last session still writes; but not
 * what belongs to the next one of that name. */
static void goes_with_the_account(void **state UNUSED)
{
	const struct store_account again = { KEPT_GW, "alice@x", "b@y", NULL,
		0 };

	keep_text(&alice, "n", "v");
	keep_text(&second, "n", "v");
	keep_text(&bob, "n", "v");
	store_account_remove(store, KEPT_GW, "alice@x", "a@y", NULL, NULL);
	expect_kept(&alice, "", "");
	expect_kept(&second, "", "n=v\n");
	keep_text(&alice, "late", "v");
	store_removal_done(store, KEPT_GW, "alice@x", "a@y", NULL, NULL);
	expect_kept(&alice, "", "");
	expect_kept(&second, "", "n=v\n");
	store_account_remove(store, KEPT_GW, "alice@x", NULL, NULL, NULL);
	expect_kept(&second, "", "");
	keep_text(&alice, "late", "v");
	store_account_put(store, &again, NULL, NULL);
	keep_text(&second, "new", "v");
	store_removal_done(store, KEPT_GW, "alice@x", NULL, NULL, NULL);
	expect_kept(&alice, "", "");
	expect_kept(&second, "", "new=v\n");
	expect_kept(&bob, "", "n=v\n");
}

#define KEPT_CASE(name, set_up, tear_down) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define KEPT_CASES(set_up, tear_down)                                      \
	KEPT_CASE(keeps_things, set_up, tear_down),                        \
		KEPT_CASE(keeps_all_or_none, set_up, tear_down),           \
		KEPT_CASE(finds_by_the_begin_of_names, set_up, tear_down), \
		KEPT_CASE(reads_in_pages, set_up, tear_down),              \
		KEPT_CASE(reads_big_ones_in_pages, set_up, tear_down),     \
		KEPT_CASE(forgets_in_time, set_up, tear_down),             \
		KEPT_CASE(goes_with_the_account, set_up, tear_down)

#endif
