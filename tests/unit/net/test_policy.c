/* The outbound policy: which addresses and ports a user's host may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/macros.h"
#include "net/policy.h"

static const uint16_t irc_ports[] = { 6667, 6697, 0 };

static struct sockaddr_storage make(const char *text, uint16_t port)
{
	struct sockaddr_storage out = { 0 };
	struct sockaddr_in *v4 = (void *)&out;
	struct sockaddr_in6 *v6 = (void *)&out;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	} else {
		fail_msg("not an address: %s", text);
	}
	return out;
}

static bool is_public(const char *text)
{
	struct sockaddr_storage address = make(text, 6697);

	return policy_is_public((const struct sockaddr *)&address);
}

static bool is_opened(const struct policy *p, const char *text)
{
	struct sockaddr_storage address = make(text, 80);

	return policy_is_opened(p, (const struct sockaddr *)&address);
}

static bool permits(const struct policy *p, const char *text, uint16_t port)
{
	struct sockaddr_storage address = make(text, port);

	return policy_permits(p, (const struct sockaddr *)&address, irc_ports);
}

static const char *const public_addresses[] = {
	"1.0.0.0",
	"1.1.1.1",
	"8.8.8.8",
	"9.255.255.255",
	"11.0.0.0",
	"93.184.216.34",
	"100.63.255.255",
	"100.128.0.0",
	"126.255.255.255",
	"128.0.0.0",
	"169.253.255.255",
	"169.255.0.0",
	"172.15.255.255",
	"172.32.0.0",
	"191.255.255.255",
	"192.0.1.0",
	"192.0.3.0",
	"192.31.196.1",
	"192.52.193.1",
	"192.88.98.255",
	"192.88.100.0",
	"192.167.255.255",
	"192.169.0.0",
	"192.175.48.1",
	"198.17.255.255",
	"198.20.0.0",
	"198.51.99.255",
	"198.51.101.0",
	"203.0.112.255",
	"203.0.114.0",
	"223.255.255.255",
	"2000::1",
	"2001:200::1",
	"2001:4860:4860::8888",
	"2001:db7:ffff::1",
	"2001:db9::1",
	"2003::1",
	"2400:cb00::1",
	"2606:4700::1111",
	"2620:4f:8000::1",
	"2a00:1450::1",
	"3fff:1000::1",
	"3ffd:ffff::1",
	"2620:fe::fe",
};

static const char *const closed_addresses[] = {
	"0.0.0.0",
	"0.0.0.1",
	"0.255.255.255",
	"10.0.0.0",
	"10.0.0.1",
	"10.255.255.255",
	"100.64.0.0",
	"100.64.0.1",
	"100.100.100.200",
	"100.127.255.255",
	"127.0.0.0",
	"127.0.0.1",
	"127.1.2.3",
	"127.255.255.255",
	"169.254.0.0",
	"169.254.169.254",
	"169.254.255.255",
	"172.16.0.0",
	"172.17.0.1",
	"172.31.255.255",
	"192.0.0.0",
	"192.0.0.1",
	"192.0.0.9",
	"192.0.0.170",
	"192.0.0.255",
	"192.0.2.0",
	"192.0.2.255",
	"192.88.99.0",
	"192.88.99.1",
	"192.168.0.0",
	"192.168.1.1",
	"192.168.255.255",
	"198.18.0.0",
	"198.19.255.255",
	"198.51.100.0",
	"198.51.100.255",
	"203.0.113.0",
	"203.0.113.255",
	"224.0.0.0",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.0",
	"254.255.255.255",
	"255.255.255.255",
	"::",
	"::1",
	"::2",
	"::7f00:1",
	"::8.8.8.8",
	"::ffff:0:0",
	"::ffff:127.0.0.1",
	"::ffff:10.0.0.1",
	"::ffff:8.8.8.8",
	"::ffff:0:8.8.8.8",
	"64:ff9a::1",
	"64:ff9b::7f00:1",
	"64:ff9b::8.8.8.8",
	"64:ff9b::a9fe:a9fe",
	"64:ff9b:1::1",
	"100::",
	"100::1",
	"100:0:0:1::1",
	"1fff:ffff::1",
	"2001::",
	"2001::1",
	"2001:0:4136:e378:8000:63bf:3fff:fdd2",
	"2001:1::1",
	"2001:2::1",
	"2001:3::1",
	"2001:4:112::1",
	"2001:10::1",
	"2001:20::1",
	"2001:30::1",
	"2001:1ff:ffff::1",
	"2001:db8::",
	"2001:db8::1",
	"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	"2002::",
	"2002:7f00:1::1",
	"2002:c0a8:101::1",
	"2002:808:808::1",
	"2002:ffff:ffff::1",
	"3ffe::1",
	"3ffe:ffff:ffff::1",
	"3fff::1",
	"3fff:fff:ffff::1",
	"4000::1",
	"5f00::1",
	"8000::1",
	"a000::1",
	"c000::1",
	"e000::1",
	"f000::1",
	"fbff::1",
	"fc00::1",
	"fd00::1",
	"fd00:ec2::254",
	"fdff:ffff::1",
	"fe00::1",
	"fe7f::1",
	"fe80::",
	"fe80::1",
	"febf:ffff::1",
	"fec0::1",
	"feff::1",
	"ff00::1",
	"ff02::1",
	"ff05::2",
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

static void public_addresses_are_public(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(public_addresses); i++) {
		if (!is_public(public_addresses[i]))
			fail_msg("row %zu: %s", i, public_addresses[i]);
	}
}

static void special_addresses_are_not(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(closed_addresses); i++) {
		if (is_public(closed_addresses[i]))
			fail_msg("row %zu: %s", i, closed_addresses[i]);
	}
	assert_true(COUNT(public_addresses) + COUNT(closed_addresses) >= 120);
}

static void other_families_are_closed(void **state UNUSED)
{
	struct policy *p = policy_new();
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_storage none = { .ss_family = AF_UNSPEC };

	assert_int_equal(policy_allow(p, "0.0.0.0/0"), 0);
	assert_int_equal(policy_allow(p, "::/0"), 0);
	assert_false(policy_is_public((const struct sockaddr *)&local));
	assert_false(policy_is_public((const struct sockaddr *)&none));
	assert_false(
		policy_permits(p, (const struct sockaddr *)&local, irc_ports));
	assert_false(
		policy_permits(p, (const struct sockaddr *)&none, irc_ports));
	policy_free(&p);
	assert_null(p);
	policy_free(&p);
	policy_free(NULL);
}

static void ports_are_the_usual_ones(void **state UNUSED)
{
	struct policy *p = policy_new();
	struct sockaddr_storage address = make("8.8.8.8", 6697);

	assert_true(permits(p, "8.8.8.8", 6697));
	assert_true(permits(p, "2a00::1", 6667));
	assert_false(permits(p, "8.8.8.8", 22));
	assert_false(permits(p, "2a00::1", 25));
	assert_false(permits(p, "8.8.8.8", 0));
	assert_false(permits(p, "127.0.0.1", 6697));
	assert_false(
		policy_permits(p, (const struct sockaddr *)&address, NULL));
	policy_allow_port(p, 7000);
	policy_allow_port(p, 9999);
	assert_true(permits(p, "8.8.8.8", 7000));
	assert_true(permits(p, "8.8.8.8", 9999));
	assert_false(permits(p, "8.8.8.8", 7001));
	/* A further port opens no further address. */
	assert_false(permits(p, "127.0.0.1", 7000));
	policy_free(&p);
}

static void allowed_ranges_are_open(void **state UNUSED)
{
	static const struct {
		const char *cidr, *address;
		bool is_open;
	} rows[] = {
		{ "127.0.0.0/8", "127.0.0.1", true },
		{ "127.0.0.0/8", "127.255.255.255", true },
		{ "127.0.0.0/8", "126.255.255.255", false },
		{ "127.0.0.0/8", "128.0.0.0", false },
		{ "127.0.0.0/8", "::ffff:127.0.0.1", true },
		{ "127.0.0.0/8", "::ffff:10.0.0.1", false },
		{ "127.0.0.0/8", "::1", false },
		{ "127.0.0.0/8", "::127.0.0.1", false },
		{ "127.0.0.0/8", "64:ff9b::127.0.0.1", false },
		{ "127.0.0.0/8", "2002:7f00:1::1", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "127.0.0.1/32", "127.0.0.1", true },
		{ "127.0.0.9/8", "127.0.0.1", true },
		{ "10.1.2.0/23", "10.1.3.255", true },
		{ "10.1.2.0/23", "10.1.4.0", false },
		{ "10.1.2.0/23", "10.1.1.255", false },
		{ "172.16.0.0/12", "172.31.255.255", true },
		{ "172.16.0.0/12", "172.32.0.0", false },
		{ "0.0.0.0/0", "192.168.1.1", true },
		{ "0.0.0.0/0", "::ffff:192.168.1.1", true },
		{ "0.0.0.0/0", "fe80::1", false },
		{ "::1", "::1", true },
		{ "::1", "::2", false },
		{ "::1/128", "::1", true },
		{ "::/0", "fe80::1", true },
		{ "::/0", "::ffff:10.0.0.1", true },
		{ "::/0", "10.0.0.1", true },
		{ "fd00::/8", "fd12:3456::1", true },
		{ "fd00::/8", "fc00::1", false },
		{ "fe80::/10", "febf::1", true },
		{ "fe80::/10", "fec0::1", false },
		{ "::ffff:10.0.0.0/104", "10.9.9.9", true },
		{ "::ffff:10.0.0.0/104", "11.9.9.9", false },
		{ "64:ff9b::/96", "64:ff9b::8.8.8.8", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy *p = policy_new();

		assert_int_equal(policy_allow(p, rows[i].cidr), 0);
		/* 23 is no port of the protocol. */
		if (permits(p, rows[i].address, 23) != rows[i].is_open)
			fail_msg("row %zu: %s in %s", i, rows[i].address,
				rows[i].cidr);
		assert_false(permits(p, rows[i].address, 0));
		assert_int_equal(
			is_opened(p, rows[i].address), rows[i].is_open);
		assert_false(is_opened(p, "8.8.8.8") &&
			     strcmp(rows[i].cidr, "0.0.0.0/0") != 0 &&
			     strcmp(rows[i].cidr, "::/0") != 0);
		policy_free(&p);
	}
}

static void nonsense_is_no_range(void **state UNUSED)
{
	static const char *const rows[] = {
		"",
		"/",
		"/8",
		"127.0.0.1/",
		"127.0.0.1/33",
		"127.0.0.1/-1",
		"127.0.0.1/+8",
		"127.0.0.1/ 8",
		"127.0.0.1/8 ",
		"127.0.0.1/8/8",
		"127.0.0.1/0x8",
		"127.0.0.1/1000",
		"127.0.0.1/4294967304",
		"127.0.0.1/8a",
		" 127.0.0.1",
		"127.0.0",
		"127.1",
		"0x7f.0.0.1",
		"0177.0.0.1",
		"256.0.0.1",
		"localhost",
		"example.org/8",
		"::1/129",
		"::1/",
		":::/8",
		"[::1]",
		"[::1]/128",
		"fe80::1%lo",
		"fe80::1%lo/64",
		"1:2:3:4:5:6:7:8:9",
		"g::1",
		"*",
		"any",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	};
	struct policy *p = policy_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (policy_allow(p, rows[i]) != -1)
			fail_msg("row %zu: \"%s\"", i, rows[i]);
	}
	assert_false(permits(p, "127.0.0.1", 6697));
	policy_free(&p);
}

static void ranges_have_a_limit(void **state UNUSED)
{
	struct policy *p = policy_new();
	int accepted = 0;

	while (accepted < 100000 && policy_allow(p, "10.0.0.1") == 0)
		accepted++;
	assert_in_range(accepted, 100, 10000);
	policy_free(&p);
}

static void denied_addresses_are_closed(void **state UNUSED)
{
	struct policy *p = policy_new();
	struct sockaddr_storage v4 = make("8.8.4.4", 0);
	struct sockaddr_storage v6 = make("2a00::5", 0);
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	policy_deny(p, (const struct sockaddr *)&v4);
	policy_deny(p, (const struct sockaddr *)&v6);
	policy_deny(p, (const struct sockaddr *)&local);
	assert_false(permits(p, "8.8.4.4", 6697));
	assert_true(permits(p, "8.8.4.5", 6697));
	assert_false(permits(p, "2a00::5", 6697));
	assert_true(permits(p, "2a00::6", 6697));
	/* The operator has the last word. */
	assert_int_equal(policy_allow(p, "8.8.4.0/24"), 0);
	assert_true(permits(p, "8.8.4.4", 6697));
	policy_free(&p);
}

static void clearing_starts_over(void **state UNUSED)
{
	struct policy *p = policy_new();
	struct sockaddr_storage v4 = make("8.8.4.4", 0);

	assert_int_equal(policy_allow(p, "10.0.0.0/8"), 0);
	policy_allow_port(p, 7000);
	policy_deny(p, (const struct sockaddr *)&v4);
	policy_clear(p);
	assert_false(permits(p, "10.0.0.1", 6697));
	assert_false(permits(p, "8.8.8.8", 7000));
	assert_true(permits(p, "8.8.4.4", 6697));
	assert_int_equal(policy_allow(p, "10.0.0.0/8"), 0);
	assert_true(permits(p, "10.0.0.1", 6697));
	policy_free(&p);
}

static void own_addresses_are_closed(void **state UNUSED)
{
	struct policy *p = policy_new();
	struct ifaddrs *all = NULL;

	assert_int_equal(getifaddrs(&all), 0);
	for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		struct sockaddr_storage address = { 0 };

		if (i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			memcpy(&address, i->ifa_addr,
				sizeof(struct sockaddr_in));
		else if (i->ifa_addr->sa_family == AF_INET6)
			memcpy(&address, i->ifa_addr,
				sizeof(struct sockaddr_in6));
		else
			continue;
		((struct sockaddr_in *)(void *)&address)->sin_port =
			htons(6697);
		assert_false(policy_permits(
			p, (const struct sockaddr *)&address, irc_ports));
	}
	freeifaddrs(all);
	policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_addresses_are_public),
		cmocka_unit_test(special_addresses_are_not),
		cmocka_unit_test(other_families_are_closed),
		cmocka_unit_test(ports_are_the_usual_ones),
		cmocka_unit_test(allowed_ranges_are_open),
		cmocka_unit_test(nonsense_is_no_range),
		cmocka_unit_test(ranges_have_a_limit),
		cmocka_unit_test(denied_addresses_are_closed),
		cmocka_unit_test(clearing_starts_over),
		cmocka_unit_test(own_addresses_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
