/*
 * What each reader has in the archive: noting, listing and erasing it.
 *
 * The messages of a room are kept once for all its readers. When one of them
 * is erased, those go that are in nobody else's time: whole blocks, or, where
 * a block is partly in somebody's time, its other messages.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/magic.h"
#include "store/archive_private.h"
#include "store/script.h"

/* Rows that one step of an erasure looks at. */
#define STEP_ROWS 500

#define NUMBER_MAX ((uint64_t)INT64_MAX)

void archive_note(struct archive *a, const struct archive_source *source)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "archive source", .patient = true);
	struct script *script = script_new(NULL, NULL);

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	script_add(script, DB_SOURCE_PUT,
		DB_VALUES(db_text(source->gateway), db_text(source->reader),
			db_channel(&source->channel), db_text(source->account),
			db_text(source->name), db_number(source->is_chat),
			db_number(clock_wall_ms())));
	script_submit(script, a->store, &type);
}

/* --- Listing ------------------------------------------------------------- */

struct listing {
	struct job job;
	char *gateway, *reader;
	struct archive_source *sources;
	size_t count;
	struct arena arena;
	archive_sources_fn fn;
	void *arg;
};

static bool read_channel(
	struct db *db, int column, struct archive_channel_id *out)
{
	struct slice id = db_get_bytes(db, column);

	if (id.len != sizeof(out->bytes))
		return false;
	memcpy(out->bytes, id.data, id.len);
	return true;
}

static void add_source(struct listing *l, struct db *db)
{
	struct archive_source *s = &l->sources[l->count];

	*s = (struct archive_source){ .gateway = l->gateway,
		.reader = l->reader,
		.is_chat = db_get_number(db, 1) != 0,
		.account = arena_copy(&l->arena, db_get_bytes(db, 2)),
		.name = arena_copy(&l->arena, db_get_bytes(db, 3)) };
	if (read_channel(db, 0, &s->channel) && s->account != NULL &&
		s->name != NULL)
		l->count++;
}

static int listing_run(struct job *j, struct db *db)
{
	struct listing *l = CONTAINER(j, struct listing, job);
	int got = db_start(db, DB_SOURCE_LIST,
		DB_VALUES(db_text(l->gateway), db_text(l->reader),
			db_number(LIMIT_ARCHIVE_PAGE)));

	l->count = 0;
	arena_reset(&l->arena);
	while (got >= 0 && (got = db_step(db)) > 0)
		add_source(l, db);
	db_stop(db);
	return got;
}

static void listing_finish(struct job *j)
{
	struct listing *l = CONTAINER(j, struct listing, job);
	bool good = j->status == 0;

	l->fn(j->status, good ? l->sources : NULL, good ? l->count : 0, l->arg);
	arena_finish(&l->arena);
	xfree(l->sources);
	xfree(l->gateway);
	xfree(l->reader);
	xfree(l);
}

void archive_sources(struct archive *a, const char *gateway, const char *reader,
	archive_sources_fn fn, void *arg)
{
	static const struct job_type type = { .name = "archive sources",
		.run = listing_run,
		.finish = listing_finish,
		.reads = true };
	struct listing *l = xalloc(sizeof(*l));

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	l->gateway = xstrdup(gateway);
	l->reader = xstrdup(reader);
	l->sources = xcalloc(LIMIT_ARCHIVE_PAGE, sizeof(*l->sources));
	arena_init(&l->arena, LIMIT_ARCHIVE_PAGE_BYTES);
	l->fn = fn;
	l->arg = arg;
	store_submit(a->store, &l->job, &type);
}

/* --- Erasing, on the store's thread -------------------------------------- */

/* One step goes on behind block `after` of the first source that is left; the
 * loop queues the next one, so that other work gets its turn between. */
struct erasure {
	struct job job;
	struct archive *archive;
	char *gateway, *reader, *account; /* "": all */
	uint64_t after, reached;          /* numbers */
	int budget;                       /* rows left in this step */
	bool is_complete;
	store_done_fn fn;
	void *arg;
	struct archive_record records[BLOCK_MESSAGES];
};

/* When anybody was in a room: spans that do not overlap, ascending. */
struct cover {
	uint64_t *ends; /* first, last, first, last ... */
	size_t count;
};

static void cover_add(struct cover *c, uint64_t first, uint64_t last)
{
	if (c->count > 0 && first <= c->ends[c->count - 1]) {
		if (last > c->ends[c->count - 1])
			c->ends[c->count - 1] = last;
		return;
	}
	/* Doubles at powers of two. */
	if ((c->count & (c->count - 1)) == 0)
		c->ends = xrealloc(c->ends, c->count == 0 ? 2 : c->count * 2,
			sizeof(*c->ends));
	c->ends[c->count++] = first;
	c->ends[c->count++] = last;
}

static int cover_read(struct cover *c, struct db *db,
	const struct archive_channel_id *channel)
{
	int got = db_start(db, DB_TIME_OF_ALL, DB_VALUES(db_channel(channel)));

	while (got >= 0 && (got = db_step(db)) > 0)
		cover_add(c, (uint64_t)db_get_number(db, 0),
			(uint64_t)db_get_number(db, 1));
	db_stop(db);
	return got;
}

static bool cover_has(const struct cover *c, uint64_t number)
{
	size_t low = 0, high = c->count / 2;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c->ends[2 * mid + 1] < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->count / 2 && c->ends[2 * low] <= number;
}

/* The rows of a block, and what is kept of it. */
struct remnant {
	uint64_t first, last;
	int64_t messages;
	int count; /* of messages that could be read */
	struct archive_block kept;
};

/* 1: a block that may have messages to erase, 0: no more, -1. */
static int next_uncovered(struct erasure *e, struct db *db,
	const struct archive_channel_id *channel, const struct cover *cover,
	struct remnant *r)
{
	int got = db_start(db, DB_BLOCK_UNCOVERED,
		DB_VALUES(db_channel(channel), db_unsigned(e->reached)));

	if (got == 0)
		got = db_step(db);
	if (got > 0) {
		r->first = (uint64_t)db_get_number(db, 0);
		r->last = (uint64_t)db_get_number(db, 1);
		r->messages = db_get_number(db, 2);
		r->count = archive_block_read(
			db_get_bytes(db, 3), r->first, e->records);
		for (int i = 0; i < r->count; i++)
			if (cover_has(cover, e->records[i].number))
				archive_block_add(&r->kept, &e->records[i]);
	}
	db_stop(db);
	return got;
}

/* A damaged block goes as well: nobody can read it. */
static int replace_block(struct db *db,
	const struct archive_channel_id *channel, struct remnant *r)
{
	if (r->count >= 0 && r->kept.count == (unsigned)r->count)
		return 0;
	if (db_run(db, DB_BLOCK_REMOVE,
		    DB_VALUES(db_channel(channel), db_unsigned(r->first),
			    db_unsigned(r->last), db_number(r->messages))) != 0)
		return -1;
	return r->kept.count > 0 ? archive_put_block(db, channel, &r->kept) : 0;
}

/* What nobody reads any more. 1: the source is done. 0: the step is. -1 */
static int erase_uncovered(struct erasure *e, struct db *db,
	const struct archive_channel_id *channel, const struct cover *cover)
{
	int got = 1;

	while (got > 0 && e->budget-- > 0) {
		struct remnant r = { .count = 0 };

		archive_block_init(&r.kept);
		got = next_uncovered(e, db, channel, cover, &r);
		if (got > 0 && replace_block(db, channel, &r) != 0)
			got = -1;
		if (got > 0)
			e->reached = r.first;
		archive_block_finish(&r.kept);
	}
	return got < 0 ? -1 : got == 0;
}

static int erase_room(struct erasure *e, struct db *db,
	const struct archive_channel_id *channel)
{
	struct cover cover = { .count = 0 };
	int got = -1;

	if (db_run(db, DB_TIME_ERASE,
		    DB_VALUES(db_text(e->reader), db_channel(channel))) == 0 &&
		cover_read(&cover, db, channel) == 0)
		got = erase_uncovered(e, db, channel, &cover);
	xfree(cover.ends);
	return got;
}

static int erase_chat(struct erasure *e, struct db *db,
	const struct archive_channel_id *channel)
{
	if (db_run(db, DB_BLOCK_EXPIRE,
		    DB_VALUES(db_channel(channel), db_channel(channel),
			    db_unsigned(NUMBER_MAX), db_unsigned(NUMBER_MAX),
			    db_number(e->budget))) != 0)
		return -1;
	bool is_done = db->changes < e->budget;
	e->budget -= (int)db->changes;
	return is_done;
}

/* 1: a source, 0: none is left, -1. */
static int first_source(struct erasure *e, struct db *db,
	struct archive_channel_id *channel, bool *is_chat)
{
	int got = db_start(db, DB_SOURCE_FIRST,
		DB_VALUES(db_text(e->gateway), db_text(e->reader),
			db_text(e->account), db_text(e->account)));

	if (got == 0)
		got = db_step(db);
	if (got > 0) {
		*is_chat = db_get_number(db, 1) != 0;
		if (!read_channel(db, 0, channel))
			got = -1;
	}
	db_stop(db);
	return got;
}

static int erasure_run(struct job *j, struct db *db)
{
	struct erasure *e = CONTAINER(j, struct erasure, job);
	struct archive_channel_id channel;
	bool is_chat;
	int got = 1;

	e->reached = e->after;
	e->budget = STEP_ROWS;
	e->is_complete = false;
	while (got > 0 && e->budget > 0) {
		got = first_source(e, db, &channel, &is_chat);
		e->is_complete = got == 0;
		if (got <= 0)
			break;
		e->budget--;
		got = is_chat ? erase_chat(e, db, &channel)
			      : erase_room(e, db, &channel);
		if (got > 0) {
			e->reached = 0;
			if (db_run(db, DB_SOURCE_REMOVE,
				    DB_VALUES(db_text(e->gateway),
					    db_text(e->reader),
					    db_channel(&channel))) != 0)
				return -1;
		}
	}
	return got < 0 ? -1 : 0;
}

/* --- Erasing, on the loop ------------------------------------------------ */

static void erasure_finish(struct job *j);

static const struct job_type erasure_type = {
	.name = "archive erasure",
	.run = erasure_run,
	.finish = erasure_finish,
	.patient = true,
	.purges = true,
};

static void erasure_finish(struct job *j)
{
	struct erasure *e = CONTAINER(j, struct erasure, job);

	if (j->status == 0 && !e->is_complete) {
		e->after = e->reached;
		store_submit(j->store, j, &erasure_type);
		return;
	}
	if (e->fn != NULL)
		e->fn(j->status, e->arg);
	archive_release(e->archive);
	xfree(e->gateway);
	xfree(e->reader);
	xfree(e->account);
	xfree(e);
}

void archive_erase(struct archive *a, const char *gateway, const char *reader,
	const char *account, store_done_fn fn, void *arg)
{
	struct erasure *e = xalloc(sizeof(*e));

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	/* Afterwards all is in blocks and the log is empty. */
	archive_write_all(a);
	e->archive = a;
	e->gateway = xstrdup(gateway);
	e->reader = xstrdup(reader);
	e->account = xstrdup(account != NULL ? account : "");
	e->fn = fn;
	e->arg = arg;
	archive_hold(a);
	store_submit(a->store, &e->job, &erasure_type);
}
