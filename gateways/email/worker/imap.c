#include "email_worker/imap.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "email_worker/fiber.h"

/* Words of a server that people get to see. */
#define WORDS_MAX 512

/* A list of folders, for the daemon. */
#define FOLDERS_MAX ((size_t)128 * 1024)

/* --- What the server says ------------------------------------------------ */

/* Why a command did not succeed (RFC 5530, RFC 3501 section 7.1). */
static const struct {
	const char *code;
	enum link_error error;
} reasons[] = {
	{ "AUTHENTICATIONFAILED", LINK_REFUSED },
	{ "AUTHORIZATIONFAILED", LINK_REFUSED },
	{ "EXPIRED", LINK_REFUSED },
	{ "PRIVACYREQUIRED", LINK_NO_WAY },
	{ "UNAVAILABLE", LINK_BUSY },
	{ "LIMIT", LINK_BUSY },
	{ "INUSE", LINK_LATER },
	{ "SERVERBUG", LINK_LATER },
	{ "TRYCREATE", LINK_NO_SUCH },
	{ "NONEXISTENT", LINK_NO_SUCH },
};

static enum link_error reason_of(const struct imap_response *r)
{
	struct slice value;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		if (imap_code(r, reasons[i].code, &value))
			return reasons[i].error;
	}
	return r->kind == IMAP_BAD ? LINK_BAD : LINK_NO;
}

static void set_capabilities(struct imap *m, struct slice list)
{
	struct str text;

	str_init(&text, 8192);
	str_add_char(&text, ' ');
	str_add_slice(&text, list);
	str_add_char(&text, ' ');
	xfree(m->capabilities);
	m->capabilities = xstrdup(str_text(&text));
	for (char *c = m->capabilities; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	str_finish(&text);
}

static void note_number(
	const struct imap_response *r, const char *code, uint64_t *slot)
{
	struct slice value;

	if (imap_code(r, code, &value) && imap_number(value, slot) != 0)
		*slot = 0;
}

/* "APPENDUID <validity> <uid>" (RFC 4315) */
static void note_appended(struct imap *m, const struct imap_response *r)
{
	struct slice value;

	if (!imap_code(r, "APPENDUID", &value))
		return;
	(void)slice_cut(&value, ' ');
	if (imap_number(value, &m->appended) != 0)
		m->appended = 0;
}

static void note_code(struct imap *m, const struct imap_response *r)
{
	struct slice value;

	if (imap_code(r, "CAPABILITY", &value))
		set_capabilities(m, value);
	note_number(r, "UIDVALIDITY", &m->uid_validity);
	note_number(r, "UIDNEXT", &m->uid_next);
	note_number(r, "HIGHESTMODSEQ", &m->mod_seq);
	note_appended(m, r);
}

static void set_words(struct imap *m, struct slice words)
{
	str_reset(&m->words);
	if (words.len >= WORDS_MAX)
		words.len = WORDS_MAX - 1;
	str_add_slice(&m->words, words);
}

static void note_state(struct imap *m, const struct imap_response *r)
{
	note_code(m, r);
	if (r->kind == IMAP_CONTINUE) {
		m->is_continued = true;
		str_reset(&m->words);
		str_add_slice(&m->words, r->rest);
	} else if (r->kind == IMAP_BYE) {
		m->is_bye = true;
		set_words(m, r->rest);
	} else if (!slice_equals(r->tag, "*")) {
		m->is_answered = true;
		m->answer = r->kind;
		m->reason = reason_of(r);
		set_words(m, r->rest);
	}
}

static void note_count(struct imap *m, const struct imap_response *r)
{
	if (r->kind == IMAP_EXPUNGE) {
		m->has_changes = true;
		if (m->exists > 0)
			m->exists--;
		return;
	}
	m->has_news |= r->number > m->exists;
	m->exists = r->number;
}

static void on_told(struct slice response, void *arg)
{
	struct imap *m = arg;
	struct imap_response r;

	if (imap_response_parse(response, &r) != 0)
		return;
	if (imap_state_name(r.kind)[0] != '\0')
		note_state(m, &r);
	else if (r.kind == IMAP_EXISTS || r.kind == IMAP_EXPUNGE)
		note_count(m, &r);
	else if (r.kind == IMAP_CAPABILITY)
		set_capabilities(m, r.rest);
	else if (r.kind == IMAP_FETCH)
		m->has_changes = true;
	else if (r.kind == IMAP_STATUS)
		imap_mirror_told(m, &r);
	if (m->hear != NULL)
		m->hear(m, &r, response);
}

static int filter(void *arg, struct slice in, size_t *used_r, struct str *out,
	const char **words_r)
{
	struct imap *m = arg;

	return imap_filter_feed(&m->filter, in, used_r, out, words_r);
}

bool imap_can(const struct imap *m, const char *capability)
{
	char word[64];

	return m->capabilities != NULL &&
	       text_format(word, sizeof(word), " %s ", capability) &&
	       strstr(m->capabilities, word) != NULL;
}

/* --- Own commands -------------------------------------------------------- */

static void forget_answer(struct imap *m)
{
	m->is_answered = false;
	m->is_continued = false;
	m->appended = 0;
	str_reset(&m->words);
}

void imap_begin(struct imap *m, size_t bytes, int64_t ms)
{
	char tag[16];

	forget_answer(m);
	m->filter.is_own = true;
	stream_set_budget(m->stream, bytes, ms);
	(void)text_format(tag, sizeof(tag), "G%u ", ++m->tag);
	/* A failure is noticed by the next who writes or reads. */
	(void)!stream_write(m->stream, slice_of(tag));
}

int imap_write(struct imap *m, struct slice bytes)
{
	return stream_write(m->stream, bytes);
}

/* How the stream's end is to be called. */
static enum link_error stream_end(struct imap *m)
{
	enum link_error error = stream_error(m->stream);

	return error != LINK_OK ? error : LINK_PROTOCOL;
}

enum link_error imap_await_go(struct imap *m)
{
	m->is_continued = false;
	while (!m->is_continued && !m->is_answered) {
		if (!stream_feed(m->stream, -1) &&
			stream_error(m->stream) != LINK_OK)
			return stream_end(m);
	}
	if (m->is_continued)
		return LINK_OK;
	/* It answered instead. */
	m->filter.is_own = false;
	return m->answer == IMAP_OK ? LINK_PROTOCOL : m->reason;
}

enum link_error imap_await(struct imap *m)
{
	while (!m->is_answered) {
		if (!stream_feed(m->stream, -1) &&
			stream_error(m->stream) != LINK_OK)
			return stream_end(m);
	}
	m->filter.is_own = false;
	return m->answer == IMAP_OK ? LINK_OK : m->reason;
}

enum link_error imap_command(struct imap *m, struct slice command)
{
	imap_begin(m, IMAP_COMMAND_BYTES, IMAP_COMMAND_MS);
	if (imap_write(m, command) != 0 || imap_write(m, slice_of("\r\n")) != 0)
		return stream_end(m);
	return imap_await(m);
}

int imap_add_quoted(struct str *out, struct slice text)
{
	str_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c < ' ' || c > '~')
			return -1;
		if (c == '"' || c == '\\')
			str_add_char(out, '\\');
		str_add_char(out, (char)c);
	}
	str_add_char(out, '"');
	return out->overflow ? -1 : 0;
}

/* --- Library commands ---------------------------------------------------- */

void imap_library_begin(struct imap *m, size_t bytes, int64_t ms)
{
	forget_answer(m);
	m->filter.is_own = false;
	stream_set_budget(m->stream, bytes, ms);
}

enum link_error imap_library_end(struct imap *m, int result)
{
	if (stream_error(m->stream) != LINK_OK)
		return stream_end(m);
	if (result == MAILIMAP_NO_ERROR)
		return LINK_OK;
	if (m->is_answered && m->answer != IMAP_OK)
		return m->reason;
	stream_fail(m->stream, LINK_PROTOCOL,
		"the mail server answers what makes no sense");
	return LINK_PROTOCOL;
}

int imap_fail(struct imap *m, enum link_error error, const char *what)
{
	char text[512];
	const char *words = str_text(&m->words);

	if (words[0] == '\0')
		words = stream_words(m->stream);
	(void)text_format(text, sizeof(text), "%s%s%s", what,
		words[0] != '\0' ? ": " : "", words);
	return link_fail(m->link, error, text);
}

/* --- Life ---------------------------------------------------------------- */

void imap_prepare(struct link *link, struct stream_options *options)
{
	struct imap *m = link->imap = xalloc(sizeof(*m));

	m->link = link;
	imap_filter_init(&m->filter, on_told, m);
	/* A challenge of a login is the longest. */
	str_init(&m->words, 8192);
	str_init(&m->folders, FOLDERS_MAX);
	options->filter = filter;
	options->filter_arg = m;
}

void imap_finish(struct link *link)
{
	struct imap *m = link->imap;

	if (m == NULL)
		return;
	link->imap = NULL;
	if (m->library != NULL) {
		/* Else it would say farewell, here. */
		m->library->imap_stream = NULL;
		mailimap_free(m->library);
	}
	imap_filter_finish(&m->filter);
	str_finish(&m->words);
	str_finish(&m->folders);
	xfree(m->capabilities);
	xfree(m->selected);
	xfree(m->watched);
	xfree(m->seen);
	xfree(m->found);
	imap_mirror_finish(m);
	xfree(m);
}

/* One round: what is asked for, else what is new. -1: over. */
static int work(struct imap *m)
{
	struct request *r = link_next(m->link);
	int result;

	if (r != NULL) {
		link_blame(m->link, r->id, 0);
		result = imap_serve(m, r);
		link_blame(m->link, 0, 0);
		return result;
	}
	/* It need not hang up to mean it. */
	if (m->is_bye)
		return imap_fail(
			m, LINK_LOST, "The mail server ended the session");
	return imap_keep_watch(m);
}

static void say_goodbye(struct imap *m)
{
	if (m->link->error == LINK_OK)
		(void)imap_command(m, slice_of("LOGOUT"));
}

void imap_run(struct link *link)
{
	struct imap *m = link->imap;

	m->stream = link->stream;
	m->library = mailimap_new(0, NULL);
	if (m->library == NULL || imap_login(m) != 0)
		return;
	link_state(link, LINK_READY, str_text(&m->words), m->capabilities);
	str_release(&m->words, 0);
	while (!link->is_closing && work(m) == 0)
		;
	say_goodbye(m);
}
