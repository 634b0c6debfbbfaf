/*
 * What the daemon asked for: a frame, bytes that come or go with it, an
 * answer. All waiting is done in fibers.
 */
#ifndef EMAIL_WORKER_REQUEST_H
#define EMAIL_WORKER_REQUEST_H

#include "base/fifo.h"
#include "email_worker/worker.h"

struct request {
	struct list link; /* in its link's queue */
	struct worker *worker;
	struct fiber *fiber; /* which works on it; NULL: none yet */
	struct frame frame;  /* its texts are the request's own */
	char *texts;
	uint32_t id;
	struct str piece;  /* of it, that is worked on */
	struct fifo *in;   /* DATA that came */
	uint64_t allowed;  /* ... and that may come, beside that */
	uint64_t out_room; /* DATA that may go */
	bool is_in_over;   /* all of it came */
	bool is_given_up;  /* nobody will send or read more */
};

/* A copy of the frame. */
struct request *request_new(struct worker *w, const struct frame *f);
/* Without an answer. Takes NULL inside, sets NULL. */
void request_free(struct request **slot);

/* DATA or MORE for it. -1: that is more than was agreed. */
int request_hear(struct request *r, const struct frame *f) MUST_CHECK;
/* Whatever waits for it: it is over. */
void request_give_up(struct request *r);

/* In its fiber: the next bytes of its DATA, at most FRAME_DATA_MAX; empty when
 * there are no more. They stay until request_used(). -1: it was given up. */
int request_read(struct request *r, struct slice *bytes_r) MUST_CHECK;
/* So many of them, from the first on, were used. */
void request_used(struct request *r, size_t len);

/* In its fiber: answer with bytes, of which `left` follow. -1: given up. */
int request_write(
	struct request *r, struct slice bytes, uint64_t left) MUST_CHECK;

/* The answer; frees the request and sets NULL. `words`, `result`: or NULL. */
void request_done(struct request **slot, enum link_error error, uint64_t number,
	const char *words, struct slice result);

#endif
