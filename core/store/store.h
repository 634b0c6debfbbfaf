/*
 * The store: what must survive a restart. Every call returns at once; the
 * work is done on the store's own thread, many operations to one transaction
 * (group commit), in the order of the calls, and reported on the loop.
 *
 * Back-ends: "sqlite:PATH" and "postgresql:CONNINFO". Secrets are sealed with
 * AES-256-GCM under a key that is kept outside the database.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "net/loop.h"

struct store;

/* Whose something is. */
struct store_owner {
	const char *gateway; /* its JID */
	const char *user;    /* bare JID */
	const char *account;
};

/* 0: done and committed. -1: nothing was done; the reason is in the log. */
typedef void (*store_done_fn)(int status, void *arg);

/* Open (and create or migrate) the database and read the key file (made with
 * mode 0600 when it does not exist). Blocks; for start-up only. NULL with a
 * reason on failure. */
struct store *store_open(struct loop *l, const char *location,
	const char *key_file, const char **reason_r) MUST_CHECK;

/* Finish what was queued, then close. Blocks; for the end only. Callbacks
 * still due are called. */
void store_close(struct store **slot);

/* Operations queued or under way; above LIMIT_STORE_QUEUE new user work
 * should be refused with resource-constraint. */
size_t store_backlog(const struct store *s);

/* False after a write failed for lack of space or by an I/O error: nothing
 * is acknowledged any more until a write succeeded again. */
bool store_is_healthy(const struct store *s);

/* Called once after everything queued so far was committed, also what the
 * archive gathers; with -1 when some of it failed. */
void store_barrier(struct store *s, store_done_fn fn, void *arg);

/* Delete, in small steps, what was to be kept until now or earlier (kept.h,
 * outbox.h, inbox.h). */
void store_expire(struct store *s, int64_t wall_ms);

#endif
