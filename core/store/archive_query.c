/*
 * A query runs on the store's thread in slices, so that a search through a
 * big archive does not keep others waiting: a slice looks at SLICE_BLOCKS
 * blocks, then the loop queues the next one. Every step leaves the query
 * where it can go on, also when its transaction is repeated.
 *
 *	TIMES -> CHECK -> PICK            only these numbers
 *	              `-> PAGE -> (LAST)  the messages wanted
 *	                       -> TOTAL -> INDEX -> READY
 *
 * A scan goes over the reader's times (spans of numbers) and, in each, over
 * the blocks that overlap it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"
#include "store/archive_private.h"

#define SLICE_BLOCKS 512
#define ROWS_MAX     64

/* Times of a reader that are few enough to count messages unasked. */
#define CHEAP_SPANS 16

#define NUMBER_MAX ((uint64_t)INT64_MAX)

/* Numbers from first to last, both included. */
struct span {
	uint64_t first, last;
};

enum stage { TIMES, CHECK, PICK, PAGE, LAST, TOTAL, INDEX, READY };

struct query;

/* What to do with a record that fits; false: enough. */
typedef bool (*take_fn)(struct query *q, const struct archive_record *r);

struct scan {
	struct span limits;
	bool is_backward;
	size_t spans_done;
	bool is_inside;          /* a span was begun */
	bool is_counted;         /* its whole blocks were */
	struct span whole, left; /* of it; `left` is still to be read */
};

struct query {
	struct job job;
	struct archive *archive;
	struct list link;
	archive_page_fn fn; /* NULL: forgotten */
	void *arg;

	struct archive_query q;
	char *reader, *with;
	uint64_t *numbers;
	bool is_bounds;

	enum stage stage;
	struct span *spans;
	size_t span_count;
	struct scan scan;
	size_t picked; /* of `numbers`, checked or taken */
	int budget;    /* blocks left in this slice */

	struct arena arena;
	struct archive_message *messages;
	size_t count, room, wanted, page_start;
	bool has_more, is_missing;
	long total, index;
	struct archive_record records[BLOCK_MESSAGES];
};

/* --- Filters and results ------------------------------------------------- */

static bool is_wanted(const struct query *q, const struct archive_record *r)
{
	if (q->q.start_ms != 0 && r->wall_ms < q->q.start_ms)
		return false;
	if (q->q.end_ms != 0 && r->wall_ms > q->q.end_ms)
		return false;
	return q->with == NULL || slice_equals(r->from, q->with);
}

/* A copy in the query's arena; NULL for what is absent or does not fit. */
static const char *keep(struct query *q, struct slice text)
{
	return text.data ? arena_copy(&q->arena, text) : NULL;
}

static bool keep_record(struct query *q, const struct archive_record *r,
	struct archive_message *m)
{
	*m = (struct archive_message){ .number = r->number,
		.wall_ms = r->wall_ms,
		.kind = r->kind,
		.from = keep(q, r->from),
		.text = keep(q, r->text),
		.network_id = keep(q, r->network_id),
		.stanza_id = keep(q, r->stanza_id),
		.occupant = keep(q, r->occupant) };
	return m->from != NULL && m->text != NULL &&
	       (m->network_id != NULL || r->network_id.data == NULL) &&
	       (m->stanza_id != NULL || r->stanza_id.data == NULL) &&
	       (m->occupant != NULL || r->occupant.data == NULL);
}

static bool take_message(struct query *q, const struct archive_record *r)
{
	if (q->count == q->wanted) {
		q->has_more = true;
		return false;
	}
	if (q->count == q->room) {
		q->room = q->room == 0 ? 32 : q->room * 2;
		q->messages =
			xrealloc(q->messages, q->room, sizeof(*q->messages));
	}
	if (!keep_record(q, r, &q->messages[q->count])) {
		/* The page is big enough as it is. */
		q->has_more = true;
		return false;
	}
	q->count++;
	return true;
}

static bool count_total(struct query *q, const struct archive_record *r UNUSED)
{
	q->total++;
	return true;
}

static bool count_index(struct query *q, const struct archive_record *r UNUSED)
{
	q->index++;
	return true;
}

/* --- The reader's times -------------------------------------------------- */

static void add_span(struct query *q, uint64_t first, uint64_t last)
{
	/* Doubles at powers of two. */
	if ((q->span_count & (q->span_count - 1)) == 0)
		q->spans = xrealloc(q->spans,
			q->span_count == 0 ? 1 : q->span_count * 2,
			sizeof(*q->spans));
	q->spans[q->span_count++] = (struct span){ first, last };
}

static int read_times(struct query *q, struct db *db)
{
	int got;

	q->span_count = 0;
	q->stage = CHECK;
	if (q->reader == NULL) {
		add_span(q, 1, NUMBER_MAX);
		return 0;
	}
	got = db_start(db, DB_TIME_LIST,
		DB_VALUES(db_text(q->reader), db_channel(&q->q.channel)));
	while (got >= 0 && (got = db_step(db)) > 0) {
		int64_t first = db_get_number(db, 0);
		int64_t last = db_get_number(db, 1);

		if (first > 0 && first <= last)
			add_span(q, (uint64_t)first, (uint64_t)last);
	}
	db_stop(db);
	if (got != 0)
		q->stage = TIMES;
	return got;
}

static bool may_see(const struct query *q, uint64_t number)
{
	for (size_t i = 0; i < q->span_count; i++) {
		if (number >= q->spans[i].first && number <= q->spans[i].last)
			return true;
	}
	return false;
}

/* --- Blocks -------------------------------------------------------------- */

/* Decode the block at the row: its number of records, 0 when damaged. */
static int read_block(struct query *q, struct db *db)
{
	uint64_t first = (uint64_t)db_get_number(db, 0);
	int count = archive_block_read(db_get_bytes(db, 3), first, q->records);

	q->budget--;
	if (count > 0)
		return count;
	log_warning("store",
		"a damaged block of the archive is passed over first=%llu",
		(unsigned long long)first);
	return 0;
}

/* Find one message that the reader may see: 1, 0 or -1. It is handed to
 * `take`, which may be NULL, while its bytes are there. */
static int find_message(
	struct query *q, struct db *db, uint64_t number, take_fn take)
{
	int found = 0;
	int got;

	if (!may_see(q, number))
		return 0;
	got = db_start(db, DB_BLOCK_AT,
		DB_VALUES(db_channel(&q->q.channel), db_unsigned(number)));
	if (got == 0)
		got = db_step(db);
	if (got > 0) {
		int count = read_block(q, db);

		for (int i = 0; i < count; i++) {
			const struct archive_record *r = &q->records[i];

			if (r->number != number)
				continue;
			found = 1;
			if (take != NULL && is_wanted(q, r))
				(void)take(q, r);
		}
	}
	db_stop(db);
	return got < 0 ? -1 : found;
}

/* --- Scanning ------------------------------------------------------------ */

static void scan_begin(
	struct query *q, uint64_t first, uint64_t last, bool is_backward)
{
	q->scan = (struct scan){ .limits = { first, last },
		.is_backward = is_backward };
	/* Times are never far ahead of their numbers: older blocks cannot
	 * have what is wanted. */
	int64_t low_ms = q->q.start_ms - ARCHIVE_AHEAD_MS;
	if (low_ms > 0 && low_ms <= archive_number_ms(NUMBER_MAX)) {
		uint64_t low = archive_number_at(low_ms);

		if (low > first)
			q->scan.limits.first = low;
	}
}

/* Be inside a span of which something is left; false at the end. */
static bool scan_enter(struct query *q)
{
	struct scan *s = &q->scan;

	while (s->spans_done < q->span_count) {
		if (s->is_inside && s->left.first <= s->left.last)
			return true;
		if (s->is_inside)
			s->spans_done++;
		s->is_inside = false;
		if (s->spans_done == q->span_count)
			break;
		size_t i = s->is_backward ? q->span_count - 1 - s->spans_done
					  : s->spans_done;
		s->whole = q->spans[i];
		if (s->whole.first < s->limits.first)
			s->whole.first = s->limits.first;
		if (s->whole.last > s->limits.last)
			s->whole.last = s->limits.last;
		s->left = s->whole;
		s->is_inside = true;
		s->is_counted = false;
	}
	return false;
}

static void scan_leave_span(struct scan *s)
{
	s->left = (struct span){ 1, 0 };
}

/* Hand the records of the block at the row to `take`, as far as they are in
 * what is left of the span. False: enough. */
static bool scan_block(struct query *q, struct db *db, take_fn take)
{
	struct scan *s = &q->scan;
	uint64_t first = (uint64_t)db_get_number(db, 0);
	uint64_t last = (uint64_t)db_get_number(db, 1);
	int count = read_block(q, db);
	bool is_going = true;

	for (int i = 0; i < count && is_going; i++) {
		const struct archive_record *r =
			&q->records[s->is_backward ? count - 1 - i : i];

		if (r->number >= s->left.first && r->number <= s->left.last &&
			is_wanted(q, r))
			is_going = take(q, r);
	}
	/* The row cannot be trusted either: always get ahead. */
	if (s->is_backward)
		s->left.last = first - 1 < s->left.last ? first - 1 : 0;
	else
		s->left.first = (last > first ? last : first) + 1;
	return is_going;
}

static int64_t end_of_times(const struct query *q)
{
	return q->q.end_ms != 0 ? q->q.end_ms : INT64_MAX;
}

/* How many rows to ask for: every one has at least one message. */
static int rows_wanted(const struct query *q)
{
	if ((q->stage != PAGE && q->stage != LAST) || q->with != NULL ||
		q->wanted - q->count >= ROWS_MAX)
		return ROWS_MAX;
	return (int)(q->wanted - q->count) + 1;
}

static int start_rows(struct query *q, struct db *db, bool only_partly)
{
	const struct scan *s = &q->scan;
	struct db_value values[16];
	size_t n = 0;

	values[n++] = db_channel(&q->q.channel);
	values[n++] = db_channel(&q->q.channel);
	values[n++] = db_unsigned(s->left.first);
	values[n++] = db_unsigned(s->left.first);
	values[n++] = db_unsigned(s->left.last);
	values[n++] = db_unsigned(s->left.first);
	values[n++] = db_number(q->q.start_ms);
	values[n++] = db_number(end_of_times(q));
	if (only_partly) {
		values[n++] = db_unsigned(s->whole.first);
		values[n++] = db_unsigned(s->whole.last);
		values[n++] = db_number(q->q.start_ms);
		values[n++] = db_number(end_of_times(q));
	}
	values[n++] = db_number(rows_wanted(q));
	if (only_partly)
		return db_start(db, DB_BLOCK_PARTLY, values, n);
	return db_start(db,
		s->is_backward ? DB_BLOCK_BACKWARD : DB_BLOCK_FORWARD, values,
		n);
}

/* Read some rows of the span. 1: go on. 0: enough. -1: error. */
static int scan_rows(
	struct query *q, struct db *db, bool only_partly, take_fn take)
{
	int rows = 0;
	int asked = rows_wanted(q);
	bool is_going = true;
	int got = start_rows(q, db, only_partly);

	while (got >= 0 && is_going && (got = db_step(db)) > 0) {
		rows++;
		is_going = scan_block(q, db, take);
	}
	db_stop(db);
	if (got < 0)
		return -1;
	if (is_going && rows < asked)
		scan_leave_span(&q->scan);
	return is_going;
}

/* 1: the slice is used up. 0: the scan is complete. -1: error. */
static int scan_all(struct query *q, struct db *db, take_fn take)
{
	int got = 1;

	while (got > 0 && scan_enter(q)) {
		if (q->budget <= 0)
			return 1;
		q->budget--;
		got = scan_rows(q, db, false, take);
	}
	return got < 0 ? -1 : 0;
}

/* Add the blocks that lie inside the span as a whole. */
static int count_whole(struct query *q, struct db *db, long *sum)
{
	struct scan *s = &q->scan;
	int64_t whole = 0;

	if (db_ask(db, DB_BLOCK_COUNT_WHOLE,
		    DB_VALUES(db_channel(&q->q.channel),
			    db_unsigned(s->whole.first),
			    db_unsigned(s->whole.last),
			    db_unsigned(s->whole.last),
			    db_number(q->q.start_ms),
			    db_number(end_of_times(q))),
		    &whole) != 0)
		return -1;
	*sum += (long)whole;
	s->is_counted = true;
	return 0;
}

/* Count the whole blocks of each span, and look into the others. Results as
 * scan_all(). */
static int count_all(struct query *q, struct db *db, long *sum, take_fn take)
{
	int got = 1;

	/* Only the records tell whose they are. */
	if (q->with != NULL)
		return scan_all(q, db, take);
	while (got > 0 && scan_enter(q)) {
		if (q->budget <= 0)
			return 1;
		q->budget--;
		if (!q->scan.is_counted && count_whole(q, db, sum) != 0)
			return -1;
		got = scan_rows(q, db, true, take);
	}
	return got < 0 ? -1 : 0;
}

/* --- Stages ---------------------------------------------------------------
 * Each returns 1 when the slice is used up, 0 when it is complete and has set
 * the next stage, -1 on an error.
 */

static int run_times(struct query *q, struct db *db)
{
	return read_times(q, db);
}

/* The last number of the whole query. */
static uint64_t query_end(const struct query *q)
{
	return q->q.below != 0 ? q->q.below - 1 : NUMBER_MAX;
}

static void scan_page(struct query *q)
{
	uint64_t first = q->q.after > q->q.above ? q->q.after : q->q.above;
	uint64_t last = query_end(q);

	if (q->q.before != 0 && q->q.before <= last)
		last = q->q.before - 1;
	scan_begin(q, first + 1, last, q->q.from_end);
}

static int run_check(struct query *q, struct db *db)
{
	const uint64_t marks[] = { q->q.above, q->q.below, q->q.after,
		q->q.before };

	for (size_t i = 0; i < COUNT(marks); i++) {
		int found = marks[i] ? find_message(q, db, marks[i], NULL) : 1;

		if (found < 0)
			return -1;
		q->is_missing |= found == 0;
	}
	if (q->is_missing) {
		q->stage = READY;
	} else if (q->numbers != NULL) {
		q->stage = PICK;
		q->wanted = q->q.number_count;
	} else {
		q->stage = PAGE;
		scan_page(q);
	}
	return 0;
}

/* All matches were picked: keep the part between `after` and `before` and of
 * that what fits. */
static void cut_page(struct query *q)
{
	size_t start = 0, end = q->count, whole;
	size_t max = q->q.max;

	while (start < end && q->messages[start].number <= q->q.above)
		start++;
	while (end > start && q->messages[end - 1].number > query_end(q))
		end--;
	whole = start;
	if (q->q.count || q->q.count_if_cheap)
		q->total = (long)(end - start);
	while (start < end && q->messages[start].number <= q->q.after)
		start++;
	while (end > start && q->q.before != 0 &&
		q->messages[end - 1].number >= q->q.before)
		end--;
	if (end - start > max) {
		q->has_more = true;
		if (q->q.from_end)
			start = end - max;
		else
			end = start + max;
	}
	q->page_start = start;
	q->count = end - start;
	if (q->total >= 0 && q->count > 0)
		q->index = (long)(start - whole);
}

static int run_pick(struct query *q, struct db *db)
{
	for (; q->picked < q->q.number_count; q->picked++) {
		if (q->budget-- <= 0)
			return 1;
		int found = find_message(
			q, db, q->numbers[q->picked], take_message);
		if (found < 0)
			return -1;
		if (found == 0) {
			q->is_missing = true;
			q->count = 0;
			q->stage = READY;
			return 0;
		}
	}
	cut_page(q);
	q->stage = READY;
	return 0;
}

static void reverse(struct archive_message *messages, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct archive_message other = messages[i];

		messages[i] = messages[count - 1 - i];
		messages[count - 1 - i] = other;
	}
}

/* Whole blocks are counted by their rows; at most two of each time, and those
 * at the ends of the query, have to be read. */
static bool is_cheap(const struct query *q)
{
	return q->with == NULL && q->span_count <= CHEAP_SPANS;
}

static int run_page(struct query *q, struct db *db)
{
	int got = scan_all(q, db, take_message);

	if (got != 0)
		return got;
	if (q->q.from_end)
		reverse(q->messages, q->count);
	if (q->is_bounds && q->count > 0) {
		q->stage = LAST;
		q->wanted = 2;
		scan_begin(q, 1, NUMBER_MAX, true);
	} else if (q->q.count || (q->q.count_if_cheap && is_cheap(q))) {
		q->stage = TOTAL;
		q->total = 0;
		scan_begin(q, q->q.above + 1, query_end(q), false);
	} else {
		q->stage = READY;
	}
	return 0;
}

static int run_last(struct query *q, struct db *db)
{
	int got = scan_all(q, db, take_message);

	if (got != 0)
		return got;
	if (q->count == 2 && q->messages[0].number == q->messages[1].number)
		q->count = 1;
	q->stage = READY;
	return 0;
}

static int run_total(struct query *q, struct db *db)
{
	int got = count_all(q, db, &q->total, count_total);

	if (got != 0)
		return got;
	q->stage = READY;
	if (q->count > 0) {
		q->stage = INDEX;
		q->index = 0;
		scan_begin(q, q->q.above + 1, q->messages[0].number - 1, false);
	}
	return 0;
}

static int run_index(struct query *q, struct db *db)
{
	int got = count_all(q, db, &q->index, count_index);

	if (got == 0)
		q->stage = READY;
	return got;
}

static int (*const stages[])(struct query *q, struct db *db) = {
	[TIMES] = run_times,
	[CHECK] = run_check,
	[PICK] = run_pick,
	[PAGE] = run_page,
	[LAST] = run_last,
	[TOTAL] = run_total,
	[INDEX] = run_index,
};

static int query_run(struct job *j, struct db *db)
{
	struct query *q = CONTAINER(j, struct query, job);
	int got = 0;

	q->budget = SLICE_BLOCKS;
	while (got == 0 && q->stage != READY)
		got = stages[q->stage](q, db);
	return got < 0 ? -1 : 0;
}

/* --- On the loop --------------------------------------------------------- */

static void query_free(struct query *q)
{
	list_remove(&q->link);
	archive_release(q->archive);
	arena_finish(&q->arena);
	xfree(q->messages);
	xfree(q->spans);
	xfree(q->numbers);
	xfree(q->reader);
	xfree(q->with);
	xfree(q);
}

static void call_back(struct query *q)
{
	struct archive_page page = {
		.messages = q->count ? q->messages + q->page_start : NULL,
		.count = q->count,
		.complete = !q->has_more,
		.total = q->total,
		.first_index = q->index,
		.missing = q->is_missing,
	};

	if (q->job.status == 0)
		q->fn(0, &page, q->arg);
	else
		q->fn(-1, NULL, q->arg);
}

static void query_finish(struct job *j);

static const struct job_type query_type = {
	.name = "archive query",
	.run = query_run,
	.finish = query_finish,
	.reads = true,
};

static void query_finish(struct job *j)
{
	struct query *q = CONTAINER(j, struct query, job);

	if (q->fn != NULL && j->status == 0 && q->stage != READY) {
		store_submit(j->store, j, &query_type);
		return;
	}
	if (q->fn != NULL)
		call_back(q);
	query_free(q);
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once. */
static void copy_numbers(struct query *q, const uint64_t *from, size_t count)
{
	size_t kept = 0;

	if (count > LIMIT_ARCHIVE_PAGE)
		count = LIMIT_ARCHIVE_PAGE;
	q->numbers = xcalloc(count + 1, sizeof(*q->numbers));
	if (count > 0)
		memcpy(q->numbers, from, count * sizeof(*from));
	qsort(q->numbers, count, sizeof(*q->numbers), compare_numbers);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || q->numbers[kept - 1] != q->numbers[i])
			q->numbers[kept++] = q->numbers[i];
	}
	q->q.number_count = kept;
}

static struct query *query_new(struct archive *a,
	const struct archive_query *from, archive_page_fn fn, void *arg)
{
	struct query *q = xalloc(sizeof(*q));

	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	q->archive = a;
	archive_hold(a);
	list_append(&a->queries, &q->link);
	q->fn = fn;
	q->arg = arg;
	q->q = *from;
	q->reader = xstrdup(from->reader);
	q->with = xstrdup(from->with);
	if (from->numbers != NULL)
		copy_numbers(q, from->numbers, from->number_count);
	if (q->q.start_ms < 0)
		q->q.start_ms = 0; /* no message is older */
	if (q->q.max > LIMIT_ARCHIVE_PAGE)
		q->q.max = LIMIT_ARCHIVE_PAGE;
	q->wanted = q->q.max;
	q->total = q->index = -1;
	arena_init(&q->arena, LIMIT_ARCHIVE_PAGE_BYTES);
	return q;
}

static void query_submit(struct query *q)
{
	/* It sees everything appended before it. */
	archive_write_channel(q->archive, &q->q.channel);
	store_submit(q->archive->store, &q->job, &query_type);
}

void archive_query(struct archive *a, const struct archive_query *q,
	archive_page_fn fn, void *arg)
{
	query_submit(query_new(a, q, fn, arg));
}

void archive_bounds(struct archive *a, const struct archive_channel_id *channel,
	const char *reader, archive_page_fn fn, void *arg)
{
	const struct archive_query bounds = {
		.channel = *channel, .reader = reader, .max = 1
	};
	struct query *q = query_new(a, &bounds, fn, arg);

	q->is_bounds = true;
	query_submit(q);
}

static void forget(struct query *q)
{
	q->fn = NULL;
	list_remove(&q->link);
}

void archive_forget(struct archive *a, void *arg)
{
	MAGIC_CHECK(a, ARCHIVE_MAGIC);
	list_for_each_safe(it, &a->queries) {
		struct query *q = CONTAINER(it, struct query, link);

		if (q->arg == arg)
			forget(q);
	}
}

void archive_fail_all(struct archive *a)
{
	while (!list_is_empty(&a->queries)) {
		struct query *q =
			CONTAINER(a->queries.next, struct query, link);
		archive_page_fn fn = q->fn;

		forget(q);
		fn(-1, NULL, q->arg);
	}
}
