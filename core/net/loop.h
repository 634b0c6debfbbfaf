/*
 * The event loop: timers, deferred calls, file descriptors, signals. One
 * thread, no re-entrancy: a callback runs to its end before the next starts.
 * The only place besides conn, resolve and http that knows libevent.
 *
 * With the virtual clock (base/clock.h) the same loop runs in test time:
 * loop_settle() handles everything that is ready and then jumps to the next
 * timer instead of sleeping.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/macros.h"

struct loop;

/* SIGPIPE is ignored from now on. */
struct loop *loop_new(void);
/* Timers and deferred calls that still run just stop; their owners must still
 * exist. Takes NULL inside, sets NULL. */
void loop_free(struct loop **slot);

/* Run until loop_stop(); returns at once if that was called before. */
void loop_run(struct loop *l);
/* Let loop_run() return at the end of this turn. */
void loop_stop(struct loop *l);

/* Monotonic milliseconds, read once per callback. */
int64_t loop_now_ms(const struct loop *l);

/* --- Timers: embedded in their owner, nothing is allocated. -------------- */

typedef void (*timer_fn)(void *arg);

struct timer {
	struct loop *loop;
	timer_fn fn;
	void *arg;
	const char *name; /* for the watchdog's log line */
	int64_t due_ms;
	size_t heap_index; /* 0: not running */
};

/* Neither `name` nor the timer is copied: both stay where they are. */
void timer_init(struct timer *t, struct loop *l, const char *name, timer_fn fn,
	void *arg);

/* Run `fn` once in `delay_ms`; starting a running timer moves it. */
void timer_start(struct timer *t, int64_t delay_ms);
/* Harmless when it does not run, or is zeroed memory. */
void timer_stop(struct timer *t);
/* False in its own callback already. */
bool timer_is_running(const struct timer *t);

/* --- Deferred calls: after the current callback, in this turn. ----------- */

struct deferred {
	struct list link;
	struct loop *loop;
	timer_fn fn;
	void *arg;
	const char *name;
};

/* As timer_init(). */
void deferred_init(struct deferred *d, struct loop *l, const char *name,
	timer_fn fn, void *arg);

/* Schedule; a second call before it ran changes nothing. */
void deferred_start(struct deferred *d);
/* Harmless when it is not scheduled, or is zeroed memory. */
void deferred_stop(struct deferred *d);

/* --- File descriptors and signals ---------------------------------------- */

struct watch;
typedef void (*watch_fn)(int fd, void *arg);

/* Call `fn` whenever `fd` is readable. `name` is not copied. */
struct watch *watch_read(struct loop *l, const char *name, int fd, watch_fn fn,
	void *arg) MUST_CHECK;
/* Call `fn` whenever signal `signo` arrived (fd is then `signo`). */
struct watch *watch_signal(struct loop *l, const char *name, int signo,
	watch_fn fn, void *arg) MUST_CHECK;
/* Also in its own callback. Does not close. Takes NULL inside, sets NULL. */
void watch_free(struct watch **slot);

/* --- Watchdog ------------------------------------------------------------ */

/* Callbacks that took longer than this are logged by name. */
#define LOOP_SLOW_MS 50

/* How many callbacks were slow since the start. */
unsigned loop_slow_count(const struct loop *l);

/* Used by the modules of `net` and `store` around their own callbacks;
 * nested ones are part of the outermost. `name` must live until then. */
void loop_enter(struct loop *l, const char *name);
/* The callback is over: complain if it was slow. */
void loop_leave(struct loop *l);

/* --- Work outside the loop ----------------------------------------------- */

/* Work is under way on another thread that will wake the loop; virtual time
 * waits for it. Calls pair up, both on the loop's thread: release after the
 * result was handled. */
void loop_hold(struct loop *l);
/* The other half of loop_hold(). */
void loop_release(struct loop *l);

/* --- Virtual time, for tests --------------------------------------------- */

/* Handle what is ready; with nothing ready jump to the next timer, but not
 * beyond `max_ms` of virtual time from now. Returns when `*until` (may be
 * NULL) became true or the time was used up. With the real clock it waits
 * instead of jumping. */
void loop_settle(struct loop *l, int64_t max_ms, const bool *until);

/* --- For the other modules of `net` only --------------------------------- */

struct event_base;
/* libevent's own loop under this one. */
struct event_base *loop_base(struct loop *l);

/* Something without an owner, such as a connection that is closing, which
 * loop_free() must end: it calls `fn` once unless it was removed before. */
struct loop_cleanup {
	struct list link;
	timer_fn fn;
	void *arg;
};

/* `c` is embedded in the thing, and stays where it is. */
void loop_add_cleanup(
	struct loop *l, struct loop_cleanup *c, timer_fn fn, void *arg);
/* The thing ended by itself. */
void loop_remove_cleanup(struct loop_cleanup *c);

#endif
