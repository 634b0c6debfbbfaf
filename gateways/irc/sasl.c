/*
 *	START --AUTHENTICATE mech--> TALKING --903, 904, 906, ...--> OVER
 *	                             ^    | 904 before the secret was used:
 *	                             +----+ the next mechanism
 *
 * A mechanism is a function from challenge to response. Both travel as
 * base64 in chunks of 400 bytes; a chunk of exactly 400 says that more
 * follows, "+" alone is empty.
 */
#include "irc/sasl.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/scram.h"
#include "base/utf8.h"
#include "irc/numeric.h"

#define CHUNK 400

/* Base64 of one challenge: ours are short, a server's SCRAM message too. */
#define CHALLENGE_MAX 4000
#define REPLY_MAX     4000u

#define REASON_MAX  300
#define ACCOUNT_MAX 128

enum phase {
	PHASE_START,
	PHASE_TALKING,
	PHASE_OVER,
};

struct mechanism;

struct irc_sasl {
	char *username;
	struct secret *password;
	char *fixed_nonce;
	bool external, secure;
	unsigned untried; /* mechanisms the server may know, by index */
	const struct mechanism *mechanism;
	enum phase phase;
	unsigned step; /* responses sent with this mechanism */
	bool spent;    /* a response was made with the secret */
	struct str challenge;
	struct scram scram;
	bool verified; /* the server has proved itself by SCRAM */
	enum irc_sasl_status status;
	char reason[REASON_MAX];
	char account[ACCOUNT_MAX];
};

struct mechanism {
	const char *name;
	bool (*usable)(const struct irc_sasl *s);
	/* Append the response to `reply`; -1 with a reason set. */
	int (*respond)(
		struct irc_sasl *s, struct slice challenge, struct str *reply);
};

static int complain(struct irc_sasl *s, const char *reason)
{
	text_copy(s->reason, sizeof(s->reason), reason);
	return -1;
}

/* A str for secrets has all its memory from the start, so that growing never
 * leaves a copy behind. */
static void secret_str_init(struct str *out, size_t max)
{
	str_init(out, max);
	if (str_reserve(out, max - 1) != NULL)
		str_commit(out, 0);
}

static void secret_str_finish(struct str *out)
{
	if (out->data != NULL)
		crypto_wipe(out->data, out->cap);
	str_finish(out);
}

/* EXTERNAL and PLAIN ---------------------------------------------------- */

static bool external_usable(const struct irc_sasl *s)
{
	return s->external;
}

static int external_respond(
	struct irc_sasl *s, struct slice challenge, struct str *reply)
{
	(void)challenge;
	(void)reply; /* empty: the identity of the certificate */
	return s->step == 0 ? 0
			    : complain(s, "The login with the network "
					  "does not end.");
}

static bool plain_usable(const struct irc_sasl *s)
{
	return s->password != NULL && s->secure;
}

/* RFC 4616: authzid NUL authcid NUL password, the first one empty. */
static int plain_respond(
	struct irc_sasl *s, struct slice challenge, struct str *reply)
{
	struct slice password = secret_reveal(s->password);

	(void)challenge;
	if (s->step > 0)
		return complain(s, "The login with the network does not end.");
	if (memchr(password.data, '\0', password.len) != NULL)
		return complain(s, "The password holds a character that "
				   "cannot be sent.");
	s->spent = true;
	str_add_char(reply, '\0');
	str_add(reply, s->username);
	str_add_char(reply, '\0');
	str_add_slice(reply, password);
	return 0;
}

/* SCRAM-SHA-256 --------------------------------------------------------- */

static bool scram_usable(const struct irc_sasl *s)
{
	return s->password != NULL;
}

static int scram_respond(
	struct irc_sasl *s, struct slice challenge, struct str *reply)
{
	const char *reason = "The login with the network does not end.";
	int result = -1;

	switch (s->step) {
	case 0:
		scram_first(&s->scram, s->username, s->fixed_nonce, reply);
		return 0;
	case 1:
		s->spent = true;
		result = scram_final(
			&s->scram, s->password, challenge, reply, &reason);
		break;
	case 2:
		result = scram_verify(&s->scram, challenge, &reason);
		s->verified = result == 0;
		break;
	default:
		break;
	}
	return result == 0 ? 0 : complain(s, reason);
}

/* In order of preference. */
static const struct mechanism mechanisms[] = {
	{ "EXTERNAL", external_usable, external_respond },
	{ "SCRAM-SHA-256", scram_usable, scram_respond },
	{ "PLAIN", plain_usable, plain_respond },
};

#define ALL_MECHANISMS ((1u << COUNT(mechanisms)) - 1)

/* The state machine ----------------------------------------------------- */

/* The mechanisms of a comma-separated list that we have. */
static unsigned read_list(struct slice list)
{
	unsigned known = 0;

	while (list.len > 0) {
		struct slice name = slice_cut(&list, ',');

		for (size_t i = 0; i < COUNT(mechanisms); i++)
			if (slice_equals_nocase(name, mechanisms[i].name))
				known |= 1u << i;
	}
	return known;
}

/* Choose the best that is left; false when none is. */
static bool choose(struct irc_sasl *s)
{
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		if ((s->untried & 1u << i) == 0 || !mechanisms[i].usable(s))
			continue;
		s->untried &= ~(1u << i);
		s->mechanism = &mechanisms[i];
		return true;
	}
	return false;
}

/* Why choose() found nothing. */
static const char *why_none(const struct irc_sasl *s)
{
	if (s->untried == 0)
		return "The server offers no way to log in that is known "
		       "here.";
	if (s->password == NULL)
		return "The server's ways to log in need a password. Store "
		       "one in your settings.";
	if (s->secure)
		return "The server's ways to log in need a certificate, "
		       "which is not supported here.";
	return "The server wants the password in clear text, and the "
	       "connection is not encrypted. It was not sent.";
}

struct irc_sasl *irc_sasl_new(const struct irc_sasl_login *login,
	const char *offered, const char **reason_r)
{
	struct irc_sasl *s = xalloc(sizeof(*s));

	s->username = xstrdup(login->username ? login->username : "");
	s->password = secret_dup(login->password);
	s->fixed_nonce = xstrdup(login->nonce);
	s->external = login->external;
	s->secure = login->secure;
	s->untried = offered ? read_list(slice_of(offered)) : ALL_MECHANISMS;
	str_init(&s->challenge, CHALLENGE_MAX + 1);
	scram_init(&s->scram);
	if (choose(s))
		return s;
	*reason_r = why_none(s);
	irc_sasl_free(&s);
	return NULL;
}

static void forget_exchange(struct irc_sasl *s)
{
	scram_finish(&s->scram);
	str_reset(&s->challenge);
	s->step = 0;
	s->verified = false;
}

void irc_sasl_free(struct irc_sasl **s)
{
	struct irc_sasl *old = *s;

	*s = NULL;
	if (old == NULL)
		return;
	forget_exchange(old);
	secret_free(&old->password);
	str_finish(&old->challenge);
	xfree(old->username);
	xfree(old->fixed_nonce);
	xfree(old);
}

static void send_chunk(struct str *out, struct slice chunk)
{
	str_add(out, "AUTHENTICATE ");
	str_add_slice(out, chunk);
	str_add(out, "\r\n");
}

/* Send a response in chunks; one of exactly 400 bytes is never the last. */
static void send_response(struct str *out, struct slice response)
{
	struct str encoded;

	secret_str_init(&encoded, 2ul * REPLY_MAX);
	base64_encode(&encoded, response);
	struct slice rest = str_slice(&encoded);
	bool open = true;
	while (open && rest.len > 0) {
		size_t len = rest.len < CHUNK ? rest.len : CHUNK;

		send_chunk(out, slice_make(rest.data, len));
		rest = slice_make(rest.data + len, rest.len - len);
		open = len == CHUNK;
	}
	if (open)
		send_chunk(out, slice_of("+"));
	secret_str_finish(&encoded);
}

void irc_sasl_start(struct irc_sasl *s, struct str *out)
{
	s->phase = PHASE_TALKING;
	send_chunk(out, slice_of(s->mechanism->name));
}

bool irc_sasl_is_for(const struct irc_message *m)
{
	if (m->numeric != 0)
		return m->numeric >= IRC_RPL_LOGGEDIN &&
		       m->numeric <= IRC_RPL_SASLMECHS;
	return irc_is_command(m, "AUTHENTICATE");
}

static enum irc_sasl_status finish(
	struct irc_sasl *s, enum irc_sasl_status status)
{
	s->phase = PHASE_OVER;
	s->status = status;
	forget_exchange(s);
	secret_free(&s->password);
	return status;
}

static enum irc_sasl_status give_up(struct irc_sasl *s, struct str *out)
{
	send_chunk(out, slice_of("*"));
	return finish(s, IRC_SASL_FAILURE);
}

static enum irc_sasl_status answer(struct irc_sasl *s, struct str *out)
{
	struct str challenge, reply;
	int result = -1;

	str_init(&challenge, CHALLENGE_MAX);
	secret_str_init(&reply, REPLY_MAX);
	if (base64_decode(&challenge, str_slice(&s->challenge)) != 0)
		complain(s, "The server's login message is malformed.");
	else
		result =
			s->mechanism->respond(s, str_slice(&challenge), &reply);
	if (result == 0 && reply.overflow)
		result = complain(s, "User name or password is too long.");
	s->step++;
	if (result == 0)
		send_response(out, str_slice(&reply));
	secret_str_finish(&reply);
	str_finish(&challenge);
	str_reset(&s->challenge);
	return result == 0 ? IRC_SASL_PENDING : give_up(s, out);
}

static enum irc_sasl_status receive_chunk(
	struct irc_sasl *s, struct slice chunk, struct str *out)
{
	if (!slice_equals(chunk, "+"))
		str_add_slice(&s->challenge, chunk);
	if (s->challenge.overflow || chunk.len > CHUNK) {
		complain(s, "The server's login message is too long.");
		return give_up(s, out);
	}
	return chunk.len == CHUNK ? IRC_SASL_PENDING : answer(s, out);
}

/* The text of the server for a failure, when there is no reason yet. */
static void take_reason(struct irc_sasl *s, const struct irc_message *m)
{
	struct str clean;

	if (s->reason[0] != '\0')
		return;
	str_init(&clean, REASON_MAX);
	if (m->count > 1)
		utf8_clean(&clean, m->params[m->count - 1]);
	complain(s, clean.len > 0 ? str_text(&clean)
				  : "The login failed. Check "
				    "user name and password in "
				    "your settings.");
	str_finish(&clean);
}

static enum irc_sasl_status fail(
	struct irc_sasl *s, const struct irc_message *m)
{
	take_reason(s, m);
	return finish(s, IRC_SASL_FAILURE);
}

static enum irc_sasl_status succeed(struct irc_sasl *s)
{
	if (s->mechanism->respond == scram_respond && !s->verified) {
		complain(s, "The server did not prove that it knows the "
			    "password.");
		return finish(s, IRC_SASL_FAILURE);
	}
	return finish(s, IRC_SASL_SUCCESS);
}

/* 904: the mechanism is not known there, or knows nothing of this account, or
 * the secret is wrong. In the last case nothing else is tried. */
static enum irc_sasl_status refused(
	struct irc_sasl *s, const struct irc_message *m, struct str *out)
{
	forget_exchange(s);
	if (!s->spent && choose(s)) {
		irc_sasl_start(s, out);
		return IRC_SASL_PENDING;
	}
	return fail(s, m);
}

static void take_account(struct irc_sasl *s, const struct irc_message *m)
{
	struct slice account = irc_param(m, 2);
	struct str clean;

	str_init(&clean, sizeof(s->account) * 3);
	account.len = utf8_prefix(account, sizeof(s->account) - 1);
	utf8_clean(&clean, account);
	text_copy(s->account, sizeof(s->account), str_text(&clean));
	str_finish(&clean);
}

enum irc_sasl_status irc_sasl_receive(
	struct irc_sasl *s, const struct irc_message *m, struct str *out)
{
	if (s->phase == PHASE_OVER || s->phase == PHASE_START)
		return s->status;
	switch (m->numeric) {
	case 0:
		if (irc_is_command(m, "AUTHENTICATE"))
			return receive_chunk(s, irc_param(m, 0), out);
		return s->status;
	case IRC_RPL_LOGGEDIN:
		take_account(s, m);
		return IRC_SASL_PENDING;
	case IRC_RPL_SASLMECHS:
		s->untried &= read_list(irc_param(m, 1));
		return IRC_SASL_PENDING;
	case IRC_RPL_SASLSUCCESS:
	case IRC_ERR_SASLALREADY:
		return succeed(s);
	case IRC_ERR_SASLFAIL:
		return refused(s, m, out);
	case IRC_ERR_NICKLOCKED:
	case IRC_ERR_SASLTOOLONG:
	case IRC_ERR_SASLABORTED:
		return fail(s, m);
	default:
		return IRC_SASL_PENDING;
	}
}

const char *irc_sasl_reason(const struct irc_sasl *s)
{
	return s->reason;
}

const char *irc_sasl_mechanism(const struct irc_sasl *s)
{
	return s->mechanism->name;
}

const char *irc_sasl_account(const struct irc_sasl *s)
{
	return s->account;
}
