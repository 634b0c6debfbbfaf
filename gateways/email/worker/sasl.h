/*
 * SASL towards a mail server: what is said, not how it travels. Pure.
 *
 * Mechanisms: OAUTHBEARER (RFC 7628), XOAUTH2, SCRAM-SHA-256 (RFC 7677), PLAIN
 * (RFC 4616), LOGIN; the best that the server has. PLAIN and LOGIN hand the
 * password over: only on a connection that is secure, or on one without TLS
 * where that was asked for.
 */
#ifndef EMAIL_WORKER_SASL_H
#define EMAIL_WORKER_SASL_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "email_wire/frames.h"

/* Bytes of one message of the dialogue. */
#define SASL_MAX 16384

struct sasl;

/* Whom to log in; copied where it is needed longer. */
struct sasl_login {
	enum link_login how;
	const char *user;
	struct slice secret;
};

typedef bool (*sasl_has_fn)(const char *mechanism, void *arg);

/* Begin with the best mechanism that `has` knows of the server; after a
 * failure the next best: `last` is the one that failed, else NULL. NULL: there
 * is none (left). */
struct sasl *sasl_new(const struct sasl_login *login, sasl_has_fn has,
	void *arg, const char *last);
/* Wipes. Takes NULL inside, sets NULL. */
void sasl_free(struct sasl **slot);

/* "PLAIN" */
const char *sasl_mechanism(const struct sasl *s);

/* Append what we say first; false: the server speaks first. */
bool sasl_first(struct sasl *s, struct str *out);

/* Append the answer to a challenge (both decoded). -1: the server does not
 * play by the rules. */
int sasl_answer(
	struct sasl *s, struct slice challenge, struct str *out) MUST_CHECK;

/* The server said yes: has it proved what the mechanism demands? */
bool sasl_is_proved(const struct sasl *s);

/* Would another mechanism with the same secret have a chance? */
bool sasl_may_try_other(const struct sasl *s);

/* One line of the dialogue, as IMAP and SMTP have it: `before`, the bytes in
 * base64 (or `if_empty`), CR LF. The line is made here, and finished by the
 * caller, who wipes it. */
void sasl_line(struct str *line, const char *before, const struct str *bytes,
	const char *if_empty);

#endif
