/*
 * The workers (program causeway-mail) in which everything runs that reads
 * mails or talks to mail servers. The pool starts them when there is work,
 * divides links among them, and buries them: a worker that dies, or sends what
 * is no frame, costs its links and requests their answer and nobody else
 * anything.
 *
 * No callback runs before the call that asked for it has returned; every
 * other call is fine in a callback. Frames and what they hold are borrowed for
 * the call. What the frames mean: email_wire/frames.h.
 */
#ifndef EMAIL_POOL_H
#define EMAIL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "email_wire/frames.h"

struct loop;
struct mail_pool;
struct mail_link;
struct mail_request;

struct mail_pool_config {
	const char *program; /* NULL: beside this program, else the private
				library directory */
	unsigned workers;    /* at most; 0: 2 */
	const char *ca_file; /* NULL: the system's authorities */
	bool verify;         /* false: an operator who means it */
};

/* Copies `config`. Starts nothing yet. NULL with a reason when there is no
 * such program. */
struct mail_pool *mail_pool_new(struct loop *l,
	const struct mail_pool_config *config,
	const char **reason_r) MUST_CHECK;
/* What workers trust from now on: when that is something else, those that run
 * are replaced, and their links are lost. */
void mail_pool_trust(struct mail_pool *p, const char *ca_file, bool verify);
/* Ends the workers. All links and requests must be gone. Takes NULL inside,
 * sets NULL. */
void mail_pool_free(struct mail_pool **slot);

/* For metrics and `status`. */
struct mail_pool_state {
	unsigned workers; /* running */
	unsigned links;
	unsigned requests;
	uint64_t crashes; /* since the start */
	uint64_t memory;  /* bytes: resident, of all workers */
};
void mail_pool_look(const struct mail_pool *p, struct mail_pool_state *state_r);

/* Hears frames. */
typedef void (*mail_fn)(const struct frame *f, void *arg);

/* --- Links ---------------------------------------------------------------- */

/* Hand the connected socket `fd` (conn_take_fd()) and an OPEN frame to the
 * worker with the fewest links; `fd` is the pool's from now on. `fn` hears
 * STATE, MAILBOX, MAIL and FLAGGED. When the link is over, for whatever
 * reason, that is after DONE of all its requests a STATE with LINK_FAILED; the
 * link still has to be closed.
 *
 * When its worker died, the error is LINK_CRASHED; then numbers[2] of that
 * STATE is 1 if it died while it worked for this very link, else 0, and
 * numbers[3] is the UID of the new mail that it was reading for it, or 0. A
 * mail that a request asked for is no fault of the link. */
struct mail_link *mail_link_open(struct mail_pool *p, int fd,
	const struct frame *open, mail_fn fn, void *arg) MUST_CHECK;

/* Send a frame that has no DONE: WATCH, TAKEN. A link that failed meanwhile
 * swallows it. */
void mail_link_send(struct mail_link *link, const struct frame *f);

/* Log out in order and forget the link, and its requests: nobody hears of
 * them any more. Takes NULL inside, sets NULL. */
void mail_link_close(struct mail_link **slot);

/* --- Requests ------------------------------------------------------------- */

/* FETCH, STORE, MOVE, APPEND, SEARCH, SUBMIT: they are worked off in their
 * order. `fn` hears
 *   DATA     of FETCH: bytes. More come when mail_request_used() was told.
 *   MORE     of APPEND and SUBMIT without a `body`: numbers[0] is how many
 *            bytes mail_request_give() takes now.
 *   REFUSED  of SUBMIT.
 *   DONE     once, the last; the request is gone. LINK_LOST or LINK_CRASHED
 *            when the link failed before (LINK_UNKNOWN for a SUBMIT whose last
 *            byte may have arrived); numbers[2] is 1 if a worker died at
 *            this very request.
 * `body`: all bytes of an APPEND or SUBMIT, borrowed until DONE or until the
 * link is closed; data NULL: they are given piece by piece. */
struct mail_request *mail_link_ask(struct mail_link *link,
	const struct frame *f, struct slice body, mail_fn fn,
	void *arg) MUST_CHECK;

/* COMPOSE and READ, which need no link. As above; COMPOSE asks for the bytes
 * of its files by MORE, if it has any, and answers by DATA. */
struct mail_request *mail_pool_ask(struct mail_pool *p, const struct frame *f,
	mail_fn fn, void *arg) MUST_CHECK;

/* More bytes, at most as many as MORE said (and less what was given since);
 * `left` is how many follow after these: 0 ends it. */
void mail_request_give(
	struct mail_request *r, struct slice bytes, uint64_t left);

/* So many bytes of DATA were used: as many more may come. */
void mail_request_used(struct mail_request *r, size_t bytes);

/* `fn` hears nothing more. A request that wants bytes which now never come
 * takes its link with it: STATE follows. Takes NULL inside, sets NULL. */
void mail_request_cancel(struct mail_request **slot);

#endif
