/*
 * What is kept for accounts, on SQLite, and what only a file shows.
 */
#include "store/kept_cases.h"

#include "store/db.h"

/* There may be tokens among it. */
static void is_sealed(void **state UNUSED)
{
	assert_int_equal(keep_text(&alice, "token", "open sesame"), 0);
	close_all();
	assert_false(folder_has("open sesame"));
	open_store();
	expect_kept(&alice, "", "token=open sesame\n");
}

static void run_sql(const char *sql)
{
	const char *reason = NULL;

	close_all();
	struct db *db = db_open(location, &reason);
	assert_non_null(db);
	assert_int_equal(db->driver->begin(db), 0);
	assert_int_equal(db->driver->script(db, sql), 0);
	assert_int_equal(db->driver->commit(db), 0);
	db_close(&db);
	open_store();
}

/* A sealed value opens in its own place only; the others do. */
static void does_not_open_elsewhere(void **state UNUSED)
{
	keep_text(&alice, "a", "1");
	keep_text(&alice, "b", "2");
	keep_text(&alice, "c", "3");
	run_sql("UPDATE kept SET sealed = (SELECT sealed FROM kept"
		" WHERE name = x'61') WHERE name = x'62'");
	expect_kept(&alice, "", "a=1\nc=3\n");
	assert_true(log_has("does not open"));
	run_sql("UPDATE kept SET sealed = x'' WHERE name = x'61'");
	expect_kept(&alice, "", "c=3\n");
}

static void is_sealed_with_the_newest_key(void **state UNUSED)
{
	struct str file;

	keep_text(&alice, "a", "1");
	close_all();
	str_init(&file, 1000);
	read_file(key_path, &file);
	size_t first = file.len;
	str_add(&file, "second:00112233445566778899aabbccddeeff"
		       "00112233445566778899aabbccddeeff\n");
	write_file(key_path, str_text(&file), file.len, 0600);
	open_store();
	expect_kept(&alice, "", "a=1\n");
	barrier();
	close_all();
	write_file(key_path, str_text(&file) + first, file.len - first, 0600);
	str_finish(&file);
	open_store();
	expect_kept(&alice, "", "a=1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT_CASES(open_world, close_world),
		KEPT_CASE(is_sealed, open_world, close_world),
		KEPT_CASE(does_not_open_elsewhere, open_world, close_world),
		KEPT_CASE(
			is_sealed_with_the_newest_key, open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
