/*
 * A message that was withdrawn: its block is written again with a tombstone
 * in its place.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/magic.h"
#include "store/archive_private.h"

struct burial {
	struct job job;
	struct archive *archive;
	struct archive_channel_id channel;
	uint64_t number;
	char *words;
	struct archive_record records[BLOCK_MESSAGES];
};

/* A block as it is and as it will be. */
struct rewriting {
	uint64_t first, last;
	int64_t messages;
	bool is_changed;
	struct archive_block now;
};

static bool is_to_be_buried(
	const struct burial *b, const struct archive_record *r)
{
	return r->number == b->number &&
	       (r->kind == ARCHIVE_MESSAGE || r->kind == ARCHIVE_NOTICE);
}

static int read_block(struct burial *b, struct db *db, struct rewriting *w)
{
	int count = 0;
	int got = db_start(db, DB_BLOCK_AT,
		DB_VALUES(db_channel(&b->channel), db_unsigned(b->number)));

	if (got == 0)
		got = db_step(db);
	if (got > 0) {
		w->first = (uint64_t)db_get_number(db, 0);
		w->last = (uint64_t)db_get_number(db, 1);
		w->messages = db_get_number(db, 2);
		count = archive_block_read(
			db_get_bytes(db, 3), w->first, b->records);
	}
	for (int i = 0; i < count; i++) {
		struct archive_record *r = &b->records[i];

		if (is_to_be_buried(b, r)) {
			r->kind = ARCHIVE_TOMBSTONE;
			r->text = slice_of(b->words);
			w->is_changed = true;
		}
		archive_block_add(&w->now, r);
	}
	db_stop(db);
	return got;
}

static int burial_run(struct job *j, struct db *db)
{
	struct burial *b = CONTAINER(j, struct burial, job);
	struct rewriting w = { .is_changed = false };

	archive_block_init(&w.now);
	int got = read_block(b, db, &w);

	if (got > 0 && w.is_changed) {
		got = db_run(db, DB_BLOCK_REMOVE,
			DB_VALUES(db_channel(&b->channel), db_unsigned(w.first),
				db_unsigned(w.last), db_number(w.messages)));
		if (got == 0)
			got = archive_put_block(db, &b->channel, &w.now);
	}
	archive_block_finish(&w.now);
	return got < 0 ? -1 : 0;
}

static void burial_finish(struct job *j)
{
	struct burial *b = CONTAINER(j, struct burial, job);

	archive_release(b->archive);
	xfree(b->words);
	xfree(b);
}

void archive_bury(struct archive *a, const struct archive_channel_id *channel,
	uint64_t number, const char *words)
{
	static const struct job_type type = {
		.name = "archive burial",
		.run = burial_run,
		.finish = burial_finish,
		.patient = true,
		.purges = true,
	};
	struct burial *b = xalloc(sizeof(*b));

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	archive_write_channel(a, channel);
	b->archive = a;
	b->channel = *channel;
	b->number = number;
	b->words = xstrndup(words, ARCHIVE_TOMBSTONE_MAX);
	archive_hold(a);
	store_submit(a->store, &b->job, &type);
}
