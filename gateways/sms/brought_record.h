/*
 * What is kept of accounts that users brought. Their secrets are not among it:
 * those are settings of the user.
 */
#ifndef SMS_BROUGHT_RECORD_H
#define SMS_BROUGHT_RECORD_H

#include "sms/owner.h"

#define BROUGHT_PREFIX "a/"

struct brought_record {
	char *key; /* "user\naccount" */
	char *user, *account;
	char *scope; /* names its backend, and what is counted of it */
	char *token; /* the secret part of the path of callbacks */
	char *path;  /* of callbacks */
	bool is_told;
};

struct brought *brought_new(struct sms *s);
/* Takes NULL inside, sets NULL; what is kept stays. */
void brought_free(struct brought **slot);
void brought_load(struct sms *s, const char *name, struct slice data);

/* Find, or make; NULL: there are too many. */
struct brought_record *brought_record_get(const struct owner *owner);
/* Providers call also while the account is not open: they are told to do so
 * again, or (not `on`) the account itself answers. */
void brought_record_expect(
	const struct sms *s, const struct brought_record *r, bool on);
/* Keep it no longer; it is freed. */
void brought_record_drop(struct sms *s, struct brought_record *r);

/* ops->forget; nothing of it is open. */
void brought_forget(struct sms *s, const char *user, const char *account);

#endif
