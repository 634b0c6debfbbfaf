#include "email_worker/request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "email_worker/fiber.h"

/* --- Life ---------------------------------------------------------------- */

static void copy_texts(struct request *r, const struct frame *f)
{
	size_t size = 0;
	char *at;

	for (int i = 0; i < FRAME_TEXTS; i++)
		size += f->texts[i].len + 1;
	at = r->texts = xalloc(size);
	for (int i = 0; i < FRAME_TEXTS; i++) {
		size_t len = f->texts[i].len;

		if (len > 0)
			memcpy(at, f->texts[i].data, len);
		r->frame.texts[i] = slice_make(at, len);
		at += len + 1;
	}
}

struct request *request_new(struct worker *w, const struct frame *f)
{
	struct request *r = xalloc(sizeof(*r));

	r->worker = w;
	r->frame = *f;
	r->id = f->request;
	r->allowed = FRAME_CREDIT;
	r->out_room = FRAME_CREDIT;
	list_init(&r->link);
	copy_texts(r, f);
	str_init(&r->piece, FRAME_DATA_MAX + 1);
	if (r->id != 0)
		(void)map_put(&w->requests,
			slice_make((const char *)&r->id, sizeof(r->id)), r);
	return r;
}

void request_free(struct request **slot)
{
	struct request *r = *slot;

	if (r == NULL)
		return;
	*slot = NULL;
	list_remove(&r->link);
	if (r->id != 0)
		(void)map_remove(&r->worker->requests,
			slice_make((const char *)&r->id, sizeof(r->id)));
	fifo_clear(&r->in);
	str_finish(&r->piece);
	xfree(r->texts);
	xfree(r);
}

/* --- What the daemon says to it ------------------------------------------ */

static int hear_data(struct request *r, const struct frame *f)
{
	if (r->is_in_over || f->texts[0].len > r->allowed)
		return -1;
	r->allowed -= f->texts[0].len;
	fifo_add(&r->in, f->texts[0]);
	r->is_in_over = f->numbers[0] == 0;
	if (f->numbers[0] == FRAME_GIVEN_UP)
		r->is_given_up = true;
	return 0;
}

int request_hear(struct request *r, const struct frame *f)
{
	int result = 0;

	if (f->type == FRAME_DATA)
		result = hear_data(r, f);
	else
		r->out_room += f->numbers[0];
	fiber_wake(r->fiber);
	return result;
}

void request_give_up(struct request *r)
{
	r->is_given_up = true;
	fiber_wake(r->fiber);
}

/* --- Reading and writing ------------------------------------------------- */

/* What comes meanwhile may move the queue in memory. */
static void cut_piece(struct request *r)
{
	struct slice bytes = fifo_slice(r->in);

	if (bytes.len > FRAME_DATA_MAX)
		bytes.len = FRAME_DATA_MAX;
	str_add_slice(&r->piece, bytes);
	fifo_take(&r->in, bytes.len);
}

int request_read(struct request *r, struct slice *bytes_r)
{
	r->fiber = fiber_self();
	while (r->piece.len == 0 && fifo_len(r->in) == 0 && !r->is_in_over &&
		!r->is_given_up)
		(void)fiber_wait(-1);
	if (r->is_given_up)
		return -1;
	if (r->piece.len == 0)
		cut_piece(r);
	*bytes_r = str_slice(&r->piece);
	return 0;
}

void request_used(struct request *r, size_t len)
{
	struct frame more = { .type = FRAME_MORE,
		.link = r->frame.link,
		.request = r->id,
		.numbers = { len },
		.fd = -1 };

	str_consume(&r->piece, len);
	if (r->is_in_over)
		return;
	r->allowed += len;
	worker_send(r->worker, &more);
}

/* One DATA. */
static void send_piece(struct request *r, struct slice bytes, uint64_t left)
{
	struct frame data = { .type = FRAME_DATA,
		.link = r->frame.link,
		.request = r->id,
		.numbers = { left },
		.texts = { bytes },
		.fd = -1 };

	r->out_room -= bytes.len;
	worker_send(r->worker, &data);
}

int request_write(struct request *r, struct slice bytes, uint64_t left)
{
	r->fiber = fiber_self();
	do {
		struct slice piece = bytes;

		if (piece.len > FRAME_DATA_MAX)
			piece.len = FRAME_DATA_MAX;
		while (piece.len > r->out_room && !r->is_given_up)
			(void)fiber_wait(-1);
		if (r->is_given_up)
			return -1;
		bytes.data += piece.len;
		bytes.len -= piece.len;
		send_piece(r, piece,
			left == FRAME_LEFT_UNKNOWN ? left : left + bytes.len);
	} while (bytes.len > 0);
	return 0;
}

void request_done(struct request **slot, enum link_error error, uint64_t number,
	const char *words, struct slice result)
{
	struct request *r = *slot;
	struct frame done = { .type = FRAME_DONE,
		.link = r->frame.link,
		.request = r->id,
		.numbers = { error, number },
		.texts = { slice_of(words), result },
		.fd = -1 };

	if (r->id != 0)
		worker_send(r->worker, &done);
	request_free(slot);
}
