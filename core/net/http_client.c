/*
 * A call is a small machine around one easy handle of libcurl:
 *
 *	waiting --> looking up --> exchanging --> telling
 *	              ^                |
 *	              `-- redirected --'
 *
 * libcurl speaks HTTP and TLS, and nothing else of it is used: names are
 * looked up by the resolver, timeouts are the loop's timers, and the socket of
 * a connection is opened here, where an address that was not checked is
 * refused. Every call has a multi handle of its own, so that neither
 * connections nor answers of name servers are shared with calls under other
 * rules. The authorities are those of tls.h, which are read once.
 *
 * libcurl must not be called from its own callbacks, so what a callback of
 * ours causes (a cancelled call, bytes to send) is done when it has returned.
 */
#include "net/http_client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fifo.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"
#include "base/str.h"
#include "net/dial.h"
#include "net/tls_private.h"

#define CLIENT_MAGIC 0x68747463u
#define CALL_MAGIC   0x63616c6cu

#define DEFAULT_MAX        ((size_t)64 * KIB)
#define DEFAULT_TIMEOUT_MS 60000
#define DEFAULT_STALL_MS   30000
#define REDIRECTS_MAX      3

/* Headers of one answer. */
#define HEADERS_MAX ((size_t)64 * KIB)
/* Bytes of a streamed body that are kept here at most. */
#define BODY_ROOM   ((size_t)64 * KIB)

/* A long text in a query, percent-encoded, has some 8 KiB. */
#define URL_MAX    ((size_t)16 * KIB)
#define REASON_MAX 1024

struct http_client {
	unsigned magic;
	struct loop *loop;
	struct resolver *resolver;
	const struct policy *policy;
	struct tls_client *tls;    /* lent, or ... */
	struct tls_client *system; /* made when it is needed */
	char *software;
	struct list calls;
	unsigned count;
};

/* A socket of libcurl's and what it waits for. */
struct wait {
	struct list link;
	struct http_call *call;
	struct event *event;
};

struct http_origin {
	char host[256];
	uint16_t port;
	bool is_clear; /* http, not https */
};

struct http_call {
	unsigned magic;
	struct list link;
	struct http_client *client;
	struct http_order order; /* without what is copied below */
	char *method;
	struct curl_slist *headers;

	/* Where it goes: the request, or the redirect followed last. */
	char *url;
	struct http_origin origin;
	unsigned redirects;
	struct resolve *lookup;
	struct sockaddr_storage addresses[RESOLVE_MAX]; /* that were checked */
	size_t address_count;
	struct curl_slist *known; /* the same for libcurl */

	CURLM *multi;
	CURL *easy;
	struct list waits;
	unsigned depth; /* inside libcurl */
	char words[CURL_ERROR_SIZE];

	struct timer tick;  /* libcurl's */
	struct timer total; /* the whole call */
	struct timer stall; /* runs while the other side has to do something */
	struct deferred begin, asking, kick;

	/* The body of the request. */
	struct fifo *out;
	int64_t given;   /* bytes from the caller so far */
	bool is_starved; /* libcurl waits for them */
	bool is_asked;   /* the caller was, and has given nothing since */

	/* The answer. */
	struct str head, body;
	size_t received;
	bool has_left;
	char *type;
	bool is_paused;

	enum http_error error; /* found in a callback of libcurl's */
	struct str reason;
	bool is_telling, is_cancelled;
};

/* --- Life ---------------------------------------------------------------- */

struct http_client *http_client_new(struct loop *l, struct resolver *r,
	const struct policy *policy, struct tls_client *tls,
	const char *software)
{
	struct http_client *h = xalloc(sizeof(*h));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fatal("libcurl can't be set up");
	h->magic = CLIENT_MAGIC;
	h->loop = l;
	h->resolver = r;
	h->policy = policy;
	h->tls = tls;
	h->software = xstrdup(software);
	list_init(&h->calls);
	return h;
}

static void wait_free(struct wait *w)
{
	event_free(w->event);
	list_remove(&w->link);
	xfree(w);
}

/* Bytes of the request's headers that went out. */
static long request_size(const struct http_call *c)
{
	long size = 0;

	curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &size);
	return size;
}

/* The end of one exchange. */
static void disconnect(struct http_call *c)
{
	timer_stop(&c->tick);
	timer_stop(&c->stall);
	deferred_stop(&c->kick);
	if (c->easy == NULL)
		return;
	c->has_left = c->has_left || request_size(c) > 0;
	c->depth++;
	curl_multi_remove_handle(c->multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi);
	c->depth--;
	c->easy = NULL;
	c->multi = NULL;
	list_for_each_safe(it, &c->waits)
		wait_free(CONTAINER(it, struct wait, link));
	curl_slist_free_all(c->known);
	c->known = NULL;
}

static void destroy(struct http_call *c)
{
	resolve_cancel(&c->lookup);
	disconnect(c);
	timer_stop(&c->total);
	deferred_stop(&c->begin);
	deferred_stop(&c->asking);
	list_remove(&c->link);
	c->client->count--;
	curl_slist_free_all(c->headers);
	fifo_clear(&c->out);
	str_finish(&c->head);
	str_finish(&c->body);
	str_finish(&c->reason);
	xfree(c->type);
	xfree(c->method);
	xfree(c->url);
	c->magic = 0;
	xfree(c);
}

void http_client_free(struct http_client **slot)
{
	struct http_client *h;

	if (slot == NULL || *slot == NULL)
		return;
	h = *slot;
	MAGIC_CHECK(h, CLIENT_MAGIC);
	list_for_each_safe(it, &h->calls)
		destroy(CONTAINER(it, struct http_call, link));
	tls_client_free(&h->system);
	xfree(h->software);
	h->magic = 0;
	xfree(h);
	curl_global_cleanup();
	*slot = NULL;
}

void http_client_cancel(struct http_call **slot)
{
	struct http_call *c;

	if (slot == NULL || *slot == NULL)
		return;
	c = *slot;
	*slot = NULL;
	MAGIC_CHECK(c, CALL_MAGIC);
	c->is_cancelled = true;
	/* In a callback of its own it goes when that has returned. */
	if (c->depth == 0 && !c->is_telling)
		destroy(c);
}

/* --- The end ------------------------------------------------------------- */

/* Tell the caller, and be gone. */
static void finish(struct http_call *c, enum http_error error, int status)
{
	const struct http_answer answer = {
		.error = error,
		.reason = str_text(&c->reason),
		.status = status,
		.type = c->type != NULL ? c->type : "",
		.url = c->url,
		.head = str_slice(&c->head),
		.body = str_slice(&c->body),
		.has_left = c->has_left,
	};

	if (error != HTTP_OK)
		log_debug("net", "no answer from %s: %s", c->origin.host,
			answer.reason);
	c->is_telling = true;
	c->order.done(&answer, c->order.arg);
	destroy(c);
}

static void fail(struct http_call *c, enum http_error error, const char *reason)
{
	disconnect(c);
	resolve_cancel(&c->lookup);
	str_reset(&c->body);
	if (c->reason.len == 0)
		str_add(&c->reason, reason);
	finish(c, error, 0);
}

static void on_total(void *arg)
{
	fail(arg, HTTP_TIMEOUT, "it took too long");
}

static void on_stall(void *arg)
{
	fail(arg, HTTP_TIMEOUT, "the server does not answer");
}

/* A byte came or went, or ours is the next step. */
static void note_progress(struct http_call *c)
{
	if (c->is_paused || c->is_starved)
		timer_stop(&c->stall);
	else
		timer_start(&c->stall, c->order.stall_ms);
}

/* --- What libcurl calls -------------------------------------------------- */

static bool is_checked(
	const struct http_call *c, const struct curl_sockaddr *address)
{
	for (size_t i = 0; i < c->address_count; i++) {
		if (c->addresses[i].ss_family == address->addr.sa_family &&
			memcmp(&c->addresses[i], &address->addr,
				address->addrlen) == 0)
			return true;
	}
	return false;
}

static curl_socket_t on_open_socket(
	void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_call *c = arg;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN ||
		address->addrlen > sizeof(struct sockaddr_in6) ||
		!is_checked(c, address))
		return CURL_SOCKET_BAD;
	fd = socket(address->family,
		address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
		address->protocol);
	if (fd >= 0 && dial_is_reserved(fd)) {
		close(fd);
		fd = -1;
		c->error = HTTP_FULL;
	}
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static size_t on_body_wanted(char *out, size_t size, size_t count, void *arg)
{
	struct http_call *c = arg;
	struct slice have = fifo_slice(c->out);

	if (have.len > size * count)
		have.len = size * count;
	if (have.len > 0) {
		memcpy(out, have.data, have.len);
		fifo_take(&c->out, have.len);
	}
	if (c->given < c->order.body_size && fifo_len(c->out) < BODY_ROOM / 2 &&
		!c->is_asked)
		deferred_start(&c->asking);
	c->is_starved = have.len == 0 && c->given < c->order.body_size;
	note_progress(c);
	return c->is_starved ? CURL_READFUNC_PAUSE : have.len;
}

static bool has_body(const struct http_call *c)
{
	return strcmp(c->method, "GET") != 0 && strcmp(c->method, "HEAD") != 0;
}

static long status_of(const struct http_call *c)
{
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

int64_t http_call_size(const struct http_call *c)
{
	curl_off_t size = -1;

	MAGIC_CHECK(c, CALL_MAGIC);
	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
	return size;
}

const char *http_call_type(const struct http_call *c)
{
	char *type = NULL;

	MAGIC_CHECK(c, CALL_MAGIC);
	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
	return type != NULL ? type : "";
}

static void too_much(struct http_call *c)
{
	c->error = HTTP_TOO_MUCH;
	str_reset(&c->reason);
	str_addf(&c->reason, "the answer is longer than %zu bytes",
		c->order.max);
}

/* 0 makes libcurl give up. */
static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_call *c = arg;
	size_t len = size * count;
	long status = status_of(c);

	if (c->is_paused)
		return CURL_WRITEFUNC_PAUSE;
	if (http_call_size(c) > (int64_t)c->order.max ||
		len > c->order.max - c->received) {
		too_much(c);
		return 0;
	}
	c->received += len;
	note_progress(c);
	if (is_redirect(status))
		return len;
	if (c->order.data == NULL)
		str_add_bytes(&c->body, data, len);
	else if (status >= 200 && status < 300)
		c->order.data(c, slice_make(data, len), c->order.arg);
	return c->is_cancelled ? 0 : len;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct http_call *c = arg;

	str_add_bytes(&c->head, data, size * count);
	note_progress(c);
	if (!c->head.overflow)
		return size * count;
	c->error = HTTP_TOO_MUCH;
	str_add(&c->reason, "the server sends headers without an end");
	return 0;
}

static int on_timer_wanted(CURLM *multi UNUSED, long delay_ms, void *arg)
{
	struct http_call *c = arg;

	if (delay_ms < 0)
		timer_stop(&c->tick);
	else
		timer_start(&c->tick, delay_ms);
	return 0;
}

static void on_ready(evutil_socket_t fd, short what, void *arg);

static int on_socket_wanted(
	CURL *easy UNUSED, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct http_call *c = arg;
	struct wait *w = socket;
	short events = EV_PERSIST;

	if (w != NULL)
		wait_free(w);
	w = NULL;
	if (what != CURL_POLL_REMOVE && what != CURL_POLL_NONE) {
		w = xalloc(sizeof(*w));
		w->call = c;
		if (what & CURL_POLL_IN)
			events |= EV_READ;
		if (what & CURL_POLL_OUT)
			events |= EV_WRITE;
		w->event = event_new(
			loop_base(c->client->loop), fd, events, on_ready, w);
		if (w->event == NULL || event_add(w->event, NULL) != 0)
			fatal("libevent can't watch a socket");
		list_append(&c->waits, &w->link);
	}
	curl_multi_assign(c->multi, fd, w);
	return 0;
}

/* --- The exchange -------------------------------------------------------- */

static const struct {
	CURLcode code;
	enum http_error error;
	const char *words;
} failures[] = {
	{ CURLE_COULDNT_CONNECT, HTTP_UNREACHABLE, "no connection" },
	{ CURLE_SSL_CONNECT_ERROR, HTTP_TLS, "no TLS connection" },
	{ CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS,
		"the certificate is not to be trusted" },
	{ CURLE_SSL_CIPHER, HTTP_TLS, "no TLS connection" },
	{ CURLE_GOT_NOTHING, HTTP_LOST, "the server hung up" },
	{ CURLE_PARTIAL_FILE, HTTP_LOST, "the answer is not complete" },
	{ CURLE_SEND_ERROR, HTTP_LOST, "the connection broke" },
	{ CURLE_RECV_ERROR, HTTP_LOST, "the connection broke" },
};

static void exchange_failed(struct http_call *c, CURLcode code)
{
	enum http_error error = HTTP_LOST;
	const char *words = curl_easy_strerror(code);

	for (size_t i = 0; i < COUNT(failures); i++) {
		if (failures[i].code == code) {
			error = failures[i].error;
			words = failures[i].words;
		}
	}
	if (c->error != HTTP_OK)
		error = c->error;
	if (c->reason.len == 0)
		str_addf(&c->reason, "%s%s%s", words,
			c->words[0] != '\0' ? ": " : "", c->words);
	fail(c, error, words);
}

static void go(struct http_call *c, const char *url);

static void follow(struct http_call *c)
{
	char *url = NULL;

	curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &url);
	if (url == NULL || strncasecmp(url, "https://", 8) != 0) {
		fail(c, HTTP_REDIRECT, "a redirect to something without TLS");
		return;
	}
	if (++c->redirects > REDIRECTS_MAX) {
		fail(c, HTTP_REDIRECT, "too many redirects");
		return;
	}
	url = xstrdup(url); /* it was the handle's */
	disconnect(c);
	c->received = 0;
	str_reset(&c->head);
	go(c, url);
	xfree(url);
}

static void exchange_ended(struct http_call *c, CURLcode code)
{
	long status = status_of(c);

	if (code != CURLE_OK) {
		exchange_failed(c, code);
	} else if (!is_redirect(status)) {
		c->type = xstrdup(http_call_type(c));
		disconnect(c);
		finish(c, HTTP_OK, (int)status);
	} else if (!c->order.follow || has_body(c)) {
		fail(c, HTTP_REDIRECT, "the server points elsewhere");
	} else {
		follow(c);
	}
}

/* libcurl was called: what has come of it? The call may be gone then. */
static void settle(struct http_call *c)
{
	const CURLMsg *message;
	int left;

	if (c->is_cancelled) {
		destroy(c);
		return;
	}
	message = curl_multi_info_read(c->multi, &left);
	if (message != NULL && message->msg == CURLMSG_DONE)
		exchange_ended(c, message->data.result);
}

static void drive(struct http_call *c, curl_socket_t fd, int events)
{
	int running;

	MAGIC_CHECK(c, CALL_MAGIC);
	c->depth++;
	curl_multi_socket_action(c->multi, fd, events, &running);
	c->depth--;
	settle(c);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct wait *w = arg;
	struct http_call *c = w->call;
	struct loop *l = c->client->loop;
	int events = 0;

	if (what & EV_READ)
		events |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		events |= CURL_CSELECT_OUT;
	loop_enter(l, "http client");
	drive(c, fd, events);
	loop_leave(l);
}

static void on_tick(void *arg)
{
	drive(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* A pause began or ended. */
static void on_kick(void *arg)
{
	struct http_call *c = arg;

	note_progress(c);
	c->depth++;
	curl_easy_pause(c->easy, (c->is_paused ? CURLPAUSE_RECV : 0) |
					 (c->is_starved ? CURLPAUSE_SEND : 0));
	c->depth--;
	settle(c);
}

static void kick(struct http_call *c)
{
	if (c->easy != NULL)
		deferred_start(&c->kick);
}

/* --- Setting it up ------------------------------------------------------- */

static void must(CURLcode code)
{
	if (code != CURLE_OK)
		fatal("libcurl: %s", curl_easy_strerror(code));
}

#define SET(option, value) must(curl_easy_setopt(c->easy, option, value))

static CURLcode on_tls(CURL *easy UNUSED, void *context, void *arg)
{
	const struct http_call *c = arg;

	SSL_CTX_set1_cert_store(context, tls_client_store(c->order.tls));
	return CURLE_OK;
}

/* Reading the system's authorities takes its time: not for clear text. */
static struct tls_client *default_tls(struct http_client *h)
{
	const char *reason;

	if (h->tls != NULL)
		return h->tls;
	if (h->system == NULL)
		h->system = tls_client_new(NULL, true, &reason);
	if (h->system == NULL)
		fatal("TLS can't be set up: %s", reason);
	return h->system;
}

static void set_up_tls(struct http_call *c)
{
	long verify;

	if (c->order.tls == NULL)
		c->order.tls = default_tls(c->client);
	verify = tls_client_verifies(c->order.tls) ? 1 : 0;

	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, verify);
	SET(CURLOPT_SSL_VERIFYHOST, 2 * verify);
	/* The authorities are ours alone, and stay as they are: none from
	 * files, no cache of libcurl's in their place, no flags put on them. */
	SET(CURLOPT_CAINFO, NULL);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NO_PARTIALCHAIN);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, c);
}

static void set_up_request(struct http_call *c)
{
	SET(CURLOPT_URL, c->url);
	SET(CURLOPT_USERAGENT, c->client->software);
	if (strcmp(c->method, "HEAD") == 0)
		SET(CURLOPT_NOBODY, 1L);
	else
		SET(CURLOPT_CUSTOMREQUEST, c->method);
	SET(CURLOPT_HTTPHEADER, c->headers);
	if (!has_body(c))
		return;
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->order.body_size);
	SET(CURLOPT_READFUNCTION, on_body_wanted);
	SET(CURLOPT_READDATA, c);
}

static void set_up_limits(struct http_call *c)
{
	SET(CURLOPT_PROTOCOLS_STR, c->origin.is_clear ? "http" : "https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_ERRORBUFFER, c->words);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET(CURLOPT_OPENSOCKETDATA, c);
	SET(CURLOPT_RESOLVE, c->known);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, c);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, c);
}

static void connect_to_checked(struct http_call *c)
{
	c->easy = curl_easy_init();
	c->multi = curl_multi_init();
	if (c->easy == NULL || c->multi == NULL)
		fatal("libcurl can't be set up");
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	set_up_limits(c);
	set_up_request(c);
	if (!c->origin.is_clear)
		set_up_tls(c);
	note_progress(c);
	c->depth++;
	curl_multi_add_handle(c->multi, c->easy);
	c->depth--;
}

/* --- Looking up ---------------------------------------------------------- */

static bool is_permitted(
	const struct http_call *c, const struct sockaddr_storage *address)
{
	static const uint16_t usual[] = { 443, 0 };
	const struct sockaddr *a = (const struct sockaddr *)address;
	const struct policy *policy = c->client->policy;

	if (c->origin.is_clear)
		return policy_is_opened(policy, a);
	return c->order.is_operators ||
	       policy_permits(policy, a,
		       c->order.ports != NULL ? c->order.ports : usual);
}

/* "host:port:address,address": libcurl's form of an answer already known. */
static void tell_addresses(struct http_call *c)
{
	struct str line = { .max = 2 * KIB };

	str_addf(&line, "%s:%u:", c->origin.host, c->origin.port);
	for (size_t i = 0; i < c->address_count; i++) {
		char text[INET6_ADDRSTRLEN];
		const struct sockaddr_in *v4 = (void *)&c->addresses[i];
		const struct sockaddr_in6 *v6 = (void *)&c->addresses[i];
		bool is_v4 = v4->sin_family == AF_INET;

		inet_ntop(v4->sin_family,
			is_v4 ? (const void *)&v4->sin_addr
			      : (const void *)&v6->sin6_addr,
			text, sizeof(text));
		str_addf(&line, is_v4 ? "%s%s" : "%s[%s]", i > 0 ? "," : "",
			text);
	}
	c->known = curl_slist_append(NULL, str_text(&line));
	str_finish(&line);
}

static void on_resolved(const struct resolve_result *result, void *arg)
{
	struct http_call *c = arg;

	MAGIC_CHECK(c, CALL_MAGIC);
	c->lookup = NULL;
	c->address_count = 0;
	for (size_t i = 0; i < result->count; i++)
		if (is_permitted(c, &result->addresses[i]))
			c->addresses[c->address_count++] = result->addresses[i];
	if (result->count == 0) {
		str_addf(&c->reason, "%s: %s", c->origin.host, result->reason);
		fail(c,
			result->is_temporary ? HTTP_UNREACHABLE
					     : HTTP_NO_SUCH_HOST,
			"");
	} else if (c->address_count == 0) {
		str_addf(&c->reason,
			"%s:%u: the outbound policy does not allow its "
			"addresses or this port",
			c->origin.host, c->origin.port);
		fail(c, HTTP_FORBIDDEN, "");
	} else {
		tell_addresses(c);
		connect_to_checked(c);
	}
}

/* --- URLs ---------------------------------------------------------------- */

static int read_host(CURLU *u, struct http_origin *o)
{
	char *host = NULL;
	bool good = curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		    host[0] != '\0';
	size_t len = good ? strlen(host) : 0;

	if (len > 1 && host[len - 1] == '.')
		host[len - 1] = '\0';
	good = good && resolve_is_host(host) &&
	       text_copy(o->host, sizeof(o->host), host) &&
	       curl_url_set(u, CURLUPART_HOST, host, 0) == CURLUE_OK;
	curl_free(host);
	return good ? 0 : -1;
}

static int read_port(CURLU *u, struct http_origin *o)
{
	char *port = NULL;
	bool good = curl_url_get(u, CURLUPART_PORT, &port,
			    CURLU_DEFAULT_PORT) == CURLUE_OK;

	o->port = good ? (uint16_t)strtoul(port, NULL, 10) : 0;
	curl_free(port);
	return o->port != 0 ? 0 : -1;
}

static int read_scheme(
	const struct http_call *c, CURLU *u, struct http_origin *o)
{
	char *scheme = NULL;
	bool good = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;

	o->is_clear = good && strcmp(scheme, "http") == 0;
	good = good && ((o->is_clear && c->order.allow_clear) ||
			       strcmp(scheme, "https") == 0);
	curl_free(scheme);
	return good ? 0 : -1;
}

/* The URL in libcurl's own form, and where it leads. NULL: we don't go. */
static char *read_url(
	const struct http_call *c, const char *url, struct http_origin *o)
{
	CURLU *u = curl_url();
	char *text = NULL, *copy = NULL;

	if (u == NULL)
		fatal("libcurl can't be set up");
	if (strlen(url) < URL_MAX &&
		curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) ==
			CURLUE_OK &&
		read_scheme(c, u, o) == 0 && read_host(u, o) == 0 &&
		read_port(u, o) == 0 &&
		curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK)
		copy = xstrdup(text);
	curl_free(text);
	curl_url_cleanup(u);
	return copy;
}

/* What was said to one host is not for another. */
static void keep_headers_from_others(
	struct http_call *c, const struct http_origin *next)
{
	if (strcasecmp(c->origin.host, next->host) == 0 &&
		c->origin.port == next->port &&
		c->origin.is_clear == next->is_clear)
		return;
	curl_slist_free_all(c->headers);
	c->headers = NULL;
}

static void go(struct http_call *c, const char *url)
{
	struct http_origin next = { .port = 0 };
	char *clean = read_url(c, url, &next);

	if (clean == NULL) {
		fail(c, c->redirects > 0 ? HTTP_REDIRECT : HTTP_BAD_URL,
			"the URL is none that can be opened");
		return;
	}
	if (c->redirects > 0)
		keep_headers_from_others(c, &next);
	c->origin = next;
	xfree(c->url);
	c->url = clean;
	c->lookup = resolve_start(
		c->client->resolver, next.host, next.port, on_resolved, c);
}

/* --- Calls --------------------------------------------------------------- */

/* Nothing that would end a line, or begin another header. */
static bool is_header(const char *text)
{
	const char *colon = strchr(text, ':');

	if (colon == NULL || colon == text || colon[1] == '\0')
		return false;
	for (const char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
		if (c < colon && (*c == ' ' || *c == ';'))
			return false;
	}
	return true;
}

static bool is_method(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len < 16 &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

static int copy_headers(struct http_call *c, const char *const *headers)
{
	/* libcurl would wait for leave to send a long body. */
	c->headers = curl_slist_append(NULL, "Expect:");
	for (; headers != NULL && *headers != NULL; headers++) {
		if (!is_header(*headers))
			return -1;
		c->headers = curl_slist_append(c->headers, *headers);
	}
	return 0;
}

static void on_begin(void *arg)
{
	struct http_call *c = arg;
	char *url = c->url;

	c->url = NULL;
	if (c->client->count > LIMIT_HTTP_CALLS)
		fail(c, HTTP_FULL, "too many requests are under way");
	else if (c->error != HTTP_OK || !is_method(c->method))
		fail(c, HTTP_BAD_URL, "a header or the method is none");
	else
		go(c, url);
	xfree(url);
}

static void on_asking(void *arg)
{
	struct http_call *c = arg;
	size_t room = BODY_ROOM - fifo_len(c->out);

	if ((int64_t)room > c->order.body_size - c->given)
		room = (size_t)(c->order.body_size - c->given);
	if (room == 0)
		return; /* he gave some meanwhile */
	c->is_asked = true;
	c->order.more(c, room, c->order.arg);
}

static void set_limits(struct http_call *c)
{
	if (c->order.max == 0)
		c->order.max = DEFAULT_MAX;
	if (c->order.timeout_ms == 0)
		c->order.timeout_ms = DEFAULT_TIMEOUT_MS;
	if (c->order.stall_ms == 0)
		c->order.stall_ms = DEFAULT_STALL_MS;
	str_init(&c->head, HEADERS_MAX);
	str_init(&c->body, c->order.max + 1);
	str_init(&c->reason, REASON_MAX);
}

static void init_timers(struct http_call *c)
{
	struct loop *l = c->client->loop;

	timer_init(&c->tick, l, "http client", on_tick, c);
	timer_init(&c->total, l, "http client", on_total, c);
	timer_init(&c->stall, l, "http client", on_stall, c);
	deferred_init(&c->begin, l, "http client", on_begin, c);
	deferred_init(&c->asking, l, "http client", on_asking, c);
	deferred_init(&c->kick, l, "http client", on_kick, c);
	timer_start(&c->total, c->order.timeout_ms);
	deferred_start(&c->begin);
}

struct http_call *http_client_start(
	struct http_client *h, const struct http_order *order)
{
	struct http_call *c = xalloc(sizeof(*c));

	MAGIC_CHECK(h, CLIENT_MAGIC);
	assert(order->done != NULL);
	assert(order->body_size == 0 || order->more != NULL);
	c->magic = CALL_MAGIC;
	c->client = h;
	c->order = *order;
	list_init(&c->waits);
	list_append(&h->calls, &c->link);
	h->count++;
	c->url = xstrdup(order->url);
	c->method = xstrdup(order->method != NULL ? order->method : "GET");
	if (copy_headers(c, order->headers) != 0)
		c->error = HTTP_BAD_URL;
	if (order->body.len > 0) {
		fifo_add(&c->out, order->body);
		c->order.body_size = c->given = (int64_t)order->body.len;
	}
	set_limits(c);
	init_timers(c);
	return c;
}

void http_call_write(struct http_call *c, struct slice data)
{
	MAGIC_CHECK(c, CALL_MAGIC);
	assert((int64_t)data.len <= c->order.body_size - c->given);
	if (data.len == 0)
		return;
	fifo_add(&c->out, data);
	c->given += (int64_t)data.len;
	c->is_asked = false;
	if (c->is_starved) {
		c->is_starved = false;
		kick(c);
	}
}

void http_call_pause(struct http_call *c)
{
	MAGIC_CHECK(c, CALL_MAGIC);
	c->is_paused = true;
	note_progress(c);
}

void http_call_resume(struct http_call *c)
{
	MAGIC_CHECK(c, CALL_MAGIC);
	if (!c->is_paused)
		return;
	c->is_paused = false;
	kick(c);
}

struct slice http_answer_header(
	const struct http_answer *answer, const char *name)
{
	struct slice rest = answer->head, value = { "", 0 };

	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');
		struct slice key = slice_cut(&line, ':');

		/* What was said before the answer itself does not count. */
		if (key.len > 5 && memcmp(key.data, "HTTP/", 5) == 0)
			value = slice_make("", 0);
		else if (slice_equals_nocase(slice_trim(key), name))
			value = slice_trim(line);
	}
	return value;
}
