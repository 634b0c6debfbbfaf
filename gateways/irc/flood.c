/*
 * One list: urgent lines in front, in their order, then the ordinary ones.
 * Every line is one allocation and is gone when it leaves.
 */
#include "irc/flood.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

/* Urgent lines that may wait; the owner empties them at once. */
#define URGENT_LINES 64

struct irc_flood_line {
	struct irc_flood_line *next;
	uint64_t cookie;
	bool urgent;
	size_t len;
	char data[];
};

void irc_flood_init(struct irc_flood *f, double burst, double rate)
{
	*f = (struct irc_flood){ .lines = 0 };
	bucket_init(&f->bucket, burst, rate);
}

void irc_flood_finish(struct irc_flood *f)
{
	uint64_t cookie;

	while (irc_flood_drop(f, &cookie))
		continue;
}

bool irc_flood_pass(struct irc_flood *f)
{
	return f->head == NULL && bucket_take(&f->bucket, 1);
}

static struct irc_flood_line *line_new(struct slice text, uint64_t cookie)
{
	struct irc_flood_line *line = xalloc(sizeof(*line) + text.len);

	line->cookie = cookie;
	line->len = text.len;
	if (text.len > 0)
		memcpy(line->data, text.data, text.len);
	return line;
}

/* Put `line` behind `after`; NULL: in front. */
static void insert(struct irc_flood *f, struct irc_flood_line *after,
	struct irc_flood_line *line)
{
	struct irc_flood_line **slot = after ? &after->next : &f->head;

	line->next = *slot;
	*slot = line;
	if (line->next == NULL)
		f->tail = line;
	f->lines++;
	f->bytes += line->len;
}

int irc_flood_push(struct irc_flood *f, struct slice line, uint64_t cookie)
{
	if (f->lines >= LIMIT_IRC_QUEUE_LINES ||
		f->bytes + line.len > IRC_FLOOD_BYTES)
		return -1;
	insert(f, f->tail, line_new(line, cookie));
	return 0;
}

int irc_flood_push_urgent(
	struct irc_flood *f, struct slice line, uint64_t cookie)
{
	if (f->lines >= LIMIT_IRC_QUEUE_LINES + URGENT_LINES ||
		f->bytes + line.len > 2ul * IRC_FLOOD_BYTES)
		return -1;
	struct irc_flood_line *urgent = line_new(line, cookie);
	urgent->urgent = true;
	insert(f, f->urgent, urgent);
	f->urgent = urgent;
	return 0;
}

static void remove_head(struct irc_flood *f)
{
	struct irc_flood_line *line = f->head;

	assert(f->lines > 0 && f->bytes >= line->len);
	f->head = line->next;
	if (f->tail == line)
		f->tail = NULL;
	if (f->urgent == line)
		f->urgent = NULL;
	f->lines--;
	f->bytes -= line->len;
	xfree(line);
}

bool irc_flood_pop(struct irc_flood *f, struct str *out, uint64_t *cookie_r)
{
	struct irc_flood_line *line = f->head;

	/* No room is found out before a token is spent. */
	if (line == NULL || line->len + 1 > out->max - out->len)
		return false;
	if (!line->urgent && !bucket_take(&f->bucket, 1))
		return false;
	str_add_bytes(out, line->data, line->len);
	*cookie_r = line->cookie;
	remove_head(f);
	return true;
}

bool irc_flood_drop(struct irc_flood *f, uint64_t *cookie_r)
{
	if (f->head == NULL)
		return false;
	*cookie_r = f->head->cookie;
	remove_head(f);
	return true;
}

int64_t irc_flood_wait_ms(struct irc_flood *f)
{
	if (f->head == NULL)
		return -1;
	return f->head->urgent ? 0 : bucket_wait_ms(&f->bucket, 1);
}
