/*
 * The configuration as this program reads it: defaults, every complaint with
 * its line, and what SIGHUP changes.
 */
#include "host/host_fixture.h"

#define XMPP    "xmpp = { host = \"127.0.0.1\"; };\n"
#define GATEWAY "{ type = \"echo\"; jid = \"" GW "\"; secret = \"s\"; }"
#define GOOD    "gateways = ( " GATEWAY " );\n"

static struct options *load_text(const char *text, struct str *error)
{
	FILE *file = fopen(path_of("conf"), "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	str_reset(error);
	return options_load(path_of("conf"), error);
}

/* --- Defaults ----------------------------------------------------------------------- */

static void test_defaults(void **state)
{
	struct str error = { .max = 4 * KIB };
	(void)state;
	struct options *o = load_text(GOOD, &error);
	if (o == NULL)
		fail_msg("%s", str_text(&error));
	assert_string_equal(o->xmpp.host, "127.0.0.1");
	assert_int_equal(o->xmpp.port, 5347);
	assert_string_equal(o->storage, "sqlite:/var/lib/causeway/causeway.db");
	assert_string_equal(
		o->secrets.key_file, "/var/lib/causeway/secret.key");
	assert_int_equal(o->log.level, LOG_INFO);
	assert_int_equal(o->http.port, 0);
	assert_true(o->archive.enabled);
	assert_int_equal(o->archive.days, 90);
	assert_int_equal(o->admins.count, 0);
	assert_int_equal(o->gateways.count, 1);
	const struct gateway_options *g = o->gateways.items[0];
	assert_string_equal(g->jid, GW);
	assert_false(g->register_required);
	assert_int_equal(g->max_accounts, 20);
	assert_int_equal(g->max_rooms, 200);
	assert_int_equal(g->sends_per_minute, 120);
	assert_int_equal(g->place.line, 1);
	assert_ptr_equal(options_ops(g), &net_ops);
	options_free(&o);
	str_finish(&error);
}

/* --- Errors --------------------------------------------------------------------------- */

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *words;
	} rows[] = {
		{ "", 0, "gateways" },
		{ "gateways = ( );\n", 1, "gateways" },
		{ "\nxmpp = { hots = \"x\"; };\n" GOOD, 2, "hots" },
		{ "\nxmmp = { };\n" GOOD, 2, "xmmp" },
		{ "xmpp = { port = 0; };\n" GOOD, 1, "65535" },
		{ "xmpp = {\n port = 65536; };\n" GOOD, 2, "65535" },
		{ "xmpp = { port = \"x\"; };\n" GOOD, 1, "port" },
		{ GOOD "admins = ( \"Admin@example.org\" );\n", 2,
			"bare JIDs" },
		{ GOOD "access = { register = ( \"a@b/c\" ); };\n", 2,
			"bare JIDs" },
		{ GOOD "access = { deny = ( \"a b\" ); };\n", 2, "bare JIDs" },
		{ GOOD "storage = \"mysql:x\";\n", 2,
			"must begin with \"sqlite:\" or \"postgresql:\"" },
		{ GOOD "log = { level = \"loud\"; };\n", 2, "debug" },
		{ GOOD "network = { allow = ( \"10.0.0.0/8\", \"x\" ); };\n", 2,
			"address ranges" },
		{ GOOD "network = { allow = ( \"10.0.0.0/33\" ); };\n", 2,
			"address ranges" },
		{ GOOD "network = { nameserver = \"ns.example.org\"; };\n", 2,
			"must be an address" },
		{ GOOD "network = { nameserver = \"[::1]:99999\"; };\n", 2,
			"must be an address" },
		{ GOOD "network = { ports = ( 6667, 0 ); };\n", 2, "65535" },
		{ GOOD "archive = { days = -1; };\n", 2, "36500" },
		{ GOOD "\nhttp = { port = 99999; };\n", 3, "65535" },
		{ "gateways = (\n { type = \"echo\"; jid = \"" GW "\"; } );\n",
			2, "secret" },
		{ "gateways = ( { jid = \"" GW "\"; secret = \"s\"; } );\n", 1,
			"type" },
		{ "gateways = (\n { type = \"fax\"; jid = \"" GW
		  "\"; secret = \"s\"; } );\n",
			2, "no gateway \"fax\"; it has \"echo\"" },
		{ "gateways = ( { type = \"echo\";\n secret = \"s\"; } );\n", 1,
			"jid" },
		{ "gateways = ( { type = \"echo\";\n jid = \"Echo.org\"; "
		  "secret = \"s\"; } );\n",
			2, "must be a domain in lower case" },
		{ "gateways = ( { type = \"echo\"; jid = \"a@b\"; "
		  "secret = \"s\"; } );\n",
			1, "must be a domain" },
		{ "gateways = ( { type = \"echo\"; jid = \"a/b\"; "
		  "secret = \"s\"; } );\n",
			1, "must be a domain" },
		{ "gateways = ( { type = \"echo\"; jid = \"a b\"; "
		  "secret = \"s\"; } );\n",
			1, "must be a domain" },
		{ "gateways = ( { type = \"echo\"; jid = \"" GW
		  "\"; secret = \"s\";\n volume = 11; } );\n",
			2, "volume" },
		{ "gateways = ( { type = \"echo\"; jid = \"" GW
		  "\"; secret = \"s\";\n max_rooms = 0; } );\n",
			2, "10000" },
		{ "gateways = ( { type = \"echo\"; jid = \"" GW
		  "\"; secret = \"s\";\n relays = ( \"a@b.org\" ); } );\n",
			2, "must hold domains in lower case" },
		{ "gateways = ( " GATEWAY ",\n" GATEWAY " );\n", 1,
			"the same jid" },
		{ "gateways = ( { type = \"echo\"; jid = \"" GW
		  "\";\n secret_file = \"/nonexistent\"; } );\n",
			2, "/nonexistent" },
		{ "this is no configuration\n", 1, "syntax error" },
		{ "@include \"nothing\"\n" GOOD, 1, "" },
	};
	struct str error = { .max = 4 * KIB };
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char place[256];
		struct options *o = load_text(rows[i].text, &error);
		if (o != NULL)
			fail_msg("row %zu is accepted", i);
		text_format(place, sizeof(place), "%s:%d: ", path_of("conf"),
			rows[i].line);
		if (rows[i].line == 0)
			text_copy(place, sizeof(place), path_of("conf"));
		if (strncmp(str_text(&error), place, strlen(place)) != 0 ||
			strstr(str_text(&error), rows[i].words) == NULL)
			fail_msg("row %zu: %s", i, str_text(&error));
	}
	assert_null(options_load("/nonexistent/conf", &error));
	str_finish(&error);
}

/* What is found only when it is used. */
static void test_bad_start(void **state)
{
	static const char *const rows[] = {
		"storage = \"sqlite:/nonexistent/db\";\n",
		"secrets = { key_file = \"/nonexistent/key\"; };\n",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str error = { .max = 4 * KIB };
		struct str text = { .max = 4 * KIB };
		const char *reason = NULL;
		str_add(&text, rows[i]);
		if (strstr(rows[i], "storage") == NULL)
			str_addf(
				&text, "storage = \"sqlite:%s/db\";\n", folder);
		else
			str_addf(&text,
				"secrets = { key_file = \"%s/key\"; };\n",
				folder);
		str_add(&text, GOOD);
		struct options *o = load_text(str_text(&text), &error);
		if (o == NULL)
			fail_msg("%s", str_text(&error));
		assert_null(host_start(loop, o, &reason));
		assert_true(reason != NULL && reason[0] != '\0');
		str_finish(&text);
		str_finish(&error);
	}
}

static int refuse_start(struct gw *gw, const char **reason_r)
{
	(void)gw;
	*reason_r = "there is no mountain";
	return -1;
}

static void test_gateway_refuses(void **state)
{
	const char *reason = NULL;
	(void)state;
	net_ops.start = refuse_start;
	configure("", "");
	assert_null(host_start(loop, load_options(), &reason));
	assert_string_equal(reason, "there is no mountain");
}

/* --- Reload ---------------------------------------------------------------------------- */

struct echo_config {
	int volume;
	char *song;
};

static const struct cfg_item echo_items[] = {
	{ .name = "volume",
		.type = CFG_INT,
		.offset = offsetof(struct echo_config, volume),
		.def = "5",
		.min = 0,
		.max = 11,
		.flags = CFG_RELOADABLE,
		.help = "How loud." },
	{ .name = "song",
		.type = CFG_STRING,
		.offset = offsetof(struct echo_config, song),
		.flags = CFG_RELOADABLE,
		.help = "What it sings." },
	{ .name = NULL },
};
static const struct cfg_group echo_group = {
	.items = echo_items,
	.size = sizeof(struct echo_config),
};

static int seen_volume;

static void note_reload(struct gw *gw)
{
	const struct echo_config *config = gw->config;
	seen_volume = config->volume;
	note("reload %s", or_dash(config->song));
}

static const struct echo_config *config_now(void)
{
	return gateway->api.config;
}

static void reload_with(const char *top, const char *inside)
{
	configure(top, inside);
	host_reload(host, load_options());
}

static void test_reload_gateway(void **state)
{
	(void)state;
	net_ops.config = &echo_group;
	net_ops.reload = note_reload;
	configure("", "volume = 7; song = \"first\";");
	start_host();
	const char *jid = gateway->api.jid;
	assert_int_equal(config_now()->volume, 7);
	reload_with("", "volume = 9; song = \"second\"; max_accounts = 3;");
	EXPECT_CALL("reload second");
	assert_int_equal(seen_volume, 9);
	assert_int_equal(gateway->options->max_accounts, 3);
	assert_ptr_equal(gateway->api.jid, jid);
	assert_string_equal(jid, GW);
	for (int i = 0; i < 5; i++)
		reload_with("", "volume = 1; song = \"again\";");
	assert_string_equal(config_now()->song, "again");
	assert_int_equal(gateway->options->max_accounts, 20);
}

/* A network that cannot reload keeps what it started with. */
static void test_reload_without_op(void **state)
{
	(void)state;
	net_ops.config = &echo_group;
	configure("", "volume = 7; song = \"first\";");
	start_host();
	const struct echo_config *before = config_now();
	for (int i = 0; i < 3; i++)
		reload_with(
			"", "volume = 9; song = \"second\"; max_rooms = 3;");
	assert_ptr_equal(config_now(), before);
	assert_int_equal(before->volume, 7);
	assert_string_equal(before->song, "first");
	assert_int_equal(gateway->options->max_rooms, 3);
}

static void test_reload_top(void **state)
{
	(void)state;
	configure("", "");
	start_host();
	reload_with("log = { level = \"debug\"; };\n"
		    "access = { register = ( \"*\" ); };\n"
		    "archive = { days = 3; };\n"
		    "network = { allow = ( \"127.0.0.0/8\" ); "
		    "ports = ( 1234 ); };",
		"");
	assert_int_equal(log_get_level(), LOG_DEBUG);
	assert_true(host_permits(host, gateway, "x@any.org"));
	assert_int_equal(host->options->archive.days, 3);
	assert_true(has_logged("configuration reloaded"));
	assert_false(has_logged("needs a restart"));
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(80),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(policy_permits(
		host->policy, (struct sockaddr *)&address, NULL));
	reload_with("", "");
	assert_false(policy_permits(
		host->policy, (struct sockaddr *)&address, NULL));
	assert_int_equal(log_get_level(), LOG_INFO);
	assert_false(host_permits(host, gateway, "x@any.org"));
}

/* What cannot change while running is named, and stays. */
static void test_reload_fixed(void **state)
{
	static const struct {
		const char *top, *inside, *key;
	} rows[] = {
		{ "http = { port = 9999; };", "", "key=http" },
		{ "http = { listen = \"::1\"; };", "", "key=http" },
		{ "archive = { enabled = false; };", "",
			"key=archive.enabled" },
		{ "upload = { service = \"u.example.org\"; };", "",
			"key=upload" },
		{ "", "register_required = true;", NULL },
	};
	(void)state;
	configure("", "");
	start_host();
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&logged);
		reload_with(rows[i].top, rows[i].inside);
		if (has_logged("needs a restart") != (rows[i].key != NULL) ||
			(rows[i].key != NULL && !has_logged(rows[i].key)))
			fail_msg("row %zu: %s", i, str_text(&logged));
		assert_true(host->options->archive.enabled);
		assert_int_equal(host->options->http.port, 0);
	}
	/* Another secret, and another set of gateways. */
	str_reset(&logged);
	FILE *file = fopen(path_of("conf"), "w");
	assert_non_null(file);
	fprintf(file,
		"xmpp = { host = \"127.0.0.1\"; port = %u; };\n"
		"storage = \"sqlite:%s/db\";\n"
		"secrets = { key_file = \"%s/key\"; };\n"
		"gateways = ( { type = \"echo\"; jid = \"" GW
		"\"; secret = \"other\"; },\n"
		"{ type = \"echo\"; jid = \"two.example.org\"; "
		"secret = \"s\"; } );\n",
		(unsigned)server.port, folder, folder);
	fclose(file);
	host_reload(host, load_options());
	assert_true(has_logged("key=gateways"));
	assert_true(has_logged("key=secret"));
	says("<iq from='" ALICE "' to='" GW
	     "' type='get' id='1'><ping xmlns='" NS_PING "'/></iq>");
	EXPECT("type='result'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_BARE(test_defaults),
		TEST_BARE(test_errors),
		TEST_BARE(test_bad_start),
		TEST_BARE(test_gateway_refuses),
		TEST_BARE(test_reload_gateway),
		TEST_BARE(test_reload_without_op),
		TEST_BARE(test_reload_top),
		TEST_BARE(test_reload_fixed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
