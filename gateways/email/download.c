#include "email/download.h"

#include "base/alloc.h"
#include "net/http_client.h"

/* What providers take as attachments; base64 makes a third more of it. */
#define DOWNLOAD_MAX ((size_t)25 * 1024 * 1024)
#define TIMEOUT_MS   120000

struct download {
	struct http_call *call;
	struct str body;
	download_fn fn;
	void *arg;
};

static const char *why_of(const struct http_answer *a)
{
	switch ((int)a->error) {
	case HTTP_OK:
		return a->status == 200 ? NULL : "it is not there";
	case HTTP_FORBIDDEN:
	case HTTP_BAD_URL:
		return "this gateway does not fetch from there";
	case HTTP_TOO_MUCH:
		return "it is too big for a mail";
	default:
		return "the server that has it does not answer";
	}
}

static void done(const struct http_answer *answer, void *arg)
{
	struct download *d = arg;
	const char *why = why_of(answer);

	if (d->body.overflow)
		why = "it is too big for a mail";
	d->fn(why == NULL ? &d->body : NULL,
		answer->type[0] != '\0' ? answer->type : NULL, why, d->arg);
	str_finish(&d->body);
	xfree(d);
}

static void data(struct http_call *c, struct slice bytes, void *arg)
{
	struct download *d = arg;

	(void)c;
	str_add_slice(&d->body, bytes);
}

struct download *download_start(
	struct email_gateway *g, const char *url, download_fn fn, void *arg)
{
	struct download *d = xalloc(sizeof(*d));
	const struct http_order order = {
		.url = url,
		.allow_clear = true,
		.follow = true,
		.max = DOWNLOAD_MAX,
		.timeout_ms = TIMEOUT_MS,
		.done = done,
		.data = data,
		.arg = d,
	};

	str_init(&d->body, DOWNLOAD_MAX + 1);
	d->fn = fn;
	d->arg = arg;
	d->call = http_client_start(g->gw->env->http, &order);
	return d;
}

void download_cancel(struct download **slot)
{
	struct download *d = *slot;

	if (d == NULL)
		return;
	*slot = NULL;
	http_client_cancel(&d->call);
	str_finish(&d->body);
	xfree(d);
}
