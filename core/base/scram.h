/*
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel
 * binding: four messages, made and checked. How they travel is not decided
 * here.
 *
 *	1. client-first   n,,n=USER,r=NONCE
 *	2. server-first   r=NONCE+MORE,s=SALT,i=ROUNDS
 *	3. client-final   c=biws,r=NONCE+MORE,p=PROOF
 *	4. server-final   v=SIGNATURE
 *
 * The password is used as it is: SASLprep would not change ASCII.
 */
#ifndef SCRAM_H
#define SCRAM_H

#include <stdbool.h>

#include "crypto.h"
#include "macros.h"
#include "secret.h"
#include "slice.h"
#include "str.h"

/* PBKDF2 runs on the loop: a hostile server must not stop it for long. RFC
 * 7677 section 4 wants at least 4096. */
#define SCRAM_ROUNDS_MIN 4096
#define SCRAM_ROUNDS_MAX 100000

/* Longest message, decoded. */
#define SCRAM_MESSAGE_MAX 4000u

struct scram {
	struct str nonce;                     /* ours */
	struct str first_bare;                /* client-first-message-bare */
	unsigned char signature[SHA256_SIZE]; /* the server has to send */
};

/* Nothing to release before scram_first(). */
void scram_init(struct scram *s);

/* Wipe and release; also to start another exchange after init. */
void scram_finish(struct scram *s);

/* Append the client-first-message. `nonce` NULL: a random one. */
void scram_first(struct scram *s, const char *username, const char *nonce,
	struct str *reply);

/* Read the server-first-message and append the client-final-message. -1 with
 * the reason, and nothing appended, when it is malformed, changed our nonce,
 * or asks for too few or too many rounds. */
int scram_final(struct scram *s, const struct secret *password,
	struct slice challenge, struct str *reply,
	const char **reason_r) MUST_CHECK;

/* Read the server-final-message: 0 when the server has proved that it knows
 * the password, otherwise -1 with the reason. */
int scram_verify(const struct scram *s, struct slice challenge,
	const char **reason_r) MUST_CHECK;

#endif
