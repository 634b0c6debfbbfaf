/*
 * Host names to addresses without blocking. Literal addresses answer at
 * once (still through the callback).
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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
	bool is_temporary;  /* a failure of the name servers, not of the name */
};

typedef void (*resolve_fn)(const struct resolve_result *result, void *arg);

/* One per process. `nameserver` NULL: the system's configuration, hosts file
 * included; "ADDRESS:PORT" otherwise. */
struct resolver *resolver_new(struct loop *l, const char *nameserver);
/* Look-ups under way fail, in a later turn of the loop. */
void resolver_free(struct resolver **slot);

/* Is it a host name (RFC 1123) or a literal address, "[v6]" included? Numbers
 * that only some software reads as an address ("127.1", "0x7f.1") are not. */
bool resolve_is_host(const char *host);

/* Look `host` up; `fn` is called once, never before this returns. The look-up
 * is gone after that. A final dot keeps search domains out. */
struct resolve *resolve_start(struct resolver *r, const char *host,
	uint16_t port, resolve_fn fn, void *arg) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void resolve_cancel(struct resolve **slot);

#endif
