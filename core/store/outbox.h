/*
 * Messages of users on their way to a network that takes long: stored before
 * anything is done about them, until what may become of them is known or can
 * hardly come any more. What a message is made of is the host's.
 *
 *	waiting (its outcome is not known) -> later stages -> removed, expired
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "base/slice.h"
#include "store/store.h"

/* The stage of a message that waits; others are the host's, and greater. */
#define OUTBOX_WAITING 0

struct store_outgoing {
	uint32_t number; /* 1 to INT32_MAX, never used twice by a gateway */
	int64_t run;     /* of the process that stored it */
	int stage;
	struct slice data;
	/* What the network calls the user's own message that this one is about
	 * (struct store_outgoing_new.ref); NULL: it is about none. */
	const char *own_ref;
};

/* Store one. With the same bytes `same` (length 0: none) as one that was stored
 * after `since_ms` for this user it is not stored: `is_new` is false, and the
 * older one gets `data` if it still waits. `number` is that of the one that is
 * there. */
struct store_outgoing_new {
	struct store_owner owner;
	int64_t run;
	int64_t wall_ms, since_ms;
	struct slice same, data;
	const char *id;  /* of its stanza, or NULL */
	const char *ref; /* ... of a message that it is about, or NULL */
};
typedef void (*store_outbox_put_fn)(
	int status, uint32_t number, bool is_new, void *arg);
void store_outbox_put(struct store *s, const struct store_outgoing_new *m,
	store_outbox_put_fn fn, void *arg);

/* The next that wait behind number `after`, in their order; as many as fit into
 * a page. */
struct store_outbox_events {
	/* Lives for the call. */
	void (*each)(const struct store_outgoing *m, void *arg);
	/* `is_last`: there are no more. -1: the store failed. */
	void (*done)(int status, bool is_last, void *arg);
};
void store_outbox_page(struct store *s, const struct store_owner *owner,
	uint32_t after, const struct store_outbox_events *events, void *arg);

/* One by its number; NULL with status 0: there is none. Waits for a database
 * that does not work, however long. */
typedef void (*store_outbox_fn)(
	int status, const struct store_outgoing *m, void *arg);
void store_outbox_find(struct store *s, const struct store_owner *owner,
	uint32_t number, store_outbox_fn fn, void *arg);

/* It is at another stage, with other data, and kept until then (wall clock).
 * Waits likewise. */
void store_outbox_change(struct store *s, const struct store_owner *owner,
	const struct store_outgoing *m, int64_t expires_ms);
/* The network took it under this name (NULL: none), and it is in the archive
 * (0: not). */
void store_outbox_sent(struct store *s, const struct store_owner *owner,
	uint32_t number, const char *sent_as, uint64_t archived);
void store_outbox_remove(
	struct store *s, const struct store_owner *owner, uint32_t number);

#endif
