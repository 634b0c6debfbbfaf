/*
 *	connected -> [STARTTLS -> 670 -> TLS] -> CAP LS, PASS, NICK, USER
 *	          -> [CAP REQ -> [AUTHENTICATE ...] -> CAP END]
 *	          -> 001 -> [IDENTIFY] -> 376 or 422 -> online
 *
 * A server without CAP just goes on to 001. Whoever gave a username and a
 * password is logged in by SASL before anybody sees him, or not at all.
 */
#include "irc/register.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "irc/line.h"
#include "irc/outbox.h"
#include "irc/sasl.h"

#define WELCOME_MS  3000 /* from 001 until online without end of MOTD */
#define IDENTIFY_MS 5000 /* the same while NickServ is to answer */

/* Nicks tried before giving up; two of them with underscores. */
#define NICK_TRIES 8
#define NICK_BYTES 30

/* The part of a nick that random digits follow: NICKLEN 9 of old servers. */
#define NICK_STEM 5

struct irc_login {
	char *nick; /* wanted, cleaned */
	char *username, *realname;
	char *nickserv; /* NULL: nobody is told the password */
	struct secret *password;
	struct secret *server_password;
	struct irc_sasl *sasl;
	unsigned tries; /* nicks refused so far */
	bool wants_starttls;
	bool is_logged_in; /* by SASL */
	bool is_identifying;
	bool is_burst_over;
};

/* --- Nicks --------------------------------------------------------------- */

/* What no server takes becomes '_'. */
static void clean_nick(char *nick, bool ascii)
{
	for (char *p = nick; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c == 0x7f || (ascii && c >= 0x80) ||
			strchr("!@,:*?.#&%+~$/\"'<>", *p) != NULL)
			*p = '_';
	}
}

static void random_digits(char out[5])
{
	unsigned char bytes[4];

	crypto_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < 4; i++)
		out[i] = (char)('0' + bytes[i] % 10);
	out[4] = '\0';
}

static char *make_nick(const char *wanted)
{
	struct slice text = slice_trim(slice_of(wanted));
	char buffer[NICK_BYTES + 2] = "_";
	char *nick = buffer + 1;
	size_t len = utf8_prefix(text, NICK_BYTES);

	memcpy(nick, text.data, len);
	nick[len] = '\0';
	clean_nick(nick, false);
	if (len == 0) {
		char digits[5];

		random_digits(digits);
		(void)text_format(buffer, sizeof(buffer), "guest%s", digits);
		nick = buffer;
	} else if ((nick[0] >= '0' && nick[0] <= '9') || nick[0] == '-') {
		nick = buffer;
	}
	return xstrdup(nick);
}

static void send_nick(struct irc_session *s)
{
	const struct irc_login *l = s->login;
	char nick[NICK_BYTES + 8];
	char digits[5];

	if (l->tries <= 2) {
		(void)text_format(nick, sizeof(nick), "%s%.*s", l->nick,
			(int)l->tries, "__");
	} else {
		random_digits(digits);
		(void)text_format(nick, sizeof(nick), "%.*s%s",
			(int)utf8_prefix(slice_of(l->nick), NICK_STEM), l->nick,
			digits);
	}
	irc_set_self(s, nick, NULL, NULL);
	(void)irc_command_now(
		s, "NICK", (const char *const[]){ nick, NULL }, NULL);
}

void irc_login_next_nick(struct irc_session *s, bool is_taken)
{
	struct irc_login *l = s->login;

	if (l == NULL || s->state != IRC_REGISTERING)
		return;
	l->tries++;
	if (l->tries > NICK_TRIES) {
		irc_session_die(s, is_taken ? GW_CONFLICT : GW_NOT_ACCEPTABLE,
			GW_RETRY_SLOWLY,
			is_taken ? "The nick and its variants are in use. "
				   "Choose another nick."
				 : "The network does not take this nick. "
				   "Choose another.");
		return;
	}
	if (!is_taken) {
		clean_nick(l->nick, true);
		if (l->tries > 2) {
			xfree(l->nick);
			l->nick = make_nick("");
		}
	}
	send_nick(s);
}

/* --- Begin --------------------------------------------------------------- */

static struct secret *setting_secret(
	const struct irc_session *s, const char *name)
{
	return secret_new(slice_of(gw_setting(s->core, name)));
}

static void read_realname(struct irc_session *s, struct irc_login *l)
{
	const char *text = gw_setting(s->core, "realname");

	if (text[0] == '\0')
		text = irc_config_of(s->irc)->realname;
	if (text == NULL || text[0] == '\0')
		text = l->nick;
	l->realname = xstrdup(text);
}

void irc_login_new(struct irc_session *s, const struct irc_network *network)
{
	struct irc_login *l = xalloc(sizeof(*l));
	bool has_sasl;

	s->login = l;
	l->nick = make_nick(gw_setting(s->core, "nick"));
	l->username = xstrdup(gw_setting(s->core, "username"));
	l->password = setting_secret(s, "password");
	l->server_password = setting_secret(s, "server_password");
	if (l->server_password == NULL)
		l->server_password = secret_dup(network->server_password);
	read_realname(s, l);
	has_sasl = l->password != NULL && l->username[0] != '\0';
	if (l->password != NULL && !has_sasl)
		l->nickserv = xstrdup(network->nickserv);
	l->wants_starttls = network->tls == TLS_STARTTLS;
	irc_caps_init(
		&s->caps, has_sasl ? IRC_CAPS_ALL
				   : IRC_CAPS_ALL & ~(uint32_t)IRC_CAP_SASL);
}

void irc_login_free(struct irc_session *s)
{
	struct irc_login *l = s->login;

	s->login = NULL;
	if (l == NULL)
		return;
	secret_free(&l->password);
	secret_free(&l->server_password);
	irc_sasl_free(&l->sasl);
	xfree(l->nick);
	xfree(l->username);
	xfree(l->realname);
	xfree(l->nickserv);
	xfree(l);
}

/* Send a line that holds a secret, and leave no copy of it behind. */
static void send_secret(struct irc_session *s, struct irc_line *line)
{
	if (irc_line_end(line) == 0)
		irc_send_now(s);
	crypto_wipe(s->irc->line.data, s->irc->line.cap);
	str_reset(&s->irc->line);
}

static void send_pass(struct irc_session *s)
{
	struct irc_line line;

	if (s->login->server_password == NULL)
		return;
	irc_line_begin(&line, irc_line_new(s), "PASS");
	irc_line_trailing(&line, secret_reveal(s->login->server_password));
	send_secret(s, &line);
}

/* USER takes a short word; it becomes part of how others see us. */
static void send_user(struct irc_session *s)
{
	const struct irc_login *l = s->login;
	char ident[10 + 1];
	size_t used = 0;

	for (const char *p = l->nick; *p != '\0' && used < 10; p++) {
		char c = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			ident[used++] = c;
	}
	ident[used] = '\0';
	if (used == 0)
		(void)text_copy(ident, sizeof(ident), "user");
	if (!irc_command_now(s, "USER",
		    (const char *const[]){ ident, "0", "*", NULL },
		    l->realname))
		(void)irc_command_now(s, "USER",
			(const char *const[]){ ident, "0", "*", NULL }, ident);
}

static void hello(struct irc_session *s)
{
	s->state = IRC_REGISTERING;
	irc_caps_start(&s->caps, irc_line_new(s));
	irc_send_now(s);
	send_pass(s);
	send_nick(s);
	send_user(s);
}

void irc_login_start(struct irc_session *s)
{
	if (!s->login->wants_starttls) {
		hello(s);
		return;
	}
	s->state = IRC_STARTTLS;
	(void)irc_command_now(
		s, "STARTTLS", (const char *const[]){ NULL }, NULL);
}

void irc_login_secured(struct irc_session *s)
{
	s->is_secure = true;
	hello(s);
}

/* --- Capabilities and SASL ----------------------------------------------- */

static void end_caps(struct irc_session *s)
{
	irc_caps_end(&s->caps, irc_line_new(s));
	irc_send_now(s);
}

static bool wants_sasl(const struct irc_session *s)
{
	return s->login != NULL &&
	       (s->caps.wanted & (uint32_t)IRC_CAP_SASL) != 0;
}

static void no_sasl(struct irc_session *s)
{
	irc_session_die(s, GW_UNSUPPORTED, GW_RETRY_SLOWLY,
		"The network offers no login with a username now (SASL). "
		"Without a username the password goes to NickServ: change "
		"your settings, or wait.");
}

static void start_sasl(struct irc_session *s)
{
	struct irc_login *l = s->login;
	const struct irc_sasl_login login = {
		.username = l->username,
		.password = l->password,
		.secure = s->is_secure,
	};
	const char *reason = NULL;

	if (!irc_has_cap(&s->caps, IRC_CAP_SASL)) {
		no_sasl(s);
		return;
	}
	l->sasl = irc_sasl_new(&login, s->caps.sasl, &reason);
	if (l->sasl == NULL) {
		irc_session_die(s, GW_UNSUPPORTED, GW_RETRY_SLOWLY, reason);
		return;
	}
	irc_sasl_start(l->sasl, irc_line_new(s));
	irc_send_now(s);
}

static void caps_changed(struct irc_session *s, unsigned changed)
{
	if (s->state != IRC_REGISTERING ||
		(changed & IRC_CAPS_CHANGED_SETTLED) == 0)
		return;
	if (wants_sasl(s))
		start_sasl(s);
	else
		end_caps(s);
}

void irc_login_cap(struct irc_session *s, const struct irc_message *m)
{
	struct str *out = irc_line_new(s);
	unsigned changed = irc_caps_receive(&s->caps, m, out);

	if (out->len > 0)
		irc_send_now(s);
	caps_changed(s, changed);
}

void irc_login_no_cap(struct irc_session *s)
{
	unsigned changed = irc_caps_refused(&s->caps);

	/* To a server without CAP its end means nothing either. */
	if (s->state == IRC_REGISTERING && wants_sasl(s) &&
		(changed & IRC_CAPS_CHANGED_SETTLED) != 0)
		no_sasl(s);
}

void irc_login_sasl(struct irc_session *s, const struct irc_message *m)
{
	struct irc_login *l = s->login;
	enum irc_sasl_status status;
	struct str *out;

	if (l == NULL || l->sasl == NULL || s->state != IRC_REGISTERING)
		return;
	out = irc_line_new(s);
	status = irc_sasl_receive(l->sasl, m, out);
	if (out->len > 0) {
		irc_send_now(s);
		crypto_wipe(out->data, out->cap);
		str_reset(out);
	}
	if (status == IRC_SASL_PENDING)
		return;
	if (status == IRC_SASL_FAILURE) {
		irc_session_die(s, GW_BAD_PASSWORD, GW_RETRY_NEVER,
			irc_sasl_reason(l->sasl));
		return;
	}
	log_info("irc", "[%s] logged in by SASL %s", s->core->id,
		irc_sasl_mechanism(l->sasl));
	irc_sasl_free(&l->sasl);
	l->is_logged_in = true;
	end_caps(s);
}

/* --- Welcome ------------------------------------------------------------- */

static void identify(struct irc_session *s)
{
	struct irc_login *l = s->login;
	struct irc_line line;
	struct str text;

	if (l->nickserv == NULL)
		return;
	str_init(&text, IRC_LINE_LIMIT);
	str_add(&text, "IDENTIFY ");
	str_add_slice(&text, secret_reveal(l->password));
	irc_line_begin(&line, irc_line_new(s), "PRIVMSG");
	irc_line_text(&line, l->nickserv);
	irc_line_trailing(&line, str_slice(&text));
	send_secret(s, &line);
	if (text.data != NULL)
		crypto_wipe(text.data, text.cap);
	str_finish(&text);
	l->is_identifying = true;
}

void irc_login_welcome(struct irc_session *s)
{
	struct irc_login *l = s->login;

	if (s->state != IRC_REGISTERING)
		return;
	if (wants_sasl(s) && !l->is_logged_in) {
		no_sasl(s);
		return;
	}
	s->state = IRC_WELCOME;
	irc_caps_registered(&s->caps);
	identify(s);
	s->deadline_ms =
		s->heard_ms + (l->is_identifying ? IDENTIFY_MS : WELCOME_MS);
	irc_session_check_in(s, s->deadline_ms - s->heard_ms);
}

void irc_login_burst_over(struct irc_session *s)
{
	if (s->state != IRC_WELCOME)
		return;
	s->login->is_burst_over = true;
	if (!s->login->is_identifying)
		irc_session_welcome(s);
}

void irc_login_notice(struct irc_session *s, const struct irc_message *m)
{
	struct irc_login *l = s->login;

	if (s->state != IRC_WELCOME || !l->is_identifying ||
		!irc_same(irc_isupport_of(s)->casemap, m->nick,
			slice_of(l->nickserv)))
		return;
	/* Whatever it says: the password was received. Its first words may
	 * still ask for it; the end of the MOTD tells how long to wait. */
	l->is_identifying = false;
	if (l->is_burst_over)
		irc_session_welcome(s);
}
