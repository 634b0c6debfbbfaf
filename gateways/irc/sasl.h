/*
 * SASL login of one session (IRCv3 sasl-3.1 and 3.2): EXTERNAL, PLAIN (RFC
 * 4616) and SCRAM-SHA-256 (RFC 5802, 7677) as a state machine that reads
 * AUTHENTICATE and the numerics 900-908 and writes AUTHENTICATE. It lives
 * from CAP ACK to the result; the secret is wiped with it.
 */
#ifndef IRC_SASL_H
#define IRC_SASL_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/secret.h"
#include "base/slice.h"
#include "base/str.h"
#include "irc/message.h"

struct irc_sasl;

/* Who logs in, how. Copied. */
struct irc_sasl_login {
	const char *username;
	const struct secret *password; /* NULL: only EXTERNAL */
	bool external;                 /* a client certificate is in use */
	bool secure;                   /* the link is TLS: PLAIN may be used */
	const char *nonce;             /* of SCRAM; NULL: random. For tests */
};

enum irc_sasl_status {
	IRC_SASL_PENDING,
	IRC_SASL_SUCCESS,
	IRC_SASL_FAILURE, /* irc_sasl_reason() says why */
};

/* A login with what the server offers (`sasl` of irc_caps; NULL: not said,
 * so that we have to try). NULL with the reason when no mechanism fits. The
 * best mechanism comes first: EXTERNAL, SCRAM-SHA-256, PLAIN. */
struct irc_sasl *irc_sasl_new(const struct irc_sasl_login *login,
	const char *offered, const char **reason_r) MUST_CHECK;

/* Wipe and free; takes NULL inside, sets NULL. */
void irc_sasl_free(struct irc_sasl **s);

/* Append the first AUTHENTICATE. */
void irc_sasl_start(struct irc_sasl *s, struct str *out);

/* Is this message for us: AUTHENTICATE or a numeric of SASL? */
bool irc_sasl_is_for(const struct irc_message *m);

/* Handle such a message; appends what is to be sent (which may hold the
 * secret: wipe it after use). When the server refuses a mechanism before the
 * secret was used the next one is tried, and none afterwards. SCRAM succeeds
 * only when the server has proved that it knows the secret too. */
enum irc_sasl_status irc_sasl_receive(
	struct irc_sasl *s, const struct irc_message *m, struct str *out);

/* Plain words for the failure, never NULL; the text of the server where it
 * gave one. Valid as long as `s`. */
const char *irc_sasl_reason(const struct irc_sasl *s);

/* The mechanism in use, and the account of 900 ("" before). */
const char *irc_sasl_mechanism(const struct irc_sasl *s);
/* As long as `s`. */
const char *irc_sasl_account(const struct irc_sasl *s);

#endif
