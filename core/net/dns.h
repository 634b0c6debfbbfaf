/*
 * Records of the DNS besides addresses (those: resolve.h): which hosts offer
 * a service (SRV, RFC 2782), and which take a domain's mail (MX, RFC 5321
 * section 5.1).
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "net/loop.h"

#define DNS_HOSTS_MAX 16

struct dns;
struct dns_query;

struct dns_host {
	char host[256]; /* in lower case, without a final dot */
	uint16_t port;  /* of SRV */
};

enum dns_error {
	DNS_OK, /* there are records, or: the service is not offered */
	DNS_NO_SUCH_NAME, /* there is no such name */
	DNS_NO_RECORD,    /* ... or no record of this type */
	DNS_TROUBLE,      /* the name servers can't answer now */
};

struct dns_result {
	enum dns_error error;
	/* In the order in which to try them: by priority, then (SRV) drawn
	 * by weight. */
	struct dns_host hosts[DNS_HOSTS_MAX];
	size_t count;
	/* DNS_OK with no hosts: the domain says that there is no such
	 * service (SRV target ".", "null MX" of RFC 7505). */
};

typedef void (*dns_fn)(const struct dns_result *result, void *arg);

/* One per process. `nameserver` as for resolver_new(). */
struct dns *dns_new(struct loop *l, const char *nameserver);
/* Nobody is called about queries under way. Takes NULL inside, sets NULL. */
void dns_free(struct dns **slot);

/* `name` as "_imaps._tcp.example.org". `fn` is called once, never before this
 * returns and within ten seconds; the query is gone after that. */
struct dns_query *dns_srv(
	struct dns *d, const char *name, dns_fn fn, void *arg) MUST_CHECK;
/* `name` as "example.org". Without MX records the domain itself may take mail:
 * that is the caller's business. */
struct dns_query *dns_mx(
	struct dns *d, const char *name, dns_fn fn, void *arg) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void dns_cancel(struct dns_query **slot);

/* Is it the address of a name server: "ADDRESS:PORT", "[v6]:PORT", or an
 * address alone? */
bool dns_is_nameserver(const char *text);

#endif
