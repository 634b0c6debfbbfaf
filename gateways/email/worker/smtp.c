/*
 * libetpan reads the greeting and the replies. Commands are our own lines: its
 * buffers cut long ones, and it knows neither SMTPUTF8 nor 8BITMIME; its EHLO
 * would tell the name of this machine. Every text that goes into a command was
 * checked before (smtp_text.h, sasl.h).
 */
#include "email_worker/smtp.h"

#include <libetpan/mailsmtp.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "email_worker/fiber.h"
#include "email_worker/sasl.h"
#include "email_worker/smtp_text.h"

/* Exported without a header. Reads one reply: its code, 0 when the stream
 * ended; its words are in session->response. */
int mailsmtp_read_response(mailsmtp *session);

/* RFC 5321 section 4.5.3.1.4; and the same for what AUTH says. */
#define COMMAND_MAX 512
/* RFC 5321 section 4.5.3.2, rounded up: a greeting may wait for a check of
 * spam, the last reply for the delivery. */
#define REPLY_BYTES ((size_t)512 * KIB)
#define REPLY_MS    300000
#define FINAL_MS    600000
/* Of the words of a reply, for people. */
#define WORDS_MAX   2000
/* A connection without work is closed by the daemon; if it is not: */
#define QUIET_MS    60000

#define RECIPIENTS_MAX 1000

struct smtp {
	struct link *link;
	struct stream *stream;
	mailsmtp *library;
	char *features; /* of EHLO: " SIZE 1000 \n AUTH PLAIN \n", capitals */
	int code;       /* of the last reply, 0: the stream ended */
};

static const char trouble[] = "The mail server did not let us in";

/* --- Replies ------------------------------------------------------------- */

/* All lines of the last reply, without their codes. */
static struct slice reply_of(const struct smtp *s)
{
	return s->library->response != NULL
		       ? slice_trim(slice_of(s->library->response))
		       : slice_make("", 0);
}

static struct slice words_of(const struct smtp *s)
{
	struct slice words = reply_of(s);

	if (words.len > WORDS_MAX)
		words.len = WORDS_MAX;
	return words;
}
static int read_reply(struct smtp *s, int64_t ms)
{
	stream_set_budget(s->stream, REPLY_BYTES, ms);
	s->code = mailsmtp_read_response(s->library);
	if (stream_error(s->stream) != LINK_OK || s->code < 200 ||
		s->code > 599)
		s->code = 0;
	return s->code;
}

/* A whole line with its end; returns the code of its reply. */
static int say(struct smtp *s, struct slice line)
{
	stream_set_budget(s->stream, REPLY_BYTES, REPLY_MS);
	if (stream_write(s->stream, line) != 0)
		return s->code = 0;
	return read_reply(s, REPLY_MS);
}

static int say_text(struct smtp *s, const char *line)
{
	return say(s, slice_of(line));
}

static enum link_error error_of(const struct smtp *s)
{
	if (s->code == 0)
		return stream_error(s->stream) != LINK_OK
			       ? stream_error(s->stream)
			       : LINK_PROTOCOL;
	if (s->code == 421)
		return LINK_BUSY;
	if (s->code < 400)
		return LINK_OK;
	return s->code < 500 ? LINK_LATER : LINK_NO;
}

/* The link is over: what it was about, and the server's words. */
static int fail(struct smtp *s, enum link_error error, const char *what)
{
	struct str text;

	if (s->code == 0 && stream_error(s->stream) != LINK_OK)
		return link_fail_stream(s->link);
	str_init(&text, 512);
	str_add(&text, what);
	if (words_of(s).len > 0 && words_of(s).len < 400) {
		str_add(&text, ": ");
		str_add_slice(&text, words_of(s));
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\r' || text.data[i] == '\n')
			text.data[i] = ' ';
	}
	(void)link_fail(s->link, error, str_text(&text));
	str_finish(&text);
	return -1;
}

/* --- EHLO ---------------------------------------------------------------- */

static void note_features(struct smtp *s)
{
	struct slice rest = reply_of(s);
	struct str text;

	str_init(&text, 2 * REPLY_BYTES);
	/* The first line is the server's name. */
	(void)slice_cut(&rest, '\n');
	while (rest.len > 0) {
		str_add_char(&text, ' ');
		str_add_slice(&text, slice_trim(slice_cut(&rest, '\n')));
		str_add(&text, " \n");
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] >= 'a' && text.data[i] <= 'z')
			text.data[i] = (char)(text.data[i] - 'a' + 'A');
	}
	xstrset(&s->features, str_text(&text));
	str_finish(&text);
}

/* The line of this feature, from its name on; NULL: it is not offered. */
static const char *feature(const struct smtp *s, const char *name)
{
	char word[32];
	const char *at = s->features;

	if (at == NULL || !text_format(word, sizeof(word), " %s ", name))
		return NULL;
	while ((at = strstr(at, word)) != NULL) {
		if (at == s->features || at[-1] == '\n')
			return at;
		at++;
	}
	return NULL;
}

static int greet(struct smtp *s)
{
	char line[COMMAND_MAX];

	if (!text_format(line, sizeof(line), "EHLO %s\r\n",
		    s->link->our_name[0] != '\0' ? s->link->our_name
						 : "[127.0.0.1]") ||
		strpbrk(s->link->our_name, "\r\n ") != NULL)
		return link_fail(s->link, LINK_BAD, "our own name is none");
	if (say_text(s, line) != 250)
		return fail(s,
			error_of(s) == LINK_OK ? LINK_PROTOCOL : error_of(s),
			trouble);
	note_features(s);
	return 0;
}

static int start_tls(struct smtp *s)
{
	if (s->link->tls != TLS_STARTTLS)
		return 0;
	if (feature(s, "STARTTLS") == NULL ||
		say_text(s, "STARTTLS\r\n") != 220)
		return fail(s, s->code == 0 ? LINK_LOST : LINK_TLS,
			"The mail server refuses to use TLS");
	if (stream_start_tls(s->stream) != 0)
		return link_fail_stream(s->link);
	xstrset(&s->features, NULL);
	return greet(s);
}

/* --- AUTH ---------------------------------------------------------------- */

static bool has_mechanism(const char *name, void *arg)
{
	const char *line = feature(arg, "AUTH"), *end, *at;
	char word[32];

	if (line == NULL || !text_format(word, sizeof(word), " %s ", name))
		return false;
	end = strchr(line, '\n');
	at = strstr(line, word);
	return at != NULL && at < end;
}

static int say_base64(struct smtp *s, const char *before, struct str *bytes,
	const char *if_empty)
{
	struct str line;
	int code;

	sasl_line(&line, before, bytes, if_empty);
	code = say(s, str_slice(&line));
	crypto_wipe(line.data, line.len);
	str_finish(&line);
	return code;
}

static int answer(struct smtp *s, struct sasl *sasl, struct str *bytes)
{
	struct str challenge;
	int result;

	str_init(&challenge, SASL_MAX);
	str_reset(bytes);
	result = base64_decode(&challenge, reply_of(s));
	if (result == 0)
		result = sasl_answer(sasl, str_slice(&challenge), bytes);
	str_finish(&challenge);
	return result == 0 ? say_base64(s, "", bytes, "")
			   : say_text(s, "*\r\n");
}

/* An initial response makes the command longer than some servers read: those
 * get it as an answer. */
static int begin(struct smtp *s, struct sasl *sasl, struct str *bytes)
{
	char line[64];
	bool is_first = sasl_first(sasl, bytes);
	bool is_short = bytes->len * 4 / 3 + 40 < COMMAND_MAX;

	(void)text_format(line, sizeof(line), "AUTH %s%s", sasl_mechanism(sasl),
		is_first && is_short ? " " : "\r\n");
	if (is_first && is_short)
		return say_base64(s, line, bytes, "=");
	if (say_text(s, line) == 334 && is_first)
		return say_base64(s, "", bytes, "");
	return s->code;
}

static enum link_error authenticate(struct smtp *s, struct sasl *sasl)
{
	struct str bytes;

	str_init(&bytes, SASL_MAX);
	(void)begin(s, sasl, &bytes);
	while (s->code == 334)
		(void)answer(s, sasl, &bytes);
	if (bytes.data != NULL)
		crypto_wipe(bytes.data, bytes.cap);
	str_finish(&bytes);
	if (s->code == 235)
		return sasl_is_proved(sasl) ? LINK_OK : LINK_PROTOCOL;
	/* 454: for now; 535 and others: no (RFC 4954 section 6). */
	return error_of(s) == LINK_NO ? LINK_REFUSED : error_of(s);
}

static int log_in(struct smtp *s)
{
	struct sasl_login login = { .how = s->link->login,
		.user = s->link->user,
		.secret = secret_reveal(s->link->secret) };
	const char *last = NULL;
	enum link_error error = LINK_NO_WAY;
	struct sasl *sasl;

	if (s->link->login == LOGIN_NONE)
		return 0;
	while ((sasl = sasl_new(&login, has_mechanism, s, last)) != NULL) {
		bool may_go_on = sasl_may_try_other(sasl);

		last = sasl_mechanism(sasl);
		error = authenticate(s, sasl);
		sasl_free(&sasl);
		if (error != LINK_REFUSED || !may_go_on)
			break;
	}
	if (error == LINK_NO_WAY)
		return link_fail(s->link, error,
			"The mail server offers no way to log in that is safe "
			"here");
	return error == LINK_OK ? 0 : fail(s, error, trouble);
}

/* --- SUBMIT -------------------------------------------------------------- */

static void tell_refused(
	struct smtp *s, const struct request *r, struct slice recipient)
{
	struct frame f = { .type = FRAME_REFUSED,
		.link = s->link->id,
		.request = r->id,
		.numbers = { (uint64_t)s->code },
		.fd = -1 };
	struct slice words = words_of(s);

	f.texts[0] = recipient;
	f.texts[1] = smtp_cut_code(&words);
	f.texts[2] = words;
	worker_send(s->link->worker, &f);
}

/* A command that was put together, unless it is too long; frees it. */
static enum link_error say_line(struct smtp *s, struct str *line)
{
	enum link_error error = LINK_BAD;

	str_add(line, "\r\n");
	if (line->len <= COMMAND_MAX) {
		(void)say(s, str_slice(line));
		error = error_of(s);
	}
	str_finish(line);
	return error;
}

/* "MAIL FROM:<a@b> SIZE=... BODY=8BITMIME SMTPUTF8" */
static enum link_error say_sender(struct smtp *s, const struct request *r)
{
	uint64_t size = r->frame.numbers[0], flags = r->frame.numbers[1];
	struct str line;

	if (!smtp_is_address(r->frame.texts[0], flags & SUBMIT_UTF8))
		return LINK_BAD;
	str_init(&line, COMMAND_MAX + 256);
	str_add(&line, "MAIL FROM:<");
	str_add_slice(&line, r->frame.texts[0]);
	str_add_char(&line, '>');
	if (feature(s, "SIZE") != NULL)
		str_addf(&line, " SIZE=%llu", (unsigned long long)size);
	if (flags & SUBMIT_8BIT && feature(s, "8BITMIME") != NULL)
		str_add(&line, " BODY=8BITMIME");
	if (flags & SUBMIT_UTF8)
		str_add(&line, " SMTPUTF8");
	if (flags & SUBMIT_DSN && feature(s, "DSN") != NULL)
		str_add(&line, " RET=HDRS");
	return say_line(s, &line);
}

static enum link_error say_recipient(
	struct smtp *s, const struct request *r, struct slice recipient)
{
	uint64_t flags = r->frame.numbers[1];
	struct str line;

	if (recipient.len == 0 ||
		!smtp_is_address(recipient, flags & SUBMIT_UTF8))
		return LINK_BAD;
	str_init(&line, COMMAND_MAX + 256);
	str_add(&line, "RCPT TO:<");
	str_add_slice(&line, recipient);
	str_add_char(&line, '>');
	if (flags & SUBMIT_DSN && feature(s, "DSN") != NULL)
		str_add(&line, " NOTIFY=SUCCESS,DELAY,FAILURE");
	return say_line(s, &line);
}

/* How many were accepted; -1: the link is over. */
static int say_recipients(struct smtp *s, const struct request *r)
{
	struct slice rest = r->frame.texts[1];
	int accepted = 0;

	for (int count = 0; rest.len > 0 && count < RECIPIENTS_MAX; count++) {
		struct slice recipient = slice_cut(&rest, '\n');
		enum link_error error = say_recipient(s, r, recipient);

		if (error == LINK_BAD)
			s->code = 501;
		if (s->code == 0 || s->code == 421)
			return -1;
		if (error == LINK_OK)
			accepted++;
		else
			tell_refused(s, r, recipient);
	}
	return accepted;
}

/* The mail itself. -1: it did not all get here, or did not all go there. */
static int say_bytes(struct smtp *s, struct request *r)
{
	struct str out;
	struct slice bytes;
	char last = '\0';
	int result;

	str_init(&out, 4 * FRAME_CREDIT);
	while ((result = request_read(r, &bytes)) == 0 && bytes.len > 0) {
		str_reset(&out);
		last = smtp_add_data(&out, bytes, last);
		stream_set_budget(s->stream, REPLY_BYTES, REPLY_MS);
		if (stream_write(s->stream, str_slice(&out)) != 0) {
			result = -1;
			break;
		}
		request_used(r, bytes.len);
	}
	str_finish(&out);
	if (result != 0)
		return -1;
	return stream_write(s->stream, slice_of(smtp_data_end(last)));
}

/* From the mail's first byte to the server's word on it. */
static enum link_error say_mail(struct smtp *s, struct request *r)
{
	if (say_text(s, "DATA\r\n") != 354)
		return error_of(s) == LINK_OK ? LINK_PROTOCOL : error_of(s);
	if (say_bytes(s, r) != 0) {
		/* Without its end the server forgets it. */
		stream_fail(s->stream, LINK_LOST,
			"the mail could not be sent to its end");
		s->code = 0;
		return LINK_LOST;
	}
	if (read_reply(s, FINAL_MS) != 0)
		return error_of(s);
	return stream_unsent(s->stream) > 0 ? LINK_LOST : LINK_UNKNOWN;
}

/* The server's size limit, 0: none known. */
static uint64_t size_limit(const struct smtp *s)
{
	const char *at = feature(s, "SIZE");
	uint64_t limit = 0;

	for (at = at != NULL ? at + strlen(" SIZE ") : "";
		*at >= '0' && *at <= '9' && limit < UINT32_MAX; at++)
		limit = limit * 10 + (uint64_t)(*at - '0');
	return limit;
}

static enum link_error transact(struct smtp *s, struct request *r)
{
	uint64_t limit = size_limit(s);
	enum link_error error;
	int accepted;

	if (limit > 0 && r->frame.numbers[0] > limit) {
		s->code = 552;
		return LINK_TOO_MUCH;
	}
	if (r->frame.numbers[1] & SUBMIT_UTF8 && feature(s, "SMTPUTF8") == NULL)
		return LINK_BAD;
	error = say_sender(s, r);
	if (error != LINK_OK)
		return error;
	accepted = say_recipients(s, r);
	if (accepted < 0)
		return error_of(s);
	return accepted > 0 ? say_mail(s, r) : LINK_NO;
}

static const struct {
	enum link_error error;
	const char *words;
} phrases[] = {
	{ LINK_TOO_MUCH, "the mail is larger than the mail server takes" },
	{ LINK_BAD, "an address can't be used with this mail server" },
	{ LINK_UNKNOWN, "the connection ended before the mail server "
			"confirmed that it took the mail" },
};

static struct str words_about(const struct smtp *s, enum link_error error)
{
	struct str text;

	str_init(&text, REPLY_BYTES);
	for (size_t i = 0; i < COUNT(phrases); i++) {
		if (phrases[i].error == error)
			str_add(&text, phrases[i].words);
	}
	if (text.len == 0 && s->code != 0)
		str_add_slice(&text, words_of(s));
	if (text.len == 0)
		str_add(&text, stream_words(s->stream));
	return text;
}

static int submit(struct smtp *s, struct request *r)
{
	struct str words;
	enum link_error error;

	s->code = 0;
	link_blame(s->link, r->id, 0);
	error = transact(s, r);
	words = words_about(s, error);
	request_done(
		&r, error, (uint64_t)s->code, str_text(&words), slice_of(NULL));
	str_finish(&words);
	link_blame(s->link, 0, 0);
	if (stream_error(s->stream) != LINK_OK)
		return link_fail_stream(s->link);
	if (s->code == 421)
		return fail(s, LINK_BUSY, "The mail server closes");
	/* A clean table for the next. */
	if (error != LINK_OK && say_text(s, "RSET\r\n") != 250)
		return fail(s, LINK_PROTOCOL, "The mail server closes");
	return 0;
}

/* --- Life ---------------------------------------------------------------- */

static int begin_session(struct smtp *s)
{
	/* mailsmtp_connect() frees a stream whose greeting it does not like. */
	s->library->stream = stream_library(s->stream);
	if (read_reply(s, REPLY_MS) != 220) {
		if (stream_error(s->stream) != LINK_OK)
			return link_fail_stream(s->link);
		return fail(s,
			s->code >= 400 && s->code < 600 ? LINK_BUSY
							: LINK_PROTOCOL,
			trouble);
	}
	return greet(s) != 0 || start_tls(s) != 0 || log_in(s) != 0 ? -1 : 0;
}

static int work(struct smtp *s)
{
	struct request *r = link_next(s->link);

	if (r != NULL && r->frame.type == FRAME_SUBMIT)
		return submit(s, r);
	if (r != NULL) {
		request_done(&r, LINK_BAD, 0, "this is not a mailbox",
			slice_of(NULL));
		return 0;
	}
	(void)fiber_rest(QUIET_MS);
	if (s->link->is_closing || link_next(s->link) != NULL)
		return 0;
	if (say_text(s, "NOOP\r\n") != 250)
		return fail(s, LINK_LOST, "The mail server closed");
	return 0;
}

/* The features in one line. */
static void tell_ready(struct smtp *s)
{
	char *list = xstrdup(s->features);

	for (char *c = list; *c != '\0'; c++) {
		if (*c == '\n')
			*c = ' ';
	}
	link_state(s->link, LINK_READY, "", list);
	xfree(list);
}

void smtp_run(struct link *link)
{
	struct smtp s = { .link = link, .stream = link->stream };

	s.library = mailsmtp_new(0, NULL);
	if (s.library == NULL)
		return;
	if (begin_session(&s) == 0) {
		tell_ready(&s);
		while (!link->is_closing && work(&s) == 0)
			;
	}
	if (link->error == LINK_OK)
		(void)say_text(&s, "QUIT\r\n");
	/* Else it would say farewell itself. */
	s.library->stream = NULL;
	mailsmtp_free(s.library);
	xfree(s.features);
}
