/*
 * Many users who connect to one network: in order, not faster than the
 * configuration says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "irc/irc.h"
#include "irc/irc_server.h"

#define TWO_SLOWLY "connects = { burst = 2; rate = 0.5; };"

static struct fake_core *core;
static struct irc_server *server;
static struct gw_session *sessions[60];

static void begin(const char *extra, const char *config)
{
	core = irc_core_new(&server, extra, config);
}

static void end(void)
{
	irc_server_free(&server);
	fake_core_free(&core);
}

static void open_many(size_t count)
{
	assert_true(count <= COUNT(sessions));
	for (size_t i = 0; i < count; i++) {
		sessions[i] = fake_session(core, "irc.test");
		fake_open(sessions[i]);
	}
}

static void expect_connections(unsigned count, int64_t after_ms)
{
	fake_run(core, after_ms);
	assert_int_equal(irc_server_count(server), count);
}

static size_t queue_count(void)
{
	const struct irc_gateway *irc = fake_core_gw(core)->impl;

	return irc->queues.count;
}

static void test_pace(void **state)
{
	(void)state;
	begin("", TWO_SLOWLY);
	open_many(5);
	fake_expect(core, "delayed 2000");
	fake_expect(core, "delayed 4000");
	fake_expect(core, "delayed 6000");
	assert_int_equal(fake_count(core, "delayed *"), 3);
	expect_connections(2, 1990);
	expect_connections(3, 20);
	expect_connections(3, 1970);
	expect_connections(4, 20);
	expect_connections(5, 2000);
	/* Nothing is kept of a network when its burst is full again. */
	assert_int_equal(queue_count(), 1);
	fake_run(core, 4000);
	assert_int_equal(queue_count(), 0);
	open_many(2);
	expect_connections(7, 0);
	assert_int_equal(fake_count(core, "delayed *"), 3);
	end();
}

static void test_defaults(void **state)
{
	(void)state;
	begin("", "");
	open_many(7);
	expect_connections(5, 900);
	expect_connections(7, 1200);
	end();
}

static void test_no_limit(void **state)
{
	(void)state;
	begin("connects = { burst = 0; };", TWO_SLOWLY);
	open_many(60);
	expect_connections(60, 0);
	assert_int_equal(queue_count(), 0);
	end();
}

static void test_network_says_more(void **state)
{
	(void)state;
	begin("connects = { rate = 20.0; };", TWO_SLOWLY);
	open_many(12);
	expect_connections(2, 40);
	expect_connections(12, 500);
	end();
}

static void test_leaving(void **state)
{
	(void)state;
	begin("", TWO_SLOWLY);
	open_many(6);
	/* In front, in the middle, at the end. */
	fake_close(sessions[2], "bye");
	fake_close(sessions[4], NULL);
	fake_close(sessions[5], NULL);
	expect_connections(2, 1990);
	expect_connections(3, 20);
	expect_connections(3, 10000);
	fake_open(sessions[4]);
	expect_connections(4, 0);
	/* All leave, one of them when its turn had come. */
	fake_open(sessions[5]);
	fake_open(sessions[2]);
	fake_close(sessions[2], NULL);
	fake_close(sessions[5], NULL);
	expect_connections(4, 20000);
	assert_int_equal(queue_count(), 0);
	end();
}

/* Leaving and coming back is no way past the others. */
static void test_coming_and_going(void **state)
{
	(void)state;
	begin("", TWO_SLOWLY);
	open_many(3);
	for (int i = 0; i < 100; i++) {
		fake_close(sessions[2], NULL);
		fake_open(sessions[2]);
	}
	expect_connections(2, 1900);
	expect_connections(3, 200);
	end();
}

static void test_networks_apart(void **state)
{
	struct gw_session *other;

	(void)state;
	begin("tls = \"none\"; }, { host = \"irc.two\"; port = 1; "
	      "address = \"127.0.0.1\"; tls = \"none\";",
		TWO_SLOWLY);
	open_many(4);
	other = fake_session(core, "irc.two");
	fake_open(other);
	fake_wait(core, "closed GW_UNREACHABLE *", 100);
	expect_connections(2, 0);
	end();
}

/* The operator lets them in faster, or all at once. */
static void test_reload(void **state)
{
	struct gw *gw;
	struct irc_config *config;

	(void)state;
	begin("", "connects = { burst = 1; rate = 0.001; };");
	open_many(10);
	expect_connections(1, 1000);
	gw = fake_core_gw(core);
	config = (struct irc_config *)(uintptr_t)gw->config;
	config->connects.rate = 1;
	gw->ops->reload(gw);
	expect_connections(4, 3100);
	config->connects.burst = 0;
	gw->ops->reload(gw);
	expect_connections(10, 10);
	fake_run(core, 10);
	assert_int_equal(queue_count(), 0);
	end();
}

static void test_end_while_waiting(void **state)
{
	(void)state;
	begin("", TWO_SLOWLY);
	open_many(8);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_network_says_more),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_coming_and_going),
		cmocka_unit_test(test_networks_apart),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_end_while_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
