/*
 * What accounts, contacts, choices and farewells do on every back-end: run
 * by test_accounts.c on SQLite and by test_postgres.c on PostgreSQL. Each
 * case begins with an open, empty store and leaves it open.
 */
#ifndef TEST_STORE_ACCOUNTS_CASES_H
#define TEST_STORE_ACCOUNTS_CASES_H

#include "store/accounts.h"
#include "store/fixture.h"

#define GW  "irc.example.org"
#define GW2 "mail.example.org"

/* --- Reading back as text ------------------------------------------------ */

struct loading {
	struct str text;
	struct outcome outcome;
};

static void put_text(struct str *out, const char *text)
{
	str_add(out, text ? text : "NULL");
}

static void on_account(const struct store_account *a, void *arg)
{
	struct loading *l = arg;

	str_addf(&l->text, "A %s %s", a->user, a->account);
	for (size_t i = 0; i < a->setting_count; i++) {
		str_addf(&l->text, " %s%s=", a->settings[i].name,
			a->settings[i].secret ? "*" : "");
		put_text(&l->text, a->settings[i].value);
	}
	str_add(&l->text, "\n");
}

static void on_contact(const struct store_contact *c, void *arg)
{
	struct loading *l = arg;

	str_addf(&l->text, "C %s %s %d ", c->user, c->contact, c->state);
	put_text(&l->text, c->name);
	str_add(&l->text, "\n");
}

static void on_choice(const struct store_room_choice *c, void *arg)
{
	struct loading *l = arg;

	str_addf(&l->text, "R %s %s %s=%s\n", c->user, c->room, c->name,
		c->value);
}

static void on_removal(const char *user, const char *account, void *arg)
{
	struct loading *l = arg;

	str_addf(&l->text, "X %s ", user);
	put_text(&l->text, account);
	str_add(&l->text, "\n");
}

static void on_waiting(
	const char *user, const char *account, int64_t count, void *arg)
{
	struct loading *l = arg;

	str_addf(&l->text, "W %s %s %lld\n", user, account, (long long)count);
}

static void on_loaded(int status, void *arg)
{
	struct loading *l = arg;

	on_done(status, &l->outcome);
}

static const struct store_load_events loading_events = { on_account, on_contact,
	on_choice, on_removal, on_waiting, on_loaded };

static void load(struct loading *l, const char *gateway)
{
	memset(l, 0, sizeof(*l));
	str_init(&l->text, 16 << 20);
	store_load(store, gateway, &loading_events, l);
	wait_for(&l->outcome);
	assert_int_equal(l->outcome.calls, 1);
	assert_int_equal(l->outcome.status, 0);
}

static void expect_load(const char *gateway, const char *expected)
{
	struct loading l;

	load(&l, gateway);
	assert_string_equal(str_text(&l.text), expected);
	str_finish(&l.text);
}

/* --- Writing ------------------------------------------------------------- */

static void put_account(const char *gateway, const char *user,
	const char *account, const struct store_setting *settings, size_t count)
{
	const struct store_account a = { gateway, user, account, settings,
		count };
	struct outcome o = { 0 };

	store_account_put(store, &a, on_done, &o);
	assert_false(o.is_done);
	wait_for(&o);
	assert_int_equal(o.status, 0);
}

static void remove_account(
	const char *gateway, const char *user, const char *account)
{
	struct outcome o = { 0 };

	store_account_remove(store, gateway, user, account, on_done, &o);
	wait_for(&o);
	assert_int_equal(o.status, 0);
}

static void put_contact(const char *gateway, const char *user,
	const char *contact, const char *name, int state)
{
	const struct store_contact c = { gateway, user, contact, name, state };

	store_contact_put(store, &c, NULL, NULL);
}

static void put_choice(
	const char *user, const char *room, const char *name, const char *value)
{
	const struct store_room_choice c = { GW, user, room, name, value };

	store_room_choice_put(store, &c, NULL, NULL);
}

/* --- Cases --------------------------------------------------------------- */

static void starts_empty(void **state UNUSED)
{
	expect_load(GW, "");
	assert_true(store_is_healthy(store));
	assert_int_equal(store_backlog(store), 0);
}

static void keeps_accounts(void **state UNUSED)
{
	static const struct store_setting first[] = {
		{ "nick", "Alice", false },
		{ "password", "s3cr3t \xc3\xa4", true },
		{ "empty", "", false },
		{ "none", NULL, false },
		{ "no secret", "", true },
		{ "quote", "';DROP TABLE account;--?$1\n\t", false },
	};
	static const struct store_setting second[] = {
		{ "nick", "Al", false },
		{ "extra", "x", true },
	};

	put_account(GW, "alice@example.org", "irc.example.net", first,
		COUNT(first));
	put_account(GW, "alice@example.org", "plain", NULL, 0);
	put_account(GW2, "alice@example.org", "other", second, 1);
	for (int round = 0; round < 2; round++) {
		expect_load(GW,
			"A alice@example.org irc.example.net empty= nick=Alice "
			"no secret*= none= password*=s3cr3t \xc3\xa4 "
			"quote=';DROP TABLE account;--?$1\n\t\n"
			"A alice@example.org plain\n");
		expect_load(GW2, "A alice@example.org other nick=Al\n");
		expect_load("unknown", "");
		reopen();
	}

	/* Putting again replaces all settings. */
	put_account(GW, "alice@example.org", "irc.example.net", second,
		COUNT(second));
	expect_load(GW, "A alice@example.org irc.example.net extra*=x nick=Al\n"
			"A alice@example.org plain\n");
}

static void keeps_contacts_and_choices(void **state UNUSED)
{
	put_contact(GW, "u@x", "bob%net", "Bob", 3);
	put_contact(GW, "u@x", "", NULL, -1);
	put_contact(GW, "u@x", "bob%net", NULL, 7);
	put_contact(GW2, "u@x", "bob%net", "other", 1);
	put_choice("u@x", "#a%net", "stay", "1");
	put_choice("u@x", "#a%net", "stay", "0");
	put_choice("u@x", "#a%net", "gone", "x");
	put_choice("u@x", "#a%net", "gone", NULL);
	put_choice("u@x", "#a%net", "never", NULL);
	put_choice("u@x", "#b%net", "stay", "");
	expect_load(GW, "C u@x  -1 NULL\n"
			"C u@x bob%net 7 NULL\n"
			"R u@x #a%net stay=0\n"
			"R u@x #b%net stay=\n");
	store_contact_remove(store, GW, "u@x", "", NULL, NULL);
	store_contact_remove(store, GW, "u@x", "nobody", NULL, NULL);
	expect_load(GW, "C u@x bob%net 7 NULL\n"
			"R u@x #a%net stay=0\n"
			"R u@x #b%net stay=\n");
	expect_load(GW2, "C u@x bob%net 1 other\n");
}

static void removal_done(const char *user, const char *account)
{
	struct outcome o = { 0 };

	store_removal_done(store, GW, user, account, on_done, &o);
	wait_for(&o);
	assert_int_equal(o.status, 0);
}

static void removes_accounts(void **state UNUSED)
{
	static const struct store_setting s[] = { { "n", "v", false } };

	put_account(GW, "a@x", "one", s, 1);
	put_account(GW, "a@x", "two", s, 1);
	put_account(GW, "b@x", "one", s, 1);
	put_account(GW, "b@x", "two", s, 1);
	put_account(GW2, "a@x", "one", s, 1);
	put_contact(GW, "a@x", "c", NULL, 1);
	put_contact(GW, "b@x", "c", NULL, 1);
	put_contact(GW2, "a@x", "c", NULL, 1);
	put_choice("a@x", "r", "n", "v");
	put_choice("b@x", "r", "n", "v");

	remove_account(GW, "a@x", "one");
	expect_load(GW, "A a@x two n=v\nA b@x one n=v\nA b@x two n=v\n"
			"C a@x c 1 NULL\nC b@x c 1 NULL\n"
			"R a@x r n=v\nR b@x r n=v\nX a@x one\n");
	removal_done("a@x", "one");
	/* The rest goes with the last one, and is known until it has. */
	remove_account(GW, "a@x", "two");
	expect_load(GW, "A b@x one n=v\nA b@x two n=v\n"
			"C a@x c 1 NULL\nC b@x c 1 NULL\n"
			"R a@x r n=v\nR b@x r n=v\nX a@x two\n");
	removal_done("a@x", "two");
	expect_load(GW, "A b@x one n=v\nA b@x two n=v\n"
			"C b@x c 1 NULL\nR b@x r n=v\n");
	remove_account(GW, "b@x", NULL);
	remove_account(GW, "nobody@x", NULL);
	expect_load(GW, "C b@x c 1 NULL\nR b@x r n=v\n"
			"X b@x NULL\nX nobody@x NULL\n");
	removal_done("b@x", NULL);
	removal_done("nobody@x", NULL);
	expect_load(GW, "");
	/* Whoever registers again takes a removal back. */
	for (int all = 0; all < 2; all++) {
		remove_account(GW, "c@x", all ? NULL : "one");
		put_account(GW, "c@x", "one", s, 1);
		expect_load(GW, "A c@x one n=v\n");
	}
	remove_account(GW, "c@x", "one");
	put_account(GW, "c@x", "two", s, 1);
	expect_load(GW, "A c@x two n=v\nX c@x one\n");
	expect_load(GW2, "A a@x one n=v\nC a@x c 1 NULL\n");
}

/* More than fits in one page, in all three parts; and pages that end
 * exactly there. */
static void loads_in_pages(void **state UNUSED)
{
	static const struct store_setting s[] = { { "n", "v", false },
		{ "p", "secret", true } };
	static const int counts[] = { 199, 200, 201, 401 };
	struct str expected;

	str_init(&expected, 16 << 20);
	for (size_t round = 0; round < COUNT(counts); round++) {
		char user[32];

		for (int i = 0; i < counts[round]; i++) {
			const struct store_account a = { GW, user, "net", s,
				2 };

			text_format(user, sizeof(user), "u%04d@x", i);
			store_account_put(store, &a, NULL, NULL);
			put_contact(GW, user, "c", NULL, i);
			put_choice(user, "r", "n", "v");
		}
		str_reset(&expected);
		for (int i = 0; i < counts[round]; i++)
			str_addf(&expected, "A u%04d@x net n=v p*=secret\n", i);
		for (int i = 0; i < counts[round]; i++)
			str_addf(&expected, "C u%04d@x c %d NULL\n", i, i);
		for (int i = 0; i < counts[round]; i++)
			str_addf(&expected, "R u%04d@x r n=v\n", i);
		expect_load(GW, str_text(&expected));
	}
	str_finish(&expected);
}

static void keeps_the_order_of_calls(void **state UNUSED)
{
	struct outcome outcomes[50] = { 0 };

	for (size_t i = 0; i < COUNT(outcomes); i++) {
		char value[16];
		const struct store_setting s = { "n", value, i % 2 == 0 };
		const struct store_account a = { GW, "u@x", "a", &s, 1 };

		text_format(value, sizeof(value), "%zu", i);
		store_account_put(store, &a, on_done, &outcomes[i]);
		if (i % 7 == 3)
			store_account_remove(store, GW, "u@x", "a", NULL, NULL);
	}
	expect_load(GW, "A u@x a n=49\n");
	for (size_t i = 0; i < COUNT(outcomes); i++) {
		assert_int_equal(outcomes[i].calls, 1);
		assert_int_equal(outcomes[i].status, 0);
	}
}

/* --- Farewells ----------------------------------------------------------- */

struct farewells {
	struct str text;
	struct outcome outcome;
	int count;
};

static void on_farewell(const char *to, const char *jid, void *arg)
{
	struct farewells *f = arg;

	f->count++;
	str_addf(&f->text, "%s<%s ", to, jid);
}

static void on_farewells(int status, void *arg)
{
	struct farewells *f = arg;

	on_done(status, &f->outcome);
}

static void take_farewells(struct farewells *f, const char *gateway)
{
	memset(f, 0, sizeof(*f));
	str_init(&f->text, 16 << 20);
	store_announced_take(store, gateway, on_farewell, on_farewells, f);
	wait_for(&f->outcome);
	assert_int_equal(f->outcome.calls, 1);
	assert_int_equal(f->outcome.status, 0);
}

static void expect_farewells(const char *gateway, const char *expected)
{
	struct farewells f;

	take_farewells(&f, gateway);
	assert_string_equal(str_text(&f.text), expected);
	str_finish(&f.text);
}

static void keeps_farewells(void **state UNUSED)
{
	expect_farewells(GW, "");
	store_announced_put(store, GW, "u@x", "n1");
	store_announced_put(store, GW, "u@x", "n2");
	store_announced_put(store, GW, "u@x", "n2");
	store_announced_put(store, GW, "v@x", "n1");
	store_announced_put(store, GW2, "u@x", "n1");
	store_announced_remove(store, GW, "v@x", "n1");
	store_announced_remove(store, GW, "w@x", "n1");
	store_announced_put(store, GW, "w@x", "n1");
	expect_farewells(GW, "u@x<n1 u@x<n2 w@x<n1 ");
	/* They are gone now; the other gateway's are not. */
	expect_farewells(GW, "");
	expect_farewells(GW2, "u@x<n1 ");
}

static void keeps_farewells_of_before(void **state UNUSED)
{
	store_announced_put(store, GW, "u@x", "old");
	store_announced_put(store, GW, "u@x", "both");
	reopen();
	/* What is announced after the taking began is not taken. */
	struct farewells f = { 0 };
	str_init(&f.text, 1000);
	store_announced_take(store, GW, on_farewell, on_farewells, &f);
	store_announced_put(store, GW, "u@x", "new");
	store_announced_put(store, GW, "u@x", "both");
	wait_for(&f.outcome);
	/* Whether "both" is said depends on who was first; not that it is
	 * kept. */
	assert_non_null(strstr(str_text(&f.text), "u@x<old "));
	assert_null(strstr(str_text(&f.text), "new"));
	str_finish(&f.text);
	barrier();
	reopen();
	expect_farewells(GW, "u@x<both u@x<new ");
}

static void takes_many_farewells(void **state UNUSED)
{
	struct farewells f;

	for (int i = 0; i < 1750; i++) {
		char jid[32];

		text_format(jid, sizeof(jid), "#room/%d", i);
		store_announced_put(store, GW, "u@x", jid);
	}
	take_farewells(&f, GW);
	assert_int_equal(f.count, 1750);
	str_finish(&f.text);
	expect_farewells(GW, "");
}

#define ACCOUNT_CASES(set_up, tear_down)                                  \
	cmocka_unit_test_setup_teardown(starts_empty, set_up, tear_down), \
		cmocka_unit_test_setup_teardown(                          \
			keeps_accounts, set_up, tear_down),               \
		cmocka_unit_test_setup_teardown(                          \
			keeps_contacts_and_choices, set_up, tear_down),   \
		cmocka_unit_test_setup_teardown(                          \
			removes_accounts, set_up, tear_down),             \
		cmocka_unit_test_setup_teardown(                          \
			loads_in_pages, set_up, tear_down),               \
		cmocka_unit_test_setup_teardown(                          \
			keeps_the_order_of_calls, set_up, tear_down),     \
		cmocka_unit_test_setup_teardown(                          \
			keeps_farewells, set_up, tear_down),              \
		cmocka_unit_test_setup_teardown(                          \
			keeps_farewells_of_before, set_up, tear_down),    \
		cmocka_unit_test_setup_teardown(                          \
			takes_many_farewells, set_up, tear_down)

#endif
