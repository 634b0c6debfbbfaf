#include "email_worker/sasl.h"

#include <string.h>

#include "base/alloc.h"
#include "base/encoding.h"
#include "base/scram.h"
#include "base/secret.h"

struct mechanism {
	const char *name;
	enum link_login how;
	void (*first)(struct sasl *s, struct str *out); /* NULL: none */
	int (*answer)(struct sasl *s, struct slice challenge, struct str *out);
};

struct sasl {
	const struct mechanism *mechanism;
	char *user;
	struct secret *secret;
	struct scram scram;
	unsigned answers;
	bool is_proved;
};

/* --- Mechanisms ---------------------------------------------------------- */

static void first_bearer(struct sasl *s, struct str *out)
{
	/* gs2-header with the name, then key=value pairs. */
	str_addf(out,
		"n,a=%s,\x01"
		"auth=Bearer ",
		s->user);
	str_add_slice(out, secret_reveal(s->secret));
	str_add(out, "\x01\x01");
}

static void first_xoauth2(struct sasl *s, struct str *out)
{
	str_addf(out,
		"user=%s\x01"
		"auth=Bearer ",
		s->user);
	str_add_slice(out, secret_reveal(s->secret));
	str_add(out, "\x01\x01");
}

/* The server told why not, and waits for a sign before it says no. */
static int answer_bearer(
	struct sasl *s, struct slice challenge UNUSED, struct str *out)
{
	str_add(out, "\x01");
	return s->answers == 1 ? 0 : -1;
}

static int answer_nothing(
	struct sasl *s, struct slice challenge UNUSED, struct str *out UNUSED)
{
	return s->answers == 1 ? 0 : -1;
}

static void first_plain(struct sasl *s, struct str *out)
{
	str_add_bytes(out, "", 1);
	str_add(out, s->user);
	str_add_bytes(out, "", 1);
	str_add_slice(out, secret_reveal(s->secret));
}

static int answer_login(
	struct sasl *s, struct slice challenge UNUSED, struct str *out)
{
	if (s->answers == 1)
		str_add(out, s->user);
	else
		str_add_slice(out, secret_reveal(s->secret));
	return s->answers <= 2 ? 0 : -1;
}

static void first_scram(struct sasl *s, struct str *out)
{
	scram_first(&s->scram, s->user, NULL, out);
}

static int answer_scram(struct sasl *s, struct slice challenge, struct str *out)
{
	const char *reason;

	if (s->answers == 1)
		return scram_final(
			&s->scram, s->secret, challenge, out, &reason);
	if (s->answers > 2 || scram_verify(&s->scram, challenge, &reason) != 0)
		return -1;
	s->is_proved = true;
	return 0;
}

static int answer_never(struct sasl *s UNUSED, struct slice challenge UNUSED,
	struct str *out UNUSED)
{
	return -1;
}

/* The best first. */
static const struct mechanism mechanisms[] = {
	{ "OAUTHBEARER", LOGIN_OAUTH, first_bearer, answer_bearer },
	{ "XOAUTH2", LOGIN_OAUTH, first_xoauth2, answer_nothing },
	{ "SCRAM-SHA-256", LOGIN_PASSWORD, first_scram, answer_scram },
	{ "PLAIN", LOGIN_PASSWORD, first_plain, answer_never },
	{ "LOGIN", LOGIN_PASSWORD, NULL, answer_login },
};

/* --- An exchange --------------------------------------------------------- */

struct sasl *sasl_new(const struct sasl_login *login, sasl_has_fn has,
	void *arg, const char *last)
{
	size_t i = 0;
	struct sasl *s;

	while (last != NULL && i < COUNT(mechanisms) &&
		strcmp(mechanisms[i++].name, last) != 0)
		;
	while (i < COUNT(mechanisms) && (mechanisms[i].how != login->how ||
						!has(mechanisms[i].name, arg)))
		i++;
	if (i == COUNT(mechanisms))
		return NULL;
	s = xalloc(sizeof(*s));
	s->mechanism = &mechanisms[i];
	s->user = xstrdup(login->user);
	s->secret = secret_new(login->secret);
	s->is_proved = mechanisms[i].answer != answer_scram;
	scram_init(&s->scram);
	return s;
}

void sasl_free(struct sasl **slot)
{
	struct sasl *s = *slot;

	if (s == NULL)
		return;
	*slot = NULL;
	scram_finish(&s->scram);
	secret_free(&s->secret);
	xfree(s->user);
	xfree(s);
}

const char *sasl_mechanism(const struct sasl *s)
{
	return s->mechanism->name;
}

bool sasl_first(struct sasl *s, struct str *out)
{
	if (s->mechanism->first == NULL)
		return false;
	s->mechanism->first(s, out);
	return true;
}

int sasl_answer(struct sasl *s, struct slice challenge, struct str *out)
{
	s->answers++;
	return s->mechanism->answer(s, challenge, out);
}

bool sasl_is_proved(const struct sasl *s)
{
	return s->is_proved;
}

bool sasl_may_try_other(const struct sasl *s)
{
	/* Whether a server can check a password by SCRAM depends on how it
	 * keeps it, which it may not know of this user when it offers it. */
	return s->mechanism->answer == answer_scram;
}

void sasl_line(struct str *line, const char *before, const struct str *bytes,
	const char *if_empty)
{
	str_init(line, 2 * SASL_MAX);
	str_add(line, before);
	if (bytes->len > 0)
		base64_encode(line, str_slice(bytes));
	else
		str_add(line, if_empty);
	str_add(line, "\r\n");
}
