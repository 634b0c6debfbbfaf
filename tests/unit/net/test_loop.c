/* Timers, deferred calls, descriptors, signals, holds and virtual time. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/loop.h"

#define WALL_MS 1700000000000

static struct loop *loop;
static struct str trace; /* one letter per callback */

static int set_up(void **state UNUSED)
{
	clock_use_virtual(WALL_MS);
	loop = loop_new();
	str_init(&trace, 4096);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	loop_free(&loop);
	assert_null(loop);
	str_finish(&trace);
	clock_use_real();
	return 0;
}

#define LETTER(c) ((void *)(uintptr_t)(c))

static void on_letter(void *arg)
{
	str_add_char(&trace, (char)(uintptr_t)arg);
}

/* --- Timers -------------------------------------------------------------- */

static void timers_fire_in_order(void **state UNUSED)
{
	static const struct {
		char letter;
		int delay_ms;
	} rows[] = {
		{ 'e', 50 },
		{ 'a', 10 },
		{ 'g', 70 },
		{ 'b', 20 },
		{ 'f', 50 },
		{ 'c', 30 },
		{ 'd', 30 },
		{ '0', 0 },
		{ '1', -5 },
		{ 'h', 100000 },
	};
	struct timer timers[COUNT(rows)];

	for (size_t i = 0; i < COUNT(rows); i++) {
		timer_init(&timers[i], loop, "letter", on_letter,
			LETTER(rows[i].letter));
		assert_false(timer_is_running(&timers[i]));
		timer_start(&timers[i], rows[i].delay_ms);
		assert_true(timer_is_running(&timers[i]));
	}
	loop_settle(loop, 100, NULL);
	/* Those due together fire in the order of their start. */
	assert_string_equal(str_text(&trace), "01abcdefg");
	for (size_t i = 0; i + 1 < COUNT(rows); i++)
		assert_false(timer_is_running(&timers[i]));
	assert_true(timer_is_running(&timers[COUNT(rows) - 1]));
	loop_settle(loop, 100000, NULL);
	assert_string_equal(str_text(&trace), "01abcdefgh");
}

static void a_restarted_timer_moves(void **state UNUSED)
{
	struct timer a, b;

	timer_init(&a, loop, "a", on_letter, LETTER('a'));
	timer_init(&b, loop, "b", on_letter, LETTER('b'));
	timer_start(&a, 10);
	timer_start(&b, 20);
	timer_start(&a, 30);
	loop_settle(loop, 29, NULL);
	assert_string_equal(str_text(&trace), "b");
	loop_settle(loop, 1, NULL);
	assert_string_equal(str_text(&trace), "ba");
}

static void a_stopped_timer_is_silent(void **state UNUSED)
{
	struct timer a;

	timer_init(&a, loop, "a", on_letter, LETTER('a'));
	timer_stop(&a);
	timer_start(&a, 10);
	timer_stop(&a);
	timer_stop(&a);
	assert_false(timer_is_running(&a));
	loop_settle(loop, 1000, NULL);
	assert_string_equal(str_text(&trace), "");
}

/* Every order of removal keeps the heap a heap. */
static void random_starts_and_stops_keep_order(void **state UNUSED)
{
	enum { TIMERS = 300 };
	struct timer timers[TIMERS];
	static int64_t last_ms;
	unsigned seed = 1;

	for (size_t i = 0; i < TIMERS; i++)
		timer_init(&timers[i], loop, "x", on_letter, LETTER('x'));
	for (unsigned i = 0; i < 20000; i++) {
		struct timer *t;

		seed = seed * 1103515245u + 12345u;
		t = &timers[(seed >> 8) % TIMERS];
		if (seed & 0x80000000u)
			timer_stop(t);
		else
			timer_start(t, (seed >> 4) % 1000);
	}
	for (;;) {
		struct timer *next = NULL;
		size_t len = trace.len;

		for (size_t i = 0; i < TIMERS; i++) {
			if (timer_is_running(&timers[i]) &&
				(next == NULL ||
					timers[i].due_ms < next->due_ms))
				next = &timers[i];
		}
		if (next == NULL)
			break;
		last_ms = next->due_ms;
		loop_settle(loop, last_ms - clock_ms(), NULL);
		assert_int_equal(clock_ms(), last_ms);
		assert_true(trace.len > len);
	}
}

struct pair {
	struct timer *self, *other;
};

static void on_stop_other(void *arg)
{
	struct pair *p = arg;

	str_add(&trace, "s");
	timer_stop(p->other);
	timer_stop(p->self);
}

static void callbacks_may_stop_timers(void **state UNUSED)
{
	struct timer a, b;
	struct pair p = { &a, &b };

	timer_init(&a, loop, "a", on_stop_other, &p);
	timer_init(&b, loop, "b", on_letter, LETTER('b'));
	timer_start(&a, 10);
	timer_start(&b, 10);
	loop_settle(loop, 100, NULL);
	assert_string_equal(str_text(&trace), "s");
}

static void on_free_self(void *arg)
{
	str_add(&trace, "f");
	xfree(arg);
}

static void callbacks_may_free_their_timer(void **state UNUSED)
{
	struct timer *t = xalloc(sizeof(*t));
	struct deferred *d = xalloc(sizeof(*d));

	timer_init(t, loop, "t", on_free_self, t);
	timer_start(t, 5);
	deferred_init(d, loop, "d", on_free_self, d);
	deferred_start(d);
	loop_settle(loop, 10, NULL);
	assert_string_equal(str_text(&trace), "ff");
}

static void on_again(void *arg)
{
	struct timer *t = arg;

	str_add(&trace, "t");
	if (trace.len < 10)
		timer_start(t, 0);
}

static void on_deferred_again(void *arg)
{
	str_add(&trace, "d");
	if (trace.len < 10)
		deferred_start(arg);
}

/* Neither starves the other: a restart waits for the next round. */
static void restarts_take_turns(void **state UNUSED)
{
	struct timer t;
	struct deferred d;

	timer_init(&t, loop, "t", on_again, &t);
	deferred_init(&d, loop, "d", on_deferred_again, &d);
	timer_start(&t, 0);
	deferred_start(&d);
	loop_settle(loop, 0, NULL);
	assert_string_equal(str_text(&trace), "dtddtddtddt");
}

/* --- Deferred calls ------------------------------------------------------ */

static void deferred_calls_run_once_in_order(void **state UNUSED)
{
	struct deferred a, b, c;

	deferred_init(&a, loop, "a", on_letter, LETTER('a'));
	deferred_init(&b, loop, "b", on_letter, LETTER('b'));
	deferred_init(&c, loop, "c", on_letter, LETTER('c'));
	deferred_start(&b);
	deferred_start(&a);
	deferred_start(&b);
	deferred_start(&c);
	deferred_stop(&c);
	deferred_stop(&c);
	loop_settle(loop, 0, NULL);
	assert_string_equal(str_text(&trace), "ba");
	deferred_start(&c);
	loop_settle(loop, 0, NULL);
	assert_string_equal(str_text(&trace), "bac");
}

static struct deferred victims[3];

static void on_stop_victims(void *arg UNUSED)
{
	str_add(&trace, "k");
	for (size_t i = 0; i < COUNT(victims); i++)
		deferred_stop(&victims[i]);
}

static void deferred_calls_may_stop_each_other(void **state UNUSED)
{
	deferred_init(&victims[0], loop, "0", on_letter, LETTER('0'));
	deferred_init(&victims[1], loop, "1", on_stop_victims, NULL);
	deferred_init(&victims[2], loop, "2", on_letter, LETTER('2'));
	for (size_t i = 0; i < COUNT(victims); i++)
		deferred_start(&victims[i]);
	loop_settle(loop, 0, NULL);
	assert_string_equal(str_text(&trace), "0k");
}

static void on_defer(void *arg)
{
	str_add(&trace, "t");
	deferred_start(arg);
}

/* A deferred call runs in the turn it was made in, before the next timer of
 * a later moment. */
static void deferred_calls_come_before_later_timers(void **state UNUSED)
{
	struct timer a, b;
	struct deferred d;

	deferred_init(&d, loop, "d", on_letter, LETTER('d'));
	timer_init(&a, loop, "a", on_defer, &d);
	timer_init(&b, loop, "b", on_letter, LETTER('b'));
	timer_start(&a, 1);
	timer_start(&b, 2);
	loop_settle(loop, 10, NULL);
	assert_string_equal(str_text(&trace), "tdb");
}

/* --- Virtual time -------------------------------------------------------- */

static void settling_stops_at_its_limit(void **state UNUSED)
{
	int64_t start_ms = clock_ms();
	struct timer t;

	timer_init(&t, loop, "t", on_letter, LETTER('t'));
	timer_start(&t, 1000);
	loop_settle(loop, 999, NULL);
	assert_int_equal(clock_ms() - start_ms, 999);
	assert_string_equal(str_text(&trace), "");
	loop_settle(loop, 1, NULL);
	assert_int_equal(clock_ms() - start_ms, 1000);
	assert_string_equal(str_text(&trace), "t");
	loop_settle(loop, 5000, NULL);
	assert_int_equal(clock_ms() - start_ms, 6000);
	assert_int_equal(loop_now_ms(loop), clock_ms());
}

static void on_true(void *arg)
{
	*(bool *)arg = true;
}

static void settling_stops_when_told(void **state UNUSED)
{
	int64_t start_ms = clock_ms();
	bool is_done = false;
	struct timer a, b;

	timer_init(&a, loop, "a", on_true, &is_done);
	timer_init(&b, loop, "b", on_letter, LETTER('b'));
	timer_start(&a, 300);
	timer_start(&b, 301);
	loop_settle(loop, 60000, &is_done);
	assert_true(is_done);
	assert_int_equal(clock_ms() - start_ms, 300);
	loop_settle(loop, 60000, &is_done);
	assert_int_equal(clock_ms() - start_ms, 300);
	assert_string_equal(str_text(&trace), "");
	timer_stop(&b);
}

static void delays_count_from_the_callback(void **state UNUSED)
{
	struct timer a, b;
	int64_t start_ms = clock_ms();

	timer_init(&a, loop, "a", on_again, &b);
	timer_init(&b, loop, "b", on_letter, LETTER('b'));
	timer_start(&a, 70);
	loop_settle(loop, 100, NULL);
	assert_int_equal(b.due_ms, start_ms + 70);
}

/* --- Descriptors --------------------------------------------------------- */

static void on_readable(int fd, void *arg)
{
	char c;

	if (read(fd, &c, 1) == 1) {
		str_add_char(&trace, c);
		return;
	}
	watch_free(arg);
}

static void descriptors_are_watched(void **state UNUSED)
{
	int fds[2];
	struct watch *w;

	assert_int_equal(pipe(fds), 0);
	w = watch_read(loop, "pipe", fds[0], on_readable, &w);
	loop_settle(loop, 10, NULL);
	assert_string_equal(str_text(&trace), "");
	assert_int_equal(write(fds[1], "xyz", 3), 3);
	loop_settle(loop, 0, NULL);
	assert_string_equal(str_text(&trace), "xyz");
	/* Freed in its own callback at the end of the file. */
	close(fds[1]);
	loop_settle(loop, 0, NULL);
	assert_null(w);
	watch_free(&w);
	watch_free(NULL);
	close(fds[0]);
}

/* Time does not pass while a descriptor has something to say. */
static void descriptors_come_before_time(void **state UNUSED)
{
	int fds[2];
	struct watch *w;
	struct timer t;

	assert_int_equal(pipe(fds), 0);
	w = watch_read(loop, "pipe", fds[0], on_readable, &w);
	timer_init(&t, loop, "t", on_letter, LETTER('t'));
	timer_start(&t, 1);
	assert_int_equal(write(fds[1], "abcd", 4), 4);
	loop_settle(loop, 5, NULL);
	assert_string_equal(str_text(&trace), "abcdt");
	watch_free(&w);
	close(fds[0]);
	close(fds[1]);
}

static int seen_signal;

static void on_signal(int signo, void *arg)
{
	seen_signal = signo;
	*(bool *)arg = true;
}

static void a_signal_calls_back(void **state UNUSED)
{
	bool is_done = false;
	struct watch *w =
		watch_signal(loop, "usr1", SIGUSR1, on_signal, &is_done);

	raise(SIGUSR1);
	loop_settle(loop, 1000, &is_done);
	assert_int_equal(seen_signal, SIGUSR1);
	watch_free(&w);
}

static void writing_to_nobody_is_no_signal(void **state UNUSED)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1);
	close(fds[1]);
}

/* --- Work on other threads ----------------------------------------------- */

struct work {
	int event_fd;
	int64_t noticed_ms;
	bool is_done;
};

static void *work(void *arg)
{
	struct work *w = arg;
	struct timespec pause = { .tv_nsec = 30 * 1000 * 1000 };

	nanosleep(&pause, NULL);
	assert_int_equal(eventfd_write(w->event_fd, 1), 0);
	return NULL;
}

static void on_worked(int fd, void *arg)
{
	struct work *w = arg;
	eventfd_t value;

	assert_int_equal(eventfd_read(fd, &value), 0);
	w->noticed_ms = clock_ms();
	w->is_done = true;
	loop_release(loop);
}

static void virtual_time_waits_for_threads(void **state UNUSED)
{
	struct work w = { .event_fd = eventfd(0, EFD_NONBLOCK) };
	struct watch *watch =
		watch_read(loop, "work", w.event_fd, on_worked, &w);
	int64_t start_ms = clock_ms();
	struct timer t;
	pthread_t thread;

	timer_init(&t, loop, "t", on_letter, LETTER('t'));
	timer_start(&t, 1000);
	loop_hold(loop);
	assert_int_equal(pthread_create(&thread, NULL, work, &w), 0);
	loop_settle(loop, 2000, NULL);
	assert_true(w.is_done);
	assert_int_equal(w.noticed_ms, start_ms);
	assert_string_equal(str_text(&trace), "t");
	assert_int_equal(pthread_join(thread, NULL), 0);
	watch_free(&watch);
	close(w.event_fd);
}

/* --- Real time ----------------------------------------------------------- */

static void on_stop(void *arg UNUSED)
{
	str_add(&trace, "q");
	loop_stop(loop);
}

static void the_real_loop_waits_and_stops(void **state UNUSED)
{
	struct timer a, b, quit;
	int64_t start_ms;

	clock_use_real();
	start_ms = clock_ms();
	timer_init(&a, loop, "a", on_letter, LETTER('a'));
	timer_init(&b, loop, "b", on_letter, LETTER('b'));
	timer_init(&quit, loop, "quit", on_stop, NULL);
	timer_start(&quit, 30);
	timer_start(&b, 20);
	timer_start(&a, 5);
	loop_run(loop);
	assert_string_equal(str_text(&trace), "abq");
	assert_true(clock_ms() - start_ms >= 30);
	/* Stopped before it began. */
	loop_stop(loop);
	loop_run(loop);
	assert_string_equal(str_text(&trace), "abq");
}

static void on_readable_stop(int fd, void *arg UNUSED)
{
	char c;

	assert_int_equal(read(fd, &c, 1), 1);
	loop_stop(loop);
}

/* A pending wake-up for an earlier moment must not make a timer early. */
static void the_real_loop_follows_moved_timers(void **state UNUSED)
{
	struct timer a, quit;
	int64_t start_ms;
	int fds[2];
	struct watch *w;

	clock_use_real();
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	w = watch_read(loop, "pipe", fds[0], on_readable_stop, NULL);
	timer_init(&a, loop, "a", on_letter, LETTER('a'));
	timer_init(&quit, loop, "quit", on_stop, NULL);
	timer_start(&a, 5000);
	loop_run(loop);
	timer_start(&a, 2);
	timer_start(&quit, 3);
	loop_run(loop);
	assert_string_equal(str_text(&trace), "aq");

	assert_int_equal(write(fds[1], "x", 1), 1);
	timer_start(&a, 3);
	loop_run(loop);
	start_ms = clock_ms();
	timer_start(&a, 15);
	timer_start(&quit, 25);
	loop_run(loop);
	assert_true(clock_ms() - start_ms >= 25);
	assert_string_equal(str_text(&trace), "aqaq");
	watch_free(&w);
	close(fds[0]);
	close(fds[1]);
}

static void settling_works_in_real_time(void **state UNUSED)
{
	bool is_done = false;
	struct timer a;

	clock_use_real();
	timer_init(&a, loop, "a", on_true, &is_done);
	timer_start(&a, 10);
	loop_settle(loop, 60000, &is_done);
	assert_true(is_done);
	loop_settle(loop, 3, NULL);
}

/* --- Watchdog ------------------------------------------------------------ */

static char last_line[512];

static void on_log(enum log_level level, const char *line, void *arg UNUSED)
{
	assert_int_equal(level, LOG_WARNING);
	(void)text_copy(last_line, sizeof(last_line), line);
}

static void on_dawdle(void *arg UNUSED)
{
	struct timespec pause = { .tv_nsec = (LOOP_SLOW_MS + 10) * 1000000 };

	nanosleep(&pause, NULL);
	loop_stop(loop);
}

static void slow_callbacks_are_named(void **state UNUSED)
{
	struct timer t;

	clock_use_real();
	log_set_sink(on_log, NULL);
	timer_init(&t, loop, "dawdler", on_dawdle, NULL);
	timer_start(&t, 0);
	loop_run(loop);
	log_set_sink(NULL, NULL);
	assert_int_equal(loop_slow_count(loop), 1);
	assert_non_null(strstr(last_line, "slow callback name=dawdler ms="));
}

static void nested_callbacks_count_once(void **state UNUSED)
{
	struct timespec pause = { .tv_nsec = (LOOP_SLOW_MS + 10) * 1000000 };

	clock_use_real();
	log_set_sink(on_log, NULL);
	loop_enter(loop, "outer");
	loop_enter(loop, "inner");
	nanosleep(&pause, NULL);
	loop_leave(loop);
	loop_leave(loop);
	log_set_sink(NULL, NULL);
	assert_int_equal(loop_slow_count(loop), 1);
	assert_non_null(strstr(last_line, "name=outer"));
}

/* --- The end ------------------------------------------------------------- */

static void on_cleanup(void *arg)
{
	*(int *)arg += 1;
}

static void freeing_stops_what_runs(void **state UNUSED)
{
	struct loop *l = loop_new();
	struct timer t;
	struct deferred d;
	struct loop_cleanup kept, removed;
	int count = 0;

	timer_init(&t, l, "t", on_letter, LETTER('t'));
	timer_start(&t, 10);
	deferred_init(&d, l, "d", on_letter, LETTER('d'));
	deferred_start(&d);
	loop_add_cleanup(l, &kept, on_cleanup, &count);
	loop_add_cleanup(l, &removed, on_cleanup, &count);
	loop_remove_cleanup(&removed);
	loop_free(&l);
	assert_null(l);
	assert_int_equal(count, 1);
	assert_false(timer_is_running(&t));
	timer_stop(&t);
	deferred_stop(&d);
	loop_free(&l);
	loop_free(NULL);
	assert_string_equal(str_text(&trace), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(timers_fire_in_order),
		TEST(a_restarted_timer_moves),
		TEST(a_stopped_timer_is_silent),
		TEST(random_starts_and_stops_keep_order),
		TEST(callbacks_may_stop_timers),
		TEST(callbacks_may_free_their_timer),
		TEST(restarts_take_turns),
		TEST(deferred_calls_run_once_in_order),
		TEST(deferred_calls_may_stop_each_other),
		TEST(deferred_calls_come_before_later_timers),
		TEST(settling_stops_at_its_limit),
		TEST(settling_stops_when_told),
		TEST(delays_count_from_the_callback),
		TEST(descriptors_are_watched),
		TEST(descriptors_come_before_time),
		TEST(a_signal_calls_back),
		TEST(writing_to_nobody_is_no_signal),
		TEST(virtual_time_waits_for_threads),
		TEST(the_real_loop_waits_and_stops),
		TEST(the_real_loop_follows_moved_timers),
		TEST(settling_works_in_real_time),
		TEST(slow_callbacks_are_named),
		TEST(nested_callbacks_count_once),
		TEST(freeing_stops_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
