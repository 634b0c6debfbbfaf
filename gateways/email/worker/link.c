/*
 *	OPEN --> fiber: connect, log in, work --> STATE of LINK_FAILED --> CLOSE
 *	                     \__ CLOSE: log out __________________________/
 *
 * The number belongs to the daemon from CLOSE on; the fiber may still be
 * saying farewell.
 */
#include "email_worker/link.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"
#include "email_worker/fiber.h"
#include "email_worker/imap.h"
#include "email_worker/smtp.h"

/* Until a server has answered after CLOSE. */
#define FAREWELL_MS 5000

/* TLS and greeting. */
#define CONNECT_MS    30000
#define CONNECT_BYTES ((size_t)256 * 1024)

/* --- Life ---------------------------------------------------------------- */

static struct slice key_of(const struct link *link)
{
	return slice_make((const char *)&link->id, sizeof(link->id));
}

struct link *link_find(struct worker *w, uint32_t id)
{
	return map_get(&w->links, slice_make((const char *)&id, sizeof(id)));
}

static void destroy(struct link *link)
{
	while (!list_is_empty(&link->requests)) {
		struct request *r =
			CONTAINER(link->requests.next, struct request, link);

		request_free(&r);
	}
	stream_free(&link->stream, link->error == LINK_OK);
	imap_finish(link);
	secret_free(&link->secret);
	xfree(link->host);
	xfree(link->user);
	xfree(link->our_name);
	xfree(link->authserv_id);
	xfree(link);
}

/* The fiber has returned. */
static void on_end(void *arg)
{
	struct link *link = arg;

	link->fiber = NULL;
	if (link->is_closing)
		destroy(link);
}

/* --- The fiber ----------------------------------------------------------- */

static const struct {
	enum link_protocol protocol;
	void (*run)(struct link *link);
} protocols[] = {
	{ LINK_IMAP, imap_run },
	{ LINK_SMTP, smtp_run },
};

static void run_protocol(struct link *link)
{
	stream_set_budget(link->stream, CONNECT_BYTES, CONNECT_MS);
	if (link->tls == TLS_REQUIRED && stream_start_tls(link->stream) != 0) {
		(void)link_fail_stream(link);
		return;
	}
	for (size_t i = 0; i < COUNT(protocols); i++) {
		if (protocols[i].protocol == link->protocol)
			protocols[i].run(link);
	}
}

static void fail_requests(struct link *link)
{
	while (!list_is_empty(&link->requests)) {
		struct request *r =
			CONTAINER(link->requests.next, struct request, link);

		request_done(&r, link->error, 0, link->words, slice_of(NULL));
	}
}

static void run(void *arg)
{
	struct link *link = arg;
	struct frame state = { .type = FRAME_STATE,
		.link = link->id,
		.numbers = { LINK_FAILED },
		.fd = -1 };

	link_blame(link, 0, 0);
	run_protocol(link);
	if (link->is_closing)
		return;
	stream_free(&link->stream, link->error == LINK_OK);
	if (link->error == LINK_OK)
		(void)link_fail(link, LINK_LOST, "the link ended");
	fail_requests(link);
	state.numbers[1] = link->error;
	state.texts[0] = slice_of(link->words);
	if (!link->is_closing)
		worker_send(link->worker, &state);
}

/* --- What the daemon says ------------------------------------------------ */

static char *copy_text(struct slice text)
{
	return xstrndup(text.len > 0 ? text.data : "", text.len);
}

int link_open(struct worker *w, const struct frame *f)
{
	int fd = conn_read_fd(w->channel);
	struct stream_options options = { .loop = w->loop, .tls = w->tls };
	struct link *link;

	if (fd < 0 || f->link == 0 || link_find(w, f->link) != NULL ||
		f->numbers[0] - 1 > LINK_SMTP - 1 || f->numbers[1] > TLS_NONE ||
		f->numbers[2] - 1 > LOGIN_NONE - 1) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	link = xalloc(sizeof(*link));
	link->id = f->link;
	link->worker = w;
	link->protocol = (enum link_protocol)f->numbers[0];
	link->tls = (enum tls_mode)f->numbers[1];
	link->login = (enum link_login)f->numbers[2];
	link->host = copy_text(f->texts[0]);
	link->user = copy_text(f->texts[1]);
	link->secret = secret_new(f->texts[2]);
	link->our_name = copy_text(f->texts[3]);
	link->authserv_id = copy_text(f->texts[4]);
	list_init(&link->requests);
	(void)map_put(&w->links, key_of(link), link);
	link->fiber = fiber_start(w->loop, "link", run, on_end, link);
	options.name = options.host = link->host;
	options.fiber = link->fiber;
	if (link->protocol == LINK_IMAP)
		imap_prepare(link, &options);
	link->stream = stream_new(fd, &options);
	return 0;
}

void link_close(struct link *link)
{
	link->is_closing = true;
	(void)map_remove(&link->worker->links, key_of(link));
	list_for_each(it, &link->requests)
		request_give_up(CONTAINER(it, struct request, link));
	if (link->fiber == NULL) {
		destroy(link);
		return;
	}
	stream_hurry(link->stream, FAREWELL_MS);
	fiber_wake(link->fiber);
}

void link_ask(struct link *link, const struct frame *f)
{
	struct request *r = request_new(link->worker, f);

	if (link->error != LINK_OK) {
		request_done(&r, link->error, 0, link->words, slice_of(NULL));
		return;
	}
	list_append(&link->requests, &r->link);
	fiber_wake(link->fiber);
}

void link_taken(struct link *link)
{
	if (link->mails > 0)
		link->mails--;
	fiber_wake(link->fiber);
}

/* --- For the protocols --------------------------------------------------- */

struct request *link_next(struct link *link)
{
	if (list_is_empty(&link->requests))
		return NULL;
	return CONTAINER(link->requests.next, struct request, link);
}

void link_state(struct link *link, enum link_state state, const char *words,
	const char *capabilities)
{
	struct frame f = { .type = FRAME_STATE,
		.link = link->id,
		.numbers = { state, LINK_OK },
		.texts = { slice_of(words), slice_of(capabilities) },
		.fd = -1 };

	if (!link->is_closing)
		worker_send(link->worker, &f);
}

int link_fail(struct link *link, enum link_error error, const char *words)
{
	if (link->error == LINK_OK) {
		link->error = error;
		(void)text_copy(link->words, sizeof(link->words), words);
	}
	return -1;
}

int link_fail_stream(struct link *link)
{
	enum link_error error = stream_error(link->stream);

	if (error != LINK_OK)
		return link_fail(link, error, stream_words(link->stream));
	return link_fail(link, LINK_PROTOCOL,
		"the mail server does not speak as it should");
}

void link_blame(struct link *link, uint32_t request, uint64_t uid)
{
	fiber_blame(
		link->fiber, (struct frame_blame){ link->id, request, uid });
}
