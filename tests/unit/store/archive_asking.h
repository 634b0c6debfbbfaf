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

/* --- What readers have ---------------------------------------------------- */

#define ARCHIVE_GW "irc.example.org"

static UNUSED void note(
	int channel, const char *reader, const char *account, bool is_chat)
{
	char name[16];
	const struct archive_source s = { .channel = channel_of(channel),
		.gateway = ARCHIVE_GW,
		.reader = reader,
		.account = account,
		.name = name,
		.is_chat = is_chat };

	text_format(name, sizeof(name), "%d", channel);
	archive_note(archive, &s);
}

static UNUSED void enter_noted(int channel, const char *reader)
{
	note(channel, reader, "net", false);
	enter(channel, reader);
}

static UNUSED void on_sources(int status, const struct archive_source *sources,
	size_t count, void *arg)
{
	struct str *text = arg;

	assert_int_equal(status, 0);
	for (size_t i = 0; i < count; i++)
		str_addf(text, "%s%s/%s ", sources[i].is_chat ? "*" : "",
			sources[i].account, sources[i].name);
	str_add(text, ".");
}

static UNUSED void expect_sources(const char *reader, const char *expected)
{
	struct str text;

	str_init(&text, 1 << 20);
	archive_sources(archive, ARCHIVE_GW, reader, on_sources, &text);
	barrier();
	assert_string_equal(str_text(&text), expected);
	str_finish(&text);
}

static UNUSED void erase(const char *reader, const char *account)
{
	struct outcome o = { 0 };

	archive_erase(archive, ARCHIVE_GW, reader, account, on_done, &o);
	wait_for(&o);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.status, 0);
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
