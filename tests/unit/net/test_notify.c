/* The notification socket, by path and by abstract name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/macros.h"
#include "net/notify.h"

static unsigned warnings;

static void on_log(
	enum log_level level UNUSED, const char *line UNUSED, void *arg UNUSED)
{
	warnings++;
}

static int set_up(void **state UNUSED)
{
	warnings = 0;
	log_set_sink(on_log, NULL);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

static int tear_down(void **state UNUSED)
{
	log_set_sink(NULL, NULL);
	return 0;
}

/* A manager that listens at `path`, '@' for abstract. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(
		bind(fd, (const struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    len)),
		0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static void assert_hears(int fd, const char *text)
{
	char buf[256];
	ssize_t n = read(fd, buf, sizeof(buf));

	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, (size_t)n);
}

static void states_are_sent(void **state UNUSED)
{
	char dir[] = "/tmp/causeway-notify-XXXXXX";
	char path[64];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	for (int i = 0; i < 2; i++) {
		int fd;

		if (i == 1)
			snprintf(path, sizeof(path), "@causeway-notify-%d",
				(int)getpid());
		fd = listen_at(path);
		notify_send("READY=1");
		notify_send("STATUS=going");
		assert_hears(fd, "READY=1");
		assert_hears(fd, "STATUS=going");
		close(fd);
		if (i == 0)
			unlink(path);
	}
	rmdir(dir);
	assert_int_equal(warnings, 0);
}

static void no_socket_is_no_error(void **state UNUSED)
{
	static const char *const rows[] = { "", "@", "/", "relative",
		"vsock:2:1", "http://x" };

	notify_send("READY=1");
	for (size_t i = 0; i < COUNT(rows); i++) {
		setenv("NOTIFY_SOCKET", rows[i], 1);
		notify_send("READY=1");
	}
	assert_int_equal(warnings, 0);
}

static void a_dead_manager_is_logged(void **state UNUSED)
{
	char longest[300];

	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_send("READY=1");
	assert_int_equal(warnings, 1);
	/* Too long for an address: there is nobody to reach. */
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	notify_send("READY=1");
	assert_int_equal(warnings, 1);
}

static void the_watchdog_is_half_its_time(void **state UNUSED)
{
	static const struct {
		const char *usec;
		bool is_ours;
		int64_t ms;
	} rows[] = {
		{ "30000000", true, 15000 },
		{ "2000", true, 1 },
		{ "1", true, 1 },
		{ "0", true, 0 },
		{ "", true, 0 },
		{ "-5", true, 0 },
		{ "5x", true, 0 },
		{ " 5", true, 0 },
		{ "99999999999999999999", true, 0 },
		{ "30000000", false, 0 },
	};
	char pid[32];

	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "4000000", 1);
	assert_int_equal(notify_watchdog_ms(), 2000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(pid, sizeof(pid), "%d",
			(int)getpid() + (rows[i].is_ours ? 0 : 1));
		setenv("WATCHDOG_PID", pid, 1);
		setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (notify_watchdog_ms() != rows[i].ms)
			fail_msg("row %zu", i);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(states_are_sent),
		TEST(no_socket_is_no_error),
		TEST(a_dead_manager_is_logged),
		TEST(the_watchdog_is_half_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
