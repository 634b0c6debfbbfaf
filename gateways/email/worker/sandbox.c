#include "email_worker/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/macros.h"

/* Stacks of some thousand links, mails in memory (worker.h), and what parsing
 * them takes; far above what is used, far below what a bomb would. */
#define ADDRESS_SPACE ((rlim_t)3 * 1024 * 1024 * 1024)

/* What is needed after everything was opened. */
static const int allowed[] = {
	/* Descriptors there are, and those handed over. */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(close),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(lseek),
	/* The loop. */
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(setitimer),
	/* Memory. */
	SCMP_SYS(brk),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	/* Itself. */
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(tgkill),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* What libraries may ask for, and may well be refused. */
static const int refused[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(ioctl),
	SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(uname),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrusage),
};

static int add_rules(
	scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int result = seccomp_rule_add(filter, action, calls[i], 0);

		if (result != 0 && result != -EACCES)
			return -1;
	}
	return 0;
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = -1;

	if (filter == NULL)
		return -1;
	if (add_rules(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed)) == 0 &&
		add_rules(filter, SCMP_ACT_ERRNO(EACCES), refused,
			COUNT(refused)) == 0 &&
		seccomp_load(filter) == 0)
		result = 0;
	seccomp_release(filter);
	return result;
}

static void limit(int what, rlim_t most)
{
	struct rlimit value = { most, most };

	(void)setrlimit((__rlimit_resource_t)what, &value);
}

/* As many connections as the system allows. */
static void raise_descriptors(void)
{
	struct rlimit value;

	if (getrlimit(RLIMIT_NOFILE, &value) != 0)
		return;
	value.rlim_cur = value.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &value);
}

int sandbox_enter(const char **reason_r)
{
	raise_descriptors();
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NPROC, 0);
#if !WITH_ASAN
	limit(RLIMIT_AS, ADDRESS_SPACE);
#endif
	/* No debugger, no memory in /proc, nothing gained by running what has
	 * more rights; and the end with the daemon. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || filter_calls() != 0) {
		*reason_r = "the system does not let us give up what a worker "
			    "does not need";
		return -1;
	}
	return 0;
}
