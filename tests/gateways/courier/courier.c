/*
 * The echo's network with a courier in it, for tests of files against real
 * servers: who writes a number gets a file of that many bytes by his server's
 * upload service, and who writes a URL hears how long the file there is. The
 * daemon with this one network is built as causeway-courier.
 */
#include <stdlib.h>
#include <string.h>

#include "api/services.h"
#include "base/alloc.h"
#include "base/list.h"
#include "base/str.h"
#include "net/http_client.h"

extern const struct gateway_ops gateway_echo;

static struct gateway_ops ops;
const struct gateway_ops *const gateway_list[] = { &ops, NULL };

/* A file under way. There is one user, and he is patient. */
static struct {
	struct gw_session *session;
	char *person;
	size_t sent;
} errand;

static void tell(const char *text)
{
	const struct gw_message m = { .from = errand.person, .text = text };

	gw_message(errand.session, NULL, &m);
}

/* Each byte tells where it stands. */
static void upload_more(struct gw_session *s, uint32_t upload, size_t room)
{
	char data[1024];
	size_t len = room < sizeof(data) ? room : sizeof(data);

	for (size_t i = 0; i < len; i++)
		data[i] = (char)('a' + (errand.sent + i) % 23);
	errand.sent += len;
	gw_upload_data(s, upload, data, len);
}

static void uploaded(struct gw_session *s, uint32_t upload, const char *url,
	enum gw_reason reason, const char *text)
{
	(void)s, (void)upload, (void)reason;
	tell(url != NULL ? url : text);
}

static void on_piece(struct http_call *c, struct slice data, void *arg)
{
	(void)c, (void)arg;
	errand.sent += data.len;
}

static void on_fetched(const struct http_answer *answer, void *arg)
{
	char text[512];

	(void)arg;
	if (answer->error != HTTP_OK)
		text_format(text, sizeof(text), "%s", answer->reason);
	else
		text_format(text, sizeof(text), "%d: %zu bytes", answer->status,
			errand.sent);
	tell(text);
}

static void fetch(struct gw_session *s, const char *url)
{
	const struct http_order order = {
		.url = url,
		.follow = true,
		.max = (size_t)16 * 1024 * 1024,
		.done = on_fetched,
		.data = on_piece,
	};
	struct http_call *call = http_client_start(s->gw->env->http, &order);

	(void)call;
}

static void send_message(struct gw_session *s, const struct gw_outgoing *m)
{
	xstrset(&errand.person, m->to);
	errand.session = s;
	errand.sent = 0;
	gw_done(s, m->request, NULL);
	if (strncmp(m->text, "http", 4) == 0)
		fetch(s, m->text);
	else if (gw_upload(s, "a file.txt", "text/plain",
			 strtoll(m->text, NULL, 10)) == 0)
		tell("There are too many files under way.");
}

static void stop(struct gw *gw)
{
	xfree(errand.person);
	gateway_echo.stop(gw);
}

__attribute__((constructor)) static void make_ops(void)
{
	ops = gateway_echo;
	ops.send = send_message;
	ops.stop = stop;
	ops.upload_more = upload_more;
	ops.uploaded = uploaded;
}
