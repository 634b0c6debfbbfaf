/* Opening an SQLite file: what is refused, with which words, and what is
 * done to a file that is accepted. */
#include "store/fixture.h"

#include "store/accounts.h"
#include "store/db.h"
#include "store/migrations.h"
#include "store/sqlite.c"

static const char *db_path(void)
{
	return location + strlen("sqlite:");
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	assert_int_equal(sqlite3_open(db_path(), &db), 0);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static long ask_sql(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_open(db_path(), &db), 0);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	long number = (long)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static int make_loop(void **state)
{
	loop = loop_new();
	return make_folder(state);
}

static int drop_loop(void **state)
{
	store_close(&store);
	loop_free(&loop);
	return drop_folder(state);
}

static void expect_refusal(const char *where, const char *word)
{
	const char *reason = NULL;
	struct store *s = store_open(loop, where, key_path, &reason);

	assert_null(s);
	assert_non_null(reason);
	if (strstr(reason, word) == NULL)
		fail_msg("%s: %s", where, reason);
}

static void refuses_bad_locations(void **state UNUSED)
{
	char path[PATH_SIZE + 64];

	expect_refusal("", "sqlite:PATH");
	expect_refusal("/var/lib/x.db", "sqlite:PATH");
	expect_refusal("mysql:x", "sqlite:PATH");
	expect_refusal("SQLITE:x", "sqlite:PATH");
	expect_refusal("sqlite:", "can't be opened");
	text_format(path, sizeof(path), "sqlite:%s/no/such.db", folder);
	expect_refusal(path, "No such file or directory");
	text_format(path, sizeof(path), "sqlite:%s", folder);
	expect_refusal(path, "Is a directory");
}

static void refuses_a_bad_key_file(void **state UNUSED)
{
	write_file(key_path, "x\n", 2, 0600);
	expect_refusal(location, "key file");
	/* Before the database was touched. */
	assert_int_equal(access(db_path(), F_OK), -1);
}

static void makes_a_private_file(void **state UNUSED)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[PATH_SIZE + 64];
	struct stat info;

	umask(022);
	open_store();
	for (size_t i = 0; i < COUNT(ends); i++) {
		text_format(path, sizeof(path), "%s%s", db_path(), ends[i]);
		assert_int_equal(stat(path, &info), 0);
		assert_int_equal(info.st_mode & 07777, 0600);
	}
	assert_int_equal(ask_sql("SELECT version FROM store_version"),
		migrations_count());
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM store_version"), 1);
}

static void sets_what_durability_needs(void **state UNUSED)
{
	static const struct {
		const char *pragma, *value;
	} rows[] = { { "PRAGMA journal_mode", "wal" },
		{ "PRAGMA synchronous", "2" }, { "PRAGMA foreign_keys", "1" },
		{ "PRAGMA secure_delete", "1" }, { "PRAGMA temp_store", "2" } };
	const char *reason = NULL;
	struct db *db = db_open(location, &reason);

	assert_non_null(db);
	sqlite3 *handle = sqlite_of(db)->handle;
	for (size_t i = 0; i < COUNT(rows); i++) {
		sqlite3_stmt *statement;

		sqlite3_prepare_v2(
			handle, rows[i].pragma, -1, &statement, NULL);
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		assert_string_equal(
			(const char *)sqlite3_column_text(statement, 0),
			rows[i].value);
		sqlite3_finalize(statement);
	}
	db_close(&db);
	assert_null(db);
	db_close(&db);
}

static void refuses_what_is_no_database(void **state UNUSED)
{
	static const char text[] = "This is a letter, not a database; it is "
				   "longer than the header of one would be, "
				   "which is a hundred bytes and no more.";

	write_file(db_path(), text, sizeof(text), 0600);
	expect_refusal(location, "file is not a database");
	expect_refusal(location, "restore a backup");
	expect_refusal(location, db_path());
}

static void refuses_the_database_of_others(void **state UNUSED)
{
	run_sql("CREATE TABLE theirs (x)");
	expect_refusal(location, "of another program");
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM sqlite_master"), 1);
	run_sql("DROP TABLE theirs; PRAGMA application_id = 7");
	expect_refusal(location, "of another program");
}

static void refuses_a_newer_version(void **state UNUSED)
{
	open_store();
	store_close(&store);
	run_sql("UPDATE store_version SET version = version + 1");
	expect_refusal(location, "newer version");
	run_sql("UPDATE store_version SET version = -1");
	expect_refusal(location, "newer version");
	/* Nothing was changed meanwhile. */
	assert_int_equal(ask_sql("SELECT version FROM store_version"), -1);
}

/* Break the file in the middle of what it needs most. */
static void reports_damage(void **state UNUSED)
{
	static const struct store_setting s[] = { { "n", "value", false } };
	static const char noise[] = "damaged damaged damaged damaged";
	struct outcome o = { 0 };
	int fd;

	open_store();
	for (int i = 0; i < 2000; i++) {
		char user[32];
		const struct store_account a = { "gw", user, "net", s, 1 };

		text_format(user, sizeof(user), "user%d@x", i);
		store_account_put(store, &a, NULL, NULL);
	}
	store_barrier(store, on_done, &o);
	wait_for(&o);
	store_close(&store);
	long page = ask_sql("SELECT rootpage FROM sqlite_master"
			    " WHERE name = 'account_setting'");
	fd = open(db_path(), O_WRONLY);
	for (int i = 0; i < 100; i++)
		assert_int_equal(pwrite(fd, noise, sizeof(noise),
					 (page - 1) * 4096 + i * 32),
			sizeof(noise));
	close(fd);
	expect_refusal(location, "can't be used");
	expect_refusal(location, ".recover");
}

static void refuses_a_truncated_file(void **state UNUSED)
{
	open_store();
	store_close(&store);
	assert_int_equal(truncate(db_path(), 4096 + 100), 0);
	expect_refusal(location, "can't be used");
}

/* Two connections at once, as during an upgrade, do not break the file. */
static void two_stores_share_a_file(void **state UNUSED)
{
	struct store *second;
	const char *reason = NULL;
	struct outcome one = { 0 }, two = { 0 };

	open_store();
	second = store_open(loop, location, key_path, &reason);
	assert_non_null(second);
	for (int i = 0; i < 200; i++) {
		char user[32];
		const struct store_contact c = { "gw", user, "c", NULL, i };

		text_format(user, sizeof(user), "user%d@x", i);
		store_contact_put(i % 2 ? store : second, &c, NULL, NULL);
	}
	store_barrier(store, on_done, &one);
	store_barrier(second, on_done, &two);
	wait_for(&one);
	wait_for(&two);
	assert_int_equal(one.status, 0);
	assert_int_equal(two.status, 0);
	store_close(&second);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM contact"), 200);
}

/* The keys that all rows of a user have in common are no use to find one. */
static void finds_messages_by_their_index(void **state UNUSED)
{
	static const struct {
		enum db_statement id;
		const char *index;
	} rows[] = {
		{ DB_OUTBOX_SAME, "outbox_same" },
		{ DB_OUTBOX_PAGE, "outbox_id" },
		{ DB_OUTBOX_FIND, "outbox_id" },
		{ DB_OUTBOX_ARCHIVED, "outbox_sent_as" },
		{ DB_INBOX_PAGE, "outbox_sent_as" },
		{ DB_INBOX_RETURNED_PAGE, "outbox_sent_as" },
		{ DB_INBOX_EMPTY, "inbox_settled" },
		{ DB_INBOX_EXPIRE, "inbox_expires" },
		{ DB_OUTBOX_EXPIRE, "outbox_expires" },
		{ DB_OUTBOX_COUNT, "outbox_waiting" },
		{ DB_INBOX_COUNT, "inbox_number" },
	};
	sqlite3 *db;

	open_store();
	assert_int_equal(sqlite3_open(db_path(), &db), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char sql[2048];
		struct str plan;
		sqlite3_stmt *statement;

		text_format(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s",
			db_statement_text(rows[i].id));
		assert_int_equal(
			sqlite3_prepare_v2(db, sql, -1, &statement, NULL), 0);
		str_init(&plan, 2048);
		while (sqlite3_step(statement) == SQLITE_ROW)
			str_add(&plan, (const char *)sqlite3_column_text(
					       statement, 3));
		sqlite3_finalize(statement);
		if (strstr(str_text(&plan), rows[i].index) == NULL)
			fail_msg("%s: %s", rows[i].index, str_text(&plan));
		str_finish(&plan);
	}
	sqlite3_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_loop, drop_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(refuses_bad_locations),
		CASE(refuses_a_bad_key_file),
		CASE(makes_a_private_file),
		CASE(sets_what_durability_needs),
		CASE(refuses_what_is_no_database),
		CASE(refuses_the_database_of_others),
		CASE(refuses_a_newer_version),
		CASE(reports_damage),
		CASE(refuses_a_truncated_file),
		CASE(two_stores_share_a_file),
		CASE(finds_messages_by_their_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
