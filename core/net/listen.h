/*
 * Sockets that wait for connections.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdint.h>

#include "base/macros.h"

/* A listening, non-blocking socket at a literal address of this machine; -1
 * with a reason for a person. The caller's, to be closed. */
int listen_at(
	const char *address, uint16_t port, const char **reason_r) MUST_CHECK;

#endif
