/*
 * The audit log: a line for each text, which nobody can forge.
 */
#include "sms/fake_carrier.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "sms_law/audit_line.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"

static struct gw_session *alice;
static char folder[64], path[80], old[80];
static char content[64 * KIB];

static const char *config(const char *audit)
{
	static char text[2000];
	text_format(text, sizeof(text),
		"country = \"US\"; assign = ( { number = \"" OWN
		"\"; users = ( \"user@example.test\" ); } ); "
		"destinations = { price = 0.0075; deny = ( \"+1555666\" ); }; "
		"audit = { %s }; backends = ( { kind = \"fake\"; name = "
		"\"main\"; numbers = ( \"" OWN "\" ); } );",
		audit);
	return text;
}

static const char *to_file(const char *more)
{
	static char text[200];
	text_format(text, sizeof(text), "to = \"file\"; file = \"%s\"; %s",
		path, more);
	return text;
}

static void begin(const char *audit)
{
	alice = begin_gateway(config(audit), OWN);
	carrier_goes("main", CARRIER_UP);
}

static int set_up(void **state)
{
	(void)state;
	text_copy(folder, sizeof(folder), "/tmp/causeway-audit-XXXXXX");
	assert_non_null(mkdtemp(folder));
	text_format(path, sizeof(path), "%s/log", folder);
	text_format(old, sizeof(old), "%s/log.1", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_core_free(&core);
	unlink(path);
	unlink(old);
	return rmdir(folder);
}

static gw_request text(const char *to, const char *words)
{
	return sent_text(alice, to, words);
}

/* All lines of the file, without their times. */
static const char *lines_of(const char *name)
{
	static char lines[sizeof(content)];
	FILE *f = fopen(name, "r");
	char *out = lines, *rest = content;
	assert_non_null(f);
	content[fread(content, 1, sizeof(content) - 1, f)] = '\0';
	fclose(f);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (*line == '\0')
			continue;
		char *space = strchr(line, ' ');
		assert_non_null(space);
		assert_true(line[10] == 'T' && space[-1] == 'Z');
		out += sprintf(out, "%s\n", space + 1);
	}
	*out = '\0';
	return lines;
}

static void expect_lines(const char *wanted)
{
	assert_string_equal(lines_of(path), wanted);
	assert_int_equal(truncate(path, 0), 0);
}

#define OUT(id, segments, cost, end)                                        \
	"out id=0000000" id " user=user@example.test from=" OWN " to=" PEER \
	" segments=" segments " cost=" cost " backend=main " end "\n"

static void texts_that_go(void **state)
{
	(void)state;
	begin(to_file(""));
	struct stat info;
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	text(PEER, "hello");
	expect_lines("");
	carrier_accepts("main", "id1");
	expect_lines(OUT("1", "1", "0.007500", "outcome=accepted network=id1"));
	carrier_reports("main", 1, "id1", SMS_DELIVERED);
	expect_lines(
		OUT("1", "1", "0.007500", "outcome=delivered network=id1"));
	text(PEER, "blocked");
	carrier_rejects("main", SMS_BLOCKED, "no \"thanks\"\n");
	expect_lines(OUT("2", "1", "0.000000",
		"outcome=failed class=blocked network=-"));
	text(PEER, "lost");
	carrier_loses("main");
	expect_lines(
		OUT("3", "1", "0.007500", "outcome=unknown class=- network=-"));
	text("+15556660000", "denied");
	expect_lines("out user=user@example.test from=" OWN
		     " to=+15556660000 outcome=refused class=policy\n");
}

/* What was written before a restart is not written again. */
static void nothing_twice(void **state)
{
	(void)state;
	begin(to_file(""));
	text(PEER, "hello");
	carrier_accepts("main", "id1");
	text("+15557770001", "on its way");
	(void)lines_of(path);
	assert_int_equal(truncate(path, 0), 0);
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
	expect_lines("out id=00000002 user=user@example.test from=" OWN
		     " to=+15557770001 segments=1 cost=0.007500 backend=main "
		     "outcome=unknown class=- network=-\n");
}

static void texts_that_come(void **state)
{
	(void)state;
	begin(to_file(""));
	fake_hold_settled(alice, true);
	carrier_brings("main", 1, PEER, OWN, "secret", "net1");
	const char *lines = lines_of(path);
	assert_non_null(strstr(lines, " user=user@example.test from=" PEER
				      " to=" OWN " segments=1 backend=main "
				      "outcome=stored\n"));
	assert_null(strstr(lines, "secret"));
	/* Again is nothing new. */
	carrier_brings("main", 2, PEER, OWN, "secret", "net1");
	const char *end = strchr(lines_of(path), '\n');
	assert_string_equal(end, "\n");
}

static void bodies_and_ids_are_quoted(void **state)
{
	(void)state;
	begin(to_file("bodies = true;"));
	text(PEER, "a \"b\"\nout id=1");
	carrier_accepts("main", "x\noutcome=delivered\xff\xe2\x80\xa8");
	expect_lines(OUT("1", "1", "0.007500",
		"outcome=accepted network=\"x\\x0aoutcome=delivered"
		"\\xff\\xe2\\x80\\xa8\" body=\"a \\\"b\\\"\\x0aout id=1\""));
	carrier_brings("main", 1, PEER, OWN, "hi there", "net1");
	assert_non_null(strstr(lines_of(path), " body=\"hi there\"\n"));
}

static void the_file_is_opened_anew(void **state)
{
	(void)state;
	begin(to_file(""));
	assert_int_equal(rename(path, old), 0);
	text(PEER, "x");
	carrier_accepts("main", "id1");
	assert_non_null(strstr(lines_of(old), "network=id1"));
	fake_reload(core, config(to_file("")));
	text(PEER, "y");
	carrier_accepts("main", "id2");
	assert_non_null(strstr(lines_of(path), "network=id2"));
	assert_null(strstr(lines_of(old), "network=id2"));
	/* One that cannot be opened changes nothing. */
	fake_reload(core, config("to = \"file\"; file = \"/nowhere/log\";"));
	text(PEER, "z");
	carrier_accepts("main", "id3");
	assert_non_null(strstr(lines_of(path), "network=id3"));
	fake_reload(core, config("to = \"none\";"));
	text(PEER, "z");
	carrier_accepts("main", "id4");
	assert_null(strstr(lines_of(path), "network=id4"));
}

static struct str logged;

static void on_log(enum log_level level, const char *line, void *arg)
{
	(void)level, (void)arg;
	str_addf(&logged, "%s\n", line);
}

static void it_goes_to_the_log(void **state)
{
	(void)state;
	logged = (struct str){ .max = 64 * KIB };
	log_set_sink(on_log, NULL);
	begin("");
	text(PEER, "x");
	carrier_accepts("main", "id1");
	log_set_sink(NULL, NULL);
	assert_non_null(strstr(str_text(&logged), " info audit out id="));
	str_finish(&logged);
}

/* Whatever a value holds: a line stays one, and the value ends where it
 * ends. */
static void values(void **state)
{
	static const char *const rows[][2] = {
		{ "", " k=-" },
		{ "abc+1@x.y", " k=abc+1@x.y" },
		{ "a b", " k=\"a b\"" },
		{ "a=b", " k=\"a=b\"" },
		{ "\"", " k=\"\\\"\"" },
		{ "\\", " k=\"\\\\\"" },
		{ "\r\n\t\x1b\x7f", " k=\"\\x0d\\x0a\\x09\\x1b\\x7f\"" },
		{ "\xc2\x85", " k=\"\\xc2\\x85\"" },
		{ "\xe2\x80\xae", " k=\"\\xe2\\x80\\xae\"" },
		{ "\xc3\xa4", " k=\"\xc3\xa4\"" },
		{ "\xc3", " k=\"\\xc3\"" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str line = { .max = KIB };
		audit_put_text(&line, "k", rows[i][0]);
		assert_string_equal(str_text(&line), rows[i][1]);
		str_finish(&line);
	}
	struct str line = { .max = KIB };
	audit_put(&line, "k", slice_make("a\0b", 3));
	assert_string_equal(str_text(&line), " k=\"a\\x00b\"");
	str_finish(&line);
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ONE(texts_that_go),
		ONE(nothing_twice),
		ONE(texts_that_come),
		ONE(bodies_and_ids_are_quoted),
		ONE(the_file_is_opened_anew),
		ONE(it_goes_to_the_log),
		cmocka_unit_test(values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
