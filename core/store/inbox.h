/*
 * Messages of networks on their way to a user that must not get lost: stored
 * before they are sent to the XMPP server, and sent again until that has them.
 *
 *	waiting -> settled: the server has it, but may still lose it
 *	        -> over: only that it was there is known, so that it is not
 *	           taken for a new one
 *
 * One that came back as an error is kept until it is tried again.
 */
#ifndef STORE_INBOX_H
#define STORE_INBOX_H

#include "base/crypto.h"
#include "base/slice.h"
#include "store/store.h"

/* As in the database. */
enum inbox_state {
	INBOX_WAITING,
	INBOX_SETTLED,
	INBOX_OVER,
	INBOX_RETURNED,         /* it waited */
	INBOX_SETTLED_RETURNED, /* it was settled */
	INBOX_NONE = -1,
};

/* What says which message of an account it is. */
struct inbox_key {
	unsigned char bytes[SHA256_SIZE];
};

/* Which message. */
struct inbox_name {
	struct store_owner owner;
	struct inbox_key key;
};

struct store_incoming {
	struct store_owner owner;
	struct inbox_key key;
	uint32_t number; /* the order; grows */
	enum inbox_state state;
	int64_t run; /* of the process that stored it */
	struct slice data;
	/* The id of the user's own message that this one is about (struct
	 * store_incoming_new.ref); NULL: it is about none. */
	const char *own_id;
};

/* Store one; with `data` empty only that it was there. `before` tells the state
 * of one with this key that was there already, which is not changed; INBOX_NONE
 * without such a one. */
struct store_incoming_new {
	struct store_owner owner;
	struct inbox_key key;
	int64_t run, wall_ms, expires_ms;
	struct slice data;
	const char *ref;   /* what the network calls a message that it is about,
			      or NULL */
	uint64_t archived; /* its number there; 0: none */
};
typedef void (*store_inbox_fn)(int status, enum inbox_state before, void *arg);
void store_inbox_put(struct store *s, const struct store_incoming_new *m,
	store_inbox_fn fn, void *arg);

/* Only ask; and for the number in the archive (0: unknown) of the message that
 * the network calls `ref` and that has the key `ref_key`, or is the user's. */
typedef void (*store_inbox_find_fn)(
	int status, enum inbox_state before, uint64_t ref, void *arg);
void store_inbox_find(struct store *s, const struct inbox_name *name,
	const char *ref, const struct inbox_key *ref_key,
	store_inbox_find_fn fn, void *arg);

/* What waits or was settled after `settled_ms`, behind number `after`, of all
 * users of a gateway, in the order of the numbers; as many as fit into a page.
 * The second form: what came back of one user. */
struct store_inbox_events {
	/* Lives for the call. */
	void (*each)(const struct store_incoming *m, void *arg);
	/* `is_last`: there are no more. -1: the store failed. */
	void (*done)(int status, bool is_last, void *arg);
};
void store_inbox_page(struct store *s, const char *gateway, uint32_t after,
	int64_t settled_ms, const struct store_inbox_events *events, void *arg);
void store_inbox_returned(struct store *s, const char *gateway,
	const char *user, uint32_t after,
	const struct store_inbox_events *events, void *arg);

/* The user's server has these, now: those that wait or were settled before. `fn`
 * may be NULL. */
void store_inbox_settle(struct store *s, const struct inbox_name *names,
	size_t count, int64_t wall_ms, store_done_fn fn, void *arg);
/* It came back. */
void store_inbox_return(struct store *s, const struct inbox_name *name);
/* It is tried again. */
void store_inbox_retry(
	struct store *s, const struct inbox_name *name, int64_t wall_ms);

/* What was settled before that moment is over; in small steps. */
void store_inbox_end(struct store *s, int64_t settled_ms);
/* ... and all of a gateway that was settled, as it stops in order. */
void store_inbox_end_all(struct store *s, const char *gateway);

#endif
