#include "email_worker/stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "email_worker/fiber.h"
#include "net/conn.h"

/* Each of the library's two buffers. A link has them for its whole life, and
 * mostly waits: what is larger goes past them, and no system call hangs on
 * their size. */
#define LIBRARY_BUFFER 1024

/* What the filter let pass and the library has not read yet. */
#define PASSED_MAX ((size_t)256 * KIB)

/* Unread input cannot get there: reading is paused while nobody reads. */
#define INPUT_MAX  ((size_t)1 * MIB)
#define OUTPUT_MAX ((size_t)256 * KIB)

#define FAREWELL_MS 5000

/* Longest budget. */
static int64_t patience_ms = INT64_MAX;

struct stream {
	struct stream_options options;
	struct conn *conn;
	mailstream *library;
	struct str passed;
	size_t passed_used; /* of it, read by the library */
	size_t bytes_left;  /* of the budget */
	int64_t deadline_ms;
	int64_t last_ms; /* of all deadlines; 0: none */
	enum link_error error;
	char words[256];
};

/* --- The end ------------------------------------------------------------- */

void stream_fail(struct stream *s, enum link_error error, const char *words)
{
	if (s->error != LINK_OK)
		return;
	s->error = error;
	(void)text_copy(s->words, sizeof(s->words), words);
}

enum link_error stream_error(const struct stream *s)
{
	return s->error;
}

const char *stream_words(const struct stream *s)
{
	return s->words;
}

size_t stream_unsent(const struct stream *s)
{
	return conn_pending(s->conn);
}

/* --- The connection ------------------------------------------------------ */

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct stream *s = arg;

	switch (event) {
	case CONN_DATA:
		/* Until it is asked for again. */
		conn_pause(c);
		break;
	case CONN_SECURE:
	case CONN_DRAINED:
	case CONN_EOF:
	case CONN_ERROR:
		break;
	}
	fiber_wake(s->options.fiber);
}

static bool is_dead(const struct stream *s)
{
	return s->error != LINK_OK || conn_reason(s->conn)[0] != '\0';
}

/* The connection ended, and nothing is left to read. */
static void note_death(struct stream *s)
{
	stream_fail(s, LINK_LOST, conn_reason(s->conn));
}

static int64_t time_left(const struct stream *s)
{
	return s->deadline_ms - loop_now_ms(s->options.loop);
}

/* Wait for anything to happen within the budget. False: the time is over. */
static bool wait_in_budget(struct stream *s)
{
	int64_t left_ms = time_left(s);

	if (left_ms > 0) {
		(void)fiber_wait(left_ms);
		return true;
	}
	stream_fail(s, LINK_LOST, "the mail server does not answer");
	return false;
}

/* --- Reading ------------------------------------------------------------- */

/* Give what has come to the filter. False: there was nothing, or it is over. */
static bool filter_input(struct stream *s)
{
	struct slice in = conn_input(s->conn);
	const char *words = "the mail server does not speak as it should";
	size_t used = in.len;

	if (in.len == 0 || s->error != LINK_OK)
		return false;
	if (in.len > s->bytes_left) {
		stream_fail(s, LINK_TOO_MUCH,
			"the mail server sends without an end");
		return false;
	}
	if (s->options.filter == NULL) {
		used = in.len < LIBRARY_BUFFER ? in.len : LIBRARY_BUFFER;
		str_add_bytes(&s->passed, in.data, used);
	} else if (s->options.filter(s->options.filter_arg, in, &used,
			   &s->passed, &words) != 0) {
		stream_fail(s, LINK_PROTOCOL, words);
	}
	if (s->passed.overflow)
		stream_fail(s, LINK_TOO_MUCH, "the mail server sends too much");
	s->bytes_left -= used;
	conn_consume(s->conn, used);
	return s->error == LINK_OK && used > 0;
}

/* How many bytes the library gets; 0: none are there. */
static size_t take_passed(struct stream *s, void *space, size_t size)
{
	size_t len = s->passed.len - s->passed_used;

	if (len == 0)
		return 0;
	if (len > size)
		len = size;
	memcpy(space, s->passed.data + s->passed_used, len);
	s->passed_used += len;
	if (s->passed_used == s->passed.len) {
		s->passed_used = 0;
		str_release(&s->passed, 0);
	}
	return len;
}

static ssize_t read_some(mailstream_low *low, void *space, size_t size)
{
	struct stream *s = low->data;

	for (;;) {
		size_t len = take_passed(s, space, size);

		if (len > 0)
			return (ssize_t)len;
		if (filter_input(s))
			continue;
		if (is_dead(s)) {
			note_death(s);
			return -1;
		}
		conn_resume(s->conn);
		if (!wait_in_budget(s))
			return -1;
	}
}

bool stream_feed(struct stream *s, int64_t ms)
{
	bool is_limited = ms < 0;

	if (filter_input(s))
		return true;
	if (is_dead(s)) {
		note_death(s);
		return false;
	}
	conn_resume(s->conn);
	if (is_limited)
		return wait_in_budget(s) && filter_input(s);
	if (fiber_rest(ms) && conn_input(s->conn).len == 0 && is_dead(s))
		note_death(s);
	return filter_input(s);
}

/* --- Writing ------------------------------------------------------------- */

int stream_write(struct stream *s, struct slice bytes)
{
	while (bytes.len > 0) {
		struct slice part = bytes;

		if (is_dead(s)) {
			note_death(s);
			return -1;
		}
		if (part.len > OUTPUT_MAX / 4)
			part.len = OUTPUT_MAX / 4;
		if (conn_write(s->conn, part) == 0) {
			bytes.data += part.len;
			bytes.len -= part.len;
		} else if (!is_dead(s) && !wait_in_budget(s)) {
			return -1;
		}
	}
	return 0;
}

static ssize_t write_some(mailstream_low *low, const void *data, size_t size)
{
	struct stream *s = low->data;

	/* Never 0, on which the library would try for ever. */
	if (stream_write(s, slice_make(data, size)) != 0)
		return -1;
	return (ssize_t)size;
}

/* --- The driver ---------------------------------------------------------- */

static int no_close(mailstream_low *low UNUSED)
{
	return 0;
}

static int no_fd(mailstream_low *low UNUSED)
{
	return -1;
}

static void free_low(mailstream_low *low)
{
	/* As mailstream_low_new() got it. */
	free(low);
}

static void no_cancel(mailstream_low *low UNUSED)
{
}

static struct mailstream_cancel *no_cancel_object(mailstream_low *low UNUSED)
{
	return NULL;
}

static carray *no_chain(mailstream_low *low UNUSED)
{
	return NULL;
}

static int no_idle(mailstream_low *low UNUSED)
{
	return -1;
}

static mailstream_low_driver driver = {
	.mailstream_read = read_some,
	.mailstream_write = write_some,
	.mailstream_close = no_close,
	.mailstream_get_fd = no_fd,
	.mailstream_free = free_low,
	.mailstream_cancel = no_cancel,
	.mailstream_get_cancel = no_cancel_object,
	.mailstream_get_certificate_chain = no_chain,
	.mailstream_setup_idle = no_idle,
	.mailstream_unsetup_idle = no_idle,
	.mailstream_interrupt_idle = no_idle,
};

/* --- Life ---------------------------------------------------------------- */

struct stream *stream_new(int fd, const struct stream_options *options)
{
	static const struct conn_limits limits = {
		.input_max = INPUT_MAX,
		.output_max = OUTPUT_MAX,
		.output_low = OUTPUT_MAX / 4,
	};
	struct stream *s = xalloc(sizeof(*s));
	mailstream_low *low = mailstream_low_new(s, &driver);

	s->options = *options;
	str_init(&s->passed, PASSED_MAX);
	s->library = low != NULL ? mailstream_new(low, LIBRARY_BUFFER) : NULL;
	if (s->library == NULL)
		fatal("there is no memory for a mail server");
	s->conn =
		conn_new(options->loop, fd, options->name, &limits, on_conn, s);
	return s;
}

void stream_free(struct stream **slot, bool gently)
{
	struct stream *s = *slot;

	if (s == NULL)
		return;
	*slot = NULL;
	if (gently && s->error == LINK_OK)
		conn_close_gracefully(&s->conn, FAREWELL_MS);
	conn_close(&s->conn);
	str_finish(&s->passed);
	(void)mailstream_close(s->library);
	xfree(s);
}

mailstream *stream_library(struct stream *s)
{
	return s->library;
}

void stream_limit_patience(int64_t ms)
{
	patience_ms = ms;
}

void stream_set_budget(struct stream *s, size_t bytes, int64_t ms)
{
	if (ms > patience_ms)
		ms = patience_ms;
	s->bytes_left = bytes;
	s->deadline_ms = loop_now_ms(s->options.loop) + ms;
	if (s->last_ms != 0 && s->deadline_ms > s->last_ms)
		s->deadline_ms = s->last_ms;
}

void stream_hurry(struct stream *s, int64_t ms)
{
	s->last_ms = loop_now_ms(s->options.loop) + ms;
	if (s->deadline_ms > s->last_ms)
		s->deadline_ms = s->last_ms;
}

int stream_start_tls(struct stream *s)
{
	if (s->library->read_buffer_len > 0 || s->passed.len > 0) {
		stream_fail(s, LINK_TLS,
			"the mail server sent data before TLS began");
		return -1;
	}
	if (s->error != LINK_OK ||
		conn_start_tls(s->conn, s->options.tls, s->options.host) != 0) {
		stream_fail(s, LINK_TLS, conn_reason(s->conn));
		return -1;
	}
	while (!is_dead(s) && !conn_is_secure(s->conn)) {
		if (!wait_in_budget(s))
			return -1;
	}
	if (!is_dead(s))
		return 0;
	stream_fail(s, LINK_TLS, conn_reason(s->conn));
	return -1;
}
