/*
 * Requests of the provider to us. One is answered when everything that came
 * with it is on disk, and refused when it could not be stored: it comes again
 * then.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/http.h"
#include "sms_http/callback.h"
#include "sms_http/hook_text.h"
#include "sms_http/http_private.h"
#include "sms_http/verify.h"
#include "sms_http/web_request.h"

/* Requests whose texts wait for the disk. */
#define HOOKS_MAX 256

#define PLAIN "text/plain; charset=utf-8"

struct hook {
	struct list link;
	struct http_carrier *carrier;
	struct http_request *request; /* NULL: it is still being read */
	uint64_t ticket;
	size_t left; /* events that are not settled */
	bool ok;
};

static void refuse(struct http_request *r, int status, const char *text)
{
	http_answer(r, status, PLAIN, slice_of(text));
}

static void answer(
	const struct http_carrier *c, struct http_request *r, bool ok)
{
	const struct provider_reply *reply = &c->provider->callbacks.reply;

	if (ok)
		http_answer(
			r, reply->status, reply->type, slice_of(reply->body));
	else
		refuse(r, 503,
			"It could not be stored; give it again later.\n");
}

static void hook_free(struct hook *h)
{
	list_remove(&h->link);
	h->carrier->hook_count--;
	xfree(h);
}

/* --- Events -------------------------------------------------------------- */

static void on_incoming(void *arg, const struct carrier_incoming *incoming)
{
	struct hook *h = arg;
	const struct http_carrier *c = h->carrier;

	h->left++;
	h->carrier->counts.incoming++;
	c->setup.events->incoming(c->setup.arg, incoming);
}

static void on_report(void *arg, const struct carrier_report *report)
{
	struct hook *h = arg;
	const struct http_carrier *c = h->carrier;

	h->left++;
	h->carrier->counts.reports++;
	c->setup.events->report(c->setup.arg, report);
}

static struct hook *find(const struct http_carrier *c, uint64_t ticket)
{
	list_for_each(it, &c->hooks) {
		struct hook *h = CONTAINER(it, struct hook, link);

		if (h->ticket == ticket)
			return h;
	}
	return NULL;
}

void http_hook_settle(struct http_carrier *c, uint64_t ticket, bool ok)
{
	struct hook *h = find(c, ticket);

	if (h == NULL || h->left == 0)
		return;
	h->left--;
	h->ok = h->ok && ok;
	if (h->left > 0 || h->request == NULL)
		return;
	answer(c, h->request, h->ok);
	hook_free(h);
}

/* --- Requests ------------------------------------------------------------ */

static const char *header_of(const void *arg, const char *name)
{
	return http_request_header(arg, name);
}

static void complain(
	struct http_carrier *c, struct http_request *r, const char *why)
{
	if (log_is_due(&c->complaint))
		log_warning("sms", "[%s] peer=%s a callback was refused: %s",
			c->setup.name, http_request_peer(r), why);
}

/* Read it, with the answer given now or when all of it is settled. */
static void take(struct http_carrier *c, struct http_request *r,
	const struct web_request *web)
{
	struct hook *h = xalloc(sizeof(*h));
	const struct callback_sink sink = { ++c->last_ticket, on_incoming,
		on_report, h };
	const char *reason;

	h->carrier = c;
	h->ticket = sink.ticket;
	h->ok = true;
	list_append(&c->hooks, &h->link);
	c->hook_count++;
	if (callback_read(c->provider, &c->values, web, &sink, &reason) < 0) {
		complain(c, r, reason);
		refuse(r, 400, "This is not understood.\n");
		hook_free(h);
	} else if (h->left == 0) {
		answer(c, r, h->ok);
		hook_free(h);
	} else {
		h->request = http_answer_later(r);
	}
}

static void on_request(struct http_request *r, void *arg)
{
	struct http_carrier *c = arg;
	size_t base = c->callback_url.len - c->path.len;
	struct web_request web = {
		.body = http_request_body(r),
		.peer = http_request_peer(r),
		.wall_ms = clock_wall_ms(),
		.header = header_of,
		.arg = r,
	};
	const char *reason;
	struct str url;

	if (c->is_stalled || c->is_draining || c->hook_count >= HOOKS_MAX) {
		refuse(r, 503, "Give it again later.\n");
		return;
	}
	str_init(&url, 32 * KIB);
	str_add_bytes(&url, str_text(&c->callback_url), base);
	str_add(&url, http_request_uri(r));
	web.url = str_text(&url);
	web.query = web_query(web.url);
	if (url.overflow) {
		refuse(r, 414, "The URL is too long.\n");
	} else if (!verify_request(&c->provider->callbacks.verify, &c->values,
			   &web, &reason)) {
		c->counts.unverified++;
		complain(c, r, reason);
		refuse(r, 403, "This is not from the provider.\n");
	} else {
		take(c, r, &web);
	}
	str_finish(&url);
}

/* --- Life ---------------------------------------------------------------- */

void http_hook_init(struct http_carrier *c)
{
	size_t shown =
		c->callback_url.len - secret_reveal(c->config->token).len;

	list_init(&c->hooks);
	if (c->path.len == 0)
		return;
	http_server_handle(
		c->setup.http_server, str_text(&c->path), true, on_request, c);
	log_info("sms", "[%s] provider=\"%s\" callbacks=%.*s%s", c->setup.name,
		c->provider->title, (int)shown, str_text(&c->callback_url),
		c->config->token != NULL ? "TOKEN" : "");
}

void http_hook_finish(struct http_carrier *c)
{
	if (c->path.len > 0)
		http_server_forget(c->setup.http_server, str_text(&c->path));
	while (!list_is_empty(&c->hooks)) {
		struct hook *h = CONTAINER(c->hooks.next, struct hook, link);

		if (h->request != NULL)
			answer(c, h->request, false);
		hook_free(h);
	}
}

/* --- Replaying ----------------------------------------------------------- */

static void print_incoming(void *arg, const struct carrier_incoming *incoming)
{
	hook_text_incoming(arg, incoming);
}

static void print_report(void *arg, const struct carrier_report *report)
{
	hook_text_report(arg, report);
}

/* Whoever calls another path is not heard. */
static bool is_path(const struct http_carrier *c, const char *path)
{
	return strncmp(path, str_text(&c->path), c->path.len) == 0 &&
	       (path[c->path.len] == '\0' || path[c->path.len] == '?');
}

static int replay(struct http_carrier *c, const struct web_saved *saved,
	struct str *out, const char **reason_r)
{
	size_t base = c->callback_url.len - c->path.len;
	const struct callback_sink sink = { 0, print_incoming, print_report,
		out };
	struct web_request web = {
		.body = saved->body,
		.peer = "",
		.wall_ms = 0,
		.header = web_saved_header,
		.arg = saved,
	};
	struct str url;
	int count;

	str_init(&url, 64 * KIB);
	str_add_bytes(&url, str_text(&c->callback_url), base);
	str_add(&url, saved->path);
	web.url = str_text(&url);
	web.query = web_query(web.url);
	str_addf(out, "url=%s\n", web.url);
	*reason_r = "its path is none of this backend's";
	if (is_path(c, saved->path) &&
		verify_request(&c->provider->callbacks.verify, &c->values, &web,
			reason_r))
		str_add(out, "verified=yes\n");
	else
		str_addf(out, "verified=no reason=\"%s\"\n", *reason_r);
	count = callback_read(c->provider, &c->values, &web, &sink, reason_r);
	str_finish(&url);
	if (count >= 0)
		str_addf(out, "events=%d\n", count);
	return count >= 0 ? 0 : -1;
}

int http_hook_replay(struct http_carrier *c, struct slice saved,
	struct str *out, const char **reason_r)
{
	struct web_saved request;
	int ret = -1;

	if (web_saved_read(&request, saved) != 0)
		*reason_r = "this is no saved request: it begins with a line "
			    "\"POST /path HTTP/1.1\", then come headers, an "
			    "empty line and the body";
	else
		ret = replay(c, &request, out, reason_r);
	web_saved_finish(&request);
	return ret;
}
