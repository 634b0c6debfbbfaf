/*
 * A fiber is a ucontext on mapped memory with a guard page below: running out
 * of stack is the end of the process, and of nothing else. The signal mask
 * that swapcontext(3) saves costs a system call, which is little here.
 */
#include "email_worker/fiber.h"

#include <assert.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/magic.h"

#if WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define FIBER_MAGIC 0x66696272u

/* The library keeps 64 KiB on it in places. The sanitizer's frames are some
 * times as large. */
#if WITH_ASAN
#define STACK_SIZE ((size_t)1024 * 1024)
#else
#define STACK_SIZE ((size_t)256 * 1024)
#endif

/* Of a resting fiber's stack this much stays below the frame of wait_for(),
 * which is the last but swapcontext(3)'s; all in all that is a page, mostly. */
#if WITH_ASAN
#define STACK_KEPT ((size_t)4096)
#else
#define STACK_KEPT ((size_t)1024)
#endif

struct fiber {
	unsigned magic;
	fiber_fn fn, end;
	void *arg;
	ucontext_t context;
	char *stack; /* with the guard page */
	char *resting_at;
	void *fake_stack; /* of the sanitizer */
	struct deferred resume;
	struct timer timer;
	struct frame_blame blame;
	bool is_waiting, is_woken, is_done;
};

static struct fiber *current;
static ucontext_t loop_context;
static void *loop_fake_stack;
static const void *loop_stack;
static size_t loop_stack_size;
static volatile struct frame_blame *blame_page;
static unsigned cpu_budget_ms;

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void fiber_set_up(volatile struct frame_blame *blame, unsigned cpu_ms)
{
	blame_page = blame;
	cpu_budget_ms = cpu_ms;
}

struct fiber *fiber_self(void)
{
	return current;
}

/* --- Watching ------------------------------------------------------------ */

static void write_blame(struct frame_blame blame)
{
	if (blame_page == NULL)
		return;
	blame_page->link = blame.link;
	blame_page->request = blame.request;
	blame_page->uid = blame.uid;
}

void fiber_blame(struct fiber *f, struct frame_blame blame)
{
	MAGIC_CHECK(f, FIBER_MAGIC);
	f->blame = blame;
	if (f == current)
		write_blame(blame);
}

/* SIGPROF ends the process when `ms` of its time are over; 0: never. */
static void set_alarm(unsigned ms)
{
	struct itimerval value = {
		.it_value = { ms / 1000, ms % 1000 * 1000 },
	};

	if (cpu_budget_ms > 0)
		(void)setitimer(ITIMER_PROF, &value, NULL);
}

/* --- Switching ----------------------------------------------------------- */

static void note_switch_to_fiber(struct fiber *f)
{
#if WITH_ASAN
	__sanitizer_start_switch_fiber(
		&loop_fake_stack, f->stack + page_size(), STACK_SIZE);
#else
	(void)f;
	(void)loop_fake_stack;
#endif
}

static void note_arrival_in_fiber(struct fiber *f)
{
#if WITH_ASAN
	__sanitizer_finish_switch_fiber(
		f->fake_stack, &loop_stack, &loop_stack_size);
#else
	(void)f;
#endif
}

/* A fiber that is done has no fake stack to come back to. */
static void note_switch_to_loop(struct fiber *f)
{
#if WITH_ASAN
	__sanitizer_start_switch_fiber(f->is_done ? NULL : &f->fake_stack,
		loop_stack, loop_stack_size);
#else
	(void)f;
	(void)loop_stack;
	(void)loop_stack_size;
#endif
}

static void note_arrival_in_loop(void)
{
#if WITH_ASAN
	__sanitizer_finish_switch_fiber(loop_fake_stack, NULL, NULL);
#endif
}

static void swap(ucontext_t *from, const ucontext_t *to)
{
	if (swapcontext(from, to) != 0)
		fatal("a fiber can't be switched");
}

/* The first function on a fiber's stack. */
static void run(void)
{
	struct fiber *f = current;

	note_arrival_in_fiber(f);
	f->fn(f->arg);
	f->is_done = true;
	note_switch_to_loop(f);
	swap(&f->context, &loop_context);
}

/* Frames above `resting_at` are in use. */
static void give_stack_back(struct fiber *f)
{
	char *low = f->stack + page_size();
	size_t used =
		(size_t)(f->stack + page_size() + STACK_SIZE - f->resting_at);
	size_t kept = (used + STACK_KEPT + page_size() - 1) / page_size() *
		      page_size();

	if (kept < STACK_SIZE)
		(void)madvise(low, STACK_SIZE - kept, MADV_DONTNEED);
	f->resting_at = NULL;
}

static void destroy(struct fiber *f)
{
	fiber_fn end = f->end;
	void *arg = f->arg;

	timer_stop(&f->timer);
	deferred_stop(&f->resume);
	munmap(f->stack, page_size() + STACK_SIZE);
	f->magic = 0;
	xfree(f);
	end(arg);
}

static void resume(void *arg)
{
	struct fiber *f = arg;

	MAGIC_CHECK(f, FIBER_MAGIC);
	assert(current == NULL);
	timer_stop(&f->timer);
	deferred_stop(&f->resume);
	f->is_waiting = false;
	current = f;
	write_blame(f->blame);
	set_alarm(cpu_budget_ms);
	note_switch_to_fiber(f);
	swap(&loop_context, &f->context);
	note_arrival_in_loop();
	set_alarm(0);
	write_blame((struct frame_blame){ 0 });
	current = NULL;
	if (f->is_done)
		destroy(f);
	else if (f->resting_at != NULL)
		give_stack_back(f);
}

struct fiber *fiber_start(
	struct loop *l, const char *name, fiber_fn fn, fiber_fn end, void *arg)
{
	struct fiber *f = xalloc(sizeof(*f));

	f->magic = FIBER_MAGIC;
	f->fn = fn;
	f->end = end;
	f->arg = arg;
	f->stack = mmap(NULL, page_size() + STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (f->stack == MAP_FAILED ||
		mprotect(f->stack, page_size(), PROT_NONE) != 0 ||
		getcontext(&f->context) != 0)
		fatal("there is no memory for a fiber");
	f->context.uc_stack.ss_sp = f->stack + page_size();
	f->context.uc_stack.ss_size = STACK_SIZE;
	f->context.uc_link = NULL;
	makecontext(&f->context, run, 0);
	deferred_init(&f->resume, l, name, resume, f);
	timer_init(&f->timer, l, name, resume, f);
	f->is_waiting = true;
	deferred_start(&f->resume);
	return f;
}

/* --- Waiting ------------------------------------------------------------- */

static bool wait_for(int64_t ms, bool is_long)
{
	struct fiber *f = current;

	assert(f != NULL);
	if (!f->is_woken) {
		if (ms >= 0)
			timer_start(&f->timer, ms);
		f->is_waiting = true;
		if (is_long)
			f->resting_at = __builtin_frame_address(0);
		note_switch_to_loop(f);
		swap(&f->context, &loop_context);
		note_arrival_in_fiber(f);
	}
	if (!f->is_woken)
		return false;
	f->is_woken = false;
	return true;
}

bool fiber_wait(int64_t ms)
{
	return wait_for(ms, false);
}

bool fiber_rest(int64_t ms)
{
	return wait_for(ms, true);
}

void fiber_wake(struct fiber *f)
{
	if (f == NULL)
		return;
	MAGIC_CHECK(f, FIBER_MAGIC);
	f->is_woken = true;
	if (f->is_waiting)
		deferred_start(&f->resume);
}
