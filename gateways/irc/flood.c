/*
 * One list. Every line is one allocation and is gone when it leaves.
 */
#include "irc/flood.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

struct irc_flood_line {
	struct irc_flood_line *next;
	uint64_t cookie;
	size_t len;
	char data[];
};

void irc_flood_init(struct irc_flood *f, double burst, double rate)
{
	*f = (struct irc_flood){ .lines = 0 };
	bucket_init(&f->bucket, burst, rate);
}

static void remove_head(struct irc_flood *f)
{
	struct irc_flood_line *line = f->head;

	assert(f->lines > 0 && f->bytes >= line->len);
	f->head = line->next;
	if (f->tail == line)
		f->tail = NULL;
	f->lines--;
	f->bytes -= line->len;
	xfree(line);
}

void irc_flood_finish(struct irc_flood *f)
{
	while (f->head != NULL)
		remove_head(f);
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

bool irc_flood_pop(struct irc_flood *f, struct str *out, uint64_t *cookie_r)
{
	struct irc_flood_line *line = f->head;

	/* No room is found out before a token is spent. */
	if (line == NULL || line->len + 1 > out->max - out->len)
		return false;
	if (!bucket_take(&f->bucket, 1))
		return false;
	str_add_bytes(out, line->data, line->len);
	*cookie_r = line->cookie;
	remove_head(f);
	return true;
}

int64_t irc_flood_wait_ms(struct irc_flood *f)
{
	if (f->head == NULL)
		return -1;
	return bucket_wait_ms(&f->bucket, 1);
}
