/* Queue, thread, group commit, and what happens when the database fails. */
#include "store/fixture.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include "store/accounts.h"
#include "store/job.h"

/* --- A job that fails as it is told -------------------------------------- */

struct trial {
	struct job job;
	int failures;        /* how often to fail ... */
	enum db_error error; /* ... and how */
	int runs;
	struct outcome outcome;
	struct str *trace;
	char letter;
};

static int trial_run(struct job *j, struct db *db)
{
	struct trial *t = CONTAINER(j, struct trial, job);

	t->runs++;
	if (t->failures <= 0)
		return 0;
	t->failures--;
	db->error = t->error;
	text_copy(db->message, sizeof(db->message), "as told");
	return -1;
}

static void trial_finish(struct job *j)
{
	struct trial *t = CONTAINER(j, struct trial, job);

	on_done(j->status, &t->outcome);
	if (t->trace != NULL)
		str_add_char(t->trace, t->letter);
}

static const struct job_type writer = {
	.name = "writer", .run = trial_run, .finish = trial_finish
};
static const struct job_type reader = { .name = "reader",
	.run = trial_run,
	.finish = trial_finish,
	.reads = true };
static const struct job_type patient = { .name = "patient",
	.run = trial_run,
	.finish = trial_finish,
	.patient = true };

/* Holds the thread so that what follows becomes one batch. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static int gate_run(struct job *j UNUSED, struct db *db UNUSED)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	return 0;
}

static void gate_finish(struct job *j UNUSED)
{
}

static const struct job_type gate_type = {
	.name = "gate", .run = gate_run, .finish = gate_finish, .reads = true
};

static struct job gate_job;

static void close_gate(void)
{
	pthread_mutex_lock(&gate);
	store_submit(store, &gate_job, &gate_type);
	/* Until the thread has taken it, and it alone. */
	usleep(20000);
}

static void open_gate(void)
{
	pthread_mutex_unlock(&gate);
}

/* --- Order and grouping -------------------------------------------------- */

static void finishes_in_order(void **state UNUSED)
{
	struct trial trials[26] = { 0 };
	struct str trace;

	str_init(&trace, 100);
	close_gate();
	for (size_t i = 0; i < COUNT(trials); i++) {
		trials[i].trace = &trace;
		trials[i].letter = (char)('a' + i);
		store_submit(store, &trials[i].job, i % 3 ? &writer : &reader);
	}
	assert_int_equal(store_backlog(store), COUNT(trials) + 1);
	open_gate();
	barrier();
	assert_string_equal(str_text(&trace), "abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(store_backlog(store), 0);
	for (size_t i = 0; i < COUNT(trials); i++) {
		assert_int_equal(trials[i].runs, 1);
		assert_int_equal(trials[i].outcome.status, 0);
	}
	str_finish(&trace);
}

/* One job that fails does not take the others with it. */
static void one_failure_is_alone(void **state UNUSED)
{
	static const struct {
		int guilty; /* how many of ten, from the third on */
	} rows[] = { { 1 }, { 2 }, { 3 }, { 4 }, { 8 } };

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct trial trials[10] = { 0 };

		close_gate();
		for (int i = 0; i < 10; i++) {
			if (i >= 2 && i < 2 + rows[row].guilty)
				trials[i].failures = 100;
			trials[i].error = DB_FAILED;
			store_submit(store, &trials[i].job, &writer);
		}
		open_gate();
		assert_int_equal(barrier_status(), -1);
		for (int i = 0; i < 10; i++) {
			bool is_guilty = i >= 2 && i < 2 + rows[row].guilty;

			if (trials[i].outcome.calls != 1 ||
				trials[i].outcome.status !=
					(is_guilty ? -1 : 0))
				fail_msg("row %zu: job %d", row, i);
		}
		assert_true(log_has("writer failed: as told"));
		assert_true(store_is_healthy(store));
		barrier();
	}
}

/* What others wrote in the batch of a failure is written, once. */
static void a_failure_keeps_the_work_of_others(void **state UNUSED)
{
	const struct store_setting s = { "n", "v", false };
	const struct store_account a = { "gw", "u@x", "a", &s, 1 };
	struct trial bad = { .failures = 100, .error = DB_FAILED };
	struct outcome before = { 0 }, after = { 0 };
	sqlite3 *db;
	sqlite3_stmt *statement;

	close_gate();
	store_account_put(store, &a, on_done, &before);
	store_submit(store, &bad.job, &writer);
	store_account_put(store, &a, on_done, &after);
	open_gate();
	wait_for(&after);
	assert_int_equal(before.status, 0);
	assert_int_equal(after.status, 0);
	assert_int_equal(bad.outcome.status, -1);
	assert_int_equal(sqlite3_open(location + strlen("sqlite:"), &db), 0);
	sqlite3_prepare_v2(db, "SELECT COUNT(*) FROM account_setting", -1,
		&statement, NULL);
	sqlite3_step(statement);
	assert_int_equal(sqlite3_column_int(statement, 0), 1);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

/* --- Trouble ------------------------------------------------------------- */

static void a_lost_connection_is_tried_again(void **state UNUSED)
{
	struct trial trials[3] = { 0 };

	trials[1].failures = 3;
	trials[1].error = DB_LOST;
	close_gate();
	for (int i = 0; i < 3; i++)
		store_submit(store, &trials[i].job, &writer);
	open_gate();
	barrier();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(trials[i].outcome.calls, 1);
		assert_int_equal(trials[i].outcome.status, 0);
	}
	assert_int_equal(trials[1].runs, 4);
	assert_true(log_has("can't be written, trying again: as told"));
	assert_true(log_has("the database works again"));
	assert_true(store_is_healthy(store));
}

static void a_full_disk_stops_writers_only(void **state UNUSED)
{
	struct trial trials[6] = { 0 };
	static const struct job_type *const types[] = { &writer, &reader,
		&patient, &writer, &reader, &patient };
	struct outcome o = { 0 };

	for (int i = 0; i < 6; i++) {
		trials[i].error = DB_FULL;
		if (!types[i]->reads)
			trials[i].failures = 3;
	}
	close_gate();
	for (int i = 0; i < 6; i++)
		store_submit(store, &trials[i].job, types[i]);
	store_barrier(store, on_done, &o);
	open_gate();
	loop_settle(loop, SETTLE_MS, &trials[4].outcome.is_done);
	/* Readers were served, writers failed, patient ones wait, and with
	 * them the barrier. */
	assert_int_equal(trials[0].outcome.status, -1);
	assert_int_equal(trials[1].outcome.status, 0);
	assert_int_equal(trials[3].outcome.status, -1);
	assert_int_equal(trials[4].outcome.status, 0);
	wait_for(&o);
	assert_int_equal(o.status, -1);
	assert_int_equal(trials[2].outcome.status, 0);
	assert_int_equal(trials[5].outcome.status, 0);
	assert_true(store_is_healthy(store));
	barrier();
}

/* Nobody writes any more: the store itself asks for space. */
static void health_comes_back_by_itself(void **state UNUSED)
{
	struct trial t = { .failures = 2, .error = DB_FULL };

	store_submit(store, &t.job, &writer);
	wait_for(&t.outcome);
	assert_int_equal(t.outcome.status, -1);
	for (int i = 0; i < 500 && !store_is_healthy(store); i++)
		usleep(10000);
	assert_true(store_is_healthy(store));
}

/* The same with a real limit: no file may grow. */
static void survives_a_real_lack_of_space(void **state UNUSED)
{
	static char value[200000];
	const struct store_setting s = { "n", value, false };
	const struct store_account a = { "gw", "u@x", "a", &s, 1 };
	struct rlimit before, tight;
	struct outcome full = { 0 }, again = { 0 };

	memset(value, 'v', sizeof(value) - 1);
	signal(SIGXFSZ, SIG_IGN);
	barrier();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	store_account_put(store, &a, on_done, &full);
	wait_for(&full);
	assert_int_equal(full.status, -1);
	assert_false(store_is_healthy(store));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	for (int i = 0; i < 500 && !store_is_healthy(store); i++)
		usleep(10000);
	assert_true(store_is_healthy(store));
	store_account_put(store, &a, on_done, &again);
	wait_for(&again);
	assert_int_equal(again.status, 0);
	signal(SIGXFSZ, SIG_DFL);
}

/* The archive waits for space instead of losing messages. */
static void the_archive_waits_for_space(void **state UNUSED)
{
	static char text[50000];
	const struct archive_channel_id channel = { "c" };
	struct rlimit before, tight;
	struct outcome o = { 0 };

	open_archive();
	memset(text, 't', sizeof(text) - 1);
	signal(SIGXFSZ, SIG_IGN);
	barrier();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	for (int i = 0; i < 20; i++) {
		struct archive_message m = {
			.number = archive_next_number(archive),
			.wall_ms = WALL_MS,
			.from = "a",
			.text = text,
		};

		archive_append(archive, &channel, &m);
	}
	store_barrier(store, on_done, &o);
	for (int i = 0; i < 500 && store_is_healthy(store); i++)
		usleep(10000);
	assert_false(store_is_healthy(store));
	assert_false(o.is_done);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	wait_for(&o);
	assert_int_equal(o.status, 0);
	assert_true(store_is_healthy(store));
	assert_false(log_has("are lost"));
	signal(SIGXFSZ, SIG_DFL);
}

/* The database is away for so long that memory runs short. */
static void the_archive_bounds_its_memory(void **state UNUSED)
{
	static char text[200000];
	const struct archive_channel_id channel = { "c" };
	struct outcome o = { 0 };

	open_archive();
	memset(text, 't', sizeof(text) - 1);
	close_gate();
	for (int i = 0; i < 1000; i++) {
		struct archive_message m = {
			.number = archive_next_number(archive),
			.wall_ms = WALL_MS,
			.from = "a",
			.text = text,
		};

		archive_append(archive, &channel, &m);
	}
	assert_true(log_has("messages are not archived"));
	store_barrier(store, on_done, &o);
	open_gate();
	wait_for(&o);
	struct archive_message m = { .number = archive_next_number(archive),
		.wall_ms = WALL_MS,
		.from = "a",
		.text = "x" };
	archive_append(archive, &channel, &m);
	assert_true(log_has("the archive goes on, messages lost="));
	barrier();
}

/* Another program keeps the database locked for a while. */
static void waits_for_a_lock(void **state UNUSED)
{
	struct trial t = { 0 };
	sqlite3 *db;

	assert_int_equal(sqlite3_open(location + strlen("sqlite:"), &db), 0);
	assert_int_equal(
		sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), 0);
	store_submit(store, &t.job, &writer);
	usleep(100000);
	assert_int_equal(t.runs, 0);
	sqlite3_close(db);
	wait_for(&t.outcome);
	assert_int_equal(t.outcome.status, 0);
}

/* --- Time ---------------------------------------------------------------- */

static int order;

static void on_timer(void *arg)
{
	*(int *)arg = ++order;
}

static void on_barrier(int status UNUSED, void *arg)
{
	*(int *)arg = ++order;
}

static void virtual_time_waits(void **state UNUSED)
{
	struct timer timer;
	int timer_turn = 0, barrier_turn = 0;

	order = 0;
	timer_init(&timer, loop, "test", on_timer, &timer_turn);
	close_gate();
	timer_start(&timer, 1);
	store_barrier(store, on_barrier, &barrier_turn);
	open_gate();
	loop_settle(loop, 1000, NULL);
	assert_int_equal(barrier_turn, 1);
	assert_int_equal(timer_turn, 2);
}

static void many_results_leave_room_for_others(void **state UNUSED)
{
	static struct trial trials[3000];
	struct timer timer;
	int turn = 0;

	memset(trials, 0, sizeof(trials));
	order = 0;
	timer_init(&timer, loop, "test", on_timer, &turn);
	close_gate();
	for (size_t i = 0; i < COUNT(trials); i++)
		store_submit(store, &trials[i].job, &reader);
	open_gate();
	barrier();
	for (size_t i = 0; i < COUNT(trials); i++)
		assert_int_equal(trials[i].outcome.calls, 1);
	timer_stop(&timer);
}

/* --- Closing ------------------------------------------------------------- */

static void closing_finishes_what_was_queued(void **state UNUSED)
{
	struct trial trials[100] = { 0 };
	struct outcome o = { 0 };

	for (size_t i = 0; i < COUNT(trials); i++)
		store_submit(store, &trials[i].job, &writer);
	store_barrier(store, on_done, &o);
	store_close(&store);
	assert_null(store);
	store_close(&store);
	for (size_t i = 0; i < COUNT(trials); i++) {
		assert_int_equal(trials[i].outcome.calls, 1);
		assert_int_equal(trials[i].outcome.status, 0);
	}
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.status, 0);
}

static struct trial late;

static void on_last(int status UNUSED, void *arg)
{
	on_done(status, arg);
	store_submit(store, &late.job, &writer);
}

static void submitting_while_closing_fails(void **state UNUSED)
{
	struct outcome o = { 0 };

	memset(&late, 0, sizeof(late));
	store_barrier(store, on_last, &o);
	store_close(&store);
	assert_int_equal(o.calls, 1);
	assert_int_equal(late.outcome.calls, 1);
	assert_int_equal(late.outcome.status, -1);
	assert_int_equal(late.runs, 0);
}

/* A database that is away for good does not keep the program from ending. */
static void closing_gives_up(void **state UNUSED)
{
	struct trial lost = { .failures = 1000000, .error = DB_LOST };
	struct trial full = { .failures = 1000000, .error = DB_FULL };

	store_submit(store, &lost.job, &patient);
	store_submit(store, &full.job, &patient);
	store_close(&store);
	assert_int_equal(lost.outcome.status, -1);
	assert_int_equal(full.outcome.status, -1);
	assert_true(log_has("operations given up count=2"));
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(finishes_in_order),
		CASE(one_failure_is_alone),
		CASE(a_failure_keeps_the_work_of_others),
		CASE(a_lost_connection_is_tried_again),
		CASE(a_full_disk_stops_writers_only),
		CASE(health_comes_back_by_itself),
		CASE(survives_a_real_lack_of_space),
		CASE(the_archive_waits_for_space),
		CASE(the_archive_bounds_its_memory),
		CASE(waits_for_a_lock),
		CASE(virtual_time_waits),
		CASE(many_results_leave_room_for_others),
		CASE(closing_finishes_what_was_queued),
		CASE(submitting_while_closing_fails),
		CASE(closing_gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
