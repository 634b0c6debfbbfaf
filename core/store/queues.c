#include "store/queues.h"

#include "base/alloc.h"
#include "store/job.h"

struct asking {
	struct job job;
	char *gateway;
	struct store_queues queues;
	store_queues_fn fn;
	void *arg;
};

static int ask(const struct asking *a, struct db *db, enum db_statement id,
	int64_t *number_r)
{
	*number_r = 0;
	return db_ask(db, id, DB_VALUES(db_text(a->gateway)), number_r);
}

static int asking_run(struct job *j, struct db *db)
{
	struct asking *a = CONTAINER(j, struct asking, job);
	struct store_queues *q = &a->queues;
	const struct {
		enum db_statement id;
		int64_t *number;
	} rows[] = {
		{ DB_OUTBOX_COUNT, &q->outgoing },
		{ DB_OUTBOX_OLDEST, &q->outgoing_since_ms },
		{ DB_INBOX_COUNT, &q->incoming },
		{ DB_INBOX_OLDEST, &q->incoming_since_ms },
		{ DB_INBOX_RETURNED_COUNT, &q->returned },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (ask(a, db, rows[i].id, rows[i].number) != 0)
			return -1;
	return 0;
}

static void asking_finish(struct job *j)
{
	struct asking *a = CONTAINER(j, struct asking, job);

	a->fn(j->status == 0 ? &a->queues : NULL, a->arg);
	xfree(a->gateway);
	xfree(a);
}

void store_queues(
	struct store *s, const char *gateway, store_queues_fn fn, void *arg)
{
	static const struct job_type type = { .name = "queues",
		.run = asking_run,
		.finish = asking_finish,
		.reads = true };
	struct asking *a = xalloc(sizeof(*a));

	a->gateway = xstrdup(gateway);
	a->fn = fn;
	a->arg = arg;
	store_submit(s, &a->job, &type);
}
