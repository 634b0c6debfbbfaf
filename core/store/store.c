/*
 * The loop's side of the store: jobs go to the thread and come back through
 * an eventfd. While any is under way, virtual time waits for it.
 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/magic.h"
#include "store/job.h"
#include "store/thread.h"

#define STORE_MAGIC 0x73746f72u

/* Jobs finished in one turn of the loop: others have to run too. */
#define FINISH_MAX 500

struct store {
	unsigned magic;
	struct loop *loop;
	struct db *db;
	struct vault *vault;
	struct thread *thread;
	int wake_fd;
	struct watch *watch;
	struct deferred more;
	struct job *ready; /* done, but not finished yet */
	size_t backlog;
	unsigned long failures;
	bool is_closing;

	void (*gather)(void *arg);
	void *gather_arg;
	struct announced *announced;
};

/* --- Jobs ---------------------------------------------------------------- */

void store_submit(struct store *s, struct job *j, const struct job_type *type)
{
	MAGIC_CHECK(s, STORE_MAGIC);
	j->type = type;
	j->store = s;
	j->next = NULL;
	if (s->backlog++ == 0)
		loop_hold(s->loop);
	if (!s->is_closing) {
		thread_put(s->thread, j);
		return;
	}
	/* Too late; store_close() finishes it. */
	j->status = -1;
	j->next = s->ready;
	s->ready = j;
}

int store_call(struct store *s, struct job *j, const struct job_type *type)
{
	MAGIC_CHECK(s, STORE_MAGIC);
	assert(!s->is_closing);
	j->type = type;
	j->store = s;
	j->is_awaited = true;
	thread_put(s->thread, j);
	thread_await(s->thread, j);
	return j->status;
}

static void finish_one(struct store *s)
{
	struct job *j = s->ready;

	s->ready = j->next;
	if (j->status != 0 && !j->type->reads)
		s->failures++;
	j->type->finish(j);
	if (--s->backlog == 0)
		loop_release(s->loop);
}

static void finish_ready(void *arg)
{
	struct store *s = arg;

	for (int i = 0; i < FINISH_MAX && s->ready != NULL; i++)
		finish_one(s);
	if (s->ready != NULL)
		deferred_start(&s->more);
}

/* Append what the thread has done. */
static void take_done(struct store *s, struct job *done)
{
	struct job **end = &s->ready;

	while (*end != NULL)
		end = &(*end)->next;
	*end = done;
}

static void on_wake(int fd, void *arg)
{
	struct store *s = arg;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_warning("store", "the thread's signal can't be read");
	take_done(s, thread_take(s->thread));
	finish_ready(s);
}

/* --- Opening and closing ------------------------------------------------- */

static void start(struct store *s)
{
	s->magic = STORE_MAGIC;
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake_fd < 0)
		fatal("the store can't make an eventfd");
	s->watch = watch_read(s->loop, "store", s->wake_fd, on_wake, s);
	deferred_init(&s->more, s->loop, "store", finish_ready, s);
	s->thread = thread_start(s->db, s->wake_fd);
	s->announced = announced_new(s);
}

struct store *store_open(struct loop *l, const char *location,
	const char *key_file, const char **reason_r)
{
	struct vault *vault = vault_open(key_file, reason_r);
	struct db *db = NULL;
	struct store *s;

	if (vault != NULL)
		db = db_open(location, reason_r);
	if (db == NULL) {
		vault_close(&vault);
		return NULL;
	}
	s = xalloc(sizeof(*s));
	s->loop = l;
	s->vault = vault;
	s->db = db;
	start(s);
	return s;
}

/* Run every callback that is due; what they submit fails. */
static void drain(struct store *s)
{
	thread_hurry(s->thread);
	while (s->backlog > 0) {
		if (s->ready == NULL)
			take_done(s, thread_wait(s->thread));
		finish_one(s);
	}
}

void store_close(struct store **slot)
{
	struct store *s;

	if (slot == NULL || *slot == NULL)
		return;
	s = *slot;
	MAGIC_CHECK(s, STORE_MAGIC);
	assert(s->gather == NULL); /* the archive is closed first */
	announced_flush(s->announced);
	s->is_closing = true;
	drain(s);
	thread_stop(&s->thread);
	announced_free(&s->announced);
	deferred_stop(&s->more);
	watch_free(&s->watch);
	close(s->wake_fd);
	db_close(&s->db);
	vault_close(&s->vault);
	s->magic = 0;
	xfree(s);
	*slot = NULL;
}

size_t store_backlog(const struct store *s)
{
	MAGIC_CHECK(s, STORE_MAGIC);
	return s->backlog;
}

bool store_is_healthy(const struct store *s)
{
	MAGIC_CHECK(s, STORE_MAGIC);
	return thread_is_healthy(s->thread);
}

/* --- For the other modules ----------------------------------------------- */

struct loop *store_loop(const struct store *s)
{
	return s->loop;
}

const struct vault *store_vault(const struct store *s)
{
	return s->vault;
}

struct announced *store_announced(const struct store *s)
{
	MAGIC_CHECK(s, STORE_MAGIC);
	return s->announced;
}

void store_set_gatherer(struct store *s, void (*fn)(void *arg), void *arg)
{
	MAGIC_CHECK(s, STORE_MAGIC);
	assert(fn == NULL || s->gather == NULL);
	s->gather = fn;
	s->gather_arg = arg;
}

/* --- Barrier ------------------------------------------------------------- */

struct barrier {
	struct job job;
	unsigned long failures; /* before it was queued */
	store_done_fn fn;
	void *arg;
};

static int barrier_run(struct job *j UNUSED, struct db *db UNUSED)
{
	return 0;
}

static void barrier_finish(struct job *j)
{
	struct barrier *b = CONTAINER(j, struct barrier, job);
	bool is_lost = b->failures != j->store->failures;

	b->fn(is_lost ? -1 : j->status, b->arg);
	xfree(b);
}

static const struct job_type barrier_type = {
	.name = "barrier",
	.run = barrier_run,
	.finish = barrier_finish,
	.reads = true,
	.waits = true,
	.patient = true,
};

void store_barrier(struct store *s, store_done_fn fn, void *arg)
{
	struct barrier *b = xalloc(sizeof(*b));

	MAGIC_CHECK(s, STORE_MAGIC);
	b->failures = s->failures;
	b->fn = fn;
	b->arg = arg;
	if (s->gather != NULL)
		s->gather(s->gather_arg);
	announced_flush(s->announced);
	store_submit(s, &b->job, &barrier_type);
}
