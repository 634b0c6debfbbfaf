/*
 * Host names to addresses without blocking. Literal addresses answer at
 * once (still through the callback).
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "net/loop.h"

#define RESOLVE_MAX 16

struct resolver;
struct resolve;

struct resolve_result {
	/* Empty with a reason on failure. Both families, in the order in
	 * which to try them (RFC 8305 section 4: interleaved, IPv6 first). */
	struct sockaddr_storage addresses[RESOLVE_MAX];
	size_t count;
	const char *reason; /* for a person; NULL on success */
};

typedef void (*resolve_fn)(const struct resolve_result *result, void *arg);

/* One per process. `nameserver` NULL: the system's configuration. */
struct resolver *resolver_new(struct loop *l, const char *nameserver);
void resolver_free(struct resolver **r);

/* Look `host` up; `fn` is called once, never before this returns. */
struct resolve *resolve_start(struct resolver *r, const char *host,
	uint16_t port, resolve_fn fn, void *arg) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void resolve_cancel(struct resolve **q);

#endif
