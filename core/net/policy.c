/*
 * An address is looked at as 16 bytes; IPv4 stands there as ::ffff:0:0/96
 * (RFC 4291 section 2.5.5.2), so that a mapped address is the address that
 * it maps, and one comparison serves both families.
 *
 * What is closed follows the IANA special-purpose address registries of IPv4
 * and IPv6 (RFC 6890). Of IPv6 only the global unicast space 2000::/3 is
 * open at all; within it, and in IPv4, the tables list the exceptions.
 */
#include "net/policy.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"

#define POLICY_MAGIC 0x706f6c69u

#define ADDRESS_SIZE 16
#define V4_BITS      96 /* prefix of a mapped address */

struct range {
	unsigned char address[ADDRESS_SIZE];
	unsigned bits;
};

struct policy {
	unsigned magic;
	struct range *open;
	size_t open_count;
	struct range *closed;
	size_t closed_count;
	uint16_t *ports;
	size_t port_count;
};

/* --- Tables -------------------------------------------------------------- */

struct special_v4 {
	uint32_t address;
	unsigned bits;
};

#define V4(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct special_v4 special_v4[] = {
	{ V4(0, 0, 0, 0), 8 },       /* this network, RFC 791 */
	{ V4(10, 0, 0, 0), 8 },      /* private, RFC 1918 */
	{ V4(100, 64, 0, 0), 10 },   /* carrier's NAT, RFC 6598 */
	{ V4(127, 0, 0, 0), 8 },     /* loopback, RFC 1122 */
	{ V4(169, 254, 0, 0), 16 },  /* link local, RFC 3927 */
	{ V4(172, 16, 0, 0), 12 },   /* private, RFC 1918 */
	{ V4(192, 0, 0, 0), 24 },    /* protocol assignments, RFC 6890 */
	{ V4(192, 0, 2, 0), 24 },    /* documentation, RFC 5737 */
	{ V4(192, 88, 99, 0), 24 },  /* 6to4 relays, RFC 7526 */
	{ V4(192, 168, 0, 0), 16 },  /* private, RFC 1918 */
	{ V4(198, 18, 0, 0), 15 },   /* benchmarking, RFC 2544 */
	{ V4(198, 51, 100, 0), 24 }, /* documentation, RFC 5737 */
	{ V4(203, 0, 113, 0), 24 },  /* documentation, RFC 5737 */
	{ V4(224, 0, 0, 0), 4 },     /* multicast, RFC 5771 */
	{ V4(240, 0, 0, 0), 4 },     /* reserved and broadcast, RFC 1112 */
};

struct special_v6 {
	unsigned char prefix[6]; /* what follows is zero */
	unsigned bits;
};

/* Inside 2000::/3. Outside are, all closed: ::/128, ::1/128, NAT64
 * 64:ff9b::/96 (RFC 6052) and 64:ff9b:1::/48 (RFC 8215), discard 100::/64,
 * SRv6 5f00::/16, unique local fc00::/7, link local fe80::/10, site local
 * fec0::/10, multicast ff00::/8. NAT64 would open every private address of
 * the network that translates. */
static const struct special_v6 special_v6[] = {
	/* Protocol assignments, RFC 2928: Teredo 2001::/32, benchmarking
	 * 2001:2::/48, ORCHID 2001:10::/28 and 2001:20::/28, and more. */
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation, RFC 3849 */
	{ { 0x20, 0x02 }, 16 },             /* 6to4, RFC 3056 */
	{ { 0x3f, 0xfe }, 16 },             /* once the 6bone, RFC 3701 */
	{ { 0x3f, 0xff, 0x00 }, 20 },       /* documentation, RFC 9637 */
};

/* --- Addresses ----------------------------------------------------------- */

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static void from_v4(const void *v4, unsigned char out[ADDRESS_SIZE])
{
	memcpy(out, mapped, sizeof(mapped));
	memcpy(out + sizeof(mapped), v4, 4);
}

/* False for other families than the two of the Internet. */
static bool from_sockaddr(const struct sockaddr *address,
	unsigned char out[ADDRESS_SIZE], uint16_t *port_r)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		from_v4(&v4.sin_addr, out);
		*port_r = ntohs(v4.sin_port);
		return true;
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		memcpy(out, &v6.sin6_addr, ADDRESS_SIZE);
		*port_r = ntohs(v6.sin6_port);
		return true;
	}
	return false;
}

static bool has_prefix(const unsigned char *address,
	const unsigned char *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(address, prefix, whole) != 0)
		return false;
	return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static bool is_in_any(const unsigned char address[ADDRESS_SIZE],
	const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (has_prefix(address, ranges[i].address, ranges[i].bits))
			return true;
	}
	return false;
}

static bool is_public_v4(const unsigned char *v4)
{
	for (size_t i = 0; i < COUNT(special_v4); i++) {
		uint32_t prefix = htonl(special_v4[i].address);

		if (has_prefix(v4, (const unsigned char *)&prefix,
			    special_v4[i].bits))
			return false;
	}
	return true;
}

static bool is_public_v6(const unsigned char *v6)
{
	static const unsigned char global[] = { 0x20 };

	if (!has_prefix(v6, global, 3))
		return false;
	for (size_t i = 0; i < COUNT(special_v6); i++) {
		if (has_prefix(v6, special_v6[i].prefix, special_v6[i].bits))
			return false;
	}
	return true;
}

bool policy_is_public(const struct sockaddr *address)
{
	unsigned char bytes[ADDRESS_SIZE];
	uint16_t port;

	if (!from_sockaddr(address, bytes, &port))
		return false;
	/* IPv4 is asked for as IPv4: whoever hides it in IPv6 has a reason. */
	if (address->sa_family == AF_INET)
		return is_public_v4(bytes + sizeof(mapped));
	return is_public_v6(bytes);
}

/* --- The policy ---------------------------------------------------------- */

void policy_deny(struct policy *p, const struct sockaddr *address)
{
	struct range range = { .bits = 8 * ADDRESS_SIZE };
	uint16_t port;

	MAGIC_CHECK(p, POLICY_MAGIC);
	if (!from_sockaddr(address, range.address, &port))
		return;
	p->closed =
		xrealloc(p->closed, p->closed_count + 1, sizeof(*p->closed));
	p->closed[p->closed_count++] = range;
}

/* The machine's own public addresses: behind them are services that trust
 * whoever comes from this host. */
static void deny_own_addresses(struct policy *p)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) != 0) {
		log_warning("net", "own addresses can't be listed");
		return;
	}
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr != NULL && policy_is_public(i->ifa_addr))
			policy_deny(p, i->ifa_addr);
	}
	freeifaddrs(all);
}

struct policy *policy_new(void)
{
	struct policy *p = xalloc(sizeof(*p));

	p->magic = POLICY_MAGIC;
	deny_own_addresses(p);
	return p;
}

void policy_clear(struct policy *p)
{
	MAGIC_CHECK(p, POLICY_MAGIC);
	xfree(p->open);
	xfree(p->closed);
	xfree(p->ports);
	*p = (struct policy){ .magic = POLICY_MAGIC };
	deny_own_addresses(p);
}

void policy_free(struct policy **slot)
{
	struct policy *p;

	if (slot == NULL || *slot == NULL)
		return;
	p = *slot;
	MAGIC_CHECK(p, POLICY_MAGIC);
	xfree(p->open);
	xfree(p->closed);
	xfree(p->ports);
	p->magic = 0;
	xfree(p);
	*slot = NULL;
}

/* One to three digits; -1 otherwise. */
static int parse_bits(const char *text, unsigned max, unsigned *bits_r)
{
	unsigned bits = 0;
	size_t len = strlen(text);

	if (len < 1 || len > 3 || strspn(text, "0123456789") != len)
		return -1;
	for (size_t i = 0; i < len; i++)
		bits = bits * 10 + (unsigned)(text[i] - '0');
	if (bits > max)
		return -1;
	*bits_r = bits;
	return 0;
}

static int parse_range(const char *cidr, struct range *range_r)
{
	char host[INET6_ADDRSTRLEN];
	unsigned char v4[4];
	const char *slash = strchr(cidr, '/');
	size_t len = slash != NULL ? (size_t)(slash - cidr) : strlen(cidr);
	unsigned max = 8 * ADDRESS_SIZE;
	unsigned offset = 0;

	if (len >= sizeof(host))
		return -1;
	memcpy(host, cidr, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, v4) == 1) {
		from_v4(v4, range_r->address);
		offset = V4_BITS;
		max = 32;
	} else if (inet_pton(AF_INET6, host, range_r->address) != 1) {
		return -1;
	}
	range_r->bits = max;
	if (slash != NULL && parse_bits(slash + 1, max, &range_r->bits) != 0)
		return -1;
	range_r->bits += offset;
	return 0;
}

int policy_allow(struct policy *p, const char *cidr)
{
	struct range range;

	MAGIC_CHECK(p, POLICY_MAGIC);
	if (parse_range(cidr, &range) != 0 ||
		p->open_count >= LIMIT_CONFIG_LIST)
		return -1;
	p->open = xrealloc(p->open, p->open_count + 1, sizeof(*p->open));
	p->open[p->open_count++] = range;
	return 0;
}

void policy_allow_port(struct policy *p, uint16_t port)
{
	MAGIC_CHECK(p, POLICY_MAGIC);
	p->ports = xrealloc(p->ports, p->port_count + 1, sizeof(*p->ports));
	p->ports[p->port_count++] = port;
}

static bool is_open_port(
	const struct policy *p, uint16_t port, const uint16_t *ports)
{
	for (; ports != NULL && *ports != 0; ports++) {
		if (*ports == port)
			return true;
	}
	for (size_t i = 0; i < p->port_count; i++) {
		if (p->ports[i] == port)
			return true;
	}
	return false;
}

bool policy_is_opened(const struct policy *p, const struct sockaddr *address)
{
	unsigned char bytes[ADDRESS_SIZE];
	uint16_t port;

	MAGIC_CHECK(p, POLICY_MAGIC);
	return from_sockaddr(address, bytes, &port) &&
	       is_in_any(bytes, p->open, p->open_count);
}

bool policy_permits(const struct policy *p, const struct sockaddr *address,
	const uint16_t *ports)
{
	unsigned char bytes[ADDRESS_SIZE];
	uint16_t port;

	MAGIC_CHECK(p, POLICY_MAGIC);
	if (!from_sockaddr(address, bytes, &port) || port == 0)
		return false;
	if (is_in_any(bytes, p->open, p->open_count))
		return true;
	return policy_is_public(address) &&
	       !is_in_any(bytes, p->closed, p->closed_count) &&
	       is_open_port(p, port, ports);
}
