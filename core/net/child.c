/*
 *	running --> socket closed, or killed --> exited --> reaped
 *	   \______________________________________^
 *
 * CHILD_ENDED needs both: the process reaped and the socket read to its end.
 * The exit is seen by a descriptor of the process (pidfd_open(2)), so that no
 * other child of this process is touched.
 */
#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/magic.h"
#include "base/str.h"

#define CHILD_MAGIC 0x6368696cu

#define ARGS_MAX 16
#define FDS_MAX  4

/* Above all numbers that the program's descriptors get. */
#define FD_ASIDE 16

struct child {
	unsigned magic;
	struct loop *loop;
	pid_t pid;
	int exit_fd;
	struct watch *exit_watch;
	struct conn *conn;
	child_fn fn; /* NULL: freed by its owner */
	void *arg;
	struct timer patience;
	struct loop_cleanup cleanup; /* of one without an owner */
	bool is_reaped;
	char end[96];
};

/* --- Starting ------------------------------------------------------------ */

/* The descriptors of the program as they have to stand there; copies above
 * FD_ASIDE, so that none of them is in the way of another. */
struct aside {
	int fds[1 + FDS_MAX];
	size_t count;
};

static void aside_close(struct aside *a)
{
	for (size_t i = 0; i < a->count; i++)
		close(a->fds[i]);
}

static int aside_add(struct aside *a, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, FD_ASIDE);

	if (copy < 0)
		return -1;
	a->fds[a->count++] = copy;
	return 0;
}

static int aside_fill(
	struct aside *a, int channel, const struct child_program *program)
{
	assert(program->fd_count <= FDS_MAX);
	if (aside_add(a, channel) != 0)
		return -1;
	for (size_t i = 0; i < program->fd_count; i++) {
		if (aside_add(a, program->fds[i]) != 0)
			return -1;
	}
	return 0;
}

/* Returns an error number. */
static int set_actions(
	posix_spawn_file_actions_t *actions, const struct aside *a)
{
	int err = posix_spawn_file_actions_addopen(
		actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (err == 0)
		err = posix_spawn_file_actions_adddup2(
			actions, STDERR_FILENO, STDOUT_FILENO);
	for (size_t i = 0; i < a->count && err == 0; i++)
		err = posix_spawn_file_actions_adddup2(
			actions, a->fds[i], CHILD_CHANNEL + (int)i);
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(
			actions, CHILD_CHANNEL + (int)a->count);
	return err;
}

/* Signals as they are for a new program. Returns an error number. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	if (err == 0)
		err = posix_spawnattr_setsigdefault(attributes, &all);
	if (err == 0)
		err = posix_spawnattr_setsigmask(attributes, &none);
	return err;
}

static int spawn_with(const struct child_program *program,
	posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
	pid_t *pid_r)
{
	static char language[] = "LC_ALL=C.UTF-8";
	char *environment[] = { language, NULL };
	char *args[ARGS_MAX + 2] = { NULL };
	size_t count = 0;
	int err;

	args[count++] = xstrdup(program->path);
	while (program->args != NULL && program->args[count - 1] != NULL) {
		assert(count <= ARGS_MAX);
		args[count] = xstrdup(program->args[count - 1]);
		count++;
	}
	err = posix_spawn(
		pid_r, program->path, actions, attributes, args, environment);
	while (count > 0)
		xfree(args[--count]);
	return err;
}

/* Returns an error number. */
static int spawn(const struct child_program *program, const struct aside *a,
	pid_t *pid_r)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err = posix_spawn_file_actions_init(&actions);

	if (err != 0)
		return err;
	err = posix_spawnattr_init(&attributes);
	if (err == 0) {
		err = set_actions(&actions, a);
		if (err == 0)
			err = set_signals(&attributes);
		if (err == 0)
			err = spawn_with(program, &actions, &attributes, pid_r);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

/* Our end of the socket; -1 with errno. */
static int start_process(const struct child_program *program, pid_t *pid_r)
{
	struct aside aside = { .count = 0 };
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	/* Ours alone: the program does with its own as it likes. */
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	err = aside_fill(&aside, ends[1], program) == 0
		      ? spawn(program, &aside, pid_r)
		      : errno;
	aside_close(&aside);
	close(ends[1]);
	if (err == 0)
		return ends[0];
	close(ends[0]);
	errno = err;
	return -1;
}

/* --- The end ------------------------------------------------------------- */

static void note_end(struct child *c, const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		(void)text_format(c->end, sizeof(c->end),
			"ended with status %d", info->si_status);
	else
		(void)text_format(c->end, sizeof(c->end),
			"was killed by signal %d (%s)", info->si_status,
			strsignal(info->si_status));
}

static void reap(struct child *c, int flags)
{
	siginfo_t info = { .si_pid = 0 };

	if (c->is_reaped ||
		waitid(P_PID, (id_t)c->pid, &info, WEXITED | flags) != 0 ||
		info.si_pid == 0)
		return;
	c->is_reaped = true;
	note_end(c, &info);
	watch_free(&c->exit_watch);
}

static void destroy(struct child *c)
{
	timer_stop(&c->patience);
	loop_remove_cleanup(&c->cleanup);
	watch_free(&c->exit_watch);
	close(c->exit_fd);
	conn_close(&c->conn);
	c->magic = 0;
	xfree(c);
}

static void check_end(struct child *c)
{
	if (!c->is_reaped)
		return;
	if (c->fn == NULL)
		destroy(c);
	else if (c->conn == NULL)
		c->fn(c, CHILD_ENDED, c->arg);
}

static void on_exit_fd(int fd UNUSED, void *arg)
{
	struct child *c = arg;

	MAGIC_CHECK(c, CHILD_MAGIC);
	reap(c, WNOHANG);
	check_end(c);
}

static void on_conn(struct conn *conn UNUSED, enum conn_event event, void *arg)
{
	struct child *c = arg;

	MAGIC_CHECK(c, CHILD_MAGIC);
	switch (event) {
	case CONN_DATA:
		c->fn(c, CHILD_DATA, c->arg);
		break;
	case CONN_DRAINED:
		c->fn(c, CHILD_DRAINED, c->arg);
		break;
	case CONN_SECURE:
		break;
	case CONN_EOF:
	case CONN_ERROR:
		conn_close(&c->conn);
		child_kill(c);
		check_end(c);
		break;
	}
}

/* --- The owner ----------------------------------------------------------- */

static void end_patience(void *arg)
{
	child_kill(arg);
}

/* The loop goes, and nobody would see the exit. */
static void end_loop(void *arg)
{
	struct child *c = arg;

	child_kill(c);
	reap(c, 0);
	destroy(c);
}

struct child *child_start(struct loop *l, const struct child_program *program,
	child_fn fn, void *arg)
{
	struct child *c;
	pid_t pid;
	int fd = start_process(program, &pid);

	if (fd < 0)
		return NULL;
	c = xalloc(sizeof(*c));
	c->magic = CHILD_MAGIC;
	c->loop = l;
	c->pid = pid;
	c->fn = fn;
	c->arg = arg;
	timer_init(&c->patience, l, "child", end_patience, c);
	c->exit_fd = pidfd_open(pid, 0);
	if (c->exit_fd < 0) {
		int err = errno;

		close(fd);
		kill(pid, SIGKILL);
		reap(c, 0);
		xfree(c);
		errno = err;
		return NULL;
	}
	c->exit_watch = watch_read(l, "child", c->exit_fd, on_exit_fd, c);
	c->conn = conn_new(l, fd, "child", &program->limits, on_conn, c);
	conn_pass_fds(c->conn);
	return c;
}

struct conn *child_conn(struct child *c)
{
	MAGIC_CHECK(c, CHILD_MAGIC);
	return c->conn;
}

void child_kill(struct child *c)
{
	MAGIC_CHECK(c, CHILD_MAGIC);
	/* The number is its own until it is reaped. */
	if (!c->is_reaped)
		(void)kill(c->pid, SIGKILL);
}

const char *child_end(const struct child *c)
{
	MAGIC_CHECK(c, CHILD_MAGIC);
	return c->end;
}

int child_pid(const struct child *c)
{
	MAGIC_CHECK(c, CHILD_MAGIC);
	return c->pid;
}

void child_free(struct child **slot, int64_t patience_ms)
{
	struct child *c;

	if (slot == NULL || *slot == NULL)
		return;
	c = *slot;
	*slot = NULL;
	MAGIC_CHECK(c, CHILD_MAGIC);
	c->fn = NULL;
	conn_close_gracefully(&c->conn, patience_ms);
	if (c->is_reaped) {
		destroy(c);
		return;
	}
	loop_add_cleanup(c->loop, &c->cleanup, end_loop, c);
	timer_start(&c->patience, patience_ms);
}
