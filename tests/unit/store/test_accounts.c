/* Accounts on SQLite, and what is in its files. */
#include "store/accounts_cases.h"

#include <sqlite3.h>

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	assert_int_equal(sqlite3_open(location + strlen("sqlite:"), &db), 0);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static void hides_secrets(void **state UNUSED)
{
	static const struct store_setting s[] = {
		{ "password", "PlantedSecret1", true },
		{ "shown", "PlainValue", false },
		{ "server_password", "PlantedSecret2", true },
	};

	put_account(GW, "u@x", "net", s, COUNT(s));
	assert_true(folder_has("PlainValue"));
	assert_false(folder_has("PlantedSecret"));
	put_account(GW, "u@x", "net", s, 1);
	assert_false(folder_has("PlantedSecret"));
	reopen();
	assert_false(folder_has("PlantedSecret"));
	expect_load(GW, "A u@x net password*=PlantedSecret1\n");
	assert_false(log_has("PlantedSecret"));
}

static void leaves_nothing_of_the_removed(void **state UNUSED)
{
	static const struct store_setting s[] = {
		{ "nick", "RemovedNick", false },
	};

	put_account(GW, "removed@x", "removed.net", s, COUNT(s));
	put_contact(GW, "removed@x", "RemovedContact", NULL, 1);
	put_choice("removed@x", "RemovedRoom", "n", "RemovedValue");
	put_account(GW, "kept@x", "net", NULL, 0);
	barrier();
	assert_true(folder_has("RemovedContact"));
	remove_account(GW, "removed@x", NULL);
	removal_done("removed@x", NULL);
	assert_true(folder_has("kept@x"));
	static const char *const texts[] = { "removed@x", "removed.net",
		"RemovedNick", "RemovedContact", "RemovedRoom",
		"RemovedValue" };
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (folder_has(texts[i]))
			fail_msg("%s is still there", texts[i]);
	}
}

static void two_secrets(void)
{
	static const struct store_setting a[] = { { "password", "one", true },
		{ "other", "two", true } };
	static const struct store_setting b[] = { { "password", "three",
		true } };

	put_account(GW, "a@x", "net", a, COUNT(a));
	put_account(GW, "b@x", "net", b, COUNT(b));
	put_account(GW, "b@x", "other.net", b, COUNT(b));
	put_account(GW2, "b@x", "net", b, COUNT(b));
}

/* A sealed value that somebody moved to another row does not open. */
static void refuses_moved_secrets(void **state UNUSED)
{
	static const char *const moves[] = {
		"jid='a@x' AND name='password'", /* another user */
		"gateway='" GW2 "'",             /* another gateway */
		"account='other.net'",           /* another account */
	};

	two_secrets();
	for (size_t i = 0; i < COUNT(moves); i++) {
		struct loading l;
		char sql[512];

		/* Into b@x's password at `net`. */
		text_format(sql, sizeof(sql),
			"UPDATE account_setting SET sealed ="
			" (SELECT sealed FROM account_setting WHERE %s)"
			" WHERE gateway='" GW "' AND jid='b@x'"
			" AND account='net'",
			moves[i]);
		run_sql(sql);
		log_clear();
		load(&l, GW);
		if (strstr(str_text(&l.text), "A b@x net\n") == NULL)
			fail_msg("row %zu: %s", i, str_text(&l.text));
		str_finish(&l.text);
		assert_true(log_has("a secret does not open"));
		assert_true(log_has("user=b@x account=net"));
	}
	/* Between two settings of one account. */
	run_sql("UPDATE account_setting SET sealed = (SELECT sealed"
		" FROM account_setting WHERE jid='a@x' AND name='other')"
		" WHERE jid='a@x' AND name='password'");
	expect_load(GW, "A a@x net other*=two\nA b@x net\n"
			"A b@x other.net password*=three\n");
}

static void survives_lost_keys(void **state UNUSED)
{
	two_secrets();
	close_all();
	assert_int_equal(unlink(key_path), 0);
	open_store();
	expect_load(GW, "A a@x net\nA b@x net\nA b@x other.net\n");
	assert_true(log_has("new key file made"));
}

static void rotates_keys(void **state UNUSED)
{
	static const char second[] = "second:00112233445566778899aabbccddeeff"
				     "00112233445566778899aabbccddeeff\n";
	struct str file;

	two_secrets();
	close_all();
	str_init(&file, 1000);
	read_file(key_path, &file);
	str_add(&file, second);
	write_file(key_path, str_text(&file), file.len, 0600);
	str_finish(&file);

	/* Everything opens, and is under the new key after that. */
	open_store();
	static const char all[] = "A a@x net other*=two password*=one\n"
				  "A b@x net password*=three\n"
				  "A b@x other.net password*=three\n";
	expect_load(GW, all);
	expect_load(GW2, "A b@x net password*=three\n");
	barrier();
	close_all();
	write_file(key_path, second, strlen(second), 0600);
	open_store();
	expect_load(GW, all);
	expect_load(GW2, "A b@x net password*=three\n");
	assert_false(log_has("does not open"));
}

/* A value that changed while the old one was being sealed again stays. */
static void resealing_yields_to_a_change(void **state UNUSED)
{
	static const struct store_setting before[] = { { "p", "old", true } };
	static const struct store_setting after[] = { { "p", "new", true } };
	struct str file;
	struct loading l = { 0 };
	const struct store_account a = { GW, "u@x", "net", after, 1 };

	put_account(GW, "u@x", "net", before, 1);
	close_all();
	str_init(&file, 1000);
	read_file(key_path, &file);
	str_add(&file, "second:00112233445566778899aabbccddeeff"
		       "00112233445566778899aabbccddeeff\n");
	write_file(key_path, str_text(&file), file.len, 0600);
	str_finish(&file);
	open_store();
	str_init(&l.text, 1000);
	store_load(store, GW, &loading_events, &l);
	store_account_put(store, &a, NULL, NULL);
	wait_for(&l.outcome);
	str_finish(&l.text);
	barrier();
	expect_load(GW, "A u@x net p*=new\n");
}

static void damaged_rows_do_no_harm(void **state UNUSED)
{
	two_secrets();
	run_sql("UPDATE account_setting SET sealed = x'' WHERE jid = 'a@x'");
	run_sql("UPDATE account_setting SET sealed = zeroblob(5000000),"
		" key_id = 'nobody' WHERE account = 'other.net'");
	run_sql("UPDATE account_setting SET key_id = NULL"
		" WHERE account = 'net' AND jid = 'b@x'");
	expect_load(GW, "A a@x net\nA b@x net\nA b@x other.net\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACCOUNT_CASES(open_world, close_world),
		cmocka_unit_test_setup_teardown(
			hides_secrets, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			leaves_nothing_of_the_removed, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			refuses_moved_secrets, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			survives_lost_keys, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			rotates_keys, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			resealing_yields_to_a_change, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			damaged_rows_do_no_harm, open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
