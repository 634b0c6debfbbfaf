/*
 * What gateways keep for their accounts: named pieces of data, sealed like
 * secrets, as there may be some among them. They go with the account.
 */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include "store/store.h"

struct store_kept {
	const char *name;   /* up to LIMIT_KEPT_NAME bytes of printable ASCII */
	const void *data;   /* NULL: keep it no longer */
	size_t len;         /* up to LIMIT_KEPT */
	int64_t expires_ms; /* wall clock; 0: never */
};

/* Is this the name of something that can be kept, or the begin of one? */
bool store_kept_is_name(const char *name);

/* Keep or change these, all or none: with one that breaks a limit, none. What
 * is passed is copied; `fn` may be NULL. */
void store_kept_put(struct store *s, const struct store_owner *owner,
	const struct store_kept *items, size_t count, store_done_fn fn,
	void *arg);

/* Keep nothing any longer of what has a name that begins so. */
void store_kept_forget(struct store *s, const struct store_owner *owner,
	const char *prefix, store_done_fn fn, void *arg);

/* What has a name that begins with `prefix`, in the order of the names, in
 * pages. What does not open is left out and logged. */
struct store_kept_events {
	/* Both live for the call. False: enough; nothing more is called. */
	bool (*each)(const char *name, const void *data, size_t len, void *arg);
	/* Last; -1: the store failed. */
	void (*done)(int status, void *arg);
};
void store_kept_read(struct store *s, const struct store_owner *owner,
	const char *prefix, const struct store_kept_events *events, void *arg);

#endif
