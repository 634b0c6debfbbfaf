/*
 * The worker as its parts see it: the way to the daemon, and the requests
 * that came from there.
 */
#ifndef EMAIL_WORKER_WORKER_H
#define EMAIL_WORKER_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"
#include "email_wire/frames.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/tls.h"

struct fiber;

struct worker {
	struct loop *loop;
	struct tls_client *tls;
	struct conn *channel; /* to the daemon */
	struct map links;     /* struct link by its number */
	struct map requests;  /* struct request by its number */
	struct list waiting;  /* for room in the channel */
	size_t bulk_left;     /* of WORKER_BULK */
	struct list bulk_waiting;
};

/* Bytes of whole mails in memory, of all links together. */
#define WORKER_BULK ((size_t)160 * 1024 * 1024)

/* Serve the daemon at the other end of this socket; the loop stops when it is
 * gone. */
void worker_start(struct worker *w, struct loop *l, struct tls_client *tls,
	int channel_fd);

/* Say something to the daemon. In a fiber it waits while much is under way. */
void worker_send(struct worker *w, const struct frame *f);

/* In a fiber: wait until so many bytes of whole mails may be held in memory,
 * and give them back; up to WORKER_BULK / 4 at a time. */
void worker_take_bulk(struct worker *w, size_t bytes);
void worker_give_bulk(struct worker *w, size_t bytes);

#endif
