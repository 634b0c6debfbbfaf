/* Programs as other processes: what they get, how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "net/child.h"

/* For what happens at once: only a fault needs all of it. */
#define PATIENCE_MS 30000

static struct loop *loop;
static struct child *child;
static struct str got;
static bool is_ended;

static void on_child(struct child *c, enum child_event event, void *arg)
{
	assert_ptr_equal(arg, &got);
	assert_ptr_equal(c, child);
	assert_false(is_ended);
	if (event == CHILD_DATA) {
		struct slice in = conn_input(child_conn(c));

		str_add_slice(&got, in);
		conn_consume(child_conn(c), in.len);
	} else if (event == CHILD_ENDED) {
		is_ended = true;
		assert_null(child_conn(c));
	}
}

static void start_with(const char *script, const int *fds, size_t fd_count)
{
	const char *args[] = { "-c", script, NULL };
	struct child_program program = {
		.path = "/bin/sh",
		.args = args,
		.fds = fds,
		.fd_count = fd_count,
		.limits = { 65536, 65536, 0 },
	};

	child = child_start(loop, &program, on_child, &got);
	assert_non_null(child);
	assert_string_equal(child_end(child), "");
}

static void run(const char *script)
{
	start_with(script, NULL, 0);
	loop_settle(loop, PATIENCE_MS, &is_ended);
	assert_true(is_ended);
}

static int set_up(void **state UNUSED)
{
	loop = loop_new();
	str_init(&got, 65536);
	is_ended = false;
	return 0;
}

static int tear_down(void **state UNUSED)
{
	child_free(&child, 0);
	loop_free(&loop);
	str_finish(&got);
	/* Nobody is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void bytes_go_both_ways(void **state UNUSED)
{
	start_with("read line <&3; echo \"got $line\" >&3", NULL, 0);
	assert_int_equal(conn_write(child_conn(child), slice_of("hello\n")), 0);
	loop_settle(loop, PATIENCE_MS, &is_ended);
	assert_string_equal(str_text(&got), "got hello\n");
	assert_string_equal(child_end(child), "ended with status 0");
}

static void it_gets_nothing_else(void **state UNUSED)
{
	/* A descriptor of ours that nobody closes on exec. */
	int fd = dup(STDERR_FILENO);

	/* Builtins alone, so that no program opens more. */
	run("for fd in 0 1 2 3 4 5 6 7 8 9; do "
	    "[ -e /proc/$$/fd/$fd ] && echo -n \"$fd \" >&3; done; "
	    "read line || echo 'no input' >&3; export -p >&3");
	close(fd);
	assert_non_null(strstr(str_text(&got), "0 1 2 3 no input\n"));
	assert_non_null(strstr(str_text(&got), "LC_ALL='C.UTF-8'"));
	assert_null(strstr(str_text(&got), "PATH="));
	assert_null(strstr(str_text(&got), "HOME="));
}

static void it_gets_what_is_lent(void **state UNUSED)
{
	int fds[2];
	char buf[16];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	start_with("echo lent >&4", &fds[1], 1);
	close(fds[1]);
	loop_settle(loop, PATIENCE_MS, &is_ended);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "lent\n", 5);
	close(fds[0]);
}

static void its_end_has_words(void **state UNUSED)
{
	run("echo last words >&3; exit 3");
	assert_string_equal(str_text(&got), "last words\n");
	assert_string_equal(child_end(child), "ended with status 3");
	child_free(&child, 0);
	is_ended = false;
	run("kill -SEGV $$");
	assert_non_null(strstr(child_end(child), "signal 11 ("));
}

static void it_can_be_killed(void **state UNUSED)
{
	start_with("trap '' TERM INT; while :; do :; done", NULL, 0);
	assert_true(child_pid(child) > 0);
	child_kill(child);
	loop_settle(loop, PATIENCE_MS, &is_ended);
	assert_true(is_ended);
	assert_non_null(strstr(child_end(child), "signal 9 ("));
	/* Dead, and no longer anybody's. */
	child_kill(child);
}

static void who_closes_his_end_is_killed(void **state UNUSED)
{
	run("exec 3>&-; while :; do :; done");
	assert_non_null(strstr(child_end(child), "signal 9 ("));
}

static void who_is_left_ends_by_himself(void **state UNUSED)
{
	int fds[2];
	char buf[16];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	/* It hears what was queued, and then the end. */
	start_with("read a <&3; read b <&3 || echo end of $a >&4", &fds[1], 1);
	close(fds[1]);
	assert_int_equal(conn_write(child_conn(child), slice_of("talk\n")), 0);
	child_free(&child, PATIENCE_MS);
	assert_null(child);
	loop_settle(loop, 100, NULL);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 12);
	assert_memory_equal(buf, "end of talk\n", 12);
	close(fds[0]);
}

static void patience_ends(void **state UNUSED)
{
	int fds[2];
	char byte;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	start_with("while :; do :; done", &fds[1], 1);
	close(fds[1]);
	child_free(&child, 50);
	loop_settle(loop, 1000, NULL);
	/* The last who could write is gone. */
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

static void the_end_of_the_loop_ends_it(void **state UNUSED)
{
	start_with("while :; do :; done", NULL, 0);
	child_free(&child, PATIENCE_MS);
}

static void no_such_program(void **state UNUSED)
{
	struct child_program program = { .path = "/nonexistent/program" };

	assert_null(child_start(loop, &program, on_child, &got));
	assert_int_equal(errno, ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_both_ways),
		TEST(it_gets_nothing_else),
		TEST(it_gets_what_is_lent),
		TEST(its_end_has_words),
		TEST(it_can_be_killed),
		TEST(who_closes_his_end_is_killed),
		TEST(who_is_left_ends_by_himself),
		TEST(patience_ends),
		TEST(the_end_of_the_loop_ends_it),
		TEST(no_such_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
