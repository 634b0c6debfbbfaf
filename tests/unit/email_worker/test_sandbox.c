/*
 * What a worker can do in its sandbox, and what is its end. Each row runs in a
 * process of its own, which has entered the sandbox.
 */
#include "email_worker/sandbox.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "net/loop.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#endif

/* Exits of a child; others are signals. */
enum { FINE = 0, NOT_FINE = 1, NO_SANDBOX = 2 };

/* Made before, as a worker's are. */
static int pair[2];
static int epoll_fd;

/* True: it did what it should. */
typedef bool (*deed_fn)(void);

static int in_sandbox(deed_fn deed)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		const char *reason = "";

		if (sandbox_enter(&reason) != 0)
			_exit(NO_SANDBOX);
		_exit(deed() ? FINE : NOT_FINE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* --- What ends it -------------------------------------------------------- */

static bool make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool make_pair(void)
{
	int fds[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0;
}

static bool connect_somewhere(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/x" };

	return connect(pair[0], (struct sockaddr *)&a, sizeof(a)) == 0;
}

static bool bind_somewhere(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	return bind(pair[0], (struct sockaddr *)&a, sizeof(a.sun_family)) == 0;
}

static bool run_program(void)
{
	char *const args[] = { (char[]){ "true" }, NULL };

	return execve("/bin/true", args, NULL) == 0;
}

static bool run_program_at(void)
{
	return syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0) == 0;
}

static bool become_two(void)
{
	return fork() >= 0;
}

static bool trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool read_memory(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) ==
	       0;
}

static bool remove_file(void)
{
	return unlink("/nonexistent") == 0;
}

static bool rename_file(void)
{
	return rename("/nonexistent", "/nonexistent2") == 0;
}

static bool make_folder(void)
{
	return mkdirat(AT_FDCWD, "/nonexistent/x", 0700) == 0;
}

static bool signal_others(void)
{
	return kill(getppid(), 0) == 0;
}

static bool filter_less(void)
{
	return prctl(PR_SET_DUMPABLE, 1) == 0;
}

static bool loaded_key(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0;
}

static bool use_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) >= 0;
}

static void what_is_the_end(void **state UNUSED)
{
	static const struct {
		const char *name;
		deed_fn deed;
	} rows[] = {
		{ "socket", make_socket },
		{ "socketpair", make_pair },
		{ "connect", connect_somewhere },
		{ "bind", bind_somewhere },
		{ "execve", run_program },
		{ "execveat", run_program_at },
		{ "fork", become_two },
		{ "ptrace", trace },
		{ "process_vm_readv", read_memory },
		{ "unlink", remove_file },
		{ "rename", rename_file },
		{ "mkdirat", make_folder },
		{ "kill", signal_others },
		{ "prctl", filter_less },
		{ "keyctl", loaded_key },
		{ "io_uring", use_io_uring },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int status = in_sandbox(rows[i].deed);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status %x", rows[i].name,
				(unsigned)status);
	}
}

/* --- What is refused ----------------------------------------------------- */

static bool open_files(void)
{
	static const char *const paths[] = { "/etc/passwd", "/dev/null",
		"/proc/self/mem", "/tmp" };

	for (size_t i = 0; i < COUNT(paths); i++)
		if (open(paths[i], O_RDONLY | O_CLOEXEC) >= 0 ||
			fopen(paths[i], "re") != NULL ||
			access(paths[i], F_OK) == 0)
			return false;
	return open("/tmp/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0;
}

static bool raise_limits(void)
{
	struct rlimit value = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_NPROC, &value) != 0 &&
	       setrlimit(RLIMIT_AS, &value) != 0;
}

/* --- What a worker needs ------------------------------------------------- */

static bool use_memory(void)
{
	char *large, *small;

	/* By brk(), by mmap(), grown in place or moved, given back. */
	for (size_t size = 16; size < (size_t)256 << 20; size *= 4) {
		small = xalloc(64);
		large = xalloc(size);
		memset(large, 1, size);
		large = xrealloc(large, 2, size);
		memset(large, 1, 2 * size);
		free(small);
		free(large);
	}
	large = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	return large != MAP_FAILED && mprotect(large, 4096, PROT_NONE) == 0 &&
	       madvise(large + 4096, 4096, MADV_DONTNEED) == 0 &&
	       munmap(large, 1 << 20) == 0;
}

static bool use_clock(void)
{
	struct timespec now;
	struct timeval day;
	struct tm parts;
	time_t seconds = time(NULL);

	return clock_gettime(CLOCK_MONOTONIC, &now) == 0 &&
	       clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	       clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0 &&
	       gettimeofday(&day, NULL) == 0 &&
	       gmtime_r(&seconds, &parts) != NULL && usleep(1) == 0;
}

static bool use_chance(void)
{
	unsigned char bytes[300];

	return getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes);
}

/* As OPEN comes: a byte with a descriptor beside it. */
static bool pass(int from, int to, int fd)
{
	char byte = 'x', space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int got;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(from, &m, 0) != 1 || recvmsg(to, &m, MSG_CMSG_CLOEXEC) != 1)
		return false;
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_type != SCM_RIGHTS)
		return false;
	memcpy(&got, CMSG_DATA(c), sizeof(got));
	return write(got, "y", 1) == 1 && close(got) == 0;
}

static bool use_channel(void)
{
	char back[2];
	int size;
	socklen_t len = sizeof(size);

	return pass(pair[0], pair[1], pair[0]) && read(pair[1], back, 1) == 1 &&
	       back[0] == 'y' &&
	       getsockopt(pair[0], SOL_SOCKET, SO_ERROR, &size, &len) == 0 &&
	       fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 &&
	       shutdown(pair[0], SHUT_WR) == 0;
}

static bool use_log(void)
{
	return fprintf(stderr, "%s", "") == 0 && fflush(stderr) == 0 &&
	       write(STDERR_FILENO, "", 0) == 0;
}

static bool use_alarm(void)
{
	struct itimerval value = { .it_value = { 5, 0 } };

	return setitimer(ITIMER_PROF, &value, NULL) == 0;
}

static void stop(void *arg)
{
	loop_stop(arg);
}

/* Made before, run after, as main() does. */
static struct loop *loop;

static bool use_loop(void)
{
	struct timer timer;

	timer_init(&timer, loop, "test", stop, loop);
	timer_start(&timer, 5);
	loop_run(loop);
	return true;
}

static void what_is_needed(void **state UNUSED)
{
	static const struct {
		const char *name;
		deed_fn deed;
	} rows[] = {
		{ "files are refused", open_files },
		{ "limits stay", raise_limits },
		{ "memory", use_memory },
		{ "clock", use_clock },
		{ "chance", use_chance },
		{ "channel", use_channel },
		{ "log", use_log },
		{ "alarm", use_alarm },
		{ "loop", use_loop },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int status = in_sandbox(rows[i].deed);

		if (status != 0)
			fail_msg("%s: status %x", rows[i].name,
				(unsigned)status);
	}
}

/* --- Limits -------------------------------------------------------------- */

static bool burn_time(void)
{
	struct itimerval value = { .it_value = { 0, 10000 } };

	if (setitimer(ITIMER_PROF, &value, NULL) != 0)
		return false;
	for (;;)
		(void)getpid();
}

static void time_is_over(void **state UNUSED)
{
	int status = in_sandbox(burn_time);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGPROF);
}

#ifndef HAS_ASAN
/* A sanitizer needs terabytes of addresses. */
static bool take_everything(void)
{
	for (int i = 0; i < 1 << 20; i++)
		if (mmap(NULL, (size_t)64 << 20, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			    0) == MAP_FAILED)
			return i > 8;
	return false;
}

static void memory_is_over(void **state UNUSED)
{
	assert_int_equal(in_sandbox(take_everything), 0);
}
#endif

static bool no_privileges(void)
{
	struct rlimit cores;

	return getrlimit(RLIMIT_CORE, &cores) != 0;
}

static void status_of_the_process(void **state UNUSED)
{
	/* Not even the limits can be read any more. */
	assert_int_equal(in_sandbox(no_privileges), 0);
}

static int set_up(void **state UNUSED)
{
	loop = loop_new();
	epoll_fd = loop != NULL ? 0 : -1;
	return epoll_fd != 0 ||
	       socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0;
}

static int tear_down(void **state UNUSED)
{
	loop_free(&loop);
	close(pair[0]);
	close(pair[1]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_the_end),
		cmocka_unit_test(what_is_needed),
		cmocka_unit_test(time_is_over),
#ifndef HAS_ASAN
		cmocka_unit_test(memory_is_over),
#endif
		cmocka_unit_test(status_of_the_process),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
