/* Look-ups: names, literals, families, failures, cancelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dns_server.h"
#include "net/hosts.h"
#include "net/policy.h"
#include "net/resolve.h"

static const struct dns_record records[] = {
	{ "both.example", 0, 0, "2001:db8::1 192.0.2.1", 0, 0 },
	{ "v4.example", 0, 0, "192.0.2.1 192.0.2.2", 0, 0 },
	{ "v6.example", 0, 0, "2001:db8::1", 0, 0 },
	{ "mixed.example", 0, 0,
		"192.0.2.1 192.0.2.2 192.0.2.3 2001:db8::1 2001:db8::2", 0, 0 },
	{ "many.example", 0, 0,
		"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
		"192.0.2.7 192.0.2.8 192.0.2.9 192.0.2.10 192.0.2.11 "
		"192.0.2.12 192.0.2.13 192.0.2.14 192.0.2.15 192.0.2.16 "
		"192.0.2.17 192.0.2.18 192.0.2.19 192.0.2.20 2001:db8::1",
		0, 0 },
	{ "alias.example", DNS_ALIASED, DNS_ALIASED, "2001:db8::1 192.0.2.1", 0,
		0 },
	{ "empty.example", 0, 0, "", 0, 0 },
	{ "none.example", DNS_NO_NAME, DNS_NO_NAME, "", 0, 0 },
	{ "broken.example", DNS_FAILURE, DNS_FAILURE, "", 0, 0 },
	{ "half.example", DNS_FAILURE, 0, "192.0.2.1", 0, 0 },
	{ "halfnone.example", DNS_FAILURE, DNS_NO_NAME, "", 0, 0 },
	{ "halfempty.example", DNS_FAILURE, 0, "", 0, 0 },
	{ "cut.example", DNS_CUT, 0, "192.0.2.1", 0, 0 },
	{ "slow6.example", 0, 0, "2001:db8::1 192.0.2.1", 60, 0 },
	{ "late6.example", 0, 0, "2001:db8::1 192.0.2.1", 40, 0 },
	{ "slow4.example", 0, 0, "2001:db8::1 192.0.2.1", 0, 3000 },
	{ "late4.example", 0, 0, "2001:db8::1 192.0.2.1", 0, 1900 },
	{ "silent6.example", DNS_SILENCE, 0, "192.0.2.1", 0, 0 },
	{ "silent.example", DNS_SILENCE, DNS_SILENCE, "", 0, 0 },
	{ "garbage.example", DNS_GARBAGE, DNS_GARBAGE, "", 0, 0 },
	{ "inside.example", 0, 0,
		"127.0.0.1 10.0.0.1 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1", 0,
		0 },
	{ NULL, 0, 0, NULL, 0, 0 },
};

static struct loop *loop;
static struct dns_server server;
static struct resolver *resolver;

struct outcome {
	struct str addresses;
	char reason[128];
	int64_t at_ms;
	unsigned calls;
	bool is_done, is_temporary;
	struct resolve **cancel_inside;
};

static void outcome_init(struct outcome *o)
{
	*o = (struct outcome){ .calls = 0 };
	str_init(&o->addresses, 4096);
}

static void add_address(struct str *out, const struct sockaddr_storage *s)
{
	const struct sockaddr_in *v4 = (const void *)s;
	const struct sockaddr_in6 *v6 = (const void *)s;
	bool is_v4 = s->ss_family == AF_INET;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(s->ss_family,
		is_v4 ? (const void *)&v4->sin_addr
		      : (const void *)&v6->sin6_addr,
		text, sizeof(text));
	str_addf(out, "%s%s", out->len > 0 ? " " : "", text);
	assert_int_equal(ntohs(is_v4 ? v4->sin_port : v6->sin6_port), 6697);
}

static void on_result(const struct resolve_result *result, void *arg)
{
	struct outcome *o = arg;

	for (size_t i = 0; i < result->count; i++)
		add_address(&o->addresses, &result->addresses[i]);
	if (result->reason != NULL)
		(void)text_copy(o->reason, sizeof(o->reason), result->reason);
	assert_true((result->count == 0) == (result->reason != NULL));
	o->is_temporary = result->is_temporary;
	o->at_ms = clock_ms();
	o->calls++;
	o->is_done = true;
	if (o->cancel_inside != NULL)
		resolve_cancel(o->cancel_inside);
}

static void look_up(const char *host, struct outcome *o)
{
	struct resolve *q;

	outcome_init(o);
	q = resolve_start(resolver, host, 6697, on_result, o);
	assert_non_null(q);
	assert_false(o->is_done);
	loop_settle(loop, 60000, &o->is_done);
	assert_int_equal(o->calls, 1);
}

static void on_log(
	enum log_level level UNUSED, const char *line UNUSED, void *arg UNUSED)
{
}

static int set_up(void **state UNUSED)
{
	/* evdns reports each server that does not answer. */
	log_set_sink(on_log, NULL);
	clock_use_virtual(1700000000000);
	loop = loop_new();
	dns_server_start(&server, loop, records);
	resolver = resolver_new(loop, server.address);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	resolver_free(&resolver);
	dns_server_stop(&server);
	loop_free(&loop);
	clock_use_real();
	log_set_sink(NULL, NULL);
	return 0;
}

static void hosts_are_looked_up(void **state UNUSED)
{
	static const struct {
		const char *host, *addresses, *reason;
		bool is_temporary;
		unsigned questions;
	} rows[] = {
		{ "both.example", "2001:db8::1 192.0.2.1", "", false, 2 },
		{ "BOTH.example.", "2001:db8::1 192.0.2.1", "", false, 2 },
		{ "v4.example", "192.0.2.1 192.0.2.2", "", false, 2 },
		{ "v6.example", "2001:db8::1", "", false, 2 },
		{ "mixed.example",
			"2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 "
			"192.0.2.3",
			"", false, 2 },
		{ "many.example",
			"2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 "
			"192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8 192.0.2.9 "
			"192.0.2.10 192.0.2.11 192.0.2.12 192.0.2.13 "
			"192.0.2.14 192.0.2.15",
			"", false, 2 },
		{ "alias.example", "2001:db8::1 192.0.2.1", "", false, 2 },
		{ "half.example", "192.0.2.1", "", false, 2 },
		{ "cut.example", "192.0.2.1", "", false, 2 },
		{ "empty.example", "", "the host has no address", false, 2 },
		{ "none.example", "", "there is no host of that name", false,
			2 },
		{ "unknown.example", "", "there is no host of that name", false,
			2 },
		{ "halfnone.example", "", "there is no host of that name",
			false, 2 },
		/* evdns waits whether another server knows better. */
		{ "broken.example", "", "the name servers do not answer", true,
			2 },
		{ "halfempty.example", "", "the name servers do not answer",
			true, 2 },
		{ "garbage.example", "", "the name servers can't answer now",
			true, 2 },
		/* Literals ask nobody. */
		{ "192.0.2.77", "192.0.2.77", "", false, 0 },
		{ "2001:db8::77", "2001:db8::77", "", false, 0 },
		{ "[2001:db8::77]", "2001:db8::77", "", false, 0 },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1", "", false, 0 },
		{ "127.0.0.1", "127.0.0.1", "", false, 0 },
		{ "localhost", "::1 127.0.0.1", "", false, 0 },
		{ "irc.localhost", "::1 127.0.0.1", "", false, 0 },
		{ "LocalHost.", "::1 127.0.0.1", "", false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned before = server.questions;
		struct outcome o;

		look_up(rows[i].host, &o);
		if (strcmp(str_text(&o.addresses), rows[i].addresses) != 0)
			fail_msg("row %zu: %s", i, str_text(&o.addresses));
		if (strcmp(o.reason, rows[i].reason) != 0)
			fail_msg("row %zu: %s", i, o.reason);
		if (o.is_temporary != rows[i].is_temporary ||
			(server.questions - before < rows[i].questions) ||
			(rows[i].questions == 0 && server.questions != before))
			fail_msg("row %zu", i);
		str_finish(&o.addresses);
	}
}

static const char *const bad_hosts[] = { "", ".", "..", "a..b", ".a",
	"a b.example", "a\tb", "a\nb", "a\r\nb.example", "a\x01.example",
	"\x7f.example", "a/b", "a:b", "a@b.example", "#chan", "a%b", "*",
	"b\xc3\xbc"
	"cher.example",
	"\xff", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "0X7F.0.0.1",
	"017700000001", "2130706433", "0", "00", "1.2.3", "1.2.3.4.5",
	"256.1.1.1", "1.2.3.256", "01.02.03.04", "127.0.0.1.", "a.0x1", "a.127",
	"a.127.", "1.2.3.0x", "[127.0.0.1]", "[::1", "::1]", "[]", "[::1].",
	"::1.", "fe80::1%lo", "[fe80::1%lo]", "1:2",
	":::", "::1::", "12345::", "a.example:6667", "irc://a.example", "a,b",
	"a;b", "a\\b", "'", "\"" };

static const char *const good_hosts[] = { "a", "a.b", "A-1.example",
	"_xmpp._tcp.example", "xn--bcher-kva.example", "1a.example",
	"127.0.0.1.example", "0x7f.example", "123.example", "example.", "a.1a",
	"a.0xg", "127.0.0.1", "::1", "[::1]", "::ffff:1.2.3.4" };

static void nonsense_is_no_host(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(bad_hosts); i++) {
		unsigned before = server.questions;
		struct outcome o;

		if (resolve_is_host(bad_hosts[i]))
			fail_msg("row %zu: \"%s\"", i, bad_hosts[i]);
		look_up(bad_hosts[i], &o);
		if (o.addresses.len > 0 || server.questions != before ||
			o.is_temporary)
			fail_msg("row %zu: \"%s\"", i, bad_hosts[i]);
		assert_string_equal(
			o.reason, "this is no host name and no address");
		str_finish(&o.addresses);
	}
	for (size_t i = 0; i < COUNT(good_hosts); i++) {
		if (!resolve_is_host(good_hosts[i]))
			fail_msg("row %zu: \"%s\"", i, good_hosts[i]);
	}
}

static void long_names_have_a_limit(void **state UNUSED)
{
	static const struct {
		size_t label, total;
		bool is_good;
	} rows[] = {
		{ 63, 63, true },
		{ 64, 64, false },
		{ 63, 253, true },
		{ 63, 254, false },
		{ 1, 253, true },
		{ 1, 255, false },
		{ 63, 5000, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char host[5001];
		struct outcome o;

		for (size_t at = 0; at < rows[i].total; at++)
			host[at] =
				(at + 1) % (rows[i].label + 1) == 0 ? '.' : 'a';
		host[rows[i].total - 1] = 'a';
		host[rows[i].total] = '\0';
		if (resolve_is_host(host) != rows[i].is_good)
			fail_msg("row %zu", i);
		look_up(host, &o);
		assert_int_equal(o.addresses.len, 0);
		str_finish(&o.addresses);
	}
}

/* Whatever a name points to, the policy sees the address itself. */
static void addresses_inside_do_not_pass_the_policy(void **state UNUSED)
{
	static const uint16_t ports[] = { 6697, 0 };
	static const char *const hosts[] = { "inside.example", "localhost",
		"127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0",
		"::", "169.254.169.254", "64:ff9b::7f00:1" };
	struct policy *policy = policy_new();

	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct str list;
		struct slice rest, word;
		struct outcome o;

		look_up(hosts[i], &o);
		assert_true(o.addresses.len > 0);
		str_init(&list, 4096);
		str_add_slice(&list, str_slice(&o.addresses));
		rest = str_slice(&list);
		while (rest.data != NULL) {
			char text[64];
			struct sockaddr_in v4 = { .sin_family = AF_INET,
				.sin_port = htons(6697) };
			struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				.sin6_port = htons(6697) };
			const void *address = &v4;

			word = slice_cut(&rest, ' ');
			snprintf(text, sizeof(text), "%.*s", (int)word.len,
				word.data);
			if (inet_pton(AF_INET, text, &v4.sin_addr) != 1) {
				address = &v6;
				assert_int_equal(inet_pton(AF_INET6, text,
							 &v6.sin6_addr),
					1);
			}
			if (policy_permits(policy, address, ports))
				fail_msg("row %zu: %s", i, text);
		}
		str_finish(&list);
		str_finish(&o.addresses);
	}
	policy_free(&policy);
}

static void a_late_answer_is_awaited_for_a_while(void **state UNUSED)
{
	static const struct {
		const char *host, *addresses;
		int64_t after_ms;
	} rows[] = {
		{ "late6.example", "2001:db8::1 192.0.2.1", 40 },
		{ "slow6.example", "192.0.2.1", 50 },
		{ "silent6.example", "192.0.2.1", 50 },
		{ "late4.example", "2001:db8::1 192.0.2.1", 1900 },
		{ "slow4.example", "2001:db8::1", 2000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t start_ms = clock_ms();
		struct outcome o;

		look_up(rows[i].host, &o);
		if (strcmp(str_text(&o.addresses), rows[i].addresses) != 0)
			fail_msg("row %zu: %s", i, str_text(&o.addresses));
		assert_int_equal(o.at_ms - start_ms, rows[i].after_ms);
		str_finish(&o.addresses);
	}
	/* The answers that came too late are nobody's. */
	loop_settle(loop, 10000, NULL);
}

static void silence_has_an_end(void **state UNUSED)
{
	int64_t start_ms = clock_ms();
	struct outcome o;

	look_up("silent.example", &o);
	assert_int_equal(o.at_ms - start_ms, 30000);
	assert_string_equal(o.reason, "the name servers do not answer");
	assert_true(o.is_temporary);
	str_finish(&o.addresses);
}

static void nothing_comes_after_cancelling(void **state UNUSED)
{
	static const char *const hosts[] = { "both.example", "192.0.2.1",
		"localhost", "silent.example", "no such", "slow6.example" };

	for (size_t i = 0; i < COUNT(hosts); i++) {
		for (int turns = 0; turns < 3; turns++) {
			struct outcome o;
			struct resolve *q;

			outcome_init(&o);
			q = resolve_start(
				resolver, hosts[i], 6697, on_result, &o);
			if (turns == 1 && i >= 3 && i != 4)
				loop_settle(loop, 10, NULL);
			resolve_cancel(&q);
			assert_null(q);
			if (turns == 2)
				loop_settle(loop, 100, NULL);
			assert_int_equal(o.calls, 0);
			str_finish(&o.addresses);
		}
	}
	loop_settle(loop, 60000, NULL);
	resolve_cancel(NULL);
}

static void cancelling_inside_is_harmless(void **state UNUSED)
{
	static const char *const hosts[] = { "both.example", "192.0.2.1" };

	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct outcome o;
		struct resolve *q;

		outcome_init(&o);
		o.cancel_inside = &q;
		q = resolve_start(resolver, hosts[i], 6697, on_result, &o);
		loop_settle(loop, 100, NULL);
		assert_int_equal(o.calls, 1);
		assert_null(q);
		str_finish(&o.addresses);
	}
}

static void many_at_once(void **state UNUSED)
{
	enum { LOOKUPS = 2000 };
	static struct outcome all[LOOKUPS];

	for (size_t i = 0; i < LOOKUPS; i++) {
		outcome_init(&all[i]);
		assert_non_null(resolve_start(resolver,
			i % 2 ? "both.example" : "none.example", 6697,
			on_result, &all[i]));
	}
	/* The kernel drops what does not fit; evdns asks again in real time,
	 * so some end at the deadline. */
	loop_settle(loop, 60000, NULL);
	for (size_t i = 0; i < LOOKUPS; i++) {
		assert_int_equal(all[i].calls, 1);
		str_finish(&all[i].addresses);
	}
}

/* Freed while questions are open: they fail, or are cancelled. */
static void the_resolver_may_go_first(void **state UNUSED)
{
	struct outcome a, b, c;
	struct resolve *q, *cancelled;

	outcome_init(&a);
	outcome_init(&b);
	outcome_init(&c);
	q = resolve_start(resolver, "silent.example", 6697, on_result, &a);
	assert_non_null(q);
	q = resolve_start(resolver, "192.0.2.1", 6697, on_result, &b);
	assert_non_null(q);
	cancelled =
		resolve_start(resolver, "silent6.example", 6697, on_result, &c);
	loop_settle(loop, 0, NULL);
	q = resolve_start(resolver, "both.example", 6697, on_result, &c);
	resolve_cancel(&q);
	resolver_free(&resolver);
	assert_null(resolver);
	resolver_free(&resolver);
	resolver_free(NULL);
	resolve_cancel(&cancelled);
	loop_settle(loop, 1000, NULL);
	assert_int_equal(a.calls, 1);
	assert_true(a.is_temporary);
	assert_int_equal(b.calls, 1);
	assert_int_equal(c.calls, 0);
	str_finish(&a.addresses);
	str_finish(&b.addresses);
	str_finish(&c.addresses);
}

static void the_loop_may_go_right_after(void **state UNUSED)
{
	struct outcome o;
	struct resolve *q;

	outcome_init(&o);
	q = resolve_start(resolver, "silent.example", 6697, on_result, &o);
	loop_settle(loop, 0, NULL);
	resolve_cancel(&q);
	/* The tear-down frees resolver and loop without another turn. */
	str_finish(&o.addresses);
}

static void the_system_has_a_configuration(void **state UNUSED)
{
	struct resolver *system = resolver_new(loop, NULL);
	struct resolver *broken = resolver_new(loop, "not an address");
	struct outcome o;

	outcome_init(&o);
	assert_non_null(
		resolve_start(system, "localhost", 6697, on_result, &o));
	loop_settle(loop, 100, NULL);
	assert_int_equal(o.calls, 1);
	assert_true(o.addresses.len > 0);
	/* Without name servers literals and hosts still work. */
	str_reset(&o.addresses);
	assert_non_null(
		resolve_start(broken, "localhost", 6697, on_result, &o));
	assert_non_null(
		resolve_start(broken, "both.example", 6697, on_result, &o));
	loop_settle(loop, 60000, NULL);
	assert_int_equal(o.calls, 3);
	assert_string_equal(str_text(&o.addresses), "::1 127.0.0.1");
	assert_true(o.is_temporary);
	str_finish(&o.addresses);
	resolver_free(&system);
	resolver_free(&broken);
}

/* --- The hosts file ------------------------------------------------------ */

static void describe(const struct host_address *a, struct str *out)
{
	for (; a != NULL; a = a->next) {
		char text[INET6_ADDRSTRLEN];

		inet_ntop(a->family, a->bytes, text, sizeof(text));
		str_addf(out, "%s%s", out->len > 0 ? " " : "", text);
	}
}

static void the_hosts_file_is_read(void **state UNUSED)
{
	static const char text[] = "127.0.0.1 localhost\n"
				   "# a comment 1.2.3.4 nobody\n"
				   "\n"
				   "192.0.2.1\tAlpha alpha.example# gamma\n"
				   "  192.0.2.2   beta\r\n"
				   "2001:db8::1 alpha ip6\n"
				   "192.0.2.1 twice twice\n"
				   "not.an.address delta\n"
				   "192.0.2.300 delta\n"
				   "192.0.2.9\n"
				   "192.0.2.3 nul\0inside last";
	static const struct {
		const char *name, *addresses;
	} rows[] = {
		{ "localhost", "127.0.0.1" },
		{ "alpha", "192.0.2.1 2001:db8::1" },
		{ "ALPHA", "192.0.2.1 2001:db8::1" },
		{ "alpha.example", "192.0.2.1" },
		{ "beta", "192.0.2.2" },
		{ "ip6", "2001:db8::1" },
		{ "twice", "192.0.2.1 192.0.2.1" },
		{ "last", "192.0.2.3" },
		{ "gamma", "" },
		{ "delta", "" },
		{ "nobody", "" },
		{ "nul", "" },
		{ "", "" },
		{ "notlocalhost", "" },
		{ ".localhost", "" },
		{ "a.localhost", "::1 127.0.0.1" },
	};
	struct hosts *h = hosts_new();
	struct str out;

	str_init(&out, 1024);
	hosts_parse(h, slice_make(text, sizeof(text) - 1));
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&out);
		describe(hosts_find(h, rows[i].name), &out);
		if (strcmp(str_text(&out), rows[i].addresses) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
	}
	str_finish(&out);
	hosts_free(&h);
	hosts_free(&h);
	hosts_free(NULL);
}

static void hosts_have_limits(void **state UNUSED)
{
	struct hosts *h = hosts_new();
	char line[400];
	const struct host_address *a;
	size_t count = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "10.0.%d.%d crowd", i / 256,
			i % 256);
		hosts_parse(h, slice_of(line));
	}
	for (a = hosts_find(h, "crowd"); a != NULL; a = a->next)
		count++;
	assert_int_equal(count, 32);
	memset(line, 'a', sizeof(line));
	memcpy(line, "10.0.0.1 ", 9);
	hosts_parse(h, slice_make(line, sizeof(line)));
	line[sizeof(line) - 1] = '\0';
	assert_null(hosts_find(h, line + 9));
	hosts_free(&h);
}

static void a_hosts_file_may_be_missing(void **state UNUSED)
{
	char path[] = "/tmp/causeway-hosts-XXXXXX";
	struct hosts *h = hosts_new();
	int fd = mkstemp(path);

	assert_int_equal(hosts_load(h, "/nonexistent/hosts"), -1);
	assert_int_equal(hosts_load(h, "/tmp"), -1);
	assert_int_equal(write(fd, "192.0.2.5 disk\n", 15), 15);
	close(fd);
	assert_int_equal(hosts_load(h, path), 0);
	assert_non_null(hosts_find(h, "disk"));
	unlink(path);
	hosts_free(&h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hosts_are_looked_up),
		TEST(nonsense_is_no_host),
		TEST(long_names_have_a_limit),
		TEST(addresses_inside_do_not_pass_the_policy),
		TEST(a_late_answer_is_awaited_for_a_while),
		TEST(silence_has_an_end),
		TEST(nothing_comes_after_cancelling),
		TEST(cancelling_inside_is_harmless),
		TEST(many_at_once),
		TEST(the_resolver_may_go_first),
		TEST(the_loop_may_go_right_after),
		TEST(the_system_has_a_configuration),
		cmocka_unit_test(the_hosts_file_is_read),
		cmocka_unit_test(hosts_have_limits),
		cmocka_unit_test(a_hosts_file_may_be_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
