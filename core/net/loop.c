/*
 * One turn of the loop: wait for descriptors, at most until the first timer
 * is due; run what is ready; then the deferred calls, the timers that are
 * due, and what those deferred in turn.
 *
 * Timers are a binary heap of our own instead of libevent's, so that they
 * follow the replaceable clock, fire in the order in which they were started
 * when they are due together, and can be embedded in their owners. libevent
 * has one timer, `wake`, which ends the wait for descriptors.
 */
#include "net/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/magic.h"

#define LOOP_MAGIC  0x6c6f6f70u
#define WATCH_MAGIC 0x77617463u

/* The longest wait; a timer further away is looked at again then. */
#define WAIT_MAX_MS ((int64_t)24 * 3600 * 1000)

/* How long one wait for another thread takes in virtual time. It only
 * bounds how late a clock that is never released is noticed by a debugger:
 * the thread's wake-up ends the wait at once. */
#define HOLD_WAIT_MS 20

/* Slot of the heap. The key is kept here, beside its neighbours, so that
 * sifting touches no timer but those it moves. */
struct slot {
	int64_t due_ms;
	uint64_t order; /* ever growing: the older one goes first */
	struct timer *timer;
};

struct loop {
	unsigned magic;
	struct event_base *base;
	struct event *wake;
	bool is_armed;    /* `wake` is pending ... */
	int64_t armed_ms; /* ... for this moment */

	struct slot *heap; /* [1] is the first; [0] is not used */
	size_t heap_len, heap_cap;
	uint64_t next_order;

	struct list deferred;
	struct list cleanups;
	unsigned holds;
	bool is_stopped;

	/* The callback that is running, if any. */
	unsigned depth;
	const char *name;
	int64_t entered_ms;
	int64_t now_ms; /* valid inside a callback */
	unsigned slow_count;
};

struct watch {
	unsigned magic;
	struct loop *loop;
	struct event *event;
	const char *name;
	watch_fn fn;
	void *arg;
};

/* --- Life ---------------------------------------------------------------- */

static void on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct loop *l = arg;

	l->is_armed = false;
}

static void on_library_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warning("net", "libevent: %s", text);
}

static void on_library_death(int err)
{
	fatal("libevent can't go on (error %d)", err);
}

struct loop *loop_new(void)
{
	struct loop *l = xalloc(sizeof(*l));
	struct event_config *config;

	/* A peer that went away is an error of the write, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(on_library_log);
	event_set_fatal_callback(on_library_death);

	config = event_config_new();
	if (config == NULL)
		fatal("libevent can't be set up");
	/* Only the loop's own thread ever touches the base. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	l->base = event_base_new_with_config(config);
	event_config_free(config);
	if (l->base == NULL)
		fatal("the event loop can't be set up");
	l->wake = evtimer_new(l->base, on_wake, l);
	if (l->wake == NULL)
		fatal("the event loop can't be set up");

	l->magic = LOOP_MAGIC;
	list_init(&l->deferred);
	list_init(&l->cleanups);
	return l;
}

static void run_cleanups(struct loop *l)
{
	while (!list_is_empty(&l->cleanups)) {
		struct loop_cleanup *c =
			CONTAINER(l->cleanups.next, struct loop_cleanup, link);

		list_remove(&c->link);
		c->fn(c->arg);
	}
}

void loop_free(struct loop **slot)
{
	struct loop *l;

	if (slot == NULL || *slot == NULL)
		return;
	l = *slot;
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(l->depth == 0);
	run_cleanups(l);
	/* libevent releases bufferevents and DNS requests in the turn after
	 * their end; without these turns they would be lost. */
	for (int i = 0; i < 3; i++)
		event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);

	for (size_t i = 1; i <= l->heap_len; i++)
		l->heap[i].timer->heap_index = 0;
	while (!list_is_empty(&l->deferred))
		list_remove(l->deferred.next);
	event_free(l->wake);
	event_base_free(l->base);
	xfree(l->heap);
	l->magic = 0;
	xfree(l);
	*slot = NULL;
}

void loop_add_cleanup(
	struct loop *l, struct loop_cleanup *c, timer_fn fn, void *arg)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	c->fn = fn;
	c->arg = arg;
	list_append(&l->cleanups, &c->link);
}

void loop_remove_cleanup(struct loop_cleanup *c)
{
	list_remove(&c->link);
}

struct event_base *loop_base(struct loop *l)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	return l->base;
}

/* --- Watchdog ------------------------------------------------------------ */

int64_t loop_now_ms(const struct loop *l)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	/* Between callbacks nobody keeps the cache up to date. */
	return l->depth > 0 ? l->now_ms : clock_ms();
}

void loop_enter(struct loop *l, const char *name)
{
	/* Only the outermost callback is measured: it is what the others
	 * have to wait for. */
	if (l->depth++ > 0)
		return;
	l->name = name;
	l->now_ms = l->entered_ms = clock_ms();
}

void loop_leave(struct loop *l)
{
	int64_t took_ms;

	assert(l->depth > 0);
	if (--l->depth > 0 || clock_is_virtual())
		return;
	took_ms = clock_ms() - l->entered_ms;
	if (took_ms <= LOOP_SLOW_MS)
		return;
	l->slow_count++;
	log_warning(
		"loop", "slow callback name=%s ms=%d", l->name, (int)took_ms);
}

unsigned loop_slow_count(const struct loop *l)
{
	return l->slow_count;
}

/* --- Timers -------------------------------------------------------------- */

static bool is_before(const struct slot *a, const struct slot *b)
{
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms;
	return a->order < b->order;
}

static void put(struct loop *l, size_t at, struct slot s)
{
	l->heap[at] = s;
	s.timer->heap_index = at;
}

/* Let `s`, which belongs at `at` or above, find its place. */
static void sift_up(struct loop *l, size_t at, struct slot s)
{
	while (at > 1 && is_before(&s, &l->heap[at / 2])) {
		put(l, at, l->heap[at / 2]);
		at /= 2;
	}
	put(l, at, s);
}

static void sift_down(struct loop *l, size_t at, struct slot s)
{
	for (;;) {
		size_t child = at * 2;

		if (child > l->heap_len)
			break;
		if (child < l->heap_len &&
			is_before(&l->heap[child + 1], &l->heap[child]))
			child++;
		if (is_before(&s, &l->heap[child]))
			break;
		put(l, at, l->heap[child]);
		at = child;
	}
	put(l, at, s);
}

static void heap_remove(struct loop *l, size_t at)
{
	struct slot last = l->heap[l->heap_len--];

	if (at > l->heap_len)
		return;
	if (at > 1 && is_before(&last, &l->heap[at / 2]))
		sift_up(l, at, last);
	else
		sift_down(l, at, last);
}

void timer_init(struct timer *t, struct loop *l, const char *name, timer_fn fn,
	void *arg)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	*t = (struct timer){ .loop = l, .fn = fn, .arg = arg, .name = name };
}

void timer_start(struct timer *t, int64_t delay_ms)
{
	struct loop *l = t->loop;
	struct slot s = { .timer = t };

	MAGIC_CHECK(l, LOOP_MAGIC);
	timer_stop(t);
	if (l->heap_len + 1 >= l->heap_cap) {
		l->heap_cap = l->heap_cap == 0 ? 64 : l->heap_cap * 2;
		l->heap = xrealloc(l->heap, l->heap_cap, sizeof(*l->heap));
	}
	if (delay_ms < 0)
		delay_ms = 0;
	t->due_ms = loop_now_ms(l) + delay_ms;
	s.due_ms = t->due_ms;
	s.order = l->next_order++;
	sift_up(l, ++l->heap_len, s);
}

void timer_stop(struct timer *t)
{
	if (t->heap_index == 0)
		return;
	MAGIC_CHECK(t->loop, LOOP_MAGIC);
	assert(t->loop->heap[t->heap_index].timer == t);
	heap_remove(t->loop, t->heap_index);
	t->heap_index = 0;
}

bool timer_is_running(const struct timer *t)
{
	return t->heap_index != 0;
}

/* Run the timers that are due now. One that a callback starts with no delay
 * has to wait for the next turn, so that descriptors are not starved. */
static bool run_timers(struct loop *l)
{
	uint64_t end = l->next_order;
	int64_t now_ms;
	bool any = false;

	if (l->heap_len == 0)
		return false;
	now_ms = clock_ms();
	while (l->heap_len > 0 && l->heap[1].due_ms <= now_ms &&
		l->heap[1].order < end) {
		struct timer *t = l->heap[1].timer;

		timer_stop(t);
		/* The owner may free the timer in its callback. */
		loop_enter(l, t->name);
		t->fn(t->arg);
		loop_leave(l);
		any = true;
	}
	return any;
}

/* --- Deferred calls ------------------------------------------------------ */

void deferred_init(struct deferred *d, struct loop *l, const char *name,
	timer_fn fn, void *arg)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	*d = (struct deferred){ .loop = l, .fn = fn, .arg = arg, .name = name };
	list_init(&d->link);
}

void deferred_start(struct deferred *d)
{
	MAGIC_CHECK(d->loop, LOOP_MAGIC);
	if (list_is_empty(&d->link))
		list_append(&d->loop->deferred, &d->link);
}

void deferred_stop(struct deferred *d)
{
	list_remove(&d->link);
}

/* Run what is scheduled now; what is scheduled meanwhile waits. */
static bool run_deferred(struct loop *l)
{
	struct list batch;

	if (list_is_empty(&l->deferred))
		return false;
	/* Hang the ring on `batch`: stopping a call still only unlinks it. */
	list_insert(&l->deferred, &batch);
	list_remove(&l->deferred);
	while (!list_is_empty(&batch)) {
		struct deferred *d =
			CONTAINER(batch.next, struct deferred, link);

		list_remove(&d->link);
		loop_enter(l, d->name);
		d->fn(d->arg);
		loop_leave(l);
	}
	return true;
}

/* --- Descriptors and signals --------------------------------------------- */

static void on_ready(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct watch *w = arg;
	struct loop *l;

	MAGIC_CHECK(w, WATCH_MAGIC);
	l = w->loop;
	loop_enter(l, w->name);
	w->fn((int)fd, w->arg);
	loop_leave(l);
}

static struct watch *watch_new(
	struct loop *l, const char *name, watch_fn fn, void *arg)
{
	struct watch *w = xalloc(sizeof(*w));

	MAGIC_CHECK(l, LOOP_MAGIC);
	w->magic = WATCH_MAGIC;
	w->loop = l;
	w->name = name;
	w->fn = fn;
	w->arg = arg;
	return w;
}

static void watch_begin(struct watch *w)
{
	if (w->event == NULL || event_add(w->event, NULL) != 0)
		fatal("the event loop can't watch \"%s\"", w->name);
}

struct watch *watch_read(
	struct loop *l, const char *name, int fd, watch_fn fn, void *arg)
{
	struct watch *w = watch_new(l, name, fn, arg);

	w->event = event_new(l->base, fd, EV_READ | EV_PERSIST, on_ready, w);
	watch_begin(w);
	return w;
}

struct watch *watch_signal(
	struct loop *l, const char *name, int signo, watch_fn fn, void *arg)
{
	struct watch *w = watch_new(l, name, fn, arg);

	w->event = evsignal_new(l->base, signo, on_ready, w);
	watch_begin(w);
	return w;
}

void watch_free(struct watch **slot)
{
	struct watch *w;

	if (slot == NULL || *slot == NULL)
		return;
	w = *slot;
	MAGIC_CHECK(w, WATCH_MAGIC);
	event_free(w->event);
	w->magic = 0;
	xfree(w);
	*slot = NULL;
}

/* --- Turns --------------------------------------------------------------- */

/* End the coming wait after at most `wait_ms`. An earlier `wake` that is
 * still pending is left alone: it costs one empty turn instead of one
 * re-arming per turn. */
static void arm(struct loop *l, int64_t wait_ms)
{
	int64_t due_ms;
	struct timeval tv;

	if (wait_ms > WAIT_MAX_MS)
		wait_ms = WAIT_MAX_MS;
	due_ms = clock_ms() + wait_ms;
	if (l->is_armed && l->armed_ms <= due_ms)
		return;
	tv.tv_sec = (time_t)(wait_ms / 1000);
	tv.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000);
	if (event_add(l->wake, &tv) != 0)
		fatal("the event loop can't set a timer");
	l->is_armed = true;
	l->armed_ms = due_ms;
}

/* Wait for descriptors: not at all (0), as long as needed (-1) or at most
 * `wait_ms`. Returns whether anything was ready. */
static bool poll_events(struct loop *l, int64_t wait_ms)
{
	int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;

	if (wait_ms == 0)
		flags |= EVLOOP_NONBLOCK;
	else if (wait_ms > 0)
		arm(l, wait_ms);
	event_base_loop(l->base, flags);
	return event_base_get_max_events(l->base, EVENT_BASE_COUNT_ACTIVE, 1) >
	       0;
}

static bool turn(struct loop *l, int64_t wait_ms)
{
	bool any = poll_events(l, wait_ms);

	any |= run_deferred(l);
	any |= run_timers(l);
	any |= run_deferred(l);
	return any;
}

/* How long the next wait may last; -1: no timer runs. */
static int64_t wait_for_next(const struct loop *l)
{
	int64_t wait_ms;

	if (!list_is_empty(&l->deferred))
		return 0;
	if (l->heap_len == 0)
		return -1;
	wait_ms = l->heap[1].due_ms - clock_ms();
	return wait_ms > 0 ? wait_ms : 0;
}

void loop_run(struct loop *l)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(l->depth == 0);
	while (!l->is_stopped)
		(void)turn(l, wait_for_next(l));
	l->is_stopped = false;
}

void loop_stop(struct loop *l)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	l->is_stopped = true;
}

void loop_hold(struct loop *l)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	l->holds++;
}

void loop_release(struct loop *l)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(l->holds > 0);
	l->holds--;
}

/* --- Settling ------------------------------------------------------------ */

/* Nothing is ready at this virtual moment: go to the next one. Returns false
 * when that would be after `end_ms`. */
static bool advance(struct loop *l, int64_t end_ms)
{
	int64_t next_ms = l->heap_len > 0 ? l->heap[1].due_ms : INT64_MAX;
	bool is_reached = next_ms <= end_ms;
	int64_t gap_ms = (is_reached ? next_ms : end_ms) - clock_ms();

	/* A callback that advances the clock may have gone further. */
	if (gap_ms > 0)
		clock_advance(gap_ms);
	return is_reached;
}

/* One step of virtual time; false at its end. */
static bool settle_step(struct loop *l, int64_t end_ms)
{
	if (turn(l, 0))
		return true;
	if (l->holds > 0) {
		/* Another thread works in real time: wait for it there. */
		(void)turn(l, HOLD_WAIT_MS);
		return true;
	}
	return advance(l, end_ms);
}

/* The same in real time, for tests with other processes. */
static bool wait_step(struct loop *l, int64_t end_ms)
{
	int64_t left_ms = end_ms - clock_ms();
	int64_t wait_ms = wait_for_next(l);

	if (left_ms <= 0) {
		(void)turn(l, 0);
		return false;
	}
	(void)turn(l, wait_ms >= 0 && wait_ms < left_ms ? wait_ms : left_ms);
	return true;
}

void loop_settle(struct loop *l, int64_t max_ms, const bool *until)
{
	int64_t end_ms = clock_ms() + max_ms;
	bool is_going = true;

	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(l->depth == 0);
	while (is_going && (until == NULL || !*until))
		is_going = clock_is_virtual() ? settle_step(l, end_ms)
					      : wait_step(l, end_ms);
}
