/*
 * The outbound policy: to which addresses and ports a connection may go when
 * a user named the host. Only public unicast addresses and the protocol's
 * usual ports are open; ranges in `allow` are open on every port.
 */
#ifndef NET_POLICY_H
#define NET_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/macros.h"

struct policy;

/* An empty policy: public addresses only, without this machine's own. */
struct policy *policy_new(void);
/* Takes NULL inside, sets NULL. */
void policy_free(struct policy **slot);

/* Back to an empty policy, for a new configuration. */
void policy_clear(struct policy *p);

/* Open a range in CIDR form ("127.0.0.0/8", "::1") on every port; one of IPv4
 * opens the same addresses mapped into IPv6, too. -1 when it is not one. */
int policy_allow(struct policy *p, const char *cidr) MUST_CHECK;

/* Close one public address; a range opened by policy_allow() stays open. */
void policy_deny(struct policy *p, const struct sockaddr *address);

/* Open a further port on public addresses. */
void policy_allow_port(struct policy *p, uint16_t port);

/* May a connection go to this address and port? `ports` are the usual ones of
 * the protocol, 0 at the end; NULL: none. */
bool policy_permits(const struct policy *p, const struct sockaddr *address,
	const uint16_t *ports);

/* Was the address opened by policy_allow()? */
bool policy_is_opened(const struct policy *p, const struct sockaddr *address);

/* Is the address one that the public Internet routes to? Everything private,
 * local, mapped, translated or reserved is not (IANA special registries). */
bool policy_is_public(const struct sockaddr *address);

#endif
