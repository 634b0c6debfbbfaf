/*
 * Fibers: code that waits as if it could block, on a stack of its own, and is
 * resumed by the loop alone. One thread; a fiber never starts another inside
 * itself, it only asks the loop for it.
 *
 * While a fiber runs it has a budget of processor time; whoever runs longer
 * kills the process (SIGPROF), and what it worked on is to be found in
 * `struct frame_blame`.
 */
#ifndef EMAIL_WORKER_FIBER_H
#define EMAIL_WORKER_FIBER_H

#include <stdbool.h>
#include <stdint.h>

#include "email_wire/frames.h"
#include "net/loop.h"

struct fiber;
typedef void (*fiber_fn)(void *arg);

/* For all fibers: where to write what is worked on (NULL: nowhere), and the
 * milliseconds of processor time between two waits (0: no limit). */
void fiber_set_up(volatile struct frame_blame *blame, unsigned cpu_ms);

/* Run `fn` in a later turn of the loop; when it returned, `end` on the loop. */
struct fiber *fiber_start(
	struct loop *l, const char *name, fiber_fn fn, fiber_fn end, void *arg);

/* The fiber that runs; NULL on the loop. */
struct fiber *fiber_self(void);

/* Who is to blame if this fiber kills the process; counts at once if it runs. */
void fiber_blame(struct fiber *f, struct frame_blame blame);

/* Wait, in a fiber, until fiber_wake() (also if that came before) or for
 * `ms`; -1: without end. False when the time was over. A wake-up says only
 * that something may have changed. */
bool fiber_wait(int64_t ms);
/* The same for a long wait: the stack that is not in use is given back. */
bool fiber_rest(int64_t ms);

/* From anywhere: let it go on, in a later turn. Takes NULL. */
void fiber_wake(struct fiber *f);

#endif
