/*
 * What survives a crash. Crashes are made in two ways: by a copy of the
 * files while the store is open, which is what a crash at that moment would
 * leave, and by killing a process that writes.
 */
#include "store/archive_asking.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

static void copy_file(const char *from, const char *to)
{
	struct str text;

	str_init(&text, 256u << 20);
	read_file(from, &text);
	write_file(to, str_text(&text), text.len, 0600);
	str_finish(&text);
}

/* Go on with a copy of the files as if the process had died here. */
static void crash(void)
{
	static int copies;
	char from[PATH_SIZE], to[PATH_SIZE], name[64];

	text_format(name, sizeof(name), "copy%d.db", ++copies);
	in_folder(to, name);
	copy_file(location + strlen("sqlite:"), to);
	text_format(from, sizeof(from), "%s-wal", location + strlen("sqlite:"));
	text_format(name, sizeof(name), "copy%d.db-wal", copies);
	in_folder(to, name);
	copy_file(from, to);
	close_all();
	text_format(location, sizeof(location), "sqlite:%s/copy%d.db", folder,
		copies);
	open_store();
	open_archive();
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	assert_int_equal(sqlite3_open(location + strlen("sqlite:"), &db), 0);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static long ask_sql(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_open(location + strlen("sqlite:"), &db), 0);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	long number = (long)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

/* --- The log ------------------------------------------------------------- */

static void the_linger_time_makes_durable(void **state UNUSED)
{
	open_archive();
	append(1, "a", "one");
	append(2, "a", "two");
	loop_settle(loop, ARCHIVE_LINGER_MS - 1, NULL);
	append(1, "a", "three");
	/* One moment later the first one is due, with all that came since. */
	loop_settle(loop, 1, NULL);
	append(1, "a", "four");
	crash();
	assert_true(log_has("archive recovered from its log messages=3"));
	expect_all(1, NULL, "a:one a:three ");
	expect_all(2, NULL, "a:two ");
	/* Recovered once: the log is empty now. */
	log_clear();
	crash();
	assert_false(log_has("recovered"));
	expect_all(1, NULL, "a:one a:three ");
	expect_all(2, NULL, "a:two ");
}

static void a_barrier_makes_durable(void **state UNUSED)
{
	open_archive();
	append(1, "a", "one");
	barrier();
	crash();
	expect_all(1, NULL, "a:one ");
}

/* SQLite's own log keeps the pages that a removal overwrote. */
static void what_was_removed_is_gone_after_a_crash(void **state UNUSED)
{
	open_archive();
	run_sql("CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('hunter2')");
	run_sql("PRAGMA secure_delete = ON; DELETE FROM t");
	assert_true(folder_has("hunter2"));
	crash();
	assert_false(folder_has("hunter2"));
}

/* Quiet channels share rows of the log, and get their blocks later. */
static void quiet_channels_share_rows(void **state UNUSED)
{
	open_archive();
	for (int round = 0; round < 10; round++) {
		for (int c = 0; c < 100; c++)
			append(c, "a", "x");
		loop_settle(loop, 1000, NULL);
	}
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_log"), 10);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_block"), 0);
	loop_settle(loop, 60000, NULL);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_log"), 0);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_block"), 100);
	assert_int_equal(
		ask_sql("SELECT MIN(messages) FROM archive_block"), 10);
	/* Nothing is left to do: no timer runs for ever. */
	int64_t before_ms = clock_ms();
	append(1, "a", "last");
	loop_settle(loop, 600000, NULL);
	assert_int_equal(clock_ms() - before_ms, 600000);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_log"), 0);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_block"), 101);
}

static void busy_channels_skip_the_log(void **state UNUSED)
{
	open_archive();
	for (int i = 0; i < 1000; i++)
		append(1, "a", "x");
	loop_settle(loop, 1000, NULL);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_log"), 0);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_block"), 4);
	assert_int_equal(
		ask_sql("SELECT SUM(messages) FROM archive_block"), 1000);
}

/* Many channels with a lot each: the oldest are written before their time. */
static void gathers_only_so_much(void **state UNUSED)
{
	static char text[50000];
	struct archive_channel_id c = { { 0 } };
	struct outcome o = { 0 };

	open_archive();
	memset(text, 't', sizeof(text) - 1);
	for (int i = 0; i < 800; i++) {
		struct archive_message m = {
			.number = archive_next_number(archive),
			.wall_ms = WALL_MS,
			.from = "a",
			.text = text,
		};

		memcpy(c.bytes, &i, sizeof(i));
		archive_append(archive, &c, &m);
	}
	store_barrier(store, on_done, &o);
	wait_for(&o);
	/* All of them are worth a block here, once they are looked at. */
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_block"), 800);
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_log"), 0);
	crash();
	for (int i = 0; i < 800; i += 133) {
		struct archive_query q = { .max = 10 };
		struct answer r;

		memcpy(q.channel.bytes, &i, sizeof(i));
		ask(&r, &q);
		assert_int_equal(r.count, 1);
		str_finish(&r.text);
	}
}

/* The log holds what is also in blocks: nothing comes twice. */
static void recovers_each_message_once(void **state UNUSED)
{
	open_archive();
	append(1, "a", "1");
	append(2, "a", "1");
	barrier();
	append(1, "a", "2");
	barrier();
	/* A query puts channel 1 into a block; channel 2 keeps the log. */
	expect_all(1, NULL, "a:1 a:2 ");
	append(1, "a", "3");
	append(2, "a", "2");
	barrier();
	append(1, "a", "lost");
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_log"), 3);
	crash();
	expect_all(1, NULL, "a:1 a:2 a:3 ");
	expect_all(2, NULL, "a:1 a:2 ");
	assert_true(log_has("messages=3"));
}

static void recovers_many(void **state UNUSED)
{
	struct archive_query q = query_of(1, NULL);
	struct answer r;

	open_archive();
	for (int i = 0; i < 600; i++) {
		append(1, "a", "x");
		append(2 + i % 50, "a", "x");
		if (i % 20 == 19)
			barrier();
	}
	uint64_t last = archive_next_number(archive);
	crash();
	q.count = true;
	ask(&r, &q);
	assert_int_equal(r.total, 600);
	str_finish(&r.text);
	for (int c = 2; c < 52; c++) {
		q = query_of(c, NULL);
		q.count = true;
		ask(&r, &q);
		assert_int_equal(r.total, 12);
		str_finish(&r.text);
	}
	append(1, "a", "y");
	clock_advance(1);
	assert_true(archive_next_number(archive) > last);
}

static void damaged_rows_are_passed_over(void **state UNUSED)
{
	open_archive();
	for (int i = 0; i < 4; i++) {
		append(1, "a", "x");
		barrier();
	}
	run_sql("UPDATE archive_log SET data = x'01ff' WHERE number ="
		" (SELECT MIN(number) FROM archive_log)");
	run_sql("UPDATE archive_log SET data = x'' WHERE number ="
		" (SELECT MAX(number) FROM archive_log)");
	crash();
	assert_true(log_has("a damaged row of the archive's log"));
	expect_all(1, NULL, "a:x a:x ");
}

static void damaged_blocks_are_passed_over(void **state UNUSED)
{
	struct archive_query q = query_of(1, NULL);

	open_archive();
	for (int i = 0; i < 5; i++) {
		char text[16];

		text_format(text, sizeof(text), "%d", i);
		append(1, "a", text);
		/* A block each. */
		q.max = 0;
		expect_page(&q, "", false);
	}
	run_sql("UPDATE archive_block SET data = x'01020304' WHERE first ="
		" (SELECT first FROM archive_block ORDER BY first"
		" LIMIT 1 OFFSET 1)");
	run_sql("UPDATE archive_block SET data = CAST('text' AS TEXT),"
		" last = 0 WHERE first ="
		" (SELECT first FROM archive_block ORDER BY first"
		" LIMIT 1 OFFSET 3)");
	expect_all(1, NULL, "a:0 a:2 a:4 ");
	assert_true(log_has("a damaged block of the archive"));
	q.max = 1000;
	q.from_end = true;
	expect_page(&q, "a:0 a:2 a:4 ", true);
	/* Rows that lie about their numbers end no search either. */
	run_sql("UPDATE archive_block SET last = 9223372036854775807"
		" WHERE first = (SELECT MIN(first) FROM archive_block)");
	struct answer r;
	ask(&r, &q);
	str_finish(&r.text);
	q.from_end = false;
	q.count = true;
	ask(&r, &q);
	str_finish(&r.text);
}

/* --- Times --------------------------------------------------------------- */

static void times_end_with_the_crash(void **state UNUSED)
{
	open_archive();
	enter(1, "u@x");
	enter(1, "v@x");
	append(1, "a", "1");
	leave(1, "v@x");
	barrier();
	crash();
	append(1, "a", "2");
	enter(1, "v@x");
	append(1, "a", "3");
	expect_all(1, "u@x", "a:1 ");
	expect_all(1, "v@x", "a:1 a:3 ");
	enter(1, "u@x");
	append(1, "a", "4");
	expect_all(1, "u@x", "a:1 a:4 ");
	leave(1, "v@x");
	/* Coming back before anything was said goes on with the same time. */
	enter(1, "v@x");
	append(1, "a", "5");
	expect_all(1, "v@x", "a:1 a:3 a:4 a:5 ");
	assert_int_equal(ask_sql("SELECT COUNT(*) FROM archive_time"
				 " WHERE reader = 'v@x'"),
		2);
}

/* Another instance on the same database, with its own key file, closes its
 * own times only. */
static void instances_keep_their_times(void **state UNUSED)
{
	char other_key[PATH_SIZE];
	const char *reason = NULL;
	struct store *other_store;
	struct archive *other;

	open_archive();
	enter(1, "u@x");
	append(1, "a", "1");
	barrier();
	in_folder(other_key, "other.key");
	other_store = store_open(loop, location, other_key, &reason);
	assert_non_null(other_store);
	other = archive_open(other_store);
	assert_non_null(other);
	append(1, "a", "2");
	expect_all(1, "u@x", "a:1 a:2 ");
	archive_close(&other);
	store_close(&other_store);
	reopen();
	append(1, "a", "3");
	expect_all(1, "u@x", "a:1 a:2 ");
}

/* --- Killed -------------------------------------------------------------- */

#define KILL_CHANNELS 7

struct writer {
	int out;
	uint32_t appended;
	unsigned counts[KILL_CHANNELS]; /* messages of each channel */
};

static unsigned survivors[KILL_CHANNELS];

static void write_on(struct writer *w);

/* What was appended until the barrier is durable now: tell the parent. */
static void on_durable(int status, void *arg)
{
	struct writer *w = arg;
	uint32_t acknowledged = w->appended;

	if (status != 0 || write(w->out, &acknowledged, sizeof(acknowledged)) !=
				   sizeof(acknowledged))
		_exit(1);
	write_on(w);
}

static void write_on(struct writer *w)
{
	for (int i = 0; i < 40; i++) {
		char text[32];
		int c = (int)(w->appended++ % KILL_CHANNELS);

		text_format(text, sizeof(text), "%u", w->counts[c]++);
		append(c, "a", text);
	}
	store_barrier(store, on_durable, w);
}

static void write_until_killed(int out, uint32_t from)
{
	struct writer w = { .out = out, .appended = from };

	memcpy(w.counts, survivors, sizeof(survivors));
	log_set_sink(NULL, NULL);
	log_set_level(LOG_ERROR);
	loop = loop_new();
	open_store();
	open_archive();
	write_on(&w);
	loop_run(loop);
}

static uint32_t start_and_kill(uint32_t from, int acknowledgements)
{
	int pipe_ends[2];
	uint32_t acknowledged = from, one;
	pid_t child;

	assert_int_equal(pipe(pipe_ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipe_ends[0]);
		write_until_killed(pipe_ends[1], from);
		_exit(1);
	}
	close(pipe_ends[1]);
	for (int i = 0; i < acknowledgements; i++) {
		assert_int_equal(
			read(pipe_ends[0], &one, sizeof(one)), sizeof(one));
		acknowledged = one;
	}
	kill(child, SIGKILL);
	/* What it still could say counts too. */
	while (read(pipe_ends[0], &one, sizeof(one)) == sizeof(one))
		acknowledged = one;
	close(pipe_ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return acknowledged;
}

/* The messages of each channel are there, without a gap. */
static uint32_t count_survivors(void)
{
	uint32_t total = 0;

	for (int c = 0; c < KILL_CHANNELS; c++) {
		struct archive_query q = query_of(c, NULL);
		struct str expected;
		struct answer r;
		unsigned met = 0;

		do {
			ask(&r, &q);
			str_init(&expected, 1 << 20);
			for (size_t i = 0; i < r.count; i++)
				str_addf(&expected, "a:%u ", met++);
			assert_string_equal(
				str_text(&r.text), str_text(&expected));
			q.after = r.last;
			str_finish(&r.text);
			str_finish(&expected);
		} while (!r.complete);
		survivors[c] = met;
		total += met;
	}
	return total;
}

static void nothing_acknowledged_is_lost(void **state UNUSED)
{
	uint32_t survived = 0;

	for (int round = 0; round < 8; round++) {
		uint32_t acknowledged = start_and_kill(survived, 1 + 7 * round);

		loop = loop_new();
		open_store();
		open_archive();
		survived = count_survivors();
		close_all();
		loop_free(&loop);
		if (survived < acknowledged)
			fail_msg("round %d: %u acknowledged, %u survived",
				round, acknowledged, survived);
	}
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: it forks, so there must be no thread yet. */
		cmocka_unit_test_setup_teardown(
			nothing_acknowledged_is_lost, make_folder, drop_folder),
		CASE(the_linger_time_makes_durable),
		CASE(a_barrier_makes_durable),
		CASE(what_was_removed_is_gone_after_a_crash),
		CASE(quiet_channels_share_rows),
		CASE(busy_channels_skip_the_log),
		CASE(gathers_only_so_much),
		CASE(recovers_each_message_once),
		CASE(recovers_many),
		CASE(damaged_rows_are_passed_over),
		CASE(damaged_blocks_are_passed_over),
		CASE(times_end_with_the_crash),
		CASE(instances_keep_their_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
