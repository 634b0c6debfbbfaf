/*
 * The log line: its form, what is escaped, where it is cut, one write each.
 */
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/slice.h"
#include "base/utf8.h"

#include <cmocka.h>

static char last[8192];
static enum log_level last_level;
static int lines;

static void keep(enum log_level level, const char *line, void *arg)
{
	assert_ptr_equal(arg, &lines);
	assert_true(strlen(line) < sizeof(last));
	memcpy(last, line, strlen(line) + 1);
	last_level = level;
	lines++;
}

static int setup(void **state)
{
	(void)state;
	clock_use_virtual(1795251600123);
	log_set_level(LOG_INFO);
	log_set_sink(keep, &lines);
	lines = 0;
	last[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	log_set_level(LOG_INFO);
	clock_use_real();
	return 0;
}

static void test_form(void **state)
{
	(void)state;
	log_info("irc", "[%s] joined room=%s", "a1", "#c");
	assert_string_equal(last, "2026-11-21T09:00:00.123Z info irc "
				  "[a1] joined room=#c");
	assert_int_equal(last_level, LOG_INFO);
	clock_advance(877);
	log_error("xmpp", "no");
	assert_string_equal(last, "2026-11-21T09:00:01.000Z error xmpp no");
	log_warning("net", "x");
	assert_string_equal(last, "2026-11-21T09:00:01.000Z warning net x");
	assert_int_equal(last_level, LOG_WARNING);
	assert_int_equal(lines, 3);
}

static void test_levels(void **state)
{
	(void)state;
	static const char *const names[] = { "error", "warning", "info",
		"debug" };
	int evaluated = 0;

	for (int level = 0; level < 4; level++) {
		log_set_level((enum log_level)level);
		assert_int_equal(log_get_level(), level);
		lines = 0;
		log_error("a", "x");
		log_warning("a", "x");
		log_info("a", "x");
		log_debug("a", "%d", ++evaluated);
		assert_int_equal(lines, level + 1);
		assert_string_equal(
			log_level_name((enum log_level)level), names[level]);
		assert_int_equal(log_level_by_name(names[level]), level);
	}
	assert_int_equal(evaluated, 1);
	assert_int_equal(log_level_by_name("Info"), -1);
	assert_int_equal(log_level_by_name(""), -1);
}

static void test_escapes(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "a\nb\r\n\tc", "a\\nb\\r\\n\\tc" },
		{ "\x1b[31mred\a", "\\x1b[31mred\\x07" },
		{ "\x7f\x01", "\\x7f\\x01" },
		{ "back\\slash", "back\\slash" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc2\x85\xc2\x9b", "\\xc2\\x85\\xc2\\x9b" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xc3(\xed\xa0\x80", "\\xc3(\\xed\\xa0\\x80" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		log_info("t", "%s", rows[i].in);
		const char *message = last + strlen("2026-11-21T09:00:00.123Z "
						    "info t ");
		if (strcmp(message, rows[i].out) != 0)
			fail_msg("row %zu: \"%s\"", i, message);
	}
}

/* However long the text is and whatever it is made of, the line has a fixed
 * limit, is valid UTF-8 and ends with a whole character or escape. */
static void test_cut(void **state)
{
	(void)state;
	static const char *const units[] = { "x", "\n", "\x01", "\xc3\xa4",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff", "\xc2\x85" };
	char text[6000];

	for (size_t i = 0; i < COUNT(units); i++) {
		size_t unit = strlen(units[i]);

		for (size_t len = LIMIT_LOG_LINE - 60;
			len < LIMIT_LOG_LINE + 60; len++) {
			size_t at = 0;

			memset(text, '.', len % 7);
			for (at = len % 7; at + unit <= len; at += unit)
				memcpy(text + at, units[i], unit);
			text[at] = '\0';
			log_info("t", "%s", text);
			assert_true(strlen(last) < LIMIT_LOG_LINE);
			assert_true(strlen(last) > LIMIT_LOG_LINE - 120);
			assert_true(utf8_is_valid(slice_of(last)));
			const char *escape = strrchr(last, '\\');
			if (escape != NULL && escape[1] == 'x' &&
				strlen(escape) != 4)
				fail_msg("unit %zu: \"%s\"", i, escape);
		}
	}
}

static void test_errno_survives(void **state)
{
	(void)state;
	errno = EPIPE;
	log_info("t", "%s", "text");
	assert_int_equal(errno, EPIPE);
}

/* Run `fn` in a child whose standard error is one end of a socket that keeps
 * the borders of writes. Returns the exit status. */
static int in_child(void (*fn)(void), int *fd_r)
{
	int pair[2], status;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(pair[1], STDERR_FILENO);
		log_set_sink(NULL, NULL);
		fn();
		_exit(77);
	}
	close(pair[1]);
	*fd_r = pair[0];
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void write_two(void)
{
	log_info("t", "one\n");
	log_debug("t", "never");
	log_error("t", "two");
}

static void test_one_write_per_line(void **state)
{
	(void)state;
	char got[256];
	int fd;

	assert_int_equal(in_child(write_two, &fd), 77);
	ssize_t len = read(fd, got, sizeof(got));
	assert_int_equal(len, strlen("2026-11-21T09:00:00.123Z info t one\\n"
				     "\n"));
	assert_memory_equal(
		got, "2026-11-21T09:00:00.123Z info t one\\n\n", (size_t)len);
	len = read(fd, got, sizeof(got));
	assert_memory_equal(
		got, "2026-11-21T09:00:00.123Z error t two\n", (size_t)len);
	assert_int_equal(read(fd, got, sizeof(got)), 0);
	close(fd);
}

static void die(void)
{
	fatal("cannot %s", "start");
}

static void test_fatal(void **state)
{
	(void)state;
	char got[256];
	int fd;

	assert_int_equal(in_child(die, &fd), 1);
	ssize_t len = read(fd, got, sizeof(got));
	assert_true(len > 0);
	assert_memory_equal(got,
		"2026-11-21T09:00:00.123Z error main cannot start\n",
		(size_t)len);
	close(fd);
}

static void test_pause(void **state)
{
	(void)state;
	struct log_pause a = { 0 }, b = { 0 };
	assert_true(log_is_due(&a));
	assert_false(log_is_due(&a));
	assert_true(log_is_due(&b));
	clock_advance(59999);
	assert_false(log_is_due(&a));
	clock_advance(1);
	assert_true(log_is_due(&a));
	assert_false(log_is_due(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_form, setup, teardown),
		cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_errno_survives, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_one_write_per_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fatal, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
