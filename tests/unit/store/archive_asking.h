/*
 * Appending to the archive and asking it, with the answer as text.
 */
#ifndef TEST_STORE_ARCHIVE_ASKING_H
#define TEST_STORE_ARCHIVE_ASKING_H

#include "store/fixture.h"

static UNUSED struct archive_channel_id channel_of(int n)
{
	struct archive_channel_id c = { { 0 } };

	/* Ids that differ at their end, their beginning, and all zero. */
	c.bytes[n % 2 == 0 ? 0 : 15] = (unsigned char)((n + 1) / 2);
	return c;
}

/* --- Appending ----------------------------------------------------------- */

static UNUSED uint64_t append_at(
	int channel, const char *from, const char *text, int64_t wall_ms)
{
	struct archive_channel_id c = channel_of(channel);
	struct archive_message m = { .number = archive_next_number(archive),
		.wall_ms = wall_ms,
		.from = from,
		.text = text };

	archive_append(archive, &c, &m);
	return m.number;
}

static UNUSED uint64_t append(int channel, const char *from, const char *text)
{
	return append_at(channel, from, text, clock_wall_ms());
}

static UNUSED void enter(int channel, const char *reader)
{
	struct archive_channel_id c = channel_of(channel);

	archive_enter(archive, &c, reader);
}

static UNUSED void leave(int channel, const char *reader)
{
	struct archive_channel_id c = channel_of(channel);

	archive_leave(archive, &c, reader);
}

/* --- Asking: the answer as text ------------------------------------------ */

struct answer {
	struct outcome outcome;
	struct str text; /* "from:text from:text " */
	size_t count;
	bool complete, missing;
	long total, first_index;
	uint64_t first, last;
};

static UNUSED void on_page(
	int status, const struct archive_page *page, void *arg)
{
	struct answer *r = arg;

	on_done(status, &r->outcome);
	if (status != 0)
		return;
	r->count = page->count;
	r->complete = page->complete;
	r->missing = page->missing;
	r->total = page->total;
	r->first_index = page->first_index;
	for (size_t i = 0; i < page->count; i++) {
		const struct archive_message *m = &page->messages[i];

		str_addf(&r->text, "%s:%s ", m->from, m->text);
		if (i == 0)
			r->first = m->number;
		assert_true(i == 0 || m->number > r->last);
		r->last = m->number;
	}
}

static UNUSED void answer_init(struct answer *r)
{
	memset(r, 0, sizeof(*r));
	str_init(&r->text, 64 << 20);
}

static UNUSED struct archive_query query_of(int channel, const char *reader)
{
	return (struct archive_query){
		.channel = channel_of(channel), .reader = reader, .max = 1000
	};
}

static UNUSED void ask(struct answer *r, const struct archive_query *q)
{
	answer_init(r);
	archive_query(archive, q, on_page, r);
	assert_false(r->outcome.is_done);
	wait_for(&r->outcome);
	assert_int_equal(r->outcome.calls, 1);
	assert_int_equal(r->outcome.status, 0);
}

static UNUSED void expect_page(
	const struct archive_query *q, const char *text, bool complete)
{
	struct answer r;

	ask(&r, q);
	assert_string_equal(str_text(&r.text), text);
	assert_int_equal(r.complete, complete);
	assert_false(r.missing);
	str_finish(&r.text);
}

static UNUSED void expect_all(int channel, const char *reader, const char *text)
{
	const struct archive_query q = query_of(channel, reader);

	expect_page(&q, text, true);
}

#endif
