/*
 * Group commit: all jobs that are queued when the thread looks form one
 * batch and run in one transaction. What can go wrong:
 *
 *   one job fails       roll back, and the batch again without it
 *   no space, I/O error roll back, and every job by itself: those that only
 *                       read still work; the store is unhealthy
 *   connection lost     reconnect with growing pauses, the batch again
 *
 * Patient jobs that hit an unhealthy store, and all jobs when the connection
 * is lost, stay and are tried again together with what was queued meanwhile,
 * in order. Times are real here: the tests' clock moves on the loop only.
 */
#include "store/thread.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

/* Jobs in one transaction: bounds how long the first one waits. */
#define BATCH_MAX 4096

/* Pauses between tries while the database does not work. */
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 2000

/* How long a stop waits for a database that does not work, and the pauses
 * then. */
#define HURRY_MS       2000
#define HURRY_PAUSE_MS 50

/* Jobs of one batch that may fail before all run by themselves. */
#define GUILTY_MAX 3

struct queue {
	struct job *head, **tail;
	size_t count;
};

struct thread {
	pthread_t id;
	struct db *db;
	int wake_fd;

	pthread_mutex_t lock;
	pthread_cond_t has_work; /* or has to stop, or to hurry */
	pthread_cond_t has_done;
	struct queue todo, done;
	bool must_stop;
	int64_t hurry_ms; /* give up after this moment; 0: take your time */

	atomic_bool is_healthy;
	int64_t pause_ms; /* 0: the database works */
};

/* --- Queues -------------------------------------------------------------- */

static void queue_init(struct queue *q)
{
	*q = (struct queue){ .tail = &q->head };
}

static void queue_put(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->tail = j;
	q->tail = &j->next;
	q->count++;
}

static struct job *queue_take(struct queue *q)
{
	struct job *j = q->head;

	if (j == NULL)
		return NULL;
	q->head = j->next;
	if (q->head == NULL)
		q->tail = &q->head;
	q->count--;
	return j;
}

/* Append all of `from` to `to`. */
static void queue_move(struct queue *to, struct queue *from)
{
	struct job *j;

	while ((j = queue_take(from)) != NULL)
		queue_put(to, j);
}

static int64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for `cond` until a moment of real_ms(). */
static void wait_until(struct thread *t, pthread_cond_t *cond, int64_t ms)
{
	struct timespec moment = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	pthread_cond_timedwait(cond, &t->lock, &moment);
}

/* --- Finishing ----------------------------------------------------------- */

/* Hand over a run of jobs that are done. */
static void hand_over(struct thread *t, struct queue *finished)
{
	struct job *j;
	bool has_news = false;

	pthread_mutex_lock(&t->lock);
	bool was_empty = t->done.head == NULL;
	while ((j = queue_take(finished)) != NULL) {
		if (j->is_awaited) {
			j->is_awaited = false;
			continue;
		}
		queue_put(&t->done, j);
		has_news = true;
	}
	pthread_cond_broadcast(&t->has_done);
	pthread_mutex_unlock(&t->lock);
	if (has_news && was_empty) {
		uint64_t one = 1;
		ssize_t put = write(t->wake_fd, &one, sizeof(one));

		assert(put == sizeof(one));
	}
}

static void finish(struct queue *finished, struct job *j, int status)
{
	j->status = status;
	queue_put(finished, j);
}

/* --- Health -------------------------------------------------------------- */

static void note_success(struct thread *t, bool has_written)
{
	if (atomic_load(&t->is_healthy) || !has_written)
		return;
	atomic_store(&t->is_healthy, true);
	t->pause_ms = 0;
	log_info("store", "the database works again");
}

static void note_trouble(struct thread *t)
{
	bool was_healthy = atomic_exchange(&t->is_healthy, false);

	if (was_healthy)
		log_error("store",
			"the database can't be written, trying again: %s",
			t->db->message);
	else
		log_debug("store", "still no database: %s", t->db->message);
	t->pause_ms = t->pause_ms == 0 ? PAUSE_MIN_MS : t->pause_ms * 2;
	if (t->pause_ms > PAUSE_MAX_MS)
		t->pause_ms = PAUSE_MAX_MS;
}

/* --- Running ------------------------------------------------------------- */

/* Run `first` and, unless `alone`, all behind it in one transaction. -1:
 * nothing happened; `*guilty_r` is the job that failed, if it was one. */
static int run_together(
	struct thread *t, struct job *first, bool alone, struct job **guilty_r)
{
	struct db *db = t->db;
	bool has_written = false, purges = false;
	struct job *j;

	*guilty_r = NULL;
	if (db->driver->begin(db) != 0)
		goto fail;
	for (j = first; j != NULL; j = alone ? NULL : j->next) {
		*guilty_r = j;
		if (j->type->run(j, db) != 0)
			goto fail;
		has_written |= !j->type->reads;
		purges |= j->type->purges;
	}
	*guilty_r = NULL;
	if (db->driver->commit(db) != 0)
		goto fail;
	if (purges)
		db->driver->purge(db);
	note_success(t, has_written);
	return 0;
fail:
	db->driver->rollback(db);
	return -1;
}

static void remove_failed(struct thread *t, struct queue *batch,
	struct job *guilty, struct queue *finished)
{
	struct queue rest;
	struct job *j;

	log_error("store", "%s failed: %s", guilty->type->name, t->db->message);
	queue_init(&rest);
	while ((j = queue_take(batch)) != NULL) {
		if (j == guilty)
			finish(finished, j, -1);
		else
			queue_put(&rest, j);
	}
	queue_move(batch, &rest);
}

/* One transaction for all. Returns whether that settled the matter. */
static bool run_group(
	struct thread *t, struct queue *batch, struct queue *finished)
{
	struct job *guilty, *j;

	for (int i = 0; i < GUILTY_MAX && batch->head != NULL; i++) {
		if (run_together(t, batch->head, false, &guilty) == 0) {
			while ((j = queue_take(batch)) != NULL)
				finish(finished, j, 0);
			return true;
		}
		if (t->db->error != DB_FAILED || guilty == NULL)
			break;
		remove_failed(t, batch, guilty, finished);
	}
	return batch->head == NULL || t->db->error == DB_LOST;
}

/* One transaction for each. What has to be tried again stays. Returns
 * whether there was no space for some. */
static bool run_singly(
	struct thread *t, struct queue *batch, struct queue *finished)
{
	struct queue again;
	struct job *guilty, *j;
	bool is_full = false;

	queue_init(&again);
	while (batch->head != NULL) {
		if (again.head != NULL && batch->head->type->waits) {
			queue_put(&again, queue_take(batch));
			continue;
		}
		if (run_together(t, batch->head, true, &guilty) == 0) {
			finish(finished, queue_take(batch), 0);
			continue;
		}
		if (t->db->error == DB_LOST)
			break;
		j = queue_take(batch);
		if (t->db->error == DB_FULL)
			is_full = true;
		else
			log_error("store", "%s failed: %s", j->type->name,
				t->db->message);
		if (t->db->error == DB_FULL && j->type->patient)
			queue_put(&again, j);
		else
			finish(finished, j, -1);
	}
	/* What stays keeps its order. */
	queue_move(&again, batch);
	queue_move(batch, &again);
	return is_full;
}

static void run_batch(
	struct thread *t, struct queue *batch, struct queue *finished)
{
	bool is_full = false;

	if (t->pause_ms > 0 && t->db->driver->reopen(t->db) != 0) {
		note_trouble(t);
		return;
	}
	if (!run_group(t, batch, finished))
		is_full = run_singly(t, batch, finished);
	if (is_full || batch->head != NULL)
		note_trouble(t);
}

/* Fail what has waited too long for the database. */
static void give_up(
	struct thread *t, struct queue *batch, struct queue *finished)
{
	int64_t now_ms = real_ms();
	struct queue kept;
	struct job *j;

	pthread_mutex_lock(&t->lock);
	bool is_over = t->hurry_ms != 0 && now_ms >= t->hurry_ms;
	unsigned given_up = 0;
	pthread_mutex_unlock(&t->lock);
	queue_init(&kept);
	while ((j = queue_take(batch)) != NULL) {
		bool is_late = !j->type->patient &&
			       now_ms - j->since_ms >= JOB_WAIT_MS;

		if (is_over || is_late) {
			given_up++;
			finish(finished, j, -1);
		} else {
			queue_put(&kept, j);
		}
	}
	queue_move(batch, &kept);
	if (given_up > 0)
		log_warning("store", "operations given up count=%u: %s",
			given_up, t->db->message);
}

/* --- The thread ---------------------------------------------------------- */

/* Is there space again? Nobody else may be asking. */
static void probe(struct thread *t)
{
	struct db *db = t->db;

	if (db->driver->reopen(db) == 0 && db->driver->begin(db) == 0 &&
		db_run(db, DB_PROBE, NULL, 0) == 0 &&
		db->driver->commit(db) == 0) {
		note_success(t, true);
		return;
	}
	db->driver->rollback(db);
	note_trouble(t);
}

/* Fast failures would only repeat the trouble. */
static void pause_after_trouble(struct thread *t)
{
	int64_t start_ms = real_ms();

	while (!t->must_stop) {
		int64_t until_ms = start_ms + (t->hurry_ms != 0 ? HURRY_PAUSE_MS
								: t->pause_ms);

		if (real_ms() >= until_ms)
			break;
		wait_until(t, &t->has_work, until_ms);
	}
}

/* Wait as long as the state demands, then add what is queued to `batch`.
 * False at the end. */
static bool gather(struct thread *t, struct queue *batch)
{
	pthread_mutex_lock(&t->lock);
	if (t->pause_ms > 0)
		pause_after_trouble(t);
	else
		while (!t->must_stop && t->todo.head == NULL)
			pthread_cond_wait(&t->has_work, &t->lock);
	while (batch->count < BATCH_MAX && t->todo.head != NULL)
		queue_put(batch, queue_take(&t->todo));
	bool is_going = !t->must_stop || batch->head != NULL;
	pthread_mutex_unlock(&t->lock);
	return is_going;
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	struct queue batch, finished;

	queue_init(&batch);
	queue_init(&finished);
	while (gather(t, &batch)) {
		if (batch.head == NULL) {
			probe(t);
			continue;
		}
		run_batch(t, &batch, &finished);
		if (batch.head != NULL)
			give_up(t, &batch, &finished);
		hand_over(t, &finished);
	}
	return NULL;
}

struct thread *thread_start(struct db *db, int wake_fd)
{
	struct thread *t = xalloc(sizeof(*t));
	pthread_condattr_t attr;
	sigset_t all, before;

	t->db = db;
	t->wake_fd = wake_fd;
	queue_init(&t->todo);
	queue_init(&t->done);
	atomic_init(&t->is_healthy, true);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->has_work, &attr);
	pthread_cond_init(&t->has_done, &attr);
	pthread_condattr_destroy(&attr);

	/* Signals are for the loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&t->id, NULL, thread_main, t) != 0)
		fatal("the store's thread can't be started");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_setname_np(t->id, "store");
	return t;
}

/* --- The loop's side ----------------------------------------------------- */

void thread_put(struct thread *t, struct job *j)
{
	j->since_ms = real_ms();
	pthread_mutex_lock(&t->lock);
	assert(!t->must_stop);
	bool was_empty = t->todo.head == NULL;
	queue_put(&t->todo, j);
	if (was_empty)
		pthread_cond_signal(&t->has_work);
	pthread_mutex_unlock(&t->lock);
}

static struct job *take_done(struct thread *t)
{
	struct job *j = t->done.head;

	queue_init(&t->done);
	return j;
}

struct job *thread_take(struct thread *t)
{
	pthread_mutex_lock(&t->lock);
	struct job *j = take_done(t);
	pthread_mutex_unlock(&t->lock);
	return j;
}

struct job *thread_wait(struct thread *t)
{
	pthread_mutex_lock(&t->lock);
	while (t->done.head == NULL)
		pthread_cond_wait(&t->has_done, &t->lock);
	struct job *j = take_done(t);
	pthread_mutex_unlock(&t->lock);
	return j;
}

void thread_await(struct thread *t, struct job *j)
{
	pthread_mutex_lock(&t->lock);
	while (j->is_awaited)
		pthread_cond_wait(&t->has_done, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

void thread_hurry(struct thread *t)
{
	pthread_mutex_lock(&t->lock);
	t->hurry_ms = real_ms() + HURRY_MS;
	atomic_store(&t->db->is_hurried, true);
	pthread_cond_signal(&t->has_work);
	pthread_mutex_unlock(&t->lock);
}

void thread_stop(struct thread **t)
{
	pthread_mutex_lock(&(*t)->lock);
	(*t)->must_stop = true;
	pthread_cond_signal(&(*t)->has_work);
	pthread_mutex_unlock(&(*t)->lock);
	pthread_join((*t)->id, NULL);
	pthread_cond_destroy(&(*t)->has_work);
	pthread_cond_destroy(&(*t)->has_done);
	pthread_mutex_destroy(&(*t)->lock);
	xfree(*t);
	*t = NULL;
}

bool thread_is_healthy(const struct thread *t)
{
	return atomic_load(&t->is_healthy);
}
