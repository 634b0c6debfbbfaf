/*
 * Descriptors that travel beside the bytes of a local socket (SCM_RIGHTS, see
 * unix(7)): for conn.c alone.
 */
#ifndef NET_HANDOVER_H
#define NET_HANDOVER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/macros.h"
#include "base/slice.h"

struct handover;

struct handover *handover_new(void);
/* Closes what was not sent or not taken. Takes NULL inside, sets NULL. */
void handover_free(struct handover **slot);

/* `fd` goes beside the byte that will be queued next, before which `queued`
 * bytes still wait; it is closed when it is under way. */
void handover_add(struct handover *h, int fd, size_t queued);

/* The next descriptor that came, in the order in which they were sent; -1:
 * none. It is the caller's. */
int handover_take(struct handover *h);

/* As send(2), of a part of `data` and what belongs beside it. */
ssize_t handover_send(struct handover *h, int fd, struct slice data);
/* As recv(2), of bytes and descriptors. */
ssize_t handover_recv(struct handover *h, int fd, char *space, size_t size);

#endif
