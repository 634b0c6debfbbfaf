/*
 * After a crash the log holds messages that did not get into a block. They
 * become blocks now, in the transaction that empties the log. Rows of the
 * log may also hold messages that are in blocks already; their numbers tell.
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "store/archive_private.h"

/* A channel of which the log has something. */
struct found {
	struct archive_channel_id channel;
	uint64_t last; /* highest number that a block has */
	struct archive_block block;
};

struct recovery {
	struct job job;
	int64_t holder;
	uint64_t highest;
	struct map channels;
	struct str row;
	unsigned long messages;
};

static struct slice key_of(const struct archive_channel_id *channel)
{
	return slice_make((const char *)channel->bytes, sizeof(channel->bytes));
}

static void forget_channels(struct recovery *r)
{
	struct found *f;
	size_t pos = 0;

	while ((f = map_next(&r->channels, &pos)) != NULL) {
		archive_block_finish(&f->block);
		xfree(f);
	}
	map_finish(&r->channels);
}

static struct found *find_channel(struct recovery *r, struct db *db,
	const struct archive_channel_id *channel)
{
	struct found *f = map_get(&r->channels, key_of(channel));
	int64_t last = 0;

	if (f != NULL)
		return f;
	if (db_ask(db, DB_BLOCK_LAST, DB_VALUES(db_channel(channel)), &last) !=
		0)
		return NULL;
	f = xalloc(sizeof(*f));
	f->channel = *channel;
	f->last = (uint64_t)last;
	archive_block_init(&f->block);
	map_put(&r->channels, key_of(&f->channel), f);
	return f;
}

static int write_block(struct db *db, struct found *f)
{
	if (f->block.count == 0)
		return 0;
	if (archive_put_block(db, &f->channel, &f->block) != 0)
		return -1;
	f->last = f->block.last;
	archive_block_finish(&f->block);
	archive_block_init(&f->block);
	return 0;
}

static void warn_damaged(uint64_t number)
{
	log_warning("store",
		"a damaged row of the archive's log is passed over "
		"number=%llu",
		(unsigned long long)number);
}

/* -1: the database failed. Damage only ends the part. */
static int read_part(struct recovery *r, struct db *db, struct found *f,
	struct archive_cursor *c)
{
	struct archive_record record;
	int got;

	while ((got = archive_cursor_next(c, &record)) > 0) {
		if (record.number <= f->last || record.number <= f->block.last)
			continue;
		archive_block_add(&f->block, &record);
		r->messages++;
		if (archive_block_is_full(&f->block) && write_block(db, f) != 0)
			return -1;
	}
	if (got < 0)
		warn_damaged(c->number);
	return 0;
}

static int read_parts(struct recovery *r, struct db *db, uint64_t number)
{
	struct archive_log_reader l;
	struct archive_channel_id channel;
	struct archive_cursor c;
	int got = archive_log_open(&l, str_slice(&r->row));

	if (got != 0) {
		warn_damaged(number);
		return 0;
	}
	while ((got = archive_log_next(&l, &channel, &c)) > 0) {
		struct found *f = find_channel(r, db, &channel);

		if (f == NULL || read_part(r, db, f, &c) != 0)
			return -1;
	}
	if (got < 0)
		warn_damaged(number);
	return 0;
}

/* Copy the next row behind `*number`: 1, 0 at the end, -1. */
static int next_row(struct recovery *r, struct db *db, uint64_t *number)
{
	int got = db_start(db, DB_LOG_READ,
		DB_VALUES(db_number(r->holder), db_unsigned(*number),
			db_number(1)));

	if (got == 0)
		got = db_step(db);
	if (got > 0) {
		*number = (uint64_t)db_get_number(db, 0);
		str_reset(&r->row);
		str_add_slice(&r->row, db_get_bytes(db, 1));
	}
	db_stop(db);
	return got;
}

static int read_log(struct recovery *r, struct db *db)
{
	uint64_t number = 0;
	int got;

	while ((got = next_row(r, db, &number)) > 0) {
		if (number > r->highest)
			r->highest = number;
		if (read_parts(r, db, number) != 0)
			return -1;
	}
	return got;
}

static int write_blocks(struct recovery *r, struct db *db)
{
	struct found *f;
	size_t pos = 0;

	while ((f = map_next(&r->channels, &pos)) != NULL) {
		if (write_block(db, f) != 0)
			return -1;
	}
	return 0;
}

static int recovery_run(struct job *j, struct db *db)
{
	struct recovery *r = CONTAINER(j, struct recovery, job);
	int64_t highest = 0;

	forget_channels(r);
	r->messages = 0;
	if (db_ask(db, DB_STATE_HIGHEST, NULL, 0, &highest) != 0)
		return -1;
	r->highest = highest > 0 ? (uint64_t)highest : 0;
	if (read_log(r, db) != 0 || write_blocks(r, db) != 0)
		return -1;
	if (db_run(db, DB_LOG_TRIM,
		    DB_VALUES(db_number(r->holder), db_number(INT64_MAX))) !=
			0 ||
		db_run(db, DB_TIME_CLOSE_ALL,
			DB_VALUES(db_unsigned(r->highest),
				db_number(r->holder))) != 0)
		return -1;
	return archive_put_highest(db, r->holder, r->highest);
}

int archive_recover(struct store *s, int64_t holder, uint64_t *highest_r)
{
	static const struct job_type type = { .name = "archive opening",
		.run = recovery_run };
	struct recovery *r = xalloc(sizeof(*r));

	r->holder = holder;
	str_init(&r->row, LIMIT_ARCHIVE_MEMORY);
	int status = store_call(s, &r->job, &type);
	if (status == 0 && r->messages > 0)
		log_info("store", "archive recovered from its log messages=%lu",
			r->messages);
	*highest_r = r->highest;
	forget_channels(r);
	str_finish(&r->row);
	xfree(r);
	return status;
}
