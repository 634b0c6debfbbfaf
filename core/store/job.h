/*
 * The inside of the store: one operation as a job that runs on the store's
 * thread and is finished on the loop. Used by the modules of this folder.
 */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "net/loop.h"
#include "store/db.h"
#include "store/store.h"
#include "store/vault.h"

struct job;

struct job_type {
	const char *name; /* for the log */

	/* On the store's thread, inside a transaction that it shares with
	 * other jobs. When the transaction fails it is called again, so it
	 * starts from scratch or goes on where it knows to be. Touches
	 * nothing but the job. */
	int (*run)(struct job *j, struct db *db);

	/* On the loop, once: j->status is 0 when all was committed, else -1.
	 * Frees the job; may submit others. */
	void (*finish)(struct job *j);

	bool reads;   /* writes nothing */
	bool waits;   /* runs only when all jobs before it are done */
	bool patient; /* waits until the database works again, however long
			 that takes; others fail after JOB_WAIT_MS */
	bool purges;  /* what it deleted must not stay in the files */
};

/* How long a job waits for a database that is out of reach. */
#define JOB_WAIT_MS 30000

/* The start of every job; everything here belongs to the store. */
struct job {
	const struct job_type *type;
	struct store *store;
	struct job *next;
	int64_t since_ms; /* real time, whatever the tests' clock says */
	int status;
	bool is_awaited; /* by store_call() */
};

/* Queue a job, whose memory now belongs to the queue. */
void store_submit(struct store *s, struct job *j, const struct job_type *type);

/* Run a job and wait; `finish` is not called. For start-up only. */
int store_call(struct store *s, struct job *j, const struct job_type *type);

/* Where `finish` of jobs is called. */
struct loop *store_loop(const struct store *s);
/* Lives as long as the store. */
const struct vault *store_vault(const struct store *s);

/* What the owner of gathered work registers, so that a barrier can queue
 * it. At most one: the archive. `fn` NULL removes it. */
void store_set_gatherer(struct store *s, void (*fn)(void *arg), void *arg);

/* The farewells waiting to be queued (announced.c). */
struct announced;
/* Made and freed with the store; must be flushed before. */
struct announced *announced_new(struct store *s);
/* Sets NULL. */
void announced_free(struct announced **a);
/* Queue what waits, as one job. */
void announced_flush(struct announced *a);
/* The one of this store. */
struct announced *store_announced(const struct store *s);

#endif
