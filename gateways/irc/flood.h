/*
 * Flood control of one IRC session: lines wait here until the server's
 * patience (a token bucket) allows them. Owns no timer and does no input or
 * output; the session asks what may leave now and how long to wait.
 *
 * The way of a line:
 *	if (irc_flood_pass(f)) send it at once;
 *	else if (irc_flood_push(f, line, cookie) != 0) refuse it;
 *	on the timer: while (irc_flood_pop(f, out, &cookie)) send, report.
 */
#ifndef IRC_FLOOD_H
#define IRC_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* Bytes that may wait, next to LIMIT_IRC_QUEUE_LINES lines. */
#define IRC_FLOOD_BYTES 65536

struct irc_flood_line;

struct irc_flood {
	struct bucket bucket;
	struct irc_flood_line *head, *tail; /* NULL when nothing waits */
	size_t lines, bytes;
};

/* `burst` lines at once, then `rate` per second; burst 0: no limit. */
void irc_flood_init(struct irc_flood *f, double burst, double rate);

/* Release what still waits. An idle queue owns no memory anyway. */
void irc_flood_finish(struct irc_flood *f);

/* May one line leave now, in front of nothing that waits? Takes its token.
 * False: push it. */
bool irc_flood_pass(struct irc_flood *f) MUST_CHECK;

/* Let a complete line (with CR LF) wait. `cookie` comes back with it; its
 * meaning is the caller's. -1 when the queue is full. */
int irc_flood_push(
	struct irc_flood *f, struct slice line, uint64_t cookie) MUST_CHECK;

/* Append the next line that may leave now to `out` and forget it; false when
 * none may, or `out` has no room for it. */
bool irc_flood_pop(
	struct irc_flood *f, struct str *out, uint64_t *cookie_r) MUST_CHECK;

/* Milliseconds until irc_flood_pop() has something: 0 now, -1 never. */
int64_t irc_flood_wait_ms(struct irc_flood *f);

#endif
