/*
 * Messages are gathered by channel. At most ARCHIVE_LINGER_MS after it was
 * appended, a message is on disk: in a row of the log that holds the news of
 * all channels, or, when its channel has enough for one, in a block. Blocks
 * are written when they are full, when the channel is queried, and after
 * GATHER_MS; then the rows of the log that nobody needs any more go.
 *
 * So a busy channel costs one row for 256 messages, and a thousand quiet
 * ones together one row a turn instead of a thousand.
 */
#include "store/archive.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"
#include "store/archive_private.h"

/* How long messages wait for others of their channel to share a block. */
#define GATHER_MS 60000

/* With this much a block is written instead of a row of the log. */
#define WORTH_MESSAGES 64
#define WORTH_BYTES    ((size_t)16 * KIB)

/* This much in complete blocks is written at once. */
#define FULL_BYTES ((size_t)1 * MIB)

/* --- Numbers ------------------------------------------------------------- */

uint64_t archive_next_number(struct archive *a)
{
	uint64_t now = archive_number_at(clock_wall_ms());

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	/* The clock may stand still or step back; numbers never do. */
	a->last = now > a->last ? now : a->last + 1;
	return a->last;
}

int64_t archive_number_ms(uint64_t number)
{
	return (int64_t)(number >> ARCHIVE_COUNTER_BITS);
}

/* --- Writing, on the store's thread -------------------------------------- */

int archive_put_block(struct db *db, const struct archive_channel_id *channel,
	struct archive_block *b)
{
	struct slice bytes = archive_block_bytes(b);

	return db_run(db, DB_BLOCK_PUT,
		DB_VALUES(db_channel(channel), db_unsigned(b->first),
			db_unsigned(b->last), db_number(b->count),
			db_number(b->low_ms), db_number(b->high_ms),
			db_blob(bytes.data, bytes.len)));
}

int archive_put_highest(struct db *db, int64_t holder, uint64_t highest)
{
	return db_run(db, DB_STATE_PUT,
		DB_VALUES(db_number(holder), db_unsigned(highest)));
}

struct writing {
	struct job job;
	struct archive *archive;
	int64_t holder;
	struct list blocks; /* of struct gathered, by `by_age` */
	size_t bytes;       /* counted in in_flight */
	struct str log;
	bool is_log_sealed;
	uint64_t log_last;   /* highest number in `log` */
	uint64_t trim_below; /* rows of the log that can go; 0: none */
	uint64_t highest;
};

static int write_log(struct writing *w, struct db *db)
{
	if (w->log.len == 0)
		return 0;
	if (!w->is_log_sealed)
		archive_log_seal(&w->log);
	w->is_log_sealed = true;
	return db_run(db, DB_LOG_PUT,
		DB_VALUES(db_number(w->holder), db_unsigned(w->log_last),
			db_blob(w->log.data, w->log.len)));
}

static int writing_run(struct job *j, struct db *db)
{
	struct writing *w = CONTAINER(j, struct writing, job);

	/* First, so that what is written takes the place. */
	if (w->trim_below != 0 &&
		db_run(db, DB_LOG_TRIM,
			DB_VALUES(db_number(w->holder),
				db_unsigned(w->trim_below))) != 0)
		return -1;
	list_for_each(it, &w->blocks) {
		struct gathered *g = CONTAINER(it, struct gathered, by_age);

		if (archive_put_block(db, &g->channel, &g->block) != 0)
			return -1;
	}
	if (write_log(w, db) != 0)
		return -1;
	return archive_put_highest(db, w->holder, w->highest);
}

static void gathered_free(struct gathered *g)
{
	archive_block_finish(&g->block);
	xfree(g);
}

static void writing_finish(struct job *j)
{
	struct writing *w = CONTAINER(j, struct writing, job);
	struct archive *a = w->archive;

	if (j->status != 0)
		log_error("store", "messages of the archive are lost bytes=%zu",
			w->bytes);
	list_for_each_safe(it, &w->blocks)
		gathered_free(CONTAINER(it, struct gathered, by_age));
	str_finish(&w->log);
	a->in_flight -= w->bytes;
	archive_release(a);
	xfree(w);
}

/* --- Queueing ------------------------------------------------------------ */

void archive_hold(struct archive *a)
{
	a->uses++;
}

void archive_release(struct archive *a)
{
	if (--a->uses > 0)
		return;
	crypto_block_free(&a->ids);
	map_finish(&a->channels);
	a->magic = 0;
	xfree(a);
}

/* A job to fill, beginning with the blocks that are full already: what it
 * makes superfluous in the log may be theirs. */
static struct writing *begin_writing(struct archive *a)
{
	struct writing *w = a->full;

	a->full = NULL;
	if (w != NULL)
		return w;
	w = xalloc(sizeof(*w));
	list_init(&w->blocks);
	w->archive = a;
	w->holder = a->holder;
	archive_hold(a);
	return w;
}

static struct gathered *oldest(const struct archive *a)
{
	return CONTAINER(a->by_age.next, struct gathered, by_age);
}

/* Take a channel's messages out of what is gathered. */
static void take(struct archive *a, struct gathered *g)
{
	map_remove(&a->channels, slice_make((const char *)g->channel.bytes,
					 sizeof(g->channel.bytes)));
	list_remove(&g->by_age);
	list_remove(&g->unlogged);
	a->gathered -= g->block.data.len;
}

static void add_block(struct writing *w, struct gathered *g)
{
	take(w->archive, g);
	list_append(&w->blocks, &g->by_age);
	w->bytes += g->block.data.len;
}

static void add_log(struct writing *w, struct gathered *g)
{
	archive_log_add(
		&w->log, &g->channel, &g->block, g->logged, g->logged_last);
	g->logged = g->block.data.len;
	g->logged_last = g->block.last;
	list_remove(&g->unlogged);
	if (g->block.last > w->log_last)
		w->log_last = g->block.last;
}

/* Rows of the log below the first message that is in no block can go. */
static void add_trim(struct writing *w)
{
	struct archive *a = w->archive;

	if (a->log_last == 0 || list_is_empty(&w->blocks))
		return;
	if (!list_is_empty(&a->by_age)) {
		w->trim_below = oldest(a)->block.first;
		return;
	}
	w->trim_below = a->log_last + 1;
	a->log_last = 0;
}

static void submit(struct writing *w)
{
	static const struct job_type type = { .name = "archive writing",
		.run = writing_run,
		.finish = writing_finish,
		.patient = true };
	struct archive *a = w->archive;

	add_trim(w);
	if (w->log_last > a->log_last)
		a->log_last = w->log_last;
	w->bytes += w->log.len;
	w->highest = a->last;
	a->in_flight += w->bytes;
	store_submit(a->store, &w->job, &type);
}

/* --- When to write ------------------------------------------------------- */

static bool is_worth_a_block(const struct gathered *g)
{
	return g->block.count >= WORTH_MESSAGES ||
	       g->block.data.len >= WORTH_BYTES;
}

static void set_timer(struct archive *a)
{
	int64_t due_ms;

	if (list_is_empty(&a->by_age)) {
		timer_stop(&a->timer);
		return;
	}
	due_ms = oldest(a)->since_ms + GATHER_MS;
	timer_start(&a->timer, due_ms - loop_now_ms(store_loop(a->store)));
}

/* Whether something is not on its way to the disk. */
static bool has_news(const struct archive *a)
{
	return a->full != NULL || !list_is_empty(&a->unlogged);
}

/* Make everything durable that is not yet. */
static void on_timer(void *arg)
{
	struct archive *a = arg;
	int64_t old_ms = loop_now_ms(store_loop(a->store)) - GATHER_MS;
	struct writing *w;

	/* What it was started for may have been written meanwhile. */
	if (!has_news(a) &&
		(list_is_empty(&a->by_age) || oldest(a)->since_ms > old_ms)) {
		set_timer(a);
		return;
	}
	w = begin_writing(a);
	while (!list_is_empty(&a->by_age) && oldest(a)->since_ms <= old_ms)
		add_block(w, oldest(a));
	list_for_each_safe(it, &a->unlogged) {
		struct gathered *g = CONTAINER(it, struct gathered, unlogged);

		if (is_worth_a_block(g))
			add_block(w, g);
		else
			add_log(w, g);
	}
	submit(w);
	set_timer(a);
}

void archive_write_all(struct archive *a)
{
	struct writing *w;

	if (!has_news(a) && list_is_empty(&a->by_age))
		return;
	w = begin_writing(a);
	while (!list_is_empty(&a->by_age))
		add_block(w, oldest(a));
	submit(w);
	set_timer(a);
}

static struct gathered *find(
	const struct archive *a, const struct archive_channel_id *channel)
{
	return map_get(&a->channels, slice_make((const char *)channel->bytes,
					     sizeof(channel->bytes)));
}

void archive_write_channel(
	struct archive *a, const struct archive_channel_id *channel)
{
	struct gathered *g = find(a, channel);
	struct writing *w;

	if (g == NULL && a->full == NULL)
		return;
	w = begin_writing(a);
	if (g != NULL)
		add_block(w, g);
	submit(w);
}

uint64_t archive_gathered_last(
	struct archive *a, const struct archive_channel_id *channel)
{
	const struct gathered *g = find(a, channel);

	if (g != NULL)
		return g->block.last;
	if (a->full != NULL)
		submit(begin_writing(a));
	return 0;
}

bool archive_is_gathering(
	const struct archive *a, const struct archive_channel_id *channel)
{
	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	return find(a, channel) != NULL;
}

/* --- Appending ----------------------------------------------------------- */

static struct gathered *gathered_new(struct archive *a,
	const struct archive_channel_id *channel, uint64_t first)
{
	struct gathered *g = xalloc(sizeof(*g));
	struct list *at = a->by_age.prev;

	g->channel = *channel;
	g->since_ms = loop_now_ms(store_loop(a->store));
	archive_block_init(&g->block);
	g->block.first = g->logged_last = first;
	list_init(&g->unlogged);
	map_put(&a->channels,
		slice_make((const char *)g->channel.bytes,
			sizeof(g->channel.bytes)),
		g);
	/* Numbers of two channels may come in the wrong order. */
	while (at != &a->by_age &&
		CONTAINER(at, struct gathered, by_age)->block.first > first)
		at = at->prev;
	list_insert(at, &g->by_age);
	return g;
}

static bool has_room(struct archive *a)
{
	if (a->gathered + a->in_flight < LIMIT_ARCHIVE_MEMORY) {
		if (a->lost > 0)
			log_error("store",
				"the archive goes on, messages lost=%lu",
				a->lost);
		a->lost = 0;
		return true;
	}
	if (a->lost++ == 0)
		log_error("store", "the database is too slow or away, "
				   "messages are not archived");
	return false;
}

/* A block is complete: it shares a transaction with others. */
static void set_aside(struct archive *a, struct gathered *g)
{
	struct writing *w = begin_writing(a);

	add_block(w, g);
	if (w->bytes >= FULL_BYTES)
		submit(w);
	else
		a->full = w;
}

/* Too much is gathered: write the older half. */
static void relieve(struct archive *a)
{
	struct writing *w = begin_writing(a);

	while (a->gathered > LIMIT_ARCHIVE_GATHERED / 2)
		add_block(w, oldest(a));
	submit(w);
}

void archive_append(struct archive *a, const struct archive_channel_id *channel,
	const struct archive_message *m)
{
	struct archive_record record;
	struct gathered *g;

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	assert(m->number > 0 && m->number <= INT64_MAX);
	if (!has_room(a))
		return;
	if (m->number > a->last)
		a->last = m->number;
	g = find(a, channel);
	if (g == NULL)
		g = gathered_new(a, channel, m->number);
	archive_record_of(&record, m);
	size_t before = g->block.data.len;
	archive_block_add(&g->block, &record);
	a->gathered += g->block.data.len - before;
	if (!has_news(a))
		timer_start(&a->timer, ARCHIVE_LINGER_MS);
	if (archive_block_is_full(&g->block))
		set_aside(a, g);
	else if (list_is_empty(&g->unlogged))
		list_append(&a->unlogged, &g->unlogged);
	if (a->gathered > LIMIT_ARCHIVE_GATHERED)
		relieve(a);
}

/* --- Opening and closing ------------------------------------------------- */

static int64_t make_holder(const struct vault *v)
{
	unsigned char key[CRYPTO_KEY_SIZE];
	int64_t holder;

	vault_derive(v, "archive holder", key);
	memcpy(&holder, key, sizeof(holder));
	return holder & INT64_MAX;
}

/* For a barrier: what is gathered has to be durable, not in blocks. */
static void gather(void *arg)
{
	struct archive *a = arg;

	if (has_news(a))
		on_timer(a);
}

struct archive *archive_open(struct store *s)
{
	struct archive *a;
	int64_t holder = make_holder(store_vault(s));
	uint64_t highest = 0;

	if (archive_recover(s, holder, &highest) != 0)
		return NULL;
	a = xalloc(sizeof(*a));
	a->magic = ARCHIVE_MAGIC;
	a->store = s;
	a->holder = holder;
	a->last = highest;
	a->ids = archive_id_cipher(store_vault(s));
	list_init(&a->by_age);
	list_init(&a->unlogged);
	list_init(&a->queries);
	timer_init(&a->timer, store_loop(s), "archive", on_timer, a);
	store_set_gatherer(s, gather, a);
	archive_hold(a);
	return a;
}

void archive_close(struct archive **slot)
{
	struct archive *a;

	if (slot == NULL || *slot == NULL)
		return;
	a = *slot;
	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	/* Also without messages: the numbers that were given are noted. */
	struct writing *w = begin_writing(a);
	while (!list_is_empty(&a->by_age))
		add_block(w, oldest(a));
	submit(w);
	timer_stop(&a->timer);
	archive_fail_all(a);
	store_set_gatherer(a->store, NULL, NULL);
	archive_release(a);
	*slot = NULL;
}
