/*
 * A program of ours as another process: started with one end of a pair of
 * sockets as its descriptor 3, watched, killed, buried. It gets no other
 * descriptor but those named, no input, the log as output, and an environment
 * of nothing but its language. Secrets go through the socket, never into the
 * arguments, which everybody can read.
 */
#ifndef NET_CHILD_H
#define NET_CHILD_H

#include <stddef.h>

#include "base/macros.h"
#include "net/conn.h"
#include "net/loop.h"

/* Where the program finds its end, which blocks unless it changes that. */
#define CHILD_CHANNEL 3

struct child;

enum child_event {
	CHILD_DATA,    /* as CONN_DATA */
	CHILD_DRAINED, /* as CONN_DRAINED */
	CHILD_ENDED,   /* it is dead, and its input was all told; the last */
};

typedef void (*child_fn)(struct child *c, enum child_event event, void *arg);

struct child_program {
	const char *path;        /* of the program; no search */
	const char *const *args; /* those after its name; NULL at the end */
	/* Lent to it as its descriptors 4, 5, ... */
	const int *fds;
	size_t fd_count;
	struct conn_limits limits; /* of the socket */
};

/* NULL with errno when no process can be made of it. */
struct child *child_start(struct loop *l, const struct child_program *program,
	child_fn fn, void *arg) MUST_CHECK;

/* Our end, with conn_pass_fds(): for reading and writing. Its end is told as
 * CHILD_ENDED: whoever closes his end is killed. NULL after that. */
struct conn *child_conn(struct child *c);

/* Now, whatever it does; CHILD_ENDED follows. */
void child_kill(struct child *c);

/* How it ended, as the end of "the program ...": "was killed by signal 11
 * (Segmentation fault)"; "" while it runs. */
const char *child_end(const struct child *c);
/* Its process id, for the log and to look at what it uses. */
int child_pid(const struct child *c);

/* Nothing is called any more. A program that still runs sees its socket
 * closed; if it does not end by itself it is killed after `patience_ms`. Takes
 * NULL inside, sets NULL. */
void child_free(struct child **slot, int64_t patience_ms);

#endif
