/*
 * The configuration reader: values, defaults, and every message.
 */
#include "base/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/intern.h"
#include "base/limits.h"
#include "base/log.h"
#include "config_sample.h"

#include <cmocka.h>

/* --- Values and defaults ------------------------------------------------- */

static struct sample *parse(const char *text)
{
	struct str error;

	str_init(&error, 1000);
	struct sample *s = cfg_parse(text, "t.conf", &sample_group, &error);
	if (s == NULL)
		fail_msg("%s", str_text(&error));
	assert_int_equal(error.len, 0);
	str_finish(&error);
	return s;
}

static void release(struct sample *s)
{
	cfg_free(s, &sample_group);
	assert_int_equal(intern_count(), 0);
}

static void test_defaults(void **state)
{
	(void)state;
	struct sample *s = parse("");

	assert_string_equal(s->xmpp.host, "127.0.0.1");
	assert_int_equal(s->xmpp.port, 5347);
	assert_string_equal(s->xmpp.place.file, "t.conf");
	assert_int_equal(s->xmpp.place.line, 1);
	assert_string_equal(s->storage, "sqlite:x.db");
	assert_int_equal(s->admins.count, 0);
	assert_int_equal(s->ports.count, 0);
	assert_false(s->verbose);
	assert_true(s->ratio == 0.25);
	assert_int_equal(s->level, 2);
	assert_int_equal(s->count, 0);
	/* A missing group has defaults, its required key is not asked for. */
	assert_null(s->optional.cert);
	assert_int_equal(s->optional.days, 30);
	assert_int_equal(s->optional.names.count, 3);
	assert_string_equal(s->optional.names.items[0], "one");
	assert_string_equal(s->optional.names.items[1], "two");
	assert_string_equal(s->optional.names.items[2], "three");
	assert_int_equal(s->optional.numbers.count, 3);
	assert_int_equal(*(int *)s->optional.numbers.items[1], -2);
	assert_int_equal(s->optional.inner.depth, 3);
	assert_int_equal(s->gateways.count, 0);
	release(s);
}

static void test_values(void **state)
{
	(void)state;
	struct sample *s = parse(
		"# comment with 99999999999 and \" in it\n"
		"xmpp = { host = \"xmpp.example\"; port = 0x14E4; };\n"
		"storage = \"postgresql:\" \"dbname=x\";  // 99999999999\n"
		"admins = ( \"a@example.org\", \"\xc3\xa4\" );\n"
		"ports : [ 1, 65535 ]\n"
		"verbose = TRUE;\n"
		"ratio = 1;\n"
		"level = \"error\";\n"
		"count = -2147483648;\n"
		"/* 99999999999 \" */ optional = {\n"
		"  cert = \"c \\\" \\\\ 99999999999 // # /* \\x41\";\n"
		"  days = 2147483647L;\n"
		"  names = ();\n"
		"  numbers = ( 7L, 0xfL, +3 );\n"
		"  inner : { depth = 2 }\n"
		"};\n");

	assert_string_equal(s->xmpp.host, "xmpp.example");
	assert_int_equal(s->xmpp.port, 5348);
	assert_int_equal(s->xmpp.place.line, 2);
	assert_string_equal(s->storage, "postgresql:dbname=x");
	assert_int_equal(s->admins.count, 2);
	assert_string_equal(s->admins.items[1], "\xc3\xa4");
	assert_int_equal(s->ports.count, 2);
	assert_int_equal(*(int *)s->ports.items[1], 65535);
	assert_true(s->verbose);
	assert_true(s->ratio == 1);
	assert_int_equal(s->level, 0);
	assert_int_equal(s->count, INT_MIN);
	assert_string_equal(s->optional.cert, "c \" \\ 99999999999 // # /* A");
	assert_int_equal(s->optional.days, INT_MAX);
	assert_int_equal(s->optional.names.count, 0);
	assert_int_equal(s->optional.numbers.count, 3);
	assert_int_equal(*(int *)s->optional.numbers.items[1], 15);
	assert_int_equal(s->optional.inner.depth, 2);
	release(s);
}

static void test_empty_is_null(void **state)
{
	(void)state;
	struct sample *s = parse("storage = \"\";");

	assert_null(s->storage);
	release(s);
}

static void test_reals(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} rows[] = {
		{ "ratio = 0.5;", 0.5 },
		{ "ratio = .5;", 0.5 },
		{ "ratio = .00000000005;", 0.00000000005 },
		{ "ratio = 1.;", 1 },
		{ "ratio = 5e-1;", 0.5 },
		{ "ratio = 5000000000e-10;", 0.5 },
		{ "ratio = 0.99999999999;", 0.99999999999 },
		{ "ratio = 0;", 0 },
		{ "ratio = 1L;", 1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sample *s = parse(rows[i].text);

		if (s->ratio != rows[i].value)
			fail_msg("row %zu: %g", i, s->ratio);
		release(s);
	}
}

#define GATEWAY "type = \"irc\"; jid = \"irc.example\"; secret = \"s\";"

static void test_gateways(void **state)
{
	(void)state;
	struct sample *s = parse(
		"gateways = (\n"
		"  { " GATEWAY "\n"
		"    networks = ( { host = \"a\"; },\n"
		"                 { host = \"b\"; port = 1; tls = \"none\"; }\n"
		"    );\n"
		"    password = \"p\"; any_network = false;\n"
		"    flood = { burst = 0; }; },\n"
		"  { jid = \"x\"; secret = \"y\"; country = \"US\";\n"
		"    type = \"sms\"; },\n"
		"  { type = \"bare\"; jid = \"x\"; secret = \"y\"; }\n"
		");\n");

	assert_int_equal(s->gateways.count, 3);
	struct sample_gateway *g = s->gateways.items[0];
	assert_string_equal(g->jid, "irc.example");
	assert_string_equal(secret_reveal(g->secret).data, "s");
	assert_int_equal(g->place.line, 2);
	struct sample_irc *irc = g->own;
	assert_int_equal(irc->place.line, 2);
	assert_int_equal(irc->networks.count, 2);
	struct sample_network *n = irc->networks.items[0];
	assert_string_equal(n->host, "a");
	assert_int_equal(n->port, 6697);
	assert_int_equal(n->tls, 0);
	assert_int_equal(n->place.line, 3);
	n = irc->networks.items[1];
	assert_int_equal(n->port, 1);
	assert_int_equal(n->tls, 2);
	assert_int_equal(n->place.line, 4);
	assert_string_equal(secret_reveal(irc->password).data, "p");
	assert_false(irc->any_network);
	assert_int_equal(irc->flood.burst, 0);
	assert_true(irc->flood.rate == 0.5);

	g = s->gateways.items[1];
	assert_int_equal(g->place.line, 8);
	assert_string_equal(((struct sample_sms *)g->own)->country, "US");
	g = s->gateways.items[2];
	assert_null(g->own);
	release(s);
}

/* --- Every message ------------------------------------------------------- */

static void expect_error(size_t row, const char *text, const char *want)
{
	struct str error;

	str_init(&error, 1000);
	str_add(&error, "what was there before");
	void *got = cfg_parse(text, "t.conf", &sample_group, &error);
	if (got != NULL || strcmp(str_text(&error), want) != 0)
		fail_msg("row %zu (%s): %s", row, text, str_text(&error));
	assert_int_equal(intern_count(), 0);
	str_finish(&error);
}

#define SYNTAX \
	"syntax error here or just before; a setting is written NAME = VALUE;"
#define ALL_KEYS                                                       \
	"xmpp, storage, admins, ports, verbose, ratio, level, count, " \
	"optional, gateways"
#define IN_GATEWAY(text) "gateways = ( { " GATEWAY "\n" text " } );"

static void test_file_messages(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "\xef\xbb\xbf"
		  "count = 1;",
			"t.conf:1: the file begins with a byte order mark; "
			"save it as UTF-8 without one" },
		{ "count = 1;\n\n= ;", "t.conf:3: " SYNTAX },
		{ "count = 1", "" },
		{ "count = (", "t.conf:1: " SYNTAX },
		{ "count = 1;\n}", "t.conf:2: " SYNTAX },
		{ "count = 1;;", "t.conf:1: " SYNTAX },
		{ "\nadmins = ( \"a\", );", "t.conf:2: " SYNTAX },
		{ "\n\x01", "t.conf:2: " SYNTAX },
		{ "@include t.conf", "t.conf:1: " SYNTAX },
		{ "count = 1;\ncount = 2;",
			"t.conf:2: duplicate setting name" },
		{ "\nstorage = \"x\n\n\n",
			"t.conf:2: the string that begins here has no end" },
		{ "storage = \"x\\\"\n",
			"t.conf:1: the string that begins here has no end" },
		{ "\n\n/* \" */ /* \n */ /* \n",
			"t.conf:4: the comment that begins here has no end" },
		{ "storage = \"a\\x00b\";",
			"t.conf:1: a string must not contain \\x00" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].want[0] == '\0')
			release(parse(rows[i].text));
		else
			expect_error(i, rows[i].text, rows[i].want);
	}
}

#define SMALL "numbers go from -2147483648 to 2147483647"

static void test_number_messages(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "count = 4294967296;",
			"t.conf:1: the number 4294967296 is too large: " SMALL },
		{ "\ncount = 2147483648;",
			"t.conf:2: the number 2147483648 is too large: " SMALL },
		{ "count = -2147483649;",
			"t.conf:1: the number -2147483649 is too large: " SMALL },
		{ "count=0xFFFFFFFF;",
			"t.conf:1: the number 0xFFFFFFFF is too large: " SMALL },
		{ "count=0x80000000;",
			"t.conf:1: the number 0x80000000 is too large: " SMALL },
		{ "xmpp = {\n port = 99999999999999999999999999999999999999"
		  "99999999; };",
			"t.conf:2: the number 99999999999999999999999999999999"
			"99999999 is too large: " SMALL },
		{ "count = 99999999999999999999L;",
			"t.conf:1: the number 99999999999999999999 is too "
			"large: it must fit in 64 bits" },
		{ "count = 99999999999L;",
			"t.conf:1: count must be from -2147483648 to "
			"2147483647, not 99999999999" },
		{ "xmpp = {\n port = 65536; };",
			"t.conf:2: xmpp.port must be a whole number from 1 to "
			"65535, not 65536" },
		{ "xmpp = { port = -1L; };",
			"t.conf:1: xmpp.port must be a whole number from 1 to "
			"65535, not -1" },
		{ "optional = { cert = \"x\"; days = 0; };",
			"t.conf:1: optional.days must be a whole number of at "
			"least 1 (days), not 0" },
		{ "ratio = 1.01;",
			"t.conf:1: ratio must be a number from 0 to 1, not "
			"1.01" },
		{ "ratio = 1e999;",
			"t.conf:1: ratio must be a number from 0 to 1, not "
			"inf" },
		{ "ratio = -1;",
			"t.conf:1: ratio must be a number from 0 to 1, not -1" },
		{ "ports = ( 1,\n 65536 );",
			"t.conf:2: an element of ports must be a whole number "
			"from 1 to 65535, not 65536" },
		{ IN_GATEWAY("flood = { rate = 0; };"),
			"t.conf:2: gateways.flood.rate must be a number from "
			"0.01 to 1000 (lines per second), not 0" },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_error(i, rows[i].text, rows[i].want);
}

static void test_type_messages(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "storage = 5;", "storage must be a string, not a whole "
				  "number" },
		{ "storage = 5.0;", "storage must be a string, not a number "
				    "with a point" },
		{ "storage = ( \"x\" );", "storage must be a string, not a "
					  "list" },
		{ "storage = { };", "storage must be a string, not a group" },
		{ "storage = true;", "storage must be a string, not true or "
				     "false" },
		{ "verbose = 1;", "verbose must be true or false, not a whole "
				  "number" },
		{ "verbose = \"yes\";",
			"verbose must be true or false, not a string" },
		{ "count = \"5\";",
			"count must be a whole number, not a string" },
		{ "count = 1.0;", "count must be a whole number, not a number "
				  "with a point" },
		{ "ratio = \"x\";",
			"ratio must be a number from 0 to 1, not a string" },
		{ "level = \"debug\";",
			"level must be one of \"error\", \"warning\", "
			"\"info\", not \"debug\"" },
		{ "level = \"\";", "level must be one of \"error\", "
				   "\"warning\", \"info\", not \"\"" },
		{ "level = 2;", "level must be one of \"error\", \"warning\", "
				"\"info\", not a whole number" },
		{ "admins = \"x\";",
			"admins must be a list of strings ( \"...\", \"...\" "
			"), not a string" },
		{ "admins = ( \"x\", 5 );",
			"an element of admins must be a string, not a whole "
			"number" },
		{ "ports = 5;",
			"ports must be a list ( ..., ... ), each a whole "
			"number from 1 to 65535, not a whole number" },
		{ "ports = ( \"x\" );",
			"an element of ports must be a whole number from 1 to "
			"65535, not a string" },
		{ "xmpp = 5;", "xmpp must be a group { ... }, not a whole "
			       "number" },
		{ "xmpp = ( { } );",
			"xmpp must be a group { ... }, not a list" },
		{ "gateways = { };",
			"gateways must be a list of groups ( { ... }, { ... } "
			"), not a group" },
		{ "gateways = ( \"irc\" );",
			"an element of gateways must be a group { ... }, not "
			"a string" },
		{ "storage = \"a\\tb\";", "storage holds a control character" },
		{ "storage = \"a\nb\";", "storage holds a control character" },
		{ "storage = \"\xc2\x85\";",
			"storage holds a control character" },
		{ "storage = \"\xff\";", "storage is not valid UTF-8" },
		{ "admins = ( \"\x7f\" );",
			"an element of admins holds a control character" },
	};
	char want[300];

	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(want, sizeof(want), "t.conf:1: %s", rows[i].want);
		expect_error(i, rows[i].text, want);
	}
}

static void test_key_messages(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "\nstorge = \"x\";",
			"t.conf:2: unknown key storge; did you mean storage?" },
		{ "vebrose = true;",
			"t.conf:1: unknown key vebrose; did you mean verbose?" },
		{ "Count = 1;",
			"t.conf:1: unknown key Count; did you mean count?" },
		{ "nothing = 1;",
			"t.conf:1: unknown key nothing; allowed here: " ALL_KEYS },
		{ "storage_file = \"x\";",
			"t.conf:1: unknown key storage_file; allowed here: " ALL_KEYS },
		{ "xmpp = {\n\nprot = 1; };",
			"t.conf:3: unknown key xmpp.prot; did you mean port?" },
		{ "xmpp = { foo = 1; };",
			"t.conf:1: unknown key xmpp.foo; allowed here: host, "
			"port" },
		{ "\noptional = { days = 1; };",
			"t.conf:2: optional.cert is missing" },
		{ "optional = {\n cret = \"x\"; };",
			"t.conf:2: unknown key optional.cret; did you mean "
			"cert?" },
		{ "optional = { cert = \"\"; };",
			"t.conf:1: optional.cert must not be empty" },
		{ "gateways = ( { },\n { } );",
			"t.conf:1: gateways.type is missing" },
		{ "gateways = (\n { typ = \"irc\"; } );",
			"t.conf:2: unknown key gateways.typ; did you mean "
			"type?" },
		{ "gateways = (\n { type = \"irc\"; jid = \"x\"; } );",
			"t.conf:2: gateways.secret is missing; a file that "
			"holds it can be given as secret_file" },
		{ "gateways = ( { jid = \"x\"; secret = \"x\";\n"
		  " type = \"icq\"; } );",
			"t.conf:2: gateways.type: must be \"irc\", \"sms\" or "
			"\"bare\"" },
		{ "gateways = ( { jid = \"x\"; secret = \"x\";\n"
		  " type = \"sms\"; } );",
			"t.conf:1: gateways.country is missing" },
		{ "gateways = ( { jid = \"x\"; secret = \"x\";\n"
		  " type = \"sms\"; contry = \"x\"; } );",
			"t.conf:2: unknown key gateways.contry; did you mean "
			"country?" },
		{ "gateways = ( { jid = \"x\"; secret = \"x\";\n"
		  " type = \"bare\"; country = \"x\"; } );",
			"t.conf:2: unknown key gateways.country; allowed here: "
			"type, jid, secret" },
		{ IN_GATEWAY("country = \"US\";"),
			"t.conf:2: unknown key gateways.country; allowed here: "
			"type, jid, secret, any_network, networks, flood, "
			"password" },
		{ IN_GATEWAY("secert = \"US\";"),
			"t.conf:2: unknown key gateways.secert; did you mean "
			"secret?" },
		{ IN_GATEWAY("networks = ( { port = 1; } );"),
			"t.conf:2: gateways.networks.host is missing" },
		{ IN_GATEWAY("any_network = false;"),
			"t.conf:2: gateways.any_network: there is no network "
			"that could be reached" },
		{ "\ncount = 13;", "t.conf:2: count: brings bad luck" },
		{ "\ncount = 14;", "t.conf:1: all of it is wrong" },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_error(i, rows[i].text, rows[i].want);
}

static void test_limits(void **state)
{
	(void)state;
	struct str text;

	str_init(&text, 10 * MIB);
	str_add(&text, "ports = ( 1");
	for (unsigned i = 1; i < LIMIT_CONFIG_LIST; i++)
		str_add(&text, ", 2");
	size_t len = text.len;
	str_add(&text, ");");
	struct sample *s = parse(str_text(&text));
	assert_int_equal(s->ports.count, LIMIT_CONFIG_LIST);
	release(s);
	str_truncate(&text, len);
	str_add(&text, ", 2);");
	expect_error(0, str_text(&text),
		"t.conf:1: ports has more than 1000 elements");

	str_reset(&text);
	str_add(&text, "storage = \"");
	for (unsigned i = 0; i < LIMIT_CONFIG_STRING; i++)
		str_add_char(&text, 'x');
	len = text.len;
	str_add(&text, "\";");
	s = parse(str_text(&text));
	assert_int_equal(strlen(s->storage), LIMIT_CONFIG_STRING);
	release(s);
	str_truncate(&text, len);
	str_add(&text, "x\";");
	expect_error(1, str_text(&text),
		"t.conf:1: storage is longer than 4096 bytes");

	str_reset(&text);
	while (text.len < LIMIT_CONFIG_FILE)
		str_add(&text, "# nothing\n");
	expect_error(2, str_text(&text),
		"t.conf:104858: the configuration is longer than 1048576 "
		"bytes");

	/* Nothing that is merely deep may exhaust the stack. */
	str_reset(&text);
	str_add(&text, "admins = ");
	for (int i = 0; i < 100000; i++)
		str_add_char(&text, '(');
	expect_error(3, str_text(&text), "t.conf:1: memory exhausted");
	str_finish(&text);
}

/* A small buffer for the message takes what fits. */
static void test_short_error(void **state)
{
	(void)state;
	struct str error;

	str_init(&error, 20);
	assert_null(cfg_parse("foo = 1;", "t.conf", &sample_group, &error));
	assert_string_equal(str_text(&error), "t.conf:1: unknown k");
	assert_false(error.overflow);
	str_finish(&error);
}

/* --- Files --------------------------------------------------------------- */

static char folder[] = "/tmp/causeway-config-XXXXXX";
static char warnings[1000];

static void keep_warning(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	assert_int_equal(level, LOG_WARNING);
	const char *text = strstr(line, "warning config ");
	assert_non_null(text);
	size_t len = strlen(warnings);
	snprintf(warnings + len, sizeof(warnings) - len, "%s\n",
		text + strlen("warning config "));
}

static const char *in_folder(const char *name)
{
	static char path[2][200];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void put_bytes(const char *name, const char *text, size_t len)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static void put_file(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static int setup_files(void **state)
{
	(void)state;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
	warnings[0] = '\0';
	log_set_sink(keep_warning, NULL);
	return 0;
}

static int teardown_files(void **state)
{
	(void)state;
	static const char *const names[] = { "main", "one", "two", "sub/one",
		"sub/two", "secret", "sub/secret" };

	log_set_sink(NULL, NULL);
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(in_folder(names[i]));
	rmdir(in_folder("sub"));
	return rmdir(folder);
}

static struct sample *load(void)
{
	struct str error;

	str_init(&error, 1000);
	struct sample *s = cfg_load(in_folder("main"), &sample_group, &error);
	if (s == NULL)
		fail_msg("%s", str_text(&error));
	str_finish(&error);
	return s;
}

/* `want` has %s for the folder. */
PRINTF(1, 2)
static void expect_load_error(const char *want, ...)
{
	struct str error;
	char text[1000];
	va_list args;

	va_start(args, want);
	vsnprintf(text, sizeof(text), want, args);
	va_end(args);
	str_init(&error, 1000);
	assert_null(cfg_load(in_folder("main"), &sample_group, &error));
	assert_string_equal(str_text(&error), text);
	assert_int_equal(intern_count(), 0);
	str_finish(&error);
}

static void test_unreadable(void **state)
{
	(void)state;
	expect_load_error("%s/main: No such file or directory", folder);
	assert_int_equal(mkdir(in_folder("main"), 0700), 0);
	expect_load_error("%s/main: not a regular file", folder);
	assert_int_equal(rmdir(in_folder("main")), 0);
	assert_int_equal(mkfifo(in_folder("main"), 0600), 0);
	expect_load_error("%s/main: not a regular file", folder);
	unlink(in_folder("main"));
	put_bytes("main", "count = 1;\n\0 = 2;", 17);
	expect_load_error("%s/main:2: the file contains a NUL byte", folder);

	char *large = malloc(LIMIT_CONFIG_FILE + 1);
	memset(large, '\n', LIMIT_CONFIG_FILE + 1);
	put_bytes("main", large, LIMIT_CONFIG_FILE + 1);
	expect_load_error("%s/main: the file is too long", folder);
	put_bytes("main", large, LIMIT_CONFIG_FILE);
	release(load());
	free(large);
}

static void test_line_ends(void **state)
{
	(void)state;
	put_file("main", "count = 5;\r\n\r\nlevel = \"error\";\r\nratio = 2;");
	expect_load_error("%s/main:4: ratio must be a number from 0 to 1, "
			  "not 2",
		folder);
	put_file("main", "count = 5;\r\nlevel = \"error\";\r\n");
	struct sample *s = load();
	assert_int_equal(s->count, 5);
	release(s);
}

/* Each relative to the file that says so, with the lines of its own file. */
static void test_include(void **state)
{
	(void)state;
	struct str text;

	str_init(&text, 1000);
	str_addf(&text,
		"@include \"sub/one\"\n"
		"  @include\t\"%s/two\" # why\n"
		"xmpp = {\n@include \"one\"\n};\n"
		"gateways = ( { " GATEWAY "} );",
		folder);
	put_file("main", str_text(&text));
	put_file("one", "port = 7;");
	put_file("two", "verbose = true;");
	put_file("sub/one", "count = 1;\n@include \"two\"\nratio = 0.5;\n");
	put_file("sub/two", "\n\nlevel = \"error\"");
	struct sample *s = load();
	assert_int_equal(s->count, 1);
	assert_int_equal(s->level, 0);
	assert_true(s->ratio == 0.5);
	assert_true(s->verbose);
	assert_int_equal(s->xmpp.port, 7);
	assert_string_equal(s->xmpp.place.file, in_folder("main"));
	assert_int_equal(s->xmpp.place.line, 3);
	struct sample_gateway *g = s->gateways.items[0];
	assert_int_equal(g->place.line, 6);
	release(s);

	put_file("sub/two", "\n\nlevel = 5;");
	expect_load_error("%s/sub/two:3: level must be one of \"error\", "
			  "\"warning\", \"info\", not a whole number",
		folder);
	put_file("sub/two", "\nlevel = ;");
	expect_load_error("%s/sub/two:2: " SYNTAX, folder);
	put_file("sub/two", "\ncount = 4294967296;");
	expect_load_error(
		"%s/sub/two:2: the number 4294967296 is too large: " SMALL,
		folder);
	put_file("sub/two", "\n/*");
	expect_load_error("%s/sub/two:2: the comment that begins here has no "
			  "end",
		folder);
	put_file("sub/two", "");
	put_file("sub/one", "count = 1;\n@include \"two\"\nratio = 5;\n");
	expect_load_error("%s/sub/one:3: ratio must be a number from 0 to 1, "
			  "not 5",
		folder);
	put_file("sub/one", "count = 1;\n");
	put_file("two", "\ncount = 2;");
	expect_load_error("%s/two:2: duplicate setting name", folder);
	str_finish(&text);
}

static void test_include_messages(void **state)
{
	(void)state;
	put_file("main", "\n@include \"one\"");
	expect_load_error("%s/main:2: cannot include \"%s/one\": No such file "
			  "or directory",
		folder, folder);
	put_file("main", "@include \"sub\"");
	expect_load_error("%s/main:1: cannot include \"%s/sub\": not a "
			  "regular file",
		folder, folder);
	put_file("main", "@include \"main\"");
	expect_load_error("%s/main:1: cannot include \"%s/main\": files "
			  "include each other too deeply",
		folder, folder);
	put_file("main", "# @include \"x\"\n/*\n@include \"x\"\n*/\n"
			 "storage = \"\n@include \\\"x\\\"\";");
	expect_load_error(
		"%s/main:5: storage holds a control character", folder);

	struct str text;
	str_init(&text, 10000);
	for (int i = 0; i < 64; i++)
		str_add(&text, "@include \"one\"\n");
	put_file("main", str_text(&text));
	put_file("one", "");
	expect_load_error("%s/main:64: cannot include \"%s/one\": too many "
			  "files",
		folder, folder);
	str_reset(&text);
	str_add(&text, "@include \"");
	for (int i = 0; i < 5000; i++)
		str_add_char(&text, 'x');
	str_add(&text, "\"\n");
	put_file("main", str_text(&text));
	expect_load_error("%s/main:1: the path is too long", folder);
	str_finish(&text);
}

#define SECRET_IN(file)                                  \
	"gateways = ( { type = \"bare\"; jid = \"x\";\n" \
	" secret_file = \"" file "\"; } );\n"

static void test_secret_file(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} rows[] = {
		{ "hunter2", 7, "hunter2" },
		{ "hunter2\n", 8, "hunter2" },
		{ "hunter2\r\n", 9, "hunter2" },
		{ " with space \n", 13, " with space " },
		{ "a\nb\n", 4, NULL },
		{ "a\0b", 3, NULL },
		{ "", 0, NULL },
		{ "\n", 1, NULL },
	};
	put_file("main", SECRET_IN("secret"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_bytes("secret", rows[i].text, rows[i].len);
		if (rows[i].want == NULL) {
			bool empty = rows[i].len < 3;

			expect_load_error("%s/main:2: gateways.secret_file "
					  "%s: %s/secret",
				folder,
				empty ? "is empty"
				      : "holds more than one line of text",
				folder);
			continue;
		}
		struct sample *s = load();
		struct sample_gateway *g = s->gateways.items[0];
		if (!slice_equals(secret_reveal(g->secret), rows[i].want))
			fail_msg("row %zu", i);
		release(s);
	}
	assert_string_equal(warnings, "");
}

static void test_secret_file_messages(void **state)
{
	(void)state;
	static char large[LIMIT_CONFIG_STRING + 1];

	put_file("main", SECRET_IN("secret"));
	expect_load_error("%s/main:2: gateways.secret_file cannot be read: "
			  "%s/secret: No such file or directory",
		folder, folder);
	memset(large, 'x', sizeof(large));
	put_bytes("secret", large, sizeof(large));
	expect_load_error("%s/main:2: gateways.secret_file cannot be read: "
			  "%s/secret: the file is too long",
		folder, folder);
	put_bytes("secret", large, sizeof(large) - 1);
	release(load());
	put_file("main", "gateways = ( { type = \"bare\"; jid = \"x\";\n"
			 "secret = \"x\";\nsecret_file = \"x\"; } );");
	expect_load_error("%s/main:3: gateways.secret_file and secret exclude "
			  "each other",
		folder);
	put_file("secret", "x");
	put_file("main", "gateways = ( { type = \"bare\"; jid = \"x\";\n"
			 "secret_file = \"secret\";\nsecret = \"x\"; } );");
	expect_load_error("%s/main:3: gateways.secret and secret_file exclude "
			  "each other",
		folder);
	put_file("main", "gateways = ( { type = \"bare\"; jid = \"x\";\n"
			 "secret_file = 5; } );");
	expect_load_error("%s/main:2: gateways.secret_file must be a string, "
			  "not a whole number",
		folder);
	put_file("main", "gateways = ( { type = \"bare\"; jid = \"x\";\n"
			 "secret = \"\"; } );");
	expect_load_error(
		"%s/main:2: gateways.secret must not be empty", folder);
}

/* The path is relative to the file that holds the key. */
static void test_secret_of_include(void **state)
{
	(void)state;
	put_file("main", "@include \"sub/one\"");
	put_file("sub/one", SECRET_IN("secret"));
	put_file("sub/secret", "inner");
	struct sample *s = load();
	struct sample_gateway *g = s->gateways.items[0];
	assert_string_equal(secret_reveal(g->secret).data, "inner");
	release(s);
}

static void test_public_secrets(void **state)
{
	(void)state;
	char want[1000];

	put_file("main", "@include \"one\"");
	put_file("one", "gateways = ( { " GATEWAY " password = \"p\"; } );");
	assert_int_equal(chmod(in_folder("main"), 0644), 0);
	release(load());
	assert_string_equal(warnings, "");
	assert_int_equal(chmod(in_folder("one"), 0604), 0);
	release(load());
	snprintf(want, sizeof(want),
		"%s/one holds secrets and every user of this machine can read "
		"it\n",
		folder);
	assert_string_equal(warnings, want);

	warnings[0] = '\0';
	put_file("main", SECRET_IN("secret"));
	put_file("secret", "x");
	assert_int_equal(chmod(in_folder("secret"), 0644), 0);
	release(load());
	snprintf(want, sizeof(want),
		"%s/secret holds a secret and every user of this machine can "
		"read it\n",
		folder);
	assert_string_equal(warnings, want);
}

/* --- Tables in words ----------------------------------------------------- */

static void add_key(const char *dotted, const struct cfg_item *item, void *arg)
{
	const char *last = strrchr(dotted, '.');

	assert_string_equal(last != NULL ? last + 1 : dotted, item->name);
	str_addf(arg, "%s\n", dotted);
}

static void test_each_key(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 2000);
	cfg_each_key(&sample_group, add_key, &out);
	assert_string_equal(str_text(&out),
		"xmpp\nxmpp.host\nxmpp.port\nstorage\nadmins\nports\n"
		"verbose\nratio\nlevel\ncount\noptional\noptional.cert\n"
		"optional.days\noptional.names\noptional.numbers\n"
		"optional.inner\noptional.inner.depth\ngateways\n"
		"gateways.type\ngateways.jid\ngateways.secret\n");
	str_finish(&out);
}

static void test_document(void **state)
{
	(void)state;
	static const char *const wanted[] = {
		".TP\n.B xmpp\nValue: a group { ... }.\n",
		".TP\n.B xmpp.host\n"
		"\\&.Where the XMPP server \\- it \\e \\- listens.\n.br\n"
		"Value: a string; default \"127.0.0.1\".\n",
		".TP\n.B level\nValue: one of \"error\", \"warning\", "
		"\"info\"; default \"info\"; reloadable.\n",
		".TP\n.B verbose\nValue: true or false; default false.\n",
		".TP\n.B count\nValue: a whole number; default 0.\n",
		".TP\n.B optional.days\nValue: a whole number of at least 1 "
		"(days); default 30.\n",
		".TP\n.B optional.numbers\nValue: a list ( ..., ... ), each a "
		"whole number; default 1,\\-2, 3.\n",
		".TP\n.B admins\nValue: a list of strings ( \"...\", \"...\" "
		"); default none.\n",
		".TP\n.B gateways.type\nValue: a string; required.\n",
		".TP\n.B gateways.secret\nShared with the server.\n.br\n"
		"Value: a string, or gateways.secret_file = \"PATH\" with the "
		"file that holds it; required.\n",
	};
	struct str out;

	str_init(&out, 10000);
	cfg_document(&sample_group, &out);
	assert_false(out.overflow);
	for (size_t i = 0; i < COUNT(wanted); i++) {
		if (strstr(str_text(&out), wanted[i]) == NULL)
			fail_msg("row %zu: not in\n%s", i, str_text(&out));
	}
	str_reset(&out);
	cfg_document(&sample_irc_group, &out);
	assert_non_null(strstr(str_text(&out),
		".TP\n.B flood.burst\nLines sent at once.\n.br\nValue: a "
		"whole number from 0 to 1000 (lines); default 5; "
		"reloadable.\n"));
	assert_non_null(strstr(str_text(&out),
		".TP\n.B networks.tls\nValue: one of \"required\", "
		"\"starttls\", \"none\"; default \"required\".\n"));
	str_finish(&out);
}

static void test_free_null(void **state)
{
	(void)state;
	cfg_free(NULL, &sample_group);
}

/* --- Comparing ------------------------------------------------------------ */

#define GATEWAYS_OF(inside)                                                   \
	"xmpp = { host = \"h\"; }; admins = ( \"a\" ); ports = ( 1, 2 ); "    \
	"gateways = ( { type = \"irc\"; jid = \"j\"; secret = \"s\"; " inside \
	" } );"

static void test_equal(void **state)
{
	static const char *const texts[] = {
		GATEWAYS_OF(""),
		GATEWAYS_OF("any_network = false; networks = ( { host = "
			    "\"x\"; } );"),
		GATEWAYS_OF("flood = { rate = 0.6; };"),
		GATEWAYS_OF("password = \"x\";"),
		GATEWAYS_OF("password = \"y\";"),
		GATEWAYS_OF("networks = ( { host = \"x\"; } );"),
		GATEWAYS_OF("networks = ( { host = \"x\"; port = 1; } );"),
		GATEWAYS_OF("") "ratio = 0.5;",
		GATEWAYS_OF("") "verbose = true;",
		GATEWAYS_OF("") "level = \"error\";",
		"xmpp = { host = \"h\"; }; admins = ( \"a\", \"b\" ); "
		"gateways = ( { type = \"sms\"; jid = \"j\"; secret = \"s\"; "
		"country = \"US\"; "
		"} );",
	};
	struct sample *all[COUNT(texts)];
	(void)state;

	for (size_t i = 0; i < COUNT(texts); i++)
		all[i] = parse(texts[i]);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct sample *again = parse(texts[i]);

		for (size_t j = 0; j < COUNT(texts); j++)
			assert_int_equal(
				cfg_equal(again, all[j], &sample_group),
				i == j);
		cfg_free(again, &sample_group);
	}
	for (size_t i = 0; i < COUNT(texts); i++)
		cfg_free(all[i], &sample_group);
}

/* Somebody else has taken it. */
static void test_free_taken(void **state)
{
	struct sample *s = parse(GATEWAYS_OF(""));
	void *taken = s->gateways.items[0];
	(void)state;

	s->gateways.items[0] = NULL;
	cfg_free(s, &sample_group);
	cfg_free(taken, &sample_gateway_group);
	assert_int_equal(intern_count(), 0);
}

#define WITH_FILES(test) \
	cmocka_unit_test_setup_teardown(test, setup_files, teardown_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_empty_is_null),
		cmocka_unit_test(test_reals),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_file_messages),
		cmocka_unit_test(test_number_messages),
		cmocka_unit_test(test_type_messages),
		cmocka_unit_test(test_key_messages),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_short_error),
		WITH_FILES(test_unreadable),
		WITH_FILES(test_line_ends),
		WITH_FILES(test_include),
		WITH_FILES(test_include_messages),
		WITH_FILES(test_secret_file),
		WITH_FILES(test_secret_file_messages),
		WITH_FILES(test_secret_of_include),
		WITH_FILES(test_public_secrets),
		cmocka_unit_test(test_each_key),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_free_null),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_free_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
