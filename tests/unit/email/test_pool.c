/* The pool, with real workers and with programs that only pretend to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "email/pool.h"
#include "net/loop.h"
#include "net/tls.h"

/* For what happens at once: only a fault needs all of it. */
#define PATIENCE_MS 60000

static struct loop *loop;
static struct mail_pool *pool;
static struct mail_link *link_under_test;
static struct str told; /* names of frames, errors */
static bool is_told;
static uint64_t blame[2];
static char script_path[64];

static void hush(
	enum log_level level UNUSED, const char *line UNUSED, void *arg UNUSED)
{
}

static int set_up(void **state UNUSED)
{
	log_set_sink(hush, NULL);
	loop = loop_new();
	str_init(&told, 4096);
	is_told = false;
	return 0;
}

static int tear_down(void **state UNUSED)
{
	mail_link_close(&link_under_test);
	mail_pool_free(&pool);
	loop_free(&loop);
	str_finish(&told);
	if (script_path[0] != '\0')
		unlink(script_path);
	script_path[0] = '\0';
	log_set_sink(NULL, NULL);
	return 0;
}

static void make_pool(const char *program)
{
	struct mail_pool_config config = {
		.program = program, .workers = 1, .verify = true
	};
	const char *reason = "";

	pool = mail_pool_new(loop, &config, &reason);
	assert_non_null(pool);
}

/* A worker of the kind that there should not be. */
static void pretend(const char *script)
{
	FILE *file;
	int fd;

	(void)text_copy(script_path, sizeof(script_path), "/tmp/pool-XXXXXX");
	fd = mkstemp(script_path);
	file = fdopen(fd, "w");
	fprintf(file, "#!/bin/sh\n%s\n", script);
	fchmod(fd, 0700);
	fclose(file);
	make_pool(script_path);
}

static void hear(const struct frame *f, void *arg UNUSED)
{
	str_addf(&told, "%s %d ", frame_name(f->type),
		(int)f->numbers[f->type == FRAME_STATE ? 1 : 0]);
	blame[0] = f->numbers[2];
	blame[1] = f->numbers[3];
	is_told = true;
}

/* Our end of the link's connection; the server speaks there. */
static int open_link(void)
{
	struct frame open = { .numbers = { LINK_IMAP, TLS_NONE,
				      LOGIN_PASSWORD },
		.texts = { { "mail.example.org", 16 }, { "user", 4 },
			{ "secret", 6 }, { "gw.example.org", 14 } } };
	int fds[2];

	is_told = false;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	link_under_test = mail_link_open(pool, fds[1], &open, hear, NULL);
	assert_non_null(link_under_test);
	assert_false(is_told);
	return fds[0];
}

static void wait_told(void)
{
	is_told = false;
	loop_settle(loop, PATIENCE_MS, &is_told);
	assert_true(is_told);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* What the worker says, up to this. */
static void expect(int fd, const char *text)
{
	char buf[4096];
	size_t len = 0;

	while (len == 0 || strstr(buf, text) == NULL) {
		ssize_t n;

		loop_settle(loop, 5, NULL);
		n = recv(fd, buf + len, sizeof(buf) - 1 - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		buf[len] = '\0';
	}
}

static int child_pid_of_pool(void)
{
	char path[64];
	FILE *file;
	int pid = 0;

	(void)text_format(
		path, sizeof(path), "/proc/self/task/%d/children", getpid());
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	fclose(file);
	return pid;
}

/* --- Real workers -------------------------------------------------------- */

static void a_link_fails_and_its_requests_before(void **state UNUSED)
{
	struct frame fetch = { .type = FRAME_FETCH, .numbers = { 1 } };
	struct mail_request *r;
	int fd;

	make_pool(NULL);
	fd = open_link();
	r = mail_link_ask(
		link_under_test, &fetch, slice_make(NULL, 0), hear, NULL);
	assert_non_null(r);
	say(fd, "* BYE not today\r\n");
	wait_told();
	while (strstr(str_text(&told), "STATE") == NULL)
		wait_told();
	assert_string_equal(str_text(&told), "DONE 6 STATE 6 ");
	/* Asked too late. */
	r = mail_link_ask(
		link_under_test, &fetch, slice_make(NULL, 0), hear, NULL);
	assert_non_null(r);
	wait_told();
	assert_string_equal(str_text(&told), "DONE 6 STATE 6 DONE 6 ");
	close(fd);
}

static void log_in(int fd)
{
	say(fd, "* OK [CAPABILITY IMAP4rev1] hello\r\n");
	expect(fd, "1 LOGIN user secret\r\n");
	say(fd, "1 OK [CAPABILITY IMAP4rev1] in\r\n");
	wait_told();
	assert_string_equal(str_text(&told), "STATE 0 ");
	str_reset(&told);
}

static void closing_logs_out(void **state UNUSED)
{
	int fd;

	make_pool(NULL);
	fd = open_link();
	log_in(fd);
	mail_link_close(&link_under_test);
	expect(fd, "LOGOUT\r\n");
	close(fd);
	assert_string_equal(str_text(&told), "");
}

static void a_killed_worker_costs_its_links(void **state UNUSED)
{
	struct frame search = { .type = FRAME_SEARCH,
		.numbers = { 10 },
		.texts = { { "INBOX", 5 }, { "FROM\nx", 6 } } };
	struct mail_pool_state look;
	struct mail_request *r;
	int fd;

	make_pool(NULL);
	fd = open_link();
	log_in(fd);
	mail_pool_look(pool, &look);
	assert_int_equal(look.workers, 1);
	assert_int_equal(look.links, 1);
	assert_true(look.memory > 0);
	r = mail_link_ask(
		link_under_test, &search, slice_make(NULL, 0), hear, NULL);
	assert_non_null(r);
	expect(fd, "SELECT");
	kill(child_pid_of_pool(), SIGKILL);
	wait_told();
	assert_string_equal(str_text(&told), "DONE 13 STATE 13 ");
	/* It waited for the server: nobody's fault. */
	assert_int_equal(blame[0], 0);
	mail_pool_look(pool, &look);
	assert_int_equal(look.workers, 0);
	assert_int_equal(look.crashes, 1);
	mail_link_close(&link_under_test);
	close(fd);
	/* And the next one begins anew, if not at once. */
	str_reset(&told);
	for (;;) {
		fd = open_link();
		loop_settle(loop, 50, NULL);
		mail_pool_look(pool, &look);
		if (look.workers == 1)
			break;
		mail_link_close(&link_under_test);
		close(fd);
	}
	str_reset(&told);
	log_in(fd);
	close(fd);
}

static void documents_are_read(void **state UNUSED)
{
	static const char document[] =
		"<clientConfig version=\"1.1\"><emailProvider id=\"x.test\">"
		"</emailProvider></clientConfig>";
	struct frame read = { .type = FRAME_READ,
		.numbers = { READ_AUTOCONFIG } };

	make_pool(NULL);
	read.texts[0] = slice_of(document);
	assert_non_null(mail_pool_ask(pool, &read, hear, NULL));
	wait_told();
	assert_string_equal(str_text(&told), "DONE 0 ");
	str_reset(&told);
	read.texts[0] = slice_of("<!DOCTYPE");
	assert_non_null(mail_pool_ask(pool, &read, hear, NULL));
	wait_told();
	assert_string_equal(str_text(&told), "DONE 11 ");
}

static void what_is_cancelled_is_not_told(void **state UNUSED)
{
	struct frame read = { .type = FRAME_READ,
		.numbers = { READ_AUTOCONFIG } };
	struct mail_request *r;

	make_pool(NULL);
	read.texts[0] = slice_of("<!DOCTYPE");
	r = mail_pool_ask(pool, &read, hear, NULL);
	mail_request_cancel(&r);
	assert_null(r);
	assert_non_null(mail_pool_ask(pool, &read, hear, NULL));
	wait_told();
	assert_string_equal(str_text(&told), "DONE 11 ");
}

/* --- Others -------------------------------------------------------------- */

static void who_says_nonsense_is_killed(void **state UNUSED)
{
	int fd;

	pretend("printf '\\0\\0\\0\\011\\177' >&3; while :; do :; done");
	fd = open_link();
	wait_told();
	assert_string_equal(str_text(&told), "STATE 13 ");
	close(fd);
}

static void who_speaks_of_others_is_killed(void **state UNUSED)
{
	int fd;

	/* An OPEN is nothing that a worker says. */
	pretend("printf '\\0\\0\\0\\011\\001' >&3; while :; do :; done");
	fd = open_link();
	wait_told();
	assert_string_equal(str_text(&told), "STATE 13 ");
	close(fd);
}

static void the_dying_one_says_of_what(void **state UNUSED)
{
	int fd;

	/* Little-endian: link 1, request 0, UID 7. */
	pretend("printf '\\001\\0\\0\\0\\0\\0\\0\\0\\007\\0\\0\\0\\0\\0\\0\\0' "
		"1<>/proc/self/fd/4; kill -SEGV $$");
	fd = open_link();
	wait_told();
	assert_string_equal(str_text(&told), "STATE 13 ");
	assert_int_equal(blame[0], 1);
	assert_int_equal(blame[1], 7);
	close(fd);
}

static void a_worker_that_always_dies_is_not_started_all_the_time(
	void **state UNUSED)
{
	struct mail_pool_state look;

	pretend("exit 1");
	for (int i = 0; i < 20; i++) {
		int fd = open_link();

		wait_told();
		mail_link_close(&link_under_test);
		close(fd);
		str_reset(&told);
		is_told = false;
	}
	mail_pool_look(pool, &look);
	assert_true(look.crashes < 20);
}

static void no_program(void **state UNUSED)
{
	struct mail_pool_config config = { .program = "/nonexistent/worker" };
	const char *reason = "";

	assert_null(mail_pool_new(loop, &config, &reason));
	assert_non_null(strstr(reason, "causeway-mail"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_link_fails_and_its_requests_before),
		TEST(closing_logs_out),
		TEST(a_killed_worker_costs_its_links),
		TEST(documents_are_read),
		TEST(what_is_cancelled_is_not_told),
		TEST(who_says_nonsense_is_killed),
		TEST(who_speaks_of_others_is_killed),
		TEST(the_dying_one_says_of_what),
		TEST(a_worker_that_always_dies_is_not_started_all_the_time),
		TEST(no_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
