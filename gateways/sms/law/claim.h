/*
 * Proof that a number is a user's own: a code is sent there, and he types it.
 * Codes are few, short-lived and not to be guessed, and nobody learns by asking
 * whether a number is known here or asked for by others. Pure: who calls sends
 * the text, gives the time and keeps what is to survive a restart.
 */
#ifndef SMS_CLAIM_H
#define SMS_CLAIM_H

#include <stdint.h>

#include "base/config.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

#define SMS_CLAIM_MINUTES 10
#define SMS_CLAIM_TRIES   5

/* A group of the gateway's configuration; all limits are of a day (UTC). */
struct sms_claim_config {
	int digits;                         /* of a code */
	int per_user, per_number, per_area; /* codes */
	int per_day;                        /* codes of all users */
	struct cfg_place place;
};

extern const struct cfg_group sms_claim_group;

/* All codes of a gateway that are not used up, and what was counted today. */
struct sms_claims;

/* The configuration lives as long as they do; it may change, or be replaced. */
struct sms_claims *sms_claims_new(
	const struct sms_claim_config *config) MUST_CHECK;
void sms_claims_configure(
	struct sms_claims *c, const struct sms_claim_config *config);
/* Takes NULL inside, sets NULL. */
void sms_claims_free(struct sms_claims **slot);

/* For the store; users and numbers are in it as digests. */
void sms_claims_encode(const struct sms_claims *c, struct str *out);
/* Into new ones. -1: it is damaged, and nothing of it was taken. */
int sms_claims_decode(struct sms_claims *c, struct slice data) MUST_CHECK;

/* What is answered to whoever asks for a code, sent or not. */
extern const char sms_claim_answer[];
/* ... when he, or all users together, asked too often today. */
extern const char sms_claim_refusal[];

enum sms_claim_start {
	SMS_CLAIM_SEND,    /* the text is to be sent to the number */
	SMS_CLAIM_SILENT,  /* send nothing, but answer the same */
	SMS_CLAIM_REFUSED, /* too often: says nothing about the number */
};

#define SMS_CLAIM_TEXT 300

/* A user (bare JID) wants this number, to which texts may go (policy.h). An
 * earlier code of his for it is void. `text` is what to send. */
enum sms_claim_start sms_claims_start(struct sms_claims *c, const char *user,
	const char *number, const char *gateway, int64_t wall_ms,
	char text[SMS_CLAIM_TEXT]);

enum sms_claim_end {
	SMS_CLAIM_PROVEN, /* the number is his; the code is used up */
	SMS_CLAIM_WRONG,  /* he may try again */
	SMS_CLAIM_OVER,   /* there is no code, or no more: he needs another */
};

/* He typed this: spaces and the like between digits do not matter. */
enum sms_claim_end sms_claims_try(struct sms_claims *c, const char *user,
	const char *number, const char *code, int64_t wall_ms);

#endif
