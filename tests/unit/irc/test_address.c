/*
 * Addresses inside JIDs and what people type.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "irc/address.h"
#include "irc/config.h"

static struct irc_network_config listed = { .host = (char[]){ "irc.listed" },
	.name = (char[]){ "Listed" },
	.nickserv = (char[]){ "Guard" } };
static void *networks[] = { &listed };
static const struct irc_config any = {
	.any_network = true,
	.networks = { networks, 1 },
};
static const struct irc_config only = {
	.any_network = false,
	.networks = { networks, 1 },
};
static const struct gw gw_any = { .config = &any };
static const struct gw gw_only = { .config = &only };

/* `name` NULL: must be refused. */
static const struct row {
	const char *text;
	enum gw_kind kind;
	const char *name, *account;
} parse_rows[] = {
	{ "irc.libera.chat", GW_NETWORK, "", "irc.libera.chat" },
	{ "IRC.Libera.Chat", GW_NETWORK, "", "irc.libera.chat" },
	{ "irc.libera.chat.", GW_NETWORK, "", "irc.libera.chat" },
	{ "localhost", GW_NETWORK, NULL, NULL }, /* it is not listed */
	{ "192.0.2.1", GW_NETWORK, "", "192.0.2.1" },
	/* Numbers that only some software takes for an address. */
	{ "#chan%127.1", GW_ROOM, NULL, NULL },
	{ "0x7f.1", GW_NETWORK, NULL, NULL },
	{ "#chan%256.1.1.1", GW_ROOM, NULL, NULL },
	{ "#chan%::1", GW_ROOM, NULL, NULL },
	{ "#chan%irc.x", GW_ROOM, "#chan", "irc.x" },
	{ "&local%irc.x", GW_ROOM, "&local", "irc.x" },
	{ "+modeless%irc.x", GW_ROOM, "+modeless", "irc.x" },
	{ "!12345safe%irc.x", GW_ROOM, "!12345safe", "irc.x" },
	{ "##double%irc.x", GW_ROOM, "##double", "irc.x" },
	{ "nick%irc.x", GW_PERSON, "nick", "irc.x" },
	{ "[w]{x}|^`%irc.x", GW_PERSON, "[w]{x}|^`", "irc.x" },
	{ "#a%b%irc.x", GW_ROOM, "#a%b", "irc.x" },
	{ "#a\\25b%irc.x", GW_ROOM, "#a%b", "irc.x" },
	{ "#a\\5c25b%irc.x", GW_ROOM, "#a\\25b", "irc.x" },
	{ "#a\\5c5cb%irc.x", GW_ROOM, "#a\\5cb", "irc.x" },
	{ "#a\\b%irc.x", GW_ROOM, "#a\\b", "irc.x" },
	{ "a\\%irc.x", GW_PERSON, "a\\", "irc.x" },
	{ "#\xc3\xa4%irc.x", GW_ROOM, "#\xc3\xa4", "irc.x" },
	{ "*!*@b.test%irc.x", GW_PERSON, "*!*@b.test", "irc.x" },
	{ "a!*@*%irc.x", GW_PERSON, "a!*@*", "irc.x" },
	{ "!u@h%irc.x", GW_ROOM, "!u@h", "irc.x" },
	{ "*!* @b.test%irc.x", GW_NETWORK, NULL, NULL },
	{ "a,*!*@b.test%irc.x", GW_NETWORK, NULL, NULL },
	{ "a@b!c%irc.x", GW_NETWORK, NULL, NULL },
	{ "", GW_NETWORK, NULL, NULL },
	{ "%irc.x", GW_NETWORK, NULL, NULL },
	{ "#chan", GW_NETWORK, NULL, NULL },
	{ "#chan%", GW_NETWORK, NULL, NULL },
	{ "#%irc.x", GW_NETWORK, NULL, NULL },
	{ "nick%-irc.x", GW_NETWORK, NULL, NULL },
	{ "nick%.irc.x", GW_NETWORK, NULL, NULL },
	{ "nick%irc..x", GW_NETWORK, NULL, NULL },
	{ "nick%irc x", GW_NETWORK, NULL, NULL },
	{ "nick%irc_x", GW_NETWORK, NULL, NULL },
	{ "nick%irc.x:6667", GW_NETWORK, NULL, NULL },
	{ "nick%\xc3\xa4.x", GW_NETWORK, NULL, NULL },
	{ "a b%irc.x", GW_NETWORK, NULL, NULL },
	{ "a,b%irc.x", GW_NETWORK, NULL, NULL },
	{ "a!b%irc.x", GW_NETWORK, NULL, NULL },
	{ "a@b%irc.x", GW_NETWORK, NULL, NULL },
	{ "*%irc.x", GW_NETWORK, NULL, NULL },
	{ ":a%irc.x", GW_NETWORK, NULL, NULL },
	{ "#a b%irc.x", GW_NETWORK, NULL, NULL },
	{ "#a,b%irc.x", GW_NETWORK, NULL, NULL },
	{ "#a\rb%irc.x", GW_NETWORK, NULL, NULL },
	{ "#a\nb%irc.x", GW_NETWORK, NULL, NULL },
	{ "#a\ab%irc.x", GW_NETWORK, NULL, NULL },
};

static void check(size_t i, const struct row *row, int rc,
	const struct gw_address *got, const char *reason)
{
	if (row->name == NULL) {
		if (rc == 0)
			fail_msg("row %zu: '%s' was accepted", i, row->text);
		if (reason == NULL || reason[0] == '\0')
			fail_msg("row %zu: no reason", i);
		return;
	}
	if (rc != 0)
		fail_msg("row %zu: '%s': %s", i, row->text, reason);
	if (got->kind != row->kind || strcmp(got->name, row->name) != 0 ||
		strcmp(got->account, row->account) != 0)
		fail_msg("row %zu: '%s' is kind %d '%s' at '%s'", i, row->text,
			(int)got->kind, got->name, got->account);
}

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		struct gw_address a;
		const char *reason = NULL;
		int rc = irc_parse_address(
			&gw_any, parse_rows[i].text, &a, &reason);

		check(i, &parse_rows[i], rc, &a, reason);
	}
}

static void test_long_names(void **state)
{
	char text[1500];
	struct gw_address a;
	const char *reason;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 1400, "%irc.x", 7);
	assert_int_equal(irc_parse_address(&gw_any, text, &a, &reason), -1);
	text[1400] = 'a';
	text[1499] = '\0';
	assert_int_equal(irc_parse_address(&gw_any, text, &a, &reason), -1);
	memset(text, '#', 300);
	memcpy(text + 300, "%irc.x", 7);
	assert_int_equal(irc_parse_address(&gw_any, text, &a, &reason), -1);
}

/* format is the inverse of parse, for every name there can be. */
static void test_round_trip(void **state)
{
	static const char pieces[][4] = { "\\", "%", "2", "5", "c", "a", "#",
		"\\25", "\\5c", "5c", "25" };

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct gw_address a = { .account = "irc.x" };
		struct gw_address back;
		char text[256];
		const char *reason = "";
		int n = 1 + rand() % 8;

		for (size_t used = 0; n > 0; n--, used = strlen(a.name))
			text_copy(a.name + used, sizeof(a.name) - used,
				pieces[(size_t)rand() % COUNT(pieces)]);
		a.kind = a.name[0] == '#' ? GW_ROOM : GW_PERSON;
		if (strcmp(a.name, "#") == 0)
			continue;
		assert_int_equal(
			irc_format_address(&gw_any, &a, text, sizeof(text)), 0);
		if (irc_parse_address(&gw_any, text, &back, &reason) != 0)
			fail_msg("'%s' -> '%s': %s", a.name, text, reason);
		if (strcmp(back.name, a.name) != 0 || back.kind != a.kind)
			fail_msg("'%s' -> '%s' -> '%s'", a.name, text,
				back.name);
	}
}

static void test_format(void **state)
{
	struct gw_address network = { .kind = GW_NETWORK, .account = "irc.x" };
	struct gw_address wrong = {
		.kind = GW_PERSON, .account = "irc.x", .name = "#chan"
	};
	char text[16];

	(void)state;
	assert_int_equal(irc_format_address(&gw_any, &network, text, 16), 0);
	assert_string_equal(text, "irc.x");
	assert_int_equal(irc_format_address(&gw_any, &network, text, 6), 0);
	assert_int_equal(irc_format_address(&gw_any, &network, text, 5), -1);
	assert_int_equal(irc_format_address(&gw_any, &wrong, text, 16), -1);
}

static const struct row input_rows[] = {
	{ "nick@irc.x", GW_PERSON, "nick", "irc.x" },
	{ "  nick%irc.x \n", GW_PERSON, "nick", "irc.x" },
	{ "#chan@irc.x", GW_ROOM, "#chan", "irc.x" },
	{ "#chan%irc.x", GW_ROOM, "#chan", "irc.x" },
	{ "irc.x", GW_NETWORK, "", "irc.x" },
	{ "irc://irc.x/chan", GW_ROOM, "#chan", "irc.x" },
	{ "irc://irc.x/#chan", GW_ROOM, "#chan", "irc.x" },
	{ "IRC://irc.x:6667/chan", GW_ROOM, "#chan", "irc.x" },
	{ "ircs://irc.x/chan?key", GW_ROOM, "#chan", "irc.x" },
	{ "irc://irc.x/chan,needkey", GW_ROOM, "#chan", "irc.x" },
	{ "irc://irc.x/", GW_NETWORK, "", "irc.x" },
	{ "irc://irc.x", GW_NETWORK, "", "irc.x" },
	{ "", GW_NETWORK, NULL, NULL },
	{ "   ", GW_NETWORK, NULL, NULL },
	{ "#chan", GW_NETWORK, NULL, NULL },
	{ "nick@", GW_NETWORK, NULL, NULL },
	{ "@irc.x", GW_NETWORK, NULL, NULL },
	{ "a b@irc.x", GW_NETWORK, NULL, NULL },
	{ "irc:///chan", GW_NETWORK, NULL, NULL },
};

static void test_input(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(input_rows); i++) {
		struct gw_address a;
		const char *reason = NULL;
		int rc = irc_read_input(
			&gw_any, input_rows[i].text, &a, &reason);

		check(i, &input_rows[i], rc, &a, reason);
	}
}

static void test_only_listed(void **state)
{
	struct gw_address a;
	const char *reason = "";
	const char *account, *title;
	char out[GW_ACCOUNT_SIZE];

	(void)state;
	assert_int_equal(
		irc_parse_address(&gw_only, "a%irc.listed", &a, &reason), 0);
	/* Any host is an address; whether it may be used is another question,
	 * which the core asks of canonical_account(). */
	assert_int_equal(
		irc_parse_address(&gw_only, "a%irc.other", &a, &reason), 0);
	assert_int_equal(irc_canonical_account(&gw_only, "irc.other", out,
				 sizeof(out), &reason),
		-1);
	assert_non_null(strstr(reason, "irc.listed"));
	assert_int_equal(irc_canonical_account(&gw_only, " IRC.listed ", out,
				 sizeof(out), &reason),
		0);
	assert_string_equal(out, "irc.listed");
	assert_int_equal(
		irc_canonical_account(&gw_any, "irc.listed", out, 5, &reason),
		-1);
	assert_true(irc_known_account(&gw_only, 0, &account, &title));
	assert_string_equal(account, "irc.listed");
	assert_string_equal(title, "Listed");
	assert_false(irc_known_account(&gw_only, 1, &account, &title));
}

static void test_services(void **state)
{
	static const struct {
		const char *network, *person;
		bool is_service;
	} service_rows[] = {
		{ "irc.other", "NickServ", true },
		{ "irc.other", "chanserv", true },
		{ "irc.other", "Q", true },
		{ "irc.other", "x@channels.undernet.org", true },
		{ "irc.other", "maria", false },
		{ "irc.other", "servant", false },
		{ "irc.other", "guard", false },
		{ "irc.other", "", false },
		{ "irc.listed", "guard", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(service_rows); i++)
		if (irc_is_service(&gw_any, service_rows[i].network,
			    service_rows[i].person) !=
			service_rows[i].is_service)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_only_listed),
		cmocka_unit_test(test_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
