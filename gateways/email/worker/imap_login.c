/*
 * From the greeting to the list of capabilities. What the server said before
 * TLS is forgotten, because it may have been said by somebody else.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "email_worker/imap.h"
#include "email_worker/sasl.h"

static const char trouble[] = "The mail server did not let us in";

static void forget_capabilities(struct imap *m)
{
	xfree(m->capabilities);
	m->capabilities = NULL;
}

static int learn_capabilities(struct imap *m)
{
	enum link_error error;

	if (m->capabilities != NULL)
		return 0;
	error = imap_command(m, slice_of("CAPABILITY"));
	if (error != LINK_OK)
		return imap_fail(m, error, trouble);
	if (m->capabilities == NULL)
		return imap_fail(m, LINK_PROTOCOL, trouble);
	return 0;
}

static int greet(struct imap *m)
{
	int result = mailimap_connect(m->library, stream_library(m->stream));

	/* PREAUTH would skip TLS and login; the library knows no such state
	 * of ours either. */
	if (result == MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
		return 0;
	if (m->is_bye)
		return imap_fail(m, LINK_BUSY, trouble);
	if (stream_error(m->stream) != LINK_OK)
		return link_fail_stream(m->link);
	return link_fail(m->link, LINK_PROTOCOL,
		"This is no IMAP server, or one that does not ask who we are");
}

static int start_tls(struct imap *m)
{
	enum link_error error;

	if (m->link->tls != TLS_STARTTLS)
		return 0;
	error = imap_command(m, slice_of("STARTTLS"));
	if (error == LINK_BAD || error == LINK_NO)
		return imap_fail(
			m, LINK_TLS, "The mail server refuses to use TLS");
	if (error != LINK_OK)
		return imap_fail(m, error, trouble);
	if (!imap_filter_is_clear(&m->filter)) {
		stream_fail(m->stream, LINK_TLS,
			"the mail server sent data before TLS began");
		return link_fail_stream(m->link);
	}
	if (stream_start_tls(m->stream) != 0)
		return link_fail_stream(m->link);
	forget_capabilities(m);
	return 0;
}

/* --- AUTHENTICATE -------------------------------------------------------- */

static bool has_mechanism(const char *name, void *arg)
{
	char capability[64];

	return text_format(capability, sizeof(capability), "AUTH=%s", name) &&
	       imap_can(arg, capability);
}

/* One line of the dialogue, in base64; an empty one is "=" where it is an
 * initial response. */
static int write_base64(struct imap *m, const struct str *bytes,
	const char *before, const char *if_empty)
{
	struct str line;
	int result;

	sasl_line(&line, before, bytes, if_empty);
	result = imap_write(m, str_slice(&line));
	crypto_wipe(line.data, line.len);
	str_finish(&line);
	return result;
}

/* The server asked; -1: it asked nonsense, and was told to stop. */
static int answer(struct imap *m, struct sasl *s, struct str *bytes)
{
	struct str challenge;
	int result;

	str_init(&challenge, SASL_MAX);
	str_reset(bytes);
	result = base64_decode(&challenge, slice_trim(str_slice(&m->words)));
	if (result == 0)
		result = sasl_answer(s, str_slice(&challenge), bytes);
	str_finish(&challenge);
	if (result != 0)
		return imap_write(m, slice_of("*\r\n"));
	return write_base64(m, bytes, "", "");
}

static enum link_error talk(
	struct imap *m, struct sasl *s, bool may_begin, struct str *bytes)
{
	enum link_error error = LINK_OK;
	bool is_waiting = sasl_first(s, bytes);

	imap_begin(m, IMAP_COMMAND_BYTES, IMAP_COMMAND_MS);
	(void)!imap_write(m, slice_of("AUTHENTICATE "));
	(void)!imap_write(m, slice_of(sasl_mechanism(s)));
	if (is_waiting && may_begin) {
		(void)!write_base64(m, bytes, " ", "=");
		is_waiting = false;
	} else {
		(void)!imap_write(m, slice_of("\r\n"));
	}
	while ((error = imap_await_go(m)) == LINK_OK) {
		if (is_waiting)
			(void)!write_base64(m, bytes, "", "");
		else
			(void)!answer(m, s, bytes);
		is_waiting = false;
	}
	/* An answer instead of a question is what was hoped for. */
	if (error == LINK_PROTOCOL && m->is_answered && m->answer == IMAP_OK)
		return sasl_is_proved(s) ? LINK_OK : LINK_PROTOCOL;
	return error;
}

/* What a server without codes means when it refuses a login. */
static enum link_error login_error(enum link_error error)
{
	return error == LINK_NO || error == LINK_BAD ? LINK_REFUSED : error;
}

static enum link_error authenticate(struct imap *m, struct sasl *s)
{
	bool may_begin = imap_can(m, "SASL-IR");
	struct str bytes;
	enum link_error error;

	str_init(&bytes, SASL_MAX);
	forget_capabilities(m);
	error = login_error(talk(m, s, may_begin, &bytes));
	if (bytes.data != NULL)
		crypto_wipe(bytes.data, bytes.cap);
	str_finish(&bytes);
	return error;
}

/* --- LOGIN --------------------------------------------------------------- */

static bool is_sayable(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (memchr("\r\n", text.data[i], 3) != NULL)
			return false;
	}
	return text.len > 0;
}

static enum link_error log_in_plainly(struct imap *m)
{
	struct slice secret = secret_reveal(m->link->secret);
	int result;

	if (!is_sayable(slice_of(m->link->user)) || !is_sayable(secret))
		return LINK_BAD;
	forget_capabilities(m);
	imap_library_begin(m, IMAP_COMMAND_BYTES, IMAP_COMMAND_MS);
	result = mailimap_login(m->library, m->link->user, secret.data);
	return login_error(imap_library_end(m, result));
}

/* --- The whole ----------------------------------------------------------- */

/* The mechanisms one after the other, as long as that makes sense. */
static enum link_error try_mechanisms(struct imap *m)
{
	struct sasl_login login = { .how = m->link->login,
		.user = m->link->user,
		.secret = secret_reveal(m->link->secret) };
	char *offered = xstrdup(m->capabilities);
	const char *last = NULL;
	enum link_error error = LINK_NO_WAY;
	struct sasl *s;

	while ((s = sasl_new(&login, has_mechanism, m, last)) != NULL) {
		bool may_go_on = sasl_may_try_other(s);

		last = sasl_mechanism(s);
		error = authenticate(m, s);
		sasl_free(&s);
		if (error != LINK_REFUSED || !may_go_on)
			break;
		xfree(m->capabilities);
		m->capabilities = xstrdup(offered);
	}
	xfree(offered);
	return error;
}

static int log_in(struct imap *m)
{
	enum link_error error = try_mechanisms(m);

	if (error == LINK_NO_WAY && m->link->login == LOGIN_PASSWORD &&
		!imap_can(m, "LOGINDISABLED"))
		error = log_in_plainly(m);
	if (error == LINK_NO_WAY)
		return link_fail(m->link, error,
			"The mail server offers no way to log in that is safe "
			"here");
	return error == LINK_OK ? 0 : imap_fail(m, error, trouble);
}

/* RFC 2971: some servers want to know; they learn nothing else. */
static void tell_who_we_are(struct imap *m)
{
	if (imap_can(m, "ID"))
		(void)imap_command(
			m, slice_of("ID (\"name\" \"Causeway\" "
				    "\"version\" \"" CAUSEWAY_VERSION "\")"));
}

int imap_login(struct imap *m)
{
	if (greet(m) != 0 || start_tls(m) != 0 || learn_capabilities(m) != 0 ||
		log_in(m) != 0 || learn_capabilities(m) != 0)
		return -1;
	/* The library did not always do it itself. */
	m->library->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	tell_who_we_are(m);
	return stream_error(m->stream) == LINK_OK ? 0
						  : link_fail_stream(m->link);
}
