/* Serial lines, on pseudo-terminals. */
#include "sms_modem/tty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "sms_modem/talk.h"

static struct loop *loop;
static struct conn *line;
static struct str got;
static bool has_some, has_ended;
static int modem = -1;
static char path[64];

static void on_line(struct conn *c, enum conn_event event, void *arg)
{
	struct slice input = conn_input(c);

	assert_null(arg);
	if (event == CONN_EOF || event == CONN_ERROR)
		has_ended = true;
	str_add_slice(&got, input);
	conn_consume(c, input.len);
	has_some = got.len > 0;
}

static struct conn *open_path(const char *where, const char **reason_r)
{
	return tty_open(loop, where, 115200, &modem_talk_limits, on_line, NULL,
		reason_r);
}

static int set_up(void **state)
{
	(void)state;
	int slave;
	const char *reason = "";

	loop = loop_new();
	str_init(&got, 4096);
	has_some = has_ended = false;
	/* As a terminal is that nobody has touched: it echoes, and waits for
	 * whole lines. */
	assert_int_equal(openpty(&modem, &slave, path, NULL, NULL), 0);
	close(slave);
	line = open_path(path, &reason);
	assert_string_equal(reason, "");
	assert_non_null(line);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	conn_close(&line);
	if (modem >= 0)
		close(modem);
	modem = -1;
	str_finish(&got);
	loop_free(&loop);
	return 0;
}

/* Whatever a terminal does to lines and to control characters. */
static void test_bytes(void **state)
{
	(void)state;
	static const char bytes[] =
		"\r\n> \x1a\x1b\x03\x04\x11\x13\x7f\xff\n\r";
	const size_t len = sizeof(bytes) - 1;
	char heard[64];
	size_t n = 0;

	assert_int_equal(write(modem, bytes, len), (int)len);
	loop_settle(loop, 5000, &has_some);
	assert_int_equal(got.len, len);
	assert_memory_equal(got.data, bytes, len);
	assert_int_equal(conn_write(line, slice_make(bytes, len)), 0);
	loop_settle(loop, 0, NULL);
	while (n < len) {
		ssize_t part = read(modem, heard + n, sizeof(heard) - n);

		assert_true(part > 0);
		n += (size_t)part;
	}
	assert_int_equal(n, len);
	assert_memory_equal(heard, bytes, len);
	/* Nothing came back as an echo. */
	loop_settle(loop, 0, NULL);
	assert_int_equal(got.len, len);
}

static void test_unplugged(void **state)
{
	(void)state;
	close(modem);
	modem = -1;
	loop_settle(loop, 5000, &has_ended);
	assert_true(has_ended);
	assert_string_not_equal(conn_reason(line), "");
}

static void test_alone(void **state)
{
	(void)state;
	const char *reason = "";

	assert_null(open_path(path, &reason));
	assert_string_equal(reason, "another program uses it");
	conn_close(&line);
	line = open_path(path, &reason);
	assert_non_null(line);
}

static void test_no_lines(void **state)
{
	(void)state;
	const char *reason = "";

	assert_null(open_path("/nowhere/at/all", &reason));
	assert_string_equal(reason, "No such file or directory");
	assert_null(open_path("/dev/null", &reason));
	assert_string_equal(reason, "it is no serial line");
	assert_true(tty_knows_speed(115200));
	assert_false(tty_knows_speed(115201));
	assert_false(tty_knows_speed(0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes),
		TEST(test_unplugged),
		TEST(test_alone),
		TEST(test_no_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
