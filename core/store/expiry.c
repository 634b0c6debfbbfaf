/*
 * Deleting what was to be kept for a time, some rows in one transaction, so
 * that other work gets its turn between.
 */
#include "base/alloc.h"
#include "store/job.h"

/* Rows of a table that one step deletes: some may be half a megabyte. */
#define STEP_ROWS 200

struct expiry {
	struct job job;
	int64_t before_ms;
	bool has_more;
};

static int expiry_run(struct job *j, struct db *db)
{
	static const enum db_statement tables[] = { DB_KEPT_EXPIRE,
		DB_OUTBOX_EXPIRE, DB_INBOX_EXPIRE };
	struct expiry *e = CONTAINER(j, struct expiry, job);

	e->has_more = false;
	for (size_t i = 0; i < COUNT(tables); i++) {
		if (db_run(db, tables[i],
			    DB_VALUES(db_number(e->before_ms),
				    db_number(STEP_ROWS))) != 0)
			return -1;
		e->has_more |= db->changes >= STEP_ROWS;
	}
	return 0;
}

static void expiry_finish(struct job *j);

static const struct job_type expiry_type = {
	.name = "expiry",
	.run = expiry_run,
	.finish = expiry_finish,
};

static void expiry_finish(struct job *j)
{
	struct expiry *e = CONTAINER(j, struct expiry, job);

	if (j->status == 0 && e->has_more)
		store_submit(j->store, j, &expiry_type);
	else
		xfree(e);
}

void store_expire(struct store *s, int64_t wall_ms)
{
	struct expiry *e = xalloc(sizeof(*e));

	e->before_ms = wall_ms;
	store_submit(s, &e->job, &expiry_type);
}
