/*
 * c-ares on the loop: it opens sockets and says which of them to watch, and
 * when to come back. Queries of c-ares can't be cancelled one by one, so each
 * query here has a channel of its own, which is destroyed with it; they are
 * few.
 *
 * c-ares reads the system's clock; the deadline of a query is the loop's.
 */
#include "net/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <assert.h>
#include <ctype.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/list.h"
#include "base/log.h"
#include "base/magic.h"
#include "base/str.h"
#include "net/resolve.h"

#define DNS_MAGIC   0x646e7300u
#define QUERY_MAGIC 0x71756572u

#define DEADLINE_MS 10000
#define TIMEOUT_MS  2000
#define TRIES       3

/* Records of one answer that are looked at. */
#define ANSWER_MAX 64

struct dns {
	unsigned magic;
	struct loop *loop;
	char *nameserver;
	struct list queries;
};

struct socket_watch {
	struct list link;
	struct dns_query *query;
	struct event *event;
	ares_socket_t fd;
};

struct dns_query {
	unsigned magic;
	struct list link;
	struct dns *dns;
	ares_channel channel; /* NULL: it could not be set up */
	struct list watches;
	struct timer deadline, tick;
	struct deferred delivery;
	char *name;
	int type; /* ns_t_srv, ns_t_mx */
	dns_fn fn;
	void *arg;
	bool is_answered;
	struct dns_result result;
};

/* What both kinds of record come to, before they are put in order. */
struct candidate {
	const char *host;
	uint16_t port, priority, weight;
};

/* --- Order --------------------------------------------------------------- */

static uint32_t draw(uint32_t below)
{
	uint32_t n;

	crypto_random(&n, sizeof(n));
	return below > 0 ? n % below : 0;
}

/* RFC 2782, "Usage rules": of those with the lowest priority one is drawn,
 * each as likely as its weight says; one of weight 0 hardly ever. */
static size_t choose(const struct candidate *c, size_t count)
{
	uint16_t lowest = UINT16_MAX;
	uint32_t sum = 0, running = 0, at;

	for (size_t i = 0; i < count; i++)
		if (c[i].priority < lowest)
			lowest = c[i].priority;
	for (size_t i = 0; i < count; i++)
		if (c[i].priority == lowest)
			sum += c[i].weight + 1u;
	at = draw(sum);
	for (size_t i = 0; i < count; i++) {
		if (c[i].priority != lowest)
			continue;
		running += c[i].weight + 1u;
		if (at < running)
			return i;
	}
	return 0;
}

/* A host to connect to, in the one form. */
static bool take_host(struct dns_host *r, const char *host)
{
	size_t len = strlen(host);

	if (len > 1 && host[len - 1] == '.')
		len--;
	if (len == 0 || len >= sizeof(r->host))
		return false;
	for (size_t i = 0; i < len; i++)
		r->host[i] = (char)tolower((unsigned char)host[i]);
	r->host[len] = '\0';
	return resolve_is_host(r->host);
}

static void put_in_order(
	struct dns_result *result, struct candidate *c, size_t count)
{
	while (count > 0 && result->count < DNS_HOSTS_MAX) {
		size_t i = choose(c, count);
		struct dns_host *r = &result->hosts[result->count];

		r->port = c[i].port;
		if (take_host(r, c[i].host))
			result->count++;
		c[i] = c[--count];
	}
}

/* --- Answers ------------------------------------------------------------- */

/* "." says that there is no such service. */
static bool is_none(const char *host)
{
	return host[0] == '\0' || strcmp(host, ".") == 0;
}

static size_t read_srv(const struct ares_srv_reply *first, struct candidate *c)
{
	size_t count = 0;

	for (const struct ares_srv_reply *r = first;
		r != NULL && count < ANSWER_MAX; r = r->next)
		if (!is_none(r->host) && r->port != 0)
			c[count++] = (struct candidate){ r->host, r->port,
				r->priority, r->weight };
	return count;
}

static size_t read_mx(const struct ares_mx_reply *first, struct candidate *c)
{
	size_t count = 0;

	for (const struct ares_mx_reply *r = first;
		r != NULL && count < ANSWER_MAX; r = r->next)
		if (!is_none(r->host))
			c[count++] = (struct candidate){ r->host, 0,
				r->priority, 0 };
	return count;
}

static int read_answer(
	struct dns_query *q, const unsigned char *answer, int len)
{
	struct candidate candidates[ANSWER_MAX];
	struct ares_srv_reply *srv = NULL;
	struct ares_mx_reply *mx = NULL;
	size_t count;
	int status = q->type == ns_t_srv
			     ? ares_parse_srv_reply(answer, len, &srv)
			     : ares_parse_mx_reply(answer, len, &mx);

	if (status != ARES_SUCCESS)
		return status;
	count = q->type == ns_t_srv ? read_srv(srv, candidates)
				    : read_mx(mx, candidates);
	put_in_order(&q->result, candidates, count);
	ares_free_data(srv);
	ares_free_data(mx);
	return ARES_SUCCESS;
}

static enum dns_error error_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return DNS_OK;
	case ARES_ENOTFOUND:
		return DNS_NO_SUCH_NAME;
	case ARES_ENODATA:
		return DNS_NO_RECORD;
	default:
		return DNS_TROUBLE;
	}
}

static void on_answer(void *arg, int status, int timeouts UNUSED,
	unsigned char *answer, int len)
{
	struct dns_query *q = arg;

	if (status == ARES_EDESTRUCTION)
		return;
	if (status == ARES_SUCCESS)
		status = read_answer(q, answer, len);
	q->result.error = error_of(status);
	q->is_answered = true;
	deferred_start(&q->delivery);
}

/* --- Life of a query ----------------------------------------------------- */

static void destroy(struct dns_query *q)
{
	timer_stop(&q->deadline);
	timer_stop(&q->tick);
	deferred_stop(&q->delivery);
	if (q->channel != NULL)
		ares_destroy(q->channel);
	list_for_each_safe(it, &q->watches) {
		struct socket_watch *w =
			CONTAINER(it, struct socket_watch, link);

		event_free(w->event);
		list_remove(&w->link);
		xfree(w);
	}
	list_remove(&q->link);
	xfree(q->name);
	q->magic = 0;
	xfree(q);
}

static void deliver(void *arg)
{
	struct dns_query *q = arg;
	dns_fn fn;

	MAGIC_CHECK(q, QUERY_MAGIC);
	fn = q->fn;
	q->fn = NULL;
	fn(&q->result, q->arg);
	destroy(q);
}

static void on_deadline(void *arg)
{
	struct dns_query *q = arg;

	if (!q->is_answered)
		q->result.error = DNS_TROUBLE;
	deliver(q);
}

/* --- c-ares on the loop -------------------------------------------------- */

static void come_back_later(struct dns_query *q)
{
	struct timeval longest = { .tv_sec = DEADLINE_MS / 1000 }, left;
	struct timeval *next;

	if (q->is_answered)
		return;
	next = ares_timeout(q->channel, &longest, &left);
	timer_start(&q->tick, next->tv_sec * 1000 + next->tv_usec / 1000 + 1);
}

static void on_tick(void *arg)
{
	struct dns_query *q = arg;

	ares_process_fd(q->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	come_back_later(q);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct socket_watch *w = arg;
	struct dns_query *q = w->query;
	struct loop *l = q->dns->loop;

	loop_enter(l, "dns");
	ares_process_fd(q->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
		what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	come_back_later(q);
	loop_leave(l);
}

static void on_socket(void *arg, ares_socket_t fd, int reads, int writes)
{
	struct dns_query *q = arg;
	struct socket_watch *w;

	list_for_each_safe(it, &q->watches) {
		w = CONTAINER(it, struct socket_watch, link);
		if (w->fd != fd)
			continue;
		event_free(w->event);
		list_remove(&w->link);
		xfree(w);
	}
	if (!reads && !writes)
		return;
	w = xalloc(sizeof(*w));
	w->query = q;
	w->fd = fd;
	w->event = event_new(loop_base(q->dns->loop), fd,
		(short)(EV_PERSIST | (reads ? EV_READ : 0) |
			(writes ? EV_WRITE : 0)),
		on_ready, w);
	if (w->event == NULL || event_add(w->event, NULL) != 0)
		fatal("libevent can't watch a socket");
	list_append(&q->watches, &w->link);
}

static int open_channel(struct dns_query *q)
{
	static char lookups[] = "b";
	struct ares_options options = { .timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = lookups,
		.flags = ARES_FLAG_NOSEARCH,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = q };
	int status = ares_init_options(&q->channel, &options,
		ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
			ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB);

	if (status != ARES_SUCCESS) {
		q->channel = NULL;
		return -1;
	}
	if (q->dns->nameserver == NULL)
		return 0;
	return ares_set_servers_ports_csv(q->channel, q->dns->nameserver) ==
			       ARES_SUCCESS
		       ? 0
		       : -1;
}

static struct dns_query *start(
	struct dns *d, const char *name, int type, dns_fn fn, void *arg)
{
	struct dns_query *q = xalloc(sizeof(*q));

	MAGIC_CHECK(d, DNS_MAGIC);
	assert(fn != NULL);
	q->magic = QUERY_MAGIC;
	q->dns = d;
	q->name = xstrdup(name);
	q->type = type;
	q->fn = fn;
	q->arg = arg;
	list_init(&q->watches);
	list_append(&d->queries, &q->link);
	timer_init(&q->deadline, d->loop, "dns", on_deadline, q);
	timer_init(&q->tick, d->loop, "dns", on_tick, q);
	deferred_init(&q->delivery, d->loop, "dns", deliver, q);
	timer_start(&q->deadline, DEADLINE_MS);
	if (open_channel(q) != 0) {
		log_warning("net", "no name server can be asked");
		q->result.error = DNS_TROUBLE;
		q->is_answered = true;
		deferred_start(&q->delivery);
		return q;
	}
	ares_query(q->channel, name, ns_c_in, type, on_answer, q);
	come_back_later(q);
	return q;
}

struct dns_query *dns_srv(struct dns *d, const char *name, dns_fn fn, void *arg)
{
	return start(d, name, ns_t_srv, fn, arg);
}

struct dns_query *dns_mx(struct dns *d, const char *name, dns_fn fn, void *arg)
{
	return start(d, name, ns_t_mx, fn, arg);
}

void dns_cancel(struct dns_query **slot)
{
	struct dns_query *q;

	if (slot == NULL || *slot == NULL)
		return;
	q = *slot;
	*slot = NULL;
	MAGIC_CHECK(q, QUERY_MAGIC);
	/* In its own callback it is about to go anyway. */
	if (q->fn != NULL)
		destroy(q);
}

/* --- Life ---------------------------------------------------------------- */

bool dns_is_nameserver(const char *text)
{
	struct sockaddr_storage address;
	int len = sizeof(address);

	return evutil_parse_sockaddr_port(
		       text, (struct sockaddr *)&address, &len) == 0;
}

struct dns *dns_new(struct loop *l, const char *nameserver)
{
	struct dns *d = xalloc(sizeof(*d));

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		fatal("c-ares can't be set up");
	d->magic = DNS_MAGIC;
	d->loop = l;
	d->nameserver = xstrdup(nameserver);
	list_init(&d->queries);
	return d;
}

void dns_free(struct dns **slot)
{
	struct dns *d;

	if (slot == NULL || *slot == NULL)
		return;
	d = *slot;
	MAGIC_CHECK(d, DNS_MAGIC);
	list_for_each_safe(it, &d->queries)
		destroy(CONTAINER(it, struct dns_query, link));
	xfree(d->nameserver);
	d->magic = 0;
	xfree(d);
	*slot = NULL;
	ares_library_cleanup();
}
