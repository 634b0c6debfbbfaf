/* SRV and MX records, from a name server that says anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "dns_server.h"
#include "net/dns.h"

#define SRV 33
#define MX  15

static const struct dns_record none[] = { { NULL, 0, 0, NULL, 0, 0 } };

static const struct dns_extra extras[] = {
	{ "_imaps._tcp.example.org", SRV, DNS_ADDRESSES, { 20, 0, 993 },
		"later.example.org" },
	{ "_imaps._tcp.example.org", SRV, DNS_ADDRESSES, { 10, 0, 1993 },
		"FIRST.example.org" },
	{ "_imap._tcp.example.org", SRV, DNS_ADDRESSES, { 0, 0, 0 }, "." },
	{ "_even._tcp.example.org", SRV, DNS_ADDRESSES, { 1, 30000, 1 },
		"heavy.example.org" },
	{ "_even._tcp.example.org", SRV, DNS_ADDRESSES, { 1, 10, 2 },
		"light.example.org" },
	{ "_odd._tcp.example.org", SRV, DNS_ADDRESSES, { 1, 1, 993 },
		"evil host.example.org" },
	{ "_odd._tcp.example.org", SRV, DNS_ADDRESSES, { 2, 1, 993 },
		"good.example.org" },
	{ "example.org", MX, DNS_ADDRESSES, { 20, 0, 0 }, "mx2.example.org" },
	{ "example.org", MX, DNS_ADDRESSES, { 10, 0, 0 }, "mx1.example.org" },
	{ "null.example.org", MX, DNS_ADDRESSES, { 0, 0, 0 }, "." },
	{ "down.example.org", MX, DNS_FAILURE, { 0, 0, 0 }, NULL },
	{ "garbage.example.org", MX, DNS_GARBAGE, { 0, 0, 0 }, NULL },
	{ "silent.example.org", MX, DNS_SILENCE, { 0, 0, 0 }, NULL },
	{ NULL, 0, 0, { 0, 0, 0 }, NULL },
};

static struct loop *loop;
static struct dns_server server;
static struct dns *dns;

static struct {
	struct dns_result result;
	unsigned calls;
	bool is_done;
} o;

static int set_up(void **state UNUSED)
{
	clock_use_virtual(1700000000000);
	loop = loop_new();
	dns_server_start(&server, loop, none);
	server.extras = extras;
	dns = dns_new(loop, server.address);
	memset(&o, 0, sizeof(o));
	return 0;
}

static int tear_down(void **state UNUSED)
{
	dns_free(&dns);
	dns_free(&dns);
	dns_server_stop(&server);
	loop_free(&loop);
	clock_use_real();
	return 0;
}

static void on_result(const struct dns_result *result, void *arg)
{
	assert_ptr_equal(arg, &o);
	o.result = *result;
	o.calls++;
	o.is_done = true;
}

static void ask(int type, const char *name)
{
	struct dns_query *q = type == SRV ? dns_srv(dns, name, on_result, &o)
					  : dns_mx(dns, name, on_result, &o);

	assert_non_null(q);
	o.is_done = false;
	loop_settle(loop, 60000, &o.is_done);
	assert_true(o.is_done);
}

static void records_come_in_order(void **state UNUSED)
{
	ask(SRV, "_imaps._tcp.example.org");
	assert_int_equal(o.result.error, DNS_OK);
	assert_int_equal(o.result.count, 2);
	assert_string_equal(o.result.hosts[0].host, "first.example.org");
	assert_int_equal(o.result.hosts[0].port, 1993);
	assert_string_equal(o.result.hosts[1].host, "later.example.org");
	ask(MX, "example.org");
	assert_int_equal(o.result.error, DNS_OK);
	assert_int_equal(o.result.count, 2);
	assert_string_equal(o.result.hosts[0].host, "mx1.example.org");
	assert_string_equal(o.result.hosts[1].host, "mx2.example.org");
}

/* 30 001 in 30 012: that the light one wins 5 times of 10 is chance of less
 * than 1 in 10^14. */
static void weight_decides_among_equals(void **state UNUSED)
{
	unsigned heavy = 0;

	for (int i = 0; i < 10; i++) {
		ask(SRV, "_even._tcp.example.org");
		assert_int_equal(o.result.count, 2);
		heavy += o.result.hosts[0].port == 1;
	}
	assert_in_range(heavy, 6, 10);
}

static void a_service_may_be_denied(void **state UNUSED)
{
	ask(SRV, "_imap._tcp.example.org");
	assert_int_equal(o.result.error, DNS_OK);
	assert_int_equal(o.result.count, 0);
	ask(MX, "null.example.org");
	assert_int_equal(o.result.error, DNS_OK);
	assert_int_equal(o.result.count, 0);
}

static void names_that_are_none_are_left_out(void **state UNUSED)
{
	ask(SRV, "_odd._tcp.example.org");
	assert_int_equal(o.result.count, 1);
	assert_string_equal(o.result.hosts[0].host, "good.example.org");
}

static void failures_are_told_apart(void **state UNUSED)
{
	static const struct {
		int type;
		const char *name;
		enum dns_error error;
	} rows[] = {
		{ MX, "nowhere.example.org", DNS_NO_SUCH_NAME },
		{ SRV, "example.org", DNS_NO_RECORD },
		{ MX, "down.example.org", DNS_TROUBLE },
		{ MX, "garbage.example.org", DNS_TROUBLE },
		{ MX, "silent.example.org", DNS_TROUBLE },
		{ MX, "a..b", DNS_TROUBLE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		ask(rows[i].type, rows[i].name);
		assert_int_equal(o.result.error, rows[i].error);
		assert_int_equal(o.result.count, 0);
	}
	assert_int_equal(o.calls, COUNT(rows));
}

static void a_cancelled_query_is_silent(void **state UNUSED)
{
	struct dns_query *q = dns_mx(dns, "example.org", on_result, &o);

	dns_cancel(&q);
	assert_null(q);
	dns_cancel(&q);
	dns_cancel(NULL);
	q = dns_mx(dns, "silent.example.org", on_result, &o);
	loop_settle(loop, 0, NULL);
	dns_cancel(&q);
	loop_settle(loop, 60000, NULL);
	assert_int_equal(o.calls, 0);
}

static void freeing_ends_queries(void **state UNUSED)
{
	struct dns_query *q = dns_mx(dns, "silent.example.org", on_result, &o);

	assert_non_null(q);
	loop_settle(loop, 0, NULL);
	dns_free(&dns);
	loop_settle(loop, 60000, NULL);
	assert_int_equal(o.calls, 0);
}

static void without_a_name_server_there_is_trouble(void **state UNUSED)
{
	struct dns *other = dns_new(loop, "127.0.0.1:1");
	struct dns_query *q = dns_mx(other, "example.org", on_result, &o);

	assert_non_null(q);
	loop_settle(loop, 60000, &o.is_done);
	assert_int_equal(o.result.error, DNS_TROUBLE);
	dns_free(&other);
}

static void name_servers_are_addresses(void **state UNUSED)
{
	assert_true(dns_is_nameserver("127.0.0.1:5353"));
	assert_true(dns_is_nameserver("127.0.0.1"));
	assert_true(dns_is_nameserver("[::1]:53"));
	assert_false(dns_is_nameserver("localhost:53"));
	assert_false(dns_is_nameserver("127.0.0.1:x"));
	assert_false(dns_is_nameserver("127.0.0.1,10.0.0.1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_come_in_order),
		TEST(weight_decides_among_equals),
		TEST(a_service_may_be_denied),
		TEST(names_that_are_none_are_left_out),
		TEST(failures_are_told_apart),
		TEST(a_cancelled_query_is_silent),
		TEST(freeing_ends_queries),
		TEST(without_a_name_server_there_is_trouble),
		TEST(name_servers_are_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
