/*
 * Look-ups over evdns: one question for each family, side by side.
 *
 * evdns_getaddrinfo() is not used: it calls every failure but "no such name"
 * the same, so that a name without an address could not be told from a name
 * server that is down, and its cancelled requests touch the base after
 * evdns_base_free(). Names of the hosts file are ours to find, therefore.
 *
 * Every answer, immediate or not, is delivered by a deferred call. A look-up
 * is freed when it was delivered or cancelled *and* evdns has called back
 * for each of its questions.
 */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <assert.h>
#include <event2/dns.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/magic.h"
#include "net/hosts.h"

#define RESOLVER_MAGIC 0x7265736fu
#define RESOLVE_MAGIC  0x6c6f6f6bu

/* RFC 1035 section 2.3.4. */
#define NAME_MAX_LEN  253
#define LABEL_MAX_LEN 63

/* How late the answer for the other family may be: RFC 8305 section 3 says
 * 50 ms for IPv6; IPv4 may be all that works, and cannot follow later. */
#define LATE_V6_MS 50
#define LATE_V4_MS 2000

/* Longer than evdns takes to give up; the dialler gives up earlier. */
#define DEADLINE_MS 30000

enum family { V6, V4, FAMILIES };

struct resolver {
	unsigned magic;
	struct loop *loop;
	struct evdns_base *dns;
	struct hosts *hosts;
	struct list lookups; /* that still have a question open */
};

struct question {
	struct resolve *owner;
	enum family family;
	struct evdns_request *request; /* NULL: answered, or not asked */
	bool is_open;                  /* evdns has not called back yet */
	int error;                     /* DNS_ERR_... of evdns */
	size_t count;
	unsigned char addresses[RESOLVE_MAX][sizeof(struct in6_addr)];
};

struct resolve {
	unsigned magic;
	struct list link;
	struct resolver *resolver; /* NULL: it is gone */
	struct question questions[FAMILIES];
	uint16_t port;
	const char *reason; /* set: failed before anything was asked */
	struct timer timer; /* the deadline, or the late answer's */
	struct deferred delivery;
	bool is_delivering;
	resolve_fn fn; /* NULL: delivered or cancelled */
	void *arg;
};

/* --- Host names ---------------------------------------------------------- */

/* Letters, digits and hyphens (RFC 1123 section 2.1), and the underscore that
 * some use nevertheless. International names come as A-labels. */
static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* "127.1", "0x7f.1", "017700000001": other software takes a name whose last
 * label is a number for an address, and no top-level domain is one. */
static bool is_number(struct slice label)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	bool is_hex = label.len >= 2 && label.data[0] == '0' &&
		      (label.data[1] == 'x' || label.data[1] == 'X');
	size_t i = is_hex ? 2 : 0;

	for (; i < label.len; i++) {
		if (memchr(digits, label.data[i], is_hex ? 22 : 10) == NULL)
			return false;
	}
	return true;
}

static bool is_label(struct slice label)
{
	if (label.len == 0 || label.len > LABEL_MAX_LEN)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_name_char(label.data[i]))
			return false;
	}
	return true;
}

/* `host` without its final dot. */
static bool is_name(struct slice host)
{
	struct slice label = host;

	if (host.len == 0 || host.len > NAME_MAX_LEN)
		return false;
	while (host.data != NULL) {
		label = slice_cut(&host, '.');
		if (!is_label(label))
			return false;
	}
	return !is_number(label);
}

static struct slice without_dot(const char *host)
{
	struct slice s = slice_of(host);

	if (s.len > 1 && s.data[s.len - 1] == '.')
		s.len--;
	return s;
}

/* A literal address into the question of its family; brackets only around
 * IPv6. */
static bool parse_literal(const char *host, struct question *questions)
{
	char inner[INET6_ADDRSTRLEN];
	size_t len = strlen(host);
	bool has_brackets = len > 2 && host[0] == '[' && host[len - 1] == ']';

	if (!has_brackets &&
		inet_pton(AF_INET, host, questions[V4].addresses[0]) == 1) {
		questions[V4].count = 1;
		return true;
	}
	if (has_brackets) {
		host++;
		len -= 2;
	}
	if (len >= sizeof(inner))
		return false;
	memcpy(inner, host, len);
	inner[len] = '\0';
	if (inet_pton(AF_INET6, inner, questions[V6].addresses[0]) != 1)
		return false;
	questions[V6].count = 1;
	return true;
}

bool resolve_is_host(const char *host)
{
	struct question scratch[FAMILIES] = { 0 };

	return parse_literal(host, scratch) || is_name(without_dot(host));
}

/* --- The resolver -------------------------------------------------------- */

static void configure(struct resolver *r, const char *nameserver)
{
	/* Many sessions may start at once; the default is 64. */
	evdns_base_set_option(r->dns, "max-inflight:", "1024");
	if (nameserver != NULL) {
		if (evdns_base_nameserver_ip_add(r->dns, nameserver) != 0)
			log_error(
				"net", "\"%s\" is no name server", nameserver);
		return;
	}
	evdns_base_set_option(r->dns, "timeout:", "3");
	if (evdns_base_resolv_conf_parse(r->dns,
		    DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS |
			    DNS_OPTION_MISC,
		    "/etc/resolv.conf") != 0)
		log_warning("net", "/etc/resolv.conf names no name server, "
				   "trying 127.0.0.1");
	if (hosts_load(r->hosts, "/etc/hosts") != 0)
		log_info("net", "/etc/hosts can't be read");
}

struct resolver *resolver_new(struct loop *l, const char *nameserver)
{
	struct resolver *r = xalloc(sizeof(*r));

	r->magic = RESOLVER_MAGIC;
	r->loop = l;
	list_init(&r->lookups);
	r->hosts = hosts_new();
	r->dns = evdns_base_new(loop_base(l), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (r->dns == NULL)
		fatal("the resolver can't be set up");
	configure(r, nameserver);
	return r;
}

void resolver_free(struct resolver **slot)
{
	struct resolver *r;

	if (slot == NULL || *slot == NULL)
		return;
	r = *slot;
	MAGIC_CHECK(r, RESOLVER_MAGIC);
	while (!list_is_empty(&r->lookups)) {
		struct resolve *q =
			CONTAINER(r->lookups.next, struct resolve, link);

		list_remove(&q->link);
		q->resolver = NULL;
	}
	/* Questions still open are called back with an error, later. */
	evdns_base_free(r->dns, 1);
	hosts_free(&r->hosts);
	r->magic = 0;
	xfree(r);
	*slot = NULL;
}

/* --- Delivery ------------------------------------------------------------ */

/* Free it unless somebody still refers to it. */
static void release(struct resolve *q)
{
	if (q->fn != NULL || q->is_delivering || q->questions[V4].is_open ||
		q->questions[V6].is_open)
		return;
	list_remove(&q->link);
	timer_stop(&q->timer);
	deferred_stop(&q->delivery);
	q->magic = 0;
	xfree(q);
}

static void close_questions(struct resolve *q)
{
	timer_stop(&q->timer);
	for (int i = 0; i < FAMILIES; i++) {
		struct evdns_request *request = q->questions[i].request;

		q->questions[i].request = NULL;
		/* Without a resolver it is being cancelled anyway. */
		if (request != NULL && q->resolver != NULL)
			evdns_cancel_request(q->resolver->dns, request);
	}
}

static void put_address(struct resolve_result *result,
	const struct question *question, size_t i, uint16_t port)
{
	struct sockaddr_storage *slot = &result->addresses[result->count++];
	struct sockaddr_in *v4 = (void *)slot;
	struct sockaddr_in6 *v6 = (void *)slot;

	if (question->family == V4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, question->addresses[i], 4);
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, question->addresses[i], 16);
	}
}

/* One of each family in turn (RFC 8305 section 4), while there are any. */
static void interleave(const struct resolve *q, struct resolve_result *result)
{
	for (size_t i = 0; i < RESOLVE_MAX; i++) {
		for (int f = 0; f < FAMILIES; f++) {
			const struct question *question = &q->questions[f];

			if (i < question->count && result->count < RESOLVE_MAX)
				put_address(result, question, i, q->port);
		}
	}
}

static bool has_error(const struct resolve *q, int error)
{
	return q->questions[V4].error == error ||
	       q->questions[V6].error == error;
}

/* Why there is no address at all. */
static void explain(const struct resolve *q, struct resolve_result *result)
{
	if (q->reason != NULL) {
		result->reason = q->reason;
	} else if (has_error(q, DNS_ERR_NOTEXIST)) {
		result->reason = "there is no host of that name";
	} else if (q->questions[V4].error == DNS_ERR_NODATA &&
		   q->questions[V6].error == DNS_ERR_NODATA) {
		result->reason = "the host has no address";
	} else {
		result->is_temporary = true;
		result->reason = has_error(q, DNS_ERR_TIMEOUT)
					 ? "the name servers do not answer"
					 : "the name servers can't answer now";
	}
}

static void deliver(void *arg)
{
	struct resolve *q = arg;
	struct resolve_result result = { .count = 0 };
	resolve_fn fn;

	MAGIC_CHECK(q, RESOLVE_MAGIC);
	fn = q->fn;
	close_questions(q);
	interleave(q, &result);
	if (result.count == 0)
		explain(q, &result);
	q->fn = NULL;
	q->is_delivering = true;
	fn(&result, q->arg);
	q->is_delivering = false;
	release(q);
}

/* --- Questions ----------------------------------------------------------- */

/* The deadline, or the other family is too late. */
static void on_timer(void *arg)
{
	struct resolve *q = arg;

	for (int i = 0; i < FAMILIES; i++) {
		if (q->questions[i].request != NULL)
			q->questions[i].error = DNS_ERR_TIMEOUT;
	}
	close_questions(q);
	deferred_start(&q->delivery);
}

static void keep_answer(struct question *question, int error, int count,
	const unsigned char *addresses)
{
	size_t size = question->family == V4 ? 4 : 16;

	question->error = error;
	if (error != DNS_ERR_NONE)
		return;
	if (count <= 0)
		question->error = DNS_ERR_NODATA;
	for (int i = 0; i < count && question->count < RESOLVE_MAX; i++)
		memcpy(question->addresses[question->count++],
			addresses + (size_t)i * size, size);
}

static void on_answer(int error, char type, int count, int ttl UNUSED,
	void *addresses, void *arg)
{
	struct question *question = arg;
	struct resolve *q = question->owner;

	MAGIC_CHECK(q, RESOLVE_MAGIC);
	question->is_open = false;
	if (question->request == NULL || q->fn == NULL) {
		/* Nobody waits for it any more. */
		question->request = NULL;
		release(q);
		return;
	}
	question->request = NULL;
	if (error == DNS_ERR_NONE &&
		type != (question->family == V4 ? DNS_IPv4_A : DNS_IPv6_AAAA))
		error = DNS_ERR_NODATA;
	keep_answer(question, error, count, addresses);
	if (q->questions[V4].request == NULL &&
		q->questions[V6].request == NULL)
		deferred_start(&q->delivery);
	else if (question->count > 0)
		timer_start(&q->timer,
			question->family == V4 ? LATE_V6_MS : LATE_V4_MS);
}

static void ask(struct resolve *q, const char *host)
{
	struct evdns_base *dns = q->resolver->dns;
	struct slice name = without_dot(host);
	char text[NAME_MAX_LEN + 1];
	/* A final dot says that this is the whole name. */
	int flags = host[name.len] == '.' ? DNS_QUERY_NO_SEARCH : 0;

	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	list_append(&q->resolver->lookups, &q->link);
	timer_start(&q->timer, DEADLINE_MS);
	for (int i = 0; i < FAMILIES; i++) {
		struct question *question = &q->questions[i];

		question->request =
			i == V4 ? evdns_base_resolve_ipv4(
					  dns, text, flags, on_answer, question)
				: evdns_base_resolve_ipv6(dns, text, flags,
					  on_answer, question);
		question->is_open = question->request != NULL;
		if (!question->is_open)
			question->error = DNS_ERR_UNKNOWN;
	}
	if (!q->questions[V4].is_open && !q->questions[V6].is_open)
		deferred_start(&q->delivery);
}

static void take_known(struct resolve *q, const struct host_address *a)
{
	for (; a != NULL; a = a->next) {
		struct question *question =
			&q->questions[a->family == AF_INET ? V4 : V6];

		if (question->count < RESOLVE_MAX)
			memcpy(question->addresses[question->count++], a->bytes,
				sizeof(a->bytes));
	}
	deferred_start(&q->delivery);
}

struct resolve *resolve_start(struct resolver *r, const char *host,
	uint16_t port, resolve_fn fn, void *arg)
{
	struct resolve *q = xalloc(sizeof(*q));
	char name[NAME_MAX_LEN + 1];

	MAGIC_CHECK(r, RESOLVER_MAGIC);
	assert(fn != NULL);
	q->magic = RESOLVE_MAGIC;
	list_init(&q->link);
	q->resolver = r;
	q->port = port;
	q->fn = fn;
	q->arg = arg;
	timer_init(&q->timer, r->loop, "resolve", on_timer, q);
	deferred_init(&q->delivery, r->loop, "resolve", deliver, q);
	for (int i = 0; i < FAMILIES; i++) {
		q->questions[i].owner = q;
		q->questions[i].family = (enum family)i;
	}
	if (parse_literal(host, q->questions)) {
		deferred_start(&q->delivery);
	} else if (!is_name(without_dot(host))) {
		q->reason = "this is no host name and no address";
		deferred_start(&q->delivery);
	} else {
		const struct host_address *known;

		snprintf(name, sizeof(name), "%.*s", (int)without_dot(host).len,
			host);
		known = hosts_find(r->hosts, name);
		if (known != NULL)
			take_known(q, known);
		else
			ask(q, host);
	}
	return q;
}

void resolve_cancel(struct resolve **slot)
{
	struct resolve *q;

	if (slot == NULL || *slot == NULL)
		return;
	q = *slot;
	*slot = NULL;
	MAGIC_CHECK(q, RESOLVE_MAGIC);
	q->fn = NULL;
	deferred_stop(&q->delivery);
	close_questions(q);
	release(q);
}
