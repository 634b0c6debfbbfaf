/*
 * When readers were there, and the expiry of old messages.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/magic.h"
#include "store/archive_private.h"
#include "store/script.h"

/* Rows that one step of the expiry deletes, and channels it looks at. */
#define STEP_ROWS     500
#define STEP_CHANNELS 200

/* Sources are kept this much longer than their messages. */
#define SOURCE_MARGIN_MS INT64_C(86400000)

/* --- Times --------------------------------------------------------------- */

void archive_enter(struct archive *a, const struct archive_channel_id *channel,
	const char *reader)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "archive enter", .patient = true);

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	struct script *script = script_new(NULL, NULL);
	struct db_value id = db_channel(channel);
	struct db_value who = db_text(reader);
	struct db_value holder = db_number(a->holder);
	struct db_value known = db_unsigned(archive_gathered_last(a, channel));

	script_add(
		script, DB_TIME_REOPEN, DB_VALUES(holder, who, id, known, id));
	script_add(script, DB_TIME_OPEN,
		DB_VALUES(who, id, known, id, holder, who, id));
	script_submit(script, a->store, &type);
}

void archive_leave(struct archive *a, const struct archive_channel_id *channel,
	const char *reader)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "archive leave", .patient = true);
	struct script *script = script_new(NULL, NULL);
	struct db_value id = db_channel(channel);
	struct db_value who = db_text(reader);
	struct db_value known = db_unsigned(archive_gathered_last(a, channel));

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	script_add(script, DB_TIME_CLOSE, DB_VALUES(known, id, who, id));
	script_add(script, DB_TIME_DROP_EMPTY, DB_VALUES(who, id));
	script_submit(script, a->store, &type);
}

/* --- Expiry -------------------------------------------------------------- */

/* A place between channels; length 0: before all. */
struct channel_mark {
	unsigned char bytes[ARCHIVE_CHANNEL_SIZE];
	size_t len;
};

/* One step goes on with the channels behind `after`; the loop queues the
 * next one, so that other work gets its turn between. */
struct expiry {
	struct job job;
	struct archive *archive;
	uint64_t below; /* numbers */
	struct channel_mark after, reached;
	bool is_complete;
};

static struct db_value db_mark(const struct channel_mark *m)
{
	return db_blob(m->bytes, m->len);
}

/* Go to the next channel: 1, 0 when there is none, -1. */
static int next_channel(struct db *db, struct channel_mark *m)
{
	int got = db_start(db, DB_BLOCK_NEXT_CHANNEL, DB_VALUES(db_mark(m)));

	if (got == 0)
		got = db_step(db);
	if (got > 0) {
		struct slice id = db_get_bytes(db, 0);

		if (id.len > sizeof(m->bytes))
			id.len = sizeof(m->bytes);
		memcpy(m->bytes, id.data, id.len);
		m->len = id.len;
	}
	db_stop(db);
	return got;
}

static int expire_channel(
	const struct expiry *e, struct db *db, const struct channel_mark *m)
{
	return db_run(db, DB_BLOCK_EXPIRE,
		DB_VALUES(db_mark(m), db_mark(m), db_unsigned(e->below),
			db_unsigned(e->below), db_number(STEP_ROWS)));
}

/* Times that are over, and what nobody has any more. */
static int expire_rest(const struct expiry *e, struct db *db)
{
	/* A source is noted before its messages come. */
	int64_t noted_ms = archive_number_ms(e->below) - SOURCE_MARGIN_MS;

	if (db_run(db, DB_TIME_EXPIRE, DB_VALUES(db_unsigned(e->below))) != 0)
		return -1;
	return db_run(db, DB_SOURCE_EXPIRE, DB_VALUES(db_number(noted_ms)));
}

static int expiry_run(struct job *j, struct db *db)
{
	struct expiry *e = CONTAINER(j, struct expiry, job);
	struct channel_mark at = e->after;
	long deleted = 0;

	e->reached = e->after;
	e->is_complete = false;
	for (int i = 0; i < STEP_CHANNELS && deleted < STEP_ROWS; i++) {
		int got = next_channel(db, &at);

		if (got == 0) {
			e->is_complete = true;
			return expire_rest(e, db);
		}
		if (got < 0 || expire_channel(e, db, &at) != 0)
			return -1;
		deleted += db->changes;
		/* The next step finds this channel again. */
		if (db->changes >= STEP_ROWS)
			break;
		e->reached = at;
	}
	return 0;
}

static void expiry_finish(struct job *j);

static const struct job_type expiry_type = {
	.name = "archive expiry",
	.run = expiry_run,
	.finish = expiry_finish,
};

static void expiry_finish(struct job *j)
{
	struct expiry *e = CONTAINER(j, struct expiry, job);

	if (j->status == 0 && !e->is_complete) {
		e->after = e->reached;
		store_submit(j->store, j, &expiry_type);
		return;
	}
	archive_release(e->archive);
	xfree(e);
}

void archive_expire(struct archive *a, int64_t before_ms)
{
	struct expiry *e;

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	if (before_ms <= 0)
		return;
	archive_write_all(a);
	e = xalloc(sizeof(*e));
	e->archive = a;
	e->below = archive_number_at(before_ms);
	archive_hold(a);
	store_submit(a->store, &e->job, &expiry_type);
}
